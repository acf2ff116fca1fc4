// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI driver that holds a device while it is out of the host's hands. It
 * touches no BAR and makes no device file: its point is that no host driver
 * can bind, and that unbinding it undoes everything in order.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "arrival.h"
#include "core.h"

/* Undo what stub_probe() did; the device is fenced already. */
static void give_back(struct nyx_device *device, const char *cause)
{
	lockdep_assert_held(&nyx_registry_lock);
	if (device->state == NYX_DEVICE_GONE)
		return;
	device->irqs.held = false;
	nyx_fault_forgive(device);
	/* Whatever driver binds next finds the host's entry, unless its group or a rule forbids. */
	device->state = device->pdev->untrusted || device->arriving_held ?
			NYX_DEVICE_BLOCKED : NYX_DEVICE_HOST;
	if (nyx_device_settle(device))
		return;
	nyx_device_apply(device);
	nyx_device_set_state(device, device->state, "released by nyx_stub; %s", cause);
}

static const char *reset_text(const struct nyx_device *device)
{
	int err = device->last_reset_error;

	return err ? nyx_reset_error_text(err) : "reset";
}

static int stub_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct nyx_device *device;
	bool reset_later;
	int err;

	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	if (!device || device->is_bridge || device->is_unit || !device->unit) {
		mutex_unlock(&nyx_registry_lock);
		pci_err(pdev, "nyx_stub does not hold bridges, IOMMU functions or devices behind no unit\n");
		return -ENODEV;
	}
	/* device_lock is held, as it is by whoever exports it or takes it back. */
	if (device->export) {
		mutex_unlock(&nyx_registry_lock);
		pci_err(pdev, "it is exported to the kernel's IOMMU API, so nyx_stub does not hold it: nyxctl device unexport %s\n",
			pci_name(pdev));
		return -EBUSY;
	}
	err = nyx_irqs_open(device);
	if (err) {
		mutex_unlock(&nyx_registry_lock);
		pci_err(pdev, "its interrupts cannot be remapped (error %d), so nyx_stub does not hold it\n",
			err);
		return err;
	}
	kref_get(&device->ref);
	pci_clear_master(pdev);
	device->state = NYX_DEVICE_BLOCKED;
	device->group_blocked = false;
	nyx_fault_forgive(device);
	err = nyx_device_apply(device);
	if (err) {
		give_back(device, "its entry could not be blocked");
		mutex_unlock(&nyx_registry_lock);
		goto put;
	}
	/* Who adds it waits for us, with the lock for rescans. */
	reset_later = device->arriving_held && nyx_reset_takes_slot(device);
	mutex_unlock(&nyx_registry_lock);

	/* Powered and answering: userspace reaches its BARs through sysfs. */
	err = pci_enable_device(pdev);
	if (!err) {
		/* A line that it shares with host devices would be stuck: nobody here serves it. */
		pci_intx(pdev, 0);
		/* What its last driver left running ends here. */
		device->last_reset_error = reset_later ? 0 : nyx_reset_locked(device);
		if (device->last_reset_error && device->last_reset_error != -ENOTTY)
			pci_warn(pdev, "not reset (error %d); it stays blocked until assigned\n",
				 device->last_reset_error);
	}

	pci_set_drvdata(pdev, err ? NULL : device);
	mutex_lock(&nyx_registry_lock);
	if (err) {
		give_back(device, "it could not be enabled");
	} else {
		/* Not before: from here on it may be assigned. */
		device->stub_bound = true;
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "held by nyx_stub; %s",
				     reset_later ? "is being reset" : reset_text(device));
		if (reset_later)
			nyx_reset_queue(device);
	}
	mutex_unlock(&nyx_registry_lock);
	if (!err) {
		/* Or by the reset's job. */
		if (!reset_later)
			nyx_arrival_admit(device);
		return 0;
	}
put:
	nyx_device_put(device);
	return err;
}

/* Quiet already; reset, and only then back to the host. */
static void hand_back(struct nyx_device *device)
{
	struct pci_dev *pdev = device->pdev;

	device->last_reset_error = nyx_reset_locked(device);
	if (device->last_reset_error && device->last_reset_error != -ENOTTY)
		pci_warn(pdev, "goes back to the host %s (error %d)\n", reset_text(device),
			 device->last_reset_error);
	mutex_lock(&nyx_registry_lock);
	device->resetting = false;
	give_back(device, reset_text(device));
	mutex_unlock(&nyx_registry_lock);
}

bool nyx_stub_hand_back(struct nyx_device *device)
{
	struct device *dev = &device->pdev->dev;
	bool gone;

	mutex_lock(&nyx_registry_lock);
	if (!device->handing_back) {
		mutex_unlock(&nyx_registry_lock);
		return false;
	}
	device_lock_assert(dev);
	device->handing_back = false;
	gone = device->state == NYX_DEVICE_GONE;
	if (gone)
		device->resetting = false;
	mutex_unlock(&nyx_registry_lock);
	if (gone)
		return true;
	pm_runtime_get_sync(dev);
	hand_back(device);
	pm_runtime_put(dev);
	return true;
}

static void stub_remove(struct pci_dev *pdev)
{
	struct nyx_device *device = pci_get_drvdata(pdev);

	mutex_lock(&nyx_registry_lock);
	/* First: from here on it cannot be assigned, nor a reset be asked for. */
	device->stub_bound = false;
	device->arriving_held = false;
	device->arrival_domain[0] = '\0';
	if (device->domain)
		nyx_device_leave_domain(device, "unbound from nyx_stub");
	/* Userspace may have set it through config space; the reset would restore it. */
	pci_clear_master(pdev);
	if (nyx_reset_takes_slot(device)) {
		/* Blocked until the job, or whoever binds to it first, has reset it. */
		device->handing_back = true;
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED,
				     "released by nyx_stub; waits for its reset");
		/* One that is queued already does it as well. */
		nyx_reset_queue(device);
	}
	mutex_unlock(&nyx_registry_lock);

	if (!device->handing_back)
		hand_back(device);
	pci_disable_device(pdev);
	pci_set_drvdata(pdev, NULL);
	nyx_device_put(device);
}

/* Going down: quiet, but no reset, which could outlast the shutdown. */
static void stub_shutdown(struct pci_dev *pdev)
{
	struct nyx_device *device = pci_get_drvdata(pdev);

	mutex_lock(&nyx_registry_lock);
	/* Nobody assigns it again, and a reset that waits for device_lock does nothing. */
	device->stub_bound = false;
	if (device->domain)
		nyx_device_leave_domain(device, "the machine is going down");
	pci_clear_master(pdev);
	mutex_unlock(&nyx_registry_lock);
}

static struct pci_driver stub_driver = {
	.name = "nyx_stub",
	/* No table: only driver_override brings a device here. */
	.probe = stub_probe,
	.remove = stub_remove,
	.shutdown = stub_shutdown,
	/* Its DMA is ours to confine, not the DMA API's. */
	.driver_managed_dma = true,
};

int nyx_stub_register(void)
{
	return pci_register_driver(&stub_driver);
}

void nyx_stub_unregister(void)
{
	pci_unregister_driver(&stub_driver);
	/* What it has let go of is reset while it is confined still. */
	flush_workqueue(nyx_wq);
}
