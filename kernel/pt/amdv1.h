/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AMD I/O page tables for host translations (AMD IOMMU spec 2.2.3), as the
 * walk wants them.
 *
 * A page directory entry (PDE) names the level of the table it points to; an
 * entry whose Next Level is 0 maps a page of the level's own size.
 */
#ifndef NYX_PT_AMDV1_H
#define NYX_PT_AMDV1_H

#include <linux/bitfield.h>
#include <linux/bits.h>

#include "pt.h"

/* PDE and PTE */
#define NYX_AMDV1_PR		BIT_ULL(0)		/* PR: present */
#define NYX_AMDV1_NEXT_LEVEL	GENMASK_ULL(11, 9)	/* Next Level */
#define NYX_AMDV1_NL_LEAF	0			/* a page of the level's size */
#define NYX_AMDV1_NL_SIZED	7			/* size in the address: not used */
#define NYX_AMDV1_ADDR		GENMASK_ULL(51, 12)	/* Page / Next Table Address */
#define NYX_AMDV1_IR		BIT_ULL(61)		/* IR: read permission */
#define NYX_AMDV1_IW		BIT_ULL(62)		/* IW: write permission */
/* PTE only; reserved in a PDE */
#define NYX_AMDV1_FC		BIT_ULL(60)		/* FC: force coherent */
/* Among the bits that hardware ignores (4:1): see nyx_amdv1_sync() in walk_map.h */
#define NYX_AMDV1_SYNCED	BIT_ULL(1)

static inline bool nyx_amdv1_present(u64 entry)
{
	return entry & NYX_AMDV1_PR;
}

/* Of a present entry in a table of this level. */
static inline bool nyx_amdv1_is_leaf(u64 entry, unsigned int level)
{
	return level == 1 || FIELD_GET(NYX_AMDV1_NEXT_LEVEL, entry) == NYX_AMDV1_NL_LEAF;
}

/* Address of the page or of the next table. */
static inline u64 nyx_amdv1_addr(u64 entry)
{
	return entry & NYX_AMDV1_ADDR;
}

/* What this entry grants; hardware takes the AND over the levels. */
static inline u32 nyx_amdv1_prot(u64 entry)
{
	return (entry & NYX_AMDV1_IR ? NYX_PROT_READ : 0) |
	       (entry & NYX_AMDV1_IW ? NYX_PROT_WRITE : 0);
}

/* The bits of a leaf that depend on neither address nor level. */
static inline u64 nyx_amdv1_attrs(u32 prot, bool force_snoop)
{
	return NYX_AMDV1_PR | FIELD_PREP(NYX_AMDV1_NEXT_LEVEL, NYX_AMDV1_NL_LEAF) |
	       FIELD_PREP(NYX_AMDV1_IR, !!(prot & NYX_PROT_READ)) |
	       FIELD_PREP(NYX_AMDV1_IW, !!(prot & NYX_PROT_WRITE)) |
	       FIELD_PREP(NYX_AMDV1_FC, force_snoop);
}

/* The same bits of a leaf that is there. */
static inline u64 nyx_amdv1_leaf_attrs(u64 entry)
{
	return entry & (NYX_AMDV1_PR | NYX_AMDV1_NEXT_LEVEL | NYX_AMDV1_IR | NYX_AMDV1_IW |
			NYX_AMDV1_FC);
}

static inline u64 nyx_amdv1_leaf(u64 paddr, u64 attrs, unsigned int level)
{
	return paddr | attrs;
}

/* The entry, in a table of this level, that points to a table. Leaves decide the rights. */
static inline u64 nyx_amdv1_table(u64 paddr, unsigned int level)
{
	return paddr | NYX_AMDV1_PR | FIELD_PREP(NYX_AMDV1_NEXT_LEVEL, level - 1) |
	       NYX_AMDV1_IR | NYX_AMDV1_IW;
}

#endif
