// SPDX-License-Identifier: GPL-2.0
/*
 * What every unit has, whoever made it: identity, hardware domain ids,
 * statistics, and the one-way step to DEAD.
 */
#include <linux/acpi.h>
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "core.h"
#include "tests/hooks.h"

bool nyx_takeover;
unsigned int nyx_interrupt_entries = 16384;

#ifdef NYX_KUNIT
int (*nyx_pxm_test_hook)(int pxm) = pxm_to_node;
#define pxm_to_node nyx_pxm_test_hook
#endif

int nyx_unit_node(const struct nyx_acpi_unit *firmware)
{
	int node = NUMA_NO_NODE;

	if (firmware->has_proximity && firmware->proximity <= INT_MAX)
		node = pxm_to_node(firmware->proximity);
	return node >= 0 && node_online(node) ? node : NUMA_NO_NODE;
}

int nyx_unit_init(struct nyx_unit *unit, const struct nyx_unit_ops *ops,
		  const struct nyx_acpi_unit *firmware, const char *prefix)
{
	INIT_LIST_HEAD(&unit->node);
	unit->ops = ops;
	unit->firmware = firmware;
	unit->segment = firmware->segment;
	unit->reg_base = firmware->reg_base;
	/* nyx_firmware.units is one array in firmware order; tests pass a lone unit. */
	unit->id = 0;
	if (nyx_firmware.units && firmware >= nyx_firmware.units &&
	    firmware < nyx_firmware.units + nyx_firmware.nr_units)
		unit->id = firmware - nyx_firmware.units;
	snprintf(unit->name, sizeof(unit->name), "%s%u", prefix, unit->id);
	unit->state = NYX_UNIT_OFF;
	spin_lock_init(&unit->hwdid_lock);
	mutex_init(&unit->device_tlb_lock);

	unit->stats = alloc_percpu(struct nyx_unit_stats);
	if (!unit->stats)
		return -ENOMEM;
	unit->hwdids = bitmap_zalloc(unit->caps.nr_hw_domains, GFP_KERNEL);
	if (!unit->hwdids) {
		free_percpu(unit->stats);
		unit->stats = NULL;
		return -ENOMEM;
	}
	bitmap_set(unit->hwdids, 0, NYX_HWDID_FIRST);
	return 0;
}

void nyx_unit_fini(struct nyx_unit *unit)
{
	bitmap_free(unit->hwdids);
	unit->hwdids = NULL;
	free_percpu(unit->stats);
	unit->stats = NULL;
}

int nyx_unit_alloc_hwdid(struct nyx_unit *unit)
{
	unsigned long flags, hwdid;

	spin_lock_irqsave(&unit->hwdid_lock, flags);
	hwdid = find_first_zero_bit(unit->hwdids, unit->caps.nr_hw_domains);
	if (hwdid < unit->caps.nr_hw_domains)
		__set_bit(hwdid, unit->hwdids);
	spin_unlock_irqrestore(&unit->hwdid_lock, flags);

	return hwdid < unit->caps.nr_hw_domains ? hwdid : -ENOSPC;
}

void nyx_unit_free_hwdid(struct nyx_unit *unit, u16 hwdid)
{
	unsigned long flags;

	spin_lock_irqsave(&unit->hwdid_lock, flags);
	__clear_bit(hwdid, unit->hwdids);
	spin_unlock_irqrestore(&unit->hwdid_lock, flags);
}

void nyx_unit_sum_stats(struct nyx_unit *unit, struct nyx_unit_stats *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct nyx_unit_stats *one = per_cpu_ptr(unit->stats, cpu);

		sum->flushes_page += READ_ONCE(one->flushes_page);
		sum->flushes_domain += READ_ONCE(one->flushes_domain);
		sum->flushes_entry += READ_ONCE(one->flushes_entry);
		sum->flushes_interrupt += READ_ONCE(one->flushes_interrupt);
		sum->waits += READ_ONCE(one->waits);
	}
}

u64 nyx_device_tlb_address(u64 first, u64 last)
{
	unsigned int order = fls64((first ^ last) | (SZ_4K - 1));

	if (order == PAGE_SHIFT)
		return first & PAGE_MASK;
	return (first & ~GENMASK_ULL(order - 1, 0)) |
	       (GENMASK_ULL(order - 2, 0) & PAGE_MASK) | BIT_ULL(0);
}

void nyx_unit_mark_dead(struct nyx_unit *unit, const char *reason)
{
	/* xchg makes one caller the loud one, whatever the context. */
	if (xchg(&unit->state, NYX_UNIT_DEAD) == NYX_UNIT_DEAD)
		return;
	strscpy(unit->dead_reason, reason, sizeof(unit->dead_reason));
	pr_crit(NYX_NAME ": %s stopped answering: %s. Memory of its domains stays pinned until reboot; the module cannot be unloaded\n",
		unit->name, reason);
	nyx_registry_unit_died(unit);
}

void nyx_units_disable(void)
{
	struct nyx_unit *unit;

	list_for_each_entry_reverse(unit, &nyx_units, node) {
		if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
			continue;
		unit->ops->stop_faults(unit);
		unit->ops->disable(unit);
	}
}

void nyx_units_function_leaves(const struct pci_dev *pdev)
{
	struct nyx_unit *unit;

	list_for_each_entry(unit, &nyx_units, node)
		if (unit->ops->function_leaves)
			unit->ops->function_leaves(unit, pdev);
}

void nyx_units_put_back(void)
{
	struct nyx_unit *unit;

	list_for_each_entry_reverse(unit, &nyx_units, node) {
		if (READ_ONCE(unit->state) == NYX_UNIT_OFF)
			continue;
		unit->ops->stop_faults(unit);
		unit->ops->put_back(unit);
	}
}

int nyx_units_enable(struct nyx_why *why)
{
	struct nyx_unit *unit;
	int err;

	list_for_each_entry(unit, &nyx_units, node) {
		err = unit->ops->enable(unit, why);
		if (err) {
			nyx_units_put_back();
			return err;
		}
		pr_info(NYX_NAME ": %s at %#llx: translating, %u levels, %u hardware domain ids%s\n",
			unit->name, unit->reg_base, unit->caps.levels,
			unit->caps.nr_hw_domains,
			unit->taken_over ? ", taken over from whoever left it on" : "");
	}
	return 0;
}
