// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's numbers in words. Pure: no system call.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <linux/nyx_iommu.h>

#include "words.h"

const char *const unit_state_words[] = { "off", "translating", "dead", NULL };
const char *const device_state_words[] = {
	"host", "blocked", "assigned", "quarantined", "exported", "gone", NULL
};
const char *const domain_mode_words[] = { "?", "strict", "shared", "unmanaged", NULL };
const char *const domain_state_words[] = { "active", "quarantined", "disabled", "deleted", NULL };
const char *const mapping_type_words[] = { "?", "user", "phys", "reserved", "external", NULL };
const char *const pt_format_words[] = { "vtd-second-stage", "amd-v1", NULL };
const char *const fault_kind_words[] = { "read", "write", "exec", "interrupt", "unknown", NULL };
const char *const remapping_state_words[] = { "none", "off", "on", NULL };
const char *const holder_kind_words[] = { "unit", "device", "domain", NULL };
const char *const irq_type_words[] = { "none", "msi", "msi-x", NULL };
const char *const arrival_action_words[] = { "host", "hold", "domain", NULL };
const char *const delivery_words[] = {
	"fixed", "lowest-priority", "smi", "reserved", "nmi", "init", "reserved", "extint", NULL
};
const char *const device_flag_words[] = {
	"bridge", "unit-function", "stub-bound", "group-blocked", "resetting", "has-reset",
	"reserved-region", "faults-suppressed", "unnamed", "ats", "relaxed-region", NULL
};

const char *word(const char *const *words, unsigned int value)
{
	unsigned int i;

	for (i = 0; words[i]; i++)
		if (i == value)
			return words[i];
	return "?";
}

const char *prot_words(uint32_t prot)
{
	static const char *const words[] = { "none", "read", "write", "read write" };

	return words[prot & 3];
}

/* Page-table entries: address bits 51-12 in both formats. */
#define ENTRY_ADDRESS	UINT64_C(0x000ffffffffff000)

/* VT-d specification, second-stage paging entries (9.8). */
#define VTD_READ	(1ULL << 0)
#define VTD_WRITE	(1ULL << 1)
#define VTD_PAGE	(1ULL << 7)
#define VTD_SNOOP	(1ULL << 11)

/* AMD IOMMU specification, host page tables (2.2.3). */
#define AMD_PRESENT	(1ULL << 0)
#define AMD_NEXT_LEVEL(entry)	((entry) >> 9 & 7)
#define AMD_FORCE_SNOOP	(1ULL << 60)
#define AMD_READ	(1ULL << 61)
#define AMD_WRITE	(1ULL << 62)

static uint32_t prot_of(bool read, bool write)
{
	return (read ? NYX_IOMMU_PROT_READ : 0) | (write ? NYX_IOMMU_PROT_WRITE : 0);
}

const char *entry_words(unsigned int format, unsigned int level, uint64_t entry, char *buf,
			size_t len)
{
	static const char *const sizes[] = { "?", "4 KiB", "2 MiB", "1 GiB", "512 GiB" };
	bool present, leaf, snoop;
	uint32_t prot;

	switch (format) {
	case NYX_IOMMU_PT_FORMAT_VTDSS:
		prot = prot_of(entry & VTD_READ, entry & VTD_WRITE);
		present = prot;
		leaf = level == 1 || entry & VTD_PAGE;
		snoop = leaf && entry & VTD_SNOOP;
		break;
	case NYX_IOMMU_PT_FORMAT_AMDV1:
		prot = prot_of(entry & AMD_READ, entry & AMD_WRITE);
		present = entry & AMD_PRESENT;
		leaf = AMD_NEXT_LEVEL(entry) == 0 || AMD_NEXT_LEVEL(entry) == 7;
		snoop = leaf && entry & AMD_FORCE_SNOOP;
		break;
	default:
		snprintf(buf, len, "format %u is not known here", format);
		return buf;
	}
	if (!present)
		snprintf(buf, len, "not present");
	else if (leaf)
		snprintf(buf, len, "%s page at 0x%" PRIx64 ", %s%s",
			 level <= 4 ? sizes[level] : "?", entry & ENTRY_ADDRESS, prot_words(prot),
			 snoop ? ", snooped" : "");
	else
		snprintf(buf, len, "table at 0x%" PRIx64 ", %s", entry & ENTRY_ADDRESS,
			 prot_words(prot));
	return buf;
}
