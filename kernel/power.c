// SPDX-License-Identifier: GPL-2.0
/*
 * The machine going down or to sleep.
 *
 * On reboot and kexec translation must stay on until every device is quiet and
 * be off before the next kernel runs. Syscore shutdown comes after
 * device_shutdown() on both paths (compat.h helps kernels where it does not), so
 * the stub has cleared bus mastering by then and host drivers have stopped their
 * devices. A reboot notifier would be too early: an assigned device would go on
 * with its domain's addresses in the host's RAM.
 */
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/suspend.h>

#include "core.h"
#include "tests/hooks.h"

static bool asleep;	/* nyx_registry_lock */

bool nyx_power_asleep(void)
{
	lockdep_assert_held(&nyx_registry_lock);
	return asleep;
}

bool nyx_goes_to_sleep(unsigned long action)
{
	return action == PM_SUSPEND_PREPARE || action == PM_HIBERNATION_PREPARE ||
	       action == PM_RESTORE_PREPARE;
}

/*
 * An assigned device's state is lost in sleep and nobody here could restore
 * it behind its user's back: refuse, and name the device. Between this and the
 * freezing of tasks none may be assigned either, nor attached by VFIO; a device that VFIO
 * has open without a domain is refused by iommu_api.c.
 */
static int on_sleep(struct notifier_block *nb, unsigned long action, void *data)
{
	struct nyx_device *device;
	int verdict = NOTIFY_DONE;

	mutex_lock(&nyx_registry_lock);
	if (!nyx_goes_to_sleep(action)) {
		asleep = false;
		goto unlock;
	}
	list_for_each_entry(device, &nyx_devices, node) {
		if (!device->domain)
			continue;
		pr_err(NYX_NAME ": sleep refused: %s is assigned to domain %u; remove it first\n",
		       nyx_device_name(device), device->domain->id);
		verdict = notifier_from_errno(-EBUSY);
		break;
	}
	asleep = verdict == NOTIFY_DONE;
unlock:
	mutex_unlock(&nyx_registry_lock);
	return verdict;
}

static struct notifier_block sleep_notifier = {
	.notifier_call = on_sleep,
};

/*
 * Last before sleep (one CPU, interrupts off, every device suspended) and last
 * before another kernel: polled, bounded, no sleep, no lock waited for.
 */
static void units_off(void)
{
	struct nyx_unit *unit;

	list_for_each_entry(unit, &nyx_units, node)
		if (!nyx_unit_dead(unit))
			unit->ops->disable(unit);
}

/*
 * What is blocked by its entry is blocked no more once the units are off: not every device is
 * in D3 in sleep, and VFIO's are left bus masters by the reboot. The PCI core has saved their
 * command registers, and puts them back after sleep.
 */
static void quiet_exported(void)
{
	struct nyx_device *device;
	struct pci_dev *pdev;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(device, &nyx_devices, node) {
		pdev = device->pdev;
		if (!device->export || device->host_bound || pdev->current_state == PCI_D3hot ||
		    pdev->current_state == PCI_D3cold)
			continue;
		pci_clear_master(pdev);
	}
}

/* Whoever holds the lock would hold it all through the sleep: better none at all. */
static int ready_to_sleep(void)
{
	struct nyx_device *device;
	int err = 0;

	if (!mutex_trylock(&nyx_registry_lock)) {
		pr_err(NYX_NAME ": sleep refused: devices are being changed right now; try again\n");
		return -EBUSY;
	}
	list_for_each_entry(device, &nyx_devices, node) {
		if (!device->domain)
			continue;
		pr_err(NYX_NAME ": sleep refused: %s is in domain %u\n", nyx_device_name(device),
		       device->domain->id);
		err = -EBUSY;
		break;
	}
	if (!err)
		quiet_exported();
	mutex_unlock(&nyx_registry_lock);
	return err;
}

static int units_suspend(void)
{
	int err = ready_to_sleep();

	if (!err)
		units_off();
	return err;
}

static void units_shutdown(void)
{
	if (mutex_trylock(&nyx_registry_lock)) {
		quiet_exported();
		mutex_unlock(&nyx_registry_lock);
	}
	units_off();
}

/* First after it, before any device wakes. */
static void units_resume(void)
{
	struct nyx_unit *unit;

	list_for_each_entry(unit, &nyx_units, node)
		if (!nyx_unit_dead(unit) && unit->ops->resume(unit))
			nyx_unit_mark_dead(unit, "it did not come back after sleep");
}

NYX_SYSCORE(units_syscore, units_suspend, units_resume, units_shutdown);

int nyx_power_start(void)
{
	int err = register_pm_notifier(&sleep_notifier);

	if (err)
		return err;
	err = nyx_last_shutdown_start(units_shutdown);
	if (err) {
		unregister_pm_notifier(&sleep_notifier);
		return err;
	}
	register_syscore(&units_syscore);
	return 0;
}

#ifdef NYX_KUNIT
int nyx_power_test_event(unsigned long action)
{
	return notifier_to_errno(on_sleep(NULL, action, NULL));
}

int nyx_power_test_ready(void)
{
	return ready_to_sleep();
}
#endif

void nyx_power_stop(void)
{
	unregister_syscore(&units_syscore);
	nyx_last_shutdown_stop();
	unregister_pm_notifier(&sleep_notifier);
}
