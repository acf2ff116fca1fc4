// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver for the interrupts of the 82574L network card (e1000e), through nyx alone:
 * domain, memory and eventfds by libnyx, registers by sysfs. It sends packets one after another,
 * each reported by the MSI-X vector of the transmit queue, and by no other of the card's five.
 * QEMU's card reports most packets twice, so the exact count is for irq-edu to check.
 */
#include <poll.h>

#include "own.h"
#include "e1000e.h"

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

static uint64_t take(unsigned int vector)
{
	return own_taken(interrupts[vector]);
}

static void bring_up(const char *device, nyx_device_id id)
{
	unsigned int i;

	own_device(&own, id, NULL);
	own_memory(&own, IOVA, 2 * 4096);
	regs = pci_registers(device, E1000E_REGISTERS);
	e1000e_reset(regs);
	for (i = 0; i < VECTORS; i++)
		interrupts[i] = own_eventfd(EFD_NONBLOCK);
	own_interrupts(&own, interrupts, VECTORS);
	write32(regs, CTRL_EXT, read32(regs, CTRL_EXT) | CTRL_EXT_PBA);
	write32(regs, IVAR, IVAR_TX0(TX_VECTOR));
	write32(regs, EIAC, CAUSE_TX0);
	write32(regs, ICR, UINT32_MAX);	/* what the host's driver left */
	write32(regs, IMS, CAUSE_TX0);
	e1000e_start(regs, IOVA, RING_ENTRIES);
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

	e1000e_send(regs, ring, at, RING_ENTRIES, IOVA + PACKET_AT, PACKET_LEN);
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
