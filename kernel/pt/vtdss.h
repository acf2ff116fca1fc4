/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VT-d second-stage paging entries (VT-d spec 9.8), as the walk wants them.
 *
 * Levels as the spec names them: 4 SS-PML4E, 3 SS-PDPE, 2 SS-PDE, 1 SS-PTE.
 * There is no Present bit: an entry is present when it grants anything.
 */
#ifndef NYX_PT_VTDSS_H
#define NYX_PT_VTDSS_H

#include <linux/bitfield.h>
#include <linux/bits.h>

#include "pt.h"

/* Table entries and leaves */
#define NYX_VTDSS_R		BIT_ULL(0)		/* R: read */
#define NYX_VTDSS_W		BIT_ULL(1)		/* W: write */
#define NYX_VTDSS_ADDR		GENMASK_ULL(51, 12)	/* ADDR; the bits above HAW are 0 */
/* Leaves at levels 2 and 3; clear in table entries */
#define NYX_VTDSS_PS		BIT_ULL(7)		/* PS: page size */
/* Leaves only; reserved where ECAP.SC is 0 */
#define NYX_VTDSS_SNP		BIT_ULL(11)		/* SNP: snoop */
/* Among the bits that hardware ignores (62:52): see nyx_vtdss_sync() in walk_map.h */
#define NYX_VTDSS_SYNCED	BIT_ULL(52)

static inline bool nyx_vtdss_present(u64 entry)
{
	return entry & (NYX_VTDSS_R | NYX_VTDSS_W);
}

/* Of a present entry in a table of this level. */
static inline bool nyx_vtdss_is_leaf(u64 entry, unsigned int level)
{
	return level == 1 || (entry & NYX_VTDSS_PS);
}

/* Address of the page or of the next table. */
static inline u64 nyx_vtdss_addr(u64 entry)
{
	return entry & NYX_VTDSS_ADDR;
}

/* What this entry grants; hardware takes the AND over the levels (3.7.1). */
static inline u32 nyx_vtdss_prot(u64 entry)
{
	return (entry & NYX_VTDSS_R ? NYX_PROT_READ : 0) |
	       (entry & NYX_VTDSS_W ? NYX_PROT_WRITE : 0);
}

/* The bits of a leaf that depend on neither address nor level. */
static inline u64 nyx_vtdss_attrs(u32 prot, bool force_snoop)
{
	return FIELD_PREP(NYX_VTDSS_R, !!(prot & NYX_PROT_READ)) |
	       FIELD_PREP(NYX_VTDSS_W, !!(prot & NYX_PROT_WRITE)) |
	       FIELD_PREP(NYX_VTDSS_SNP, force_snoop);
}

/* The same bits of a leaf that is there. */
static inline u64 nyx_vtdss_leaf_attrs(u64 entry)
{
	return entry & (NYX_VTDSS_R | NYX_VTDSS_W | NYX_VTDSS_SNP);
}

static inline u64 nyx_vtdss_leaf(u64 paddr, u64 attrs, unsigned int level)
{
	return paddr | attrs | FIELD_PREP(NYX_VTDSS_PS, level > 1);
}

/* The entry, in a table of this level, that points to a table. Leaves decide the rights. */
static inline u64 nyx_vtdss_table(u64 paddr, unsigned int level)
{
	return paddr | NYX_VTDSS_R | NYX_VTDSS_W;
}

#endif
