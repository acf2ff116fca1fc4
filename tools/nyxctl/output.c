// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What nyxctl prints: refusals, tables and JSON, from one definition each.
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nyxctl.h"

#define CELL	1024

/* ---- refusals ---- */

void make_plain(char *text, bool all)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || (all && *text & 0x80))
			*text = '?';
}

json_t *error_json(const struct context *context, const char *kind, int err, const char *text)
{
	json_t *error = json_pack("{s:s, s:s}", "kind", kind, "message", text);
	char plain[1024];

	/* What somebody has typed need not be UTF-8. */
	if (!error) {
		snprintf(plain, sizeof(plain), "%s", text);
		make_plain(plain, true);
		error = json_pack("{s:s, s:s}", "kind", kind, "message", plain);
	}
	if (err) {
		const char *name = strerrorname_np(-err);

		json_object_set_new(error, "errno", json_string(name ? name : "?"));
		json_object_set_new(error, "code", json_integer(-err));
	}
	if (context->batch) {
		json_object_set_new(error, "file", json_string(context->batch));
		json_object_set_new(error, "line", json_integer(context->line));
	}
	return error;
}

void say_error(const struct context *context, const char *text)
{
	if (context->batch)
		fprintf(stderr, "nyxctl: %s:%u: %s\n", context->batch, context->line, text);
	else
		fprintf(stderr, "nyxctl: %s\n", text);
}

int refuse(struct context *context, int err, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (context->json)
		print_json(context, json_pack("{s:o}", "error",
					      error_json(context, "refused", err, text)));
	else
		say_error(context, text);
	return EXIT_REFUSED;
}

int refuse_nyx(struct context *context, int err)
{
	return refuse(context, err, "%s", nyx_error(context->nyx));
}

bool connect_kernel(struct context *context)
{
	int err;

	if (context->nyx)
		return true;
	err = nyx_open(&context->nyx);
	if (!err)
		return true;
	refuse_nyx(context, err);
	nyx_close(context->nyx);
	context->nyx = NULL;
	return false;
}

bool find_domain(struct context *context, const char *word, struct nyx_domain *domain)
{
	uint64_t id;
	int err;

	if (!connect_kernel(context))
		return false;
	if (!parse_number(word, &id))
		err = nyx_domain_find(context->nyx, word, domain);
	else if (!id || id > NYX_IOMMU_DOMAIN_ID_MAX)
		return refuse(context, -ENOENT, "no domain %s: ids go from 1 to %d", word,
			      NYX_IOMMU_DOMAIN_ID_MAX), false;
	else
		err = nyx_domain_get(context->nyx, id, domain);
	if (err)
		refuse_nyx(context, err);
	return !err;
}

void say(const struct context *context, const char *format, ...)
{
	va_list args;

	if (context->json)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ---- JSON ---- */

void print_json(const struct context *context, json_t *value)
{
	json_dumpf(value, stdout, context->pretty ? JSON_INDENT(2) : JSON_COMPACT);
	putchar('\n');
	json_decref(value);
}

json_t *hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

json_t *hex_list(const uint64_t *words, uint32_t nr)
{
	json_t *list = nr ? json_array() : NULL;
	uint32_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(list, hex(words[i]));
	return list;
}

json_t *bit_words(const char *const *words, uint32_t bits)
{
	json_t *list = json_array();
	int bit;

	for (bit = 0; words[bit]; bit++)
		if (bits & 1U << bit)
			json_array_append_new(list, json_string(words[bit]));
	return list;
}

json_t *device_json(nyx_device_id id)
{
	char name[DEVICE_NAME];

	return json_string(format_device(id, name));
}

json_t *row_object(const struct column *columns, const void *row)
{
	json_t *object = json_object();

	for (; columns->key; columns++) {
		json_t *value = columns->get(row);

		if (value)
			json_object_set_new(object, columns->key, value);
	}
	return object;
}

json_t *row_list(const struct column *columns, const void *rows, size_t size, size_t nr)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(list, row_object(columns, (const char *)rows + i * size));
	return list;
}

/* ---- times ---- */

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void format_time(uint64_t ns, char *out, size_t len)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	size_t at;

	if (!ns || !localtime_r(&seconds, &tm)) {
		snprintf(out, len, "never");
		return;
	}
	at = strftime(out, len, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + at, len - at, ".%03u", (unsigned int)(ns / 1000000 % 1000));
}

/* ---- cells ---- */

/* A value as text. Objects inside lists are shown as their values, joined. */
static void cell_text(const json_t *value, enum format format, char *out, size_t len)
{
	const char *key;
	json_t *inner;
	size_t i, at = 0;

	out[0] = '\0';
	switch (json_typeof(value)) {
	case JSON_STRING:
		snprintf(out, len, "%s", json_string_value(value));
		break;
	case JSON_INTEGER:
		if (format == FORMAT_SIZE)
			format_size(json_integer_value(value), out, len);
		else if (format == FORMAT_TIME)
			format_time(json_integer_value(value), out, len);
		else
			snprintf(out, len, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(out, len, "%s", json_is_true(value) ? "yes" : "no");
		break;
	case JSON_ARRAY:
		json_array_foreach(value, i, inner) {
			char one[CELL];

			cell_text(inner, format, one, sizeof(one));
			if (at < len)
				at += snprintf(out + at, len - at, "%s%s", i ? ", " : "", one);
		}
		break;
	case JSON_OBJECT:
		json_object_foreach((json_t *)value, key, inner) {
			char one[CELL];

			cell_text(inner, format, one, sizeof(one));
			if (at < len)
				at += snprintf(out + at, len - at, "%s%s %s", at ? " " : "", key, one);
		}
		break;
	default:
		break;
	}
}

/* ---- tables ---- */

static bool in_table(const struct context *context, const struct column *column)
{
	if (column->flags & (SHOW_DETAIL | JSON_ONLY))
		return false;
	return !(column->flags & SHOW_STATS) || context->stats;
}

static void print_table(const struct context *context, const struct column *columns,
			const void *rows, size_t size, size_t nr)
{
	struct libscols_table *table = scols_new_table();
	const struct column *column;
	char text[CELL];
	size_t i;

	if (!table)
		return;
	scols_table_enable_noheadings(table, 0);
	if (!isatty(STDOUT_FILENO))
		scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	for (column = columns; column->key; column++)
		if (in_table(context, column))
			scols_table_new_column(table, column->title, 0,
					       column->format == FORMAT_NUMBER ||
					       column->format == FORMAT_SIZE ?
					       SCOLS_FL_RIGHT : 0);
	for (i = 0; i < nr; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		size_t at = 0;

		for (column = columns; line && column->key; column++) {
			json_t *value;

			if (!in_table(context, column))
				continue;
			value = column->get((const char *)rows + i * size);
			text[0] = '\0';
			if (value)
				cell_text(value, column->format, text, sizeof(text));
			json_decref(value);
			if (!text[0])
				strcpy(text, "-");
			scols_line_set_data(line, at++, text);
		}
	}
	fflush(stdout);
	scols_print_table(table);
	scols_unref_table(table);
}

void show_rows(const struct context *context, const char *name, const struct column *columns,
	       const void *rows, size_t size, size_t nr, bool interrupted)
{
	if (context->json) {
		json_t *list = row_list(columns, rows, size, nr);

		print_json(context, interrupted ?
			   json_pack("{s:o, s:b}", name, list, "interrupted", 1) :
			   json_pack("{s:o}", name, list));
		return;
	}
	if (nr)
		print_table(context, columns, rows, size, nr);
	else
		printf("no %s\n", name);
	if (interrupted)
		fprintf(stderr, "nyxctl: the list kept changing while it was read; it may be incomplete\n");
}

void show_list(const struct context *context, const char *name, const struct column *columns,
	       const void *rows, size_t size, size_t nr)
{
	show_rows(context, name, columns, rows, size, nr,
		  context->nyx && nyx_interrupted(context->nyx));
}

void show_one(const struct context *context, const char *name, const struct column *columns,
	      const void *row)
{
	const struct column *column;
	char text[CELL];

	if (context->json) {
		show_list(context, name, columns, row, 0, 1);
		return;
	}
	for (column = columns; column->key; column++) {
		json_t *value = column->flags & JSON_ONLY ? NULL : column->get(row);
		json_t *inner;
		size_t i;

		if (!value)
			continue;
		if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
			printf("%s:\n", column->title);
			json_array_foreach(value, i, inner) {
				cell_text(inner, column->format, text, sizeof(text));
				printf("    %s\n", text);
			}
		} else {
			cell_text(value, column->format, text, sizeof(text));
			printf("%-20s %s\n", column->title, text[0] ? text : "none");
		}
		json_decref(value);
	}
}
