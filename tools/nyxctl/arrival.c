// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl arrival: what a function gets that arrives.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrival_file.h"
#include "nyxctl.h"
#include "words.h"

GET_DEVICE_IF(nyx_arrival_rule, device, has_device)
GET_DEVICE_IF(nyx_arrival_rule, below, has_below)
GET_WORD(nyx_arrival_rule, action, arrival_action_words)
GET_TEXT(nyx_arrival_rule, domain)

static json_t *get_id(const void *row)
{
	const struct nyx_arrival_rule *rule = row;

	return rule->has_pci_id ? json_sprintf("%04x:%04x", rule->vendor, rule->product) : NULL;
}

static const struct column columns[] = {
	{ "device", "DEVICE", FORMAT_TEXT, 0, get_device },
	{ "id", "ID", FORMAT_TEXT, 0, get_id },
	{ "below", "BELOW", FORMAT_TEXT, 0, get_below },
	{ "action", "GETS", FORMAT_TEXT, 0, get_action },
	{ "domain", "DOMAIN", FORMAT_TEXT, 0, get_domain },
	{ 0 }
};

static int run_show(struct context *context, struct args *args)
{
	struct nyx_arrival_rule *rules;
	size_t nr;
	int err = begin(context, args);

	if (err)
		return err;
	err = nyx_arrival_list(context->nyx, &rules, &nr);
	if (err)
		return refuse_nyx(context, err);
	show_list(context, "rules", columns, rules, sizeof(*rules), nr);
	free(rules);
	return EXIT_DONE;
}

/* All rules of the file; what is wrong with a line is told with its number. */
static int read_rules(struct context *context, FILE *file, const char *path,
		      struct nyx_arrival_rule *rules, size_t *nr)
{
	struct nyx_arrival_rule rule;
	char *line = NULL, why[160];
	int status = EXIT_DONE;
	unsigned int number;
	size_t room = 0;
	ssize_t length;
	int got;

	*nr = 0;
	errno = 0;
	for (number = 1; status == EXIT_DONE && (length = getline(&line, &room, file)) >= 0;
	     number++) {
		/* A file of zeros, as a crash may leave it, is not a file without rules. */
		if (strlen(line) != (size_t)length) {
			status = usage_error(context, NULL, "%s:%u: a NUL byte", path, number);
			break;
		}
		got = parse_rule(line, &rule, why, sizeof(why));
		if (got < 0)
			status = usage_error(context, NULL, "%s:%u: %s", path, number, why);
		else if (got != RULE_EMPTY && *nr == NYX_IOMMU_ARRIVAL_RULES_MAX)
			status = usage_error(context, NULL, "%s:%u: more than %d rules", path,
					     number, NYX_IOMMU_ARRIVAL_RULES_MAX);
		else if (got != RULE_EMPTY)
			rules[(*nr)++] = rule;
	}
	if (status == EXIT_DONE && !feof(file))
		status = refuse(context, -errno, "%s: %s", path, strerror(errno));
	free(line);
	return status;
}

static int set_rules(struct context *context, const struct nyx_arrival_rule *rules, size_t nr)
{
	int err;

	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_arrival_set(context->nyx, rules, nr);
	if (err)
		return refuse_nyx(context, err);
	if (nr)
		say(context, "%zu rules for what arrives from now on", nr);
	else
		say(context, "no rules: what arrives is the host's");
	return EXIT_DONE;
}

static int run_load(struct context *context, struct args *args)
{
	struct nyx_arrival_rule rules[NYX_IOMMU_ARRIVAL_RULES_MAX];
	FILE *file;
	int status;
	char *path;
	size_t nr;

	if (!need_word(context, args, "a file of rules", &path) || !no_more_words(context, args))
		return EXIT_USAGE;
	file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!file)
		return refuse(context, -errno, "%s: %s", path, strerror(errno));
	status = read_rules(context, file, path, rules, &nr);
	if (file != stdin)
		fclose(file);
	return status == EXIT_DONE ? set_rules(context, rules, nr) : status;
}

static int run_clear(struct context *context, struct args *args)
{
	if (!no_more_words(context, args))
		return EXIT_USAGE;
	return set_rules(context, NULL, 0);
}

static const struct command commands[] = {
	{ "show", "", "The rules, in their order.\n", run_show },
	{ "load", "FILE", "Replace all rules by those of the file, - for standard input. A line is\n"
	  "what a function must be, then what it gets:\n"
	  "  [device DEV] [id VENDOR:DEVICE] [below BRIDGE]   or   any\n"
	  "  host | hold | domain NAME\n"
	  "The first rule that fits counts. hold: blocked, and held by nyx_stub; domain: then\n"
	  "assigned, before a driver of the host can bind. What is here already stays as it is.\n",
	  run_load },
	{ "clear", "", "No rules: what arrives is the host's.\n", run_clear },
	{ 0 }
};

const struct object arrival_object = { "arrival", "what functions get that arrive", commands };
