/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Enough of the kernel's netlink to read a message in userspace, where ASan and UBSan watch:
 * attributes, policies, and how strictly the kernel checks one against the other for a family
 * like ours (netlink.c here).
 */
#ifndef NYX_FUZZ_SHIM_NETLINK_H
#define NYX_FUZZ_SHIM_NETLINK_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>

#include "user_types.h"

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT_ULL(n)		(1ULL << (n))
#ifndef __printf
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#endif

enum { NLA_UNSPEC, NLA_U32, NLA_U64, NLA_NUL_STRING, NLA_FLAG, NLA_NESTED };
enum { NLA_VALIDATE_NONE, NLA_VALIDATE_RANGE, NLA_VALIDATE_MIN, NLA_VALIDATE_MAX,
       NLA_VALIDATE_MASK };

struct nla_policy {
	u8 type;
	u8 validation_type;
	u16 len;
	u64 mask;
	u64 min, max;
	const struct nla_policy *nested_policy;
};

#define NLA_POLICY_MASK(t, m)	\
	{ .type = (t), .validation_type = NLA_VALIDATE_MASK, .mask = (m) }
#define NLA_POLICY_RANGE(t, lo, hi)	\
	{ .type = (t), .validation_type = NLA_VALIDATE_RANGE, .min = (lo), .max = (hi) }
#define NLA_POLICY_MIN(t, lo)	\
	{ .type = (t), .validation_type = NLA_VALIDATE_MIN, .min = (lo) }
#define NLA_POLICY_MAX(t, hi)	\
	{ .type = (t), .validation_type = NLA_VALIDATE_MAX, .max = (hi) }
#define NLA_POLICY_NESTED(p)	\
	{ .type = NLA_NESTED, .len = ARRAY_SIZE(p) - 1, .nested_policy = (p) }

struct netlink_ext_ack {
	const char *_msg;
	const struct nlattr *bad_attr;
};

struct sk_buff;
struct netlink_callback;

struct genl_info {
	const struct nlmsghdr *nlhdr;
	struct nlattr **attrs;
	struct netlink_ext_ack *extack;
};

struct genl_small_ops {
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
	int (*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	u8 cmd;
};

static inline int nla_type(const struct nlattr *nla)
{
	return nla->nla_type & NLA_TYPE_MASK;
}

static inline void *nla_data(const struct nlattr *nla)
{
	return (char *)nla + NLA_HDRLEN;
}

static inline int nla_len(const struct nlattr *nla)
{
	return nla->nla_len - NLA_HDRLEN;
}

static inline u32 nla_get_u32(const struct nlattr *nla)
{
	u32 value;

	memcpy(&value, nla_data(nla), sizeof(value));
	return value;
}

static inline u64 nla_get_u64(const struct nlattr *nla)
{
	u64 value;

	memcpy(&value, nla_data(nla), sizeof(value));
	return value;
}

static inline bool nla_ok(const struct nlattr *nla, int rem)
{
	return rem >= (int)sizeof(*nla) && nla->nla_len >= sizeof(*nla) && nla->nla_len <= rem;
}

static inline struct nlattr *nla_next(const struct nlattr *nla, int *rem)
{
	unsigned int total = NLA_ALIGN(nla->nla_len);

	*rem -= total;
	return (struct nlattr *)((char *)nla + total);
}

#define nla_for_each_attr(pos, head, len, rem)	\
	for (pos = (head), rem = (len); nla_ok(pos, rem); pos = nla_next(pos, &(rem)))
#define nla_for_each_nested(pos, nla, rem)	\
	nla_for_each_attr(pos, (struct nlattr *)nla_data(nla), nla_len(nla), rem)
#define nlmsg_for_each_attr(pos, nlh, hdrlen, rem)	\
	nla_for_each_attr(pos, (struct nlattr *)((char *)(nlh) + NLMSG_HDRLEN + NLMSG_ALIGN(hdrlen)), \
			  (int)((nlh)->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(hdrlen)), rem)

/* What the kernel does with attributes of a family that asks for no leniency. */
int shim_parse(struct nlattr **tb, int maxtype, const struct nlattr *head, int len,
	       const struct nla_policy *policy, struct netlink_ext_ack *extack);

static inline int nla_parse_nested(struct nlattr **tb, int maxtype, const struct nlattr *nla,
				   const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	if (!(nla->nla_type & NLA_F_NESTED)) {
		extack->_msg = "NLA_F_NESTED is missing";
		extack->bad_attr = nla;
		return -EINVAL;
	}
	return shim_parse(tb, maxtype, nla_data(nla), nla_len(nla), policy, extack);
}

#endif
