// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: events, told to whoever joined a group.
 */
#include <linux/ktime.h>
#include <linux/mutex.h>

#include "netlink.h"
#include "tests/hooks.h"

#ifdef NYX_KUNIT
void (*nyx_event_test_hook)(const struct nyx_event *event);
#endif

#define EVENT_SIZE	1024	/* bytes, more than any event needs */

static int put_device_event(struct sk_buff *skb, const struct nyx_event *event)
{
	return nyx_nl_put_device_state(skb, event->device);
}

static int put_domain_event(struct sk_buff *skb, const struct nyx_event *event)
{
	const struct nyx_domain *domain = event->domain;

	if (nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_ID, domain->id) ||
	    nla_put_string(skb, NYX_IOMMU_A_DOMAIN_NAME, domain->name) ||
	    nla_put_u32(skb, NYX_IOMMU_A_DOMAIN_STATE, domain->state))
		return -EMSGSIZE;
	return event->cause ? nla_put_string(skb, NYX_IOMMU_A_CAUSE, event->cause) : 0;
}

static int put_unit_event(struct sk_buff *skb, const struct nyx_event *event)
{
	const struct nyx_unit *unit = event->unit;

	if (nla_put_u32(skb, NYX_IOMMU_A_UNIT_ID, unit->id) ||
	    nla_put_string(skb, NYX_IOMMU_A_UNIT_NAME, unit->name) ||
	    nla_put_u32(skb, NYX_IOMMU_A_UNIT_STATE, READ_ONCE(unit->state)))
		return -EMSGSIZE;
	return event->cause ? nla_put_string(skb, NYX_IOMMU_A_CAUSE, event->cause) : 0;
}

static int put_fault_event(struct sk_buff *skb, const struct nyx_event *event)
{
	return nla_put_u32(skb, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(event->device)) ?:
	       nyx_nl_put_fault(skb, event->fault);
}

static const struct {
	u8 cmd;
	u8 group;
	int (*put)(struct sk_buff *skb, const struct nyx_event *event);
} events[] = {
	[NYX_EVENT_FAULT] = {
		NYX_IOMMU_CMD_FAULT_EVENT, NYX_IOMMU_NLGRP_FAULT, put_fault_event },
	[NYX_EVENT_DEVICE_STATE] = {
		NYX_IOMMU_CMD_DEVICE_EVENT, NYX_IOMMU_NLGRP_STATE, put_device_event },
	[NYX_EVENT_DOMAIN_STATE] = {
		NYX_IOMMU_CMD_DOMAIN_EVENT, NYX_IOMMU_NLGRP_STATE, put_domain_event },
	[NYX_EVENT_UNIT_STATE] = {
		NYX_IOMMU_CMD_UNIT_EVENT, NYX_IOMMU_NLGRP_STATE, put_unit_event },
};

/*
 * Nests inside nyx_registry_lock; nothing but memory is waited for with it held. An event
 * gets its number and is delivered under it: a listener sees numbers rise one by one, and
 * what nyx_nl_event_numbers() tells has been delivered to everybody who had room for it.
 */
static DEFINE_MUTEX(events_lock);
static bool events_on;
static u64 numbers[NYX_IOMMU_NLGRP_STATE + 1];

void nyx_nl_events(bool on)
{
	mutex_lock(&events_lock);
	events_on = on;
	mutex_unlock(&events_lock);
}

void nyx_nl_event_numbers(u64 *faults, u64 *states)
{
	mutex_lock(&events_lock);
	*faults = numbers[NYX_IOMMU_NLGRP_FAULT];
	*states = numbers[NYX_IOMMU_NLGRP_STATE];
	mutex_unlock(&events_lock);
}

static int put_event(struct sk_buff *skb, const struct nyx_event *event, u64 number)
{
	return nyx_nl_put_u64(skb, NYX_IOMMU_A_EVENT_NUMBER, number) ?:
	       nyx_nl_put_u64(skb, NYX_IOMMU_A_EVENT_TIME, ktime_get_real_ns()) ?:
	       events[event->kind].put(skb, event);
}

/*
 * An event that cannot be sent is dropped: to its receivers that is the same as
 * a full socket, and what it told can be asked for.
 */
static void send_event(const struct nyx_event *event)
{
	u8 group = events[event->kind].group;
	u64 number = ++numbers[group];
	struct sk_buff *skb;
	void *hdr;

	lockdep_assert_held(&events_lock);
	if (!genl_has_listeners(&nyx_nl_family, &init_net, group))
		return;
	skb = genlmsg_new(EVENT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &nyx_nl_family, 0, events[event->kind].cmd);
	if (WARN_ON_ONCE(!hdr || put_event(skb, event, number))) {
		nlmsg_free(skb);	/* EVENT_SIZE is too small */
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast(&nyx_nl_family, skb, 0, group, GFP_KERNEL);
}

/* State events come with nyx_registry_lock held, fault events with no lock. */
void nyx_netlink_event(const struct nyx_event *event)
{
	if (event->kind != NYX_EVENT_FAULT)
		nyx_nl_changed();
#ifdef NYX_KUNIT
	if (nyx_event_test_hook)
		nyx_event_test_hook(event);
#endif
	mutex_lock(&events_lock);
	if (events_on)
		send_event(event);
	mutex_unlock(&events_lock);
}
