// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver that reads an NVMe disk, through nyx alone: domain, assignment, DMA
 * memory and interrupts (an eventfd for each vector) by libnyx, registers by sysfs.
 *
 * The disk's data goes to standard output, what there is to tell to standard error. Every
 * completion is checked; each command has exactly one.
 */
#include <getopt.h>
#include <sys/wait.h>

#include "own.h"
#include "nvme.h"

#define IOVA		0x40000000	/* where the device sees our memory */
#define REGISTERS	0x2000

static const char usage_text[] =
	"usage: nvme-read DEVICE [OPTION]...\n"
	"  --poll         look for completions all the time, without interrupts\n"
	"  --bytes N      read the first N bytes, not all of the disk\n"
	"  --queues N     queues for I/O, 2 unless told; each has a vector of its own\n"
	"  --times N      read it N times\n"
	"  --hash         write its SHA-256 instead of the data, by way of sha256sum\n"
	"  --domain NAME  the device is in that domain; otherwise it is bound to nyx_stub, and\n"
	"                 goes into a domain of our own\n"
	"Exit status: 1 asked for wrongly, 2 the kernel or the disk did not do it.\n";

/* The disk cut into transfers; number n uses slot n modulo their number. */
struct job {
	uint64_t bytes, transfers;
	uint64_t submitted, written;	/* transfers */
	unsigned int slots;
	bool done[NVME_QUEUES_MAX * NVME_IN_FLIGHT];
	FILE *output;
};

static struct own own;
static struct nvme nvme;

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

/* Neighbouring transfers on different queues. */
static unsigned int slot_queue(unsigned int slot)
{
	return 1 + slot % nvme.nr_queues;
}

static unsigned int slot_id(unsigned int slot)
{
	return slot / nvme.nr_queues;
}

static uint64_t transfer_bytes(const struct job *job, uint64_t number)
{
	uint64_t left = job->bytes - number * NVME_TRANSFER;

	return left < NVME_TRANSFER ? left : NVME_TRANSFER;
}

static void submit_more(struct job *job)
{
	unsigned int slot, blocks;

	while (job->submitted < job->transfers && job->submitted < job->written + job->slots) {
		slot = job->submitted % job->slots;
		blocks = (transfer_bytes(job, job->submitted) + nvme.block_size - 1) /
			 nvme.block_size;
		nvme_read(&nvme, slot_queue(slot), slot_id(slot),
			  job->submitted * (NVME_TRANSFER / nvme.block_size), blocks);
		job->submitted++;
	}
}

static void collect(struct job *job)
{
	unsigned int i;
	int id;

	nvme_wait(&nvme, "read");
	for (i = 1; i <= nvme.nr_queues; i++)
		while (nvme.queues[i].look && (id = nvme_next(&nvme, &nvme.queues[i])) >= 0)
			job->done[id * nvme.nr_queues + i - 1] = true;
}

/* In the disk's order. */
static void write_out(struct job *job)
{
	unsigned int slot;
	uint64_t len;

	while (job->written < job->submitted && job->done[job->written % job->slots]) {
		slot = job->written % job->slots;
		len = transfer_bytes(job, job->written);
		if (fwrite(own.memory + nvme_slot_offset(&nvme, slot_queue(slot), slot_id(slot)),
			   1, len, job->output) != len)
			die("the output cannot be written: %s", strerror(errno));
		job->done[slot] = false;
		job->written++;
	}
}

static void read_disk(uint64_t bytes, bool hash)
{
	struct job job = {
		.bytes = bytes,
		.transfers = (bytes + NVME_TRANSFER - 1) / NVME_TRANSFER,
		.slots = nvme.nr_queues * NVME_IN_FLIGHT,
		.output = hash ? popen("sha256sum", "w") : stdout,
	};
	int status = 0;

	if (!job.output)
		die("sha256sum: %s", strerror(errno));
	while (job.written < job.transfers) {
		submit_more(&job);
		collect(&job);
		write_out(&job);
	}
	if (fflush(job.output) || (hash && (status = pclose(job.output)) < 0))
		die("the output cannot be written: %s", strerror(errno));
	if (status)
		die("sha256sum: exit status %d", WEXITSTATUS(status));
}

/* At every exit, before its memory goes. */
static void stop(void)
{
	if (nvme.registers && !nvme_stop(&nvme))
		fprintf(stderr, "nvme-read: the device does not go down\n");
}

/* Vector 0 is the admin queue's, the others are those of the queue of the same number. */
static void bind_interrupts(unsigned int queues)
{
	int fds[1 + NVME_QUEUES_MAX];
	unsigned int i;

	for (i = 0; i <= queues; i++) {
		fds[i] = own_eventfd(0);
		nvme.queues[i].interrupt = fds[i];
	}
	own_interrupts(&own, fds, queues + 1);
}

static void bring_up(const char *device, nyx_device_id id, const char *domain,
		     unsigned int queues, bool poll)
{
	unsigned int i;

	own_device(&own, id, domain);
	atexit(stop);
	own_memory(&own, IOVA, nvme_queue_memory(queues) +
		   (uint64_t)queues * NVME_IN_FLIGHT * NVME_TRANSFER);
	for (i = 0; i <= queues; i++)
		nvme.queues[i].interrupt = -1;
	if (!poll)
		bind_interrupts(queues);
	nvme.memory = own.memory;
	nvme.iova = own.iova;
	nvme.registers = pci_registers(device, REGISTERS);
	nvme_start(&nvme);
	nvme_identify(&nvme);
	fprintf(stderr, "model %s, serial %s, firmware %s\n", nvme.model, nvme.serial,
		nvme.firmware);
	fprintf(stderr, "namespace 1: %" PRIu64 " blocks of %u bytes, %" PRIu64 " bytes\n",
		nvme.blocks, nvme.block_size, nvme.blocks * nvme.block_size);
	nvme_add_queues(&nvme, queues);
}

static void tell(unsigned int queues, bool poll)
{
	uint64_t done = 0;
	unsigned int i;

	for (i = 1; i <= queues; i++)
		done += nvme.queues[i].commands_done;
	fprintf(stderr, "%" PRIu64 " commands on %u queues, each completed once\n", done, queues);
	if (poll)
		fprintf(stderr, "no interrupts: polled\n");
	else
		for (i = 0; i <= queues; i++)
			fprintf(stderr, "vector %u: %" PRIu64 " interrupts\n", i,
				nvme.queues[i].interrupts);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "poll", no_argument, NULL, 'p' },
		{ "hash", no_argument, NULL, 'h' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "queues", required_argument, NULL, 'q' },
		{ "times", required_argument, NULL, 't' },
		{ "domain", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 }
	};
	uint64_t bytes = 0, queues = 2, times = 1, capacity;
	bool poll = false, hash = false;
	const char *domain = NULL;
	nyx_device_id id;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if ((c == 'b' && own_number(optarg, INT64_MAX, &bytes)) ||
		    (c == 'q' && own_number(optarg, NVME_QUEUES_MAX, &queues)) ||
		    (c == 't' && own_number(optarg, UINT32_MAX, &times)))
			continue;
		else if (c == 'p')
			poll = true;
		else if (c == 'h')
			hash = true;
		else if (c == 'd')
			domain = optarg;
		else
			usage();
	}
	if (optind != argc - 1 || !own_parse(argv[optind], &id))
		usage();
	bring_up(argv[optind], id, domain, queues, poll);
	capacity = nvme.blocks * nvme.block_size;
	if (bytes > capacity)
		die("the disk has only %" PRIu64 " bytes", capacity);
	while (times--)
		read_disk(bytes ? bytes : capacity, hash);
	nvme_remove_queues(&nvme);
	tell(queues, poll);
	return 0;
}
