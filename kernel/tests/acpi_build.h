/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Builds DMAR, IVRS and MADT tables with correct lengths and checksums, and reads a table from
 * a buffer of exactly its size, so that a read beyond it is seen (KASAN, ASan).
 */
#ifndef NYX_TEST_ACPI_BUILD_H
#define NYX_TEST_ACPI_BUILD_H

#ifdef __KERNEL__
#include <linux/slab.h>
#include <linux/string.h>
#endif
#include "../acpi/desc.h"

#define ACPI_BUILD_MAX	4096

struct acpi_build {
	u8 data[ACPI_BUILD_MAX];
	u32 len;
	u32 structure;		/* where the one being built starts */
};

static inline void acpi_set(struct acpi_build *b, u32 at, u32 size, u64 value)
{
	u32 i;

	for (i = 0; i < size; i++)
		b->data[at + i] = value >> (8 * i);
}

static inline void acpi_put(struct acpi_build *b, u32 size, u64 value)
{
	if (b->len + size > ACPI_BUILD_MAX)
		return;
	acpi_set(b, b->len, size, value);
	b->len += size;
}

static inline void acpi_bytes(struct acpi_build *b, const char *bytes, u32 count)
{
	while (count--)
		acpi_put(b, 1, (u8)*bytes++);
}

/* A string in a field of fixed size, zero-filled. */
static inline void acpi_string(struct acpi_build *b, const char *text, u32 size)
{
	u32 i, n = strlen(text);

	for (i = 0; i < size; i++)
		acpi_put(b, 1, i < n ? (u8)text[i] : 0);
}

static inline void acpi_begin(struct acpi_build *b, const char *signature, u8 revision)
{
	memset(b, 0, sizeof(*b));
	acpi_bytes(b, signature, 4);
	acpi_put(b, 4, 0);
	acpi_put(b, 1, revision);
	acpi_put(b, 1, 0);
	acpi_string(b, "NYXTST", 6);
	acpi_string(b, "NYXTABLE", 8);
	acpi_put(b, 4, 1);
	acpi_string(b, "NYX", 4);
	acpi_put(b, 4, 1);
}

/* Makes the checksum right again after bytes were changed. */
static inline void acpi_checksum(u8 *data, u32 len)
{
	u8 sum = 0;
	u32 i;

	if (len < 10)
		return;
	data[9] = 0;
	for (i = 0; i < len; i++)
		sum += data[i];
	data[9] = -sum;
}

static inline void acpi_finish(struct acpi_build *b)
{
	acpi_set(b, 4, 4, b->len);
	acpi_checksum(b->data, b->len);
}

/* Ends a structure: its length is at 2 in both tables. */
static inline void acpi_end(struct acpi_build *b)
{
	acpi_set(b, b->structure + 2, 2, b->len - b->structure);
}

/* DMAR. */

static inline void dmar_begin(struct acpi_build *b, u8 width, u8 flags)
{
	acpi_begin(b, "DMAR", 1);
	acpi_put(b, 1, width - 1);
	acpi_put(b, 1, flags);
	acpi_string(b, "", 10);
}

static inline void dmar_structure(struct acpi_build *b, u16 type)
{
	b->structure = b->len;
	acpi_put(b, 2, type);
	acpi_put(b, 2, 0);
}

static inline void dmar_drhd(struct acpi_build *b, u8 flags, u16 segment, u64 base)
{
	dmar_structure(b, 0);
	acpi_put(b, 1, flags);
	acpi_put(b, 1, 0);
	acpi_put(b, 2, segment);
	acpi_put(b, 8, base);
	acpi_end(b);
}

static inline void dmar_rmrr(struct acpi_build *b, u16 segment, u64 base, u64 last)
{
	dmar_structure(b, 1);
	acpi_put(b, 2, 0);
	acpi_put(b, 2, segment);
	acpi_put(b, 8, base);
	acpi_put(b, 8, last);
	acpi_end(b);
}

/* A scope of the structure being built; path: two bytes a hop. */
static inline void dmar_scope(struct acpi_build *b, u8 type, u8 enum_id, u8 bus, const char *path,
			      u32 hops)
{
	acpi_put(b, 1, type);
	acpi_put(b, 1, 6 + 2 * hops);
	acpi_put(b, 2, 0);
	acpi_put(b, 1, enum_id);
	acpi_put(b, 1, bus);
	acpi_bytes(b, path, 2 * hops);
	acpi_end(b);
}

/* IVRS. */

static inline void ivrs_begin(struct acpi_build *b, u8 revision, u32 ivinfo)
{
	acpi_begin(b, "IVRS", revision);
	acpi_put(b, 4, ivinfo);
	acpi_put(b, 8, 0);
}

static inline void ivrs_block(struct acpi_build *b, u8 type, u8 flags)
{
	b->structure = b->len;
	acpi_put(b, 1, type);
	acpi_put(b, 1, flags);
	acpi_put(b, 2, 0);
}

static inline void ivrs_ivhd(struct acpi_build *b, u8 type, u16 segment, u16 rid, u64 base)
{
	ivrs_block(b, type, 0xb0);
	acpi_put(b, 2, rid);
	acpi_put(b, 2, 0x40);
	acpi_put(b, 8, base);
	acpi_put(b, 2, segment);
	acpi_put(b, 2, 0);
	acpi_put(b, 4, 0x40200);
	if (type != 0x10) {
		acpi_put(b, 8, 0x58f77ef22294adeULL);
		acpi_put(b, 8, 0x10);
	}
	acpi_end(b);
}

static inline void ivrs_entry4(struct acpi_build *b, u8 type, u16 rid, u8 dte)
{
	acpi_put(b, 1, type);
	acpi_put(b, 2, rid);
	acpi_put(b, 1, dte);
	acpi_end(b);
}

static inline void ivrs_entry8(struct acpi_build *b, u8 type, u16 rid, u8 dte, u32 rest)
{
	acpi_put(b, 1, type);
	acpi_put(b, 2, rid);
	acpi_put(b, 1, dte);
	acpi_put(b, 4, rest);
	acpi_end(b);
}

static inline void ivrs_hid(struct acpi_build *b, u16 rid, const char *hid, u8 uid_format,
			    const char *uid, u8 uid_len)
{
	acpi_put(b, 1, 0xf0);
	acpi_put(b, 2, rid);
	acpi_put(b, 1, 0);
	acpi_string(b, hid, 8);
	acpi_string(b, "PNP0501", 8);
	acpi_put(b, 1, uid_format);
	acpi_put(b, 1, uid_len);
	acpi_bytes(b, uid, uid_len);
	acpi_end(b);
}

static inline void ivrs_ivmd(struct acpi_build *b, u8 type, u8 flags, u16 rid, u16 last, u64 start,
			     u64 length)
{
	ivrs_block(b, type, flags);
	acpi_put(b, 2, rid);
	acpi_put(b, 2, last);
	acpi_put(b, 8, 0);
	acpi_put(b, 8, start);
	acpi_put(b, 8, length);
	acpi_end(b);
}

/* MADT. */

static inline void madt_begin(struct acpi_build *b)
{
	acpi_begin(b, "APIC", 3);
	acpi_put(b, 4, 0xfee00000);
	acpi_put(b, 4, 1);
}

static inline void madt_processor(struct acpi_build *b, u8 id)
{
	acpi_put(b, 1, 0);
	acpi_put(b, 1, 8);
	acpi_put(b, 1, id);
	acpi_put(b, 1, id);
	acpi_put(b, 4, 1);
}

static inline void madt_ioapic(struct acpi_build *b, u8 id, u32 address, u32 first)
{
	acpi_put(b, 1, 1);
	acpi_put(b, 1, 12);
	acpi_put(b, 1, id);
	acpi_put(b, 1, 0);
	acpi_put(b, 4, address);
	acpi_put(b, 4, first);
}

/* The tables that are used as a starting point, by the tests and as the fuzzer's seeds. */

/* As QEMU's q35 makes it: one unit, one IO-APIC on its pseudo bus, all ports do ATS. */
static inline void dmar_qemu(struct acpi_build *b)
{
	dmar_begin(b, 39, 0x1);
	dmar_drhd(b, 1, 0, 0xfed90000);
	dmar_scope(b, 3, 0, 0xff, "\0\0", 1);
	dmar_structure(b, 2);
	acpi_put(b, 1, 1);
	acpi_put(b, 1, 0);
	acpi_put(b, 2, 0);
	acpi_end(b);
	acpi_finish(b);
}

/* A two-socket server: five units, two segments, deep paths, every kind of structure. */
static inline void dmar_server(struct acpi_build *b)
{
	dmar_begin(b, 46, 0x7);
	dmar_drhd(b, 0, 0, 0xd37fc000);			/* 0x30 */
	dmar_scope(b, 2, 0, 0x16, "\0\0", 1);		/* 0x40 */
	dmar_scope(b, 2, 0, 0x16, "\2\0", 1);		/* 0x48 */
	dmar_drhd(b, 0, 0, 0xe0ffc000);			/* 0x50 */
	dmar_scope(b, 2, 0, 0x64, "\0\0", 1);		/* 0x60 */
	dmar_scope(b, 1, 0, 0x64, "\3\0\0\0\4\1", 3);	/* 0x68 */
	dmar_drhd(b, 0, 1, 0xee7fc000);			/* 0x74 */
	dmar_scope(b, 2, 0, 0x80, "\0\0", 1);		/* 0x84 */
	dmar_drhd(b, 1, 1, 0xfbffc000);			/* 0x8c */
	dmar_scope(b, 3, 9, 0x80, "\5\4", 1);		/* 0x9c */
	dmar_drhd(b, 1, 0, 0xfed91000);			/* 0xa4 */
	dmar_scope(b, 3, 8, 0xf0, "\x1f\0", 1);		/* 0xb4 */
	dmar_scope(b, 4, 0, 0, "\x1f\0", 1);		/* 0xbc */
	dmar_scope(b, 5, 1, 0, "\x15\0", 1);		/* 0xc4 */
	dmar_rmrr(b, 0, 0x6dfc8000, 0x6dfcafff);	/* 0xcc */
	dmar_scope(b, 1, 0, 0, "\x14\0", 1);		/* 0xe4 */
	dmar_rmrr(b, 1, 0x70000000, 0x77ffffff);	/* 0xec */
	dmar_scope(b, 1, 0, 0x80, "\1\0\0\0", 2);	/* 0x104 */
	dmar_scope(b, 1, 0, 0x80, "\1\0\0\1", 2);	/* 0x10e */
	dmar_structure(b, 2);				/* 0x118, ATSR */
	acpi_put(b, 1, 0);
	acpi_put(b, 1, 0);
	acpi_put(b, 2, 0);
	dmar_scope(b, 2, 0, 0x16, "\0\0", 1);
	dmar_structure(b, 3);				/* 0x128, RHSA */
	acpi_put(b, 4, 0);
	acpi_put(b, 8, 0xd37fc000);
	acpi_put(b, 4, 1);
	acpi_end(b);
	dmar_structure(b, 4);				/* 0x13c, ANDD */
	acpi_put(b, 3, 0);
	acpi_put(b, 1, 1);
	acpi_string(b, "\\_SB.PCI0.I2C0", 15);
	acpi_end(b);
	dmar_structure(b, 5);				/* 0x153, SATC */
	acpi_put(b, 1, 1);
	acpi_put(b, 1, 0);
	acpi_put(b, 2, 0);
	dmar_scope(b, 1, 0, 0, "\2\0", 1);
	dmar_structure(b, 6);				/* 0x163, SIDP */
	acpi_put(b, 2, 0);
	acpi_put(b, 2, 0);
	dmar_scope(b, 1, 0, 0, "\2\0", 1);		/* 0x16b */
	acpi_set(b, 0x16d, 1, 0x18);
	dmar_structure(b, 0x51);			/* 0x173, not known */
	acpi_put(b, 4, 0xffffffff);
	acpi_end(b);
	acpi_finish(b);
}

/* As QEMU's amd-iommu makes it: one unit, all devices, one IO-APIC. */
static inline void ivrs_qemu(struct acpi_build *b)
{
	ivrs_begin(b, 1, 0x00203000);
	ivrs_ivhd(b, 0x10, 0, 0x0010, 0xfed80000);	/* 0x30 */
	ivrs_entry4(b, 0x01, 0, 0);			/* 0x48 */
	ivrs_entry8(b, 0x48, 0, 0, 0x0100a000);		/* 0x4c */
	acpi_finish(b);
}

/* Two units in two segments, three types of the first, every device entry kind, IVMDs. */
static inline void ivrs_server(struct acpi_build *b)
{
	ivrs_begin(b, 2, 0x00203041);
	ivrs_ivhd(b, 0x40, 0, 0x0002, 0xfd300000);	/* 0x30 */
	ivrs_entry4(b, 0x03, 0x0008, 0);		/* 0x58 */
	ivrs_entry4(b, 0x04, 0xfffe, 0);		/* 0x5c */
	ivrs_entry8(b, 0x43, 0xff00, 0, 0x0000a500);	/* 0x60 */
	ivrs_entry4(b, 0x00, 0, 0);			/* 0x68, padding in a range */
	ivrs_entry4(b, 0x04, 0xffff, 0);		/* 0x6c */
	ivrs_entry8(b, 0x48, 0, 0xd7, 0x0100a021);	/* 0x70 */
	ivrs_entry8(b, 0x48, 0, 0, 0x0200a000);		/* 0x78 */
	ivrs_hid(b, 0x00a5, "AMDI0020", 2, "\\_SB.FUR0", 9);	/* 0x80 */
	ivrs_ivhd(b, 0x11, 0, 0x0002, 0xfd300000);	/* 0x9f */
	ivrs_entry4(b, 0x01, 0, 0);
	ivrs_ivhd(b, 0x10, 0, 0x0002, 0xfd300000);	/* 0xcb */
	ivrs_entry4(b, 0x01, 0, 0);
	ivrs_ivhd(b, 0x10, 1, 0x4002, 0xb7b00000);	/* 0xe7 */
	ivrs_entry4(b, 0x01, 0, 0);			/* 0xff */
	ivrs_entry4(b, 0x02, 0x4100, 0x30);		/* 0x103 */
	ivrs_entry8(b, 0x42, 0x4200, 0, 0x00430000);	/* 0x107 */
	ivrs_entry8(b, 0x46, 0x4400, 0, 0x80000000);	/* 0x10f */
	ivrs_entry8(b, 0x47, 0x4500, 0x01, 0x80000000);	/* 0x117 */
	ivrs_entry4(b, 0x04, 0x45ff, 0);		/* 0x11f */
	ivrs_entry8(b, 0x40, 0, 0, 0);			/* 0x123, 8 bytes of padding */
	ivrs_ivmd(b, 0x20, 0x07, 0, 0, 0x7d900000, 0x10000);		/* 0x12b */
	ivrs_ivmd(b, 0x21, 0x08, 0x0300, 0, 0x7132f000, 0x2600000);	/* 0x14b */
	ivrs_ivmd(b, 0x22, 0x03, 0x0000, 0x0fff, 0x97d9d000, 0x1000);	/* 0x16b */
	acpi_finish(b);
}

/* One processor, one IO-APIC, as in a small guest. */
static inline void madt_qemu(struct acpi_build *b)
{
	madt_begin(b);
	madt_processor(b, 0);				/* 0x2c */
	madt_ioapic(b, 0, 0xfec00000, 0);		/* 0x34 */
	acpi_finish(b);
}

/* IO-APICs of the chipset and of two host bridges, among structures of other kinds. */
static inline void madt_server(struct acpi_build *b)
{
	madt_begin(b);
	madt_processor(b, 0);				/* 0x2c */
	madt_processor(b, 1);				/* 0x34 */
	madt_ioapic(b, 0x21, 0xfec00000, 0);		/* 0x3c */
	madt_ioapic(b, 0xff, 0xfd280000, 24);		/* 0x48 */
	acpi_put(b, 1, 2);				/* 0x54, interrupt source override */
	acpi_put(b, 1, 10);
	acpi_put(b, 8, 0);
	madt_ioapic(b, 0x80, 0xc8380000, 56);		/* 0x5e */
	acpi_put(b, 1, 9);				/* 0x6a, processor in x2APIC mode */
	acpi_put(b, 1, 16);
	acpi_put(b, 8, 0x10000000);
	acpi_put(b, 6, 0);
	acpi_put(b, 1, 0x7f);				/* 0x7a, not known */
	acpi_put(b, 1, 2);
	acpi_finish(b);
}

typedef int (*acpi_parse_fn)(const void *buf, size_t len, struct nyx_acpi_desc *desc,
			     struct nyx_acpi_error *err);

/* Frees what acpi_read() gave. */
static inline void acpi_free(struct nyx_acpi_desc *desc)
{
	kfree(desc->units);
	kfree(desc->reserved);
	kfree(desc->lists);
	kfree(desc->names);
	kfree(desc->scopes);
	kfree(desc->notes);
	memset(desc, 0, sizeof(*desc));
}

/*
 * Reads len bytes in both passes, out of an allocation of just that size, into arrays of
 * just the size counted. -ENOMEM, or what the parser said.
 */
static inline int acpi_read(acpi_parse_fn parse, const u8 *data, u32 len,
			    struct nyx_acpi_desc *desc, struct nyx_acpi_error *err)
{
	u8 *copy = kmalloc(len, GFP_KERNEL);
	int ret = -ENOMEM;

	memset(desc, 0, sizeof(*desc));
	err->offset = ~0;
	err->text = NULL;
	if (!copy)
		return ret;
	memcpy(copy, data, len);

	ret = parse(copy, len, desc, err);
	if (ret)
		goto out;
	desc->units = kcalloc(desc->nr_units, sizeof(*desc->units), GFP_KERNEL);
	desc->reserved = kcalloc(desc->nr_reserved, sizeof(*desc->reserved), GFP_KERNEL);
	desc->lists = kcalloc(desc->nr_lists, sizeof(*desc->lists), GFP_KERNEL);
	desc->names = kcalloc(desc->nr_names, sizeof(*desc->names), GFP_KERNEL);
	desc->scopes = kcalloc(desc->nr_scopes, sizeof(*desc->scopes), GFP_KERNEL);
	desc->notes = kcalloc(desc->nr_notes, sizeof(*desc->notes), GFP_KERNEL);
	ret = -ENOMEM;
	if (desc->units && desc->reserved && desc->lists && desc->names && desc->scopes &&
	    desc->notes)
		ret = parse(copy, len, desc, err);
	if (ret)
		acpi_free(desc);
out:
	kfree(copy);
	return ret;
}

#endif
