// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A domain's mappings, seen as what its devices reach. Pure: no system call.
 */
#include "merge.h"

size_t merge_mappings(const struct nyx_mapping *mappings, size_t nr, struct merged *merged)
{
	size_t i, made = 0;

	for (i = 0; i < nr; i++) {
		const struct nyx_mapping *mapping = &mappings[i];
		struct merged *last = made ? &merged[made - 1] : NULL;

		/* Not by the sum, which wraps at the end of the address space. */
		if (last && mapping->iova - last->iova == last->length &&
		    mapping->prot == last->prot && mapping->type == last->type) {
			last->length += mapping->length;
			last->mappings++;
			continue;
		}
		merged[made++] = (struct merged) {
			.iova = mapping->iova, .length = mapping->length,
			.prot = mapping->prot, .type = mapping->type, .mappings = 1,
		};
	}
	return made;
}

void sum_mappings(const struct nyx_mapping *mappings, size_t nr, struct total *total)
{
	size_t i;

	*total = (struct total) { .mappings = nr };
	if (!nr)
		return;
	total->lowest = mappings[0].iova;
	total->highest = mappings[nr - 1].iova + mappings[nr - 1].length - 1;
	for (i = 0; i < nr; i++) {
		total->bytes += mappings[i].length;
		if (mappings[i].prot & NYX_IOMMU_PROT_READ)
			total->readable += mappings[i].length;
		if (mappings[i].prot & NYX_IOMMU_PROT_WRITE)
			total->writable += mappings[i].length;
	}
}
