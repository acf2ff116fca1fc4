/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a fault happened, as far as that can be told afterwards: from what the unit said,
 * from what was noted when the record was taken, and from the books and their history.
 *
 * All times are CLOCK_MONOTONIC, for they are compared: the wall clock may be set in
 * between. A record's time is when it was taken out of the unit, up to a tenth of a second
 * after the fault where the unit is polled.
 */
#ifndef NYX_CAUSE_H
#define NYX_CAUSE_H

#include <linux/types.h>

#include "unit.h"
#include "why.h"

struct nyx_device;
struct nyx_domain;
struct nyx_fault_record;

/* ---- history.c: what a domain has unmapped, the newest; pure, the caller serialises ---- */

#define NYX_HISTORY_MAX		64
/* Neighbours that are unmapped within this time become one entry. */
#define NYX_HISTORY_MERGE_NS	100000000ULL

struct nyx_history_entry {
	u64 first, last;	/* IOVA, inclusive */
	u64 made_ns;		/* mapped no later than this */
	u64 gone_ns;		/* the first of it was unmapped */
	u32 prot;
};

struct nyx_history {
	u64 since_ns;		/* what came before is another domain's */
	u64 nr;			/* entries ever made; the newest is at (nr - 1) % NYX_HISTORY_MAX */
	struct nyx_history_entry entries[NYX_HISTORY_MAX];
};

void nyx_history_init(struct nyx_history *history, u64 now_ns);
/* Unmapped from gone_ns on. One small write, however long the history is. */
void nyx_history_note(struct nyx_history *history, const struct nyx_history_entry *gone);
/* Some of it is forgotten. */
static inline bool nyx_history_full(const struct nyx_history *history)
{
	return history->nr > NYX_HISTORY_MAX;
}

/* ---- cause.c: pure ---- */

enum nyx_cause_kind {
	NYX_CAUSE_UNKNOWN,
	/* What was at the address when the fault was recorded. */
	NYX_CAUSE_NEVER_MAPPED,		/* nothing, ever, in that domain */
	NYX_CAUSE_NOT_MAPPED,		/* nothing; what was before is not known (any more) */
	NYX_CAUSE_UNMAPPED,		/* nothing any more; age: since when */
	NYX_CAUSE_MAPPED_LATER,		/* nothing yet; age: how much too early */
	NYX_CAUSE_READ_ONLY,		/* a mapping that the device may not write */
	NYX_CAUSE_WRITE_ONLY,		/* ... not read */
	NYX_CAUSE_MAPPED,		/* a mapping with the rights, since age: refused all the same */
	/* Addresses that no mapping can have. */
	NYX_CAUSE_BEYOND_WIDTH,
	NYX_CAUSE_INTERRUPT_RANGE,	/* DMA there is an interrupt, or nothing */
	NYX_CAUSE_UNTRANSLATED,		/* some other range that the unit does not translate */
	NYX_CAUSE_RESERVED_MEMORY,	/* firmware's, of this device, which may not reach it now */
	/* The device reached nothing at all. */
	NYX_CAUSE_FENCED,
	NYX_CAUSE_BLOCKED,		/* in no domain */
	NYX_CAUSE_RESETTING,
	NYX_CAUSE_DOMAIN_DISABLED,
	NYX_CAUSE_DOMAIN_GONE,		/* what it mapped is not known any more */
	NYX_CAUSE_PASS_THROUGH,		/* its addresses are memory's own: no memory is there */
	/* The unit says it all. */
	NYX_CAUSE_INTERRUPT,
	NYX_CAUSE_TRANSLATION_REQUEST,	/* ATS that it was not given */
	NYX_CAUSE_BAD_ENTRY,		/* reserved bit or bad value in a table: ours, so a bug */
	NYX_CAUSE_TABLE_ACCESS,		/* a table could not be read */
	NYX_CAUSE_DEVICE_TLB,		/* did not answer an invalidation */
	NYX_CAUSE_NO_ADDRESS,		/* the unit did not tell where */
	NYX_CAUSE_REPORTED,		/* software says so, and no unit would have stopped it */
};

struct nyx_cause {
	enum nyx_cause_kind kind;
	bool has_range;		/* the mapping or range that the kind is about */
	u64 first, last;
	u32 prot;		/* of that mapping */
	bool has_age;
	u64 age_ns;		/* see the kind */
	bool now_mapped;	/* something is there by now */
};

/* What the books say of the address now. */
struct nyx_cause_mapping {
	bool found;
	bool live;		/* not being made or unmapped right now */
	bool dated;		/* made_ns is known */
	u64 first, last, made_ns;
	u32 prot;
};

struct nyx_cause_facts {
	const struct nyx_fault_record *fault;
	/* NULL: the domain is gone, or it has none. Not started after the fault. */
	const struct nyx_history *history;
	bool remembers;		/* history is kept: not of domains that others map into */
	bool unmanaged;
	u64 last_iova;		/* that the domain translates */
	const struct nyx_iova_hole *holes;
	u32 nr_holes;
	struct nyx_cause_mapping mapping;
	bool in_reserved;	/* the address is firmware's, of this device */
	u64 reserved_first, reserved_last;
};

/* Any context; changes nothing but *cause. */
void nyx_cause_find(const struct nyx_cause_facts *facts, struct nyx_cause *cause);

/* ---- explain.c ---- */

/* Gather the facts and find the cause. Holds nyx_registry_lock; takes domain->lock. */
void nyx_cause_explain(struct nyx_device *device, const struct nyx_fault_record *record,
		       struct nyx_cause *cause);

/* Memory that firmware ties to a device, and what it may do there. */
struct nyx_region {
	u64 first, last;
	u32 prot;		/* NYX_PROT_*, perhaps nothing */
};

#define NYX_REGIONS_MAX	16

/* How many, at most NYX_REGIONS_MAX. Holds nyx_registry_lock. */
u32 nyx_device_regions(struct nyx_device *device, struct nyx_region regions[NYX_REGIONS_MAX]);
/* First and last mapped address of the domain. -ENOENT: there is none; -EOPNOTSUPP: it has no books. */
int nyx_domain_extent(struct nyx_domain *domain, u64 *lowest, u64 *highest);

/* ---- admit.c ---- */

enum nyx_obstacle_kind {
	NYX_OBSTACLE_FUNCTION,		/* the function itself, for ever */
	NYX_OBSTACLE_RESERVED,		/* see NYX_ASSIGN_ALLOW_RESERVED */
	NYX_OBSTACLE_HELD,		/* not by the stub, or in the middle of something */
	NYX_OBSTACLE_GROUP,		/* a member is in somebody else's hands */
};

#define NYX_OBSTACLES_MAX	4

struct nyx_obstacle {
	enum nyx_obstacle_kind kind;
	int err;
	char text[NYX_WHY_MAX];
};

/*
 * Why nyx_device_assign() to a new STRICT domain would be refused now, by the same rules;
 * changes nothing. How many; none for a device that is in a domain. Holds nyx_registry_lock.
 */
u32 nyx_admit_obstacles(struct nyx_device *device,
			struct nyx_obstacle obstacles[NYX_OBSTACLES_MAX]);

#endif
