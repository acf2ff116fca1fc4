// SPDX-License-Identifier: GPL-2.0
/*
 * The audit of page tables, in both formats: equal for what was mapped, and one entry
 * of each kind spoilt is named; what is just being changed is passed over.
 */
#include <linux/io.h>

#include "../audit.h"
#include "memory_fixture.h"

#define IOVA	0x40000000ULL
#define RW	(NYX_PROT_READ | NYX_PROT_WRITE)
/* Bits beside address and rights; in both formats. */
#define VTDSS_R	BIT_ULL(0)
#define VTDSS_W	BIT_ULL(1)
#define AMDV1_W	BIT_ULL(62)

static struct nyx_domain *domain;
static struct nyx_audit *audit;
static struct nyx_audit_counts counts;

static int flush_hook(struct nyx_domain *d, u64 first, u64 last, bool leaf_only)
{
	return 0;
}

static const enum nyx_pt_format formats[] = { NYX_PT_VTDSS, NYX_PT_AMDV1 };

static void format_name(const enum nyx_pt_format *format, char *desc)
{
	strscpy(desc, *format == NYX_PT_VTDSS ? "vtdss" : "amdv1", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(format, formats, format_name);

/* 64 KiB at IOVA and 8 KiB, read only, at IOVA + 1 MiB. */
static int table_init(struct kunit *test)
{
	const enum nyx_pt_format *format = test->param_value;
	u64 at;

	domain = fixture_domain(test, format ? *format : NYX_PT_VTDSS);
	nyx_flush_test_hook = flush_hook;
	audit = kunit_kzalloc(test, sizeof(*audit), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, audit);
	at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, (struct nyx_map_range[]) {
		{ IOVA, SZ_64K, RW, NYX_MAPPING_USER, at, 0 },
		{ IOVA + SZ_1M, SZ_8K, NYX_PROT_READ, NYX_MAPPING_USER, at, 0 } }, 2, NULL), 0);
	return 0;
}

static void table_exit(struct kunit *test)
{
	nyx_domain_unmap_all(domain);
	nyx_domain_fini_memory(domain);
	nyx_flush_test_hook = NULL;
}

static void audit_all(struct kunit *test)
{
	struct nyx_audit_position position = {};
	u32 pieces = 0;

	memset(audit, 0, sizeof(*audit));
	while (!nyx_audit_table(domain, &position, audit))
		KUNIT_ASSERT_LT(test, ++pieces, 1000);
	counts = audit->counts;
}

static void expect_equal(struct kunit *test)
{
	audit_all(test);
	KUNIT_EXPECT_EQ_MSG(test, counts.differences, 0, "%s: %s, not %s", audit->listed[0].what,
			    audit->listed[0].found, audit->listed[0].expected);
}

static void expect_one(struct kunit *test, u64 iova, const char *what)
{
	audit_all(test);
	KUNIT_EXPECT_EQ(test, counts.differences, 1);
	KUNIT_EXPECT_STREQ(test, audit->listed[0].what, what);
	KUNIT_EXPECT_EQ(test, audit->listed[0].iova, iova);
	KUNIT_EXPECT_EQ(test, audit->listed[0].domain_id, domain->id);
	KUNIT_EXPECT_GT(test, strlen(audit->listed[0].found), 0);
	KUNIT_EXPECT_GT(test, strlen(audit->listed[0].expected), 0);
}

/* Where the entry of that level for iova is. */
static u64 *slot(struct kunit *test, u64 iova, unsigned int level)
{
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	int i, nr = nyx_pt_walk(&domain->pt, iova, steps);

	for (i = 0; i < nr; i++)
		if (steps[i].level == level)
			return (u64 *)phys_to_virt(steps[i].table) + steps[i].index;
	KUNIT_FAIL_AND_ABORT(test, "no entry of level %u for %llx", level, iova);
	return NULL;
}

static void all_equal(struct kunit *test)
{
	expect_equal(test);
	KUNIT_EXPECT_EQ(test, counts.tables, 4);
	KUNIT_EXPECT_EQ(test, counts.leaves, 18);
	KUNIT_EXPECT_EQ(test, counts.bytes, SZ_64K + SZ_8K);
	KUNIT_EXPECT_EQ(test, counts.passed_over, 0);
}

/* Enough for several pieces: none is counted twice, none left out. */
static void in_pieces(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_4M, PROT_READ | PROT_WRITE, MAP_PRIVATE), i;

	for (i = 0; i < 40; i++)
		KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, &(struct nyx_map_range) {
			(i + 10) << 32, SZ_4M, RW, NYX_MAPPING_USER, at, 0 }, 1, NULL), 0);
	expect_equal(test);
	KUNIT_EXPECT_EQ(test, counts.bytes, SZ_64K + SZ_8K + 40 * SZ_4M);
	KUNIT_EXPECT_EQ(test, counts.tables, atomic_long_read(&domain->pt.nr_tables));
}

static void spoilt_leaves(struct kunit *test)
{
	u64 *at = slot(test, IOVA + SZ_16K, 1), saved = *at;

	*at = 0;
	expect_one(test, IOVA + SZ_16K, "memory that is mapped is not in the page table");
	*at = saved ^ BIT_ULL(30);
	expect_one(test, IOVA + SZ_16K, "a page leads to other memory");
	*at = saved | BIT_ULL(59);
	expect_one(test, IOVA + SZ_16K, "a page-table entry is malformed");
	*at = saved;
	expect_equal(test);
	/* What the device may not do in the books, it may in the table. */
	at = slot(test, IOVA + SZ_1M, 1);
	saved = *at;
	*at |= domain->pt.config.format == NYX_PT_VTDSS ? VTDSS_W : AMDV1_W;
	expect_one(test, IOVA + SZ_1M, "a page has other rights");
	*at = saved;
	expect_equal(test);
}

static void pages_of_nobody(struct kunit *test)
{
	u64 *mapped = slot(test, IOVA, 1), *at = mapped + 100;

	*at = *mapped;
	expect_one(test, IOVA + 100 * SZ_4K, "a page is in the page table and not mapped");
	/* Granting nothing, and yet something. */
	*at = domain->pt.config.format == NYX_PT_VTDSS ? BIT_ULL(40) : AMDV1_W;
	expect_one(test, IOVA + 100 * SZ_4K, "a page-table entry is not clear");
	*at = 0;
	expect_equal(test);
}

/* A large page where tables should be: it reaches over the hole to the next mapping. */
static void page_too_large(struct kunit *test)
{
	u64 *at = slot(test, IOVA, 2), saved = *at, leaf = *slot(test, IOVA, 1);

	*at = (leaf & ~GENMASK_ULL(20, 12)) |
	      (domain->pt.config.format == NYX_PT_VTDSS ? BIT_ULL(7) : 0);
	audit_all(test);
	KUNIT_EXPECT_GE(test, counts.differences, 1);
	KUNIT_EXPECT_STREQ(test, audit->listed[0].what,
			   "a page reaches beyond the memory behind it");
	*at = saved;
	expect_equal(test);
}

static void tables_of_others(struct kunit *test)
{
	struct nyx_domain *other = fixture_domain(test, domain->pt.config.format);
	u64 at = fixture_memory(test, SZ_4K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	u64 *table = slot(test, IOVA, 3), saved = *table, *twice;
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];

	KUNIT_ASSERT_EQ(test, nyx_domain_map(other, &(struct nyx_map_range) {
		IOVA, SZ_4K, RW, NYX_MAPPING_USER, at, 0 }, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, nyx_pt_walk(&other->pt, IOVA, steps), 4);
	*table = steps[1].entry;
	audit_all(test);
	/* The table, the two mappings that are behind it, and that one table is missing. */
	KUNIT_EXPECT_EQ(test, counts.differences, 4);
	KUNIT_EXPECT_STREQ(test, audit->listed[0].what, "a table that is not this domain's");
	/* An address that is no memory at all is not followed either. */
	*table = saved | GENMASK_ULL(50, 46);
	audit_all(test);
	KUNIT_EXPECT_STREQ(test, audit->listed[0].what, "a table that is not this domain's");
	*table = saved;
	expect_equal(test);

	/* Its own, but linked at a second place. */
	twice = table + 1;
	*twice = saved;
	audit_all(test);
	KUNIT_EXPECT_GT(test, counts.differences, 1);
	*twice = 0;
	/* Or at one place too few, with nothing mapped there: only the number tells. */
	atomic_long_inc(&domain->pt.nr_tables);
	audit_all(test);
	KUNIT_EXPECT_EQ(test, counts.differences, 1);
	KUNIT_EXPECT_STREQ(test, audit->listed[0].what, "number of page tables");
	atomic_long_dec(&domain->pt.nr_tables);
	expect_equal(test);

	nyx_domain_unmap_all(other);
	nyx_domain_fini_memory(other);
}

/* What somebody makes or undoes just now is not compared, all around it is. */
static void passes_over_changes(struct kunit *test)
{
	struct nyx_mapping *mapping = fixture_find(domain, IOVA);
	u64 *at = slot(test, IOVA + SZ_4K, 1), saved = *at;
	u64 *other = slot(test, IOVA + SZ_1M, 1), saved_other = *other;

	*at = 0;
	mapping->state = NYX_MAPPING_UNDOING;
	expect_equal(test);
	KUNIT_EXPECT_EQ(test, counts.passed_over, 15);
	mapping->state = NYX_MAPPING_MAKING;
	expect_equal(test);
	*other = 0;
	expect_one(test, IOVA + SZ_1M, "memory that is mapped is not in the page table");
	*other = saved_other;
	mapping->state = NYX_MAPPING_LIVE;
	expect_one(test, IOVA + SZ_4K, "memory that is mapped is not in the page table");
	*at = saved;
	expect_equal(test);
}

/* While an audit stands half way, its domain goes and another comes under its id. */
static void domain_changes_under_it(struct kunit *test)
{
	struct nyx_audit_position position = {
		.iova = IOVA + SZ_16K, .changes = domain->changes - (1ULL << 32), .tables = 77,
		.steady = true,
	};

	memset(audit, 0, sizeof(*audit));
	while (!nyx_audit_table(domain, &position, audit))
		;
	KUNIT_EXPECT_EQ(test, audit->counts.differences, 0);
	KUNIT_EXPECT_EQ(test, audit->counts.leaves, 18);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE_PARAM(all_equal, format_gen_params),
	KUNIT_CASE_PARAM(in_pieces, format_gen_params),
	KUNIT_CASE_PARAM(spoilt_leaves, format_gen_params),
	KUNIT_CASE_PARAM(pages_of_nobody, format_gen_params),
	KUNIT_CASE_PARAM(page_too_large, format_gen_params),
	KUNIT_CASE_PARAM(tables_of_others, format_gen_params),
	KUNIT_CASE(passes_over_changes),
	KUNIT_CASE(domain_changes_under_it),
	{}
};

static struct kunit_suite table_suite = {
	.name = "nyx_audit_memory",
	.init = table_init,
	.exit = table_exit,
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
