// SPDX-License-Identifier: GPL-2.0
/*
 * The machine for the core's tests: its units, domains and log. The PCI side is in
 * core_fixture_pci.c.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "core_fixture.h"

struct core core;

void core_note(const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	spin_lock_irqsave(&core.log_lock, flags);
	va_start(args, fmt);
	core.log_len += vscnprintf(core.log + core.log_len, sizeof(core.log) - core.log_len,
				   fmt, args);
	va_end(args);
	spin_unlock_irqrestore(&core.log_lock, flags);
}

void core_clear_log(void)
{
	core.log[0] = '\0';
	core.log_len = 0;
}

/* ---- units ---- */

static struct core_unit *to_core(struct nyx_unit *unit)
{
	return container_of(unit, struct core_unit, unit);
}

static const char *entry_text(const struct nyx_entry *entry)
{
	switch (entry->kind) {
	case NYX_ENTRY_PASS:
		return "pass";
	case NYX_ENTRY_PAGING:
		return entry->ats ? "ats" : "paging";
	default:
		return entry->suppress_faults ? "fenced" : "blocked";
	}
}

static bool same_entry(const struct nyx_entry *a, const struct nyx_entry *b)
{
	return a->kind == b->kind && a->hwdid == b->hwdid && a->pt == b->pt &&
	       a->suppress_faults == b->suppress_faults && a->ats == b->ats &&
	       a->remap_interrupts == b->remap_interrupts &&
	       a->block_interrupts == b->block_interrupts;
}

static struct nyx_entry *listed_entry(struct core_unit *u, u16 rid)
{
	u32 i;

	for (i = 0; i < u->nr_entries; i++)
		if (u->entries[i].rid == rid)
			return &u->entries[i].entry;
	return NULL;
}

static struct nyx_entry *find_entry(struct core_unit *u, u16 rid)
{
	struct nyx_entry *entry = listed_entry(u, rid);

	if (entry)
		return entry;
	KUNIT_ASSERT_LT(core.test, u->nr_entries, CORE_ENTRIES_MAX);
	u->entries[u->nr_entries].rid = rid;
	entry = &u->entries[u->nr_entries++].entry;
	entry->block_interrupts = test_bit(rid, u->unused);
	return entry;
}

const struct nyx_entry *core_entry(struct core_unit *u, u16 rid)
{
	return find_entry(u, rid);
}

static int fake_set_entry(struct nyx_unit *unit, u16 rid, const struct nyx_entry *entry)
{
	struct core_unit *u = to_core(unit);
	struct nyx_entry *now, wanted;

	if (entry->block_interrupts) {
		KUNIT_EXPECT_TRUE(core.test, unit->remapping.blocks_unused_ids);
		KUNIT_EXPECT_EQ(core.test, entry->kind, NYX_ENTRY_BLOCKED);
		/* All that there are: too many for the list. */
		if (!listed_entry(u, rid)) {
			__set_bit(rid, u->unused);
			return 0;
		}
	}
	now = find_entry(u, rid);
	if (nyx_unit_dead(unit))
		return -EIO;
	if (u->entry_error && u->error_rid == rid && u->error_kind == entry->kind)
		return u->entry_error;
	if (entry->kind == NYX_ENTRY_PAGING) {
		KUNIT_EXPECT_GE(core.test, entry->hwdid, NYX_HWDID_FIRST);
		KUNIT_EXPECT_NOT_NULL(core.test, entry->pt);
		KUNIT_EXPECT_TRUE(core.test, test_bit(entry->hwdid, unit->hwdids));
	}
	wanted = *entry;
	if (unit->remapping.state != NYX_REMAPPING_ON)
		wanted.remap_interrupts = false;
	if (same_entry(now, &wanted))
		return 0;
	*now = wanted;
	if (unit->id)
		core_note("E%u:%04x=%s%s ", unit->id, rid, entry_text(now),
			  now->block_interrupts ? "/none" : "");
	else
		core_note("E%04x=%s%s ", rid, entry_text(now), now->block_interrupts ? "/none" :
			  now->remap_interrupts ? "/ir" : "");
	if (u->dies && u->dies_rid == rid) {
		nyx_unit_mark_dead(unit, "a test made it so");
		return -ETIMEDOUT;
	}
	return 0;
}

static int fake_flush(struct nyx_unit *unit, const struct nyx_flush *flush)
{
	struct core_unit *u = to_core(unit);

	KUNIT_EXPECT_FALSE(core.test, nyx_unit_dead(unit));
	u->nr_flushes++;
	u->flush = *flush;
	core_note("F%u:%u ", unit->id, flush->hwdid);
	return u->flush_error;
}

static int fake_flush_device_tlb(struct nyx_unit *unit, struct nyx_device_tlb *tlb, u64 first,
				 u64 last)
{
	struct core_unit *u = to_core(unit);

	lockdep_assert_held(&unit->device_tlb_lock);
	KUNIT_EXPECT_FALSE(core.test, nyx_unit_dead(unit));
	KUNIT_EXPECT_FALSE(core.test, tlb->lost);
	core_note("A%04x ", tlb->rid);
	if (u->deaf_rid != tlb->rid)
		return 0;
	WRITE_ONCE(tlb->lost, true);
	return -ETIMEDOUT;
}

static void fake_read_registers(struct nyx_unit *unit, u64 registers[NYX_UNIT_REGISTERS])
{
	memset(registers, 0, NYX_UNIT_REGISTERS * sizeof(*registers));
}

/* An entry of the fixture in words of its own. */
static void to_words(const struct nyx_entry *entry, u64 words[2])
{
	words[0] = entry->kind | entry->suppress_faults << 8 | entry->ats << 9 |
		   entry->block_interrupts << 10;
	words[1] = 0;
	if (entry->kind == NYX_ENTRY_PAGING) {
		words[0] |= (u64)entry->hwdid << 16;
		words[1] = nyx_pt_root(entry->pt);
	}
}

static void fake_audit(struct nyx_unit *unit, u8 bus, struct nyx_unit_audit *audit)
{
	struct core_unit *u = to_core(unit);
	u32 devfn;

	lockdep_assert_held(&nyx_registry_lock);
	/* Buses that tests use; all of them would take seconds. */
	if (bus >= 8 && bus != 0x80 && bus != 0xff)
		return;
	for (devfn = 0; devfn < 256; devfn++) {
		struct nyx_entry_view view = { .rid = bus << 8 | devfn, .nr_words = 2 };
		const struct nyx_entry blocked = {
			.kind = NYX_ENTRY_BLOCKED,
			.block_interrupts = test_bit(view.rid, u->unused),
		};
		const struct nyx_entry *now = listed_entry(u, view.rid) ?: &blocked;
		struct nyx_entry wanted;

		audit->wanted(audit, view.rid, &wanted);
		to_words(now, view.words);
		to_words(&wanted, view.wanted);
		view.kind = now->kind;
		view.hwdid = now->hwdid;
		view.suppress_faults = now->suppress_faults;
		view.root = view.words[1];
		view.levels = now->kind == NYX_ENTRY_PAGING ? now->pt->config.levels : 0;
		audit->entry(audit, &view);
	}
}

/* ---- interrupts ---- */

static int fake_irq_open(struct nyx_unit *unit, struct nyx_irq_source *source)
{
	if (to_core(unit)->open_error)
		return to_core(unit)->open_error;
	to_core(unit)->nr_open++;
	core_note("I%04x+ ", source->rids[0]);
	return 0;
}

static void fake_irq_close(struct nyx_unit *unit, struct nyx_irq_source *source)
{
	u32 i;

	/* By now nothing leads to the table, unless its unit cannot be told so. */
	for (i = 0; i < source->nr_rids && !nyx_unit_dead(unit); i++)
		KUNIT_EXPECT_FALSE(core.test,
				   find_entry(to_core(unit), source->rids[i])->remap_interrupts);
	to_core(unit)->nr_open--;
	core_note("I%04x- ", source->rids[0]);
}

static int fake_irq_reserve(struct nyx_unit *unit, struct nyx_irq_source *source, u32 nr,
			    u32 *index)
{
	struct core_unit *u = to_core(unit);
	u32 i;

	if (u->reserve_error)
		return u->reserve_error;
	*index = bitmap_find_next_zero_area(u->reserved, CORE_IRTES, 0, nr,
					    roundup_pow_of_two(nr) - 1);
	if (*index + nr > CORE_IRTES)
		return -ENOSPC;
	bitmap_set(u->reserved, *index, nr);
	for (i = 0; i < nr; i++)
		core_note("R%u ", *index + i);
	return 0;
}

static int fake_irq_release(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			    u32 nr)
{
	struct core_unit *u = to_core(unit);
	u32 i;

	for (i = index; i < index + nr; i++) {
		KUNIT_EXPECT_TRUE(core.test, test_bit(i, u->reserved));
		u->irtes[i] = (struct nyx_irte) {};
		core_note("r%u ", i);
	}
	bitmap_clear(u->reserved, index, nr);
	return 0;
}

static int fake_irq_write(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			  const struct nyx_irte *irte)
{
	struct core_unit *u = to_core(unit);

	KUNIT_EXPECT_TRUE(core.test, index < CORE_IRTES && test_bit(index, u->reserved));
	if (u->write_error)
		return u->write_error;
	if (u->irtes[index].present != irte->present)
		core_note("%c%u ", irte->present ? 'P' : 'p', index);
	u->irtes[index] = *irte;
	return nyx_unit_dead(unit) ? -EIO : 0;
}

static int fake_irq_forget(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index)
{
	KUNIT_EXPECT_FALSE(core.test, to_core(unit)->irtes[index].present);
	core_note("f%u ", index);
	return 0;
}

static void irte_words(const struct nyx_irte *irte, u64 words[2])
{
	words[0] = irte->present | irte->suppress_faults << 1;
	words[1] = irte->present ? irte->vector | (u64)irte->destination << 32 : 0;
}

static void fake_irq_compare(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
			     const struct nyx_irte *irte, u64 found[2], u64 wanted[2])
{
	irte_words(&to_core(unit)->irtes[index], found);
	irte_words(irte, wanted);
}

static void fake_irq_audit(struct nyx_unit *unit, struct nyx_unit_audit *audit)
{
	struct core_unit *u = to_core(unit);
	u64 words[2];
	u32 i;

	for (i = 0; i < CORE_IRTES; i++) {
		irte_words(&u->irtes[i], words);
		if (!test_bit(i, u->reserved) && (words[0] || words[1]))
			audit->stray_irte(audit, i & 1 ? RID(2, 0, 0) : -1, i, words);
	}
}

void core_remaps(struct kunit *test, struct core_unit *u)
{
	u->unit.remapping.state = NYX_REMAPPING_ON;
	u->unit.remapping.entries = CORE_IRTES;
	KUNIT_ASSERT_EQ(test, nyx_irq_domain_create(&u->unit), 0);
}

static const struct nyx_unit_ops fake_ops = {
	.irq_open = fake_irq_open,
	.irq_close = fake_irq_close,
	.irq_reserve = fake_irq_reserve,
	.irq_release = fake_irq_release,
	.irq_write = fake_irq_write,
	.irq_forget = fake_irq_forget,
	.irq_compare = fake_irq_compare,
	.irq_audit = fake_irq_audit,
	.read_registers = fake_read_registers,
	.set_entry = fake_set_entry,
	.flush = fake_flush,
	.flush_device_tlb = fake_flush_device_tlb,
	.audit = fake_audit,
};

struct core_unit *core_unit(struct kunit *test, u16 segment)
{
	struct nyx_acpi_unit *firmware = &core.firmware[nyx_firmware.nr_units];
	struct core_unit *u = kzalloc(sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, u);
	KUNIT_ASSERT_LT(test, nyx_firmware.nr_units, CORE_UNITS_MAX);
	firmware->segment = segment;
	firmware->flags = NYX_UNIT_INCLUDE_ALL;
	firmware->scopes.first = nyx_firmware.nr_scopes;
	core.units[nyx_firmware.nr_units++] = u;
	u->unit.caps = (struct nyx_unit_caps) {
		.pt_format = NYX_PT_VTDSS,
		.levels = 4,
		.level_choices = BIT(3) | BIT(4),
		.iova_width = 48,
		.page_sizes = SZ_4K | SZ_2M | SZ_1G,
		.nr_hw_domains = CORE_HWDIDS,
		.pass_through = true,
		.coherent = true,
	};
	KUNIT_ASSERT_EQ(test, nyx_unit_init(&u->unit, &fake_ops, firmware, "fake"), 0);
	u->unit.node_id = NUMA_NO_NODE;
	u->unit.state = NYX_UNIT_TRANSLATING;
	list_add_tail(&u->unit.node, &nyx_units);
	return u;
}

void core_scope(struct core_unit *u, const struct nyx_acpi_scope *scope)
{
	struct nyx_acpi_unit *firmware = &core.firmware[u->unit.id];

	KUNIT_ASSERT_LT(core.test, nyx_firmware.nr_scopes, CORE_SCOPES_MAX);
	/* Scopes of one unit are one slice. */
	KUNIT_ASSERT_EQ(core.test, nyx_firmware.nr_scopes,
			firmware->scopes.first + firmware->scopes.count);
	core.scopes[nyx_firmware.nr_scopes++] = *scope;
	firmware->scopes.count++;
	firmware->flags = 0;
}

void core_reserve(u16 rid, u64 base, u64 last)
{
	struct nyx_acpi_reserved *reserved = &core.reserved[nyx_firmware.nr_reserved++];

	reserved->base = base;
	reserved->last = last;
	reserved->flags = NYX_RESERVED_READ | NYX_RESERVED_WRITE;
	reserved->scopes.first = nyx_firmware.nr_scopes;
	reserved->scopes.count = 1;
	core.scopes[nyx_firmware.nr_scopes++] = (struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS,
		.rid_first = rid,
		.rid_last = rid,
	};
}

u32 core_hwdids_used(struct core_unit *u)
{
	return bitmap_weight(u->unit.hwdids, CORE_HWDIDS) - NYX_HWDID_FIRST;
}

/* ---- devices and domains ---- */

static const char *const state_names[] = {
	[NYX_DEVICE_HOST] = "host",
	[NYX_DEVICE_BLOCKED] = "blocked",
	[NYX_DEVICE_ASSIGNED] = "assigned",
	[NYX_DEVICE_QUARANTINED] = "quarantined",
	[NYX_DEVICE_EXPORTED] = "exported",
	[NYX_DEVICE_GONE] = "gone",
};

static void event_hook(const struct nyx_event *event)
{
	switch (event->kind) {
	case NYX_EVENT_FAULT:
		core.nr_fault_events++;
		core.last_fault = *event->fault;
		break;
	case NYX_EVENT_DEVICE_STATE:
		core_note("S%04x=%s ", event->device->rid, state_names[event->device->state]);
		break;
	case NYX_EVENT_DOMAIN_STATE:
		core_note("D%u:%s ", event->domain->id, event->cause);
		break;
	case NYX_EVENT_UNIT_STATE:
		break;
	}
}

void core_hold(struct nyx_device *device)
{
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(core.test, nyx_irqs_open(device), 0);
	device->stub_bound = true;
	device->group_blocked = false;
	nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "held by a test");
	KUNIT_EXPECT_EQ(core.test, nyx_device_apply(device), 0);
	mutex_unlock(&nyx_registry_lock);
	core_clear_log();
}

void core_assign(struct kunit *test, struct nyx_device *device, struct nyx_domain *domain)
{
	struct nyx_why why = {};

	core_hold(device);
	KUNIT_ASSERT_EQ_MSG(test, nyx_device_assign(device, domain, &why), 0, "%s", why.text);
	core_clear_log();
}

struct nyx_domain *core_domain(struct kunit *test, enum nyx_domain_mode mode)
{
	const struct nyx_domain_params params = { .mode = mode };
	struct nyx_domain *domain = NULL;
	struct nyx_why why = {};

	KUNIT_ASSERT_EQ_MSG(test, nyx_domain_new(&params, &domain, &why), 0, "%s", why.text);
	nyx_domain_put(domain);
	core_clear_log();
	return domain;
}

void core_settle(void)
{
	/* One job may queue another: an owner's end the undo, a unit's death a state. */
	nyx_registry_flush();
	flush_workqueue(nyx_wq);
	flush_workqueue(nyx_wq);
}

/* ---- up and down ---- */

int core_init(struct kunit *test)
{
	memset(&core, 0, sizeof(core));
	core.test = test;
	spin_lock_init(&core.log_lock);
	INIT_LIST_HEAD(&core.functions);
	INIT_LIST_HEAD(&core.buses);
	core.module_refs = module_refcount(THIS_MODULE);
	nyx_firmware.units = core.firmware;
	nyx_firmware.scopes = core.scopes;
	nyx_firmware.reserved = core.reserved;
	nyx_fault_test_hook = NULL;
	nyx_fault_overflow_test_hook = NULL;
	nyx_flush_test_hook = NULL;
	nyx_event_test_hook = event_hook;
	core_pci_start();
	nyx_wq = alloc_workqueue("nyx_core_test", WQ_UNBOUND, 0);
	return nyx_wq ? 0 : -ENOMEM;
}

static void free_unit(struct kunit *test, struct core_unit *u)
{
	u32 i;

	if (nyx_unit_dead(&u->unit)) {
		/* A dead unit holds the module for ever, but not the one it is only played in. */
		if (u->unit.death_handled)
			module_put(THIS_MODULE);
	} else {
		KUNIT_EXPECT_EQ(test, core_hwdids_used(u), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&u->unit.nr_domains), 0);
		for (i = 0; i < u->nr_entries; i++)
			KUNIT_EXPECT_EQ_MSG(test, u->entries[i].entry.kind, NYX_ENTRY_BLOCKED,
					    "%s %04x", u->unit.name, u->entries[i].rid);
	}
	KUNIT_EXPECT_EQ(test, u->nr_open, 0);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(u->reserved, CORE_IRTES));
	nyx_irq_domain_remove(&u->unit);
	list_del(&u->unit.node);
	nyx_identity_free(&u->unit);
	nyx_unit_fini(&u->unit);
	kfree(u);
}

void core_exit(struct kunit *test)
{
	struct nyx_domain *domain;
	unsigned long id;
	u32 i;

	if (!nyx_wq)
		return;
	for (i = 0; i < CORE_UNITS_MAX; i++)
		if (core.units[i])
			core.units[i]->entry_error = 0;
	core_settle();
	xa_for_each(&nyx_domains, id, domain)
		nyx_domain_del(domain, true, NULL);
	core_settle();
	KUNIT_EXPECT_TRUE(test, xa_empty(&nyx_domains));
	core_pci_depart_all();
	core_settle();
	KUNIT_EXPECT_TRUE(test, list_empty(&nyx_devices));
	core_pci_stop(test);
	for (i = 0; i < CORE_UNITS_MAX; i++)
		if (core.units[i])
			free_unit(test, core.units[i]);
	KUNIT_EXPECT_TRUE(test, list_empty(&nyx_units));
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), core.module_refs);
	destroy_workqueue(nyx_wq);
	nyx_wq = NULL;
	nyx_event_test_hook = NULL;
	memset(&nyx_firmware, 0, sizeof(nyx_firmware));
}
