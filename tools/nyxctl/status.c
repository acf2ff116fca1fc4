// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl status: the module as a whole, and who keeps it loaded.
 */
#include <errno.h>
#include <stdlib.h>

#include "nyxctl.h"
#include "words.h"

struct row {
	struct nyx_status status;
	struct nyx_holder *holders;
	size_t nr;
};

GET_TEXT(nyx_status, vendor)
GET_TEXT(nyx_status, version)
GET_NUMBER(nyx_status, units)
GET_NUMBER(nyx_status, devices)
GET_NUMBER(nyx_status, assigned)
GET_NUMBER(nyx_status, quarantined)
GET_NUMBER(nyx_status, exported)
GET_NUMBER(nyx_status, domains)
GET_NUMBER(nyx_status, mappings)
GET_NUMBER(nyx_status, mapped_bytes)
GET_NUMBER(nyx_status, pinned_bytes)
GET_NUMBER(nyx_status, leaked_pages)
GET_NUMBER(nyx_status, leaked_tables)
GET_NUMBER(nyx_status, faults)
GET_NUMBER(nyx_status, holders)

/* ---- who keeps it loaded ---- */

GET_WORD(nyx_holder, kind, holder_kind_words)
GET_TEXT(nyx_holder, why)
GET_TEXT(nyx_holder, owner_name)
GET_NUMBER_IF(nyx_holder, domain, domain)
GET_NUMBER_IF(nyx_holder, owner_port, owner_port)

static json_t *get_name(const void *row)
{
	const struct nyx_holder *holder = row;

	switch (holder->kind) {
	case NYX_IOMMU_HOLDER_KIND_UNIT:
		return json_string(holder->unit_name);
	case NYX_IOMMU_HOLDER_KIND_DEVICE:
		return device_json(holder->device);
	case NYX_IOMMU_HOLDER_KIND_DOMAIN:
		return json_string(holder->domain_name);
	}
	return NULL;
}

static const struct column holder_columns[] = {
	{ "kind", "HOLDER", FORMAT_TEXT, 0, get_kind },
	{ "name", "NAME", FORMAT_TEXT, 0, get_name },
	{ "domain", "DOMAIN", FORMAT_NUMBER, 0, get_domain },
	{ "owner", "OWNER", FORMAT_TEXT, 0, get_owner_name },
	{ "owner_port", "PORT", FORMAT_NUMBER, 0, get_owner_port },
	{ "why", "WHY", FORMAT_TEXT, 0, get_why },
	{ 0 }
};

/* ---- all of it ---- */

static json_t *get_held_by(const void *row)
{
	const struct row *r = row;

	return row_list(holder_columns, r->holders, sizeof(*r->holders), r->nr);
}

static const struct column columns[] = {
	{ "vendor", "IOMMU", FORMAT_TEXT, 0, get_vendor },
	{ "version", "module version", FORMAT_TEXT, 0, get_version },
	{ "units", "units", FORMAT_NUMBER, 0, get_units },
	{ "devices", "devices", FORMAT_NUMBER, 0, get_devices },
	{ "assigned", "assigned", FORMAT_NUMBER, 0, get_assigned },
	{ "quarantined", "quarantined", FORMAT_NUMBER, 0, get_quarantined },
	{ "exported", "exported", FORMAT_NUMBER, 0, get_exported },
	{ "domains", "domains", FORMAT_NUMBER, 0, get_domains },
	{ "mappings", "mappings", FORMAT_NUMBER, 0, get_mappings },
	{ "mapped_bytes", "mapped", FORMAT_SIZE, 0, get_mapped_bytes },
	{ "pinned_bytes", "pinned memory", FORMAT_SIZE, 0, get_pinned_bytes },
	{ "leaked_pages", "leaked pages", FORMAT_NUMBER, 0, get_leaked_pages },
	{ "leaked_tables", "leaked tables", FORMAT_NUMBER, 0, get_leaked_tables },
	{ "faults", "faults recorded", FORMAT_NUMBER, 0, get_faults },
	{ "holders", "holding the module", FORMAT_NUMBER, 0, get_holders },
	{ "held_by", "", FORMAT_TEXT, JSON_ONLY, get_held_by },
	{ 0 }
};

static int run_show(struct context *context, struct args *args)
{
	struct row row = { 0 };
	int err = begin(context, args);

	if (err)
		return err;
	err = nyx_status(context->nyx, &row.status);
	if (!err) {
		err = nyx_holder_list(context->nyx, &row.holders, &row.nr);
		/* An older module only counts them. */
		if (err == -EOPNOTSUPP)
			err = 0;
	}
	if (err)
		return refuse_nyx(context, err);
	show_one(context, "status", columns, &row);
	if (!context->json && row.nr) {
		putchar('\n');
		show_list(context, "holders", holder_columns, row.holders, sizeof(*row.holders),
			  row.nr);
	}
	free(row.holders);
	if (row.status.leaked_pages || row.status.leaked_tables)
		say(context, "A unit stopped answering: its domains' memory stays pinned until reboot.");
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "", "Units, devices, domains, memory and faults in numbers, and which\n"
	  "units, devices and domains keep the module from being unloaded.\n", run_show },
	{ 0 }
};

const struct object status_object = { "status", "the module as a whole", commands };
