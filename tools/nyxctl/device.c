// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl device: PCI functions, and who they work for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "nyxctl.h"
#include "sysfs.h"
#include "words.h"

#define RESET_SECONDS	60	/* default time-out of reset and remove */

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
	if (device.state == NYX_IOMMU_DEVICE_STATE_EXPORTED)
		return refuse(context, -EBUSY, "%s is exported: nyxctl device unexport %s", name,
			      name);
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
	return device_answer(context, id);
}

/* ---- remove, reset ---- */

/* Wait for the reset and tell how it ended. Where nobody asked for one there need not be any. */
static int settle(struct context *context, nyx_device_id id, unsigned int seconds, bool asked,
		  struct nyx_device *device)
{
	char name[DEVICE_NAME];
	int err = nyx_device_settle(context->nyx, id, seconds * 1000, device);

	if (err)
		return refuse_nyx(context, err);
	if (device->reset_error && (asked || device->reset_error != ENOTTY))
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
		if (settle(context, id, seconds, false, &device) != EXIT_DONE)
			return EXIT_REFUSED;
	}
	if (!rebind) {
		say(context, "%s is in no domain and reaches nothing: %s", name, device.cause);
		return device_answer(context, id);
	}
	err = pci_give_back(id);
	if (err)
		return refuse(context, err, "%s cannot be given back to the host: %s", name,
			      strerror(-err));
	pci_driver(id, driver);
	say(context, "%s is the host's again, driver %s", name, driver[0] ? driver : "none");
	return device_answer(context, id);
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
		return device_answer(context, id);
	}
	if (settle(context, id, seconds, true, &device) != EXIT_DONE)
		return EXIT_REFUSED;
	say(context, "%s is reset and %s", name, word(device_state_words, device.state));
	return device_answer(context, id);
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
	if (reset && settle(context, id, seconds, false, &device) != EXIT_DONE)
		return EXIT_REFUSED;
	say(context, "%s is in domain %u (%s, %s) now%s", name, domain.id, domain.name,
	    word(domain_mode_words, domain.mode), reset ? ", reset" : ", not reset");
	return device_answer(context, id);
}

static const struct command commands[] = {
	{ "show", "[DEV] [domain D]",
	  "All PCI functions, those of one domain, or one in full. -s adds columns.\n",
	  run_device_show },
	{ "entry", "DEV",
	  "DEV's entry in its unit's table, field by field, as the unit reads it.\n",
	  run_device_entry },
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
	{ "export", "DEV [unbind] [nobind]",
	  "Offer DEV and its whole isolation group to the kernel's IOMMU API and bind them\n"
	  "to vfio-pci, for QEMU, DPDK and whatever else uses VFIO. A host driver that is\n"
	  "bound to DEV is taken off only with unbind. With nobind no driver is bound.\n",
	  run_export },
	{ "unexport", "DEV [rebind]",
	  "Take DEV and its group back from vfio-pci. They are the host's again; rebind\n"
	  "has the host's drivers look for them.\n", run_unexport },
	{ "set", "DEV [threshold N] [window SECONDS] [auto-reset N/h]",
	  "Fence DEV off after N recorded faults; 0: never. For each window without a fault\n"
	  "what counts towards that halves; 0: never. While DEV is fenced it is reset by\n"
	  "itself, up to N times an hour, each time later; 0: never.\n", run_set },
	{ 0 }
};

const struct object device_object = { "device", "PCI functions, and who they work for", commands };
