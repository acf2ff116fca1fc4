// SPDX-License-Identifier: GPL-2.0
/*
 * A unit that somebody else left on: what stands against taking it over, its former
 * owner's queue, and the way back to its former owner's tables.
 */
#include <linux/delay.h>

#include "vtd.h"

#define WAY_OUT	"boot with " VTD_PARAMETERS " and without DMA protection by firmware"

#define IN_USE	(VTD_GSTS_TES | VTD_GSTS_IRES | VTD_GSTS_QIES)

/* What rules a take-over out, whoever asks for it; NULL: nothing. */
static const char *obstacle(u32 gsts, u64 rtaddr, u64 irta, u64 ecap)
{
	/* The host's own interrupts go through the table, or not at all (5.1.4). */
	if ((gsts & VTD_GSTS_IRES) && !(gsts & VTD_GSTS_CFIS) && !vtd_without_cfi())
		return "interrupt remapping is on, and lets nothing past it";
	/* 10.4.29: EIME does not change while IRE is on; with it, too, nothing passes. */
	if ((gsts & VTD_GSTS_IRES) && (irta & VTD_IRTA_EIME || vtd_x2apic()))
		return "interrupt remapping is on, for or among CPUs in x2APIC mode";
	/* Faults would go on into its owner's memory, past the records that we read. */
	if (gsts & VTD_GSTS_AFLS)
		return "advanced fault logging is on";
	if (!(gsts & VTD_GSTS_TES))
		return NULL;
	/* 10.4.6: TTM does not change while TE is on. */
	if (FIELD_GET(VTD_RTADDR_TTM, rtaddr))
		return "it translates, and not in legacy mode";
	/*
	 * Host devices would go through a page table of ours under a domain id of ours, and
	 * until the caches are clean the unit may mix it with what it holds of the former
	 * owner's tables under the same id (6.2.1). Pass-through entries walk no table.
	 */
	if (!(ecap & VTD_ECAP_PT))
		return "it translates, and has no pass-through entries (ECAP.PT)";
	return NULL;
}

int vtd_may_take_over(const struct nyx_mmio *io, u64 ecap, struct nyx_why *why)
{
	u32 gsts = nyx_read32(io, VTD_GSTS);
	const char *what;

	if (!(gsts & IN_USE))
		return 0;
	what = obstacle(gsts, nyx_read64(io, VTD_RTADDR),
			gsts & VTD_GSTS_IRES ? nyx_read64(io, VTD_IRTA) : 0, ecap);
	if (what)
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "%s (GSTS %#x), by firmware, a kernel that crashed, or the in-tree driver: that cannot be taken over; "
				  WAY_OUT, what, gsts);
	if (!nyx_takeover)
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "already on (%s%s%sGSTS %#x) by firmware, a kernel that crashed, or the in-tree driver: "
				  WAY_OUT
				  "; or load with takeover=1, unless a device is in the middle of DMA that the tables left behind redirect",
				  gsts & VTD_GSTS_TES ? "translation, " : "",
				  gsts & VTD_GSTS_IRES ? "interrupt remapping, " : "",
				  gsts & VTD_GSTS_QIES ? "queue, " : "", gsts);
	return 0;
}

void vtd_look(struct vtd_unit *v)
{
	struct vtd_found *found = &v->found;

	found->gsts = nyx_read32(&v->io, VTD_GSTS);
	found->rtaddr = nyx_read64(&v->io, VTD_RTADDR);
	found->iqa = nyx_read64(&v->io, VTD_IQA);
	found->irta = vtd_ecap(v, VTD_ECAP_IR) ? nyx_read64(&v->io, VTD_IRTA) : 0;
	found->pmen = vtd_cap(v, VTD_CAP_PLMR | VTD_CAP_PHMR) ? nyx_read32(&v->io, VTD_PMEN) : 0;
}

int vtd_queue_drain(struct vtd_unit *v)
{
	u32 i;

	for (i = 0; i < v->polls; i++) {
		if (nyx_read64(&v->io, VTD_IQH) == nyx_read64(&v->io, VTD_IQT))
			return 0;
		udelay(1);
	}
	return -ETIMEDOUT;
}

/* 6.5.2: it may only go when it is empty; what is in it is still on its way to be done. */
int vtd_stop_found_queue(struct vtd_unit *v)
{
	if (!(v->found.gsts & VTD_GSTS_QIES))
		return 0;
	return vtd_queue_drain(v) ?: vtd_command(v, 0, VTD_GCMD_QIE, VTD_GSTS_QIES, 0);
}

/* 0: the former owner's root is in force, and the unit has forgotten ours. */
static int put_back_root(struct vtd_unit *v)
{
	int err;

	if ((nyx_read64(&v->io, VTD_RTADDR) & VTD_RTADDR_RTA) != virt_to_phys(v->root))
		return 0;
	/* It may have been relying on its fences. */
	if (v->found.pmen & VTD_PMEN_EPM)
		nyx_write32(&v->io, VTD_PMEN, v->found.pmen);
	nyx_write64(&v->io, VTD_RTADDR, v->found.rtaddr);
	err = vtd_command(v, VTD_GCMD_SRTP, 0, VTD_GSTS_RTPS, VTD_GSTS_RTPS);
	return err ?: vtd_invalidate_all(v);
}

/* 0: the queue is as it was found, except that it is empty and starts from slot 0. */
static int put_back_queue(struct vtd_unit *v)
{
	int err;

	if ((nyx_read64(&v->io, VTD_IQA) & VTD_IQA_ADDR) == v->queue.ring_pa) {
		/* One that has failed never empties, and is turned off all the same. */
		if (nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_QIES)
			vtd_queue_drain(v);
		err = vtd_command(v, 0, VTD_GCMD_QIE, VTD_GSTS_QIES, 0);
		if (err)
			return err;
		nyx_write64(&v->io, VTD_IQA, v->found.iqa);
		/* What ours stopped at would stop the other one too. */
		nyx_write32(&v->io, VTD_FSTS, VTD_FSTS_IQE | VTD_FSTS_ITE);
	}
	if (!(v->found.gsts & VTD_GSTS_QIES))
		return 0;
	if (!(nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_QIES))
		nyx_write64(&v->io, VTD_IQT, 0);
	/* Also where it has not gone off when it was told to. */
	return vtd_command(v, VTD_GCMD_QIE, 0, VTD_GSTS_QIES, VTD_GSTS_QIES);
}

int vtd_put_back(struct vtd_unit *v)
{
	int interrupts = vtd_remapping_put_back(v), root = 0, queue;

	if (v->found.gsts & VTD_GSTS_TES) {
		root = put_back_root(v);
	} else {
		vtd_translation_off(v);
		if (nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_TES)
			return -EIO;
		/* The status of the root pointer stays; the rest is as it was. */
		nyx_write64(&v->io, VTD_RTADDR, v->found.rtaddr);
	}
	queue = put_back_queue(v);
	/* Only what is known to be forgotten may be freed while the unit translates. */
	if (!root && !interrupts && nyx_read64(&v->io, VTD_IQA) == v->found.iqa)
		v->shown = false;
	return root ?: interrupts ?: queue;
}
