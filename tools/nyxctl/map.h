/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of nyxctl map share: map.c, map_show.c.
 */
#ifndef NYXCTL_MAP_H
#define NYXCTL_MAP_H

#include "nyxctl.h"

int run_map_show(struct context *context, struct args *args);

#endif
