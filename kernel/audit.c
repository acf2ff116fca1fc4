// SPDX-License-Identifier: GPL-2.0
/*
 * The audit: the hardware's own tables, read the way the units read them, against the
 * books. Unit by unit the registers and the entries of all requester ids, then the
 * hardware domain ids and interrupt entries (audit_irq.c), then domain by domain the page
 * tables (audit_memory.c).
 *
 * It goes in pieces, each bounded, with no lock held in between.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sched.h>

#include "audit.h"

#define BUSES_PER_PIECE	32
#define BUSES		256
#define NAMED_MAX	32	/* on one bus */

enum stage {
	STAGE_UNITS,		/* registers and entries, by unit and bus */
	STAGE_HWDIDS,		/* by unit */
	STAGE_IRQS,		/* by unit */
	STAGE_DOMAINS,		/* page tables, by domain and IOVA */
	STAGE_DONE,
};

/* ---- differences ---- */

struct nyx_audit_difference *nyx_audit_differs(struct nyx_audit *audit, const char *what)
{
	struct nyx_audit_difference *difference = &audit->beyond;

	audit->counts.differences++;
	if (audit->nr_listed < NYX_AUDIT_LISTED)
		difference = &audit->listed[audit->nr_listed++];
	memset(difference, 0, sizeof(*difference));
	strscpy(difference->what, what, sizeof(difference->what));
	return difference;
}

void nyx_audit_found(struct nyx_audit_difference *difference, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(difference->found, sizeof(difference->found), fmt, args);
	va_end(args);
}

void nyx_audit_expected(struct nyx_audit_difference *difference, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(difference->expected, sizeof(difference->expected), fmt, args);
	va_end(args);
}

static struct nyx_audit_difference *unit_differs(struct nyx_audit *audit,
						 const struct nyx_unit *unit, const char *what)
{
	struct nyx_audit_difference *difference = nyx_audit_differs(audit, what);

	difference->has_unit = true;
	difference->unit_id = unit->id;
	difference->segment = unit->segment;
	return difference;
}

/* ---- registers and entries ---- */

struct unit_audit {
	struct nyx_unit_audit base;
	struct nyx_unit *unit;
	struct nyx_audit *audit;
	u32 domain_id;		/* of the entry that was wanted last */
	u16 named[NAMED_MAX];	/* ids on this bus that firmware names by an ACPI device */
	u32 nr_named;
	DECLARE_BITMAP(open, NYX_DEVFNS);	/* ids on this bus whose interrupts are not blocked */
};

static void on_word(struct nyx_unit_audit *base, const char *what, u64 found, u64 expected)
{
	struct unit_audit *u = container_of(base, struct unit_audit, base);
	struct nyx_audit_difference *difference;

	u->audit->counts.registers++;
	if (found == expected)
		return;
	difference = unit_differs(u->audit, u->unit, what);
	nyx_audit_found(difference, "%#llx", found);
	nyx_audit_expected(difference, "%#llx", expected);
}

/* For one bus at a time, since it looks for functions that hold these ids after all. */
static void find_named(struct unit_audit *u, u8 bus)
{
	u32 at = 0;
	u16 rid;

	u->nr_named = 0;
	while (u->nr_named < NAMED_MAX && nyx_topology_next_named(u->unit, &at, &rid))
		if (PCI_BUS_NUM(rid) == bus)
			u->named[u->nr_named++] = rid;
}

static bool is_named(const struct unit_audit *u, u16 rid)
{
	u32 i;

	for (i = 0; i < u->nr_named; i++)
		if (u->named[i] == rid)
			return true;
	return false;
}

static void on_wanted(struct nyx_unit_audit *base, u16 rid, struct nyx_entry *entry)
{
	struct unit_audit *u = container_of(base, struct unit_audit, base);
	struct nyx_device *device;

	memset(entry, 0, sizeof(*entry));
	entry->kind = NYX_ENTRY_BLOCKED;
	u->domain_id = 0;
	device = nyx_registry_find_rid(u->unit, rid);
	if (!device) {
		if (is_named(u, rid))
			entry->kind = NYX_ENTRY_PASS;
		entry->block_interrupts = !test_bit(rid & 0xff, u->open);
		return;
	}
	if (device->group)
		nyx_device_wanted_entry(device, rid, entry);
	if (device->domain)
		u->domain_id = device->domain->id;
	nyx_device_put(device);
}

static void describe(char *buf, size_t size, enum nyx_entry_kind kind, bool suppress, u16 hwdid,
		     u64 root, u8 levels)
{
	switch (kind) {
	case NYX_ENTRY_BLOCKED:
		scnprintf(buf, size, suppress ? "blocked, faults suppressed" : "blocked");
		break;
	case NYX_ENTRY_PASS:
		scnprintf(buf, size, "pass-through");
		break;
	case NYX_ENTRY_PAGING:
		scnprintf(buf, size, "table %#llx, %u levels, hardware id %u", root, levels, hwdid);
		break;
	}
}

/* Both in words; where that does not tell them apart, the first word that differs. */
static void describe_both(struct unit_audit *u, const struct nyx_entry_view *view,
			  struct nyx_audit_difference *difference)
{
	struct nyx_entry wanted;
	u32 i;

	on_wanted(&u->base, view->rid, &wanted);
	describe(difference->found, sizeof(difference->found), view->kind, view->suppress_faults,
		 view->hwdid, view->root, view->levels);
	describe(difference->expected, sizeof(difference->expected), wanted.kind,
		 wanted.suppress_faults, wanted.hwdid, wanted.pt ? nyx_pt_root(wanted.pt) : 0,
		 wanted.pt ? wanted.pt->config.levels : 0);
	if (strcmp(difference->found, difference->expected))
		return;
	for (i = 0; i < view->nr_words; i++) {
		if (view->words[i] == view->wanted[i])
			continue;
		nyx_audit_found(difference, "word %u is %#llx", i, view->words[i]);
		nyx_audit_expected(difference, "%#llx", view->wanted[i]);
		return;
	}
}

static void on_entry(struct nyx_unit_audit *base, const struct nyx_entry_view *view)
{
	struct unit_audit *u = container_of(base, struct unit_audit, base);
	struct nyx_audit_difference *difference;

	u->audit->counts.entries++;
	if (!memcmp(view->words, view->wanted, view->nr_words * sizeof(view->words[0])))
		return;
	difference = unit_differs(u->audit, u->unit, "entry of a requester id");
	difference->has_rid = true;
	difference->rid = view->rid;
	difference->domain_id = u->domain_id;
	describe_both(u, view, difference);
}

/* Some buses of the unit, from position->bus on. True: that was the last. */
static bool audit_unit(struct nyx_unit *unit, struct nyx_audit_position *position,
		       struct nyx_audit *audit)
{
	struct unit_audit u = {
		.base = { .word = on_word, .wanted = on_wanted, .entry = on_entry },
		.unit = unit,
		.audit = audit,
	};
	struct nyx_audit_difference *difference;
	u32 i;

	if (nyx_unit_dead(unit)) {
		difference = unit_differs(audit, unit, "state of the unit");
		nyx_audit_found(difference, "dead: %s", unit->dead_reason);
		nyx_audit_expected(difference, "translating");
		return true;
	}
	for (i = 0; i < BUSES_PER_PIECE && position->bus < BUSES; i++, position->bus++) {
		mutex_lock(&nyx_registry_lock);
		find_named(&u, position->bus);
		nyx_unused_open(unit, position->bus, u.open);
		unit->ops->audit(unit, position->bus, &u.base);
		mutex_unlock(&nyx_registry_lock);
		cond_resched();
	}
	return position->bus == BUSES;
}

/* ---- hardware domain ids ---- */

static void audit_hwdid(struct nyx_unit *unit, const struct nyx_domain *domain, u16 hwdid,
			unsigned long *seen, struct nyx_audit *audit)
{
	struct nyx_audit_difference *difference;
	const char *what;

	/* It shares the one that passes with the host's devices. */
	if (domain->mode == NYX_DOMAIN_UNMANAGED && hwdid == NYX_HWDID_PASS)
		return;
	if (hwdid < NYX_HWDID_FIRST || hwdid >= unit->caps.nr_hw_domains)
		what = "hardware domain id out of range";
	else if (__test_and_set_bit(hwdid, seen))
		what = "hardware domain id of two domains";
	else if (!test_bit(hwdid, unit->hwdids))
		what = "hardware domain id that is not allocated";
	else
		return;
	difference = unit_differs(audit, unit, what);
	difference->domain_id = domain->id;
	nyx_audit_found(difference, "%u", hwdid);
	nyx_audit_expected(difference, "an id of its own");
}

/* What the books say twice: how many of the domain's devices are on the unit. */
static void audit_devices(struct nyx_unit *unit, const struct nyx_domain *domain, u32 count,
			  struct nyx_audit *audit)
{
	struct nyx_audit_difference *difference;
	struct nyx_device *device;
	u32 nr = 0;

	list_for_each_entry(device, &domain->devices, domain_node)
		nr += device->unit == unit;
	if (nr == count)
		return;
	difference = unit_differs(audit, unit, "devices of a domain on the unit");
	difference->domain_id = domain->id;
	nyx_audit_found(difference, "%u", nr);
	nyx_audit_expected(difference, "%u", count);
}

static int audit_hwdids(struct nyx_unit *unit, struct nyx_audit *audit)
{
	unsigned long *seen = bitmap_zalloc(unit->caps.nr_hw_domains, GFP_KERNEL);
	struct nyx_audit_difference *difference;
	struct nyx_domain_unit *on;
	struct nyx_domain *domain;
	unsigned long id;
	u32 unused;

	if (!seen)
		return -ENOMEM;
	mutex_lock(&nyx_registry_lock);
	bitmap_set(seen, 0, NYX_HWDID_FIRST);
	xa_for_each(&nyx_domains, id, domain) {
		/* The list changes under nyx_registry_lock only. */
		list_for_each_entry(on, &domain->units, node) {
			if (on->unit != unit)
				continue;
			audit_hwdid(unit, domain, on->hwdid, seen, audit);
			audit_devices(unit, domain, on->nr_devices, audit);
		}
	}
	bitmap_andnot(seen, unit->hwdids, seen, unit->caps.nr_hw_domains);
	unused = bitmap_weight(seen, unit->caps.nr_hw_domains);
	mutex_unlock(&nyx_registry_lock);
	bitmap_free(seen);
	/* A dead unit keeps the ids of domains that are gone. */
	if (!unused || nyx_unit_dead(unit))
		return 0;
	difference = unit_differs(audit, unit, "hardware domain ids that no domain has");
	nyx_audit_found(difference, "%u allocated", unused);
	nyx_audit_expected(difference, "0");
	return 0;
}

/* ---- all of it ---- */

/* The unit with that id or the next one, or NULL. */
static struct nyx_unit *unit_from(u32 id)
{
	struct nyx_unit *unit;

	list_for_each_entry(unit, &nyx_units, node)
		if (unit->id >= id)
			return unit;
	return NULL;
}

/* The domain with that id or the next one, referenced, or NULL. */
static struct nyx_domain *domain_from(u32 first)
{
	struct nyx_domain *domain;
	unsigned long id = first;

	rcu_read_lock();
	domain = xa_find(&nyx_domains, &id, NYX_DOMAIN_ID_MAX, XA_PRESENT);
	while (domain && !kref_get_unless_zero(&domain->ref))
		domain = xa_find_after(&nyx_domains, &id, NYX_DOMAIN_ID_MAX, XA_PRESENT);
	rcu_read_unlock();
	return domain;
}

static void next_stage(struct nyx_audit_position *position)
{
	position->stage++;
	position->unit_id = 0;
	position->bus = 0;
}

static int step_units(struct nyx_audit_position *position, struct nyx_audit *audit)
{
	struct nyx_unit *unit = unit_from(position->unit_id);
	int err = 0;

	if (!unit) {
		next_stage(position);
		return 0;
	}
	position->unit_id = unit->id;
	if (position->stage == STAGE_HWDIDS)
		err = audit_hwdids(unit, audit);
	else if (position->stage == STAGE_IRQS)
		nyx_audit_irqs(unit, audit);
	else if (!audit_unit(unit, position, audit))
		return 0;
	position->unit_id++;
	position->bus = 0;
	return err;
}

static void step_domains(struct nyx_audit_position *position, struct nyx_audit *audit)
{
	struct nyx_domain *domain = domain_from(position->domain_id);

	if (!domain) {
		position->stage = STAGE_DONE;
		return;
	}
	/* The one it was at is gone: that was that. */
	if (domain->id != position->domain_id)
		position->iova = 0;
	position->domain_id = domain->id;
	if (domain->mode == NYX_DOMAIN_UNMANAGED || nyx_audit_table(domain, position, audit)) {
		audit->counts.domains++;
		position->domain_id++;
		position->iova = 0;
	}
	nyx_domain_put(domain);
}

int nyx_audit_step(struct nyx_audit_position *position, struct nyx_audit *audit)
{
	int err = 0;

	memset(audit, 0, sizeof(*audit));
	switch (position->stage) {
	case STAGE_UNITS:
	case STAGE_HWDIDS:
	case STAGE_IRQS:
		err = step_units(position, audit);
		break;
	case STAGE_DOMAINS:
		step_domains(position, audit);
		break;
	default:
		return 0;
	}
	return err ?: 1;
}
