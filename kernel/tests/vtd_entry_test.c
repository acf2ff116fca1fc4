// SPDX-License-Identifier: GPL-2.0
/*
 * VT-d entries on the register model: what each kind says, that a live one is
 * never seen half-written, and that nothing old stays in a cache.
 */
#include "vtd_model.h"

#define RID	0x0310

struct up {
	struct vtd_model *m;
	struct vtd_unit *v;
	struct nyx_pt pt[2];
};

static struct up *make(struct kunit *test, u64 cap, u64 ecap, u8 levels)
{
	struct up *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct nyx_pt_config config = {
		.format = NYX_PT_VTDSS, .levels = levels, .page_sizes = SZ_4K,
		.coherent = true, .node = NUMA_NO_NODE,
	};
	struct nyx_pt_gather gather;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, u);
	test->priv = u;
	u->m = vtd_model_new(test, cap, ecap);
	u->v = vtd_model_unit(u->m);
	/* IOVA 0x1000 leads to 0x100000 in one domain, to 0x200000 in the other. */
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, nyx_pt_init(&u->pt[i], &config));
		nyx_pt_gather_init(&gather, &u->pt[i]);
		KUNIT_ASSERT_EQ(test, 0, nyx_pt_map(&u->pt[i], 0x1000, 0x100000 * (i + 1), SZ_4K,
						    NYX_PROT_READ, &gather));
	}
	return u;
}

static void turn_on(struct kunit *test, struct up *u)
{
	KUNIT_ASSERT_EQ(test, 0, u->v->unit.ops->enable(&u->v->unit, NULL));
	vtd_model_clear_log(u->m);
}

static void entry_exit(struct kunit *test)
{
	struct up *u = test->priv;

	if (!u)
		return;
	vtd_model_free(u->v);
	nyx_pt_destroy(&u->pt[0]);
	nyx_pt_destroy(&u->pt[1]);
}

/* The kinds of entry the tests go through; the words are written out from section 9.3. */
enum what { BLOCKED, MUTE, PASS, FIRST, SECOND, NR_WHAT };

static struct nyx_entry entry_of(struct up *u, enum what what)
{
	static const enum nyx_entry_kind kinds[] = {
		[BLOCKED] = NYX_ENTRY_BLOCKED, [MUTE] = NYX_ENTRY_BLOCKED,
		[PASS] = NYX_ENTRY_PASS, [FIRST] = NYX_ENTRY_PAGING, [SECOND] = NYX_ENTRY_PAGING,
	};

	return (struct nyx_entry) {
		.kind = kinds[what], .suppress_faults = what == MUTE,
		.hwdid = what == SECOND ? 0x0203 : 0x0102,
		.pt = &u->pt[what == SECOND],
	};
}

static int set(struct up *u, u16 rid, enum what what)
{
	struct nyx_entry entry = entry_of(u, what);
	/* AW: 1 is 3 levels, 2 is 4; the model's units offer one, or 4 as the most. */
	u64 aw = u->pt[0].config.levels - 2;

	switch (what) {
	case PASS:
		u->m->expected.low = 0x9;
		u->m->expected.high = 0x100 | (u->m->cap >> 8 & 8 ? 3 : u->m->cap >> 8 & 4 ? 2 : 1);
		break;
	case FIRST:
		u->m->expected.low = virt_to_phys(u->pt[0].root) | 1;
		u->m->expected.high = 0x10200 | aw;
		break;
	case SECOND:
		u->m->expected.low = virt_to_phys(u->pt[1].root) | 1;
		u->m->expected.high = 0x20300 | aw;
		break;
	default:
		u->m->expected.low = what == MUTE ? 2 : 0;
		u->m->expected.high = 0;
	}
	return u->v->unit.ops->set_entry(&u->v->unit, rid, &entry);
}

/* What a read of IOVA 0x1000 by rid must do now. */
static void expect_reach(struct kunit *test, struct up *u, u16 rid, enum what what)
{
	static const u64 leads_to[] = { [PASS] = 0x1000, [FIRST] = 0x100000, [SECOND] = 0x200000 };
	u64 pa;
	u32 reason = vtd_model_dma(u->m, rid, 0x1000, false, &pa);

	if (what == BLOCKED || what == MUTE) {
		KUNIT_EXPECT_NE(test, reason, 0);
		return;
	}
	KUNIT_EXPECT_EQ(test, reason, 0);
	KUNIT_EXPECT_EQ(test, pa, leads_to[what]);
}

static void expect_words(struct kunit *test, struct up *u, u16 rid)
{
	u64 words[4];

	KUNIT_EXPECT_EQ(test, 2, u->v->unit.ops->read_entry(&u->v->unit, rid, words));
	KUNIT_EXPECT_EQ(test, words[0], u->m->expected.low);
	KUNIT_EXPECT_EQ(test, words[1], u->m->expected.high);
}

/* Every change from every kind to every kind, with the caches warm before it. */
static void all_changes(struct kunit *test, struct up *u)
{
	u32 from, to;

	turn_on(test, u);
	for (from = 0; from < NR_WHAT; from++) {
		for (to = 0; to < NR_WHAT; to++) {
			KUNIT_ASSERT_EQ(test, 0, set(u, RID, from));
			expect_reach(test, u, RID, from);
			vtd_model_clear_log(u->m);
			KUNIT_ASSERT_EQ(test, 0, set(u, RID, to));
			expect_words(test, u, RID);
			if (from == to)
				KUNIT_EXPECT_STREQ(test, u->m->log, "");
			expect_reach(test, u, RID, to);
			KUNIT_EXPECT_EQ_MSG(test, u->m->violations, 0, "%u to %u", from, to);
			/* Another function of the bus, and another bus, are as before. */
			expect_reach(test, u, RID + 1, BLOCKED);
			expect_reach(test, u, RID + 0x100, BLOCKED);
		}
	}
}

static void changes_on_a_server(struct kunit *test)
{
	all_changes(test, make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, 4));
}

/* Caching mode, and tables that need writing back. */
static void changes_in_caching_mode(struct kunit *test)
{
	all_changes(test, make(test, VTD_CAP_QEMU39, VTD_ECAP_QEMU, 3));
}

static void changes_without_coherency(struct kunit *test)
{
	all_changes(test, make(test, VTD_CAP_CLIENT, VTD_ECAP_CLIENT, 4));
}

static void changes_with_write_buffers(struct kunit *test)
{
	all_changes(test, make(test, VTD_CAP_SERVER | VTD_CAP_RWBF, VTD_ECAP_SERVER, 4));
}

/* 9.3: pass-through takes the largest width, also one that we never use. */
static void pass_through_takes_the_largest_width(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_SERVER | (8ULL << 8), VTD_ECAP_SERVER, 4);

	turn_on(test, u);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, PASS));
	expect_words(test, u, RID);
	expect_reach(test, u, RID, PASS);
}

static void says_what_it_invalidates(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, 4);

	turn_on(test, u);
	/* Nothing was there and nothing is remembered of that. */
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, FIRST));
	KUNIT_EXPECT_STREQ(test, u->m->log, "");
	/* Now the old is, under the old domain's id. */
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, SECOND));
	KUNIT_EXPECT_STREQ(test, u->m->log, "cwiw");
	KUNIT_EXPECT_EQ(test, u->m->last_context.low, 0x31001020031ULL);
	KUNIT_EXPECT_EQ(test, u->m->last_iotlb.low, 0x010200e2ULL);
	KUNIT_EXPECT_EQ(test, u->m->violations, 0);
}

/* A domain id may be given to another domain as soon as no entry has it. */
static void a_reused_domain_id_has_no_past(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, 4);
	struct nyx_entry entry;

	turn_on(test, u);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, FIRST));
	expect_reach(test, u, RID, FIRST);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, BLOCKED));

	entry = entry_of(u, SECOND);
	entry.hwdid = 0x0102;
	u->m->expected.low = virt_to_phys(u->pt[1].root) | 1;
	u->m->expected.high = 0x10202;
	KUNIT_ASSERT_EQ(test, 0, u->v->unit.ops->set_entry(&u->v->unit, RID, &entry));
	expect_reach(test, u, RID, SECOND);
	KUNIT_EXPECT_EQ(test, u->m->violations, 0);
}

/* 6.1: what is remembered of an absence is tagged with domain id 0. */
static void caching_mode_invalidates_absence(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_QEMU39, VTD_ECAP_QEMU, 3);

	turn_on(test, u);
	expect_reach(test, u, RID, BLOCKED);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, FIRST));
	KUNIT_EXPECT_STREQ(test, u->m->log, "cwiw");
	KUNIT_EXPECT_EQ(test, u->m->last_context.low, 0x31000000031ULL);
	KUNIT_EXPECT_EQ(test, FIELD_GET(VTD_INV_DID, u->m->last_iotlb.low), 0x0102);
	expect_reach(test, u, RID, FIRST);
}

static void off_only_writes_memory(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_QEMU39 | VTD_CAP_RWBF, VTD_ECAP_QEMU, 3);

	KUNIT_ASSERT_EQ(test, 0, set(u, RID, FIRST));
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, PASS));
	KUNIT_EXPECT_STREQ(test, u->m->log, "");
	expect_words(test, u, RID);
	/* A bus of which nothing is said needs no table. */
	KUNIT_ASSERT_EQ(test, 0, set(u, RID + 0x100, BLOCKED));
	KUNIT_EXPECT_NULL(test, u->v->contexts[(RID >> 8) + 1]);
	expect_words(test, u, RID + 0x100);
	turn_on(test, u);
	expect_reach(test, u, RID, PASS);
}

static void suppressed_faults_are_not_recorded(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, 4);

	turn_on(test, u);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, MUTE));
	expect_reach(test, u, RID, MUTE);
	KUNIT_EXPECT_FALSE(test, u->m->fsts & VTD_FSTS_PPF);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, BLOCKED));
	expect_reach(test, u, RID, BLOCKED);
	KUNIT_EXPECT_TRUE(test, u->m->fsts & VTD_FSTS_PPF);
}

static void a_dead_unit_keeps_the_entry_blocked(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, 4);
	u64 words[4];

	turn_on(test, u);
	KUNIT_ASSERT_EQ(test, 0, set(u, RID, FIRST));
	u->m->silent = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, set(u, RID, SECOND));
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u->v->unit));
	u->v->unit.ops->read_entry(&u->v->unit, RID, words);
	KUNIT_EXPECT_EQ(test, words[0], 0);
	KUNIT_EXPECT_NE(test, 0, set(u, RID, BLOCKED));
	KUNIT_EXPECT_EQ(test, u->m->violations, 0);
}

/* ECAP.PT = 0: a table that leads every address to itself stands in for pass-through. */
static void passes_through_a_table(struct kunit *test)
{
	struct up *u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER & ~VTD_ECAP_PT, 4);
	struct nyx_entry pass = { .kind = NYX_ENTRY_PASS };
	u64 words[4], pa;

	u->v->unit.pass_table = &u->pt[1];
	turn_on(test, u);
	KUNIT_EXPECT_EQ(test, u->v->unit.ops->set_entry(&u->v->unit, RID, &pass), 0);
	u->v->unit.ops->read_entry(&u->v->unit, RID, words);
	/* P, TT 00b; 4 levels, domain 1. */
	KUNIT_EXPECT_EQ(test, words[0], virt_to_phys(u->pt[1].root) | 0x1);
	KUNIT_EXPECT_EQ(test, words[1], 0x102);
	KUNIT_EXPECT_EQ(test, vtd_model_dma(u->m, RID, 0x1000, false, &pa), 0);
	KUNIT_EXPECT_EQ(test, pa, 0x200000);
	KUNIT_EXPECT_EQ(test, vtd_model_dma(u->m, RID, 0x9000, false, &pa), VTD_FR_READ);
	/* Nothing changes, so nothing is done. */
	vtd_model_clear_log(u->m);
	KUNIT_EXPECT_EQ(test, u->v->unit.ops->set_entry(&u->v->unit, RID, &pass), 0);
	KUNIT_EXPECT_STREQ(test, u->m->log, "");
	/* The table is the test's own. */
	u->v->unit.pass_table = NULL;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(passes_through_a_table),
	KUNIT_CASE(changes_on_a_server),
	KUNIT_CASE(changes_in_caching_mode),
	KUNIT_CASE(changes_without_coherency),
	KUNIT_CASE(changes_with_write_buffers),
	KUNIT_CASE(pass_through_takes_the_largest_width),
	KUNIT_CASE(says_what_it_invalidates),
	KUNIT_CASE(a_reused_domain_id_has_no_past),
	KUNIT_CASE(caching_mode_invalidates_absence),
	KUNIT_CASE(off_only_writes_memory),
	KUNIT_CASE(suppressed_faults_are_not_recorded),
	KUNIT_CASE(a_dead_unit_keeps_the_entry_blocked),
	{}
};

static struct kunit_suite vtd_entry_suite = {
	.name = "vtd_entry",
	.exit = entry_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_entry_suite);
