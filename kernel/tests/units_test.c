// SPDX-License-Identifier: GPL-2.0
/*
 * Several units at once: all of them on or none, and tables that suit units which differ.
 */
#include "amdvi_fixture.h"
#include "core_fixture.h"
#include "vtd_model.h"

/* ---- all or none, on the register models ---- */

static void vtd_all_or_none(struct kunit *test)
{
	struct vtd_model *m[3];
	struct vtd_unit *v[3];
	struct nyx_why why;
	u32 i, bad;

	for (i = 0; i < 3; i++) {
		m[i] = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
		v[i] = vtd_model_unit(m[i]);
		list_add_tail(&v[i]->unit.node, &nyx_units);
	}
	for (bad = 0; bad < 3; bad++) {
		for (i = 0; i < 3; i++)
			vtd_model_clear_log(m[i]);
		m[bad]->gsts_stuck = VTD_GSTS_TES;
		KUNIT_EXPECT_EQ(test, nyx_units_enable(&why), -ETIMEDOUT);
		KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "off again"));
		for (i = 0; i < 3; i++) {
			const char *log = i > bad ? "" : i == bad ? "QRCwIwTq" :
						      "QRCwIwTSNwFEeftq";

			KUNIT_EXPECT_STREQ_MSG(test, m[i]->log, log, "unit %u of %u", i, bad);
			KUNIT_EXPECT_EQ(test, v[i]->unit.state, NYX_UNIT_OFF);
			KUNIT_EXPECT_EQ(test, m[i]->gsts & (u32)(VTD_GSTS_TES | VTD_GSTS_QIES), 0);
		}
		m[bad]->gsts_stuck = 0;
	}
	KUNIT_EXPECT_EQ(test, nyx_units_enable(&why), 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, v[i]->unit.state, NYX_UNIT_TRANSLATING);
	nyx_units_disable();
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, v[i]->unit.state, NYX_UNIT_OFF);
		KUNIT_EXPECT_EQ(test, m[i]->violations, 0);
		list_del(&v[i]->unit.node);
		vtd_model_free(v[i]);
	}
}

static void amdvi_all_or_none(struct kunit *test)
{
	struct amdvi_fixture *fx[2];
	struct nyx_why why;
	u32 i;

	for (i = 0; i < 2; i++) {
		fx[i] = fx_alloc(test, FX_EFR);
		KUNIT_ASSERT_EQ(test, fx_create(fx[i]), 0);
		list_add_tail(&fx[i]->unit->node, &nyx_units);
	}
	fx[1]->model.never_runs = true;
	KUNIT_EXPECT_EQ(test, nyx_units_enable(&why), -ETIMEDOUT);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, fx[i]->model.control, 0);
		KUNIT_EXPECT_EQ(test, fx[i]->unit->state, NYX_UNIT_OFF);
	}
	fx[1]->model.never_runs = false;
	KUNIT_EXPECT_EQ(test, nyx_units_enable(&why), 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, fx[i]->unit->state, NYX_UNIT_TRANSLATING);
	nyx_units_disable();
	for (i = 0; i < 2; i++) {
		list_del(&fx[i]->unit->node);
		fx_remove(test, fx[i]);
	}
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(vtd_all_or_none),
	KUNIT_CASE(amdvi_all_or_none),
	{}
};

static struct kunit_suite life_suite = {
	.name = "nyx_units_life",
	.test_cases = life_cases,
};

/* ---- one table for units that differ ---- */

static struct core_unit *unit_of(struct kunit *test, u8 levels, u8 choices)
{
	struct core_unit *u = core_unit(test, 0);

	u->unit.caps.levels = levels;
	u->unit.caps.level_choices = choices;
	return u;
}

static void levels_that_suit_all(struct kunit *test)
{
	static const struct {
		u8 levels[2], choices[2], common;
	} cases[] = {
		{ { 4, 4 }, { BIT(4), BIT(4) }, 4 },
		{ { 3, 4 }, { BIT(3), BIT(3) | BIT(4) }, 3 },
		{ { 4, 3 }, { BIT(3) | BIT(4), BIT(3) }, 3 },
		/* The first would do with three, but the second cannot. */
		{ { 3, 4 }, { BIT(3) | BIT(4), BIT(4) }, 4 },
		{ { 3, 3 }, { BIT(3) | BIT(4), BIT(3) | BIT(4) }, 3 },
		/* No number suits both: the first one's. */
		{ { 3, 4 }, { BIT(3), BIT(4) }, 3 },
		{ { 4, 3 }, { BIT(4), BIT(3) }, 4 },
	};
	struct core_unit *one = core_unit(test, 0), *two = core_unit(test, 1);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nyx_pt_config config;

		one->unit.caps.levels = cases[i].levels[0];
		one->unit.caps.level_choices = cases[i].choices[0];
		two->unit.caps.levels = cases[i].levels[1];
		two->unit.caps.level_choices = cases[i].choices[1];
		KUNIT_ASSERT_EQ(test, nyx_domain_common_config(&config), 0);
		KUNIT_EXPECT_EQ_MSG(test, config.levels, cases[i].common, "case %u", i);
	}
	/* What a dead unit can walk does not matter. */
	WRITE_ONCE(one->unit.state, NYX_UNIT_DEAD);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nyx_pt_config config;

		two->unit.caps.levels = cases[i].levels[1];
		two->unit.caps.level_choices = cases[i].choices[1];
		KUNIT_ASSERT_EQ(test, nyx_domain_common_config(&config), 0);
		KUNIT_EXPECT_EQ_MSG(test, config.levels, cases[i].levels[1], "case %u", i);
	}
	WRITE_ONCE(one->unit.state, NYX_UNIT_TRANSLATING);
}

static void a_unit_that_cannot_walk_it(struct kunit *test)
{
	struct core_unit *one = unit_of(test, 3, BIT(3)), *two;
	struct nyx_acpi_scope scope = {
		.kind = NYX_SCOPE_RIDS, .rid_first = 0x0200, .rid_last = 0x02ff };
	struct nyx_device *a, *b;
	struct nyx_domain *domain;
	struct nyx_why why = {};

	two = unit_of(test, 4, BIT(4));
	core_scope(two, &scope);
	a = core_endpoint(test, 0x0100);
	b = core_endpoint(test, 0x0200);
	KUNIT_EXPECT_PTR_EQ(test, a->unit, &one->unit);
	KUNIT_EXPECT_PTR_EQ(test, b->unit, &two->unit);
	domain = core_domain(test, NYX_DOMAIN_SHARED);
	core_assign(test, a, domain);
	core_hold(b);
	KUNIT_EXPECT_EQ(test, nyx_device_assign(b, domain, &why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "levels"), "%s", why.text);
	KUNIT_EXPECT_EQ(test, core_entry(two, 0x0200)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(two), 0);
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 1);
}

/* Three units of segment 0, the last of which takes what is left, and one of segment 1. */
static void whose_a_device_is(struct kunit *test)
{
	static const struct {
		u16 segment, rid;
		u8 unit;
	} devices[] = {
		{ 0, RID(0, 2, 0), 0 }, { 0, RID(0x16, 3, 0), 1 }, { 0, RID(0x16, 4, 0), 2 },
		{ 0, RID(0, 2, 1), 2 }, { 0, RID(0x80, 0, 0), 2 }, { 1, RID(0, 2, 0), 3 },
		{ 1, RID(0x16, 3, 0), 3 },
	};
	struct nyx_acpi_scope gfx = { .kind = NYX_SCOPE_ENDPOINT, .path_len = 1,
				      .path[0].device = 2 };
	struct nyx_acpi_scope port = { .kind = NYX_SCOPE_BRIDGE, .start_bus = 0x16,
				       .path_len = 1, .path[0].device = 3 };
	struct core_unit *units[4];
	u32 i;

	units[0] = core_unit(test, 0);
	core_scope(units[0], &gfx);
	units[1] = core_unit(test, 0);
	core_scope(units[1], &port);
	units[2] = core_unit(test, 0);
	units[3] = core_unit(test, 1);
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		struct nyx_device *device = core_device(test, &(struct core_function) {
			.segment = devices[i].segment, .rid = devices[i].rid });
		u32 k;

		KUNIT_EXPECT_PTR_EQ_MSG(test, device->unit, &units[devices[i].unit]->unit, "%s",
					nyx_device_name(device));
		/* Passed through there and nowhere else. */
		for (k = 0; k < 4; k++)
			if (units[k]->unit.segment == devices[i].segment)
				KUNIT_EXPECT_EQ_MSG(test, core_entry(units[k], devices[i].rid)->kind,
						    k == devices[i].unit ? NYX_ENTRY_PASS :
						    NYX_ENTRY_BLOCKED, "%s on unit %u",
						    nyx_device_name(device), k);
	}
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(levels_that_suit_all),
	KUNIT_CASE(a_unit_that_cannot_walk_it),
	KUNIT_CASE(whose_a_device_is),
	{}
};

static struct kunit_suite table_suite = {
	.name = "nyx_units_tables",
	.init = core_init,
	.exit = core_exit,
	.test_cases = table_cases,
};

kunit_test_suites(&life_suite, &table_suite);
