// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why a fault happened, in plain words. Pure: no system call.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cause.h"
#include "words.h"

const char *const fault_cause_words[] = {
	"unknown", "never-mapped", "not-mapped", "unmapped", "mapped-later", "read-only",
	"write-only", "mapped", "beyond-width", "interrupt-range", "untranslated",
	"reserved-memory", "fenced", "blocked", "resetting", "domain-disabled", "domain-gone",
	"pass-through", "interrupt", "translation-request", "bad-entry", "table-access",
	"device-tlb", "no-address", "reported", NULL
};

const char *const obstacle_words[] = { "function", "reserved-memory", "held", "group", NULL };

const char *age_text(uint64_t ns, char *buf, size_t len)
{
	uint64_t seconds = ns / 1000000000;

	if (ns < 1000000)
		snprintf(buf, len, "less than 1 ms");
	else if (!seconds)
		snprintf(buf, len, "%u ms", (unsigned int)(ns / 1000000));
	else if (seconds < 60)
		snprintf(buf, len, "%u.%u s", (unsigned int)seconds,
			 (unsigned int)(ns / 100000000 % 10));
	else if (seconds < 3600)
		snprintf(buf, len, "%u min %u s", (unsigned int)(seconds / 60),
			 (unsigned int)(seconds % 60));
	else
		snprintf(buf, len, "%" PRIu64 " h %u min", seconds / 3600,
			 (unsigned int)(seconds / 60 % 60));
	return buf;
}

const char *access_text(const struct nyx_fault *fault, char *buf, size_t len)
{
	static const char *const what[] = { "read", "write", "execution", "interrupt",
					    "request", NULL };
	static const char *const with[] = { "of", "to", "at", "at", "to", NULL };

	if (fault->has_address)
		snprintf(buf, len, "%s %s 0x%" PRIx64, word(what, fault->kind),
			 word(with, fault->kind), fault->address);
	else if (fault->has_index)
		snprintf(buf, len, "interrupt by table entry %u", fault->index);
	else
		snprintf(buf, len, "%s", word(what, fault->kind));
	return buf;
}

struct text {
	char *buf;
	size_t len, at;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *format, ...)
{
	va_list args;

	if (text->at >= text->len)
		return;
	va_start(args, format);
	text->at += vsnprintf(text->buf + text->at, text->len - text->at, format, args);
	va_end(args);
}

/* What the cause is about, in brackets. */
static void add_range(struct text *text, const struct nyx_explanation *e)
{
	if (!e->has_range)
		return;
	add(text, " (0x%" PRIx64 "-0x%" PRIx64, e->first, e->last);
	if (e->prot)
		add(text, ", %s", prot_words(e->prot));
	add(text, ")");
}

/* Those that tell more than a constant. False: it is none of them. */
static bool add_mapping_cause(struct text *text, const struct nyx_explanation *e)
{
	char age[32];

	age_text(e->age, age, sizeof(age));
	switch (e->cause) {
	case NYX_IOMMU_FAULT_CAUSE_UNMAPPED:
		if (e->has_age)
			add(text, "unmapped %s earlier", age);
		else
			add(text, "was just being unmapped");
		break;
	case NYX_IOMMU_FAULT_CAUSE_MAPPED_LATER:
		if (e->age)
			add(text, "not mapped yet, only %s later", age);
		else
			add(text, "mapped at about that moment: the device was too early");
		break;
	case NYX_IOMMU_FAULT_CAUSE_MAPPED:
		if (e->has_age)
			add(text, "mapped since %s, and refused all the same: see nyxctl audit", age);
		else
			add(text, "mapped, and refused all the same: see nyxctl audit");
		break;
	default:
		return false;
	}
	add_range(text, e);
	return true;
}

static const char *const constant[] = {
	[NYX_IOMMU_FAULT_CAUSE_UNKNOWN] = "what the unit says leaves the cause open",
	[NYX_IOMMU_FAULT_CAUSE_NEVER_MAPPED] = "never mapped in its domain",
	[NYX_IOMMU_FAULT_CAUSE_NOT_MAPPED] =
		"not mapped; whether it ever was is not known any more",
	[NYX_IOMMU_FAULT_CAUSE_READ_ONLY] = "read-only mapping",
	[NYX_IOMMU_FAULT_CAUSE_WRITE_ONLY] = "write-only mapping",
	[NYX_IOMMU_FAULT_CAUSE_BEYOND_WIDTH] = "wider than the addresses that are translated",
	[NYX_IOMMU_FAULT_CAUSE_INTERRUPT_RANGE] = "in the interrupt range, where nothing can be mapped",
	[NYX_IOMMU_FAULT_CAUSE_UNTRANSLATED] =
		"in a range that the unit does not translate, where nothing can be mapped",
	[NYX_IOMMU_FAULT_CAUSE_RESERVED_MEMORY] =
		"in memory that firmware ties to the device, which it could not reach",
	[NYX_IOMMU_FAULT_CAUSE_FENCED] = "the device was quarantined and reached nothing",
	[NYX_IOMMU_FAULT_CAUSE_BLOCKED] = "the device was in no domain and reached nothing",
	[NYX_IOMMU_FAULT_CAUSE_RESETTING] = "the device was being reset and reached nothing",
	[NYX_IOMMU_FAULT_CAUSE_DOMAIN_DISABLED] =
		"its domain was disabled, so the device reached nothing",
	[NYX_IOMMU_FAULT_CAUSE_DOMAIN_GONE] =
		"its domain is gone, and with it what was mapped there",
	[NYX_IOMMU_FAULT_CAUSE_PASS_THROUGH] = "addresses pass through, and no memory is there",
	[NYX_IOMMU_FAULT_CAUSE_INTERRUPT] = "no interrupt table entry lets it through",
	[NYX_IOMMU_FAULT_CAUSE_TRANSLATION_REQUEST] = "ATS, which the device was not given",
	[NYX_IOMMU_FAULT_CAUSE_BAD_ENTRY] =
		"reserved bit or bad value in a table: please report this, with nyxctl audit",
	[NYX_IOMMU_FAULT_CAUSE_TABLE_ACCESS] = "the unit could not read one of its tables",
	[NYX_IOMMU_FAULT_CAUSE_DEVICE_TLB] = "it left an invalidation of its own TLB unanswered",
	[NYX_IOMMU_FAULT_CAUSE_NO_ADDRESS] =
		"address unknown: this unit's record carries none, so the mapping cannot be told",
	[NYX_IOMMU_FAULT_CAUSE_REPORTED] =
		"only software says so; nothing is known that a unit would have stopped",
};

const char *cause_text(const struct nyx_explanation *e, char *buf, size_t len)
{
	struct text text = { buf, len, 0 };

	buf[0] = '\0';
	if (!add_mapping_cause(&text, e)) {
		if (e->cause < sizeof(constant) / sizeof(constant[0]) && constant[e->cause])
			add(&text, "%s", constant[e->cause]);
		else
			add(&text, "a cause that this nyxctl does not know (%u)", e->cause);
		add_range(&text, e);
	}
	if (e->now_mapped && (e->cause == NYX_IOMMU_FAULT_CAUSE_UNMAPPED ||
			      e->cause == NYX_IOMMU_FAULT_CAUSE_NOT_MAPPED ||
			      e->cause == NYX_IOMMU_FAULT_CAUSE_NEVER_MAPPED))
		add(&text, "; now mapped, it was not when it faulted");
	return buf;
}
