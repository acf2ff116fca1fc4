// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps the module from being unloaded, by name: units, devices and domains that hold
 * a reference to it.
 */
#include "core.h"

struct walk {
	u64 *from;
	int (*see)(void *data, const struct nyx_holder *holder);
	void *data;
};

static int visit(const struct walk *walk, u32 id, const struct nyx_holder *holder)
{
	u64 key = (u64)holder->kind << 32 | id;
	int err;

	if (!holder->why || key < *walk->from)
		return 0;
	err = walk->see(walk->data, holder);
	if (err)
		*walk->from = key;
	return err;
}

/* Each of these is NULL for what holds nothing. */

static const char *why_unit(const struct nyx_unit *unit)
{
	return unit->death_handled ?
	       "it stopped answering: its tables may be in use until the machine is reset" : NULL;
}

static const char *why_device(const struct nyx_device *device)
{
	if (device->export)
		return device->domain ? "exported, and in use" : "exported";
	return device->domain ? "assigned" : NULL;
}

static const char *why_domain(struct nyx_domain *domain)
{
	bool holds;

	/* Its undo runs in the module. */
	if (domain->dying)
		return "it is being deleted";
	if (domain->external)
		return "made through the kernel's IOMMU API";
	mutex_lock(&domain->lock);
	holds = domain->holds_module;
	mutex_unlock(&domain->lock);
	return holds ? "memory is mapped there" : NULL;
}

int nyx_holders(u64 *from, int (*see)(void *data, const struct nyx_holder *holder), void *data)
{
	const struct walk walk = { from, see, data };
	struct nyx_device *device;
	struct nyx_domain *domain;
	struct nyx_unit *unit;
	unsigned long id;
	int err = 0;

	lockdep_assert_held(&nyx_registry_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		err = visit(&walk, unit->id, &(struct nyx_holder) {
			.kind = NYX_HOLDER_UNIT, .unit = unit, .why = why_unit(unit) });
		if (err)
			return err;
	}
	/* By segment and requester id, as the list is. */
	list_for_each_entry(device, &nyx_devices, node) {
		err = visit(&walk, (u32)device->segment << 16 | device->rid,
			    &(struct nyx_holder) {
			.kind = NYX_HOLDER_DEVICE, .device = device, .domain = device->domain,
			.why = why_device(device) });
		if (err)
			return err;
	}
	xa_for_each(&nyx_domains, id, domain) {
		err = visit(&walk, id, &(struct nyx_holder) {
			.kind = NYX_HOLDER_DOMAIN, .domain = domain, .why = why_domain(domain) });
		if (err)
			return err;
	}
	return 0;
}
