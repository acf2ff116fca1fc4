// SPDX-License-Identifier: GPL-2.0
/*
 * What is known about a fault besides its record: the domain's books and their history, and
 * what firmware reserves.
 */
#include <linux/pci.h>

#include "books.h"
#include "core.h"

static void look_into_books(struct nyx_domain *domain, u64 address,
			    struct nyx_cause_mapping *found)
{
	const struct nyx_mapping *mapping = nyx_books_find(domain, address, address);

	if (!mapping)
		return;
	*found = (struct nyx_cause_mapping) {
		.found = mapping->state != NYX_MAPPING_MAKING,
		.live = mapping->state == NYX_MAPPING_LIVE,
		.dated = true,
		.first = mapping->node.start,
		.last = mapping->node.last,
		.made_ns = mapping->made_ns,
		.prot = mapping->prot,
	};
}

/* Of a domain without books there is its page table, which tells no times. */
static void look_into_table(struct nyx_domain *domain, u64 address,
			    struct nyx_cause_mapping *found)
{
	struct nyx_pt_translation leaf;

	lockdep_assert_held(&domain->lock);
	if (nyx_pt_lookup(&domain->pt, address, &leaf))
		return;
	*found = (struct nyx_cause_mapping) {
		.found = true,
		.live = true,
		.first = address & ~(leaf.page_size - 1),
		.last = address | (leaf.page_size - 1),
		.prot = leaf.prot,
	};
}

static u64 last_iova(const struct nyx_pt_config *config)
{
	u64 last = nyx_pt_last_iova(config);

	return config->width ? min(last, BIT_ULL(config->width) - 1) : last;
}

static void find_in_domain(struct nyx_domain *domain, struct nyx_cause_facts *facts,
			   struct nyx_cause *cause)
{
	const struct nyx_fault_record *record = facts->fault;

	facts->history = &domain->history;
	facts->holes = domain->holes;
	facts->nr_holes = domain->nr_holes;
	facts->remembers = !domain->external;
	facts->unmanaged = domain->mode == NYX_DOMAIN_UNMANAGED;
	if (!facts->unmanaged)
		facts->last_iova = last_iova(&domain->pt.config);

	mutex_lock(&domain->lock);
	if (record->has_address && domain->external)
		look_into_table(domain, record->address, &facts->mapping);
	else if (record->has_address && !facts->unmanaged)
		look_into_books(domain, record->address, &facts->mapping);
	nyx_cause_find(facts, cause);
	mutex_unlock(&domain->lock);
}

static void look_into_reserved(struct nyx_device *device, struct nyx_cause_facts *facts)
{
	const struct nyx_acpi_reserved *region = NULL;

	while (facts->fault->has_address && !facts->in_reserved &&
	       (region = nyx_topology_next_reserved(device->pdev, region))) {
		if (facts->fault->address < region->base || facts->fault->address > region->last)
			continue;
		facts->in_reserved = true;
		facts->reserved_first = region->base;
		facts->reserved_last = region->last;
	}
}

void nyx_cause_explain(struct nyx_device *device, const struct nyx_fault_record *record,
		       struct nyx_cause *cause)
{
	struct nyx_cause_facts facts = { .fault = record };
	struct nyx_domain *domain;

	lockdep_assert_held(&nyx_registry_lock);
	look_into_reserved(device, &facts);
	domain = nyx_domain_get(record->domain_id);
	if (!domain) {
		nyx_cause_find(&facts, cause);
		return;
	}
	find_in_domain(domain, &facts, cause);
	nyx_domain_put(domain);
}

u32 nyx_device_regions(struct nyx_device *device, struct nyx_region regions[NYX_REGIONS_MAX])
{
	const struct nyx_acpi_reserved *region = NULL;
	u32 nr = 0;

	lockdep_assert_held(&nyx_registry_lock);
	while (nr < NYX_REGIONS_MAX &&
	       (region = nyx_topology_next_reserved(device->pdev, region)))
		regions[nr++] = (struct nyx_region) {
			region->base, region->last, nyx_reserved_prot(region) };
	return nr;
}
