// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family: who may ask, how a refusal is told, and what happens
 * when a socket closes.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "netlink.h"

static const struct genl_multicast_group groups[] = {
	[NYX_IOMMU_NLGRP_FAULT] = { .name = NYX_IOMMU_MCGRP_FAULT,
				    .flags = GENL_MCAST_CAP_NET_ADMIN },
	[NYX_IOMMU_NLGRP_STATE] = { .name = NYX_IOMMU_MCGRP_STATE,
				    .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family nyx_nl_family = {
	.name		= NYX_IOMMU_FAMILY_NAME,
	.version	= NYX_IOMMU_FAMILY_VERSION,
	.maxattr	= NYX_NL_MAXATTR,
	.policy		= nyx_iommu_nl_policy,
	.netnsok	= false,
	.parallel_ops	= true,
	.small_ops	= nyx_iommu_nl_ops,
	.n_small_ops	= ARRAY_SIZE(nyx_iommu_nl_ops),
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
	.module		= THIS_MODULE,
};

static_assert((int)NYX_DOMAIN_ID_MAX == NYX_IOMMU_DOMAIN_ID_MAX);
static_assert(NYX_DOMAIN_NAME_MAX - 1 == NYX_IOMMU_NAME_MAX);

/* ---- refusals ---- */

/*
 * The kernel keeps only a pointer to an extended-ack text, and reads it after
 * the handler has returned, in the same task, when it sends the acknowledgment.
 * So texts live in a pool. A task uses its own slot again, for its earlier text
 * has been sent; another's slot is taken only when it is long out of use.
 */
#define TEXTS		64
#define TEXT_AGE	(10 * HZ)

struct text {
	const struct task_struct *owner;	/* compared, never followed */
	unsigned long used;			/* jiffies */
	char text[NYX_WHY_MAX];
};

static struct text texts[TEXTS];
static DEFINE_SPINLOCK(texts_lock);

static char *text_slot(void)
{
	struct text *slot = NULL;
	int i;

	spin_lock(&texts_lock);
	for (i = 0; i < TEXTS; i++) {
		struct text *t = &texts[i];

		if (t->owner == current) {
			slot = t;
			break;
		}
		if (t->owner && time_before(jiffies, t->used + TEXT_AGE))
			continue;
		if (!slot)
			slot = t;
	}
	if (slot) {
		slot->owner = current;
		slot->used = jiffies;
	}
	spin_unlock(&texts_lock);
	return slot ? slot->text : NULL;
}

int nyx_nl_refuse(struct netlink_ext_ack *extack, int err, const struct nlattr *attr,
		  const char *fmt, ...)
{
	va_list args;
	char *text;

	if (!extack)
		return err;
	text = text_slot();
	if (text) {
		va_start(args, fmt);
		vscnprintf(text, NYX_WHY_MAX, fmt, args);
		va_end(args);
		extack->_msg = text;
	} else {
		extack->_msg = "refused, and too many refusals at once to tell why: try again";
	}
	extack->bad_attr = attr;
	return err;
}

static int deny(struct netlink_ext_ack *extack, int cap)
{
	/* Anyone can get here, so no slot of the pool is spent on it. */
	if (!extack)
		return -EPERM;
	switch (cap) {
	case CAP_SYS_ADMIN:
		extack->_msg = "needs CAP_SYS_ADMIN in the initial user namespace: run it as root of the host";
		break;
	case CAP_SYS_RAWIO:
		extack->_msg = "reaches raw memory, so it needs CAP_SYS_RAWIO in the initial user namespace too: run it as root of the host";
		break;
	default:
		extack->_msg = "needs CAP_NET_ADMIN in the initial user namespace: run it as root of the host";
	}
	return -EPERM;
}

int nyx_nl_need(struct sk_buff *skb, struct genl_info *info, int cap)
{
	return netlink_capable(skb, cap) ? 0 : deny(info->extack, cap);
}

int nyx_nl_begin(struct sk_buff *skb, struct genl_info *info, int cap, u64 takes)
{
	if (!netlink_capable(skb, cap))
		return deny(info->extack, cap);
	return nyx_nl_only(info->attrs, info->extack, takes);
}

int nyx_nl_begin_dump(struct netlink_callback *cb, int cap, u64 takes)
{
	if (!netlink_capable(cb->skb, cap))
		return deny(cb->extack, cap);
	return nyx_nl_only(nyx_genl_dump_attrs(cb), cb->extack, takes);
}

static int attr_of(enum nyx_arg arg)
{
	switch (arg) {
	case NYX_ARG_DEVICE:	return NYX_IOMMU_A_DEVICE;
	case NYX_ARG_DOMAIN:	return NYX_IOMMU_A_DOMAIN_ID;
	case NYX_ARG_NAME:	return NYX_IOMMU_A_DOMAIN_NAME;
	case NYX_ARG_MODE:	return NYX_IOMMU_A_DOMAIN_MODE;
	case NYX_ARG_IOVA:	return NYX_IOMMU_A_IOVA;
	case NYX_ARG_STATE:	return NYX_IOMMU_A_DOMAIN_STATE;
	case NYX_ARG_ATS:	return NYX_IOMMU_A_ATS;
	case NYX_ARG_VECTOR:	return NYX_IOMMU_A_VECTOR;
	case NYX_ARG_CPUS:	return NYX_IOMMU_A_CPUS;
	case NYX_ARG_THRESHOLD:	return NYX_IOMMU_A_FAULT_THRESHOLD;
	case NYX_ARG_WINDOW:	return NYX_IOMMU_A_FAULT_WINDOW;
	case NYX_ARG_AUTO_RESET:	return NYX_IOMMU_A_AUTO_RESET;
	case NYX_ARG_KIND:	return NYX_IOMMU_A_REPORT_KIND;
	case NYX_ARG_TEXT:	return NYX_IOMMU_A_REPORT_TEXT;
	default:		return 0;
	}
}

int nyx_nl_why(struct genl_info *info, int err, const struct nyx_why *why)
{
	const struct nlattr *attr;

	if (!err || !why->text[0])
		return err;
	attr = info->attrs[attr_of(why->arg)];
	if (!attr && why->arg == NYX_ARG_DOMAIN)
		attr = info->attrs[NYX_IOMMU_A_DOMAIN_NAME];
	return nyx_nl_refuse(info->extack, err, attr, "%s", why->text);
}

/* ---- the objects a message names ---- */

static int unknown_device(struct netlink_ext_ack *extack, const struct nlattr *attr)
{
	u32 id = nla_get_u32(attr);

	return nyx_nl_refuse(extack, -ENODEV, attr,
			     "no PCI function %04x:%02x:%02x.%u here: see nyxctl device show",
			     id >> 16, PCI_BUS_NUM(id & 0xffff), PCI_SLOT(id & 0xff),
			     PCI_FUNC(id & 0xff));
}

int nyx_nl_device(struct genl_info *info, struct nyx_device **device)
{
	const struct nlattr *attr = info->attrs[NYX_IOMMU_A_DEVICE];
	u32 id;

	if (!attr)
		return nyx_nl_refuse(info->extack, -EINVAL, NULL,
				     "no device given: add the device attribute");
	id = nla_get_u32(attr);
	*device = nyx_device_get(id >> 16, id & 0xffff);
	return *device ? 0 : unknown_device(info->extack, attr);
}

int nyx_nl_domain(struct genl_info *info, struct nyx_domain **domain)
{
	const struct nlattr *id = info->attrs[NYX_IOMMU_A_DOMAIN_ID];
	const struct nlattr *name = info->attrs[NYX_IOMMU_A_DOMAIN_NAME];

	if (id && name)
		return nyx_nl_refuse(info->extack, -EINVAL, name,
				     "a domain's id and name are both given: leave one out");
	if (id) {
		*domain = nyx_domain_get(nla_get_u32(id));
		if (!*domain)
			return nyx_nl_refuse(info->extack, -ENOENT, id,
					     "no domain %u: see nyxctl domain show", nla_get_u32(id));
		return 0;
	}
	if (name) {
		*domain = nyx_domain_get_by_name(nla_data(name));
		if (!*domain)
			return nyx_nl_refuse(info->extack, -ENOENT, name,
					     "no domain \"%.31s\": see nyxctl domain show",
					     (const char *)nla_data(name));
		return 0;
	}
	return nyx_nl_refuse(info->extack, -EINVAL, NULL,
			     "no domain given: add the domain-id or domain-name attribute");
}

/* ---- replies and dumps ---- */

struct sk_buff *nyx_nl_reply(struct genl_info *info, u8 cmd, void **hdr)
{
	struct sk_buff *skb = genlmsg_new(NYX_NL_REPLY, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &nyx_nl_family, 0, cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

int nyx_nl_send(struct genl_info *info, struct sk_buff *skb, void *hdr, int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

void *nyx_nl_dump_start(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&nyx_nl_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

int nyx_nl_dump_devices(struct sk_buff *skb, struct netlink_callback *cb, nyx_nl_dump_device *put,
			size_t buffer_size)
{
	struct nlattr **attrs = nyx_genl_dump_attrs(cb);
	const struct nlattr *only = attrs ? attrs[NYX_IOMMU_A_DEVICE] : NULL;
	struct nyx_device *device;
	bool known = false;
	void *buffer;
	int err = 0;

	buffer = kmalloc(buffer_size, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	mutex_lock(&nyx_registry_lock);
	list_for_each_entry(device, &nyx_devices, node) {
		u32 id = nyx_nl_device_id(device);

		if (id < cb->args[0] || (only && id != nla_get_u32(only)))
			continue;
		known = true;
		if (id != cb->args[0]) {
			cb->args[0] = id;
			cb->args[1] = 0;
		}
		err = put(skb, cb, device, buffer, &cb->args[1]);
		if (err)
			break;
	}
	mutex_unlock(&nyx_registry_lock);
	kfree(buffer);
	/* One that has gone while it was dumped is no reason to refuse what has been sent. */
	if (only && !known && !cb->args[2])
		return unknown_device(cb->extack, only);
	cb->args[2] = 1;
	return skb->len ?: err;
}

static atomic_t generation = ATOMIC_INIT(1);

u32 nyx_nl_generation(void)
{
	return (u32)atomic_read(&generation) ?: 1;
}

void nyx_nl_changed(void)
{
	atomic_inc(&generation);
}

/* ---- sockets that close ---- */

static int socket_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net)) {
		nyx_domain_owner_gone(notify->portid);
		nyx_irq_owner_gone(notify->portid);
	}
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_event,
};

int nyx_netlink_init(void)
{
	int err;

	err = netlink_register_notifier(&socket_notifier);
	if (err)
		return err;
	err = genl_register_family(&nyx_nl_family);
	if (err)
		netlink_unregister_notifier(&socket_notifier);
	else
		nyx_nl_events(true);
	return err;
}

void nyx_netlink_exit(void)
{
	nyx_nl_events(false);
	genl_unregister_family(&nyx_nl_family);
	netlink_unregister_notifier(&socket_notifier);
}
