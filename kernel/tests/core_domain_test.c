// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: ids, names and modes, the units they are live on, their end.
 */
#include <linux/slab.h>

#include "core_fixture.h"

static struct nyx_domain *make(struct kunit *test, u32 id, const char *name, u32 owner)
{
	struct nyx_domain_params params = {
		.id = id, .mode = NYX_DOMAIN_STRICT, .owner_portid = owner };
	struct nyx_domain *domain = NULL;
	struct nyx_why why = {};

	strscpy(params.name, name, sizeof(params.name));
	KUNIT_ASSERT_EQ_MSG(test, nyx_domain_new(&params, &domain, &why), 0, "%s", why.text);
	nyx_domain_put(domain);
	return domain;
}

/* Not made: with that errno, argument and text, and nothing is left behind. */
static void refused(struct kunit *test, const struct nyx_domain_params *params, int err,
		    enum nyx_arg arg, const char *text)
{
	struct nyx_domain *domain = NULL;
	struct nyx_why why = {};

	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_domain_new(params, &domain, &why), err);
	KUNIT_EXPECT_NULL(test, domain);
	nyx_domain_put(domain);
	KUNIT_EXPECT_EQ(test, why.arg, arg);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, text), "%s", why.text);
	CORE_EXPECT_LOG(test, "");
}

static void delete(struct kunit *test, struct nyx_domain *domain)
{
	struct nyx_why why = {};

	KUNIT_EXPECT_EQ_MSG(test, nyx_domain_del(domain, false, &why), 0, "%s", why.text);
	core_settle();
}

static void ids(struct kunit *test)
{
	struct nyx_domain_params taken = { .id = 77, .mode = NYX_DOMAIN_SHARED };
	struct nyx_domain_params beyond = {
		.id = NYX_DOMAIN_ID_MAX + 1, .mode = NYX_DOMAIN_STRICT };
	struct nyx_domain *domain[4];

	core_unit(test, 0);
	domain[0] = make(test, 77, "", 0);
	domain[1] = make(test, 0, "", 0);
	domain[2] = make(test, 0, "", 0);
	domain[3] = make(test, NYX_DOMAIN_ID_MAX, "", 0);
	KUNIT_EXPECT_EQ(test, domain[0]->id, 77);
	KUNIT_EXPECT_EQ(test, domain[1]->id, 1);
	KUNIT_EXPECT_EQ(test, domain[2]->id, 2);
	KUNIT_EXPECT_EQ(test, domain[3]->id, NYX_DOMAIN_ID_MAX);
	CORE_EXPECT_LOG(test, "D77:created D1:created D2:created D65535:created ");
	refused(test, &taken, -EEXIST, NYX_ARG_DOMAIN, "domain 77 exists already");
	refused(test, &beyond, -EINVAL, NYX_ARG_DOMAIN, "from 1 to 65535");

	delete(test, domain[1]);
	KUNIT_EXPECT_NULL(test, nyx_domain_get(1));
	KUNIT_EXPECT_EQ(test, make(test, 0, "", 0)->id, 1);
	KUNIT_EXPECT_EQ(test, make(test, 0, "", 0)->id, 3);
	KUNIT_EXPECT_NULL(test, nyx_domain_get(0));
	KUNIT_EXPECT_NULL(test, nyx_domain_get(4));
}

static void all_ids_taken(struct kunit *test)
{
	struct nyx_domain_params params = { .mode = NYX_DOMAIN_STRICT };
	u32 id;

	core_unit(test, 0);
	for (id = 1; id <= NYX_DOMAIN_ID_MAX; id++)
		KUNIT_ASSERT_EQ(test, xa_reserve(&nyx_domains, id, GFP_KERNEL), 0);
	refused(test, &params, -ENOSPC, NYX_ARG_DOMAIN, "all 65535 domain ids are taken");
	for (id = 1; id <= NYX_DOMAIN_ID_MAX; id++)
		xa_release(&nyx_domains, id);
}

static void names(struct kunit *test)
{
	static const char *const valid[] = {
		"a", "Vm-1.disk:0_x", "x234567890123456789012345678901" };
	static const char *const invalid[] = {
		"1", "1a", "-a", "_", ".a", "a b", "a/b", "a\n", "\xe4", "a\xe4" };
	struct nyx_domain *domain, *found;
	struct nyx_domain_params params = { .mode = NYX_DOMAIN_STRICT };
	u32 i;

	core_unit(test, 0);
	for (i = 0; i < ARRAY_SIZE(valid); i++) {
		domain = make(test, 0, valid[i], 0);
		KUNIT_EXPECT_STREQ(test, domain->name, valid[i]);
		found = nyx_domain_get_by_name(valid[i]);
		KUNIT_EXPECT_PTR_EQ(test, found, domain);
		nyx_domain_put(found);
		strscpy(params.name, valid[i], sizeof(params.name));
		refused(test, &params, -EEXIST, NYX_ARG_NAME, "has the name");
	}
	for (i = 0; i < ARRAY_SIZE(invalid); i++) {
		strscpy(params.name, invalid[i], sizeof(params.name));
		refused(test, &params, -EINVAL, NYX_ARG_NAME, "must start with a letter");
	}
	KUNIT_EXPECT_NULL(test, nyx_domain_get_by_name("nobody"));
	domain = make(test, 12, "", 0);
	KUNIT_EXPECT_STREQ(test, domain->name, "domain12");
	/* Where somebody has taken that name, another one is made up. */
	make(test, 13, "domain14", 0);
	KUNIT_EXPECT_STREQ(test, make(test, 14, "", 0)->name, "domain14-2");
	found = nyx_domain_get_by_name("domain12");
	KUNIT_EXPECT_PTR_EQ(test, found, domain);
	nyx_domain_put(found);
}

static int rename_domain(struct nyx_domain *domain, const char *name, struct nyx_why *why)
{
	const struct nyx_domain_changes changes = { .name = name };

	return nyx_domain_set(domain, &changes, why);
}

static void rename(struct kunit *test)
{
	struct nyx_domain *a, *b;
	struct nyx_why why = {};

	core_unit(test, 0);
	a = make(test, 1, "a", 0);
	b = make(test, 2, "b", 0);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, rename_domain(a, "b", &why), -EEXIST);
	KUNIT_EXPECT_STREQ(test, why.text, "domain 2 has the name 'b' already");
	KUNIT_EXPECT_EQ(test, rename_domain(a, "2b", &why), -EINVAL);
	KUNIT_EXPECT_STREQ(test, a->name, "a");
	CORE_EXPECT_LOG(test, "");
	KUNIT_EXPECT_EQ(test, rename_domain(a, "c", &why), 0);
	KUNIT_EXPECT_EQ(test, rename_domain(b, "a", &why), 0);
	KUNIT_EXPECT_STREQ(test, a->name, "c");
	KUNIT_EXPECT_STREQ(test, b->name, "a");
	CORE_EXPECT_LOG(test, "D1:renamed D2:renamed ");
}

static void modes(struct kunit *test)
{
	struct nyx_domain_params beyond = { .mode = NYX_DOMAIN_UNMANAGED + 1 }, none = {};

	core_unit(test, 0);
	KUNIT_EXPECT_EQ(test, core_domain(test, NYX_DOMAIN_STRICT)->mode, NYX_DOMAIN_STRICT);
	KUNIT_EXPECT_EQ(test, core_domain(test, NYX_DOMAIN_SHARED)->mode, NYX_DOMAIN_SHARED);
	KUNIT_EXPECT_EQ(test, core_domain(test, NYX_DOMAIN_UNMANAGED)->mode, NYX_DOMAIN_UNMANAGED);
	refused(test, &beyond, -EINVAL, NYX_ARG_MODE, "no domain mode 4");
	refused(test, &none, -EINVAL, NYX_ARG_MODE, "no domain mode 0");
}

static void common_config(struct kunit *test)
{
	struct core_unit *a = core_unit(test, 0), *b = core_unit(test, 0);
	struct nyx_domain_params params = { .mode = NYX_DOMAIN_STRICT };
	const struct nyx_pt_config *config = &make(test, 1, "", 0)->pt.config;

	KUNIT_EXPECT_EQ(test, config->levels, 4);
	KUNIT_EXPECT_EQ(test, config->width, 48);
	KUNIT_EXPECT_EQ(test, config->page_sizes, SZ_4K | SZ_2M | SZ_1G);
	KUNIT_EXPECT_TRUE(test, config->coherent);
	KUNIT_EXPECT_EQ(test, config->node, NUMA_NO_NODE);

	a->unit.caps.levels = 3;
	a->unit.caps.page_sizes = SZ_4K | SZ_2M;
	a->unit.node_id = 0;
	a->unit.caps.iova_width = 39;
	b->unit.caps.iova_width = 36;
	b->unit.caps.page_sizes = SZ_4K | SZ_1G;
	b->unit.caps.coherent = false;
	config = &make(test, 2, "", 0)->pt.config;
	KUNIT_EXPECT_EQ(test, config->levels, 3);
	KUNIT_EXPECT_EQ(test, config->width, 36);
	KUNIT_EXPECT_EQ(test, config->page_sizes, SZ_4K);
	KUNIT_EXPECT_FALSE(test, config->coherent);
	KUNIT_EXPECT_EQ(test, config->node, NUMA_NO_NODE);

	/* What can walk no table any more does not hold the others back. */
	nyx_unit_mark_dead(&b->unit, "a test made it so");
	config = &make(test, 3, "", 0)->pt.config;
	KUNIT_EXPECT_EQ(test, config->levels, 3);
	KUNIT_EXPECT_EQ(test, config->page_sizes, SZ_4K | SZ_2M);
	KUNIT_EXPECT_TRUE(test, config->coherent);
	KUNIT_EXPECT_EQ(test, config->node, 0);
	nyx_unit_mark_dead(&a->unit, "a test made it so");
	refused(test, &params, -EIO, NYX_ARG_NONE, "every unit stopped answering");
}

/* ---- units that a domain is live on ---- */

static int attach(struct nyx_domain *domain, struct core_unit *unit, u16 *hwdid,
		  struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = nyx_domain_attach_unit(domain, &unit->unit, hwdid, why);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

static void detach(struct nyx_domain *domain, struct core_unit *unit)
{
	mutex_lock(&nyx_registry_lock);
	nyx_domain_detach_unit(domain, &unit->unit);
	mutex_unlock(&nyx_registry_lock);
}

static void one_hwdid_a_unit(struct kunit *test)
{
	struct core_unit *a = core_unit(test, 0), *b = core_unit(test, 0);
	struct nyx_domain *first, *second;
	u16 id, again, other;

	first = make(test, 0, "", 0);
	second = make(test, 0, "", 0);
	KUNIT_ASSERT_EQ(test, attach(first, a, &id, NULL), 0);
	KUNIT_ASSERT_EQ(test, attach(first, a, &again, NULL), 0);
	KUNIT_ASSERT_EQ(test, attach(second, a, &other, NULL), 0);
	KUNIT_EXPECT_EQ(test, id, NYX_HWDID_FIRST);
	KUNIT_EXPECT_EQ(test, again, id);
	KUNIT_EXPECT_EQ(test, other, NYX_HWDID_FIRST + 1);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(a), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&a->unit.nr_domains), 2);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(b), 0);
	KUNIT_ASSERT_EQ(test, attach(second, b, &other, NULL), 0);
	KUNIT_EXPECT_EQ(test, other, NYX_HWDID_FIRST);
	KUNIT_EXPECT_EQ(test, nyx_domain_hwdid(second, &a->unit), NYX_HWDID_FIRST + 1);
	KUNIT_EXPECT_EQ(test, nyx_domain_hwdid(second, &b->unit), NYX_HWDID_FIRST);

	/* Freed after the last device there, not before. */
	detach(first, a);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(a), 2);
	detach(first, a);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(a), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&first->units));
	detach(second, b);
	KUNIT_EXPECT_EQ(test, atomic_read(&b->unit.nr_domains), 0);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(a), 1);
	detach(second, a);
}

static void hwdids_exhausted(struct kunit *test)
{
	struct core_unit *a = core_unit(test, 0), *b = core_unit(test, 0);
	struct nyx_domain *domain[CORE_HWDIDS];
	struct nyx_why why = {};
	u32 i, room = CORE_HWDIDS - NYX_HWDID_FIRST;
	u16 hwdid;

	for (i = 0; i <= room; i++)
		domain[i] = make(test, 0, "", 0);
	for (i = 0; i < room; i++)
		KUNIT_ASSERT_EQ(test, attach(domain[i], a, &hwdid, NULL), 0);
	KUNIT_EXPECT_EQ(test, attach(domain[room], a, &hwdid, &why), -ENOSPC);
	KUNIT_EXPECT_STREQ(test, why.text, "fake0 has no hardware domain id left (8 in all)");
	KUNIT_EXPECT_EQ(test, why.arg, NYX_ARG_DEVICE);
	KUNIT_EXPECT_TRUE(test, list_empty(&domain[room]->units));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->unit.nr_domains), room);
	/* A domain that is there has its id; other units have theirs. */
	KUNIT_EXPECT_EQ(test, attach(domain[0], a, &hwdid, &why), 0);
	KUNIT_EXPECT_EQ(test, attach(domain[room], b, &hwdid, &why), 0);
	detach(domain[0], a);
	detach(domain[3], a);
	KUNIT_EXPECT_EQ(test, attach(domain[room], a, &hwdid, &why), 0);
	KUNIT_EXPECT_EQ(test, hwdid, NYX_HWDID_FIRST + 3);
	detach(domain[room], a);
	detach(domain[room], b);
	for (i = 0; i < room; i++)
		if (i != 3)
			detach(domain[i], a);
}

static void flush_reaches_every_unit(struct kunit *test)
{
	struct core_unit *u[3] = { core_unit(test, 0), core_unit(test, 0), core_unit(test, 0) };
	struct nyx_domain *domain = make(test, 0, "", 0), *other = make(test, 0, "", 0);
	u16 hwdid;
	u32 i;

	KUNIT_ASSERT_EQ(test, attach(other, u[0], &hwdid, NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), 0);
	KUNIT_EXPECT_FALSE(test, nyx_domain_flush_on_map(domain));
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, attach(domain, u[i], &hwdid, NULL), 0);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0x1000, 0x1fff, true), 0);
	CORE_EXPECT_LOG(test, "F0:3 F1:2 F2:2 ");
	KUNIT_EXPECT_EQ(test, u[2]->flush.first, 0x1000);
	KUNIT_EXPECT_EQ(test, u[2]->flush.last, 0x1fff);
	KUNIT_EXPECT_TRUE(test, u[2]->flush.leaf_only);

	u[0]->flush_error = -ETIMEDOUT;
	u[1]->flush_error = -EIO;
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), -ETIMEDOUT);
	CORE_EXPECT_LOG(test, "F0:3 F1:2 F2:2 ");
	KUNIT_EXPECT_FALSE(test, u[2]->flush.leaf_only);
	u[0]->flush_error = 0;
	u[1]->flush_error = 0;

	KUNIT_EXPECT_FALSE(test, nyx_domain_flush_on_map(domain));
	u[1]->unit.caps.flush_on_map = true;
	KUNIT_EXPECT_TRUE(test, nyx_domain_flush_on_map(domain));
	KUNIT_EXPECT_FALSE(test, nyx_domain_flush_on_map(other));
	for (i = 0; i < 3; i++)
		detach(domain, u[i]);
	detach(other, u[0]);
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), 0);
}

/* What a dead unit may still walk is never freed: it stays, and every flush fails on it. */
static void dead_unit_stays(struct kunit *test)
{
	struct core_unit *a = core_unit(test, 0), *b = core_unit(test, 0);
	struct nyx_domain *domain = make(test, 0, "", 0);
	u16 hwdid;

	nyx_domain_get(domain->id);	/* the reference that ends below */
	KUNIT_ASSERT_EQ(test, attach(domain, a, &hwdid, NULL), 0);
	KUNIT_ASSERT_EQ(test, attach(domain, b, &hwdid, NULL), 0);
	core_settle();
	core_clear_log();
	nyx_unit_mark_dead(&a->unit, "a test made it so");
	/* The living are still told. */
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), -EIO);
	CORE_EXPECT_LOG(test, "F1:2 ");
	detach(domain, a);
	detach(domain, b);
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(domain, 0, U64_MAX, false), -EIO);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(a), 1);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(b), 0);
	/* Deletion succeeds all the same, and leaks what may still be walked. */
	delete(test, domain);
	KUNIT_EXPECT_TRUE(test, domain->unproven);
	KUNIT_EXPECT_NULL(test, nyx_domain_get(domain->id));
	/* Played, not real: nothing walks it, so the test may give it back. */
	domain->unproven = false;
	nyx_domain_put(domain);
}

/* ---- the end ---- */

static void owner_gone(struct kunit *test)
{
	struct nyx_domain *kept[2];
	struct nyx_device *device;

	core_unit(test, 0);
	device = core_endpoint(test, RID(1, 0, 0));
	core_assign(test, device, make(test, 1, "", 42));
	make(test, 2, "", 42);
	kept[0] = make(test, 3, "", 43);
	kept[1] = make(test, 4, "", 0);
	core_clear_log();
	nyx_domain_owner_gone(0);
	nyx_domain_owner_gone(41);
	CORE_EXPECT_LOG(test, "");
	nyx_domain_owner_gone(42);
	nyx_domain_owner_gone(42);
	core_settle();
	KUNIT_EXPECT_NULL(test, nyx_domain_get(1));
	KUNIT_EXPECT_NULL(test, nyx_domain_get(2));
	KUNIT_EXPECT_FALSE(test, kept[0]->dying);
	KUNIT_EXPECT_FALSE(test, kept[1]->dying);
	KUNIT_EXPECT_EQ(test, device->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_FALSE(test, core_is_master(device->pdev));
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_EQ(test, device->domain_id, 0);
}

static void deletion(struct kunit *test)
{
	struct nyx_domain *domain;
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device[2];
	struct nyx_why why = {};
	u32 i;

	domain = core_domain(test, NYX_DOMAIN_SHARED);
	for (i = 0; i < 2; i++) {
		device[i] = core_endpoint(test, RID(1, i, 0));
		core_assign(test, device[i], domain);
	}
	KUNIT_EXPECT_EQ(test, nyx_domain_del(domain, false, &why), -EBUSY);
	KUNIT_EXPECT_STREQ(test, why.text,
			   "domain 1 holds 2 device(s), first 0000:01:00.0; remove them or use 'force'");
	KUNIT_EXPECT_EQ(test, why.arg, NYX_ARG_DOMAIN);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_ACTIVE);
	CORE_EXPECT_LOG(test, "");

	nyx_domain_get(1);
	KUNIT_EXPECT_EQ(test, nyx_domain_del(domain, true, &why), 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_del(domain, true, &why), -ENOENT);
	KUNIT_EXPECT_STREQ(test, why.text, "domain 1 is being deleted already");
	core_settle();
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, device[i]->state, NYX_DEVICE_BLOCKED);
		KUNIT_EXPECT_NULL(test, device[i]->domain);
		KUNIT_EXPECT_FALSE(test, core_is_master(device[i]->pdev));
		KUNIT_EXPECT_EQ(test, core_entry(unit, device[i]->rid)->kind, NYX_ENTRY_BLOCKED);
	}
	KUNIT_EXPECT_NOT_NULL(test, strstr(core.log, "D1:deleted"));
	KUNIT_EXPECT_EQ(test, domain->nr_devices, 0);
	KUNIT_EXPECT_EQ(test, domain->state, NYX_DOMAIN_DELETED);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(unit), 0);
	/* Held only here now, and found no more. */
	KUNIT_EXPECT_NULL(test, nyx_domain_get(1));
	KUNIT_EXPECT_EQ(test, kref_read(&domain->ref), 1);
	nyx_domain_put(domain);
}

static int count(struct nyx_domain *domain, void *arg)
{
	u32 *seen = arg;

	KUNIT_EXPECT_GT(core.test, domain->id, seen[1]);
	seen[1] = domain->id;
	return ++seen[0] == 3 ? -EINTR : 0;
}

static void walk(struct kunit *test)
{
	static const u32 made[] = { 9, 2, 65535, 4 };
	u32 i, seen[2] = {};

	core_unit(test, 0);
	for (i = 0; i < ARRAY_SIZE(made); i++)
		make(test, made[i], "", 0);
	KUNIT_EXPECT_EQ(test, nyx_domain_for_each(0, count, seen), -EINTR);
	KUNIT_EXPECT_EQ(test, seen[1], 9);
	memset(seen, 0, sizeof(seen));
	KUNIT_EXPECT_EQ(test, nyx_domain_for_each(5, count, seen), 0);
	KUNIT_EXPECT_EQ(test, seen[0], 2);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ids),
	KUNIT_CASE(all_ids_taken),
	KUNIT_CASE(names),
	KUNIT_CASE(rename),
	KUNIT_CASE(modes),
	KUNIT_CASE(common_config),
	KUNIT_CASE(one_hwdid_a_unit),
	KUNIT_CASE(hwdids_exhausted),
	KUNIT_CASE(flush_reaches_every_unit),
	KUNIT_CASE(dead_unit_stays),
	KUNIT_CASE(owner_gone),
	KUNIT_CASE(deletion),
	KUNIT_CASE(walk),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_domain",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
