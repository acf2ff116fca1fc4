// SPDX-License-Identifier: GPL-2.0
/*
 * The IVRS parser on QEMU's table, a server's, and hostile ones.
 */
#include "acpi_check.h"

static int read_table(struct kunit *test, struct acpi_build *b, struct nyx_acpi_desc *desc)
{
	struct nyx_acpi_error err;
	int ret = acpi_read(nyx_ivrs_parse, b->data, b->len, desc, &err);

	KUNIT_EXPECT_EQ_MSG(test, ret, 0, "at 0x%x: %s", err.offset, err.text ? err.text : "?");
	return ret;
}

static void ivrs_test_qemu(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;

	ivrs_qemu(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.table, NYX_ACPI_IVRS);
	KUNIT_EXPECT_EQ(test, desc.revision, 1);
	KUNIT_EXPECT_EQ(test, desc.address_width, 48);
	KUNIT_EXPECT_EQ(test, desc.virtual_width, 64);
	KUNIT_EXPECT_EQ(test, desc.nr_units, 1);
	KUNIT_EXPECT_EQ(test, desc.nr_reserved, 0);
	KUNIT_EXPECT_EQ(test, desc.nr_notes, 0);
	KUNIT_ASSERT_EQ(test, desc.nr_scopes, 2);
	KUNIT_EXPECT_EQ(test, desc.units[0].ivhd_type, 0x10);
	KUNIT_EXPECT_EQ(test, desc.units[0].ivhd_flags, 0xb0);
	KUNIT_EXPECT_EQ(test, desc.units[0].rid, 0x10);
	KUNIT_EXPECT_EQ(test, desc.units[0].cap_offset, 0x40);
	KUNIT_EXPECT_EQ(test, desc.units[0].reg_base, 0xfed80000ULL);
	KUNIT_EXPECT_EQ(test, desc.units[0].efr, 0ULL);
	KUNIT_EXPECT_EQ(test, desc.scopes[0].kind, NYX_SCOPE_ALL);
	KUNIT_EXPECT_EQ(test, desc.scopes[0].rid_last, 0xffff);
	KUNIT_EXPECT_EQ(test, desc.scopes[1].kind, NYX_SCOPE_IOAPIC);
	KUNIT_EXPECT_EQ(test, desc.scopes[1].enum_id, 0);
	KUNIT_EXPECT_EQ(test, desc.scopes[1].rid_first, 0xa0);
	acpi_free(&desc);
}

static void ivrs_test_server_units(struct kunit *test)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;

	ivrs_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	/* Of the first unit's three blocks only 40h counts; the second has only 10h. */
	KUNIT_ASSERT_EQ(test, desc.nr_units, 2);
	KUNIT_EXPECT_EQ(test, desc.units[0].ivhd_type, 0x40);
	KUNIT_EXPECT_EQ(test, desc.units[0].rid, 0x0002);
	KUNIT_EXPECT_EQ(test, desc.units[0].efr, 0x58f77ef22294adeULL);
	KUNIT_EXPECT_EQ(test, desc.units[0].efr2, 0x10ULL);
	KUNIT_EXPECT_EQ(test, desc.units[0].scopes.first, 0);
	KUNIT_EXPECT_EQ(test, desc.units[0].scopes.count, 5);
	KUNIT_EXPECT_EQ(test, desc.units[1].ivhd_type, 0x10);
	KUNIT_EXPECT_EQ(test, desc.units[1].segment, 1);
	KUNIT_EXPECT_EQ(test, desc.units[1].rid, 0x4002);
	KUNIT_EXPECT_EQ(test, desc.units[1].scopes.first, 5);
	KUNIT_EXPECT_EQ(test, desc.units[1].scopes.count, 5);
	KUNIT_EXPECT_EQ(test, desc.nr_notes, 0);
	acpi_free(&desc);
}

static void ivrs_test_server_scopes(struct kunit *test)
{
	static const struct {
		enum nyx_scope_kind kind;
		u32 offset;
		u16 first, last;
		int alias;		/* -1: none */
		u8 dte, id;
		u32 ext;
	} expected[] = {
		{ NYX_SCOPE_RIDS, 0x58, 0x0008, 0xfffe, -1 },
		{ NYX_SCOPE_RIDS, 0x60, 0xff00, 0xffff, 0xa5 },
		{ NYX_SCOPE_IOAPIC, 0x70, 0x00a0, 0x00a0, -1, 0xd7, 0x21 },
		{ NYX_SCOPE_HPET, 0x78, 0x00a0, 0x00a0, -1 },
		{ NYX_SCOPE_ACPI_NAME, 0x80, 0x00a5, 0x00a5, -1 },
		{ NYX_SCOPE_ALL, 0xff, 0, 0xffff, -1 },
		{ NYX_SCOPE_RIDS, 0x103, 0x4100, 0x4100, -1, NYX_IVHD_SYSMGT_MASK },
		{ NYX_SCOPE_RIDS, 0x107, 0x4200, 0x4200, 0x4300 },
		{ NYX_SCOPE_RIDS, 0x10f, 0x4400, 0x4400, -1, 0, 0, 0x80000000 },
		{ NYX_SCOPE_RIDS, 0x117, 0x4500, 0x45ff, -1, NYX_IVHD_INIT_PASS, 0, 0x80000000 },
		/* IVMDs */
		{ NYX_SCOPE_ALL, 0x12b, 0, 0xffff, -1 },
		{ NYX_SCOPE_RIDS, 0x14b, 0x0300, 0x0300, -1 },
		{ NYX_SCOPE_RIDS, 0x16b, 0x0000, 0x0fff, -1 },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	ivrs_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_ASSERT_EQ(test, desc.nr_scopes, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct nyx_acpi_scope *s = &desc.scopes[i];

		KUNIT_EXPECT_EQ_MSG(test, s->kind, expected[i].kind, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->offset, expected[i].offset, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->rid_first, expected[i].first, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->rid_last, expected[i].last, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->has_alias, expected[i].alias >= 0, "scope %u", i);
		if (s->has_alias)
			KUNIT_EXPECT_EQ_MSG(test, s->alias_rid, expected[i].alias, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->dte_flags, expected[i].dte, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->enum_id, expected[i].id, "scope %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s->ext_dte_flags, expected[i].ext, "scope %u", i);
	}
	KUNIT_EXPECT_STREQ(test, desc.scopes[4].hid, "AMDI0020");
	KUNIT_EXPECT_STREQ(test, desc.scopes[4].cid, "PNP0501");
	KUNIT_EXPECT_EQ(test, desc.scopes[4].uid_form, NYX_UID_STRING);
	KUNIT_EXPECT_EQ(test, desc.scopes[4].uid_len, 9);
	KUNIT_EXPECT_EQ(test, b->data[desc.scopes[4].offset + 22], '\\');
	acpi_free(&desc);
}

static void ivrs_test_server_reserved(struct kunit *test)
{
	const u32 rw = NYX_RESERVED_READ | NYX_RESERVED_WRITE;
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;

	ivrs_server(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_ASSERT_EQ(test, desc.nr_reserved, 3);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].base, 0x7d900000ULL);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].last, 0x7d90ffffULL);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].flags, rw);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].scopes.first, 10);
	/* An exclusion range passes everything, so both rights whatever IR and IW say. */
	KUNIT_EXPECT_EQ(test, desc.reserved[1].flags, rw | NYX_RESERVED_EXCLUSION);
	KUNIT_EXPECT_EQ(test, desc.reserved[2].flags, NYX_RESERVED_READ);
	KUNIT_EXPECT_EQ(test, desc.reserved[2].scopes.first, 12);
	KUNIT_EXPECT_EQ(test, desc.reserved[2].scopes.count, 1);
	acpi_free(&desc);
}

/* Every form of UID, good and bad: the requester id counts in any case. */
static void ivrs_test_uids(struct kunit *test)
{
	static const struct {
		u8 format, len;
		const char *bytes;
		bool noted;
		enum nyx_uid_form form;
		u8 want_len;
		u64 uid;
	} cases[] = {
		{ 0, 0, "", false, NYX_UID_NONE, 0, 0 },
		{ 0, 1, "x", true, NYX_UID_NONE, 0, 0 },
		{ 1, 8, "\1\2\0\0\0\0\0\x80", false, NYX_UID_INTEGER, 8,
		  0x8000000000000201ULL },
		{ 1, 8, "\0\0\0\0\0\0\0\0", false, NYX_UID_INTEGER, 8, 0 },
		{ 1, 0, "", true, NYX_UID_NONE, 0, 0 },
		{ 1, 4, "\1\0\0\0", true, NYX_UID_NONE, 0, 0 },
		{ 2, 4, "FUR0", false, NYX_UID_STRING, 4, 0 },
		{ 2, 6, "FUR0\0\0", false, NYX_UID_STRING, 4, 0 },
		{ 2, 0, "", true, NYX_UID_NONE, 0, 0 },
		{ 2, 2, "\0\0", false, NYX_UID_NONE, 0, 0 },
		{ 2, 4, "F\nR0", true, NYX_UID_NONE, 0, 0 },
		{ 2, 4, "F R0", true, NYX_UID_NONE, 0, 0 },
		{ 3, 4, "FUR0", true, NYX_UID_NONE, 0, 0 },
		{ 255, 0, "", true, NYX_UID_NONE, 0, 0 },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ivrs_begin(b, 2, 0);
		ivrs_ivhd(b, 0x40, 0, 2, 0xfd300000);
		ivrs_hid(b, 0xa5, "AMDI0020", cases[i].format, cases[i].bytes, cases[i].len);
		/* What follows is found whatever the UID's length. */
		ivrs_entry4(b, 0x02, 0x0123, 0);
		acpi_finish(b);
		KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
		KUNIT_ASSERT_EQ(test, desc.nr_scopes, 2);
		KUNIT_EXPECT_EQ_MSG(test, desc.scopes[0].kind, NYX_SCOPE_ACPI_NAME, "UID %u", i);
		KUNIT_EXPECT_EQ_MSG(test, desc.scopes[0].rid_last, 0xa5, "UID %u", i);
		KUNIT_EXPECT_EQ_MSG(test, desc.scopes[0].uid_form, cases[i].form, "UID %u", i);
		KUNIT_EXPECT_EQ_MSG(test, desc.scopes[0].uid_len, cases[i].want_len, "UID %u", i);
		KUNIT_EXPECT_EQ_MSG(test, desc.scopes[0].uid, cases[i].uid, "UID %u", i);
		KUNIT_EXPECT_EQ_MSG(test, desc.nr_notes, cases[i].noted, "UID %u", i);
		KUNIT_EXPECT_EQ_MSG(test, desc.scopes[1].rid_first, 0x0123, "UID %u", i);
		acpi_free(&desc);
	}
}

/* The highest type of a unit counts wherever it stands; another unit's does not matter. */
static void ivrs_test_type_choice(struct kunit *test)
{
	static const u8 orders[][3] = {
		{ 0x10, 0x11, 0x40 }, { 0x10, 0x40, 0x11 }, { 0x11, 0x10, 0x40 },
		{ 0x11, 0x40, 0x10 }, { 0x40, 0x10, 0x11 }, { 0x40, 0x11, 0x10 },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		ivrs_begin(b, 2, 0);
		for (k = 0; k < 3; k++) {
			ivrs_ivhd(b, orders[i][k], 0, 2, 0xfd300000);
			ivrs_entry4(b, 2, orders[i][k], 0);
			/* Another unit with the same RID in the next segment, 11h at most. */
			if (orders[i][k] == 0x40)
				continue;
			ivrs_ivhd(b, orders[i][k], 1, 2, 0xfd400000);
			ivrs_entry4(b, 2, orders[i][k], 0);
		}
		acpi_finish(b);
		KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
		KUNIT_ASSERT_EQ(test, desc.nr_units, 2);
		KUNIT_ASSERT_EQ(test, desc.nr_scopes, 2);
		for (k = 0; k < 2; k++) {
			u8 type = desc.units[k].segment ? 0x11 : 0x40;

			KUNIT_EXPECT_EQ_MSG(test, desc.units[k].ivhd_type, type, "order %u", i);
			KUNIT_EXPECT_EQ_MSG(test, desc.scopes[k].rid_first, type, "order %u", i);
		}
		acpi_free(&desc);
	}
}

static void ivrs_odd(struct acpi_build *b)
{
	ivrs_begin(b, 2, 0);
	ivrs_ivhd(b, 0x10, 0, 2, 0xfd300000);		/* 0x30: capability offset 0 */
	acpi_set(b, 0x36, 2, 0);
	ivrs_entry4(b, 0x3f, 0, 0);			/* 0x48: unknown, 4 bytes */
	ivrs_entry8(b, 0x7f, 0, 0, 0);			/* 0x4c: unknown, 8 bytes */
	ivrs_entry8(b, 0x80, 0, 0, 0);			/* 0x54: unknown, 16 bytes */
	ivrs_entry8(b, 3, 0, 0, 0);			/*       (no range start) */
	ivrs_entry8(b, 0xef, 0, 0, 0);			/* 0x64: unknown, 32 bytes */
	acpi_put(b, 8, 3);
	acpi_put(b, 8, 3);
	acpi_put(b, 8, 3);
	acpi_end(b);
	ivrs_entry8(b, 0x48, 0, 0, 0x0300a000);		/* 0x84: special variety 3 */
	ivrs_hid(b, 8, "", 0, "", 0);			/* 0x8c */
	ivrs_hid(b, 8, "AMD\n0020", 0, "", 0);		/* 0xa2 */
	ivrs_ivhd(b, 0x10, 0, 3, 0xfd400000);		/* 0xb8: no devices */
	ivrs_block(b, 0x51, 0);				/* 0xd0: unknown block */
	acpi_end(b);
	ivrs_ivmd(b, 0x20, 6, 0, 0, 0x1000, 0x1000);	/* 0xd4: neither unity nor exclusion */
	ivrs_ivmd(b, 0x20, 7, 0, 0, 0x1000, 0);		/* 0xf4: empty */
	ivrs_ivmd(b, 0x20, 7, 0, 0, 0x1fff, 2);		/* 0x114: unaligned */
	acpi_finish(b);
}

/* Firmware mistakes that harm nobody are repaired and noted, not refused. */
static void ivrs_test_notes(struct kunit *test)
{
	static const struct nyx_acpi_note expected[] = {
		{ 0x36, "impossible capability offset of a unit (IVHD): not used" },
		{ 0x48, "device entry of an unknown kind: passed over" },
		{ 0x4c, "device entry of an unknown kind: passed over" },
		{ 0x54, "device entry of an unknown kind: passed over" },
		{ 0x64, "device entry of an unknown kind: passed over" },
		{ 0x84, "special device that is neither IO-APIC nor HPET: passed over" },
		{ 0x8c, "ACPI device entry without a usable name (HID): passed over" },
		{ 0xa2, "ACPI device entry without a usable name (HID): passed over" },
		{ 0x30, "unit (IVHD) without devices" },
		{ 0xb8, "unit (IVHD) without devices" },
		{ 0xd0, "block of an unknown type: passed over" },
		{ 0xd4, "reserved memory (IVMD) neither to map nor to exclude: passed over" },
		{ 0xf4, "reserved memory (IVMD) of length 0: passed over" },
		{ 0x114, "reserved memory is not made of whole 4 KiB pages: widened" },
	};
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	u32 i;

	ivrs_odd(b);
	KUNIT_ASSERT_EQ(test, read_table(test, b, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.nr_units, 2);
	KUNIT_EXPECT_EQ(test, desc.units[0].cap_offset, 0);
	KUNIT_ASSERT_EQ(test, desc.nr_reserved, 1);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].base, 0x1000ULL);
	KUNIT_EXPECT_EQ(test, desc.reserved[0].last, 0x2fffULL);
	KUNIT_ASSERT_EQ(test, desc.nr_notes, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		KUNIT_EXPECT_EQ_MSG(test, desc.notes[i].offset, expected[i].offset, "note %u", i);
		KUNIT_EXPECT_STREQ_MSG(test, desc.notes[i].text, expected[i].text, "note %u", i);
	}
	acpi_free(&desc);
}

static void ivrs_no_units(struct acpi_build *b)
{
	ivrs_begin(b, 2, 0);
	ivrs_ivmd(b, 0x20, 7, 0, 0, 0x1000, 0x1000);
	acpi_finish(b);
}

static void ivrs_short_ivhd(struct acpi_build *b)
{
	ivrs_qemu(b);
	ivrs_block(b, 0x40, 0);
	acpi_put(b, 8, 0);
	acpi_end(b);
	acpi_finish(b);
}

static void ivrs_open_range(struct acpi_build *b)
{
	ivrs_qemu(b);
	ivrs_ivhd(b, 0x10, 0, 3, 0xfd400000);		/* 0x54 */
	ivrs_entry4(b, 3, 8, 0);			/* 0x6c */
	acpi_finish(b);
}

#define NOT_FOLLOWED	"start of a device range that is not followed by its end"

static const struct acpi_hostile ivrs_hostile[] = {
	{ "untouched", ivrs_server },
	{ "signature", ivrs_server, { { 0, 4, 0x52414d44 } }, false,
	  0, "not the table that was asked for: its signature differs" },
	{ "length within header", ivrs_server, { { 4, 4, 40 } }, false,
	  4, "the table's length is less than its header" },
	{ "length beyond buffer", ivrs_qemu, { { 4, 4, 0x55 } }, false,
	  4, "the table is cut off: shorter than its length says" },
	{ "length huge", ivrs_server, { { 4, 4, 0x10001 } }, false,
	  4, "the table says it is longer than 64 KiB" },
	{ "checksum", ivrs_server, { { 9, 1, 0x5a } }, true,
	  9, "checksum is wrong: the table is damaged" },
	{ "revision 0", ivrs_server, { { 8, 1, 0 } }, false,
	  8, "revision 0 was never defined" },
	{ "revision of the future", ivrs_server, { { 8, 1, 3 } } },
	{ "reserved header bytes", ivrs_server, { { 40, 8, ~0ULL } } },
	{ "no unit", ivrs_no_units, { }, false, 0x30, "no unit (IVHD) in the table" },

	{ "block length 0", ivrs_server, { { 0x12d, 2, 0 } }, false,
	  0x12b, "structure of length 0" },
	{ "block length 3", ivrs_server, { { 0x12d, 2, 3 } }, false,
	  0x12b, "structure shorter than its own type and length" },
	{ "block too long", ivrs_server, { { 0x16d, 2, 33 } }, false,
	  0x16b, "structure runs past the end of the table" },
	{ "ivhd too short", ivrs_short_ivhd, { }, false,
	  0x54, "block shorter than its type requires" },
	{ "ivmd too short", ivrs_server, { { 0x16d, 2, 28 }, { 0x187, 4, 0x00040051 } }, false,
	  0x16b, "block shorter than its type requires" },
	{ "block type of the future", ivrs_server, { { 0x12b, 1, 0x41 } } },

	{ "base 0", ivrs_server, { { 0x38, 8, 0 } }, false,
	  0x38, "unit (IVHD) whose registers are at address 0" },
	{ "base all ones", ivrs_server, { { 0x38, 8, ~0ULL } }, false,
	  0x38, "unit (IVHD) whose register address is all ones" },
	{ "base unaligned", ivrs_server, { { 0x38, 8, 0xfd302000 } }, false,
	  0x38, "unit (IVHD) whose registers do not start on a 16 KiB boundary" },
	{ "base beyond", ivrs_server, { { 0x38, 8, 1ULL << 63 } }, false,
	  0x38, "unit (IVHD) whose registers are beyond 52 address bits" },
	{ "same base", ivrs_server, { { 0xef, 8, 0xfd300000 } }, false,
	  0xe7, "two units (IVHD) have the same registers" },
	{ "same type twice", ivrs_server, { { 0x9f, 1, 0x40 } }, false,
	  0x9f, "two IVHD blocks of one type for the same unit" },
	{ "superseded block is not looked into", ivrs_server,
	  { { 0xd3, 8, 0 }, { 0xe3, 1, 0xff } } },

	{ "entry past block", ivrs_server, { { 0x123, 1, 0x80 } }, false,
	  0x123, "device entry runs past the end of its block" },
	{ "hid without its fixed part", ivrs_server, { { 0x123, 1, 0xf0 } }, false,
	  0x123, "device entry runs past the end of its block" },
	{ "hid uid past block", ivrs_server, { { 0x95, 1, 10 } }, false,
	  0x80, "device entry runs past the end of its block" },
	{ "hid uid shorter leaves bytes", ivrs_server, { { 0x95, 1, 8 } }, false,
	  0x9e, "device entry runs past the end of its block" },
	{ "entry of unknown length", ivrs_server, { { 0x103, 1, 0xf1 } }, false,
	  0x103, "device entry of an unknown kind whose length cannot be known" },
	{ "range end alone", ivrs_server, { { 0x103, 1, 0x04 } }, false,
	  0x103, "end of a device range without a start" },
	{ "range without end", ivrs_server, { { 0x5c, 1, 0x02 } }, false, 0x58, NOT_FOLLOWED },
	{ "alias range without end", ivrs_server, { { 0x6c, 1, 0x01 } }, false,
	  0x60, NOT_FOLLOWED },
	{ "range in range", ivrs_server, { { 0x5c, 1, 0x03 } }, false, 0x58, NOT_FOLLOWED },
	{ "range open at the end", ivrs_open_range, { }, false, 0x6c, NOT_FOLLOWED },
	{ "range backwards", ivrs_server, { { 0x5d, 2, 0x0007 } }, false,
	  0x5c, "device range that ends before it starts" },
	{ "range of one", ivrs_server, { { 0x5d, 2, 0x0008 } } },
	{ "reserved entry bytes", ivrs_server, { { 0x10a, 2, 0xffff }, { 0x71, 2, 0xffff } } },

	{ "ivmd wraps", ivrs_server, { { 0x143, 8, ~0ULL } }, false,
	  0x13b, "reserved memory (IVMD) beyond 52 address bits" },
	{ "ivmd beyond", ivrs_server, { { 0x13b, 8, 0xffffffffff000 } }, false,
	  0x13b, "reserved memory (IVMD) beyond 52 address bits" },
	{ "ivmd up to the last page", ivrs_server,
	  { { 0x13b, 8, 0xffffffffff000 }, { 0x143, 8, 0x1000 } } },
	{ "ivmd range backwards", ivrs_server, { { 0x16f, 2, 0x1000 } }, false,
	  0x16f, "reserved memory (IVMD) of a device range that ends before it starts" },
};

static void ivrs_test_hostile(struct kunit *test)
{
	acpi_check_hostile(test, nyx_ivrs_parse, ivrs_hostile, ARRAY_SIZE(ivrs_hostile));
}

static void ivrs_test_truncated(struct kunit *test)
{
	acpi_check_truncated(test, nyx_ivrs_parse, ivrs_qemu);
	acpi_check_truncated(test, nyx_ivrs_parse, ivrs_server);
}

static void ivrs_test_corrupted(struct kunit *test)
{
	acpi_check_corrupted(test, nyx_ivrs_parse, ivrs_qemu);
	acpi_check_corrupted(test, nyx_ivrs_parse, ivrs_server);
}

static struct kunit_case ivrs_cases[] = {
	KUNIT_CASE(ivrs_test_qemu),
	KUNIT_CASE(ivrs_test_server_units),
	KUNIT_CASE(ivrs_test_server_scopes),
	KUNIT_CASE(ivrs_test_server_reserved),
	KUNIT_CASE(ivrs_test_uids),
	KUNIT_CASE(ivrs_test_type_choice),
	KUNIT_CASE(ivrs_test_notes),
	KUNIT_CASE(ivrs_test_hostile),
	KUNIT_CASE(ivrs_test_truncated),
	KUNIT_CASE(ivrs_test_corrupted),
	{ }
};

static struct kunit_suite ivrs_suite = {
	.name = "nyx_acpi_ivrs",
	.test_cases = ivrs_cases,
};

kunit_test_suites(&ivrs_suite);
