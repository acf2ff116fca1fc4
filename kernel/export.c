// SPDX-License-Identifier: GPL-2.0
/*
 * Devices out of the host's hands for the kernel's IOMMU API, and back: the order of the
 * steps, and the way back at every one.
 */
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "core.h"

/* ---- one device ---- */

/* Undo take(), but for the entry: that is for when no member is exported any more. */
static void let_go(struct nyx_device *device)
{
	list_del_init(&device->export_node);
	device->export = NULL;
	device->host_bound = false;
	nyx_irqs_give_back(device);
	device->irqs.held = false;
	nyx_acs_release(device);
}

/* Whatever driver binds next finds the host's entry. */
static void back_to_host(struct nyx_device *device)
{
	nyx_fault_forgive(device);
	device->state = NYX_DEVICE_HOST;
	if (nyx_device_settle(device))
		return;
	nyx_device_apply(device);
	nyx_device_set_state(device, NYX_DEVICE_HOST, "no longer exported");
}

/* On error it may be in the export all the same; if not, its entry is due to be applied. */
static int take(struct nyx_device *device, struct nyx_export *export, struct nyx_why *why)
{
	int err;

	err = nyx_irqs_open(device);
	if (err)
		return nyx_refuse(why, err, NYX_ARG_DEVICE,
				  "the interrupts of %s cannot be remapped (error %d)",
				  nyx_device_name(device), err);
	err = nyx_acs_hold(device, why);
	if (err) {
		device->irqs.held = false;
		return err;
	}
	/* Whoever exports it decides, and no longer the rule by which it came. */
	device->arriving_held = false;
	device->arrival_domain[0] = '\0';
	kref_get(&device->ref);
	device->export = export;
	list_add_tail(&device->export_node, &export->devices);
	/* Without a driver it has nothing to send; whoever drives it next sets this again. */
	pci_clear_master(device->pdev);
	device->group_blocked = false;
	nyx_fault_forgive(device);
	device->state = NYX_DEVICE_EXPORTED;
	err = nyx_device_apply(device);
	if (err)
		return nyx_refuse(why, err, NYX_ARG_DEVICE,
				  "%s: the entry of %s could not be made (error %d)",
				  device->unit->name, nyx_device_name(device), err);
	nyx_irqs_take(device);
	return 0;
}

static void tell(struct nyx_device *device)
{
	if (device->domain)
		nyx_device_set_state(device, NYX_DEVICE_EXPORTED, "exported; in domain %u of %s",
				     device->domain->id, device->domain->owner_comm);
	else
		nyx_device_set_state(device, NYX_DEVICE_EXPORTED, device->host_bound ?
				     "exported; a host driver has it, it reaches all memory" :
				     "exported; nobody has it, it reaches nothing");
}

/* ---- the group ---- */

/* Off the bus and out of the export, but locked by who begins or ends it, who is to unlock. */
static void unlock_departed(struct nyx_export *export)
{
	struct nyx_device *member, *next;

	list_for_each_entry_safe(member, next, &export->departed, export_node) {
		list_del_init(&member->export_node);
		member->export_locked = false;
		device_unlock(&member->pdev->dev);
		nyx_device_put(member);
	}
}

/* All members, and their locks, if they are held. */
static void abandon(struct nyx_export *export)
{
	struct nyx_device *member, *next;
	LIST_HEAD(members);

	list_for_each_entry_safe(member, next, &export->devices, export_node) {
		/* Whoever had it may have left that set. */
		pci_clear_master(member->pdev);
		let_go(member);
		list_add_tail(&member->export_node, &members);
	}
	list_for_each_entry_safe(member, next, &members, export_node) {
		struct device *dev = member->export_locked ? &member->pdev->dev : NULL;

		list_del_init(&member->export_node);
		member->export_locked = false;
		back_to_host(member);
		if (dev)
			device_unlock(dev);
		/* Not the last one: the registry has one. */
		nyx_device_put(member);
	}
	unlock_departed(export);
}

int nyx_export_begin(struct nyx_export *export, struct nyx_device *device, struct nyx_why *why)
{
	struct nyx_device *member;
	int err;

	INIT_LIST_HEAD(&export->devices);
	INIT_LIST_HEAD(&export->departed);
	mutex_lock(&nyx_registry_lock);
	err = nyx_export_admit(device, why);
	if (err)
		goto unlock;
	list_for_each_entry(member, &device->group->devices, group_node) {
		err = member->export_locked ? take(member, export, why) : 0;
		if (err)
			break;
	}
	if (!err) {
		list_for_each_entry(member, &export->devices, export_node)
			tell(member);
		goto unlock;
	}
	if (!member->export)
		nyx_device_apply(member);
	abandon(export);
	/* Those that it did not come to. */
	nyx_export_unlock_members(device->group);
unlock:
	mutex_unlock(&nyx_registry_lock);
	return err;
}

/* Those that arrived since were not locked. */
void nyx_export_unlock(struct nyx_export *export)
{
	struct nyx_device *member;

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(member, &export->devices, export_node) {
		if (!member->export_locked)
			continue;
		member->export_locked = false;
		device_unlock(&member->pdev->dev);
	}
	unlock_departed(export);
	mutex_unlock(&nyx_registry_lock);
}

int nyx_export_close(struct nyx_device *device, struct nyx_export **out, struct nyx_why *why)
{
	struct nyx_export *export;
	struct nyx_device *member;
	int err = 0;

	mutex_lock(&nyx_registry_lock);
	export = device->export;
	if (!export || export->closing) {
		err = nyx_refuse(why, -EINVAL, NYX_ARG_DEVICE, "%s is not exported",
				 nyx_device_name(device));
		goto unlock;
	}
	list_for_each_entry(member, &export->devices, export_node) {
		err = member->arriving ? nyx_refuse(why, -EAGAIN, NYX_ARG_DEVICE,
						    "%s, in its group, is just arriving; try again",
						    nyx_device_name(member)) :
					 nyx_export_lock_member(member, why);
		err = err ?: nyx_export_admit_close(member, why);
		if (err)
			break;
	}
	if (!err) {
		export->closing = true;
		*out = export;
		goto unlock;
	}
	list_for_each_entry(member, &export->devices, export_node) {
		if (!member->export_locked)
			continue;
		member->export_locked = false;
		device_unlock(&member->pdev->dev);
	}
unlock:
	mutex_unlock(&nyx_registry_lock);
	return err;
}

static bool any_arriving(struct nyx_export *export)
{
	struct nyx_device *member;
	bool any = false;

	mutex_lock(&nyx_registry_lock);
	export->closing = true;
	list_for_each_entry(member, &export->devices, export_node)
		any |= member->arriving;
	mutex_unlock(&nyx_registry_lock);
	return any;
}

void nyx_export_fail(struct nyx_export *export)
{
	int tries;

	/* The kernel's notifier is between two of ours, and waits for nothing of ours. */
	for (tries = 0; any_arriving(export) && tries < 500; tries++)
		msleep(20);
}

void nyx_export_end(struct nyx_export *export)
{
	struct nyx_device *other;

	mutex_lock(&nyx_registry_lock);
	abandon(export);
	/* What has arrived in the group and could not join was blocked for its sake. */
	list_for_each_entry(other, &nyx_devices, node)
		if (other->group_blocked)
			nyx_device_settle(other);
	mutex_unlock(&nyx_registry_lock);
}

bool nyx_export_close_empty(struct nyx_export *export)
{
	bool empty;

	mutex_lock(&nyx_registry_lock);
	empty = list_empty(&export->devices) && !export->closing;
	export->closing |= empty;
	mutex_unlock(&nyx_registry_lock);
	return empty;
}

bool nyx_export_host_bound(const struct nyx_export *export)
{
	const struct nyx_device *member;
	bool bound = false;

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(member, &export->devices, export_node)
		bound |= member->host_bound;
	mutex_unlock(&nyx_registry_lock);
	return bound;
}

struct nyx_export *nyx_export_of(struct pci_dev *pdev)
{
	struct nyx_export *export = NULL;
	struct nyx_device *device;

	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	if (device && device->export && !device->export->closing)
		export = device->export;
	mutex_unlock(&nyx_registry_lock);
	return export;
}

/* ---- attached and detached ---- */

/* A fenced one stays so. */
static void settle_state(struct nyx_device *device)
{
	if (device->state == NYX_DEVICE_EXPORTED)
		tell(device);
	else
		nyx_device_announce(device);
}

static void detach(struct nyx_device *device)
{
	struct nyx_domain *domain = device->domain;

	if (!domain)
		return;
	kref_get(&domain->ref);
	device->leaving = true;
	/* A dead unit cannot confirm; its domains' memory is then never freed. */
	nyx_device_apply(device);
	nyx_device_part_domain(device);
	device->leaving = false;
	nyx_fault_forgive(device);
	nyx_domain_recover(domain);
	nyx_domain_put(domain);
	/* Where a host driver has it: the entry that is due to that. */
	if (device->host_bound)
		nyx_device_apply(device);
	settle_state(device);
}

static int attach(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	u16 hwdid;
	int err;

	if (device->domain == domain)
		return 0;
	/* Before it leaves what it is in: a refusal changes nothing. */
	if (nyx_power_asleep())
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "the machine is going to sleep; try again when it is awake");
	err = nyx_domain_attach_unit(domain, device->unit, &hwdid, why);
	if (err)
		return err;
	detach(device);
	/* What it did before is not held against it here; nor is it out of sight for that. */
	if (device->state == NYX_DEVICE_EXPORTED)
		nyx_fault_forgive(device);
	/* A reset by whoever had it last may have cleared them. */
	nyx_acs_reapply(device);
	nyx_device_join_domain(device, domain);
	err = nyx_device_apply(device);
	if (err) {
		detach(device);
		return nyx_refuse(why, err, NYX_ARG_DEVICE,
				  "%s: the entry of %s could not be made (error %d)",
				  device->unit->name, nyx_device_name(device), err);
	}
	settle_state(device);
	return 0;
}

int nyx_export_attach(struct pci_dev *pdev, struct nyx_domain *domain, struct nyx_why *why)
{
	struct nyx_device *device;
	int err = -ENODEV;

	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	if (device && device->export && device->state != NYX_DEVICE_GONE)
		err = attach(device, domain, why);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

void nyx_export_detach(struct pci_dev *pdev)
{
	struct nyx_device *device;

	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	if (device && device->export)
		detach(device);
	mutex_unlock(&nyx_registry_lock);
}

u32 nyx_export_holes(struct pci_dev *pdev, struct nyx_iova_hole holes[NYX_UNIT_HOLES])
{
	struct nyx_device *device;
	u32 nr = 0;

	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	if (device && device->unit) {
		nr = device->unit->caps.nr_holes;
		memcpy(holes, device->unit->caps.holes, sizeof(device->unit->caps.holes));
	}
	mutex_unlock(&nyx_registry_lock);
	return nr;
}

bool nyx_export_isolates_interrupts(struct pci_dev *pdev)
{
	struct nyx_device *device;
	bool isolates;

	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	isolates = device && device->export && !list_empty(&device->irqs.taken) &&
		   !device->unit->remapping.forgeable;
	mutex_unlock(&nyx_registry_lock);
	return isolates;
}

/* ---- the bus ---- */

bool nyx_export_join(struct nyx_device *device)
{
	struct nyx_device *member;

	lockdep_assert_held(&nyx_registry_lock);
	if (!nyx_export_counts(device) || !device->unit || device->export || device->reserved_region ||
	    device->pdev->untrusted)
		return device->export;
	list_for_each_entry(member, &device->group->devices, group_node) {
		if (!member->export || member->export->closing)
			continue;
		if (!take(device, member->export, NULL)) {
			device->arriving = true;
			tell(device);
			return true;
		}
		if (device->export) {
			let_go(device);
			nyx_device_put(device);
		}
		/* Not applied: it is settled first, and blocked for the others' sake. */
		device->state = NYX_DEVICE_HOST;
		return false;
	}
	return false;
}

void nyx_export_forget(struct nyx_device *device)
{
	struct nyx_export *export = device->export;

	lockdep_assert_held(&nyx_registry_lock);
	device->host_bound = false;
	detach(device);
	let_go(device);
	if (list_empty(&export->devices) && export->emptied)
		export->emptied();
	if (device->export_locked)
		list_add_tail(&device->export_node, &export->departed);
	else
		nyx_device_put(device);
}

void nyx_export_arrived(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	device->arriving = false;
}

/* Its driver uses the kernel's DMA API, so it is the host's that does the DMA. */
static bool wants_dma(const struct nyx_device *device)
{
	const struct device_driver *driver = device->pdev->dev.driver;

	return driver && !container_of_const(driver, struct pci_driver, driver)->driver_managed_dma;
}

bool nyx_export_driver_is_blocked(const struct nyx_device *device)
{
	return wants_dma(device) &&
	       (!device->host_bound || device->state == NYX_DEVICE_QUARANTINED);
}

void nyx_export_driver_changed(struct nyx_device *device, bool bound)
{
	/* Without a group the kernel does not know that VFIO must not have the others now. */
	bool host_bound = bound && wants_dma(device) && device->pdev->dev.iommu_group;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->host_bound == host_bound)
		return;
	device->host_bound = host_bound;
	nyx_device_apply(device);
	settle_state(device);
}
