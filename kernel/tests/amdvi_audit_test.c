// SPDX-License-Identifier: GPL-2.0
/*
 * What the audit reads of an AMD-Vi unit on the register model, whole and spoilt.
 */
#include <linux/mm.h>

#include "amdvi_fixture.h"
#include "audit_visitor.h"

#define CONTROL_BITS	"control (IommuEn, CmdBufEn, EventLogEn, GAEn, XTEn)"

struct up {
	struct amdvi_fixture *fx;
	struct nyx_pt pt;
	struct audit_visitor visitor;
};

/* On, with FX_RID in a domain. */
static int audit_init(struct kunit *test)
{
	struct up *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct nyx_pt_config config = {
		.format = NYX_PT_AMDV1, .levels = 4, .page_sizes = SZ_4K, .coherent = true,
		.node = NUMA_NO_NODE,
	};

	KUNIT_ASSERT_NOT_NULL(test, u);
	u->fx = fx_enabled(test, FX_EFR);
	test->priv = u;
	KUNIT_ASSERT_EQ(test, 0, nyx_pt_init(&u->pt, &config));
	u->visitor.rid = FX_RID;
	u->visitor.wanted = (struct nyx_entry) {
		.kind = NYX_ENTRY_PAGING, .hwdid = 0x102, .pt = &u->pt,
	};
	KUNIT_ASSERT_EQ(test, 0, u->fx->unit->ops->set_entry(u->fx->unit, FX_RID,
							     &u->visitor.wanted));
	return 0;
}

static void audit_exit(struct kunit *test)
{
	struct up *u = test->priv;

	if (!u)
		return;
	fx_remove(test, u->fx);
	nyx_pt_destroy(&u->pt);
}

static struct audit_visitor *seen(struct kunit *test)
{
	struct up *u = test->priv;

	visit(u->fx->unit, &u->visitor, false);
	return &u->visitor;
}

static void equal(struct kunit *test)
{
	struct up *u = test->priv;
	struct audit_visitor *visitor = &u->visitor;

	visit(u->fx->unit, visitor, true);
	KUNIT_EXPECT_EQ(test, visitor->entries, 65536);
	KUNIT_EXPECT_GE(test, visitor->words, 5);
	KUNIT_EXPECT_EQ(test, visitor->different_entries, 0);
	KUNIT_EXPECT_EQ_MSG(test, visitor->different_words, 0, "%s: %llx", visitor->what,
			    visitor->found);
}

static void registers(struct kunit *test)
{
	struct up *u = test->priv;
	struct amdvi_model *m = &u->fx->model;
	struct {
		u64 *at, change;
		const char *what;
	} all[] = {
		{ &m->control, BIT_ULL(0), CONTROL_BITS },
		{ &m->control, BIT_ULL(12), CONTROL_BITS },
		{ &m->control, BIT_ULL(17), CONTROL_BITS },
		{ &m->control, BIT_ULL(50), CONTROL_BITS },
		{ &m->cmd_base, BIT_ULL(20), "command buffer base" },
		{ &m->event_base, BIT_ULL(20), "event log base" },
		{ &m->excl_base, BIT_ULL(0), "exclusion range enable" },
	};
	struct audit_visitor *visitor;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		*all[i].at ^= all[i].change;
		visitor = seen(test);
		KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
		KUNIT_EXPECT_STREQ(test, visitor->what, all[i].what);
		KUNIT_EXPECT_EQ(test, visitor->different_entries, 0);
		*all[i].at ^= all[i].change;
	}

	/* Another table, or a shorter one, is named once and not followed. */
	m->devtab ^= BIT_ULL(30);
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_words, 1);
	KUNIT_EXPECT_STREQ(test, visitor->what, "device table base");
	KUNIT_EXPECT_EQ(test, visitor->entries, 0);
	m->devtab ^= BIT_ULL(30);
}

static void device_table(struct kunit *test)
{
	struct up *u = test->priv;
	struct amdvi_dte *at = &u->fx->amdvi->devtab[FX_RID], saved = *at;
	struct audit_visitor *visitor;
	unsigned int i;

	/* Any bit of any word. */
	for (i = 0; i < 4; i++) {
		at->word[i] ^= BIT_ULL(40);
		visitor = seen(test);
		KUNIT_EXPECT_EQ(test, visitor->different_entries, 1);
		KUNIT_EXPECT_EQ(test, visitor->view.rid, FX_RID);
		*at = saved;
	}

	at->word[0] = 0;
	KUNIT_EXPECT_EQ(test, seen(test)->view.kind, NYX_ENTRY_PASS);
	at->word[0] = BIT_ULL(0);
	KUNIT_EXPECT_EQ(test, seen(test)->view.kind, NYX_ENTRY_BLOCKED);
	*at = at[1];
	KUNIT_EXPECT_EQ(test, seen(test)->view.kind, NYX_ENTRY_BLOCKED);
	*at = saved;

	at->word[1] = 0x103;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->view.kind, NYX_ENTRY_PAGING);
	KUNIT_EXPECT_EQ(test, visitor->view.hwdid, 0x103);
	KUNIT_EXPECT_EQ(test, visitor->view.levels, 4);
	KUNIT_EXPECT_EQ(test, visitor->view.root, virt_to_phys(u->pt.root));
	*at = saved;

	/* The last of all, whom nobody has. */
	at = &u->fx->amdvi->devtab[0xffff];
	saved = *at;
	at->word[0] = 0x6000000000000003ULL;
	visitor = seen(test);
	KUNIT_EXPECT_EQ(test, visitor->different_entries, 1);
	KUNIT_EXPECT_EQ(test, visitor->view.rid, 0xffff);
	KUNIT_EXPECT_EQ(test, visitor->view.kind, NYX_ENTRY_PASS);
	*at = saved;
}

/* Those of interrupts as they were written, and nothing else in any table. */
static void interrupt_entries(struct kunit *test)
{
	static const u16 rids[] = { 0x0310, FX_RID };
	struct up *u = test->priv;
	struct nyx_irq_source source = { .rids = rids, .nr_rids = 2 };
	struct nyx_irte irte = { .present = true, .vector = 0x31, .destination = 1 };
	struct nyx_unit *unit = u->fx->unit;
	struct audit_visitor *visitor = &u->visitor;
	u64 found[2], wanted[2], *entries;
	u32 index, i;

	KUNIT_ASSERT_TRUE(test, u->fx->amdvi->ga);
	KUNIT_ASSERT_EQ(test, 0, unit->ops->irq_open(unit, &source));
	entries = ((struct amdvi_irq_table *)source.table)->entries;
	KUNIT_ASSERT_EQ(test, 0, unit->ops->irq_reserve(unit, &source, 1, &index));
	KUNIT_ASSERT_EQ(test, 0, unit->ops->irq_write(unit, &source, index, &irte));
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 0);
	unit->ops->irq_compare(unit, &source, index, &irte, found, wanted);
	KUNIT_EXPECT_EQ(test, found[0], 0x101);
	KUNIT_EXPECT_EQ(test, found[1], 0x31);
	KUNIT_EXPECT_MEMEQ(test, wanted, found, sizeof(found));
	entries[2 * index + 1] ^= 1;
	unit->ops->irq_compare(unit, &source, index, &irte, found, wanted);
	KUNIT_EXPECT_EQ(test, found[1], 0x30);
	KUNIT_EXPECT_EQ(test, wanted[1], 0x31);
	entries[2 * index + 1] ^= 1;

	/* Once, whatever ids share the table; beyond those that are given out, too. */
	for (i = 1; i < 2048; i += i == 1 ? 510 : 1536) {
		entries[2 * i + 1] = 0x31;
		KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 1);
		KUNIT_EXPECT_EQ(test, visitor->stray_rid, 0x0310);
		KUNIT_EXPECT_EQ(test, visitor->stray_index, i);
		entries[2 * i + 1] = 0;
	}
	/* The table of those that raise nothing. */
	((u64 *)u->fx->amdvi->no_irtes)[0] = 1;
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 1);
	KUNIT_EXPECT_EQ(test, visitor->stray_rid, -1);
	((u64 *)u->fx->amdvi->no_irtes)[0] = 0;
	KUNIT_EXPECT_EQ(test, 0, unit->ops->irq_release(unit, &source, index, 1));
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 0);
	unit->ops->irq_close(unit, &source);
	KUNIT_EXPECT_EQ(test, visit_strays(unit, visitor), 0);
}

static struct kunit_case audit_cases[] = {
	KUNIT_CASE(equal),
	KUNIT_CASE(registers),
	KUNIT_CASE(device_table),
	KUNIT_CASE(interrupt_entries),
	{}
};

static struct kunit_suite audit_suite = {
	.name = "nyx_amdvi_audit",
	.init = audit_init,
	.exit = audit_exit,
	.test_cases = audit_cases,
};

kunit_test_suite(audit_suite);
