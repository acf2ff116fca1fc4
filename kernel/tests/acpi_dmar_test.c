// SPDX-License-Identifier: GPL-2.0
/*
 * The DMAR parser on QEMU's table, a server's, and hostile ones.
 */
#include "acpi_check.h"

static int read_table(struct kunit *test, struct acpi_build *b, struct nyx_acpi_desc *desc)
{
	struct nyx_acpi_error err;
	int ret = acpi_read(nyx_dmar_parse, b->data, b->len, desc, &err);

	KUNIT_EXPECT_EQ_MSG(test, ret, 0, "at 0x%x: %s", err.offset, err.text ? err.text : "?");
	return ret;
}

static void dmar_test_qemu(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;

	dmar_qemu(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.table, NYX_ACPI_DMAR);
	KUNIT_EXPECT_EQ(test, desc.revision, 1);
	KUNIT_EXPECT_EQ(test, desc.address_width, 39);
	KUNIT_EXPECT_EQ(test, desc.flags, NYX_DMAR_FLAG_INTR_REMAP);
	KUNIT_EXPECT_EQ(test, desc.nr_units, 1);
	KUNIT_EXPECT_EQ(test, desc.nr_reserved, 0);
	KUNIT_EXPECT_EQ(test, desc.nr_scopes, 1);
	KUNIT_EXPECT_EQ(test, desc.nr_notes, 0);
	KUNIT_EXPECT_EQ(test, desc.units[0].offset, 0x30);
	KUNIT_EXPECT_EQ(test, desc.units[0].segment, 0);
	KUNIT_EXPECT_EQ(test, desc.units[0].reg_base, 0xfed90000ULL);
	KUNIT_EXPECT_EQ(test, desc.units[0].reg_size, 0x1000ULL);
	KUNIT_EXPECT_EQ(test, desc.units[0].flags, NYX_UNIT_INCLUDE_ALL);
	KUNIT_EXPECT_EQ(test, desc.units[0].scopes.first, 0);
	KUNIT_EXPECT_EQ(test, desc.units[0].scopes.count, 1);
	KUNIT_EXPECT_EQ(test, desc.scopes[0].kind, NYX_SCOPE_IOAPIC);
	KUNIT_EXPECT_EQ(test, desc.scopes[0].start_bus, 0xff);
	acpi_free(&desc);
}

static void dmar_test_server_units(struct kunit *test)
{
	static const struct {
		u32 offset;
		u16 segment;
		u64 base;
		u32 flags, first, count;
	} expected[] = {
		{ 0x30, 0, 0xd37fc000, 0, 0, 2 },
		{ 0x50, 0, 0xe0ffc000, 0, 2, 2 },
		{ 0x74, 1, 0xee7fc000, 0, 4, 1 },
		{ 0x8c, 1, 0xfbffc000, NYX_UNIT_INCLUDE_ALL, 5, 1 },
		{ 0xa4, 0, 0xfed91000, NYX_UNIT_INCLUDE_ALL, 6, 3 },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	dmar_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.address_width, 46);
	KUNIT_EXPECT_EQ(test, desc.flags, 7);
	KUNIT_EXPECT_EQ(test, desc.nr_units, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected) && i < desc.nr_units; i++) {
		const struct nyx_acpi_unit *unit = &desc.units[i];

		KUNIT_EXPECT_EQ(test, unit->offset, expected[i].offset);
		KUNIT_EXPECT_EQ(test, unit->segment, expected[i].segment);
		KUNIT_EXPECT_EQ(test, unit->reg_base, expected[i].base);
		KUNIT_EXPECT_EQ(test, unit->flags, expected[i].flags);
		KUNIT_EXPECT_EQ(test, unit->scopes.first, expected[i].first);
		KUNIT_EXPECT_EQ(test, unit->scopes.count, expected[i].count);
	}
	acpi_free(&desc);
}

static void dmar_test_server_scopes(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	const struct nyx_acpi_scope *s;

	dmar_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_ASSERT_EQ(test, desc.nr_scopes, 15);

	KUNIT_EXPECT_EQ(test, desc.scopes[1].kind, NYX_SCOPE_BRIDGE);
	KUNIT_EXPECT_EQ(test, desc.scopes[1].start_bus, 0x16);
	KUNIT_EXPECT_EQ(test, desc.scopes[1].path_len, 1);
	KUNIT_EXPECT_EQ(test, desc.scopes[1].path[0].device, 2);

	/* Three hops: two bridges and the function behind them. */
	s = &desc.scopes[3];
	KUNIT_EXPECT_EQ(test, s->kind, NYX_SCOPE_ENDPOINT);
	KUNIT_EXPECT_EQ(test, s->offset, 0x68);
	KUNIT_EXPECT_EQ(test, s->start_bus, 0x64);
	KUNIT_EXPECT_EQ(test, s->path_len, 3);
	KUNIT_EXPECT_EQ(test, s->path[0].device, 3);
	KUNIT_EXPECT_EQ(test, s->path[1].device, 0);
	KUNIT_EXPECT_EQ(test, s->path[2].device, 4);
	KUNIT_EXPECT_EQ(test, s->path[2].function, 1);

	s = &desc.scopes[6];
	KUNIT_EXPECT_EQ(test, s->kind, NYX_SCOPE_IOAPIC);
	KUNIT_EXPECT_EQ(test, s->enum_id, 8);
	KUNIT_EXPECT_EQ(test, s->start_bus, 0xf0);
	KUNIT_EXPECT_EQ(test, s->path[0].device, 0x1f);
	KUNIT_EXPECT_EQ(test, desc.scopes[7].kind, NYX_SCOPE_HPET);
	KUNIT_EXPECT_EQ(test, desc.scopes[8].kind, NYX_SCOPE_ACPI_NAME);
	KUNIT_EXPECT_EQ(test, desc.scopes[8].enum_id, 1);
	acpi_free(&desc);
}

static void dmar_test_server_reserved(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;

	dmar_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_ASSERT_EQ(test, desc.nr_reserved, 2);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].offset, 0xcc);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].segment, 0);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].base, 0x6dfc8000ULL);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].last, 0x6dfcafffULL);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].flags, NYX_RESERVED_READ | NYX_RESERVED_WRITE);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].scopes.first, 9);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].scopes.count, 1);
	KUNIT_EXPECT_EQ(test, desc.reserved[1].segment, 1);
	KUNIT_EXPECT_EQ(test, desc.reserved[1].scopes.first, 10);
	KUNIT_EXPECT_EQ(test, desc.reserved[1].scopes.count, 2);

	/* Only the unknown structure is noted. */
	KUNIT_ASSERT_EQ(test, desc.nr_notes, 1);
	KUNIT_EXPECT_EQ(test, desc.notes[0].offset, 0x173);
	KUNIT_EXPECT_STREQ(test, desc.notes[0].text, "structure of an unknown kind: passed over");
	acpi_free(&desc);
}

static void dmar_test_server_lists(struct kunit *test)
{
	static const struct {
		enum nyx_acpi_list_kind kind;
		u32 offset, flags, first;
		u8 properties;
	} expected[] = {
		{ NYX_LIST_ATS_PORTS, 0x118, 0, 12, 0 },
		{ NYX_LIST_INTEGRATED, 0x153, NYX_LIST_ATC_REQUIRED, 13, 0 },
		{ NYX_LIST_PROPERTIES, 0x163, 0, 14,
		  NYX_PROPERTY_ATC_HARDENED | NYX_PROPERTY_ATC_REQUIRED },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	dmar_server(b);
	/* Only a SIDP's scopes have flags: in the ATSR's these bits are reserved. */
	acpi_set(b, 0x122, 2, 0xffff);
	/* A segment that is the list's own. */
	acpi_set(b, 0x159, 2, 1);
	acpi_checksum(b->data, b->len);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_ASSERT_EQ(test, desc.nr_lists, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct nyx_acpi_list *list = &desc.lists[i];

		KUNIT_EXPECT_EQ(test, list->kind, expected[i].kind);
		KUNIT_EXPECT_EQ(test, list->offset, expected[i].offset);
		KUNIT_EXPECT_EQ(test, list->flags, expected[i].flags);
		KUNIT_EXPECT_EQ(test, list->segment, i == 1);
		KUNIT_EXPECT_EQ(test, list->scopes.first, expected[i].first);
		KUNIT_EXPECT_EQ(test, list->scopes.count, 1);
		KUNIT_EXPECT_EQ(test, desc.scopes[expected[i].first].properties,
				expected[i].properties);
	}
	KUNIT_ASSERT_EQ(test, desc.nr_names, 1);
	KUNIT_EXPECT_EQ(test, desc.names[0].offset, 0x13c);
	KUNIT_EXPECT_EQ(test, desc.names[0].number, 1);
	KUNIT_EXPECT_EQ(test, desc.names[0].len, 14);
	KUNIT_EXPECT_EQ(test, b->data[desc.names[0].offset + 8], '\\');
	acpi_free(&desc);
}

static void dmar_test_proximity(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	dmar_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	for (i = 0; i < desc.nr_units; i++) {
		KUNIT_EXPECT_EQ(test, desc.units[i].has_proximity, i == 0);
		KUNIT_EXPECT_EQ(test, desc.units[i].proximity, i == 0);
	}
	acpi_free(&desc);

	/* About no unit of the table: the table is good all the same. */
	acpi_set(b, 0x130, 8, 0xd37fd000);
	acpi_checksum(b->data, b->len);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.units[0].has_proximity, false);
	KUNIT_ASSERT_EQ(test, desc.nr_notes, 2);
	KUNIT_EXPECT_STREQ(test, desc.notes[0].text,
			   "proximity (RHSA) of a unit that is not there");
	acpi_free(&desc);
}

/* Lists and names may be counted without being kept. */
static void dmar_test_without_lists(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc = { 0 };
	struct nyx_acpi_error err;

	dmar_server(b);
	KUNIT_ASSERT_EQ(test, nyx_dmar_parse(b->data, b->len, &desc, &err), 0);
	desc.units = kcalloc(desc.nr_units, sizeof(*desc.units), GFP_KERNEL);
	desc.reserved = kcalloc(desc.nr_reserved, sizeof(*desc.reserved), GFP_KERNEL);
	desc.scopes = kcalloc(desc.nr_scopes, sizeof(*desc.scopes), GFP_KERNEL);
	if (desc.units && desc.reserved && desc.scopes)
		KUNIT_EXPECT_EQ(test, nyx_dmar_parse(b->data, b->len, &desc, &err), 0);
	KUNIT_EXPECT_EQ(test, desc.nr_lists, 3);
	KUNIT_EXPECT_EQ(test, desc.nr_names, 1);
	acpi_free(&desc);
}

static void dmar_odd(struct acpi_build *b)
{
	dmar_begin(b, 39, 0);
	dmar_drhd(b, 0, 0, 0xfed90000);			/* 0x30: no devices, 8 KiB */
	acpi_set(b, 0x35, 1, 0xf1);
	dmar_drhd(b, 1, 0, 0xfed92000);			/* 0x40 */
	dmar_scope(b, 9, 0, 0, "\0\0", 1);		/* 0x50: unknown kind */
	dmar_rmrr(b, 0, 0xe0010, 0xe0fff);		/* 0x58: unaligned, no devices */
	dmar_structure(b, 5);				/* 0x70: SATC of nothing */
	acpi_put(b, 4, 0);
	acpi_end(b);
	dmar_structure(b, 4);				/* 0x78: the name has no end */
	acpi_put(b, 4, 0);
	acpi_bytes(b, "\\_SB", 4);
	acpi_end(b);
	dmar_structure(b, 4);				/* 0x84: no name */
	acpi_put(b, 4, 0);
	acpi_put(b, 4, 0);
	acpi_end(b);
	acpi_finish(b);
	b->data[b->len++] = 0xaa;			/* what is behind the table is not read */
}

/* Firmware mistakes that harm nobody are repaired and noted, not refused. */
static void dmar_test_notes(struct kunit *test)
{
	static const struct nyx_acpi_note expected[] = {
		{ 0x30, "unit (DRHD) without devices" },
		{ 0x50, "device scope of an unknown kind: passed over" },
		{ 0x58, "reserved memory (RMRR) of no device" },
		{ 0x58, "reserved memory is not made of whole 4 KiB pages: widened" },
		{ 0x70, "ATSR, SATC or SIDP of no device" },
		{ 0x78, "ACPI device (ANDD) without a name that ends: passed over" },
		{ 0x84, "ACPI device (ANDD) without a name that ends: passed over" },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	dmar_odd(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.nr_units, 2);
	KUNIT_EXPECT_EQ(test, desc.units[0].reg_size, 0x2000ULL);
	KUNIT_EXPECT_EQ(test, desc.nr_scopes, 0);
	KUNIT_EXPECT_EQ(test, desc.nr_lists, 1);
	KUNIT_EXPECT_EQ(test, desc.nr_names, 0);
	KUNIT_ASSERT_EQ(test, desc.nr_reserved, 1);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].base, 0xe0000ULL);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].last, 0xe0fffULL);
	KUNIT_ASSERT_EQ(test, desc.nr_notes, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		KUNIT_EXPECT_EQ(test, desc.notes[i].offset, expected[i].offset);
		KUNIT_EXPECT_STREQ(test, desc.notes[i].text, expected[i].text);
	}
	acpi_free(&desc);
}

static void dmar_no_units(struct acpi_build *b)
{
	dmar_begin(b, 39, 0);
	acpi_finish(b);
}

static void dmar_deep(struct acpi_build *b)
{
	static const char path[34];

	dmar_begin(b, 39, 0);
	dmar_drhd(b, 0, 0, 0xfed90000);
	dmar_scope(b, 1, 0, 0, path, 17);
	acpi_finish(b);
}

static void dmar_deepest(struct acpi_build *b)
{
	static const char path[32];

	dmar_begin(b, 39, 0);
	dmar_drhd(b, 0, 0, 0xfed90000);
	dmar_scope(b, 1, 0, 0, path, 16);
	acpi_finish(b);
}

static void dmar_left_over(struct acpi_build *b)
{
	dmar_qemu(b);
	acpi_put(b, 3, 0);
	acpi_finish(b);
}

static void dmar_short_drhd(struct acpi_build *b)
{
	dmar_qemu(b);
	dmar_structure(b, 0);
	acpi_put(b, 8, 0);
	acpi_end(b);
	acpi_finish(b);
}

static void dmar_short_rhsa(struct acpi_build *b)
{
	dmar_qemu(b);
	dmar_structure(b, 3);
	acpi_put(b, 8, 0);
	acpi_end(b);
	acpi_finish(b);
}

static void dmar_short_atsr(struct acpi_build *b)
{
	dmar_qemu(b);
	dmar_structure(b, 2);
	acpi_put(b, 2, 0);
	acpi_end(b);
	acpi_finish(b);
}

static void dmar_short_andd(struct acpi_build *b)
{
	dmar_qemu(b);
	dmar_structure(b, 4);
	acpi_put(b, 4, 0);
	acpi_end(b);
	acpi_finish(b);
}

static const struct acpi_hostile dmar_hostile[] = {
	{ "untouched", dmar_server },
	{ "signature", dmar_server, { { 3, 1, 'S' } }, false,
	  0, "not the table that was asked for: its signature differs" },
	{ "length 0", dmar_server, { { 4, 4, 0 } }, false,
	  4, "the table's length is less than its header" },
	{ "length within header", dmar_server, { { 4, 4, 47 } }, false,
	  4, "the table's length is less than its header" },
	{ "length beyond buffer", dmar_qemu, { { 4, 4, 0x51 } }, false,
	  4, "the table is cut off: shorter than its length says" },
	{ "length huge", dmar_server, { { 4, 4, 0xffffffff } }, false,
	  4, "the table says it is longer than 64 KiB" },
	{ "checksum", dmar_server, { { 0x20, 1, 0x77 } }, true,
	  9, "checksum is wrong: the table is damaged" },
	{ "revision 0", dmar_server, { { 8, 1, 0 } }, false,
	  8, "revision 0 was never defined" },
	{ "revision of the future", dmar_server, { { 8, 1, 9 } } },
	{ "width 0", dmar_server, { { 36, 1, 0 } }, false,
	  36, "host address width is not 32 to 64 bits" },
	{ "width 65", dmar_server, { { 36, 1, 64 } }, false,
	  36, "host address width is not 32 to 64 bits" },
	{ "width wraps", dmar_server, { { 36, 1, 255 } }, false,
	  36, "host address width is not 32 to 64 bits" },
	{ "width 64", dmar_server, { { 36, 1, 63 } } },
	{ "reserved header bytes", dmar_server, { { 38, 8, ~0ULL }, { 46, 2, ~0ULL } } },
	{ "no unit", dmar_no_units, { }, false, 0x30, "no unit (DRHD) in the table" },

	{ "structure length 0", dmar_server, { { 0x52, 2, 0 } }, false,
	  0x50, "structure of length 0" },
	{ "structure length 3", dmar_server, { { 0x52, 2, 3 } }, false,
	  0x50, "structure shorter than its own type and length" },
	{ "structure too long", dmar_server, { { 0x52, 2, 0xffff } }, false,
	  0x50, "structure runs past the end of the table" },
	{ "last structure one too long", dmar_server, { { 0x175, 2, 9 } }, false,
	  0x173, "structure runs past the end of the table" },
	{ "bytes left over", dmar_left_over, { }, false,
	  0x50, "bytes left over after the last structure" },
	{ "drhd too short", dmar_short_drhd, { }, false,
	  0x50, "structure shorter than its kind requires" },
	{ "atsr too short", dmar_short_atsr, { }, false,
	  0x50, "structure shorter than its kind requires" },
	{ "atsr scope past its end", dmar_server, { { 0x121, 1, 10 } }, false,
	  0x120, "device scope runs past the end of its structure" },
	{ "andd too short", dmar_short_andd, { }, false,
	  0x50, "structure shorter than its kind requires" },
	{ "satc scope broken", dmar_server, { { 0x15c, 1, 7 } }, false,
	  0x15b, "device scope ends in the middle of a path step" },
	{ "sidp scope broken", dmar_server, { { 0x171, 1, 32 } }, false,
	  0x171, "PCI device number above 31 in a device scope's path" },
	{ "rmrr too short", dmar_server, { { 0x163, 2, 1 } }, false,
	  0x163, "structure shorter than its kind requires" },
	{ "rhsa too short", dmar_short_rhsa, { }, false,
	  0x50, "structure shorter than its kind requires" },
	{ "type of the future", dmar_server, { { 0x118, 2, 0xfffe } } },

	{ "base 0", dmar_server, { { 0x58, 8, 0 } }, false,
	  0x58, "unit (DRHD) whose registers are at address 0" },
	{ "base all ones", dmar_server, { { 0x58, 8, ~0ULL } }, false,
	  0x58, "unit (DRHD) whose register address is all ones" },
	{ "base unaligned", dmar_server, { { 0x58, 8, 0xe0ffc800 } }, false,
	  0x58, "unit (DRHD) whose registers do not start on a 4 KiB page" },
	{ "base beyond", dmar_server, { { 0x58, 8, 1ULL << 52 } }, false,
	  0x58, "unit (DRHD) whose registers are beyond 52 address bits" },
	{ "same base", dmar_server, { { 0x58, 8, 0xd37fc000 } }, false,
	  0x50, "two units (DRHD) have the same registers" },
	{ "overlapping registers", dmar_server, { { 0x58, 8, 0xd37f8000 }, { 0x55, 1, 3 } }, false,
	  0x50, "two units (DRHD) have the same registers" },
	{ "two include all", dmar_server, { { 0x34, 1, 1 } }, false,
	  0xa4, "two units (DRHD) of one segment claim all its devices" },

	{ "scope length 0", dmar_server, { { 0x61, 1, 0 } }, false,
	  0x60, "device scope shorter than its fixed part" },
	{ "scope length 5", dmar_server, { { 0x61, 1, 5 } }, false,
	  0x60, "device scope shorter than its fixed part" },
	{ "scope without path", dmar_server, { { 0x61, 1, 6 } }, false,
	  0x60, "device scope without a path" },
	{ "scope odd", dmar_server, { { 0x61, 1, 9 } }, false,
	  0x60, "device scope ends in the middle of a path step" },
	{ "scope past structure", dmar_server, { { 0x69, 1, 14 } }, false,
	  0x68, "device scope runs past the end of its structure" },
	{ "scope cut by structure", dmar_server, { { 0x61, 1, 18 }, { 0x60, 1, 0x99 } }, false,
	  0x72, "structure ends in the middle of a device scope" },
	{ "unknown scope, any length", dmar_server, { { 0x61, 1, 20 }, { 0x60, 1, 0x99 } } },
	{ "17 hops", dmar_deep, { }, false,
	  0x40, "device scope's path has more than 16 steps" },
	{ "16 hops", dmar_deepest },
	{ "device 32", dmar_server, { { 0x70, 1, 32 } }, false,
	  0x70, "PCI device number above 31 in a device scope's path" },
	{ "function 8", dmar_server, { { 0x71, 1, 8 } }, false,
	  0x71, "PCI function number above 7 in a device scope's path" },
	{ "scope flags", dmar_server, { { 0x62, 2, 0xffff } } },

	{ "rmrr backwards", dmar_server, { { 0xd4, 8, 0x6dfcb000 } }, false,
	  0xd4, "reserved memory (RMRR) that ends before it starts" },
	{ "rmrr beyond width", dmar_server, { { 0xdc, 8, 1ULL << 46 } }, false,
	  0xdc, "reserved memory (RMRR) beyond the host address width" },
	{ "rmrr everywhere", dmar_server, { { 0xd4, 8, 0 }, { 0xdc, 8, ~0ULL } }, false,
	  0xdc, "reserved memory (RMRR) beyond the host address width" },
	{ "rmrr to the very end", dmar_server, { { 0xdc, 8, ~0ULL }, { 36, 1, 63 } } },
	{ "rmrr scope broken", dmar_server, { { 0x105, 1, 0 } }, false,
	  0x104, "device scope shorter than its fixed part" },
};

static void dmar_test_hostile(struct kunit *test)
{
	acpi_check_hostile(test, nyx_dmar_parse, dmar_hostile, ARRAY_SIZE(dmar_hostile));
}

static void dmar_test_truncated(struct kunit *test)
{
	acpi_check_truncated(test, nyx_dmar_parse, dmar_qemu);
	acpi_check_truncated(test, nyx_dmar_parse, dmar_server);
}

static void dmar_test_corrupted(struct kunit *test)
{
	acpi_check_corrupted(test, nyx_dmar_parse, dmar_qemu);
	acpi_check_corrupted(test, nyx_dmar_parse, dmar_server);
}

/* Both bounds on what is believed, at the bound and one above. */
static void dmar_test_limits(struct kunit *test)
{
	const u32 len = 0x10000;
	struct nyx_acpi_desc desc = { 0 };
	struct nyx_acpi_error err;
	struct acpi_build *b = acpi_new(test);
	u8 *big = kunit_kzalloc(test, len, GFP_KERNEL);
	u32 i, at;

	KUNIT_ASSERT_NOT_NULL(test, big);
	dmar_begin(b, 39, 0);
	memcpy(big, b->data, b->len);
	for (i = 0, at = b->len; i < 1025; i++, at += 16) {
		big[at + 2] = 16;
		big[at + 9] = i << 4;
		big[at + 10] = i >> 4;
		big[at + 11] = 0xc0;
	}
	big[4] = at;
	big[5] = at >> 8;
	big[6] = at >> 16;
	acpi_checksum(big, at);
	KUNIT_EXPECT_EQ(test, nyx_dmar_parse(big, at, &desc, &err), -EINVAL);
	KUNIT_EXPECT_EQ(test, err.offset, at - 16);
	KUNIT_EXPECT_STREQ(test, err.text, "more than 1024 structures");

	at -= 16;
	big[4] = at;
	big[5] = at >> 8;
	acpi_checksum(big, at);
	KUNIT_EXPECT_EQ(test, nyx_dmar_parse(big, at, &desc, &err), 0);
	KUNIT_EXPECT_EQ(test, desc.nr_units, 1024);
}

/* A table that grew between the two passes overruns none of the arrays. */
static void dmar_test_changed(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	u32 i;

	dmar_server(b);
	for (i = 0; i < 6; i++) {
		u32 *sizes[] = {
			&desc.nr_units, &desc.nr_reserved, &desc.nr_lists, &desc.nr_names,
			&desc.nr_scopes, &desc.nr_notes,
		};
		int ret;

		memset(&desc, 0, sizeof(desc));
		KUNIT_ASSERT_EQ(test, nyx_dmar_parse(b->data, b->len, &desc, &err), 0);
		KUNIT_EXPECT_EQ(test, desc.nr_units, 5);
		/* One array has one element less than the table now needs. */
		--*sizes[i];
		desc.units = kcalloc(desc.nr_units, sizeof(*desc.units), GFP_KERNEL);
		desc.reserved = kcalloc(desc.nr_reserved, sizeof(*desc.reserved), GFP_KERNEL);
		desc.lists = kcalloc(desc.nr_lists, sizeof(*desc.lists), GFP_KERNEL);
		desc.names = kcalloc(desc.nr_names, sizeof(*desc.names), GFP_KERNEL);
		desc.scopes = kcalloc(desc.nr_scopes, sizeof(*desc.scopes), GFP_KERNEL);
		desc.notes = kcalloc(desc.nr_notes, sizeof(*desc.notes), GFP_KERNEL);
		if (desc.units && desc.reserved && desc.lists && desc.names && desc.scopes &&
		    desc.notes) {
			ret = nyx_dmar_parse(b->data, b->len, &desc, &err);
			KUNIT_EXPECT_EQ(test, ret, -EINVAL);
			KUNIT_EXPECT_STREQ(test, err.text,
					   "the table changed while it was being read");
		}
		acpi_free(&desc);
	}
}

static struct kunit_case dmar_cases[] = {
	KUNIT_CASE(dmar_test_qemu),
	KUNIT_CASE(dmar_test_server_units),
	KUNIT_CASE(dmar_test_server_scopes),
	KUNIT_CASE(dmar_test_server_reserved),
	KUNIT_CASE(dmar_test_server_lists),
	KUNIT_CASE(dmar_test_proximity),
	KUNIT_CASE(dmar_test_without_lists),
	KUNIT_CASE(dmar_test_notes),
	KUNIT_CASE(dmar_test_hostile),
	KUNIT_CASE(dmar_test_truncated),
	KUNIT_CASE(dmar_test_corrupted),
	KUNIT_CASE(dmar_test_limits),
	KUNIT_CASE(dmar_test_changed),
	{ }
};

static struct kunit_suite dmar_suite = {
	.name = "nyx_acpi_dmar",
	.test_cases = dmar_cases,
};

kunit_test_suites(&dmar_suite);
