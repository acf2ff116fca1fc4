/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express, as much of it as a reader needs. Section numbers are those of the base
 * specification 1.4.
 */
#ifndef NVME_H
#define NVME_H

#include <stdbool.h>
#include <stdint.h>

/* 3.1: registers. */
#define NVME_CAP	0x00
#define NVME_INTMS	0x0c
#define NVME_CC		0x14
#define NVME_CSTS	0x1c
#define NVME_AQA	0x24
#define NVME_ASQ	0x28
#define NVME_ACQ	0x30
#define NVME_DOORBELLS	0x1000

#define CC_ENABLE	1
#define CC_ENTRY_SIZES	(6 << 16 | 4 << 20)	/* 64-byte commands, 16-byte completions */
#define CSTS_READY	1
#define CSTS_FATAL	2

#define ADMIN_DELETE_SQ		0x00
#define ADMIN_CREATE_SQ		0x01
#define ADMIN_DELETE_CQ		0x04
#define ADMIN_CREATE_CQ		0x05
#define ADMIN_IDENTIFY		0x06
#define ADMIN_SET_FEATURES	0x09
#define IO_WRITE		0x01
#define IO_READ			0x02

/* 4.2: arg[0] is its dword 10. */
struct command {
	uint8_t opcode, flags;
	uint16_t id;
	uint32_t namespace;
	uint64_t reserved, metadata, prp1, prp2;
	uint32_t arg[6];
};

/* 4.6 */
struct completion {
	uint32_t result, reserved;
	uint16_t head, queue, id, status;
};

_Static_assert(sizeof(struct command) == 64, "NVMe command");
_Static_assert(sizeof(struct completion) == 16, "NVMe completion");

#define NVME_PAGE		4096
#define NVME_QUEUES_MAX		128	/* for I/O */
#define NVME_IN_FLIGHT		8	/* commands of one queue */
#define NVME_ENTRIES		16	/* of one queue; one of them always stays free */
/* Two pages: what the two addresses in a command reach, without a list of pages. */
#define NVME_TRANSFER		(2 * NVME_PAGE)

struct nvme_queue {
	volatile struct command *commands;
	volatile struct completion *completions;
	uint64_t commands_iova, completions_iova;
	unsigned int number, tail, head, phase;
	uint32_t in_flight;	/* a bit for each command id */
	uint64_t commands_done;
	/* Its completions' interrupt: an eventfd, or -1 to look for them all the time. */
	int interrupt;
	uint64_t interrupts;
	bool look;		/* there may be completions */
};

struct nvme {
	volatile uint8_t *registers;
	uint8_t *memory;
	uint64_t iova;
	unsigned int doorbell_stride, ready_seconds;
	unsigned int nr_queues;	/* for I/O */
	struct nvme_queue queues[1 + NVME_QUEUES_MAX];	/* the first is the admin queue */
	char model[41], serial[21], firmware[9];
	uint32_t block_size;
	uint64_t blocks;
};

/* nr_queues queues for I/O need that much memory, then comes what the commands transfer. */
uint64_t nvme_queue_memory(unsigned int nr_queues);
uint64_t nvme_slot_offset(const struct nvme *nvme, unsigned int queue, unsigned int id);

/*
 * registers, memory (which the device sees at iova) and each queue's interrupt are set.
 * Returns when the controller is ready; nothing below returns an error: it ends the program.
 */
void nvme_start(struct nvme *nvme);
void nvme_identify(struct nvme *nvme);
void nvme_add_queues(struct nvme *nvme, unsigned int nr);
void nvme_remove_queues(struct nvme *nvme);
/* False: it does not go down. Also for one that failed. */
bool nvme_stop(struct nvme *nvme);

/* Read blocks into the slot of a command id that is not in flight. */
void nvme_read(struct nvme *nvme, unsigned int queue, unsigned int id, uint64_t block,
	       unsigned int nr);
/* Wait until a queue may have completions; those have look set. */
void nvme_wait(struct nvme *nvme, const char *what);
/* The id of the next command that the device has completed without an error, or -1. */
int nvme_next(struct nvme *nvme, struct nvme_queue *queue);

#endif
