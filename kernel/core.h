/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core's own files share with each other. Fronts use nyx.h, units
 * unit.h; neither includes this.
 */
#ifndef NYX_CORE_H
#define NYX_CORE_H

#include "nyx.h"

/* ---- registry.c: who exists ---- */

/* Devices by unit and RID, aliases included, for the fault path: RCU, no lock. */
struct nyx_device *nyx_registry_find_rid(struct nyx_unit *unit, u16 rid);
/*
 * Make device's ids known, or decide again who answers for those it shares, after it has
 * entered or left a domain (then it cannot fail). Both hold nyx_registry_lock.
 */
int nyx_registry_add_rids(struct nyx_device *device);
void nyx_registry_del_rids(struct nyx_device *device);
/* Any context: what is left to do for a unit that died runs from a work item. */
void nyx_registry_unit_died(struct nyx_unit *unit);
/* All units' pending works done (unload). */
void nyx_registry_flush(void);
extern struct xarray nyx_domains;	/* by id; stores under nyx_registry_lock, reads under RCU */

/* ---- topology.c: what the firmware's scopes mean on this machine ---- */

/* The unit that translates pdev's requests, or NULL. Process context. */
struct nyx_unit *nyx_topology_unit(struct pci_dev *pdev);
/*
 * Requester ids behind unit that firmware names by an ACPI device which is no PCI
 * function (a UART or SD controller of the SoC). *at: 0 at first. Process context.
 */
bool nyx_topology_next_named(const struct nyx_unit *unit, u32 *at, u16 *rid);
/* Every requester id that a unit may see for pdev, its own first. Returns how many. */
u8 nyx_topology_rids(struct pci_dev *pdev, const struct nyx_unit *unit, u16 rids[NYX_ALIASES_MAX]);
/*
 * May pdev use ATS, by what firmware says of it and of the root port above it? NULL: yes;
 * else what forbids it, in words.
 */
const char *nyx_topology_ats_forbidden(struct pci_dev *pdev, const struct nyx_unit *unit);
/* The reserved region that names pdev and is not relaxable, or NULL. */
const struct nyx_acpi_reserved *nyx_topology_reserved(struct pci_dev *pdev);
/* The next one after prev (NULL: the first), or NULL. */
const struct nyx_acpi_reserved *nyx_topology_next_reserved(struct pci_dev *pdev,
							   const struct nyx_acpi_reserved *prev);
/* The first one that names pdev and is relaxable: no domain gets it. Or NULL. */
const struct nyx_acpi_reserved *nyx_topology_relaxed(struct pci_dev *pdev);

/*
 * An interrupt source of the host that is no PCI function has this id (AMD-Vi: IO-APICs and
 * timers): in words, or NULL.
 */
const char *nyx_topology_special(const struct nyx_unit *unit, u16 rid);

/* ---- unused.c: ids that no function behind a unit has; all hold nyx_registry_lock ---- */

#define NYX_DEVFNS	256

/* Of one bus: a bit for each devfn whose interrupts are not to be blocked. */
void nyx_unused_open(const struct nyx_unit *unit, u8 bus, unsigned long *devfns);
bool nyx_unused_is_open(const struct nyx_unit *unit, u16 rid);
/* Block the others, before the units are switched on: only memory is written. */
int nyx_unused_block(void);
/*
 * A function has arrived or gone: open or block its ids on the units of its segment that it
 * is not behind.
 */
void nyx_unused_follow(const struct nyx_device *device);

/* ---- identity.c: pass-through for units without pass-through entries ---- */

/*
 * Make the tables of the units that need one, before any entry passes through, and follow
 * memory hotplug. -ERANGE: a unit cannot reach all memory; -ENOMEM. Process context, no
 * lock held. The tables go with their units, nyx_identity_free().
 */
int nyx_identity_start(struct nyx_why *why);
/* No longer follow; before the units are removed. */
void nyx_identity_stop(void);

/* ---- group.c ---- */

/* Recompute which devices hardware can tell apart. Holds nyx_registry_lock. */
int nyx_groups_rebuild(void);
void nyx_groups_free(void);

/* ---- acs.c: all but the first hold nyx_registry_lock ---- */

/* True where access controls can be set at the function, so that it can isolate. */
bool nyx_acs_capable(struct pci_dev *pdev);
/* Set them from the device to the root. -EIO: one does not take them, and none is changed. */
int nyx_acs_hold(struct nyx_device *device, struct nyx_why *why);
/* One device less needs them: where it was the last, they are as they were. */
void nyx_acs_release(struct nyx_device *device);
/* A reset may have cleared them: set them again. -EIO: one does not take them. */
int nyx_acs_reapply(struct nyx_device *device);

/* ---- ats.c: all hold nyx_registry_lock, except nyx_ats_flush() ---- */

/* What stands in the way of ATS for the device in that domain; changes nothing. */
int nyx_ats_admit(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why);
/* Its entry is about to take ATS requests: from now on invalidations reach the device too. */
void nyx_ats_expect(struct nyx_device *device);
/*
 * Its entry has been written, and takes ATS requests or not: switch ATS in the function on,
 * or have it forget what it keeps and switch ATS off, which always works. -ENODEV, -EINVAL:
 * it does not go on; -ETIMEDOUT: the function did not answer once, and was not reset since.
 */
int nyx_ats_follow(struct nyx_device *device, bool taken);
/* Have all devices on the list forget [first, last]; holds units_lock. */
int nyx_ats_flush(struct nyx_domain_unit *on, u64 first, u64 last);

/* ---- device.c: objects and their entries ---- */

int nyx_devices_start(void);	/* enumerate; entries are written to memory only */
/* Part of it: pass-through for what nyx_topology_next_named() finds. */
int nyx_devices_pass_named(void);
int nyx_devices_watch(void);	/* from now on arrivals and departures are followed */
void nyx_devices_unwatch(void);
void nyx_devices_stop(void);
/* True where the unit may see device under rid. */
bool nyx_device_has_rid(const struct nyx_device *device, u16 rid);
/* Find or NULL, no reference; holds nyx_registry_lock. */
struct nyx_device *nyx_device_find(struct pci_dev *pdev);
/* What the states of all devices that share this RID of device's demand. Holds the same. */
void nyx_device_wanted_entry(struct nyx_device *device, u16 rid, struct nyx_entry *entry);
/*
 * Write what the states of device and of those that share a RID with it demand into
 * the unit's entries. Holds nyx_registry_lock. 0 or the unit's error. On a dead unit (-EIO)
 * no entry is touched: the device's ATS goes off, its interrupts' entries not present.
 */
int nyx_device_apply(struct nyx_device *device);
/* Change state, note why and since when, tell the monitors. Holds nyx_registry_lock. */
__printf(3, 4)
void nyx_device_set_state(struct nyx_device *device, enum nyx_device_state state,
			  const char *fmt, ...);
/* Tell the monitors its state, as it is. Holds nyx_registry_lock. */
void nyx_device_announce(struct nyx_device *device);
/* The name of the driver bound to it, "" for none, "?" when it cannot be told right now. */
void nyx_device_driver_name(struct nyx_device *device, char *buf, size_t size);

/* ---- admit.c: what stands in the way; all hold nyx_registry_lock ---- */

/* The function is fit for any domain: there, an endpoint, confined by a live unit. */
int nyx_admit_function(struct nyx_device *device, struct nyx_why *why);
/* Firmware ties it to no memory that a domain would cut off. */
int nyx_admit_reserved(struct nyx_device *device, struct nyx_why *why);
/* It is held by the stub and nobody is at it. */
int nyx_admit_held(struct nyx_device *device, struct nyx_why *why);
/* The domain takes it, and its group is in nobody else's hands. */
int nyx_admit_domain(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why);

/* ---- export_admit.c: who may be exported; all hold nyx_registry_lock ---- */

/* It goes with its group: no bridge, no unit, still on the bus. */
bool nyx_export_counts(const struct nyx_device *member);
/* Only tried, for device_lock comes before nyx_registry_lock. 0, -EAGAIN. */
int nyx_export_lock_member(struct nyx_device *member, struct nyx_why *why);
/* Those that are locked. */
void nyx_export_unlock_members(struct nyx_group *group);
/* Lock those of device's group that count, and see that nothing is in the way; or none. */
int nyx_export_admit(struct nyx_device *device, struct nyx_why *why);
/* Nobody uses this member any more. */
int nyx_export_admit_close(struct nyx_device *member, struct nyx_why *why);

/* ---- irq_domain.c: the entries behind a device's interrupts ---- */

/*
 * The domains of a unit that remaps; others have none. -ENOMEM. Removed when no device has
 * an interrupt in them. Process context.
 */
int nyx_irq_domain_create(struct nyx_unit *unit);
void nyx_irq_domain_remove(struct nyx_unit *unit);
void nyx_irqs_init(struct nyx_device *device);	/* its ids are known */
/* The rest holds nyx_registry_lock. */
/*
 * The device leaves the host's hands: from its next entry on its interrupts go through a
 * table, where that is per device. Idempotent. -ENOMEM, -EBUSY.
 */
int nyx_irqs_open(struct nyx_device *device);
/* It is back, and its entry written. */
void nyx_irqs_close(struct nyx_device *device);
/*
 * Fenced: no entry of it is present, whatever the kernel's interrupt code writes; and what
 * they refuse is recorded or not, as with its DMA.
 */
void nyx_irqs_fence(struct nyx_device *device, bool fenced, bool suppress_faults);
/* Interrupts allocated for it are ours, and no longer: what is bound is released. */
void nyx_irqs_take(struct nyx_device *device);
void nyx_irqs_give_back(struct nyx_device *device);
/*
 * Its entry is not present any more, and the unit has forgotten it: its CPU vector may be
 * given to somebody else. Until it is activated again.
 */
void nyx_irqs_retire(struct nyx_device *device, unsigned int virq);
/* The table index behind an interrupt of device. False: it has none. */
bool nyx_irq_entry_index(struct nyx_device *device, unsigned int virq, u32 *index);

/*
 * For the audit: each of its entries as the unit reads it, and as it should be. see() runs
 * with a raw spinlock held.
 */
void nyx_irqs_compare(struct nyx_device *device,
		      void (*see)(void *data, u32 index, const u64 found[2], const u64 wanted[2]),
		      void *data);

/* ---- irq_admit.c: all hold nyx_registry_lock ---- */

/* What binding would use, and how many vectors of it the device has; 0: it does not answer. */
enum nyx_irq_type nyx_irq_type_of(const struct nyx_device *device);
u32 nyx_irq_count_vectors(const struct nyx_device *device);
/* Why none can be bound, however long one waits, with its errno; or NULL. */
const char *nyx_irq_obstacle(const struct nyx_device *device, int *err);
/* They can be bound now. -ENODEV, -EOPNOTSUPP, -EINVAL, -EBUSY, -EIO. */
int nyx_irq_admit(struct nyx_device *device, struct nyx_why *why);

/* ---- irq.c ---- */

/* Both hold nyx_registry_lock. Release whatever is bound; no reset is running. */
void nyx_irq_unbind_all(struct nyx_device *device);
/* A reset has ended (irqs.in_reset was set): what was to be released meanwhile is. */
void nyx_irq_after_reset(struct nyx_device *device);

/* ---- quarantine.c ---- */

/*
 * Its faults have reached the threshold: fence it, or stop recording a blocked one's. Or it
 * left an invalidation of its own TLB unanswered: fence it.
 */
void nyx_device_quarantine_work(struct work_struct *work);
/* What was not set for the device itself is its domain's, or the default. */
void nyx_device_inherit_policy(struct nyx_device *device);

/* ---- assign.c: into a domain and out of it; all hold nyx_registry_lock ---- */

/*
 * Fence, leave the domain, drop its reference. The device ends BLOCKED; the
 * caller sees to the reset. Works on a dead unit too.
 */
void nyx_device_leave_domain(struct nyx_device *device, const char *cause);
/*
 * The host's device has come into its group, or the group has changed: blocked as long
 * as a member is assigned. True if so. Writes no entry unless the state changes.
 */
bool nyx_device_settle(struct nyx_device *device);
/* The books of who is in which domain, without the entries. It is live on the device's unit. */
void nyx_device_join_domain(struct nyx_device *device, struct nyx_domain *domain);
void nyx_device_part_domain(struct nyx_device *device);
/* At work in a domain: not fenced. */
static inline bool nyx_device_works(const struct nyx_device *device)
{
	return device->state == NYX_DEVICE_ASSIGNED ||
	       (device->state == NYX_DEVICE_EXPORTED && device->domain);
}
/*
 * A fenced device goes (back) to its domain's entry, unless that is DISABLED; the monitors
 * are told how. On error its entry is blocked and its state the caller's to set.
 */
int nyx_device_readmit(struct nyx_device *device, const char *how);

/* ---- stub.c, reset.c ---- */

int nyx_stub_register(void);
/* Sleeps until what the stub held is the host's. */
void nyx_stub_unregister(void);
/*
 * True: the stub had let go of the device, but only now could it be reset, and is the host's
 * again. device_lock is held, no lock of ours.
 */
bool nyx_stub_hand_back(struct nyx_device *device);
/*
 * Reset with device_lock held on pdev. The upstream bridge is locked by
 * trying, since it comes before pdev in the driver core's order.
 * 0, -ENOTTY (no method), -ENODEV (gone), -EBUSY.
 */
int nyx_reset_locked(struct nyx_device *device);
/* Nothing but its hotplug slot's reset does: not for a driver's probe and remove, see there. */
bool nyx_reset_takes_slot(const struct nyx_device *device);
/* What such an error means, in words. */
const char *nyx_reset_error_text(int err);
void nyx_reset_work(struct work_struct *work);
/*
 * There is a way to reset it that leaves others alone. -EOPNOTSUPP, naming who would be reset
 * with it. Holds nyx_registry_lock.
 */
int nyx_reset_possible(const struct nyx_device *device, struct nyx_why *why);
/* What nyx_device_reset() does. Holds nyx_registry_lock. */
int nyx_reset_begin(struct nyx_device *device, struct nyx_why *why);
/* Queue the job; holds nyx_registry_lock. False: one is queued or running already. */
bool nyx_reset_queue(struct nyx_device *device);

/* ---- autoreset.c: all but the last and the job hold nyx_registry_lock ---- */

/*
 * The state may have changed: where it is fenced, and to be reset by itself, that is planned
 * now, or its cause says that there were enough; everywhere else none is planned any more.
 */
void nyx_autoreset_follow(struct nyx_device *device);
void nyx_autoreset_work(struct work_struct *work);
/* From now on, and at once if it is fenced. -EINVAL, -EOPNOTSUPP. */
int nyx_autoreset_set(struct nyx_device *device, u32 per_hour, struct nyx_why *why);
/* Unload: none is planned any more, nor will be. */
void nyx_autoreset_stop(void);

/* ---- fault.c ---- */

void nyx_fault_init(struct nyx_device *device);
/* What is due to it for its faults. together: its domain is fenced as one. */
enum nyx_policy_action nyx_fault_action(const struct nyx_device *device, bool together);
/*
 * From now on they count anew, for the threshold only, and are recorded (once its entry is
 * written again). Holds nyx_registry_lock.
 */
void nyx_fault_forgive(struct nyx_device *device);

/* ---- reserved.c, phys.c: all hold nyx_registry_lock ---- */

/*
 * Map what firmware ties to the device at its own addresses, or count one more user of
 * what is mapped already. On error nothing has changed. -EEXIST, -EINVAL, -ERANGE,
 * -ENOMEM, -EIO.
 */
int nyx_reserved_map(struct nyx_device *device, struct nyx_domain *domain, struct nyx_why *why);
/* The device's entry no longer leads to the domain: undo nyx_reserved_map(). */
void nyx_reserved_unmap(struct nyx_device *device, struct nyx_domain *domain);
/* What the device may do there: NYX_PROT_*, perhaps nothing. */
u32 nyx_reserved_prot(const struct nyx_acpi_reserved *region);
/*
 * The device leaves the domain: mappings of its BARs go. Waits for calls that are at the
 * page table with one of them (a bounded time).
 */
void nyx_phys_drop_bars(struct nyx_device *device, struct nyx_domain *domain);

/* ---- domain_unit.c ---- */

/* What no unit translates; for a new domain. */
void nyx_domain_collect_holes(struct nyx_domain *domain);

/*
 * A table that every unit can walk: the least of their levels, the page sizes they
 * share, written back unless all of them snoop. Where no number of levels suits all, one
 * that suits some: nyx_domain_attach_unit() refuses the others. -EIO: every unit is dead.
 */
int nyx_domain_common_config(struct nyx_pt_config *config);
/* The last reference is gone: forget the (dead) units it is still on. */
void nyx_domain_free_units(struct nyx_domain *domain);
/* Make the domain live on the device's unit, or count one more device there. */
int nyx_domain_attach_unit(struct nyx_domain *domain, struct nyx_unit *unit, u16 *hwdid,
			   struct nyx_why *why);
void nyx_domain_detach_unit(struct nyx_domain *domain, struct nyx_unit *unit);
/* Where the domain is live on unit, or NULL. Holds nyx_registry_lock or units_lock. */
struct nyx_domain_unit *nyx_domain_find_unit(struct nyx_domain *domain, struct nyx_unit *unit);
/* The domain's hardware id on unit; it is attached there. */
u16 nyx_domain_hwdid(struct nyx_domain *domain, struct nyx_unit *unit);

/* ---- domain_set.c ---- */

/* Change state, note why, tell the monitors. Holds nyx_registry_lock. */
__printf(3, 4)
void nyx_domain_set_state(struct nyx_domain *domain, enum nyx_domain_state state,
			  const char *fmt, ...);
/*
 * A device of the domain came back or left: a QUARANTINED domain is ACTIVE again when none
 * of its devices is fenced. Holds nyx_registry_lock.
 */
void nyx_domain_recover(struct nyx_domain *domain);

/* ---- domain.c ---- */

/* A good name that no other domain has: 0, -EINVAL, -EEXIST. Holds nyx_registry_lock. */
int nyx_domain_check_name(const char *name, struct nyx_why *why);
/* A domain could have that name. Any context. */
bool nyx_domain_name_valid(const char *name);
/* Tell the monitors. Holds nyx_registry_lock. */
void nyx_domain_announce(struct nyx_domain *domain, const char *cause);
/* What deleted domains left behind because a unit died: pinned 4 KiB pages, tables. */
void nyx_domains_leaked(u64 *pages, u64 *tables);
/* Unload: no domain has a device or a mapping left. */
void nyx_domains_stop(void);

/* ---- power.c ---- */

int nyx_power_start(void);
void nyx_power_stop(void);
/* The machine is on its way to sleep or back; holds nyx_registry_lock. */
bool nyx_power_asleep(void);

/* ---- refuse.c ---- */

/* The kernel is locked down against raw access to memory: -EPERM, naming what for; or 0. */
int nyx_locked_down(enum nyx_arg arg, const char *what, struct nyx_why *why);
/* Hosts whose IOMMUs are not ours to drive. 0, or -EPERM with the reason. */
int nyx_host_refused(struct nyx_why *why);

#endif
