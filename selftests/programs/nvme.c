// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An NVMe controller: bringing it up, its queues, and what it says about itself.
 */
#include <poll.h>

#include "own.h"
#include "nvme.h"

#define WAIT_SECONDS	10	/* for a completion: it hangs, or an interrupt was lost */

/* Pages of the memory that the device sees. */
enum { ADMIN_COMMANDS, ADMIN_COMPLETIONS, IDENTIFY_DATA, IO_QUEUES };

uint64_t nvme_queue_memory(unsigned int nr_queues)
{
	return (IO_QUEUES + 2 * nr_queues) * (uint64_t)NVME_PAGE;
}

uint64_t nvme_slot_offset(const struct nvme *nvme, unsigned int queue, unsigned int id)
{
	return nvme_queue_memory(nvme->nr_queues) +
	       ((queue - 1) * NVME_IN_FLIGHT + id) * (uint64_t)NVME_TRANSFER;
}

/* ---- the controller ---- */

static void check_alive(const struct nvme *nvme, const char *what)
{
	uint32_t status = read32(nvme->registers, NVME_CSTS);

	if (status == UINT32_MAX)
		die("%s: the device does not answer", what);
	if (status & CSTS_FATAL)
		die("%s: the device reports a fatal error", what);
}

static bool wait_ready(const struct nvme *nvme, bool ready)
{
	double end = seconds() + nvme->ready_seconds;

	while ((read32(nvme->registers, NVME_CSTS) & CSTS_READY) != ready) {
		if (ready)
			check_alive(nvme, "coming up");
		if (seconds() > end)
			return false;
		usleep(1000);
	}
	return true;
}

static void init_queue(struct nvme *nvme, unsigned int number, unsigned int page)
{
	struct nvme_queue *queue = &nvme->queues[number];

	queue->commands = (void *)(nvme->memory + page * NVME_PAGE);
	queue->completions = (void *)(nvme->memory + (page + 1) * NVME_PAGE);
	queue->commands_iova = nvme->iova + page * NVME_PAGE;
	queue->completions_iova = queue->commands_iova + NVME_PAGE;
	queue->number = number;
	queue->tail = 0;
	queue->head = 0;
	queue->phase = 1;
	queue->in_flight = 0;
	memset(nvme->memory + page * NVME_PAGE, 0, 2 * NVME_PAGE);
}

void nvme_start(struct nvme *nvme)
{
	uint64_t capabilities = read64(nvme->registers, NVME_CAP);

	/* 3.1.1: entries of a queue less one, time-out, doorbell stride, commands, page size. */
	if (capabilities == UINT64_MAX)
		die("the device does not answer");
	if ((capabilities & 0xffff) + 1 < NVME_ENTRIES)
		die("its queues hold %u commands only, not %u",
		    (unsigned int)(capabilities & 0xffff) + 1, NVME_ENTRIES);
	nvme->ready_seconds = (capabilities >> 24 & 255) / 2 + 2;
	nvme->doorbell_stride = 4 << (capabilities >> 32 & 15);
	if (!(capabilities >> 37 & 1))
		die("it has no NVM command set");
	if (capabilities >> 48 & 15)
		die("it has no pages of %u bytes", NVME_PAGE);

	if (!nvme_stop(nvme))
		die("going down: no answer in %u s", nvme->ready_seconds);
	init_queue(nvme, 0, ADMIN_COMMANDS);
	/* 3.1.3: unless there is MSI-X, the admin queue's completions raise the pin or MSI. */
	if (nvme->queues[0].interrupt < 0)
		write32(nvme->registers, NVME_INTMS, UINT32_MAX);
	write32(nvme->registers, NVME_AQA, (NVME_ENTRIES - 1) << 16 | (NVME_ENTRIES - 1));
	write64(nvme->registers, NVME_ASQ, nvme->queues[0].commands_iova);
	write64(nvme->registers, NVME_ACQ, nvme->queues[0].completions_iova);
	write32(nvme->registers, NVME_CC, CC_ENTRY_SIZES | CC_ENABLE);
	if (!wait_ready(nvme, true))
		die("coming up: not ready in %u s", nvme->ready_seconds);
}

bool nvme_stop(struct nvme *nvme)
{
	write32(nvme->registers, NVME_CC, 0);
	return wait_ready(nvme, false);
}

/* ---- commands and their completions ---- */

static void submit(struct nvme *nvme, struct nvme_queue *queue, unsigned int id,
		   struct command *command)
{
	command->id = id;
	queue->in_flight |= 1U << id;
	queue->commands[queue->tail] = *command;
	queue->tail = (queue->tail + 1) % NVME_ENTRIES;
	/* The command is there before the device is told of it. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	write32(nvme->registers, NVME_DOORBELLS + 2 * queue->number * nvme->doorbell_stride,
		queue->tail);
}

/* 4.6.1: status code type and status code. */
static void check_status(const struct nvme_queue *queue, unsigned int id, uint16_t status)
{
	static const struct {
		uint16_t code;
		const char *text;
	} texts[] = {
		{ 0x001, "invalid opcode" }, { 0x002, "invalid field" },
		{ 0x004, "data transfer error" }, { 0x006, "internal error" },
		{ 0x007, "aborted" }, { 0x00b, "invalid namespace" },
		{ 0x080, "block out of range" }, { 0x101, "invalid queue" },
		{ 0x102, "invalid queue size" }, { 0x108, "invalid interrupt vector" },
		{ 0x281, "unrecovered read error" },
	};
	const char *text = "see the specification";
	size_t i;

	status = status >> 1 & 0x7ff;
	if (!status)
		return;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].code == status)
			text = texts[i].text;
	die("queue %u, command %u: the device reports status %#x (%s)", queue->number, id, status,
	    text);
}

int nvme_next(struct nvme *nvme, struct nvme_queue *queue)
{
	volatile struct completion *done = &queue->completions[queue->head];
	uint16_t status = __atomic_load_n(&done->status, __ATOMIC_ACQUIRE);
	unsigned int id = done->id;

	if ((status & 1) != queue->phase) {
		queue->look = false;
		return -1;
	}
	/* Each command once. */
	if (done->queue != queue->number || id >= 32 || !(queue->in_flight & 1U << id))
		die("queue %u: a completion of command %u of queue %u, which is not under way: it came twice, or for nothing",
		    queue->number, id, done->queue);
	check_status(queue, id, status);
	queue->in_flight &= ~(1U << id);
	queue->commands_done++;
	queue->head = (queue->head + 1) % NVME_ENTRIES;
	if (!queue->head)
		queue->phase ^= 1;
	write32(nvme->registers, NVME_DOORBELLS + (2 * queue->number + 1) * nvme->doorbell_stride,
		queue->head);
	return id;
}

static bool has_completion(const struct nvme_queue *queue)
{
	return (queue->completions[queue->head].status & 1) == queue->phase;
}

/* No interrupt for so long: tell a lost interrupt from a lost command. */
__attribute__((noreturn))
static void nothing_came(struct nvme *nvme, const char *what)
{
	unsigned int i;

	check_alive(nvme, what);
	for (i = 0; i <= nvme->nr_queues; i++)
		if (nvme->queues[i].interrupt >= 0 && has_completion(&nvme->queues[i]))
			die("%s: queue %u has completions, and vector %u told nothing of them in %u s",
			    what, i, i, WAIT_SECONDS);
	die("%s: no completion in %u s", what, WAIT_SECONDS);
}

static void wait_polled(struct nvme *nvme, const char *what)
{
	double end = seconds() + WAIT_SECONDS;
	bool found = false;
	unsigned int i;

	for (;;) {
		for (i = 0; i <= nvme->nr_queues; i++) {
			nvme->queues[i].look = has_completion(&nvme->queues[i]);
			found |= nvme->queues[i].look;
		}
		if (found)
			return;
		if (seconds() > end)
			nothing_came(nvme, what);
		usleep(100);
	}
}

/* Only queues whose vector told so are looked at: a lost interrupt is noticed. */
void nvme_wait(struct nvme *nvme, const char *what)
{
	struct pollfd fds[1 + NVME_QUEUES_MAX];
	unsigned int i;
	uint64_t count;
	int ready;

	if (nvme->queues[0].interrupt < 0) {
		wait_polled(nvme, what);
		return;
	}
	for (i = 0; i <= nvme->nr_queues; i++)
		fds[i] = (struct pollfd) { nvme->queues[i].interrupt, POLLIN, 0 };
	ready = poll(fds, nvme->nr_queues + 1, WAIT_SECONDS * 1000);
	if (ready < 0 && errno != EINTR)
		die("poll: %s", strerror(errno));
	if (!ready)
		nothing_came(nvme, what);
	for (i = 0; ready > 0 && i <= nvme->nr_queues; i++) {
		if (!fds[i].revents)
			continue;
		if (read(fds[i].fd, &count, sizeof(count)) != sizeof(count))
			die("eventfd: %s", strerror(errno));
		nvme->queues[i].interrupts += count;
		nvme->queues[i].look = true;
	}
}

/* ---- admin commands ---- */

static uint32_t admin(struct nvme *nvme, struct command command, const char *what)
{
	struct nvme_queue *queue = &nvme->queues[0];
	unsigned int at = queue->head;

	submit(nvme, queue, 0, &command);
	while (queue->in_flight) {
		nvme_wait(nvme, what);
		if (queue->look)
			nvme_next(nvme, queue);
	}
	return queue->completions[at].result;
}

/* Text in a field of fixed length, filled up with spaces. */
static void field(char *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	while (len && to[len - 1] == ' ')
		len--;
	to[len] = '\0';
}

/* 5.15.2: figures 247 and 245. */
void nvme_identify(struct nvme *nvme)
{
	const uint8_t *data = nvme->memory + IDENTIFY_DATA * NVME_PAGE, *format;
	struct command command = {
		.opcode = ADMIN_IDENTIFY,
		.prp1 = nvme->iova + IDENTIFY_DATA * NVME_PAGE,
		.arg = { 1 },
	};

	admin(nvme, command, "identify the controller");
	field(nvme->serial, data + 4, 20);
	field(nvme->model, data + 24, 40);
	field(nvme->firmware, data + 64, 8);
	if ((data[512] & 15) > 6 || (data[513] & 15) > 4)
		die("its commands or completions are larger than 64 and 16 bytes");

	command.namespace = 1;
	command.arg[0] = 0;
	admin(nvme, command, "identify the namespace");
	memcpy(&nvme->blocks, data, 8);
	if (!nvme->blocks)
		die("it has no namespace 1");
	format = data + 128 + 4 * (data[26] & 15);
	if (format[0] || format[1])
		die("its blocks have metadata: there is no room for that here");
	if (format[2] < 9 || 1UL << format[2] > NVME_TRANSFER)
		die("its blocks of 2^%u bytes do not fit into transfers of %u", format[2],
		    NVME_TRANSFER);
	nvme->block_size = 1U << format[2];
}

/* 5.21.1.7 number of queues, 5.3 and 5.4 create them. */
void nvme_add_queues(struct nvme *nvme, unsigned int nr)
{
	struct command command = {
		.opcode = ADMIN_SET_FEATURES,
		.arg = { 7, (nr - 1) << 16 | (nr - 1) },
	};
	uint32_t given = admin(nvme, command, "ask for queues");
	unsigned int i;

	if ((given & 0xffff) + 1 < nr || (given >> 16) + 1 < nr)
		die("the device gives %u submission and %u completion queues, not %u",
		    (given & 0xffff) + 1, (given >> 16) + 1, nr);
	for (i = 1; i <= nr; i++) {
		struct nvme_queue *queue = &nvme->queues[i];
		uint32_t shape = (NVME_ENTRIES - 1) << 16 | i;
		/* Contiguous; bit 1: with interrupts, by the vector of the queue's number. */
		uint32_t vector = queue->interrupt < 0 ? 1 : i << 16 | 3;

		init_queue(nvme, i, IO_QUEUES + 2 * (i - 1));
		command = (struct command) {
			.opcode = ADMIN_CREATE_CQ,
			.prp1 = queue->completions_iova,
			.arg = { shape, vector },
		};
		admin(nvme, command, "create a completion queue");
		command = (struct command) {
			.opcode = ADMIN_CREATE_SQ,
			.prp1 = queue->commands_iova,
			.arg = { shape, i << 16 | 1 },
		};
		admin(nvme, command, "create a submission queue");
		nvme->nr_queues = i;
	}
}

void nvme_remove_queues(struct nvme *nvme)
{
	struct command command = { 0 };
	unsigned int i;

	for (i = 1; i <= nvme->nr_queues; i++) {
		command.opcode = ADMIN_DELETE_SQ;
		command.arg[0] = i;
		admin(nvme, command, "delete a submission queue");
		command.opcode = ADMIN_DELETE_CQ;
		admin(nvme, command, "delete a completion queue");
		/* Nothing is under way any more, so nothing may have come. */
		if (nvme_next(nvme, &nvme->queues[i]) >= 0)
			die("queue %u: a completion more than there were commands", i);
	}
}

void nvme_read(struct nvme *nvme, unsigned int queue, unsigned int id, uint64_t block,
	       unsigned int nr)
{
	uint64_t address = nvme->iova + nvme_slot_offset(nvme, queue, id);
	struct command command = {
		.opcode = IO_READ,
		.namespace = 1,
		.prp1 = address,
		.prp2 = nr * nvme->block_size > NVME_PAGE ? address + NVME_PAGE : 0,
		.arg = { block, block >> 32, nr - 1 },
	};

	submit(nvme, &nvme->queues[queue], id, &command);
}
