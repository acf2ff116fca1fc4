/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's edu device, driven through VFIO: what it reaches, and what not. There is one device.
 */
#ifndef VFIO_EDU_H
#define VFIO_EDU_H

#include "registers.h"
#include "edu.h"
#include "tap.h"
#include "vfio-device.h"

#define PAGE		4096ULL
#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)

/* The device's addresses have 32 bits. */
#define SCRATCH		0x10000000ULL	/* a page that is always mapped */
#define HERE		0x40000000ULL	/* where the tests map things; a multiple of 1 GiB */

/* Where its messages go, and no memory can be. */
#define MSI_START	0xfee00000ULL
#define MSI_END		0xfeefffffULL

#define CHUNK		1024		/* of one DMA */

extern struct vfio vfio;
extern uint8_t *scratch;

/* Populated; NULL where there is no such memory. huge: flags of mmap(). */
uint8_t *memory_of(uint64_t size, int huge);
uint8_t *must_have(uint64_t size);

/* The device is open with what memory is mapped in, scratch is mapped; end() closes as it is. */
void begin(void);
void end(void);

/* One transfer between the device's buffer and an address; not whether anything came. */
void dma(uint64_t iova, bool to_memory);

/* Whether the device gets what is at this address, which is that memory (if it is mapped). */
bool reads(uint64_t iova, uint8_t *memory);

/* What came of its writing there. */
enum outcome { LANDED, UNTOUCHED, MIXED };
enum outcome writes(uint64_t iova, uint8_t *memory);

/* Both, and neither. */
bool reaches(uint64_t iova, uint8_t *memory);
bool reaches_not(uint64_t iova, uint8_t *memory);

/* vfio-irq.c: interrupts, reset and closing. */
void part_msi(void);
void part_line(void);
void part_reset(void);
void part_close(void);

/* vfio-iommufd.c: what only IOMMUFD has, or has in its own way. */
void part_bind(void);
void part_ranges(void);
void part_spaces(void);
void part_move(void);
void part_table(void);

#endif
