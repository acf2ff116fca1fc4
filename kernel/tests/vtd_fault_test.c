// SPDX-License-Identifier: GPL-2.0
/*
 * VT-d fault records on the register model: decoding, each one exactly once
 * and in order, overflow, and the interrupt.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>

#include "hooks.h"
#include "vtd_model.h"

#define EVENTS	1024

static struct {
	struct vtd_model *m;
	struct vtd_unit *v;
	struct nyx_fault_event events[EVENTS];
	u32 nr;
	u32 overflows;
	u32 refill;		/* the device faults again as soon as a record is read */
} at;

static void on_fault(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	if (at.nr < EVENTS)
		at.events[at.nr] = *event;
	at.nr++;
	if (at.refill) {
		at.refill--;
		vtd_model_fault(at.m, 0x300 + at.refill % 8, at.refill << 12, VTD_FR_WRITE, true);
	}
}

static void on_overflow(struct nyx_unit *unit)
{
	at.overflows++;
}

static void make(struct kunit *test, u64 cap)
{
	at.m = vtd_model_new(test, cap, VTD_ECAP_SERVER);
	at.v = vtd_model_unit(at.m);
	KUNIT_ASSERT_EQ(test, 0, at.v->unit.ops->enable(&at.v->unit, NULL));
}

static int fault_init(struct kunit *test)
{
	memset(&at, 0, sizeof(at));
	nyx_fault_test_hook = on_fault;
	nyx_fault_overflow_test_hook = on_overflow;
	return 0;
}

static void fault_exit(struct kunit *test)
{
	vtd_model_free(at.v);
	nyx_fault_test_hook = NULL;
	nyx_fault_overflow_test_hook = NULL;
}

static void drain(void)
{
	at.v->unit.ops->drain_faults(&at.v->unit);
}

static void clean(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, at.m->fsts & (u32)~VTD_FSTS_FRI, 0);
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
}

static const struct {
	u64 low, high;
	enum nyx_fault_kind kind;
	u32 reason;
	u64 address;
	bool has_address;
	const char *says;
	bool has_index;
	u32 index;
} decoded[] = {
	/* F; T1: read; reason 6; source 03:02.1 */
	{ 0x12345000, 0xc000000600000311, NYX_FAULT_READ, 6, 0x12345000, true, "for reading" },
	{ 0xfffffffffffff000, 0x8000000500000311, NYX_FAULT_WRITE, 5, 0xfffffffffffff000, true,
	  "for writing" },
	/* T1 and T2: an atomic operation writes too. */
	{ 0x1000, 0xc000000510000311, NYX_FAULT_WRITE, 5, 0x1000, true, "for writing" },
	/* PP and EXE */
	{ 0x1000, 0xc0000006c0000311, NYX_FAULT_EXEC, 6, 0x1000, true, "" },
	/* EXE without PP means nothing. */
	{ 0x1000, 0xc000000640000311, NYX_FAULT_READ, 6, 0x1000, true, "" },
	{ 0x1000, 0x8000000200000311, NYX_FAULT_WRITE, 2, 0x1000, true, "blocked" },
	/* Index 5 in FI. */
	{ 0x0005000000000000, 0x8000002200000311, NYX_FAULT_INTERRUPT, 0x22, 0, false,
	  "entry not present", true, 5 },
	{ 0, 0x8000002000000311, NYX_FAULT_INTERRUPT, 0x20, 0, false, "reserved bits", true, 0 },
	{ 0xffff000000000000, 0x8000002100000311, NYX_FAULT_INTERRUPT, 0x21, 0, false,
	  "beyond the table", true, 65535 },
	{ 0, 0x8000002300000311, NYX_FAULT_INTERRUPT, 0x23, 0, false, "could not be read", true },
	{ 0, 0x8000002400000311, NYX_FAULT_INTERRUPT, 0x24, 0, false, "table entry", true },
	/* Of this one FI says nothing. */
	{ 0x0005000000000000, 0x8000002500000311, NYX_FAULT_INTERRUPT, 0x25, 0, false,
	  "compatibility" },
	{ 0x8001000000000000, 0x8000002600000311, NYX_FAULT_INTERRUPT, 0x26, 0, false,
	  "does not own", true, 0x8001 },
	{ 0, 0x8000002f00000311, NYX_FAULT_INTERRUPT, 0x2f, 0, false, "unknown", true },
	{ 0x1000, 0x8000007900000311, NYX_FAULT_WRITE, 0x79, 0x1000, true, "unknown" },
	{ 0x1000, 0x8000000000000311, NYX_FAULT_WRITE, 0, 0x1000, true, "unknown" },
};

static const struct {
	u8 reason;
	enum nyx_fault_class class;
} classes[] = {
	{ 0x01, NYX_FAULT_CLASS_BLOCKED }, { 0x02, NYX_FAULT_CLASS_BLOCKED },
	{ 0x03, NYX_FAULT_CLASS_BAD_ENTRY }, { 0x04, NYX_FAULT_CLASS_WIDTH },
	{ 0x05, NYX_FAULT_CLASS_PAGE }, { 0x06, NYX_FAULT_CLASS_PAGE },
	{ 0x07, NYX_FAULT_CLASS_TABLE_ACCESS }, { 0x0a, NYX_FAULT_CLASS_BAD_ENTRY },
	{ 0x0c, NYX_FAULT_CLASS_BAD_ENTRY }, { 0x0d, NYX_FAULT_CLASS_TRANSLATION },
	{ 0x22, NYX_FAULT_CLASS_UNKNOWN }, { 0x79, NYX_FAULT_CLASS_UNKNOWN },
};

/* Where a request was stopped, by the reason's code. */
static void says_where(struct kunit *test)
{
	u32 i;

	make(test, VTD_CAP_SERVER);
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		at.m->records[0].low = 0x1000;
		at.m->records[0].high = VTD_FRCD_F | (u64)classes[i].reason << 32 | 0x311;
		at.m->next_record = 1;
		at.m->fsts = VTD_FSTS_PPF;
		drain();
		KUNIT_ASSERT_EQ(test, at.nr, i + 1);
		KUNIT_EXPECT_EQ_MSG(test, at.events[i].class, classes[i].class, "reason %#x",
				    classes[i].reason);
	}
}

static void decodes(struct kunit *test)
{
	u32 i;

	make(test, VTD_CAP_SERVER);
	for (i = 0; i < ARRAY_SIZE(decoded); i++) {
		const struct nyx_fault_event *e = &at.events[i];

		at.m->records[0].low = decoded[i].low;
		at.m->records[0].high = decoded[i].high;
		at.m->next_record = 1;
		at.m->fsts = VTD_FSTS_PPF;
		drain();
		KUNIT_ASSERT_EQ(test, at.nr, i + 1);
		KUNIT_EXPECT_EQ(test, e->rid, 0x0311);
		KUNIT_EXPECT_EQ_MSG(test, (u32)e->kind, (u32)decoded[i].kind, "record %u", i);
		KUNIT_EXPECT_EQ(test, e->reason, decoded[i].reason);
		KUNIT_EXPECT_EQ(test, e->has_address, decoded[i].has_address);
		KUNIT_EXPECT_EQ(test, e->address, decoded[i].address);
		KUNIT_EXPECT_EQ(test, e->has_index, decoded[i].has_index);
		KUNIT_EXPECT_EQ(test, e->index, decoded[i].index);
		KUNIT_EXPECT_FALSE(test, e->has_hwdid);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(e->text, decoded[i].says), "%s", e->text);
	}
	clean(test);
}

/* Bursts of every size up to the ring's, starting at every place in it. */
static void in_order_and_once(struct kunit *test)
{
	u32 burst, i, seen = 0;

	make(test, VTD_CAP_SERVER);
	for (burst = 1; burst <= 8; burst++) {
		u32 times;

		for (times = 0; times < 9; times++) {
			for (i = 0; i < burst; i++)
				vtd_model_fault(at.m, 0x300 + i, (u64)(seen + i) << 12,
						VTD_FR_READ, false);
			drain();
			drain();
			seen += burst;
			KUNIT_ASSERT_EQ(test, at.nr, seen);
		}
	}
	for (i = 0; i < seen; i++)
		KUNIT_ASSERT_EQ(test, at.events[i].address, (u64)i << 12);
	KUNIT_EXPECT_EQ(test, at.overflows, 0);
	KUNIT_EXPECT_EQ(test, at.m->dropped, 0);
	clean(test);
}

static void overflow_is_counted_by_episode(struct kunit *test)
{
	u32 i;

	make(test, VTD_CAP_SERVER);
	for (i = 0; i < 20; i++)
		vtd_model_fault(at.m, 0x300 + i, (u64)i << 12, VTD_FR_READ, false);
	drain();
	KUNIT_EXPECT_EQ(test, at.nr, 8);
	KUNIT_EXPECT_EQ(test, at.overflows, 1);
	KUNIT_EXPECT_EQ(test, at.m->dropped, 12);
	clean(test);
	/* Recording goes on, and the next episode is another one. */
	for (i = 0; i < 9; i++)
		vtd_model_fault(at.m, 0x300 + i, (u64)i << 12, VTD_FR_READ, false);
	drain();
	KUNIT_EXPECT_EQ(test, at.nr, 16);
	KUNIT_EXPECT_EQ(test, at.overflows, 2);
	clean(test);
}

static void one_record_register(struct kunit *test)
{
	make(test, VTD_CAP_CLIENT);
	KUNIT_EXPECT_TRUE(test, at.v->unit.caps.fault_lower_bound);
	vtd_model_fault(at.m, 0x300, 0x1000, VTD_FR_READ, false);
	drain();
	vtd_model_fault(at.m, 0x301, 0x2000, VTD_FR_READ, false);
	vtd_model_fault(at.m, 0x302, 0x3000, VTD_FR_READ, false);
	drain();
	KUNIT_EXPECT_EQ(test, at.nr, 2);
	KUNIT_EXPECT_EQ(test, at.overflows, 1);
	clean(test);
}

/* Why the count is a lower bound also with many registers. */
static void collapsed_faults_leave_no_trace(struct kunit *test)
{
	make(test, VTD_CAP_SERVER);
	at.m->collapses = true;
	vtd_model_fault(at.m, 0x300, 0x1000, VTD_FR_READ, false);
	vtd_model_fault(at.m, 0x300, 0x2000, VTD_FR_READ, false);
	vtd_model_fault(at.m, 0x301, 0x3000, VTD_FR_READ, false);
	drain();
	KUNIT_EXPECT_EQ(test, at.nr, 2);
	KUNIT_EXPECT_EQ(test, at.overflows, 0);
	KUNIT_EXPECT_TRUE(test, at.v->unit.caps.fault_lower_bound);
	clean(test);
}

/* A device that faults as fast as its records are read does not hold the drain for ever. */
static void a_storm_is_drained_in_passes(struct kunit *test)
{
	make(test, VTD_CAP_SERVER);
	at.refill = 700;
	vtd_model_fault(at.m, 0x300, 0x1000, VTD_FR_READ, false);
	drain();
	KUNIT_EXPECT_GE(test, at.nr, 256);
	KUNIT_EXPECT_LT(test, at.nr, 300);
	drain();
	drain();
	KUNIT_EXPECT_EQ(test, at.nr, 701);
	clean(test);
}

/* A device can send answers that nobody asked for; that must not silence the unit. */
static void stray_completions_do_not_mask_faults(struct kunit *test)
{
	make(test, VTD_CAP_SERVER);
	at.m->fectl = 0;
	at.m->fsts = VTD_FSTS_ICE;
	drain();
	clean(test);
	vtd_model_fault(at.m, 0x300, 0x1000, VTD_FR_READ, false);
	KUNIT_EXPECT_EQ(test, at.m->events, 1);
	drain();
	KUNIT_EXPECT_EQ(test, at.nr, 1);
}

/* The real interrupt, as far as there is a CPU vector: programmed, unmasked, given back. */
static void interrupt_is_programmed(struct kunit *test)
{
	at.m = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	at.m->seams.drain_by_hand = false;
	at.v = vtd_model_unit(at.m);
	KUNIT_ASSERT_EQ(test, 0, at.v->unit.ops->enable(&at.v->unit, NULL));
	KUNIT_ASSERT_NE(test, at.v->virq, 0);
	KUNIT_EXPECT_EQ(test, at.m->feaddr >> 20, 0xfee);
	KUNIT_EXPECT_GE(test, at.m->fedata & 0xff, 0x10);
	KUNIT_EXPECT_FALSE(test, at.m->fectl & VTD_FECTL_IM);

	/* What a resume must find again. */
	at.m->feaddr = 0;
	at.m->fedata = 0;
	at.m->fectl = VTD_FECTL_IM;
	at.v->unit.ops->disable(&at.v->unit);
	KUNIT_EXPECT_EQ(test, 0, at.v->unit.ops->resume(&at.v->unit));
	KUNIT_EXPECT_EQ(test, at.m->feaddr >> 20, 0xfee);
	KUNIT_EXPECT_GE(test, at.m->fedata & 0xff, 0x10);
	KUNIT_EXPECT_FALSE(test, at.m->fectl & VTD_FECTL_IM);

	at.v->unit.ops->stop_faults(&at.v->unit);
	KUNIT_EXPECT_TRUE(test, at.m->fectl & VTD_FECTL_IM);
	KUNIT_EXPECT_EQ(test, at.v->virq, 0);
	at.v->unit.ops->stop_faults(&at.v->unit);
	KUNIT_EXPECT_EQ(test, at.m->violations, 0);
}

/* Without an event the storm's rest is still read: the drain calls itself again. */
static void the_rest_of_a_storm_is_not_forgotten(struct kunit *test)
{
	u32 i;

	at.m = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	at.m->seams.drain_by_hand = false;
	at.v = vtd_model_unit(at.m);
	KUNIT_ASSERT_EQ(test, 0, at.v->unit.ops->enable(&at.v->unit, NULL));
	flush_delayed_work(&at.v->drain_work);
	at.refill = 700;
	vtd_model_fault(at.m, 0x300, 0x1000, VTD_FR_READ, false);
	drain();
	for (i = 0; i < 100 && READ_ONCE(at.nr) < 701; i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, at.nr, 701);
	at.v->unit.ops->stop_faults(&at.v->unit);
	clean(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(decodes),
	KUNIT_CASE(says_where),
	KUNIT_CASE(in_order_and_once),
	KUNIT_CASE(overflow_is_counted_by_episode),
	KUNIT_CASE(one_record_register),
	KUNIT_CASE(collapsed_faults_leave_no_trace),
	KUNIT_CASE(a_storm_is_drained_in_passes),
	KUNIT_CASE(stray_completions_do_not_mask_faults),
	KUNIT_CASE(interrupt_is_programmed),
	KUNIT_CASE(the_rest_of_a_storm_is_not_forgotten),
	{}
};

static struct kunit_suite vtd_fault_suite = {
	.name = "vtd_fault",
	.init = fault_init,
	.exit = fault_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_fault_suite);
