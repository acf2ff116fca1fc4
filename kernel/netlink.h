/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the netlink front's files share: rights, refusals, replies and dumps.
 *
 * No handler binds, unbinds or resets a device, loads a module or waits for
 * userspace: the family lock is held around it.
 */
#ifndef NYX_NETLINK_H
#define NYX_NETLINK_H

#include <net/genetlink.h>
#include <linux/nyx_iommu.h>

#include "netlink_parse.h"
#include "nyx.h"

#define NYX_NL_MAXATTR	(ARRAY_SIZE(nyx_iommu_nl_policy) - 1)
#define NYX_NL_REPLY	8192	/* bytes, more than any single answer needs */
/* What requests take comes first in the attribute space: it fits a mask. */
#define NYX_NL_TAKES(attr)	BIT_ULL(NYX_IOMMU_A_##attr)

extern struct genl_family nyx_nl_family;

/* ---- netlink.c ---- */

/*
 * Let a handler begin: the caller has cap in the initial user namespace, and
 * the message holds only attributes in the takes mask. 0, -EPERM, -EINVAL.
 */
int nyx_nl_begin(struct sk_buff *skb, struct genl_info *info, int cap, u64 takes);
int nyx_nl_begin_dump(struct netlink_callback *cb, int cap, u64 takes);

/* A further capability for some values of what is asked. 0, -EPERM. */
int nyx_nl_need(struct sk_buff *skb, struct genl_info *info, int cap);

/* May this caller see host-physical addresses? skb is the request. */
static inline bool nyx_nl_sees_physical(struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_SYS_ADMIN);
}

/* Pass on why the core refused; err 0 goes through. Points at the attribute the core names. */
int nyx_nl_why(struct genl_info *info, int err, const struct nyx_why *why);

/* The device or domain that the message names, referenced; or a refusal. */
int nyx_nl_device(struct genl_info *info, struct nyx_device **device);
int nyx_nl_domain(struct genl_info *info, struct nyx_domain **domain);

/* A reply to fill; NULL when out of memory. */
struct sk_buff *nyx_nl_reply(struct genl_info *info, u8 cmd, void **hdr);
/* Send it, or free it when err. Returns err or what sending returned. */
int nyx_nl_send(struct genl_info *info, struct sk_buff *skb, void *hdr, int err);

/*
 * One message of a dump. It is marked when what it lists has changed since
 * the dump began: cb->seq is set by the caller.
 */
void *nyx_nl_dump_start(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);

/*
 * Send what device has from *first on. -EMSGSIZE: the rest comes next time, from *first on.
 * buffer is room to work in.
 */
typedef int nyx_nl_dump_device(struct sk_buff *skb, struct netlink_callback *cb,
			       struct nyx_device *device, void *buffer, long *first);

/*
 * A dump of what devices have, put() for each, or for the one that the message names; what it
 * returns is the dump handler's result. nyx_registry_lock is held around put(). cb->args[0]:
 * id of the device being sent, [1]: put()'s *first, 0 for each device at first, [2]: the dump
 * has begun. -ENODEV, with the reason: no such device.
 */
int nyx_nl_dump_devices(struct sk_buff *skb, struct netlink_callback *cb, nyx_nl_dump_device *put,
			size_t buffer_size);

/* What of a list of objects a dump shows has changed. Never 0. */
u32 nyx_nl_generation(void);
void nyx_nl_changed(void);

static inline int nyx_nl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, NYX_IOMMU_A_PAD);
}

static inline u32 nyx_nl_device_id(const struct nyx_device *device)
{
	return (u32)device->segment << 16 | device->rid;
}

/* ---- netlink_event.c ---- */

/* Events are dropped unless this was told true; on return from false none is under way. */
void nyx_nl_events(bool on);
/* Of the last event of each group. Takes a mutex. */
void nyx_nl_event_numbers(u64 *faults, u64 *states);

/* ---- netlink_device.c, netlink_fault.c ---- */

/* What a state event tells; holds nyx_registry_lock. */
int nyx_nl_put_device_state(struct sk_buff *skb, struct nyx_device *device);
/* What device-get tells; holds nyx_registry_lock. */
int nyx_nl_put_function(struct sk_buff *skb, struct nyx_device *device, bool physical);

/* How its faults count: towards what, and how far it is. */
int nyx_nl_put_policy(struct sk_buff *skb, const struct nyx_device *device, u64 since_reset,
		      const struct nyx_policy_count *count);

int nyx_nl_put_fault(struct sk_buff *skb, const struct nyx_fault_record *record);
/* What the hardware still holds counts too. unit may be NULL. */
void nyx_nl_drain(struct nyx_unit *unit);

#endif
