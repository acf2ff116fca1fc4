/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain without units and memory of a caller, for the tests of books, pins and
 * maps: nyx_flush_test_hook stands for the units.
 */
#ifndef NYX_TEST_MEMORY_FIXTURE_H
#define NYX_TEST_MEMORY_FIXTURE_H

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../books.h"
#include "../pin.h"
#include "hooks.h"

static inline struct nyx_domain *fixture_domain(struct kunit *test, enum nyx_pt_format format)
{
	const struct nyx_pt_config config = {
		.format = format,
		.levels = 4,
		.page_sizes = SZ_4K | SZ_2M | SZ_1G,
		.coherent = true,
		.node = NUMA_NO_NODE,
	};
	struct nyx_domain *domain = kunit_kzalloc(test, sizeof(*domain), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, domain);
	domain->id = 7;
	domain->mode = NYX_DOMAIN_STRICT;
	domain->owner_portid = 1;
	init_rwsem(&domain->units_lock);
	INIT_LIST_HEAD(&domain->units);
	KUNIT_ASSERT_EQ(test, nyx_domain_init_memory(domain, &config), 0);
	return domain;
}

/* Memory of the caller, at a multiple of 2 MiB. */
static inline u64 fixture_memory(struct kunit *test, u64 bytes, unsigned long prot,
				 unsigned long flags)
{
	u64 at = kunit_vm_mmap(test, NULL, 0, bytes + SZ_2M, prot, flags | MAP_ANONYMOUS, 0);

	KUNIT_ASSERT_NE(test, at, 0);
	return ALIGN(at, SZ_2M);
}

static inline long fixture_locked(void)
{
	return atomic_long_read(&current_user()->locked_vm);
}

/* The page at index of a pinned mapping, found the slow way. */
static inline struct page *fixture_page(const struct nyx_mapping *mapping, u64 index)
{
	u32 i;

	for (i = 0; i < mapping->nr_runs; i++) {
		if (index < mapping->runs[i].nr)
			return mapping->runs[i].first + index;
		index -= mapping->runs[i].nr;
	}
	return NULL;
}

static inline struct nyx_mapping *fixture_find(struct nyx_domain *domain, u64 iova)
{
	struct nyx_mapping *mapping;

	mutex_lock(&domain->lock);
	mapping = nyx_books_find(domain, iova, iova);
	mutex_unlock(&domain->lock);
	return mapping;
}

#endif
