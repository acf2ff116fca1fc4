/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices offered to the kernel's IOMMU API, so to VFIO: what the API's front may do with
 * them. An export covers the whole isolation group, bridges aside. From then on the kernel
 * knows who owns the group, and either VFIO has it or host drivers do, never both.
 *
 * What an exported device reaches: the domain that it is attached to; in none, all memory
 * while a host driver has it (one that uses the kernel's DMA API), else nothing.
 */
#ifndef NYX_EXPORT_H
#define NYX_EXPORT_H

#include <linux/list.h>
#include <linux/types.h>

#include "unit.h"

struct nyx_device;
struct nyx_domain;
struct nyx_why;
struct pci_dev;

/* All under nyx_registry_lock. */
struct nyx_export {
	struct list_head devices;	/* nyx_device.export_node; each holds a reference */
	struct list_head departed;	/* those that left the bus while they were locked for it */
	bool closing;			/* takes no more devices */
	void (*emptied)(void);		/* the last device has left it; does not sleep */
};

/*
 * Take the device and its group from the host: reaching nothing, interrupts through tables
 * of ours, ACS set on the way. Each member's device_lock is held until nyx_export_unlock().
 * With nothing changed on error. -EPERM: bridge, unit function, reserved memory, untrusted;
 * -EBUSY: a member has a driver or is in a domain, named; -EEXIST: exported already;
 * -EAGAIN: a member is being bound right now; -ENODEV, -EIO, -ENOMEM.
 */
int nyx_export_begin(struct nyx_export *export, struct nyx_device *device, struct nyx_why *why);
void nyx_export_unlock(struct nyx_export *export);

/*
 * The first step back: no member may be in use from here on; their device_locks are held.
 * -EINVAL: the device is not exported; -EBUSY: a member has a driver, is attached to a
 * domain or is fenced, named; -EAGAIN as above.
 */
int nyx_export_close(struct nyx_device *device, struct nyx_export **out, struct nyx_why *why);
/* What has to come before the last step where an export failed half way. May sleep. */
void nyx_export_fail(struct nyx_export *export);
/* And the last one: the host's again, passed through before any driver can bind. Unlocks. */
void nyx_export_end(struct nyx_export *export);

/* Close it if all its devices have left the bus. False: no. */
bool nyx_export_close_empty(struct nyx_export *export);

/* A driver of the host has one of its devices. Process context; takes nyx_registry_lock. */
bool nyx_export_host_bound(const struct nyx_export *export);
/* The export that pdev is in, or NULL. It stays as long as the device is in it. */
struct nyx_export *nyx_export_of(struct pci_dev *pdev);
/*
 * Its entry leads to the domain; it leaves the one that it was in, blocked in between. A
 * fenced device joins fenced. -ENODEV: not exported (any more); -EINVAL: the domain does not
 * fit its unit; -EBUSY: on the way to sleep; -ENOSPC, -ENOMEM, -EIO. Process context; takes
 * nyx_registry_lock.
 */
int nyx_export_attach(struct pci_dev *pdev, struct nyx_domain *domain, struct nyx_why *why);
/* Out of the domain that it is in, if any: its entry blocked and invalidated. */
void nyx_export_detach(struct pci_dev *pdev);
/* What its unit never translates; how many. Takes nyx_registry_lock. */
u32 nyx_export_holes(struct pci_dev *pdev, struct nyx_iova_hole holes[NYX_UNIT_HOLES]);
/* Its interrupts are its own only: it can raise no other. Takes nyx_registry_lock. */
bool nyx_export_isolates_interrupts(struct pci_dev *pdev);

/* For the core; all hold nyx_registry_lock. */

/* An arrival joins the export that its group is in. False: there is none, or it cannot. */
bool nyx_export_join(struct nyx_device *device);
/* The device leaves the bus: out of its domain, and out of the export. */
void nyx_export_forget(struct nyx_device *device);
/* A driver is about to bind to it, or is gone. */
void nyx_export_driver_changed(struct nyx_device *device, bool bound);
/* A driver of the host has bound to it, and its DMA stays blocked. */
bool nyx_export_driver_is_blocked(const struct nyx_device *device);
/* The kernel has been asked about an arrival: nobody waits for that any more. */
void nyx_export_arrived(struct nyx_device *device);

#endif
