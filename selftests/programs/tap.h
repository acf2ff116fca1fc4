/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for test programs in C: each claim is one call; tap_done() writes the plan and is the
 * exit status.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

#include "common.h"

__attribute__((format(printf, 1, 2)))
void tap_note(const char *fmt, ...);

/* Returns the claim, so that what depends on it can be left out. */
__attribute__((format(printf, 2, 3)))
bool tap_ok(bool good, const char *fmt, ...);

void tap_skip(const char *name, const char *why);

/* The result of ioctl() and its like; the reason is shown when it failed. */
bool tap_did(int result, const char *name);

/* It has to fail, and for this reason. */
bool tap_refused(int result, int expected, const char *name);

int tap_done(void);

#endif
