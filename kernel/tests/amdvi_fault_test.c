// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi event log: each record exactly once and in order, late entries,
 * overflow and restart, and what the events of the specification mean.
 */
#include <linux/kthread.h>

#include "amdvi_fixture.h"

#define FAULT(rid)	(2ULL << 60 | (rid))
#define SLOTS		(AMDVI_EVENTS - 1)	/* head == tail means empty */

static struct {
	unsigned int nr, overflows, out_of_order;
	struct nyx_fault_event last;
	u64 next;	/* address expected next */
} got;

static DEFINE_SPINLOCK(got_lock);

static void take_fault(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	spin_lock(&got_lock);
	got.nr++;
	got.last = *event;
	if (event->address != got.next << 12)
		got.out_of_order++;
	got.next++;
	spin_unlock(&got_lock);
}

static void take_overflow(struct nyx_unit *unit)
{
	got.overflows++;
}

static int amdvi_fault_test_init(struct kunit *test)
{
	memset(&got, 0, sizeof(got));
	nyx_fault_test_hook = take_fault;
	nyx_fault_overflow_test_hook = take_overflow;
	return 0;
}

static void amdvi_fault_test_exit(struct kunit *test)
{
	nyx_fault_test_hook = NULL;
	nyx_fault_overflow_test_hook = NULL;
}

/* Numbered by address. */
static unsigned int log_many(struct amdvi_fixture *fx, u64 first, unsigned int nr)
{
	unsigned int i, logged = 0;

	for (i = 0; i < nr; i++)
		logged += amdvi_model_event(&fx->model, FAULT(FX_RID), (first + i) << 12, false);
	return logged;
}

static bool log_zeroed(struct amdvi_fixture *fx)
{
	return !memchr_inv(fx->amdvi->log, 0, AMDVI_EVENTS * sizeof(struct amdvi_event));
}

static void amdvi_fault_test_once(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	unsigned int i, nr = 0;

	/* Several times round the log, in odd portions. */
	for (i = 1; nr < 3 * AMDVI_EVENTS; i = i * 3 % 1009) {
		KUNIT_ASSERT_EQ(test, log_many(fx, nr, i), i);
		nr += i;
		fx->unit->ops->drain_faults(fx->unit);
		KUNIT_EXPECT_EQ(test, got.nr, nr);
		KUNIT_EXPECT_EQ(test, fx->model.event_head, fx->model.event_tail);
	}
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, nr);
	KUNIT_EXPECT_EQ(test, got.out_of_order, 0);
	KUNIT_EXPECT_EQ(test, got.overflows, 0);
	KUNIT_EXPECT_TRUE(test, log_zeroed(fx));
	KUNIT_EXPECT_EQ(test, fx->model.status, 0);
	fx_remove(test, fx);
}

static unsigned int looks, complete_at;

static void late_hook(struct amdvi_unit *amdvi)
{
	if (++looks == complete_at)
		amdvi_model_complete(to_model(amdvi->io.model), FAULT(FX_RID));
}

/* The tail moves before the record has arrived: wait for it, do not skip it. */
static void amdvi_fault_test_late(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	unsigned int i;

	fx->amdvi->late_hook = late_hook;
	for (i = 0; i < 10; i++) {
		looks = 0;
		complete_at = 1 + i * 100;
		KUNIT_ASSERT_TRUE(test, amdvi_model_event(&fx->model, FAULT(FX_RID),
							  (u64)i << 12, true));
		fx->unit->ops->drain_faults(fx->unit);
		KUNIT_EXPECT_EQ(test, got.nr, i + 1);
		KUNIT_EXPECT_EQ(test, looks, complete_at);
	}
	KUNIT_EXPECT_EQ(test, got.out_of_order, 0);
	KUNIT_EXPECT_EQ(test, fx->amdvi->unit_errors, 0);
	fx_remove(test, fx);
}

/* One that never comes costs a bounded time, itself, and nothing after it. */
static void amdvi_fault_test_never(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);

	amdvi_model_event(&fx->model, FAULT(FX_RID), 0, true);
	log_many(fx, 0, 2);
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, 2);
	KUNIT_EXPECT_EQ(test, got.out_of_order, 0);
	KUNIT_EXPECT_EQ(test, fx->amdvi->unit_errors, 1);
	fx_remove(test, fx);
}

static void amdvi_fault_test_overflow(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	u64 control = fx->model.control;

	KUNIT_EXPECT_EQ(test, log_many(fx, 0, AMDVI_EVENTS + 100), SLOTS);
	KUNIT_EXPECT_TRUE(test, fx->model.status & AMDVI_STATUS_EVENT_OVERFLOW);
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, SLOTS);
	KUNIT_EXPECT_EQ(test, got.overflows, 1);
	KUNIT_EXPECT_EQ(test, fx->model.status, 0);
	KUNIT_EXPECT_TRUE(test, fx->model.log_run);
	KUNIT_EXPECT_EQ(test, fx->model.control, control);

	/* Logging works again, and a second episode is a second one. */
	KUNIT_EXPECT_EQ(test, log_many(fx, SLOTS, 5), 5);
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, SLOTS + 5);
	KUNIT_EXPECT_EQ(test, log_many(fx, SLOTS + 5, AMDVI_EVENTS), SLOTS);
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, 2 * SLOTS + 5);
	KUNIT_EXPECT_EQ(test, got.overflows, 2);
	KUNIT_EXPECT_EQ(test, got.out_of_order, 0);
	KUNIT_EXPECT_TRUE(test, log_zeroed(fx));
	fx_remove(test, fx);
}

static int drain_often(void *data)
{
	struct amdvi_fixture *fx = data;

	while (!kthread_should_stop()) {
		fx->unit->ops->drain_faults(fx->unit);
		cond_resched();
	}
	return 0;
}

/* A reader that asks for a count drains beside the interrupt thread. */
static void amdvi_fault_test_concurrent(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct task_struct *task = kthread_run(drain_often, fx, "nyx_drain");
	unsigned int i, nr = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < 200; i++) {
		nr += log_many(fx, nr, 50);
		fx->unit->ops->drain_faults(fx->unit);
	}
	kthread_stop(task);
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, nr);
	KUNIT_EXPECT_EQ(test, got.out_of_order, 0);
	fx_remove(test, fx);
}

/* A tail outside the log: hardware is broken, the reader must not be. */
static void amdvi_fault_test_bad_tail(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);

	fx->model.event_tail = AMDVI_EVENTS * 16;
	fx->unit->ops->drain_faults(fx->unit);
	KUNIT_EXPECT_EQ(test, got.nr, 0);
	fx->model.event_tail = 0;
	fx_remove(test, fx);
}

struct decode_case {
	u64 word0, word1;
	bool device;		/* about a device */
	enum nyx_fault_kind kind;
	bool has_address, has_hwdid;
	u16 hwdid;
	u32 reason;
	u32 index;		/* + 1; 0: the event does not tell */
	const char *text;	/* part of it */
};

/* Doublewords as 2.5.2 to 2.5.10 draw them: flags from bit 48 on. */
static const struct decode_case decode_cases[] = {
	/* IO_PAGE_FAULT: read, not present; write, not present; write to a read-only page */
	{ 0x2000000700000320, 0x1000, true, NYX_FAULT_READ, true, true, 7, 0x20000 },
	{ 0x2020000700000320, 0x1000, true, NYX_FAULT_WRITE, true, true, 7, 0x20020 },
	{ 0x2030ffff00000320, 0x1000, true, NYX_FAULT_WRITE, true, true, 0xffff, 0x20030 },
	/* permission missing: write, read; as real units log it */
	{ 0x2070000700000320, 0x1000, true, NYX_FAULT_WRITE, true, true, 7, 0x20070, 0,
	  "not writable" },
	{ 0x2050000700000320, 0x1000, true, NYX_FAULT_READ, true, true, 7, 0x20050, 0,
	  "not readable" },
	/* execute; reserved bits; a PASID instead of a domain; a translation request */
	{ 0x2012000700000320, 0x1000, true, NYX_FAULT_EXEC, true, true, 7, 0x20012 },
	{ 0x20d0000700000320, 0x1000, true, NYX_FAULT_READ, true, true, 7, 0x200d0 },
	{ 0x2011000700000320, 0x1000, true, NYX_FAULT_READ, true, false, 7, 0x20011 },
	{ 0x2100000700000320, 0x1000, true, NYX_FAULT_UNKNOWN, true, true, 7, 0x20100 },
	/* a refused interrupt: vector in bits 23:16, message type in 4:2, all ones above 39 */
	{ 0x2008000700000320, 0xfee01000, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20008 },
	{ 0x2008000700000320, 0xfdf8000120, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20008,
	  0 + 1, "no entry of its table" },
	{ 0x2008000700000320, 0xfffffffdf8140200, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20008,
	  0x14 + 1, "no entry of its table" },
	{ 0x2008000700000320, 0xfffffffdf8ff0064, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20008,
	  0x1ff + 1 },
	{ 0x2008000700000320, 0xfffffffdf8ffffff, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20008,
	  0x7ff + 1 },
	{ 0x2098000700000320, 0xfffffffdf8030000, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20098,
	  3 + 1, "reserved bits" },
	{ 0x2058000700000320, 0xfffffffdf8030000, true, NYX_FAULT_INTERRUPT, true, true, 7, 0x20058,
	  3 + 1, "its table entry does not allow" },
	/* next to the range; what an emulator writes for plain DMA */
	{ 0x2008000700000320, 0xfdf9000000, true, NYX_FAULT_UNKNOWN, true, true, 7, 0x20008 },
	{ 0x2008000700000320, 0x10fdf8000000, true, NYX_FAULT_UNKNOWN, true, true, 7, 0x20008 },
	{ 0x200a000000000320, 0, true, NYX_FAULT_UNKNOWN, false, false, 0, 0x2000a },
	/* ILLEGAL_DEV_TABLE_ENTRY, DEV_TAB and PAGE_TAB_HARDWARE_ERROR: table addresses hidden */
	{ 0x1020000000000320, 0x1000, true, NYX_FAULT_WRITE, true, false, 0, 0x10020 },
	{ 0x3020000000000320, 0x7fff6400, true, NYX_FAULT_UNKNOWN, false, false, 0, 0x30020 },
	{ 0x4020000700000320, 0x7fff6400, true, NYX_FAULT_UNKNOWN, false, false, 0, 0x40020 },
	/* IOTLB_INV_TIMEOUT, INVALID_DEVICE_REQUEST (type 5), INVALID_PPR_REQUEST */
	{ 0x7000000000000320, 0x1000, true, NYX_FAULT_UNKNOWN, false, false, 0, 0x70000 },
	{ 0x8a00000000000320, 0xfee00000, true, NYX_FAULT_INTERRUPT, true, false, 0, 0x80a00 },
	{ 0x8a00000000000320, 0xfffffffdf8020000, true, NYX_FAULT_INTERRUPT, true, false, 0, 0x80a00,
	  2 + 1, "device table entry does not allow" },
	{ 0x9000000000000320, 0x1000, true, NYX_FAULT_UNKNOWN, false, false, 0, 0x90000 },
	/* about the unit */
	{ 0x5000000000000000, 0x1000, false },
	{ 0x6000000000000000, 0x1000, false },
	{ 0xa000000000000000, 0, false },
	{ 0xf000000000000000, 0, false },
	{ 0, 0, false },
};

static void amdvi_fault_test_decode(struct kunit *test)
{
	struct nyx_fault_event out;
	const char *text;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(decode_cases); i++) {
		const struct decode_case *c = &decode_cases[i];
		struct amdvi_event event = { { c->word0, c->word1 } };

		KUNIT_EXPECT_EQ_MSG(test, amdvi_decode_event(&event, &out, &text), c->device,
				    "case %u", i);
		if (!c->device) {
			KUNIT_EXPECT_NOT_NULL(test, text);
			continue;
		}
		KUNIT_EXPECT_NOT_NULL(test, out.text);
		KUNIT_EXPECT_EQ_MSG(test, out.rid, FX_RID, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, out.kind, c->kind, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, out.reason, c->reason, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, out.has_address, c->has_address, "case %u", i);
		if (out.has_address)
			KUNIT_EXPECT_EQ(test, out.address, c->word1);
		KUNIT_EXPECT_EQ_MSG(test, out.has_hwdid, c->has_hwdid, "case %u", i);
		if (out.has_hwdid)
			KUNIT_EXPECT_EQ(test, out.hwdid, c->hwdid);
		KUNIT_EXPECT_EQ_MSG(test, out.has_index, c->index > 0, "case %u", i);
		if (out.has_index)
			KUNIT_EXPECT_EQ_MSG(test, out.index, c->index - 1, "case %u", i);
		if (c->text)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(out.text, c->text), "case %u: %s", i,
						  out.text);
	}
}

static const struct {
	u64 word0;
	enum nyx_fault_class class;
} classes[] = {
	/* IO_PAGE_FAULT: not present; permission; reserved bits; both; a translation request */
	{ 0x2020000700000320, NYX_FAULT_CLASS_PAGE_OR_BLOCKED },
	{ 0x2070000700000320, NYX_FAULT_CLASS_PAGE },
	{ 0x2090000700000320, NYX_FAULT_CLASS_BAD_ENTRY },
	{ 0x20d0000700000320, NYX_FAULT_CLASS_BAD_ENTRY },
	{ 0x2080000700000320, NYX_FAULT_CLASS_PAGE_OR_BLOCKED },
	{ 0x2030000700000320, NYX_FAULT_CLASS_PAGE_OR_BLOCKED },
	{ 0x2150000700000320, NYX_FAULT_CLASS_TRANSLATION },
	/* as an emulator writes it */
	{ 0x200a000000000320, NYX_FAULT_CLASS_PAGE_OR_BLOCKED },
	{ 0x1020000000000320, NYX_FAULT_CLASS_BAD_ENTRY },
	{ 0x3020000000000320, NYX_FAULT_CLASS_TABLE_ACCESS },
	{ 0x4020000700000320, NYX_FAULT_CLASS_TABLE_ACCESS },
	{ 0x7000000000000320, NYX_FAULT_CLASS_DEVICE_TLB },
	/* INVALID_DEVICE_REQUEST, types 0, 1 and 6 */
	{ 0x8000000000000320, NYX_FAULT_CLASS_RANGE },
	{ 0x8200000000000320, NYX_FAULT_CLASS_TRANSLATION },
	{ 0x8c00000000000320, NYX_FAULT_CLASS_RANGE },
	{ 0x9000000000000320, NYX_FAULT_CLASS_TRANSLATION },
};

/* Where a request was stopped. */
static void amdvi_fault_test_class(struct kunit *test)
{
	struct nyx_fault_event out;
	const char *text;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		struct amdvi_event event = { { classes[i].word0, 0 } };

		KUNIT_ASSERT_TRUE(test, amdvi_decode_event(&event, &out, &text));
		KUNIT_EXPECT_EQ_MSG(test, out.class, classes[i].class, "%#llx", classes[i].word0);
	}
}

static struct kunit_case amdvi_fault_cases[] = {
	KUNIT_CASE(amdvi_fault_test_once),
	KUNIT_CASE(amdvi_fault_test_late),
	KUNIT_CASE(amdvi_fault_test_never),
	KUNIT_CASE(amdvi_fault_test_overflow),
	KUNIT_CASE(amdvi_fault_test_concurrent),
	KUNIT_CASE(amdvi_fault_test_bad_tail),
	KUNIT_CASE(amdvi_fault_test_decode),
	KUNIT_CASE(amdvi_fault_test_class),
	{}
};

static struct kunit_suite amdvi_fault_suite = {
	.name = "nyx_amdvi_fault",
	.init = amdvi_fault_test_init,
	.exit = amdvi_fault_test_exit,
	.test_cases = amdvi_fault_cases,
};

kunit_test_suite(amdvi_fault_suite);
