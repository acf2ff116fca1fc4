// SPDX-License-Identifier: GPL-2.0
/*
 * The command ring: slots, order, completion, time-outs. See queue.h.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/cacheflush.h>

#include "queue.h"

/* Polls between two looks at the clock and the error registers. */
#define POLLS_PER_CHECK	256

int nyx_queue_init(struct nyx_queue *q, const struct nyx_queue_ops *ops, u32 entries,
		   u32 entry_size, bool coherent, int node)
{
	struct page *ring, *status;

	if (!is_power_of_2(entries) || !is_power_of_2(entry_size) || entries < 8)
		return -EINVAL;

	memset(q, 0, sizeof(*q));
	raw_spin_lock_init(&q->lock);
	q->ops = ops;
	q->entries = entries;
	q->entry_size = entry_size;
	q->coherent = coherent;
	q->timeout_ns = NYX_QUEUE_TIMEOUT_NS;
	q->device_timeout_ns = NYX_QUEUE_DEVICE_TIMEOUT_NS;
	q->order = get_order((size_t)entries * entry_size);

	q->end = kcalloc_node(entries, sizeof(*q->end), GFP_KERNEL, node);
	if (!q->end)
		return -ENOMEM;
	ring = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, q->order);
	if (!ring)
		goto free_end;
	status = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, 0);
	if (!status)
		goto free_ring;

	q->ring = page_address(ring);
	q->ring_pa = page_to_phys(ring);
	q->status = page_address(status);
	q->status_pa = page_to_phys(status);
	return 0;

free_ring:
	__free_pages(ring, q->order);
free_end:
	kfree(q->end);
	q->end = NULL;
	return -ENOMEM;
}

void nyx_queue_abandon(struct nyx_queue *q)
{
	kfree(q->end);
	q->end = NULL;
	q->status = NULL;
	q->ring = NULL;
}

void nyx_queue_free(struct nyx_queue *q)
{
	if (!q->ring)
		return;
	free_page((unsigned long)q->status);
	free_pages((unsigned long)q->ring, q->order);
	nyx_queue_abandon(q);
}

void nyx_queue_restart(struct nyx_queue *q)
{
	q->tail = 0;
	q->done = 0;
	q->seq = 0;
	q->failed = 0;
	q->device_pending = false;
	WRITE_ONCE(*q->status, 0);
}

static void *slot(struct nyx_queue *q, u64 position)
{
	return q->ring + (position & (q->entries - 1)) * q->entry_size;
}

/*
 * The word comes from hardware: only what was submitted can have completed.
 * In this order, since the last sequence number submitted is never behind it.
 */
static bool reached(struct nyx_queue *q, u32 seq)
{
	u32 status = READ_ONCE(*q->status);

	return status - seq <= READ_ONCE(q->seq) - seq;
}

/* Slots that the unit has consumed, from the last sequence number it stored. */
static void reclaim(struct nyx_queue *q)
{
	u32 status = READ_ONCE(*q->status);

	lockdep_assert_held(&q->lock);
	/*
	 * The word comes from hardware: believe it only within what was
	 * submitted, else a stray value would free slots still in use.
	 */
	if (q->seq - status < q->entries && status)
		q->done = max(q->done, q->end[status & (q->entries - 1)]);
}

static int fail(struct nyx_queue *q, int err)
{
	lockdep_assert_held(&q->lock);
	if (!q->failed)
		q->failed = err;
	return q->failed;
}

/*
 * A wait that began at start has taken too long. What a device took of it is not the
 * unit's: after that the clock starts again.
 */
static bool overdue(const struct nyx_queue *q, u64 start, u64 now)
{
	u64 since = max(start, q->resumed_ns);

	lockdep_assert_held(&q->lock);
	if (q->device_pending)
		return now - start > q->device_timeout_ns;
	/* now was read before the lock was taken, and may be the older of the two. */
	return now > since && now - since > q->timeout_ns;
}

/*
 * One round of a long wait: called every POLLS_PER_CHECK polls without the
 * lock. Looks at the unit's error registers once the wait is long enough to be
 * worth an MMIO read (1 us), and gives up at the deadline.
 */
static int long_wait(struct nyx_queue *q, u64 start, u32 seq)
{
	u64 now = ktime_get_raw_fast_ns();
	unsigned long flags;
	int err;

	if (now - start < NSEC_PER_USEC)
		return 0;
	raw_spin_lock_irqsave(&q->lock, flags);
	err = q->failed;
	if (!err && !reached(q, seq)) {
		err = q->ops->check(q);
		/* It may have finished while its registers were read. */
		if (!err && overdue(q, start, now) && !reached(q, seq))
			err = -ETIMEDOUT;
		if (err)
			err = fail(q, err);
	}
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return err;
}

/*
 * What a wait may do while a device has the unit busy: it may take a minute, and nobody
 * spins for that long.
 */
enum patience {
	SLEEP,
	LEAVE,		/* cannot sleep: -EINPROGRESS after a millisecond */
	SPIN,		/* cannot sleep, and must: -EBUSY after the unit's own time */
};

static int wait_for(struct nyx_queue *q, u32 seq, enum patience patience)
{
	u64 start = ktime_get_raw_fast_ns(), waited;
	unsigned int polls = 0;
	int err;

	while (!reached(q, seq)) {
		cpu_relax();
		if (++polls % POLLS_PER_CHECK)
			continue;
		err = long_wait(q, start, seq);
		if (err)
			return err;
		waited = ktime_get_raw_fast_ns() - start;
		if (!READ_ONCE(q->device_pending) || waited <= NSEC_PER_MSEC)
			continue;
		if (patience == SLEEP)
			usleep_range(50, 200);
		else if (patience == LEAVE)
			return -EINPROGRESS;
		else if (waited > q->timeout_ns)
			return -EBUSY;
	}
	/* Whatever the caller frees or reuses next stays behind the unit's store. */
	smp_rmb();
	return READ_ONCE(q->failed);
}

/* Room for need slots, with the lock held; drops it while it waits. */
static int make_room(struct nyx_queue *q, u32 need, enum patience patience,
		     unsigned long *flags)
{
	int err;

	for (;;) {
		u32 oldest;

		if (q->failed)
			return q->failed;
		reclaim(q);
		/* One slot stays empty: head == tail means an empty ring. */
		if (q->tail - q->done + need < q->entries)
			return 0;
		oldest = READ_ONCE(*q->status) + 1;
		raw_spin_unlock_irqrestore(&q->lock, *flags);
		err = wait_for(q, oldest, patience);
		raw_spin_lock_irqsave(&q->lock, *flags);
		if (err)
			return err;
	}
}

/* Copy into consecutive slots, which may wrap, and write back for a unit that does not snoop. */
static void put(struct nyx_queue *q, const void *commands, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		void *to = slot(q, q->tail + i);

		memcpy(to, commands + (size_t)i * q->entry_size, q->entry_size);
		if (!q->coherent)
			clflush_cache_range(to, q->entry_size);
	}
	q->tail += nr;
}

/* A wait at the tail, and the doorbell. Returns its sequence number; there is room. */
static u32 put_wait(struct nyx_queue *q)
{
	void *wait = slot(q, q->tail);
	u32 seq = q->seq + 1;

	lockdep_assert_held(&q->lock);
	if (!seq)	/* 0 is the word's value before the first wait */
		seq = 1;
	WRITE_ONCE(q->seq, seq);
	q->ops->encode_wait(q, wait, seq);
	if (!q->coherent)
		clflush_cache_range(wait, q->entry_size);
	q->tail++;
	q->end[seq & (q->entries - 1)] = q->tail;
	/* The unit must see whole commands, and the table stores they are about. */
	wmb();
	q->ops->doorbell(q, q->tail & (q->entries - 1));
	return seq;
}

static int submit(struct nyx_queue *q, const void *commands, u32 nr, bool atomic)
{
	unsigned long flags;
	u32 seq;
	int err;

	if (WARN_ON_ONCE(nr >= q->entries / 2))
		return -EINVAL;

	raw_spin_lock_irqsave(&q->lock, flags);
	err = make_room(q, nr + 1, atomic ? SPIN : SLEEP, &flags);
	if (err)
		goto unlock;

	put(q, commands, nr);
	seq = put_wait(q);
	raw_spin_unlock_irqrestore(&q->lock, flags);

	return wait_for(q, seq, atomic ? LEAVE : SLEEP);

unlock:
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return err;
}

int nyx_queue_submit(struct nyx_queue *q, const void *commands, u32 nr)
{
	return submit(q, commands, nr, false);
}

int nyx_queue_submit_atomic(struct nyx_queue *q, const void *commands, u32 nr)
{
	return submit(q, commands, nr, true);
}

static void device_done(struct nyx_queue *q)
{
	lockdep_assert_held(&q->lock);
	if (!q->device_pending)
		return;
	WRITE_ONCE(q->device_pending, false);
	q->resumed_ns = ktime_get_raw_fast_ns();
}

int nyx_queue_submit_device(struct nyx_queue *q, const void *command)
{
	unsigned long flags;
	int err;

	might_sleep();
	raw_spin_lock_irqsave(&q->lock, flags);
	WARN_ON_ONCE(q->device_pending);
	WRITE_ONCE(q->device_pending, true);
	raw_spin_unlock_irqrestore(&q->lock, flags);

	err = nyx_queue_submit(q, command, 1);

	raw_spin_lock_irqsave(&q->lock, flags);
	device_done(q);
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return err;
}

void nyx_queue_device_given_up(struct nyx_queue *q)
{
	lockdep_assert_held(&q->lock);
	device_done(q);
	/*
	 * There is room even in a full ring: the device's command and the wait behind it
	 * have been fetched, so the unit's head is at least two slots ahead of q->done.
	 */
	put_wait(q);
}
