// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl fault: what devices did wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "nyxctl.h"
#include "words.h"

/* ---- one line a device ---- */

GET_DEVICE(nyx_fault_counts, device)
GET_NUMBER(nyx_fault_counts, faults)
GET_NUMBER(nyx_fault_counts, since_reset)
GET_NUMBER(nyx_fault_counts, threshold)
GET_NUMBER(nyx_fault_counts, window)
GET_NUMBER(nyx_fault_counts, towards_threshold)
GET_NUMBER(nyx_fault_counts, reported)
GET_NUMBER(nyx_fault_counts, first)
GET_NUMBER(nyx_fault_counts, last)
GET_NUMBER_IF(nyx_fault_counts, suppressed_since, suppressed_since)

static json_t *get_reasons(const void *row)
{
	const struct nyx_fault_counts *counts = row;
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < counts->nr_reasons; i++)
		json_array_append_new(list, json_pack("{s:I, s:o, s:s}",
						      "count", (json_int_t)counts->reasons[i].count,
						      "reason", hex(counts->reasons[i].reason),
						      "text", counts->reasons[i].text));
	if (counts->other)
		json_array_append_new(list, json_pack("{s:I, s:s}", "count",
						      (json_int_t)counts->other,
						      "text", "other reasons"));
	return list;
}

static json_t *get_most_often(const void *row)
{
	const struct nyx_fault_counts *counts = row;
	const struct nyx_fault_count *most = NULL;
	uint32_t i;

	for (i = 0; i < counts->nr_reasons; i++)
		if (!most || counts->reasons[i].count > most->count)
			most = &counts->reasons[i];
	return most ? json_string(most->text) : NULL;
}

static const struct column count_columns[] = {
	{ "device", "DEVICE", FORMAT_TEXT, 0, get_device },
	{ "faults", "FAULTS", FORMAT_NUMBER, 0, get_faults },
	{ "since_reset", "SINCE RESET", FORMAT_NUMBER, 0, get_since_reset },
	{ "towards_threshold", "TOWARDS", FORMAT_NUMBER, 0, get_towards_threshold },
	{ "threshold", "THRESHOLD", FORMAT_NUMBER, 0, get_threshold },
	{ "window", "WINDOW", FORMAT_NUMBER, SHOW_DETAIL, get_window },
	{ "reported", "REPORTED BY SOFTWARE", FORMAT_NUMBER, SHOW_DETAIL, get_reported },
	{ "suppressed_since", "SUPPRESSED SINCE", FORMAT_TIME, SHOW_DETAIL, get_suppressed_since },
	{ "first", "FIRST", FORMAT_TIME, SHOW_STATS, get_first },
	{ "last", "LAST", FORMAT_TIME, 0, get_last },
	{ "most_often", "MOST OFTEN", FORMAT_TEXT, 0, get_most_often },
	{ "reasons", "BY REASON", FORMAT_TEXT, SHOW_DETAIL, get_reasons },
	{ 0 }
};

/* ---- one line a record ---- */

GET_NUMBER(nyx_fault, sequence)
GET_NUMBER(nyx_fault, time)
GET_NUMBER(nyx_fault, unit)
GET_WORD(nyx_fault, kind, fault_kind_words)
GET_HEX(nyx_fault, reason)
GET_TEXT(nyx_fault, text)
GET_NUMBER_IF(nyx_fault, domain, domain)
GET_HEX_IF(nyx_fault, address, has_address)
GET_NUMBER_IF(nyx_fault, index, has_index)
GET_NUMBER(nyx_fault, epoch)

static json_t *get_r_device(const void *row)
{
	return device_json(((const struct nyx_fault *)row)->device);
}

static json_t *get_reported_by(const void *row)
{
	return json_string(((const struct nyx_fault *)row)->reported ? "software" : "unit");
}

static const struct column record_columns[] = {
	{ "sequence", "NUMBER", FORMAT_NUMBER, 0, get_sequence },
	{ "time", "TIME", FORMAT_TIME, 0, get_time },
	{ "device", "DEVICE", FORMAT_TEXT, SHOW_STATS, get_r_device },
	{ "unit", "UNIT", FORMAT_NUMBER, SHOW_STATS, get_unit },
	{ "by", "BY", FORMAT_TEXT, SHOW_STATS, get_reported_by },
	{ "epoch", "RESETS", FORMAT_NUMBER, SHOW_STATS, get_epoch },
	{ "domain", "DOMAIN", FORMAT_NUMBER, 0, get_domain },
	{ "kind", "ACCESS", FORMAT_TEXT, 0, get_kind },
	{ "address", "ADDRESS", FORMAT_TEXT, 0, get_address },
	{ "handle", "HANDLE", FORMAT_NUMBER, SHOW_STATS, get_index },
	{ "reason", "REASON", FORMAT_TEXT, 0, get_reason },
	{ "text", "MEANING", FORMAT_TEXT, 0, get_text },
	{ 0 }
};

static int show_device(struct context *context, nyx_device_id id)
{
	struct nyx_fault_counts counts;
	struct nyx_fault *faults;
	json_t *object;
	size_t nr;
	int err;

	err = nyx_fault_counts(context->nyx, id, &counts);
	if (!err)
		err = nyx_fault_list(context->nyx, &id, &faults, &nr);
	if (err)
		return refuse_nyx(context, err);
	if (context->json) {
		object = row_object(count_columns, &counts);
		json_object_set_new(object, "records",
				    row_list(record_columns, faults, sizeof(*faults), nr));
		print_json(context, json_pack("{s:[o]}", "faults", object));
	} else {
		show_one(context, "faults", count_columns, &counts);
		if (nr) {
			printf("\nLast %zu:\n", nr);
			show_list(context, "records", record_columns, faults, sizeof(*faults), nr);
		}
	}
	free(faults);
	return EXIT_DONE;
}

/* Devices with at least one fault. */
static int show_all(struct context *context)
{
	struct nyx_fault_counts *counts;
	struct nyx_device *devices;
	size_t i, nr, found = 0;
	bool interrupted;
	int err;

	err = nyx_device_list(context->nyx, 0, &devices, &nr);
	if (err)
		return refuse_nyx(context, err);
	interrupted = nyx_interrupted(context->nyx);
	counts = calloc(nr + 1, sizeof(*counts));
	if (!counts) {
		free(devices);
		return refuse(context, 0, "out of memory");
	}
	for (i = 0; i < nr; i++) {
		err = nyx_fault_counts(context->nyx, devices[i].id, &counts[found]);
		/* One that left meanwhile has no faults to show. */
		if (err && err != -ENODEV) {
			free(counts);
			free(devices);
			return refuse_nyx(context, err);
		}
		if (!err && counts[found].faults)
			found++;
	}
	show_rows(context, "faults", count_columns, counts, sizeof(*counts), found, interrupted);
	free(counts);
	free(devices);
	return EXIT_DONE;
}

static int run_show(struct context *context, struct args *args)
{
	bool one = args->argc;
	nyx_device_id id;
	int err = one ? begin_device(context, args, &id) : begin(context, args);

	if (err)
		return err;
	return one ? show_device(context, id) : show_all(context);
}

static int run_clear(struct context *context, struct args *args)
{
	char name[DEVICE_NAME];
	nyx_device_id id;
	int err = begin_device(context, args, &id);

	if (err)
		return err;
	err = nyx_fault_clear(context->nyx, id);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_json(context, json_pack("{s:s}", "cleared", format_device(id, name)));
	say(context, "faults of %s forgotten", format_device(id, name));
	return EXIT_DONE;
}

static bool parse_report(struct context *context, struct args *args,
			 struct nyx_fault_report *report)
{
	static const struct keyword keywords[] = {
		{ "addr", true }, { "reason", true }, { "kind", true }, { 0 }
	};
	int which, kind;
	char *word;

	while ((which = next_keyword(context, args, keywords, &word)) != ARGS_END) {
		switch (which) {
		case 0:
			if (!parse_number(word, &report->address)) {
				usage_error(context, args, "\"%s\" is not an address", word);
				return false;
			}
			report->has_address = true;
			break;
		case 1:
			if (!parse_u32(word, &report->reason))
				report->text = word;
			break;
		case 2:
			kind = match_word(word, fault_kind_words);
			if (kind < 0 || kind == NYX_IOMMU_FAULT_KIND_INTERRUPT) {
				usage_error(context, args,
					    "\"%s\" is nothing to report: use read, write, exec or unknown",
					    word);
				return false;
			}
			report->kind = kind;
			break;
		default:
			return false;
		}
	}
	return true;
}

static int run_report(struct context *context, struct args *args)
{
	struct nyx_fault_report report = { .kind = NYX_IOMMU_FAULT_KIND_UNKNOWN };
	char name[DEVICE_NAME];
	nyx_device_id id;
	int err;

	if (!need_device(context, args, &id) || !parse_report(context, args, &report))
		return EXIT_USAGE;
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_fault_report(context->nyx, id, &report);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_json(context, json_pack("{s:s}", "reported", format_device(id, name)));
	say(context, "a fault of %s is recorded", format_device(id, name));
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "[DEV]", "Devices that had faults; or one device's counts by reason and last records.\n",
	  run_show },
	{ "clear", "DEV", "Forget a device's counts and records. A quarantine stays: see device reset.\n",
	  run_clear },
	{ "report", "DEV [kind read|write|exec] [addr A] [reason TEXT|N]",
	  "Record a fault that software has seen DEV make, which is assigned or exported. It is\n"
	  "marked as reported, and counts towards the threshold like any other.\n", run_report },
	{ 0 }
};

const struct object fault_object = { "fault", "what devices did wrong", commands };
