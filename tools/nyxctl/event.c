// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An event in words and in JSON.
 */
#include <stdio.h>
#include <string.h>

#include "event.h"
#include "nyxctl.h"
#include "words.h"

const char *const event_variables[] = {
	"NYX_EVENT", "NYX_NUMBER", "NYX_TIME", "NYX_DEVICE", "NYX_DOMAIN", "NYX_UNIT", "NYX_NAME",
	"NYX_STATE", "NYX_CAUSE", "NYX_FAULTS", "NYX_RESETS", "NYX_RESET_ERROR", "NYX_SEQUENCE",
	"NYX_KIND", "NYX_ADDRESS", "NYX_HANDLE", "NYX_REASON", "NYX_TEXT", "NYX_GROUP", "NYX_MISSED",
	"NYX_RESYNC", "NYX_REPORTED", NULL
};

uint64_t event_time(const struct nyx_event *event)
{
	return event->command == NYX_IOMMU_CMD_FAULT_EVENT ? event->fault.time : event->time;
}

/* Only what there is. */
static void set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text[0] ? json_string(text) : NULL;
	char plain[EVENT_LINE];

	/* What is not UTF-8 is no JSON. */
	if (text[0] && !value) {
		snprintf(plain, sizeof(plain), "%s", text);
		make_plain(plain, true);
		value = json_string(plain);
	}
	if (value)
		json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

static void tell_fault(json_t *object, const struct nyx_fault *fault)
{
	json_object_set_new(object, "device", device_json(fault->device));
	set_number(object, "sequence", fault->sequence);
	set_number(object, "unit", fault->unit);
	if (fault->domain)
		set_number(object, "domain", fault->domain);
	set_text(object, "kind", word(fault_kind_words, fault->kind));
	if (fault->has_address)
		json_object_set_new(object, "address", hex(fault->address));
	if (fault->has_index)
		set_number(object, "handle", fault->index);
	json_object_set_new(object, "reason", hex(fault->reason));
	set_text(object, "text", fault->text);
	if (fault->reported)
		json_object_set_new(object, "reported", json_true());
}

static void tell_device(json_t *object, const struct nyx_device *device)
{
	json_object_set_new(object, "device", device_json(device->id));
	set_text(object, "state", word(device_state_words, device->state));
	set_text(object, "cause", device->cause);
	if (device->domain)
		set_number(object, "domain", device->domain);
	json_object_set_new(object, "flags", bit_words(device_flag_words, device->flags));
	set_number(object, "faults", device->faults);
	set_number(object, "resets", device->resets);
	if (device->reset_error)
		set_text(object, "reset_error", strerror(device->reset_error));
}

static const char *kind_of(int command)
{
	switch (command) {
	case NYX_IOMMU_CMD_FAULT_EVENT:
		return "fault";
	case NYX_IOMMU_CMD_DEVICE_EVENT:
		return "device";
	case NYX_IOMMU_CMD_DOMAIN_EVENT:
		return "domain";
	case NYX_IOMMU_CMD_UNIT_EVENT:
		return "unit";
	}
	return NULL;
}

json_t *event_json(const struct nyx_event *event)
{
	const char *kind = kind_of(event->command);
	json_t *object;

	if (!kind)
		return NULL;
	object = json_object();
	set_text(object, "event", kind);
	if (event->number)
		set_number(object, "number", event->number);
	set_number(object, "time", event_time(event));
	switch (event->command) {
	case NYX_IOMMU_CMD_FAULT_EVENT:
		tell_fault(object, &event->fault);
		break;
	case NYX_IOMMU_CMD_DEVICE_EVENT:
		tell_device(object, &event->device);
		break;
	case NYX_IOMMU_CMD_DOMAIN_EVENT:
		set_number(object, "domain", event->domain.id);
		set_text(object, "name", event->domain.name);
		set_text(object, "state", word(domain_state_words, event->domain.state));
		set_text(object, "cause", event->cause);
		break;
	case NYX_IOMMU_CMD_UNIT_EVENT:
		set_number(object, "unit", event->unit.id);
		set_text(object, "name", event->unit.name);
		set_text(object, "state", word(unit_state_words, event->unit.state));
		set_text(object, "cause", event->cause);
		break;
	}
	return object;
}

static void fault_line(const struct nyx_fault *fault, char *line, size_t len)
{
	char name[DEVICE_NAME], domain[24] = "", where[32] = "";

	if (fault->domain)
		snprintf(domain, sizeof(domain), " domain %u", fault->domain);
	if (fault->has_address)
		snprintf(where, sizeof(where), " 0x%llx", (unsigned long long)fault->address);
	else if (fault->has_index)
		snprintf(where, sizeof(where), " of entry %u", fault->index);
	snprintf(line, len, "fault %s%s: %s%s: %s (0x%x)", format_device(fault->device, name),
		 domain, word(fault_kind_words, fault->kind), where, fault->text, fault->reason);
}

static void device_line(const struct nyx_device *device, char *line, size_t len)
{
	char name[DEVICE_NAME], domain[24] = "";

	if (device->domain)
		snprintf(domain, sizeof(domain), " domain %u", device->domain);
	snprintf(line, len, "device %s %s%s: %s%s%s", format_device(device->id, name),
		 word(device_state_words, device->state), domain, device->cause,
		 device->flags & NYX_IOMMU_DEVICE_FLAG_RESETTING ? " [resetting]" : "",
		 device->flags & NYX_IOMMU_DEVICE_FLAG_FAULTS_SUPPRESSED ?
		 " [faults suppressed]" : "");
}

void event_line(const struct nyx_event *event, char *line, size_t len)
{
	const struct nyx_domain *domain = &event->domain;
	const struct nyx_unit *unit = &event->unit;

	line[0] = '\0';
	switch (event->command) {
	case NYX_IOMMU_CMD_FAULT_EVENT:
		fault_line(&event->fault, line, len);
		break;
	case NYX_IOMMU_CMD_DEVICE_EVENT:
		device_line(&event->device, line, len);
		break;
	case NYX_IOMMU_CMD_DOMAIN_EVENT:
		snprintf(line, len, "domain %u (%s) %s: %s", domain->id, domain->name,
			 word(domain_state_words, domain->state), event->cause);
		break;
	case NYX_IOMMU_CMD_UNIT_EVENT:
		snprintf(line, len, "unit %u (%s) %s: %s", unit->id, unit->name,
			 word(unit_state_words, unit->state), event->cause);
		break;
	}
	make_plain(line, false);
}
