// SPDX-License-Identifier: GPL-2.0
/*
 * The MADT parser on tables as guests and servers have them, and hostile ones.
 */
#include "acpi_check.h"

/* As the others are called. */
static int parse(const void *buf, size_t len, struct nyx_acpi_desc *desc,
		 struct nyx_acpi_error *err)
{
	int ret = nyx_madt_parse(buf, len, &desc->ioapics, err);

	/* A table that is refused tells nothing. */
	if (ret && (desc->ioapics.nr || desc->ioapics.listed[0] || desc->ioapics.listed[0x21]))
		return 0;
	return ret;
}

static void expect_listed(struct kunit *test, void (*build)(struct acpi_build *b), const u8 *ids,
			  u32 nr)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc *desc = kunit_kzalloc(test, sizeof(*desc), GFP_KERNEL);
	struct nyx_acpi_error err;
	u32 id, i, expected;

	KUNIT_ASSERT_NOT_NULL(test, desc);
	build(b);
	KUNIT_ASSERT_EQ(test, acpi_read(parse, b->data, b->len, desc, &err), 0);
	KUNIT_EXPECT_EQ(test, desc->ioapics.nr, nr);
	for (id = 0; id < 256; id++) {
		expected = 0;
		for (i = 0; i < nr; i++)
			expected |= ids[i] == id;
		KUNIT_EXPECT_EQ_MSG(test, desc->ioapics.listed[id], expected, "%u", id);
	}
	acpi_free(desc);
}

static void madt_bare(struct acpi_build *b)
{
	madt_begin(b);
	acpi_finish(b);
}

static void madt_test_lists(struct kunit *test)
{
	static const u8 small[] = { 0 }, large[] = { 0x21, 0x80, 0xff };

	expect_listed(test, madt_qemu, small, 1);
	expect_listed(test, madt_server, large, 3);
	/* Shorter than a header of the other tables. */
	expect_listed(test, madt_bare, small, 0);
}

static const struct acpi_hostile madt_hostile[] = {
	{ "unchanged", madt_server },
	{ "another table", madt_server, { { 0, 4, 0x54535646 } }, false,
	  0, "not the table that was asked for: its signature differs" },
	{ "checksum", madt_server, { { 9, 1, 0x55 } }, true,
	  9, "checksum is wrong: the table is damaged" },
	{ "length of the header only", madt_server, { { 4, 4, 43 } }, false,
	  4, "the table's length is less than its header" },
	{ "length beyond", madt_server, { { 4, 4, 0x8000 } }, false,
	  4, "the table is cut off: shorter than its length says" },
	{ "length absurd", madt_server, { { 4, 4, 0xffffffff } }, false,
	  4, "the table says it is longer than 64 KiB" },
	{ "revision 0", madt_server, { { 8, 1, 0 } }, false, 8, "revision 0 was never defined" },
	{ "structure of length 0", madt_server, { { 0x35, 1, 0 } }, false,
	  0x34, "structure shorter than its own type and length" },
	{ "structure of length 1", madt_server, { { 0x35, 1, 1 } }, false,
	  0x34, "structure shorter than its own type and length" },
	{ "short IO-APIC", madt_server, { { 0x3d, 1, 11 } }, false,
	  0x3c, "structure shorter than its type requires" },
	{ "IO-APIC without an id", madt_server, { { 0x7a, 1, 1 } }, false,
	  0x7a, "structure shorter than its type requires" },
	{ "last structure past the end", madt_server, { { 0x7b, 1, 3 } }, false,
	  0x7a, "structure runs past the end of the table" },
	{ "structure past the end", madt_server, { { 0x55, 1, 0xff } }, false,
	  0x54, "structure runs past the end of the table" },
	{ "one byte left over", madt_server, { { 0x6b, 1, 17 } }, false,
	  0x7b, "bytes left over after the last structure" },
	{ "two of one id", madt_server, { { 0x60, 1, 0x21 } }, false,
	  0x60, "two IO-APICs have one id" },
	{ "long IO-APIC", madt_server, { { 0x49, 1, 22 } } },
};

static void madt_test_hostile(struct kunit *test)
{
	acpi_check_hostile(test, parse, madt_hostile, ARRAY_SIZE(madt_hostile));
}

static void madt_test_truncated(struct kunit *test)
{
	acpi_check_truncated(test, parse, madt_qemu);
	acpi_check_truncated(test, parse, madt_server);
}

static void madt_test_corrupted(struct kunit *test)
{
	acpi_check_corrupted(test, parse, madt_qemu);
	acpi_check_corrupted(test, parse, madt_server);
}

static struct kunit_case madt_cases[] = {
	KUNIT_CASE(madt_test_lists),
	KUNIT_CASE(madt_test_hostile),
	KUNIT_CASE(madt_test_truncated),
	KUNIT_CASE(madt_test_corrupted),
	{ }
};

static struct kunit_suite madt_suite = {
	.name = "nyx_acpi_madt",
	.test_cases = madt_cases,
};

kunit_test_suites(&madt_suite);
