/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The front to the kernel's IOMMU API, and so to VFIO and IOMMUFD. iommu_api.c, and
 * iommu_domain.c for the domains that they map into.
 */
#ifndef NYX_IOMMU_API_H
#define NYX_IOMMU_API_H

#include <linux/iommu.h>

struct nyx_device;
struct nyx_why;

/*
 * Offer the device's whole isolation group to the IOMMU API: when this returns it has its
 * group in sysfs, and vfio-pci can bind. Errors as nyx_export_begin(); also -EBUSY: another
 * IOMMU driver is registered for PCI. Process context, holds nothing.
 */
int nyx_api_export(struct nyx_device *device, struct nyx_why *why);
/* And take it back; errors as nyx_export_close(). The same context. */
int nyx_api_unexport(struct nyx_device *device, struct nyx_why *why);
/* Load: from here on sleep is refused while a program has an exported device open. */
int nyx_api_init(void);
/* Unload: no device is exported any more; wait for what is left to do. */
void nyx_api_exit(void);

/* A paging domain, or ERR_PTR(). dev may be NULL. Declared in compat.h, which needs it. */
struct iommu_domain *nyx_api_domain_alloc(struct device *dev);
extern const struct iommu_domain_ops nyx_api_domain_ops;

#endif
