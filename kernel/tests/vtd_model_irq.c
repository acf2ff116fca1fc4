// SPDX-License-Identifier: GPL-2.0
/*
 * The model of a VT-d unit, its interrupt remapping: the table in force, what it remembers
 * of it, how it answers requests. See vtd_model.h. Bits are the specification's numbers
 * (5.1.2, 9.10, 10.4.29), not the driver's words for them.
 */
#include <linux/io.h>
#include <linux/string.h>

#include "vtd_model.h"

static u32 nr_entries(const struct vtd_model *m)
{
	return 2U << (m->irt & 0xf);
}

static u64 table_of(const struct vtd_model *m)
{
	return m->irt & ~0xfffULL;
}

void vtd_model_set_irt(struct vtd_model *m)
{
	bool on = m->gsts & BIT(25);

	vtd_model_note(m, 'S');
	if (!(m->ecap & BIT(3)))
		vtd_model_violation(m, "SIRTP on a unit that cannot remap");
	if (on && !(m->gsts & BIT(26)))
		vtd_model_violation(m, "interrupt table changed with no way to invalidate");
	if (on && (m->irt ^ m->irta) & BIT(11))
		vtd_model_violation(m, "EIME changed while remapping");
	m->gsts &= ~BIT(24);
	if (m->sirtp_ignored) {
		m->sirtp_ignored--;
		return;
	}
	m->irt = m->irta;
	if (m->irt & 0x7f0 || table_of(m) & (nr_entries(m) * 16ULL - 1))
		vtd_model_violation(m, "interrupt table %llx is not aligned to its size", m->irt);
	m->irtes_stale = true;
	m->irtes_pending = false;
	m->gsts |= BIT(24) & ~m->gsts_stuck;
}

/* Those of the changes that happen. */
u32 vtd_model_change_remapping(struct vtd_model *m, u32 changes, u32 value)
{
	if (changes & BIT(23)) {
		vtd_model_note(m, value & BIT(23) ? 'F' : 'f');
		if (m->no_cfi)
			changes &= ~BIT(23);
	}
	if (changes & BIT(25)) {
		vtd_model_note(m, value & BIT(25) ? 'E' : 'e');
		if ((value & BIT(25)) && !(m->gsts & BIT(24)))
			vtd_model_violation(m, "remapping on without a table");
		if ((value & BIT(25)) && m->irtes_stale)
			vtd_model_violation(m, "remapping on with entries of another table cached");
	}
	return changes;
}

static bool compatibility_passes(const struct vtd_model *m)
{
	if (!(m->gsts & BIT(25)) || m->no_cfi)
		return true;
	return (m->gsts & BIT(23)) && !(m->irt & BIT(11));
}

/* All of the host's own interrupts have that format. */
void vtd_model_host_listens(struct vtd_model *m)
{
	if (!compatibility_passes(m))
		vtd_model_violation(m, "the host's interrupts are blocked: GSTS %x", m->gsts);
}

bool vtd_model_invalidate_interrupts(struct vtd_model *m, const struct vtd_descriptor *d)
{
	bool by_index = d->low & BIT(4);
	u32 mask = d->low >> 27 & 0x1f, first = d->low >> 32 & 0xffff, i;

	if (!(m->ecap & BIT(3)) || d->high || d->low & (GENMASK_ULL(26, 5) | GENMASK_ULL(63, 48)))
		return false;
	if (by_index && mask > (m->ecap >> 20 & 0xf))
		return false;
	vtd_model_note(m, by_index ? 'n' : 'N');
	m->last_interrupt = *d;
	if (!by_index)
		m->irtes_pending = true;
	else if (first & (BIT(mask) - 1))
		vtd_model_violation(m, "interrupt index %u not aligned to its mask", first);
	for (i = 0; i < VTD_MODEL_IRTES; i++)
		if (!by_index || m->irtes[i].index >> mask == first >> mask)
			m->irtes[i].valid = false;
	return true;
}

/* True: at pa is an interrupt entry. */
bool vtd_model_stored_irte(struct vtd_model *m, u64 pa)
{
	u32 index, i;
	u64 low;

	if (pa < table_of(m) || pa >= table_of(m) + nr_entries(m) * 16ULL || !m->irt)
		return false;
	if (!(m->gsts & BIT(25)) || !(pa & 8))
		return true;
	index = (pa - table_of(m)) / 16;
	low = READ_ONCE(*(u64 *)phys_to_virt(pa - 8));
	if (low & 1)
		vtd_model_violation(m, "source of entry %u changed while it is live", index);
	for (i = 0; i < VTD_MODEL_IRTES; i++)
		if (m->irtes[i].valid && m->irtes[i].index == index && m->irtes[i].entry.low & 1)
			vtd_model_violation(m, "entry %u reused while it is cached", index);
	return true;
}

static struct vtd_irte find_irte(struct vtd_model *m, u32 index)
{
	u64 pa = table_of(m) + index * 16;
	struct vtd_irte e;
	u32 i;

	for (i = 0; i < VTD_MODEL_IRTES; i++)
		if (m->irtes[i].valid && m->irtes[i].index == index)
			return m->irtes[i].entry;
	e.low = vtd_model_read_table(m, pa);
	e.high = vtd_model_read_table(m, pa + 8);
	/* 6.1: what is not there is remembered in caching mode only. */
	if (!(e.low & 1) && !(m->cap & BIT(7)))
		return e;
	for (i = 0; i < VTD_MODEL_IRTES; i++) {
		if (!m->irtes[i].valid) {
			m->irtes[i] = (struct vtd_model_irte) { true, index, e };
			break;
		}
	}
	return e;
}

/* Whether the entry takes requests of rid. */
static bool takes(struct vtd_model *m, const struct vtd_irte *e, u16 rid)
{
	static const u16 compared[] = { 0xffff, 0xfffb, 0xfff9, 0xfff8 };
	u16 sid = e->high;

	switch (e->high >> 18 & 3) {
	case 0:
		vtd_model_violation(m, "an entry that anybody may use");
		return true;
	case 1:
		return !((sid ^ rid) & compared[e->high >> 16 & 3]);
	default:
		return rid >> 8 >= sid >> 8 && rid >> 8 <= (sid & 0xff);
	}
}

static u32 remap(struct vtd_model *m, u16 rid, u32 index, struct vtd_irte *e)
{
	bool extended = m->irt & BIT(11);

	if (index >= nr_entries(m))
		return 0x21;
	*e = find_irte(m, index);
	if (!(e->low & 1))
		return 0x22;
	if (e->low & (GENMASK_ULL(14, 12) | BIT_ULL(15) | GENMASK_ULL(31, 24)) ||
	    e->high >> 20 || (e->high >> 18 & 3) == 3 ||
	    (!extended && e->low & (GENMASK_ULL(39, 32) | GENMASK_ULL(63, 48))))
		return 0x24;
	return takes(m, e, rid) ? 0 : 0x26;
}

u32 vtd_model_interrupt(struct vtd_model *m, u16 rid, u32 address, u32 data,
			struct vtd_model_raised *raised)
{
	u32 index = (address >> 5 & 0x7fff) | (address & BIT(2)) << 13, reason;
	struct vtd_irte e = {};

	*raised = (struct vtd_model_raised) {};
	if (address >> 20 != 0xfee)
		vtd_model_violation(m, "%x is no interrupt's address", address);
	/* Off, a unit does not tell the formats apart. */
	if (!(m->gsts & BIT(25)) || !(address & BIT(4))) {
		raised->compatibility = true;
		if (compatibility_passes(m))
			return 0;
		vtd_model_fault(m, rid, 0, 0x25, true);
		return 0x25;
	}
	if (address & BIT(3))
		index += data & 0xffff;
	reason = data >> 16 ? 0x20 : remap(m, rid, index, &e);
	if (reason) {
		if (!(e.low & BIT(1)))
			vtd_model_fault(m, rid, (u64)index << 48, reason, true);
		return reason;
	}
	raised->logical = e.low & BIT(2);
	raised->redirect = e.low & BIT(3);
	raised->level = e.low & BIT(4);
	raised->delivery = e.low >> 5 & 7;
	raised->vector = e.low >> 16;
	raised->destination = m->irt & BIT(11) ? e.low >> 32 : e.low >> 40 & 0xff;
	return 0;
}
