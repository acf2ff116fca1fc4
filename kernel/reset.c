// SPDX-License-Identifier: GPL-2.0
/*
 * Resetting a fenced device, as a job: it takes up to seconds and needs
 * device_lock, neither of which a netlink doit may wait for.
 */
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "arrival.h"
#include "core.h"
#include "nyx_trace.h"
#include "tests/hooks.h"

/* How long to try for the bridge's lock when the order forbids to wait for it. */
#define BRIDGE_TRIES	100
#define BRIDGE_TRY_MS	10

/*
 * A secondary-bus reset is done by the bridge, so nobody may touch the
 * bridge's configuration meanwhile. The driver core's order is bridge, then
 * device, and device is held already: only trying is allowed.
 */
static bool lock_bridge(struct pci_dev *bridge)
{
	int i;

	for (i = 0; i < BRIDGE_TRIES; i++) {
		if (device_trylock(&bridge->dev)) {
			if (pci_cfg_access_trylock(bridge))
				return true;
			device_unlock(&bridge->dev);
		}
		msleep(BRIDGE_TRY_MS);
	}
	return false;
}

int nyx_reset_locked(struct nyx_device *device)
{
	struct pci_dev *pdev = device->pdev;
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	int err;

	device_lock_assert(&pdev->dev);
	if (!device->has_reset)
		return -ENOTTY;
	/* A function that no longer answers would make the PCI core wait a minute for it. */
	if (!pci_device_is_present(pdev))
		return -ENODEV;
	if (bridge && !lock_bridge(bridge))
		return -EBUSY;
	err = pci_reset_function_locked(pdev);
	if (bridge) {
		pci_cfg_access_unlock(bridge);
		device_unlock(&bridge->dev);
	}
	return err;
}

const char *nyx_reset_error_text(int err)
{
	switch (err) {
	case -ENOTTY:
		return "not reset: it has no reset method";
	case -ENODEV:
		return "not reset: it no longer answers";
	case -EBUSY:
		return "not reset: the bridge above is busy";
	default:
		return "not reset: the reset failed";
	}
}

/* Attached to no domain: fenced until a reset has gone well. */
static void finish_exported(struct nyx_device *device, int err)
{
	err = err ?: nyx_acs_reapply(device);
	if (err) {
		nyx_autoreset_follow(device);
		nyx_device_announce(device);
		return;
	}
	device->state = NYX_DEVICE_EXPORTED;
	nyx_device_apply(device);
	nyx_device_set_state(device, NYX_DEVICE_EXPORTED, "exported; reset");
}

/* The reset is over: tell, and let a device that still has a domain back in. */
static void finish(struct nyx_device *device, int err)
{
	lockdep_assert_held(&nyx_registry_lock);
	device->resetting = false;
	device->last_reset_error = err;
	if (!err) {
		nyx_fault_forgive(device);
		device->tlb.lost = false;
		device->epoch++;
	}
	trace_reset(device, err);
	/* It left the bus during the reset. */
	if (device->state == NYX_DEVICE_GONE)
		return;

	if (!device->domain) {
		/* Its faults are recorded again. */
		nyx_device_apply(device);
		if (device->state == NYX_DEVICE_BLOCKED && device->stub_bound)
			nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "held by nyx_stub; %s",
					     err ? nyx_reset_error_text(err) : "reset");
		else if (device->export)
			finish_exported(device, err);
		return;
	}
	if (!err)
		err = nyx_acs_reapply(device);
	if (!err)
		err = nyx_device_readmit(device, "reset and back in");
	if (!err) {
		nyx_domain_recover(device->domain);
		return;
	}
	/* Fails safe: fenced, with the reason. */
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	nyx_device_set_state(device, NYX_DEVICE_QUARANTINED, "stays fenced: %s (error %d)",
			     device->last_reset_error ? nyx_reset_error_text(err) :
			     "reset, but its way or its entry could not be made again", err);
}

#ifdef NYX_KUNIT
void nyx_reset_test_finish(struct nyx_device *device, int err)
{
	mutex_lock(&nyx_registry_lock);
	finish(device, err);
	mutex_unlock(&nyx_registry_lock);
}
#endif

void nyx_reset_work(struct work_struct *work)
{
	struct nyx_device *device = container_of(work, struct nyx_device, reset_work);
	struct device *dev = &device->pdev->dev;
	bool arrives = false;
	int err;

	/* An idle one of VFIO's may be asleep, and would not answer. */
	pm_runtime_get_sync(dev);
	/* Held over the reset, so that no host driver can bind in the middle of it. */
	device_lock(dev);
	if (nyx_stub_hand_back(device))
		goto unlock;
	mutex_lock(&nyx_registry_lock);
	/*
	 * Handed back by who bound in the meantime, and perhaps taken again: what it does now
	 * is not for this job to stop.
	 */
	if (!device->resetting) {
		mutex_unlock(&nyx_registry_lock);
		goto unlock;
	}
	if ((!device->stub_bound && !device->export) || device->state == NYX_DEVICE_GONE) {
		device->resetting = false;
		mutex_unlock(&nyx_registry_lock);
		goto unlock;
	}
	/* It has bound since, and would be taken by surprise. */
	if (device->host_bound) {
		device->resetting = false;
		nyx_device_apply(device);
		nyx_autoreset_follow(device);
		nyx_device_announce(device);
		mutex_unlock(&nyx_registry_lock);
		goto unlock;
	}
	/* resetting is set: the entry says blocked, whatever the state. */
	nyx_device_apply(device);
	pci_clear_master(device->pdev);
	device->irqs.in_reset = true;
	mutex_unlock(&nyx_registry_lock);

	err = nyx_reset_locked(device);

	mutex_lock(&nyx_registry_lock);
	nyx_irq_after_reset(device);
	finish(device, err);
	arrives = device->arriving_held;
	mutex_unlock(&nyx_registry_lock);
	if (arrives)
		nyx_arrival_admit(device);
unlock:
	device_unlock(dev);
	pm_runtime_put(dev);
	nyx_device_put(device);
}

bool nyx_reset_queue(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	if (device->resetting)
		return false;
	device->resetting = true;
	nyx_autoreset_follow(device);
	/* Fenced from now on, not from when the job runs. A unit that cannot is dead. */
	nyx_device_apply(device);
	kref_get(&device->ref);
	/* An earlier job that found nothing left to do may still wait: it does this one's work. */
	if (!queue_work(nyx_wq, &device->reset_work))
		nyx_device_put(device);
	return true;
}

/* The kernel tries them in this order, and refuses the bus's where others are on it. */
static bool only_with_bus(const struct pci_dev *pdev)
{
	return pdev->reset_methods[0] >= NYX_PCI_RESET_BUS;
}

/*
 * The slot driver's reset waits for what its own thread is doing, and that one, like whoever
 * adds or removes functions, has or wants the PCI core's lock for rescans, under which drivers
 * are bound and unbound. So a driver's probe and remove must not ask for such a reset.
 */
bool nyx_reset_takes_slot(const struct nyx_device *device)
{
	const struct pci_dev *bridge = pci_upstream_bridge(device->pdev);

	return device->has_reset && bridge && bridge->is_hotplug_bridge &&
	       only_with_bus(device->pdev);
}

/* Others on its bus, with what holds them, up to as many as fit. How many there are. */
static u32 name_siblings(const struct nyx_device *device, char *names, size_t size)
{
	char driver[32];
	struct nyx_device *other;
	size_t len = 0;
	u32 nr = 0;

	names[0] = '\0';
	list_for_each_entry(other, &nyx_devices, node) {
		if (other == device || other->pdev->bus != device->pdev->bus)
			continue;
		nyx_device_driver_name(other, driver, sizeof(driver));
		/* The last one that does not fit is not cut in the middle. */
		if (len + strlen(nyx_device_name(other)) + strlen(driver) + 8 < size)
			len += scnprintf(names + len, size - len, "%s%s%s%s%s", nr ? ", " : "",
					 nyx_device_name(other), driver[0] ? " (" : "", driver,
					 driver[0] ? ")" : "");
		else if (len + 4 < size)
			len += scnprintf(names + len, size - len, "...");
		nr++;
	}
	return nr;
}

int nyx_reset_possible(const struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device);
	const char *instead = device->export ? "stop what uses it and unexport it" :
						"remove it from its domain";
	char siblings[128];

	lockdep_assert_held(&nyx_registry_lock);
	if (device->has_reset && !only_with_bus(device->pdev))
		return 0;
	if (pci_is_root_bus(device->pdev->bus) ||
	    !name_siblings(device, siblings, sizeof(siblings))) {
		if (device->has_reset)
			return 0;
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_DEVICE,
				  "%s has no reset method; %s instead", name, instead);
	}
	return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_DEVICE,
			  "%s can only be reset with its whole bus, on which there is %s, too; %s instead",
			  name, siblings, instead);
}

int nyx_reset_begin(struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device);
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->state == NYX_DEVICE_GONE)
		return nyx_refuse(why, -ENODEV, NYX_ARG_DEVICE,
				  "%s has been removed from the bus", name);
	if (device->host_bound)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is in use by a driver of the host, which a reset would take by surprise: unbind it first",
				  name);
	if (!device->stub_bound && !device->export)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s is not held by nyx_stub, nor exported; only devices taken from the host are reset here",
				  name);
	if (device->unit && nyx_unit_dead(device->unit))
		return nyx_refuse(why, -EIO, NYX_ARG_DEVICE,
				  "%s is behind %s, which stopped answering; reboot the machine",
				  name, device->unit->name);
	err = nyx_reset_possible(device, why);
	if (!err && !nyx_reset_queue(device))
		err = nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is being reset already", name);
	return err;
}

int nyx_device_reset(struct nyx_device *device, struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = nyx_reset_begin(device, why);
	/* Somebody is looking after it: what it did by itself no longer counts. */
	if (!err)
		device->retry.nr = 0;
	mutex_unlock(&nyx_registry_lock);
	return err;
}
