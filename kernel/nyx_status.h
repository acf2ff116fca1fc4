/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module as a whole: its state in numbers, and what keeps it from being unloaded.
 */
#ifndef NYX_STATUS_H
#define NYX_STATUS_H

#include <linux/types.h>

struct nyx_device;
struct nyx_domain;
struct nyx_unit;

struct nyx_status {
	const char *vendor;		/* "vtd", "amdvi" */
	u32 nr_units, nr_devices, nr_assigned, nr_quarantined, nr_domains, nr_mappings;
	u32 nr_exported;
	u64 mapped_bytes, pinned_bytes, leaked_pages, leaked_tables, faults_recorded;
	u32 holders;			/* what nyx_holders() sees */
};

/* Takes nyx_registry_lock. */
void nyx_status_fill(struct nyx_status *status);

enum nyx_holder_kind {
	NYX_HOLDER_UNIT,	/* dead */
	NYX_HOLDER_DEVICE,	/* assigned or exported */
	NYX_HOLDER_DOMAIN,	/* something is mapped there, or somebody else has it */
};

/* Something that holds references to the module. */
struct nyx_holder {
	enum nyx_holder_kind kind;
	const struct nyx_unit *unit;		/* UNIT */
	const struct nyx_device *device;	/* DEVICE */
	const struct nyx_domain *domain;	/* DOMAIN; of a DEVICE the one that it is in, or NULL */
	const char *why;
};

/*
 * All of them in a fixed order, from *from on, which is 0 at first: see() for each, until it
 * returns an error. *from is then that one, and the error is returned. Holds
 * nyx_registry_lock; see() runs with no further lock.
 */
int nyx_holders(u64 *from, int (*see)(void *data, const struct nyx_holder *holder), void *data);

#endif
