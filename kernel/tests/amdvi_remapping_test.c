// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi interrupt remapping: whether and in which format, who has which table and how long,
 * and what device table entries say of interrupts in every state and between any two.
 */
#include <linux/mm.h>

#include "amdvi_fixture.h"

#define FX_EFR_NO_GA	(FX_EFR & ~BIT_ULL(7))
#define BRIDGE		0x0300
#define NEIGHBOUR	0x0328
#define IV		1ULL
#define IG		BIT_ULL(5)
#define REMAP		(2ULL << 60)
#define LEN_512		(9ULL << 1)

static const struct nyx_irte here = { .present = true, .vector = 0x31, .destination = 1 };

static struct nyx_irq_source source_of(const u16 *rids, u8 nr)
{
	return (struct nyx_irq_source){ .rids = rids, .nr_rids = nr };
}

static u64 root_of(const struct nyx_irq_source *source)
{
	return virt_to_phys(((struct amdvi_irq_table *)source->table)->entries);
}

static u64 word2(struct amdvi_fixture *fx, u16 rid)
{
	return fx->amdvi->devtab[rid].word[2];
}

static int set(struct amdvi_fixture *fx, u16 rid, enum nyx_entry_kind kind, bool remap)
{
	struct nyx_entry entry = { .kind = kind, .remap_interrupts = remap };

	return fx->unit->ops->set_entry(fx->unit, rid, &entry);
}

static bool kept(void *pages)
{
	struct page *page = virt_to_page(pages);

	return page_count(page) == 2;
}

/* ---- whether, and in which format ---- */

static void amdvi_remapping_test_format(struct kunit *test)
{
	/* type 0x10 has features of its own: GASup is bit 6 */
	static const struct {
		u64 efr, image;
		u8 type;
		u32 features;
		bool ga;
	} cases[] = {
		{ FX_EFR, 0, 0x10, BIT(6), true },
		{ FX_EFR, 0, 0x10, (u32)~BIT(6), false },
		{ FX_EFR, FX_EFR, 0x11, 0, true },
		{ FX_EFR, FX_EFR_NO_GA, 0x11, BIT(6), false },
		{ FX_EFR_NO_GA, FX_EFR, 0x40, BIT(6), false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct amdvi_fixture *fx = fx_alloc(test, cases[i].efr);

		fx->model.control = AMDVI_CONTROL_ISOC;
		fx->firmware.efr = cases[i].image;
		fx->firmware.ivhd_type = cases[i].type;
		fx->firmware.ivhd_features = cases[i].features;
		KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_OFF);
		KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
		KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
		KUNIT_EXPECT_EQ_MSG(test, !!(fx->model.control & BIT_ULL(17)), cases[i].ga, "%u", i);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_ON);
		KUNIT_EXPECT_TRUE(test, fx->unit->remapping.per_device);
		KUNIT_EXPECT_FALSE(test, fx->unit->remapping.forgeable);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.entries, 512);
		/* These tests run where no unit is real. */
		KUNIT_EXPECT_FALSE(test, fx->unit->caps.counts_blocked_interrupts);
		KUNIT_EXPECT_NOT_NULL(test, strstr(fx->unit->remapping.why, "neither recorded"));

		fx->unit->ops->disable(fx->unit);
		KUNIT_EXPECT_EQ(test, fx->model.control, AMDVI_CONTROL_ISOC);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_OFF);
		KUNIT_EXPECT_EQ(test, fx->unit->ops->resume(fx->unit), 0);
		KUNIT_EXPECT_EQ(test, !!(fx->model.control & BIT_ULL(17)), cases[i].ga);
		KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_ON);
		fx_remove(test, fx);
	}
}

/* Among the writes kept: how often IommuEn was set, and never without the format. */
static unsigned int expect_format(struct kunit *test, struct amdvi_model *m)
{
	const u64 format = BIT_ULL(17) | BIT_ULL(50);
	unsigned int i, on = 0;

	for (i = 0; i < m->nr_writes; i++) {
		if (m->writes[i].offset != 0x18 || !(m->writes[i].value & 1))
			continue;
		on++;
		KUNIT_EXPECT_EQ(test, m->writes[i].value & format, format);
	}
	return on;
}

/* GAEn and XTEn stand before IommuEn is set, and go after it is clear. */
static void amdvi_remapping_test_order(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);

	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	fx->amdvi->xt = true;
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	KUNIT_EXPECT_NULL(test, strstr(fx->unit->remapping.why, "255"));
	KUNIT_EXPECT_EQ(test, expect_format(test, &fx->model), 1);
	fx->model.nr_writes = 0;
	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_EQ(test, expect_format(test, &fx->model), 1);
	KUNIT_EXPECT_EQ(test, fx->model.control, 0);
	fx_remove(test, fx);
}

/* An emulated unit that cannot, which only the missing IO-APIC tells. */
static void amdvi_remapping_test_none(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);

	fx->scopes[4].kind = NYX_SCOPE_HPET;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	KUNIT_EXPECT_EQ(test, fx->unit->remapping.state, NYX_REMAPPING_NONE);
	KUNIT_EXPECT_NE(test, fx->unit->remapping.why[0], 0);
	KUNIT_EXPECT_EQ(test, fx->model.control & BIT_ULL(17), 0);
	fx_remove(test, fx);
}

/* ---- who has which table ---- */

static void amdvi_remapping_test_shared(struct kunit *test)
{
	static const u16 a_ids[] = { FX_RID, BRIDGE }, b_ids[] = { NEIGHBOUR, BRIDGE };
	static const u16 c_ids[] = { 0x0020 }, d_ids[] = { 0x0020, FX_RID };
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	const struct nyx_unit_ops *ops = fx->unit->ops;
	struct nyx_irq_source a = source_of(a_ids, 2), b = source_of(b_ids, 2);
	struct nyx_irq_source c = source_of(c_ids, 1), d = source_of(d_ids, 2);
	u64 words[2];
	void *pages;
	u32 i, k;

	KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &a), 0);
	KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &b), 0);
	KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &c), 0);
	KUNIT_EXPECT_PTR_EQ(test, a.table, b.table);
	KUNIT_EXPECT_PTR_NE(test, a.table, c.table);
	KUNIT_EXPECT_EQ(test, ops->irq_open(fx->unit, &d), -EBUSY);
	KUNIT_EXPECT_NULL(test, d.table);
	/* Aligned as the unit wants it, and all that 11 bits can name is there and empty. */
	KUNIT_EXPECT_EQ(test, root_of(&a) & 127, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(phys_to_virt(root_of(&a)), 0, 2048 * 16));

	/* One's entries are not the other's, and each is forgotten under the ids of both. */
	KUNIT_EXPECT_EQ(test, ops->irq_reserve(fx->unit, &a, 1, &i), 0);
	KUNIT_EXPECT_EQ(test, ops->irq_reserve(fx->unit, &b, 1, &k), 0);
	KUNIT_EXPECT_NE(test, i, k);
	set(fx, FX_RID, NYX_ENTRY_BLOCKED, true);
	set(fx, BRIDGE, NYX_ENTRY_BLOCKED, true);
	set(fx, NEIGHBOUR, NYX_ENTRY_BLOCKED, true);
	KUNIT_EXPECT_EQ(test, ops->irq_write(fx->unit, &a, i, &here), 0);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, NEIGHBOUR, i, words),
			MODEL_IRQ_RAISED);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, BRIDGE, i, words),
			MODEL_IRQ_RAISED);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, NEIGHBOUR, k, words),
			MODEL_IRQ_REFUSED);
	KUNIT_EXPECT_EQ(test, ops->irq_release(fx->unit, &a, i, 1), 0);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, NEIGHBOUR, i, words),
			MODEL_IRQ_REFUSED);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, BRIDGE, i, words),
			MODEL_IRQ_REFUSED);

	/* The first to go leaves the table to the other, with the id that is also its. */
	pages = phys_to_virt(root_of(&a));
	get_page(virt_to_page(pages));
	set(fx, FX_RID, NYX_ENTRY_BLOCKED, false);
	ops->irq_close(fx->unit, &a);
	KUNIT_EXPECT_NULL(test, a.table);
	KUNIT_EXPECT_TRUE(test, kept(pages));
	KUNIT_EXPECT_EQ(test, ops->irq_write(fx->unit, &b, k, &here), 0);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(&fx->model, BRIDGE, k, words),
			MODEL_IRQ_RAISED);
	/* The id that has gone is invalidated no more, and has a table of its own again. */
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&fx->model, 1)->word[0],
			0x5000000000000000ULL | BRIDGE);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(&fx->model, 0)->word[0],
			0x5000000000000000ULL | NEIGHBOUR);
	a = source_of(a_ids, 1);
	KUNIT_EXPECT_EQ(test, ops->irq_open(fx->unit, &a), 0);
	KUNIT_EXPECT_PTR_NE(test, a.table, b.table);
	ops->irq_close(fx->unit, &a);

	set(fx, NEIGHBOUR, NYX_ENTRY_BLOCKED, false);
	set(fx, BRIDGE, NYX_ENTRY_BLOCKED, false);
	ops->irq_close(fx->unit, &b);
	KUNIT_EXPECT_FALSE(test, kept(pages));
	put_page(virt_to_page(pages));
	ops->irq_close(fx->unit, &c);
	KUNIT_EXPECT_TRUE(test, xa_empty(&fx->amdvi->irq_tables));
	fx_remove(test, fx);
}

/* More ids than one submission holds, and more than a table serves. */
static void amdvi_remapping_test_many(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	const struct nyx_unit_ops *ops = fx->unit->ops;
	struct nyx_irq_source *s = kunit_kcalloc(test, 70, sizeof(*s), GFP_KERNEL);
	u16 (*ids)[2] = kunit_kcalloc(test, 70, sizeof(*ids), GFP_KERNEL);
	unsigned int i, nr, before;

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, ids);
	for (nr = 0; nr < 70; nr++) {
		/* The one that is too many first gets its bridge, and then no more. */
		ids[nr][nr == 63] = 0x500 + nr;
		ids[nr][nr != 63] = BRIDGE;
		s[nr] = source_of(ids[nr], 2);
		if (ops->irq_open(fx->unit, &s[nr]))
			break;
	}
	/* 63 and the bridge. The one that was refused has left nothing behind. */
	KUNIT_EXPECT_EQ(test, nr, 63);
	KUNIT_EXPECT_NULL(test, xa_load(&fx->amdvi->irq_tables, ids[63][1]));
	before = fx->model.per_opcode[5];
	KUNIT_EXPECT_EQ(test, ops->irq_write(fx->unit, &s[0], 0, &here), 0);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[5], before + 64);

	/* Slots are used again, and the others stay where they are. */
	ops->irq_close(fx->unit, &s[7]);
	before = fx->model.per_opcode[5];
	KUNIT_EXPECT_EQ(test, ops->irq_write(fx->unit, &s[0], 0, &here), 0);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[5], before + 63);
	KUNIT_EXPECT_EQ(test, ops->irq_open(fx->unit, &s[nr]), 0);
	before = fx->model.per_opcode[5];
	KUNIT_EXPECT_EQ(test, ops->irq_write(fx->unit, &s[0], 0, &here), 0);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[5], before + 64);
	for (i = 0; i <= nr; i++)
		ops->irq_close(fx->unit, &s[i]);
	KUNIT_EXPECT_TRUE(test, xa_empty(&fx->amdvi->irq_tables));
	fx_remove(test, fx);
}

/*
 * What a unit that no longer answers may go on reading is never freed, whether the entry in
 * memory leads there yet, since its first step has failed, or not.
 */
static void amdvi_remapping_test_dead(struct kunit *test)
{
	static const u16 ids[] = { FX_RID };
	unsigned int kind;

	for (kind = NYX_ENTRY_BLOCKED; kind <= NYX_ENTRY_PASS; kind++) {
		struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
		const struct nyx_unit_ops *ops = fx->unit->ops;
		struct nyx_irq_source s = source_of(ids, 1);
		void *pages;

		KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &s), 0);
		KUNIT_ASSERT_EQ(test, set(fx, FX_RID, kind, true), 0);
		pages = phys_to_virt(root_of(&s));
		get_page(virt_to_page(pages));
		fx->model.never_answers = true;
		KUNIT_EXPECT_EQ(test, set(fx, FX_RID, NYX_ENTRY_BLOCKED, false), -ETIMEDOUT);
		ops->irq_close(fx->unit, &s);
		KUNIT_EXPECT_TRUE(test, fx_drop(pages, 2048 * 16));
		ops->disable(fx->unit);
		ops->remove(fx->unit);
	}
}

/* ---- device table entries ---- */

/* Each kind with and without remapping, table and muting; firmware lets all pass. */
static void amdvi_remapping_test_words(struct kunit *test)
{
	static const u16 ids[] = { FX_RID };
	const u64 passes = 0xc700000000000000ULL;
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	struct nyx_irq_source s = source_of(ids, 1);
	struct nyx_pt pt = { .config.levels = 4 };
	unsigned int i, kind;
	u64 want;

	pt.root = (u64 *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pt.root);
	fx->scopes[0] = (struct nyx_acpi_scope){ .kind = NYX_SCOPE_ALL, .rid_last = 0xffff,
						 .dte_flags = 0xc7 };
	fx->firmware.scopes.count = 1;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	for (i = 0; i < 8; i++) {
		bool remap = i & 1, suppress = i & 2, table = i & 4;

		if (table)
			KUNIT_ASSERT_EQ(test, fx->unit->ops->irq_open(fx->unit, &s), 0);
		if (!remap)
			want = passes;
		else if (table)
			want = IV | REMAP | LEN_512 | root_of(&s);
		else if (suppress)	/* a table of one entry, which is not present */
			want = IV | REMAP | virt_to_phys(fx->amdvi->no_irtes);
		else
			want = IV;
		if (remap && suppress)
			want |= IG;
		for (kind = NYX_ENTRY_BLOCKED; kind <= NYX_ENTRY_PAGING; kind++) {
			struct nyx_entry e = {
				.kind = kind, .remap_interrupts = remap, .hwdid = 7, .pt = &pt,
				.suppress_faults = suppress,
			};

			KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &e), 0);
			KUNIT_EXPECT_EQ_MSG(test, word2(fx, FX_RID), want, "%u %u", i, kind);
			KUNIT_EXPECT_EQ(test, !!(fx->amdvi->devtab[FX_RID].word[1] & BIT_ULL(34)),
					suppress);
			KUNIT_EXPECT_EQ(test, word2(fx, NEIGHBOUR), passes);
		}
		set(fx, FX_RID, NYX_ENTRY_BLOCKED, false);
		fx->unit->ops->irq_close(fx->unit, &s);
	}
	/* Whatever a muted device names is not there, the emulators' 2048 included. */
	KUNIT_EXPECT_NULL(test, memchr_inv(fx->amdvi->no_irtes, 0, 2048 * 16));
	fx_remove(test, fx);
	free_page((unsigned long)pt.root);
}

struct state {
	struct nyx_entry entry;
	bool table;	/* the device gets one, if it has none */
};

#define STATES	10

static void make_states(struct state *s, const struct nyx_pt *a, const struct nyx_pt *b)
{
	const struct nyx_entry paging = {
		.kind = NYX_ENTRY_PAGING, .hwdid = 7, .pt = a, .remap_interrupts = true,
	};

	memset(s, 0, STATES * sizeof(*s));
	s[0].entry.kind = NYX_ENTRY_PASS;
	s[1].entry.kind = NYX_ENTRY_BLOCKED;
	s[2].entry = s[1].entry;
	s[2].entry.remap_interrupts = true;
	s[3] = s[2];
	s[3].entry.suppress_faults = true;
	s[4] = s[2];
	s[4].table = true;
	s[5].entry = paging;
	s[6].entry = paging;
	s[6].table = true;
	s[7] = s[6];
	s[7].entry.hwdid = 8;
	s[7].entry.pt = b;
	s[8] = s[1];
	s[8].entry.block_interrupts = true;
	s[9] = s[8];
	s[9].table = true;
}

/* A device that does DMA and raises an interrupt after every store and every command. */
static void change(struct kunit *test, struct amdvi_fixture *fx, const struct state *from,
		   const struct state *to)
{
	static const u16 ids[] = { FX_RID };
	struct nyx_irq_source old = source_of(ids, 1), new = source_of(ids, 1);
	const struct nyx_unit_ops *ops = fx->unit->ops;
	struct amdvi_model *m = &fx->model;
	bool table = from->table || to->table;
	enum amdvi_model_irq what;
	u64 words[2];

	if (from->table) {
		KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &old), 0);
		KUNIT_ASSERT_EQ(test, ops->irq_write(fx->unit, &old, 3, &here), 0);
	}
	KUNIT_ASSERT_EQ(test, ops->set_entry(fx->unit, FX_RID, &from->entry), 0);
	amdvi_model_device(m, FX_RID, 0x5000);
	m->unchecked = 0;
	m->irq_refused = 0;
	m->irq_raised = 0;

	/* A table that is there stays as long as it is open; a new one comes before the entry. */
	if (to->table && !from->table) {
		KUNIT_ASSERT_EQ(test, ops->irq_open(fx->unit, &new), 0);
		KUNIT_ASSERT_EQ(test, ops->irq_write(fx->unit, &new, 3, &here), 0);
	}
	KUNIT_ASSERT_EQ(test, ops->set_entry(fx->unit, FX_RID, &to->entry), 0);
	KUNIT_EXPECT_EQ(test, m->unchecked, 0);
	if (from->table && from->entry.remap_interrupts && to->entry.remap_interrupts)
		KUNIT_EXPECT_EQ(test, m->irq_refused, 0);
	what = amdvi_model_interrupt(m, FX_RID, 3, words);
	KUNIT_EXPECT_EQ(test, what, to->entry.block_interrupts ? MODEL_IRQ_REFUSED :
			!to->entry.remap_interrupts ? MODEL_IRQ_PASSED :
			table ? MODEL_IRQ_RAISED : MODEL_IRQ_REFUSED);
	if (!to->entry.remap_interrupts && !to->entry.block_interrupts)
		KUNIT_EXPECT_FALSE(test, amdvi_model_holds_irte(m, FX_RID));

	set(fx, FX_RID, NYX_ENTRY_BLOCKED, false);
	KUNIT_EXPECT_FALSE(test, amdvi_model_holds_irte(m, FX_RID));
	ops->irq_close(fx->unit, &old);
	ops->irq_close(fx->unit, &new);
}

/*
 * Between any two, whatever the unit forgets of itself: never in its domain with interrupts
 * that pass as they are, nothing of a former table afterwards, and no interrupt lost on the way
 * from one domain to another.
 */
static void amdvi_remapping_test_live(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_pt a = { .config.levels = 4 }, b = { .config.levels = 3 };
	struct state states[STATES];
	unsigned int from, to, mode;

	a.root = (u64 *)get_zeroed_page(GFP_KERNEL);
	b.root = (u64 *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, a.root);
	KUNIT_ASSERT_NOT_NULL(test, b.root);
	make_states(states, &a, &b);
	fx->model.irq_on = true;
	fx->model.irq_index = 3;
	for (mode = 0; mode < 3; mode++) {
		fx->model.dma_forgets = mode == 1;
		fx->model.irq_forgets = mode == 2;
		for (from = 0; from < STATES; from++)
			for (to = 0; to < STATES; to++)
				change(test, fx, &states[from], &states[to]);
	}
	fx_remove(test, fx);
	free_page((unsigned long)a.root);
	free_page((unsigned long)b.root);
}

/* The entry, then the table that it led to, with a wait between them; DMA goes on. */
static void amdvi_remapping_test_commands(struct kunit *test)
{
	static const u16 ids[] = { FX_RID };
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_irq_source s = source_of(ids, 1);
	struct amdvi_model *m = &fx->model;
	unsigned int waits, commands;

	KUNIT_ASSERT_EQ(test, fx->unit->ops->irq_open(fx->unit, &s), 0);
	set(fx, FX_RID, NYX_ENTRY_PASS, true);
	amdvi_model_device(m, FX_RID, 0x5000);
	waits = m->per_opcode[1];
	commands = m->nr_commands;
	set(fx, FX_RID, NYX_ENTRY_PASS, false);
	KUNIT_EXPECT_EQ(test, m->nr_commands, commands + 2);
	KUNIT_EXPECT_EQ(test, m->per_opcode[1], waits + 2);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(m, 1)->word[0], 0x2000000000000000ULL | FX_RID);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(m, 0)->word[0], 0x5000000000000000ULL | FX_RID);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(m, 0)->word[1], 0);
	KUNIT_EXPECT_EQ(test, m->refused, 0);
	fx->unit->ops->irq_close(fx->unit, &s);
	fx_remove(test, fx);
}

static struct kunit_case amdvi_remapping_cases[] = {
	KUNIT_CASE(amdvi_remapping_test_format),
	KUNIT_CASE(amdvi_remapping_test_order),
	KUNIT_CASE(amdvi_remapping_test_none),
	KUNIT_CASE(amdvi_remapping_test_shared),
	KUNIT_CASE(amdvi_remapping_test_many),
	KUNIT_CASE(amdvi_remapping_test_dead),
	KUNIT_CASE(amdvi_remapping_test_words),
	KUNIT_CASE(amdvi_remapping_test_live),
	KUNIT_CASE(amdvi_remapping_test_commands),
	{}
};

static struct kunit_suite amdvi_remapping_suite = {
	.name = "nyx_amdvi_remapping",
	.test_cases = amdvi_remapping_cases,
};

kunit_test_suite(amdvi_remapping_suite);
