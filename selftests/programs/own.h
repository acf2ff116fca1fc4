/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device driven through nyx alone, by libnyx: a domain that ends with this process, or one
 * that is there already; the device in it; memory for both. Programs that include this end
 * with nyxctl's exit statuses.
 */
#ifndef OWN_H
#define OWN_H

#define EXIT_USAGE	1	/* it was asked for wrongly; nothing was tried */
#define EXIT_FAILED	2	/* the kernel, or the device, did not do it */

#include <sys/eventfd.h>

#include "sysfs.h"

#include "libnyx.h"

#define UNDO_MS		30000

struct own {
	struct nyx *nyx;
	nyx_device_id device;
	uint32_t domain;
	bool owned;		/* the domain is ours */
	uint8_t *memory;
	uint64_t iova, size;
};

/* 0000:00:06.0, or without the segment. */
static inline bool own_parse(const char *text, nyx_device_id *device)
{
	unsigned int segment = 0, bus, slot, function;
	int end = 0;

	if (sscanf(text, "%4x:%2x:%2x.%1u%n", &segment, &bus, &slot, &function, &end) != 4 ||
	    text[end]) {
		segment = 0;
		if (sscanf(text, "%2x:%2x.%1u%n", &bus, &slot, &function, &end) != 3 || text[end])
			return false;
	}
	*device = segment << 16 | bus << 8 | slot << 3 | function;
	return slot < 32 && function < 8;
}

/* The argument of an option: a number from 1. */
static inline bool own_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (!errno && *value && !*end && text[0] != '-' && *value <= max)
		return true;
	fprintf(stderr, "%s: '%s' is not a number from 1 to %" PRIu64 "\n",
		program_invocation_short_name, text, max);
	return false;
}

static inline void own_must(const struct own *own, const char *what, int err)
{
	if (err)
		die("%s: %s", what, nyx_error(own->nyx));
}

static struct own *own_used;	/* there is one at the most */

/* Leave nothing behind, also after a failure; being killed has the same effect, later. */
static inline void own_undo(void)
{
	struct own *own = own_used;
	struct nyx_device is;
	int err = 0;

	if (own->owned) {
		err = nyx_domain_del(own->nyx, own->domain, true, UNDO_MS);
		if (!err)
			err = nyx_device_settle(own->nyx, own->device, UNDO_MS, &is);
	} else if (own->size) {
		err = nyx_unmap(own->nyx, own->domain, own->iova, own->size, NULL);
	}
	if (err)
		fprintf(stderr, "%s: undoing: %s\n", program_invocation_short_name,
			nyx_error(own->nyx));
	nyx_close(own->nyx);
}

/*
 * domain: the name of one that the device is in already; NULL for one of our own, into which
 * the device goes. Then it has to be bound to nyx_stub. Undone at exit, after what the caller
 * has registered later with atexit().
 */
static inline void own_device(struct own *own, nyx_device_id device, const char *domain)
{
	struct nyx_domain_params params = { .owned = true };
	struct nyx_domain found;
	struct nyx_device is;

	own->device = device;
	own_must(own, "nyx", nyx_open(&own->nyx));
	own_used = own;
	atexit(own_undo);
	if (domain) {
		own_must(own, domain, nyx_domain_find(own->nyx, domain, &found));
		own_must(own, "the device", nyx_device_get(own->nyx, device, &is));
		if (is.domain != found.id)
			die("the device is not in domain %s: put it there, or leave the domain out",
			    domain);
		own->domain = found.id;
		return;
	}
	/* Its last owner may just have gone. */
	own_must(own, "wait for its reset",
		 nyx_device_settle(own->nyx, device, UNDO_MS, &is));
	own_must(own, "a domain", nyx_domain_add(own->nyx, &params, &found));
	own->domain = found.id;
	own->owned = true;
	own_must(own, "assign", nyx_device_assign(own->nyx, device, own->domain, 0));
}

/* Zeroed memory, which the device sees at iova. A memfd: a persistent domain takes no other. */
static inline void own_memory(struct own *own, uint64_t iova, uint64_t size)
{
	int fd = memfd_create(program_invocation_short_name, MFD_CLOEXEC);
	struct nyx_range range = { .iova = iova, .length = size };

	if (fd < 0 || ftruncate(fd, size))
		die("memfd: %s", strerror(errno));
	range.address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (range.address == MAP_FAILED)
		die("memfd: mmap: %s", strerror(errno));
	close(fd);
	own_must(own, "map", nyx_map(own->nyx, own->domain, &range, 1));
	own->memory = range.address;
	own->iova = iova;
	own->size = size;
}

static inline int own_eventfd(int flags)
{
	int fd = eventfd(0, EFD_CLOEXEC | flags);

	if (fd < 0)
		die("eventfd: %s", strerror(errno));
	return fd;
}

/* How often it was signalled since the last time, for one with EFD_NONBLOCK. */
static inline uint64_t own_taken(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		return count;
	if (errno != EAGAIN)
		die("eventfd: %s", strerror(errno));
	return 0;
}

/* Vectors 0 to nr - 1 signal these. They go with this process, whoever the domain belongs to. */
static inline void own_interrupts(const struct own *own, const int *fds, unsigned int nr)
{
	struct nyx_irq_vector *vectors = calloc(nr, sizeof(*vectors));
	unsigned int i;

	if (!vectors)
		die("out of memory");
	for (i = 0; i < nr; i++)
		vectors[i] = (struct nyx_irq_vector) { .index = i, .fd = fds[i] };
	own_must(own, "interrupts",
		 nyx_irq_bind(own->nyx, own->device, vectors, nr, true));
	free(vectors);
}

#endif
