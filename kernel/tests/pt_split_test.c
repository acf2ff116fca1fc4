// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: large leaves made smaller, and empty tables made room for large leaves
 * again. A unit that walks at any moment sees the same translation.
 */
#include <linux/sizes.h>

#include "pt_model.h"

static const struct pt_param params[] = {
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_1G, false },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_1G, true },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M | SZ_1G, true },
};

static void param_desc(const struct pt_param *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %u levels sizes %#llx %s",
		 p->format == NYX_PT_VTDSS ? "vtdss" : "amdv1", p->levels, p->page_sizes,
		 p->coherent ? "coherent" : "non-coherent");
}

KUNIT_ARRAY_PARAM(pt, params, param_desc);

#define IOVA	(3ULL * SZ_1G)
#define PADDR	(7ULL * SZ_1G)
#define LEN	(2ULL * SZ_1G)

/* Two large pages, read only. */
static struct pt_model *mapped(struct kunit *test)
{
	struct pt_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, pt_model_init(m, test->param_value), 0);
	KUNIT_ASSERT_EQ(test, nyx_pt_map(&m->pt, IOVA, PADDR, LEN, NYX_PROT_READ, &m->gather), 0);
	return m;
}

/* To look at next: every page around the edges of the hole and where a table ends. */
static u64 next_page(u64 at, u64 hole, u64 hole_len)
{
	const u64 near = 16 * SZ_4K;

	if (at - hole + near < 2 * near || at - (hole + hole_len) + near < 2 * near ||
	    (at & (SZ_1G - 1)) < near)
		return at + SZ_4K;
	return (at & (SZ_2M - 1)) == SZ_2M - SZ_4K ? at + SZ_4K : (at | (SZ_2M - 1)) + 1 - SZ_4K;
}

/* What was mapped is there as it was; what is in the hole is not. */
static void expect_mapped(struct kunit *test, struct pt_model *m, u64 hole, u64 hole_len)
{
	struct pt_seen seen;
	u64 at;

	for (at = IOVA; at < IOVA + LEN; at = next_page(at, hole, hole_len)) {
		int err = pt_model_translate(m, at, &seen);

		if (at - hole < hole_len) {
			KUNIT_ASSERT_EQ_MSG(test, err, -ENOENT, "%llx", at);
			continue;
		}
		KUNIT_ASSERT_EQ_MSG(test, err, 0, "%llx", at);
		KUNIT_ASSERT_EQ_MSG(test, seen.paddr, at - IOVA + PADDR, "%llx", at);
		KUNIT_ASSERT_EQ_MSG(test, seen.prot, NYX_PROT_READ, "%llx", at);
	}
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, IOVA - SZ_4K, &seen), -ENOENT);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, IOVA + LEN, &seen), -ENOENT);
}

static const struct { u64 first, len; } holes[] = {
	{ IOVA, SZ_4K },
	{ IOVA + SZ_2M, SZ_2M },
	{ IOVA + 3 * SZ_2M + SZ_4K, 5 * SZ_4K },
	{ IOVA + SZ_1G - SZ_4K, 2 * SZ_4K },
	{ IOVA + SZ_1G, SZ_1G },
	{ IOVA + LEN - SZ_4K, SZ_4K },
	{ IOVA + SZ_2M - SZ_4K, SZ_1G },
	{ IOVA, LEN },
};

static void pt_split_then_unmap(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holes); i++) {
		struct pt_model *m = mapped(test);
		bool cuts = (holes[i].first | holes[i].len) & (SZ_1G - 1);
		u64 gone;

		if (cuts) {
			KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, holes[i].first, holes[i].len,
							   &m->gather, &gone), -EINVAL);
			KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
		}
		KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, holes[i].first, holes[i].len,
						   &m->gather), 0);
		expect_mapped(test, m, 0, 0);
		/* All that the large page answered for is invalidated, tables too. */
		KUNIT_EXPECT_EQ(test, m->gather.tables, cuts);
		if (cuts) {
			KUNIT_EXPECT_LE(test, m->gather.first, round_down(holes[i].first, SZ_1G));
			KUNIT_EXPECT_EQ(test, m->gather.first % SZ_1G, 0);
			KUNIT_EXPECT_EQ(test, (m->gather.last + 1) % SZ_1G, 0);
		}
		pt_model_sync(m);
		/* Again: nothing is left to do. */
		KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, holes[i].first, holes[i].len,
						   &m->gather), 0);
		KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));

		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, holes[i].first, holes[i].len,
						   &m->gather, &gone), 0);
		KUNIT_EXPECT_EQ(test, gone, holes[i].len);
		expect_mapped(test, m, holes[i].first, holes[i].len);
		pt_model_exit(test, m);
	}
}

/* As few small pages as the edges ask for. */
static void pt_split_keeps_large(struct kunit *test)
{
	struct pt_model *m = mapped(test);
	bool has_2m = m->pt.config.page_sizes & SZ_2M;
	struct pt_seen seen;

	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, IOVA + SZ_4K, SZ_1G - SZ_4K, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, IOVA, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.size, SZ_4K);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, IOVA + SZ_2M, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.size, has_2m ? SZ_2M : SZ_4K);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, IOVA + SZ_1G, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.size, SZ_1G);
	pt_model_exit(test, m);
}

/* Split, emptied, pruned: the large page fits again. */
static void pt_split_then_collapse(struct kunit *test)
{
	struct pt_model *m = mapped(test);
	long tables = pt_model_tables(m);
	struct pt_seen seen;
	u64 at;

	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, IOVA + SZ_4K, SZ_4K, &m->gather), 0);
	pt_model_sync(m);
	for (at = IOVA; at < IOVA + SZ_2M; at += SZ_4K)
		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, at, SZ_4K, &m->gather, NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, IOVA + SZ_2M, SZ_1G - SZ_2M, &m->gather, NULL),
			0);
	pt_model_sync(m);
	KUNIT_EXPECT_EQ(test, nyx_pt_prune(&m->pt, IOVA, SZ_1G, &m->gather), 0);
	KUNIT_EXPECT_TRUE(test, m->gather.tables);
	pt_model_sync(m);
	KUNIT_EXPECT_EQ(test, nyx_pt_map(&m->pt, IOVA, PADDR, SZ_1G, NYX_PROT_READ, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, IOVA, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.size, SZ_1G);
	KUNIT_EXPECT_EQ(test, pt_model_tables(m), tables);
	pt_model_exit(test, m);
}

/* Memory runs out at any of the allocations: what was translated still is. */
static void pt_split_no_memory(struct kunit *test)
{
	int n, err = -ENOMEM;

	for (n = 0; err && n < 2000; n += n < 5 ? 1 : 97) {
		struct pt_model *m = mapped(test);

		m->may_free = true;	/* tables that were never linked */
		atomic_long_set(&m->until_fail, n);
		err = nyx_pt_split(&m->pt, IOVA + SZ_4K, SZ_1G, &m->gather);
		atomic_long_set(&m->until_fail, -1);
		KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
		expect_mapped(test, m, 0, 0);
		pt_model_exit(test, m);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
}

static void pt_split_nothing(struct kunit *test)
{
	struct pt_model *m = mapped(test);
	u64 top = nyx_pt_last_iova(&m->pt.config) + 1;

	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, 0, SZ_4K, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, top - SZ_4K, SZ_4K, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, IOVA, LEN, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, IOVA, 0, &m->gather), -EINVAL);
	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, IOVA + 1, SZ_4K, &m->gather), -EINVAL);
	KUNIT_EXPECT_EQ(test, nyx_pt_split(&m->pt, top, SZ_4K, &m->gather), -ERANGE);
	KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
	pt_model_exit(test, m);
}

static struct kunit_case pt_split_cases[] = {
	KUNIT_CASE_PARAM(pt_split_then_unmap, pt_gen_params),
	KUNIT_CASE_PARAM(pt_split_keeps_large, pt_gen_params),
	KUNIT_CASE_PARAM(pt_split_then_collapse, pt_gen_params),
	KUNIT_CASE_PARAM(pt_split_no_memory, pt_gen_params),
	KUNIT_CASE_PARAM(pt_split_nothing, pt_gen_params),
	{}
};

static struct kunit_suite pt_split_suite = {
	.name = "nyx_pt_split",
	.test_cases = pt_split_cases,
};

kunit_test_suites(&pt_split_suite);
