// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupts of devices that are out of the host's hands, as the kernel sees them: one
 * irq domain for each unit, between the CPUs' vectors and the devices' MSI. An interrupt
 * has an entry in the unit's table from its allocation on, which is present as long as the
 * interrupt has a vector and its device is not fenced.
 *
 *	x86 vectors  <-  this domain (entries)  <-  PCI MSI (messages in the device)
 *
 * A message never changes once it is in the device: moving an interrupt to another CPU
 * rewrites the entry only.
 */
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/slab.h>
#include <asm/apic.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "core.h"

/* One interrupt. */
struct nyx_irq {
	struct list_head node;		/* nyx_device_irqs.entries */
	struct nyx_device *device;	/* holds its place in it as long as it exists */
	u32 index, sub;			/* the entry is index + sub */
	struct nyx_irte irte;		/* what it says unless the device is fenced */
	bool retired;			/* not present until it is activated again */
};

/* Devices whose MSI domain is ours. Innermost, but for the devices' own locks. */
static LIST_HEAD(taken);
static DEFINE_SPINLOCK(taken_lock);

/* What the interrupt's entry shall say now; its device's lock is held. */
static struct nyx_irte entry_of(const struct nyx_irq *irq)
{
	const struct nyx_device_irqs *irqs = &irq->device->irqs;
	struct nyx_irte irte = irq->irte;

	lockdep_assert_held(&irqs->lock);
	if (irqs->fenced || irq->retired)
		irte.present = false;
	irte.suppress_faults = irqs->fenced && irqs->suppress_faults;
	return irte;
}

static int write_entry(struct nyx_irq *irq)
{
	struct nyx_unit *unit = irq->device->unit;
	struct nyx_irte irte = entry_of(irq);

	return unit->ops->irq_write(unit, &irq->device->irqs.source, irq->index + irq->sub, &irte);
}

/* activate: also if it was retired, which otherwise keeps it not present. */
static int set_entry(struct nyx_irq *irq, const struct nyx_irte *irte, bool activate)
{
	struct nyx_device_irqs *irqs = &irq->device->irqs;
	struct nyx_irte former;
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&irqs->lock, flags);
	former = irq->irte;
	irq->irte = *irte;
	if (activate)
		irq->retired = false;
	err = write_entry(irq);
	/* Not written; on other errors it is, and the unit is dead. */
	if (err == -ERANGE)
		irq->irte = former;
	raw_spin_unlock_irqrestore(&irqs->lock, flags);
	return err;
}

void nyx_irqs_fence(struct nyx_device *device, bool fenced, bool suppress_faults)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	struct nyx_irq *irq;
	unsigned long flags;

	lockdep_assert_held(&nyx_registry_lock);
	if (!irqs->open)
		return;
	raw_spin_lock_irqsave(&irqs->lock, flags);
	if (irqs->fenced != fenced || irqs->suppress_faults != suppress_faults) {
		irqs->fenced = fenced;
		irqs->suppress_faults = suppress_faults;
		/* On error the unit is dead, and has said so. */
		list_for_each_entry(irq, &irqs->entries, node)
			write_entry(irq);
	}
	raw_spin_unlock_irqrestore(&irqs->lock, flags);
}

/* ---- what the kernel's interrupt code calls ---- */

/*
 * Where the CPUs' side wants it, by now. Fixed delivery to the one CPU that the vector was
 * allocated on.
 */
static struct nyx_irte wanted(struct irq_data *data, bool present)
{
	const struct irq_cfg *cfg = irqd_cfg(data);

	return (struct nyx_irte) {
		.present = present,
		.logical = apic->dest_mode_logical,
		.delivery = APIC_DELIVERY_MODE_FIXED,
		.vector = cfg->vector,
		.destination = cfg->dest_apicid,
	};
}

/*
 * The former vector stays valid until an interrupt has arrived at the new one, which it
 * can only through the new entry: no interrupt is lost in between, whichever of the two
 * the unit has read. Called with the interrupt's raw lock held.
 */
static int remap_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct irq_data *vector = data->parent_data;
	struct nyx_irte irte;
	int ret;

	ret = vector->chip->irq_set_affinity(vector, mask, force);
	if (ret < 0 || ret == IRQ_SET_MASK_OK_DONE)
		return ret;
	irte = wanted(data, irqd_is_activated(data));
	ret = set_entry(irq_data_get_irq_chip_data(data), &irte, false);
	return ret ?: IRQ_SET_MASK_OK_DONE;
}

static void remap_compose(struct irq_data *data, struct msi_msg *msg)
{
	struct nyx_irq *irq = irq_data_get_irq_chip_data(data);
	struct nyx_unit *unit = irq->device->unit;

	unit->ops->irq_compose(unit, irq->index, irq->sub, msg);
}

static struct irq_chip remap_chip = {
	.name			= "nyx-remap",
	.irq_ack		= irq_chip_ack_parent,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_affinity	= remap_set_affinity,
	.irq_compose_msi_msg	= remap_compose,
};

/* The device that the allocation is for, if its interrupts are ours. */
static struct nyx_device *device_of(const struct nyx_unit *unit, const struct irq_alloc_info *info)
{
	struct nyx_device *device, *found = NULL;
	struct pci_dev *pdev;

	if (!info || !info->desc || (info->type != X86_IRQ_ALLOC_TYPE_PCI_MSI &&
				     info->type != X86_IRQ_ALLOC_TYPE_PCI_MSIX))
		return NULL;
	pdev = msi_desc_to_pci_dev(info->desc);
	spin_lock(&taken_lock);
	list_for_each_entry(device, &taken, irqs.taken)
		if (device->pdev == pdev && device->unit == unit)
			found = device;
	spin_unlock(&taken_lock);
	return found;
}

static void forget(struct irq_domain *domain, unsigned int virq, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct irq_data *data = irq_domain_get_irq_data(domain, virq + i);
		struct nyx_irq *irq = data ? irq_data_get_irq_chip_data(data) : NULL;
		unsigned long flags;

		if (!irq)
			continue;
		raw_spin_lock_irqsave(&irq->device->irqs.lock, flags);
		list_del(&irq->node);
		raw_spin_unlock_irqrestore(&irq->device->irqs.lock, flags);
		irq_domain_reset_irq_data(data);
		kfree(irq);
	}
}

static int remember(struct irq_domain *domain, unsigned int virq, struct nyx_device *device,
		    u32 index, u32 sub)
{
	struct irq_data *data = irq_domain_get_irq_data(domain, virq);
	struct nyx_irq *irq;
	unsigned long flags;

	irq = kzalloc(sizeof(*irq), GFP_KERNEL);
	if (!irq)
		return -ENOMEM;
	irq->device = device;
	irq->index = index;
	irq->sub = sub;
	/* Indexes are the unit's, or the device's own: with its id they are unique. */
	data->hwirq = (irq_hw_number_t)device->rid << 16 | (index + sub);
	data->chip = &remap_chip;
	data->chip_data = irq;
	nyx_irq_moves_at_once(virq);
	raw_spin_lock_irqsave(&device->irqs.lock, flags);
	list_add_tail(&irq->node, &device->irqs.entries);
	raw_spin_unlock_irqrestore(&device->irqs.lock, flags);
	return 0;
}

static int remap_alloc(struct irq_domain *domain, unsigned int virq, unsigned int nr, void *arg)
{
	struct nyx_unit *unit = domain->host_data;
	struct irq_alloc_info *info = arg;
	struct nyx_device *device = device_of(unit, info);
	unsigned int i;
	u32 index;
	int err;

	if (!device || (nr > 1 && info->type != X86_IRQ_ALLOC_TYPE_PCI_MSI))
		return -EINVAL;
	nyx_irq_scatter_vectors(info);
	err = irq_domain_alloc_irqs_parent(domain, virq, nr, arg);
	if (err)
		return err;
	err = unit->ops->irq_reserve(unit, &device->irqs.source, nr, &index);
	if (err)
		goto free_parent;
	for (i = 0; i < nr && !err; i++)
		err = remember(domain, virq + i, device, index, i);
	if (!err)
		return 0;
	forget(domain, virq, nr);
	unit->ops->irq_release(unit, &device->irqs.source, index, nr);
free_parent:
	irq_domain_free_irqs_parent(domain, virq, nr);
	return err;
}

/* The entries first: what they lead to is about to be somebody else's vector. */
static void remap_free(struct irq_domain *domain, unsigned int virq, unsigned int nr)
{
	struct nyx_irq *irq = irq_data_get_irq_chip_data(irq_domain_get_irq_data(domain, virq));
	struct nyx_unit *unit = domain->host_data;
	struct nyx_irq_source *source = &irq->device->irqs.source;
	u32 index = irq->index + irq->sub;

	forget(domain, virq, nr);
	/* On error the unit is dead: the entries are never used again. */
	unit->ops->irq_release(unit, source, index, nr);
	irq_domain_free_irqs_parent(domain, virq, nr);
}

/*
 * reserve: for now it has the one vector that all share which nobody has requested, and the
 * entry must not lead there. It is activated again when the interrupt is requested.
 */
static int remap_activate(struct irq_domain *domain, struct irq_data *data, bool reserve)
{
	struct nyx_irte irte = wanted(data, !reserve);

	/* Where no CPU has a vector left, and one is needed at once, there is none in it. */
	if (!reserve && irte.vector < FIRST_EXTERNAL_VECTOR)
		return -ENOSPC;
	return set_entry(irq_data_get_irq_chip_data(data), &irte, true);
}

static void remap_deactivate(struct irq_domain *domain, struct irq_data *data)
{
	static const struct nyx_irte none;

	set_entry(irq_data_get_irq_chip_data(data), &none, false);
}

static const struct irq_domain_ops remap_ops = {
	.alloc = remap_alloc,
	.free = remap_free,
	.activate = remap_activate,
	.deactivate = remap_deactivate,
};

/* ---- units ---- */

int nyx_irq_domain_create(struct nyx_unit *unit)
{
	if (unit->remapping.state != NYX_REMAPPING_ON)
		return 0;
	unit->irq_fwnode = irq_domain_alloc_named_id_fwnode("nyx-remap", unit->id);
	if (!unit->irq_fwnode)
		return -ENOMEM;
	unit->irq_domain = irq_domain_create_hierarchy(x86_vector_domain, 0, 0, unit->irq_fwnode,
						       &remap_ops, unit);
	if (unit->irq_domain)
		unit->msi_domain = nyx_msi_create(unit->irq_domain, unit->irq_fwnode,
						  !unit->remapping.forgeable);
	if (unit->msi_domain)
		return 0;
	nyx_irq_domain_remove(unit);
	return -ENOMEM;
}

void nyx_irq_domain_remove(struct nyx_unit *unit)
{
	if (unit->msi_domain)
		nyx_msi_remove(unit->msi_domain, unit->irq_domain);
	if (unit->irq_domain)
		irq_domain_remove(unit->irq_domain);
	if (unit->irq_fwnode)
		irq_domain_free_fwnode(unit->irq_fwnode);
	unit->msi_domain = NULL;
	unit->irq_domain = NULL;
	unit->irq_fwnode = NULL;
}

/* ---- devices ---- */

void nyx_irqs_init(struct nyx_device *device)
{
	raw_spin_lock_init(&device->irqs.lock);
	INIT_LIST_HEAD(&device->irqs.entries);
	INIT_LIST_HEAD(&device->irqs.taken);
	device->irqs.fenced = true;
	device->irqs.source.rids = device->rids;
	device->irqs.source.nr_rids = device->nr_rids;
}

int nyx_irqs_open(struct nyx_device *device)
{
	struct nyx_unit *unit = device->unit;
	struct nyx_device_irqs *irqs = &device->irqs;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (unit && READ_ONCE(unit->remapping.state) == NYX_REMAPPING_ON && !irqs->open) {
		err = unit->ops->irq_open(unit, &irqs->source);
		if (err)
			return err;
		irqs->open = true;
	}
	irqs->held = true;
	return 0;
}

void nyx_irqs_close(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	if (!device->irqs.open)
		return;
	device->irqs.open = false;
	device->unit->ops->irq_close(device->unit, &device->irqs.source);
}

void nyx_irqs_take(struct nyx_device *device)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	struct device *dev = &device->pdev->dev;

	lockdep_assert_held(&nyx_registry_lock);
	/* VMD, Hyper-V, Xen: the messages of such a device are not what its unit sees. */
	irqs->foreign = !nyx_msi_is_default(dev);
	if (!irqs->open || irqs->foreign || !device->unit->msi_domain)
		return;
	irqs->host_domain = dev_get_msi_domain(dev);
	spin_lock(&taken_lock);
	list_add_tail(&irqs->taken, &taken);
	spin_unlock(&taken_lock);
	dev_set_msi_domain(dev, device->unit->msi_domain);
}

void nyx_irqs_give_back(struct nyx_device *device)
{
	struct nyx_device_irqs *irqs = &device->irqs;

	lockdep_assert_held(&nyx_registry_lock);
	/* The PCI core is at the device's MSI: the end of the reset does it. */
	if (irqs->in_reset)
		return;
	nyx_irq_unbind_all(device);
	if (list_empty(&irqs->taken))
		return;
	dev_set_msi_domain(&device->pdev->dev, irqs->host_domain);
	spin_lock(&taken_lock);
	list_del_init(&irqs->taken);
	spin_unlock(&taken_lock);
}

void nyx_irqs_retire(struct nyx_device *device, unsigned int virq)
{
	struct irq_data *data = irq_domain_get_irq_data(device->unit->irq_domain, virq);
	struct nyx_irq *irq = data ? irq_data_get_irq_chip_data(data) : NULL;
	struct nyx_device_irqs *irqs = &device->irqs;
	unsigned long flags;

	if (WARN_ON_ONCE(!irq))
		return;
	raw_spin_lock_irqsave(&irqs->lock, flags);
	irq->retired = true;
	write_entry(irq);
	raw_spin_unlock_irqrestore(&irqs->lock, flags);
	/* On error the unit is dead, and has said so. */
	device->unit->ops->irq_forget(device->unit, &irqs->source, irq->index + irq->sub);
}

bool nyx_irq_entry_index(struct nyx_device *device, unsigned int virq, u32 *index)
{
	struct irq_data *data = irq_domain_get_irq_data(device->unit->irq_domain, virq);
	struct nyx_irq *irq = data ? irq_data_get_irq_chip_data(data) : NULL;

	if (!irq)
		return false;
	*index = irq->index + irq->sub;
	return true;
}

void nyx_irqs_compare(struct nyx_device *device,
		      void (*see)(void *data, u32 index, const u64 found[2], const u64 wanted[2]),
		      void *data)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	struct nyx_unit *unit = device->unit;
	u64 found[2], wanted[2];
	struct nyx_irq *irq;
	unsigned long flags;

	lockdep_assert_held(&nyx_registry_lock);
	if (!irqs->open)
		return;
	/* Every entry is written with this held, so that none is in between. */
	raw_spin_lock_irqsave(&irqs->lock, flags);
	list_for_each_entry(irq, &irqs->entries, node) {
		struct nyx_irte irte = entry_of(irq);

		unit->ops->irq_compare(unit, &irqs->source, irq->index + irq->sub, &irte, found,
				       wanted);
		see(data, irq->index + irq->sub, found, wanted);
	}
	raw_spin_unlock_irqrestore(&irqs->lock, flags);
}
