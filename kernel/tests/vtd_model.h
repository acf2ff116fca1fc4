/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VT-d unit in software, that behaves as the specification says: its
 * registers, its queue, its caches and its fault records. What the driver must
 * not do is noted as a violation.
 */
#ifndef NYX_VTD_MODEL_H
#define NYX_VTD_MODEL_H

#include <kunit/test.h>

#include "../vtd/vtd.h"

#define VTD_MODEL_RECORDS	8
#define VTD_MODEL_CONTEXTS	16
#define VTD_MODEL_IOTLB		32
#define VTD_MODEL_SHADOWS	12
#define VTD_MODEL_HELD		8
#define VTD_MODEL_IRTES		16
#define VTD_MODEL_INTERRUPTS	256	/* entries of the table */
#define VTD_MODEL_LOG		256

/* CAP and ECAP of units that were made, from their boot messages. */
#define VTD_CAP_QEMU39		0x00d2008c22260286ULL	/* caching mode, 39 bits */
#define VTD_ECAP_QEMU		0x0000000000f00f5aULL	/* not coherent */
#define VTD_CAP_CLIENT		0x00d2008c40660462ULL	/* MGAW 39 with 4 levels, 1 record */
#define VTD_ECAP_CLIENT		0x0000000000f050daULL
#define VTD_CAP_SERVER		0x00d2078c106f0466ULL	/* 48 bits, 8 records */
#define VTD_ECAP_SERVER		0x0000000000f020dfULL	/* coherent, device-TLBs */
#define VTD_CAP_OLD		0x00c9008020630272ULL	/* RWBF */
#define VTD_ECAP_OLD		0x0000000000001000ULL	/* no queue */

struct vtd_model_context {
	bool valid;
	u16 rid;
	u16 hwdid;		/* tag: 0 for a remembered absence */
	struct vtd_context_entry entry;
};

struct vtd_model_iotlb {
	bool valid;
	u16 hwdid;
	u64 page;
	u64 paddr;
	u32 prot;		/* NYX_PROT_*; 0: a remembered absence */
};

struct vtd_model_irte {
	bool valid;
	u32 index;
	struct vtd_irte entry;	/* without P: a remembered absence */
};

/* What arrives at the CPUs. */
struct vtd_model_raised {
	bool compatibility;	/* the message as it is; nothing else is filled in */
	bool logical, redirect, level;
	u8 delivery, vector;
	u32 destination;
};

/* What a device keeps of the translations it was given (ATS). */
struct vtd_model_held {
	bool valid;
	u16 rid;
	u64 page, paddr;
};

/* What memory holds of a page whose lines are written back by hand. */
struct vtd_model_shadow {
	u64 page;		/* physical, 0: free */
	u64 lines;		/* bit per cache line that was ever written back */
	u8 data[PAGE_SIZE];
};

struct vtd_model {
	struct nyx_mmio_model mmio;
	struct vtd_test seams;
	struct kunit *test;

	/* What kind of unit it is. */
	u64 cap, ecap;
	u32 gsts_stuck;		/* these bits of GSTS do not follow GCMD */
	bool te_sticks_on;	/* translation goes on but not off */
	u32 srtp_ignored;	/* so many SRTPs are not done */
	u32 sirtp_ignored;	/* so many SIRTPs are not done */
	bool no_cfi;		/* ignores CFI, and lets all compatibility formats pass (QEMU) */
	u32 qie_ignored;	/* so many times the queue does not go on */
	bool pmr_stuck;
	bool silent;		/* executes no descriptor */
	bool gone;		/* every read gives all ones */
	bool collapses;		/* drops faults of a source with a record pending */
	u32 refuse_type;	/* refuse descriptors of this type... */
	u32 refuse_after;	/* ...after letting so many pass */
	u32 refuse_times;
	u16 deaf_rid;		/* that device does not answer invalidations... */
	u32 gives_up_after;	/* ...which the unit sees after so many looks at FSTS; 0: never */
	/* After every register write; a device at work, say. */
	void (*written)(struct vtd_model *model);

	/* Registers. */
	u32 gsts, fsts, fectl, fedata, feaddr, feuaddr, pmen;
	u64 rtaddr, root, iqa, iqh, iqt;
	u64 irta, irt;		/* the register; the table in force, as it was written there */
	struct { u64 low, high; } records[VTD_MODEL_RECORDS];
	u32 next_record;
	u32 events;		/* fault events sent */
	u32 dropped;

	struct vtd_model_context contexts[VTD_MODEL_CONTEXTS];
	struct vtd_model_iotlb iotlb[VTD_MODEL_IOTLB];
	bool context_pending;	/* a context invalidation without a wait behind it */
	bool iotlb_pending;	/* likewise */
	struct vtd_model_irte irtes[VTD_MODEL_IRTES];
	bool irtes_stale;	/* may be of another table than the one in force... */
	bool irtes_pending;	/* ...until the wait behind this invalidation */
	struct vtd_model_held held[VTD_MODEL_HELD];
	bool unanswered;	/* a device was asked and has not answered */
	bool fenced;		/* the wait behind that has been fetched, and holds the queue up */
	struct vtd_model_shadow *shadows;

	/* The only form in which an entry may be present (set before set_entry). */
	struct vtd_context_entry expected;

	/*
	 * What was done, in order: R root pointer, Q q queue on off, T t
	 * translation on off, M protected regions off, B write-buffer flush,
	 * C c context cache global device, I i p IOTLB global domain page, w wait,
	 * d device-TLB, x a device given up and the wait behind it dropped; S interrupt
	 * table, N n interrupt entries all or by index, F f compatibility formats pass or
	 * not, E e remapping on off.
	 */
	char log[VTD_MODEL_LOG];
	u32 log_len;
	struct vtd_descriptor last_context, last_iotlb, last_device_tlb, last_interrupt, pages[8];
	u32 nr_pages;
	u32 descriptors;
	u32 violations;
	u32 writes;		/* of registers */
	bool went_off;		/* translation, at any time */
};

/* Lives as long as the test. */
struct vtd_model *vtd_model_new(struct kunit *test, u64 cap, u64 ecap);

/* A unit on the model, off, its time-outs short. Fails the test on error; vtd_model_free() it. */
struct vtd_unit *vtd_model_unit(struct vtd_model *model);
void vtd_model_free(struct vtd_unit *v);
/* Remove it, as rmmod does, and see whether it left its tables and ring in memory. */
void vtd_model_expect_left(struct kunit *test, struct vtd_unit *v, bool left);

/*
 * A request for iova from rid, answered from the caches where they have
 * something. 0 and *paddr, or the fault reason (recorded as the unit would).
 */
u32 vtd_model_dma(struct vtd_model *model, u16 rid, u64 iova, bool write, u64 *paddr);
/* It asks for a translation and keeps it. 0, or the fault reason (recorded). */
u32 vtd_model_translate(struct vtd_model *model, u16 rid, u64 iova);
/*
 * It uses what it keeps of iova: an address that it says is translated. False: it keeps
 * nothing of it, or the unit refuses that.
 */
bool vtd_model_translated(struct vtd_model *model, u16 rid, u64 iova, u64 *paddr);
/*
 * The message data, written to address by rid, which the unit takes for an interrupt. 0 and
 * what arrives, or the fault reason (recorded).
 */
u32 vtd_model_interrupt(struct vtd_model *model, u16 rid, u32 address, u32 data,
			struct vtd_model_raised *raised);
/* Record a fault. */
void vtd_model_fault(struct vtd_model *model, u16 rid, u64 address, u32 reason, bool write);

void vtd_model_clear_log(struct vtd_model *model);

/* Between the model's own files. */

#define vtd_model_violation(m, fmt, ...)					\
	vtd_model_violated(m, "model: " fmt "\n", ##__VA_ARGS__)

__printf(2, 3) void vtd_model_violated(struct vtd_model *model, const char *fmt, ...);
/* Set a bit of FSTS, and send the fault event if it is the first. */
void vtd_model_set_status(struct vtd_model *model, u32 bit);
void vtd_model_note(struct vtd_model *model, char what);
/* A half of a table's entry, as memory holds it. */
u64 vtd_model_read_table(struct vtd_model *model, u64 pa);
/* vtd_model_irq.c: commands, a descriptor (false: refused), a store to the table in force. */
void vtd_model_set_irt(struct vtd_model *model);
u32 vtd_model_change_remapping(struct vtd_model *model, u32 changes, u32 value);
void vtd_model_host_listens(struct vtd_model *model);
bool vtd_model_invalidate_interrupts(struct vtd_model *model, const struct vtd_descriptor *d);
bool vtd_model_stored_irte(struct vtd_model *model, u64 pa);
void vtd_model_stored(struct vtd_test *seams, const u64 *at);
void vtd_model_written_back(struct vtd_test *seams, const void *at, size_t bytes);

#endif
