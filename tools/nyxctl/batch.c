// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl -b FILE: one command a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nyxctl.h"

#define BATCH_WORDS	64

/* Does the line go on in the next one? Then without its backslash. */
static bool goes_on(char *line)
{
	size_t length = strcspn(line, "\r\n");
	size_t backslashes = 0;

	while (backslashes < length && line[length - 1 - backslashes] == '\\')
		backslashes++;
	if (!(backslashes % 2))
		return false;
	line[length - 1] = '\0';
	return true;
}

/*
 * The next command, which may be of several lines: *line, and in context->line the number
 * of its first one. *read counts lines. 0, 1 at the end of the file, or a negative errno.
 */
static int next_command(struct context *context, FILE *file, char **line, unsigned int *read)
{
	char *more = NULL, *longer;
	size_t room = 0, length = 0;
	bool open = true;
	int err = 0;

	free(*line);
	*line = NULL;
	context->line = *read + 1;
	while (open && !err && getline(&more, &room, file) >= 0) {
		(*read)++;
		open = goes_on(more);
		longer = realloc(*line, length + strlen(more) + 1);
		if (!longer) {
			err = -ENOMEM;
			break;
		}
		*line = longer;
		strcpy(*line + length, more);
		length += strlen(more);
	}
	free(more);
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	return err ? err : !*line;
}

static int run_command(struct context *context, char *line)
{
	char *words[BATCH_WORDS];
	int nr = split_words(line, words, BATCH_WORDS);

	if (nr == SPLIT_QUOTE)
		return usage_error(context, NULL, "a quote without end");
	if (nr == SPLIT_MANY)
		return usage_error(context, NULL, "more than %d words", BATCH_WORDS);
	return nr ? run_line(context, nr, words) : EXIT_DONE;
}

int run_batch(struct context *context, const char *path, bool force)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int status = EXIT_DONE, worst = EXIT_DONE, err = 0;
	unsigned int read = 0;
	char *line = NULL;

	if (!file)
		return refuse(context, -errno, "batch file %s: %s", path, strerror(errno));
	context->batch = file == stdin ? "stdin" : path;
	while ((status == EXIT_DONE || force) &&
	       !(err = next_command(context, file, &line, &read))) {
		status = run_command(context, line);
		if (status > worst)
			worst = status;
		/* In order with what goes to standard error. */
		fflush(stdout);
	}
	context->batch = NULL;
	if ((status == EXIT_DONE || force) && err < 0)
		worst = refuse(context, err, "batch file %s: %s", path, strerror(-err));
	free(line);
	if (file != stdin)
		fclose(file);
	return worst;
}
