/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An AMD-Vi unit as its files share it: unit.c (probe to remove), entry.c (device
 * table), invalidate.c (commands), fault.c (event log), audit.c (all that read back).
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

struct amdvi_unit {
	struct nyx_unit unit;
	struct nyx_mmio io;
	struct amdvi_function function;
	bool region;		/* io is reserved and mapped by us */
	bool has_efr;
	u64 features;		/* EFR as far as firmware agrees */
	u64 control;		/* what we last wrote; log_mutex, or nobody else runs */
	u64 found_control, found_devtab, found_excl_base, found_excl_limit;

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
