// SPDX-License-Identifier: GPL-2.0
/*
 * A unit that somebody else left on: what stands against taking it over, its former
 * owner's rings, the change to our device table, and the way back to its former owner's.
 */
#include <linux/delay.h>

#include "../why.h"
#include "amdvi.h"

#define WAY_OUT	"boot with " AMDVI_PARAMETERS " and without DMA protection by firmware"

/* As long as a unit may take over what is in its command buffer. */
#define DRAIN_TIMEOUT_US	500000

/*
 * Interrupt entries' format. Who left it on had its devices' interrupts remapped. They are in
 * nobody's hands any more: a kernel that has the unit remap for it now holds the registers,
 * and one that does not has its devices send what our entries pass as it is. Its own entries,
 * one that sends each of its devices' interrupts through a table included, stand in nobody's
 * way: what such a device still sends by them meant something to a kernel that is gone.
 */
#define FORMAT	(AMDVI_CONTROL_GA_EN | AMDVI_CONTROL_XT_EN)

/* What firmware has set for the links in this machine (3.4.4): not an owner's choice. */
#define LINK	(AMDVI_CONTROL_HT_TUN_EN | AMDVI_CONTROL_PASS_PW | AMDVI_CONTROL_RES_PASS_PW | \
		 AMDVI_CONTROL_ISOC | AMDVI_CONTROL_COHERENT | AMDVI_CONTROL_INV_TIME_OUT)

/* What rules a take-over out, whoever asks for it; NULL: nothing. */
static const char *obstacle(u64 control)
{
	/* Each of these has state of its former owner: tables, logs, requests that wait. */
	if (control & AMDVI_CONTROL_DEV_TBL_SEG_EN)
		return "its device table is segmented";
	if (control & AMDVI_CONTROL_GT_EN)
		return "guest translation is on";
	if (control & (AMDVI_CONTROL_PPR_EN | AMDVI_CONTROL_PPR_LOG_EN | AMDVI_CONTROL_PPR_INT_EN))
		return "page requests are on";
	if (control & (AMDVI_CONTROL_GAM_EN | AMDVI_CONTROL_GA_LOG_EN | AMDVI_CONTROL_GA_INT_EN))
		return "interrupts are delivered to guests";
	if (control & ~(AMDVI_CONTROL_IOMMU_EN | AMDVI_CONTROL_RINGS | LINK | FORMAT))
		return "a feature that this version does not know is on";
	return NULL;
}

int amdvi_may_take_over(const struct nyx_mmio *io, struct nyx_why *why)
{
	u64 control = nyx_read64(io, AMDVI_CONTROL);
	const char *what;

	if (!(control & AMDVI_CONTROL_IOMMU_EN))
		return 0;
	what = obstacle(control);
	if (what)
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "already translates, by firmware, a kernel that crashed, or the in-tree driver, and cannot be taken over: %s (%#llx); "
				  WAY_OUT, what, control);
	if (!nyx_takeover)
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "already translates (control %#llx), by firmware, a kernel that crashed, or the in-tree driver: "
				  WAY_OUT
				  "; or load with takeover=1, unless a device is in the middle of DMA that the tables left behind redirect",
				  control);
	return 0;
}

void amdvi_look(struct amdvi_unit *amdvi)
{
	const struct nyx_mmio *io = &amdvi->io;

	amdvi->found = (struct amdvi_found) {
		.control = nyx_read64(io, AMDVI_CONTROL),
		.devtab = nyx_read64(io, AMDVI_DEVTAB_BASE),
		.cmd_base = nyx_read64(io, AMDVI_CMD_BASE),
		.event_base = nyx_read64(io, AMDVI_EVENT_BASE),
		.excl_base = nyx_read64(io, AMDVI_EXCL_BASE),
		.excl_limit = nyx_read64(io, AMDVI_EXCL_LIMIT),
	};
	amdvi->control = amdvi->found.control;
}

static int stop_rings(struct amdvi_unit *amdvi)
{
	amdvi_write_control(amdvi, amdvi->control & ~AMDVI_CONTROL_RINGS);
	return amdvi_wait_status(amdvi, AMDVI_STATUS_CMD_BUF_RUN | AMDVI_STATUS_EVENT_LOG_RUN, 0);
}

/* A ring that runs takes its commands; one that has stopped at a bad one never will. */
static int drain_commands(struct amdvi_unit *amdvi)
{
	const struct nyx_mmio *io = &amdvi->io;
	u32 us;

	for (us = 0; us < DRAIN_TIMEOUT_US; us++) {
		if (!(nyx_read64(io, AMDVI_STATUS) & AMDVI_STATUS_CMD_BUF_RUN) ||
		    nyx_read64(io, AMDVI_CMD_HEAD) == nyx_read64(io, AMDVI_CMD_TAIL))
			return 0;
		udelay(1);
	}
	return -ETIMEDOUT;
}

int amdvi_stop_found_rings(struct amdvi_unit *amdvi, u32 *events)
{
	const struct nyx_mmio *io = &amdvi->io;
	u32 entries = 1U << FIELD_GET(AMDVI_EVENT_LEN, amdvi->found.event_base);
	u32 head, tail;
	int err;

	err = drain_commands(amdvi) ?: stop_rings(amdvi);
	if (err)
		return err;
	head = FIELD_GET(AMDVI_RING_PTR, nyx_read64(io, AMDVI_EVENT_HEAD));
	tail = FIELD_GET(AMDVI_RING_PTR, nyx_read64(io, AMDVI_EVENT_TAIL));
	*events = amdvi->found.control & AMDVI_CONTROL_EVENT_LOG_EN ?
		  (tail - head) & (entries - 1) : 0;
	return 0;
}

/*
 * The rings come before the table: a table without invalidations would be no way on, nor
 * back. An entry that is not cached is then looked up in ours at once, one that is until
 * it is invalidated; either lets host DMA pass.
 */
int amdvi_change_over(struct amdvi_unit *amdvi, const char **step)
{
	const struct nyx_mmio *io = &amdvi->io;
	u64 control = (amdvi->found.control & (LINK | FORMAT)) | AMDVI_CONTROL_COHERENT |
		      AMDVI_CONTROL_IOMMU_EN;
	int err;

	*step = "start its command buffer";
	amdvi_write_rings(amdvi);
	control |= AMDVI_CONTROL_CMD_BUF_EN | AMDVI_CONTROL_EVENT_LOG_EN;
	if (amdvi->irq)
		control |= AMDVI_CONTROL_EVENT_INT_EN;
	amdvi_write_control(amdvi, control);
	err = amdvi_wait_status(amdvi, AMDVI_STATUS_CMD_BUF_RUN, AMDVI_STATUS_CMD_BUF_RUN);
	if (err)
		return err;

	*step = "invalidate its caches";
	nyx_write64(io, AMDVI_DEVTAB_BASE, amdvi_devtab_base(amdvi));
	err = amdvi_invalidate_all(amdvi);
	if (err || !(amdvi->found.excl_base & (AMDVI_EXCL_EN | AMDVI_EXCL_ALLOW)))
		return err;

	/*
	 * Last, for an entry of the former owner's may need it as long as it is cached (EX,
	 * 3.4.6). What went past the tables by it may be cached too.
	 */
	nyx_write64(io, AMDVI_EXCL_BASE, 0);
	nyx_write64(io, AMDVI_EXCL_LIMIT, 0);
	return amdvi_invalidate_all(amdvi);
}

/* 0: the former owner's table is in force, and the unit has forgotten ours. */
static int put_back_table(struct amdvi_unit *amdvi)
{
	const struct nyx_mmio *io = &amdvi->io;

	if (nyx_read64(io, AMDVI_DEVTAB_BASE) != amdvi_devtab_base(amdvi))
		return 0;
	/* Before the entries that may need it. */
	nyx_write64(io, AMDVI_EXCL_LIMIT, amdvi->found.excl_limit);
	nyx_write64(io, AMDVI_EXCL_BASE, amdvi->found.excl_base);
	nyx_write64(io, AMDVI_DEVTAB_BASE, amdvi->found.devtab);
	return amdvi_invalidate_all(amdvi);
}

/* 0: the rings are as they were found, except that they are empty and start from slot 0. */
static int put_back_rings(struct amdvi_unit *amdvi)
{
	const struct nyx_mmio *io = &amdvi->io;
	int err;

	if (nyx_read64(io, AMDVI_CMD_BASE) != amdvi->found.cmd_base) {
		err = stop_rings(amdvi);
		if (err)
			return err;
		nyx_write64(io, AMDVI_CMD_BASE, amdvi->found.cmd_base);
		nyx_write64(io, AMDVI_CMD_HEAD, 0);
		nyx_write64(io, AMDVI_CMD_TAIL, 0);
		nyx_write64(io, AMDVI_EVENT_BASE, amdvi->found.event_base);
		nyx_write64(io, AMDVI_EVENT_HEAD, 0);
		nyx_write64(io, AMDVI_EVENT_TAIL, 0);
	}
	amdvi_write_control(amdvi, amdvi->found.control);
	return 0;
}

int amdvi_put_back(struct amdvi_unit *amdvi)
{
	int table, rings;

	if (!(amdvi->found.control & AMDVI_CONTROL_IOMMU_EN)) {
		amdvi_turn_off(amdvi);
		return amdvi_still_on(amdvi) ? -EIO : 0;
	}
	table = put_back_table(amdvi);
	rings = put_back_rings(amdvi);
	/* Only what is known to be forgotten may be freed while the unit translates. */
	if (!table && !rings)
		amdvi->shown = false;
	return table ?: rings;
}
