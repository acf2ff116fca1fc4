/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An AMD-Vi unit as its files share it: unit.c (probe to remove), takeover.c (one that was
 * left on), entry.c (device table), remapping.c (interrupt tables), irte.c (their entries),
 * invalidate.c (commands), fault.c (event log), audit.c (all that read back).
 */
#ifndef NYX_AMDVI_H
#define NYX_AMDVI_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../mmio.h"
#include "../queue.h"
#include "../unit.h"
#include "regs.h"

struct pci_dev;

/* What keeps the in-tree driver off the units. */
#define AMDVI_PARAMETERS	"amd_iommu=off"

/*
 * 512 commands: more than one invalidation needs, so that several CPUs seldom
 * wait for room. 4096 events (64 KiB): a device that faults on every TLP fills
 * the log within milliseconds, and what does not fit is lost.
 */
#define AMDVI_COMMANDS		512
#define AMDVI_EVENTS		4096

/* What the unit's PCI function says; header 0 where there is none. */
struct amdvi_function {
	struct pci_dev *pdev;	/* referenced */
	u32 header;		/* AMDVI_CAP_HEADER */
	u32 misc0;
};

/* A unit as enable() found it, for the way back. */
struct amdvi_found {
	u64 control, devtab, cmd_base, event_base, excl_base, excl_limit;
};

struct amdvi_unit {
	struct nyx_unit unit;
	struct nyx_mmio io;
	struct amdvi_function function;
	bool region;		/* io is reserved and mapped by us */
	bool has_efr;
	u64 features;		/* EFR as far as firmware agrees */
	u64 control;		/* what we last wrote; log_mutex, or nobody else runs */
	struct amdvi_found found;
	bool shown;		/* the unit may be using our table or our rings */

	struct amdvi_dte *devtab;
	bool write_back;	/* device table reads do not snoop */
	/* Page table without entries: what a blocked device would walk. */
	u64 *empty_root;
	/* NYX_IVHD_* of each RID. */
	u8 *dte_flags;

	/* Interrupt tables have entries of 128 bits, with 32 bits of destination. */
	bool ga, xt;
	struct mutex irq_mutex;		/* innermost; who has which table */
	struct xarray irq_tables;	/* struct amdvi_irq_table by RID */
	void *no_irtes;			/* a table without entries, for who may raise nothing */
	char open_because[64];		/* why ids that no function has are not blocked, or "" */
	const char *irq_obstacle;	/* why it does not remap although it could, or NULL */

	struct nyx_queue queue;
	int awaited;			/* RID whose TLB is being invalidated, or -1 */
	bool given_up;			/* the unit has given it up; log_mutex */
	u64 give_up_ns;			/* a wait this short tells that it has not */

	struct amdvi_event *log;
	struct mutex log_mutex;		/* one drain at a time */
	u32 log_head;			/* index, log_mutex */
	int irq;			/* 0: none, poll */
	bool function_enabled;
	bool faults_on;			/* log_mutex: the poll may queue itself again */
	unsigned long poll_interval;	/* jiffies; 0: never poll (unit tests) */
	struct delayed_work poll;
	u64 unit_errors;		/* log_mutex: events about the unit itself */
#ifdef NYX_KUNIT
	/* Called after every store into a device table entry. */
	void (*store_hook)(struct amdvi_unit *amdvi, u16 rid);
	/* Called before each new look at a log entry that is not complete. */
	void (*late_hook)(struct amdvi_unit *amdvi);
#endif
};

/*
 * Entries of a table that are given out. It could have four times as many, but then their
 * numbers reach into bits 10:8 of a message's data, where bridges look for the delivery mode:
 * 0 and 1 are interrupts that are remapped (fixed, arbitrated), the others SMI, NMI, INIT,
 * which are taken for what they are (2.2.5). Whoever wants more must know that his do not.
 */
#define AMDVI_IRQ_ENTRIES	512
/* Ids that one table serves: functions behind one conventional bridge share its id. */
#define AMDVI_IRQ_IDS		64

struct amdvi_irq_table {
	void *entries;		/* memory for AMDVI_INT_TABLE_ENTRIES: emulators look no closer */
	unsigned int order;
	unsigned int users;	/* irq_open()s; irq_mutex */
	raw_spinlock_t lock;	/* the rest; queue->lock is not taken inside it */
	DECLARE_BITMAP(used, AMDVI_IRQ_ENTRIES);
	/* Whose interrupts it takes: as which ids it may be cached. A slot is free at 0 users. */
	struct {
		u16 rid, users;
	} ids[AMDVI_IRQ_IDS];
	unsigned int nr_ids;	/* slots that have been used; never less */
};

static inline struct amdvi_unit *to_amdvi(struct nyx_unit *unit)
{
	return container_of(unit, struct amdvi_unit, unit);
}

/* What the Device Table Base Address Register shall say (3.4.1). */
static inline u64 amdvi_devtab_base(const struct amdvi_unit *amdvi)
{
	return virt_to_phys(amdvi->devtab) |
	       FIELD_PREP(AMDVI_DEVTAB_SIZE,
			  AMDVI_DEVTAB_ENTRIES * sizeof(struct amdvi_dte) / SZ_4K - 1);
}

/* unit.c */
extern const struct nyx_unit_ops amdvi_unit_ops;
/*
 * Make a unit of already mapped registers: decode, refuse, allocate. Changes
 * nothing in hardware. io and function are the unit's from then on, except on
 * error.
 */
int amdvi_unit_create(const struct nyx_acpi_desc *desc, const struct nyx_acpi_unit *firmware,
		      const struct nyx_mmio *io, const struct amdvi_function *function,
		      struct amdvi_unit **out, struct nyx_why *why);
/* Bounded wait until (STATUS & mask) == value; -ETIMEDOUT. Never sleeps. */
int amdvi_wait_status(struct amdvi_unit *amdvi, u64 mask, u64 value);
void amdvi_write_control(struct amdvi_unit *amdvi, u64 control);
/* Empty rings of ours, with the unit's off: where they are, head and tail 0. */
void amdvi_write_rings(struct amdvi_unit *amdvi);
/* Rings off, translation off, the rest as it was found. Never sleeps. */
void amdvi_turn_off(struct amdvi_unit *amdvi);
/* True also where nothing answers. */
bool amdvi_still_on(struct amdvi_unit *amdvi);

/* takeover.c */
/* Control bits that run rings; the table is not theirs. */
#define AMDVI_CONTROL_RINGS	(AMDVI_CONTROL_EVENT_LOG_EN | AMDVI_CONTROL_EVENT_INT_EN | \
				 AMDVI_CONTROL_COM_WAIT_INT_EN | AMDVI_CONTROL_CMD_BUF_EN)
/* -EBUSY, with the reason: somebody else has the unit on, and it is not to be taken over. */
int amdvi_may_take_over(const struct nyx_mmio *io, struct nyx_why *why);
/* Fill amdvi->found. */
void amdvi_look(struct amdvi_unit *amdvi);
/*
 * Stop the rings of a unit that was found translating, once its commands are done; *events
 * is how many were in its log. 0, -ETIMEDOUT.
 */
int amdvi_stop_found_rings(struct amdvi_unit *amdvi, u32 *events);
/*
 * From the former owner's table to ours, translation on all the time. On error the unit is
 * anywhere between, and *step says where.
 */
int amdvi_change_over(struct amdvi_unit *amdvi, const char **step);
/*
 * Back to amdvi->found from wherever enable() has got to. 0, or not all of it came back;
 * runs alone. Translation that was found on is never off on the way.
 */
int amdvi_put_back(struct amdvi_unit *amdvi);

/* entry.c */
int amdvi_devtab_init(struct amdvi_unit *amdvi, const struct nyx_acpi_desc *desc,
		      const struct nyx_acpi_unit *firmware);
void amdvi_devtab_free(struct amdvi_unit *amdvi);
int amdvi_set_entry(struct nyx_unit *unit, u16 rid, const struct nyx_entry *entry);
int amdvi_read_entry(struct nyx_unit *unit, u16 rid, u64 words[4]);
/* What entry is in the words of rid's device table entry. */
void amdvi_encode_entry(struct amdvi_unit *amdvi, u16 rid, const struct nyx_entry *entry,
			struct amdvi_dte *out);

/* remapping.c */
/* Which format of entries, if any: sets ga, xt and unit.remapping. Before the device table. */
int amdvi_irq_init(struct amdvi_unit *amdvi, const struct nyx_acpi_desc *desc);
/* Nothing reads the tables any more. */
void amdvi_irq_free(struct amdvi_unit *amdvi);
/* GAEn and XTEn: what the control register shall say of the format. */
u64 amdvi_irq_control(const struct amdvi_unit *amdvi);
/* A unit that goes on translating keeps the format that it was found with. */
void amdvi_irq_adopt(struct amdvi_unit *amdvi);
/* The unit translates, with that format; it no longer does. */
void amdvi_irq_start(struct amdvi_unit *amdvi);
void amdvi_irq_stop(struct amdvi_unit *amdvi);
/* What a device table entry says of rid's interrupts where they are remapped: of word 2. */
u64 amdvi_irq_word2(struct amdvi_unit *amdvi, u16 rid, bool suppress_faults);
/* Likewise, of an id that raises nothing, whatever table it may have. */
u64 amdvi_irq_none_word2(const struct amdvi_unit *amdvi, bool suppress_faults);
int amdvi_irq_open(struct nyx_unit *unit, struct nyx_irq_source *source);
void amdvi_irq_close(struct nyx_unit *unit, struct nyx_irq_source *source);

/* irte.c */
static inline size_t amdvi_irte_bytes(const struct amdvi_unit *amdvi)
{
	return amdvi->ga ? 2 * sizeof(u64) : sizeof(u32);
}

/* The entry as the unit reads it; -ERANGE: the format has no place for it. */
int amdvi_encode_irte(const struct amdvi_unit *amdvi, const struct nyx_irte *irte,
		      u64 words[2]);
int amdvi_irq_reserve(struct nyx_unit *unit, struct nyx_irq_source *source, u32 nr, u32 *index);
int amdvi_irq_release(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index, u32 nr);
int amdvi_irq_forget(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index);
int amdvi_irq_write(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		    const struct nyx_irte *irte);
void amdvi_irq_compose(struct nyx_unit *unit, u32 index, u32 sub, struct msi_msg *msg);
void amdvi_irq_read(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		    struct nyx_irte_view *view);

/* audit.c */
void amdvi_audit(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit);
void amdvi_irq_compare(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		       const struct nyx_irte *irte, u64 found[2], u64 wanted[2]);
void amdvi_irq_audit(struct nyx_unit *unit, struct nyx_unit_audit *audit);

/* invalidate.c */
/* More commands than this are not worth it: one covering range instead. */
#define AMDVI_FLUSH_COMMANDS	4
int amdvi_queue_init(struct amdvi_unit *amdvi);
/* Commands for flush in out[]; returns how many, *domain tells "the whole domain". */
unsigned int amdvi_encode_flush(const struct nyx_flush *flush,
				struct amdvi_command out[AMDVI_FLUSH_COMMANDS], bool *domain);
int amdvi_flush(struct nyx_unit *unit, const struct nyx_flush *flush);
int amdvi_flush_device_tlb(struct nyx_unit *unit, struct nyx_device_tlb *tlb, u64 first,
			   u64 last);
int amdvi_invalidate_entry(struct amdvi_unit *amdvi, u16 rid);
int amdvi_invalidate_domain(struct amdvi_unit *amdvi, u16 hwdid);
/* More ids than this take more than one call. */
#define AMDVI_INVALIDATE_IDS	16
/*
 * What the unit holds of these ids' interrupt tables. With atomic it never sleeps, and may
 * return 0 before the unit is done with it: behind a device that does not answer.
 */
int amdvi_invalidate_interrupts(struct amdvi_unit *amdvi, const u16 *rids, unsigned int nr,
				bool atomic);
/* Everything the unit may hold from before it was enabled. Does not mark it dead. */
int amdvi_invalidate_all(struct amdvi_unit *amdvi);

/* fault.c */
int amdvi_log_init(struct amdvi_unit *amdvi);
void amdvi_log_free(struct amdvi_unit *amdvi);
/* Get the event interrupt, or fall back to polling. Before EventIntEn is set. */
void amdvi_start_faults(struct amdvi_unit *amdvi);
void amdvi_stop_faults(struct nyx_unit *unit);
void amdvi_function_leaves(struct nyx_unit *unit, const struct pci_dev *pdev);
void amdvi_drain_faults(struct nyx_unit *unit);
/* true: about one device, *out is filled. false: about the unit, *text says what. */
bool amdvi_decode_event(const struct amdvi_event *event, struct nyx_fault_event *out,
			const char **text);

#endif
