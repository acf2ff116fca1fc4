// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VT-d: version, capability, extended capability and status registers (specification
 * 10.4.1 to 10.4.5; 11.4 in later revisions), and the context entry (9.3). Pure.
 */
#include <inttypes.h>
#include <stdio.h>

#include "decode.h"

static const char *say_domains(uint64_t value, char *buf, size_t len)
{
	if (value == 7)
		snprintf(buf, len, "reserved");
	else
		snprintf(buf, len, "%u domain ids", 1U << (4 + 2 * (unsigned int)value));
	return buf;
}

static const char *say_widths(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s%s", value & 1U << 1 ? "39 bits, 3 levels; " : "",
		 value & 1U << 2 ? "48 bits, 4 levels; " : "",
		 value & 1U << 3 ? "57 bits, 5 levels; " : "",
		 value & 0xe ? "" : "none  ");
	/* Without the last separator. */
	for (value = 0; buf[value]; value++)
		;
	if (value >= 2)
		buf[value - 2] = '\0';
	return buf;
}

static const char *say_one_more_bits(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "%u bits", (unsigned int)value + 1);
	return buf;
}

static const char *say_one_more(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "%u", (unsigned int)value + 1);
	return buf;
}

static const char *say_number(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "%" PRIu64, value);
	return buf;
}

static const char *say_offset(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "at 0x%" PRIx64, value * 16);
	return buf;
}

static const char *say_large(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s", value & 1 ? "2 MiB" : "", (value & 3) == 3 ? ", " : "",
		 value & 2 ? "1 GiB" : value & 1 ? "" : "none");
	return buf;
}

static const char *say_power(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "2^%u", (unsigned int)value);
	return buf;
}

static const char *say_type(uint64_t value, char *buf, size_t len)
{
	static const char *const types[] = {
		"translated by the page table", "translated by the page table, ATS allowed",
		"passed through", "reserved"
	};

	snprintf(buf, len, "%s", types[value & 3]);
	return buf;
}

static const char *say_table(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "0x%" PRIx64, value << 12);
	return buf;
}

static const char *say_levels(uint64_t value, char *buf, size_t len)
{
	if (value < 1 || value > 3)
		snprintf(buf, len, "reserved");
	else
		snprintf(buf, len, "%u bits, %u levels", 30 + 9 * (unsigned int)value,
			 (unsigned int)value + 2);
	return buf;
}

static const struct field ver[] = {
	{ "MAX", 0, 7, 4, "major version", say_number },
	{ "MIN", 0, 3, 0, "minor version", say_number },
	{ 0 }
};

static const struct field cap[] = {
	{ "ND", 0, 2, 0, "domain ids", say_domains },
	{ "AFL", 0, 3, 3, "advanced fault logging", NULL },
	{ "RWBF", 0, 4, 4, "write buffers must be flushed", NULL },
	{ "PLMR", 0, 5, 5, "protected low memory region", NULL },
	{ "PHMR", 0, 6, 6, "protected high memory region", NULL },
	{ "CM", 0, 7, 7, "caching mode: not-present entries may be cached", NULL },
	{ "SAGAW", 0, 12, 8, "page-table depths", say_widths },
	{ "MGAW", 0, 21, 16, "widest address", say_one_more_bits },
	{ "ZLR", 0, 22, 22, "zero-length reads of write-only pages", NULL },
	{ "FRO", 0, 33, 24, "fault recording registers", say_offset },
	{ "SLLPS", 0, 37, 34, "large pages", say_large },
	{ "PSI", 0, 39, 39, "page-selective invalidation", NULL },
	{ "NFR", 0, 47, 40, "number of fault recording registers", say_one_more },
	{ "MAMV", 0, 53, 48, "most pages of one invalidation", say_power },
	{ "DWD", 0, 54, 54, "write draining", NULL },
	{ "DRD", 0, 55, 55, "read draining", NULL },
	{ "PI", 0, 59, 59, "posted interrupts", NULL },
	{ 0 }
};

static const struct field ecap[] = {
	{ "C", 0, 0, 0, "table walks snoop the caches", NULL },
	{ "QI", 0, 1, 1, "queued invalidation", NULL },
	{ "DT", 0, 2, 2, "device-TLBs (ATS)", NULL },
	{ "IR", 0, 3, 3, "interrupt remapping", NULL },
	{ "EIM", 0, 4, 4, "x2APIC destinations", NULL },
	{ "PT", 0, 6, 6, "pass-through entries", NULL },
	{ "SC", 0, 7, 7, "snoop control in page-table entries", NULL },
	{ "IRO", 0, 17, 8, "IOTLB registers", say_offset },
	{ "MHMV", 0, 23, 20, "most interrupt entries of one invalidation", say_power },
	{ "DIT", 0, 41, 41, "device-TLB invalidations name the physical function", NULL },
	{ "SMTS", 0, 43, 43, "scalable mode", NULL },
	{ 0 }
};

static const struct field gsts[] = {
	{ "TES", 0, 31, 31, "translation is on", NULL },
	{ "RTPS", 0, 30, 30, "root table pointer was set", NULL },
	{ "FLS", 0, 29, 29, "fault log pointer was set", NULL },
	{ "AFLS", 0, 28, 28, "advanced fault logging is on", NULL },
	{ "WBFS", 0, 27, 27, "write-buffer flush under way", NULL },
	{ "QIES", 0, 26, 26, "queued invalidation is on", NULL },
	{ "IRES", 0, 25, 25, "interrupt remapping is on", NULL },
	{ "IRTPS", 0, 24, 24, "interrupt table pointer was set", NULL },
	{ "CFIS", 0, 23, 23, "compatibility-format interrupts pass", NULL },
	{ 0 }
};

const struct layout vtd_registers[LAYOUTS] = {
	{ "VER", ver }, { "CAP", cap }, { "ECAP", ecap }, { "GSTS", gsts },
};

static const struct field context_entry[] = {
	{ "P", 0, 0, 0, "present: else every request is refused", NULL },
	{ "FPD", 0, 1, 1, "faults are not recorded", NULL },
	{ "TT", 0, 3, 2, "requests are", say_type },
	{ "SLPTPTR", 0, 63, 12, "page table", say_table },
	{ "AW", 1, 2, 0, "address width of the page table", say_levels },
	{ "DID", 1, 23, 8, "hardware domain id", say_number },
	{ 0 }
};

const struct layout vtd_entry = { "context entry", context_entry };
