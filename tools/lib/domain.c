// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: domains and their memory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

#define MESSAGE_BYTES	(1ULL << 30)	/* most that one map message may cover */

static struct nl_msg *domain_request(struct nyx *nyx, int command, uint32_t id)
{
	struct nl_msg *msg = nyx_request(nyx, command, 0);

	if (msg && nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_ID, id)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int put_limits(struct nl_msg *msg, const struct nyx_domain_changes *changes)
{
	if (changes->has_max_mapped_bytes &&
	    nla_put_u64(msg, NYX_IOMMU_A_MAX_MAPPED_BYTES, changes->max_mapped_bytes))
		return -1;
	if (changes->has_max_mappings &&
	    nla_put_u64(msg, NYX_IOMMU_A_MAX_MAPPINGS, changes->max_mappings))
		return -1;
	if (changes->has_threshold &&
	    nla_put_u32(msg, NYX_IOMMU_A_FAULT_THRESHOLD, changes->threshold))
		return -1;
	return changes->has_window ?
		nla_put_u32(msg, NYX_IOMMU_A_FAULT_WINDOW, changes->window) : 0;
}

EXPORT int nyx_domain_add(struct nyx *nyx, const struct nyx_domain_params *params,
			  struct nyx_domain *domain)
{
	struct nl_msg *msg = nyx_request(nyx, NYX_IOMMU_CMD_DOMAIN_NEW, 0);
	struct nyx_domain ignored;

	if (!msg ||
	    (params->id && nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_ID, params->id)) ||
	    (params->name && nla_put_string(msg, NYX_IOMMU_A_DOMAIN_NAME, params->name)) ||
	    (params->mode && nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_MODE, params->mode)) ||
	    (params->owned && nla_put_flag(msg, NYX_IOMMU_A_OWNED)) ||
	    put_limits(msg, &params->limits))
		return nyx_no_memory(nyx, msg);
	if (!domain)
		domain = &ignored;
	*domain = (struct nyx_domain) { 0 };
	return nyx_send(nyx, msg, nyx_parse_domain, domain);
}

EXPORT int nyx_domain_get(struct nyx *nyx, uint32_t id, struct nyx_domain *domain)
{
	*domain = (struct nyx_domain) { 0 };
	return nyx_send(nyx, domain_request(nyx, NYX_IOMMU_CMD_DOMAIN_GET, id),
			nyx_parse_domain, domain);
}

EXPORT int nyx_domain_find(struct nyx *nyx, const char *name, struct nyx_domain *domain)
{
	struct nl_msg *msg = nyx_request(nyx, NYX_IOMMU_CMD_DOMAIN_GET, 0);

	if (!msg || nla_put_string(msg, NYX_IOMMU_A_DOMAIN_NAME, name))
		return nyx_no_memory(nyx, msg);
	*domain = (struct nyx_domain) { 0 };
	return nyx_send(nyx, msg, nyx_parse_domain, domain);
}

EXPORT int nyx_domain_list(struct nyx *nyx, struct nyx_domain **domains, size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_DOMAIN_GET, NULL, NULL, nyx_parse_domain,
			sizeof(**domains), (void **)domains, nr);
}

EXPORT int nyx_domain_set(struct nyx *nyx, uint32_t id, const struct nyx_domain_changes *changes)
{
	struct nl_msg *msg = domain_request(nyx, NYX_IOMMU_CMD_DOMAIN_SET, id);

	if (!msg ||
	    (changes->name && nla_put_string(msg, NYX_IOMMU_A_DOMAIN_NAME, changes->name)) ||
	    (changes->has_state && nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_STATE, changes->state)) ||
	    put_limits(msg, changes))
		return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}

/* ---- memory ---- */

static int send_map(struct nyx *nyx, uint32_t domain, const struct nyx_range *ranges, size_t nr)
{
	struct nl_msg *msg = domain_request(nyx, NYX_IOMMU_CMD_MAP, domain);
	size_t i;

	if (!msg)
		return nyx_no_memory(nyx, msg);
	for (i = 0; i < nr; i++) {
		struct nlattr *nest = nla_nest_start(msg, NYX_IOMMU_A_RANGE | NLA_F_NESTED);

		if (!nest ||
		    nla_put_u64(msg, NYX_IOMMU_A_RANGE_IOVA, ranges[i].iova) ||
		    nla_put_u64(msg, NYX_IOMMU_A_RANGE_LENGTH, ranges[i].length) ||
		    nla_put_u64(msg, NYX_IOMMU_A_RANGE_ADDRESS, ranges[i].is_phys ?
				ranges[i].phys : (uintptr_t)ranges[i].address) ||
		    (ranges[i].is_phys &&
		     nla_put_u32(msg, NYX_IOMMU_A_RANGE_TYPE, NYX_IOMMU_MAPPING_TYPE_PHYS)) ||
		    (ranges[i].prot &&
		     nla_put_u32(msg, NYX_IOMMU_A_RANGE_PROT, ranges[i].prot)) ||
		    (ranges[i].tag && nla_put_u64(msg, NYX_IOMMU_A_RANGE_TAG, ranges[i].tag)))
			return nyx_no_memory(nyx, msg);
		nla_nest_end(msg, nest);
	}
	return nyx_send(nyx, msg, NULL, NULL);
}

static int send_unmap(struct nyx *nyx, uint32_t domain, uint64_t iova, uint64_t length,
		      uint64_t *unmapped);

/* Take back what this call mapped, and keep the reason for doing so. */
static int map_failed(struct nyx *nyx, uint32_t domain, const struct nyx_range *mapped,
		      size_t nr, int err)
{
	char text[NYX_ERROR_MAX];
	size_t i;

	snprintf(text, sizeof(text), "%s", nyx->error);
	for (i = 0; i < nr; i++)
		send_unmap(nyx, domain, mapped[i].iova, mapped[i].length, NULL);
	return nyx_fail(nyx, err, "%s", text);
}

EXPORT int nyx_map(struct nyx *nyx, uint32_t domain, const struct nyx_range *ranges, size_t nr)
{
	struct nyx_range *pieces;
	size_t i, sent, end, count = 0;
	uint64_t bytes;
	int err;

	for (i = 0; i < nr; i++)
		count += ranges[i].length / MESSAGE_BYTES + 1;
	pieces = calloc(count, sizeof(*pieces));
	if (!pieces)
		return nyx_no_memory(nyx, NULL);
	for (count = i = 0; i < nr; i++) {
		struct nyx_range left = ranges[i];

		while (left.length > MESSAGE_BYTES) {
			pieces[count] = left;
			pieces[count++].length = MESSAGE_BYTES;
			left.iova += MESSAGE_BYTES;
			left.address = (char *)left.address + MESSAGE_BYTES;
			left.phys += MESSAGE_BYTES;
			left.length -= MESSAGE_BYTES;
		}
		pieces[count++] = left;	/* an empty range too: the kernel says what is wrong with it */
	}

	for (sent = 0; sent < count; sent = end) {
		for (bytes = 0, end = sent; end < count && end - sent < NYX_IOMMU_RANGES_MAX; end++) {
			if (end > sent && bytes + pieces[end].length > MESSAGE_BYTES)
				break;
			bytes += pieces[end].length;
		}
		err = send_map(nyx, domain, pieces + sent, end - sent);
		if (err) {
			err = map_failed(nyx, domain, pieces, sent, err);
			break;
		}
	}
	free(pieces);
	return err;
}

static int parse_unmapped(struct nlattr **attrs, void *out)
{
	*(uint64_t *)out += nyx_attr_u64(attrs[NYX_IOMMU_A_UNMAPPED_BYTES]);
	return 0;
}

static int send_unmap(struct nyx *nyx, uint32_t domain, uint64_t iova, uint64_t length,
		      uint64_t *unmapped)
{
	struct nl_msg *msg = domain_request(nyx, NYX_IOMMU_CMD_UNMAP, domain);
	struct nlattr *nest;
	uint64_t ignored = 0;

	if (!msg)
		return nyx_no_memory(nyx, msg);
	nest = nla_nest_start(msg, NYX_IOMMU_A_RANGE | NLA_F_NESTED);
	if (!nest || nla_put_u64(msg, NYX_IOMMU_A_RANGE_IOVA, iova) ||
	    nla_put_u64(msg, NYX_IOMMU_A_RANGE_LENGTH, length))
		return nyx_no_memory(nyx, msg);
	nla_nest_end(msg, nest);
	return nyx_send(nyx, msg, parse_unmapped, unmapped ? unmapped : &ignored);
}

/* More than one message holds: no mapping is larger than that, so go by mapping. */
static int unmap_each(struct nyx *nyx, uint32_t domain, uint64_t iova, uint64_t length,
		      uint64_t *unmapped)
{
	uint64_t first, last = iova + length - 1;
	struct nyx_mapping *mappings;
	size_t i, nr, inside = 0;
	int err;

	if (last < iova)
		return nyx_fail(nyx, -EINVAL,
				"the range wraps around the end of the address space: use a smaller size");
	err = nyx_mapping_list(nyx, domain, &mappings, &nr);
	if (err)
		return err;
	for (i = 0; i < nr; i++) {
		first = mappings[i].iova;
		if (first > last || first + mappings[i].length - 1 < iova)
			continue;
		inside++;
		if (first < iova || first + mappings[i].length - 1 > last) {
			err = nyx_fail(nyx, -EINVAL,
				       "the mapping at 0x%llx of 0x%llx bytes lies across an end of the range: unmap it whole",
				       (unsigned long long)first,
				       (unsigned long long)mappings[i].length);
			goto out;
		}
	}
	if (!inside)
		err = nyx_fail(nyx, -ENOENT, "nothing is mapped in the range: see nyxctl map show %u",
			       domain);
	for (i = 0; i < nr && !err; i++)
		if (mappings[i].iova >= iova && mappings[i].iova <= last)
			err = send_unmap(nyx, domain, mappings[i].iova, mappings[i].length,
					 unmapped);
out:
	free(mappings);
	return err;
}

EXPORT int nyx_unmap(struct nyx *nyx, uint32_t domain, uint64_t iova, uint64_t length,
		     uint64_t *unmapped)
{
	uint64_t ignored;

	if (!unmapped)
		unmapped = &ignored;
	*unmapped = 0;
	if (length <= MESSAGE_BYTES)
		return send_unmap(nyx, domain, iova, length, unmapped);
	return unmap_each(nyx, domain, iova, length, unmapped);
}

static int fill_domain(struct nl_msg *msg, const void *arg)
{
	return nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_ID, *(const uint32_t *)arg);
}

EXPORT int nyx_mapping_list(struct nyx *nyx, uint32_t domain, struct nyx_mapping **mappings,
			    size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_MAPPING_GET, fill_domain, &domain, nyx_parse_mapping,
			sizeof(**mappings), (void **)mappings, nr);
}

static int look_up(struct nyx *nyx, int command, uint32_t domain, uint64_t iova,
		   nyx_parse_fn parse, void *out)
{
	struct nl_msg *msg = domain_request(nyx, command, domain);

	if (!msg || nla_put_u64(msg, NYX_IOMMU_A_IOVA, iova))
		return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, parse, out);
}

EXPORT int nyx_translate(struct nyx *nyx, uint32_t domain, uint64_t iova,
			 struct nyx_translation *found)
{
	*found = (struct nyx_translation) { 0 };
	return look_up(nyx, NYX_IOMMU_CMD_TRANSLATE, domain, iova, nyx_parse_translation, found);
}

EXPORT int nyx_walk(struct nyx *nyx, uint32_t domain, uint64_t iova, struct nyx_walk *walk)
{
	*walk = (struct nyx_walk) { 0 };
	return look_up(nyx, NYX_IOMMU_CMD_WALK, domain, iova, nyx_parse_walk, walk);
}
