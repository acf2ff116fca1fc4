/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A register model of an AMD-Vi unit: behaves as the specification says, at
 * its most awkward. It executes the commands between two COMPLETION_WAITs in
 * reverse order, and one device does DMA after every command and after every
 * store into its device table entry, so that anything that may be cached is. With irq_on it
 * raises an interrupt each time as well, amdvi_model_irq.c.
 */
#ifndef NYX_AMDVI_MODEL_H
#define NYX_AMDVI_MODEL_H

#include <kunit/test.h>
#include <linux/spinlock.h>

#include "../amdvi/amdvi.h"

#define MODEL_COMMANDS	64	/* last ones kept */
#define MODEL_WRITES	64	/* first register writes kept */
#define MODEL_TLB	64
#define MODEL_SEEN	32
#define MODEL_PENDING	512
#define MODEL_IRQ_DTES	32
#define MODEL_IRTES	128

struct amdvi_model_tlb {
	bool valid, pde;
	u16 domain;
	u64 iova;
};

/* What becomes of an interrupt. */
enum amdvi_model_irq {
	MODEL_IRQ_PASSED,	/* as it was sent */
	MODEL_IRQ_REFUSED,
	MODEL_IRQ_RAISED,	/* what its table entry says */
};

struct amdvi_model {
	struct nyx_mmio_model io;	/* first: cast from it */
	spinlock_t lock;

	u64 devtab, cmd_base, event_base, control, excl_base, excl_limit, efr, efr2;
	u32 cmd_head, cmd_tail, event_head, event_tail;	/* bytes */
	u64 status;			/* without the run bits */
	bool cmd_run, log_run, log_was_off;

	/* Misbehaviour to order. */
	bool dead_window;		/* reads give all ones */
	bool never_stops;		/* IommuEn, once set, stays */
	bool never_runs;		/* CmdBufRun stays 0 */
	bool rings_stick;		/* the run bits stay 1 */
	bool never_answers;		/* waits do not store */
	unsigned int reject;		/* opcode taken for illegal */

	/* What was seen. */
	struct { u32 offset; u64 value; } writes[MODEL_WRITES];
	unsigned int nr_writes;
	struct amdvi_command commands[MODEL_COMMANDS];
	unsigned int nr_commands;	/* all, waits excluded */
	unsigned int per_opcode[16];
	unsigned int misuse;		/* things the specification forbids */
	unsigned int dropped;		/* events while overflowed or off */
	unsigned int refused;		/* DMA of the device that its entry did not grant */
	bool went_off;			/* IommuEn, at any time */

	struct amdvi_command pending[MODEL_PENDING];
	unsigned int nr_pending;

	/* The device, and what the unit holds for it. */
	bool device_on;
	u16 device;
	u64 device_iova;
	bool dte_cached;
	struct amdvi_dte dte;
	struct amdvi_dte seen[MODEL_SEEN];	/* different entries that were fetched */
	unsigned int nr_seen;
	struct amdvi_model_tlb tlb[MODEL_TLB];
	/*
	 * With I set in its entry the device asks for a translation of its own whenever it
	 * can, and keeps it. The tables hold one, unless unmapped.
	 */
	bool unmapped;
	bool held;
	bool deaf;			/* it does not answer, which the unit logs and goes on */

	/*
	 * Interrupts: what the unit holds for them of device table entries, apart from what
	 * it holds for DMA, and of tables. It may drop either at any time.
	 */
	bool irq_on;
	u32 irq_index;
	bool dma_forgets, irq_forgets;
	struct {
		bool valid;
		u16 rid;
		u64 word2;
	} irq_dtes[MODEL_IRQ_DTES];
	struct {
		bool valid;
		u16 rid;
		u32 index;
		u64 words[2];
	} irtes[MODEL_IRTES];
	/* Of the device's: reached a domain while they passed as sent; refused; raised. */
	unsigned int unchecked, irq_refused, irq_raised;
};

static inline struct amdvi_model *to_model(struct nyx_mmio_model *io)
{
	return container_of(io, struct amdvi_model, io);
}

void amdvi_model_init(struct amdvi_model *model, u64 efr);
/* One DMA of the device. */
void amdvi_model_dma(struct amdvi_model *model);
void amdvi_model_device(struct amdvi_model *model, u16 rid, u64 iova);
/* A translation that the unit holds. */
void amdvi_model_cache(struct amdvi_model *model, u16 domain, u64 iova, bool pde);
bool amdvi_model_cached(struct amdvi_model *model, u16 domain, u64 iova, bool pde);
bool amdvi_model_any(struct amdvi_model *model, u16 domain);
/*
 * Log an event; false where it was dropped. With late the tail moves but the
 * code is missing until amdvi_model_complete().
 */
bool amdvi_model_event(struct amdvi_model *model, u64 word0, u64 word1, bool late);
void amdvi_model_complete(struct amdvi_model *model, u64 word0);
/* An interrupt of rid's for that entry; with RAISED, words is what the entry says. */
enum amdvi_model_irq amdvi_model_interrupt(struct amdvi_model *model, u16 rid, u32 index,
					   u64 words[2]);
/* True where the unit holds an entry of a table that it read for rid. */
bool amdvi_model_holds_irte(struct amdvi_model *model, u16 rid);
/* For amdvi_model.c, with the lock held. */
void amdvi_model_irq_step(struct amdvi_model *model);
void amdvi_model_irq_execute(struct amdvi_model *model, const struct amdvi_command *command);

/* What the last command of the list was, 0 the newest. */
const struct amdvi_command *amdvi_model_command(struct amdvi_model *model, unsigned int ago);

#endif
