// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers and device table entries, field by field. Pure: no system call.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decode.h"

const struct layout *register_layouts(const char *vendor)
{
	if (!strcmp(vendor, "vtd"))
		return vtd_registers;
	return strcmp(vendor, "amdvi") ? NULL : amdvi_registers;
}

const struct layout *entry_layout(const char *vendor)
{
	if (!strcmp(vendor, "vtd"))
		return &vtd_entry;
	return strcmp(vendor, "amdvi") ? NULL : &amdvi_entry;
}

unsigned int layout_words(const struct layout *layout)
{
	const struct field *field;
	unsigned int words = 0;

	for (field = layout->fields; field->name; field++)
		if (field->word >= words)
			words = field->word + 1;
	return words;
}

uint64_t field_value(const struct field *field, const uint64_t *words)
{
	unsigned int width = field->high - field->low + 1;
	uint64_t value = words[field->word] >> field->low;

	return width == 64 ? value : value & ((1ULL << width) - 1);
}

const char *field_bits(const struct field *field, char *buf, size_t len)
{
	unsigned int base = field->word * 64;

	if (field->high == field->low)
		snprintf(buf, len, "%u", base + field->low);
	else
		snprintf(buf, len, "%u:%u", base + field->high, base + field->low);
	return buf;
}

const char *field_meaning(const struct field *field, uint64_t value, char *buf, size_t len)
{
	if (field->say)
		return field->say(value, buf, len);
	if (field->high == field->low)
		snprintf(buf, len, "%s", value ? "yes" : "no");
	else
		snprintf(buf, len, "0x%" PRIx64, value);
	return buf;
}
