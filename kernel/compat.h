/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows how kernels differ. The rest is written to the newest
 * API; what an older kernel lacks is supplied here.
 *
 * NYX_HAS_* come from Kbuild, which looks into the headers: stable kernels take
 * new APIs over, so a version number does not tell which one a kernel has.
 */
#ifndef NYX_COMPAT_H
#define NYX_COMPAT_H

#include <linux/syscore_ops.h>
#include <linux/version.h>

/* Syscore callbacks got an argument, and the registration a new name. */
#ifndef NYX_HAS_REGISTER_SYSCORE_OPS
#define NYX_SYSCORE(name, suspend_fn, resume_fn, shutdown_fn)		\
	static int name##_suspend(void *data) { return suspend_fn(); }		\
	static void name##_resume(void *data) { resume_fn(); }			\
	static void name##_shutdown(void *data) { shutdown_fn(); }		\
	static const struct syscore_ops name##_ops = {				\
		.suspend = name##_suspend,					\
		.resume = name##_resume,					\
		.shutdown = name##_shutdown,					\
	};									\
	static struct syscore name = { .ops = &name##_ops }
#else
#define NYX_SYSCORE(name, suspend_fn, resume_fn, shutdown_fn)		\
	static struct syscore_ops name = {					\
		.suspend = suspend_fn,						\
		.resume = resume_fn,						\
		.shutdown = shutdown_fn,					\
	}
#define register_syscore	register_syscore_ops
#define unregister_syscore	unregister_syscore_ops
#endif

/* ---- processor ---- */

/* cpuid() has moved. */
#ifdef NYX_HAS_CPUID_API
#include <asm/cpuid/api.h>
#else
#include <asm/processor.h>
#endif

/* ---- PCI ---- */

#include <linux/pci.h>

/*
 * Only the driver of that name may bind to pdev. Where the name is kept has moved. Process
 * context; older kernels take device_lock. 0, -ENOMEM.
 */
static inline int nyx_override_driver(struct pci_dev *pdev, const char *name)
{
#ifdef NYX_HAS_DEVICE_OVERRIDE
	return device_set_driver_override(&pdev->dev, name);
#else
	return driver_set_override(&pdev->dev, &pdev->driver_override, name, strlen(name));
#endif
}

/*
 * Any driver may bind to pdev again, if it is still that name that keeps the others away.
 * Somebody who writes another name at that very moment loses it. Process context; older
 * kernels take device_lock.
 */
static inline void nyx_forget_override(struct pci_dev *pdev, const char *name)
{
	bool ours;

#ifdef NYX_HAS_DEVICE_OVERRIDE
	spin_lock(&pdev->dev.driver_override.lock);
	ours = pdev->dev.driver_override.name &&
	       !strcmp(pdev->dev.driver_override.name, name);
	spin_unlock(&pdev->dev.driver_override.lock);
#else
	device_lock(&pdev->dev);
	ours = pdev->driver_override && !strcmp(pdev->driver_override, name);
	device_unlock(&pdev->dev);
#endif
	if (ours)
		nyx_override_driver(pdev, "");
}

/* ---- interrupts ---- */

#include <linux/eventfd.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <asm/irqdomain.h>

#ifdef NYX_EVENTFD_SIGNAL_COUNTS
#define eventfd_signal(ctx)	eventfd_signal(ctx, 1)
#endif

/* Its chip can move the interrupt in any context: newer kernels take that for granted. */
static inline void nyx_irq_moves_at_once(unsigned int virq)
{
#ifdef NYX_HAS_MOVE_PCNTXT
	irq_set_status_flags(virq, IRQ_MOVE_PCNTXT);
#endif
}

/* Behind entries of their own, interrupts of one device need no vectors in a row. */
static inline void nyx_irq_scatter_vectors(struct irq_alloc_info *info)
{
#ifdef NYX_HAS_CONTIGUOUS_VECTORS
	info->flags &= ~X86_IRQ_ALLOC_CONTIGUOUS_VECTORS;
#endif
}

/*
 * What a PCI device's MSI domain must be for its interrupts to go through remap: since 6.2
 * that domain itself, made fit for it, before that an MSI domain on top. isolated: a device
 * can raise nothing but its own. NULL: no memory.
 */
struct irq_domain *nyx_msi_create(struct irq_domain *remap, struct fwnode_handle *fwnode,
				  bool isolated);
void nyx_msi_remove(struct irq_domain *msi, struct irq_domain *remap);
/* The device's MSI domain is the one that native x86 gives PCI devices without remapping. */
bool nyx_msi_is_default(struct device *dev);

/* ---- the IOMMU API ---- */

#include <linux/iommu.h>

/* attach_dev() of a domain's operations; newer kernels tell which domain it was in. */
#ifdef NYX_ATTACH_TELLS_OLD
#define NYX_ATTACH_DEV(name, domain, dev)					\
	int name(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
#else
#define NYX_ATTACH_DEV(name, domain, dev)					\
	int name(struct iommu_domain *domain, struct device *dev)
#endif

/* iotlb_sync_map() of a domain's operations; in older kernels it could not fail. */
#ifdef NYX_SYNC_MAP_IS_VOID
#define NYX_SYNC_MAP_FAILS	0
#else
#define NYX_SYNC_MAP_FAILS	1
#endif
#define NYX_SYNC_MAP(fails, cannot_fail)	\
	__builtin_choose_expr(NYX_SYNC_MAP_FAILS, fails, cannot_fail)

/*
 * How the kernel gets at domains: it allocates paging ones, and the others are static.
 * Before that it asked for each by its type. Defined by iommu_api.c, used by compat.c.
 */
extern struct iommu_domain nyx_api_identity_domain, nyx_api_blocked_domain;
struct iommu_domain *nyx_api_domain_alloc(struct device *dev);
#ifdef NYX_HAS_DOMAIN_ALLOC_PAGING
#define NYX_IOMMU_DOMAINS						\
	.domain_alloc_paging = nyx_api_domain_alloc,			\
	.identity_domain = &nyx_api_identity_domain,			\
	.blocked_domain = &nyx_api_blocked_domain,			\
	.release_domain = &nyx_api_blocked_domain
#else
#define NYX_IOMMU_DOMAINS	.domain_alloc = nyx_domain_alloc_by_type
struct iommu_domain *nyx_domain_alloc_by_type(unsigned int type);
#endif

/* Asked before there was a flag for it at the irq domain. */
#ifdef NYX_HAS_CAP_INTR_REMAP
#define NYX_CAP_INTERRUPTS_ISOLATED	IOMMU_CAP_INTR_REMAP
#else
#define NYX_CAP_INTERRUPTS_ISOLATED	((enum iommu_cap)-1)
#endif

/* The last iommu_device is unregistered: older kernels keep its operations at the buses. */
void nyx_iommu_ops_gone(const struct iommu_ops *ops);

/* ---- generic netlink ---- */

#include <net/genetlink.h>

/* The parsed attributes of a dump request; 6.6 moved them into struct genl_info. */
static inline struct nlattr **nyx_genl_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * Before 6.8 kexec goes from device_shutdown() to the next kernel without syscore
 * shutdown. There a device of ours that is shut down after all others does it:
 * compat.c. int nyx_last_shutdown_start(void (*fn)(void)) may sleep and returns 0 or an
 * errno; fn then runs in process context at the end of device_shutdown().
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define NYX_LAST_DEVICE_SHUTDOWN
int nyx_last_shutdown_start(void (*fn)(void));
void nyx_last_shutdown_stop(void);
#else
static inline int nyx_last_shutdown_start(void (*fn)(void)) { return 0; }
static inline void nyx_last_shutdown_stop(void) { }
#endif

/*
 * pci_dev.reset_methods[] holds indexes into a table inside drivers/pci/pci.c that has only
 * grown at its end since it is there (5.15): from this one on it is the whole bus that is reset.
 */
#define NYX_PCI_RESET_BUS	6

#endif
