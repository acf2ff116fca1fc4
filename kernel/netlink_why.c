// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: what a device can reach, why it failed, and why it cannot be assigned.
 */
#include <linux/slab.h>

#include "netlink.h"

#define SAME_CAUSE(name)	\
	static_assert((int)NYX_IOMMU_FAULT_CAUSE_##name == (int)NYX_CAUSE_##name)
SAME_CAUSE(UNKNOWN);
SAME_CAUSE(NEVER_MAPPED);
SAME_CAUSE(NOT_MAPPED);
SAME_CAUSE(UNMAPPED);
SAME_CAUSE(MAPPED_LATER);
SAME_CAUSE(READ_ONLY);
SAME_CAUSE(WRITE_ONLY);
SAME_CAUSE(MAPPED);
SAME_CAUSE(BEYOND_WIDTH);
SAME_CAUSE(INTERRUPT_RANGE);
SAME_CAUSE(UNTRANSLATED);
SAME_CAUSE(RESERVED_MEMORY);
SAME_CAUSE(FENCED);
SAME_CAUSE(BLOCKED);
SAME_CAUSE(RESETTING);
SAME_CAUSE(DOMAIN_DISABLED);
SAME_CAUSE(DOMAIN_GONE);
SAME_CAUSE(PASS_THROUGH);
SAME_CAUSE(INTERRUPT);
SAME_CAUSE(TRANSLATION_REQUEST);
SAME_CAUSE(BAD_ENTRY);
SAME_CAUSE(TABLE_ACCESS);
SAME_CAUSE(DEVICE_TLB);
SAME_CAUSE(NO_ADDRESS);
SAME_CAUSE(REPORTED);
static_assert((int)NYX_IOMMU_OBSTACLE_FUNCTION == (int)NYX_OBSTACLE_FUNCTION);
static_assert((int)NYX_IOMMU_OBSTACLE_RESERVED_MEMORY == (int)NYX_OBSTACLE_RESERVED);
static_assert((int)NYX_IOMMU_OBSTACLE_HELD == (int)NYX_OBSTACLE_HELD);
static_assert((int)NYX_IOMMU_OBSTACLE_GROUP == (int)NYX_OBSTACLE_GROUP);

/* So that an answer fits NYX_NL_REPLY. */
#define MEMBERS_MAX	64

/* Too much for a stack. */
struct why_room {
	struct nyx_fault_log log;
	struct nyx_obstacle obstacles[NYX_OBSTACLES_MAX];
	struct nyx_region regions[NYX_REGIONS_MAX];
};

static int put_members(struct sk_buff *skb, const struct nyx_device *device)
{
	const struct nyx_device *member;
	u32 nr = 0;

	if (!device->group)
		return 0;
	list_for_each_entry(member, &device->group->devices, group_node) {
		if (member == device)
			continue;
		if (nr++ == MEMBERS_MAX)
			return 0;
		if (nla_put_u32(skb, NYX_IOMMU_A_GROUP_MEMBER, nyx_nl_device_id(member)))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_domain(struct sk_buff *skb, struct nyx_domain *domain)
{
	u64 mappings, bytes, lowest, highest;

	if (!domain)
		return 0;
	mutex_lock(&domain->lock);
	mappings = domain->nr_mappings;
	bytes = domain->external ? atomic64_read(&domain->external_bytes) : domain->mapped_bytes;
	mutex_unlock(&domain->lock);
	if (nla_put_string(skb, NYX_IOMMU_A_DOMAIN_NAME, domain->name) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_MODE, domain->mode) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_STATE, domain->state) ||
	    (domain->external && nla_put_flag(skb, NYX_IOMMU_A_EXTERNAL)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_MAPPINGS, mappings) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_MAPPED_BYTES, bytes))
		return -EMSGSIZE;
	if (!nyx_domain_extent(domain, &lowest, &highest) &&
	    (nyx_nl_put_u64(skb, NYX_IOMMU_A_LOWEST_IOVA, lowest) ||
	     nyx_nl_put_u64(skb, NYX_IOMMU_A_HIGHEST_IOVA, highest)))
		return -EMSGSIZE;
	return 0;
}

static int put_region(struct sk_buff *skb, const struct nyx_region *region)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_RESERVED_REGION);

	if (!nest ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_RESERVED_REGION_BASE, region->first,
			      NYX_IOMMU_A_RESERVED_REGION_PAD) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_RESERVED_REGION_LAST, region->last,
			      NYX_IOMMU_A_RESERVED_REGION_PAD) ||
	    nla_put_u32(skb, NYX_IOMMU_A_RESERVED_REGION_PROT, region->prot))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_regions(struct sk_buff *skb, struct nyx_device *device,
		       struct nyx_region *regions)
{
	u32 i, nr = nyx_device_regions(device, regions);

	for (i = 0; i < nr; i++)
		if (put_region(skb, &regions[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_cause(struct sk_buff *skb, const struct nyx_cause *cause)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_EXPLANATION);

	if (!nest || nla_put_u32(skb, NYX_IOMMU_A_EXPLANATION_CAUSE, cause->kind))
		return -EMSGSIZE;
	if (cause->has_range &&
	    (nla_put_u64_64bit(skb, NYX_IOMMU_A_EXPLANATION_FIRST, cause->first,
			       NYX_IOMMU_A_EXPLANATION_PAD) ||
	     nla_put_u64_64bit(skb, NYX_IOMMU_A_EXPLANATION_LAST, cause->last,
			       NYX_IOMMU_A_EXPLANATION_PAD)))
		return -EMSGSIZE;
	if (cause->prot && nla_put_u32(skb, NYX_IOMMU_A_EXPLANATION_PROT, cause->prot))
		return -EMSGSIZE;
	if (cause->has_age && nla_put_u64_64bit(skb, NYX_IOMMU_A_EXPLANATION_AGE, cause->age_ns,
						NYX_IOMMU_A_EXPLANATION_PAD))
		return -EMSGSIZE;
	if (cause->now_mapped && nla_put_flag(skb, NYX_IOMMU_A_EXPLANATION_NOW_MAPPED))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_last_fault(struct sk_buff *skb, struct nyx_device *device,
			  struct nyx_fault_log *log)
{
	struct nyx_fault_record *newest = &log->records[0];
	struct nyx_cause cause;
	int i;

	nyx_fault_snapshot(device, log);
	for (i = 1; i < NYX_FAULT_RECORDS; i++)
		if (log->records[i].sequence > newest->sequence)
			newest = &log->records[i];
	if (!newest->sequence)
		return 0;
	newest->text = nyx_fault_text(log, newest);
	nyx_cause_explain(device, newest, &cause);
	return nyx_nl_put_fault(skb, newest) ?: put_cause(skb, &cause);
}

static int put_obstacles(struct sk_buff *skb, struct nyx_device *device,
			 struct nyx_obstacle *obstacles)
{
	u32 i, nr = nyx_admit_obstacles(device, obstacles);
	struct nlattr *nest;

	for (i = 0; i < nr; i++) {
		nest = nla_nest_start(skb, NYX_IOMMU_A_OBSTACLE);
		if (!nest ||
		    nla_put_u32(skb, NYX_IOMMU_A_OBSTACLE_KIND, obstacles[i].kind) ||
		    nla_put_u32(skb, NYX_IOMMU_A_OBSTACLE_ERRNO, -obstacles[i].err) ||
		    nla_put_string(skb, NYX_IOMMU_A_OBSTACLE_TEXT, obstacles[i].text))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int put_why(struct sk_buff *skb, struct nyx_device *device, struct why_room *room)
{
	lockdep_assert_held(&nyx_registry_lock);
	return nyx_nl_put_function(skb, device, true) ?: put_members(skb, device) ?:
	       put_domain(skb, device->domain) ?: put_regions(skb, device, room->regions) ?:
	       put_last_fault(skb, device, &room->log) ?:
	       put_obstacles(skb, device, room->obstacles);
}

int nyx_iommu_nl_device_why_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_device *device;
	struct why_room *room;
	struct sk_buff *reply;
	void *hdr;
	int err;

	/* It names host-physical addresses: reserved memory, table entries. */
	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	err = -ENOMEM;
	room = kzalloc(sizeof(*room), GFP_KERNEL);
	if (!room)
		goto out_device;
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_DEVICE_WHY, &hdr);
	if (!reply)
		goto out_room;
	nyx_nl_drain(device->unit);
	mutex_lock(&nyx_registry_lock);
	err = put_why(reply, device, room);
	mutex_unlock(&nyx_registry_lock);
	err = nyx_nl_send(info, reply, hdr, err);
out_room:
	kfree(room);
out_device:
	nyx_device_put(device);
	return err;
}
