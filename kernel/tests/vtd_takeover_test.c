// SPDX-License-Identifier: GPL-2.0
/*
 * A VT-d unit that is found translating with somebody else's tables: refused, taken over,
 * and put back, on the register model. All the while a host device does DMA.
 */
#include <linux/mm.h>

#include "../core.h"
#include "vtd_model.h"

#define HOST		0x0100	/* passes in the tables of both owners */
#define STRANGER	0x0200	/* passes in those of the former one only */
#define ON		((u32)(VTD_GSTS_TES | VTD_GSTS_RTPS | VTD_GSTS_QIES | VTD_GSTS_CFIS))
#define SLOT		(4 * sizeof(struct vtd_descriptor))

struct found {
	struct vtd_model *m;
	struct vtd_unit *v;
	struct vtd_root_entry *root;
	struct vtd_context_entry *contexts;	/* of all buses */
	void *ring;
};

static u32 host_refused;

static void host_dma(struct vtd_model *m)
{
	u64 pa;

	if (vtd_model_dma(m, HOST, 0x5000, true, &pa) || pa != 0x5000)
		host_refused++;
}

static bool stranger_passes(struct vtd_model *m)
{
	u64 pa;

	return !vtd_model_dma(m, STRANGER, 0x7000, true, &pa);
}

static void *page(struct kunit *test)
{
	/* A page of its own, at its start: what a register can point to. */
	void *p = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return PTR_ALIGN(p, PAGE_SIZE);
}

/* On, by somebody else, with a queue that has been used. */
static struct found left_on(struct kunit *test, u64 cap, u64 ecap)
{
	struct found f = { .m = vtd_model_new(test, cap, ecap), .root = page(test),
			   .contexts = page(test), .ring = page(test) };
	u32 bus;

	for (bus = 0; bus < VTD_TABLE_ENTRIES; bus++)
		f.root[bus].low = virt_to_phys(f.contexts) | VTD_ROOT_P;
	f.contexts[0].low = VTD_CTX_P | FIELD_PREP(VTD_CTX_TT, VTD_TT_PASS);
	f.contexts[0].high = FIELD_PREP(VTD_CTX_AW, 2) | FIELD_PREP(VTD_CTX_DID, 7);
	f.m->gsts = ON;
	f.m->rtaddr = virt_to_phys(f.root);
	f.m->root = f.m->rtaddr;
	f.m->iqa = virt_to_phys(f.ring);
	f.m->iqh = SLOT;
	f.m->iqt = SLOT;
	f.m->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;
	f.m->records[1].high = VTD_FRCD_F;
	f.m->fsts = VTD_FSTS_PPF | VTD_FSTS_PFO;
	f.m->fectl = 0;
	return f;
}

/* Probed with takeover=1, our tables written. */
static struct found probed(struct kunit *test, u64 cap)
{
	static const struct nyx_entry pass = { .kind = NYX_ENTRY_PASS };
	struct found f = left_on(test, cap, VTD_ECAP_SERVER);

	nyx_takeover = true;
	f.v = vtd_model_unit(f.m);
	test->priv = f.v;
	KUNIT_ASSERT_EQ(test, 0, f.v->unit.ops->set_entry(&f.v->unit, HOST, &pass));
	/* Not a register was written so far, and both devices are cached. */
	KUNIT_EXPECT_EQ(test, f.m->writes, 0);
	host_refused = 0;
	f.m->written = host_dma;
	host_dma(f.m);
	KUNIT_EXPECT_TRUE(test, stranger_passes(f.m));
	return f;
}

static void takeover_exit(struct kunit *test)
{
	vtd_model_free(test->priv);
	nyx_takeover = false;
	vtd_test_x2apic = false;
	vtd_test_no_cfi = false;
}

static void expect_calm(struct kunit *test, struct found *f)
{
	KUNIT_EXPECT_FALSE(test, f->m->went_off);
	KUNIT_EXPECT_EQ(test, host_refused, 0);
	KUNIT_EXPECT_EQ(test, f->m->violations, 0);
}

static void takes_over(struct kunit *test)
{
	static const u64 caps[] = { VTD_CAP_SERVER, VTD_CAP_SERVER | VTD_CAP_CM };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		struct found f = probed(test, caps[i]);
		struct nyx_why why = {};

		KUNIT_EXPECT_EQ_MSG(test, 0, f.v->unit.ops->enable(&f.v->unit, &why), "%s",
				    why.text);
		KUNIT_EXPECT_STREQ(test, f.m->log, "qQRCwIwMSNwE");
		expect_calm(test, &f);
		KUNIT_EXPECT_EQ(test, f.m->root, virt_to_phys(f.v->root));
		KUNIT_EXPECT_EQ(test, f.m->iqa, f.v->queue.ring_pa);
		KUNIT_EXPECT_EQ(test, f.m->gsts, ON | (u32)(VTD_GSTS_IRES | VTD_GSTS_IRTPS));
		KUNIT_EXPECT_EQ(test, f.m->pmen, 0);
		KUNIT_EXPECT_TRUE(test, f.v->unit.taken_over);
		KUNIT_EXPECT_EQ(test, f.v->unit.state, NYX_UNIT_TRANSLATING);
		/* Left from before: gone, and not taken for faults of ours. */
		KUNIT_EXPECT_EQ(test, f.m->fsts & ~(u32)VTD_FSTS_FRI, 0);
		KUNIT_EXPECT_EQ(test, f.m->records[1].high & VTD_FRCD_F, 0);
		KUNIT_EXPECT_EQ(test, f.m->fectl & VTD_FECTL_IM, VTD_FECTL_IM);
		/* And nothing cached is left either. */
		KUNIT_EXPECT_FALSE(test, stranger_passes(f.m));

		/* Unload: off, as any unit. */
		f.m->written = NULL;
		f.v->unit.ops->disable(&f.v->unit);
		KUNIT_EXPECT_EQ(test, f.m->gsts & ~(u32)(VTD_GSTS_RTPS | VTD_GSTS_IRTPS),
				(u32)VTD_GSTS_CFIS);
		vtd_model_expect_left(test, f.v, false);
		KUNIT_EXPECT_EQ(test, f.m->violations, 0);
	}
}

static int create(struct vtd_model *m, struct nyx_why *why)
{
	static const struct nyx_acpi_unit firmware = { .reg_base = 0xfed90000 };
	struct nyx_mmio io = { .size = SZ_4K, .model = &m->mmio };
	struct nyx_unit *unit;

	return vtd_unit_create(&io, 46, &firmware, &unit, why);
}

static const struct {
	u32 gsts;
	u64 ttm, ecap;
	const char *why;
	u64 irta;
	bool x2apic;
} refusals[] = {
	{ VTD_GSTS_IRES | VTD_GSTS_CFIS, 0, 0, "interrupt remapping is on, and" },
	{ VTD_GSTS_IRES, 0, 0, "in x2APIC mode", .irta = 0x800 },
	{ VTD_GSTS_IRES, 0, 0, "in x2APIC mode", .x2apic = true },
	{ VTD_GSTS_AFLS, 0, 0, "advanced fault logging is on" },
	{ 0, 1, 0, "not in legacy mode" },
	{ 0, 3, 0, "not in legacy mode" },
	{ 0, 0, VTD_ECAP_PT, "no pass-through entries" },
};

static void refuses_what_it_cannot_take(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct found f = left_on(test, VTD_CAP_SERVER,
					 VTD_ECAP_SERVER & ~refusals[i].ecap);
		struct nyx_why why = {};

		f.m->gsts ^= refusals[i].gsts;
		f.m->irta = refusals[i].irta;
		vtd_test_x2apic = refusals[i].x2apic;
		f.m->rtaddr |= FIELD_PREP(VTD_RTADDR_TTM, refusals[i].ttm);
		for (nyx_takeover = false;; nyx_takeover = true) {
			KUNIT_EXPECT_EQ(test, -EBUSY, create(f.m, &why));
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, refusals[i].why), "%s",
						  why.text);
			KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, VTD_PARAMETERS));
			/* It would not help. */
			KUNIT_EXPECT_NULL(test, strstr(why.text, "takeover=1"));
			if (nyx_takeover)
				break;
		}
		KUNIT_EXPECT_EQ(test, f.m->writes, 0);
	}
}

static void refuses_without_takeover(struct kunit *test)
{
	struct found f = left_on(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct nyx_why why = {};

	KUNIT_EXPECT_EQ(test, -EBUSY, create(f.m, &why));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "takeover=1"), "%s", why.text);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "in the middle of DMA"));
	KUNIT_EXPECT_EQ(test, f.m->writes, 0);
}

/* The same at enable: it may have changed since it was probed. */
static void refuses_what_came_on_meanwhile(struct kunit *test)
{
	struct found f = probed(test, VTD_CAP_SERVER);
	struct nyx_why why = {};

	/* And blocks the host's own: it cannot be ours. */
	f.m->gsts ^= VTD_GSTS_IRES | VTD_GSTS_CFIS;
	KUNIT_EXPECT_EQ(test, -EBUSY, f.v->unit.ops->enable(&f.v->unit, &why));
	KUNIT_EXPECT_EQ(test, f.m->writes, 0);
	/* Nor does anything that follows a failed load touch it. */
	f.v->unit.ops->disable(&f.v->unit);
	vtd_model_expect_left(test, f.v, false);
	KUNIT_EXPECT_EQ(test, f.m->writes, 0);
	expect_calm(test, &f);
}

static void expect_as_found(struct kunit *test, const struct found *f)
{
	KUNIT_EXPECT_EQ(test, f->m->gsts & ~(u32)(VTD_GSTS_WBFS | VTD_GSTS_IRTPS), ON);
	KUNIT_EXPECT_EQ(test, f->m->rtaddr, virt_to_phys(f->root));
	KUNIT_EXPECT_EQ(test, f->m->root, virt_to_phys(f->root));
	KUNIT_EXPECT_EQ(test, f->m->iqa, virt_to_phys(f->ring));
	KUNIT_EXPECT_EQ(test, f->m->pmen, VTD_PMEN_EPM | VTD_PMEN_PRS);
	KUNIT_EXPECT_EQ(test, f->m->fsts & VTD_FSTS_IQE, 0);
	KUNIT_EXPECT_FALSE(test, f->v->unit.taken_over);
	KUNIT_EXPECT_EQ(test, f->v->unit.state, NYX_UNIT_OFF);
	KUNIT_EXPECT_TRUE(test, stranger_passes(f->m));
}

/* What fails, how far it got and back, and whether all came back. */
static const struct failure {
	const char *step, *log;
	bool busy, silent, pmr, partly;
	u32 stuck, srtp, qie, refuse;
} failures[] = {
	{ "empty the queue", "", .busy = true, .silent = true },
	{ "empty the queue", "q", .stuck = VTD_GSTS_QIES },
	{ "flush its write buffers", "qBQ", .stuck = VTD_GSTS_WBFS },
	{ "start the invalidation queue", "qQQ", .qie = 1 },
	{ "take the root table", "qQRMRCwIwqQ", .srtp = 1 },
	{ "take the root table", "qQRMRqQ", .srtp = 2, .partly = true },
	{ "invalidate its caches", "qQRMRqQ", .silent = true, .partly = true },
	{ "invalidate its caches", "qQRMRqQ", .refuse = VTD_INV_CONTEXT, .partly = true },
	{ "open the protected", "qQRCwIwMMRCwIwqQ", .pmr = true },
};

static void order(struct kunit *test, struct found *f, const struct failure *c)
{
	f->m->gsts_stuck = c->stuck;
	f->m->silent = c->silent;
	f->m->pmr_stuck = c->pmr;
	f->m->srtp_ignored = c->srtp;
	f->m->qie_ignored = c->qie;
	f->m->refuse_type = c->refuse;
	f->m->refuse_times = c->refuse ? 100 : 0;
	if (c->busy)
		f->m->iqt = 2 * SLOT;
}

static void failure_puts_back(struct kunit *test)
{
	static const struct failure none;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		const struct failure *c = &failures[i];
		u64 rwbf = c->stuck & VTD_GSTS_WBFS ? VTD_CAP_RWBF : 0;
		struct found f = probed(test, VTD_CAP_SERVER | rwbf);
		struct nyx_why why = {};
		int err;

		order(test, &f, c);
		err = f.v->unit.ops->enable(&f.v->unit, &why);
		KUNIT_EXPECT_NE_MSG(test, 0, err, "%s", c->step);
		KUNIT_EXPECT_STREQ_MSG(test, f.m->log, c->log, "%s", c->step);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, c->step), "%s", why.text);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, c->partly ? "not all is" :
						       "goes on as it was found"), "%s", why.text);
		expect_calm(test, &f);
		order(test, &f, &none);
		if (c->srtp < 2)
			expect_as_found(test, &f);
		/* What it may still go by outlives the module. */
		vtd_model_expect_left(test, f.v, c->partly);
		expect_calm(test, &f);
	}
}

/* A later step of the load fails. */
static void load_that_fails_puts_back(struct kunit *test)
{
	struct found f = probed(test, VTD_CAP_SERVER);
	struct nyx_why why = {};

	KUNIT_ASSERT_EQ(test, 0, f.v->unit.ops->enable(&f.v->unit, &why));
	vtd_model_clear_log(f.m);
	list_add_tail(&f.v->unit.node, &nyx_units);
	nyx_units_put_back();
	list_del(&f.v->unit.node);
	KUNIT_EXPECT_STREQ(test, f.m->log, "eMRCwIwqQ");
	expect_as_found(test, &f);
	expect_calm(test, &f);
	/* And it can be had again. */
	vtd_model_clear_log(f.m);
	KUNIT_EXPECT_EQ(test, 0, f.v->unit.ops->enable(&f.v->unit, &why));
	KUNIT_EXPECT_STREQ(test, f.m->log, "qQRCwIwMSNwE");
	f.v->unit.ops->put_back(&f.v->unit);
	expect_as_found(test, &f);
	vtd_model_expect_left(test, f.v, false);
	expect_calm(test, &f);
}

/* A crash kernel's way through: the in-tree driver, told to keep off, turns translation off. */
static void takes_a_queue_that_is_left_on(struct kunit *test)
{
	struct found f = left_on(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	struct nyx_why why = {};

	f.m->gsts &= ~(u32)VTD_GSTS_TES;
	f.m->pmen = 0;
	nyx_takeover = true;
	f.v = vtd_model_unit(f.m);
	test->priv = f.v;
	f.m->srtp_ignored = 1;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, f.v->unit.ops->enable(&f.v->unit, &why));
	KUNIT_EXPECT_STREQ(test, f.m->log, "qQRqQ");
	KUNIT_EXPECT_EQ(test, f.m->iqa, virt_to_phys(f.ring));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "off again"), "%s", why.text);
	vtd_model_clear_log(f.m);
	KUNIT_EXPECT_EQ(test, 0, f.v->unit.ops->enable(&f.v->unit, &why));
	KUNIT_EXPECT_STREQ(test, f.m->log, "qQRCwIwTSNwE");
	KUNIT_EXPECT_FALSE(test, f.v->unit.taken_over);
	KUNIT_EXPECT_EQ(test, f.m->violations, 0);
}

/* Sleep and wake: off and on like any other, with nothing of the former owner's. */
static void resumes_with_its_own(struct kunit *test)
{
	struct found f = probed(test, VTD_CAP_SERVER);
	struct nyx_why why = {};

	KUNIT_ASSERT_EQ(test, 0, f.v->unit.ops->enable(&f.v->unit, &why));
	f.m->written = NULL;
	f.v->unit.ops->disable(&f.v->unit);
	vtd_model_clear_log(f.m);
	KUNIT_EXPECT_EQ(test, 0, f.v->unit.ops->resume(&f.v->unit));
	KUNIT_EXPECT_STREQ(test, f.m->log, "QRCwIwTSNwE");
	KUNIT_EXPECT_EQ(test, f.m->root, virt_to_phys(f.v->root));
	KUNIT_EXPECT_FALSE(test, stranger_passes(f.m));
	KUNIT_EXPECT_EQ(test, f.m->violations, 0);
}

/* ---- with interrupt remapping on ---- */

#define MESSAGE		0xfee00018	/* of entry 0 */

/* Probed as above; the former owner's table lets STRANGER raise vector 0x61, which is cached. */
static struct found remapping(struct kunit *test, u32 without)
{
	struct found f = probed(test, VTD_CAP_SERVER);
	struct vtd_irte *irt = page(test);
	struct vtd_model_raised raised;

	irt[0] = (struct vtd_irte) { 0x610001, 0x40000 | STRANGER };
	f.m->gsts |= VTD_GSTS_IRES | VTD_GSTS_IRTPS;
	f.m->gsts &= ~without;
	f.m->irta = virt_to_phys(irt) | 7;
	f.m->irt = f.m->irta;
	f.m->pmen = 0;
	if (without & (u32)VTD_GSTS_TES)
		f.m->written = NULL;
	KUNIT_EXPECT_EQ(test, 0, vtd_model_interrupt(f.m, STRANGER, MESSAGE, 0, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x61);
	return f;
}

static void expect_remapping_as_found(struct kunit *test, const struct found *f, u64 irta)
{
	struct vtd_model_raised raised;

	KUNIT_EXPECT_EQ(test, f->m->irta, irta);
	KUNIT_EXPECT_EQ(test, f->m->irt, irta);
	KUNIT_EXPECT_TRUE(test, f->m->gsts & (u32)VTD_GSTS_IRES);
	KUNIT_EXPECT_EQ(test, 0, vtd_model_interrupt(f->m, STRANGER, MESSAGE, 0, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x61);
}

/* It never stops; the host's own interrupts pass all the while (the model sees to that). */
static void takes_remapping_over(struct kunit *test)
{
	static const struct {
		u32 without;
		bool qemu;
		const char *up, *back;
	} cases[] = {
		{ 0, false, "qQRCwIwSNw", "SNwRCwIwqQ" },
		/* QEMU's has no CFI. */
		{ VTD_GSTS_CFIS, true, "qQRCwIwSNwF", "SNwRCwIwqQ" },
		/* The in-tree driver, told to keep off, has turned translation off. */
		{ VTD_GSTS_TES, false, "qQRCwIwTSNw", "SNwtqQ" },
	};
	struct vtd_model_raised raised;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct found f = remapping(test, cases[i].without);
		u64 irta = f.m->irta;
		struct nyx_why why = {};

		f.m->no_cfi = cases[i].qemu;
		vtd_test_no_cfi = cases[i].qemu;
		nyx_takeover = false;
		KUNIT_EXPECT_EQ(test, -EBUSY, f.v->unit.ops->enable(&f.v->unit, &why));
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "interrupt remapping, "), "%s",
					  why.text);
		KUNIT_EXPECT_EQ(test, f.m->writes, 0);
		nyx_takeover = true;
		KUNIT_EXPECT_EQ_MSG(test, 0, f.v->unit.ops->enable(&f.v->unit, &why), "%s",
				    why.text);
		KUNIT_EXPECT_STREQ(test, f.m->log, cases[i].up);
		KUNIT_EXPECT_EQ(test, f.m->irt, vtd_irta(f.v));
		KUNIT_EXPECT_TRUE(test, f.v->unit.taken_over);
		KUNIT_EXPECT_EQ(test, (int)f.v->unit.remapping.state, (int)NYX_REMAPPING_ON);
		/* What the former owner let through is blocked, though it was cached. */
		KUNIT_EXPECT_EQ(test, 0x22, vtd_model_interrupt(f.m, STRANGER, MESSAGE, 0, &raised));

		vtd_model_clear_log(f.m);
		f.v->unit.ops->put_back(&f.v->unit);
		KUNIT_EXPECT_STREQ(test, f.m->log, cases[i].back);
		expect_remapping_as_found(test, &f, irta);
		KUNIT_EXPECT_EQ(test, (int)f.v->unit.remapping.state, (int)NYX_REMAPPING_OFF);
		KUNIT_EXPECT_EQ(test, host_refused, 0);
		KUNIT_EXPECT_EQ(test, f.m->violations, 0);
		f.m->written = NULL;
		vtd_model_expect_left(test, f.v, false);
	}
}

static void remapping_that_fails_is_put_back(struct kunit *test)
{
	static const struct {
		u32 sirtp;
		const char *log;
		bool partly;
	} cases[] = {
		{ 1, "qQRCwIwSSNwRCwIwqQ" },
		{ 2, "qQRCwIwSSRCwIwqQ", true },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct found f = remapping(test, 0);
		u64 irta = f.m->irta;
		struct nyx_why why = {};

		f.m->sirtp_ignored = cases[i].sirtp;
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, f.v->unit.ops->enable(&f.v->unit, &why));
		KUNIT_EXPECT_STREQ(test, f.m->log, cases[i].log);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "interrupt remapping table"), "%s",
					  why.text);
		expect_remapping_as_found(test, &f, irta);
		/* Which of the two tables a unit goes by that answers no more, nobody knows. */
		vtd_model_expect_left(test, f.v, cases[i].partly);
		expect_calm(test, &f);
	}
}

/* Unload: off, and what passes with remapping off is as it was. */
static void remapping_taken_over_goes_off(struct kunit *test)
{
	struct found f = remapping(test, 0);

	KUNIT_ASSERT_EQ(test, 0, f.v->unit.ops->enable(&f.v->unit, NULL));
	f.m->written = NULL;
	vtd_model_clear_log(f.m);
	f.v->unit.ops->disable(&f.v->unit);
	KUNIT_EXPECT_STREQ(test, f.m->log, "teq");
	KUNIT_EXPECT_TRUE(test, f.m->gsts & (u32)VTD_GSTS_CFIS);
	vtd_model_expect_left(test, f.v, false);
	KUNIT_EXPECT_EQ(test, f.m->violations, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(takes_over),
	KUNIT_CASE(refuses_what_it_cannot_take),
	KUNIT_CASE(refuses_without_takeover),
	KUNIT_CASE(refuses_what_came_on_meanwhile),
	KUNIT_CASE(failure_puts_back),
	KUNIT_CASE(load_that_fails_puts_back),
	KUNIT_CASE(takes_a_queue_that_is_left_on),
	KUNIT_CASE(resumes_with_its_own),
	KUNIT_CASE(takes_remapping_over),
	KUNIT_CASE(remapping_that_fails_is_put_back),
	KUNIT_CASE(remapping_taken_over_goes_off),
	{}
};

static struct kunit_suite vtd_takeover_suite = {
	.name = "vtd_takeover",
	.exit = takeover_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_takeover_suite);
