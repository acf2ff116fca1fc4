// SPDX-License-Identifier: GPL-2.0
/*
 * Isolation groups over made-up topologies, and that they keep their ids while
 * functions come and go.
 */
#include "core_fixture.h"

#define FUNCTIONS_MAX	8

#define END(rid_)		{ .rid = (rid_) }
#define PORT(rid_, bus)		{ .rid = (rid_), .type = PCI_EXP_TYPE_ROOT_PORT, .below = (bus) }
#define PORT_ACS(rid_, bus)	{ .rid = (rid_), .type = PCI_EXP_TYPE_ROOT_PORT, .below = (bus), \
				  .acs = CORE_ACS_ALL, .acs_on = CORE_ACS_ALL }
#define UP(rid_, bus)		{ .rid = (rid_), .type = PCI_EXP_TYPE_UPSTREAM, .below = (bus) }
#define DOWN(rid_, bus)		{ .rid = (rid_), .type = PCI_EXP_TYPE_DOWNSTREAM, .below = (bus) }
#define DOWN_ACS(rid_, bus)	{ .rid = (rid_), .type = PCI_EXP_TYPE_DOWNSTREAM, .below = (bus), \
				  .acs = CORE_ACS_ALL, .acs_on = CORE_ACS_ALL }
#define PCI_END(rid_)		{ .rid = (rid_), .type = CORE_CONVENTIONAL }

struct topology {
	const char *name;
	struct core_function functions[FUNCTIONS_MAX];
	/* A letter each: the same letter, the same group. */
	const char *groups;
	/* Part of what is said to keep the first letter's group together, "" for nothing. */
	const char *why;
};

static const struct topology topologies[] = {
	{ "endpoints on the root bus",
	  { END(RID(0, 1, 0)), END(RID(0, 2, 0)), END(RID(1, 1, 0)) }, "abc", "" },
	{ "functions without ACS",
	  { { .rid = RID(0, 1, 0), .multi = true }, { .rid = RID(0, 1, 1), .multi = true },
	    { .rid = RID(0, 1, 7), .multi = true }, END(RID(0, 2, 0)) },
	  "aaab", "functions of 0000:00:01.0 have no ACS" },
	{ "functions with ACS",
	  { { .rid = RID(0, 1, 0), .multi = true, .acs = CORE_ACS_ALL, .acs_on = CORE_ACS_ALL },
	    { .rid = RID(0, 1, 1), .multi = true, .acs = CORE_ACS_ALL, .acs_on = CORE_ACS_ALL } },
	  "ab", "" },
	{ "functions that implement some of ACS",
	  { { .rid = RID(0, 1, 0), .multi = true, .acs = PCI_ACS_RR | PCI_ACS_CR,
	      .acs_on = PCI_ACS_RR | PCI_ACS_CR },
	    { .rid = RID(0, 1, 1), .multi = true, .acs = PCI_ACS_RR | PCI_ACS_CR,
	      .acs_on = PCI_ACS_RR | PCI_ACS_CR } },
	  "ab", "" },
	{ "functions with ACS switched off",
	  { { .rid = RID(0, 1, 0), .multi = true, .acs = CORE_ACS_ALL, .acs_on = PCI_ACS_SV },
	    { .rid = RID(0, 1, 1), .multi = true, .acs = CORE_ACS_ALL, .acs_on = PCI_ACS_SV } },
	  "ab", "" },
	{ "root port with ACS",
	  { PORT_ACS(RID(0, 1, 0), 1), END(RID(1, 0, 0)) }, "ab", "" },
	{ "root port without ACS",
	  { PORT(RID(0, 1, 0), 1), END(RID(1, 0, 0)), END(RID(0, 2, 0)) },
	  "aab", "port 0000:00:01.0 does not isolate" },
	{ "root port with one control off",
	  { { .rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 1,
	      .acs = CORE_ACS_ALL, .acs_on = CORE_ACS_ALL & ~PCI_ACS_UF },
	    END(RID(1, 0, 0)) }, "ab", "" },
	{ "two root ports without ACS",
	  { PORT(RID(0, 1, 0), 1), END(RID(1, 0, 0)), PORT(RID(0, 2, 0), 2), END(RID(2, 0, 0)) },
	  "aabb", "port 0000:00:01.0" },
	{ "switch with ACS everywhere",
	  { PORT_ACS(RID(0, 1, 0), 1), UP(RID(1, 0, 0), 2), DOWN_ACS(RID(2, 0, 0), 3),
	    END(RID(3, 0, 0)), DOWN_ACS(RID(2, 1, 0), 4), END(RID(4, 0, 0)) },
	  "abcdef", "" },
	{ "switch without ACS below a port with it",
	  { PORT_ACS(RID(0, 1, 0), 1), UP(RID(1, 0, 0), 2), DOWN(RID(2, 0, 0), 3),
	    END(RID(3, 0, 0)), DOWN(RID(2, 1, 0), 4), END(RID(4, 0, 0)) },
	  "abcccc", "" },
	{ "one downstream port without ACS",
	  { PORT_ACS(RID(0, 1, 0), 1), UP(RID(1, 0, 0), 2), DOWN_ACS(RID(2, 0, 0), 3),
	    END(RID(3, 0, 0)), DOWN(RID(2, 1, 0), 4), END(RID(4, 0, 0)) },
	  "abcccc", "" },
	{ "switch with ACS below a port without it",
	  { PORT(RID(0, 1, 0), 1), UP(RID(1, 0, 0), 2), DOWN_ACS(RID(2, 0, 0), 3),
	    END(RID(3, 0, 0)), END(RID(0, 2, 0)) },
	  "aaaab", "port 0000:00:01.0 does not isolate" },
	{ "PCIe-to-PCI bridge",
	  { PORT_ACS(RID(0, 1, 0), 1),
	    { .rid = RID(1, 0, 0), .type = PCI_EXP_TYPE_PCI_BRIDGE, .below = 2 },
	    PCI_END(RID(2, 1, 0)), PCI_END(RID(2, 2, 0)), END(RID(0, 2, 0)) },
	  "abbbc", "" },
	{ "PCI-to-PCIe bridge",
	  { { .rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_PCIE_BRIDGE, .below = 1 },
	    END(RID(1, 0, 0)), END(RID(1, 1, 0)) },
	  "aaa", "share a requester id" },
	{ "conventional bridge",
	  { { .rid = RID(0, 30, 0), .type = CORE_CONVENTIONAL, .below = 1 },
	    PCI_END(RID(1, 1, 0)), PCI_END(RID(1, 2, 0)), END(RID(0, 2, 0)) },
	  "aaab", "share a requester id" },
	{ "segments are apart",
	  { END(RID(0, 1, 0)), { .segment = 1, .rid = RID(0, 1, 0) } }, "ab", "" },
};

static void topology_name(const struct topology *t, char *desc)
{
	strscpy(desc, t->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(topology, topologies, topology_name);

static struct nyx_device *first_of(struct nyx_device **devices, const char *groups, u32 i)
{
	return devices[strchr(groups, groups[i]) - groups];
}

static void expect_groups(struct kunit *test, struct nyx_device **devices, const char *groups)
{
	u32 i, j;

	for (i = 0; groups[i]; i++)
		for (j = 0; j < i; j++) {
			bool together = devices[i]->group == devices[j]->group;

			KUNIT_EXPECT_EQ_MSG(test, together, groups[i] == groups[j], "%s and %s",
					    nyx_device_name(devices[i]),
					    nyx_device_name(devices[j]));
			KUNIT_EXPECT_EQ(test, together,
					devices[i]->group->id == devices[j]->group->id);
		}
}

static void two_units(struct kunit *test)
{
	core_unit(test, 0);
	core_unit(test, 1);
}

static void by_topology(struct kunit *test)
{
	const struct topology *t = test->param_value;
	struct nyx_device *devices[FUNCTIONS_MAX];
	struct pci_dev *pdevs[FUNCTIONS_MAX];
	u32 i, nr = strlen(t->groups);

	two_units(test);
	for (i = 0; i < nr; i++)
		pdevs[i] = core_pci(test, &t->functions[i]);
	for (i = 0; i < nr; i++) {
		devices[i] = core_arrive(pdevs[i]);
		KUNIT_ASSERT_NOT_NULL(test, devices[i]);
	}
	expect_groups(test, devices, t->groups);
	if (t->why[0])
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(devices[0]->group->why_bound, t->why),
					  "%s", devices[0]->group->why_bound);
	else
		KUNIT_EXPECT_STREQ(test, devices[0]->group->why_bound, "");

	/* In the other order the result is the same. */
	for (i = 0; i < nr; i++)
		core_depart(pdevs[i]);
	for (i = nr; i--;) {
		devices[i] = core_arrive(pdevs[i]);
		KUNIT_ASSERT_NOT_NULL(test, devices[i]);
	}
	expect_groups(test, devices, t->groups);
}

/* Every member of every group departs alone and comes back: nobody else's id changes. */
static void ids_are_stable(struct kunit *test)
{
	const struct topology *t = test->param_value;
	struct nyx_device *devices[FUNCTIONS_MAX];
	u32 ids[FUNCTIONS_MAX], i, j, nr = strlen(t->groups);

	two_units(test);
	for (i = 0; i < nr; i++)
		devices[i] = core_device(test, &t->functions[i]);
	for (i = 0; i < nr; i++) {
		struct pci_dev *pdev = devices[i]->pdev;

		for (j = 0; j < nr; j++) {
			ids[j] = devices[j]->group->id;
			KUNIT_EXPECT_GT(test, ids[j], 0);
		}
		core_depart(pdev);
		for (j = 0; j < nr; j++)
			if (j != i && t->groups[j] != t->groups[i])
				KUNIT_EXPECT_EQ(test, devices[j]->group->id, ids[j]);
		devices[i] = core_arrive(pdev);
		KUNIT_ASSERT_NOT_NULL(test, devices[i]);
		for (j = 0; j < nr; j++)
			if (t->groups[j] != t->groups[i])
				KUNIT_EXPECT_EQ(test, devices[j]->group->id, ids[j]);
		/* The one whose group it joins keeps the id as well. */
		if (first_of(devices, t->groups, i) != devices[i])
			KUNIT_EXPECT_EQ(test, devices[i]->group->id, ids[i]);
		expect_groups(test, devices, t->groups);
	}
}

static struct nyx_device *with_alias(struct kunit *test, u16 rid, u8 alias)
{
	struct pci_dev *pdev = core_pci(test, &(struct core_function) { .rid = rid });
	struct nyx_device *device;

	core_alias(test, pdev, alias);
	device = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, device);
	return device;
}

static void shared_alias(struct kunit *test)
{
	struct nyx_device *a, *b, *c, *d;

	two_units(test);
	a = with_alias(test, RID(1, 1, 0), PCI_DEVFN(31, 0));
	b = with_alias(test, RID(1, 2, 0), PCI_DEVFN(31, 0));
	c = with_alias(test, RID(2, 1, 0), PCI_DEVFN(31, 0));
	/* A function whose id another one uses is in its group. */
	d = core_endpoint(test, RID(2, 31, 0));
	KUNIT_EXPECT_PTR_EQ(test, a->group, b->group);
	KUNIT_EXPECT_PTR_NE(test, a->group, c->group);
	KUNIT_EXPECT_PTR_EQ(test, c->group, d->group);
	KUNIT_EXPECT_STREQ(test, a->group->why_bound,
			   "0000:01:01.0 and 0000:01:02.0 share a requester id");
}

static void firmware_alias(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_acpi_scope scope = {
		.kind = NYX_SCOPE_RIDS, .rid_first = RID(1, 0, 0), .rid_last = RID(1, 1, 7),
		.has_alias = true, .alias_rid = RID(0, 5, 0),
	};
	struct nyx_acpi_scope all = { .kind = NYX_SCOPE_ALL };
	struct nyx_device *a, *b, *c;

	core_scope(unit, &scope);
	core_scope(unit, &all);
	a = core_endpoint(test, RID(1, 0, 0));
	b = core_endpoint(test, RID(1, 1, 0));
	c = core_endpoint(test, RID(1, 2, 0));
	KUNIT_EXPECT_PTR_EQ(test, a->group, b->group);
	KUNIT_EXPECT_PTR_NE(test, a->group, c->group);
	KUNIT_EXPECT_NOT_NULL(test, strstr(a->group->why_bound, "share a requester id"));
}

/* A newcomer that ties two groups together: the first one's id stays, and it alone. */
static void merge_and_split(struct kunit *test)
{
	struct nyx_device *a, *b, *c, *tie;
	struct pci_dev *pdev;
	u32 ids[3];

	two_units(test);
	a = core_endpoint(test, RID(1, 1, 0));
	b = core_endpoint(test, RID(1, 3, 0));
	c = core_endpoint(test, RID(1, 4, 0));
	ids[0] = a->group->id;
	ids[1] = b->group->id;
	ids[2] = c->group->id;

	pdev = core_pci(test, &(struct core_function) { .rid = RID(1, 2, 0) });
	core_alias(test, pdev, PCI_DEVFN(1, 0));
	core_alias(test, pdev, PCI_DEVFN(3, 0));
	tie = core_arrive(pdev);
	KUNIT_ASSERT_NOT_NULL(test, tie);
	KUNIT_EXPECT_EQ(test, a->group->id, ids[0]);
	KUNIT_EXPECT_PTR_EQ(test, b->group, a->group);
	KUNIT_EXPECT_PTR_EQ(test, tie->group, a->group);
	KUNIT_EXPECT_EQ(test, c->group->id, ids[2]);

	core_depart(pdev);
	KUNIT_EXPECT_EQ(test, a->group->id, ids[0]);
	KUNIT_EXPECT_EQ(test, c->group->id, ids[2]);
	KUNIT_EXPECT_PTR_NE(test, b->group, a->group);
	/* Nobody else's, and never one that was in use before. */
	KUNIT_EXPECT_GT(test, b->group->id, ids[2]);
}

/* A newcomer in front of a group joins it, and not the other way round. */
static void first_place_is_taken(struct kunit *test)
{
	struct nyx_device *first, *later;
	u32 id;

	two_units(test);
	later = core_device(test, &(struct core_function) { .rid = RID(1, 0, 1), .multi = true });
	id = later->group->id;
	first = core_device(test, &(struct core_function) { .rid = RID(1, 0, 0), .multi = true });
	KUNIT_EXPECT_PTR_EQ(test, first->group, later->group);
	KUNIT_EXPECT_EQ(test, later->group->id, id);
	core_depart(first->pdev);
	KUNIT_EXPECT_EQ(test, later->group->id, id);
}

static u16 controls(struct nyx_device *device)
{
	u16 value = 0;

	pci_read_config_word(device->pdev, device->pdev->acs_cap + PCI_ACS_CTRL, &value);
	return value;
}

/* A switch with ACS that is off, as firmware leaves it, and what is behind its two ports. */
struct acs_switch {
	struct nyx_device *root, *down[2], *end[2];
	struct nyx_domain *domain[2];
};

static struct acs_switch acs_switch(struct kunit *test)
{
	struct acs_switch s;
	u32 i;

	core_unit(test, 0);
	s.root = core_device(test, &(struct core_function) {
		.rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT, .below = 1,
		.acs = CORE_ACS_ALL, .acs_on = PCI_ACS_DT | PCI_ACS_EC });
	core_device(test, &(struct core_function) UP(RID(1, 0, 0), 2));
	for (i = 0; i < 2; i++) {
		s.down[i] = core_device(test, &(struct core_function) {
			.rid = RID(2, i, 0), .type = PCI_EXP_TYPE_DOWNSTREAM, .below = 3 + i,
			.acs = CORE_ACS_ALL | PCI_ACS_TB, .acs_on = PCI_ACS_SV });
		s.end[i] = core_endpoint(test, RID(3 + i, 0, 0));
		s.domain[i] = core_domain(test, NYX_DOMAIN_STRICT);
	}
	return s;
}

/* On while somebody is assigned below, as it was before and after; other ways stay alone. */
static void acs_follows_assignment(struct kunit *test)
{
	struct acs_switch s = acs_switch(test);
	u32 i;

	KUNIT_EXPECT_PTR_NE(test, s.end[0]->group, s.end[1]->group);
	core_assign(test, s.end[0], s.domain[0]);
	/* The direct path of translated requests is closed, egress control as it was. */
	KUNIT_EXPECT_EQ(test, controls(s.root), CORE_ACS_ALL | PCI_ACS_EC);
	KUNIT_EXPECT_EQ(test, controls(s.down[0]), CORE_ACS_ALL);
	KUNIT_EXPECT_EQ(test, controls(s.down[1]), PCI_ACS_SV);
	core_assign(test, s.end[1], s.domain[1]);
	KUNIT_EXPECT_EQ(test, controls(s.down[1]), CORE_ACS_ALL);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.end[0], NULL), 0);
	KUNIT_EXPECT_EQ(test, controls(s.down[0]), PCI_ACS_SV);
	KUNIT_EXPECT_EQ(test, controls(s.root), CORE_ACS_ALL | PCI_ACS_EC);
	core_settle();
	/* A move keeps them; so does a second time round. */
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.end[1], s.domain[0], false, NULL), 0);
	KUNIT_EXPECT_EQ(test, controls(s.down[1]), CORE_ACS_ALL);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.end[1], NULL), 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, controls(s.down[i]), PCI_ACS_SV);
	KUNIT_EXPECT_EQ(test, controls(s.root), PCI_ACS_DT | PCI_ACS_EC);
	KUNIT_EXPECT_EQ(test, s.root->acs_users, 0);
}

/* A refusal after the controls were set: they are back. */
static void acs_after_a_refusal(struct kunit *test)
{
	struct acs_switch s = acs_switch(test);

	core_hold(s.end[0]);
	core.units[0]->entry_error = -ENOMEM;
	core.units[0]->error_rid = s.end[0]->rid;
	core.units[0]->error_kind = NYX_ENTRY_PAGING;
	KUNIT_EXPECT_EQ(test, nyx_device_assign(s.end[0], s.domain[0], NULL), -ENOMEM);
	KUNIT_EXPECT_EQ(test, controls(s.down[0]), PCI_ACS_SV);
	KUNIT_EXPECT_EQ(test, controls(s.root), PCI_ACS_DT | PCI_ACS_EC);
	core.units[0]->entry_error = 0;
}

/* A reset of the port has cleared them: after a reset of the device they are set again. */
static void acs_after_a_reset(struct kunit *test)
{
	struct acs_switch s = acs_switch(test);

	core_assign(test, s.end[0], s.domain[0]);
	pci_write_config_word(s.down[0]->pdev, s.down[0]->pdev->acs_cap + PCI_ACS_CTRL, 0);
	nyx_reset_test_finish(s.end[0], 0);
	KUNIT_EXPECT_EQ(test, controls(s.down[0]), CORE_ACS_ALL);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.end[0], NULL), 0);
	KUNIT_EXPECT_EQ(test, controls(s.down[0]), PCI_ACS_SV);
}

/* An idle function arrives beside an assigned one: it must not be a door for it. */
static void arrival_beside_an_assigned(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *assigned, *late;

	assigned = core_device(test, &(struct core_function) {
		.rid = RID(1, 0, 0), .multi = true });
	core_assign(test, assigned, core_domain(test, NYX_DOMAIN_STRICT));
	late = core_device(test, &(struct core_function) { .rid = RID(1, 0, 1), .multi = true });
	KUNIT_EXPECT_PTR_EQ(test, late->group, assigned->group);
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, late->rid)->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(unit, assigned->rid)->kind, NYX_ENTRY_PAGING);
	KUNIT_ASSERT_EQ(test, nyx_device_remove(assigned, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, late->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, late->rid)->kind, NYX_ENTRY_PASS);
}

/* The assigned one itself goes: its idle neighbour is the host's again. */
static void departure_of_an_assigned(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);
	struct nyx_device *assigned, *idle;

	assigned = core_device(test, &(struct core_function) {
		.rid = RID(1, 0, 0), .multi = true });
	idle = core_device(test, &(struct core_function) { .rid = RID(1, 0, 1), .multi = true });
	core_assign(test, assigned, core_domain(test, NYX_DOMAIN_STRICT));
	KUNIT_EXPECT_EQ(test, idle->state, NYX_DEVICE_BLOCKED);
	core_depart(assigned->pdev);
	KUNIT_EXPECT_EQ(test, idle->state, NYX_DEVICE_HOST);
	KUNIT_EXPECT_EQ(test, core_entry(unit, idle->rid)->kind, NYX_ENTRY_PASS);
	KUNIT_EXPECT_STREQ(test, idle->group->why_bound, "");
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(by_topology, topology_gen_params),
	KUNIT_CASE_PARAM(ids_are_stable, topology_gen_params),
	KUNIT_CASE(shared_alias),
	KUNIT_CASE(firmware_alias),
	KUNIT_CASE(merge_and_split),
	KUNIT_CASE(first_place_is_taken),
	KUNIT_CASE(acs_follows_assignment),
	KUNIT_CASE(acs_after_a_refusal),
	KUNIT_CASE(acs_after_a_reset),
	KUNIT_CASE(arrival_beside_an_assigned),
	KUNIT_CASE(departure_of_an_assigned),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_group",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
