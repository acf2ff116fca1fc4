// SPDX-License-Identifier: GPL-2.0
/*
 * Which devices' interrupts go by a table, and from when to when: those that are out of the
 * host's hands, and no others.
 */
#include "core_fixture.h"

static struct core_unit *unit;
static struct nyx_domain *domain;
static struct nyx_device *device;

static int table_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	unit = core_unit(test, 0);
	core_remaps(test, unit);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	device = core_endpoint(test, RID(1, 0, 0));
	return 0;
}

/* As when the stub lets go of it. */
static void release(struct nyx_device *held)
{
	mutex_lock(&nyx_registry_lock);
	held->stub_bound = false;
	if (held->domain)
		nyx_device_leave_domain(held, "a test lets go of it");
	held->state = NYX_DEVICE_HOST;
	if (!nyx_device_settle(held))
		nyx_device_apply(held);
	mutex_unlock(&nyx_registry_lock);
}

static int open_table(struct nyx_device *of)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = nyx_irqs_open(of);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

/* The stub has let go of it, and nothing else has changed. */
static void unhold(struct nyx_device *held)
{
	mutex_lock(&nyx_registry_lock);
	held->irqs.held = false;
	held->stub_bound = false;
	nyx_device_apply(held);
	mutex_unlock(&nyx_registry_lock);
}

static struct nyx_device *untrusted_device(struct kunit *test, u16 rid)
{
	return core_device(test, &(struct core_function) {
		.rid = rid, .type = PCI_EXP_TYPE_ENDPOINT, .untrusted = true });
}

/* There before the first entry that leads to it, gone after the last. */
static void table_order(struct kunit *test)
{
	core_clear_log();
	KUNIT_EXPECT_EQ(test, open_table(device), 0);
	KUNIT_EXPECT_EQ(test, open_table(device), 0);
	CORE_EXPECT_LOG(test, "I0100+ ");
	core_assign(test, device, domain);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->remap_interrupts);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, NULL), 0);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->remap_interrupts);
	core_clear_log();
	release(device);
	CORE_EXPECT_LOG(test, "E0100=pass I0100- ");
	KUNIT_EXPECT_FALSE(test, core_entry(unit, device->rid)->remap_interrupts);
}

/* Then it is not held either, and nobody takes its interrupts away from a host driver. */
static void table_refused(struct kunit *test)
{
	struct nyx_device *untrusted = untrusted_device(test, RID(4, 0, 0));

	unit->open_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, open_table(untrusted), -ENOMEM);
	KUNIT_EXPECT_FALSE(test, untrusted->irqs.held);
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_device_apply(untrusted), 0);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
}

static void table_of_a_departed(struct kunit *test)
{
	core_assign(test, device, domain);
	core_depart(device->pdev);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, RID(1, 0, 0))->remap_interrupts);
}

/* What is idle beside an assigned one raises nothing; the host's others do. */
static void idle_member(struct kunit *test)
{
	struct nyx_device *member[2], *other = core_endpoint(test, RID(3, 0, 0));
	u32 i;

	for (i = 0; i < 2; i++)
		member[i] = core_device(test, &(struct core_function) {
			.rid = RID(2, 0, i), .type = PCI_EXP_TYPE_ENDPOINT, .multi = true });
	core_assign(test, member[0], domain);
	KUNIT_ASSERT_PTR_EQ(test, member[0]->group, member[1]->group);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, member[1]->rid)->remap_interrupts);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, other->rid)->remap_interrupts);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 1);
	release(member[0]);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, member[1]->rid)->remap_interrupts);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
}

/* Blocked for want of a name, or not trusted, a host driver may wait for its interrupts. */
static void blocked_host_device(struct kunit *test)
{
	struct nyx_device *untrusted = untrusted_device(test, RID(4, 0, 0));

	KUNIT_ASSERT_EQ(test, untrusted->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
}

/* Back with the host it is blocked still, but its interrupts are the host driver's. */
static void untrusted_given_back(struct kunit *test)
{
	struct nyx_device *untrusted = untrusted_device(test, RID(4, 0, 0));

	core_hold(untrusted);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
	unhold(untrusted);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
}

/* Whoever asks for the entry of an id that two blocked ones share, one of them held. */
static void shared_id(struct kunit *test)
{
	struct nyx_device *held, *other;
	struct nyx_entry entry;

	held = untrusted_device(test, RID(5, 0, 0));
	core_alias(test, held->pdev, PCI_DEVFN(1, 0));
	core_depart(held->pdev);
	held = core_arrive(held->pdev);
	other = untrusted_device(test, RID(5, 1, 0));
	KUNIT_ASSERT_PTR_EQ(test, held->group, other->group);
	core_hold(held);
	mutex_lock(&nyx_registry_lock);
	nyx_device_wanted_entry(other, RID(5, 1, 0), &entry);
	KUNIT_EXPECT_TRUE(test, entry.remap_interrupts);
	nyx_device_wanted_entry(held, RID(5, 1, 0), &entry);
	KUNIT_EXPECT_TRUE(test, entry.remap_interrupts);
	mutex_unlock(&nyx_registry_lock);
	unhold(held);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_order),
	KUNIT_CASE(table_refused),
	KUNIT_CASE(table_of_a_departed),
	KUNIT_CASE(idle_member),
	KUNIT_CASE(blocked_host_device),
	KUNIT_CASE(untrusted_given_back),
	KUNIT_CASE(shared_id),
	{}
};

static struct kunit_suite table_suite = {
	.name = "nyx_core_irq_table",
	.init = table_init,
	.exit = core_exit,
	.test_cases = table_cases,
};
kunit_test_suite(table_suite);
