// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl check: reading the host's own descriptions of itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define PATH_LEN	512

static FILE *open_file(const struct check *check, const char *path)
{
	char full[PATH_LEN];

	snprintf(full, sizeof(full), "%s%s", check->root, path);
	return fopen(full, "re");
}

bool file_exists(const struct check *check, const char *path)
{
	char full[PATH_LEN];

	snprintf(full, sizeof(full), "%s%s", check->root, path);
	return !access(full, F_OK);
}

void first_line(const struct check *check, const char *path, char *buf, size_t len)
{
	FILE *file = open_file(check, path);

	if (!file || !fgets(buf, len, file))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (file)
		fclose(file);
}

bool each_line(const struct check *check, const char *path,
	       bool (*fn)(const char *line, void *arg), void *arg)
{
	FILE *file = open_file(check, path);
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return false;
	while (!found && getline(&line, &room, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		found = fn(line, arg);
	}
	free(line);
	fclose(file);
	return found;
}

bool kernel_parameter(const char *line, const char *name, char *value, size_t len)
{
	size_t length = strlen(name);
	bool found = false;

	while (*line) {
		size_t word;

		line += strspn(line, " \t");
		word = strcspn(line, " \t");
		if (word > length && !strncmp(line, name, length) && line[length] == '=') {
			snprintf(value, len, "%.*s", (int)(word - length - 1), line + length + 1);
			found = true;
		}
		line += word;
	}
	return found;
}
