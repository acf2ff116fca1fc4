/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks that the suites of the parsers have in common: a table of hostile changes to
 * a good table, truncation at every length, damage of every byte.
 */
#ifndef NYX_TEST_ACPI_CHECK_H
#define NYX_TEST_ACPI_CHECK_H

#include <kunit/test.h>

#include "acpi_build.h"

/* Up to four fields overwritten in a good table; the checksum is then made right. */
struct acpi_change {
	u16 at;
	u8 size;
	u64 value;
};

struct acpi_hostile {
	const char *name;
	void (*build)(struct acpi_build *b);
	struct acpi_change change[4];
	bool keep_checksum;	/* do not make it right */
	u32 offset;		/* expected refusal; text NULL: accepted */
	const char *text;
};

static inline struct acpi_build *acpi_new(struct kunit *test)
{
	struct acpi_build *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	return b;
}

static inline void acpi_check_hostile(struct kunit *test, acpi_parse_fn parse,
				      const struct acpi_hostile *all, u32 count)
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	u32 i, c;

	for (i = 0; i < count; i++) {
		const struct acpi_hostile *h = &all[i];
		int ret;

		h->build(b);
		for (c = 0; c < 4; c++)
			acpi_set(b, h->change[c].at, h->change[c].size, h->change[c].value);
		if (!h->keep_checksum)
			acpi_checksum(b->data, b->len);

		ret = acpi_read(parse, b->data, b->len, &desc, &err);
		if (!h->text) {
			KUNIT_EXPECT_EQ_MSG(test, ret, 0, "%s: refused: %s", h->name,
					    err.text ? err.text : "?");
			acpi_free(&desc);
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "%s: was accepted", h->name);
		if (!ret) {
			acpi_free(&desc);
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, err.offset, h->offset, "%s: %s", h->name, err.text);
		KUNIT_EXPECT_STREQ_MSG(test, err.text, h->text, "%s", h->name);
	}
}

/* A good table cut at every length is refused, with its length field left and made to fit. */
static inline void acpi_check_truncated(struct kunit *test, acpi_parse_fn parse,
					void (*build)(struct acpi_build *b))
{
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	u32 len, full;

	build(b);
	full = b->len;
	KUNIT_ASSERT_EQ(test, acpi_read(parse, b->data, full, &desc, &err), 0);
	acpi_free(&desc);

	for (len = 0; len < full; len++) {
		int ret = acpi_read(parse, b->data, len, &desc, &err);

		KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "cut at %u", len);
		KUNIT_EXPECT_NOT_NULL(test, err.text);
	}

	/* With a length that fits, only a cut between two structures can be a good table. */
	for (len = 0; len < full; len++) {
		int ret;

		build(b);
		acpi_set(b, 4, 4, len);
		acpi_checksum(b->data, len);
		ret = acpi_read(parse, b->data, len, &desc, &err);
		if (!ret)
			acpi_free(&desc);
		else
			KUNIT_EXPECT_LE_MSG(test, err.offset, len, "cut at %u", len);
	}
}

/*
 * Every byte of a good table set to a few telling values, with a checksum that is wrong
 * (always refused) and one that is right (accepted or not, but never a read beyond).
 */
static inline void acpi_check_corrupted(struct kunit *test, acpi_parse_fn parse,
					void (*build)(struct acpi_build *b))
{
	static const u8 flips[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };
	struct acpi_build *b = acpi_new(test);
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	u32 at, i;

	build(b);
	for (at = 0; at < b->len; at++) {
		for (i = 0; i < ARRAY_SIZE(flips); i++) {
			u8 sum = b->data[9];
			int ret;

			b->data[at] ^= flips[i];
			ret = acpi_read(parse, b->data, b->len, &desc, &err);
			KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "byte %u ^ 0x%x", at, flips[i]);
			if (!ret)
				acpi_free(&desc);

			acpi_checksum(b->data, b->len);
			ret = acpi_read(parse, b->data, b->len, &desc, &err);
			if (!ret)
				acpi_free(&desc);
			else
				KUNIT_EXPECT_LE(test, err.offset, b->len);

			b->data[at] ^= flips[i];
			b->data[9] = sum;
		}
	}
}

#endif
