// SPDX-License-Identifier: GPL-2.0
/*
 * The audit of interrupt entries: those of allocated interrupts are what the kernel's
 * interrupt code wanted last, fences included, and all others are empty.
 */
#include "audit.h"

struct irq_audit {
	struct nyx_unit_audit base;
	const struct nyx_unit *unit;
	struct nyx_audit *audit;
	const struct nyx_device *device;	/* whose entries are seen */
};

static struct nyx_audit_difference *entry_differs(struct irq_audit *i, const char *what, int rid,
						  u32 index, const u64 found[2])
{
	struct nyx_audit_difference *difference = nyx_audit_differs(i->audit, what);

	difference->has_unit = true;
	difference->unit_id = i->unit->id;
	difference->segment = i->unit->segment;
	difference->has_rid = rid >= 0;
	difference->rid = rid >= 0 ? rid : 0;
	nyx_audit_found(difference, "entry %u is %#llx, %#llx", index, found[0], found[1]);
	return difference;
}

static void see(void *data, u32 index, const u64 found[2], const u64 wanted[2])
{
	struct nyx_audit_difference *difference;
	struct irq_audit *i = data;

	i->audit->counts.irtes++;
	if (found[0] == wanted[0] && found[1] == wanted[1])
		return;
	difference = entry_differs(i, "interrupt entry", i->device->rid, index, found);
	if (i->device->domain)
		difference->domain_id = i->device->domain->id;
	nyx_audit_expected(difference, "%#llx, %#llx", wanted[0], wanted[1]);
}

static void on_stray(struct nyx_unit_audit *base, int rid, u32 index, const u64 words[2])
{
	struct irq_audit *i = container_of(base, struct irq_audit, base);

	nyx_audit_expected(entry_differs(i, "interrupt entry that nobody has", rid, index, words),
			   "0x0, 0x0");
}

void nyx_audit_irqs(struct nyx_unit *unit, struct nyx_audit *audit)
{
	struct irq_audit i = {
		.base = { .stray_irte = on_stray }, .unit = unit, .audit = audit,
	};
	struct nyx_device *device;

	/* One that is dead has been named. */
	if (nyx_unit_dead(unit) || READ_ONCE(unit->remapping.state) != NYX_REMAPPING_ON)
		return;
	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(device, &nyx_devices, node) {
		if (device->unit != unit)
			continue;
		i.device = device;
		nyx_irqs_compare(device, see, &i);
	}
	unit->ops->irq_audit(unit, &i.base);
	mutex_unlock(&nyx_registry_lock);
}
