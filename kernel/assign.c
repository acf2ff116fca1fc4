// SPDX-License-Identifier: GPL-2.0
/*
 * Devices into domains, out of them and from one to another: the order of the steps,
 * and the way back at every one. What may go where is admit.c's to say.
 *
 * In:  the domain goes live on the unit, then the entry, then bus mastering.
 * Out: the entry is blocked and invalidated, bus mastering goes off, its interrupts are
 *      released, only then the device leaves the domain; the reset follows as a job.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "core.h"
#include "nyx_trace.h"
#include "trail.h"

static bool out_of_hands(const struct nyx_device *device)
{
	return device->domain || device->export;
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
	nyx_device_set_state(member, NYX_DEVICE_BLOCKED, "%s of its group is %s",
			     nyx_device_name(assigned),
			     assigned->export ? "exported" : "assigned");
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
		if (out_of_hands(member))
			return;
	list_for_each_entry(member, &group->devices, group_node)
		unblock_member(member);
}

bool nyx_device_settle(struct nyx_device *device)
{
	struct nyx_device *member;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(member, &device->group->devices, group_node) {
		if (!out_of_hands(member))
			continue;
		block_idle_member(device, member);
		return device->group_blocked;
	}
	unblock_member(device);
	return false;
}

void nyx_device_join_domain(struct nyx_device *device, struct nyx_domain *domain)
{
	kref_get(&domain->ref);
	device->domain = domain;
	WRITE_ONCE(device->domain_id, domain->id);
	list_add_tail(&device->domain_node, &domain->devices);
	domain->nr_devices++;
	nyx_device_inherit_policy(device);
	nyx_registry_add_rids(device);
	trace_attach(device, domain);
	/* An assigned device must not lose the code that confines it. */
	__module_get(THIS_MODULE);
}

void nyx_device_part_domain(struct nyx_device *device)
{
	struct nyx_domain *domain = device->domain;

	trace_detach(device, domain);
	list_del_init(&device->domain_node);
	domain->nr_devices--;
	device->domain = NULL;
	device->ats = false;
	WRITE_ONCE(device->domain_id, 0);
	nyx_device_inherit_policy(device);
	nyx_registry_add_rids(device);
	nyx_domain_detach_unit(domain, device->unit);
	nyx_domain_put(domain);
	module_put(THIS_MODULE);
}

/* What an UNMANAGED domain means is said wherever it is shown. */
static void tell_assigned(struct nyx_device *device, const char *how)
{
	const struct nyx_domain *domain = device->domain;

	if (device->export) {
		nyx_device_set_state(device, NYX_DEVICE_EXPORTED, "%s domain %u of %s", how,
				     domain->id, domain->owner_comm);
		return;
	}
	if (device->ats) {
		nyx_device_set_state(device, NYX_DEVICE_ASSIGNED,
				     "%s domain %u (%s) with ATS: trusted with all memory", how,
				     domain->id, domain->name);
		pr_warn(NYX_NAME ": %s is %s domain %u (%s) with ATS: what it says is translated is not checked, so it may reach all memory\n",
			nyx_device_name(device), how, domain->id, domain->name);
		return;
	}
	if (domain->mode != NYX_DOMAIN_UNMANAGED) {
		nyx_device_set_state(device, NYX_DEVICE_ASSIGNED, "%s domain %u (%s)", how,
				     domain->id, domain->name);
		return;
	}
	nyx_device_set_state(device, NYX_DEVICE_ASSIGNED,
			     "%s unmanaged domain %u: no protection, it reaches all memory", how,
			     domain->id);
	pr_warn(NYX_NAME ": %s is %s unmanaged domain %u (%s): it is not translated and reaches all memory\n",
		nyx_device_name(device), how, domain->id, domain->name);
}

static int assign_locked(struct nyx_device *device, struct nyx_domain *domain, u32 options,
			 struct nyx_why *why)
{
	bool allow_reserved = options & NYX_ASSIGN_ALLOW_RESERVED, ats = options & NYX_ASSIGN_ATS;
	u16 hwdid;
	int err, blocked;

	err = nyx_admit_function(device, why);
	if (!err && device->domain)
		err = nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				 "%s is already in domain %u; remove it there first, or move it",
				 nyx_device_name(device), device->domain->id);
	if (!err && !allow_reserved && domain->mode != NYX_DOMAIN_UNMANAGED)
		err = nyx_admit_reserved(device, why);
	err = err ?: nyx_admit_held(device, why) ?: nyx_admit_domain(device, domain, why);
	if (!err && ats)
		err = nyx_ats_admit(device, domain, why);
	if (err)
		return err;

	/* Before it can send anything. */
	err = nyx_acs_hold(device, why);
	if (err)
		return err;
	err = nyx_domain_attach_unit(domain, device->unit, &hwdid, why);
	if (err)
		goto release_acs;
	/* Firmware may use the device at any moment: before its entry goes live. */
	err = nyx_reserved_map(device, domain, why);
	if (err) {
		nyx_domain_detach_unit(domain, device->unit);
		goto release_acs;
	}
	blocked = block_idle_members(device);
	/* What it did before is not held against it in this domain. */
	nyx_fault_forgive(device);
	nyx_device_join_domain(device, domain);
	device->ats = ats;
	device->state = NYX_DEVICE_ASSIGNED;
	err = blocked ?: nyx_device_apply(device);
	if (err) {
		device->state = NYX_DEVICE_BLOCKED;
		nyx_device_apply(device);
		nyx_reserved_unmap(device, domain);
		nyx_device_part_domain(device);
		unblock_idle_members(device->group);
		nyx_refuse(why, err, NYX_ARG_DEVICE,
			   "%s: the entry of %s could not be made (error %d)",
			   device->unit->name, nyx_device_name(device), err);
		goto release_acs;
	}
	nyx_irqs_take(device);
	/* Last: until its entry is live the device would only fault. */
	pci_set_master(device->pdev);
	tell_assigned(device, "assigned to");
	return 0;

release_acs:
	nyx_acs_release(device);
	return err;
}

int nyx_device_assign_with(struct nyx_device *device, struct nyx_domain *domain, u32 options,
			   struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = assign_locked(device, domain, options, why);
	nyx_trail_device("assign", device, domain, err);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

/* Blocked, invalidated and quiet, but still in its domain. */
static int fence(struct nyx_device *device)
{
	int err;

	device->state = NYX_DEVICE_BLOCKED;
	nyx_fault_forgive(device);
	err = nyx_device_apply(device);
	pci_clear_master(device->pdev);
	return err;
}

/* What is mapped in its domain only because of the device; it is fenced. */
static void drop_mappings(struct nyx_device *device)
{
	nyx_phys_drop_bars(device, device->domain);
	nyx_reserved_unmap(device, device->domain);
}

void nyx_device_leave_domain(struct nyx_device *device, const char *cause)
{
	struct nyx_domain *domain = device->domain;

	lockdep_assert_held(&nyx_registry_lock);
	/* A dead unit cannot confirm; its domains' memory is then never freed. */
	fence(device);
	nyx_irqs_give_back(device);
	kref_get(&domain->ref);
	drop_mappings(device);
	nyx_trail_device("remove", device, domain, 0);
	nyx_device_part_domain(device);
	nyx_acs_release(device);
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
	if (device->export)
		err = nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				 "%s is exported: stop what uses it, or unexport it",
				 nyx_device_name(device));
	else if (!device->domain)
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
	if (err)
		nyx_trail_device("remove", device, device->domain, err);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

int nyx_device_readmit(struct nyx_device *device, const char *how)
{
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->domain->dying)
		return -ENOENT;
	if (device->domain->state == NYX_DOMAIN_DISABLED) {
		device->state = NYX_DEVICE_BLOCKED;
		err = nyx_device_apply(device);
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "its domain %u (%s) is disabled",
				     device->domain->id, device->domain->name);
		return err;
	}
	device->state = device->export ? NYX_DEVICE_EXPORTED : NYX_DEVICE_ASSIGNED;
	err = nyx_device_apply(device);
	if (err)
		return err;
	/* Whoever has an exported one sets it up, as after any reset, and does that last. */
	if (!device->export)
		pci_set_master(device->pdev);
	tell_assigned(device, how);
	return 0;
}

static int check_move(struct nyx_device *device, struct nyx_domain *domain, bool reset,
		      struct nyx_why *why)
{
	const char *name = nyx_device_name(device);
	int err = nyx_admit_function(device, why);

	if (err)
		return err;
	if (device->export)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is exported; unexport it first",
				  name);
	if (!device->domain)
		return nyx_refuse(why, -EINVAL, NYX_ARG_DEVICE, "%s is in no domain; assign it",
				  name);
	if (device->domain == domain)
		return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN, "%s is in domain %u already", name,
				  domain->id);
	if (device->state == NYX_DEVICE_QUARANTINED && !reset)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is quarantined; move it with a reset", name);
	if (reset && !device->has_reset)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_DEVICE,
				  "%s has no reset method: what it was told in domain %u it would go on doing in domain %u; move it without a reset if it is idle, or remove and assign it",
				  name, device->domain->id, domain->id);
	/* That it is trusted with all memory was said when it was assigned. */
	if (device->ats && domain->mode == NYX_DOMAIN_UNMANAGED)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_DOMAIN,
				  "%s has ATS, and an unmanaged domain no translations to ask for; remove it and assign it without ats",
				  name);
	return nyx_admit_held(device, why) ?: nyx_admit_domain(device, domain, why);
}

static int move_locked(struct nyx_device *device, struct nyx_domain *domain, bool reset,
		       struct nyx_why *why)
{
	struct nyx_domain *old = device->domain;
	bool ats = device->ats;
	u16 hwdid;
	int err;

	err = check_move(device, domain, reset, why) ?:
	      nyx_domain_attach_unit(domain, device->unit, &hwdid, why);
	if (err)
		return err;
	/* That it may reach what firmware ties it to was said when it was assigned. */
	err = nyx_reserved_map(device, domain, why);
	if (err) {
		nyx_domain_detach_unit(domain, device->unit);
		return err;
	}
	err = fence(device);
	if (err) {
		nyx_reserved_unmap(device, domain);
		nyx_domain_detach_unit(domain, device->unit);
		nyx_device_set_state(device, NYX_DEVICE_QUARANTINED,
				     "could not be fenced to be moved (error %d)", err);
		return nyx_refuse(why, err, NYX_ARG_DEVICE,
				  "%s: the entry of %s could not be blocked (error %d); it stays in domain %u",
				  device->unit->name, nyx_device_name(device), err, old->id);
	}
	/* Whoever listened to it did so for the old domain. */
	nyx_irq_unbind_all(device);
	kref_get(&old->ref);
	drop_mappings(device);
	nyx_device_part_domain(device);
	nyx_domain_recover(old);
	nyx_domain_put(old);
	nyx_device_join_domain(device, domain);
	device->ats = ats;

	/* The job lets it in, as it does after any reset. */
	if (reset) {
		device->state = NYX_DEVICE_ASSIGNED;
		nyx_reset_queue(device);
		nyx_device_set_state(device, NYX_DEVICE_ASSIGNED,
				     "moved to domain %u (%s); reset follows", domain->id,
				     domain->name);
		return 0;
	}
	err = nyx_device_readmit(device, "moved to");
	if (!err)
		return 0;
	nyx_device_leave_domain(device, "could not be moved: no entry could be made");
	return nyx_refuse(why, err, NYX_ARG_DEVICE,
			  "%s: the entry of %s could not be made (error %d); it is in no domain now, and blocked",
			  device->unit->name, nyx_device_name(device), err);
}

int nyx_device_move(struct nyx_device *device, struct nyx_domain *domain, bool reset,
		    struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = move_locked(device, domain, reset, why);
	nyx_trail_device("move", device, domain, err);
	mutex_unlock(&nyx_registry_lock);
	return err;
}
