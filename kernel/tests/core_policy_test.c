// SPDX-License-Identifier: GPL-2.0
/*
 * The fault policy at work on devices: settings and whom they come from, decay, what is no
 * longer recorded, epochs, what software reports, and resets by itself.
 */
#include <linux/time64.h>

#include "core_fixture.h"

#define S	((u64)NSEC_PER_SEC)

static struct core_unit *unit;
static struct nyx_domain *domain;
static struct nyx_device *device;
static struct nyx_fault_log *kept;	/* a snapshot, too big for a stack */
static struct nyx_why why;
static u64 now;				/* the policy's clock */

static u64 read_clock(void)
{
	return now;
}

static int init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	now = U64_MAX - 5 * S;		/* it wraps around soon */
	nyx_fault_clock_test_hook = read_clock;
	kept = kunit_kzalloc(test, sizeof(*kept), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kept);
	unit = core_unit(test, 0);
	device = core_endpoint(test, RID(1, 0, 0));
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, device, domain);
	memset(&why, 0, sizeof(why));
	return 0;
}

static void finish(struct kunit *test)
{
	core_exit(test);
	nyx_fault_clock_test_hook = NULL;
}

static void faults(u32 nr)
{
	const struct nyx_fault_event event = {
		.rid = device->rid, .kind = NYX_FAULT_READ, .reason = 6, .text = "a test's" };

	while (nr--)
		nyx_fault_record(&unit->unit, &event);
	core_settle();
}

static u64 counted(void)
{
	nyx_fault_snapshot(device, kept);
	return nyx_policy_left(&kept->count, &device->policy, now);
}

static void set(struct kunit *test, u32 threshold, u32 window)
{
	const struct nyx_device_changes changes = {
		.has_threshold = true, .threshold = threshold,
		.has_window = true, .window = window,
	};

	KUNIT_ASSERT_EQ(test, nyx_device_set(device, &changes, &why), 0);
}

static int set_auto(u32 per_hour)
{
	const struct nyx_device_changes changes = {
		.has_auto_reset = true, .auto_reset = per_hour };

	return nyx_device_set(device, &changes, &why);
}

/* ---- settings ---- */

static void quiet_windows_halve(struct kunit *test)
{
	set(test, 10, 100);
	faults(8);
	KUNIT_EXPECT_EQ(test, counted(), 8);
	now += 200 * S;
	KUNIT_EXPECT_EQ(test, counted(), 2);
	faults(7);
	KUNIT_EXPECT_EQ(test, counted(), 9);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_EQ(test, kept->recorded, 15);
	KUNIT_EXPECT_EQ(test, kept->since_reset, 15);
	/* None of them goes while no window is quiet. */
	now += 100 * S - 1;
	faults(1);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_STREQ(test, device->state_cause, "10 faults reached the threshold of 10");
}

static void settings_are_inherited(struct kunit *test)
{
	const struct nyx_domain_changes changes = {
		.has_threshold = true, .threshold = 4, .has_window = true, .window = 30 };
	const struct nyx_device_changes own = { .has_window = true, .window = 7 };

	KUNIT_EXPECT_EQ(test, device->policy.threshold, NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_EQ(test, device->policy.window, NYX_POLICY_WINDOW);
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &changes, &why), 0);
	KUNIT_EXPECT_EQ(test, device->policy.threshold, 4);
	KUNIT_EXPECT_EQ(test, device->policy.window, 30);
	/* The one is its own from now on, the other still the domain's. */
	KUNIT_EXPECT_EQ(test, nyx_device_set(device, &own, &why), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, &why), 0);
	KUNIT_EXPECT_EQ(test, device->policy.threshold, NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_EQ(test, device->policy.window, 7);
}

static void out_of_range(struct kunit *test)
{
	const struct nyx_device_changes bad[] = {
		{ .has_threshold = true, .threshold = NYX_POLICY_THRESHOLD_MAX + 1,
		  .has_window = true, .window = 5 },
		{ .has_window = true, .window = NYX_POLICY_WINDOW_MAX + 1,
		  .has_threshold = true, .threshold = 5 },
		{ .has_auto_reset = true, .auto_reset = NYX_POLICY_RETRIES_MAX + 1,
		  .has_threshold = true, .threshold = 5 },
	};
	static const char *const texts[] = {
		"a threshold of 1000001 is out of range: give 1 to 1000000 recorded faults, or 0 to fence nothing off",
		"a window of 2592001 seconds is out of range: give 1 to 2592000 (30 days), or 0 for counts that never halve",
		"61 resets an hour are out of range: give 1 to 60, or 0 for none",
	};
	const struct nyx_domain_changes changes = {
		.name = "other", .has_window = true, .window = NYX_POLICY_WINDOW_MAX + 1 };
	int i;

	device->has_reset = true;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, nyx_device_set(device, &bad[i], &why), -EINVAL);
		KUNIT_EXPECT_STREQ(test, why.text, texts[i]);
	}
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &changes, &why), -EINVAL);
	KUNIT_EXPECT_STREQ(test, why.text, texts[1]);
	KUNIT_EXPECT_STREQ(test, domain->name, "domain1");
	KUNIT_EXPECT_EQ(test, device->policy.threshold, NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_EQ(test, device->policy.window, NYX_POLICY_WINDOW);
	KUNIT_EXPECT_EQ(test, device->retry.per_hour, 0);
	set(test, NYX_POLICY_THRESHOLD_MAX, NYX_POLICY_WINDOW_MAX);
	KUNIT_EXPECT_EQ(test, set_auto(NYX_POLICY_RETRIES_MAX), 0);
}

/* ---- fenced ---- */

static void suppressed_while_fenced(struct kunit *test)
{
	u64 since;

	KUNIT_EXPECT_EQ(test, device->suppressed_ns, 0);
	faults(NYX_POLICY_THRESHOLD);
	since = device->suppressed_ns;
	KUNIT_EXPECT_NE(test, since, 0);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->suppress_faults);
	faults(3);
	KUNIT_EXPECT_EQ(test, device->suppressed_ns, since);
	device->resetting = true;
	nyx_reset_test_finish(device, -EIO);
	KUNIT_EXPECT_EQ(test, device->suppressed_ns, since);
	device->resetting = true;
	nyx_reset_test_finish(device, 0);
	KUNIT_EXPECT_EQ(test, device->suppressed_ns, 0);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, device->rid)->suppress_faults);
}

static void suppressed_while_muted(struct kunit *test)
{
	struct nyx_device *assigned = device;

	device = core_endpoint(test, RID(2, 0, 0));
	core_hold(device);
	faults(NYX_POLICY_THRESHOLD - 1);
	KUNIT_EXPECT_EQ(test, device->suppressed_ns, 0);
	faults(1);
	KUNIT_EXPECT_NE(test, device->suppressed_ns, 0);
	nyx_fault_clear(device);
	KUNIT_EXPECT_EQ(test, device->suppressed_ns, 0);
	KUNIT_EXPECT_EQ(test, assigned->suppressed_ns, 0);
}

/* Blocked, its own TLB emptied, quiet, and only then told. */
static void fenced_in_order(struct kunit *test)
{
	unit->unit.caps.device_tlb = true;
	device = core_device(test, &(struct core_function) { .rid = RID(2, 0, 0), .ats = true });
	core_hold(device);
	KUNIT_ASSERT_EQ(test, nyx_device_assign_with(device, core_domain(test, NYX_DOMAIN_STRICT),
						     NYX_ASSIGN_ATS, &why), 0);
	core_clear_log();
	faults(NYX_POLICY_THRESHOLD);
	CORE_EXPECT_LOG(test, "E0200=fenced A0200 T0200- M0200- S0200=quarantined ");
}

static void epochs(struct kunit *test)
{
	faults(NYX_POLICY_THRESHOLD);
	device->resetting = true;
	nyx_reset_test_finish(device, 0);
	faults(2);
	nyx_fault_snapshot(device, kept);
	KUNIT_EXPECT_EQ(test, kept->recorded, NYX_POLICY_THRESHOLD + 2);
	KUNIT_EXPECT_EQ(test, kept->since_reset, 2);
	KUNIT_EXPECT_EQ(test, kept->reasons[0].count, NYX_POLICY_THRESHOLD + 2);
	KUNIT_EXPECT_EQ(test, kept->records[0].epoch, 0);
	KUNIT_EXPECT_EQ(test, kept->records[NYX_POLICY_THRESHOLD - 1].epoch, 0);
	KUNIT_EXPECT_EQ(test, kept->records[NYX_POLICY_THRESHOLD].epoch, 1);
	KUNIT_EXPECT_EQ(test, kept->records[NYX_POLICY_THRESHOLD + 1].sequence,
			NYX_POLICY_THRESHOLD + 2);
}

/* ---- reported ---- */

static void reports_count(struct kunit *test)
{
	struct nyx_fault_report report = {
		.kind = NYX_FAULT_WRITE, .has_address = true, .address = 0x5000, .reason = 6,
		.text = "ring index beyond the ring",
	};
	char text[32];
	int i;

	faults(1);
	KUNIT_ASSERT_EQ(test, nyx_fault_report(device, &report, &why), 0);
	KUNIT_EXPECT_STREQ(test, core.last_fault.text, "ring index beyond the ring");
	KUNIT_EXPECT_TRUE(test, core.last_fault.reported);
	nyx_fault_snapshot(device, kept);
	KUNIT_EXPECT_EQ(test, kept->recorded, 2);
	KUNIT_EXPECT_EQ(test, kept->reported, 1);
	KUNIT_EXPECT_FALSE(test, kept->records[0].reported);
	KUNIT_EXPECT_TRUE(test, kept->records[1].reported);
	KUNIT_EXPECT_EQ(test, kept->records[1].address, 0x5000);
	KUNIT_EXPECT_EQ(test, kept->records[1].domain_id, domain->id);
	KUNIT_EXPECT_STREQ(test, nyx_fault_text(kept, &kept->records[0]), "a test's");
	KUNIT_EXPECT_STREQ(test, nyx_fault_text(kept, &kept->records[1]),
			   "ring index beyond the ring");
	/* The same number of the hardware's is something else. */
	KUNIT_EXPECT_EQ(test, kept->reasons[0].count, 1);
	KUNIT_EXPECT_EQ(test, kept->reasons[1].count, 1);
	KUNIT_EXPECT_STREQ(test, kept->reasons[1].text, "reported by software");
	/* No unit has recorded it. */
	KUNIT_EXPECT_EQ(test, atomic64_read(&unit->unit.faults_recorded), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&domain->faults), 2);

	for (i = 3; i <= NYX_POLICY_THRESHOLD; i++) {
		KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
		snprintf(text, sizeof(text), "number %d", i);
		report.text = i == 5 ? NULL : text;
		KUNIT_ASSERT_EQ(test, nyx_fault_report(device, &report, &why), 0);
		core_settle();
	}
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	nyx_fault_snapshot(device, kept);
	/* As many texts are kept as there is room for. */
	KUNIT_EXPECT_STREQ(test, nyx_fault_text(kept, &kept->records[1]), "reported by software");
	KUNIT_EXPECT_STREQ(test, nyx_fault_text(kept, &kept->records[2]), "number 3");
	KUNIT_EXPECT_STREQ(test, nyx_fault_text(kept, &kept->records[4]), "reported by software");
	KUNIT_EXPECT_STREQ(test, nyx_fault_text(kept, &kept->records[9]), "number 10");
	nyx_fault_clear(device);
	nyx_fault_snapshot(device, kept);
	KUNIT_EXPECT_EQ(test, kept->reported, 0);
	KUNIT_EXPECT_EQ(test, kept->said[0].sequence, 0);
}

static void reports_refused(struct kunit *test)
{
	struct nyx_device *host = core_endpoint(test, RID(2, 0, 0));
	struct nyx_fault_report report = { .kind = NYX_FAULT_UNKNOWN, .text = "two\nlines" };

	KUNIT_EXPECT_EQ(test, nyx_fault_report(device, &report, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, why.arg, NYX_ARG_TEXT);
	report.text = "\x7f";
	KUNIT_EXPECT_EQ(test, nyx_fault_report(device, &report, &why), -EINVAL);
	report.text = NULL;
	report.kind = NYX_FAULT_INTERRUPT;
	KUNIT_EXPECT_EQ(test, nyx_fault_report(device, &report, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, why.arg, NYX_ARG_KIND);
	report.kind = NYX_FAULT_READ;
	KUNIT_EXPECT_EQ(test, nyx_fault_report(host, &report, &why), -EINVAL);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "0000:02:00.0 is neither assigned nor exported: faults of the host's own devices are recorded by the units alone");
	/* Held, but in nobody's hands. */
	core_hold(host);
	KUNIT_EXPECT_EQ(test, nyx_fault_report(host, &report, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, core.nr_fault_events, 0);
	nyx_fault_snapshot(device, kept);
	KUNIT_EXPECT_EQ(test, kept->recorded, 0);
	nyx_fault_snapshot(host, kept);
	KUNIT_EXPECT_EQ(test, kept->recorded, 0);
}

/* ---- resets ---- */

static void siblings_are_named(struct kunit *test)
{
	struct pci_dev *port = core_pci(test, &(struct core_function) {
		.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 5 });
	struct nyx_device *first, *second;

	core_arrive(port);
	first = core_endpoint(test, RID(5, 0, 0));
	first->has_reset = true;
	first->pdev->reset_methods[0] = NYX_PCI_RESET_BUS;
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_reset_possible(first, &why), 0);
	mutex_unlock(&nyx_registry_lock);
	second = core_endpoint(test, RID(5, 0, 1));
	core_bind(second, "e1000e");
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_reset_possible(first, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "0000:05:00.0 can only be reset with its whole bus, on which there is 0000:05:00.1 (e1000e), too; remove it from its domain instead");
	/* One of its own comes first. */
	first->pdev->reset_methods[0] = NYX_PCI_RESET_BUS - 1;
	first->pdev->reset_methods[1] = NYX_PCI_RESET_BUS;
	KUNIT_EXPECT_EQ(test, nyx_reset_possible(first, &why), 0);
	/* None at all, where nothing but the other is in the way, and at the root. */
	second->has_reset = false;
	KUNIT_EXPECT_EQ(test, nyx_reset_possible(second, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "there is 0000:05:00.0, too"));
	device->has_reset = false;
	KUNIT_EXPECT_EQ(test, nyx_reset_possible(device, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "0000:01:00.0 has no reset method; remove it from its domain instead");
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, set_auto(3), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, set_auto(0), 0);
}

/* The timer of the next try is over. */
static void try_now(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, device->retry_at_ns, 0);
	mod_delayed_work(nyx_wq, &device->retry_work, 0);
	core_settle();
}

static u32 left(void)
{
	return nyx_policy_retries_left(&device->retry, now);
}

/* Every reset fails, until there are no more. */
static void resets_until_it_stays(struct kunit *test)
{
	device->has_reset = true;
	core_vanish(device->pdev);
	KUNIT_ASSERT_EQ(test, set_auto(2), 0);
	KUNIT_EXPECT_EQ(test, device->retry_at_ns, 0);
	faults(NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_EQ(test, left(), 2);
	try_now(test);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, device->last_reset_error, -ENODEV);
	KUNIT_EXPECT_EQ(test, left(), 1);
	try_now(test);
	KUNIT_EXPECT_EQ(test, left(), 0);
	KUNIT_EXPECT_EQ(test, device->retry_at_ns, 0);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_STREQ(test, device->state_cause,
			   "stays fenced: reset by itself 2 times within an hour; not reset: it no longer answers (error -19)");
	/* An hour later it still does: somebody has to look. */
	now += 3601 * S;
	mutex_lock(&nyx_registry_lock);
	nyx_device_set_state(device, NYX_DEVICE_QUARANTINED, "as before");
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, device->retry_at_ns, 0);
	/* Told to, it begins anew. */
	KUNIT_EXPECT_EQ(test, set_auto(1), 0);
	KUNIT_EXPECT_NE(test, device->retry_at_ns, 0);
	KUNIT_EXPECT_EQ(test, left(), 1);
	KUNIT_EXPECT_EQ(test, set_auto(0), 0);
	KUNIT_EXPECT_EQ(test, device->retry_at_ns, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&device->retry_work));
}

static void reset_ends_the_plan(struct kunit *test)
{
	device->has_reset = true;
	KUNIT_ASSERT_EQ(test, set_auto(3), 0);
	faults(NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&device->retry_work));
	device->resetting = true;
	nyx_reset_test_finish(device, 0);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&device->retry_work));
	/* One that had come too late to be stopped does nothing but to give its reference back. */
	kref_get(&device->ref);
	mod_delayed_work(nyx_wq, &device->retry_work, 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, left(), 3);
	KUNIT_EXPECT_EQ(test, device->epoch, 1);
	/* Fenced once more, by its domain's leave, and gone: nothing is left behind. */
	faults(NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&device->retry_work));
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, &why), 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&device->retry_work));
}

static void gone_with_the_device(struct kunit *test)
{
	device->has_reset = true;
	KUNIT_ASSERT_EQ(test, set_auto(3), 0);
	faults(NYX_POLICY_THRESHOLD);
	kref_get(&device->ref);
	core_depart(device->pdev);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_GONE);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&device->retry_work));
	nyx_device_put(device);
}

/* A timer that nobody knows the time of any more, as when a job overtook its plan. */
static void no_timer_is_left(struct kunit *test)
{
	device->has_reset = true;
	KUNIT_ASSERT_EQ(test, set_auto(3), 0);
	faults(NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&device->retry_work));
	device->retry_at_ns = 0;
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, &why), 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&device->retry_work));
}

/* Whoever was fenced with the culprit comes back by itself, too. */
static void fenced_together(struct kunit *test)
{
	struct nyx_device *culprit = core_endpoint(test, RID(2, 0, 0));
	struct nyx_domain *shared = core_domain(test, NYX_DOMAIN_SHARED);

	core_assign(test, culprit, shared);
	device = core_endpoint(test, RID(3, 0, 0));
	core_assign(test, device, shared);
	device->has_reset = true;
	KUNIT_ASSERT_EQ(test, set_auto(1), 0);
	swap(device, culprit);
	faults(NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, device->retry_at_ns, 0);
	KUNIT_EXPECT_EQ(test, culprit->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_NE(test, culprit->retry_at_ns, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(quiet_windows_halve),
	KUNIT_CASE(settings_are_inherited),
	KUNIT_CASE(out_of_range),
	KUNIT_CASE(suppressed_while_fenced),
	KUNIT_CASE(suppressed_while_muted),
	KUNIT_CASE(fenced_in_order),
	KUNIT_CASE(epochs),
	KUNIT_CASE(reports_count),
	KUNIT_CASE(reports_refused),
	KUNIT_CASE(siblings_are_named),
	KUNIT_CASE(resets_until_it_stays),
	KUNIT_CASE(reset_ends_the_plan),
	KUNIT_CASE(gone_with_the_device),
	KUNIT_CASE(no_timer_is_left),
	KUNIT_CASE(fenced_together),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_policy_core",
	.init = init,
	.exit = finish,
	.test_cases = cases,
};

kunit_test_suite(suite);
