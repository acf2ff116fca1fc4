// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what the ACPI parsers make of table files, one fact a line, in the table's order.
 *
 *   acpi-dump FILE...
 *
 * Exit code 0: all accepted, 1: some refused, 2: some could not be read.
 */
#include <kunit/test.h>

#include "../../kernel/tests/acpi_build.h"

static void print_scope(const struct nyx_acpi_desc *desc, const struct nyx_acpi_scope *s,
			const u8 *data)
{
	static const char *const names[] = {
		[NYX_SCOPE_ENDPOINT] = "endpoint",
		[NYX_SCOPE_BRIDGE] = "bridge",
		[NYX_SCOPE_IOAPIC] = "ioapic",
		[NYX_SCOPE_HPET] = "hpet",
		[NYX_SCOPE_ACPI_NAME] = "acpi-name",
		[NYX_SCOPE_ALL] = "all",
		[NYX_SCOPE_RIDS] = "rids",
	};
	u32 i;

	printf("  %s", names[s->kind]);
	if (s->kind == NYX_SCOPE_IOAPIC || s->kind == NYX_SCOPE_HPET ||
	    (s->kind == NYX_SCOPE_ACPI_NAME && desc->table == NYX_ACPI_DMAR))
		printf(" id %u", s->enum_id);
	if (s->hid[0])
		printf(" hid %s", s->hid);
	if (s->cid[0])
		printf(" cid %s", s->cid);
	if (s->properties)
		printf(" properties 0x%02x", s->properties);
	if (s->uid_form == NYX_UID_INTEGER)
		printf(" uid %llu", (unsigned long long)s->uid);
	if (s->uid_form == NYX_UID_STRING) {
		printf(" uid ");
		for (i = 0; i < s->uid_len; i++) {
			u8 c = data[s->offset + 22 + i];

			putchar(c > ' ' && c < 0x7f ? c : '?');
		}
	}
	if (desc->table == NYX_ACPI_DMAR) {
		printf(" bus %02x path", s->start_bus);
		for (i = 0; i < s->path_len; i++)
			printf(" %02x.%x", s->path[i].device, s->path[i].function);
	} else if (s->rid_first == s->rid_last) {
		printf(" %04x", s->rid_first);
	} else if (s->kind == NYX_SCOPE_RIDS) {
		printf(" %04x-%04x", s->rid_first, s->rid_last);
	}
	if (s->has_alias)
		printf(" alias %04x", s->alias_rid);
	if (s->dte_flags)
		printf(" dte 0x%02x", s->dte_flags);
	if (s->ext_dte_flags)
		printf(" ext 0x%08x", s->ext_dte_flags);
	printf("\n");
}

static void print_scopes(const struct nyx_acpi_desc *desc, const struct nyx_acpi_scopes *slice,
			 const u8 *data)
{
	u32 i;

	for (i = 0; i < slice->count; i++)
		print_scope(desc, &desc->scopes[slice->first + i], data);
}

static void print_unit(const struct nyx_acpi_desc *desc, const struct nyx_acpi_unit *unit,
		       const u8 *data)
{
	printf("unit at 0x%x: segment %04x registers 0x%llx", unit->offset, unit->segment,
	       (unsigned long long)unit->reg_base);
	if (desc->table == NYX_ACPI_DMAR) {
		printf(" size 0x%llx%s", (unsigned long long)unit->reg_size,
		       unit->flags & NYX_UNIT_INCLUDE_ALL ? " include-pci-all" : "");
		if (unit->has_proximity)
			printf(" proximity %u", unit->proximity);
		printf("\n");
	} else {
		printf(" ivhd %02x rid %04x capability 0x%x flags 0x%02x info 0x%x features 0x%x",
		       unit->ivhd_type, unit->rid, unit->cap_offset, unit->ivhd_flags,
		       unit->ivhd_info, unit->ivhd_features);
		if (unit->ivhd_type != 0x10)
			printf(" efr 0x%llx efr2 0x%llx", (unsigned long long)unit->efr,
			       (unsigned long long)unit->efr2);
		printf("\n");
	}
	print_scopes(desc, &unit->scopes, data);
}

static void print_lists(const struct nyx_acpi_desc *desc, const u8 *data)
{
	static const char *const names[] = {
		[NYX_LIST_ATS_PORTS] = "ats-ports",
		[NYX_LIST_INTEGRATED] = "integrated",
		[NYX_LIST_PROPERTIES] = "properties",
	};
	u32 i;

	for (i = 0; i < desc->nr_lists; i++) {
		const struct nyx_acpi_list *list = &desc->lists[i];

		printf("%s at 0x%x: segment %04x%s%s\n", names[list->kind], list->offset,
		       list->segment, list->flags & NYX_LIST_ALL_PORTS ? " all" : "",
		       list->flags & NYX_LIST_ATC_REQUIRED ? " atc-required" : "");
		print_scopes(desc, &list->scopes, data);
	}
	for (i = 0; i < desc->nr_names; i++)
		printf("name at 0x%x: device %u %.*s\n", desc->names[i].offset,
		       desc->names[i].number, desc->names[i].len,
		       (const char *)data + desc->names[i].offset + 8);
}

static void print_desc(const struct nyx_acpi_desc *desc, const u8 *data)
{
	u32 i;

	printf("%s revision %u address width %u", desc->table == NYX_ACPI_DMAR ? "DMAR" : "IVRS",
	       desc->revision, desc->address_width);
	if (desc->table == NYX_ACPI_IVRS)
		printf(" virtual %u", desc->virtual_width);
	printf(" flags 0x%x\n", desc->flags);

	for (i = 0; i < desc->nr_units; i++)
		print_unit(desc, &desc->units[i], data);
	for (i = 0; i < desc->nr_reserved; i++) {
		const struct nyx_acpi_reserved *r = &desc->reserved[i];

		printf("reserved at 0x%x: segment %04x 0x%llx-0x%llx %s%s%s\n", r->offset,
		       r->segment, (unsigned long long)r->base, (unsigned long long)r->last,
		       r->flags & NYX_RESERVED_READ ? "r" : "-",
		       r->flags & NYX_RESERVED_WRITE ? "w" : "-",
		       r->flags & NYX_RESERVED_EXCLUSION ? " exclusion" : "");
		print_scopes(desc, &r->scopes, data);
	}
	print_lists(desc, data);
	for (i = 0; i < desc->nr_notes; i++)
		printf("note at 0x%x: %s\n", desc->notes[i].offset, desc->notes[i].text);
}

static int dump(const char *path)
{
	static u8 data[0x20000];
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	acpi_parse_fn parse;
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		return 2;
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);

	printf("%s: ", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	parse = len >= 4 && !memcmp(data, "IVRS", 4) ? nyx_ivrs_parse : nyx_dmar_parse;
	if (acpi_read(parse, data, len, &desc, &err)) {
		printf("refused at 0x%x: %s\n", err.offset, err.text);
		return 1;
	}
	print_desc(&desc, data);
	acpi_free(&desc);
	return 0;
}

int main(int argc, char **argv)
{
	int i, worst = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: acpi-dump FILE...\n");
		return 2;
	}
	for (i = 1; i < argc; i++) {
		int ret = dump(argv[i]);

		if (ret > worst)
			worst = ret;
	}
	return worst;
}
