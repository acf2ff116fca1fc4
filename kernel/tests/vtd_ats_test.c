// SPDX-License-Identifier: GPL-2.0
/*
 * ATS on the model of a VT-d unit: entries that take it, invalidations of devices' own TLBs
 * and their order, and devices that do not answer.
 */
#include <linux/kthread.h>
#include <linux/mm.h>

#include "vtd_model.h"

#define RID	0x0320
#define HWDID	5
#define IOVA	0x12345000ULL

static struct {
	struct vtd_model *m;
	struct vtd_unit *v;
	struct nyx_unit *unit;
	struct nyx_pt pt;
	struct nyx_device_tlb tlb;
	u64 paddr;
} at;

static void make(struct kunit *test, u64 ecap)
{
	static const struct nyx_pt_config config = {
		.format = NYX_PT_VTDSS, .levels = 4, .width = 48, .page_sizes = SZ_4K,
		.coherent = true, .node = NUMA_NO_NODE,
	};
	struct nyx_pt_gather gather;

	memset(&at, 0, sizeof(at));
	at.m = vtd_model_new(test, VTD_CAP_SERVER, ecap);
	at.v = vtd_model_unit(at.m);
	at.unit = &at.v->unit;
	at.tlb = (struct nyx_device_tlb) { .rid = RID, .queue_depth = 32 };
	at.paddr = 0x7654321000;
	at.v->queue.device_timeout_ns = 60ULL * NSEC_PER_SEC;
	KUNIT_ASSERT_EQ(test, nyx_pt_init(&at.pt, &config), 0);
	nyx_pt_gather_init(&gather, &at.pt);
	KUNIT_ASSERT_EQ(test, nyx_pt_map(&at.pt, IOVA, at.paddr, SZ_4K,
					 NYX_PROT_READ | NYX_PROT_WRITE, &gather), 0);
	KUNIT_ASSERT_EQ(test, at.unit->ops->enable(at.unit, NULL), 0);
	vtd_model_clear_log(at.m);
}

static int ats_init(struct kunit *test)
{
	make(test, VTD_ECAP_SERVER);
	return 0;
}

static void ats_exit(struct kunit *test)
{
	vtd_model_free(at.v);
	nyx_pt_destroy(&at.pt);
}

static int enter(struct kunit *test, bool ats)
{
	struct nyx_entry entry = { .kind = NYX_ENTRY_PAGING, .hwdid = HWDID, .pt = &at.pt,
				   .ats = ats };

	at.m->expected = vtd_encode_entry(at.v, &entry);
	KUNIT_EXPECT_EQ(test, at.m->expected.low >> 2 & 3, (u64)ats);
	return at.unit->ops->set_entry(at.unit, RID, &entry);
}

static int block(void)
{
	return at.unit->ops->set_entry(at.unit, RID, &(struct nyx_entry) {
		.kind = NYX_ENTRY_BLOCKED });
}

static int flush(u16 hwdid)
{
	struct nyx_flush flush = { .hwdid = hwdid, .first = IOVA, .last = IOVA + SZ_4K - 1,
				   .leaf_only = true };

	return at.unit->ops->flush(at.unit, &flush);
}

static int forget(u64 first, u64 last)
{
	int err;

	mutex_lock(&at.unit->device_tlb_lock);
	err = at.unit->ops->flush_device_tlb(at.unit, &at.tlb, first, last);
	mutex_unlock(&at.unit->device_tlb_lock);
	return err;
}

/* ---- descriptors ---- */

/* 6.5.2.5: address and size as PCIe has them (10.3.1), against its numbers. */
static void encodings(struct kunit *test)
{
	static const struct { u64 first, last, high; } ranges[] = {
		{ 0x5000, 0x5fff, 0x5000 },
		{ 0x5010, 0x5020, 0x5000 },
		{ 0x6000, 0x7fff, 0x6001 },			/* 8 KiB */
		{ 0x0, 0x3fff, 0x1001 },			/* 16 KiB */
		{ 0x5000, 0x7fff, 0x5001 },			/* the 16 KiB around it */
		{ 0x200000, 0x3fffff, 0x2ff001 },		/* 2 MiB */
		{ 0x40000000, 0x7fffffff, 0x5ffff001 },		/* 1 GiB */
		{ 0x7fff000, 0x8000fff, 0x7fff001 },		/* 256 MiB, for two pages */
		{ 0, U64_MAX, 0x7ffffffffffff001 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		KUNIT_EXPECT_EQ(test, forget(ranges[i].first, ranges[i].last), 0);
		KUNIT_EXPECT_EQ_MSG(test, at.m->last_device_tlb.high, ranges[i].high, "%u", i);
		/* Type 3, 32 at a time, no PF. */
		KUNIT_EXPECT_EQ(test, at.m->last_device_tlb.low, 0x032000000003);
	}
	at.tlb.queue_depth = 9;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, at.m->last_device_tlb.low, 0x032000090003);
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
}

/* ECAP.DIT: then the PF is named, in two pieces. */
static void names_the_pf(struct kunit *test)
{
	ats_exit(test);
	make(test, VTD_ECAP_SERVER | BIT_ULL(41));
	at.tlb.rid = 0x1234;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, at.m->last_device_tlb.low, 0x1230123400004003);
	KUNIT_EXPECT_FALSE(test, at.tlb.lost);
}

/* ---- entries ---- */

static void refused_unless_the_entry_says_so(struct kunit *test)
{
	u64 pa;

	KUNIT_ASSERT_EQ(test, enter(test, false), 0);
	KUNIT_EXPECT_EQ(test, vtd_model_dma(at.m, RID, IOVA, true, &pa), 0);
	KUNIT_EXPECT_EQ(test, vtd_model_translate(at.m, RID, IOVA), 0x0d);
	KUNIT_ASSERT_EQ(test, block(), 0);
	KUNIT_ASSERT_EQ(test, enter(test, true), 0);
	KUNIT_EXPECT_EQ(test, vtd_model_translate(at.m, RID, IOVA), 0);
	KUNIT_EXPECT_TRUE(test, vtd_model_translated(at.m, RID, IOVA + 8, &pa));
	KUNIT_EXPECT_EQ(test, pa, at.paddr + 8);
	KUNIT_EXPECT_EQ(test, vtd_model_dma(at.m, RID, IOVA, true, &pa), 0);

	/* Blocked: what it keeps is worth nothing, whether or not it forgets. */
	KUNIT_ASSERT_EQ(test, block(), 0);
	KUNIT_EXPECT_FALSE(test, vtd_model_translated(at.m, RID, IOVA, &pa));
	KUNIT_EXPECT_EQ(test, vtd_model_translate(at.m, RID, IOVA), VTD_FR_CONTEXT_NOT_PRESENT);
	/* And so it is in a domain without ATS. */
	KUNIT_ASSERT_EQ(test, enter(test, false), 0);
	KUNIT_EXPECT_FALSE(test, vtd_model_translated(at.m, RID, IOVA, &pa));
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
}

static void nothing_stale_after_an_unmap(struct kunit *test)
{
	struct nyx_pt_gather gather;
	u64 pa;

	KUNIT_ASSERT_EQ(test, enter(test, true), 0);
	KUNIT_EXPECT_EQ(test, vtd_model_translate(at.m, RID, IOVA), 0);
	nyx_pt_gather_init(&gather, &at.pt);
	KUNIT_ASSERT_EQ(test, nyx_pt_unmap(&at.pt, IOVA, SZ_4K, &gather, NULL), 0);
	vtd_model_clear_log(at.m);
	KUNIT_EXPECT_EQ(test, flush(HWDID), 0);
	/* The unit knows nothing of it any more, the device does. */
	KUNIT_EXPECT_TRUE(test, vtd_model_translated(at.m, RID, IOVA, &pa));
	KUNIT_EXPECT_EQ(test, forget(IOVA, IOVA + SZ_4K - 1), 0);
	KUNIT_EXPECT_STREQ(test, at.m->log, "pwdw");
	KUNIT_EXPECT_FALSE(test, vtd_model_translated(at.m, RID, IOVA, &pa));
	/* It may ask again, and gets nothing. */
	KUNIT_EXPECT_EQ(test, vtd_model_translate(at.m, RID, IOVA), 0);
	KUNIT_EXPECT_FALSE(test, vtd_model_translated(at.m, RID, IOVA, &pa));
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
	nyx_pt_gather_free(&gather);
}

/* ---- no answer ---- */

static void gives_up_on_the_device_only(struct kunit *test)
{
	at.m->deaf_rid = RID;
	at.m->gives_up_after = 3;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, at.tlb.lost);
	KUNIT_EXPECT_STREQ(test, at.m->log, "dxw");
	KUNIT_EXPECT_FALSE(test, at.m->fsts & VTD_FSTS_ITE);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(at.unit));
	KUNIT_EXPECT_EQ(test, flush(HWDID), 0);
	/* Later ones know of it no more. */
	at.tlb.rid++;
	at.tlb.lost = false;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), 0);
	KUNIT_EXPECT_FALSE(test, at.tlb.lost);
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
}

static int forgetter(void *result)
{
	*(int *)result = forget(0, U64_MAX);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/*
 * An invalidation for others that comes behind it waits as long, not only as long as a unit
 * has otherwise, and is then done and told of.
 */
static void others_go_on(struct kunit *test)
{
	struct task_struct *task;
	int result = 1;

	at.m->deaf_rid = RID;
	at.m->gives_up_after = 500;
	at.v->queue.timeout_ns = NSEC_PER_MSEC;
	at.m->iotlb[0] = (struct vtd_model_iotlb) { .valid = true, .hwdid = 9,
						    .page = IOVA >> PAGE_SHIFT };
	task = kthread_run(forgetter, &result, "forgetter");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (!READ_ONCE(at.m->fenced))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, flush(9), 0);
	KUNIT_EXPECT_FALSE(test, at.m->iotlb[0].valid);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, result, -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(at.unit));
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
}

/* The wait in place of the dropped one is a submission like any other: the ring goes on round. */
static void the_ring_goes_round(struct kunit *test)
{
	struct nyx_queue *q = &at.v->queue;
	u32 i;

	at.m->deaf_rid = RID;
	at.m->gives_up_after = 1;
	for (i = 0; i < q->entries; i++)
		KUNIT_ASSERT_EQ(test, flush(HWDID), 0);
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), -ETIMEDOUT);
	for (i = 0; i < q->entries; i++)
		KUNIT_ASSERT_EQ(test, flush(HWDID), 0);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(at.unit));
}

static void a_unit_that_never_gives_up_is_dead(struct kunit *test)
{
	at.m->deaf_rid = RID;
	at.v->queue.device_timeout_ns = 5 * NSEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), -EIO);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(at.unit));
	KUNIT_EXPECT_EQ(test, flush(HWDID), -ETIMEDOUT);
}

/* Never sent is never answered; it must not stop the queue. */
static void refused_is_unanswered(struct kunit *test)
{
	at.m->refuse_type = VTD_INV_DEVICE_TLB;
	at.m->refuse_times = 1;
	KUNIT_EXPECT_EQ(test, forget(0, U64_MAX), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, at.tlb.lost);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(at.unit));
	KUNIT_EXPECT_EQ(test, flush(HWDID), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(encodings),
	KUNIT_CASE(names_the_pf),
	KUNIT_CASE(refused_unless_the_entry_says_so),
	KUNIT_CASE(nothing_stale_after_an_unmap),
	KUNIT_CASE(gives_up_on_the_device_only),
	KUNIT_CASE(others_go_on),
	KUNIT_CASE(the_ring_goes_round),
	KUNIT_CASE(a_unit_that_never_gives_up_is_dead),
	KUNIT_CASE(refused_is_unanswered),
	{}
};

static struct kunit_suite vtd_ats_suite = {
	.name = "vtd_ats",
	.init = ats_init,
	.exit = ats_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_ats_suite);
