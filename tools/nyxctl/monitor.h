/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nyxctl monitor's files share.
 */
#ifndef NYXCTL_MONITOR_H
#define NYXCTL_MONITOR_H

#include <signal.h>

#include "nyxctl.h"

/* As last shown, or as it was when this began: what a resync compares with. */
struct known {
	struct nyx_device *devices;
	struct nyx_domain *domains;
	struct nyx_unit *units;
	size_t nr_devices, nr_domains, nr_units;
};

enum group { FAULTS, STATES, GROUPS };

struct monitor {
	struct context *context;
	struct nyx_events *events;
	bool listens[GROUPS];
	uint64_t count, seconds, buffer;	/* 0: no limit; the default */
	int64_t end;		/* of seconds, by the monotonic clock, in milliseconds */
	const char *exec;
	uint64_t last[GROUPS];	/* number of the last event, seen or known to be missed */
	bool seen[GROUPS];	/* one at least */
	bool missed;		/* some: what is known may be old */
	struct known known;
	uint64_t shown;
	sigset_t waiting;	/* signals blocked while waiting: none of those that end it */
};

/* ---- monitor.c ---- */

extern volatile sig_atomic_t monitor_stopped;

/* Show it, have the command run; again: it was found by looking. 0 or a negative errno. */
int monitor_show(struct monitor *monitor, const struct nyx_event *event, bool again);
bool monitor_done(const struct monitor *monitor);

/* ---- resync.c: both return 0, or a negative errno of libnyx's ---- */

/* Learn what there is. */
int known_read(struct nyx *nyx, struct known *known);
void known_free(struct known *known);
/* Keep up with an event. */
void known_update(struct known *known, const struct nyx_event *event);
/* Show what has changed since. */
int known_compare(struct monitor *monitor);

#endif
