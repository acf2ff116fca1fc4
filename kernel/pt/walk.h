/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk: every algorithm on an IO page table, written once.
 *
 * A format's .c file includes its header, defines
 *
 *   FMT(name)		the format's prefix: present, is_leaf, addr, prot, attrs, leaf, table
 *   FMT_SYNCED		a bit that hardware ignores in table entries
 *
 * and then includes this file, so that the format is compiled into the loops.
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

/* ---- reading ---- */

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

/* ---- clearing ---- */

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

/* ---- mapping ---- */

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
