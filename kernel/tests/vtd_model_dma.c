// SPDX-License-Identifier: GPL-2.0
/*
 * The model of a VT-d unit, its view of memory: what it reads of the tables, what
 * it remembers of them, how it answers requests. See vtd_model.h.
 */
#include <linux/io.h>
#include <linux/string.h>

#include "vtd_model.h"

#define LINE	64

static struct vtd_model *seams_to_model(struct vtd_test *seams)
{
	return container_of(seams, struct vtd_model, seams);
}

static struct vtd_model_shadow *shadow_of(struct vtd_model *m, u64 page)
{
	u32 i;

	for (i = 0; i < VTD_MODEL_SHADOWS; i++) {
		if (!m->shadows[i].page)
			m->shadows[i].page = page;
		if (m->shadows[i].page == page)
			return &m->shadows[i];
	}
	vtd_model_violation(m, "too many tables");
	return &m->shadows[0];
}

void vtd_model_written_back(struct vtd_test *seams, const void *at, size_t bytes)
{
	struct vtd_model *m = seams_to_model(seams);
	u64 first = round_down((unsigned long)at, LINE);
	u64 line, end = (unsigned long)at + bytes;

	for (line = first; line < end; line += LINE) {
		u64 offset = line & ~PAGE_MASK;
		struct vtd_model_shadow *shadow =
			shadow_of(m, virt_to_phys((void *)(unsigned long)line) & PAGE_MASK);

		memcpy(shadow->data + offset, (void *)(unsigned long)line, LINE);
		shadow->lines |= BIT_ULL(offset / LINE);
	}
}

u64 vtd_model_read_table(struct vtd_model *m, u64 pa)
{
	struct vtd_model_shadow *shadow;

	if (m->ecap & VTD_ECAP_C)
		return READ_ONCE(*(u64 *)phys_to_virt(pa));
	shadow = shadow_of(m, pa & PAGE_MASK);
	if (!(shadow->lines & BIT_ULL((pa & ~PAGE_MASK) / LINE)))
		vtd_model_violation(m, "read of a table line that was never written back");
	return *(u64 *)(shadow->data + (pa & ~PAGE_MASK));
}

/* Which RID a context entry is for, or -1. */
static int rid_of(struct vtd_model *m, u64 entry_pa)
{
	u32 bus;

	for (bus = 0; m->root && bus < VTD_TABLE_ENTRIES; bus++) {
		u64 low = *(u64 *)phys_to_virt(m->root + bus * 16);

		if ((low & VTD_ROOT_P) && (low & VTD_ROOT_CTP) == (entry_pa & PAGE_MASK))
			return bus << 8 | (entry_pa & ~PAGE_MASK) / 16;
	}
	return -1;
}

void vtd_model_stored(struct vtd_test *seams, const u64 *at)
{
	struct vtd_model *m = seams_to_model(seams);
	u64 pa = virt_to_phys((void *)at) & ~0xfULL;
	const struct vtd_context_entry *e = phys_to_virt(pa);
	bool high_half = at != &e->low;
	int rid, i;

	if (vtd_model_stored_irte(m, virt_to_phys((void *)at)))
		return;
	if (!(m->gsts & VTD_GSTS_TES) || (pa & PAGE_MASK) == m->root)
		return;
	rid = rid_of(m, pa);
	if (rid < 0)	/* of tables that the unit does not go by */
		return;
	if ((e->low & VTD_CTX_P) &&
	    (e->low != m->expected.low || e->high != m->expected.high))
		vtd_model_violation(m, "half-written entry visible: %llx %llx", e->low, e->high);
	if (!high_half && !(e->low & VTD_CTX_P))
		return;
	/* 6.5: an entry may only say something new when nobody remembers the old. */
	for (i = 0; i < VTD_MODEL_CONTEXTS; i++) {
		struct vtd_model_context *c = &m->contexts[i];

		if (c->valid && c->rid == rid && (c->entry.low & VTD_CTX_P))
			vtd_model_violation(m, "entry of %x reused while it is cached", rid);
	}
}

void vtd_model_fault(struct vtd_model *m, u16 rid, u64 address, u32 reason, bool write)
{
	u32 i = m->next_record, n, nr = FIELD_GET(VTD_CAP_NFR, m->cap) + 1;

	for (n = 0; n < nr && m->collapses; n++) {
		if ((m->records[n].high & VTD_FRCD_F) &&
		    FIELD_GET(VTD_FRCD_SID, m->records[n].high) == rid) {
			m->dropped++;
			return;
		}
	}
	if (m->fsts & VTD_FSTS_PFO) {
		m->dropped++;
		return;
	}
	if (m->records[i].high & VTD_FRCD_F) {
		m->dropped++;
		vtd_model_set_status(m, VTD_FSTS_PFO);
		return;
	}
	m->records[i].low = address & VTD_FRCD_FI;
	m->records[i].high = VTD_FRCD_F | FIELD_PREP(VTD_FRCD_SID, rid) |
			     FIELD_PREP(VTD_FRCD_FR, reason) | (write ? 0 : VTD_FRCD_T1);
	m->next_record = (i + 1) % nr;
	if (!(m->fsts & VTD_FSTS_PPF)) {
		m->fsts = (m->fsts & ~(u32)VTD_FSTS_FRI) | FIELD_PREP(VTD_FSTS_FRI, i);
		vtd_model_set_status(m, VTD_FSTS_PPF);
	}
}

static struct vtd_context_entry find_context(struct vtd_model *m, u16 rid, u32 *absent)
{
	struct vtd_context_entry e = {};
	u64 root, pa;
	u32 i;

	*absent = 0;
	for (i = 0; i < VTD_MODEL_CONTEXTS; i++) {
		if (m->contexts[i].valid && m->contexts[i].rid == rid) {
			e = m->contexts[i].entry;
			if (!(e.low & VTD_CTX_P))
				*absent = VTD_FR_CONTEXT_NOT_PRESENT;
			return e;
		}
	}
	root = vtd_model_read_table(m, m->root + (rid >> 8) * 16);
	if (root & VTD_ROOT_P) {
		pa = (root & VTD_ROOT_CTP) + (rid & 0xff) * 16;
		e.low = vtd_model_read_table(m, pa);
		e.high = vtd_model_read_table(m, pa + 8);
	}
	if (!(e.low & VTD_CTX_P))
		*absent = root & VTD_ROOT_P ? VTD_FR_CONTEXT_NOT_PRESENT : VTD_FR_ROOT_NOT_PRESENT;
	if (*absent && !(m->cap & VTD_CAP_CM))
		return e;
	for (i = 0; i < VTD_MODEL_CONTEXTS; i++) {
		if (!m->contexts[i].valid) {
			m->contexts[i] = (struct vtd_model_context) {
				.valid = true, .rid = rid, .entry = e,
				.hwdid = *absent ? 0 : FIELD_GET(VTD_CTX_DID, e.high),
			};
			break;
		}
	}
	return e;
}

static struct vtd_model_iotlb walk(struct vtd_model *m, u16 hwdid, struct vtd_context_entry e,
				   u64 iova)
{
	u32 level = FIELD_GET(VTD_CTX_AW, e.high) + 2, i;
	u64 table = e.low & VTD_CTX_SLPTPTR;
	struct vtd_model_iotlb t = { .valid = true, .hwdid = hwdid, .page = iova >> PAGE_SHIFT };

	for (i = 0; i < VTD_MODEL_IOTLB; i++)
		if (m->iotlb[i].valid && m->iotlb[i].hwdid == hwdid && m->iotlb[i].page == t.page)
			return m->iotlb[i];
	for (;; level--) {
		u32 shift = 12 + 9 * (level - 1);
		u64 entry = *(u64 *)phys_to_virt(table + ((iova >> shift) & 511) * 8);

		if (!(entry & 3))
			break;
		if (level == 1 || (entry & BIT_ULL(7))) {
			t.prot = entry & 3;
			t.paddr = (entry & GENMASK_ULL(51, 12)) |
				  (iova & (BIT_ULL(shift) - 1) & PAGE_MASK);
			break;
		}
		table = entry & GENMASK_ULL(51, 12);
	}
	if (!t.prot && !(m->cap & VTD_CAP_CM))
		return t;
	for (i = 0; i < VTD_MODEL_IOTLB; i++) {
		if (!m->iotlb[i].valid) {
			m->iotlb[i] = t;
			break;
		}
	}
	return t;
}

u32 vtd_model_dma(struct vtd_model *m, u16 rid, u64 iova, bool write, u64 *paddr)
{
	struct vtd_context_entry e;
	struct vtd_model_iotlb t;
	u32 reason;

	*paddr = iova;
	if (!(m->gsts & VTD_GSTS_TES))
		return 0;
	e = find_context(m, rid, &reason);
	if (!reason && FIELD_GET(VTD_CTX_TT, e.low) == VTD_TT_PASS) {
		if (BIT(FIELD_GET(VTD_CTX_AW, e.high)) * 2 <= FIELD_GET(VTD_CAP_SAGAW, m->cap))
			reason = VTD_FR_CONTEXT_INVALID;
	} else if (!reason) {
		if (!(FIELD_GET(VTD_CAP_SAGAW, m->cap) & BIT(FIELD_GET(VTD_CTX_AW, e.high)))) {
			reason = VTD_FR_CONTEXT_INVALID;
		} else {
			t = walk(m, FIELD_GET(VTD_CTX_DID, e.high), e, iova);
			*paddr = t.paddr | (iova & ~PAGE_MASK);
			if (write && !(t.prot & NYX_PROT_WRITE))
				reason = VTD_FR_WRITE;
			else if (!write && !(t.prot & NYX_PROT_READ))
				reason = VTD_FR_READ;
		}
	}
	if (reason && !(e.low & VTD_CTX_FPD))
		vtd_model_fault(m, rid, iova, reason, write);
	return reason;
}

/* 9.3: what an entry says of ATS; 0, or the fault reason. */
static u32 may_ats(struct vtd_model *m, u16 rid, struct vtd_context_entry *e)
{
	u32 reason;

	*e = find_context(m, rid, &reason);
	if (!reason && FIELD_GET(VTD_CTX_TT, e->low) != 1)
		reason = VTD_FR_TRANSLATION_BLOCKED;
	return reason;
}

u32 vtd_model_translate(struct vtd_model *m, u16 rid, u64 iova)
{
	struct vtd_context_entry e;
	struct vtd_model_iotlb t;
	u32 reason = may_ats(m, rid, &e), i;

	if (reason) {
		if (!(e.low & VTD_CTX_FPD))
			vtd_model_fault(m, rid, iova, reason, false);
		return reason;
	}
	t = walk(m, FIELD_GET(VTD_CTX_DID, e.high), e, iova);
	/* What is not there is no fault: it is told so, and keeps nothing. */
	for (i = 0; t.prot && i < VTD_MODEL_HELD; i++) {
		if (m->held[i].valid)
			continue;
		m->held[i] = (struct vtd_model_held) { true, rid, t.page, t.paddr };
		break;
	}
	return 0;
}

bool vtd_model_translated(struct vtd_model *m, u16 rid, u64 iova, u64 *paddr)
{
	struct vtd_context_entry e;
	u32 i;

	for (i = 0; i < VTD_MODEL_HELD; i++) {
		if (!m->held[i].valid || m->held[i].rid != rid ||
		    m->held[i].page != iova >> PAGE_SHIFT)
			continue;
		*paddr = m->held[i].paddr | (iova & ~PAGE_MASK);
		return !may_ats(m, rid, &e);
	}
	return false;
}
