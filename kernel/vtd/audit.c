// SPDX-License-Identifier: GPL-2.0
/*
 * The registers, root, context and interrupt tables as the unit reads them, for the audit.
 */
#include <linux/mm.h>

#include "vtd.h"

static void tell_registers(struct vtd_unit *v, struct nyx_unit_audit *audit)
{
	u32 on = VTD_GSTS_TES | VTD_GSTS_QIES | VTD_GSTS_RTPS;

	audit->word(audit, "global status (TES, QIES, RTPS)", nyx_read32(&v->io, VTD_GSTS) & on,
		    on);
	audit->word(audit, "root table address", nyx_read64(&v->io, VTD_RTADDR),
		    virt_to_phys(v->root));
	audit->word(audit, "invalidation queue address", nyx_read64(&v->io, VTD_IQA),
		    v->queue.ring_pa);
	if (v->unit.remapping.state == NYX_REMAPPING_ON) {
		audit->word(audit, "global status (IRES)",
			    nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_IRES, VTD_GSTS_IRES);
		audit->word(audit, "interrupt remapping table address",
			    nyx_read64(&v->io, VTD_IRTA), vtd_irta(v));
	}
	/* 10.4.16: the fences that firmware leaves would refuse what the tables allow. */
	if (v->cap & (VTD_CAP_PLMR | VTD_CAP_PHMR))
		audit->word(audit, "protected memory enable",
			    nyx_read32(&v->io, VTD_PMEN) & (VTD_PMEN_EPM | VTD_PMEN_PRS), 0);
}

static void tell_entry(const struct vtd_unit *v, u16 rid, const struct vtd_context_entry *at,
		       struct nyx_unit_audit *audit)
{
	struct nyx_entry_view view = { .rid = rid, .nr_words = 2 };
	struct vtd_context_entry wanted;
	struct nyx_entry entry;

	audit->wanted(audit, rid, &entry);
	wanted = vtd_encode_entry(v, &entry);
	view.wanted[0] = wanted.low;
	view.wanted[1] = wanted.high;
	view.words[0] = at ? READ_ONCE(at->low) : 0;
	view.words[1] = at ? READ_ONCE(at->high) : 0;

	view.suppress_faults = view.words[0] & VTD_CTX_FPD;
	view.hwdid = FIELD_GET(VTD_CTX_DID, view.words[1]);
	if (!(view.words[0] & VTD_CTX_P)) {
		view.kind = NYX_ENTRY_BLOCKED;
	} else if (FIELD_GET(VTD_CTX_TT, view.words[0]) == VTD_TT_PASS) {
		view.kind = NYX_ENTRY_PASS;
	} else {
		view.kind = NYX_ENTRY_PAGING;
		view.root = view.words[0] & VTD_CTX_SLPTPTR;
		view.levels = FIELD_GET(VTD_CTX_AW, view.words[1]) + 2;
	}
	audit->entry(audit, &view);
}

void vtd_irq_compare(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		     const struct nyx_irte *irte, u64 found[2], u64 wanted[2])
{
	struct vtd_unit *v = to_vtd(unit);

	found[0] = READ_ONCE(v->irt[index].low);
	found[1] = READ_ONCE(v->irt[index].high);
	/* One that has no place in it is not written. */
	vtd_encode_irte(irte, v->extended, &wanted[0]);
	wanted[1] = vtd_encode_source(source);
}

/* So many with the lock held: tens of microseconds. */
#define IRTES_AT_ONCE	1024

void vtd_irq_audit(struct nyx_unit *unit, struct nyx_unit_audit *audit)
{
	struct vtd_unit *v = to_vtd(unit);
	u32 first, i;

	for (first = 0; v->irt && first < unit->remapping.entries; first += IRTES_AT_ONCE) {
		spin_lock(&v->irt_lock);
		for (i = first; i < min(first + IRTES_AT_ONCE, unit->remapping.entries); i++) {
			u64 words[2] = { READ_ONCE(v->irt[i].low), READ_ONCE(v->irt[i].high) };

			if ((words[0] || words[1]) && !test_bit(i, v->irt_used))
				audit->stray_irte(audit, -1, i, words);
		}
		spin_unlock(&v->irt_lock);
		cond_resched();
	}
}

void vtd_audit(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit)
{
	struct vtd_unit *v = to_vtd(unit);
	struct vtd_context_entry *ours, *table = NULL;
	struct vtd_root_entry *root;
	u64 expected;
	u32 devfn;

	if (!bus)
		tell_registers(v, audit);
	if (nyx_read64(&v->io, VTD_RTADDR) != virt_to_phys(v->root))
		return;
	root = phys_to_virt(nyx_read64(&v->io, VTD_RTADDR) & VTD_RTADDR_RTA);
	ours = smp_load_acquire(&v->contexts[bus]);	/* pairs with make_entry() in entry.c */
	expected = ours ? virt_to_phys(ours) | VTD_ROOT_P : 0;
	audit->word(audit, "root entry, low", READ_ONCE(root[bus].low), expected);
	audit->word(audit, "root entry, high", READ_ONCE(root[bus].high), 0);
	if (READ_ONCE(root[bus].low) != expected)
		return;
	if (READ_ONCE(root[bus].low) & VTD_ROOT_P)
		table = phys_to_virt(READ_ONCE(root[bus].low) & VTD_ROOT_CTP);
	for (devfn = 0; devfn < VTD_TABLE_ENTRIES; devfn++)
		tell_entry(v, bus << 8 | devfn, table ? &table[devfn] : NULL, audit);
}
