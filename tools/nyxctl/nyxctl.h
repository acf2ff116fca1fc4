/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nyxctl's files share: the context of a command, its words, its output.
 *
 * A command returns EXIT_DONE, EXIT_USAGE or EXIT_REFUSED, and has then said why.
 */
#ifndef NYXCTL_H
#define NYXCTL_H

#include <jansson.h>

#include "libnyx.h"
#include "parse.h"

enum {
	EXIT_DONE,
	EXIT_USAGE,	/* it was asked for wrongly; nothing was tried */
	EXIT_REFUSED,	/* the kernel, or the state of this host, says no */
};

struct context {
	bool json, pretty, stats;
	struct nyx *nyx;	/* see connect_kernel() */
	const char *batch;	/* the batch file that is run, for messages; NULL: none */
	unsigned int line;	/* of it */
};

/* ---- objects and their commands ---- */

struct args {
	int argc;		/* words left */
	char **argv;
	const struct object *object;
	const struct command *command;
};

struct command {
	const char *name;
	const char *usage;	/* what follows the name, "" for nothing */
	const char *help;	/* lines, each ending in \n */
	int (*run)(struct context *context, struct args *args);
};

struct object {
	const char *name;
	const char *help;	/* one line */
	const struct command *commands;	/* the first runs when none is named; ends with .name NULL */
};

extern const struct object status_object, check_object, unit_object, device_object,
			   domain_object, map_object, irq_object, fault_object,
			   monitor_object, audit_object, acpi_object, arrival_object,
			   why_object;

/* ---- cli.c: reading words ---- */

/* The next word, or NULL. */
char *next_word(struct args *args);
/*
 * The next word as one of keywords (NULL-ended; abbreviations and leading
 * dashes are fine): its index. *value is the word after it where takes[index]
 * is true. ARGS_END, or ARGS_BAD after having said what is wrong.
 */
#define ARGS_END	-1
#define ARGS_BAD	-2
struct keyword {
	const char *name;
	bool takes_value;
};
int next_keyword(struct context *context, struct args *args, const struct keyword *keywords,
		 char **value);
/* Say what is wrong with how it was asked, and how to ask. Returns EXIT_USAGE. */
__attribute__((format(printf, 3, 4)))
int usage_error(struct context *context, const struct args *args, const char *format, ...);
/* A required word is there, or usage_error(). */
bool need_word(struct context *context, struct args *args, const char *what, char **word);
bool need_device(struct context *context, struct args *args, nyx_device_id *device);
bool need_number(struct context *context, struct args *args, const char *what, uint64_t *number);
bool no_more_words(struct context *context, struct args *args);
/*
 * How most commands begin: no word is left, and the kernel is connected to. EXIT_DONE, or what
 * the command returns then.
 */
int begin(struct context *context, struct args *args);
/* The same, where one word is left, the device. */
int begin_device(struct context *context, struct args *args, nyx_device_id *device);
int run_line(struct context *context, int argc, char **argv);
void print_help(void);
/* batch.c: run the commands in the file, - for standard input; with force all of them. */
int run_batch(struct context *context, const char *path, bool force);

/* ---- output.c: refusals, tables and JSON ---- */

/* Connect once. False: refused, and said so. */
bool connect_kernel(struct context *context);
/* Say that something else than the kernel's family refused. err: negative errno or 0. */
__attribute__((format(printf, 3, 4)))
int refuse(struct context *context, int err, const char *format, ...);
/* The two halves of refuse(), for who prints something else with it. err as there. */
json_t *error_json(const struct context *context, const char *kind, int err, const char *text);
void say_error(const struct context *context, const char *text);
/* No control characters are left in it; all: nothing but ASCII. */
void make_plain(char *text, bool all);
/* Say why libnyx's last call failed. */
int refuse_nyx(struct context *context, int err);
/* One line about what was done; nothing in JSON mode. */
__attribute__((format(printf, 2, 3)))
void say(const struct context *context, const char *format, ...);
/* Print and free. */
void print_json(const struct context *context, json_t *value);
/* The domain that the word names, by id or name. False: refused. */
bool find_domain(struct context *context, const char *word, struct nyx_domain *domain);

enum format {
	FORMAT_TEXT,		/* as it is */
	FORMAT_NUMBER,		/* right-aligned */
	FORMAT_SIZE,		/* bytes, shown as 2M */
	FORMAT_TIME,		/* nanoseconds since 1970 */
};

#define SHOW_STATS	1	/* in tables only with -s */
#define SHOW_DETAIL	2	/* not in lists */
#define JSON_ONLY	4

/*
 * One definition per object makes its table, its detailed view and its JSON.
 * get returns NULL where the object has no such value.
 */
struct column {
	const char *key;
	const char *title;
	enum format format;
	int flags;
	json_t *(*get)(const void *row);
};

/* A list under the key name; ends with .key NULL. Says so when there are none. */
void show_list(const struct context *context, const char *name, const struct column *columns,
	       const void *rows, size_t size, size_t nr);
/* For rows that the last call has not listed: interrupted is what nyx_interrupted() said then. */
void show_rows(const struct context *context, const char *name, const struct column *columns,
	       const void *rows, size_t size, size_t nr, bool interrupted);
/* One of them, in full. In JSON a list of one. */
void show_one(const struct context *context, const char *name, const struct column *columns,
	      const void *row);

/* Nanoseconds since 1970, and milliseconds by the monotonic clock. */
uint64_t now_ns(void);
int64_t now_ms(void);
/* Nanoseconds since 1970 as local time, or "never". */
void format_time(uint64_t ns, char *out, size_t len);
/* The JSON of one of them, and of nr. */
json_t *row_object(const struct column *columns, const void *row);
json_t *row_list(const struct column *columns, const void *rows, size_t size, size_t nr);
json_t *hex(uint64_t value);
/* NULL for none. */
json_t *hex_list(const uint64_t *words, uint32_t nr);
/* The words of the bits that are set. */
json_t *bit_words(const char *const *words, uint32_t bits);
/* Its name. */
json_t *device_json(nyx_device_id id);
/*
 * Definitions of the getters that only read a field: of any row, or where another field, which
 * may be the same, is not 0.
 */
#define GETTER(type, field, value)						\
	static json_t *get_##field(const void *row)				\
	{									\
		const struct type *r = row;					\
										\
		return value;							\
	}
#define GET_NUMBER(type, field)		GETTER(type, field, json_integer(r->field))
#define GET_NUMBER_IF(type, field, has)						\
	GETTER(type, field, r->has ? json_integer(r->field) : NULL)
#define GET_HEX(type, field)		GETTER(type, field, hex(r->field))
#define GET_HEX_IF(type, field, has)	GETTER(type, field, r->has ? hex(r->field) : NULL)
#define GET_DEVICE(type, field)		GETTER(type, field, device_json(r->field))
#define GET_DEVICE_IF(type, field, has)						\
	GETTER(type, field, r->has ? device_json(r->field) : NULL)
#define GET_BOOL(type, field)		GETTER(type, field, json_boolean(r->field))
#define GET_TEXT(type, field)							\
	GETTER(type, field, r->field[0] ? json_string(r->field) : NULL)
#define GET_WORD(type, field, words)						\
	GETTER(type, field, json_string(word(words, r->field)))

#endif
