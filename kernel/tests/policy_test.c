// SPDX-License-Identifier: GPL-2.0
/*
 * The fault policy, over all of its transitions, with a clock that the tests set.
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "../policy.h"

#define S	((u64)NSEC_PER_SEC)
#define HOUR	(3600 * S)

static const struct {
	enum nyx_policy_place place;
	bool together;
	u32 threshold;
	u64 count;
	enum nyx_policy_action action;
} decisions[] = {
	/* The edge, where it matters. */
	{ NYX_PLACE_WORKING, false, 10, 0, NYX_ACTION_NONE },
	{ NYX_PLACE_WORKING, false, 10, 9, NYX_ACTION_NONE },
	{ NYX_PLACE_WORKING, false, 10, 10, NYX_ACTION_FENCE },
	{ NYX_PLACE_WORKING, false, 10, 11, NYX_ACTION_FENCE },
	{ NYX_PLACE_WORKING, false, 1, 0, NYX_ACTION_NONE },
	{ NYX_PLACE_WORKING, false, 1, 1, NYX_ACTION_FENCE },
	{ NYX_PLACE_WORKING, false, NYX_POLICY_THRESHOLD_MAX, NYX_POLICY_THRESHOLD_MAX - 1,
	  NYX_ACTION_NONE },
	{ NYX_PLACE_WORKING, false, NYX_POLICY_THRESHOLD_MAX, NYX_POLICY_THRESHOLD_MAX,
	  NYX_ACTION_FENCE },
	{ NYX_PLACE_WORKING, false, NYX_POLICY_THRESHOLD_MAX, U64_MAX, NYX_ACTION_FENCE },
	{ NYX_PLACE_WORKING, true, 10, 9, NYX_ACTION_NONE },
	{ NYX_PLACE_WORKING, true, 10, 10, NYX_ACTION_FENCE_DOMAIN },
	{ NYX_PLACE_BLOCKED, false, 10, 9, NYX_ACTION_NONE },
	{ NYX_PLACE_BLOCKED, false, 10, 10, NYX_ACTION_MUTE },
	{ NYX_PLACE_BLOCKED, true, 10, 10, NYX_ACTION_MUTE },
	/* Never is never, but for what is blocked anyway. */
	{ NYX_PLACE_WORKING, false, 0, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_WORKING, true, 0, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_BLOCKED, false, 0, NYX_POLICY_THRESHOLD - 1, NYX_ACTION_NONE },
	{ NYX_PLACE_BLOCKED, false, 0, NYX_POLICY_THRESHOLD, NYX_ACTION_MUTE },
	/* Nothing is to be done elsewhere, however many. */
	{ NYX_PLACE_HOST, false, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_HOST, true, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_HOST, false, 0, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_MUTED, false, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_MUTED, true, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_MUTED, false, 0, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_FENCED, false, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_FENCED, true, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_FENCED, false, 0, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_GONE, false, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_GONE, true, 1, U64_MAX, NYX_ACTION_NONE },
	{ NYX_PLACE_GONE, false, 0, U64_MAX, NYX_ACTION_NONE },
};

static void decided(struct kunit *test)
{
	u32 seen = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(decisions); i++) {
		const struct nyx_policy policy = { .threshold = decisions[i].threshold };
		const struct nyx_policy_count count = { .count = decisions[i].count };

		KUNIT_EXPECT_EQ_MSG(test, nyx_policy_decide(&count, &policy, decisions[i].place,
							    decisions[i].together),
				    decisions[i].action, "row %d", i);
		seen |= 1 << decisions[i].place;
	}
	KUNIT_EXPECT_EQ(test, seen, (1 << NYX_PLACES) - 1);
}

/* last: where the clock stood; passed: since then. */
static const struct {
	u32 window;
	u64 count, last, passed, left;
} decays[] = {
	{ 10, 8, 0, 0, 8 },
	{ 10, 8, 0, 10 * S - 1, 8 },
	{ 10, 8, 0, 10 * S, 4 },
	{ 10, 8, 0, 20 * S - 1, 4 },
	{ 10, 8, 0, 20 * S, 2 },
	{ 10, 8, 0, 40 * S - 1, 1 },
	{ 10, 8, 0, 40 * S, 0 },
	/* Rounded down, so that a single one goes. */
	{ 10, 9, 0, 10 * S, 4 },
	{ 10, 1, 0, 10 * S, 0 },
	{ 10, 0, 0, 10 * S, 0 },
	/* As many windows as the count has bits, and more. */
	{ 1, U64_MAX, 5, 63 * S, 1 },
	{ 1, U64_MAX, 5, 64 * S, 0 },
	{ 1, U64_MAX, 5, 65 * S, 0 },
	{ 1, U64_MAX, 5, 128 * S, 0 },
	{ 1, U64_MAX, 5, S64_MAX, 0 },
	/* Never. */
	{ 0, 8, 0, 0, 8 },
	{ 0, 8, 0, S64_MAX, 8 },
	/* The longest. */
	{ NYX_POLICY_WINDOW_MAX, 8, 7, NYX_POLICY_WINDOW_MAX * S - 1, 8 },
	{ NYX_POLICY_WINDOW_MAX, 8, 7, NYX_POLICY_WINDOW_MAX * S, 4 },
	{ U32_MAX, 8, 7, U32_MAX * S - 1, 8 },
	{ U32_MAX, 8, 7, U32_MAX * S, 4 },
	/* The clock wraps around. */
	{ 10, 8, U64_MAX - 3 * S, 10 * S - 1, 8 },
	{ 10, 8, U64_MAX - 3 * S, 10 * S, 4 },
	{ 10, 8, U64_MAX, 1, 8 },
	{ 10, 8, U64_MAX, 10 * S, 4 },
	/* It was read a moment later by another. */
	{ 10, 8, 100 * S, -1ULL, 8 },
	{ 10, 8, 100 * S, -20 * S, 8 },
	{ 10, 8, 5 * S, -10 * S, 8 },
};

static void decayed(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(decays); i++) {
		const struct nyx_policy policy = { .threshold = 3, .window = decays[i].window };
		struct nyx_policy_count count = {
			.count = decays[i].count, .last_ns = decays[i].last };
		u64 now = decays[i].last + decays[i].passed;

		KUNIT_EXPECT_EQ_MSG(test, nyx_policy_left(&count, &policy, now), decays[i].left,
				    "row %d", i);
		/* Looking changes nothing. */
		KUNIT_EXPECT_EQ_MSG(test, count.count, decays[i].count, "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, count.last_ns, decays[i].last, "row %d", i);
		if (decays[i].left == U64_MAX)
			continue;
		nyx_policy_fault(&count, &policy, now);
		KUNIT_EXPECT_EQ_MSG(test, count.count, decays[i].left + 1, "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, count.last_ns, now, "row %d", i);
	}
}

/* nr faults, each apart from the one before; what the last of them brings. */
static enum nyx_policy_action run(const struct nyx_policy *policy, u32 nr, u64 apart, u64 *count)
{
	struct nyx_policy_count c = {};
	u64 now = U64_MAX / 2;
	u32 i;

	for (i = 0; i < nr; i++, now += apart) {
		nyx_policy_fault(&c, policy, now);
		if (nyx_policy_decide(&c, policy, NYX_PLACE_WORKING, false))
			break;
	}
	*count = c.count;
	return nyx_policy_decide(&c, policy, NYX_PLACE_WORKING, false);
}

static void rare_ones_never_add_up(struct kunit *test)
{
	struct nyx_policy policy = { NYX_POLICY_THRESHOLD, NYX_POLICY_WINDOW };
	u64 count;

	/* One a day, for a hundred years. */
	KUNIT_EXPECT_EQ(test, run(&policy, 36525, 24 * HOUR, &count), NYX_ACTION_NONE);
	KUNIT_EXPECT_EQ(test, count, 1);
	/* Just as often as the window: the count halves each time. */
	KUNIT_EXPECT_EQ(test, run(&policy, 10000, HOUR, &count), NYX_ACTION_NONE);
	KUNIT_EXPECT_EQ(test, count, 1);
	/* A little more often: no window is quiet. */
	KUNIT_EXPECT_EQ(test, run(&policy, 10000, HOUR - 1, &count), NYX_ACTION_FENCE);
	KUNIT_EXPECT_EQ(test, count, NYX_POLICY_THRESHOLD);
	/* Without decay they do add up. */
	policy.window = 0;
	KUNIT_EXPECT_EQ(test, run(&policy, 9, 24 * HOUR, &count), NYX_ACTION_NONE);
	KUNIT_EXPECT_EQ(test, run(&policy, 10, 24 * HOUR, &count), NYX_ACTION_FENCE);
	policy.threshold = 0;
	KUNIT_EXPECT_EQ(test, run(&policy, 100000, 0, &count), NYX_ACTION_NONE);
	KUNIT_EXPECT_EQ(test, count, 100000);
}

/* A burst every two windows: a quarter of what there was stays. */
static void bursts_settle(struct kunit *test)
{
	const struct nyx_policy policy = { 100, 10 };
	struct nyx_policy_count c = {};
	u64 now = 1;
	int burst, i;

	for (burst = 0; burst < 50; burst++, now += 20 * S)
		for (i = 0; i < 8; i++)
			nyx_policy_fault(&c, &policy, now);
	KUNIT_EXPECT_EQ(test, c.count, 10);	/* x = x / 4 + 8, rounded down */
}

static void settings_changed_under_it(struct kunit *test)
{
	struct nyx_policy policy = { 10, 0 };
	struct nyx_policy_count c = {};
	int i;

	for (i = 0; i < 5; i++)
		nyx_policy_fault(&c, &policy, i);
	/* Raised and switched off: no longer due. */
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_NONE);
	policy.threshold = 5;
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_FENCE);
	policy.threshold = 6;
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_NONE);
	policy.threshold = 0;
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_NONE);
	/* Below the count, and a window since: the next fault decides, by what is left. */
	policy = (struct nyx_policy){ 4, 10 };
	nyx_policy_fault(&c, &policy, 4 + 10 * S);
	KUNIT_EXPECT_EQ(test, c.count, 3);
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_NONE);
	nyx_policy_fault(&c, &policy, 4 + 10 * S);
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_FENCE);
	/* The job that fences may come late: as of the last fault it is due. */
	KUNIT_EXPECT_EQ(test, nyx_policy_left(&c, &policy, 5 + 1000 * S), 0);
	KUNIT_EXPECT_EQ(test, nyx_policy_decide(&c, &policy, NYX_PLACE_WORKING, false),
			NYX_ACTION_FENCE);
}

/* Tries at these seconds; what is left, and how long to wait, at the last of the times. */
static const struct {
	u32 per_hour, nr;
	u32 tries[8];
	u32 at, left, delay;	/* seconds; delay 0: it stays fenced */
} retries[] = {
	{ 0, 0, {}, 0, 0, 0 },
	{ 1, 0, {}, 0, 1, 1 },
	{ 1, 1, { 0 }, 0, 0, 0 },
	{ 1, 1, { 0 }, 3599, 0, 0 },
	{ 1, 1, { 0 }, 3600, 1, 1 },
	{ 3, 0, {}, 5, 3, 1 },
	{ 3, 1, { 5 }, 5, 2, 2 },
	{ 3, 2, { 5, 7 }, 7, 1, 4 },
	{ 3, 3, { 5, 7, 11 }, 11, 0, 0 },
	{ 3, 3, { 5, 7, 11 }, 3604, 0, 0 },
	/* One by one they are over, and it waits as long as those left demand. */
	{ 3, 3, { 5, 7, 11 }, 3605, 1, 4 },
	{ 3, 3, { 5, 7, 11 }, 3607, 2, 2 },
	{ 3, 3, { 5, 7, 11 }, 3611, 3, 1 },
	/* No longer than a minute. */
	{ 60, 5, { 1, 1, 1, 1, 1 }, 2, 55, 32 },
	{ 60, 6, { 1, 1, 1, 1, 1, 1 }, 2, 54, 60 },
	{ 60, 8, { 1, 1, 1, 1, 1, 1, 1, 1 }, 2, 52, 60 },
	/* Fewer than there were already. */
	{ 2, 4, { 1, 1, 1, 1 }, 2, 0, 0 },
	/* Switched off. */
	{ 0, 2, { 1, 1 }, 2, 0, 0 },
};

static void retried(struct kunit *test)
{
	/* The clock starts there; the last wraps around in the middle. */
	static const u64 starts[] = { 0, 1, S64_MAX, U64_MAX - 6 * S };
	u64 delay;
	int i, start;
	u32 n;

	for (i = 0; i < ARRAY_SIZE(retries); i++) {
		for (start = 0; start < ARRAY_SIZE(starts); start++) {
			struct nyx_policy_retry retry = { .per_hour = retries[i].per_hour };
			u64 now = starts[start] + retries[i].at * S;

			for (n = 0; n < retries[i].nr; n++)
				nyx_policy_retry_note(&retry,
						      starts[start] + retries[i].tries[n] * S);
			delay = 0;
			KUNIT_EXPECT_EQ_MSG(test, nyx_policy_retries_left(&retry, now),
					    retries[i].left, "row %d, start %d", i, start);
			KUNIT_EXPECT_EQ_MSG(test, nyx_policy_retry_delay(&retry, now, &delay),
					    retries[i].delay > 0, "row %d, start %d", i, start);
			KUNIT_EXPECT_EQ_MSG(test, delay, retries[i].delay * S,
					    "row %d, start %d", i, start);
		}
	}
}

/* However long it goes on: never more than that in any hour. */
static void retried_for_ever(struct kunit *test)
{
	struct nyx_policy_retry retry = { .per_hour = NYX_POLICY_RETRIES_MAX };
	u64 tries[10 * NYX_POLICY_RETRIES_MAX], now = U64_MAX - 2 * HOUR, delay;
	u32 nr = 0;

	while (nr < ARRAY_SIZE(tries)) {
		/* It fails at once each time; where it was too much, somebody looks after a while. */
		if (!nyx_policy_retry_delay(&retry, now, &delay)) {
			now += S;
			continue;
		}
		now += delay;
		nyx_policy_retry_note(&retry, now);
		tries[nr++] = now;
		if (nr > NYX_POLICY_RETRIES_MAX)
			KUNIT_EXPECT_GE(test, now - tries[nr - 1 - NYX_POLICY_RETRIES_MAX], HOUR);
	}
	/* Not needlessly few either. */
	KUNIT_EXPECT_LE(test, now - tries[0], 11 * HOUR);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(decided),
	KUNIT_CASE(decayed),
	KUNIT_CASE(rare_ones_never_add_up),
	KUNIT_CASE(bursts_settle),
	KUNIT_CASE(settings_changed_under_it),
	KUNIT_CASE(retried),
	KUNIT_CASE(retried_for_ever),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_policy",
	.test_cases = cases,
};

kunit_test_suite(suite);
