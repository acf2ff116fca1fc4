// SPDX-License-Identifier: GPL-2.0
/*
 * The walk, for VT-d second-stage tables.
 */
#include "vtdss.h"

#define FMT(name)	nyx_vtdss_##name
#define FMT_SYNCED	NYX_VTDSS_SYNCED
#include "walk.h"
