/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An AMD-Vi unit as its files share it: unit.c (probe to remove), takeover.c (one that was
 * left on), entry.c (device table), invalidate.c (commands), fault.c (event log), audit.c
 * (all that read back).
 */
#ifndef NYX_AMDVI_H
#define NYX_AMDVI_H

#include <linux/mutex.h>
#include <linux/workqueue.h>

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
/* True where interrupts of this entry's device go through a table of its owner. */
bool amdvi_remaps_interrupts(const struct amdvi_dte *dte);
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
void amdvi_encode_entry(const struct amdvi_unit *amdvi, u16 rid, const struct nyx_entry *entry,
			struct amdvi_dte *out);

/* audit.c */
void amdvi_audit(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit);

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
/* Everything the unit may hold from before it was enabled. Does not mark it dead. */
int amdvi_invalidate_all(struct amdvi_unit *amdvi);

/* fault.c */
int amdvi_log_init(struct amdvi_unit *amdvi);
void amdvi_log_free(struct amdvi_unit *amdvi);
/* Get the event interrupt, or fall back to polling. Before EventIntEn is set. */
void amdvi_start_faults(struct amdvi_unit *amdvi);
void amdvi_stop_faults(struct nyx_unit *unit);
void amdvi_drain_faults(struct nyx_unit *unit);
/* true: about one device, *out is filled. false: about the unit, *text says what. */
bool amdvi_decode_event(const struct amdvi_event *event, struct nyx_fault_event *out,
			const char **text);

#endif
