/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI function reached through sysfs: its configuration space and its first
 * BAR, as a userspace driver gets them.
 */
#ifndef SYSFS_H
#define SYSFS_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "registers.h"

#define PCI_COMMAND		4
#define PCI_COMMAND_MEMORY	2
#define PCI_COMMAND_MASTER	4

static inline void pci_path(char *path, size_t size, const char *device, const char *file)
{
	const char *segment = strlen(device) < 12 ? "0000:" : "";

	snprintf(path, size, "/sys/bus/pci/devices/%s%s/%s", segment, device, file);
}

/* Set bits in the command register, if they are not. */
static inline void pci_command(const char *device, uint16_t bits)
{
	uint16_t command;
	char path[128];
	int fd;

	pci_path(path, sizeof(path), device, "config");
	fd = open(path, O_RDWR);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (pread(fd, &command, 2, PCI_COMMAND) != 2 || command == 0xffff)
		die("%s does not answer", device);
	if ((command & bits) != bits) {
		command |= bits;
		if (pwrite(fd, &command, 2, PCI_COMMAND) != 2)
			die("%s: %s", path, strerror(errno));
	}
	close(fd);
}

/*
 * The registers of BAR 0. Only memory decoding is switched on: bus mastering
 * belongs to whoever assigned the device.
 */
static inline volatile uint8_t *pci_registers(const char *device, size_t size)
{
	char path[128];
	void *regs;
	int fd;

	pci_command(device, PCI_COMMAND_MEMORY);
	pci_path(path, sizeof(path), device, "resource0");
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	regs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (regs == MAP_FAILED)
		die("%s: mmap: %s", path, strerror(errno));
	close(fd);
	return regs;
}

#endif
