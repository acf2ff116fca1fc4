// SPDX-License-Identifier: GPL-2.0
/*
 * Under which requester ids a function is seen: its own, and those that quirks, bridges and
 * the firmware add.
 */
#include "core_fixture.h"

static struct pci_dev *endpoint(struct kunit *test, u16 rid)
{
	return core_pci(test, &(struct core_function) { .rid = rid });
}

static struct pci_dev *bridge(struct kunit *test, u16 rid, u8 type, u8 below)
{
	return core_pci(test, &(struct core_function) {
		.rid = rid, .type = type, .below = below });
}

static void expect_rids(struct kunit *test, struct pci_dev *pdev, struct core_unit *unit,
			const u16 *expected, u8 nr)
{
	u16 rids[NYX_ALIASES_MAX] = {};
	u8 i;

	KUNIT_EXPECT_EQ(test, nyx_topology_rids(pdev, unit ? &unit->unit : NULL, rids), nr);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, rids[i], expected[i], "%s: id %u", pci_name(pdev), i);
}

#define EXPECT_RIDS(test, pdev, unit, ...) do {						\
	const u16 expected[] = { __VA_ARGS__ };						\
	expect_rids(test, pdev, unit, expected, ARRAY_SIZE(expected));			\
} while (0)

static void rids_of_a_plain_path(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct pci_dev *leaf;

	bridge(test, RID(0, 1, 0), PCI_EXP_TYPE_ROOT_PORT, 1);
	bridge(test, RID(1, 2, 0), PCI_EXP_TYPE_UPSTREAM, 2);
	bridge(test, RID(2, 3, 0), PCI_EXP_TYPE_DOWNSTREAM, 3);
	leaf = endpoint(test, RID(3, 5, 0));
	EXPECT_RIDS(test, leaf, one, RID(3, 5, 0));
	EXPECT_RIDS(test, leaf, NULL, RID(3, 5, 0));
	EXPECT_RIDS(test, endpoint(test, RID(0, 6, 0)), one, RID(0, 6, 0));
}

static void rids_of_quirks(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct pci_dev *pdev = endpoint(test, RID(1, 2, 3));

	/* Its own number in the mask is not counted twice. */
	core_alias(test, pdev, PCI_DEVFN(2, 3));
	core_alias(test, pdev, PCI_DEVFN(2, 0));
	core_alias(test, pdev, PCI_DEVFN(31, 7));
	EXPECT_RIDS(test, pdev, one, RID(1, 2, 3), RID(1, 2, 0), RID(1, 31, 7));
}

static void rids_beyond_the_table(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct pci_dev *pdev = endpoint(test, RID(1, 0, 0));
	u8 i;

	for (i = 0; i < 2 * NYX_ALIASES_MAX; i++)
		core_alias(test, pdev, i);
	EXPECT_RIDS(test, pdev, one, 0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107);
}

static void rids_of_phantom_functions(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct pci_dev *pdev;

	pdev = core_pci(test, &(struct core_function) {
		.rid = RID(1, 0, 1), .phantom_bits = 1 });
	EXPECT_RIDS(test, pdev, one, RID(1, 0, 1), RID(1, 0, 5));
	pdev = core_pci(test, &(struct core_function) {
		.rid = RID(1, 1, 0), .phantom_bits = 2 });
	EXPECT_RIDS(test, pdev, one, RID(1, 1, 0), RID(1, 1, 2), RID(1, 1, 4), RID(1, 1, 6));
	pdev = core_pci(test, &(struct core_function) {
		.rid = RID(1, 2, 0), .phantom_bits = 3 });
	EXPECT_RIDS(test, pdev, one, 0x110, 0x111, 0x112, 0x113, 0x114, 0x115, 0x116, 0x117);
}

static void rids_behind_bridges(struct kunit *test)
{
	static const struct {
		u8 type;
		pci_dev_flags_t dev_flags;
		u16 alias;	/* 0: none */
	} cases[] = {
		{ PCI_EXP_TYPE_PCI_BRIDGE, 0, RID(1, 0, 0) },
		{ PCI_EXP_TYPE_PCIE_BRIDGE, 0, RID(0, 2, 0) },
		{ CORE_CONVENTIONAL, 0, RID(0, 2, 0) },
		{ CORE_CONVENTIONAL, PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS, RID(1, 0, 0) },
		{ PCI_EXP_TYPE_PCI_BRIDGE, PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT, 0 },
		{ PCI_EXP_TYPE_ROOT_PORT, 0, 0 },
	};
	struct core_unit *one = core_unit(test, 0);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u16 rid = RID(1 + i, 4, 0);
		u16 alias = cases[i].alias;
		struct pci_dev *pdev;

		core_pci(test, &(struct core_function) {
			.rid = RID(0, 2 + i, 0), .type = cases[i].type, .below = 1 + i,
			.dev_flags = cases[i].dev_flags });
		pdev = core_pci(test, &(struct core_function) {
			.rid = rid, .type = CORE_CONVENTIONAL });
		if (!alias)
			EXPECT_RIDS(test, pdev, one, rid);
		else if (PCI_BUS_NUM(alias))
			EXPECT_RIDS(test, pdev, one, rid, RID(1 + i, 0, 0));
		else
			EXPECT_RIDS(test, pdev, one, rid, RID(0, 2 + i, 0));
	}
}

/* A PCIe-to-PCI bridge below a root port, a plain one below that: both put theirs in. */
static void rids_behind_two_bridges(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);

	bridge(test, RID(0, 1, 0), PCI_EXP_TYPE_ROOT_PORT, 1);
	bridge(test, RID(1, 0, 0), PCI_EXP_TYPE_PCI_BRIDGE, 2);
	bridge(test, RID(2, 3, 0), CORE_CONVENTIONAL, 3);
	EXPECT_RIDS(test, endpoint(test, RID(3, 1, 0)), one, RID(3, 1, 0), RID(2, 3, 0),
		    RID(2, 0, 0));
}

static void rids_of_firmware_aliases(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);

	core_scope(one, &(struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS, .rid_first = RID(1, 0, 0), .rid_last = RID(1, 3, 7),
		.has_alias = true, .alias_rid = RID(0, 5, 0) });
	EXPECT_RIDS(test, endpoint(test, RID(1, 3, 7)), one, RID(1, 3, 7), RID(0, 5, 0));
	EXPECT_RIDS(test, endpoint(test, RID(1, 4, 0)), one, RID(1, 4, 0));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rids_of_a_plain_path),
	KUNIT_CASE(rids_of_quirks),
	KUNIT_CASE(rids_beyond_the_table),
	KUNIT_CASE(rids_of_phantom_functions),
	KUNIT_CASE(rids_behind_bridges),
	KUNIT_CASE(rids_behind_two_bridges),
	KUNIT_CASE(rids_of_firmware_aliases),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_rids",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
