/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An AMD-Vi unit on the register model, for the amdvi_*_test.c files.
 */
#ifndef NYX_AMDVI_FIXTURE_H
#define NYX_AMDVI_FIXTURE_H

#include <linux/mm.h>
#include <linux/slab.h>

#include "../why.h"
#include "amdvi_model.h"
#include "hooks.h"

#define FX_EFR		0x58f77ef22294adeULL	/* a Ryzen 3000's */
#define FX_EFR_NO_IA	(FX_EFR & ~BIT_ULL(6))
#define FX_RID		0x0320

/* A header as a server's: capability 0Fh, type 3, EFRSup, CapExt, no NpCache. */
#define FX_HEADER	(0x0f | 3 << 16 | BIT(27) | BIT(28))

struct amdvi_fixture {
	struct amdvi_model model;
	struct nyx_acpi_desc desc;
	struct nyx_acpi_unit firmware;
	struct nyx_acpi_scope scopes[5];
	struct amdvi_function function;
	struct nyx_why why;
	struct amdvi_unit *amdvi;
	struct nyx_unit *unit;
};

static inline void fx_store_hook(struct amdvi_unit *amdvi, u16 rid)
{
	amdvi_model_dma(to_model(amdvi->io.model));
}

static inline int fx_create(struct amdvi_fixture *fx)
{
	struct nyx_mmio io = { .size = SZ_16K, .model = &fx->model.io };
	int err;

	fx->desc.units = &fx->firmware;
	fx->desc.nr_units = 1;
	fx->desc.scopes = fx->scopes;
	fx->desc.nr_scopes = ARRAY_SIZE(fx->scopes);
	err = amdvi_unit_create(&fx->desc, &fx->firmware, &io, &fx->function, &fx->amdvi,
				&fx->why);
	if (err)
		return err;
	fx->unit = &fx->amdvi->unit;
	fx->amdvi->poll_interval = 0;
	fx->amdvi->store_hook = fx_store_hook;
	fx->amdvi->queue.timeout_ns = 5 * NSEC_PER_MSEC;
	return 0;
}

static inline struct amdvi_fixture *fx_alloc(struct kunit *test, u64 efr)
{
	struct amdvi_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	amdvi_model_init(&fx->model, efr);
	fx->desc.table = NYX_ACPI_IVRS;
	fx->desc.address_width = 48;
	fx->firmware.reg_base = 0xfd000000;
	fx->firmware.ivhd_flags = 0x30;		/* Coherent, IotlbSup */
	fx->firmware.rid = 0x0002;
	fx->firmware.cap_offset = 0x40;
	fx->function.header = FX_HEADER;
	fx->function.misc0 = 48 << 8;
	/* Not one of this unit's: without any, an emulated unit is taken for one that cannot remap. */
	fx->scopes[4].kind = NYX_SCOPE_IOAPIC;
	fx->scopes[4].rid_first = 0x00a0;
	fx->scopes[4].rid_last = 0x00a0;
	fx->desc.ioapics.nr = 1;
	fx->desc.ioapics.listed[0] = true;
	return fx;
}

/* GAEn, and XTEn where this guest is in x2APIC mode. */
static inline u64 fx_format(const struct amdvi_fixture *fx)
{
	return BIT_ULL(17) | (fx->amdvi->xt ? BIT_ULL(50) : 0);
}

/* Created and translating. */
static inline struct amdvi_fixture *fx_enabled(struct kunit *test, u64 efr)
{
	struct amdvi_fixture *fx = fx_alloc(test, efr);

	KUNIT_ASSERT_EQ(test, fx_create(fx), 0);
	KUNIT_ASSERT_EQ(test, fx->unit->ops->enable(fx->unit, &fx->why), 0);
	return fx;
}

static inline void fx_remove(struct kunit *test, struct amdvi_fixture *fx)
{
	fx->unit->ops->stop_faults(fx->unit);
	fx->unit->ops->disable(fx->unit);
	KUNIT_EXPECT_FALSE(test, fx->model.control & AMDVI_CONTROL_IOMMU_EN);
	fx->unit->ops->remove(fx->unit);
	KUNIT_EXPECT_EQ(test, fx->model.misuse, 0);
}

/* A reference of ours is the second one as long as nobody has freed the pages. */
static inline bool fx_drop(void *table, size_t bytes)
{
	struct page *page = virt_to_page(table);
	bool kept = page_count(page) == 2;

	put_page(page);
	if (kept)
		__free_pages(page, get_order(bytes));
	return kept;
}

/* Removed, as rmmod does it: what did it leave in memory? */
static inline void fx_expect_left(struct kunit *test, struct amdvi_fixture *fx, bool left)
{
	struct amdvi_unit *amdvi = fx->amdvi;
	void *devtab = amdvi->devtab, *empty = amdvi->empty_root, *log = amdvi->log;
	void *ring = amdvi->queue.ring, *status = amdvi->queue.status;
	size_t ring_bytes = PAGE_SIZE << amdvi->queue.order;

	get_page(virt_to_page(devtab));
	get_page(virt_to_page(empty));
	get_page(virt_to_page(log));
	get_page(virt_to_page(ring));
	get_page(virt_to_page(status));
	fx->unit->ops->disable(fx->unit);
	fx->unit->ops->remove(fx->unit);
	KUNIT_EXPECT_EQ(test, left, fx_drop(devtab, SZ_2M));
	KUNIT_EXPECT_EQ(test, left, fx_drop(empty, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, left, fx_drop(log, AMDVI_EVENTS * sizeof(struct amdvi_event)));
	KUNIT_EXPECT_EQ(test, left, fx_drop(ring, ring_bytes));
	KUNIT_EXPECT_EQ(test, left, fx_drop(status, PAGE_SIZE));
}

#endif
