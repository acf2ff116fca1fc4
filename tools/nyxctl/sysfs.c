// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI functions and their drivers through sysfs: what the module must not do
 * from inside a netlink call.
 */
#include <errno.h>
#include <fcntl.h>
#include <pci/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parse.h"
#include "sysfs.h"

#define PCI		"/sys/bus/pci"
#define PATH_LEN	256
#define IORESOURCE_MEM	0x200	/* in the flags of a line of "resource" */

static void device_path(uint32_t device, const char *file, char path[PATH_LEN])
{
	char name[DEVICE_NAME];

	snprintf(path, PATH_LEN, PCI "/devices/%s/%s", format_device(device, name), file);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

bool pci_exists(uint32_t device)
{
	char path[PATH_LEN];

	device_path(device, "", path);
	return !access(path, F_OK);
}

bool pci_bar(uint32_t device, unsigned int bar, uint64_t *start, uint64_t *length)
{
	unsigned long long first = 0, last = 0, flags = 0;
	char path[PATH_LEN], line[128];
	unsigned int i;
	FILE *file;

	device_path(device, "resource", path);
	file = fopen(path, "re");
	if (!file)
		return false;
	for (i = 0; i <= bar; i++)
		if (!fgets(line, sizeof(line), file) ||
		    sscanf(line, "%llx %llx %llx", &first, &last, &flags) != 3)
			flags = 0;
	fclose(file);
	*start = first;
	*length = last - first + 1;
	return (flags & IORESOURCE_MEM) && first && last > first;
}

/* The last part of where a link of the device's leads; "" where there is none. */
static void link_end(uint32_t device, const char *file, char name[DRIVER_NAME])
{
	char path[PATH_LEN], link[PATH_LEN];
	const char *last;
	ssize_t len;

	device_path(device, file, path);
	len = readlink(path, link, sizeof(link) - 1);
	link[len > 0 ? len : 0] = '\0';
	last = strrchr(link, '/');
	snprintf(name, DRIVER_NAME, "%.*s", DRIVER_NAME - 1, last ? last + 1 : "");
}

void pci_driver(uint32_t device, char name[DRIVER_NAME])
{
	link_end(device, "driver", name);
}

int pci_iommu_group(uint32_t device)
{
	char name[DRIVER_NAME];

	link_end(device, "iommu_group", name);
	return name[0] ? atoi(name) : -1;
}

bool pci_driver_there(const char *driver)
{
	char path[PATH_LEN];
	pid_t child;

	snprintf(path, sizeof(path), PCI "/drivers/%s", driver);
	if (!access(path, F_OK))
		return true;
	child = fork();
	if (!child) {
		execlp("modprobe", "modprobe", "-q", driver, NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return !access(path, F_OK);
}

unsigned long pci_attribute(uint32_t device, const char *file)
{
	char path[PATH_LEN], text[32] = "";
	FILE *f;

	device_path(device, file, path);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strtoul(text, NULL, 0);
}

/* libpci calls its reporters from a name look-up too, and sets them only when it scans. */
static void silent(char *text, ...)
{
}

const char *pci_name(uint32_t device, char *buf, size_t len)
{
	static struct pci_access *access;	/* for names only: no bus is scanned */
	unsigned long vendor = pci_attribute(device, "vendor");

	if (!access) {
		access = pci_alloc();
		access->warning = silent;
		access->debug = silent;
	}
	if (!vendor) {
		snprintf(buf, len, "?");
		return buf;
	}
	return pci_lookup_name(access, buf, len, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, vendor,
			       pci_attribute(device, "device"));
}

/* ---- binding ---- */

int pci_override(uint32_t device, const char *driver)
{
	char path[PATH_LEN], text[DRIVER_NAME + 1];

	device_path(device, "driver_override", path);
	snprintf(text, sizeof(text), "%s\n", driver);
	return write_file(path, text);
}

int pci_unbind(uint32_t device)
{
	char path[PATH_LEN], name[DEVICE_NAME];
	int err;

	device_path(device, "driver/unbind", path);
	err = write_file(path, format_device(device, name));
	return err == -ENOENT ? 0 : err;	/* nothing is bound */
}

int pci_probe(uint32_t device)
{
	char name[DEVICE_NAME];

	return write_file(PCI "/drivers_probe", format_device(device, name));
}

int pci_take(uint32_t device, char old[DRIVER_NAME])
{
	char now[DRIVER_NAME];
	int err;

	pci_driver(device, old);
	if (!strcmp(old, STUB_DRIVER))
		return 0;
	err = pci_override(device, STUB_DRIVER);
	if (err)
		return err;
	err = pci_unbind(device);
	if (!err)
		err = pci_probe(device);
	if (!err) {
		pci_driver(device, now);
		if (!strcmp(now, STUB_DRIVER))
			return 0;
		err = -EBUSY;
	}
	pci_restore(device, old);
	return err;
}

int pci_give_back(uint32_t device)
{
	char now[DRIVER_NAME];
	int err;

	err = pci_override(device, "");
	if (err)
		return err;
	pci_driver(device, now);
	if (!strcmp(now, STUB_DRIVER))
		err = pci_unbind(device);
	/* A function that no driver wants stays without one: that is no error. */
	return err ? err : (pci_probe(device), 0);
}

int pci_restore(uint32_t device, const char *old)
{
	char path[PATH_LEN], name[DEVICE_NAME], now[DRIVER_NAME];
	bool stub = !strcmp(old, STUB_DRIVER);
	int err;

	err = pci_override(device, stub ? STUB_DRIVER : "");
	if (err)
		return err;
	pci_driver(device, now);
	if (!strcmp(now, old))
		return 0;
	if (now[0]) {
		err = pci_unbind(device);
		if (err)
			return err;
	}
	if (!old[0])
		return 0;
	/* The stub knows no ids: only the override brings it a device. */
	if (stub) {
		err = pci_probe(device);
		pci_driver(device, now);
		return err ? err : strcmp(now, old) ? -EBUSY : 0;
	}
	snprintf(path, sizeof(path), PCI "/drivers/%s/bind", old);
	return write_file(path, format_device(device, name));
}
