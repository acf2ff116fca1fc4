// SPDX-License-Identifier: GPL-2.0
/*
 * What a map or unmap call may ask for, as far as the call alone tells: alignment,
 * width, the interrupt range, size. What the books say comes later.
 */
#include <linux/mm.h>

#include "ranges.h"

/* What map and unmap ask of a range alike. */
static int check_iova(const struct nyx_domain *domain, const struct nyx_map_range *range,
		      struct nyx_why *why)
{
	const struct nyx_pt_config *config = &domain->pt.config;
	u64 width_last = nyx_pt_last_iova(config);

	if (config->width)
		width_last = min(width_last, BIT_ULL(config->width) - 1);
	if (!range->length || !PAGE_ALIGNED(range->length))
		return nyx_refuse(why, -EINVAL, NYX_ARG_LENGTH,
				  "length %#llx is not a multiple of 4 KiB above 0; round it up",
				  range->length);
	if (!PAGE_ALIGNED(range->iova))
		return nyx_refuse(why, -EINVAL, NYX_ARG_IOVA,
				  "address %#llx is not a multiple of 4 KiB; round it down",
				  range->iova);
	if (nyx_range_last(range) < range->iova)
		return nyx_refuse(why, -EINVAL, NYX_ARG_LENGTH,
				  "%#llx bytes from %#llx run past the end of the address space; map less",
				  range->length, range->iova);
	if (nyx_range_last(range) > width_last)
		return nyx_refuse(why, -ERANGE, NYX_ARG_IOVA,
				  "%#llx-%#llx is beyond the domain's last address %#llx; choose a lower one",
				  range->iova, nyx_range_last(range), width_last);
	return 0;
}

int nyx_ranges_check_place(const struct nyx_domain *domain, const struct nyx_map_range *range,
			   struct nyx_why *why)
{
	int err = check_iova(domain, range, why);
	u32 i;

	if (err)
		return err;
	if (range->iova <= NYX_MSI_LAST && nyx_range_last(range) >= NYX_MSI_FIRST)
		return nyx_refuse(why, -EINVAL, NYX_ARG_IOVA,
				  "%#llx-%#llx touches the interrupt range %#llx-%#llx, where DMA is an interrupt; leave it out",
				  range->iova, nyx_range_last(range), NYX_MSI_FIRST, NYX_MSI_LAST);
	for (i = 0; i < domain->nr_holes; i++)
		if (range->iova <= domain->holes[i].last &&
		    nyx_range_last(range) >= domain->holes[i].first)
			return nyx_refuse(why, -EINVAL, NYX_ARG_IOVA,
					  "%#llx-%#llx touches %s %#llx-%#llx, which is not translated; leave it out",
					  range->iova, nyx_range_last(range), domain->holes[i].what,
					  domain->holes[i].first, domain->holes[i].last);
	return 0;
}

static int check_map(const struct nyx_domain *domain, const struct nyx_map_range *range,
		     struct nyx_why *why)
{
	int err = nyx_ranges_check_place(domain, range, why);

	if (err)
		return err;
	if (!range->prot || range->prot & ~(NYX_PROT_READ | NYX_PROT_WRITE))
		return nyx_refuse(why, -EINVAL, NYX_ARG_PROT,
				  "protection %#x is none of read (1), write (2) or both (3)",
				  range->prot);
	if (range->type != NYX_MAPPING_USER && range->type != NYX_MAPPING_PHYS)
		return nyx_refuse(why, -EINVAL, NYX_ARG_TYPE,
				  "mapping type %d is not for use here; use %d, memory of the caller, or %d, host-physical memory",
				  range->type, NYX_MAPPING_USER, NYX_MAPPING_PHYS);
	if (!PAGE_ALIGNED(range->address))
		return nyx_refuse(why, -EINVAL, NYX_ARG_ADDRESS,
				  "memory at %#llx is not a multiple of 4 KiB; align it",
				  range->address);
	if (range->address + range->length < range->address)
		return nyx_refuse(why, -EINVAL, NYX_ARG_ADDRESS,
				  "%#llx bytes of memory from %#llx run past the end of the address space; map less",
				  range->length, range->address);
	return 0;
}

static int check_call(const struct nyx_domain *domain, u32 nr, struct nyx_why *why)
{
	if (why)
		why->range = -1;
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_DOMAIN,
				  "domain %u is unmanaged: its devices reach all memory untranslated; use a strict one to map",
				  domain->id);
	if (domain->external)
		return nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				  "domain %u was made by %s through the kernel's IOMMU API, which alone maps and unmaps there",
				  domain->id, domain->owner_comm);
	if (!nr)
		return nyx_refuse(why, -EINVAL, NYX_ARG_NONE, "no range given; name at least one");
	return 0;
}

int nyx_ranges_check_map(const struct nyx_domain *domain, const struct nyx_map_range *ranges,
			 u32 nr, struct nyx_why *why)
{
	int err = check_call(domain, nr, why);
	u64 total = 0;
	u32 i;

	if (err)
		return err;
	for (i = 0; i < nr; i++) {
		err = check_map(domain, &ranges[i], why);
		if (err)
			return nyx_about_range(why, i, err);
		/* No overflow: each addend is looked at before the next comes. */
		total += ranges[i].length;
		if (ranges[i].length > NYX_MAP_MESSAGE_MAX || total > NYX_MAP_MESSAGE_MAX)
			return nyx_refuse(why, -E2BIG, NYX_ARG_LENGTH,
					  "more than %#llx bytes in one call; split it",
					  (u64)NYX_MAP_MESSAGE_MAX);
	}
	return 0;
}

int nyx_ranges_check_unmap(const struct nyx_domain *domain, const struct nyx_map_range *ranges,
			   u32 nr, struct nyx_why *why)
{
	int err = check_call(domain, nr, why);
	u32 i;

	for (i = 0; !err && i < nr; i++) {
		err = check_iova(domain, &ranges[i], why);
		if (err)
			nyx_about_range(why, i, err);
	}
	return err;
}

int nyx_ranges_check_own(const struct nyx_map_range *ranges, u32 i, int err, struct nyx_why *why)
{
	u32 j;

	for (j = 0; j < i; j++)
		if (ranges[i].iova <= nyx_range_last(&ranges[j]) &&
		    ranges[j].iova <= nyx_range_last(&ranges[i]))
			return nyx_refuse(why, -EINVAL, NYX_ARG_IOVA,
					  "%#llx-%#llx overlaps range %u of the same call, %#llx-%#llx; name each byte once",
					  ranges[i].iova, nyx_range_last(&ranges[i]), j,
					  ranges[j].iova, nyx_range_last(&ranges[j]));
	return err;
}
