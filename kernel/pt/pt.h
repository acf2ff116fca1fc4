/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IO page tables: one walk, two formats.
 *
 * A level holds 512 entries of 8 bytes. Level 1 entries map 4 KiB, level 2
 * 2 MiB, level 3 1 GiB, level 4 512 GiB (never a leaf here). Inside, ranges are
 * first and last byte, inclusive, so that the end of the address space needs no
 * 65th bit; the calls below take a start and a length, both in bytes.
 *
 * Locking: none of its own. Maps, unmaps and prunes of disjoint ranges may run
 * concurrently; the caller's books guarantee that ranges do not overlap. A table
 * is linked with cmpxchg, and detached only by an unmap, or by a prune or the
 * undoing of a failed map, whose range covers all that the table spans: so nobody
 * else is inside it.
 *
 * Lookup and walk take no lock and may run beside all of these. What they need is
 * that no table under them is freed: the caller makes sure that from before the
 * call until after it no nyx_pt_gather_free() frees what an unmap, prune or failed
 * map of a range with this IOVA detached, and no nyx_pt_destroy() runs. Holding the
 * lock of the books that an unmap's last step (invalidated, now free) takes is
 * enough; so is owning a mapping at the IOVA. Without the caller excluding the
 * change itself the answer is one of before or after it.
 */
#ifndef NYX_PT_H
#define NYX_PT_H

#include <linux/atomic.h>
#include <linux/io.h>
#include <linux/sizes.h>
#include <linux/types.h>

struct page;

enum nyx_pt_format {
	NYX_PT_VTDSS,		/* VT-d second-stage (VT-d spec 9.8) */
	NYX_PT_AMDV1,		/* AMD host page table (AMD IOMMU spec 2.2.3) */
};

#define NYX_PROT_READ	0x1
#define NYX_PROT_WRITE	0x2

#define NYX_PT_LEVELS_MIN	3
#define NYX_PT_LEVELS_MAX	4

struct nyx_pt_config {
	enum nyx_pt_format format;
	u8 levels;		/* 3 (39-bit IOVA) or 4 (48-bit) */
	u64 page_sizes;		/* bit mask: SZ_4K always, SZ_2M, SZ_1G */
	bool coherent;		/* the unit snoops table reads; else write back each store */
	bool force_snoop;	/* set SNP/FC in leaves, where the unit has it */
	int node;		/* NUMA node of the tables, or NUMA_NO_NODE */
	/*
	 * IOVA bits that every unit takes; 0: as many as the levels give. A unit may
	 * take fewer (VT-d CAP.MGAW). The tables do not look at it: who maps does.
	 */
	u8 width;
};

/* Treat as opaque outside kernel/pt/. */
struct nyx_pt {
	struct nyx_pt_config config;
	u64 *root;
	atomic_long_t nr_tables;	/* tables not yet freed: root, linked and gathered ones */
};

/*
 * Tables taken out, and the range to invalidate. The tables stay allocated until
 * the caller has invalidated; nyx_pt_gather_free() then frees them. One gather may
 * collect over several calls on one pt. It belongs to one thread at a time, holds
 * no pointer to itself and may be moved.
 */
struct nyx_pt_gather {
	struct nyx_pt *pt;
	u64 first, last;		/* range that needs invalidation; first > last: none */
	bool tables;			/* tables were detached: leaf-only invalidation won't do */
	struct page *free;		/* opaque */
};

struct nyx_pt_translation {
	u64 paddr;		/* host-physical address the IOVA translates to */
	u64 page_size;		/* bytes of the leaf */
	u8 level;		/* 1 to 3 */
	u8 prot;		/* NYX_PROT_*, the AND over the levels, as hardware takes it */
};

struct nyx_pt_step {
	u8 level;		/* of the table the entry is in: 4 or 3 at the top, then down */
	u16 index;
	bool present;
	bool leaf;
	u64 entry;		/* raw, with the bits that hardware ignores */
	u64 table;		/* host-physical address of the table this entry is in */
};

/* Last IOVA, in bytes, that a table of this shape can translate. Any context. */
static inline u64 nyx_pt_last_iova(const struct nyx_pt_config *config)
{
	return (1ULL << (12 + 9 * config->levels)) - 1;
}

/* Host-physical address of the root table, for a context or device table entry. Any context. */
static inline phys_addr_t nyx_pt_root(const struct nyx_pt *pt)
{
	return virt_to_phys(pt->root);
}

/*
 * Allocates the root. 0, -EINVAL (a configuration that is not as described above)
 * or -ENOMEM; on error there is nothing to destroy. Process context (may sleep).
 */
int nyx_pt_init(struct nyx_pt *pt, const struct nyx_pt_config *config);

/*
 * Frees every table still linked; leaves may still be present. The caller has made
 * sure that no unit can walk them, that gathers are freed or leaked, and that no
 * other call runs. Process context (may sleep).
 */
void nyx_pt_destroy(struct nyx_pt *pt);

/*
 * Map [iova, iova + len) to [paddr, paddr + len) with the largest pages that
 * alignment, config and the tables already linked allow (see nyx_pt_prune()).
 * iova, paddr, len: bytes, multiples of 4 KiB; prot: NYX_PROT_*, not 0.
 *
 * 0, -EINVAL (misaligned, len 0, prot), -ERANGE (iova beyond the width, paddr
 * beyond 52 bits, or wrap), -EEXIST (an entry in the range is present), -ENOMEM.
 * On error nothing of this call stays mapped, but a unit may have seen the entries
 * it had made: the gather then holds their range and what tables came free, to be
 * invalidated and freed like an unmap's. On success the gather is not touched.
 * Empty tables may be left behind by -ENOMEM.
 *
 * Process context (may sleep). Disjoint ranges may run concurrently.
 */
int nyx_pt_map(struct nyx_pt *pt, u64 iova, u64 paddr, u64 len, u32 prot,
	       struct nyx_pt_gather *gather);

/*
 * Detach the empty tables wholly inside [iova, iova + len), so that a following map
 * can place large leaves. The caller invalidates and frees the gather before that
 * map. Bytes, multiples of 4 KiB. 0, or -EINVAL, -ERANGE as nyx_pt_map(). Any
 * context, does not sleep. The range is the caller's alone, as for an unmap.
 */
int nyx_pt_prune(struct nyx_pt *pt, u64 iova, u64 len, struct nyx_pt_gather *gather);

/*
 * Make both ends of [iova, iova + len) boundaries between leaves: one that crosses an
 * end becomes a table of smaller ones, so that a following unmap can take the range out.
 * At no moment does a unit find anything but the same translation; it may go on using the
 * large page until the gather is invalidated, so that comes before the unmap (VT-d 6.2.4,
 * AMD 2.2.5: a cached large page answers for the smaller ones too). Bytes, multiples of
 * 4 KiB. 0, -EINVAL, -ERANGE as nyx_pt_map(), -ENOMEM: nothing translates differently, but
 * one end may be split already. Process context (may sleep). All that the leaves at the
 * ends map is the caller's alone.
 */
int nyx_pt_split(struct nyx_pt *pt, u64 iova, u64 len, struct nyx_pt_gather *gather);

/*
 * Clear every entry of [iova, iova + len); bytes, multiples of 4 KiB. Holes are
 * fine. Tables wholly inside are detached, empty ones too. The order of things is:
 * this, invalidate gather->first to gather->last, nyx_pt_gather_free(), unpin.
 *
 * 0, and in *unmapped the bytes that were mapped. `unmapped` may be NULL: whole
 * tables are then detached without a look at their leaves, which is much faster;
 * let the books know the sum. The gather's range grows to what was cleared, a
 * detached table counting with all it spans.
 * -EINVAL (misaligned, len 0, or a leaf crosses an end of the range: checked
 * first, nothing changes), -ERANGE (beyond the width, or wrap).
 *
 * Any context, does not sleep. Disjoint ranges may run concurrently.
 */
int nyx_pt_unmap(struct nyx_pt *pt, u64 iova, u64 len, struct nyx_pt_gather *gather,
		 u64 *unmapped);

/*
 * What the unit would translate iova (bytes, any alignment) to. 0, -ENOENT where
 * nothing is mapped, -ERANGE beyond the width. Any context, no lock; the caller
 * excludes frees as said at the top.
 */
int nyx_pt_lookup(const struct nyx_pt *pt, u64 iova, struct nyx_pt_translation *out);

/*
 * The entries a unit would read for iova, top down, stopping at the first that
 * is not present or is a leaf. Returns the number of steps, or -ERANGE. Any
 * context, no lock; the caller excludes frees as said at the top.
 */
int nyx_pt_walk(const struct nyx_pt *pt, u64 iova, struct nyx_pt_step steps[NYX_PT_LEVELS_MAX]);

/* An entry of a page table, as nyx_pt_scan() shows it. */
enum nyx_pt_view_kind {
	NYX_PT_VIEW_LEAF,
	NYX_PT_VIEW_TABLE,
	NYX_PT_VIEW_STRAY,	/* not present, and yet not 0 */
};

struct nyx_pt_view {
	enum nyx_pt_view_kind kind;
	u8 level;		/* of the table that the entry is in */
	u64 first, last;	/* the IOVAs it stands for, inclusive */
	u64 entry;		/* raw */
	u64 paddr;		/* host-physical address of the page or of the next table */
	u32 prot;		/* LEAF: NYX_PROT_*, what the entry itself grants */
	bool malformed;		/* bits are set, or missing, that are not so in entries made here */
	bool foreign;		/* TABLE: leads to no table of this page table; not followed */
};

/*
 * Show every entry from iova on that is not 0, tables before what they hold, in order
 * of address, until *budget entries were looked at. Returns the IOVA to go on from, or
 * one beyond the last when all was shown. When a scan goes on, the tables on the way to
 * iova are shown again, with their own first.
 *
 * Any context, does not sleep; the caller excludes frees as said at the top. What
 * somebody is changing meanwhile may be shown in any state.
 */
u64 nyx_pt_scan(const struct nyx_pt *pt, u64 iova, unsigned int *budget,
		void (*show)(const struct nyx_pt_view *view, void *arg), void *arg);

/* Make a gather empty. Any context. */
void nyx_pt_gather_init(struct nyx_pt_gather *gather, struct nyx_pt *pt);

/* Nothing to invalidate, nothing to free? */
static inline bool nyx_pt_gather_empty(const struct nyx_pt_gather *gather)
{
	return gather->first > gather->last && !gather->tables;
}

/*
 * Free the tables and make the gather empty. Only after the invalidation that
 * covers [first, last] has completed. Any context, does not sleep.
 */
void nyx_pt_gather_free(struct nyx_pt_gather *gather);

/*
 * The invalidation failed: keep the tables for ever and make the gather empty.
 * Their number moves from pt->nr_tables to *leaked. Any context, does not sleep.
 */
void nyx_pt_gather_leak(struct nyx_pt_gather *gather, atomic_long_t *leaked);

#ifdef NYX_KUNIT
/* What a unit test sees of the tables' memory, and where it makes an allocation fail. */
struct nyx_pt_test {
	bool (*fail)(struct nyx_pt_test *test);		/* this allocation? */
	void (*flushed)(struct nyx_pt_test *test, void *start, size_t bytes);
	void (*freed)(struct nyx_pt_test *test, u64 *table);
};

/* NULL: none. Changed only while no page table is in use. */
extern struct nyx_pt_test *nyx_pt_test;
#endif

#endif
