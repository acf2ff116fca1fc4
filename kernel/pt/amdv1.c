// SPDX-License-Identifier: GPL-2.0
/*
 * The walk, for AMD host page tables.
 */
#include "amdv1.h"

#define FMT(name)	nyx_amdv1_##name
#define FMT_SYNCED	NYX_AMDV1_SYNCED
#include "walk.h"
