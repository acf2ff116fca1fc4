/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions and their drivers through sysfs: what the module must not do
 * from inside a netlink call.
 */
#ifndef NYXCTL_SYSFS_H
#define NYXCTL_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUB_DRIVER	"nyx_stub"
#define VFIO_DRIVER	"vfio-pci"
#define DRIVER_NAME	64

/* Does the function exist at all? */
bool pci_exists(uint32_t device);
/* Name of the driver bound to it, "" for none. */
void pci_driver(uint32_t device, char name[DRIVER_NAME]);
/* A number from one of its attribute files, such as "vendor"; 0 when there is none. */
unsigned long pci_attribute(uint32_t device, const char *file);
/* Where BAR number bar is, if it is memory; false otherwise. */
bool pci_bar(uint32_t device, unsigned int bar, uint64_t *start, uint64_t *length);
/* "Vendor Device" from pci.ids, or the numbers. */
const char *pci_name(uint32_t device, char *buf, size_t len);

/* Number of its IOMMU group, -1 for none. */
int pci_iommu_group(uint32_t device);
/* Is there such a PCI driver? If not, modprobe is asked for it. */
bool pci_driver_there(const char *driver);

/*
 * All return 0 or a negative errno. pci_take() overrides the driver, unbinds
 * what is bound and binds the stub; old is what was bound. pci_give_back()
 * takes the override off, unbinds the stub and lets the kernel look for a
 * driver again. pci_restore() undoes a pci_take().
 */
int pci_override(uint32_t device, const char *driver);	/* "": none */
int pci_unbind(uint32_t device);			/* nothing bound is no error */
int pci_probe(uint32_t device);
int pci_take(uint32_t device, char old[DRIVER_NAME]);
int pci_give_back(uint32_t device);
int pci_restore(uint32_t device, const char *old);

#endif
