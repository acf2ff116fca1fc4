/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk: every algorithm on an IO page table, written once.
 *
 * A format's .c file includes its header, defines
 *
 *   FMT(name)		the format's prefix: present, is_leaf, addr, prot, attrs, leaf_attrs, leaf, table
 *   FMT_SYNCED		a bit that hardware ignores in table entries
 *
 * and then includes this file, so that the format is compiled into the loops. Here
 * and in walk_scan.h is what reads; walk_clear.h is what takes away, walk_map.h what
 * adds, walk_split.h what makes leaves smaller.
 *
 * An iteration goes over [first, last], both inclusive, and keeps the tables on
 * the way from the root in path[], so that it climbs only as far as it must.
 * When `first` reaches the end of a table its low bits are zero up to the
 * table's own span: that is how climbing knows where to stop. The end of the
 * address space cannot be climbed over: the loops end at `last` before.
 *
 * Here `level` and `shift` belong together: an entry in a table of `level`
 * maps 1 << shift bytes. Entries that are not present are always 0.
 *
 * The short way: most calls are for a few pages below one table of level 1 that is
 * there. They go straight to it by shifts that are constants, and into the same
 * inner loops.
 */
#include <linux/bug.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "table.h"

static __always_inline u64 *FMT(child)(u64 entry)
{
	return phys_to_virt(FMT(addr)(entry));
}

/* Is [first, last] a part, and not all, of what one table of level 1 maps? */
static __always_inline bool FMT(is_short)(u64 first, u64 last)
{
	return !((first ^ last) >> NYX_PT_SHIFT_2M) && last - first < SZ_2M - 1;
}

/*
 * The table of level 1 for iova, or NULL unless all tables on the way are there and
 * written back. Only entries that point to a table carry FMT_SYNCED, so that one
 * bit answers: present, no leaf, written back.
 */
static __always_inline u64 *FMT(table_short)(const struct nyx_pt *pt, u64 iova)
{
	u64 *table = pt->root, entry;

	if (pt->config.levels == 4) {
		entry = READ_ONCE(table[nyx_pt_index(iova, NYX_PT_SHIFT_512G)]);
		if (unlikely(!(entry & FMT_SYNCED)))
			return NULL;
		table = FMT(child)(entry);
	}
	entry = READ_ONCE(table[nyx_pt_index(iova, NYX_PT_SHIFT_1G)]);
	if (unlikely(!(entry & FMT_SYNCED)))
		return NULL;
	table = FMT(child)(entry);
	entry = READ_ONCE(table[nyx_pt_index(iova, NYX_PT_SHIFT_2M)]);
	if (unlikely(!(entry & FMT_SYNCED)))
		return NULL;
	return FMT(child)(entry);
}

int FMT(lookup)(const struct nyx_pt *pt, u64 iova, struct nyx_pt_translation *out)
{
	unsigned int level = pt->config.levels, shift = nyx_pt_shift(level);
	u32 prot = NYX_PROT_READ | NYX_PROT_WRITE;
	const u64 *table = pt->root;
	u64 entry;

	for (;; level--, shift -= NYX_PT_SHIFT_STEP) {
		entry = READ_ONCE(table[nyx_pt_index(iova, shift)]);
		if (!FMT(present)(entry))
			return -ENOENT;
		prot &= FMT(prot)(entry);
		if (FMT(is_leaf)(entry, level))
			break;
		table = FMT(child)(entry);
	}
	out->page_size = BIT_ULL(shift);
	out->paddr = FMT(addr)(entry) | (iova & (out->page_size - 1));
	out->level = level;
	out->prot = prot;
	return 0;
}

int FMT(walk)(const struct nyx_pt *pt, u64 iova, struct nyx_pt_step *steps)
{
	unsigned int level = pt->config.levels;
	const u64 *table = pt->root;
	int n = 0;

	for (;; level--) {
		struct nyx_pt_step *step = &steps[n++];

		step->level = level;
		step->index = nyx_pt_index(iova, nyx_pt_shift(level));
		step->entry = READ_ONCE(table[step->index]);
		step->table = virt_to_phys((void *)table);
		step->present = FMT(present)(step->entry);
		step->leaf = step->present && FMT(is_leaf)(step->entry, level);
		if (!step->present || step->leaf)
			return n;
		table = FMT(child)(step->entry);
	}
}

#include "walk_scan.h"
#include "walk_clear.h"
#include "walk_map.h"
#include "walk_split.h"
