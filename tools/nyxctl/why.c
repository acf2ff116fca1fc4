// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl why: what a device can reach, why it last failed, and what keeps it from being
 * assigned.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cause.h"
#include "nyxctl.h"
#include "sysfs.h"
#include "words.h"

/* Bound by assign itself where no driver has it: that is no obstacle to who uses nyxctl. */
static bool counts(const struct nyx_why *why, const struct nyx_obstacle *obstacle,
		   const char *driver)
{
	return obstacle->kind != NYX_IOMMU_OBSTACLE_HELD || driver[0] ||
	       why->device.state == NYX_IOMMU_DEVICE_STATE_EXPORTED ||
	       why->device.flags & NYX_IOMMU_DEVICE_FLAG_RESETTING;
}

/* ---- JSON ---- */

static json_t *range_json(uint64_t first, uint64_t last)
{
	return json_pack("{s:o, s:o}", "first", hex(first), "last", hex(last));
}

static json_t *domain_json(const struct nyx_why *why)
{
	json_t *domain = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I}",
				   "id", (json_int_t)why->device.domain, "name", why->domain_name,
				   "mode", word(domain_mode_words, why->domain_mode),
				   "state", word(domain_state_words, why->domain_state),
				   "mappings", (json_int_t)why->mappings,
				   "mapped_bytes", (json_int_t)why->mapped_bytes);

	if (why->has_extent) {
		json_object_set_new(domain, "lowest", hex(why->lowest));
		json_object_set_new(domain, "highest", hex(why->highest));
	}
	return domain;
}

static json_t *fault_json(const struct nyx_why *why)
{
	const struct nyx_explanation *e = &why->explanation;
	const struct nyx_fault *fault = &why->fault;
	char access[64], text[320];
	json_t *object;

	object = json_pack("{s:I, s:I, s:s, s:o, s:s, s:s, s:s, s:s, s:b}",
			   "sequence", (json_int_t)fault->sequence,
			   "time", (json_int_t)fault->time,
			   "kind", word(fault_kind_words, fault->kind),
			   "reason", hex(fault->reason), "text", fault->text,
			   "access", access_text(fault, access, sizeof(access)),
			   "cause", word(fault_cause_words, e->cause),
			   "explanation", cause_text(e, text, sizeof(text)),
			   "reported", fault->reported);
	if (fault->has_address)
		json_object_set_new(object, "address", hex(fault->address));
	if (fault->domain)
		json_object_set_new(object, "domain", json_integer(fault->domain));
	if (e->has_range)
		json_object_set_new(object, "range", range_json(e->first, e->last));
	if (e->prot)
		json_object_set_new(object, "prot", json_string(prot_words(e->prot)));
	if (e->has_age)
		json_object_set_new(object, "age", json_integer(e->age));
	json_object_set_new(object, "now_mapped", json_boolean(e->now_mapped));
	return object;
}

static json_t *obstacles_json(const struct nyx_why *why, const char *driver)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < why->nr_obstacles; i++) {
		const struct nyx_obstacle *obstacle = &why->obstacles[i];
		const char *name = strerrorname_np(-obstacle->err);

		if (counts(why, obstacle, driver))
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
							      "kind", word(obstacle_words, obstacle->kind),
							      "errno", name ? name : "?",
							      "text", obstacle->text));
	}
	return list;
}

static void print_why_json(const struct context *context, const struct nyx_why *why,
			   const char *driver)
{
	const struct nyx_device *device = &why->device;
	json_t *members = json_array(), *regions = json_array(), *object;
	char name[DEVICE_NAME];
	uint32_t i;

	for (i = 0; i < why->nr_members; i++)
		json_array_append_new(members, device_json(why->members[i]));
	for (i = 0; i < why->nr_regions; i++) {
		json_t *region = range_json(why->regions[i].base, why->regions[i].last);

		json_object_set_new(region, "prot", json_string(prot_words(why->regions[i].prot)));
		json_array_append_new(regions, region);
	}
	object = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:I, s:o, s:b}",
			   "device", format_device(device->id, name),
			   "state", word(device_state_words, device->state),
			   "cause", device->cause, "since", (json_int_t)device->since,
			   "group", (json_int_t)device->group, "group_cause", device->group_cause,
			   "members", members, "reserved", regions,
			   "faults", (json_int_t)device->faults,
			   "obstacles", obstacles_json(why, driver),
			   "has_reset", !!(device->flags & NYX_IOMMU_DEVICE_FLAG_HAS_RESET));
	if (driver[0])
		json_object_set_new(object, "driver", json_string(driver));
	if (device->domain)
		json_object_set_new(object, "domain", domain_json(why));
	if (why->has_fault)
		json_object_set_new(object, "fault", fault_json(why));
	print_json(context, json_pack("{s:[o]}", "why", object));
}

/* ---- plain words ---- */

static void line(const char *title, const char *text)
{
	printf("%-14s %s\n", title, text);
}

static uint64_t ago(uint64_t ns)
{
	uint64_t now = now_ns();

	return now > ns ? now - ns : 0;
}

static void print_state(const struct nyx_device *device, const char *driver)
{
	char age[32], text[320], name[DEVICE_NAME];

	snprintf(text, sizeof(text), "%s for %s: %s", word(device_state_words, device->state),
		 age_text(ago(device->since), age, sizeof(age)), device->cause);
	line("State", text);
	if (device->state == NYX_IOMMU_DEVICE_STATE_QUARANTINED) {
		snprintf(text, sizeof(text), device->flags & NYX_IOMMU_DEVICE_FLAG_HAS_RESET ?
			 "nyxctl device reset %s brings it back" :
			 "nyxctl device remove %s, and it can be assigned again",
			 format_device(device->id, name));
		line("", text);
	}
	line("Driver", driver[0] ? driver : "none");
}

static void print_group(const struct nyx_why *why)
{
	char text[160], name[DEVICE_NAME];
	uint32_t i;

	if (!why->device.group)
		return;
	if (!why->nr_members) {
		snprintf(text, sizeof(text), "%u, alone in it", why->device.group);
		line("Group", text);
		return;
	}
	snprintf(text, sizeof(text), "%u, bound together by: %s", why->device.group,
		 why->device.group_cause[0] ? why->device.group_cause : "a shared requester id");
	line("Group", text);
	for (i = 0; i < why->nr_members; i++) {
		snprintf(text, sizeof(text), "with %s", format_device(why->members[i], name));
		line("", text);
	}
}

static void print_reach(const struct nyx_why *why)
{
	const struct nyx_device *device = &why->device;
	char text[256], size[32];
	uint32_t i;

	if (device->domain) {
		snprintf(text, sizeof(text), "%u (%s), %s, %s", device->domain, why->domain_name,
			 word(domain_mode_words, why->domain_mode),
			 word(domain_state_words, why->domain_state));
		line("Domain", text);
	}
	format_size(why->mapped_bytes, size, sizeof(size));
	if (device->state == NYX_IOMMU_DEVICE_STATE_HOST)
		snprintf(text, sizeof(text), "all memory: it is the host's");
	else if (device->state == NYX_IOMMU_DEVICE_STATE_EXPORTED && !device->domain)
		snprintf(text, sizeof(text),
			 "nothing, or all memory while a driver of the host has it");
	else if (device->state != NYX_IOMMU_DEVICE_STATE_ASSIGNED &&
		 device->state != NYX_IOMMU_DEVICE_STATE_EXPORTED)
		snprintf(text, sizeof(text), "nothing");
	else if (why->domain_mode == NYX_IOMMU_DOMAIN_MODE_UNMANAGED)
		snprintf(text, sizeof(text), "all memory: its domain is unmanaged");
	else if (why->has_extent)
		snprintf(text, sizeof(text),
			 "%" PRIu64 " mapping(s), %s in all, 0x%" PRIx64 "-0x%" PRIx64,
			 why->mappings, size, why->lowest, why->highest);
	else if (why->external)
		snprintf(text, sizeof(text), "%s, mapped by a user of the kernel's IOMMU API", size);
	else
		snprintf(text, sizeof(text), "nothing: its domain maps nothing");
	line("Reaches", text);
	for (i = 0; i < why->nr_regions; i++) {
		snprintf(text, sizeof(text), "0x%" PRIx64 "-0x%" PRIx64 ", %s", why->regions[i].base,
			 why->regions[i].last, prot_words(why->regions[i].prot));
		line(i ? "" : "Firmware's", text);
	}
}

static void print_fault(const struct nyx_why *why)
{
	const struct nyx_fault *fault = &why->fault;
	char access[64], cause[320], age[32], text[512];

	if (!why->has_fault) {
		line("Last fault", "none is kept");
		return;
	}
	snprintf(text, sizeof(text), "%s ago: %s", age_text(ago(fault->time), age, sizeof(age)),
		 access_text(fault, access, sizeof(access)));
	line("Last fault", text);
	line("Likely cause", cause_text(&why->explanation, cause, sizeof(cause)));
	snprintf(text, sizeof(text), "%s (0x%x)", fault->text, fault->reason);
	line(fault->reported ? "Reported as" : "The unit says", text);
}

/* What keeps it from being assigned, each with the way out. */
static void print_obstacles(const struct nyx_why *why, const char *driver)
{
	const struct nyx_device *device = &why->device;
	char name[DEVICE_NAME], text[512];
	uint32_t i, nr = 0;

	format_device(device->id, name);
	for (i = 0; i < why->nr_obstacles; i++) {
		const struct nyx_obstacle *obstacle = &why->obstacles[i];

		if (!counts(why, obstacle, driver))
			continue;
		if (obstacle->kind == NYX_IOMMU_OBSTACLE_HELD && driver[0] &&
		    device->state != NYX_IOMMU_DEVICE_STATE_EXPORTED &&
		    strcmp(driver, STUB_DRIVER))
			snprintf(text, sizeof(text),
				 "driver %s uses it; to take it away from that: nyxctl device assign %s domain D unbind",
				 driver, name);
		else
			snprintf(text, sizeof(text), "%s", obstacle->text);
		line(nr++ ? "" : "Not assignable", text);
	}
	if (!nr && !device->domain) {
		snprintf(text, sizeof(text), "nyxctl device assign %s domain D", name);
		line("Assignable", text);
	}
	if (!(device->flags & (NYX_IOMMU_DEVICE_FLAG_HAS_RESET | NYX_IOMMU_DEVICE_FLAG_BRIDGE |
			       NYX_IOMMU_DEVICE_FLAG_UNIT_FUNCTION)))
		line("No reset", "it has no reset method: what it was told it goes on doing, whoever has it next");
}

static int run_show(struct context *context, struct args *args)
{
	char name[DEVICE_NAME], driver[DRIVER_NAME], description[128];
	struct nyx_why why;
	nyx_device_id id;
	int err = begin_device(context, args, &id);

	if (err)
		return err;
	err = nyx_device_why(context->nyx, id, &why);
	if (err)
		return refuse_nyx(context, err);
	pci_driver(id, driver);
	if (context->json) {
		print_why_json(context, &why, driver);
		return EXIT_DONE;
	}
	line(format_device(id, name), pci_name(id, description, sizeof(description)));
	print_state(&why.device, driver);
	print_group(&why);
	print_reach(&why);
	print_fault(&why);
	print_obstacles(&why, driver);
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "DEV",
	  "DEV's group and what binds it together, its domain, what it reaches, its last\n"
	  "fault with the likely cause, and, where it cannot be assigned, why not and what\n"
	  "would change that. Changes nothing. \"show\" may be left out.\n", run_show },
	{ 0 }
};

const struct object why_object = {
	"why", "what a device can reach, and why it failed", commands
};
