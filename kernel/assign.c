// SPDX-License-Identifier: GPL-2.0
/*
 * Devices into domains and out of them: the checks before, the order of the
 * steps, and the way back at every one.
 *
 * In:  the domain goes live on the unit, then the entry, then bus mastering.
 * Out: the entry is blocked and invalidated, bus mastering goes off, only then
 *      the device leaves the domain; the reset follows as a job.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "core.h"

/* What makes the function itself unfit, whatever its neighbours do. */
static int check_function(struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device);
	char driver[32];

	if (device->state == NYX_DEVICE_GONE)
		return nyx_refuse(why, -ENODEV, NYX_ARG_DEVICE,
				  "%s has been removed from the bus", name);
	if (device->is_unit)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s is the IOMMU itself and cannot be assigned", name);
	if (device->is_bridge)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s is a bridge; assign the devices below it", name);
	if (!device->unit)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s is behind no IOMMU that the firmware names, so nothing would confine it",
				  name);
	if (nyx_unit_dead(device->unit))
		return nyx_refuse(why, -EIO, NYX_ARG_DEVICE,
				  "%s is behind %s, which stopped answering (%s); reboot the machine",
				  name, device->unit->name, device->unit->dead_reason);
	if (device->reserved_region)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "firmware uses %s through reserved memory %#llx-%#llx; a domain would cut it off",
				  name, device->reserved_base, device->reserved_last);
	if (device->domain)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is already in domain %u; remove it there first", name,
				  device->domain->id);
	if (device->resetting)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is being reset; wait for its state event", name);
	if (device->stub_bound)
		return 0;
	nyx_device_driver_name(device, driver, sizeof(driver));
	if (!strcmp(driver, "?"))
		return nyx_refuse(why, -EAGAIN, NYX_ARG_DEVICE,
				  "%s is being bound, unbound or reset right now; try again", name);
	if (driver[0])
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is used by driver %s; unbind it and bind the device to nyx_stub first",
				  name, driver);
	return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
			  "%s is not held by nyx_stub; bind it there first (driver_override)", name);
}

/* The other members of its group: none may be in use by the host or by another domain. */
static int check_group(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	const char *name = nyx_device_name(device);
	struct nyx_device *member;
	char driver[32];

	list_for_each_entry(member, &device->group->devices, group_node) {
		if (member == device || member->is_bridge || member->is_unit)
			continue;
		if (member->domain && member->domain != domain)
			return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
					  "%s is in one isolation group with %s (%s), which is in domain %u",
					  name, nyx_device_name(member), device->group->why_bound,
					  member->domain->id);
		if (member->stub_bound)
			continue;
		nyx_device_driver_name(member, driver, sizeof(driver));
		if (!strcmp(driver, "?"))
			return nyx_refuse(why, -EAGAIN, NYX_ARG_DEVICE,
					  "%s, in the group of %s, is being bound or unbound right now; try again",
					  nyx_device_name(member), name);
		if (driver[0])
			return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
					  "%s is in one isolation group with %s (%s), which driver %s uses; unbind that too",
					  name, nyx_device_name(member), device->group->why_bound,
					  driver);
	}
	return 0;
}

static int check_domain(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	struct nyx_device *member;

	if (domain->dying)
		return nyx_refuse(why, -ENOENT, NYX_ARG_DOMAIN, "domain %u is being deleted",
				  domain->id);
	if (nyx_power_asleep())
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "the machine is going to sleep; try again when it is awake");
	if (domain->state != NYX_DOMAIN_ACTIVE)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				  "domain %u is not active; reset its devices first", domain->id);
	if (domain->mode != NYX_DOMAIN_STRICT)
		return 0;
	list_for_each_entry(member, &domain->devices, domain_node)
		if (member->group != device->group)
			return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN,
					  "domain %u is STRICT and holds group %u (%s); %s is in group %u: use another domain",
					  domain->id, member->group->id, nyx_device_name(member),
					  nyx_device_name(device), device->group->id);
	return 0;
}

/*
 * While one member of a group is out of the host's hands, an idle neighbour
 * must not be a door for it: their requests may be indistinguishable.
 */
static int block_idle_member(struct nyx_device *member, const struct nyx_device *assigned)
{
	if (member == assigned || member->is_bridge || member->is_unit ||
	    member->state != NYX_DEVICE_HOST)
		return 0;
	member->group_blocked = true;
	nyx_fault_forgive(member);
	nyx_device_set_state(member, NYX_DEVICE_BLOCKED, "%s of its group is assigned",
			     nyx_device_name(assigned));
	return nyx_device_apply(member);
}

/* 0, or the first error: then a door may still be open. */
static int block_idle_members(struct nyx_device *device)
{
	struct nyx_device *member;
	int err, first_err = 0;

	list_for_each_entry(member, &device->group->devices, group_node) {
		err = block_idle_member(member, device);
		if (err && !first_err)
			first_err = err;
	}
	return first_err;
}

static void unblock_member(struct nyx_device *member)
{
	if (!member->group_blocked)
		return;
	member->group_blocked = false;
	nyx_fault_forgive(member);
	nyx_device_set_state(member, NYX_DEVICE_HOST, "its group is free again");
	nyx_device_apply(member);
}

static void unblock_idle_members(struct nyx_group *group)
{
	struct nyx_device *member;

	list_for_each_entry(member, &group->devices, group_node)
		if (member->domain)
			return;
	list_for_each_entry(member, &group->devices, group_node)
		unblock_member(member);
}

bool nyx_device_settle(struct nyx_device *device)
{
	struct nyx_device *member;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(member, &device->group->devices, group_node) {
		if (!member->domain)
			continue;
		block_idle_member(device, member);
		return device->group_blocked;
	}
	unblock_member(device);
	return false;
}

static void join_domain(struct nyx_device *device, struct nyx_domain *domain)
{
	kref_get(&domain->ref);
	device->domain = domain;
	WRITE_ONCE(device->domain_id, domain->id);
	list_add_tail(&device->domain_node, &domain->devices);
	domain->nr_devices++;
	nyx_registry_add_rids(device);
	/* An assigned device must not lose the code that confines it. */
	__module_get(THIS_MODULE);
}

static void part_domain(struct nyx_device *device)
{
	struct nyx_domain *domain = device->domain;

	list_del_init(&device->domain_node);
	domain->nr_devices--;
	device->domain = NULL;
	WRITE_ONCE(device->domain_id, 0);
	nyx_registry_add_rids(device);
	nyx_domain_detach_unit(domain, device->unit);
	nyx_domain_put(domain);
	module_put(THIS_MODULE);
}

static int assign_locked(struct nyx_device *device, struct nyx_domain *domain,
			 struct nyx_why *why)
{
	u16 hwdid;
	int err, blocked;

	err = check_function(device, why);
	if (!err)
		err = check_domain(device, domain, why);
	if (!err)
		err = check_group(device, domain, why);
	if (err)
		return err;

	err = nyx_domain_attach_unit(domain, device->unit, &hwdid, why);
	if (err)
		return err;
	blocked = block_idle_members(device);
	/* What it did before is not held against it in this domain. */
	nyx_fault_forgive(device);
	join_domain(device, domain);
	device->state = NYX_DEVICE_ASSIGNED;
	err = blocked ?: nyx_device_apply(device);
	if (err) {
		device->state = NYX_DEVICE_BLOCKED;
		nyx_device_apply(device);
		part_domain(device);
		unblock_idle_members(device->group);
		return nyx_refuse(why, err, NYX_ARG_DEVICE,
				  "%s: the entry of %s could not be made (error %d)",
				  device->unit->name, nyx_device_name(device), err);
	}
	/* Last: until its entry is live the device would only fault. */
	pci_set_master(device->pdev);
	nyx_device_set_state(device, NYX_DEVICE_ASSIGNED, "assigned to domain %u (%s)",
			     domain->id, domain->name);
	return 0;
}

int nyx_device_assign(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = assign_locked(device, domain, why);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

void nyx_device_leave_domain(struct nyx_device *device, const char *cause)
{
	struct nyx_domain *domain = device->domain;

	lockdep_assert_held(&nyx_registry_lock);
	device->state = NYX_DEVICE_BLOCKED;
	nyx_fault_forgive(device);
	/* A dead unit cannot confirm; its domains' memory is then never freed. */
	nyx_device_apply(device);
	pci_clear_master(device->pdev);
	kref_get(&domain->ref);
	part_domain(device);
	nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "%s", cause);
	nyx_domain_recover(domain);
	nyx_domain_put(domain);
	if (device->group)
		unblock_idle_members(device->group);
}

int nyx_device_remove(struct nyx_device *device, struct nyx_why *why)
{
	int err = 0;

	mutex_lock(&nyx_registry_lock);
	if (!device->domain)
		err = nyx_refuse(why, -EINVAL, NYX_ARG_DEVICE, "%s is in no domain",
				 nyx_device_name(device));
	else if (device->resetting)
		err = nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				 "%s is being reset; wait for its state event",
				 nyx_device_name(device));
	else {
		nyx_device_leave_domain(device, "left its domain; reset follows");
		nyx_reset_queue(device);
	}
	mutex_unlock(&nyx_registry_lock);
	return err;
}

int nyx_device_readmit(struct nyx_device *device)
{
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->domain->dying)
		return -ENOENT;
	device->state = NYX_DEVICE_ASSIGNED;
	err = nyx_device_apply(device);
	if (err)
		return err;
	pci_set_master(device->pdev);
	return 0;
}

/*
 * Fence just this device: blocked and invalidated first, then bus mastering
 * off. The entry is what confines it; the config write only asks it to be quiet.
 */
static void quarantine(struct nyx_device *device, const struct nyx_device *culprit)
{
	if (device->state != NYX_DEVICE_ASSIGNED)
		return;
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	pci_clear_master(device->pdev);
	if (device == culprit)
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
	WRITE_ONCE(device->fault_threshold, threshold);
	return 0;
}
