// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: one object for every PCI function, from the bus's own list and its
 * notifier, and their states. What entries follow from those: device_entry.c.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "arrival.h"
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
	nyx_autoreset_follow(device);
	nyx_device_announce(device);
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
	const struct nyx_acpi_reserved *reserved, *relaxed;
	struct nyx_device *device;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return NULL;
	kref_init(&device->ref);
	INIT_LIST_HEAD(&device->domain_node);
	INIT_LIST_HEAD(&device->export_node);
	INIT_LIST_HEAD(&device->tlb_node);
	INIT_WORK(&device->quarantine_work, nyx_device_quarantine_work);
	INIT_WORK(&device->reset_work, nyx_reset_work);
	INIT_DELAYED_WORK(&device->retry_work, nyx_autoreset_work);
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
	relaxed = nyx_topology_relaxed(pdev);
	device->reserved_region = reserved;
	device->relaxed_region = relaxed;
	if (reserved || relaxed) {
		device->reserved_base = (reserved ?: relaxed)->base;
		device->reserved_last = (reserved ?: relaxed)->last;
	}
	device->policy = (struct nyx_policy){ NYX_POLICY_THRESHOLD, NYX_POLICY_WINDOW };
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
 * bind to it. *held: by a rule, nobody but the stub is to bind.
 */
static int add_device(struct pci_dev *pdev, bool *held)
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
	/* Only one that arrives joins an export: later a driver of the host may have it. */
	blocked = !nyx_export_join(device) && nyx_device_settle(device);
	nyx_unused_follow(device);
	*held = nyx_arrival_decide(device);
	err = nyx_device_apply(device);
	if (!err) {
		/* Settling and rules have told of one that they block. */
		if (!blocked && !*held)
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
	if (device->export)
		nyx_export_forget(device);
	else if (device->domain)
		nyx_device_leave_domain(device, "removed from the bus");
	/* The id may be given to another function: whatever comes next starts blocked. */
	nyx_device_set_state(device, NYX_DEVICE_GONE, "removed from the bus");
	nyx_device_apply(device);
	nyx_unused_follow(device);
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

static void on_arrival(struct pci_dev *pdev)
{
	bool held = false;
	int err;

	mutex_lock(&nyx_registry_lock);
	err = add_device(pdev, &held);
	if (err)
		pr_err(NYX_NAME ": %s: no entry could be made (error %d), its DMA is blocked\n",
		       pci_name(pdev), err);
	mutex_unlock(&nyx_registry_lock);
	/* The driver core asks for a driver only after this, and has no lock of the device. */
	if (held && nyx_arrival_hold(pdev))
		pr_err(NYX_NAME ": %s: no memory to keep the host's drivers away from it; its DMA is blocked\n",
		       pci_name(pdev));
}

static int on_bus_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);
	struct nyx_device *device;

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		on_arrival(pdev);
		break;
	case BUS_NOTIFY_BIND_DRIVER:
		mutex_lock(&nyx_registry_lock);
		device = nyx_device_find(pdev);
		if (device)
			kref_get(&device->ref);
		mutex_unlock(&nyx_registry_lock);
		/* device_lock is held, and nobody has probed yet. */
		if (device) {
			nyx_stub_hand_back(device);
			nyx_device_put(device);
		}
		fallthrough;
	case BUS_NOTIFY_UNBOUND_DRIVER:
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		mutex_lock(&nyx_registry_lock);
		device = nyx_device_find(pdev);
		if (device && device->export)
			nyx_export_driver_changed(device, action == BUS_NOTIFY_BIND_DRIVER);
		mutex_unlock(&nyx_registry_lock);
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		mutex_lock(&nyx_registry_lock);
		device = nyx_device_find(pdev);
		if (device && !device->stub_bound &&
		    (device->export ? nyx_export_driver_is_blocked(device) :
		     device->state == NYX_DEVICE_BLOCKED))
			pr_warn(NYX_NAME ": %s: driver %s bound, but its DMA stays blocked: %s\n",
				pci_name(pdev), dev_driver_string(&pdev->dev),
				device->state_cause);
		mutex_unlock(&nyx_registry_lock);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		/* While its interrupts still exist. */
		nyx_units_function_leaves(pdev);
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
	/* Before the kernel's own IOMMU code asks about a function that it has not seen. */
	.priority = 1,
};

/* After the kernel's own. */
static int on_arrived(struct notifier_block *nb, unsigned long action, void *data)
{
	struct nyx_device *device;

	if (action != BUS_NOTIFY_ADD_DEVICE)
		return NOTIFY_DONE;
	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(to_pci_dev(data));
	if (device)
		nyx_export_arrived(device);
	mutex_unlock(&nyx_registry_lock);
	return NOTIFY_OK;
}

static struct notifier_block arrived_notifier = {
	.notifier_call = on_arrived,
	.priority = -1,
};

#ifdef NYX_KUNIT
void nyx_device_test_event(struct pci_dev *pdev, unsigned long action)
{
	on_bus_event(&bus_notifier, action, &pdev->dev);
	on_arrived(&arrived_notifier, action, &pdev->dev);
}
#endif

int nyx_devices_watch(void)
{
	int err = bus_register_notifier(&pci_bus_type, &arrived_notifier);

	if (err)
		return err;
	err = bus_register_notifier(&pci_bus_type, &bus_notifier);
	if (err)
		bus_unregister_notifier(&pci_bus_type, &arrived_notifier);
	return err;
}

void nyx_devices_unwatch(void)
{
	bus_unregister_notifier(&pci_bus_type, &bus_notifier);
	bus_unregister_notifier(&pci_bus_type, &arrived_notifier);
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
	err = nyx_groups_rebuild() ?: nyx_unused_block();
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
	u32 none;

	lockdep_assert_held(&nyx_registry_lock);
	nyx_arrival_set(NULL, 0, &none, NULL);
	nyx_groups_free();
	list_for_each_entry_safe(device, next, &nyx_devices, node) {
		nyx_registry_del_rids(device);
		list_del(&device->node);
		nyx_device_put(device);
	}
}
