/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's numbers in words. Pure: no system call.
 */
#ifndef NYXCTL_WORDS_H
#define NYXCTL_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* Word lists indexed by the enum of the same name in the uAPI, ended by NULL. */
extern const char *const unit_state_words[];
extern const char *const device_state_words[];
extern const char *const domain_mode_words[];	/* index 0 is unused: "?" */
extern const char *const domain_state_words[];
extern const char *const mapping_type_words[];	/* index 0 is unused: "?" */
extern const char *const pt_format_words[];
extern const char *const fault_kind_words[];
extern const char *const remapping_state_words[];
extern const char *const holder_kind_words[];
extern const char *const irq_type_words[];
extern const char *const delivery_words[];	/* by the local APIC's number */
extern const char *const arrival_action_words[];
extern const char *const device_flag_words[];	/* by bit */

/* words[value], or "?" when the kernel is newer than this list. */
const char *word(const char *const *words, unsigned int value);
/* "read write", "read", "write", "none" */
const char *prot_words(uint32_t prot);
/*
 * What a page-table entry at level (1 to 4) says, to a person: "table at
 * 0x1000, read write", "2 MiB page at 0x200000, read, snooped", "not present".
 */
const char *entry_words(unsigned int format, unsigned int level, uint64_t entry, char *buf,
			size_t len);

#endif
