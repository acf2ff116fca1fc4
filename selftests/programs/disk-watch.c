// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a disk over and over past the page cache and compares every byte with
 * the first pass, until SIGTERM or SIGINT: the proof that the host's own I/O
 * was not disturbed. Keeps its counts in a file, as shell assignments. It rests
 * PAUSE milliseconds after each read, none without.
 *
 *	disk-watch DISK REPORT [PAUSE]
 */
#include <fcntl.h>
#include <stdbool.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define CHUNK	(128 * 1024)

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

struct counts {
	uint64_t reads, bytes, passes, errors, wrong, longest_ms;
};

/* Renamed into place, so that a reader never sees half of it. */
static void report(const char *path, const struct counts *counts)
{
	char temporary[256];
	FILE *file;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "w");
	if (!file)
		die("%s: %s", temporary, strerror(errno));
	fprintf(file, "reads=%" PRIu64 "\nmib=%" PRIu64 "\npasses=%" PRIu64 "\nerrors=%" PRIu64
		"\nwrong=%" PRIu64 "\nlongest_ms=%" PRIu64 "\n", counts->reads,
		counts->bytes >> 20, counts->passes, counts->errors, counts->wrong,
		counts->longest_ms);
	if (fclose(file) || rename(temporary, path))
		die("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct counts counts = { 0 };
	uint8_t *first, *buffer;
	uint64_t size, at;
	unsigned int pause_ms;
	bool again = false;
	int fd;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: disk-watch DISK REPORT [PAUSE]\n");
		return EXIT_USAGE;
	}
	pause_ms = argc > 3 ? atoi(argv[3]) : 0;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size))
		die("%s: %s", argv[1], strerror(errno));
	size -= size % CHUNK;
	first = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	buffer = aligned_alloc(4096, CHUNK);
	if (first == MAP_FAILED || !buffer)
		die("no memory");

	while (!stop) {
		for (at = 0; at < size && !stop; at += CHUNK) {
			uint64_t start = now_ms(), took;
			ssize_t got;

			/* What an earlier read left there must not pass for this one's data. */
			memset(buffer, 0x5a, CHUNK);
			got = pread(fd, buffer, CHUNK, at);
			took = now_ms() - start;
			if (took > counts.longest_ms)
				counts.longest_ms = took;
			counts.reads++;
			counts.bytes += CHUNK;
			if (got != CHUNK)
				counts.errors++;
			else if (!again)
				memcpy(first + at, buffer, CHUNK);
			else if (memcmp(first + at, buffer, CHUNK))
				counts.wrong++;
			report(argv[2], &counts);
			if (pause_ms)
				usleep(pause_ms * 1000);
		}
		if (!stop)
			counts.passes++;
		again = true;
	}
	report(argv[2], &counts);
	return counts.errors || counts.wrong ? EXIT_DIFFERS : 0;
}
