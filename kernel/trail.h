/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records for the kernel's audit subsystem, where it is on: what gives a device memory, and
 * what takes it away. Any process context; none of these waits, for locks of ours may be held.
 */
#ifndef NYX_TRAIL_H
#define NYX_TRAIL_H

#include "nyx.h"

/*
 * The current task had it done, or tried to: "assign", "move", "remove", "export", "unexport".
 * domain NULL: about none. err: what came of it.
 */
void nyx_trail_device(const char *op, const struct nyx_device *device,
		      const struct nyx_domain *domain, int err);
/* Fenced, which nobody asked for. */
void nyx_trail_quarantine(const struct nyx_device *device);
/* A domain without protection; NULL where it was refused. */
void nyx_trail_unmanaged(const struct nyx_domain *domain, int err);
/* Host-physical memory, shown to a domain's devices. */
void nyx_trail_phys(const struct nyx_domain *domain, const struct nyx_map_range *range, int err);

#endif
