/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nyxctl check found out about a host.
 */
#ifndef NYXCTL_CHECK_H
#define NYXCTL_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum level {
	LEVEL_OK,
	LEVEL_NOTE,	/* good to know */
	LEVEL_WARN,	/* it works, with this limit */
	LEVEL_FAIL,	/* not ready */
};

struct finding {
	enum level level;
	char subject[24];
	char text[256];
	char fix[256];	/* the exact command, or line to change; "" for none */
};

struct check {
	const char *root;	/* where /proc and /sys are found, "" normally */
	bool loaded;		/* the module drives the units already */
	bool intel, amd;	/* which firmware table there is */
	struct finding *findings;
	size_t nr;
};

/* fix is "" for none. */
__attribute__((format(printf, 5, 6)))
void find(struct check *check, enum level level, const char *subject, const char *fix,
	  const char *text, ...);

/* ---- check_file.c: reading below check->root ---- */

bool file_exists(const struct check *check, const char *path);
/* The first line, without its newline; "" when it cannot be read. */
void first_line(const struct check *check, const char *path, char *buf, size_t len);
/* Call fn for each line until it returns true. */
bool each_line(const struct check *check, const char *path,
	       bool (*fn)(const char *line, void *arg), void *arg);
/* The last value of name= on a kernel command line, in value; false: not there. */
bool kernel_parameter(const char *line, const char *name, char *value, size_t len);

/* ---- the checks ---- */

void check_firmware(struct check *check);	/* check_host.c */
void check_parameters(struct check *check);
void check_owner(struct check *check);
void check_processors(struct check *check);
void check_platform(struct check *check);	/* hypervisor, lockdown, signatures */
void check_pci(struct check *check);		/* check_pci.c, where the module is not loaded */

#endif
