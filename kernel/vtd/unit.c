// SPDX-License-Identifier: GPL-2.0
/*
 * A VT-d unit's life: found, turned on, resumed, turned off, given back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "vtd.h"

#ifdef NYX_KUNIT
struct vtd_test *vtd_next_test;
#endif

/* udelay(), not a clock: this also runs while timekeeping is suspended and at shutdown. */
static int poll32(struct vtd_unit *v, u32 offset, u32 mask, u32 value)
{
	u32 i, seen;

	for (i = 0; i < v->polls; i++) {
		seen = nyx_read32(&v->io, offset);
		if (seen == U32_MAX)
			return -EIO;
		if ((seen & mask) == value)
			return 0;
		udelay(1);
	}
	return -ETIMEDOUT;
}

int vtd_command(struct vtd_unit *v, u32 set, u32 clear, u32 mask, u32 value)
{
	u32 on = nyx_read32(&v->io, VTD_GSTS);

	if (on == U32_MAX)
		return -EIO;
	nyx_write32(&v->io, VTD_GCMD, (on & VTD_GCMD_KEEP & ~clear) | set);
	return poll32(v, VTD_GSTS, mask, value);
}

int vtd_command_locking(struct vtd_unit *v, u32 set, u32 clear, u32 mask, u32 value)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&v->command_lock, flags);
	err = vtd_command(v, set, clear, mask, value);
	raw_spin_unlock_irqrestore(&v->command_lock, flags);
	return err;
}

void vtd_translation_off(struct vtd_unit *v)
{
	if ((nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_TES) &&
	    vtd_command(v, 0, VTD_GCMD_TE, VTD_GSTS_TES, 0))
		pr_err("%s: translation does not go off (GSTS %#x)\n", v->unit.name,
		       nyx_read32(&v->io, VTD_GSTS));
}

/*
 * Off, in the order that 6.6 gives: the queue may only go when it is empty.
 * No locks and no sleep: this is also the last thing a CPU does before a kexec.
 */
void vtd_turn_off(struct vtd_unit *v)
{
	u32 gsts;

	if (nyx_read32(&v->io, VTD_GSTS) == U32_MAX)
		return;
	vtd_translation_off(v);
	vtd_remapping_off(v);
	gsts = nyx_read32(&v->io, VTD_GSTS);
	/* Remapping that stays on still needs its invalidations. */
	if (!(gsts & VTD_GSTS_QIES) || gsts & VTD_GSTS_IRES)
		return;
	vtd_queue_drain(v);
	if (vtd_command(v, 0, VTD_GCMD_QIE, VTD_GSTS_QIES, 0))
		pr_err("%s: the invalidation queue does not go off (GSTS %#x)\n", v->unit.name,
		       nyx_read32(&v->io, VTD_GSTS));
}

/*
 * Firmware may have fenced memory regions off until translation takes over
 * (10.4.16). They would go on refusing DMA that our tables allow.
 */
static int open_protected_regions(struct vtd_unit *v)
{
	u32 pmen;

	if (!vtd_cap(v, VTD_CAP_PLMR | VTD_CAP_PHMR))
		return 0;
	pmen = nyx_read32(&v->io, VTD_PMEN);
	if (!(pmen & VTD_PMEN_EPM))
		return 0;
	nyx_write32(&v->io, VTD_PMEN, pmen & ~VTD_PMEN_EPM);
	return poll32(v, VTD_PMEN, VTD_PMEN_PRS, 0);
}

/*
 * From tables in memory to a translating unit (6.6 for the root pointer, 6.5.2 for the
 * queue, which is off). Does not sleep; on error the unit is anywhere between, and *step
 * says where.
 *
 * The unit may be translating already, with other tables. 10.4.4, SRTP, allows to change
 * them then as long as DMA that is under way comes out the same; an entry that is not
 * cached is looked up in the new ones at once, one that is until it is invalidated. So
 * the queue comes before the root: a root without invalidations would be no way on, nor
 * back.
 */
static int turn_on(struct vtd_unit *v, const char **step)
{
	int err;

	*step = "flush its write buffers";
	err = vtd_flush_write_buffers(v);
	if (err)
		return err;

	*step = "start the invalidation queue";
	v->shown = true;
	nyx_queue_restart(&v->queue);
	nyx_write64(&v->io, VTD_IQT, 0);
	nyx_write64(&v->io, VTD_IQA, v->queue.ring_pa & VTD_IQA_ADDR);
	err = vtd_command_locking(v, VTD_GCMD_QIE, 0, VTD_GSTS_QIES, VTD_GSTS_QIES);
	if (err)
		return err;

	*step = "take the root table";
	nyx_write64(&v->io, VTD_RTADDR, virt_to_phys(v->root) & VTD_RTADDR_RTA);
	err = vtd_command_locking(v, VTD_GCMD_SRTP, 0, VTD_GSTS_RTPS, VTD_GSTS_RTPS);
	if (err)
		return err;

	*step = "invalidate its caches";
	err = vtd_invalidate_all(v);
	if (err)
		return err;

	*step = "turn translation on";
	err = vtd_command_locking(v, VTD_GCMD_TE, 0, VTD_GSTS_TES, VTD_GSTS_TES);
	if (err)
		return err;

	*step = "open the protected memory regions";
	err = open_protected_regions(v);
	if (err)
		return err;

	return vtd_remapping_on(v, step);
}

/* Where the unit is after vtd_put_back() returned err. */
static const char *whereabouts(const struct vtd_unit *v, u32 gsts, int err)
{
	if (!(gsts & VTD_GSTS_TES))
		return "is off again";
	if (!(v->found.gsts & VTD_GSTS_TES))
		return "does not go off, reboot";
	return err ? "goes on, but not all is as it was found, reboot" :
		     "goes on as it was found";
}

static int vtd_enable(struct nyx_unit *unit, struct nyx_why *why)
{
	struct vtd_unit *v = to_vtd(unit);
	const char *step = "empty the queue that it was found with";
	u32 gsts, faults = 0;
	int err, back;

	err = vtd_may_take_over(&v->io, v->ecap, why);
	if (err)
		return err;
	vtd_look(v);
	err = vtd_stop_found_queue(v);
	if (!err) {
		/* Only now: a queue that had stopped at an error would go on from there. */
		faults = vtd_faults_discard(v);
		err = turn_on(v, &step);
	}
	if (err) {
		back = vtd_put_back(v);
		gsts = nyx_read32(&v->io, VTD_GSTS);
		return nyx_refuse(why, err, NYX_ARG_NONE,
				  "%s did not %s (GSTS %#x, FSTS %#x): translation %s",
				  unit->name, step, gsts, nyx_read32(&v->io, VTD_FSTS),
				  whereabouts(v, gsts, back));
	}
	unit->taken_over = v->found.gsts & (VTD_GSTS_TES | VTD_GSTS_IRES);
	if (faults)
		pr_info("%s: %u fault records of before are dropped\n", unit->name, faults);
	WRITE_ONCE(unit->state, NYX_UNIT_TRANSLATING);
	vtd_remapping_tell(v);
	vtd_faults_start(v);
	return 0;
}

static void vtd_op_put_back(struct nyx_unit *unit)
{
	if (vtd_put_back(to_vtd(unit)))
		pr_err("%s: not all is as it was found\n", unit->name);
	cmpxchg(&unit->state, NYX_UNIT_TRANSLATING, NYX_UNIT_OFF);
	unit->taken_over = false;
}

static int vtd_resume(struct nyx_unit *unit)
{
	struct vtd_unit *v = to_vtd(unit);
	const char *step;
	int err;

	if (nyx_unit_dead(unit))
		return -EIO;
	/* Firmware may hand it back with something on. */
	vtd_turn_off(v);
	err = turn_on(v, &step);
	if (err) {
		vtd_turn_off(v);
		pr_err("%s: after resume it did not %s\n", unit->name, step);
		nyx_unit_mark_dead(unit, "it did not come back from suspend");
		return err;
	}
	WRITE_ONCE(unit->state, NYX_UNIT_TRANSLATING);
	vtd_faults_resume(v);
	return 0;
}

static void vtd_disable(struct nyx_unit *unit)
{
	/* If it is on all the same, it is not our doing. */
	if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
		return;
	vtd_turn_off(to_vtd(unit));
	/* A dead unit stays dead: what it cached cannot be proved gone. */
	cmpxchg(&unit->state, NYX_UNIT_TRANSLATING, NYX_UNIT_OFF);
}

/*
 * What the unit may still read is never freed, or host DMA would go wherever the
 * next owner of that memory sends it. All ones, a unit that has vanished, is no proof
 * that it is off.
 */
static void free_tables(struct vtd_unit *v)
{
	u32 gsts = nyx_read32(&v->io, VTD_GSTS);

	if (v->shown && gsts & (VTD_GSTS_TES | VTD_GSTS_IRES | VTD_GSTS_QIES)) {
		pr_err("%s: still on (GSTS %#x): its tables stay in memory, reboot to get rid of them\n",
		       v->unit.name, gsts);
		nyx_queue_abandon(&v->queue);
		/* Of all that, the unit does not read this. */
		bitmap_free(v->irt_used);
		return;
	}
	nyx_queue_free(&v->queue);
	vtd_tables_free(v);
	vtd_irt_free(v);
	nyx_identity_free(&v->unit);
}

static void vtd_remove(struct nyx_unit *unit)
{
	struct vtd_unit *v = to_vtd(unit);

	vtd_stop_faults(unit);
	free_tables(v);
	if (v->owns_window) {
		iounmap(v->io.base);
		release_mem_region(unit->reg_base, v->io.size);
	}
	nyx_unit_fini(unit);
	kfree(v);
}

static void vtd_read_registers(struct nyx_unit *unit, u64 registers[NYX_UNIT_REGISTERS])
{
	const struct nyx_mmio *io = &to_vtd(unit)->io;

	registers[0] = nyx_read32(io, VTD_VER);
	registers[1] = nyx_read64(io, VTD_CAP);
	registers[2] = nyx_read64(io, VTD_ECAP);
	registers[3] = nyx_read32(io, VTD_GSTS);
}

static const struct nyx_unit_ops vtd_ops = {
	.set_entry = vtd_set_entry,
	.flush = vtd_flush,
	.flush_device_tlb = vtd_flush_device_tlb,
	.enable = vtd_enable,
	.put_back = vtd_op_put_back,
	.stop_faults = vtd_stop_faults,
	.disable = vtd_disable,
	.remove = vtd_remove,
	.drain_faults = vtd_drain_faults,
	.read_entry = vtd_read_entry,
	.read_registers = vtd_read_registers,
	.audit = vtd_audit,
	.resume = vtd_resume,
	.irq_open = vtd_irq_open,
	.irq_close = vtd_irq_close,
	.irq_reserve = vtd_irq_reserve,
	.irq_release = vtd_irq_release,
	.irq_write = vtd_irq_write,
	.irq_forget = vtd_irq_forget,
	.irq_compose = vtd_irq_compose,
	.irq_read = vtd_irq_read,
	.irq_compare = vtd_irq_compare,
	.irq_audit = vtd_irq_audit,
};

int vtd_unit_create(const struct nyx_mmio *io, u8 physical_width,
		    const struct nyx_acpi_unit *firmware, struct nyx_unit **out,
		    struct nyx_why *why)
{
	u32 ver = nyx_read32(io, VTD_VER);
	u64 cap = nyx_read64(io, VTD_CAP), ecap = nyx_read64(io, VTD_ECAP);
	struct vtd_unit *v;
	int err;

	if (ver == U32_MAX || cap == U64_MAX || ecap == U64_MAX || !cap || !ecap)
		return nyx_refuse(why, -ENODEV, NYX_ARG_NONE,
				  "no unit answers at %#llx (CAP %#llx, ECAP %#llx): the DMAR table names it, but firmware has hidden or disabled it",
				  firmware->reg_base, cap, ecap);
	err = vtd_may_take_over(io, ecap, why);
	if (err)
		return err;

	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	v->io = *io;
	v->cap = cap;
	v->ecap = ecap;
	v->polls = VTD_POLLS;
#ifdef NYX_KUNIT
	v->test = vtd_next_test;
#endif
	raw_spin_lock_init(&v->command_lock);

	err = vtd_decode_caps(&v->unit.caps, cap, ecap, physical_width, why);
	if (err)
		goto free_unit;
	v->unit.node_id = nyx_unit_node(firmware);
	err = nyx_unit_init(&v->unit, &vtd_ops, firmware, "dmar");
	if (err)
		goto free_unit;
	err = vtd_tables_init(v);
	if (err)
		goto fini_unit;
	err = vtd_irt_init(v, why);
	if (err)
		goto free_tables;
	/* 10.4.3, C: the queue and the status word are always snooped. */
	err = nyx_queue_init(&v->queue, &vtd_queue_ops, VTD_QUEUE_ENTRIES,
			     sizeof(struct vtd_descriptor), true, v->unit.node_id);
	if (err)
		goto free_irt;
	vtd_faults_init(v);
	*out = &v->unit;
	return 0;

free_irt:
	vtd_irt_free(v);
free_tables:
	vtd_tables_free(v);
fini_unit:
	nyx_unit_fini(&v->unit);
free_unit:
	kfree(v);
	return err;
}

static int map_window(struct nyx_mmio *io, u64 base, u64 size, struct nyx_why *why)
{
	if (!request_mem_region(base, size, "nyx_iommu"))
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "the unit at %#llx is held by the kernel's own driver: boot with "
				  VTD_PARAMETERS " (both: interrupt remapping alone holds it too)",
				  base);
	memset(io, 0, sizeof(*io));
	io->size = size;
	io->base = ioremap(base, size);
	if (!io->base) {
		release_mem_region(base, size);
		return nyx_refuse(why, -ENOMEM, NYX_ARG_NONE,
				  "the registers at %#llx cannot be mapped", base);
	}
	return 0;
}

static void unmap_window(struct nyx_mmio *io, u64 base)
{
	iounmap(io->base);
	release_mem_region(base, io->size);
}

static int vtd_probe(const struct nyx_acpi_desc *desc, const struct nyx_acpi_unit *firmware,
		     struct nyx_unit **out, struct nyx_why *why)
{
	u64 base = firmware->reg_base, size = max_t(u64, firmware->reg_size, SZ_4K), needed;
	struct nyx_mmio io;
	int err;

	err = map_window(&io, base, size, why);
	if (err)
		return err;
	/* CAP.FRO and ECAP.IRO may point past the page that firmware declares. */
	needed = vtd_window_size(nyx_read64(&io, VTD_CAP), nyx_read64(&io, VTD_ECAP));
	/* All ones (nobody there) would ask for a window of nonsense: create() refuses it. */
	if (needed > size && nyx_read64(&io, VTD_CAP) != U64_MAX) {
		unmap_window(&io, base);
		err = map_window(&io, base, needed, why);
		if (err)
			return err;
	}
	err = vtd_unit_create(&io, desc->address_width, firmware, out, why);
	if (err) {
		unmap_window(&io, base);
		return err;
	}
	to_vtd(*out)->owns_window = true;
	return 0;
}

const struct nyx_vendor nyx_vtd_vendor = {
	.name = "vtd",
	.signature = "DMAR",
	.kernel_parameters = VTD_PARAMETERS,
	.parse = nyx_dmar_parse,
	.probe = vtd_probe,
};
