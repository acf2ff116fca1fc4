/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 82574L network card (e1000e): its registers, its transmit ring and what both userspace
 * drivers do with them. Numbers are those of the 82574L datasheet, chapter 10.
 */
#ifndef E1000E_H
#define E1000E_H

#include "sysfs.h"

#define E1000E_REGISTERS	0x4000	/* bytes of BAR 0 that are used */

#define CTRL		0x0000
#define CTRL_RESET	(1 << 26)
#define CTRL_EXT	0x0018
#define CTRL_EXT_PBA	(1U << 31)	/* MSI-X */
#define ICR		0x00c0
#define IMS		0x00d0
#define IMC		0x00d8
#define EIAC		0x00dc		/* causes that sending the message clears */
#define IVAR		0x00e4		/* which vector tells of which cause */
#define IVAR_TX0(n)	((0x8 | (n)) << 8)
#define CAUSE_TX0	(1 << 22)
#define TCTL		0x0400
#define TCTL_ENABLE	(1 << 1)
#define TDBAL		0x3800
#define TDBAH		0x3804
#define TDLEN		0x3808
#define TDH		0x3810
#define TDT		0x3818

/* 7.2.10: legacy transmit descriptor. */
struct descriptor {
	uint64_t address;
	uint16_t length;
	uint8_t checksum_offset, command, status, checksum_start;
	uint16_t special;
};

_Static_assert(sizeof(struct descriptor) == 16, "transmit descriptor");

#define COMMAND_END		1	/* the whole packet */
#define COMMAND_FCS		2
#define COMMAND_REPORT		8
#define STATUS_DONE		1

/* Silent, whatever a driver left. */
static inline void e1000e_reset(volatile uint8_t *regs)
{
	write32(regs, IMC, UINT32_MAX);
	write32(regs, CTRL, read32(regs, CTRL) | CTRL_RESET);
	usleep(20000);
	write32(regs, IMC, UINT32_MAX);
}

/* Transmit from a ring of that many descriptors at iova, which is empty. */
static inline void e1000e_start(volatile uint8_t *regs, uint64_t iova, unsigned int entries)
{
	write32(regs, TDBAL, iova);
	write32(regs, TDBAH, iova >> 32);
	write32(regs, TDLEN, entries * sizeof(struct descriptor));
	write32(regs, TDH, 0);
	write32(regs, TDT, 0);
	write32(regs, TCTL, TCTL_ENABLE);
}

/* One packet, in descriptor at of that many. */
static inline void e1000e_send(volatile uint8_t *regs, volatile struct descriptor *ring,
			       unsigned int at, unsigned int entries, uint64_t address,
			       uint16_t length)
{
	ring[at].address = address;
	ring[at].length = length;
	ring[at].status = 0;
	ring[at].command = COMMAND_END | COMMAND_FCS | COMMAND_REPORT;
	write32(regs, TDT, (at + 1) % entries);
}

#endif
