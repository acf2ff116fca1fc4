// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A firmware table, byte by byte (VT-d spec chapter 8, AMD IOMMU spec section 5.2).
 *
 * The kinds and their fields are tables; what is longer than its kind's fields, and what is
 * of no known kind, is shown as bytes.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acpi_raw.h"

#define HEADER		36	/* ACPI's own, ACPI spec 5.2.6 */
#define FIRST		48	/* the first structure of both tables */
#define ROOM		16	/* items are made room for so many at a time */

enum how {
	DECIMAL,
	HEX,
	LETTERS,	/* length 0: up to the structure's end */
	RID,		/* a requester id, as bus:device.function */
	FLAGS,		/* words by bit */
	WIDTH,		/* bits less one */
	PAGES,		/* 2^n pages of 4 KiB, in bits 3:0 */
	IVINFO,
	IVHD_INFO,
	PATH,		/* pairs of device and function, to the entry's end */
	BYTES,
};

struct layout {
	uint8_t at, length;
	const char *name;
	enum how how;
	const char *const *words;	/* of FLAGS, by bit; NULL: reserved */
};

struct kind {
	int type;
	const char *name;
	uint8_t entries;		/* where they begin; 0: it has none */
	const struct layout *fields;	/* ends with .name NULL */
};

/* ---- headers ---- */

static const char *const dmar_flags[8] = { "INTR_REMAP", "X2APIC_OPT_OUT", "DMA_CTRL_OPT_IN" };

#define HEADER_FIELDS							\
	{ 8, 1, "revision", DECIMAL, NULL },				\
	{ 9, 1, "checksum", HEX, NULL },				\
	{ 10, 6, "OEM", LETTERS, NULL },				\
	{ 16, 8, "OEM table", LETTERS, NULL },				\
	{ 24, 4, "OEM revision", HEX, NULL },				\
	{ 28, 4, "compiler", LETTERS, NULL },				\
	{ 32, 4, "compiler revision", HEX, NULL }

static const struct layout dmar_header[] = {
	{ 4, 4, "length", DECIMAL, NULL },
	HEADER_FIELDS,
	{ 36, 1, "host address width", WIDTH, NULL },
	{ 37, 1, "flags", FLAGS, dmar_flags },
	{ 0 }
};

static const struct layout ivrs_header[] = {
	{ 4, 4, "length", DECIMAL, NULL },
	HEADER_FIELDS,
	{ 36, 4, "IVinfo", IVINFO, NULL },
	{ 0 }
};

/* ---- DMAR ---- */

static const char *const drhd_flags[8] = { "INCLUDE_PCI_ALL" };
static const char *const atsr_flags[8] = { "ALL_PORTS" };
static const char *const satc_flags[8] = { "ATC_REQUIRED" };

static const struct layout drhd[] = {
	{ 4, 1, "flags", FLAGS, drhd_flags },
	{ 5, 1, "size", PAGES, NULL },
	{ 6, 2, "segment", DECIMAL, NULL },
	{ 8, 8, "registers", HEX, NULL },
	{ 0 }
};

static const struct layout rmrr[] = {
	{ 6, 2, "segment", DECIMAL, NULL },
	{ 8, 8, "base", HEX, NULL },
	{ 16, 8, "last", HEX, NULL },
	{ 0 }
};

static const struct layout atsr[] = {
	{ 4, 1, "flags", FLAGS, atsr_flags },
	{ 6, 2, "segment", DECIMAL, NULL },
	{ 0 }
};

static const struct layout rhsa[] = {
	{ 8, 8, "registers", HEX, NULL },
	{ 16, 4, "proximity domain", DECIMAL, NULL },
	{ 0 }
};

static const struct layout andd[] = {
	{ 7, 1, "ACPI device", DECIMAL, NULL },
	{ 8, 0, "name", LETTERS, NULL },
	{ 0 }
};

static const struct layout satc[] = {
	{ 4, 1, "flags", FLAGS, satc_flags },
	{ 6, 2, "segment", DECIMAL, NULL },
	{ 0 }
};

static const struct layout sidp[] = {
	{ 6, 2, "segment", DECIMAL, NULL },
	{ 0 }
};

static const struct kind dmar_kinds[] = {
	{ 0, "DRHD: unit", 16, drhd },
	{ 1, "RMRR: reserved memory", 24, rmrr },
	{ 2, "ATSR: root ports with ATS", 8, atsr },
	{ 3, "RHSA: unit's NUMA node", 0, rhsa },
	{ 4, "ANDD: ACPI device", 0, andd },
	{ 5, "SATC: integrated devices with ATS", 8, satc },
	{ 6, "SIDP: integrated device properties", 8, sidp },
	{ -1, NULL, 0, NULL }
};

static const struct layout scope[] = {
	{ 2, 1, "flags", HEX, NULL },
	{ 4, 1, "id", DECIMAL, NULL },
	{ 5, 1, "start bus", HEX, NULL },
	{ 6, 0, "path", PATH, NULL },
	{ 0 }
};

static const struct kind dmar_entries[] = {
	{ 1, "PCI endpoint", 0, scope },
	{ 2, "PCI bridge and all below", 0, scope },
	{ 3, "IO-APIC", 0, scope },
	{ 4, "HPET", 0, scope },
	{ 5, "ACPI device", 0, scope },
	{ -1, NULL, 0, NULL }
};

/* ---- IVRS ---- */

static const char *const ivhd_flags[8] = {
	"HtTunEn", "PassPW", "ResPassPW", "Isoc", "IotlbSup", "Coherent", "PreFSup", "PPRSup"
};
static const char *const ivmd_flags[8] = { "unity", "read", "write", "exclusion" };
/* Bits 5:4 are one number, SysMgt: 1 and 2 are told by their bits. */
static const char *const dte_flags[8] = {
	"INITPass", "EIntPass", "NMIPass", NULL, "SysMgt1", "SysMgt2", "Lint0Pass", "Lint1Pass"
};
static const char *const variety_words[] = { NULL, "IO-APIC", "HPET", NULL };

#define IVHD_FIELDS							\
	{ 1, 1, "flags", FLAGS, ivhd_flags },				\
	{ 4, 2, "unit", RID, NULL },					\
	{ 6, 2, "capability", HEX, NULL },				\
	{ 8, 8, "registers", HEX, NULL },				\
	{ 16, 2, "segment", DECIMAL, NULL },				\
	{ 18, 2, "info", IVHD_INFO, NULL }

static const struct layout ivhd_10[] = {
	IVHD_FIELDS,
	{ 20, 4, "features", HEX, NULL },
	{ 0 }
};

static const struct layout ivhd_11[] = {
	IVHD_FIELDS,
	{ 20, 4, "attributes", HEX, NULL },
	{ 24, 8, "EFR", HEX, NULL },
	{ 32, 8, "EFR2", HEX, NULL },
	{ 0 }
};

#define IVMD_FIELDS							\
	{ 1, 1, "flags", FLAGS, ivmd_flags },				\
	{ 8, 2, "segment", DECIMAL, NULL },				\
	{ 16, 8, "base", HEX, NULL },					\
	{ 24, 8, "size", HEX, NULL }

static const struct layout ivmd_all[] = {
	IVMD_FIELDS,
	{ 0 }
};

static const struct layout ivmd_select[] = {
	IVMD_FIELDS,
	{ 4, 2, "device", RID, NULL },
	{ 0 }
};

static const struct layout ivmd_range[] = {
	IVMD_FIELDS,
	{ 4, 2, "first device", RID, NULL },
	{ 6, 2, "last device", RID, NULL },
	{ 0 }
};

static const struct kind ivrs_kinds[] = {
	{ 0x10, "IVHD 10h: unit", 24, ivhd_10 },
	{ 0x11, "IVHD 11h: unit", 40, ivhd_11 },
	{ 0x40, "IVHD 40h: unit", 40, ivhd_11 },
	{ 0x20, "IVMD 20h: memory of all devices", 0, ivmd_all },
	{ 0x21, "IVMD 21h: memory of one device", 0, ivmd_select },
	{ 0x22, "IVMD 22h: memory of a range", 0, ivmd_range },
	{ -1, NULL, 0, NULL }
};

static const struct layout entry_pad[] = { { 0 } };

static const struct layout entry_all[] = {
	{ 3, 1, "data", FLAGS, dte_flags },
	{ 0 }
};

static const struct layout entry_select[] = {
	{ 1, 2, "device", RID, NULL },
	{ 3, 1, "data", FLAGS, dte_flags },
	{ 0 }
};

static const struct layout entry_end[] = {
	{ 1, 2, "device", RID, NULL },
	{ 0 }
};

static const struct layout entry_alias[] = {
	{ 1, 2, "device", RID, NULL },
	{ 3, 1, "data", FLAGS, dte_flags },
	{ 5, 2, "seen as", RID, NULL },
	{ 0 }
};

static const struct layout entry_extended[] = {
	{ 1, 2, "device", RID, NULL },
	{ 3, 1, "data", FLAGS, dte_flags },
	{ 4, 4, "extended data", HEX, NULL },
	{ 0 }
};

static const struct layout entry_special[] = {
	{ 3, 1, "data", FLAGS, dte_flags },
	{ 4, 1, "id", DECIMAL, NULL },
	{ 5, 2, "device", RID, NULL },
	{ 7, 1, "variety", DECIMAL, variety_words },
	{ 0 }
};

static const struct layout entry_hid[] = {
	{ 1, 2, "device", RID, NULL },
	{ 3, 1, "data", FLAGS, dte_flags },
	{ 4, 8, "HID", LETTERS, NULL },
	{ 12, 8, "CID", LETTERS, NULL },
	{ 20, 1, "UID format", DECIMAL, NULL },
	{ 21, 1, "UID length", DECIMAL, NULL },
	{ 22, 0, "UID", LETTERS, NULL },
	{ 0 }
};

static const struct kind ivrs_entries[] = {
	{ 0x00, "padding", 0, entry_pad },
	{ 0x01, "all devices", 0, entry_all },
	{ 0x02, "device", 0, entry_select },
	{ 0x03, "range: first device", 0, entry_select },
	{ 0x04, "range: last device", 0, entry_end },
	{ 0x40, "padding", 0, entry_pad },
	{ 0x42, "device with alias", 0, entry_alias },
	{ 0x43, "range with alias: first device", 0, entry_alias },
	{ 0x46, "device, extended", 0, entry_extended },
	{ 0x47, "range, extended: first device", 0, entry_extended },
	{ 0x48, "special device", 0, entry_special },
	{ 0xf0, "ACPI device", 0, entry_hid },
	{ -1, NULL, 0, NULL }
};

/* ---- a field in words ---- */

static uint64_t number_at(const uint8_t *data, unsigned int length)
{
	uint64_t value = 0;

	while (length--)
		value = value << 8 | data[length];
	return value;
}

static void flag_words(uint64_t value, const char *const *words, char *out)
{
	size_t at = snprintf(out, ACPI_TEXT, "0x%" PRIx64, value);
	bool any = false;
	int bit;

	for (bit = 0; bit < 8; bit++) {
		if (!(value & 1U << bit) || !words[bit])
			continue;
		at += snprintf(out + at, ACPI_TEXT - at, "%s%s", any ? " " : " (", words[bit]);
		any = true;
	}
	if (any)
		snprintf(out + at, ACPI_TEXT - at, ")");
}

/* Letters as they are, up to a NUL; what cannot be printed as a dot. */
static void letters(const uint8_t *data, uint32_t length, char *out)
{
	uint32_t i;

	for (i = 0; i < length && i < ACPI_TEXT - 1 && data[i]; i++)
		out[i] = data[i] < 0x80 && isprint(data[i]) ? data[i] : '.';
	while (i && out[i - 1] == ' ')
		i--;
	out[i] = '\0';
}

static void hex_bytes(const uint8_t *data, uint32_t length, char *out)
{
	uint32_t i, shown = length > 24 ? 24 : length;
	size_t at = 0;

	out[0] = '\0';
	for (i = 0; i < shown; i++)
		at += snprintf(out + at, ACPI_TEXT - at, "%s%02x", i ? " " : "", data[i]);
	if (shown < length)
		snprintf(out + at, ACPI_TEXT - at, " ... (%u bytes)", length);
}

static void path_words(const uint8_t *data, uint32_t length, char *out)
{
	size_t at = 0;
	uint32_t i;

	out[0] = '\0';
	for (i = 0; i + 1 < length && at + 8 < ACPI_TEXT; i += 2)
		at += snprintf(out + at, ACPI_TEXT - at, "%s%02x.%x", i ? " > " : "", data[i],
			       data[i + 1]);
	if (i < length)
		snprintf(out + at, ACPI_TEXT - at, i + 1 < length ? " ..." : " and half a step");
}

static void field_words(const uint8_t *data, const struct layout *layout, struct acpi_field *field)
{
	uint64_t v = field->value;
	char *out = field->text;

	switch (layout->how) {
	case DECIMAL:
		if (layout->words && v < 3 && layout->words[v])
			snprintf(out, ACPI_TEXT, "%s", layout->words[v]);
		else
			snprintf(out, ACPI_TEXT, "%" PRIu64, v);
		break;
	case HEX:
		snprintf(out, ACPI_TEXT, "0x%" PRIx64, v);
		break;
	case LETTERS:
		letters(data, field->length, out);
		break;
	case RID:
		snprintf(out, ACPI_TEXT, "%02x:%02x.%x", (unsigned int)(v >> 8),
			 (unsigned int)(v >> 3 & 0x1f), (unsigned int)(v & 7));
		break;
	case FLAGS:
		flag_words(v, layout->words, out);
		break;
	case WIDTH:
		snprintf(out, ACPI_TEXT, "%u bits", (unsigned int)v + 1);
		break;
	case PAGES:
		snprintf(out, ACPI_TEXT, "%uK", 4U << (v & 0xf));
		break;
	case IVINFO:
		snprintf(out, ACPI_TEXT, "0x%x (physical %u bits, virtual %u bits%s%s%s)",
			 (unsigned int)v, (unsigned int)(v >> 8 & 0x7f),
			 (unsigned int)(v >> 15 & 0x7f), v & 1 ? ", EFRSup" : "",
			 v & 2 ? ", DmaRemapSup" : "", v & 1 << 22 ? ", HtAtsResv" : "");
		break;
	case IVHD_INFO:
		snprintf(out, ACPI_TEXT, "0x%x (MSI %u, unit id %u)", (unsigned int)v,
			 (unsigned int)(v & 0x1f), (unsigned int)(v >> 8 & 0x1f));
		break;
	case PATH:
		path_words(data, field->length, out);
		break;
	case BYTES:
		hex_bytes(data, field->length, out);
		break;
	}
}

/* ---- items ---- */

static void add_field(struct acpi_item *item, const uint8_t *data, const struct layout *layout)
{
	struct acpi_field *field;
	uint32_t length = layout->length;

	if (layout->at > item->length || item->nr_fields == ACPI_FIELDS_MAX)
		return;
	if (!length)
		length = item->length - layout->at;
	/* Cut short by its structure: a number is not there, the rest is. */
	if (length > item->length - layout->at)
		return;
	if (!length)
		return;
	field = &item->fields[item->nr_fields++];
	field->offset = item->offset + layout->at;
	field->length = length;
	field->name = layout->name;
	field->number = layout->how != LETTERS && layout->how != PATH && layout->how != BYTES;
	field->value = field->number ? number_at(data + field->offset, length) : 0;
	field_words(data + field->offset, layout, field);
}

static struct acpi_item *add_item(struct acpi_items *items, uint32_t offset, uint32_t length,
				  int depth)
{
	struct acpi_item *item;

	if (items->nr % ROOM == 0) {
		item = realloc(items->items, (items->nr + ROOM) * sizeof(*item));
		if (!item) {
			items->failed = true;
			return NULL;
		}
		items->items = item;
	}
	item = &items->items[items->nr++];
	*item = (struct acpi_item){ .offset = offset, .length = length, .depth = depth };
	return item;
}

static const struct kind *find_kind(const struct kind *kinds, int type)
{
	for (; kinds->name; kinds++)
		if (kinds->type == type)
			return kinds;
	return NULL;
}

/* One structure or entry of the table, of the kind or, with NULL, of none known. */
static void decode(const uint8_t *data, struct acpi_items *items, uint32_t offset, uint32_t length,
		   int depth, const struct kind *kind)
{
	static const struct layout bytes = { 0, 0, "bytes", BYTES, NULL };
	struct acpi_item *item = add_item(items, offset, length, depth);
	const struct layout *layout;

	if (!item)
		return;
	item->known = kind;
	item->kind = kind ? kind->name : "unknown kind";
	if (!kind)
		add_field(item, data, &bytes);
	for (layout = kind ? kind->fields : NULL; layout && layout->name; layout++)
		add_field(item, data, layout);
}

/* Bytes that cannot be told apart: a length that makes no sense, or nothing of the kind. */
static void leftover(const uint8_t *data, struct acpi_items *items, uint32_t offset,
		     uint32_t length, int depth)
{
	decode(data, items, offset, length, depth, NULL);
	if (!items->failed)
		items->items[items->nr - 1].kind = "cannot be decoded";
}

/* How long the entry at the start of rest is; 0: there is no telling. */
static uint32_t ivrs_entry_length(const uint8_t *entry, uint32_t rest)
{
	if (entry[0] < 0xf0)
		return 4U << (entry[0] >> 6);
	return entry[0] == 0xf0 && rest >= 22 ? 22U + entry[21] : 0;
}

static void decode_entries(const uint8_t *data, struct acpi_items *items, uint32_t at, uint32_t end,
			   bool dmar)
{
	while (at < end && !items->failed) {
		uint32_t length = 0;

		if (!dmar)
			length = ivrs_entry_length(data + at, end - at);
		else if (end - at >= 6 && data[at + 1] >= 6)
			length = data[at + 1];
		if (!length || length > end - at) {
			leftover(data, items, at, end - at, 1);
			return;
		}
		decode(data, items, at, length, 1,
		       find_kind(dmar ? dmar_entries : ivrs_entries, data[at]));
		at += length;
	}
}

bool acpi_signature(const uint8_t *data, size_t len, char name[5])
{
	letters(data, len < 4 ? len : 4, name);
	return !strcmp(name, "DMAR") || !strcmp(name, "IVRS");
}

void acpi_decode(const uint8_t *data, size_t len, struct acpi_items *items)
{
	bool dmar = data[0] == 'D';
	struct kind header = {
		0, dmar ? "DMAR" : "IVRS", 0, dmar ? dmar_header : ivrs_header
	};
	uint32_t at = FIRST, end = len;

	memset(items, 0, sizeof(*items));
	/* What lies behind the table's own length is not part of it. */
	if (len >= HEADER && number_at(data + 4, 4) < end && number_at(data + 4, 4) >= FIRST)
		end = number_at(data + 4, 4);
	decode(data, items, 0, end < FIRST ? end : FIRST, 0, &header);
	while (at < end && !items->failed) {
		const struct kind *kind;
		uint32_t length = end - at >= 4 ? number_at(data + at + 2, 2) : 0;

		if (length < 4 || length > end - at) {
			leftover(data, items, at, end - at, 0);
			return;
		}
		kind = dmar ? find_kind(dmar_kinds, number_at(data + at, 2)) :
			      find_kind(ivrs_kinds, data[at]);
		decode(data, items, at, length, 0, kind);
		if (kind && kind->entries && kind->entries < length)
			decode_entries(data, items, at + kind->entries, at + length, dmar);
		at += length;
	}
}
