/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of a file of rules about functions that arrive. Pure: no system call.
 */
#ifndef NYXCTL_ARRIVAL_FILE_H
#define NYXCTL_ARRIVAL_FILE_H

#include <stddef.h>

#include "libnyx.h"

#define RULE_EMPTY	1	/* a blank line or a comment */

/*
 * Read a line, which is written to:
 *	[device DEV] [id VENDOR:DEVICE] [below BRIDGE] host | hold | domain NAME
 * or "any" in place of what it is to fit. 0, RULE_EMPTY, or -1 with what is wrong in why.
 */
int parse_rule(char *line, struct nyx_arrival_rule *rule, char *why, size_t len);

#endif
