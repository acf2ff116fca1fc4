/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A unit: one remapping engine (a DRHD or an IVHD), and what the core may ask
 * of it. The core never asks which vendor it is on; it asks caps.
 *
 * Locking: set_entry() and flush() may be called concurrently for different
 * RIDs and domains, and irq_write() inside either; a unit serialises its own
 * tables and queue. The core serialises calls about one RID. disable() is the exception: it runs alone,
 * possibly with interrupts off, and takes no lock.
 */
#ifndef NYX_UNIT_H
#define NYX_UNIT_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seq_buf.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "acpi/desc.h"
#include "pt/pt.h"

struct fwnode_handle;
struct irq_domain;
struct msi_msg;
struct pci_dev;
struct nyx_unit;
struct nyx_why;

enum nyx_unit_state {
	NYX_UNIT_OFF,		/* tables in memory, hardware untouched */
	NYX_UNIT_TRANSLATING,
	NYX_UNIT_DEAD,		/* stopped answering: nothing can be proved unreachable */
};

/* Device addresses with a meaning of their own on the way to the unit: never mapped. */
struct nyx_iova_hole {
	u64 first, last;
	const char *what;	/* a literal */
};

#define NYX_UNIT_HOLES	1

struct nyx_unit_caps {
	enum nyx_pt_format pt_format;
	u8 levels;		/* most page-table levels: 3 (39 bits) or 4 (48 bits) */
	u8 level_choices;	/* BIT(n): it walks tables of n levels */
	u8 iova_width;		/* bits of IOVA it takes, however many levels there are */
	u64 page_sizes;		/* leaf sizes, bit mask */
	u8 physical_width;	/* bits of host-physical address */
	u32 nr_hw_domains;	/* hardware domain ids, 0 included */
	bool pass_through;	/* has pass-through entries; else PASS goes through pass_table */
	bool coherent;		/* table reads snoop the caches */
	bool snoop_control;	/* leaves can force snooping */
	bool flush_on_map;	/* not-present entries may be cached: flush after map too */
	bool page_flush;	/* can invalidate less than a whole domain */
	bool device_tlb;	/* ATS */
	bool blocks_unnamed;	/* functions that no scope names pass through it, and are blocked */
	bool counts_blocked_interrupts;
	bool fault_lower_bound;	/* may drop faults without telling */
	u32 nr_holes;
	struct nyx_iova_hole holes[NYX_UNIT_HOLES];
	u32 fault_records;	/* VT-d recording registers, AMD log entries */
};

#define NYX_UNIT_REGISTERS	4	/* shown raw, see read_registers() */

/* Per CPU; summed when read. */
struct nyx_unit_stats {
	u64 flushes_page;	/* range invalidations */
	u64 flushes_domain;
	u64 flushes_entry;	/* context or device-table entry invalidations */
	u64 flushes_interrupt;	/* of interrupt entries or tables */
	u64 waits;		/* completion waits */
};

/* ---- interrupts: VT-d chapter 5, AMD-Vi 2.2.5 ---- */

enum nyx_remapping_state {
	NYX_REMAPPING_NONE,	/* the unit cannot remap interrupts */
	NYX_REMAPPING_OFF,	/* it could, and why says what stands in the way */
	NYX_REMAPPING_ON,
};

/* A unit's interrupt remapping; written by the vendor's probe and enable(). */
struct nyx_remapping {
	enum nyx_remapping_state state;	/* WRITE_ONCE/READ_ONCE */
	bool forgeable;		/* compatibility-format messages pass, whoever writes them */
	bool per_device;	/* each device has a table of its own */
	/*
	 * It can keep ids that no function has from raising anything, and has no interrupts of
	 * the host under an id that firmware does not name. Fixed at probe.
	 */
	bool blocks_unused_ids;
	u32 entries;		/* of one table */
	char why[256];		/* OFF: the reason; ON: what else a user must know; or "" */
};

/* What an interrupt remapping table entry says. Delivery modes are the local APIC's. */
struct nyx_irte {
	bool present;
	bool suppress_faults;	/* not present: do not record what it refuses (VT-d; AMD-Vi: nyx_entry's) */
	bool logical;		/* destination mode */
	bool redirect;		/* redirection hint (VT-d) */
	bool level;		/* trigger mode (VT-d) */
	u8 delivery;		/* APIC_DELIVERY_MODE_* */
	u8 vector;
	u32 destination;	/* APIC id; with logical, a set of them */
};

/* The entry as the unit reads it. */
struct nyx_irte_view {
	struct nyx_irte irte;
	u8 nr_words;
	u64 words[2];
	char source[64];	/* whose requests it takes, in words */
};

/* Whose interrupts they are: all ids that the unit may see one function as. */
struct nyx_irq_source {
	const u16 *rids;	/* rids[0] is its own */
	u8 nr_rids;
	void *table;		/* the vendor's: AMD-Vi, the table that these ids share */
};

struct nyx_unit {
	struct list_head node;	/* in nyx_units, fixed between load and unload */
	u32 id;			/* from 0, in firmware order */
	char name[16];		/* "dmar0", "ivhd0" */
	const struct nyx_unit_ops *ops;
	const struct nyx_acpi_unit *firmware;
	u16 segment;
	u64 reg_base;
	int node_id;		/* NUMA node, or NUMA_NO_NODE */
	bool has_function;	/* the unit is itself a PCI function: never assignable */
	u16 rid;
	struct nyx_unit_caps caps;
	const struct nyx_pt *pass_table;	/* without caps.pass_through: identity.c's */
	enum nyx_unit_state state;	/* WRITE_ONCE/READ_ONCE */
	char dead_reason[64];
	bool death_handled;	/* registry: what was left to do is done */
	bool taken_over;	/* it was on, with somebody else's tables; see nyx_takeover */
	struct nyx_unit_stats __percpu *stats;
	atomic64_t faults_recorded;
	atomic64_t faults_unattributed;	/* no device of ours has that RID */
	u64 unattributed_ns;	/* the last of them; its fault thread only */
	atomic64_t fault_overflows;	/* overflow episodes */
	atomic_t nr_domains;
	struct nyx_remapping remapping;
	/* irq_domain.c's, while remapping is on: entries, and what devices' MSI goes to. */
	struct fwnode_handle *irq_fwnode;
	struct irq_domain *irq_domain, *msi_domain;
	struct mutex device_tlb_lock;	/* one invalidation of a device's TLB at a time */
	spinlock_t hwdid_lock;
	unsigned long *hwdids;	/* nr_hw_domains bits; the core allocates from 2 up */
};

/* Hardware domain ids with a fixed meaning on every unit. */
#define NYX_HWDID_RESERVED	0	/* VT-d, caching mode: tags not-present entries (spec 6.1) */
#define NYX_HWDID_PASS		1	/* all pass-through entries */
#define NYX_HWDID_FIRST		2

enum nyx_entry_kind {
	NYX_ENTRY_BLOCKED,	/* every DMA request is refused and recorded */
	NYX_ENTRY_PASS,		/* address used as it is; where pass_table maps it, if it has one */
	NYX_ENTRY_PAGING,	/* through pt */
};

/* What the context entry or device-table entry of one RID shall say. */
struct nyx_entry {
	enum nyx_entry_kind kind;
	u16 hwdid;			/* PAGING only; PASS uses NYX_HWDID_PASS */
	bool suppress_faults;		/* do not record this RID's faults */
	bool ats;			/* PAGING only: addresses may come translated, unchecked */
	/*
	 * Interrupts of this RID only by the table that irq_open() made for it, none
	 * without one; else they pass as they are. Of no concern to units whose
	 * table is not per device.
	 */
	bool remap_interrupts;
	bool block_interrupts;		/* none at all, table or not; only with blocks_unused_ids */
	const struct nyx_pt *pt;	/* PAGING: levels <= caps.levels, same format */
};

/* What a device may keep of the translations that it asked for (ATS, PCIe spec 10). */
struct nyx_device_tlb {
	u16 rid;
	u8 queue_depth;		/* invalidations that the device takes at a time, 1 to 32 */
	bool lost;		/* one was not answered: what it holds is unknown; WRITE_ONCE */
};

struct nyx_flush {
	u16 hwdid;
	u64 first, last;	/* IOVA range, inclusive; 0 to U64_MAX: the whole domain */
	bool leaf_only;		/* no table was linked or detached */
};

/* The entry of one RID as the unit reads it, for the audit. */
struct nyx_entry_view {
	u16 rid;
	u8 nr_words;
	u64 words[4];		/* found */
	u64 wanted[4];		/* what the wanted entry is in this unit's words */
	/* The found words in the core's: only fit to be shown. */
	enum nyx_entry_kind kind;
	u16 hwdid;
	u64 root;		/* PAGING: host-physical address of the table */
	u8 levels;
	bool suppress_faults;
};

/* Who audits a unit's tables; kernel/audit.c. */
struct nyx_unit_audit {
	/* A register, or a pointer between tables: what it says, and what it should. */
	void (*word)(struct nyx_unit_audit *audit, const char *what, u64 found, u64 expected);
	/* What rid's entry shall say. */
	void (*wanted)(struct nyx_unit_audit *audit, u16 rid, struct nyx_entry *entry);
	void (*entry)(struct nyx_unit_audit *audit, const struct nyx_entry_view *view);
	/*
	 * An interrupt entry that is reserved for nobody, and not empty; of rid's table, or -1:
	 * the unit's. Raw spinlocks are held.
	 */
	void (*stray_irte)(struct nyx_unit_audit *audit, int rid, u32 index, const u64 words[2]);
};

struct nyx_unit_ops {
	/*
	 * Make rid's entry say *entry. With the unit translating this replaces
	 * a live entry without a moment in which it mixes old and new, then
	 * invalidates the entry cache and the old domain's IOTLB and waits;
	 * when nothing changes it does nothing. With the unit off it only
	 * writes memory. 0; -ENOMEM (a table for that bus); -ETIMEDOUT, -EIO:
	 * the entry is written but cached copies may live on, the unit is
	 * dead. Process context.
	 */
	int (*set_entry)(struct nyx_unit *unit, u16 rid, const struct nyx_entry *entry);
	/*
	 * Invalidate and wait; the unit picks page or domain granularity by
	 * cost. 0, -ETIMEDOUT, -EIO (unit dead). Process context: behind an
	 * invalidation of a device's TLB it sleeps.
	 */
	int (*flush)(struct nyx_unit *unit, const struct nyx_flush *flush);
	/*
	 * Have the device forget what it keeps of [first, last], and wait for its
	 * answer; after flush() or set_entry(), or it would be told the same again
	 * out of the unit's own caches (VT-d 6.5.2.5, AMD 2.4.4). 0; -ETIMEDOUT: the
	 * unit has given the device up, tlb->lost is set, everybody else goes on;
	 * -EIO: the unit is dead. Holds device_tlb_lock. Process context.
	 */
	int (*flush_device_tlb)(struct nyx_unit *unit, struct nyx_device_tlb *tlb, u64 first,
				u64 last);
	/*
	 * Turn translation on, or, where it was found on, change it over to our
	 * tables without a moment in which it is off: every entry is already in
	 * memory. On error the unit is as it was found. Then start recording
	 * faults.
	 */
	int (*enable)(struct nyx_unit *unit, struct nyx_why *why);
	/*
	 * Undo enable(), where the load fails after it: the unit is as it was
	 * found, so a unit that was taken over has its former tables again and
	 * never stops translating. Faults are stopped. Process context.
	 */
	void (*put_back)(struct nyx_unit *unit);
	/* Stop fault delivery and wait for a running handler. Process context. */
	void (*stop_faults)(struct nyx_unit *unit);
	/*
	 * A function is about to leave the bus; where it is the unit's own, the unit gives up what
	 * it has of it (interrupts) and goes on without. NULL: units are no PCI functions.
	 * Process context, sleeps.
	 */
	void (*function_leaves)(struct nyx_unit *unit, const struct pci_dev *pdev);
	/*
	 * Translation off, queue off; polled, bounded, no locks, no sleep: also
	 * called last on shutdown and kexec with other CPUs stopped. Idempotent.
	 */
	void (*disable)(struct nyx_unit *unit);
	/* Free everything probe made and give the registers back. Unit is off. */
	void (*remove)(struct nyx_unit *unit);
	/* Drain records now, from process context (tests, before a count is read). */
	void (*drain_faults)(struct nyx_unit *unit);
	/* The raw entry of rid as hardware sees it: fills up to 4 words, returns how many. */
	int (*read_entry)(struct nyx_unit *unit, u16 rid, u64 words[4]);
	/*
	 * As hardware has them now. VT-d: VER, CAP, ECAP, GSTS; AMD-Vi: EFR, EFR2,
	 * control, and the IVHD's features, which are firmware's. Any context.
	 */
	void (*read_registers)(struct nyx_unit *unit, u64 registers[NYX_UNIT_REGISTERS]);
	/*
	 * Tell audit what the registers say (with bus 0), and, by way of them, the
	 * entries of all RIDs of the bus. A pointer that is not ours is told but not
	 * followed, and what is behind it is left out. Changes nothing. No
	 * set_entry() runs meanwhile. Process context.
	 */
	void (*audit)(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit);
	/* After resume: program the unit from memory again (syscore context, interrupts off). */
	int (*resume)(struct nyx_unit *unit);

	/*
	 * Interrupts; called only while remapping.state is ON. The core serialises calls
	 * about one source, except irq_write() of different entries.
	 */

	/*
	 * A table for source's ids, empty, or one more user of the one they have:
	 * set_entry() with remap_interrupts takes it from then on. 0, -ENOMEM, -EBUSY
	 * (its ids have different tables). Process context. Nothing to do where the
	 * table is the unit's.
	 */
	int (*irq_open)(struct nyx_unit *unit, struct nyx_irq_source *source);
	/* All entries are released, and no entry of its ids has remap_interrupts. */
	void (*irq_close)(struct nyx_unit *unit, struct nyx_irq_source *source);
	/*
	 * nr entries in a row, not present; *index is a multiple of nr rounded up to a
	 * power of two. -ENOSPC, -ENOMEM. Process context.
	 */
	int (*irq_reserve)(struct nyx_unit *unit, struct nyx_irq_source *source, u32 nr,
			   u32 *index);
	/*
	 * Not present, invalidated and waited for; only then can they be reserved
	 * again. On error (the unit is dead) they never are. Process context.
	 */
	int (*irq_release)(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			   u32 nr);
	/*
	 * Make the entry say *irte, with no moment in which the unit could read a mixture
	 * of old and new, and invalidate it. Any context, interrupts may be off and raw
	 * spinlocks held: never sleeps. Behind a device-TLB invalidation that takes long it
	 * returns before its own has completed: until then the former vector may be raised.
	 * 0, -ERANGE (destination wider than the unit's format), -ETIMEDOUT, -EIO: the
	 * unit is dead.
	 */
	int (*irq_write)(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			 const struct nyx_irte *irte);
	/*
	 * Wait until the unit goes by nothing older than what irq_write() wrote last. 0,
	 * -EIO, -ETIMEDOUT: the unit is dead. Process context.
	 */
	int (*irq_forget)(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index);
	/*
	 * The message that raises entry index + sub, where index was reserved for several
	 * that differ only in their data's low bits (multiple-message MSI). Any context.
	 */
	void (*irq_compose)(struct nyx_unit *unit, u32 index, u32 sub, struct msi_msg *msg);
	/*
	 * For the audit: the words that the unit reads there, and those that irq_write() of
	 * *irte leaves there. Any context.
	 */
	void (*irq_compare)(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			    const struct nyx_irte *irte, u64 found[2], u64 wanted[2]);
	/* Tell audit of strays in all tables. Process context. */
	void (*irq_audit)(struct nyx_unit *unit, struct nyx_unit_audit *audit);
	/* What the unit reads there. Any context. */
	void (*irq_read)(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			 struct nyx_irte_view *view);
};

/* What main.c needs to know of a vendor before there is a unit. */
struct nyx_vendor {
	const char *name;		/* "vtd", "amdvi" */
	const char *signature;		/* ACPI table */
	const char *kernel_parameters;	/* that keep the in-tree driver off the units */
	int (*parse)(const void *buf, size_t len, struct nyx_acpi_desc *desc,
		     struct nyx_acpi_error *err);
	/*
	 * Reserve and map the unit's registers, read its capabilities, refuse
	 * (-EBUSY with the reason) when somebody else uses it, allocate tables
	 * with every RID blocked. Changes nothing in hardware. *out is freed
	 * by ops->remove().
	 */
	int (*probe)(const struct nyx_acpi_desc *desc, const struct nyx_acpi_unit *firmware,
		     struct nyx_unit **out, struct nyx_why *why);
};

extern const struct nyx_vendor nyx_vtd_vendor;
extern const struct nyx_vendor nyx_amdvi_vendor;

/* unit.c: what both vendors share. */

/* The NUMA node that firmware puts the unit on, if it is online; else NUMA_NO_NODE. */
int nyx_unit_node(const struct nyx_acpi_unit *firmware);

/*
 * For a vendor's probe: set name, id, locks, statistics and the hwdid bitmap
 * (caps.nr_hw_domains must be set). -ENOMEM. Undone by nyx_unit_fini().
 */
int nyx_unit_init(struct nyx_unit *unit, const struct nyx_unit_ops *ops,
		  const struct nyx_acpi_unit *firmware, const char *prefix);
void nyx_unit_fini(struct nyx_unit *unit);
/* A hardware domain id for the unit, or -ENOSPC. Any context. */
int nyx_unit_alloc_hwdid(struct nyx_unit *unit);
void nyx_unit_free_hwdid(struct nyx_unit *unit, u16 hwdid);
/* The unit no longer answers. Loud once, safe in any context, idempotent. */
void nyx_unit_mark_dead(struct nyx_unit *unit, const char *reason);
void nyx_unit_sum_stats(struct nyx_unit *unit, struct nyx_unit_stats *sum);

static inline bool nyx_unit_dead(const struct nyx_unit *unit)
{
	return READ_ONCE(unit->state) == NYX_UNIT_DEAD;
}

/*
 * Load parameter: units that firmware or a crashed kernel left on are taken over, not
 * refused. Only right where no device is in the middle of DMA that their tables redirect:
 * from then on host devices' addresses are used as they are.
 */
extern bool nyx_takeover;

/*
 * Load parameter: entries of a table that all of a unit's devices share (VT-d); a power of
 * two from NYX_INTERRUPT_ENTRIES_MIN to _MAX.
 */
extern unsigned int nyx_interrupt_entries;
#define NYX_INTERRUPT_ENTRIES_MIN	256
#define NYX_INTERRUPT_ENTRIES_MAX	65536

/*
 * Every unit on, or none: those that were are as found again when one fails. Process
 * context, every entry is in memory.
 */
int nyx_units_enable(struct nyx_why *why);
/* Undo it, in a load that fails. */
void nyx_units_put_back(void);
/* Before the function is gone, for the unit that it belongs to; see function_leaves. */
void nyx_units_function_leaves(const struct pci_dev *pdev);
/* Those that are not off. */
void nyx_units_disable(void);

/*
 * The Untranslated Address of an invalidation request that covers [first, last], with S
 * (bit 0) if it is more than a page: then its lowest clear bit, from bit 12 on, is the
 * highest below the size (PCIe spec 10.3.1). Both vendors take it as it is.
 */
u64 nyx_device_tlb_address(u64 first, u64 last);

/* identity.c: for a vendor's remove(), when hardware cannot read unit->pass_table any more. */
void nyx_identity_free(struct nyx_unit *unit);

/* A fault as a unit decodes it, before the core knows whose it is. */
enum nyx_fault_kind {
	NYX_FAULT_READ,
	NYX_FAULT_WRITE,
	NYX_FAULT_EXEC,
	NYX_FAULT_INTERRUPT,
	NYX_FAULT_UNKNOWN,
};

/* Where a request was stopped, as far as the unit tells. */
enum nyx_fault_class {
	NYX_FAULT_CLASS_UNKNOWN,
	NYX_FAULT_CLASS_BLOCKED,	/* its entry lets nothing through */
	NYX_FAULT_CLASS_PAGE,		/* its entry led to a page table, which does not allow it */
	NYX_FAULT_CLASS_PAGE_OR_BLOCKED,
	NYX_FAULT_CLASS_WIDTH,		/* the address is wider than its page table */
	NYX_FAULT_CLASS_RANGE,		/* an address range that is no memory for any device */
	NYX_FAULT_CLASS_BAD_ENTRY,	/* reserved bit or bad value in a table */
	NYX_FAULT_CLASS_TABLE_ACCESS,	/* a table could not be read */
	NYX_FAULT_CLASS_TRANSLATION,	/* ATS or page request that it may not send */
	NYX_FAULT_CLASS_DEVICE_TLB,	/* no request: an invalidation was not answered */
};

struct nyx_fault_event {
	u16 rid;
	enum nyx_fault_kind kind;
	enum nyx_fault_class class;	/* not of an INTERRUPT */
	bool has_address;
	u64 address;
	bool has_hwdid;
	u16 hwdid;
	bool has_index;		/* INTERRUPT: of the entry that was asked for */
	u32 index;
	u32 reason;		/* raw: VT-d fault reason code; AMD event code << 16 | flags */
	const char *text;	/* what it means; a literal */
};

/* fault.c: called by a unit for every record, exactly once, in process context (fault thread). */
void nyx_fault_record(struct nyx_unit *unit, const struct nyx_fault_event *event);
void nyx_fault_overflow(struct nyx_unit *unit);

#endif
