// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device by its own file and /dev/iommu (linux/iommufd.h), and what that interface promises
 * beyond what it has in common with type 1: devices that go from one space to another while
 * they are in use, tables made by hand, and its own refusals.
 */
#include <dirent.h>
#include <linux/iommufd.h>

#include "vfio-edu.h"

/* ---- what vfio-device.h asks for ---- */

/* vfioN, as the kernel counts the devices that vfio-pci has. */
static int open_device(const char *name)
{
	char path[320];
	struct dirent *entry;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", name);
	dir = opendir(path);
	if (!dir)
		die("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir)) && strncmp(entry->d_name, "vfio", 4))
		;
	if (!entry)
		die("%s is empty", path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static int open_iommufd(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/iommu: %s", strerror(errno));
	return fd;
}

static int bind_to(int device, int iommufd, uint32_t *id)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	int result = ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind);

	*id = bind.out_devid;
	return result;
}

/* To a space, or to a table of one. */
static int attach(const struct vfio *vfio, uint32_t id)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = id };

	return ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

static int detach(const struct vfio *vfio)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	return ioctl(vfio->device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

static uint32_t new_space(const struct vfio *vfio)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	if (ioctl(vfio->container, IOMMU_IOAS_ALLOC, &alloc))
		die("a space: %s", strerror(errno));
	return alloc.out_ioas_id;
}

void iommufd_attached(struct vfio *vfio)
{
	vfio->group = -1;
	vfio->registers = NULL;
	vfio->container = open_iommufd();
	vfio->device = open_device(vfio->name);
	if (bind_to(vfio->device, vfio->container, &vfio->id))
		die("bind: %s", strerror(errno));
	vfio->ioas = new_space(vfio);
	if (attach(vfio, vfio->ioas))
		die("attach: %s", strerror(errno));
}

int iommufd_map_as(const struct vfio *vfio, uint64_t iova, const void *memory, uint64_t size,
		   uint32_t flags)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map), .ioas_id = vfio->ioas, .user_va = (uintptr_t)memory,
		.length = size, .iova = iova, .flags = IOMMU_IOAS_MAP_FIXED_IOVA,
	};

	if (flags & VFIO_DMA_MAP_FLAG_READ)
		map.flags |= IOMMU_IOAS_MAP_READABLE;
	if (flags & VFIO_DMA_MAP_FLAG_WRITE)
		map.flags |= IOMMU_IOAS_MAP_WRITEABLE;
	return ioctl(vfio->container, IOMMU_IOAS_MAP, &map);
}

int iommufd_unmap(const struct vfio *vfio, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = vfio->ioas, .iova = iova, .length = size,
	};
	int result = ioctl(vfio->container, IOMMU_IOAS_UNMAP, &unmap);

	*unmapped = unmap.length;
	return result;
}

/* ---- what only it can do ---- */

static int destroy(uint32_t id)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = id };

	return ioctl(vfio.container, IOMMU_DESTROY, &destroy);
}

static int copy(uint32_t from, uint32_t to, uint64_t iova, uint64_t size)
{
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy), .dst_ioas_id = to, .src_ioas_id = from, .length = size,
		.src_iova = iova, .dst_iova = iova, .flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE,
	};

	return ioctl(vfio.container, IOMMU_IOAS_COPY, &copy);
}

static int new_table(uint32_t space, uint32_t flags, uint32_t *id)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc), .flags = flags, .dev_id = vfio.id, .pt_id = space,
	};
	int result = ioctl(vfio.container, IOMMU_HWPT_ALLOC, &alloc);

	*id = alloc.out_hwpt_id;
	return result;
}

/* Map there, whatever the device is attached to. */
static int map_in(uint32_t space, uint64_t iova, const void *memory, uint64_t size)
{
	struct vfio there = vfio;

	there.ioas = space;
	return vfio_map(&there, iova, memory, size);
}

/* A space with scratch in it, so that the device can be asked what it reaches. */
static uint32_t second_space(void)
{
	uint32_t space = new_space(&vfio);

	if (map_in(space, SCRATCH, scratch, PAGE))
		die("the second space's first mapping: %s", strerror(errno));
	return space;
}

/* ---- whose the device is ---- */

static void what_unit(void)
{
	struct iommu_hw_info info = { .size = sizeof(info), .dev_id = vfio.id };

	if (tap_did(ioctl(vfio.container, IOMMU_GET_HW_INFO, &info), "what the unit is"))
		tap_note("kind %u, capabilities %#llx", info.out_data_type, info.out_capabilities);
	info = (struct iommu_hw_info) { .size = sizeof(info), .dev_id = vfio.id + 1000 };
	tap_refused(ioctl(vfio.container, IOMMU_GET_HW_INFO, &info), ENOENT, "not of no device");
}

void part_bind(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int another, other_iommufd;
	uint32_t id;
	char group[64];

	snprintf(group, sizeof(group), "/dev/vfio/%u", vfio_group_number(vfio.name));
	vfio.container = open_iommufd();
	vfio.device = open_device(vfio.name);
	vfio.group = open(group, O_RDWR | O_CLOEXEC);
	if (vfio.group < 0)
		die("%s: %s", group, strerror(errno));
	tap_refused(ioctl(vfio.device, VFIO_DEVICE_GET_INFO, &info), EINVAL,
		    "before it is bound it says nothing");
	tap_refused(bind_to(vfio.device, vfio.container, &id), EBUSY,
		    "bind while somebody has its group");
	close(vfio.group);
	tap_did(bind_to(vfio.device, vfio.container, &vfio.id), "bind");
	tap_did(ioctl(vfio.device, VFIO_DEVICE_GET_INFO, &info), "then it does");
	tap_refused(bind_to(vfio.device, vfio.container, &id), EINVAL, "bind again");
	tap_refused(open(group, O_RDWR | O_CLOEXEC), EBUSY, "its group cannot be had");
	another = open_device(vfio.name);
	tap_refused(bind_to(another, vfio.container, &id), EINVAL, "bind a second file of it");
	other_iommufd = open_iommufd();
	tap_refused(bind_to(another, other_iommufd, &id), EINVAL, "also to another IOMMUFD");
	what_unit();
	tap_refused(attach(&vfio, vfio.id), EINVAL, "attach it to itself");
	tap_refused(destroy(vfio.id), EBUSY, "destroy the device");
	close(vfio.device);
	tap_did(bind_to(another, other_iommufd, &id), "after a close, another can");
	close(another);
	close(other_iommufd);
	close(vfio.container);
}

/* ---- which addresses there are ---- */

#define RANGES	16

static struct iommu_iova_range ranges[RANGES];

static uint32_t ask_ranges(uint32_t space, uint64_t *alignment)
{
	struct iommu_ioas_iova_ranges ask = {
		.size = sizeof(ask), .ioas_id = space, .num_iovas = RANGES,
		.allowed_iovas = (uintptr_t)ranges,
	};

	if (ioctl(vfio.container, IOMMU_IOAS_IOVA_RANGES, &ask))
		die("the space's ranges: %s", strerror(errno));
	*alignment = ask.out_iova_alignment;
	return ask.num_iovas;
}

static bool usable(uint32_t nr, uint64_t start, uint64_t last)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (start <= ranges[i].last && last >= ranges[i].start)
			return true;
	return false;
}

void part_ranges(void)
{
	uint8_t *memory = must_have(PAGE);
	uint64_t alignment, last;
	uint32_t nr, i;

	begin();
	nr = ask_ranges(new_space(&vfio), &alignment);
	tap_ok(nr == 1 && !ranges[0].start && ranges[0].last == UINT64_MAX,
	       "a new space: every address");
	nr = ask_ranges(vfio.ioas, &alignment);
	for (i = 0; i < nr; i++)
		tap_note("usable: %#llx-%#llx", ranges[i].start, ranges[i].last);
	tap_ok(nr > 1, "with the device not all of them");
	tap_ok(alignment == PAGE, "in pages of 4 KiB");
	tap_ok(!usable(nr, MSI_START, MSI_END), "the messages' window is out");
	tap_ok(usable(nr, MSI_START - PAGE, MSI_START - 1) &&
	       usable(nr, MSI_END + 1, MSI_END + PAGE), "what is beside it is in");
	last = nr ? ranges[nr - 1].last : 0;
	tap_refused(map_in(vfio.ioas, last + 1, scratch, PAGE), EINVAL,
		    "nothing is mapped beyond the last of them");
	tap_did(detach(&vfio), "detach");
	nr = ask_ranges(vfio.ioas, &alignment);
	tap_ok(nr == 1 && !ranges[0].start && ranges[0].last == UINT64_MAX,
	       "then every address again");
	tap_did(map_in(vfio.ioas, MSI_START, scratch, PAGE), "map into the window");
	tap_refused(attach(&vfio, vfio.ioas), EADDRINUSE, "so it does not take the device");
	tap_ok(vfio_unmap(&vfio, MSI_START, PAGE), "unmap");
	tap_did(attach(&vfio, vfio.ioas), "and it does");
	tap_did(vfio_map(&vfio, HERE, memory, PAGE), "map");
	tap_ok(reaches(HERE, memory), "the device works");
	end();
	munmap(memory, PAGE);
}

/* ---- mapping ---- */

static void refused_maps(uint8_t *memory)
{
	uint64_t unmapped;

	tap_refused(vfio_map(&vfio, HERE, memory, PAGE), EEXIST, "map over it");
	tap_refused(vfio_map(&vfio, HERE + PAGE, memory, 2 * PAGE), EEXIST, "map over its end");
	tap_refused(vfio_unmap_as(&vfio, HERE, PAGE, &unmapped), ENOENT, "unmap one half");
	tap_refused(vfio_unmap_as(&vfio, HERE + 8 * PAGE, PAGE, &unmapped), ENOENT, "unmap nothing");
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE + 1, memory, PAGE), EINVAL, "an unaligned address");
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE, memory, 0), EINVAL, "no size");
	tap_refused(vfio_map_as(&vfio, HERE + 2 * PAGE, memory, PAGE, 0), EINVAL, "no access");
	tap_refused(vfio_map(&vfio, MSI_START, memory, PAGE), EINVAL, "the messages' window");
	tap_refused(vfio_map(&vfio, MSI_START - PAGE, memory, 2 * PAGE), EINVAL, "into that window");
	tap_refused(vfio_map(&vfio, -PAGE, memory, 2 * PAGE), EOVERFLOW, "past the end of everything");
	tap_refused(map_in(vfio.id, HERE + 2 * PAGE, memory, PAGE), ENOENT, "in what is no space");
}

void part_spaces(void)
{
	uint8_t *memory = must_have(4 * PAGE);

	begin();
	tap_did(vfio_map(&vfio, HERE, memory, 2 * PAGE), "map 8 KiB");
	refused_maps(memory);
	tap_ok(reaches(HERE, memory) && reaches(HERE + PAGE, memory + PAGE),
	       "the device reaches both still");
	mprotect(memory + 2 * PAGE, PAGE, PROT_READ);
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE, memory + 2 * PAGE, PAGE), EFAULT,
		    "to be written, memory that can only be read");
	munmap(memory + 2 * PAGE, 2 * PAGE);
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE, memory + 2 * PAGE, PAGE), EFAULT,
		    "memory that is not there");
	/* Its second page is not there: the first must not stay mapped. */
	tap_refused(vfio_map(&vfio, HERE + 4 * PAGE, memory + PAGE, 2 * PAGE), EFAULT,
		    "memory that ends too early");
	tap_ok(reaches_not(HERE + 4 * PAGE, memory + PAGE), "nothing of that is mapped");
	tap_refused(destroy(vfio.ioas), EBUSY, "destroy the space in use");
	tap_ok(reaches(HERE, memory), "the device reaches it still");
	end();
	munmap(memory, 2 * PAGE);
}

/* ---- from one to another ---- */

void part_move(void)
{
	uint8_t *first = must_have(PAGE), *second = must_have(PAGE);
	uint32_t there, third;

	begin();
	tap_did(vfio_map(&vfio, HERE, first, PAGE), "map");
	tap_ok(reaches(HERE, first), "the device reaches it");
	tap_did(detach(&vfio), "detach");
	tap_ok(reaches_not(HERE, first), "then it does not");
	tap_did(detach(&vfio), "detach again, from nothing");
	tap_did(attach(&vfio, vfio.ioas), "attach again");
	tap_ok(reaches(HERE, first), "what is mapped is where it was");
	there = second_space();
	tap_did(map_in(there, HERE, second, PAGE), "another space, other memory at that address");
	tap_ok(reaches(HERE, first) && reaches_not(HERE, second), "the device is in the first");
	tap_did(attach(&vfio, there), "attach it to the other, in one step");
	tap_ok(reaches(HERE, second), "it reaches that one's memory");
	tap_ok(reaches_not(HERE, first), "and no more the first one's");
	tap_refused(destroy(there), EBUSY, "the one in use cannot be destroyed");
	tap_refused(attach(&vfio, 1 << 30), ENOENT, "attach to what is not there");
	tap_ok(reaches(HERE, second), "it stays where it is");
	tap_refused(copy(there, vfio.ioas, HERE, PAGE), EEXIST, "copy over what is mapped");
	third = new_space(&vfio);
	tap_did(copy(there, third, HERE, PAGE), "copy a mapping into a third");
	tap_did(copy(there, third, SCRATCH, PAGE), "and the page for asking");
	tap_did(destroy(vfio.ioas), "destroy the first, which nobody uses");
	tap_did(attach(&vfio, third), "to the third");
	tap_ok(reaches(HERE, second), "the device reaches the copy");
	tap_did(destroy(there), "destroy the one that it was copied from");
	tap_ok(reaches(HERE, second), "and still does");
	end();
	munmap(first, PAGE);
	munmap(second, PAGE);
}

#define SWAPS	100

/* A table made by hand, and the kernel's own for the same space. */
void part_table(void)
{
	uint8_t *memory = must_have(PAGE), *second = must_have(PAGE);
	uint32_t table, there, other, i;

	begin();
	tap_refused(new_table(vfio.ioas, 1 << 31, &table), EOPNOTSUPP, "a table with unknown flags");
	if (!tap_did(new_table(vfio.ioas, 0, &table), "a table for the space")) {
		end();
		return;
	}
	tap_did(vfio_map(&vfio, HERE, memory, PAGE), "map");
	tap_did(attach(&vfio, table), "attach to the table");
	tap_ok(reaches(HERE, memory), "the device reaches what is in its space");
	tap_refused(destroy(table), EBUSY, "destroy it while in use");
	tap_ok(vfio_unmap(&vfio, HERE, PAGE), "unmap");
	tap_ok(reaches_not(HERE, memory), "then it does not");
	tap_did(vfio_map(&vfio, HERE, memory, PAGE), "map again");
	there = second_space();
	tap_did(map_in(there, HERE, second, PAGE), "other memory in another space");
	tap_did(new_table(there, 0, &other), "and a table for it");
	for (i = 0; i < SWAPS; i++)
		if (attach(&vfio, i % 2 ? table : other) ||
		    !reads(HERE, i % 2 ? memory : second))
			break;
	tap_ok(i == SWAPS, "%u times from one table to the other", SWAPS);
	tap_did(attach(&vfio, other), "to the other");
	tap_ok(reaches(HERE, second) && reaches_not(HERE, memory), "it reaches that one's memory");
	tap_did(destroy(table), "destroy the first");
	tap_refused(destroy(there), EBUSY, "a space with a table");
	tap_did(detach(&vfio), "detach");
	tap_ok(reaches_not(HERE, second), "it reaches nothing");
	tap_did(destroy(other), "destroy the table");
	tap_did(destroy(there), "and its space");
	end();
	munmap(memory, PAGE);
	munmap(second, PAGE);
}
