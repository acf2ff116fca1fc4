// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl irq: interrupts of assigned devices.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "nyxctl.h"
#include "words.h"

#define TEST_SECONDS	2	/* an interrupt that a CPU sends itself takes microseconds */

/* ---- show ---- */

GET_DEVICE(nyx_irq, device)
GET_NUMBER(nyx_irq, index)
GET_NUMBER(nyx_irq, number)
GET_NUMBER(nyx_irq, count)
GET_TEXT(nyx_irq, cpus)
GET_TEXT(nyx_irq, source)
GET_TEXT(nyx_irq, owner_name)
GET_NUMBER(nyx_irq, entry_index)
GET_BOOL(nyx_irq, masked)
GET_BOOL(nyx_irq, owner_port)

/* The decoded entry, for a person; the parts are in the JSON too. */
static json_t *get_entry(const void *row)
{
	const struct nyx_irq *irq = row;

	if (!irq->present)
		return json_string("not present");
	return json_sprintf("vector 0x%02x at %s 0x%x, %s, %s", irq->cpu_vector,
			    irq->logical ? "logical APIC ids" : "APIC id", irq->destination,
			    word(delivery_words, irq->delivery), irq->level ? "level" : "edge");
}

static json_t *get_words(const void *row)
{
	const struct nyx_irq *irq = row;

	return hex_list(irq->words, irq->nr_words);
}

static const struct column columns[] = {
	{ "device", "DEVICE", FORMAT_TEXT, 0, get_device },
	{ "vector", "VECTOR", FORMAT_NUMBER, 0, get_index },
	{ "irq", "IRQ", FORMAT_NUMBER, 0, get_number },
	{ "count", "COUNT", FORMAT_NUMBER, 0, get_count },
	{ "masked", "MASKED", FORMAT_TEXT, SHOW_STATS, get_masked },
	{ "cpus", "CPU", FORMAT_TEXT, 0, get_cpus },
	{ "handle", "HANDLE", FORMAT_NUMBER, 0, get_entry_index },
	{ "entry", "ENTRY", FORMAT_TEXT, 0, get_entry },
	{ "source", "FROM", FORMAT_TEXT, 0, get_source },
	{ "words", "RAW ENTRY", FORMAT_TEXT, SHOW_STATS, get_words },
	{ "bound_by", "BOUND BY", FORMAT_TEXT, SHOW_STATS, get_owner_name },
	{ "owned", "OWNED", FORMAT_TEXT, SHOW_STATS, get_owner_port },
	{ 0 }
};

static int show_device(struct context *context, nyx_device_id id)
{
	char name[DEVICE_NAME];
	struct nyx_irq_info info;
	struct nyx_irq *irqs;
	size_t nr;
	int err;

	err = nyx_irq_info(context->nyx, id, &info);
	if (!err)
		err = nyx_irq_list(context->nyx, &id, &irqs, &nr);
	if (err)
		return refuse_nyx(context, err);
	if (context->json) {
		print_json(context, json_pack("{s:s, s:s, s:i, s:i, s:s*, s:o}",
					      "device", format_device(id, name),
					      "type", word(irq_type_words, info.type),
					      "vectors", (int)info.vectors,
					      "bound", (int)info.bound,
					      "cause", info.cause[0] ? info.cause : NULL,
					      "irqs", row_list(columns, irqs, sizeof(*irqs), nr)));
	} else {
		printf("%s: %u %s vectors, %u bound%s%s\n", format_device(id, name), info.vectors,
		       info.type == NYX_IOMMU_IRQ_TYPE_MSIX ? "MSI-X" :
		       info.type == NYX_IOMMU_IRQ_TYPE_MSI ? "MSI" : "MSI or MSI-X", info.bound,
		       info.cause[0] ? "; none can be: " : "", info.cause);
		if (nr)
			show_list(context, "irqs", columns, irqs, sizeof(*irqs), nr);
	}
	free(irqs);
	return EXIT_DONE;
}

static int run_show(struct context *context, struct args *args)
{
	bool one = args->argc;
	struct nyx_irq *irqs;
	nyx_device_id id;
	size_t nr;
	int err = one ? begin_device(context, args, &id) : begin(context, args);

	if (err)
		return err;
	if (one)
		return show_device(context, id);
	err = nyx_irq_list(context->nyx, NULL, &irqs, &nr);
	if (err)
		return refuse_nyx(context, err);
	show_list(context, "irqs", columns, irqs, sizeof(*irqs), nr);
	free(irqs);
	return EXIT_DONE;
}

/* ---- which vectors ---- */

struct vectors {
	nyx_device_id device;
	uint32_t *indexes;
	size_t nr;		/* 0: all that are bound */
	char text[32];		/* as they were given */
};

/* "3", "0-7" or "all". */
static bool parse_vectors(const char *text, struct vectors *vectors)
{
	uint64_t first, last;
	char copy[32], *dash;
	size_t i;

	snprintf(vectors->text, sizeof(vectors->text), "%s", text);
	if (!strcmp(text, "all"))
		return true;
	snprintf(copy, sizeof(copy), "%s", text);
	dash = strchr(copy, '-');
	if (dash)
		*dash = '\0';
	if (!parse_number(copy, &first) || !parse_number(dash ? dash + 1 : copy, &last) ||
	    last < first || last >= UINT32_MAX || last - first >= NYX_IOMMU_VECTORS_MAX)
		return false;
	vectors->nr = last - first + 1;
	vectors->indexes = calloc(vectors->nr, sizeof(*vectors->indexes));
	for (i = 0; vectors->indexes && i < vectors->nr; i++)
		vectors->indexes[i] = first + i;
	return vectors->indexes;
}

static bool need_vectors(struct context *context, struct args *args, struct vectors *vectors)
{
	char *text;

	*vectors = (struct vectors) { 0 };
	if (!need_device(context, args, &vectors->device) ||
	    !need_word(context, args, "the vector", &text))
		return false;
	if (parse_vectors(text, vectors))
		return true;
	usage_error(context, args, "\"%s\" names no vectors: write 3, 0-7 or all", text);
	return false;
}

static int done(struct context *context, const struct vectors *vectors, int err, const char *what)
{
	char name[DEVICE_NAME];

	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_json(context, json_pack("{s:s, s:s, s:s}",
					      "device", format_device(vectors->device, name),
					      "vectors", vectors->text, "done", what));
	say(context, "%s: vector %s %s", format_device(vectors->device, name), vectors->text, what);
	return EXIT_DONE;
}

/* ---- bind ---- */

struct bind {
	uint64_t fd, count, seconds;
	bool has_fd;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = 1;
}

static bool parse_bind(struct context *context, struct args *args, struct bind *bind)
{
	static const struct keyword keywords[] = {
		{ "fd", true }, { "count", true }, { "timeout", true }, { 0 }
	};
	uint64_t *const values[] = { &bind->fd, &bind->count, &bind->seconds };
	int keyword;
	char *word;

	while ((keyword = next_keyword(context, args, keywords, &word)) != ARGS_END) {
		if (keyword == ARGS_BAD)
			return false;
		if (!parse_number(word, values[keyword]) || *values[keyword] > INT32_MAX / 1000) {
			usage_error(context, args, "\"%s\" is not a good number for %s", word,
				    keywords[keyword].name);
			return false;
		}
		bind->has_fd |= !keyword;
	}
	if (bind->has_fd && (bind->count || bind->seconds)) {
		usage_error(context, args, "count and timeout are for nyxctl's own eventfds, not with fd");
		return false;
	}
	return true;
}

/* One line for each wake-up: a burst of interrupts may be one. Returns how many there were. */
static uint64_t take(struct context *context, const struct vectors *vectors, size_t i, int fd)
{
	char name[DEVICE_NAME];
	uint64_t nr;

	if (read(fd, &nr, sizeof(nr)) != sizeof(nr))
		return 0;
	say(context, "%s: vector %u: %llu", format_device(vectors->device, name),
	    vectors->indexes[i], (unsigned long long)nr);
	fflush(stdout);
	return nr;
}

/* Wait on all of them until a signal, count interrupts in all, or the timeout. */
static uint64_t listen_to(struct context *context, const struct vectors *vectors,
			  struct pollfd *fds, const struct bind *bind)
{
	int64_t end = now_ms() + (int64_t)bind->seconds * 1000, left = -1;
	uint64_t total = 0;
	size_t i;

	while (!interrupted && (!bind->count || total < bind->count)) {
		if (bind->seconds) {
			left = end - now_ms();
			if (left <= 0)
				break;
		}
		if (poll(fds, vectors->nr, left) < 0 && errno != EINTR)
			break;
		for (i = 0; i < vectors->nr; i++)
			if (fds[i].revents & POLLIN)
				total += take(context, vectors, i, fds[i].fd);
	}
	return total;
}

static int bind_own(struct context *context, const struct vectors *vectors,
		    const struct bind *bind, uint64_t *total)
{
	struct nyx_irq_vector *list = calloc(vectors->nr, sizeof(*list));
	struct pollfd *fds = calloc(vectors->nr, sizeof(*fds));
	struct sigaction action = { .sa_handler = on_signal };
	size_t i, made = 0;
	int err = -ENOMEM;

	for (; list && fds && made < vectors->nr; made++) {
		fds[made].fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		fds[made].events = POLLIN;
		list[made] = (struct nyx_irq_vector) {
			.index = vectors->indexes[made], .fd = fds[made].fd,
		};
		if (fds[made].fd < 0)
			break;
	}
	if (!list || !fds || made < vectors->nr) {
		err = refuse(context, -errno, "no eventfd: %s", strerror(errno));
		goto out;
	}
	err = nyx_irq_bind(context->nyx, vectors->device, list, vectors->nr, true);
	if (err) {
		err = refuse_nyx(context, err);
		goto out;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	say(context, "vector %s bound; each interrupt is told until this ends", vectors->text);
	fflush(stdout);
	*total = listen_to(context, vectors, fds, bind);
	nyx_irq_unbind(context->nyx, vectors->device, vectors->indexes, vectors->nr);
out:
	for (i = 0; i < made; i++)
		close(fds[i].fd);
	free(fds);
	free(list);
	return err;
}

static int run_bind(struct context *context, struct args *args)
{
	struct bind bind = { 0 };
	struct nyx_irq_vector vector;
	struct vectors vectors;
	uint64_t total = 0;
	int status = EXIT_USAGE;

	if (!need_vectors(context, args, &vectors) || !parse_bind(context, args, &bind))
		goto out;
	if (!vectors.nr || (bind.has_fd && vectors.nr != 1)) {
		usage_error(context, args, bind.has_fd ? "one eventfd takes one vector" :
			    "name the vectors to bind, such as 0 or 0-3");
		goto out;
	}
	status = EXIT_REFUSED;
	if (!connect_kernel(context))
		goto out;
	if (bind.has_fd) {
		vector = (struct nyx_irq_vector) { .index = vectors.indexes[0], .fd = bind.fd };
		status = done(context, &vectors,
			      nyx_irq_bind(context->nyx, vectors.device, &vector, 1, false),
			      "is bound to the eventfd");
		goto out;
	}
	status = bind_own(context, &vectors, &bind, &total);
	if (status)
		goto out;
	if (context->json)
		print_json(context, json_pack("{s:s, s:I}", "vectors", vectors.text, "count",
					      (json_int_t)total));
	if (bind.count && total < bind.count && !interrupted)
		status = refuse(context, -ETIMEDOUT, "only %llu of %llu interrupts came",
				(unsigned long long)total, (unsigned long long)bind.count);
out:
	free(vectors.indexes);
	return status;
}

/* ---- unbind, mask, unmask, trigger, route ---- */

static int mask(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr)
{
	return nyx_irq_mask(nyx, device, indexes, nr, true);
}

static int unmask(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr)
{
	return nyx_irq_mask(nyx, device, indexes, nr, false);
}

static int run_call(struct context *context, struct args *args,
		    int (*call)(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes,
				size_t nr), const char *what)
{
	struct vectors vectors;
	int status = EXIT_USAGE;

	if (need_vectors(context, args, &vectors))
		status = begin(context, args);
	if (!status)
		status = done(context, &vectors, call(context->nyx, vectors.device, vectors.indexes,
						      vectors.nr), what);
	free(vectors.indexes);
	return status;
}

static int run_unbind(struct context *context, struct args *args)
{
	return run_call(context, args, nyx_irq_unbind, "unbound");
}

static int run_mask(struct context *context, struct args *args)
{
	return run_call(context, args, mask, "masked");
}

static int run_unmask(struct context *context, struct args *args)
{
	return run_call(context, args, unmask, "unmasked");
}

static int run_trigger(struct context *context, struct args *args)
{
	return run_call(context, args, nyx_irq_trigger, "raised");
}

static int run_route(struct context *context, struct args *args)
{
	struct vectors vectors;
	char *cpus, what[64];
	int status = EXIT_USAGE;

	if (need_vectors(context, args, &vectors) && need_word(context, args, "the CPUs", &cpus))
		status = begin(context, args);
	if (!status) {
		snprintf(what, sizeof(what), "goes to CPU %s", cpus);
		status = done(context, &vectors,
			      nyx_irq_route(context->nyx, vectors.device, vectors.indexes,
					    vectors.nr, cpus), what);
	}
	free(vectors.indexes);
	return status;
}

/* ---- test ---- */

/* Raise it and see it arrive. The vector is released again. */
static int test_vector(struct context *context, nyx_device_id device, uint32_t index)
{
	struct pollfd fd = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = POLLIN };
	struct nyx_irq_vector vector = { .index = index, .fd = fd.fd };
	char name[DEVICE_NAME];
	int err, status;

	if (fd.fd < 0)
		return refuse(context, -errno, "no eventfd: %s", strerror(errno));
	err = nyx_irq_bind(context->nyx, device, &vector, 1, true);
	if (err) {
		close(fd.fd);
		return refuse_nyx(context, err);
	}
	err = nyx_irq_trigger(context->nyx, device, &index, 1);
	if (err)
		status = refuse_nyx(context, err);
	else if (poll(&fd, 1, TEST_SECONDS * 1000) == 1)
		status = EXIT_DONE;
	else
		status = refuse(context, -ETIMEDOUT,
				"vector %u of %s was raised, but did not arrive within %d seconds",
				index, format_device(device, name), TEST_SECONDS);
	nyx_irq_unbind(context->nyx, device, &index, 1);
	close(fd.fd);
	return status;
}

static int run_test(struct context *context, struct args *args)
{
	struct nyx_irq_info info;
	struct vectors vectors;
	int status = EXIT_USAGE;
	uint32_t index;
	size_t i;

	if (need_vectors(context, args, &vectors))
		status = begin(context, args);
	if (status)
		goto out;
	status = EXIT_REFUSED;
	if (nyx_irq_info(context->nyx, vectors.device, &info)) {
		refuse_nyx(context, -ENODEV);
		goto out;
	}
	if (!vectors.nr)
		vectors.nr = info.vectors ? info.vectors : 1;
	for (i = 0, status = EXIT_DONE; i < vectors.nr && status == EXIT_DONE; i++) {
		index = vectors.indexes ? vectors.indexes[i] : i;
		status = test_vector(context, vectors.device, index);
	}
	if (status == EXIT_DONE)
		status = done(context, &vectors, 0, "raised at its CPU, and arrived");
out:
	free(vectors.indexes);
	return status;
}

static const struct command commands[] = {
	{ "show", "[DEV]", "Bound vectors with their counts and table entries; of one device, also\n"
	  "what it has. -s adds raw entries and owners.\n", run_show },
	{ "bind", "DEV VECTORS [fd N] [count N] [timeout SECONDS]",
	  "Without fd: tell of each interrupt, until count have come, the time is over or a\n"
	  "signal ends it; then they are released. fd N: an eventfd that nyxctl inherited is\n"
	  "signalled from now on, until unbind or until the device leaves its domain.\n",
	  run_bind },
	{ "unbind", "DEV VECTORS", "Release them. VECTORS is 3, 0-7 or all.\n", run_unbind },
	{ "mask", "DEV VECTORS", "What comes while masked is signalled when unmasked.\n", run_mask },
	{ "unmask", "DEV VECTORS", "", run_unmask },
	{ "trigger", "DEV VECTORS", "Raise them at their CPUs, as if the device had.\n",
	  run_trigger },
	{ "route", "DEV VECTORS CPUS", "Have them delivered to one of these CPUs (0-3,8).\n",
	  run_route },
	{ "test", "DEV VECTORS", "Bind, raise, see it arrive and release, one after another.\n",
	  run_test },
	{ 0 }
};

const struct object irq_object = { "irq", "interrupts of assigned devices", commands };
