// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi: every field that the code uses is where the specification puts it.
 * The numbers are typed in from its tables, not derived from regs.h.
 */
#include <kunit/test.h>

#include "../amdvi/regs.h"

struct field {
	const char *name;
	u64 mask;
	unsigned int high, low;
};

#define F(name, high, low)	{ #name, AMDVI_##name, high, low }

static const struct field fields[] = {
	/* 3.2.1, 3.2.2, 3.2.5: capability block */
	F(CAP_ID, 7, 0), F(CAP_TYPE, 18, 16), F(CAP_IOTLB_SUP, 24, 24), F(CAP_HT_TUNNEL, 25, 25),
	F(CAP_NP_CACHE, 26, 26), F(CAP_EFR_SUP, 27, 27), F(CAP_EXT, 28, 28),
	F(CAP_BASE_ENABLE, 0, 0), F(CAP_BASE_ADDR_LOW, 31, 14), F(CAP_MISC0_PA_SIZE, 14, 8),
	/* 5.2.2.1: IVHD flags */
	F(IVHD_HT_TUN_EN, 0, 0), F(IVHD_PASS_PW, 1, 1), F(IVHD_RES_PASS_PW, 2, 2),
	F(IVHD_ISOC, 3, 3), F(IVHD_IOTLB_SUP, 4, 4), F(IVHD_COHERENT, 5, 5),
	/* 3.4: registers */
	F(DEVTAB_SIZE, 8, 0), F(DEVTAB_ADDR, 51, 12), F(CMD_ADDR, 51, 12), F(CMD_LEN, 59, 56),
	F(EVENT_ADDR, 51, 12), F(EVENT_LEN, 59, 56),
	F(CONTROL_IOMMU_EN, 0, 0), F(CONTROL_HT_TUN_EN, 1, 1), F(CONTROL_EVENT_LOG_EN, 2, 2),
	F(CONTROL_EVENT_INT_EN, 3, 3), F(CONTROL_COM_WAIT_INT_EN, 4, 4),
	F(CONTROL_INV_TIME_OUT, 7, 5), F(CONTROL_PASS_PW, 8, 8), F(CONTROL_RES_PASS_PW, 9, 9),
	F(CONTROL_COHERENT, 10, 10), F(CONTROL_ISOC, 11, 11), F(CONTROL_CMD_BUF_EN, 12, 12),
	F(CONTROL_PPR_LOG_EN, 13, 13), F(CONTROL_PPR_INT_EN, 14, 14), F(CONTROL_PPR_EN, 15, 15),
	F(CONTROL_GT_EN, 16, 16), F(CONTROL_GA_EN, 17, 17), F(CONTROL_GAM_EN, 27, 25),
	F(CONTROL_GA_LOG_EN, 28, 28), F(CONTROL_GA_INT_EN, 29, 29), F(CONTROL_XT_EN, 50, 50),
	F(EXCL_EN, 0, 0), F(EXCL_ALLOW, 1, 1),
	F(EFR_PREF_SUP, 0, 0), F(EFR_PPR_SUP, 1, 1), F(EFR_XT_SUP, 2, 2), F(EFR_NX_SUP, 3, 3),
	F(EFR_GT_SUP, 4, 4), F(EFR_IA_SUP, 6, 6), F(EFR_GA_SUP, 7, 7), F(EFR_HE_SUP, 8, 8),
	F(EFR_PC_SUP, 9, 9), F(EFR_HATS, 11, 10),
	F(RING_PTR, 18, 4),
	F(STATUS_EVENT_OVERFLOW, 0, 0), F(STATUS_EVENT_LOG_INT, 1, 1),
	F(STATUS_COM_WAIT_INT, 2, 2), F(STATUS_EVENT_LOG_RUN, 3, 3), F(STATUS_CMD_BUF_RUN, 4, 4),
	/* 2.2.2.1: device table entry, bit numbers within the word */
	F(DTE0_V, 0, 0), F(DTE0_TV, 1, 1), F(DTE0_MODE, 11, 9), F(DTE0_ROOT, 51, 12),
	F(DTE0_IR, 61, 61), F(DTE0_IW, 62, 62),
	F(DTE1_DOMAIN_ID, 79 - 64, 64 - 64), F(DTE1_I, 96 - 64, 96 - 64),
	F(DTE1_SE, 97 - 64, 97 - 64), F(DTE1_SA, 98 - 64, 98 - 64),
	F(DTE1_IO_CTL, 100 - 64, 99 - 64), F(DTE1_SD, 102 - 64, 102 - 64),
	F(DTE1_EX, 103 - 64, 103 - 64), F(DTE1_SYS_MGT, 105 - 64, 104 - 64),
	F(DTE2_IV, 128 - 128, 128 - 128), F(DTE2_INT_TAB_LEN, 132 - 128, 129 - 128),
	F(DTE2_IG, 133 - 128, 133 - 128), F(DTE2_INT_TAB_ROOT, 179 - 128, 134 - 128),
	F(DTE2_INIT_PASS, 184 - 128, 184 - 128), F(DTE2_EINT_PASS, 185 - 128, 185 - 128),
	F(DTE2_NMI_PASS, 186 - 128, 186 - 128), F(DTE2_INT_CTL, 189 - 128, 188 - 128),
	F(DTE2_LINT0_PASS, 190 - 128, 190 - 128), F(DTE2_LINT1_PASS, 191 - 128, 191 - 128),
	/* 2.2.5: interrupt remapping table entry; the high half's bit numbers are minus 64 */
	F(IRTE_REMAP_EN, 0, 0), F(IRTE_SUP_IOPF, 1, 1), F(IRTE_INT_TYPE, 4, 2),
	F(IRTE_RQ_EOI, 5, 5), F(IRTE_DM, 6, 6), F(IRTE_GUEST_MODE, 7, 7),
	F(IRTE32_DESTINATION, 15, 8), F(IRTE32_VECTOR, 23, 16),
	F(IRTE128_DESTINATION_LOW, 31, 8), F(IRTE128_VECTOR, 71 - 64, 64 - 64),
	F(IRTE128_DESTINATION_HIGH, 127 - 64, 120 - 64),
	/* 2.4: commands */
	F(CMD_OPCODE, 63, 60), F(WAIT0_S, 0, 0), F(WAIT0_I, 1, 1), F(WAIT0_F, 2, 2),
	F(WAIT0_STORE_ADDR, 51, 3), F(INV0_DEVICE_ID, 15, 0), F(INV0_DOMAIN_ID, 47, 32),
	F(INV1_S, 0, 0), F(INV1_PDE, 1, 1), F(INV1_GN, 2, 2), F(INV1_ADDR, 63, 12),
	/* 2.5: events; flags are bits 27:16 of the second doubleword */
	F(EVENT_CODE, 63, 60), F(EVENT_DEVICE_ID, 15, 0), F(EVENT_DOMAIN_ID, 47, 32),
	F(EVENT_FLAGS, 32 + 27, 32 + 16), F(EVENT_GN, 32 + 16, 32 + 16),
	F(EVENT_NX, 32 + 17, 32 + 17), F(EVENT_US, 32 + 18, 32 + 18), F(EVENT_I, 32 + 19, 32 + 19),
	F(EVENT_PR, 32 + 20, 32 + 20), F(EVENT_RW, 32 + 21, 32 + 21),
	F(EVENT_PE, 32 + 22, 32 + 22), F(EVENT_RZ, 32 + 23, 32 + 23), F(EVENT_TR, 32 + 24, 32 + 24),
	F(EVENT_REQUEST_TYPE, 32 + 27, 32 + 25),
};

static const struct {
	const char *name;
	u64 have, want;
} values[] = {
	{ "device table base", AMDVI_DEVTAB_BASE, 0x0000 },
	{ "command buffer base", AMDVI_CMD_BASE, 0x0008 },
	{ "event log base", AMDVI_EVENT_BASE, 0x0010 },
	{ "control", AMDVI_CONTROL, 0x0018 },
	{ "exclusion base", AMDVI_EXCL_BASE, 0x0020 },
	{ "exclusion limit", AMDVI_EXCL_LIMIT, 0x0028 },
	{ "extended features", AMDVI_EFR, 0x0030 },
	{ "extended features 2", AMDVI_EFR2, 0x01a0 },
	{ "command head", AMDVI_CMD_HEAD, 0x2000 },
	{ "command tail", AMDVI_CMD_TAIL, 0x2008 },
	{ "event head", AMDVI_EVENT_HEAD, 0x2010 },
	{ "event tail", AMDVI_EVENT_TAIL, 0x2018 },
	{ "status", AMDVI_STATUS, 0x2020 },
	{ "COMPLETION_WAIT", AMDVI_COMPLETION_WAIT, 0x1 },
	{ "INVALIDATE_DEVTAB_ENTRY", AMDVI_INVALIDATE_DEVTAB_ENTRY, 0x2 },
	{ "INVALIDATE_IOMMU_PAGES", AMDVI_INVALIDATE_IOMMU_PAGES, 0x3 },
	{ "INVALIDATE_INTERRUPT_TABLE", AMDVI_INVALIDATE_INT_TABLE, 0x5 },
	{ "IntCtl: abort", AMDVI_INT_CTL_ABORT, 0 },
	{ "IntCtl: remap", AMDVI_INT_CTL_REMAP, 2 },
	{ "IntType: fixed", AMDVI_INT_TYPE_FIXED, 0 },
	{ "IntType: arbitrated", AMDVI_INT_TYPE_ARBITRATED, 1 },
	{ "INVALIDATE_IOMMU_ALL", AMDVI_INVALIDATE_IOMMU_ALL, 0x8 },
	{ "whole-domain address", AMDVI_INV1_ADDR_ALL, 0x7ffffffffffff000ULL },
	{ "ILLEGAL_DEV_TABLE_ENTRY", AMDVI_ILLEGAL_DEV_TABLE_ENTRY, 0x1 },
	{ "IO_PAGE_FAULT", AMDVI_IO_PAGE_FAULT, 0x2 },
	{ "DEV_TAB_HARDWARE_ERROR", AMDVI_DEV_TAB_HARDWARE_ERROR, 0x3 },
	{ "PAGE_TAB_HARDWARE_ERROR", AMDVI_PAGE_TAB_HARDWARE_ERROR, 0x4 },
	{ "ILLEGAL_COMMAND_ERROR", AMDVI_ILLEGAL_COMMAND_ERROR, 0x5 },
	{ "COMMAND_HARDWARE_ERROR", AMDVI_COMMAND_HARDWARE_ERROR, 0x6 },
	{ "IOTLB_INV_TIMEOUT", AMDVI_IOTLB_INV_TIMEOUT, 0x7 },
	{ "INVALID_DEVICE_REQUEST", AMDVI_INVALID_DEVICE_REQUEST, 0x8 },
	{ "INVALID_PPR_REQUEST", AMDVI_INVALID_PPR_REQUEST, 0x9 },
	{ "EVENT_COUNTER_ZERO", AMDVI_EVENT_COUNTER_ZERO, 0xa },
};

static void amdvi_regs_test_fields(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		KUNIT_EXPECT_EQ_MSG(test, fields[i].mask,
				    GENMASK_ULL(fields[i].high, fields[i].low), "%s",
				    fields[i].name);
}

static void amdvi_regs_test_values(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		KUNIT_EXPECT_EQ_MSG(test, values[i].have, values[i].want, "%s", values[i].name);
}

static struct kunit_case amdvi_regs_cases[] = {
	KUNIT_CASE(amdvi_regs_test_fields),
	KUNIT_CASE(amdvi_regs_test_values),
	{}
};

static struct kunit_suite amdvi_regs_suite = {
	.name = "nyx_amdvi_regs",
	.test_cases = amdvi_regs_cases,
};

kunit_test_suite(amdvi_regs_suite);
