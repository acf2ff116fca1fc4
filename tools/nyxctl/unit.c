// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl unit: the remapping engines of this host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "nyxctl.h"
#include "words.h"

GET_NUMBER(nyx_unit, id)
GET_TEXT(nyx_unit, name)
GET_WORD(nyx_unit, state, unit_state_words)
GET_TEXT(nyx_unit, cause)
GET_NUMBER(nyx_unit, segment)
GET_NUMBER(nyx_unit, address_width)
GET_NUMBER(nyx_unit, physical_width)
GET_NUMBER(nyx_unit, hw_domains)
GET_NUMBER(nyx_unit, domains)
GET_NUMBER(nyx_unit, flushes_page)
GET_NUMBER(nyx_unit, flushes_domain)
GET_NUMBER(nyx_unit, flushes_entry)
GET_NUMBER(nyx_unit, waits)
GET_NUMBER(nyx_unit, faults)
GET_NUMBER(nyx_unit, faults_unattributed)
GET_NUMBER(nyx_unit, fault_overflows)
GET_BOOL(nyx_unit, faults_lower_bound)
GET_BOOL(nyx_unit, taken_over)
GET_HEX_IF(nyx_unit, register_base, has_registers)
GET_WORD(nyx_unit, remapping, remapping_state_words)
GET_TEXT(nyx_unit, remapping_cause)
GET_NUMBER(nyx_unit, flushes_interrupt)
GET_NUMBER_IF(nyx_unit, remapping_entries, remapping_entries)

static json_t *get_page_sizes(const void *row)
{
	const struct nyx_unit *unit = row;
	json_t *sizes = json_array();
	int bit;

	for (bit = 12; bit < 63; bit++)
		if (unit->page_sizes & 1ULL << bit)
			json_array_append_new(sizes, json_integer(1LL << bit));
	return sizes;
}

static json_t *get_capabilities(const void *row)
{
	const struct nyx_unit *unit = row;
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < unit->nr_capabilities; i++)
		json_array_append_new(list, json_string(unit->capabilities[i]));
	return list;
}

/* The four raw registers have other names on each vendor. */
static json_t *get_registers(const void *row)
{
	static const char *const intel[] = { "VER", "CAP", "ECAP", "GSTS" };
	static const char *const amd[] = { "EFR", "EFR2", "control", "IVHD" };
	const struct nyx_unit *unit = row;
	const char *const *names = strncmp(unit->name, "ivhd", 4) ? intel : amd;
	json_t *list;
	int i;

	if (!unit->has_registers)
		return NULL;
	list = json_array();
	for (i = 0; i < NYX_REGISTERS; i++)
		json_array_append_new(list, json_pack("{s:o}", names[i], hex(unit->registers[i])));
	return list;
}

/* What an assigned device can and cannot do with interrupts, without any ifs. */
static json_t *get_interrupts(const void *row)
{
	const struct nyx_unit *unit = row;
	bool counted = unit->remapping_flags & NYX_IOMMU_REMAPPING_FLAG_COUNTED;
	bool per_device = unit->remapping_flags & NYX_IOMMU_REMAPPING_FLAG_PER_DEVICE;
	bool closed = unit->remapping_flags & NYX_IOMMU_REMAPPING_FLAG_UNUSED_IDS_BLOCKED;
	json_t *list = json_array();

	if (unit->remapping != NYX_IOMMU_REMAPPING_STATE_ON) {
		json_array_append_new(list, json_string("an assigned device can raise any interrupt"));
		return list;
	}
	json_array_append_new(list, json_string(
		per_device ?
		"an assigned device reaches, under its own ids, only the entries of its own table" :
		"an assigned device raises only those entries that name it"));
	if (per_device)
		json_array_append_new(list, json_string(closed ?
			"under an id that no function has it raises nothing" :
			"but under an id that no function has it can forge any interrupt, see the note"));
	if (unit->remapping_flags & NYX_IOMMU_REMAPPING_FLAG_FORGEABLE)
		json_array_append_new(list, json_string("but it can still forge interrupts in compatibility format, which the host uses"));
	json_array_append_new(list, json_string(counted ?
		"interrupts that are blocked are recorded as faults" :
		"interrupts that are blocked are not recorded"));
	return list;
}

static const struct column columns[] = {
	{ "id", "ID", FORMAT_NUMBER, SHOW_DETAIL, get_id },
	{ "name", "UNIT", FORMAT_TEXT, 0, get_name },
	{ "state", "STATE", FORMAT_TEXT, 0, get_state },
	{ "cause", "CAUSE", FORMAT_TEXT, SHOW_DETAIL, get_cause },
	{ "taken_over", "TAKEN OVER", FORMAT_TEXT, SHOW_DETAIL, get_taken_over },
	{ "segment", "SEGMENT", FORMAT_NUMBER, 0, get_segment },
	{ "register_base", "REGISTERS", FORMAT_TEXT, 0, get_register_base },
	{ "address_width", "ADDRESS BITS", FORMAT_NUMBER, 0, get_address_width },
	{ "physical_width", "PHYSICAL BITS", FORMAT_NUMBER, SHOW_DETAIL, get_physical_width },
	{ "page_sizes", "PAGES", FORMAT_SIZE, 0, get_page_sizes },
	{ "domains", "DOMAINS", FORMAT_NUMBER, 0, get_domains },
	{ "hw_domains", "HW DOMAIN IDS", FORMAT_NUMBER, SHOW_DETAIL, get_hw_domains },
	{ "capabilities", "CAPABILITIES", FORMAT_TEXT, SHOW_DETAIL, get_capabilities },
	{ "remapping", "INTERRUPT REMAPPING", FORMAT_TEXT, SHOW_DETAIL, get_remapping },
	{ "remapping_cause", "REMAPPING NOTE", FORMAT_TEXT, SHOW_DETAIL, get_remapping_cause },
	{ "remapping_entries", "ENTRIES", FORMAT_NUMBER, SHOW_DETAIL, get_remapping_entries },
	{ "interrupts", "INTERRUPTS", FORMAT_TEXT, SHOW_DETAIL, get_interrupts },
	{ "faults", "FAULTS", FORMAT_NUMBER, 0, get_faults },
	{ "faults_lower_bound", "FAULTS AT LEAST", FORMAT_TEXT, SHOW_DETAIL,
	  get_faults_lower_bound },
	{ "faults_unattributed", "OF UNKNOWN ORIGIN", FORMAT_NUMBER, SHOW_STATS,
	  get_faults_unattributed },
	{ "fault_overflows", "LOG OVERFLOWS", FORMAT_NUMBER, SHOW_STATS, get_fault_overflows },
	{ "flushes_page", "PAGE FLUSHES", FORMAT_NUMBER, SHOW_STATS, get_flushes_page },
	{ "flushes_domain", "DOMAIN FLUSHES", FORMAT_NUMBER, SHOW_STATS, get_flushes_domain },
	{ "flushes_entry", "ENTRY FLUSHES", FORMAT_NUMBER, SHOW_STATS, get_flushes_entry },
	{ "flushes_interrupt", "INTERRUPT FLUSHES", FORMAT_NUMBER, SHOW_STATS,
	  get_flushes_interrupt },
	{ "waits", "WAITS", FORMAT_NUMBER, SHOW_STATS, get_waits },
	{ "registers", "RAW REGISTERS", FORMAT_TEXT, SHOW_DETAIL, get_registers },
	{ 0 }
};

/* By name or number; NULL: refused. */
static const struct nyx_unit *find_unit(struct context *context, const char *wanted,
					const struct nyx_unit *units, size_t nr)
{
	uint64_t id;
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(wanted, units[i].name) ||
		    (parse_number(wanted, &id) && id == units[i].id))
			return &units[i];
	refuse(context, -ENODEV, "no unit \"%s\": see nyxctl unit show", wanted);
	return NULL;
}

static int run_show(struct context *context, struct args *args)
{
	char *wanted = next_word(args);
	const struct nyx_unit *unit;
	struct nyx_unit *units;
	size_t nr;
	int err;

	err = begin(context, args);
	if (err)
		return err;
	err = nyx_unit_list(context->nyx, &units, &nr);
	if (err)
		return refuse_nyx(context, err);
	if (!wanted) {
		show_list(context, "units", columns, units, sizeof(*units), nr);
		free(units);
		return EXIT_DONE;
	}
	unit = find_unit(context, wanted, units, nr);
	if (unit)
		show_one(context, "units", columns, unit);
	free(units);
	return unit ? EXIT_DONE : EXIT_REFUSED;
}

static int run_regs(struct context *context, struct args *args)
{
	const struct nyx_unit *unit;
	char *wanted = next_word(args);
	struct nyx_status status;
	struct nyx_unit *units;
	size_t nr;
	int err;

	err = begin(context, args);
	if (err)
		return err;
	err = nyx_status(context->nyx, &status);
	if (!err)
		err = nyx_unit_list(context->nyx, &units, &nr);
	if (err)
		return refuse_nyx(context, err);
	unit = wanted ? find_unit(context, wanted, units, nr) : units;
	err = EXIT_REFUSED;
	if (!unit || !nr)
		;
	else if (!unit->has_registers)
		refuse(context, -EPERM, "registers are for root to see: run it as root");
	else if (!show_registers(context, status.vendor, unit, wanted ? 1 : nr))
		refuse(context, -EOPNOTSUPP, "registers of \"%s\" are not known to this nyxctl",
		       status.vendor);
	else
		err = EXIT_DONE;
	free(units);
	return err;
}

static const struct command commands[] = {
	{ "show", "[UNIT]", "All units, or one (by name or number) in full. -s adds counters.\n",
	  run_show },
	{ "regs", "[UNIT]",
	  "The registers of all units, or of one, field by field, as they are now.\n", run_regs },
	{ 0 }
};

const struct object unit_object = { "unit", "the remapping engines (DRHD, IVHD)", commands };
