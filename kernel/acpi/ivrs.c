// SPDX-License-Identifier: GPL-2.0
/*
 * Reads an IVRS table (AMD IOMMU spec, publication 48882, section 5.2) into a description.
 *
 * A unit may have several IVHD blocks, of type 10h, 11h and 40h, each saying more than
 * the one before for software that knows it; only the highest of a unit counts. Block
 * and device entry types that are not known are passed over.
 */
#ifdef __KERNEL__
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/string.h>
#endif
#include "desc.h"
#include "table.h"

/* IVinfo, section 5.2.1. */
#define IVRS_IVINFO		36
#define   IVINFO_PA_SIZE	GENMASK(14, 8)
#define   IVINFO_VA_SIZE	GENMASK(21, 15)

/* Blocks: type (1 byte), flags (1), length (2), then their own. */
#define BLOCK_TYPE		0
#define BLOCK_FLAGS		1
#define   IVHD_10		0x10
#define   IVHD_11		0x11
#define   IVHD_40		0x40
#define   IVMD_ALL		0x20
#define   IVMD_SELECT		0x21
#define   IVMD_RANGE		0x22

/* IVHD, section 5.2.2. */
#define IVHD_RID		4
#define IVHD_CAP_OFFSET		6
#define IVHD_BASE		8
#define IVHD_SEGMENT		16
#define IVHD_INFO		18
#define IVHD_FEATURES		20
#define IVHD_10_ENTRIES		24
#define IVHD_EFR		24	/* 11h and 40h */
#define IVHD_EFR2		32
#define IVHD_11_ENTRIES		40

/* The registers start on a 16 KiB boundary: lower address bits do not exist (section 3.1). */
#define IVHD_BASE_ALIGN		0x3fffULL

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
#define ENTRY_HID_NAME_LEN	8
#define ENTRY_HID_UID_FORMAT	20
#define ENTRY_HID_UID_LEN	21
#define ENTRY_HID_FIXED		22

/* IVMD, section 5.2.2.2 (segment: was reserved, 0, before revision 3). */
#define   IVMD_UNITY		0x1
#define   IVMD_READ		0x2
#define   IVMD_WRITE		0x4
#define   IVMD_EXCLUSION	0x8
#define IVMD_RID		4
#define IVMD_RID_LAST		6	/* type 22h */
#define IVMD_SEGMENT		8
#define IVMD_START		16
#define IVMD_LENGTH		24
#define IVMD_LEN		32

/* A range start that waits for its range end. */
struct open_range {
	bool open;
	struct nyx_acpi_scope scope;
};

static bool is_ivhd(u8 type)
{
	return type == IVHD_10 || type == IVHD_11 || type == IVHD_40;
}

static u32 ivhd_fixed_len(u8 type)
{
	return type == IVHD_10 ? IVHD_10_ENTRIES : IVHD_11_ENTRIES;
}

static bool is_letter_or_digit(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Copies the HID; false when the bytes are no name that ACPI could match. */
static bool read_hid(const struct nyx_bytes *entry, char *hid)
{
	u32 i;

	for (i = 0; i < ENTRY_HID_NAME_LEN; i++) {
		u8 c = nyx_bytes_u8(entry, ENTRY_HID_NAME + i);

		if (!c)
			break;
		if (!is_letter_or_digit(c))
			return false;
		hid[i] = c;
	}
	hid[i] = '\0';
	return i;
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
		length = ENTRY_HID_FIXED;
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
	if (!read_hid(entry, scope->hid))
		return nyx_acpi_note(out, entry->offset,
				     "ACPI device entry without a usable name (HID): passed over");
	scope->kind = NYX_SCOPE_ACPI_NAME;
	scope->uid_format = nyx_bytes_u8(entry, ENTRY_HID_UID_FORMAT);
	scope->uid_len = nyx_bytes_u8(entry, ENTRY_HID_UID_LEN);
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

static int parse_entries(struct nyx_acpi_out *out, struct nyx_bytes rest,
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

static void read_ivhd(const struct nyx_bytes *s, struct nyx_acpi_unit *unit)
{
	unit->offset = s->offset;
	unit->ivhd_type = nyx_bytes_u8(s, BLOCK_TYPE);
	unit->ivhd_flags = nyx_bytes_u8(s, BLOCK_FLAGS);
	unit->rid = nyx_bytes_u16(s, IVHD_RID);
	unit->cap_offset = nyx_bytes_u16(s, IVHD_CAP_OFFSET);
	unit->reg_base = nyx_bytes_u64(s, IVHD_BASE);
	unit->segment = nyx_bytes_u16(s, IVHD_SEGMENT);
	unit->ivhd_info = nyx_bytes_u16(s, IVHD_INFO);
	unit->ivhd_features = nyx_bytes_u32(s, IVHD_FEATURES);
	if (unit->ivhd_type != IVHD_10) {
		unit->efr = nyx_bytes_u64(s, IVHD_EFR);
		unit->efr2 = nyx_bytes_u64(s, IVHD_EFR2);
	}
}

/* The next IVHD block that is long enough to be read; others are refused in their turn. */
static bool next_ivhd(const struct nyx_bytes *table, u32 *at, struct nyx_acpi_unit *unit)
{
	struct nyx_bytes s;

	while (nyx_acpi_next(table, at, &s)) {
		u8 type = nyx_bytes_u8(&s, BLOCK_TYPE);

		if (!is_ivhd(type) || s.len < ivhd_fixed_len(type))
			continue;
		*unit = (struct nyx_acpi_unit){ 0 };
		read_ivhd(&s, unit);
		return true;
	}
	return false;
}

static bool same_unit(const struct nyx_acpi_unit *a, const struct nyx_acpi_unit *b)
{
	return a->rid == b->rid && a->segment == b->segment;
}

/* Does the table describe this unit in a block of a higher type too, before or after? */
static bool is_superseded(const struct nyx_bytes *table, const struct nyx_acpi_unit *unit)
{
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_acpi_unit other;

	while (next_ivhd(table, &at, &other))
		if (same_unit(&other, unit) && other.ivhd_type > unit->ivhd_type)
			return true;
	return false;
}

/* Two units that claim one thing: there is no telling which to program for a device. */
static int check_earlier(struct nyx_acpi_out *out, const struct nyx_bytes *table,
			 const struct nyx_acpi_unit *unit)
{
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_acpi_unit other;

	while (next_ivhd(table, &at, &other) && other.offset < unit->offset) {
		if (same_unit(&other, unit)) {
			if (other.ivhd_type == unit->ivhd_type)
				return nyx_acpi_refuse(out, unit->offset,
						       "two IVHD blocks of one type for the same unit");
		} else if (other.reg_base == unit->reg_base) {
			return nyx_acpi_refuse(out, unit->offset,
					       "two units (IVHD) have the same registers");
		}
	}
	return 0;
}

static int check_ivhd(struct nyx_acpi_out *out, struct nyx_acpi_unit *unit)
{
	u32 base_at = unit->offset + IVHD_BASE;

	if (!unit->reg_base)
		return nyx_acpi_refuse(out, base_at,
				       "unit (IVHD) whose registers are at address 0");
	if (unit->reg_base == ~0ULL)
		return nyx_acpi_refuse(out, base_at,
				       "unit (IVHD) whose register address is all ones");
	if (unit->reg_base & IVHD_BASE_ALIGN)
		return nyx_acpi_refuse(out, base_at,
				       "unit (IVHD) whose registers do not start on a 16 KiB boundary");
	if (unit->reg_base >> NYX_ACPI_PHYS_BITS)
		return nyx_acpi_refuse(out, base_at,
				       "unit (IVHD) whose registers are beyond 52 address bits");

	/* Capabilities are at 40h and above, 4 bytes aligned (PCI spec); it can be looked for. */
	if (unit->cap_offset < 0x40 || unit->cap_offset > 0xfc || unit->cap_offset % 4) {
		unit->cap_offset = 0;
		return nyx_acpi_note(out, unit->offset + IVHD_CAP_OFFSET,
				     "impossible capability offset of a unit (IVHD): not used");
	}
	return 0;
}

static int parse_ivhd(struct nyx_acpi_out *out, const struct nyx_bytes *table,
		      const struct nyx_bytes *s)
{
	u8 type = nyx_bytes_u8(s, BLOCK_TYPE);
	struct nyx_acpi_unit unit = { 0 };
	int ret;

	if (s->len < ivhd_fixed_len(type))
		return nyx_acpi_refuse(out, s->offset, "block shorter than its type requires");
	read_ivhd(s, &unit);
	if (is_superseded(table, &unit))
		return 0;

	ret = check_ivhd(out, &unit);
	if (!ret)
		ret = check_earlier(out, table, &unit);
	if (!ret)
		ret = parse_entries(out, nyx_bytes_from(s, ivhd_fixed_len(type)), &unit.scopes);
	if (!ret && !unit.scopes.count)
		ret = nyx_acpi_note(out, unit.offset, "unit (IVHD) without devices");
	if (ret)
		return ret;
	return nyx_acpi_add_unit(out, &unit);
}

/* Reads which devices an IVMD is about into one scope. */
static int read_ivmd_scope(struct nyx_acpi_out *out, const struct nyx_bytes *s,
			   struct nyx_acpi_scope *scope)
{
	scope->offset = s->offset;
	scope->kind = NYX_SCOPE_RIDS;
	scope->rid_first = nyx_bytes_u16(s, IVMD_RID);
	switch (nyx_bytes_u8(s, BLOCK_TYPE)) {
	case IVMD_ALL:
		scope->kind = NYX_SCOPE_ALL;
		scope->rid_first = 0;
		scope->rid_last = 0xffff;
		return 0;
	case IVMD_SELECT:
		scope->rid_last = scope->rid_first;
		return 0;
	default:
		scope->rid_last = nyx_bytes_u16(s, IVMD_RID_LAST);
		if (scope->rid_last < scope->rid_first)
			return nyx_acpi_refuse(out, s->offset + IVMD_RID,
					       "reserved memory (IVMD) of a device range that ends before it starts");
		return 0;
	}
}

static int parse_ivmd(struct nyx_acpi_out *out, const struct nyx_bytes *s)
{
	struct nyx_acpi_reserved region = { .offset = s->offset };
	struct nyx_acpi_scope scope = { 0 };
	u64 length;
	u8 flags;
	int ret;

	if (s->len < IVMD_LEN)
		return nyx_acpi_refuse(out, s->offset, "block shorter than its type requires");
	ret = read_ivmd_scope(out, s, &scope);
	if (ret)
		return ret;

	flags = nyx_bytes_u8(s, BLOCK_FLAGS);
	if (!(flags & (IVMD_UNITY | IVMD_EXCLUSION)))
		return nyx_acpi_note(out, s->offset,
				     "reserved memory (IVMD) neither to map nor to exclude: passed over");
	length = nyx_bytes_u64(s, IVMD_LENGTH);
	if (!length)
		return nyx_acpi_note(out, s->offset,
				     "reserved memory (IVMD) of length 0: passed over");
	region.segment = nyx_bytes_u16(s, IVMD_SEGMENT);
	region.base = nyx_bytes_u64(s, IVMD_START);
	region.last = region.base + length - 1;
	if (region.last < region.base || region.last >> NYX_ACPI_PHYS_BITS)
		return nyx_acpi_refuse(out, s->offset + IVMD_START,
				       "reserved memory (IVMD) beyond 52 address bits");

	if (flags & IVMD_EXCLUSION) {
		/*
		 * Accesses to an exclusion range are not checked at all, whatever IR and
		 * IW say, so only a map with both rights lets the device go on working.
		 */
		region.flags = NYX_RESERVED_EXCLUSION | NYX_RESERVED_READ | NYX_RESERVED_WRITE;
	} else {
		if (flags & IVMD_READ)
			region.flags |= NYX_RESERVED_READ;
		if (flags & IVMD_WRITE)
			region.flags |= NYX_RESERVED_WRITE;
	}
	region.scopes.first = out->desc->nr_scopes;
	region.scopes.count = 1;
	ret = nyx_acpi_add_scope(out, &scope);
	if (ret)
		return ret;
	return nyx_acpi_add_reserved(out, &region);
}

static int parse_block(struct nyx_acpi_out *out, const struct nyx_bytes *table,
		       const struct nyx_bytes *s)
{
	switch (nyx_bytes_u8(s, BLOCK_TYPE)) {
	case IVHD_10:
	case IVHD_11:
	case IVHD_40:
		return parse_ivhd(out, table, s);
	case IVMD_ALL:
	case IVMD_SELECT:
	case IVMD_RANGE:
		return parse_ivmd(out, s);
	default:
		return nyx_acpi_note(out, s->offset, "block of an unknown type: passed over");
	}
}

int nyx_ivrs_parse(const void *buf, size_t len, struct nyx_acpi_desc *desc,
		   struct nyx_acpi_error *err)
{
	struct nyx_acpi_out out = { .desc = desc, .err = err };
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_bytes table, s;
	int ret;

	desc->table = NYX_ACPI_IVRS;
	ret = nyx_acpi_open(&out, buf, len, "IVRS", &table);
	if (ret)
		return ret;
	desc->flags = nyx_bytes_u32(&table, IVRS_IVINFO);
	desc->address_width = FIELD_GET(IVINFO_PA_SIZE, desc->flags);
	desc->virtual_width = FIELD_GET(IVINFO_VA_SIZE, desc->flags);

	ret = nyx_acpi_check_chain(&out, &table);
	if (ret)
		return ret;

	while (nyx_acpi_next(&table, &at, &s)) {
		ret = parse_block(&out, &table, &s);
		if (ret)
			return ret;
	}
	if (!desc->nr_units)
		return nyx_acpi_refuse(&out, NYX_ACPI_HEADER_LEN, "no unit (IVHD) in the table");
	return 0;
}
