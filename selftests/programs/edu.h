/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of QEMU's edu device (1234:11e8), from docs/specs/edu.rst of QEMU.
 *
 * It has a buffer of 4 KiB that only its own DMA engine can reach. QEMU aborts on a transfer of
 * all of it, so a transfer is 2048 bytes at most. An interrupt is raised by writing why, which
 * the status holds until that is acknowledged.
 */
#ifndef EDU_H
#define EDU_H

#define EDU_ID			0x00
#define EDU_LIVENESS		0x04
#define EDU_STATUS		0x24
#define EDU_RAISE		0x60
#define EDU_ACKNOWLEDGE		0x64
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		1ULL
#define EDU_DMA_TO_MEMORY	2ULL

#define EDU_BUFFER		0x40000
#define EDU_BUFFER_SIZE		4096
#define EDU_TRANSFER_MAX	2048

#endif
