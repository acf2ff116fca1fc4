/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel names that the ACPI parsers use, for building them in userspace.
 */
#ifndef NYX_ACPI_USER_TYPES_H
#define NYX_ACPI_USER_TYPES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#ifndef GENMASK
#define GENMASK(high, low)	((~0UL >> (63 - (high))) & (~0UL << (low)))
#endif
#ifndef FIELD_GET
#define FIELD_GET(mask, value)	(((value) & (mask)) >> __builtin_ctzl(mask))
#endif

/* A parser's own mistake, never the table's: let the fuzzer see it as a crash. */
static inline bool nyx_user_warn(bool wrong, const char *what)
{
	if (wrong) {
		fprintf(stderr, "parser bug: %s\n", what);
		abort();
	}
	return wrong;
}

#ifndef WARN_ON_ONCE
#define WARN_ON_ONCE(wrong)	nyx_user_warn((wrong), #wrong)
#endif

#endif
