// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the user types, into numbers and names. Pure: no system call.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/nyx_iommu.h>

#include "parse.h"

#define BLANKS	" \t\r\n"

/* The number at the start of text; *end is what follows it. */
static bool leading_number(const char *text, uint64_t *out, char **end)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	/* strtoull() alone would take blanks, signs and octal. */
	if (!isdigit((unsigned char)text[0]) || (hex && !isxdigit((unsigned char)text[2])))
		return false;
	errno = 0;
	*out = strtoull(text, end, hex ? 16 : 10);
	return errno == 0;
}

bool parse_number(const char *text, uint64_t *out)
{
	uint64_t number;
	char *end;

	if (!leading_number(text, &number, &end) || *end)
		return false;
	*out = number;
	return true;
}

bool parse_u32(const char *text, uint32_t *out)
{
	uint64_t number;

	if (!parse_number(text, &number) || number > UINT32_MAX)
		return false;
	*out = number;
	return true;
}

bool parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t number;
	int shift;
	char *end;

	if (!leading_number(text, &number, &end))
		return false;
	if (!*end) {
		*out = number;
		return true;
	}
	unit = strchr(units, toupper((unsigned char)*end));
	if (!unit || (end[1] && strcasecmp(end + 1, "b") && strcasecmp(end + 1, "ib")))
		return false;
	shift = 10 * (unit - units + 1);
	if (number > UINT64_MAX >> shift)
		return false;
	*out = number << shift;
	return true;
}

/* Hex digits, at most max, then the character after. Returns what follows it, or NULL. */
static const char *hex_field(const char *text, int max, char after, unsigned int *out)
{
	int digits = 0;

	for (*out = 0; isxdigit((unsigned char)*text); text++) {
		int c = tolower((unsigned char)*text);

		if (++digits > max)
			return NULL;
		*out = *out << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return digits && *text == after ? text + (after != '\0') : NULL;
}

bool parse_device(const char *text, uint32_t *out)
{
	unsigned int segment = 0, bus, device, function;
	const char *at, *colon = strchr(text, ':');

	if (!colon)
		return !strncasecmp(text, "0x", 2) && parse_u32(text, out);
	at = text;
	if (strchr(colon + 1, ':')) {
		at = hex_field(at, 4, ':', &segment);
		if (!at)
			return false;
	}
	at = hex_field(at, 2, ':', &bus);
	at = at ? hex_field(at, 2, '.', &device) : NULL;
	at = at ? hex_field(at, 1, '\0', &function) : NULL;
	if (!at || device > 31 || function > 7)
		return false;
	*out = (uint32_t)segment << 16 | bus << 8 | device << 3 | function;
	return true;
}

bool parse_prot(const char *text, uint32_t *out)
{
	if (!strcasecmp(text, "r"))
		*out = NYX_IOMMU_PROT_READ;
	else if (!strcasecmp(text, "w"))
		*out = NYX_IOMMU_PROT_WRITE;
	else if (!strcasecmp(text, "rw") || !strcasecmp(text, "wr"))
		*out = NYX_IOMMU_PROT_READ | NYX_IOMMU_PROT_WRITE;
	else
		return false;
	return true;
}

const char *format_device(uint32_t id, char buf[DEVICE_NAME])
{
	snprintf(buf, DEVICE_NAME, "%04x:%02x:%02x.%x", id >> 16, id >> 8 & 0xff, id >> 3 & 0x1f,
		 id & 7);
	return buf;
}

const char *format_size(uint64_t size, char *buf, size_t len)
{
	static const char units[] = "\0KMGT";
	int unit = 0;

	while (unit < 4 && size && !(size & 1023)) {
		size >>= 10;
		unit++;
	}
	snprintf(buf, len, "%" PRIu64 "%.1s", size, units + unit);
	return buf;
}

/* Take one word off *at, its quotes and backslashes resolved in place. False: open quote. */
static bool take_word(char **at)
{
	char *in = *at, *out = *at, quote = '\0';

	for (; *in && (quote || !strchr(BLANKS, *in)); in++) {
		if (quote ? *in == quote : *in == '"' || *in == '\'') {
			quote = quote ? '\0' : *in;
			continue;
		}
		if (*in == '\\' && quote != '\'' && in[1])
			in++;
		*out++ = *in;
	}
	*at = in + (*in != '\0');
	*out = '\0';
	return !quote;
}

int split_words(char *line, char **words, int max)
{
	int nr = 0;

	for (;;) {
		line += strspn(line, BLANKS);
		if (!*line || *line == '#')
			return nr;
		if (nr == max)
			return SPLIT_MANY;
		words[nr++] = line;
		if (!take_word(&line))
			return SPLIT_QUOTE;
	}
}

int match_word(const char *given, const char *const *words)
{
	int i, found = MATCH_NONE;

	for (i = 0; words[i]; i++) {
		if (!strcmp(given, words[i]))
			return i;
		if (!*given || strncmp(given, words[i], strlen(given)))
			continue;
		found = found == MATCH_NONE ? i : MATCH_MANY;
	}
	return found;
}
