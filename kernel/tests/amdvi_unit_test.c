// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi units on the register model: capabilities, refusals, turning
 * translation on and off, resume.
 */
#include "amdvi_fixture.h"

struct caps_case {
	const char *name;
	u64 efr, firmware_efr;
	u32 header, misc0;
	u8 address_width;
	/* want */
	bool ia, np, ats;
	u8 width;
};

static const struct caps_case caps_cases[] = {
	{ "Trinity", 0x80000853, 0, FX_HEADER | BIT(24), 40 << 8, 40, true, false, true, 40 },
	{ "Ryzen 1000", 0xf77ef22294ada, 0xf77ef22294ada, FX_HEADER | BIT(24), 48 << 8, 48, true,
	  false, true, 48 },
	{ "Ryzen 3000", FX_EFR, FX_EFR, FX_HEADER, 0, 48, true, false, false, 48 },
	{ "firmware hides IASup", FX_EFR, FX_EFR_NO_IA, FX_HEADER, 52 << 8, 48, false, false,
	  false, 52 },
	{ "emulator, caching", 0x29d3, 0, FX_HEADER | BIT(26), 0, 0, true, true, false, 52 },
	{ "no function found", FX_EFR, FX_EFR, 0, 0, 46, true, true, false, 46 },
	{ "before EFR", 0xbad, 0, FX_HEADER & ~BIT(27), 0, 40, false, false, false, 40 },
	{ "wider than an entry", FX_EFR, 0, FX_HEADER, 64 << 8, 48, true, false, false, 52 },
};

static void amdvi_unit_test_caps(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caps_cases); i++) {
		const struct caps_case *c = &caps_cases[i];
		struct amdvi_fixture *fx = fx_alloc(test, c->efr);
		const struct nyx_unit_caps *caps;

		fx->firmware.efr = c->firmware_efr;
		fx->function.header = c->header;
		fx->function.misc0 = c->misc0;
		fx->desc.address_width = c->address_width;
		KUNIT_ASSERT_EQ_MSG(test, fx_create(fx), 0, "%s", c->name);
		caps = &fx->unit->caps;
		KUNIT_EXPECT_EQ_MSG(test, !!(fx->amdvi->features & BIT_ULL(6)), c->ia, "%s",
				    c->name);
		KUNIT_EXPECT_EQ_MSG(test, caps->flush_on_map, c->np, "%s", c->name);
		KUNIT_EXPECT_EQ_MSG(test, caps->device_tlb, c->ats, "%s", c->name);
		KUNIT_EXPECT_EQ_MSG(test, caps->physical_width, c->width, "%s", c->name);
		KUNIT_EXPECT_EQ(test, caps->levels, 4);
		KUNIT_EXPECT_EQ(test, caps->page_sizes, SZ_4K | SZ_2M | SZ_1G);
		KUNIT_EXPECT_EQ(test, caps->nr_hw_domains, 65536);
		KUNIT_EXPECT_EQ(test, caps->pt_format, NYX_PT_AMDV1);
		KUNIT_EXPECT_TRUE(test, fx->unit->has_function);
		KUNIT_EXPECT_EQ(test, fx->unit->rid, 0x0002);
		KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
		fx->unit->ops->remove(fx->unit);
	}
}

static void amdvi_unit_test_refusals(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);

	fx->model.control = AMDVI_CONTROL_IOMMU_EN;
	KUNIT_EXPECT_EQ(test, fx_create(fx), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fx->why.text, "amd_iommu=off"));

	fx = fx_alloc(test, FX_EFR);
	fx->model.dead_window = true;
	KUNIT_EXPECT_EQ(test, fx_create(fx), -ENODEV);

	fx = fx_alloc(test, FX_EFR | 3 << 10);
	KUNIT_EXPECT_EQ(test, fx_create(fx), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
}

static int write_index(const struct amdvi_model *m, u32 offset)
{
	unsigned int i;

	for (i = 0; i < m->nr_writes; i++) {
		if (m->writes[i].offset == offset)
			return i;
	}
	return -1;
}

static void amdvi_unit_test_enable(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	struct amdvi_model *m = &fx->model;
	int i, on = -1;

	fx->firmware.ivhd_flags = 0x2f;		/* HtTunEn, PassPW, ResPassPW, Isoc, Coherent */
	m->excl_base = 0x100001;		/* firmware left the exclusion range on */
	m->excl_limit = 0x1ff000;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_TRANSLATING);

	for (i = 0; i < m->nr_writes && on < 0; i++) {
		if (m->writes[i].offset == 0x18 && m->writes[i].value & 1)
			on = i;
	}
	KUNIT_ASSERT_GT(test, on, 0);
	/* Everything it will use was there before IommuEn. */
	for (i = 0; i <= 0x28; i += 8) {
		KUNIT_EXPECT_GE(test, write_index(m, i), 0);
		KUNIT_EXPECT_LT(test, write_index(m, i), on);
	}
	for (i = 0x2000; i <= 0x2020; i += 8) {
		KUNIT_EXPECT_GE(test, write_index(m, i), 0);
		KUNIT_EXPECT_LT(test, write_index(m, i), on);
	}
	KUNIT_EXPECT_EQ(test, m->devtab & 0x1ff, 0x1ff);	/* 512 pages */
	KUNIT_EXPECT_EQ(test, m->cmd_base >> 56, 9);		/* 512 commands */
	KUNIT_EXPECT_EQ(test, m->event_base >> 56, 12);		/* 4096 events */
	KUNIT_EXPECT_EQ(test, m->excl_base, 0);
	/* Enable, HtTunEn, EventLogEn, PassPW, ResPassPW, Coherent, Isoc, CmdBufEn, 1 s. */
	KUNIT_EXPECT_EQ(test, m->control, 0x1f07 | 4 << 5 | fx_format(fx));
	KUNIT_EXPECT_EQ(test, m->per_opcode[2], 65536);
	KUNIT_EXPECT_EQ(test, m->per_opcode[8], 1);
	KUNIT_EXPECT_EQ(test, m->per_opcode[3], 0);
	KUNIT_EXPECT_EQ(test, m->misuse, 0);

	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_EQ(test, m->excl_base, 0x100001);
	KUNIT_EXPECT_EQ(test, m->excl_limit, 0x1ff000);
	fx_remove(test, fx);
}

/* INVALIDATE_IOMMU_ALL is legal only with EFR.IASup. */
static void amdvi_unit_test_enable_no_ia(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR_NO_IA);

	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[2], 65536);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[3], 65536);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[5], 65536);
	KUNIT_EXPECT_EQ(test, fx->model.per_opcode[8], 0);
	fx_remove(test, fx);
}

static void amdvi_unit_test_enable_fails(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	struct amdvi_model *m = &fx->model;
	unsigned int kind;

	m->control = AMDVI_CONTROL_ISOC;	/* as found, to be put back */
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	for (kind = 0; kind < 3; kind++) {
		m->never_runs = kind == 0;
		m->never_answers = kind == 1;
		m->reject = kind == 2 ? 2 : 0;
		KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why),
				kind == 2 ? -EIO : -ETIMEDOUT);
		KUNIT_EXPECT_EQ(test, m->control, AMDVI_CONTROL_ISOC);
		KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_OFF);
		KUNIT_EXPECT_NE(test, fx->why.text[0], 0);
	}
	/* Nothing sticks: it works once the hardware does. */
	m->reject = 0;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_TRANSLATING);
	fx_remove(test, fx);
}

static void amdvi_unit_test_somebody_else(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);

	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	fx->model.control = AMDVI_CONTROL_IOMMU_EN;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), -EBUSY);
	KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
	fx->unit->ops->remove(fx->unit);
}

static void amdvi_unit_test_disable(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	unsigned long flags;

	/* As at the end of a shutdown: interrupts off, nothing may sleep. */
	fx->model.nr_writes = 0;
	local_irq_save(flags);
	fx->unit->ops->disable(fx->unit);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, fx->model.control, 0);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_OFF);
	/* The rings stop while translation is still on. */
	KUNIT_EXPECT_EQ(test, fx->model.writes[0].offset, 0x18);
	KUNIT_EXPECT_EQ(test, fx->model.writes[0].value & 0x100d, 1);

	fx->model.nr_writes = 0;
	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_EQ(test, fx->model.nr_writes, 0);
	/* An idle unit needs no invalidation. */
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &(struct nyx_flush){ .hwdid = 2 }), 0);

	KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	fx_remove(test, fx);
}

/* A unit that stopped answering is turned off all the same, and stays dead. */
static void amdvi_unit_test_disable_dead(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_flush flush = { .hwdid = 2, .last = U64_MAX };

	fx->model.never_answers = true;
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_DEAD);
	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_EQ(test, fx->model.control, 0);
	KUNIT_EXPECT_EQ(test, fx->unit->state, NYX_UNIT_DEAD);
	fx->unit->ops->remove(fx->unit);
}

static void amdvi_unit_test_registers(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);
	u64 registers[NYX_UNIT_REGISTERS];

	fx->model.efr2 = 0x10;
	fx->firmware.ivhd_features = 0x40200;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	fx->unit->ops->read_registers(fx->unit, registers);
	KUNIT_EXPECT_EQ(test, registers[2], 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	fx->unit->ops->read_registers(fx->unit, registers);
	KUNIT_EXPECT_EQ(test, registers[0], FX_EFR);
	KUNIT_EXPECT_EQ(test, registers[1], 0x10);
	KUNIT_EXPECT_EQ(test, registers[2], fx->model.control);
	KUNIT_EXPECT_EQ(test, registers[2] & 1, 1);
	KUNIT_EXPECT_EQ(test, registers[3], 0x40200);
	fx_remove(test, fx);

	/* Not there, so not read. */
	fx = fx_alloc(test, FX_EFR);
	fx->function.header &= ~BIT(27);
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	fx->unit->ops->read_registers(fx->unit, registers);
	KUNIT_EXPECT_EQ(test, registers[0], 0);
	KUNIT_EXPECT_EQ(test, registers[1], 0);
	fx->unit->ops->remove(fx->unit);
}

static void amdvi_unit_test_resume(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);
	struct nyx_entry pass = { .kind = NYX_ENTRY_PASS };
	struct nyx_flush flush = { .hwdid = 2, .last = U64_MAX };
	struct amdvi_model before = fx->model;
	unsigned long flags;

	KUNIT_EXPECT_EQ(test, fx->unit->ops->set_entry(fx->unit, FX_RID, &pass), 0);
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), 0);
	amdvi_model_init(&fx->model, FX_EFR);	/* power was lost */
	local_irq_save(flags);
	KUNIT_EXPECT_EQ(test, fx->unit->ops->resume(fx->unit), 0);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, fx->model.devtab, before.devtab);
	KUNIT_EXPECT_EQ(test, fx->model.cmd_base, before.cmd_base);
	KUNIT_EXPECT_EQ(test, fx->model.event_base, before.event_base);
	KUNIT_EXPECT_EQ(test, fx->model.control, before.control);
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), 0);

	/* Or was not. */
	KUNIT_EXPECT_EQ(test, fx->unit->ops->resume(fx->unit), 0);
	KUNIT_EXPECT_EQ(test, fx->model.control, before.control);
	KUNIT_EXPECT_EQ(test, fx->unit->ops->flush(fx->unit, &flush), 0);
	fx_remove(test, fx);
}

static void amdvi_unit_test_stays_on(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_enabled(test, FX_EFR);

	fx_expect_left(test, fx, false);

	fx = fx_enabled(test, FX_EFR);
	fx->model.never_stops = true;
	fx_expect_left(test, fx, true);
	/* Still ours: a base of before would send host DMA anywhere. */
	KUNIT_EXPECT_NE(test, fx->model.devtab & AMDVI_DEVTAB_ADDR, 0);

	/* Nothing read from it proves anything. */
	fx = fx_enabled(test, FX_EFR);
	fx->model.dead_window = true;
	fx_expect_left(test, fx, true);
}

static void amdvi_unit_test_fails_and_stays_on(struct kunit *test)
{
	struct amdvi_fixture *fx = fx_alloc(test, FX_EFR);

	fx->model.never_answers = true;
	fx->model.never_stops = true;
	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_EXPECT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), -ETIMEDOUT);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fx->why.text, "does not go off, reboot"));
	fx_expect_left(test, fx, true);
}

static struct kunit_case amdvi_unit_cases[] = {
	KUNIT_CASE(amdvi_unit_test_caps),
	KUNIT_CASE(amdvi_unit_test_refusals),
	KUNIT_CASE(amdvi_unit_test_enable),
	KUNIT_CASE(amdvi_unit_test_enable_no_ia),
	KUNIT_CASE(amdvi_unit_test_enable_fails),
	KUNIT_CASE(amdvi_unit_test_somebody_else),
	KUNIT_CASE(amdvi_unit_test_disable),
	KUNIT_CASE(amdvi_unit_test_disable_dead),
	KUNIT_CASE(amdvi_unit_test_registers),
	KUNIT_CASE(amdvi_unit_test_resume),
	KUNIT_CASE(amdvi_unit_test_stays_on),
	KUNIT_CASE(amdvi_unit_test_fails_and_stays_on),
	{}
};

static struct kunit_suite amdvi_unit_suite = {
	.name = "nyx_amdvi_unit",
	.test_cases = amdvi_unit_cases,
};

kunit_test_suite(amdvi_unit_suite);
