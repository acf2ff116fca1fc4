// SPDX-License-Identifier: GPL-2.0
/*
 * Root and context tables: what each requester id may do.
 *
 * There is one root table, and a context table for every bus that ever had
 * something to say. A bus without one is blocked, like an entry without P.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>

#include "vtd.h"

/* 9.3: 64-bit accesses are atomic to the unit. */
void vtd_store(struct vtd_unit *v, u64 *to, u64 value)
{
	WRITE_ONCE(*to, value);
#ifdef NYX_KUNIT
	if (v->test && v->test->stored)
		v->test->stored(v->test, to);
#endif
}

void vtd_write_back(struct vtd_unit *v, void *at, size_t bytes)
{
	if (vtd_ecap(v, VTD_ECAP_C))
		return;
	clflush_cache_range(at, bytes);
#ifdef NYX_KUNIT
	if (v->test && v->test->written_back)
		v->test->written_back(v->test, at, bytes);
#endif
}

static void *alloc_table(struct vtd_unit *v)
{
	struct page *page = alloc_pages_node(v->unit.node_id, GFP_KERNEL | __GFP_ZERO, 0);

	if (!page)
		return NULL;
	vtd_write_back(v, page_address(page), PAGE_SIZE);
	return page_address(page);
}

int vtd_tables_init(struct vtd_unit *v)
{
	BUILD_BUG_ON(VTD_TABLE_ENTRIES * sizeof(struct vtd_root_entry) != PAGE_SIZE);
	BUILD_BUG_ON(VTD_TABLE_ENTRIES * sizeof(struct vtd_context_entry) != PAGE_SIZE);

	mutex_init(&v->table_lock);
	v->root = alloc_table(v);
	return v->root ? 0 : -ENOMEM;
}

void vtd_tables_free(struct vtd_unit *v)
{
	u32 bus;

	for (bus = 0; bus < VTD_TABLE_ENTRIES; bus++)
		free_page((unsigned long)v->contexts[bus]);
	free_page((unsigned long)v->root);
}

static struct vtd_context_entry *find_entry(struct vtd_unit *v, u16 rid)
{
	/* Pairs with the release in make_entry(). */
	struct vtd_context_entry *table = smp_load_acquire(&v->contexts[rid >> 8]);

	return table ? &table[rid & 0xff] : NULL;
}

/* The entry of rid, its table allocated and linked when there is none. NULL: no memory. */
static struct vtd_context_entry *make_entry(struct vtd_unit *v, u16 rid)
{
	struct vtd_context_entry *table;
	u8 bus = rid >> 8;

	mutex_lock(&v->table_lock);
	table = v->contexts[bus];
	if (!table) {
		table = alloc_table(v);
		if (table) {
			/* The zeroes of the table before the pointer to it. */
			dma_wmb();
			vtd_store(v, &v->root[bus].low, virt_to_phys(table) | VTD_ROOT_P);
			vtd_write_back(v, &v->root[bus], sizeof(v->root[bus]));
			/* Pairs with the acquire in find_entry(): found means linked. */
			smp_store_release(&v->contexts[bus], table);
		}
	}
	mutex_unlock(&v->table_lock);
	return table ? &table[rid & 0xff] : NULL;
}

/*
 * AW of a pass-through entry: the largest that the unit supports (9.3), also
 * where that is more levels than we use.
 */
static u64 pass_width(const struct vtd_unit *v)
{
	return __fls(FIELD_GET(VTD_CAP_SAGAW, v->cap) & (VTD_SAGAW_39 | VTD_SAGAW_48 |
							 VTD_SAGAW_57));
}

/* 9.3: with TT = 00b both kinds of ATS requests are refused, with 01b both are taken. */
static u64 table_low(const struct nyx_pt *pt, bool ats)
{
	return VTD_CTX_P | FIELD_PREP(VTD_CTX_TT, ats ? VTD_TT_DEVICE_TLB : VTD_TT_PAGING) |
	       (nyx_pt_root(pt) & VTD_CTX_SLPTPTR);
}

static u64 table_high(const struct nyx_pt *pt, u16 hwdid)
{
	return FIELD_PREP(VTD_CTX_AW, pt->config.levels - 2) | FIELD_PREP(VTD_CTX_DID, hwdid);
}

struct vtd_context_entry vtd_encode_entry(const struct vtd_unit *v, const struct nyx_entry *entry)
{
	struct vtd_context_entry e = {
		.low = FIELD_PREP(VTD_CTX_FPD, entry->suppress_faults),
	};

	switch (entry->kind) {
	case NYX_ENTRY_BLOCKED:
		break;
	case NYX_ENTRY_PASS:
		/* 9.3: TT = 10b is reserved where ECAP.PT = 0. */
		if (!v->unit.caps.pass_through) {
			e.low |= table_low(v->unit.pass_table, false);
			e.high = table_high(v->unit.pass_table, NYX_HWDID_PASS);
			break;
		}
		e.low |= VTD_CTX_P | FIELD_PREP(VTD_CTX_TT, VTD_TT_PASS);
		e.high = FIELD_PREP(VTD_CTX_AW, pass_width(v)) |
			 FIELD_PREP(VTD_CTX_DID, NYX_HWDID_PASS);
		break;
	case NYX_ENTRY_PAGING:
		e.low |= table_low(entry->pt, entry->ats);
		e.high = table_high(entry->pt, entry->hwdid);
		break;
	}
	return e;
}

/*
 * From any complete entry to any other. P = 0 makes the rest of an entry
 * meaningless, so the two halves are only changed while P is clear and no
 * cache holds what it said before (6.5, 6.6).
 */
static int replace(struct vtd_unit *v, u16 rid, struct vtd_context_entry *at,
		   struct vtd_context_entry to)
{
	u16 old_hwdid = FIELD_GET(VTD_CTX_DID, at->high);
	bool was_present = at->low & VTD_CTX_P;
	/* Off: the unit reads nothing; dead: it may read anything at any time. */
	bool live = READ_ONCE(v->unit.state) != NYX_UNIT_OFF;
	int err;

	if (was_present) {
		vtd_store(v, &at->low, to.low & VTD_CTX_FPD);
		vtd_write_back(v, at, sizeof(*at));
		if (live) {
			err = vtd_flush_write_buffers(v);
			if (!err)
				err = vtd_invalidate_entry(v, rid, old_hwdid, old_hwdid);
			/* Fail closed: the entry stays blocked. */
			if (err)
				return err;
		}
	}

	vtd_store(v, &at->high, to.high);
	/* A unit that sees P must see the half above. */
	dma_wmb();
	vtd_store(v, &at->low, to.low);
	vtd_write_back(v, at, sizeof(*at));
	if (!live)
		return 0;

	err = vtd_flush_write_buffers(v);
	/*
	 * 6.1: in caching mode the unit may remember that there was nothing,
	 * tagged with domain id 0, and so go on refusing.
	 */
	if (!err && vtd_cap(v, VTD_CAP_CM))
		err = vtd_invalidate_entry(v, rid, NYX_HWDID_RESERVED,
					   FIELD_GET(VTD_CTX_DID, to.high));
	/* Without an invalidation that fails, it is still unknown what a dead unit goes by. */
	return err ?: nyx_unit_dead(&v->unit) ? -EIO : 0;
}

int vtd_set_entry(struct nyx_unit *unit, u16 rid, const struct nyx_entry *entry)
{
	struct vtd_unit *v = to_vtd(unit);
	struct vtd_context_entry *at, to;

	if (WARN_ON_ONCE(entry->kind == NYX_ENTRY_PASS && !unit->caps.pass_through &&
			 !unit->pass_table))
		return -EINVAL;
	to = vtd_encode_entry(v, entry);
	at = find_entry(v, rid);
	if (!at) {
		/* No table blocks and records, as this entry would. */
		if (!to.low)
			return 0;
		at = make_entry(v, rid);
		if (!at)
			return -ENOMEM;
	}
	/* Touching a live entry for nothing would make its device fault meanwhile. */
	if (at->low == to.low && at->high == to.high)
		return nyx_unit_dead(unit) ? -EIO : 0;
	return replace(v, rid, at, to);
}

int vtd_read_entry(struct nyx_unit *unit, u16 rid, u64 words[4])
{
	struct vtd_context_entry *at = find_entry(to_vtd(unit), rid);

	words[0] = at ? READ_ONCE(at->low) : 0;
	words[1] = at ? READ_ONCE(at->high) : 0;
	return 2;
}
