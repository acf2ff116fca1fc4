// SPDX-License-Identifier: GPL-2.0
/*
 * An AMD-Vi unit that is found translating with somebody else's tables: refused, taken over,
 * and put back, on the register model. All the while a host device does DMA.
 */
#include <asm/apic.h>

#include "../core.h"
#include "amdvi_fixture.h"

#define HOST		0x0020	/* passes in the tables of both owners */
#define STRANGER	0x0028	/* passes in those of the former one only */
#define ENTRIES		128	/* of its table: one page */
#define IOMMU_EN	BIT_ULL(0)
/* IommuEn, EventLogEn, EventIntEn, Coherent, Isoc, CmdBufEn. */
#define ON		0x1c0dULL

struct left_on {
	struct amdvi_fixture *fx;
	struct amdvi_model *m, before;
	struct amdvi_dte *table;
};

static void *page(struct kunit *test)
{
	/* A page of its own, at its start: what a register can point to. */
	void *p = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return PTR_ALIGN(p, PAGE_SIZE);
}

/* On, by somebody else, with rings that have been used. */
static struct left_on *left_on(struct kunit *test)
{
	struct left_on *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	struct amdvi_model *m;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, l);
	l->fx = fx_alloc(test, FX_EFR);
	m = &l->fx->model;
	l->m = m;
	l->table = page(test);
	for (i = 0; i < ENTRIES; i++)
		l->table[i].word[0] = 3;		/* V, TV, and no right to anything */
	l->table[HOST].word[0] |= 3ULL << 61;
	l->table[HOST].word[1] = 7 | BIT_ULL(39);	/* domain 7, EX */
	l->table[STRANGER] = l->table[HOST];
	m->devtab = virt_to_phys(l->table);
	m->cmd_base = virt_to_phys(page(test)) | 8ULL << 56;
	m->event_base = virt_to_phys(page(test)) | 8ULL << 56;
	m->excl_base = 0x100001;
	m->excl_limit = 0x1ff000;
	m->control = ON;
	m->cmd_head = 0x40;
	m->cmd_tail = 0x40;
	m->event_tail = 0x30;
	m->status = BIT(1);
	m->cmd_run = true;
	m->log_run = true;
	m->log_was_off = false;
	amdvi_model_device(m, HOST, 0x5000);
	return l;
}

/* Probed with takeover=1, our tables written. */
static struct left_on *probed(struct kunit *test)
{
	static const struct nyx_entry pass = { .kind = NYX_ENTRY_PASS };
	struct left_on *l = left_on(test);

	nyx_takeover = true;
	KUNIT_ASSERT_EQ_MSG(test, fx_create(l->fx), 0, "%s", l->fx->why.text);
	KUNIT_ASSERT_EQ(test, l->fx->unit->ops->set_entry(l->fx->unit, HOST, &pass), 0);
	KUNIT_EXPECT_EQ(test, l->m->nr_writes, 0);
	l->before = *l->m;
	return l;
}

static void takeover_exit(struct kunit *test)
{
	nyx_takeover = false;
}

static void expect_calm(struct kunit *test, const struct left_on *l)
{
	KUNIT_EXPECT_FALSE(test, l->m->went_off);
	KUNIT_EXPECT_EQ(test, l->m->refused, 0);
	KUNIT_EXPECT_EQ(test, l->m->misuse, 0);
}

static bool stranger_passes(struct left_on *l)
{
	unsigned int refused = l->m->refused;
	bool passes;

	amdvi_model_device(l->m, STRANGER, 0x7000);
	passes = l->m->refused == refused;
	l->m->refused = refused;
	amdvi_model_device(l->m, HOST, 0x5000);
	return passes;
}

static void amdvi_takeover_test_takes_over(struct kunit *test)
{
	struct left_on *l = probed(test);
	struct amdvi_fixture *fx = l->fx;
	struct amdvi_dte ours;
	unsigned int i;

	KUNIT_ASSERT_EQ_MSG(test, fx->unit->ops->enable(fx->unit, &fx->why), 0, "%s",
			    fx->why.text);
	expect_calm(test, l);
	KUNIT_EXPECT_TRUE(test, fx->unit->taken_over);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_TRANSLATING);
	KUNIT_EXPECT_EQ(test, l->m->devtab, virt_to_phys(fx->amdvi->devtab) | 0x1ff);
	KUNIT_EXPECT_EQ(test, l->m->cmd_base & GENMASK_ULL(51, 12), fx->amdvi->queue.ring_pa);
	KUNIT_EXPECT_EQ(test, l->m->event_base & GENMASK_ULL(51, 12),
			virt_to_phys(fx->amdvi->log));
	KUNIT_EXPECT_EQ(test, l->m->excl_base, 0);
	/* The links stay as they were; no interrupt, for there is no function here. */
	KUNIT_EXPECT_EQ(test, l->m->control, ON & ~BIT_ULL(3));
	KUNIT_EXPECT_EQ(test, l->m->status, 0);
	/* Its device came by no other entry than the one of before and ours. */
	memcpy(&ours, &fx->amdvi->devtab[HOST], sizeof(ours));
	for (i = 0; i < l->m->nr_seen; i++)
		KUNIT_EXPECT_TRUE(test, !memcmp(&l->m->seen[i], &l->table[HOST], sizeof(ours)) ||
					!memcmp(&l->m->seen[i], &ours, sizeof(ours)));
	/* Nothing of the former owner's is cached: neither the entry nor what it gave. */
	KUNIT_EXPECT_EQ(test, memcmp(&l->m->dte, &ours, sizeof(ours)), 0);
	KUNIT_EXPECT_FALSE(test, amdvi_model_any(l->m, 7));
	KUNIT_EXPECT_FALSE(test, stranger_passes(l));

	/* Unload: off, as any unit, whatever it was found to be. */
	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_EQ(test, l->m->control & (IOMMU_EN | 0x100c), 0);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_OFF);
	fx_expect_left(test, fx, false);
}

/*
 * Each of the former owner's entries sends interrupts through a table of its own, as the
 * in-tree driver's do; in the format that it chose, which stays.
 */
static void amdvi_takeover_test_remapped(struct kunit *test)
{
	static const u16 ids[] = { STRANGER };
	static const struct nyx_irte irte = { .present = true, .vector = 0x31, .destination = 2 };
	static const struct nyx_entry own = {
		.kind = NYX_ENTRY_BLOCKED, .remap_interrupts = true,
	};
	struct nyx_irq_source source = { .rids = ids, .nr_rids = 1 };
	unsigned int ga, i;
	u64 words[2];

	for (ga = 0; ga < 2; ga++) {
		const u64 format = ga ? BIT_ULL(17) : 0;
		struct left_on *l = probed(test);
		struct amdvi_fixture *fx = l->fx;
		const struct nyx_unit_ops *ops = fx->unit->ops;
		u64 *irtes = page(test);

		irtes[0] = 0xff01;			/* vector 0 in either format */
		for (i = 0; i < ENTRIES; i++)
			l->table[i].word[2] = 1 | 9 << 1 | 2ULL << 60 | virt_to_phys(irtes);
		l->m->control |= format;
		l->m->irq_on = true;
		amdvi_model_interrupt(l->m, HOST, 0, words);
		KUNIT_EXPECT_TRUE(test, amdvi_model_holds_irte(l->m, HOST));
		KUNIT_ASSERT_EQ_MSG(test, ops->enable(fx->unit, &fx->why), 0, "%s", fx->why.text);
		expect_calm(test, l);
		KUNIT_EXPECT_EQ(test, l->m->control, (ON & ~BIT_ULL(3)) | format);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_ON);
		/* What the host's device sends, it sends unmapped. */
		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(l->m, HOST, 0, words),
				MODEL_IRQ_PASSED);
		KUNIT_EXPECT_FALSE(test, amdvi_model_holds_irte(l->m, HOST));

		KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &source), 0);
		KUNIT_EXPECT_EQ(test, ops->set_entry(fx->unit, STRANGER, &own), 0);
		KUNIT_EXPECT_EQ(test, ops->irq_write(fx->unit, &source, 1, &irte), 0);
		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(l->m, STRANGER, 1, words),
				MODEL_IRQ_RAISED);
		KUNIT_EXPECT_EQ(test, words[0], ga ? 0x201 : 0x310201);
		KUNIT_EXPECT_EQ(test, words[1], ga ? 0x31 : 0);
		ops->set_entry(fx->unit, STRANGER, &(struct nyx_entry){});
		ops->irq_close(fx->unit, &source);

		/* Put back with the table that it is about, and had once more. */
		ops->put_back(fx->unit);
		KUNIT_EXPECT_EQ(test, l->m->control, ON | format);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_OFF);
		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(l->m, HOST, 0, words),
				MODEL_IRQ_RAISED);
		fx_expect_left(test, fx, false);
	}
}

/* Found in x2APIC mode, when the processors are not: it goes on, and remaps nothing. */
static void amdvi_takeover_test_x2apic(struct kunit *test)
{
	const u64 format = BIT_ULL(17) | BIT_ULL(50);
	struct left_on *l = probed(test);
	struct amdvi_fixture *fx = l->fx;

	l->m->control |= format;
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	expect_calm(test, l);
	KUNIT_EXPECT_EQ(test, l->m->control, (ON & ~BIT_ULL(3)) | format);
	if (x2apic_enabled()) {
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_ON);
	} else {
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_OFF);
		KUNIT_EXPECT_NOT_NULL(test, strstr(fx->unit->remapping.why, "x2APIC"));
	}
	fx->unit->ops->disable(fx->unit);
	fx_expect_left(test, fx, false);
}

static void expect_refused(struct kunit *test, struct left_on *l, const char *why, bool helps)
{
	struct amdvi_fixture *fx = l->fx;

	KUNIT_EXPECT_EQ(test, fx_create(fx), -EBUSY);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fx->why.text, why), "%s", fx->why.text);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fx->why.text, "amd_iommu=off"));
	KUNIT_EXPECT_EQ(test, !!strstr(fx->why.text, "takeover=1"), helps);
	KUNIT_EXPECT_EQ(test, l->m->nr_writes, 0);
}

static void amdvi_takeover_test_refusals(struct kunit *test)
{
	static const struct {
		u64 control;
		const char *why;
	} features[] = {
		{ 1ULL << 34, "segmented" },
		{ 1ULL << 13, "page requests" },
		{ 1ULL << 15, "page requests" },
		{ 1ULL << 16, "guest translation" },
		{ 1ULL << 26, "delivered to guests" },
		{ 1ULL << 28, "delivered to guests" },
		{ 1ULL << 29, "delivered to guests" },
		{ 1ULL << 51, "does not know" },
		{ 1ULL << 63, "does not know" },
	};
	struct left_on *l;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		for (nyx_takeover = false;; nyx_takeover = true) {
			l = left_on(test);
			l->m->control |= features[i].control;
			expect_refused(test, l, features[i].why, false);
			if (nyx_takeover)
				break;
		}
	}
	nyx_takeover = false;
	l = left_on(test);
	expect_refused(test, l, "in the middle of DMA", true);
}

/* The same at enable: it may have changed since it was probed. */
static void amdvi_takeover_test_meanwhile(struct kunit *test)
{
	struct left_on *l = probed(test);
	struct amdvi_fixture *fx = l->fx;

	l->m->control |= 1ULL << 16;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), -EBUSY);
	KUNIT_EXPECT_EQ(test, l->m->nr_writes, 0);
	/* Nor does anything that follows a failed load touch it. */
	fx->unit->ops->stop_faults(fx->unit);
	fx->unit->ops->disable(fx->unit);
	fx_expect_left(test, fx, false);
	KUNIT_EXPECT_EQ(test, l->m->nr_writes, 0);
	expect_calm(test, l);
}

static void expect_as_found(struct kunit *test, struct left_on *l)
{
	const struct amdvi_model *m = l->m, *was = &l->before;

	KUNIT_EXPECT_EQ(test, m->devtab, was->devtab);
	KUNIT_EXPECT_EQ(test, m->cmd_base, was->cmd_base);
	KUNIT_EXPECT_EQ(test, m->event_base, was->event_base);
	KUNIT_EXPECT_EQ(test, m->control, was->control);
	KUNIT_EXPECT_EQ(test, m->excl_base, was->excl_base);
	KUNIT_EXPECT_EQ(test, m->excl_limit, was->excl_limit);
	KUNIT_EXPECT_FALSE(test, l->fx->unit->taken_over);
	KUNIT_EXPECT_EQ(test, l->fx->unit->state, NYX_UNIT_OFF);
	KUNIT_EXPECT_TRUE(test, stranger_passes(l));
}

/* What fails, and whether all came back. */
static const struct failure {
	const char *step;
	bool busy, stick, never_runs, never_answers, partly;
	unsigned int reject;
} failures[] = {
	{ "empty the command buffer", .busy = true },
	{ "empty the command buffer", .stick = true },
	{ "start its command buffer", .never_runs = true },
	{ "invalidate its caches", .never_answers = true, .partly = true },
	{ "invalidate its caches", .reject = 2, .partly = true },
	{ "invalidate its caches", .reject = 8, .partly = true },
};

static void amdvi_takeover_test_failures(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		const struct failure *c = &failures[i];
		struct left_on *l = probed(test);
		struct amdvi_fixture *fx = l->fx;

		if (c->busy)
			l->m->cmd_tail = 0x50;
		l->m->rings_stick = c->stick;
		l->m->never_runs = c->never_runs;
		l->m->never_answers = c->never_answers;
		l->m->reject = c->reject;
		KUNIT_EXPECT_NE_MSG(test, fx->unit->ops->enable(fx->unit, &fx->why), 0, "%u", i);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fx->why.text, c->step), "%s", fx->why.text);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fx->why.text, c->partly ? "not all is" :
						       "goes on as it was found"), "%s",
					  fx->why.text);
		expect_calm(test, l);
		expect_as_found(test, l);
		/* What it may still go by outlives the module. */
		fx_expect_left(test, fx, c->partly);
		expect_calm(test, l);
	}
}

/* A later step of the load fails. */
static void amdvi_takeover_test_load_fails(struct kunit *test)
{
	struct left_on *l = probed(test);
	struct amdvi_fixture *fx = l->fx;

	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	list_add_tail(&fx->unit->node, &nyx_units);
	nyx_units_put_back();
	list_del(&fx->unit->node);
	expect_as_found(test, l);
	KUNIT_EXPECT_TRUE(test, l->m->cmd_run && l->m->log_run);
	KUNIT_EXPECT_EQ(test, l->m->cmd_head | l->m->cmd_tail | l->m->event_head | l->m->event_tail,
			0);
	/* And it can be had again. */
	KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	fx->unit->ops->put_back(fx->unit);
	expect_as_found(test, l);
	fx_expect_left(test, fx, false);
	expect_calm(test, l);
}

/* Sleep and wake: off and on like any other, with nothing of the former owner's. */
static void amdvi_takeover_test_resume(struct kunit *test)
{
	struct left_on *l = probed(test);
	struct amdvi_fixture *fx = l->fx;

	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_EQ(test, fx->unit->ops->resume(fx->unit), 0);
	KUNIT_EXPECT_EQ(test, l->m->devtab, virt_to_phys(fx->amdvi->devtab) | 0x1ff);
	KUNIT_EXPECT_EQ(test, l->m->excl_base, 0);
	KUNIT_EXPECT_FALSE(test, stranger_passes(l));
	fx_remove(test, fx);
}

static struct kunit_case amdvi_takeover_cases[] = {
	KUNIT_CASE(amdvi_takeover_test_takes_over),
	KUNIT_CASE(amdvi_takeover_test_remapped),
	KUNIT_CASE(amdvi_takeover_test_x2apic),
	KUNIT_CASE(amdvi_takeover_test_refusals),
	KUNIT_CASE(amdvi_takeover_test_meanwhile),
	KUNIT_CASE(amdvi_takeover_test_failures),
	KUNIT_CASE(amdvi_takeover_test_load_fails),
	KUNIT_CASE(amdvi_takeover_test_resume),
	{}
};

static struct kunit_suite amdvi_takeover_suite = {
	.name = "nyx_amdvi_takeover",
	.exit = takeover_exit,
	.test_cases = amdvi_takeover_cases,
};

kunit_test_suite(amdvi_takeover_suite);
