// SPDX-License-Identifier: GPL-2.0
/*
 * The audit of interrupt entries on the made-up machine: equal in every state of a device, and
 * one that is spoilt is named, with its device.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "../audit.h"
#include "core_fixture.h"

static struct core_unit *unit;
static struct nyx_domain *domain;
static struct nyx_device *device;
static int virq;
static struct nyx_audit_counts counts;
static struct nyx_audit_difference first;

static irqreturn_t never(int irq, void *data)
{
	return IRQ_NONE;
}

/* A device in a domain, with one vector. */
static int irq_audit_init(struct kunit *test)
{
	struct irq_alloc_info info = { .type = X86_IRQ_ALLOC_TYPE_PCI_MSIX };
	struct msi_desc desc = {};
	int err = core_init(test);

	virq = 0;
	if (err)
		return err;
	unit = core_unit(test, 0);
	core_remaps(test, unit);
	domain = core_domain(test, NYX_DOMAIN_STRICT);
	device = core_endpoint(test, RID(1, 0, 0));
	dev_set_msi_domain(&device->pdev->dev, x86_vector_domain);
	core_assign(test, device, domain);
	desc.dev = &device->pdev->dev;
	info.desc = &desc;
	virq = __irq_domain_alloc_irqs(unit->unit.irq_domain, -1, 1, NUMA_NO_NODE, &info, false,
				       NULL);
	KUNIT_ASSERT_GT(test, virq, 0);
	irq_set_handler(virq, handle_edge_irq);
	return request_irq(virq, never, 0, "nyx_iommu_test", device);
}

static void irq_audit_exit(struct kunit *test)
{
	if (virq > 0) {
		free_irq(virq, device);
		irq_dispose_mapping(virq);
	}
	core_exit(test);
}

static void audit_all(struct kunit *test)
{
	struct nyx_audit *audit = kunit_kzalloc(test, sizeof(*audit), GFP_KERNEL);
	struct nyx_audit_position position = {};

	KUNIT_ASSERT_NOT_NULL(test, audit);
	memset(&counts, 0, sizeof(counts));
	memset(&first, 0, sizeof(first));
	while (nyx_audit_step(&position, audit) > 0) {
		if (audit->nr_listed && !counts.differences)
			first = audit->listed[0];
		counts.differences += audit->counts.differences;
		counts.irtes += audit->counts.irtes;
	}
	kunit_kfree(test, audit);
}

static void expect_equal(struct kunit *test, u64 nr)
{
	audit_all(test);
	KUNIT_EXPECT_EQ_MSG(test, counts.differences, 0, "%s: %s, not %s", first.what, first.found,
			    first.expected);
	KUNIT_EXPECT_EQ(test, counts.irtes, nr);
}

static void every_state_equal(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, unit->irtes[0].present);
	expect_equal(test, 1);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, cpumask_of(num_online_cpus() - 1)), 0);
	expect_equal(test, 1);
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	mutex_unlock(&nyx_registry_lock);
	KUNIT_EXPECT_TRUE(test, unit->irtes[0].suppress_faults);
	expect_equal(test, 1);
	nyx_reset_test_finish(device, 0);
	expect_equal(test, 1);
	nyx_irqs_retire(device, virq);
	expect_equal(test, 1);
	free_irq(virq, device);
	expect_equal(test, 1);
	irq_dispose_mapping(virq);
	virq = 0;
	expect_equal(test, 0);
}

/* An entry that was refused is as it was, and so the books say. */
static void refused_entry(struct kunit *test)
{
	const struct cpumask *there;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	there = cpumask_of(cpumask_first(irq_data_get_effective_affinity_mask(
				irq_get_irq_data(virq))) ? 0 : 1);
	unit->write_error = -ERANGE;
	KUNIT_EXPECT_EQ(test, irq_set_affinity(virq, there), -ERANGE);
	unit->write_error = 0;
	expect_equal(test, 1);
}

static void expect_one(struct kunit *test, const char *what, const char *part, bool has_rid,
		       u16 rid)
{
	audit_all(test);
	KUNIT_EXPECT_EQ(test, counts.differences, 1);
	KUNIT_EXPECT_STREQ(test, first.what, what);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(first.found, part), "%s", first.found);
	KUNIT_EXPECT_TRUE(test, first.has_unit);
	KUNIT_EXPECT_EQ(test, first.has_rid, has_rid);
	KUNIT_EXPECT_EQ(test, first.rid, rid);
}

static void spoilt(struct kunit *test)
{
	struct nyx_irte saved = unit->irtes[0];
	char expected[96];

	unit->irtes[0].vector ^= 1;
	expect_one(test, "interrupt entry", "entry 0 is 0x1, ", true, device->rid);
	KUNIT_EXPECT_EQ(test, first.domain_id, domain->id);
	scnprintf(expected, sizeof(expected), "0x1, %#llx",
		  saved.vector | (u64)saved.destination << 32);
	KUNIT_EXPECT_STREQ(test, first.expected, expected);
	unit->irtes[0] = saved;

	unit->irtes[0].present = false;
	expect_one(test, "interrupt entry", "entry 0 is 0x0, 0x0", true, device->rid);
	unit->irtes[0] = saved;

	/* Nobody's, in the unit's table and in one of a device. */
	unit->irtes[6].present = true;
	expect_one(test, "interrupt entry that nobody has", "entry 6 is 0x1", false, 0);
	unit->irtes[6].present = false;
	unit->irtes[7].suppress_faults = true;
	expect_one(test, "interrupt entry that nobody has", "entry 7 is 0x2, 0x0", true,
		   RID(2, 0, 0));
	KUNIT_EXPECT_STREQ(test, first.expected, "0x0, 0x0");
	unit->irtes[7].suppress_faults = false;

	/* One that should not be present. */
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_QUARANTINED;
	nyx_device_apply(device);
	mutex_unlock(&nyx_registry_lock);
	unit->irtes[0] = saved;
	expect_one(test, "interrupt entry", "entry 0 is 0x1", true, device->rid);
	KUNIT_EXPECT_STREQ(test, first.expected, "0x2, 0x0");
	mutex_lock(&nyx_registry_lock);
	device->state = NYX_DEVICE_ASSIGNED;
	nyx_device_apply(device);
	mutex_unlock(&nyx_registry_lock);
	expect_equal(test, 1);
}

static struct kunit_case irq_audit_cases[] = {
	KUNIT_CASE(every_state_equal),
	KUNIT_CASE(refused_entry),
	KUNIT_CASE(spoilt),
	{}
};

static struct kunit_suite irq_audit_suite = {
	.name = "nyx_audit_irq",
	.init = irq_audit_init,
	.exit = irq_audit_exit,
	.test_cases = irq_audit_cases,
};
kunit_test_suite(irq_audit_suite);
