// SPDX-License-Identifier: GPL-2.0
/*
 * The model of a VT-d unit: registers, queue, life. See vtd_model.h. It reads the
 * driver's tables and queue from memory, so it sees exactly what a unit would.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "vtd_model.h"

/* GCMD 31, 28, 26, 25, 23: on as long as they are written as 1. Not the driver's word for it. */
#define STATE_BITS	0x96800000

static struct vtd_model *mmio_to_model(struct nyx_mmio_model *mmio)
{
	return container_of(mmio, struct vtd_model, mmio);
}

void vtd_model_violated(struct vtd_model *m, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	m->violations++;
	va_start(args, fmt);
	vaf.va = &args;
	/* Not kunit_err(): that allocates, and the driver may hold a spinlock. */
	pr_err("# %s: %pV", m->test->name, &vaf);
	va_end(args);
}

void vtd_model_note(struct vtd_model *m, char what)
{
	if (m->log_len < VTD_MODEL_LOG - 1)
		m->log[m->log_len++] = what;
}

void vtd_model_clear_log(struct vtd_model *m)
{
	memset(m->log, 0, sizeof(m->log));
	m->log_len = 0;
	m->nr_pages = 0;
	m->descriptors = 0;
}

void vtd_model_set_status(struct vtd_model *m, u32 bit)
{
	u32 pending = m->fsts & ~(u32)VTD_FSTS_FRI;

	m->fsts |= bit;
	/* 7.3: an event only for the first condition; while masked it stays pending. */
	if (pending)
		return;
	if (m->fectl & VTD_FECTL_IM)
		m->fectl |= VTD_FECTL_IP;
	else
		m->events++;
}

/* ---- the queue ---- */

static void invalidate_context(struct vtd_model *m, const struct vtd_descriptor *d)
{
	u32 g = FIELD_GET(VTD_INV_G, d->low), i;

	vtd_model_note(m, g == VTD_G_GLOBAL ? 'C' : 'c');
	m->context_pending = true;
	m->last_context = *d;
	for (i = 0; i < VTD_MODEL_CONTEXTS; i++) {
		struct vtd_model_context *c = &m->contexts[i];

		if (g == VTD_G_GLOBAL || (c->hwdid == FIELD_GET(VTD_INV_DID, d->low) &&
					  c->rid == FIELD_GET(VTD_INV_CTX_SID, d->low)))
			c->valid = false;
	}
}

static void invalidate_iotlb(struct vtd_model *m, const struct vtd_descriptor *d)
{
	u32 g = FIELD_GET(VTD_INV_G, d->low), i;
	u64 pages = 1ULL << FIELD_GET(VTD_INV_IOTLB_AM, d->high);
	u64 first = d->high >> PAGE_SHIFT;

	vtd_model_note(m, g == VTD_G_GLOBAL ? 'I' : g == VTD_G_DOMAIN ? 'i' : 'p');
	m->iotlb_pending = true;
	m->last_iotlb = *d;
	if (m->context_pending)
		vtd_model_violation(m, "IOTLB invalidated before the context cache was clean");
	if (!(d->low & VTD_INV_IOTLB_DW) != !(m->cap & VTD_CAP_DWD) ||
	    !(d->low & VTD_INV_IOTLB_DR) != !(m->cap & VTD_CAP_DRD))
		vtd_model_violation(m, "draining asked for that is not there, or not asked for");
	if (g == VTD_G_PAGE) {
		if (first & (pages - 1))
			vtd_model_violation(m, "page-selective address not aligned to its mask");
		if (m->nr_pages < ARRAY_SIZE(m->pages))
			m->pages[m->nr_pages++] = *d;
	}
	for (i = 0; i < VTD_MODEL_IOTLB; i++) {
		struct vtd_model_iotlb *t = &m->iotlb[i];

		if (g != VTD_G_GLOBAL && t->hwdid != FIELD_GET(VTD_INV_DID, d->low))
			continue;
		if (g == VTD_G_PAGE && (t->page < first || t->page >= first + pages))
			continue;
		t->valid = false;
	}
}

static void invalidate_device_tlb(struct vtd_model *m, const struct vtd_descriptor *d)
{
	u16 rid = d->low >> 32;
	u32 order = 0, i;

	vtd_model_note(m, 'd');
	m->last_device_tlb = *d;
	/* 6.5.2.5: the device may ask again at once, and would be told the same. */
	if (m->context_pending || m->iotlb_pending)
		vtd_model_violation(m, "a device's TLB invalidated before the unit's are clean");
	if (m->unanswered)
		vtd_model_violation(m, "a second invalidation behind an unanswered one");
	if (rid == m->deaf_rid) {
		m->unanswered = true;
		return;
	}
	/* S: the lowest clear bit, from bit 12 on, is the highest below the size. */
	if (d->high & 1)
		for (order = 1; order < 52 && d->high & BIT_ULL(11 + order); order++)
			;
	for (i = 0; i < VTD_MODEL_HELD; i++)
		if (m->held[i].rid == rid &&
		    (order == 52 || m->held[i].page >> order == d->high >> 12 >> order))
			m->held[i].valid = false;
}

/* False: the unit refuses it. */
static bool execute(struct vtd_model *m, const struct vtd_descriptor *d)
{
	u32 type = FIELD_GET(VTD_INV_TYPE, d->low), g = FIELD_GET(VTD_INV_G, d->low);

	if (type == m->refuse_type && m->refuse_times) {
		if (m->refuse_after) {
			m->refuse_after--;
		} else {
			m->refuse_times--;
			return false;
		}
	}
	m->descriptors++;
	switch (type) {
	case VTD_INV_CONTEXT:
		if (!g || d->high || (d->low & (GENMASK_ULL(15, 6) | GENMASK_ULL(63, 50))))
			return false;
		invalidate_context(m, d);
		return true;
	case VTD_INV_IOTLB:
		if (!g || (d->low & (GENMASK_ULL(15, 8) | GENMASK_ULL(63, 32))))
			return false;
		if (g == VTD_G_PAGE &&
		    (!(m->cap & VTD_CAP_PSI) || (d->high & GENMASK_ULL(11, 7)) ||
		     FIELD_GET(VTD_INV_IOTLB_AM, d->high) > FIELD_GET(VTD_CAP_MAMV, m->cap)))
			return false;
		invalidate_iotlb(m, d);
		return true;
	case VTD_INV_DEVICE_TLB:
		if (!(m->ecap & VTD_ECAP_DT) || (d->high & GENMASK_ULL(11, 1)) ||
		    (d->low & (GENMASK_ULL(11, 4) | GENMASK_ULL(31, 21) | GENMASK_ULL(51, 48))) ||
		    (!(m->ecap & BIT_ULL(41)) &&
		     (d->low & (GENMASK_ULL(15, 12) | GENMASK_ULL(63, 52)))))
			return false;
		invalidate_device_tlb(m, d);
		return true;
	case 4:
		return vtd_model_invalidate_interrupts(m, d);
	case VTD_INV_WAIT:
		if (!(d->low & VTD_INV_WAIT_SW) ||
		    (d->low & (GENMASK_ULL(31, 7) | VTD_INV_WAIT_IF)))
			return false;
		if (!(d->low & VTD_INV_WAIT_FN))
			vtd_model_violation(m, "a wait without a fence may overtake");
		/* It completes with all before it, and by its fence nothing behind it begins. */
		if (m->unanswered) {
			m->fenced = true;
			return true;
		}
		vtd_model_note(m, 'w');
		m->context_pending = false;
		m->iotlb_pending = false;
		m->irtes_stale &= !m->irtes_pending;
		m->irtes_pending = false;
		WRITE_ONCE(*(u32 *)phys_to_virt(d->high & VTD_INV_WAIT_ADDR),
			   FIELD_GET(VTD_INV_WAIT_DATA, d->low));
		return true;
	}
	return false;
}

static void run_queue(struct vtd_model *m)
{
	u64 size = PAGE_SIZE << FIELD_GET(VTD_IQA_QS, m->iqa);

	if (!(m->gsts & VTD_GSTS_QIES) || m->silent)
		return;
	while (m->iqh != m->iqt && !m->fenced && !(m->fsts & (VTD_FSTS_IQE | VTD_FSTS_ITE))) {
		struct vtd_descriptor d =
			*(struct vtd_descriptor *)phys_to_virt((m->iqa & VTD_IQA_ADDR) + m->iqh);

		if (!execute(m, &d)) {
			vtd_model_set_status(m, VTD_FSTS_IQE);
			return;
		}
		m->iqh = (m->iqh + sizeof(d)) & (size - 1);
	}
}

/* 6.5.2.10: the wait that was fetched is dropped, and nothing is fetched until ITE is clear. */
static void look_at_time(struct vtd_model *m)
{
	if (!m->fenced || !m->gives_up_after || --m->gives_up_after)
		return;
	vtd_model_note(m, 'x');
	m->fenced = false;
	m->unanswered = false;
	vtd_model_set_status(m, VTD_FSTS_ITE);
}

/* ---- registers ---- */

/* RTPS goes off, and comes on again with the new root in force (10.4.5). */
static void set_root(struct vtd_model *m)
{
	bool on = m->gsts & VTD_GSTS_TES;

	vtd_model_note(m, 'R');
	if (on && !(m->gsts & VTD_GSTS_QIES))
		vtd_model_violation(m, "root changed under DMA, with no way to invalidate");
	if (on && m->rtaddr & VTD_RTADDR_TTM)
		vtd_model_violation(m, "table mode changed while translating");
	m->gsts &= ~(u32)VTD_GSTS_RTPS;
	if (m->srtp_ignored) {
		m->srtp_ignored--;
		return;
	}
	m->root = m->rtaddr & VTD_RTADDR_RTA;
	m->gsts |= VTD_GSTS_RTPS & ~m->gsts_stuck;
}

static void command(struct vtd_model *m, u32 value)
{
	u32 changes = (value ^ m->gsts) & STATE_BITS;
	u32 shots = value & (VTD_GCMD_SRTP | VTD_GCMD_SFL | VTD_GCMD_WBF | VTD_GCMD_SIRTP);

	if (hweight32(changes | shots) > 1)
		vtd_model_violation(m, "two changes at once: GCMD %x, GSTS %x", value, m->gsts);
	if (shots & VTD_GCMD_SRTP)
		set_root(m);
	if (shots & VTD_GCMD_WBF) {
		vtd_model_note(m, 'B');
		m->gsts = (m->gsts & ~(u32)VTD_GSTS_WBFS) | (m->gsts_stuck & VTD_GSTS_WBFS);
	}
	if (changes & VTD_GCMD_QIE) {
		vtd_model_note(m, value & VTD_GCMD_QIE ? 'Q' : 'q');
		if (!(value & VTD_GCMD_QIE) && m->iqh != m->iqt && !m->silent &&
		    !(m->fsts & VTD_FSTS_IQE))
			vtd_model_violation(m, "queue turned off with descriptors in it");
		if (!(m->gsts_stuck & VTD_GSTS_QIES))
			m->iqh = 0;
		if (value & VTD_GCMD_QIE && m->qie_ignored) {
			m->qie_ignored--;
			changes &= ~VTD_GCMD_QIE;
		}
	}
	if (changes & VTD_GCMD_TE) {
		vtd_model_note(m, value & VTD_GCMD_TE ? 'T' : 't');
		if ((value & VTD_GCMD_TE) && (!(m->gsts & VTD_GSTS_RTPS) || !m->root))
			vtd_model_violation(m, "translation on without a root table");
		m->went_off |= !(value & VTD_GCMD_TE);
	}
	if (shots & VTD_GCMD_SIRTP)
		vtd_model_set_irt(m);
	changes = vtd_model_change_remapping(m, changes, value) & ~m->gsts_stuck;
	if (m->te_sticks_on && m->gsts & VTD_GSTS_TES)
		changes &= ~VTD_GCMD_TE;
	m->gsts ^= changes;
	vtd_model_host_listens(m);
	run_queue(m);
}

static u64 model_read(struct nyx_mmio_model *mmio, u32 offset, unsigned int size)
{
	struct vtd_model *m = mmio_to_model(mmio);
	u32 fro = FIELD_GET(VTD_CAP_FRO, m->cap) * 16;

	if (m->gone)
		return size == 8 ? U64_MAX : U32_MAX;
	if (offset >= fro && offset < fro + 16 * VTD_MODEL_RECORDS) {
		u32 i = (offset - fro) / 16;

		if (size == 4 && (offset & 15) == VTD_FRCD_TOP)
			return m->records[i].high >> 32;
		return (offset & 8) ? m->records[i].high : m->records[i].low;
	}
	switch (offset) {
	case VTD_VER: return 0x10;
	case VTD_CAP: return m->cap;
	case VTD_ECAP: return m->ecap;
	case VTD_GSTS: return m->gsts;
	case VTD_RTADDR: return m->rtaddr;
	case VTD_FSTS:
		look_at_time(m);
		return m->fsts;
	case VTD_FECTL: return m->fectl;
	case VTD_PMEN: return m->pmen;
	case VTD_IQH: return m->iqh;
	case VTD_IQT: return m->iqt;
	case VTD_IQA: return m->iqa;
	case 0xb8:
		if (m->ecap & 8)
			return m->irta;
		break;
	case VTD_IQERCD: return (u64)m->deaf_rid << 32;
	}
	vtd_model_violation(m, "read of register %x", offset);
	return 0;
}

static void write_status(struct vtd_model *m, u32 value)
{
	m->fsts &= ~(value & (VTD_FSTS_PFO | VTD_FSTS_AFO | VTD_FSTS_APF | VTD_FSTS_IQE |
			      VTD_FSTS_ICE | VTD_FSTS_ITE));
	run_queue(m);
}

static void release_record(struct vtd_model *m, u32 i)
{
	u32 n;

	m->records[i].high &= ~VTD_FRCD_F;
	m->fsts &= ~(u32)VTD_FSTS_PPF;
	/* PPF is the OR of all F. FRI then names the oldest that is left. */
	for (n = 0; n < VTD_MODEL_RECORDS; n++) {
		u32 nr = FIELD_GET(VTD_CAP_NFR, m->cap) + 1, k = (m->next_record + n) % nr;

		if (n < nr && (m->records[k].high & VTD_FRCD_F)) {
			m->fsts |= VTD_FSTS_PPF;
			m->fsts = (m->fsts & ~(u32)VTD_FSTS_FRI) | FIELD_PREP(VTD_FSTS_FRI, k);
			return;
		}
	}
}

static void write_register(struct vtd_model *m, u32 offset, unsigned int size, u64 value)
{
	u32 fro = FIELD_GET(VTD_CAP_FRO, m->cap) * 16;

	if (offset >= fro && offset < fro + 16 * VTD_MODEL_RECORDS) {
		if ((offset & 15) == VTD_FRCD_TOP && size == 4 && (value & VTD_FRCD_TOP_F))
			release_record(m, (offset - fro) / 16);
		else
			vtd_model_violation(m, "write to a read-only part of a record");
		return;
	}
	switch (offset) {
	case VTD_GCMD:
		command(m, value);
		return;
	case VTD_RTADDR:
		m->rtaddr = value;
		return;
	case 0xb8:
		if (!(m->ecap & 8) || size != 8)
			break;
		m->irta = value;
		return;
	case VTD_FSTS:
		write_status(m, value);
		return;
	case VTD_FECTL:
		if ((m->fectl & VTD_FECTL_IP) && !(value & VTD_FECTL_IM)) {
			m->events++;
			m->fectl = 0;
		}
		m->fectl = (m->fectl & VTD_FECTL_IP) | (value & VTD_FECTL_IM);
		return;
	case VTD_FEDATA:
		m->fedata = value;
		return;
	case VTD_FEADDR:
		m->feaddr = value;
		return;
	case VTD_FEUADDR:
		m->feuaddr = value;
		return;
	case VTD_PMEN:
		vtd_model_note(m, 'M');
		m->pmen = value & VTD_PMEN_EPM;
		m->pmen |= m->pmr_stuck || (value & VTD_PMEN_EPM) ? VTD_PMEN_PRS : 0;
		return;
	case VTD_IQT:
		m->iqt = value;
		run_queue(m);
		return;
	case VTD_IQA:
		if (m->gsts & VTD_GSTS_QIES)
			vtd_model_violation(m, "queue moved while it is on");
		m->iqa = value;
		return;
	}
	vtd_model_violation(m, "write of register %x", offset);
}

static void model_write(struct nyx_mmio_model *mmio, u32 offset, unsigned int size, u64 value)
{
	struct vtd_model *m = mmio_to_model(mmio);

	m->writes++;
	write_register(m, offset, size, value);
	if (m->written)
		m->written(m);
}

/* ---- life ---- */

struct vtd_model *vtd_model_new(struct kunit *test, u64 cap, u64 ecap)
{
	struct vtd_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->shadows = kunit_kzalloc(test, VTD_MODEL_SHADOWS * sizeof(*m->shadows), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->shadows);
	m->test = test;
	m->mmio.read = model_read;
	m->mmio.write = model_write;
	m->seams.stored = vtd_model_stored;
	m->seams.written_back = vtd_model_written_back;
	m->seams.drain_by_hand = true;
	m->cap = cap;
	m->ecap = ecap;
	m->fectl = VTD_FECTL_IM;
	return m;
}

struct vtd_unit *vtd_model_unit(struct vtd_model *m)
{
	static const struct nyx_acpi_unit firmware = { .reg_base = 0xfed90000, .reg_size = SZ_4K };
	struct nyx_mmio io = { .size = SZ_4K, .model = &m->mmio };
	struct nyx_unit *unit = NULL;
	struct nyx_why why = {};
	struct vtd_unit *v;
	int err;

	nyx_interrupt_entries = VTD_MODEL_INTERRUPTS;
	vtd_next_test = &m->seams;
	err = vtd_unit_create(&io, 46, &firmware, &unit, &why);
	vtd_next_test = NULL;
	KUNIT_ASSERT_EQ_MSG(m->test, err, 0, "%s", why.text);
	v = to_vtd(unit);
	v->polls = 20;
	v->queue.timeout_ns = 2 * NSEC_PER_MSEC;
	return v;
}

void vtd_model_free(struct vtd_unit *v)
{
	if (v) {
		v->unit.ops->disable(&v->unit);
		v->unit.ops->remove(&v->unit);
	}
}

/* A reference of ours is the second one as long as nobody has freed the page. */
static bool drop(void *table, unsigned int order)
{
	struct page *page = virt_to_page(table);
	bool kept = page_count(page) == 2;

	put_page(page);
	if (kept)
		__free_pages(page, order);
	return kept;
}

void vtd_model_expect_left(struct kunit *test, struct vtd_unit *v, bool left)
{
	struct vtd_root_entry *root = v->root;
	void *ring = v->queue.ring;
	u32 *status = v->queue.status;
	int order = v->queue.order;
	struct vtd_irte *irt = v->irt;
	int irt_order = get_order(v->unit.remapping.entries * sizeof(*irt));

	get_page(virt_to_page(root));
	get_page(virt_to_page(ring));
	get_page(virt_to_page(status));
	if (irt)
		get_page(virt_to_page(irt));
	test->priv = NULL;
	v->unit.ops->disable(&v->unit);
	v->unit.ops->remove(&v->unit);
	KUNIT_EXPECT_EQ(test, left, drop(root, 0));
	KUNIT_EXPECT_EQ(test, left, drop(ring, order));
	KUNIT_EXPECT_EQ(test, left, drop(status, 0));
	if (irt)
		KUNIT_EXPECT_EQ(test, left, drop(irt, irt_order));
}
