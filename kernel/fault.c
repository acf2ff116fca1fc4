// SPDX-License-Identifier: GPL-2.0
/*
 * Fault records: every one the hardware delivers is counted once, for its
 * device, reason and domain; the last ones are kept, with those that software
 * reports; reaching the threshold fences the device. One log line a burst.
 */
#include <linux/pci.h>
#include <linux/timekeeping.h>

#include "core.h"
#include "nyx_trace.h"
#include "tests/hooks.h"

/* A device that has been silent this long starts a new burst. */
#define BURST_QUIET_NS	(5ULL * NSEC_PER_SEC)

#ifdef NYX_KUNIT
void (*nyx_fault_test_hook)(struct nyx_unit *unit, const struct nyx_fault_event *event);
void (*nyx_fault_overflow_test_hook)(struct nyx_unit *unit);
u64 (*nyx_fault_clock_test_hook)(void);
#endif

u64 nyx_fault_clock(void)
{
#ifdef NYX_KUNIT
	if (nyx_fault_clock_test_hook)
		return nyx_fault_clock_test_hook();
#endif
	return ktime_get_boottime_ns();
}

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

static void count_reason(struct nyx_fault_log *log, const struct nyx_fault_record *record)
{
	int i;

	for (i = 0; i < NYX_FAULT_REASONS; i++) {
		struct nyx_fault_count *count = &log->reasons[i];

		/* A number of the hardware's and one of a reporter's have nothing in common. */
		if (count->count &&
		    (count->reason != record->reason || count->reported != record->reported))
			continue;
		count->reason = record->reason;
		count->reported = record->reported;
		count->text = record->text;
		count->count++;
		return;
	}
	log->other_reasons++;
}

/* Into the device's log, when and as which one is filled in. True: the first of a burst. */
static bool log_record(struct nyx_device *device, struct nyx_fault_record *record,
		       const char *said)
{
	const struct nyx_policy policy = {
		READ_ONCE(device->policy.threshold), READ_ONCE(device->policy.window) };
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
	log->since_reset++;
	nyx_policy_fault(&log->count, &policy, nyx_fault_clock());
	count_reason(log, record);
	record->sequence = log->recorded;
	record->time_ns = now;
	record->epoch = READ_ONCE(device->epoch);
	if (record->reported)
		log->reported++;
	if (said) {
		typeof(&log->said[0]) slot = &log->said[log->reported % NYX_FAULT_SAID];

		slot->sequence = record->sequence;
		strscpy(slot->text, said, sizeof(slot->text));
	}
	log->records[(log->recorded - 1) % NYX_FAULT_RECORDS] = *record;
	spin_unlock_irqrestore(&log->lock, flags);
	return burst;
}

/* "DMA read fault", "interrupt fault" */
static const char *way(enum nyx_fault_kind kind)
{
	return kind == NYX_FAULT_INTERRUPT ? "" : "DMA ";
}

static void log_burst(struct nyx_device *device, const struct nyx_fault_record *record)
{
	if (record->has_address)
		pr_warn(NYX_NAME ": %s: %s%s fault at %#llx: %s (%#x); 'nyxctl fault show %s' has the counts\n",
			nyx_device_name(device), way(record->kind), kind_text(record->kind),
			record->address, record->text, record->reason, nyx_device_name(device));
	else
		pr_warn(NYX_NAME ": %s: %s%s fault: %s (%#x); 'nyxctl fault show %s' has the counts\n",
			nyx_device_name(device), way(record->kind), kind_text(record->kind),
			record->text, record->reason, nyx_device_name(device));
}

/* How things are now, for whoever asks later why. */
static void set_scene(struct nyx_fault_record *record, const struct nyx_device *device)
{
	record->scene.monotonic_ns = ktime_get_ns();
	record->scene.device_state = READ_ONCE(device->state);
	record->scene.resetting = READ_ONCE(device->resetting);
	record->scene.host_bound = READ_ONCE(device->host_bound);
}

/* The domain the device is in, counted there. */
static void count_in_domain(struct nyx_device *device, struct nyx_fault_record *record)
{
	struct nyx_domain *domain = nyx_domain_get(READ_ONCE(device->domain_id));

	if (!domain)
		return;
	record->domain_id = domain->id;
	record->scene.domain_disabled = READ_ONCE(domain->state) == NYX_DOMAIN_DISABLED;
	atomic64_inc(&domain->faults);
	nyx_domain_put(domain);
}

static enum nyx_policy_place place_of(const struct nyx_device *device)
{
	bool muted = READ_ONCE(device->muted);

	switch (READ_ONCE(device->state)) {
	case NYX_DEVICE_HOST:
		break;
	case NYX_DEVICE_BLOCKED:
		return muted ? NYX_PLACE_MUTED : NYX_PLACE_BLOCKED;
	case NYX_DEVICE_ASSIGNED:
		return NYX_PLACE_WORKING;
	case NYX_DEVICE_QUARANTINED:
		return NYX_PLACE_FENCED;
	case NYX_DEVICE_EXPORTED:
		if (READ_ONCE(device->domain_id))
			return NYX_PLACE_WORKING;
		if (READ_ONCE(device->host_bound))
			break;
		return muted ? NYX_PLACE_MUTED : NYX_PLACE_BLOCKED;
	case NYX_DEVICE_GONE:
		return NYX_PLACE_GONE;
	}
	return NYX_PLACE_HOST;
}

enum nyx_policy_action nyx_fault_action(const struct nyx_device *device, bool together)
{
	const struct nyx_policy policy = { .threshold = READ_ONCE(device->policy.threshold) };
	const struct nyx_policy_count count = { .count = READ_ONCE(device->faults.count.count) };

	return nyx_policy_decide(&count, &policy, place_of(device), together);
}

void nyx_fault_forgive(struct nyx_device *device)
{
	unsigned long flags;

	lockdep_assert_held(&nyx_registry_lock);
	spin_lock_irqsave(&device->faults.lock, flags);
	device->faults.since_reset = 0;
	device->faults.count.count = 0;
	spin_unlock_irqrestore(&device->faults.lock, flags);
	device->muted = false;
}

/* Whether it goes alone is the job's to see. */
static void check_threshold(struct nyx_device *device)
{
	if (nyx_fault_action(device, false) == NYX_ACTION_NONE)
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

/* Count it, keep it, and see what is due. said: in place of its text, for those who watch. */
static void record_fault(struct nyx_device *device, struct nyx_unit *unit,
			 struct nyx_fault_record *record, const char *said)
{
	struct nyx_event note = { .kind = NYX_EVENT_FAULT, .device = device, .fault = record };

	set_scene(record, device);
	count_in_domain(device, record);
	if (log_record(device, record, said))
		log_burst(device, record);
	if (said)
		record->text = said;
	trace_fault(device, unit, record);
	check_threshold(device);
	nyx_netlink_event(&note);
}

void nyx_fault_record(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	struct nyx_fault_record record = {
		.unit_id = unit->id,
		.kind = event->kind,
		.has_address = event->has_address,
		.address = event->address,
		.has_index = event->has_index,
		.index = event->index,
		.reason = event->reason,
		.text = event->text,
		.scene.class = event->class,
	};
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
	record_fault(device, unit, &record, NULL);
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
	/* One that left the bus has no group any more, and its entry may be somebody else's. */
	if (device->muted && device->state != NYX_DEVICE_GONE) {
		nyx_fault_forgive(device);
		nyx_device_apply(device);
	}
	mutex_unlock(&nyx_registry_lock);
	spin_lock_irqsave(&log->lock, flags);
	log->recorded = 0;
	log->reported = 0;
	log->since_reset = 0;
	log->count.count = 0;
	memset(log->reasons, 0, sizeof(log->reasons));
	log->other_reasons = 0;
	log->first_ns = 0;
	log->last_ns = 0;
	memset(log->records, 0, sizeof(log->records));
	memset(log->said, 0, sizeof(log->said));
	spin_unlock_irqrestore(&log->lock, flags);
}

/* ---- by software ---- */

static int check_report(const struct nyx_device *device, const struct nyx_fault_report *report,
			struct nyx_why *why)
{
	const char *c;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->state == NYX_DEVICE_GONE)
		return nyx_refuse(why, -ENODEV, NYX_ARG_DEVICE,
				  "%s has been removed from the bus", nyx_device_name(device));
	if (!device->domain && !device->export)
		return nyx_refuse(why, -EINVAL, NYX_ARG_DEVICE,
				  "%s is neither assigned nor exported: faults of the host's own devices are recorded by the units alone",
				  nyx_device_name(device));
	if (report->kind == NYX_FAULT_INTERRUPT)
		return nyx_refuse(why, -EINVAL, NYX_ARG_KIND,
				  "an interrupt is nothing to report: give read, write, exec or unknown");
	/* It is shown on terminals. */
	for (c = report->text; c && *c; c++)
		if (*c < ' ' || *c > '~')
			return nyx_refuse(why, -EINVAL, NYX_ARG_TEXT,
					  "the text has a character that cannot be printed at offset %zu: give plain ASCII",
					  c - report->text);
	return 0;
}

int nyx_fault_report(struct nyx_device *device, const struct nyx_fault_report *report,
		     struct nyx_why *why)
{
	struct nyx_fault_record record = {
		.kind = report->kind,
		.reported = true,
		.has_address = report->has_address,
		.address = report->address,
		.reason = report->reason,
		.text = "reported by software",
	};
	int err;

	mutex_lock(&nyx_registry_lock);
	err = check_report(device, report, why);
	mutex_unlock(&nyx_registry_lock);
	if (err)
		return err;
	/* Fixed: what is in a domain or exported has one. */
	record.unit_id = device->unit->id;
	record_fault(device, device->unit, &record, report->text && *report->text ? report->text : NULL);
	return 0;
}

const char *nyx_fault_text(const struct nyx_fault_log *log, const struct nyx_fault_record *record)
{
	int i;

	for (i = 0; record->reported && i < NYX_FAULT_SAID; i++)
		if (log->said[i].sequence == record->sequence)
			return log->said[i].text;
	return record->text;
}
