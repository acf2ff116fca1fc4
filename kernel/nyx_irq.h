/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's interrupts: what the fronts may do with them. irq.c, irq_domain.c.
 */
#ifndef NYX_IRQ_H
#define NYX_IRQ_H

#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "unit.h"

struct eventfd_ctx;
struct nyx_device;
struct nyx_why;

enum nyx_irq_type {
	NYX_IRQ_NONE,		/* INTx at most, which is shared with others: not remapped */
	NYX_IRQ_MSI,
	NYX_IRQ_MSIX,
};

struct nyx_irq_vector;

/* Of one device; nyx_registry_lock, but for what lock covers. */
struct nyx_device_irqs {
	struct nyx_irq_source source;
	bool held;			/* the stub has the device */
	bool open;			/* source is known to the unit */
	bool in_reset;			/* the PCI core saves and restores its MSI: not to be touched */
	bool foreign;			/* its MSI goes by another way than other devices' */
	struct list_head taken;		/* its MSI domain is ours */
	struct irq_domain *host_domain;	/* what it was before */
	raw_spinlock_t lock;		/* the three below, and their entries in the table */
	bool fenced;			/* no entry is present */
	bool suppress_faults;		/* fenced: nor does the unit record what they refuse */
	struct list_head entries;
	enum nyx_irq_type type;		/* of what is allocated, or NONE */
	u32 nr_vectors, nr_bound;
	struct nyx_irq_vector *vectors;	/* nr_vectors of them */
};

#define NYX_IRQ_VECTORS_MAX	2048	/* of one function (PCI spec 6.8.2) */

/* One vector to bind: the eventfd is the callee's on success. */
struct nyx_irq_bind {
	u32 index;			/* in the device's MSI-X table, or of its MSI messages */
	struct eventfd_ctx *trigger;
};

/*
 * From now on each interrupt of these vectors signals its eventfd, all or none. They are
 * released when the device leaves its domain or moves, or, unless owner is 0, when the
 * netlink socket of that port closes. -ENODEV: it does not answer; -EINVAL: not assigned, or no such vector, or one
 * twice; -EBUSY: fenced or being reset; -EEXIST: bound already; -EOPNOTSUPP: no MSI, or the
 * unit does not remap, or another party has the device's MSI; -ENOSPC: no table entries or
 * no CPU vectors are left; -ENOMEM. Process context; takes nyx_registry_lock.
 */
int nyx_irq_bind(struct nyx_device *device, const struct nyx_irq_bind *binds, u32 nr, u32 owner,
		 struct nyx_why *why);
/*
 * The rest takes bound vectors by index, all or none: -ENOENT one is not bound; nr 0: all
 * that are. On return from unbind the eventfds are signalled no more.
 */
int nyx_irq_unbind(struct nyx_device *device, const u32 *indexes, u32 nr, struct nyx_why *why);
int nyx_irq_mask(struct nyx_device *device, const u32 *indexes, u32 nr, bool mask,
		 struct nyx_why *why);
/* Raise them on their CPUs as if the device had: -EBUSY one is masked, or the device fenced. */
int nyx_irq_trigger(struct nyx_device *device, const u32 *indexes, u32 nr, struct nyx_why *why);
/*
 * To one of these CPUs. -EINVAL: none of them is online; -EBUSY: a vector is still on its
 * way from an earlier move, which ends with its next interrupt; some may have been moved.
 */
int nyx_irq_route(struct nyx_device *device, const u32 *indexes, u32 nr,
		  const struct cpumask *cpus, struct nyx_why *why);
/* The socket is closed: a job releases what it owns. Process context. */
void nyx_irq_owner_gone(u32 portid);

/* What can be told of a device's interrupts as a whole. */
struct nyx_irq_info {
	enum nyx_irq_type type;		/* that binding would use */
	u32 nr_vectors;			/* that the device has; 0 also where it does not answer */
	u32 nr_bound;
	const char *why;		/* binding is refused: why; or NULL */
};

/* One bound vector. */
struct nyx_irq_view {
	u32 index;
	u32 irq;			/* Linux interrupt number */
	u64 count;			/* since it was bound */
	bool masked;
	u32 owner;			/* portid, or 0 */
	const char *owner_comm;
	struct cpumask cpus;		/* where it goes now */
	u32 entry_index;
	struct nyx_irte_view entry;
};

/* Both hold nyx_registry_lock. */
void nyx_irq_info(struct nyx_device *device, struct nyx_irq_info *info);
/* The first bound vector from index first on. False: there is none. */
bool nyx_irq_view(struct nyx_device *device, u32 first, struct nyx_irq_view *view);

#endif
