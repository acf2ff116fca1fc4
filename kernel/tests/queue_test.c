// SPDX-License-Identifier: GPL-2.0
/*
 * The command ring against a consumer of its own: order, wrap, a full ring
 * with several submitters, sequence numbers at their end, errors, time-outs.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/timer.h>

#include "../queue.h"

#define WAIT	0xffffffffu	/* word 0 of a wait command; others hold a number */

struct command {
	u32 word, seq;
	u64 pad;
};

static struct {
	struct nyx_queue q;
	u32 head, tail;		/* as the consumer knows them */
	bool hold;		/* consumes nothing */
	bool lose_waits;	/* consumes waits without completing them */
	int check;		/* what check() says */
	bool check_releases;	/* a look at the errors lets it go on... */
	u32 patience;		/* ...after so many that do not */
	u32 checks;
	u64 commands;
	u32 last, out_of_order;
	bool count_order;
	bool bad_doorbell;
	bool stop;
} dev;

static void consume(void)
{
	struct command *ring = dev.q.ring;

	while (!READ_ONCE(dev.hold) && dev.head != READ_ONCE(dev.tail)) {
		struct command *c = &ring[dev.head];

		if (c->word == WAIT) {
			if (!dev.lose_waits)
				/* As a unit does: its store is the last thing. */
				smp_store_release(dev.q.status, c->seq);
		} else {
			if (dev.count_order && c->word != dev.last + 1)
				dev.out_of_order++;
			dev.last = c->word;
			dev.commands++;
		}
		dev.head = (dev.head + 1) % dev.q.entries;
	}
}

static void test_encode_wait(struct nyx_queue *q, void *slot, u32 seq)
{
	struct command *c = slot;

	*c = (struct command) { .word = WAIT, .seq = seq };
}

static void test_doorbell(struct nyx_queue *q, u32 tail)
{
	if (tail >= q->entries || tail == dev.tail)
		dev.bad_doorbell = true;
	/* The commands are there before the consumer knows of them. */
	smp_store_release(&dev.tail, tail);
}

static void synchronous_doorbell(struct nyx_queue *q, u32 tail)
{
	test_doorbell(q, tail);
	consume();
}

static int test_check(struct nyx_queue *q)
{
	dev.checks++;
	if (dev.check_releases && dev.checks > dev.patience) {
		dev.hold = false;
		consume();
	}
	return dev.check;
}

static const struct nyx_queue_ops synchronous_ops = {
	.encode_wait = test_encode_wait, .doorbell = synchronous_doorbell, .check = test_check,
};

static const struct nyx_queue_ops threaded_ops = {
	.encode_wait = test_encode_wait, .doorbell = test_doorbell, .check = test_check,
};

static void make(struct kunit *test, const struct nyx_queue_ops *ops, u32 entries)
{
	memset(&dev, 0, sizeof(dev));
	KUNIT_ASSERT_EQ(test, 0, nyx_queue_init(&dev.q, ops, entries, sizeof(struct command),
						true, NUMA_NO_NODE));
	nyx_queue_restart(&dev.q);
	dev.q.timeout_ns = 5 * NSEC_PER_MSEC;
}

static void queue_exit(struct kunit *test)
{
	nyx_queue_free(&dev.q);
}

static int submit(u32 first, u32 nr)
{
	struct command commands[16] = {};
	u32 i;

	for (i = 0; i < nr; i++)
		commands[i].word = first + i;
	return nyx_queue_submit(&dev.q, commands, nr);
}

static void wraps_in_order(struct kunit *test)
{
	u32 i, next = 1;

	make(test, &synchronous_ops, 16);
	dev.count_order = true;
	for (i = 0; i < 500; i++) {
		u32 nr = i % 7 + 1;

		KUNIT_ASSERT_EQ(test, 0, submit(next, nr));
		next += nr;
	}
	KUNIT_EXPECT_EQ(test, dev.commands, next - 1);
	KUNIT_EXPECT_EQ(test, dev.out_of_order, 0);
	KUNIT_EXPECT_FALSE(test, dev.bad_doorbell);
	KUNIT_EXPECT_EQ(test, dev.checks, 0);
}

/* A wait alone is a submission too: it waits for everything before it. */
static void waits_for_nothing(struct kunit *test)
{
	make(test, &synchronous_ops, 8);
	KUNIT_EXPECT_EQ(test, 0, submit(1, 0));
	KUNIT_EXPECT_EQ(test, dev.commands, 0);
}

static void refuses_more_than_half_a_ring(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	/* 7 fit (and their wait); the check for more is a WARN, which a test must not provoke. */
	KUNIT_EXPECT_EQ(test, 0, submit(1, 7));
	KUNIT_EXPECT_EQ(test, -EINVAL, nyx_queue_init(&(struct nyx_queue){}, &synchronous_ops, 12,
						      16, true, NUMA_NO_NODE));
}

static void sequence_numbers_wrap(struct kunit *test)
{
	u32 i;

	make(test, &synchronous_ops, 16);
	dev.q.seq = U32_MAX - 20;
	WRITE_ONCE(*dev.q.status, U32_MAX - 20);
	for (i = 0; i < 60; i++)
		KUNIT_ASSERT_EQ(test, 0, submit(i, 3));
	KUNIT_EXPECT_EQ(test, dev.commands, 180);
	/* 0 means "none yet" and is never used. */
	KUNIT_EXPECT_EQ(test, dev.q.seq, 60 - 21 + 1);
}

static struct timer_list consumer;
static struct completion submitted;
static atomic_t failures;

static void consume_now_and_then(struct timer_list *timer)
{
	consume();
	if (!READ_ONCE(dev.stop))
		mod_timer(timer, jiffies + 1);
}

static int submitter(void *unused)
{
	u32 i;

	for (i = 0; i < 25; i++)
		if (submit(i, 7))
			atomic_inc(&failures);
	complete(&submitted);
	return 0;
}

/*
 * Four submitters of eight slots and a ring of 15: the second one at a time
 * finds it full. The consumer is a timer, since those who wait do not sleep.
 */
static void a_full_ring_makes_callers_wait(struct kunit *test)
{
	u32 i;

	make(test, &threaded_ops, 16);
	dev.q.timeout_ns = 20ULL * NSEC_PER_SEC;
	init_completion(&submitted);
	atomic_set(&failures, 0);
	timer_setup(&consumer, consume_now_and_then, 0);
	mod_timer(&consumer, jiffies + 1);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_FALSE(test, IS_ERR(kthread_run(submitter, NULL, "submitter%u", i)));
	for (i = 0; i < 4; i++)
		wait_for_completion(&submitted);
	WRITE_ONCE(dev.stop, true);
	timer_delete_sync(&consumer);
	KUNIT_EXPECT_EQ(test, dev.commands, 4 * 25 * 7);
	KUNIT_EXPECT_EQ(test, atomic_read(&failures), 0);
	KUNIT_EXPECT_FALSE(test, dev.bad_doorbell);
}

/* With the ring full of commands nobody takes, the next caller gives up too, and in time. */
static void a_stuck_full_ring_times_out(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	dev.hold = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, submit(1, 7));
	KUNIT_EXPECT_GT(test, dev.checks, 0);
	KUNIT_EXPECT_EQ(test, dev.commands, 0);
}

static void failures_stick(struct kunit *test)
{
	u64 tail;

	make(test, &synchronous_ops, 16);
	dev.hold = true;
	dev.check = -EIO;
	KUNIT_EXPECT_EQ(test, -EIO, submit(1, 1));
	tail = dev.q.tail;
	/* Well again or not: what was lost stays lost. */
	dev.hold = false;
	dev.check = 0;
	KUNIT_EXPECT_EQ(test, -EIO, submit(2, 1));
	KUNIT_EXPECT_EQ(test, dev.q.tail, tail);
	nyx_queue_restart(&dev.q);
	dev.head = 0;
	dev.tail = 0;
	KUNIT_EXPECT_EQ(test, 0, submit(3, 1));
}

static void a_repaired_queue_goes_on(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	dev.hold = true;
	dev.check_releases = true;
	KUNIT_EXPECT_EQ(test, 0, submit(1, 2));
	KUNIT_EXPECT_EQ(test, dev.checks, 1);
	KUNIT_EXPECT_EQ(test, dev.commands, 2);
	KUNIT_EXPECT_EQ(test, 0, submit(3, 2));
}

/* A device was waited for in between: the unit's time begins behind that, not before time. */
static void the_clock_starts_again(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	dev.hold = true;
	dev.check_releases = true;
	dev.patience = 3;
	dev.q.resumed_ns = ktime_get_raw_fast_ns() + 60ULL * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, 0, submit(1, 2));
	KUNIT_EXPECT_EQ(test, dev.checks, 4);
}

/* A unit that stores nonsense frees no slot and completes no wait. */
static void stray_status_is_not_believed(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	KUNIT_EXPECT_EQ(test, 0, submit(1, 1));
	dev.lose_waits = true;
	WRITE_ONCE(*dev.q.status, 0x80000000);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, submit(2, 1));
}

/* As somebody who holds a raw spinlock. */
static int submit_atomic(u32 first, u32 nr)
{
	struct command commands[16] = {};
	unsigned long flags;
	u32 i;
	int err;

	for (i = 0; i < nr; i++)
		commands[i].word = first + i;
	local_irq_save(flags);
	err = nyx_queue_submit_atomic(&dev.q, commands, nr);
	local_irq_restore(flags);
	return err;
}

static void atomic_waits_like_any(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	dev.count_order = true;
	KUNIT_EXPECT_EQ(test, 0, submit_atomic(1, 7));
	KUNIT_EXPECT_EQ(test, 0, submit(8, 2));
	KUNIT_EXPECT_EQ(test, 0, submit_atomic(10, 3));
	KUNIT_EXPECT_EQ(test, dev.commands, 12);
	KUNIT_EXPECT_EQ(test, dev.out_of_order, 0);
	/* A unit that is silent with no device to blame is as dead as ever. */
	dev.hold = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, submit_atomic(13, 1));
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, submit_atomic(14, 1));
}

/* It leaves its command behind, which is done when the device has answered. */
static void atomic_leaves_behind_a_device(struct kunit *test)
{
	make(test, &synchronous_ops, 16);
	dev.count_order = true;
	dev.hold = true;
	WRITE_ONCE(dev.q.device_pending, true);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, submit_atomic(1, 2));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, submit_atomic(3, 2));
	KUNIT_EXPECT_EQ(test, dev.commands, 0);
	WRITE_ONCE(dev.q.device_pending, false);
	dev.hold = false;
	/* This one is behind them. */
	KUNIT_EXPECT_EQ(test, 0, submit(5, 1));
	KUNIT_EXPECT_EQ(test, dev.commands, 5);
	KUNIT_EXPECT_EQ(test, dev.out_of_order, 0);
}

static void atomic_finds_no_room_behind_a_device(struct kunit *test)
{
	u64 tail;

	make(test, &synchronous_ops, 16);
	dev.hold = true;
	WRITE_ONCE(dev.q.device_pending, true);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, submit_atomic(1, 7));
	tail = dev.q.tail;
	KUNIT_EXPECT_EQ(test, -EBUSY, submit_atomic(8, 7));
	KUNIT_EXPECT_EQ(test, dev.q.tail, tail);
	/* What fits is taken, and nothing has failed. */
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, submit_atomic(8, 3));
	WRITE_ONCE(dev.q.device_pending, false);
	dev.hold = false;
	KUNIT_EXPECT_EQ(test, 0, submit_atomic(11, 2));
	KUNIT_EXPECT_EQ(test, dev.commands, 12);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(wraps_in_order),
	KUNIT_CASE(waits_for_nothing),
	KUNIT_CASE(refuses_more_than_half_a_ring),
	KUNIT_CASE(sequence_numbers_wrap),
	KUNIT_CASE(a_full_ring_makes_callers_wait),
	KUNIT_CASE(a_stuck_full_ring_times_out),
	KUNIT_CASE(failures_stick),
	KUNIT_CASE(a_repaired_queue_goes_on),
	KUNIT_CASE(the_clock_starts_again),
	KUNIT_CASE(stray_status_is_not_believed),
	KUNIT_CASE(atomic_waits_like_any),
	KUNIT_CASE(atomic_leaves_behind_a_device),
	KUNIT_CASE(atomic_finds_no_room_behind_a_device),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "queue",
	.exit = queue_exit,
	.test_cases = cases,
};

kunit_test_suite(queue_suite);
