// SPDX-License-Identifier: GPL-2.0
/*
 * Assignments that are refused or fail: the words, the errno, and that nothing has
 * changed afterwards.
 */
#include <linux/module.h>

#include "core_fixture.h"

/* What must be the same after a refusal. */
struct before {
	enum nyx_device_state state;
	struct nyx_domain *domain;
	u32 nr_devices, hwdids;
	int module_refs, domain_refs, device_refs;
	bool master;
};

static struct before look(struct nyx_device *device, struct nyx_domain *domain,
			  struct core_unit *unit)
{
	return (struct before) {
		.state = device->state,
		.domain = device->domain,
		.nr_devices = domain->nr_devices,
		.hwdids = core_hwdids_used(unit),
		.module_refs = module_refcount(THIS_MODULE),
		.domain_refs = kref_read(&domain->ref),
		.device_refs = kref_read(&device->ref),
		.master = core_is_master(device->pdev),
	};
}

static void expect_same(struct kunit *test, const struct before *a, const struct before *b)
{
	KUNIT_EXPECT_EQ(test, a->state, b->state);
	KUNIT_EXPECT_PTR_EQ(test, a->domain, b->domain);
	KUNIT_EXPECT_EQ(test, a->nr_devices, b->nr_devices);
	KUNIT_EXPECT_EQ(test, a->hwdids, b->hwdids);
	KUNIT_EXPECT_EQ(test, a->module_refs, b->module_refs);
	KUNIT_EXPECT_EQ(test, a->domain_refs, b->domain_refs);
	KUNIT_EXPECT_EQ(test, a->device_refs, b->device_refs);
	KUNIT_EXPECT_EQ(test, a->master, b->master);
}

static struct core_unit *unit;
static struct nyx_domain *domain;

static int assign_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	unit = core_unit(test, 0);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	return 0;
}

static void refused_into(struct kunit *test, struct nyx_device *device,
			 struct nyx_domain *into, int err, enum nyx_arg arg, const char *text)
{
	struct nyx_why why = {};
	struct before before, after;

	core_settle();
	core_clear_log();
	before = look(device, into, unit);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, into, &why), err);
	KUNIT_EXPECT_EQ(test, why.arg, arg);
	KUNIT_EXPECT_STREQ(test, why.text, text);
	after = look(device, into, unit);
	expect_same(test, &before, &after);
	CORE_EXPECT_LOG(test, "");
}

static void refused(struct kunit *test, struct nyx_device *device, int err, const char *text)
{
	refused_into(test, device, domain, err, NYX_ARG_DEVICE, text);
}

static void bridge(struct kunit *test)
{
	refused(test, core_device(test, &(struct core_function) {
			.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 1 }),
		-EPERM, "0000:00:01.0 is a bridge; assign the devices below it");
}

static void unit_function(struct kunit *test)
{
	unit->unit.has_function = true;
	unit->unit.rid = RID(0, 0, 2);
	refused(test, core_endpoint(test, RID(0, 0, 2)), -EPERM,
		"0000:00:00.2 is the IOMMU itself and cannot be assigned");
}

static void no_unit(struct kunit *test)
{
	refused(test, core_device(test, &(struct core_function) {
			.segment = 7, .rid = RID(1, 0, 0) }),
		-EPERM, "0007:01:00.0 is behind no IOMMU that the firmware names, so nothing would confine it");
}

static void reserved_region(struct kunit *test)
{
	core_reserve(RID(1, 0, 0), 0x7f000000, 0x7f0fffff);
	refused(test, core_endpoint(test, RID(1, 0, 0)), -EPERM,
		"firmware uses 0000:01:00.0 through reserved memory 0x7f000000-0x7f0fffff; a domain would cut it off: assign it with allow-reserved to have that memory mapped for it");
}

static void in_a_domain_already(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	core_assign(test, device, domain);
	refused(test, device, -EBUSY,
		"0000:01:00.0 is already in domain 1; remove it there first, or move it");
	refused_into(test, device, core_domain(test, NYX_DOMAIN_SHARED), -EBUSY, NYX_ARG_DEVICE,
		     "0000:01:00.0 is already in domain 1; remove it there first, or move it");
}

static void not_held(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	refused(test, device, -EBUSY,
		"0000:01:00.0 is not held by nyx_stub; bind it there first (driver_override)");
	core_bind(device, "e1000e");
	refused(test, device, -EBUSY,
		"0000:01:00.0 is used by driver e1000e; unbind it and bind the device to nyx_stub first");
	/* Somebody is at it right now, and may wait for us. */
	device_lock(&device->pdev->dev);
	refused(test, device, -EAGAIN,
		"0000:01:00.0 is being bound, unbound or reset right now; try again");
	device_unlock(&device->pdev->dev);
}

static void being_reset(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	core_hold(device);
	device->resetting = true;
	refused(test, device, -EBUSY, "0000:01:00.0 is being reset; wait for its state event");
	device->resetting = false;
}

static void gone(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	KUNIT_ASSERT_PTR_EQ(test, nyx_device_get(0, RID(1, 0, 0)), device);
	core_hold(device);
	core_depart(device->pdev);
	refused(test, device, -ENODEV, "0000:01:00.0 has been removed from the bus");
	nyx_device_put(device);
}

/* Two functions that nothing keeps apart. */
static struct nyx_device *function(struct kunit *test, u8 fn)
{
	return core_device(test, &(struct core_function) { .rid = RID(1, 0, fn), .multi = true });
}

static void sibling_bound(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);

	core_hold(device);
	core_bind(sibling, "nvme");
	refused(test, device, -EBUSY,
		"0000:01:00.0 is in one isolation group with 0000:01:00.1 (functions of 0000:01:00.0 have no ACS between them), which driver nvme uses; unbind that too");
	device_lock(&sibling->pdev->dev);
	refused(test, device, -EAGAIN,
		"0000:01:00.1, in the group of 0000:01:00.0, is being bound or unbound right now; try again");
	device_unlock(&sibling->pdev->dev);
	/* A port driver on a bridge of the group is no obstacle, nor is an idle sibling. */
	core_bind(sibling, NULL);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, NULL), 0);
}

static void bridge_of_the_group_bound(struct kunit *test)
{
	struct nyx_device *port = core_device(test, &(struct core_function) {
		.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 1 });
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	core_bind(port, "pcieport");
	KUNIT_ASSERT_PTR_EQ(test, port->group, device->group);
	core_assign(test, device, domain);
	/* And it goes on passing: the host talks through it. */
	KUNIT_EXPECT_EQ(test, port->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, port->rid)->kind, NYX_ENTRY_PASS);
}

static void sibling_in_another_domain(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);

	core_hold(device);
	core_assign(test, sibling, core_domain(test, NYX_DOMAIN_SHARED));
	refused(test, device, -EBUSY,
		"0000:01:00.0 is in one isolation group with 0000:01:00.1 (functions of 0000:01:00.0 have no ACS between them), which is in domain 2");
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, sibling->domain, NULL), 0);
}

static void strict_takes_one_group(struct kunit *test)
{
	struct nyx_device *first = core_endpoint(test, RID(1, 0, 0));
	struct nyx_device *second = core_endpoint(test, RID(2, 0, 0));
	char text[NYX_WHY_MAX];

	core_assign(test, first, domain);
	core_hold(second);
	snprintf(text, sizeof(text),
		 "domain 1 is STRICT and holds group %u (0000:01:00.0); 0000:02:00.0 is in group %u: use another domain",
		 first->group->id, second->group->id);
	refused_into(test, second, domain, -EINVAL, NYX_ARG_DOMAIN, text);
}

static void domain_dying(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	core_hold(device);
	nyx_domain_get(domain->id);	/* kept beyond its end */
	KUNIT_ASSERT_EQ(test, nyx_domain_del(domain, false, NULL), 0);
	refused_into(test, device, domain, -ENOENT, NYX_ARG_DOMAIN, "domain 1 is being deleted");
	nyx_domain_put(domain);
}

static void domain_not_active(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	core_hold(device);
	domain->state = NYX_DOMAIN_QUARANTINED;
	refused_into(test, device, domain, -EBUSY, NYX_ARG_DOMAIN,
		     "domain 1 is not active; reset its devices first");
	domain->state = NYX_DOMAIN_ACTIVE;
}

static void unit_dead(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));

	core_hold(device);
	nyx_unit_mark_dead(&unit->unit, "invalidation timed out");
	refused(test, device, -EIO,
		"0000:01:00.0 is behind fake0, which stopped answering (invalidation timed out); reboot the machine");
}

static void no_hwdid_left(struct kunit *test)
{
	struct nyx_device *device;
	u32 i;

	for (i = 0; i < CORE_HWDIDS - NYX_HWDID_FIRST; i++)
		core_assign(test, core_endpoint(test, RID(1, i, 0)),
			    core_domain(test, NYX_DOMAIN_STRICT));
	device = core_endpoint(test, RID(2, 0, 0));
	core_hold(device);
	refused(test, device, -ENOSPC, "fake0 has no hardware domain id left (8 in all)");
}

/* ---- failures after the checks ---- */

/* A device with an alias and an idle sibling; the entry of the alias cannot be made. */
static void entry_error_is_undone(struct kunit *test)
{
	struct pci_dev *pdev = core_pci(test, &(struct core_function) {
		.rid = RID(1, 0, 0), .multi = true });
	struct nyx_device *device, *sibling;
	struct before before, after;
	struct nyx_why why = {};

	core_alias(test, pdev, PCI_DEVFN(4, 0));
	device = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, device);
	sibling = function(test, 1);
	core_hold(device);
	unit->entry_error = -ENOMEM;
	unit->error_rid = RID(1, 4, 0);
	unit->error_kind = NYX_ENTRY_PAGING;

	before = look(device, domain, unit);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, &why), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "fake0: the entry of 0000:01:00.0 could not be made (error -12)");
	after = look(device, domain, unit);
	expect_same(test, &before, &after);
	KUNIT_EXPECT_NULL(test, strstr(core.log, "M0100"));
	KUNIT_EXPECT_EQ(test, device->domain_id, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&domain->devices));
	KUNIT_EXPECT_TRUE(test, list_empty(&domain->units));
	KUNIT_EXPECT_EQ(test, core_entry(unit, RID(1, 0, 0))->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, RID(1, 4, 0))->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, sibling->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, sibling->rid)->kind, NYX_ENTRY_PASS);
	unit->entry_error = 0;
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, &why), 0);
	KUNIT_EXPECT_EQ(test, sibling->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, sibling->rid)->kind, NYX_ENTRY_BLOCKED);
}

/* The sibling cannot be shut out: then the device must not go live beside it. */
static void sibling_entry_error(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);

	core_hold(device);
	unit->entry_error = -ENOMEM;
	unit->error_rid = sibling->rid;
	unit->error_kind = NYX_ENTRY_BLOCKED;
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, NULL), -ENOMEM);
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, sibling->state, NYX_DEVICE_HOST);
}

/* The unit dies over the entry: it may be live, so the domain never leaves that unit. */
static void unit_dies_over_the_entry(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_why why = {};

	core_hold(device);
	unit->dies = true;
	unit->dies_rid = device->rid;
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, domain, &why), -ETIMEDOUT);
	core_settle();
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_FALSE(test, core_is_master(device->pdev));
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), -EIO);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bridge),
	KUNIT_CASE(unit_function),
	KUNIT_CASE(no_unit),
	KUNIT_CASE(reserved_region),
	KUNIT_CASE(in_a_domain_already),
	KUNIT_CASE(not_held),
	KUNIT_CASE(being_reset),
	KUNIT_CASE(gone),
	KUNIT_CASE(sibling_bound),
	KUNIT_CASE(bridge_of_the_group_bound),
	KUNIT_CASE(sibling_in_another_domain),
	KUNIT_CASE(strict_takes_one_group),
	KUNIT_CASE(domain_dying),
	KUNIT_CASE(domain_not_active),
	KUNIT_CASE(unit_dead),
	KUNIT_CASE(no_hwdid_left),
	KUNIT_CASE(entry_error_is_undone),
	KUNIT_CASE(sibling_entry_error),
	KUNIT_CASE(unit_dies_over_the_entry),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_assign",
	.init = assign_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
