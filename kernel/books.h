/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The books: which IOVA ranges of a domain are taken, by which mapping, and who
 * may touch it now. A mapping is reserved (MAKING), published (LIVE), taken for
 * undoing (UNDOING) and erased; whoever made it MAKING or UNDOING owns it and
 * works on it with no lock, everybody else sees that it is busy.
 *
 * Every function here is called with domain->lock held, in process context, and
 * does not sleep. Ranges are first and last byte, inclusive.
 */
#ifndef NYX_BOOKS_H
#define NYX_BOOKS_H

#include "nyx.h"

/* Empty books; the one call that is made before there is a lock. */
void nyx_books_init(struct nyx_domain *domain);

/* The lowest mapping, in any state, that has a byte in [first, last], or NULL. */
struct nyx_mapping *nyx_books_find(struct nyx_domain *domain, u64 first, u64 last);

/* The next one after mapping that has a byte in [first, last], or NULL. */
struct nyx_mapping *nyx_books_next(struct nyx_mapping *mapping, u64 first, u64 last);

/*
 * Enter mapping (node.start, node.last set by the caller) as MAKING. 0; -EEXIST: a
 * mapping is in the way, why names it; -EBUSY: one that is just being unmapped is;
 * -EDQUOT: a limit of the domain is reached.
 */
int nyx_books_reserve(struct nyx_domain *domain, struct nyx_mapping *mapping,
		      struct nyx_why *why);

/* MAKING to LIVE; from now on it is counted and anybody may take it. */
void nyx_books_publish(struct nyx_domain *domain, struct nyx_mapping *mapping);

/*
 * Make every mapping in [first, last] UNDOING and append it to taken (through
 * mapping->link, ascending). All or none: -ENOENT: there is none; -EINVAL: one lies
 * only partly in the range; -EBUSY: one is being made or undone by somebody.
 */
int nyx_books_take(struct nyx_domain *domain, u64 first, u64 last, struct list_head *taken,
		   struct nyx_why *why);

/* Take every LIVE mapping there is; those that somebody works on are passed over. */
void nyx_books_take_all(struct nyx_domain *domain, struct list_head *taken);

/* UNDOING back to LIVE: nothing was done to them after all. Empties the list. */
void nyx_books_put_back(struct nyx_domain *domain, struct list_head *taken);

/* In the domain's history: an UNDOING mapping has been unreachable since gone_ns. */
void nyx_books_remember(struct nyx_domain *domain, const struct nyx_mapping *mapping,
			u64 gone_ns);

/*
 * Forget a mapping that the caller owns (MAKING: never counted; UNDOING). Its range is
 * free for others at once, so its entries are cleared and invalidated by now. Does not
 * free it.
 */
void nyx_books_erase(struct nyx_domain *domain, struct nyx_mapping *mapping);

static inline u64 nyx_mapping_length(const struct nyx_mapping *mapping)
{
	return mapping->node.last - mapping->node.start + 1;
}

#endif
