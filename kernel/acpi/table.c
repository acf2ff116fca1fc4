// SPDX-License-Identifier: GPL-2.0
/*
 * The part of reading a firmware table that DMAR and IVRS share: the header's checks,
 * the chain of structures, and counting or filling the description.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#endif
#include "table.h"

#define ACPI_LENGTH	4
#define ACPI_REVISION	8

int nyx_acpi_refuse_at(struct nyx_acpi_error *err, u32 offset, const char *text)
{
	err->offset = offset;
	err->text = text;
	return -EINVAL;
}

int nyx_acpi_refuse(struct nyx_acpi_out *out, u32 offset, const char *text)
{
	return nyx_acpi_refuse_at(out->err, offset, text);
}

/* The second pass met more than the first: the bytes changed in between. */
static int refuse_changed(struct nyx_acpi_out *out, u32 offset)
{
	return nyx_acpi_refuse(out, offset, "the table changed while it was being read");
}

int nyx_acpi_note(struct nyx_acpi_out *out, u32 offset, const char *text)
{
	struct nyx_acpi_desc *desc = out->desc;

	if (out->fill) {
		if (desc->nr_notes >= out->max_notes)
			return refuse_changed(out, offset);
		if (desc->notes) {
			desc->notes[desc->nr_notes].offset = offset;
			desc->notes[desc->nr_notes].text = text;
		}
	}
	desc->nr_notes++;
	return 0;
}

int nyx_acpi_add_unit(struct nyx_acpi_out *out, const struct nyx_acpi_unit *unit)
{
	struct nyx_acpi_desc *desc = out->desc;

	if (out->fill) {
		if (desc->nr_units >= out->max_units)
			return refuse_changed(out, unit->offset);
		desc->units[desc->nr_units] = *unit;
	}
	desc->nr_units++;
	return 0;
}

int nyx_acpi_add_scope(struct nyx_acpi_out *out, const struct nyx_acpi_scope *scope)
{
	struct nyx_acpi_desc *desc = out->desc;

	if (out->fill) {
		if (desc->nr_scopes >= out->max_scopes)
			return refuse_changed(out, scope->offset);
		desc->scopes[desc->nr_scopes] = *scope;
	}
	desc->nr_scopes++;
	return 0;
}

int nyx_acpi_add_list(struct nyx_acpi_out *out, const struct nyx_acpi_list *list)
{
	struct nyx_acpi_desc *desc = out->desc;

	if (out->fill) {
		if (desc->nr_lists >= out->max_lists)
			return refuse_changed(out, list->offset);
		if (desc->lists)
			desc->lists[desc->nr_lists] = *list;
	}
	desc->nr_lists++;
	return 0;
}

int nyx_acpi_add_name(struct nyx_acpi_out *out, const struct nyx_acpi_name *name)
{
	struct nyx_acpi_desc *desc = out->desc;

	if (out->fill) {
		if (desc->nr_names >= out->max_names)
			return refuse_changed(out, name->offset);
		if (desc->names)
			desc->names[desc->nr_names] = *name;
	}
	desc->nr_names++;
	return 0;
}

/* Adds a region, its bounds widened to whole pages: that is what can be mapped. */
int nyx_acpi_add_reserved(struct nyx_acpi_out *out, struct nyx_acpi_reserved *reserved)
{
	struct nyx_acpi_desc *desc = out->desc;
	int ret;

	if ((reserved->base & NYX_ACPI_PAGE_MASK) ||
	    (reserved->last & NYX_ACPI_PAGE_MASK) != NYX_ACPI_PAGE_MASK) {
		ret = nyx_acpi_note(out, reserved->offset,
				    "reserved memory is not made of whole 4 KiB pages: widened");
		if (ret)
			return ret;
		reserved->base &= ~NYX_ACPI_PAGE_MASK;
		reserved->last |= NYX_ACPI_PAGE_MASK;
	}
	if (out->fill) {
		if (desc->nr_reserved >= out->max_reserved)
			return refuse_changed(out, reserved->offset);
		desc->reserved[desc->nr_reserved] = *reserved;
	}
	desc->nr_reserved++;
	return 0;
}

static void begin(struct nyx_acpi_out *out)
{
	struct nyx_acpi_desc *desc = out->desc;

	out->fill = desc->units;
	out->max_units = out->fill ? desc->nr_units : 0;
	out->max_reserved = out->fill && desc->reserved ? desc->nr_reserved : 0;
	out->max_scopes = out->fill && desc->scopes ? desc->nr_scopes : 0;
	out->max_lists = out->fill ? desc->nr_lists : 0;
	out->max_names = out->fill ? desc->nr_names : 0;
	out->max_notes = out->fill ? desc->nr_notes : 0;
	desc->nr_units = 0;
	desc->nr_reserved = 0;
	desc->nr_lists = 0;
	desc->nr_names = 0;
	desc->nr_scopes = 0;
	desc->nr_notes = 0;
	desc->revision = 0;
	desc->address_width = 0;
	desc->virtual_width = 0;
	desc->flags = 0;
}

/*
 * Check the ACPI header (ACPI spec 5.2.6) and give the window of the table, which may be
 * shorter than the buffer; header is how many bytes the table has before its structures.
 */
int nyx_acpi_check_header(struct nyx_acpi_error *err, const void *buf, size_t len,
			  const char *signature, u32 header, struct nyx_bytes *table)
{
	struct nyx_bytes all = { .data = buf };
	u8 sum = 0;
	u32 length, i;

	if (len < header)
		return nyx_acpi_refuse_at(err, 0, "shorter than the table's header");
	all.len = len > NYX_ACPI_TABLE_MAX ? NYX_ACPI_TABLE_MAX : len;

	for (i = 0; i < 4; i++)
		if (nyx_bytes_u8(&all, i) != (u8)signature[i])
			return nyx_acpi_refuse_at(err, 0,
					       "not the table that was asked for: its signature differs");

	length = nyx_bytes_u32(&all, ACPI_LENGTH);
	if (length < header)
		return nyx_acpi_refuse_at(err, ACPI_LENGTH,
				       "the table's length is less than its header");
	if (length > NYX_ACPI_TABLE_MAX)
		return nyx_acpi_refuse_at(err, ACPI_LENGTH, "the table says it is longer than 64 KiB");
	if (length > len)
		return nyx_acpi_refuse_at(err, ACPI_LENGTH,
				       "the table is cut off: shorter than its length says");

	for (i = 0; i < length; i++)
		sum += nyx_bytes_u8(&all, i);
	if (sum)
		return nyx_acpi_refuse_at(err, 9, "checksum is wrong: the table is damaged");

	if (!nyx_bytes_u8(&all, ACPI_REVISION))
		return nyx_acpi_refuse_at(err, ACPI_REVISION, "revision 0 was never defined");

	*table = nyx_bytes_cut(&all, 0, length);
	return 0;
}

/* For a table that is described: desc and err of out are set by the caller. */
int nyx_acpi_open(struct nyx_acpi_out *out, const void *buf, size_t len, const char *signature,
		  struct nyx_bytes *table)
{
	int ret;

	begin(out);
	ret = nyx_acpi_check_header(out->err, buf, len, signature, NYX_ACPI_HEADER_LEN, table);
	if (!ret)
		out->desc->revision = nyx_bytes_u8(table, ACPI_REVISION);
	return ret;
}

/* Walk the structures once, so that every later walk can trust their lengths. */
int nyx_acpi_check_chain(struct nyx_acpi_out *out, const struct nyx_bytes *table)
{
	u32 at = NYX_ACPI_HEADER_LEN, count = 0;

	while (at < table->len) {
		u16 length;

		if (!nyx_bytes_has(table, at, 4))
			return nyx_acpi_refuse(out, at, "bytes left over after the last structure");
		if (++count > NYX_ACPI_STRUCTS_MAX)
			return nyx_acpi_refuse(out, at, "more than 1024 structures");
		length = nyx_bytes_u16(table, at + 2);
		if (!length)
			return nyx_acpi_refuse(out, at, "structure of length 0");
		if (length < 4)
			return nyx_acpi_refuse(out, at,
					       "structure shorter than its own type and length");
		if (!nyx_bytes_has(table, at, length))
			return nyx_acpi_refuse(out, at, "structure runs past the end of the table");
		at += length;
	}
	return 0;
}
