// SPDX-License-Identifier: GPL-2.0
/*
 * The device entries of an IVHD block (AMD IOMMU spec 5.2.2.1): which requester ids a unit
 * has, under which aliases, and what firmware wants kept for them. Kinds that are not
 * known are passed over where their length can be told.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#endif
#include "desc.h"
#include "ivrs.h"

/* IVHD device entries, section 5.2.2.1. */
#define ENTRY_TYPE		0
#define   ENTRY_PAD_4		0x00
#define   ENTRY_ALL		0x01
#define   ENTRY_SELECT		0x02
#define   ENTRY_RANGE		0x03
#define   ENTRY_RANGE_END	0x04
#define   ENTRY_PAD_8		0x40
#define   ENTRY_ALIAS		0x42
#define   ENTRY_ALIAS_RANGE	0x43
#define   ENTRY_EXT		0x46
#define   ENTRY_EXT_RANGE	0x47
#define   ENTRY_SPECIAL		0x48
#define   ENTRY_HID		0xf0
#define ENTRY_RID		1
#define ENTRY_DTE		3
#define ENTRY_ALIAS_RID		5	/* alias kinds */
#define ENTRY_EXT_DTE		4	/* extended kinds */
#define ENTRY_HANDLE		4	/* special */
#define ENTRY_SPECIAL_RID	5
#define ENTRY_VARIETY		7
#define   VARIETY_IOAPIC	1
#define   VARIETY_HPET		2
#define ENTRY_HID_NAME		4	/* ACPI HID */
#define ENTRY_HID_CID		12	/* compatible name */
#define ENTRY_HID_NAME_LEN	8	/* of each */
#define ENTRY_HID_UID_FORMAT	20
#define   UID_NONE		0
#define   UID_INTEGER		1	/* 8 bytes */
#define   UID_STRING		2
#define ENTRY_HID_UID_LEN	21
#define ENTRY_HID_UID		22

/* A range start that waits for its range end. */
struct open_range {
	bool open;
	struct nyx_acpi_scope scope;
};

static bool is_letter_or_digit(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Copies a name of up to 8 bytes; false when the bytes are none that ACPI could match. */
static bool read_name(const struct nyx_bytes *entry, u32 at, char *name)
{
	u32 i;

	for (i = 0; i < ENTRY_HID_NAME_LEN; i++) {
		u8 c = nyx_bytes_u8(entry, at + i);

		if (!c)
			break;
		if (!is_letter_or_digit(c))
			return false;
		name[i] = c;
	}
	name[i] = '\0';
	return i;
}

/* False: of an unknown form, or one that contradicts itself. */
static bool read_uid(const struct nyx_bytes *entry, struct nyx_acpi_scope *scope)
{
	u8 form = nyx_bytes_u8(entry, ENTRY_HID_UID_FORMAT);
	u8 len = nyx_bytes_u8(entry, ENTRY_HID_UID_LEN);
	u32 i;

	if (form == UID_NONE)
		return !len;
	if (form == UID_INTEGER) {
		if (len != sizeof(u64))
			return false;
		scope->uid = nyx_bytes_u64(entry, ENTRY_HID_UID);
		scope->uid_form = NYX_UID_INTEGER;
		scope->uid_len = len;
		return true;
	}
	if (form != UID_STRING || !len)
		return false;
	for (i = 0; i < len; i++) {
		u8 c = nyx_bytes_u8(entry, ENTRY_HID_UID + i);

		/* A NUL within the length ends it. */
		if (!c)
			break;
		if (c <= ' ' || c > '~')
			return false;
	}
	scope->uid_form = i ? NYX_UID_STRING : NYX_UID_NONE;
	scope->uid_len = i;
	return true;
}

/* The entry at the start of rest: its length is in the type, or with 0xF0 in the entry. */
static int cut_entry(struct nyx_acpi_out *out, const struct nyx_bytes *rest,
		     struct nyx_bytes *entry)
{
	u8 type = nyx_bytes_u8(rest, ENTRY_TYPE);
	u32 length;

	if (type < ENTRY_HID) {
		length = 4U << (type >> 6);
	} else if (type == ENTRY_HID) {
		length = ENTRY_HID_UID;
		if (nyx_bytes_has(rest, 0, length))
			length += nyx_bytes_u8(rest, ENTRY_HID_UID_LEN);
	} else {
		return nyx_acpi_refuse(out, rest->offset,
				       "device entry of an unknown kind whose length cannot be known");
	}
	if (!nyx_bytes_has(rest, 0, length))
		return nyx_acpi_refuse(out, rest->offset,
				       "device entry runs past the end of its block");
	*entry = nyx_bytes_cut(rest, 0, length);
	return 0;
}

static int parse_special(struct nyx_acpi_out *out, const struct nyx_bytes *entry,
			 struct nyx_acpi_scope *scope)
{
	scope->enum_id = nyx_bytes_u8(entry, ENTRY_HANDLE);
	scope->rid_first = nyx_bytes_u16(entry, ENTRY_SPECIAL_RID);
	scope->rid_last = scope->rid_first;
	switch (nyx_bytes_u8(entry, ENTRY_VARIETY)) {
	case VARIETY_IOAPIC:
		scope->kind = NYX_SCOPE_IOAPIC;
		break;
	case VARIETY_HPET:
		scope->kind = NYX_SCOPE_HPET;
		break;
	default:
		return nyx_acpi_note(out, entry->offset,
				     "special device that is neither IO-APIC nor HPET: passed over");
	}
	return nyx_acpi_add_scope(out, scope);
}

static int parse_hid(struct nyx_acpi_out *out, const struct nyx_bytes *entry,
		     struct nyx_acpi_scope *scope)
{
	int ret;

	if (!read_name(entry, ENTRY_HID_NAME, scope->hid))
		return nyx_acpi_note(out, entry->offset,
				     "ACPI device entry without a usable name (HID): passed over");
	/* Optional, zeroes when there is none. */
	if (!read_name(entry, ENTRY_HID_CID, scope->cid))
		scope->cid[0] = '\0';
	if (!read_uid(entry, scope)) {
		/* The requester id is what counts, and that is good. */
		ret = nyx_acpi_note(out, entry->offset,
				    "ACPI device entry with an unusable UID: taken without it");
		if (ret)
			return ret;
	}
	scope->kind = NYX_SCOPE_ACPI_NAME;
	return nyx_acpi_add_scope(out, scope);
}

static int parse_range_end(struct nyx_acpi_out *out, const struct nyx_bytes *entry,
			   struct open_range *range)
{
	if (!range->open)
		return nyx_acpi_refuse(out, entry->offset, "end of a device range without a start");
	range->open = false;
	range->scope.rid_last = nyx_bytes_u16(entry, ENTRY_RID);
	if (range->scope.rid_last < range->scope.rid_first)
		return nyx_acpi_refuse(out, entry->offset,
				       "device range that ends before it starts");
	return nyx_acpi_add_scope(out, &range->scope);
}

static int parse_entry(struct nyx_acpi_out *out, const struct nyx_bytes *entry,
		       struct open_range *range)
{
	u8 type = nyx_bytes_u8(entry, ENTRY_TYPE);
	struct nyx_acpi_scope scope = { .kind = NYX_SCOPE_RIDS, .offset = entry->offset };

	if (type == ENTRY_PAD_4 || type == ENTRY_PAD_8)
		return 0;
	if (type == ENTRY_RANGE_END)
		return parse_range_end(out, entry, range);
	if (range->open)
		return nyx_acpi_refuse(out, range->scope.offset,
				       "start of a device range that is not followed by its end");

	scope.rid_first = nyx_bytes_u16(entry, ENTRY_RID);
	scope.rid_last = scope.rid_first;
	scope.dte_flags = nyx_bytes_u8(entry, ENTRY_DTE);
	switch (type) {
	case ENTRY_ALL:
		scope.kind = NYX_SCOPE_ALL;
		scope.rid_first = 0;
		scope.rid_last = 0xffff;
		return nyx_acpi_add_scope(out, &scope);
	case ENTRY_ALIAS:
	case ENTRY_ALIAS_RANGE:
		scope.has_alias = true;
		scope.alias_rid = nyx_bytes_u16(entry, ENTRY_ALIAS_RID);
		break;
	case ENTRY_EXT:
	case ENTRY_EXT_RANGE:
		scope.ext_dte_flags = nyx_bytes_u32(entry, ENTRY_EXT_DTE);
		break;
	case ENTRY_SELECT:
	case ENTRY_RANGE:
		break;
	case ENTRY_SPECIAL:
		return parse_special(out, entry, &scope);
	case ENTRY_HID:
		return parse_hid(out, entry, &scope);
	default:
		return nyx_acpi_note(out, entry->offset,
				     "device entry of an unknown kind: passed over");
	}
	if (type == ENTRY_RANGE || type == ENTRY_ALIAS_RANGE || type == ENTRY_EXT_RANGE) {
		range->open = true;
		range->scope = scope;
		return 0;
	}
	return nyx_acpi_add_scope(out, &scope);
}

int nyx_ivrs_entries(struct nyx_acpi_out *out, struct nyx_bytes rest,
		     struct nyx_acpi_scopes *slice)
{
	struct open_range range = { 0 };

	slice->first = out->desc->nr_scopes;
	while (rest.len) {
		struct nyx_bytes entry = { 0 };
		int ret;

		ret = cut_entry(out, &rest, &entry);
		if (!ret)
			ret = parse_entry(out, &entry, &range);
		if (ret)
			return ret;
		rest = nyx_bytes_from(&rest, entry.len);
	}
	if (range.open)
		return nyx_acpi_refuse(out, range.scope.offset,
				       "start of a device range that is not followed by its end");
	slice->count = out->desc->nr_scopes - slice->first;
	return 0;
}
