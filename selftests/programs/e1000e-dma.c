// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver, through sysfs, for the 82574L network card (e1000e): it
 * makes the card fetch a descriptor and a packet from the addresses it is
 * told, and write back that it has sent it.
 */
#include "e1000e.h"

#define RING_ENTRIES	8
#define WAIT_SECONDS	3
#define DOORBELLS	256	/* between two looks at the clock */

/*
 * A ring at an address that leads nowhere, told again and again that there is more to send: each
 * time the card tries to read it. That somebody switches its bus mastering off does not impress
 * it.
 */
static int storm(const char *device, uint64_t iova, uint64_t for_seconds)
{
	volatile uint8_t *regs = pci_registers(device, E1000E_REGISTERS);
	double end = seconds() + for_seconds;
	unsigned long long nr = 0;
	int i;

	e1000e_reset(regs);
	e1000e_start(regs, iova, RING_ENTRIES);
	while (seconds() < end) {
		pci_command(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		for (i = 0; i < DOORBELLS; i++)
			write32(regs, TDT, ++nr % RING_ENTRIES);
	}
	e1000e_reset(regs);
	printf("%llu\n", nr);
	return 0;
}

int main(int argc, char **argv)
{
	volatile struct descriptor *ring;
	volatile uint8_t *regs;
	double end;
	int fd;

	if (argc == 5 && !strcmp(argv[2], "storm"))
		return storm(argv[1], number(argv[3]), number(argv[4]));
	if (argc != 6) {
		fprintf(stderr,
			"usage: e1000e-dma DEVICE RING IOVA PACKET LEN\n"
			"       e1000e-dma DEVICE storm IOVA SECONDS\n"
			"RING is a file that is mapped for the card at IOVA; the packet is at the card's\n"
			"address PACKET. storm: as many attempts to read at IOVA as it can make; prints how\n"
			"many. Exit status 1: the card does not report that it was sent.\n");
		return EXIT_USAGE;
	}
	fd = open(argv[2], O_RDWR);
	ring = fd < 0 ? MAP_FAILED :
	       mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		die("%s: %s", argv[2], strerror(errno));
	regs = pci_registers(argv[1], E1000E_REGISTERS);

	e1000e_reset(regs);
	memset((void *)ring, 0, RING_ENTRIES * sizeof(*ring));
	e1000e_start(regs, number(argv[3]), RING_ENTRIES);
	e1000e_send(regs, ring, 0, RING_ENTRIES, number(argv[4]), number(argv[5]));

	for (end = seconds() + WAIT_SECONDS; seconds() < end; usleep(1000))
		if (ring[0].status & STATUS_DONE)
			return 0;
	printf("not sent: head %u, tail %u\n", read32(regs, TDH), read32(regs, TDT));
	return EXIT_DIFFERS;
}
