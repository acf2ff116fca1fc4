// SPDX-License-Identifier: GPL-2.0
/*
 * Why a device failed, from its fault to the books of its domain, and why one cannot be
 * assigned.
 */
#include "../books.h"
#include "core_fixture.h"

#define BAR	0x5000000000ULL	/* nobody's on the machine that the tests run on */
#define IOVA	0x40000000ULL

static struct {
	struct core_unit *unit;
	struct nyx_device *device, *peer;
	struct nyx_domain *domain;
	struct nyx_fault_log *log;	/* too big for a stack */
	struct nyx_obstacle obstacles[NYX_OBSTACLES_MAX];
} at;

static int why_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	at.unit = core_unit(test, 0);
	at.log = kunit_kzalloc(test, sizeof(*at.log), GFP_KERNEL);
	return at.log ? 0 : -ENOMEM;
}

/* Two devices that share a domain; the one reaches the other's registers. */
static void assign_both(struct kunit *test)
{
	at.device = core_endpoint(test, RID(1, 0, 0));
	at.peer = core_endpoint(test, RID(2, 0, 0));
	at.domain = core_domain(test, NYX_DOMAIN_SHARED);
	at.peer->pdev->resource[0] = (struct resource) {
		.start = BAR, .end = BAR + SZ_1M - 1, .flags = IORESOURCE_MEM };
	core_assign(test, at.device, at.domain);
	core_assign(test, at.peer, at.domain);
}

static void map(struct kunit *test, u64 iova, u64 length, u32 prot)
{
	const struct nyx_map_range range = {
		.iova = iova, .length = length, .prot = prot,
		.type = NYX_MAPPING_PHYS, .address = BAR,
	};

	KUNIT_ASSERT_EQ(test, nyx_domain_map(at.domain, &range, 1, NULL), 0);
}

static void unmap(struct kunit *test, u64 iova, u64 length)
{
	const struct nyx_map_range range = { .iova = iova, .length = length };

	KUNIT_ASSERT_EQ(test, nyx_domain_unmap(at.domain, &range, 1, NULL, NULL), 0);
}

static void fault(u64 address, enum nyx_fault_class class)
{
	nyx_fault_record(&at.unit->unit, &(struct nyx_fault_event) {
		.rid = at.device->rid, .kind = NYX_FAULT_WRITE, .class = class,
		.has_address = true, .address = address, .reason = 5, .text = "a test's" });
	core_settle();
}

/* The cause of the newest fault. */
static struct nyx_cause explained(struct kunit *test)
{
	struct nyx_cause cause = {};

	nyx_fault_snapshot(at.device, at.log);
	KUNIT_EXPECT_GT(test, at.log->recorded, 0);
	mutex_lock(&nyx_registry_lock);
	nyx_cause_explain(at.device, &at.log->records[(at.log->recorded - 1) % NYX_FAULT_RECORDS],
			  &cause);
	mutex_unlock(&nyx_registry_lock);
	return cause;
}

#define EXPECT_CAUSE(test, want)	KUNIT_EXPECT_EQ(test, explained(test).kind, want)

static void from_the_books(struct kunit *test)
{
	struct nyx_cause cause;
	u64 lowest, highest;

	assign_both(test);
	KUNIT_EXPECT_EQ(test, nyx_domain_extent(at.domain, &lowest, &highest), -ENOENT);
	map(test, IOVA, SZ_64K, NYX_PROT_READ);
	map(test, IOVA + SZ_1M, SZ_4K, NYX_PROT_READ | NYX_PROT_WRITE);
	KUNIT_EXPECT_EQ(test, nyx_domain_extent(at.domain, &lowest, &highest), 0);
	KUNIT_EXPECT_EQ(test, lowest, IOVA);
	KUNIT_EXPECT_EQ(test, highest, IOVA + SZ_1M + SZ_4K - 1);

	fault(IOVA + SZ_64K, NYX_FAULT_CLASS_PAGE);
	EXPECT_CAUSE(test, NYX_CAUSE_NEVER_MAPPED);
	fault(IOVA + SZ_64K - 1, NYX_FAULT_CLASS_PAGE);
	cause = explained(test);
	KUNIT_EXPECT_EQ(test, cause.kind, NYX_CAUSE_READ_ONLY);
	KUNIT_EXPECT_EQ(test, cause.first, IOVA);
	KUNIT_EXPECT_EQ(test, cause.last, IOVA + SZ_64K - 1);
	KUNIT_EXPECT_EQ(test, cause.prot, NYX_PROT_READ);

	unmap(test, IOVA + SZ_1M, SZ_4K);
	fault(IOVA + SZ_1M, NYX_FAULT_CLASS_PAGE);
	cause = explained(test);
	KUNIT_EXPECT_EQ(test, cause.kind, NYX_CAUSE_UNMAPPED);
	KUNIT_EXPECT_EQ(test, cause.first, IOVA + SZ_1M);
	KUNIT_EXPECT_TRUE(test, cause.has_age);
	KUNIT_EXPECT_FALSE(test, cause.now_mapped);
	map(test, IOVA + SZ_1M, SZ_8K, NYX_PROT_READ | NYX_PROT_WRITE);
	cause = explained(test);
	KUNIT_EXPECT_EQ(test, cause.kind, NYX_CAUSE_UNMAPPED);
	KUNIT_EXPECT_TRUE(test, cause.now_mapped);
	KUNIT_EXPECT_EQ(test, cause.last, IOVA + SZ_1M + SZ_4K - 1);

	/* Mapped only after the fault. */
	fault(IOVA + SZ_2M, NYX_FAULT_CLASS_PAGE);
	map(test, IOVA + SZ_2M, SZ_4K, NYX_PROT_READ | NYX_PROT_WRITE);
	EXPECT_CAUSE(test, NYX_CAUSE_MAPPED_LATER);
	/* What a peer's departure takes along is remembered too. */
	KUNIT_ASSERT_EQ(test, nyx_device_remove(at.peer, NULL), 0);
	fault(IOVA + SZ_2M, NYX_FAULT_CLASS_PAGE);
	EXPECT_CAUSE(test, NYX_CAUSE_UNMAPPED);
}

static void from_the_states(struct kunit *test)
{
	struct nyx_domain_changes off = { .has_state = true, .state = NYX_DOMAIN_DISABLED };
	u32 id;

	assign_both(test);
	nyx_device_set_threshold(at.device, 0, NULL);
	fault(1ULL << 48, NYX_FAULT_CLASS_PAGE);
	EXPECT_CAUSE(test, NYX_CAUSE_BEYOND_WIDTH);
	fault(0xfee00000, NYX_FAULT_CLASS_PAGE);
	EXPECT_CAUSE(test, NYX_CAUSE_INTERRUPT_RANGE);
	KUNIT_ASSERT_EQ(test, nyx_domain_set(at.domain, &off, NULL), 0);
	fault(IOVA, NYX_FAULT_CLASS_PAGE_OR_BLOCKED);
	EXPECT_CAUSE(test, NYX_CAUSE_DOMAIN_DISABLED);
	off.state = NYX_DOMAIN_ACTIVE;
	KUNIT_ASSERT_EQ(test, nyx_domain_set(at.domain, &off, NULL), 0);
	/* How it was then counts, not how it is now. */
	EXPECT_CAUSE(test, NYX_CAUSE_DOMAIN_DISABLED);

	nyx_device_set_threshold(at.device, 1, NULL);
	fault(IOVA, NYX_FAULT_CLASS_PAGE_OR_BLOCKED);
	EXPECT_CAUSE(test, NYX_CAUSE_NEVER_MAPPED);
	KUNIT_EXPECT_EQ(test, at.device->state, NYX_DEVICE_QUARANTINED);
	fault(IOVA, NYX_FAULT_CLASS_PAGE_OR_BLOCKED);
	EXPECT_CAUSE(test, NYX_CAUSE_FENCED);
	/* From before it was fenced, taken out of the unit after that. */
	fault(IOVA, NYX_FAULT_CLASS_PAGE);
	EXPECT_CAUSE(test, NYX_CAUSE_NEVER_MAPPED);

	id = at.domain->id;
	KUNIT_ASSERT_EQ(test, nyx_domain_del(at.domain, true, NULL), 0);
	core_settle();
	EXPECT_CAUSE(test, NYX_CAUSE_DOMAIN_GONE);
	at.domain = core_domain(test, NYX_DOMAIN_STRICT);
	KUNIT_EXPECT_EQ(test, at.domain->id, id);
	EXPECT_CAUSE(test, NYX_CAUSE_DOMAIN_GONE);
	fault(IOVA, NYX_FAULT_CLASS_PAGE_OR_BLOCKED);
	EXPECT_CAUSE(test, NYX_CAUSE_BLOCKED);
}

static void firmwares_memory(struct kunit *test)
{
	struct nyx_region regions[NYX_REGIONS_MAX];
	struct nyx_cause cause;

	core_reserve(RID(1, 0, 0), 0x7f000000, 0x7f0fffff);
	at.device = core_endpoint(test, RID(1, 0, 0));
	core_hold(at.device);
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_device_regions(at.device, regions), 1);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, regions[0].first, 0x7f000000);
	KUNIT_EXPECT_EQ(test, regions[0].last, 0x7f0fffff);
	fault(0x7f0ff000, NYX_FAULT_CLASS_BLOCKED);
	cause = explained(test);
	KUNIT_EXPECT_EQ(test, cause.kind, NYX_CAUSE_RESERVED_MEMORY);
	KUNIT_EXPECT_EQ(test, cause.first, 0x7f000000);
	fault(0x7f100000, NYX_FAULT_CLASS_BLOCKED);
	EXPECT_CAUSE(test, NYX_CAUSE_BLOCKED);
}

/* ---- obstacles ---- */

/* They are those, in this order, as "kind:errno kind:errno", and asking changes nothing. */
static void expect_obstacles(struct kunit *test, struct nyx_device *device, const char *want)
{
	char got[64] = "";
	size_t len = 0;
	u32 i, nr;

	core_settle();
	core_clear_log();
	mutex_lock(&nyx_registry_lock);
	nr = nyx_admit_obstacles(device, at.obstacles);
	mutex_unlock(&nyx_registry_lock);
	for (i = 0; i < nr; i++) {
		len += scnprintf(got + len, sizeof(got) - len, "%s%d:%d", i ? " " : "",
				 at.obstacles[i].kind, at.obstacles[i].err);
		KUNIT_EXPECT_GT(test, strlen(at.obstacles[i].text), 0);
	}
	KUNIT_EXPECT_STREQ(test, got, want);
	CORE_EXPECT_LOG(test, "");
}

static void nothing_in_the_way(struct kunit *test)
{
	assign_both(test);
	expect_obstacles(test, at.device, "");
	at.device = core_endpoint(test, RID(3, 0, 0));
	expect_obstacles(test, at.device, "2:-16");
	core_hold(at.device);
	expect_obstacles(test, at.device, "");
}

static void each_is_named(struct kunit *test)
{
	struct nyx_device *bridge, *second;

	bridge = core_device(test, &(struct core_function) {
		.rid = RID(0, 4, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 9,
		.acs = CORE_ACS_ALL });
	expect_obstacles(test, bridge, "0:-1");
	KUNIT_EXPECT_NOT_NULL(test, strstr(at.obstacles[0].text, "is a bridge"));

	core_reserve(RID(3, 0, 0), 0x7f000000, 0x7f0fffff);
	at.device = core_device(test, &(struct core_function) {
		.rid = RID(3, 0, 0), .type = PCI_EXP_TYPE_ENDPOINT, .multi = true });
	second = core_device(test, &(struct core_function) {
		.rid = RID(3, 0, 1), .type = PCI_EXP_TYPE_ENDPOINT, .multi = true });
	core_bind(at.device, "nvme");
	core_bind(second, "ahci");
	expect_obstacles(test, at.device, "1:-1 2:-16 3:-16");
	KUNIT_EXPECT_NOT_NULL(test, strstr(at.obstacles[0].text, "allow-reserved"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(at.obstacles[1].text, "driver nvme"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(at.obstacles[2].text, "driver ahci"));
	core_bind(at.device, NULL);
	core_hold(at.device);
	expect_obstacles(test, at.device, "1:-1 3:-16");
	core_bind(second, NULL);
	expect_obstacles(test, at.device, "1:-1");
}

static struct kunit_case why_cases[] = {
	KUNIT_CASE(from_the_books),
	KUNIT_CASE(from_the_states),
	KUNIT_CASE(firmwares_memory),
	KUNIT_CASE(nothing_in_the_way),
	KUNIT_CASE(each_is_named),
	{}
};

static struct kunit_suite why_suite = {
	.name = "nyx_why",
	.init = why_init,
	.exit = core_exit,
	.test_cases = why_cases,
};

kunit_test_suite(why_suite);
