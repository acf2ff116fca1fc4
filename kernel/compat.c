// SPDX-License-Identifier: GPL-2.0
/*
 * What older kernels need more than a macro for. See compat.h.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "compat.h"

#ifndef NYX_HAS_DOMAIN_ALLOC_PAGING

struct iommu_domain *nyx_domain_alloc_by_type(unsigned int type)
{
	struct iommu_domain *domain;

	switch (type) {
	case IOMMU_DOMAIN_UNMANAGED:
		domain = nyx_api_domain_alloc(NULL);
		return IS_ERR(domain) ? NULL : domain;
	case IOMMU_DOMAIN_IDENTITY:
		return &nyx_api_identity_domain;
	case IOMMU_DOMAIN_BLOCKED:
		return &nyx_api_blocked_domain;
	}
	return NULL;
}

#endif

#ifdef NYX_BUS_HAS_IOMMU_OPS

void nyx_iommu_ops_gone(const struct iommu_ops *ops)
{
	struct bus_type *const buses[] = { &pci_bus_type, &platform_bus_type };
	int i;

	/* Else nobody else could register, and a hot-added device would call what is gone. */
	for (i = 0; i < ARRAY_SIZE(buses); i++)
		if (buses[i]->iommu_ops == ops)
			buses[i]->iommu_ops = NULL;
}

#else

void nyx_iommu_ops_gone(const struct iommu_ops *ops) { }

#endif

#ifdef NYX_HAS_MSI_PARENT

#include <asm/msi.h>

/* All but the vectors' own way to move an interrupt suits us: our domain has a bus token. */
static bool init_dev_msi_info(struct device *dev, struct irq_domain *domain,
			      struct irq_domain *real_parent, struct msi_domain_info *info)
{
	const struct msi_parent_ops *ops = x86_vector_domain->msi_parent_ops;

	return ops && ops->init_dev_msi_info(dev, x86_vector_domain, real_parent, info);
}

static const struct msi_parent_ops msi_parent = {
	.supported_flags = X86_VECTOR_MSI_FLAGS_SUPPORTED | MSI_FLAG_MULTI_PCI_MSI,
	.prefix = "nyx-",
	.init_dev_msi_info = init_dev_msi_info,
};

struct irq_domain *nyx_msi_create(struct irq_domain *remap, struct fwnode_handle *fwnode,
				  bool isolated)
{
	/*
	 * One of the two tokens by which x86 knows domains of remapped interrupts; it only
	 * tells them from the vectors' own domain.
	 */
	irq_domain_update_bus_token(remap, DOMAIN_BUS_DMAR);
	remap->flags |= IRQ_DOMAIN_FLAG_MSI_PARENT |
			(isolated ? IRQ_DOMAIN_FLAG_ISOLATED_MSI : 0);
	remap->msi_parent_ops = &msi_parent;
	return remap;
}

void nyx_msi_remove(struct irq_domain *msi, struct irq_domain *remap) { }

bool nyx_msi_is_default(struct device *dev)
{
	return dev_get_msi_domain(dev) == x86_vector_domain;
}

#else

static struct irq_chip msi_chip = {
	.name		= "nyx-PCI-MSI",
	.irq_unmask	= pci_msi_unmask_irq,
	.irq_mask	= pci_msi_mask_irq,
	.irq_ack	= irq_chip_ack_parent,
	.irq_retrigger	= irq_chip_retrigger_hierarchy,
	.flags		= IRQCHIP_SKIP_SET_WAKE | IRQCHIP_AFFINITY_PRE_STARTUP,
};

static struct msi_domain_ops msi_ops = {
	.msi_prepare	= pci_msi_prepare,
};

static struct msi_domain_info msi_info = {
	.flags		= MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
			  MSI_FLAG_MULTI_PCI_MSI | MSI_FLAG_PCI_MSIX,
	.ops		= &msi_ops,
	.chip		= &msi_chip,
	.handler	= handle_edge_irq,
	.handler_name	= "edge",
};

struct irq_domain *nyx_msi_create(struct irq_domain *remap, struct fwnode_handle *fwnode,
				  bool isolated)
{
	return pci_msi_create_irq_domain(fwnode, &msi_info, remap);
}

void nyx_msi_remove(struct irq_domain *msi, struct irq_domain *remap)
{
	irq_domain_remove(msi);
}

/* Not exported: known by its parent and its chip. */
bool nyx_msi_is_default(struct device *dev)
{
	struct irq_domain *domain = dev_get_msi_domain(dev);
	const struct msi_domain_info *info;

	if (!domain || domain->parent != x86_vector_domain ||
	    domain->bus_token != DOMAIN_BUS_PCI_MSI)
		return false;
	info = domain->host_data;
	return info && info->chip && info->chip->name && !strcmp(info->chip->name, "PCI-MSI");
}

#endif

#ifdef NYX_LAST_DEVICE_SHUTDOWN

static void (*last_shutdown)(void);
static struct platform_device *last_device;

static void on_shutdown(struct platform_device *pdev)
{
	last_shutdown();
}

static struct platform_driver last_driver = {
	.driver.name = KBUILD_MODNAME "-shutdown",
	.shutdown = on_shutdown,
};

/*
 * device_shutdown() takes devices from the end of the list that holds them all;
 * the driver core itself moves entries in it to order shutdowns. At its front a
 * device comes last.
 */
static void shut_down_last(struct device *dev)
{
	struct kset *all = dev->kobj.kset;

	spin_lock(&all->list_lock);
	list_move(&dev->kobj.entry, &all->list);
	spin_unlock(&all->list_lock);
}

int nyx_last_shutdown_start(void (*fn)(void))
{
	int err;

	last_shutdown = fn;
	err = platform_driver_register(&last_driver);
	if (err)
		return err;
	last_device = platform_device_register_simple(last_driver.driver.name,
						      PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(last_device)) {
		platform_driver_unregister(&last_driver);
		return PTR_ERR(last_device);
	}
	shut_down_last(&last_device->dev);
	return 0;
}

void nyx_last_shutdown_stop(void)
{
	platform_device_unregister(last_device);
	platform_driver_unregister(&last_driver);
}

#endif
