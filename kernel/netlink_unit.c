// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: the module as a whole, and its units.
 */
#include <linux/module.h>

#include "netlink.h"

static_assert((int)NYX_IOMMU_UNIT_STATE_OFF == (int)NYX_UNIT_OFF);
static_assert((int)NYX_IOMMU_UNIT_STATE_TRANSLATING == (int)NYX_UNIT_TRANSLATING);
static_assert((int)NYX_IOMMU_UNIT_STATE_DEAD == (int)NYX_UNIT_DEAD);
static_assert((int)NYX_IOMMU_REMAPPING_STATE_NONE == (int)NYX_REMAPPING_NONE);
static_assert((int)NYX_IOMMU_REMAPPING_STATE_OFF == (int)NYX_REMAPPING_OFF);
static_assert((int)NYX_IOMMU_REMAPPING_STATE_ON == (int)NYX_REMAPPING_ON);
static_assert((int)NYX_IOMMU_HOLDER_KIND_UNIT == (int)NYX_HOLDER_UNIT);
static_assert((int)NYX_IOMMU_HOLDER_KIND_DEVICE == (int)NYX_HOLDER_DEVICE);
static_assert((int)NYX_IOMMU_HOLDER_KIND_DOMAIN == (int)NYX_HOLDER_DOMAIN);

int nyx_iommu_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_status status;
	u64 fault_events, state_events;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_NET_ADMIN, 0);
	if (err)
		return err;
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_STATUS_GET, &hdr);
	if (!reply)
		return -ENOMEM;

	nyx_status_fill(&status);
	nyx_nl_event_numbers(&fault_events, &state_events);
	err = nla_put_string(reply, NYX_IOMMU_A_VENDOR, status.vendor) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_UNITS, status.nr_units) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_DEVICES, status.nr_devices) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_ASSIGNED, status.nr_assigned) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_QUARANTINED, status.nr_quarantined) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_EXPORTED, status.nr_exported) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_DOMAINS, status.nr_domains) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_MAPPINGS, status.nr_mappings) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_MAPPED_BYTES, status.mapped_bytes) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_PINNED_BYTES, status.pinned_bytes) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_LEAKED_PAGES, status.leaked_pages) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_LEAKED_TABLES, status.leaked_tables) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_FAULTS, status.faults_recorded) ?:
	      nla_put_u32(reply, NYX_IOMMU_A_HOLDERS, status.holders) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_FAULT_EVENTS, fault_events) ?:
	      nyx_nl_put_u64(reply, NYX_IOMMU_A_STATE_EVENTS, state_events);
	if (!err && THIS_MODULE->version)
		err = nla_put_string(reply, NYX_IOMMU_A_MODULE_VERSION, THIS_MODULE->version);
	return nyx_nl_send(info, reply, hdr, err);
}

/* ---- what keeps it loaded ---- */

static int put_domain_name(struct sk_buff *skb, const struct nyx_domain *domain)
{
	if (nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_ID, domain->id) ||
	    nla_put_string(skb, NYX_IOMMU_A_DOMAIN_NAME, domain->name) ||
	    nla_put_string(skb, NYX_IOMMU_A_OWNER_NAME, domain->owner_comm) ||
	    (domain->owner_portid &&
	     nla_put_u32(skb, NYX_IOMMU_A_OWNER_PORT, domain->owner_portid)) ||
	    (domain->external && nla_put_flag(skb, NYX_IOMMU_A_EXTERNAL)))
		return -EMSGSIZE;
	return 0;
}

struct holder_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int put_holder(void *data, const struct nyx_holder *holder)
{
	const struct holder_dump *dump = data;
	struct sk_buff *skb = dump->skb;
	void *hdr = nyx_nl_dump_start(skb, dump->cb, NYX_IOMMU_CMD_HOLDER_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, NYX_IOMMU_A_HOLDER_KIND, holder->kind) ||
	    nla_put_string(skb, NYX_IOMMU_A_CAUSE, holder->why) ||
	    (holder->unit &&
	     (nla_put_u32(skb, NYX_IOMMU_A_UNIT_ID, holder->unit->id) ||
	      nla_put_string(skb, NYX_IOMMU_A_UNIT_NAME, holder->unit->name))) ||
	    (holder->device &&
	     nla_put_u32(skb, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(holder->device))) ||
	    (holder->domain && put_domain_name(skb, holder->domain))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* cb->args[0]: the first holder not yet sent, as nyx_holders() orders them. */
int nyx_iommu_nl_holder_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct holder_dump dump = { skb, cb };
	u64 from = cb->args[0];
	int err;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, 0);
	if (err)
		return err;
	mutex_lock(&nyx_registry_lock);
	cb->seq = nyx_nl_generation();
	err = nyx_holders(&from, put_holder, &dump);
	mutex_unlock(&nyx_registry_lock);
	/* Behind the last one. */
	cb->args[0] = err ? from : LONG_MAX;
	return skb->len ?: err;
}

/* ---- units ---- */

static int put_capabilities(struct sk_buff *skb, const struct nyx_unit_caps *caps)
{
	const struct {
		bool has;
		const char *name;
	} words[] = {
		{ caps->pass_through, "pass-through" },
		{ caps->coherent, "coherent" },
		{ caps->snoop_control, "snoop-control" },
		{ caps->flush_on_map, "flush-on-map" },
		{ caps->page_flush, "page-flush" },
		{ caps->device_tlb, "device-tlb" },
		{ caps->counts_blocked_interrupts, "counts-blocked-interrupts" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].has && nla_put_string(skb, NYX_IOMMU_A_CAPABILITY, words[i].name))
			return -EMSGSIZE;
	return 0;
}

static int put_remapping(struct sk_buff *skb, const struct nyx_unit *unit)
{
	const struct nyx_remapping *remapping = &unit->remapping;
	enum nyx_remapping_state state = READ_ONCE(remapping->state);
	u32 flags = (remapping->forgeable ? NYX_IOMMU_REMAPPING_FLAG_FORGEABLE : 0) |
		    (remapping->per_device ? NYX_IOMMU_REMAPPING_FLAG_PER_DEVICE : 0) |
		    (unit->caps.counts_blocked_interrupts ? NYX_IOMMU_REMAPPING_FLAG_COUNTED : 0) |
		    (remapping->blocks_unused_ids ? NYX_IOMMU_REMAPPING_FLAG_UNUSED_IDS_BLOCKED : 0);

	if (nla_put_u32(skb, NYX_IOMMU_A_REMAPPING_STATE, state) ||
	    (remapping->why[0] &&
	     nla_put_string(skb, NYX_IOMMU_A_REMAPPING_CAUSE, remapping->why)))
		return -EMSGSIZE;
	if (state == NYX_REMAPPING_ON &&
	    (nla_put_u32(skb, NYX_IOMMU_A_REMAPPING_FLAGS, flags) ||
	     nla_put_u32(skb, NYX_IOMMU_A_REMAPPING_ENTRIES, remapping->entries)))
		return -EMSGSIZE;
	return 0;
}

static int put_registers(struct sk_buff *skb, struct nyx_unit *unit)
{
	u64 registers[NYX_UNIT_REGISTERS];
	int i;

	if (nyx_nl_put_u64(skb, NYX_IOMMU_A_REGISTER_BASE, unit->reg_base))
		return -EMSGSIZE;
	unit->ops->read_registers(unit, registers);
	for (i = 0; i < ARRAY_SIZE(registers); i++)
		if (nyx_nl_put_u64(skb, NYX_IOMMU_A_REGISTER, registers[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_unit(struct sk_buff *skb, struct nyx_unit *unit, bool physical)
{
	const struct nyx_unit_caps *caps = &unit->caps;
	struct nyx_unit_stats stats;

	nyx_unit_sum_stats(unit, &stats);
	if (nla_put_u32(skb, NYX_IOMMU_A_UNIT_ID, unit->id) ||
	    nla_put_string(skb, NYX_IOMMU_A_UNIT_NAME, unit->name) ||
	    nla_put_u32(skb, NYX_IOMMU_A_UNIT_STATE, READ_ONCE(unit->state)) ||
	    nla_put_u32(skb, NYX_IOMMU_A_SEGMENT, unit->segment) ||
	    nla_put_u32(skb, NYX_IOMMU_A_ADDRESS_WIDTH, 12 + 9 * caps->levels) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_PAGE_SIZES, caps->page_sizes) ||
	    nla_put_u32(skb, NYX_IOMMU_A_PHYSICAL_WIDTH, caps->physical_width) ||
	    nla_put_u32(skb, NYX_IOMMU_A_HW_DOMAINS, caps->nr_hw_domains) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAINS, atomic_read(&unit->nr_domains)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FLUSHES_PAGE, stats.flushes_page) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FLUSHES_DOMAIN, stats.flushes_domain) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FLUSHES_ENTRY, stats.flushes_entry) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FLUSHES_INTERRUPT, stats.flushes_interrupt) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_WAITS, stats.waits) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS, atomic64_read(&unit->faults_recorded)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS_UNATTRIBUTED,
			   atomic64_read(&unit->faults_unattributed)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULT_OVERFLOWS,
			   atomic64_read(&unit->fault_overflows)))
		return -EMSGSIZE;
	if (caps->fault_lower_bound && nla_put_flag(skb, NYX_IOMMU_A_FAULTS_LOWER_BOUND))
		return -EMSGSIZE;
	if (unit->taken_over && nla_put_flag(skb, NYX_IOMMU_A_TAKEN_OVER))
		return -EMSGSIZE;
	if (nyx_unit_dead(unit) && nla_put_string(skb, NYX_IOMMU_A_CAUSE, unit->dead_reason))
		return -EMSGSIZE;
	if (put_capabilities(skb, caps) || put_remapping(skb, unit))
		return -EMSGSIZE;
	return physical ? put_registers(skb, unit) : 0;
}

int nyx_iommu_nl_unit_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NYX_IOMMU_A_UNIT_ID];
	struct nyx_unit *unit, *found = NULL;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_NET_ADMIN, NYX_NL_TAKES(UNIT_ID));
	if (err)
		return err;
	if (!attr)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "no unit given: add the unit-id attribute, or dump all");
	/* The list stays as it is while the module is loaded. */
	list_for_each_entry(unit, &nyx_units, node)
		if (unit->id == nla_get_u32(attr))
			found = unit;
	if (!found)
		return nyx_nl_refuse(info->extack, -ENODEV, attr, "no unit %u: see nyxctl unit show",
				     nla_get_u32(attr));

	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_UNIT_GET, &hdr);
	if (!reply)
		return -ENOMEM;
	return nyx_nl_send(info, reply, hdr,
			   put_unit(reply, found, nyx_nl_sees_physical(skb)));
}

/* cb->args[0]: id of the first unit not yet sent. */
int nyx_iommu_nl_unit_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nyx_unit *unit;
	void *hdr;
	int err;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, 0);
	if (err)
		return err;
	list_for_each_entry(unit, &nyx_units, node) {
		if (unit->id < cb->args[0])
			continue;
		hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_UNIT_GET);
		if (!hdr)
			return skb->len ?: -EMSGSIZE;
		if (put_unit(skb, unit, nyx_nl_sees_physical(cb->skb))) {
			genlmsg_cancel(skb, hdr);
			return skb->len ?: -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = (long)unit->id + 1;
	}
	return skb->len;
}
