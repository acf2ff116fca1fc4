/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One VT-d unit in memory, and what the files of this folder share.
 *
 * Locks, innermost last: table_lock (allocating context tables), fault_lock
 * (draining records), irt_lock (interrupt indexes), command_lock (GCMD),
 * queue.lock. The last two are raw: irq_write() runs inside raw locks.
 */
#ifndef NYX_VTD_H
#define NYX_VTD_H

#include <linux/container_of.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../mmio.h"
#include "../queue.h"
#include "../unit.h"
#include "../why.h"
#include "regs.h"

/* What keeps the in-tree driver off the units. */
#define VTD_PARAMETERS		"intel_iommu=off intremap=off"

#define VTD_QUEUE_ENTRIES	256	/* one page: IQA.QS = 0 */

/* A register that has not taken a command after this many polls of 1 us never will. */
#define VTD_POLLS		(500 * 1000)

/* The refused descriptor of the last queue error, for the log and for tests. */
struct vtd_queue_error {
	u32 count;
	struct vtd_descriptor descriptor;
	u8 info;			/* IQERCD.IQEI */
};

/* A unit as enable() found it, for the way back. */
struct vtd_found {
	u32 gsts, pmen;
	u64 rtaddr, iqa, irta;
};

#ifdef NYX_KUNIT
/* What a unit test sees of the unit beside its registers. Any may be NULL. */
struct vtd_test {
	/* A 64-bit half of a root, context or interrupt entry has just been stored. */
	void (*stored)(struct vtd_test *test, const u64 *at);
	void (*written_back)(struct vtd_test *test, const void *at, size_t bytes);
	bool drain_by_hand;		/* no interrupt, no polling */
};

extern struct vtd_test *vtd_next_test;	/* what the next vtd_unit_create() takes */
extern bool vtd_test_x2apic, vtd_test_no_cfi;	/* what the host is */
#endif

struct vtd_unit {
	struct nyx_unit unit;
	struct nyx_mmio io;
	bool owns_window;		/* requested and mapped by our probe */
	u64 cap, ecap;
	u32 polls;			/* VTD_POLLS; less in tests */

	/* Tables. A context table, once linked, stays until remove(). */
	struct vtd_root_entry *root;
	struct vtd_context_entry *contexts[VTD_TABLE_ENTRIES];
	struct mutex table_lock;	/* links context tables */

	/* Interrupt entries; NULL where there is no ECAP.IR. */
	struct vtd_irte *irt;		/* unit.remapping.entries of them */
	unsigned long *irt_used;	/* a bit for each: reserved, or never again to be */
	spinlock_t irt_lock;		/* irt_used */
	bool extended;			/* IRTA.EIME: destinations have 32 bits */
	bool interrupts_owed;		/* an invalidation that found no room; xchg() */

	struct vtd_found found;
	bool shown;			/* the unit may be using our tables or our ring */

	raw_spinlock_t command_lock;	/* GCMD: read, change, write, wait */
	struct nyx_queue queue;
	struct vtd_queue_error queue_error;	/* queue.lock */
	bool device_given_up;		/* queue.lock: by the invalidation of a device's TLB */

	/* Fault delivery. */
	struct mutex fault_lock;	/* the records: one reader */
	u32 record_base;		/* offset of the first record */
	u32 nr_records;
	unsigned int virq;		/* 0: polling, or stopped */
	struct irq_domain *irq_domain;
	struct fwnode_handle *irq_fwnode;
	struct msi_msg fault_msg;	/* as written to FEDATA..FEUADDR, for resume */
	u32 fectl;			/* likewise */
	bool faults_running;		/* fault_lock, like polling */
	bool polling;
	struct delayed_work drain_work;
#ifdef NYX_KUNIT
	struct vtd_test *test;
#endif
};

static inline struct vtd_unit *to_vtd(struct nyx_unit *unit)
{
	return container_of(unit, struct vtd_unit, unit);
}

static inline bool vtd_cap(const struct vtd_unit *v, u64 bit)
{
	return v->cap & bit;
}

static inline bool vtd_ecap(const struct vtd_unit *v, u64 bit)
{
	return v->ecap & bit;
}

/* unit.c */

/*
 * Make a unit of the registers at *io, which are read but not written. On
 * success the unit has its own copy of *io; on error the caller still owns
 * the window. physical_width: the firmware's host address width, bits.
 */
int vtd_unit_create(const struct nyx_mmio *io, u8 physical_width,
		    const struct nyx_acpi_unit *firmware, struct nyx_unit **out,
		    struct nyx_why *why);
/*
 * Change GCMD and wait until GSTS & mask == value. 0, -ETIMEDOUT, -EIO (the
 * registers read all ones). The caller holds command_lock or runs alone.
 */
int vtd_command(struct vtd_unit *v, u32 set, u32 clear, u32 mask, u32 value);
/* The same for those who do not hold command_lock. */
int vtd_command_locking(struct vtd_unit *v, u32 set, u32 clear, u32 mask, u32 value);
/* Translation off. No locks and no sleep. */
void vtd_translation_off(struct vtd_unit *v);
/* Translation off, remapping off, queue off. No locks and no sleep. */
void vtd_turn_off(struct vtd_unit *v);

/* takeover.c */

/* -EBUSY, with the reason: somebody else has the unit on, and it is not to be taken over. */
int vtd_may_take_over(const struct nyx_mmio *io, u64 ecap, struct nyx_why *why);
/* Fill v->found. */
void vtd_look(struct vtd_unit *v);
/* Wait until no descriptor is left in the queue that is on: 0, -ETIMEDOUT. */
int vtd_queue_drain(struct vtd_unit *v);
/* Off with the queue in v->found, if it is on, once it is empty: 0, -ETIMEDOUT, -EIO. */
int vtd_stop_found_queue(struct vtd_unit *v);
/*
 * Back to v->found from wherever enable() has got to. 0, or not all of it came back; runs
 * alone. Translation that was found on is never off on the way. Fault events stay masked:
 * nobody here knows whose vector they would raise.
 */
int vtd_put_back(struct vtd_unit *v);

/* caps.c */

/* -EOPNOTSUPP, with the reason: this unit cannot be served. */
int vtd_decode_caps(struct nyx_unit_caps *caps, u64 cap, u64 ecap, u8 physical_width,
		    struct nyx_why *why);
/* Bytes of register window that cap and ecap call for. */
u64 vtd_window_size(u64 cap, u64 ecap);

/* entry.c */
int vtd_tables_init(struct vtd_unit *v);
void vtd_tables_free(struct vtd_unit *v);
int vtd_set_entry(struct nyx_unit *unit, u16 rid, const struct nyx_entry *entry);
int vtd_read_entry(struct nyx_unit *unit, u16 rid, u64 words[4]);
/* What entry is in the words of a context entry. */
struct vtd_context_entry vtd_encode_entry(const struct vtd_unit *v, const struct nyx_entry *entry);
/* Store one half of an entry, of whatever table. A unit never sees a torn half. */
void vtd_store(struct vtd_unit *v, u64 *to, u64 value);
/* Where the unit reads past the caches (ECAP.C = 0), write what was stored back. */
void vtd_write_back(struct vtd_unit *v, void *at, size_t bytes);

/* irte.c */
/* With ECAP.IR. -ENOMEM, -EINVAL (interrupt_entries), with the reason. */
int vtd_irt_init(struct vtd_unit *v, struct nyx_why *why);
void vtd_irt_free(struct vtd_unit *v);
/* Low half of an entry. -ERANGE: the destination has more bits than fit. */
int vtd_encode_irte(const struct nyx_irte *irte, bool extended, u64 *low);
/* High half. */
u64 vtd_encode_source(const struct nyx_irq_source *source);
int vtd_irq_open(struct nyx_unit *unit, struct nyx_irq_source *source);
void vtd_irq_close(struct nyx_unit *unit, struct nyx_irq_source *source);
int vtd_irq_reserve(struct nyx_unit *unit, struct nyx_irq_source *source, u32 nr, u32 *index);
int vtd_irq_release(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index, u32 nr);
int vtd_irq_forget(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index);
int vtd_irq_write(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		  const struct nyx_irte *irte);
void vtd_irq_compose(struct nyx_unit *unit, u32 index, u32 sub, struct msi_msg *msg);
void vtd_irq_read(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		  struct nyx_irte_view *view);

/* remapping.c */
/* The CPUs are in x2APIC mode. */
bool vtd_x2apic(void);
/* The unit lets compatibility-format interrupts pass though it has no CFI. */
bool vtd_without_cfi(void);
/* What IRTA shall say. */
u64 vtd_irta(const struct vtd_unit *v);
/*
 * The last step of turn_on(): with a queue that works, take our table and remap. Or leave
 * remapping off, with the reason in unit.remapping, where the host's own interrupts would
 * not pass. On error *step says what did not work.
 */
int vtd_remapping_on(struct vtd_unit *v, const char **step);
/* Off, CFI as it was found. No locks and no sleep. 0; -ETIMEDOUT, -EIO: one of them is not. */
int vtd_remapping_off(struct vtd_unit *v);
/* Back to v->found, never off on the way if it was found on. Runs alone. */
int vtd_remapping_put_back(struct vtd_unit *v);
/* Tell the log what has become of it. */
void vtd_remapping_tell(const struct vtd_unit *v);

/* audit.c */
void vtd_audit(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit);
void vtd_irq_compare(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		     const struct nyx_irte *irte, u64 found[2], u64 wanted[2]);
void vtd_irq_audit(struct nyx_unit *unit, struct nyx_unit_audit *audit);

/* invalidate.c */
extern const struct nyx_queue_ops vtd_queue_ops;
/* Whole caches, in the order that 6.6 asks for after a new root pointer. Marks nothing dead. */
int vtd_invalidate_all(struct vtd_unit *v);
/*
 * Cached copies of rid's context entry that carry hwdid, then what the IOTLB
 * holds for iotlb_hwdid. Marks the unit dead on error.
 */
int vtd_invalidate_entry(struct vtd_unit *v, u16 rid, u16 hwdid, u16 iotlb_hwdid);
/* All interrupt entries. Marks nothing dead. */
int vtd_invalidate_all_interrupts(struct vtd_unit *v);
/* 2^order interrupt entries from index on, which is aligned. Marks the unit dead on error. */
int vtd_invalidate_interrupts(struct vtd_unit *v, u32 index, u32 order);
/*
 * One. Never sleeps; behind an invalidation of a device's TLB that takes long it returns
 * before it is done. Marks the unit dead on error.
 */
int vtd_invalidate_interrupt_atomic(struct vtd_unit *v, u32 index);
int vtd_flush(struct nyx_unit *unit, const struct nyx_flush *flush);
int vtd_flush_device_tlb(struct nyx_unit *unit, struct nyx_device_tlb *tlb, u64 first, u64 last);
/* 6.8: no-op where CAP.RWBF = 0. Any context. Marks the unit dead on error. */
int vtd_flush_write_buffers(struct vtd_unit *v);

/* fault.c */
void vtd_faults_init(struct vtd_unit *v);
/* Forget what was recorded before we came: how many records. Fault events stay masked. */
u32 vtd_faults_discard(struct vtd_unit *v);
void vtd_faults_start(struct vtd_unit *v);
void vtd_faults_resume(struct vtd_unit *v);
void vtd_stop_faults(struct nyx_unit *unit);
void vtd_drain_faults(struct nyx_unit *unit);

#endif
