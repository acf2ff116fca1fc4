/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two halves of the IVRS parser share.
 */
#ifndef NYX_ACPI_IVRS_H
#define NYX_ACPI_IVRS_H

#include "table.h"

/* Reads the device entries that fill entries; slice becomes their scopes. 0 or -EINVAL. */
int nyx_ivrs_entries(struct nyx_acpi_out *out, struct nyx_bytes entries,
		     struct nyx_acpi_scopes *slice);

#endif
