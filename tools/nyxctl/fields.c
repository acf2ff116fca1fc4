// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoded registers and entries, as a table or JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "fields.h"

#define ROWS_MAX	128

struct row {
	const char *of;			/* a register */
	const char *owner;		/* the unit that has it, or NULL */
	const struct field *field;
	uint64_t value;
};

static json_t *get_unit(const void *row)
{
	const struct row *r = row;

	return r->owner ? json_string(r->owner) : NULL;
}

static json_t *get_register(const void *row)
{
	const struct row *r = row;

	return r->of ? json_string(r->of) : NULL;
}

static json_t *get_field(const void *row)
{
	return json_string(((const struct row *)row)->field->name);
}

static json_t *get_bits(const void *row)
{
	char bits[16];

	return json_string(field_bits(((const struct row *)row)->field, bits, sizeof(bits)));
}

GET_HEX(row, value)

static json_t *get_meaning(const void *row)
{
	const struct row *r = row;
	char text[128];

	return json_string(field_meaning(r->field, r->value, text, sizeof(text)));
}

static json_t *get_what(const void *row)
{
	return json_string(((const struct row *)row)->field->what);
}

static const struct column register_columns[] = {
	{ "unit", "UNIT", FORMAT_TEXT, 0, get_unit },
	{ "register", "REGISTER", FORMAT_TEXT, 0, get_register },
	{ "field", "FIELD", FORMAT_TEXT, 0, get_field },
	{ "bits", "BITS", FORMAT_NUMBER, 0, get_bits },
	{ "value", "VALUE", FORMAT_TEXT, 0, get_value },
	{ "meaning", "MEANS", FORMAT_TEXT, 0, get_meaning },
	{ "what", "WHAT", FORMAT_TEXT, 0, get_what },
	{ 0 }
};

static size_t add_rows(struct row *rows, size_t nr, const char *owner, const char *of,
		       const struct layout *layout, const uint64_t *words)
{
	const struct field *field;

	for (field = layout->fields; field->name && nr < ROWS_MAX; field++)
		rows[nr++] = (struct row) { of, owner, field, field_value(field, words) };
	return nr;
}

void show_entry(const struct context *context, const struct layout *layout, const uint64_t *words)
{
	/* An entry has no registers, and says whose it is by itself. */
	const struct column *columns = &register_columns[2];
	struct row rows[ROWS_MAX];
	size_t nr = add_rows(rows, 0, NULL, NULL, layout, words);

	show_list(context, "fields", columns, rows, sizeof(rows[0]), nr);
}

bool show_registers(struct context *context, const char *vendor, const struct nyx_unit *units,
		    size_t nr_units)
{
	const struct layout *layouts = register_layouts(vendor);
	struct row *rows = calloc(nr_units * ROWS_MAX + 1, sizeof(*rows));
	size_t i, nr = 0;
	int j;

	if (!rows || !layouts) {
		free(rows);
		return false;
	}
	for (i = 0; i < nr_units; i++)
		for (j = 0; j < LAYOUTS && units[i].has_registers; j++)
			nr += add_rows(rows + nr, 0, units[i].name, layouts[j].name, &layouts[j],
				       &units[i].registers[j]);
	show_list(context, "fields", register_columns, rows, sizeof(*rows), nr);
	free(rows);
	return true;
}
