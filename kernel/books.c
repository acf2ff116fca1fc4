// SPDX-License-Identifier: GPL-2.0
/*
 * The books of a domain: an interval tree of its mappings and their states.
 *
 * Mappings never overlap, so the first hit of a search is also the lowest, and a
 * search that returns nothing proves that the whole range is free.
 */
#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/timekeeping.h>

#include "books.h"
#include "entries.h"

static struct nyx_mapping *to_mapping(struct interval_tree_node *node)
{
	return node ? container_of(node, struct nyx_mapping, node) : NULL;
}

void nyx_books_init(struct nyx_domain *domain)
{
	domain->mappings = RB_ROOT_CACHED;
	domain->nr_mappings = 0;
	domain->mapped_bytes = 0;
	domain->pinned_pages = 0;
	domain->booked_mappings = 0;
	domain->booked_bytes = 0;
	nyx_history_init(&domain->history, ktime_get_ns());
}

struct nyx_mapping *nyx_books_find(struct nyx_domain *domain, u64 first, u64 last)
{
	lockdep_assert_held(&domain->lock);
	return to_mapping(interval_tree_iter_first(&domain->mappings, first, last));
}

struct nyx_mapping *nyx_books_next(struct nyx_mapping *mapping, u64 first, u64 last)
{
	return to_mapping(interval_tree_iter_next(&mapping->node, first, last));
}

/* What is just being made or unmapped counts: it may come to stay. */
static int check_limits(const struct nyx_domain *domain, const struct nyx_mapping *mapping,
			struct nyx_why *why)
{
	/* Not asked for, and the device cannot do without it. */
	if (mapping->type == NYX_MAPPING_RESERVED)
		return 0;
	if (domain->max_mappings && domain->booked_mappings >= domain->max_mappings)
		return nyx_refuse(why, -EDQUOT, NYX_ARG_NONE,
				  "domain %u has %llu mappings, its limit; unmap some or raise its limit",
				  domain->id, domain->booked_mappings);
	if (domain->max_bytes &&
	    (domain->booked_bytes > domain->max_bytes ||
	     nyx_mapping_length(mapping) > domain->max_bytes - domain->booked_bytes))
		return nyx_refuse(why, -EDQUOT, NYX_ARG_LENGTH,
				  "%llu bytes more than the %llu mapped are beyond domain %u's limit of %llu; unmap some or raise its limit",
				  nyx_mapping_length(mapping), domain->booked_bytes, domain->id,
				  domain->max_bytes);
	return 0;
}

int nyx_books_reserve(struct nyx_domain *domain, struct nyx_mapping *mapping,
		      struct nyx_why *why)
{
	u64 first = mapping->node.start, last = mapping->node.last;
	struct nyx_mapping *other = nyx_books_find(domain, first, last);

	if (!other) {
		int err = check_limits(domain, mapping, why);

		if (err)
			return err;
		domain->booked_mappings++;
		domain->booked_bytes += nyx_mapping_length(mapping);
		mapping->state = NYX_MAPPING_MAKING;
		interval_tree_insert(&mapping->node, &domain->mappings);
		return 0;
	}
	if (other->state == NYX_MAPPING_UNDOING)
		return nyx_refuse(why, -EBUSY, NYX_ARG_IOVA,
				  "%#llx-%#llx: mapping %#lx-%#lx is being unmapped right now; try again",
				  first, last, other->node.start, other->node.last);
	return nyx_refuse(why, -EEXIST, NYX_ARG_IOVA,
			  "%#llx-%#llx overlaps mapping %#lx-%#lx%s; unmap that first or choose another address",
			  first, last, other->node.start, other->node.last,
			  other->state == NYX_MAPPING_MAKING ? " (just being made)" : "");
}

void nyx_books_publish(struct nyx_domain *domain, struct nyx_mapping *mapping)
{
	lockdep_assert_held(&domain->lock);
	WARN_ON_ONCE(mapping->state != NYX_MAPPING_MAKING);
	mapping->state = NYX_MAPPING_LIVE;
	mapping->made_ns = ktime_get_ns();
	domain->nr_mappings++;
	domain->maps_total++;
	domain->mapped_bytes += nyx_mapping_length(mapping);
	if (mapping->type == NYX_MAPPING_USER)
		domain->pinned_pages += nyx_mapping_length(mapping) >> PAGE_SHIFT;
}

static int refuse_take(const struct nyx_mapping *mapping, u64 first, u64 last,
		       struct nyx_why *why)
{
	if (mapping->node.start < first || mapping->node.last > last)
		return nyx_refuse(why, -EINVAL, NYX_ARG_IOVA,
				  "%#llx-%#llx would split mapping %#lx-%#lx; mappings go as a whole, so name all of it",
				  first, last, mapping->node.start, mapping->node.last);
	if (mapping->type == NYX_MAPPING_RESERVED)
		return nyx_refuse(why, -EPERM, NYX_ARG_IOVA,
				  "mapping %#lx-%#lx is memory that firmware ties to a device of the domain; it goes with the device",
				  mapping->node.start, mapping->node.last);
	if (mapping->state != NYX_MAPPING_LIVE)
		return nyx_refuse(why, -EBUSY, NYX_ARG_IOVA,
				  "mapping %#lx-%#lx is being %s by another call; try again",
				  mapping->node.start, mapping->node.last,
				  mapping->state == NYX_MAPPING_MAKING ? "made" : "unmapped");
	return 0;
}

int nyx_books_take(struct nyx_domain *domain, u64 first, u64 last, struct list_head *taken,
		   struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	LIST_HEAD(mine);
	int err;

	mapping = nyx_books_find(domain, first, last);
	if (!mapping)
		return nyx_refuse(why, -ENOENT, NYX_ARG_IOVA,
				  "nothing is mapped in %#llx-%#llx; see the list of mappings",
				  first, last);
	for (; mapping; mapping = nyx_books_next(mapping, first, last)) {
		err = refuse_take(mapping, first, last, why);
		if (err) {
			nyx_books_put_back(domain, &mine);
			return err;
		}
		mapping->state = NYX_MAPPING_UNDOING;
		list_add_tail(&mapping->link, &mine);
	}
	list_splice_tail(&mine, taken);
	return 0;
}

void nyx_books_take_all(struct nyx_domain *domain, struct list_head *taken)
{
	struct nyx_mapping *mapping = nyx_books_find(domain, 0, U64_MAX);

	for (; mapping; mapping = nyx_books_next(mapping, 0, U64_MAX)) {
		if (mapping->state != NYX_MAPPING_LIVE)
			continue;
		mapping->state = NYX_MAPPING_UNDOING;
		list_add_tail(&mapping->link, taken);
	}
}

void nyx_books_put_back(struct nyx_domain *domain, struct list_head *taken)
{
	struct nyx_mapping *mapping, *next;

	lockdep_assert_held(&domain->lock);
	list_for_each_entry_safe(mapping, next, taken, link) {
		WARN_ON_ONCE(mapping->state != NYX_MAPPING_UNDOING);
		list_del(&mapping->link);
		mapping->state = NYX_MAPPING_LIVE;
	}
}

void nyx_books_remember(struct nyx_domain *domain, const struct nyx_mapping *mapping,
			u64 gone_ns)
{
	const struct nyx_history_entry gone = {
		.first = mapping->node.start,
		.last = mapping->node.last,
		.made_ns = mapping->made_ns,
		.gone_ns = gone_ns,
		.prot = mapping->prot,
	};

	lockdep_assert_held(&domain->lock);
	if (mapping->state == NYX_MAPPING_UNDOING)
		nyx_history_note(&domain->history, &gone);
}

void nyx_books_erase(struct nyx_domain *domain, struct nyx_mapping *mapping)
{
	lockdep_assert_held(&domain->lock);
	WARN_ON_ONCE(mapping->state == NYX_MAPPING_LIVE);
	if (mapping->state == NYX_MAPPING_UNDOING) {
		domain->nr_mappings--;
		domain->unmaps_total++;
		domain->mapped_bytes -= nyx_mapping_length(mapping);
		if (mapping->type == NYX_MAPPING_USER)
			domain->pinned_pages -= nyx_mapping_length(mapping) >> PAGE_SHIFT;
	}
	domain->booked_mappings--;
	domain->booked_bytes -= nyx_mapping_length(mapping);
	interval_tree_remove(&mapping->node, &domain->mappings);
}

int nyx_domain_extent(struct nyx_domain *domain, u64 *lowest, u64 *highest)
{
	const struct rb_node *first, *last;
	int err = -ENOENT;

	if (domain->external || domain->mode == NYX_DOMAIN_UNMANAGED)
		return -EOPNOTSUPP;
	mutex_lock(&domain->lock);
	/* One that is being made or unmapped counts: it may be reached. */
	first = rb_first_cached(&domain->mappings);
	last = rb_last(&domain->mappings.rb_root);
	if (first && last) {
		*lowest = rb_entry(first, struct nyx_mapping, node.rb)->node.start;
		*highest = rb_entry(last, struct nyx_mapping, node.rb)->node.last;
		err = 0;
	}
	mutex_unlock(&domain->lock);
	return err;
}

int nyx_domain_next_mapping(struct nyx_domain *domain, u64 iova, struct nyx_mapping_info *info)
{
	struct nyx_mapping *mapping;

	if (domain->external)
		return nyx_entries_next(domain, iova, info);
	mutex_lock(&domain->lock);
	mapping = nyx_books_find(domain, iova, U64_MAX);
	while (mapping && mapping->state != NYX_MAPPING_LIVE)
		mapping = nyx_books_next(mapping, iova, U64_MAX);
	if (mapping) {
		*info = (struct nyx_mapping_info) {
			.iova = mapping->node.start,
			.length = nyx_mapping_length(mapping),
			.prot = mapping->prot,
			.type = mapping->type,
			.user_address = mapping->user_address,
			.tag = mapping->tag,
			.paddr = mapping->phys,
			.nr_runs = 1,
			.is_bar = mapping->bar_of,
		};
		if (mapping->bar_of)
			info->bar_of = (u32)mapping->bar_of->segment << 16 | mapping->bar_of->rid;
		if (mapping->type == NYX_MAPPING_USER) {
			info->paddr = page_to_phys(mapping->runs[0].first);
			info->nr_runs = mapping->nr_runs;
		}
	}
	mutex_unlock(&domain->lock);
	return mapping ? 0 : -ENOENT;
}
