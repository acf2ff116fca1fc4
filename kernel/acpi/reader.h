/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading untrusted, unaligned bytes: a window on a table that cannot be left.
 *
 * A parser cuts a window per structure, after it has checked the structure's length,
 * and reads fields only through the window. So a check that was forgotten shows up
 * as a warning and a zero, never as a read beyond the table.
 */
#ifndef NYX_ACPI_READER_H
#define NYX_ACPI_READER_H

#ifdef __KERNEL__
#include <linux/bug.h>
#include <linux/types.h>
#else
#include "user_types.h"
#endif

struct nyx_bytes {
	const u8 *data;
	u32 len;
	u32 offset;		/* of data[0] in the table */
};

/* Is [at, at + count) inside the window? */
static inline bool nyx_bytes_has(const struct nyx_bytes *b, u32 at, u32 count)
{
	return at <= b->len && count <= b->len - at;
}

/* The part of a window from at on, count bytes; empty when it is not all there. */
static inline struct nyx_bytes nyx_bytes_cut(const struct nyx_bytes *b, u32 at, u32 count)
{
	struct nyx_bytes part = { .data = b->data, .len = 0, .offset = b->offset };

	if (WARN_ON_ONCE(!nyx_bytes_has(b, at, count)))
		return part;
	part.data += at;
	part.offset += at;
	part.len = count;
	return part;
}

/* The part of a window from at to its end. */
static inline struct nyx_bytes nyx_bytes_from(const struct nyx_bytes *b, u32 at)
{
	return nyx_bytes_cut(b, at, at <= b->len ? b->len - at : 0);
}

static inline u8 nyx_bytes_u8(const struct nyx_bytes *b, u32 at)
{
	if (WARN_ON_ONCE(!nyx_bytes_has(b, at, 1)))
		return 0;
	return b->data[at];
}

/* ACPI tables are little-endian; byte by byte needs no alignment. */
static inline u16 nyx_bytes_u16(const struct nyx_bytes *b, u32 at)
{
	return nyx_bytes_u8(b, at) | nyx_bytes_u8(b, at + 1) << 8;
}

static inline u32 nyx_bytes_u32(const struct nyx_bytes *b, u32 at)
{
	return nyx_bytes_u16(b, at) | (u32)nyx_bytes_u16(b, at + 2) << 16;
}

static inline u64 nyx_bytes_u64(const struct nyx_bytes *b, u32 at)
{
	return nyx_bytes_u32(b, at) | (u64)nyx_bytes_u32(b, at + 4) << 32;
}

#endif
