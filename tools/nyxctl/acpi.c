// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl acpi: what the firmware says about the IOMMUs, with the module loaded or not: every
 * structure of its table as it stands there, then what the driver's own parser takes from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acpi_desc.h"
#include "acpi_raw.h"
#include "nyxctl.h"

#define TABLES		"/sys/firmware/acpi/tables/"
#define FILE_MAX	0x20000		/* twice what the parser believes */

/* ---- the table as it stands there ---- */

static json_t *get_offset(const void *row)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%03x", ((const struct acpi_item *)row)->offset);
	return json_string(text);
}

GET_NUMBER(acpi_item, length)

static json_t *get_kind(const void *row)
{
	const struct acpi_item *item = row;

	return json_sprintf("%s%s", item->depth ? "  " : "", item->kind);
}

static json_t *get_fields(const void *row)
{
	const struct acpi_item *item = row;
	char text[1024] = "";
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < item->nr_fields && at < sizeof(text); i++)
		if (item->fields[i].text[0])
			at += snprintf(text + at, sizeof(text) - at, "%s%s %s", at ? ", " : "",
				       item->fields[i].name, item->fields[i].text);
	return json_string(text);
}

static const struct column item_columns[] = {
	{ "offset", "AT", FORMAT_TEXT, 0, get_offset },
	{ "length", "BYTES", FORMAT_NUMBER, 0, get_length },
	{ "kind", "STRUCTURE", FORMAT_TEXT, 0, get_kind },
	{ "fields", "SAYS", FORMAT_TEXT, 0, get_fields },
	{ 0 }
};

static json_t *item_json(const struct acpi_item *item)
{
	json_t *fields = json_array();
	uint32_t i;

	for (i = 0; i < item->nr_fields; i++) {
		const struct acpi_field *field = &item->fields[i];
		json_t *one = json_pack("{s:s, s:i, s:i, s:s}", "name", field->name,
					"offset", (int)field->offset, "length", (int)field->length,
					"text", field->text);

		if (field->number)
			json_object_set_new(one, "value", hex(field->value));
		json_array_append_new(fields, one);
	}
	return json_pack("{s:i, s:i, s:s, s:b, s:o}", "offset", (int)item->offset,
			 "length", (int)item->length, "kind", item->kind, "known", item->known,
			 "fields", fields);
}

/* Structures, with their entries inside them. */
static json_t *items_json(const struct acpi_items *items)
{
	json_t *list = json_array(), *entries = NULL;
	size_t i;

	for (i = 0; i < items->nr; i++) {
		json_t *one = item_json(&items->items[i]);

		if (items->items[i].depth) {
			json_array_append_new(entries, one);
			continue;
		}
		entries = json_array();
		json_object_set_new(one, "entries", entries);
		json_array_append_new(list, one);
	}
	return list;
}

/* ---- the command ---- */

/* The file's bytes, at most FILE_MAX. -1: refused, and said so. */
static ssize_t read_table(struct context *context, const char *path, uint8_t *data)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0, len = 0;

	if (fd >= 0) {
		while (len < FILE_MAX && (got = read(fd, data + len, FILE_MAX - len)) > 0)
			len += got;
	}
	if (fd < 0 || got < 0) {
		refuse(context, -errno, "%s: %s%s", path, strerror(errno),
		       errno == EACCES ? " (run it as root)" : "");
		len = -1;
	}
	if (fd >= 0)
		close(fd);
	return len;
}

/*
 * Shows one table, and in JSON mode adds it to list. What the parser refuses is shown as far
 * as it can be told apart; *refusal is then the JSON of the refusal.
 */
static int show_table(struct context *context, const char *path, json_t *list, json_t **refusal)
{
	char name[5], text[512];
	struct acpi_items items;
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	uint8_t *data = malloc(FILE_MAX);
	json_t *one;
	ssize_t len;
	int bad;

	if (!data)
		return refuse(context, -ENOMEM, "out of memory");
	len = read_table(context, path, data);
	if (len < 0) {
		free(data);
		return EXIT_REFUSED;
	}
	if (!acpi_signature(data, len, name)) {
		free(data);
		return refuse(context, -EINVAL,
			      "%s holds neither a DMAR nor an IVRS table: it begins with \"%s\"",
			      path, name);
	}
	acpi_decode(data, len, &items);
	bad = acpi_parse(data, len, &desc, &err);
	if (bad)
		snprintf(text, sizeof(text), "%s: the driver refuses this table, at 0x%03x: %s",
			 path, err.offset, err.text);
	if (context->json) {
		one = json_pack("{s:s, s:s, s:o}", "table", name, "file", path,
				"structures", items_json(&items));
		if (bad) {
			json_object_set_new(one, "refused",
					    json_pack("{s:i, s:s}", "offset", (int)err.offset,
						      "reason", err.text));
			*refusal = error_json(context, "refused", -EINVAL, text);
		} else {
			json_object_set_new(one, "driver", acpi_json(&desc));
		}
		json_array_append_new(list, one);
	} else {
		show_list(context, "structures", item_columns, items.items, sizeof(*items.items),
			  items.nr);
		if (bad) {
			fflush(stdout);
			say_error(context, text);
		} else {
			acpi_show(context, &desc);
		}
	}
	if (!bad)
		acpi_free(&desc);
	free(items.items);
	free(data);
	return bad ? EXIT_REFUSED : EXIT_DONE;
}

static int run_show(struct context *context, struct args *args)
{
	static const char *const running[] = { TABLES "DMAR", TABLES "IVRS" };
	char *path = next_word(args);
	json_t *list, *refusal = NULL;
	int i, status = EXIT_DONE, shown = 0;

	if (!no_more_words(context, args))
		return EXIT_USAGE;
	list = json_array();
	for (i = 0; i < 2 && status == EXIT_DONE; i++) {
		if (!path && access(running[i], F_OK))
			continue;
		shown++;
		status = show_table(context, path ? path : running[i], list, &refusal);
		if (path)
			break;
	}
	if (!shown)
		status = refuse(context, -ENOENT,
				"the firmware describes no IOMMU (no DMAR or IVRS in %s): see nyxctl check",
				TABLES);
	/* Another refusal has printed its own JSON. */
	if (context->json && (status == EXIT_DONE || refusal))
		print_json(context, refusal ? json_pack("{s:O, s:o}", "acpi", list, "error", refusal) :
			   json_pack("{s:O}", "acpi", list));
	json_decref(list);
	return status;
}

static const struct command commands[] = {
	{ "show", "[FILE]",
	  "What the firmware's DMAR or IVRS table says: every structure and field with its\n"
	  "place in the table, then what the driver takes from it. Of the running firmware\n"
	  "(as root), or of a table in FILE. Needs no module. A table that the driver refuses\n"
	  "is shown as far as it can be read, then the place and the reason; exit status 2.\n",
	  run_show },
	{ 0 }
};

const struct object acpi_object = { "acpi", "what the firmware says about the IOMMUs", commands };
