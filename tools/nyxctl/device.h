/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of nyxctl device share: device.c, device_show.c, device_set.c,
 * export.c.
 */
#ifndef NYXCTL_DEVICE_H
#define NYXCTL_DEVICE_H

#include "nyxctl.h"

/* In JSON mode a change answers with the device as it now is. */
int device_answer(struct context *context, nyx_device_id id);

int run_device_show(struct context *context, struct args *args);
int run_set(struct context *context, struct args *args);
int run_device_entry(struct context *context, struct args *args);
int run_export(struct context *context, struct args *args);
int run_unexport(struct context *context, struct args *args);

#endif
