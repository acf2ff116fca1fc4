// SPDX-License-Identifier: GPL-2.0
/*
 * Isolation groups: the smallest sets of functions that hardware can tell
 * apart. Two functions are in one group when the unit may see a request of one
 * under an id of the other, or when one can reach the other without passing
 * the unit (peer-to-peer that no ACS control forbids, PCIe spec 6.12).
 *
 * Groups are recomputed as a whole when a function arrives or leaves; a group
 * keeps its id as long as its first member stays.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "core.h"

static u32 next_group_id = 1;

/*
 * True where requests through or from this function cannot be turned round at it, once its
 * controls are switched on: acs.c does that on the way of every device that is assigned.
 */
static bool isolates(struct pci_dev *pdev)
{
	if (!pci_is_pcie(pdev))
		return false;
	switch (pci_pcie_type(pdev)) {
	case PCI_EXP_TYPE_PCI_BRIDGE:
	case PCI_EXP_TYPE_PCIE_BRIDGE:
		return false;
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return nyx_acs_capable(pdev);
	default:
		/* Upstream ports and endpoints route between their own functions only. */
		return !pdev->multifunction || nyx_acs_capable(pdev);
	}
}

/* The first function on the way from bridge to the root that does not isolate, or NULL. */
static struct pci_dev *leak_above(struct pci_dev *bridge)
{
	struct pci_bus *bus;

	if (!isolates(bridge))
		return bridge;
	for (bus = bridge->bus; !pci_is_root_bus(bus); bus = bus->parent)
		if (bus->self && !isolates(bus->self))
			return bus->self;
	return NULL;
}

/* Put the groups of a and b together; the reason that came first stays. */
__printf(3, 4)
static void join(struct nyx_device *a, struct nyx_device *b, const char *fmt, ...)
{
	struct nyx_group *keep = a->group, *gone = b->group;
	struct nyx_device *device;
	va_list args;

	if (keep == gone)
		return;
	list_for_each_entry(device, &gone->devices, group_node)
		device->group = keep;
	list_splice_tail_init(&gone->devices, &keep->devices);
	if (!keep->why_bound[0] && gone->why_bound[0])
		strscpy(keep->why_bound, gone->why_bound, sizeof(keep->why_bound));
	if (!keep->why_bound[0]) {
		va_start(args, fmt);
		vscnprintf(keep->why_bound, sizeof(keep->why_bound), fmt, args);
		va_end(args);
	}
	kfree(gone);
}

static bool share_rid(const struct nyx_device *a, const struct nyx_device *b)
{
	int i, j;

	if (a->segment != b->segment)
		return false;
	for (i = 0; i < a->nr_rids; i++)
		for (j = 0; j < b->nr_rids; j++)
			if (a->rids[i] == b->rids[j])
				return true;
	return false;
}

static bool same_slot(const struct nyx_device *a, const struct nyx_device *b)
{
	return a->pdev->bus == b->pdev->bus &&
	       PCI_SLOT(a->pdev->devfn) == PCI_SLOT(b->pdev->devfn);
}

static void join_peers(struct nyx_device *device)
{
	struct nyx_device *peer = device;
	bool open = device->pdev->multifunction && !isolates(device->pdev);

	list_for_each_entry_continue(peer, &nyx_devices, node) {
		if (share_rid(device, peer))
			join(device, peer, "%s and %s share a requester id",
			     nyx_device_name(device), nyx_device_name(peer));
		else if (open && same_slot(device, peer) && peer->pdev->multifunction &&
			 !isolates(peer->pdev))
			join(device, peer, "functions of %s have no ACS between them",
			     nyx_device_name(device));
	}
}

static bool on_or_below(const struct nyx_device *device, const struct pci_bus *bus)
{
	const struct pci_bus *up;

	for (up = device->pdev->bus; up; up = up->parent)
		if (up == bus)
			return true;
	return false;
}

/*
 * A switch's downstream port without ACS lets requests from below it be turned round
 * inside the switch, to everything behind the switch's other ports (PCIe spec 6.12.1.1).
 */
static void join_switch(struct nyx_device *device, struct pci_dev *port)
{
	struct nyx_device *peer;

	list_for_each_entry(peer, &nyx_devices, node)
		if (on_or_below(peer, port->bus))
			join(device, peer, "port %s does not isolate (it has no ACS)",
			     pci_name(port));
}

/* Below a port that does not isolate, all can reach each other and the port's own group. */
static void join_bridges(struct nyx_device *device)
{
	struct pci_bus *bus;

	for (bus = device->pdev->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		struct nyx_device *bridge;
		struct pci_dev *leak;

		if (!bus->self)
			continue;
		leak = leak_above(bus->self);
		if (!leak)
			return;
		if (pci_is_pcie(bus->self) &&
		    pci_pcie_type(bus->self) == PCI_EXP_TYPE_DOWNSTREAM && !isolates(bus->self))
			join_switch(device, bus->self);
		bridge = nyx_device_find(bus->self);
		if (bridge)
			join(bridge, device, "port %s does not isolate (it has no ACS)",
			     pci_name(leak));
	}
}

/* Every device in a group of its own again; it remembers the id of the one it was in. */
static int split_all(void)
{
	struct nyx_device *device, *undo;
	struct nyx_group *group;

	list_for_each_entry(device, &nyx_devices, node) {
		device->old_group_id = device->group ? device->group->id : 0;
		device->new_group = kzalloc(sizeof(*group), GFP_KERNEL);
		if (!device->new_group)
			goto undo;
	}
	/* Nothing can fail from here on. */
	nyx_groups_free();
	list_for_each_entry(device, &nyx_devices, node) {
		group = device->new_group;
		device->new_group = NULL;
		INIT_LIST_HEAD(&group->devices);
		list_add(&device->group_node, &group->devices);
		device->group = group;
	}
	return 0;
undo:
	list_for_each_entry(undo, &nyx_devices, node) {
		kfree(undo->new_group);
		undo->new_group = NULL;
	}
	return -ENOMEM;
}

static bool id_taken(u32 id)
{
	struct nyx_device *device;

	list_for_each_entry(device, &nyx_devices, node)
		if (device->group->id == id)
			return true;
	return false;
}

int nyx_groups_rebuild(void)
{
	struct nyx_device *device;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	err = split_all();
	if (err)
		return err;
	list_for_each_entry(device, &nyx_devices, node)
		join_peers(device);
	list_for_each_entry(device, &nyx_devices, node)
		join_bridges(device);

	/* The first member that was in a group before gives its id, unless another group has it. */
	list_for_each_entry(device, &nyx_devices, node)
		if (!device->group->id && device->old_group_id && !id_taken(device->old_group_id))
			device->group->id = device->old_group_id;
	list_for_each_entry(device, &nyx_devices, node)
		if (!device->group->id)
			device->group->id = next_group_id++;
	return 0;
}

void nyx_groups_free(void)
{
	struct nyx_device *device, *member;

	list_for_each_entry(device, &nyx_devices, node) {
		struct nyx_group *group = device->group;

		if (!group)
			continue;
		list_for_each_entry(member, &group->devices, group_node)
			member->group = NULL;
		kfree(group);
	}
}
