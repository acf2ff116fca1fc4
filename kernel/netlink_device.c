// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: PCI functions, shown, assigned, removed, reset and set.
 */
#include "iommu_api.h"
#include "netlink.h"

static_assert((int)NYX_IOMMU_DEVICE_STATE_HOST == (int)NYX_DEVICE_HOST);
static_assert((int)NYX_IOMMU_DEVICE_STATE_BLOCKED == (int)NYX_DEVICE_BLOCKED);
static_assert((int)NYX_IOMMU_DEVICE_STATE_ASSIGNED == (int)NYX_DEVICE_ASSIGNED);
static_assert((int)NYX_IOMMU_DEVICE_STATE_QUARANTINED == (int)NYX_DEVICE_QUARANTINED);
static_assert((int)NYX_IOMMU_DEVICE_STATE_EXPORTED == (int)NYX_DEVICE_EXPORTED);
static_assert((int)NYX_IOMMU_DEVICE_STATE_GONE == (int)NYX_DEVICE_GONE);

static u32 device_flags(const struct nyx_device *device)
{
	return (device->is_bridge ? NYX_IOMMU_DEVICE_FLAG_BRIDGE : 0) |
	       (device->is_unit ? NYX_IOMMU_DEVICE_FLAG_UNIT_FUNCTION : 0) |
	       (device->stub_bound ? NYX_IOMMU_DEVICE_FLAG_STUB_BOUND : 0) |
	       (device->group_blocked ? NYX_IOMMU_DEVICE_FLAG_GROUP_BLOCKED : 0) |
	       (device->resetting ? NYX_IOMMU_DEVICE_FLAG_RESETTING : 0) |
	       (device->has_reset ? NYX_IOMMU_DEVICE_FLAG_HAS_RESET : 0) |
	       (device->reserved_region ? NYX_IOMMU_DEVICE_FLAG_RESERVED_REGION : 0) |
	       (device->suppressed_ns ? NYX_IOMMU_DEVICE_FLAG_FAULTS_SUPPRESSED : 0) |
	       (device->unnamed ? NYX_IOMMU_DEVICE_FLAG_UNNAMED : 0) |
	       (device->ats_on ? NYX_IOMMU_DEVICE_FLAG_ATS : 0) |
	       (device->relaxed_region ? NYX_IOMMU_DEVICE_FLAG_RELAXED_REGION : 0);
}

int nyx_nl_put_device_state(struct sk_buff *skb, struct nyx_device *device)
{
	u64 recorded;

	spin_lock_irq(&device->faults.lock);
	recorded = device->faults.recorded;
	spin_unlock_irq(&device->faults.lock);

	if (nla_put_u32(skb, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(device)) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DEVICE_STATE, device->state) ||
	    nla_put_string(skb, NYX_IOMMU_A_CAUSE, device->state_cause) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_SINCE, device->state_since_ns) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DEVICE_FLAGS, device_flags(device)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS, recorded) ||
	    nla_put_u32(skb, NYX_IOMMU_A_RESETS, device->epoch) ||
	    nla_put_u32(skb, NYX_IOMMU_A_RESET_ERROR, abs(device->last_reset_error)))
		return -EMSGSIZE;
	if (device->domain && nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_ID, device->domain->id))
		return -EMSGSIZE;
	return 0;
}

static int put_group(struct sk_buff *skb, const struct nyx_device *device)
{
	if (!device->group)
		return 0;
	if (nla_put_u32(skb, NYX_IOMMU_A_GROUP_ID, device->group->id))
		return -EMSGSIZE;
	if (device->group->why_bound[0] &&
	    nla_put_string(skb, NYX_IOMMU_A_GROUP_CAUSE, device->group->why_bound))
		return -EMSGSIZE;
	return 0;
}

static int put_entry(struct sk_buff *skb, const struct nyx_device *device)
{
	struct nyx_unit *unit = device->unit;
	u64 words[4];
	int i, n;

	if (!unit || !unit->ops->read_entry)
		return 0;
	n = unit->ops->read_entry(unit, device->rid, words);
	for (i = 0; i < n; i++)
		if (nyx_nl_put_u64(skb, NYX_IOMMU_A_ENTRY_WORD, words[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_auto_reset(struct sk_buff *skb, const struct nyx_device *device)
{
	if (nla_put_u32(skb, NYX_IOMMU_A_AUTO_RESET, device->retry.per_hour))
		return -EMSGSIZE;
	if (device->retry.per_hour &&
	    nla_put_u32(skb, NYX_IOMMU_A_AUTO_RESETS_LEFT, device->retry_over ? 0 :
			nyx_policy_retries_left(&device->retry, nyx_fault_clock())))
		return -EMSGSIZE;
	if (device->retry_at_ns &&
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_AUTO_RESET_AT, device->retry_at_ns))
		return -EMSGSIZE;
	return 0;
}

int nyx_nl_put_policy(struct sk_buff *skb, const struct nyx_device *device, u64 since_reset,
		      const struct nyx_policy_count *count)
{
	u64 suppressed = READ_ONCE(device->suppressed_ns);

	if (nla_put_u32(skb, NYX_IOMMU_A_FAULT_THRESHOLD, device->policy.threshold) ||
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_WINDOW, device->policy.window) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS_SINCE_RESET, since_reset) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS_TOWARDS_THRESHOLD,
			   nyx_policy_left(count, &device->policy, nyx_fault_clock())))
		return -EMSGSIZE;
	return suppressed ? nyx_nl_put_u64(skb, NYX_IOMMU_A_SUPPRESSED_SINCE, suppressed) : 0;
}

int nyx_nl_put_function(struct sk_buff *skb, struct nyx_device *device, bool physical)
{
	struct nyx_policy_count count;
	u64 since_reset;
	int i;

	lockdep_assert_held(&nyx_registry_lock);

	spin_lock_irq(&device->faults.lock);
	since_reset = device->faults.since_reset;
	count = device->faults.count;
	spin_unlock_irq(&device->faults.lock);

	if (nyx_nl_put_device_state(skb, device) || put_group(skb, device))
		return -EMSGSIZE;
	if (device->unit && nla_put_u32(skb, NYX_IOMMU_A_UNIT_ID, device->unit->id))
		return -EMSGSIZE;
	for (i = 1; i < device->nr_rids; i++)
		if (nla_put_u32(skb, NYX_IOMMU_A_ALIAS,
				(u32)device->segment << 16 | device->rids[i]))
			return -EMSGSIZE;
	if (nyx_nl_put_policy(skb, device, since_reset, &count) || put_auto_reset(skb, device))
		return -EMSGSIZE;
	if (!physical)
		return 0;
	if ((device->reserved_region || device->relaxed_region) &&
	    (nyx_nl_put_u64(skb, NYX_IOMMU_A_RESERVED_BASE, device->reserved_base) ||
	     nyx_nl_put_u64(skb, NYX_IOMMU_A_RESERVED_LAST, device->reserved_last)))
		return -EMSGSIZE;
	return put_entry(skb, device);
}

int nyx_iommu_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_device *device;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_NET_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_DEVICE_GET, &hdr);
	if (!reply) {
		nyx_device_put(device);
		return -ENOMEM;
	}
	mutex_lock(&nyx_registry_lock);
	err = nyx_nl_put_function(reply, device, nyx_nl_sees_physical(skb));
	mutex_unlock(&nyx_registry_lock);
	nyx_device_put(device);
	return nyx_nl_send(info, reply, hdr, err);
}

/* cb->args[0]: id of the first device not yet sent. */
int nyx_iommu_nl_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = nyx_genl_dump_attrs(cb);
	struct nyx_device *device;
	u32 domain_id = 0;
	void *hdr;
	int err;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, NYX_NL_TAKES(DOMAIN_ID));
	if (err)
		return err;
	if (attrs && attrs[NYX_IOMMU_A_DOMAIN_ID])
		domain_id = nla_get_u32(attrs[NYX_IOMMU_A_DOMAIN_ID]);

	mutex_lock(&nyx_registry_lock);
	cb->seq = nyx_nl_generation();
	list_for_each_entry(device, &nyx_devices, node) {
		if (nyx_nl_device_id(device) < cb->args[0])
			continue;
		if (domain_id && (!device->domain || device->domain->id != domain_id))
			continue;
		hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_DEVICE_GET);
		if (!hdr || nyx_nl_put_function(skb, device, nyx_nl_sees_physical(cb->skb))) {
			genlmsg_cancel(skb, hdr);
			err = -EMSGSIZE;
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = (long)nyx_nl_device_id(device) + 1;
	}
	mutex_unlock(&nyx_registry_lock);
	return skb->len ?: err;
}

int nyx_iommu_nl_device_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *threshold = info->attrs[NYX_IOMMU_A_FAULT_THRESHOLD];
	const struct nlattr *window = info->attrs[NYX_IOMMU_A_FAULT_WINDOW];
	const struct nlattr *auto_reset = info->attrs[NYX_IOMMU_A_AUTO_RESET];
	const struct nyx_device_changes changes = {
		.has_threshold = threshold,
		.threshold = threshold ? nla_get_u32(threshold) : 0,
		.has_window = window,
		.window = window ? nla_get_u32(window) : 0,
		.has_auto_reset = auto_reset,
		.auto_reset = auto_reset ? nla_get_u32(auto_reset) : 0,
	};
	struct nyx_why why = { .range = -1 };
	struct nyx_device *device;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DEVICE) | NYX_NL_TAKES(FAULT_THRESHOLD) |
			   NYX_NL_TAKES(FAULT_WINDOW) | NYX_NL_TAKES(AUTO_RESET));
	if (err)
		return err;
	if (!threshold && !window && !auto_reset)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "nothing to set: add the fault-threshold, fault-window or auto-reset attribute");
	err = nyx_nl_device(info, &device);
	if (err)
		return err;
	err = nyx_device_set(device, &changes, &why);
	nyx_device_put(device);
	return nyx_nl_why(info, err, &why);
}

int nyx_iommu_nl_device_assign_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_why why = { .range = -1 };
	struct nyx_device *device;
	struct nyx_domain *domain;
	u32 options = 0;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DEVICE) | NYX_NL_TAKES(DOMAIN_ID) |
			   NYX_NL_TAKES(DOMAIN_NAME) | NYX_NL_TAKES(ALLOW_RESERVED) |
			   NYX_NL_TAKES(ATS));
	/* A device with ATS may reach all memory, so it is raw access to it. */
	if (!err && info->attrs[NYX_IOMMU_A_ATS])
		err = nyx_nl_need(skb, info, CAP_SYS_RAWIO);
	err = err ?: nyx_nl_device(info, &device);
	if (err)
		return err;
	err = nyx_nl_domain(info, &domain);
	if (!err) {
		if (info->attrs[NYX_IOMMU_A_ALLOW_RESERVED])
			options |= NYX_ASSIGN_ALLOW_RESERVED;
		if (info->attrs[NYX_IOMMU_A_ATS])
			options |= NYX_ASSIGN_ATS;
		err = nyx_device_assign_with(device, domain, options, &why);
		err = nyx_nl_why(info, err, &why);
		nyx_domain_put(domain);
	}
	nyx_device_put(device);
	return err;
}

int nyx_iommu_nl_device_move_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_why why = { .range = -1 };
	struct nyx_device *device;
	struct nyx_domain *domain;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DEVICE) | NYX_NL_TAKES(DOMAIN_ID) |
			   NYX_NL_TAKES(DOMAIN_NAME) | NYX_NL_TAKES(NO_RESET)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	err = nyx_nl_domain(info, &domain);
	if (!err) {
		err = nyx_device_move(device, domain, !info->attrs[NYX_IOMMU_A_NO_RESET], &why);
		err = nyx_nl_why(info, err, &why);
		nyx_domain_put(domain);
	}
	nyx_device_put(device);
	return err;
}

/* These differ only in the call. */
static int device_call(struct sk_buff *skb, struct genl_info *info,
		       int (*call)(struct nyx_device *device, struct nyx_why *why))
{
	struct nyx_why why = { .range = -1 };
	struct nyx_device *device;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	err = call(device, &why);
	nyx_device_put(device);
	return nyx_nl_why(info, err, &why);
}

int nyx_iommu_nl_device_remove_doit(struct sk_buff *skb, struct genl_info *info)
{
	return device_call(skb, info, nyx_device_remove);
}

int nyx_iommu_nl_device_reset_doit(struct sk_buff *skb, struct genl_info *info)
{
	return device_call(skb, info, nyx_device_reset);
}

int nyx_iommu_nl_device_export_doit(struct sk_buff *skb, struct genl_info *info)
{
	return device_call(skb, info, nyx_api_export);
}

int nyx_iommu_nl_device_unexport_doit(struct sk_buff *skb, struct genl_info *info)
{
	return device_call(skb, info, nyx_api_unexport);
}
