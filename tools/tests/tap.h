/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP from C: ok() for each fact, done() at the end.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_number, tap_failed;

__attribute__((format(printf, 2, 3)))
static inline void ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", good ? "" : "not ", ++tap_number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	tap_failed += !good;
}

static inline int done(void)
{
	printf("1..%d\n", tap_number);
	return tap_failed != 0;
}

#endif
