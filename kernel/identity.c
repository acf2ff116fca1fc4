// SPDX-License-Identifier: GPL-2.0
/*
 * Pass-through for units that have no pass-through entries: a page table in which
 * every address leads to itself.
 *
 * It covers what a host device may be told to reach: System RAM, also what is added
 * while we run (before anybody may use it), and the memory that firmware reserves for
 * devices. Addresses of other devices are not in it, so peer-to-peer transfers between
 * host devices do not work behind such a unit. Memory that leaves the machine leaves the
 * table, before something else can be put at its address.
 *
 * Each unit has a table of its own, since units differ in levels and page sizes.
 */
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/slab.h>

#include "core.h"
#include "tests/hooks.h"

#ifdef NYX_KUNIT
int (*nyx_ram_test_hook)(unsigned long desc, unsigned long flags, u64 start, u64 end, void *arg,
			 int (*fn)(struct resource *res, void *arg)) = walk_iomem_res_desc;
#define walk_iomem_res_desc nyx_ram_test_hook
#endif

/* A stretch that is mapped, first and last byte; they neither touch nor overlap. */
struct span {
	struct list_head node;
	u64 first, last;
};

struct identity {
	struct nyx_pt pt;
	struct list_head spans;		/* by address */
};

/*
 * All tables. Taken with memory hotplug's locks held: only unit and queue locks are
 * taken inside it.
 */
static DEFINE_MUTEX(identity_lock);

static struct identity *identity_of(const struct nyx_unit *unit)
{
	return container_of(unit->pass_table, struct identity, pt);
}

static u64 last_reachable(const struct nyx_unit *unit)
{
	u64 by_levels = nyx_pt_last_iova(&unit->pass_table->config);

	return min(by_levels, (1ULL << unit->caps.iova_width) - 1);
}

/* span was a hole and is mapped now. behind: the one after it, or the list's head. */
static void note_span(struct identity *identity, struct span *span, struct list_head *behind)
{
	struct span *left = list_entry(behind->prev, struct span, node);
	struct span *right = list_entry(behind, struct span, node);

	list_add_tail(&span->node, behind);
	if (&left->node != &identity->spans && left->last + 1 == span->first) {
		span->first = left->first;
		list_del(&left->node);
		kfree(left);
	}
	if (&right->node != &identity->spans && span->last + 1 == right->first) {
		span->last = right->last;
		list_del(&right->node);
		kfree(right);
	}
}

/* Invalidate what gather holds, then free its tables; the unit's if it does not answer. */
static int settle(struct nyx_unit *unit, struct nyx_pt_gather *gather)
{
	const struct nyx_flush flush = {
		.hwdid = NYX_HWDID_PASS, .first = gather->first, .last = gather->last,
		.leaf_only = !gather->tables,
	};
	atomic_long_t leaked = ATOMIC_LONG_INIT(0);
	int err;

	if (nyx_pt_gather_empty(gather))
		return 0;
	err = unit->ops->flush(unit, &flush);
	if (err)
		nyx_pt_gather_leak(gather, &leaked);
	else
		nyx_pt_gather_free(gather);
	return err;
}

static int fill_hole(struct nyx_unit *unit, u64 first, u64 last, struct list_head *behind)
{
	struct identity *identity = identity_of(unit);
	struct span *span = kmalloc(sizeof(*span), GFP_KERNEL);
	const struct nyx_flush flush = { .hwdid = NYX_HWDID_PASS, .first = first, .last = last };
	struct nyx_pt_gather gather;
	int err;

	if (!span)
		return -ENOMEM;
	span->first = first;
	span->last = last;
	nyx_pt_gather_init(&gather, &identity->pt);
	err = nyx_pt_map(&identity->pt, first, first, last - first + 1,
			 NYX_PROT_READ | NYX_PROT_WRITE, &gather);
	if (err) {
		kfree(span);
		settle(unit, &gather);
		return err;
	}
	note_span(identity, span, behind);
	return unit->caps.flush_on_map ? unit->ops->flush(unit, &flush) : 0;
}

/* Narrow [*first, *last] to the first part that is not mapped; *behind: the span after it. */
static bool find_hole(struct identity *identity, u64 *first, u64 *last, struct list_head **behind)
{
	struct span *span;

	*behind = &identity->spans;
	list_for_each_entry(span, &identity->spans, node) {
		if (span->last < *first)
			continue;
		if (span->first > *first) {
			*behind = &span->node;
			*last = min(*last, span->first - 1);
			break;
		}
		if (span->last >= *last)
			return false;
		*first = span->last + 1;
	}
	return true;
}

/* Map what of [first, last] is not mapped yet. -ERANGE: the unit cannot. */
static int grow(struct nyx_unit *unit, u64 first, u64 last)
{
	struct identity *identity = identity_of(unit);
	int err = 0;

	lockdep_assert_held(&identity_lock);
	if (last > last_reachable(unit))
		return -ERANGE;
	first = round_down(first, PAGE_SIZE);
	last |= PAGE_SIZE - 1;
	while (!err) {
		u64 from = first, to = last;
		struct list_head *behind;

		if (!find_hole(identity, &from, &to, &behind))
			break;
		err = fill_hole(unit, from, to, behind);
	}
	return err;
}

/* [first, last] is not mapped any more. spare: a span's memory, for one cut in two. */
static void cut_spans(struct identity *identity, u64 first, u64 last, struct span *spare)
{
	struct span *span, *next;

	list_for_each_entry_safe(span, next, &identity->spans, node) {
		if (span->last < first || span->first > last)
			continue;
		if (span->first < first && span->last > last) {
			spare->first = last + 1;
			spare->last = span->last;
			span->last = first - 1;
			list_add(&spare->node, &span->node);
			return;
		}
		if (span->first < first) {
			span->last = first - 1;
		} else if (span->last > last) {
			span->first = last + 1;
		} else {
			list_del(&span->node);
			kfree(span);
		}
	}
	kfree(spare);
}

/*
 * Take [first, last] out. Large pages that cross its ends become smaller ones first, and
 * the unit forgets the large ones before anything in them goes: what is left over stays
 * mapped at every moment.
 */
static int take_out(struct nyx_unit *unit, u64 first, u64 last)
{
	struct identity *identity = identity_of(unit);
	struct span *spare = kmalloc(sizeof(*spare), GFP_KERNEL);
	struct nyx_pt_gather gather;
	int err, split_err;

	if (!spare)
		return -ENOMEM;
	nyx_pt_gather_init(&gather, &identity->pt);
	split_err = nyx_pt_split(&identity->pt, first, last - first + 1, &gather);
	err = settle(unit, &gather) ?: split_err;
	if (!err) {
		nyx_pt_gather_init(&gather, &identity->pt);
		err = nyx_pt_unmap(&identity->pt, first, last - first + 1, &gather, NULL);
	}
	if (err) {
		kfree(spare);
		return err;
	}
	cut_spans(identity, first, last, spare);
	return settle(unit, &gather);
}

/* The first byte from first to last that no device of the unit needs by firmware's word. */
static u64 skip_reserved(const struct nyx_unit *unit, u64 first, u64 *last)
{
	u32 i;

	for (i = 0; i < nyx_firmware.nr_reserved; i++) {
		const struct nyx_acpi_reserved *reserved = &nyx_firmware.reserved[i];
		u64 from = round_down(reserved->base, PAGE_SIZE);
		u64 to = reserved->last | (PAGE_SIZE - 1);

		if (reserved->segment != unit->segment || to < first || from > *last)
			continue;
		if (from > first) {
			*last = from - 1;
			continue;
		}
		if (to >= *last)
			return *last + 1;
		/* Another one may begin before where this ends: look at all of them again. */
		first = to + 1;
		i = -1;
	}
	return first;
}

static int shrink(struct nyx_unit *unit, u64 first, u64 last)
{
	int err = 0;

	lockdep_assert_held(&identity_lock);
	while (first <= last && !err) {
		u64 to = last;

		first = skip_reserved(unit, first, &to);
		if (first <= to)
			err = take_out(unit, first, to);
		first = to + 1;
	}
	return err;
}

struct growth {
	struct nyx_unit *unit;
	u64 last;		/* the highest byte that was asked for */
};

static int grow_by_resource(struct resource *res, void *arg)
{
	struct growth *growth = arg;

	growth->last = res->end;
	return grow(growth->unit, res->start, res->end);
}

/* Reserved memory that firmware wants for devices of the unit's segment. */
static int grow_by_reserved(struct growth *growth)
{
	u32 i;
	int err;

	for (i = 0; i < nyx_firmware.nr_reserved; i++) {
		const struct nyx_acpi_reserved *reserved = &nyx_firmware.reserved[i];

		if (reserved->segment != growth->unit->segment)
			continue;
		growth->last = reserved->last;
		err = grow(growth->unit, reserved->base, reserved->last);
		if (err)
			return err;
	}
	return 0;
}

static bool needs_table(const struct nyx_unit *unit)
{
	return !unit->caps.pass_through && !nyx_unit_dead(unit);
}

static int start_unit(struct nyx_unit *unit, struct nyx_why *why)
{
	const struct nyx_unit_caps *caps = &unit->caps;
	const struct nyx_pt_config config = {
		.format = caps->pt_format,
		.levels = caps->levels,
		.width = caps->iova_width,
		.page_sizes = caps->page_sizes,
		.coherent = caps->coherent,
		.node = unit->node_id,
	};
	struct identity *identity = kzalloc(sizeof(*identity), GFP_KERNEL);
	struct growth growth = { .unit = unit };
	int err;

	if (!identity)
		return -ENOMEM;
	INIT_LIST_HEAD(&identity->spans);
	err = nyx_pt_init(&identity->pt, &config);
	if (err) {
		kfree(identity);
		return err;
	}
	/* From here on nyx_identity_free() undoes it. */
	unit->pass_table = &identity->pt;
	err = grow_by_reserved(&growth);
	if (!err)
		err = walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
					  0, U64_MAX, &growth, grow_by_resource);
	if (err == -ERANGE)
		return nyx_refuse(why, err, NYX_ARG_NONE,
				  "%s has no pass-through entries and translates %u address bits, but host memory goes up to %#llx: boot with mem=%lluG",
				  unit->name, ilog2(last_reachable(unit) + 1), growth.last,
				  (last_reachable(unit) + 1) >> 30);
	if (err)
		return nyx_refuse(why, err, NYX_ARG_NONE,
				  "no memory for %s's pass-through table (the unit has no pass-through entries)",
				  unit->name);
	return 0;
}

void nyx_identity_free(struct nyx_unit *unit)
{
	struct identity *identity;
	struct span *span, *next;

	if (!unit->pass_table)
		return;
	identity = identity_of(unit);
	list_for_each_entry_safe(span, next, &identity->spans, node)
		kfree(span);
	nyx_pt_destroy(&identity->pt);
	unit->pass_table = NULL;
	kfree(identity);
}

/* Memory is about to be used for the first time: map it before, or do not let it be used. */
static int memory_comes(struct nyx_unit *unit, u64 first, u64 last)
{
	int err = grow(unit, first, last);

	if (err)
		pr_err(NYX_NAME ": memory at %#llx stays offline: %s has no pass-through entries and cannot map it (error %d)\n",
		       first, unit->name, err);
	return err;
}

/* Nobody uses it any more. That it stays mapped harms only what is put there later. */
static int memory_goes(struct nyx_unit *unit, u64 first, u64 last)
{
	int err;

	/* Then it was never mapped, and not used either. */
	if (last > last_reachable(unit))
		return 0;
	err = shrink(unit, first, last);
	if (err)
		pr_warn(NYX_NAME ": host devices behind %s still reach the memory at %#llx that has gone (error %d)\n",
			unit->name, first, err);
	return 0;
}

static int on_memory(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct memory_notify *what = data;
	u64 first = PFN_PHYS(what->start_pfn), last = first + PFN_PHYS(what->nr_pages) - 1;
	int (*change)(struct nyx_unit *unit, u64 first, u64 last);
	struct nyx_unit *unit;
	int err = 0;

	if (action == MEM_GOING_ONLINE)
		change = memory_comes;
	else if (action == MEM_OFFLINE || action == MEM_CANCEL_ONLINE)
		change = memory_goes;
	else
		return NOTIFY_DONE;
	mutex_lock(&identity_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		if (!needs_table(unit) || !unit->pass_table)
			continue;
		err = change(unit, first, last);
		if (err)
			break;
	}
	mutex_unlock(&identity_lock);
	return notifier_from_errno(err);
}

static struct notifier_block memory_notifier = {
	.notifier_call = on_memory,
};

static bool watching;

#ifdef NYX_KUNIT
int nyx_identity_test_event(unsigned long action, void *data)
{
	return on_memory(&memory_notifier, action, data);
}
#endif

int nyx_identity_start(struct nyx_why *why)
{
	struct nyx_unit *unit;
	bool needed = false;
	int err = 0;

	list_for_each_entry(unit, &nyx_units, node)
		needed |= needs_table(unit);
	if (!needed)
		return 0;
	/* First: what comes while the list is read is then mapped by one of the two. */
	err = register_memory_notifier(&memory_notifier);
	if (err)
		return err;
	watching = true;
	mutex_lock(&identity_lock);
	list_for_each_entry(unit, &nyx_units, node) {
		if (!needs_table(unit))
			continue;
		err = start_unit(unit, why);
		if (err)
			break;
		pr_info(NYX_NAME ": %s has no pass-through entries: host devices reach memory through a table, and not each other\n",
			unit->name);
	}
	mutex_unlock(&identity_lock);
	if (err)
		nyx_identity_stop();
	return err;
}

void nyx_identity_stop(void)
{
	if (watching)
		unregister_memory_notifier(&memory_notifier);
	watching = false;
}
