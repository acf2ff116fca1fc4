// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of devices that are out of the host's hands: when they have a table, what the
 * kernel's own interrupt code makes of their entries, and what fencing does to those. The
 * interrupts are real ones of the machine that runs the tests; nothing ever raises them.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "core_fixture.h"

static struct core_unit *unit;
static struct nyx_domain *domain;
static struct nyx_device *device;

static int irq_init(struct kunit *test)
{
	int err = core_init(test);

	if (err)
		return err;
	unit = core_unit(test, 0);
	core_remaps(test, unit);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	device = core_endpoint(test, RID(1, 0, 0));
	dev_set_msi_domain(&device->pdev->dev, x86_vector_domain);
	core_clear_log();
	return 0;
}

/* As when the stub lets go of it. */
static void release(struct nyx_device *held)
{
	mutex_lock(&nyx_registry_lock);
	held->stub_bound = false;
	if (held->domain)
		nyx_device_leave_domain(held, "a test lets go of it");
	held->state = NYX_DEVICE_HOST;
	if (!nyx_device_settle(held))
		nyx_device_apply(held);
	mutex_unlock(&nyx_registry_lock);
}

/* As the MSI code allocates nr of them for the device, MSI where several go together. */
static int allocate(struct nyx_device *of, u32 nr)
{
	struct msi_desc desc = { .dev = &of->pdev->dev };
	struct irq_alloc_info info = {
		.type = nr > 1 ? X86_IRQ_ALLOC_TYPE_PCI_MSI : X86_IRQ_ALLOC_TYPE_PCI_MSIX,
		.desc = &desc,
	};

	return __irq_domain_alloc_irqs(unit->unit.irq_domain, -1, nr, NUMA_NO_NODE, &info, false,
				       NULL);
}

static irqreturn_t never(int irq, void *data)
{
	return IRQ_NONE;
}

static int request(int virq)
{
	irq_set_handler(virq, handle_edge_irq);
	return request_irq(virq, never, 0, "nyx_iommu_test", device);
}

static void settle_log(struct kunit *test, const char *what)
{
	core_settle();
	KUNIT_EXPECT_STREQ(test, core.log, what);
	core_clear_log();
}

/* ---- tables ---- */

/* There before the first entry that leads to it, gone after the last. */
static void table_order(struct kunit *test)
{
	core_clear_log();
	mutex_lock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_irqs_open(device), 0);
	KUNIT_EXPECT_EQ(test, nyx_irqs_open(device), 0);
	mutex_unlock(&nyx_registry_lock);
	settle_log(test, "I0100+ ");
	core_assign(test, device, domain);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->remap_interrupts);
	core_clear_log();
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, NULL), 0);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, device->rid)->remap_interrupts);
	core_clear_log();
	release(device);
	settle_log(test, "E0100=pass I0100- ");
	KUNIT_EXPECT_FALSE(test, core_entry(unit, device->rid)->remap_interrupts);
}

static void table_of_a_departed(struct kunit *test)
{
	core_assign(test, device, domain);
	core_depart(device->pdev);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, RID(1, 0, 0))->remap_interrupts);
}

/* What is idle beside an assigned one raises nothing; the host's others do. */
static void idle_member(struct kunit *test)
{
	struct nyx_device *member[2], *other = core_endpoint(test, RID(3, 0, 0));
	u32 i;

	for (i = 0; i < 2; i++)
		member[i] = core_device(test, &(struct core_function) {
			.rid = RID(2, 0, i), .type = PCI_EXP_TYPE_ENDPOINT, .multi = true });
	core_assign(test, member[0], domain);
	KUNIT_ASSERT_PTR_EQ(test, member[0]->group, member[1]->group);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, member[1]->rid)->remap_interrupts);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, other->rid)->remap_interrupts);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 1);
	release(member[0]);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, member[1]->rid)->remap_interrupts);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
}

/* Blocked for want of a name, or not trusted, a host driver may wait for its interrupts. */
static void blocked_host_device(struct kunit *test)
{
	struct nyx_device *untrusted = core_device(test, &(struct core_function) {
		.rid = RID(4, 0, 0), .type = PCI_EXP_TYPE_ENDPOINT, .untrusted = true });

	KUNIT_ASSERT_EQ(test, untrusted->state, NYX_DEVICE_BLOCKED);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
}

/* Back with the host it is blocked still, but its interrupts are the host driver's. */
static void untrusted_given_back(struct kunit *test)
{
	struct nyx_device *untrusted = core_device(test, &(struct core_function) {
		.rid = RID(4, 0, 0), .type = PCI_EXP_TYPE_ENDPOINT, .untrusted = true });

	core_hold(untrusted);
	KUNIT_EXPECT_TRUE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
	mutex_lock(&nyx_registry_lock);
	untrusted->irqs.held = false;
	untrusted->stub_bound = false;
	nyx_device_apply(untrusted);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_FALSE(test, core_entry(unit, untrusted->rid)->remap_interrupts);
	KUNIT_EXPECT_EQ(test, unit->nr_open, 0);
}

/* Whoever asks for the entry of an id that two blocked ones share, one of them held. */
static void shared_id(struct kunit *test)
{
	struct nyx_device *held, *other;
	struct nyx_entry entry;

	held = core_device(test, &(struct core_function) {
		.rid = RID(5, 0, 0), .type = PCI_EXP_TYPE_ENDPOINT, .untrusted = true });
	core_alias(test, held->pdev, PCI_DEVFN(1, 0));
	core_depart(held->pdev);
	held = core_arrive(held->pdev);
	other = core_device(test, &(struct core_function) {
		.rid = RID(5, 1, 0), .type = PCI_EXP_TYPE_ENDPOINT, .untrusted = true });
	KUNIT_ASSERT_PTR_EQ(test, held->group, other->group);
	core_hold(held);
	mutex_lock(&nyx_registry_lock);
	nyx_device_wanted_entry(other, RID(5, 1, 0), &entry);
	KUNIT_EXPECT_TRUE(test, entry.remap_interrupts);
	nyx_device_wanted_entry(held, RID(5, 1, 0), &entry);
	KUNIT_EXPECT_TRUE(test, entry.remap_interrupts);
	held->irqs.held = false;
	nyx_device_apply(held);
	mutex_unlock(&nyx_registry_lock);
}

/* ---- entries ---- */

static void expect_entry(struct kunit *test, int virq, u32 index)
{
	const struct irq_cfg *cfg = irqd_cfg(irq_get_irq_data(virq));
	const struct nyx_irte *irte = &unit->irtes[index];

	KUNIT_EXPECT_TRUE(test, irte->present);
	KUNIT_EXPECT_EQ(test, irte->vector, cfg->vector);
	KUNIT_EXPECT_EQ(test, irte->destination, cfg->dest_apicid);
	KUNIT_EXPECT_EQ(test, irte->delivery, 0);
	KUNIT_EXPECT_FALSE(test, irte->level);
}

/* Present from the moment it has a vector of its own, and no longer. */
static void entry_life(struct kunit *test)
{
	int virq;

	core_assign(test, device, domain);
	virq = allocate(device, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	settle_log(test, "R0 ");
	/* The MSI code does this at once: no vector yet, but one that many share. */
	unit->unit.irq_domain->ops->activate(unit->unit.irq_domain, irq_get_irq_data(virq), true);
	settle_log(test, "");
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	settle_log(test, "P0 ");
	expect_entry(test, virq, 0);
	free_irq(virq, device);
	settle_log(test, "p0 ");
	irq_dispose_mapping(virq);
	settle_log(test, "r0 ");
}

static const struct cpumask *now_at(int virq)
{
	return irq_data_get_effective_affinity_mask(irq_get_irq_data(virq));
}

static void entry_moves(struct kunit *test)
{
	const struct cpumask *there;
	int virq;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	core_assign(test, device, domain);
	virq = allocate(device, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	expect_entry(test, virq, 0);
	there = cpumask_of(cpumask_first(now_at(virq)) ? 0 : 1);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, there), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(now_at(virq), there));
	expect_entry(test, virq, 0);
	free_irq(virq, device);
	irq_dispose_mapping(virq);
}

/* Whatever the kernel's interrupt code writes meanwhile. */
static void fenced(struct kunit *test)
{
	int virq;

	core_assign(test, device, domain);
	nyx_device_set_threshold(device, 1, NULL);
	virq = allocate(device, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	core_clear_log();
	nyx_fault_record(&unit->unit, &(struct nyx_fault_event) {
		.rid = device->rid, .kind = NYX_FAULT_INTERRUPT, .text = "a test's reason" });
	core_settle();
	KUNIT_ASSERT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, cpumask_of(num_online_cpus() - 1)), 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	free_irq(virq, device);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	/* Back in: at the place that was chosen meanwhile. */
	nyx_reset_test_finish(device, 0);
	KUNIT_ASSERT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
	expect_entry(test, virq, 0);
	free_irq(virq, device);
	irq_dispose_mapping(virq);
}

/* Fenced before its domain is left, and open only once its DMA entry says so. */
static void fence_order(struct kunit *test)
{
	int virq;

	core_assign(test, device, domain);
	virq = allocate(device, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	core_clear_log();
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	mutex_unlock(&nyx_registry_lock);
	settle_log(test, "E0100=fenced/ir p0 ");
	unit->entry_error = -ENOMEM;
	unit->error_rid = device->rid;
	unit->error_kind = NYX_ENTRY_PAGING;
	nyx_reset_test_finish(device, 0);
	KUNIT_EXPECT_NULL_MSG(test, strstr(core.log, "P0"), "%s", core.log);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	unit->entry_error = 0;
	core_clear_log();
	nyx_reset_test_finish(device, 0);
	settle_log(test, "E0100=paging/ir P0 S0100=assigned ");
	free_irq(virq, device);
	irq_dispose_mapping(virq);
}

/* Its CPU vector is about to be somebody else's. */
static void retired(struct kunit *test)
{
	int virq;

	core_assign(test, device, domain);
	virq = allocate(device, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	core_clear_log();
	nyx_irqs_retire(device, virq);
	settle_log(test, "p0 f0 ");
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, cpumask_of(num_online_cpus() - 1)), 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	free_irq(virq, device);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	expect_entry(test, virq, 0);
	free_irq(virq, device);
	irq_dispose_mapping(virq);
}

/* Several messages that differ in their low bits have entries in a row. */
static void several(struct kunit *test)
{
	int virq, one, i;

	core_assign(test, device, domain);
	one = allocate(device, 1);
	virq = allocate(device, 3);
	KUNIT_ASSERT_GT(test, one, 0);
	KUNIT_ASSERT_GT(test, virq, 0);
	settle_log(test, "R0 R4 R5 R6 ");
	irq_dispose_mapping(one);
	settle_log(test, "r0 ");
	for (i = 0; i < 3; i++)
		irq_dispose_mapping(virq + i);
	settle_log(test, "r4 r5 r6 ");
}

static void no_room(struct kunit *test)
{
	core_assign(test, device, domain);
	unit->reserve_error = -ENOSPC;
	KUNIT_EXPECT_EQ(test, allocate(device, 1), -ENOSPC);
	unit->reserve_error = 0;
	settle_log(test, "");
}

/* ---- whose ---- */

static void not_ours(struct kunit *test)
{
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));

	/* The host's, and one that is held but in no domain. */
	core_hold(device);
	KUNIT_EXPECT_LT(test, allocate(device, 1), 0);
	KUNIT_EXPECT_LT(test, allocate(other, 1), 0);
	settle_log(test, "");
}

static void swapped(struct kunit *test)
{
	struct device *dev = &device->pdev->dev;

	core_assign(test, device, domain);
	KUNIT_EXPECT_PTR_EQ(test, dev_get_msi_domain(dev), unit->unit.msi_domain);
	KUNIT_EXPECT_EQ(test, nyx_device_remove(device, NULL), 0);
	KUNIT_EXPECT_PTR_EQ(test, dev_get_msi_domain(dev), x86_vector_domain);
}

/* The PCI core is at the device's MSI: it stays as it is until that is over. */
static void left_during_reset(struct kunit *test)
{
	struct device *dev = &device->pdev->dev;

	core_assign(test, device, domain);
	mutex_lock(&nyx_registry_lock);
	device->irqs.in_reset = true;
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, nyx_irq_unbind(device, NULL, 0, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nyx_irq_mask(device, NULL, 0, true, NULL), -EBUSY);
	mutex_lock(&nyx_registry_lock);
	nyx_device_leave_domain(device, "a test");
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_PTR_EQ(test, dev_get_msi_domain(dev), unit->unit.msi_domain);
	mutex_lock(&nyx_registry_lock);
	nyx_irq_after_reset(device);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_PTR_EQ(test, dev_get_msi_domain(dev), x86_vector_domain);
}

/* ---- refusals ---- */

static void expect_refusal(struct kunit *test, int err, const char *part)
{
	const struct nyx_irq_bind bind = { .index = 40 };	/* more than MSI has */
	struct nyx_why why = {};

	KUNIT_EXPECT_EQ(test, nyx_irq_bind(device, &bind, 1, 0, &why), err);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, part), "%s", why.text);
}

static void refusals(struct kunit *test)
{
	unit->unit.remapping.state = NYX_REMAPPING_NONE;
	expect_refusal(test, -EOPNOTSUPP, "cannot remap");
	unit->unit.remapping.state = NYX_REMAPPING_OFF;
	expect_refusal(test, -EOPNOTSUPP, "nyxctl unit show");
	unit->unit.remapping.state = NYX_REMAPPING_ON;
	expect_refusal(test, -EOPNOTSUPP, "INTx");
	device->pdev->msi_cap = 0x40;
	expect_refusal(test, -EINVAL, "not assigned");
	core_assign(test, device, domain);
	expect_refusal(test, -EINVAL, "no vector 40");
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	mutex_unlock(&nyx_registry_lock);
	expect_refusal(test, -EBUSY, "fenced");
	KUNIT_EXPECT_EQ(test, nyx_irq_unbind(device, NULL, 0, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, nyx_irq_mask(device, (u32 []) { 0 }, 1, true, NULL), -ENOENT);
}

/* VMD and the like bring a domain of their own. */
static void foreign_msi(struct kunit *test)
{
	device->pdev->msi_cap = 0x40;
	dev_set_msi_domain(&device->pdev->dev, NULL);
	core_assign(test, device, domain);
	KUNIT_EXPECT_NULL(test, dev_get_msi_domain(&device->pdev->dev));
	expect_refusal(test, -EOPNOTSUPP, "VMD");
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(table_order),
	KUNIT_CASE(table_of_a_departed),
	KUNIT_CASE(idle_member),
	KUNIT_CASE(blocked_host_device),
	KUNIT_CASE(entry_life),
	KUNIT_CASE(entry_moves),
	KUNIT_CASE(fenced),
	KUNIT_CASE(fence_order),
	KUNIT_CASE(retired),
	KUNIT_CASE(untrusted_given_back),
	KUNIT_CASE(shared_id),
	KUNIT_CASE(left_during_reset),
	KUNIT_CASE(several),
	KUNIT_CASE(no_room),
	KUNIT_CASE(not_ours),
	KUNIT_CASE(swapped),
	KUNIT_CASE(refusals),
	KUNIT_CASE(foreign_msi),
	{}
};

static struct kunit_suite irq_suite = {
	.name = "nyx_core_irq",
	.init = irq_init,
	.exit = core_exit,
	.test_cases = irq_cases,
};
kunit_test_suite(irq_suite);
