/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the test programs share: numbers from the command line, patterns, and
 * ending with a message.
 */
#ifndef COMMON_H
#define COMMON_H

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Drivers in their own right (own.h) end as nyxctl does, and say so before. */
#ifndef EXIT_FAILED
#define EXIT_DIFFERS	1	/* it worked, and the answer is no */
#define EXIT_USAGE	2
#define EXIT_FAILED	3
#endif

__attribute__((noreturn, format(printf, 1, 2)))
static inline void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILED);
}

/* Decimal, or hex with 0x; K, M and G multiply. */
static inline uint64_t number(const char *text)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	switch (*end) {
	case 'G':
		value <<= 10;
		/* fall through */
	case 'M':
		value <<= 10;
		/* fall through */
	case 'K':
		value <<= 10;
		end++;
	}
	if (errno || end == text || *end)
		die("'%s' is not a number", text);
	return value;
}

/*
 * The data that a word names: "zero" is all zeroes; every other word gives its
 * own sequence without short periods, so that data from elsewhere, or shifted,
 * does not fit it by chance.
 */
struct pattern {
	uint64_t seed;
	uint64_t mask;		/* 0 for zeroes */
};

static inline struct pattern pattern_of(const char *word)
{
	struct pattern pattern = { 0xcbf29ce484222325ULL, strcmp(word, "zero") ? UINT64_MAX : 0 };

	for (; *word; word++)
		pattern.seed = (pattern.seed ^ (uint8_t)*word) * 0x100000001b3ULL;
	return pattern;
}

/* The byte at position i. */
static inline uint8_t pattern_byte(struct pattern pattern, uint64_t i)
{
	uint64_t x = pattern.seed + (i + 1) * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 31;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 29;
	return (x & pattern.mask) >> 24;
}

#endif
