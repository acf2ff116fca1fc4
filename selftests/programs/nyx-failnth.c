// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every operation of the netlink family with its first, second, third... allocation
 * failing, until it no longer has that many (Documentation/fault-injection, fail-nth). A
 * failed operation must have changed nothing: what the family shows afterwards is
 * compared byte by byte with what it showed before. The jobs that go on behind an answer
 * are swept too: they have nobody to tell, and have to end as if nothing had failed.
 *
 * Wants a kernel with fault injection, and a device that can be reset, with the stub
 * driver and in no domain.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netlink.h"
#include "picture.h"

#define TRIES_MAX	400		/* allocations that no operation has */
#define IOVA		0x40000000ULL
#define SIZE		(256 * 1024ULL)	/* several runs, so several allocations */
#define SPARE		"spare"		/* the domain that domain-new makes */
#define SETTLE_MS	10000
#define WORKERS_MAX	64

static uint32_t device, domain, irq_device, owned;
static void *page;
static int owner;
static bool audit_each;

/* ---- the operations ---- */

static void pause_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

static void flags_attr(const struct nlattr *attr, void *arg)
{
	if (attr->nla_type == NYX_IOMMU_A_DEVICE_FLAGS)
		*(uint32_t *)arg = *(const uint32_t *)data_of(attr);
}

/* No reset of the device is under way any more. */
static void settle(void)
{
	uint32_t flags = 0;
	int ms;

	for (ms = 0; ms < SETTLE_MS; ms++, pause_ms(1)) {
		begin(family, NYX_IOMMU_CMD_DEVICE_GET, NLM_F_ACK);
		put_u32(NYX_IOMMU_A_DEVICE, device);
		must("device-get", talk(flags_attr, &flags));
		if (!(flags & NYX_IOMMU_DEVICE_FLAG_RESETTING))
			return;
	}
	die("a reset does not end");
}

static void state_attr(const struct nlattr *attr, void *arg)
{
	if (attr->nla_type == NYX_IOMMU_A_DOMAIN_STATE)
		*(uint32_t *)arg = *(const uint32_t *)data_of(attr);
}

/* The spare domain is there, or gone, and not on its way. */
static void spare_settled(void)
{
	uint32_t state;
	int ms;

	for (ms = 0; ms < SETTLE_MS; ms++, pause_ms(1)) {
		state = NYX_IOMMU_DOMAIN_STATE_DELETED;
		begin(family, NYX_IOMMU_CMD_DOMAIN_GET, NLM_F_ACK);
		put_text(NYX_IOMMU_A_DOMAIN_NAME, SPARE);
		if (talk(state_attr, &state) == -ENOENT ||
		    state != NYX_IOMMU_DOMAIN_STATE_DELETED)
			return;
	}
	die("a domain that was deleted does not go");
}

static void owned_gone(void)
{
	int ms;

	for (ms = 0; ms < SETTLE_MS; ms++, pause_ms(1)) {
		begin(family, NYX_IOMMU_CMD_DOMAIN_GET, NLM_F_ACK);
		put_u32(NYX_IOMMU_A_DOMAIN_ID, owned);
		if (talk(NULL, NULL) == -ENOENT) {
			settle();
			return;
		}
	}
	die("a domain whose owner is gone does not go");
}

static void with_device(uint8_t command)
{
	begin(family, command, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DEVICE, device);
}

static void with_domain(uint8_t command)
{
	begin(family, command, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
}

static void ask_all(uint8_t command)
{
	begin(family, command, NLM_F_DUMP);
}

static void ask_status(void) { begin(family, NYX_IOMMU_CMD_STATUS_GET, NLM_F_ACK); }
static void ask_unit(void)
{
	uint32_t unit = 0;

	begin(family, NYX_IOMMU_CMD_UNIT_GET, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_UNIT_ID, unit);
}
static void ask_units(void) { ask_all(NYX_IOMMU_CMD_UNIT_GET); }
static void ask_device(void) { with_device(NYX_IOMMU_CMD_DEVICE_GET); }
static void ask_devices(void) { ask_all(NYX_IOMMU_CMD_DEVICE_GET); }
static void ask_domain(void) { with_domain(NYX_IOMMU_CMD_DOMAIN_GET); }
static void ask_domains(void) { ask_all(NYX_IOMMU_CMD_DOMAIN_GET); }
static void ask_mappings(void)
{
	ask_all(NYX_IOMMU_CMD_MAPPING_GET);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
}
static void ask_fault(void) { with_device(NYX_IOMMU_CMD_FAULT_GET); }
static void ask_faults(void) { ask_all(NYX_IOMMU_CMD_FAULT_GET); }
static void ask_audit(void) { ask_all(NYX_IOMMU_CMD_AUDIT); }
static void clear_faults(void) { with_device(NYX_IOMMU_CMD_FAULT_CLEAR); }

static void report_fault(void)
{
	with_device(NYX_IOMMU_CMD_FAULT_REPORT);
	put_text(NYX_IOMMU_A_REPORT_TEXT, "said so");
}

static void at_iova(uint8_t command)
{
	uint64_t iova = IOVA;

	with_domain(command);
	put(NYX_IOMMU_A_IOVA, &iova, 8);
}

static void ask_why(void) { with_device(NYX_IOMMU_CMD_DEVICE_WHY); }
static void translate(void) { at_iova(NYX_IOMMU_CMD_TRANSLATE); }
static void walk(void) { at_iova(NYX_IOMMU_CMD_WALK); }

static void map(void)
{
	with_domain(NYX_IOMMU_CMD_MAP);
	put_range(IOVA, SIZE, page);
}

static void unmap(void)
{
	with_domain(NYX_IOMMU_CMD_UNMAP);
	put_range(IOVA, SIZE, NULL);
}

static void assign(void)
{
	with_device(NYX_IOMMU_CMD_DEVICE_ASSIGN);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, domain);
}

static void take_out(void) { with_device(NYX_IOMMU_CMD_DEVICE_REMOVE); }
static void reset(void) { with_device(NYX_IOMMU_CMD_DEVICE_RESET); }

static void threshold(uint32_t value)
{
	with_device(NYX_IOMMU_CMD_DEVICE_SET);
	put_u32(NYX_IOMMU_A_FAULT_THRESHOLD, value);
}

static void set_threshold(void) { threshold(77); }
static void unset_threshold(void) { threshold(10); }

static void make_spare(void)
{
	begin(family, NYX_IOMMU_CMD_DOMAIN_NEW, NLM_F_ACK);
	put_text(NYX_IOMMU_A_DOMAIN_NAME, SPARE);
}

static void delete_spare(void)
{
	begin(family, NYX_IOMMU_CMD_DOMAIN_DEL, NLM_F_ACK);
	put_text(NYX_IOMMU_A_DOMAIN_NAME, SPARE);
}

static void name(const char *text)
{
	with_domain(NYX_IOMMU_CMD_DOMAIN_SET);
	put_text(NYX_IOMMU_A_DOMAIN_NAME, text);
}

static void rename_it(void) { name("renamed"); }
static void rename_back(void) { name("failing"); }

/* Of another device, with one vector: the many of a disk would take as many times longer. */
static void with_irq_device(uint8_t command)
{
	begin(family, command, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DEVICE, irq_device);
}

static void ask_irq(void) { with_irq_device(NYX_IOMMU_CMD_IRQ_GET); }

static void ask_arrival(void) { begin(family, NYX_IOMMU_CMD_ARRIVAL_GET, NLM_F_DUMP); }

/* A rule that no function here fits. */
static void set_arrival(void)
{
	const struct {
		struct nlattr head;
		uint32_t value;
	} inner[] = {
		{ { 8, NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID }, 0xffff0000 },
		{ { 8, NYX_IOMMU_A_ARRIVAL_RULE_ACTION }, NYX_IOMMU_ARRIVAL_ACTION_HOLD },
	};

	begin(family, NYX_IOMMU_CMD_ARRIVAL_SET, NLM_F_ACK);
	put(NYX_IOMMU_A_ARRIVAL_RULE | NLA_F_NESTED, inner, sizeof(inner));
}

static void clear_arrival(void) { begin(family, NYX_IOMMU_CMD_ARRIVAL_SET, NLM_F_ACK); }

/* A second socket with a domain, memory and the device. */
static void own(void)
{
	int first = sock;

	connect_family(NULL);
	begin(family, NYX_IOMMU_CMD_DOMAIN_NEW, NLM_F_ACK);
	put(NYX_IOMMU_A_OWNED, "", 0);
	must("domain-new", talk(domain_attr, &owned));
	begin(family, NYX_IOMMU_CMD_MAP, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, owned);
	put_range(IOVA, SIZE, page);
	must("map", talk(NULL, NULL));
	with_device(NYX_IOMMU_CMD_DEVICE_ASSIGN);
	put_u32(NYX_IOMMU_A_DOMAIN_ID, owned);
	must("device-assign", talk(NULL, NULL));
	owner = sock;
	sock = first;
}

static int lose(void) { return close(owner); }

/* In this order: what stays is what the next ones need. */
static const struct operation {
	const char *name;
	void (*make)(void);
	int (*say)(void);	/* NULL: it is a message */
	void (*undo)(void);	/* NULL: it changes nothing */
	void (*after)(void);	/* waits for what goes on behind the answer of make or undo */
	bool stays;		/* done once more at the end, for those that follow */
	bool jobs;		/* what fails is in the jobs behind the answer */
} operations[] = {
	{ .name = "status-get", .make = ask_status },
	{ .name = "unit-get", .make = ask_unit },
	{ .name = "unit-get, all", .make = ask_units },
	{ .name = "device-get", .make = ask_device },
	{ .name = "device-get, all", .make = ask_devices },
	{ .name = "device-set", .make = set_threshold, .undo = unset_threshold },
	{ .name = "domain-get", .make = ask_domain },
	{ .name = "domain-get, all", .make = ask_domains },
	{ .name = "domain-set", .make = rename_it, .undo = rename_back },
	{ .name = "domain-new", .make = make_spare, .undo = delete_spare, .after = spare_settled,
	  .stays = true },
	{ .name = "domain-del, its job", .make = delete_spare, .undo = make_spare,
	  .after = spare_settled, .jobs = true },
	{ .name = "domain-del", .make = delete_spare, .undo = make_spare, .after = spare_settled,
	  .stays = true },
	{ .name = "map", .make = map, .undo = unmap, .stays = true },
	{ .name = "mapping-get, all", .make = ask_mappings },
	{ .name = "translate", .make = translate },
	{ .name = "walk", .make = walk },
	{ .name = "fault-get", .make = ask_fault },
	{ .name = "fault-get, all", .make = ask_faults },
	{ .name = "device-why", .make = ask_why },
	{ .name = "fault-clear", .make = clear_faults },
	{ .name = "audit", .make = ask_audit },
	{ .name = "device-assign", .make = assign, .undo = take_out, .after = settle,
	  .stays = true },
	/*
	 * Not irq-bind: the kernel warns of the files in /proc that it could not make for an
	 * interrupt when it takes them away.
	 */
	{ .name = "irq-get", .make = ask_irq },
	{ .name = "arrival-set", .make = set_arrival, .undo = clear_arrival },
	{ .name = "arrival-get", .make = ask_arrival },
	{ .name = "fault-report", .make = report_fault, .undo = clear_faults, .stays = true },
	{ .name = "device-why, with a fault", .make = ask_why },
	{ .name = "fault-clear, with a fault", .make = clear_faults, .undo = report_fault,
	  .stays = true },
	{ .name = "device-reset", .make = reset, .after = settle },
	{ .name = "device-reset, its job", .make = reset, .after = settle, .jobs = true },
	{ .name = "device-remove, its job", .make = take_out, .undo = assign, .after = settle,
	  .jobs = true },
	{ .name = "device-remove", .make = take_out, .undo = assign, .after = settle,
	  .stays = true },
	{ .name = "unmap", .make = unmap, .undo = map, .stays = true },
	{ .name = "an owner's death, its jobs", .make = own, .say = lose, .after = owned_gone,
	  .jobs = true },
};

/* ---- what fails ---- */

/* The fail-nth files of the threads to hit. */
static int failing[WORKERS_MAX], nr_failing;

/* Whoever runs unbound jobs, ours among them: which of them will is not known beforehand. */
static void find_workers(void)
{
	char path[64], name[32];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int fd;

	if (!proc)
		die("/proc: %s", strerror(errno));
	while (nr_failing < WORKERS_MAX && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%.10s/comm", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name)) > 9 && !memcmp(name, "kworker/u", 9)) {
			snprintf(path, sizeof(path), "/proc/%.10s/fail-nth", entry->d_name);
			failing[nr_failing] = open(path, O_RDWR);
			nr_failing += failing[nr_failing] >= 0;
		}
		close(fd);
	}
	closedir(proc);
}

static void arm(bool jobs, int nth)
{
	char text[16];
	ssize_t len = snprintf(text, sizeof(text), "%d", nth);
	int i;

	if (jobs)
		find_workers();
	else
		failing[nr_failing++] = open("/proc/thread-self/fail-nth", O_RDWR);
	for (i = 0; i < nr_failing; i++)
		/* A worker may be gone by now. */
		if (pwrite(failing[i], text, len, 0) != len && !jobs)
			die("fail-nth: %s", strerror(errno));
}

/* True: somebody has had that many allocations. */
static bool disarm(void)
{
	bool injected = false;
	char text[16];
	ssize_t len;

	while (nr_failing) {
		int fd = failing[--nr_failing];

		/* What is left may hit this read's own copy to user space. */
		len = pread(fd, text, sizeof(text) - 1, 0);
		text[len > 0 ? len : 0] = '\0';
		injected |= len > 0 && !atoi(text);
		if (pwrite(fd, "0", 1, 0) != 1 && pwrite(fd, "0", 1, 0) != 1 && errno != ESRCH)
			die("fail-nth: %s", strerror(errno));
		close(fd);
	}
	return injected;
}

/* Say the message, or do it, with its nth allocation failing. *injected: it had that many. */
static int do_failing(const struct operation *op, int nth, bool *injected)
{
	int err;

	arm(op->jobs, nth);
	err = op->say ? op->say() : talk(NULL, NULL);
	if (op->jobs)
		op->after();
	*injected = disarm();
	return err;
}

/* ---- one of them ---- */

/* What could not be delivered may still lie in the socket: a new one for what follows. */
static void reconnect(void)
{
	static const struct timeval patience = { .tv_sec = 20 };

	if (family)
		close(sock);
	family = 0;
	connect_family(NULL);
	/* An answer that nobody sends must not hang the test. */
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

static void undo(const struct operation *op, const char *what)
{
	if (op->undo) {
		op->undo();
		must(what, talk(NULL, NULL));
	}
	if (op->after)
		op->after();
}

static bool sweep(const struct operation *op)
{
	static struct picture before, after;
	int nth, err, refused = 0;
	bool injected = true, good = true;
	uint64_t differences;

	take_picture(&before, domain, irq_device);
	for (nth = 1; injected && good; nth++) {
		if (nth > TRIES_MAX)
			die("%s: more than %d allocations", op->name, TRIES_MAX);
		op->make();
		err = do_failing(op, nth, &injected);
		refused += err != 0;
		if (err == -EAGAIN)
			die("%s: no answer (allocation %d)", op->name, nth);
		if (injected)
			reconnect();
		/*
		 * The answer may be what had no memory: then only what the family shows tells
		 * whether it was done, and it has to have been done whole.
		 */
		if (op->after)
			op->after();
		take_picture(&after, domain, irq_device);
		if (op->undo && (after.len != before.len ||
				 memcmp(after.bytes, before.bytes, before.len))) {
			if (err && err != -ENOMEM && err != -ENOBUFS && err != -EFAULT) {
				printf("# refused with %s, and yet something has changed\n",
				       strerrorname_np(-err));
				good = false;
			}
			undo(op, op->name);
			take_picture(&after, domain, irq_device);
		} else if (!injected && !err && op->undo) {
			printf("# it was done and changed nothing\n");
			good = false;
		}
		if (after.len != before.len || memcmp(after.bytes, before.bytes, before.len)) {
			printf("# allocation %d failed (%s): not as before\n", nth,
			       err ? strerrorname_np(-err) : "done");
			good = false;
		}
		differences = audit_each || !injected || !good ? audit() : 0;
		if (differences) {
			printf("# allocation %d failed: the audit finds %" PRIu64 " differences\n",
			       nth, differences);
			good = false;
		}
	}
	if (good && err) {
		printf("# with nothing failing it answers %s: %s\n", strerrorname_np(-err), extack);
		good = false;
	}
	if (good && op->stays) {
		op->make();
		must(op->name, talk(NULL, NULL));
		if (op->after)
			op->after();
	}
	printf("%s %zu - %s: %d allocations, %d refusals\n", good ? "ok" : "not ok",
	       op - operations + 1, op->name, nth - 2, refused);
	fflush(stdout);
	return good;
}

int main(int argc, char **argv)
{
	size_t i, nr = sizeof(operations) / sizeof(operations[0]), failed = 0;
	uint32_t events;

	if (argc < 4 || argc > 5 || (argc == 5 && strcmp(argv[4], "audit-each"))) {
		fputs("usage: nyx-failnth DEVICE DOMAIN IRQ-DEVICE [audit-each]\n"
		      "  DEVICE can be reset, has nyx_stub and is in no domain; DOMAIN is persistent\n"
		      "  and named 'failing'; IRQ-DEVICE is in another domain and has one vector\n",
		      stderr);
		return EXIT_USAGE;
	}
	device = device_id(argv[1]);
	domain = number(argv[2]);
	irq_device = device_id(argv[3]);
	audit_each = argc == 5;
	if (access("/proc/thread-self/fail-nth", W_OK))
		die("no fault injection in this kernel: fail-nth: %s", strerror(errno));
	/* A memfd: what persistent domains take. Touched, so that the kernel need not. */
	int fd = memfd_create("failing", 0);

	if (fd < 0 || ftruncate(fd, SIZE))
		die("memfd: %s", strerror(errno));
	page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	memset(page, 1, SIZE);
	/* Events are made only where somebody listens; this one never reads. */
	events = connect_family(NYX_IOMMU_MCGRP_STATE);
	setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &events, sizeof(events));
	family = 0;
	reconnect();
	printf("1..%zu\n", nr);
	for (i = 0; i < nr; i++)
		failed += !sweep(&operations[i]);
	return failed ? EXIT_DIFFERS : 0;
}
