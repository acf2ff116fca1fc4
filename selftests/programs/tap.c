// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TAP on standard output.
 */
#include "tap.h"

static unsigned int results, failures;

static void line(const char *start, const char *fmt, va_list args)
{
	fputs(start, stdout);
	vprintf(fmt, args);
	putchar('\n');
	fflush(stdout);
}

void tap_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line("# ", fmt, args);
	va_end(args);
}

bool tap_ok(bool good, const char *fmt, ...)
{
	char start[32];
	va_list args;

	snprintf(start, sizeof(start), "%sok %u - ", good ? "" : "not ", ++results);
	va_start(args, fmt);
	line(start, fmt, args);
	va_end(args);
	failures += !good;
	return good;
}

void tap_skip(const char *name, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", ++results, name, why);
	fflush(stdout);
}

bool tap_did(int result, const char *name)
{
	int err = errno;

	if (tap_ok(result >= 0, "%s", name))
		return true;
	tap_note("%s", strerror(err));
	return false;
}

bool tap_refused(int result, int expected, const char *name)
{
	int err = errno;

	if (tap_ok(result < 0 && err == expected, "%s", name))
		return true;
	tap_note("expected: %s", strerror(expected));
	tap_note("seen:     %s", result < 0 ? strerror(err) : "success");
	return false;
}

int tap_done(void)
{
	printf("1..%u\n", results);
	return failures ? EXIT_DIFFERS : 0;
}
