// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl monitor, after it has missed events: what do devices, domains and units look like
 * now, and what of it has not been told?
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "monitor.h"

int known_read(struct nyx *nyx, struct known *known)
{
	int err;

	*known = (struct known) { 0 };
	err = nyx_device_list(nyx, 0, &known->devices, &known->nr_devices);
	if (!err)
		err = nyx_domain_list(nyx, &known->domains, &known->nr_domains);
	if (!err)
		err = nyx_unit_list(nyx, &known->units, &known->nr_units);
	if (err)
		known_free(known);
	return err;
}

void known_free(struct known *known)
{
	free(known->devices);
	free(known->domains);
	free(known->units);
	*known = (struct known) { 0 };
}

static struct nyx_device *find_device(const struct known *known, nyx_device_id id)
{
	size_t i;

	for (i = 0; i < known->nr_devices; i++)
		if (known->devices[i].id == id)
			return &known->devices[i];
	return NULL;
}

static struct nyx_domain *find_domain_id(const struct known *known, uint32_t id)
{
	size_t i;

	for (i = 0; i < known->nr_domains; i++)
		if (known->domains[i].id == id)
			return &known->domains[i];
	return NULL;
}

static struct nyx_unit *find_unit(const struct known *known, uint32_t id)
{
	size_t i;

	for (i = 0; i < known->nr_units; i++)
		if (known->units[i].id == id)
			return &known->units[i];
	return NULL;
}

/* A new element at the end, or NULL: then a resync tells of it once more than needed. */
static void *append(void **list, size_t *nr, size_t size)
{
	void *longer = realloc(*list, (*nr + 1) * size);

	if (!longer)
		return NULL;
	*list = longer;
	return (char *)longer + (*nr)++ * size;
}

static void update_device(struct known *known, const struct nyx_device *device)
{
	struct nyx_device *old = find_device(known, device->id);

	if (device->state == NYX_IOMMU_DEVICE_STATE_GONE) {
		if (old)
			*old = known->devices[--known->nr_devices];
		return;
	}
	if (!old)
		old = append((void **)&known->devices, &known->nr_devices, sizeof(*old));
	if (old)
		*old = *device;
}

static void update_domain(struct known *known, const struct nyx_domain *domain)
{
	struct nyx_domain *old = find_domain_id(known, domain->id);

	if (domain->state == NYX_IOMMU_DOMAIN_STATE_DELETED) {
		if (old)
			*old = known->domains[--known->nr_domains];
		return;
	}
	if (!old)
		old = append((void **)&known->domains, &known->nr_domains, sizeof(*old));
	if (old)
		*old = *domain;
}

void known_update(struct known *known, const struct nyx_event *event)
{
	struct nyx_unit *unit;

	switch (event->command) {
	case NYX_IOMMU_CMD_DEVICE_EVENT:
		update_device(known, &event->device);
		break;
	case NYX_IOMMU_CMD_DOMAIN_EVENT:
		update_domain(known, &event->domain);
		break;
	case NYX_IOMMU_CMD_UNIT_EVENT:
		unit = find_unit(known, event->unit.id);
		if (unit)
			unit->state = event->unit.state;
		break;
	}
}

/* ---- what has changed ---- */

static int tell_device(struct monitor *monitor, const struct nyx_device *device, const char *cause)
{
	struct nyx_event event = {
		.command = NYX_IOMMU_CMD_DEVICE_EVENT,
		.time = now_ns(),
		.device = *device,
	};

	if (cause) {
		event.device.state = NYX_IOMMU_DEVICE_STATE_GONE;
		event.device.domain = 0;
		strcpy(event.device.cause, cause);
	}
	return monitor_show(monitor, &event, true);
}

static int tell_domain(struct monitor *monitor, const struct nyx_domain *domain, bool gone)
{
	struct nyx_event event = {
		.command = NYX_IOMMU_CMD_DOMAIN_EVENT,
		.time = now_ns(),
		.domain = *domain,
	};

	strcpy(event.cause, gone ? "deleted" : domain->cause);
	if (gone)
		event.domain.state = NYX_IOMMU_DOMAIN_STATE_DELETED;
	return monitor_show(monitor, &event, true);
}

static int tell_unit(struct monitor *monitor, const struct nyx_unit *unit)
{
	struct nyx_event event = {
		.command = NYX_IOMMU_CMD_UNIT_EVENT,
		.time = now_ns(),
		.unit = *unit,
	};

	strncpy(event.cause, unit->cause, sizeof(event.cause) - 1);
	return monitor_show(monitor, &event, true);
}

static bool same_device(const struct nyx_device *a, const struct nyx_device *b)
{
	return a->state == b->state && a->since == b->since && a->domain == b->domain &&
	       a->flags == b->flags && a->resets == b->resets &&
	       a->reset_error == b->reset_error && !strcmp(a->cause, b->cause);
}

/* A domain event does not tell why a domain is in its state, where it is about something else. */
static bool same_domain(const struct nyx_domain *a, const struct nyx_domain *b)
{
	return a->state == b->state && !strcmp(a->name, b->name);
}

static int compare(struct monitor *monitor, const struct known *new)
{
	struct known *old = &monitor->known;
	const struct nyx_device *device;
	const struct nyx_domain *domain;
	const struct nyx_unit *unit;
	int err = 0;
	size_t i;

	for (i = 0; i < old->nr_devices && !err; i++)
		if (!find_device(new, old->devices[i].id))
			err = tell_device(monitor, &old->devices[i], "removed from the bus");
	for (i = 0; i < old->nr_domains && !err; i++)
		if (!find_domain_id(new, old->domains[i].id))
			err = tell_domain(monitor, &old->domains[i], true);
	for (i = 0; i < new->nr_domains && !err; i++) {
		domain = find_domain_id(old, new->domains[i].id);
		if (!domain || !same_domain(domain, &new->domains[i]))
			err = tell_domain(monitor, &new->domains[i], false);
	}
	for (i = 0; i < new->nr_devices && !err; i++) {
		device = find_device(old, new->devices[i].id);
		if (!device || !same_device(device, &new->devices[i]))
			err = tell_device(monitor, &new->devices[i], NULL);
	}
	for (i = 0; i < new->nr_units && !err; i++) {
		unit = find_unit(old, new->units[i].id);
		if (!unit || unit->state != new->units[i].state)
			err = tell_unit(monitor, &new->units[i]);
	}
	return err;
}

int known_compare(struct monitor *monitor)
{
	struct known new;
	int err = known_read(monitor->context->nyx, &new);

	if (err)
		return err;
	err = compare(monitor, &new);
	known_free(&monitor->known);
	monitor->known = new;
	return err;
}
