// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What VFIO's type 1 interface promises, and IOMMUFD, shown with QEMU's edu device: memory that
 * the device reaches while it is mapped, as it was mapped, and at no other time; interrupts; reset;
 * and closing with everything in use. TAP out.
 *
 * It knows nothing of the IOMMU's driver, and so tells that one from another.
 */
#include <getopt.h>
#include <linux/mman.h>
#include <signal.h>

#include "vfio-edu.h"

static volatile sig_atomic_t stop, stray;

static const char usage_text[] =
	"usage: vfio-dma DEVICE [OPTION]... [PART]...\n"
	"  --iommu FILE      what makes containers, /dev/vfio/vfio unless told\n"
	"  --iommufd         by the device's own file and /dev/iommu, without group and container\n"
	"  --viable          only say whether the group is; exit status 1 if not\n"
	"  --storm FILE      map the file (in memory), say 'ready' and write to it all the time,\n"
	"                    until a SIGTERM; a SIGUSR1 makes it write behind it, where nothing is\n"
	"                    mapped, until a SIGUSR2\n"
	"Parts, all that there are with the one interface or the other unless named:";

/* ---- what the kernel says ---- */

static void part_container(void)
{
	vfio_open_group(&vfio);
	tap_ok(ioctl(vfio.container, VFIO_GET_API_VERSION) == VFIO_API_VERSION, "the API's version");
	tap_ok(ioctl(vfio.container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) == 1,
	       "type 1 version 2 is there");
	tap_ok(vfio_viable(&vfio), "the group is viable");
	tap_refused(ioctl(vfio.group, VFIO_GROUP_GET_DEVICE_FD, vfio.name), EINVAL,
		    "no device before there is a container");
	tap_did(vfio_connect(&vfio), "the group goes into the container");
	tap_did(ioctl(vfio.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "which gets its IOMMU");
	/* The unit's own affair: whether it can make a device snoop that would rather not. */
	tap_note("snooping is %senforced",
		 ioctl(vfio.container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU) == 1 ? "" : "not ");
	end();
	vfio_open_group(&vfio);
	tap_did(vfio_connect(&vfio), "after a close, the group goes into another");
	end();
}

/* Type 1's information and its capabilities: as long as it says. */
static struct vfio_iommu_type1_info *type1_info(void)
{
	struct vfio_iommu_type1_info *info = calloc(1, sizeof(*info));
	uint32_t size;

	info->argsz = sizeof(*info);
	if (ioctl(vfio.container, VFIO_IOMMU_GET_INFO, info))
		die("the container's IOMMU: %s", strerror(errno));
	size = info->argsz;
	free(info);
	info = calloc(1, size);
	info->argsz = size;
	if (ioctl(vfio.container, VFIO_IOMMU_GET_INFO, info))
		die("the container's IOMMU: %s", strerror(errno));
	return info;
}

static const struct vfio_info_cap_header *capability(const struct vfio_iommu_type1_info *info,
						     uint16_t id)
{
	uint32_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	const struct vfio_info_cap_header *header;

	for (; at; at = header->next) {
		header = (const void *)((const uint8_t *)info + at);
		if (header->id == id)
			return header;
	}
	return NULL;
}

static bool usable(const struct vfio_iommu_type1_info_cap_iova_range *ranges, uint64_t start,
		   uint64_t last)
{
	uint32_t i;

	for (i = 0; i < ranges->nr_iovas; i++)
		if (start <= ranges->iova_ranges[i].end && last >= ranges->iova_ranges[i].start)
			return true;
	return false;
}

/* Each line of the group's reserved_regions: first, last, kind. */
static void reserved_regions(const struct vfio_iommu_type1_info_cap_iova_range *ranges)
{
	bool msi = false, apart = true;
	uint64_t start, last;
	char path[96], kind[32];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/reserved_regions",
		 vfio_group_number(vfio.name));
	file = fopen(path, "r");
	if (!file)
		die("%s: %s", path, strerror(errno));
	while (fscanf(file, "%" SCNx64 " %" SCNx64 " %31s", &start, &last, kind) == 3) {
		tap_note("reserved: %#" PRIx64 "-%#" PRIx64 " %s", start, last, kind);
		if (!strcmp(kind, "msi") && start == MSI_START && last == MSI_END)
			msi = true;
		if (strcmp(kind, "direct-relaxable") && usable(ranges, start, last))
			apart = false;
	}
	fclose(file);
	tap_ok(msi, "the window of messages is a reserved region of the group");
	tap_ok(apart, "no usable range has any of the reserved regions in it");
}

static void part_info(void)
{
	const struct vfio_iommu_type1_info_cap_iova_range *ranges;
	const struct vfio_iommu_type1_info_dma_avail *left;
	struct vfio_iommu_type1_info *info;
	uint64_t last;
	uint32_t i;

	begin();
	info = type1_info();
	tap_ok((info->flags & VFIO_IOMMU_INFO_PGSIZES) && (info->iova_pgsizes & PAGE),
	       "pages of 4 KiB (page sizes %#llx)", info->iova_pgsizes);
	ranges = (const void *)capability(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	if (tap_ok(ranges && ranges->nr_iovas, "it says which addresses can be used")) {
		for (i = 0; i < ranges->nr_iovas; i++)
			tap_note("usable: %#llx-%#llx", ranges->iova_ranges[i].start,
				 ranges->iova_ranges[i].end);
		tap_ok(!usable(ranges, MSI_START, MSI_END), "none of them is the messages'");
		tap_ok(usable(ranges, MSI_START - PAGE, MSI_START - 1) &&
		       usable(ranges, MSI_END + 1, MSI_END + PAGE), "those beside are");
		reserved_regions(ranges);
		last = ranges->iova_ranges[ranges->nr_iovas - 1].end;
		tap_ok(last == UINT64_MAX || vfio_map(&vfio, last + 1, scratch, PAGE) < 0,
		       "nothing is mapped beyond the last of them");
	}
	left = (const void *)capability(info, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
	if (left)
		tap_ok(left->avail, "%u mappings are left", left->avail);
	free(info);
	end();
}

/* ---- memory ---- */

static void part_dma(void)
{
	uint8_t *memory = must_have(2 * PAGE);

	begin();
	tap_ok(reaches_not(HERE, memory), "before: the device does not reach it");
	tap_did(vfio_map(&vfio, HERE, memory, PAGE), "map 4 KiB");
	tap_ok(reads(HERE, memory), "the device reads it");
	tap_ok(writes(HERE, memory) == LANDED, "the device writes it");
	tap_ok(reaches(HERE + PAGE - CHUNK, memory + PAGE - CHUNK), "up to its end");
	tap_ok(reaches_not(HERE + PAGE, memory + PAGE), "and no further");
	tap_ok(vfio_unmap(&vfio, HERE, PAGE), "unmap");
	tap_ok(reaches_not(HERE, memory), "after: the device does not reach it");
	tap_did(vfio_map(&vfio, HERE, memory + PAGE, PAGE), "map another page at the same address");
	tap_ok(reaches(HERE, memory + PAGE), "the device reaches that one");
	end();
	munmap(memory, 2 * PAGE);
}

struct shape {
	const char *name;
	uint64_t size;
	int huge;
	uint64_t shift;		/* of the device's address against the memory's */
};

static const struct shape shapes[] = {
	{ "64 KiB", 64 * KIB, 0, 0 },
	{ "16 MiB in pages of 4 KiB", 16 * MIB, 0, 0 },
	{ "2 MiB, one page", 2 * MIB, MAP_HUGETLB | MAP_HUGE_2MB, 0 },
	{ "32 MiB in pages of 2 MiB", 32 * MIB, MAP_HUGETLB | MAP_HUGE_2MB, 0 },
	{ "32 MiB in pages of 2 MiB, 4 KiB aside", 32 * MIB, MAP_HUGETLB | MAP_HUGE_2MB, PAGE },
	{ "256 MiB in pages of 4 KiB", 256 * MIB, 0, 0 },
	{ "256 MiB in pages of 2 MiB", 256 * MIB, MAP_HUGETLB | MAP_HUGE_2MB, 0 },
	{ "1 GiB, one page", GIB, MAP_HUGETLB | MAP_HUGE_1GB, 0 },
};

static void one_size(const struct shape *shape)
{
	uint64_t size = shape->size, middle = size / 2 - CHUNK / 2, last = size - CHUNK;
	uint8_t *memory = memory_of(size, shape->huge);
	uint64_t iova = HERE + shape->shift;

	if (!memory) {
		tap_skip(shape->name, "no such pages are free here");
		return;
	}
	tap_note("%s", shape->name);
	if (tap_did(vfio_map(&vfio, iova, memory, size), "map")) {
		tap_ok(reaches(iova, memory), "the device reaches the start");
		tap_ok(reaches(iova + middle, memory + middle), "the middle");
		tap_ok(reaches(iova + last, memory + last), "the end");
		tap_ok(vfio_unmap(&vfio, iova, size), "unmap");
		tap_ok(reaches_not(iova, memory), "then not the start");
		tap_ok(reaches_not(iova + middle, memory + middle), "nor the middle");
		tap_ok(reaches_not(iova + last, memory + last), "nor the end");
	}
	munmap(memory, size);
}

static void part_sizes(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		one_size(&shapes[i]);
	end();
}

#define MANY	1024

/* Every other page, each on its own: nothing of it is contiguous for the device. */
static void part_many(void)
{
	uint8_t *memory = must_have(MANY * PAGE);
	uint64_t unmapped;
	unsigned int i;

	begin();
	for (i = 0; i < MANY; i++)
		if (vfio_map(&vfio, HERE + 2 * i * PAGE, memory + i * PAGE, PAGE))
			break;
	tap_ok(i == MANY, "%u mappings of a page each", MANY);
	tap_ok(reaches(HERE + 2 * (MANY - 1) * PAGE, memory + (MANY - 1) * PAGE),
	       "the device reaches the last");
	tap_ok(vfio_unmap(&vfio, HERE + MANY * PAGE, 2 * PAGE) == false, "a hole counts for nothing");
	tap_did(vfio_unmap_as(&vfio, HERE, 2 * MANY * PAGE, &unmapped), "unmap all in one");
	tap_ok(unmapped == (MANY - 1) * PAGE, "it says how much that was");
	tap_ok(reaches_not(HERE, memory), "the first is gone");
	tap_ok(reaches_not(HERE + 2 * (MANY - 1) * PAGE, memory + (MANY - 1) * PAGE),
	       "so is the last");
	end();
	munmap(memory, MANY * PAGE);
}

static void part_access(void)
{
	uint8_t *memory = must_have(PAGE);

	begin();
	tap_did(vfio_map_as(&vfio, HERE, memory, PAGE, VFIO_DMA_MAP_FLAG_READ), "map to be read");
	tap_ok(reads(HERE, memory), "the device reads it");
	tap_ok(writes(HERE, memory) == UNTOUCHED, "what it writes does not land");
	tap_ok(vfio_unmap(&vfio, HERE, PAGE), "unmap");
	tap_did(vfio_map_as(&vfio, HERE, memory, PAGE, VFIO_DMA_MAP_FLAG_WRITE), "map to be written");
	tap_ok(writes(HERE, memory) == LANDED, "the device writes it");
	tap_ok(!reads(HERE, memory), "and cannot read it");
	end();
	munmap(memory, PAGE);
}

static void part_refusals(void)
{
	uint8_t *memory = must_have(4 * PAGE);
	uint64_t unmapped;

	begin();
	tap_did(vfio_map(&vfio, HERE, memory, 2 * PAGE), "map 8 KiB");
	tap_refused(vfio_map(&vfio, HERE, memory, PAGE), EEXIST, "map over it");
	tap_refused(vfio_map(&vfio, HERE + PAGE, memory, 2 * PAGE), EEXIST, "map over its end");
	tap_refused(vfio_unmap_as(&vfio, HERE, PAGE, &unmapped), EINVAL, "unmap one half");
	tap_ok(reaches(HERE, memory) && reaches(HERE + PAGE, memory + PAGE),
	       "the device reaches both still");
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE + 1, memory, PAGE), EINVAL, "an unaligned address");
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE, memory, 0), EINVAL, "no size");
	tap_refused(vfio_map_as(&vfio, HERE + 2 * PAGE, memory, PAGE, 0), EINVAL, "no access");
	tap_refused(vfio_map(&vfio, MSI_START, memory, PAGE), EINVAL, "the messages' window");
	tap_refused(vfio_map(&vfio, MSI_START - PAGE, memory, 2 * PAGE), EINVAL, "into that window");
	/* With another reason on newer kernels. */
	tap_ok(vfio_map(&vfio, -PAGE, memory, 2 * PAGE) < 0, "past the end of everything");
	munmap(memory + 2 * PAGE, 2 * PAGE);
	tap_refused(vfio_map(&vfio, HERE + 2 * PAGE, memory + 2 * PAGE, PAGE), EFAULT,
		    "memory that is not there");
	/* Its second page is not there: the first must not stay mapped. */
	tap_refused(vfio_map(&vfio, HERE + 4 * PAGE, memory + PAGE, 2 * PAGE), EFAULT,
		    "memory that ends too early");
	tap_ok(reaches_not(HERE + 4 * PAGE, memory + PAGE), "nothing of that is mapped");
	end();
	munmap(memory, 2 * PAGE);
}

static const struct {
	const char *name;
	void (*run)(void);
	enum { BOTH, TYPE1, IOMMUFD } with;
} parts[] = {
	{ "container", part_container, TYPE1 }, { "info", part_info, TYPE1 },
	{ "bind", part_bind, IOMMUFD }, { "ranges", part_ranges, IOMMUFD },
	{ "dma", part_dma, BOTH }, { "sizes", part_sizes, BOTH }, { "many", part_many, BOTH },
	{ "access", part_access, BOTH }, { "refusals", part_refusals, TYPE1 },
	{ "spaces", part_spaces, IOMMUFD }, { "move", part_move, IOMMUFD },
	{ "table", part_table, IOMMUFD },
	{ "msi", part_msi, BOTH }, { "line", part_line, BOTH },
	{ "reset", part_reset, BOTH }, { "close", part_close, BOTH },
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

__attribute__((noreturn))
static void usage(void)
{
	unsigned int i;

	fputs(usage_text, stderr);
	for (i = 0; i < PARTS; i++)
		fprintf(stderr, " %s", parts[i].name);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

static void on_signal(int signal)
{
	if (signal == SIGTERM)
		stop = 1;
	else
		stray = signal == SIGUSR1;
}

static int storm(const char *path)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END), at = 0;
	uint8_t *memory;

	if (size < (off_t)PAGE)
		die("%s: %s", path, fd < 0 ? strerror(errno) : "less than a page");
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (memory == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	begin();
	if (vfio_map(&vfio, HERE, memory, size))
		die("%s: map: %s", path, strerror(errno));
	if (!reaches(HERE, memory))
		die("the device does not reach it");
	puts("ready");
	fflush(stdout);
	while (!stop) {
		dma(HERE + at + (stray ? size : 0), true);
		at = (at + CHUNK) % size;
	}
	end();
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "iommu", required_argument, NULL, 'i' },
		{ "iommufd", no_argument, NULL, 'f' },
		{ "viable", no_argument, NULL, 'v' },
		{ "storm", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	const char *storm_file = NULL;
	bool viable = false;
	unsigned int i;
	int c, at;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'i')
			vfio.iommu = optarg;
		else if (c == 'f')
			vfio.iommufd = true;
		else if (c == 'v')
			viable = true;
		else if (c == 's')
			storm_file = optarg;
		else
			usage();
	}
	if (optind >= argc)
		usage();
	vfio.name = argv[optind++];
	for (at = optind; at < argc; at++) {
		for (i = 0; i < PARTS && strcmp(argv[at], parts[i].name); i++)
			;
		if (i == PARTS)
			usage();
	}
	if (viable) {
		vfio_open_group(&vfio);
		viable = vfio_viable(&vfio);
		printf("group %u is %sviable\n", vfio_group_number(vfio.name), viable ? "" : "not ");
		if (viable == !!vfio_connect(&vfio))
			die("but its container says otherwise: %s", strerror(errno));
		return viable ? 0 : EXIT_DIFFERS;
	}
	scratch = must_have(PAGE);
	if (storm_file)
		return storm(storm_file);
	puts("TAP version 13");
	for (i = 0; i < PARTS; i++) {
		for (at = optind; at < argc && strcmp(argv[at], parts[i].name); at++)
			;
		if ((optind < argc && at == argc) ||
		    parts[i].with == (vfio.iommufd ? TYPE1 : IOMMUFD))
			continue;
		tap_note("---- %s ----", parts[i].name);
		parts[i].run();
	}
	return tap_done();
}
