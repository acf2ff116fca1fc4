// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: the rules about functions that arrive.
 */
#include <errno.h>

#include "internal.h"

EXPORT int nyx_arrival_list(struct nyx *nyx, struct nyx_arrival_rule **rules, size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_ARRIVAL_GET, NULL, NULL, nyx_parse_arrival,
			sizeof(**rules), (void **)rules, nr);
}

static int put_rule(struct nl_msg *msg, const struct nyx_arrival_rule *rule)
{
	struct nlattr *nest = nla_nest_start(msg, NYX_IOMMU_A_ARRIVAL_RULE | NLA_F_NESTED);

	if (!nest ||
	    (rule->has_device &&
	     nla_put_u32(msg, NYX_IOMMU_A_ARRIVAL_RULE_DEVICE, rule->device)) ||
	    (rule->has_pci_id &&
	     nla_put_u32(msg, NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID,
			 (uint32_t)rule->vendor << 16 | rule->product)) ||
	    (rule->has_below &&
	     nla_put_u32(msg, NYX_IOMMU_A_ARRIVAL_RULE_BELOW, rule->below)) ||
	    nla_put_u32(msg, NYX_IOMMU_A_ARRIVAL_RULE_ACTION, rule->action) ||
	    (rule->domain[0] &&
	     nla_put_string(msg, NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME, rule->domain)))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

EXPORT int nyx_arrival_set(struct nyx *nyx, const struct nyx_arrival_rule *rules, size_t nr)
{
	struct nl_msg *msg;
	size_t i;

	if (nr > NYX_IOMMU_ARRIVAL_RULES_MAX)
		return nyx_fail(nyx, -E2BIG, "more than %d rules", NYX_IOMMU_ARRIVAL_RULES_MAX);
	msg = nyx_request(nyx, NYX_IOMMU_CMD_ARRIVAL_SET, 0);
	if (!msg)
		return nyx_no_memory(nyx, msg);
	for (i = 0; i < nr; i++)
		if (put_rule(msg, &rules[i]))
			return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}
