// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: memory, mapped, unmapped, listed and looked up.
 */
#include <linux/slab.h>

#include "netlink.h"
#include "trail.h"

static_assert((int)NYX_IOMMU_MAPPING_TYPE_USER == (int)NYX_MAPPING_USER);
static_assert((int)NYX_IOMMU_MAPPING_TYPE_PHYS == (int)NYX_MAPPING_PHYS);
static_assert((int)NYX_IOMMU_MAPPING_TYPE_RESERVED == (int)NYX_MAPPING_RESERVED);
static_assert((int)NYX_IOMMU_MAPPING_TYPE_EXTERNAL == (int)NYX_MAPPING_EXTERNAL);
static_assert((int)NYX_IOMMU_PROT_READ == NYX_PROT_READ);
static_assert((int)NYX_IOMMU_PROT_WRITE == NYX_PROT_WRITE);
static_assert((int)NYX_IOMMU_PT_FORMAT_VTDSS == (int)NYX_PT_VTDSS);
static_assert((int)NYX_IOMMU_PT_FORMAT_AMDV1 == (int)NYX_PT_AMDV1);

/* ---- map, unmap ---- */

/* All ranges of the message, kmalloc'ed; their number, or a refusal. */
static int parse_ranges(struct genl_info *info, bool map, struct nyx_map_range **out)
{
	struct nyx_map_range *ranges;
	struct nyx_nl_range range;
	int i, nr, err;

	nr = nyx_nl_count_ranges(info);
	if (nr < 0)
		return nr;
	ranges = kcalloc(nr, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		err = nyx_nl_parse_range(info, nyx_nl_range_nest(info, i), map, &range);
		if (err) {
			kfree(ranges);
			return err;
		}
		ranges[i] = (struct nyx_map_range) {
			.iova = range.iova,
			.length = range.length,
			.prot = range.prot,
			.type = range.type,
			.address = range.address,
			.tag = range.tag,
		};
	}
	*out = ranges;
	return nr;
}

/* The attribute inside the range at fault that the core complained of. */
static const struct nlattr *range_attr(struct genl_info *info, const struct nyx_why *why)
{
	static const u8 types[] = {
		[NYX_ARG_IOVA] = NYX_IOMMU_A_RANGE_IOVA,
		[NYX_ARG_LENGTH] = NYX_IOMMU_A_RANGE_LENGTH,
		[NYX_ARG_ADDRESS] = NYX_IOMMU_A_RANGE_ADDRESS,
		[NYX_ARG_PROT] = NYX_IOMMU_A_RANGE_PROT,
		[NYX_ARG_TYPE] = NYX_IOMMU_A_RANGE_TYPE,
	};

	if (why->arg >= ARRAY_SIZE(types) || !types[why->arg] || why->range < 0)
		return NULL;
	return nyx_nl_range_attr(info, why->range, types[why->arg]);
}

static int range_why(struct genl_info *info, int err, const struct nyx_why *why)
{
	const struct nlattr *attr;

	if (!err || !why->text[0])
		return err;
	attr = range_attr(info, why);
	if (!attr)
		return nyx_nl_why(info, err, why);
	return nyx_nl_refuse(info->extack, err, attr, "%s", why->text);
}

#define TAKES_DOMAIN	(NYX_NL_TAKES(DOMAIN_ID) | NYX_NL_TAKES(DOMAIN_NAME))

static int may_map(struct sk_buff *skb, struct genl_info *info,
		   const struct nyx_map_range *ranges, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (ranges[i].type == NYX_MAPPING_PHYS)
			return nyx_nl_need(skb, info, CAP_SYS_RAWIO);
	return 0;
}

static void record(const struct nyx_domain *domain, const struct nyx_map_range *ranges, int nr,
		   int err)
{
	int i;

	for (i = 0; i < nr; i++)
		if (ranges[i].type == NYX_MAPPING_PHYS)
			nyx_trail_phys(domain, &ranges[i], err);
}

int nyx_iommu_nl_map_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_why why = { .range = -1 };
	struct nyx_map_range *ranges;
	struct nyx_domain *domain;
	int err, nr;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, TAKES_DOMAIN | NYX_NL_TAKES(RANGE)) ?:
	      nyx_nl_domain(info, &domain);
	if (err)
		return err;
	nr = parse_ranges(info, true, &ranges);
	if (nr < 0) {
		err = nr;
		goto out_domain;
	}
	err = may_map(skb, info, ranges, nr);
	if (!err) {
		err = nyx_domain_map(domain, ranges, nr, &why);
		record(domain, ranges, nr, err);
		err = range_why(info, err, &why);
	}
	kfree(ranges);
out_domain:
	nyx_domain_put(domain);
	return err;
}

int nyx_iommu_nl_unmap_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_why why = { .range = -1 };
	struct nyx_map_range *ranges;
	struct nyx_domain *domain;
	struct sk_buff *reply;
	u64 unmapped = 0;
	int err, nr;
	void *hdr;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, TAKES_DOMAIN | NYX_NL_TAKES(RANGE)) ?:
	      nyx_nl_domain(info, &domain);
	if (err)
		return err;
	nr = parse_ranges(info, false, &ranges);
	if (nr < 0) {
		err = nr;
		goto out_domain;
	}
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_UNMAP, &hdr);
	if (!reply) {
		err = -ENOMEM;
		goto out_ranges;
	}
	err = nyx_domain_unmap(domain, ranges, nr, &unmapped, &why);
	if (err) {
		nlmsg_free(reply);
		err = range_why(info, err, &why);
		goto out_ranges;
	}
	err = nyx_nl_send(info, reply, hdr,
			  nla_put_u32(reply, NYX_IOMMU_A_DOMAIN_ID, domain->id) ?:
			  nyx_nl_put_u64(reply, NYX_IOMMU_A_UNMAPPED_BYTES, unmapped));
out_ranges:
	kfree(ranges);
out_domain:
	nyx_domain_put(domain);
	return err;
}

/* ---- mapping-get ---- */

static int put_mapping(struct sk_buff *skb, const struct nyx_domain *domain,
		       const struct nyx_mapping_info *mapping, bool physical)
{
	struct nlattr *nest;

	if (nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_ID, domain->id))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, NYX_IOMMU_A_MAPPING);
	if (!nest ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_MAPPING_IOVA, mapping->iova,
			      NYX_IOMMU_A_MAPPING_PAD) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_MAPPING_LENGTH, mapping->length,
			      NYX_IOMMU_A_MAPPING_PAD) ||
	    nla_put_u32(skb, NYX_IOMMU_A_MAPPING_PROT, mapping->prot) ||
	    nla_put_u32(skb, NYX_IOMMU_A_MAPPING_TYPE, mapping->type) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_MAPPING_ADDRESS, mapping->user_address,
			      NYX_IOMMU_A_MAPPING_PAD) ||
	    nla_put_u32(skb, NYX_IOMMU_A_MAPPING_RUNS, mapping->nr_runs))
		return -EMSGSIZE;
	if (mapping->tag && nla_put_u64_64bit(skb, NYX_IOMMU_A_MAPPING_TAG, mapping->tag,
					      NYX_IOMMU_A_MAPPING_PAD))
		return -EMSGSIZE;
	if (mapping->is_bar && nla_put_u32(skb, NYX_IOMMU_A_MAPPING_DEVICE, mapping->bar_of))
		return -EMSGSIZE;
	if (physical && nla_put_u64_64bit(skb, NYX_IOMMU_A_MAPPING_PHYSICAL, mapping->paddr,
					  NYX_IOMMU_A_MAPPING_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static u32 mapping_generation(struct nyx_domain *domain)
{
	u32 seq;

	mutex_lock(&domain->lock);
	seq = (u32)(domain->maps_total + domain->unmaps_total +
		    atomic64_read(&domain->external_maps) +
		    atomic64_read(&domain->external_unmaps));
	mutex_unlock(&domain->lock);
	return seq + 1 ?: 1;
}

/* cb->args[0]: first address not yet sent, args[1]: the dump has begun. */
int nyx_iommu_nl_mapping_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = nyx_genl_dump_attrs(cb);
	const struct nlattr *id = attrs ? attrs[NYX_IOMMU_A_DOMAIN_ID] : NULL;
	struct nyx_mapping_info mapping;
	struct nyx_domain *domain;
	void *hdr;
	int err;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, NYX_NL_TAKES(DOMAIN_ID));
	if (err)
		return err;
	if (!id)
		return nyx_nl_refuse(cb->extack, -EINVAL, NULL,
				     "no domain given: add the domain-id attribute");
	domain = nyx_domain_get(nla_get_u32(id));
	if (!domain)
		return nyx_nl_refuse(cb->extack, -ENOENT, id,
				     cb->args[1] ? "domain %u was deleted while it was listed" :
						   "no domain %u: see nyxctl domain show",
				     nla_get_u32(id));
	cb->args[1] = 1;
	cb->seq = mapping_generation(domain);
	while (!(err = nyx_domain_next_mapping(domain, cb->args[0], &mapping))) {
		/* It leads to itself, so where it is tells where the memory is. */
		if (mapping.type == NYX_MAPPING_RESERVED && !nyx_nl_sees_physical(cb->skb)) {
			cb->args[0] = mapping.iova + mapping.length;
			continue;
		}
		hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_MAPPING_GET);
		if (!hdr || put_mapping(skb, domain, &mapping, nyx_nl_sees_physical(cb->skb))) {
			genlmsg_cancel(skb, hdr);
			err = -EMSGSIZE;
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = mapping.iova + mapping.length;
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
	}
	nyx_domain_put(domain);
	if (err == -ENOENT)	/* there is no further one */
		err = 0;
	return skb->len ?: err;
}

/* ---- translate, walk ---- */

static int lookup_begin(struct sk_buff *skb, struct genl_info *info, struct nyx_domain **domain,
			u64 *iova)
{
	const struct nlattr *attr = info->attrs[NYX_IOMMU_A_IOVA];
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, TAKES_DOMAIN | NYX_NL_TAKES(IOVA));
	if (err)
		return err;
	if (!attr)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "no address given: add the iova attribute");
	*iova = nla_get_u64(attr);
	err = nyx_nl_domain(info, domain);
	if (err || (*domain)->mode != NYX_DOMAIN_UNMANAGED)
		return err;
	err = nyx_nl_refuse(info->extack, -EOPNOTSUPP, NULL,
			    "domain %u is unmanaged: no address is translated, each leads to itself",
			    (*domain)->id);
	nyx_domain_put(*domain);
	return err;
}

static int lookup_refuse(struct genl_info *info, const struct nyx_domain *domain, u64 iova, int err)
{
	const struct nlattr *attr = info->attrs[NYX_IOMMU_A_IOVA];

	switch (err) {
	case -ENOENT:
		return nyx_nl_refuse(info->extack, err, attr,
				     "nothing is mapped at 0x%llx in domain %u: see nyxctl map show %u",
				     iova, domain->id, domain->id);
	case -ERANGE:
		return nyx_nl_refuse(info->extack, err, attr,
				     "0x%llx is beyond the %d bits that domain %u translates",
				     iova, 12 + 9 * domain->pt.config.levels, domain->id);
	default:
		return err;
	}
}

int nyx_iommu_nl_translate_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_pt_translation found;
	struct nyx_domain *domain;
	struct sk_buff *reply;
	void *hdr;
	u64 iova;
	int err;

	err = lookup_begin(skb, info, &domain, &iova);
	if (err)
		return err;
	err = nyx_domain_translate(domain, iova, &found);
	if (err) {
		err = lookup_refuse(info, domain, iova, err);
		goto out;
	}
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_TRANSLATE, &hdr);
	if (!reply) {
		err = -ENOMEM;
		goto out;
	}
	err = nyx_nl_send(info, reply, hdr,
			  nla_put_u32(reply, NYX_IOMMU_A_DOMAIN_ID, domain->id) ?:
			  nyx_nl_put_u64(reply, NYX_IOMMU_A_IOVA, iova) ?:
			  nyx_nl_put_u64(reply, NYX_IOMMU_A_PHYSICAL, found.paddr) ?:
			  nyx_nl_put_u64(reply, NYX_IOMMU_A_PAGE_SIZE, found.page_size) ?:
			  nla_put_u32(reply, NYX_IOMMU_A_PROT, found.prot));
out:
	nyx_domain_put(domain);
	return err;
}

static int put_step(struct sk_buff *skb, const struct nyx_pt_step *step)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_STEP);

	if (!nest ||
	    nla_put_u32(skb, NYX_IOMMU_A_STEP_LEVEL, step->level) ||
	    nla_put_u32(skb, NYX_IOMMU_A_STEP_INDEX, step->index) ||
	    nla_put_u32(skb, NYX_IOMMU_A_STEP_FLAGS,
			(step->present ? NYX_IOMMU_STEP_FLAG_PRESENT : 0) |
			(step->leaf ? NYX_IOMMU_STEP_FLAG_LEAF : 0)) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_STEP_TABLE, step->table,
			      NYX_IOMMU_A_STEP_PAD) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_STEP_ENTRY, step->entry,
			      NYX_IOMMU_A_STEP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_walk(struct sk_buff *skb, const struct nyx_domain *domain, u64 iova,
		    const struct nyx_pt_step *steps, int nr)
{
	int i;

	if (nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_ID, domain->id) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_IOVA, iova) ||
	    nla_put_u32(skb, NYX_IOMMU_A_PT_FORMAT, domain->pt.config.format))
		return -EMSGSIZE;
	for (i = 0; i < nr; i++)
		if (put_step(skb, &steps[i]))
			return -EMSGSIZE;
	return 0;
}

int nyx_iommu_nl_walk_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_pt_step steps[NYX_PT_LEVELS_MAX];
	struct nyx_domain *domain;
	struct sk_buff *reply;
	int err, nr;
	void *hdr;
	u64 iova;

	err = lookup_begin(skb, info, &domain, &iova);
	if (err)
		return err;
	nr = nyx_domain_walk(domain, iova, steps);
	if (nr < 0) {
		err = lookup_refuse(info, domain, iova, nr);
		goto out;
	}
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_WALK, &hdr);
	if (!reply) {
		err = -ENOMEM;
		goto out;
	}
	err = nyx_nl_send(info, reply, hdr, put_walk(reply, domain, iova, steps, nr));
out:
	nyx_domain_put(domain);
	return err;
}
