// SPDX-License-Identifier: GPL-2.0
/*
 * The device table of an AMD-Vi unit: what each requester id may do, and the
 * order of stores and invalidations that changes it.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/cacheflush.h>

#include "amdvi.h"

#define DEVTAB_ORDER	get_order(AMDVI_DEVTAB_ENTRIES * sizeof(struct amdvi_dte))

/*
 * What firmware wants kept for a RID, whatever its DMA may do (5.2.2.1): in
 * word 1 and word 2 of its entry.
 */
static u64 firmware_word1(const struct amdvi_unit *amdvi, u16 rid)
{
	return FIELD_PREP(AMDVI_DTE1_SYS_MGT,
			  FIELD_GET(NYX_IVHD_SYSMGT_MASK, amdvi->dte_flags[rid]));
}

static u64 firmware_word2(const struct amdvi_unit *amdvi, u16 rid)
{
	u8 flags = amdvi->dte_flags[rid];

	/* IV = 0: fixed and arbitrated interrupts pass unmapped, those of IO-APIC and HPET too. */
	return FIELD_PREP(AMDVI_DTE2_INIT_PASS, !!(flags & NYX_IVHD_INIT_PASS)) |
	       FIELD_PREP(AMDVI_DTE2_EINT_PASS, !!(flags & NYX_IVHD_EINT_PASS)) |
	       FIELD_PREP(AMDVI_DTE2_NMI_PASS, !!(flags & NYX_IVHD_NMI_PASS)) |
	       FIELD_PREP(AMDVI_DTE2_LINT0_PASS, !!(flags & NYX_IVHD_LINT0_PASS)) |
	       FIELD_PREP(AMDVI_DTE2_LINT1_PASS, !!(flags & NYX_IVHD_LINT1_PASS));
}

/*
 * Word 0 that grants nothing whatever the other three words say. Mode 0 with
 * IR = IW = 0 would do on hardware, but QEMU takes any mode 0 for pass-through,
 * so it is a walk of a table without entries, and no permission to walk it.
 */
static u64 blocked_word0(const struct amdvi_unit *amdvi, u16 rid)
{
	u64 word = AMDVI_DTE0_V | AMDVI_DTE0_TV |
		   FIELD_PREP(AMDVI_DTE0_MODE, amdvi->unit.caps.levels) |
		   virt_to_phys(amdvi->empty_root);

	/*
	 * Erratum 63: system management messages under SysMgt 01b need IW. The
	 * empty table still refuses every write to memory.
	 */
	if (FIELD_GET(NYX_IVHD_SYSMGT_MASK, amdvi->dte_flags[rid]) == AMDVI_SYS_MGT_FORWARD)
		word |= AMDVI_DTE0_IW;
	return word;
}

void amdvi_encode_entry(struct amdvi_unit *amdvi, u16 rid, const struct nyx_entry *entry,
			struct amdvi_dte *out)
{
	u16 domain = NYX_HWDID_RESERVED;

	switch (entry->kind) {
	case NYX_ENTRY_BLOCKED:
		out->word[0] = blocked_word0(amdvi, rid);
		break;
	case NYX_ENTRY_PASS:
		out->word[0] = AMDVI_DTE0_V | AMDVI_DTE0_TV | AMDVI_DTE0_IR | AMDVI_DTE0_IW;
		domain = NYX_HWDID_PASS;
		break;
	case NYX_ENTRY_PAGING:
		out->word[0] = AMDVI_DTE0_V | AMDVI_DTE0_TV |
			       FIELD_PREP(AMDVI_DTE0_MODE, entry->pt->config.levels) |
			       virt_to_phys(entry->pt->root) |
			       AMDVI_DTE0_IR | AMDVI_DTE0_IW;
		domain = entry->hwdid;
		break;
	}
	/*
	 * I = 0: both kinds of ATS requests are refused; with I = 1 both are taken.
	 * SD = 0: table walks snoop. EX = 0: no exclusion range.
	 */
	out->word[1] = FIELD_PREP(AMDVI_DTE1_DOMAIN_ID, domain) |
		       FIELD_PREP(AMDVI_DTE1_I, entry->kind == NYX_ENTRY_PAGING && entry->ats) |
		       FIELD_PREP(AMDVI_DTE1_SA, entry->suppress_faults) |
		       firmware_word1(amdvi, rid);
	if (entry->block_interrupts)
		out->word[2] = amdvi_irq_none_word2(amdvi, entry->suppress_faults);
	else if (entry->remap_interrupts)
		out->word[2] = amdvi_irq_word2(amdvi, rid, entry->suppress_faults);
	else
		out->word[2] = firmware_word2(amdvi, rid);
	out->word[3] = 0;
}

static void store(struct amdvi_unit *amdvi, u16 rid, unsigned int word, u64 value)
{
	WRITE_ONCE(amdvi->devtab[rid].word[word], value);
	/* Words before this one are visible to the unit before the next. */
	wmb();
#ifdef NYX_KUNIT
	if (amdvi->store_hook)
		amdvi->store_hook(amdvi, rid);
#endif
}

static void write_back(struct amdvi_unit *amdvi, u16 rid)
{
	if (amdvi->write_back)
		clflush_cache_range(&amdvi->devtab[rid], sizeof(struct amdvi_dte));
}

static bool grants(const struct amdvi_dte *dte)
{
	return dte->word[0] & (AMDVI_DTE0_IR | AMDVI_DTE0_IW);
}

/* True where the unit looks into a table for this entry's interrupts, whatever V says. */
static bool remaps(const struct amdvi_dte *dte)
{
	return dte->word[2] & AMDVI_DTE2_IV &&
	       FIELD_GET(AMDVI_DTE2_INT_CTL, dte->word[2]) == AMDVI_INT_CTL_REMAP;
}

/*
 * Make the unit forget the entry, then what it read of memory by way of it. In this order:
 * commands may run out of order between two COMPLETION_WAITs (2.4.9), and a request through
 * the stale entry would fill the other caches again: under a domain id that is about to be
 * reused, or from an interrupt table that is about to be freed.
 */
static int forget(struct amdvi_unit *amdvi, u16 rid, const struct amdvi_dte *old, bool dma,
		  bool interrupts)
{
	int err;

	write_back(amdvi, rid);
	err = amdvi_invalidate_entry(amdvi, rid);
	if (!err && dma && grants(old))
		err = amdvi_invalidate_domain(amdvi, FIELD_GET(AMDVI_DTE1_DOMAIN_ID, old->word[1]));
	if (!err && interrupts && remaps(old))
		err = amdvi_invalidate_interrupts(amdvi, &rid, 1, false);
	return err;
}

/* The words that say nothing of DMA as long as word 0 grants none. */
static void store_upper(struct amdvi_unit *amdvi, u16 rid, const struct amdvi_dte *new)
{
	unsigned int i;

	for (i = 3; i; i--) {
		if (amdvi->devtab[rid].word[i] != new->word[i])
			store(amdvi, rid, i, new->word[i]);
	}
	write_back(amdvi, rid);
}

/*
 * The unit may read an entry at any time, and reads 256 bits with no promise
 * about stores in between (2.2.2.2). A change within one 64-bit word is one
 * store. Any larger one goes through the blocked word 0, under which no other
 * word grants any DMA, so that every mixture the unit can read refuses it.
 *
 * What word 2 says of interrupts holds under any word 0. It changes in one store, between
 * the old rights to memory and the new ones: after the unit has forgotten the old, so that
 * an entry which is given back raises nothing unchecked while it still reaches its domain;
 * and forgotten itself before the new, so that one which is given away does not either.
 */
static int replace_live(struct amdvi_unit *amdvi, u16 rid, const struct amdvi_dte *old,
			const struct amdvi_dte *new)
{
	u64 blocked = blocked_word0(amdvi, rid);
	bool interrupts = old->word[2] != new->word[2];
	unsigned int i, differ = 0, last = 0;
	int err;

	for (i = 0; i < 4; i++) {
		if (old->word[i] != new->word[i]) {
			differ++;
			last = i;
		}
	}
	if (differ == 1) {
		store(amdvi, rid, last, new->word[last]);
		return forget(amdvi, rid, old, !interrupts, interrupts);
	}

	if (old->word[0] != blocked) {
		store(amdvi, rid, 0, blocked);
		/* On error it stays blocked: the safest thing a dead unit may hold. */
		err = forget(amdvi, rid, old, true, false);
		if (err)
			return err;
	}
	store_upper(amdvi, rid, new);
	if (interrupts) {
		err = forget(amdvi, rid, old, false, true);
		if (err)
			return err;
	}
	if (new->word[0] != blocked)
		store(amdvi, rid, 0, new->word[0]);
	/* The blocked mixture may have been cached meanwhile. */
	write_back(amdvi, rid);
	return amdvi_invalidate_entry(amdvi, rid);
}

int amdvi_set_entry(struct nyx_unit *unit, u16 rid, const struct nyx_entry *entry)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	enum nyx_unit_state state = READ_ONCE(unit->state);
	struct amdvi_dte old = amdvi->devtab[rid], new;

	amdvi_encode_entry(amdvi, rid, entry, &new);
	if (state == NYX_UNIT_TRANSLATING) {
		if (!memcmp(&old, &new, sizeof(old)))
			return 0;
		return replace_live(amdvi, rid, &old, &new);
	}

	/* A dead unit may still be reading: the same order of stores. */
	if (old.word[0] != new.word[0])
		store(amdvi, rid, 0, blocked_word0(amdvi, rid));
	store_upper(amdvi, rid, &new);
	if (amdvi->devtab[rid].word[0] != new.word[0])
		store(amdvi, rid, 0, new.word[0]);
	write_back(amdvi, rid);
	return state == NYX_UNIT_DEAD ? -EIO : 0;
}

int amdvi_read_entry(struct nyx_unit *unit, u16 rid, u64 words[4])
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	unsigned int i;

	for (i = 0; i < 4; i++)
		words[i] = READ_ONCE(amdvi->devtab[rid].word[i]);
	return 4;
}

static void set_flags(struct amdvi_unit *amdvi, const struct nyx_acpi_scope *scope)
{
	u32 rid;

	for (rid = scope->rid_first; rid <= scope->rid_last; rid++)
		amdvi->dte_flags[rid] = scope->dte_flags;
	if (scope->has_alias)
		amdvi->dte_flags[scope->alias_rid] = scope->dte_flags;
}

/* "All" first: any entry that names a RID overrides it, wherever it stands. */
static void collect_flags(struct amdvi_unit *amdvi, const struct nyx_acpi_desc *desc,
			  const struct nyx_acpi_unit *firmware)
{
	const struct nyx_acpi_scope *scopes = desc->scopes + firmware->scopes.first;
	u32 i;

	for (i = 0; i < firmware->scopes.count; i++) {
		if (scopes[i].kind == NYX_SCOPE_ALL)
			memset(amdvi->dte_flags, scopes[i].dte_flags, AMDVI_DEVTAB_ENTRIES);
	}
	for (i = 0; i < firmware->scopes.count; i++) {
		if (scopes[i].kind != NYX_SCOPE_ALL)
			set_flags(amdvi, &scopes[i]);
	}
}

int amdvi_devtab_init(struct amdvi_unit *amdvi, const struct nyx_acpi_desc *desc,
		      const struct nyx_acpi_unit *firmware)
{
	static const struct nyx_entry blocked = { .kind = NYX_ENTRY_BLOCKED };
	int node = amdvi->unit.node_id;
	struct page *page;
	u32 rid;

	amdvi->dte_flags = kvzalloc(AMDVI_DEVTAB_ENTRIES, GFP_KERNEL);
	if (!amdvi->dte_flags)
		return -ENOMEM;
	collect_flags(amdvi, desc, firmware);

	page = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, 0);
	if (!page)
		return -ENOMEM;
	amdvi->empty_root = page_address(page);

	/* 2 MiB in one piece (2.2.2); segments would need EFR.DevTblSegSup. */
	page = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN,
				DEVTAB_ORDER);
	if (!page)
		return -ENOMEM;
	amdvi->devtab = page_address(page);
	for (rid = 0; rid < AMDVI_DEVTAB_ENTRIES; rid++)
		amdvi_encode_entry(amdvi, rid, &blocked, &amdvi->devtab[rid]);
	if (amdvi->write_back)
		clflush_cache_range(amdvi->devtab, AMDVI_DEVTAB_ENTRIES * sizeof(struct amdvi_dte));
	return 0;
}

/* Also after a failed init. */
void amdvi_devtab_free(struct amdvi_unit *amdvi)
{
	free_pages((unsigned long)amdvi->devtab, DEVTAB_ORDER);
	free_page((unsigned long)amdvi->empty_root);
	kvfree(amdvi->dte_flags);
	amdvi->devtab = NULL;
	amdvi->empty_root = NULL;
	amdvi->dte_flags = NULL;
}
