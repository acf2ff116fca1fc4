/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AMD-Vi as the hardware sees it: capability block, registers, device table
 * entry, commands, events. Names and sections are those of the AMD I/O
 * Virtualization Technology (IOMMU) Specification, publication 48882. A field
 * is indented under the register or word that holds it.
 */
#ifndef NYX_AMDVI_REGS_H
#define NYX_AMDVI_REGS_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/sizes.h>
#include <linux/types.h>

/* ---- capability block in PCI configuration space (3.2) ---- */

#define AMDVI_CAP_HEADER		0x00	/* 3.2.1 */
#define   AMDVI_CAP_ID			GENMASK(7, 0)
#define     AMDVI_CAP_ID_SECURE		0x0f
#define   AMDVI_CAP_TYPE		GENMASK(18, 16)
#define     AMDVI_CAP_TYPE_IOMMU	3
#define   AMDVI_CAP_IOTLB_SUP		BIT(24)
#define   AMDVI_CAP_HT_TUNNEL		BIT(25)
#define   AMDVI_CAP_NP_CACHE		BIT(26)
#define   AMDVI_CAP_EFR_SUP		BIT(27)
#define   AMDVI_CAP_EXT			BIT(28)
#define AMDVI_CAP_BASE_LOW		0x04	/* 3.2.2; locked once Enable is set */
#define   AMDVI_CAP_BASE_ENABLE		BIT(0)
#define   AMDVI_CAP_BASE_ADDR_LOW	GENMASK(31, 14)
#define AMDVI_CAP_BASE_HIGH		0x08	/* 3.2.3 */
#define AMDVI_CAP_MISC0			0x10	/* 3.2.5 */
#define   AMDVI_CAP_MISC0_PA_SIZE	GENMASK(14, 8)

/* Bits of the Flags byte of an IVHD (5.2.2.1, table "IVHD Flags") */
#define AMDVI_IVHD_HT_TUN_EN		BIT(0)
#define AMDVI_IVHD_PASS_PW		BIT(1)
#define AMDVI_IVHD_RES_PASS_PW		BIT(2)
#define AMDVI_IVHD_ISOC			BIT(3)
#define AMDVI_IVHD_IOTLB_SUP		BIT(4)
#define AMDVI_IVHD_COHERENT		BIT(5)
/* Feature Reporting field of type 10h, Attributes of 11h and 40h */
#define AMDVI_IVHD_PN_COUNTERS		GENMASK(16, 13)

/* ---- MMIO registers (3.4); all 64 bits wide ---- */

#define AMDVI_MMIO_SIZE			SZ_16K
#define AMDVI_MMIO_SIZE_PC		SZ_512K	/* with performance counters */

#define AMDVI_DEVTAB_BASE		0x0000	/* 3.4.1 */
#define   AMDVI_DEVTAB_SIZE		GENMASK_ULL(8, 0)	/* 4 KiB pages - 1 */
#define   AMDVI_DEVTAB_ADDR		GENMASK_ULL(51, 12)
#define AMDVI_CMD_BASE			0x0008
#define   AMDVI_CMD_ADDR		GENMASK_ULL(51, 12)
#define   AMDVI_CMD_LEN			GENMASK_ULL(59, 56)	/* log2 of entries, 8 to 15 */
#define AMDVI_EVENT_BASE		0x0010
#define   AMDVI_EVENT_ADDR		GENMASK_ULL(51, 12)
#define   AMDVI_EVENT_LEN		GENMASK_ULL(59, 56)
#define AMDVI_CONTROL			0x0018
#define   AMDVI_CONTROL_IOMMU_EN	BIT_ULL(0)
#define   AMDVI_CONTROL_HT_TUN_EN	BIT_ULL(1)
#define   AMDVI_CONTROL_EVENT_LOG_EN	BIT_ULL(2)
#define   AMDVI_CONTROL_EVENT_INT_EN	BIT_ULL(3)
#define   AMDVI_CONTROL_COM_WAIT_INT_EN	BIT_ULL(4)
#define   AMDVI_CONTROL_INV_TIME_OUT	GENMASK_ULL(7, 5)
#define     AMDVI_INV_TIME_OUT_1S	4
#define   AMDVI_CONTROL_PASS_PW		BIT_ULL(8)
#define   AMDVI_CONTROL_RES_PASS_PW	BIT_ULL(9)
#define   AMDVI_CONTROL_COHERENT	BIT_ULL(10)
#define   AMDVI_CONTROL_ISOC		BIT_ULL(11)
#define   AMDVI_CONTROL_CMD_BUF_EN	BIT_ULL(12)
#define   AMDVI_CONTROL_PPR_LOG_EN	BIT_ULL(13)
#define   AMDVI_CONTROL_PPR_INT_EN	BIT_ULL(14)
#define   AMDVI_CONTROL_PPR_EN		BIT_ULL(15)
#define   AMDVI_CONTROL_GT_EN		BIT_ULL(16)
#define   AMDVI_CONTROL_GA_EN		BIT_ULL(17)
#define   AMDVI_CONTROL_GAM_EN		GENMASK_ULL(27, 25)
#define   AMDVI_CONTROL_GA_LOG_EN	BIT_ULL(28)
#define   AMDVI_CONTROL_GA_INT_EN	BIT_ULL(29)
#define   AMDVI_CONTROL_DEV_TBL_SEG_EN	GENMASK_ULL(36, 34)
#define   AMDVI_CONTROL_XT_EN		BIT_ULL(50)	/* 32 bits of destination; needs GAEn */
#define AMDVI_EXCL_BASE			0x0020
#define   AMDVI_EXCL_EN			BIT_ULL(0)
#define   AMDVI_EXCL_ALLOW		BIT_ULL(1)
#define AMDVI_EXCL_LIMIT		0x0028
#define AMDVI_EFR			0x0030	/* Extended Feature Register */
#define   AMDVI_EFR_PREF_SUP		BIT_ULL(0)
#define   AMDVI_EFR_PPR_SUP		BIT_ULL(1)
#define   AMDVI_EFR_XT_SUP		BIT_ULL(2)
#define   AMDVI_EFR_NX_SUP		BIT_ULL(3)
#define   AMDVI_EFR_GT_SUP		BIT_ULL(4)
#define   AMDVI_EFR_IA_SUP		BIT_ULL(6)
#define   AMDVI_EFR_GA_SUP		BIT_ULL(7)
#define   AMDVI_EFR_HE_SUP		BIT_ULL(8)
#define   AMDVI_EFR_PC_SUP		BIT_ULL(9)
#define   AMDVI_EFR_HATS		GENMASK_ULL(11, 10)
#define     AMDVI_HATS_4_LEVELS		0
#define     AMDVI_HATS_5_LEVELS		1
#define     AMDVI_HATS_6_LEVELS		2
#define     AMDVI_HATS_NONE		3	/* no host translation */
#define AMDVI_EFR2			0x01a0
#define AMDVI_CMD_HEAD			0x2000
#define AMDVI_CMD_TAIL			0x2008
#define AMDVI_EVENT_HEAD		0x2010
#define AMDVI_EVENT_TAIL		0x2018
#define   AMDVI_RING_PTR		GENMASK_ULL(18, 4)	/* of the four above: byte offset */
#define AMDVI_STATUS			0x2020
#define   AMDVI_STATUS_EVENT_OVERFLOW	BIT_ULL(0)	/* RW1C */
#define   AMDVI_STATUS_EVENT_LOG_INT	BIT_ULL(1)	/* RW1C */
#define   AMDVI_STATUS_COM_WAIT_INT	BIT_ULL(2)	/* RW1C */
#define   AMDVI_STATUS_EVENT_LOG_RUN	BIT_ULL(3)
#define   AMDVI_STATUS_CMD_BUF_RUN	BIT_ULL(4)

/* ---- device table entry (2.2.2.1): four words ---- */

#define AMDVI_DEVTAB_ENTRIES		65536

struct amdvi_dte {
	u64 word[4];
} __aligned(32);

static_assert(sizeof(struct amdvi_dte) == 32);

/* word 0 */
#define AMDVI_DTE0_V			BIT_ULL(0)
#define AMDVI_DTE0_TV			BIT_ULL(1)
#define AMDVI_DTE0_MODE			GENMASK_ULL(11, 9)	/* levels; 0: no translation */
#define AMDVI_DTE0_ROOT			GENMASK_ULL(51, 12)	/* Host Page Table Root Pointer */
#define AMDVI_DTE0_IR			BIT_ULL(61)
#define AMDVI_DTE0_IW			BIT_ULL(62)
/* word 1: bits 127:64 of the entry */
#define AMDVI_DTE1_DOMAIN_ID		GENMASK_ULL(15, 0)
#define AMDVI_DTE1_I			BIT_ULL(32)	/* IOTLB enable: ATS */
#define AMDVI_DTE1_SE			BIT_ULL(33)	/* suppress all but the first page fault */
#define AMDVI_DTE1_SA			BIT_ULL(34)	/* suppress all page faults */
#define AMDVI_DTE1_IO_CTL		GENMASK_ULL(36, 35)
#define AMDVI_DTE1_SD			BIT_ULL(38)	/* snoop disable */
#define AMDVI_DTE1_EX			BIT_ULL(39)	/* allow exclusion */
#define AMDVI_DTE1_SYS_MGT		GENMASK_ULL(41, 40)
#define   AMDVI_SYS_MGT_FORWARD		1	/* 01b: posted writes forwarded untranslated */
/* word 2: bits 191:128 */
#define AMDVI_DTE2_IV			BIT_ULL(0)
#define AMDVI_DTE2_INT_TAB_LEN		GENMASK_ULL(4, 1)
#define AMDVI_DTE2_IG			BIT_ULL(5)
#define AMDVI_DTE2_INT_TAB_ROOT		GENMASK_ULL(51, 6)
#define AMDVI_DTE2_INIT_PASS		BIT_ULL(56)
#define AMDVI_DTE2_EINT_PASS		BIT_ULL(57)
#define AMDVI_DTE2_NMI_PASS		BIT_ULL(58)
#define AMDVI_DTE2_INT_CTL		GENMASK_ULL(61, 60)
#define   AMDVI_INT_CTL_ABORT		0	/* fixed and arbitrated interrupts are refused */
#define   AMDVI_INT_CTL_FORWARD		1	/* they pass as they are */
#define   AMDVI_INT_CTL_REMAP		2	/* through the table at IntTabRoot */
#define AMDVI_DTE2_LINT0_PASS		BIT_ULL(62)
#define AMDVI_DTE2_LINT1_PASS		BIT_ULL(63)

/*
 * ---- interrupt remapping table entry (2.2.5) ----
 *
 * A message's table entry is the one with the number in the low 11 bits of its data. With
 * GAEn = 0 an entry has 32 bits, with GAEn = 1 it has 128: two words.
 */

#define AMDVI_INT_TABLE_ENTRIES		2048	/* that 11 bits can name */
#define AMDVI_INT_TABLE_ALIGN		128

/* 32 bits, and the low half of 128 */
#define AMDVI_IRTE_REMAP_EN		BIT_ULL(0)
#define AMDVI_IRTE_SUP_IOPF		BIT_ULL(1)	/* do not log what it refuses */
#define AMDVI_IRTE_INT_TYPE		GENMASK_ULL(4, 2)
#define   AMDVI_INT_TYPE_FIXED		0
#define   AMDVI_INT_TYPE_ARBITRATED	1	/* the others are reserved */
#define AMDVI_IRTE_RQ_EOI		BIT_ULL(5)
#define AMDVI_IRTE_DM			BIT_ULL(6)	/* logical destination */
#define AMDVI_IRTE_GUEST_MODE		BIT_ULL(7)	/* reserved in 32 bits */
/* the rest of 32 bits */
#define AMDVI_IRTE32_DESTINATION	GENMASK_ULL(15, 8)
#define AMDVI_IRTE32_VECTOR		GENMASK_ULL(23, 16)
/* the rest of 128: the low and the high half */
#define AMDVI_IRTE128_DESTINATION_LOW	GENMASK_ULL(31, 8)
#define AMDVI_IRTE128_VECTOR		GENMASK_ULL(7, 0)	/* 71:64 */
#define AMDVI_IRTE128_DESTINATION_HIGH	GENMASK_ULL(63, 56)	/* 127:120; XTEn = 1 */

/* ---- commands (2.4): two words ---- */

struct amdvi_command {
	u64 word[2];
};

static_assert(sizeof(struct amdvi_command) == 16);

/* word 0, all commands */
#define AMDVI_CMD_OPCODE		GENMASK_ULL(63, 60)
#define   AMDVI_COMPLETION_WAIT		1	/* 2.4.1 */
#define   AMDVI_INVALIDATE_DEVTAB_ENTRY	2	/* 2.4.2 */
#define   AMDVI_INVALIDATE_IOMMU_PAGES	3	/* 2.4.3 */
#define   AMDVI_INVALIDATE_IOTLB_PAGES	4	/* 2.4.4 */
#define   AMDVI_INVALIDATE_INT_TABLE	5	/* 2.4.5 */
#define   AMDVI_INVALIDATE_IOMMU_ALL	8	/* 2.4.8 */
/* COMPLETION_WAIT; word 1 is the Store Data */
#define AMDVI_WAIT0_S			BIT_ULL(0)	/* store */
#define AMDVI_WAIT0_I			BIT_ULL(1)	/* interrupt */
#define AMDVI_WAIT0_F			BIT_ULL(2)	/* flush queue */
#define AMDVI_WAIT0_STORE_ADDR		GENMASK_ULL(51, 3)
/* INVALIDATE_DEVTAB_ENTRY, INVALIDATE_INTERRUPT_TABLE */
#define AMDVI_INV0_DEVICE_ID		GENMASK_ULL(15, 0)
/* INVALIDATE_IOMMU_PAGES */
#define AMDVI_INV0_DOMAIN_ID		GENMASK_ULL(47, 32)
#define AMDVI_INV1_S			BIT_ULL(0)	/* size coded in the address */
#define AMDVI_INV1_PDE			BIT_ULL(1)	/* page directory entries too */
#define AMDVI_INV1_GN			BIT_ULL(2)
#define AMDVI_INV1_ADDR			GENMASK_ULL(63, 12)
/* INVALIDATE_IOTLB_PAGES; word 1 is address and size as the device gets them */
#define AMDVI_INV0_MAX_PEND		GENMASK_ULL(31, 24)	/* invalidations at a time */
#define AMDVI_INV0_QUEUE_ID		GENMASK_ULL(47, 32)	/* of functions that share one */
/* S=1 and every address bit but the highest set: the whole domain (2.4.3) */
#define AMDVI_INV1_ADDR_ALL		0x7ffffffffffff000ULL

/* ---- event log entries (2.5): two words ---- */

struct amdvi_event {
	u64 word[2];
};

static_assert(sizeof(struct amdvi_event) == 16);

/* word 0, all events */
#define AMDVI_EVENT_CODE		GENMASK_ULL(63, 60)
#define   AMDVI_ILLEGAL_DEV_TABLE_ENTRY	0x1	/* 2.5.2 */
#define   AMDVI_IO_PAGE_FAULT		0x2	/* 2.5.3 */
#define   AMDVI_DEV_TAB_HARDWARE_ERROR	0x3	/* 2.5.4 */
#define   AMDVI_PAGE_TAB_HARDWARE_ERROR	0x4	/* 2.5.5 */
#define   AMDVI_ILLEGAL_COMMAND_ERROR	0x5	/* 2.5.6 */
#define   AMDVI_COMMAND_HARDWARE_ERROR	0x6	/* 2.5.7 */
#define   AMDVI_IOTLB_INV_TIMEOUT	0x7	/* 2.5.8 */
#define   AMDVI_INVALID_DEVICE_REQUEST	0x8	/* 2.5.9 */
#define   AMDVI_INVALID_PPR_REQUEST	0x9	/* 2.5.10 */
#define   AMDVI_EVENT_COUNTER_ZERO	0xa	/* 2.5.11 */
#define   AMDVI_GUEST_EVENT_FAULT	0xb	/* 2.5.12 */
#define   AMDVI_VIOMMU_HARDWARE_ERROR	0xc
#define   AMDVI_RMP_PAGE_FAULT		0xd
#define   AMDVI_RMP_HARDWARE_ERROR	0xe
#define AMDVI_EVENT_DEVICE_ID		GENMASK_ULL(15, 0)
#define AMDVI_EVENT_DOMAIN_ID		GENMASK_ULL(47, 32)	/* a PASID where GN is set */
#define AMDVI_EVENT_FLAGS		GENMASK_ULL(59, 48)
#define   AMDVI_EVENT_GN		BIT_ULL(48)	/* guest address */
#define   AMDVI_EVENT_NX		BIT_ULL(49)	/* execute wanted, no permission for it */
#define   AMDVI_EVENT_US		BIT_ULL(50)
#define   AMDVI_EVENT_I			BIT_ULL(51)	/* interrupt request, not memory */
#define   AMDVI_EVENT_PR		BIT_ULL(52)	/* the page is present; RemapEn */
#define   AMDVI_EVENT_RW		BIT_ULL(53)	/* write */
#define   AMDVI_EVENT_PE		BIT_ULL(54)	/* the permission was not there */
#define   AMDVI_EVENT_RZ		BIT_ULL(55)	/* reserved bit set or bad level */
#define   AMDVI_EVENT_TR		BIT_ULL(56)	/* translation request (ATS) */
/* INVALID_DEVICE_REQUEST has its own use of the upper flags */
#define   AMDVI_EVENT_REQUEST_TYPE	GENMASK_ULL(59, 57)

/* Where interrupt requests arrive: the x86 range and the HyperTransport one (2.1.2). */
#define AMDVI_INT_FIRST			0xfee00000ULL
#define AMDVI_INT_LAST			0xfeefffffULL
#define AMDVI_HT_INT_FIRST		0xfdf8000000ULL
#define AMDVI_HT_INT_LAST		0xfdf8ffffffULL
/* What such a request's address says (HyperTransport 3.1, "Interrupt Request"). */
#define AMDVI_HT_MASK			GENMASK_ULL(39, 0)
#define   AMDVI_HT_INT_VECTOR		GENMASK_ULL(23, 16)
#define   AMDVI_HT_INT_MT		GENMASK_ULL(4, 2)	/* message type */

/*
 * Addresses that HyperTransport gives a meaning of their own, interrupts and system
 * management among them (2.1.2): no translation makes memory of them.
 */
#define AMDVI_HT_FIRST		0xfd00000000ULL
#define AMDVI_HT_LAST		0xffffffffffULL

#endif
