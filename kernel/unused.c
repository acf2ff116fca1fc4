// SPDX-License-Identifier: GPL-2.0
/*
 * Requester ids that no function behind a unit has. Their DMA is blocked from the start. Where
 * the unit can do that, so are their interrupts: or a device could raise any by writing under
 * a neighbour's id that nobody has, which the access controls of the port above do not mind
 * (PCIe spec 6.12.1.1: source validation looks at the bus number).
 *
 * Open stays what the host may hear from: every function that a bus lists, whichever unit
 * firmware puts it behind, if any; the units' own; and what is no PCI function but named by
 * firmware: IO-APICs, timers, devices of the SoC.
 */
#include <linux/bitmap.h>
#include <linux/pci.h>

#include "core.h"

#define BUSES	256

static void mark(unsigned long *devfns, u8 bus, u16 rid)
{
	if (PCI_BUS_NUM(rid) == bus)
		__set_bit(rid & 0xff, devfns);
}

static void mark_devices(const struct nyx_unit *unit, u8 bus, unsigned long *devfns)
{
	const struct nyx_device *device;
	int i;

	list_for_each_entry(device, &nyx_devices, node) {
		if (device->segment != unit->segment || device->state == NYX_DEVICE_GONE)
			continue;
		for (i = 0; i < device->nr_rids; i++)
			mark(devfns, bus, device->rids[i]);
	}
}

static void mark_scopes(const struct nyx_unit *unit, u8 bus, unsigned long *devfns)
{
	const struct nyx_acpi_scopes *scopes = &unit->firmware->scopes;
	u32 i;

	for (i = 0; i < scopes->count; i++) {
		const struct nyx_acpi_scope *scope = &nyx_firmware.scopes[scopes->first + i];

		if (scope->kind == NYX_SCOPE_IOAPIC || scope->kind == NYX_SCOPE_HPET ||
		    scope->kind == NYX_SCOPE_ACPI_NAME)
			mark(devfns, bus, scope->rid_first);
	}
}

void nyx_unused_open(const struct nyx_unit *unit, u8 bus, unsigned long *devfns)
{
	const struct nyx_unit *other;

	lockdep_assert_held(&nyx_registry_lock);
	bitmap_zero(devfns, NYX_DEVFNS);
	if (!unit->remapping.blocks_unused_ids) {
		bitmap_fill(devfns, NYX_DEVFNS);
		return;
	}
	mark_devices(unit, bus, devfns);
	list_for_each_entry(other, &nyx_units, node) {
		if (other->segment != unit->segment)
			continue;
		mark_scopes(other, bus, devfns);
		if (other->has_function)
			mark(devfns, bus, other->rid);
	}
}

bool nyx_unused_is_open(const struct nyx_unit *unit, u16 rid)
{
	DECLARE_BITMAP(devfns, NYX_DEVFNS);

	nyx_unused_open(unit, PCI_BUS_NUM(rid), devfns);
	return test_bit(rid & 0xff, devfns);
}

int nyx_unused_block(void)
{
	static const struct nyx_entry blocked = {
		.kind = NYX_ENTRY_BLOCKED, .block_interrupts = true,
	};
	DECLARE_BITMAP(devfns, NYX_DEVFNS);
	struct nyx_unit *unit;
	unsigned int bus, devfn;
	int err;

	list_for_each_entry(unit, &nyx_units, node) {
		if (!unit->remapping.blocks_unused_ids)
			continue;
		for (bus = 0; bus < BUSES; bus++) {
			nyx_unused_open(unit, bus, devfns);
			for_each_clear_bit(devfn, devfns, NYX_DEVFNS) {
				err = unit->ops->set_entry(unit, PCI_DEVID(bus, devfn), &blocked);
				if (err)
					return err;
			}
			cond_resched();
		}
	}
	return 0;
}

void nyx_unused_follow(const struct nyx_device *device)
{
	struct nyx_entry entry = { .kind = NYX_ENTRY_BLOCKED };
	struct nyx_device *owner;
	struct nyx_unit *unit;
	int i;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		/* The entries behind its own are nyx_device_apply()'s. */
		if (unit == device->unit || unit->segment != device->segment ||
		    !unit->remapping.blocks_unused_ids || nyx_unit_dead(unit))
			continue;
		for (i = 0; i < device->nr_rids; i++) {
			owner = nyx_registry_find_rid(unit, device->rids[i]);
			nyx_device_put(owner);
			if (owner)
				continue;
			entry.block_interrupts = !nyx_unused_is_open(unit, device->rids[i]);
			/* On error the unit is dead, and has said so. */
			unit->ops->set_entry(unit, device->rids[i], &entry);
		}
	}
}
