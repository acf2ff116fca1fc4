/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for the core's tests: units that only write down what they are asked, and
 * PCI functions on made-up buses that no driver core knows. core.log tells in order
 * what entries, bus mastering and monitors saw.
 */
#ifndef NYX_TEST_CORE_FIXTURE_H
#define NYX_TEST_CORE_FIXTURE_H

#include <kunit/test.h>
#include <linux/pci.h>

#include "../core.h"
#include "hooks.h"

#define RID(bus, dev, fn)	PCI_DEVID(bus, PCI_DEVFN(dev, fn))

#define CORE_UNITS_MAX		4
#define CORE_SCOPES_MAX		16
#define CORE_RESERVED_MAX	4
#define CORE_ENTRIES_MAX	64
#define CORE_IRTES		16
#define CORE_HWDIDS		8	/* two of them have a fixed meaning */

/* A unit and what its hardware would hold. */
struct core_unit {
	struct nyx_unit unit;
	struct {
		u16 rid;
		struct nyx_entry entry;
	} entries[CORE_ENTRIES_MAX];
	u32 nr_entries;
	DECLARE_BITMAP(unused, 65536);	/* ids without an entry here that raise nothing */
	u32 nr_flushes;
	struct nyx_flush flush;		/* the newest */
	int flush_error;		/* what the next flushes answer */
	u16 deaf_rid;			/* the TLB of that device answers no invalidation */
	/* While not 0, set_entry() answers it for that RID and kind, and writes nothing. */
	int entry_error;
	u16 error_rid;
	enum nyx_entry_kind error_kind;
	/* The next entry of that RID is written, but never confirmed. */
	bool dies;
	u16 dies_rid;
	/* Its interrupt table, where core_remaps() said so. */
	struct nyx_irte irtes[CORE_IRTES];
	DECLARE_BITMAP(reserved, CORE_IRTES);
	u32 nr_open;			/* sources */
	int open_error;			/* what the next one of them is answered */
	int reserve_error;		/* what the next reservations answer */
	int write_error;		/* what the next writes answer, and nothing is written */
};

/* A function as a test asks for it. */
struct core_function {
	u16 segment;
	u16 rid;
	u8 type;		/* PCI_EXP_TYPE_* or CORE_CONVENTIONAL */
	u8 below;		/* bridges: the bus below, 0: an endpoint */
	bool multi;
	u16 acs;		/* controls that are implemented, 0: no such capability */
	u16 acs_on;
	bool ats;		/* has that capability */
	pci_dev_flags_t dev_flags;
	u32 class;
	bool untrusted;
	u8 phantom_bits;	/* PCIe: in use, as many function number bits */
	struct pci_dev *pf;	/* of a virtual function */
};

#define CORE_CONVENTIONAL	0xff
#define CORE_ACS_ALL		(PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

struct core {
	struct kunit *test;
	struct list_head functions, buses;
	struct nyx_acpi_unit firmware[CORE_UNITS_MAX];
	struct nyx_acpi_scope scopes[CORE_SCOPES_MAX];
	struct nyx_acpi_reserved reserved[CORE_RESERVED_MAX];
	struct core_unit *units[CORE_UNITS_MAX];
	u32 nr_fault_events;
	struct nyx_fault_record last_fault;
	int module_refs;
	spinlock_t log_lock;	/* log, log_len: a job and the test both write */
	size_t log_len;
	char log[2048];
};

extern struct core core;

/* For a suite's init and exit. The latter undoes all and expects that nothing is left. */
int core_init(struct kunit *test);
void core_exit(struct kunit *test);

/*
 * One more unit of that segment, translating. Its scopes are what core_scope() adds
 * before the next unit is made; none at all: it takes everything of the segment.
 */
struct core_unit *core_unit(struct kunit *test, u16 segment);
void core_scope(struct core_unit *unit, const struct nyx_acpi_scope *scope);
/* Memory that the firmware reserves for one function. */
void core_reserve(u16 rid, u64 base, u64 last);
/* What the unit holds for the RID; where nothing was said, blocked. */
const struct nyx_entry *core_entry(struct core_unit *unit, u16 rid);
/* The unit remaps interrupts from now on, with a domain for them. */
void core_remaps(struct kunit *test, struct core_unit *unit);
/* How many hardware domain ids of the unit are in use, the fixed ones apart. */
u32 core_hwdids_used(struct core_unit *unit);

/* Make a function; it is not on the machine before it arrives. Valid until the suite's exit. */
struct pci_dev *core_pci(struct kunit *test, const struct core_function *what);
/* The function may also send requests as devfn of its bus. */
void core_alias(struct kunit *test, struct pci_dev *pdev, u8 devfn);
bool core_is_master(struct pci_dev *pdev);
/* The control word of its ATS capability. */
u16 core_ats_control(struct pci_dev *pdev);
/* It no longer answers. */
void core_vanish(struct pci_dev *pdev);
/* Hot-plug, seen from the bus. The device is borrowed; NULL where none was made. */
struct nyx_device *core_arrive(struct pci_dev *pdev);
void core_depart(struct pci_dev *pdev);
/* Make it and let it arrive. */
struct nyx_device *core_device(struct kunit *test, const struct core_function *what);
/* A plain PCIe endpoint on a root bus of segment 0. */
struct nyx_device *core_endpoint(struct kunit *test, u16 rid);
/* As if a driver of that name were bound; NULL: none. */
void core_bind(struct nyx_device *device, const char *driver);
/* As if the stub had taken it. */
void core_hold(struct nyx_device *device);
/* The same device with the stub, in a domain. */
void core_assign(struct kunit *test, struct nyx_device *device, struct nyx_domain *domain);

/* A persistent domain; borrowed, the registry keeps it. */
struct nyx_domain *core_domain(struct kunit *test, enum nyx_domain_mode mode);
/* Wait for all jobs. */
void core_settle(void);

/*
 * core.log: words with a blank behind each.
 *	E0100=paging	unit 0's entry of 01:00.0 changed (blocked, fenced, pass, paging, ats);
 *			further units write E1:0100=...
 *	M0100+ M0100-	its bus mastering was switched
 *	S0100=blocked	monitors were told its state
 *	D3:created	... of a domain, and why
 *	F0:2		unit 0 was to flush hardware domain 2
 *	A0100		01:00.0 was to forget what it keeps itself (ATS)
 *	T0100+ T0100-	its ATS was switched
 *	I0100+ I0100-	01:00.0 has a table for its interrupts, and no longer
 *	R3 r3		interrupt entry 3 was reserved, and released
 *	P3 p3 f3	... says present, not present, and what it said before is forgotten
 * With a unit that remaps, an entry for interrupts by a table reads "blocked/ir", for none
 * "blocked/none".
 */
void core_clear_log(void);
__printf(1, 2) void core_note(const char *fmt, ...);
/* The PCI side's part of core_init() and core_exit(). */
void core_pci_start(void);
void core_pci_depart_all(void);
void core_pci_stop(struct kunit *test);

#define CORE_EXPECT_LOG(test, text) do {			\
	core_settle();						\
	KUNIT_EXPECT_STREQ(test, core.log, text);		\
	core_clear_log();					\
} while (0)

#endif
