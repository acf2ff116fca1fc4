/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The netlink family spoken to without any library: one message at a time, and the
 * answers to it. Each thread has a socket of its own.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nyx_iommu.h>
#include <sys/socket.h>

#include "common.h"

#define MESSAGE_MAX	32768

static _Thread_local int sock;
static _Thread_local uint16_t family;
static _Thread_local uint32_t sequence;
static _Thread_local char extack[512];

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t attrs[4096];
};

static _Thread_local struct message message;

static inline void begin(uint16_t type, uint8_t command, uint16_t flags)
{
	memset(&message, 0, sizeof(message));
	message.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	message.nl.nlmsg_type = type;
	message.nl.nlmsg_flags = NLM_F_REQUEST | flags;
	message.nl.nlmsg_seq = ++sequence;
	message.genl.cmd = command;
	message.genl.version = 1;
}

static inline void put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)((char *)&message + message.nl.nlmsg_len);

	if (message.nl.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(message))
		die("message too long");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	message.nl.nlmsg_len += NLA_ALIGN(attr->nla_len);
}

static inline void put_u32(uint16_t type, uint32_t value)
{
	put(type, &value, 4);
}

static inline void put_text(uint16_t type, const char *text)
{
	put(type, text, strlen(text) + 1);
}

static inline void put_range(uint64_t iova, uint64_t length, const void *address)
{
	struct {
		struct nlattr head;
		uint64_t value;
	} inner[3] = {
		{ { 12, NYX_IOMMU_A_RANGE_IOVA }, iova },
		{ { 12, NYX_IOMMU_A_RANGE_LENGTH }, length },
		{ { 12, NYX_IOMMU_A_RANGE_ADDRESS }, (uintptr_t)address },
	};
	uint8_t packed[36];
	int i, nr = address ? 3 : 2;

	for (i = 0; i < nr; i++) {
		memcpy(packed + 12 * i, &inner[i].head, 4);
		memcpy(packed + 12 * i + 4, &inner[i].value, 8);
	}
	put(NYX_IOMMU_A_RANGE | NLA_F_NESTED, packed, 12 * nr);
}

/* A vector to bind to fd, or, with fd negative, one by its index alone. */
static inline void put_vector(uint32_t index, int fd)
{
	const struct {
		struct nlattr head;
		uint32_t value;
	} inner[2] = {
		{ { 8, NYX_IOMMU_A_VECTOR_INDEX }, index },
		{ { 8, NYX_IOMMU_A_VECTOR_FD }, fd },
	};

	put(NYX_IOMMU_A_VECTOR | NLA_F_NESTED, inner, fd < 0 ? 8 : 16);
}

static inline void read_extack(const struct nlmsghdr *nl, const struct nlmsgerr *err)
{
	const char *at = (const char *)err + sizeof(*err), *end = (const char *)nl + nl->nlmsg_len;

	extack[0] = 0;
	if (!(nl->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* Without NETLINK_CAP_ACK a failed request is quoted whole before the TLVs. */
	if (!(nl->nlmsg_flags & NLM_F_CAPPED))
		at += err->msg.nlmsg_len - sizeof(err->msg);
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attr = (const struct nlattr *)at;

		if (attr->nla_len < NLA_HDRLEN || at + attr->nla_len > end)
			return;
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(extack, sizeof(extack), "%.*s", attr->nla_len - NLA_HDRLEN,
				 at + NLA_HDRLEN);
		at += NLA_ALIGN(attr->nla_len);
	}
}

/*
 * Send the message and read until its end: the (negative) errno. Each reply's
 * attributes go to fn.
 */
static inline int talk(void (*fn)(const struct nlattr *attr, void *arg), void *arg)
{
	static _Thread_local char buffer[MESSAGE_MAX];

	if (send(sock, &message, message.nl.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t len = recv(sock, buffer, sizeof(buffer), 0);
		struct nlmsghdr *nl = (struct nlmsghdr *)buffer;

		if (len < 0)
			return -errno;
		for (; NLMSG_OK(nl, len); nl = NLMSG_NEXT(nl, len)) {
			const char *at = (char *)NLMSG_DATA(nl) + GENL_HDRLEN;
			const char *end = (char *)nl + nl->nlmsg_len;

			if (nl->nlmsg_seq != sequence)
				continue;
			if (nl->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *err = NLMSG_DATA(nl);

				read_extack(nl, err);
				return err->error;
			}
			if (nl->nlmsg_type == NLMSG_DONE)
				return *(int *)NLMSG_DATA(nl);
			while (fn && at + NLA_HDRLEN <= end) {
				const struct nlattr *attr = (const struct nlattr *)at;

				if (attr->nla_len < NLA_HDRLEN)
					break;
				fn(attr, arg);
				at += NLA_ALIGN(attr->nla_len);
			}
		}
	}
}

static inline const void *data_of(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

struct wanted_group {
	const char *name;
	uint32_t id;
};

static inline void family_attr(const struct nlattr *attr, void *arg)
{
	struct wanted_group *wanted = arg;
	const char *at = data_of(attr), *end = (const char *)attr + attr->nla_len;

	if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
		family = *(const uint16_t *)data_of(attr);
	if ((attr->nla_type & NLA_TYPE_MASK) != CTRL_ATTR_MCAST_GROUPS || !wanted->name)
		return;
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *group = (const struct nlattr *)at;
		const char *in = data_of(group), *stop = at + group->nla_len;
		const char *name = "";
		uint32_t id = 0;

		while (in + NLA_HDRLEN <= stop) {
			const struct nlattr *field = (const struct nlattr *)in;

			if (field->nla_type == CTRL_ATTR_MCAST_GRP_NAME)
				name = data_of(field);
			if (field->nla_type == CTRL_ATTR_MCAST_GRP_ID)
				id = *(const uint32_t *)data_of(field);
			in += NLA_ALIGN(field->nla_len);
		}
		if (!strcmp(name, wanted->name))
			wanted->id = id;
		at += NLA_ALIGN(group->nla_len);
	}
}

/* Returns the id of the multicast group, 0 for none. */
static inline uint32_t connect_family(const char *group)
{
	struct wanted_group wanted = { .name = group };
	int on = 1, err;

	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (sock < 0)
		die("socket: %s", strerror(errno));
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	put_text(CTRL_ATTR_FAMILY_NAME, NYX_IOMMU_FAMILY_NAME);
	err = talk(family_attr, &wanted);
	if (!family)
		die("no family '%s' here: %s", NYX_IOMMU_FAMILY_NAME, strerror(-err));
	return wanted.id;
}

static inline uint32_t device_id(const char *text)
{
	unsigned int segment = 0, bus, slot, function;

	if (sscanf(text, "%x:%x:%x.%x", &segment, &bus, &slot, &function) != 4) {
		segment = 0;
		if (sscanf(text, "%x:%x.%x", &bus, &slot, &function) != 3)
			die("'%s' is not a PCI address", text);
	}
	return segment << 16 | bus << 8 | slot << 3 | function;
}

static inline void must(const char *what, int err)
{
	if (err)
		die("%s: %s%s%s", what, strerrorname_np(-err), extack[0] ? ": " : "", extack);
}

/* The id in a reply about a domain. */
static inline void domain_attr(const struct nlattr *attr, void *arg)
{
	if (attr->nla_type == NYX_IOMMU_A_DOMAIN_ID)
		*(uint32_t *)arg = *(const uint32_t *)data_of(attr);
}

/* How many differences an audit has found. */
static inline void sum_differences(const struct nlattr *attr, void *arg)
{
	const char *at = data_of(attr), *end = (const char *)attr + attr->nla_len;

	if ((attr->nla_type & NLA_TYPE_MASK) != NYX_IOMMU_A_AUDIT)
		return;
	for (; at + NLA_HDRLEN < end; at += NLA_ALIGN(((const struct nlattr *)at)->nla_len)) {
		const struct nlattr *count = (const struct nlattr *)at;

		if (count->nla_type == NYX_IOMMU_A_AUDIT_DIFFERENCES)
			*(uint64_t *)arg += *(const uint64_t *)data_of(count);
	}
}

#endif
