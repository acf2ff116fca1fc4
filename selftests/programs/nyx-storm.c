// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages to the netlink family that nobody should send: wrong types, lengths, nesting,
 * ids and headers, cut short, too many in one packet, from many sockets, with answers left
 * unread and dumps left half way. Mixed with right ones, so that there is something to
 * harm. What comes back is only counted: the kernel's checkers and the audit afterwards
 * tell whether any did harm. The same seed gives the same messages.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"

#define SOCKETS		24
#define PACKET_MAX	16384
#define MEMORY_PAGES	64
#define ERRNO_MAX	256

static uint64_t state;
static uint32_t device, domain, events;
static int trigger;
static uint64_t memory;
static int sockets[SOCKETS];
static uint64_t sent, shown, by_errno[ERRNO_MAX];
static uint8_t packet[PACKET_MAX];
static size_t packet_len;

/* ---- chance ---- */

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint32_t below(uint32_t n)
{
	return next() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

/* Numbers at the edge of something. */
static uint64_t odd_number(void)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 255, 4095, 4096, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff,
		0xfee00000, 0xfedff000, 1ULL << 30, (1ULL << 30) + 4096, 1ULL << 39,
		(1ULL << 47) - 4096, 1ULL << 48, 1ULL << 52, 1ULL << 63, UINT64_MAX,
		UINT64_MAX - 4095,
	};

	return one_in(4) ? next() : numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
}

static uint64_t some_pages(uint32_t max)
{
	return one_in(8) ? odd_number() : (uint64_t)below(max) << 12;
}

/* ---- attributes ---- */

static void add(const void *data, size_t len)
{
	if (len > PACKET_MAX - packet_len)
		len = PACKET_MAX - packet_len;
	memcpy(packet + packet_len, data, len);
	packet_len += len;
}

static void pad(void)
{
	add("\0\0\0", (4 - packet_len % 4) % 4);
}

/* Mostly with the length, the type and the padding that it should have. */
static void add_attr(uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = { .nla_type = type, .nla_len = NLA_HDRLEN + len };

	if (one_in(64))
		attr.nla_len = one_in(3) ? odd_number() : below(40);
	if (one_in(64))
		attr.nla_type ^= one_in(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
	add(&attr, sizeof(attr));
	add(data, len);
	if (!one_in(64))
		pad();
}

static void add_number(uint16_t type, uint64_t value, size_t len)
{
	add_attr(type, &value, one_in(64) ? below(9) : len);
}

static void add_text(uint16_t type)
{
	char text[300];
	size_t i, len = one_in(4) ? below(sizeof(text)) : 1 + below(31);

	for (i = 0; i < len; i++)
		text[i] = one_in(32) ? next() : 'a' + below(26);
	if (len && !one_in(16))
		text[len - 1] = '\0';
	add_attr(type, text, len);
}

static void add_range(void)
{
	size_t start = packet_len;
	uint16_t len;

	add_attr(NYX_IOMMU_A_RANGE | NLA_F_NESTED, "", 0);
	if (!one_in(16))
		add_number(NYX_IOMMU_A_RANGE_IOVA, some_pages(4096), 8);
	if (!one_in(16))
		add_number(NYX_IOMMU_A_RANGE_LENGTH, some_pages(16) + 4096, 8);
	if (!one_in(8))
		add_number(NYX_IOMMU_A_RANGE_ADDRESS,
			   one_in(8) ? odd_number() : memory + some_pages(MEMORY_PAGES - 16), 8);
	if (one_in(4))
		add_number(NYX_IOMMU_A_RANGE_PROT, below(5), 4);
	if (one_in(8))
		add_number(NYX_IOMMU_A_RANGE_TYPE, below(5), 4);
	if (one_in(8))
		add_number(below(NYX_IOMMU_A_RANGE_MAX + 4), next(), 8);
	/* A nest in a nest in a nest. */
	while (one_in(12))
		add_attr(NYX_IOMMU_A_RANGE | NLA_F_NESTED, packet, below(12));
	if (one_in(32) || packet_len - start < sizeof(struct nlattr))
		return;
	len = packet_len - start;
	memcpy(packet + start, &len, sizeof(len));
}

static void add_vector(void)
{
	size_t start = packet_len;
	uint16_t len;

	add_attr(NYX_IOMMU_A_VECTOR | NLA_F_NESTED, "", 0);
	if (!one_in(16))
		add_number(NYX_IOMMU_A_VECTOR_INDEX, one_in(8) ? odd_number() : below(70), 4);
	if (one_in(2))
		add_number(NYX_IOMMU_A_VECTOR_FD, one_in(8) ? odd_number() :
			   one_in(4) ? below(20) : (uint32_t)trigger, 4);
	if (one_in(8))
		add_number(below(NYX_IOMMU_A_VECTOR_MAX + 4), next(), 4);
	if (one_in(32) || packet_len - start < sizeof(struct nlattr))
		return;
	len = packet_len - start;
	memcpy(packet + start, &len, sizeof(len));
}

static void add_arrival_rule(void)
{
	size_t start = packet_len;
	uint16_t len;
	int type;

	add_attr(NYX_IOMMU_A_ARRIVAL_RULE | NLA_F_NESTED, "", 0);
	for (type = NYX_IOMMU_A_ARRIVAL_RULE_DEVICE; type <= NYX_IOMMU_A_ARRIVAL_RULE_BELOW; type++)
		if (one_in(2))
			add_number(type, one_in(8) ? odd_number() : below(0x10000), 4);
	if (!one_in(16))
		add_number(NYX_IOMMU_A_ARRIVAL_RULE_ACTION, below(4), 4);
	if (one_in(2))
		add_attr(NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME, "storm", one_in(8) ? 5 : 6);
	if (one_in(32) || packet_len - start < sizeof(struct nlattr))
		return;
	len = packet_len - start;
	memcpy(packet + start, &len, sizeof(len));
}

/* One that the family knows, with a value that it may have taken, or not. */
static void add_known(uint16_t type)
{
	switch (type) {
	case NYX_IOMMU_A_DEVICE:
		/* Its neighbours, which the host uses, are meant too: they have to be refused. */
		add_number(type, one_in(8) ? odd_number() : one_in(3) ?
			   (device & ~0xffu) | below(12) << 3 : device, 4);
		break;
	case NYX_IOMMU_A_DOMAIN_ID:
		add_number(type, one_in(8) ? odd_number() : one_in(2) ? below(40) : domain, 4);
		break;
	case NYX_IOMMU_A_DOMAIN_NAME:
		add_text(type);
		break;
	case NYX_IOMMU_A_DOMAIN_MODE:
	case NYX_IOMMU_A_DOMAIN_STATE:
		add_number(type, below(5), 4);
		break;
	case NYX_IOMMU_A_OWNED:
	case NYX_IOMMU_A_FORCE:
	case NYX_IOMMU_A_ALLOW_RESERVED:
	case NYX_IOMMU_A_NO_RESET:
	case NYX_IOMMU_A_ATS:
		add_attr(type, &state, one_in(16) ? below(8) : 0);
		break;
	case NYX_IOMMU_A_IOVA:
		add_number(type, some_pages(4096), 8);
		break;
	case NYX_IOMMU_A_RANGE:
		add_range();
		break;
	case NYX_IOMMU_A_VECTOR:
		add_vector();
		break;
	case NYX_IOMMU_A_ARRIVAL_RULE:
		add_arrival_rule();
		break;
	case NYX_IOMMU_A_MASKED:
		add_number(type, below(3), 4);
		break;
	case NYX_IOMMU_A_CPUS:
		if (one_in(4))
			add_text(type);
		else
			add_attr(type, one_in(2) ? "0" : "0-1", one_in(2) ? 2 : 4);
		break;
	case NYX_IOMMU_A_FAULT_WINDOW:
		add_number(type, one_in(8) ? odd_number() : below(100), 4);
		break;
	case NYX_IOMMU_A_AUTO_RESET:
	case NYX_IOMMU_A_REPORT_KIND:
		add_number(type, one_in(8) ? odd_number() : below(6), 4);
		break;
	case NYX_IOMMU_A_REPORT_TEXT:
		add_text(type);
		break;
	case NYX_IOMMU_A_REPORT_ADDRESS:
	case NYX_IOMMU_A_MAX_MAPPED_BYTES:
	case NYX_IOMMU_A_MAX_MAPPINGS:
		add_number(type, odd_number(), 8);
		break;
	default:
		add_number(type, odd_number(), 4);
	}
}

static void add_unasked(void)
{
	uint32_t nr = one_in(20) ? 200 : 1 + below(4);
	uint8_t bytes[256];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = next();
	while (nr--) {
		if (one_in(2))
			add_attr(below(NYX_IOMMU_A_MAX + 20), bytes, below(sizeof(bytes)));
		else
			add_known(1 + below(NYX_IOMMU_A_REPORT_TEXT));
	}
}

/* What each operation asks for, so that some get past the first checks; then what it may have. */
static const struct {
	uint8_t needs[3], may[3];
} wants[] = {
	[NYX_IOMMU_CMD_UNIT_GET] = { { NYX_IOMMU_A_UNIT_ID } },
	[NYX_IOMMU_CMD_DEVICE_GET] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_DEVICE_SET] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_FAULT_THRESHOLD },
				       { NYX_IOMMU_A_FAULT_WINDOW, NYX_IOMMU_A_AUTO_RESET } },
	[NYX_IOMMU_CMD_DEVICE_ASSIGN] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_DOMAIN_ID },
					  { NYX_IOMMU_A_ALLOW_RESERVED, NYX_IOMMU_A_ATS } },
	[NYX_IOMMU_CMD_DEVICE_MOVE] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_DOMAIN_ID },
					{ NYX_IOMMU_A_NO_RESET } },
	[NYX_IOMMU_CMD_DEVICE_REMOVE] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_DEVICE_RESET] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_DOMAIN_GET] = { { NYX_IOMMU_A_DOMAIN_ID } },
	[NYX_IOMMU_CMD_DOMAIN_NEW] = { { 0 }, { NYX_IOMMU_A_OWNED, NYX_IOMMU_A_DOMAIN_MODE,
						NYX_IOMMU_A_DOMAIN_NAME } },
	[NYX_IOMMU_CMD_DOMAIN_SET] = { { NYX_IOMMU_A_DOMAIN_ID },
				       { NYX_IOMMU_A_DOMAIN_NAME, NYX_IOMMU_A_DOMAIN_STATE,
					 NYX_IOMMU_A_MAX_MAPPINGS } },
	[NYX_IOMMU_CMD_DOMAIN_DEL] = { { NYX_IOMMU_A_DOMAIN_ID }, { NYX_IOMMU_A_FORCE } },
	[NYX_IOMMU_CMD_MAPPING_GET] = { { NYX_IOMMU_A_DOMAIN_ID } },
	[NYX_IOMMU_CMD_MAP] = { { NYX_IOMMU_A_DOMAIN_ID, NYX_IOMMU_A_RANGE },
				{ NYX_IOMMU_A_RANGE, NYX_IOMMU_A_RANGE } },
	[NYX_IOMMU_CMD_UNMAP] = { { NYX_IOMMU_A_DOMAIN_ID, NYX_IOMMU_A_RANGE },
				  { NYX_IOMMU_A_RANGE, NYX_IOMMU_A_RANGE } },
	[NYX_IOMMU_CMD_TRANSLATE] = { { NYX_IOMMU_A_DOMAIN_ID, NYX_IOMMU_A_IOVA } },
	[NYX_IOMMU_CMD_WALK] = { { NYX_IOMMU_A_DOMAIN_ID, NYX_IOMMU_A_IOVA } },
	[NYX_IOMMU_CMD_FAULT_GET] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_FAULT_CLEAR] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_FAULT_REPORT] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_REPORT_KIND },
					 { NYX_IOMMU_A_REPORT_ADDRESS, NYX_IOMMU_A_REPORT_REASON,
					   NYX_IOMMU_A_REPORT_TEXT } },
	[NYX_IOMMU_CMD_DEVICE_WHY] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_IRQ_GET] = { { NYX_IOMMU_A_DEVICE } },
	[NYX_IOMMU_CMD_IRQ_BIND] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_VECTOR },
				     { NYX_IOMMU_A_VECTOR, NYX_IOMMU_A_VECTOR,
				       NYX_IOMMU_A_OWNED } },
	[NYX_IOMMU_CMD_IRQ_UNBIND] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_VECTOR } },
	[NYX_IOMMU_CMD_IRQ_SET] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_VECTOR },
				    { NYX_IOMMU_A_MASKED, NYX_IOMMU_A_CPUS } },
	[NYX_IOMMU_CMD_IRQ_TRIGGER] = { { NYX_IOMMU_A_DEVICE, NYX_IOMMU_A_VECTOR } },
	[NYX_IOMMU_CMD_ARRIVAL_SET] = { { NYX_IOMMU_A_ARRIVAL_RULE },
					{ NYX_IOMMU_A_ARRIVAL_RULE, NYX_IOMMU_A_ARRIVAL_RULE } },
};

static void add_wanted(uint8_t command)
{
	size_t i;

	if (command >= sizeof(wants) / sizeof(wants[0]))
		return;
	for (i = 0; i < 3 && wants[command].needs[i]; i++)
		if (!one_in(16))
			add_known(wants[command].needs[i]);
	for (i = 0; i < 3 && wants[command].may[i]; i++)
		if (one_in(2))
			add_known(wants[command].may[i]);
	/* As many as fit in one message, and more. */
	if (wants[command].needs[1] == NYX_IOMMU_A_RANGE && one_in(16))
		for (i = 0; i < 70; i++)
			add_range();
}

/* ---- messages ---- */

static void add_message(void)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
	} head = {
		.nl = { .nlmsg_type = family, .nlmsg_seq = ++sequence,
			.nlmsg_flags = NLM_F_REQUEST | (one_in(3) ? NLM_F_DUMP : NLM_F_ACK) },
		.genl = { .cmd = 1 + below(NYX_IOMMU_CMD_MAX + 2), .version = 1 },
	};
	size_t start = packet_len;

	if (PACKET_MAX - start < sizeof(head))
		return;
	/* It looks at 65536 entries: with as many as of others there would be few of others. */
	if (head.genl.cmd == NYX_IOMMU_CMD_AUDIT && !one_in(16))
		head.genl.cmd = NYX_IOMMU_CMD_MAP;
	if (one_in(32))
		head.nl.nlmsg_flags = next();
	if (one_in(32))
		head.genl.version = next();
	if (one_in(32))
		head.genl.cmd = next();
	if (one_in(64))
		head.genl.reserved = next();
	add(&head, sizeof(head));
	if (!one_in(8))
		add_wanted(head.genl.cmd);
	if (one_in(8))
		add_unasked();
	pad();
	head.nl.nlmsg_len = packet_len - start;
	if (one_in(32))
		head.nl.nlmsg_len = one_in(2) ? below(packet_len - start + 1) : odd_number();
	memcpy(packet + start, &head.nl.nlmsg_len, sizeof(head.nl.nlmsg_len));
	sent++;
}

/* Some bytes of what is ready become others; some are cut off. */
static void spoil(void)
{
	uint32_t nr = one_in(8) ? 1 + below(4) : 0;

	while (nr--)
		packet[NLMSG_HDRLEN + below(packet_len - NLMSG_HDRLEN)] = next();
	if (one_in(32))
		packet_len = below(packet_len + 1);
}

/* ---- sockets ---- */

static int open_socket(void)
{
	int on = 1, small = 2048, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_GENERIC);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (one_in(2))
		setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	if (one_in(4))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	/* Events that nobody reads; not everybody may. */
	if (one_in(4))
		setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &events, sizeof(events));
	return fd;
}

static void count(const struct nlmsghdr *nl, ssize_t len)
{
	for (; NLMSG_OK(nl, len); nl = NLMSG_NEXT(nl, len)) {
		const struct nlmsgerr *err = NLMSG_DATA(nl);

		if (nl->nlmsg_type == family)
			shown++;
		/* What is no request of the family is acknowledged and does nothing. */
		if (nl->nlmsg_type == NLMSG_ERROR && err->error > -ERRNO_MAX &&
		    (err->error || (err->msg.nlmsg_type == family &&
				    err->msg.nlmsg_flags & NLM_F_REQUEST)))
			by_errno[-err->error]++;
	}
}

/* Read all there is, or a part, or with a buffer that is too small. */
static void listen_to(int fd)
{
	static union {
		struct nlmsghdr first;
		uint8_t bytes[MESSAGE_MAX];
	} buffer;
	uint32_t rounds = one_in(4) ? below(3) : 64;
	ssize_t len;

	while (rounds--) {
		len = recv(fd, &buffer, one_in(16) ? below(200) : sizeof(buffer), 0);
		if (len <= 0)
			return;
		count(&buffer.first, len);
	}
}

static void gust(void)
{
	uint32_t nr = one_in(6) ? 2 + below(20) : 1, s = below(SOCKETS);

	packet_len = 0;
	while (nr--)
		add_message();
	spoil();
	send(sockets[s], packet, packet_len, 0);
	if (!one_in(3))
		listen_to(sockets[s]);
	/* With what it owns, what it asked for and what it never read. */
	if (one_in(50)) {
		close(sockets[s]);
		sockets[s] = open_socket();
	}
}

int main(int argc, char **argv)
{
	struct timespec now, end;
	void *pages;
	int i, fd;

	if (argc != 5) {
		fputs("usage: nyx-storm SEED SECONDS DEVICE DOMAIN\n"
		      "  DEVICE, held by nyx_stub, and DOMAIN, by its id, are what most messages name\n",
		      stderr);
		return EXIT_USAGE;
	}
	state = number(argv[1]);
	device = device_id(argv[3]);
	domain = number(argv[4]);
	fd = memfd_create("storm", 0);
	if (fd < 0 || ftruncate(fd, MEMORY_PAGES * 4096))
		die("memfd: %s", strerror(errno));
	pages = mmap(NULL, MEMORY_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	memory = (uintptr_t)pages;
	trigger = eventfd(0, EFD_CLOEXEC);
	if (trigger < 0)
		die("eventfd: %s", strerror(errno));
	events = connect_family(NYX_IOMMU_MCGRP_STATE);
	for (i = 0; i < SOCKETS; i++)
		sockets[i] = open_socket();
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += number(argv[2]);
	do {
		gust();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	printf("seed %s\nmessages %" PRIu64 "\nshown %" PRIu64 "\ndone %" PRIu64 "\n", argv[1], sent,
	       shown, by_errno[0]);
	for (i = 1; i < ERRNO_MAX; i++)
		if (by_errno[i])
			printf("%s %" PRIu64 "\n", strerrorname_np(i), by_errno[i]);
	return 0;
}
