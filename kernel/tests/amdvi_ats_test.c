// SPDX-License-Identifier: GPL-2.0
/*
 * ATS on the model of an AMD-Vi unit: entries that take it, invalidations of a device's own
 * TLB and their order, and a device that does not answer. The device asks for a translation
 * after every store and every command.
 */
#include <linux/mm.h>

#include "amdvi_fixture.h"

#define HWDID	7
#define IOVA	0x12345000ULL

static struct {
	struct amdvi_fixture *fx;
	struct nyx_pt pt;
	struct nyx_device_tlb tlb;
	unsigned int faults;
} at;

static void count_fault(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	at.faults++;
}

static int ats_init(struct kunit *test)
{
	memset(&at, 0, sizeof(at));
	at.fx = fx_enabled(test, FX_EFR);
	at.pt.root = (u64 *)get_zeroed_page(GFP_KERNEL);
	at.pt.config.levels = 4;
	at.tlb = (struct nyx_device_tlb) { .rid = FX_RID, .queue_depth = 32 };
	nyx_fault_test_hook = count_fault;
	KUNIT_ASSERT_NOT_NULL(test, at.pt.root);
	amdvi_model_device(&at.fx->model, FX_RID, IOVA);
	return 0;
}

static void ats_exit(struct kunit *test)
{
	fx_remove(test, at.fx);
	free_page((unsigned long)at.pt.root);
	nyx_fault_test_hook = NULL;
	nyx_fault_overflow_test_hook = NULL;
}

static int enter(bool ats)
{
	return at.fx->unit->ops->set_entry(at.fx->unit, FX_RID, &(struct nyx_entry) {
		.kind = NYX_ENTRY_PAGING, .hwdid = HWDID, .pt = &at.pt, .ats = ats });
}

static int block(void)
{
	return at.fx->unit->ops->set_entry(at.fx->unit, FX_RID, &(struct nyx_entry) {
		.kind = NYX_ENTRY_BLOCKED });
}

static int flush(void)
{
	return at.fx->unit->ops->flush(at.fx->unit, &(struct nyx_flush) {
		.hwdid = HWDID, .first = IOVA, .last = IOVA + SZ_4K - 1, .leaf_only = true });
}

static int forget(u64 first, u64 last)
{
	int err;

	mutex_lock(&at.fx->unit->device_tlb_lock);
	err = at.fx->unit->ops->flush_device_tlb(at.fx->unit, &at.tlb, first, last);
	mutex_unlock(&at.fx->unit->device_tlb_lock);
	return err;
}

/* 2.2.2.1: I is bit 96. Never where nothing is translated. */
static void amdvi_ats_test_entry(struct kunit *test)
{
	u64 words[4];

	KUNIT_ASSERT_EQ(test, enter(false), 0);
	at.fx->unit->ops->read_entry(at.fx->unit, FX_RID, words);
	KUNIT_EXPECT_EQ(test, words[1], HWDID);
	KUNIT_EXPECT_FALSE(test, at.fx->model.held);
	KUNIT_ASSERT_EQ(test, block(), 0);
	KUNIT_ASSERT_EQ(test, enter(true), 0);
	at.fx->unit->ops->read_entry(at.fx->unit, FX_RID, words);
	KUNIT_EXPECT_EQ(test, words[1], BIT_ULL(32) | HWDID);
	KUNIT_EXPECT_TRUE(test, at.fx->model.held);
	KUNIT_ASSERT_EQ(test, block(), 0);
	at.fx->unit->ops->read_entry(at.fx->unit, FX_RID, words);
	KUNIT_EXPECT_EQ(test, words[1], 0ULL);
}

/* 2.4.4, against the specification's numbers. */
static void amdvi_ats_test_encoding(struct kunit *test)
{
	const struct amdvi_command *c;

	KUNIT_EXPECT_EQ(test, forget(0x5000, 0x5fff), 0);
	c = amdvi_model_command(&at.fx->model, 0);
	KUNIT_EXPECT_EQ(test, c->word[0], 0x4000032020000320ULL);
	KUNIT_EXPECT_EQ(test, c->word[1], 0x5000);
	KUNIT_EXPECT_EQ(test, forget(0x200000, 0x3fffff), 0);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&at.fx->model, 0)->word[1], 0x2ff001);
	at.tlb.queue_depth = 1;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), 0);
	c = amdvi_model_command(&at.fx->model, 0);
	KUNIT_EXPECT_EQ(test, c->word[0], 0x4000032001000320ULL);
	KUNIT_EXPECT_EQ(test, c->word[1], 0x7ffffffffffff001ULL);
}

static void amdvi_ats_test_nothing_stale(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, enter(true), 0);
	KUNIT_EXPECT_TRUE(test, at.fx->model.held);
	at.fx->model.unmapped = true;
	KUNIT_EXPECT_EQ(test, flush(), 0);
	/* The unit knows nothing of it any more, the device does. */
	KUNIT_EXPECT_TRUE(test, at.fx->model.held);
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), 0);
	KUNIT_EXPECT_FALSE(test, at.fx->model.held);
	amdvi_model_dma(&at.fx->model);
	KUNIT_EXPECT_FALSE(test, at.fx->model.held);
}

/* 2.5.8: the unit logs it and goes on; nobody may take its going on for an answer. */
static void amdvi_ats_test_unanswered(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, enter(true), 0);
	at.fx->model.deaf = true;
	at.fx->amdvi->give_up_ns = 0;
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, at.tlb.lost);
	KUNIT_EXPECT_EQ(test, at.faults, 1);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(at.fx->unit));
	KUNIT_EXPECT_EQ(test, flush(), 0);
	KUNIT_EXPECT_EQ(test, block(), 0);

	/* That another device did not answer says nothing of this one. */
	at.fx->model.deaf = false;
	at.tlb.lost = false;
	amdvi_model_event(&at.fx->model, 7ULL << 60 | (FX_RID + 1), 0, false);
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), 0);
	KUNIT_EXPECT_FALSE(test, at.tlb.lost);
}

/* Where the log overflowed meanwhile the event may be among those that were lost. */
static void amdvi_ats_test_overflow(struct kunit *test)
{
	u32 i;

	KUNIT_ASSERT_EQ(test, enter(true), 0);
	at.fx->model.deaf = true;
	at.fx->amdvi->give_up_ns = 0;
	for (i = 0; i < AMDVI_EVENTS; i++)
		amdvi_model_event(&at.fx->model, 2ULL << 60, 0, false);
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, at.faults, AMDVI_EVENTS - 1);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(at.fx->unit));
}

static void amdvi_ats_test_dead_unit(struct kunit *test)
{
	at.fx->model.never_answers = true;
	at.fx->amdvi->queue.device_timeout_ns = 5 * NSEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), -EIO);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(at.fx->unit));
	KUNIT_EXPECT_FALSE(test, at.tlb.lost);
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), -EIO);
}

static struct kunit_case amdvi_ats_cases[] = {
	KUNIT_CASE(amdvi_ats_test_entry),
	KUNIT_CASE(amdvi_ats_test_encoding),
	KUNIT_CASE(amdvi_ats_test_nothing_stale),
	KUNIT_CASE(amdvi_ats_test_unanswered),
	KUNIT_CASE(amdvi_ats_test_overflow),
	KUNIT_CASE(amdvi_ats_test_dead_unit),
	{}
};

static struct kunit_suite amdvi_ats_suite = {
	.name = "nyx_amdvi_ats",
	.init = ats_init,
	.exit = ats_exit,
	.test_cases = amdvi_ats_cases,
};

kunit_test_suite(amdvi_ats_suite);
