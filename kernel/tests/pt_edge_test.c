// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: what the page tables refuse, what is left when memory runs out at any
 * allocation, and two threads in the same tables.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "pt_model.h"

static const struct pt_param params[] = {
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_VTDSS, 3, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_VTDSS, 4, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_AMDV1, 3, SZ_4K | SZ_2M | SZ_1G, false },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M | SZ_1G, true },
	{ NYX_PT_AMDV1, 4, SZ_4K | SZ_2M | SZ_1G, false },
};

static void param_desc(const struct pt_param *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %u levels %s",
		 p->format == NYX_PT_VTDSS ? "vtdss" : "amdv1", p->levels,
		 p->coherent ? "coherent" : "non-coherent");
}

KUNIT_ARRAY_PARAM(pt, params, param_desc);

static struct pt_model *model(struct kunit *test)
{
	struct pt_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, pt_model_init(m, test->param_value), 0);
	return m;
}

static void pt_edge_config(struct kunit *test)
{
	static const struct nyx_pt_config bad[] = {
		{ .format = 2, .levels = 4, .page_sizes = SZ_4K },
		{ .levels = 2, .page_sizes = SZ_4K },
		{ .levels = 5, .page_sizes = SZ_4K },
		{ .levels = 4, .page_sizes = 0 },
		{ .levels = 4, .page_sizes = SZ_2M },
		{ .levels = 4, .page_sizes = SZ_4K | SZ_16K },
		{ .levels = 4, .page_sizes = SZ_4K | 1ULL << 39 },
	};
	struct nyx_pt pt;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, nyx_pt_init(&pt, &bad[i]), -EINVAL, "%zu", i);
}

static void pt_edge_arguments(struct kunit *test)
{
	struct pt_model *m = model(test);
	u64 top = nyx_pt_last_iova(&m->pt.config) + 1;
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	struct nyx_pt_translation t;
	static const struct {
		u64 iova, paddr, len;
		u32 prot;
		int err;
		u8 add_top;		/* 1: to iova, 2: to len */
	} maps[] = {
		{ 0x800, 0, SZ_4K, 3, -EINVAL },
		{ 0, 0x800, SZ_4K, 3, -EINVAL },
		{ 0, 0, SZ_4K + 0x800, 3, -EINVAL },
		{ 0, 0, 0, 3, -EINVAL },
		{ 0, 0, SZ_4K, 0, -EINVAL },
		{ 0, 0, SZ_4K, 4, -EINVAL },
		{ 0, 0, SZ_4K, 7, -EINVAL },
		{ 0, 0, SZ_4K, 3, -ERANGE, 1 },
		{ -(u64)SZ_4K, 0, 2 * SZ_4K, 3, -ERANGE, 1 },
		{ 0, 0, SZ_4K, 3, -ERANGE, 2 },
		{ -(u64)SZ_4K, 0, SZ_4K, 3, -ERANGE },
		{ -(u64)SZ_4K, 0, 2 * SZ_4K, 3, -ERANGE },
		{ SZ_4K, 0, -(u64)SZ_4K, 3, -ERANGE },
		{ 0, 1ULL << 52, SZ_4K, 3, -ERANGE },
		{ 0, (1ULL << 52) - SZ_4K, 2 * SZ_4K, 3, -ERANGE },
		{ 0, -(u64)SZ_4K, 2 * SZ_4K, 3, -ERANGE },
		{ 0, 0, SZ_4K, 3, 0 },
		{ 0, 0, SZ_4K, 3, -EEXIST },
		{ -(u64)SZ_4K, (1ULL << 52) - SZ_4K, SZ_4K, 3, 0, 1 },
	};
	size_t i;
	u64 un;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		u64 iova = maps[i].iova + (maps[i].add_top & 1 ? top : 0);
		u64 len = maps[i].len + (maps[i].add_top & 2 ? top : 0);
		int err = nyx_pt_map(&m->pt, iova, maps[i].paddr, len, maps[i].prot, &m->gather);

		KUNIT_EXPECT_EQ_MSG(test, err, maps[i].err, "map %zu", i);
		KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
		if (!err || err == -EEXIST || maps[i].paddr || maps[i].prot != 3)
			continue;
		/* what is wrong with the range is so for the others too */
		KUNIT_EXPECT_EQ_MSG(test, nyx_pt_unmap(&m->pt, iova, len, &m->gather, &un), err,
				    "unmap %zu", i);
		KUNIT_EXPECT_EQ_MSG(test, nyx_pt_prune(&m->pt, iova, len, &m->gather), err,
				    "prune %zu", i);
	}
	KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
	KUNIT_EXPECT_EQ(test, nyx_pt_lookup(&m->pt, top, &t), -ERANGE);
	KUNIT_EXPECT_EQ(test, nyx_pt_lookup(&m->pt, U64_MAX, &t), -ERANGE);
	KUNIT_EXPECT_EQ(test, nyx_pt_walk(&m->pt, top, steps), -ERANGE);
	KUNIT_EXPECT_EQ(test, nyx_pt_lookup(&m->pt, top - 1, &t), 0);
	KUNIT_EXPECT_EQ(test, t.paddr, (1ULL << 52) - 1);
	KUNIT_EXPECT_EQ(test, nyx_pt_lookup(&m->pt, top - SZ_4K - 1, &t), -ENOENT);

	/* the step at which a walk of a hole ends */
	KUNIT_EXPECT_EQ(test, nyx_pt_walk(&m->pt, SZ_4K, steps), m->pt.config.levels);
	KUNIT_EXPECT_EQ(test, nyx_pt_walk(&m->pt, SZ_1G, steps), m->pt.config.levels - 2);
	KUNIT_EXPECT_FALSE(test, steps[m->pt.config.levels - 3].present);
	KUNIT_EXPECT_EQ(test, steps[m->pt.config.levels - 3].entry, 0);
	pt_model_exit(test, m);
}

/* A gather whose invalidation failed: tables are kept and counted elsewhere. */
static void pt_edge_leak(struct kunit *test)
{
	struct pt_model *m = model(test);
	atomic_long_t leaked = ATOMIC_LONG_INIT(0);
	struct page *kept[2], *page;
	int i, n = 0;
	u64 un;

	KUNIT_EXPECT_EQ(test, nyx_pt_map(&m->pt, SZ_1G, SZ_4K, SZ_2M, 3, &m->gather), 0);
	KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, SZ_1G, SZ_1G, &m->gather, &un), 0);
	KUNIT_EXPECT_EQ(test, un, SZ_2M);
	KUNIT_EXPECT_TRUE(test, m->gather.tables);
	/* so that this test does not leak them */
	for (page = m->gather.free; page; page = (struct page *)page_private(page)) {
		KUNIT_ASSERT_LT(test, n, 2);
		kept[n++] = page;
	}
	KUNIT_EXPECT_EQ(test, n, 2);
	nyx_pt_gather_leak(&m->gather, &leaked);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&leaked), 2);
	KUNIT_EXPECT_TRUE(test, nyx_pt_gather_empty(&m->gather));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&m->freed), 0);
	KUNIT_EXPECT_EQ(test, pt_model_tables(m) - 2, atomic_long_read(&m->pt.nr_tables));
	for (i = 0; i < n; i++) {
		atomic_long_inc(&m->freed);
		kfree(xa_erase(&m->memory, page_to_phys(kept[i]) >> 12));
		__free_page(kept[i]);
	}
	pt_model_exit(test, m);
}

/*
 * A range that needs tables on every level, and leaves of every size. Whichever
 * allocation fails, nothing is mapped afterwards and no table is lost.
 */
static void pt_edge_no_memory(struct kunit *test)
{
	struct pt_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	const struct pt_param *param = test->param_value;
	u64 first = (param->levels == 4 ? 511 : 510) * (u64)SZ_1G - SZ_2M - SZ_4K;
	u64 len = 2 * (SZ_2M + SZ_4K) + SZ_1G, off, unmapped;
	long n;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, m);
	for (n = 0; ; n++) {
		KUNIT_ASSERT_EQ(test, pt_model_init(m, param), 0);
		atomic_long_set(&m->until_fail, n);
		err = nyx_pt_map(&m->pt, first, SZ_1G - SZ_2M - SZ_4K, len, 3, &m->gather);
		atomic_long_set(&m->until_fail, -1);
		if (!err)
			break;
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		if (n >= param->levels - 1)	/* the first leaf had been made */
			KUNIT_EXPECT_EQ(test, m->gather.first, first);
		pt_model_sync(m);
		for (off = 0; off < len; off += off < 3 * SZ_2M || off > SZ_1G ? SZ_4K : SZ_2M) {
			KUNIT_EXPECT_TRUE(test, pt_model_agrees(m, first + off));
			KUNIT_EXPECT_EQ(test, nyx_pt_lookup(&m->pt, first + off,
						&(struct nyx_pt_translation){}), -ENOENT);
		}
		KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, 0,
						   nyx_pt_last_iova(&m->pt.config) + 1,
						   &m->gather, &unmapped), 0);
		KUNIT_EXPECT_EQ(test, unmapped, 0);
		pt_model_sync(m);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables), 1);
		pt_model_exit(test, m);
	}
	/* two tables of levels 1 and 2, and with four levels two of level 3 */
	KUNIT_EXPECT_EQ(test, n, param->levels == 4 ? 6 : 4);
	pt_model_exit(test, m);

	/* the root itself */
	memset(m, 0, sizeof(*m));
	m->hooks.fail = pt_model_fail;		/* until_fail is 0 */
	nyx_pt_test = &m->hooks;
	KUNIT_EXPECT_EQ(test, nyx_pt_init(&m->pt, &(struct nyx_pt_config){
				.format = param->format, .levels = param->levels,
				.page_sizes = SZ_4K, .coherent = true, .node = NUMA_NO_NODE }),
			-ENOMEM);
	nyx_pt_test = NULL;
}

/*
 * Another map of the next page, made to happen at the two moments that matter: when
 * a map has its new table but has not linked it, and when it has linked it but not
 * written the entry back.
 */
struct intruder {
	struct pt_model m;
	int at_alloc;		/* allocations until it strikes, or -1 */
	bool at_link;
	unsigned int struck;
	int err;		/* of its map */
	bool seen;		/* its page, by the unit, when its map had returned */
};

#define INTRUDER_IOVA	(SZ_1G + SZ_4K)

static void intrude(struct intruder *in)
{
	struct nyx_pt_gather gather;
	struct pt_seen seen;

	in->struck++;
	in->at_alloc = -1;
	in->at_link = false;
	nyx_pt_gather_init(&gather, &in->m.pt);
	in->err = nyx_pt_map(&in->m.pt, INTRUDER_IOVA, SZ_2M, SZ_4K, 3, &gather);
	in->seen = !pt_model_translate(&in->m, INTRUDER_IOVA, &seen) && seen.paddr == SZ_2M;
}

static bool intruder_fail(struct nyx_pt_test *hooks)
{
	struct intruder *in = container_of(hooks, struct intruder, m.hooks);

	if (in->at_alloc >= 0 && !in->at_alloc--)
		intrude(in);
	return pt_model_fail(hooks);
}

static void intruder_flushed(struct nyx_pt_test *hooks, void *start, size_t bytes)
{
	struct intruder *in = container_of(hooks, struct intruder, m.hooks);

	if (in->at_link && bytes == sizeof(u64))
		intrude(in);
	pt_model_flushed(hooks, start, bytes);
}

static void pt_edge_race(struct kunit *test)
{
	struct intruder *in = kunit_kzalloc(test, sizeof(*in), GFP_KERNEL);
	const struct pt_param *param = test->param_value;
	struct pt_seen seen;
	int n;

	KUNIT_ASSERT_NOT_NULL(test, in);
	for (n = 0; n < param->levels; n++) {
		KUNIT_ASSERT_EQ(test, pt_model_init(&in->m, param), 0);
		in->m.may_free = true;
		in->m.hooks.fail = intruder_fail;
		in->m.hooks.flushed = intruder_flushed;
		in->struck = 0;
		in->seen = false;
		/* at each allocation, and last between link and write-back */
		in->at_alloc = n < param->levels - 1 ? n : -1;
		in->at_link = n == param->levels - 1;
		KUNIT_EXPECT_EQ(test, nyx_pt_map(&in->m.pt, SZ_1G, SZ_1G + SZ_4K, SZ_4K, 3,
						 &in->m.gather), 0);
		if (in->at_link && param->coherent)
			in->at_link = false;	/* nothing is written back */
		else
			KUNIT_EXPECT_EQ(test, in->struck, 1);
		if (in->struck) {
			KUNIT_EXPECT_EQ(test, in->err, 0);
			KUNIT_EXPECT_TRUE(test, in->seen);
			KUNIT_EXPECT_TRUE(test, pt_model_agrees(&in->m, INTRUDER_IOVA));
		}
		KUNIT_EXPECT_EQ(test, pt_model_translate(&in->m, SZ_1G, &seen), 0);
		KUNIT_EXPECT_EQ(test, seen.paddr, SZ_1G + SZ_4K);
		/* one chain of tables, whoever made them */
		KUNIT_EXPECT_EQ(test, atomic_long_read(&in->m.pt.nr_tables), param->levels);
		pt_model_exit(test, &in->m);
	}
}

struct worker {
	struct pt_model *m;
	unsigned int id;
	unsigned int errors;
	struct completion done;
};

/* Own stretches of three kinds, each between two of the other thread's. */
static u64 worker_range(struct worker *w, struct rnd_state *rnd, u64 *len)
{
	u32 i = prandom_u32_state(rnd) % 16, kind = prandom_u32_state(rnd) % 3;

	switch (kind) {
	case 0:		/* 8 entries of a table of level 1 */
		*len = 8 * SZ_4K;
		return SZ_1G + (2 * i + w->id) * *len;
	case 1:		/* whole tables of level 1, or single leaves of level 2 */
		*len = SZ_2M;
		return 2ULL * SZ_1G + (2 * i + w->id) * *len;
	default:	/* whole tables of level 2, linked and detached in the same level 3 */
		*len = SZ_1G;
		return (8 + 2 * i + w->id) * (u64)SZ_1G;
	}
}

static int worker_run(void *data)
{
	struct worker *w = data;
	struct nyx_pt_gather gather;
	struct nyx_pt_translation t;
	struct rnd_state rnd;
	struct pt_seen seen;
	u64 iova, len, part, paddr, at;
	int round, i;

	prandom_seed_state(&rnd, 1000 + w->id);
	nyx_pt_gather_init(&gather, &w->m->pt);
	for (round = 0; round < 2000; round++) {
		iova = worker_range(w, &rnd, &len);
		/* often only the ends, so that large stretches need tables */
		part = prandom_u32_state(&rnd) % 2 ? len : 2 * SZ_4K;
		paddr = ((u64)(prandom_u32_state(&rnd) % 4096) << 36) + (iova & (SZ_1G - 1));
		if (nyx_pt_map(&w->m->pt, iova + len - part, paddr, part, 3, &gather))
			w->errors++;
		for (i = 0; i < 2; i++) {
			at = i ? part - 1 : 0;
			if (pt_model_translate(w->m, iova + len - part + at, &seen) ||
			    seen.paddr != paddr + at ||
			    nyx_pt_lookup(&w->m->pt, iova + len - part + at, &t) ||
			    t.paddr != paddr + at)
				w->errors++;
		}
		if (nyx_pt_unmap(&w->m->pt, iova, len, &gather, &at) || at != part)
			w->errors++;
		if (pt_model_translate(w->m, iova + len - part, &seen) != -ENOENT)
			w->errors++;
		nyx_pt_gather_free(&gather);
		if (!(round % 64))
			cond_resched();
	}
	complete(&w->done);
	return 0;
}

static void pt_edge_threads(struct kunit *test)
{
	struct pt_model *m = model(test);
	struct worker w[2] = {};
	struct task_struct *task;
	u64 unmapped;
	int i;

	m->may_free = true;	/* who loses the race to link a table frees its own */
	for (i = 0; i < 2; i++) {
		w[i].m = m;
		w[i].id = i;
		init_completion(&w[i].done);
		task = kthread_run(worker_run, &w[i], "nyx_pt_test/%d", i);
		if (IS_ERR(task)) {
			KUNIT_FAIL(test, "no thread");
			complete(&w[i].done);
		}
	}
	for (i = 0; i < 2; i++) {
		wait_for_completion(&w[i].done);
		KUNIT_EXPECT_EQ(test, w[i].errors, 0);
	}
	KUNIT_EXPECT_EQ(test, nyx_pt_unmap(&m->pt, 0, nyx_pt_last_iova(&m->pt.config) + 1,
					   &m->gather, &unmapped), 0);
	KUNIT_EXPECT_EQ(test, unmapped, 0);
	pt_model_sync(m);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables), 1);
	pt_model_exit(test, m);
}

static struct kunit_case pt_edge_cases[] = {
	KUNIT_CASE(pt_edge_config),
	KUNIT_CASE_PARAM(pt_edge_arguments, pt_gen_params),
	KUNIT_CASE_PARAM(pt_edge_leak, pt_gen_params),
	KUNIT_CASE_PARAM(pt_edge_no_memory, pt_gen_params),
	KUNIT_CASE_PARAM(pt_edge_race, pt_gen_params),
	KUNIT_CASE_PARAM(pt_edge_threads, pt_gen_params),
	{}
};

static struct kunit_suite pt_edge_suite = {
	.name = "nyx_pt_edge",
	.test_cases = pt_edge_cases,
};

kunit_test_suites(&pt_edge_suite);
