/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the audit's files share: audit.c compares the units' registers and entries with the
 * devices' states, audit_irq.c interrupt entries with what was allocated, audit_memory.c the
 * page tables with the mappings.
 */
#ifndef NYX_AUDIT_H
#define NYX_AUDIT_H

#include "core.h"

/*
 * Count a difference and, while there is room, list it; what, found and expected are
 * filled in by the caller of the place it returns (never NULL: what is beyond the list
 * goes nowhere).
 */
struct nyx_audit_difference *nyx_audit_differs(struct nyx_audit *audit, const char *what);

__printf(2, 3) void nyx_audit_found(struct nyx_audit_difference *difference,
				    const char *fmt, ...);
__printf(2, 3) void nyx_audit_expected(struct nyx_audit_difference *difference,
				       const char *fmt, ...);

/* The unit's interrupt entries. */
void nyx_audit_irqs(struct nyx_unit *unit, struct nyx_audit *audit);
/* A piece of the domain's page table, from position on. True: that was the last. */
bool nyx_audit_table(struct nyx_domain *domain, struct nyx_audit_position *position,
		     struct nyx_audit *audit);

#endif
