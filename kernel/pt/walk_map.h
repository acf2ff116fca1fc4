/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk, mapping. Included by walk.h alone.
 */

/*
 * Write back a table entry and mark it so.
 *
 * Whoever links a table writes the entry back only after the cmpxchg. Another
 * map that goes through the entry in between would report success while a unit
 * that does not snoop still reads 0 from memory. So the entry says whether its
 * write-back is done, and who finds it not done does it too. The mark itself
 * need not reach memory.
 */
static noinline u64 FMT(sync)(struct nyx_pt *pt, u64 *slot, u64 entry)
{
	nyx_pt_flush(pt, slot, 1);
	entry |= FMT_SYNCED;
	WRITE_ONCE(*slot, entry);
	return entry;
}

/*
 * Link a new, empty table at a slot that was not present. Returns the entry now
 * there, which may be of another map that was first, or 0 without memory.
 */
static noinline u64 FMT(grow)(struct nyx_pt *pt, u64 *slot, unsigned int level)
{
	u64 *table = nyx_pt_table_alloc(pt);
	u64 entry, seen;

	if (!table)
		return 0;
	entry = FMT(table)(virt_to_phys(table), level);
	if (pt->config.coherent)
		entry |= FMT_SYNCED;
	seen = cmpxchg64(slot, 0, entry);
	if (!seen)
		return entry;
	nyx_pt_table_free(pt, table);
	return seen;
}

/*
 * Store `todo` leaves from slot on, up to an entry that is present. Returns how many.
 * Eight at a time, looked at together: a run is mostly long and empty.
 */
static __always_inline unsigned int FMT(fill)(u64 *slot, unsigned int todo, u64 leaf, u64 size)
{
	u64 *p = slot, *end = slot + todo;

	for (; end - p >= 8; p += 8) {
		if (READ_ONCE(p[0]) | READ_ONCE(p[1]) | READ_ONCE(p[2]) | READ_ONCE(p[3]) |
		    READ_ONCE(p[4]) | READ_ONCE(p[5]) | READ_ONCE(p[6]) | READ_ONCE(p[7]))
			break;
		WRITE_ONCE(p[0], leaf);
		WRITE_ONCE(p[1], leaf += size);
		WRITE_ONCE(p[2], leaf += size);
		WRITE_ONCE(p[3], leaf += size);
		WRITE_ONCE(p[4], leaf += size);
		WRITE_ONCE(p[5], leaf += size);
		WRITE_ONCE(p[6], leaf += size);
		WRITE_ONCE(p[7], leaf += size);
		leaf += size;
	}
	for (; p != end; p++, leaf += size) {
		if (unlikely(READ_ONCE(*p)))
			break;
		WRITE_ONCE(*p, leaf);
	}
	return p - slot;
}

/* A map failed at `end`: clear what it made from `first` on, exactly whole leaves. */
static noinline int FMT(undo)(struct nyx_pt *pt, u64 first, u64 end,
			      struct nyx_pt_gather *gather, int err)
{
	if (end != first)
		FMT(clear)(pt, pt->root, pt->config.levels, first, end - 1, gather, false);
	return err;
}

static noinline int FMT(map_long)(struct nyx_pt *pt, u64 iova, u64 last, u64 paddr, u32 prot,
				  struct nyx_pt_gather *gather)
{
	const u64 attrs = FMT(attrs)(prot, pt->config.force_snoop);
	/* The page sizes to which iova and paddr are aligned alike: the same all along. */
	const u64 skew = iova ^ paddr, sizes = pt->config.page_sizes & (skew ^ (skew - 1));
	unsigned int level = pt->config.levels, shift = nyx_pt_shift(level), index, todo, done;
	u64 *path[NYX_PT_LEVELS_MAX + 1], *table = pt->root, *slot;
	u64 first = iova, size, entry;

	for (;;) {
		size = BIT_ULL(shift);
		index = nyx_pt_index(first, shift);
		slot = table + index;
		if ((sizes & size) && !(first & (size - 1)) && last - first >= size - 1) {
			todo = min_t(u64, NYX_PT_ENTRIES - index, (last - first + 1) >> shift);
			done = FMT(fill)(slot, todo, FMT(leaf)(paddr, attrs, level), size);
			if (likely(done)) {
				nyx_pt_flush(pt, slot, done);
				first += (u64)done << shift;
				paddr += (u64)done << shift;
				if (first > last)
					return 0;
			}
			if (done == todo) {
				while (!(first & (BIT_ULL(shift + NYX_PT_SHIFT_STEP) - 1))) {
					shift += NYX_PT_SHIFT_STEP;
					table = path[++level];
				}
				continue;
			}
			/* A table is in the way of a leaf: go on inside it. */
			slot += done;
		}
		entry = READ_ONCE(*slot);
		if (!FMT(present)(entry)) {
			entry = FMT(grow)(pt, slot, level);
			if (!entry)
				return FMT(undo)(pt, iova, first, gather, -ENOMEM);
		}
		if (FMT(is_leaf)(entry, level))
			return FMT(undo)(pt, iova, first, gather, -EEXIST);
		if (unlikely(!(entry & FMT_SYNCED)))
			entry = FMT(sync)(pt, slot, entry);
		path[level--] = table;
		shift -= NYX_PT_SHIFT_STEP;
		table = FMT(child)(entry);
	}
}

int FMT(map)(struct nyx_pt *pt, u64 iova, u64 last, u64 paddr, u32 prot,
	     struct nyx_pt_gather *gather)
{
	u64 *table = FMT(is_short)(iova, last) ? FMT(table_short)(pt, iova) : NULL, *slot;
	unsigned int todo = ((last - iova) >> NYX_PT_SHIFT_4K) + 1, done;
	u64 attrs;

	if (!table)
		return FMT(map_long)(pt, iova, last, paddr, prot, gather);
	attrs = FMT(attrs)(prot, pt->config.force_snoop);
	slot = table + nyx_pt_index(iova, NYX_PT_SHIFT_4K);
	done = FMT(fill)(slot, todo, FMT(leaf)(paddr, attrs, 1), SZ_4K);
	nyx_pt_flush(pt, slot, done);
	if (likely(done == todo))
		return 0;
	return FMT(undo)(pt, iova, iova + (u64)done * SZ_4K, gather, -EEXIST);
}
