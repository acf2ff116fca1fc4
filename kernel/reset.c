// SPDX-License-Identifier: GPL-2.0
/*
 * Resetting a fenced device, as a job: it takes up to seconds and needs
 * device_lock, neither of which a netlink doit may wait for.
 */
#include <linux/delay.h>
#include <linux/pci.h>

#include "core.h"
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

	if (!device->domain) {
		/* Its faults are recorded again. */
		nyx_device_apply(device);
		if (device->state == NYX_DEVICE_BLOCKED && device->stub_bound)
			nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "held by nyx_stub; %s",
					     err ? nyx_reset_error_text(err) : "reset");
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
	int err;

	/* Held over the reset, so that no host driver can bind in the middle of it. */
	device_lock(dev);
	mutex_lock(&nyx_registry_lock);
	if (!device->stub_bound || device->state == NYX_DEVICE_GONE) {
		device->resetting = false;
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
	mutex_unlock(&nyx_registry_lock);
unlock:
	device_unlock(dev);
	nyx_device_put(device);
}

bool nyx_reset_queue(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	if (device->resetting)
		return false;
	device->resetting = true;
	/* Fenced from now on, not from when the job runs. A unit that cannot is dead. */
	nyx_device_apply(device);
	kref_get(&device->ref);
	queue_work(nyx_wq, &device->reset_work);
	return true;
}

static int reset_locked(struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device);

	if (device->state == NYX_DEVICE_GONE)
		return nyx_refuse(why, -ENODEV, NYX_ARG_DEVICE,
				  "%s has been removed from the bus", name);
	if (!device->stub_bound)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s is not held by nyx_stub; only devices taken from the host are reset here",
				  name);
	if (device->unit && nyx_unit_dead(device->unit))
		return nyx_refuse(why, -EIO, NYX_ARG_DEVICE,
				  "%s is behind %s, which stopped answering; reboot the machine",
				  name, device->unit->name);
	if (!device->has_reset)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_DEVICE,
				  "%s has no reset method of its own and shares its bus; remove it from its domain instead",
				  name);
	if (!nyx_reset_queue(device))
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is being reset already", name);
	return 0;
}

int nyx_device_reset(struct nyx_device *device, struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = reset_locked(device, why);
	mutex_unlock(&nyx_registry_lock);
	return err;
}
