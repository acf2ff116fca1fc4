/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a DMAR and an IVRS table have in common: the ACPI header, a chain of structures
 * with a length each, and the two passes that count and fill one description.
 */
#ifndef NYX_ACPI_TABLE_H
#define NYX_ACPI_TABLE_H

#include "desc.h"
#include "reader.h"

/*
 * Bounds on what is believed. Tables of real machines are below 2 KiB, of the largest
 * servers some ten. Looking for a conflicting structure walks the chain once per
 * unit, so the bound on structures also bounds the time.
 */
#define NYX_ACPI_TABLE_MAX	0x10000
#define NYX_ACPI_STRUCTS_MAX	1024

/* ACPI header, then 12 bytes of the table's own; both DMAR and IVRS. */
#define NYX_ACPI_HEADER_LEN	48

/* No x86 processor addresses more physical memory than this. */
#define NYX_ACPI_PHYS_BITS	52
#define NYX_ACPI_PAGE_MASK	0xfffULL

/* A description being counted or filled. */
struct nyx_acpi_out {
	struct nyx_acpi_desc *desc;
	struct nyx_acpi_error *err;
	bool fill;
	u32 max_units, max_reserved, max_lists, max_names, max_scopes, max_notes;
};

int nyx_acpi_check_header(struct nyx_acpi_error *err, const void *buf, size_t len,
			  const char *signature, u32 header, struct nyx_bytes *table);
int nyx_acpi_open(struct nyx_acpi_out *out, const void *buf, size_t len, const char *signature,
		  struct nyx_bytes *table);
int nyx_acpi_check_chain(struct nyx_acpi_out *out, const struct nyx_bytes *table);

/*
 * The structure at *at of a table whose chain was checked, and *at behind it. False at
 * the end. Both tables keep the length in the structure's third and fourth byte.
 */
static inline bool nyx_acpi_next(const struct nyx_bytes *table, u32 *at, struct nyx_bytes *s)
{
	if (*at >= table->len)
		return false;
	*s = nyx_bytes_cut(table, *at, nyx_bytes_u16(table, *at + 2));
	if (WARN_ON_ONCE(!s->len))
		return false;
	*at += s->len;
	return true;
}

int nyx_acpi_refuse_at(struct nyx_acpi_error *err, u32 offset, const char *text);
int nyx_acpi_refuse(struct nyx_acpi_out *out, u32 offset, const char *text);
int nyx_acpi_note(struct nyx_acpi_out *out, u32 offset, const char *text);
int nyx_acpi_add_unit(struct nyx_acpi_out *out, const struct nyx_acpi_unit *unit);
int nyx_acpi_add_scope(struct nyx_acpi_out *out, const struct nyx_acpi_scope *scope);
int nyx_acpi_add_list(struct nyx_acpi_out *out, const struct nyx_acpi_list *list);
int nyx_acpi_add_name(struct nyx_acpi_out *out, const struct nyx_acpi_name *name);
int nyx_acpi_add_reserved(struct nyx_acpi_out *out, struct nyx_acpi_reserved *reserved);

#endif
