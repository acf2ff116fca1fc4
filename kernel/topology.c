// SPDX-License-Identifier: GPL-2.0
/*
 * What the firmware's scopes mean on this machine: which unit translates a
 * function, under which requester ids the unit may see it, and which reserved
 * memory names it.
 *
 * Paths are followed at each question, not once: hotplug renumbers buses.
 */
#include <linux/pci.h>

#include "core.h"
#include "tests/hooks.h"

#ifdef NYX_KUNIT
struct pci_dev *(*nyx_slot_test_hook)(int segment, unsigned int bus, unsigned int devfn) =
	pci_get_domain_bus_and_slot;
#define pci_get_domain_bus_and_slot nyx_slot_test_hook
#endif

/* Bits in pci_dev.dma_alias_mask: every device and function number of a bus. */
#define FUNCTIONS_PER_BUS	256

/* Where a DMAR device scope's path ends (VT-d spec 8.3.1), or -1 when a bridge on it is missing. */
static int scope_rid(u16 segment, const struct nyx_acpi_scope *scope)
{
	u8 bus = scope->start_bus;
	int i;

	for (i = 0; i < scope->path_len; i++) {
		unsigned int devfn = PCI_DEVFN(scope->path[i].device, scope->path[i].function);
		struct pci_dev *bridge;

		if (i == scope->path_len - 1)
			return PCI_DEVID(bus, devfn);
		bridge = pci_get_domain_bus_and_slot(segment, bus, devfn);
		if (!bridge)
			return -1;
		if (!bridge->subordinate) {
			pci_dev_put(bridge);
			return -1;
		}
		bus = bridge->subordinate->number;
		pci_dev_put(bridge);
	}
	return -1;
}

static u16 pci_rid(const struct pci_dev *pdev)
{
	return PCI_DEVID(pdev->bus->number, pdev->devfn);
}

static bool below(struct pci_dev *pdev, u16 bridge_rid)
{
	struct pci_bus *bus;

	for (bus = pdev->bus; bus; bus = bus->parent)
		if (bus->self && pci_rid(bus->self) == bridge_rid)
			return true;
	return false;
}

static bool scope_names(const struct nyx_acpi_scope *scope, u16 segment, struct pci_dev *pdev)
{
	u16 rid = pci_rid(pdev);
	int end;

	switch (scope->kind) {
	case NYX_SCOPE_RIDS:
		return rid >= scope->rid_first && rid <= scope->rid_last;
	case NYX_SCOPE_ALL:
		return true;
	case NYX_SCOPE_ENDPOINT:
		end = scope_rid(segment, scope);
		return end == rid;
	case NYX_SCOPE_BRIDGE:
		end = scope_rid(segment, scope);
		return end >= 0 && (end == rid || below(pdev, end));
	default:
		return false;
	}
}

static bool scopes_name(const struct nyx_acpi_scopes *scopes, u16 segment, struct pci_dev *pdev,
			bool catch_all)
{
	u32 i;

	for (i = 0; i < scopes->count; i++) {
		const struct nyx_acpi_scope *scope = &nyx_firmware.scopes[scopes->first + i];

		if ((scope->kind == NYX_SCOPE_ALL) == catch_all &&
		    scope_names(scope, segment, pdev))
			return true;
	}
	return false;
}

struct nyx_unit *nyx_topology_unit(struct pci_dev *pdev)
{
	/* A VF is translated by the unit of its PF: no scope need name it (VT-d spec 8.3). */
	struct pci_dev *pf = pci_physfn(pdev);
	int segment = pci_domain_nr(pdev->bus);
	struct nyx_unit *unit, *catch_all = NULL;

	list_for_each_entry(unit, &nyx_units, node) {
		const struct nyx_acpi_unit *firmware = unit->firmware;

		if (unit->segment != segment)
			continue;
		if (scopes_name(&firmware->scopes, segment, pf, false) ||
		    (pdev != pf && scopes_name(&firmware->scopes, segment, pdev, false)))
			return unit;
		if ((firmware->flags & NYX_UNIT_INCLUDE_ALL) ||
		    scopes_name(&firmware->scopes, segment, pf, true))
			catch_all = unit;
	}
	return catch_all;
}

bool nyx_topology_next_named(const struct nyx_unit *unit, u32 *at, u16 *rid)
{
	const struct nyx_acpi_scopes *scopes = &unit->firmware->scopes;

	while (*at < scopes->count) {
		const struct nyx_acpi_scope *scope = &nyx_firmware.scopes[scopes->first + (*at)++];
		struct pci_dev *pdev;
		int found = scope->rid_first;

		if (scope->kind != NYX_SCOPE_ACPI_NAME)
			continue;
		if (nyx_firmware.table == NYX_ACPI_DMAR)
			found = scope_rid(unit->segment, scope);
		if (found < 0)
			continue;
		/* Not hidden after all: then it is listed like any other function. */
		pdev = pci_get_domain_bus_and_slot(unit->segment, PCI_BUS_NUM(found),
						   found & 0xff);
		if (pdev) {
			pci_dev_put(pdev);
			continue;
		}
		*rid = found;
		return true;
	}
	return false;
}

const char *nyx_topology_special(const struct nyx_unit *unit, u16 rid)
{
	const struct nyx_acpi_scopes *scopes = &unit->firmware->scopes;
	u32 i;

	/* A DMAR gives them paths, and ids are of no concern to such a unit's entries. */
	if (nyx_firmware.table != NYX_ACPI_IVRS)
		return NULL;
	for (i = 0; i < scopes->count; i++) {
		const struct nyx_acpi_scope *scope = &nyx_firmware.scopes[scopes->first + i];

		if (scope->rid_first == rid && scope->kind == NYX_SCOPE_IOAPIC)
			return "an IO-APIC";
		if (scope->rid_first == rid && scope->kind == NYX_SCOPE_HPET)
			return "an HPET";
	}
	return NULL;
}

static void add_rid(u16 rids[NYX_ALIASES_MAX], u8 *nr, u16 rid)
{
	u8 i;

	for (i = 0; i < *nr; i++)
		if (rids[i] == rid)
			return;
	if (*nr < NYX_ALIASES_MAX)
		rids[(*nr)++] = rid;
	else
		pr_warn_once(NYX_NAME ": a function has more than %d requester ids; requests under %04x are blocked\n",
			     NYX_ALIASES_MAX, rid);
}

/* The ids that bridges between pdev and the root put in place of its own (PCIe-to-PCI 2.3). */
static void add_bridge_aliases(struct pci_dev *pdev, u16 rids[NYX_ALIASES_MAX], u8 *nr)
{
	struct pci_bus *bus;

	for (bus = pdev->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		struct pci_dev *bridge = bus->self;

		/* SR-IOV's virtual buses have no bridge. */
		if (!bridge)
			continue;
		/* Such a bridge hands requests to the unit with the ids they came with. */
		if (bridge->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT)
			return;
		if (pci_is_pcie(bridge)) {
			switch (pci_pcie_type(bridge)) {
			case PCI_EXP_TYPE_ROOT_PORT:
			case PCI_EXP_TYPE_UPSTREAM:
			case PCI_EXP_TYPE_DOWNSTREAM:
				continue;
			case PCI_EXP_TYPE_PCI_BRIDGE:
				/* Takes ownership as (secondary bus, device 0, function 0). */
				add_rid(rids, nr, PCI_DEVID(bus->number, 0));
				continue;
			case PCI_EXP_TYPE_PCIE_BRIDGE:
				add_rid(rids, nr, pci_rid(bridge));
				continue;
			}
		} else if (bridge->dev_flags & PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS) {
			add_rid(rids, nr, PCI_DEVID(bus->number, 0));
		} else {
			add_rid(rids, nr, pci_rid(bridge));
		}
	}
}

/* Unclaimed function numbers that the function may put in its requests (PCIe spec 2.2.6.2). */
static void add_phantoms(struct pci_dev *pdev, u16 rids[NYX_ALIASES_MAX], u8 *nr)
{
	u16 control;
	u32 caps;
	u8 bits, i;

	if (!pci_is_pcie(pdev) ||
	    pcie_capability_read_word(pdev, PCI_EXP_DEVCTL, &control) ||
	    !(control & PCI_EXP_DEVCTL_PHANTOM) ||
	    pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP, &caps))
		return;
	bits = (caps & PCI_EXP_DEVCAP_PHANTOM) >> 3;
	for (i = 1; i < 1 << bits; i++)
		add_rid(rids, nr, pci_rid(pdev) ^ (i << (3 - bits)));
}

static void add_firmware_aliases(struct pci_dev *pdev, const struct nyx_unit *unit,
				 u16 rids[NYX_ALIASES_MAX], u8 *nr)
{
	const struct nyx_acpi_scopes *scopes = &unit->firmware->scopes;
	u32 i;

	for (i = 0; i < scopes->count; i++) {
		const struct nyx_acpi_scope *scope = &nyx_firmware.scopes[scopes->first + i];

		if (scope->kind == NYX_SCOPE_RIDS && scope->has_alias &&
		    scope_names(scope, unit->segment, pdev))
			add_rid(rids, nr, scope->alias_rid);
	}
}

u8 nyx_topology_rids(struct pci_dev *pdev, const struct nyx_unit *unit, u16 rids[NYX_ALIASES_MAX])
{
	unsigned int devfn;
	u8 nr = 0;

	add_rid(rids, &nr, pci_rid(pdev));
	/* Functions that the kernel knows to use a neighbour's id (quirks). */
	if (pdev->dma_alias_mask)
		for_each_set_bit(devfn, pdev->dma_alias_mask, FUNCTIONS_PER_BUS)
			add_rid(rids, &nr, PCI_DEVID(pdev->bus->number, devfn));
	add_phantoms(pdev, rids, &nr);
	add_bridge_aliases(pdev, rids, &nr);
	if (unit)
		add_firmware_aliases(pdev, unit, rids, &nr);
	return nr;
}

/* Bit of ext_dte_flags (AMD IOMMU spec 5.2.2.1, extended select and range): no ATS. */
#define IVHD_ATS_DISABLED	BIT(31)

static bool ivhd_forbids_ats(struct pci_dev *pdev, const struct nyx_unit *unit)
{
	const struct nyx_acpi_scopes *scopes = &unit->firmware->scopes;
	u32 i;

	for (i = 0; i < scopes->count; i++) {
		const struct nyx_acpi_scope *scope = &nyx_firmware.scopes[scopes->first + i];

		if ((scope->ext_dte_flags & IVHD_ATS_DISABLED) &&
		    scope_names(scope, unit->segment, pdev))
			return true;
	}
	return false;
}

/* An ATSR or SATC names pdev, or a root port above it. */
static bool listed_for_ats(struct pci_dev *pdev, enum nyx_acpi_list_kind kind)
{
	int segment = pci_domain_nr(pdev->bus);
	u32 i;

	for (i = 0; i < nyx_firmware.nr_lists; i++) {
		const struct nyx_acpi_list *list = &nyx_firmware.lists[i];

		if (list->kind == kind && list->segment == segment &&
		    ((list->flags & NYX_LIST_ALL_PORTS) ||
		     scopes_name(&list->scopes, segment, pdev, false)))
			return true;
	}
	return false;
}

const char *nyx_topology_ats_forbidden(struct pci_dev *pdev, const struct nyx_unit *unit)
{
	if (nyx_firmware.table == NYX_ACPI_IVRS)
		return ivhd_forbids_ats(pdev, unit) ?
		       "firmware forbids it ATS (IVRS, its IVHD device entry)" : NULL;
	/* 8.5: the ATSR is about what is below root ports, 8.8: SATC about the rest. */
	if (pci_is_root_bus(pdev->bus) || listed_for_ats(pdev, NYX_LIST_INTEGRATED) ||
	    listed_for_ats(pdev, NYX_LIST_ATS_PORTS))
		return NULL;
	return "firmware lists no root port above it for ATS (DMAR, ATSR)";
}

/*
 * Firmware reserves memory for USB and graphics only for the time before a
 * driver takes over; once the function is reset and assigned nobody uses it.
 */
static bool relaxable(const struct pci_dev *pdev)
{
	/* USB: whatever the kind of host controller, which the lowest byte tells. */
	return pdev->class >> 8 == PCI_CLASS_SERIAL_USB ||
	       pdev->class >> 16 == PCI_BASE_CLASS_DISPLAY;
}

static const struct nyx_acpi_reserved *next_named(struct pci_dev *pdev,
						  const struct nyx_acpi_reserved *prev)
{
	int segment = pci_domain_nr(pdev->bus);
	u32 i;

	for (i = prev ? prev - nyx_firmware.reserved + 1 : 0; i < nyx_firmware.nr_reserved; i++) {
		const struct nyx_acpi_reserved *reserved = &nyx_firmware.reserved[i];

		if (reserved->segment == segment &&
		    (scopes_name(&reserved->scopes, segment, pdev, false) ||
		     scopes_name(&reserved->scopes, segment, pdev, true)))
			return reserved;
	}
	return NULL;
}

const struct nyx_acpi_reserved *nyx_topology_next_reserved(struct pci_dev *pdev,
							   const struct nyx_acpi_reserved *prev)
{
	return relaxable(pdev) ? NULL : next_named(pdev, prev);
}

const struct nyx_acpi_reserved *nyx_topology_reserved(struct pci_dev *pdev)
{
	return nyx_topology_next_reserved(pdev, NULL);
}

const struct nyx_acpi_reserved *nyx_topology_relaxed(struct pci_dev *pdev)
{
	return relaxable(pdev) ? next_named(pdev, NULL) : NULL;
}
