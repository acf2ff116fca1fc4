/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers and device table entries, field by field, under the names that the
 * specifications give them. Pure: no system call.
 */
#ifndef NYXCTL_DECODE_H
#define NYXCTL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field {
	const char *name;
	uint8_t word;			/* of an entry; 0 for a register */
	uint8_t high, low;		/* bits of that word */
	const char *what;
	/* What the value means; NULL: the number says it. */
	const char *(*say)(uint64_t value, char *buf, size_t len);
};

/* Ends with .name NULL. */
struct layout {
	const char *name;		/* the register's, or "entry" */
	const struct field *fields;
};

#define LAYOUTS		4		/* as many registers as the module shows, in its order */

/* By vendor, as the module's status names it: "vtd", "amdvi"; NULL: not known here. */
const struct layout *register_layouts(const char *vendor);
const struct layout *entry_layout(const char *vendor);
/* Words that an entry of the layout has. */
unsigned int layout_words(const struct layout *layout);

uint64_t field_value(const struct field *field, const uint64_t *words);
/* "63:12", "0"; in an entry counted over all its words. */
const char *field_bits(const struct field *field, char *buf, size_t len);
/* "65536 domain ids", "yes", "0x1000" */
const char *field_meaning(const struct field *field, uint64_t value, char *buf, size_t len);

/* decode_vtd.c, decode_amdvi.c */
extern const struct layout vtd_registers[LAYOUTS], vtd_entry;
extern const struct layout amdvi_registers[LAYOUTS], amdvi_entry;

#endif
