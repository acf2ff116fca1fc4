// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl device export, unexport: a whole isolation group to vfio-pci and back.
 *
 * The module offers the group; drivers are bound and unbound here, through sysfs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "sysfs.h"

/* One function of the group, and the driver that it had before. */
struct member {
	nyx_device_id id;
	uint32_t domain;
	char name[DEVICE_NAME];
	char driver[DRIVER_NAME];
};

struct members {
	struct member *list;
	size_t nr;
};

/* All of device's group that can have a driver of interest: no bridges. */
static int find_members(struct context *context, const struct nyx_device *device,
			struct members *members)
{
	struct nyx_device *all;
	size_t nr, i;
	int err = nyx_device_list(context->nyx, 0, &all, &nr);

	if (err)
		return refuse_nyx(context, err);
	*members = (struct members) { .list = calloc(nr + 1, sizeof(*members->list)) };
	for (i = 0; members->list && i < nr; i++) {
		struct member *member = &members->list[members->nr];

		if (all[i].id != device->id &&
		    (!device->group || all[i].group != device->group ||
		     all[i].flags & (NYX_IOMMU_DEVICE_FLAG_BRIDGE |
				     NYX_IOMMU_DEVICE_FLAG_UNIT_FUNCTION)))
			continue;
		member->id = all[i].id;
		member->domain = all[i].domain;
		format_device(member->id, member->name);
		pci_driver(member->id, member->driver);
		members->nr++;
	}
	free(all);
	return members->list ? EXIT_DONE : refuse(context, -ENOMEM, "out of memory");
}

/* Everybody to the driver that they had. */
static void restore(const struct members *members)
{
	size_t i;

	for (i = 0; i < members->nr; i++) {
		const struct member *member = &members->list[i];
		int err = pci_restore(member->id, member->driver);

		if (err)
			fprintf(stderr,
				"nyxctl: and %s could not go back to %s: %s. Try: echo %s > /sys/bus/pci/drivers_probe\n",
				member->name, member->driver[0] ? member->driver : "no driver",
				strerror(-err), member->name);
	}
}

/* ---- export ---- */

static int check_drivers(struct context *context, const struct members *members,
			 nyx_device_id id, bool may_unbind)
{
	char name[DEVICE_NAME];
	size_t i;

	format_device(id, name);
	for (i = 0; i < members->nr; i++) {
		const struct member *member = &members->list[i];

		if (member->domain)
			return refuse(context, -EBUSY, "%s is in domain %u%s: nyxctl device remove %s",
				      member->name, member->domain,
				      member->id == id ? "" : ", and of the same group", member->name);
		if (!member->driver[0] || !strcmp(member->driver, STUB_DRIVER))
			continue;
		if (member->id != id)
			return refuse(context, -EBUSY,
				      "%s, in one isolation group with %s, is in use by driver %s. Take it off: echo %s > /sys/bus/pci/drivers/%s/unbind",
				      member->name, name, member->driver, member->name,
				      member->driver);
		if (!may_unbind)
			return refuse(context, -EBUSY,
				      "%s is in use by the host's driver %s. To take it away from that driver: nyxctl device export %s unbind",
				      name, member->driver, name);
	}
	return EXIT_DONE;
}

/* No driver of the host may come in between. */
static int take_off(struct context *context, const struct members *members, bool bind)
{
	size_t i;
	int err;

	for (i = 0; i < members->nr; i++) {
		const struct member *member = &members->list[i];

		err = pci_override(member->id, bind ? VFIO_DRIVER : "");
		if (!err)
			err = pci_unbind(member->id);
		if (err)
			return refuse(context, err, "%s cannot be unbound: %s%s", member->name,
				      strerror(-err),
				      err == -EACCES || err == -EPERM ? " (run it as root)" : "");
	}
	return EXIT_DONE;
}

static int bind_vfio(struct context *context, const struct members *members)
{
	char now[DRIVER_NAME];
	size_t i;

	for (i = 0; i < members->nr; i++) {
		pci_probe(members->list[i].id);
		pci_driver(members->list[i].id, now);
		if (strcmp(now, VFIO_DRIVER))
			return refuse(context, -ENODEV,
				      "%s is offered, but %s does not bind to it: dmesg tells why",
				      members->list[i].name, VFIO_DRIVER);
	}
	return EXIT_DONE;
}

/* VFIO asks whether a device can raise interrupts that are not its own. */
static void say_interrupts(struct context *context, const struct nyx_device *device)
{
	struct nyx_unit unit;

	if (!device->has_unit || nyx_unit_get(context->nyx, device->unit, &unit))
		return;
	if (unit.remapping == NYX_IOMMU_REMAPPING_STATE_ON &&
	    !(unit.remapping_flags & NYX_IOMMU_REMAPPING_FLAG_FORGEABLE))
		return;
	say(context,
	    "It can raise interrupts that are not its own (see nyxctl unit show %u), so VFIO wants to be told that you accept that: echo 1 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
	    device->unit);
}

/* Firmware's wish, and what has become of it. */
static void say_relaxed(struct context *context, const struct nyx_device *device)
{
	if (device->flags & NYX_IOMMU_DEVICE_FLAG_RELAXED_REGION)
		say(context,
		    "Its reserved memory 0x%" PRIx64 "-0x%" PRIx64 " (RMRR or IVMD) is relaxable, dropped: VFIO does not map it",
		    device->reserved_base, device->reserved_last);
}

static int export_members(struct context *context, const struct nyx_device *device,
			  const struct members *members, bool bind)
{
	int err;

	if (take_off(context, members, bind) != EXIT_DONE)
		return EXIT_REFUSED;
	err = nyx_device_export(context->nyx, device->id);
	if (err)
		return refuse_nyx(context, err);
	if (!bind || bind_vfio(context, members) == EXIT_DONE)
		return EXIT_DONE;
	for (size_t i = 0; i < members->nr; i++)
		pci_unbind(members->list[i].id);
	nyx_device_unexport(context->nyx, device->id);
	return EXIT_REFUSED;
}

int run_export(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "unbind", false }, { "nobind", false }, { 0 } };
	bool may_unbind = false, bind = true;
	char name[DEVICE_NAME], *value;
	struct nyx_device device;
	struct members members;
	nyx_device_id id;
	int which, err;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD)
			return EXIT_USAGE;
		if (which == 0)
			may_unbind = true;
		else
			bind = false;
	}
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_device_get(context->nyx, id, &device);
	if (err)
		return refuse_nyx(context, err);
	format_device(id, name);
	if (device.state == NYX_IOMMU_DEVICE_STATE_EXPORTED)
		return refuse(context, -EEXIST, "%s is exported already", name);
	if (device.flags & (NYX_IOMMU_DEVICE_FLAG_BRIDGE | NYX_IOMMU_DEVICE_FLAG_UNIT_FUNCTION))
		return refuse(context, -EPERM, "%s is %s: it cannot be exported", name,
			      device.flags & NYX_IOMMU_DEVICE_FLAG_BRIDGE ?
			      "a bridge" : "the IOMMU itself");
	if (bind && !pci_driver_there(VFIO_DRIVER))
		return refuse(context, -ENODEV,
			      "this kernel has no %s driver: modprobe vfio-pci tells why; with nobind no driver is bound",
			      VFIO_DRIVER);
	if (find_members(context, &device, &members) != EXIT_DONE)
		return EXIT_REFUSED;
	err = check_drivers(context, &members, id, may_unbind);
	if (err == EXIT_DONE) {
		err = export_members(context, &device, &members, bind);
		if (err != EXIT_DONE)
			restore(&members);
	}
	free(members.list);
	if (err != EXIT_DONE)
		return err;
	if (bind)
		say(context, "%s is exported: VFIO group %d, /dev/vfio/%d", name,
		    pci_iommu_group(id), pci_iommu_group(id));
	else
		say(context, "%s is exported: IOMMU group %d, no driver is bound", name,
		    pci_iommu_group(id));
	say_relaxed(context, &device);
	say_interrupts(context, &device);
	return device_answer(context, id);
}

/* ---- unexport ---- */

/* Unbinding vfio-pci would wait for who has the device open. */
static int check_unused(struct context *context, const struct members *members)
{
	struct nyx_domain domain;
	size_t i;

	for (i = 0; i < members->nr; i++) {
		const struct member *member = &members->list[i];

		if (!member->domain)
			continue;
		if (nyx_domain_get(context->nyx, member->domain, &domain))
			domain.owner_name[0] = '\0';
		return refuse(context, -EBUSY, "%s is in use by %s (domain %u): stop that first",
			      member->name, domain.owner_name[0] ? domain.owner_name : "somebody",
			      member->domain);
	}
	return EXIT_DONE;
}

static int unexport_members(struct context *context, nyx_device_id id,
			    const struct members *members)
{
	size_t i;
	int err = check_unused(context, members);

	if (err != EXIT_DONE)
		return err;
	for (i = 0; i < members->nr; i++) {
		if (strcmp(members->list[i].driver, VFIO_DRIVER))
			continue;
		err = pci_unbind(members->list[i].id);
		if (err) {
			refuse(context, err, "%s cannot be unbound from %s: %s%s",
			       members->list[i].name, VFIO_DRIVER, strerror(-err),
			       err == -EACCES || err == -EPERM ? " (run it as root)" : "");
			goto bind_again;
		}
	}
	err = nyx_device_unexport(context->nyx, id);
	if (!err)
		return EXIT_DONE;
	refuse_nyx(context, err);
bind_again:
	/* It is still offered, and the override is still there. */
	for (i = 0; i < members->nr; i++)
		if (!strcmp(members->list[i].driver, VFIO_DRIVER))
			pci_probe(members->list[i].id);
	return EXIT_REFUSED;
}

int run_unexport(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "rebind", false }, { 0 } };
	char name[DEVICE_NAME], driver[DRIVER_NAME], *value;
	struct nyx_device device;
	struct members members;
	bool rebind = false;
	nyx_device_id id;
	int which, err;
	size_t i;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD)
			return EXIT_USAGE;
		rebind = true;
	}
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_device_get(context->nyx, id, &device);
	if (err)
		return refuse_nyx(context, err);
	if (find_members(context, &device, &members) != EXIT_DONE)
		return EXIT_REFUSED;
	err = unexport_members(context, id, &members);
	for (i = 0; err == EXIT_DONE && i < members.nr; i++) {
		pci_override(members.list[i].id, "");
		if (rebind)
			pci_probe(members.list[i].id);
	}
	free(members.list);
	if (err != EXIT_DONE)
		return err;
	pci_driver(id, driver);
	say(context, "%s is the host's again, driver %s", format_device(id, name),
	    driver[0] ? driver : "none");
	return device_answer(context, id);
}
