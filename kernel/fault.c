// SPDX-License-Identifier: GPL-2.0
/*
 * Fault records: every one the hardware delivers is counted once, for its
 * device, reason and domain; the last ones are kept; reaching the threshold
 * fences the device. One log line a burst.
 */
#include <linux/pci.h>
#include <linux/timekeeping.h>

#include "core.h"
#include "tests/hooks.h"

/* A device that has been silent this long starts a new burst. */
#define BURST_QUIET_NS	(5ULL * NSEC_PER_SEC)

#ifdef NYX_KUNIT
void (*nyx_fault_test_hook)(struct nyx_unit *unit, const struct nyx_fault_event *event);
void (*nyx_fault_overflow_test_hook)(struct nyx_unit *unit);
#endif

void nyx_fault_init(struct nyx_device *device)
{
	spin_lock_init(&device->faults.lock);
}

static const char *kind_text(enum nyx_fault_kind kind)
{
	switch (kind) {
	case NYX_FAULT_READ:
		return "read";
	case NYX_FAULT_WRITE:
		return "write";
	case NYX_FAULT_EXEC:
		return "execute";
	case NYX_FAULT_INTERRUPT:
		return "interrupt";
	default:
		return "request";
	}
}

static void count_reason(struct nyx_fault_log *log, const struct nyx_fault_event *event)
{
	int i;

	for (i = 0; i < NYX_FAULT_REASONS; i++) {
		struct nyx_fault_count *count = &log->reasons[i];

		if (count->count && count->reason != event->reason)
			continue;
		count->reason = event->reason;
		count->text = event->text;
		count->count++;
		return;
	}
	log->other_reasons++;
}

/* Into the device's log. Returns true for the first record of a burst. */
static bool log_record(struct nyx_device *device, struct nyx_unit *unit,
		       const struct nyx_fault_event *event, u32 domain_id,
		       struct nyx_fault_record *record)
{
	struct nyx_fault_log *log = &device->faults;
	u64 now = ktime_get_real_ns();
	unsigned long flags;
	bool burst;

	spin_lock_irqsave(&log->lock, flags);
	burst = !log->recorded || now - log->last_ns > BURST_QUIET_NS;
	if (!log->recorded)
		log->first_ns = now;
	log->last_ns = now;
	log->recorded++;
	log->towards_threshold++;
	count_reason(log, event);
	*record = (struct nyx_fault_record) {
		.sequence = log->recorded,
		.time_ns = now,
		.unit_id = unit->id,
		.domain_id = domain_id,
		.kind = event->kind,
		.has_address = event->has_address,
		.address = event->address,
		.has_index = event->has_index,
		.index = event->index,
		.reason = event->reason,
		.text = event->text,
	};
	log->records[(log->recorded - 1) % NYX_FAULT_RECORDS] = *record;
	spin_unlock_irqrestore(&log->lock, flags);
	return burst;
}

/* "DMA read fault", "interrupt fault" */
static const char *way(enum nyx_fault_kind kind)
{
	return kind == NYX_FAULT_INTERRUPT ? "" : "DMA ";
}

static void log_burst(struct nyx_device *device, const struct nyx_fault_event *event)
{
	if (event->has_address)
		pr_warn(NYX_NAME ": %s: %s%s fault at %#llx: %s (%#x); 'nyxctl fault show %s' has the counts\n",
			nyx_device_name(device), way(event->kind), kind_text(event->kind), event->address,
			event->text, event->reason, nyx_device_name(device));
	else
		pr_warn(NYX_NAME ": %s: %s%s fault: %s (%#x); 'nyxctl fault show %s' has the counts\n",
			nyx_device_name(device), way(event->kind), kind_text(event->kind), event->text,
			event->reason, nyx_device_name(device));
}

/* The domain the device is in, counted there. Returns its id, 0 for none. */
static u32 count_in_domain(struct nyx_device *device)
{
	struct nyx_domain *domain = nyx_domain_get(READ_ONCE(device->domain_id));
	u32 id = 0;

	if (domain) {
		id = domain->id;
		atomic64_inc(&domain->faults);
		nyx_domain_put(domain);
	}
	return id;
}

bool nyx_fault_too_many(const struct nyx_device *device)
{
	u32 threshold = READ_ONCE(device->fault_threshold);

	/* "Never" is about fencing; what is blocked anyway must not fill the unit's log. */
	if (!threshold && READ_ONCE(device->state) == NYX_DEVICE_BLOCKED)
		threshold = NYX_FAULT_THRESHOLD;
	return threshold && READ_ONCE(device->faults.towards_threshold) >= threshold;
}

void nyx_fault_forgive(struct nyx_device *device)
{
	unsigned long flags;

	lockdep_assert_held(&nyx_registry_lock);
	spin_lock_irqsave(&device->faults.lock, flags);
	device->faults.towards_threshold = 0;
	spin_unlock_irqrestore(&device->faults.lock, flags);
	device->muted = false;
}

static void check_threshold(struct nyx_device *device)
{
	enum nyx_device_state state = READ_ONCE(device->state);

	if (!nyx_fault_too_many(device))
		return;
	if (state != NYX_DEVICE_ASSIGNED &&
	    (state != NYX_DEVICE_BLOCKED || READ_ONCE(device->muted)))
		return;
	kref_get(&device->ref);
	if (!queue_work(nyx_wq, &device->quarantine_work))
		nyx_device_put(device);
}

/* No device has that id. One line a burst here too: such ids cost an attacker nothing. */
static void count_unattributed(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	u64 now = ktime_get_ns();

	atomic64_inc(&unit->faults_unattributed);
	if (!unit->unattributed_ns || now - unit->unattributed_ns > BURST_QUIET_NS)
		pr_warn(NYX_NAME ": %s: %s%s from requester %04x, which is no device, refused: %s; 'nyxctl unit show' counts them\n",
			unit->name, way(event->kind), kind_text(event->kind), event->rid, event->text);
	unit->unattributed_ns = now;
}

void nyx_fault_record(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	struct nyx_event note = { .kind = NYX_EVENT_FAULT };
	struct nyx_fault_record record;
	struct nyx_device *device;

#ifdef NYX_KUNIT
	if (nyx_fault_test_hook) {
		nyx_fault_test_hook(unit, event);
		return;
	}
#endif
	atomic64_inc(&unit->faults_recorded);
	device = nyx_registry_find_rid(unit, event->rid);
	if (!device) {
		count_unattributed(unit, event);
		return;
	}
	if (log_record(device, unit, event, count_in_domain(device), &record))
		log_burst(device, event);
	check_threshold(device);
	note.device = device;
	note.fault = &record;
	nyx_netlink_event(&note);
	nyx_device_put(device);
}

void nyx_fault_overflow(struct nyx_unit *unit)
{
#ifdef NYX_KUNIT
	if (nyx_fault_overflow_test_hook) {
		nyx_fault_overflow_test_hook(unit);
		return;
	}
#endif
	atomic64_inc(&unit->fault_overflows);
}

void nyx_fault_snapshot(struct nyx_device *device, struct nyx_fault_log *copy)
{
	unsigned long flags;

	spin_lock_irqsave(&device->faults.lock, flags);
	*copy = device->faults;
	spin_unlock_irqrestore(&device->faults.lock, flags);
}

void nyx_fault_clear(struct nyx_device *device)
{
	struct nyx_fault_log *log = &device->faults;
	unsigned long flags;

	mutex_lock(&nyx_registry_lock);
	if (device->muted) {
		nyx_fault_forgive(device);
		nyx_device_apply(device);
	}
	mutex_unlock(&nyx_registry_lock);
	spin_lock_irqsave(&log->lock, flags);
	log->recorded = 0;
	log->towards_threshold = 0;
	memset(log->reasons, 0, sizeof(log->reasons));
	log->other_reasons = 0;
	log->first_ns = 0;
	log->last_ns = 0;
	memset(log->records, 0, sizeof(log->records));
	spin_unlock_irqrestore(&log->lock, flags);
}
