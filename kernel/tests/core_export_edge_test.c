// SPDX-License-Identifier: GPL-2.0
/*
 * Exports where something else comes in between: an arrival that does not isolate, a reset
 * that would take others along.
 */
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
