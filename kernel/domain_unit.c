// SPDX-License-Identifier: GPL-2.0
/*
 * Domains on units: what table all units can walk, where a domain is live and under
 * which hardware id, and its invalidations there.
 */
#include <linux/slab.h>

#include "core.h"
#include "nyx_trace.h"
#include "tests/hooks.h"

#ifdef NYX_KUNIT
int (*nyx_flush_test_hook)(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only);
#endif

/* As many levels as the least unit has, or the most that all can walk, or the first's. */
static u8 common_levels(u8 least, u8 choices, u8 first)
{
	if (choices & BIT(least))
		return least;
	return choices ? fls(choices) - 1 : first;
}

int nyx_domain_common_config(struct nyx_pt_config *config)
{
	u8 choices = BIT(NYX_PT_LEVELS_MAX) | BIT(NYX_PT_LEVELS_MIN), first_levels = 0;
	struct nyx_unit *unit;
	bool first = true;

	list_for_each_entry(unit, &nyx_units, node) {
		const struct nyx_unit_caps *caps = &unit->caps;

		if (nyx_unit_dead(unit))
			continue;
		choices &= caps->level_choices;
		if (first) {
			first_levels = min_t(u8, caps->levels, NYX_PT_LEVELS_MAX);
			*config = (struct nyx_pt_config) {
				.format = caps->pt_format,
				.levels = first_levels,
				.width = caps->iova_width,
				.page_sizes = caps->page_sizes,
				.coherent = caps->coherent,
				.force_snoop = caps->snoop_control,
				.node = unit->node_id,
			};
			first = false;
			continue;
		}
		config->levels = min(config->levels, caps->levels);
		config->width = min(config->width, caps->iova_width);
		config->page_sizes &= caps->page_sizes;
		config->coherent &= caps->coherent;
		config->force_snoop &= caps->snoop_control;
		if (config->node != unit->node_id)
			config->node = NUMA_NO_NODE;
	}
	if (first)
		return -EIO;
	config->levels = common_levels(config->levels, choices, first_levels);
	return 0;
}

void nyx_domain_collect_holes(struct nyx_domain *domain)
{
	struct nyx_unit *unit;
	u32 i, j;

	list_for_each_entry(unit, &nyx_units, node) {
		for (i = 0; i < unit->caps.nr_holes; i++) {
			const struct nyx_iova_hole *hole = &unit->caps.holes[i];

			for (j = 0; j < domain->nr_holes; j++)
				if (domain->holes[j].first == hole->first &&
				    domain->holes[j].last == hole->last)
					break;
			if (j == domain->nr_holes && !WARN_ON_ONCE(j == NYX_HOLES_MAX))
				domain->holes[domain->nr_holes++] = *hole;
		}
	}
}

void nyx_domain_free_units(struct nyx_domain *domain)
{
	struct nyx_domain_unit *on, *next;

	list_for_each_entry_safe(on, next, &domain->units, node) {
		list_del(&on->node);
		kfree(on);
	}
}

struct nyx_domain_unit *nyx_domain_find_unit(struct nyx_domain *domain, struct nyx_unit *unit)
{
	struct nyx_domain_unit *on;

	list_for_each_entry(on, &domain->units, node)
		if (on->unit == unit)
			return on;
	return NULL;
}

int nyx_domain_attach_unit(struct nyx_domain *domain, struct nyx_unit *unit, u16 *hwdid,
			   struct nyx_why *why)
{
	const struct nyx_pt_config *config = &domain->pt.config;
	struct nyx_domain_unit *on;
	int id;

	lockdep_assert_held(&nyx_registry_lock);
	/* An UNMANAGED domain has no table. */
	if (domain->mode != NYX_DOMAIN_UNMANAGED &&
	    !(unit->caps.level_choices & BIT(config->levels)))
		return nyx_refuse(why, -EINVAL, NYX_ARG_DEVICE,
				  "%s cannot walk page tables of %u levels, and other units of this host no others: devices behind it cannot be assigned",
				  unit->name, config->levels);
	on = nyx_domain_find_unit(domain, unit);
	if (!on) {
		on = kzalloc(sizeof(*on), GFP_KERNEL_ACCOUNT);
		if (!on)
			return -ENOMEM;
		id = domain->mode == NYX_DOMAIN_UNMANAGED ? NYX_HWDID_PASS :
							    nyx_unit_alloc_hwdid(unit);
		if (id < 0) {
			kfree(on);
			return nyx_refuse(why, id, NYX_ARG_DEVICE,
					  "%s has no hardware domain id left (%u in all)",
					  unit->name, unit->caps.nr_hw_domains);
		}
		on->unit = unit;
		on->hwdid = id;
		INIT_LIST_HEAD(&on->device_tlbs);
		/*
		 * Listed before any entry goes live there: an unmap that does
		 * not see the unit has cleared its entries before the unit can
		 * read them (the lock orders the two).
		 */
		down_write(&domain->units_lock);
		list_add_tail(&on->node, &domain->units);
		up_write(&domain->units_lock);
		atomic_inc(&unit->nr_domains);
	}
	on->nr_devices++;
	*hwdid = on->hwdid;
	return 0;
}

void nyx_domain_detach_unit(struct nyx_domain *domain, struct nyx_unit *unit)
{
	struct nyx_domain_unit *on = nyx_domain_find_unit(domain, unit);

	lockdep_assert_held(&nyx_registry_lock);
	if (WARN_ON_ONCE(!on) || --on->nr_devices)
		return;
	/*
	 * What a dead unit may still walk is never freed: it stays on the list,
	 * where every flush of the domain fails on it.
	 */
	if (nyx_unit_dead(unit))
		return;
	down_write(&domain->units_lock);
	list_del(&on->node);
	up_write(&domain->units_lock);
	/* set_entry() has invalidated all of this id when the last entry left. */
	if (domain->mode != NYX_DOMAIN_UNMANAGED)
		nyx_unit_free_hwdid(unit, on->hwdid);
	atomic_dec(&unit->nr_domains);
	kfree(on);
}

u16 nyx_domain_hwdid(struct nyx_domain *domain, struct nyx_unit *unit)
{
	struct nyx_domain_unit *on = nyx_domain_find_unit(domain, unit);

	return WARN_ON_ONCE(!on) ? NYX_HWDID_RESERVED : on->hwdid;
}

int nyx_domain_flush(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only)
{
	struct nyx_domain_unit *on;
	int err, first_err = 0;

#ifdef NYX_KUNIT
	if (nyx_flush_test_hook)
		return nyx_flush_test_hook(domain, first, last, leaf_only);
#endif
	down_read(&domain->units_lock);
	list_for_each_entry(on, &domain->units, node) {
		struct nyx_flush flush = {
			.hwdid = on->hwdid,
			.first = first,
			.last = last,
			.leaf_only = leaf_only,
		};

		err = nyx_unit_dead(on->unit) ? -EIO : on->unit->ops->flush(on->unit, &flush);
		/* Only now: before, a device could ask again and be told the same. */
		if (!err)
			err = nyx_ats_flush(on, first, last);
		trace_invalidate(domain, on->unit, first, last, leaf_only, err);
		if (err && !first_err)
			first_err = err;
	}
	up_read(&domain->units_lock);
	return first_err;
}

bool nyx_domain_flush_on_map(struct nyx_domain *domain)
{
	struct nyx_domain_unit *on;
	bool needed = false;

	down_read(&domain->units_lock);
	list_for_each_entry(on, &domain->units, node)
		needed |= on->unit->caps.flush_on_map;
	up_read(&domain->units_lock);
	return needed;
}
