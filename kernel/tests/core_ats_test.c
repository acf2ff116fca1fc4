// SPDX-License-Identifier: GPL-2.0
/*
 * ATS per device: off unless asked for, what refuses it, the order in which it goes on and
 * off, its invalidations, and devices that leave one unanswered.
 */
#include <linux/mm.h>

#include "core_fixture.h"
#include "memory_fixture.h"

struct setup {
	struct core_unit *unit;
	struct nyx_device *device, *peer;
	struct nyx_domain *domain;
	struct nyx_why why;
};

static const struct core_function with_ats = { .rid = RID(1, 0, 0), .ats = true };

static struct core_unit *make_unit(struct kunit *test)
{
	struct core_unit *unit = core_unit(test, 0);

	unit->unit.caps.device_tlb = true;
	return unit;
}

/* A device with ATS that nobody has yet, and one without. */
static struct setup make(struct kunit *test)
{
	struct setup s = { .unit = make_unit(test) };

	s.device = core_device(test, &with_ats);
	s.peer = core_endpoint(test, RID(2, 0, 0));
	s.domain = core_domain(test, NYX_DOMAIN_SHARED);
	core_hold(s.device);
	core_hold(s.peer);
	return s;
}

static int assign(struct setup *s, struct nyx_device *device, u32 options)
{
	return nyx_device_assign_with(device, s->domain, options, &s->why);
}

static struct setup make_assigned(struct kunit *test)
{
	struct setup s = make(test);

	KUNIT_ASSERT_EQ_MSG(test, assign(&s, s.device, NYX_ASSIGN_ATS), 0, "%s", s.why.text);
	core_clear_log();
	return s;
}

static bool on(struct nyx_device *device)
{
	return core_ats_control(device->pdev) & PCI_ATS_CTRL_ENABLE;
}

static void off_unless_asked_for(struct kunit *test)
{
	struct setup s = make(test);

	KUNIT_EXPECT_EQ(test, assign(&s, s.device, 0), 0);
	CORE_EXPECT_LOG(test, "E0100=paging M0100+ S0100=assigned ");
	KUNIT_EXPECT_FALSE(test, core_entry(s.unit, s.device->rid)->ats);
	KUNIT_EXPECT_EQ(test, core_ats_control(s.device->pdev), 0);
	/* And nothing of it is sent to a device that has it off. */
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(s.domain, 0, U64_MAX, false), 0);
	CORE_EXPECT_LOG(test, "F0:2 ");
}

/* The entry takes ATS requests before the function can send one; DMA comes last. */
static void goes_on_in_order(struct kunit *test)
{
	struct setup s = make(test);

	KUNIT_EXPECT_EQ(test, assign(&s, s.device, NYX_ASSIGN_ATS), 0);
	CORE_EXPECT_LOG(test, "E0100=ats T0100+ M0100+ S0100=assigned ");
	/* STU 0: 4 KiB, the smallest page of any table. */
	KUNIT_EXPECT_EQ(test, core_ats_control(s.device->pdev), PCI_ATS_CTRL_ENABLE);
	KUNIT_EXPECT_STREQ(test, s.device->state_cause,
			   "assigned to domain 1 (domain1) with ATS: trusted with all memory");
	/* Without a number the capability means 32 (10.5.1.2). */
	KUNIT_EXPECT_EQ(test, s.device->tlb.queue_depth, 32);
}

/* Refused by its entry first, whatever it does; emptied while it must answer; then off. */
static void goes_off_in_order(struct kunit *test)
{
	struct setup s = make_assigned(test);

	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.device, &s.why), 0);
	KUNIT_EXPECT_FALSE(test, on(s.device));
	KUNIT_EXPECT_TRUE(test, strstarts(core.log, "E0100=blocked A0100 T0100- M0100- "));
	core_settle();
	/* Another assignment does not inherit it. */
	s.device->resetting = false;
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, 0), 0);
	KUNIT_EXPECT_FALSE(test, on(s.device));
	KUNIT_EXPECT_FALSE(test, s.domain->unproven);
}

static void unmap_reaches_the_device(struct kunit *test)
{
	struct setup s = make_assigned(test);

	KUNIT_EXPECT_EQ(test, assign(&s, s.peer, 0), 0);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(s.domain, 0x1000, 0x1fff, true), 0);
	/* Not before the unit has forgotten, or it could be told the same again. */
	CORE_EXPECT_LOG(test, "F0:2 A0100 ");
	s.unit->flush_error = -EIO;
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(s.domain, 0x1000, 0x1fff, true), -EIO);
	s.unit->flush_error = 0;
	CORE_EXPECT_LOG(test, "F0:2 ");
}

static void quarantine_takes_it_off(struct kunit *test)
{
	struct setup s = make_assigned(test);
	u32 i;

	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&s.unit->unit, &(struct nyx_fault_event) {
			.rid = s.device->rid, .text = "test" });
	core_settle();
	KUNIT_EXPECT_NOT_NULL(test, strstr(core.log, "E0100=fenced A0100 T0100- M0100- "));
	KUNIT_EXPECT_TRUE(test, s.device->ats);
}

/* A reset loses it: off before, and on again only behind a reset that worked. */
static void reset_brings_it_back(struct kunit *test)
{
	struct setup s = make_assigned(test);

	mutex_lock(&nyx_registry_lock);
	s.device->resetting = true;
	KUNIT_EXPECT_EQ(test, nyx_device_apply(s.device), 0);
	mutex_unlock(&nyx_registry_lock);
	CORE_EXPECT_LOG(test, "E0100=blocked A0100 T0100- ");
	nyx_reset_test_finish(s.device, 0);
	CORE_EXPECT_LOG(test, "E0100=ats T0100+ S0100=assigned ");

	mutex_lock(&nyx_registry_lock);
	s.device->resetting = true;
	KUNIT_EXPECT_EQ(test, nyx_device_apply(s.device), 0);
	mutex_unlock(&nyx_registry_lock);
	core_clear_log();
	nyx_reset_test_finish(s.device, -EBUSY);
	CORE_EXPECT_LOG(test, "E0100=fenced S0100=quarantined ");
	KUNIT_EXPECT_FALSE(test, on(s.device));
}

static void moves_along(struct kunit *test)
{
	struct setup s = make_assigned(test);
	struct nyx_domain *to = core_domain(test, NYX_DOMAIN_STRICT);

	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, to, false, &s.why), 0);
	CORE_EXPECT_LOG(test, "E0100=blocked A0100 T0100- M0100- E0100=ats T0100+ M0100+ S0100=assigned ");
	/* The domain that it left has nothing to do with it any more. */
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(s.domain, 0, U64_MAX, false), 0);
	CORE_EXPECT_LOG(test, "");
	KUNIT_EXPECT_EQ(test, nyx_device_move(s.device, core_domain(test, NYX_DOMAIN_UNMANAGED),
					      false, &s.why), -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, s.why.text,
			   "0000:01:00.0 has ATS, and an unmanaged domain no translations to ask for; remove it and assign it without ats");
	KUNIT_EXPECT_TRUE(test, on(s.device));
}

/* One that is pulled out keeps nothing, and must not be asked: nobody would answer. */
static void gone_is_not_asked(struct kunit *test)
{
	struct setup s = make_assigned(test);

	core_vanish(s.device->pdev);
	core_depart(s.device->pdev);
	KUNIT_EXPECT_NULL(test, strstr(core.log, "A0100"));
	KUNIT_EXPECT_FALSE(test, s.domain->unproven);
	KUNIT_EXPECT_EQ(test, nyx_domain_flush(s.domain, 0, U64_MAX, false), 0);
}

static void dead_unit_takes_it_off(struct kunit *test)
{
	struct setup s = make_assigned(test);

	nyx_unit_mark_dead(&s.unit->unit, "a test made it so");
	core_settle();
	KUNIT_EXPECT_FALSE(test, on(s.device));
	KUNIT_EXPECT_NULL(test, strstr(core.log, "A0100"));
	KUNIT_EXPECT_FALSE(test, core_is_master(s.device->pdev));
}

/* ---- unanswered ---- */

static int map(struct nyx_domain *domain, u64 iova, u64 address, struct nyx_why *why)
{
	return nyx_domain_map(domain, &(struct nyx_map_range) {
		.iova = iova, .length = SZ_4K, .prot = NYX_PROT_READ | NYX_PROT_WRITE,
		.type = NYX_MAPPING_USER, .address = address }, 1, why);
}

static int unmap(struct nyx_domain *domain, u64 iova, struct nyx_why *why)
{
	return nyx_domain_unmap(domain, &(struct nyx_map_range) {
		.iova = iova, .length = SZ_4K }, 1, NULL, why);
}

/*
 * It alone is fenced, what it may still write to stays pinned for ever, and the unit goes
 * on for everybody else.
 */
static void unanswered_is_fenced(struct kunit *test)
{
	struct nyx_domain_params params = { .mode = NYX_DOMAIN_STRICT, .owner_portid = 4711 };
	struct setup s = { .unit = make_unit(test) };
	u64 at = fixture_memory(test, SZ_4K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_domain *other;
	struct page *page;
	int pins;

	s.device = core_device(test, &with_ats);
	s.peer = core_endpoint(test, RID(2, 0, 0));
	core_hold(s.device);
	KUNIT_ASSERT_EQ(test, nyx_domain_new(&params, &s.domain, &s.why), 0);
	params.owner_portid = 4712;
	KUNIT_ASSERT_EQ(test, nyx_domain_new(&params, &other, &s.why), 0);
	KUNIT_ASSERT_EQ(test, assign(&s, s.device, NYX_ASSIGN_ATS), 0);
	core_assign(test, s.peer, other);
	KUNIT_ASSERT_EQ(test, map(s.domain, 0x1000, at, &s.why), 0);
	KUNIT_ASSERT_EQ(test, map(other, 0x1000, at, &s.why), 0);
	page = fixture_page(fixture_find(s.domain, 0x1000), 0);
	core_clear_log();

	s.unit->deaf_rid = s.device->rid;
	KUNIT_EXPECT_EQ(test, unmap(s.domain, 0x1000, &s.why), -EIO);
	pins = page_ref_count(page);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&s.domain->leaked_pages), 1);
	CORE_EXPECT_LOG(test, "F0:2 A0100 E0100=fenced T0100- M0100- S0100=quarantined ");
	KUNIT_EXPECT_STREQ(test, s.device->state_cause,
			   "did not answer an invalidation of its own TLB (ATS)");
	KUNIT_EXPECT_FALSE(test, nyx_unit_dead(&s.unit->unit));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), pins);

	KUNIT_EXPECT_EQ(test, s.peer->state, NYX_DEVICE_ASSIGNED);
	KUNIT_EXPECT_EQ(test, unmap(other, 0x1000, &s.why), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&other->leaked_pages), 0);
	KUNIT_EXPECT_LT(test, page_ref_count(page), pins);

	/* Back after a reset; what was lost stays lost. */
	s.unit->deaf_rid = 0;
	mutex_lock(&nyx_registry_lock);
	s.device->resetting = true;
	mutex_unlock(&nyx_registry_lock);
	nyx_reset_test_finish(s.device, 0);
	KUNIT_EXPECT_TRUE(test, on(s.device));
	KUNIT_EXPECT_TRUE(test, s.domain->unproven);
	nyx_domain_put(s.domain);
	nyx_domain_put(other);
	/* Only a test may take them back: the pin, its charge, and who was charged. */
	unpin_user_page(page);
	atomic_long_dec(&current_user()->locked_vm);
	free_uid(current_user());
}

/* It leaves all the same, and what it kept may come late. */
static void unanswered_on_its_way_out(struct kunit *test)
{
	struct setup s = make_assigned(test);

	s.unit->deaf_rid = s.device->rid;
	KUNIT_EXPECT_EQ(test, nyx_device_remove(s.device, &s.why), 0);
	KUNIT_EXPECT_TRUE(test, strstarts(core.log, "E0100=blocked A0100 T0100- M0100- "));
	KUNIT_EXPECT_NULL(test, s.device->domain);
	KUNIT_EXPECT_TRUE(test, s.domain->unproven);
	core_settle();
	s.device->resetting = false;
	core_clear_log();
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, NYX_ASSIGN_ATS), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s.why.text, "reset it first"));
	CORE_EXPECT_LOG(test, "");
	/* Without ATS nothing of it is believed, so it may go anywhere. */
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, 0), 0);
}

/* ---- refused ---- */

static void refused(struct kunit *test, struct setup *s, struct nyx_device *device,
		    const char *text)
{
	core_hold(device);
	KUNIT_EXPECT_EQ(test, assign(s, device, NYX_ASSIGN_ATS), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, s->why.arg, NYX_ARG_ATS);
	KUNIT_EXPECT_STREQ(test, s->why.text, text);
	KUNIT_EXPECT_NULL(test, device->domain);
	KUNIT_EXPECT_FALSE(test, device->ats);
	KUNIT_EXPECT_EQ(test, core_hwdids_used(s->unit), 0);
	CORE_EXPECT_LOG(test, "");
}

static void refusals(struct kunit *test)
{
	struct core_function what = with_ats;
	struct setup s = make(test);
	struct nyx_device *device;

	refused(test, &s, s.peer, "0000:02:00.0: it has no ATS capability; assign it without ats");
	what.rid = RID(3, 0, 0);
	what.untrusted = true;
	device = core_device(test, &what);
	refused(test, &s, device,
		"0000:03:00.0: it is behind an external-facing port, so not to be trusted with ATS; assign it without ats");
	what.untrusted = false;
	what.rid = RID(4, 0, 1);
	what.pf = s.device->pdev;
	refused(test, &s, core_device(test, &what),
		"0000:04:00.1: it is a virtual function, for which ATS is not offered; assign it without ats");
	s.device->pdev->ats_cap = 0;
	refused(test, &s, s.device,
		"0000:01:00.0: the kernel allows it no ATS (pci=noats, or a quirk of the device); assign it without ats");
	s.device->pdev->ats_cap = PCI_CFG_SPACE_SIZE + 0x20;
	s.unit->unit.caps.device_tlb = false;
	refused(test, &s, s.device,
		"fake0, which translates for 0000:01:00.0, takes no ATS requests; assign it without ats");
	s.unit->unit.caps.device_tlb = true;
	s.domain = core_domain(test, NYX_DOMAIN_UNMANAGED);
	refused(test, &s, s.device,
		"0000:01:00.0: an unmanaged domain has no translations to ask for; assign it without ats");
}

static void refused_without_an_id_of_its_own(struct kunit *test)
{
	struct setup s = { .unit = make_unit(test) };
	struct pci_dev *neighbour = core_pci(test, &(struct core_function) {
		.rid = RID(1, 0, 1), .multi = true });

	s.domain = core_domain(test, NYX_DOMAIN_SHARED);
	s.device = core_device(test, &with_ats);
	core_alias(test, neighbour, 0);
	core_arrive(neighbour);
	refused(test, &s, s.device,
		"0000:01:00.0: its requests do not have an id of their own; assign it without ats");
}

/* 8.5: below root ports only where an ATSR lists them; 8.8: what SATC names, always. */
static void firmware_lists(struct kunit *test)
{
	static struct nyx_acpi_list list = { .kind = NYX_LIST_ATS_PORTS };
	struct core_function port = { .rid = RID(0, 1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
				      .below = 5, .acs = CORE_ACS_ALL };
	struct core_function what = with_ats;
	struct setup s = { .unit = make_unit(test) };

	s.domain = core_domain(test, NYX_DOMAIN_SHARED);
	core_device(test, &port);
	what.rid = RID(5, 0, 0);
	s.device = core_device(test, &what);
	refused(test, &s, s.device,
		"0000:05:00.0: firmware lists no root port above it for ATS (DMAR, ATSR); assign it without ats");

	list.segment = 0;
	list.flags = 0;
	list.scopes = (struct nyx_acpi_scopes) { .first = nyx_firmware.nr_scopes, .count = 1 };
	core.scopes[nyx_firmware.nr_scopes++] = (struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_BRIDGE, .path_len = 1, .path = { { .device = 2 } } };
	nyx_firmware.lists = &list;
	nyx_firmware.nr_lists = 1;
	/* Another port. */
	refused(test, &s, s.device,
		"0000:05:00.0: firmware lists no root port above it for ATS (DMAR, ATSR); assign it without ats");
	core.scopes[list.scopes.first].path[0].device = 1;
	KUNIT_EXPECT_NULL(test, nyx_topology_ats_forbidden(s.device->pdev, &s.unit->unit));
	list.scopes.count = 0;
	list.flags = NYX_LIST_ALL_PORTS;
	list.segment = 1;
	KUNIT_EXPECT_NOT_NULL(test, nyx_topology_ats_forbidden(s.device->pdev, &s.unit->unit));
	list.segment = 0;
	KUNIT_EXPECT_NULL(test, nyx_topology_ats_forbidden(s.device->pdev, &s.unit->unit));
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, NYX_ASSIGN_ATS), 0);
}

/* 5.2.2.1: an extended device entry may forbid it. */
static void ivhd_forbids(struct kunit *test)
{
	struct setup s = { .unit = make_unit(test) };

	nyx_firmware.table = NYX_ACPI_IVRS;
	core_scope(s.unit, &(struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS, .rid_first = 0, .rid_last = 0xffff });
	core_scope(s.unit, &(struct nyx_acpi_scope) {
		.kind = NYX_SCOPE_RIDS, .rid_first = RID(1, 0, 0), .rid_last = RID(1, 0, 0),
		.ext_dte_flags = BIT(31) });
	s.domain = core_domain(test, NYX_DOMAIN_SHARED);
	s.device = core_device(test, &with_ats);
	refused(test, &s, s.device,
		"0000:01:00.0: firmware forbids it ATS (IVRS, its IVHD device entry); assign it without ats");
	core.scopes[nyx_firmware.nr_scopes - 1].ext_dte_flags = 0;
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, NYX_ASSIGN_ATS), 0);
}

/* An entry that cannot be made leaves ATS off, and nobody listed. */
static void failed_entry_leaves_it_off(struct kunit *test)
{
	struct setup s = make(test);

	s.unit->entry_error = -ENOMEM;
	s.unit->error_rid = s.device->rid;
	s.unit->error_kind = NYX_ENTRY_PAGING;
	KUNIT_EXPECT_EQ(test, assign(&s, s.device, NYX_ASSIGN_ATS), -ENOMEM);
	KUNIT_EXPECT_NULL(test, strstr(core.log, "T0100"));
	KUNIT_EXPECT_TRUE(test, list_empty(&s.device->tlb_node));
	KUNIT_EXPECT_FALSE(test, s.device->ats);
	KUNIT_EXPECT_FALSE(test, s.domain->unproven);
	s.unit->entry_error = 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(off_unless_asked_for),
	KUNIT_CASE(goes_on_in_order),
	KUNIT_CASE(goes_off_in_order),
	KUNIT_CASE(unmap_reaches_the_device),
	KUNIT_CASE(quarantine_takes_it_off),
	KUNIT_CASE(reset_brings_it_back),
	KUNIT_CASE(moves_along),
	KUNIT_CASE(gone_is_not_asked),
	KUNIT_CASE(dead_unit_takes_it_off),
	KUNIT_CASE(unanswered_is_fenced),
	KUNIT_CASE(unanswered_on_its_way_out),
	KUNIT_CASE(refusals),
	KUNIT_CASE(refused_without_an_id_of_its_own),
	KUNIT_CASE(firmware_lists),
	KUNIT_CASE(ivhd_forbids),
	KUNIT_CASE(failed_entry_leaves_it_off),
	{}
};

static struct kunit_suite core_ats_suite = {
	.name = "core_ats",
	.init = core_init,
	.exit = core_exit,
	.test_cases = cases,
};

kunit_test_suite(core_ats_suite);
