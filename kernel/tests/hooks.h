/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seams for unit tests: when a hook is set it takes the place of what follows
 * in the core. Only in nyx_iommu_test.ko.
 */
#ifndef NYX_TEST_HOOKS_H
#define NYX_TEST_HOOKS_H

#ifdef NYX_KUNIT
#include <linux/types.h>

struct nyx_unit;
struct nyx_domain;
struct nyx_fault_event;
struct nyx_event;
struct nyx_device;
struct pci_dev;

extern void (*nyx_fault_test_hook)(struct nyx_unit *unit, const struct nyx_fault_event *event);
extern void (*nyx_fault_overflow_test_hook)(struct nyx_unit *unit);
/* The clock by which faults add up and decay, and resets are tried again. */
extern u64 (*nyx_fault_clock_test_hook)(void);
extern int (*nyx_flush_test_hook)(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only);
/* Sees every event, sent or not. */
extern void (*nyx_event_test_hook)(const struct nyx_event *event);
/* pci_get_domain_bus_and_slot(), as far as topology.c is concerned. */
extern struct pci_dev *(*nyx_slot_test_hook)(int segment, unsigned int bus, unsigned int devfn);
/* pxm_to_node(), as far as unit.c is concerned. */
extern int (*nyx_pxm_test_hook)(int pxm);
/* A reset of the device has ended so, as far as the core is concerned. */
void nyx_reset_test_finish(struct nyx_device *device, int err);
struct resource;
/* walk_iomem_res_desc(), as far as identity.c is concerned. */
extern int (*nyx_ram_test_hook)(unsigned long desc, unsigned long flags, u64 start, u64 end,
				void *arg, int (*fn)(struct resource *res, void *arg));
/* What the memory notifier would be told; its answer. */
int nyx_identity_test_event(unsigned long action, void *data);
/* What the bus's notifier would be told about a function that is on no bus. */
void nyx_device_test_event(struct pci_dev *pdev, unsigned long action);
/* What the kernel's power management would tell; the answer. */
int nyx_power_test_event(unsigned long action);
/* What it would be told when the units are to go off. */
int nyx_power_test_ready(void);
#endif

#endif
