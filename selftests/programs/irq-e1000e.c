// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver for the interrupts of the 82574L network card (e1000e), through nyx alone:
 * domain, memory and eventfds by libnyx, registers by sysfs. It sends packets one after another,
 * each reported by the MSI-X vector of the transmit queue, and by no other of the card's five.
 * QEMU's card reports most packets twice, so the exact count is for irq-edu to check.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "own.h"

/* 82574L datasheet, chapter 10: registers. */
#define CTRL		0x0000
#define CTRL_RESET	(1 << 26)
#define CTRL_EXT	0x0018
#define CTRL_EXT_PBA	(1U << 31)	/* MSI-X */
#define ICR		0x00c0
#define IMS		0x00d0
#define IMC		0x00d8
#define EIAC		0x00dc		/* causes that sending the message clears */
#define IVAR		0x00e4		/* which vector tells of which cause */
#define IVAR_TX0(n)	((0x8 | (n)) << 8)
#define CAUSE_TX0	(1 << 22)
#define TCTL		0x0400
#define TCTL_ENABLE	(1 << 1)
#define TDBAL		0x3800
#define TDBAH		0x3804
#define TDLEN		0x3808
#define TDH		0x3810
#define TDT		0x3818

/* 7.2.10: legacy transmit descriptor. */
struct descriptor {
	uint64_t address;
	uint16_t length;
	uint8_t checksum_offset, command, status, checksum_start;
	uint16_t special;
};

_Static_assert(sizeof(struct descriptor) == 16, "transmit descriptor");

#define COMMAND_END		1	/* the whole packet */
#define COMMAND_FCS		2
#define COMMAND_REPORT		8
#define STATUS_DONE		1

#define RING_ENTRIES	8
#define VECTORS		5
#define TX_VECTOR	2
#define IOVA		0x100000
#define PACKET_AT	4096		/* behind the ring */
#define PACKET_LEN	100
#define WAIT_SECONDS	10

static struct own own;
static volatile uint8_t *regs;
static int interrupts[VECTORS];
static uint64_t told;

static void leave(void)
{
	if (own.nyx)
		own_undo(&own);
}

static uint64_t take(unsigned int vector)
{
	uint64_t count;

	if (read(interrupts[vector], &count, sizeof(count)) == sizeof(count))
		return count;
	if (errno != EAGAIN)
		die("eventfd: %s", strerror(errno));
	return 0;
}

static void bring_up(const char *device, nyx_device_id id)
{
	unsigned int i;

	own_device(&own, id, NULL);
	own_memory(&own, IOVA, 2 * 4096);
	regs = pci_registers(device, 0x4000);
	write32(regs, IMC, UINT32_MAX);
	write32(regs, CTRL, read32(regs, CTRL) | CTRL_RESET);
	usleep(20000);
	write32(regs, IMC, UINT32_MAX);
	for (i = 0; i < VECTORS; i++) {
		interrupts[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (interrupts[i] < 0)
			die("eventfd: %s", strerror(errno));
	}
	own_interrupts(&own, interrupts, VECTORS);
	write32(regs, CTRL_EXT, read32(regs, CTRL_EXT) | CTRL_EXT_PBA);
	write32(regs, IVAR, IVAR_TX0(TX_VECTOR));
	write32(regs, EIAC, CAUSE_TX0);
	write32(regs, ICR, UINT32_MAX);	/* what the host's driver left */
	write32(regs, IMS, CAUSE_TX0);
	write32(regs, TDBAL, IOVA);
	write32(regs, TDBAH, 0);
	write32(regs, TDLEN, RING_ENTRIES * sizeof(struct descriptor));
	write32(regs, TDH, 0);
	write32(regs, TDT, 0);
	write32(regs, TCTL, TCTL_ENABLE);
}

static void quiet_but_tx(const char *when)
{
	unsigned int i;
	uint64_t count;

	for (i = 0; i < VECTORS; i++) {
		count = i == TX_VECTOR ? 0 : take(i);
		if (count)
			die("%s: vector %u has told %" PRIu64 " times", when, i, count);
	}
}

static void send_one(uint64_t number)
{
	struct pollfd fd = { interrupts[TX_VECTOR], POLLIN, 0 };
	unsigned int at = number % RING_ENTRIES;
	volatile struct descriptor *ring = (volatile void *)own.memory;
	uint64_t count;

	ring[at].address = IOVA + PACKET_AT;
	ring[at].length = PACKET_LEN;
	ring[at].status = 0;
	ring[at].command = COMMAND_END | COMMAND_FCS | COMMAND_REPORT;
	write32(regs, TDT, (at + 1) % RING_ENTRIES);
	if (poll(&fd, 1, WAIT_SECONDS * 1000) != 1)
		die("packet %" PRIu64 ": no interrupt in %d s (status %#x)", number, WAIT_SECONDS,
		    ring[at].status);
	count = take(TX_VECTOR);
	if (!count)
		die("packet %" PRIu64 ": woken up, but not interrupted", number);
	told += count;
	if (!(ring[at].status & STATUS_DONE))
		die("packet %" PRIu64 ": an interrupt, but it is not sent", number);
	quiet_but_tx("behind a packet");
	write32(regs, IMS, CAUSE_TX0);
}

int main(int argc, char **argv)
{
	uint64_t count = 1, i;
	nyx_device_id id;

	if ((argc != 2 && argc != 3) || !own_parse(argv[1], &id) ||
	    (argc == 3 && !own_number(argv[2], UINT32_MAX, &count))) {
		fputs("usage: irq-e1000e DEVICE [PACKETS]\n"
		      "DEVICE is bound to nyx_stub and in no domain. Exit status: 1 asked for wrongly,\n"
		      "2 the kernel or the card did not do it.\n", stderr);
		return EXIT_USAGE;
	}
	atexit(leave);
	bring_up(argv[1], id);
	quiet_but_tx("before the first packet");
	if (take(TX_VECTOR))
		die("the vector of the queue tells of packets before the first");
	for (i = 0; i < count; i++)
		send_one(i);
	if (told > 2 * count)
		die("sent %" PRIu64 ", but %" PRIu64 " interrupts", count, told);
	printf("sent %" PRIu64 ", each told of\n", count);
	return 0;
}
