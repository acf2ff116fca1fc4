// SPDX-License-Identifier: GPL-2.0
/*
 * Who may be exported, and be taken back: every member of the group, with its device_lock
 * held, before anything changes.
 *
 * No member may have a driver when it is exported: the kernel counts who owns a group from
 * then on, and would not count those that were there before.
 */
#include <linux/pci.h>

#include "core.h"

bool nyx_export_counts(const struct nyx_device *member)
{
	return !member->is_bridge && !member->is_unit && member->state != NYX_DEVICE_GONE;
}

/* What stands in the way of this member of device's group. Its device_lock is held. */
static int admit_member(struct nyx_device *member, struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(member);
	struct device *dev = &member->pdev->dev;
	char whose[192] = "";
	int err = nyx_admit_function(member, why);

	if (err)
		return err;
	if (member != device)
		snprintf(whose, sizeof(whose), ", in one isolation group with %s (%s),",
			 nyx_device_name(device), device->group->why_bound);
	if (member->export)
		return nyx_refuse(why, -EEXIST, NYX_ARG_DEVICE, "%s%s is exported already", name,
				  whose);
	if (member->domain)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s%s is in domain %u; remove it there first", name, whose,
				  member->domain->id);
	if (member->resetting)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s%s is being reset; wait for its state event", name, whose);
	if (dev->driver)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s%s is used by driver %s; unbind it there first", name, whose,
				  dev->driver->name);
	if (member->pdev->untrusted)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "%s%s is behind an external-facing port: the kernel exports no untrusted device; assign it to a domain instead",
				  name, whose);
	if (member->reserved_region)
		return nyx_refuse(why, -EPERM, NYX_ARG_DEVICE,
				  "firmware uses %s%s through reserved memory %#llx-%#llx, which is not relaxable (that of USB controllers and graphics is), and VFIO would cut it off from that; assign it to a domain with allow-reserved instead",
				  name, whose, member->reserved_base, member->reserved_last);
	if (dev->iommu_group)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s%s is in a group that another driver made for it (VFIO without IOMMU?)",
				  name, whose);
	return 0;
}

void nyx_export_unlock_members(struct nyx_group *group)
{
	struct nyx_device *member;

	list_for_each_entry(member, &group->devices, group_node) {
		if (!member->export_locked)
			continue;
		member->export_locked = false;
		device_unlock(&member->pdev->dev);
	}
}

/* device_lock comes before nyx_registry_lock, so it is only tried. */
int nyx_export_lock_member(struct nyx_device *member, struct nyx_why *why)
{
	if (!device_trylock(&member->pdev->dev))
		return nyx_refuse(why, -EAGAIN, NYX_ARG_DEVICE,
				  "%s is being bound, unbound or reset right now; try again",
				  nyx_device_name(member));
	member->export_locked = true;
	return 0;
}

int nyx_export_admit(struct nyx_device *device, struct nyx_why *why)
{
	struct nyx_device *member;
	int err = nyx_admit_function(device, why);

	if (!err && nyx_power_asleep())
		err = nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				 "the machine is going to sleep; try again when it is awake");
	if (err)
		return err;
	list_for_each_entry(member, &device->group->devices, group_node) {
		if (!nyx_export_counts(member))
			continue;
		err = nyx_export_lock_member(member, why) ?: admit_member(member, device, why);
		if (err) {
			nyx_export_unlock_members(device->group);
			return err;
		}
	}
	return 0;
}

int nyx_export_admit_close(struct nyx_device *member, struct nyx_why *why)
{
	const char *name = nyx_device_name(member);
	const struct device_driver *driver = member->pdev->dev.driver;

	if (member->domain)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is in use by %s (domain %u): stop that first", name,
				  member->domain->owner_comm, member->domain->id);
	if (driver)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is bound to driver %s; unbind it there first", name,
				  driver->name);
	if (member->resetting)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is being reset; wait for its state event", name);
	/*
	 * A host driver would find it in whatever state it was fenced; but one that cannot be
	 * reset, or not without others, could never be taken back otherwise.
	 */
	if (member->state == NYX_DEVICE_QUARANTINED && !nyx_reset_possible(member, NULL))
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is quarantined; reset it first",
				  name);
	return 0;
}
