// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family spoken to without any library, for what nyxctl never
 * does: every operation at once with no right to it, owned domains whose
 * owner is killed, anonymous memory.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nyx_iommu.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define MESSAGE_MAX	16384

static const char usage_text[] =
	"usage: nyx-nl COMMAND ARG...\n"
	"  every DEVICE DOMAIN        each operation once: its name and what came back\n"
	"  join GROUP                 subscribe to a multicast group\n"
	"  hold NAME DEVICE IOVA SIZE [child]\n"
	"      make an owned domain, map SIZE anonymous bytes (pattern 'owner') at IOVA, assign\n"
	"      DEVICE ('-': none), say 'ready' and the domain's id, wait for a signal; with child,\n"
	"      a second process inherits the socket and says its id\n"
	"  map DOMAIN IOVA SIZE       anonymous memory into an existing domain\n";

static int sock;
static uint16_t family;
static uint32_t sequence;
static char extack[512];

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t attrs[4096];
};

static struct message message;

static void begin(uint16_t type, uint8_t command, uint16_t flags)
{
	memset(&message, 0, sizeof(message));
	message.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	message.nl.nlmsg_type = type;
	message.nl.nlmsg_flags = NLM_F_REQUEST | flags;
	message.nl.nlmsg_seq = ++sequence;
	message.genl.cmd = command;
	message.genl.version = 1;
}

static void put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)((char *)&message + message.nl.nlmsg_len);

	if (message.nl.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(message))
		die("message too long");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	message.nl.nlmsg_len += NLA_ALIGN(attr->nla_len);
}

static void put_u32(uint16_t type, uint32_t value)
{
	put(type, &value, 4);
}

static void put_text(uint16_t type, const char *text)
{
	put(type, text, strlen(text) + 1);
}

static void put_range(uint64_t iova, uint64_t length, const void *address)
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

static void read_extack(const struct nlmsghdr *nl, const struct nlmsgerr *err)
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
static int talk(void (*fn)(const struct nlattr *attr, void *arg), void *arg)
{
	static char buffer[MESSAGE_MAX];

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

static const void *data_of(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

struct wanted_group {
	const char *name;
	uint32_t id;
};

static void family_attr(const struct nlattr *attr, void *arg)
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
static uint32_t connect_family(const char *group)
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

static uint32_t device_id(const char *text)
{
	unsigned int segment = 0, bus, slot, function;

	if (sscanf(text, "%x:%x:%x.%x", &segment, &bus, &slot, &function) != 4) {
		segment = 0;
		if (sscanf(text, "%x:%x.%x", &bus, &slot, &function) != 3)
			die("'%s' is not a PCI address", text);
	}
	return segment << 16 | bus << 8 | slot << 3 | function;
}

static void *memory(uint64_t size)
{
	uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			      0);
	struct pattern pattern = pattern_of("owner");
	uint64_t i;

	if (bytes == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	for (i = 0; i < size; i++)
		bytes[i] = pattern_byte(pattern, i);
	return bytes;
}

/* ---- every ---- */

enum needs { DEVICE = 1, DOMAIN = 2, NAME = 4, THRESHOLD = 8, RANGE = 16, ADDRESS = 32, IOVA = 64 };

static const struct operation {
	const char *name;
	uint8_t command;
	uint16_t flags;
	unsigned int needs;
} operations[] = {
	{ "status-get", NYX_IOMMU_CMD_STATUS_GET, NLM_F_ACK, 0 },
	{ "unit-get", NYX_IOMMU_CMD_UNIT_GET, NLM_F_DUMP, 0 },
	{ "device-get", NYX_IOMMU_CMD_DEVICE_GET, NLM_F_ACK, DEVICE },
	{ "device-get-all", NYX_IOMMU_CMD_DEVICE_GET, NLM_F_DUMP, 0 },
	{ "device-set", NYX_IOMMU_CMD_DEVICE_SET, NLM_F_ACK, DEVICE | THRESHOLD },
	{ "device-assign", NYX_IOMMU_CMD_DEVICE_ASSIGN, NLM_F_ACK, DEVICE | DOMAIN },
	{ "device-remove", NYX_IOMMU_CMD_DEVICE_REMOVE, NLM_F_ACK, DEVICE },
	{ "device-reset", NYX_IOMMU_CMD_DEVICE_RESET, NLM_F_ACK, DEVICE },
	{ "domain-get", NYX_IOMMU_CMD_DOMAIN_GET, NLM_F_ACK, DOMAIN },
	{ "domain-get-all", NYX_IOMMU_CMD_DOMAIN_GET, NLM_F_DUMP, 0 },
	{ "domain-new", NYX_IOMMU_CMD_DOMAIN_NEW, NLM_F_ACK, NAME },
	{ "domain-set", NYX_IOMMU_CMD_DOMAIN_SET, NLM_F_ACK, DOMAIN | NAME },
	{ "domain-del", NYX_IOMMU_CMD_DOMAIN_DEL, NLM_F_ACK, DOMAIN },
	{ "mapping-get-all", NYX_IOMMU_CMD_MAPPING_GET, NLM_F_DUMP, DOMAIN },
	{ "map", NYX_IOMMU_CMD_MAP, NLM_F_ACK, DOMAIN | RANGE | ADDRESS },
	{ "unmap", NYX_IOMMU_CMD_UNMAP, NLM_F_ACK, DOMAIN | RANGE },
	{ "translate", NYX_IOMMU_CMD_TRANSLATE, NLM_F_ACK, DOMAIN | IOVA },
	{ "walk", NYX_IOMMU_CMD_WALK, NLM_F_ACK, DOMAIN | IOVA },
	{ "fault-get", NYX_IOMMU_CMD_FAULT_GET, NLM_F_ACK, DEVICE },
	{ "fault-get-all", NYX_IOMMU_CMD_FAULT_GET, NLM_F_DUMP, 0 },
	{ "fault-clear", NYX_IOMMU_CMD_FAULT_CLEAR, NLM_F_ACK, DEVICE },
};

static int every(const char *device, uint32_t domain)
{
	static void *page;
	uint64_t iova = 0x100000;
	size_t i;
	int err;

	page = memory(4096);
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		const struct operation *op = &operations[i];

		begin(family, op->command, op->flags);
		if (op->needs & DEVICE)
			put_u32(NYX_IOMMU_A_DEVICE, device_id(device));
		if (op->needs & DOMAIN)
			put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
		if (op->needs & NAME)
			put_text(NYX_IOMMU_A_DOMAIN_NAME, "intruder");
		if (op->needs & THRESHOLD)
			put_u32(NYX_IOMMU_A_FAULT_THRESHOLD, 0);
		if (op->needs & RANGE)
			put_range(iova, 4096, op->needs & ADDRESS ? page : NULL);
		if (op->needs & IOVA)
			put(NYX_IOMMU_A_IOVA, &iova, 8);
		err = talk(NULL, NULL);
		printf("%s %s\n", op->name, err ? strerrorname_np(-err) : "ok");
	}
	return 0;
}

static int join(const char *group)
{
	uint32_t id = connect_family(group);
	int err;

	if (!id)
		die("no group '%s'", group);
	err = setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &id, sizeof(id)) ? errno : 0;
	printf("join %s %s\n", group, err ? strerrorname_np(err) : "ok");
	return err ? EXIT_DIFFERS : 0;
}

/* ---- hold, map ---- */

static void must(const char *what, int err)
{
	if (err)
		die("%s: %s%s%s", what, strerrorname_np(-err), extack[0] ? ": " : "", extack);
}

static void domain_attr(const struct nlattr *attr, void *arg)
{
	if (attr->nla_type == NYX_IOMMU_A_DOMAIN_ID)
		*(uint32_t *)arg = *(const uint32_t *)data_of(attr);
}

static void map(uint32_t domain, uint64_t iova, uint64_t size)
{
	begin(family, NYX_IOMMU_CMD_MAP, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
	put_range(iova, size, memory(size));
	must("map", talk(NULL, NULL));
}

static int hold(const char *name, const char *device, uint64_t iova, uint64_t size, bool child)
{
	uint32_t domain = 0;
	pid_t pid;

	begin(family, NYX_IOMMU_CMD_DOMAIN_NEW, NLM_F_ACK);
	put_text(NYX_IOMMU_A_DOMAIN_NAME, name);
	put(NYX_IOMMU_A_OWNED, "", 0);
	must("domain-new", talk(domain_attr, &domain));
	if (size)
		map(domain, iova, size);
	if (strcmp(device, "-")) {
		begin(family, NYX_IOMMU_CMD_DEVICE_ASSIGN, NLM_F_ACK);
		put_u32(NYX_IOMMU_A_DEVICE, device_id(device));
		put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
		must("device-assign", talk(NULL, NULL));
	}
	if (child) {
		pid = fork();
		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid) {
			pause();
			_exit(0);
		}
		printf("child %d\n", pid);
	}
	printf("ready %u\n", domain);
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "join") && argc == 3)
		return join(argv[2]);
	if (!strcmp(command, "every") && argc == 4) {
		connect_family(NULL);
		return every(argv[2], number(argv[3]));
	}
	if (!strcmp(command, "hold") && (argc == 6 || (argc == 7 && !strcmp(argv[6], "child")))) {
		connect_family(NULL);
		return hold(argv[2], argv[3], number(argv[4]), number(argv[5]), argc == 7);
	}
	if (!strcmp(command, "map") && argc == 5) {
		connect_family(NULL);
		map(number(argv[2]), number(argv[3]), number(argv[4]));
		return 0;
	}
	usage();
}
