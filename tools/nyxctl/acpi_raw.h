/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A firmware table, byte by byte: every structure that is there, with the place and value of
 * each field, whether the driver uses it or not and whether the table is sound or not. What
 * the driver makes of it is the parser's (kernel/acpi). Pure: no system call.
 */
#ifndef NYXCTL_ACPI_RAW_H
#define NYXCTL_ACPI_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_FIELDS_MAX	16
#define ACPI_TEXT	192

struct acpi_field {
	uint32_t offset, length;	/* in the table, bytes */
	const char *name;
	uint64_t value;			/* of text that is no number: 0 */
	bool number;
	char text[ACPI_TEXT];		/* value in words */
};

/* The table's header, a structure (depth 0), or an entry of the structure before (depth 1). */
struct acpi_item {
	uint32_t offset, length;
	int depth;
	bool known;			/* else its bytes are its only field */
	const char *kind;
	struct acpi_field fields[ACPI_FIELDS_MAX];
	uint32_t nr_fields;
};

struct acpi_items {
	struct acpi_item *items;
	size_t nr;
	bool failed;			/* out of memory */
};

/* Is this one of the two tables that describe IOMMUs? name: its signature, as text. */
bool acpi_signature(const uint8_t *data, size_t len, char name[5]);
/*
 * Everything that can be told apart in the len bytes at data, which begin with DMAR or
 * IVRS, up to the first structure whose length makes no sense. Free items->items.
 */
void acpi_decode(const uint8_t *data, size_t len, struct acpi_items *items);

#endif
