// SPDX-License-Identifier: GPL-2.0
/*
 * Entries that follow from the states of those who share them, and the order in which
 * a device is let in, fenced, and taken out.
 */
#include "core_fixture.h"

/* Two functions with an alias in common: both are told under 01:1f.0. */
#define ALIAS	RID(1, 31, 0)

static struct nyx_device *with_alias(struct kunit *test, u16 rid)
{
	struct pci_dev *pdev = core_pci(test, &(struct core_function) { .rid = rid });
	struct nyx_device *device;

	core_alias(test, pdev, ALIAS & 0xff);
	device = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, device);
	core_clear_log();
	return device;
}

/* What a function may be in, by rising strictness of its claim to an entry. */
static const struct claim {
	const char *name;
	enum nyx_device_state state;
	bool resetting;
	int rank;
	enum nyx_entry_kind kind;
	bool suppress;
} claims[] = {
	{ "gone", NYX_DEVICE_GONE, false, 0, NYX_ENTRY_BLOCKED, false },
	{ "host", NYX_DEVICE_HOST, false, 1, NYX_ENTRY_PASS, false },
	{ "blocked", NYX_DEVICE_BLOCKED, false, 2, NYX_ENTRY_BLOCKED, false },
	{ "assigned", NYX_DEVICE_ASSIGNED, false, 3, NYX_ENTRY_PAGING, false },
	{ "resetting", NYX_DEVICE_ASSIGNED, true, 4, NYX_ENTRY_BLOCKED, false },
	{ "quarantined", NYX_DEVICE_QUARANTINED, false, 4, NYX_ENTRY_BLOCKED, true },
};

static void play(struct nyx_device *device, const struct claim *claim)
{
	device->state = claim->state;
	device->resetting = claim->resetting;
}

static void expect_entry(struct kunit *test, struct core_unit *unit, u16 rid,
			 const struct claim *a, const struct claim *b)
{
	const struct nyx_entry *entry = core_entry(unit, rid);

	KUNIT_EXPECT_EQ_MSG(test, entry->kind, a->kind, "%04x, %s with %s", rid, a->name, b->name);
	/* Between equals either word about faults will do. */
	if (a->rank != b->rank)
		KUNIT_EXPECT_EQ_MSG(test, entry->suppress_faults, a->suppress,
				    "%04x, %s with %s", rid, a->name, b->name);
}

static void strictest_claim_wins(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device[2];
	struct nyx_domain *domain;
	u32 i, j;

	domain = core_domain(test, NYX_DOMAIN_SHARED);
	for (i = 0; i < 2; i++) {
		device[i] = with_alias(test, RID(1, i, 0));
		core_hold(device[i]);
	}
	for (i = 0; i < 2; i++)
		core_assign(test, device[i], domain);

	mutex_lock(&nyx_registry_lock);
	for (i = 0; i < ARRAY_SIZE(claims); i++)
		for (j = 0; j < ARRAY_SIZE(claims); j++) {
			const struct claim *a = &claims[i], *b = &claims[j];
			const struct claim *strict = a->rank >= b->rank ? a : b;

			play(device[0], a);
			play(device[1], b);
			/* Whoever of the two is applied last, the shared one says the same. */
			KUNIT_EXPECT_EQ(test, nyx_device_apply(device[0]), 0);
			expect_entry(test, unit, ALIAS, strict, strict == a ? b : a);
			KUNIT_EXPECT_EQ(test, nyx_device_apply(device[1]), 0);
			expect_entry(test, unit, ALIAS, strict, strict == a ? b : a);
			/* Their own ids say what they are in. */
			expect_entry(test, unit, device[0]->rid, a, &claims[0]);
			expect_entry(test, unit, device[1]->rid, b, &claims[0]);
		}
	for (i = 0; i < 2; i++) {
		play(device[i], &claims[3]);
		nyx_device_apply(device[i]);
	}
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, core_entry(unit, ALIAS)->hwdid,
			nyx_domain_hwdid(domain, &unit->unit));
	KUNIT_EXPECT_PTR_EQ(test, core_entry(unit, ALIAS)->pt, &domain->pt);
}

static void apply_goes_on(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = with_alias(test, RID(1, 0, 0));

	unit->entry_error = -ENOMEM;
	unit->error_rid = device->rid;
	unit->error_kind = NYX_ENTRY_BLOCKED;
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_BLOCKED;
	KUNIT_EXPECT_EQ(test, nyx_device_apply(device), -ENOMEM);
	KUNIT_EXPECT_EQ(test, core_entry(unit, ALIAS)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_PASS);
	unit->entry_error = 0;
	KUNIT_EXPECT_EQ(test, nyx_device_apply(device), 0);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
}

/* ---- arrival and departure ---- */

static void arrival(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *host, *untrusted, *twice;
	struct pci_dev *pdev = core_pci(test, &(struct core_function) { .rid = RID(1, 0, 0) });

	host = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, host);
	CORE_EXPECT_LOG(test, "E0100=pass S0100=host ");
	KUNIT_EXPECT_EQ(test, host->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, host->policy.threshold, NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_PTR_EQ(test, host->unit, &unit->unit);
	twice = core_arrive(pdev);
	KUNIT_EXPECT_PTR_EQ(test, twice, host);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&nyx_devices));

	untrusted = core_device(test, &(struct core_function) {
		.rid = RID(2, 0, 0), .untrusted = true });
	KUNIT_EXPECT_EQ(test, untrusted->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, untrusted->rid)->kind, NYX_ENTRY_BLOCKED);
	core_depart(pdev);
	CORE_EXPECT_LOG(test, "S0100=gone E0100=blocked ");
}

/* A unit that blocks whatever the firmware does not name: such a function is not the host's. */
static void unnamed(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device;
	struct nyx_why why = {};

	core_scope(unit, &(struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS, .rid_first = RID(1, 0, 0), .rid_last = RID(1, 31, 7) });
	device = core_endpoint(test, RID(2, 0, 0));
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	core_depart(device->pdev);
	unit->unit.caps.blocks_unnamed = true;
	device = core_endpoint(test, RID(2, 1, 0));
	KUNIT_EXPECT_NULL(test, device->unit);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_STREQ(test, device->state_cause,
			   "the firmware's table names it nowhere, so every request of it is refused");
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, core_domain(test, NYX_DOMAIN_STRICT), &why),
			-EPERM);
	/* Of another segment there is no unit at all: nothing is in its way. */
	device = core_device(test, &(struct core_function) { .segment = 1, .rid = RID(2, 0, 0) });
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	device = core_endpoint(test, RID(1, 0, 0));
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
}

static void listed_in_order(struct kunit *test)
{
	static const struct core_function functions[] = {
		{ .rid = 0x200 }, { .segment = 1, .rid = 0x100 }, { .rid = 0x300 }, { .rid = 0x8 },
		{ .segment = 1, .rid = 0xff00 }, { .rid = 0x208 },
	};
	struct nyx_device *device;
	u32 i, last = 0;

	core_unit(test, 0);
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		core_device(test, &functions[i]);
	i = 0;
	list_for_each_entry(device, &nyx_devices, node) {
		u32 key = device->segment << 16 | device->rid;

		KUNIT_EXPECT_GT(test, key, last);
		last = key;
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(functions));
}

/* No entry can be made: it is listed with the reason, and its ids stay blocked. */
static void arrival_fails(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct pci_dev *pdev = core_pci(test, &(struct core_function) { .rid = RID(1, 0, 0) });
	struct nyx_device *neighbour = core_endpoint(test, RID(1, 2, 0)), *device;

	core_alias(test, pdev, ALIAS & 0xff);
	unit->entry_error = -ENOMEM;
	unit->error_rid = RID(1, 0, 0);
	unit->error_kind = NYX_ENTRY_PASS;
	device = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_STREQ(test, device->state_cause, "no entry could be made (error -12)");
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
	/* Nor may an alias that only it uses pass. */
	KUNIT_EXPECT_EQ(test, core_entry(unit, ALIAS)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, neighbour->rid)->kind, NYX_ENTRY_PASS);
	/* Gone and back, with better luck. */
	core_depart(pdev);
	unit->entry_error = 0;
	device = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, ALIAS)->kind, NYX_ENTRY_PASS);
}

static void departure_while_assigned(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain;

	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, device, domain);
	/* A reference, as a reset or a fault that is under way has it. */
	KUNIT_EXPECT_PTR_EQ(test, nyx_device_get(0, RID(1, 0, 0)), device);
	core_depart(device->pdev);
	CORE_EXPECT_LOG(test, "E0100=blocked M0100- S0100=blocked S0100=gone ");
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_GONE);
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 0);
	KUNIT_EXPECT_NULL(test, nyx_device_get(0, RID(1, 0, 0)));
	nyx_device_put(device);
}

/* ---- in, fenced, out ---- */

static void assign_order(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = with_alias(test, RID(1, 0, 0));
	struct nyx_domain *domain;

	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_hold(device);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, NULL), 0);
	/* Bus mastering last: before its entry is live the device would only fault. */
	CORE_EXPECT_LOG(test, "E0100=paging E01f8=paging M0100+ S0100=assigned ");
	KUNIT_EXPECT_PTR_EQ(test, device->domain, domain);
	KUNIT_EXPECT_EQ(test, device->domain_id, domain->id);
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 1);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 1);
	KUNIT_EXPECT_STREQ(test, device->state_cause, "assigned to domain 1 (domain1)");
}

static void quarantine_order(struct kunit *test)
{
	struct nyx_device *device, *other;
	struct core_unit *unit = core_unit(test, 0);
	u32 i;

	device = with_alias(test, RID(1, 0, 0));
	other = core_endpoint(test, RID(2, 0, 0));
	core_assign(test, device, core_domain(test, NYX_DOMAIN_STRICT));
	core_assign(test, other, core_domain(test, NYX_DOMAIN_STRICT));
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&unit->unit, &(struct nyx_fault_event) {
			.rid = ALIAS, .text = "a test's reason" });
	CORE_EXPECT_LOG(test, "E0100=fenced E01f8=fenced M0100- S0100=quarantined ");
	KUNIT_EXPECT_EQ(test, other->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_TRUE(test, core_is_master(other->pdev));
}

static void leave_order(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = with_alias(test, RID(1, 0, 0));
	struct nyx_domain *domain;
	struct nyx_why why = {};

	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, device, domain);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, &why), 0);
	core_settle();
	/* Then the job: there is no way to reset this one, which the second state tells. */
	CORE_EXPECT_LOG(test, "E0100=blocked E01f8=blocked M0100- S0100=blocked S0100=blocked ");
	KUNIT_EXPECT_NOT_NULL(test, strstr(device->state_cause, "no reset method"));
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 0);
	KUNIT_EXPECT_FALSE(test, device->resetting);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, &why), -EINVAL);
	KUNIT_EXPECT_STREQ(test, why.text, "0000:01:00.0 is in no domain");
	/* And in again. */
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, &why), 0);
}

/* A dead unit confirms nothing: the device leaves all the same, the domain never does. */
static void leave_on_a_dead_unit(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain;

	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, device, domain);
	nyx_unit_mark_dead(&unit->unit, "a test made it so");
	core_settle();
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_STREQ(test, device->state_cause, "fake0 stopped answering");
	CORE_EXPECT_LOG(test, "M0100- S0100=quarantined ");
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, NULL), 0);
	core_settle();
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), -EIO);
}

static void shared_fences_all(struct kunit *test)
{
	struct core_unit *unit[2] = { core_unit(test, 0), core_unit(test, 1) };
	struct nyx_device *device[3], *apart;
	struct nyx_domain *domain;
	u32 i;

	device[0] = core_endpoint(test, RID(1, 0, 0));
	device[1] = core_endpoint(test, RID(2, 0, 0));
	device[2] = core_device(test, &(struct core_function) {
		.segment = 1, .rid = RID(3, 0, 0) });
	apart = core_endpoint(test, RID(4, 0, 0));
	domain = core_domain(test, NYX_DOMAIN_SHARED);
	for (i = 0; i < 3; i++)
		core_assign(test, device[i], domain);
	core_assign(test, apart, core_domain(test, NYX_DOMAIN_SHARED));
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&unit[0]->unit, &(struct nyx_fault_event) {
			.rid = device[1]->rid, .text = "a test's reason" });
	core_settle();
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, device[i]->state, NYX_DEVICE_QUARANTINED);
		KUNIT_EXPECT_FALSE(test, core_is_master(device[i]->pdev));
	}
	KUNIT_EXPECT_EQ(test, core_entry(unit[1], device[2]->rid)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, apart->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_TRUE(test, core_is_master(apart->pdev));
	KUNIT_EXPECT_EQ(test, apart->domain->state, NYX_DOMAIN_ACTIVE);

	/* The domain with them: it takes no device until all of them are back. */
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_QUARANTINED);
	KUNIT_EXPECT_STREQ(test, domain->state_cause,
			   "0000:02:00.0 reached its fault threshold; reset its devices to go on");
	CORE_EXPECT_LOG(test, "E0200=fenced M0200- S0200=quarantined E0100=fenced M0100- S0100=quarantined E1:0300=fenced M0300- S0300=quarantined D1:0000:02:00.0 reached its fault threshold; reset its devices to go on ");
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, nyx_device_remove(device[i], NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_QUARANTINED);
	core_clear_log();
	nyx_reset_test_finish(device[2], 0);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_ACTIVE);
	KUNIT_EXPECT_EQ(test, device[2]->state, NYX_DEVICE_ASSIGNED);
	CORE_EXPECT_LOG(test, "E1:0300=paging M0300+ S0300=assigned D1:none of its devices is fenced any more ");
}

/* One of two with a shared id leaves their domain: the other goes on. */
static void partner_stays_live(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device[2];
	struct nyx_domain *domain;
	u32 i;

	domain = core_domain(test, NYX_DOMAIN_STRICT);
	for (i = 0; i < 2; i++) {
		device[i] = with_alias(test, RID(1, i, 0));
		core_hold(device[i]);
	}
	for (i = 0; i < 2; i++)
		core_assign(test, device[i], domain);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device[0], NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, core_entry(unit, device[0]->rid)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, ALIAS)->kind, NYX_ENTRY_PAGING);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 1);
	/* The one that stayed is fenced: the alias with it. */
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&unit->unit, &(struct nyx_fault_event) {
			.rid = device[1]->rid, .text = "a test's reason" });
	core_settle();
	KUNIT_EXPECT_EQ(test, core_entry(unit, ALIAS)->kind, NYX_ENTRY_BLOCKED);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(strictest_claim_wins),
	KUNIT_CASE(apply_goes_on),
	KUNIT_CASE(arrival),
	KUNIT_CASE(unnamed),
	KUNIT_CASE(listed_in_order),
	KUNIT_CASE(arrival_fails),
	KUNIT_CASE(departure_while_assigned),
	KUNIT_CASE(assign_order),
	KUNIT_CASE(quarantine_order),
	KUNIT_CASE(leave_order),
	KUNIT_CASE(leave_on_a_dead_unit),
	KUNIT_CASE(shared_fences_all),
	KUNIT_CASE(partner_stays_live),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_device",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
