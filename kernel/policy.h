/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What faults bring a device: a count that decays, a threshold, and what reaching it means
 * for a device in its place; then how often, and when, a fenced one is reset by itself.
 *
 * Pure: it knows no device, takes no lock and reads no clock. Times are nanoseconds of a
 * clock that goes on, may wrap around and starts anywhere.
 */
#ifndef NYX_POLICY_H
#define NYX_POLICY_H

#include <linux/types.h>

#define NYX_POLICY_THRESHOLD		10	/* defaults */
#define NYX_POLICY_WINDOW		3600
#define NYX_POLICY_THRESHOLD_MAX	1000000
#define NYX_POLICY_WINDOW_MAX		2592000	/* 30 days */
#define NYX_POLICY_RETRIES_MAX		60	/* an hour */

struct nyx_policy {
	u32 threshold;		/* counted faults until it is fenced; 0: never */
	u32 window;		/* seconds; for each one without a fault the count halves; 0: never */
};

struct nyx_policy_count {
	u64 count;		/* as of the last fault */
	u64 last_ns;		/* when that was */
};

/* Where a device stands when its faults are looked at. */
enum nyx_policy_place {
	NYX_PLACE_HOST,		/* a driver of the host's has it */
	NYX_PLACE_BLOCKED,	/* reaches nothing, and what it tries is recorded */
	NYX_PLACE_MUTED,	/* ... and is not */
	NYX_PLACE_WORKING,	/* in a domain */
	NYX_PLACE_FENCED,
	NYX_PLACE_GONE,
	NYX_PLACES
};

enum nyx_policy_action {
	NYX_ACTION_NONE,
	NYX_ACTION_MUTE,	/* no longer record its faults */
	NYX_ACTION_FENCE,	/* it alone */
	NYX_ACTION_FENCE_DOMAIN,	/* with those that trust it */
};

/* One fault more. */
void nyx_policy_fault(struct nyx_policy_count *count, const struct nyx_policy *policy, u64 now);
/* What is left of the count by now. */
u64 nyx_policy_left(const struct nyx_policy_count *count, const struct nyx_policy *policy, u64 now);
/*
 * What is due to the device as of its last fault, so that neither a job that comes late nor a
 * threshold that was lowered since decides. together: its domain is fenced as one.
 */
enum nyx_policy_action nyx_policy_decide(const struct nyx_policy_count *count,
					 const struct nyx_policy *policy,
					 enum nyx_policy_place place, bool together);

/* Resets of a fenced device by itself. */
struct nyx_policy_retry {
	u32 per_hour;		/* 0: none */
	u32 nr;			/* so far; the newest is at (nr - 1) % NYX_POLICY_RETRIES_MAX */
	u64 tries_ns[NYX_POLICY_RETRIES_MAX];
};

/* A try begins. */
void nyx_policy_retry_note(struct nyx_policy_retry *retry, u64 now);
/* How many more there may be within the hour that ends now. */
u32 nyx_policy_retries_left(const struct nyx_policy_retry *retry, u64 now);
/*
 * How long to wait for the next one: a second, and twice as long for each that was within the
 * hour, up to a minute. False: there is none, it stays fenced.
 */
bool nyx_policy_retry_delay(const struct nyx_policy_retry *retry, u64 now, u64 *delay_ns);

#endif
