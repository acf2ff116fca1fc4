// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that firmware ties to a device (RMRR, IVMD): mapped at its own addresses before
 * the device's entry leads to a domain, and until it no longer does.
 *
 * One mapping serves all devices of the domain that are tied to the same memory.
 */
#include <linux/slab.h>

#include "core.h"
#include "entries.h"
#include "ranges.h"

u32 nyx_reserved_prot(const struct nyx_acpi_reserved *region)
{
	/* An exclusion range is one that the device reaches as it likes. */
	if (region->flags & NYX_RESERVED_EXCLUSION)
		return NYX_PROT_READ | NYX_PROT_WRITE;
	return (region->flags & NYX_RESERVED_READ ? NYX_PROT_READ : 0) |
	       (region->flags & NYX_RESERVED_WRITE ? NYX_PROT_WRITE : 0);
}

static struct nyx_mapping *find(struct nyx_domain *domain, const struct nyx_acpi_reserved *region)
{
	struct nyx_mapping *mapping = nyx_books_find(domain, region->base, region->last);

	if (mapping && mapping->type == NYX_MAPPING_RESERVED &&
	    mapping->state == NYX_MAPPING_LIVE && mapping->node.start == region->base &&
	    mapping->node.last == region->last && mapping->prot == nyx_reserved_prot(region))
		return mapping;
	return NULL;
}

static struct nyx_mapping *new_mapping(const struct nyx_acpi_reserved *region)
{
	struct nyx_mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);

	if (!mapping)
		return NULL;
	mapping->node.start = region->base;
	mapping->node.last = region->last;
	mapping->phys = region->base;
	mapping->prot = nyx_reserved_prot(region);
	mapping->type = NYX_MAPPING_RESERVED;
	mapping->users = 1;
	return mapping;
}

/* 1: it is mapped already; 0: reserved in the books and to be made; or an error. */
static int enter(struct nyx_domain *domain, const struct nyx_acpi_reserved *region,
		 struct nyx_mapping *new, struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	int err;

	mutex_lock(&domain->lock);
	mapping = find(domain, region);
	if (mapping) {
		mapping->users++;
		err = 1;
	} else {
		err = nyx_books_reserve(domain, new, why);
		if (!err)
			nyx_entries_start(domain);
	}
	mutex_unlock(&domain->lock);
	return err;
}

static int map_region(struct nyx_domain *domain, const struct nyx_acpi_reserved *region,
		      struct nyx_why *why)
{
	const struct nyx_map_range place = {
		.iova = region->base, .length = region->last - region->base + 1 };
	struct nyx_pt_gather gather;
	struct nyx_mapping *mapping;
	LIST_HEAD(list);
	int err;

	/* Neither read nor written: there is nothing to reach. */
	if (!nyx_reserved_prot(region))
		return 0;
	err = nyx_ranges_check_place(domain, &place, why);
	if (err)
		return err;
	mapping = new_mapping(region);
	if (!mapping)
		return nyx_refuse(why, -ENOMEM, NYX_ARG_NONE, "no memory for the books");
	err = enter(domain, region, mapping, why);
	if (err) {
		kfree(mapping);
		return err == 1 ? 0 : err;
	}
	list_add_tail(&mapping->link, &list);
	nyx_pt_gather_init(&gather, &domain->pt);
	err = nyx_entries_write(domain, &list, &gather, why);
	if (err) {
		nyx_entries_withdraw(domain, &list, &gather);
		return err;
	}
	mutex_lock(&domain->lock);
	nyx_books_publish(domain, mapping);
	nyx_entries_hold_module(domain);
	nyx_entries_end(domain);
	mutex_unlock(&domain->lock);
	return 0;
}

static void unmap_region(struct nyx_domain *domain, const struct nyx_acpi_reserved *region)
{
	struct nyx_pt_gather gather;
	struct nyx_mapping *mapping;
	LIST_HEAD(list);

	if (!nyx_reserved_prot(region))
		return;
	mutex_lock(&domain->lock);
	mapping = find(domain, region);
	if (WARN_ON_ONCE(!mapping) || --mapping->users) {
		mutex_unlock(&domain->lock);
		return;
	}
	mapping->state = NYX_MAPPING_UNDOING;
	list_add_tail(&mapping->link, &list);
	nyx_entries_start(domain);
	mutex_unlock(&domain->lock);
	nyx_pt_gather_init(&gather, &domain->pt);
	nyx_entries_withdraw(domain, &list, &gather);
}

int nyx_reserved_map(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	const struct nyx_acpi_reserved *region = NULL, *undo = NULL;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return 0;
	while ((region = nyx_topology_next_reserved(device->pdev, region))) {
		err = map_region(domain, region, why);
		if (!err)
			continue;
		while ((undo = nyx_topology_next_reserved(device->pdev, undo)) != region)
			unmap_region(domain, undo);
		return err;
	}
	return 0;
}

void nyx_reserved_unmap(struct nyx_device *device, struct nyx_domain *domain)
{
	const struct nyx_acpi_reserved *region = NULL;

	lockdep_assert_held(&nyx_registry_lock);
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return;
	while ((region = nyx_topology_next_reserved(device->pdev, region)))
		unmap_region(domain, region);
}
