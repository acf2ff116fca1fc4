// SPDX-License-Identifier: GPL-2.0
/*
 * May this device go into that domain? Each rule names what stands in the way and the
 * way out, and nothing is changed here. All of it holds nyx_registry_lock.
 */
#include <linux/pci.h>

#include "core.h"

/* What makes the function itself unfit, whatever its neighbours do. */
int nyx_admit_function(struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device), *special = NULL;
	int i;

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
	for (i = 0; i < device->nr_rids && !special; i++)
		special = nyx_topology_special(device->unit, device->rids[i]);
	if (special)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s has the requester id of %s of the host, whose interrupts cannot be told from its own; it stays with the host",
				  name, special);
	return 0;
}

/* Without its reserved memory the device, or the machine, may not work any more. */
int nyx_admit_reserved(struct nyx_device *device, struct nyx_why *why)
{
	if (!device->reserved_region)
		return 0;
	if (why)
		why->physical = true;
	return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
			  "firmware uses %s through reserved memory %#llx-%#llx; a domain would cut it off: assign it with allow-reserved to have that memory mapped for it",
			  nyx_device_name(device), device->reserved_base, device->reserved_last);
}

int nyx_admit_held(struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device);
	char driver[32];

	if (device->resetting)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is being reset; wait for its state event", name);
	if (device->export)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is exported; unexport it first",
				  name);
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

/*
 * The other members of its group: none may be in use by the host or by another domain. NULL:
 * a domain that is new.
 */
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
		if (member->export)
			return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
					  "%s is in one isolation group with %s (%s), which is exported; unexport it first",
					  name, nyx_device_name(member), device->group->why_bound);
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

int nyx_admit_domain(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	struct nyx_device *member;

	if (domain->external)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				  "domain %u was made by %s through the kernel's IOMMU API, and takes devices only from there; make one of your own",
				  domain->id, domain->owner_comm);
	if (domain->dying)
		return nyx_refuse(why, -ENOENT, NYX_ARG_DOMAIN, "domain %u is being deleted",
				  domain->id);
	if (nyx_power_asleep())
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "the machine is going to sleep; try again when it is awake");
	if (domain->state == NYX_DOMAIN_DISABLED)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				  "domain %u is disabled; set its state to active first", domain->id);
	if (domain->state != NYX_DOMAIN_ACTIVE)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				  "domain %u is not active; reset its devices first", domain->id);
	if (domain->mode != NYX_DOMAIN_STRICT)
		return check_group(device, domain, why);
	list_for_each_entry(member, &domain->devices, domain_node)
		if (member->group != device->group)
			return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN,
					  "domain %u is STRICT and holds group %u (%s); %s is in group %u: use another domain",
					  domain->id, member->group->id, nyx_device_name(member),
					  nyx_device_name(device), device->group->id);
	return check_group(device, domain, why);
}

static u32 note(struct nyx_obstacle *obstacle, enum nyx_obstacle_kind kind, int err,
		const struct nyx_why *why)
{
	if (!err)
		return 0;
	obstacle->kind = kind;
	obstacle->err = err;
	strscpy(obstacle->text, why->text, sizeof(obstacle->text));
	return 1;
}

u32 nyx_admit_obstacles(struct nyx_device *device,
			struct nyx_obstacle obstacles[NYX_OBSTACLES_MAX])
{
	struct nyx_why why = {};
	u32 nr;

	lockdep_assert_held(&nyx_registry_lock);
	nr = note(obstacles, NYX_OBSTACLE_FUNCTION, nyx_admit_function(device, &why), &why);
	/* Nothing else counts then; and one that is in a domain need not get there. */
	if (nr || device->domain)
		return nr;
	nr += note(obstacles + nr, NYX_OBSTACLE_RESERVED, nyx_admit_reserved(device, &why), &why);
	nr += note(obstacles + nr, NYX_OBSTACLE_HELD, nyx_admit_held(device, &why), &why);
	nr += note(obstacles + nr, NYX_OBSTACLE_GROUP, check_group(device, NULL, &why), &why);
	return nr;
}
