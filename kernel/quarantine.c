// SPDX-License-Identifier: GPL-2.0
/*
 * What a device gets for its faults: fenced, alone or with its domain, or no longer
 * listened to. When it gets that is policy.c's to say.
 */
#include <linux/pci.h>

#include "core.h"
#include "nyx_trace.h"
#include "trail.h"

/*
 * Fence just this device: blocked and invalidated first, then bus mastering
 * off. The entry is what confines it; the config write only asks it to be quiet.
 */
static void quarantine(struct nyx_device *device, const struct nyx_device *culprit)
{
	bool lost = READ_ONCE(device->tlb.lost);

	if (!nyx_device_works(device))
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
				     READ_ONCE(device->faults.count.count),
				     device->policy.threshold);
	else
		nyx_device_set_state(device, NYX_DEVICE_QUARANTINED,
				     "%s, of the same domain, reached its fault threshold",
				     nyx_device_name(culprit));
	trace_quarantine(device);
	nyx_trail_quarantine(device);
	if (nyx_reset_possible(device, NULL))
		pr_warn(NYX_NAME ": %s quarantined: %s; it has no reset of its own, 'nyxctl why %s' tells the way out\n",
			nyx_device_name(device), device->state_cause, nyx_device_name(device));
	else
		pr_warn(NYX_NAME ": %s quarantined: %s; 'nyxctl device reset %s' brings it back\n",
			nyx_device_name(device), device->state_cause, nyx_device_name(device));
}

/*
 * It reaches nothing already, and its faults would drive other devices' records out of the
 * unit's log for ever. Holds nyx_registry_lock.
 */
static void mute(struct nyx_device *device)
{
	device->muted = true;
	nyx_device_apply(device);
	nyx_device_announce(device);
	pr_warn_ratelimited(NYX_NAME ": %s is blocked and goes on faulting (%llu times): its faults are not recorded any more; 'nyxctl fault clear %s' has them recorded again\n",
		nyx_device_name(device), READ_ONCE(device->faults.since_reset),
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
	switch (nyx_fault_action(device, device->domain &&
				 device->domain->mode == NYX_DOMAIN_SHARED)) {
	case NYX_ACTION_MUTE:
		mute(device);
		break;
	case NYX_ACTION_FENCE:
		quarantine(device, device);
		break;
	case NYX_ACTION_FENCE_DOMAIN:
		quarantine_domain(device->domain, device);
		break;
	case NYX_ACTION_NONE:
		break;
	}
	mutex_unlock(&nyx_registry_lock);
	nyx_device_put(device);
}

/* ---- settings ---- */

int nyx_policy_check(bool has_threshold, u32 threshold, bool has_window, u32 window,
		     struct nyx_why *why)
{
	if (has_threshold && threshold > NYX_POLICY_THRESHOLD_MAX)
		return nyx_refuse(why, -EINVAL, NYX_ARG_THRESHOLD,
				  "a threshold of %u is out of range: give 1 to %u recorded faults, or 0 to fence nothing off",
				  threshold, NYX_POLICY_THRESHOLD_MAX);
	if (has_window && window > NYX_POLICY_WINDOW_MAX)
		return nyx_refuse(why, -EINVAL, NYX_ARG_WINDOW,
				  "a window of %u seconds is out of range: give 1 to %u (30 days), or 0 for counts that never halve",
				  window, NYX_POLICY_WINDOW_MAX);
	return 0;
}

void nyx_device_inherit_policy(struct nyx_device *device)
{
	struct nyx_policy policy = { NYX_POLICY_THRESHOLD, NYX_POLICY_WINDOW };

	lockdep_assert_held(&nyx_registry_lock);
	if (device->domain)
		policy = device->domain->policy;
	if (!device->own_threshold)
		WRITE_ONCE(device->policy.threshold, policy.threshold);
	if (!device->own_window)
		WRITE_ONCE(device->policy.window, policy.window);
}

int nyx_device_set(struct nyx_device *device, const struct nyx_device_changes *changes,
		   struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = nyx_policy_check(changes->has_threshold, changes->threshold, changes->has_window,
			       changes->window, why);
	/* Last of what can be refused: it takes effect at once. */
	if (!err && changes->has_auto_reset)
		err = nyx_autoreset_set(device, changes->auto_reset, why);
	if (err)
		goto unlock;
	if (changes->has_threshold) {
		WRITE_ONCE(device->policy.threshold, changes->threshold);
		device->own_threshold = true;
	}
	if (changes->has_window) {
		WRITE_ONCE(device->policy.window, changes->window);
		device->own_window = true;
	}
unlock:
	mutex_unlock(&nyx_registry_lock);
	return err;
}
