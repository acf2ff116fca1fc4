// SPDX-License-Identifier: GPL-2.0
/*
 * ATS (PCIe spec 10), for a device that was assigned with it: the function asks the unit for
 * translations, keeps them, and sends addresses that it says are translated. No unit checks
 * those, so such a device is trusted with all memory. Every other one has its ATS
 * requests refused by its entry, whatever it says of itself in config space.
 *
 * On:  listed among the domain's device-TLBs, so that no unmap misses it; the entry
 *      takes ATS requests; only then ATS on in the function.
 * Off: the entry refuses and the unit's caches have forgotten, so that nothing can come back;
 *      the function forgets what it keeps, while ATS is on, since with ATS off it need not
 *      answer; ATS off; off the list.
 *
 * A function that does not answer is lost: for VT-d a wait behind it completes only when the
 * unit gives it up, after up to 90 s (PCIe spec 10.3), for AMD-Vi after Control.InvTimeOut.
 * Then a job fences it. Its entry, blocked and forgotten by the context cache, refuses what
 * it still keeps (VT-d 9.3, AMD 2.2.2.1). That would do for requests to come; but the
 * draining of IOTLB invalidations is about requests that the unit translates itself, and for
 * translated ones the device's answer is what says that they have arrived (PCIe spec
 * 10.3.3). So pages that it may still be writing to are never given back: the domain is
 * unproven from then on.
 */
#include <linux/pci.h>
#include <linux/pci-ats.h>

#include "core.h"

static int refuse(struct nyx_device *device, struct nyx_why *why, const char *what)
{
	return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_ATS, "%s: %s; assign it without ats",
			  nyx_device_name(device), what);
}

/* Who else sends requests under its id, or under which others it does. */
static bool shares_id(const struct nyx_device *device)
{
	const struct nyx_device *member;

	if (device->nr_rids != 1)
		return true;
	list_for_each_entry(member, &device->group->devices, group_node)
		if (member != device && member->unit == device->unit &&
		    nyx_device_has_rid(member, device->rid))
			return true;
	return false;
}

int nyx_ats_admit(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why)
{
	struct pci_dev *pdev = device->pdev;
	const char *forbidden;
	u16 capability;
	int err, pos;

	lockdep_assert_held(&nyx_registry_lock);
	err = nyx_locked_down(NYX_ARG_ATS, "a device with ATS may reach all memory", why);
	if (err)
		return err;
	if (pdev->untrusted)
		return refuse(device, why, "it is behind an external-facing port, so not to be trusted with ATS");
	if (pdev->is_virtfn)
		return refuse(device, why, "it is a virtual function, for which ATS is not offered");
	pos = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_ATS);
	if (!pos)
		return refuse(device, why, "it has no ATS capability");
	if (!pci_ats_supported(pdev))
		return refuse(device, why, "the kernel allows it no ATS (pci=noats, or a quirk of the device)");
	if (!device->unit->caps.device_tlb)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_ATS,
				  "%s, which translates for %s, takes no ATS requests; assign it without ats",
				  device->unit->name, nyx_device_name(device));
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return refuse(device, why, "an unmanaged domain has no translations to ask for");
	if (shares_id(device))
		return refuse(device, why, "its requests do not have an id of their own");
	forbidden = nyx_topology_ats_forbidden(pdev, device->unit);
	if (forbidden)
		return refuse(device, why, forbidden);
	if (device->tlb.lost)
		return nyx_refuse(why, -EBUSY, NYX_ARG_ATS,
				  "%s left an invalidation of its own TLB unanswered and was not reset since; reset it first, or assign it without ats",
				  nyx_device_name(device));

	pci_read_config_word(pdev, pos + PCI_ATS_CAP, &capability);
	device->tlb.rid = device->rid;
	/* 10.5.1.2: 0 means 32. */
	device->tlb.queue_depth = PCI_ATS_CAP_QDEP(capability) ?: PCI_ATS_MAX_QDEP;
	return 0;
}

void nyx_ats_expect(struct nyx_device *device)
{
	struct nyx_domain *domain = device->domain;
	struct nyx_domain_unit *on;

	lockdep_assert_held(&nyx_registry_lock);
	if (!list_empty(&device->tlb_node))
		return;
	/* As in nyx_domain_attach_unit(): an unmap that misses it has cleared its entries. */
	down_write(&domain->units_lock);
	on = nyx_domain_find_unit(domain, device->unit);
	if (!WARN_ON_ONCE(!on))
		list_add_tail(&device->tlb_node, &on->device_tlbs);
	up_write(&domain->units_lock);
}

static int forget(struct nyx_device *device, u64 first, u64 last)
{
	struct nyx_unit *unit = device->unit;
	int err;

	mutex_lock(&unit->device_tlb_lock);
	if (nyx_unit_dead(unit))
		err = -EIO;
	else if (READ_ONCE(device->tlb.lost))
		err = -ETIMEDOUT;
	else
		err = unit->ops->flush_device_tlb(unit, &device->tlb, first, last);
	mutex_unlock(&unit->device_tlb_lock);
	return err;
}

static int switch_on(struct nyx_device *device)
{
	int err;

	if (device->ats_on)
		return 0;
	if (device->tlb.lost)
		return -ETIMEDOUT;
	err = pci_enable_ats(device->pdev, PAGE_SHIFT);
	device->ats_on = !err;
	return err;
}

/*
 * Its entry refuses ATS requests by now, or its unit is dead. A function that does not
 * answer is fenced as well as any other.
 */
static void switch_off(struct nyx_device *device)
{
	struct nyx_domain *domain = device->domain;

	if (device->ats_on) {
		/* What is no longer there keeps nothing, and would not answer. */
		if (pci_device_is_present(device->pdev) && forget(device, 0, U64_MAX))
			WRITE_ONCE(domain->unproven, true);
		pci_disable_ats(device->pdev);
		device->ats_on = false;
	}
	if (!list_empty(&device->tlb_node)) {
		down_write(&domain->units_lock);
		list_del_init(&device->tlb_node);
		up_write(&domain->units_lock);
	}
}

int nyx_ats_follow(struct nyx_device *device, bool taken)
{
	lockdep_assert_held(&nyx_registry_lock);
	if (taken)
		return switch_on(device);
	switch_off(device);
	return 0;
}

int nyx_ats_flush(struct nyx_domain_unit *on, u64 first, u64 last)
{
	struct nyx_device *device;
	int err, first_err = 0;

	list_for_each_entry(device, &on->device_tlbs, tlb_node) {
		err = forget(device, first, last);
		if (err && !first_err)
			first_err = err;
		if (err != -ETIMEDOUT)
			continue;
		/* The registry's lock comes before the ones held here: a job fences it. */
		kref_get(&device->ref);
		if (!queue_work(nyx_wq, &device->quarantine_work))
			nyx_device_put(device);
	}
	return first_err;
}
