// SPDX-License-Identifier: GPL-2.0
/*
 * The DMAR parser on QEMU's table, a server's, and one with harmless mistakes.
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

static struct kunit_case dmar_cases[] = {
	KUNIT_CASE(dmar_test_qemu),
	KUNIT_CASE(dmar_test_server_units),
	KUNIT_CASE(dmar_test_server_scopes),
	KUNIT_CASE(dmar_test_server_reserved),
	KUNIT_CASE(dmar_test_server_lists),
	KUNIT_CASE(dmar_test_proximity),
	KUNIT_CASE(dmar_test_without_lists),
	KUNIT_CASE(dmar_test_notes),
	{ }
};

static struct kunit_suite dmar_suite = {
	.name = "nyx_acpi_dmar",
	.test_cases = dmar_cases,
};

kunit_test_suites(&dmar_suite);
