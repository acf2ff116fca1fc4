// SPDX-License-Identifier: GPL-2.0
/*
 * Exports where something else comes in between: sleep, an arrival that does not isolate, a
 * reset that would take others along.
 */
#include <linux/suspend.h>

#include "core_export.h"

static struct core_unit *unit;
static struct nyx_export export;

static int edge_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	memset(&export, 0, sizeof(export));
	unit = core_unit(test, 0);
	return 0;
}

/* On the way to sleep nobody attaches, and who is attached keeps the machine awake. */
static void sleep(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain = core_external(test), *other = core_external(test);
	struct nyx_why why = {};

	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, nyx_power_test_event(PM_HIBERNATION_PREPARE), 0);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, &why), -EBUSY);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "the machine is going to sleep; try again when it is awake");
	KUNIT_EXPECT_NULL(test, device->domain);
	CORE_EXPECT_LOG(test, "");
	KUNIT_EXPECT_EQ(test, nyx_power_test_event(PM_POST_HIBERNATION), 0);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_power_test_event(PM_SUSPEND_PREPARE), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_power_test_ready(), -EBUSY);
	/* Refused: then the machine is awake, and a move to another domain no matter. */
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, other, NULL), 0);
	nyx_export_detach(device->pdev);
	core_external_gone(domain);
	core_external_gone(other);
	core_unexport(test, &export, device);
}

/* Blocked is not enough where the units go off: it must not be able to send. */
static void quiet_in_sleep(struct kunit *test)
{
	struct nyx_device *blocked = core_endpoint(test, RID(1, 0, 0));
	struct nyx_device *asleep = core_endpoint(test, RID(2, 0, 0));
	struct nyx_device *host = core_endpoint(test, RID(3, 0, 0));
	struct nyx_export second = {};

	core_export(test, &export, blocked);
	core_export(test, &second, asleep);
	pci_set_master(blocked->pdev);
	pci_set_master(asleep->pdev);
	pci_set_master(host->pdev);
	/* It would not answer, and sends nothing. */
	asleep->pdev->current_state = PCI_D3hot;
	KUNIT_EXPECT_EQ(test, nyx_power_test_event(PM_SUSPEND_PREPARE), 0);
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_power_test_ready(), -EBUSY);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_TRUE(test, core_is_master(blocked->pdev));
	KUNIT_EXPECT_EQ(test, nyx_power_test_ready(), 0);
	KUNIT_EXPECT_FALSE(test, core_is_master(blocked->pdev));
	KUNIT_EXPECT_TRUE(test, core_is_master(asleep->pdev));
	KUNIT_EXPECT_TRUE(test, core_is_master(host->pdev));
	KUNIT_EXPECT_EQ(test, nyx_power_test_event(PM_POST_SUSPEND), 0);
	asleep->pdev->current_state = PCI_D0;
	core_unexport(test, &export, blocked);
	core_unexport(test, &second, asleep);
}

/* Its reset would take its sibling along, so it cannot be asked for; nor is it kept for ever. */
static void fenced_with_a_bus_reset(struct kunit *test)
{
	struct nyx_domain *domain = core_external(test);
	struct nyx_device *device, *sibling;
	struct nyx_why why = {};

	core_device(test, &(struct core_function) {
		.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 5 });
	device = core_endpoint(test, RID(5, 0, 0));
	sibling = core_endpoint(test, RID(5, 0, 1));
	device->has_reset = true;
	device->pdev->reset_methods[0] = NYX_PCI_RESET_BUS;
	core_export(test, &export, device);
	KUNIT_ASSERT_PTR_EQ(test, sibling->export, &export);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	core_fence(unit, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	nyx_export_detach(device->pdev);
	core_external_gone(domain);
	KUNIT_EXPECT_EQ(test, nyx_device_reset(device, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "unexport it instead"));
	core_unexport(test, &export, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
}

/* It does not take its access controls: it stays out, and at no time passes through. */
static void arrival_that_cannot_join(struct kunit *test)
{
	struct nyx_device *device, *late;
	struct pci_dev *pdev;

	core_device(test, &(struct core_function) {
		.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 5 });
	device = core_endpoint(test, RID(5, 0, 0));
	/* Its control word reads as that of a function that is not there. */
	pdev = core_pci(test, &(struct core_function) {
		.rid = RID(5, 0, 1), .type = PCI_EXP_TYPE_ENDPOINT,
		.acs = CORE_ACS_ALL, .acs_on = 0xffff });
	core_export(test, &export, device);
	core_settle();
	core_clear_log();
	late = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, late);
	KUNIT_EXPECT_NULL(test, late->export);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_BLOCKED);
	CORE_EXPECT_LOG(test, "S0501=blocked ");
	core_unexport(test, &export, device);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_HOST);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sleep),
	KUNIT_CASE(quiet_in_sleep),
	KUNIT_CASE(fenced_with_a_bus_reset),
	KUNIT_CASE(arrival_that_cannot_join),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_core_export_edge",
	.init = edge_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
