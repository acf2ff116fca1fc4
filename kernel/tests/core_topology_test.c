// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware's scopes on a machine: which unit a function is behind, which reserved memory
 * names it.
 */
#include "core_fixture.h"

static struct nyx_acpi_scope scope_rids(u16 first, u16 last)
{
	return (struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS, .rid_first = first, .rid_last = last };
}

/* A DMAR path from bus 0: up to three hops of device 1 to 31, ended by 0. */
static struct nyx_acpi_scope scope_path(enum nyx_scope_kind kind, u8 a, u8 b, u8 c)
{
	struct nyx_acpi_scope scope = { .kind = kind };
	const u8 hops[] = { a, b, c };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hops) && hops[i]; i++)
		scope.path[scope.path_len++].device = hops[i];
	return scope;
}

static struct pci_dev *endpoint(struct kunit *test, u16 rid)
{
	return core_pci(test, &(struct core_function) { .rid = rid });
}

static struct pci_dev *bridge(struct kunit *test, u16 rid, u8 type, u8 below)
{
	return core_pci(test, &(struct core_function) {
		.rid = rid, .type = type, .below = below });
}

/*
 * 00:01.0 root port to bus 1, there a switch: 01:02.0 up, 02:03.0 and 02:04.0 down,
 * and below these 03:05.0 and 04:05.0. 00:06.0 is alone.
 */
struct tree {
	struct pci_dev *port, *up, *down[2], *leaf[2], *alone;
};

static struct tree plant(struct kunit *test)
{
	return (struct tree) {
		.port = bridge(test, RID(0, 1, 0), PCI_EXP_TYPE_ROOT_PORT, 1),
		.up = bridge(test, RID(1, 2, 0), PCI_EXP_TYPE_UPSTREAM, 2),
		.down[0] = bridge(test, RID(2, 3, 0), PCI_EXP_TYPE_DOWNSTREAM, 3),
		.down[1] = bridge(test, RID(2, 4, 0), PCI_EXP_TYPE_DOWNSTREAM, 4),
		.leaf[0] = endpoint(test, RID(3, 5, 0)),
		.leaf[1] = endpoint(test, RID(4, 5, 0)),
		.alone = endpoint(test, RID(0, 6, 0)),
	};
}

static void expect_unit(struct kunit *test, struct pci_dev *pdev, struct core_unit *unit)
{
	KUNIT_EXPECT_PTR_EQ_MSG(test, nyx_topology_unit(pdev), unit ? &unit->unit : NULL, "%s",
				pci_name(pdev));
}

static void path_to_endpoint(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *two, *rest;
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_ENDPOINT, 6, 0, 0);
	struct tree t = plant(test);

	core_scope(one, &scope);
	two = core_unit(test, 0);
	/* The last of four hops goes beyond scope_path(). */
	scope = scope_path(NYX_SCOPE_ENDPOINT, 1, 2, 3);
	scope.path[scope.path_len++].device = 5;
	core_scope(two, &scope);
	rest = core_unit(test, 0);

	expect_unit(test, t.alone, one);
	expect_unit(test, t.leaf[0], two);
	expect_unit(test, t.leaf[1], rest);
	expect_unit(test, t.down[0], rest);
	expect_unit(test, t.port, rest);
}

static void path_starts_at_its_bus(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_ENDPOINT, 3, 5, 0);
	struct tree t = plant(test);

	scope.start_bus = 2;
	core_scope(one, &scope);
	expect_unit(test, t.leaf[0], one);
	expect_unit(test, t.leaf[1], NULL);
}

static void path_over_a_missing_bridge(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *two;
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_ENDPOINT, 7, 5, 0);
	struct tree t = plant(test);

	core_scope(one, &scope);
	/* A function that is no bridge, an end that is missing, and an empty path. */
	scope = scope_path(NYX_SCOPE_ENDPOINT, 6, 5, 0);
	core_scope(one, &scope);
	scope = scope_path(NYX_SCOPE_BRIDGE, 1, 9, 0);
	core_scope(one, &scope);
	scope = scope_path(NYX_SCOPE_BRIDGE, 0, 0, 0);
	core_scope(one, &scope);
	two = core_unit(test, 0);

	expect_unit(test, t.alone, two);
	expect_unit(test, t.up, two);
	expect_unit(test, t.leaf[0], two);
}

/* Bus numbers are read at each question: they change with hotplug. */
static void path_follows_renumbering(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_ENDPOINT, 1, 2, 0);
	struct tree t = plant(test);

	core_scope(one, &scope);
	expect_unit(test, t.up, one);
	t.port->subordinate->number = 9;
	expect_unit(test, t.up, one);
	KUNIT_EXPECT_EQ(test, t.up->bus->number, 9);
}

static void hierarchy_below_a_bridge(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *two;
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_BRIDGE, 1, 2, 3);
	struct tree t = plant(test);

	core_scope(one, &scope);
	two = core_unit(test, 0);
	scope = scope_path(NYX_SCOPE_BRIDGE, 1, 0, 0);
	core_scope(two, &scope);

	expect_unit(test, t.down[0], one);
	expect_unit(test, t.leaf[0], one);
	expect_unit(test, t.port, two);
	expect_unit(test, t.up, two);
	expect_unit(test, t.down[1], two);
	expect_unit(test, t.leaf[1], two);
	expect_unit(test, t.alone, NULL);
}

/* INCLUDE_PCI_ALL takes what nobody names, wherever it stands in the table. */
static void include_all_is_last(struct kunit *test)
{
	struct core_unit *rest = core_unit(test, 0), *one = core_unit(test, 0);
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_ENDPOINT, 6, 0, 0);
	struct tree t = plant(test);

	core_scope(one, &scope);
	expect_unit(test, t.alone, one);
	expect_unit(test, t.leaf[0], rest);
}

static void segments(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *two = core_unit(test, 3);
	struct pci_dev *a = endpoint(test, RID(1, 0, 0));
	struct pci_dev *b = core_pci(test, &(struct core_function) {
		.segment = 3, .rid = RID(1, 0, 0) });
	struct pci_dev *c = core_pci(test, &(struct core_function) {
		.segment = 4, .rid = RID(1, 0, 0) });
	struct nyx_acpi_scope scope = scope_rids(0, 0xffff);

	expect_unit(test, a, one);
	expect_unit(test, b, two);
	expect_unit(test, c, NULL);
	/* Named without a word about the segment: its unit's is meant. */
	core_scope(two, &scope);
	expect_unit(test, a, one);
	expect_unit(test, b, two);
}

/* A virtual function goes with its physical one, also where its own bus is not named. */
static void virtual_functions(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *rest;
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_ENDPOINT, 1, 5, 0);
	struct pci_dev *port = bridge(test, RID(0, 1, 0), PCI_EXP_TYPE_ROOT_PORT, 1);
	struct pci_dev *pf = endpoint(test, RID(1, 5, 0)), *vf[2];
	u32 i;

	core_scope(one, &scope);
	rest = core_unit(test, 0);
	for (i = 0; i < 2; i++) {
		/* The second is on a bus that exists for it only. */
		vf[i] = core_pci(test, &(struct core_function) {
			.rid = RID(1 + i, 16, 1), .pf = pf });
		expect_unit(test, vf[i], one);
	}
	expect_unit(test, port, rest);
}

/* A sub-hierarchy holds the virtual functions on buses without a bridge too. */
static void virtual_function_below_a_bridge(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *rest;
	struct nyx_acpi_scope scope = scope_path(NYX_SCOPE_BRIDGE, 1, 0, 0);
	struct pci_dev *pf, *vf;

	core_scope(one, &scope);
	rest = core_unit(test, 0);
	bridge(test, RID(0, 1, 0), PCI_EXP_TYPE_ROOT_PORT, 1);
	pf = endpoint(test, RID(1, 0, 0));
	vf = core_pci(test, &(struct core_function) { .rid = RID(2, 0, 1), .pf = pf });
	expect_unit(test, pf, one);
	expect_unit(test, vf, one);
	expect_unit(test, endpoint(test, RID(0, 2, 0)), rest);
}

static void ivrs_ranges_and_all(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *two;
	struct nyx_acpi_scope all = { .kind = NYX_SCOPE_ALL };
	struct nyx_acpi_scope range = scope_rids(RID(1, 0, 0), RID(1, 31, 7));
	struct nyx_acpi_scope select = scope_rids(RID(3, 2, 1), RID(3, 2, 1));
	struct nyx_acpi_scope ioapic = { .kind = NYX_SCOPE_IOAPIC, .rid_first = RID(0, 20, 0) };

	core_scope(one, &all);
	two = core_unit(test, 0);
	core_scope(two, &range);
	core_scope(two, &select);
	core_scope(two, &ioapic);

	expect_unit(test, endpoint(test, RID(1, 0, 0)), two);
	expect_unit(test, endpoint(test, RID(1, 31, 7)), two);
	expect_unit(test, endpoint(test, RID(3, 2, 1)), two);
	expect_unit(test, endpoint(test, RID(3, 2, 2)), one);
	expect_unit(test, endpoint(test, RID(2, 0, 0)), one);
	expect_unit(test, endpoint(test, RID(0, 31, 7)), one);
	/* Where an IO-APIC's requests come from is not a statement about the function there. */
	expect_unit(test, endpoint(test, RID(0, 20, 0)), one);
}

static void nobody_names_it(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct nyx_acpi_scope select = scope_rids(RID(1, 0, 0), RID(1, 0, 0));
	struct nyx_device *device;

	core_scope(one, &select);
	device = core_endpoint(test, RID(2, 0, 0));
	KUNIT_EXPECT_NULL(test, device->unit);
	KUNIT_EXPECT_EQ(test, one->nr_entries, 0);
	/* Listed all the same. */
	device = nyx_device_get(0, RID(2, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test, device);
	nyx_device_put(device);
	KUNIT_EXPECT_NULL(test, nyx_device_get(0, RID(1, 0, 0)));
}

/* ---- devices with an ACPI name and no PCI function ---- */

static void named_by_ivrs(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0), *two;
	struct nyx_acpi_scope uart = {
		.kind = NYX_SCOPE_ACPI_NAME, .rid_first = 0xa5, .rid_last = 0xa5 };
	struct nyx_acpi_scope all = { .kind = NYX_SCOPE_ALL, .rid_last = 0xffff };
	struct pci_dev *visible;

	core_scope(one, &all);
	core_scope(one, &uart);
	/* The bus lists this one: its entry follows its state, not the table. */
	visible = endpoint(test, RID(0, 19, 1));
	uart.rid_first = RID(0, 19, 1);
	core_scope(one, &uart);
	two = core_unit(test, 1);
	/* The same id in a segment where no function has it. */
	core_scope(two, &uart);

	nyx_firmware.table = NYX_ACPI_IVRS;
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_devices_pass_named(), 0);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, core_entry(one, 0xa5)->kind, NYX_ENTRY_PASS);
	KUNIT_EXPECT_EQ(test, core_entry(one, RID(0, 19, 1))->kind, NYX_ENTRY_BLOCKED);
	KUNIT_EXPECT_EQ(test, core_entry(two, RID(0, 19, 1))->kind, NYX_ENTRY_PASS);
	CORE_EXPECT_LOG(test, "E00a5=pass E1:0099=pass ");
	KUNIT_EXPECT_EQ(test, visible->devfn, 0x99);
	/* Nothing of it may outlive the test: core_exit() wants every entry blocked. */
	one->nr_entries = 0;
	two->nr_entries = 0;
}

static void named_by_dmar(struct kunit *test)
{
	struct core_unit *one = core_unit(test, 0);
	struct nyx_acpi_scope i2c = scope_path(NYX_SCOPE_ACPI_NAME, 21, 0, 0);
	u32 at = 0;
	u16 rid;

	core_scope(one, &i2c);
	/* Behind a bridge that is not there. */
	i2c = scope_path(NYX_SCOPE_ACPI_NAME, 22, 1, 0);
	core_scope(one, &i2c);
	i2c = scope_path(NYX_SCOPE_ACPI_NAME, 23, 0, 0);
	i2c.start_bus = 0xf0;
	core_scope(one, &i2c);
	nyx_firmware.table = NYX_ACPI_DMAR;
	KUNIT_EXPECT_TRUE(test, nyx_topology_next_named(&one->unit, &at, &rid));
	KUNIT_EXPECT_EQ(test, rid, RID(0, 21, 0));
	KUNIT_EXPECT_TRUE(test, nyx_topology_next_named(&one->unit, &at, &rid));
	KUNIT_EXPECT_EQ(test, rid, RID(0xf0, 23, 0));
	KUNIT_EXPECT_FALSE(test, nyx_topology_next_named(&one->unit, &at, &rid));
}

/* ---- the unit's node ---- */

static int odd_node(int pxm)
{
	return pxm == 7 ? 0 : pxm == 8 ? MAX_NUMNODES - 1 : NUMA_NO_NODE;
}

static void node_of_a_unit(struct kunit *test)
{
	static const struct {
		bool has;
		u32 proximity;
		int node;
	} units[] = {
		{ false, 7, NUMA_NO_NODE },
		{ true, 7, 0 },
		/* A node without memory or processors that are on; none; a number that is none. */
		{ true, 8, NUMA_NO_NODE },
		{ true, 9, NUMA_NO_NODE },
		{ true, U32_MAX, NUMA_NO_NODE },
	};
	int (*real)(int pxm) = nyx_pxm_test_hook;
	u32 i;

	if (node_online(MAX_NUMNODES - 1) && MAX_NUMNODES > 1)
		kunit_skip(test, "a machine with every node there can be");
	nyx_pxm_test_hook = odd_node;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		struct nyx_acpi_unit firmware = {
			.has_proximity = units[i].has, .proximity = units[i].proximity };
		int node = units[i].node;

		/* On a kernel for one node that node is the last one, too. */
		if (MAX_NUMNODES == 1 && units[i].proximity == 8)
			node = 0;
		KUNIT_EXPECT_EQ(test, nyx_unit_node(&firmware), node);
	}
	nyx_pxm_test_hook = real;
}

/* ---- reserved memory ---- */

static void reserved(struct kunit *test)
{
	static const struct {
		u32 class;
		bool reserved;
	} classes[] = {
		{ 0, true },
		{ PCI_CLASS_NETWORK_ETHERNET << 8, true },
		{ PCI_CLASS_SERIAL_FIREWIRE << 8, true },
		{ PCI_CLASS_SERIAL_USB_XHCI, false },
		{ PCI_CLASS_SERIAL_USB_UHCI, false },
		{ PCI_CLASS_SERIAL_USB_EHCI, false },
		/* A USB device side is no host controller, but as good as one. */
		{ PCI_CLASS_SERIAL_USB_DEVICE, false },
		{ PCI_CLASS_DISPLAY_VGA << 8, false },
	};
	struct pci_dev *pdev = endpoint(test, RID(1, 0, 0));
	struct pci_dev *elsewhere = core_pci(test, &(struct core_function) {
		.segment = 1, .rid = RID(1, 0, 0) });
	u32 i;

	core_reserve(RID(2, 0, 0), 0x5000, 0x5fff);
	core_reserve(RID(1, 0, 0), 0x1000, 0x2fff);
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		pdev->class = classes[i].class;
		KUNIT_EXPECT_PTR_EQ(test, nyx_topology_reserved(pdev),
				    classes[i].reserved ? &core.reserved[1] : NULL);
		KUNIT_EXPECT_PTR_EQ(test, nyx_topology_relaxed(pdev),
				    classes[i].reserved ? NULL : &core.reserved[1]);
	}
	KUNIT_EXPECT_NULL(test, nyx_topology_reserved(elsewhere));
	elsewhere->class = PCI_CLASS_SERIAL_USB_XHCI;
	KUNIT_EXPECT_NULL(test, nyx_topology_relaxed(elsewhere));
	KUNIT_EXPECT_NULL(test, nyx_topology_reserved(endpoint(test, RID(3, 0, 0))));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(path_to_endpoint),
	KUNIT_CASE(path_starts_at_its_bus),
	KUNIT_CASE(path_over_a_missing_bridge),
	KUNIT_CASE(path_follows_renumbering),
	KUNIT_CASE(hierarchy_below_a_bridge),
	KUNIT_CASE(include_all_is_last),
	KUNIT_CASE(segments),
	KUNIT_CASE(virtual_functions),
	KUNIT_CASE(virtual_function_below_a_bridge),
	KUNIT_CASE(ivrs_ranges_and_all),
	KUNIT_CASE(nobody_names_it),
	KUNIT_CASE(named_by_ivrs),
	KUNIT_CASE(named_by_dmar),
	KUNIT_CASE(node_of_a_unit),
	KUNIT_CASE(reserved),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_topology",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
