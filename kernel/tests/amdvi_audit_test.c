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

static struct kunit_case audit_cases[] = {
	KUNIT_CASE(equal),
	KUNIT_CASE(registers),
	KUNIT_CASE(device_table),
	{}
};

static struct kunit_suite audit_suite = {
	.name = "nyx_amdvi_audit",
	.init = audit_init,
	.exit = audit_exit,
	.test_cases = audit_cases,
};

kunit_test_suite(audit_suite);
