// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: the rules about functions that arrive.
 */
#include <linux/slab.h>

#include "arrival.h"
#include "netlink.h"

static_assert((int)NYX_IOMMU_ARRIVAL_ACTION_HOST == (int)NYX_ARRIVAL_HOST);
static_assert((int)NYX_IOMMU_ARRIVAL_ACTION_HOLD == (int)NYX_ARRIVAL_HOLD);
static_assert((int)NYX_IOMMU_ARRIVAL_ACTION_DOMAIN == (int)NYX_ARRIVAL_DOMAIN);
static_assert(NYX_IOMMU_ARRIVAL_RULES_MAX == NYX_ARRIVAL_RULES_MAX);

static int put_rule(struct sk_buff *skb, const struct nyx_arrival_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_ARRIVAL_RULE);

	if (!nest ||
	    (rule->has_place && nla_put_u32(skb, NYX_IOMMU_A_ARRIVAL_RULE_DEVICE,
					    (u32)rule->segment << 16 | rule->rid)) ||
	    (rule->has_pci_id && nla_put_u32(skb, NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID,
					     (u32)rule->vendor << 16 | rule->device)) ||
	    (rule->has_below && nla_put_u32(skb, NYX_IOMMU_A_ARRIVAL_RULE_BELOW,
					    (u32)rule->below_segment << 16 | rule->below_rid)) ||
	    nla_put_u32(skb, NYX_IOMMU_A_ARRIVAL_RULE_ACTION, rule->action) ||
	    (rule->domain[0] &&
	     nla_put_string(skb, NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME, rule->domain)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* cb->args[0]: the number of the next rule. */
int nyx_iommu_nl_arrival_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct nyx_arrival_rule *rule;
	int err;
	void *hdr;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, 0);
	if (err)
		return err;
	mutex_lock(&nyx_registry_lock);
	cb->seq = nyx_nl_generation();
	while ((rule = nyx_arrival_get(cb->args[0]))) {
		hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_ARRIVAL_GET);
		if (!hdr || put_rule(skb, rule)) {
			genlmsg_cancel(skb, hdr);
			err = -EMSGSIZE;
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0]++;
	}
	mutex_unlock(&nyx_registry_lock);
	return skb->len ?: err;
}

static void parse_rule(struct nlattr **tb, struct nyx_arrival_rule *rule)
{
	const struct nlattr *device = tb[NYX_IOMMU_A_ARRIVAL_RULE_DEVICE];
	const struct nlattr *pci_id = tb[NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID];
	const struct nlattr *below = tb[NYX_IOMMU_A_ARRIVAL_RULE_BELOW];

	rule->has_place = device;
	if (device) {
		rule->segment = nla_get_u32(device) >> 16;
		rule->rid = nla_get_u32(device);
	}
	rule->has_pci_id = pci_id;
	if (pci_id) {
		rule->vendor = nla_get_u32(pci_id) >> 16;
		rule->device = nla_get_u32(pci_id);
	}
	rule->has_below = below;
	if (below) {
		rule->below_segment = nla_get_u32(below) >> 16;
		rule->below_rid = nla_get_u32(below);
	}
	rule->action = nla_get_u32(tb[NYX_IOMMU_A_ARRIVAL_RULE_ACTION]);
	if (tb[NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME])
		nla_strscpy(rule->domain, tb[NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME],
			    sizeof(rule->domain));
}

/* How many rules the message has, and in *nth the one of that number (from 0), or NULL. */
static u32 find_rules(struct genl_info *info, u32 number, const struct nlattr **nth)
{
	const struct nlattr *attr;
	u32 nr = 0;
	int rem;

	*nth = NULL;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NYX_IOMMU_A_ARRIVAL_RULE)
			continue;
		if (nr++ == number)
			*nth = attr;
	}
	return nr;
}

static int parse_rules(struct genl_info *info, struct nyx_arrival_rule *rules)
{
	struct nlattr *tb[NYX_IOMMU_A_ARRIVAL_RULE_MAX + 1];
	const struct nlattr *attr;
	int err, rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NYX_IOMMU_A_ARRIVAL_RULE)
			continue;
		err = nla_parse_nested(tb, NYX_IOMMU_A_ARRIVAL_RULE_MAX, attr,
				       nyx_iommu_arrival_rule_nl_policy, info->extack);
		if (err)
			return err;
		if (!tb[NYX_IOMMU_A_ARRIVAL_RULE_ACTION])
			return nyx_nl_refuse(info->extack, -EINVAL, attr, "a rule has no action");
		parse_rule(tb, rules++);
	}
	return 0;
}

int nyx_iommu_nl_arrival_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_why why = { .range = -1 };
	struct nyx_arrival_rule *rules = NULL;
	const struct nlattr *attr;
	u32 nr, at;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, NYX_NL_TAKES(ARRIVAL_RULE));
	if (err)
		return err;
	nr = find_rules(info, NYX_ARRIVAL_RULES_MAX, &attr);
	if (nr > NYX_ARRIVAL_RULES_MAX)
		return nyx_nl_refuse(info->extack, -E2BIG, attr, "more than %d rules",
				     NYX_ARRIVAL_RULES_MAX);
	if (nr) {
		rules = kvcalloc(nr, sizeof(*rules), GFP_KERNEL_ACCOUNT);
		if (!rules)
			return -ENOMEM;
		err = parse_rules(info, rules);
		if (err) {
			kvfree(rules);
			return err;
		}
	}
	mutex_lock(&nyx_registry_lock);
	err = nyx_arrival_set(rules, nr, &at, &why);
	/* With the lock held: a dump of the old ones cannot go on unmarked with the new. */
	if (!err)
		nyx_nl_changed();
	mutex_unlock(&nyx_registry_lock);
	if (!err)
		return 0;
	kvfree(rules);
	find_rules(info, at, &attr);
	return nyx_nl_refuse(info->extack, err, attr, "%s", why.text);
}
