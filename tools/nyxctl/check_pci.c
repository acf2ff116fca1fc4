// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl check: which PCI functions hardware cannot tell apart, read from
 * configuration space while the module is not there to say.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "parse.h"

#define DEVICES		"/sys/bus/pci/devices"
#define CONFIG_SIZE	4096

/* PCI and PCI Express base specifications: configuration space. */
#define STATUS			0x06
#define STATUS_CAPABILITIES	0x10
#define CLASS			0x0a
#define CLASS_BRIDGE_PCI	0x0604
#define CAPABILITIES		0x34
#define CAP_EXPRESS		0x10
#define EXPRESS_TYPE(flags)	((flags) >> 4 & 0xf)
#define TYPE_ROOT_PORT		4
#define TYPE_DOWNSTREAM		6
#define TYPE_PCI_BRIDGE		7
#define EXTENDED		0x100
#define EXT_ACS			0x000d

struct config {
	unsigned char bytes[CONFIG_SIZE];
	size_t size;
};

static uint32_t read32(const struct config *config, unsigned int at)
{
	const unsigned char *b = config->bytes + at;

	if (at + 4 > config->size)
		return 0;
	return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint16_t read16(const struct config *config, unsigned int at)
{
	return read32(config, at & ~3U) >> (8 * (at & 2));
}

/* The offset of the PCI Express capability, or 0. */
static unsigned int express(const struct config *config)
{
	unsigned int at, tries = 48;	/* a broken list may be a ring */

	if (!(read16(config, STATUS) & STATUS_CAPABILITIES))
		return 0;
	for (at = read32(config, CAPABILITIES) & 0xfc; at >= 0x40 && tries--;
	     at = read32(config, at) >> 8 & 0xfc)
		if ((read32(config, at) & 0xff) == CAP_EXPRESS)
			return at;
	return 0;
}

static bool has_acs(const struct config *config)
{
	unsigned int at = EXTENDED, tries = CONFIG_SIZE / 8;

	while (at >= EXTENDED && tries--) {
		uint32_t header = read32(config, at);

		if (!header)
			return false;
		if ((header & 0xffff) == EXT_ACS)
			return true;
		at = header >> 20 & ~3U;
	}
	return false;
}

static bool read_config(const struct check *check, const char *name, struct config *config)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s" DEVICES "/%s/config", check->root, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	config->size = fread(config->bytes, 1, sizeof(config->bytes), file);
	fclose(file);
	return config->size >= 64;
}

static void check_bridge(struct check *check, const char *name, const struct config *config,
			 unsigned int *found)
{
	unsigned int at = express(config), type;

	type = at ? EXPRESS_TYPE(read16(config, at + 2)) : 0;
	if (!at || type == TYPE_PCI_BRIDGE) {
		find(check, LEVEL_NOTE, "groups",
		     "",
		     "all functions behind the bridge %s are one group: plain PCI has no requester ids",
		     name);
		++*found;
	} else if ((type == TYPE_ROOT_PORT || type == TYPE_DOWNSTREAM) && !has_acs(config)) {
		find(check, LEVEL_WARN, "groups",
		     "assign all of its functions together, or move the card to another slot",
		     "the port %s has no ACS: what is behind it is one group, perhaps with its neighbours",
		     name);
		++*found;
	}
}

void check_pci(struct check *check)
{
	unsigned int found = 0, short_reads = 0;
	struct config *config;
	char path[512];
	struct dirent **names;
	int i, nr;

	snprintf(path, sizeof(path), "%s" DEVICES, check->root);
	nr = scandir(path, &names, NULL, alphasort);
	if (nr < 0)
		return;
	config = calloc(1, sizeof(*config));
	for (i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		if (config && name[0] != '.' && read_config(check, name, config) &&
		    read16(config, CLASS) == CLASS_BRIDGE_PCI) {
			if (config->size <= 64)
				short_reads++;
			else
				check_bridge(check, name, config, &found);
		}
		free(names[i]);
	}
	free(names);
	free(config);
	if (short_reads)
		find(check, LEVEL_NOTE, "groups",
		     "run nyxctl check as root", "not looked at: configuration space needs root");
	else if (!found)
		find(check, LEVEL_OK, "groups", "", "every port can isolate what is behind it");
}
