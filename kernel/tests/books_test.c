// SPDX-License-Identifier: GPL-2.0
/* The books against a plain list of what they should hold. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../books.h"

#define SLOTS	64		/* pages of IOVA that the random walk plays on */
#define BASE	0x100000ULL

struct books {
	struct nyx_domain domain;
	struct nyx_why why;
	struct nyx_mapping *at[SLOTS];	/* the reference: who holds each page */
	struct rnd_state rnd;
};

static u64 page_first(u32 slot)
{
	return BASE + ((u64)slot << PAGE_SHIFT);
}

static struct nyx_mapping *make(struct kunit *test, u32 first, u32 nr)
{
	struct nyx_mapping *mapping = kunit_kzalloc(test, sizeof(*mapping), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	mapping->node.start = page_first(first);
	mapping->node.last = page_first(first + nr) - 1;
	mapping->type = NYX_MAPPING_USER;
	return mapping;
}

static int books_init(struct kunit *test)
{
	struct books *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	mutex_init(&b->domain.lock);
	nyx_books_init(&b->domain);
	prandom_seed_state(&b->rnd, 20250);
	test->priv = b;
	return 0;
}

static void try_reserve(struct kunit *test, struct books *b, u32 first, u32 nr)
{
	struct nyx_mapping *mapping = make(test, first, nr), *in_way = NULL;
	int err = nyx_books_reserve(&b->domain, mapping, &b->why);
	u32 i;

	for (i = first; i < first + nr && !in_way; i++)
		in_way = b->at[i];
	if (in_way) {
		KUNIT_EXPECT_EQ(test, err, in_way->state == NYX_MAPPING_UNDOING ? -EBUSY : -EEXIST);
		return;
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	for (i = first; i < first + nr; i++)
		b->at[i] = mapping;
}

static void forget(struct books *b, const struct nyx_mapping *mapping)
{
	u32 i;

	for (i = 0; i < SLOTS; i++)
		if (b->at[i] == mapping)
			b->at[i] = NULL;
}

static int expect_take(struct books *b, u32 first, u32 nr)
{
	bool any = false, split = false, busy = false;
	u32 i;

	for (i = first; i < first + nr; i++) {
		struct nyx_mapping *m = b->at[i];

		if (!m)
			continue;
		any = true;
		if (m->node.start < page_first(first) || m->node.last >= page_first(first + nr))
			split = true;
		else if (m->state != NYX_MAPPING_LIVE)
			busy = true;
		if (split || busy)
			break;
	}
	return !any ? -ENOENT : split ? -EINVAL : busy ? -EBUSY : 0;
}

static void try_take(struct kunit *test, struct books *b, u32 first, u32 nr)
{
	struct nyx_mapping *mapping, *next;
	int want = expect_take(b, first, nr);
	u64 end = 0;
	LIST_HEAD(taken);

	KUNIT_EXPECT_EQ(test, nyx_books_take(&b->domain, page_first(first),
					     page_first(first + nr) - 1, &taken, &b->why), want);
	if (want) {
		KUNIT_EXPECT_TRUE(test, list_empty(&taken));
		return;
	}
	list_for_each_entry(mapping, &taken, link) {
		KUNIT_EXPECT_EQ(test, (int)mapping->state, (int)NYX_MAPPING_UNDOING);
		KUNIT_EXPECT_GE(test, mapping->node.start, end);
		end = mapping->node.last;
	}
	if (prandom_u32_state(&b->rnd) % 3 == 0) {
		nyx_books_put_back(&b->domain, &taken);
		return;
	}
	list_for_each_entry_safe(mapping, next, &taken, link) {
		/* Some stay UNDOING, to be in the way of others. */
		if (prandom_u32_state(&b->rnd) % 8 == 0) {
			list_del_init(&mapping->link);
			continue;
		}
		nyx_books_erase(&b->domain, mapping);
		forget(b, mapping);
	}
}

/* One that is MAKING goes live or away; one that is UNDOING goes away. */
static void finish_one(struct books *b, u32 slot)
{
	struct nyx_mapping *mapping = b->at[slot];

	if (!mapping || mapping->state == NYX_MAPPING_LIVE)
		return;
	if (mapping->state == NYX_MAPPING_MAKING && prandom_u32_state(&b->rnd) % 4) {
		nyx_books_publish(&b->domain, mapping);
		return;
	}
	nyx_books_erase(&b->domain, mapping);
	forget(b, mapping);
}

static void compare(struct kunit *test, struct books *b)
{
	struct nyx_mapping *found;
	u64 mapped = 0, nr = 0;
	u32 i;

	for (i = 0; i < SLOTS; i++) {
		struct nyx_mapping *m = b->at[i];

		found = nyx_books_find(&b->domain, page_first(i), page_first(i + 1) - 1);
		KUNIT_ASSERT_PTR_EQ(test, m, found);
		if (!m || m->state == NYX_MAPPING_MAKING)
			continue;
		mapped += PAGE_SIZE;
		nr += m->node.start == page_first(i);
	}
	KUNIT_EXPECT_EQ(test, b->domain.mapped_bytes, mapped);
	KUNIT_EXPECT_EQ(test, b->domain.pinned_pages, mapped >> PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, b->domain.nr_mappings, nr);
}

static void books_random(struct kunit *test)
{
	struct books *b = test->priv;
	u32 i, first, nr;

	for (i = 0; i < 4000; i++) {
		first = prandom_u32_state(&b->rnd) % SLOTS;
		nr = 1 + prandom_u32_state(&b->rnd) % min(SLOTS - first, 9u);
		switch (prandom_u32_state(&b->rnd) % 4) {
		case 0:
			try_reserve(test, b, first, nr);
			break;
		case 1:
			try_take(test, b, first, nr);
			break;
		default:
			finish_one(b, first);
		}
		compare(test, b);
	}
}

static void books_texts_name_the_other(struct kunit *test)
{
	struct books *b = test->priv;
	struct nyx_mapping *live = make(test, 4, 4), *other = make(test, 7, 2);
	LIST_HEAD(taken);

	KUNIT_ASSERT_EQ(test, nyx_books_reserve(&b->domain, live, NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, other, &b->why), -EEXIST);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why.text, "0x104000-0x107fff"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why.text, "0x107000-0x108fff"));
	KUNIT_EXPECT_EQ(test, (int)b->why.arg, (int)NYX_ARG_IOVA);
	nyx_books_publish(&b->domain, live);
	KUNIT_EXPECT_EQ(test, nyx_books_take(&b->domain, page_first(5), page_first(9) - 1, &taken,
					     &b->why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why.text, "split mapping 0x104000-0x107fff"));
	KUNIT_EXPECT_EQ(test, (int)live->state, (int)NYX_MAPPING_LIVE);
}

static void books_take_all_passes_busy(struct kunit *test)
{
	struct books *b = test->priv;
	struct nyx_mapping *live = make(test, 1, 1), *making = make(test, 2, 1);
	LIST_HEAD(taken);

	KUNIT_ASSERT_EQ(test, nyx_books_reserve(&b->domain, live, NULL), 0);
	KUNIT_ASSERT_EQ(test, nyx_books_reserve(&b->domain, making, NULL), 0);
	nyx_books_publish(&b->domain, live);
	nyx_books_take_all(&b->domain, &taken);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&taken));
	KUNIT_EXPECT_PTR_EQ(test, list_first_entry(&taken, struct nyx_mapping, link), live);
	KUNIT_EXPECT_EQ(test, (int)making->state, (int)NYX_MAPPING_MAKING);
}

static void books_whole_address_space(struct kunit *test)
{
	struct books *b = test->priv;
	struct nyx_mapping *mapping = make(test, 0, 1);

	mapping->node.start = 0;
	mapping->node.last = U64_MAX;
	KUNIT_ASSERT_EQ(test, nyx_books_reserve(&b->domain, mapping, NULL), 0);
	KUNIT_EXPECT_PTR_EQ(test, nyx_books_find(&b->domain, U64_MAX, U64_MAX), mapping);
	KUNIT_EXPECT_PTR_EQ(test, nyx_books_find(&b->domain, 0, 0), mapping);
	nyx_books_erase(&b->domain, mapping);
	KUNIT_EXPECT_NULL(test, nyx_books_find(&b->domain, 0, U64_MAX));
}

/* A mutex belongs to a thread, and init may run in another than the case. */
static void with_lock(struct kunit *test, void (*fn)(struct kunit *test))
{
	struct books *b = test->priv;

	mutex_lock(&b->domain.lock);
	fn(test);
	mutex_unlock(&b->domain.lock);
}

#define LOCKED_CASE(name)	\
static void name##_case(struct kunit *test) { with_lock(test, name); }

LOCKED_CASE(books_random)
LOCKED_CASE(books_texts_name_the_other)
LOCKED_CASE(books_take_all_passes_busy)
LOCKED_CASE(books_whole_address_space)

/* What is being made or undone counts as well; what there was before the limit stays. */
static void limits(struct kunit *test)
{
	struct books *b = test->priv;
	struct nyx_mapping *m[5];
	LIST_HEAD(taken);
	u32 i;

	for (i = 0; i < 5; i++)
		m[i] = make(test, 2 * i, 2);
	mutex_lock(&b->domain.lock);
	b->domain.max_mappings = 2;
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[0], &b->why), 0);
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[1], &b->why), 0);
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[2], &b->why), -EDQUOT);
	KUNIT_EXPECT_STREQ(test, b->why.text,
			   "domain 0 has 2 mappings, its limit; unmap some or raise its limit");
	nyx_books_publish(&b->domain, m[0]);
	KUNIT_EXPECT_EQ(test, nyx_books_take(&b->domain, m[0]->node.start, m[0]->node.last,
					     &taken, &b->why), 0);
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[2], &b->why), -EDQUOT);
	nyx_books_erase(&b->domain, m[0]);
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[2], &b->why), 0);

	b->domain.max_mappings = 0;
	b->domain.max_bytes = 5 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[3], &b->why), -EDQUOT);
	KUNIT_EXPECT_STREQ(test, b->why.text,
			   "8192 bytes more than the 16384 mapped are beyond domain 0's limit of 20480; unmap some or raise its limit");
	b->domain.max_bytes = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[3], &b->why), -EDQUOT);
	b->domain.max_bytes = 6 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, nyx_books_reserve(&b->domain, m[3], &b->why), 0);
	for (i = 1; i < 4; i++)
		nyx_books_erase(&b->domain, m[i]);
	KUNIT_EXPECT_EQ(test, b->domain.booked_bytes, 0);
	KUNIT_EXPECT_EQ(test, b->domain.booked_mappings, 0);
	mutex_unlock(&b->domain.lock);
}

static struct kunit_case books_cases[] = {
	KUNIT_CASE(limits),
	KUNIT_CASE(books_random_case),
	KUNIT_CASE(books_texts_name_the_other_case),
	KUNIT_CASE(books_take_all_passes_busy_case),
	KUNIT_CASE(books_whole_address_space_case),
	{}
};

static struct kunit_suite books_suite = {
	.name = "nyx_books",
	.init = books_init,
	.test_cases = books_cases,
};

kunit_test_suite(books_suite);
