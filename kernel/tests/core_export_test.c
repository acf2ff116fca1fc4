// SPDX-License-Identifier: GPL-2.0
/*
 * Exports as the core sees them: who may be exported and in which order, what an exported
 * device reaches at which time, and that a fence outlasts whoever has it.
 */
#include <linux/module.h>

#include "../iommu_api.h"
#include "core_export.h"

static struct core_unit *unit;
static struct nyx_export export;
static void *const grouped = &export;	/* for an IOMMU group that nobody looks into */

static int export_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	memset(&export, 0, sizeof(export));
	unit = core_unit(test, 0);
	return 0;
}

static struct nyx_device *function(struct kunit *test, u8 fn)
{
	return core_device(test, &(struct core_function) {
		.rid = RID(1, 0, fn), .type = PCI_EXP_TYPE_ENDPOINT, .multi = true });
}

static void refused(struct kunit *test, struct nyx_device *device, int err, const char *text)
{
	int module_refs = module_refcount(THIS_MODULE), refs = kref_read(&device->ref);
	enum nyx_device_state state = device->state;
	struct nyx_why why = {};

	core_settle();
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_export_begin(&export, device, &why), err);
	KUNIT_EXPECT_STREQ(test, why.text, text);
	KUNIT_EXPECT_EQ(test, device->state, state);
	KUNIT_EXPECT_NULL(test, device->export);
	KUNIT_EXPECT_EQ(test, kref_read(&device->ref), refs);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), module_refs);
	CORE_EXPECT_LOG(test, "");
	/* No lock is left behind. */
	KUNIT_EXPECT_TRUE(test, device_trylock(&device->pdev->dev));
	device_unlock(&device->pdev->dev);
}

static void there_and_back(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	int refs = kref_read(&device->ref);
	struct nyx_domain *domain = core_external(test);

	core_clear_log();
	KUNIT_EXPECT_NULL(test, nyx_export_of(device->pdev));
	core_export(test, &export, device);
	CORE_EXPECT_LOG(test, "E0100=blocked S0100=exported ");
	KUNIT_EXPECT_PTR_EQ(test, nyx_export_of(device->pdev), &export);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	CORE_EXPECT_LOG(test, "E0100=paging S0100=exported ");
	KUNIT_EXPECT_PTR_EQ(test, device->domain, domain);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 1);
	core_clear_log();
	/* Again: nothing to do. */
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	CORE_EXPECT_LOG(test, "");
	nyx_export_detach(device->pdev);
	CORE_EXPECT_LOG(test, "E0100=blocked S0100=exported ");
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 0);
	core_external_gone(domain);
	core_clear_log();
	core_unexport(test, &export, device);
	CORE_EXPECT_LOG(test, "E0100=pass S0100=host ");
	KUNIT_EXPECT_NULL(test, nyx_export_of(device->pdev));
	KUNIT_EXPECT_EQ(test, kref_read(&device->ref), refs);
}

/* From one domain into another it comes by way of neither. */
static void from_domain_to_domain(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *a = core_external(test), *b = core_external(test);

	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, a, NULL), 0);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, b, NULL), 0);
	CORE_EXPECT_LOG(test, "E0100=blocked S0100=exported E0100=paging S0100=exported ");
	KUNIT_EXPECT_EQ(test, a->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, b->nr_devices, 1);
	nyx_export_detach(device->pdev);
	core_external_gone(a);
	core_external_gone(b);
	core_unexport(test, &export, device);
}

/* All of the group, none of it in use; a bridge is no member. */
static void whole_group(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);
	struct nyx_export another = {};

	core_bind(sibling, "nvme");
	refused(test, device, -EBUSY,
		"0000:01:00.1, in one isolation group with 0000:01:00.0 (functions of 0000:01:00.0 have no ACS between them), is used by driver nvme; unbind it there first");
	device_lock(&sibling->pdev->dev);
	KUNIT_EXPECT_EQ(test, nyx_export_begin(&export, device, NULL), -EAGAIN);
	device_unlock(&sibling->pdev->dev);
	core_bind(sibling, NULL);
	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, sibling->state, NYX_DEVICE_EXPORTED);
	KUNIT_EXPECT_EQ(test, nyx_export_begin(&another, sibling, NULL), -EEXIST);
	core_unexport(test, &export, sibling);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, sibling->rid)->kind, NYX_ENTRY_PASS);
}

static void not_to_be_exported(struct kunit *test)
{
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_STRICT);
	struct nyx_device *device;

	device = core_endpoint(test, RID(2, 0, 0));
	core_bind(device, "nvme");
	refused(test, device, -EBUSY, "0000:02:00.0 is used by driver nvme; unbind it there first");
	core_bind(device, NULL);
	core_assign(test, device, domain);
	refused(test, device, -EBUSY, "0000:02:00.0 is in domain 1; remove it there first");
	core_reserve(RID(3, 0, 0), 0x7f000000, 0x7f0fffff);
	refused(test, core_endpoint(test, RID(3, 0, 0)), -EPERM,
		"firmware uses 0000:03:00.0 through reserved memory 0x7f000000-0x7f0fffff, which is not relaxable (that of USB controllers and graphics is), and VFIO would cut it off from that; assign it to a domain with allow-reserved instead");
	refused(test, core_device(test, &(struct core_function) {
			.rid = RID(4, 0, 0), .untrusted = true }), -EPERM,
		"0000:04:00.0 is behind an external-facing port: the kernel exports no untrusted device; assign it to a domain instead");
	refused(test, core_device(test, &(struct core_function) {
			.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 9 }),
		-EPERM, "0000:00:01.0 is a bridge; assign the devices below it");
}

/* Memory that firmware had for USB is given up: it is told, and in nobody's way. */
static void relaxable(struct kunit *test)
{
	struct nyx_device *usb;

	core_reserve(RID(3, 0, 0), 0x7f000000, 0x7f0fffff);
	usb = core_device(test, &(struct core_function) {
		.rid = RID(3, 0, 0), .type = PCI_EXP_TYPE_ENDPOINT,
		.class = PCI_CLASS_SERIAL_USB_XHCI });
	KUNIT_EXPECT_FALSE(test, usb->reserved_region);
	KUNIT_EXPECT_TRUE(test, usb->relaxed_region);
	KUNIT_EXPECT_EQ(test, usb->reserved_base, 0x7f000000);
	KUNIT_EXPECT_EQ(test, usb->reserved_last, 0x7f0fffff);
	KUNIT_EXPECT_FALSE(test, core_endpoint(test, RID(4, 0, 0))->relaxed_region);
	core_export(test, &export, usb);
	core_unexport(test, &export, usb);
}

/* One entry cannot be made: all are the host's again. */
static void half_way(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);
	struct nyx_why why = {};

	unit->entry_error = -ENOMEM;
	unit->error_rid = sibling->rid;
	unit->error_kind = NYX_ENTRY_BLOCKED;
	KUNIT_EXPECT_EQ(test, nyx_export_begin(&export, device, &why), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "0000:01:00.1"));
	unit->entry_error = 0;
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, sibling->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_PASS);
	KUNIT_EXPECT_TRUE(test, device_trylock(&sibling->pdev->dev));
	device_unlock(&sibling->pdev->dev);
	core_export(test, &export, device);
	core_unexport(test, &export, device);
}

/* A driver of the host finds physical addresses, and nobody else does. */
static void host_driver(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_why why = {};
	struct nyx_export *closed;

	core_export(test, &export, device);
	core_bind(device, "nvme");
	core_clear_log();
	/* Without a group the kernel would not keep VFIO from the others. */
	nyx_device_test_event(device->pdev, BUS_NOTIFY_BIND_DRIVER);
	CORE_EXPECT_LOG(test, "");
	device->pdev->dev.iommu_group = grouped;
	nyx_device_test_event(device->pdev, BUS_NOTIFY_BIND_DRIVER);
	CORE_EXPECT_LOG(test, "E0100=pass S0100=exported ");
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_reset_queue(device), true);
	mutex_unlock(&nyx_registry_lock);
	/* The job has left it alone. */
	core_settle();
	KUNIT_EXPECT_EQ(test, device->epoch, 0);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_PASS);
	KUNIT_EXPECT_EQ(test, nyx_device_reset(device, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_export_close(device, &closed, &why), -EBUSY);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "0000:01:00.0 is bound to driver nvme; unbind it there first");
	core_bind(device, NULL);
	core_clear_log();
	nyx_device_test_event(device->pdev, BUS_NOTIFY_UNBOUND_DRIVER);
	CORE_EXPECT_LOG(test, "E0100=blocked S0100=exported ");
	device->pdev->dev.iommu_group = NULL;
	core_unexport(test, &export, device);
}

/* Under an id that both have, the idle one is not in the way. */
static void host_driver_beside_an_idle_one(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);

	core_alias(test, sibling->pdev, PCI_DEVFN(0, 0));
	core_depart(sibling->pdev);
	sibling = core_arrive(sibling->pdev);
	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
	device->pdev->dev.iommu_group = grouped;
	core_bind(device, "nvme");
	nyx_device_test_event(device->pdev, BUS_NOTIFY_BIND_DRIVER);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_PASS);
	KUNIT_EXPECT_EQ(test, core_entry(unit, sibling->rid)->kind, NYX_ENTRY_BLOCKED);
	core_bind(device, NULL);
	nyx_device_test_event(device->pdev, BUS_NOTIFY_UNBOUND_DRIVER);
	device->pdev->dev.iommu_group = NULL;
	core_unexport(test, &export, device);
}

/* What it did while nobody had it is not held against the next one, nor out of sight. */
static void faults_before(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain = core_external(test);

	core_export(test, &export, device);
	core_fence(unit, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_EXPORTED);
	KUNIT_EXPECT_TRUE(test, device->muted);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->suppress_faults);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	KUNIT_EXPECT_FALSE(test, device->muted);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_EXPORTED);
	device->has_reset = false;
	core_fence(unit, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	nyx_export_detach(device->pdev);
	core_external_gone(domain);
	core_unexport(test, &export, device);
}

/* A reset while nobody has it leaves its interrupts in tables of ours. */
static void interrupts_stay(struct kunit *test)
{
	struct nyx_device *device;

	core_remaps(test, unit);
	device = core_endpoint(test, RID(1, 0, 0));
	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->remap_interrupts, true);
	mutex_lock(&nyx_registry_lock);
	device->irqs.in_reset = true;
	nyx_irq_after_reset(device);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_export_isolates_interrupts(device->pdev),
			!list_empty(&device->irqs.taken));
	KUNIT_EXPECT_TRUE(test, device->irqs.foreign || !list_empty(&device->irqs.taken));
	core_unexport(test, &export, device);
	KUNIT_EXPECT_TRUE(test, list_empty(&device->irqs.taken));
}

/* It leaves the bus while whoever exports has its lock: it is let go of with the others'. */
static void leaves_while_locked(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *sibling = function(test, 1);
	struct pci_dev *pdev = sibling->pdev;
	struct nyx_export *closed;

	KUNIT_ASSERT_EQ(test, nyx_export_begin(&export, device, NULL), 0);
	core_depart(pdev);
	KUNIT_EXPECT_FALSE(test, device_trylock(&pdev->dev));
	nyx_export_unlock(&export);
	KUNIT_EXPECT_TRUE(test, device_trylock(&pdev->dev));
	device_unlock(&pdev->dev);

	sibling = core_arrive(pdev);
	sibling->arriving = false;
	KUNIT_ASSERT_EQ(test, nyx_export_close(device, &closed, NULL), 0);
	core_depart(pdev);
	KUNIT_EXPECT_FALSE(test, device_trylock(&pdev->dev));
	nyx_export_end(closed);
	KUNIT_EXPECT_TRUE(test, device_trylock(&pdev->dev));
	device_unlock(&pdev->dev);
}

/* One that came too late to join is blocked until the others are the host's again. */
static void comes_too_late(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *late = function(test, 1);
	struct pci_dev *pdev = late->pdev;
	struct nyx_export *closed;

	core_depart(pdev);
	core_export(test, &export, device);
	KUNIT_ASSERT_EQ(test, nyx_export_close(device, &closed, NULL), 0);
	late = core_arrive(pdev);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_BLOCKED);
	nyx_export_end(closed);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, late->rid)->kind, NYX_ENTRY_PASS);
}

/* Nor does it join later, when a driver of the host may have it. */
static void joins_on_arrival_only(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *late = function(test, 1);
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));
	struct pci_dev *pdev = late->pdev;

	core_depart(pdev);
	core_export(test, &export, device);
	export.closing = true;
	late = core_arrive(pdev);
	export.closing = false;
	KUNIT_EXPECT_TRUE(test, late->group_blocked);
	core_depart(other->pdev);
	KUNIT_EXPECT_PTR_EQ(test, late->export, NULL);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_BLOCKED);
	core_unexport(test, &export, device);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_HOST);
}

/* Not closed while the kernel is being asked about one of its devices. */
static void arriving(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_export *closed;
	struct nyx_why why = {};

	core_export(test, &export, device);
	device->arriving = true;
	KUNIT_EXPECT_EQ(test, nyx_export_close(device, &closed, &why), -EAGAIN);
	KUNIT_EXPECT_STREQ(test, why.text, "0000:01:00.0, in its group, is just arriving; try again");
	device->arriving = false;
	core_unexport(test, &export, device);
}

/* It leaves and joins domains fenced, until it is reset. */
static void fenced_for_good(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain = core_external(test);
	struct nyx_export *closed;

	device->has_reset = true;
	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	core_fence(unit, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_QUARANTINED);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->suppress_faults);
	nyx_export_detach(device->pdev);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_ACTIVE);
	KUNIT_EXPECT_EQ(test, nyx_export_close(device, &closed, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
	/* A driver of the host is no way out either. */
	nyx_export_detach(device->pdev);
	core_bind(device, "nvme");
	nyx_device_test_event(device->pdev, BUS_NOTIFY_BIND_DRIVER);
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_BLOCKED);
	core_bind(device, NULL);
	nyx_device_test_event(device->pdev, BUS_NOTIFY_UNBOUND_DRIVER);

	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	nyx_reset_test_finish(device, 0);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_EXPORTED);
	/* Its user sets it up first. */
	KUNIT_EXPECT_FALSE(test, core_is_master(device->pdev));
	KUNIT_EXPECT_EQ(test, core_entry(unit, device->rid)->kind, NYX_ENTRY_PAGING);
	nyx_export_detach(device->pdev);
	core_external_gone(domain);
	core_unexport(test, &export, device);
}

/* It can neither be reset nor kept for ever. */
static void fenced_without_reset(struct kunit *test)
{
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_domain *domain = core_external(test);

	device->has_reset = false;
	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	core_fence(unit, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	nyx_export_detach(device->pdev);
	core_external_gone(domain);
	core_unexport(test, &export, device);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_HOST);
}

/* What comes into the group joins; the last one to leave leaves it empty. */
static void comes_and_goes(struct kunit *test)
{
	struct nyx_device *device = function(test, 0), *late;
	struct nyx_domain *domain = core_external(test);
	struct pci_dev *first = device->pdev, *second;

	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(first, domain, NULL), 0);
	late = function(test, 1);
	second = late->pdev;
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_EXPORTED);
	KUNIT_EXPECT_PTR_EQ(test, nyx_export_of(second), &export);
	KUNIT_EXPECT_EQ(test, core_entry(unit, RID(1, 0, 1))->kind, NYX_ENTRY_BLOCKED);
	core_depart(first);
	KUNIT_EXPECT_EQ(test, core_entry(unit, RID(1, 0, 0))->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(first, domain, NULL), -ENODEV);
	KUNIT_EXPECT_FALSE(test, nyx_export_close_empty(&export));
	core_depart(second);
	KUNIT_EXPECT_TRUE(test, nyx_export_close_empty(&export));
	KUNIT_EXPECT_FALSE(test, nyx_export_close_empty(&export));
	core_external_gone(domain);
}

/* Whose domains and devices they are. */
static void not_ours_to_change(struct kunit *test)
{
	const struct nyx_map_range range = {
		.iova = SZ_1M, .length = SZ_4K, .prot = NYX_PROT_READ, .type = NYX_MAPPING_USER };
	struct nyx_device *device = core_endpoint(test, RID(1, 0, 0));
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));
	struct nyx_domain *domain = core_external(test), *own = core_domain(test, NYX_DOMAIN_STRICT);
	const struct nyx_domain_changes off = { .has_state = true, .state = NYX_DOMAIN_DISABLED };

	core_export(test, &export, device);
	KUNIT_EXPECT_EQ(test, nyx_domain_map(domain, &range, 1, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(domain, &range, 1, NULL, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_domain_del(domain, true, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_domain_set(domain, &off, NULL), -EBUSY);
	core_hold(other);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(other, domain, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(device, own, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_export_attach(device->pdev, domain, NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_device_move(device, own, false, NULL), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, device->domain, domain);
	nyx_export_detach(device->pdev);
	core_external_gone(domain);
	core_unexport(test, &export, device);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(there_and_back),
	KUNIT_CASE(from_domain_to_domain),
	KUNIT_CASE(whole_group),
	KUNIT_CASE(not_to_be_exported),
	KUNIT_CASE(relaxable),
	KUNIT_CASE(half_way),
	KUNIT_CASE(host_driver),
	KUNIT_CASE(host_driver_beside_an_idle_one),
	KUNIT_CASE(faults_before),
	KUNIT_CASE(interrupts_stay),
	KUNIT_CASE(arriving),
	KUNIT_CASE(leaves_while_locked),
	KUNIT_CASE(comes_too_late),
	KUNIT_CASE(joins_on_arrival_only),
	KUNIT_CASE(fenced_for_good),
	KUNIT_CASE(fenced_without_reset),
	KUNIT_CASE(comes_and_goes),
	KUNIT_CASE(not_ours_to_change),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_core_export",
	.init = export_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
