/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device's registers, wherever they were mapped from, and the time that it takes.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <time.h>

#include "common.h"

static inline uint32_t read32(volatile uint8_t *regs, unsigned int at)
{
	return *(volatile uint32_t *)(regs + at);
}

static inline uint64_t read64(volatile uint8_t *regs, unsigned int at)
{
	return *(volatile uint64_t *)(regs + at);
}

static inline void write32(volatile uint8_t *regs, unsigned int at, uint32_t value)
{
	*(volatile uint32_t *)(regs + at) = value;
}

static inline void write64(volatile uint8_t *regs, unsigned int at, uint64_t value)
{
	*(volatile uint64_t *)(regs + at) = value;
}

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#endif
