// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of devices that are out of the host's hands: what the kernel's own interrupt code
 * makes of their entries, what fencing does to those, and which can be bound. The interrupts
 * are real ones of the machine that runs the tests; nothing ever raises them.
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

static void dismiss(int virq)
{
	free_irq(virq, device);
	irq_dispose_mapping(virq);
}

/* The device in the domain, with one interrupt, entry 0. */
static int requested(struct kunit *test)
{
	int virq;

	core_assign(test, device, domain);
	virq = allocate(device, 1);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_ASSERT_EQ(test, request(virq), 0);
	core_clear_log();
	return virq;
}

static void fence(void)
{
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
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
	CORE_EXPECT_LOG(test, "R0 ");
	/* The MSI code does this at once: no vector yet, but one that many share. */
	unit->unit.irq_domain->ops->activate(unit->unit.irq_domain, irq_get_irq_data(virq), true);
	CORE_EXPECT_LOG(test, "");
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	CORE_EXPECT_LOG(test, "P0 ");
	expect_entry(test, virq, 0);
	free_irq(virq, device);
	CORE_EXPECT_LOG(test, "p0 ");
	irq_dispose_mapping(virq);
	CORE_EXPECT_LOG(test, "r0 ");
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
	virq = requested(test);
	expect_entry(test, virq, 0);
	there = cpumask_of(cpumask_first(now_at(virq)) ? 0 : 1);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, there), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(now_at(virq), there));
	expect_entry(test, virq, 0);
	dismiss(virq);
}

/* Whatever the kernel's interrupt code writes meanwhile. */
static void fenced(struct kunit *test)
{
	int virq = requested(test);

	nyx_device_set_threshold(device, 1, NULL);
	nyx_fault_record(&unit->unit, &(struct nyx_fault_event) {
		.rid = device->rid, .kind = NYX_FAULT_INTERRUPT, .text = "a test's reason" });
	core_settle();
	KUNIT_ASSERT_EQ(test, device->state, NYX_DEVICE_QUARANTINED);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	KUNIT_EXPECT_TRUE(test, unit->irtes[0].suppress_faults);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, cpumask_of(num_online_cpus() - 1)), 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	free_irq(virq, device);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	KUNIT_EXPECT_TRUE(test, unit->irtes[0].suppress_faults);
	/* Back in: at the place that was chosen meanwhile. */
	nyx_reset_test_finish(device, 0);
	KUNIT_ASSERT_EQ(test, device->state, NYX_DEVICE_ASSIGNED);
	expect_entry(test, virq, 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].suppress_faults);
	/* Fenced for a reset it has done nothing wrong: what it raises is recorded. */
	mutex_lock(&nyx_registry_lock);
	device->resetting = true;
	nyx_device_apply(device);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present || unit->irtes[0].suppress_faults);
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	KUNIT_EXPECT_TRUE(test, unit->irtes[0].suppress_faults);
	device->resetting = false;
	device->state = NYX_DEVICE_ASSIGNED;
	nyx_device_apply(device);
	mutex_unlock(&nyx_registry_lock);
	expect_entry(test, virq, 0);
	dismiss(virq);
}

/* Fenced before its domain is left, and open only once its DMA entry says so. */
static void fence_order(struct kunit *test)
{
	int virq = requested(test);

	fence();
	CORE_EXPECT_LOG(test, "E0100=fenced/ir p0 ");
	unit->entry_error = -ENOMEM;
	unit->error_rid = device->rid;
	unit->error_kind = NYX_ENTRY_PAGING;
	nyx_reset_test_finish(device, 0);
	KUNIT_EXPECT_NULL_MSG(test, strstr(core.log, "P0"), "%s", core.log);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	unit->entry_error = 0;
	core_clear_log();
	nyx_reset_test_finish(device, 0);
	CORE_EXPECT_LOG(test, "E0100=paging/ir P0 S0100=assigned ");
	dismiss(virq);
}

/* Nobody knows what it remembers, but what it reads from now on raises nothing. */
static void unit_dies(struct kunit *test)
{
	int virq = requested(test);

	nyx_unit_mark_dead(&unit->unit, "a test made it so");
	CORE_EXPECT_LOG(test, "M0100- p0 S0100=quarantined ");
	irq_set_affinity(virq, cpumask_of(num_online_cpus() - 1));
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	dismiss(virq);
}

/* Its CPU vector is about to be somebody else's. */
static void retired(struct kunit *test)
{
	int virq = requested(test);

	nyx_irqs_retire(device, virq);
	CORE_EXPECT_LOG(test, "p0 f0 ");
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, cpumask_of(num_online_cpus() - 1)), 0);
	KUNIT_EXPECT_FALSE(test, unit->irtes[0].present);
	free_irq(virq, device);
	KUNIT_EXPECT_EQ(test, request(virq), 0);
	expect_entry(test, virq, 0);
	dismiss(virq);
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
	CORE_EXPECT_LOG(test, "R0 R4 R5 R6 ");
	irq_dispose_mapping(one);
	CORE_EXPECT_LOG(test, "r0 ");
	for (i = 0; i < 3; i++)
		irq_dispose_mapping(virq + i);
	CORE_EXPECT_LOG(test, "r4 r5 r6 ");
}

static void no_room(struct kunit *test)
{
	core_assign(test, device, domain);
	unit->reserve_error = -ENOSPC;
	KUNIT_EXPECT_EQ(test, allocate(device, 1), -ENOSPC);
	unit->reserve_error = 0;
	CORE_EXPECT_LOG(test, "");
}

/* ---- whose ---- */

static void not_ours(struct kunit *test)
{
	struct nyx_device *other = core_endpoint(test, RID(2, 0, 0));

	/* The host's, and one that is held but in no domain. */
	core_hold(device);
	KUNIT_EXPECT_LT(test, allocate(device, 1), 0);
	KUNIT_EXPECT_LT(test, allocate(other, 1), 0);
	CORE_EXPECT_LOG(test, "");
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

static void expect_info(struct kunit *test, u32 vectors, const char *why)
{
	struct nyx_irq_info info;

	mutex_lock(&nyx_registry_lock);
	nyx_irq_info(device, &info);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_EQ(test, info.nr_vectors, vectors);
	KUNIT_EXPECT_EQ_MSG(test, !info.why, !why, "%s", info.why ?: "");
	if (info.why && why)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(info.why, why), "%s", info.why);
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
	fence();
	expect_refusal(test, -EBUSY, "fenced");
	KUNIT_EXPECT_EQ(test, nyx_irq_unbind(device, NULL, 0, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, nyx_irq_mask(device, (u32 []) { 0 }, 1, true, NULL), -ENOENT);
}

/* What the PCI core would take for 2048 vectors. */
static void without_an_answer(struct kunit *test)
{
	struct pci_dev *pdev = device->pdev;

	pdev->msix_cap = 0x80;
	pci_write_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | 599);
	core_assign(test, device, domain);
	expect_info(test, 600, NULL);
	pdev->current_state = PCI_D3cold;
	expect_info(test, 0, "no power");
	pdev->current_state = PCI_D0;
	pci_write_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, 0xffff);
	expect_info(test, 0, "no power");
	expect_refusal(test, -ENODEV, "no power");
	pdev->msix_cap = 0;
	pdev->msi_cap = 0x80;
	expect_info(test, 0, "no power");
	/* 32, and two that are reserved. */
	pci_write_config_word(pdev, pdev->msi_cap + PCI_MSI_FLAGS, 0x5 << 1);
	expect_info(test, 32, NULL);
	pci_write_config_word(pdev, pdev->msi_cap + PCI_MSI_FLAGS, 0x7 << 1);
	expect_info(test, 32, NULL);
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
	KUNIT_CASE(entry_life),
	KUNIT_CASE(entry_moves),
	KUNIT_CASE(fenced),
	KUNIT_CASE(fence_order),
	KUNIT_CASE(unit_dies),
	KUNIT_CASE(retired),
	KUNIT_CASE(left_during_reset),
	KUNIT_CASE(several),
	KUNIT_CASE(no_room),
	KUNIT_CASE(not_ours),
	KUNIT_CASE(swapped),
	KUNIT_CASE(refusals),
	KUNIT_CASE(without_an_answer),
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
