/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event in words and in JSON, for nyxctl monitor.
 */
#ifndef NYXCTL_EVENT_H
#define NYXCTL_EVENT_H

#include <jansson.h>

#include "libnyx.h"

#define EVENT_LINE	512

/* All that it tells; NULL for a kind that is not known here. */
json_t *event_json(const struct nyx_event *event);
/* On one line, without its time. */
void event_line(const struct nyx_event *event, char *line, size_t len);
/* When, nanoseconds since 1970: a fault's is that of its record. */
uint64_t event_time(const struct nyx_event *event);

/*
 * The names of environment variables that tell a command of an event: NYX_ and a key of its
 * JSON. NULL-ended.
 */
extern const char *const event_variables[];

#endif
