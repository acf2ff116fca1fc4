/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk, clearing: unmap, prune and destroy. Included by walk.h alone.
 */

/*
 * Hand a table that its parent no longer points to, and all below it, to the
 * gather. Its entries stay: the unit may walk them until the invalidation.
 * Returns the bytes that were mapped below, not counted in tables of level 1
 * unless `count`.
 */
static u64 FMT(detach)(u64 *table, unsigned int level, struct nyx_pt_gather *gather, bool count)
{
	unsigned int i, live = 0;
	u64 bytes = 0;

	if (level > 1) {
		for (i = 0; i < NYX_PT_ENTRIES; i++) {
			u64 entry = READ_ONCE(table[i]);

			if (!FMT(present)(entry))
				continue;
			if (FMT(is_leaf)(entry, level))
				live++;
			else
				bytes += FMT(detach)(FMT(child)(entry), level - 1, gather, count);
		}
	} else if (count) {
		for (i = 0; i < NYX_PT_ENTRIES; i++)
			live += FMT(present)(READ_ONCE(table[i]));
	}
	nyx_pt_gather_table(gather, table);
	return bytes + ((u64)live << nyx_pt_shift(level));
}

/*
 * Clear a run of `todo` entries, the first of which is at `slot` and maps `iova`.
 * Returns the bytes that were mapped, not counted at level 1 unless `count`.
 */
static __always_inline u64 FMT(clear_run)(struct nyx_pt *pt, u64 *slot, unsigned int todo,
					  unsigned int level, unsigned int shift, u64 iova,
					  struct nyx_pt_gather *gather, bool count)
{
	u64 *p, *end = slot + todo;
	unsigned int live = 0;
	u64 entry, bytes = 0;

	/* Holes at the ends need neither write-back nor invalidation. */
	while (!READ_ONCE(*slot)) {
		slot++;
		iova += BIT_ULL(shift);
		if (slot == end)
			return 0;
	}
	while (!READ_ONCE(end[-1]))
		end--;

	if (level == 1 && !count) {
		for (p = slot; p != end; p++)
			WRITE_ONCE(*p, 0);
	} else if (level == 1) {
		for (p = slot; p != end; p++) {
			live += FMT(present)(READ_ONCE(*p));
			WRITE_ONCE(*p, 0);
		}
	} else {
		for (p = slot; p != end; p++) {
			entry = READ_ONCE(*p);
			if (!FMT(present)(entry))
				continue;
			WRITE_ONCE(*p, 0);
			if (FMT(is_leaf)(entry, level))
				live++;
			else
				bytes += FMT(detach)(FMT(child)(entry), level - 1, gather, count);
		}
	}
	nyx_pt_flush(pt, slot, end - slot);
	nyx_pt_gather_range(gather, iova, iova + ((u64)(end - slot) << shift) - 1);
	return bytes + ((u64)live << shift);
}

/*
 * Clear [first, last], which lies within this table of this level and crosses
 * no leaf. Tables wholly inside are detached, the given one never.
 */
static u64 FMT(clear)(struct nyx_pt *pt, u64 *table, unsigned int level, u64 first, u64 last,
		      struct nyx_pt_gather *gather, bool count)
{
	u64 *path[NYX_PT_LEVELS_MAX + 1];
	unsigned int shift = nyx_pt_shift(level), index, todo;
	u64 bytes = 0, mask, entry;

	for (;;) {
		mask = BIT_ULL(shift) - 1;
		index = nyx_pt_index(first, shift);
		todo = min_t(u64, NYX_PT_ENTRIES - index, (last - first + 1) >> shift);
		if (!(first & mask) && todo) {
			bytes += FMT(clear_run)(pt, table + index, todo, level, shift, first,
						gather, count);
			first += (u64)todo << shift;
		} else {
			entry = READ_ONCE(table[index]);
			if (FMT(present)(entry) && !WARN_ON_ONCE(FMT(is_leaf)(entry, level))) {
				path[level--] = table;
				shift -= NYX_PT_SHIFT_STEP;
				table = FMT(child)(entry);
				continue;
			}
			first = (first | mask) + 1;
		}
		if (first > last)
			return bytes;
		while (!(first & (BIT_ULL(shift + NYX_PT_SHIFT_STEP) - 1))) {
			shift += NYX_PT_SHIFT_STEP;
			table = path[++level];
		}
	}
}

/* Is there a leaf, reached from this table, that maps both edge - 1 and edge? */
static bool FMT(leaf_across)(const u64 *table, unsigned int level, u64 edge)
{
	unsigned int shift = nyx_pt_shift(level);
	u64 entry;

	while (edge & (BIT_ULL(shift) - 1)) {
		entry = READ_ONCE(table[nyx_pt_index(edge, shift)]);
		if (!FMT(present)(entry))
			return false;
		if (FMT(is_leaf)(entry, level))
			return true;
		table = FMT(child)(entry);
		shift -= NYX_PT_SHIFT_STEP;
		level--;
	}
	return false;
}

static noinline int FMT(unmap_long)(struct nyx_pt *pt, u64 first, u64 last,
				    struct nyx_pt_gather *gather, u64 *unmapped)
{
	unsigned int level = pt->config.levels, shift = nyx_pt_shift(level);
	u64 *table = pt->root, entry, mask, bytes = 0;

	/* Down to the table in which the range takes more than a part of one entry. */
	for (; level > 1 && !((first ^ last) >> shift); level--, shift -= NYX_PT_SHIFT_STEP) {
		mask = BIT_ULL(shift) - 1;
		if (!(first & mask) && !(~last & mask))
			break;
		entry = READ_ONCE(table[nyx_pt_index(first, shift)]);
		if (!FMT(present)(entry))
			goto out;
		if (FMT(is_leaf)(entry, level))
			return -EINVAL;
		table = FMT(child)(entry);
	}
	/* Only at its two ends can the range cut a leaf. */
	if (level > 1 && (FMT(leaf_across)(table, level, first) ||
			  FMT(leaf_across)(table, level, last + 1)))
		return -EINVAL;
	bytes = FMT(clear)(pt, table, level, first, last, gather, unmapped);
out:
	if (unmapped)
		*unmapped = bytes;
	return 0;
}

int FMT(unmap)(struct nyx_pt *pt, u64 first, u64 last, struct nyx_pt_gather *gather,
	       u64 *unmapped)
{
	u64 *table = FMT(is_short)(first, last) ? FMT(table_short)(pt, first) : NULL;
	unsigned int todo = ((last - first) >> NYX_PT_SHIFT_4K) + 1;
	u64 bytes;

	if (!table)
		return FMT(unmap_long)(pt, first, last, gather, unmapped);
	bytes = FMT(clear_run)(pt, table + nyx_pt_index(first, NYX_PT_SHIFT_4K), todo, 1,
			       NYX_PT_SHIFT_4K, first, gather, unmapped);
	if (unmapped)
		*unmapped = bytes;
	return 0;
}

/*
 * Prune below a table that maps from `base`. Returns whether no entry of it is
 * present afterwards, which is only known if the table is wholly in the range.
 */
static bool FMT(prune_below)(struct nyx_pt *pt, u64 *table, unsigned int level, u64 base,
			     u64 first, u64 last, struct nyx_pt_gather *gather)
{
	unsigned int shift = nyx_pt_shift(level);
	u64 end = base + (BIT_ULL(shift + NYX_PT_SHIFT_STEP) - 1);
	unsigned int i = nyx_pt_index(max(first, base), shift);
	unsigned int top = nyx_pt_index(min(last, end), shift);
	u64 lo, hi, entry, *child;
	bool empty = true, inside;

	for (; i <= top; i++) {
		entry = READ_ONCE(table[i]);
		if (!FMT(present)(entry))
			continue;
		lo = base + ((u64)i << shift);
		hi = lo + (BIT_ULL(shift) - 1);
		inside = first <= lo && hi <= last;
		if (FMT(is_leaf)(entry, level) || (level == 2 && !inside)) {
			empty = false;
			continue;
		}
		child = FMT(child)(entry);
		if (FMT(prune_below)(pt, child, level - 1, lo, first, last, gather) && inside) {
			WRITE_ONCE(table[i], 0);
			nyx_pt_flush(pt, &table[i], 1);
			nyx_pt_gather_range(gather, lo, hi);
			nyx_pt_gather_table(gather, child);
		} else {
			empty = false;
		}
	}
	return empty;
}

void FMT(prune)(struct nyx_pt *pt, u64 first, u64 last, struct nyx_pt_gather *gather)
{
	FMT(prune_below)(pt, pt->root, pt->config.levels, 0, first, last, gather);
}

static void FMT(free_below)(struct nyx_pt *pt, u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; level > 1 && i < NYX_PT_ENTRIES; i++)
		if (FMT(present)(table[i]) && !FMT(is_leaf)(table[i], level))
			FMT(free_below)(pt, FMT(child)(table[i]), level - 1);
	nyx_pt_table_free(pt, table);
	cond_resched();
}

void FMT(free_all)(struct nyx_pt *pt)
{
	FMT(free_below)(pt, pt->root, pt->config.levels);
}
