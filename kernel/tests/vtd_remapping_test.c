// SPDX-License-Identifier: GPL-2.0
/*
 * A VT-d unit's interrupt remapping as a whole, on the register model: when it goes on and
 * when it must not, and what sleep leaves of it. All the while the host's own interrupts
 * must pass, which the model looks at with every command.
 */
#include "vtd_model.h"

#define HOST_MESSAGE	0xfee01000	/* compatibility format */
#define OWN		0x0310

static const u16 own_rids[] = { OWN };
static struct nyx_irq_source own = { .rids = own_rids, .nr_rids = 1 };

struct up {
	struct vtd_model *m;
	struct vtd_unit *v;
	const struct nyx_unit_ops *ops;
	const struct nyx_remapping *remapping;
};

static struct up make(struct kunit *test, u64 ecap)
{
	struct up u = { .m = vtd_model_new(test, VTD_CAP_SERVER, ecap) };

	u.v = vtd_model_unit(u.m);
	u.ops = u.v->unit.ops;
	u.remapping = &u.v->unit.remapping;
	test->priv = u.v;
	return u;
}

static void remapping_exit(struct kunit *test)
{
	vtd_model_free(test->priv);
	vtd_test_x2apic = false;
	vtd_test_no_cfi = false;
	nyx_interrupt_entries = VTD_MODEL_INTERRUPTS;
}

static u32 raise(struct up *u, u32 index, struct vtd_model_raised *raised)
{
	struct msi_msg msg;

	u->ops->irq_compose(&u->v->unit, index, 0, &msg);
	return vtd_model_interrupt(u->m, OWN, msg.address_lo, msg.data, raised);
}

/* Done; the log until here is checked by its users. */
static void expect_host_hears(struct kunit *test, struct up *u)
{
	struct vtd_model_raised raised;

	KUNIT_EXPECT_EQ(test, 0, vtd_model_interrupt(u->m, 0x0100, HOST_MESSAGE, 0x4031, &raised));
	KUNIT_EXPECT_TRUE(test, raised.compatibility);
	KUNIT_EXPECT_EQ(test, u->m->violations, 0);
}

static const struct {
	const char *what;
	u64 ecap;
	u32 stuck;
	bool no_cfi, qemu, x2apic;	/* the unit's way; what the CPUs are */
	enum nyx_remapping_state state;
	const char *why, *way_out, *log, *off;
} hosts[] = {
	{ "as it should be", VTD_ECAP_SERVER, .state = NYX_REMAPPING_ON, .why = "",
	  .log = "QRCwIwTSNwFE", .off = "tefq" },
	{ "no ECAP.IR", VTD_ECAP_SERVER & ~0x18ULL, .state = NYX_REMAPPING_NONE, .why = "",
	  .log = "QRCwIwT", .off = "tq" },
	{ "CFIS does not set", VTD_ECAP_SERVER, .stuck = VTD_GSTS_CFIS,
	  .state = NYX_REMAPPING_OFF, .why = "CFIS", .way_out = "firmware",
	  .log = "QRCwIwTSNwF", .off = "tq" },
	{ "QEMU", VTD_ECAP_SERVER, .no_cfi = true, .qemu = true, .state = NYX_REMAPPING_ON,
	  .why = "QEMU", .log = "QRCwIwTSNwFE", .off = "teq" },
	/* CFI there all the same: nothing to be said. */
	{ "QEMU to come", VTD_ECAP_SERVER, .qemu = true, .state = NYX_REMAPPING_ON, .why = "",
	  .log = "QRCwIwTSNwFE", .off = "tefq" },
	{ "like QEMU, but nobody says so", VTD_ECAP_SERVER, .no_cfi = true,
	  .state = NYX_REMAPPING_OFF, .why = "CFIS", .way_out = "firmware",
	  .log = "QRCwIwTSNwF", .off = "tq" },
	{ "x2APIC", VTD_ECAP_SERVER, .x2apic = true, .state = NYX_REMAPPING_OFF,
	  .why = "x2APIC", .way_out = "nox2apic", .log = "QRCwIwT", .off = "tq" },
	{ "x2APIC on QEMU", VTD_ECAP_SERVER, .no_cfi = true, .qemu = true, .x2apic = true,
	  .state = NYX_REMAPPING_OFF, .why = "x2APIC", .way_out = "nox2apic", .log = "QRCwIwT",
	  .off = "tq" },
};

static void on_where_the_host_hears(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct up u = make(test, hosts[i].ecap);
		const struct nyx_remapping *r = u.remapping;
		bool on = hosts[i].state == NYX_REMAPPING_ON, any = hosts[i].ecap & 8;

		vtd_test_no_cfi = hosts[i].qemu;
		vtd_test_x2apic = hosts[i].x2apic;
		u.m->no_cfi = hosts[i].no_cfi;
		u.m->gsts_stuck = hosts[i].stuck;
		KUNIT_EXPECT_EQ(test, (int)r->state,
				any ? (int)NYX_REMAPPING_OFF : (int)NYX_REMAPPING_NONE);
		KUNIT_EXPECT_EQ_MSG(test, 0, u.ops->enable(&u.v->unit, NULL), "%s", hosts[i].what);
		KUNIT_EXPECT_EQ(test, u.v->unit.state, NYX_UNIT_TRANSLATING);
		KUNIT_EXPECT_EQ_MSG(test, (int)r->state, (int)hosts[i].state, "%s", hosts[i].what);
		KUNIT_EXPECT_STREQ_MSG(test, u.m->log, hosts[i].log, "%s", hosts[i].what);
		KUNIT_EXPECT_EQ_MSG(test, !!(u.m->gsts & (u32)VTD_GSTS_IRES), on, "%s",
				    hosts[i].what);
		KUNIT_EXPECT_EQ(test, r->forgeable, on);
		KUNIT_EXPECT_FALSE(test, r->per_device);
		KUNIT_EXPECT_EQ(test, r->entries, any ? 256 : 0);
		if (!hosts[i].why[0])
			KUNIT_EXPECT_STREQ_MSG(test, r->why, "", "%s", hosts[i].what);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(r->why, hosts[i].why), "%s", r->why);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(r->why, hosts[i].way_out ?: ""), "%s", r->why);
		/* All of it fits. */
		KUNIT_EXPECT_LT(test, strlen(r->why), sizeof(r->why) - 1);
		expect_host_hears(test, &u);

		vtd_model_clear_log(u.m);
		u.ops->disable(&u.v->unit);
		KUNIT_EXPECT_STREQ_MSG(test, u.m->log, hosts[i].off, "%s", hosts[i].what);
		KUNIT_EXPECT_EQ(test, u.m->gsts & ~(u32)(VTD_GSTS_RTPS | VTD_GSTS_IRTPS), 0);
		expect_host_hears(test, &u);
		vtd_model_expect_left(test, u.v, false);
	}
}

/* What the unit remembers of tables of before must not serve anybody. */
static void forgets_entries_of_before(struct kunit *test)
{
	struct up u = make(test, VTD_ECAP_SERVER);
	struct vtd_model_raised raised;

	u.m->irtes[0] = (struct vtd_model_irte) { true, 3, { 0x610001, 0x40000 | OWN } };
	u.m->irtes_stale = true;
	KUNIT_ASSERT_EQ(test, 0, u.ops->enable(&u.v->unit, NULL));
	KUNIT_EXPECT_EQ(test, 0x22, raise(&u, 3, &raised));
	expect_host_hears(test, &u);
}

/* CFI says nothing without IRE: the rest goes off all the same, and is given back. */
static void goes_off_where_cfi_does_not(struct kunit *test)
{
	struct up u = make(test, VTD_ECAP_SERVER);

	KUNIT_ASSERT_EQ(test, 0, u.ops->enable(&u.v->unit, NULL));
	vtd_model_clear_log(u.m);
	u.m->gsts_stuck = VTD_GSTS_CFIS;
	u.ops->disable(&u.v->unit);
	KUNIT_EXPECT_STREQ(test, u.m->log, "tefq");
	KUNIT_EXPECT_EQ(test, u.m->gsts & (u32)(VTD_GSTS_TES | VTD_GSTS_IRES | VTD_GSTS_QIES), 0);
	expect_host_hears(test, &u);
	vtd_model_expect_left(test, u.v, false);
}

static void tables_of_all_sizes(struct kunit *test)
{
	static const u32 sizes[] = { 256, 512, 16384, 65536 };
	static const u32 bad[] = { 0, 1, 128, 255, 257, 300, 65535, 131072 };
	static const struct nyx_acpi_unit firmware = { .reg_base = 0xfed90000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vtd_model *m = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
		struct nyx_mmio io = { .size = SZ_4K, .model = &m->mmio };
		struct nyx_why why = {};
		struct nyx_unit *unit;

		nyx_interrupt_entries = bad[i];
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, vtd_unit_create(&io, 46, &firmware, &unit, &why),
				    "%u", bad[i]);
		KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "power of two from 256 to 65536"));
		KUNIT_EXPECT_EQ(test, m->writes, 0);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct vtd_model *m = vtd_model_new(test, VTD_CAP_SERVER, VTD_ECAP_SERVER);
		struct nyx_mmio io = { .size = SZ_4K, .model = &m->mmio };
		struct nyx_unit *unit;
		struct vtd_unit *v;
		u32 index;

		nyx_interrupt_entries = sizes[i];
		m->seams.drain_by_hand = true;
		vtd_next_test = &m->seams;
		KUNIT_ASSERT_EQ(test, 0, vtd_unit_create(&io, 46, &firmware, &unit, NULL));
		vtd_next_test = NULL;
		v = to_vtd(unit);
		test->priv = v;
		v->polls = 20;
		/* The model sees to the alignment. */
		KUNIT_EXPECT_EQ(test, 0, unit->ops->enable(unit, NULL));
		KUNIT_EXPECT_EQ(test, 2U << (m->irt & 0xf), sizes[i]);
		KUNIT_EXPECT_EQ(test, unit->remapping.entries, sizes[i]);
		KUNIT_EXPECT_EQ(test, 0, unit->ops->irq_reserve(unit, &own, sizes[i], &index));
		KUNIT_EXPECT_EQ(test, 0, unit->ops->irq_release(unit, &own, index, sizes[i]));
		KUNIT_EXPECT_EQ(test, m->violations, 0);
		vtd_model_expect_left(test, v, false);
	}
}

static u32 a_live_index(struct kunit *test, struct up *u)
{
	struct nyx_irte irte = { .present = true, .vector = 0x41 };
	struct vtd_model_raised raised;
	u32 index;

	KUNIT_ASSERT_EQ(test, 0, u->ops->irq_reserve(&u->v->unit, &own, 1, &index));
	KUNIT_ASSERT_EQ(test, 0, u->ops->irq_write(&u->v->unit, &own, index, &irte));
	KUNIT_EXPECT_EQ(test, 0, raise(u, index, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x41);
	return index;
}

static void lose_power(struct vtd_model *m)
{
	m->gsts = 0;
	m->rtaddr = 0;
	m->root = 0;
	m->iqa = 0;
	m->iqt = 0;
	m->irta = 0;
	m->irt = 0;
	memset(m->irtes, 0, sizeof(m->irtes));
	m->irtes_stale = true;
	vtd_model_clear_log(m);
}

/* Entries are memory: what was written before and during sleep is what counts after it. */
static void sleeps_and_wakes(struct kunit *test)
{
	struct up u = make(test, VTD_ECAP_SERVER);
	struct nyx_irte irte = { .present = true, .vector = 0x52 };
	struct vtd_model_raised raised;
	u32 kept, moved;

	KUNIT_ASSERT_EQ(test, 0, u.ops->enable(&u.v->unit, NULL));
	kept = a_live_index(test, &u);
	moved = a_live_index(test, &u);
	u.ops->disable(&u.v->unit);
	lose_power(u.m);
	KUNIT_EXPECT_EQ(test, 0, u.ops->irq_write(&u.v->unit, &own, moved, &irte));
	KUNIT_EXPECT_STREQ(test, u.m->log, "");
	KUNIT_EXPECT_EQ(test, 0, u.ops->resume(&u.v->unit));
	KUNIT_EXPECT_STREQ(test, u.m->log, "QRCwIwTSNwFE");
	KUNIT_EXPECT_EQ(test, (int)u.remapping->state, (int)NYX_REMAPPING_ON);
	KUNIT_EXPECT_EQ(test, 0, raise(&u, kept, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x41);
	KUNIT_EXPECT_EQ(test, 0, raise(&u, moved, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x52);
	expect_host_hears(test, &u);

	/* Firmware hands it back with all on, and a table of its own. */
	u.ops->disable(&u.v->unit);
	lose_power(u.m);
	u.m->gsts = VTD_GSTS_IRES | VTD_GSTS_IRTPS | VTD_GSTS_CFIS | VTD_GSTS_QIES;
	u.m->irtes[0] = (struct vtd_model_irte) { true, kept, { 0x610001, 0x40000 | OWN } };
	KUNIT_EXPECT_EQ(test, 0, u.ops->resume(&u.v->unit));
	KUNIT_EXPECT_STREQ(test, u.m->log, "efqQRCwIwTSNwFE");
	KUNIT_EXPECT_EQ(test, 0, raise(&u, kept, &raised));
	KUNIT_EXPECT_EQ(test, raised.vector, 0x41);
	expect_host_hears(test, &u);
}

/* It remapped before; without, its devices' messages would go anywhere. */
static void wakes_without_remapping(struct kunit *test)
{
	struct up u = make(test, VTD_ECAP_SERVER);

	KUNIT_ASSERT_EQ(test, 0, u.ops->enable(&u.v->unit, NULL));
	u.ops->disable(&u.v->unit);
	lose_power(u.m);
	u.m->gsts_stuck = VTD_GSTS_CFIS;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, u.ops->resume(&u.v->unit));
	KUNIT_EXPECT_TRUE(test, nyx_unit_dead(&u.v->unit));
	KUNIT_EXPECT_FALSE(test, u.m->gsts & (u32)VTD_GSTS_IRES);
	expect_host_hears(test, &u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(on_where_the_host_hears),
	KUNIT_CASE(forgets_entries_of_before),
	KUNIT_CASE(goes_off_where_cfi_does_not),
	KUNIT_CASE(tables_of_all_sizes),
	KUNIT_CASE(sleeps_and_wakes),
	KUNIT_CASE(wakes_without_remapping),
	{}
};

static struct kunit_suite vtd_remapping_suite = {
	.name = "vtd_remapping",
	.exit = remapping_exit,
	.test_cases = cases,
};

kunit_test_suite(vtd_remapping_suite);
