// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl device set: what becomes of a device for its faults.
 */
#include <stdio.h>
#include <string.h>

#include "device.h"

/* "3/h", or "0" */
static bool parse_rate(const char *word, uint32_t *per_hour)
{
	char number[16];
	size_t len = strlen(word);

	if (len > 2 && !strcmp(word + len - 2, "/h"))
		len -= 2;
	else if (strcmp(word, "0"))
		return false;
	if (len >= sizeof(number))
		return false;
	memcpy(number, word, len);
	number[len] = '\0';
	return parse_u32(number, per_hour);
}

static void tell(struct context *context, nyx_device_id id,
		 const struct nyx_device_changes *changes)
{
	char name[DEVICE_NAME];

	format_device(id, name);
	if (changes->has_threshold && changes->threshold)
		say(context, "%s is fenced off after %u faults", name, changes->threshold);
	else if (changes->has_threshold)
		say(context, "%s is never fenced off for faults", name);
	if (changes->has_window && changes->window)
		say(context, "what counts towards that halves for each %u seconds without a fault",
		    changes->window);
	else if (changes->has_window)
		say(context, "what counts towards that stays until a reset");
	if (changes->has_auto_reset && changes->auto_reset)
		say(context, "while it is fenced %s is reset by itself, up to %u times an hour",
		    name, changes->auto_reset);
	else if (changes->has_auto_reset)
		say(context, "%s stays fenced until it is reset by hand", name);
}

int run_set(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = {
		{ "threshold", true }, { "window", true }, { "auto-reset", true }, { 0 }
	};
	struct nyx_device_changes changes = { 0 };
	nyx_device_id id;
	int which, err;
	char *word;

	if (!need_device(context, args, &id))
		return EXIT_USAGE;
	while ((which = next_keyword(context, args, keywords, &word)) != ARGS_END) {
		switch (which) {
		case 0:
			if (!parse_u32(word, &changes.threshold))
				return usage_error(context, args,
						   "\"%s\" is not a threshold: write 1 to 1000000 faults, or 0 for never",
						   word);
			changes.has_threshold = true;
			break;
		case 1:
			if (!parse_u32(word, &changes.window))
				return usage_error(context, args,
						   "\"%s\" is not a window: write 1 to 2592000 seconds, or 0 for never",
						   word);
			changes.has_window = true;
			break;
		case 2:
			if (!parse_rate(word, &changes.auto_reset))
				return usage_error(context, args,
						   "\"%s\" is not a number of resets an hour: write 1/h to 60/h, or 0 for none",
						   word);
			changes.has_auto_reset = true;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (!changes.has_threshold && !changes.has_window && !changes.has_auto_reset)
		return usage_error(context, args, "nothing to set");
	if (!connect_kernel(context))
		return EXIT_REFUSED;
	err = nyx_device_set(context->nyx, id, &changes);
	if (err)
		return refuse_nyx(context, err);
	tell(context, id, &changes);
	return device_answer(context, id);
}
