// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts whose IOMMUs are not this module's to drive, told apart before anything is
 * touched, and what a locked-down kernel forbids.
 */
#include <linux/cc_platform.h>
#include <linux/io.h>
#include <linux/security.h>
#include <asm/cpufeature.h>
#include <asm/hypervisor.h>
#include <asm/msr.h>

#include "core.h"

/* Intel TXT: public register space and TXT.STS (TXT software guide, appendix B). */
#define TXT_PUBLIC_BASE		0xfed30000
#define TXT_STS			0x0
#define TXT_STS_SENTER_DONE	BIT(0)

/* AMD64 manual volume 2, 15.36.3: SYSCFG.SNPEn makes the IOMMU enforce the RMP. */
#define MSR_SYSCFG		0xc0010010
#define SYSCFG_SNP_EN		BIT(24)

static bool txt_measured_launch(void)
{
	void __iomem *txt;
	u32 status;

	if (!boot_cpu_has(X86_FEATURE_SMX))
		return false;
	txt = ioremap(TXT_PUBLIC_BASE, PAGE_SIZE);
	if (!txt)
		return false;
	status = readl(txt + TXT_STS);
	iounmap(txt);
	/* All ones: nothing decodes that address. */
	return status != U32_MAX && (status & TXT_STS_SENTER_DONE);
}

static bool snp_host(void)
{
	u32 low, high;

	if (boot_cpu_data.x86_vendor != X86_VENDOR_AMD)
		return false;
	return !rdmsr_safe(MSR_SYSCFG, &low, &high) && (low & SYSCFG_SNP_EN);
}

int nyx_locked_down(enum nyx_arg arg, const char *what, struct nyx_why *why)
{
	if (!security_locked_down(LOCKDOWN_DEV_MEM))
		return 0;
	return nyx_refuse(why, -EPERM, arg,
			  "the kernel is locked down (see /sys/kernel/security/lockdown), and %s; boot without lockdown",
			  what);
}

int nyx_host_refused(struct nyx_why *why)
{
	if (hypervisor_is_type(X86_HYPER_XEN_PV) || hypervisor_is_type(X86_HYPER_XEN_HVM))
		return nyx_refuse(why, -EPERM, NYX_ARG_NONE,
				  "this kernel runs under Xen, which drives the IOMMUs itself");
	if (hypervisor_is_type(X86_HYPER_MS_HYPERV))
		return nyx_refuse(why, -EPERM, NYX_ARG_NONE,
				  "this kernel runs under Hyper-V, which drives the IOMMUs itself");
	if (txt_measured_launch())
		return nyx_refuse(why, -EPERM, NYX_ARG_NONE,
				  "this machine was launched with Intel TXT (tboot), which needs the in-tree driver's DMA protection; boot without tboot");
	/* Table addresses would need the encryption bit, which is not implemented. */
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return nyx_refuse(why, -EPERM, NYX_ARG_NONE,
				  "memory encryption (SME, SEV or TDX) is active, which this version does not support; boot with mem_encrypt=off");
	if (snp_host())
		return nyx_refuse(why, -EPERM, NYX_ARG_NONE,
				  "SEV-SNP is enabled on this host, which needs the in-tree AMD driver; disable SNP in firmware");
	return 0;
}
