// SPDX-License-Identifier: GPL-2.0
/*
 * Fault records: counted once wherever they count, the newest kept in order, and the
 * threshold that fences a device.
 */
#include <linux/kthread.h>
#include <linux/slab.h>

#include "core_fixture.h"

#define STORM	3000

struct setup {
	struct core_unit *unit;
	struct nyx_device *device;
	struct nyx_domain *domain;
	struct nyx_fault_log *log;	/* for snapshots, too big for a stack */
};

static struct setup make(struct kunit *test)
{
	struct setup s = {
		.unit = core_unit(test, 0),
		.log = kunit_kzalloc(test, sizeof(*s.log), GFP_KERNEL),
	};

	KUNIT_ASSERT_NOT_NULL(test, s.log);
	s.device = core_endpoint(test, RID(1, 0, 0));
	s.domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, s.device, s.domain);
	return s;
}

static void fault(struct setup *s, u16 rid, u32 reason, u64 address)
{
	const struct nyx_fault_event event = {
		.rid = rid,
		.kind = NYX_FAULT_WRITE,
		.has_address = true,
		.address = address,
		.reason = reason,
		.text = "a test's reason",
	};

	nyx_fault_record(&s->unit->unit, &event);
}

static void faults(struct setup *s, u32 nr)
{
	while (nr--)
		fault(s, s->device->rid, 5, nr);
	core_settle();
}

static void counted_once(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));
	struct nyx_fault_log *log = s.log;

	fault(&s, s.device->rid, 5, 0x1000);
	fault(&s, s.device->rid, 6, 0x2000);
	fault(&s, s.device->rid, 5, 0x3000);
	fault(&s, other->rid, 7, 0x4000);

	nyx_fault_snapshot(s.device, log);
	KUNIT_EXPECT_EQ(test, log->recorded, 3);
	KUNIT_EXPECT_EQ(test, log->since_reset, 3);
	KUNIT_EXPECT_EQ(test, log->reasons[0].reason, 5);
	KUNIT_EXPECT_EQ(test, log->reasons[0].count, 2);
	KUNIT_EXPECT_STREQ(test, log->reasons[0].text, "a test's reason");
	KUNIT_EXPECT_EQ(test, log->reasons[1].reason, 6);
	KUNIT_EXPECT_EQ(test, log->reasons[1].count, 1);
	KUNIT_EXPECT_EQ(test, log->reasons[2].count, 0);
	KUNIT_EXPECT_EQ(test, log->other_reasons, 0);
	KUNIT_EXPECT_EQ(test, log->records[0].sequence, 1);
	KUNIT_EXPECT_EQ(test, log->records[0].domain_id, s.domain->id);
	KUNIT_EXPECT_EQ(test, log->records[0].unit_id, 0);
	KUNIT_EXPECT_EQ(test, log->records[0].kind, NYX_FAULT_WRITE);
	KUNIT_EXPECT_TRUE(test, log->records[0].has_address);
	KUNIT_EXPECT_EQ(test, log->records[2].address, 0x3000);
	KUNIT_EXPECT_EQ(test, log->records[3].sequence, 0);
	KUNIT_EXPECT_EQ(test, log->first_ns, log->records[0].time_ns);
	KUNIT_EXPECT_EQ(test, log->last_ns, log->records[2].time_ns);

	nyx_fault_snapshot(other, log);
	KUNIT_EXPECT_EQ(test, log->recorded, 1);
	KUNIT_EXPECT_EQ(test, log->records[0].domain_id, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->faults), 3);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.faults_recorded), 4);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.faults_unattributed), 0);
	KUNIT_EXPECT_EQ(test, core.nr_fault_events, 4);
	KUNIT_EXPECT_EQ(test, core.last_fault.address, 0x4000);
}

static void newest_kept_in_order(struct kunit *test)
{
	struct setup s = make(test);
	const u32 nr = 3 * NYX_FAULT_RECORDS + 5;
	u32 i;

	nyx_device_set_threshold(s.device, 0, NULL);
	for (i = 1; i <= nr; i++)
		fault(&s, s.device->rid, 5, i);
	nyx_fault_snapshot(s.device, s.log);
	KUNIT_EXPECT_EQ(test, s.log->recorded, nr);
	for (i = nr - NYX_FAULT_RECORDS + 1; i <= nr; i++) {
		const struct nyx_fault_record *r = &s.log->records[(i - 1) % NYX_FAULT_RECORDS];

		KUNIT_EXPECT_EQ(test, r->sequence, i);
		KUNIT_EXPECT_EQ(test, r->address, i);
	}
}

static void reasons_beyond_the_table(struct kunit *test)
{
	struct setup s = make(test);
	u32 i;

	nyx_device_set_threshold(s.device, 0, NULL);
	for (i = 0; i < NYX_FAULT_REASONS + 3; i++)
		fault(&s, s.device->rid, 100 + i, 0);
	fault(&s, s.device->rid, 100 + NYX_FAULT_REASONS - 1, 0);
	nyx_fault_snapshot(s.device, s.log);
	KUNIT_EXPECT_EQ(test, s.log->other_reasons, 3);
	for (i = 0; i < NYX_FAULT_REASONS; i++) {
		KUNIT_EXPECT_EQ(test, s.log->reasons[i].reason, 100 + i);
		KUNIT_EXPECT_EQ(test, s.log->reasons[i].count,
				i == NYX_FAULT_REASONS - 1 ? 2 : 1);
	}
}

static void threshold_edge(struct kunit *test)
{
	struct setup s = make(test);

	faults(&s, NYX_POLICY_THRESHOLD - 1);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_TRUE(test, core_is_master(s.device->pdev));
	faults(&s, 1);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_FALSE(test, core_is_master(s.device->pdev));
	KUNIT_EXPECT_STREQ(test, s.device->state_cause, "10 faults reached the threshold of 10");
	KUNIT_EXPECT_PTR_EQ(test, s.device->domain, s.domain);
	CORE_EXPECT_LOG(test, "E0100=fenced M0100- S0100=quarantined ");
	/* Counted on, but it cannot be fenced twice. */
	faults(&s, 20);
	nyx_fault_snapshot(s.device, s.log);
	KUNIT_EXPECT_EQ(test, s.log->recorded, 30);
	CORE_EXPECT_LOG(test, "");
}

static void threshold_off(struct kunit *test)
{
	struct setup s = make(test);

	KUNIT_ASSERT_EQ(test, nyx_device_set_threshold(s.device, 0, NULL), 0);
	faults(&s, 500);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_ASSIGNED);
	/* Switched on afterwards, all since the last reset counts. */
	KUNIT_ASSERT_EQ(test, nyx_device_set_threshold(s.device, 501, NULL), 0);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_ASSIGNED);
	faults(&s, 1);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
}

static void threshold_of_one(struct kunit *test)
{
	struct setup s = make(test);

	nyx_device_set_threshold(s.device, 1, NULL);
	faults(&s, 1);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
}

/* A host device is counted and left alone; one that is held but in no domain is not fenced. */
static void only_assigned_are_fenced(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_device *host = core_endpoint(test, RID(2, 0, 0));
	struct nyx_device *held = core_endpoint(test, RID(3, 0, 0));
	u32 i;

	core_hold(held);
	for (i = 0; i < 2 * NYX_POLICY_THRESHOLD; i++) {
		fault(&s, host->rid, 5, i);
		fault(&s, held->rid, 5, i);
	}
	core_settle();
	KUNIT_EXPECT_EQ(test, host->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, held->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->faults), 0);
	CORE_EXPECT_LOG(test, "E0300=fenced S0300=blocked ");
}

/*
 * A device that is blocked anyway: after the first burst its faults are suppressed, whatever
 * its threshold, until somebody wants to see them or it changes hands.
 */
static void blocked_storm_is_muted(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_device *held = core_endpoint(test, RID(3, 0, 0));
	u32 i;

	core_hold(held);
	nyx_device_set_threshold(held, 0, NULL);
	for (i = 1; i < NYX_POLICY_THRESHOLD; i++)
		fault(&s, held->rid, 5, i);
	core_settle();
	KUNIT_EXPECT_FALSE(test, held->muted);
	CORE_EXPECT_LOG(test, "");
	fault(&s, held->rid, 5, i);
	core_settle();
	KUNIT_EXPECT_TRUE(test, held->muted);
	KUNIT_EXPECT_EQ(test, held->state, NYX_DEVICE_BLOCKED);
	CORE_EXPECT_LOG(test, "E0300=fenced S0300=blocked ");
	/* What was on its way still counts, and changes nothing. */
	for (i = 0; i < 3 * NYX_POLICY_THRESHOLD; i++)
		fault(&s, held->rid, 5, i);
	CORE_EXPECT_LOG(test, "");
	nyx_fault_clear(held);
	KUNIT_EXPECT_FALSE(test, held->muted);
	CORE_EXPECT_LOG(test, "E0300=blocked ");
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		fault(&s, held->rid, 5, i);
	CORE_EXPECT_LOG(test, "E0300=fenced S0300=blocked ");
	/* A domain of its own is a new beginning. */
	KUNIT_EXPECT_EQ(test, nyx_device_assign(held, core_domain(test, NYX_DOMAIN_STRICT), NULL),
			0);
	KUNIT_EXPECT_FALSE(test, held->muted);
	KUNIT_EXPECT_EQ(test, held->state, NYX_DEVICE_ASSIGNED);
}

/* Cleared by somebody who got hold of it before it left the bus, and its group. */
static void cleared_when_gone(struct kunit *test)
{
	struct nyx_device *held = core_endpoint(test, RID(2, 0, 0));

	mutex_lock(&nyx_registry_lock);
	held->muted = true;
	mutex_unlock(&nyx_registry_lock);
	kref_get(&held->ref);
	core_depart(held->pdev);
	KUNIT_EXPECT_EQ(test, held->state, NYX_DEVICE_GONE);
	core_clear_log();
	nyx_fault_clear(held);
	CORE_EXPECT_LOG(test, "");
	held->resetting = true;
	nyx_reset_test_finish(held, 0);
	CORE_EXPECT_LOG(test, "");
	nyx_device_put(held);
}

static void untrusted_storm_is_muted(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_device *untrusted = core_device(test, &(struct core_function) {
		.rid = RID(2, 0, 0), .untrusted = true });
	u32 i;

	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		fault(&s, untrusted->rid, 5, i);
	CORE_EXPECT_LOG(test, "E0200=fenced S0200=blocked ");
	KUNIT_EXPECT_TRUE(test, core_entry(s.unit, untrusted->rid)->suppress_faults);
}

/* An idle neighbour of an assigned device, and the end of that assignment. */
static void group_blocked_storm_is_muted(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct setup s = { .unit = unit };
	struct nyx_device *device, *neighbour;
	u32 i;

	device = core_device(test, &(struct core_function) { .rid = RID(1, 0, 0), .multi = true });
	neighbour = core_device(test, &(struct core_function) { .rid = RID(1, 0, 1), .multi = true });
	core_assign(test, device, core_domain(test, NYX_DOMAIN_STRICT));
	KUNIT_ASSERT_TRUE(test, neighbour->group_blocked);
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		fault(&s, neighbour->rid, 5, i);
	CORE_EXPECT_LOG(test, "E0101=fenced S0101=blocked ");
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, neighbour->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_FALSE(test, neighbour->muted);
	KUNIT_EXPECT_EQ(test, core_entry(unit, neighbour->rid)->kind, NYX_ENTRY_PASS);
}

static void unattributed(struct kunit *test)
{
	struct setup s = make(test);

	fault(&s, RID(9, 0, 0), 5, 0x1000);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.faults_recorded), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.faults_unattributed), 1);
	nyx_fault_snapshot(s.device, s.log);
	KUNIT_EXPECT_EQ(test, s.log->recorded, 0);
	KUNIT_EXPECT_EQ(test, core.nr_fault_events, 0);
	nyx_fault_overflow(&s.unit->unit);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.fault_overflows), 1);
}

static void units_are_told_apart(struct kunit *test)
{
	struct core_unit *first = core_unit(test, 0), *second = core_unit(test, 1);
	struct setup s = {
		.unit = second,
		.device = core_device(test, &(struct core_function) {
			.segment = 1, .rid = RID(1, 0, 0) }),
	};
	struct nyx_device *same_rid = core_endpoint(test, RID(1, 0, 0));

	faults(&s, 1);
	KUNIT_EXPECT_EQ(test, s.device->faults.recorded, 1);
	KUNIT_EXPECT_EQ(test, s.device->faults.records[0].unit_id, 1);
	KUNIT_EXPECT_EQ(test, same_rid->faults.recorded, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&first->unit.faults_recorded), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&second->unit.faults_recorded), 1);
}

/* An alias that nobody owns is its user's; an id somebody owns is the owner's. */
static void aliases(struct kunit *test)
{
	struct setup s = make(test);
	struct pci_dev *pdev = core_pci(test, &(struct core_function) { .rid = RID(2, 0, 0) });
	struct nyx_device *user, *owner;

	core_alias(test, pdev, PCI_DEVFN(0, 1));
	user = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, user);
	fault(&s, RID(2, 0, 1), 5, 0);
	KUNIT_EXPECT_EQ(test, user->faults.recorded, 1);
	owner = core_endpoint(test, RID(2, 0, 1));
	fault(&s, RID(2, 0, 1), 5, 0);
	KUNIT_EXPECT_EQ(test, user->faults.recorded, 1);
	KUNIT_EXPECT_EQ(test, owner->faults.recorded, 1);
	/* The owner leaves: its id can only be the alias again. */
	core_depart(owner->pdev);
	fault(&s, RID(2, 0, 1), 5, 0);
	KUNIT_EXPECT_EQ(test, user->faults.recorded, 2);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.faults_unattributed), 0);
}

/* The first user of a shared alias leaves: the second is told of its faults. */
static void shared_alias_after_departure(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_device *user[2];
	struct pci_dev *pdev[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		pdev[i] = core_pci(test, &(struct core_function) { .rid = RID(2, i, 0) });
		core_alias(test, pdev[i], PCI_DEVFN(7, 7));
		user[i] = core_arrive(pdev[i]);
		KUNIT_ASSERT_NOT_NULL(test, user[i]);
	}
	fault(&s, RID(2, 7, 7), 5, 0);
	KUNIT_EXPECT_EQ(test, user[0]->faults.recorded, 1);
	core_depart(pdev[0]);
	fault(&s, RID(2, 7, 7), 5, 0);
	KUNIT_EXPECT_EQ(test, user[1]->faults.recorded, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.unit->unit.faults_unattributed), 0);
}

static void clear(struct kunit *test)
{
	struct setup s = make(test);

	faults(&s, NYX_POLICY_THRESHOLD);
	nyx_fault_clear(s.device);
	nyx_fault_snapshot(s.device, s.log);
	KUNIT_EXPECT_EQ(test, s.log->recorded, 0);
	KUNIT_EXPECT_EQ(test, s.log->since_reset, 0);
	KUNIT_EXPECT_EQ(test, s.log->reasons[0].count, 0);
	KUNIT_EXPECT_EQ(test, s.log->records[0].sequence, 0);
	KUNIT_EXPECT_EQ(test, s.log->first_ns, 0);
	KUNIT_EXPECT_EQ(test, s.log->last_ns, 0);
	/* Forgetting is no pardon, and what domain and unit have counted stays. */
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->faults), NYX_POLICY_THRESHOLD);
	faults(&s, 1);
	nyx_fault_snapshot(s.device, s.log);
	KUNIT_EXPECT_EQ(test, s.log->records[0].sequence, 1);
}

static int storm(void *arg)
{
	struct setup *s = arg;
	u32 i;

	for (i = 1; i <= STORM; i++)
		fault(s, s->device->rid, i % (NYX_FAULT_REASONS + 4), i);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* Whatever moment is copied: the counts add up and the ring has no gap. */
static bool consistent(const struct nyx_fault_log *log)
{
	u64 sum = log->other_reasons, sequence;
	u32 i;

	for (i = 0; i < NYX_FAULT_REASONS; i++)
		sum += log->reasons[i].count;
	if (sum != log->recorded || log->since_reset != log->recorded)
		return false;
	for (i = 0; i < min_t(u64, log->recorded, NYX_FAULT_RECORDS); i++) {
		sequence = log->recorded - i;
		if (log->records[(sequence - 1) % NYX_FAULT_RECORDS].sequence != sequence)
			return false;
	}
	return true;
}

static void snapshot_under_load(struct kunit *test)
{
	struct setup s = make(test);
	u32 bad = 0, different = 0;
	struct task_struct *task;
	u64 before = 0;

	nyx_device_set_threshold(s.device, 0, NULL);
	task = kthread_run(storm, &s, "nyx_fault_storm");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	do {
		nyx_fault_snapshot(s.device, s.log);
		bad += !consistent(s.log);
		different += s.log->recorded != before;
		before = s.log->recorded;
		cond_resched();
	} while (before < STORM);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_GE(test, different, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&s.domain->faults), STORM);
	KUNIT_EXPECT_EQ(test, core.nr_fault_events, STORM);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(counted_once),
	KUNIT_CASE(newest_kept_in_order),
	KUNIT_CASE(reasons_beyond_the_table),
	KUNIT_CASE(threshold_edge),
	KUNIT_CASE(threshold_off),
	KUNIT_CASE(threshold_of_one),
	KUNIT_CASE(only_assigned_are_fenced),
	KUNIT_CASE(blocked_storm_is_muted),
	KUNIT_CASE(untrusted_storm_is_muted),
	KUNIT_CASE(cleared_when_gone),
	KUNIT_CASE(group_blocked_storm_is_muted),
	KUNIT_CASE(unattributed),
	KUNIT_CASE(units_are_told_apart),
	KUNIT_CASE(aliases),
	KUNIT_CASE(shared_alias_after_departure),
	KUNIT_CASE(clear),
	KUNIT_CASE(snapshot_under_load),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_fault",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
