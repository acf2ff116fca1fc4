// SPDX-License-Identifier: GPL-2.0
/*
 * A domain's memory: mapping the caller's ranges, unmapping them, looking at them.
 *
 * A map goes: check all, reserve all, pin or claim, write the table, invalidate where needed,
 * publish. An unmap goes: take all, clear, invalidate, unpin, erase. domain->lock is
 * held for the steps on the books only; between them the mappings are MAKING or
 * UNDOING, and so nobody else's. The end of a domain (domain->dying) lets nothing new
 * come to the page table (entries.c) and waits for those that are there.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "books.h"
#include "entries.h"
#include "phys.h"
#include "pin.h"
#include "ranges.h"

static int refuse_dying(const struct nyx_domain *domain, struct nyx_why *why)
{
	return nyx_refuse(why, -ENOENT, NYX_ARG_DOMAIN,
			  "domain %u is being deleted; make a new one", domain->id);
}

/* After the fact, so about no range: the call's memory is partly or wholly leaked. */
static int refuse_leaked(struct nyx_why *why)
{
	nyx_about_range(why, -1, 0);
	return nyx_refuse(why, -EIO, NYX_ARG_DOMAIN,
			  "an IOMMU unit, or a device with ATS, no longer answers and may still reach the memory: its pages stay pinned until the host restarts");
}

/* ---- map ---- */

static void unreserve_all(struct nyx_domain *domain, struct list_head *list)
{
	struct nyx_mapping *mapping;

	mutex_lock(&domain->lock);
	list_for_each_entry(mapping, list, link)
		nyx_books_erase(domain, mapping);
	mutex_unlock(&domain->lock);
	nyx_mappings_free(list);
}

static int make_mappings(const struct nyx_map_range *ranges, u32 nr, struct list_head *list,
			 struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	u32 i;

	for (i = 0; i < nr; i++) {
		mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
		if (!mapping) {
			nyx_mappings_free(list);
			return nyx_refuse(why, -ENOMEM, NYX_ARG_NONE, "no memory for the books");
		}
		mapping->node.start = ranges[i].iova;
		mapping->node.last = nyx_range_last(&ranges[i]);
		mapping->type = ranges[i].type;
		mapping->prot = ranges[i].prot;
		if (mapping->type == NYX_MAPPING_PHYS)
			mapping->phys = ranges[i].address;
		else
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
		nyx_mappings_free(list);
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

		err = mapping->type == NYX_MAPPING_USER ? nyx_pin(mapping, &pin, why) : 0;
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

/* From here to the end of the call it is at the page table. */
static int begin_locked(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why)
{
	int err;

	mutex_lock(&domain->lock);
	err = domain->dying ? refuse_dying(domain, why) : nyx_phys_claim(domain, list, why);
	if (!err)
		nyx_entries_start(domain);
	mutex_unlock(&domain->lock);
	return err;
}

/*
 * Host-physical ranges are claimed last: from the claim on nothing waits for userspace, so
 * that a device can leave the domain at any time, and its BARs with it.
 */
static int begin(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why)
{
	bool phys = nyx_phys_any(list);
	int err;

	if (phys)
		mutex_lock(&nyx_registry_lock);
	err = begin_locked(domain, list, why);
	if (phys)
		mutex_unlock(&nyx_registry_lock);
	return err;
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

	err = begin(domain, &list, why);
	if (err)
		goto unpin;

	nyx_pt_gather_init(&gather, &domain->pt);
	err = nyx_entries_write(domain, &list, &gather, why);
	if (err) {
		/* Whatever was written is cleared, and clearing what was not does no harm. */
		if (!nyx_entries_withdraw(domain, &list, &gather))
			err = refuse_leaked(why);
		return err;
	}

	mutex_lock(&domain->lock);
	list_for_each_entry(mapping, &list, link)
		nyx_books_publish(domain, mapping);
	nyx_entries_hold_module(domain);
	nyx_entries_end(domain);
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
		nyx_entries_start(domain);
	mutex_unlock(&domain->lock);
	if (err)
		return err;

	list_for_each_entry(mapping, &list, link)
		bytes += nyx_mapping_length(mapping);
	if (unmapped_bytes)
		*unmapped_bytes = bytes;
	nyx_pt_gather_init(&gather, &domain->pt);
	return nyx_entries_withdraw(domain, &list, &gather) ? 0 : refuse_leaked(why);
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
	/* It maps nothing and has no table. */
	if (domain->mode == NYX_DOMAIN_UNMANAGED) {
		mutex_unlock(&domain->lock);
		return;
	}
	nyx_books_take_all(domain, &list);
	nyx_entries_start(domain);
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
	nyx_entries_withdraw(domain, &list, &gather);
}

/* ---- begin and end ---- */

static atomic_t incarnation;

int nyx_domain_init_memory(struct nyx_domain *domain, const struct nyx_pt_config *config)
{
	mutex_init(&domain->lock);
	init_waitqueue_head(&domain->unchanging);
	nyx_books_init(domain);
	domain->nr_changing = 0;
	domain->changes = (u64)atomic_inc_return(&incarnation) << 32;
	domain->nr_changed = 0;
	domain->unproven = false;
	atomic_long_set(&domain->leaked_pages, 0);
	atomic_long_set(&domain->leaked_tables, 0);
	return domain->mode == NYX_DOMAIN_UNMANAGED ? 0 : nyx_pt_init(&domain->pt, config);
}

void nyx_domain_fini_memory(struct nyx_domain *domain)
{
	WARN_ON_ONCE(!RB_EMPTY_ROOT(&domain->mappings.rb_root));
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		;
	else if (READ_ONCE(domain->unproven))
		atomic_long_add(atomic_long_read(&domain->pt.nr_tables), &domain->leaked_tables);
	else
		nyx_pt_destroy(&domain->pt);
	mutex_destroy(&domain->lock);
}
