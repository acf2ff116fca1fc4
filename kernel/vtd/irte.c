// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt remapping table: one for all devices of the unit, whose entries each name
 * the requester ids that they serve. Who has which, what they say, the messages that
 * raise them.
 *
 * An entry is 128 bits. Its high half, the source, is written while the entry is reserved
 * and not present, and stays until it is released; all that changes while it is live, from
 * P on, is in the low half and comes with a single store. So there is never a mixture to be
 * read, however the unit reads.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "vtd.h"

static size_t irt_bytes(const struct vtd_unit *v)
{
	return v->unit.remapping.entries * sizeof(struct vtd_irte);
}

int vtd_irt_init(struct vtd_unit *v, struct nyx_why *why)
{
	struct nyx_remapping *remapping = &v->unit.remapping;
	u32 nr = nyx_interrupt_entries;
	struct page *table;

	if (!is_power_of_2(nr) || nr < NYX_INTERRUPT_ENTRIES_MIN || nr > NYX_INTERRUPT_ENTRIES_MAX)
		return nyx_refuse(why, -EINVAL, NYX_ARG_NONE,
				  "interrupt_entries=%u: it takes a power of two from %u to %u", nr,
				  NYX_INTERRUPT_ENTRIES_MIN, NYX_INTERRUPT_ENTRIES_MAX);
	spin_lock_init(&v->irt_lock);
	remapping->state = NYX_REMAPPING_NONE;
	if (!vtd_ecap(v, VTD_ECAP_IR))
		return 0;

	remapping->state = NYX_REMAPPING_OFF;
	remapping->entries = nr;
	strscpy(remapping->why, "the unit is off", sizeof(remapping->why));
	v->irt_used = bitmap_zalloc(nr, GFP_KERNEL);
	if (!v->irt_used)
		return -ENOMEM;
	/* Aligned to its size, as 10.4.29 wants it. */
	table = alloc_pages_node(v->unit.node_id, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
				 get_order(irt_bytes(v)));
	if (!table) {
		bitmap_free(v->irt_used);
		v->irt_used = NULL;
		return nyx_refuse(why, -ENOMEM, NYX_ARG_NONE,
				  "no %zu KiB of memory in a row for the interrupt remapping table: load with a smaller interrupt_entries (now %u), or sooner after boot",
				  irt_bytes(v) / SZ_1K, nr);
	}
	v->irt = page_address(table);
	vtd_write_back(v, v->irt, irt_bytes(v));
	return 0;
}

void vtd_irt_free(struct vtd_unit *v)
{
	if (v->irt)
		free_pages((unsigned long)v->irt, get_order(irt_bytes(v)));
	bitmap_free(v->irt_used);
	v->irt = NULL;
	v->irt_used = NULL;
}

int vtd_encode_irte(const struct nyx_irte *irte, bool extended, u64 *low)
{
	u64 destination;

	*low = FIELD_PREP(VTD_IRTE_FPD, !irte->present && irte->suppress_faults);
	if (!irte->present)
		return 0;
	if (extended)
		destination = FIELD_PREP(VTD_IRTE_DST_X2APIC, irte->destination);
	else if (irte->destination <= U8_MAX)
		destination = FIELD_PREP(VTD_IRTE_DST_XAPIC, irte->destination);
	else
		return -ERANGE;
	*low = VTD_IRTE_P | destination |
	       FIELD_PREP(VTD_IRTE_DM, irte->logical) |
	       FIELD_PREP(VTD_IRTE_RH, irte->redirect) |
	       FIELD_PREP(VTD_IRTE_TM, irte->level) |
	       FIELD_PREP(VTD_IRTE_DLM, irte->delivery) |
	       FIELD_PREP(VTD_IRTE_V, irte->vector);
	return 0;
}

/* What of the function number must not count for ids that differ in these bits of it. */
static u32 qualifier(u16 differ)
{
	if (!differ)
		return VTD_SQ_ALL;
	if (!(differ & ~BIT(2)))
		return VTD_SQ_BUT_2;
	return differ & BIT(0) ? VTD_SQ_SLOT : VTD_SQ_BUT_2_1;
}

/*
 * Never "anybody": an entry that does not ask who is there serves any device that has
 * guessed its index. Of ids that have no slot in common only the buses can be told: behind
 * a PCIe-to-PCI bridge requests bear ids of either side of it.
 */
u64 vtd_encode_source(const struct nyx_irq_source *source)
{
	u16 first = source->rids[0], differ = 0;
	u8 low = first >> 8, high = first >> 8, i;

	for (i = 1; i < source->nr_rids; i++) {
		differ |= first ^ source->rids[i];
		low = min_t(u8, low, source->rids[i] >> 8);
		high = max_t(u8, high, source->rids[i] >> 8);
	}
	if (PCI_SLOT(differ) || low != high)
		return FIELD_PREP(VTD_IRTE_SVT, VTD_SVT_BUSES) |
		       FIELD_PREP(VTD_SID_BUS_FIRST, low) | FIELD_PREP(VTD_SID_BUS_LAST, high);
	return FIELD_PREP(VTD_IRTE_SVT, VTD_SVT_SID) | FIELD_PREP(VTD_IRTE_SQ, qualifier(differ)) |
	       FIELD_PREP(VTD_IRTE_SID, first);
}

/* The table is the unit's: nothing to be made for a device, or to be given back. */
int vtd_irq_open(struct nyx_unit *unit, struct nyx_irq_source *source)
{
	return 0;
}

void vtd_irq_close(struct nyx_unit *unit, struct nyx_irq_source *source)
{
}

int vtd_irq_reserve(struct nyx_unit *unit, struct nyx_irq_source *source, u32 nr, u32 *index)
{
	struct vtd_unit *v = to_vtd(unit);
	u64 high = vtd_encode_source(source);
	u32 i, entries = unit->remapping.entries;
	unsigned long at;

	if (!nr || nr > entries)
		return -ENOSPC;
	spin_lock(&v->irt_lock);
	at = bitmap_find_next_zero_area(v->irt_used, entries, 0, nr, roundup_pow_of_two(nr) - 1);
	/* Only those: they may be released one by one. */
	if (at < entries)
		bitmap_set(v->irt_used, at, nr);
	spin_unlock(&v->irt_lock);
	if (at >= entries)
		return -ENOSPC;
	for (i = 0; i < nr; i++)
		vtd_store(v, &v->irt[at + i].high, high);
	vtd_write_back(v, &v->irt[at], nr * sizeof(*v->irt));
	*index = at;
	return 0;
}

int vtd_irq_release(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index, u32 nr)
{
	struct vtd_unit *v = to_vtd(unit);
	/* The smallest block that an index mask can name around them (6.5.2.7). */
	u32 order = fls(index ^ (index + nr - 1)), i;
	int err = 0;

	for (i = 0; i < nr; i++)
		vtd_store(v, &v->irt[index + i].low, 0);
	vtd_write_back(v, &v->irt[index], nr * sizeof(*v->irt));
	/* A unit that is off goes by none of them, and invalidates all when it comes on. */
	if (READ_ONCE(unit->state) != NYX_UNIT_OFF)
		err = vtd_flush_write_buffers(v) ?: vtd_invalidate_interrupts(v, index, order);
	if (!err && nyx_unit_dead(unit))
		err = -EIO;
	/* What a dead unit remembers of them nobody knows: they are lost. */
	if (err)
		return err;
	/* Forgotten: what is nobody's is empty. */
	for (i = 0; i < nr; i++)
		vtd_store(v, &v->irt[index + i].high, 0);
	vtd_write_back(v, &v->irt[index], nr * sizeof(*v->irt));
	spin_lock(&v->irt_lock);
	bitmap_clear(v->irt_used, index, nr);
	spin_unlock(&v->irt_lock);
	return 0;
}

int vtd_irq_forget(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index)
{
	struct vtd_unit *v = to_vtd(unit);

	if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return 0;
	return vtd_flush_write_buffers(v) ?: vtd_invalidate_interrupts(v, index, 0);
}

int vtd_irq_write(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		  const struct nyx_irte *irte)
{
	struct vtd_unit *v = to_vtd(unit);
	struct vtd_irte *at = &v->irt[index];
	u64 low, was = READ_ONCE(at->low);
	int err;

	err = vtd_encode_irte(irte, v->extended, &low);
	if (err)
		return err;
	if (low != was) {
		/* The source, written when the index was reserved, before P. */
		dma_wmb();
		vtd_store(v, &at->low, low);
		vtd_write_back(v, at, sizeof(*at));
	}
	if (low == was || READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return nyx_unit_dead(unit) ? -EIO : 0;
	err = vtd_flush_write_buffers(v);
	/* 6.1: in caching mode the unit may remember that there was nothing. */
	if (!err && (was & VTD_IRTE_P || vtd_cap(v, VTD_CAP_CM)))
		err = vtd_invalidate_interrupt_atomic(v, index);
	return err ?: nyx_unit_dead(unit) ? -EIO : 0;
}

/* Always with SHV: a device of several vectors puts which one it is into the data (5.1.5.2). */
void vtd_irq_compose(struct nyx_unit *unit, u32 index, u32 sub, struct msi_msg *msg)
{
	msg->address_hi = 0;
	msg->address_lo = VTD_MSI_BASE | VTD_MSI_FORMAT | VTD_MSI_SHV |
			  FIELD_PREP(VTD_MSI_HANDLE, index & GENMASK(14, 0)) |
			  FIELD_PREP(VTD_MSI_HANDLE_15, index >> 15);
	msg->data = FIELD_PREP(VTD_MSI_SUBHANDLE, sub);
}

static void tell_source(u64 high, char *text, size_t size)
{
	static const char *const functions[] = {
		[VTD_SQ_ALL] = "",
		[VTD_SQ_BUT_2] = " and the function that differs in bit 2",
		[VTD_SQ_BUT_2_1] = " and functions that differ in bits 2 and 1",
		[VTD_SQ_SLOT] = " and all functions of its slot",
	};
	u16 sid = FIELD_GET(VTD_IRTE_SID, high);

	switch (FIELD_GET(VTD_IRTE_SVT, high)) {
	case VTD_SVT_SID:
		snprintf(text, size, "%02x:%02x.%x%s", sid >> 8, PCI_SLOT(sid & 0xff),
			 PCI_FUNC(sid), functions[FIELD_GET(VTD_IRTE_SQ, high)]);
		break;
	case VTD_SVT_BUSES:
		snprintf(text, size, "everything on buses %02x to %02x",
			 sid >> 8, sid & 0xff);
		break;
	default:
		strscpy(text, "not verified", size);
	}
}

void vtd_irq_read(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		  struct nyx_irte_view *view)
{
	struct vtd_unit *v = to_vtd(unit);
	u64 low = READ_ONCE(v->irt[index].low), high = READ_ONCE(v->irt[index].high);

	*view = (struct nyx_irte_view) {
		.irte = {
			.present = low & VTD_IRTE_P,
			.suppress_faults = low & VTD_IRTE_FPD,
			.logical = low & VTD_IRTE_DM,
			.redirect = low & VTD_IRTE_RH,
			.level = low & VTD_IRTE_TM,
			.delivery = FIELD_GET(VTD_IRTE_DLM, low),
			.vector = FIELD_GET(VTD_IRTE_V, low),
			.destination = v->extended ? FIELD_GET(VTD_IRTE_DST_X2APIC, low) :
						     FIELD_GET(VTD_IRTE_DST_XAPIC, low),
		},
		.nr_words = 2,
		.words = { low, high },
	};
	tell_source(high, view->source, sizeof(view->source));
}
