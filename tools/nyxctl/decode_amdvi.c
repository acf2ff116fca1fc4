// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AMD-Vi: extended features, control and the IVHD's features (publication 48882, chapters 3
 * and 5), and the device table entry (2.2.2.1). Pure.
 */
#include <inttypes.h>
#include <stdio.h>

#include "decode.h"

static const char *say_number(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "%" PRIu64, value);
	return buf;
}

static const char *say_host_levels(uint64_t value, char *buf, size_t len)
{
	if (value == 3)
		snprintf(buf, len, "none");
	else
		snprintf(buf, len, "%u levels", (unsigned int)value + 4);
	return buf;
}

/* Field InvTimeOut. */
static const char *say_timeout(uint64_t value, char *buf, size_t len)
{
	static const char *const times[] = {
		"none", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "reserved"
	};

	snprintf(buf, len, "%s", times[value & 7]);
	return buf;
}

static const char *say_mode(uint64_t value, char *buf, size_t len)
{
	if (!value)
		snprintf(buf, len, "no translation");
	else if (value == 7)
		snprintf(buf, len, "reserved");
	else
		snprintf(buf, len, "%u levels", (unsigned int)value);
	return buf;
}

static const char *say_page(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "0x%" PRIx64, value << 12);
	return buf;
}

static const char *say_interrupt_table(uint64_t value, char *buf, size_t len)
{
	snprintf(buf, len, "0x%" PRIx64, value << 6);
	return buf;
}

static const char *say_entries(uint64_t value, char *buf, size_t len)
{
	if (value > 11)
		snprintf(buf, len, "reserved");
	else
		snprintf(buf, len, "%u", 1U << value);
	return buf;
}

static const char *say_interrupts(uint64_t value, char *buf, size_t len)
{
	static const char *const ways[] = {
		"refused", "pass as they are", "through the table", "reserved"
	};

	snprintf(buf, len, "%s", ways[value & 3]);
	return buf;
}

static const char *say_system(uint64_t value, char *buf, size_t len)
{
	static const char *const ways[] = {
		"refused", "pass as they are", "only INTx passes", "translated"
	};

	snprintf(buf, len, "%s", ways[value & 3]);
	return buf;
}

static const char *say_ports(uint64_t value, char *buf, size_t len)
{
	static const char *const ways[] = { "refused", "pass", "translated", "reserved" };

	snprintf(buf, len, "%s", ways[value & 3]);
	return buf;
}

static const struct field efr[] = {
	{ "PreFSup", 0, 0, 0, "prefetch", NULL },
	{ "PPRSup", 0, 1, 1, "page requests", NULL },
	{ "XTSup", 0, 2, 2, "x2APIC destinations", NULL },
	{ "NXSup", 0, 3, 3, "no-execute", NULL },
	{ "GTSup", 0, 4, 4, "guest translation", NULL },
	{ "IASup", 0, 6, 6, "invalidate all at once", NULL },
	{ "GASup", 0, 7, 7, "guest virtual APIC", NULL },
	{ "HESup", 0, 8, 8, "hardware error registers", NULL },
	{ "PCSup", 0, 9, 9, "performance counters", NULL },
	{ "HATS", 0, 11, 10, "deepest page table", say_host_levels },
	{ 0 }
};

static const struct field efr2[] = {
	{ "EFR2", 0, 63, 0, "further features, as they are", NULL },
	{ 0 }
};

static const struct field control[] = {
	{ "IommuEn", 0, 0, 0, "translation is on", NULL },
	{ "HtTunEn", 0, 1, 1, "HyperTransport tunnel translation", NULL },
	{ "EventLogEn", 0, 2, 2, "event log is on", NULL },
	{ "EventIntEn", 0, 3, 3, "event log interrupt is on", NULL },
	{ "ComWaitIntEn", 0, 4, 4, "completion wait interrupt is on", NULL },
	{ "InvTimeOut", 0, 7, 5, "device-TLB time-out", say_timeout },
	{ "PassPW", 0, 8, 8, "pass posted writes", NULL },
	{ "ResPassPW", 0, 9, 9, "responses pass posted writes", NULL },
	{ "Coherent", 0, 10, 10, "table reads snoop the caches", NULL },
	{ "Isoc", 0, 11, 11, "isochronous", NULL },
	{ "CmdBufEn", 0, 12, 12, "command buffer is on", NULL },
	{ "PPRLogEn", 0, 13, 13, "page request log is on", NULL },
	{ "PPRIntEn", 0, 14, 14, "page request interrupt is on", NULL },
	{ "PPREn", 0, 15, 15, "page requests are on", NULL },
	{ "GTEn", 0, 16, 16, "guest translation is on", NULL },
	{ "GAEn", 0, 17, 17, "interrupt entries of 128 bits", NULL },
	{ "GALogEn", 0, 28, 28, "guest virtual APIC log is on", NULL },
	{ "GAIntEn", 0, 29, 29, "guest virtual APIC interrupt is on", NULL },
	{ "DevTblSegEn", 0, 36, 34, "device table segments", say_number },
	{ "XTEn", 0, 50, 50, "x2APIC destinations are on", NULL },
	{ 0 }
};

/* What firmware says in its table, as the module read it. */
static const struct field ivhd[] = {
	{ "IVHD", 0, 63, 0, "feature reporting of the firmware's table, as it is", NULL },
	{ 0 }
};

const struct layout amdvi_registers[LAYOUTS] = {
	{ "EFR", efr }, { "EFR2", efr2 }, { "control", control }, { "IVHD", ivhd },
};

static const struct field device_entry[] = {
	{ "V", 0, 0, 0, "the entry is valid: else requests pass as they are", NULL },
	{ "TV", 0, 1, 1, "translation information is valid", NULL },
	{ "Mode", 0, 11, 9, "page table", say_mode },
	{ "HostPTRoot", 0, 51, 12, "page table at", say_page },
	{ "IR", 0, 61, 61, "may read", NULL },
	{ "IW", 0, 62, 62, "may write", NULL },
	{ "DomainID", 1, 15, 0, "hardware domain id", say_number },
	{ "I", 1, 32, 32, "ATS allowed", NULL },
	{ "SE", 1, 33, 33, "only the first page fault is recorded", NULL },
	{ "SA", 1, 34, 34, "page faults are not recorded", NULL },
	{ "IoCtl", 1, 36, 35, "port I/O", say_ports },
	{ "SD", 1, 38, 38, "snooping is off", NULL },
	{ "EX", 1, 39, 39, "the exclusion range applies", NULL },
	{ "SysMgt", 1, 41, 40, "system management messages", say_system },
	{ "IV", 2, 0, 0, "interrupt information is valid: else interrupts pass", NULL },
	{ "IntTabLen", 2, 4, 1, "interrupt entries", say_entries },
	{ "IG", 2, 5, 5, "refused interrupts are not recorded", NULL },
	{ "IntTabRoot", 2, 51, 6, "interrupt table at", say_interrupt_table },
	{ "InitPass", 2, 56, 56, "INIT passes", NULL },
	{ "EIntPass", 2, 57, 57, "ExtInt passes", NULL },
	{ "NMIPass", 2, 58, 58, "NMI passes", NULL },
	{ "IntCtl", 2, 61, 60, "fixed and arbitrated interrupts", say_interrupts },
	{ "Lint0Pass", 2, 62, 62, "LINT0 passes", NULL },
	{ "Lint1Pass", 2, 63, 63, "LINT1 passes", NULL },
	{ "word 3", 3, 63, 0, "snoop attributes", NULL },
	{ 0 }
};

const struct layout amdvi_entry = { "device table entry", device_entry };
