// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl device: PCI functions, and who they work for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nyxctl.h"
#include "sysfs.h"
#include "words.h"

#define RESET_SECONDS	60	/* default time-out of reset and remove */

GET_WORD(nyx_device, state, device_state_words)
GET_TEXT(nyx_device, cause)
GET_NUMBER(nyx_device, since)
GET_TEXT(nyx_device, group_cause)
GET_NUMBER(nyx_device, threshold)
GET_NUMBER(nyx_device, faults)
GET_NUMBER(nyx_device, faults_since_reset)
GET_NUMBER(nyx_device, resets)

static json_t *get_device(const void *row)
{
	char name[DEVICE_NAME];

	return json_string(format_device(((const struct nyx_device *)row)->id, name));
}

static json_t *get_description(const void *row)
{
	char text[128];

	return json_string(pci_name(((const struct nyx_device *)row)->id, text, sizeof(text)));
}

static json_t *get_driver(const void *row)
{
	char name[DRIVER_NAME];

	pci_driver(((const struct nyx_device *)row)->id, name);
	return name[0] ? json_string(name) : NULL;
}

static json_t *get_unit(const void *row)
{
	const struct nyx_device *device = row;

	return device->has_unit ? json_integer(device->unit) : NULL;
}

static json_t *get_group(const void *row)
{
	const struct nyx_device *device = row;

	return device->group ? json_integer(device->group) : NULL;
}

static json_t *get_domain(const void *row)
{
	const struct nyx_device *device = row;

	return device->domain ? json_integer(device->domain) : NULL;
}

static json_t *get_flags(const void *row)
{
	const struct nyx_device *device = row;
	json_t *list = json_array();
	int bit;

	for (bit = 0; device_flag_words[bit]; bit++)
		if (device->flags & 1U << bit)
			json_array_append_new(list, json_string(device_flag_words[bit]));
	return list;
}

static json_t *get_aliases(const void *row)
{
	const struct nyx_device *device = row;
	char name[DEVICE_NAME];
	json_t *list;
	uint32_t i;

	if (!device->nr_aliases)
		return NULL;
	list = json_array();
	for (i = 0; i < device->nr_aliases; i++)
		json_array_append_new(list, json_string(format_device(device->aliases[i], name)));
	return list;
}

static json_t *get_reset_error(const void *row)
{
	const struct nyx_device *device = row;

	return device->reset_error ? json_string(strerror(device->reset_error)) : NULL;
}

static json_t *get_reserved(const void *row)
{
	const struct nyx_device *device = row;
	char text[48];

	if (!device->reserved_last)
		return NULL;
	snprintf(text, sizeof(text), "0x%llx-0x%llx", (unsigned long long)device->reserved_base,
		 (unsigned long long)device->reserved_last);
	return json_string(text);
}

static json_t *get_entry(const void *row)
{
	const struct nyx_device *device = row;
	json_t *list;
	uint32_t i;

	if (!device->nr_entry_words)
		return NULL;
	list = json_array();
	for (i = 0; i < device->nr_entry_words; i++)
		json_array_append_new(list, hex(device->entry[i]));
	return list;
}

static const struct column columns[] = {
	{ "device", "DEVICE", FORMAT_TEXT, 0, get_device },
	{ "state", "STATE", FORMAT_TEXT, 0, get_state },
	{ "domain", "DOMAIN", FORMAT_NUMBER, 0, get_domain },
	{ "group", "GROUP", FORMAT_NUMBER, 0, get_group },
	{ "unit", "UNIT", FORMAT_NUMBER, 0, get_unit },
	{ "driver", "DRIVER", FORMAT_TEXT, 0, get_driver },
	{ "faults", "FAULTS", FORMAT_NUMBER, 0, get_faults },
	{ "faults_since_reset", "SINCE RESET", FORMAT_NUMBER, SHOW_STATS, get_faults_since_reset },
	{ "threshold", "THRESHOLD", FORMAT_NUMBER, SHOW_STATS, get_threshold },
	{ "resets", "RESETS", FORMAT_NUMBER, SHOW_STATS, get_resets },
	{ "reset_error", "LAST RESET FAILED", FORMAT_TEXT, SHOW_DETAIL, get_reset_error },
	{ "flags", "FLAGS", FORMAT_TEXT, SHOW_STATS, get_flags },
	{ "cause", "CAUSE", FORMAT_TEXT, SHOW_DETAIL, get_cause },
	{ "since", "SINCE", FORMAT_TIME, SHOW_DETAIL, get_since },
	{ "group_cause", "GROUP BOUND BY", FORMAT_TEXT, SHOW_DETAIL, get_group_cause },
	{ "aliases", "ALSO SEEN AS", FORMAT_TEXT, SHOW_DETAIL, get_aliases },
	{ "reserved", "RESERVED MEMORY", FORMAT_TEXT, SHOW_DETAIL, get_reserved },
	{ "entry", "TABLE ENTRY", FORMAT_TEXT, SHOW_DETAIL, get_entry },
	{ "description", "DESCRIPTION", FORMAT_TEXT, 0, get_description },
	{ 0 }
};

/* ---- show, set ---- */

static int run_show(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "domain", true }, { 0 } };
	struct nyx_device device, *devices;
	struct nyx_domain domain = { 0 };
	bool one = false;
	uint32_t id = 0;
	char *word;
	size_t nr;
	int err;

	if (args->argc && parse_device(args->argv[0], &id)) {
		one = true;
		next_word(args);
		if (!no_more_words(context, args))
			return EXIT_USAGE;
	}
	if (args->argc) {
		switch (next_keyword(context, args, keywords, &word)) {
		case 0:
			if (!no_more_words(context, args))
				return EXIT_USAGE;
			if (!find_domain(context, word, &domain))
				return EXIT_REFUSED;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	if (one) {
		err = nyx_device_get(context->nyx, id, &device);
		if (err)
			return refuse_nyx(context, err);
		show_one(context, "devices", columns, &device);
		return EXIT_DONE;
	}
	err = nyx_device_list(context->nyx, domain.id, &devices, &nr);
	if (err)
		return refuse_nyx(context, err);
	show_list(context, "devices", columns, devices, sizeof(*devices), nr);
	free(devices);
	return EXIT_DONE;
}

/* In JSON mode a change answers with the device as it now is. */
static int answer(struct context *context, nyx_device_id id)
{
	struct nyx_device device;
	int err;

	if (!context->json)
		return EXIT_DONE;
	err = nyx_device_get(context->nyx, id, &device);
	if (err)
		return refuse_nyx(context, err);
	show_one(context, "devices", columns, &device);
	return EXIT_DONE;
}

static int run_set(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "threshold", true }, { 0 } };
	uint64_t threshold;
	nyx_device_id id;
	char name[DEVICE_NAME], *word;
	int err;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	switch (next_keyword(context, args, keywords, &word)) {
	case 0:
		break;
	case ARGS_END:
		return usage_error(context, args, "nothing to set");
	default:
		return EXIT_USAGE;
	}
	if (!parse_number(word, &threshold) || threshold > UINT32_MAX)
		return usage_error(context, args, "\"%s\" is not a threshold: write 0 to %u", word,
				   UINT32_MAX);
	if (!no_more_words(context, args))
		return EXIT_USAGE;
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_device_set_threshold(context->nyx, id, threshold);
	if (err)
		return refuse_nyx(context, err);
	if (threshold)
		say(context, "%s is fenced off after %u faults", format_device(id, name),
		    (unsigned int)threshold);
	else
		say(context, "%s is never fenced off for faults", format_device(id, name));
	return answer(context, id);
}

/* ---- assign ---- */

/* Bring the device to the stub driver. EXIT_DONE, or refused with the way out. */
static int take_device(struct context *context, nyx_device_id id, const char *domain,
		       bool may_unbind, char old[DRIVER_NAME])
{
	char name[DEVICE_NAME];
	int err;

	format_device(id, name);
	if (!pci_exists(id))
		return refuse(context, -ENODEV, "no PCI function %s here: see nyxctl device show",
			      name);
	pci_driver(id, old);
	if (old[0] && strcmp(old, STUB_DRIVER) && !may_unbind)
		return refuse(context, -EBUSY,
			      "%s is in use by the host's driver %s. To take it away from that driver: nyxctl device assign %s domain %s unbind",
			      name, old, name, domain);
	err = pci_take(id, old);
	if (err)
		return refuse(context, err, "%s cannot be bound to %s: %s%s", name, STUB_DRIVER,
			      strerror(-err), err == -EACCES || err == -EPERM ?
			      " (run it as root)" : "");
	return EXIT_DONE;
}

static int run_assign(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		{ "domain", true }, { "unbind", false }, { "allow-reserved", false },
		{ "ats", false }, { 0 }
	};
	char old[DRIVER_NAME], name[DEVICE_NAME], *value, *domain_word = NULL;
	struct nyx_domain domain;
	struct nyx_device device;
	bool may_unbind = false;
	uint32_t options = 0;
	nyx_device_id id;
	int which, err;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD)
			return EXIT_USAGE;
		switch (which) {
		case 0:
			domain_word = value;
			break;
		case 1:
			may_unbind = true;
			break;
		case 2:
			options |= NYX_ASSIGN_ALLOW_RESERVED;
			break;
		default:
			options |= NYX_ASSIGN_ATS;
		}
	}
	if (!domain_word)
		return usage_error(context, args, "the domain is missing");
	if (!find_domain(context, domain_word, &domain))
		return EXIT_REFUSED;
	/* Ask the module first: a device it does not know is not worth unbinding. */
	err = nyx_device_get(context->nyx, id, &device);
	if (err)
		return refuse_nyx(context, err);
	format_device(id, name);
	if (device.domain == domain.id)
		return refuse(context, -EBUSY, "%s is in domain %u (%s) already", name, domain.id,
			      domain.name);
	if (device.domain)
		return refuse(context, -EBUSY,
			      "%s is in domain %u. To move it: nyxctl device move %s domain %s",
			      name, device.domain, name, domain_word);
	if (device.flags & (NYX_IOMMU_DEVICE_FLAG_BRIDGE | NYX_IOMMU_DEVICE_FLAG_UNIT_FUNCTION))
		return refuse(context, -EPERM, "%s is %s: it cannot be assigned", name,
			      device.flags & NYX_IOMMU_DEVICE_FLAG_BRIDGE ?
			      "a bridge" : "the IOMMU itself");
	if (take_device(context, id, domain_word, may_unbind, old) != EXIT_DONE)
		return EXIT_REFUSED;
	err = nyx_device_assign(context->nyx, id, domain.id, options);
	if (err) {
		refuse_nyx(context, err);
		err = strcmp(old, STUB_DRIVER) ? pci_restore(id, old) : 0;
		if (err)
			fprintf(stderr,
				"nyxctl: and %s could not go back to %s: %s. Try: echo %s > /sys/bus/pci/drivers_probe\n",
				name, old[0] ? old : "no driver", strerror(-err), name);
		return EXIT_REFUSED;
	}
	say(context, "%s is in domain %u (%s, %s)%s%s%s", name, domain.id, domain.name,
	    word(domain_mode_words, domain.mode),
	    options & NYX_ASSIGN_ATS ? " with ATS: it is trusted with all memory" : "",
	    old[0] && strcmp(old, STUB_DRIVER) ? ", taken from driver " : "",
	    strcmp(old, STUB_DRIVER) ? old : "");
	return answer(context, id);
}

/* ---- remove, reset ---- */

/* Wait for the reset and tell how it ended. */
static int settle(struct context *context, nyx_device_id id, unsigned int seconds,
		  struct nyx_device *device)
{
	char name[DEVICE_NAME];
	int err = nyx_device_settle(context->nyx, id, seconds * 1000, device);

	if (err)
		return refuse_nyx(context, err);
	if (device->reset_error && device->reset_error != ENOTTY)
		return refuse(context, -(int)device->reset_error,
			      "the reset of %s failed: %s; it is %s: %s", format_device(id, name),
			      strerror(device->reset_error), word(device_state_words, device->state),
			      device->cause);
	return EXIT_DONE;
}

static bool parse_seconds(struct context *context, struct args *args, const char *word,
			  unsigned int *seconds)
{
	uint64_t number;

	if (!parse_number(word, &number) || number > 3600) {
		usage_error(context, args, "\"%s\" is not a time-out: write 0 to 3600 seconds",
			    word);
		return false;
	}
	*seconds = number;
	return true;
}

static int run_remove(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		{ "rebind", false }, { "timeout", true }, { 0 }
	};
	unsigned int seconds = RESET_SECONDS;
	char name[DEVICE_NAME], driver[DRIVER_NAME], *value;
	struct nyx_device device;
	bool rebind = false;
	nyx_device_id id;
	int which, err;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD ||
		    (which == 1 && !parse_seconds(context, args, value, &seconds)))
			return EXIT_USAGE;
		if (which == 0)
			rebind = true;
	}
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	format_device(id, name);
	err = nyx_device_get(context->nyx, id, &device);
	if (err)
		return refuse_nyx(context, err);
	/* Removed before, and held by the stub: then rebind is all that is asked for. */
	if (!rebind || device.domain) {
		err = nyx_device_remove(context->nyx, id);
		if (err)
			return refuse_nyx(context, err);
		if (settle(context, id, seconds, &device) != EXIT_DONE)
			return EXIT_REFUSED;
	}
	if (!rebind) {
		say(context, "%s is in no domain and reaches nothing: %s", name, device.cause);
		return answer(context, id);
	}
	err = pci_give_back(id);
	if (err)
		return refuse(context, err, "%s cannot be given back to the host: %s", name,
			      strerror(-err));
	pci_driver(id, driver);
	say(context, "%s is the host's again, driver %s", name, driver[0] ? driver : "none");
	return answer(context, id);
}

static int run_reset(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		{ "timeout", true }, { "nowait", false }, { 0 }
	};
	unsigned int seconds = RESET_SECONDS;
	char name[DEVICE_NAME], *value;
	struct nyx_device device;
	bool wait = true;
	nyx_device_id id;
	int which, err;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD ||
		    (which == 0 && !parse_seconds(context, args, value, &seconds)))
			return EXIT_USAGE;
		if (which == 1)
			wait = false;
	}
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	format_device(id, name);
	err = nyx_device_reset(context->nyx, id);
	if (err)
		return refuse_nyx(context, err);
	if (!wait) {
		say(context, "%s is being reset", name);
		return answer(context, id);
	}
	if (settle(context, id, seconds, &device) != EXIT_DONE)
		return EXIT_REFUSED;
	say(context, "%s is reset and %s", name, word(device_state_words, device.state));
	return answer(context, id);
}

static int run_move(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		{ "domain", true }, { "noreset", false }, { "timeout", true }, { 0 }
	};
	char name[DEVICE_NAME], *value, *domain_word = NULL;
	unsigned int seconds = RESET_SECONDS;
	struct nyx_domain domain;
	struct nyx_device device;
	nyx_device_id id;
	bool reset = true;
	int which, err;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (which == ARGS_BAD ||
		    (which == 2 && !parse_seconds(context, args, value, &seconds)))
			return EXIT_USAGE;
		if (which == 0)
			domain_word = value;
		if (which == 1)
			reset = false;
	}
	if (!domain_word)
		return usage_error(context, args, "the domain is missing");
	if (!find_domain(context, domain_word, &domain))
		return EXIT_REFUSED;
	format_device(id, name);
	err = nyx_device_move(context->nyx, id, domain.id, reset);
	if (err)
		return refuse_nyx(context, err);
	if (reset && settle(context, id, seconds, &device) != EXIT_DONE)
		return EXIT_REFUSED;
	say(context, "%s is in domain %u (%s, %s) now%s", name, domain.id, domain.name,
	    word(domain_mode_words, domain.mode), reset ? ", reset" : ", not reset");
	return answer(context, id);
}

static const struct command commands[] = {
	{ "show", "[DEV] [domain D]",
	  "All PCI functions, those of one domain, or one in full. -s adds columns.\n", run_show },
	{ "assign", "DEV domain D [unbind] [allow-reserved] [ats]",
	  "Put DEV into domain D (id or name): from then on it reaches what the domain\n"
	  "maps, and nothing else. A host driver that is bound to it is taken off only\n"
	  "with unbind. On failure the old driver gets it back. Memory that firmware ties\n"
	  "DEV to is mapped for it with allow-reserved; without, such a DEV is refused.\n"
	  "With ats it may keep translations and send addresses as translated, which\n"
	  "nothing checks: DEV is then trusted with all memory.\n",
	  run_assign },
	{ "move", "DEV domain D [noreset] [timeout SECONDS]",
	  "Take DEV out of its domain and put it into D. It never reaches both: it is\n"
	  "blocked and reset in between. With noreset it goes on with what it was told.\n",
	  run_move },
	{ "remove", "DEV [rebind] [timeout SECONDS]",
	  "Take DEV out of its domain: blocked, then reset. It stays with the stub\n"
	  "driver; rebind gives it back to the host's drivers.\n", run_remove },
	{ "reset", "DEV [timeout SECONDS] [nowait]",
	  "Reset DEV, lift its quarantine and let it back to its domain. Waits for the\n"
	  "outcome, 60 seconds by default.\n", run_reset },
	{ "set", "DEV threshold N",
	  "Fence DEV off after N recorded faults; 0: never.\n", run_set },
	{ 0 }
};

const struct object device_object = { "device", "PCI functions, and who they work for", commands };
