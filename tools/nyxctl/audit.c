// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl audit: are the hardware's tables what they should be?
 */
#include <inttypes.h>
#include <stdio.h>

#include "nyxctl.h"

GET_TEXT(nyx_difference, what)
GET_TEXT(nyx_difference, found)
GET_TEXT(nyx_difference, expected)
GET_NUMBER_IF(nyx_difference, unit, has_unit)
GET_DEVICE_IF(nyx_difference, requester, has_requester)
GET_NUMBER_IF(nyx_difference, domain, domain)
GET_HEX_IF(nyx_difference, iova, has_iova)

static const struct column columns[] = {
	{ "what", "DIFFERENCE", FORMAT_TEXT, 0, get_what },
	{ "unit", "UNIT", FORMAT_NUMBER, 0, get_unit },
	{ "device", "DEVICE", FORMAT_TEXT, 0, get_requester },
	{ "domain", "DOMAIN", FORMAT_NUMBER, 0, get_domain },
	{ "iova", "ADDRESS", FORMAT_TEXT, 0, get_iova },
	{ "found", "FOUND", FORMAT_TEXT, 0, get_found },
	{ "expected", "EXPECTED", FORMAT_TEXT, 0, get_expected },
	{ 0 }
};

static void print_result_json(const struct context *context, const struct nyx_audit *audit)
{
	print_json(context, json_pack(
		"{s:{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}}", "audit",
		"equal", !audit->differences,
		"registers", (json_int_t)audit->registers,
		"entries", (json_int_t)audit->entries,
		"interrupt_entries", (json_int_t)audit->interrupt_entries,
		"domains", (json_int_t)audit->domains,
		"tables", (json_int_t)audit->tables,
		"pages", (json_int_t)audit->leaves,
		"bytes", (json_int_t)audit->bytes,
		"passed_over", (json_int_t)audit->passed_over,
		"differences", (json_int_t)audit->differences,
		"listed", row_list(columns, audit->listed, sizeof(audit->listed[0]),
				   audit->nr_listed)));
}

static void print_result(const struct context *context, const struct nyx_audit *audit)
{
	char size[32];

	if (audit->differences)
		show_list(context, "differences", columns, audit->listed,
			  sizeof(audit->listed[0]), audit->nr_listed);
	if (audit->differences > audit->nr_listed)
		say(context, "and %" PRIu64 " more", audit->differences - audit->nr_listed);
	format_size(audit->bytes, size, sizeof(size));
	say(context, "%s: %" PRIu64 " registers and pointers, %" PRIu64 " device entries, %" PRIu64
	    " interrupt entries, %" PRIu64 " domains, %" PRIu64 " page tables, %" PRIu64 " pages (%s)",
	    audit->differences ? "DIFFERENT" : "equal", audit->registers, audit->entries,
	    audit->interrupt_entries, audit->domains, audit->tables, audit->leaves, size);
	if (audit->passed_over)
		say(context, "%" PRIu64 " pages and tables were being changed and not compared",
		    audit->passed_over);
}

static int run_audit(struct context *context, struct args *args)
{
	struct nyx_audit audit;
	int err = begin(context, args);

	if (err)
		return err;
	err = nyx_audit(context->nyx, &audit);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_result_json(context, &audit);
	else
		print_result(context, &audit);
	return audit.differences ? EXIT_REFUSED : EXIT_DONE;
}

static const struct command commands[] = {
	{ "run", "",
	  "Read registers, device and interrupt entries and page tables the way the hardware does, and\n"
	  "compare them with what devices, domains and mappings should make of them. Changes\n"
	  "nothing. Exit status 0: equal; 2: differences, each named.\n", run_audit },
	{ 0 }
};

const struct object audit_object = { "audit", "are the hardware's tables as they should be?",
				     commands };
