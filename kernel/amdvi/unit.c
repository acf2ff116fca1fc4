// SPDX-License-Identifier: GPL-2.0
/*
 * An AMD-Vi unit from probe to remove: its registers and capabilities, turning
 * translation on and off, and putting everything back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../why.h"
#include "amdvi.h"

/* A change of a run bit takes microseconds; a unit that needs this long is broken. */
#define STATUS_TIMEOUT_US	100000

#define WAY_OUT	"boot with " AMDVI_PARAMETERS

int amdvi_wait_status(struct amdvi_unit *amdvi, u64 mask, u64 value)
{
	unsigned int us;

	for (us = 0; us < STATUS_TIMEOUT_US; us++) {
		if ((nyx_read64(&amdvi->io, AMDVI_STATUS) & mask) == value)
			return 0;
		udelay(1);
	}
	return -ETIMEDOUT;
}

void amdvi_write_control(struct amdvi_unit *amdvi, u64 control)
{
	amdvi->control = control;
	nyx_write64(&amdvi->io, AMDVI_CONTROL, control);
}

/* ---- on and off ---- */

/* What firmware knows about the links (5.2.2.1, 3.4.4), and the format of interrupt entries. */
static u64 initial_control(const struct amdvi_unit *amdvi)
{
	u8 flags = amdvi->unit.firmware->ivhd_flags;

	/*
	 * Coherent whatever firmware says: that only makes the unit snoop. Where
	 * firmware denies it, table stores are written back as well.
	 */
	return FIELD_PREP(AMDVI_CONTROL_HT_TUN_EN, !!(flags & AMDVI_IVHD_HT_TUN_EN)) |
	       FIELD_PREP(AMDVI_CONTROL_PASS_PW, !!(flags & AMDVI_IVHD_PASS_PW)) |
	       FIELD_PREP(AMDVI_CONTROL_RES_PASS_PW, !!(flags & AMDVI_IVHD_RES_PASS_PW)) |
	       FIELD_PREP(AMDVI_CONTROL_ISOC, !!(flags & AMDVI_IVHD_ISOC)) |
	       FIELD_PREP(AMDVI_CONTROL_INV_TIME_OUT, AMDVI_INV_TIME_OUT_1S) |
	       AMDVI_CONTROL_COHERENT | amdvi_irq_control(amdvi);
}

void amdvi_write_rings(struct amdvi_unit *amdvi)
{
	const struct nyx_mmio *io = &amdvi->io;

	amdvi->shown = true;
	nyx_queue_restart(&amdvi->queue);
	memset(amdvi->log, 0, AMDVI_EVENTS * sizeof(struct amdvi_event));
	amdvi->log_head = 0;

	/* Left over from before; some units keep the log pointers while one is set. */
	nyx_write64(io, AMDVI_STATUS, AMDVI_STATUS_EVENT_OVERFLOW | AMDVI_STATUS_EVENT_LOG_INT |
				      AMDVI_STATUS_COM_WAIT_INT);
	nyx_write64(io, AMDVI_CMD_BASE, amdvi->queue.ring_pa |
		    FIELD_PREP(AMDVI_CMD_LEN, ilog2(AMDVI_COMMANDS)));
	nyx_write64(io, AMDVI_CMD_HEAD, 0);
	nyx_write64(io, AMDVI_CMD_TAIL, 0);
	nyx_write64(io, AMDVI_EVENT_BASE, virt_to_phys(amdvi->log) |
		    FIELD_PREP(AMDVI_EVENT_LEN, ilog2(AMDVI_EVENTS)));
	nyx_write64(io, AMDVI_EVENT_HEAD, 0);
	nyx_write64(io, AMDVI_EVENT_TAIL, 0);
}

/* Tables, rings, then IommuEn last of all: DMA meets a complete unit (3.4.4). */
static int turn_on(struct amdvi_unit *amdvi, const char **step)
{
	const struct nyx_mmio *io = &amdvi->io;
	u64 control = initial_control(amdvi);

	amdvi_write_rings(amdvi);
	nyx_write64(io, AMDVI_DEVTAB_BASE, amdvi_devtab_base(amdvi));
	/* The exclusion range lets DMA past the tables; IVMDs are mapped instead. */
	nyx_write64(io, AMDVI_EXCL_BASE, 0);
	nyx_write64(io, AMDVI_EXCL_LIMIT, 0);

	amdvi_write_control(amdvi, control);
	control |= AMDVI_CONTROL_CMD_BUF_EN | AMDVI_CONTROL_EVENT_LOG_EN;
	if (amdvi->irq)
		control |= AMDVI_CONTROL_EVENT_INT_EN;
	amdvi_write_control(amdvi, control);
	amdvi_write_control(amdvi, control | AMDVI_CONTROL_IOMMU_EN);

	*step = "start its command buffer";
	if (amdvi_wait_status(amdvi, AMDVI_STATUS_CMD_BUF_RUN, AMDVI_STATUS_CMD_BUF_RUN))
		return -ETIMEDOUT;
	*step = "invalidate its caches";
	return amdvi_invalidate_all(amdvi);
}

/* All ones, a unit that has vanished, is no proof that it is off. */
bool amdvi_still_on(struct amdvi_unit *amdvi)
{
	return nyx_read64(&amdvi->io, AMDVI_CONTROL) & AMDVI_CONTROL_IOMMU_EN ||
	       nyx_read64(&amdvi->io, AMDVI_STATUS) & (AMDVI_STATUS_CMD_BUF_RUN |
						       AMDVI_STATUS_EVENT_LOG_RUN);
}

void amdvi_turn_off(struct amdvi_unit *amdvi)
{
	/* No more interrupts and commands; translation stays on while they end. */
	amdvi_write_control(amdvi, amdvi->control & ~(AMDVI_CONTROL_EVENT_INT_EN |
						AMDVI_CONTROL_EVENT_LOG_EN |
						AMDVI_CONTROL_CMD_BUF_EN));
	if (amdvi_wait_status(amdvi, AMDVI_STATUS_CMD_BUF_RUN | AMDVI_STATUS_EVENT_LOG_RUN, 0))
		pr_err("%s: command buffer or event log does not stop\n", amdvi->unit.name);
	amdvi_write_control(amdvi, amdvi->control & ~AMDVI_CONTROL_IOMMU_EN);
	/* Posted write: translation is off when this read returns. */
	if (nyx_read64(&amdvi->io, AMDVI_CONTROL) & AMDVI_CONTROL_IOMMU_EN) {
		/* Our table is then the only one that host DMA can be sent through. */
		pr_err("%s: translation does not go off\n", amdvi->unit.name);
		return;
	}

	/*
	 * The table is freed next. A unit that is off must not look at it, but
	 * emulators do for interrupts, and drop them on what they find there.
	 */
	nyx_write64(&amdvi->io, AMDVI_DEVTAB_BASE, amdvi->found.devtab);
	nyx_write64(&amdvi->io, AMDVI_EXCL_LIMIT, amdvi->found.excl_limit);
	nyx_write64(&amdvi->io, AMDVI_EXCL_BASE, amdvi->found.excl_base);
	/* Off also where it was taken over: its former tables are nobody's any more. */
	amdvi_write_control(amdvi, amdvi->found.control & ~(AMDVI_CONTROL_IOMMU_EN |
							    AMDVI_CONTROL_RINGS));
}

/* Where the unit is after amdvi_put_back() returned err. */
static const char *whereabouts(struct amdvi_unit *amdvi, int err)
{
	if (!amdvi_still_on(amdvi))
		return "is off again";
	if (!(amdvi->found.control & AMDVI_CONTROL_IOMMU_EN))
		return "does not go off, reboot";
	return err ? "goes on, but not all is as it was found, reboot" :
		     "goes on as it was found";
}

static int amdvi_enable(struct nyx_unit *unit, struct nyx_why *why)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	const char *step = "empty the command buffer that it was found with";
	u32 events = 0;
	bool on;
	int err, back;

	err = amdvi_may_take_over(&amdvi->io, why);
	if (err)
		return err;
	amdvi_look(amdvi);
	on = amdvi->found.control & AMDVI_CONTROL_IOMMU_EN;
	if (on)
		amdvi_irq_adopt(amdvi);
	/* First: an interrupt about the former owner's log must not be taken for ours. */
	err = on ? amdvi_stop_found_rings(amdvi, &events) : 0;
	if (!err) {
		amdvi_start_faults(amdvi);
		err = on ? amdvi_change_over(amdvi, &step) : turn_on(amdvi, &step);
	}
	if (err) {
		u64 status = nyx_read64(&amdvi->io, AMDVI_STATUS);

		amdvi_stop_faults(unit);
		back = amdvi_put_back(amdvi);
		return nyx_refuse(why, err, NYX_ARG_NONE,
				  "%s did not %s (status %#llx): translation %s", unit->name, step,
				  status, whereabouts(amdvi, back));
	}
	unit->taken_over = on;
	if (events)
		pr_info("%s: %u fault records of before are dropped\n", unit->name, events);
	WRITE_ONCE(unit->state, NYX_UNIT_TRANSLATING);
	amdvi_irq_start(amdvi);
	return 0;
}

static void amdvi_op_put_back(struct nyx_unit *unit)
{
	amdvi_irq_stop(to_amdvi(unit));
	if (amdvi_put_back(to_amdvi(unit)))
		pr_err("%s: not all is as it was found\n", unit->name);
	cmpxchg(&unit->state, NYX_UNIT_TRANSLATING, NYX_UNIT_OFF);
	unit->taken_over = false;
}

static void amdvi_disable(struct nyx_unit *unit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);

	/* If it is on all the same, it is not our doing. */
	if (READ_ONCE(unit->state) == NYX_UNIT_OFF ||
	    !(amdvi->control & AMDVI_CONTROL_IOMMU_EN))
		return;
	if (READ_ONCE(unit->state) == NYX_UNIT_TRANSLATING)
		WRITE_ONCE(unit->state, NYX_UNIT_OFF);
	amdvi_irq_stop(amdvi);
	amdvi_turn_off(amdvi);
}

/* Some firmware forgets the window over a suspend (3.2.2). */
static void restore_window(struct amdvi_unit *amdvi)
{
	const struct nyx_acpi_unit *firmware = amdvi->unit.firmware;
	struct pci_dev *pdev = amdvi->function.pdev;
	u32 low;

	if (!pdev || !amdvi->function.header)
		return;
	pci_read_config_dword(pdev, firmware->cap_offset + AMDVI_CAP_BASE_LOW, &low);
	if (low & AMDVI_CAP_BASE_ENABLE)
		return;
	pci_write_config_dword(pdev, firmware->cap_offset + AMDVI_CAP_BASE_HIGH,
			       upper_32_bits(firmware->reg_base));
	pci_write_config_dword(pdev, firmware->cap_offset + AMDVI_CAP_BASE_LOW,
			       lower_32_bits(firmware->reg_base) | AMDVI_CAP_BASE_ENABLE);
}

/* Interrupt threads and the poll are quiet by now: nobody else uses the log. */
static int amdvi_resume(struct nyx_unit *unit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	const char *step;
	int err;

	/* amdvi_disable() has made it OFF on the way down. */
	if (nyx_unit_dead(unit))
		return -EIO;
	restore_window(amdvi);
	/* A shallow sleep may have kept it on: the tables change under nobody. */
	if (nyx_read64(&amdvi->io, AMDVI_CONTROL) & AMDVI_CONTROL_IOMMU_EN)
		amdvi_turn_off(amdvi);
	err = turn_on(amdvi, &step);
	if (err) {
		pr_err("%s: after resume it did not %s\n", unit->name, step);
		nyx_unit_mark_dead(unit, "did not come back after resume");
		return err;
	}
	WRITE_ONCE(unit->state, NYX_UNIT_TRANSLATING);
	amdvi_irq_start(amdvi);
	return 0;
}

/* ---- probe and remove ---- */

static void free_unit(struct amdvi_unit *amdvi)
{
	/*
	 * What the unit may still read or write is never freed, or host DMA would go
	 * wherever the next owner of that memory sends it.
	 */
	if (amdvi->shown && amdvi_still_on(amdvi)) {
		pr_err("%s: still on: its tables stay in memory, reboot to get rid of them\n",
		       amdvi->unit.name);
		nyx_queue_abandon(&amdvi->queue);
		kvfree(amdvi->dte_flags);
	} else {
		amdvi_devtab_free(amdvi);
		amdvi_irq_free(amdvi);
		nyx_queue_free(&amdvi->queue);
		amdvi_log_free(amdvi);
	}
	nyx_unit_fini(&amdvi->unit);
	kfree(amdvi);
}

static void amdvi_remove(struct nyx_unit *unit)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct nyx_mmio io = amdvi->io;
	struct pci_dev *pdev = amdvi->function.pdev;
	u64 base = unit->reg_base;
	bool region = amdvi->region;

	amdvi_stop_faults(unit);
	free_unit(amdvi);
	if (region) {
		iounmap(io.base);
		release_mem_region(base, io.size);
	}
	pci_dev_put(pdev);
}

static void amdvi_read_registers(struct nyx_unit *unit, u64 registers[NYX_UNIT_REGISTERS])
{
	struct amdvi_unit *amdvi = to_amdvi(unit);

	/* Both feature registers are reserved where the capability header says so (3.2.1). */
	registers[0] = amdvi->has_efr ? nyx_read64(&amdvi->io, AMDVI_EFR) : 0;
	registers[1] = registers[0] ? nyx_read64(&amdvi->io, AMDVI_EFR2) : 0;
	registers[2] = nyx_read64(&amdvi->io, AMDVI_CONTROL);
	registers[3] = unit->firmware->ivhd_features;
}

const struct nyx_unit_ops amdvi_unit_ops = {
	.set_entry = amdvi_set_entry,
	.flush = amdvi_flush,
	.flush_device_tlb = amdvi_flush_device_tlb,
	.enable = amdvi_enable,
	.put_back = amdvi_op_put_back,
	.stop_faults = amdvi_stop_faults,
	.function_leaves = amdvi_function_leaves,
	.disable = amdvi_disable,
	.remove = amdvi_remove,
	.drain_faults = amdvi_drain_faults,
	.read_entry = amdvi_read_entry,
	.read_registers = amdvi_read_registers,
	.audit = amdvi_audit,
	.resume = amdvi_resume,
	.irq_open = amdvi_irq_open,
	.irq_close = amdvi_irq_close,
	.irq_reserve = amdvi_irq_reserve,
	.irq_release = amdvi_irq_release,
	.irq_write = amdvi_irq_write,
	.irq_forget = amdvi_irq_forget,
	.irq_compose = amdvi_irq_compose,
	.irq_read = amdvi_irq_read,
	.irq_compare = amdvi_irq_compare,
	.irq_audit = amdvi_irq_audit,
};

static int decode_caps(struct amdvi_unit *amdvi, const struct nyx_acpi_desc *desc,
		       const struct nyx_acpi_unit *firmware, u64 efr, struct nyx_why *why)
{
	struct nyx_unit_caps *caps = &amdvi->unit.caps;
	u32 header = amdvi->function.header, width;

	/*
	 * Firmware may hide a feature that does not work on this machine, and an
	 * older type of IVHD has no image to compare. What both admit is used.
	 */
	amdvi->features = firmware->efr ? efr & firmware->efr : efr;
	if (firmware->efr && firmware->efr != efr)
		pr_info("unit at %#llx: features %016llx, firmware admits %016llx\n",
			firmware->reg_base, efr, firmware->efr);
	/* A field, not a flag: the register alone tells. */
	if (FIELD_GET(AMDVI_EFR_HATS, efr) == AMDVI_HATS_NONE)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_NONE,
				  "unit at %#llx translates no host addresses (EFR.HATS is 3)",
				  firmware->reg_base);

	width = desc->address_width;
	if (header & AMDVI_CAP_EXT && FIELD_GET(AMDVI_CAP_MISC0_PA_SIZE, amdvi->function.misc0))
		width = FIELD_GET(AMDVI_CAP_MISC0_PA_SIZE, amdvi->function.misc0);
	if (!width || width > 52)	/* addresses in entries end at bit 51 */
		width = 52;

	*caps = (struct nyx_unit_caps) {
		.blocks_unnamed = true,
		.nr_holes = 1,
		.holes = { { AMDVI_HT_FIRST, AMDVI_HT_LAST, "the HyperTransport range" } },
		.pt_format = NYX_PT_AMDV1,
		.levels = 4,		/* 4 to 6 in hardware; 48 bits are what we offer */
		.level_choices = BIT(3) | BIT(4),	/* DTE.Mode takes any */
		.iova_width = 48,
		.page_sizes = SZ_4K | SZ_2M | SZ_1G,
		.physical_width = width,
		.nr_hw_domains = 65536,
		.pass_through = true,	/* Mode 0 (2.2.2.1) */
		.coherent = true,	/* DTE.SD = 0: table walks snoop */
		.snoop_control = true,	/* PTE.FC */
		/* Without the capability header, the worse of the two. */
		.flush_on_map = header ? header & AMDVI_CAP_NP_CACHE : true,
		.page_flush = true,
		.device_tlb = header & AMDVI_CAP_IOTLB_SUP &&
			      firmware->ivhd_flags & AMDVI_IVHD_IOTLB_SUP,
		.fault_records = AMDVI_EVENTS,
	};
	return 0;
}

int amdvi_unit_create(const struct nyx_acpi_desc *desc, const struct nyx_acpi_unit *firmware,
		      const struct nyx_mmio *io, const struct amdvi_function *function,
		      struct amdvi_unit **out, struct nyx_why *why)
{
	struct amdvi_unit *amdvi;
	u64 control, efr = 0;
	int err;

	control = nyx_read64(io, AMDVI_CONTROL);
	if (control == U64_MAX)
		return nyx_refuse(why, -ENODEV, NYX_ARG_NONE,
				  "no registers answer at %#llx, where the IVRS puts a unit; update the firmware",
				  firmware->reg_base);
	err = amdvi_may_take_over(io, why);
	if (err)
		return err;

	amdvi = kzalloc(sizeof(*amdvi), GFP_KERNEL);
	if (!amdvi)
		return -ENOMEM;
	amdvi->io = *io;
	amdvi->function = *function;
	amdvi->control = control;
	amdvi->write_back = !(firmware->ivhd_flags & AMDVI_IVHD_COHERENT);

	/* Reserved where the capability header does not claim it (3.2.1). */
	amdvi->has_efr = !function->header || function->header & AMDVI_CAP_EFR_SUP;
	if (amdvi->has_efr)
		efr = nyx_read64(io, AMDVI_EFR);
	err = decode_caps(amdvi, desc, firmware, efr, why);
	if (err)
		goto free;
	err = nyx_unit_init(&amdvi->unit, &amdvi_unit_ops, firmware, "ivhd");
	if (err)
		goto free;
	amdvi->unit.node_id = function->pdev ? dev_to_node(&function->pdev->dev) : NUMA_NO_NODE;
	amdvi->unit.has_function = true;
	amdvi->unit.rid = firmware->rid;

	err = amdvi_irq_init(amdvi, desc) ?: amdvi_log_init(amdvi) ?: amdvi_queue_init(amdvi) ?:
	      amdvi_devtab_init(amdvi, desc, firmware);
	if (err) {
		free_unit(amdvi);
		return nyx_refuse(why, err, NYX_ARG_NONE,
				  "no memory for the tables of the unit at %#llx (2 MiB in one piece); load earlier after boot",
				  firmware->reg_base);
	}
	*out = amdvi;
	return 0;

free:
	kfree(amdvi);
	return err;
}

/* The unit's PCI function: capability header and the register window it decodes. */
static int find_function(const struct nyx_acpi_unit *firmware, struct amdvi_function *function,
			 struct nyx_why *why)
{
	u16 cap = firmware->cap_offset;
	struct pci_dev *pdev;
	u32 low, high;
	u64 base;

	pdev = pci_get_domain_bus_and_slot(firmware->segment, PCI_BUS_NUM(firmware->rid),
					   firmware->rid & 0xff);
	if (!pdev)
		return 0;
	function->pdev = pdev;
	pci_read_config_dword(pdev, cap + AMDVI_CAP_HEADER, &function->header);
	if (FIELD_GET(AMDVI_CAP_ID, function->header) != AMDVI_CAP_ID_SECURE ||
	    FIELD_GET(AMDVI_CAP_TYPE, function->header) != AMDVI_CAP_TYPE_IOMMU) {
		pr_warn("%s: no IOMMU capability at %#x where the IVRS puts it\n", pci_name(pdev),
			cap);
		function->header = 0;
		return 0;
	}
	pci_read_config_dword(pdev, cap + AMDVI_CAP_MISC0, &function->misc0);

	pci_read_config_dword(pdev, cap + AMDVI_CAP_BASE_LOW, &low);
	if (!(low & AMDVI_CAP_BASE_ENABLE)) {
		/* Firmware left the window closed: open it where the IVRS says. */
		pci_write_config_dword(pdev, cap + AMDVI_CAP_BASE_HIGH,
				       upper_32_bits(firmware->reg_base));
		pci_write_config_dword(pdev, cap + AMDVI_CAP_BASE_LOW,
				       lower_32_bits(firmware->reg_base) | AMDVI_CAP_BASE_ENABLE);
		pci_read_config_dword(pdev, cap + AMDVI_CAP_BASE_LOW, &low);
		/* Emulators keep the bit at 0 and decode all the same. */
		if (!(low & AMDVI_CAP_BASE_ENABLE))
			return 0;
	}
	pci_read_config_dword(pdev, cap + AMDVI_CAP_BASE_HIGH, &high);
	base = (u64)high << 32 | (low & AMDVI_CAP_BASE_ADDR_LOW);
	if (base == firmware->reg_base)
		return 0;
	nyx_refuse(why, -ENODEV, NYX_ARG_NONE,
		   "%s decodes registers at %#llx, the IVRS says %#llx; update the firmware",
		   pci_name(pdev), base, firmware->reg_base);
	pci_dev_put(pdev);
	return -ENODEV;
}

static u64 window_size(const struct nyx_acpi_unit *firmware)
{
	if (firmware->efr & AMDVI_EFR_PC_SUP || firmware->ivhd_features & AMDVI_IVHD_PN_COUNTERS)
		return AMDVI_MMIO_SIZE_PC;
	return AMDVI_MMIO_SIZE;
}

static int amdvi_probe(const struct nyx_acpi_desc *desc, const struct nyx_acpi_unit *firmware,
		       struct nyx_unit **out, struct nyx_why *why)
{
	struct nyx_mmio io = { .size = window_size(firmware) };
	struct amdvi_function function = {};
	struct amdvi_unit *amdvi;
	int err;

	if (!request_mem_region(firmware->reg_base, io.size, KBUILD_MODNAME))
		return nyx_refuse(why, -EBUSY, NYX_ARG_NONE,
				  "registers of the unit at %#llx are in use by the kernel's own driver; "
				  WAY_OUT, firmware->reg_base);
	err = find_function(firmware, &function, why);
	if (err)
		goto release;
	io.base = ioremap(firmware->reg_base, io.size);
	if (!io.base) {
		err = -ENOMEM;
		goto put;
	}
	err = amdvi_unit_create(desc, firmware, &io, &function, &amdvi, why);
	if (err)
		goto unmap;
	amdvi->region = true;
	*out = &amdvi->unit;
	return 0;

unmap:
	iounmap(io.base);
put:
	pci_dev_put(function.pdev);
release:
	release_mem_region(firmware->reg_base, io.size);
	return err;
}

const struct nyx_vendor nyx_amdvi_vendor = {
	.name = "amdvi",
	.signature = "IVRS",
	.kernel_parameters = AMDVI_PARAMETERS,
	.parse = nyx_ivrs_parse,
	.probe = amdvi_probe,
};
