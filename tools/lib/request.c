// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: one request, its answers, and the kernel's reasons for a refusal.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

#define BUFFER	(256 * 1024)
#define TRIES	8	/* of a listing that changes while it is read */

int nyx_fail(struct nyx *nyx, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(nyx->error, sizeof(nyx->error), format, args);
	va_end(args);
	return err;
}

int nyx_no_memory(struct nyx *nyx, struct nl_msg *msg)
{
	nlmsg_free(msg);
	return nyx_fail(nyx, -ENOMEM, "out of memory");
}

EXPORT const char *nyx_error(const struct nyx *nyx)
{
	return nyx && nyx->error[0] ? nyx->error : "no error";
}

EXPORT bool nyx_interrupted(const struct nyx *nyx)
{
	return nyx->interrupted;
}

int nyx_connect(struct nyx *nyx, struct nl_sock **out)
{
	struct nl_sock *socket = nl_socket_alloc();
	int one = 1, err;

	if (!socket)
		return nyx_no_memory(nyx, NULL);
	err = genl_connect(socket);
	if (err) {
		nl_socket_free(socket);
		return nyx_fail(nyx, -EPROTO, "no netlink socket: %s", nl_geterror(err));
	}
	nl_socket_set_buffer_size(socket, BUFFER, BUFFER);
	nl_socket_set_msg_buf_size(socket, 64 * 1024);
	nl_socket_disable_seq_check(socket);
	/* Both only make answers better; a kernel without them still works. */
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	*out = socket;
	return 0;
}

EXPORT int nyx_open(struct nyx **out)
{
	struct nyx *nyx = calloc(1, sizeof(*nyx));
	int err;

	*out = nyx;
	if (!nyx)
		return -ENOMEM;
	err = nyx_connect(nyx, &nyx->socket);
	if (err)
		return err;
	nyx->family = genl_ctrl_resolve(nyx->socket, NYX_IOMMU_FAMILY_NAME);
	if (nyx->family < 0)
		return nyx_fail(nyx, -ENOENT,
				"the nyx_iommu module is not loaded (or this is not the initial network namespace): run modprobe nyx_iommu; nyxctl check tells whether this host is ready for it");
	return 0;
}

EXPORT void nyx_close(struct nyx *nyx)
{
	if (!nyx)
		return;
	nl_socket_free(nyx->socket);
	free(nyx);
}

struct nl_msg *nyx_request(struct nyx *nyx, int command, int flags)
{
	/* Room for NYX_IOMMU_VECTORS_MAX vectors of 20 bytes. */
	struct nl_msg *msg = nlmsg_alloc_size(48 * 1024);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nyx->family, 0,
			 flags | (flags & NLM_F_DUMP ? 0 : NLM_F_ACK), command,
			 NYX_IOMMU_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* ---- refusals ---- */

static const char *attr_name(int type)
{
	static const char *const names[] = {
		[NYX_IOMMU_A_DEVICE] = "device",
		[NYX_IOMMU_A_DOMAIN_ID] = "domain id",
		[NYX_IOMMU_A_DOMAIN_NAME] = "domain name",
		[NYX_IOMMU_A_DOMAIN_MODE] = "domain mode",
		[NYX_IOMMU_A_OWNED] = "owned",
		[NYX_IOMMU_A_FORCE] = "force",
		[NYX_IOMMU_A_UNIT_ID] = "unit",
		[NYX_IOMMU_A_FAULT_THRESHOLD] = "threshold",
		[NYX_IOMMU_A_IOVA] = "address",
		[NYX_IOMMU_A_RANGE] = "range",
		[NYX_IOMMU_A_VECTOR] = "vector",
		[NYX_IOMMU_A_CPUS] = "CPUs",
	};

	return type > 0 && type < (int)(sizeof(names) / sizeof(names[0])) ? names[type] : NULL;
}

/* The top-level attribute of the request that lies around offset. */
static const char *attr_at(const struct nlmsghdr *request, uint32_t offset)
{
	int rem = nlmsg_attrlen(request, GENL_HDRLEN);
	const struct nlattr *attr = nlmsg_attrdata(request, GENL_HDRLEN);

	for (; nla_ok(attr, rem); attr = nla_next(attr, &rem)) {
		uint32_t at = (const char *)attr - (const char *)request;

		if (offset >= at && offset < at + nla_total_size(nla_len(attr)))
			return attr_name(nla_type(attr));
	}
	return NULL;
}

/* The kernel core's own texts do not say which attribute they mean; ours do. */
static bool generic_text(const char *text)
{
	static const char *const texts[] = {
		"integer out of range", "Unknown attribute", "Unsupported attribute", "reserved bit set",
		"Attribute failed policy validation", "NLA_F_NESTED is missing",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strncmp(text, texts[i], strlen(texts[i])))
			return true;
	return false;
}

/* libnl 3.7 knows nothing of these attributes. */
static int refused(struct nyx *nyx, const struct nlmsghdr *request, int code,
		   const struct nlattr *attr, int rem)
{
	const char *text = NULL, *name = NULL;

	for (; rem > 0 && nla_ok(attr, rem); attr = nla_next(attr, &rem)) {
		if (nla_type(attr) == NLMSGERR_ATTR_MSG && nla_len(attr) > 0 &&
		    !((char *)nla_data(attr))[nla_len(attr) - 1])
			text = nla_data(attr);
		if (nla_type(attr) == NLMSGERR_ATTR_OFFS && nla_len(attr) >= 4)
			name = attr_at(request, nla_get_u32(attr));
	}
	if (text && name && generic_text(text))
		return nyx_fail(nyx, -code, "%s: %s", name, text);
	if (text)
		return nyx_fail(nyx, -code, "%s", text);
	if (name)
		return nyx_fail(nyx, -code, "%s: %s", name, strerror(code));
	return nyx_fail(nyx, -code, "%s", strerror(code));
}

static int error_message(struct nyx *nyx, const struct nlmsghdr *request,
			 const struct nlmsghdr *answer)
{
	const struct nlmsgerr *err = nlmsg_data(answer);
	int used = sizeof(*err);

	if (nlmsg_datalen(answer) < used)
		return nyx_fail(nyx, -EPROTO, "the kernel's answer is too short");
	if (!err->error)
		return 0;
	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return refused(nyx, request, -err->error, NULL, 0);
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		used += err->msg.nlmsg_len - sizeof(err->msg);
	used = NLMSG_ALIGN(used);
	return refused(nyx, request, -err->error,
		       (const struct nlattr *)((const char *)err + used),
		       nlmsg_datalen(answer) - used);
}

/* The end of a dump carries an error in the same way. */
static int done_message(struct nyx *nyx, const struct nlmsghdr *request,
			const struct nlmsghdr *answer)
{
	const int *code = nlmsg_data(answer);
	int used = NLMSG_ALIGN(sizeof(*code));

	if (nlmsg_datalen(answer) < (int)sizeof(*code) || *code >= 0)
		return 0;
	return refused(nyx, request, -*code, (const struct nlattr *)((const char *)code + used),
		       answer->nlmsg_flags & NLM_F_ACK_TLVS ? nlmsg_datalen(answer) - used : 0);
}

/* ---- answers ---- */

struct nlattr *nyx_next(const struct nlattr *attr, const void *end)
{
	int rem = (const char *)end - (const char *)attr;
	const struct nlattr *next;

	for (next = nla_next(attr, &rem); nla_ok(next, rem); next = nla_next(next, &rem))
		if (nla_type(next) == nla_type(attr))
			return (struct nlattr *)next;
	return NULL;
}

bool nyx_split(const struct nlmsghdr *answer, struct nlattr *attrs[NYX_IOMMU_A_MAX + 1])
{
	struct nlattr *attr = nlmsg_attrdata(answer, GENL_HDRLEN);
	int rem = nlmsg_attrlen(answer, GENL_HDRLEN);

	memset(attrs, 0, sizeof(*attrs) * (NYX_IOMMU_A_MAX + 1));
	if (!nlmsg_valid_hdr(answer, GENL_HDRLEN))
		return false;
	/* A newer module may say more than is known here. */
	for (; nla_ok(attr, rem); attr = nla_next(attr, &rem))
		if (nla_type(attr) <= NYX_IOMMU_A_MAX && !attrs[nla_type(attr)])
			attrs[nla_type(attr)] = attr;
	attrs[0] = (struct nlattr *)((char *)answer + answer->nlmsg_len);
	return true;
}

static int one_answer(struct nyx *nyx, const struct nlmsghdr *answer, nyx_parse_fn parse, void *out)
{
	struct nlattr *attrs[NYX_IOMMU_A_MAX + 1];

	if (!nyx_split(answer, attrs))
		return nyx_fail(nyx, -EPROTO, "the kernel's answer is too short");
	return parse ? parse(attrs, out) : 0;
}

/* One buffer of answers. *done: the last has come. */
static int answers(struct nyx *nyx, const struct nlmsghdr *request, struct nlmsghdr *answer,
		   int len, nyx_parse_fn parse, void *out, bool *done)
{
	int err;

	for (; nlmsg_ok(answer, len); answer = nlmsg_next(answer, &len)) {
		if (answer->nlmsg_seq != request->nlmsg_seq)
			continue;
		if (answer->nlmsg_flags & NLM_F_DUMP_INTR)
			nyx->interrupted = true;
		switch (answer->nlmsg_type) {
		case NLMSG_ERROR:
			*done = true;
			return error_message(nyx, request, answer);
		case NLMSG_DONE:
			*done = true;
			return done_message(nyx, request, answer);
		case NLMSG_NOOP:
			continue;
		}
		err = one_answer(nyx, answer, parse, out);
		if (err)
			return err;
	}
	return 0;
}

int nyx_send(struct nyx *nyx, struct nl_msg *msg, nyx_parse_fn parse, void *out)
{
	const struct nlmsghdr *request;
	int parse_err = 0, err = 0;
	bool done = false;

	if (!msg)
		return nyx_no_memory(nyx, msg);
	request = nlmsg_hdr(msg);
	nyx->error[0] = '\0';
	nyx->interrupted = false;
	err = nl_send_auto(nyx->socket, msg);
	if (err < 0) {
		nlmsg_free(msg);
		return nyx_fail(nyx, -EPROTO, "the request cannot be sent: %s", nl_geterror(err));
	}
	while (!done) {
		struct sockaddr_nl from;
		unsigned char *buf = NULL;
		int len = nl_recv(nyx->socket, &from, &buf, NULL);

		if (len <= 0) {
			err = nyx_fail(nyx, -EPROTO, "no answer from the kernel: %s",
				       nl_geterror(len));
			break;
		}
		err = 0;
		if (from.nl_pid == 0)	/* else it is not the kernel speaking */
			err = answers(nyx, request, (struct nlmsghdr *)buf, len,
				      parse_err ? NULL : parse, out, &done);
		free(buf);
		if (err && !done)	/* read on, or the next request gets these answers */
			parse_err = err;
	}
	nlmsg_free(msg);
	return err ? err : parse_err;
}

/* ---- lists ---- */

struct list {
	nyx_parse_fn parse;
	size_t size, nr, room;
	char *elements;
};

static int parse_element(struct nlattr **attrs, void *out)
{
	struct list *list = out;
	int err;

	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		char *more = realloc(list->elements, room * list->size);

		if (!more)
			return -ENOMEM;
		list->elements = more;
		list->room = room;
	}
	memset(list->elements + list->nr * list->size, 0, list->size);
	err = list->parse(attrs, list->elements + list->nr * list->size);
	if (!err)
		list->nr++;
	return err;
}

int nyx_fill_device(struct nl_msg *msg, const void *arg)
{
	const nyx_device_id *device = arg;

	return device ? nla_put_u32(msg, NYX_IOMMU_A_DEVICE, *device) : 0;
}

int nyx_dump(struct nyx *nyx, int command, int (*fill)(struct nl_msg *msg, const void *arg),
	     const void *arg, nyx_parse_fn parse, size_t size, void **elements, size_t *nr)
{
	struct list list = { .parse = parse, .size = size };
	int tries, err;

	for (tries = 0; tries < TRIES; tries++) {
		struct nl_msg *msg = nyx_request(nyx, command, NLM_F_DUMP);

		if (!msg || (fill && fill(msg, arg))) {
			free(list.elements);
			return nyx_no_memory(nyx, msg);
		}
		list.nr = 0;
		err = nyx_send(nyx, msg, parse_element, &list);
		if (err) {
			free(list.elements);
			return err == -ENOMEM ? nyx_no_memory(nyx, NULL) : err;
		}
		if (!nyx->interrupted)
			break;
	}
	*elements = list.elements;
	*nr = list.nr;
	return 0;
}
