// SPDX-License-Identifier: GPL-2.0
/* Maps, unmaps and walks of one domain from several threads, and its end among them. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "memory_fixture.h"

#define IOVA	0x40000000ULL
#define WORKERS	4
#define ROUNDS	60

struct worker {
	struct nyx_domain *domain;
	struct mm_struct *mm;
	u64 address;
	u32 index, bad, done;
	struct completion end;
};

/* Maps and unmaps in a window that shares its tables with the other workers' windows. */
static int work(void *data)
{
	struct worker *w = data;
	struct nyx_pt_translation t;
	struct nyx_map_range r;
	u32 i;
	int err;

	kthread_use_mm(w->mm);
	for (i = 0; i < ROUNDS; i++) {
		r = (struct nyx_map_range) {
			.iova = IOVA + w->index * SZ_1M + (i % 7) * SZ_64K,
			.length = (1 + i % 5) * SZ_16K,
			.prot = NYX_PROT_READ | NYX_PROT_WRITE,
			.type = NYX_MAPPING_USER,
			.address = w->address,
		};
		err = nyx_domain_map(w->domain, &r, 1, NULL);
		if (err == -ENOENT && READ_ONCE(w->domain->dying))
			break;
		w->bad += err || nyx_domain_translate(w->domain, r.iova, &t);
		err = nyx_domain_unmap(w->domain, &r, 1, NULL, NULL);
		if (err == -ENOENT && READ_ONCE(w->domain->dying))
			break;
		w->bad += !!err;
		w->done++;
	}
	kthread_unuse_mm(w->mm);
	complete(&w->end);
	return 0;
}

static int quiet_flush(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only)
{
	usleep_range(50, 100);
	return 0;
}

static void run_workers(struct kunit *test, enum nyx_pt_format format, bool end_early)
{
	struct nyx_domain *domain = fixture_domain(test, format);
	u64 at = fixture_memory(test, SZ_1M, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct worker *w = kunit_kcalloc(test, WORKERS, sizeof(*w), GFP_KERNEL);
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	long locked = fixture_locked();
	u32 i, looks;

	KUNIT_ASSERT_NOT_NULL(test, w);
	nyx_flush_test_hook = quiet_flush;
	for (i = 0; i < WORKERS; i++) {
		w[i] = (struct worker) {
			.domain = domain, .mm = current->mm, .index = i,
			.address = at + i * SZ_128K,
		};
		init_completion(&w[i].end);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(work, &w[i], "nyx-map-%u", i)));
	}
	for (looks = 0; looks < 2000; looks++) {
		nyx_domain_walk(domain, IOVA + (looks % 1024) * SZ_4K, steps);
		cond_resched();
	}
	if (end_early)
		nyx_domain_unmap_all(domain);
	for (i = 0; i < WORKERS; i++) {
		wait_for_completion(&w[i].end);
		KUNIT_EXPECT_EQ(test, w[i].bad, 0);
		if (!end_early)
			KUNIT_EXPECT_EQ(test, w[i].done, ROUNDS);
	}
	KUNIT_EXPECT_EQ(test, domain->nr_mappings, 0);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
	nyx_domain_unmap_all(domain);
	nyx_domain_fini_memory(domain);
	nyx_flush_test_hook = NULL;
}

static void race_vtdss(struct kunit *test)
{
	run_workers(test, NYX_PT_VTDSS, false);
}

static void race_amdv1(struct kunit *test)
{
	run_workers(test, NYX_PT_AMDV1, false);
}

static void race_with_the_end(struct kunit *test)
{
	run_workers(test, NYX_PT_VTDSS, true);
}

static struct {
	struct nyx_domain *domain;
	struct completion at_flush, go_on, unmapped, ended;
	int err;
} held;

/* The first flush is an unmap's, and is held; the end's own comes later. */
static int held_flush(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only)
{
	if (last == U64_MAX)
		return 0;
	complete(&held.at_flush);
	wait_for_completion(&held.go_on);
	return 0;
}

static int unmap_it(void *data)
{
	struct nyx_map_range *r = data;

	held.err = nyx_domain_unmap(held.domain, r, 1, NULL, NULL);
	complete(&held.unmapped);
	return 0;
}

static int end_it(void *data)
{
	nyx_domain_unmap_all(held.domain);
	complete(&held.ended);
	return 0;
}

/* The end does not overtake an unmap that is still at the page table. */
static void the_end_waits(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_map_range r = {
		.iova = IOVA, .length = SZ_64K, .prot = NYX_PROT_READ,
		.type = NYX_MAPPING_USER, .address = at,
	};
	struct nyx_domain *domain = fixture_domain(test, NYX_PT_AMDV1);

	held.domain = domain;
	init_completion(&held.at_flush);
	init_completion(&held.go_on);
	init_completion(&held.unmapped);
	init_completion(&held.ended);
	KUNIT_ASSERT_EQ(test, nyx_domain_map(domain, &r, 1, NULL), 0);
	nyx_flush_test_hook = held_flush;
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(unmap_it, &r, "nyx-unmap")));
	wait_for_completion(&held.at_flush);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(end_it, NULL, "nyx-end")));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&held.ended, HZ / 10), 0);
	complete(&held.go_on);
	wait_for_completion(&held.unmapped);
	wait_for_completion(&held.ended);
	KUNIT_EXPECT_EQ(test, held.err, 0);
	nyx_domain_fini_memory(domain);
	nyx_flush_test_hook = NULL;
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE(the_end_waits),
	KUNIT_CASE(race_vtdss),
	KUNIT_CASE(race_amdv1),
	KUNIT_CASE(race_with_the_end),
	{}
};

static struct kunit_suite race_suite = {
	.name = "nyx_memory_race",
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);
