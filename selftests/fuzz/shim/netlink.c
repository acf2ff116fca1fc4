// SPDX-License-Identifier: GPL-2.0
/*
 * Checks attributes against a policy, as strictly as the kernel does for new families: no
 * unknown attribute, exact lengths, nothing left over.
 */
#include <net/netlink.h>

static int bad(struct netlink_ext_ack *extack, const struct nlattr *nla, int err, const char *text)
{
	extack->_msg = text;
	extack->bad_attr = nla;
	return err;
}

static int check_number(const struct nla_policy *policy, const struct nlattr *nla, u64 value,
			struct netlink_ext_ack *extack)
{
	switch (policy->validation_type) {
	case NLA_VALIDATE_MASK:
		if (value & ~policy->mask)
			return bad(extack, nla, -EINVAL, "reserved bit set");
		return 0;
	case NLA_VALIDATE_RANGE:
	case NLA_VALIDATE_MIN:
		if (value < policy->min)
			return bad(extack, nla, -ERANGE, "integer out of range");
		if (policy->validation_type == NLA_VALIDATE_MIN)
			return 0;
		/* fall through */
	case NLA_VALIDATE_MAX:
		if (value > policy->max)
			return bad(extack, nla, -ERANGE, "integer out of range");
		return 0;
	default:
		return 0;
	}
}

static int check_attr(const struct nla_policy *policy, const struct nlattr *nla,
		      struct netlink_ext_ack *extack)
{
	int len = nla_len(nla);

	if ((policy->type == NLA_NESTED) != !!(nla->nla_type & NLA_F_NESTED))
		return bad(extack, nla, -EINVAL, "NLA_F_NESTED is missing or not expected");
	switch (policy->type) {
	case NLA_U32:
		if (len != 4)
			return bad(extack, nla, -EINVAL, "invalid attribute length");
		return check_number(policy, nla, nla_get_u32(nla), extack);
	case NLA_U64:
		if (len != 8)
			return bad(extack, nla, -EINVAL, "invalid attribute length");
		return check_number(policy, nla, nla_get_u64(nla), extack);
	case NLA_FLAG:
		return len ? bad(extack, nla, -ERANGE, "a flag has a value") : 0;
	case NLA_NUL_STRING:
		if (len < 1 || !memchr(nla_data(nla), 0, len > policy->len ? policy->len + 1 : len))
			return bad(extack, nla, -EINVAL, "a text without its end");
		return 0;
	case NLA_NESTED:
		if (!len)
			return 0;
		return shim_parse(NULL, policy->len, nla_data(nla), len, policy->nested_policy,
				  extack);
	default:
		return bad(extack, nla, -EINVAL, "Unsupported attribute");
	}
}

int shim_parse(struct nlattr **tb, int maxtype, const struct nlattr *head, int len,
	       const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	int rem, err;

	if (tb)
		memset(tb, 0, (maxtype + 1) * sizeof(*tb));
	nla_for_each_attr(nla, head, len, rem) {
		int type = nla_type(nla);

		if (!type || type > maxtype)
			return bad(extack, nla, -EINVAL, "Unknown attribute type");
		err = check_attr(&policy[type], nla, extack);
		if (err)
			return err;
		if (tb)
			tb[type] = (struct nlattr *)nla;
	}
	return rem > 0 ? bad(extack, NULL, -EINVAL, "bytes leftover after parsing attributes") : 0;
}
