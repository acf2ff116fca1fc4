// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl check: is this host ready for nyx_iommu, and what is there to change?
 * Works with the module loaded or not.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "nyxctl.h"
#include "words.h"

static const char *const level_words[] = { "ok", "note", "warn", "fail", NULL };

GET_WORD(finding, level, level_words)
GET_TEXT(finding, subject)
GET_TEXT(finding, text)
GET_TEXT(finding, fix)

static const struct column columns[] = {
	{ "level", "LEVEL", FORMAT_TEXT, 0, get_level },
	{ "subject", "SUBJECT", FORMAT_TEXT, 0, get_subject },
	{ "finding", "FINDING", FORMAT_TEXT, 0, get_text },
	{ "fix", "FIX", FORMAT_TEXT, 0, get_fix },
	{ 0 }
};

void find(struct check *check, enum level level, const char *subject, const char *fix,
	  const char *text, ...)
{
	struct finding *more = realloc(check->findings, (check->nr + 1) * sizeof(*more));
	struct finding *finding;
	va_list args;

	if (!more)
		return;
	check->findings = more;
	finding = &more[check->nr++];
	finding->level = level;
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	snprintf(finding->fix, sizeof(finding->fix), "%s", fix);
	va_start(args, text);
	vsnprintf(finding->text, sizeof(finding->text), text, args);
	va_end(args);
}

/* ---- what the module itself knows ---- */

static void check_units(struct context *context, struct check *check)
{
	struct nyx_unit *units;
	size_t i, nr;

	if (nyx_unit_list(context->nyx, &units, &nr)) {
		find(check, LEVEL_WARN, "units",
		     "", "nyx_iommu does not answer: %s", nyx_error(context->nyx));
		return;
	}
	for (i = 0; i < nr; i++) {
		if (units[i].state == NYX_IOMMU_UNIT_STATE_DEAD)
			find(check, LEVEL_FAIL, "units",
			     "reboot: nothing below it can be proved isolated",
			     "%s stopped answering: %s", units[i].name, units[i].cause);
		else if (units[i].state != NYX_IOMMU_UNIT_STATE_TRANSLATING)
			find(check, LEVEL_WARN, "units",
			     "", "%s does not translate", units[i].name);
	}
	free(units);
}

/* Groups of more than one function that may be assigned. */
static void check_groups(struct context *context, struct check *check)
{
	struct nyx_device *devices;
	size_t i, j, nr, found = 0;

	if (nyx_device_list(context->nyx, 0, &devices, &nr))
		return;
	for (i = 0; i < nr; i++) {
		char name[DEVICE_NAME], members[160] = "";
		size_t at = 0, size = 0;

		for (j = 0; devices[i].group && j < nr; j++) {
			if (devices[j].group != devices[i].group ||
			    devices[j].flags & NYX_IOMMU_DEVICE_FLAG_BRIDGE)
				continue;
			if (j < i)
				break;	/* told with its first member */
			size++;
			if (at < sizeof(members))
				at += snprintf(members + at, sizeof(members) - at, "%s%s",
					       size > 1 ? ", " : "",
					       format_device(devices[j].id, name));
		}
		if (size < 2)
			continue;
		found++;
		find(check, LEVEL_NOTE, "groups",
		     "assign them together, or move one to another slot", "group %u: %s (%s)",
		     devices[i].group, members, devices[i].group_cause);
	}
	if (!found)
		find(check, LEVEL_OK, "groups", "", "every function can be assigned by itself");
	free(devices);
}

/* ---- the command ---- */

static void print_findings(const struct check *check)
{
	size_t i;

	for (i = 0; i < check->nr; i++) {
		const struct finding *finding = &check->findings[i];

		printf("%-4s  %-18s %s\n", level_words[finding->level], finding->subject,
		       finding->text);
		if (finding->fix[0])
			printf("%*sfix: %s\n", 25, "", finding->fix);
	}
}

static int run_check(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "root", true }, { 0 } };
	struct check check = { .root = "" };
	size_t i, failed = 0;
	char *value;
	int which;

	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD)
			return EXIT_USAGE;
		check.root = value;
	}
	check.loaded = file_exists(&check, "/sys/module/nyx_iommu");
	check_firmware(&check);
	check_parameters(&check);
	check_owner(&check);
	check_processors(&check);
	check_platform(&check);
	/* Another host's files say nothing about the module here. */
	if (check.loaded && !check.root[0] && !nyx_open(&context->nyx)) {
		check_units(context, &check);
		check_groups(context, &check);
	} else {
		check_pci(&check);
	}

	for (i = 0; i < check.nr; i++)
		failed += check.findings[i].level == LEVEL_FAIL;
	if (context->json) {
		json_t *list = row_list(columns, check.findings, sizeof(*check.findings), check.nr);

		print_json(context, json_pack("{s:o, s:b}", "check", list, "ready", !failed));
	} else {
		print_findings(&check);
		if (failed)
			printf("\nnot ready: %zu to change\n", failed);
		else
			printf("\nready\n");
	}
	free(check.findings);
	return failed ? EXIT_REFUSED : EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "[root DIR]",
	  "Firmware, kernel command line, who drives the units, processors, lockdown and\n"
	  "groups: each finding with what to change. Needs no module. root looks at a copy\n"
	  "of another host's /proc and /sys in DIR. Exit 0 ready, 2 not ready.\n", run_check },
	{ 0 }
};

const struct object check_object = { "check", "is this host ready, and what to change", commands };
