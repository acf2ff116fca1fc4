/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI device reached through VFIO (linux/vfio.h): memory, registers, interrupts. Either by its
 * group and a container of type 1, or by a file of its own and IOMMUFD. What must work for anything
 * else to make sense ends the program; what a test may want to see refused returns what ioctl() did.
 */
#ifndef VFIO_DEVICE_H
#define VFIO_DEVICE_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "common.h"

struct vfio {
	const char *name;		/* 0000:00:04.0 */
	const char *iommu;		/* the file that makes containers */
	bool iommufd;			/* instead of container and group */
	int container;			/* what memory is mapped in; with IOMMUFD that */
	int group, device;		/* group: -1 with IOMMUFD */
	uint32_t id, ioas;		/* IOMMUFD's of the device, and of what it is attached to */
	uint64_t config;		/* the configuration space in the device's file */
	uint64_t bar_size;
	volatile uint8_t *registers;	/* BAR 0 */
};

/* vfio-iommufd.c: these functions' part of IOMMUFD; flags are type 1's. */
void iommufd_attached(struct vfio *vfio);
int iommufd_map_as(const struct vfio *vfio, uint64_t iova, const void *memory, uint64_t size,
		   uint32_t flags);
int iommufd_unmap(const struct vfio *vfio, uint64_t iova, uint64_t size, uint64_t *unmapped);

static inline unsigned int vfio_group_number(const char *name)
{
	char path[128], target[256];
	const char *number;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		die("%s has no IOMMU group: export it first", name);
	target[len] = '\0';
	number = strrchr(target, '/');
	return strtoul(number ? number + 1 : target, NULL, 10);
}

/* A container and the group, not yet connected. */
static inline void vfio_open_group(struct vfio *vfio)
{
	unsigned int number = vfio_group_number(vfio->name);
	char path[64];

	vfio->container = open(vfio->iommu, O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		die("%s: %s", vfio->iommu, strerror(errno));
	snprintf(path, sizeof(path), "/dev/vfio/%u", number);
	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	if (vfio->group < 0)
		die("%s: %s", path, strerror(errno));
	vfio->device = -1;
	vfio->registers = NULL;
}

static inline bool vfio_viable(const struct vfio *vfio)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(vfio->group, VFIO_GROUP_GET_STATUS, &status))
		die("the group's status: %s", strerror(errno));
	return status.flags & VFIO_GROUP_FLAGS_VIABLE;
}

static inline int vfio_connect(const struct vfio *vfio)
{
	return ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container);
}

static inline void vfio_config(const struct vfio *vfio, unsigned int at, void *value, size_t len,
			       bool set)
{
	ssize_t done = set ? pwrite(vfio->device, value, len, vfio->config + at) :
			     pread(vfio->device, value, len, vfio->config + at);

	if (done != (ssize_t)len)
		die("the configuration space: %s", strerror(errno));
}

static inline struct vfio_region_info vfio_region(const struct vfio *vfio, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("region %u: %s", index, strerror(errno));
	return info;
}

/* The container gets its IOMMU, and the device is in it. */
static inline void vfio_start(struct vfio *vfio)
{
	if (vfio_connect(vfio))
		die("the group's container: %s", strerror(errno));
	if (ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("the container's IOMMU: %s", strerror(errno));
	vfio->device = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, vfio->name);
	if (vfio->device < 0)
		die("the group's device: %s", strerror(errno));
}

/* The device gets its registers and bus mastering. */
static inline void vfio_enable(struct vfio *vfio)
{
	struct vfio_region_info bar;
	uint16_t command;

	vfio->config = vfio_region(vfio, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	bar = vfio_region(vfio, VFIO_PCI_BAR0_REGION_INDEX);
	vfio->bar_size = bar.size;
	vfio->registers = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, vfio->device,
			       bar.offset);
	if (vfio->registers == MAP_FAILED)
		die("BAR 0: %s", strerror(errno));
	vfio_config(vfio, PCI_COMMAND, &command, sizeof(command), false);
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	vfio_config(vfio, PCI_COMMAND, &command, sizeof(command), true);
}

static inline void vfio_open(struct vfio *vfio)
{
	if (vfio->iommufd) {
		iommufd_attached(vfio);
	} else {
		vfio_open_group(vfio);
		vfio_start(vfio);
	}
	vfio_enable(vfio);
}

/* What memory is mapped in is closed; while the device is open the kernel keeps it. */
static inline void vfio_close_container(const struct vfio *vfio)
{
	close(vfio->container);
	if (vfio->group >= 0)
		close(vfio->group);
}

/* With everything that is mapped and bound: the kernel has to undo that. */
static inline void vfio_close(struct vfio *vfio)
{
	if (vfio->registers)
		munmap((void *)vfio->registers, vfio->bar_size);
	if (vfio->device >= 0)
		close(vfio->device);
	if (vfio->group >= 0)
		close(vfio->group);
	close(vfio->container);
}

static inline int vfio_map_as(const struct vfio *vfio, uint64_t iova, const void *memory,
			      uint64_t size, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = flags, .vaddr = (uintptr_t)memory,
		.iova = iova, .size = size,
	};

	if (vfio->iommufd)
		return iommufd_map_as(vfio, iova, memory, size, flags);
	return ioctl(vfio->container, VFIO_IOMMU_MAP_DMA, &map);
}

static inline int vfio_map(const struct vfio *vfio, uint64_t iova, const void *memory,
			   uint64_t size)
{
	return vfio_map_as(vfio, iova, memory, size,
			   VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
}

/* *unmapped* is how much of the range was mapped. */
static inline int vfio_unmap_as(const struct vfio *vfio, uint64_t iova, uint64_t size,
				uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = iova, .size = size,
	};
	int result;

	if (vfio->iommufd)
		return iommufd_unmap(vfio, iova, size, unmapped);
	result = ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	*unmapped = unmap.size;
	return result;
}

/* All of it, and that much. */
static inline bool vfio_unmap(const struct vfio *vfio, uint64_t iova, uint64_t size)
{
	uint64_t unmapped;

	return !vfio_unmap_as(vfio, iova, size, &unmapped) && unmapped == size;
}

/* fd -1: without one. */
static inline int vfio_irqs(const struct vfio *vfio, uint32_t flags, uint32_t index,
			    uint32_t count, int fd)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} arg = {
		.set = { .argsz = sizeof(arg.set) + (fd < 0 ? 0 : sizeof(arg.fd)), .flags = flags,
			 .index = index, .count = count },
		.fd = fd,
	};

	return ioctl(vfio->device, VFIO_DEVICE_SET_IRQS, &arg);
}

#endif
