/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk, showing every entry. Included by walk.h alone.
 *
 * It trusts nothing it reads: an address is followed only to a page that is known for a
 * table of this page table, and never deeper than there are levels.
 */

static void FMT(view)(const struct nyx_pt *pt, unsigned int level, u64 first, u64 entry,
		      struct nyx_pt_view *view)
{
	u64 made;

	*view = (struct nyx_pt_view) {
		.kind = NYX_PT_VIEW_STRAY,
		.level = level,
		.first = first,
		.last = first + (BIT_ULL(nyx_pt_shift(level)) - 1),
		.entry = entry,
	};
	if (!FMT(present)(entry))
		return;
	view->paddr = FMT(addr)(entry);
	view->prot = FMT(prot)(entry);
	if (FMT(is_leaf)(entry, level)) {
		view->kind = NYX_PT_VIEW_LEAF;
		made = FMT(leaf)(view->paddr, FMT(attrs)(view->prot, pt->config.force_snoop),
				 level);
		view->malformed = entry != made || (view->paddr & (view->last - view->first)) ||
				  !(pt->config.page_sizes & BIT_ULL(nyx_pt_shift(level)));
		return;
	}
	view->kind = NYX_PT_VIEW_TABLE;
	view->malformed = (entry & ~FMT_SYNCED) != FMT(table)(view->paddr, level);
	view->foreign = !nyx_pt_table_is_of(pt, view->paddr);
}

/* One table, which maps from base on. Returns as nyx_pt_scan(). */
static u64 FMT(scan_below)(const struct nyx_pt *pt, const u64 *table, unsigned int level, u64 base,
			   u64 iova, unsigned int *budget,
			   void (*show)(const struct nyx_pt_view *view, void *arg), void *arg)
{
	unsigned int shift = nyx_pt_shift(level), i = iova > base ? (iova - base) >> shift : 0;
	struct nyx_pt_view view;
	u64 entry, first, next;

	for (; i < NYX_PT_ENTRIES; i++) {
		first = base + ((u64)i << shift);
		if (!*budget)
			return max(first, iova);
		--*budget;
		entry = READ_ONCE(table[i]);
		if (!entry)
			continue;
		FMT(view)(pt, level, first, entry, &view);
		show(&view, arg);
		if (view.kind != NYX_PT_VIEW_TABLE || view.foreign)
			continue;
		next = FMT(scan_below)(pt, FMT(child)(entry), level - 1, first, iova, budget, show,
				       arg);
		if (next <= view.last)
			return next;
	}
	return base + ((u64)NYX_PT_ENTRIES << shift);
}

u64 FMT(scan)(const struct nyx_pt *pt, u64 iova, unsigned int *budget,
	      void (*show)(const struct nyx_pt_view *view, void *arg), void *arg)
{
	return FMT(scan_below)(pt, pt->root, pt->config.levels, 0, iova, budget, show, arg);
}
