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

/*
 * Whose faults are those under an id that several functions share: the one that is
 * assigned, since only it is to be fenced for them; then the one whose own id it
 * is; then the first.
 */
static bool outranks(const struct nyx_device *a, const struct nyx_device *b, u16 rid)
{
	if (!a->domain != !b->domain)
		return a->domain;
	return a->rid == rid && b->rid != rid;
}

/* Whom rid is reported under, device apart, or NULL. */
static struct nyx_device *other_owner(const struct nyx_device *device, u16 rid)
{
	struct nyx_device *other, *owner = NULL;

	list_for_each_entry(other, &nyx_devices, node)
		if (other != device && other->unit == device->unit &&
		    nyx_device_has_rid(other, rid) &&
		    (!owner || outranks(other, owner, rid)))
			owner = other;
	return owner;
}

int nyx_registry_add_rids(struct nyx_device *device)
{
	int i, err;

	if (!device->unit)
		return 0;
	for (i = 0; i < device->nr_rids; i++) {
		struct nyx_device *owner = other_owner(device, device->rids[i]);

		if (!owner || outranks(device, owner, device->rids[i]))
			owner = device;
		err = xa_err(xa_store(&rid_map, rid_key(device->unit, device->rids[i]), owner,
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
		xa_cmpxchg(&rid_map, rid_key(device->unit, device->rids[i]), device,
			   other_owner(device, device->rids[i]), GFP_KERNEL);
}

/*
 * A unit died. Nothing can be proved unreachable through it any more, so what
 * can still be done is done: bus mastering off for all that is assigned there, its
 * interrupts not present, and the module stays for ever, since its tables may still be walked.
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
			/* A bridge would take all below it along. */
			if (device->unit != unit || device->state == NYX_DEVICE_HOST ||
			    device->is_bridge || device->host_bound)
				continue;
			pci_clear_master(device->pdev);
			nyx_device_apply(device);
			if (nyx_device_works(device))
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
	/* A unit test may do without the core's queue. */
	if (nyx_wq)
		queue_work(nyx_wq, &unit_died);
	else
		schedule_work(&unit_died);
}

void nyx_registry_flush(void)
{
	flush_work(&unit_died);
}

static int count_holder(void *data, const struct nyx_holder *holder)
{
	++*(u32 *)data;
	return 0;
}

void nyx_status_fill(struct nyx_status *status)
{
	struct nyx_device *device;
	struct nyx_domain *domain;
	struct nyx_unit *unit;
	unsigned long id;
	u64 from = 0;

	memset(status, 0, sizeof(*status));
	status->vendor = nyx_vendor ? nyx_vendor->name : "none";
	nyx_domains_leaked(&status->leaked_pages, &status->leaked_tables);

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		status->nr_units++;
		status->faults_recorded += atomic64_read(&unit->faults_recorded);
	}
	list_for_each_entry(device, &nyx_devices, node) {
		status->nr_devices++;
		if (device->domain)
			status->nr_assigned++;
		if (device->export)
			status->nr_exported++;
		if (device->state == NYX_DEVICE_QUARANTINED)
			status->nr_quarantined++;
	}
	xa_for_each(&nyx_domains, id, domain) {
		status->nr_domains++;
		mutex_lock(&domain->lock);
		status->nr_mappings += domain->nr_mappings;
		status->mapped_bytes += domain->mapped_bytes +
					atomic64_read(&domain->external_bytes);
		status->pinned_bytes += domain->pinned_pages << PAGE_SHIFT;
		mutex_unlock(&domain->lock);
		status->leaked_pages += atomic_long_read(&domain->leaked_pages);
		status->leaked_tables += atomic_long_read(&domain->leaked_tables);
	}
	nyx_holders(&from, count_holder, &status->holders);
	mutex_unlock(&nyx_registry_lock);
}
