// SPDX-License-Identifier: GPL-2.0
/*
 * Recording why something was refused.
 */
#include <linux/kernel.h>

#include "why.h"

int nyx_refuse(struct nyx_why *why, int err, enum nyx_arg arg, const char *fmt, ...)
{
	va_list args;

	if (why) {
		why->arg = arg;
		va_start(args, fmt);
		vscnprintf(why->text, sizeof(why->text), fmt, args);
		va_end(args);
	}
	return err;
}
