// SPDX-License-Identifier: GPL-2.0
/*
 * Ids that no function behind a unit has: which are blocked for interrupts, and how they open
 * and close as functions come and go.
 */
#include "../audit.h"
#include "core_fixture.h"

#define IOAPIC		RID(0, 0x14, 0)
#define HPET		RID(0, 0x14, 1)
#define UART		RID(0, 0x14, 5)
#define FAR_IOAPIC	RID(4, 0, 1)

/* Unit 0 has buses 0 to 3, unit 1 buses 4 to 5, nobody the others. */
static struct core_unit *unit, *far;
static struct nyx_device *device;

static struct core_unit *new_unit(struct kunit *test, u16 first, u16 last, u16 function)
{
	struct core_unit *u = core_unit(test, 0);

	core_scope(u, &(struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS, .rid_first = first, .rid_last = last });
	u->unit.has_function = true;
	u->unit.rid = function;
	u->unit.remapping.blocks_unused_ids = true;
	return u;
}

static void special(struct core_unit *u, enum nyx_scope_kind kind, u16 rid)
{
	core_scope(u, &(struct nyx_acpi_scope) {
		.kind = kind, .rid_first = rid, .rid_last = rid });
}

static int unused_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	nyx_firmware.table = NYX_ACPI_IVRS;
	unit = new_unit(test, RID(0, 0, 0), RID(3, 31, 7), RID(0, 0, 2));
	special(unit, NYX_SCOPE_IOAPIC, IOAPIC);
	special(unit, NYX_SCOPE_HPET, HPET);
	special(unit, NYX_SCOPE_ACPI_NAME, UART);
	core_remaps(test, unit);
	far = new_unit(test, RID(4, 0, 0), RID(5, 31, 7), RID(4, 0, 2));
	special(far, NYX_SCOPE_IOAPIC, FAR_IOAPIC);
	device = core_endpoint(test, RID(1, 0, 0));
	/* As at load: what is there already, then all others. */
	mutex_lock(&nyx_registry_lock);
	err = nyx_unused_block() ?: nyx_devices_pass_named();
	mutex_unlock(&nyx_registry_lock);
	core_clear_log();
	return err;
}

static bool raises(struct core_unit *u, u16 rid)
{
	return !core_entry(u, rid)->block_interrupts;
}

static void expect_equal(struct kunit *test)
{
	struct nyx_audit *audit = kunit_kzalloc(test, sizeof(*audit), GFP_KERNEL);
	struct nyx_audit_position position = {};

	KUNIT_ASSERT_NOT_NULL(test, audit);
	while (nyx_audit_step(&position, audit) > 0)
		KUNIT_EXPECT_EQ_MSG(test, audit->counts.differences, 0, "%04x: %s",
				    audit->listed[0].rid, audit->listed[0].found);
}

static void at_start(struct kunit *test)
{
	static const u16 open[] = {
		RID(1, 0, 0), IOAPIC, HPET, UART, FAR_IOAPIC, RID(0, 0, 2), RID(4, 0, 2),
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(open); i++) {
		KUNIT_EXPECT_FALSE_MSG(test, test_bit(open[i], unit->unused), "%04x", open[i]);
		KUNIT_EXPECT_FALSE_MSG(test, test_bit(open[i], far->unused), "%04x", open[i]);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(unit->unused, 65536), 65536 - ARRAY_SIZE(open));
	KUNIT_EXPECT_EQ(test, bitmap_weight(far->unused, 65536), 65536 - ARRAY_SIZE(open));
	/* DMA is another matter. */
	KUNIT_EXPECT_EQ(test, core_entry(unit, IOAPIC)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, UART)->kind, NYX_ENTRY_PASS);
	expect_equal(test);
}

/* A unit that cannot, or must not, is left as it is. */
static void left_open(struct kunit *test)
{
	struct core_unit *open = core_unit(test, 1);
	struct nyx_device *other;

	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_unused_block(), 0);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(open->unused, 65536));
	other = core_device(test, &(struct core_function) {
		.segment = 1, .rid = RID(1, 0, 0), .type = PCI_EXP_TYPE_ENDPOINT });
	core_depart(other->pdev);
	KUNIT_EXPECT_TRUE(test, raises(open, RID(1, 0, 0)));
}

/* The id opens with the host's entry, and closes with it. */
static void comes_and_goes(struct kunit *test)
{
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));

	core_depart(other->pdev);
	core_clear_log();
	KUNIT_EXPECT_FALSE(test, raises(unit, RID(2, 0, 0)));
	other = core_arrive(other->pdev);
	CORE_EXPECT_LOG(test, "E1:0200=blocked E0200=pass S0200=host ");
	KUNIT_EXPECT_TRUE(test, raises(unit, RID(2, 0, 0)));
	expect_equal(test);
	core_depart(other->pdev);
	CORE_EXPECT_LOG(test, "S0200=gone E0200=blocked/none E1:0200=blocked/none ");
	expect_equal(test);
}

static void aliases(struct kunit *test)
{
	struct nyx_device *first, *second;

	first = core_endpoint(test, RID(2, 0, 0));
	core_depart(first->pdev);
	core_alias(test, first->pdev, PCI_DEVFN(1, 0));
	KUNIT_EXPECT_FALSE(test, raises(unit, RID(2, 1, 0)));
	first = core_arrive(first->pdev);
	KUNIT_EXPECT_TRUE(test, raises(unit, RID(2, 1, 0)));
	/* Two have it, and the one that stays needs it. */
	second = core_endpoint(test, RID(2, 1, 0));
	core_depart(second->pdev);
	KUNIT_EXPECT_TRUE(test, raises(unit, RID(2, 1, 0)));
	expect_equal(test);
	core_depart(first->pdev);
	KUNIT_EXPECT_FALSE(test, raises(unit, RID(2, 1, 0)));
	KUNIT_EXPECT_FALSE(test, raises(unit, RID(2, 0, 0)));
	expect_equal(test);
}

/* A function that no scope names, and one behind another unit, are the host's all the same. */
static void behind_no_unit(struct kunit *test)
{
	static const u16 rids[] = { RID(0xff, 0, 0), RID(5, 0, 0) };
	struct nyx_device *other;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rids); i++) {
		KUNIT_EXPECT_TRUE(test, test_bit(rids[i], unit->unused));
		other = core_endpoint(test, rids[i]);
		KUNIT_EXPECT_PTR_EQ(test, other->unit, i ? &far->unit : NULL);
		KUNIT_EXPECT_TRUE(test, raises(unit, rids[i]));
		KUNIT_EXPECT_TRUE(test, raises(far, rids[i]));
		KUNIT_EXPECT_EQ(test, core_entry(unit, rids[i])->kind, NYX_ENTRY_BLOCKED);
		expect_equal(test);
		core_depart(other->pdev);
		KUNIT_EXPECT_FALSE(test, raises(unit, rids[i]));
		KUNIT_EXPECT_FALSE(test, raises(far, rids[i]));
		expect_equal(test);
	}
}

/* Unplugged while it is assigned: its table goes, and nothing of it is open. */
static void departs_assigned(struct kunit *test)
{
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_STRICT);

	core_assign(test, device, domain);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->remap_interrupts);
	expect_equal(test);
	core_depart(device->pdev);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
	KUNIT_EXPECT_FALSE(test, raises(unit, RID(1, 0, 0)));
	expect_equal(test);
}

/* An IO-APIC's id stays open, whoever has it too, and whoever that is stays with the host. */
static void shares_with_an_ioapic(struct kunit *test)
{
	struct nyx_domain *domain = core_domain(test, NYX_DOMAIN_STRICT);
	struct nyx_device *smbus = core_device(test, &(struct core_function) {
		.rid = IOAPIC, .type = CORE_CONVENTIONAL, .multi = true });
	struct nyx_device *audio = core_device(test, &(struct core_function) {
		.rid = RID(0, 0x14, 2), .type = CORE_CONVENTIONAL, .multi = true });
	struct nyx_why why = {};

	KUNIT_ASSERT_PTR_EQ(test, smbus->group, audio->group);
	core_hold(smbus);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(smbus, domain, &why), -EPERM);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "an IO-APIC"), "%s", why.text);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, IOAPIC)->remap_interrupts);
	mutex_lock(&nyx_registry_lock);
	smbus->irqs.held = false;
	smbus->stub_bound = false;
	smbus->state = NYX_DEVICE_HOST;
	nyx_device_apply(smbus);
	mutex_unlock(&nyx_registry_lock);
	core_assign(test, audio, domain);
	KUNIT_EXPECT_EQ(test, smbus->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, audio->rid)->remap_interrupts);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, IOAPIC)->remap_interrupts);
	core_depart(smbus->pdev);
	KUNIT_EXPECT_TRUE(test, raises(unit, IOAPIC));
	expect_equal(test);
}

static struct kunit_case unused_cases[] = {
	KUNIT_CASE(at_start),
	KUNIT_CASE(left_open),
	KUNIT_CASE(comes_and_goes),
	KUNIT_CASE(aliases),
	KUNIT_CASE(behind_no_unit),
	KUNIT_CASE(departs_assigned),
	KUNIT_CASE(shares_with_an_ioapic),
	{}
};

static void unused_exit(struct kunit *test)
{
	/* Where nobody plays at load, the units go as they were made. */
	if (unit)
		((struct nyx_entry *)core_entry(unit, UART))->kind = NYX_ENTRY_BLOCKED;
	core_exit(test);
}

static struct kunit_suite unused_suite = {
	.name = "nyx_core_unused",
	.init = unused_init,
	.exit = unused_exit,
	.test_cases = unused_cases,
};
kunit_test_suite(unused_suite);
