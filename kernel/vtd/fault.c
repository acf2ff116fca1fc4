// SPDX-License-Identifier: GPL-2.0
/*
 * Fault records: their decoding, the drain that reads each of them once, and
 * the interrupt (or, without one, the timer) that starts it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "vtd.h"

/*
 * Records read in one pass. A device in a storm refills them as fast as they
 * are read: the rest waits a tick, so that whoever fences it gets the CPU.
 */
#define RECORDS_PER_PASS	256

#define POLL_INTERVAL	msecs_to_jiffies(100)

/* Everything in FSTS that keeps the next fault event from being sent and that is ours to clear. */
#define FSTS_LEFTOVERS	(VTD_FSTS_ICE | VTD_FSTS_APF | VTD_FSTS_AFO)

static const struct {
	enum nyx_fault_class class;
	const char *text;
} dma_reasons[] = {
	[VTD_FR_ROOT_NOT_PRESENT] = { NYX_FAULT_CLASS_BLOCKED,
		"nothing on this bus is allowed (root entry not present)" },
	[VTD_FR_CONTEXT_NOT_PRESENT] = { NYX_FAULT_CLASS_BLOCKED,
		"device is blocked (context entry not present)" },
	[VTD_FR_CONTEXT_INVALID] = { NYX_FAULT_CLASS_BAD_ENTRY, "context entry is invalid" },
	[VTD_FR_BEYOND_WIDTH] = { NYX_FAULT_CLASS_WIDTH,
		"address beyond the page table's width" },
	[VTD_FR_WRITE] = { NYX_FAULT_CLASS_PAGE,
		"write to an address that is not mapped for writing" },
	[VTD_FR_READ] = { NYX_FAULT_CLASS_PAGE,
		"read from an address that is not mapped for reading" },
	[VTD_FR_TABLE_ACCESS] = { NYX_FAULT_CLASS_TABLE_ACCESS,
		"a page table could not be read" },
	[VTD_FR_ROOT_ACCESS] = { NYX_FAULT_CLASS_TABLE_ACCESS,
		"the root table could not be read" },
	[VTD_FR_CONTEXT_ACCESS] = { NYX_FAULT_CLASS_TABLE_ACCESS,
		"a context table could not be read" },
	[VTD_FR_ROOT_RESERVED] = { NYX_FAULT_CLASS_BAD_ENTRY,
		"reserved bits set in a root entry" },
	[VTD_FR_CONTEXT_RESERVED] = { NYX_FAULT_CLASS_BAD_ENTRY,
		"reserved bits set in a context entry" },
	[VTD_FR_PAGING_RESERVED] = { NYX_FAULT_CLASS_BAD_ENTRY,
		"reserved bits set in a page-table entry" },
	[VTD_FR_TRANSLATION_BLOCKED] = { NYX_FAULT_CLASS_TRANSLATION,
		"ATS request from a device that may not use it" },
};

static const char * const interrupt_reasons[] = {
	[VTD_FR_IR_RESERVED_REQUEST - VTD_FR_IR_FIRST] = "interrupt request with reserved bits set",
	[VTD_FR_IR_INDEX - VTD_FR_IR_FIRST] = "interrupt index beyond the table",
	[VTD_FR_IR_NOT_PRESENT - VTD_FR_IR_FIRST] = "interrupt table entry not present",
	[VTD_FR_IR_ACCESS - VTD_FR_IR_FIRST] = "the interrupt table could not be read",
	[VTD_FR_IR_RESERVED_ENTRY - VTD_FR_IR_FIRST] = "reserved bits set in its table entry",
	[VTD_FR_IR_COMPATIBILITY - VTD_FR_IR_FIRST] = "compatibility-format interrupt blocked",
	[VTD_FR_IR_SOURCE - VTD_FR_IR_FIRST] = "interrupt from a device that does not own it",
};

static bool is_interrupt(u32 reason)
{
	return reason >= VTD_FR_IR_FIRST && reason <= VTD_FR_IR_LAST;
}

static const char *reason_text(u32 reason)
{
	const char *text = NULL;

	if (reason < ARRAY_SIZE(dma_reasons))
		text = dma_reasons[reason].text;
	else if (is_interrupt(reason) && reason - VTD_FR_IR_FIRST < ARRAY_SIZE(interrupt_reasons))
		text = interrupt_reasons[reason - VTD_FR_IR_FIRST];
	return text ?: "unknown reason";
}

static enum nyx_fault_kind kind_of(u64 high, u32 reason)
{
	if (is_interrupt(reason))
		return NYX_FAULT_INTERRUPT;
	/* EXE says something only of requests with a PASID (PP). */
	if ((high & VTD_FRCD_PP) && (high & VTD_FRCD_EXE))
		return NYX_FAULT_EXEC;
	/* T1, T2: 00b write, 10b read, 11b atomic (which reads and writes), 01b page request. */
	if (high & VTD_FRCD_T1)
		return high & VTD_FRCD_T2 ? NYX_FAULT_WRITE : NYX_FAULT_READ;
	return high & VTD_FRCD_T2 ? NYX_FAULT_UNKNOWN : NYX_FAULT_WRITE;
}

static void deliver(struct vtd_unit *v, u64 low, u64 high)
{
	u32 reason = FIELD_GET(VTD_FRCD_FR, high);
	struct nyx_fault_event event = {
		.rid = FIELD_GET(VTD_FRCD_SID, high),
		.kind = kind_of(high, reason),
		.reason = reason,
		.text = reason_text(reason),
	};

	if (reason < ARRAY_SIZE(dma_reasons))
		event.class = dma_reasons[reason].class;
	/* 10.4.14, FI: of an interrupt an index, and nothing of one in compatibility format. */
	if (event.kind != NYX_FAULT_INTERRUPT) {
		event.has_address = true;
		event.address = low & VTD_FRCD_FI;
	} else if (reason != VTD_FR_IR_COMPATIBILITY) {
		event.has_index = true;
		event.index = FIELD_GET(VTD_FRCD_INDEX, low);
	}
	nyx_fault_record(&v->unit, &event);
}

/* Read and release one record. False: it holds nothing. */
static bool take_record(struct vtd_unit *v, u32 index)
{
	u32 at = v->record_base + index * VTD_FRCD_SIZE;
	u64 low, high;

	/* F is set last, so with F everything else is there (10.4.14). */
	high = nyx_read64(&v->io, at + VTD_FRCD_HIGH);
	if (!(high & VTD_FRCD_F))
		return false;
	low = nyx_read64(&v->io, at + VTD_FRCD_LOW);
	/* From here on the unit may reuse it. Only the dword with F: the rest is read only. */
	nyx_write32(&v->io, at + VTD_FRCD_TOP, VTD_FRCD_TOP_F);
	deliver(v, low, high);
	return true;
}

/*
 * All records pending from the oldest on, in ring order; at most one round.
 * Records behind a hole are left for the next round, which has its own FRI.
 */
static u32 take_round(struct vtd_unit *v, u32 first)
{
	u32 i, nr = 0;

	for (i = 0; i < v->nr_records; i++) {
		if (take_record(v, (first + i) % v->nr_records))
			nr++;
		else if (nr)
			break;
	}
	return nr;
}

/*
 * Take what is pending, at most about RECORDS_PER_PASS. Returns true when
 * there is more: no event will come for it, since events are sent only when
 * FSTS was clear before (7.3).
 */
static bool drain_pass(struct vtd_unit *v)
{
	u32 taken = 0;

	lockdep_assert_held(&v->fault_lock);
	for (;;) {
		u32 fsts = nyx_read32(&v->io, VTD_FSTS), nr = 0;

		if (fsts == U32_MAX)
			return false;
		if (fsts & VTD_FSTS_ICE)
			pr_warn_ratelimited("%s: device %#llx answered a device-TLB invalidation that nobody waits for\n",
					    v->unit.name,
					    FIELD_GET(VTD_IQERCD_ICESID,
						      nyx_read64(&v->io, VTD_IQERCD)));
		if (fsts & FSTS_LEFTOVERS)
			nyx_write32(&v->io, VTD_FSTS, fsts & FSTS_LEFTOVERS);
		if (fsts & VTD_FSTS_PPF)
			nr = take_round(v, FIELD_GET(VTD_FSTS_FRI, fsts) % v->nr_records);
		taken += nr;
		/*
		 * With PFO the unit records nothing more (7.2.1): clear it only
		 * once there is room, or the next fault overflows again.
		 */
		if ((fsts & VTD_FSTS_PFO) && !nr) {
			nyx_write32(&v->io, VTD_FSTS, VTD_FSTS_PFO);
			nyx_fault_overflow(&v->unit);
			continue;
		}
		if (!nr)
			return false;
		if (taken >= RECORDS_PER_PASS)
			return true;
	}
}

static void kick(struct vtd_unit *v, unsigned long delay)
{
	lockdep_assert_held(&v->fault_lock);
	if (v->faults_running)
		schedule_delayed_work(&v->drain_work, delay);
}

void vtd_drain_faults(struct nyx_unit *unit)
{
	struct vtd_unit *v = to_vtd(unit);

	mutex_lock(&v->fault_lock);
	if (drain_pass(v))
		kick(v, 1);
	mutex_unlock(&v->fault_lock);
}

static irqreturn_t fault_thread(int irq, void *data)
{
	struct vtd_unit *v = data;

	vtd_drain_faults(&v->unit);
	return IRQ_HANDLED;
}

static void drain_work(struct work_struct *work)
{
	struct vtd_unit *v = container_of(to_delayed_work(work), struct vtd_unit, drain_work);

	vtd_drain_faults(&v->unit);
	mutex_lock(&v->fault_lock);
	if (v->polling)
		kick(v, POLL_INTERVAL);
	mutex_unlock(&v->fault_lock);
}

/*
 * The fault event: the unit writes FEDATA to FEADDR by itself, past any
 * remapping. So it is an interrupt of ours on the CPUs' vectors, whose only
 * hardware are those registers.
 */

static void set_event_mask(struct vtd_unit *v, bool masked)
{
	v->fectl = masked ? VTD_FECTL_IM : 0;
	nyx_write32(&v->io, VTD_FECTL, v->fectl);
	/* The mask holds when the caller goes on, not when the write is posted. */
	nyx_read32(&v->io, VTD_FECTL);
}

static void write_event(struct vtd_unit *v)
{
	nyx_write32(&v->io, VTD_FEDATA, v->fault_msg.data);
	nyx_write32(&v->io, VTD_FEADDR, v->fault_msg.address_lo);
	nyx_write32(&v->io, VTD_FEUADDR, v->fault_msg.address_hi);
}

static void compose_event(struct irq_data *data)
{
	struct vtd_unit *v = irq_data_get_irq_chip_data(data);
	struct irq_data *vector = data->parent_data;

	vector->chip->irq_compose_msi_msg(vector, &v->fault_msg);
	write_event(v);
}

static void event_mask(struct irq_data *data)
{
	set_event_mask(irq_data_get_irq_chip_data(data), true);
}

static void event_unmask(struct irq_data *data)
{
	set_event_mask(irq_data_get_irq_chip_data(data), false);
}

/* Also called when the CPU it goes to is taken offline. */
static int event_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct irq_data *vector = data->parent_data;
	int ret = vector->chip->irq_set_affinity(vector, mask, force);

	if (ret < 0 || ret == IRQ_SET_MASK_OK_DONE)
		return ret;
	compose_event(data);
	return IRQ_SET_MASK_OK_DONE;
}

static struct irq_chip event_chip = {
	.name			= "nyx-dmar",
	.irq_ack		= irq_chip_ack_parent,
	.irq_mask		= event_mask,
	.irq_unmask		= event_unmask,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_affinity	= event_set_affinity,
	.flags			= IRQCHIP_SKIP_SET_WAKE,
};

static int event_alloc(struct irq_domain *domain, unsigned int virq, unsigned int nr, void *arg)
{
	int err = irq_domain_alloc_irqs_parent(domain, virq, nr, arg);

	if (err)
		return err;
	irq_domain_set_info(domain, virq, 0, &event_chip, domain->host_data, handle_edge_irq,
			    NULL, "edge");
	return 0;
}

/* The vector is chosen by now, and only now. */
static int event_activate(struct irq_domain *domain, struct irq_data *data, bool reserve)
{
	compose_event(data);
	return 0;
}

static const struct irq_domain_ops event_domain_ops = {
	.alloc = event_alloc,
	.free = irq_domain_free_irqs_common,
	.activate = event_activate,
};

static void release_event(struct vtd_unit *v)
{
	if (v->virq)
		irq_dispose_mapping(v->virq);
	v->virq = 0;
	if (v->irq_domain)
		irq_domain_remove(v->irq_domain);
	v->irq_domain = NULL;
	if (v->irq_fwnode)
		irq_domain_free_fwnode(v->irq_fwnode);
	v->irq_fwnode = NULL;
}

static int request_event(struct vtd_unit *v)
{
	struct irq_alloc_info info = { .type = X86_IRQ_ALLOC_TYPE_DMAR };
	int virq, err;

	v->irq_fwnode = irq_domain_alloc_named_id_fwnode("nyx-dmar", v->unit.id);
	if (!v->irq_fwnode)
		return -ENOMEM;
	v->irq_domain = irq_domain_create_hierarchy(x86_vector_domain, 0, 1, v->irq_fwnode,
						    &event_domain_ops, v);
	err = -ENOMEM;
	if (!v->irq_domain)
		goto release;
	virq = __irq_domain_alloc_irqs(v->irq_domain, -1, 1, v->unit.node_id, &info, false, NULL);
	err = virq;
	if (virq < 0)
		goto release;
	v->virq = virq;
	err = request_threaded_irq(v->virq, NULL, fault_thread, IRQF_ONESHOT, v->unit.name, v);
	if (!err)
		return 0;
release:
	release_event(v);
	return err;
}

void vtd_faults_init(struct vtd_unit *v)
{
	mutex_init(&v->fault_lock);
	INIT_DELAYED_WORK(&v->drain_work, drain_work);
	v->record_base = FIELD_GET(VTD_CAP_FRO, v->cap) * 16;
	v->nr_records = v->unit.caps.fault_records;
	v->fectl = VTD_FECTL_IM;
}

u32 vtd_faults_discard(struct vtd_unit *v)
{
	u32 i, at, found = 0;

	mutex_lock(&v->fault_lock);
	set_event_mask(v, true);
	for (i = 0; i < v->nr_records; i++) {
		at = v->record_base + i * VTD_FRCD_SIZE + VTD_FRCD_TOP;
		found += !!(nyx_read32(&v->io, at) & VTD_FRCD_TOP_F);
		nyx_write32(&v->io, at, VTD_FRCD_TOP_F);
	}
	nyx_write32(&v->io, VTD_FSTS, VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ITE | FSTS_LEFTOVERS);
	mutex_unlock(&v->fault_lock);
	return found;
}

void vtd_faults_start(struct vtd_unit *v)
{
	int err;

#ifdef NYX_KUNIT
	if (v->test && v->test->drain_by_hand)
		return;
#endif
	err = request_event(v);
	if (err)
		pr_warn("%s: no fault interrupt (%d): fault records are polled\n",
			v->unit.name, err);
	mutex_lock(&v->fault_lock);
	v->faults_running = true;
	v->polling = err;
	/* For what came between TE and the unmasking, should the unit not tell. */
	kick(v, 0);
	mutex_unlock(&v->fault_lock);
}

void vtd_faults_resume(struct vtd_unit *v)
{
	if (v->virq)
		write_event(v);
	nyx_write32(&v->io, VTD_FECTL, v->fectl);
}

void vtd_stop_faults(struct nyx_unit *unit)
{
	struct vtd_unit *v = to_vtd(unit);

	bool running;

	mutex_lock(&v->fault_lock);
	running = v->faults_running;
	v->faults_running = false;
	mutex_unlock(&v->fault_lock);
	if (!running)
		return;
	if (v->virq)
		free_irq(v->virq, v);
	cancel_delayed_work_sync(&v->drain_work);
	release_event(v);
	set_event_mask(v, true);
}
