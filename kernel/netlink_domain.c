// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: domains, made, shown, changed and deleted.
 */
#include "netlink.h"

static_assert((int)NYX_IOMMU_DOMAIN_MODE_STRICT == (int)NYX_DOMAIN_STRICT);
static_assert((int)NYX_IOMMU_DOMAIN_MODE_SHARED == (int)NYX_DOMAIN_SHARED);
static_assert((int)NYX_IOMMU_DOMAIN_MODE_UNMANAGED == (int)NYX_DOMAIN_UNMANAGED);
static_assert((int)NYX_IOMMU_DOMAIN_STATE_ACTIVE == (int)NYX_DOMAIN_ACTIVE);
static_assert((int)NYX_IOMMU_DOMAIN_STATE_QUARANTINED == (int)NYX_DOMAIN_QUARANTINED);
static_assert((int)NYX_IOMMU_DOMAIN_STATE_DISABLED == (int)NYX_DOMAIN_DISABLED);
static_assert((int)NYX_IOMMU_DOMAIN_STATE_DELETED == (int)NYX_DOMAIN_DELETED);

static int put_unit(struct sk_buff *skb, const struct nyx_domain_unit *on)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_DOMAIN_UNIT);

	if (!nest ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_UNIT_UNIT_ID, on->unit->id) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_UNIT_HW_DOMAIN_ID, on->hwdid) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_UNIT_DEVICES, on->nr_devices))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_memory(struct sk_buff *skb, struct nyx_domain *domain)
{
	u64 mappings, mapped, pinned, maps, unmaps, max_bytes, max_mappings;

	mutex_lock(&domain->lock);
	mappings = domain->nr_mappings;
	mapped = domain->mapped_bytes + atomic64_read(&domain->external_bytes);
	pinned = domain->pinned_pages << PAGE_SHIFT;
	maps = domain->maps_total + atomic64_read(&domain->external_maps);
	unmaps = domain->unmaps_total + atomic64_read(&domain->external_unmaps);
	max_bytes = domain->max_bytes;
	max_mappings = domain->max_mappings;
	mutex_unlock(&domain->lock);

	if (nyx_nl_put_u64(skb, NYX_IOMMU_A_MAPPINGS, mappings) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_MAPPED_BYTES, mapped) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_PINNED_BYTES, pinned) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_MAX_MAPPED_BYTES, max_bytes) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_MAX_MAPPINGS, max_mappings) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_MAPS, maps) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_UNMAPS, unmaps))
		return -EMSGSIZE;
	return 0;
}

static int put_table(struct sk_buff *skb, struct nyx_domain *domain)
{
	const struct nyx_pt_config *config = &domain->pt.config;

	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		return 0;
	if (nla_put_u32(skb, NYX_IOMMU_A_PT_FORMAT, config->format) ||
	    nla_put_u32(skb, NYX_IOMMU_A_ADDRESS_WIDTH, 12 + 9 * config->levels) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_PAGE_SIZES, config->page_sizes) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_TABLES, atomic_long_read(&domain->pt.nr_tables)))
		return -EMSGSIZE;
	return 0;
}

static int put_domain(struct sk_buff *skb, struct nyx_domain *domain)
{
	struct nyx_domain_unit *on;
	int err = 0;

	lockdep_assert_held(&nyx_registry_lock);

	if (nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_ID, domain->id) ||
	    nla_put_string(skb, NYX_IOMMU_A_DOMAIN_NAME, domain->name) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_MODE, domain->mode) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_STATE, domain->state) ||
	    nla_put_string(skb, NYX_IOMMU_A_OWNER_NAME, domain->owner_comm) ||
	    nla_put_string(skb, NYX_IOMMU_A_CAUSE, domain->state_cause) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DEVICES, domain->nr_devices) ||
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_THRESHOLD, domain->policy.threshold) ||
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_WINDOW, domain->policy.window) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS, atomic64_read(&domain->faults)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_LEAKED_PAGES,
			   atomic_long_read(&domain->leaked_pages)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_LEAKED_TABLES,
			   atomic_long_read(&domain->leaked_tables)))
		return -EMSGSIZE;
	if (domain->owner_portid &&
	    nla_put_u32(skb, NYX_IOMMU_A_OWNER_PORT, domain->owner_portid))
		return -EMSGSIZE;
	if (domain->external && nla_put_flag(skb, NYX_IOMMU_A_EXTERNAL))
		return -EMSGSIZE;
	if (put_memory(skb, domain) || put_table(skb, domain))
		return -EMSGSIZE;

	down_read(&domain->units_lock);
	list_for_each_entry(on, &domain->units, node) {
		err = put_unit(skb, on);
		if (err)
			break;
	}
	up_read(&domain->units_lock);
	return err;
}

static int reply_domain(struct genl_info *info, struct sk_buff *reply, void *hdr,
			struct nyx_domain *domain)
{
	int err;

	mutex_lock(&nyx_registry_lock);
	err = put_domain(reply, domain);
	mutex_unlock(&nyx_registry_lock);
	return nyx_nl_send(info, reply, hdr, err);
}

int nyx_iommu_nl_domain_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_domain *domain;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_NET_ADMIN,
			   NYX_NL_TAKES(DOMAIN_ID) | NYX_NL_TAKES(DOMAIN_NAME)) ?:
	      nyx_nl_domain(info, &domain);
	if (err)
		return err;
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_DOMAIN_GET, &hdr);
	err = reply ? reply_domain(info, reply, hdr, domain) : -ENOMEM;
	nyx_domain_put(domain);
	return err;
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

/* nyx_domain_for_each() callback; cb->args[0] is the first id not yet sent. */
static int dump_one(struct nyx_domain *domain, void *arg)
{
	struct dump *dump = arg;
	void *hdr;

	/* Read under the lock that changes are made under. */
	dump->cb->seq = nyx_nl_generation();
	hdr = nyx_nl_dump_start(dump->skb, dump->cb, NYX_IOMMU_CMD_DOMAIN_GET);
	if (!hdr || put_domain(dump->skb, domain)) {
		genlmsg_cancel(dump->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(dump->skb, hdr);
	dump->cb->args[0] = (long)domain->id + 1;
	return 0;
}

int nyx_iommu_nl_domain_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { skb, cb };
	int err;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, 0);
	if (err)
		return err;
	err = nyx_domain_for_each(cb->args[0], dump_one, &dump);
	return skb->len ?: err;
}

#define TAKES_LIMITS	(NYX_NL_TAKES(MAX_MAPPED_BYTES) | NYX_NL_TAKES(MAX_MAPPINGS) |	\
			 NYX_NL_TAKES(FAULT_THRESHOLD) | NYX_NL_TAKES(FAULT_WINDOW))

/* True where there is something to change. */
static bool parse_limits(struct nlattr **attrs, struct nyx_domain_changes *changes)
{
	const struct nlattr *bytes = attrs[NYX_IOMMU_A_MAX_MAPPED_BYTES];
	const struct nlattr *mappings = attrs[NYX_IOMMU_A_MAX_MAPPINGS];
	const struct nlattr *threshold = attrs[NYX_IOMMU_A_FAULT_THRESHOLD];
	const struct nlattr *window = attrs[NYX_IOMMU_A_FAULT_WINDOW];

	changes->has_max_bytes = bytes;
	if (bytes)
		changes->max_bytes = nla_get_u64(bytes);
	changes->has_max_mappings = mappings;
	if (mappings)
		changes->max_mappings = nla_get_u64(mappings);
	changes->has_threshold = threshold;
	if (threshold)
		changes->threshold = nla_get_u32(threshold);
	changes->has_window = window;
	if (window)
		changes->window = nla_get_u32(window);
	return bytes || mappings || threshold || window;
}

int nyx_iommu_nl_domain_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_domain_params params = { .mode = NYX_DOMAIN_STRICT };
	struct nyx_domain_changes limits = {};
	struct nyx_why why = { .range = -1 };
	struct nlattr **attrs = info->attrs;
	struct nyx_domain *domain;
	struct sk_buff *reply;
	bool has_limits;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DOMAIN_ID) | NYX_NL_TAKES(DOMAIN_NAME) |
			   NYX_NL_TAKES(DOMAIN_MODE) | NYX_NL_TAKES(OWNED) | TAKES_LIMITS);
	if (err)
		return err;
	if (attrs[NYX_IOMMU_A_DOMAIN_ID])
		params.id = nla_get_u32(attrs[NYX_IOMMU_A_DOMAIN_ID]);
	if (attrs[NYX_IOMMU_A_DOMAIN_NAME]) {
		nla_strscpy(params.name, attrs[NYX_IOMMU_A_DOMAIN_NAME], sizeof(params.name));
		if (!params.name[0])
			return nyx_nl_refuse(info->extack, -EINVAL,
					     attrs[NYX_IOMMU_A_DOMAIN_NAME],
					     "the name is empty: leave it out to get one made up");
	}
	if (attrs[NYX_IOMMU_A_DOMAIN_MODE])
		params.mode = nla_get_u32(attrs[NYX_IOMMU_A_DOMAIN_MODE]);
	if (params.mode == NYX_DOMAIN_UNMANAGED) {
		err = nyx_nl_need(skb, info, CAP_SYS_RAWIO);
		if (err)
			return err;
	}
	if (attrs[NYX_IOMMU_A_OWNED])
		params.owner_portid = info->snd_portid;

	/* Before the domain exists: then nothing need be undone. */
	has_limits = parse_limits(attrs, &limits);
	err = nyx_policy_check(limits.has_threshold, limits.threshold, limits.has_window,
			       limits.window, &why);
	if (err)
		return nyx_nl_why(info, err, &why);
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_DOMAIN_NEW, &hdr);
	if (!reply)
		return -ENOMEM;
	err = nyx_domain_new(&params, &domain, &why);
	if (err) {
		nlmsg_free(reply);
		return nyx_nl_why(info, err, &why);
	}
	/* Limits of a domain that nobody has seen yet: refused only if it is deleted already. */
	if (has_limits)
		nyx_domain_set(domain, &limits, NULL);
	nyx_nl_changed();
	err = reply_domain(info, reply, hdr, domain);
	nyx_domain_put(domain);
	return err;
}

int nyx_iommu_nl_domain_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *id = info->attrs[NYX_IOMMU_A_DOMAIN_ID];
	const struct nlattr *name = info->attrs[NYX_IOMMU_A_DOMAIN_NAME];
	const struct nlattr *state = info->attrs[NYX_IOMMU_A_DOMAIN_STATE];
	struct nyx_domain_changes changes = {};
	struct nyx_why why = { .range = -1 };
	struct nyx_domain *domain;
	bool any;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DOMAIN_ID) | NYX_NL_TAKES(DOMAIN_NAME) |
			   NYX_NL_TAKES(DOMAIN_STATE) | TAKES_LIMITS);
	if (err)
		return err;
	any = parse_limits(info->attrs, &changes) || name || state;
	if (!id || !any)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "the domain-id attribute and something to set are both needed: domain-name, domain-state, max-mapped-bytes, max-mappings, fault-threshold or fault-window");
	changes.name = name ? nla_data(name) : NULL;
	changes.has_state = state;
	if (state)
		changes.state = nla_get_u32(state);
	domain = nyx_domain_get(nla_get_u32(id));
	if (!domain)
		return nyx_nl_refuse(info->extack, -ENOENT, id,
				     "no domain %u: see nyxctl domain show", nla_get_u32(id));
	err = nyx_domain_set(domain, &changes, &why);
	nyx_domain_put(domain);
	if (!err)
		nyx_nl_changed();
	return nyx_nl_why(info, err, &why);
}

int nyx_iommu_nl_domain_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_why why = { .range = -1 };
	struct nyx_domain *domain;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DOMAIN_ID) | NYX_NL_TAKES(DOMAIN_NAME) |
			   NYX_NL_TAKES(FORCE)) ?:
	      nyx_nl_domain(info, &domain);
	if (err)
		return err;
	err = nyx_domain_del(domain, info->attrs[NYX_IOMMU_A_FORCE], &why);
	nyx_domain_put(domain);
	if (!err)
		nyx_nl_changed();
	return nyx_nl_why(info, err, &why);
}
