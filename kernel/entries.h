/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page table of a domain, as the calls that map and unmap use it.
 */
#ifndef NYX_ENTRIES_H
#define NYX_ENTRIES_H

#include "books.h"

/*
 * A call is at the page table between these two; the last domain->lock section of the
 * call ends it. Both hold domain->lock.
 */
void nyx_entries_start(struct nyx_domain *domain);
void nyx_entries_end(struct nyx_domain *domain);

/*
 * A domain with mappings holds the module: without it nobody could undo them.
 * Holds domain->lock, after the books have changed.
 */
void nyx_entries_hold_module(struct nyx_domain *domain);

/*
 * Write the entries of every mapping of list and invalidate where a unit may remember
 * that nothing was there. On error some are written: withdraw them. No lock.
 */
int nyx_entries_write(struct nyx_domain *domain, struct list_head *list,
		      struct nyx_pt_gather *gather, struct nyx_why *why);

/*
 * From the table, from the units' caches, from the pins, from the books, in this
 * order; frees the mappings, ends the change. gather may hold ranges from before. No
 * lock. False: a unit did not confirm, so pages and tables are leaked.
 */
bool nyx_entries_withdraw(struct nyx_domain *domain, struct list_head *list,
			  struct nyx_pt_gather *gather);

/*
 * Invalidate what gather holds and wait. False: it failed, now or once before, and domain is
 * unproven: what it was for is leaked. No lock.
 */
bool nyx_entries_invalidate(struct nyx_domain *domain, const struct nyx_pt_gather *gather);
/* What came out of the table: freed, or leaked. Holds domain->lock, for the sake of walkers. */
void nyx_entries_release_tables(struct nyx_domain *domain, struct nyx_pt_gather *gather,
				bool proven);

/* nyx_domain_next_mapping() of an external domain, read from its page table. */
int nyx_entries_next(struct nyx_domain *domain, u64 iova, struct nyx_mapping_info *info);

void nyx_mappings_free(struct list_head *list);

#endif
