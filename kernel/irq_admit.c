// SPDX-License-Identifier: GPL-2.0
/*
 * What interrupts a device has, and what stands in the way of binding them.
 */
#include <linux/bitfield.h>
#include <linux/pci.h>

#include "core.h"

enum nyx_irq_type nyx_irq_type_of(const struct nyx_device *device)
{
	return device->pdev->msix_cap ? NYX_IRQ_MSIX : device->pdev->msi_cap ? NYX_IRQ_MSI :
	       NYX_IRQ_NONE;
}

/*
 * Not by the PCI core's functions, which take what a device answers that has no power, or has
 * gone, for 2048 vectors.
 */
u32 nyx_irq_count_vectors(const struct nyx_device *device)
{
	enum nyx_irq_type type = nyx_irq_type_of(device);
	struct pci_dev *pdev = device->pdev;
	u16 control;

	if (type == NYX_IRQ_NONE || pdev->current_state == PCI_D3cold)
		return 0;
	pci_read_config_word(pdev, type == NYX_IRQ_MSIX ? pdev->msix_cap + PCI_MSIX_FLAGS :
							  pdev->msi_cap + PCI_MSI_FLAGS, &control);
	/* Neither word has all bits set: some are reserved, and read as 0. */
	if (PCI_POSSIBLE_ERROR(control))
		return 0;
	if (type == NYX_IRQ_MSIX)
		return FIELD_GET(PCI_MSIX_FLAGS_QSIZE, control) + 1;
	/* 32 at most: what encodes more is reserved (PCI spec 6.8.1.3). */
	return 1 << min(FIELD_GET(PCI_MSI_FLAGS_QMASK, control), 5);
}

/* Why the device's interrupts cannot be bound, ever, and the errno that says so; or NULL. */
const char *nyx_irq_obstacle(const struct nyx_device *device, int *err)
{
	const struct nyx_unit *unit = device->unit;

	*err = -EOPNOTSUPP;
	if (!unit)
		return "no unit remaps its interrupts";
	if (READ_ONCE(unit->remapping.state) == NYX_REMAPPING_NONE)
		return "its unit cannot remap interrupts";
	if (READ_ONCE(unit->remapping.state) == NYX_REMAPPING_OFF)
		return "its unit does not remap interrupts: nyxctl unit show tells why";
	if (nyx_irq_type_of(device) == NYX_IRQ_NONE)
		return "it has neither MSI-X nor MSI, only INTx, a line that other devices share and no entry confines";
	if (device->export) {
		*err = -EBUSY;
		return "it is exported: what uses it binds its interrupts through VFIO";
	}
	if (!device->domain) {
		*err = -EINVAL;
		return "it is not assigned: assign it to a domain first";
	}
	if (device->irqs.foreign || list_empty(&device->irqs.taken))
		return "its MSI messages are handled by somebody else (VMD, Hyper-V, Xen), not by its unit";
	return NULL;
}

int nyx_irq_admit(struct nyx_device *device, struct nyx_why *why)
{
	const char *name = nyx_device_name(device), *text;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (device->state == NYX_DEVICE_GONE)
		return nyx_refuse(why, -ENODEV, NYX_ARG_DEVICE, "%s has left the bus", name);
	text = nyx_irq_obstacle(device, &err);
	if (text)
		return nyx_refuse(why, err, NYX_ARG_DEVICE, "no interrupt of %s can be bound: %s",
				  name, text);
	if (nyx_unit_dead(device->unit))
		return nyx_refuse(why, -EIO, NYX_ARG_DEVICE, "%s no longer answers",
				  device->unit->name);
	if (device->resetting)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE,
				  "%s is being reset; wait for its state event", name);
	if (device->state != NYX_DEVICE_ASSIGNED)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is fenced: %s", name,
				  device->state_cause);
	return 0;
}
