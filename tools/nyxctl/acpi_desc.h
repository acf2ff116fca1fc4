/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the driver takes from a firmware table, by its own parser.
 */
#ifndef NYXCTL_ACPI_DESC_H
#define NYXCTL_ACPI_DESC_H

#include <jansson.h>

#include "../../kernel/acpi/desc.h"

struct context;

/* The table of len bytes at data, DMAR or IVRS. Non-zero: refused, and *err says why. */
int acpi_parse(const uint8_t *data, size_t len, struct nyx_acpi_desc *desc,
	       struct nyx_acpi_error *err);
void acpi_free(struct nyx_acpi_desc *desc);
void acpi_show(const struct context *context, const struct nyx_acpi_desc *desc);
json_t *acpi_json(const struct nyx_acpi_desc *desc);

#endif
