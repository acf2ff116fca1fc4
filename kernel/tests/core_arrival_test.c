// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that arrive, under rules.
 */
#include "../arrival.h"
#include "core_export.h"

#define PORT	RID(0, 1, 0)
#define CARD	RID(1, 0, 0)

static int set_rules(struct kunit *test, const struct nyx_arrival_rule *list, u32 nr)
{
	struct nyx_arrival_rule *copy = kvcalloc(nr, sizeof(*copy), GFP_KERNEL);
	u32 at;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, list, nr * sizeof(*copy));
	mutex_lock(&nyx_registry_lock);
	err = nyx_arrival_set(copy, nr, &at, NULL);
	mutex_unlock(&nyx_registry_lock);
	if (err)
		kvfree(copy);
	return err;
}

#define RULES(test, ...) do {								\
	const struct nyx_arrival_rule list[] = { __VA_ARGS__ };				\
	KUNIT_ASSERT_EQ(test, set_rules(test, list, ARRAY_SIZE(list)), 0);		\
} while (0)

static struct nyx_device *card(struct kunit *test)
{
	struct pci_dev *pdev = core_pci(test, &(struct core_function) { .rid = CARD });
	struct nyx_device *device;

	pdev->vendor = 0x8086;
	pdev->device = 0x10d3;
	device = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, device);
	return device;
}

/* The driver core would ask no other driver than the stub. */
static bool kept(const struct nyx_device *device)
{
	return device_has_driver_override(&device->pdev->dev);
}

static void without_rules_the_host_has_it(struct kunit *test)
{
	struct nyx_device *device;

	core_unit(test, 0);
	device = card(test);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_FALSE(test, kept(device));
	CORE_EXPECT_LOG(test, "E0100=pass S0100=host ");
}

static void held_before_it_passes_through(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device;

	RULES(test, { .action = NYX_ARRIVAL_HOLD });
	device = card(test);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_TRUE(test, kept(device));
	/* Its entry did not change: not for a moment it passed through. */
	CORE_EXPECT_LOG(test, "S0100=blocked ");
	KUNIT_EXPECT_EQ(test, core_entry(unit, CARD)->kind, NYX_ENTRY_BLOCKED);
	core_hold(device);
	nyx_arrival_admit(device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_NULL(test, device->domain);
}

/* Exported, it is somebody's by root's own word: the rule is not for when it comes back. */
static void an_export_ends_it(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_export export = {};
	struct nyx_device *device;

	RULES(test, { .action = NYX_ARRIVAL_HOLD });
	device = card(test);
	KUNIT_EXPECT_TRUE(test, device->arriving_held);
	core_export(test, &export, device);
	KUNIT_EXPECT_FALSE(test, device->arriving_held);
	core_unexport(test, &export, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, CARD)->kind, NYX_ENTRY_PASS);
}

static struct nyx_arrival_rule into(const char *domain)
{
	struct nyx_arrival_rule rule = { .action = NYX_ARRIVAL_DOMAIN };

	strscpy(rule.domain, domain, sizeof(rule.domain));
	return rule;
}

static void into_its_domain_once_held(struct kunit *test)
{
	struct nyx_domain *domain;
	struct nyx_device *device;

	core_unit(test, 0);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	RULES(test, into(domain->name));
	device = card(test);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	core_hold(device);
	nyx_arrival_admit(device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_PTR_EQ(test, device->domain, domain);
	/* Once: who takes it out and holds it again has other plans. */
	KUNIT_ASSERT_EQ(test, nyx_device_remove(device, NULL), 0);
	core_settle();
	nyx_arrival_admit(device);
	KUNIT_EXPECT_NULL(test, device->domain);
}

static void a_refusal_leaves_it_blocked_and_says_why(struct kunit *test)
{
	struct nyx_domain *domain;
	struct nyx_device *device;

	core_unit(test, 0);
	RULES(test, into("not-there"));
	device = card(test);
	core_hold(device);
	nyx_arrival_admit(device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_STREQ(test, device->state_cause,
			   "not put into domain not-there: there is no such domain");

	/* STRICT, and another group is in it. */
	core_depart(device->pdev);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_assign(test, core_endpoint(test, RID(0, 5, 0)), domain);
	RULES(test, into(domain->name));
	device = core_arrive(core_pci(test, &(struct core_function) { .rid = RID(2, 0, 0) }));
	core_hold(device);
	nyx_arrival_admit(device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_NOT_NULL(test, strstr(device->state_cause, "is STRICT"));
}

static void the_first_rule_that_fits_counts(struct kunit *test)
{
	struct nyx_device *device;
	struct pci_dev *port;

	core_unit(test, 0);
	port = core_pci(test, &(struct core_function) {
		.rid = PORT, .type = PCI_EXP_TYPE_ROOT_PORT, .below = 1 });
	core_arrive(port);
	RULES(test, { .has_place = true, .rid = RID(1, 0, 1) },
	      { .has_place = true, .segment = 1, .rid = CARD },
	      { .has_pci_id = true, .vendor = 0x8086, .device = 0x10d4 },
	      { .has_pci_id = true, .vendor = 0x8087, .device = 0x10d3 },
	      { .has_below = true, .below_rid = RID(0, 2, 0) },
	      { .has_below = true, .below_segment = 1, .below_rid = PORT },
	      { .has_place = true, .rid = CARD, .has_pci_id = true, .vendor = 0x8086, .device = 0x10d3,
		.has_below = true, .below_rid = PORT, .action = NYX_ARRIVAL_HOLD },
	      { });
	device = card(test);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_TRUE(test, kept(device));
	core_depart(device->pdev);
	/* The last one takes all others. */
	device = core_arrive(core_pci(test, &(struct core_function) { .rid = RID(1, 3, 0) }));
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	/* Ports are nobody's to hold. */
	RULES(test, { .action = NYX_ARRIVAL_HOLD });
	device = core_arrive(core_pci(test, &(struct core_function) {
		.rid = RID(0, 3, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 3 }));
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_FALSE(test, kept(device));
}

static void virtual_functions_are_below_their_card(struct kunit *test)
{
	struct nyx_device *device;
	struct pci_dev *card;

	core_unit(test, 0);
	core_arrive(core_pci(test, &(struct core_function) {
		.rid = PORT, .type = PCI_EXP_TYPE_ROOT_PORT, .below = 1 }));
	card = core_pci(test, &(struct core_function) { .rid = CARD });
	core_arrive(card);
	RULES(test, { .has_below = true, .below_rid = PORT, .action = NYX_ARRIVAL_HOLD });
	device = core_arrive(core_pci(test, &(struct core_function) {
		.rid = RID(2, 0, 0), .pf = card }));
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
}

static void unsound_rules_change_nothing(struct kunit *test)
{
	static const struct nyx_arrival_rule unsound[][2] = {
		{ { .has_place = true, .rid = CARD }, { .action = NYX_ARRIVAL_DOMAIN } },
		{ { .has_place = true, .rid = CARD }, { .action = NYX_ARRIVAL_HOLD, .domain = "a" } },
		{ { .has_place = true, .rid = CARD }, { .action = NYX_ARRIVAL_DOMAIN, .domain = "a b" } },
		{ { }, { .has_place = true, .rid = CARD } },
		{ { .has_place = true, .rid = CARD },
		  { .has_place = true, .rid = CARD, .action = NYX_ARRIVAL_HOLD } },
		{ { .has_pci_id = true, .vendor = 1 }, { .has_pci_id = true, .vendor = 1 } },
		{ { .has_below = true, .below_rid = PORT }, { .has_below = true, .below_rid = PORT } },
	};
	u32 i, at;

	RULES(test, { .has_place = true, .rid = CARD, .action = NYX_ARRIVAL_HOLD });
	mutex_lock(&nyx_registry_lock);
	for (i = 0; i < ARRAY_SIZE(unsound); i++) {
		struct nyx_arrival_rule list[2];

		memcpy(list, unsound[i], sizeof(list));
		KUNIT_EXPECT_EQ(test, nyx_arrival_set(list, 2, &at, NULL), -EINVAL);
		KUNIT_EXPECT_EQ(test, at, 1);
	}
	KUNIT_EXPECT_EQ(test, nyx_arrival_get(0)->rid, CARD);
	KUNIT_EXPECT_NULL(test, nyx_arrival_get(1));
	mutex_unlock(&nyx_registry_lock);
}

static void no_rules_left(struct kunit *test)
{
	u32 at;

	mutex_lock(&nyx_registry_lock);
	nyx_arrival_set(NULL, 0, &at, NULL);
	mutex_unlock(&nyx_registry_lock);
	core_exit(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(without_rules_the_host_has_it),
	KUNIT_CASE(held_before_it_passes_through),
	KUNIT_CASE(an_export_ends_it),
	KUNIT_CASE(into_its_domain_once_held),
	KUNIT_CASE(a_refusal_leaves_it_blocked_and_says_why),
	KUNIT_CASE(the_first_rule_that_fits_counts),
	KUNIT_CASE(virtual_functions_are_below_their_card),
	KUNIT_CASE(unsound_rules_change_nothing),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_core_arrival",
	.init = core_init,
	.exit = no_rules_left,
	.test_cases = cases,
};
kunit_test_suite(suite);
