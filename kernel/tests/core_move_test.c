// SPDX-License-Identifier: GPL-2.0
/*
 * Devices from one domain to another: never in both, and where they are when it fails.
 */
#include "core_fixture.h"

struct setup {
	struct core_unit *unit;
	struct nyx_device *device;
	struct nyx_domain *from, *to;
	struct nyx_why why;
};

static struct setup make(struct kunit *test)
{
	struct setup s = { .unit = core_unit(test, 0) };

	s.device = core_endpoint(test, RID(1, 0, 0));
	s.from = core_domain(test, NYX_DOMAIN_STRICT);
	s.to = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, s.device, s.from);
	return s;
}

static void expect_in(struct kunit *test, struct setup *s, struct nyx_domain *domain)
{
	struct nyx_domain *other = domain == s->from ? s->to : s->from;

	KUNIT_EXPECT_PTR_EQ(test, s->device->domain, domain);
	KUNIT_EXPECT_EQ(test, s->device->domain_id, domain->id);
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 1);
	KUNIT_EXPECT_EQ(test, other->nr_devices, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&other->units));
	KUNIT_EXPECT_EQ(test, core_hwdids_used(s->unit), 1);
}

static void refused(struct kunit *test, struct setup *s, struct nyx_domain *to, bool reset, int err,
		    const char *text)
{
	enum nyx_device_state state;
	struct nyx_domain *in;

	core_settle();
	core_clear_log();
	in = s->device->domain;
	state = s->device->state;
	KUNIT_EXPECT_EQ(test, nyx_device_move(s->device, to, reset, &s->why), err);
	KUNIT_EXPECT_STREQ(test, s->why.text, text);
	KUNIT_EXPECT_PTR_EQ(test, s->device->domain, in);
	KUNIT_EXPECT_EQ(test, s->device->state, state);
	CORE_EXPECT_LOG(test, "");
}

/* Blocked and quiet between the two, and only then the other domain's entry. */
static void order(struct kunit *test)
{
	struct setup s = make(test);

	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, s.to, false, &s.why), 0);
	CORE_EXPECT_LOG(test, "E0100=blocked M0100- E0100=paging M0100+ S0100=assigned ");
	expect_in(test, &s, s.to);
	KUNIT_EXPECT_PTR_EQ(test, core_entry(s.unit, s.device->rid)->pt, &s.to->pt);
	KUNIT_EXPECT_STREQ(test, s.device->state_cause, "moved to domain 2 (domain2)");
	/* And back. */
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, s.from, false, &s.why), 0);
	expect_in(test, &s, s.from);
}

/* With a reset the new entry waits for it; this one's fails, so it stays fenced there. */
static void reset_between(struct kunit *test)
{
	struct setup s = make(test);

	s.device->has_reset = true;
	s.device->stub_bound = true;
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, s.to, true, &s.why), 0);
	core_settle();
	expect_in(test, &s, s.to);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_NULL(test, strstr(core.log, "paging"));
	KUNIT_EXPECT_NULL(test, strstr(core.log, "M0100+"));
	KUNIT_EXPECT_EQ(test, core_entry(s.unit, s.device->rid)->kind, NYX_ENTRY_BLOCKED);
	core_clear_log();
	nyx_reset_test_finish(s.device, 0);
	CORE_EXPECT_LOG(test, "E0100=paging M0100+ S0100=assigned ");
	KUNIT_EXPECT_PTR_EQ(test, core_entry(s.unit, s.device->rid)->pt, &s.to->pt);
}

static void refusals(struct kunit *test)
{
	struct setup s = make(test);
	u32 i;

	refused(test, &s, s.from, false, -EINVAL, "0000:01:00.0 is in domain 1 already");
	refused(test, &s, s.to, true, -EOPNOTSUPP,
		"0000:01:00.0 has no reset method: what it was told in domain 1 it would go on doing in domain 2; move it without a reset if it is idle, or remove and assign it");
	s.device->resetting = true;
	refused(test, &s, s.to, false, -EBUSY,
		"0000:01:00.0 is being reset; wait for its state event");
	s.device->resetting = false;
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&s.unit->unit, &(struct nyx_fault_event) {
			.rid = s.device->rid, .text = "a test's reason" });
	refused(test, &s, s.to, false, -EBUSY,
		"0000:01:00.0 is quarantined; move it with a reset");
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.device, NULL), 0);
	refused(test, &s, s.to, false, -EINVAL, "0000:01:00.0 is in no domain; assign it");
}

/* A part of a group would be in two domains: the sibling that stays is named. */
static void group_stays_together(struct kunit *test)
{
	struct setup s = { .unit = core_unit(test, 0) };
	struct nyx_device *sibling;

	s.device = core_device(test, &(struct core_function) { .rid = RID(1, 0, 0), .multi = true });
	sibling = core_device(test, &(struct core_function) { .rid = RID(1, 0, 1), .multi = true });
	s.from = core_domain(test, NYX_DOMAIN_STRICT);
	s.to = core_domain(test, NYX_DOMAIN_STRICT);
	core_hold(sibling);
	core_assign(test, s.device, s.from);
	core_assign(test, sibling, s.from);
	refused(test, &s, s.to, false, -EBUSY,
		"0000:01:00.0 is in one isolation group with 0000:01:00.1 (functions of 0000:01:00.0 have no ACS between them), which is in domain 1");
	KUNIT_EXPECT_EQ(test, nyx_device_remove(sibling, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, s.to, false, &s.why), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(sibling, s.to, &s.why), 0);
}

/* No hardware id is left for the new domain there: nothing has happened. */
static void no_room_there(struct kunit *test)
{
	struct setup s = make(test);
	u32 i;

	for (i = 1; i < CORE_HWDIDS - NYX_HWDID_FIRST; i++)
		core_assign(test, core_endpoint(test, RID(2, i, 0)),
			    core_domain(test, NYX_DOMAIN_STRICT));
	refused(test, &s, s.to, false, -ENOSPC, "fake0 has no hardware domain id left (8 in all)");
	KUNIT_EXPECT_EQ(test, core_entry(s.unit, s.device->rid)->kind, NYX_ENTRY_PAGING);
	KUNIT_EXPECT_TRUE(test, core_is_master(s.device->pdev));
}

/* The new entry cannot be made: it is in neither, and reaches nothing. */
static void new_entry_fails(struct kunit *test)
{
	struct setup s = make(test);

	s.unit->entry_error = -ENOMEM;
	s.unit->error_rid = s.device->rid;
	s.unit->error_kind = NYX_ENTRY_PAGING;
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, s.to, false, &s.why), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, s.why.text,
			   "fake0: the entry of 0000:01:00.0 could not be made (error -12); it is in no domain now, and blocked");
	KUNIT_EXPECT_NULL(test, s.device->domain);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_FALSE(test, core_is_master(s.device->pdev));
	KUNIT_EXPECT_EQ(test, core_entry(s.unit, s.device->rid)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(s.unit), 0);
}

/* It cannot be fenced: then it has not left, and the new domain's memory is not for it. */
static void fence_fails(struct kunit *test)
{
	struct setup s = make(test);

	s.unit->dies = true;
	s.unit->dies_rid = s.device->rid;
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, s.to, false, &s.why), -ETIMEDOUT);
	core_settle();
	KUNIT_EXPECT_PTR_EQ(test, s.device->domain, s.from);
	KUNIT_EXPECT_EQ(test, s.to->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_FALSE(test, core_is_master(s.device->pdev));
	KUNIT_EXPECT_NULL(test, strstr(core.log, "paging"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(order),
	KUNIT_CASE(reset_between),
	KUNIT_CASE(refusals),
	KUNIT_CASE(group_stays_together),
	KUNIT_CASE(no_room_there),
	KUNIT_CASE(new_entry_fails),
	KUNIT_CASE(fence_fails),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_move",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
