// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar: OBJECT COMMAND and the words after them, help at every level.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nyxctl.h"

static const struct object *const objects[] = {
	&status_object, &check_object, &unit_object, &device_object, &domain_object, &map_object,
	&irq_object, &fault_object, &why_object, &monitor_object, &audit_object, &acpi_object,
	&arrival_object, NULL
};

#define WORDS_MAX	32

/* ---- help ---- */

static void print_command_help(FILE *out, const struct object *object,
			       const struct command *command)
{
	const char *line = command->help;

	fprintf(out, "  nyxctl %s %s%s%s\n", object->name, command->name,
		*command->usage ? " " : "", command->usage);
	while (line && *line) {
		const char *end = strchr(line, '\n');

		fprintf(out, "      %.*s\n", (int)(end - line), line);
		line = end + 1;
	}
}

static void print_object_help(FILE *out, const struct object *object)
{
	const struct command *command;

	fprintf(out, "nyxctl %s: %s\n\n", object->name, object->help);
	for (command = object->commands; command->name; command++)
		print_command_help(out, object, command);
	fprintf(out, "\nDEV is 0000:03:00.0, 03:00.0 or 0x0300. Addresses and sizes are decimal or 0x hex,\n"
		"sizes also with K, M, G, T.\n");
}

void print_help(void)
{
	int i;

	printf("Usage: nyxctl [OPTIONS] OBJECT [COMMAND [ARGUMENT...]]\n"
	       "       nyxctl [OPTIONS] OBJECT [COMMAND] help\n\n"
	       "Objects (and commands) may be abbreviated:\n");
	for (i = 0; objects[i]; i++)
		printf("  %-8s %s\n", objects[i]->name, objects[i]->help);
	printf("\nOptions:\n"
	       "  -j, --json           print JSON; errors too\n"
	       "  -p, --pretty         indent the JSON\n"
	       "  -s, --statistics     more columns in tables\n"
	       "  -b, --batch FILE     run each line of FILE (- for standard input) as a command,\n"
	       "                       stop at the first that fails\n"
	       "  -f, --force          in a batch: go on; the exit status is the highest of all\n"
	       "  -V, --version        print the version\n"
	       "  -h, --help           print this\n\n"
	       "Exit status: 0 done, 1 asked for wrongly, 2 refused. Without an object: status.\n");
}

int usage_error(struct context *context, const struct args *args, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (context->json) {
		print_json(context, json_pack("{s:o}", "error",
					      error_json(context, "usage", 0, text)));
		return EXIT_USAGE;
	}
	say_error(context, text);
	if (args && args->command) {
		fprintf(stderr, "Usage:\n");
		print_command_help(stderr, args->object, args->command);
	} else if (args && args->object) {
		fprintf(stderr, "See: nyxctl %s help\n", args->object->name);
	} else {
		fprintf(stderr, "See: nyxctl help\n");
	}
	return EXIT_USAGE;
}

/* ---- words ---- */

char *next_word(struct args *args)
{
	if (!args->argc)
		return NULL;
	args->argc--;
	return *args->argv++;
}

/* The words that given may stand for, as "a, b or c". */
static const char *choices(const char *given, const char *const *words, char *buf, size_t len)
{
	size_t at = 0, left = 0, i;

	for (i = 0; words[i]; i++)
		left += !strncmp(given, words[i], strlen(given));
	buf[0] = '\0';
	for (i = 0; words[i] && at < len; i++) {
		if (strncmp(given, words[i], strlen(given)))
			continue;
		left--;
		at += snprintf(buf + at, len - at, "%s%s", words[i],
			       left > 1 ? ", " : left ? " or " : "");
	}
	return buf;
}

static int match_or_say(struct context *context, struct args *args, const char *what,
			const char *given, const char *const *words)
{
	int found = match_word(given, words);
	char list[256];

	if (found == MATCH_MANY)
		usage_error(context, args, "%s \"%s\" is ambiguous: %s", what, given,
			    choices(given, words, list, sizeof(list)));
	else if (found == MATCH_NONE)
		usage_error(context, args, "%s \"%s\" is not known: use %s", what, given,
			    choices("", words, list, sizeof(list)));
	return found;
}

int next_keyword(struct context *context, struct args *args, const struct keyword *keywords,
		 char **value)
{
	const char *names[WORDS_MAX];
	char *given = next_word(args);
	int i, found;

	if (!given)
		return ARGS_END;
	for (i = 0; keywords[i].name; i++)
		names[i] = keywords[i].name;
	names[i] = NULL;
	if (!i) {
		usage_error(context, args, "unexpected word \"%s\"", given);
		return ARGS_BAD;
	}
	found = match_or_say(context, args, "word", given + strspn(given, "-"), names);
	if (found < 0)
		return ARGS_BAD;
	if (keywords[found].takes_value) {
		*value = next_word(args);
		if (!*value) {
			usage_error(context, args, "\"%s\" needs a value", keywords[found].name);
			return ARGS_BAD;
		}
	}
	return found;
}

bool need_word(struct context *context, struct args *args, const char *what, char **word)
{
	*word = next_word(args);
	if (!*word)
		usage_error(context, args, "%s is missing", what);
	return *word;
}

bool need_device(struct context *context, struct args *args, nyx_device_id *device)
{
	char *word;

	if (!need_word(context, args, "the device", &word))
		return false;
	if (parse_device(word, device))
		return true;
	usage_error(context, args,
		    "\"%s\" is not a device: write 0000:03:00.0, 03:00.0 or 0x0300", word);
	return false;
}

bool need_number(struct context *context, struct args *args, const char *what, uint64_t *number)
{
	char *word;

	if (!need_word(context, args, what, &word))
		return false;
	if (parse_size(word, number))
		return true;
	usage_error(context, args,
		    "%s \"%s\" is not a number: write decimal, 0x hex, or with K, M, G", what, word);
	return false;
}

bool no_more_words(struct context *context, struct args *args)
{
	char *word = next_word(args);

	if (word)
		usage_error(context, args, "unexpected word \"%s\"", word);
	return !word;
}

int begin(struct context *context, struct args *args)
{
	if (!no_more_words(context, args))
		return EXIT_USAGE;
	return connect_kernel(context) ? EXIT_DONE : EXIT_REFUSED;
}

int begin_device(struct context *context, struct args *args, nyx_device_id *device)
{
	return need_device(context, args, device) ? begin(context, args) : EXIT_USAGE;
}

/* ---- running ---- */

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "-h") || !strcmp(word, "--help");
}

static const struct object *pick_object(struct context *context, const char *given)
{
	const char *names[WORDS_MAX];
	int i, found;

	for (i = 0; objects[i]; i++)
		names[i] = objects[i]->name;
	names[i] = NULL;
	found = match_or_say(context, NULL, "object", given, names);
	return found < 0 ? NULL : objects[found];
}

static const struct command *pick_command(struct context *context, struct args *args,
					  char *given)
{
	const char *names[WORDS_MAX];
	int i, found;

	for (i = 0; args->object->commands[i].name; i++)
		names[i] = args->object->commands[i].name;
	names[i] = NULL;
	/* The words behind may come at once: these commands say little more than the object. */
	if ((args->object == &monitor_object || args->object == &why_object) &&
	    match_word(given, names) == MATCH_NONE) {
		args->argv--;
		args->argc++;
		return args->object->commands;
	}
	found = match_or_say(context, args, "command", given, names);
	return found < 0 ? NULL : &args->object->commands[found];
}

int run_line(struct context *context, int argc, char **argv)
{
	struct args args = { argc, argv, NULL, NULL };
	char *word = next_word(&args);

	if (word && is_help(word)) {
		print_help();
		return EXIT_DONE;
	}
	args.object = word ? pick_object(context, word) : &status_object;
	if (!args.object)
		return EXIT_USAGE;
	word = next_word(&args);
	if (word && is_help(word)) {
		print_object_help(stdout, args.object);
		return EXIT_DONE;
	}
	if (word) {
		const struct command *command = pick_command(context, &args, word);

		if (!command)
			return EXIT_USAGE;
		args.command = command;
	} else {
		args.command = args.object->commands;
	}
	if (args.argc && is_help(args.argv[0])) {
		print_command_help(stdout, args.object, args.command);
		return EXIT_DONE;
	}
	return args.command->run(context, &args);
}
