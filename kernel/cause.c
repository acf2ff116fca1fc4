// SPDX-License-Identifier: GPL-2.0
/*
 * The likely cause of a fault. Pure: everything it goes by is in the facts.
 *
 * The state of the device was noted when the record was taken, which is later than the
 * fault: of a burst that has a device fenced, the last records are taken from a fenced
 * device. So where the unit says that it was at the device's page table, that counts, and
 * the state does not.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "nyx.h"
#include "ranges.h"

/* A mapping this young when the fault was recorded may have been made after the fault. */
#define YOUNG_NS	NSEC_PER_SEC

static void set_range(struct nyx_cause *cause, u64 first, u64 last, u32 prot)
{
	cause->has_range = true;
	cause->first = first;
	cause->last = last;
	cause->prot = prot;
}

static void set_age(struct nyx_cause *cause, u64 from_ns, u64 to_ns)
{
	cause->has_age = true;
	cause->age_ns = to_ns > from_ns ? to_ns - from_ns : 0;
}

/* What needs no look at domain and address. False: that is needed. */
static bool unit_says(const struct nyx_fault_record *fault, struct nyx_cause *cause)
{
	if (fault->kind == NYX_FAULT_INTERRUPT) {
		cause->kind = NYX_CAUSE_INTERRUPT;
		return true;
	}
	switch (fault->scene.class) {
	case NYX_FAULT_CLASS_BAD_ENTRY:
		cause->kind = NYX_CAUSE_BAD_ENTRY;
		return true;
	case NYX_FAULT_CLASS_TABLE_ACCESS:
		cause->kind = NYX_CAUSE_TABLE_ACCESS;
		return true;
	case NYX_FAULT_CLASS_TRANSLATION:
		cause->kind = NYX_CAUSE_TRANSLATION_REQUEST;
		return true;
	case NYX_FAULT_CLASS_DEVICE_TLB:
		cause->kind = NYX_CAUSE_DEVICE_TLB;
		return true;
	case NYX_FAULT_CLASS_WIDTH:
		cause->kind = NYX_CAUSE_BEYOND_WIDTH;
		return true;
	default:
		return false;
	}
}

/* The device reached nothing at all. False: it was at its page table. */
static bool shut_out(const struct nyx_cause_facts *facts, struct nyx_cause *cause)
{
	const struct nyx_fault_record *fault = facts->fault;

	if (fault->scene.class == NYX_FAULT_CLASS_PAGE)
		return false;
	if (fault->scene.resetting)
		cause->kind = NYX_CAUSE_RESETTING;
	else if (fault->scene.device_state == NYX_DEVICE_QUARANTINED)
		cause->kind = NYX_CAUSE_FENCED;
	else if (fault->scene.domain_disabled)
		cause->kind = NYX_CAUSE_DOMAIN_DISABLED;
	else if (fault->scene.device_state == NYX_DEVICE_BLOCKED ||
		 fault->scene.class == NYX_FAULT_CLASS_BLOCKED ||
		 (fault->scene.device_state == NYX_DEVICE_EXPORTED && !fault->domain_id &&
		  !fault->scene.host_bound))
		cause->kind = NYX_CAUSE_BLOCKED;
	else
		return false;
	if (fault->has_address && facts->in_reserved) {
		cause->kind = NYX_CAUSE_RESERVED_MEMORY;
		set_range(cause, facts->reserved_first, facts->reserved_last, 0);
	}
	return true;
}

/* An address that no mapping can have. */
static bool unmappable(const struct nyx_cause_facts *facts, struct nyx_cause *cause)
{
	u64 address = facts->fault->address;
	u32 i;

	if (address > facts->last_iova) {
		cause->kind = NYX_CAUSE_BEYOND_WIDTH;
		set_range(cause, 0, facts->last_iova, 0);
		return true;
	}
	if (address >= NYX_MSI_FIRST && address <= NYX_MSI_LAST) {
		cause->kind = NYX_CAUSE_INTERRUPT_RANGE;
		set_range(cause, NYX_MSI_FIRST, NYX_MSI_LAST, 0);
		return true;
	}
	for (i = 0; i < facts->nr_holes; i++) {
		if (address < facts->holes[i].first || address > facts->holes[i].last)
			continue;
		cause->kind = NYX_CAUSE_UNTRANSLATED;
		set_range(cause, facts->holes[i].first, facts->holes[i].last, 0);
		return true;
	}
	return false;
}

/* It was mapped then, since made_ns, as far as that is known. */
static void rights(const struct nyx_fault_record *fault, u64 first, u64 last, u32 prot,
		   bool dated, u64 made_ns, struct nyx_cause *cause)
{
	set_range(cause, first, last, prot);
	if (fault->kind == NYX_FAULT_WRITE && !(prot & NYX_PROT_WRITE)) {
		cause->kind = NYX_CAUSE_READ_ONLY;
		return;
	}
	/* Instructions are fetched with the right to read. */
	if ((fault->kind == NYX_FAULT_READ || fault->kind == NYX_FAULT_EXEC) &&
	    !(prot & NYX_PROT_READ)) {
		cause->kind = NYX_CAUSE_WRITE_ONLY;
		return;
	}
	cause->kind = NYX_CAUSE_MAPPED;
	if (!dated)
		return;
	set_age(cause, made_ns, fault->scene.monotonic_ns);
	if (cause->age_ns < YOUNG_NS) {
		cause->kind = NYX_CAUSE_MAPPED_LATER;
		cause->age_ns = 0;
	}
}

static void look_into_history(const struct nyx_cause_facts *facts, struct nyx_cause *cause)
{
	const struct nyx_history *history = facts->history;
	const struct nyx_cause_mapping *now = &facts->mapping;
	const struct nyx_fault_record *fault = facts->fault;
	const struct nyx_history_entry *before = NULL, *later = NULL, *entry;
	u64 i, kept = min_t(u64, history->nr, NYX_HISTORY_MAX);

	/* From the newest on. */
	for (i = 1; i <= kept && !before; i++) {
		entry = &history->entries[(history->nr - i) % NYX_HISTORY_MAX];
		if (fault->address < entry->first || fault->address > entry->last)
			continue;
		if (entry->gone_ns <= fault->scene.monotonic_ns) {
			before = entry;
			continue;
		}
		if (entry->made_ns <= fault->scene.monotonic_ns) {
			rights(fault, entry->first, entry->last, entry->prot, true, entry->made_ns,
			       cause);
			return;
		}
		/* The earliest of them is left at the end. */
		later = entry;
	}
	if (before) {
		cause->kind = NYX_CAUSE_UNMAPPED;
		set_range(cause, before->first, before->last, before->prot);
		set_age(cause, before->gone_ns, fault->scene.monotonic_ns);
	} else if (facts->in_reserved) {
		cause->kind = NYX_CAUSE_RESERVED_MEMORY;
		set_range(cause, facts->reserved_first, facts->reserved_last, 0);
	} else if (now->found && now->live && now->dated) {
		cause->kind = NYX_CAUSE_MAPPED_LATER;
		set_range(cause, now->first, now->last, now->prot);
		set_age(cause, fault->scene.monotonic_ns, now->made_ns);
	} else if (later) {
		cause->kind = NYX_CAUSE_MAPPED_LATER;
		set_range(cause, later->first, later->last, later->prot);
		set_age(cause, fault->scene.monotonic_ns, later->made_ns);
	} else if (!facts->remembers || nyx_history_full(history)) {
		cause->kind = NYX_CAUSE_NOT_MAPPED;
	} else {
		cause->kind = NYX_CAUSE_NEVER_MAPPED;
	}
}

static void look_into_books(const struct nyx_cause_facts *facts, struct nyx_cause *cause)
{
	const struct nyx_cause_mapping *now = &facts->mapping;
	const struct nyx_fault_record *fault = facts->fault;

	cause->now_mapped = now->found && now->live;
	/* Whoever maps there keeps no times: only missing rights tell something. */
	if (now->found && !now->dated) {
		rights(fault, now->first, now->last, now->prot, false, 0, cause);
		if (cause->kind == NYX_CAUSE_MAPPED)
			*cause = (struct nyx_cause) {
				.kind = NYX_CAUSE_NOT_MAPPED, .now_mapped = true };
		return;
	}
	/* One that is being unmapped now was mapped until a moment ago. */
	if (now->found && now->made_ns <= fault->scene.monotonic_ns) {
		rights(fault, now->first, now->last, now->prot, true, now->made_ns, cause);
		if (!now->live &&
		    (cause->kind == NYX_CAUSE_MAPPED || cause->kind == NYX_CAUSE_MAPPED_LATER)) {
			cause->kind = NYX_CAUSE_UNMAPPED;
			cause->has_age = false;
			cause->age_ns = 0;
		}
		return;
	}
	look_into_history(facts, cause);
}

/* As if a unit had stopped it. */
static void find(const struct nyx_cause_facts *facts, struct nyx_cause *cause)
{
	const struct nyx_fault_record *fault = facts->fault;

	if (unit_says(fault, cause) || shut_out(facts, cause))
		return;
	if (fault->scene.class == NYX_FAULT_CLASS_RANGE) {
		cause->kind = fault->has_address && fault->address >= NYX_MSI_FIRST &&
			      fault->address <= NYX_MSI_LAST ? NYX_CAUSE_INTERRUPT_RANGE :
							       NYX_CAUSE_UNTRANSLATED;
		return;
	}
	if (!fault->domain_id)
		cause->kind = fault->scene.device_state == NYX_DEVICE_HOST || fault->scene.host_bound ?
			      NYX_CAUSE_PASS_THROUGH : NYX_CAUSE_UNKNOWN;
	else if (!facts->history || facts->history->since_ns > fault->scene.monotonic_ns)
		cause->kind = NYX_CAUSE_DOMAIN_GONE;
	else if (facts->unmanaged)
		cause->kind = NYX_CAUSE_PASS_THROUGH;
	else if (!fault->has_address)
		cause->kind = NYX_CAUSE_NO_ADDRESS;
	else if (!unmappable(facts, cause))
		look_into_books(facts, cause);
}

void nyx_cause_find(const struct nyx_cause_facts *facts, struct nyx_cause *cause)
{
	memset(cause, 0, sizeof(*cause));
	find(facts, cause);
	if (!facts->fault->reported)
		return;
	/* No unit has refused anything: what would have had to is what there is to say. */
	switch (cause->kind) {
	case NYX_CAUSE_UNKNOWN:
	case NYX_CAUSE_MAPPED:
	case NYX_CAUSE_PASS_THROUGH:
	case NYX_CAUSE_NO_ADDRESS:
		cause->kind = NYX_CAUSE_REPORTED;
		cause->has_age = false;
		cause->age_ns = 0;
		break;
	default:
		break;
	}
}
