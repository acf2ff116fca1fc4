// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers in words: page-table entries of both formats, word lists, and the
 * kernel command line.
 */
#include <string.h>

#include <linux/nyx_iommu.h>

#include "check.h"
#include "tap.h"
#include "words.h"

static void entry_is(unsigned int format, unsigned int level, uint64_t entry, const char *expected)
{
	char text[128];

	entry_words(format, level, entry, text, sizeof(text));
	ok(!strcmp(text, expected), "%s level %u %#llx: %s", word(pt_format_words, format), level,
	   (unsigned long long)entry, text);
}

static void test_entries(void)
{
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 1, 0, "not present");
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 1, 0x12345003, "4 KiB page at 0x12345000, read write");
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 1, 0x12345001, "4 KiB page at 0x12345000, read");
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 1, 0x12345802,
		 "4 KiB page at 0x12345000, write, snooped");
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 2, 0x200083, "2 MiB page at 0x200000, read write");
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 3, 0x40000081, "1 GiB page at 0x40000000, read");
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 4, 0x4dc4003, "table at 0x4dc4000, read write");
	/* Bits that software may use are no part of the address. */
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 2, 0x10000004dc6003, "table at 0x4dc6000, read write");
	/* Bit 7 of a last-level entry is no page size. */
	entry_is(NYX_IOMMU_PT_FORMAT_VTDSS, 1, 0x1083, "4 KiB page at 0x1000, read write");

	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 1, 0, "not present");
	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 1, 0x6000000012345001,
		 "4 KiB page at 0x12345000, read write");
	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 2, 0x3000000000200001,
		 "2 MiB page at 0x200000, read, snooped");
	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 3, 0x4000000040000001,
		 "1 GiB page at 0x40000000, write");
	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 2, 0x6000000012345201,
		 "table at 0x12345000, read write");
	/* Rights without the present bit say nothing. */
	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 1, 0x6000000012345000, "not present");
	/* Next level 7 is a leaf of a size told by its address bits. */
	entry_is(NYX_IOMMU_PT_FORMAT_AMDV1, 1, 0x6000000012347e01,
		 "4 KiB page at 0x12347000, read write");
	entry_is(7, 1, 0, "format 7 is not known here");
}

static void test_words(void)
{
	ok(!strcmp(word(device_state_words, NYX_IOMMU_DEVICE_STATE_QUARANTINED), "quarantined"),
	   "device state quarantined");
	ok(!strcmp(word(device_state_words, NYX_IOMMU_DEVICE_STATE_GONE), "gone"),
	   "device state gone");
	ok(!strcmp(word(domain_mode_words, NYX_IOMMU_DOMAIN_MODE_UNMANAGED), "unmanaged"),
	   "domain mode unmanaged");
	ok(!strcmp(word(domain_state_words, NYX_IOMMU_DOMAIN_STATE_DELETED), "deleted"),
	   "domain state deleted");
	ok(!strcmp(word(fault_kind_words, NYX_IOMMU_FAULT_KIND_UNKNOWN), "unknown"),
	   "fault kind unknown");
	ok(!strcmp(word(unit_state_words, NYX_IOMMU_UNIT_STATE_DEAD), "dead"), "unit state dead");
	ok(!strcmp(word(unit_state_words, 3), "?"), "a state that is not known");
	ok(!strcmp(word(device_flag_words, 10), "relaxed-region") &&
	   NYX_IOMMU_DEVICE_FLAG_RELAXED_REGION == 1 << 10, "the last device flag");
	ok(!strcmp(word(holder_kind_words, NYX_IOMMU_HOLDER_KIND_DOMAIN), "domain"),
	   "holder kind domain");
}

static void test_parameters(void)
{
	char value[16] = "before";

	ok(kernel_parameter("a intel_iommu=off b", "intel_iommu", value, sizeof(value)) &&
	   !strcmp(value, "off"), "a parameter between others");
	ok(kernel_parameter("x=1 x=2", "x", value, sizeof(value)) && !strcmp(value, "2"),
	   "the last one counts");
	strcpy(value, "before");
	ok(!kernel_parameter("xintel_iommu=off", "intel_iommu", value, sizeof(value)) &&
	   !kernel_parameter("intel_iommu", "intel_iommu", value, sizeof(value)) &&
	   !kernel_parameter("", "intel_iommu", value, sizeof(value)) &&
	   !strcmp(value, "before"), "another word, no value, an empty line");
}

int main(void)
{
	test_entries();
	test_words();
	test_parameters();
	return done();
}
