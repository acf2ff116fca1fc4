// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi device table entries: what they say, and that no change of a live one
 * is ever visible half done or outlives its invalidation. A device does DMA
 * after every store and every command.
 */
#include <linux/mm.h>

#include "amdvi_fixture.h"

#define IOVA	0x12345000ULL
#define STATES	7

struct states {
	struct nyx_pt a, b;
	struct nyx_entry entry[STATES];
};

static void make_states(struct kunit *test, struct states *s)
{
	s->a.root = (u64 *)get_zeroed_page(GFP_KERNEL);
	s->b.root = (u64 *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->a.root);
	KUNIT_ASSERT_NOT_NULL(test, s->b.root);
	s->a.config.levels = 4;
	s->b.config.levels = 3;
	s->entry[0] = (struct nyx_entry){ .kind = NYX_ENTRY_BLOCKED };
	s->entry[1] = (struct nyx_entry){ .kind = NYX_ENTRY_BLOCKED, .suppress_faults = true };
	s->entry[2] = (struct nyx_entry){ .kind = NYX_ENTRY_PASS };
	s->entry[3] = (struct nyx_entry){ .kind = NYX_ENTRY_PAGING, .hwdid = 7, .pt = &s->a };
	s->entry[4] = (struct nyx_entry){ .kind = NYX_ENTRY_PAGING, .hwdid = 0xabcd, .pt = &s->b };
	s->entry[5] = (struct nyx_entry){ .kind = NYX_ENTRY_PAGING, .hwdid = 7, .pt = &s->b };
	s->entry[6] = (struct nyx_entry){ .kind = NYX_ENTRY_PASS, .suppress_faults = true };
}

static void free_states(struct states *s)
{
	free_page((unsigned long)s->a.root);
	free_page((unsigned long)s->b.root);
}

static u16 state_domain(const struct nyx_entry *e)
{
	return e->kind == NYX_ENTRY_BLOCKED ? 0 : e->kind == NYX_ENTRY_PASS ? 1 : e->hwdid;
}

static void expect_words(struct kunit *test, struct amdvi_fixture *fx, u16 rid,
			 u64 w0, u64 w1, u64 w2)
{
	u64 words[4];

	KUNIT_EXPECT_EQ(test, fx->unit->ops->read_entry(fx->unit, rid, words), 4);
	KUNIT_EXPECT_EQ(test, words[0], w0);
	KUNIT_EXPECT_EQ(test, words[1], w1);
	KUNIT_EXPECT_EQ(test, words[2], w2);
	KUNIT_EXPECT_EQ(test, words[3], 0ULL);
}

/* Word by word against the specification's bit numbers. */
static void amdvi_entry_test_words(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	struct states s;
	u64 blocked;

	make_states(test, &s);
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	blocked = 0x803 | virt_to_phys(fx->amdvi->empty_root);	/* V, TV, mode 4 */
	expect_words(test, fx, 0, blocked, 0, 0);
	expect_words(test, fx, 0xffff, blocked, 0, 0);

	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[2]);
	expect_words(test, fx, FX_RID, 0x6000000000000003ULL, 1, 0);
	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[3]);
	expect_words(test, fx, FX_RID, 0x6000000000000803ULL | virt_to_phys(s.a.root), 7, 0);
	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[4]);
	expect_words(test, fx, FX_RID, 0x6000000000000603ULL | virt_to_phys(s.b.root), 0xabcd, 0);
	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[1]);
	expect_words(test, fx, FX_RID, blocked, 1ULL << 34, 0);
	/* Neighbours are untouched, hardware was not spoken to. */
	expect_words(test, fx, FX_RID - 1, blocked, 0, 0);
	expect_words(test, fx, FX_RID + 1, blocked, 0, 0);
	KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
	fx->unit->ops->remove(fx->unit);
	free_states(&s);
}

static bool granting(const struct amdvi_dte *dte)
{
	return dte->word[0] >> 61 & 3;
}

static void change(struct kunit *test, struct amdvi_fixture *fx, const struct nyx_entry *from,
		   const struct nyx_entry *to)
{
	struct amdvi_model *m = &fx->model;
	struct amdvi_dte old, new;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, from), 0);
	old = fx->amdvi->devtab[FX_RID];
	amdvi_model_device(m, FX_RID, IOVA);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, to), 0);
	new = fx->amdvi->devtab[FX_RID];

	/* Whatever the unit fetched on the way that granted something was whole. */
	for (i = 0; i < m->nr_seen; i++) {
		bool whole = !memcmp(&m->seen[i], &old, sizeof(old)) ||
			     !memcmp(&m->seen[i], &new, sizeof(new));

		KUNIT_EXPECT_TRUE(test, whole || !granting(&m->seen[i]));
	}
	/* What it holds now is the new entry, and nothing of the old domain. */
	amdvi_model_dma(m);
	KUNIT_EXPECT_EQ(test, memcmp(&m->dte, &new, sizeof(new)), 0);
	if (state_domain(from) != state_domain(to))
		KUNIT_EXPECT_FALSE(test, amdvi_model_any(m, state_domain(from)));
}

static void amdvi_entry_test_live(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct states s;
	unsigned int from, to;

	make_states(test, &s);
	for (from = 0; from < STATES; from++) {
		for (to = 0; to < STATES; to++)
			change(test, fx, &s.entry[from], &s.entry[to]);
	}
	fx_remove(test, fx);
	free_states(&s);
}

/* In-flight DMA of a host device must not see its entry blinked. */
static void amdvi_entry_test_noop(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct states s;
	unsigned int i, commands;

	make_states(test, &s);
	for (i = 0; i < STATES; i++) {
		fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[i]);
		amdvi_model_device(&fx->model, FX_RID, IOVA);
		commands = fx->model.nr_commands;
		fx->model.nr_writes = 0;
		KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[i]), 0);
		KUNIT_EXPECT_EQ(test, fx->model.nr_commands, commands);
		KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
		KUNIT_EXPECT_EQ(test, fx->model.nr_seen, 1);
	}
	fx_remove(test, fx);
	free_states(&s);
}

/* The entry goes before the pages, and a wait stands between the two. */
static void amdvi_entry_test_commands(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_unit_stats stats;
	struct states s;
	unsigned int waits;

	make_states(test, &s);
	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[3]);
	waits = fx->model.per_opcode[1];
	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[0]);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[1], waits + 3);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&fx->model, 2)->word[0],
			0x2000000000000000ULL | FX_RID);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&fx->model, 1)->word[0], 0x3000000700000000ULL);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&fx->model, 1)->word[1], 0x7ffffffffffff003ULL);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&fx->model, 0)->word[0],
			0x2000000000000000ULL | FX_RID);
	nyx_unit_sum_stats(fx->unit, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushes_entry, 3);	/* one to set up */
	KUNIT_EXPECT_EQ(test, stats.flushes_domain, 1);
	fx_remove(test, fx);
	free_states(&s);
}

static void amdvi_entry_test_dead(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct states s;

	make_states(test, &s);
	fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[3]);
	fx->model.never_answers = true;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[4]), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(fx->unit));
	KUNIT_EXPECT_NE(test, fx->unit->dead_reason[0], 0);
	/* Neither domain's memory is in the table any more. */
	KUNIT_EXPECT_FALSE(test, granting(&fx->amdvi->devtab[FX_RID]));
	KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &s.entry[0]), -EIO);
	KUNIT_EXPECT_FALSE(test, granting(&fx->amdvi->devtab[FX_RID]));
	fx->unit->ops->disable(fx->unit);
	fx->unit->ops->remove(fx->unit);
	free_states(&s);
}

/* What firmware asks for a RID stays in its entry in every state (5.2.2.1). */
static void amdvi_entry_test_flags(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	const u64 all2 = 0xc700000000000000ULL;
	struct states s;
	unsigned int i;
	u64 words[4];

	make_states(test, &s);
	/* "All" stands last in the table and must not undo the others. */
	fx->scopes[0] = (struct nyx_acpi_scope){ .kind = NYX_SCOPE_RIDS, .rid_first = 0x100,
						 .rid_last = 0x1ff, .dte_flags = 0xc7 };
	fx->scopes[1] = (struct nyx_acpi_scope){ .kind = NYX_SCOPE_IOAPIC, .rid_first = 0xa0,
						 .rid_last = 0xa0, .dte_flags = 0xd7 };
	fx->scopes[2] = (struct nyx_acpi_scope){ .kind = NYX_SCOPE_RIDS, .rid_first = 0x208,
						 .rid_last = 0x208, .has_alias = true,
						 .alias_rid = 0x300, .dte_flags = 0x20 };
	fx->scopes[3] = (struct nyx_acpi_scope){ .kind = NYX_SCOPE_ALL, .rid_last = 0xffff,
						 .dte_flags = 0x01 };
	fx->firmware.scopes.count = 4;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);

	for (i = 0; i < STATES; i++) {
		fx->unit->ops->set_entry(fx->unit, 0x1ff, &s.entry[i]);
		fx->unit->ops->read_entry(fx->unit, 0x1ff, words);
		KUNIT_EXPECT_EQ(test, words[2], all2);
		KUNIT_EXPECT_EQ(test, words[1] >> 40 & 3, 0);

		/* SysMgt 01b: system management messages, which need IW (erratum 63). */
		fx->unit->ops->set_entry(fx->unit, 0xa0, &s.entry[i]);
		fx->unit->ops->read_entry(fx->unit, 0xa0, words);
		KUNIT_EXPECT_EQ(test, words[2], all2);
		KUNIT_EXPECT_EQ(test, words[1] >> 40 & 3, 1);
		KUNIT_EXPECT_EQ(test, words[0] >> 62 & 1, 1);
		if (s.entry[i].kind == NYX_ENTRY_BLOCKED)
			KUNIT_EXPECT_EQ(test, words[0] & 0xffffffffff000ULL,
					virt_to_phys(fx->amdvi->empty_root));
	}
	fx->unit->ops->read_entry(fx->unit, 0x208, words);
	KUNIT_EXPECT_EQ(test, words[1] >> 40 & 3, 2);
	fx->unit->ops->read_entry(fx->unit, 0x300, words);
	KUNIT_EXPECT_EQ(test, words[1] >> 40 & 3, 2);
	fx->unit->ops->read_entry(fx->unit, 0x4000, words);
	KUNIT_EXPECT_EQ(test, words[2], 1ULL << 56);
	/* Never: remapped interrupts, ATS, exclusion, snoop disable. */
	for (i = 0; i < AMDVI_DEVTAB_ENTRIES; i++) {
		if (fx->amdvi->devtab[i].word[2] & 1 ||
		    fx->amdvi->devtab[i].word[1] & 0xc900000000ULL)
			KUNIT_FAIL(test, "entry %x", i);
	}
	fx_remove(test, fx);
	free_states(&s);
}

static struct kunit_case amdvi_entry_cases[] = {
	KUNIT_CASE(amdvi_entry_test_words),
	KUNIT_CASE(amdvi_entry_test_live),
	KUNIT_CASE(amdvi_entry_test_noop),
	KUNIT_CASE(amdvi_entry_test_commands),
	KUNIT_CASE(amdvi_entry_test_dead),
	KUNIT_CASE(amdvi_entry_test_flags),
	{}
};

static struct kunit_suite amdvi_entry_suite = {
	.name = "nyx_amdvi_entry",
	.test_cases = amdvi_entry_cases,
};

kunit_test_suite(amdvi_entry_suite);
