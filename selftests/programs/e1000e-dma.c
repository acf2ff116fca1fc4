// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver, through sysfs, for the 82574L network card (e1000e): it
 * makes the card fetch a descriptor and a packet from the addresses it is
 * told, and write back that it has sent it.
 */
#include "sysfs.h"

/* 82574L datasheet, chapter 10: registers. */
#define CTRL		0x0000
#define CTRL_RESET	(1 << 26)
#define IMC		0x00d8
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

#define COMMAND_END		1	/* the whole packet */
#define COMMAND_FCS		2
#define COMMAND_REPORT		8
#define STATUS_DONE		1

#define RING_SIZE	128	/* bytes: eight descriptors */
#define WAIT_SECONDS	3

_Static_assert(sizeof(struct descriptor) == 16, "transmit descriptor");

int main(int argc, char **argv)
{
	volatile struct descriptor *ring;
	volatile uint8_t *regs;
	double end;
	int fd;

	if (argc != 6) {
		fprintf(stderr,
			"usage: e1000e-dma DEVICE RING IOVA PACKET LEN\n"
			"RING is a file that is mapped for the card at IOVA; the packet is at the card's\n"
			"address PACKET. Exit status 1: the card does not report that it was sent.\n");
		return EXIT_USAGE;
	}
	fd = open(argv[2], O_RDWR);
	ring = fd < 0 ? MAP_FAILED :
	       mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		die("%s: %s", argv[2], strerror(errno));
	regs = pci_registers(argv[1], 0x4000);

	write32(regs, IMC, UINT32_MAX);
	write32(regs, CTRL, read32(regs, CTRL) | CTRL_RESET);
	usleep(20000);
	write32(regs, IMC, UINT32_MAX);
	memset((void *)ring, 0, RING_SIZE);
	ring[0].address = number(argv[4]);
	ring[0].length = number(argv[5]);
	ring[0].command = COMMAND_END | COMMAND_FCS | COMMAND_REPORT;
	write32(regs, TDBAL, number(argv[3]));
	write32(regs, TDBAH, number(argv[3]) >> 32);
	write32(regs, TDLEN, RING_SIZE);
	write32(regs, TDH, 0);
	write32(regs, TDT, 0);
	write32(regs, TCTL, TCTL_ENABLE);
	write32(regs, TDT, 1);

	for (end = seconds() + WAIT_SECONDS; seconds() < end; usleep(1000))
		if (ring[0].status & STATUS_DONE)
			return 0;
	printf("not sent: head %u, tail %u\n", read32(regs, TDH), read32(regs, TDT));
	return EXIT_DIFFERS;
}
