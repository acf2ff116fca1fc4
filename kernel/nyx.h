/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's objects and what the fronts (netlink and the kernel's IOMMU API) may do
 * with them.
 *
 * Lock order, outermost first:
 *
 *	export_lock (mutex)		one export or unexport at a time; iommu_api.c
 *	device_lock(&pdev->dev)		the driver core's; never waited for in a netlink doit
 *	an iommu_group's lock		the kernel's; its IOMMU API calls us with it held
 *	nyx_registry_lock (mutex)	which groups, devices, domains exist; group membership;
 *					device and domain states; attach and detach
 *	iommu_domain.c's lock (mutex)	what was unmapped of an external domain, and not yet flushed
 *	domain->lock (mutex)		a domain's mappings (the books)
 *	domain->units_lock (rwsem)	which units a domain is live on, with which device-TLBs
 *	unit->device_tlb_lock (mutex)	one invalidation of a device's TLB at a time; inside it the
 *					unit's fault log may be read
 *	identity_lock (mutex)		pass-through tables; taken inside memory hotplug's locks
 *	unit locks, queue->lock		spinlocks inside vtd/, amdvi/, queue.c
 *	events_lock (mutex)		numbers and deliveries of events; a leaf
 *	fault lock (spinlock)		a device's fault records and counters
 *	device->irqs.lock (raw)		its interrupts' table entries; inside the kernel's own lock
 *					of an interrupt, around unit and queue locks
 *
 * mmap_lock is never taken inside any of these: pinning happens with none held.
 * Nothing here is held while waiting for userspace, a reset or a driver.
 */
#ifndef NYX_H
#define NYX_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "nyx_cause.h"
#include "nyx_export.h"
#include "nyx_fault.h"
#include "nyx_irq.h"
#include "pt/pt.h"
#include "unit.h"
#include "why.h"

#define NYX_NAME	"nyx_iommu"
#define NYX_DOMAIN_NAME_MAX	32	/* with the NUL */

/* ---- registry: main.c ---- */

extern struct mutex nyx_registry_lock;
/* Whether this event of a PM notifier is the beginning of sleep. */
bool nyx_goes_to_sleep(unsigned long action);
extern struct list_head nyx_units;		/* struct nyx_unit, fixed while loaded */
extern struct nyx_acpi_desc nyx_firmware;	/* fixed while loaded */
extern const struct nyx_vendor *nyx_vendor;
extern struct workqueue_struct *nyx_wq;		/* resets, undo of dead owners; WQ_UNBOUND */

/* ---- devices and groups: device.c, group.c, topology.c ---- */

enum nyx_device_state {
	NYX_DEVICE_HOST,	/* pass-through, for host drivers */
	NYX_DEVICE_BLOCKED,	/* reaches nothing: held by the stub and not assigned, or untrusted */
	NYX_DEVICE_ASSIGNED,	/* to device->domain */
	NYX_DEVICE_QUARANTINED,	/* was assigned, fenced; still in its domain */
	NYX_DEVICE_EXPORTED,	/* offered to the kernel's IOMMU API */
	NYX_DEVICE_GONE,	/* removed from the bus; waits for its last reference */
};

#define NYX_ALIASES_MAX	8	/* requester ids of one function, its own first */

struct nyx_group {
	u32 id;			/* from 1 */
	struct list_head devices;	/* nyx_device.group_node */
	char why_bound[96];	/* what keeps its members together, "" for one function */
};

struct nyx_device {
	struct kref ref;
	struct rcu_head rcu;
	struct list_head node;		/* nyx_devices */
	struct list_head group_node;
	struct list_head domain_node;	/* nyx_domain.devices */
	struct pci_dev *pdev;		/* referenced */
	u16 segment;
	u16 rid;			/* bus << 8 | devfn */
	struct nyx_unit *unit;		/* NULL: not behind any unit */
	struct nyx_group *group;
	struct nyx_group *new_group;	/* during a rebuild, with the id of the old one beside it */
	u32 old_group_id;
	u16 rids[NYX_ALIASES_MAX];	/* what the unit may see it as; rids[0] == rid */
	u8 nr_rids;
	bool is_bridge;
	bool is_unit;			/* the unit's own function */
	bool stub_bound;		/* held by our stub driver */
	bool group_blocked;		/* BLOCKED only because a group member is assigned */
	bool muted;			/* BLOCKED, and went on faulting: not recorded any more */
	bool unnamed;			/* its unit blocks it, for the firmware names it nowhere */
	bool resetting;			/* a reset job is queued or running */
	bool handing_back;		/* the stub has let go of it; the host's when it is reset */
	bool has_reset;			/* some reset method exists */
	bool ats;			/* asked for with the assignment: trusted with all memory */
	bool ats_on;			/* switched on in the function, and its entry takes it */
	struct nyx_device_tlb tlb;
	struct list_head tlb_node;	/* nyx_domain_unit.device_tlbs; domain->units_lock */
	struct nyx_device_irqs irqs;
	struct nyx_export *export;	/* offered to the kernel's IOMMU API; or NULL */
	struct list_head export_node;	/* nyx_export.devices */
	bool export_locked;		/* its device_lock is held for its export's sake */
	bool arriving;			/* joined an export, and the kernel is asking about it */
	bool arriving_held;		/* a rule has blocked it, and the stub has not got it yet */
	bool overridden;		/* a rule has kept the host's drivers away from it */
	/* ... and where it goes then, "" for nowhere; see arrival.h */
	char arrival_domain[NYX_DOMAIN_NAME_MAX];
	bool host_bound;		/* exported, and a driver of the host has it */
	bool leaving;			/* blocked, on its way out of its domain */
	bool reserved_region;		/* an RMRR or IVMD (not relaxable) names it */
	bool relaxed_region;		/* one does, and it may be given up */
	u64 reserved_base, reserved_last;	/* the first, of either kind */
	u32 acs_users;			/* assigned devices whose way leads through it, or it itself */
	u16 acs_saved;			/* its ACS control word before the first of them */
	enum nyx_device_state state;
	char state_cause[128];		/* why it is in that state, in words */
	u64 state_since_ns;		/* CLOCK_REALTIME */
	struct nyx_domain *domain;	/* ASSIGNED, EXPORTED, QUARANTINED; referenced */
	u32 domain_id;			/* of domain, or 0, for readers without the lock */
	struct nyx_policy policy;	/* WRITE_ONCE: read in the fault path */
	bool own_threshold, own_window;	/* set for this device, not taken from its domain */
	u64 suppressed_ns;		/* CLOCK_REALTIME: since then its faults are not recorded; 0 */
	u32 epoch;			/* resets done */
	struct nyx_fault_log faults;
	struct work_struct quarantine_work;
	struct work_struct reset_work;
	struct nyx_policy_retry retry;	/* resets by itself */
	struct delayed_work retry_work;
	u64 retry_at_ns;		/* CLOCK_REALTIME: the next one; 0: none is planned */
	bool retry_over;		/* it has had all that it may have, and stays fenced */
	int last_reset_error;		/* errno of the last reset job, 0 */
};

/* Devices, ordered by segment and RID. Callers hold nyx_registry_lock to walk it. */
extern struct list_head nyx_devices;

/*
 * Look a function up; takes a reference. NULL when there is none. Any process
 * context, takes nyx_registry_lock.
 */
struct nyx_device *nyx_device_get(u16 segment, u16 rid);
void nyx_device_put(struct nyx_device *device);
const char *nyx_device_name(const struct nyx_device *device);	/* "0000:03:00.0" */

/*
 * Put a stub-held device into domain: reserved-region, group and capability
 * checks, then its entries go live and bus mastering on. With nothing changed on
 * error. -EBUSY: a member of its group is bound to a host driver or is
 * in another domain, or the device itself is not held by the stub or busy; -EPERM: bridge,
 * unit function, reserved region; -EAGAIN: device_lock is taken right now, try
 * again; -ENODEV gone; -EIO unit dead; -EINVAL domain does not fit the unit.
 * Process context; takes nyx_registry_lock; never sleeps on device_lock.
 */
int nyx_device_assign_with(struct nyx_device *device, struct nyx_domain *domain, u32 options,
			   struct nyx_why *why);

/*
 * Memory that firmware ties to the device is mapped for it, at its own addresses, as long
 * as it is in the domain; -EEXIST: something else is mapped there.
 */
#define NYX_ASSIGN_ALLOW_RESERVED	0x1
/*
 * ATS: the device keeps translations and sends addresses that it says are translated, which
 * no unit checks, so it is trusted with all memory. -EOPNOTSUPP: the device, its way or its
 * unit cannot, or may not by what firmware says; -EPERM: locked down. That the caller has
 * CAP_SYS_RAWIO is the front's to check.
 */
#define NYX_ASSIGN_ATS			0x2

static inline int nyx_device_assign(struct nyx_device *device, struct nyx_domain *domain,
				    struct nyx_why *why)
{
	return nyx_device_assign_with(device, domain, 0, why);
}

/*
 * Take it out of its domain: entry blocked, invalidated, bus mastering off now;
 * the reset is a job (state event when done). It stays with the stub, BLOCKED.
 */
int nyx_device_remove(struct nyx_device *device, struct nyx_why *why);

/*
 * Take it out of its domain and put it into another, with no moment in which it reaches
 * both: blocked and invalidated, bus mastering off, then the new domain's entry. With
 * reset, the entry goes live only after the reset, a job as in nyx_device_reset(); without,
 * what it was told in the old domain it may still do in the new one. Refused as
 * nyx_device_assign() refuses, with nothing changed; also -EINVAL in no domain, or in that
 * one; -EOPNOTSUPP no reset method. -EIO after the fact: a unit died, it is fenced.
 */
int nyx_device_move(struct nyx_device *device, struct nyx_domain *domain, bool reset,
		    struct nyx_why *why);

/*
 * Start recovery of a quarantined, assigned or blocked device: fence, reset,
 * then back to its domain's entry if it is in one. Accepted: 0, completion is a state event;
 * -EBUSY: already resetting; -EOPNOTSUPP: no safe reset method.
 */
int nyx_device_reset(struct nyx_device *device, struct nyx_why *why);

/* What of a device may be changed, all of it or nothing. */
struct nyx_device_changes {
	bool has_threshold, has_window, has_auto_reset;
	u32 threshold, window;		/* as in struct nyx_policy, to its limits */
	u32 auto_reset;			/* while it is fenced, so many an hour; 0: none */
};

/* -EINVAL out of range; auto_reset: -EOPNOTSUPP no safe reset. Takes nyx_registry_lock. */
int nyx_device_set(struct nyx_device *device, const struct nyx_device_changes *changes,
		   struct nyx_why *why);

/* Are they within their limits? 0, or -EINVAL with the range in words. */
int nyx_policy_check(bool has_threshold, u32 threshold, bool has_window, u32 window,
		     struct nyx_why *why);

static inline int nyx_device_set_threshold(struct nyx_device *device, u32 threshold,
					   struct nyx_why *why)
{
	const struct nyx_device_changes changes = {
		.has_threshold = true, .threshold = threshold };

	return nyx_device_set(device, &changes, why);
}

/* ---- domains and their memory: domain.c, memory.c, books.c ---- */

#define NYX_DOMAIN_ID_MAX	65535
#define NYX_MAP_MESSAGE_MAX	SZ_1G	/* bytes one map call may cover in all */

enum nyx_domain_mode {
	NYX_DOMAIN_STRICT = 1,
	NYX_DOMAIN_SHARED,
	NYX_DOMAIN_UNMANAGED,
};

enum nyx_domain_state {
	NYX_DOMAIN_ACTIVE,
	NYX_DOMAIN_QUARANTINED,
	NYX_DOMAIN_DISABLED,
	NYX_DOMAIN_DELETED,		/* being undone; its id is free once the event says so */
};

/* A unit that a domain is live on. */
struct nyx_domain_unit {
	struct list_head node;
	struct nyx_unit *unit;
	u16 hwdid;
	u32 nr_devices;
	struct list_head device_tlbs;	/* nyx_device.tlb_node, units_lock */
};

#define NYX_HOLES_MAX	4	/* of all units together */

struct nyx_domain {
	struct kref ref;
	struct rcu_head rcu;
	u32 id;				/* 1 to NYX_DOMAIN_ID_MAX */
	char name[NYX_DOMAIN_NAME_MAX];
	enum nyx_domain_mode mode;
	enum nyx_domain_state state;	/* nyx_registry_lock */
	char state_cause[96];		/* why it is in that state, in words */
	u32 owner_portid;		/* netlink socket that owns it, 0: persistent */
	char owner_comm[TASK_COMM_LEN];
	/*
	 * Made through the kernel's IOMMU API, whose user maps what it has pinned itself: no
	 * books, and none of our calls changes what is in it. Fixed.
	 */
	bool external;
	atomic64_t external_bytes, external_maps, external_unmaps;
	bool dying;			/* being deleted, takes nothing new; written with both locks */
	bool orphaned;			/* its owner's socket is closed; a job deletes it */
	struct work_struct undo_work;
	struct list_head devices;	/* nyx_registry_lock; nyx_device.domain_node */
	u32 nr_devices;
	struct nyx_policy policy;	/* of its devices, where nothing was set for one */

	struct nyx_pt pt;		/* not of an UNMANAGED domain */

	struct mutex lock;
	struct rb_root_cached mappings;	/* struct nyx_mapping, under lock */
	u32 nr_changing;		/* under lock: calls that are at the page table now */
	u64 changes;			/* under lock: calls that ever came to it; the upper
					 * half is never the same for two domains in a row
					 */
	u32 nr_changed;			/* those that have left it */
	wait_queue_head_t unchanging;	/* one has left it */
	bool holds_module;		/* has mappings; under lock */
	u64 nr_mappings, mapped_bytes, pinned_pages;	/* of published mappings, under lock */
	u64 maps_total, unmaps_total;	/* mappings, under lock */
	/* What is in the books, published or not, and the most that may be; under lock. */
	u64 booked_mappings, booked_bytes;
	u64 max_mappings, max_bytes;	/* 0: no limit */
	struct nyx_history history;	/* under lock: what was unmapped */
	struct nyx_iova_hole holes[NYX_HOLES_MAX];	/* never translated; fixed */
	u32 nr_holes;
	/*
	 * Sticky: an invalidation that was to cut a unit, or a device's own TLB, off from
	 * this domain failed, so nothing can be proved unreachable: pages and tables are
	 * leaked from then on.
	 */
	bool unproven;
	atomic64_t faults;		/* recorded while a device was in it */
	atomic_long_t leaked_pages;	/* kept pinned for ever because a unit died */
	atomic_long_t leaked_tables;

	struct rw_semaphore units_lock;
	struct list_head units;		/* struct nyx_domain_unit */
};

enum nyx_mapping_type {
	NYX_MAPPING_USER = 1,		/* pinned pages of the caller's address space */
	NYX_MAPPING_PHYS,		/* a host-physical range: a BAR, or one that was free */
	NYX_MAPPING_RESERVED,		/* memory that firmware ties to a device; made by assignment */
	NYX_MAPPING_EXTERNAL,		/* of an external domain: as found in its page table */
};

/* Whoever makes or undoes a mapping is the only one who may touch it. */
enum nyx_mapping_state {
	NYX_MAPPING_MAKING,		/* reserved, being pinned and mapped */
	NYX_MAPPING_LIVE,
	NYX_MAPPING_UNDOING,		/* being cleared, invalidated and unpinned */
};

struct nyx_pinned_run {
	struct page *first;		/* of physically contiguous pages */
	u32 nr;				/* 4 KiB pages */
};

struct nyx_mapping {
	struct interval_tree_node node;	/* start and last IOVA, bytes */
	struct list_head link;		/* in a list of whoever makes or undoes it */
	enum nyx_mapping_state state;	/* domain->lock */
	enum nyx_mapping_type type;
	u32 prot;			/* NYX_PROT_* */
	u64 user_address;		/* where it was in the caller, for show */
	u64 phys;			/* PHYS, RESERVED: its first byte */
	struct nyx_device *bar_of;	/* PHYS: in a BAR of that device of the domain; referenced */
	struct resource *held;		/* PHYS elsewhere: ours while it is mapped */
	u32 users;			/* RESERVED: regions of the domain's devices that are it */
	u64 tag;			/* 0: none */
	u64 made_ns;			/* CLOCK_MONOTONIC; LIVE since then at the latest */
	struct user_struct *charged_to;	/* pages are in its locked_vm; NULL: not charged */
	u64 charged_pages;
	u32 nr_runs, max_runs;
	struct nyx_pinned_run *runs;	/* kvmalloc'ed, in IOVA order */
};

struct nyx_domain_params {
	u32 id;				/* 0: pick the lowest free */
	char name[NYX_DOMAIN_NAME_MAX];	/* "": "domain<id>" */
	enum nyx_domain_mode mode;
	u32 owner_portid;		/* 0: persistent */
	bool external;			/* for the kernel's IOMMU API; mode SHARED */
};

/*
 * Both return a reference. -EEXIST id or name taken; -ENOSPC; -EINVAL name or id; -ENOMEM;
 * -EPERM: UNMANAGED, and the kernel is locked down. That the caller of an UNMANAGED one
 * has CAP_SYS_RAWIO is the front's to check.
 */
int nyx_domain_new(const struct nyx_domain_params *params, struct nyx_domain **out,
		   struct nyx_why *why);
/*
 * The calling task's name, TASK_COMM_LEN bytes with the end, for terminals and JSON: whoever
 * it is has chosen it, so that what is not printable ASCII becomes '?'.
 */
void nyx_note_task(char *name);
struct nyx_domain *nyx_domain_get(u32 id);
struct nyx_domain *nyx_domain_get_by_name(const char *name);
void nyx_domain_put(struct nyx_domain *domain);

/* What of a domain may be changed, all of it or nothing. */
struct nyx_domain_changes {
	const char *name;		/* NULL: keep it */
	bool has_state, has_max_bytes, has_max_mappings, has_threshold, has_window;
	enum nyx_domain_state state;	/* ACTIVE or DISABLED */
	u64 max_bytes, max_mappings;	/* 0: no limit; what is mapped already stays */
	u32 threshold, window;		/* as in struct nyx_policy, to its limits */
};

/*
 * DISABLED: its devices reach nothing, bus mastering is off, the mappings stay; ACTIVE
 * lets them back in. -EEXIST, -EINVAL name; -EBUSY devices of it are fenced; -ENOENT it is
 * being deleted; -EIO a unit died. Process context; takes nyx_registry_lock.
 */
int nyx_domain_set(struct nyx_domain *domain, const struct nyx_domain_changes *changes,
		   struct nyx_why *why);

/*
 * Undo everything: its devices leave now (blocked, quiet, reset as a job), then a
 * job unmaps and unpins, frees the id and sends a domain state event "deleted".
 * Unpinning gigabytes inside a netlink doit would hold up every other family.
 * With devices in it -EBUSY unless force; -EBUSY: it is the kernel's IOMMU API's.
 */
int nyx_domain_del(struct nyx_domain *domain, bool force, struct nyx_why *why);
/* An external one, which has no devices any more: takes no reference over, and no errors. */
void nyx_domain_del_external(struct nyx_domain *domain);

/* All domains, ordered by id: calls fn under nyx_registry_lock until it returns non-zero. */
int nyx_domain_for_each(u32 first_id, int (*fn)(struct nyx_domain *domain, void *arg), void *arg);

/* A netlink socket closed: delete what it owned. Does not sleep; the work is queued. */
void nyx_domain_owner_gone(u32 portid);

struct nyx_map_range {
	u64 iova;
	u64 length;
	u32 prot;
	enum nyx_mapping_type type;
	u64 address;			/* USER: in current->mm; PHYS: host-physical */
	u64 tag;
};

/*
 * Map all ranges or none. Pins with no lock held; killable. ranges: bytes, in
 * multiples of 4 KiB. -EINVAL misaligned, empty, wraps, touches
 * 0xfee00000-0xfeefffff, prot, two ranges overlap; -ERANGE beyond the width;
 * -EEXIST overlaps a mapping; -EBUSY overlaps one that is being unmapped; -EFAULT
 * not mapped in the caller or not readable or writable there; -ENOMEM; -EDQUOT over
 * RLIMIT_MEMLOCK; -E2BIG more than NYX_MAP_MESSAGE_MAX; -EOPNOTSUPP memory kind
 * refused (ordinary file; anonymous into a persistent domain; device memory), or the
 * domain is UNMANAGED; -EPERM (PHYS) RAM, MSI-X pages, locked down; -EBUSY (PHYS) claimed
 * by somebody; -EDQUOT a limit of the domain, too;
 * -EINTR killed; -ENOENT the domain is being deleted; -EIO a unit is dead.
 * That the caller has CAP_SYS_RAWIO for PHYS is the front's to check. Process context
 * with the caller's mm; takes nyx_registry_lock (PHYS) and domain->lock, no mmap_lock
 * inside them.
 */
int nyx_domain_map(struct nyx_domain *domain, const struct nyx_map_range *ranges, u32 nr,
		   struct nyx_why *why);

/*
 * Unmap every mapping inside the ranges, or none. Pages are unpinned only after the
 * invalidation has completed. -ENOENT: a range holds none; -EINVAL: malformed, or a
 * range would split a mapping; -EBUSY: one is being changed by another call;
 * -ENOENT, too: the domain is being deleted. Only -EIO (a unit died) comes after the fact:
 * the mappings are gone from books and tables, but their pages stay pinned for ever.
 * *unmapped_bytes (may be NULL) tells what went. Process context; takes domain->lock.
 */
int nyx_domain_unmap(struct nyx_domain *domain, const struct nyx_map_range *ranges, u32 nr,
		     u64 *unmapped_bytes, struct nyx_why *why);

/*
 * What the units translate iova (bytes, any alignment) to. -ENOENT: not mapped;
 * -ERANGE: beyond the width. Process context; takes domain->lock.
 */
int nyx_domain_translate(struct nyx_domain *domain, u64 iova, struct nyx_pt_translation *out);
/* The entries a unit reads for iova: how many steps, or -ERANGE. Takes domain->lock. */
int nyx_domain_walk(struct nyx_domain *domain, u64 iova,
		    struct nyx_pt_step steps[NYX_PT_LEVELS_MAX]);

/* A mapping as shown. */
struct nyx_mapping_info {
	u64 iova, length;
	u32 prot;
	enum nyx_mapping_type type;
	u64 user_address, tag;
	u64 paddr;			/* of its first byte */
	bool is_bar;
	u32 bar_of;			/* segment << 16 | rid of the device whose BAR it is */
	u32 nr_runs;			/* physically contiguous pieces */
};
/*
 * The first live mapping that reaches to iova or lies behind it, or -ENOENT. To go on,
 * ask for its last byte + 1. Takes domain->lock.
 */
int nyx_domain_next_mapping(struct nyx_domain *domain, u64 iova, struct nyx_mapping_info *info);

/*
 * Everything mapped goes, at last: from here on maps and unmaps get -ENOENT. The domain
 * is dying and no device is left in it. Waits for calls that are at the page table (a
 * bounded time: one that still pins is not waited for, it undoes itself). One flush;
 * where it fails, or domain->unproven is set, pages and tables are leaked. Process
 * context; takes domain->lock.
 */
void nyx_domain_unmap_all(struct nyx_domain *domain);
/* The lock, empty books and a root table. 0, -ENOMEM, -EINVAL. Process context. */
int nyx_domain_init_memory(struct nyx_domain *domain, const struct nyx_pt_config *config);
/*
 * The last reference is gone, nyx_domain_unmap_all() was called: frees the page table,
 * or leaks it when domain->unproven (then counted in leaked_tables).
 */
void nyx_domain_fini_memory(struct nyx_domain *domain);

/*
 * Invalidate the range on every unit the domain is live on, and in the devices' own TLBs.
 * 0, or the first error: then that unit is dead, or a device did not answer and is being
 * fenced; either way what was to be freed must be leaked. domain_unit.c.
 */
int nyx_domain_flush(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only);
/* True where some unit may cache not-present entries: flush after map too. */
bool nyx_domain_flush_on_map(struct nyx_domain *domain);

/* ---- the audit ---- */

#include "nyx_audit.h"

/* ---- events: the core tells, the netlink front multicasts (events.c holds the hook) ---- */

enum nyx_event_kind {
	NYX_EVENT_FAULT,
	NYX_EVENT_DEVICE_STATE,
	NYX_EVENT_DOMAIN_STATE,
	NYX_EVENT_UNIT_STATE,
};

struct nyx_event {
	enum nyx_event_kind kind;
	struct nyx_device *device;		/* FAULT, DEVICE_STATE */
	struct nyx_domain *domain;		/* DOMAIN_STATE */
	struct nyx_unit *unit;			/* UNIT_STATE */
	const struct nyx_fault_record *fault;	/* FAULT */
	const char *cause;
};

/* Implemented by the netlink front. May sleep; holds no lock of the caller's needing order. */
void nyx_netlink_event(const struct nyx_event *event);
int nyx_netlink_init(void);
void nyx_netlink_exit(void);

/* ---- status ---- */

#include "nyx_status.h"

#endif
