// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: the audit, as a dump in which each message is a piece of it.
 */
#include <linux/slab.h>

#include "netlink.h"

static int put_counts(struct sk_buff *skb, const struct nyx_audit_counts *counts)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_AUDIT);
	const struct {
		int attr;
		u64 value;
	} all[] = {
		{ NYX_IOMMU_A_AUDIT_REGISTERS, counts->registers },
		{ NYX_IOMMU_A_AUDIT_ENTRIES, counts->entries },
		{ NYX_IOMMU_A_AUDIT_DOMAINS, counts->domains },
		{ NYX_IOMMU_A_AUDIT_TABLES, counts->tables },
		{ NYX_IOMMU_A_AUDIT_LEAVES, counts->leaves },
		{ NYX_IOMMU_A_AUDIT_BYTES, counts->bytes },
		{ NYX_IOMMU_A_AUDIT_PASSED_OVER, counts->passed_over },
		{ NYX_IOMMU_A_AUDIT_DIFFERENCES, counts->differences },
		{ NYX_IOMMU_A_AUDIT_INTERRUPT_ENTRIES, counts->irtes },
	};
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (nla_put_u64_64bit(skb, all[i].attr, all[i].value, NYX_IOMMU_A_AUDIT_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_difference(struct sk_buff *skb, const struct nyx_audit_difference *difference)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_DIFFERENCE);

	if (!nest ||
	    nla_put_string(skb, NYX_IOMMU_A_DIFFERENCE_WHAT, difference->what) ||
	    nla_put_string(skb, NYX_IOMMU_A_DIFFERENCE_FOUND, difference->found) ||
	    nla_put_string(skb, NYX_IOMMU_A_DIFFERENCE_EXPECTED, difference->expected))
		return -EMSGSIZE;
	if (difference->has_unit &&
	    nla_put_u32(skb, NYX_IOMMU_A_DIFFERENCE_UNIT_ID, difference->unit_id))
		return -EMSGSIZE;
	if (difference->has_rid &&
	    nla_put_u32(skb, NYX_IOMMU_A_DIFFERENCE_REQUESTER,
			(u32)difference->segment << 16 | difference->rid))
		return -EMSGSIZE;
	if (difference->domain_id &&
	    nla_put_u32(skb, NYX_IOMMU_A_DIFFERENCE_DOMAIN_ID, difference->domain_id))
		return -EMSGSIZE;
	if (difference->has_iova &&
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_DIFFERENCE_IOVA, difference->iova,
			      NYX_IOMMU_A_DIFFERENCE_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_audit(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct nyx_audit *audit)
{
	void *hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_AUDIT);
	u32 i;

	if (!hdr)
		return -EMSGSIZE;
	if (put_counts(skb, &audit->counts))
		goto cancel;
	for (i = 0; i < audit->nr_listed; i++)
		if (put_difference(skb, &audit->listed[i]))
			goto cancel;
	genlmsg_end(skb, hdr);
	return 0;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/* One piece a call: the family's lock is not held from one to the next. */
int nyx_iommu_nl_audit_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nyx_audit_position *position = (struct nyx_audit_position *)cb->ctx;
	struct nyx_audit *audit;
	int err;

	BUILD_BUG_ON(sizeof(*position) > sizeof(cb->ctx));
	err = nyx_nl_begin_dump(cb, CAP_SYS_ADMIN, 0);
	if (err)
		return err;
	audit = kmalloc(sizeof(*audit), GFP_KERNEL);
	if (!audit)
		return -ENOMEM;
	err = nyx_audit_step(position, audit);
	if (err > 0)
		err = put_audit(skb, cb, audit) ?: skb->len;
	kfree(audit);
	return err;
}
