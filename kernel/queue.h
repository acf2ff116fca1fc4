/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One command ring for both vendors: VT-d's invalidation queue, AMD-Vi's
 * command buffer. The ring owns slots, order, completion and time-outs; a
 * vendor supplies the encoding of a wait command, the doorbell and a look at
 * its error registers.
 *
 * Every submission ends in a wait command that makes the unit store a sequence
 * number in memory once all earlier commands have completed. Units complete
 * waits in order (VT-d: fence flag set, spec 6.5.2.8; AMD-Vi: section 2.4.1),
 * so one word tells how far the unit has come, and slots are reclaimed from it
 * without reading a register.
 */
#ifndef NYX_QUEUE_H
#define NYX_QUEUE_H

#include <linux/spinlock.h>
#include <linux/types.h>

/* A unit that has not completed a command after this long is dead. */
#define NYX_QUEUE_TIMEOUT_NS	(2ULL * NSEC_PER_SEC)
/*
 * One that waits for a device has longer: a device may take a minute to answer an
 * invalidation of its own TLB, plus half of it (PCIe spec 10.3), and within that time the
 * unit gives it up. No wait of anybody completes before that, so all have as long.
 */
#define NYX_QUEUE_DEVICE_TIMEOUT_NS	(100ULL * NSEC_PER_SEC)

struct nyx_queue;

struct nyx_queue_ops {
	/* Encode into slot a command that stores seq (low 32 bits) at q->status_pa when done. */
	void (*encode_wait)(struct nyx_queue *q, void *slot, u32 seq);
	/* Tell the unit that slots before index tail (0 to entries - 1) are ready. */
	void (*doorbell)(struct nyx_queue *q, u32 tail);
	/*
	 * Look for a queue error, called with the lock held while a wait takes
	 * long. 0: none, or repaired so that waits complete again. -EIO: a
	 * command was rejected or the queue cannot go on.
	 */
	int (*check)(struct nyx_queue *q);
};

struct nyx_queue {
	raw_spinlock_t lock;		/* innermost lock of all; taken with interrupts off */
	const struct nyx_queue_ops *ops;
	void *ring;			/* entries * entry_size bytes, naturally aligned */
	phys_addr_t ring_pa;
	u32 entries;			/* power of two */
	u32 entry_size;			/* bytes, power of two */
	u32 *status;			/* the word the unit stores to, in a page of its own */
	phys_addr_t status_pa;
	bool coherent;			/* else the ring is written back before the doorbell */
	int failed;			/* sticky errno: the queue takes nothing more */
	/* Protected by lock. Positions count slots since start and never wrap. */
	u64 tail;
	u64 done;
	u32 seq;			/* of the last wait submitted */
	u64 *end;			/* end[seq % entries]: tail after that wait */
	int order;
	u64 timeout_ns;
	/* Waiting for a device, with lock written. */
	bool device_pending;		/* a device's own invalidation is in the ring */
	u64 device_timeout_ns;
	u64 resumed_ns;			/* when the last such wait was over */
};

/*
 * Allocate the ring (entries * entry_size zeroed, physically contiguous) and
 * the status page on node. -ENOMEM. Process context.
 */
int nyx_queue_init(struct nyx_queue *q, const struct nyx_queue_ops *ops, u32 entries,
		   u32 entry_size, bool coherent, int node);
void nyx_queue_free(struct nyx_queue *q);
/* Like free, but the unit may go on using ring and status page: they stay in memory for ever. */
void nyx_queue_abandon(struct nyx_queue *q);

/* Forget all: the unit's head and tail have just been set to 0. No concurrent use. */
void nyx_queue_restart(struct nyx_queue *q);

/*
 * Submit nr commands (nr < entries / 2) of entry_size bytes and wait until the
 * unit has completed them and everything before them. 0; -ETIMEDOUT after
 * q->timeout_ns; -EIO when the unit rejected a command; either is sticky, since
 * afterwards nothing can be proved invalidated. Any context where no device's own
 * invalidation is pending, behind which it sleeps; otherwise it never does.
 */
int nyx_queue_submit(struct nyx_queue *q, const void *commands, u32 nr);

/*
 * The same for those who may hold raw spinlocks: never sleeps. Behind a device that takes
 * more than a millisecond it returns -EINPROGRESS: submitted, not completed. -EBUSY: not
 * even submitted, the ring has been full behind a device for q->timeout_ns.
 */
int nyx_queue_submit_atomic(struct nyx_queue *q, const void *commands, u32 nr);

/*
 * The same for one command that a device must answer; one at a time. Until it has, or the
 * unit has given it up, waits of all submitters have q->device_timeout_ns, and sleep.
 * Process context.
 */
int nyx_queue_submit_device(struct nyx_queue *q, const void *command);
/*
 * For ops->check(): the unit has given the device up and dropped the waits that it had
 * fetched (VT-d). Submit a new one, which tells that all before it are done.
 */
void nyx_queue_device_given_up(struct nyx_queue *q);

#endif
