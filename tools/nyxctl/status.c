// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl status: the module as a whole, and who keeps it loaded.
 */
#include "nyxctl.h"

GET_TEXT(nyx_status, vendor)
GET_TEXT(nyx_status, version)
GET_NUMBER(nyx_status, units)
GET_NUMBER(nyx_status, devices)
GET_NUMBER(nyx_status, assigned)
GET_NUMBER(nyx_status, quarantined)
GET_NUMBER(nyx_status, domains)
GET_NUMBER(nyx_status, mappings)
GET_NUMBER(nyx_status, mapped_bytes)
GET_NUMBER(nyx_status, pinned_bytes)
GET_NUMBER(nyx_status, leaked_pages)
GET_NUMBER(nyx_status, leaked_tables)
GET_NUMBER(nyx_status, faults)
GET_NUMBER(nyx_status, holders)

static const struct column columns[] = {
	{ "vendor", "IOMMU", FORMAT_TEXT, 0, get_vendor },
	{ "version", "module version", FORMAT_TEXT, 0, get_version },
	{ "units", "units", FORMAT_NUMBER, 0, get_units },
	{ "devices", "devices", FORMAT_NUMBER, 0, get_devices },
	{ "assigned", "assigned", FORMAT_NUMBER, 0, get_assigned },
	{ "quarantined", "quarantined", FORMAT_NUMBER, 0, get_quarantined },
	{ "domains", "domains", FORMAT_NUMBER, 0, get_domains },
	{ "mappings", "mappings", FORMAT_NUMBER, 0, get_mappings },
	{ "mapped_bytes", "mapped", FORMAT_SIZE, 0, get_mapped_bytes },
	{ "pinned_bytes", "pinned memory", FORMAT_SIZE, 0, get_pinned_bytes },
	{ "leaked_pages", "leaked pages", FORMAT_NUMBER, 0, get_leaked_pages },
	{ "leaked_tables", "leaked tables", FORMAT_NUMBER, 0, get_leaked_tables },
	{ "faults", "faults recorded", FORMAT_NUMBER, 0, get_faults },
	{ "holders", "holding the module", FORMAT_NUMBER, 0, get_holders },
	{ 0 }
};

static int run_show(struct context *context, struct args *args)
{
	struct nyx_status status;
	int err;

	if (!no_more_words(context, args))
		return EXIT_USAGE;
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_status(context->nyx, &status);
	if (err)
		return refuse_nyx(context, err);
	show_one(context, "status", columns, &status);
	if (status.leaked_pages || status.leaked_tables)
		say(context, "A unit stopped answering: its domains' memory stays pinned until reboot.");
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "", "Units, devices, domains, memory and faults in numbers, and how many\n"
	  "domains and devices keep the module from being unloaded.\n", run_show },
	{ 0 }
};

const struct object status_object = { "status", "the module as a whole", commands };
