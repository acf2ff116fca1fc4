// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: each field of each page-table format against the specification's numbers,
 * as literals, and the entries that the walk makes of them at every level.
 */
#include <kunit/test.h>

#include "../pt/amdv1.h"
#include "../pt/vtdss.h"

struct field {
	const char *name;
	u64 mask, want;
};

#define FIELD(mask, want) { #mask, mask, want }

static const struct field fields[] = {
	/* VT-d spec 9.8, SS-PML4E, SS-PDPE, SS-PDE, SS-PTE */
	FIELD(NYX_VTDSS_R,		0x0000000000000001),
	FIELD(NYX_VTDSS_W,		0x0000000000000002),
	FIELD(NYX_VTDSS_PS,		0x0000000000000080),
	FIELD(NYX_VTDSS_SNP,		0x0000000000000800),
	FIELD(NYX_VTDSS_ADDR,		0x000ffffffffff000),
	FIELD(NYX_VTDSS_SYNCED,		0x0010000000000000),	/* in 62:52, ignored */
	/* AMD IOMMU spec 2.2.3, PDE and PTE */
	FIELD(NYX_AMDV1_PR,		0x0000000000000001),
	FIELD(NYX_AMDV1_SYNCED,		0x0000000000000002),	/* in 4:1, ignored */
	FIELD(NYX_AMDV1_NEXT_LEVEL,	0x0000000000000e00),
	FIELD(NYX_AMDV1_ADDR,		0x000ffffffffff000),
	FIELD(NYX_AMDV1_FC,		0x1000000000000000),
	FIELD(NYX_AMDV1_IR,		0x2000000000000000),
	FIELD(NYX_AMDV1_IW,		0x4000000000000000),
	/* the same in both: what callers see */
	FIELD(NYX_PROT_READ,		0x1),
	FIELD(NYX_PROT_WRITE,		0x2),
};

static void pt_format_fields(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		KUNIT_EXPECT_EQ_MSG(test, fields[i].mask, fields[i].want, "%s", fields[i].name);
}

struct leaf {
	unsigned int level;
	u64 paddr;
	u32 prot;
	bool snoop;
	u64 vtdss, amdv1;
};

static const struct leaf leaves[] = {
	{ 1, 0x0000000000001000, 1, false, 0x0000000000001001, 0x2000000000001001 },
	{ 1, 0x0000000000001000, 2, false, 0x0000000000001002, 0x4000000000001001 },
	{ 1, 0x0000000000001000, 3, false, 0x0000000000001003, 0x6000000000001001 },
	{ 1, 0x0000000000000000, 3, true,  0x0000000000000803, 0x7000000000000001 },
	{ 1, 0x000ffffffffff000, 3, false, 0x000ffffffffff003, 0x600ffffffffff001 },
	{ 2, 0x0000000000200000, 1, false, 0x0000000000200081, 0x2000000000200001 },
	{ 2, 0x000fffffffe00000, 2, false, 0x000fffffffe00082, 0x400fffffffe00001 },
	{ 2, 0x0000123456600000, 3, true,  0x0000123456600883, 0x7000123456600001 },
	{ 3, 0x0000000040000000, 1, true,  0x0000000040000881, 0x3000000040000001 },
	{ 3, 0x000fffffc0000000, 2, false, 0x000fffffc0000082, 0x400fffffc0000001 },
	{ 3, 0x0000123440000000, 3, false, 0x0000123440000083, 0x6000123440000001 },
};

static void pt_format_leaves(struct kunit *test)
{
	const struct leaf *l;
	u64 e;

	for (l = leaves; l < leaves + ARRAY_SIZE(leaves); l++) {
		e = nyx_vtdss_leaf(l->paddr, nyx_vtdss_attrs(l->prot, l->snoop), l->level);
		KUNIT_EXPECT_EQ(test, e, l->vtdss);
		KUNIT_EXPECT_TRUE(test, nyx_vtdss_present(l->vtdss));
		KUNIT_EXPECT_TRUE(test, nyx_vtdss_is_leaf(l->vtdss, l->level));
		KUNIT_EXPECT_EQ(test, nyx_vtdss_addr(l->vtdss), l->paddr);
		KUNIT_EXPECT_EQ(test, nyx_vtdss_prot(l->vtdss), l->prot);

		e = nyx_amdv1_leaf(l->paddr, nyx_amdv1_attrs(l->prot, l->snoop), l->level);
		KUNIT_EXPECT_EQ(test, e, l->amdv1);
		KUNIT_EXPECT_TRUE(test, nyx_amdv1_present(l->amdv1));
		KUNIT_EXPECT_TRUE(test, nyx_amdv1_is_leaf(l->amdv1, l->level));
		KUNIT_EXPECT_EQ(test, nyx_amdv1_addr(l->amdv1), l->paddr);
		KUNIT_EXPECT_EQ(test, nyx_amdv1_prot(l->amdv1), l->prot);
	}
}

struct table {
	unsigned int level;	/* that the entry is in */
	u64 paddr, vtdss, amdv1;
};

static const struct table tables[] = {
	{ 2, 0x0000000000001000, 0x0000000000001003, 0x6000000000001201 },
	{ 3, 0x0000000000001000, 0x0000000000001003, 0x6000000000001401 },
	{ 4, 0x0000000000001000, 0x0000000000001003, 0x6000000000001601 },
	{ 2, 0x000ffffffffff000, 0x000ffffffffff003, 0x600ffffffffff201 },
	{ 3, 0x000ffffffffff000, 0x000ffffffffff003, 0x600ffffffffff401 },
	{ 4, 0x000ffffffffff000, 0x000ffffffffff003, 0x600ffffffffff601 },
};

static void pt_format_tables(struct kunit *test)
{
	const struct table *t;

	for (t = tables; t < tables + ARRAY_SIZE(tables); t++) {
		KUNIT_EXPECT_EQ(test, nyx_vtdss_table(t->paddr, t->level), t->vtdss);
		KUNIT_EXPECT_TRUE(test, nyx_vtdss_present(t->vtdss));
		KUNIT_EXPECT_FALSE(test, nyx_vtdss_is_leaf(t->vtdss, t->level));
		KUNIT_EXPECT_EQ(test, nyx_vtdss_addr(t->vtdss), t->paddr);
		KUNIT_EXPECT_EQ(test, nyx_vtdss_prot(t->vtdss), 3);

		KUNIT_EXPECT_EQ(test, nyx_amdv1_table(t->paddr, t->level), t->amdv1);
		KUNIT_EXPECT_TRUE(test, nyx_amdv1_present(t->amdv1));
		KUNIT_EXPECT_FALSE(test, nyx_amdv1_is_leaf(t->amdv1, t->level));
		KUNIT_EXPECT_EQ(test, nyx_amdv1_addr(t->amdv1), t->paddr);
		KUNIT_EXPECT_EQ(test, nyx_amdv1_prot(t->amdv1), 3);
	}
	KUNIT_EXPECT_FALSE(test, nyx_vtdss_present(0));
	KUNIT_EXPECT_FALSE(test, nyx_amdv1_present(0));
}

/* The raw entries of a whole walk, from root to leaf, for a leaf at each level. */
static void pt_format_walks(struct kunit *test)
{
	static const u64 sizes[] = { SZ_4K, SZ_2M, SZ_1G };
	struct nyx_pt_config config = { .page_sizes = SZ_4K | SZ_2M | SZ_1G, .coherent = true,
					.force_snoop = true, .node = NUMA_NO_NODE };
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	struct nyx_pt_gather gather;
	unsigned int format, leaf, s;
	struct nyx_pt pt;
	u64 want, iova;
	int n;

	for (format = 0; format < 2; format++)
		for (config.levels = 3; config.levels <= 4; config.levels++)
			for (leaf = 1; leaf <= 3; leaf++) {
				config.format = format ? NYX_PT_AMDV1 : NYX_PT_VTDSS;
				KUNIT_ASSERT_EQ(test, nyx_pt_init(&pt, &config), 0);
				nyx_pt_gather_init(&gather, &pt);
				/* index 1 at the leaf's level and above */
				iova = 0x0000008040201000ULL & nyx_pt_last_iova(&config) &
				       ~(sizes[leaf - 1] - 1);
				KUNIT_EXPECT_EQ(test, nyx_pt_map(&pt, iova, 0xfc0000000,
								 sizes[leaf - 1], NYX_PROT_READ,
								 &gather), 0);
				n = nyx_pt_walk(&pt, iova, steps);
				KUNIT_EXPECT_EQ(test, n, config.levels - leaf + 1);
				KUNIT_EXPECT_EQ(test, steps[0].table, virt_to_phys(pt.root));
				for (s = 0; (int)s < n; s++) {
					bool last = (int)s == n - 1;

					KUNIT_EXPECT_EQ(test, steps[s].level, config.levels - s);
					KUNIT_EXPECT_EQ(test, steps[s].index, 1);
					KUNIT_EXPECT_TRUE(test, steps[s].present);
					KUNIT_EXPECT_EQ(test, steps[s].leaf, last);
					if (last)
						want = format ? 0x3000000fc0000001 :
							leaf > 1 ? 0xfc0000881 : 0xfc0000801;
					else
						want = steps[s + 1].table |
							(format ? 0x6000000000000003 | (u64)
							 (steps[s].level - 1) << 9 :
							 0x0010000000000003);
					KUNIT_EXPECT_EQ(test, steps[s].entry, want);
				}
				nyx_pt_destroy(&pt);
			}
}

static struct kunit_case pt_format_cases[] = {
	KUNIT_CASE(pt_format_fields),
	KUNIT_CASE(pt_format_leaves),
	KUNIT_CASE(pt_format_tables),
	KUNIT_CASE(pt_format_walks),
	{}
};

static struct kunit_suite pt_format_suite = {
	.name = "nyx_pt_format",
	.test_cases = pt_format_cases,
};

kunit_test_suites(&pt_format_suite);
