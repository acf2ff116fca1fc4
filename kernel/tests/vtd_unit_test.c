// SPDX-License-Identifier: GPL-2.0
/*
 * A VT-d unit on the register model: refusals, the way up and its undoing,
 * flushes, queue errors, the way down.
 */
#include "vtd_model.h"

#define ALL_ON	((u32)(VTD_GSTS_TES | VTD_GSTS_RTPS | VTD_GSTS_QIES | VTD_GSTS_IRES | \
		       VTD_GSTS_IRTPS | VTD_GSTS_CFIS))

struct up {
	struct vtd_model *m;
	struct vtd_unit *v;
};

/* A unit of that kind; on when asked for. */
static struct up make(struct kunit *test, u64 cap, u64 ecap, bool on)
{
	struct up u = { .m = vtd_model_new(test, cap, ecap) };
	struct nyx_why why = {};

	u.v = vtd_model_unit(u.m);
	test->priv = u.v;
	if (on) {
		KUNIT_ASSERT_EQ_MSG(test, 0, u.v->unit.ops->enable(&u.v->unit, &why), "%s",
				    why.text);
		vtd_model_clear_log(u.m);
	}
	return u;
}

static void unit_exit(struct kunit *test)
{
	vtd_model_free(test->priv);
}

static int create(struct vtd_model *m, struct nyx_why *why)
{
	static const struct nyx_acpi_unit firmware = { .reg_base = 0xfed90000 };
	struct nyx_mmio io = { .size = SZ_4K, .model = &m->mmio };
	struct nyx_unit *unit;

	return vtd_unit_create(&io, 46, &firmware, &unit, why);
}

static void refuses_a_unit_in_use(struct kunit *test)
{
	static const u32 busy[] = { VTD_GSTS_TES, VTD_GSTS_IRES, VTD_GSTS_QIES };
	struct vtd_model *m = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct nyx_why why;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(busy); i++) {
		m->gsts = busy[i];
		KUNIT_EXPECT_EQ(test, -EBUSY, create(m, &why));
		KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "intel_iommu=off intremap=off"));
	}
	m->gsts = 0;
	m->gone = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, create(m, &why));
	KUNIT_EXPECT_STREQ(test, m->log, "");
}

static void enables_in_order(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, false);
	u64 pa;

	/* Left behind by firmware: must not be taken for a fault of ours. */
	u.m->records[2].high = VTD_FRCD_F;
	u.m->fsts = VTD_FSTS_PPF | VTD_FSTS_PFO | VTD_FSTS_IQE;
	u.m->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;

	KUNIT_ASSERT_EQ(test, 0, u.v->unit.ops->enable(&u.v->unit, NULL));
	KUNIT_EXPECT_STREQ(test, u.m->log, "QRCwIwTMSNwFE");
	KUNIT_EXPECT_EQ(test, u.m->root, virt_to_phys(u.v->root));
	KUNIT_EXPECT_EQ(test, u.m->gsts, ALL_ON);
	KUNIT_EXPECT_EQ(test, u.m->pmen, 0);
	KUNIT_EXPECT_EQ(test, u.m->fsts & ~(u32)VTD_FSTS_FRI, 0);
	KUNIT_EXPECT_EQ(test, u.v->unit.state, NYX_UNIT_TRANSLATING);
	/* Nobody has been let in yet. */
	KUNIT_EXPECT_EQ(test, vtd_model_dma(u.m, 0x100, 0x1000, false, &pa),
			VTD_FR_ROOT_NOT_PRESENT);

	u.v->unit.ops->disable(&u.v->unit);
	KUNIT_EXPECT_STREQ(test, u.m->log, "QRCwIwTMSNwFEtefq");
	KUNIT_EXPECT_EQ(test, u.m->gsts, (u32)(VTD_GSTS_RTPS | VTD_GSTS_IRTPS));
	KUNIT_EXPECT_EQ(test, u.v->unit.state, NYX_UNIT_OFF);
	u.v->unit.ops->disable(&u.v->unit);
	KUNIT_EXPECT_STREQ(test, u.m->log, "QRCwIwTMSNwFEtefq");
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

/* As they are when they are asked for, not as they were when the unit was found. */
static void shows_registers_as_they_are(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, false);
	u64 registers[NYX_UNIT_REGISTERS];

	u.v->unit.ops->read_registers(&u.v->unit, registers);
	KUNIT_EXPECT_EQ(test, registers[0], 0x10);
	KUNIT_EXPECT_EQ(test, registers[1], VTD_CAP_SERVER);
	KUNIT_EXPECT_EQ(test, registers[2], VTD_ECAP_SERVER);
	KUNIT_EXPECT_EQ(test, registers[3], 0);
	KUNIT_ASSERT_EQ(test, 0, u.v->unit.ops->enable(&u.v->unit, NULL));
	u.v->unit.ops->read_registers(&u.v->unit, registers);
	KUNIT_EXPECT_EQ(test, registers[3], ALL_ON);
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static void enables_again_after_resume(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	u.v->unit.ops->disable(&u.v->unit);
	/* The unit has lost its power. */
	u.m->gsts = 0;
	u.m->irta = 0;
	u.m->irt = 0;
	u.m->rtaddr = 0;
	u.m->root = 0;
	u.m->iqa = 0;
	u.m->iqt = 0;
	/* And firmware has fenced its regions off again. */
	u.m->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;
	vtd_model_clear_log(u.m);
	KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->resume(&u.v->unit));
	KUNIT_EXPECT_STREQ(test, u.m->log, "QRCwIwTMSNwFE");
	KUNIT_EXPECT_EQ(test, u.m->pmen, 0);
	KUNIT_EXPECT_EQ(test, u.m->root, virt_to_phys(u.v->root));
	KUNIT_EXPECT_EQ(test, u.v->unit.state, NYX_UNIT_TRANSLATING);
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static void undoes_a_failed_enable(struct kunit *test)
{
	static const struct {
		u32 stuck;
		bool silent, pmr;
		const char *log;
	} failures[] = {
		{ VTD_GSTS_RTPS, false, false, "QRq" },
		{ VTD_GSTS_QIES, false, false, "Q" },
		{ 0, true, false, "QRq" },
		{ VTD_GSTS_TES, false, false, "QRCwIwTq" },
		{ 0, false, true, "QRCwIwTMtq" },
		{ VTD_GSTS_IRTPS, false, false, "QRCwIwTMStq" },
		{ VTD_GSTS_IRES, false, false, "QRCwIwTMSNwFEftq" },
	};
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, false);
	u32 found = u.m->gsts, i;
	struct nyx_why why;

	u.m->rtaddr = 0x1234000;
	u.m->iqa = 0x5678000;
	u.m->irta = 0x9abc007;
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		vtd_model_clear_log(u.m);
		u.m->gsts_stuck = failures[i].stuck;
		u.m->silent = failures[i].silent;
		u.m->pmr_stuck = failures[i].pmr;
		u.m->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, u.v->unit.ops->enable(&u.v->unit, &why));
		KUNIT_EXPECT_STREQ(test, u.m->log, failures[i].log);
		KUNIT_EXPECT_EQ(test, u.m->gsts & ~(u32)(VTD_GSTS_RTPS | VTD_GSTS_IRTPS),
				found);
		KUNIT_EXPECT_EQ(test, u.m->rtaddr, 0x1234000);
		KUNIT_EXPECT_EQ(test, u.m->iqa, 0x5678000);
		KUNIT_EXPECT_EQ(test, u.m->irta, 0x9abc007);
		KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "off again"));
		KUNIT_EXPECT_EQ(test, u.v->unit.state, NYX_UNIT_OFF);
		u.m->gsts = found;
	}
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
	u.m->gsts_stuck = 0;
	u.m->silent = false;
	u.m->pmr_stuck = false;
	KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->enable(&u.v->unit, &why));
}

static void enable_refuses_what_came_on_meanwhile(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, false);

	u.m->gsts |= VTD_GSTS_IRES;
	KUNIT_EXPECT_EQ(test, -EBUSY, u.v->unit.ops->enable(&u.v->unit, NULL));
	KUNIT_EXPECT_STREQ(test, u.m->log, "");
}

static void flushes_write_buffers(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER | VTD_CAP_RWBF, VTD_ECAP_SERVER, false);
	struct nyx_flush flush = { .hwdid = 2, .first = 0x1000, .last = 0x1fff };

	KUNIT_ASSERT_EQ(test, 0, u.v->unit.ops->enable(&u.v->unit, NULL));
	KUNIT_EXPECT_STREQ(test, u.m->log, "BQRCwIwTSNwFE");
	vtd_model_clear_log(u.m);
	KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_STREQ(test, u.m->log, "Bpw");
	/* It never finishes. */
	u.m->gsts_stuck = VTD_GSTS_WBFS;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u.v->unit));
	/* Nobody waits for it twice. */
	vtd_model_clear_log(u.m);
	KUNIT_EXPECT_EQ(test, -EIO, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_STREQ(test, u.m->log, "");
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static const struct {
	u64 first, last;
	const char *log;
	u8 orders[4];
	bool around;	/* one block, larger than the range */
} ranges[] = {
	{ 0x1000, 0x1fff, "pw", { 0 } },
	{ 0x2000, 0x3fff, "pw", { 1 } },
	/* Two pages that are not a pair. */
	{ 0x1000, 0x2fff, "ppw", { 0, 0 } },
	{ 0, SZ_2M - 1, "pw", { 9 } },
	{ 0x1000, 0x8fff, "ppppw", { 0, 1, 2, 0 } },
	/* Five blocks: one around them, if it is not more than four times too much. */
	{ 0x1000, 0xafff, "pw", { 4 }, true },
	{ 0x1f1000, 0x20efff, "iw", { } },
	/* MAMV is 18, 1 GiB: just within it, and just not. */
	{ 0x40001000, 0x7fffefff, "pw", { 18 }, true },
	{ 0x80001000, 0xffffefff, "iw", { } },
	/* A quarter of 4 GiB each. */
	{ 0, 4ULL * SZ_1G - 1, "ppppw", { 18, 18, 18, 18 } },
	{ 0, 5ULL * SZ_1G - 1, "iw", { } },
	{ 0, U64_MAX, "iw", { } },
	{ 0xfffffffff000, 0xffffffffffff, "pw", { 0 } },
};

static void flush_chooses_pages_or_domain(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct nyx_flush flush = { .hwdid = 0x1234, .first = ranges[i].first,
					   .last = ranges[i].last, .leaf_only = i & 1 };
		u64 mask = ranges[i].around ? ((u64)SZ_4K << ranges[i].orders[0]) - 1 : 0;
		u64 next = ranges[i].first & ~mask;

		vtd_model_clear_log(u.m);
		KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->flush(&u.v->unit, &flush));
		KUNIT_EXPECT_STREQ(test, u.m->log, ranges[i].log);
		KUNIT_EXPECT_EQ(test, FIELD_GET(VTD_INV_DID, u.m->last_iotlb.low), 0x1234);
		for (n = 0; n < u.m->nr_pages; n++) {
			u64 high = u.m->pages[n].high;

			KUNIT_EXPECT_EQ(test, FIELD_GET(VTD_INV_IOTLB_AM, high),
					ranges[i].orders[n]);
			KUNIT_EXPECT_EQ(test, !!(high & VTD_INV_IOTLB_IH), flush.leaf_only);
			/* No gap and no overlap. */
			KUNIT_EXPECT_EQ(test, high & VTD_INV_IOTLB_ADDR, next);
			next += (u64)SZ_4K << ranges[i].orders[n];
		}
		if (n)
			KUNIT_EXPECT_EQ(test, next, (ranges[i].last | mask) + 1);
	}
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static void flush_without_page_selection(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER & ~(VTD_CAP_PSI | VTD_CAP_DRD), VTD_ECAP_SERVER,
			   true);
	struct nyx_flush flush = { .hwdid = 7, .first = 0x1000, .last = 0x1fff };

	KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_STREQ(test, u.m->log, "iw");
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static void queue_wraps(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);
	struct nyx_flush flush = { .hwdid = 2, .first = 0x1000, .last = 0x2fff };
	u32 i;

	/* Three slots a flush: every phase of the wrap of 256 comes up. */
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, 0, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_EQ(test, u.m->descriptors, 3000);
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

/* A refused descriptor is replaced by one that covers it, and what is behind it goes on. */
static void refused_descriptor_is_widened(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);
	struct nyx_flush flush = { .hwdid = 2, .first = 0x1000, .last = 0x2fff };

	u.m->refuse_type = VTD_INV_IOTLB;
	u.m->refuse_after = 1;
	u.m->refuse_times = 1;
	KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_STREQ(test, u.m->log, "pIw");
	KUNIT_EXPECT_EQ(test, u.v->queue_error.count, 1);
	KUNIT_EXPECT_EQ(test, u.v->queue_error.descriptor.high & VTD_INV_IOTLB_ADDR, 0x2000);
	KUNIT_EXPECT_FALSE(test, u.m->fsts & VTD_FSTS_IQE);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(&u.v->unit));
	KUNIT_EXPECT_EQ(test, 0, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static void expect_dead(struct kunit *test, struct up *u, int err)
{
	struct nyx_flush flush = { .hwdid = 2, .first = 0x1000, .last = 0x1fff };
	u32 done;

	KUNIT_EXPECT_EQ(test, err, u->v->unit.ops->flush(&u->v->unit, &flush));
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u->v->unit));
	done = u->v->queue.tail;
	/* It stays so, without waiting again. */
	KUNIT_EXPECT_EQ(test, err, u->v->unit.ops->flush(&u->v->unit, &flush));
	KUNIT_EXPECT_EQ(test, (u32)u->v->queue.tail, done);
	u->v->unit.ops->disable(&u->v->unit);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u->v->unit));
	KUNIT_EXPECT_FALSE(test, u->m->gsts & VTD_GSTS_TES);
}

static void refused_for_good_is_dead(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	/* So that only the refusal can be the cause, on a slow machine too. */
	u.v->queue.timeout_ns = 60ULL * NSEC_PER_SEC;
	u.m->refuse_type = VTD_INV_IOTLB;
	u.m->refuse_times = 100;
	expect_dead(test, &u, -EIO);
}

static void refused_wait_is_dead(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	u.m->refuse_type = VTD_INV_WAIT;
	u.m->refuse_times = 100;
	expect_dead(test, &u, -EIO);
}

static void silence_is_dead(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	u.m->silent = true;
	expect_dead(test, &u, -ETIMEDOUT);
}

static void device_tlb_time_out_is_dead(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	u.m->silent = true;
	u.m->fsts = VTD_FSTS_ITE;
	expect_dead(test, &u, -EIO);
	KUNIT_EXPECT_FALSE(test, u.m->fsts & VTD_FSTS_ITE);
}

static void a_vanished_unit_is_dead(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);
	struct nyx_flush flush = { .hwdid = 2, .first = 0x1000, .last = 0x1fff };

	u.m->gone = true;
	u.m->silent = true;
	KUNIT_EXPECT_EQ(test, -EIO, u.v->unit.ops->flush(&u.v->unit, &flush));
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u.v->unit));
	u.v->unit.ops->drain_faults(&u.v->unit);
	u.v->unit.ops->disable(&u.v->unit);
	KUNIT_EXPECT_STREQ(test, u.m->log, "");
}

static void tables_outlive_a_unit_that_stays_on(struct kunit *test)
{
	static const u32 stuck[] = { 0, VTD_GSTS_TES, VTD_GSTS_IRES, VTD_GSTS_QIES };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(stuck); i++) {
		struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

		u.m->gsts_stuck = stuck[i];
		vtd_model_expect_left(test, u.v, stuck[i]);
	}
}

/* With its queue off: only the interrupt table is still in use. */
static void tables_outlive_remapping_that_stays_on(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	u.m->gsts_stuck = VTD_GSTS_IRES;
	u.v->unit.ops->put_back(&u.v->unit);
	KUNIT_EXPECT_EQ(test, u.m->gsts & (u32)(VTD_GSTS_TES | VTD_GSTS_QIES), 0);
	vtd_model_expect_left(test, u.v, true);
}

/* Nothing read from it proves anything. */
static void tables_outlive_a_vanished_unit(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, true);

	u.m->gone = true;
	vtd_model_expect_left(test, u.v, true);
}

static void a_failed_enable_says_that_it_stays_on(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER, false);
	struct nyx_why why;

	u.m->pmr_stuck = true;
	u.m->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;
	u.m->te_sticks_on = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, u.v->unit.ops->enable(&u.v->unit, &why));
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "does not go off, reboot"));
	vtd_model_expect_left(test, u.v, true);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(refuses_a_unit_in_use),
	KUNIT_CASE(enables_in_order),
	KUNIT_CASE(shows_registers_as_they_are),
	KUNIT_CASE(enables_again_after_resume),
	KUNIT_CASE(undoes_a_failed_enable),
	KUNIT_CASE(enable_refuses_what_came_on_meanwhile),
	KUNIT_CASE(flushes_write_buffers),
	KUNIT_CASE(flush_chooses_pages_or_domain),
	KUNIT_CASE(flush_without_page_selection),
	KUNIT_CASE(queue_wraps),
	KUNIT_CASE(refused_descriptor_is_widened),
	KUNIT_CASE(refused_for_good_is_dead),
	KUNIT_CASE(refused_wait_is_dead),
	KUNIT_CASE(silence_is_dead),
	KUNIT_CASE(device_tlb_time_out_is_dead),
	KUNIT_CASE(a_vanished_unit_is_dead),
	KUNIT_CASE(tables_outlive_a_unit_that_stays_on),
	KUNIT_CASE(tables_outlive_remapping_that_stays_on),
	KUNIT_CASE(tables_outlive_a_vanished_unit),
	KUNIT_CASE(a_failed_enable_says_that_it_stays_on),
	{}
};

static struct kunit_suite vtd_unit_suite = {
	.name = "vtd_unit",
	.exit = unit_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_unit_suite);
