// SPDX-License-Identifier: GPL-2.0
/*
 * The way up and the way down: find the firmware's table, make the units, fill
 * every entry, switch translation on, open the fronts. Each step undoes itself.
 */
#include <linux/acpi.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "arrival.h"
#include "core.h"
#include "iommu_api.h"

module_param_named(takeover, nyx_takeover, bool, 0444);
MODULE_PARM_DESC(takeover, "Take over units that firmware or a crashed kernel left on (default: refuse them). Not while a device may be in the middle of DMA through the tables that they have");

module_param_named(interrupt_entries, nyx_interrupt_entries, uint, 0444);
MODULE_PARM_DESC(interrupt_entries, "Entries of a VT-d unit's interrupt remapping table, 16 bytes each: a power of two from 256 to 65536 (default: 16384)");

static const struct nyx_vendor *const vendors[] = {
	&nyx_vtd_vendor,
	&nyx_amdvi_vendor,
};

static void free_firmware(void)
{
	kvfree(nyx_firmware.units);
	kvfree(nyx_firmware.reserved);
	kvfree(nyx_firmware.lists);
	kvfree(nyx_firmware.scopes);
	memset(&nyx_firmware, 0, sizeof(nyx_firmware));
}

/* Count, allocate, fill: the parser has no allocation policy of its own. */
static int read_table(const struct nyx_vendor *vendor, const struct acpi_table_header *table,
		      struct nyx_why *why)
{
	struct nyx_acpi_error error = {};
	int err;

	err = vendor->parse(table, table->length, &nyx_firmware, &error);
	if (err)
		goto malformed;
	nyx_firmware.units = kvcalloc(nyx_firmware.nr_units + 1, sizeof(*nyx_firmware.units),
				      GFP_KERNEL);
	nyx_firmware.reserved = kvcalloc(nyx_firmware.nr_reserved + 1,
					 sizeof(*nyx_firmware.reserved), GFP_KERNEL);
	nyx_firmware.lists = kvcalloc(nyx_firmware.nr_lists + 1, sizeof(*nyx_firmware.lists),
				      GFP_KERNEL);
	nyx_firmware.scopes = kvcalloc(nyx_firmware.nr_scopes + 1, sizeof(*nyx_firmware.scopes),
				       GFP_KERNEL);
	if (!nyx_firmware.units || !nyx_firmware.reserved || !nyx_firmware.lists ||
	    !nyx_firmware.scopes) {
		err = -ENOMEM;
		goto free;
	}
	err = vendor->parse(table, table->length, &nyx_firmware, &error);
	if (!err)
		return 0;
malformed:
	nyx_refuse(why, err, NYX_ARG_NONE,
		   "the firmware's %s table is malformed at offset %#x: %s; a firmware update may help",
		   vendor->signature, error.offset, error.text);
free:
	free_firmware();
	return err;
}

/* Without it the units go by what their own table says, and no more. */
static void read_ioapics(void)
{
	struct acpi_table_header *table;
	struct nyx_acpi_error error = {};

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &table)))
		return;
	if (nyx_madt_parse(table, table->length, &nyx_firmware.ioapics, &error))
		pr_warn(NYX_NAME ": which IO-APICs there are is not known: the firmware's MADT is malformed at offset %#x: %s\n",
			error.offset, error.text);
	acpi_put_table(table);
}

static int find_firmware(struct nyx_why *why)
{
	struct acpi_table_header *table;
	int i, err;

	for (i = 0; i < ARRAY_SIZE(vendors); i++) {
		if (ACPI_FAILURE(acpi_get_table((char *)vendors[i]->signature, 0, &table)))
			continue;
		nyx_vendor = vendors[i];
		err = read_table(vendors[i], table, why);
		acpi_put_table(table);
		if (!err)
			read_ioapics();
		if (!err && !nyx_firmware.nr_units) {
			free_firmware();
			return nyx_refuse(why, -ENODEV, NYX_ARG_NONE,
					  "the firmware's %s table names no IOMMU",
					  vendors[i]->signature);
		}
		return err;
	}
	return nyx_refuse(why, -ENODEV, NYX_ARG_NONE,
			  "the firmware describes no IOMMU (no DMAR or IVRS table); enable VT-d or AMD-Vi in its setup");
}

static void remove_units(void)
{
	struct nyx_unit *unit, *next;

	list_for_each_entry_safe_reverse(unit, next, &nyx_units, node) {
		nyx_irq_domain_remove(unit);
		list_del(&unit->node);
		unit->ops->remove(unit);
	}
}

static int probe_units(struct nyx_why *why)
{
	struct nyx_unit *unit;
	u32 i;
	int err;

	for (i = 0; i < nyx_firmware.nr_units; i++) {
		err = nyx_vendor->probe(&nyx_firmware, &nyx_firmware.units[i], &unit, why);
		if (err) {
			remove_units();
			return err;
		}
		list_add_tail(&unit->node, &nyx_units);
	}
	return 0;
}

/*
 * From the first look at the bus to translation on, no function may arrive
 * unseen: the notifier is live before the scan and waits for the lock.
 */
static int take_over(struct nyx_why *why)
{
	int err;

	err = nyx_identity_start(why);
	if (err)
		return err;
	err = nyx_devices_watch();
	if (err)
		goto stop_identity;
	mutex_lock(&nyx_registry_lock);
	err = nyx_devices_start();
	if (!err)
		err = nyx_units_enable(why);
	mutex_unlock(&nyx_registry_lock);
	if (!err)
		return 0;
	nyx_devices_unwatch();
	mutex_lock(&nyx_registry_lock);
	nyx_devices_stop();
	mutex_unlock(&nyx_registry_lock);
stop_identity:
	nyx_identity_stop();
	return err;
}

static int create_irq_domains(void)
{
	struct nyx_unit *unit;
	int err;

	list_for_each_entry(unit, &nyx_units, node) {
		err = nyx_irq_domain_create(unit);
		if (err)
			return err;
	}
	return 0;
}

/* units: nyx_units_put_back() where the load fails, nyx_units_disable() at unload. */
static void hand_back(void (*units)(void))
{
	nyx_devices_unwatch();
	nyx_autoreset_stop();
	nyx_arrival_release();
	/* Fault threads take no registry lock, so none can wait for us here. */
	units();
	/* Jobs may queue others, and a unit's death; nobody else can any more. */
	drain_workqueue(nyx_wq);
	nyx_registry_flush();
	mutex_lock(&nyx_registry_lock);
	nyx_domains_stop();
	nyx_devices_stop();
	mutex_unlock(&nyx_registry_lock);
	nyx_identity_stop();
}

static int __init start(struct nyx_why *why)
{
	int err;

	err = nyx_host_refused(why);
	if (err)
		return err;
	err = find_firmware(why);
	if (err)
		return err;
	nyx_wq = alloc_workqueue(NYX_NAME, WQ_UNBOUND, 0);
	if (!nyx_wq) {
		err = -ENOMEM;
		goto free_firmware;
	}
	err = probe_units(why);
	if (err)
		goto destroy_wq;
	err = take_over(why);
	if (err)
		goto remove_units;
	err = create_irq_domains();
	if (err)
		goto hand_back;
	err = nyx_power_start();
	if (err)
		goto hand_back;
	err = nyx_api_init();
	if (err)
		goto stop_power;
	err = nyx_stub_register();
	if (err)
		goto exit_api;
	err = nyx_netlink_init();
	if (err)
		goto unregister_stub;
	return 0;

unregister_stub:
	nyx_stub_unregister();
exit_api:
	nyx_api_exit();
stop_power:
	nyx_power_stop();
hand_back:
	hand_back(nyx_units_put_back);
remove_units:
	remove_units();
destroy_wq:
	destroy_workqueue(nyx_wq);
free_firmware:
	free_firmware();
	return err;
}

static int __init nyx_init(void)
{
	struct nyx_why why = {};
	int err = start(&why);

	if (err)
		pr_err(NYX_NAME ": not loaded: %s (error %d)\n",
		       why.text[0] ? why.text : "an internal step failed", err);
	return err;
}

static void __exit nyx_exit(void)
{
	nyx_netlink_exit();
	nyx_api_exit();
	nyx_stub_unregister();
	nyx_power_stop();
	hand_back(nyx_units_disable);
	remove_units();
	destroy_workqueue(nyx_wq);
	free_firmware();
	/* Objects freed by RCU are freed by plain kfree: no callback of ours is left to wait for. */
}

module_init(nyx_init);
module_exit(nyx_exit);

MODULE_DESCRIPTION("Intel VT-d and AMD-Vi driver: PCI devices into domains, with live insight");
MODULE_AUTHOR("The nyx_iommu developers");
MODULE_LICENSE("GPL");
