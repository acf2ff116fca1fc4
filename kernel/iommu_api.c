// SPDX-License-Identifier: GPL-2.0
/*
 * The front to the kernel's IOMMU API: exported devices as it sees them. A device has no
 * group there until it is exported, so nothing of the host changes by loading the module.
 *
 * Each export registers an iommu_device of its own: the registration has the kernel ask
 * about all devices, and those of the export answer; the unregistration ends their group.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/suspend.h>

#include "iommu_api.h"
#include "nyx.h"
#include "ranges.h"
#include "trail.h"

struct api_export {
	struct nyx_export export;
	struct iommu_device iommu;
	struct iommu_group *group;
	struct list_head node;		/* exports, or closed */
	atomic_t nr_probed;		/* devices that the kernel has from it */
};

/* One at a time; outermost of our locks. */
static DEFINE_MUTEX(export_lock);
static LIST_HEAD(exports);		/* registered ones; export_lock */
static LIST_HEAD(closed);		/* ended, but not yet released by all devices; export_lock */
static u32 next_number;			/* export_lock */

static const struct iommu_ops api_ops;

static void reap(struct work_struct *work);
static DECLARE_WORK(reap_work, reap);

static void queue_reap(void)
{
	queue_work(nyx_wq, &reap_work);
}

static struct api_export *to_api(struct nyx_export *export)
{
	return container_of(export, struct api_export, export);
}

/* ---- what the kernel asks ---- */

static struct iommu_device *api_probe(struct device *dev)
{
	struct nyx_export *export = dev_is_pci(dev) ? nyx_export_of(to_pci_dev(dev)) : NULL;

	/* One that a driver has would not be counted as its group's owner. */
	if (!export || dev->driver)
		return ERR_PTR(-ENODEV);
	atomic_inc(&to_api(export)->nr_probed);
	return &to_api(export)->iommu;
}

static struct iommu_group *api_group(struct device *dev)
{
	struct nyx_export *export = nyx_export_of(to_pci_dev(dev));

	return export ? iommu_group_ref_get(to_api(export)->group) : ERR_PTR(-ENODEV);
}

/*
 * It is in no domain by now, and the end of the export sees to its entry. Where that is the
 * end of a device that leaves the bus, the kernel has unlinked it from our iommu_device.
 */
static void api_release(struct device *dev)
{
	struct api_export *api = container_of(dev->iommu->iommu_dev, struct api_export, iommu);

	nyx_export_detach(to_pci_dev(dev));
	if (atomic_dec_and_test(&api->nr_probed))
		queue_reap();
}

/*
 * Who drives it decides what it reaches without a domain, not which of the two static
 * domains the kernel has put it in: a group that nobody uses is in the identity domain too.
 */
static NYX_ATTACH_DEV(api_attach_none, domain, dev)
{
	nyx_export_detach(to_pci_dev(dev));
	return 0;
}

static void api_free_static(struct iommu_domain *domain) { }

static const struct iommu_domain_ops static_ops = {
	.attach_dev = api_attach_none,
	.free = api_free_static,
};

struct iommu_domain nyx_api_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &static_ops,
};

struct iommu_domain nyx_api_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &static_ops,
};

/* The kernel's DMA API goes on giving host drivers physical addresses. */
static int api_default_domain(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static bool api_capable(struct device *dev, enum iommu_cap cap)
{
	/* x86: units and devices snoop the caches for what the kernel maps as cached. */
	if (cap == IOMMU_CAP_CACHE_COHERENCY)
		return true;
	if (cap == NYX_CAP_INTERRUPTS_ISOLATED)
		return nyx_export_isolates_interrupts(to_pci_dev(dev));
	return false;
}

static void add_region(struct list_head *head, u64 first, u64 last, enum iommu_resv_type type)
{
	struct iommu_resv_region *region;

	region = iommu_alloc_resv_region(first, last - first + 1,
					 type == IOMMU_RESV_MSI ? IOMMU_WRITE | IOMMU_MMIO : 0,
					 type, GFP_KERNEL);
	if (region)
		list_add_tail(&region->list, head);
}

/* Memory that firmware ties to a device is not among them: such a device is not exported. */
static void api_reserved(struct device *dev, struct list_head *head)
{
	struct nyx_iova_hole holes[NYX_UNIT_HOLES];
	u32 i, nr = nyx_export_holes(to_pci_dev(dev), holes);

	add_region(head, NYX_MSI_FIRST, NYX_MSI_LAST, IOMMU_RESV_MSI);
	for (i = 0; i < nr; i++)
		add_region(head, holes[i].first, holes[i].last, IOMMU_RESV_RESERVED);
}

static const struct iommu_ops api_ops = {
	.owner = THIS_MODULE,
	.capable = api_capable,
	.probe_device = api_probe,
	.release_device = api_release,
	.device_group = api_group,
	.def_domain_type = api_default_domain,
	.get_resv_regions = api_reserved,
	.default_domain_ops = &nyx_api_domain_ops,
	NYX_IOMMU_DOMAINS,
};

/* ---- exports ---- */

static void unregister(struct api_export *api)
{
	lockdep_assert_held(&export_lock);
	iommu_device_unregister(&api->iommu);
	list_del(&api->node);
	if (list_empty(&exports))
		nyx_iommu_ops_gone(&api_ops);
}

static void free_export(struct api_export *api)
{
	iommu_device_sysfs_remove(&api->iommu);
	iommu_group_put(api->group);
	kfree(api);
	module_put(THIS_MODULE);
}

/* As far as the kernel may look at it before it is registered: from its first device on. */
static struct api_export *new_export(void)
{
	struct api_export *api = kzalloc(sizeof(*api), GFP_KERNEL);
	int err;

	lockdep_assert_held(&export_lock);
	if (!api)
		return ERR_PTR(-ENOMEM);
	api->export.emptied = queue_reap;
	api->iommu.ops = &api_ops;
	api->group = iommu_group_alloc();
	if (IS_ERR(api->group)) {
		err = PTR_ERR(api->group);
		goto free;
	}
	err = iommu_device_sysfs_add(&api->iommu, NULL, NULL, "nyx%u", next_number++);
	if (err)
		goto put_group;
	/* Also while it has no device that the kernel holds the module for. */
	__module_get(THIS_MODULE);
	return api;

put_group:
	iommu_group_put(api->group);
free:
	kfree(api);
	return ERR_PTR(err);
}

/*
 * A device on its way off the bus is out of the bus's list, so that unregistering does not meet
 * it, before the kernel's notifier releases it: until then the kernel goes by what is in here.
 */
static void free_when_released(struct api_export *api)
{
	lockdep_assert_held(&export_lock);
	if (!atomic_read(&api->nr_probed)) {
		free_export(api);
		return;
	}
	list_add_tail(&api->node, &closed);
	/* Again, now that it is on the list: the last release may have found nothing to do. */
	if (!atomic_read(&api->nr_probed))
		queue_reap();
}

/* Exports whose devices have all left the bus, and closed ones that all have released. */
static void reap(struct work_struct *work)
{
	struct api_export *api, *next;

	mutex_lock(&export_lock);
	list_for_each_entry_safe(api, next, &closed, node) {
		if (atomic_read(&api->nr_probed))
			continue;
		list_del(&api->node);
		free_export(api);
	}
	list_for_each_entry_safe(api, next, &exports, node) {
		/* In this order: one that arrives is in the export before the kernel has it. */
		if (atomic_read(&api->nr_probed) || !nyx_export_close_empty(&api->export))
			continue;
		unregister(api);
		free_export(api);
	}
	mutex_unlock(&export_lock);
}

/* Every member has the group, or the kernel would not know who owns it. */
static bool all_grouped(struct api_export *api)
{
	struct nyx_device *member;
	bool all = true;

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(member, &api->export.devices, export_node)
		all &= member->arriving || member->pdev->dev.iommu_group == api->group;
	mutex_unlock(&nyx_registry_lock);
	return all;
}

static int register_export(struct api_export *api, struct nyx_device *device, struct nyx_why *why)
{
	int err;

	err = iommu_device_register(&api->iommu, &api_ops, NULL);
	if (err) {
		if (list_empty(&exports))
			nyx_iommu_ops_gone(&api_ops);
		return nyx_refuse(why, err, NYX_ARG_DEVICE,
				  "the kernel's IOMMU API does not take %s (error %d): is another IOMMU driver registered for PCI devices?",
				  nyx_device_name(device), err);
	}
	list_add_tail(&api->node, &exports);
	if (all_grouped(api))
		return 0;
	nyx_export_fail(&api->export);
	unregister(api);
	return nyx_refuse(why, -EIO, NYX_ARG_DEVICE,
			  "the kernel's IOMMU API did not take every device of the group of %s; its log may tell why",
			  nyx_device_name(device));
}

int nyx_api_export(struct nyx_device *device, struct nyx_why *why)
{
	struct api_export *api;
	int err;

	mutex_lock(&export_lock);
	api = new_export();
	if (IS_ERR(api)) {
		err = PTR_ERR(api);
		goto unlock;
	}
	err = nyx_export_begin(&api->export, device, why);
	if (err)
		goto free;
	err = register_export(api, device, why);
	if (err)
		goto end;
	nyx_export_unlock(&api->export);
	nyx_trail_device("export", device, NULL, 0);
	mutex_unlock(&export_lock);
	return 0;

end:
	nyx_export_fail(&api->export);
	nyx_export_end(&api->export);
	free_when_released(api);
	goto unlock;
free:
	free_export(api);
unlock:
	nyx_trail_device("export", device, NULL, err);
	mutex_unlock(&export_lock);
	return err;
}

int nyx_api_unexport(struct nyx_device *device, struct nyx_why *why)
{
	struct nyx_export *export;
	int err;

	mutex_lock(&export_lock);
	err = nyx_export_close(device, &export, why);
	if (!err) {
		/* First: while the kernel has it in a group nobody else may have it. */
		unregister(to_api(export));
		nyx_export_end(export);
		free_when_released(to_api(export));
	}
	nyx_trail_device("unexport", device, NULL, err);
	mutex_unlock(&export_lock);
	return err;
}

/* ---- sleep ---- */

/*
 * A program that has a device open, in a domain or not (in the middle of a reset it is in none),
 * would find it reset after sleep, and the device the units off meanwhile. Asked before the core,
 * from whose answer on nobody can attach: a reset that is under way here is to end as it should.
 */
static int on_sleep(struct notifier_block *nb, unsigned long action, void *data)
{
	int verdict = NOTIFY_DONE;
	struct api_export *api;

	if (!nyx_goes_to_sleep(action))
		return NOTIFY_DONE;
	mutex_lock(&export_lock);
	list_for_each_entry(api, &exports, node) {
		if (!iommu_group_dma_owner_claimed(api->group) ||
		    nyx_export_host_bound(&api->export))
			continue;
		pr_err(NYX_NAME ": sleep refused: VFIO group %d is open; stop the program that uses it first (nyxctl status names it)\n",
		       iommu_group_id(api->group));
		verdict = notifier_from_errno(-EBUSY);
		break;
	}
	mutex_unlock(&export_lock);
	return verdict;
}

static struct notifier_block sleep_notifier = {
	.notifier_call = on_sleep,
	.priority = 1,		/* before power.c */
};

int nyx_api_init(void)
{
	return register_pm_notifier(&sleep_notifier);
}

void nyx_api_exit(void)
{
	unregister_pm_notifier(&sleep_notifier);
	flush_work(&reap_work);
}
