// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver, through sysfs, for an NVMe disk: it makes the disk do
 * DMA to and from the addresses it is told. Its queues lie in a file that the
 * caller has mapped for the device; the disk's first blocks are overwritten.
 *
 * The controller is brought up anew at each run, so nothing need be remembered.
 */
#include "sysfs.h"
#include "nvme.h"

#define PAGE		4096
#define BLOCK		512
#define ENTRIES		16
#define QUEUES_SIZE	(4 * PAGE)
#define WAIT_SECONDS	5

struct queue {
	volatile struct command *commands;
	volatile struct completion *completions;
	uint64_t commands_iova, completions_iova;
	unsigned int number, tail, head, phase;
};

static volatile uint8_t *regs;
static struct queue admin, io;
static unsigned int doorbell_stride;

static const char usage_text[] =
	"usage: nvme-dma DEVICE QUEUES IOVA COMMAND [ARG]... [, COMMAND [ARG]...]...\n"
	"  id                      capabilities, without any DMA\n"
	"  up                      bring it up: only its queues are used\n"
	"  dma-read ADDRESS LEN    memory to disk\n"
	"  dma-write ADDRESS LEN   disk to memory\n"
	"  copy SRC DST LEN        memory to memory, by way of the disk\n"
	"QUEUES is a file of 16 KiB that is mapped for the device at IOVA. LEN is a multiple\n"
	"of 512; a transfer does not cross a page. Exit status 1: the device says it failed.\n";

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

__attribute__((noreturn))
static void device_failed(const char *what, const char *how)
{
	printf("%s: %s\n", what, how);
	exit(EXIT_DIFFERS);
}

static void check_alive(const char *what)
{
	uint32_t status = read32(regs, NVME_CSTS);

	if (status == UINT32_MAX)
		device_failed(what, "the device does not answer");
	if (status & CSTS_FATAL)
		device_failed(what, "the device reports a fatal error");
}

static void wait_ready(bool ready)
{
	double end = seconds() + WAIT_SECONDS;

	while ((read32(regs, NVME_CSTS) & CSTS_READY) != ready) {
		if (ready)
			check_alive("coming up");
		if (seconds() > end)
			device_failed(ready ? "coming up" : "going down", "no answer in time");
		usleep(1000);
	}
}

static void init_queue(struct queue *queue, unsigned int number, uint8_t *memory, uint64_t iova)
{
	*queue = (struct queue) {
		.commands = (void *)memory,
		.completions = (void *)(memory + PAGE),
		.commands_iova = iova,
		.completions_iova = iova + PAGE,
		.number = number,
		.phase = 1,
	};
}

static volatile struct completion *submit(struct queue *queue, const struct command *command,
					  const char *what)
{
	unsigned int doorbell = NVME_DOORBELLS + 2 * queue->number * doorbell_stride;
	volatile struct completion *done = &queue->completions[queue->head];
	double end = seconds() + WAIT_SECONDS;

	queue->commands[queue->tail] = *command;
	queue->commands[queue->tail].id = queue->tail;
	queue->tail = (queue->tail + 1) % ENTRIES;
	write32(regs, doorbell, queue->tail);
	while ((done->status & 1) != queue->phase) {
		check_alive(what);
		if (seconds() > end)
			device_failed(what, "no completion in time");
		usleep(200);
	}
	queue->head = (queue->head + 1) % ENTRIES;
	if (!queue->head)
		queue->phase ^= 1;
	write32(regs, doorbell + doorbell_stride, queue->head);
	return done;
}

static void must(struct queue *queue, const struct command *command, const char *what)
{
	uint16_t status = submit(queue, command, what)->status >> 1;
	char how[64];

	if (!status)
		return;
	snprintf(how, sizeof(how), "the device reports status %#x%s", status & 0x7ff,
		 (status & 0x7ff) == 4 ? " (data transfer error)" : "");
	device_failed(what, how);
}

static void bring_up(const char *path, uint64_t iova)
{
	struct command command;
	uint8_t *memory;
	int fd;

	fd = open(path, O_RDWR);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	memory = mmap(NULL, QUEUES_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		die("%s: mmap: %s", path, strerror(errno));
	close(fd);

	doorbell_stride = 4 << (read64(regs, NVME_CAP) >> 32 & 15);
	write32(regs, NVME_CC, 0);
	wait_ready(false);
	memset(memory, 0, QUEUES_SIZE);
	init_queue(&admin, 0, memory, iova);
	init_queue(&io, 1, memory + 2 * PAGE, iova + 2 * PAGE);
	write32(regs, NVME_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	write64(regs, NVME_ASQ, admin.commands_iova);
	write64(regs, NVME_ACQ, admin.completions_iova);
	write32(regs, NVME_CC, CC_ENTRY_SIZES | CC_ENABLE);
	wait_ready(true);

	command = (struct command) {
		.opcode = ADMIN_CREATE_CQ,
		.prp1 = io.completions_iova,
		.arg = { (ENTRIES - 1) << 16 | 1, 1 },
	};
	must(&admin, &command, "creating a queue");
	command = (struct command) {
		.opcode = ADMIN_CREATE_SQ,
		.prp1 = io.commands_iova,
		.arg = { (ENTRIES - 1) << 16 | 1, 1 << 16 | 1 },
	};
	must(&admin, &command, "creating a queue");
}

/* One transfer inside one page, to or from the disk's blocks at the given byte. */
static void transfer(uint64_t address, uint64_t len, uint64_t at, bool to_memory)
{
	struct command command = {
		.opcode = to_memory ? IO_READ : IO_WRITE,
		.namespace = 1,
		.prp1 = address,
		.arg = { at / BLOCK, 0, len / BLOCK - 1 },
	};

	if (!len || len % BLOCK || address % PAGE + len > PAGE)
		die("%#" PRIx64 "+%" PRIu64 " is not whole blocks inside one page", address, len);
	must(&io, &command, to_memory ? "dma-write" : "dma-read");
}

static void copy(uint64_t source, uint64_t destination, uint64_t len)
{
	uint64_t at;

	for (at = 0; at < len; at += PAGE) {
		uint64_t now = len - at < PAGE ? len - at : PAGE;

		transfer(source + at, now, 0, false);
		transfer(destination + at, now, 0, true);
	}
}

static void run(char **args, int nr)
{
	const char *command = args[0];

	if (!strcmp(command, "dma-read") && nr == 3)
		transfer(number(args[1]), number(args[2]), 0, false);
	else if (!strcmp(command, "dma-write") && nr == 3)
		transfer(number(args[1]), number(args[2]), 0, true);
	else if (!strcmp(command, "copy") && nr == 4)
		copy(number(args[1]), number(args[2]), number(args[3]));
	else if (strcmp(command, "up") || nr != 1)
		usage();
}

int main(int argc, char **argv)
{
	int i = 4, nr;

	if (argc < 5)
		usage();
	regs = pci_registers(argv[1], 0x2000);
	if (argc == 5 && !strcmp(argv[4], "id")) {
		printf("nvme capabilities %#018" PRIx64 "\n", read64(regs, NVME_CAP));
		return 0;
	}
	bring_up(argv[2], number(argv[3]));
	while (i < argc) {
		for (nr = 0; i + nr < argc && strcmp(argv[i + nr], ","); nr++)
			;
		if (!nr)
			usage();
		run(argv + i, nr);
		i += nr + 1;
	}
	return 0;
}
