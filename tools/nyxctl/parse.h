/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user types, into numbers and names. Pure: no system call.
 */
#ifndef NYXCTL_PARSE_H
#define NYXCTL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All return false, with *out untouched, on anything but a whole well-formed value. */

/* Decimal, or hex with 0x. */
bool parse_number(const char *text, uint64_t *out);
/* The same, of 32 bits at most. */
bool parse_u32(const char *text, uint32_t *out);
/* A number with an optional K, M, G or T (powers of 1024; KiB and so on are fine too). */
bool parse_size(const char *text, uint64_t *out);
/* 0000:03:00.0, 03:00.0 (segment 0), or a requester id such as 0x0300. */
bool parse_device(const char *text, uint32_t *out);
/* r, w, rw (in any case) into NYX_IOMMU_PROT_*. */
bool parse_prot(const char *text, uint32_t *out);

#define DEVICE_NAME	16	/* with the NUL */
const char *format_device(uint32_t id, char buf[DEVICE_NAME]);
/* The largest unit that divides it: 2M, 4K, 1536. */
const char *format_size(uint64_t size, char *buf, size_t len);

#define SPLIT_MANY	-1
#define SPLIT_QUOTE	-2
/*
 * Split a line into words, in place, as a shell would without any expansion: blanks
 * separate, "..." and '...' keep them, a backslash outside '...' takes the next character as
 * it is, # where a word could begin starts a comment. The number of words; SPLIT_MANY: more
 * than max; SPLIT_QUOTE: a quote without end.
 */
int split_words(char *line, char **words, int max);

#define MATCH_NONE	-1
#define MATCH_MANY	-2
/*
 * Which of the words is meant: the one that is equal, or the only one that
 * begins so. words ends with NULL. MATCH_NONE, MATCH_MANY.
 */
int match_word(const char *given, const char *const *words);

#endif
