// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupts of an assigned device in userspace: which eventfd each of its vectors
 * signals, for how long, on which CPU.
 *
 * The first vector that is bound makes the device's interrupts (as many as it has), the
 * last one that is released frees them.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "core.h"

struct nyx_irq_vector {
	struct list_head node;		/* in owned, if a socket owns it */
	unsigned int virq;
	struct eventfd_ctx *trigger;	/* NULL: not bound */
	bool requested;			/* longer than bound, see release_one() */
	atomic64_t count;
	bool masked;
	bool wanted;			/* while a call looks at several */
	bool orphaned;			/* its owner's socket is closed */
	u32 owner;
	char owner_comm[TASK_COMM_LEN];
	char name[32];			/* in /proc/interrupts */
};

/* Vectors that go when their owner does. The lock is innermost. */
static LIST_HEAD(owned);
static DEFINE_SPINLOCK(owned_lock);

static const char no_answer[] = "it does not answer: it has no power, or has left the bus";

static irqreturn_t handle(int irq, void *data)
{
	struct nyx_irq_vector *vector = data;
	struct eventfd_ctx *trigger = READ_ONCE(vector->trigger);

	if (!trigger)
		return IRQ_HANDLED;
	atomic64_inc(&vector->count);
	eventfd_signal(trigger);
	return IRQ_HANDLED;
}

/* The device has as many vectors as have says. */
static int check_binds(struct nyx_device *device, u32 have, const struct nyx_irq_bind *binds,
		       u32 nr, struct nyx_why *why)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	u32 i, j;

	if (!have)
		return nyx_refuse(why, -ENODEV, NYX_ARG_DEVICE,
				  "no interrupt of %s can be bound: %s", nyx_device_name(device),
				  no_answer);
	if (!nr)
		return nyx_refuse(why, -EINVAL, NYX_ARG_VECTOR, "no vector is given");
	for (i = 0; i < nr; i++) {
		u32 index = binds[i].index;

		if (index >= have)
			return nyx_refuse(why, -EINVAL, NYX_ARG_VECTOR,
					  "%s has %u %s vectors, so there is no vector %u",
					  nyx_device_name(device), have,
					  nyx_irq_type_of(device) == NYX_IRQ_MSIX ? "MSI-X" : "MSI", index);
		if (index < irqs->nr_vectors && irqs->vectors[index].trigger)
			return nyx_refuse(why, -EEXIST, NYX_ARG_VECTOR,
					  "vector %u of %s is bound already: unbind it first", index,
					  nyx_device_name(device));
		/* Mostly in order: then one look back is enough. */
		if (!i || binds[i - 1].index < index)
			continue;
		for (j = 0; j < i; j++)
			if (binds[j].index == index)
				return nyx_refuse(why, -EINVAL, NYX_ARG_VECTOR,
						  "vector %u is given twice", index);
	}
	return 0;
}

/* ---- the device's interrupts ---- */

/* The PCI core switches INTx on again, a line that it may share with the host's devices. */
static void free_messages(struct nyx_device *device)
{
	pci_free_irq_vectors(device->pdev);
	pci_intx(device->pdev, 0);
}

/* As many as the device has; where there is no room for those, as many as are needed now. */
static int allocate_irqs(struct nyx_device *device, u32 have, u32 needed, struct nyx_why *why)
{
	unsigned int flag = nyx_irq_type_of(device) == NYX_IRQ_MSIX ? PCI_IRQ_MSIX : PCI_IRQ_MSI;
	struct nyx_device_irqs *irqs = &device->irqs;
	int nr, i;

	if (irqs->vectors) {
		if (needed <= irqs->nr_vectors)
			return 0;
		return nyx_refuse(why, -ENOSPC, NYX_ARG_VECTOR,
				  "%s has interrupts for its first %u vectors only, since there was no room for more: release what is bound, and bind the higher ones first",
				  nyx_device_name(device), irqs->nr_vectors);
	}
	nr = pci_alloc_irq_vectors(device->pdev, have, have, flag);
	if (nr < 0 && needed < have)
		nr = pci_alloc_irq_vectors(device->pdev, needed, needed, flag);
	if (nr < 0)
		return nyx_refuse(why, nr, NYX_ARG_VECTOR,
				  nr == -ENOSPC ? "no room for %u interrupts of %s in the interrupt remapping table (of %u entries)" :
				  "%u interrupts of %s could not be made (the table has %u entries)",
				  needed, nyx_device_name(device), device->unit->remapping.entries);
	irqs->vectors = kvcalloc(nr, sizeof(*irqs->vectors), GFP_KERNEL_ACCOUNT);
	if (!irqs->vectors) {
		free_messages(device);
		return -ENOMEM;
	}
	irqs->nr_vectors = nr;
	irqs->type = nyx_irq_type_of(device);
	for (i = 0; i < nr; i++) {
		INIT_LIST_HEAD(&irqs->vectors[i].node);
		irqs->vectors[i].virq = pci_irq_vector(device->pdev, i);
	}
	return 0;
}

static void free_irqs_if_unused(struct nyx_device *device)
{
	struct nyx_device_irqs *irqs = &device->irqs;

	if (!irqs->vectors || irqs->nr_bound)
		return;
	free_messages(device);
	kvfree(irqs->vectors);
	irqs->vectors = NULL;
	irqs->nr_vectors = 0;
	irqs->type = NYX_IRQ_NONE;
}

static void set_owner(struct nyx_irq_vector *vector, u32 owner)
{
	spin_lock(&owned_lock);
	vector->owner = owner;
	vector->orphaned = false;
	if (owner)
		list_add_tail(&vector->node, &owned);
	else
		list_del_init(&vector->node);
	spin_unlock(&owned_lock);
}

/* The eventfd is ours on success. */
static int bind_one(struct nyx_device *device, const struct nyx_irq_bind *bind, u32 owner,
		    struct nyx_why *why)
{
	struct nyx_irq_vector *vector = &device->irqs.vectors[bind->index];
	int err;

	atomic64_set(&vector->count, 0);
	vector->masked = false;
	WRITE_ONCE(vector->trigger, bind->trigger);
	snprintf(vector->name, sizeof(vector->name), NYX_NAME ":%s[%u]", nyx_device_name(device),
		 bind->index);
	nyx_note_task(vector->owner_comm);
	/* Masked means masked in the device, not when the next one comes. */
	irq_set_status_flags(vector->virq, IRQ_DISABLE_UNLAZY);
	err = vector->requested ? 0 :
	      request_irq(vector->virq, handle, 0, vector->name, vector);
	if (err) {
		irq_clear_status_flags(vector->virq, IRQ_DISABLE_UNLAZY);
		WRITE_ONCE(vector->trigger, NULL);
		return nyx_refuse(why, err, NYX_ARG_VECTOR,
				  err == -ENOSPC ? "vector %u of %s: no CPU has a vector left for it" :
				  "vector %u of %s could not be requested", bind->index,
				  nyx_device_name(device));
	}
	vector->requested = true;
	set_owner(vector, owner);
	device->irqs.nr_bound++;
	return 0;
}

/* Idempotent. */
static void free_one(struct nyx_device *device, struct nyx_irq_vector *vector)
{
	if (!vector->requested)
		return;
	/* Before its CPU vector can be somebody else's. */
	nyx_irqs_retire(device, vector->virq);
	free_irq(vector->virq, vector);
	irq_clear_status_flags(vector->virq, IRQ_DISABLE_UNLAZY);
	vector->requested = false;
}

/*
 * MSI has one message for all vectors. The kernel clears it when it frees the first of them,
 * and what the device sends then is a write to address 0.
 */
static void disable_msi(struct nyx_device *device)
{
	struct pci_dev *pdev = device->pdev;
	u16 control;

	pci_read_config_word(pdev, pdev->msi_cap + PCI_MSI_FLAGS, &control);
	pci_write_config_word(pdev, pdev->msi_cap + PCI_MSI_FLAGS,
			      control & ~PCI_MSI_FLAGS_ENABLE);
}

/* On return the handler does not run any more. Returns the eventfd. */
static struct eventfd_ctx *release_one(struct nyx_device *device, struct nyx_irq_vector *vector)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	struct eventfd_ctx *trigger = vector->trigger;

	set_owner(vector, 0);
	WRITE_ONCE(vector->trigger, NULL);
	irqs->nr_bound--;
	if (irqs->type == NYX_IRQ_MSI && !irqs->nr_bound) {
		disable_msi(device);
		free_one(device, vector);
		free_one(device, irqs->vectors);
	} else if (irqs->type == NYX_IRQ_MSI && vector == irqs->vectors) {
		/* The first one stays as long as any, quiet. */
		if (vector->masked)
			enable_irq(vector->virq);
		vector->masked = false;
		synchronize_irq(vector->virq);
	} else {
		free_one(device, vector);
	}
	return trigger;
}

int nyx_irq_bind(struct nyx_device *device, const struct nyx_irq_bind *binds, u32 nr, u32 owner,
		 struct nyx_why *why)
{
	u32 i, have, needed = 0;
	int err;

	mutex_lock(&nyx_registry_lock);
	err = nyx_irq_admit(device, why);
	if (err)
		goto unlock;
	/* Asked once: it may go at any time. */
	have = nyx_irq_count_vectors(device);
	err = check_binds(device, have, binds, nr, why);
	if (err)
		goto unlock;
	for (i = 0; i < nr; i++)
		needed = max(needed, binds[i].index + 1);
	err = allocate_irqs(device, have, needed, why);
	if (err)
		goto unlock;
	for (i = 0; i < nr && !err; i++)
		err = bind_one(device, &binds[i], owner, why);
	if (!err)
		goto unlock;
	/* The last one failed; the eventfds stay the caller's. */
	for (i--; i; i--)
		release_one(device, &device->irqs.vectors[binds[i - 1].index]);
	free_irqs_if_unused(device);
unlock:
	mutex_unlock(&nyx_registry_lock);
	return err;
}

/* ---- those that are bound ---- */

/* Mark as wanted the bound vectors that are asked for; nr 0: all. -ENOENT. */
static int mark(struct nyx_device *device, const u32 *indexes, u32 nr, struct nyx_why *why)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	u32 i;

	lockdep_assert_held(&nyx_registry_lock);
	for (i = 0; i < nr; i++)
		if (indexes[i] >= irqs->nr_vectors || !irqs->vectors[indexes[i]].trigger)
			return nyx_refuse(why, -ENOENT, NYX_ARG_VECTOR,
					  "vector %u of %s is not bound", indexes[i],
					  nyx_device_name(device));
	if (!nr && !irqs->nr_bound)
		return nyx_refuse(why, -ENOENT, NYX_ARG_DEVICE, "no vector of %s is bound",
				  nyx_device_name(device));
	for (i = 0; i < irqs->nr_vectors; i++)
		irqs->vectors[i].wanted = !nr && irqs->vectors[i].trigger;
	for (i = 0; i < nr; i++)
		irqs->vectors[indexes[i]].wanted = true;
	return 0;
}

/* The next one from *at on. */
static struct nyx_irq_vector *next_wanted(struct nyx_device *device, u32 *at)
{
	while (*at < device->irqs.nr_vectors)
		if (device->irqs.vectors[(*at)++].wanted)
			return &device->irqs.vectors[*at - 1];
	return NULL;
}

static void release_wanted(struct nyx_device *device)
{
	struct nyx_irq_vector *vector;
	u32 at = 0;

	while ((vector = next_wanted(device, &at)))
		eventfd_ctx_put(release_one(device, vector));
	free_irqs_if_unused(device);
}

/* The PCI core saves and restores its MSI without asking us. */
static int check_reset(struct nyx_device *device, struct nyx_why *why)
{
	if (!device->irqs.in_reset)
		return 0;
	return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
			  "%s is being reset; wait for its state event", nyx_device_name(device));
}

int nyx_irq_unbind(struct nyx_device *device, const u32 *indexes, u32 nr, struct nyx_why *why)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = check_reset(device, why) ?: mark(device, indexes, nr, why);
	if (!err)
		release_wanted(device);
	mutex_unlock(&nyx_registry_lock);
	return err;
}

void nyx_irq_unbind_all(struct nyx_device *device)
{
	if (!mark(device, NULL, 0, NULL))
		release_wanted(device);
}

int nyx_irq_mask(struct nyx_device *device, const u32 *indexes, u32 nr, bool mask,
		 struct nyx_why *why)
{
	struct nyx_irq_vector *vector;
	u32 at = 0;
	int err;

	mutex_lock(&nyx_registry_lock);
	err = check_reset(device, why) ?: mark(device, indexes, nr, why);
	while (!err && (vector = next_wanted(device, &at))) {
		if (vector->masked == mask)
			continue;
		vector->masked = mask;
		if (mask)
			disable_irq(vector->virq);
		else
			enable_irq(vector->virq);
	}
	mutex_unlock(&nyx_registry_lock);
	return err;
}

/* By the CPU's own vector, so that all but the device and its unit takes part. */
static int retrigger(struct nyx_irq_vector *vector)
{
	struct irq_data *data = irq_get_irq_data(vector->virq);
	struct irq_desc *desc;
	unsigned long flags;
	int sent = 0;

	if (!data)
		return -ENODEV;
	desc = irq_data_to_desc(data);
	raw_spin_lock_irqsave(&desc->lock, flags);
	if (data->chip->irq_retrigger)
		sent = data->chip->irq_retrigger(data);
	raw_spin_unlock_irqrestore(&desc->lock, flags);
	return sent ? 0 : -EOPNOTSUPP;
}

int nyx_irq_trigger(struct nyx_device *device, const u32 *indexes, u32 nr, struct nyx_why *why)
{
	struct nyx_irq_vector *vector;
	u32 at = 0;
	int err;

	mutex_lock(&nyx_registry_lock);
	err = nyx_irq_admit(device, why) ?: mark(device, indexes, nr, why);
	while (!err && (vector = next_wanted(device, &at)))
		if (vector->masked)
			err = nyx_refuse(why, -EBUSY, NYX_ARG_VECTOR,
					 "vector %u of %s is masked: unmask it first", at - 1,
					 nyx_device_name(device));
	at = 0;
	while (!err && (vector = next_wanted(device, &at))) {
		err = retrigger(vector);
		if (err)
			nyx_refuse(why, err, NYX_ARG_VECTOR,
				   "vector %u of %s could not be raised", at - 1,
				   nyx_device_name(device));
	}
	mutex_unlock(&nyx_registry_lock);
	return err;
}

int nyx_irq_route(struct nyx_device *device, const u32 *indexes, u32 nr,
		  const struct cpumask *cpus, struct nyx_why *why)
{
	struct nyx_irq_vector *vector;
	u32 at = 0;
	int err;

	if (!cpumask_intersects(cpus, cpu_online_mask))
		return nyx_refuse(why, -EINVAL, NYX_ARG_CPUS,
				  "none of CPUs %*pbl is online (%*pbl are)", cpumask_pr_args(cpus),
				  cpumask_pr_args(cpu_online_mask));
	mutex_lock(&nyx_registry_lock);
	err = check_reset(device, why) ?: mark(device, indexes, nr, why);
	while (!err && (vector = next_wanted(device, &at))) {
		err = irq_set_affinity(vector->virq, cpus);
		if (err)
			nyx_refuse(why, err, NYX_ARG_VECTOR,
				   err == -EBUSY ? "vector %u of %s is still on its way from an earlier move, which ends with its next interrupt" :
				   "vector %u of %s could not be moved", at - 1,
				   nyx_device_name(device));
	}
	mutex_unlock(&nyx_registry_lock);
	return err;
}

/* ---- owners ---- */

static void release_orphans(struct work_struct *work)
{
	struct nyx_device *device;
	u32 i;

	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(device, &nyx_devices, node) {
		if (!device->irqs.nr_bound || device->irqs.in_reset)
			continue;
		for (i = 0; i < device->irqs.nr_vectors; i++)
			device->irqs.vectors[i].wanted =
				READ_ONCE(device->irqs.vectors[i].orphaned);
		release_wanted(device);
	}
	mutex_unlock(&nyx_registry_lock);
}

static DECLARE_WORK(orphans, release_orphans);

void nyx_irq_owner_gone(u32 portid)
{
	struct nyx_irq_vector *vector;
	bool found = false;

	spin_lock(&owned_lock);
	list_for_each_entry(vector, &owned, node)
		if (vector->owner == portid) {
			WRITE_ONCE(vector->orphaned, true);
			found = true;
		}
	spin_unlock(&owned_lock);
	if (found)
		queue_work(nyx_wq, &orphans);
}

void nyx_irq_after_reset(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	device->irqs.in_reset = false;
	/* An exported one keeps its MSI domain, whether anybody has it or not. */
	if (!device->domain && !device->export)
		nyx_irqs_give_back(device);
	else
		queue_work(nyx_wq, &orphans);
}

/* ---- shown ---- */

void nyx_irq_info(struct nyx_device *device, struct nyx_irq_info *info)
{
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	*info = (struct nyx_irq_info) {
		.type = nyx_irq_type_of(device),
		.nr_vectors = nyx_irq_count_vectors(device),
		.nr_bound = device->irqs.nr_bound,
		.why = nyx_irq_obstacle(device, &err),
	};
	if (!info->why && !info->nr_vectors)
		info->why = no_answer;
}

bool nyx_irq_view(struct nyx_device *device, u32 first, struct nyx_irq_view *view)
{
	struct nyx_device_irqs *irqs = &device->irqs;
	const struct nyx_irq_vector *vector;
	struct irq_data *data;

	lockdep_assert_held(&nyx_registry_lock);
	while (first < irqs->nr_vectors && !irqs->vectors[first].trigger)
		first++;
	if (first >= irqs->nr_vectors)
		return false;
	vector = &irqs->vectors[first];
	memset(view, 0, sizeof(*view));
	view->index = first;
	view->irq = vector->virq;
	view->count = atomic64_read(&vector->count);
	view->masked = vector->masked;
	view->owner = vector->owner;
	view->owner_comm = vector->owner_comm;
	data = irq_get_irq_data(vector->virq);
	if (data)
		cpumask_copy(&view->cpus, irq_data_get_effective_affinity_mask(data));
	if (nyx_irq_entry_index(device, vector->virq, &view->entry_index))
		device->unit->ops->irq_read(device->unit, &irqs->source, view->entry_index,
					    &view->entry);
	return true;
}
