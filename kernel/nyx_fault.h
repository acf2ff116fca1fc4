/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of a device's faults; fault.c.
 */
#ifndef NYX_FAULT_H
#define NYX_FAULT_H

#include <linux/spinlock.h>

#include "policy.h"
#include "unit.h"
#include "why.h"

struct nyx_device;

#define NYX_FAULT_RECORDS	64	/* kept per device, newest win */
#define NYX_FAULT_REASONS	16	/* distinct reasons counted per device; the rest as "other" */
#define NYX_FAULT_SAID		8	/* texts kept per device of what software reported */
#define NYX_FAULT_SAID_MAX	64	/* of one of them, with the NUL */

/* How things were when a fault's record was drained. For nyx_cause_find(). */
struct nyx_fault_scene {
	enum nyx_fault_class class;
	u64 monotonic_ns;
	u8 device_state;	/* enum nyx_device_state */
	bool resetting, host_bound, domain_disabled;
};

struct nyx_fault_record {
	u64 sequence;		/* from 1, per device, of all recorded */
	u64 time_ns;		/* CLOCK_REALTIME, when the record was drained */
	u32 unit_id;
	u32 domain_id;		/* user-visible; 0: none */
	u32 epoch;		/* how many resets the device had seen */
	enum nyx_fault_kind kind;
	bool reported;		/* by software, not by a unit */
	bool has_address;
	bool has_index;		/* INTERRUPT: of the table entry that was asked for */
	u32 index;
	u64 address;
	u32 reason;
	const char *text;
	struct nyx_fault_scene scene;
};

struct nyx_fault_count {
	u32 reason;
	bool reported;
	const char *text;
	u64 count;
};

struct nyx_fault_log {
	spinlock_t lock;
	u64 recorded;			/* all that was recorded for this device */
	u64 reported;			/* those of them that software reported */
	u64 since_reset;		/* or since it changed hands */
	struct nyx_policy_count count;	/* what of them counts towards the threshold */
	struct nyx_fault_count reasons[NYX_FAULT_REASONS];
	u64 other_reasons;
	u64 first_ns, last_ns;
	struct nyx_fault_record records[NYX_FAULT_RECORDS];	/* ring, by sequence */
	struct {
		u64 sequence;		/* whose text it is; 0: nobody's */
		char text[NYX_FAULT_SAID_MAX];
	} said[NYX_FAULT_SAID];		/* ring, by reported */
};

/* A fault that software has seen a device make: a VMM, or a driver in userspace. */
struct nyx_fault_report {
	enum nyx_fault_kind kind;	/* not INTERRUPT */
	bool has_address;
	u64 address;
	u32 reason;			/* a number of the reporter's */
	const char *text;		/* printable ASCII; NULL: none */
};

/*
 * Recorded, marked as reported, and counted like any other. -EINVAL the device is the
 * host's, or the text is no good; -ENODEV gone. Process context; takes nyx_registry_lock.
 */
int nyx_fault_report(struct nyx_device *device, const struct nyx_fault_report *report,
		     struct nyx_why *why);
/*
 * Forget records and counters; does not lift a quarantine. Where a blocked device's faults
 * are no longer recorded, they are again. Takes nyx_registry_lock.
 */
void nyx_fault_clear(struct nyx_device *device);
/* Copy of the log, consistent. */
void nyx_fault_snapshot(struct nyx_device *device, struct nyx_fault_log *copy);
/* What the record of a log means: what the reporter said, or the reason in words. */
const char *nyx_fault_text(const struct nyx_fault_log *log, const struct nyx_fault_record *record);
/* The clock of the policy. */
u64 nyx_fault_clock(void);

#endif
