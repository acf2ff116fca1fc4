// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: from a message's bytes to ranges and vectors. The kernel has checked the attributes
 * at the top against the policy, those inside one of these are checked here.
 */
#include "netlink_parse.h"

int nyx_nl_only(struct nlattr **attrs, struct netlink_ext_ack *extack, u64 takes)
{
	int i;

	for (i = 1; attrs && i < ARRAY_SIZE(nyx_iommu_nl_policy); i++)
		if (attrs[i] && (i >= 64 || !(takes & BIT_ULL(i))))
			return nyx_nl_refuse(extack, -EINVAL, attrs[i],
					     "this operation does not take attribute %d: leave it out",
					     i);
	return 0;
}

int nyx_nl_count_ranges(struct genl_info *info)
{
	const struct nlattr *attr;
	int rem, nr = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (nla_type(attr) == NYX_IOMMU_A_RANGE && ++nr > NYX_IOMMU_RANGES_MAX)
			return nyx_nl_refuse(info->extack, -E2BIG, attr,
					     "more than %d ranges in one message: send several",
					     NYX_IOMMU_RANGES_MAX);
	if (!nr)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "no range given: add 1 to %d range attributes",
				     NYX_IOMMU_RANGES_MAX);
	return nr;
}

const struct nlattr *nyx_nl_range_nest(struct genl_info *info, int nr)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (nla_type(attr) == NYX_IOMMU_A_RANGE && !nr--)
			return attr;
	return NULL;
}

int nyx_nl_parse_range(struct genl_info *info, const struct nlattr *nest, bool map,
		       struct nyx_nl_range *range)
{
	struct nlattr *tb[NYX_IOMMU_A_RANGE_MAX + 1];
	int i, err;

	err = nla_parse_nested(tb, NYX_IOMMU_A_RANGE_MAX, nest, nyx_iommu_range_nl_policy,
			       info->extack);
	if (err)
		return err;
	if (!tb[NYX_IOMMU_A_RANGE_IOVA])
		return nyx_nl_refuse(info->extack, -EINVAL, nest, "a range has no iova");
	if (!tb[NYX_IOMMU_A_RANGE_LENGTH])
		return nyx_nl_refuse(info->extack, -EINVAL, nest, "a range has no length");
	if (map && !tb[NYX_IOMMU_A_RANGE_ADDRESS])
		return nyx_nl_refuse(info->extack, -EINVAL, nest,
				     "a range to map has no address of its memory");
	for (i = NYX_IOMMU_A_RANGE_PROT; !map && i <= NYX_IOMMU_A_RANGE_MAX; i++)
		if (tb[i])
			return nyx_nl_refuse(info->extack, -EINVAL, tb[i],
					     "a range to unmap takes iova and length only");

	*range = (struct nyx_nl_range) {
		.iova = nla_get_u64(tb[NYX_IOMMU_A_RANGE_IOVA]),
		.length = nla_get_u64(tb[NYX_IOMMU_A_RANGE_LENGTH]),
		.prot = NYX_IOMMU_PROT_READ | NYX_IOMMU_PROT_WRITE,
		.type = NYX_IOMMU_MAPPING_TYPE_USER,
	};
	if (tb[NYX_IOMMU_A_RANGE_PROT])
		range->prot = nla_get_u32(tb[NYX_IOMMU_A_RANGE_PROT]);
	if (tb[NYX_IOMMU_A_RANGE_TYPE])
		range->type = nla_get_u32(tb[NYX_IOMMU_A_RANGE_TYPE]);
	if (tb[NYX_IOMMU_A_RANGE_ADDRESS])
		range->address = nla_get_u64(tb[NYX_IOMMU_A_RANGE_ADDRESS]);
	if (tb[NYX_IOMMU_A_RANGE_TAG])
		range->tag = nla_get_u64(tb[NYX_IOMMU_A_RANGE_TAG]);
	return 0;
}

const struct nlattr *nyx_nl_range_attr(struct genl_info *info, int nr, int type)
{
	const struct nlattr *attr = nyx_nl_range_nest(info, nr);
	const struct nlattr *inner;
	int rem;

	if (attr)
		nla_for_each_nested(inner, attr, rem)
			if (nla_type(inner) == type)
				return inner;
	return attr;	/* the default of what was left out */
}

/* ---- vectors ---- */

int nyx_nl_count_vectors(struct genl_info *info, bool bind)
{
	const struct nlattr *attr;
	int rem, nr = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (nla_type(attr) == NYX_IOMMU_A_VECTOR && ++nr > NYX_IOMMU_VECTORS_MAX)
			return nyx_nl_refuse(info->extack, -E2BIG, attr,
					     "more than %d vectors in one message: no device has so many",
					     NYX_IOMMU_VECTORS_MAX);
	if (!nr && bind)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "no vector given: add vector attributes");
	return nr;
}

static int parse_vector(struct genl_info *info, const struct nlattr *nest, bool bind, u32 *index,
			u32 *fd)
{
	struct nlattr *tb[NYX_IOMMU_A_VECTOR_MAX + 1];
	int err;

	err = nla_parse_nested(tb, NYX_IOMMU_A_VECTOR_MAX, nest, nyx_iommu_vector_nl_policy,
			       info->extack);
	if (err)
		return err;
	if (!tb[NYX_IOMMU_A_VECTOR_INDEX])
		return nyx_nl_refuse(info->extack, -EINVAL, nest, "a vector has no index");
	if (bind && !tb[NYX_IOMMU_A_VECTOR_FD])
		return nyx_nl_refuse(info->extack, -EINVAL, nest,
				     "a vector to bind has no fd of an eventfd");
	if (!bind && tb[NYX_IOMMU_A_VECTOR_FD])
		return nyx_nl_refuse(info->extack, -EINVAL, tb[NYX_IOMMU_A_VECTOR_FD],
				     "this operation takes a vector's index only");
	*index = nla_get_u32(tb[NYX_IOMMU_A_VECTOR_INDEX]);
	if (bind)
		*fd = nla_get_u32(tb[NYX_IOMMU_A_VECTOR_FD]);
	return 0;
}

int nyx_nl_parse_vectors(struct genl_info *info, bool bind, u32 *indexes, u32 *fds)
{
	const struct nlattr *attr;
	int rem, err, nr = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NYX_IOMMU_A_VECTOR)
			continue;
		err = parse_vector(info, attr, bind, &indexes[nr], &fds[nr]);
		if (err)
			return err;
		nr++;
	}
	return 0;
}
