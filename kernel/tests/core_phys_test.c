// SPDX-License-Identifier: GPL-2.0
/*
 * Host-physical ranges: what may be mapped and what not, BARs that go with their device,
 * and memory that firmware ties to a device.
 */
#include <linux/completion.h>
#include <linux/ioport.h>
#include <linux/kthread.h>
#include <linux/mm.h>

#include "core_fixture.h"

#define BAR		0x5000000000ULL	/* nobody's on the machine that the tests run on */
#define FREE		0x4000000000ULL
#define IOVA		0x40000000ULL
#define MSIX_CAP	0x60

struct setup {
	struct core_unit *unit;
	struct nyx_device *device, *peer;
	struct nyx_domain *domain;
	struct nyx_why why;
};

static void give_bar(struct nyx_device *device, int bar, u64 start, u64 size)
{
	device->pdev->resource[bar] = (struct resource) {
		.start = start, .end = start + size - 1, .flags = IORESOURCE_MEM };
}

static struct setup make(struct kunit *test)
{
	struct setup s = { .unit = core_unit(test, 0) };

	s.device = core_endpoint(test, RID(1, 0, 0));
	s.peer = core_endpoint(test, RID(2, 0, 0));
	s.domain = core_domain(test, NYX_DOMAIN_SHARED);
	give_bar(s.peer, 0, BAR, SZ_1M);
	core_assign(test, s.device, s.domain);
	core_assign(test, s.peer, s.domain);
	return s;
}

static int map_phys(struct setup *s, u64 iova, u64 address, u64 length)
{
	const struct nyx_map_range range = {
		.iova = iova, .length = length, .prot = NYX_PROT_READ | NYX_PROT_WRITE,
		.type = NYX_MAPPING_PHYS, .address = address,
	};

	s->why.text[0] = '\0';
	return nyx_domain_map(s->domain, &range, 1, &s->why);
}

static void refused(struct kunit *test, struct setup *s, u64 address, u64 length, int err,
		    const char *text)
{
	KUNIT_EXPECT_EQ(test, map_phys(s, IOVA, address, length), err);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(s->why.text, text), "%s", s->why.text);
	KUNIT_EXPECT_EQ(test, s->domain->booked_mappings, 0);
	KUNIT_EXPECT_EQ(test, s->domain->nr_changing, 0);
}

static u64 leads_to(struct setup *s, u64 iova)
{
	struct nyx_pt_translation t;

	return nyx_domain_translate(s->domain, iova, &t) ? U64_MAX : t.paddr;
}

static void bar_of_the_domain(struct kunit *test)
{
	struct nyx_mapping_info info;
	struct setup s = make(test);
	int refs = kref_read(&s.peer->ref);

	KUNIT_ASSERT_EQ_MSG(test, map_phys(&s, IOVA, BAR + SZ_64K, SZ_64K), 0, "%s", s.why.text);
	KUNIT_EXPECT_EQ(test, leads_to(&s, IOVA + 0x123), BAR + SZ_64K + 0x123);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, 0, &info), 0);
	KUNIT_EXPECT_EQ(test, (int)info.type, (int)NYX_MAPPING_PHYS);
	KUNIT_EXPECT_EQ(test, info.paddr, BAR + SZ_64K);
	KUNIT_EXPECT_TRUE(test, info.is_bar);
	KUNIT_EXPECT_EQ(test, info.bar_of, s.peer->rid);
	/* Nothing of it is pinned memory. */
	KUNIT_EXPECT_EQ(test, s.domain->pinned_pages, 0);
	KUNIT_EXPECT_EQ(test, s.domain->mapped_bytes, SZ_64K);
	KUNIT_EXPECT_EQ(test, kref_read(&s.peer->ref), refs + 1);
	/* Mapped twice is no conflict: its user has it mapped as well. */
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA + SZ_1M, BAR, SZ_1M), 0);

	/* It goes with the device, invalidated before the device has left. */
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.peer, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ_MSG(test, strncmp(core.log, "E0200=blocked M0200- F0:2 S0200=blocked ", 40),
			    0, "%s", core.log);
	KUNIT_EXPECT_EQ(test, leads_to(&s, IOVA), U64_MAX);
	KUNIT_EXPECT_EQ(test, leads_to(&s, IOVA + SZ_1M), U64_MAX);
	KUNIT_EXPECT_EQ(test, s.domain->nr_mappings, 0);
	KUNIT_EXPECT_EQ(test, kref_read(&s.peer->ref), refs);
	refused(test, &s, BAR, SZ_4K, -EBUSY, "part of a BAR of 0000:02:00.0, which is not in domain 1");
}

static void bar_goes_with_a_move_and_a_removal(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_domain *other = core_domain(test, NYX_DOMAIN_SHARED);

	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA, BAR, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.peer, other, false, &s.why), 0);
	KUNIT_EXPECT_EQ(test, leads_to(&s, IOVA), U64_MAX);
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.peer, s.domain, false, &s.why), 0);
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA, BAR, SZ_1M), 0);
	core_depart(s.peer->pdev);
	KUNIT_EXPECT_EQ(test, leads_to(&s, IOVA), U64_MAX);
	KUNIT_EXPECT_EQ(test, s.domain->nr_mappings, 0);
}

static struct {
	struct nyx_domain *domain;
	struct nyx_device *device;
	struct completion at_flush, go_on, unmapped, removed;
	int unmap_err, remove_err;
	bool held;
} race;

/* The first is the unmap's: it is held in the middle. */
static int hold_first_flush(struct nyx_domain *domain, u64 first, u64 last, bool leaf_only)
{
	if (race.held)
		return 0;
	race.held = true;
	complete(&race.at_flush);
	wait_for_completion(&race.go_on);
	return 0;
}

static int unmap_bar(void *data)
{
	const struct nyx_map_range range = { .iova = IOVA, .length = SZ_64K };

	race.unmap_err = nyx_domain_unmap(race.domain, &range, 1, NULL, NULL);
	complete(&race.unmapped);
	return 0;
}

static int remove_owner(void *data)
{
	race.remove_err = nyx_device_remove(race.device, NULL);
	complete(&race.removed);
	return 0;
}

/* The device does not leave while somebody else is undoing a mapping of its BAR. */
static void bar_is_being_unmapped(struct kunit *test)
{
	struct setup s = make(test);
	int refs = kref_read(&s.peer->ref);

	memset(&race, 0, sizeof(race));
	race.domain = s.domain;
	race.device = s.peer;
	init_completion(&race.at_flush);
	init_completion(&race.go_on);
	init_completion(&race.unmapped);
	init_completion(&race.removed);
	KUNIT_ASSERT_EQ_MSG(test, map_phys(&s, IOVA, BAR, SZ_64K), 0, "%s", s.why.text);
	nyx_flush_test_hook = hold_first_flush;
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(unmap_bar, NULL, "nyx-unmap")));
	wait_for_completion(&race.at_flush);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(remove_owner, NULL, "nyx-remove")));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&race.removed, HZ / 10), 0);
	complete(&race.go_on);
	wait_for_completion(&race.unmapped);
	wait_for_completion(&race.removed);
	nyx_flush_test_hook = NULL;
	core_settle();
	KUNIT_EXPECT_EQ(test, race.unmap_err, 0);
	KUNIT_EXPECT_EQ(test, race.remove_err, 0);
	KUNIT_EXPECT_EQ(test, s.domain->nr_mappings, 0);
	KUNIT_EXPECT_EQ(test, s.domain->booked_mappings, 0);
	KUNIT_EXPECT_EQ(test, kref_read(&s.peer->ref), refs);
}

static void bar_refusals(struct kunit *test)
{
	struct setup s = make(test);

	refused(test, &s, BAR + SZ_1M - SZ_4K, SZ_8K, -EINVAL, "reaches beyond BAR 0");
	refused(test, &s, BAR - SZ_4K, SZ_8K, -EINVAL, "reaches beyond BAR 0");
	/* A page that holds a small BAR holds something else as well. */
	give_bar(s.peer, 2, BAR + SZ_2M, 256);
	refused(test, &s, BAR + SZ_2M, SZ_4K, -EINVAL, "reaches beyond BAR 2");
	give_bar(s.peer, PCI_ROM_RESOURCE, BAR + SZ_4M, SZ_64K);
	refused(test, &s, BAR + SZ_4M, SZ_4K, -EPERM, "is the expansion ROM");
}

static void msix_pages(struct kunit *test)
{
	struct setup s = make(test);
	struct pci_dev *pdev = s.peer->pdev;

	/* 32 vectors at 0x8000 of BAR 0, the pending bits at 0xa800. */
	pci_write_config_word(pdev, PCI_STATUS, PCI_STATUS_CAP_LIST);
	pci_write_config_byte(pdev, PCI_CAPABILITY_LIST, MSIX_CAP);
	pci_write_config_word(pdev, MSIX_CAP, PCI_CAP_ID_MSIX);
	pci_write_config_word(pdev, MSIX_CAP + PCI_MSIX_FLAGS, 31);
	pci_write_config_dword(pdev, MSIX_CAP + PCI_MSIX_TABLE, 0x8000);
	pci_write_config_dword(pdev, MSIX_CAP + PCI_MSIX_PBA, 0xa800);
	refused(test, &s, BAR, SZ_1M, -EPERM, "holds the MSI-X table of 0000:02:00.0");
	refused(test, &s, BAR + 0x8000, SZ_4K, -EPERM, "MSI-X table");
	refused(test, &s, BAR + 0xa000, SZ_4K, -EPERM, "MSI-X table");
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA, BAR, 0x8000), 0);
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA + 0x9000, BAR + 0x9000, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA + 0xb000, BAR + 0xb000, SZ_1M - 0xb000), 0);
}

static void free_range(struct kunit *test)
{
	struct setup s = make(test);
	struct resource *taken;

	KUNIT_ASSERT_EQ_MSG(test, map_phys(&s, IOVA, FREE, SZ_2M), 0, "%s", s.why.text);
	KUNIT_EXPECT_EQ(test, leads_to(&s, IOVA + SZ_1M), FREE + SZ_1M);
	/* Held while it is mapped, by anybody's reckoning. */
	KUNIT_EXPECT_NULL(test, request_mem_region(FREE + SZ_1M, SZ_4K, "a test"));
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA + SZ_4M, FREE + SZ_1M, SZ_4K), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s.why.text, "is claimed"));
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(s.domain, &(struct nyx_map_range) {
		.iova = IOVA, .length = SZ_2M }, 1, NULL, NULL), 0);
	taken = request_mem_region(FREE + SZ_1M, SZ_4K, "a test");
	KUNIT_EXPECT_NOT_NULL(test, taken);
	refused(test, &s, FREE, SZ_2M, -EBUSY, "is claimed");
	release_mem_region(FREE + SZ_1M, SZ_4K);
}

static void ranges_refused(struct kunit *test)
{
	struct setup s = make(test);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	refused(test, &s, page_to_phys(page), SZ_4K, -EPERM, "is RAM of this host");
	__free_page(page);
	refused(test, &s, 0xfee01000, SZ_4K, -EPERM, "is where interrupts are made");
	refused(test, &s, 0xfedff000, SZ_2M, -EPERM, "is where interrupts are made");
	s.unit->unit.caps.physical_width = 38;
	refused(test, &s, FREE, SZ_4K, -ERANGE, "beyond the last physical address 0x3fffffffff");
	s.unit->unit.caps.physical_width = 0;
	refused(test, &s, FREE + 1, SZ_4K, -EINVAL, "not a multiple of 4 KiB");
}

/* One bad range: what the others of the call had claimed is free again. */
static void all_or_nothing(struct kunit *test)
{
	struct setup s = make(test);
	struct nyx_map_range ranges[2];
	u32 i;

	for (i = 0; i < 2; i++)
		ranges[i] = (struct nyx_map_range) {
			.iova = IOVA + i * SZ_1M, .length = SZ_4K, .prot = NYX_PROT_READ,
			.type = NYX_MAPPING_PHYS, .address = FREE,
		};
	KUNIT_EXPECT_EQ(test, nyx_domain_map(s.domain, ranges, 2, &s.why), -EBUSY);
	KUNIT_EXPECT_EQ(test, s.why.range, 1);
	KUNIT_EXPECT_EQ(test, s.domain->booked_mappings, 0);
	KUNIT_EXPECT_EQ(test, map_phys(&s, IOVA, FREE, SZ_4K), 0);
}

static void holes(struct kunit *test)
{
	struct setup s = {};

	s.unit = core_unit(test, 0);
	s.unit->unit.caps.nr_holes = 1;
	s.unit->unit.caps.holes[0] = (struct nyx_iova_hole) {
		0xfd00000000, 0xffffffffff, "a test's range" };
	s.domain = core_domain(test, NYX_DOMAIN_STRICT);
	KUNIT_EXPECT_EQ(test, map_phys(&s, 0xfcfffff000, FREE, SZ_8K), -EINVAL);
	KUNIT_EXPECT_STREQ(test, s.why.text,
			   "0xfcfffff000-0xfd00000fff touches a test's range 0xfd00000000-0xffffffffff, which is not translated; leave it out");
	KUNIT_EXPECT_EQ(test, map_phys(&s, 0xfffffff000, FREE, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, map_phys(&s, 0xfcfffff000, FREE, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, map_phys(&s, 0x10000000000, FREE + SZ_4K, SZ_4K), 0);
}

/* ---- what firmware ties to a device ---- */

static int assign(struct setup *s, struct nyx_device *device, bool allow)
{
	core_hold(device);
	return nyx_device_assign_with(device, s->domain, allow ? NYX_ASSIGN_ALLOW_RESERVED : 0,
				      &s->why);
}

static struct setup make_reserved(struct kunit *test)
{
	struct setup s = { .unit = core_unit(test, 0) };

	core_reserve(RID(1, 0, 0), 0x7f000000, 0x7f0fffff);
	core_reserve(RID(2, 0, 0), 0x7f000000, 0x7f0fffff);
	core_reserve(RID(2, 0, 0), 0x7e000000, 0x7e000fff);
	s.device = core_endpoint(test, RID(1, 0, 0));
	s.peer = core_endpoint(test, RID(2, 0, 0));
	s.domain = core_domain(test, NYX_DOMAIN_SHARED);
	return s;
}

static void reserved_is_mapped(struct kunit *test)
{
	struct setup s = make_reserved(test);
	struct nyx_mapping_info info;
	u32 i;

	KUNIT_EXPECT_EQ(test, assign(&s, s.device, false), -EPERM);
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, true), 0);
	KUNIT_EXPECT_EQ(test, leads_to(&s, 0x7f012345), 0x7f012345);
	KUNIT_EXPECT_EQ(test, nyx_domain_next_mapping(s.domain, 0, &info), 0);
	KUNIT_EXPECT_EQ(test, (int)info.type, (int)NYX_MAPPING_RESERVED);
	/* One mapping for both, and one more for the second. */
	KUNIT_EXPECT_EQ(test, assign(&s, s.peer, true), 0);
	KUNIT_EXPECT_EQ(test, s.domain->nr_mappings, 2);
	KUNIT_EXPECT_EQ(test, nyx_domain_unmap(s.domain, &(struct nyx_map_range) {
		.iova = 0x7e000000, .length = SZ_4K }, 1, NULL, &s.why), -EPERM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s.why.text, "memory that firmware ties to a device"));
	/* Kept through a quarantine, so that the device finds it when it is back. */
	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&s.unit->unit, &(struct nyx_fault_event) {
			.rid = s.device->rid, .text = "a test's reason" });
	core_settle();
	KUNIT_EXPECT_EQ(test, s.device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_EQ(test, leads_to(&s, 0x7f000000), 0x7f000000);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.peer, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, leads_to(&s, 0x7e000000), U64_MAX);
	KUNIT_EXPECT_EQ(test, leads_to(&s, 0x7f000000), 0x7f000000);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.device, NULL), 0);
	core_settle();
	KUNIT_EXPECT_EQ(test, s.domain->nr_mappings, 0);
}

/* Before the entry goes live: a unit that can read the table finds it there. */
static void reserved_comes_first(struct kunit *test)
{
	struct setup s = make_reserved(test);

	s.unit->unit.caps.flush_on_map = true;
	core_hold(s.device);
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, true), 0);
	CORE_EXPECT_LOG(test, "F0:2 E0100=paging M0100+ S0100=assigned ");
}

static void reserved_in_the_way(struct kunit *test)
{
	struct setup s = make_reserved(test);

	/* Its other region could have been mapped: that is undone. */
	KUNIT_EXPECT_EQ(test, map_phys(&s, 0x7e000000, FREE, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, assign(&s, s.peer, true), -EEXIST);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s.why.text, "0x7e000000-0x7e000fff overlaps mapping"));
	KUNIT_EXPECT_NULL(test, s.peer->domain);
	KUNIT_EXPECT_EQ(test, s.domain->nr_mappings, 1);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(s.unit), 0);
	KUNIT_EXPECT_EQ(test, core_entry(s.unit, s.peer->rid)->kind, NYX_ENTRY_BLOCKED);
	/* And the other way round: nothing is mapped over it. */
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, true), 0);
	KUNIT_EXPECT_EQ(test, map_phys(&s, 0x7f0ff000, FREE + SZ_1M, SZ_4K), -EEXIST);
}

static void reserved_moves_along(struct kunit *test)
{
	struct setup s = make_reserved(test);
	struct nyx_domain *from = s.domain, *other = core_domain(test, NYX_DOMAIN_STRICT);

	KUNIT_EXPECT_EQ(test, assign(&s, s.device, true), 0);
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, other, false, &s.why), 0);
	KUNIT_EXPECT_EQ(test, from->nr_mappings, 0);
	s.domain = other;
	KUNIT_EXPECT_EQ(test, leads_to(&s, 0x7f000000), 0x7f000000);
}

/* An unmanaged domain cuts nothing off. */
static void reserved_unmanaged(struct kunit *test)
{
	struct setup s = make_reserved(test);

	s.domain = core_domain(test, NYX_DOMAIN_UNMANAGED);
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, false), 0);
	KUNIT_EXPECT_EQ(test, core_entry(s.unit, s.device->rid)->kind, NYX_ENTRY_PASS);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bar_of_the_domain),
	KUNIT_CASE(bar_goes_with_a_move_and_a_removal),
	KUNIT_CASE(bar_is_being_unmapped),
	KUNIT_CASE(bar_refusals),
	KUNIT_CASE(msix_pages),
	KUNIT_CASE(free_range),
	KUNIT_CASE(ranges_refused),
	KUNIT_CASE(all_or_nothing),
	KUNIT_CASE(holes),
	KUNIT_CASE(reserved_is_mapped),
	KUNIT_CASE(reserved_comes_first),
	KUNIT_CASE(reserved_in_the_way),
	KUNIT_CASE(reserved_moves_along),
	KUNIT_CASE(reserved_unmanaged),
	{}
};

static struct kunit_suite suite = {
	.name = "nyx_phys",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
