// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver, through sysfs, for QEMU's edu device (1234:11e8): it
 * makes the device do DMA to and from the addresses it is told.
 * Requests longer than one transfer are split.
 */
#include "sysfs.h"
#include "edu.h"

#define WAIT_SECONDS		10

static volatile uint8_t *regs;

static const char usage_text[] =
	"usage: edu DEVICE COMMAND [ARG]... [, COMMAND [ARG]...]...\n"
	"  id                        its identification and a liveness check\n"
	"  dma-read IOVA LEN [AT]    memory to the device's buffer (offset AT)\n"
	"  dma-write IOVA LEN [AT]   the device's buffer to memory\n"
	"  start-write IOVA LEN      the same, without waiting for its end (100 ms later)\n"
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

static void start(uint64_t iova, uint64_t len, uint64_t at, bool to_memory)
{
	wait_idle();
	write64(regs, EDU_DMA_SOURCE, to_memory ? EDU_BUFFER + at : iova);
	write64(regs, EDU_DMA_DESTINATION, to_memory ? iova : EDU_BUFFER + at);
	write64(regs, EDU_DMA_COUNT, len);
	write64(regs, EDU_DMA_COMMAND, EDU_DMA_START | (to_memory ? EDU_DMA_TO_MEMORY : 0));
}

static void transfer(uint64_t iova, uint64_t len, uint64_t at, bool to_memory)
{
	if (at >= EDU_BUFFER_SIZE || len > EDU_BUFFER_SIZE - at)
		die("%" PRIu64 " bytes at %" PRIu64 " leave the device's buffer of %d", len, at,
		    EDU_BUFFER_SIZE);
	while (len) {
		uint64_t now = len < EDU_TRANSFER_MAX ? len : EDU_TRANSFER_MAX;

		start(iova, now, at, to_memory);
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
	else if (!strcmp(command, "start-write") && nr == 3 && number(args[2]) <= EDU_TRANSFER_MAX)
		start(number(args[1]), number(args[2]), 0, true);
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
