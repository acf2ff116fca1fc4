// SPDX-License-Identifier: GPL-2.0
/*
 * Invalidation: the queue's encodings, the choice between pages and domain,
 * queue errors, and the flushing of write buffers.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include "vtd.h"

/*
 * More page-selective descriptors than this for one range cost the unit more
 * than refilling the domain's translations.
 */
#define MAX_PAGE_DESCRIPTORS	4

static struct vtd_unit *queue_to_vtd(struct nyx_queue *q)
{
	return container_of(q, struct vtd_unit, queue);
}

/* 6.5.2.1 */
static struct vtd_descriptor context_global(void)
{
	return (struct vtd_descriptor) {
		.low = FIELD_PREP(VTD_INV_TYPE, VTD_INV_CONTEXT) |
		       FIELD_PREP(VTD_INV_G, VTD_G_GLOBAL),
	};
}

static struct vtd_descriptor context_device(u16 rid, u16 hwdid)
{
	return (struct vtd_descriptor) {
		.low = FIELD_PREP(VTD_INV_TYPE, VTD_INV_CONTEXT) |
		       FIELD_PREP(VTD_INV_G, VTD_G_DEVICE) |
		       FIELD_PREP(VTD_INV_DID, hwdid) |
		       FIELD_PREP(VTD_INV_CTX_SID, rid),
	};
}

/*
 * 6.5.2.3. Draining makes the completion mean that requests translated before
 * it have reached memory, so that a page may be given to somebody else after
 * it (6.5.4).
 */
static u64 iotlb_low(const struct vtd_unit *v, u32 granularity, u16 hwdid)
{
	return FIELD_PREP(VTD_INV_TYPE, VTD_INV_IOTLB) |
	       FIELD_PREP(VTD_INV_G, granularity) |
	       FIELD_PREP(VTD_INV_IOTLB_DW, vtd_cap(v, VTD_CAP_DWD)) |
	       FIELD_PREP(VTD_INV_IOTLB_DR, vtd_cap(v, VTD_CAP_DRD)) |
	       FIELD_PREP(VTD_INV_DID, hwdid);
}

static struct vtd_descriptor iotlb_global(const struct vtd_unit *v)
{
	return (struct vtd_descriptor) { .low = iotlb_low(v, VTD_G_GLOBAL, 0) };
}

static struct vtd_descriptor iotlb_domain(const struct vtd_unit *v, u16 hwdid)
{
	return (struct vtd_descriptor) { .low = iotlb_low(v, VTD_G_DOMAIN, hwdid) };
}

/* address is aligned to 2^order pages. */
static struct vtd_descriptor iotlb_pages(const struct vtd_unit *v, u16 hwdid, u64 address,
					 u32 order, bool leaf_only)
{
	return (struct vtd_descriptor) {
		.low = iotlb_low(v, VTD_G_PAGE, hwdid),
		.high = (address & VTD_INV_IOTLB_ADDR) |
			FIELD_PREP(VTD_INV_IOTLB_IH, leaf_only) |
			FIELD_PREP(VTD_INV_IOTLB_AM, order),
	};
}

/*
 * 6.5.2.5. Where ECAP.DIT is set the unit counts what is pending for all functions of a PF
 * together; only PFs have ATS here.
 */
static struct vtd_descriptor device_tlb(const struct vtd_unit *v,
					const struct nyx_device_tlb *tlb, u64 first, u64 last)
{
	u16 pf = vtd_ecap(v, VTD_ECAP_DIT) ? tlb->rid : 0;

	return (struct vtd_descriptor) {
		.low = FIELD_PREP(VTD_INV_TYPE, VTD_INV_DEVICE_TLB) |
		       FIELD_PREP(VTD_INV_TLB_PFSID_LOW, pf & 0xf) |
		       FIELD_PREP(VTD_INV_TLB_PFSID_HIGH, pf >> 4) |
		       FIELD_PREP(VTD_INV_TLB_MAX_PEND, tlb->queue_depth & 0x1f) |
		       FIELD_PREP(VTD_INV_TLB_SID, tlb->rid),
		.high = nyx_device_tlb_address(first, last),
	};
}

/* 6.5.2.7 */
static struct vtd_descriptor interrupt_global(void)
{
	return (struct vtd_descriptor) { .low = FIELD_PREP(VTD_INV_TYPE, VTD_INV_INTERRUPT) };
}

static struct vtd_descriptor interrupt_entries(u32 index, u32 order)
{
	return (struct vtd_descriptor) {
		.low = FIELD_PREP(VTD_INV_TYPE, VTD_INV_INTERRUPT) | VTD_INV_IEC_G |
		       FIELD_PREP(VTD_INV_IEC_IM, order) | FIELD_PREP(VTD_INV_IEC_IIDX, index),
	};
}

/* 6.5.2.8. The fence keeps a later wait from completing before this one. */
static void encode_wait(struct nyx_queue *q, void *slot, u32 seq)
{
	struct vtd_descriptor *wait = slot;

	wait->low = FIELD_PREP(VTD_INV_TYPE, VTD_INV_WAIT) | VTD_INV_WAIT_SW | VTD_INV_WAIT_FN |
		    FIELD_PREP(VTD_INV_WAIT_DATA, seq);
	wait->high = q->status_pa & VTD_INV_WAIT_ADDR;
}

static void doorbell(struct nyx_queue *q, u32 tail)
{
	nyx_write64(&queue_to_vtd(q)->io, VTD_IQT, FIELD_PREP(VTD_IQT_QT, tail));
}

/*
 * 6.5.2.10: the unit has stopped at a descriptor it does not accept. Whatever
 * it asked for, the global form of the same type covers it and is the one
 * form that every unit must accept; with that in its place the wait behind it
 * tells the truth. A refused global form or wait has no such way out.
 */
static int repair_refused(struct vtd_unit *v)
{
	struct nyx_queue *q = &v->queue;
	u32 head = FIELD_GET(VTD_IQH_QH, nyx_read64(&v->io, VTD_IQH)) & (q->entries - 1);
	struct vtd_descriptor *refused = (struct vtd_descriptor *)q->ring + head;
	struct vtd_descriptor instead;

	v->queue_error.count++;
	v->queue_error.descriptor = *refused;
	v->queue_error.info = FIELD_GET(VTD_IQERCD_IQEI, nyx_read64(&v->io, VTD_IQERCD));
	pr_err_ratelimited("%s: invalidation descriptor %#llx %#llx was refused (slot %u, error %u)\n",
			   v->unit.name, refused->low, refused->high, head, v->queue_error.info);

	switch (FIELD_GET(VTD_INV_TYPE, refused->low)) {
	case VTD_INV_CONTEXT:
		instead = context_global();
		break;
	case VTD_INV_IOTLB:
		instead = iotlb_global(v);
		break;
	case VTD_INV_DEVICE_TLB:
		/* Never sent, so never answered; anything that does no harm may take its place. */
		v->device_given_up = true;
		instead = context_global();
		break;
	case VTD_INV_INTERRUPT:
		instead = interrupt_global();
		break;
	default:
		return -EIO;
	}
	if (!memcmp(refused, &instead, sizeof(instead)))
		return -EIO;

	*refused = instead;
	/* The unit fetches it again as soon as IQE is clear. */
	wmb();
	nyx_write32(&v->io, VTD_FSTS, VTD_FSTS_IQE);
	return 0;
}

/*
 * 6.5.2.10: a device did not answer an invalidation in the unit's time. The unit has
 * dropped the waits that it had fetched (by the fence only the one behind that
 * invalidation) and fetches nothing more until ITE is clear. What was submitted before has
 * been done, what comes behind is done next; a new wait tells of all of it.
 */
static int give_device_up(struct vtd_unit *v)
{
	u16 rid = FIELD_GET(VTD_IQERCD_ITESID, nyx_read64(&v->io, VTD_IQERCD));
	bool expected = v->queue.device_pending;

	if (expected) {
		v->device_given_up = true;
		nyx_queue_device_given_up(&v->queue);
	} else {
		/* The unit has lost its senses: what those waits stood for cannot be proved. */
		pr_err_ratelimited("%s: device-TLB time-out of %#x without a request\n",
				   v->unit.name, rid);
	}
	nyx_write32(&v->io, VTD_FSTS, VTD_FSTS_ITE);
	return expected ? 0 : -EIO;
}

static int check(struct nyx_queue *q)
{
	struct vtd_unit *v = queue_to_vtd(q);
	u32 fsts = nyx_read32(&v->io, VTD_FSTS);

	lockdep_assert_held(&q->lock);
	if (fsts == U32_MAX)	/* FRI and PFO alone cannot say that: nothing answers */
		return -EIO;
	if (fsts & VTD_FSTS_ITE)
		return give_device_up(v);
	/* ICE is a device's doing and stops nothing: the fault thread clears it. */
	return fsts & VTD_FSTS_IQE ? repair_refused(v) : 0;
}

const struct nyx_queue_ops vtd_queue_ops = {
	.encode_wait = encode_wait,
	.doorbell = doorbell,
	.check = check,
};

static int submit(struct vtd_unit *v, const struct vtd_descriptor *descriptors, u32 nr)
{
	this_cpu_inc(v->unit.stats->waits);
	return nyx_queue_submit(&v->queue, descriptors, nr);
}

static int or_dead(struct vtd_unit *v, int err)
{
	if (err)
		nyx_unit_mark_dead(&v->unit, err == -ETIMEDOUT ?
				   "invalidations are no longer completed" :
				   "the invalidation queue has failed");
	return err;
}

int vtd_invalidate_all(struct vtd_unit *v)
{
	struct vtd_descriptor context = context_global(), iotlb = iotlb_global(v);
	int err;

	/* Until the contexts are gone the IOTLB may be refilled from them: two waits (6.5.2.11). */
	err = submit(v, &context, 1);
	return err ?: submit(v, &iotlb, 1);
}

int vtd_invalidate_entry(struct vtd_unit *v, u16 rid, u16 hwdid, u16 iotlb_hwdid)
{
	struct vtd_descriptor context = context_device(rid, hwdid);
	struct vtd_descriptor iotlb = iotlb_domain(v, iotlb_hwdid);
	int err;

	this_cpu_inc(v->unit.stats->flushes_entry);
	/* As above. */
	err = submit(v, &context, 1);
	if (!err)
		err = submit(v, &iotlb, 1);
	return or_dead(v, err);
}

int vtd_invalidate_all_interrupts(struct vtd_unit *v)
{
	struct vtd_descriptor all = interrupt_global();

	this_cpu_inc(v->unit.stats->flushes_interrupt);
	return submit(v, &all, 1);
}

int vtd_invalidate_interrupts(struct vtd_unit *v, u32 index, u32 order)
{
	struct vtd_descriptor entries = interrupt_entries(index, order);

	/* More than the unit takes at a time is rare, and worth no second form. */
	if (order > FIELD_GET(VTD_ECAP_MHMV, v->ecap))
		entries = interrupt_global();
	this_cpu_inc(v->unit.stats->flushes_interrupt);
	return or_dead(v, submit(v, &entries, 1));
}

int vtd_invalidate_interrupt_atomic(struct vtd_unit *v, u32 index)
{
	struct vtd_descriptor entry = interrupt_entries(index, 0);
	int err;

	this_cpu_inc(v->unit.stats->flushes_interrupt);
	this_cpu_inc(v->unit.stats->waits);
	for (;;) {
		/* All is owed already: nobody waits for room again, entry by entry. */
		if (READ_ONCE(v->queue.device_pending) && READ_ONCE(v->interrupts_owed)) {
			xchg(&v->interrupts_owed, true);
			if (READ_ONCE(v->queue.device_pending))
				return 0;
		}
		err = nyx_queue_submit_atomic(&v->queue, &entry, 1);
		if (err == -EINPROGRESS)
			return 0;
		if (err != -EBUSY)
			return or_dead(v, err);
		/*
		 * The ring is full behind a device. Who waits for that device invalidates all
		 * when it is over; if that is so already, they may have looked too early. Both
		 * sides write, then read what the other writes, with xchg()'s barrier between.
		 */
		xchg(&v->interrupts_owed, true);
		if (READ_ONCE(v->queue.device_pending))
			return 0;
	}
}

/*
 * Cover [page, end) exactly by naturally aligned blocks of up to 2^MAMV pages. Returns how
 * many, or 0 when it takes too many.
 */
static u32 cover_exactly(const struct vtd_unit *v, const struct nyx_flush *flush,
			 u64 page, u64 end, struct vtd_descriptor *descriptors)
{
	u32 mamv = FIELD_GET(VTD_CAP_MAMV, v->cap), nr = 0;

	while (page < end) {
		u32 order = min_t(u32, __fls(end - page), mamv);

		if (page)
			order = min_t(u32, order, __ffs(page));
		if (nr == MAX_PAGE_DESCRIPTORS)
			return 0;
		descriptors[nr++] = iotlb_pages(v, flush->hwdid, page << PAGE_SHIFT, order,
						flush->leaf_only);
		page += 1ULL << order;
	}
	return nr;
}

/* The descriptors for flush's pages, or 0: all of the domain is cheaper. */
static u32 cover_pages(const struct vtd_unit *v, const struct nyx_flush *flush,
		       struct vtd_descriptor *descriptors)
{
	u64 page = flush->first >> PAGE_SHIFT, end = (flush->last >> PAGE_SHIFT) + 1;
	u32 nr = cover_exactly(v, flush, page, end, descriptors), order;

	if (nr)
		return nr;
	/*
	 * One block around it. Invalidating too much is safe and costs others a walk;
	 * more than four times too much is taken for the whole domain.
	 */
	order = fls64(page ^ (end - 1));
	if (order > FIELD_GET(VTD_CAP_MAMV, v->cap) || 1ULL << order > 4 * (end - page))
		return 0;
	page &= ~((1ULL << order) - 1);
	descriptors[0] = iotlb_pages(v, flush->hwdid, page << PAGE_SHIFT, order, flush->leaf_only);
	return 1;
}

int vtd_flush(struct nyx_unit *unit, const struct nyx_flush *flush)
{
	struct vtd_unit *v = to_vtd(unit);
	struct vtd_descriptor descriptors[MAX_PAGE_DESCRIPTORS];
	u32 nr = 0;
	int err;

	/* Nothing is cached; enable() starts by invalidating everything. */
	if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return 0;
	err = vtd_flush_write_buffers(v);
	if (err)
		return err;

	if (vtd_cap(v, VTD_CAP_PSI))
		nr = cover_pages(v, flush, descriptors);
	if (nr) {
		this_cpu_inc(unit->stats->flushes_page);
	} else {
		descriptors[nr++] = iotlb_domain(v, flush->hwdid);
		this_cpu_inc(unit->stats->flushes_domain);
	}
	return or_dead(v, submit(v, descriptors, nr));
}

int vtd_flush_device_tlb(struct nyx_unit *unit, struct nyx_device_tlb *tlb, u64 first, u64 last)
{
	struct vtd_unit *v = to_vtd(unit);
	struct vtd_descriptor descriptor = device_tlb(v, tlb, first, last);

	lockdep_assert_held(&unit->device_tlb_lock);
	if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return 0;
	WRITE_ONCE(v->device_given_up, false);
	this_cpu_inc(unit->stats->waits);
	if (or_dead(v, nyx_queue_submit_device(&v->queue, &descriptor)))
		return -EIO;
	if (xchg(&v->interrupts_owed, false) && or_dead(v, vtd_invalidate_all_interrupts(v)))
		return -EIO;
	if (!READ_ONCE(v->device_given_up))
		return 0;
	WRITE_ONCE(tlb->lost, true);
	return -ETIMEDOUT;
}

int vtd_flush_write_buffers(struct vtd_unit *v)
{
	unsigned long flags;
	int err;

	if (!vtd_cap(v, VTD_CAP_RWBF))
		return 0;
	/* Each caller would wait for it again, and some may not sleep. */
	if (nyx_unit_dead(&v->unit))
		return -EIO;
	raw_spin_lock_irqsave(&v->command_lock, flags);
	/* WBFS is set while the flush runs (10.4.5). */
	err = vtd_command(v, VTD_GCMD_WBF, 0, VTD_GSTS_WBFS, 0);
	raw_spin_unlock_irqrestore(&v->command_lock, flags);
	if (err && READ_ONCE(v->unit.state) == NYX_UNIT_TRANSLATING)
		nyx_unit_mark_dead(&v->unit, "a write-buffer flush did not finish");
	return err;
}
