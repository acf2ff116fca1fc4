// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family spoken to without any library, for what nyxctl never
 * does: every operation at once with no right to it, owned domains whose
 * owner is killed, anonymous memory.
 */
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netlink.h"

static const char usage_text[] =
	"usage: nyx-nl COMMAND ARG...\n"
	"  every DEVICE DOMAIN        each operation once: its name and what came back\n"
	"  join GROUP                 subscribe to a multicast group\n"
	"  hold NAME DEVICE IOVA SIZE [child]\n"
	"      make an owned domain, map SIZE anonymous bytes (pattern 'owner') at IOVA, assign\n"
	"      DEVICE ('-': none), say 'ready' and the domain's id, wait for a signal; with child,\n"
	"      a second process inherits the socket and says its id\n"
	"  map DOMAIN IOVA SIZE       anonymous memory into an existing domain\n";

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
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

enum needs { DEVICE = 1, DOMAIN = 2, NAME = 4, THRESHOLD = 8, RANGE = 16, ADDRESS = 32, IOVA = 64,
	     VECTOR = 128, FD = 256, MASKED = 512 };

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
	{ "device-move", NYX_IOMMU_CMD_DEVICE_MOVE, NLM_F_ACK, DEVICE | DOMAIN },
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
	{ "fault-report", NYX_IOMMU_CMD_FAULT_REPORT, NLM_F_ACK, DEVICE },
	{ "device-why", NYX_IOMMU_CMD_DEVICE_WHY, NLM_F_ACK, DEVICE },
	{ "audit", NYX_IOMMU_CMD_AUDIT, NLM_F_DUMP, 0 },
	{ "irq-get", NYX_IOMMU_CMD_IRQ_GET, NLM_F_ACK, DEVICE },
	{ "irq-get-all", NYX_IOMMU_CMD_IRQ_GET, NLM_F_DUMP, 0 },
	{ "irq-bind", NYX_IOMMU_CMD_IRQ_BIND, NLM_F_ACK, DEVICE | VECTOR | FD },
	{ "irq-unbind", NYX_IOMMU_CMD_IRQ_UNBIND, NLM_F_ACK, DEVICE | VECTOR },
	{ "irq-set", NYX_IOMMU_CMD_IRQ_SET, NLM_F_ACK, DEVICE | VECTOR | MASKED },
	{ "irq-trigger", NYX_IOMMU_CMD_IRQ_TRIGGER, NLM_F_ACK, DEVICE | VECTOR },
	{ "arrival-get-all", NYX_IOMMU_CMD_ARRIVAL_GET, NLM_F_DUMP, 0 },
	{ "arrival-set", NYX_IOMMU_CMD_ARRIVAL_SET, NLM_F_ACK, 0 },
	{ "holder-get-all", NYX_IOMMU_CMD_HOLDER_GET, NLM_F_DUMP, 0 },
};

static int every(const char *device, uint32_t domain)
{
	static void *page;
	uint64_t iova = 0x100000;
	int err, trigger;
	size_t i;

	page = memory(4096);
	trigger = eventfd(0, EFD_CLOEXEC);
	if (trigger < 0)
		die("eventfd: %s", strerror(errno));
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
		if (op->needs & VECTOR)
			put_vector(0, op->needs & FD ? trigger : -1);
		if (op->needs & MASKED)
			put_u32(NYX_IOMMU_A_MASKED, 1);
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
