// SPDX-License-Identifier: GPL-2.0
/*
 * A domain's memory: mapping the caller's ranges, unmapping them, looking at them.
 *
 * A map goes: check all, reserve all, pin, write the table, invalidate where needed,
 * publish. An unmap goes: take all, clear, invalidate, unpin, erase. domain->lock is
 * held for the steps on the books only; between them the mappings are MAKING or
 * UNDOING, and so nobody else's. The end of a domain (domain->dying) lets nothing new
 * come to the page table and waits for those that are there.
 *
 * Tables that came out of the page table are freed under domain->lock, so whoever
 * holds it may walk.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "books.h"
#include "pin.h"
#include "ranges.h"

static int refuse_dying(const struct nyx_domain *domain, struct nyx_why *why)
{
	return nyx_refuse(why, -ENODEV, NYX_ARG_DOMAIN,
			  "domain %u is being deleted; make a new one", domain->id);
}

/* After the fact, so about no range: the call's memory is partly or wholly leaked. */
static int refuse_leaked(struct nyx_why *why)
{
	nyx_about_range(why, -1, 0);
	return nyx_refuse(why, -EIO, NYX_ARG_DOMAIN,
			  "an IOMMU unit no longer answers and may still reach the memory: its pages stay pinned until the host restarts");
}

static int refuse_dead(struct nyx_why *why)
{
	return nyx_refuse(why, -EIO, NYX_ARG_DOMAIN,
			  "an IOMMU unit of the domain no longer answers; restart the host");
}

/* ---- at the page table ---- */

/*
 * A call is at the page table between start_change() and end_change(); the last
 * domain->lock section of the call ends it. Holds domain->lock.
 */
static void start_change(struct nyx_domain *domain)
{
	lockdep_assert_held(&domain->lock);
	domain->nr_changing++;
}

static void end_change(struct nyx_domain *domain)
{
	lockdep_assert_held(&domain->lock);
	if (!--domain->nr_changing)
		wake_up_all(&domain->unchanging);
}

/*
 * A domain with mappings holds the module: without it nobody could undo them.
 * Holds domain->lock, after the books have changed.
 */
static void hold_module(struct nyx_domain *domain)
{
	bool hold = domain->nr_mappings;

	lockdep_assert_held(&domain->lock);
	if (hold && !domain->holds_module)
		__module_get(THIS_MODULE);
	else if (!hold && domain->holds_module)
		module_put(THIS_MODULE);
	domain->holds_module = hold;
}

static void free_mappings(struct list_head *list)
{
	struct nyx_mapping *mapping, *next;

	list_for_each_entry_safe(mapping, next, list, link)
		kfree(mapping);
	INIT_LIST_HEAD(list);
}

/* Invalidate what gather holds. False: it failed, now or once before. */
static bool invalidate(struct nyx_domain *domain, const struct nyx_pt_gather *gather)
{
	if (nyx_pt_gather_empty(gather))
		return true;
	if (nyx_domain_flush(domain, gather->first, gather->last, !gather->tables))
		WRITE_ONCE(domain->unproven, true);
	return !READ_ONCE(domain->unproven);
}

/* Holds domain->lock for the sake of walkers. */
static void release_tables(struct nyx_domain *domain, struct nyx_pt_gather *gather, bool proven)
{
	lockdep_assert_held(&domain->lock);
	if (proven)
		nyx_pt_gather_free(gather);
	else
		nyx_pt_gather_leak(gather, &domain->leaked_tables);
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
				err |= nyx_pt_unmap(&domain->pt, first, next - first, gather, NULL);
			first = mapping->node.start;
		}
		next = mapping->node.last + 1;
	}
	if (next > first)
		err |= nyx_pt_unmap(&domain->pt, first, next - first, gather, NULL);
	return err;
}

/*
 * From the table, from the units' caches, from the pins, from the books, in this
 * order; frees the mappings, ends the change. gather may hold ranges from before.
 * False: a unit did not confirm, so pages and tables are leaked.
 */
static bool withdraw(struct nyx_domain *domain, struct list_head *list,
		     struct nyx_pt_gather *gather)
{
	struct nyx_mapping *mapping;
	u64 leaked = 0;
	bool proven = true;

	/* Books and table can only disagree by a bug; then nothing is proved either. */
	if (WARN_ON_ONCE(clear_entries(domain, list, gather))) {
		WRITE_ONCE(domain->unproven, true);
		proven = false;
	}
	proven &= invalidate(domain, gather);

	list_for_each_entry(mapping, list, link) {
		if (proven)
			nyx_unpin(mapping);
		else
			leaked += nyx_pin_leak(mapping);
	}
	atomic_long_add(leaked, &domain->leaked_pages);

	mutex_lock(&domain->lock);
	list_for_each_entry(mapping, list, link)
		nyx_books_erase(domain, mapping);
	hold_module(domain);
	release_tables(domain, gather, proven);
	end_change(domain);
	mutex_unlock(&domain->lock);
	free_mappings(list);
	return proven;
}

/* ---- map ---- */

static void unreserve_all(struct nyx_domain *domain, struct list_head *list)
{
	struct nyx_mapping *mapping;

	mutex_lock(&domain->lock);
	list_for_each_entry(mapping, list, link)
		nyx_books_erase(domain, mapping);
	mutex_unlock(&domain->lock);
	free_mappings(list);
}

static int make_mappings(const struct nyx_map_range *ranges, u32 nr, struct list_head *list,
			 struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	u32 i;

	for (i = 0; i < nr; i++) {
		mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
		if (!mapping) {
			free_mappings(list);
			return nyx_refuse(why, -ENOMEM, NYX_ARG_NONE, "no memory for the books");
		}
		mapping->node.start = ranges[i].iova;
		mapping->node.last = nyx_range_last(&ranges[i]);
		mapping->type = ranges[i].type;
		mapping->prot = ranges[i].prot;
		mapping->user_address = ranges[i].address;
		mapping->tag = ranges[i].tag;
		list_add_tail(&mapping->link, list);
	}
	return 0;
}

/* Enter all mappings of list, one for each range, or none; frees them on error. */
static int reserve_all(struct nyx_domain *domain, const struct nyx_map_range *ranges,
		       struct list_head *list, struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	int err = 0;
	u32 i = 0;

	mutex_lock(&domain->lock);
	if (domain->dying) {
		err = refuse_dying(domain, why);
		goto unlock;
	}
	list_for_each_entry(mapping, list, link) {
		err = nyx_books_reserve(domain, mapping, why);
		if (err) {
			err = nyx_about_range(why, i, nyx_ranges_check_own(ranges, i, err, why));
			break;
		}
		i++;
	}
	if (err)
		list_for_each_entry_continue_reverse(mapping, list, link)
			nyx_books_erase(domain, mapping);
unlock:
	mutex_unlock(&domain->lock);
	if (err)
		free_mappings(list);
	return err;
}

static int pin_all(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	int err = 0;
	u32 i = 0;

	list_for_each_entry(mapping, list, link) {
		struct nyx_pin pin = {
			.address = mapping->user_address,
			.length = nyx_mapping_length(mapping),
			.prot = mapping->prot,
			.persistent = !domain->owner_portid,
			.stop = &domain->dying,
		};

		err = nyx_pin(mapping, &pin, why);
		if (err) {
			nyx_about_range(why, i, err);
			list_for_each_entry_continue_reverse(mapping, list, link)
				nyx_unpin(mapping);
			break;
		}
		i++;
	}
	return err;
}

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
		for (i = 0; i < mapping->nr_runs; i++)
			if (mapping->runs[i].nr >= SZ_2M / SZ_4K)
				break;
		if (i < mapping->nr_runs)
			nyx_pt_prune(&domain->pt, mapping->node.start,
				     nyx_mapping_length(mapping), &gather);
	}
	if (nyx_pt_gather_empty(&gather))
		return 0;
	proven = invalidate(domain, &gather);
	mutex_lock(&domain->lock);
	release_tables(domain, &gather, proven);
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
		for (i = 0; i < mapping->nr_runs; i++, iova += bytes) {
			bytes = (u64)mapping->runs[i].nr << PAGE_SHIFT;
			err = nyx_pt_map(&domain->pt, iova, page_to_phys(mapping->runs[i].first),
					 bytes, mapping->prot, gather);
			if (err)
				return nyx_about_range(why, index,
						       refuse_entries(err, iova, bytes, why));
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

int nyx_domain_map(struct nyx_domain *domain, const struct nyx_map_range *ranges, u32 nr,
		   struct nyx_why *why)
{
	struct nyx_pt_gather gather;
	struct nyx_mapping *mapping;
	LIST_HEAD(list);
	int err;

	err = nyx_ranges_check_map(domain, ranges, nr, why) ?:
	      make_mappings(ranges, nr, &list, why) ?: reserve_all(domain, ranges, &list, why);
	if (err)
		return err;
	err = pin_all(domain, &list, why);
	if (err)
		goto unreserve;

	mutex_lock(&domain->lock);
	if (domain->dying)
		err = refuse_dying(domain, why);
	else
		start_change(domain);
	mutex_unlock(&domain->lock);
	if (err)
		goto unpin;

	nyx_pt_gather_init(&gather, &domain->pt);
	err = make_room(domain, &list, why) ?: write_entries(domain, &list, &gather, why) ?:
	      flush_after_map(domain, &list, why);
	if (err) {
		/* Whatever was written is cleared, and clearing what was not does no harm. */
		if (!withdraw(domain, &list, &gather))
			err = refuse_leaked(why);
		return err;
	}

	mutex_lock(&domain->lock);
	list_for_each_entry(mapping, &list, link)
		nyx_books_publish(domain, mapping);
	hold_module(domain);
	end_change(domain);
	mutex_unlock(&domain->lock);
	return 0;

unpin:
	list_for_each_entry(mapping, &list, link)
		nyx_unpin(mapping);
unreserve:
	unreserve_all(domain, &list);
	return err;
}

/* ---- unmap ---- */

static int take_all(struct nyx_domain *domain, const struct nyx_map_range *ranges, u32 nr,
		    struct list_head *list, struct nyx_why *why)
{
	int err;
	u32 i;

	lockdep_assert_held(&domain->lock);
	if (domain->dying)
		return refuse_dying(domain, why);
	for (i = 0; i < nr; i++) {
		err = nyx_books_take(domain, ranges[i].iova, nyx_range_last(&ranges[i]), list, why);
		if (err) {
			nyx_books_put_back(domain, list);
			return nyx_about_range(why, i,
					       nyx_ranges_check_own(ranges, i, err, why));
		}
	}
	return 0;
}

int nyx_domain_unmap(struct nyx_domain *domain, const struct nyx_map_range *ranges, u32 nr,
		     u64 *unmapped_bytes, struct nyx_why *why)
{
	struct nyx_pt_gather gather;
	struct nyx_mapping *mapping;
	u64 bytes = 0;
	LIST_HEAD(list);
	int err;

	if (unmapped_bytes)
		*unmapped_bytes = 0;
	err = nyx_ranges_check_unmap(domain, ranges, nr, why);
	if (err)
		return err;

	mutex_lock(&domain->lock);
	err = take_all(domain, ranges, nr, &list, why);
	if (!err)
		start_change(domain);
	mutex_unlock(&domain->lock);
	if (err)
		return err;

	list_for_each_entry(mapping, &list, link)
		bytes += nyx_mapping_length(mapping);
	if (unmapped_bytes)
		*unmapped_bytes = bytes;
	nyx_pt_gather_init(&gather, &domain->pt);
	return withdraw(domain, &list, &gather) ? 0 : refuse_leaked(why);
}

void nyx_domain_unmap_all(struct nyx_domain *domain)
{
	struct nyx_pt_gather gather;
	LIST_HEAD(list);

	mutex_lock(&domain->lock);
	WRITE_ONCE(domain->dying, true);
	while (domain->nr_changing) {
		mutex_unlock(&domain->lock);
		wait_event(domain->unchanging, !READ_ONCE(domain->nr_changing));
		mutex_lock(&domain->lock);
	}
	nyx_books_take_all(domain, &list);
	start_change(domain);
	mutex_unlock(&domain->lock);

	/* Alone at the table: one walk over all of it takes out every table below the root. */
	nyx_pt_gather_init(&gather, &domain->pt);
	nyx_pt_unmap(&domain->pt, 0, nyx_pt_last_iova(&domain->pt.config) + 1, &gather, NULL);
	/*
	 * Nothing mapped, and still all is invalidated: a unit that died with the domain on
	 * it shows here, and then the root must not be freed either.
	 */
	gather.first = 0;
	gather.last = U64_MAX;
	withdraw(domain, &list, &gather);
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

/* ---- begin and end ---- */

int nyx_domain_init_memory(struct nyx_domain *domain, const struct nyx_pt_config *config)
{
	mutex_init(&domain->lock);
	init_waitqueue_head(&domain->unchanging);
	nyx_books_init(domain);
	domain->nr_changing = 0;
	domain->unproven = false;
	atomic_long_set(&domain->leaked_pages, 0);
	atomic_long_set(&domain->leaked_tables, 0);
	return nyx_pt_init(&domain->pt, config);
}

void nyx_domain_fini_memory(struct nyx_domain *domain)
{
	WARN_ON_ONCE(!RB_EMPTY_ROOT(&domain->mappings.rb_root));
	if (READ_ONCE(domain->unproven))
		atomic_long_add(atomic_long_read(&domain->pt.nr_tables), &domain->leaked_tables);
	else
		nyx_pt_destroy(&domain->pt);
	mutex_destroy(&domain->lock);
}
