// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl device show: what there is to know of PCI functions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "fields.h"
#include "nyxctl.h"
#include "sysfs.h"
#include "words.h"

GET_DEVICE(nyx_device, id)
GET_WORD(nyx_device, state, device_state_words)
GET_TEXT(nyx_device, cause)
GET_NUMBER(nyx_device, since)
GET_TEXT(nyx_device, group_cause)
GET_NUMBER(nyx_device, threshold)
GET_NUMBER(nyx_device, window)
GET_NUMBER(nyx_device, towards_threshold)
GET_NUMBER(nyx_device, faults)
GET_NUMBER(nyx_device, faults_since_reset)
GET_NUMBER(nyx_device, resets)
GET_NUMBER_IF(nyx_device, unit, has_unit)
GET_NUMBER_IF(nyx_device, group, group)
GET_NUMBER_IF(nyx_device, domain, domain)
GET_NUMBER_IF(nyx_device, suppressed_since, suppressed_since)
GET_NUMBER_IF(nyx_device, auto_reset, auto_reset)
GET_NUMBER_IF(nyx_device, auto_resets_left, auto_reset)
GET_NUMBER_IF(nyx_device, auto_reset_at, auto_reset_at)

static json_t *get_description(const void *row)
{
	char text[128];

	return json_string(pci_name(((const struct nyx_device *)row)->id, text, sizeof(text)));
}

static json_t *get_driver(const void *row)
{
	char name[DRIVER_NAME];

	pci_driver(((const struct nyx_device *)row)->id, name);
	return name[0] ? json_string(name) : NULL;
}

static json_t *get_flags(const void *row)
{
	return bit_words(device_flag_words, ((const struct nyx_device *)row)->flags);
}

static json_t *get_aliases(const void *row)
{
	const struct nyx_device *device = row;
	json_t *list;
	uint32_t i;

	if (!device->nr_aliases)
		return NULL;
	list = json_array();
	for (i = 0; i < device->nr_aliases; i++)
		json_array_append_new(list, device_json(device->aliases[i]));
	return list;
}

static json_t *get_reset_error(const void *row)
{
	const struct nyx_device *device = row;

	return device->reset_error ? json_string(strerror(device->reset_error)) : NULL;
}

static json_t *region(const struct nyx_device *device, uint32_t flag)
{
	if (!(device->flags & flag) || !device->reserved_last)
		return NULL;
	return json_sprintf("0x%llx-0x%llx", (unsigned long long)device->reserved_base,
			    (unsigned long long)device->reserved_last);
}

static json_t *get_reserved(const void *row)
{
	return region(row, NYX_IOMMU_DEVICE_FLAG_RESERVED_REGION);
}

static json_t *get_relaxed(const void *row)
{
	return region(row, NYX_IOMMU_DEVICE_FLAG_RELAXED_REGION);
}

static json_t *get_entry(const void *row)
{
	const struct nyx_device *device = row;

	return hex_list(device->entry, device->nr_entry_words);
}

static const struct column columns[] = {
	{ "device", "DEVICE", FORMAT_TEXT, 0, get_id },
	{ "state", "STATE", FORMAT_TEXT, 0, get_state },
	{ "domain", "DOMAIN", FORMAT_NUMBER, 0, get_domain },
	{ "group", "GROUP", FORMAT_NUMBER, 0, get_group },
	{ "unit", "UNIT", FORMAT_NUMBER, 0, get_unit },
	{ "driver", "DRIVER", FORMAT_TEXT, 0, get_driver },
	{ "faults", "FAULTS", FORMAT_NUMBER, 0, get_faults },
	{ "faults_since_reset", "SINCE RESET", FORMAT_NUMBER, SHOW_STATS, get_faults_since_reset },
	{ "towards_threshold", "TOWARDS", FORMAT_NUMBER, SHOW_STATS, get_towards_threshold },
	{ "threshold", "THRESHOLD", FORMAT_NUMBER, SHOW_STATS, get_threshold },
	{ "window", "WINDOW", FORMAT_NUMBER, SHOW_DETAIL, get_window },
	{ "suppressed_since", "SUPPRESSED SINCE", FORMAT_TIME, SHOW_DETAIL,
	  get_suppressed_since },
	{ "auto_reset", "AUTO-RESETS AN HOUR", FORMAT_NUMBER, SHOW_DETAIL, get_auto_reset },
	{ "auto_resets_left", "AUTO-RESETS LEFT", FORMAT_NUMBER, SHOW_DETAIL, get_auto_resets_left },
	{ "auto_reset_at", "NEXT AUTO-RESET", FORMAT_TIME, SHOW_DETAIL, get_auto_reset_at },
	{ "resets", "RESETS", FORMAT_NUMBER, SHOW_STATS, get_resets },
	{ "reset_error", "LAST RESET FAILED", FORMAT_TEXT, SHOW_DETAIL, get_reset_error },
	{ "flags", "FLAGS", FORMAT_TEXT, SHOW_STATS, get_flags },
	{ "cause", "CAUSE", FORMAT_TEXT, SHOW_DETAIL, get_cause },
	{ "since", "SINCE", FORMAT_TIME, SHOW_DETAIL, get_since },
	{ "group_cause", "GROUP BOUND BY", FORMAT_TEXT, SHOW_DETAIL, get_group_cause },
	{ "aliases", "ALSO SEEN AS", FORMAT_TEXT, SHOW_DETAIL, get_aliases },
	{ "reserved", "RESERVED MEMORY", FORMAT_TEXT, SHOW_DETAIL, get_reserved },
	{ "relaxed", "DROPPED, RELAXABLE", FORMAT_TEXT, SHOW_DETAIL, get_relaxed },
	{ "entry", "TABLE ENTRY", FORMAT_TEXT, SHOW_DETAIL, get_entry },
	{ "description", "DESCRIPTION", FORMAT_TEXT, 0, get_description },
	{ 0 }
};

static int show_device(struct context *context, nyx_device_id id)
{
	struct nyx_device device;
	int err = nyx_device_get(context->nyx, id, &device);

	if (err)
		return refuse_nyx(context, err);
	show_one(context, "devices", columns, &device);
	return EXIT_DONE;
}

int run_device_show(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "domain", true }, { 0 } };
	struct nyx_domain domain = { 0 };
	struct nyx_device *devices;
	char *word = NULL;
	nyx_device_id id;
	size_t nr;
	int err;

	if (args->argc && parse_device(args->argv[0], &id)) {
		err = begin_device(context, args, &id);
		return err ? err : show_device(context, id);
	}
	if (args->argc && next_keyword(context, args, keywords, &word) == ARGS_BAD)
		return EXIT_USAGE;
	err = begin(context, args);
	if (err)
		return err;
	if (word && !find_domain(context, word, &domain))
		return EXIT_REFUSED;
	err = nyx_device_list(context->nyx, domain.id, &devices, &nr);
	if (err)
		return refuse_nyx(context, err);
	show_list(context, "devices", columns, devices, sizeof(*devices), nr);
	free(devices);
	return EXIT_DONE;
}

int device_answer(struct context *context, nyx_device_id id)
{
	return context->json ? show_device(context, id) : EXIT_DONE;
}

int run_device_entry(struct context *context, struct args *args)
{
	const struct layout *layout;
	struct nyx_device device;
	struct nyx_status status;
	char name[DEVICE_NAME];
	nyx_device_id id;
	int err = begin_device(context, args, &id);

	if (err)
		return err;
	err = nyx_device_get(context->nyx, id, &device);
	if (!err)
		err = nyx_status(context->nyx, &status);
	if (err)
		return refuse_nyx(context, err);
	if (!device.has_unit)
		return refuse(context, -ENODEV, "%s is behind no unit, so no table has an entry for it",
			      format_device(id, name));
	if (!device.nr_entry_words)
		return refuse(context, -EPERM,
			      "table entries hold host-physical addresses: run it as root");
	layout = entry_layout(status.vendor);
	if (!layout || layout_words(layout) != device.nr_entry_words)
		return refuse(context, -EOPNOTSUPP, "entries of \"%s\" are not known to this nyxctl",
			      status.vendor);
	say(context, "%s of %s", layout->name, format_device(id, name));
	show_entry(context, layout, device.entry);
	return EXIT_DONE;
}
