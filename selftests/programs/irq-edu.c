// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A userspace driver for the interrupts of QEMU's edu device (1234:11e8), through nyx alone:
 * domain, assignment and the eventfd by libnyx, registers by sysfs.
 *
 * The device raises one each time that it is told to, and keeps in a register what it was told
 * until that is acknowledged. So each can be waited for, and none may come unasked.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>

#include "own.h"
#include "edu.h"

#define WAIT_SECONDS		10	/* for one that does not come */

static const char usage_text[] =
	"usage: irq-edu DEVICE [OPTION]...\n"
	"  --count N      raise N interrupts (1 unless told), each when the one before it has come\n"
	"                 and is acknowledged\n"
	"  --storm        then raise them as fast as can be, until a SIGTERM\n"
	"  --hold         then do nothing, with the eventfd bound, until a SIGTERM\n"
	"  --domain NAME  the device is in that domain; otherwise it is bound to nyx_stub, and\n"
	"                 goes into a domain of our own\n"
	"It prints 'raised N, received N' after the first part and at the end; in a storm several\n"
	"may come as one. Exit status: 1 asked for wrongly, 2 the kernel or the device did not do it.\n";

static struct own own;
static volatile uint8_t *regs;
static int interrupt = -1;
static uint64_t raised, received;
static volatile sig_atomic_t stop;

__attribute__((noreturn))
static void usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

static void on_signal(int signal)
{
	stop = signal;
}

/* How many have come since the last time. */
static uint64_t take(void)
{
	return own_taken(interrupt);
}

static void quiet(void)
{
	uint64_t count = take();

	if (count)
		die("after %" PRIu64 " interrupts: %" PRIu64 " more that nobody asked for", raised,
		    count);
}

static void raise_one(void)
{
	struct pollfd fd = { interrupt, POLLIN, 0 };
	uint32_t why = raised + 1;	/* never 0 for so few */
	uint64_t count;
	int ready;

	quiet();
	write32(regs, EDU_RAISE, why);
	raised++;
	do {
		ready = poll(&fd, 1, WAIT_SECONDS * 1000);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		die("poll: %s", strerror(errno));
	if (!ready)
		die("interrupt %" PRIu64 " has not come in %d s; the device says %#x is raised",
		    raised, WAIT_SECONDS, read32(regs, EDU_STATUS));
	count = take();
	received += count;
	if (count != 1)
		die("interrupt %" PRIu64 " came %" PRIu64 " times", raised, count);
	if (read32(regs, EDU_STATUS) != why)
		die("interrupt %" PRIu64 ": the device says %#x, not %#x, is raised", raised,
		    read32(regs, EDU_STATUS), why);
	write32(regs, EDU_ACKNOWLEDGE, why);
	if (read32(regs, EDU_STATUS))
		die("interrupt %" PRIu64 ": %#x is left after its acknowledgement", raised,
		    read32(regs, EDU_STATUS));
}

static void storm(void)
{
	uint64_t before = received;

	while (!stop) {
		write32(regs, EDU_RAISE, 1);
		write32(regs, EDU_ACKNOWLEDGE, 1);
		raised++;
		received += take();
	}
	/* The last ones may be on their way still, but there have to be some. */
	while (received == before) {
		struct pollfd fd = { interrupt, POLLIN, 0 };

		if (poll(&fd, 1, WAIT_SECONDS * 1000) <= 0)
			die("a storm of %" PRIu64 ", and none came", raised);
		received += take();
	}
	if (received > raised)
		die("raised %" PRIu64 ", but %" PRIu64 " came", raised, received);
}

static void tell(void)
{
	printf("raised %" PRIu64 ", received %" PRIu64 "\n", raised, received);
	fflush(stdout);
}

static void bring_up(const char *device, nyx_device_id id, const char *domain)
{
	interrupt = own_eventfd(EFD_NONBLOCK);
	own_device(&own, id, domain);
	regs = pci_registers(device, 0x1000);
	if ((read32(regs, EDU_ID) & 0xffff) != 0xed)
		die("%s is no edu device (identification %08x)", device, read32(regs, EDU_ID));
	/* Whatever its last driver left raised. */
	write32(regs, EDU_ACKNOWLEDGE, UINT32_MAX);
	own_interrupts(&own, &interrupt, 1);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "storm", no_argument, NULL, 's' },
		{ "hold", no_argument, NULL, 'h' },
		{ "domain", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 }
	};
	struct sigaction action = { .sa_handler = on_signal };
	bool storming = false, hold = false;
	const char *domain = NULL;
	uint64_t count = 1;
	nyx_device_id id;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'c' && own_number(optarg, UINT32_MAX - 1, &count))
			continue;
		else if (c == 's')
			storming = true;
		else if (c == 'h')
			hold = true;
		else if (c == 'd')
			domain = optarg;
		else
			usage();
	}
	if (optind != argc - 1 || !own_parse(argv[optind], &id))
		usage();
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	bring_up(argv[optind], id, domain);
	while (count-- && !stop)
		raise_one();
	quiet();
	tell();
	if (storming)
		storm();
	else if (hold)
		while (!stop)
			usleep(100000);
	if (storming || hold)
		tell();
	return 0;
}
