/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why something was refused: an errno says which rule, this says it in words
 * and which argument is at fault, so that every front can tell the user.
 */
#ifndef NYX_WHY_H
#define NYX_WHY_H

#include <linux/stdarg.h>
#include <linux/compiler.h>

#define NYX_WHY_MAX	320

/* The argument at fault; a front maps it to its own attribute. */
enum nyx_arg {
	NYX_ARG_NONE,
	NYX_ARG_DEVICE,
	NYX_ARG_DOMAIN,
	NYX_ARG_NAME,
	NYX_ARG_MODE,
	NYX_ARG_IOVA,
	NYX_ARG_LENGTH,
	NYX_ARG_ADDRESS,
	NYX_ARG_PROT,
	NYX_ARG_TYPE,
	NYX_ARG_THRESHOLD,
	NYX_ARG_WINDOW,
	NYX_ARG_AUTO_RESET,
	NYX_ARG_KIND,
	NYX_ARG_TEXT,
	NYX_ARG_STATE,
	NYX_ARG_ATS,
	NYX_ARG_VECTOR,
	NYX_ARG_CPUS,
};

struct nyx_why {
	enum nyx_arg arg;
	int range;		/* which range of a map or unmap, -1: not about a range */
	bool physical;		/* the text has physical addresses: it is for CAP_SYS_ADMIN only */
	char text[NYX_WHY_MAX];
};

/*
 * Record the reason and return err, so that a refusal is one statement:
 *	return nyx_refuse(why, -EBUSY, NYX_ARG_DEVICE, "%s is bound to ...", ...);
 * The text starts with what is wrong and ends with the way out; no newline.
 * why may be NULL.
 */
__printf(4, 5)
int nyx_refuse(struct nyx_why *why, int err, enum nyx_arg arg, const char *fmt, ...);

#endif
