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

extern void (*nyx_fault_test_hook)(struct nyx_unit *unit, const struct nyx_fault_event *event);
extern void (*nyx_fault_overflow_test_hook)(struct nyx_unit *unit);
extern int (*nyx_flush_test_hook)(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only);
#endif

#endif
