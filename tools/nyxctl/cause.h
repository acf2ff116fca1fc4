/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a fault happened, in plain words. Pure: no system call.
 */
#ifndef NYXCTL_CAUSE_H
#define NYXCTL_CAUSE_H

#include "libnyx_why.h"

extern const char *const fault_cause_words[];
extern const char *const obstacle_words[];

/* What the device tried: "write to 0x1000", "interrupt", "request". */
const char *access_text(const struct nyx_fault *fault, char *buf, size_t len);
/* And why that failed: "unmapped 3.2 s earlier (0x1000-0x1fff, read write)". */
const char *cause_text(const struct nyx_explanation *explanation, char *buf, size_t len);
/* "3.2 s", "15 ms", "2 h 5 min" */
const char *age_text(uint64_t ns, char *buf, size_t len);

#endif
