// SPDX-License-Identifier: GPL-2.0
/*
 * VT-d registers, entries and descriptors: every field's place against the
 * specification's own numbers, and capabilities of units that were made.
 */
#include "vtd_model.h"

struct field {
	const char *name;
	u64 mask;
	u8 high, low;
};

#define F(mask, high, low)	{ #mask, mask, high, low }
/* Numbered through all 128 bits, where the second half begins at 64. */
#define FH(mask, high, low)	{ #mask, mask, (high) - 64, (low) - 64 }

static const struct field fields[] = {
	F(VTD_VER_MIN, 3, 0), F(VTD_VER_MAX, 7, 4),
	F(VTD_CAP_ND, 2, 0), F(VTD_CAP_AFL, 3, 3), F(VTD_CAP_RWBF, 4, 4), F(VTD_CAP_PLMR, 5, 5),
	F(VTD_CAP_PHMR, 6, 6), F(VTD_CAP_CM, 7, 7), F(VTD_CAP_SAGAW, 12, 8),
	F(VTD_CAP_MGAW, 21, 16), F(VTD_CAP_ZLR, 22, 22), F(VTD_CAP_FRO, 33, 24),
	F(VTD_CAP_SLLPS, 37, 34), F(VTD_CAP_PSI, 39, 39), F(VTD_CAP_NFR, 47, 40),
	F(VTD_CAP_MAMV, 53, 48), F(VTD_CAP_DWD, 54, 54), F(VTD_CAP_DRD, 55, 55),
	F(VTD_CAP_PI, 59, 59),
	F(VTD_ECAP_C, 0, 0), F(VTD_ECAP_QI, 1, 1), F(VTD_ECAP_DT, 2, 2), F(VTD_ECAP_IR, 3, 3),
	F(VTD_ECAP_EIM, 4, 4), F(VTD_ECAP_PT, 6, 6), F(VTD_ECAP_SC, 7, 7),
	F(VTD_ECAP_IRO, 17, 8), F(VTD_ECAP_MHMV, 23, 20), F(VTD_ECAP_SMTS, 43, 43),
	F(VTD_GCMD_TE, 31, 31), F(VTD_GCMD_SRTP, 30, 30), F(VTD_GCMD_SFL, 29, 29),
	F(VTD_GCMD_EAFL, 28, 28), F(VTD_GCMD_WBF, 27, 27), F(VTD_GCMD_QIE, 26, 26),
	F(VTD_GCMD_IRE, 25, 25), F(VTD_GCMD_SIRTP, 24, 24), F(VTD_GCMD_CFI, 23, 23),
	F(VTD_GSTS_TES, 31, 31), F(VTD_GSTS_RTPS, 30, 30), F(VTD_GSTS_FLS, 29, 29),
	F(VTD_GSTS_AFLS, 28, 28), F(VTD_GSTS_WBFS, 27, 27), F(VTD_GSTS_QIES, 26, 26),
	F(VTD_GSTS_IRES, 25, 25), F(VTD_GSTS_IRTPS, 24, 24), F(VTD_GSTS_CFIS, 23, 23),
	F(VTD_RTADDR_TTM, 11, 10), F(VTD_RTADDR_RTA, 63, 12),
	F(VTD_FSTS_PFO, 0, 0), F(VTD_FSTS_PPF, 1, 1), F(VTD_FSTS_AFO, 2, 2),
	F(VTD_FSTS_APF, 3, 3), F(VTD_FSTS_IQE, 4, 4), F(VTD_FSTS_ICE, 5, 5),
	F(VTD_FSTS_ITE, 6, 6), F(VTD_FSTS_FRI, 15, 8),
	F(VTD_FECTL_IM, 31, 31), F(VTD_FECTL_IP, 30, 30),
	F(VTD_FRCD_FI, 63, 12), F(VTD_FRCD_INDEX, 63, 48),
	FH(VTD_FRCD_SID, 79, 64), FH(VTD_FRCD_T2, 92, 92), FH(VTD_FRCD_PRIV, 93, 93),
	FH(VTD_FRCD_EXE, 94, 94), FH(VTD_FRCD_PP, 95, 95), FH(VTD_FRCD_FR, 103, 96),
	FH(VTD_FRCD_PV, 123, 104), FH(VTD_FRCD_AT, 125, 124), FH(VTD_FRCD_T1, 126, 126),
	FH(VTD_FRCD_F, 127, 127),
	F(VTD_PMEN_EPM, 31, 31), F(VTD_PMEN_PRS, 0, 0),
	F(VTD_IQH_QH, 18, 4), F(VTD_IQT_QT, 18, 4), F(VTD_IQA_QS, 2, 0), F(VTD_IQA_DW, 11, 11),
	F(VTD_IQA_ADDR, 63, 12),
	F(VTD_IRTA_S, 3, 0), F(VTD_IRTA_EIME, 11, 11), F(VTD_IRTA_ADDR, 63, 12),
	F(VTD_IQERCD_IQEI, 3, 0), F(VTD_IQERCD_ITESID, 47, 32), F(VTD_IQERCD_ICESID, 63, 48),
	F(VTD_ROOT_P, 0, 0), F(VTD_ROOT_CTP, 63, 12),
	F(VTD_CTX_P, 0, 0), F(VTD_CTX_FPD, 1, 1), F(VTD_CTX_TT, 3, 2), F(VTD_CTX_SLPTPTR, 63, 12),
	FH(VTD_CTX_AW, 66, 64), FH(VTD_CTX_DID, 87, 72),
	F(VTD_IRTE_P, 0, 0), F(VTD_IRTE_FPD, 1, 1), F(VTD_IRTE_DM, 2, 2), F(VTD_IRTE_RH, 3, 3),
	F(VTD_IRTE_TM, 4, 4), F(VTD_IRTE_DLM, 7, 5), F(VTD_IRTE_IM, 15, 15), F(VTD_IRTE_V, 23, 16),
	F(VTD_IRTE_DST_XAPIC, 47, 40), F(VTD_IRTE_DST_X2APIC, 63, 32),
	FH(VTD_IRTE_SID, 79, 64), FH(VTD_IRTE_SQ, 81, 80), FH(VTD_IRTE_SVT, 83, 82),
	FH(VTD_SID_BUS_FIRST, 79, 72), FH(VTD_SID_BUS_LAST, 71, 64),
	F(VTD_MSI_HANDLE, 19, 5), F(VTD_MSI_FORMAT, 4, 4), F(VTD_MSI_SHV, 3, 3),
	F(VTD_MSI_HANDLE_15, 2, 2), F(VTD_MSI_SUBHANDLE, 15, 0),
	F(VTD_INV_IEC_G, 4, 4), F(VTD_INV_IEC_IM, 31, 27), F(VTD_INV_IEC_IIDX, 47, 32),
	F(VTD_INV_TYPE, 3, 0), F(VTD_INV_G, 5, 4), F(VTD_INV_DID, 31, 16),
	F(VTD_INV_CTX_SID, 47, 32), F(VTD_INV_CTX_FM, 49, 48),
	F(VTD_INV_IOTLB_DW, 6, 6), F(VTD_INV_IOTLB_DR, 7, 7),
	FH(VTD_INV_IOTLB_AM, 69, 64), FH(VTD_INV_IOTLB_IH, 70, 70), FH(VTD_INV_IOTLB_ADDR, 127, 76),
	F(VTD_INV_WAIT_IF, 4, 4), F(VTD_INV_WAIT_SW, 5, 5), F(VTD_INV_WAIT_FN, 6, 6),
	F(VTD_INV_WAIT_DATA, 63, 32), FH(VTD_INV_WAIT_ADDR, 127, 66),
};

static void vtd_fields(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		u64 mask = (f->high == 63 ? 0 : 1ULL << (f->high + 1)) - (1ULL << f->low);

		KUNIT_EXPECT_EQ_MSG(test, f->mask, mask, "%s", f->name);
	}
}

static const struct {
	const char *name;
	u32 at, spec;
} registers[] = {
	{ "VER", VTD_VER, 0x00 }, { "CAP", VTD_CAP, 0x08 }, { "ECAP", VTD_ECAP, 0x10 },
	{ "GCMD", VTD_GCMD, 0x18 }, { "GSTS", VTD_GSTS, 0x1c }, { "RTADDR", VTD_RTADDR, 0x20 },
	{ "FSTS", VTD_FSTS, 0x34 }, { "FECTL", VTD_FECTL, 0x38 }, { "FEDATA", VTD_FEDATA, 0x3c },
	{ "FEADDR", VTD_FEADDR, 0x40 }, { "FEUADDR", VTD_FEUADDR, 0x44 },
	{ "PMEN", VTD_PMEN, 0x64 }, { "IQH", VTD_IQH, 0x80 }, { "IQT", VTD_IQT, 0x88 },
	{ "IQA", VTD_IQA, 0x90 }, { "IQERCD", VTD_IQERCD, 0xb0 }, { "IRTA", VTD_IRTA, 0xb8 },
};

static void vtd_offsets(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		KUNIT_EXPECT_EQ_MSG(test, registers[i].at, registers[i].spec, "%s",
				    registers[i].name);
}

static const struct {
	const char *name;
	u64 cap, ecap, page_sizes, window;
	u32 domains, records, levels;
	bool coherent, snoop, on_map, psi, ats;
} units[] = {
	{ "qemu", VTD_CAP_QEMU39, VTD_ECAP_QEMU, SZ_4K | SZ_2M | SZ_1G, SZ_4K,
	  65536, 1, 3, false, false, true, true, false },
	{ "client", VTD_CAP_CLIENT, VTD_ECAP_CLIENT, SZ_4K | SZ_2M | SZ_1G, SZ_4K,
	  256, 1, 4, false, true, false, true, false },
	{ "server", VTD_CAP_SERVER, VTD_ECAP_SERVER, SZ_4K | SZ_2M | SZ_1G, SZ_4K,
	  65536, 8, 4, true, true, false, true, true },
	/* Its records are on the next page, at 0x1400. */
	{ "far records", VTD_CAP_CLIENT | (0x140ULL << 24), VTD_ECAP_CLIENT,
	  SZ_4K | SZ_2M | SZ_1G, SZ_8K, 256, 1, 4, false, true, false, true, false },
	{ "without pass-through", VTD_CAP_SERVER, VTD_ECAP_SERVER & ~VTD_ECAP_PT,
	  SZ_4K | SZ_2M | SZ_1G, SZ_4K, 65536, 8, 4, true, true, false, true, true },
	{ "old with a queue", VTD_CAP_OLD, VTD_ECAP_OLD | VTD_ECAP_QI | VTD_ECAP_PT,
	  SZ_4K, SZ_4K, 256, 1, 3, false, false, true, true, false },
};

static void vtd_caps_of_units(struct kunit *test)
{
	struct nyx_unit_caps caps;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		const char *name = units[i].name;

		KUNIT_ASSERT_EQ_MSG(test, 0, vtd_decode_caps(&caps, units[i].cap, units[i].ecap,
							     46, NULL), "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.page_sizes, units[i].page_sizes, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.nr_hw_domains, units[i].domains, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.fault_records, units[i].records, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, (u32)caps.levels, units[i].levels, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.coherent, units[i].coherent, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.snoop_control, units[i].snoop, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.flush_on_map, units[i].on_map, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.page_flush, units[i].psi, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.device_tlb, units[i].ats, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, caps.pass_through, !!(units[i].ecap & VTD_ECAP_PT), "%s",
				    name);
		KUNIT_EXPECT_TRUE(test, caps.fault_lower_bound);
		KUNIT_EXPECT_EQ(test, caps.pt_format, NYX_PT_VTDSS);
		KUNIT_EXPECT_EQ(test, caps.physical_width, 46);
		KUNIT_EXPECT_EQ_MSG(test, vtd_window_size(units[i].cap, units[i].ecap),
				    units[i].window, "%s", name);
	}
}

static const struct {
	u64 cap, ecap;
	const char *says;
} refused[] = {
	{ VTD_CAP_OLD, VTD_ECAP_OLD, "queued invalidation" },
	/* Five levels only. */
	{ (VTD_CAP_SERVER & ~VTD_CAP_SAGAW) | (8ULL << 8),
	  VTD_ECAP_SERVER, "3-level nor 4-level" },
	{ VTD_CAP_SERVER & ~VTD_CAP_SAGAW, VTD_ECAP_SERVER, "3-level nor 4-level" },
};

static void vtd_refuses_units_it_cannot_serve(struct kunit *test)
{
	struct nyx_unit_caps caps;
	struct nyx_why why;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, vtd_decode_caps(&caps, refused[i].cap,
								   refused[i].ecap, 46, &why));
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, refused[i].says), "%s", why.text);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(vtd_fields),
	KUNIT_CASE(vtd_offsets),
	KUNIT_CASE(vtd_caps_of_units),
	KUNIT_CASE(vtd_refuses_units_it_cannot_serve),
	{}
};

static struct kunit_suite vtd_regs_suite = {
	.name = "vtd_regs",
	.test_cases = cases,
};

kunit_test_suite(vtd_regs_suite);
