/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoded registers and entries, as a table or JSON.
 */
#ifndef NYXCTL_FIELDS_H
#define NYXCTL_FIELDS_H

#include "decode.h"
#include "nyxctl.h"

void show_entry(const struct context *context, const struct layout *layout, const uint64_t *words);
/* False: the vendor is not known here. Units without registers to see are left out. */
bool show_registers(struct context *context, const char *vendor, const struct nyx_unit *units,
		    size_t nr_units);

#endif
