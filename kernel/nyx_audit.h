/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of nyx.h about the audit: are the hardware's tables what the books say?
 * audit.c, audit_irq.c, audit_memory.c.
 */
#ifndef NYX_AUDIT_FRONT_H
#define NYX_AUDIT_FRONT_H

#include <linux/types.h>

#define NYX_AUDIT_LISTED	8	/* differences that one piece names; all are counted */

struct nyx_audit_difference {
	bool has_unit, has_rid, has_iova;
	u16 segment, rid;
	u32 unit_id;
	u32 domain_id;			/* 0: about none */
	u64 iova;
	char what[64];			/* what differs, in words */
	char found[96], expected[96];
};

struct nyx_audit_counts {
	u64 registers, entries;		/* compared: registers and table pointers; requester ids */
	u64 domains, tables, leaves, bytes;
	u64 passed_over;		/* leaves and tables that were just being changed */
	u64 differences;
	u64 irtes;			/* interrupt entries that somebody has */
};

/* What one piece of work has found. */
struct nyx_audit {
	struct nyx_audit_counts counts;
	u32 nr_listed;
	struct nyx_audit_difference listed[NYX_AUDIT_LISTED];
	struct nyx_audit_difference beyond;	/* takes what is not listed */
};

/* Where an audit stands; all 0 at its start. Small enough for a netlink dump to keep. */
struct nyx_audit_position {
	u8 stage;
	bool steady;			/* nobody was seen at this page table so far */
	u16 bus;
	u32 unit_id, domain_id;
	u64 iova;
	u64 changes;			/* nyx_domain.changes when its walk began */
	u64 tables;			/* of it, so far */
};

/*
 * Do the next piece of an audit, some milliseconds at most, and note in *audit what it has
 * found. 1: done; 0: there was nothing left to do; -ENOMEM. What is compared is held
 * still meanwhile: one bus of a unit under nyx_registry_lock, a bounded number of
 * page-table entries under domain->lock. Changes nothing. Process context.
 */
int nyx_audit_step(struct nyx_audit_position *position, struct nyx_audit *audit);

#endif
