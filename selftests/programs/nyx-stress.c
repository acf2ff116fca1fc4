// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Four threads at the netlink family at once, for some time: two map and unmap in the
 * same addresses of the same domains; one puts devices into domains, moves, resets and
 * removes them, disables a domain, and makes and loses others; one shows everything and
 * audits. An answer that the company does not explain is a failure, and so is an audit
 * that finds a difference: it has to be right in the middle of it all.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netlink.h"

#define WINDOW		0x40000000ULL	/* where the mappers map */
#define WINDOW_PAGES	4096
#define MEMORY_PAGES	1024		/* what they map */
#define PAGES_MAX	256		/* in one range */
#define THRESHOLD	3
#define ERRORS_MAX	6

static uint32_t devices[2], domains[2];
static uint8_t *memory;
static atomic_bool stop;
static atomic_int failures;

struct worker {
	const char *name;
	void (*turn)(struct worker *worker);
	uint64_t state;			/* of its chance */
	uint64_t done, refused;
};

/* An operation: its name and the refusals that the others' work explains, ending with 0. */
struct attempt {
	const char *name;
	int errors[ERRORS_MAX];
};

static uint32_t below(struct worker *worker, uint32_t n)
{
	worker->state = worker->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (worker->state >> 33) % n;
}

static int try(struct worker *worker, const struct attempt *attempt,
	       void (*fn)(const struct nlattr *attr, void *arg), void *arg)
{
	int err = talk(fn, arg), i;

	if (!err) {
		worker->done++;
		return 0;
	}
	worker->refused++;
	for (i = 0; i < ERRORS_MAX && attempt->errors[i]; i++)
		if (err == -attempt->errors[i])
			return err;
	if (failures++ < 20)
		printf("%s: %s: %s: %s\n", worker->name, attempt->name, strerrorname_np(-err),
		       extack);
	return err;
}

static void with_device(uint8_t command, uint32_t device)
{
	begin(family, command, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DEVICE, device);
}

static void with_domain(uint8_t command, uint32_t domain)
{
	begin(family, command, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
}

/* ---- memory ---- */

static void turn_map(struct worker *worker)
{
	static const struct attempt map = { .name = "map", .errors = { EEXIST, EBUSY } };
	static const struct attempt unmap = { .name = "unmap",
					      .errors = { ENOENT, EBUSY, EINVAL } };
	uint64_t pages = 1 + below(worker, below(worker, 4) ? 16 : PAGES_MAX);
	uint64_t iova = WINDOW + 4096ULL * below(worker, WINDOW_PAGES - pages);
	uint32_t domain = domains[!below(worker, 4)];

	if (below(worker, 2)) {
		with_domain(NYX_IOMMU_CMD_MAP, domain);
		put_range(iova, 4096 * pages,
			  memory + 4096ULL * below(worker, MEMORY_PAGES - pages));
		try(worker, &map, NULL, NULL);
		return;
	}
	with_domain(NYX_IOMMU_CMD_UNMAP, domain);
	if (below(worker, 8))
		put_range(iova, 4096 * pages, NULL);
	else
		put_range(WINDOW, 4096 * WINDOW_PAGES, NULL);
	try(worker, &unmap, NULL, NULL);
}

/* ---- devices and domains ---- */

/* A domain of a socket that closes with memory and maybe a device in it. */
static void lose_domain(struct worker *worker, uint32_t device)
{
	static const struct attempt new = { .name = "domain-new" }, map = { .name = "map" };
	static const struct attempt assign = { .name = "device-assign",
					       .errors = { EBUSY, EAGAIN } };
	int own = sock;
	uint32_t id = 0;

	connect_family(NULL);
	begin(family, NYX_IOMMU_CMD_DOMAIN_NEW, NLM_F_ACK);
	put(NYX_IOMMU_A_OWNED, "", 0);
	if (!try(worker, &new, domain_attr, &id)) {
		with_domain(NYX_IOMMU_CMD_MAP, id);
		put_range(WINDOW, 4096 * 64, memory);
		try(worker, &map, NULL, NULL);
		with_device(NYX_IOMMU_CMD_DEVICE_ASSIGN, device);
		put_u32(NYX_IOMMU_A_DOMAIN_ID, id);
		try(worker, &assign, NULL, NULL);
	}
	close(sock);
	sock = own;
}

static void turn_device(struct worker *worker)
{
	static const struct attempt assign = { .name = "device-assign",
					       .errors = { EBUSY, EAGAIN, EINVAL } };
	static const struct attempt move = { .name = "device-move",
					     .errors = { EBUSY, EAGAIN, EINVAL, EOPNOTSUPP } };
	static const struct attempt remove = { .name = "device-remove",
					       .errors = { EBUSY, EINVAL } };
	static const struct attempt reset = { .name = "device-reset",
					      .errors = { EBUSY, EOPNOTSUPP } };
	static const struct attempt set = { .name = "domain-set", .errors = { EBUSY } };
	static const struct attempt threshold = { .name = "device-set" };
	uint32_t device = devices[below(worker, 2)], domain = domains[!!below(worker, 4)];

	switch (below(worker, 12)) {
	case 0:
		lose_domain(worker, device);
		break;
	case 1:
		with_device(NYX_IOMMU_CMD_DEVICE_RESET, device);
		try(worker, &reset, NULL, NULL);
		break;
	case 2:
		with_device(NYX_IOMMU_CMD_DEVICE_SET, device);
		put_u32(NYX_IOMMU_A_FAULT_THRESHOLD, below(worker, 2) ? THRESHOLD : 0);
		try(worker, &threshold, NULL, NULL);
		break;
	case 3:
		with_domain(NYX_IOMMU_CMD_DOMAIN_SET, domains[1]);
		put_u32(NYX_IOMMU_A_DOMAIN_STATE, below(worker, 3) ?
			NYX_IOMMU_DOMAIN_STATE_ACTIVE : NYX_IOMMU_DOMAIN_STATE_DISABLED);
		try(worker, &set, NULL, NULL);
		break;
	case 4 ... 5:
		with_device(NYX_IOMMU_CMD_DEVICE_MOVE, device);
		put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
		if (below(worker, 2))
			put(NYX_IOMMU_A_NO_RESET, "", 0);
		try(worker, &move, NULL, NULL);
		break;
	case 6 ... 7:
		with_device(NYX_IOMMU_CMD_DEVICE_REMOVE, device);
		try(worker, &remove, NULL, NULL);
		break;
	default:
		with_device(NYX_IOMMU_CMD_DEVICE_ASSIGN, device);
		put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
		try(worker, &assign, NULL, NULL);
	}
}

/* ---- looking ---- */

static void turn_look(struct worker *worker)
{
	static const uint8_t lists[] = {
		NYX_IOMMU_CMD_UNIT_GET, NYX_IOMMU_CMD_DEVICE_GET, NYX_IOMMU_CMD_DOMAIN_GET,
		NYX_IOMMU_CMD_FAULT_GET, NYX_IOMMU_CMD_MAPPING_GET,
	};
	static const struct attempt dump = { .name = "dump" }, audit = { .name = "audit" };
	static const struct attempt ask = { .name = "translate, walk", .errors = { ENOENT } };
	uint64_t differences = 0, iova = WINDOW + 4096ULL * below(worker, WINDOW_PAGES);
	uint8_t list = lists[below(worker, sizeof(lists))];
	uint32_t domain = domains[below(worker, 2)];

	begin(family, list, NLM_F_DUMP);
	if (list == NYX_IOMMU_CMD_MAPPING_GET)
		put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
	try(worker, &dump, NULL, NULL);
	with_domain(below(worker, 2) ? NYX_IOMMU_CMD_TRANSLATE : NYX_IOMMU_CMD_WALK, domain);
	put(NYX_IOMMU_A_IOVA, &iova, 8);
	try(worker, &ask, NULL, NULL);
	if (below(worker, 4))
		return;
	begin(family, NYX_IOMMU_CMD_AUDIT, NLM_F_DUMP);
	try(worker, &audit, sum_differences, &differences);
	if (!differences)
		return;
	printf("audit: %" PRIu64 " differences\n", differences);
	failures++;
}

/* ---- all of them ---- */

static void *work(void *arg)
{
	struct worker *worker = arg;

	connect_family(NULL);
	while (!stop)
		worker->turn(worker);
	close(sock);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[] = {
		{ .name = "mapper", .turn = turn_map },
		{ .name = "other mapper", .turn = turn_map },
		{ .name = "assigner", .turn = turn_device },
		{ .name = "looker", .turn = turn_look },
	};
	size_t i, nr = sizeof(workers) / sizeof(workers[0]);
	pthread_t threads[4];
	int fd;

	if (argc != 7) {
		fputs("usage: nyx-stress SEED SECONDS DEVICE DEVICE2 DOMAIN DOMAIN2\n"
		      "  devices held by nyx_stub, persistent domains; DOMAIN2 is SHARED\n", stderr);
		return EXIT_USAGE;
	}
	for (i = 0; i < 2; i++) {
		devices[i] = device_id(argv[3 + i]);
		domains[i] = number(argv[5 + i]);
	}
	fd = memfd_create("stress", 0);
	if (fd < 0 || ftruncate(fd, MEMORY_PAGES * 4096))
		die("memfd: %s", strerror(errno));
	memory = mmap(NULL, MEMORY_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	for (i = 0; i < nr; i++) {
		workers[i].state = number(argv[1]) + 1000 * i;
		if (pthread_create(&threads[i], NULL, work, &workers[i]))
			die("no thread");
	}
	sleep(number(argv[2]));
	stop = true;
	for (i = 0; i < nr; i++) {
		pthread_join(threads[i], NULL);
		printf("%s: %" PRIu64 " done, %" PRIu64 " refused\n", workers[i].name,
		       workers[i].done, workers[i].refused);
		if (!workers[i].done)
			failures++;
	}
	return failures ? EXIT_DIFFERS : 0;
}
