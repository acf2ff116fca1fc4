// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: one object for every PCI function, from the bus's own list and its
 * notifier, and the table entries that follow from their states.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "core.h"
#include "tests/hooks.h"

const char *nyx_device_name(const struct nyx_device *device)
{
	return pci_name(device->pdev);
}

struct nyx_device *nyx_device_find(struct pci_dev *pdev)
{
	struct nyx_device *device;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(device, &nyx_devices, node)
		if (device->pdev == pdev)
			return device;
	return NULL;
}

struct nyx_device *nyx_device_get(u16 segment, u16 rid)
{
	struct nyx_device *device;

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(device, &nyx_devices, node) {
		if (device->segment == segment && device->rid == rid) {
			kref_get(&device->ref);
			mutex_unlock(&nyx_registry_lock);
			return device;
		}
	}
	mutex_unlock(&nyx_registry_lock);
	return NULL;
}

static void release(struct kref *ref)
{
	struct nyx_device *device = container_of(ref, struct nyx_device, ref);

	pci_dev_put(device->pdev);
	/* The fault path may still be looking at it under RCU. */
	kfree_rcu(device, rcu);
}

void nyx_device_put(struct nyx_device *device)
{
	if (device)
		kref_put(&device->ref, release);
}

void nyx_device_driver_name(struct nyx_device *device, char *buf, size_t size)
{
	struct device *dev = &device->pdev->dev;

	/*
	 * dev->driver is stable only under device_lock, which somebody who waits
	 * for a netlink family may hold: never wait for it here.
	 */
	if (!device_trylock(dev)) {
		strscpy(buf, "?", size);
		return;
	}
	strscpy(buf, dev->driver ? dev->driver->name : "", size);
	device_unlock(dev);
}

void nyx_device_announce(struct nyx_device *device)
{
	const struct nyx_event event = {
		.kind = NYX_EVENT_DEVICE_STATE,
		.device = device,
		.cause = device->state_cause,
	};

	lockdep_assert_held(&nyx_registry_lock);
	nyx_netlink_event(&event);
}

void nyx_device_set_state(struct nyx_device *device, enum nyx_device_state state,
			  const char *fmt, ...)
{
	va_list args;

	device->state = state;
	device->state_since_ns = ktime_get_real_ns();
	va_start(args, fmt);
	vscnprintf(device->state_cause, sizeof(device->state_cause), fmt, args);
	va_end(args);
	nyx_device_announce(device);
}

/* How much a state demands of an entry that several functions share: the highest wins. */
static int claim(const struct nyx_device *device)
{
	switch (device->state) {
	case NYX_DEVICE_HOST:
		return 1;
	case NYX_DEVICE_BLOCKED:
		return 2;
	case NYX_DEVICE_ASSIGNED:
		/* While it is being reset it reaches nothing. */
		return device->resetting ? 4 : 3;
	case NYX_DEVICE_EXPORTED:
		return 3;
	case NYX_DEVICE_QUARANTINED:
		return 4;
	case NYX_DEVICE_GONE:
		return 0;
	}
	return 0;
}

bool nyx_device_has_rid(const struct nyx_device *device, u16 rid)
{
	int i;

	for (i = 0; i < device->nr_rids; i++)
		if (device->rids[i] == rid)
			return true;
	return false;
}

/*
 * Nobody of the host waits for its interrupts. One that is blocked for want of a name in the
 * firmware's table may well do without DMA and be a host driver's.
 */
static bool out_of_hands(const struct nyx_device *device)
{
	return claim(device) > 2 ||
	       (claim(device) == 2 && (device->irqs.held || device->group_blocked));
}

void nyx_device_wanted_entry(struct nyx_device *device, u16 rid, struct nyx_entry *entry)
{
	struct nyx_device *strongest = device, *member;

	memset(entry, 0, sizeof(*entry));
	list_for_each_entry(member, &device->group->devices, group_node)
		if (member->unit == device->unit && nyx_device_has_rid(member, rid) &&
		    claim(member) > claim(strongest))
			strongest = member;
	list_for_each_entry(member, &device->group->devices, group_node)
		if (member->unit == device->unit && nyx_device_has_rid(member, rid) &&
		    claim(member) == claim(strongest))
			entry->remap_interrupts |= out_of_hands(member);

	switch (claim(strongest)) {
	case 1:
		entry->kind = NYX_ENTRY_PASS;
		break;
	case 3:
		if (strongest->domain->mode == NYX_DOMAIN_UNMANAGED) {
			entry->kind = NYX_ENTRY_PASS;
			break;
		}
		entry->kind = NYX_ENTRY_PAGING;
		entry->pt = &strongest->domain->pt;
		entry->hwdid = nyx_domain_hwdid(strongest->domain, device->unit);
		entry->ats = strongest->ats && rid == strongest->rid;
		break;
	default:
		entry->kind = NYX_ENTRY_BLOCKED;
		/* Its storm has been seen: leave room for other devices' records. */
		entry->suppress_faults = strongest->state == NYX_DEVICE_QUARANTINED ||
					 (strongest->state == NYX_DEVICE_BLOCKED &&
					  strongest->muted);
	}
}

int nyx_device_apply(struct nyx_device *device)
{
	struct nyx_entry entry;
	bool ats = false;
	int i, err, first_err = 0;

	lockdep_assert_held(&nyx_registry_lock);
	if (!device->unit)
		return 0;
	if (nyx_unit_dead(device->unit)) {
		nyx_ats_follow(device, false);
		if (!out_of_hands(device))
			nyx_irqs_close(device);
		return -EIO;
	}
	for (i = 0; i < device->nr_rids; i++) {
		nyx_device_wanted_entry(device, device->rids[i], &entry);
		if (entry.ats) {
			nyx_ats_expect(device);
			ats = true;
		}
		err = device->unit->ops->set_entry(device->unit, device->rids[i], &entry);
		/* Go on: the other ids must be fenced all the more. */
		if (err && !first_err)
			first_err = err;
	}
	err = nyx_ats_follow(device, ats && !first_err);
	/* Interrupts follow DMA: fenced after it, open once it is. */
	nyx_irqs_fence(device, claim(device) != 3 || first_err || err);
	if (!out_of_hands(device))
		nyx_irqs_close(device);
	return first_err ?: err;
}

static bool is_unit_function(const struct pci_dev *pdev)
{
	const struct nyx_unit *unit;

	list_for_each_entry(unit, &nyx_units, node)
		if (unit->has_function && unit->segment == pci_domain_nr(pdev->bus) &&
		    unit->rid == PCI_DEVID(pdev->bus->number, pdev->devfn))
			return true;
	return false;
}

/* Where a unit serves the segment but no scope names the function, its entry is blocked. */
static bool unnamed(const struct nyx_device *device)
{
	const struct nyx_unit *unit;

	if (device->unit || device->is_unit)
		return false;
	list_for_each_entry(unit, &nyx_units, node)
		if (unit->segment == device->segment && unit->caps.blocks_unnamed)
			return true;
	return false;
}

static struct nyx_device *new_device(struct pci_dev *pdev)
{
	const struct nyx_acpi_reserved *reserved;
	struct nyx_device *device;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return NULL;
	kref_init(&device->ref);
	INIT_LIST_HEAD(&device->domain_node);
	INIT_LIST_HEAD(&device->tlb_node);
	INIT_WORK(&device->quarantine_work, nyx_device_quarantine_work);
	INIT_WORK(&device->reset_work, nyx_reset_work);
	device->pdev = pci_dev_get(pdev);
	device->segment = pci_domain_nr(pdev->bus);
	device->rid = PCI_DEVID(pdev->bus->number, pdev->devfn);
	device->unit = nyx_topology_unit(pdev);
	device->nr_rids = nyx_topology_rids(pdev, device->unit, device->rids);
	nyx_irqs_init(device);
	device->is_bridge = pdev->hdr_type != PCI_HEADER_TYPE_NORMAL;
	device->is_unit = is_unit_function(pdev);
	device->has_reset = pdev->reset_methods[0] != 0;
	reserved = nyx_topology_reserved(pdev);
	if (reserved) {
		device->reserved_region = true;
		device->reserved_base = reserved->base;
		device->reserved_last = reserved->last;
	}
	device->fault_threshold = NYX_FAULT_THRESHOLD;
	nyx_fault_init(device);
	device->state = NYX_DEVICE_HOST;
	device->state_since_ns = ktime_get_real_ns();
	strscpy(device->state_cause, "host device", sizeof(device->state_cause));
	device->unnamed = unnamed(device);
	if (device->unnamed) {
		device->state = NYX_DEVICE_BLOCKED;
		strscpy(device->state_cause,
			"the firmware's table names it nowhere, so every request of it is refused",
			sizeof(device->state_cause));
	/* Behind an external-facing port: nobody has decided to trust it yet. */
	} else if (pdev->untrusted) {
		device->state = NYX_DEVICE_BLOCKED;
		strscpy(device->state_cause, "untrusted: behind an external-facing port",
			sizeof(device->state_cause));
	}
	return device;
}

/* Keep nyx_devices ordered by segment and RID. */
static void insert(struct nyx_device *device)
{
	struct nyx_device *next;

	list_for_each_entry(next, &nyx_devices, node)
		if (next->segment > device->segment ||
		    (next->segment == device->segment && next->rid > device->rid))
			break;
	/* At the end, next is the head itself seen as a device: also the right place. */
	list_add_tail(&device->node, &next->node);
}

static void leave_group(struct nyx_device *device)
{
	struct nyx_group *group = device->group;

	if (!group)
		return;
	list_del_init(&device->group_node);
	device->group = NULL;
	if (list_empty(&group->devices))
		kfree(group);
}

/*
 * List a function: no group and no entry yet. Functions whose segment does not fit
 * 16 bits are children of a VMD controller and use its id, so the controller's entry
 * serves them: *out is NULL, as for one that is listed already.
 */
static int list_device(struct pci_dev *pdev, struct nyx_device **out)
{
	struct nyx_device *device;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	*out = NULL;
	if (pci_domain_nr(pdev->bus) > U16_MAX || nyx_device_find(pdev))
		return 0;
	device = new_device(pdev);
	if (!device)
		return -ENOMEM;
	err = nyx_registry_add_rids(device);
	if (err) {
		nyx_device_put(device);
		return err;
	}
	insert(device);
	*out = device;
	return 0;
}

/*
 * A function has arrived: give it its object and its entry before anything can
 * bind to it.
 */
static int add_device(struct pci_dev *pdev)
{
	struct nyx_device *device;
	bool blocked;
	int err;

	err = list_device(pdev, &device);
	if (err || !device)
		return err;
	err = nyx_groups_rebuild();
	if (err)
		goto unlist;
	blocked = nyx_device_settle(device);
	err = nyx_device_apply(device);
	if (!err) {
		/* Settling has told of one that is blocked. */
		if (!blocked)
			nyx_device_announce(device);
		return 0;
	}
	/* Listed all the same, so that one can see why it does not work. */
	nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "no entry could be made (error %d)", err);
	nyx_device_apply(device);
	return err;

unlist:
	list_del(&device->node);
	nyx_registry_del_rids(device);
	nyx_device_put(device);
	return err;
}

static void remove_device(struct nyx_device *device)
{
	struct nyx_device *other;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->domain)
		nyx_device_leave_domain(device, "removed from the bus");
	/* The id may be given to another function: whatever comes next starts blocked. */
	nyx_device_set_state(device, NYX_DEVICE_GONE, "removed from the bus");
	nyx_device_apply(device);
	nyx_registry_del_rids(device);
	leave_group(device);
	list_del(&device->node);
	if (nyx_groups_rebuild())
		pr_warn(NYX_NAME ": no memory to recompute groups after %s left\n",
			nyx_device_name(device));
	/* It may have been what kept others in the group of an assigned one. */
	list_for_each_entry(other, &nyx_devices, node)
		if (other->group_blocked)
			nyx_device_settle(other);
	nyx_device_put(device);
}

static int on_bus_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);
	struct nyx_device *device;
	int err;

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		mutex_lock(&nyx_registry_lock);
		err = add_device(pdev);
		if (err)
			pr_err(NYX_NAME ": %s: no entry could be made (error %d), its DMA is blocked\n",
			       pci_name(pdev), err);
		mutex_unlock(&nyx_registry_lock);
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		mutex_lock(&nyx_registry_lock);
		device = nyx_device_find(pdev);
		if (device && device->state == NYX_DEVICE_BLOCKED && !device->stub_bound)
			pr_warn(NYX_NAME ": %s: driver %s bound, but its DMA stays blocked: %s\n",
				pci_name(pdev), dev_driver_string(&pdev->dev),
				device->state_cause);
		mutex_unlock(&nyx_registry_lock);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		mutex_lock(&nyx_registry_lock);
		device = nyx_device_find(pdev);
		if (device)
			remove_device(device);
		mutex_unlock(&nyx_registry_lock);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block bus_notifier = {
	.notifier_call = on_bus_event,
};

#ifdef NYX_KUNIT
void nyx_device_test_event(struct pci_dev *pdev, unsigned long action)
{
	on_bus_event(&bus_notifier, action, &pdev->dev);
}
#endif

int nyx_devices_watch(void)
{
	return bus_register_notifier(&pci_bus_type, &bus_notifier);
}

void nyx_devices_unwatch(void)
{
	bus_unregister_notifier(&pci_bus_type, &bus_notifier);
}

/* Devices of the host that no bus lists: their DMA must go on like every other's. */
int nyx_devices_pass_named(void)
{
	static const struct nyx_entry pass = { .kind = NYX_ENTRY_PASS };
	struct nyx_unit *unit;
	int err = 0;
	u32 at;
	u16 rid;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(unit, &nyx_units, node)
		for (at = 0; !err && nyx_topology_next_named(unit, &at, &rid);)
			err = unit->ops->set_entry(unit, rid, &pass);
	return err;
}

int nyx_devices_start(void)
{
	struct pci_dev *pdev = NULL;
	struct nyx_device *device;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	for_each_pci_dev(pdev) {
		err = list_device(pdev, &device);
		if (err) {
			pci_dev_put(pdev);
			return err;
		}
	}
	/* Once for all: it looks at every pair. */
	err = nyx_groups_rebuild();
	if (err)
		return err;
	list_for_each_entry(device, &nyx_devices, node) {
		err = nyx_device_apply(device);
		if (err)
			return err;
		if (device->unnamed && device->pdev->dev.driver)
			pr_warn(NYX_NAME ": %s is in use, but its DMA is blocked from now on: %s\n",
				nyx_device_name(device), device->state_cause);
	}
	return nyx_devices_pass_named();
}

void nyx_devices_stop(void)
{
	struct nyx_device *device, *next;

	lockdep_assert_held(&nyx_registry_lock);
	nyx_groups_free();
	list_for_each_entry_safe(device, next, &nyx_devices, node) {
		nyx_registry_del_rids(device);
		list_del(&device->node);
		nyx_device_put(device);
	}
}
