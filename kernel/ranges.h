/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a map or unmap call may ask for, as far as the call alone tells.
 *
 * All of it: any context, no lock, changes nothing; 0 or the errno that
 * nyx_domain_map() and nyx_domain_unmap() return, with why->range at the range at
 * fault, -1 when the fault is the call's.
 */
#ifndef NYX_RANGES_H
#define NYX_RANGES_H

#include "nyx.h"

#define NYX_MSI_FIRST	0xfee00000ULL	/* DMA there is an interrupt, never translated */
#define NYX_MSI_LAST	0xfeefffffULL

/* -EINVAL, -ERANGE, -E2BIG, -EOPNOTSUPP. */
int nyx_ranges_check_map(const struct nyx_domain *domain, const struct nyx_map_range *ranges,
			 u32 nr, struct nyx_why *why);

/* May anything be mapped there (iova and length only)? -EINVAL, -ERANGE. */
int nyx_ranges_check_place(const struct nyx_domain *domain, const struct nyx_map_range *range,
			   struct nyx_why *why);

/* -EINVAL, -ERANGE, -EOPNOTSUPP. */
int nyx_ranges_check_unmap(const struct nyx_domain *domain, const struct nyx_map_range *ranges,
			   u32 nr, struct nyx_why *why);

/*
 * The books refused checked range i with err. If an earlier range of the same call is in
 * its way then the call contradicts itself: -EINVAL that says so. Else err as it is.
 */
int nyx_ranges_check_own(const struct nyx_map_range *ranges, u32 i, int err,
			 struct nyx_why *why);

/* Last byte of a range that was checked. */
static inline u64 nyx_range_last(const struct nyx_map_range *range)
{
	return range->iova + range->length - 1;
}

/* Note which range a refusal is about; returns err. */
static inline int nyx_about_range(struct nyx_why *why, int range, int err)
{
	if (why)
		why->range = range;
	return err;
}

#endif
