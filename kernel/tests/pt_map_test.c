// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: the page-table walk against books kept page by page, over random
 * sequences, and the choice of leaf sizes. A unit's walk of the tables, written from
 * the specifications (pt_model.h), must agree with the books throughout.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "pt_model.h"

#define SEED		0x6e79785f7074ULL
#define OPS		400
#define VERIFY_EVERY	100

static const struct pt_param params[] = {
	{ NYX_PT_VTDSS, 3, SZ_4K, true },
	{ NYX_PT_VTDSS, 3, SZ_4K, false },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M, true },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M, false },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_1G, true },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_1G, false },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_VTDSS, 4, SZ_4K, true },
	{ NYX_PT_VTDSS, 4, SZ_4K, false },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M, true },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M, false },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_1G, true },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_1G, false },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_AMDV1, 3, SZ_4K, true },
	{ NYX_PT_AMDV1, 3, SZ_4K, false },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_2M, true },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_2M, false },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_1G, true },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_1G, false },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_AMDV1, 4, SZ_4K, true },
	{ NYX_PT_AMDV1, 4, SZ_4K, false },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M, true },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M, false },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_1G, true },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_1G, false },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M | SZ_1G, false },
};

static void param_desc(const struct pt_param *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %u levels 4K%s%s %s",
		 p->format == NYX_PT_VTDSS ? "vtdss" : "amdv1", p->levels,
		 p->page_sizes & SZ_2M ? " 2M" : "", p->page_sizes & SZ_1G ? " 1G" : "",
		 p->coherent ? "coherent" : "non-coherent");
}

KUNIT_ARRAY_PARAM(pt, params, param_desc);

/* A stretch of the address space and, for each unit of it, where it is mapped. */
struct region {
	u64 base, unit;
	unsigned int count;
	u64 *paddr;
	u8 *prot;		/* 0: not mapped */
};

#define REGIONS	3

struct books {
	struct pt_model m;
	struct region regions[REGIONS];
	struct rnd_state rnd;
};

static u32 rnd(struct books *b, u32 below)
{
	return prandom_u32_state(&b->rnd) % below;
}

static struct books *books_open(struct kunit *test)
{
	const struct pt_param *param = test->param_value;
	struct books *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct region *r;
	u64 last;

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_EQ(test, pt_model_init(&b->m, param), 0);
	prandom_seed_state(&b->rnd, SEED);
	last = nyx_pt_last_iova(&b->m.pt.config);
	/* the very first pages, the very last, and a stretch over a 512 GiB border */
	b->regions[0] = (struct region){ 0, SZ_4K, 1536 };
	b->regions[1] = (struct region){ last - 1536 * SZ_4K + 1, SZ_4K, 1536 };
	b->regions[2] = (struct region){ (param->levels == 4 ? 511 : 100) * (u64)SZ_1G, SZ_2M,
					 1280 };
	for (r = b->regions; r < b->regions + REGIONS; r++) {
		r->paddr = kunit_kcalloc(test, r->count, sizeof(*r->paddr), GFP_KERNEL);
		r->prot = kunit_kzalloc(test, r->count, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, r->paddr);
		KUNIT_ASSERT_NOT_NULL(test, r->prot);
	}
	return b;
}

/* One unit of a region: books, the unit's walk and lookup say the same. */
static bool verify_one(struct kunit *test, struct books *b, struct region *r, unsigned int i,
		       u64 offset)
{
	u64 iova = r->base + i * r->unit + offset;
	struct pt_seen seen = {};
	int err = pt_model_translate(&b->m, iova, &seen);

	if (!pt_model_same(&b->m, iova, err, &seen)) {
		KUNIT_FAIL(test, "%llx: lookup and the unit's walk differ", iova);
		return false;
	}
	if (!r->prot[i]) {
		if (err == -ENOENT)
			return true;
		KUNIT_FAIL(test, "%llx: not mapped, but the unit says %d", iova, err);
		return false;
	}
	if (!err && seen.paddr == r->paddr[i] + offset && seen.prot == r->prot[i])
		return true;
	KUNIT_FAIL(test, "%llx: mapped to %llx prot %u, but the unit says %d, %llx prot %u", iova,
		   r->paddr[i] + offset, r->prot[i], err, seen.paddr, seen.prot);
	return false;
}

static bool verify(struct kunit *test, struct books *b, struct region *r, int first, int last)
{
	int i;

	for (i = max(first, 0); i <= last && i < (int)r->count; i++)
		if (!verify_one(test, b, r, i, rnd(b, r->unit)) ||
		    (r->unit > SZ_4K && (!verify_one(test, b, r, i, 0) ||
					 !verify_one(test, b, r, i, r->unit - 1))))
			return false;
	return true;
}

static bool verify_all(struct kunit *test, struct books *b)
{
	struct region *r;

	for (r = b->regions; r < b->regions + REGIONS; r++)
		if (!verify(test, b, r, 0, r->count - 1))
			return false;
	return true;
}

static void random_map(struct kunit *test, struct books *b, struct region *r, unsigned int first,
		       unsigned int n)
{
	static const u64 skew[] = { 0, 0, SZ_2M, SZ_4K };
	u64 iova = r->base + first * r->unit;
	u64 paddr = ((u64)rnd(b, 1 << 12) << 39) + (iova & (SZ_1G - 1)) + skew[rnd(b, 4)];
	struct nyx_pt_gather *g = &b->m.gather;
	u32 prot = 1 + rnd(b, 3);
	unsigned int i, clash;
	int err;

	for (clash = first; clash < first + n && !r->prot[clash]; clash++)
		;
	err = nyx_pt_map(&b->m.pt, iova, paddr, n * r->unit, prot, g);
	if (clash < first + n) {
		KUNIT_EXPECT_EQ(test, err, -EEXIST);
		/* what it had made before it met the other may be in the IOTLB */
		if (clash > first) {
			KUNIT_EXPECT_LE(test, g->first, iova);
			KUNIT_EXPECT_GE(test, g->last, r->base + clash * r->unit - 1);
		}
		return;
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(g));
	for (i = 0; i < n; i++) {
		r->paddr[first + i] = paddr + i * r->unit;
		r->prot[first + i] = prot;
	}
}

/* Would unmapping [iova, end) split a leaf? As the unit sees the leaves. */
static bool splits(struct books *b, u64 iova, u64 end)
{
	struct pt_seen seen;

	if (!pt_model_translate(&b->m, iova, &seen) && (iova & (seen.size - 1)))
		return true;
	return !pt_model_translate(&b->m, end - 1, &seen) && (end & (seen.size - 1));
}

static void random_unmap(struct kunit *test, struct books *b, struct region *r,
			 unsigned int first, unsigned int n)
{
	u64 iova = r->base + first * r->unit, end = iova + n * r->unit;
	u64 unmapped = 0, want = 0, lo = U64_MAX, hi = 0;
	struct nyx_pt_gather *g = &b->m.gather;
	bool refuse = splits(b, iova, end), count = rnd(b, 2);
	unsigned int i;
	int err;

	err = nyx_pt_unmap(&b->m.pt, iova, end - iova, g, count ? &unmapped : NULL);
	KUNIT_EXPECT_EQ(test, err, refuse ? -EINVAL : 0);
	if (refuse) {
		KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(g));
		return;
	}
	for (i = first; i < first + n; i++) {
		if (!r->prot[i])
			continue;
		lo = min(lo, r->base + i * r->unit);
		hi = r->base + (i + 1) * r->unit - 1;
		want += r->unit;
		r->prot[i] = 0;
	}
	if (count)
		KUNIT_EXPECT_EQ(test, unmapped, want);
	if (want) {
		/* all that was mapped is invalidated, and nothing outside */
		KUNIT_EXPECT_LE(test, g->first, lo);
		KUNIT_EXPECT_GE(test, g->last, hi);
	}
	if (!nyx_pt_gather_empty(g)) {
		KUNIT_EXPECT_GE(test, g->first, iova);
		KUNIT_EXPECT_LE(test, g->last, end - 1);
	}
}

static void pt_map_random(struct kunit *test)
{
	struct books *b = books_open(test);
	u64 unmapped, want = 0;
	unsigned int op, first, n, i;
	struct region *r;

	if (test->param_value == params)
		kunit_info(test, "seed %llx for every parameter", SEED);
	for (op = 0; op < OPS; op++) {
		r = &b->regions[rnd(b, REGIONS)];
		first = rnd(b, r->count);
		n = 1 + rnd(b, min(r->count - first, rnd(b, 4) ? 40U : r->count));
		/* often whole tables, so that they come and go */
		if (!rnd(b, 3)) {
			first &= ~511;
			if (rnd(b, 2))
				n = min(512 * (1 + rnd(b, 2)), r->count - first);
		}
		/* gigabytes of 4 KiB leaves would show nothing more, slowly */
		if (r->unit > SZ_4K && !(b->m.pt.config.page_sizes & SZ_2M))
			n = min(n, 20U);
		switch (rnd(b, 8)) {
		case 0 ... 3:
			random_map(test, b, r, first, n);
			break;
		case 4 ... 6:
			random_unmap(test, b, r, first, n);
			break;
		default:
			KUNIT_EXPECT_EQ(test, nyx_pt_prune(&b->m.pt, r->base + first * r->unit,
							   n * r->unit, &b->m.gather), 0);
		}
		pt_model_sync(&b->m);
		if (!verify(test, b, r, (int)first - 2, first + 2) ||
		    !verify(test, b, r, (int)(first + n) - 3, first + n + 1) ||
		    (!((op + 1) % VERIFY_EVERY) && !verify_all(test, b))) {
			kunit_err(test, "after operation %u", op);
			break;
		}
	}
	for (r = b->regions; r < b->regions + REGIONS; r++)
		for (i = 0; i < r->count; i++)
			want += r->prot[i] ? r->unit : 0;
	/* the whole address space in one call: only the root is left */
	KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&b->m.pt, 0, nyx_pt_last_iova(&b->m.pt.config) + 1,
					   &b->m.gather, &unmapped), 0);
	KUNIT_EXPECT_EQ(test, unmapped, want);
	pt_model_sync(&b->m);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&b->m.pt.nr_tables), 1);
	pt_model_exit(test, &b->m);
}

/* The unit finds a leaf of this size here. */
#define expect_leaf(test, m, iova, want_paddr, want_size)				\
do {											\
	struct pt_seen leaf = {};							\
											\
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, iova, &leaf), 0);			\
	KUNIT_EXPECT_EQ(test, leaf.paddr, want_paddr);					\
	KUNIT_EXPECT_EQ(test, leaf.size, want_size);					\
	KUNIT_EXPECT_TRUE(test, pt_model_agrees(m, iova));				\
} while (0)

static void map_ok(struct kunit *test, struct pt_model *m, u64 iova, u64 paddr, u64 len)
{
	KUNIT_EXPECT_EQ(test, nyx_pt_map(&m->pt, iova, paddr, len, NYX_PROT_READ, &m->gather), 0);
}

static void unmap_ok(struct kunit *test, struct pt_model *m, u64 iova, u64 len, u64 want)
{
	u64 unmapped = 1;

	KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, iova, len, &m->gather, &unmapped), 0);
	KUNIT_EXPECT_EQ(test, unmapped, want);
	pt_model_sync(m);
}

static void pt_map_leaf_sizes(struct kunit *test)
{
	const struct pt_param *param = test->param_value;
	u64 s2m = param->page_sizes & SZ_2M ? SZ_2M : SZ_4K;
	u64 s1g = param->page_sizes & SZ_1G ? SZ_1G : s2m;
	struct pt_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	const u64 G = SZ_1G, M2 = SZ_2M, K4 = SZ_4K;
	struct pt_seen seen;
	u64 top;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, pt_model_init(m, param), 0);
	top = nyx_pt_last_iova(&m->pt.config) + 1;

	/* 4K 2M 1G 2M 4K: up and down again in one call */
	map_ok(test, m, 2 * G - M2 - K4, 6 * G - M2 - K4, G + 2 * M2 + 2 * K4);
	expect_leaf(test, m, 2 * G - M2 - K4, 6 * G - M2 - K4, K4);
	expect_leaf(test, m, 2 * G - M2, 6 * G - M2, s2m);
	expect_leaf(test, m, 2 * G, 6 * G, s1g);
	expect_leaf(test, m, 3 * G - K4, 7 * G - K4, s1g);
	expect_leaf(test, m, 3 * G, 7 * G, s2m);
	expect_leaf(test, m, 3 * G + M2, 7 * G + M2, K4);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, 2 * G - M2 - 2 * K4, &seen), -ENOENT);
	KUNIT_EXPECT_EQ(test, pt_model_translate(m, 3 * G + M2 + K4, &seen), -ENOENT);
	unmap_ok(test, m, 2 * G - M2 - K4, G + 2 * M2 + 2 * K4, G + 2 * M2 + 2 * K4);

	/* aligned alike to 2M only, and to 4K only; at the last bytes of the space */
	map_ok(test, m, 4 * G, G + M2, 4 * M2);
	expect_leaf(test, m, 4 * G + 3 * M2, G + 4 * M2, s2m);
	map_ok(test, m, 5 * G, G + K4, 2 * M2);
	expect_leaf(test, m, 5 * G + M2, G + M2 + K4, K4);
	map_ok(test, m, top - G, (1ULL << 52) - G, G);
	expect_leaf(test, m, top - G, (1ULL << 52) - G, s1g);
	expect_leaf(test, m, top - 1, (1ULL << 52) - 1, s1g);
	/* a byte too short for the large one */
	map_ok(test, m, 6 * G, 6 * G, G - K4);
	expect_leaf(test, m, 6 * G, 6 * G, s2m);
	expect_leaf(test, m, 7 * G - 2 * K4, 7 * G - 2 * K4, K4);
	unmap_ok(test, m, 0, top, 4 * M2 + 2 * M2 + 2 * G - K4);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables), 1);

	/* an empty table in the way of the middle one of three: small there, until pruned */
	map_ok(test, m, 8 * G + M2, 0, K4);
	unmap_ok(test, m, 8 * G + M2, K4, K4);
	map_ok(test, m, 8 * G, 8 * G, 3 * M2);
	expect_leaf(test, m, 8 * G, 8 * G, s2m);
	expect_leaf(test, m, 8 * G + M2, 8 * G + M2, K4);
	expect_leaf(test, m, 8 * G + 2 * M2, 8 * G + 2 * M2, s2m);
	KUNIT_EXPECT_EQ(test, nyx_pt_prune(&m->pt, 8 * G, G, &m->gather), 0);
	KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));	/* none is empty */
	unmap_ok(test, m, 8 * G + M2, M2 - K4, M2 - K4);
	unmap_ok(test, m, 8 * G + 2 * M2 - K4, K4, K4);
	KUNIT_EXPECT_EQ(test, nyx_pt_prune(&m->pt, 8 * G + M2, M2 - K4, &m->gather), 0);
	KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));	/* not wholly inside */
	KUNIT_EXPECT_EQ(test, nyx_pt_prune(&m->pt, 8 * G + M2, M2, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, m->gather.first, 8 * G + M2);
	KUNIT_EXPECT_EQ(test, m->gather.last, 8 * G + 2 * M2 - 1);
	KUNIT_EXPECT_TRUE(test, m->gather.tables);
	pt_model_sync(m);
	KUNIT_EXPECT_TRUE(test, pt_model_agrees(m, 8 * G + M2));
	map_ok(test, m, 8 * G + M2, 8 * G + M2, M2);
	expect_leaf(test, m, 8 * G + M2, 8 * G + M2, s2m);

	/* splitting is refused at either end, and nothing changes, not even far away */
	if (s2m == SZ_2M) {
		map_ok(test, m, 9 * G - K4, 0, K4);
		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, 8 * G + 2 * M2 + K4, G, &m->gather,
						   NULL), -EINVAL);
		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, 7 * G, G + 3 * M2 - K4, &m->gather,
						   NULL), -EINVAL);
		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, 8 * G + K4, K4, &m->gather, NULL),
				-EINVAL);
		KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
		expect_leaf(test, m, 9 * G - K4, 0, K4);
		expect_leaf(test, m, 8 * G, 8 * G, SZ_2M);
		expect_leaf(test, m, 8 * G + 2 * M2, 8 * G + 2 * M2, SZ_2M);
	}
	pt_model_exit(test, m);
}

/* An unmap that begins and ends in holes of every level; one gather over several. */
static void pt_map_holes(struct kunit *test)
{
	static const u64 at[] = { SZ_4K, SZ_2M, SZ_2M + SZ_1M, SZ_1G, SZ_1G + SZ_2M, 3ULL * SZ_1G };
	struct pt_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u64 from, to, want, unmapped;
	unsigned int i, j, k;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, pt_model_init(m, test->param_value), 0);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (j = 0; j < ARRAY_SIZE(at); j++) {
			from = 4ULL * SZ_1G - at[i];
			to = 4ULL * SZ_1G + at[j];
			want = 0;
			/* a page at each border, either side, and the first beyond the range */
			for (k = 0; k < ARRAY_SIZE(at); k++) {
				map_ok(test, m, 4ULL * SZ_1G - at[k], 0, SZ_4K);
				map_ok(test, m, 4ULL * SZ_1G + at[k] - SZ_4K, 0, SZ_4K);
				want += (k <= i ? SZ_4K : 0) + (k <= j ? SZ_4K : 0);
			}
			unmap_ok(test, m, from, to - from, want);
			for (k = 0; k < ARRAY_SIZE(at); k++) {
				struct pt_seen seen;

				KUNIT_EXPECT_EQ(test, pt_model_translate(m, 4ULL * SZ_1G - at[k],
									 &seen),
						k <= i ? -ENOENT : 0);
				KUNIT_EXPECT_EQ(test, pt_model_translate(m, 4ULL * SZ_1G + at[k] -
									 SZ_4K, &seen),
						k <= j ? -ENOENT : 0);
			}
			unmap_ok(test, m, 0, 8ULL * SZ_1G, 2 * ARRAY_SIZE(at) * SZ_4K - want);
			KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables),
					m->pt.config.levels - 2);
			/* from a hole in which there is not even a table */
			map_ok(test, m, 4ULL * SZ_1G, 0, 2 * SZ_4K);
			unmap_ok(test, m, from, to - from, min_t(u64, at[j], 2 * SZ_4K));
			unmap_ok(test, m, 0, 8ULL * SZ_1G, at[j] == SZ_4K ? SZ_4K : 0);
			map_ok(test, m, 4ULL * SZ_1G - 2 * SZ_4K, 0, 2 * SZ_4K);
			unmap_ok(test, m, from, to - from, min_t(u64, at[i], 2 * SZ_4K));
			unmap_ok(test, m, 0, 8ULL * SZ_1G, at[i] == SZ_4K ? SZ_4K : 0);
		}

	map_ok(test, m, SZ_2M, 0, 3 * SZ_4K);
	for (i = 3; i--;)
		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, SZ_2M + i * SZ_4K, SZ_4K, &m->gather,
						   &unmapped), 0);
	KUNIT_EXPECT_EQ(test, m->gather.first, SZ_2M);
	KUNIT_EXPECT_EQ(test, m->gather.last, SZ_2M + 3 * SZ_4K - 1);
	pt_model_exit(test, m);
}

/* An unmap of just what a table spans takes the table; a page less leaves it. */
static void pt_map_detach(struct kunit *test)
{
	struct pt_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int level, levels;
	u64 span, at;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, pt_model_init(m, test->param_value), 0);
	levels = m->pt.config.levels;
	for (level = 1; level < levels; level++) {
		span = 1ULL << (12 + 9 * level);
		at = nyx_pt_last_iova(&m->pt.config) + 1 - span;
		map_ok(test, m, at + SZ_4K, 0, SZ_4K);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables), levels);
		unmap_ok(test, m, at + SZ_4K, span - SZ_4K, SZ_4K);
		map_ok(test, m, at, 0, SZ_4K);
		unmap_ok(test, m, at, span - SZ_4K, SZ_4K);
		KUNIT_EXPECT_GT(test, atomic_long_read(&m->pt.nr_tables), levels - level);

		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, at, span, &m->gather, NULL), 0);
		KUNIT_EXPECT_TRUE(test, m->gather.tables);
		KUNIT_EXPECT_EQ(test, m->gather.first, at);
		KUNIT_EXPECT_EQ(test, m->gather.last, at + span - 1);
		/* still there for a unit that is inside it, and counted */
		KUNIT_EXPECT_GT(test, atomic_long_read(&m->pt.nr_tables), levels - level);
		pt_model_sync(m);
		KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
		KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables), levels - level);
	}
	pt_model_exit(test, m);
}

static struct kunit_case pt_map_cases[] = {
	KUNIT_CASE_PARAM(pt_map_random, pt_gen_params),
	KUNIT_CASE_PARAM(pt_map_leaf_sizes, pt_gen_params),
	KUNIT_CASE_PARAM(pt_map_holes, pt_gen_params),
	KUNIT_CASE_PARAM(pt_map_detach, pt_gen_params),
	{}
};

static struct kunit_suite pt_map_suite = {
	.name = "nyx_pt_map",
	.test_cases = pt_map_cases,
};

kunit_test_suites(&pt_map_suite);
