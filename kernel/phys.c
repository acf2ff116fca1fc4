// SPDX-License-Identifier: GPL-2.0
/*
 * Host-physical ranges: an allow-list of two kinds, held while they are mapped.
 *
 * A BAR of a device in the same domain, never the pages of its MSI-X table: whoever
 * writes those forges interrupts. Its user reaches it through sysfs, so it is not reserved
 * here; instead the mapping goes when the device leaves the domain. And whatever is neither
 * RAM nor claimed, nor part of any PCI function: that is reserved like any driver does.
 */
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/wait.h>

#include "core.h"
#include "entries.h"
#include "phys.h"
#include "ranges.h"

static u64 phys_last(const struct nyx_mapping *mapping)
{
	return mapping->phys + nyx_mapping_length(mapping) - 1;
}

static bool overlaps(const struct nyx_mapping *mapping, u64 first, u64 last)
{
	return mapping->phys <= last && phys_last(mapping) >= first;
}

bool nyx_phys_any(const struct list_head *list)
{
	const struct nyx_mapping *mapping;

	list_for_each_entry(mapping, list, link)
		if (mapping->type == NYX_MAPPING_PHYS)
			return true;
	return false;
}

/* ---- BARs ---- */

/* The pages that [offset, offset + size) of a BAR lies in: does the mapping touch them? */
static bool touches_pages(const struct nyx_mapping *mapping, u64 bar, u32 offset, u64 size)
{
	return overlaps(mapping, ALIGN_DOWN(bar + offset, PAGE_SIZE),
			ALIGN(bar + offset + size, PAGE_SIZE) - 1);
}

/* The MSI-X table and the pending bits are where the capability says (PCIe spec 7.7.2). */
static bool touches_msix(const struct nyx_mapping *mapping, struct pci_dev *pdev, int bar)
{
	u8 pos = pci_find_capability(pdev, PCI_CAP_ID_MSIX);
	u64 start = pci_resource_start(pdev, bar);
	u32 table, pba, vectors;
	u16 control;

	if (!pos)
		return false;
	pci_read_config_word(pdev, pos + PCI_MSIX_FLAGS, &control);
	pci_read_config_dword(pdev, pos + PCI_MSIX_TABLE, &table);
	pci_read_config_dword(pdev, pos + PCI_MSIX_PBA, &pba);
	/* It does not answer: then nothing is known of it. */
	if (PCI_POSSIBLE_ERROR(control) || PCI_POSSIBLE_ERROR(table) || PCI_POSSIBLE_ERROR(pba))
		return true;
	vectors = (control & PCI_MSIX_FLAGS_QSIZE) + 1;
	if ((table & PCI_MSIX_TABLE_BIR) == bar &&
	    touches_pages(mapping, start, table & PCI_MSIX_TABLE_OFFSET,
			  vectors * PCI_MSIX_ENTRY_SIZE))
		return true;
	return (pba & PCI_MSIX_PBA_BIR) == bar &&
	       touches_pages(mapping, start, pba & PCI_MSIX_PBA_OFFSET,
			     DIV_ROUND_UP(vectors, 64) * sizeof(u64));
}

static int claim_bar(struct nyx_domain *domain, struct nyx_mapping *mapping,
		     struct nyx_device *device, int bar, struct nyx_why *why)
{
	const struct resource *res = &device->pdev->resource[bar];

	if (device->domain != domain)
		return nyx_refuse(why, -EBUSY, NYX_ARG_ADDRESS,
				  "%#llx-%#llx is part of a BAR of %s, which is not in domain %u; assign it there first",
				  mapping->phys, phys_last(mapping), nyx_device_name(device),
				  domain->id);
	if (bar >= PCI_STD_NUM_BARS)
		return nyx_refuse(why, -EPERM, NYX_ARG_ADDRESS,
				  "%#llx-%#llx is the expansion ROM of %s; only BARs can be mapped",
				  mapping->phys, phys_last(mapping), nyx_device_name(device));
	if (mapping->phys < res->start || phys_last(mapping) > res->end)
		return nyx_refuse(why, -EINVAL, NYX_ARG_LENGTH,
				  "%#llx-%#llx reaches beyond BAR %d of %s, %#llx-%#llx; map less",
				  mapping->phys, phys_last(mapping), bar, nyx_device_name(device),
				  (u64)res->start, (u64)res->end);
	if (touches_msix(mapping, device->pdev, bar))
		return nyx_refuse(why, -EPERM, NYX_ARG_ADDRESS,
				  "%#llx-%#llx holds the MSI-X table of %s, which is never mapped; leave its pages out",
				  mapping->phys, phys_last(mapping), nyx_device_name(device));
	kref_get(&device->ref);
	mapping->bar_of = device;
	return 0;
}

static bool is_memory(const struct resource *res)
{
	return (res->flags & IORESOURCE_MEM) && !(res->flags & IORESOURCE_UNSET) &&
	       resource_size(res) && res->start;
}

/* 1: in no function's memory; else the claim's outcome. */
static int claim_pci(struct nyx_domain *domain, struct nyx_mapping *mapping, struct nyx_why *why)
{
	struct nyx_device *device;
	int i;

	list_for_each_entry(device, &nyx_devices, node) {
		for (i = 0; i <= PCI_ROM_RESOURCE; i++) {
			const struct resource *res = &device->pdev->resource[i];

			if (is_memory(res) && overlaps(mapping, res->start, res->end))
				return claim_bar(domain, mapping, device, i, why);
		}
	}
#ifdef CONFIG_PCI_IOV
	/* Room for virtual functions that are not there (those that are were found above). */
	list_for_each_entry(device, &nyx_devices, node) {
		for (i = PCI_IOV_RESOURCES; i <= PCI_IOV_RESOURCE_END; i++) {
			const struct resource *res = &device->pdev->resource[i];

			if (device->pdev->is_physfn && is_memory(res) &&
			    overlaps(mapping, res->start, res->end))
				return nyx_refuse(why, -EBUSY, NYX_ARG_ADDRESS,
						  "%#llx-%#llx is kept for virtual functions of %s; make them and assign them first",
						  mapping->phys, phys_last(mapping),
						  nyx_device_name(device));
		}
	}
#endif
	return 1;
}

/* ---- the rest ---- */

static u8 physical_width(void)
{
	struct nyx_unit *unit;
	u8 width = 52;

	list_for_each_entry(unit, &nyx_units, node)
		if (unit->caps.physical_width)
			width = min(width, unit->caps.physical_width);
	return width;
}

static int claim_range(struct nyx_domain *domain, struct nyx_mapping *mapping,
		       struct nyx_why *why)
{
	u64 length = nyx_mapping_length(mapping);

	if (region_intersects(mapping->phys, length, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return nyx_refuse(why, -EPERM, NYX_ARG_ADDRESS,
				  "%#llx-%#llx is RAM of this host; map memory of the caller, or a file",
				  mapping->phys, phys_last(mapping));
	mapping->held = request_mem_region(mapping->phys, length, NYX_NAME " phys map");
	if (mapping->held)
		return 0;
	return nyx_refuse(why, -EBUSY, NYX_ARG_ADDRESS,
			  "%#llx-%#llx is claimed (see /proc/iomem); take it from there first",
			  mapping->phys, phys_last(mapping));
}

static int claim(struct nyx_domain *domain, struct nyx_mapping *mapping, struct nyx_why *why)
{
	u64 last = BIT_ULL(physical_width()) - 1;
	int err;

	err = nyx_locked_down(NYX_ARG_TYPE, "host-physical ranges are raw memory", why);
	if (err)
		return err;
	if (phys_last(mapping) > last)
		return nyx_refuse(why, -ERANGE, NYX_ARG_ADDRESS,
				  "%#llx-%#llx is beyond the last physical address %#llx; choose a lower one",
				  mapping->phys, phys_last(mapping), last);
	/* What a device writes there through a mapping would be an interrupt of its making. */
	if (overlaps(mapping, NYX_MSI_FIRST, NYX_MSI_LAST))
		return nyx_refuse(why, -EPERM, NYX_ARG_ADDRESS,
				  "%#llx-%#llx is where interrupts are made, %#llx-%#llx, which is never mapped; leave it out",
				  mapping->phys, phys_last(mapping), NYX_MSI_FIRST, NYX_MSI_LAST);
	err = claim_pci(domain, mapping, why);
	return err == 1 ? claim_range(domain, mapping, why) : err;
}

int nyx_phys_claim(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why)
{
	struct nyx_mapping *mapping;
	int err = 0;
	u32 i = 0;

	lockdep_assert_held(&domain->lock);
	list_for_each_entry(mapping, list, link) {
		if (mapping->type == NYX_MAPPING_PHYS) {
			lockdep_assert_held(&nyx_registry_lock);
			err = claim(domain, mapping, why);
			if (err) {
				nyx_about_range(why, i, err);
				break;
			}
		}
		i++;
	}
	if (err)
		list_for_each_entry_continue_reverse(mapping, list, link)
			nyx_phys_release(mapping);
	return err;
}

void nyx_phys_release(struct nyx_mapping *mapping)
{
	if (mapping->held)
		release_mem_region(mapping->held->start, resource_size(mapping->held));
	mapping->held = NULL;
	nyx_device_put(mapping->bar_of);
	mapping->bar_of = NULL;
}

/* ---- a device leaves ---- */

/*
 * Take the live mappings of device's BARs to undo them. False: somebody is at the page
 * table with one. Holds domain->lock.
 */
static bool take_bars(struct nyx_domain *domain, struct nyx_device *device,
		      struct list_head *taken)
{
	struct nyx_mapping *mapping;

	for (mapping = nyx_books_find(domain, 0, U64_MAX); mapping;
	     mapping = nyx_books_next(mapping, 0, U64_MAX))
		if (mapping->bar_of == device && mapping->state != NYX_MAPPING_LIVE)
			return false;
	for (mapping = nyx_books_find(domain, 0, U64_MAX); mapping;
	     mapping = nyx_books_next(mapping, 0, U64_MAX)) {
		if (mapping->bar_of != device)
			continue;
		mapping->state = NYX_MAPPING_UNDOING;
		list_add_tail(&mapping->link, taken);
	}
	return true;
}

void nyx_phys_drop_bars(struct nyx_device *device, struct nyx_domain *domain)
{
	struct nyx_pt_gather gather;
	LIST_HEAD(taken);
	u32 seen;

	lockdep_assert_held(&nyx_registry_lock);
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return;
	mutex_lock(&domain->lock);
	/* None can be added meanwhile: a claim needs nyx_registry_lock. */
	while (!take_bars(domain, device, &taken)) {
		seen = domain->nr_changed;
		mutex_unlock(&domain->lock);
		wait_event(domain->unchanging, READ_ONCE(domain->nr_changed) != seen);
		mutex_lock(&domain->lock);
	}
	if (list_empty(&taken)) {
		mutex_unlock(&domain->lock);
		return;
	}
	nyx_entries_start(domain);
	mutex_unlock(&domain->lock);
	pr_info(NYX_NAME ": mappings of BARs of %s go with it from domain %u\n",
		nyx_device_name(device), domain->id);
	nyx_pt_gather_init(&gather, &domain->pt);
	nyx_entries_withdraw(domain, &taken, &gather);
}
