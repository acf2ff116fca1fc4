// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl domain: address spaces that devices are put into.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nyxctl.h"
#include "words.h"

#define DELETE_SECONDS	120

GET_NUMBER(nyx_domain, id)
GET_TEXT(nyx_domain, name)
GET_WORD(nyx_domain, mode, domain_mode_words)
GET_WORD(nyx_domain, state, domain_state_words)
GET_TEXT(nyx_domain, cause)
GET_TEXT(nyx_domain, owner_name)
GET_NUMBER(nyx_domain, devices)
GET_NUMBER(nyx_domain, mapped_bytes)
GET_NUMBER(nyx_domain, pinned_bytes)
GET_NUMBER(nyx_domain, maps)
GET_NUMBER(nyx_domain, unmaps)
GET_NUMBER(nyx_domain, leaked_pages)
GET_NUMBER(nyx_domain, leaked_tables)
GET_NUMBER(nyx_domain, faults)
GET_NUMBER(nyx_domain, threshold)
GET_NUMBER(nyx_domain, window)
GET_NUMBER_IF(nyx_domain, owner_port, owner_port)
GET_NUMBER_IF(nyx_domain, tables, has_table)
GET_NUMBER_IF(nyx_domain, address_width, has_table)
GET_NUMBER_IF(nyx_domain, max_mapped_bytes, max_mapped_bytes)
GET_NUMBER_IF(nyx_domain, max_mappings, max_mappings)

/* Whoever maps there keeps the books. */
static json_t *get_mappings(const void *row)
{
	const struct nyx_domain *domain = row;

	return domain->external ? NULL : json_integer(domain->mappings);
}

static json_t *get_lifetime(const void *row)
{
	const struct nyx_domain *domain = row;

	return json_string(domain->external ? "external" :
			   domain->owner_port ? "owned" : "persistent");
}

static json_t *get_format(const void *row)
{
	const struct nyx_domain *domain = row;

	return domain->has_table ? json_string(word(pt_format_words, domain->format)) : NULL;
}

static json_t *get_units(const void *row)
{
	const struct nyx_domain *domain = row;
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < domain->nr_units; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:i}",
						      "unit", (int)domain->units[i].unit,
						      "hw_domain", (int)domain->units[i].hw_domain,
						      "devices", (int)domain->units[i].devices));
	return list;
}

static json_t *get_protection(const void *row)
{
	const struct nyx_domain *domain = row;

	return json_string(domain->mode == NYX_IOMMU_DOMAIN_MODE_UNMANAGED ?
			   "none: its devices reach all memory" : "what is mapped");
}

static const struct column columns[] = {
	{ "id", "ID", FORMAT_NUMBER, 0, get_id },
	{ "name", "NAME", FORMAT_TEXT, 0, get_name },
	{ "mode", "MODE", FORMAT_TEXT, 0, get_mode },
	{ "state", "STATE", FORMAT_TEXT, 0, get_state },
	{ "cause", "CAUSE", FORMAT_TEXT, SHOW_DETAIL, get_cause },
	{ "lifetime", "LIFETIME", FORMAT_TEXT, 0, get_lifetime },
	{ "devices", "DEVICES", FORMAT_NUMBER, 0, get_devices },
	{ "mappings", "MAPPINGS", FORMAT_NUMBER, 0, get_mappings },
	{ "mapped_bytes", "MAPPED", FORMAT_SIZE, 0, get_mapped_bytes },
	{ "max_size", "MAPPED AT MOST", FORMAT_SIZE, SHOW_DETAIL, get_max_mapped_bytes },
	{ "max_mappings", "MAPPINGS AT MOST", FORMAT_NUMBER, SHOW_DETAIL, get_max_mappings },
	{ "pinned_bytes", "PINNED", FORMAT_SIZE, SHOW_STATS, get_pinned_bytes },
	{ "faults", "FAULTS", FORMAT_NUMBER, 0, get_faults },
	{ "threshold", "THRESHOLD", FORMAT_NUMBER, SHOW_DETAIL, get_threshold },
	{ "window", "WINDOW", FORMAT_NUMBER, SHOW_DETAIL, get_window },
	{ "protection", "DEVICES REACH", FORMAT_TEXT, SHOW_DETAIL, get_protection },
	{ "maps", "MAPS", FORMAT_NUMBER, SHOW_STATS, get_maps },
	{ "unmaps", "UNMAPS", FORMAT_NUMBER, SHOW_STATS, get_unmaps },
	{ "tables", "TABLES", FORMAT_NUMBER, SHOW_STATS, get_tables },
	{ "format", "TABLE FORMAT", FORMAT_TEXT, SHOW_DETAIL, get_format },
	{ "address_width", "ADDRESS BITS", FORMAT_NUMBER, SHOW_DETAIL, get_address_width },
	{ "leaked_pages", "LEAKED PAGES", FORMAT_NUMBER, SHOW_DETAIL, get_leaked_pages },
	{ "leaked_tables", "LEAKED TABLES", FORMAT_NUMBER, SHOW_DETAIL, get_leaked_tables },
	{ "made_by", "MADE BY", FORMAT_TEXT, SHOW_STATS, get_owner_name },
	{ "owner_port", "OWNER PORT", FORMAT_NUMBER, SHOW_DETAIL, get_owner_port },
	{ "units", "ON UNITS", FORMAT_TEXT, SHOW_DETAIL, get_units },
	{ 0 }
};

static int run_show(struct context *context, struct args *args)
{
	char *wanted = next_word(args);
	struct nyx_domain domain, *domains;
	size_t nr;
	int err;

	err = begin(context, args);
	if (err)
		return err;
	if (wanted) {
		if (!find_domain(context, wanted, &domain))
			return EXIT_REFUSED;
		show_one(context, "domains", columns, &domain);
		return EXIT_DONE;
	}
	err = nyx_domain_list(context->nyx, &domains, &nr);
	if (err)
		return refuse_nyx(context, err);
	show_list(context, "domains", columns, domains, sizeof(*domains), nr);
	free(domains);
	return EXIT_DONE;
}

static bool parse_mode(struct context *context, struct args *args, const char *given,
		       enum nyx_iommu_domain_mode *mode)
{
	int found = match_word(given, domain_mode_words + 1);

	if (found < 0) {
		usage_error(context, args,
			    "\"%s\" is not a mode: use strict, shared or unmanaged", given);
		return false;
	}
	*mode = found + 1;
	return true;
}

/* ---- add, set ---- */

enum { NAME, MAX_SIZE, MAX_MAPPINGS, THRESHOLD, WINDOW };	/* keywords of both, in this order */

/* A size, or "none". */
static bool parse_limit(const char *word, bool (*parse)(const char *word, uint64_t *value),
			uint64_t *limit)
{
	*limit = 0;
	return !strcmp(word, "none") || (parse(word, limit) && *limit);
}

/* The keywords that add and set share. False: it is no good, and that was said. */
static bool parse_change(struct context *context, struct args *args, int which, char *value,
			 struct nyx_domain_changes *changes)
{
	bool good = true;

	switch (which) {
	case NAME:
		changes->name = value;
		break;
	case MAX_SIZE:
		good = parse_limit(value, parse_size, &changes->max_mapped_bytes);
		changes->has_max_mapped_bytes = true;
		break;
	case MAX_MAPPINGS:
		good = parse_limit(value, parse_number, &changes->max_mappings);
		changes->has_max_mappings = true;
		break;
	case THRESHOLD:
		good = parse_u32(value, &changes->threshold);
		changes->has_threshold = true;
		break;
	case WINDOW:
		good = parse_u32(value, &changes->window);
		changes->has_window = true;
		break;
	}
	if (!good)
		usage_error(context, args, "\"%s\" is not good here: write %s", value,
			    which == MAX_SIZE ? "a size above 0, or none" :
			    which == MAX_MAPPINGS ? "a number above 0, or none" :
			    which == THRESHOLD ? "0 to 1000000" : "0 to 2592000 seconds");
	return good;
}

static int run_add(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		[NAME] = { "name", true }, [MAX_SIZE] = { "maxsize", true },
		[MAX_MAPPINGS] = { "maxmappings", true }, [THRESHOLD] = { "threshold", true },
		[WINDOW] = { "window", true },
		{ "mode", true }, { "owned", false }, { 0 }
	};
	struct nyx_domain_params params = { 0 };
	struct nyx_domain domain;
	uint64_t id;
	char *value;
	int which, err;

	if (args->argc && parse_number(args->argv[0], &id)) {
		if (!id || id > NYX_IOMMU_DOMAIN_ID_MAX)
			return usage_error(context, args, "domain id %s is out of range: 1 to %d",
					   args->argv[0], NYX_IOMMU_DOMAIN_ID_MAX);
		params.id = id;
		next_word(args);
	}
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD ||
		    (which == WINDOW + 1 && !parse_mode(context, args, value, &params.mode)) ||
		    (which <= WINDOW &&
		     !parse_change(context, args, which, value, &params.limits)))
			return EXIT_USAGE;
		if (which == WINDOW + 2)
			params.owned = true;
	}
	params.name = params.limits.name;
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_domain_add(context->nyx, &params, &domain);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		show_one(context, "domains", columns, &domain);
	say(context, "domain %u (%s, %s) added", domain.id, domain.name,
	    word(domain_mode_words, domain.mode));
	if (domain.mode == NYX_IOMMU_DOMAIN_MODE_UNMANAGED)
		say(context, "WARNING: no protection: a device in it reaches all memory of this host");
	return EXIT_DONE;
}

static int run_set(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		[NAME] = { "name", true }, [MAX_SIZE] = { "maxsize", true },
		[MAX_MAPPINGS] = { "maxmappings", true }, [THRESHOLD] = { "threshold", true },
		[WINDOW] = { "window", true },
		{ "state", true }, { 0 }
	};
	struct nyx_domain_changes changes = { 0 };
	struct nyx_domain domain;
	int keyword, state, err;
	char *which, *value;
	bool any = false;

	if (!need_word(context, args, "the domain", &which))
		return EXIT_USAGE;
	while ((keyword = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (keyword == ARGS_BAD || (keyword <= WINDOW &&
		    !parse_change(context, args, keyword, value, &changes)))
			return EXIT_USAGE;
		any = true;
		if (keyword <= WINDOW)
			continue;
		state = match_word(value, domain_state_words);
		if (state != NYX_IOMMU_DOMAIN_STATE_ACTIVE &&
		    state != NYX_IOMMU_DOMAIN_STATE_DISABLED)
			return usage_error(context, args,
					   "\"%s\" is not a state to set: use active or disabled",
					   value);
		changes.has_state = true;
		changes.state = state;
	}
	if (!any)
		return usage_error(context, args, "nothing to set");
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	err = nyx_domain_set(context->nyx, domain.id, &changes);
	if (!err)
		err = nyx_domain_get(context->nyx, domain.id, &domain);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		show_one(context, "domains", columns, &domain);
	say(context, "domain %u (%s) is set, and %s", domain.id, domain.name,
	    word(domain_state_words, domain.state));
	return EXIT_DONE;
}

static int run_del(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "force", false }, { 0 } };
	struct nyx_domain domain;
	bool force = false;
	char *which, *value;
	int keyword, err;

	if (!need_word(context, args, "the domain", &which))
		return EXIT_USAGE;
	while ((keyword = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (keyword == ARGS_BAD)
			return EXIT_USAGE;
		force = true;
	}
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	err = nyx_domain_del(context->nyx, domain.id, force, DELETE_SECONDS * 1000);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_json(context, json_pack("{s:i}", "deleted", (int)domain.id));
	say(context, "domain %u (%s) deleted", domain.id, domain.name);
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "[D]", "All domains, or one (by id or name) in full. -s adds columns.\n",
	  run_show },
	{ "add", "[ID] [name NAME] [mode strict|shared|unmanaged] [owned] [maxsize S] [maxmappings N] [threshold N] [window SECONDS]",
	  "Make a domain: the lowest free id, strict, and there until domain del. owned:\n"
	  "it is undone when nyxctl ends, which makes sense in a batch. The modes: strict\n"
	  "holds one isolation group, and faults fence the device that made them; shared\n"
	  "holds several groups that trust each other with all its memory, and are fenced\n"
	  "together; unmanaged protects nothing: its devices reach all memory. Limits,\n"
	  "threshold and window as in set.\n", run_add },
	{ "del", "D [force]",
	  "Undo a domain: its mappings go. With devices in it only with force: they are\n"
	  "taken out, blocked and reset. Waits until it is undone.\n", run_del },
	{ "set", "D [name NAME] [state active|disabled] [maxsize S] [maxmappings N] [threshold N] [window SECONDS]",
	  "Rename a domain; switch its devices off (they reach nothing, the mappings stay)\n"
	  "and on; limit what it may map (none: no limit); fence its devices off after N\n"
	  "faults (0: never), a count that halves for each window without one (0: never),\n"
	  "where that was not set for a device itself.\n", run_set },
	{ 0 }
};

const struct object domain_object = { "domain", "address spaces that devices are put into",
				      commands };
