// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of an AMD-Vi unit: their encoding, the choice between pages and
 * whole domain, and what happens when the unit does not take them.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/percpu.h>

#include "amdvi.h"

static void encode_entry(struct amdvi_command *c, u16 rid)
{
	c->word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_INVALIDATE_DEVTAB_ENTRY) |
		     FIELD_PREP(AMDVI_INV0_DEVICE_ID, rid);
	c->word[1] = 0;
}

static void encode_interrupts(struct amdvi_command *c, u16 rid)
{
	c->word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_INVALIDATE_INT_TABLE) |
		     FIELD_PREP(AMDVI_INV0_DEVICE_ID, rid);
	c->word[1] = 0;
}

static void encode_domain(struct amdvi_command *c, u16 hwdid)
{
	c->word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_INVALIDATE_IOMMU_PAGES) |
		     FIELD_PREP(AMDVI_INV0_DOMAIN_ID, hwdid);
	c->word[1] = AMDVI_INV1_ADDR_ALL | AMDVI_INV1_S | AMDVI_INV1_PDE;
}

/*
 * A naturally aligned block of 2^order bytes. With S = 1 the lowest clear bit
 * of Address, from bit 12 on, is the highest bit below the block's size: bit 12
 * clear is 8 KiB (2.4.3).
 */
static void encode_block(struct amdvi_command *c, u16 hwdid, u64 first, unsigned int order,
			 bool leaf_only)
{
	c->word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_INVALIDATE_IOMMU_PAGES) |
		     FIELD_PREP(AMDVI_INV0_DOMAIN_ID, hwdid);
	c->word[1] = first | FIELD_PREP(AMDVI_INV1_PDE, !leaf_only);
	if (order > 12)
		c->word[1] |= AMDVI_INV1_S | (((1ULL << (order - 1)) - 1) & AMDVI_INV1_ADDR);
}

/* The largest aligned block that starts at first and does not pass last. */
static unsigned int block_order(u64 first, u64 last)
{
	unsigned int fits = ilog2(last - first + 1);

	return first ? min_t(unsigned int, fits, __ffs64(first)) : fits;
}

/* Exactly, if AMDVI_FLUSH_COMMANDS blocks are enough; else 0. */
static unsigned int encode_exact(const struct nyx_flush *flush, u64 first, u64 last,
				 struct amdvi_command *out)
{
	unsigned int nr = 0, order;

	for (;;) {
		if (nr == AMDVI_FLUSH_COMMANDS)
			return 0;
		order = block_order(first, last);
		encode_block(&out[nr++], flush->hwdid, first, order, flush->leaf_only);
		if (last - first < 1ULL << order)
			return nr;
		first += 1ULL << order;
	}
}

unsigned int amdvi_encode_flush(const struct nyx_flush *flush,
				struct amdvi_command out[AMDVI_FLUSH_COMMANDS], bool *domain)
{
	u64 first = flush->first & ~0xfffULL, last = flush->last | 0xfff, size = last - first + 1;
	unsigned int nr, order;

	*domain = false;
	/* Above 2^51 bytes the encoding means "all" anyway; no unit of ours maps that much. */
	if (!size || size > 1ULL << 47)
		goto whole;
	nr = encode_exact(flush, first, last, out);
	if (nr)
		return nr;
	/*
	 * One block around it. Invalidating too much is safe and costs others a
	 * walk; more than four times too much is taken for the whole domain.
	 */
	order = fls64(first ^ last);
	if (order < 48 && 1ULL << order <= 4 * size) {
		encode_block(&out[0], flush->hwdid, first & ~((1ULL << order) - 1), order,
			     flush->leaf_only);
		return 1;
	}
whole:
	*domain = true;
	encode_domain(&out[0], flush->hwdid);
	return 1;
}

/* 2.4.4. A function has a queue of its own: the queue's id is the function's. */
static void encode_device_tlb(struct amdvi_command *c, const struct nyx_device_tlb *tlb, u64 first,
			      u64 last)
{
	c->word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_INVALIDATE_IOTLB_PAGES) |
		     FIELD_PREP(AMDVI_INV0_DEVICE_ID, tlb->rid) |
		     FIELD_PREP(AMDVI_INV0_MAX_PEND, tlb->queue_depth) |
		     FIELD_PREP(AMDVI_INV0_QUEUE_ID, tlb->rid);
	c->word[1] = nyx_device_tlb_address(first, last);
}

static void encode_wait(struct nyx_queue *q, void *slot, u32 seq)
{
	struct amdvi_command *c = slot;

	c->word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_COMPLETION_WAIT) | AMDVI_WAIT0_S |
		     (q->status_pa & AMDVI_WAIT0_STORE_ADDR);
	c->word[1] = seq;
}

static void doorbell(struct nyx_queue *q, u32 tail)
{
	struct amdvi_unit *amdvi = container_of(q, struct amdvi_unit, queue);

	nyx_write64(&amdvi->io, AMDVI_CMD_TAIL, tail * sizeof(struct amdvi_command));
}

/*
 * A rejected or unreadable command stops the ring: the unit clears CmdBufRun
 * and logs ILLEGAL_COMMAND_ERROR or COMMAND_HARDWARE_ERROR (2.5.6, 2.5.7),
 * which the fault thread reports. It cannot be repaired here: nobody knows
 * which of the commands before it have been done.
 */
static int check(struct nyx_queue *q)
{
	struct amdvi_unit *amdvi = container_of(q, struct amdvi_unit, queue);

	return nyx_read64(&amdvi->io, AMDVI_STATUS) & AMDVI_STATUS_CMD_BUF_RUN ? 0 : -EIO;
}

static const struct nyx_queue_ops queue_ops = {
	.encode_wait = encode_wait,
	.doorbell = doorbell,
	.check = check,
};

int amdvi_queue_init(struct amdvi_unit *amdvi)
{
	BUILD_BUG_ON(AMDVI_COMMANDS < 256);	/* ComLen below 8 is reserved */
	amdvi->awaited = -1;
	/* Half of Control.InvTimeOut: the unit's clock need not agree with ours. */
	amdvi->give_up_ns = NSEC_PER_SEC / 2;
	return nyx_queue_init(&amdvi->queue, &queue_ops, AMDVI_COMMANDS,
			      sizeof(struct amdvi_command), !amdvi->write_back,
			      amdvi->unit.node_id);
}

static int or_dead(struct amdvi_unit *amdvi, int err)
{
	if (err)
		nyx_unit_mark_dead(&amdvi->unit, err == -ETIMEDOUT ?
				   "COMPLETION_WAIT timed out" : err == -EBUSY ?
				   "command buffer stayed full" :
				   "command buffer stopped: a command was rejected");
	return err == -EBUSY ? -EIO : err;
}

static int submit(struct amdvi_unit *amdvi, const struct amdvi_command *commands, u32 nr)
{
	if (nyx_unit_dead(&amdvi->unit))
		return -EIO;
	this_cpu_inc(amdvi->unit.stats->waits);
	return or_dead(amdvi, nyx_queue_submit(&amdvi->queue, commands, nr));
}

int amdvi_invalidate_entry(struct amdvi_unit *amdvi, u16 rid)
{
	struct amdvi_command c;

	encode_entry(&c, rid);
	this_cpu_inc(amdvi->unit.stats->flushes_entry);
	return submit(amdvi, &c, 1);
}

int amdvi_invalidate_domain(struct amdvi_unit *amdvi, u16 hwdid)
{
	struct amdvi_command c;

	encode_domain(&c, hwdid);
	this_cpu_inc(amdvi->unit.stats->flushes_domain);
	return submit(amdvi, &c, 1);
}

int amdvi_invalidate_interrupts(struct amdvi_unit *amdvi, const u16 *rids, unsigned int nr,
				bool atomic)
{
	struct amdvi_command commands[AMDVI_INVALIDATE_IDS];
	unsigned int i;
	int err;

	if (WARN_ON_ONCE(nr > AMDVI_INVALIDATE_IDS))
		return -EINVAL;
	for (i = 0; i < nr; i++)
		encode_interrupts(&commands[i], rids[i]);
	this_cpu_inc(amdvi->unit.stats->flushes_interrupt);
	if (!atomic)
		return submit(amdvi, commands, nr);

	if (nyx_unit_dead(&amdvi->unit))
		return -EIO;
	this_cpu_inc(amdvi->unit.stats->waits);
	err = nyx_queue_submit_atomic(&amdvi->queue, commands, nr);
	/*
	 * Submitted: done before anything that is submitted later. With -EBUSY it is not, and
	 * no context is left to try again in.
	 */
	return err == -EINPROGRESS ? 0 : or_dead(amdvi, err);
}

int amdvi_flush(struct nyx_unit *unit, const struct nyx_flush *flush)
{
	struct amdvi_command commands[AMDVI_FLUSH_COMMANDS];
	unsigned int nr;
	bool domain;

	/* An idle unit caches nothing that enable() does not invalidate. */
	if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return 0;
	nr = amdvi_encode_flush(flush, commands, &domain);
	if (domain)
		this_cpu_inc(unit->stats->flushes_domain);
	else
		this_cpu_inc(unit->stats->flushes_page);
	return submit(to_amdvi(unit), commands, nr);
}

/*
 * The unit goes on behind a device that does not answer, and COMPLETION_WAIT with it: only
 * the event log tells (2.5.8), where the event may have been lost when it overflowed.
 */
static bool given_up(struct amdvi_unit *amdvi, u64 overflows)
{
	amdvi_drain_faults(&amdvi->unit);
	return READ_ONCE(amdvi->given_up) ||
	       atomic64_read(&amdvi->unit.fault_overflows) != overflows;
}

int amdvi_flush_device_tlb(struct nyx_unit *unit, struct nyx_device_tlb *tlb, u64 first, u64 last)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	u64 overflows = atomic64_read(&unit->fault_overflows), start;
	struct amdvi_command c;
	bool lost = false;
	int err;

	lockdep_assert_held(&unit->device_tlb_lock);
	if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return 0;
	if (nyx_unit_dead(unit))
		return -EIO;
	encode_device_tlb(&c, tlb, first, last);
	WRITE_ONCE(amdvi->given_up, false);
	WRITE_ONCE(amdvi->awaited, tlb->rid);
	this_cpu_inc(unit->stats->waits);
	start = ktime_get_raw_fast_ns();
	err = nyx_queue_submit_device(&amdvi->queue, &c);
	if (!err && ktime_get_raw_fast_ns() - start >= amdvi->give_up_ns)
		lost = given_up(amdvi, overflows);
	WRITE_ONCE(amdvi->awaited, -1);
	if (or_dead(amdvi, err))
		return -EIO;
	if (!lost)
		return 0;
	WRITE_ONCE(tlb->lost, true);
	return -ETIMEDOUT;
}

/* One command of this kind for each device id, or each domain id. */
static int invalidate_each(struct amdvi_unit *amdvi, unsigned int opcode)
{
	struct amdvi_command batch[16];
	u32 id, nr = 0;
	int err;

	for (id = 0; id < 65536; id++) {
		if (opcode == AMDVI_INVALIDATE_DEVTAB_ENTRY)
			encode_entry(&batch[nr++], id);
		else if (opcode == AMDVI_INVALIDATE_INT_TABLE)
			encode_interrupts(&batch[nr++], id);
		else
			encode_domain(&batch[nr++], id);
		if (nr < ARRAY_SIZE(batch))
			continue;
		err = nyx_queue_submit(&amdvi->queue, batch, nr);
		if (err)
			return err;
		nr = 0;
	}
	return 0;
}

int amdvi_invalidate_all(struct amdvi_unit *amdvi)
{
	struct amdvi_command all = {};
	int err;

	/*
	 * Every entry by name although INVALIDATE_IOMMU_ALL would cover them:
	 * emulators take a device's DMA under translation only when this
	 * command names it, and an entry that has not been named passes all.
	 */
	err = invalidate_each(amdvi, AMDVI_INVALIDATE_DEVTAB_ENTRY);
	if (err)
		return err;
	all.word[0] = FIELD_PREP(AMDVI_CMD_OPCODE, AMDVI_INVALIDATE_IOMMU_ALL);
	if (amdvi->features & AMDVI_EFR_IA_SUP)
		return nyx_queue_submit(&amdvi->queue, &all, 1);
	/* Without it, each table and each domain id that a former owner may have used. */
	return invalidate_each(amdvi, AMDVI_INVALIDATE_INT_TABLE) ?:
	       invalidate_each(amdvi, AMDVI_INVALIDATE_IOMMU_PAGES);
}
