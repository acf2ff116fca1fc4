// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi interrupt table entries: their bits in both formats, a live one that is changed under
 * interrupts, and which are taken. The model holds whatever it has read.
 */
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/msi.h>

#include "amdvi_fixture.h"

#define FX_EFR_NO_GA	(FX_EFR & ~BIT_ULL(7))
#define ALIAS		0x0300
#define ENTRIES		512

static const struct nyx_irte first = { .present = true, .vector = 0x31, .destination = 1 };
static const struct nyx_irte second = { .present = true, .vector = 0x42, .destination = 2 };
static const struct nyx_irte absent;
static const struct nyx_entry blocked = { .kind = NYX_ENTRY_BLOCKED };

struct irqs {
	struct amdvi_fixture *fx;
	const struct nyx_unit_ops *ops;
	struct nyx_unit *unit;
	struct amdvi_model *m;
	struct nyx_irq_source source;
	struct amdvi_irq_table *table;
};

/* A device with an alias, both remapped through one table. */
static struct irqs *irqs_with(struct kunit *test, u64 efr, bool xt)
{
	static const struct nyx_entry remapped = {
		.kind = NYX_ENTRY_BLOCKED, .remap_interrupts = true,
	};
	static const u16 rids[] = { FX_RID, ALIAS };
	struct irqs *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, q);
	q->fx = fx_alloc(test, efr);
	q->m = &q->fx->model;
	KUNIT_ASSERT_EQ(test, fx_create(q->fx), 0);
	q->fx->amdvi->xt = xt;
	q->unit = q->fx->unit;
	q->ops = q->unit->ops;
	KUNIT_ASSERT_EQ(test, q->ops->enable(q->unit, &q->fx->why), 0);
	KUNIT_ASSERT_EQ(test, q->unit->remapping.state, NYX_REMAPPING_ON);
	q->source.rids = rids;
	q->source.nr_rids = ARRAY_SIZE(rids);
	KUNIT_ASSERT_EQ(test, q->ops->irq_open(q->unit, &q->source), 0);
	q->table = q->source.table;
	for (i = 0; i < ARRAY_SIZE(rids); i++)
		KUNIT_ASSERT_EQ(test, q->ops->set_entry(q->unit, rids[i], &remapped), 0);
	return q;
}

static void irqs_end(struct kunit *test, struct irqs *q)
{
	unsigned int i;

	for (i = 0; i < q->source.nr_rids; i++)
		q->ops->set_entry(q->unit, q->source.rids[i], &blocked);
	q->ops->irq_close(q->unit, &q->source);
	fx_remove(test, q->fx);
}

static int write(struct irqs *q, u32 index, const struct nyx_irte *irte)
{
	return q->ops->irq_write(q->unit, &q->source, index, irte);
}

/* What the specification's tables say of it; false: they have no place for it. */
static bool expected(const struct nyx_irte *e, bool ga, bool xt, u64 words[2])
{
	words[0] = 0;
	words[1] = 0;
	if (!e->present)
		return true;
	if (e->delivery > 1 || (!xt && e->destination > 0xff))
		return false;
	words[0] = 1 | (u64)e->delivery << 2 | (u64)e->level << 5 | (u64)e->logical << 6;
	if (ga) {
		words[0] |= (u64)(e->destination & 0xffffff) << 8;
		words[1] = e->vector | (u64)(e->destination >> 24) << 56;
	} else {
		words[0] |= (u64)e->destination << 8 | (u64)e->vector << 16;
	}
	return true;
}

static void expect_entry(struct kunit *test, struct irqs *q, u32 index, const struct nyx_irte *e,
			 bool ga, bool xt)
{
	struct nyx_irte_view view;
	u64 want[2], got[2] = {};
	enum amdvi_model_irq what;

	if (!expected(e, ga, xt, want)) {
		KUNIT_EXPECT_EQ(test, write(q, index, e), -ERANGE);
		return;
	}
	KUNIT_EXPECT_EQ(test, write(q, index, e), 0);
	if (ga)
		memcpy(got, q->table->entries + 16 * index, 16);
	else
		memcpy(got, q->table->entries + 4 * index, 4);
	KUNIT_EXPECT_EQ(test, got[0], want[0]);
	KUNIT_EXPECT_EQ(test, got[1], want[1]);
	what = amdvi_model_interrupt(q->m, ALIAS, index, got);
	KUNIT_EXPECT_EQ(test, what, e->present ? MODEL_IRQ_RAISED : MODEL_IRQ_REFUSED);
	KUNIT_EXPECT_EQ(test, got[0], want[0]);
	KUNIT_EXPECT_EQ(test, got[1], want[1]);

	q->ops->irq_read(q->unit, &q->source, index, &view);
	KUNIT_EXPECT_EQ(test, view.nr_words, ga ? 2 : 1);
	KUNIT_EXPECT_EQ(test, view.words[0], want[0]);
	KUNIT_EXPECT_EQ(test, view.words[1], want[1]);
	KUNIT_EXPECT_EQ(test, view.irte.present, e->present);
	if (!e->present)
		return;
	KUNIT_EXPECT_EQ(test, view.irte.logical, e->logical);
	KUNIT_EXPECT_EQ(test, view.irte.level, e->level);
	KUNIT_EXPECT_EQ(test, view.irte.delivery, e->delivery);
	KUNIT_EXPECT_EQ(test, view.irte.vector, e->vector);
	KUNIT_EXPECT_EQ(test, view.irte.destination, e->destination);
	KUNIT_EXPECT_STREQ(test, view.source, "03:04.0, 03:00.0");
}

/* Every delivery mode, both destination modes, both triggers, vectors and ids at the edges. */
static void every_entry(struct kunit *test, u64 efr, bool xt)
{
	static const u32 destinations[] = { 0, 1, 0x80, 0xff, 0x100, 0xffff, 0xffffff, 0x1000000,
					    0xa5000000, 0x12345678, 0xffffffff };
	static const u8 vectors[] = { 0x10, 0x21, 0x80, 0xef, 0xff };
	struct irqs *q = irqs_with(test, efr, xt);
	bool ga = efr & BIT_ULL(7);
	unsigned int i, k, v;

	KUNIT_EXPECT_EQ(test, !!(q->m->control & BIT_ULL(17)), ga);
	KUNIT_EXPECT_EQ(test, !!(q->m->control & BIT_ULL(50)), xt);
	for (i = 0; i < 8 * 2 * 2; i++) {
		for (k = 0; k < ARRAY_SIZE(destinations); k++) {
			for (v = 0; v < ARRAY_SIZE(vectors); v++) {
				struct nyx_irte e = {
					.present = true, .delivery = i & 7, .logical = i >> 3 & 1,
					.level = i >> 4, .vector = vectors[v],
					.destination = destinations[k],
				};

				expect_entry(test, q, (i + k) % ENTRIES, &e, ga, xt);
				e.present = false;
				expect_entry(test, q, (i + k) % ENTRIES, &e, ga, xt);
			}
		}
	}
	expect_entry(test, q, ENTRIES - 1, &first, ga, xt);
	irqs_end(test, q);
}

static void amdvi_irte_test_32(struct kunit *test)
{
	every_entry(test, FX_EFR_NO_GA, false);
}

static void amdvi_irte_test_128(struct kunit *test)
{
	every_entry(test, FX_EFR, false);
}

static void amdvi_irte_test_xt(struct kunit *test)
{
	every_entry(test, FX_EFR, true);
}

static void amdvi_irte_test_message(struct kunit *test)
{
	struct irqs *q = irqs_with(test, FX_EFR, false);
	struct msi_msg msg;
	u32 i;

	for (i = 0; i < ENTRIES; i += 37) {
		memset(&msg, 0xff, sizeof(msg));
		q->ops->irq_compose(q->unit, i, 0, &msg);
		KUNIT_EXPECT_EQ(test, msg.address_lo, 0xfee00000);
		KUNIT_EXPECT_EQ(test, msg.address_hi, 0);
		KUNIT_EXPECT_EQ(test, msg.data, i);
	}
	q->ops->irq_compose(q->unit, 0x1c0, 0x1f, &msg);
	KUNIT_EXPECT_EQ(test, msg.data, 0x1df);
	irqs_end(test, q);
}

/* A device raises it after every command, under one of its ids: none is lost, none is stale. */
static void live(struct kunit *test, u64 efr)
{
	struct irqs *q = irqs_with(test, efr, false);
	struct nyx_unit_stats stats;
	unsigned int i, k, nr;
	u64 words[2], want[2];

	q->m->irq_on = true;
	q->m->irq_index = 5;
	KUNIT_EXPECT_EQ(test, write(q, 5, &first), 0);
	nyx_unit_sum_stats(q->unit, &stats);
	nr = stats.flushes_interrupt;
	amdvi_model_device(q->m, FX_RID, 0);
	q->m->irq_refused = 0;
	for (i = 0; i < 8; i++) {
		const struct nyx_irte *e = i & 1 ? &first : &second;

		/* Both ids hold what was there before. */
		for (k = 0; k < 2; k++)
			amdvi_model_interrupt(q->m, k ? ALIAS : FX_RID, 5, words);
		KUNIT_EXPECT_EQ(test, write(q, 5, e), 0);
		expected(e, efr & BIT_ULL(7), false, want);
		for (k = 0; k < 2; k++) {
			KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(q->m, k ? ALIAS : FX_RID, 5,
								    words), MODEL_IRQ_RAISED);
			KUNIT_EXPECT_EQ(test, words[0], want[0]);
			KUNIT_EXPECT_EQ(test, words[1], want[1]);
		}
	}
	KUNIT_EXPECT_EQ(test, q->m->irq_refused, 0);
	KUNIT_EXPECT_GT(test, q->m->irq_raised, 8);
	nyx_unit_sum_stats(q->unit, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushes_interrupt, nr + 8);
	/* INVALIDATE_INTERRUPT_TABLE, for each id. */
	KUNIT_EXPECT_EQ(test, amdvi_model_command(q->m, 1)->word[0],
			0x5000000000000000ULL | FX_RID);
	KUNIT_EXPECT_EQ(test, amdvi_model_command(q->m, 0)->word[0], 0x5000000000000000ULL | ALIAS);

	/* Masked: gone, under both. */
	KUNIT_EXPECT_EQ(test, write(q, 5, &absent), 0);
	for (k = 0; k < 2; k++)
		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(q->m, k ? ALIAS : FX_RID, 5, words),
				MODEL_IRQ_REFUSED);
	irqs_end(test, q);
}

static void amdvi_irte_test_live(struct kunit *test)
{
	live(test, FX_EFR);
	live(test, FX_EFR_NO_GA);
}

struct reader {
	u64 *entry;
	unsigned int reads, mixtures;
};

/* As a unit reads it: 128 bits at once. */
static int read_entry_128(void *data)
{
	struct reader *r = data;

	while (!kthread_should_stop()) {
		u64 low = 0, high = 0;

		asm volatile("lock cmpxchg16b (%[entry])"
			     : "+a" (low), "+d" (high)
			     : [entry] "r" (r->entry), "b" (0ULL), "c" (0ULL)
			     : "memory", "cc");
		/* The vector of one and the destination of the other, or none at all. */
		r->mixtures += !low || (low >> 8 == 1) != (high == 0x31);
		if (!(++r->reads & 0xff))
			cond_resched();
	}
	return 0;
}

/* Another processor never sees an entry that is half the one and half the other, or absent. */
static void amdvi_irte_test_whole(struct kunit *test)
{
	struct irqs *q = irqs_with(test, FX_EFR, false);
	struct reader r = { .entry = q->table->entries + 16 * 7 };
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, write(q, 7, &first), 0);
	task = kthread_run(read_entry_128, &r, "nyx_irte_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	/* Off, it needs no invalidation: store upon store. */
	WRITE_ONCE(q->unit->state, NYX_UNIT_OFF);
	for (i = 0; i < 100000 || (!READ_ONCE(r.reads) && i < 100000000); i++) {
		write(q, 7, &second);
		write(q, 7, &first);
		if (!(i & 0xff))
			cond_resched();
	}
	WRITE_ONCE(q->unit->state, NYX_UNIT_TRANSLATING);
	kthread_stop(task);
	KUNIT_EXPECT_GT(test, r.reads, 0);
	KUNIT_EXPECT_EQ(test, r.mixtures, 0);
	irqs_end(test, q);
}

/* The callers of irq_write() hold raw spinlocks. */
static void amdvi_irte_test_atomic(struct kunit *test)
{
	struct irqs *q = irqs_with(test, FX_EFR, false);
	raw_spinlock_t lock;
	unsigned long flags;
	u64 words[2];
	int err;

	raw_spin_lock_init(&lock);
	raw_spin_lock_irqsave(&lock, flags);
	err = write(q, 5, &first);
	raw_spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_EQ(test, err, 0);
	amdvi_model_interrupt(q->m, FX_RID, 5, words);

	/* Behind a device that does not answer it does not wait for the unit either. */
	q->m->never_answers = true;
	WRITE_ONCE(q->fx->amdvi->queue.device_pending, true);
	raw_spin_lock_irqsave(&lock, flags);
	err = write(q, 5, &second);
	raw_spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(q->unit));
	WRITE_ONCE(q->fx->amdvi->queue.device_pending, false);
	q->m->never_answers = false;
	/* Whoever waits next waits for that too. */
	KUNIT_EXPECT_EQ(test, q->ops->irq_release(q->unit, &q->source, 6, 1), 0);
	KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(q->m, FX_RID, 5, words), MODEL_IRQ_RAISED);
	KUNIT_EXPECT_EQ(test, words[1], 0x42);
	irqs_end(test, q);
}

/* ---- which entries are taken ---- */

static int reserve(struct irqs *q, u32 nr, u32 *index)
{
	return q->ops->irq_reserve(q->unit, &q->source, nr, index);
}

static void amdvi_irte_test_blocks(struct kunit *test)
{
	static const u32 sizes[] = { 1, 3, 2, 32, 5, 4, 16, 1, 33, 8, 7 };
	struct irqs *q = irqs_with(test, FX_EFR, false);
	u8 *taken = kunit_kzalloc(test, ENTRIES, GFP_KERNEL);
	unsigned int i, nr, sum = 0;
	u32 index, k;

	KUNIT_ASSERT_NOT_NULL(test, taken);
	KUNIT_EXPECT_EQ(test, reserve(q, ENTRIES + 1, &index), -ENOSPC);
	for (i = 0;; i++) {
		nr = sizes[i % ARRAY_SIZE(sizes)];
		if (reserve(q, nr, &index))
			break;
		KUNIT_EXPECT_EQ(test, index % roundup_pow_of_two(nr), 0);
		KUNIT_ASSERT_LE(test, index + nr, ENTRIES);
		for (k = 0; k < nr; k++) {
			KUNIT_EXPECT_EQ(test, taken[index + k], 0);
			taken[index + k] = 1;
		}
		sum += nr;
	}
	/* What does not fit as a block is there one by one. */
	while (!reserve(q, 1, &index)) {
		KUNIT_ASSERT_LT(test, index, ENTRIES);
		KUNIT_EXPECT_EQ(test, taken[index], 0);
		taken[index] = 1;
		sum++;
	}
	KUNIT_EXPECT_EQ(test, sum, ENTRIES);
	KUNIT_EXPECT_EQ(test, reserve(q, 1, &index), -ENOSPC);

	KUNIT_EXPECT_EQ(test, q->ops->irq_release(q->unit, &q->source, 64, 32), 0);
	KUNIT_EXPECT_EQ(test, reserve(q, 33, &index), -ENOSPC);
	KUNIT_EXPECT_EQ(test, reserve(q, 32, &index), 0);
	KUNIT_EXPECT_EQ(test, index, 64);
	KUNIT_EXPECT_EQ(test, q->ops->irq_release(q->unit, &q->source, 0, ENTRIES), 0);
	KUNIT_EXPECT_EQ(test, reserve(q, ENTRIES, &index), 0);
	KUNIT_EXPECT_EQ(test, index, 0);
	irqs_end(test, q);
}

/* Released: not present, and forgotten under each id, before it can be had again. */
static void amdvi_irte_test_release(struct kunit *test)
{
	struct irqs *q = irqs_with(test, FX_EFR, false);
	u64 words[2];
	u32 index, i;

	KUNIT_ASSERT_EQ(test, reserve(q, 4, &index), 0);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, write(q, index + i, &first), 0);
	for (i = 0; i < 4; i++) {
		amdvi_model_interrupt(q->m, FX_RID, index + i, words);
		amdvi_model_interrupt(q->m, ALIAS, index + i, words);
	}
	KUNIT_EXPECT_EQ(test, q->ops->irq_release(q->unit, &q->source, index + 1, 2), 0);
	for (i = 0; i < 4; i++) {
		bool gone = i == 1 || i == 2;

		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(q->m, FX_RID, index + i, words),
				gone ? MODEL_IRQ_REFUSED : MODEL_IRQ_RAISED);
		KUNIT_EXPECT_EQ(test, amdvi_model_interrupt(q->m, ALIAS, index + i, words),
				gone ? MODEL_IRQ_REFUSED : MODEL_IRQ_RAISED);
	}
	irqs_end(test, q);
}

/* A unit that does not answer may raise it yet: it is nobody else's, ever. */
static void amdvi_irte_test_dead(struct kunit *test)
{
	struct irqs *q = irqs_with(test, FX_EFR, false);
	u32 lost, index;
	u64 words[2];

	KUNIT_ASSERT_EQ(test, reserve(q, 8, &lost), 0);
	KUNIT_ASSERT_EQ(test, reserve(q, 1, &index), 0);
	KUNIT_EXPECT_EQ(test, write(q, lost, &first), 0);
	KUNIT_EXPECT_EQ(test, write(q, index, &first), 0);
	amdvi_model_interrupt(q->m, FX_RID, lost, words);
	q->m->never_answers = true;
	KUNIT_EXPECT_EQ(test, q->ops->irq_release(q->unit, &q->source, lost, 8), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(q->unit));
	/* Not in memory any more, whatever the unit holds. */
	KUNIT_EXPECT_EQ(test, write(q, index, &(struct nyx_irte) {}), -EIO);
	KUNIT_EXPECT_NULL(test, memchr_inv(q->table->entries, 0, ENTRIES * 16));
	KUNIT_EXPECT_EQ(test, q->ops->irq_release(q->unit, &q->source, index, 1), -EIO);
	while (!reserve(q, 1, &index)) {
		KUNIT_EXPECT_GT(test, index, lost + 8);
		KUNIT_ASSERT_LT(test, index, ENTRIES);
	}
	KUNIT_EXPECT_EQ(test, write(q, lost + 1, &first), -EIO);
	for (index = 0; index < 2; index++)
		KUNIT_EXPECT_EQ(test, q->ops->set_entry(q->unit, q->source.rids[index], &blocked),
				-EIO);
	q->ops->irq_close(q->unit, &q->source);
	q->ops->disable(q->unit);
	q->ops->remove(q->unit);
}

static struct kunit_case amdvi_irte_cases[] = {
	KUNIT_CASE(amdvi_irte_test_32),
	KUNIT_CASE(amdvi_irte_test_128),
	KUNIT_CASE(amdvi_irte_test_xt),
	KUNIT_CASE(amdvi_irte_test_message),
	KUNIT_CASE(amdvi_irte_test_live),
	KUNIT_CASE(amdvi_irte_test_whole),
	KUNIT_CASE(amdvi_irte_test_atomic),
	KUNIT_CASE(amdvi_irte_test_blocks),
	KUNIT_CASE(amdvi_irte_test_release),
	KUNIT_CASE(amdvi_irte_test_dead),
	{}
};

static struct kunit_suite amdvi_irte_suite = {
	.name = "nyx_amdvi_irte",
	.test_cases = amdvi_irte_cases,
};

kunit_test_suite(amdvi_irte_suite);
