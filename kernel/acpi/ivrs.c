// SPDX-License-Identifier: GPL-2.0
/*
 * Reads an IVRS table (AMD IOMMU spec, publication 48882, section 5.2) into a description:
 * its units and its reserved memory. ivrs_entry.c reads which devices a unit has.
 *
 * A unit may have several IVHD blocks, of type 10h, 11h and 40h, each saying more than
 * the one before for software that knows it; only the highest of a unit counts. Block
 * types that are not known are passed over.
 */
#ifdef __KERNEL__
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#endif
#include "desc.h"
#include "ivrs.h"

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

static bool is_ivhd(u8 type)
{
	return type == IVHD_10 || type == IVHD_11 || type == IVHD_40;
}

static u32 ivhd_fixed_len(u8 type)
{
	return type == IVHD_10 ? IVHD_10_ENTRIES : IVHD_11_ENTRIES;
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
		ret = nyx_ivrs_entries(out, nyx_bytes_from(s, ivhd_fixed_len(type)), &unit.scopes);
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
