/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libnyx: the nyx_iommu netlink family as C calls.
 *
 * Every call that takes a struct nyx returns 0, or a negative errno; then
 * nyx_error() says in words what was refused and what to do about it. What the
 * errnos mean is in Documentation/netlink/specs/nyx_iommu.yaml. All lengths and
 * addresses are bytes, all times nanoseconds since 1970. Reading needs
 * CAP_NET_ADMIN; changing, translating and walking CAP_SYS_ADMIN.
 *
 * A struct nyx belongs to one thread at a time.
 */
#ifndef LIBNYX_H
#define LIBNYX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/nyx_iommu.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nyx;

/* ---- connection ---- */

/*
 * Connect. *nyx is always set unless the result is -ENOMEM, so that nyx_error()
 * can tell why it failed: -ENOENT the module is not loaded, -EPERM.
 */
int nyx_open(struct nyx **nyx);
/* Owned domains of this connection are undone. NULL is fine. */
void nyx_close(struct nyx *nyx);
/* Why the last call failed: the kernel's own text where there is one. Never NULL. */
const char *nyx_error(const struct nyx *nyx);
/*
 * What the last listing listed kept changing while it was read, even after
 * several tries: entries may be missing or twice.
 */
bool nyx_interrupted(const struct nyx *nyx);

/* ---- status, units ---- */

struct nyx_status {
	char vendor[16];		/* "vtd", "amdvi" */
	char version[32];		/* of the module, may be "" */
	uint32_t units, devices, assigned, quarantined, exported, domains, holders;
	uint64_t mappings, mapped_bytes, pinned_bytes, leaked_pages, leaked_tables, faults;
	/* Numbers of the last event of each group; see nyx_event. */
	uint64_t fault_events, state_events;
};

int nyx_status(struct nyx *nyx, struct nyx_status *status);

/* What keeps the module from being unloaded. */
struct nyx_holder {
	enum nyx_iommu_holder_kind kind;
	char why[96];
	uint32_t unit;			/* UNIT */
	char unit_name[16];
	uint32_t device;		/* DEVICE, a nyx_device_id */
	uint32_t domain;		/* DOMAIN, or the one that the device is in; 0: none */
	char domain_name[NYX_IOMMU_NAME_MAX + 1];
	char owner_name[16];		/* who made the domain */
	uint32_t owner_port;		/* 0: it is persistent, or external */
	bool external;
};

/* All of them in *holders, which the caller frees. -EOPNOTSUPP: the module is too old. */
int nyx_holder_list(struct nyx *nyx, struct nyx_holder **holders, size_t *nr);

#define NYX_CAPABILITIES_MAX	16
#define NYX_REGISTERS		4

struct nyx_unit {
	uint32_t id;
	char name[16];
	enum nyx_iommu_unit_state state;
	char cause[96];			/* of a dead unit */
	uint32_t segment;
	bool has_registers;		/* the caller has CAP_SYS_ADMIN */
	uint64_t register_base;
	uint64_t registers[NYX_REGISTERS];
	uint32_t address_width, physical_width;
	uint64_t page_sizes;
	uint32_t hw_domains, domains;
	uint32_t nr_capabilities;
	char capabilities[NYX_CAPABILITIES_MAX][32];
	uint64_t flushes_page, flushes_domain, flushes_entry, waits;
	uint64_t faults, faults_unattributed, fault_overflows;
	bool faults_lower_bound;
	bool taken_over;		/* it was on, with somebody else's tables, at load */
	enum nyx_iommu_remapping_state remapping;	/* of interrupts */
	char remapping_cause[192];	/* why it is off, or what else one must know; or "" */
	uint32_t remapping_flags;	/* enum nyx_iommu_remapping_flag, where it is on */
	uint32_t remapping_entries;
	uint64_t flushes_interrupt;
};

/* -ENODEV: no such unit. */
int nyx_unit_get(struct nyx *nyx, uint32_t id, struct nyx_unit *unit);
/* All of them in *units, which the caller frees. */
int nyx_unit_list(struct nyx *nyx, struct nyx_unit **units, size_t *nr);

/* ---- devices ---- */

/* segment << 16 | bus << 8 | device << 3 | function */
typedef uint32_t nyx_device_id;

#define NYX_ALIASES_MAX		8
#define NYX_ENTRY_WORDS_MAX	4

struct nyx_device {
	nyx_device_id id;
	enum nyx_iommu_device_state state;
	char cause[128];
	uint64_t since;
	uint32_t flags;			/* enum nyx_iommu_device_flag */
	bool has_unit;
	uint32_t unit;
	uint32_t group;			/* 0: none */
	char group_cause[128];
	uint32_t nr_aliases;
	nyx_device_id aliases[NYX_ALIASES_MAX];
	uint64_t reserved_base, reserved_last;	/* with the reserved-region flag and CAP_SYS_ADMIN */
	uint32_t domain;		/* 0: none */
	uint32_t threshold, window;	/* window: seconds */
	uint64_t faults, faults_since_reset, towards_threshold;
	uint64_t suppressed_since;	/* its faults are not recorded since then; 0: they are */
	uint32_t auto_reset, auto_resets_left;	/* an hour, while it is fenced */
	uint64_t auto_reset_at;		/* the next one; 0: none is planned */
	uint32_t resets;
	uint32_t reset_error;		/* errno of the last reset, 0 */
	uint32_t nr_entry_words;	/* 0 without CAP_SYS_ADMIN */
	uint64_t entry[NYX_ENTRY_WORDS_MAX];
};

/* -ENODEV: no such function. */
int nyx_device_get(struct nyx *nyx, nyx_device_id id, struct nyx_device *device);
/* Those in domain, or all for 0. The caller frees *devices. */
int nyx_device_list(struct nyx *nyx, uint32_t domain, struct nyx_device **devices, size_t *nr);
/*
 * The device must be bound to the stub driver. -EBUSY in use, -EPERM never
 * assignable, -EIO unit dead. A driver core that is busy with the device is
 * waited for, up to a second; then -EAGAIN.
 */
int nyx_device_assign(struct nyx *nyx, nyx_device_id id, uint32_t domain, uint32_t options);
/* A device that firmware ties to memory has it mapped; without, such a device is -EPERM. */
#define NYX_ASSIGN_ALLOW_RESERVED	0x1
/*
 * With ATS: it is trusted with all memory. CAP_SYS_RAWIO; -EOPNOTSUPP where the device,
 * the unit or the firmware have none.
 */
#define NYX_ASSIGN_ATS			0x2
/*
 * Out of its domain and into another, never in both. With reset it is waited for with
 * nyx_device_settle(); without, the device goes on with what it was told. -EINVAL in no
 * domain, or in that one already; -EOPNOTSUPP it cannot be reset.
 */
int nyx_device_move(struct nyx *nyx, nyx_device_id id, uint32_t domain, bool reset);
/* Blocked on return; the reset that follows is waited for with nyx_device_settle(). */
int nyx_device_remove(struct nyx *nyx, nyx_device_id id);
/*
 * Offer the device and its whole isolation group to the kernel's IOMMU API: on return it
 * has its group in sysfs, and vfio-pci may bind. No member may have a driver: -EBUSY.
 */
int nyx_device_export(struct nyx *nyx, nyx_device_id id);
/* And take it back. -EBUSY in use, or bound to a driver; -EINVAL not exported. */
int nyx_device_unexport(struct nyx *nyx, nyx_device_id id);
/* Accepted on return; nyx_device_settle() waits. -EBUSY, -EOPNOTSUPP. */
int nyx_device_reset(struct nyx *nyx, nyx_device_id id);
/*
 * Wait until no reset of the device is queued or running, at most timeout_ms.
 * *device then tells the outcome (reset_error, state). -ETIMEDOUT.
 */
int nyx_device_settle(struct nyx *nyx, nyx_device_id id, unsigned int timeout_ms,
		      struct nyx_device *device);
/* What of a device may be changed, all of it or nothing. */
struct nyx_device_changes {
	bool has_threshold, has_window, has_auto_reset;
	uint32_t threshold;		/* recorded faults until it is fenced; 0: never */
	uint32_t window;		/* seconds; for each without a fault the count halves; 0: never */
	uint32_t auto_reset;		/* times an hour, while it is fenced; 0: never */
};

/* -EINVAL out of range; -EOPNOTSUPP (auto_reset) it cannot be reset safely. */
int nyx_device_set(struct nyx *nyx, nyx_device_id id, const struct nyx_device_changes *changes);

/* ---- interrupts ---- */

/* What interrupts a device has. */
struct nyx_irq_info {
	nyx_device_id device;
	enum nyx_iommu_irq_type type;
	uint32_t vectors;		/* of that type */
	uint32_t bound;
	char cause[192];		/* why none can be bound now, or "" */
};

/* A bound vector, and the interrupt remapping entry behind it. */
struct nyx_irq {
	nyx_device_id device;
	uint32_t index;			/* which of the device's vectors */
	uint32_t number;		/* the kernel's, as in /proc/interrupts */
	uint64_t count;			/* since it was bound */
	bool masked;
	uint32_t owner_port;		/* 0: none */
	char owner_name[32];
	char cpus[64];			/* where it goes now, as a list */
	uint32_t entry_index;
	bool present;			/* without it the interrupt is blocked */
	uint32_t cpu_vector, destination, delivery;
	bool logical, level;
	char source[64];		/* whose requests the entry takes, in words */
	uint32_t nr_words;		/* 0 without CAP_SYS_ADMIN */
	uint64_t words[2];
};

struct nyx_irq_vector {
	uint32_t index;
	int fd;				/* an eventfd; may be closed once it is bound */
};

/* -ENODEV: no such function. */
int nyx_irq_info(struct nyx *nyx, nyx_device_id device, struct nyx_irq_info *info);
/* The bound vectors of one device, or of all when device is NULL. The caller frees *irqs. */
int nyx_irq_list(struct nyx *nyx, const nyx_device_id *device, struct nyx_irq **irqs, size_t *nr);
/*
 * From now on each interrupt of these vectors of an assigned device signals its eventfd,
 * all or none. owned: until this connection closes, if not released before. -EINVAL not
 * assigned, no such vector, no eventfd; -EEXIST bound already; -EBUSY fenced; -EOPNOTSUPP
 * the device has no MSI, or nobody remaps it; -ENOSPC the table is full.
 */
int nyx_irq_bind(struct nyx *nyx, nyx_device_id device, const struct nyx_irq_vector *vectors,
		 size_t nr, bool owned);
/* For these: nr 0 means all bound vectors; -ENOENT: one is not bound. */
int nyx_irq_unbind(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr);
int nyx_irq_mask(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr,
		 bool masked);
/* cpus: a list such as "0-3,8". -EINVAL none is online; -EBUSY an earlier move is under way. */
int nyx_irq_route(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr,
		  const char *cpus);
/* Raise them as if the device had. -EBUSY: one is masked. */
int nyx_irq_trigger(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr);

/* ---- functions that arrive ---- */

/* All that it names must fit; it may name nothing. */
struct nyx_arrival_rule {
	bool has_device;
	nyx_device_id device;		/* where it is */
	bool has_pci_id;
	uint16_t vendor, product;
	bool has_below;
	nyx_device_id below;		/* a bridge somewhere above it */
	enum nyx_iommu_arrival_action action;
	char domain[32];		/* for the action domain; it need not exist yet */
};

/* In their order. The caller frees *rules. */
int nyx_arrival_list(struct nyx *nyx, struct nyx_arrival_rule **rules, size_t *nr);
/*
 * Replace all rules by these: the first that fits a function that arrives says what it
 * gets. -EINVAL: one is never reached, or is not sound; -E2BIG: more than 256.
 */
int nyx_arrival_set(struct nyx *nyx, const struct nyx_arrival_rule *rules, size_t nr);

/* ---- domains ---- */

#define NYX_DOMAIN_UNITS_MAX	64

struct nyx_domain_unit {
	uint32_t unit, hw_domain, devices;
};

struct nyx_domain {
	uint32_t id;
	char name[32];
	enum nyx_iommu_domain_mode mode;
	enum nyx_iommu_domain_state state;
	char cause[128];		/* of the state */
	uint32_t owner_port;		/* 0: persistent, or external */
	bool external;			/* of the kernel's IOMMU API: VFIO, IOMMUFD */
	char owner_name[32];
	uint32_t devices;
	uint64_t mappings, mapped_bytes, pinned_bytes, maps, unmaps, tables;
	uint64_t max_mapped_bytes, max_mappings;	/* 0: no limit */
	uint32_t threshold, window;	/* of devices without their own; 0: never */
	uint64_t leaked_pages, leaked_tables, faults;
	bool has_table;
	enum nyx_iommu_pt_format format;
	uint32_t address_width;
	uint64_t page_sizes;
	uint32_t nr_units;
	struct nyx_domain_unit units[NYX_DOMAIN_UNITS_MAX];
};

/* What of a domain may be changed, all of it or nothing. */
struct nyx_domain_changes {
	const char *name;		/* NULL: keep it */
	bool has_state, has_max_mapped_bytes, has_max_mappings, has_threshold, has_window;
	enum nyx_iommu_domain_state state;	/* active or disabled */
	uint64_t max_mapped_bytes, max_mappings;	/* 0: no limit */
	uint32_t threshold, window;	/* as of a device */
};

struct nyx_domain_params {
	uint32_t id;			/* 0: the lowest free */
	const char *name;		/* NULL: made from the id */
	enum nyx_iommu_domain_mode mode;	/* 0: strict */
	bool owned;			/* undone when this connection closes */
	struct nyx_domain_changes limits;	/* name and state of it are ignored */
};

/* -EEXIST id or name taken. domain may be NULL. */
int nyx_domain_add(struct nyx *nyx, const struct nyx_domain_params *params,
		   struct nyx_domain *domain);
/* -ENOENT: no such domain. */
int nyx_domain_get(struct nyx *nyx, uint32_t id, struct nyx_domain *domain);
int nyx_domain_find(struct nyx *nyx, const char *name, struct nyx_domain *domain);
/* The caller frees *domains. */
int nyx_domain_list(struct nyx *nyx, struct nyx_domain **domains, size_t *nr);
/* -EBUSY: a quarantined domain cannot be set active. */
int nyx_domain_set(struct nyx *nyx, uint32_t id, const struct nyx_domain_changes *changes);
/*
 * Delete, and wait until it is undone, at most timeout_ms (-ETIMEDOUT: it goes
 * on). -EBUSY: devices are in it and force is false.
 */
int nyx_domain_del(struct nyx *nyx, uint32_t id, bool force, unsigned int timeout_ms);

/* ---- memory ---- */

struct nyx_range {
	uint64_t iova, length;
	uint32_t prot;			/* enum nyx_iommu_prot; 0: read and write */
	void *address;			/* in the caller's address space */
	uint64_t tag;			/* 0: none */
	bool is_phys;			/* host-physical memory at phys instead; CAP_SYS_RAWIO */
	uint64_t phys;
};

/*
 * Map every range or none. More than the kernel takes in one message (1 GiB,
 * 64 ranges) goes in several; when a later one is refused, the earlier ones are
 * unmapped again.
 */
int nyx_map(struct nyx *nyx, uint32_t domain, const struct nyx_range *ranges, size_t nr);
/*
 * Unmap all mappings inside [iova, iova + length). -ENOENT none is there,
 * -EINVAL one lies across an end. *unmapped, if not NULL: bytes. Beyond 1 GiB this takes
 * several messages: after an error *unmapped tells how far it came.
 */
int nyx_unmap(struct nyx *nyx, uint32_t domain, uint64_t iova, uint64_t length,
	      uint64_t *unmapped);

struct nyx_mapping {
	uint64_t iova, length;
	uint32_t prot;
	enum nyx_iommu_mapping_type type;
	uint64_t address;
	uint64_t tag;			/* 0: none */
	bool has_physical;		/* the caller has CAP_SYS_ADMIN */
	uint64_t physical;
	uint32_t runs;
	bool is_bar;			/* part of a BAR of device, and goes with it */
	nyx_device_id device;
};

/* By address. The caller frees *mappings. */
int nyx_mapping_list(struct nyx *nyx, uint32_t domain, struct nyx_mapping **mappings, size_t *nr);

struct nyx_translation {
	uint64_t iova, physical, page_size;
	uint32_t prot;
};

/* -ENOENT: nothing is mapped there. */
int nyx_translate(struct nyx *nyx, uint32_t domain, uint64_t iova, struct nyx_translation *found);

#define NYX_STEPS_MAX	8

struct nyx_step {
	uint32_t level, index, flags;	/* enum nyx_iommu_step_flag */
	uint64_t table, entry;
};

struct nyx_walk {
	uint64_t iova;
	enum nyx_iommu_pt_format format;
	uint32_t nr;
	struct nyx_step steps[NYX_STEPS_MAX];
};

int nyx_walk(struct nyx *nyx, uint32_t domain, uint64_t iova, struct nyx_walk *walk);

/* ---- faults ---- */

#define NYX_REASONS_MAX	16

struct nyx_fault_count {
	uint32_t reason;
	char text[96];
	uint64_t count;
};

struct nyx_fault_counts {
	nyx_device_id device;
	uint64_t faults, reported, since_reset, towards_threshold, other;
	uint32_t threshold, window;
	uint64_t suppressed_since;	/* 0: they are recorded */
	uint32_t nr_reasons;
	struct nyx_fault_count reasons[NYX_REASONS_MAX];
	uint64_t first, last;		/* 0: none yet */
};

int nyx_fault_counts(struct nyx *nyx, nyx_device_id device, struct nyx_fault_counts *counts);

struct nyx_fault {
	nyx_device_id device;
	uint64_t sequence, time;
	uint32_t unit;
	uint32_t domain;		/* 0: none */
	enum nyx_iommu_fault_kind kind;
	bool has_address;
	uint64_t address;
	bool has_index;			/* interrupts: of the table entry that was asked for */
	uint32_t index;
	uint32_t reason;
	bool reported;			/* by software; reason and text are the reporter's */
	uint32_t epoch;			/* resets that the device had seen */
	char text[96];
};

/* The last records of one device, or of all when device is NULL. The caller frees *faults. */
int nyx_fault_list(struct nyx *nyx, const nyx_device_id *device, struct nyx_fault **faults,
		   size_t *nr);
int nyx_fault_clear(struct nyx *nyx, nyx_device_id device);

/* A fault that software has seen a device make. */
struct nyx_fault_report {
	enum nyx_iommu_fault_kind kind;	/* not interrupt */
	bool has_address;
	uint64_t address;
	uint32_t reason;		/* a number of the reporter's */
	const char *text;		/* up to 63 bytes of printable ASCII; NULL: none */
};

/* It counts like one that a unit records. -EINVAL: the device is the host's. */
int nyx_fault_report(struct nyx *nyx, nyx_device_id device,
		     const struct nyx_fault_report *report);

/* ---- audit ---- */

#define NYX_DIFFERENCES_MAX	64	/* that one audit lists; all are counted */

struct nyx_difference {
	char what[96], found[128], expected[128];	/* in words */
	bool has_unit, has_requester, has_iova;
	uint32_t unit;
	nyx_device_id requester;
	uint32_t domain;		/* 0: about none */
	uint64_t iova;
};

struct nyx_audit {
	uint64_t registers, entries, domains, tables, leaves, bytes;	/* compared */
	uint64_t passed_over;		/* were just being changed */
	uint64_t differences;		/* all of them */
	uint64_t interrupt_entries;	/* compared */
	uint32_t nr_listed;
	struct nyx_difference listed[NYX_DIFFERENCES_MAX];
};

/*
 * Compare the hardware's tables with what they should say. 0 also where they differ.
 * Changes nothing; takes some milliseconds for each gigabyte mapped in small pages.
 */
int nyx_audit(struct nyx *nyx, struct nyx_audit *audit);

/* ---- events ---- */

struct nyx_events;

struct nyx_event {
	int command;			/* NYX_IOMMU_CMD_FAULT_EVENT, _DEVICE_, _DOMAIN_, _UNIT_EVENT */
	uint64_t number;		/* from 1 in its group, one by one: a gap is what was missed */
	uint64_t time;			/* it was sent */
	struct nyx_fault fault;
	struct nyx_device device;	/* id, state, cause, since, flags, domain, faults, resets */
	struct nyx_domain domain;	/* id, name, state */
	struct nyx_unit unit;		/* id, name, state */
	char cause[128];
};

/* Join the groups on a socket of its own. -EPERM without CAP_NET_ADMIN. */
int nyx_events_open(struct nyx *nyx, bool faults, bool states, struct nyx_events **events);
void nyx_events_close(struct nyx_events *events);
/*
 * Room for events that are not yet taken, beyond what the system's limit allows; the kernel
 * counts its own overhead, up to some hundred bytes an event. CAP_NET_ADMIN.
 */
int nyx_events_set_buffer(struct nyx *nyx, struct nyx_events *events, unsigned int bytes);
/* To poll() on; take all events there are before that. */
int nyx_events_fd(const struct nyx_events *events);
/*
 * The next event. 0; -EAGAIN none within timeout_ms (-1: wait for ever);
 * -ENOBUFS some were missed: those that come next may be older. What nyx_status() then
 * tells as the last numbers has arrived, or is lost: take what there is, then count, and
 * ask for the state again. -ENODEV: the module is being unloaded.
 */
int nyx_events_next(struct nyx_events *events, int timeout_ms, struct nyx_event *event);

#ifdef __cplusplus
}
#endif

#endif
