// SPDX-License-Identifier: GPL-2.0
/*
 * The page table of a domain: entries written for mappings, cleared and invalidated,
 * looked at. Who may be here and when is memory.c's to decide.
 *
 * Tables that came out of the page table are freed under domain->lock, so whoever
 * holds it may walk.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "entries.h"
#include "nyx_trace.h"
#include "phys.h"
#include "pin.h"
#include "ranges.h"

static int refuse_dead(struct nyx_why *why)
{
	return nyx_refuse(why, -EIO, NYX_ARG_DOMAIN,
			  "an IOMMU unit of the domain, or a device in it with ATS, no longer answers; delete the domain, or restart the host if a unit is dead");
}

void nyx_entries_start(struct nyx_domain *domain)
{
	lockdep_assert_held(&domain->lock);
	domain->nr_changing++;
	domain->changes++;
}

void nyx_entries_end(struct nyx_domain *domain)
{
	lockdep_assert_held(&domain->lock);
	domain->nr_changing--;
	WRITE_ONCE(domain->nr_changed, domain->nr_changed + 1);
	wake_up_all(&domain->unchanging);
}

void nyx_entries_hold_module(struct nyx_domain *domain)
{
	bool hold = domain->nr_mappings;

	lockdep_assert_held(&domain->lock);
	if (hold && !domain->holds_module)
		__module_get(THIS_MODULE);
	else if (!hold && domain->holds_module)
		module_put(THIS_MODULE);
	domain->holds_module = hold;
}

void nyx_mappings_free(struct list_head *list)
{
	struct nyx_mapping *mapping, *next;

	list_for_each_entry_safe(mapping, next, list, link)
		kfree(mapping);
	INIT_LIST_HEAD(list);
}

bool nyx_entries_invalidate(struct nyx_domain *domain, const struct nyx_pt_gather *gather)
{
	if (nyx_pt_gather_empty(gather))
		return true;
	if (nyx_domain_flush(domain, gather->first, gather->last, !gather->tables))
		WRITE_ONCE(domain->unproven, true);
	return !READ_ONCE(domain->unproven);
}

void nyx_entries_release_tables(struct nyx_domain *domain, struct nyx_pt_gather *gather,
				bool proven)
{
	lockdep_assert_held(&domain->lock);
	if (proven)
		nyx_pt_gather_free(gather);
	else
		nyx_pt_gather_leak(gather, &domain->leaked_tables);
}

static int clear_range(struct nyx_domain *domain, u64 first, u64 bytes,
		       struct nyx_pt_gather *gather)
{
	int err = nyx_pt_unmap(&domain->pt, first, bytes, gather, NULL);

	/* Mappings have no holes. */
	trace_unmap(domain, first, bytes, err ? 0 : bytes);
	return err;
}

/* Clear the entries of all mappings in list, neighbours in one walk. */
static int clear_entries(struct nyx_domain *domain, struct list_head *list,
			 struct nyx_pt_gather *gather)
{
	struct nyx_mapping *mapping;
	u64 first = 0, next = 0;	/* [first, next) is still to be cleared */
	int err = 0;

	list_for_each_entry(mapping, list, link) {
		if (mapping->node.start != next) {
			if (next > first)
				err |= clear_range(domain, first, next - first, gather);
			first = mapping->node.start;
		}
		next = mapping->node.last + 1;
	}
	if (next > first)
		err |= clear_range(domain, first, next - first, gather);
	return err;
}

bool nyx_entries_withdraw(struct nyx_domain *domain, struct list_head *list,
			  struct nyx_pt_gather *gather)
{
	/* Before anything is cleared: what faults from now on faults for that. */
	u64 leaked = 0, now = ktime_get_ns();
	struct nyx_mapping *mapping;
	bool proven = true;

	/* Books and table can only disagree by a bug; then nothing is proved either. */
	if (WARN_ON_ONCE(clear_entries(domain, list, gather))) {
		WRITE_ONCE(domain->unproven, true);
		proven = false;
	}
	proven &= nyx_entries_invalidate(domain, gather);

	list_for_each_entry(mapping, list, link) {
		if (!proven)
			leaked += nyx_pin_leak(mapping);	/* what else it holds stays held too */
		else if (mapping->type == NYX_MAPPING_USER)
			nyx_unpin(mapping);
		else
			nyx_phys_release(mapping);
	}
	atomic_long_add(leaked, &domain->leaked_pages);

	mutex_lock(&domain->lock);
	list_for_each_entry(mapping, list, link) {
		nyx_books_remember(domain, mapping, now);
		nyx_books_erase(domain, mapping);
	}
	nyx_entries_hold_module(domain);
	nyx_entries_release_tables(domain, gather, proven);
	nyx_entries_end(domain);
	mutex_unlock(&domain->lock);
	nyx_mappings_free(list);
	return proven;
}

/* ---- written ---- */

/*
 * Empty tables left behind by earlier unmaps would keep large leaves out. Detach them
 * where a large leaf is possible, and have them forgotten before a leaf takes the place.
 */
static int make_room(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why)
{
	struct nyx_pt_gather gather;
	struct nyx_mapping *mapping;
	bool proven;
	u32 i;

	nyx_pt_gather_init(&gather, &domain->pt);
	list_for_each_entry(mapping, list, link) {
		bool large = mapping->type != NYX_MAPPING_USER;

		for (i = 0; i < mapping->nr_runs && !large; i++)
			large = mapping->runs[i].nr >= SZ_2M / SZ_4K;
		if (large)
			nyx_pt_prune(&domain->pt, mapping->node.start,
				     nyx_mapping_length(mapping), &gather);
	}
	if (nyx_pt_gather_empty(&gather))
		return 0;
	proven = nyx_entries_invalidate(domain, &gather);
	mutex_lock(&domain->lock);
	nyx_entries_release_tables(domain, &gather, proven);
	mutex_unlock(&domain->lock);
	return proven ? 0 : refuse_dead(why);
}

static int refuse_entries(int err, u64 iova, u64 bytes, struct nyx_why *why)
{
	return nyx_refuse(why, err, NYX_ARG_NONE, "page table of %#llx-%#llx: %s",
			  iova, iova + bytes - 1, err == -ENOMEM ?
			  "no memory; free some or map less" : "a bug, please report it");
}

static int write_entries(struct nyx_domain *domain, struct list_head *list,
			 struct nyx_pt_gather *gather, struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	u32 i, index = 0;
	u64 iova, bytes;
	int err;

	list_for_each_entry(mapping, list, link) {
		iova = mapping->node.start;
		if (mapping->type != NYX_MAPPING_USER) {
			bytes = nyx_mapping_length(mapping);
			err = nyx_pt_map(&domain->pt, iova, mapping->phys, bytes, mapping->prot,
					 gather);
			if (err)
				return nyx_about_range(why, index,
						       refuse_entries(err, iova, bytes, why));
			trace_map(domain, iova, mapping->phys, bytes, mapping->prot);
		}
		for (i = 0; i < mapping->nr_runs; i++, iova += bytes) {
			bytes = (u64)mapping->runs[i].nr << PAGE_SHIFT;
			err = nyx_pt_map(&domain->pt, iova, page_to_phys(mapping->runs[i].first),
					 bytes, mapping->prot, gather);
			if (err)
				return nyx_about_range(why, index,
						       refuse_entries(err, iova, bytes, why));
			trace_map(domain, iova, page_to_phys(mapping->runs[i].first), bytes,
				  mapping->prot);
			cond_resched();
		}
		index++;
	}
	return 0;
}

/* Where a unit may remember that nothing was there: one invalidation over all. */
static int flush_after_map(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	u64 first = U64_MAX, last = 0;

	if (!nyx_domain_flush_on_map(domain))
		return 0;
	list_for_each_entry(mapping, list, link) {
		first = min_t(u64, first, mapping->node.start);
		last = max_t(u64, last, mapping->node.last);
	}
	/* Tables may have been linked, so entries above the leaves count as well. */
	if (!nyx_domain_flush(domain, first, last, false))
		return 0;
	WRITE_ONCE(domain->unproven, true);
	return refuse_dead(why);
}

int nyx_entries_write(struct nyx_domain *domain, struct list_head *list,
		      struct nyx_pt_gather *gather, struct nyx_why *why)
{
	return make_room(domain, list, why) ?: write_entries(domain, list, gather, why) ?:
	       flush_after_map(domain, list, why);
}

/* ---- looking ---- */

int nyx_domain_translate(struct nyx_domain *domain, u64 iova, struct nyx_pt_translation *out)
{
	int err;

	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return -ENOENT;
	mutex_lock(&domain->lock);
	err = nyx_pt_lookup(&domain->pt, iova, out);
	mutex_unlock(&domain->lock);
	return err;
}

int nyx_domain_walk(struct nyx_domain *domain, u64 iova,
		    struct nyx_pt_step steps[NYX_PT_LEVELS_MAX])
{
	int nr;

	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return 0;
	mutex_lock(&domain->lock);
	nr = nyx_pt_walk(&domain->pt, iova, steps);
	mutex_unlock(&domain->lock);
	return nr;
}

/* Neighbouring leaves with the same rights, seen as one mapping. */
struct stretch {
	struct nyx_mapping_info *info;
	u64 from;
	u64 next_paddr;
	bool ended;
};

static void stretch_to(const struct nyx_pt_view *view, void *arg)
{
	struct stretch *stretch = arg;
	struct nyx_mapping_info *info = stretch->info;
	u64 bytes = view->last - view->first + 1;

	if (stretch->ended || view->kind != NYX_PT_VIEW_LEAF || view->last < stretch->from)
		return;
	if (!info->length)
		*info = (struct nyx_mapping_info) {
			.iova = view->first,
			.prot = view->prot,
			.type = NYX_MAPPING_EXTERNAL,
			.paddr = view->paddr,
			.nr_runs = 1,
		};
	else if (info->iova + info->length != view->first || info->prot != view->prot)
		stretch->ended = true;
	else
		info->nr_runs += view->paddr != stretch->next_paddr;
	if (stretch->ended)
		return;
	info->length += bytes;
	stretch->next_paddr = view->paddr + bytes;
}

#define STRETCH_ENTRIES	65536	/* looked at with the lock held */

int nyx_entries_next(struct nyx_domain *domain, u64 iova, struct nyx_mapping_info *info)
{
	u64 end = nyx_pt_last_iova(&domain->pt.config) + 1;
	struct stretch stretch = { .info = info, .from = iova };

	info->length = 0;
	/* A longer one is told in pieces. */
	while (iova < end && !info->length) {
		unsigned int budget = STRETCH_ENTRIES;

		mutex_lock(&domain->lock);
		iova = nyx_pt_scan(&domain->pt, iova, &budget, stretch_to, &stretch);
		mutex_unlock(&domain->lock);
		cond_resched();
	}
	return info->length ? 0 : -ENOENT;
}
