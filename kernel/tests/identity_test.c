// SPDX-License-Identifier: GPL-2.0
/*
 * Pass-through tables: what of a made-up machine's memory is in them, at load and after
 * memory has come.
 */
#include <linux/ioport.h>
#include <linux/memory.h>

#include "core_fixture.h"

/* System RAM of the machine, first and last byte. */
static struct {
	u64 first, last;
} ram[4];
static u32 nr_ram;

static int walk_ram(unsigned long desc, unsigned long flags, u64 start, u64 end, void *arg,
		    int (*fn)(struct resource *res, void *arg))
{
	int err = -EINVAL;
	u32 i;

	KUNIT_EXPECT_EQ(core.test, flags, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY);
	for (i = 0; i < nr_ram; i++) {
		struct resource res = { .start = ram[i].first, .end = ram[i].last };

		err = fn(&res, arg);
		if (err)
			break;
	}
	return err;
}

static int identity_init(struct kunit *test)
{
	nyx_ram_test_hook = walk_ram;
	nr_ram = 3;
	ram[0].first = 0x1000;
	ram[0].last = 0x9fbff;
	ram[1].first = 0x100000;
	ram[1].last = 0x7fffffff;
	ram[2].first = 0x100000000;
	ram[2].last = 0x23fffffff;
	return core_init(test);
}

static void identity_exit(struct kunit *test)
{
	nyx_identity_stop();
	core_exit(test);
	nyx_ram_test_hook = walk_iomem_res_desc;
}

static struct core_unit *poor_unit(struct kunit *test, u8 levels, u64 page_sizes)
{
	struct core_unit *u = core_unit(test, 0);

	u->unit.caps.pass_through = false;
	u->unit.caps.levels = levels;
	u->unit.caps.iova_width = 12 + 9 * levels;
	u->unit.caps.page_sizes = page_sizes;
	return u;
}

static bool reaches(struct core_unit *u, u64 address)
{
	struct nyx_pt_translation t;

	if (nyx_pt_lookup(u->unit.pass_table, address, &t))
		return false;
	KUNIT_EXPECT_EQ(core.test, t.paddr, address);
	KUNIT_EXPECT_EQ(core.test, t.prot, NYX_PROT_READ | NYX_PROT_WRITE);
	return true;
}

static void start(struct kunit *test)
{
	struct nyx_why why = {};

	KUNIT_ASSERT_EQ_MSG(test, nyx_identity_start(&why), 0, "%s", why.text);
}

static int online(u64 first, u64 bytes, unsigned long action)
{
	struct memory_notify what = {
		.start_pfn = first >> PAGE_SHIFT, .nr_pages = bytes >> PAGE_SHIFT };

	return nyx_identity_test_event(action, &what);
}

static void only_where_it_is_needed(struct kunit *test)
{
	struct core_unit *rich = core_unit(test, 0), *poor;

	start(test);
	KUNIT_EXPECT_NULL(test, rich->unit.pass_table);
	poor = poor_unit(test, 4, SZ_4K | SZ_2M | SZ_1G);
	start(test);
	KUNIT_EXPECT_NULL(test, rich->unit.pass_table);
	KUNIT_EXPECT_NOT_NULL(test, poor->unit.pass_table);
}

static void memory_and_nothing_else(struct kunit *test)
{
	static const struct {
		u64 address;
		bool reached;
	} addresses[] = {
		{ 0, false }, { 0xfff, false }, { 0x1000, true }, { 0x9efff, true },
		/* The page that RAM ends in. */
		{ 0x9ffff, true }, { 0xa0000, false }, { 0xfffff, false }, { 0x100000, true },
		{ 0x7fffffff, true }, { 0x80003000, false }, { 0xfee00000, false },
		{ 0xffffffff, false }, { 0x100000000, true }, { 0x23fffffff, true },
		{ 0x240000000, false },
		/* Reserved: two pages on top of RAM, one far away. */
		{ 0x80001fff, true }, { 0x80002000, false }, { 0xd0000000, true },
		{ 0xd0001000, false },
		/* Reserved for another segment. */
		{ 0xe0000000, false },
	};
	struct core_unit *one = poor_unit(test, 4, SZ_4K | SZ_2M | SZ_1G);
	struct core_unit *two = poor_unit(test, 3, SZ_4K | SZ_2M);
	u32 i;

	/* The first reaches into RAM from both sides. */
	core_reserve(0x0100, 0x7fff0000, 0x80001fff);
	core_reserve(0x0200, 0xd0000000, 0xd0000fff);
	core_reserve(0x0300, 0xe0000000, 0xe0000fff);
	core.reserved[2].segment = 1;
	start(test);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		u64 address = addresses[i].address;

		KUNIT_EXPECT_EQ_MSG(test, reaches(one, address), addresses[i].reached, "%#llx",
				    address);
		KUNIT_EXPECT_EQ_MSG(test, reaches(two, address), addresses[i].reached, "%#llx",
				    address);
	}
	KUNIT_EXPECT_EQ(test, one->unit.pass_table->config.levels, 4);
	KUNIT_EXPECT_EQ(test, two->unit.pass_table->config.levels, 3);
}

/* Four GiB in a few tables: large pages are used. */
static void large_pages(struct kunit *test)
{
	struct core_unit *one = poor_unit(test, 4, SZ_4K | SZ_2M | SZ_1G);
	struct nyx_pt_translation t;

	start(test);
	KUNIT_ASSERT_EQ(test, nyx_pt_lookup(one->unit.pass_table, 0x140000000, &t), 0);
	KUNIT_EXPECT_EQ(test, t.page_size, SZ_1G);
	KUNIT_EXPECT_LT(test, atomic_long_read(&one->unit.pass_table->nr_tables), 8);
}

static void memory_that_comes(struct kunit *test)
{
	struct core_unit *one = poor_unit(test, 4, SZ_4K | SZ_2M | SZ_1G);
	struct core_unit *two = poor_unit(test, 4, SZ_4K);

	two->unit.caps.flush_on_map = true;
	start(test);
	KUNIT_EXPECT_EQ(test, two->nr_flushes, 3);
	core_clear_log();

	KUNIT_EXPECT_FALSE(test, reaches(one, 0x240000000));
	KUNIT_EXPECT_EQ(test, online(0x240000000, SZ_128M, MEM_GOING_ONLINE), NOTIFY_OK);
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x240000000));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x247ffffff));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x248000000));
	KUNIT_EXPECT_TRUE(test, reaches(two, 0x247ffffff));
	/* Where absence may be cached, and under the id of all that passes. */
	CORE_EXPECT_LOG(test, "F1:1 ");
	KUNIT_EXPECT_EQ(test, two->flush.first, 0x240000000);
	KUNIT_EXPECT_EQ(test, two->flush.last, 0x247ffffff);

	/* Known already: nothing changes. */
	KUNIT_EXPECT_EQ(test, online(0x240000000, SZ_128M, MEM_ONLINE), NOTIFY_DONE);
	KUNIT_EXPECT_EQ(test, online(0x240000000, SZ_128M, MEM_GOING_ONLINE), NOTIFY_OK);
	/* Half known, half new. */
	KUNIT_EXPECT_EQ(test, online(0x244000000, SZ_128M, MEM_GOING_ONLINE), NOTIFY_OK);
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x24bffffff));
	CORE_EXPECT_LOG(test, "F1:1 ");
	KUNIT_EXPECT_EQ(test, two->flush.first, 0x248000000);
}

/* What the table looked like at each invalidation. */
static struct {
	struct core_unit *unit;
	u64 address;
	bool reached[8];
	u32 nr;
} seen;

static int look_at_flush(struct nyx_unit *unit, const struct nyx_flush *flush)
{
	if (seen.nr < ARRAY_SIZE(seen.reached))
		seen.reached[seen.nr] = reaches(seen.unit, seen.address);
	seen.nr++;
	KUNIT_EXPECT_EQ(core.test, flush->hwdid, NYX_HWDID_PASS);
	return 0;
}

static void memory_that_goes(struct kunit *test)
{
	struct core_unit *one = poor_unit(test, 4, SZ_4K | SZ_2M | SZ_1G);
	const struct nyx_unit_ops *ops = one->unit.ops;
	struct nyx_unit_ops looking = *ops;
	struct nyx_pt_translation t;
	long tables;

	/* In the middle of the block, for a device of this segment; and of another. */
	core_reserve(0x0100, 0x153456000, 0x153457fff);
	core_reserve(0x0200, 0x154000000, 0x154000fff);
	core.reserved[1].segment = 1;
	start(test);
	tables = atomic_long_read(&one->unit.pass_table->nr_tables);
	looking.flush = look_at_flush;
	one->unit.ops = &looking;
	memset(&seen, 0, sizeof(seen));
	seen.unit = one;

	/* A large page is forgotten before a part of it goes, and that is invalidated too. */
	seen.address = 0x1c8000000;
	KUNIT_EXPECT_EQ(test, online(0x1c8000000, SZ_128M, MEM_GOING_OFFLINE), NOTIFY_DONE);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	KUNIT_EXPECT_EQ(test, online(0x1c8000000, SZ_128M, MEM_OFFLINE), NOTIFY_OK);
	KUNIT_EXPECT_EQ(test, seen.nr, 2);
	KUNIT_EXPECT_TRUE(test, seen.reached[0]);
	KUNIT_EXPECT_FALSE(test, seen.reached[1]);
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x1c7ffffff));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x1c8000000));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x1cfffffff));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x1d0000000));

	/* What firmware reserved for a device stays. */
	KUNIT_EXPECT_EQ(test, online(0x150000000, SZ_128M, MEM_OFFLINE), NOTIFY_OK);
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x150000000));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x153455fff));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x153458000));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x154000000));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x157ffffff));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x14fffffff));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x153456000));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x153457fff));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x158000000));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x23fffffff));

	/* What is gone already is no news; what never could be there neither. */
	KUNIT_EXPECT_EQ(test, online(0x150000000, SZ_128M, MEM_CANCEL_ONLINE), NOTIFY_OK);
	KUNIT_EXPECT_EQ(test, online(1ULL << 50, SZ_128M, MEM_CANCEL_ONLINE), NOTIFY_OK);
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x150000000));

	/* It comes back, and with it what was in the way of pages of 1 GiB. */
	KUNIT_EXPECT_EQ(test, online(0x150000000, SZ_128M, MEM_GOING_ONLINE), NOTIFY_OK);
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x150000000));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x157ffffff));
	KUNIT_ASSERT_EQ(test, nyx_pt_lookup(one->unit.pass_table, 0x150000000, &t), 0);
	KUNIT_EXPECT_EQ(test, t.page_size, SZ_2M);

	/* A whole large page goes without being split. */
	seen.nr = 0;
	KUNIT_EXPECT_EQ(test, online(0x180000000, SZ_1G, MEM_OFFLINE), NOTIFY_OK);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x180000000));
	KUNIT_EXPECT_FALSE(test, reaches(one, 0x1bfffffff));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x1c0000000));
	KUNIT_EXPECT_LE(test, atomic_long_read(&one->unit.pass_table->nr_tables), tables + 3);
	one->unit.ops = ops;
}

static int no_answer(struct nyx_unit *unit, const struct nyx_flush *flush)
{
	return -EIO;
}

/* Not proved to be forgotten: the large page stays as it was, and so do the tables. */
static void memory_goes_from_a_mute_unit(struct kunit *test)
{
	struct core_unit *one = poor_unit(test, 4, SZ_4K | SZ_2M | SZ_1G);
	const struct nyx_unit_ops *ops = one->unit.ops;
	struct nyx_unit_ops mute = *ops;

	start(test);
	mute.flush = no_answer;
	one->unit.ops = &mute;
	KUNIT_EXPECT_EQ(test, online(0x150000000, SZ_128M, MEM_OFFLINE), NOTIFY_OK);
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x150000000));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x158000000));
	one->unit.ops = ops;
}

/* Memory that a unit cannot reach is not used at all. */
static void memory_out_of_reach(struct kunit *test)
{
	struct core_unit *one = poor_unit(test, 3, SZ_4K | SZ_2M | SZ_1G);

	start(test);
	KUNIT_EXPECT_EQ(test, online(1ULL << 39, SZ_128M, MEM_GOING_ONLINE),
			notifier_from_errno(-ERANGE));
	KUNIT_EXPECT_EQ(test, online((1ULL << 39) - SZ_128M, SZ_128M, MEM_GOING_ONLINE),
			NOTIFY_OK);
	KUNIT_EXPECT_TRUE(test, reaches(one, (1ULL << 39) - 1));
	/* Fewer bits than the levels give. */
	one->unit.caps.iova_width = 36;
	KUNIT_EXPECT_EQ(test, online(1ULL << 36, SZ_128M, MEM_GOING_ONLINE),
			notifier_from_errno(-ERANGE));
	/* A dead unit is nobody's concern any more. */
	WRITE_ONCE(one->unit.state, NYX_UNIT_DEAD);
	KUNIT_EXPECT_EQ(test, online(1ULL << 40, SZ_128M, MEM_GOING_ONLINE), NOTIFY_OK);
	WRITE_ONCE(one->unit.state, NYX_UNIT_TRANSLATING);
}

static void refused_at_load(struct kunit *test)
{
	struct core_unit *one = poor_unit(test, 3, SZ_4K | SZ_2M | SZ_1G);
	struct nyx_why why = {};

	ram[2].last = (1ULL << 39) + SZ_1G - 1;
	KUNIT_EXPECT_EQ(test, nyx_identity_start(&why), -ERANGE);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "39 address bits"), "%s", why.text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "mem=512G"), "%s", why.text);
	/* Nobody is told of memory any more. */
	nyx_identity_free(&one->unit);
	KUNIT_EXPECT_EQ(test, online(0x240000000, SZ_128M, MEM_GOING_ONLINE), NOTIFY_OK);
}

struct failing {
	struct nyx_pt_test seam;
	u32 after;
};

static bool fail_one(struct nyx_pt_test *seam)
{
	struct failing *f = container_of(seam, struct failing, seam);

	return f->after && !--f->after;
}

static void flushed(struct nyx_pt_test *seam, void *start, size_t bytes)
{
}

static void freed(struct nyx_pt_test *seam, u64 *table)
{
}

/* An allocation fails at each place in turn: refused, and all of it comes at the next try. */
static void without_memory(struct kunit *test)
{
	struct failing f = { .seam = { .fail = fail_one, .flushed = flushed, .freed = freed } };
	struct core_unit *one = poor_unit(test, 4, SZ_4K);
	u32 i, refused = 0;

	nr_ram = 1;
	start(test);
	nyx_pt_test = &f.seam;
	for (i = 1; i < 40; i++) {
		f.after = i;
		if (online(0x23fe00000, SZ_16M, MEM_GOING_ONLINE) == NOTIFY_OK)
			break;
		refused++;
		KUNIT_EXPECT_FALSE(test, reaches(one, 0x23fe00000));
	}
	nyx_pt_test = NULL;
	KUNIT_EXPECT_GT(test, refused, 3);
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x23fe00000));
	KUNIT_EXPECT_TRUE(test, reaches(one, 0x240dfffff));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(only_where_it_is_needed),
	KUNIT_CASE(memory_and_nothing_else),
	KUNIT_CASE(large_pages),
	KUNIT_CASE(memory_that_comes),
	KUNIT_CASE(memory_that_goes),
	KUNIT_CASE(memory_goes_from_a_mute_unit),
	KUNIT_CASE(memory_out_of_reach),
	KUNIT_CASE(refused_at_load),
	KUNIT_CASE(without_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_identity",
	.init = identity_init,
	.exit = identity_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
