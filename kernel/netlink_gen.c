// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/nyx_iommu.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <linux/nyx_iommu.h>

/* Common nested types */
const struct nla_policy nyx_iommu_arrival_rule_nl_policy[NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME + 1] = {
	[NYX_IOMMU_A_ARRIVAL_RULE_DEVICE] = { .type = NLA_U32, },
	[NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID] = { .type = NLA_U32, },
	[NYX_IOMMU_A_ARRIVAL_RULE_BELOW] = { .type = NLA_U32, },
	[NYX_IOMMU_A_ARRIVAL_RULE_ACTION] = NLA_POLICY_MAX(NLA_U32, 2),
	[NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

const struct nla_policy nyx_iommu_range_nl_policy[NYX_IOMMU_A_RANGE_TAG + 1] = {
	[NYX_IOMMU_A_RANGE_IOVA] = { .type = NLA_U64, },
	[NYX_IOMMU_A_RANGE_LENGTH] = { .type = NLA_U64, },
	[NYX_IOMMU_A_RANGE_PROT] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[NYX_IOMMU_A_RANGE_TYPE] = NLA_POLICY_RANGE(NLA_U32, 1, 4),
	[NYX_IOMMU_A_RANGE_ADDRESS] = { .type = NLA_U64, },
	[NYX_IOMMU_A_RANGE_TAG] = { .type = NLA_U64, },
};

const struct nla_policy nyx_iommu_vector_nl_policy[NYX_IOMMU_A_VECTOR_FD + 1] = {
	[NYX_IOMMU_A_VECTOR_INDEX] = { .type = NLA_U32, },
	[NYX_IOMMU_A_VECTOR_FD] = { .type = NLA_U32, },
};

/* Global operation policy for nyx_iommu */
const struct nla_policy nyx_iommu_nl_policy[NYX_IOMMU_A_DOMAIN_STATE + 1] = {
	[NYX_IOMMU_A_DEVICE] = { .type = NLA_U32, },
	[NYX_IOMMU_A_DOMAIN_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[NYX_IOMMU_A_DOMAIN_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[NYX_IOMMU_A_DOMAIN_MODE] = NLA_POLICY_RANGE(NLA_U32, 1, 3),
	[NYX_IOMMU_A_OWNED] = { .type = NLA_FLAG, },
	[NYX_IOMMU_A_FORCE] = { .type = NLA_FLAG, },
	[NYX_IOMMU_A_UNIT_ID] = { .type = NLA_U32, },
	[NYX_IOMMU_A_FAULT_THRESHOLD] = { .type = NLA_U32, },
	[NYX_IOMMU_A_IOVA] = { .type = NLA_U64, },
	[NYX_IOMMU_A_RANGE] = NLA_POLICY_NESTED(nyx_iommu_range_nl_policy),
	[NYX_IOMMU_A_MAX_MAPPED_BYTES] = { .type = NLA_U64, },
	[NYX_IOMMU_A_MAX_MAPPINGS] = { .type = NLA_U64, },
	[NYX_IOMMU_A_ALLOW_RESERVED] = { .type = NLA_FLAG, },
	[NYX_IOMMU_A_NO_RESET] = { .type = NLA_FLAG, },
	[NYX_IOMMU_A_ATS] = { .type = NLA_FLAG, },
	[NYX_IOMMU_A_VECTOR] = NLA_POLICY_NESTED(nyx_iommu_vector_nl_policy),
	[NYX_IOMMU_A_MASKED] = NLA_POLICY_MAX(NLA_U32, 1),
	[NYX_IOMMU_A_CPUS] = { .type = NLA_NUL_STRING, .len = 1023, },
	[NYX_IOMMU_A_ARRIVAL_RULE] = NLA_POLICY_NESTED(nyx_iommu_arrival_rule_nl_policy),
	[NYX_IOMMU_A_FAULT_WINDOW] = { .type = NLA_U32, },
	[NYX_IOMMU_A_AUTO_RESET] = { .type = NLA_U32, },
	[NYX_IOMMU_A_REPORT_KIND] = NLA_POLICY_MAX(NLA_U32, 4),
	[NYX_IOMMU_A_REPORT_ADDRESS] = { .type = NLA_U64, },
	[NYX_IOMMU_A_REPORT_REASON] = { .type = NLA_U32, },
	[NYX_IOMMU_A_REPORT_TEXT] = { .type = NLA_NUL_STRING, .len = 63, },
	[NYX_IOMMU_A_DOMAIN_STATE] = NLA_POLICY_MAX(NLA_U32, 3),
};

/* Ops table for nyx_iommu */
const struct genl_small_ops nyx_iommu_nl_ops[32] = {
	{
		.cmd	= NYX_IOMMU_CMD_STATUS_GET,
		.doit	= nyx_iommu_nl_status_get_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_UNIT_GET,
		.doit	= nyx_iommu_nl_unit_get_doit,
		.dumpit	= nyx_iommu_nl_unit_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_GET,
		.doit	= nyx_iommu_nl_device_get_doit,
		.dumpit	= nyx_iommu_nl_device_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_SET,
		.doit	= nyx_iommu_nl_device_set_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_ASSIGN,
		.doit	= nyx_iommu_nl_device_assign_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_MOVE,
		.doit	= nyx_iommu_nl_device_move_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_REMOVE,
		.doit	= nyx_iommu_nl_device_remove_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_RESET,
		.doit	= nyx_iommu_nl_device_reset_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DOMAIN_GET,
		.doit	= nyx_iommu_nl_domain_get_doit,
		.dumpit	= nyx_iommu_nl_domain_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DOMAIN_NEW,
		.doit	= nyx_iommu_nl_domain_new_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DOMAIN_SET,
		.doit	= nyx_iommu_nl_domain_set_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DOMAIN_DEL,
		.doit	= nyx_iommu_nl_domain_del_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_MAPPING_GET,
		.dumpit	= nyx_iommu_nl_mapping_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_MAP,
		.doit	= nyx_iommu_nl_map_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_UNMAP,
		.doit	= nyx_iommu_nl_unmap_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_TRANSLATE,
		.doit	= nyx_iommu_nl_translate_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_WALK,
		.doit	= nyx_iommu_nl_walk_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_FAULT_GET,
		.doit	= nyx_iommu_nl_fault_get_doit,
		.dumpit	= nyx_iommu_nl_fault_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_FAULT_CLEAR,
		.doit	= nyx_iommu_nl_fault_clear_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_AUDIT,
		.dumpit	= nyx_iommu_nl_audit_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_IRQ_GET,
		.doit	= nyx_iommu_nl_irq_get_doit,
		.dumpit	= nyx_iommu_nl_irq_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_IRQ_BIND,
		.doit	= nyx_iommu_nl_irq_bind_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_IRQ_UNBIND,
		.doit	= nyx_iommu_nl_irq_unbind_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_IRQ_SET,
		.doit	= nyx_iommu_nl_irq_set_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_IRQ_TRIGGER,
		.doit	= nyx_iommu_nl_irq_trigger_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_EXPORT,
		.doit	= nyx_iommu_nl_device_export_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_UNEXPORT,
		.doit	= nyx_iommu_nl_device_unexport_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_HOLDER_GET,
		.dumpit	= nyx_iommu_nl_holder_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_ARRIVAL_GET,
		.dumpit	= nyx_iommu_nl_arrival_get_dumpit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_ARRIVAL_SET,
		.doit	= nyx_iommu_nl_arrival_set_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_FAULT_REPORT,
		.doit	= nyx_iommu_nl_fault_report_doit,
	},
	{
		.cmd	= NYX_IOMMU_CMD_DEVICE_WHY,
		.doit	= nyx_iommu_nl_device_why_doit,
	},
};
