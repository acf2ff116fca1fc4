// SPDX-License-Identifier: GPL-2.0
/*
 * The audit of page tables: every leaf lies in a mapping and leads where the books say,
 * every mapping is wholly there, every table belongs to this domain and is linked once.
 *
 * domain->lock keeps the books still, and the tables allocated. Calls that were at the
 * page table before it was taken go on, but only inside their own mappings, which are
 * MAKING or UNDOING: what is seen there is passed over.
 */
#include <linux/mm.h>

#include "audit.h"
#include "books.h"

#define ENTRIES_PER_PIECE	16384	/* looked at with the lock held */

struct walk {
	struct nyx_audit *audit;
	struct nyx_domain *domain;
	struct nyx_audit_position *position;
	u64 from;			/* where this piece begins */
	u64 reached;			/* below it all is compared */
	struct nyx_mapping *mapping;	/* that the last leaf was in */
	u32 run;			/* of mapping, the one of the last leaf */
	u64 run_iova;			/* where that one starts */
};

static const char *rights(u32 prot)
{
	static const char *const words[] = { "none", "r", "w", "rw" };

	return words[prot & (NYX_PROT_READ | NYX_PROT_WRITE)];
}

static struct nyx_audit_difference *differs(struct walk *walk, u64 iova, const char *what)
{
	struct nyx_audit_difference *difference = nyx_audit_differs(walk->audit, what);

	difference->domain_id = walk->domain->id;
	difference->has_iova = true;
	difference->iova = iova;
	return difference;
}

/* Is somebody at work in this range of the page table? */
static bool in_flux(struct nyx_domain *domain, u64 first, u64 last)
{
	struct nyx_mapping *mapping;

	/* The undo of a domain takes out tables where no mapping is, too. */
	if (domain->dying)
		return true;
	for (mapping = nyx_books_find(domain, first, last); mapping;
	     mapping = nyx_books_next(mapping, first, last))
		if (mapping->state != NYX_MAPPING_LIVE)
			return true;
	return false;
}

/* The same of a leaf, which mostly lies in one mapping. */
static bool leaf_in_flux(struct walk *walk, const struct nyx_mapping *mapping,
			 const struct nyx_pt_view *view)
{
	if (mapping && view->last <= mapping->node.last)
		return walk->domain->dying || mapping->state != NYX_MAPPING_LIVE;
	return in_flux(walk->domain, view->first, view->last);
}

/* The mapping at iova, and in walk the run of it there, or NULL. */
static struct nyx_mapping *mapping_at(struct walk *walk, u64 iova)
{
	struct nyx_mapping *mapping = walk->mapping;

	if (!mapping || iova < mapping->node.start || iova > mapping->node.last) {
		mapping = nyx_books_find(walk->domain, iova, iova);
		walk->mapping = mapping;
		walk->run = 0;
		walk->run_iova = mapping ? mapping->node.start : 0;
	}
	return mapping;
}

/* Move to the run that holds iova, which is in the LIVE mapping; its address there. */
static u64 paddr_at(struct walk *walk, u64 iova, u64 *run_last)
{
	const struct nyx_mapping *mapping = walk->mapping;
	u64 bytes;

	/* Not pinned page by page: one piece of host-physical memory. */
	if (mapping->type != NYX_MAPPING_USER) {
		*run_last = mapping->node.last;
		return mapping->phys + (iova - mapping->node.start);
	}
	if (iova < walk->run_iova) {
		walk->run = 0;
		walk->run_iova = mapping->node.start;
	}
	for (; walk->run < mapping->nr_runs; walk->run++, walk->run_iova += bytes) {
		bytes = (u64)mapping->runs[walk->run].nr << PAGE_SHIFT;
		if (iova - walk->run_iova < bytes) {
			*run_last = walk->run_iova + bytes - 1;
			return page_to_phys(mapping->runs[walk->run].first) +
			       (iova - walk->run_iova);
		}
	}
	/* Runs that do not add up to the mapping: no leaf can be right here. */
	*run_last = iova;
	return 0;
}

/* Everything below end has been shown: what is LIVE there and was not shown is missing. */
static void reach(struct walk *walk, u64 end)
{
	struct nyx_mapping *mapping;
	u64 from = walk->reached, run_last;

	if (from >= end)
		return;
	walk->reached = end;
	for (mapping = nyx_books_find(walk->domain, from, end - 1); mapping;
	     mapping = nyx_books_next(mapping, from, end - 1)) {
		struct nyx_audit_difference *difference;
		u64 first = max_t(u64, from, mapping->node.start);

		if (mapping->state != NYX_MAPPING_LIVE)
			continue;
		difference = differs(walk, first, "memory that is mapped is not in the page table");
		nyx_audit_found(difference, "nothing up to %#llx",
				min_t(u64, end - 1, mapping->node.last));
		mapping_at(walk, first);
		nyx_audit_expected(difference, "%#llx %s", paddr_at(walk, first, &run_last),
				   rights(mapping->prot));
	}
}

static void show_leaf(struct walk *walk, const struct nyx_pt_view *view)
{
	struct nyx_audit_difference *difference;
	struct nyx_mapping *mapping;
	u64 paddr, run_last;

	reach(walk, view->first);
	/* A leaf may have grown since the last piece: not back. */
	walk->reached = max(walk->reached, view->last + 1);
	mapping = mapping_at(walk, view->first);
	if (leaf_in_flux(walk, mapping, view)) {
		walk->audit->counts.passed_over++;
		return;
	}
	walk->audit->counts.leaves++;
	walk->audit->counts.bytes += view->last - view->first + 1;

	if (view->malformed) {
		difference = differs(walk, view->first, "a page-table entry is malformed");
		nyx_audit_found(difference, "%#llx at level %u", view->entry, view->level);
		nyx_audit_expected(difference, "the bits of a %s page, no others",
				   rights(view->prot));
	}
	/* Whoever mapped it keeps the books. */
	if (walk->domain->external)
		return;
	if (!mapping) {
		difference = differs(walk, view->first, "a page is in the page table and not mapped");
		nyx_audit_found(difference, "%#llx %s, %llu bytes", view->paddr,
				rights(view->prot), view->last - view->first + 1);
		nyx_audit_expected(difference, "nothing");
		return;
	}
	paddr = paddr_at(walk, view->first, &run_last);
	if (view->last > mapping->node.last || view->last > run_last) {
		difference = differs(walk, view->first, "a page reaches beyond the memory behind it");
		nyx_audit_found(difference, "up to %#llx", view->last);
		nyx_audit_expected(difference, "up to %#llx at most",
				   min_t(u64, run_last, mapping->node.last));
	}
	if (paddr != view->paddr || view->prot != mapping->prot) {
		difference = differs(walk, view->first, paddr != view->paddr ?
				     "a page leads to other memory" : "a page has other rights");
		nyx_audit_found(difference, "%#llx %s", view->paddr, rights(view->prot));
		nyx_audit_expected(difference, "%#llx %s", paddr, rights(mapping->prot));
	}
}

static void show_table(struct walk *walk, const struct nyx_pt_view *view)
{
	struct nyx_audit_difference *difference;

	/* On the way to where this piece begins: shown with an earlier one. */
	if (view->first < walk->from)
		return;
	if (view->foreign && in_flux(walk->domain, view->first, view->last)) {
		walk->audit->counts.passed_over++;
		return;
	}
	walk->position->tables++;
	walk->audit->counts.tables++;
	if (view->foreign) {
		difference = differs(walk, view->first, "a table that is not this domain's");
		nyx_audit_found(difference, "%#llx, below level %u", view->paddr, view->level);
		nyx_audit_expected(difference, "a table of its own, or nothing");
	} else if (view->malformed) {
		difference = differs(walk, view->first, "a page-table entry is malformed");
		nyx_audit_found(difference, "%#llx at level %u", view->entry, view->level);
		nyx_audit_expected(difference, "the bits of a table, no others");
	}
}

static void show(const struct nyx_pt_view *view, void *arg)
{
	struct nyx_audit_difference *difference;
	struct walk *walk = arg;

	switch (view->kind) {
	case NYX_PT_VIEW_LEAF:
		show_leaf(walk, view);
		break;
	case NYX_PT_VIEW_TABLE:
		show_table(walk, view);
		break;
	case NYX_PT_VIEW_STRAY:
		if (in_flux(walk->domain, view->first, view->last))
			break;
		difference = differs(walk, view->first, "a page-table entry is not clear");
		nyx_audit_found(difference, "%#llx at level %u", view->entry, view->level);
		nyx_audit_expected(difference, "0");
		break;
	}
}

/* Whether as many tables were shown as were allocated, where nobody came in between. */
static void compare_tables(struct walk *walk)
{
	const struct nyx_audit_position *position = walk->position;
	u64 allocated = atomic_long_read(&walk->domain->pt.nr_tables);
	struct nyx_audit_difference *difference;

	if (!position->steady || walk->domain->changes != position->changes ||
	    position->tables == allocated)
		return;
	difference = nyx_audit_differs(walk->audit, "number of page tables");
	difference->domain_id = walk->domain->id;
	nyx_audit_found(difference, "%llu linked, each once", position->tables);
	nyx_audit_expected(difference, "%llu, as allocated", allocated);
}

bool nyx_audit_table(struct nyx_domain *domain, struct nyx_audit_position *position,
		     struct nyx_audit *audit)
{
	struct walk walk = {
		.audit = audit,
		.domain = domain,
		.position = position,
	};
	u64 end = nyx_pt_last_iova(&domain->pt.config) + 1;
	unsigned int budget = ENTRIES_PER_PIECE;

	mutex_lock(&domain->lock);
	/* Another domain has got the id of the one that was begun with. */
	if (upper_32_bits(position->changes) != upper_32_bits(domain->changes))
		position->iova = 0;
	walk.from = position->iova;
	walk.reached = position->iova;
	if (!position->iova) {
		position->steady = true;
		position->changes = domain->changes;
		position->tables = 1;	/* the root */
		audit->counts.tables++;
	}
	if (domain->nr_changing || domain->external)
		position->steady = false;
	position->iova = nyx_pt_scan(&domain->pt, position->iova, &budget, show, &walk);
	reach(&walk, position->iova);
	if (position->iova >= end)
		compare_tables(&walk);
	mutex_unlock(&domain->lock);
	return position->iova >= end;
}
