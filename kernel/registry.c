// SPDX-License-Identifier: GPL-2.0
/*
 * Who exists: units, devices, domains, and the one lock over all of them.
 */
#include <linux/module.h>

#include "core.h"

DEFINE_MUTEX(nyx_registry_lock);
LIST_HEAD(nyx_units);
LIST_HEAD(nyx_devices);
struct nyx_acpi_desc nyx_firmware;
const struct nyx_vendor *nyx_vendor;
struct workqueue_struct *nyx_wq;
DEFINE_XARRAY_ALLOC1(nyx_domains);

static DEFINE_XARRAY(rid_map);

static unsigned long rid_key(const struct nyx_unit *unit, u16 rid)
{
	return (unsigned long)unit->id << 16 | rid;
}

struct nyx_device *nyx_registry_find_rid(struct nyx_unit *unit, u16 rid)
{
	struct nyx_device *device;

	rcu_read_lock();
	device = xa_load(&rid_map, rid_key(unit, rid));
	if (device && !kref_get_unless_zero(&device->ref))
		device = NULL;
	rcu_read_unlock();
	return device;
}

int nyx_registry_add_rids(struct nyx_device *device)
{
	int i, err;

	if (!device->unit)
		return 0;
	for (i = 0; i < device->nr_rids; i++) {
		/*
		 * An alias that several functions share is reported under the
		 * first of them, a function's own id always under itself.
		 */
		if (i && xa_load(&rid_map, rid_key(device->unit, device->rids[i])))
			continue;
		err = xa_err(xa_store(&rid_map, rid_key(device->unit, device->rids[i]), device,
				      GFP_KERNEL));
		if (err) {
			nyx_registry_del_rids(device);
			return err;
		}
	}
	return 0;
}

void nyx_registry_del_rids(struct nyx_device *device)
{
	int i;

	if (!device->unit)
		return;
	for (i = 0; i < device->nr_rids; i++)
		xa_cmpxchg(&rid_map, rid_key(device->unit, device->rids[i]), device, NULL,
			   GFP_KERNEL);
}

/*
 * A unit died. Nothing can be proved unreachable through it any more, so what
 * can still be done is done: bus mastering off for all that is assigned there,
 * and the module stays for ever, since its tables may still be walked.
 */
static void unit_died_work(struct work_struct *work)
{
	struct nyx_device *device;
	struct nyx_unit *unit;

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		struct nyx_event event = {
			.kind = NYX_EVENT_UNIT_STATE,
			.unit = unit,
			.cause = unit->dead_reason,
		};

		if (!nyx_unit_dead(unit) || unit->death_handled)
			continue;
		unit->death_handled = true;
		__module_get(THIS_MODULE);
		list_for_each_entry(device, &nyx_devices, node) {
			if (device->unit != unit || device->state == NYX_DEVICE_HOST)
				continue;
			pci_clear_master(device->pdev);
			if (device->state == NYX_DEVICE_ASSIGNED)
				nyx_device_set_state(device, NYX_DEVICE_QUARANTINED,
						     "%s stopped answering", unit->name);
		}
		nyx_netlink_event(&event);
	}
	mutex_unlock(&nyx_registry_lock);
}

static DECLARE_WORK(unit_died, unit_died_work);

void nyx_registry_unit_died(struct nyx_unit *unit)
{
	queue_work(system_unbound_wq, &unit_died);
}

void nyx_registry_flush(void)
{
	flush_work(&unit_died);
}

void nyx_status_fill(struct nyx_status *status)
{
	struct nyx_device *device;
	struct nyx_domain *domain;
	struct nyx_unit *unit;
	unsigned long id;

	memset(status, 0, sizeof(*status));
	status->vendor = nyx_vendor ? nyx_vendor->name : "none";
	status->leaked_pages = nyx_domains_leaked_pages();

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		status->nr_units++;
		status->faults_recorded += atomic64_read(&unit->faults_recorded);
	}
	list_for_each_entry(device, &nyx_devices, node) {
		status->nr_devices++;
		if (device->domain) {
			status->nr_assigned++;
			status->holders++;
		}
		if (device->state == NYX_DEVICE_QUARANTINED)
			status->nr_quarantined++;
	}
	xa_for_each(&nyx_domains, id, domain) {
		status->nr_domains++;
		mutex_lock(&domain->lock);
		status->nr_mappings += domain->nr_mappings;
		status->mapped_bytes += domain->mapped_bytes;
		status->pinned_bytes += domain->pinned_pages << PAGE_SHIFT;
		if (domain->nr_mappings)
			status->holders++;
		mutex_unlock(&domain->lock);
		status->leaked_pages += atomic_long_read(&domain->leaked_pages);
	}
	mutex_unlock(&nyx_registry_lock);
}
