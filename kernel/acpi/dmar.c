// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a DMAR table (VT-d spec chapter 8, "BIOS Considerations") into a description.
 *
 * Kinds of structure and scope that are not known are passed over, as section 8.2 asks;
 * reserved fields are not looked at.
 */
#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/errno.h>
#endif
#include "desc.h"
#include "table.h"

/* Table header, section 8.1. */
#define DMAR_WIDTH		36	/* host address width less one */
#define DMAR_FLAGS		37

/* Remapping structures, section 8.2: type (2 bytes), length (2), then their own. */
#define DMAR_TYPE		0
enum {
	DMAR_DRHD = 0,
	DMAR_RMRR = 1,
	DMAR_ATSR = 2,
	DMAR_RHSA = 3,
	DMAR_ANDD = 4,
	DMAR_SATC = 5,
	DMAR_SIDP = 6,
};

/* DRHD, section 8.3. */
#define DRHD_FLAGS		4
#define   DRHD_INCLUDE_PCI_ALL	0x1
#define DRHD_SIZE		5	/* bits 3:0, 2^n pages of 4 KiB; reserved (0) before 4.0 */
#define   DRHD_SIZE_MASK	0xf
#define DRHD_SEGMENT		6
#define DRHD_BASE		8
#define DRHD_SCOPES		16

/* RMRR, section 8.4. */
#define RMRR_SEGMENT		6
#define RMRR_BASE		8
#define RMRR_LIMIT		16	/* last byte, inclusive */
#define RMRR_SCOPES		24

/* ATSR, SATC, SIDP, sections 8.5, 8.8, 8.9: the same shape. */
#define LIST_FLAGS		4
#define   ATSR_ALL_PORTS	0x1
#define   SATC_ATC_REQUIRED	0x1
#define LIST_SEGMENT		6
#define LIST_SCOPES		8

/* RHSA, section 8.6. */
#define RHSA_BASE		8
#define RHSA_PROXIMITY		16
#define RHSA_LEN		20

/* ANDD, section 8.7. */
#define ANDD_NUMBER		7
#define ANDD_NAME		8

/* Device scope, section 8.3.1. */
#define SCOPE_TYPE		0
#define   SCOPE_ENDPOINT	1
#define   SCOPE_SUB_HIERARCHY	2
#define   SCOPE_IOAPIC		3
#define   SCOPE_HPET		4
#define   SCOPE_NAMESPACE	5
#define SCOPE_LENGTH		1
#define SCOPE_FLAGS		2	/* reserved but in a SIDP */
#define SCOPE_ENUM_ID		4
#define SCOPE_START_BUS		5
#define SCOPE_PATH		6

/* The least that each kind of structure can hold: its fixed part. */
static u32 fixed_len(u16 type)
{
	switch (type) {
	case DMAR_DRHD:
		return DRHD_SCOPES;
	case DMAR_RMRR:
		return RMRR_SCOPES;
	case DMAR_ATSR:
	case DMAR_SATC:
	case DMAR_SIDP:
		return LIST_SCOPES;
	case DMAR_RHSA:
		return RHSA_LEN;
	case DMAR_ANDD:
		return ANDD_NAME + 1;	/* the name has at least its NUL */
	default:
		return 4;
	}
}

static bool scope_kind(u8 type, enum nyx_scope_kind *kind)
{
	switch (type) {
	case SCOPE_ENDPOINT:
		*kind = NYX_SCOPE_ENDPOINT;
		return true;
	case SCOPE_SUB_HIERARCHY:
		*kind = NYX_SCOPE_BRIDGE;
		return true;
	case SCOPE_IOAPIC:
		*kind = NYX_SCOPE_IOAPIC;
		return true;
	case SCOPE_HPET:
		*kind = NYX_SCOPE_HPET;
		return true;
	case SCOPE_NAMESPACE:
		*kind = NYX_SCOPE_ACPI_NAME;
		return true;
	default:
		return false;
	}
}

static int parse_path(struct nyx_acpi_out *out, const struct nyx_bytes *entry,
		      struct nyx_acpi_scope *scope)
{
	u32 i, bytes = entry->len - SCOPE_PATH;

	if (!bytes)
		return nyx_acpi_refuse(out, entry->offset, "device scope without a path");
	if (bytes % 2)
		return nyx_acpi_refuse(out, entry->offset,
				       "device scope ends in the middle of a path step");
	if (bytes / 2 > NYX_ACPI_PATH_MAX)
		return nyx_acpi_refuse(out, entry->offset,
				       "device scope's path has more than 16 steps");

	scope->path_len = bytes / 2;
	for (i = 0; i < scope->path_len; i++) {
		u32 at = SCOPE_PATH + 2 * i;

		scope->path[i].device = nyx_bytes_u8(entry, at);
		scope->path[i].function = nyx_bytes_u8(entry, at + 1);
		if (scope->path[i].device > 31)
			return nyx_acpi_refuse(out, entry->offset + at,
					       "PCI device number above 31 in a device scope's path");
		if (scope->path[i].function > 7)
			return nyx_acpi_refuse(out, entry->offset + at + 1,
					       "PCI function number above 7 in a device scope's path");
	}
	return 0;
}

/* properties: what SIDP scopes have where others have reserved bits. */
static int parse_scopes(struct nyx_acpi_out *out, const struct nyx_bytes *all, bool properties,
			struct nyx_acpi_scopes *slice)
{
	u32 at = 0;

	slice->first = out->desc->nr_scopes;
	while (at < all->len) {
		struct nyx_acpi_scope scope = { 0 };
		struct nyx_bytes entry;
		u8 length;
		int ret;

		if (!nyx_bytes_has(all, at, SCOPE_PATH))
			return nyx_acpi_refuse(out, all->offset + at,
					       "structure ends in the middle of a device scope");
		length = nyx_bytes_u8(all, at + SCOPE_LENGTH);
		if (length < SCOPE_PATH)
			return nyx_acpi_refuse(out, all->offset + at,
					       "device scope shorter than its fixed part");
		if (!nyx_bytes_has(all, at, length))
			return nyx_acpi_refuse(out, all->offset + at,
					       "device scope runs past the end of its structure");
		entry = nyx_bytes_cut(all, at, length);
		at += length;

		if (!scope_kind(nyx_bytes_u8(&entry, SCOPE_TYPE), &scope.kind)) {
			ret = nyx_acpi_note(out, entry.offset,
					    "device scope of an unknown kind: passed over");
			if (ret)
				return ret;
			continue;
		}
		scope.offset = entry.offset;
		if (properties)
			scope.properties = nyx_bytes_u8(&entry, SCOPE_FLAGS);
		scope.enum_id = nyx_bytes_u8(&entry, SCOPE_ENUM_ID);
		scope.start_bus = nyx_bytes_u8(&entry, SCOPE_START_BUS);
		ret = parse_path(out, &entry, &scope);
		if (!ret)
			ret = nyx_acpi_add_scope(out, &scope);
		if (ret)
			return ret;
	}
	slice->count = out->desc->nr_scopes - slice->first;
	return 0;
}

static void read_drhd(const struct nyx_bytes *s, struct nyx_acpi_unit *unit)
{
	unit->offset = s->offset;
	unit->segment = nyx_bytes_u16(s, DRHD_SEGMENT);
	unit->reg_base = nyx_bytes_u64(s, DRHD_BASE);
	unit->reg_size = 4096ULL << (nyx_bytes_u8(s, DRHD_SIZE) & DRHD_SIZE_MASK);
	if (nyx_bytes_u8(s, DRHD_FLAGS) & DRHD_INCLUDE_PCI_ALL)
		unit->flags |= NYX_UNIT_INCLUDE_ALL;
}

/* Two units that claim one thing: there is no telling which to program for a device. */
static int check_earlier(struct nyx_acpi_out *out, const struct nyx_bytes *table,
			 const struct nyx_acpi_unit *unit)
{
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_bytes s;

	while (nyx_acpi_next(table, &at, &s) && s.offset < unit->offset) {
		struct nyx_acpi_unit other = { 0 };

		if (nyx_bytes_u16(&s, DMAR_TYPE) != DMAR_DRHD)
			continue;
		read_drhd(&s, &other);
		if (other.reg_base < unit->reg_base + unit->reg_size &&
		    unit->reg_base < other.reg_base + other.reg_size)
			return nyx_acpi_refuse(out, unit->offset,
					       "two units (DRHD) have the same registers");
		if (other.segment == unit->segment && (other.flags & NYX_UNIT_INCLUDE_ALL) &&
		    (unit->flags & NYX_UNIT_INCLUDE_ALL))
			return nyx_acpi_refuse(out, unit->offset,
					       "two units (DRHD) of one segment claim all its devices");
	}
	return 0;
}

/* The RHSA that is about this unit, wherever it stands in the table. */
static void find_proximity(const struct nyx_bytes *table, struct nyx_acpi_unit *unit)
{
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_bytes s;

	while (nyx_acpi_next(table, &at, &s)) {
		if (nyx_bytes_u16(&s, DMAR_TYPE) != DMAR_RHSA || s.len < RHSA_LEN ||
		    nyx_bytes_u64(&s, RHSA_BASE) != unit->reg_base)
			continue;
		unit->has_proximity = true;
		unit->proximity = nyx_bytes_u32(&s, RHSA_PROXIMITY);
		return;
	}
}

static int parse_drhd(struct nyx_acpi_out *out, const struct nyx_bytes *table,
		      const struct nyx_bytes *s)
{
	struct nyx_bytes scopes = nyx_bytes_from(s, DRHD_SCOPES);
	struct nyx_acpi_unit unit = { 0 };
	u32 base_at = s->offset + DRHD_BASE;
	int ret;

	read_drhd(s, &unit);
	if (!unit.reg_base)
		return nyx_acpi_refuse(out, base_at,
				       "unit (DRHD) whose registers are at address 0");
	if (unit.reg_base == ~0ULL)
		return nyx_acpi_refuse(out, base_at,
				       "unit (DRHD) whose register address is all ones");
	if (unit.reg_base & NYX_ACPI_PAGE_MASK)
		return nyx_acpi_refuse(out, base_at,
				       "unit (DRHD) whose registers do not start on a 4 KiB page");
	if (unit.reg_base >> NYX_ACPI_PHYS_BITS)
		return nyx_acpi_refuse(out, base_at,
				       "unit (DRHD) whose registers are beyond 52 address bits");
	ret = check_earlier(out, table, &unit);
	if (ret)
		return ret;
	find_proximity(table, &unit);

	ret = parse_scopes(out, &scopes, false, &unit.scopes);
	if (ret)
		return ret;
	if (!unit.scopes.count && !(unit.flags & NYX_UNIT_INCLUDE_ALL)) {
		ret = nyx_acpi_note(out, unit.offset, "unit (DRHD) without devices");
		if (ret)
			return ret;
	}
	return nyx_acpi_add_unit(out, &unit);
}

static int parse_rmrr(struct nyx_acpi_out *out, const struct nyx_bytes *s)
{
	struct nyx_bytes scopes = nyx_bytes_from(s, RMRR_SCOPES);
	u8 width = out->desc->address_width;
	struct nyx_acpi_reserved region = {
		.offset = s->offset,
		.segment = nyx_bytes_u16(s, RMRR_SEGMENT),
		.base = nyx_bytes_u64(s, RMRR_BASE),
		.last = nyx_bytes_u64(s, RMRR_LIMIT),
		.flags = NYX_RESERVED_READ | NYX_RESERVED_WRITE,
	};
	int ret;

	if (region.base > region.last)
		return nyx_acpi_refuse(out, s->offset + RMRR_BASE,
				       "reserved memory (RMRR) that ends before it starts");
	if (width < 64 && region.last >> width)
		return nyx_acpi_refuse(out, s->offset + RMRR_LIMIT,
				       "reserved memory (RMRR) beyond the host address width");

	ret = parse_scopes(out, &scopes, false, &region.scopes);
	if (ret)
		return ret;
	if (!region.scopes.count) {
		ret = nyx_acpi_note(out, region.offset, "reserved memory (RMRR) of no device");
		if (ret)
			return ret;
	}
	return nyx_acpi_add_reserved(out, &region);
}

static int parse_list(struct nyx_acpi_out *out, const struct nyx_bytes *s, u16 type)
{
	struct nyx_bytes scopes = nyx_bytes_from(s, LIST_SCOPES);
	struct nyx_acpi_list list = {
		.offset = s->offset,
		.segment = nyx_bytes_u16(s, LIST_SEGMENT),
	};
	u8 flags = nyx_bytes_u8(s, LIST_FLAGS);
	int ret;

	switch (type) {
	case DMAR_ATSR:
		list.kind = NYX_LIST_ATS_PORTS;
		if (flags & ATSR_ALL_PORTS)
			list.flags = NYX_LIST_ALL_PORTS;
		break;
	case DMAR_SATC:
		list.kind = NYX_LIST_INTEGRATED;
		if (flags & SATC_ATC_REQUIRED)
			list.flags = NYX_LIST_ATC_REQUIRED;
		break;
	default:
		list.kind = NYX_LIST_PROPERTIES;
	}
	ret = parse_scopes(out, &scopes, type == DMAR_SIDP, &list.scopes);
	if (ret)
		return ret;
	if (!list.scopes.count && !(list.flags & NYX_LIST_ALL_PORTS)) {
		ret = nyx_acpi_note(out, list.offset, "ATSR, SATC or SIDP of no device");
		if (ret)
			return ret;
	}
	return nyx_acpi_add_list(out, &list);
}

/* RHSAs are read with the units they are about: here only those about none. */
static int parse_rhsa(struct nyx_acpi_out *out, const struct nyx_bytes *table,
		      const struct nyx_bytes *s)
{
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_bytes other;

	while (nyx_acpi_next(table, &at, &other))
		if (nyx_bytes_u16(&other, DMAR_TYPE) == DMAR_DRHD && other.len >= DRHD_SCOPES &&
		    nyx_bytes_u64(&other, DRHD_BASE) == nyx_bytes_u64(s, RHSA_BASE))
			return 0;
	return nyx_acpi_note(out, s->offset, "proximity (RHSA) of a unit that is not there");
}

static int parse_andd(struct nyx_acpi_out *out, const struct nyx_bytes *s)
{
	struct nyx_acpi_name name = {
		.offset = s->offset,
		.number = nyx_bytes_u8(s, ANDD_NUMBER),
	};

	while (nyx_bytes_has(s, ANDD_NAME + name.len, 1) &&
	       nyx_bytes_u8(s, ANDD_NAME + name.len))
		name.len++;
	/* Nobody can match it, so nobody misses it. */
	if (!name.len || !nyx_bytes_has(s, ANDD_NAME + name.len, 1))
		return nyx_acpi_note(out, s->offset,
				     "ACPI device (ANDD) without a name that ends: passed over");
	return nyx_acpi_add_name(out, &name);
}

static int parse_structure(struct nyx_acpi_out *out, const struct nyx_bytes *table,
			   const struct nyx_bytes *s)
{
	u16 type = nyx_bytes_u16(s, DMAR_TYPE);

	if (s->len < fixed_len(type))
		return nyx_acpi_refuse(out, s->offset, "structure shorter than its kind requires");
	switch (type) {
	case DMAR_DRHD:
		return parse_drhd(out, table, s);
	case DMAR_RMRR:
		return parse_rmrr(out, s);
	case DMAR_ATSR:
	case DMAR_SATC:
	case DMAR_SIDP:
		return parse_list(out, s, type);
	case DMAR_RHSA:
		return parse_rhsa(out, table, s);
	case DMAR_ANDD:
		return parse_andd(out, s);
	default:
		return nyx_acpi_note(out, s->offset, "structure of an unknown kind: passed over");
	}
}

int nyx_dmar_parse(const void *buf, size_t len, struct nyx_acpi_desc *desc,
		   struct nyx_acpi_error *err)
{
	struct nyx_acpi_out out = { .desc = desc, .err = err };
	u32 at = NYX_ACPI_HEADER_LEN;
	struct nyx_bytes table, s;
	int ret;

	desc->table = NYX_ACPI_DMAR;
	ret = nyx_acpi_open(&out, buf, len, "DMAR", &table);
	if (ret)
		return ret;
	/* 64 bits at most, and less than 32 is no PC: the byte is then something else. */
	desc->address_width = nyx_bytes_u8(&table, DMAR_WIDTH) + 1;
	if (desc->address_width < 32 || desc->address_width > 64)
		return nyx_acpi_refuse(&out, DMAR_WIDTH, "host address width is not 32 to 64 bits");
	desc->flags = nyx_bytes_u8(&table, DMAR_FLAGS);

	ret = nyx_acpi_check_chain(&out, &table);
	if (ret)
		return ret;

	while (nyx_acpi_next(&table, &at, &s)) {
		ret = parse_structure(&out, &table, &s);
		if (ret)
			return ret;
	}
	if (!desc->nr_units)
		return nyx_acpi_refuse(&out, NYX_ACPI_HEADER_LEN, "no unit (DRHD) in the table");
	return 0;
}
