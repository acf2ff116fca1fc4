// SPDX-License-Identifier: GPL-2.0
/*
 * DMAR tables that are wrong: each mistake has its refusal, none reads past the table.
 */
#include "acpi_check.h"

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

/* A structure of that type, with so many bytes behind its header, which are too few. */
static void dmar_short(struct acpi_build *b, u16 type, u32 bytes)
{
	dmar_qemu(b);
	dmar_structure(b, type);
	acpi_put(b, bytes, 0);
	acpi_end(b);
	acpi_finish(b);
}

static void dmar_short_drhd(struct acpi_build *b)
{
	dmar_short(b, 0, 8);
}

static void dmar_short_rhsa(struct acpi_build *b)
{
	dmar_short(b, 3, 8);
}

static void dmar_short_atsr(struct acpi_build *b)
{
	dmar_short(b, 2, 2);
}

static void dmar_short_andd(struct acpi_build *b)
{
	dmar_short(b, 4, 4);
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

static struct kunit_case dmar_hostile_cases[] = {
	KUNIT_CASE(dmar_test_hostile),
	KUNIT_CASE(dmar_test_truncated),
	KUNIT_CASE(dmar_test_corrupted),
	KUNIT_CASE(dmar_test_limits),
	KUNIT_CASE(dmar_test_changed),
	{ }
};

static struct kunit_suite dmar_hostile_suite = {
	.name = "nyx_acpi_dmar_hostile",
	.test_cases = dmar_hostile_cases,
};

kunit_test_suites(&dmar_hostile_suite);
