// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl monitor: events as they come, one line or one JSON object each.
 *
 * What the kernel sends is numbered in each group, so what did not fit into the socket is
 * counted. Then the state is read again, and what has changed meanwhile is shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "monitor.h"

volatile sig_atomic_t monitor_stopped;

static const char *const group_names[] = { [FAULTS] = "fault", [STATES] = "state" };

static void on_signal(int number)
{
	monitor_stopped = 1;
}

bool monitor_done(const struct monitor *monitor)
{
	sigset_t blocked;

	/* Where it never comes to wait, those that are pending are taken here. */
	sigprocmask(SIG_SETMASK, &monitor->waiting, &blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return monitor_stopped || (monitor->count && monitor->shown >= monitor->count) ||
	       (monitor->seconds && now_ms() >= monitor->end);
}

/* ---- the command ---- */

/* What there is of an event, in the environment: as data, which no shell reads. */
static void set_variables(const json_t *event)
{
	const char *key;
	json_t *value;
	char name[32], *c;
	int i;

	for (i = 0; event_variables[i]; i++)
		unsetenv(event_variables[i]);
	json_object_foreach((json_t *)event, key, value) {
		char number[24];

		snprintf(name, sizeof(name), "NYX_%s", key);
		for (c = name; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c;
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		if (json_is_string(value))
			setenv(name, json_string_value(value), 1);
		else if (json_is_integer(value))
			setenv(name, number, 1);
		else if (json_is_true(value))
			setenv(name, "1", 1);
	}
}

static void run_child(const struct monitor *monitor, const json_t *event, int input)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(input, STDIN_FILENO);
	set_variables(event);
	execl("/bin/sh", "sh", "-c", monitor->exec, (char *)NULL);
	_exit(127);
}

/* It takes as long as it takes; a signal to nyxctl leaves it behind. */
static void wait_for(const struct monitor *monitor, pid_t child)
{
	struct pollfd fd = { .fd = pidfd_open(child, 0), .events = POLLIN };
	int status;

	while (fd.fd >= 0 && !monitor_stopped && ppoll(&fd, 1, NULL, &monitor->waiting) < 0)
		if (errno != EINTR)
			break;
	if (fd.fd >= 0)
		close(fd.fd);
	if (waitpid(child, &status, monitor_stopped ? WNOHANG : 0) != child)
		return;
	if (WIFSIGNALED(status))
		fprintf(stderr, "nyxctl: the command was ended by signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		fprintf(stderr, "nyxctl: the command ended with exit status %d\n",
			WEXITSTATUS(status));
}

/* The event as JSON is its standard input; far less than a pipe takes without a reader. */
static int run_command(const struct monitor *monitor, const json_t *event)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (!child)
		run_child(monitor, event, ends[0]);
	close(ends[0]);
	if (child > 0) {
		json_dumpfd(event, ends[1], JSON_COMPACT);
		/* It may have gone without reading: that is its choice. */
		if (write(ends[1], "\n", 1) < 0)
			errno = 0;
	}
	close(ends[1]);
	if (child < 0)
		return -errno;
	wait_for(monitor, child);
	return 0;
}

/* ---- showing ---- */

/* A pipe may be full, and its reader asleep: no reason not to end. */
static void wait_for_reader(const struct monitor *monitor)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (!monitor_stopped && ppoll(&out, 1, NULL, &monitor->waiting) < 0 && errno == EINTR)
		;
}

/* Takes the object over. */
static int put_out(struct monitor *monitor, json_t *object, const char *line)
{
	char time[40];
	int err = 0;

	wait_for_reader(monitor);
	if (monitor_stopped) {
		json_decref(object);
		return 0;
	}
	if (monitor->context->json) {
		json_incref(object);
		print_json(monitor->context, object);
	} else {
		format_time(json_integer_value(json_object_get(object, "time")), time, sizeof(time));
		printf("%s %s\n", time, line);
	}
	if (fflush(stdout))
		err = -errno;
	if (!err && monitor->exec)
		err = run_command(monitor, object);
	json_decref(object);
	return err;
}

int monitor_show(struct monitor *monitor, const struct nyx_event *event, bool again)
{
	json_t *object = event_json(event);
	char line[EVENT_LINE];

	if (!object || monitor_done(monitor)) {
		json_decref(object);
		return 0;
	}
	event_line(event, line, sizeof(line) - 16);
	if (again) {
		json_object_set_new(object, "resync", json_true());
		strcat(line, " [resync]");
	}
	monitor->shown++;
	return put_out(monitor, object, line);
}

static int show_missed(struct monitor *monitor, enum group group, uint64_t number)
{
	char line[EVENT_LINE];

	monitor->missed = true;
	snprintf(line, sizeof(line), "missed %llu %s event%s: they came faster than they were read",
		 (unsigned long long)number, group_names[group], number == 1 ? "" : "s");
	return put_out(monitor,
		       json_pack("{s:s, s:I, s:s, s:I}", "event", "missed",
				 "time", (json_int_t)now_ns(),
				 "group", group_names[group], "missed", (json_int_t)number), line);
}

/* ---- listening ---- */

static int take(struct monitor *monitor, const struct nyx_event *event)
{
	enum group group = event->command == NYX_IOMMU_CMD_FAULT_EVENT ? FAULTS : STATES;
	uint64_t next = monitor->last[group] + 1;
	int err = 0;

	/* The first ones may be of before the numbers were asked for. */
	if (event->number > next)
		err = show_missed(monitor, group, event->number - next);
	if (event->number >= next || !monitor->seen[group])
		monitor->last[group] = event->number;
	monitor->seen[group] = true;
	if (group == STATES)
		known_update(&monitor->known, event);
	return err ? err : monitor_show(monitor, event, false);
}

/* Everything that has come. 0, or what is wrong; *overrun: some did not fit. */
static int take_all(struct monitor *monitor, bool *overrun)
{
	struct nyx_event event;
	int err = 0;

	while (!err && !monitor_done(monitor)) {
		err = nyx_events_next(monitor->events, 0, &event);
		if (err == -ENOBUFS) {
			*overrun = true;
			err = 0;
		} else if (!err) {
			err = take(monitor, &event);
		}
	}
	return err == -EAGAIN ? 0 : err;
}

static int read_numbers(struct monitor *monitor, uint64_t numbers[GROUPS])
{
	struct nyx_status status;
	int err = nyx_status(monitor->context->nyx, &status);

	numbers[FAULTS] = status.fault_events;
	numbers[STATES] = status.state_events;
	return err;
}

/* After an overrun: what the last of the missed was, and what has become of everything. */
static int resync(struct monitor *monitor)
{
	uint64_t numbers[GROUPS];
	bool overrun = false;
	int err, i;

	err = read_numbers(monitor, numbers);
	/* What was sent by then has come, if it has not been missed. */
	if (!err)
		err = take_all(monitor, &overrun);
	for (i = 0; i < GROUPS && !err && !monitor_done(monitor); i++) {
		if (!monitor->listens[i] || numbers[i] <= monitor->last[i])
			continue;
		err = show_missed(monitor, i, numbers[i] - monitor->last[i]);
		monitor->last[i] = numbers[i];
	}
	if (!err && monitor->missed && monitor->listens[STATES])
		err = known_compare(monitor);
	monitor->missed = overrun;
	return err;
}

/* Until there is something to read, or the time is over (false), or nobody reads any more. */
static bool wait_for_events(const struct monitor *monitor)
{
	struct pollfd fds[] = {
		{ .fd = nyx_events_fd(monitor->events), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	int64_t left = monitor->end - now_ms();
	struct timespec time = { left / 1000, left % 1000 * 1000000 };

	if (monitor->seconds && left <= 0)
		return false;
	ppoll(fds, 2, monitor->seconds ? &time : NULL, &monitor->waiting);
	if (fds[1].revents & POLLERR)
		monitor_stopped = 1;
	return true;
}

static int listen_on(struct monitor *monitor)
{
	bool overrun = false;
	int err;

	monitor->end = now_ms() + (int64_t)monitor->seconds * 1000;
	do {
		err = take_all(monitor, &overrun);
		if (!err && (overrun || monitor->missed) && !monitor_done(monitor)) {
			overrun = false;
			err = resync(monitor);
		}
	} while (!err && !monitor_done(monitor) &&
		 (monitor->missed || wait_for_events(monitor)));
	return err;
}

/* Joined first: nothing can change unnoticed after that. */
static int start(struct monitor *monitor)
{
	struct nyx *nyx = monitor->context->nyx;
	int err;

	err = nyx_events_open(nyx, monitor->listens[FAULTS], monitor->listens[STATES],
			      &monitor->events);
	if (!err && monitor->buffer)
		err = nyx_events_set_buffer(nyx, monitor->events, monitor->buffer);
	if (!err)
		err = read_numbers(monitor, monitor->last);
	if (!err && monitor->listens[STATES])
		err = known_read(nyx, &monitor->known);
	return err;
}

/* The signals that end it are taken only while it waits, so none falls in between. */
static void catch_signals(struct monitor *monitor)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t block;

	monitor_stopped = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &monitor->waiting);
	sigdelset(&monitor->waiting, SIGINT);
	sigdelset(&monitor->waiting, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
}

/* A batch may go on. */
static void release_signals(const struct monitor *monitor)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &monitor->waiting, NULL);
}

static int ended(struct monitor *monitor, int err)
{
	struct context *context = monitor->context;
	int null;

	if (err == -EPIPE) {
		/* Whoever read it has had enough. What is still to be written goes nowhere. */
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (null >= 0)
			dup2(null, STDOUT_FILENO);
		clearerr(stdout);
		return EXIT_DONE;
	}
	if (ferror(stdout))
		return EXIT_REFUSED;	/* said at the end */
	if (err == -ENODEV)
		return refuse(context, err, "the nyx_iommu module is unloaded");
	if (err)
		return refuse_nyx(context, err);
	if (monitor->count && monitor->shown < monitor->count && !monitor_stopped)
		return refuse(context, -ETIMEDOUT, "only %llu of %llu events came",
			      (unsigned long long)monitor->shown,
			      (unsigned long long)monitor->count);
	return EXIT_DONE;
}

/* ---- how it was asked ---- */

static bool parse_numbers(struct context *context, struct args *args, struct monitor *monitor)
{
	static const struct keyword keywords[] = {
		{ "count", true }, { "timeout", true }, { "exec", true }, { "buffer", true }, { 0 }
	};
	static const uint64_t limits[] = { INT64_MAX, INT32_MAX / 1000, 0, 1 << 30 };
	uint64_t *const values[] = { &monitor->count, &monitor->seconds, NULL, &monitor->buffer };
	int keyword;
	char *word;

	while ((keyword = next_keyword(context, args, keywords, &word)) != ARGS_END) {
		if (keyword == ARGS_BAD)
			return false;
		if (!values[keyword]) {
			monitor->exec = word;
			continue;
		}
		if (!(keyword == 3 ? parse_size : parse_number)(word, values[keyword]) ||
		    !*values[keyword] || *values[keyword] > limits[keyword]) {
			usage_error(context, args, "\"%s\" is not a good number for %s", word,
				    keywords[keyword].name);
			return false;
		}
	}
	return true;
}

static int run(struct context *context, struct args *args, bool faults, bool states)
{
	struct monitor monitor = { .context = context, .listens = { faults, states } };
	int err, status;

	if (!parse_numbers(context, args, &monitor))
		return EXIT_USAGE;
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	catch_signals(&monitor);
	err = start(&monitor);
	if (!err)
		err = listen_on(&monitor);
	status = ended(&monitor, err);
	release_signals(&monitor);
	nyx_events_close(monitor.events);
	known_free(&monitor.known);
	return status;
}

static int run_all(struct context *context, struct args *args)
{
	return run(context, args, true, true);
}

static int run_fault(struct context *context, struct args *args)
{
	return run(context, args, true, false);
}

static int run_state(struct context *context, struct args *args)
{
	return run(context, args, false, true);
}

#define USAGE	"[count N] [timeout SECONDS] [exec CMD] [buffer S]"

static const struct command commands[] = {
	{ "all", USAGE,
	  "Faults and changes of state as they happen, one line each, or with -j one JSON object,\n"
	  "until N have been shown, the time is over or a signal ends it. What came faster than it\n"
	  "was read is counted, and what has changed meanwhile looked up.\n"
	  "exec: run CMD in a shell for each, and wait for it: the event is its standard input as\n"
	  "JSON, and its environment: NYX_EVENT, NYX_DEVICE, NYX_STATE, NYX_CAUSE and so on.\n",
	  run_all },
	{ "fault", USAGE, "Faults only.\n", run_fault },
	{ "state", USAGE, "Changes of devices, domains and units only, each with its cause.\n",
	  run_state },
	{ 0 }
};

const struct object monitor_object = { "monitor", "events as they happen", commands };
