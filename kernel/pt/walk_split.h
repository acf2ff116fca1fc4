/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk, splitting: a leaf becomes a table of smaller ones that translate the
 * same. Included by walk.h alone.
 */

/* Give back a table that no unit has seen, and those below it. */
static void FMT(spread_undo)(struct nyx_pt *pt, u64 *table, unsigned int level, unsigned int made)
{
	while (level > 1 && made--)
		if (!FMT(is_leaf)(table[made], level))
			FMT(spread_undo)(pt, FMT(child)(table[made]), level - 1, NYX_PT_ENTRIES);
	nyx_pt_table_free(pt, table);
}

/*
 * A table of this level that maps from paddr on with these attrs, by the largest pages
 * that the config has at this level or below. Written back, linked nowhere. NULL: no memory.
 */
static u64 *FMT(spread)(struct nyx_pt *pt, u64 paddr, u64 attrs, unsigned int level)
{
	const u64 size = BIT_ULL(nyx_pt_shift(level));
	u64 *table = nyx_pt_table_alloc(pt), *child;
	unsigned int i;

	for (i = 0; table && i < NYX_PT_ENTRIES; i++, paddr += size) {
		if (pt->config.page_sizes & size) {
			table[i] = FMT(leaf)(paddr, attrs, level);
			continue;
		}
		/* Pages of 1 GiB without pages of 2 MiB: one level more. */
		child = FMT(spread)(pt, paddr, attrs, level - 1);
		if (!child) {
			FMT(spread_undo)(pt, table, level, i);
			return NULL;
		}
		table[i] = FMT(table)(virt_to_phys(child), level) | FMT_SYNCED;
	}
	if (table)
		nyx_pt_flush(pt, table, NYX_PT_ENTRIES);
	return table;
}

/*
 * Make `edge` a boundary between leaves. The new table is complete in memory before the
 * one store that replaces the leaf: whichever of the two a unit finds translates alike.
 */
int FMT(split)(struct nyx_pt *pt, u64 edge, struct nyx_pt_gather *gather)
{
	unsigned int level = pt->config.levels, shift = nyx_pt_shift(level);
	u64 *table = pt->root, *slot, *smaller;
	u64 entry, first;

	for (; edge & (BIT_ULL(shift) - 1); level--, shift -= NYX_PT_SHIFT_STEP) {
		slot = table + nyx_pt_index(edge, shift);
		entry = READ_ONCE(*slot);
		if (!FMT(present)(entry))
			return 0;
		if (FMT(is_leaf)(entry, level)) {
			smaller = FMT(spread)(pt, FMT(addr)(entry), FMT(leaf_attrs)(entry),
					      level - 1);
			if (!smaller)
				return -ENOMEM;
			/* The stores to the table before the pointer to it. */
			smp_wmb();
			entry = FMT(table)(virt_to_phys(smaller), level);
			WRITE_ONCE(*slot, entry);
			entry = FMT(sync)(pt, slot, entry);
			first = edge & ~(BIT_ULL(shift) - 1);
			nyx_pt_gather_range(gather, first, first + (BIT_ULL(shift) - 1));
			/* Not only leaves have changed. */
			gather->tables = true;
		} else if (!(entry & FMT_SYNCED)) {
			entry = FMT(sync)(pt, slot, entry);
		}
		table = FMT(child)(entry);
	}
	return 0;
}
