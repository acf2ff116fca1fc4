// SPDX-License-Identifier: GPL-2.0
/*
 * VT-d interrupt entries: every encoding against the specification's bit numbers, who has
 * which index, and on the register model what arrives while they change.
 */
#include <linux/bitmap.h>

#include "hooks.h"
#include "vtd_model.h"

#define OWN	0x0310
#define OTHER	0x0408

struct up {
	struct vtd_model *m;
	struct vtd_unit *v;
	const struct nyx_unit_ops *ops;
};

static struct nyx_fault_event last_fault;

static const u16 own_rids[] = { OWN };
static struct nyx_irq_source own = { .rids = own_rids, .nr_rids = 1 };

static void on_fault(struct nyx_unit *unit, const struct nyx_fault_event *event)
{
	last_fault = *event;
}

static struct up make(struct kunit *test, u64 cap, u64 ecap)
{
	struct up u = { .m = vtd_model_new(test, cap, ecap) };

	u.v = vtd_model_unit(u.m);
	u.ops = u.v->unit.ops;
	nyx_fault_test_hook = on_fault;
	test->priv = u.v;
	KUNIT_ASSERT_EQ(test, 0, u.ops->enable(&u.v->unit, NULL));
	KUNIT_ASSERT_EQ(test, (int)u.v->unit.remapping.state, (int)NYX_REMAPPING_ON);
	vtd_model_clear_log(u.m);
	return u;
}

static void irte_exit(struct kunit *test)
{
	vtd_model_free(test->priv);
	nyx_fault_test_hook = NULL;
}

/* ---- encodings ---- */

static void entries_of_all_kinds(struct kunit *test)
{
	static const u32 destinations[] = { 0, 1, 0x81, 0xff, 0x100, 0x12345678, 0xffffffff };
	static const u8 vectors[] = { 0x10, 0x20, 0xa5, 0xff };
	u32 kind, d, n;
	u64 low;

	/* Delivery mode, trigger mode, redirection hint, destination mode, EIME. */
	for (kind = 0; kind < 128; kind++) {
		u64 delivery = kind & 7, level = kind >> 3 & 1, redirect = kind >> 4 & 1;
		u64 logical = kind >> 5 & 1, extended = kind >> 6;

		for (d = 0; d < ARRAY_SIZE(destinations); d++) {
			for (n = 0; n < ARRAY_SIZE(vectors); n++) {
				struct nyx_irte irte = {
					.present = true, .delivery = delivery, .level = level,
					.redirect = redirect, .logical = logical,
					.vector = vectors[n], .destination = destinations[d],
				};
				u64 expected = 1 | logical << 2 | redirect << 3 | level << 4 |
					       delivery << 5 | (u64)vectors[n] << 16 |
					       (u64)destinations[d] << (extended ? 32 : 40);
				int err = vtd_encode_irte(&irte, extended, &low);

				if (!extended && destinations[d] > 0xff) {
					KUNIT_EXPECT_EQ(test, err, -ERANGE);
					continue;
				}
				KUNIT_EXPECT_EQ(test, err, 0);
				KUNIT_EXPECT_EQ(test, low, expected);
				irte.present = false;
				KUNIT_EXPECT_EQ(test, 0, vtd_encode_irte(&irte, extended, &low));
				KUNIT_EXPECT_EQ(test, low, 0);
				/* FPD, and nothing else of what it said. */
				irte.suppress_faults = true;
				KUNIT_EXPECT_EQ(test, 0, vtd_encode_irte(&irte, extended, &low));
				KUNIT_EXPECT_EQ(test, low, BIT(1));
				irte.present = true;
				KUNIT_EXPECT_EQ(test, 0, vtd_encode_irte(&irte, extended, &low));
				KUNIT_EXPECT_EQ(test, low, expected);
			}
		}
	}
}

static const struct {
	u16 rids[4];
	u8 nr;
	u64 high;
	const char *says;
} sources[] = {
	/* SVT (bits 83:82) 01b, SQ (bits 81:80), SID. */
	{ { 0x0311 }, 1, 0x40311, "03:02.1" },
	{ { 0x0311, 0x0311 }, 2, 0x40311, "03:02.1" },
	{ { 0xffff }, 1, 0x4ffff, "ff:1f.7" },
	{ { 0x0310, 0x0314 }, 2, 0x50310, "03:02.0 and the function that differs in bit 2" },
	{ { 0x0315, 0x0311 }, 2, 0x50315, "03:02.5 and the function" },
	{ { 0x0310, 0x0312 }, 2, 0x60310, "bits 2 and 1" },
	{ { 0x0310, 0x0316, 0x0314 }, 3, 0x60310, "bits 2 and 1" },
	{ { 0x0310, 0x0311 }, 2, 0x70310, "all functions of its slot" },
	{ { 0x0317, 0x0310 }, 2, 0x70317, "all functions of its slot" },
	/* SVT 10b: first and last bus. */
	{ { 0x0310, 0x0318 }, 2, 0x80303, "buses 03 to 03" },
	{ { 0x0508, 0x0400 }, 2, 0x80405, "buses 04 to 05" },
	{ { 0x0400, 0x0508 }, 2, 0x80405, "buses 04 to 05" },
	{ { 0x0400, 0x0508, 0x0300, 0x0401 }, 4, 0x80305, "buses 03 to 05" },
};

static void sources_of_all_kinds(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct nyx_irte irte = { .present = true, .vector = 0x55 };
	struct vtd_model_raised raised;
	u32 i, k, index;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		struct nyx_irq_source source = { .rids = sources[i].rids, .nr_rids = sources[i].nr };
		struct nyx_irte_view view;
		struct msi_msg msg;

		KUNIT_EXPECT_EQ_MSG(test, vtd_encode_source(&source), sources[i].high, "%u", i);
		KUNIT_ASSERT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &source, 1, &index));
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &source, index, &irte));
		u.ops->irq_read(&u.v->unit, &source, index, &view);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(view.source, sources[i].says), "%s",
					  view.source);
		/* Every id of it is served, somebody else on another bus is not. */
		u.ops->irq_compose(&u.v->unit, index, 0, &msg);
		for (k = 0; k < sources[i].nr; k++)
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    vtd_model_interrupt(u.m, sources[i].rids[k],
								msg.address_lo, msg.data, &raised),
					    "%u: %x", i, sources[i].rids[k]);
		KUNIT_EXPECT_EQ(test, 0x26, vtd_model_interrupt(u.m, 0x0210, msg.address_lo,
								msg.data, &raised));
		u.ops->drain_faults(&u.v->unit);
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_release(&u.v->unit, &source, index, 1));
	}
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static const struct {
	u32 index, sub, address, data;
} messages[] = {
	/* Handle 14:0 in bits 19:5, 15 in bit 2; format (4) and SHV (3). */
	{ 0, 0, 0xfee00018, 0 },
	{ 1, 0, 0xfee00038, 0 },
	{ 0x1234, 0, 0xfee24698, 0 },
	{ 0x7fff, 0, 0xfeeffff8, 0 },
	{ 0x8000, 0, 0xfee0001c, 0 },
	{ 0xffff, 0, 0xfeeffffc, 0 },
	{ 0x20, 31, 0xfee00418, 31 },
};

static void messages_of_all_indexes(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct msi_msg msg;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		msg = (struct msi_msg) { .address_hi = 1 };
		u.ops->irq_compose(&u.v->unit, messages[i].index, messages[i].sub, &msg);
		KUNIT_EXPECT_EQ(test, msg.address_hi, 0);
		KUNIT_EXPECT_EQ(test, msg.address_lo, messages[i].address);
		KUNIT_EXPECT_EQ(test, msg.data, messages[i].data);
	}
}

static void shows_what_the_unit_reads(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct nyx_irte_view view;

	u.v->irt[7] = (struct vtd_irte) { 0x00008100005500fdULL, 0x40310 };
	u.ops->irq_read(&u.v->unit, &own, 7, &view);
	KUNIT_EXPECT_TRUE(test, view.irte.present && view.irte.logical && view.irte.redirect &&
				view.irte.level);
	KUNIT_EXPECT_EQ(test, view.irte.delivery, 7);
	KUNIT_EXPECT_EQ(test, view.irte.vector, 0x55);
	KUNIT_EXPECT_EQ(test, view.irte.destination, 0x81);
	KUNIT_EXPECT_EQ(test, view.nr_words, 2);
	KUNIT_EXPECT_EQ(test, view.words[0], 0x00008100005500fdULL);
	KUNIT_EXPECT_EQ(test, view.words[1], 0x40310);
	/* Somebody has spoilt it. */
	u.v->irt[7].high = 0;
	u.ops->irq_read(&u.v->unit, &own, 7, &view);
	KUNIT_EXPECT_STREQ(test, view.source, "not verified");
	u.v->irt[7].low = 0;
	u.ops->irq_read(&u.v->unit, &own, 7, &view);
	KUNIT_EXPECT_FALSE(test, view.irte.present);
}

/* ---- indexes ---- */

static void indexes_in_aligned_blocks(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 3, 1, 32, 5, 8, 1, 7, 16, 2 };
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	DECLARE_BITMAP(taken, VTD_MODEL_INTERRUPTS) = {};
	u32 at[ARRAY_SIZE(sizes)], i, k, index;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_ASSERT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &own, sizes[i], &at[i]));
		KUNIT_EXPECT_EQ(test, at[i] % roundup_pow_of_two(sizes[i]), 0);
		for (k = at[i]; k < at[i] + sizes[i]; k++)
			KUNIT_EXPECT_FALSE(test, __test_and_set_bit(k, taken));
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_release(&u.v->unit, &own, at[i], sizes[i]));

	/* Full, and again once they are back. */
	for (i = 0; i < VTD_MODEL_INTERRUPTS / 32; i++)
		KUNIT_ASSERT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &own, 32, &index));
	KUNIT_EXPECT_EQ(test, -ENOSPC, u.ops->irq_reserve(&u.v->unit, &own, 1, &index));
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_release(&u.v->unit, &own, 64, 32));
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &own, 1, &index));
	KUNIT_EXPECT_EQ(test, index, 64);
	KUNIT_EXPECT_EQ(test, -ENOSPC, u.ops->irq_reserve(&u.v->unit, &own, 32, &index));
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &own, 16, &index));
	KUNIT_EXPECT_EQ(test, index, 80);
	KUNIT_EXPECT_EQ(test, -ENOSPC, u.ops->irq_reserve(&u.v->unit, &own, 257, &index));
	KUNIT_EXPECT_EQ(test, -ENOSPC, u.ops->irq_reserve(&u.v->unit, &own, 0, &index));
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static u32 raise(struct up *u, u16 rid, u32 index, u32 sub, struct vtd_model_raised *raised)
{
	struct msi_msg msg;

	u->ops->irq_compose(&u->v->unit, index, sub, &msg);
	return vtd_model_interrupt(u->m, rid, msg.address_lo, msg.data, raised);
}

static u32 a_live_index(struct kunit *test, struct up *u, u32 nr)
{
	struct nyx_irte irte = { .present = true, .vector = 0x40 };
	struct vtd_model_raised raised;
	u32 index, i;

	KUNIT_ASSERT_EQ(test, 0, u->ops->irq_reserve(&u->v->unit, &own, nr, &index));
	for (i = 0; i < nr; i++, irte.vector++) {
		KUNIT_EXPECT_EQ(test, 0x22, raise(u, OWN, index, i, &raised));
		KUNIT_ASSERT_EQ(test, 0, u->ops->irq_write(&u->v->unit, &own, index + i, &irte));
		/* And cached from now on. */
		KUNIT_EXPECT_EQ(test, 0, raise(u, OWN, index, i, &raised));
		KUNIT_EXPECT_EQ(test, raised.vector, 0x40 + i);
	}
	u->ops->drain_faults(&u->v->unit);
	vtd_model_clear_log(u->m);
	return index;
}

/* Others get it with nothing left of it; that the unit was told of once, whatever its size. */
static void reused_after_invalidation(struct kunit *test)
{
	static const struct {
		u32 nr;
		u64 mhmv;
		const char *log;
	} cases[] = {
		{ 1, 0xf, "nw" }, { 4, 0xf, "nw" }, { 3, 0xf, "nw" }, { 4, 2, "nw" },
		{ 4, 1, "Nw" }, { 2, 0, "Nw" }, { 1, 0, "nw" },
	};
	static const u16 rids[] = { OTHER };
	struct nyx_irq_source other = { .rids = rids, .nr_rids = 1 };
	struct nyx_irte irte = { .present = true, .vector = 0x99 };
	struct vtd_model_raised raised;
	u32 i, k, index, again;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 ecap = (VTD_ECAP_SERVER & ~0xf00000ULL) | cases[i].mhmv << 20;
		struct up u = make(test, VTD_CAP_SERVER, ecap);

		index = a_live_index(test, &u, cases[i].nr);
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_release(&u.v->unit, &own, index, cases[i].nr));
		KUNIT_EXPECT_STREQ(test, u.m->log, cases[i].log);
		KUNIT_EXPECT_EQ(test, u.v->queue_error.count, 0);
		for (k = 0; k < cases[i].nr; k++)
			KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, index, k, &raised));
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &other, cases[i].nr,
							    &again));
		KUNIT_EXPECT_EQ(test, again, index);
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &other, index, &irte));
		KUNIT_EXPECT_EQ(test, 0, raise(&u, OTHER, index, 0, &raised));
		KUNIT_EXPECT_EQ(test, raised.vector, 0x99);
		KUNIT_EXPECT_EQ(test, 0x26, raise(&u, OWN, index, 0, &raised));
		KUNIT_EXPECT_EQ(test, u.m->violations, 0);
		vtd_model_free(u.v);
		test->priv = NULL;
	}
}

/* A descriptor that the unit refuses is replaced by the one for all entries. */
static void refused_invalidation_is_widened(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	u32 index = a_live_index(test, &u, 2);
	struct vtd_model_raised raised;

	u.m->refuse_type = 4;
	u.m->refuse_times = 1;
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_release(&u.v->unit, &own, index, 2));
	KUNIT_EXPECT_STREQ(test, u.m->log, "Nw");
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(&u.v->unit));
	KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, index, 1, &raised));
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static void a_dead_units_indexes_are_lost(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	u32 index = a_live_index(test, &u, 1), other = a_live_index(test, &u, 1), next;
	struct nyx_irte irte = { .present = true, .vector = 0x77 }, none = {};

	u.m->silent = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, u.ops->irq_release(&u.v->unit, &own, index, 1));
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u.v->unit));
	KUNIT_EXPECT_NE(test, 0, u.ops->irq_write(&u.v->unit, &own, other, &irte));
	/* Not in memory any more, whatever the unit holds. */
	KUNIT_EXPECT_NE(test, 0, u.ops->irq_write(&u.v->unit, &own, other, &none));
	KUNIT_EXPECT_EQ(test, u.v->irt[other].low, 0);
	/* Well again or not. */
	u.m->silent = false;
	KUNIT_EXPECT_NE(test, 0, u.ops->irq_release(&u.v->unit, &own, other, 1));
	KUNIT_EXPECT_NE(test, 0, u.ops->irq_write(&u.v->unit, &own, other, &irte));
	while (!u.ops->irq_reserve(&u.v->unit, &own, 1, &next)) {
		KUNIT_EXPECT_NE(test, next, index);
		KUNIT_EXPECT_NE(test, next, other);
	}
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

/* Though it has done as it was told: what it did before is not known. */
static void so_are_those_of_one_that_still_answers(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	u32 index = a_live_index(test, &u, 1), next;

	nyx_unit_mark_dead(&u.v->unit, "another reason");
	KUNIT_EXPECT_EQ(test, -EIO, u.ops->irq_release(&u.v->unit, &own, index, 1));
	KUNIT_EXPECT_STREQ(test, u.m->log, "nw");
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &own, 1, &next));
	KUNIT_EXPECT_NE(test, next, index);
}

/* ---- entries that change ---- */

static const struct {
	u64 cap, ecap;
	const char *first, *change;	/* what the unit is told of */
} kinds[] = {
	{ VTD_CAP_SERVER, VTD_ECAP_SERVER, "", "nw" },
	{ VTD_CAP_SERVER | VTD_CAP_CM, VTD_ECAP_SERVER, "nw", "nw" },
	{ VTD_CAP_SERVER | VTD_CAP_RWBF, VTD_ECAP_SERVER, "B", "Bnw" },
	/* Reads past the caches. */
	{ VTD_CAP_CLIENT, VTD_ECAP_CLIENT, "", "nw" },
	{ VTD_CAP_QEMU39, VTD_ECAP_QEMU, "nw", "nw" },
};

static void arrives_as_the_entry_says(struct kunit *test)
{
	struct nyx_irte irte, none = {};
	struct vtd_model_raised raised;
	u32 i, index;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct up u = make(test, kinds[i].cap, kinds[i].ecap);

		irte = (struct nyx_irte) { .present = true, .delivery = 1, .logical = true,
					   .redirect = true, .level = true, .vector = 0x31,
					   .destination = 0x82 };
		KUNIT_ASSERT_EQ(test, 0, u.ops->irq_reserve(&u.v->unit, &own, 1, &index));
		KUNIT_EXPECT_STREQ(test, u.m->log, "");
		KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, index, 0, &raised));
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
		KUNIT_EXPECT_STREQ_MSG(test, u.m->log, kinds[i].first, "kind %u", i);
		KUNIT_EXPECT_EQ(test, 0, raise(&u, OWN, index, 0, &raised));
		KUNIT_EXPECT_TRUE(test, raised.logical && raised.redirect && raised.level &&
					!raised.compatibility);
		KUNIT_EXPECT_EQ(test, raised.delivery, 1);
		KUNIT_EXPECT_EQ(test, raised.vector, 0x31);
		KUNIT_EXPECT_EQ(test, raised.destination, 0x82);

		/* Another CPU; nothing new; one that its format cannot name; and away. */
		vtd_model_clear_log(u.m);
		irte.vector = 0x42;
		irte.destination = 3;
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
		KUNIT_EXPECT_STREQ_MSG(test, u.m->log, kinds[i].change, "kind %u", i);
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
		irte.destination = 0x100;
		KUNIT_EXPECT_EQ(test, -ERANGE, u.ops->irq_write(&u.v->unit, &own, index, &irte));
		KUNIT_EXPECT_STREQ_MSG(test, u.m->log, kinds[i].change, "kind %u", i);
		KUNIT_EXPECT_EQ(test, 0, raise(&u, OWN, index, 0, &raised));
		KUNIT_EXPECT_EQ(test, raised.vector, 0x42);
		KUNIT_EXPECT_EQ(test, raised.destination, 3);
		vtd_model_clear_log(u.m);
		KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &none));
		KUNIT_EXPECT_STREQ_MSG(test, u.m->log, kinds[i].change, "kind %u", i);
		KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, index, 0, &raised));
		KUNIT_EXPECT_EQ(test, u.m->violations, 0);
		vtd_model_free(u.v);
		test->priv = NULL;
	}
}

/* What a device may try with its messages, and what the record of it says. */
static void forged_messages_are_blocked(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	u32 index = a_live_index(test, &u, 2), i;
	const struct {
		u16 rid;
		u32 address, data, reason, index;
	} forged[] = {
		{ OTHER, 0xfee00018 | index << 5, 0, 0x26, index },
		{ OWN, 0xfee00018 | index << 5, 2, 0x22, index + 2 },
		{ OWN, 0xfee00018 | index << 5, 0x10000, 0x20, index },
		{ OWN, 0xfee00018 | 256 << 5, 0, 0x21, 256 },
		{ OWN, 0xfeeffffc, 0, 0x21, 0xffff },
		{ OWN, 0xfee00010 | 0x80 << 5, 0, 0x22, 0x80 },
	};
	struct vtd_model_raised raised;

	for (i = 0; i < ARRAY_SIZE(forged); i++) {
		KUNIT_EXPECT_EQ_MSG(test, forged[i].reason,
				    vtd_model_interrupt(u.m, forged[i].rid, forged[i].address,
							forged[i].data, &raised), "%u", i);
		u.ops->drain_faults(&u.v->unit);
		KUNIT_EXPECT_EQ(test, last_fault.rid, forged[i].rid);
		KUNIT_EXPECT_EQ(test, last_fault.reason, forged[i].reason);
		KUNIT_EXPECT_EQ(test, (int)last_fault.kind, (int)NYX_FAULT_INTERRUPT);
		KUNIT_EXPECT_TRUE(test, last_fault.has_index);
		KUNIT_EXPECT_EQ_MSG(test, last_fault.index, forged[i].index, "%u", i);
	}
	/* In compatibility format it passes, and forgeable says so. */
	KUNIT_EXPECT_EQ(test, 0, vtd_model_interrupt(u.m, OWN, 0xfee01000, 0x4030, &raised));
	KUNIT_EXPECT_TRUE(test, raised.compatibility && u.v->unit.remapping.forgeable);
	/* And its own two arrive all the while. */
	KUNIT_EXPECT_EQ(test, 0, raise(&u, OWN, index, 1, &raised));
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

/* A fenced device's entries refuse it without a record; nobody else's do. */
static void suppressed_faults(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	u32 index = a_live_index(test, &u, 2);
	struct nyx_irte irte = { .suppress_faults = true };
	struct vtd_model_raised raised;

	last_fault = (struct nyx_fault_event) {};
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
	KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, index, 0, &raised));
	u.ops->drain_faults(&u.v->unit);
	KUNIT_EXPECT_EQ(test, last_fault.reason, 0);
	KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, 0x80, 0, &raised));
	u.ops->drain_faults(&u.v->unit);
	KUNIT_EXPECT_EQ(test, last_fault.index, 0x80);
	irte = (struct nyx_irte) { .present = true, .vector = 0x44 };
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
	KUNIT_EXPECT_EQ(test, 0, raise(&u, OWN, index, 0, &raised));
	/* Whoever has the entry next is heard. */
	irte = (struct nyx_irte) { .suppress_faults = true };
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_release(&u.v->unit, &own, index, 1));
	last_fault = (struct nyx_fault_event) {};
	KUNIT_EXPECT_EQ(test, 0x22, raise(&u, OWN, index, 0, &raised));
	u.ops->drain_faults(&u.v->unit);
	KUNIT_EXPECT_EQ(test, last_fault.reason, 0x22);
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

/*
 * A device keeps the unit busy, so nothing completes and the ring fills up: entries are
 * written all the same, and whoever waits for the device makes up for what found no room.
 */
static void behind_a_device(struct kunit *test)
{
	struct up u = make(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct nyx_device_tlb tlb = { .rid = OTHER, .queue_depth = 1 };
	u32 index = a_live_index(test, &u, 1), i;
	struct nyx_irte irte = { .present = true };
	struct vtd_model_raised raised;

	u.m->silent = true;
	WRITE_ONCE(u.v->queue.device_pending, true);
	for (i = 0; i < 140; i++) {
		irte.vector = 0x50 + i;
		KUNIT_ASSERT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, index, &irte));
	}
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(&u.v->unit));
	KUNIT_EXPECT_TRUE(test, u.v->interrupts_owed);
	KUNIT_EXPECT_EQ(test, 0, raise(&u, OWN, index, 0, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x40);

	/* The device has answered, and the unit goes on. */
	u.m->silent = false;
	nyx_write64(&u.v->io, VTD_IQT, nyx_read64(&u.v->io, VTD_IQT));
	WRITE_ONCE(u.v->queue.device_pending, false);
	vtd_model_clear_log(u.m);
	mutex_lock(&u.v->unit.device_tlb_lock);
	KUNIT_EXPECT_EQ(test, 0, u.ops->flush_device_tlb(&u.v->unit, &tlb, 0, 0xfff));
	mutex_unlock(&u.v->unit.device_tlb_lock);
	KUNIT_EXPECT_FALSE(test, u.v->interrupts_owed);
	KUNIT_EXPECT_STREQ(test, u.m->log, "dwNw");
	KUNIT_EXPECT_EQ(test, 0, raise(&u, OWN, index, 0, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, irte.vector);
	KUNIT_EXPECT_EQ(test, u.m->violations, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(entries_of_all_kinds),
	KUNIT_CASE(sources_of_all_kinds),
	KUNIT_CASE(messages_of_all_indexes),
	KUNIT_CASE(shows_what_the_unit_reads),
	KUNIT_CASE(indexes_in_aligned_blocks),
	KUNIT_CASE(reused_after_invalidation),
	KUNIT_CASE(refused_invalidation_is_widened),
	KUNIT_CASE(a_dead_units_indexes_are_lost),
	KUNIT_CASE(so_are_those_of_one_that_still_answers),
	KUNIT_CASE(arrives_as_the_entry_says),
	KUNIT_CASE(forged_messages_are_blocked),
	KUNIT_CASE(suppressed_faults),
	KUNIT_CASE(behind_a_device),
	{}
};

static struct kunit_suite vtd_irte_suite = {
	.name = "vtd_irte",
	.exit = irte_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_irte_suite);
