// SPDX-License-Identifier: GPL-2.0
/*
 * What the audit reads of a VT-d unit on the register model, whole and spoilt.
 */
#include "audit_visitor.h"
#include "vtd_model.h"

#define RID	0x0310

struct up {
	struct vtd_model *m;
	struct vtd_unit *v;
	struct nyx_pt pt;
	struct audit_visitor visitor;
};

/* On, with RID in a domain. */
static int audit_init(struct kunit *test)
{
	struct up *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct nyx_pt_config config = {
		.format = NYX_PT_VTDSS, .levels = 4, .page_sizes = SZ_4K, .coherent = true,
		.node = NUMA_NO_NODE,
	};

	KUNIT_ASSERT_NOT_NULL(test, u);
	u->m = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
	u->v = vtd_model_unit(u->m);
	test->priv = u;
	KUNIT_ASSERT_EQ(test, 0, nyx_pt_init(&u->pt, &config));
	u->visitor.rid = RID;
	u->visitor.wanted = (struct nyx_entry) {
		.kind = NYX_ENTRY_PAGING, .hwdid = 0x102, .pt = &u->pt,
	};
	u->m->expected.low = virt_to_phys(u->pt.root) | 1;
	u->m->expected.high = 0x10202;
	KUNIT_ASSERT_EQ(test, 0, u->v->unit.ops->set_entry(&u->v->unit, RID, &u->visitor.wanted));
	KUNIT_ASSERT_EQ(test, 0, u->v->unit.ops->enable(&u->v->unit, NULL));
	return 0;
}

static void audit_exit(struct kunit *test)
{
	struct up *u = test->priv;

	if (!u)
		return;
	KUNIT_EXPECT_EQ(test, u->m->violations, 0);
	vtd_model_free(u->v);
	nyx_pt_destroy(&u->pt);
}

static struct audit_visitor *seen(struct kunit *test)
{
	struct up *u = test->priv;

	visit(&u->v->unit, &u->visitor, false);
	return &u->visitor;
}

static void equal(struct kunit *test)
{
	struct up *u = test->priv;
	struct audit_visitor *visitor = &u->visitor;

	visit(&u->v->unit, visitor, true);
	KUNIT_EXPECT_EQ(test, visitor->entries, 65536);
	KUNIT_EXPECT_GE(test, visitor->words, 512 + 3);
	KUNIT_EXPECT_EQ(test, visitor->different_entries, 0);
	KUNIT_EXPECT_EQ_MSG(test, visitor->different_words, 0, "%s: %llx", visitor->what,
			    visitor->found);
}

static void registers(struct kunit *test)
{
	struct up *u = test->priv;
	struct audit_visitor *visitor;

	u->m->gsts &= ~(u32)VTD_GSTS_TES;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "global status (TES, QIES, RTPS)");
	u->m->gsts |= VTD_GSTS_TES;

	u->m->iqa ^= 0x1000;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "invalidation queue address");
	u->m->iqa ^= 0x1000;

	u->m->gsts &= ~(u32)VTD_GSTS_IRES;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "global status (IRES)");
	u->m->gsts |= VTD_GSTS_IRES;

	u->m->irta ^= 0x800;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "interrupt remapping table address");
	u->m->irta ^= 0x800;

	/* Another root table is named once and not followed. */
	u->m->rtaddr ^= 0x1000;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "root table address");
	KUNIT_EXPECT_EQ(test, visitor->expected, virt_to_phys(u->v->root));
	KUNIT_EXPECT_EQ(test, visitor->entries, 0);
	u->m->rtaddr ^= 0x1000;
}

static void root_entries(struct kunit *test)
{
	struct up *u = test->priv;
	struct vtd_root_entry saved = u->v->root[RID >> 8];
	struct audit_visitor *visitor;

	u->v->root[RID >> 8].low ^= 0x100000;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "root entry, low");
	KUNIT_EXPECT_EQ(test, visitor->entries, 3 * 256);
	u->v->root[RID >> 8] = saved;

	/* A bus that nobody has. */
	u->v->root[0x77] = saved;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_EQ(test, visitor->expected, 0);
	u->v->root[0x77].low = 0;

	u->v->root[RID >> 8].high = 1;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "root entry, high");
	u->v->root[RID >> 8] = saved;
}

static void context_entries(struct kunit *test)
{
	struct up *u = test->priv;
	struct vtd_context_entry *at = &u->v->contexts[RID >> 8][RID & 0xff], saved = *at;
	struct audit_visitor *visitor;

	at->low = 0x9;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_entries, 1);
	KUNIT_EXPECT_EQ(test, visitor->view.rid, RID);
	KUNIT_EXPECT_EQ(test, visitor->view.kind, NYX_ENTRY_PASS);
	KUNIT_EXPECT_EQ(test, visitor->view.wanted[0], saved.low);
	*at = saved;

	at->high = 0x10301;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->view.kind, NYX_ENTRY_PAGING);
	KUNIT_EXPECT_EQ(test, visitor->view.hwdid, 0x103);
	KUNIT_EXPECT_EQ(test, visitor->view.levels, 3);
	KUNIT_EXPECT_EQ(test, visitor->view.root, virt_to_phys(u->pt.root));
	*at = saved;

	at->low = VTD_CTX_FPD;
	at->high = 0;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->view.kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_TRUE(test, visitor->view.suppress_faults);
	*at = saved;

	/* Its neighbour, whom nobody has. */
	at[1] = saved;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_entries, 1);
	KUNIT_EXPECT_EQ(test, visitor->view.rid, RID + 1);
	at[1] = (struct vtd_context_entry) {};
}

/* Those of interrupts as they were written, and nothing else in the table. */
static void interrupt_entries(struct kunit *test)
{
	static const u16 rids[] = { RID };
	struct nyx_irq_source source = { .rids = rids, .nr_rids = 1 };
	struct up *u = test->priv;
	struct nyx_unit *unit = &u->v->unit;
	struct nyx_irte irte = { .present = true, .vector = 0x31, .destination = 1 };
	const u64 live[2] = { 0x10000310001, 0x40310 };
	struct audit_visitor *visitor = &u->visitor;
	u64 found[2], wanted[2];
	u32 index, last = unit->remapping.entries - 1;

	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 0);
	KUNIT_ASSERT_EQ(test, 0, unit->ops->irq_reserve(unit, &source, 1, &index));
	KUNIT_ASSERT_EQ(test, 0, unit->ops->irq_write(unit, &source, index, &irte));
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 0);
	unit->ops->irq_compare(unit, &source, index, &irte, found, wanted);
	KUNIT_EXPECT_MEMEQ(test, found, live, sizeof(live));
	KUNIT_EXPECT_MEMEQ(test, wanted, live, sizeof(live));
	u->v->irt[index].high ^= 1;
	unit->ops->irq_compare(unit, &source, index, &irte, found, wanted);
	KUNIT_EXPECT_EQ(test, found[1], 0x40311);
	KUNIT_EXPECT_MEMEQ(test, wanted, live, sizeof(live));
	u->v->irt[index].high ^= 1;

	/* Either half of one that nobody has, the last included; given back, it is empty. */
	u->v->irt[last].low = 1;
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 1);
	KUNIT_EXPECT_EQ(test, visitor->stray_index, last);
	KUNIT_EXPECT_EQ(test, visitor->stray_rid, -1);
	u->v->irt[last].low = 0;
	u->v->irt[5000 % last].high = 0x40000;
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 1);
	KUNIT_EXPECT_EQ(test, visitor->stray_index, 5000 % last);
	u->v->irt[5000 % last].high = 0;
	KUNIT_EXPECT_EQ(test, 0, unit->ops->irq_release(unit, &source, index, 1));
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 0);
}

static struct kunit_case audit_cases[] = {
	KUNIT_CASE(equal),
	KUNIT_CASE(registers),
	KUNIT_CASE(root_entries),
	KUNIT_CASE(context_entries),
	KUNIT_CASE(interrupt_entries),
	{}
};

static struct kunit_suite audit_suite = {
	.name = "nyx_vtd_audit",
	.init = audit_init,
	.exit = audit_exit,
	.test_cases = audit_cases,
};

kunit_test_suite(audit_suite);
