// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl acpi: what the driver takes from a table, by its own parser (kernel/acpi, built for
 * userspace).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acpi_desc.h"
#include "nyxctl.h"

struct unit_row {
	const struct nyx_acpi_desc *desc;
	const struct nyx_acpi_unit *unit;
};

struct reserved_row {
	const struct nyx_acpi_desc *desc;
	const struct nyx_acpi_reserved *reserved;
};

struct list_row {
	const struct nyx_acpi_desc *desc;
	const struct nyx_acpi_list *list;
};

static size_t path_words(const struct nyx_acpi_scope *scope, char *out, size_t len)
{
	size_t at = snprintf(out, len, " %02x", scope->start_bus);
	int i;

	for (i = 0; i < scope->path_len && at < len; i++)
		at += snprintf(out + at, len - at, "%s%02x.%x", i ? " > " : ":",
			       scope->path[i].device, scope->path[i].function);
	return at;
}

static json_t *scope_json(const struct nyx_acpi_desc *desc, const struct nyx_acpi_scope *scope)
{
	static const char *const words[] = {
		[NYX_SCOPE_ENDPOINT] = "", [NYX_SCOPE_BRIDGE] = "all below",
		[NYX_SCOPE_IOAPIC] = "IO-APIC", [NYX_SCOPE_HPET] = "HPET",
		[NYX_SCOPE_ACPI_NAME] = "ACPI device", [NYX_SCOPE_ALL] = "all others",
		[NYX_SCOPE_RIDS] = "",
	};
	char text[256], first[DEVICE_NAME], last[DEVICE_NAME];
	size_t at = snprintf(text, sizeof(text), "%s", words[scope->kind]);

	if (scope->hid[0])
		at += snprintf(text + at, sizeof(text) - at, " %s%s%s", scope->hid,
			       scope->cid[0] ? " " : "", scope->cid);
	else if (scope->kind == NYX_SCOPE_IOAPIC || scope->kind == NYX_SCOPE_HPET ||
		 scope->kind == NYX_SCOPE_ACPI_NAME)
		at += snprintf(text + at, sizeof(text) - at, " %u", scope->enum_id);
	/* Requester ids have no segment of their own: what stands before the first colon goes. */
	format_device(scope->rid_first, first);
	format_device(scope->rid_last, last);
	if (desc->table == NYX_ACPI_DMAR)
		at += path_words(scope, text + at, sizeof(text) - at);
	else if (scope->kind != NYX_SCOPE_ALL)
		at += snprintf(text + at, sizeof(text) - at, " %s%s%s", first + 5,
			       scope->rid_first == scope->rid_last ? "" : " to ",
			       scope->rid_first == scope->rid_last ? "" : last + 5);
	if (scope->properties && at < sizeof(text))
		at += snprintf(text + at, sizeof(text) - at, " properties 0x%x", scope->properties);
	if (scope->has_alias && at < sizeof(text))
		snprintf(text + at, sizeof(text) - at, " as %s",
			 format_device(scope->alias_rid, first) + 5);
	return json_string(text[0] == ' ' ? text + 1 : text);
}

static json_t *scopes_json(const struct nyx_acpi_desc *desc, const struct nyx_acpi_scopes *slice)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < slice->count; i++)
		json_array_append_new(list, scope_json(desc, &desc->scopes[slice->first + i]));
	return list;
}

static json_t *get_u_offset(const void *row)
{
	return hex(((const struct unit_row *)row)->unit->offset);
}

static json_t *get_u_segment(const void *row)
{
	return json_integer(((const struct unit_row *)row)->unit->segment);
}

static json_t *get_u_registers(const void *row)
{
	return hex(((const struct unit_row *)row)->unit->reg_base);
}

static json_t *get_u_function(const void *row)
{
	const struct unit_row *r = row;

	if (r->desc->table == NYX_ACPI_DMAR)
		return NULL;
	return device_json((uint32_t)r->unit->segment << 16 | r->unit->rid);
}

static json_t *get_u_proximity(const void *row)
{
	const struct unit_row *r = row;

	return r->unit->has_proximity ? json_integer(r->unit->proximity) : NULL;
}

static json_t *get_u_devices(const void *row)
{
	const struct unit_row *r = row;
	json_t *list = scopes_json(r->desc, &r->unit->scopes);

	if (r->unit->flags & NYX_UNIT_INCLUDE_ALL)
		json_array_append_new(list, json_string("all others"));
	return list;
}

static const struct column unit_columns[] = {
	{ "offset", "AT", FORMAT_TEXT, 0, get_u_offset },
	{ "segment", "SEGMENT", FORMAT_NUMBER, 0, get_u_segment },
	{ "register_base", "REGISTERS", FORMAT_TEXT, 0, get_u_registers },
	{ "function", "FUNCTION", FORMAT_TEXT, 0, get_u_function },
	{ "proximity", "PROXIMITY", FORMAT_NUMBER, 0, get_u_proximity },
	{ "devices", "DEVICES", FORMAT_TEXT, 0, get_u_devices },
	{ 0 }
};

static json_t *get_r_offset(const void *row)
{
	return hex(((const struct reserved_row *)row)->reserved->offset);
}

static json_t *get_r_segment(const void *row)
{
	return json_integer(((const struct reserved_row *)row)->reserved->segment);
}

static json_t *get_r_base(const void *row)
{
	return hex(((const struct reserved_row *)row)->reserved->base);
}

static json_t *get_r_last(const void *row)
{
	return hex(((const struct reserved_row *)row)->reserved->last);
}

static json_t *get_r_rights(const void *row)
{
	uint32_t flags = ((const struct reserved_row *)row)->reserved->flags;

	return json_sprintf("%s%s%s%s", flags & NYX_RESERVED_READ ? "read" : "",
			    (flags & NYX_RESERVED_READ) && (flags & NYX_RESERVED_WRITE) ? " " : "",
			    flags & NYX_RESERVED_WRITE ? "write" : "",
			    flags & NYX_RESERVED_EXCLUSION ? ", exclusion range" : "");
}

static json_t *get_r_devices(const void *row)
{
	const struct reserved_row *r = row;

	return scopes_json(r->desc, &r->reserved->scopes);
}

static const struct column reserved_columns[] = {
	{ "offset", "AT", FORMAT_TEXT, 0, get_r_offset },
	{ "segment", "SEGMENT", FORMAT_NUMBER, 0, get_r_segment },
	{ "base", "BASE", FORMAT_TEXT, 0, get_r_base },
	{ "last", "LAST", FORMAT_TEXT, 0, get_r_last },
	{ "rights", "RIGHTS", FORMAT_TEXT, 0, get_r_rights },
	{ "devices", "DEVICES", FORMAT_TEXT, 0, get_r_devices },
	{ 0 }
};

static json_t *get_l_offset(const void *row)
{
	return hex(((const struct list_row *)row)->list->offset);
}

static json_t *get_l_segment(const void *row)
{
	return json_integer(((const struct list_row *)row)->list->segment);
}

static json_t *get_l_kind(const void *row)
{
	static const char *const words[] = {
		[NYX_LIST_ATS_PORTS] = "root ports with ATS",
		[NYX_LIST_INTEGRATED] = "integrated, with ATS",
		[NYX_LIST_PROPERTIES] = "integrated, with properties",
	};
	const struct list_row *r = row;

	return json_sprintf("%s%s", words[r->list->kind],
			    r->list->flags & NYX_LIST_ATC_REQUIRED ? ", which they need" : "");
}

static json_t *get_l_devices(const void *row)
{
	const struct list_row *r = row;
	json_t *list = scopes_json(r->desc, &r->list->scopes);

	if (r->list->flags & NYX_LIST_ALL_PORTS)
		json_array_append_new(list, json_string("all of the segment"));
	return list;
}

static const struct column list_columns[] = {
	{ "offset", "AT", FORMAT_TEXT, 0, get_l_offset },
	{ "segment", "SEGMENT", FORMAT_NUMBER, 0, get_l_segment },
	{ "kind", "KIND", FORMAT_TEXT, 0, get_l_kind },
	{ "devices", "DEVICES", FORMAT_TEXT, 0, get_l_devices },
	{ 0 }
};

static json_t *get_note_offset(const void *row)
{
	return hex(((const struct nyx_acpi_note *)row)->offset);
}

static json_t *get_note_text(const void *row)
{
	return json_string(((const struct nyx_acpi_note *)row)->text);
}

static const struct column note_columns[] = {
	{ "offset", "AT", FORMAT_TEXT, 0, get_note_offset },
	{ "text", "NOTE", FORMAT_TEXT, 0, get_note_text },
	{ 0 }
};

/* ---- parsing and showing ---- */

int acpi_parse(const uint8_t *data, size_t len, struct nyx_acpi_desc *desc,
	       struct nyx_acpi_error *err)
{
	int (*parse)(const void *, size_t, struct nyx_acpi_desc *, struct nyx_acpi_error *) =
		data[0] == 'D' ? nyx_dmar_parse : nyx_ivrs_parse;
	int ret;

	memset(desc, 0, sizeof(*desc));
	ret = parse(data, len, desc, err);
	if (ret)
		return ret;
	/* One more of each: calloc() of none may be NULL. */
	desc->units = calloc(desc->nr_units + 1, sizeof(*desc->units));
	desc->reserved = calloc(desc->nr_reserved + 1, sizeof(*desc->reserved));
	desc->lists = calloc(desc->nr_lists + 1, sizeof(*desc->lists));
	desc->scopes = calloc(desc->nr_scopes + 1, sizeof(*desc->scopes));
	desc->notes = calloc(desc->nr_notes + 1, sizeof(*desc->notes));
	*err = (struct nyx_acpi_error){ 0, "out of memory" };
	if (!desc->units || !desc->reserved || !desc->lists || !desc->scopes || !desc->notes ||
	    parse(data, len, desc, err)) {
		acpi_free(desc);
		return -1;
	}
	return 0;
}

void acpi_free(struct nyx_acpi_desc *desc)
{
	free(desc->units);
	free(desc->reserved);
	free(desc->lists);
	free(desc->scopes);
	free(desc->notes);
}

/* One of the tables, with the line that says what it is; nothing where there are none. */
static void show_part(const struct context *context, const char *what, const struct column *columns,
		      const void *rows, size_t size, size_t nr)
{
	if (!rows || !nr)
		return;
	printf("\n%s\n\n", what);
	show_list(context, "", columns, rows, size, nr);
}

void acpi_show(const struct context *context, const struct nyx_acpi_desc *desc)
{
	struct reserved_row *reserved = calloc(desc->nr_reserved + 1, sizeof(*reserved));
	struct unit_row *units = calloc(desc->nr_units + 1, sizeof(*units));
	struct list_row *lists = calloc(desc->nr_lists + 1, sizeof(*lists));
	uint32_t i;

	for (i = 0; units && i < desc->nr_units; i++)
		units[i] = (struct unit_row){ desc, &desc->units[i] };
	for (i = 0; reserved && i < desc->nr_reserved; i++)
		reserved[i] = (struct reserved_row){ desc, &desc->reserved[i] };
	for (i = 0; lists && i < desc->nr_lists; i++)
		lists[i] = (struct list_row){ desc, &desc->lists[i] };
	show_part(context, "The units that the driver takes from it:", unit_columns, units,
		  sizeof(*units), desc->nr_units);
	show_part(context, "Memory that devices must go on reaching:", reserved_columns, reserved,
		  sizeof(*reserved), desc->nr_reserved);
	show_part(context, "What else it says of devices:", list_columns, lists, sizeof(*lists),
		  desc->nr_lists);
	show_part(context, "Firmware mistakes, repaired or passed over:", note_columns, desc->notes,
		  sizeof(*desc->notes), desc->nr_notes);
	free(units);
	free(reserved);
	free(lists);
}

json_t *acpi_json(const struct nyx_acpi_desc *desc)
{
	json_t *units = json_array(), *reserved = json_array(), *lists = json_array();
	json_t *notes = row_list(note_columns, desc->notes, sizeof(*desc->notes), desc->nr_notes);
	uint32_t i;

	for (i = 0; i < desc->nr_units; i++) {
		struct unit_row row = { desc, &desc->units[i] };

		json_array_append_new(units, row_object(unit_columns, &row));
	}
	for (i = 0; i < desc->nr_reserved; i++) {
		struct reserved_row row = { desc, &desc->reserved[i] };

		json_array_append_new(reserved, row_object(reserved_columns, &row));
	}
	for (i = 0; i < desc->nr_lists; i++) {
		struct list_row row = { desc, &desc->lists[i] };

		json_array_append_new(lists, row_object(list_columns, &row));
	}
	return json_pack("{s:i, s:o, s:o, s:o, s:o}", "address_width", desc->address_width,
			 "units", units, "reserved", reserved, "lists", lists, "notes", notes);
}
