// SPDX-License-Identifier: GPL-2.0
/*
 * The event log of an AMD-Vi unit: its interrupt, draining it without losing
 * or repeating a record, overflow, and what an event means.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "amdvi.h"

#define LOG_ORDER	get_order(AMDVI_EVENTS * sizeof(struct amdvi_event))

/* An entry whose code is still 0 after this long will not come. */
#define LATE_US		2000
/* Looks at the log before others get their turn. */
#define PASSES_MAX	4
/* Entries between two updates of the head register. */
#define HEAD_BATCH	32

/* Of an interrupt: PR is its table entry's RemapEn. */
static const char *interrupt_text(u64 word)
{
	if (!(word & AMDVI_EVENT_PR))
		return "interrupt that no entry of its table allows";
	if (word & AMDVI_EVENT_RZ)
		return "reserved bits set in its interrupt table entry";
	return "interrupt that its table entry does not allow";
}

/* PR = 0: no translation there, or none at all for the device. */
static enum nyx_fault_class page_fault_class(u64 word)
{
	if (word & AMDVI_EVENT_TR)
		return NYX_FAULT_CLASS_TRANSLATION;
	if (!(word & AMDVI_EVENT_PR))
		return NYX_FAULT_CLASS_PAGE_OR_BLOCKED;
	if (word & AMDVI_EVENT_RZ)
		return NYX_FAULT_CLASS_BAD_ENTRY;
	return word & AMDVI_EVENT_PE ? NYX_FAULT_CLASS_PAGE : NYX_FAULT_CLASS_PAGE_OR_BLOCKED;
}

static const char *page_fault_text(u64 word)
{
	if (word & AMDVI_EVENT_I)
		return interrupt_text(word);
	if (word & AMDVI_EVENT_TR)
		return "translation request refused";
	if (!(word & AMDVI_EVENT_PR))
		return "address is not mapped, or the device is blocked";
	if (word & AMDVI_EVENT_RZ)
		return "reserved bit set or invalid level in a page table entry";
	if (word & AMDVI_EVENT_PE)
		return word & AMDVI_EVENT_RW ? "mapping is not writable" :
					       "mapping is not readable";
	return "page fault";
}

/* INVALID_DEVICE_REQUEST, Type field (2.5.9). */
#define REQUEST_TRANSLATED	1
static const char *request_text(u64 word)
{
	static const char * const text[] = {
		[0] = "read of the interrupt range",
		[REQUEST_TRANSLATED] = "address already translated, which the device may not claim",
		[2] = "port I/O that its device table entry does not allow",
		[3] = "request to a special address range that it may not use",
		[4] = "request to a special address range that it may not use",
		[5] = "interrupt that its device table entry does not allow",
		[6] = "request to a special address range that it may not use",
		[7] = "request to a special address range that it may not use",
	};

	return text[FIELD_GET(AMDVI_EVENT_REQUEST_TYPE, word)];
}

/* Units write addresses of the HyperTransport range with bits 63:40 set. */
static bool in_ht_interrupt_range(u64 address)
{
	u64 high = address & ~AMDVI_HT_MASK;

	address &= AMDVI_HT_MASK;
	return (!high || high == ~AMDVI_HT_MASK) &&
	       address >= AMDVI_HT_INT_FIRST && address <= AMDVI_HT_INT_LAST;
}

static bool in_interrupt_range(u64 address)
{
	return (address >= AMDVI_INT_FIRST && address <= AMDVI_INT_LAST) ||
	       in_ht_interrupt_range(address);
}

/*
 * Who asked for which entry: a message of the x86 range has the number in its data, which is
 * not in the event; as a HyperTransport one it has all in its address.
 */
static void decode_interrupt(struct nyx_fault_event *out)
{
	out->kind = NYX_FAULT_INTERRUPT;
	out->has_index = in_ht_interrupt_range(out->address);
	if (out->has_index)
		out->index = FIELD_GET(AMDVI_HT_INT_MT, out->address) << 8 |
			     FIELD_GET(AMDVI_HT_INT_VECTOR, out->address);
}

static void decode_page_fault(const struct amdvi_event *event, struct nyx_fault_event *out)
{
	u64 word = event->word[0];

	out->text = page_fault_text(word);
	out->class = page_fault_class(word);
	out->has_address = true;
	out->address = event->word[1];
	/* With GN the field is a PASID; domain id 0 is never a live domain's. */
	out->hwdid = FIELD_GET(AMDVI_EVENT_DOMAIN_ID, word);
	out->has_hwdid = !(word & AMDVI_EVENT_GN) && out->hwdid != NYX_HWDID_RESERVED;

	if (word & AMDVI_EVENT_I) {
		if (in_interrupt_range(out->address)) {
			decode_interrupt(out);
			return;
		}
		/*
		 * An interrupt request outside the interrupt ranges cannot be:
		 * emulators flag plain DMA so, with the address left out.
		 */
		out->kind = NYX_FAULT_UNKNOWN;
		out->text = "page fault, details not reported by the unit";
		out->class = NYX_FAULT_CLASS_PAGE_OR_BLOCKED;
		out->has_address = out->address != 0;
	} else if (word & AMDVI_EVENT_TR) {
		out->kind = NYX_FAULT_UNKNOWN;	/* RW has no meaning (2.5.3) */
	} else if (word & AMDVI_EVENT_NX) {
		out->kind = NYX_FAULT_EXEC;
	} else {
		out->kind = word & AMDVI_EVENT_RW ? NYX_FAULT_WRITE : NYX_FAULT_READ;
	}
}

bool amdvi_decode_event(const struct amdvi_event *event, struct nyx_fault_event *out,
			const char **text)
{
	u64 word = event->word[0];
	u32 code = FIELD_GET(AMDVI_EVENT_CODE, word);

	*text = NULL;
	*out = (struct nyx_fault_event) {
		.rid = FIELD_GET(AMDVI_EVENT_DEVICE_ID, word),
		.kind = NYX_FAULT_UNKNOWN,
		.reason = code << 16 | FIELD_GET(AMDVI_EVENT_FLAGS, word),
	};

	switch (code) {
	case AMDVI_ILLEGAL_DEV_TABLE_ENTRY:
		out->text = "its device table entry is not valid";
		out->class = NYX_FAULT_CLASS_BAD_ENTRY;
		out->has_address = true;
		out->address = event->word[1];
		out->kind = word & AMDVI_EVENT_I ? NYX_FAULT_INTERRUPT :
			    word & AMDVI_EVENT_TR ? NYX_FAULT_UNKNOWN :
			    word & AMDVI_EVENT_RW ? NYX_FAULT_WRITE : NYX_FAULT_READ;
		return true;
	case AMDVI_IO_PAGE_FAULT:
		decode_page_fault(event, out);
		return true;
	/* The address of the next two is that of a table in memory, not the device's. */
	case AMDVI_DEV_TAB_HARDWARE_ERROR:
		out->text = "hardware error reading its device table entry";
		out->class = NYX_FAULT_CLASS_TABLE_ACCESS;
		return true;
	case AMDVI_PAGE_TAB_HARDWARE_ERROR:
		out->text = "hardware error reading its page table";
		out->class = NYX_FAULT_CLASS_TABLE_ACCESS;
		return true;
	case AMDVI_IOTLB_INV_TIMEOUT:
		out->text = "did not answer an invalidation of its own TLB";
		out->class = NYX_FAULT_CLASS_DEVICE_TLB;
		return true;
	case AMDVI_INVALID_DEVICE_REQUEST:
		out->text = request_text(word);
		out->class = FIELD_GET(AMDVI_EVENT_REQUEST_TYPE, word) == REQUEST_TRANSLATED ?
			     NYX_FAULT_CLASS_TRANSLATION : NYX_FAULT_CLASS_RANGE;
		out->has_address = true;
		out->address = event->word[1];
		if (in_interrupt_range(out->address))
			decode_interrupt(out);
		return true;
	case AMDVI_INVALID_PPR_REQUEST:
		out->text = "invalid page request";
		out->class = NYX_FAULT_CLASS_TRANSLATION;
		return true;
	case AMDVI_RMP_PAGE_FAULT:
		out->text = "refused by the reverse map table";
		out->has_address = true;
		out->address = event->word[1];
		out->kind = word & AMDVI_EVENT_RW ? NYX_FAULT_WRITE : NYX_FAULT_READ;
		return true;
	case AMDVI_RMP_HARDWARE_ERROR:
		out->text = "hardware error reading the reverse map table";
		out->class = NYX_FAULT_CLASS_TABLE_ACCESS;
		return true;
	case AMDVI_ILLEGAL_COMMAND_ERROR:
		*text = "illegal command";
		break;
	case AMDVI_COMMAND_HARDWARE_ERROR:
		*text = "hardware error reading a command";
		break;
	case AMDVI_EVENT_COUNTER_ZERO:
		*text = "performance counter wrapped";
		break;
	case AMDVI_GUEST_EVENT_FAULT:
		*text = "guest event fault";
		break;
	case AMDVI_VIOMMU_HARDWARE_ERROR:
		*text = "vIOMMU hardware error";
		break;
	case 0:
		*text = "log entry that was never completed";
		break;
	default:
		*text = "unknown event";
	}
	return false;
}

/*
 * Take the entry at the head out of the log. The tail may pass an entry before
 * its data has arrived; software waits for the code to become non-zero, which
 * it can only see if every slot is zeroed after use.
 */
static void take(struct amdvi_unit *amdvi, struct amdvi_event *out)
{
	struct amdvi_event *slot = &amdvi->log[amdvi->log_head];
	unsigned int waited;

	out->word[0] = READ_ONCE(slot->word[0]);
	for (waited = 0; !FIELD_GET(AMDVI_EVENT_CODE, out->word[0]) && waited < LATE_US; waited++) {
		udelay(1);
#ifdef NYX_KUNIT
		if (amdvi->late_hook)
			amdvi->late_hook(amdvi);
#endif
		out->word[0] = READ_ONCE(slot->word[0]);
	}
	dma_rmb();
	out->word[1] = READ_ONCE(slot->word[1]);
	WRITE_ONCE(slot->word[0], 0);
	WRITE_ONCE(slot->word[1], 0);
	amdvi->log_head = (amdvi->log_head + 1) % AMDVI_EVENTS;
}

static void report(struct amdvi_unit *amdvi, const struct amdvi_event *event)
{
	struct nyx_fault_event fault;
	const char *text;

	if (amdvi_decode_event(event, &fault, &text)) {
		if (FIELD_GET(AMDVI_EVENT_CODE, event->word[0]) == AMDVI_IOTLB_INV_TIMEOUT &&
		    fault.rid == READ_ONCE(amdvi->awaited))
			WRITE_ONCE(amdvi->given_up, true);
		nyx_fault_record(&amdvi->unit, &fault);
		return;
	}
	amdvi->unit_errors++;
	pr_err_ratelimited("%s: %s (event %016llx %016llx)\n", amdvi->unit.name, text,
			   event->word[0], event->word[1]);
}

static void write_head(struct amdvi_unit *amdvi)
{
	/* writeq orders it after the slots were zeroed: a reused slot is never cleared. */
	nyx_write64(&amdvi->io, AMDVI_EVENT_HEAD, amdvi->log_head * sizeof(struct amdvi_event));
}

/* What was in the log when called, at most one round. Returns how many. */
static unsigned int read_log(struct amdvi_unit *amdvi)
{
	u32 tail = FIELD_GET(AMDVI_RING_PTR, nyx_read64(&amdvi->io, AMDVI_EVENT_TAIL));
	struct amdvi_event event;
	unsigned int nr = 0;

	if (tail >= AMDVI_EVENTS) {
		pr_err_ratelimited("%s: event log tail %u is outside the log\n",
				   amdvi->unit.name, tail);
		return 0;
	}
	dma_rmb();
	while (amdvi->log_head != tail) {
		take(amdvi, &event);
		report(amdvi, &event);
		if (++nr % HEAD_BATCH == 0)
			write_head(amdvi);
	}
	if (nr)
		write_head(amdvi);
	return nr;
}

/*
 * After EventOverflow the unit drops events until the bit is cleared and
 * EventLogEn is written again (3.4.14, Event Overflow); the log restarts only if
 * EventLogEn has been 0 in between, with the log stopped.
 */
static void restart_log(struct amdvi_unit *amdvi)
{
	u64 control = amdvi->control;

	amdvi_write_control(amdvi, control & ~(AMDVI_CONTROL_EVENT_LOG_EN |
					       AMDVI_CONTROL_EVENT_INT_EN));
	if (amdvi_wait_status(amdvi, AMDVI_STATUS_EVENT_LOG_RUN, 0))
		pr_err_ratelimited("%s: the event log does not stop\n", amdvi->unit.name);
	/* What came between the last look and the stop. */
	read_log(amdvi);
	nyx_write64(&amdvi->io, AMDVI_STATUS,
		    AMDVI_STATUS_EVENT_OVERFLOW | AMDVI_STATUS_EVENT_LOG_INT);
	amdvi_write_control(amdvi, control);
	nyx_fault_overflow(&amdvi->unit);
}

/* Returns true where it gave up with the log perhaps not empty. */
static bool drain(struct amdvi_unit *amdvi)
{
	unsigned int pass, nr;
	u64 status;

	lockdep_assert_held(&amdvi->log_mutex);
	for (pass = 0; pass < PASSES_MAX; pass++) {
		status = nyx_read64(&amdvi->io, AMDVI_STATUS);
		/*
		 * Before the log is read: an event that comes later sets it
		 * again. Some units set it while it is being cleared and then
		 * raise no interrupt, so the loop ends only when it reads 0.
		 */
		if (status & AMDVI_STATUS_EVENT_LOG_INT)
			nyx_write64(&amdvi->io, AMDVI_STATUS, AMDVI_STATUS_EVENT_LOG_INT);
		nr = read_log(amdvi);
		if (status & AMDVI_STATUS_EVENT_OVERFLOW &&
		    amdvi->control & AMDVI_CONTROL_EVENT_LOG_EN)
			restart_log(amdvi);
		else if (!nr && !(status & AMDVI_STATUS_EVENT_LOG_INT))
			return false;
	}
	return true;
}

void amdvi_drain_faults(struct nyx_unit *unit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);

	mutex_lock(&amdvi->log_mutex);
	drain(amdvi);
	mutex_unlock(&amdvi->log_mutex);
}

/* From the interrupt thread or the poll: drain, and come back where it is worth it. */
static void drain_and_requeue(struct amdvi_unit *amdvi)
{
	bool more;

	mutex_lock(&amdvi->log_mutex);
	more = drain(amdvi);
	if (amdvi->faults_on && amdvi->poll_interval && (more || !amdvi->irq))
		queue_delayed_work(system_freezable_wq, &amdvi->poll,
				   more ? 1 : amdvi->poll_interval);
	mutex_unlock(&amdvi->log_mutex);
}

static irqreturn_t event_irq(int irq, void *data)
{
	return IRQ_WAKE_THREAD;
}

static irqreturn_t event_thread(int irq, void *data)
{
	drain_and_requeue(data);
	return IRQ_HANDLED;
}

static void poll_work(struct work_struct *work)
{
	drain_and_requeue(container_of(to_delayed_work(work), struct amdvi_unit, poll));
}

static int get_irq(struct amdvi_unit *amdvi)
{
	struct pci_dev *pdev = amdvi->function.pdev;
	int err;

	if (!pdev)
		return -ENODEV;
	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		goto disable;
	err = request_threaded_irq(pci_irq_vector(pdev, 0), event_irq, event_thread, 0,
				   amdvi->unit.name, amdvi);
	if (err)
		goto free_vectors;
	amdvi->irq = pci_irq_vector(pdev, 0);
	return 0;

free_vectors:
	pci_free_irq_vectors(pdev);
disable:
	pci_disable_device(pdev);
	return err;
}

void amdvi_start_faults(struct amdvi_unit *amdvi)
{
	int err = get_irq(amdvi);

	if (err && amdvi->poll_interval)
		pr_warn("%s: no event interrupt (%d): the event log is polled, faults show up to %u ms late\n",
			amdvi->unit.name, err, jiffies_to_msecs(amdvi->poll_interval));
	/* At once: the function that has just given an interrupt may have left the bus again. */
	mutex_lock(&amdvi->log_mutex);
	amdvi->faults_on = true;
	if (!amdvi->irq && amdvi->poll_interval)
		queue_delayed_work(system_freezable_wq, &amdvi->poll, amdvi->poll_interval);
	mutex_unlock(&amdvi->log_mutex);
}

/*
 * False: there was none. Whoever waits for it must not hold log_mutex, which its thread takes.
 * The function stays enabled: its unit may need the bus mastering for as long as it translates.
 */
static bool give_up_irq(struct amdvi_unit *amdvi)
{
	int irq;

	mutex_lock(&amdvi->log_mutex);
	irq = amdvi->irq;
	amdvi->irq = 0;
	/* Without an interrupt of ours it may be somebody else's bit. */
	if (irq && amdvi->control & AMDVI_CONTROL_EVENT_INT_EN)
		amdvi_write_control(amdvi, amdvi->control & ~AMDVI_CONTROL_EVENT_INT_EN);
	mutex_unlock(&amdvi->log_mutex);
	if (!irq)
		return false;
	free_irq(irq, amdvi);
	pci_free_irq_vectors(amdvi->function.pdev);
	return true;
}

void amdvi_stop_faults(struct nyx_unit *unit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);

	mutex_lock(&amdvi->log_mutex);
	amdvi->faults_on = false;
	mutex_unlock(&amdvi->log_mutex);
	if (give_up_irq(amdvi))
		pci_disable_device(amdvi->function.pdev);
	cancel_delayed_work_sync(&amdvi->poll);
}

/* Its registers are not the function's: the unit itself does not notice. */
void amdvi_function_leaves(struct nyx_unit *unit, const struct pci_dev *pdev)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);

	if (pdev != amdvi->function.pdev || !give_up_irq(amdvi))
		return;
	pr_warn("%s: its PCI function %s leaves the bus; the unit stays in use, and its event log is polled from now on: faults show up to %u ms late\n",
		unit->name, pci_name(pdev), jiffies_to_msecs(amdvi->poll_interval));
	mutex_lock(&amdvi->log_mutex);
	if (amdvi->faults_on && amdvi->poll_interval)
		queue_delayed_work(system_freezable_wq, &amdvi->poll, amdvi->poll_interval);
	mutex_unlock(&amdvi->log_mutex);
}

int amdvi_log_init(struct amdvi_unit *amdvi)
{
	struct page *page = alloc_pages_node(amdvi->unit.node_id, GFP_KERNEL | __GFP_ZERO,
					     LOG_ORDER);

	BUILD_BUG_ON(AMDVI_EVENTS < 256 || AMDVI_EVENTS > 32768);
	mutex_init(&amdvi->log_mutex);
	INIT_DELAYED_WORK(&amdvi->poll, poll_work);
	amdvi->poll_interval = msecs_to_jiffies(100);
	if (!page)
		return -ENOMEM;
	amdvi->log = page_address(page);
	return 0;
}

void amdvi_log_free(struct amdvi_unit *amdvi)
{
	free_pages((unsigned long)amdvi->log, LOG_ORDER);
	amdvi->log = NULL;
}
