// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi invalidations: encodings against the specification's numbers, the
 * choice between pages and domain, nothing stale left, and what happens when
 * the unit does not take a command.
 */
#include <linux/prandom.h>

#include "amdvi_fixture.h"

struct encoding {
	u64 first, last;
	bool leaf_only;
	unsigned int nr;
	bool domain;
	u64 word1[AMDVI_FLUSH_COMMANDS];
};

/* 2.4.3: S is bit 0, PDE bit 1; with S the lowest clear address bit gives the size. */
static const struct encoding encodings[] = {
	{ 0x5000, 0x5fff, true, 1, false, { 0x5000 } },
	{ 0x5000, 0x5fff, false, 1, false, { 0x5002 } },
	{ 0x5010, 0x5020, true, 1, false, { 0x5000 } },
	{ 0x6000, 0x7fff, true, 1, false, { 0x6001 } },			/* 8 KiB */
	{ 0x0, 0x3fff, true, 1, false, { 0x1001 } },			/* 16 KiB */
	{ 0x200000, 0x3fffff, true, 1, false, { 0x2ff001 } },		/* 2 MiB */
	{ 0x200000, 0x3fffff, false, 1, false, { 0x2ff003 } },
	{ 0x40000000, 0x7fffffff, true, 1, false, { 0x5ffff001 } },	/* 1 GiB */
	{ 0x5000, 0x7fff, true, 2, false, { 0x5000, 0x6001 } },
	{ 0x1000, 0xbfff, true, 4, false, { 0x1000, 0x2001, 0x5001, 0x9001 } },
	/* Five blocks exactly: the 64 KiB around them instead. */
	{ 0x1000, 0xcfff, true, 1, false, { 0x7001 } },
	/* Around the middle of the address space every covering block is too large. */
	{ 0x3fffffff5000ULL, 0x400000006fffULL, true, 1, true, { 0x7ffffffffffff003ULL } },
	{ 0, U64_MAX, false, 1, true, { 0x7ffffffffffff003ULL } },
	{ 0, U64_MAX, true, 1, true, { 0x7ffffffffffff003ULL } },
	{ 0, 0xffffffffffffULL, true, 1, true, { 0x7ffffffffffff003ULL } },
	{ 0, 0x7fffffffffffULL, true, 1, false, { 0x3ffffffff001ULL } },	/* 128 TiB */
};

static void amdvi_flush_test_encoding(struct kunit *test)
{
	struct amdvi_command c[AMDVI_FLUSH_COMMANDS];
	struct nyx_flush flush = { .hwdid = 0xabcd };
	unsigned int i, k, nr;
	bool domain;

	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		const struct encoding *e = &encodings[i];

		flush.first = e->first;
		flush.last = e->last;
		flush.leaf_only = e->leaf_only;
		nr = amdvi_encode_flush(&flush, c, &domain);
		KUNIT_EXPECT_EQ_MSG(test, nr, e->nr, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, domain, e->domain, "case %u", i);
		for (k = 0; k < min(nr, e->nr); k++) {
			KUNIT_EXPECT_EQ(test, c[k].word[0], 0x3000abcd00000000ULL);
			KUNIT_EXPECT_EQ_MSG(test, c[k].word[1], e->word1[k], "case %u command %u",
					    i, k);
		}
	}
}

/* Random ranges: all of the range goes, other domains stay, little else goes. */
static void amdvi_flush_test_coverage(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 500; i++) {
		u64 size = (u64)(prandom_u32_state(&rnd) % 4096 + 1) <<
			   (12 + prandom_u32_state(&rnd) % 12);
		u64 first = ((u64)prandom_u32_state(&rnd) << (prandom_u32_state(&rnd) % 15)) &
			    ~0xfffULL;
		u64 last = first + size - 1, middle = (first + size / 2) & ~0xfffULL;
		struct nyx_flush flush = { .hwdid = 9, .first = first, .last = last };
		bool leaf = i & 1;

		flush.leaf_only = leaf;
		memset(fx->model.tlb, 0, sizeof(fx->model.tlb));
		amdvi_model_cache(&fx->model, 9, first, false);
		amdvi_model_cache(&fx->model, 9, middle, false);
		amdvi_model_cache(&fx->model, 9, last & ~0xfffULL, false);
		amdvi_model_cache(&fx->model, 9, middle, true);
		amdvi_model_cache(&fx->model, 10, middle, false);
		KUNIT_ASSERT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), 0);
		KUNIT_EXPECT_FALSE(test, amdvi_model_cached(&fx->model, 9, first, false));
		KUNIT_EXPECT_FALSE(test, amdvi_model_cached(&fx->model, 9, middle, false));
		KUNIT_EXPECT_FALSE(test, amdvi_model_cached(&fx->model, 9, last & ~0xfffULL,
							    false));
		if (!leaf)
			KUNIT_EXPECT_FALSE(test, amdvi_model_cached(&fx->model, 9, middle, true));
		KUNIT_EXPECT_TRUE(test, amdvi_model_cached(&fx->model, 10, middle, false));
	}
	fx_remove(test, fx);
}

/* One wait per flush, and the ring goes round many times. */
static void amdvi_flush_test_wrap(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_flush flush = { .hwdid = 3, .first = 0x1000, .last = 0xbfff, .leaf_only = true };
	unsigned int i, pages = fx->model.per_opcode[3], waits = fx->model.per_opcode[1];
	struct nyx_unit_stats before, after;

	nyx_unit_sum_stats(fx->unit, &before);
	for (i = 0; i < 3000; i++)
		KUNIT_ASSERT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), 0);
	nyx_unit_sum_stats(fx->unit, &after);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[3], pages + 4 * 3000);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[1], waits + 3000);
	KUNIT_EXPECT_EQ(test, after.flushes_page - before.flushes_page, 3000);
	KUNIT_EXPECT_EQ(test, after.waits - before.waits, 3000);
	fx_remove(test, fx);
}

static unsigned int recorded;

static void count_fault(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	recorded++;
}

/* A rejected command: the ring stops, the unit is dead, and the event is about it. */
static void amdvi_flush_test_illegal(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_flush flush = { .hwdid = 3, .last = U64_MAX };

	recorded = 0;
	nyx_fault_test_hook = count_fault;
	/* Long enough that only the stopped ring can be the cause. */
	fx->amdvi->queue.timeout_ns = 60ULL * NSEC_PER_SEC;
	fx->model.reject = 3;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), -EIO);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(fx->unit));
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), -EIO);
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, fx->amdvi->unit_errors, 1);
	KUNIT_EXPECT_EQ(test, recorded, 0);
	nyx_fault_test_hook = NULL;
	fx_remove(test, fx);
}

static void amdvi_flush_test_timeout(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_flush flush = { .hwdid = 3, .last = U64_MAX };
	unsigned int commands;
	char reason[64];

	fx->model.never_answers = true;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(fx->unit));
	strscpy(reason, fx->unit->dead_reason, sizeof(reason));

	/* Once: nothing more is tried, the reason stays the first. */
	commands = fx->model.nr_commands;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), -EIO);
	KUNIT_EXPECT_EQ(test, fx->model.nr_commands, commands);
	KUNIT_EXPECT_STREQ(test, fx->unit->dead_reason, reason);
	fx_remove(test, fx);
}

static struct kunit_case amdvi_flush_cases[] = {
	KUNIT_CASE(amdvi_flush_test_encoding),
	KUNIT_CASE(amdvi_flush_test_coverage),
	KUNIT_CASE(amdvi_flush_test_wrap),
	KUNIT_CASE(amdvi_flush_test_illegal),
	KUNIT_CASE(amdvi_flush_test_timeout),
	{}
};

static struct kunit_suite amdvi_flush_suite = {
	.name = "nyx_amdvi_flush",
	.test_cases = amdvi_flush_cases,
};

kunit_test_suite(amdvi_flush_suite);
