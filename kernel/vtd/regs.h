/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a VT-d unit looks like: registers, table entries, invalidation
 * descriptors and fault reasons.
 *
 * Names and section numbers are those of the Intel VT-d specification,
 * revision 3 (later revisions number the registers' chapter 10 as 11, with
 * the same names). A field is listed under its register.
 */
#ifndef NYX_VTD_REGS_H
#define NYX_VTD_REGS_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/* 10.4.1 Version: 32 bits */
#define VTD_VER			0x00
#define   VTD_VER_MIN		GENMASK_ULL(3, 0)
#define   VTD_VER_MAX		GENMASK_ULL(7, 4)

/* 10.4.2 Capability: 64 bits */
#define VTD_CAP			0x08
#define   VTD_CAP_ND		GENMASK_ULL(2, 0)	/* domain ids: 2^(4 + 2 * ND) */
#define   VTD_CAP_AFL		BIT_ULL(3)		/* advanced fault logging */
#define   VTD_CAP_RWBF		BIT_ULL(4)		/* write buffers need flushing */
#define   VTD_CAP_PLMR		BIT_ULL(5)		/* protected low memory region */
#define   VTD_CAP_PHMR		BIT_ULL(6)		/* protected high memory region */
#define   VTD_CAP_CM		BIT_ULL(7)		/* caching mode */
#define   VTD_CAP_SAGAW		GENMASK_ULL(12, 8)	/* page-table depths */
#define     VTD_SAGAW_39	BIT(1)			/* 3 levels */
#define     VTD_SAGAW_48	BIT(2)			/* 4 levels */
#define     VTD_SAGAW_57	BIT(3)			/* 5 levels */
#define   VTD_CAP_MGAW		GENMASK_ULL(21, 16)	/* widest address, minus 1 */
#define   VTD_CAP_ZLR		BIT_ULL(22)		/* zero-length reads of write-only pages */
#define   VTD_CAP_FRO		GENMASK_ULL(33, 24)	/* of the fault records, 16 bytes */
#define   VTD_CAP_SLLPS		GENMASK_ULL(37, 34)	/* large pages */
#define     VTD_SLLPS_2M	BIT(0)
#define     VTD_SLLPS_1G	BIT(1)
#define   VTD_CAP_PSI		BIT_ULL(39)		/* page-selective invalidation */
#define   VTD_CAP_NFR		GENMASK_ULL(47, 40)	/* fault records, minus 1 */
#define   VTD_CAP_MAMV		GENMASK_ULL(53, 48)	/* largest address mask */
#define   VTD_CAP_DWD		BIT_ULL(54)		/* write draining */
#define   VTD_CAP_DRD		BIT_ULL(55)		/* read draining */
#define   VTD_CAP_PI		BIT_ULL(59)		/* posted interrupts */

/* 10.4.3 Extended capability: 64 bits */
#define VTD_ECAP		0x10
#define   VTD_ECAP_C		BIT_ULL(0)		/* table walks snoop */
#define   VTD_ECAP_QI		BIT_ULL(1)		/* queued invalidation */
#define   VTD_ECAP_DT		BIT_ULL(2)		/* device-TLBs */
#define   VTD_ECAP_IR		BIT_ULL(3)		/* interrupt remapping */
#define   VTD_ECAP_EIM		BIT_ULL(4)		/* x2APIC destinations */
#define   VTD_ECAP_PT		BIT_ULL(6)		/* pass-through entries */
#define   VTD_ECAP_SC		BIT_ULL(7)		/* snoop control in leaves */
#define   VTD_ECAP_IRO		GENMASK_ULL(17, 8)	/* of the IOTLB registers, 16 bytes */
#define   VTD_ECAP_MHMV		GENMASK_ULL(23, 20)	/* largest IM of interrupt entries */
#define   VTD_ECAP_DIT		BIT_ULL(41)		/* device-TLB invalidations name the PF */
#define   VTD_ECAP_SMTS		BIT_ULL(43)		/* scalable mode */

/* 10.4.4 Global command, 10.4.5 Global status: 32 bits, the same bits */
#define VTD_GCMD		0x18
#define   VTD_GCMD_TE		BIT_ULL(31)		/* translation */
#define   VTD_GCMD_SRTP		BIT_ULL(30)		/* set root pointer: one-shot */
#define   VTD_GCMD_SFL		BIT_ULL(29)		/* set fault log: one-shot */
#define   VTD_GCMD_EAFL		BIT_ULL(28)		/* advanced fault logging */
#define   VTD_GCMD_WBF		BIT_ULL(27)		/* write-buffer flush: one-shot */
#define   VTD_GCMD_QIE		BIT_ULL(26)		/* queued invalidation */
#define   VTD_GCMD_IRE		BIT_ULL(25)		/* interrupt remapping */
#define   VTD_GCMD_SIRTP	BIT_ULL(24)		/* set IRT pointer: one-shot */
#define   VTD_GCMD_CFI		BIT_ULL(23)		/* compatibility interrupts pass */
#define VTD_GSTS		0x1c
#define   VTD_GSTS_TES		BIT_ULL(31)
#define   VTD_GSTS_RTPS		BIT_ULL(30)
#define   VTD_GSTS_FLS		BIT_ULL(29)
#define   VTD_GSTS_AFLS		BIT_ULL(28)
#define   VTD_GSTS_WBFS		BIT_ULL(27)
#define   VTD_GSTS_QIES		BIT_ULL(26)
#define   VTD_GSTS_IRES		BIT_ULL(25)
#define   VTD_GSTS_IRTPS	BIT_ULL(24)
#define   VTD_GSTS_CFIS		BIT_ULL(23)
/*
 * A write to GCMD must repeat what is on; the status of a one-shot command
 * tells that it was done once, and must not be repeated as a command.
 */
#define VTD_GCMD_KEEP		(VTD_GCMD_TE | VTD_GCMD_EAFL | VTD_GCMD_QIE | \
				 VTD_GCMD_IRE | VTD_GCMD_CFI)

/* 10.4.6 Root table address: 64 bits */
#define VTD_RTADDR		0x20
#define   VTD_RTADDR_TTM	GENMASK_ULL(11, 10)	/* 00b: legacy mode */
#define   VTD_RTADDR_RTA	GENMASK_ULL(63, 12)

/* 10.4.9 Fault status: 32 bits, write 1 to clear except PPF and FRI */
#define VTD_FSTS		0x34
#define   VTD_FSTS_PFO		BIT_ULL(0)		/* overflow: recording has stopped */
#define   VTD_FSTS_PPF		BIT_ULL(1)		/* some record has F set */
#define   VTD_FSTS_AFO		BIT_ULL(2)
#define   VTD_FSTS_APF		BIT_ULL(3)
#define   VTD_FSTS_IQE		BIT_ULL(4)		/* descriptor refused, queue stopped */
#define   VTD_FSTS_ICE		BIT_ULL(5)		/* a device-TLB answered out of turn */
#define   VTD_FSTS_ITE		BIT_ULL(6)		/* a device-TLB did not answer */
#define   VTD_FSTS_FRI		GENMASK_ULL(15, 8)	/* oldest pending record, with PPF */

/* 10.4.10 Fault event control: 32 bits */
#define VTD_FECTL		0x38
#define   VTD_FECTL_IM		BIT_ULL(31)		/* masked */
#define   VTD_FECTL_IP		BIT_ULL(30)		/* pending: read only */
/* 10.4.11 to 10.4.13: what the fault event writes, and where: 32 bits each */
#define VTD_FEDATA		0x3c
#define VTD_FEADDR		0x40
#define VTD_FEUADDR		0x44

/* 10.4.14 Fault recording, CAP.FRO * 16 + n * 16: 128 bits, here as two halves */
#define VTD_FRCD_LOW		0x0
#define   VTD_FRCD_FI		GENMASK_ULL(63, 12)	/* page address */
#define   VTD_FRCD_INDEX	GENMASK_ULL(63, 48)	/* interrupt faults: IRTE index */
#define VTD_FRCD_HIGH		0x8
#define   VTD_FRCD_SID		GENMASK_ULL(15, 0)	/* bits 79:64 */
#define   VTD_FRCD_T2		BIT_ULL(28)		/* bit 92 */
#define   VTD_FRCD_PRIV		BIT_ULL(29)		/* bit 93 */
#define   VTD_FRCD_EXE		BIT_ULL(30)		/* bit 94, with PP */
#define   VTD_FRCD_PP		BIT_ULL(31)		/* bit 95: has a PASID */
#define   VTD_FRCD_FR		GENMASK_ULL(39, 32)	/* bits 103:96, reason */
#define   VTD_FRCD_PV		GENMASK_ULL(59, 40)	/* bits 123:104, PASID */
#define   VTD_FRCD_AT		GENMASK_ULL(61, 60)	/* bits 125:124, address type */
#define   VTD_FRCD_T1		BIT_ULL(62)		/* bit 126: with T2, the type */
#define   VTD_FRCD_F		BIT_ULL(63)		/* bit 127: write 1 to clear */
#define VTD_FRCD_TOP		0xc			/* the dword that holds F */
#define   VTD_FRCD_TOP_F	BIT_ULL(31)
#define VTD_FRCD_SIZE		16

/* 10.4.16 Protected memory enable: 32 bits */
#define VTD_PMEN		0x64
#define   VTD_PMEN_EPM		BIT_ULL(31)		/* enable */
#define   VTD_PMEN_PRS		BIT_ULL(0)		/* status: read only */

/* 10.4.21 to 10.4.23 Invalidation queue head, tail, address: 64 bits */
#define VTD_IQH			0x80
#define   VTD_IQH_QH		GENMASK_ULL(18, 4)	/* of 16-byte descriptors */
#define VTD_IQT			0x88
#define   VTD_IQT_QT		GENMASK_ULL(18, 4)
#define VTD_IQA			0x90
#define   VTD_IQA_QS		GENMASK_ULL(2, 0)	/* 2^QS pages of 256 descriptors */
#define   VTD_IQA_DW		BIT_ULL(11)		/* 256-bit descriptors */
#define   VTD_IQA_ADDR		GENMASK_ULL(63, 12)

/* Invalidation queue error record: 64 bits; 0 on units without it */
#define VTD_IQERCD		0xb0
#define   VTD_IQERCD_IQEI	GENMASK_ULL(3, 0)	/* why a descriptor was refused */
#define   VTD_IQERCD_ITESID	GENMASK_ULL(47, 32)	/* source id of ITE */
#define   VTD_IQERCD_ICESID	GENMASK_ULL(63, 48)	/* source id of ICE */

/* 10.4.29 Interrupt remapping table address: 64 bits; in force from SIRTP on */
#define VTD_IRTA		0xb8
#define   VTD_IRTA_S		GENMASK_ULL(3, 0)	/* 2^(S + 1) entries, aligned to their size */
#define   VTD_IRTA_EIME		BIT_ULL(11)		/* x2APIC: all 32 bits of destinations */
#define   VTD_IRTA_ADDR		GENMASK_ULL(63, 12)

/* 10.4.8 IOTLB registers, ECAP.IRO * 16: not used, but inside the window */
#define VTD_IOTLB_SIZE		16

/* 9.1 Root entry */
struct vtd_root_entry {
	u64 low;
	u64 high;		/* reserved in legacy mode */
};

static_assert(sizeof(struct vtd_root_entry) == 16);
#define VTD_ROOT_P		BIT_ULL(0)
#define VTD_ROOT_CTP		GENMASK_ULL(63, 12)	/* context table */

/* 9.3 Context entry */
struct vtd_context_entry {
	u64 low;
	u64 high;
};

static_assert(sizeof(struct vtd_context_entry) == 16);
/* low */
#define VTD_CTX_P		BIT_ULL(0)
#define VTD_CTX_FPD		BIT_ULL(1)		/* faults are not recorded */
#define VTD_CTX_TT		GENMASK_ULL(3, 2)	/* translation type */
#define   VTD_TT_PAGING		0			/* untranslated requests only */
#define   VTD_TT_DEVICE_TLB	1
#define   VTD_TT_PASS		2
#define VTD_CTX_SLPTPTR		GENMASK_ULL(63, 12)
/* high: bits 127:64 of the entry */
#define VTD_CTX_AW		GENMASK_ULL(2, 0)	/* bits 66:64, levels minus 2 */
#define VTD_CTX_DID		GENMASK_ULL(23, 8)	/* bits 87:72 */

#define VTD_TABLE_ENTRIES	256			/* root: by bus; context: by devfn */

/* 9.10 Interrupt remapping table entry, for remapped interrupts */
struct vtd_irte {
	u64 low;
	u64 high;
};

static_assert(sizeof(struct vtd_irte) == 16);
/* low */
#define VTD_IRTE_P		BIT_ULL(0)
#define VTD_IRTE_FPD		BIT_ULL(1)		/* faults are not recorded */
#define VTD_IRTE_DM		BIT_ULL(2)		/* logical destination */
#define VTD_IRTE_RH		BIT_ULL(3)		/* redirection hint */
#define VTD_IRTE_TM		BIT_ULL(4)		/* level-triggered */
#define VTD_IRTE_DLM		GENMASK_ULL(7, 5)	/* delivery mode */
#define VTD_IRTE_IM		BIT_ULL(15)		/* posted: another format */
#define VTD_IRTE_V		GENMASK_ULL(23, 16)	/* vector */
#define VTD_IRTE_DST_XAPIC	GENMASK_ULL(47, 40)	/* destination with EIME = 0 */
#define VTD_IRTE_DST_X2APIC	GENMASK_ULL(63, 32)	/* with EIME = 1 */
/* high: bits 127:64 of the entry; whose requests it takes */
#define VTD_IRTE_SID		GENMASK_ULL(15, 0)	/* bits 79:64 */
#define   VTD_SID_BUS_FIRST	GENMASK_ULL(15, 8)	/* with VTD_SVT_BUSES */
#define   VTD_SID_BUS_LAST	GENMASK_ULL(7, 0)
#define VTD_IRTE_SQ		GENMASK_ULL(17, 16)	/* bits 81:80, what of SID counts */
#define   VTD_SQ_ALL		0
#define   VTD_SQ_BUT_2		1			/* not bit 2 of the function */
#define   VTD_SQ_BUT_2_1	2			/* not bits 2 and 1 */
#define   VTD_SQ_SLOT		3			/* no bit of the function */
#define VTD_IRTE_SVT		GENMASK_ULL(19, 18)	/* bits 83:82, what is verified */
#define   VTD_SVT_NONE		0
#define   VTD_SVT_SID		1
#define   VTD_SVT_BUSES		2

/* 5.1.2.2 Interrupt request in remappable format, as an MSI */
#define VTD_MSI_BASE		0xfee00000
#define VTD_MSI_HANDLE		GENMASK(19, 5)		/* bits 14:0 of the handle */
#define VTD_MSI_FORMAT		BIT(4)			/* remappable */
#define VTD_MSI_SHV		BIT(3)			/* the data is added to the handle */
#define VTD_MSI_HANDLE_15	BIT(2)
#define VTD_MSI_SUBHANDLE	GENMASK(15, 0)		/* data */

/* 6.5.2 Invalidation descriptors, 128 bits (IQA.DW = 0) */
struct vtd_descriptor {
	u64 low;
	u64 high;
};

static_assert(sizeof(struct vtd_descriptor) == 16);
#define VTD_INV_TYPE		GENMASK_ULL(3, 0)
#define   VTD_INV_CONTEXT	1			/* 6.5.2.1 */
#define   VTD_INV_IOTLB		2			/* 6.5.2.3 */
#define   VTD_INV_DEVICE_TLB	3			/* 6.5.2.5 */
#define   VTD_INV_INTERRUPT	4			/* 6.5.2.7 */
#define   VTD_INV_WAIT		5			/* 6.5.2.8 */
#define VTD_INV_G		GENMASK_ULL(5, 4)	/* granularity */
#define   VTD_G_GLOBAL		1
#define   VTD_G_DOMAIN		2
#define   VTD_G_DEVICE		3			/* context cache */
#define   VTD_G_PAGE		3			/* IOTLB */
#define VTD_INV_DID		GENMASK_ULL(31, 16)
/* context cache, low */
#define VTD_INV_CTX_SID		GENMASK_ULL(47, 32)
#define VTD_INV_CTX_FM		GENMASK_ULL(49, 48)	/* 00b: compare all of SID */
/* IOTLB, low */
#define VTD_INV_IOTLB_DW	BIT_ULL(6)		/* drain writes */
#define VTD_INV_IOTLB_DR	BIT_ULL(7)		/* drain reads */
/* IOTLB, high */
#define VTD_INV_IOTLB_AM	GENMASK_ULL(5, 0)	/* 2^AM pages */
#define VTD_INV_IOTLB_IH	BIT_ULL(6)		/* leaves only */
#define VTD_INV_IOTLB_ADDR	GENMASK_ULL(63, 12)
/* device-TLB, low; high is address and size as the device gets them */
#define VTD_INV_TLB_PFSID_LOW	GENMASK_ULL(15, 12)	/* its PF, bits 3:0; with ECAP.DIT */
#define VTD_INV_TLB_MAX_PEND	GENMASK_ULL(20, 16)	/* invalidations at a time, 0: 32 */
#define VTD_INV_TLB_SID		GENMASK_ULL(47, 32)
#define VTD_INV_TLB_PFSID_HIGH	GENMASK_ULL(63, 52)	/* bits 15:4 */
/* interrupt entry cache, low; high is reserved */
#define VTD_INV_IEC_G		BIT_ULL(4)		/* by index; else all */
#define VTD_INV_IEC_IM		GENMASK_ULL(31, 27)	/* 2^IM entries, at most 2^ECAP.MHMV */
#define VTD_INV_IEC_IIDX	GENMASK_ULL(47, 32)	/* the first, aligned */
/* wait, low; high is the address of the status word */
#define VTD_INV_WAIT_IF		BIT_ULL(4)		/* interrupt */
#define VTD_INV_WAIT_SW		BIT_ULL(5)		/* write status */
#define VTD_INV_WAIT_FN		BIT_ULL(6)		/* fence */
#define VTD_INV_WAIT_DATA	GENMASK_ULL(63, 32)
#define VTD_INV_WAIT_ADDR	GENMASK_ULL(63, 2)

/* Fault reasons, 7.1.3: DMA faults without PASID, then interrupt requests */
#define VTD_FR_ROOT_NOT_PRESENT		0x01
#define VTD_FR_CONTEXT_NOT_PRESENT	0x02
#define VTD_FR_CONTEXT_INVALID		0x03
#define VTD_FR_BEYOND_WIDTH		0x04
#define VTD_FR_WRITE			0x05
#define VTD_FR_READ			0x06
#define VTD_FR_TABLE_ACCESS		0x07
#define VTD_FR_ROOT_ACCESS		0x08
#define VTD_FR_CONTEXT_ACCESS		0x09
#define VTD_FR_ROOT_RESERVED		0x0a
#define VTD_FR_CONTEXT_RESERVED		0x0b
#define VTD_FR_PAGING_RESERVED		0x0c
#define VTD_FR_TRANSLATION_BLOCKED	0x0d
#define VTD_FR_IR_FIRST			0x20
#define VTD_FR_IR_RESERVED_REQUEST	0x20
#define VTD_FR_IR_INDEX			0x21
#define VTD_FR_IR_NOT_PRESENT		0x22
#define VTD_FR_IR_ACCESS		0x23
#define VTD_FR_IR_RESERVED_ENTRY	0x24
#define VTD_FR_IR_COMPATIBILITY		0x25
#define VTD_FR_IR_SOURCE		0x26
#define VTD_FR_IR_LAST			0x2f

#endif
