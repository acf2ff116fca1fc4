// SPDX-License-Identifier: GPL-2.0
/*
 * What a VT-d unit can do, decoded from CAP and ECAP, and what it must be able
 * to do for us to serve it.
 */
#include <linux/kernel.h>
#include <linux/mm.h>

#include "vtd.h"

/* Page-table levels that suit the unit, or 0. */
static u8 levels_of(u64 cap)
{
	u32 sagaw = FIELD_GET(VTD_CAP_SAGAW, cap);
	u32 width = FIELD_GET(VTD_CAP_MGAW, cap) + 1;

	/* A fourth level that MGAW leaves unreachable only lengthens the walk. */
	if (width <= 39 && (sagaw & VTD_SAGAW_39))
		return 3;
	if (sagaw & VTD_SAGAW_48)
		return 4;
	return sagaw & VTD_SAGAW_39 ? 3 : 0;
}

static u8 level_choices(u64 cap)
{
	u32 sagaw = FIELD_GET(VTD_CAP_SAGAW, cap);

	return (sagaw & VTD_SAGAW_39 ? BIT(3) : 0) | (sagaw & VTD_SAGAW_48 ? BIT(4) : 0);
}

u64 vtd_window_size(u64 cap, u64 ecap)
{
	u64 records = FIELD_GET(VTD_CAP_FRO, cap) * 16 +
		      (FIELD_GET(VTD_CAP_NFR, cap) + 1) * VTD_FRCD_SIZE;
	u64 iotlb = FIELD_GET(VTD_ECAP_IRO, ecap) * 16 + VTD_IOTLB_SIZE;

	return PAGE_ALIGN(max(records, iotlb));
}

int vtd_decode_caps(struct nyx_unit_caps *caps, u64 cap, u64 ecap, u8 physical_width,
		    struct nyx_why *why)
{
	u32 sllps = FIELD_GET(VTD_CAP_SLLPS, cap);

	if (!(ecap & VTD_ECAP_QI))
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_NONE,
				  "the unit has no queued invalidation (ECAP %#llx): not supported",
				  ecap);

	memset(caps, 0, sizeof(*caps));
	caps->levels = levels_of(cap);
	if (!caps->levels)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_NONE,
				  "the unit offers neither 3-level nor 4-level page tables (CAP %#llx): not supported",
				  cap);

	caps->level_choices = level_choices(cap);
	caps->iova_width = FIELD_GET(VTD_CAP_MGAW, cap) + 1;
	caps->pt_format = NYX_PT_VTDSS;
	caps->page_sizes = SZ_4K | (sllps & VTD_SLLPS_2M ? SZ_2M : 0) |
			   (sllps & VTD_SLLPS_1G ? SZ_1G : 0);
	caps->physical_width = physical_width;
	/* ND = 7 is reserved; a DID has 16 bits. */
	caps->nr_hw_domains = min(1U << (4 + 2 * FIELD_GET(VTD_CAP_ND, cap)), 1U << 16);
	caps->pass_through = ecap & VTD_ECAP_PT;
	caps->coherent = ecap & VTD_ECAP_C;
	caps->snoop_control = ecap & VTD_ECAP_SC;
	/* 6.1 and 6.8: either way a new translation may go unseen until something is flushed. */
	caps->flush_on_map = cap & (VTD_CAP_CM | VTD_CAP_RWBF);
	caps->page_flush = cap & VTD_CAP_PSI;
	caps->device_tlb = ecap & VTD_ECAP_DT;
	caps->counts_blocked_interrupts = ecap & VTD_ECAP_IR;
	caps->fault_records = FIELD_GET(VTD_CAP_NFR, cap) + 1;
	/*
	 * 10.4.14, F: while a record is pending the unit may drop further
	 * faults of its source id, and sets no PFO for them. No register tells
	 * whether this one does.
	 */
	caps->fault_lower_bound = true;
	return 0;
}
