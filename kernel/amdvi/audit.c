// SPDX-License-Identifier: GPL-2.0
/*
 * The registers, the device table and interrupt tables as the unit reads them, for the audit.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "amdvi.h"

static void tell_registers(struct amdvi_unit *amdvi, struct nyx_unit_audit *audit)
{
	const struct nyx_mmio *io = &amdvi->io;
	u64 on = AMDVI_CONTROL_IOMMU_EN | AMDVI_CONTROL_CMD_BUF_EN | AMDVI_CONTROL_EVENT_LOG_EN;
	u64 format = AMDVI_CONTROL_GA_EN | AMDVI_CONTROL_XT_EN;

	audit->word(audit, "control (IommuEn, CmdBufEn, EventLogEn, GAEn, XTEn)",
		    nyx_read64(io, AMDVI_CONTROL) & (on | format),
		    on | amdvi_irq_control(amdvi));
	audit->word(audit, "device table base", nyx_read64(io, AMDVI_DEVTAB_BASE),
		    amdvi_devtab_base(amdvi));
	audit->word(audit, "command buffer base", nyx_read64(io, AMDVI_CMD_BASE) & AMDVI_CMD_ADDR,
		    amdvi->queue.ring_pa);
	audit->word(audit, "event log base", nyx_read64(io, AMDVI_EVENT_BASE) & AMDVI_EVENT_ADDR,
		    virt_to_phys(amdvi->log));
	/* 3.4.5: that range would pass by all tables. */
	audit->word(audit, "exclusion range enable",
		    nyx_read64(io, AMDVI_EXCL_BASE) & (AMDVI_EXCL_EN | AMDVI_EXCL_ALLOW), 0);
}

static void tell_entry(struct amdvi_unit *amdvi, u16 rid, const struct amdvi_dte *at,
		       struct nyx_unit_audit *audit)
{
	struct nyx_entry_view view = { .rid = rid, .nr_words = 4 };
	struct amdvi_dte wanted;
	struct nyx_entry entry;
	unsigned int i;

	audit->wanted(audit, rid, &entry);
	amdvi_encode_entry(amdvi, rid, &entry, &wanted);
	for (i = 0; i < 4; i++) {
		view.wanted[i] = wanted.word[i];
		view.words[i] = READ_ONCE(at->word[i]);
	}

	view.suppress_faults = view.words[1] & AMDVI_DTE1_SA;
	view.hwdid = FIELD_GET(AMDVI_DTE1_DOMAIN_ID, view.words[1]);
	view.levels = FIELD_GET(AMDVI_DTE0_MODE, view.words[0]);
	view.root = view.words[0] & AMDVI_DTE0_ROOT;
	/* 2.2.2.1: V = 0 lets everything pass; V = 1 and TV = 0 nothing. */
	if (!(view.words[0] & AMDVI_DTE0_V))
		view.kind = NYX_ENTRY_PASS;
	else if (!(view.words[0] & AMDVI_DTE0_TV) ||
		 !(view.words[0] & (AMDVI_DTE0_IR | AMDVI_DTE0_IW)) ||
		 view.root == virt_to_phys(amdvi->empty_root))
		view.kind = NYX_ENTRY_BLOCKED;
	else
		view.kind = view.levels ? NYX_ENTRY_PAGING : NYX_ENTRY_PASS;
	audit->entry(audit, &view);
}

static void read_irte(const struct amdvi_unit *amdvi, const void *entries, u32 index,
		      u64 words[2])
{
	const u64 *entry = entries + index * amdvi_irte_bytes(amdvi);

	words[0] = amdvi->ga ? READ_ONCE(entry[0]) : READ_ONCE(*(const u32 *)entry);
	words[1] = amdvi->ga ? READ_ONCE(entry[1]) : 0;
}

void amdvi_irq_compare(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		       const struct nyx_irte *irte, u64 found[2], u64 wanted[2])
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	const struct amdvi_irq_table *table = source->table;

	read_irte(amdvi, table->entries, index, found);
	/* One that the format has no place for is not written. */
	amdvi_encode_irte(amdvi, irte, wanted);
}

/* All that a message can name. used: the entries that are reserved, or NULL. */
static void tell_strays(struct amdvi_unit *amdvi, int rid, const void *entries,
			const unsigned long *used, struct nyx_unit_audit *audit)
{
	u64 words[2];
	u32 i;

	for (i = 0; i < AMDVI_INT_TABLE_ENTRIES; i++) {
		if (used && i < AMDVI_IRQ_ENTRIES && test_bit(i, used))
			continue;
		read_irte(amdvi, entries, i, words);
		if (words[0] || words[1])
			audit->stray_irte(audit, rid, i, words);
	}
}

/* The first id that the table serves. */
static int first_id(const struct amdvi_irq_table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_ids; i++) {
		if (table->ids[i].users)
			return table->ids[i].rid;
	}
	return -1;
}

void amdvi_irq_audit(struct nyx_unit *unit, struct nyx_unit_audit *audit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct amdvi_irq_table *table;
	unsigned long rid, flags;

	/* The one of all ids that raise nothing. */
	tell_strays(amdvi, -1, amdvi->no_irtes, NULL, audit);
	mutex_lock(&amdvi->irq_mutex);
	xa_for_each(&amdvi->irq_tables, rid, table) {
		raw_spin_lock_irqsave(&table->lock, flags);
		if (first_id(table) == rid)
			tell_strays(amdvi, rid, table->entries, table->used, audit);
		raw_spin_unlock_irqrestore(&table->lock, flags);
		cond_resched();
	}
	mutex_unlock(&amdvi->irq_mutex);
}

void amdvi_audit(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	u64 base = nyx_read64(&amdvi->io, AMDVI_DEVTAB_BASE);
	const struct amdvi_dte *table;
	u32 devfn, rid;

	if (!bus)
		tell_registers(amdvi, audit);
	if (base != amdvi_devtab_base(amdvi))
		return;
	table = phys_to_virt(base & AMDVI_DEVTAB_ADDR);
	for (devfn = 0; devfn < 256; devfn++) {
		rid = bus << 8 | devfn;
		tell_entry(amdvi, rid, &table[rid], audit);
	}
}
