/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's mappings, seen as what its devices reach. Pure: no system call.
 */
#ifndef NYXCTL_MERGE_H
#define NYXCTL_MERGE_H

#include <stddef.h>

#include "libnyx.h"

/* Neighbours with the same rights and kind of memory. */
struct merged {
	uint64_t iova, length;
	uint32_t prot;
	enum nyx_iommu_mapping_type type;
	uint64_t mappings;
};

struct total {
	uint64_t mappings, bytes, readable, writable;
	uint64_t lowest, highest;	/* of any; 0 without mappings */
};

/* Mappings are in order of address. merged has room for nr; returns how many. */
size_t merge_mappings(const struct nyx_mapping *mappings, size_t nr, struct merged *merged);
void sum_mappings(const struct nyx_mapping *mappings, size_t nr, struct total *total);

#endif
