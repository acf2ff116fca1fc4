// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's audit subsystem without auditd: switched on and off, and its records read from
 * the multicast group that journald reads, too.
 */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <stdbool.h>
#include <unistd.h>

#include "common.h"

static const char usage_text[] =
	"usage: nyx-audit on|off          records are made, or not\n"
	"       nyx-audit listen          print those that modules make, until a signal ends it\n";

static int open_audit(unsigned int group)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = group };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("no audit socket: %s", strerror(errno));
	return fd;
}

static void enable(bool on)
{
	struct {
		struct nlmsghdr header;
		struct audit_status status;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = AUDIT_SET,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.status = { .mask = AUDIT_STATUS_ENABLED, .enabled = on },
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	int fd = open_audit(0);

	if (send(fd, &request, sizeof(request), 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), MSG_TRUNC) < (ssize_t)sizeof(answer.header))
		die("the request fails: %s", strerror(errno));
	if (answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error)
		die("refused: %s", strerror(-answer.error.error));
	close(fd);
}

/* "audit(TIME:NUMBER): module=... op=...", without the first word. */
static void listen_to(void)
{
	int fd = open_audit(1 << (AUDIT_NLGRP_READLOG - 1));
	char buffer[16384];
	ssize_t len;

	while ((len = recv(fd, buffer, sizeof(buffer) - 1, 0)) >= (ssize_t)sizeof(struct nlmsghdr) ||
	       errno == ENOBUFS) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
		const char *text = buffer + sizeof(*header);

		if (len < 0 || header->nlmsg_type != AUDIT_KERNEL_OTHER)
			continue;
		buffer[len] = '\0';
		text = strstr(text, "): ") ? strstr(text, "): ") + 3 : text;
		printf("%s\n", text);
		fflush(stdout);
	}
	die("the records end: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "on"))
		enable(true);
	else if (argc == 2 && !strcmp(argv[1], "off"))
		enable(false);
	else if (argc == 2 && !strcmp(argv[1], "listen"))
		listen_to();
	else {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	return 0;
}
