// SPDX-License-Identifier: GPL-2.0
/*
 * What faults bring a device, as functions of counts and times alone.
 */
#include <linux/minmax.h>
#include <linux/time64.h>

#include "policy.h"

#define HOUR_NS		(3600ULL * NSEC_PER_SEC)
#define FIRST_NS	((u64)NSEC_PER_SEC)
#define LONGEST_NS	(60ULL * NSEC_PER_SEC)

/*
 * The clock may have wrapped around in between. What seems to lie ahead of now was noted by
 * somebody who read the clock a moment later, and is as good as now.
 */
static u64 since(u64 then, u64 now)
{
	s64 passed = now - then;

	return passed > 0 ? passed : 0;
}

u64 nyx_policy_left(const struct nyx_policy_count *count, const struct nyx_policy *policy, u64 now)
{
	u64 windows;

	if (!policy->window)
		return count->count;
	windows = since(count->last_ns, now) / ((u64)policy->window * NSEC_PER_SEC);
	return windows < 64 ? count->count >> windows : 0;
}

void nyx_policy_fault(struct nyx_policy_count *count, const struct nyx_policy *policy, u64 now)
{
	count->count = nyx_policy_left(count, policy, now) + 1;
	count->last_ns = now;
}

static const enum nyx_policy_action actions[NYX_PLACES][2] = {
	[NYX_PLACE_BLOCKED] = { NYX_ACTION_MUTE, NYX_ACTION_MUTE },
	[NYX_PLACE_WORKING] = { NYX_ACTION_FENCE, NYX_ACTION_FENCE_DOMAIN },
	/* Elsewhere faults are counted, and that is all. */
};

enum nyx_policy_action nyx_policy_decide(const struct nyx_policy_count *count,
					 const struct nyx_policy *policy,
					 enum nyx_policy_place place, bool together)
{
	u32 threshold = policy->threshold;

	/* "Never" is about fencing; what is blocked anyway must not fill the unit's log. */
	if (!threshold && place == NYX_PLACE_BLOCKED)
		threshold = NYX_POLICY_THRESHOLD;
	if (!threshold || count->count < threshold)
		return NYX_ACTION_NONE;
	return actions[place][together];
}

/* ---- resets ---- */

void nyx_policy_retry_note(struct nyx_policy_retry *retry, u64 now)
{
	retry->tries_ns[retry->nr++ % NYX_POLICY_RETRIES_MAX] = now;
	/* So that it never wraps around: what counts is the remainder, and that it is full. */
	if (retry->nr == 2 * NYX_POLICY_RETRIES_MAX)
		retry->nr = NYX_POLICY_RETRIES_MAX;
}

static u32 within_hour(const struct nyx_policy_retry *retry, u64 now)
{
	u32 i, nr = 0;

	for (i = 0; i < min_t(u32, retry->nr, NYX_POLICY_RETRIES_MAX); i++)
		nr += since(retry->tries_ns[i], now) < HOUR_NS;
	return nr;
}

u32 nyx_policy_retries_left(const struct nyx_policy_retry *retry, u64 now)
{
	u32 nr = within_hour(retry, now);

	return retry->per_hour > nr ? retry->per_hour - nr : 0;
}

bool nyx_policy_retry_delay(const struct nyx_policy_retry *retry, u64 now, u64 *delay_ns)
{
	u32 nr = within_hour(retry, now);

	if (nr >= retry->per_hour)
		return false;
	*delay_ns = min(FIRST_NS << min(nr, 6U), LONGEST_NS);
	return true;
}
