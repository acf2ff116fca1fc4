// SPDX-License-Identifier: GPL-2.0
/*
 * Domains of the kernel's IOMMU API: what is in the table after its calls, and that no page
 * can be anybody else's before the invalidation that covers it, or ever, where that fails.
 */
#include <linux/module.h>

#include "../iommu_api.h"
#include "core_fixture.h"
#include "hooks.h"

#define IOVA	0x40000000UL
#define RW	(IOMMU_READ | IOMMU_WRITE)

static struct {
	struct iommu_domain *iommu;
	struct nyx_domain *domain;
	int result;		/* what the units answer */
	u32 nr;			/* flushes seen */
	u64 first, last;	/* of the newest */
	bool leaf_only;
} s;

static int flush_hook(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only)
{
	if (domain != s.domain)
		return 0;
	s.nr++;
	s.first = first;
	s.last = last;
	s.leaf_only = leaf_only;
	return s.result;
}

static int iommu_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	memset(&s, 0, sizeof(s));
	core_unit(test, 0);
	s.iommu = nyx_api_domain_alloc(NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s.iommu));
	s.domain = nyx_domain_get(1);
	KUNIT_ASSERT_NOT_NULL(test, s.domain);
	nyx_flush_test_hook = flush_hook;
	return 0;
}

static void iommu_exit(struct kunit *test)
{
	s.iommu->ops->free(s.iommu);
	core_settle();
	nyx_domain_put(s.domain);
	nyx_flush_test_hook = NULL;
	core_exit(test);
}

static int map(u64 iova, u64 paddr, size_t page, size_t count, int prot)
{
	size_t mapped = 0;
	int err = s.iommu->ops->map_pages(s.iommu, iova, paddr, page, count, prot, GFP_KERNEL,
					  &mapped);

	return err ?: mapped == page * count ? 0 : -EBADE;
}

static size_t unmap(u64 iova, size_t page, size_t count)
{
	return s.iommu->ops->unmap_pages(s.iommu, iova, page, count, NULL);
}

static void sync(void)
{
	s.iommu->ops->iotlb_sync(s.iommu, NULL);
}

static u64 phys(u64 iova)
{
	return s.iommu->ops->iova_to_phys(s.iommu, iova);
}

static void maps_and_unmaps(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, map(IOVA, 0x12345000, SZ_4K, 3, RW), 0);
	KUNIT_EXPECT_EQ(test, map(IOVA + SZ_2M, SZ_1G, SZ_2M, 2, IOMMU_READ), 0);
	KUNIT_EXPECT_EQ(test, phys(IOVA + 0x2abc), 0x12347abc);
	KUNIT_EXPECT_EQ(test, phys(IOVA + SZ_2M + 5), SZ_1G + 5);
	KUNIT_EXPECT_EQ(test, phys(IOVA + SZ_16K), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->external_bytes), 3 * SZ_4K + 2 * SZ_2M);
	KUNIT_EXPECT_EQ(test, map(IOVA, 0, SZ_4K, 1, RW), -EEXIST);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_4K, 3), 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, phys(IOVA), 0);
	/* Out of the table at once, invalidated by the sync, in one go. */
	KUNIT_EXPECT_EQ(test, unmap(IOVA + SZ_2M, SZ_2M, 2), 2 * SZ_2M);
	KUNIT_EXPECT_EQ(test, s.nr, 0);
	sync();
	KUNIT_EXPECT_EQ(test, s.nr, 1);
	KUNIT_EXPECT_LE(test, s.first, IOVA);
	KUNIT_EXPECT_GE(test, s.last, IOVA + 3 * SZ_2M - 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->external_bytes), 0);
	/* Nothing since. */
	sync();
	KUNIT_EXPECT_EQ(test, s.nr, 1);
}

static void part_of_a_large_page(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, map(IOVA, SZ_1G, SZ_2M, 1, RW), 0);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_4K, 1), 0);
	KUNIT_EXPECT_EQ(test, phys(IOVA), SZ_1G);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_2M, 1), SZ_2M);
	sync();
}

/* Tables that small pages leave do not keep a large one out, and go after a flush only. */
static void large_after_small(struct kunit *test)
{
	long tables = atomic_long_read(&s.domain->pt.nr_tables);

	KUNIT_EXPECT_EQ(test, map(IOVA, 0x5000, SZ_4K, 1, RW), 0);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_4K, 1), SZ_4K);
	sync();
	KUNIT_EXPECT_EQ(test, map(IOVA, SZ_1G, SZ_2M, 1, RW), 0);
	KUNIT_EXPECT_FALSE(test, s.leaf_only);
	KUNIT_EXPECT_EQ(test, s.nr, 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s.domain->pt.nr_tables), tables + 2);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_2M, 1), SZ_2M);
	sync();
}

static void never_the_interrupts(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, map(0xfee00000, SZ_1G, SZ_4K, 1, RW), -EINVAL);
	KUNIT_EXPECT_EQ(test, map(0xfec00000, SZ_1G, SZ_2M, 2, RW), -EINVAL);
	KUNIT_EXPECT_EQ(test, map(s.iommu->geometry.aperture_end + 1, SZ_1G, SZ_4K, 1, RW),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->external_bytes), 0);
}

/* More pieces than are noted: what is full is invalidated on the way. */
static void many_pieces(struct kunit *test)
{
	u32 i, nr = 1200;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, map(IOVA + i * SZ_4K, SZ_1G + i * SZ_8K, SZ_4K, 1, RW), 0);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_4K, nr), nr * SZ_4K);
	KUNIT_EXPECT_EQ(test, s.nr, 2);
	KUNIT_EXPECT_EQ(test, phys(IOVA + (nr - 1) * SZ_4K), 0);
	sync();
	KUNIT_EXPECT_EQ(test, s.nr, 3);
}

/* VFIO unpins when the sync returns. It cannot be told that it failed: so the pages stay. */
static void failed_flush_keeps(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2), *other = alloc_page(GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, other);
	split_page(page, 2);
	KUNIT_EXPECT_EQ(test, map(IOVA, page_to_phys(page), SZ_4K, 4, RW), 0);
	KUNIT_EXPECT_EQ(test, map(IOVA + SZ_1M, page_to_phys(other), SZ_4K, 1, RW), 0);
	/* Device memory has no pages to keep. */
	KUNIT_EXPECT_EQ(test, map(IOVA + SZ_2M, 0xf00000000000, SZ_4K, 1, RW), 0);
	KUNIT_EXPECT_EQ(test, unmap(IOVA, SZ_4K, 4), SZ_16K);
	KUNIT_EXPECT_EQ(test, unmap(IOVA + SZ_2M, SZ_4K, 1), SZ_4K);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	s.result = -EIO;
	sync();
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, page_count(page + i), 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s.domain->leaked_pages), 4);
	KUNIT_EXPECT_TRUE(test, s.domain->unproven);
	/* For ever: also when later flushes seem to work. */
	s.result = 0;
	KUNIT_EXPECT_EQ(test, unmap(IOVA + SZ_1M, SZ_4K, 1), SZ_4K);
	sync();
	KUNIT_EXPECT_EQ(test, page_count(other), 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s.domain->leaked_pages), 5);
	/* Or a program could go on for ever, each time with other pages. */
	KUNIT_EXPECT_EQ(test, map(IOVA, page_to_phys(other), SZ_4K, 1, RW), -EIO);
	KUNIT_EXPECT_EQ(test, phys(IOVA), 0);

	/* Only a test may take them back. */
	for (i = 0; i < 4; i++) {
		put_page(page + i);
		__free_page(page + i);
	}
	put_page(other);
	__free_page(other);
}

static void shown(struct kunit *test)
{
	struct nyx_mapping_info info;

	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, 0, &info), -ENOENT);
	KUNIT_EXPECT_EQ(test, map(IOVA, SZ_1G, SZ_4K, 2, RW), 0);
	KUNIT_EXPECT_EQ(test, map(IOVA + SZ_8K, SZ_4M, SZ_4K, 1, RW), 0);
	KUNIT_EXPECT_EQ(test, map(IOVA + 3 * SZ_4K, SZ_8M, SZ_4K, 1, IOMMU_READ), 0);
	KUNIT_EXPECT_EQ(test, map(IOVA + SZ_2M, SZ_8M, SZ_2M, 1, IOMMU_READ), 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, 0, &info), 0);
	KUNIT_EXPECT_EQ(test, info.iova, IOVA);
	KUNIT_EXPECT_EQ(test, info.length, 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, info.nr_runs, 2);
	KUNIT_EXPECT_EQ(test, info.paddr, SZ_1G);
	KUNIT_EXPECT_EQ(test, info.type, NYX_MAPPING_EXTERNAL);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, info.iova + info.length, &info), 0);
	KUNIT_EXPECT_EQ(test, info.length, SZ_4K);
	KUNIT_EXPECT_EQ(test, info.prot, NYX_PROT_READ);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, info.iova + info.length, &info), 0);
	KUNIT_EXPECT_EQ(test, info.iova, IOVA + SZ_2M);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, info.iova + info.length, &info),
			-ENOENT);
	unmap(IOVA, SZ_4K, 4);
	unmap(IOVA + SZ_2M, SZ_2M, 1);
	sync();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(maps_and_unmaps),
	KUNIT_CASE(part_of_a_large_page),
	KUNIT_CASE(large_after_small),
	KUNIT_CASE(never_the_interrupts),
	KUNIT_CASE(many_pieces),
	KUNIT_CASE(failed_flush_keeps),
	KUNIT_CASE(shown),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_iommu_domain",
	.init = iommu_init,
	.exit = iommu_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
