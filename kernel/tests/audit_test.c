// SPDX-License-Identifier: GPL-2.0
/*
 * The audit of entries and hardware domain ids on the made-up machine: equal when
 * everything is as it was made, and one thing of each kind spoilt is named.
 */
#include "../audit.h"
#include "core_fixture.h"

static struct core_unit *unit;
static struct nyx_device *host, *held, *guest;
static struct nyx_domain *domain;
static struct nyx_audit_counts counts;
static struct nyx_audit_difference first;

/* The whole audit: its counts and the first difference. */
static void audit_all(struct kunit *test)
{
	struct nyx_audit *audit = kunit_kzalloc(test, sizeof(*audit), GFP_KERNEL);
	struct nyx_audit_position position = {};
	u64 *sum = (u64 *)&counts;
	u32 i, pieces = 0;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, audit);
	memset(&counts, 0, sizeof(counts));
	memset(&first, 0, sizeof(first));
	while ((err = nyx_audit_step(&position, audit)) > 0) {
		if (audit->nr_listed && !counts.differences)
			first = audit->listed[0];
		KUNIT_EXPECT_EQ(test, audit->nr_listed,
				min_t(u64, audit->counts.differences, NYX_AUDIT_LISTED));
		for (i = 0; i < sizeof(counts) / sizeof(u64); i++)
			sum[i] += ((u64 *)&audit->counts)[i];
		KUNIT_ASSERT_LT(test, ++pieces, 1000);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	kunit_kfree(test, audit);
}

static void expect_equal(struct kunit *test)
{
	audit_all(test);
	KUNIT_EXPECT_EQ_MSG(test, counts.differences, 0, "%s: %s, not %s", first.what, first.found,
			    first.expected);
}

static void expect_one(struct kunit *test, const char *what, const char *found,
		       const char *expected)
{
	audit_all(test);
	KUNIT_EXPECT_EQ(test, counts.differences, 1);
	KUNIT_EXPECT_STREQ(test, first.what, what);
	KUNIT_EXPECT_STREQ(test, first.found, found);
	KUNIT_EXPECT_STREQ(test, first.expected, expected);
}

static int audit_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	unit = core_unit(test, 0);
	host = core_endpoint(test, RID(1, 0, 0));
	held = core_endpoint(test, RID(2, 0, 0));
	guest = core_endpoint(test, RID(3, 0, 0));
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	core_hold(held);
	core_assign(test, guest, domain);
	return 0;
}

static struct nyx_entry *entry_of(u16 rid)
{
	return (struct nyx_entry *)core_entry(unit, rid);
}

static void all_equal(struct kunit *test)
{
	expect_equal(test);
	KUNIT_EXPECT_EQ(test, counts.entries, 10 * 256);
	KUNIT_EXPECT_EQ(test, counts.domains, 1);
	KUNIT_EXPECT_EQ(test, counts.tables, 1);
	KUNIT_EXPECT_EQ(test, counts.passed_over, 0);
}

/* The states that a device goes through, and what they make of its entry. */
static void every_state_equal(struct kunit *test)
{
	mutex_lock(&nyx_registry_lock);
	guest->state = NYX_DEVICE_QUARANTINED;
	KUNIT_EXPECT_EQ(test, nyx_device_apply(guest), 0);
	mutex_unlock(&nyx_registry_lock);
	expect_equal(test);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(guest, NULL), 0);
	expect_equal(test);
	core_settle();
	core_depart(held->pdev);
	expect_equal(test);
}

/* Asked for a reset, fenced: from then on, not from when the job comes to it. */
static void reset_fences_at_once(struct kunit *test)
{
	guest->has_reset = true;
	mutex_lock(&nyx_registry_lock);
	nyx_reset_queue(guest);
	KUNIT_EXPECT_EQ(test, core_entry(unit, guest->rid)->kind, NYX_ENTRY_BLOCKED);
	mutex_unlock(&nyx_registry_lock);
	expect_equal(test);
	core_settle();
	expect_equal(test);
}

static void spoilt_entries(struct kunit *test)
{
	struct nyx_entry saved = *entry_of(guest->rid);
	char table[96];

	entry_of(host->rid)->kind = NYX_ENTRY_BLOCKED;
	expect_one(test, "entry of a requester id", "blocked", "pass-through");
	KUNIT_EXPECT_TRUE(test, first.has_unit && first.has_rid);
	KUNIT_EXPECT_EQ(test, first.rid, host->rid);
	KUNIT_EXPECT_EQ(test, first.domain_id, 0);
	entry_of(host->rid)->kind = NYX_ENTRY_PASS;

	entry_of(held->rid)->kind = NYX_ENTRY_PASS;
	expect_one(test, "entry of a requester id", "pass-through", "blocked");
	entry_of(held->rid)->kind = NYX_ENTRY_BLOCKED;

	entry_of(held->rid)->suppress_faults = true;
	expect_one(test, "entry of a requester id", "blocked, faults suppressed", "blocked");
	entry_of(held->rid)->suppress_faults = false;

	entry_of(0xffff)->kind = NYX_ENTRY_PASS;
	expect_one(test, "entry of a requester id", "pass-through", "blocked");
	KUNIT_EXPECT_EQ(test, first.rid, 0xffff);
	entry_of(0xffff)->kind = NYX_ENTRY_BLOCKED;

	scnprintf(table, sizeof(table), "table %#llx, 4 levels, hardware id 2",
		  (u64)nyx_pt_root(&domain->pt));
	entry_of(guest->rid)->kind = NYX_ENTRY_PASS;
	expect_one(test, "entry of a requester id", "pass-through", table);
	KUNIT_EXPECT_EQ(test, first.domain_id, domain->id);
	*entry_of(guest->rid) = saved;
	expect_equal(test);
}

/* A device of the SoC that is no PCI function passes, and only what firmware names does. */
static void named_devices(struct kunit *test)
{
	struct core_unit *second = core_unit(test, 1);

	core_scope(second, &(struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_ACPI_NAME, .rid_first = RID(5, 1, 0), .rid_last = RID(5, 1, 0),
	});
	nyx_firmware.table = NYX_ACPI_IVRS;
	expect_one(test, "entry of a requester id", "blocked", "pass-through");
	KUNIT_EXPECT_EQ(test, first.unit_id, 1);
	KUNIT_EXPECT_EQ(test, first.rid, RID(5, 1, 0));
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_devices_pass_named(), 0);
	mutex_unlock(&nyx_registry_lock);
	expect_equal(test);
	((struct nyx_entry *)core_entry(second, RID(5, 1, 0)))->kind = NYX_ENTRY_BLOCKED;
}

static void another_domains_entry(struct kunit *test)
{
	struct nyx_domain *other = core_domain(test, NYX_DOMAIN_STRICT);
	struct nyx_entry saved = *entry_of(guest->rid);
	char found[96], expected[96];

	entry_of(guest->rid)->pt = &other->pt;
	scnprintf(found, sizeof(found), "table %#llx, 4 levels, hardware id 2",
		  (u64)nyx_pt_root(&other->pt));
	scnprintf(expected, sizeof(expected), "table %#llx, 4 levels, hardware id 2",
		  (u64)nyx_pt_root(&domain->pt));
	expect_one(test, "entry of a requester id", found, expected);
	*entry_of(guest->rid) = saved;

	entry_of(guest->rid)->hwdid = 3;
	scnprintf(found, sizeof(found), "table %#llx, 4 levels, hardware id 3",
		  (u64)nyx_pt_root(&domain->pt));
	expect_one(test, "entry of a requester id", found, expected);
	*entry_of(guest->rid) = saved;
}

/* More than can be listed are counted all the same. */
static void many_differences(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 20; i++)
		entry_of(0x8000 + i)->kind = NYX_ENTRY_PASS;
	audit_all(test);
	KUNIT_EXPECT_EQ(test, counts.differences, 20);
	for (i = 0; i < 20; i++)
		entry_of(0x8000 + i)->kind = NYX_ENTRY_BLOCKED;
}

static void hardware_domain_ids(struct kunit *test)
{
	struct nyx_domain *other = core_domain(test, NYX_DOMAIN_STRICT);
	struct nyx_device *second = core_endpoint(test, RID(4, 0, 0));
	struct nyx_domain_unit *on;

	core_assign(test, second, other);
	expect_equal(test);
	on = list_first_entry(&other->units, struct nyx_domain_unit, node);
	KUNIT_ASSERT_EQ(test, on->hwdid, 3);

	/* The entry is as it was, so it differs as well; so does the id that nobody has now. */
	on->hwdid = 2;
	audit_all(test);
	KUNIT_EXPECT_EQ(test, counts.differences, 3);
	on->hwdid = 3;

	__clear_bit(3, unit->unit.hwdids);
	expect_one(test, "hardware domain id that is not allocated", "3", "an id of its own");
	KUNIT_EXPECT_EQ(test, first.domain_id, other->id);
	__set_bit(3, unit->unit.hwdids);

	__set_bit(5, unit->unit.hwdids);
	expect_one(test, "hardware domain ids that no domain has", "1 allocated", "0");
	__clear_bit(5, unit->unit.hwdids);

	on->nr_devices++;
	expect_one(test, "devices of a domain on the unit", "1", "2");
	on->nr_devices--;
	expect_equal(test);
}

/* It passes like the host's, under their hardware id, and has no page table. */
static void unmanaged_domain(struct kunit *test)
{
	struct nyx_domain *other = core_domain(test, NYX_DOMAIN_UNMANAGED);
	struct nyx_device *second = core_endpoint(test, RID(4, 0, 0));

	core_assign(test, second, other);
	expect_equal(test);
	KUNIT_EXPECT_EQ(test, counts.domains, 2);
	KUNIT_EXPECT_EQ(test, counts.tables, 1);
	entry_of(second->rid)->kind = NYX_ENTRY_BLOCKED;
	expect_one(test, "entry of a requester id", "blocked", "pass-through");
	KUNIT_EXPECT_EQ(test, first.domain_id, other->id);
	entry_of(second->rid)->kind = NYX_ENTRY_PASS;
}

static void dead_unit(struct kunit *test)
{
	nyx_unit_mark_dead(&unit->unit, "a test made it so");
	core_settle();
	expect_one(test, "state of the unit", "dead: a test made it so", "translating");
}

static struct kunit_case audit_cases[] = {
	KUNIT_CASE(all_equal),
	KUNIT_CASE(every_state_equal),
	KUNIT_CASE(reset_fences_at_once),
	KUNIT_CASE(spoilt_entries),
	KUNIT_CASE(named_devices),
	KUNIT_CASE(another_domains_entry),
	KUNIT_CASE(many_differences),
	KUNIT_CASE(hardware_domain_ids),
	KUNIT_CASE(unmanaged_domain),
	KUNIT_CASE(dead_unit),
	{}
};

static struct kunit_suite audit_suite = {
	.name = "nyx_audit",
	.init = audit_init,
	.exit = core_exit,
	.test_cases = audit_cases,
};

kunit_test_suite(audit_suite);
