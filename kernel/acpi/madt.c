// SPDX-License-Identifier: GPL-2.0
/*
 * Reads which IO-APICs a MADT lists (signature "APIC", ACPI spec 5.2.12). All else in it is
 * about processors and is passed over.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#endif
#include "desc.h"
#include "table.h"

/* ACPI header, address of the local APICs (4 bytes), flags (4). */
#define MADT_HEADER_LEN		44

/* Structures: type (1 byte), length (1), then their own. */
#define ENTRY_TYPE		0
#define   ENTRY_IOAPIC		1
#define ENTRY_LENGTH		1
#define IOAPIC_ID		2	/* then reserved (1), address (4), first interrupt (4) */
#define IOAPIC_LEN		12

static int parse_entry(struct nyx_acpi_ioapics *ioapics, const struct nyx_bytes *entry,
		       struct nyx_acpi_error *err)
{
	u8 id;

	if (nyx_bytes_u8(entry, ENTRY_TYPE) != ENTRY_IOAPIC)
		return 0;
	if (entry->len < IOAPIC_LEN)
		return nyx_acpi_refuse_at(err, entry->offset, "structure shorter than its type requires");
	id = nyx_bytes_u8(entry, IOAPIC_ID);
	/* Another table that names it by its id may mean either. */
	if (ioapics->listed[id])
		return nyx_acpi_refuse_at(err, entry->offset + IOAPIC_ID, "two IO-APICs have one id");
	ioapics->listed[id] = true;
	ioapics->nr++;
	return 0;
}

static int parse_entries(struct nyx_acpi_ioapics *ioapics, struct nyx_bytes rest,
			 struct nyx_acpi_error *err)
{
	int ret = 0;

	while (rest.len && !ret) {
		struct nyx_bytes entry;
		u8 length;

		if (!nyx_bytes_has(&rest, 0, 2))
			return nyx_acpi_refuse_at(err, rest.offset, "bytes left over after the last structure");
		length = nyx_bytes_u8(&rest, ENTRY_LENGTH);
		if (length < 2)
			return nyx_acpi_refuse_at(err, rest.offset,
				      "structure shorter than its own type and length");
		if (!nyx_bytes_has(&rest, 0, length))
			return nyx_acpi_refuse_at(err, rest.offset,
				      "structure runs past the end of the table");
		entry = nyx_bytes_cut(&rest, 0, length);
		ret = parse_entry(ioapics, &entry, err);
		rest = nyx_bytes_from(&rest, length);
	}
	return ret;
}

int nyx_madt_parse(const void *buf, size_t len, struct nyx_acpi_ioapics *ioapics,
		   struct nyx_acpi_error *err)
{
	struct nyx_bytes table;
	int ret;

	memset(ioapics, 0, sizeof(*ioapics));
	ret = nyx_acpi_check_header(err, buf, len, "APIC", MADT_HEADER_LEN, &table);
	if (!ret)
		ret = parse_entries(ioapics, nyx_bytes_from(&table, MADT_HEADER_LEN), err);
	if (ret)
		memset(ioapics, 0, sizeof(*ioapics));
	return ret;
}
