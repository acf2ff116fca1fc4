// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver, through sysfs, for QEMU's edu device (1234:11e8): it
 * makes the device do DMA to and from the addresses it is told.
 *
 * The device has a buffer of 4 KiB that only its own DMA engine can reach.
 * QEMU aborts on a transfer of all of it, so a transfer is 2048 bytes at most;
 * longer requests are split.
 */
#include "sysfs.h"

#define EDU_ID			0x00
#define EDU_LIVENESS		0x04
#define EDU_RAISE		0x60
#define EDU_ACKNOWLEDGE		0x64
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		1ULL
#define EDU_DMA_TO_MEMORY	2ULL

#define EDU_BUFFER		0x40000
#define EDU_BUFFER_SIZE		4096
#define EDU_TRANSFER_MAX	2048

#define WAIT_SECONDS		10

static volatile uint8_t *regs;

static const char usage_text[] =
	"usage: edu DEVICE COMMAND [ARG]... [, COMMAND [ARG]...]...\n"
	"  id                        its identification and a liveness check\n"
	"  dma-read IOVA LEN [AT]    memory to the device's buffer (offset AT)\n"
	"  dma-write IOVA LEN [AT]   the device's buffer to memory\n"
	"  copy SRC DST LEN          memory to memory, by way of the buffer\n"
	"  peek OFFSET               its register, 32 bits\n"
	"  raise                     an interrupt, acknowledged at once\n"
	"  repeat N                  do the next command N times\n"
	"  enable                    memory decoding and bus mastering on\n"
	"DEVICE is a PCI address (0000:01:00.0); one transfer fills half the buffer at most.\n";

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

static void open_device(const char *device)
{
	regs = pci_registers(device, 0x1000);
	if ((read32(regs, EDU_ID) & 0xffff) != 0xed)
		die("%s is no edu device (identification %08x)", device, read32(regs, EDU_ID));
}

static void wait_idle(void)
{
	double end = seconds() + WAIT_SECONDS;

	while (read64(regs, EDU_DMA_COMMAND) & EDU_DMA_START) {
		if (seconds() > end)
			die("the device is still busy after %d s", WAIT_SECONDS);
		usleep(1000);
	}
}

static void transfer(uint64_t iova, uint64_t len, uint64_t at, bool to_memory)
{
	if (at >= EDU_BUFFER_SIZE || len > EDU_BUFFER_SIZE - at)
		die("%" PRIu64 " bytes at %" PRIu64 " leave the device's buffer of %d", len, at,
		    EDU_BUFFER_SIZE);
	while (len) {
		uint64_t now = len < EDU_TRANSFER_MAX ? len : EDU_TRANSFER_MAX;

		wait_idle();
		write64(regs, EDU_DMA_SOURCE, to_memory ? EDU_BUFFER + at : iova);
		write64(regs, EDU_DMA_DESTINATION, to_memory ? iova : EDU_BUFFER + at);
		write64(regs, EDU_DMA_COUNT, now);
		write64(regs, EDU_DMA_COMMAND, EDU_DMA_START | (to_memory ? EDU_DMA_TO_MEMORY : 0));
		wait_idle();
		iova += now;
		at += now;
		len -= now;
	}
}

static void copy(uint64_t source, uint64_t destination, uint64_t len)
{
	while (len) {
		uint64_t now = len < EDU_BUFFER_SIZE ? len : EDU_BUFFER_SIZE;

		transfer(source, now, 0, false);
		transfer(destination, now, 0, true);
		source += now;
		destination += now;
		len -= now;
	}
}

static void show_id(void)
{
	write32(regs, EDU_LIVENESS, 0x12345678);
	if (read32(regs, EDU_LIVENESS) != ~0x12345678U)
		die("the liveness register does not invert: %08x", read32(regs, EDU_LIVENESS));
	printf("edu %08x alive\n", read32(regs, EDU_ID));
}

/* It sends the message that its MSI capability holds, whatever that is. */
static void raise_interrupt(void)
{
	write32(regs, EDU_RAISE, 1);
	write32(regs, EDU_ACKNOWLEDGE, 1);
}

static void run(const char *device, char **args, int nr)
{
	const char *command = args[0];

	if (!strcmp(command, "id") && nr == 1)
		show_id();
	else if (!strcmp(command, "peek") && nr == 2)
		printf("%08x\n", read32(regs, number(args[1])));
	else if (!strcmp(command, "raise") && nr == 1)
		raise_interrupt();
	else if (!strcmp(command, "enable") && nr == 1)
		pci_command(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	else if (!strcmp(command, "dma-read") && (nr == 3 || nr == 4))
		transfer(number(args[1]), number(args[2]), nr == 4 ? number(args[3]) : 0, false);
	else if (!strcmp(command, "dma-write") && (nr == 3 || nr == 4))
		transfer(number(args[1]), number(args[2]), nr == 4 ? number(args[3]) : 0, true);
	else if (!strcmp(command, "copy") && nr == 4)
		copy(number(args[1]), number(args[2]), number(args[3]));
	else
		usage();
}

int main(int argc, char **argv)
{
	uint64_t repeat = 1;
	int i = 2, nr;

	if (argc < 3)
		usage();
	open_device(argv[1]);
	while (i < argc) {
		for (nr = 0; i + nr < argc && strcmp(argv[i + nr], ","); nr++)
			;
		if (!nr)
			usage();
		if (!strcmp(argv[i], "repeat") && nr == 2) {
			repeat = number(argv[i + 1]);
		} else {
			for (; repeat; repeat--)
				run(argv[1], argv + i, nr);
			repeat = 1;
		}
		i += nr + 1;
	}
	return 0;
}
