// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI side of the machine for the core's tests: buses and functions in memory,
 * with a config space each, that the driver core has never heard of.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "core_fixture.h"

#define PCIE_CAP	0x40	/* where the fakes have their capabilities */
#define ACS_CAP		PCI_CFG_SPACE_SIZE
#define ATS_CAP		(ACS_CAP + 0x20)
#define HEADER_VERSION	BIT(16)

struct fake_bus {
	struct list_head node;
	struct pci_bus bus;
	struct pci_sysdata sysdata;
};

struct fake_function {
	struct list_head node;
	struct pci_dev pdev;
	struct pci_driver driver;
	unsigned long aliases[BITS_TO_LONGS(256)];
	u8 config[PCI_CFG_SPACE_EXP_SIZE];
};

static struct fake_function *to_fake(struct pci_dev *pdev)
{
	return container_of(pdev, struct fake_function, pdev);
}

static struct fake_function *find_function(struct pci_bus *bus, unsigned int devfn)
{
	struct fake_function *f;

	list_for_each_entry(f, &core.functions, node)
		if (f->pdev.bus == bus && f->pdev.devfn == devfn)
			return f;
	return NULL;
}

static int fake_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct fake_function *f = find_function(bus, devfn);

	if (!f || where + size > sizeof(f->config)) {
		*value = ~0;
		return PCIBIOS_DEVICE_NOT_FOUND;
	}
	*value = get_unaligned_le32(f->config + min(where, PCI_CFG_SPACE_EXP_SIZE - 4));
	if (size < 4)
		*value &= (1U << 8 * size) - 1;
	return PCIBIOS_SUCCESSFUL;
}

static u16 ats_control(struct fake_function *f)
{
	return get_unaligned_le16(f->config + ATS_CAP + PCI_ATS_CTRL);
}

static int fake_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct fake_function *f = find_function(bus, devfn);
	bool was_master, had_ats;
	int i;

	if (!f || where + size > sizeof(f->config))
		return PCIBIOS_DEVICE_NOT_FOUND;
	was_master = f->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
	had_ats = ats_control(f) & PCI_ATS_CTRL_ENABLE;
	for (i = 0; i < size; i++)
		f->config[where + i] = value >> 8 * i;
	if (!(f->config[PCI_COMMAND] & PCI_COMMAND_MASTER) == was_master)
		core_note("M%04x%c ", PCI_DEVID(bus->number, devfn), was_master ? '-' : '+');
	if (!(ats_control(f) & PCI_ATS_CTRL_ENABLE) == had_ats)
		core_note("T%04x%c ", PCI_DEVID(bus->number, devfn), had_ats ? '-' : '+');
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops fake_ops = {
	.read = fake_read,
	.write = fake_write,
};

bool core_is_master(struct pci_dev *pdev)
{
	return to_fake(pdev)->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

u16 core_ats_control(struct pci_dev *pdev)
{
	return ats_control(to_fake(pdev));
}

void core_vanish(struct pci_dev *pdev)
{
	put_unaligned_le32(~0, to_fake(pdev)->config + PCI_VENDOR_ID);
}

/* ---- making ---- */

static struct pci_bus *find_bus(int segment, u8 number)
{
	struct fake_bus *b;

	list_for_each_entry(b, &core.buses, node)
		if (b->sysdata.domain == segment && b->bus.number == number)
			return &b->bus;
	return NULL;
}

static struct pci_bus *new_bus(struct kunit *test, int segment, u8 number, struct pci_bus *parent,
			       struct pci_dev *self)
{
	struct fake_bus *b = kzalloc(sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	list_add_tail(&b->node, &core.buses);
	b->sysdata.domain = segment;
	b->sysdata.node = NUMA_NO_NODE;
	b->bus.sysdata = &b->sysdata;
	b->bus.ops = &fake_ops;
	b->bus.number = number;
	b->bus.parent = parent;
	b->bus.self = self;
	INIT_LIST_HEAD(&b->bus.devices);
	INIT_LIST_HEAD(&b->bus.children);
	if (self)
		self->subordinate = &b->bus;
	return &b->bus;
}

static void release_function(struct device *dev)
{
	kfree(to_fake(to_pci_dev(dev)));
}

static void make_pcie(struct fake_function *f, const struct core_function *what)
{
	struct pci_dev *pdev = &f->pdev;

	pdev->pcie_cap = PCIE_CAP;
	pdev->pcie_flags_reg = what->type << 4 | 2;
	pdev->cfg_size = PCI_CFG_SPACE_EXP_SIZE;
	f->config[PCIE_CAP] = PCI_CAP_ID_EXP;
	put_unaligned_le16(pdev->pcie_flags_reg, f->config + PCIE_CAP + PCI_EXP_FLAGS);
	if (what->phantom_bits) {
		put_unaligned_le32(what->phantom_bits << 3, f->config + PCIE_CAP + PCI_EXP_DEVCAP);
		put_unaligned_le16(PCI_EXP_DEVCTL_PHANTOM,
				   f->config + PCIE_CAP + PCI_EXP_DEVCTL);
	}
	if (what->acs) {
		put_unaligned_le32(PCI_EXT_CAP_ID_ACS | HEADER_VERSION, f->config + ACS_CAP);
		put_unaligned_le16(what->acs, f->config + ACS_CAP + PCI_ACS_CAP);
		put_unaligned_le16(what->acs_on, f->config + ACS_CAP + PCI_ACS_CTRL);
		pdev->acs_cap = ACS_CAP;
	}
	if (what->ats) {
		/* Behind ACS, or behind a vendor's capability with nothing in it. */
		put_unaligned_le32((what->acs ? PCI_EXT_CAP_ID_ACS : PCI_EXT_CAP_ID_VNDR) |
				   HEADER_VERSION | ATS_CAP << 20, f->config + ACS_CAP);
		put_unaligned_le32(PCI_EXT_CAP_ID_ATS | HEADER_VERSION, f->config + ATS_CAP);
		pdev->ats_cap = ATS_CAP;
	}
}

static struct pci_bus *bus_of(struct kunit *test, const struct core_function *what)
{
	u8 number = PCI_BUS_NUM(what->rid);
	struct pci_bus *bus = find_bus(what->segment, number);

	if (bus)
		return bus;
	/* SR-IOV's further buses hang below the function's, with no bridge of their own. */
	return new_bus(test, what->segment, number, what->pf ? what->pf->bus : NULL, NULL);
}

struct pci_dev *core_pci(struct kunit *test, const struct core_function *what)
{
	struct fake_function *f = kzalloc(sizeof(*f), GFP_KERNEL);
	struct pci_dev *pdev;

	KUNIT_ASSERT_NOT_NULL(test, f);
	pdev = &f->pdev;
	device_initialize(&pdev->dev);
	pdev->dev.release = release_function;
	list_add_tail(&f->node, &core.functions);
	pdev->bus = bus_of(test, what);
	pdev->sysdata = pdev->bus->sysdata;
	pdev->devfn = what->rid & 0xff;
	pdev->cfg_size = PCI_CFG_SPACE_SIZE;
	pdev->hdr_type = what->below ? PCI_HEADER_TYPE_BRIDGE : PCI_HEADER_TYPE_NORMAL;
	pdev->class = what->class;
	pdev->multifunction = what->multi;
	pdev->dev_flags = what->dev_flags;
	pdev->untrusted = what->untrusted;
	if (what->pf) {
		pdev->is_virtfn = true;
		pdev->physfn = what->pf;
	}
	put_unaligned_le32(0x00011234, f->config + PCI_VENDOR_ID);
	if (what->type != CORE_CONVENTIONAL)
		make_pcie(f, what);
	if (what->below)
		new_bus(test, what->segment, what->below, pdev->bus, pdev);
	KUNIT_ASSERT_EQ(test, dev_set_name(&pdev->dev, "%04x:%02x:%02x.%d", what->segment,
					   pdev->bus->number, PCI_SLOT(pdev->devfn),
					   PCI_FUNC(pdev->devfn)), 0);
	return pdev;
}

void core_alias(struct kunit *test, struct pci_dev *pdev, u8 devfn)
{
	pdev->dma_alias_mask = to_fake(pdev)->aliases;
	__set_bit(devfn, pdev->dma_alias_mask);
}

/* ---- arriving, leaving, being bound ---- */

struct nyx_device *core_arrive(struct pci_dev *pdev)
{
	struct nyx_device *device;

	nyx_device_test_event(pdev, BUS_NOTIFY_ADD_DEVICE);
	mutex_lock(&nyx_registry_lock);
	device = nyx_device_find(pdev);
	mutex_unlock(&nyx_registry_lock);
	return device;
}

void core_depart(struct pci_dev *pdev)
{
	nyx_device_test_event(pdev, BUS_NOTIFY_REMOVED_DEVICE);
}

struct nyx_device *core_device(struct kunit *test, const struct core_function *what)
{
	struct nyx_device *device = core_arrive(core_pci(test, what));

	KUNIT_ASSERT_NOT_NULL(test, device);
	core_clear_log();
	return device;
}

struct nyx_device *core_endpoint(struct kunit *test, u16 rid)
{
	return core_device(test, &(struct core_function) { .rid = rid });
}

void core_bind(struct nyx_device *device, const char *driver)
{
	struct fake_function *f = to_fake(device->pdev);

	f->driver.driver.name = driver;
	f->pdev.dev.driver = driver ? &f->driver.driver : NULL;
}

static struct pci_dev *slot_hook(int segment, unsigned int bus, unsigned int devfn)
{
	struct fake_function *f;

	list_for_each_entry(f, &core.functions, node)
		if (pci_domain_nr(f->pdev.bus) == segment && f->pdev.bus->number == bus &&
		    f->pdev.devfn == devfn)
			return pci_dev_get(&f->pdev);
	return NULL;
}

void core_pci_start(void)
{
	nyx_slot_test_hook = slot_hook;
}

void core_pci_depart_all(void)
{
	struct fake_function *f;

	list_for_each_entry_reverse(f, &core.functions, node) {
		f->pdev.dev.driver = NULL;
		core_depart(&f->pdev);
	}
}

void core_pci_stop(struct kunit *test)
{
	struct fake_function *f, *next_function;
	struct fake_bus *b, *next_bus;
	u32 i;

	list_for_each_entry_safe(f, next_function, &core.functions, node) {
		u16 rid = PCI_DEVID(f->pdev.bus->number, f->pdev.devfn);

		/* The fault path knows it no more, and whoever looked at it has let it go. */
		for (i = 0; i < CORE_UNITS_MAX; i++)
			if (core.units[i])
				KUNIT_EXPECT_NULL(test, nyx_registry_find_rid(&core.units[i]->unit,
									      rid));
		KUNIT_EXPECT_EQ_MSG(test, kref_read(&f->pdev.dev.kobj.kref), 1, "%s",
				    pci_name(&f->pdev));
		list_del(&f->node);
		put_device(&f->pdev.dev);
	}
	list_for_each_entry_safe(b, next_bus, &core.buses, node) {
		list_del(&b->node);
		kfree(b);
	}
	nyx_slot_test_hook = pci_get_domain_bus_and_slot;
}
