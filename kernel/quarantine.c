// SPDX-License-Identifier: GPL-2.0
/*
 * What a device gets for its faults: fenced, alone or with its domain, or no longer
 * listened to.
 */
#include <linux/pci.h>

#include "core.h"

/*
 * Fence just this device: blocked and invalidated first, then bus mastering
 * off. The entry is what confines it; the config write only asks it to be quiet.
 */
static void quarantine(struct nyx_device *device, const struct nyx_device *culprit)
{
	bool lost = READ_ONCE(device->tlb.lost);

	if (device->state != NYX_DEVICE_ASSIGNED)
		return;
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	pci_clear_master(device->pdev);
	if (lost)
		nyx_device_set_state(device, NYX_DEVICE_QUARANTINED,
				     "did not answer an invalidation of its own TLB (ATS)");
	else if (device == culprit)
		nyx_device_set_state(device, NYX_DEVICE_QUARANTINED,
				     "%llu faults reached the threshold of %u",
				     READ_ONCE(device->faults.towards_threshold),
				     device->fault_threshold);
	else
		nyx_device_set_state(device, NYX_DEVICE_QUARANTINED,
				     "%s, of the same domain, reached its fault threshold",
				     nyx_device_name(culprit));
	pr_warn(NYX_NAME ": %s quarantined: %s; 'nyxctl device reset %s' brings it back\n",
		nyx_device_name(device), device->state_cause, nyx_device_name(device));
}

/*
 * It reaches nothing already, and its faults would drive other devices' records out of the
 * unit's log for ever. Holds nyx_registry_lock.
 */
static void mute(struct nyx_device *device)
{
	if (device->muted)
		return;
	device->muted = true;
	nyx_device_apply(device);
	nyx_device_announce(device);
	pr_warn(NYX_NAME ": %s is blocked and goes on faulting (%llu times): its faults are not recorded any more; 'nyxctl fault clear %s' has them recorded again\n",
		nyx_device_name(device), READ_ONCE(device->faults.towards_threshold),
		nyx_device_name(device));
}

/* Devices of a SHARED domain trust each other, so they are fenced together. */
static void quarantine_domain(struct nyx_domain *domain, struct nyx_device *culprit)
{
	struct nyx_device *member;

	/* The one that did it first: the others are still harmless. */
	quarantine(culprit, culprit);
	list_for_each_entry(member, &domain->devices, domain_node)
		quarantine(member, culprit);
	if (domain->state == NYX_DOMAIN_ACTIVE)
		nyx_domain_set_state(domain, NYX_DOMAIN_QUARANTINED,
				     "%s reached its fault threshold; reset its devices to go on",
				     nyx_device_name(culprit));
}

void nyx_device_quarantine_work(struct work_struct *work)
{
	struct nyx_device *device = container_of(work, struct nyx_device, quarantine_work);

	mutex_lock(&nyx_registry_lock);
	/* It alone: that it is slow, or dead, says nothing of those that trust it. */
	if (READ_ONCE(device->tlb.lost))
		quarantine(device, device);
	/* A reset may have come in between. */
	if (!nyx_fault_too_many(device))
		;
	else if (device->state == NYX_DEVICE_BLOCKED)
		mute(device);
	else if (device->state != NYX_DEVICE_ASSIGNED)
		;
	else if (device->domain->mode == NYX_DOMAIN_SHARED)
		quarantine_domain(device->domain, device);
	else
		quarantine(device, device);
	mutex_unlock(&nyx_registry_lock);
	nyx_device_put(device);
}

int nyx_device_set_threshold(struct nyx_device *device, u32 threshold, struct nyx_why *why)
{
	mutex_lock(&nyx_registry_lock);
	WRITE_ONCE(device->fault_threshold, threshold);
	device->own_threshold = true;
	mutex_unlock(&nyx_registry_lock);
	return 0;
}
