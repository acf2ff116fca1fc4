// SPDX-License-Identifier: GPL-2.0
/*
 * Map and unmap on a domain without units, in both formats: what translates, in which
 * order things are undone, and that a failure anywhere leaves everything as it was.
 */
#include "memory_fixture.h"

#define IOVA	0x40000000ULL
#define RW	(NYX_PROT_READ | NYX_PROT_WRITE)

static struct {
	struct kunit *test;
	struct nyx_domain *domain;
	int result;		/* what the units answer */
	u32 nr;			/* flushes seen */
	u64 first, last;	/* of the newest */
	bool leaf_only;
	struct page *watched[8];	/* must be pinned whenever a flush comes */
	u64 cleared;		/* an IOVA that must not translate any more then, 0: none */
} flushes;

static int flush_hook(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only)
{
	struct nyx_pt_translation t;
	u32 i;

	flushes.nr++;
	flushes.first = first;
	flushes.last = last;
	flushes.leaf_only = leaf_only;
	KUNIT_EXPECT_FALSE(flushes.test, mutex_is_locked(&domain->lock));
	for (i = 0; i < ARRAY_SIZE(flushes.watched); i++)
		if (flushes.watched[i])
			KUNIT_EXPECT_TRUE(flushes.test,
					  folio_maybe_dma_pinned(page_folio(flushes.watched[i])));
	if (flushes.cleared) {
		KUNIT_EXPECT_EQ(flushes.test, nyx_pt_lookup(&domain->pt, flushes.cleared, &t),
				-ENOENT);
		KUNIT_EXPECT_NOT_NULL(flushes.test, fixture_find(domain, flushes.cleared));
	}
	return flushes.result;
}

static const enum nyx_pt_format formats[] = { NYX_PT_VTDSS, NYX_PT_AMDV1 };

static void format_name(const enum nyx_pt_format *format, char *desc)
{
	strscpy(desc, *format == NYX_PT_VTDSS ? "vtdss" : "amdv1", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(format, formats, format_name);

static int memory_init(struct kunit *test)
{
	const enum nyx_pt_format *format = test->param_value;

	memset(&flushes, 0, sizeof(flushes));
	flushes.test = test;
	flushes.domain = fixture_domain(test, format ? *format : NYX_PT_VTDSS);
	nyx_flush_test_hook = flush_hook;
	return 0;
}

static void memory_exit(struct kunit *test)
{
	struct nyx_domain *domain = flushes.domain;

	flushes.result = 0;
	flushes.cleared = 0;
	memset(flushes.watched, 0, sizeof(flushes.watched));
	nyx_domain_unmap_all(domain);
	KUNIT_EXPECT_EQ(test, domain->nr_mappings, 0);
	KUNIT_EXPECT_EQ(test, domain->mapped_bytes, 0);
	KUNIT_EXPECT_EQ(test, domain->pinned_pages, 0);
	nyx_domain_fini_memory(domain);
	nyx_flush_test_hook = NULL;
}

static struct nyx_map_range range(u64 iova, u64 length, u64 address)
{
	return (struct nyx_map_range) {
		.iova = iova,
		.length = length,
		.prot = RW,
		.type = NYX_MAPPING_USER,
		.address = address,
	};
}

static void map_then_unmap(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r[] = { range(IOVA, SZ_64K, at), range(IOVA + SZ_1M, SZ_32K, at) };
	struct nyx_domain *domain = flushes.domain;
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	long locked = fixture_locked();
	struct nyx_mapping_info info;
	struct nyx_pt_translation t;
	struct nyx_mapping *m;
	u64 i, bytes;

	r[1].prot = NYX_PROT_READ;
	r[1].tag = 77;
	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, r, 2, NULL), 0);
	KUNIT_EXPECT_EQ(test, flushes.nr, 0);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked + 24);
	KUNIT_EXPECT_EQ(test, domain->nr_mappings, 2);
	m = fixture_find(domain, IOVA);
	for (i = 0; i < 16; i++) {
		KUNIT_ASSERT_EQ(test, nyx_domain_translate(domain, IOVA + i * SZ_4K + 5, &t), 0);
		KUNIT_EXPECT_EQ(test, t.paddr, page_to_phys(fixture_page(m, i)) + 5);
		KUNIT_EXPECT_EQ(test, t.prot, RW);
	}
	KUNIT_EXPECT_EQ(test, nyx_domain_walk(domain, IOVA, steps), 4);
	KUNIT_ASSERT_EQ(test, nyx_domain_translate(domain, IOVA + SZ_1M, &t), 0);
	KUNIT_EXPECT_EQ(test, t.prot, NYX_PROT_READ);
	KUNIT_EXPECT_EQ(test, nyx_domain_translate(domain, IOVA + SZ_64K, &t), -ENOENT);
	KUNIT_EXPECT_EQ(test, nyx_domain_translate(domain, 1ULL << 48, &t), -ERANGE);
	KUNIT_ASSERT_EQ(test, nyx_domain_next_mapping(domain, IOVA + SZ_64K, &info), 0);
	KUNIT_EXPECT_EQ(test, info.iova, IOVA + SZ_1M);
	KUNIT_EXPECT_EQ(test, info.length, SZ_32K);
	KUNIT_EXPECT_EQ(test, info.tag, 77);
	KUNIT_EXPECT_EQ(test, info.user_address, at);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(domain, info.iova + info.length, &info),
			-ENOENT);

	/* One range over both: one flush. */
	r[0].length = 2 * SZ_1M;
	KUNIT_ASSERT_EQ(test, nyx_domain_unmap(domain, r, 1, &bytes, NULL), 0);
	KUNIT_EXPECT_EQ(test, bytes, SZ_64K + SZ_32K);
	KUNIT_EXPECT_EQ(test, flushes.nr, 1);
	KUNIT_EXPECT_LE(test, flushes.first, IOVA);
	KUNIT_EXPECT_GE(test, flushes.last, IOVA + SZ_1M + SZ_32K - 1);
	KUNIT_EXPECT_EQ(test, nyx_domain_translate(domain, IOVA, &t), -ENOENT);
	KUNIT_EXPECT_EQ(test, nyx_domain_translate(domain, IOVA + SZ_1M, &t), -ENOENT);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
}

/* Cleared, then flushed while pinned and in the books, then unpinned. */
static void unmap_order(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r = range(IOVA, SZ_16K, at);
	struct page *page;

	KUNIT_ASSERT_EQ(test, nyx_domain_map(flushes.domain, &r, 1, NULL), 0);
	page = fixture_page(fixture_find(flushes.domain, IOVA), 0);
	flushes.watched[0] = page;
	flushes.cleared = IOVA;
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(flushes.domain, &r, 1, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, flushes.nr, 1);
	KUNIT_EXPECT_FALSE(test, folio_maybe_dma_pinned(page_folio(page)));
	KUNIT_EXPECT_NULL(test, fixture_find(flushes.domain, IOVA));
}

/* A unit that does not confirm: pages and charge stay, the books are empty, the end comes. */
static void failed_flush_leaks(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r = range(IOVA, SZ_16K, at), other = range(IOVA + SZ_1M, SZ_4K, at);
	struct nyx_domain *domain = flushes.domain;
	struct user_struct *user = current_user();
	long locked = fixture_locked();
	struct nyx_why why = {};
	struct page *pages[5];
	u64 i, bytes;

	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, &r, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, &other, 1, NULL), 0);
	for (i = 0; i < 4; i++)
		pages[i] = fixture_page(fixture_find(domain, IOVA), i);
	pages[4] = fixture_page(fixture_find(domain, IOVA + SZ_1M), 0);
	flushes.result = -EIO;
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, &r, 1, &bytes, &why), -EIO);
	KUNIT_EXPECT_EQ(test, bytes, SZ_16K);
	KUNIT_EXPECT_EQ(test, why.range, -1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "stay pinned"));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&domain->leaked_pages), 4);
	KUNIT_EXPECT_NULL(test, fixture_find(domain, IOVA));

	/* It is for ever: also when later flushes seem to work. */
	flushes.result = 0;
	nyx_domain_unmap_all(domain);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&domain->leaked_pages), 5);
	KUNIT_EXPECT_EQ(test, domain->nr_mappings, 0);
	KUNIT_EXPECT_GT(test, atomic_long_read(&domain->leaked_tables), 0);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked + 5);

	/* Only a test may take them back. */
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_TRUE(test, folio_maybe_dma_pinned(page_folio(pages[i])));
		unpin_user_page(pages[i]);
	}
	atomic_long_sub(5, &user->locked_vm);
	free_uid(user);
	free_uid(user);
}

static void dead_unit_keeps_the_root(struct kunit *test)
{
	struct nyx_domain *domain = flushes.domain;

	flushes.result = -EIO;
	nyx_domain_unmap_all(domain);
	KUNIT_EXPECT_TRUE(test, domain->unproven);
}

static void map_failing_at_each_range(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	long locked = fixture_locked();
	struct nyx_map_range r[4];
	struct nyx_why why;
	u32 bad, i;

	for (bad = 0; bad < 4; bad++) {
		for (i = 0; i < 4; i++)
			r[i] = range(IOVA + i * SZ_64K, SZ_64K, at + i * SZ_64K);
		r[bad].address = 0x1000;	/* nothing there */
		KUNIT_EXPECT_EQ(test, nyx_domain_map(flushes.domain, r, 4, &why), -EFAULT);
		KUNIT_EXPECT_EQ(test, why.range, bad);
		KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
		KUNIT_EXPECT_NULL(test, fixture_find(flushes.domain, IOVA + bad * SZ_64K));
		KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&flushes.domain->mappings.rb_root));
	}
	KUNIT_EXPECT_EQ(test, flushes.nr, 0);
}

static u32 fail_after;

static bool fail_table(struct nyx_pt_test *test)
{
	return !fail_after-- && (fail_after = U32_MAX);
}

static void no_flush(struct nyx_pt_test *test, void *start, size_t bytes) { }
static void no_free(struct nyx_pt_test *test, u64 *table) { }

static struct nyx_pt_test failing_tables = {
	.fail = fail_table,
	.flushed = no_flush,
	.freed = no_free,
};

/* Whichever table cannot be had: invalidated before unpinned, and nothing is left. */
static void map_without_tables(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r[] = {
		range(IOVA, SZ_4K, at), range(IOVA + SZ_1G, SZ_4K, at + SZ_4K),
		range(1ULL << 40, SZ_4K, at + SZ_8K),
	};
	struct nyx_domain *domain = flushes.domain;
	long locked = fixture_locked();
	struct nyx_pt_translation t;
	u32 n, flushed = 0;
	int err;

	for (n = 0; n < 32; n++) {
		fail_after = n;
		flushes.nr = 0;
		nyx_pt_test = &failing_tables;
		err = nyx_domain_map(domain, r, ARRAY_SIZE(r), NULL);
		nyx_pt_test = NULL;
		if (!err)
			break;
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
		KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&domain->mappings.rb_root));
		KUNIT_EXPECT_EQ(test, nyx_domain_translate(domain, IOVA, &t), -ENOENT);
		flushed += flushes.nr;
	}
	/* Each failure may leave tables for the next try, so there are fewer tries than tables. */
	KUNIT_EXPECT_GE(test, n, 3);
	KUNIT_EXPECT_GT(test, flushed, 0);
	KUNIT_EXPECT_EQ(test, err, 0);
}

static void map_on_a_caching_unit(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r = range(IOVA, SZ_64K, at);
	struct nyx_unit *unit = kunit_kzalloc(test, sizeof(*unit), GFP_KERNEL);
	struct nyx_domain_unit on = { .unit = unit };
	struct nyx_domain *domain = flushes.domain;
	long locked = fixture_locked();
	struct nyx_why why;

	KUNIT_ASSERT_NOT_NULL(test, unit);
	unit->caps.flush_on_map = true;
	list_add(&on.node, &domain->units);
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, &r, 1, &why), 0);
	KUNIT_EXPECT_EQ(test, flushes.nr, 1);
	KUNIT_EXPECT_EQ(test, flushes.first, IOVA);
	KUNIT_EXPECT_EQ(test, flushes.last, IOVA + SZ_64K - 1);
	KUNIT_EXPECT_FALSE(test, flushes.leaf_only);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, &r, 1, NULL, &why), 0);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
	list_del(&on.node);
}

static const struct {
	u64 iova, length, offset;	/* address is the memory's plus offset */
	int err;
	enum nyx_arg arg;
} bad[] = {
	{ IOVA + SZ_1M, 0, 0, -EINVAL, NYX_ARG_LENGTH },
	{ IOVA + SZ_1M, 0x1800, 0, -EINVAL, NYX_ARG_LENGTH },
	{ IOVA + 0x800, SZ_4K, 0, -EINVAL, NYX_ARG_IOVA },
	{ IOVA + SZ_1M, SZ_4K, 8, -EINVAL, NYX_ARG_ADDRESS },
	{ -(u64)SZ_4K, SZ_8K, 0, -EINVAL, NYX_ARG_LENGTH },
	{ (1ULL << 48) - SZ_4K, SZ_8K, 0, -ERANGE, NYX_ARG_IOVA },
	{ 0xfedff000, SZ_8K, 0, -EINVAL, NYX_ARG_IOVA },
	{ 0xfeeff000, SZ_8K, 0, -EINVAL, NYX_ARG_IOVA },
	{ 0xfe000000, SZ_32M, 0, -EINVAL, NYX_ARG_IOVA },
	{ 0x100000000, SZ_1G + SZ_4K, 0, -E2BIG, NYX_ARG_LENGTH },
	{ IOVA + SZ_32K, SZ_4K, 0, -EEXIST, NYX_ARG_IOVA },
	{ IOVA - SZ_4K, SZ_1M, 0, -EEXIST, NYX_ARG_IOVA },
};

static void map_refused(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range good = range(IOVA, SZ_64K, at);
	struct nyx_domain *domain = flushes.domain;
	struct nyx_map_range r[2] = { range(SZ_1M, SZ_4K, at) };
	struct nyx_why why;
	u32 i;

	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, &good, 1, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		r[1] = range(bad[i].iova, bad[i].length, at + bad[i].offset);
		KUNIT_EXPECT_EQ_MSG(test, nyx_domain_map(domain, r, 2, &why), bad[i].err,
				    "%u: %s", i, why.text);
		KUNIT_EXPECT_EQ_MSG(test, (int)why.arg, (int)bad[i].arg, "%u: %s", i, why.text);
		KUNIT_EXPECT_EQ(test, why.range, bad[i].err == -E2BIG ? -1 : 1);
		KUNIT_EXPECT_EQ(test, domain->nr_mappings, 1);
		KUNIT_EXPECT_NULL(test, fixture_find(domain, SZ_1M));
	}
	r[1] = range(IOVA + SZ_1M, SZ_8K, -(u64)SZ_4K);
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, r, 2, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, (int)why.arg, (int)NYX_ARG_ADDRESS);
	r[1] = r[0];
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, r, 2, &why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "range 0 of the same call"));
	r[1] = range(2 * SZ_1M, SZ_4K, at);
	r[1].prot = 4;
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, r, 2, &why), -EINVAL);
	r[1].prot = 0;
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, r, 2, &why), -EINVAL);
	r[1].prot = RW;
	r[1].type = NYX_MAPPING_RESERVED;
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, r, 2, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, (int)why.arg, (int)NYX_ARG_TYPE);
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, r, 0, &why), -EINVAL);
	/* The neighbours of the interrupt range are fine. */
	r[0] = range(0xfedff000, SZ_4K, at);
	r[1] = range(0xfef00000, SZ_4K, at);
	KUNIT_EXPECT_EQ_MSG(test, nyx_domain_map(domain, r, 2, &why), 0, "%s", why.text);
}

static void unmap_refused(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r[] = { range(IOVA, SZ_64K, at), range(IOVA + SZ_1M, SZ_64K, at) };
	struct nyx_domain *domain = flushes.domain;
	struct nyx_mapping *busy;
	struct nyx_why why;

	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, r, 2, NULL), 0);
	/* The first range is good; the second spoils the call. */
	r[1].length = SZ_32K;
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, r, 2, NULL, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, why.range, 1);
	r[1] = range(2 * IOVA, SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, r, 2, NULL, &why), -ENOENT);
	r[1] = r[0];
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, r, 2, NULL, &why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "same call"));
	r[1] = range(IOVA + SZ_1M, SZ_64K, 0);
	busy = fixture_find(domain, r[1].iova);
	KUNIT_ASSERT_NOT_NULL(test, busy);
	busy->state = NYX_MAPPING_UNDOING;
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, r, 2, NULL, &why), -EBUSY);
	busy->state = NYX_MAPPING_LIVE;
	KUNIT_EXPECT_EQ(test, flushes.nr, 0);
	KUNIT_EXPECT_EQ(test, domain->nr_mappings, 2);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, r, 2, NULL, &why), 0);
	KUNIT_EXPECT_EQ(test, flushes.nr, 1);
}

/* Small maps leave an empty table behind; a large leaf still finds its place. */
static void large_leaf_after_small(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_2M, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct page *huge = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, 9);
	struct nyx_map_range r = range(IOVA, SZ_4K, at);
	struct vm_area_struct *vma;
	struct nyx_pt_translation t;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, huge);
	mmap_write_lock(current->mm);
	vma = find_vma(current->mm, at);
	for (i = 0; i < 512; i++)
		KUNIT_EXPECT_EQ(test, vm_insert_page(vma, at + i * SZ_4K, huge + i), 0);
	mmap_write_unlock(current->mm);

	KUNIT_ASSERT_EQ(test, nyx_domain_map(flushes.domain, &r, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, nyx_domain_unmap(flushes.domain, &r, 1, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, flushes.nr, 1);
	r.length = SZ_2M;
	KUNIT_ASSERT_EQ(test, nyx_domain_map(flushes.domain, &r, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, flushes.nr, 2);
	KUNIT_EXPECT_FALSE(test, flushes.leaf_only);
	KUNIT_ASSERT_EQ(test, nyx_domain_translate(flushes.domain, IOVA + SZ_1M, &t), 0);
	KUNIT_EXPECT_EQ(test, t.page_size, SZ_2M);
	KUNIT_EXPECT_EQ(test, t.paddr, page_to_phys(huge) + SZ_1M);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(flushes.domain, &r, 1, NULL, NULL), 0);
	put_page(huge);
}

static void the_end_takes_all(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_domain *domain = flushes.domain;
	long locked = fixture_locked();
	struct nyx_map_range r;
	u32 i;

	for (i = 0; i < 16; i++) {
		r = range(IOVA + (u64)i * SZ_1G, SZ_32K, at + i * SZ_32K);
		KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, &r, 1, NULL), 0);
	}
	for (i = 0; i < 8; i++)
		flushes.watched[i] =
			fixture_page(fixture_find(domain, IOVA + (u64)i * SZ_1G), i);
	flushes.nr = 0;
	nyx_domain_unmap_all(domain);
	KUNIT_EXPECT_EQ(test, flushes.nr, 1);
	KUNIT_EXPECT_EQ(test, flushes.first, 0);
	KUNIT_EXPECT_EQ(test, flushes.last, U64_MAX);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
	KUNIT_EXPECT_EQ(test, domain->nr_mappings, 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, &r, 1, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, &r, 1, NULL, NULL), -ENOENT);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(map_then_unmap, format_gen_params),
	KUNIT_CASE_PARAM(unmap_order, format_gen_params),
	KUNIT_CASE_PARAM(failed_flush_leaks, format_gen_params),
	KUNIT_CASE(dead_unit_keeps_the_root),
	KUNIT_CASE_PARAM(map_failing_at_each_range, format_gen_params),
	KUNIT_CASE_PARAM(map_without_tables, format_gen_params),
	KUNIT_CASE(map_on_a_caching_unit),
	KUNIT_CASE(map_refused),
	KUNIT_CASE(unmap_refused),
	KUNIT_CASE_PARAM(large_leaf_after_small, format_gen_params),
	KUNIT_CASE_PARAM(the_end_takes_all, format_gen_params),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "nyx_memory",
	.init = memory_init,
	.exit = memory_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
