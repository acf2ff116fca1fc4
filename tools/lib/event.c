// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: events, and waiting for what the kernel finishes later.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "internal.h"

#define LOOK_MS	250	/* look at the state this often even if no event says so */

struct nyx_events {
	struct nl_sock *socket;
	int family;
	unsigned char *buf;	/* answers not yet handed out */
	struct nlmsghdr *next;
	int left;
	bool ended;		/* the family is gone */
};

EXPORT int nyx_events_open(struct nyx *nyx, bool faults, bool states, struct nyx_events **out)
{
	struct nyx_events *events = calloc(1, sizeof(*events));
	const char *names[2];
	int i, err, nr = 0;

	*out = NULL;
	if (!events)
		return nyx_no_memory(nyx, NULL);
	if (faults)
		names[nr++] = NYX_IOMMU_MCGRP_FAULT;
	if (states)
		names[nr++] = NYX_IOMMU_MCGRP_STATE;
	err = nyx_connect(nyx, &events->socket);
	if (err) {
		free(events);
		return err;
	}
	events->family = nyx->family;
	for (i = 0; i < nr; i++) {
		int group = genl_ctrl_resolve_grp(nyx->socket, NYX_IOMMU_FAMILY_NAME, names[i]);

		err = group < 0 ? group : nl_socket_add_memberships(events->socket, group, 0);
		if (err) {
			nyx_events_close(events);
			if (err == -NLE_PERM)
				return nyx_fail(nyx, -EPERM,
						"listening to %s events needs CAP_NET_ADMIN in the initial user namespace: run it as root of the host",
						names[i]);
			return nyx_fail(nyx, err == -NLE_OBJ_NOTFOUND ? -ENOENT : -EPROTO,
					"cannot listen to %s events: %s", names[i], nl_geterror(err));
		}
	}
	/* To hear of the family's end. Who does not only waits in vain. */
	i = genl_ctrl_resolve_grp(nyx->socket, "nlctrl", "notify");
	if (i >= 0)
		nl_socket_add_memberships(events->socket, i, 0);
	*out = events;
	return 0;
}

EXPORT void nyx_events_close(struct nyx_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->socket);
	free(events->buf);
	free(events);
}

EXPORT int nyx_events_fd(const struct nyx_events *events)
{
	return nl_socket_get_fd(events->socket);
}

EXPORT int nyx_events_set_buffer(struct nyx *nyx, struct nyx_events *events, unsigned int bytes)
{
	int fd = nyx_events_fd(events), size = bytes > INT_MAX / 2 ? INT_MAX / 2 : bytes;

	if (!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return 0;
	return nyx_fail(nyx, -errno, "no buffer of %d bytes for events: %s", size, strerror(errno));
}

/* Is it our family that goes? */
static bool is_end(const struct nyx_events *events, struct nlmsghdr *message)
{
	const struct genlmsghdr *header = nlmsg_data(message);
	struct nlattr *id;

	if (message->nlmsg_type != GENL_ID_CTRL || !nlmsg_valid_hdr(message, GENL_HDRLEN) ||
	    header->cmd != CTRL_CMD_DELFAMILY)
		return false;
	id = nlmsg_find_attr(message, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	return id && nla_len(id) >= 2 && nla_get_u16(id) == events->family;
}

static bool take_event(struct nyx_events *events, struct nyx_event *event)
{
	struct nlattr *attrs[NYX_IOMMU_A_MAX + 1];
	struct nlmsghdr *message = events->next;

	events->next = nlmsg_next(message, &events->left);
	events->ended |= is_end(events, message);
	if (message->nlmsg_type != events->family || !nyx_split(message, attrs))
		return false;
	*event = (struct nyx_event) {
		.command = ((struct genlmsghdr *)nlmsg_data(message))->cmd,
		.number = nyx_attr_u64(attrs[NYX_IOMMU_A_EVENT_NUMBER]),
		.time = nyx_attr_u64(attrs[NYX_IOMMU_A_EVENT_TIME]),
	};
	nyx_attr_string(attrs[NYX_IOMMU_A_CAUSE], event->cause, sizeof(event->cause));
	switch (event->command) {
	case NYX_IOMMU_CMD_FAULT_EVENT:
		nyx_parse_fault(attrs, &event->fault);
		return true;
	case NYX_IOMMU_CMD_DEVICE_EVENT:
		nyx_parse_device(attrs, &event->device);
		return true;
	case NYX_IOMMU_CMD_DOMAIN_EVENT:
		nyx_parse_domain(attrs, &event->domain);
		return true;
	case NYX_IOMMU_CMD_UNIT_EVENT:
		nyx_parse_unit(attrs, &event->unit);
		return true;
	}
	return false;
}

EXPORT int nyx_events_next(struct nyx_events *events, int timeout_ms, struct nyx_event *event)
{
	struct pollfd fd = { .fd = nyx_events_fd(events), .events = POLLIN };
	struct sockaddr_nl from;
	int len;

	for (;;) {
		while (events->next && nlmsg_ok(events->next, events->left))
			if (take_event(events, event))
				return 0;
		if (events->ended)
			return -ENODEV;
		free(events->buf);
		events->buf = NULL;
		events->next = NULL;

		len = poll(&fd, 1, timeout_ms);
		if (len <= 0)
			return len < 0 && errno != EINTR ? -errno : -EAGAIN;
		len = nl_recv(events->socket, &from, &events->buf, NULL);
		if (len == -NLE_NOMEM)
			return -ENOBUFS;
		if (len <= 0)
			return -EAGAIN;
		if (from.nl_pid)
			continue;
		events->next = (struct nlmsghdr *)events->buf;
		events->left = len;
	}
}

/* ---- waiting ---- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/*
 * Ask again whenever an event comes, and now and then without one: an event
 * can be lost, the state cannot.
 */
static int wait_until(struct nyx *nyx, unsigned int timeout_ms,
		      int (*ready)(struct nyx *nyx, void *arg), void *arg)
{
	uint64_t end = now_ms() + timeout_ms, now;
	struct nyx_events *events;
	struct nyx_event event;
	int err;

	err = nyx_events_open(nyx, false, true, &events);
	if (err)
		return err;
	while ((err = ready(nyx, arg)) == -EAGAIN) {
		now = now_ms();
		if (now >= end) {
			err = -ETIMEDOUT;
			break;
		}
		nyx_events_next(events, end - now < LOOK_MS ? (int)(end - now) : LOOK_MS, &event);
	}
	nyx_events_close(events);
	return err;
}

struct settle {
	nyx_device_id id;
	struct nyx_device *device;
};

static int settled(struct nyx *nyx, void *arg)
{
	struct settle *settle = arg;
	int err = nyx_device_get(nyx, settle->id, settle->device);

	if (err)
		return err;
	return settle->device->flags & NYX_IOMMU_DEVICE_FLAG_RESETTING ? -EAGAIN : 0;
}

EXPORT int nyx_device_settle(struct nyx *nyx, nyx_device_id id, unsigned int timeout_ms,
			     struct nyx_device *device)
{
	struct settle settle = { id, device };
	int err = wait_until(nyx, timeout_ms, settled, &settle);

	if (err == -ETIMEDOUT)
		return nyx_fail(nyx, err,
				"the reset has not ended after %u ms; it goes on: nyxctl device show tells when it is done",
				timeout_ms);
	return err;
}

static int deleted(struct nyx *nyx, void *arg)
{
	struct nyx_domain domain;
	int err = nyx_domain_get(nyx, *(uint32_t *)arg, &domain);

	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	/* Undone, and the id is another's already? */
	return domain.state == NYX_IOMMU_DOMAIN_STATE_DELETED ? -EAGAIN : 0;
}

EXPORT int nyx_domain_del(struct nyx *nyx, uint32_t id, bool force, unsigned int timeout_ms)
{
	struct nl_msg *msg = nyx_request(nyx, NYX_IOMMU_CMD_DOMAIN_DEL, 0);
	int err;

	if (!msg || nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_ID, id) ||
	    (force && nla_put_flag(msg, NYX_IOMMU_A_FORCE)))
		return nyx_no_memory(nyx, msg);
	err = nyx_send(nyx, msg, NULL, NULL);
	if (err)
		return err;
	err = wait_until(nyx, timeout_ms, deleted, &id);
	if (err == -ETIMEDOUT)
		return nyx_fail(nyx, err,
				"domain %u is not undone after %u ms; it goes on: nyxctl domain show %u tells",
				id, timeout_ms, id);
	return err;
}
