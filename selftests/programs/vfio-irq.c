// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What VFIO promises of interrupts, of reset, and of closing with everything in use.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "vfio-edu.h"

#define WAIT_SECONDS	10

#define BY_EVENTFD	(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)

static uint64_t taken(int fd, int milliseconds)
{
	struct pollfd poller = { fd, POLLIN, 0 };
	uint64_t count;

	if (poll(&poller, 1, milliseconds) != 1)
		return 0;
	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* True when it comes once; the device holds why until the acknowledgement. */
static bool interrupts(int fd, uint32_t why)
{
	bool good;

	write32(vfio.registers, EDU_RAISE, why);
	good = taken(fd, WAIT_SECONDS * 1000) == 1 && read32(vfio.registers, EDU_STATUS) == why;
	write32(vfio.registers, EDU_ACKNOWLEDGE, UINT32_MAX);
	return good;
}

static uint32_t vectors(uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	return ioctl(vfio.device, VFIO_DEVICE_GET_IRQ_INFO, &info) ? 0 : info.count;
}

static int event(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die("eventfd: %s", strerror(errno));
	return fd;
}

#define RAISED	200

void part_msi(void)
{
	int fd = event();
	uint32_t i;

	begin();
	tap_ok(vectors(VFIO_PCI_MSI_IRQ_INDEX) == 1, "one message");
	tap_did(vfio_irqs(&vfio, BY_EVENTFD, VFIO_PCI_MSI_IRQ_INDEX, 1, fd), "it signals an eventfd");
	for (i = 1; i <= RAISED && interrupts(fd, i); i++)
		;
	tap_ok(i > RAISED, "%u raised one after another, each comes once", RAISED);
	if (i <= RAISED)
		tap_note("number %u did not", i);
	tap_ok(!taken(fd, 200), "and none unasked");
	tap_did(vfio_irqs(&vfio, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
			  VFIO_PCI_MSI_IRQ_INDEX, 1, -1), "signalled by the kernel itself");
	tap_ok(taken(fd, WAIT_SECONDS * 1000) == 1, "it comes, too");
	tap_did(vfio_irqs(&vfio, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
			  VFIO_PCI_MSI_IRQ_INDEX, 0, -1), "taken away");
	write32(vfio.registers, EDU_RAISE, 1);
	tap_ok(!taken(fd, 200), "raised then, it does not come");
	write32(vfio.registers, EDU_ACKNOWLEDGE, 1);
	tap_did(vfio_irqs(&vfio, BY_EVENTFD, VFIO_PCI_MSI_IRQ_INDEX, 1, fd), "given again");
	tap_ok(interrupts(fd, 7), "it comes");
	end();
	close(fd);
}

/* The line is masked with each interrupt, until it is unmasked. */
void part_line(void)
{
	const uint32_t unmask = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;
	int fd = event();
	uint32_t i;

	begin();
	if (!vectors(VFIO_PCI_INTX_IRQ_INDEX)) {
		tap_skip("the line", "the kernel offers none");
		end();
		close(fd);
		return;
	}
	tap_did(vfio_irqs(&vfio, BY_EVENTFD, VFIO_PCI_INTX_IRQ_INDEX, 1, fd), "the line's eventfd");
	for (i = 1; i <= 10; i++)
		if (!interrupts(fd, i) || vfio_irqs(&vfio, unmask, VFIO_PCI_INTX_IRQ_INDEX, 1, -1))
			break;
	tap_ok(i > 10, "10 interrupts, each comes once");
	end();
	close(fd);
}

/* ---- the end of things ---- */

void part_reset(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint8_t *memory = must_have(PAGE);
	uint16_t command;

	begin();
	tap_did(ioctl(vfio.device, VFIO_DEVICE_GET_INFO, &info), "what the device is");
	tap_ok(info.flags & VFIO_DEVICE_FLAGS_PCI, "a PCI device");
	if (!(info.flags & VFIO_DEVICE_FLAGS_RESET)) {
		tap_note("it has no reset of its own");
		tap_ok(ioctl(vfio.device, VFIO_DEVICE_RESET) < 0, "reset is refused");
	} else if (tap_did(ioctl(vfio.device, VFIO_DEVICE_RESET), "reset")) {
		vfio_config(&vfio, PCI_COMMAND, &command, sizeof(command), false);
		command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
		vfio_config(&vfio, PCI_COMMAND, &command, sizeof(command), true);
	}
	tap_did(vfio_map(&vfio, HERE, memory, PAGE), "map");
	tap_ok(reaches(HERE, memory), "the device works");
	end();
	munmap(memory, PAGE);
}

void part_close(void)
{
	uint8_t *memory = must_have(2 * MIB);
	int fd = event();

	begin();
	tap_did(vfio_map(&vfio, HERE, memory, 2 * MIB), "map");
	tap_did(vfio_irqs(&vfio, BY_EVENTFD, VFIO_PCI_MSI_IRQ_INDEX, 1, fd), "a message");
	tap_ok(reaches(HERE + MIB, memory + MIB), "the device reaches it");
	end();
	begin();
	tap_ok(true, "closed with all of that, and opened again");
	tap_ok(reaches_not(HERE + MIB, memory + MIB), "nothing of it is left");
	write32(vfio.registers, EDU_RAISE, 1);
	tap_ok(!taken(fd, 200), "no interrupt comes");
	write32(vfio.registers, EDU_ACKNOWLEDGE, 1);
	tap_did(vfio_map(&vfio, HERE, memory, 2 * MIB), "map");
	/* The device, the group, the container: in the other order than that of its opening. */
	vfio_close_container(&vfio);
	tap_ok(reaches(HERE, memory), "the device keeps what it is in");
	munmap((void *)vfio.registers, vfio.bar_size);
	close(vfio.device);
	begin();
	tap_ok(reaches_not(HERE, memory), "until it is closed");
	end();
	close(fd);
	munmap(memory, 2 * MIB);
}
