// SPDX-License-Identifier: GPL-2.0
/*
 * IO page tables: argument checks, the choice of format once per call, the
 * memory of tables and the gather.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "table.h"

#ifdef NYX_KUNIT
struct nyx_pt_test *nyx_pt_test;
#endif

/* Both formats keep addresses in bits 51:12. */
#define NYX_PT_PADDR_LAST	(BIT_ULL(52) - 1)

#define nyx_pt_call(pt, name, ...)							\
	((pt)->config.format == NYX_PT_VTDSS ? nyx_vtdss_##name((pt), ##__VA_ARGS__) :	\
					       nyx_amdv1_##name((pt), ##__VA_ARGS__))

u64 *nyx_pt_table_alloc(struct nyx_pt *pt)
{
	struct page *page;
	u64 *table;

#ifdef NYX_KUNIT
	if (nyx_pt_test && nyx_pt_test->fail(nyx_pt_test))
		return NULL;
#endif
	page = alloc_pages_node(pt->config.node, GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);
	if (!page)
		return NULL;
	atomic_long_inc(&pt->nr_tables);
	set_page_private(page, (unsigned long)pt);
	table = page_address(page);
	nyx_pt_flush(pt, table, NYX_PT_ENTRIES);
	return table;
}

static void table_free(u64 *table)
{
#ifdef NYX_KUNIT
	if (nyx_pt_test)
		nyx_pt_test->freed(nyx_pt_test, table);
#endif
	set_page_private(virt_to_page(table), 0);
	free_page((unsigned long)table);
}

void nyx_pt_table_free(struct nyx_pt *pt, u64 *table)
{
	table_free(table);
	atomic_long_dec(&pt->nr_tables);
}

bool nyx_pt_table_is_of(const struct nyx_pt *pt, u64 paddr)
{
	unsigned long pfn = PHYS_PFN(paddr);

	return pfn_valid(pfn) && page_private(pfn_to_page(pfn)) == (unsigned long)pt;
}

int nyx_pt_init(struct nyx_pt *pt, const struct nyx_pt_config *config)
{
	if (config->format != NYX_PT_VTDSS && config->format != NYX_PT_AMDV1)
		return -EINVAL;
	if (config->levels < NYX_PT_LEVELS_MIN || config->levels > NYX_PT_LEVELS_MAX)
		return -EINVAL;
	if (!(config->page_sizes & SZ_4K) || (config->page_sizes & ~(SZ_4K | SZ_2M | SZ_1G)))
		return -EINVAL;

	pt->config = *config;
	atomic_long_set(&pt->nr_tables, 0);
	pt->root = nyx_pt_table_alloc(pt);
	return pt->root ? 0 : -ENOMEM;
}

void nyx_pt_destroy(struct nyx_pt *pt)
{
	nyx_pt_call(pt, free_all);
	pt->root = NULL;
}

/* Turn a length into a last byte. 0, -EINVAL or -ERANGE as pt.h says. */
static __always_inline int range_last(const struct nyx_pt *pt, u64 iova, u64 len, u64 *last)
{
	if (unlikely(!len || ((iova | len) & (SZ_4K - 1))))
		return -EINVAL;
	*last = iova + (len - 1);
	if (unlikely(*last < iova || *last > nyx_pt_last_iova(&pt->config)))
		return -ERANGE;
	return 0;
}

int nyx_pt_map(struct nyx_pt *pt, u64 iova, u64 paddr, u64 len, u32 prot,
	       struct nyx_pt_gather *gather)
{
	u64 last;
	int err;

	if (unlikely(!prot || (prot & ~(NYX_PROT_READ | NYX_PROT_WRITE)) ||
		     (paddr & (SZ_4K - 1))))
		return -EINVAL;
	err = range_last(pt, iova, len, &last);
	if (unlikely(err))
		return err;
	/* last - iova cannot make this wrap: it is less than 2^48 */
	if (unlikely(paddr > NYX_PT_PADDR_LAST || paddr + (last - iova) > NYX_PT_PADDR_LAST))
		return -ERANGE;
	return nyx_pt_call(pt, map, iova, last, paddr, prot, gather);
}

int nyx_pt_unmap(struct nyx_pt *pt, u64 iova, u64 len, struct nyx_pt_gather *gather,
		 u64 *unmapped)
{
	u64 last;
	int err;

	err = range_last(pt, iova, len, &last);
	if (unlikely(err))
		return err;
	return nyx_pt_call(pt, unmap, iova, last, gather, unmapped);
}

int nyx_pt_prune(struct nyx_pt *pt, u64 iova, u64 len, struct nyx_pt_gather *gather)
{
	u64 last;
	int err;

	err = range_last(pt, iova, len, &last);
	if (err)
		return err;
	nyx_pt_call(pt, prune, iova, last, gather);
	return 0;
}

int nyx_pt_split(struct nyx_pt *pt, u64 iova, u64 len, struct nyx_pt_gather *gather)
{
	u64 last;
	int err;

	err = range_last(pt, iova, len, &last);
	if (err)
		return err;
	err = nyx_pt_call(pt, split, iova, gather);
	/* The end of the address space is a boundary anyway. */
	if (!err && last != nyx_pt_last_iova(&pt->config))
		err = nyx_pt_call(pt, split, last + 1, gather);
	return err;
}

int nyx_pt_lookup(const struct nyx_pt *pt, u64 iova, struct nyx_pt_translation *out)
{
	if (unlikely(iova > nyx_pt_last_iova(&pt->config)))
		return -ERANGE;
	return nyx_pt_call(pt, lookup, iova, out);
}

int nyx_pt_walk(const struct nyx_pt *pt, u64 iova, struct nyx_pt_step steps[NYX_PT_LEVELS_MAX])
{
	if (iova > nyx_pt_last_iova(&pt->config))
		return -ERANGE;
	return nyx_pt_call(pt, walk, iova, steps);
}

u64 nyx_pt_scan(const struct nyx_pt *pt, u64 iova, unsigned int *budget,
		void (*show)(const struct nyx_pt_view *view, void *arg), void *arg)
{
	return nyx_pt_call(pt, scan, iova, budget, show, arg);
}

void nyx_pt_gather_init(struct nyx_pt_gather *gather, struct nyx_pt *pt)
{
	gather->pt = pt;
	gather->first = U64_MAX;
	gather->last = 0;
	gather->tables = false;
	gather->free = NULL;
}

/* Take the next detached table off the gather. */
static u64 *gather_pop(struct nyx_pt_gather *gather)
{
	struct page *page = gather->free;

	if (!page)
		return NULL;
	gather->free = (struct page *)page_private(page);
	set_page_private(page, 0);
	return page_address(page);
}

void nyx_pt_gather_free(struct nyx_pt_gather *gather)
{
	long freed = 0;
	u64 *table;

	while ((table = gather_pop(gather))) {
		table_free(table);
		freed++;
	}
	if (freed)
		atomic_long_sub(freed, &gather->pt->nr_tables);
	nyx_pt_gather_init(gather, gather->pt);
}

void nyx_pt_gather_leak(struct nyx_pt_gather *gather, atomic_long_t *leaked)
{
	long n = 0;

	while (gather_pop(gather))
		n++;
	atomic_long_sub(n, &gather->pt->nr_tables);
	atomic_long_add(n, leaked);
	nyx_pt_gather_init(gather, gather->pt);
}
