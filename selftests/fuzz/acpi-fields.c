// SPDX-License-Identifier: GPL-2.0
/*
 * Prints every field that nyxctl acpi shows of a table, as "AT LENGTH VALUE", and every
 * structure as "AT LENGTH structure": for acpi-iasl, which compares them with what iasl says.
 *
 *   acpi-fields FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "acpi_raw.h"

int main(int argc, char **argv)
{
	static uint8_t data[0x20000];
	struct acpi_items items;
	char name[5];
	size_t i, len;
	uint32_t j;
	FILE *f;

	f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (!f) {
		fprintf(stderr, "usage: acpi-fields FILE\n");
		return 2;
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	if (!acpi_signature(data, len, name)) {
		fprintf(stderr, "acpi-fields: \"%s\" is neither DMAR nor IVRS\n", name);
		return 1;
	}
	acpi_decode(data, len, &items);
	for (i = 0; i < items.nr; i++) {
		const struct acpi_item *item = &items.items[i];

		printf("%u %u structure%s\n", item->offset, item->length,
		       item->known ? "" : " unknown");
		for (j = 0; j < item->nr_fields; j++) {
			const struct acpi_field *field = &item->fields[j];

			if (field->number)
				printf("%u %u %" PRIx64 "\n", field->offset, field->length,
				       field->value);
			else
				printf("%u %u -\n", field->offset, field->length);
		}
	}
	free(items.items);
	return 0;
}
