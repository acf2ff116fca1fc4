/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libnyx: what a device can reach, why it last failed, and what keeps it from being assigned.
 */
#ifndef LIBNYX_WHY_H
#define LIBNYX_WHY_H

#include "libnyx.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NYX_MEMBERS_MAX		64
#define NYX_REGIONS_MAX		16
#define NYX_OBSTACLES_MAX	8

struct nyx_region {
	uint64_t base, last;
	uint32_t prot;			/* enum nyx_iommu_prot; 0: nothing */
};

/* The likely cause of a fault. */
struct nyx_explanation {
	enum nyx_iommu_fault_cause cause;
	bool has_range;			/* the mapping or range that it is about */
	uint64_t first, last;
	uint32_t prot;			/* of that mapping */
	bool has_age;
	uint64_t age;			/* nanoseconds, see the cause */
	bool now_mapped;		/* something is there by now */
};

struct nyx_obstacle {
	enum nyx_iommu_obstacle kind;
	int err;			/* negative errno that assigning would return */
	char text[320];
};

/* What a device can reach, why it last failed, and what keeps it from being assigned. */
struct nyx_why {
	struct nyx_device device;
	uint32_t nr_members;		/* the others of its group */
	nyx_device_id members[NYX_MEMBERS_MAX];
	/* With device.domain. */
	char domain_name[32];
	enum nyx_iommu_domain_mode domain_mode;
	enum nyx_iommu_domain_state domain_state;
	bool external;
	uint64_t mappings, mapped_bytes;
	bool has_extent;		/* something is mapped, and where is known */
	uint64_t lowest, highest;
	uint32_t nr_regions;
	struct nyx_region regions[NYX_REGIONS_MAX];
	bool has_fault;
	struct nyx_fault fault;		/* the newest */
	struct nyx_explanation explanation;
	uint32_t nr_obstacles;		/* to assigning it to a new domain */
	struct nyx_obstacle obstacles[NYX_OBSTACLES_MAX];
};

/* CAP_SYS_ADMIN; changes nothing. -ENODEV: no such function. */
int nyx_device_why(struct nyx *nyx, nyx_device_id id, struct nyx_why *why);

#ifdef __cplusplus
}
#endif

#endif
