// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers and entries field by field, on both vendors, against words written down by hand.
 */
#include <string.h>

#include "decode.h"
#include "tap.h"

static const struct field *find(const struct layout *layout, const char *name)
{
	const struct field *field;

	for (field = layout->fields; field->name; field++)
		if (!strcmp(field->name, name))
			return field;
	return NULL;
}

static void means(const struct layout *layout, const uint64_t *words, const char *name,
		  const char *bits, const char *expected)
{
	const struct field *field = find(layout, name);
	char text[128] = "", at[16] = "";

	if (field) {
		field_bits(field, at, sizeof(at));
		field_meaning(field, field_value(field, words), text, sizeof(text));
	}
	ok(field && !strcmp(text, expected) && !strcmp(at, bits), "%s %s, bits %s: %s",
	   layout->name, name, at, text);
}

/* No field overlaps another one, and each is inside its word. */
static void sound(const struct layout *layout)
{
	uint64_t used[4] = { 0 };
	const struct field *field;
	bool good = true;
	int bit;

	for (field = layout->fields; field->name; field++) {
		good &= field->word < 4 && field->high < 64 && field->low <= field->high;
		for (bit = field->low; good && bit <= field->high; bit++) {
			good &= !(used[field->word] >> bit & 1);
			used[field->word] |= 1ULL << bit;
		}
		good &= field->what && field->what[0];
	}
	ok(good, "%s: fields apart from each other, each explained", layout->name);
}

static void test_vtd(void)
{
	/* QEMU's with three and four levels, caching mode; and one with everything. */
	const uint64_t cap[] = { 0xd2008c222f0686, ~0ULL }, ecap[] = { 0xf00f5e },
		ver[] = { 0x10 }, gsts[] = { 0xc7000000 };
	const uint64_t entry[] = { 0x12345001, 0x0102 }, pass[] = { 0xb, 0x102 };

	ok(register_layouts("vtd") == vtd_registers && entry_layout("vtd") == &vtd_entry, "VT-d's");
	ok(layout_words(&vtd_entry) == 2 && layout_words(&vtd_registers[1]) == 1,
	   "a context entry has two words");
	means(&vtd_registers[0], ver, "MAX", "7:4", "1");
	means(&vtd_registers[1], cap, "ND", "2:0", "65536 domain ids");
	means(&vtd_registers[1], cap, "CM", "7", "yes");
	means(&vtd_registers[1], cap, "RWBF", "4", "no");
	means(&vtd_registers[1], cap, "SAGAW", "12:8", "39 bits, 3 levels; 48 bits, 4 levels");
	means(&vtd_registers[1], cap, "MGAW", "21:16", "48 bits");
	means(&vtd_registers[1], cap, "FRO", "33:24", "at 0x220");
	means(&vtd_registers[1], cap, "SLLPS", "37:34", "2 MiB, 1 GiB");
	means(&vtd_registers[1], cap, "NFR", "47:40", "1");
	means(&vtd_registers[1], cap, "MAMV", "53:48", "2^18");
	means(&vtd_registers[1], cap + 1, "ND", "2:0", "reserved");
	means(&vtd_registers[2], ecap, "QI", "1", "yes");
	means(&vtd_registers[2], ecap, "C", "0", "no");
	means(&vtd_registers[2], ecap, "IRO", "17:8", "at 0xf0");
	means(&vtd_registers[2], ecap, "MHMV", "23:20", "2^15");
	means(&vtd_registers[3], gsts, "TES", "31", "yes");
	means(&vtd_registers[3], gsts, "AFLS", "28", "no");
	means(&vtd_entry, entry, "P", "0", "yes");
	means(&vtd_entry, entry, "TT", "3:2", "translated by the page table");
	means(&vtd_entry, entry, "SLPTPTR", "63:12", "0x12345000");
	means(&vtd_entry, entry, "AW", "66:64", "48 bits, 4 levels");
	means(&vtd_entry, entry, "DID", "87:72", "1");
	means(&vtd_entry, pass, "FPD", "1", "yes");
	means(&vtd_entry, pass, "TT", "3:2", "passed through");
	sound(&vtd_entry);
}

static void test_amdvi(void)
{
	const uint64_t efr[] = { 0x29d3 }, efr6[] = { 0xc00 }, control[] = { 0x4000000091dULL };
	const uint64_t entry[] = { 0x6000000012345803, 0x5400000007, 0x2000000076543017, 0 };
	const uint64_t off[] = { 0x0000000000000e01, 0, 0x10000000000000, 0 };

	ok(register_layouts("amdvi") == amdvi_registers && entry_layout("amdvi") == &amdvi_entry,
	   "AMD-Vi's");
	ok(layout_words(&amdvi_entry) == 4, "a device table entry has four words");
	means(&amdvi_registers[0], efr, "PreFSup", "0", "yes");
	means(&amdvi_registers[0], efr, "XTSup", "2", "no");
	means(&amdvi_registers[0], efr, "HATS", "11:10", "6 levels");
	means(&amdvi_registers[0], efr6, "HATS", "11:10", "none");
	means(&amdvi_registers[2], control, "IommuEn", "0", "yes");
	means(&amdvi_registers[2], control, "HtTunEn", "1", "no");
	means(&amdvi_registers[2], control, "InvTimeOut", "7:5", "none");
	means(&amdvi_registers[2], control, "PassPW", "8", "yes");
	means(&amdvi_entry, entry, "V", "0", "yes");
	means(&amdvi_entry, entry, "Mode", "11:9", "4 levels");
	means(&amdvi_entry, entry, "HostPTRoot", "51:12", "0x12345000");
	means(&amdvi_entry, entry, "IW", "62", "yes");
	means(&amdvi_entry, entry, "DomainID", "79:64", "7");
	means(&amdvi_entry, entry, "SA", "98", "yes");
	means(&amdvi_entry, entry, "SD", "102", "yes");
	means(&amdvi_entry, entry, "IoCtl", "100:99", "translated");
	means(&amdvi_entry, entry, "IntTabLen", "132:129", "2048");
	means(&amdvi_entry, entry, "IntTabRoot", "179:134", "0x76543000");
	means(&amdvi_entry, entry, "IntCtl", "189:188", "through the table");
	means(&amdvi_entry, off, "Mode", "11:9", "reserved");
	means(&amdvi_entry, off, "IntCtl", "189:188", "refused");
	sound(&amdvi_entry);
}

int main(void)
{
	int i;

	test_vtd();
	test_amdvi();
	for (i = 0; i < LAYOUTS; i++) {
		sound(&vtd_registers[i]);
		sound(&amdvi_registers[i]);
	}
	ok(!register_layouts("other") && !entry_layout("other"), "no other vendor's");
	return done();
}
