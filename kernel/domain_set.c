// SPDX-License-Identifier: GPL-2.0
/*
 * What of a domain can be changed while it is there: name, limits, fault policy, state.
 */
#include <linux/pci.h>

#include "core.h"

void nyx_domain_set_state(struct nyx_domain *domain, enum nyx_domain_state state,
			  const char *fmt, ...)
{
	va_list args;

	lockdep_assert_held(&nyx_registry_lock);
	domain->state = state;
	va_start(args, fmt);
	vscnprintf(domain->state_cause, sizeof(domain->state_cause), fmt, args);
	va_end(args);
	nyx_domain_announce(domain, domain->state_cause);
}

void nyx_domain_recover(struct nyx_domain *domain)
{
	struct nyx_device *device;

	lockdep_assert_held(&nyx_registry_lock);
	if (domain->state != NYX_DOMAIN_QUARANTINED)
		return;
	list_for_each_entry(device, &domain->devices, domain_node)
		if (device->state == NYX_DEVICE_QUARANTINED)
			return;
	nyx_domain_set_state(domain, NYX_DOMAIN_ACTIVE, "none of its devices is fenced any more");
}

static int check(struct nyx_domain *domain, const struct nyx_domain_changes *changes,
		 struct nyx_why *why)
{
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (domain->dying)
		return nyx_refuse(why, -ENOENT, NYX_ARG_DOMAIN,
				  "domain %u is being deleted; make a new one", domain->id);
	if (domain->external &&
	    (changes->has_state || changes->has_max_bytes || changes->has_max_mappings))
		return nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				  "domain %u is in use by %s through the kernel's IOMMU API: only its name and its fault policy can be set",
				  domain->id, domain->owner_comm);
	if (changes->has_state && changes->state != NYX_DOMAIN_ACTIVE &&
	    changes->state != NYX_DOMAIN_DISABLED)
		return nyx_refuse(why, -EINVAL, NYX_ARG_STATE,
				  "a domain is set active or disabled; its other states come by themselves");
	if (changes->has_state && changes->state == NYX_DOMAIN_ACTIVE &&
	    domain->state == NYX_DOMAIN_QUARANTINED)
		return nyx_refuse(why, -EBUSY, NYX_ARG_STATE,
				  "domain %u is quarantined: %s", domain->id, domain->state_cause);
	err = nyx_policy_check(changes->has_threshold, changes->threshold, changes->has_window,
			       changes->window, why);
	if (!err && changes->name && strcmp(changes->name, domain->name))
		err = nyx_domain_check_name(changes->name, why);
	return err;
}

/* Every device reaches nothing, whatever its entry said. */
static int disable(struct nyx_domain *domain, const char *cause)
{
	struct nyx_device *device;
	int err, first_err = 0;

	list_for_each_entry(device, &domain->devices, domain_node) {
		if (device->state != NYX_DEVICE_ASSIGNED)
			continue;
		device->state = NYX_DEVICE_BLOCKED;
		err = nyx_device_apply(device);
		pci_clear_master(device->pdev);
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "its domain %u (%s) is disabled",
				     domain->id, domain->name);
		/* Go on: the others must be shut out all the more. */
		if (err && !first_err)
			first_err = err;
	}
	nyx_domain_set_state(domain, NYX_DOMAIN_DISABLED, "%s", cause);
	return first_err;
}

static bool has_fenced(const struct nyx_domain *domain)
{
	const struct nyx_device *device;

	list_for_each_entry(device, &domain->devices, domain_node)
		if (device->state == NYX_DEVICE_QUARANTINED)
			return true;
	return false;
}

static int enable(struct nyx_domain *domain)
{
	struct nyx_device *device;
	int err;

	/* Not before its devices could be let in is it shown as active. */
	domain->state = NYX_DOMAIN_ACTIVE;
	list_for_each_entry(device, &domain->devices, domain_node) {
		if (device->state != NYX_DEVICE_BLOCKED)
			continue;
		nyx_fault_forgive(device);
		/* The job lets it in. */
		if (device->resetting) {
			device->state = NYX_DEVICE_ASSIGNED;
			continue;
		}
		err = nyx_device_readmit(device, "back in");
		if (err) {
			disable(domain, "an entry could not be made to let a device back in");
			return err;
		}
	}
	if (domain->mode == NYX_DOMAIN_SHARED && has_fenced(domain))
		nyx_domain_set_state(domain, NYX_DOMAIN_QUARANTINED,
				     "a device of it is fenced; reset its devices to go on");
	else
		nyx_domain_set_state(domain, NYX_DOMAIN_ACTIVE, "set active");
	return 0;
}

static void set_policy(struct nyx_domain *domain, const struct nyx_domain_changes *changes)
{
	struct nyx_device *device;

	if (changes->has_threshold)
		domain->policy.threshold = changes->threshold;
	if (changes->has_window)
		domain->policy.window = changes->window;
	list_for_each_entry(device, &domain->devices, domain_node)
		nyx_device_inherit_policy(device);
}

static int set_state(struct nyx_domain *domain, enum nyx_domain_state state, struct nyx_why *why)
{
	int err = 0;

	if (state == domain->state)
		return 0;
	if (state == NYX_DOMAIN_DISABLED)
		err = disable(domain, "set disabled");
	else
		err = enable(domain);
	if (!err)
		return 0;
	return nyx_refuse(why, err, NYX_ARG_STATE,
			  "an entry of a device of domain %u could not be written (error %d); the domain is disabled",
			  domain->id, err);
}

int nyx_domain_set(struct nyx_domain *domain, const struct nyx_domain_changes *changes,
		   struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = check(domain, changes, why);
	/* First: the only change that can fail. */
	if (!err && changes->has_state)
		err = set_state(domain, changes->state, why);
	if (err)
		goto unlock;
	if (changes->name && strcmp(changes->name, domain->name)) {
		strscpy(domain->name, changes->name, sizeof(domain->name));
		nyx_domain_announce(domain, "renamed");
	}
	set_policy(domain, changes);
	mutex_lock(&domain->lock);
	if (changes->has_max_bytes)
		domain->max_bytes = changes->max_bytes;
	if (changes->has_max_mappings)
		domain->max_mappings = changes->max_mappings;
	mutex_unlock(&domain->lock);
unlock:
	mutex_unlock(&nyx_registry_lock);
	return err;
}
