// SPDX-License-Identifier: GPL-2.0
/*
 * Domains changed while they are there (switched off and on, limited, their devices'
 * threshold), and UNMANAGED ones, which protect nothing.
 */
#include "core_fixture.h"

static int set_state(struct nyx_domain *domain, enum nyx_domain_state state, struct nyx_why *why)
{
	const struct nyx_domain_changes changes = { .has_state = true, .state = state };

	return nyx_domain_set(domain, &changes, why);
}

static void faults(struct core_unit *unit, u16 rid, u32 nr)
{
	while (nr--)
		nyx_fault_record(&unit->unit, &(struct nyx_fault_event) {
			.rid = rid, .text = "a test's reason" });
	core_settle();
}

static void disabled(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device[2] = {
		core_endpoint(test, RID(1, 0, 0)), core_endpoint(test, RID(2, 0, 0)) };
	struct nyx_device *third = core_endpoint(test, RID(3, 0, 0));
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_SHARED);
	struct nyx_why why = {};
	u32 i;

	core_hold(third);
	for (i = 0; i < 2; i++)
		core_assign(test, device[i], domain);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_DISABLED, &why), 0);
	CORE_EXPECT_LOG(test, "E0100=blocked M0100- S0100=blocked E0200=blocked M0200- S0200=blocked D1:set disabled ");
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_DISABLED);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_PTR_EQ(test, device[i]->domain, domain);
		KUNIT_EXPECT_STREQ(test, device[i]->state_cause,
				   "its domain 1 (domain1) is disabled");
	}
	/* Again: nothing to do. In: nobody. */
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_DISABLED, &why), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(third, domain, &why), -EBUSY);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "domain 1 is disabled; set its state to active first");
	/* A reset does not let it in by the back door. */
	core_clear_log();
	nyx_reset_test_finish(device[0], 0);
	KUNIT_EXPECT_EQ(test, device[0]->state, NYX_DEVICE_BLOCKED);
	CORE_EXPECT_LOG(test, "S0100=blocked ");

	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_ACTIVE, &why), 0);
	CORE_EXPECT_LOG(test, "E0100=paging M0100+ S0100=assigned E0200=paging M0200+ S0200=assigned D1:set active ");
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device[1], NULL), 0);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_DISABLED, &why), 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_del(domain, true, &why), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 0);
}

/* What storms while its domain is off is shut out, and listened to again when it is on. */
static void disabled_storm(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_STRICT);

	core_assign(test, device, domain);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_DISABLED, NULL), 0);
	faults(unit, device->rid, NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_TRUE(test, device->muted);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_ACTIVE, NULL), 0);
	KUNIT_EXPECT_FALSE(test, device->muted);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
	faults(unit, device->rid, NYX_POLICY_THRESHOLD - 1);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
}

static void states_that_are_not_set(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_SHARED);
	struct nyx_why why = {};

	core_assign(test, device, domain);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_QUARANTINED, &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, why.arg, NYX_ARG_STATE);
	faults(unit, device->rid, NYX_POLICY_THRESHOLD);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_QUARANTINED);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_ACTIVE, &why), -EBUSY);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "domain 1 is quarantined: 0000:01:00.0 reached its fault threshold; reset its devices to go on");
	/* Off and on again does not lift it either. */
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_DISABLED, &why), 0);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_ACTIVE, &why), 0);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_QUARANTINED);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
}

/* One device cannot be let back in: all stay out. */
static void enabling_fails(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device[2] = {
		core_endpoint(test, RID(1, 0, 0)), core_endpoint(test, RID(2, 0, 0)) };
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_SHARED);
	struct nyx_why why = {};
	u32 i;

	for (i = 0; i < 2; i++)
		core_assign(test, device[i], domain);
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_DISABLED, &why), 0);
	unit->entry_error = -ENOMEM;
	unit->error_rid = device[1]->rid;
	unit->error_kind = NYX_ENTRY_PAGING;
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_ACTIVE, &why), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "an entry of a device of domain 1 could not be written (error -12); the domain is disabled");
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_DISABLED);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, device[i]->state, NYX_DEVICE_BLOCKED);
		KUNIT_EXPECT_FALSE(test, core_is_master(device[i]->pdev));
		KUNIT_EXPECT_EQ(test, core_entry(unit, device[i]->rid)->kind, NYX_ENTRY_BLOCKED);
	}
	unit->entry_error = 0;
	KUNIT_EXPECT_EQ(test, set_state(domain, NYX_DOMAIN_ACTIVE, &why), 0);
}

static void threshold_of_the_domain(struct kunit *test)
{
	const struct nyx_domain_changes two = { .has_threshold = true, .threshold = 2 };
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *early = core_endpoint(test, RID(1, 0, 0));
	struct nyx_device *late = core_endpoint(test, RID(2, 0, 0));
	struct nyx_device *own = core_endpoint(test, RID(3, 0, 0));
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_SHARED);

	KUNIT_EXPECT_EQ(test, domain->policy.threshold, NYX_POLICY_THRESHOLD);
	core_assign(test, early, domain);
	nyx_device_set_threshold(own, 7, NULL);
	core_assign(test, own, domain);
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &two, NULL), 0);
	core_assign(test, late, domain);
	KUNIT_EXPECT_EQ(test, early->policy.threshold, 2);
	KUNIT_EXPECT_EQ(test, late->policy.threshold, 2);
	KUNIT_EXPECT_EQ(test, own->policy.threshold, 7);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(own, NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(early, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, own->policy.threshold, 7);
	KUNIT_EXPECT_EQ(test, early->policy.threshold, NYX_POLICY_THRESHOLD);
	faults(unit, late->rid, 2);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_QUARANTINED);
}

/* All of a change or nothing of it. */
static void all_or_nothing(struct kunit *test)
{
	struct nyx_domain_changes changes = {
		.name = "2bad", .has_state = true, .state = NYX_DOMAIN_DISABLED,
		.has_max_bytes = true, .max_bytes = SZ_1M, .has_max_mappings = true,
		.max_mappings = 3, .has_threshold = true, .threshold = 4,
	};
	struct nyx_domain *domain;

	core_unit(test, 0);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &changes, NULL), -EINVAL);
	CORE_EXPECT_LOG(test, "");
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_ACTIVE);
	KUNIT_EXPECT_EQ(test, domain->max_bytes, 0);
	KUNIT_EXPECT_EQ(test, domain->max_mappings, 0);
	KUNIT_EXPECT_EQ(test, domain->policy.threshold, NYX_POLICY_THRESHOLD);
	changes.name = "good";
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &changes, NULL), 0);
	CORE_EXPECT_LOG(test, "D1:set disabled D1:renamed ");
	KUNIT_EXPECT_EQ(test, domain->max_bytes, SZ_1M);
	KUNIT_EXPECT_EQ(test, domain->max_mappings, 3);
	KUNIT_EXPECT_EQ(test, domain->policy.threshold, 4);
	/* Its own name is no clash. */
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &changes, NULL), 0);
}

static void unmanaged(struct kunit *test)
{
	const struct nyx_map_range range = { .iova = SZ_1M, .length = SZ_4K, .prot = NYX_PROT_READ,
					     .type = NYX_MAPPING_USER };
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_UNMANAGED);
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	struct nyx_why why = {};

	KUNIT_EXPECT_STREQ(test, domain->state_cause,
			   "unmanaged: no translation, no protection, its devices reach all memory");
	core_hold(device);
	core_hold(other);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, &why), 0);
	CORE_EXPECT_LOG(test, "E0100=pass M0100+ S0100=assigned ");
	KUNIT_EXPECT_EQ(test, nyx_device_assign(other, domain, &why), 0);
	KUNIT_EXPECT_STREQ(test, device->state_cause,
			   "assigned to unmanaged domain 1: no protection, it reaches all memory");
	/* It needs no hardware id of its own, and has no table. */
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, &range, 1, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "is unmanaged"));
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, &range, 1, NULL, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, nyx_domain_walk(domain, SZ_1M, steps), 0);
	/* Its faults count, and fence it. */
	core_clear_log();
	faults(unit, device->rid, NYX_POLICY_THRESHOLD);
	CORE_EXPECT_LOG(test, "E0100=fenced M0100- S0100=quarantined ");
	KUNIT_EXPECT_EQ(test, other->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_EQ(test, nyx_device_move(other, core_domain(test, NYX_DOMAIN_STRICT), false,
					      &why), 0);
	KUNIT_EXPECT_EQ(test, core_entry(unit, other->rid)->kind, NYX_ENTRY_PAGING);
	KUNIT_EXPECT_EQ(test, nyx_domain_del(domain, true, &why), 0);
	core_settle();
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(disabled),
	KUNIT_CASE(disabled_storm),
	KUNIT_CASE(states_that_are_not_set),
	KUNIT_CASE(enabling_fails),
	KUNIT_CASE(threshold_of_the_domain),
	KUNIT_CASE(all_or_nothing),
	KUNIT_CASE(unmanaged),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_set",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
