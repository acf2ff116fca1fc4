// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps the module loaded is named: all of it, nothing else, also in pieces.
 */
#include <linux/module.h>

#include "core_fixture.h"

struct seen {
	char text[512];
	size_t len;
	u32 room;		/* holders that it takes before it says that it is full */
};

static int note(void *data, const struct nyx_holder *holder)
{
	struct seen *seen = data;
	char name[32] = "";

	if (!seen->room)
		return -EMSGSIZE;
	seen->room--;
	if (holder->unit)
		strscpy(name, holder->unit->name, sizeof(name));
	if (holder->device)
		strscpy(name, nyx_device_name(holder->device), sizeof(name));
	seen->len += scnprintf(seen->text + seen->len, sizeof(seen->text) - seen->len,
			       "%u %s in %u: %s\n", holder->kind, name,
			       holder->domain ? holder->domain->id : 0, holder->why);
	return 0;
}

/* As many at a time as that. Both counts agree with whether the module may go. */
static void expect(struct kunit *test, u32 at_a_time, const char *want)
{
	struct seen *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);
	struct nyx_status status;
	u32 nr = 0;
	u64 from = 0;
	const char *at;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	do {
		seen->room = at_a_time;
		mutex_lock(&nyx_registry_lock);
		err = nyx_holders(&from, note, seen);
		mutex_unlock(&nyx_registry_lock);
	} while (err == -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_STREQ(test, seen->text, want);
	for (at = want; *at; at++)
		nr += *at == '\n';
	nyx_status_fill(&status);
	KUNIT_EXPECT_EQ(test, status.holders, nr);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE) > core.module_refs, nr > 0);
}

static void each_kind(struct kunit *test)
{
	const struct nyx_domain_params params = { .mode = NYX_DOMAIN_SHARED, .external = true };
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *device[3], *exported;
	struct nyx_domain *domain, *external;
	struct nyx_export export = {};
	struct nyx_export *closed;
	static const char all[] =
		"1 0000:01:00.0 in 1: assigned\n"
		"1 0000:02:00.0 in 1: assigned\n"
		"1 0000:03:00.0 in 3: exported, and in use\n"
		"2  in 1: memory is mapped there\n"
		"2  in 3: made through the kernel's IOMMU API\n";
	u32 i;

	core_reserve(RID(2, 0, 0), 0x7f000000, 0x7f0fffff);
	for (i = 0; i < 3; i++)
		device[i] = core_endpoint(test, RID(i + 1, 0, 0));
	exported = device[2];
	domain = core_domain(test, NYX_DOMAIN_SHARED);
	/* Empty domains do not hold it. */
	core_domain(test, NYX_DOMAIN_STRICT);
	expect(test, 10, "");
	core_assign(test, device[0], domain);
	expect(test, 10, "1 0000:01:00.0 in 1: assigned\n");
	core_hold(device[1]);
	KUNIT_ASSERT_EQ(test, nyx_device_assign_with(device[1], domain,
						     NYX_ASSIGN_ALLOW_RESERVED, NULL), 0);
	KUNIT_ASSERT_EQ(test, nyx_export_begin(&export, exported, NULL), 0);
	nyx_export_unlock(&export);
	expect(test, 10, "1 0000:01:00.0 in 1: assigned\n1 0000:02:00.0 in 1: assigned\n1 0000:03:00.0 in 0: exported\n2  in 1: memory is mapped there\n");
	KUNIT_ASSERT_EQ(test, nyx_domain_new(&params, &external, NULL), 0);
	KUNIT_ASSERT_EQ(test, nyx_export_attach(exported->pdev, external, NULL), 0);
	for (i = 1; i < 7; i++)
		expect(test, i, all);

	nyx_export_detach(exported->pdev);
	nyx_domain_del_external(external);
	nyx_domain_put(external);
	KUNIT_EXPECT_EQ(test, nyx_export_close(exported, &closed, NULL), 0);
	nyx_export_end(&export);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device[0], NULL), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device[1], NULL), 0);
	core_settle();
	expect(test, 10, "");

	nyx_unit_mark_dead(&unit->unit, "a test made it so");
	core_settle();
	expect(test, 1, "0 fake0 in 0: it stopped answering: its tables may be in use until the machine is reset\n");
}

/* Its undo runs in the module. */
static void being_deleted(struct kunit *test)
{
	struct nyx_domain *domain;

	core_unit(test, 0);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	mutex_lock(&nyx_registry_lock);
	domain->dying = true;
	__module_get(THIS_MODULE);
	mutex_unlock(&nyx_registry_lock);
	expect(test, 10, "2  in 1: it is being deleted\n");
	domain->dying = false;
	module_put(THIS_MODULE);
	expect(test, 10, "");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(each_kind),
	KUNIT_CASE(being_deleted),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_holders",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
