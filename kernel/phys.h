/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host-physical ranges of mappings: which may be mapped, and holding them while they are.
 */
#ifndef NYX_PHYS_H
#define NYX_PHYS_H

#include "nyx.h"

/* True where list has a PHYS mapping: then nyx_phys_claim() needs nyx_registry_lock. */
bool nyx_phys_any(const struct list_head *list);

/*
 * Claim the range of every PHYS mapping of list, or none: one in a BAR of a device that is
 * in the domain, or one that is neither RAM nor anybody's and that this module can reserve.
 * -EPERM, -EBUSY, -EINVAL, -ERANGE, with the mapping's index in why. Holds domain->lock,
 * and where there is a PHYS mapping nyx_registry_lock outside it.
 */
int nyx_phys_claim(struct nyx_domain *domain, struct list_head *list, struct nyx_why *why);

/* No unit can reach it any more: give back what the claim holds. No lock is needed. */
void nyx_phys_release(struct nyx_mapping *mapping);

#endif
