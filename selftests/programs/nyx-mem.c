// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that a device is shown and a test looks at: files on tmpfs or
 * hugetlbfs, filled with a pattern, compared, dumped, and where they lie in
 * host-physical memory.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

static const char usage_text[] =
	"usage: nyx-mem COMMAND ARG...\n"
	"  make FILE SIZE PATTERN           a file of that size, filled\n"
	"  fill FILE OFFSET LEN PATTERN\n"
	"  verify FILE OFFSET LEN PATTERN   1 and the first difference when it is not there\n"
	"  compare FILE OFFSET FILE2 OFFSET2 LEN\n"
	"  dump FILE OFFSET LEN\n"
	"  phys FILE OFFSET                 host-physical address of that byte\n"
	"  word ADDRESS [VALUE]             the 8 bytes there in host-physical memory or in a\n"
	"                                   register; with VALUE, others (debug kernel only)\n"
	"A PATTERN is any word; 'zero' is zeroes. On hugetlbfs sizes are whole huge pages.\n";

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

struct area {
	const char *path;
	uint8_t *bytes;
	uint64_t size;
};

static struct area open_area(const char *path, uint64_t create_size)
{
	struct area area = { .path = path };
	struct stat stat;
	int fd;

	fd = open(path, create_size ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0600);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (create_size && ftruncate(fd, create_size))
		die("%s: %s", path, strerror(errno));
	if (fstat(fd, &stat))
		die("%s: %s", path, strerror(errno));
	area.size = stat.st_size;
	area.bytes = mmap(NULL, area.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			  0);
	if (area.bytes == MAP_FAILED)
		die("%s: mmap: %s", path, strerror(errno));
	close(fd);
	return area;
}

static uint8_t *part(const struct area *area, uint64_t offset, uint64_t len)
{
	if (offset > area->size || len > area->size - offset)
		die("%s: %#" PRIx64 "+%#" PRIx64 " is outside its %#" PRIx64 " bytes", area->path,
		    offset, len, area->size);
	return area->bytes + offset;
}

static void fill(uint8_t *bytes, uint64_t len, const char *word)
{
	struct pattern pattern = pattern_of(word);
	uint64_t i;

	for (i = 0; i < len; i++)
		bytes[i] = pattern_byte(pattern, i);
}

static int verify(const struct area *area, uint64_t offset, uint64_t len, const char *word)
{
	struct pattern pattern = pattern_of(word);
	uint8_t *bytes = part(area, offset, len);
	uint64_t i;

	for (i = 0; i < len; i++) {
		if (bytes[i] == pattern_byte(pattern, i))
			continue;
		printf("%s: byte %#" PRIx64 " is %02x, pattern '%s' has %02x there\n", area->path,
		       offset + i, bytes[i], word, pattern_byte(pattern, i));
		return EXIT_DIFFERS;
	}
	return 0;
}

static int compare(const struct area *a, uint64_t a_offset, const struct area *b,
		   uint64_t b_offset, uint64_t len)
{
	uint8_t *x = part(a, a_offset, len), *y = part(b, b_offset, len);
	uint64_t i;

	for (i = 0; i < len; i++) {
		if (x[i] == y[i])
			continue;
		printf("%s byte %#" PRIx64 " is %02x, %s byte %#" PRIx64 " is %02x\n", a->path,
		       a_offset + i, x[i], b->path, b_offset + i, y[i]);
		return EXIT_DIFFERS;
	}
	return 0;
}

static void dump(const struct area *area, uint64_t offset, uint64_t len)
{
	uint8_t *bytes = part(area, offset, len);
	uint64_t i;

	for (i = 0; i < len; i++) {
		if (i % 16 == 0)
			printf("%s%08" PRIx64, i ? "\n" : "", offset + i);
		printf(" %02x", bytes[i]);
	}
	putchar('\n');
}

/* Documentation/admin-guide/mm/pagemap.rst of the kernel: bit 63 present, 0-54 the frame. */
static void phys(const struct area *area, uint64_t offset)
{
	uint64_t address = (uintptr_t)part(area, offset, 1), entry;
	uint64_t size = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0)
		die("pagemap: %s", strerror(errno));
	if (pread(fd, &entry, 8, address / size * 8) != 8)
		die("pagemap: %s", strerror(errno));
	entry = entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
	if (!entry)
		die("%s: no frame to be seen; is this root?", area->path);
	printf("%#" PRIx64 "\n", entry * size + address % size);
	close(fd);
}

/* Memory through read() and write(); for registers they have no mapping of the right kind. */
static void word(uint64_t address, const char *value)
{
	uint64_t in_page = address % sysconf(_SC_PAGESIZE), bytes = value ? number(value) : 0;
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	volatile uint64_t *at;
	void *page;

	if (fd < 0 || address % 8)
		die("/dev/mem at %#" PRIx64 ": %s", address, strerror(fd < 0 ? errno : EINVAL));
	if ((value ? pwrite(fd, &bytes, 8, address) : pread(fd, &bytes, 8, address)) != 8) {
		page = mmap(NULL, in_page + 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    address - in_page);
		if (page == MAP_FAILED)
			die("/dev/mem at %#" PRIx64 ": %s", address, strerror(errno));
		at = (volatile uint64_t *)((char *)page + in_page);
		if (value)
			*at = bytes;
		else
			bytes = *at;
	}
	printf("%#018" PRIx64 "\n", bytes);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	struct area area, other;

	if (!strcmp(command, "make") && argc == 5) {
		area = open_area(argv[2], number(argv[3]));
		fill(area.bytes, area.size, argv[4]);
	} else if (!strcmp(command, "fill") && argc == 6) {
		area = open_area(argv[2], 0);
		fill(part(&area, number(argv[3]), number(argv[4])), number(argv[4]), argv[5]);
	} else if (!strcmp(command, "verify") && argc == 6) {
		area = open_area(argv[2], 0);
		return verify(&area, number(argv[3]), number(argv[4]), argv[5]);
	} else if (!strcmp(command, "compare") && argc == 7) {
		area = open_area(argv[2], 0);
		other = open_area(argv[4], 0);
		return compare(&area, number(argv[3]), &other, number(argv[5]), number(argv[6]));
	} else if (!strcmp(command, "dump") && argc == 5) {
		area = open_area(argv[2], 0);
		dump(&area, number(argv[3]), number(argv[4]));
	} else if (!strcmp(command, "phys") && argc == 4) {
		area = open_area(argv[2], 0);
		phys(&area, number(argv[3]));
	} else if (!strcmp(command, "word") && (argc == 3 || argc == 4)) {
		word(number(argv[2]), argc == 4 ? argv[3] : NULL);
	} else {
		usage();
	}
	return 0;
}
