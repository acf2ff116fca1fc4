// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi, ids that no function has: whether their interrupts are blocked, and by what. When,
 * is the core's: core_unused_test.c.
 */
#include "amdvi_fixture.h"

#define IV	1ULL
#define IG	BIT_ULL(5)
#define REMAP	(2ULL << 60)

/*
 * Ids that no function has are blocked only where the IVRS has all IO-APICs of the MADT, and
 * the southbridge's where it is.
 */
static void amdvi_unused_test_when(struct kunit *test)
{
	static const struct {
		u8 nr, madt[3];
		struct { u8 id; u16 rid; } ivrs[3];
		const char *why;	/* NULL: blocked */
	} cases[] = {
		{ 1, { 4 }, { { 4, 0xa0 } } },
		{ 3, { 0x21, 0x80, 0xff }, { { 0xff, 0x4001 }, { 0x21, 0xa0 }, { 0x80, 1 } } },
		/* more than there are does no harm */
		{ 1, { 4 }, { { 4, 0xa0 }, { 5, 2 } } },
		{ 0, { }, { { 4, 0xa0 } }, "no MADT tells which IO-APICs there are" },
		{ 2, { 4, 5 }, { { 4, 0xa0 } }, "the IVRS does not name IO-APIC 5 of the MADT" },
		{ 1, { 255 }, { { 0, 0xa0 } }, "the IVRS does not name IO-APIC 255 of the MADT" },
		{ 2, { 4, 5 }, { { 4, 0xa1 }, { 5, 2 } }, "the IVRS names no IO-APIC as 00:14.0" },
		/* one that no MADT lists has that id */
		{ 1, { 4 }, { { 4, 0xa1 }, { 5, 0xa0 } }, "the IVRS names no IO-APIC as 00:14.0" },
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);

		fx->desc.ioapics.nr = cases[i].nr;
		fx->desc.ioapics.listed[0] = false;
		for (k = 0; k < cases[i].nr; k++)
			fx->desc.ioapics.listed[cases[i].madt[k]] = true;
		fx->scopes[4].kind = NYX_SCOPE_ALL;
		for (k = 0; k < 3 && cases[i].ivrs[k].rid; k++)
			fx->scopes[k] = (struct nyx_acpi_scope) {
				.kind = NYX_SCOPE_IOAPIC, .enum_id = cases[i].ivrs[k].id,
				.rid_first = cases[i].ivrs[k].rid,
				.rid_last = cases[i].ivrs[k].rid,
			};
		KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
		KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
		KUNIT_EXPECT_EQ_MSG(test, fx->unit->remapping.blocks_unused_ids, !cases[i].why,
				    "%u", i);
		if (cases[i].why)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fx->unit->remapping.why,
							       cases[i].why), "%u: %s", i,
						  fx->unit->remapping.why);
		else
			KUNIT_EXPECT_NULL(test, strstr(fx->unit->remapping.why, "no function"));
		/* Whole, with all that can stand before it. */
		KUNIT_EXPECT_LT(test, strlen(fx->unit->remapping.why),
				sizeof(fx->unit->remapping.why) - 1);
		fx_remove(test, fx);
	}
}

/* Nothing of it raises anything, with a table or without; firmware lets all pass. */
static void amdvi_unused_test_words(struct kunit *test)
{
	static const u16 ids[] = { FX_RID };
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	struct nyx_entry none = { .kind = NYX_ENTRY_BLOCKED, .block_interrupts = true };
	static const struct nyx_entry pass = { .kind = NYX_ENTRY_PASS };
	static const struct nyx_irte here = { .present = true, .vector = 0x31, .destination = 1 };
	struct nyx_irq_source s = { .rids = ids, .nr_rids = 1 };
	unsigned int i, index;
	u64 words[2], want;

	fx->scopes[0] = (struct nyx_acpi_scope){ .kind = NYX_SCOPE_ALL, .rid_last = 0xffff,
						 .dte_flags = 0xc7 };
	fx->firmware.scopes.count = 1;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	want = IV | REMAP | virt_to_phys(fx->amdvi->no_irtes);
	for (i = 0; i < 8; i++) {
		none.remap_interrupts = i & 1;
		none.suppress_faults = i & 2;
		if (i & 4) {
			KUNIT_ASSERT_EQ(test, fx->unit->ops->irq_open(fx->unit, &s), 0);
			KUNIT_ASSERT_EQ(test, fx->unit->ops->irq_write(fx->unit, &s, 0, &here), 0);
		}
		KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &pass), 0);
		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, FX_RID, 0, words),
				MODEL_IRQ_PASSED);
		KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &none), 0);
		KUNIT_EXPECT_EQ_MSG(test, fx->amdvi->devtab[FX_RID].word[2], want | (i & 2 ? IG : 0), "%u", i);
		for (index = 0; index < 2048; index += 1023)
			KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, FX_RID, index, words),
					MODEL_IRQ_REFUSED);
		/* Its table can go: nothing leads there. */
		fx->unit->ops->irq_close(fx->unit, &s);
		KUNIT_EXPECT_TRUE(test, xa_empty(&fx->amdvi->irq_tables));
	}
	KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &pass), 0);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, FX_RID, 0, words),
			MODEL_IRQ_PASSED);
	fx_remove(test, fx);
}

static struct kunit_case amdvi_unused_cases[] = {
	KUNIT_CASE(amdvi_unused_test_when),
	KUNIT_CASE(amdvi_unused_test_words),
	{}
};

static struct kunit_suite amdvi_unused_suite = {
	.name = "nyx_amdvi_unused",
	.test_cases = amdvi_unused_cases,
};

kunit_test_suite(amdvi_unused_suite);
