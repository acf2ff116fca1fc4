/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the walk and its entry points share: the shape of a table, its memory,
 * write-back, and the gather. Private to kernel/pt/.
 */
#ifndef NYX_PT_TABLE_H
#define NYX_PT_TABLE_H

#include <asm/cacheflush.h>
#include <linux/atomic.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "pt.h"

#define NYX_PT_ENTRIES		512
/* log2 of the bytes an entry maps, at levels 1 to 4 */
#define NYX_PT_SHIFT_4K		12
#define NYX_PT_SHIFT_2M		21
#define NYX_PT_SHIFT_1G		30
#define NYX_PT_SHIFT_512G	39
#define NYX_PT_SHIFT_STEP	9

/* log2 of the bytes that an entry maps in a table of this level. */
static inline unsigned int nyx_pt_shift(unsigned int level)
{
	return NYX_PT_SHIFT_4K + NYX_PT_SHIFT_STEP * (level - 1);
}

static inline unsigned int nyx_pt_index(u64 iova, unsigned int shift)
{
	return (iova >> shift) & (NYX_PT_ENTRIES - 1);
}

/* In pt.c: a zeroed table, written back if the unit does not snoop, or NULL. */
u64 *nyx_pt_table_alloc(struct nyx_pt *pt);
void nyx_pt_table_free(struct nyx_pt *pt, u64 *table);

/*
 * Is there, at this host-physical address, a table of pt? A table's struct page says whose
 * it is, from its allocation until it is handed to a gather.
 */
bool nyx_pt_table_is_of(const struct nyx_pt *pt, u64 paddr);

/*
 * Make stored entries visible to a unit that does not snoop table reads
 * (VT-d ECAP.C = 0). Stores before the call are ordered before the write-back.
 */
static inline void nyx_pt_flush(const struct nyx_pt *pt, u64 *slot, unsigned int entries)
{
	if (likely(pt->config.coherent))
		return;
	clflush_cache_range(slot, entries * sizeof(*slot));
#ifdef NYX_KUNIT
	if (nyx_pt_test)
		nyx_pt_test->flushed(nyx_pt_test, slot, entries * sizeof(*slot));
#endif
}

static inline void nyx_pt_gather_range(struct nyx_pt_gather *gather, u64 first, u64 last)
{
	if (first < gather->first)
		gather->first = first;
	if (last > gather->last)
		gather->last = last;
}

/*
 * The chain runs through struct page, not through the table: the unit may go on
 * reading a detached table until it has been invalidated.
 */
static inline void nyx_pt_gather_table(struct nyx_pt_gather *gather, u64 *table)
{
	struct page *page = virt_to_page(table);

	set_page_private(page, (unsigned long)gather->free);
	gather->free = page;
	gather->tables = true;
}

/* What each format instantiates from walk.h; arguments checked by pt.c. */
#define NYX_PT_DECLARE(fmt)								\
int nyx_##fmt##_map(struct nyx_pt *pt, u64 iova, u64 last, u64 paddr, u32 prot,		\
		    struct nyx_pt_gather *gather);					\
int nyx_##fmt##_unmap(struct nyx_pt *pt, u64 iova, u64 last,				\
		      struct nyx_pt_gather *gather, u64 *unmapped);			\
void nyx_##fmt##_prune(struct nyx_pt *pt, u64 iova, u64 last,				\
		       struct nyx_pt_gather *gather);					\
int nyx_##fmt##_split(struct nyx_pt *pt, u64 edge, struct nyx_pt_gather *gather);	\
int nyx_##fmt##_lookup(const struct nyx_pt *pt, u64 iova,				\
		       struct nyx_pt_translation *out);					\
int nyx_##fmt##_walk(const struct nyx_pt *pt, u64 iova, struct nyx_pt_step *steps);	\
u64 nyx_##fmt##_scan(const struct nyx_pt *pt, u64 iova, unsigned int *budget,		\
		     void (*show)(const struct nyx_pt_view *view, void *arg), void *arg);	\
void nyx_##fmt##_free_all(struct nyx_pt *pt)

NYX_PT_DECLARE(vtdss);
NYX_PT_DECLARE(amdv1);

#endif
