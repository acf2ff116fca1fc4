/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/nyx_iommu.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_NYX_IOMMU_GEN_H
#define _LINUX_NYX_IOMMU_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/nyx_iommu.h>

/* Common nested types */
extern const struct nla_policy nyx_iommu_arrival_rule_nl_policy[NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME + 1];
extern const struct nla_policy nyx_iommu_range_nl_policy[NYX_IOMMU_A_RANGE_TAG + 1];
extern const struct nla_policy nyx_iommu_vector_nl_policy[NYX_IOMMU_A_VECTOR_FD + 1];

/* Global operation policy for nyx_iommu */
extern const struct nla_policy nyx_iommu_nl_policy[NYX_IOMMU_A_DOMAIN_STATE + 1];

/* Ops table for nyx_iommu */
extern const struct genl_small_ops nyx_iommu_nl_ops[32];

int nyx_iommu_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_unit_get_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_unit_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int nyx_iommu_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_device_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int nyx_iommu_nl_device_set_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_device_assign_doit(struct sk_buff *skb,
				    struct genl_info *info);
int nyx_iommu_nl_device_move_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_device_remove_doit(struct sk_buff *skb,
				    struct genl_info *info);
int nyx_iommu_nl_device_reset_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_domain_get_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_domain_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int nyx_iommu_nl_domain_new_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_domain_set_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_domain_del_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_mapping_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb);
int nyx_iommu_nl_map_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_unmap_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_translate_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_walk_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_fault_get_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_fault_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int nyx_iommu_nl_fault_clear_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_audit_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int nyx_iommu_nl_irq_get_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_irq_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int nyx_iommu_nl_irq_bind_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_irq_unbind_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_irq_set_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_irq_trigger_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_device_export_doit(struct sk_buff *skb,
				    struct genl_info *info);
int nyx_iommu_nl_device_unexport_doit(struct sk_buff *skb,
				      struct genl_info *info);
int nyx_iommu_nl_holder_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int nyx_iommu_nl_arrival_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb);
int nyx_iommu_nl_arrival_set_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_fault_report_doit(struct sk_buff *skb, struct genl_info *info);
int nyx_iommu_nl_device_why_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	NYX_IOMMU_NLGRP_FAULT,
	NYX_IOMMU_NLGRP_STATE,
};

#endif /* _LINUX_NYX_IOMMU_GEN_H */
