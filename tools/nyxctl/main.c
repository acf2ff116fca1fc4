// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl: options, then one command or a batch of them.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nyxctl.h"

#define BATCH_WORDS	64

/* Split a line into words at blanks; "..." keeps blanks; # begins a comment. */
static int split_line(char *line, char *words[BATCH_WORDS])
{
	int nr = 0;

	for (;;) {
		char *end;

		line += strspn(line, " \t\r\n");
		if (!*line || *line == '#')
			return nr;
		if (nr == BATCH_WORDS)
			return -1;
		if (*line == '"') {
			words[nr++] = ++line;
			end = strchr(line, '"');
			if (!end)
				return -1;
		} else {
			words[nr++] = line;
			end = line + strcspn(line, " \t\r\n");
		}
		line = *end ? end + 1 : end;
		*end = '\0';
	}
}

static int run_batch(struct context *context, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int status = EXIT_DONE, number = 0;
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return refuse(context, -errno, "batch file %s: %s", path, strerror(errno));
	while (status == EXIT_DONE && getline(&line, &room, file) >= 0) {
		char *words[BATCH_WORDS];
		int nr = split_line(line, words);

		number++;
		if (nr < 0)
			status = usage_error(context, NULL, "too many words, or a quote without end");
		else if (nr)
			status = run_line(context, nr, words);
		fflush(stdout);
		if (status != EXIT_DONE && !context->json)
			fprintf(stderr, "nyxctl: stopped at line %d of %s\n", number, path);
	}
	free(line);
	if (file != stdin)
		fclose(file);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },
		{ "statistics", no_argument, NULL, 's' },
		{ "batch", required_argument, NULL, 'b' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct context context = { 0 };
	const char *batch = NULL;
	int c, status;

	setlocale(LC_ALL, "");
	/* + : options stand before the object. */
	while ((c = getopt_long(argc, argv, "+jpsb:Vh", options, NULL)) >= 0) {
		switch (c) {
		case 'j':
			context.json = true;
			break;
		case 'p':
			context.json = true;
			context.pretty = true;
			break;
		case 's':
			context.stats = true;
			break;
		case 'b':
			batch = optarg;
			break;
		case 'V':
			printf("nyxctl %s\n", NYXCTL_VERSION);
			return EXIT_DONE;
		case 'h':
			print_help();
			return EXIT_DONE;
		default:
			fprintf(stderr, "See: nyxctl help\n");
			return EXIT_USAGE;
		}
	}
	if (batch && optind < argc)
		status = usage_error(&context, NULL, "a batch file and a command: give one of them");
	else if (batch)
		status = run_batch(&context, batch);
	else
		status = run_line(&context, argc - optind, argv + optind);
	nyx_close(context.nyx);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "nyxctl: the output cannot be written: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	return status;
}
