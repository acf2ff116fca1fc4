// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: the kernel's attributes into C structs. Attributes of the wrong
 * size count as absent.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

uint32_t nyx_attr_u32(const struct nlattr *attr)
{
	return attr && nla_len(attr) >= 4 ? nla_get_u32((struct nlattr *)attr) : 0;
}

uint64_t nyx_attr_u64(const struct nlattr *attr)
{
	return attr && nla_len(attr) >= 8 ? nla_get_u64((struct nlattr *)attr) : 0;
}

void nyx_attr_string(const struct nlattr *attr, char *out, size_t size)
{
	if (attr)
		nla_strlcpy(out, (struct nlattr *)attr, size);
	else
		out[0] = '\0';
}

#define U32(name)		nyx_attr_u32(attrs[NYX_IOMMU_A_##name])
#define U64(name)		nyx_attr_u64(attrs[NYX_IOMMU_A_##name])
#define STRING(name, out)	nyx_attr_string(attrs[NYX_IOMMU_A_##name], out, sizeof(out))
/* Over the attributes of a type that repeats. */
#define EACH(attr, name)						\
	for (attr = attrs[NYX_IOMMU_A_##name]; attr; attr = nyx_next(attr, attrs[0]))

/* The attributes of a nest; those that the module is too new for are passed over. */
static int nested(struct nlattr **tb, int max, const struct nlattr *nest)
{
	memset(tb, 0, sizeof(*tb) * (max + 1));
	return nest ? nla_parse_nested(tb, max, (struct nlattr *)nest, NULL) : 0;
}

int nyx_parse_status(struct nlattr **attrs, void *out)
{
	struct nyx_status *status = out;

	STRING(VENDOR, status->vendor);
	STRING(MODULE_VERSION, status->version);
	status->units = U32(UNITS);
	status->devices = U32(DEVICES);
	status->assigned = U32(ASSIGNED);
	status->quarantined = U32(QUARANTINED);
	status->domains = U32(DOMAINS);
	status->exported = U32(EXPORTED);
	status->holders = U32(HOLDERS);
	status->mappings = U64(MAPPINGS);
	status->mapped_bytes = U64(MAPPED_BYTES);
	status->pinned_bytes = U64(PINNED_BYTES);
	status->leaked_pages = U64(LEAKED_PAGES);
	status->leaked_tables = U64(LEAKED_TABLES);
	status->faults = U64(FAULTS);
	status->fault_events = U64(FAULT_EVENTS);
	status->state_events = U64(STATE_EVENTS);
	return 0;
}

int nyx_parse_holder(struct nlattr **attrs, void *out)
{
	struct nyx_holder *holder = out;

	holder->kind = U32(HOLDER_KIND);
	STRING(CAUSE, holder->why);
	holder->unit = U32(UNIT_ID);
	STRING(UNIT_NAME, holder->unit_name);
	holder->device = U32(DEVICE);
	holder->domain = U32(DOMAIN_ID);
	STRING(DOMAIN_NAME, holder->domain_name);
	STRING(OWNER_NAME, holder->owner_name);
	holder->owner_port = U32(OWNER_PORT);
	holder->external = attrs[NYX_IOMMU_A_EXTERNAL];
	return 0;
}

int nyx_parse_unit(struct nlattr **attrs, void *out)
{
	struct nyx_unit *unit = out;
	const struct nlattr *attr;
	int nr = 0;

	unit->id = U32(UNIT_ID);
	STRING(UNIT_NAME, unit->name);
	unit->state = U32(UNIT_STATE);
	STRING(CAUSE, unit->cause);
	unit->segment = U32(SEGMENT);
	unit->has_registers = attrs[NYX_IOMMU_A_REGISTER];
	unit->register_base = U64(REGISTER_BASE);
	EACH(attr, REGISTER)
		if (nr < NYX_REGISTERS)
			unit->registers[nr++] = nyx_attr_u64(attr);
	unit->address_width = U32(ADDRESS_WIDTH);
	unit->physical_width = U32(PHYSICAL_WIDTH);
	unit->page_sizes = U64(PAGE_SIZES);
	unit->hw_domains = U32(HW_DOMAINS);
	unit->domains = U32(DOMAINS);
	EACH(attr, CAPABILITY)
		if (unit->nr_capabilities < NYX_CAPABILITIES_MAX)
			nyx_attr_string(attr, unit->capabilities[unit->nr_capabilities++],
					sizeof(unit->capabilities[0]));
	unit->flushes_page = U64(FLUSHES_PAGE);
	unit->flushes_domain = U64(FLUSHES_DOMAIN);
	unit->flushes_entry = U64(FLUSHES_ENTRY);
	unit->waits = U64(WAITS);
	unit->faults = U64(FAULTS);
	unit->faults_unattributed = U64(FAULTS_UNATTRIBUTED);
	unit->fault_overflows = U64(FAULT_OVERFLOWS);
	unit->faults_lower_bound = attrs[NYX_IOMMU_A_FAULTS_LOWER_BOUND];
	unit->taken_over = attrs[NYX_IOMMU_A_TAKEN_OVER];
	unit->remapping = U32(REMAPPING_STATE);
	STRING(REMAPPING_CAUSE, unit->remapping_cause);
	unit->remapping_flags = U32(REMAPPING_FLAGS);
	unit->remapping_entries = U32(REMAPPING_ENTRIES);
	unit->flushes_interrupt = U64(FLUSHES_INTERRUPT);
	return 0;
}

int nyx_parse_device(struct nlattr **attrs, void *out)
{
	struct nyx_device *device = out;
	const struct nlattr *attr;

	device->id = U32(DEVICE);
	device->state = U32(DEVICE_STATE);
	STRING(CAUSE, device->cause);
	device->since = U64(SINCE);
	device->flags = U32(DEVICE_FLAGS);
	device->has_unit = attrs[NYX_IOMMU_A_UNIT_ID];
	device->unit = U32(UNIT_ID);
	device->group = U32(GROUP_ID);
	STRING(GROUP_CAUSE, device->group_cause);
	EACH(attr, ALIAS)
		if (device->nr_aliases < NYX_ALIASES_MAX)
			device->aliases[device->nr_aliases++] = nyx_attr_u32(attr);
	device->reserved_base = U64(RESERVED_BASE);
	device->reserved_last = U64(RESERVED_LAST);
	device->domain = U32(DOMAIN_ID);
	device->threshold = U32(FAULT_THRESHOLD);
	device->window = U32(FAULT_WINDOW);
	device->faults = U64(FAULTS);
	device->faults_since_reset = U64(FAULTS_SINCE_RESET);
	device->towards_threshold = U64(FAULTS_TOWARDS_THRESHOLD);
	device->suppressed_since = U64(SUPPRESSED_SINCE);
	device->auto_reset = U32(AUTO_RESET);
	device->auto_resets_left = U32(AUTO_RESETS_LEFT);
	device->auto_reset_at = U64(AUTO_RESET_AT);
	device->resets = U32(RESETS);
	device->reset_error = U32(RESET_ERROR);
	EACH(attr, ENTRY_WORD)
		if (device->nr_entry_words < NYX_ENTRY_WORDS_MAX)
			device->entry[device->nr_entry_words++] = nyx_attr_u64(attr);
	return 0;
}

int nyx_parse_domain(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_DOMAIN_UNIT_MAX + 1];
	struct nyx_domain *domain = out;
	const struct nlattr *attr;

	domain->id = U32(DOMAIN_ID);
	STRING(DOMAIN_NAME, domain->name);
	domain->mode = U32(DOMAIN_MODE);
	domain->state = U32(DOMAIN_STATE);
	STRING(CAUSE, domain->cause);
	domain->owner_port = U32(OWNER_PORT);
	domain->external = attrs[NYX_IOMMU_A_EXTERNAL];
	STRING(OWNER_NAME, domain->owner_name);
	domain->devices = U32(DEVICES);
	domain->mappings = U64(MAPPINGS);
	domain->mapped_bytes = U64(MAPPED_BYTES);
	domain->pinned_bytes = U64(PINNED_BYTES);
	domain->maps = U64(MAPS);
	domain->unmaps = U64(UNMAPS);
	domain->tables = U64(TABLES);
	domain->max_mapped_bytes = U64(MAX_MAPPED_BYTES);
	domain->max_mappings = U64(MAX_MAPPINGS);
	domain->threshold = U32(FAULT_THRESHOLD);
	domain->window = U32(FAULT_WINDOW);
	domain->leaked_pages = U64(LEAKED_PAGES);
	domain->leaked_tables = U64(LEAKED_TABLES);
	domain->faults = U64(FAULTS);
	domain->has_table = attrs[NYX_IOMMU_A_PT_FORMAT];
	domain->format = U32(PT_FORMAT);
	domain->address_width = U32(ADDRESS_WIDTH);
	domain->page_sizes = U64(PAGE_SIZES);
	EACH(attr, DOMAIN_UNIT) {
		struct nyx_domain_unit *on = &domain->units[domain->nr_units];

		if (domain->nr_units == NYX_DOMAIN_UNITS_MAX ||
		    nested(tb, NYX_IOMMU_A_DOMAIN_UNIT_MAX, attr))
			continue;
		on->unit = nyx_attr_u32(tb[NYX_IOMMU_A_DOMAIN_UNIT_UNIT_ID]);
		on->hw_domain = nyx_attr_u32(tb[NYX_IOMMU_A_DOMAIN_UNIT_HW_DOMAIN_ID]);
		on->devices = nyx_attr_u32(tb[NYX_IOMMU_A_DOMAIN_UNIT_DEVICES]);
		domain->nr_units++;
	}
	return 0;
}

int nyx_parse_mapping(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_MAPPING_MAX + 1];
	struct nyx_mapping *mapping = out;

	if (nested(tb, NYX_IOMMU_A_MAPPING_MAX, attrs[NYX_IOMMU_A_MAPPING]))
		return 0;
	mapping->iova = nyx_attr_u64(tb[NYX_IOMMU_A_MAPPING_IOVA]);
	mapping->length = nyx_attr_u64(tb[NYX_IOMMU_A_MAPPING_LENGTH]);
	mapping->prot = nyx_attr_u32(tb[NYX_IOMMU_A_MAPPING_PROT]);
	mapping->type = nyx_attr_u32(tb[NYX_IOMMU_A_MAPPING_TYPE]);
	mapping->address = nyx_attr_u64(tb[NYX_IOMMU_A_MAPPING_ADDRESS]);
	mapping->tag = nyx_attr_u64(tb[NYX_IOMMU_A_MAPPING_TAG]);
	mapping->has_physical = tb[NYX_IOMMU_A_MAPPING_PHYSICAL];
	mapping->physical = nyx_attr_u64(tb[NYX_IOMMU_A_MAPPING_PHYSICAL]);
	mapping->runs = nyx_attr_u32(tb[NYX_IOMMU_A_MAPPING_RUNS]);
	mapping->is_bar = tb[NYX_IOMMU_A_MAPPING_DEVICE];
	mapping->device = nyx_attr_u32(tb[NYX_IOMMU_A_MAPPING_DEVICE]);
	return 0;
}

int nyx_parse_translation(struct nlattr **attrs, void *out)
{
	struct nyx_translation *found = out;

	found->iova = U64(IOVA);
	found->physical = U64(PHYSICAL);
	found->page_size = U64(PAGE_SIZE);
	found->prot = U32(PROT);
	return 0;
}

int nyx_parse_walk(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_STEP_MAX + 1];
	struct nyx_walk *walk = out;
	const struct nlattr *attr;

	walk->iova = U64(IOVA);
	walk->format = U32(PT_FORMAT);
	EACH(attr, STEP) {
		struct nyx_step *step = &walk->steps[walk->nr];

		if (walk->nr == NYX_STEPS_MAX || nested(tb, NYX_IOMMU_A_STEP_MAX, attr))
			continue;
		step->level = nyx_attr_u32(tb[NYX_IOMMU_A_STEP_LEVEL]);
		step->index = nyx_attr_u32(tb[NYX_IOMMU_A_STEP_INDEX]);
		step->flags = nyx_attr_u32(tb[NYX_IOMMU_A_STEP_FLAGS]);
		step->table = nyx_attr_u64(tb[NYX_IOMMU_A_STEP_TABLE]);
		step->entry = nyx_attr_u64(tb[NYX_IOMMU_A_STEP_ENTRY]);
		walk->nr++;
	}
	return 0;
}

int nyx_parse_fault_counts(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_FAULT_COUNT_MAX + 1];
	struct nyx_fault_counts *counts = out;
	const struct nlattr *attr;

	counts->device = U32(DEVICE);
	counts->faults = U64(FAULTS);
	counts->reported = U64(FAULTS_REPORTED);
	counts->since_reset = U64(FAULTS_SINCE_RESET);
	counts->towards_threshold = U64(FAULTS_TOWARDS_THRESHOLD);
	counts->window = U32(FAULT_WINDOW);
	counts->suppressed_since = U64(SUPPRESSED_SINCE);
	counts->other = U64(FAULTS_OTHER);
	counts->threshold = U32(FAULT_THRESHOLD);
	counts->first = U64(FIRST_FAULT);
	counts->last = U64(LAST_FAULT);
	EACH(attr, FAULT_COUNT) {
		struct nyx_fault_count *count = &counts->reasons[counts->nr_reasons];

		if (counts->nr_reasons == NYX_REASONS_MAX ||
		    nested(tb, NYX_IOMMU_A_FAULT_COUNT_MAX, attr))
			continue;
		count->reason = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_COUNT_REASON]);
		count->count = nyx_attr_u64(tb[NYX_IOMMU_A_FAULT_COUNT_COUNT]);
		nyx_attr_string(tb[NYX_IOMMU_A_FAULT_COUNT_TEXT], count->text,
				sizeof(count->text));
		counts->nr_reasons++;
	}
	return 0;
}

int nyx_parse_fault(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_FAULT_MAX + 1];
	struct nyx_fault *fault = out;

	fault->device = U32(DEVICE);
	if (nested(tb, NYX_IOMMU_A_FAULT_MAX, attrs[NYX_IOMMU_A_FAULT]))
		return 0;
	fault->sequence = nyx_attr_u64(tb[NYX_IOMMU_A_FAULT_SEQUENCE]);
	fault->time = nyx_attr_u64(tb[NYX_IOMMU_A_FAULT_TIME]);
	fault->unit = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_UNIT_ID]);
	fault->domain = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_DOMAIN_ID]);
	fault->kind = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_KIND]);
	fault->has_address = tb[NYX_IOMMU_A_FAULT_ADDRESS];
	fault->address = nyx_attr_u64(tb[NYX_IOMMU_A_FAULT_ADDRESS]);
	fault->has_index = tb[NYX_IOMMU_A_FAULT_INDEX];
	fault->index = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_INDEX]);
	fault->reason = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_REASON]);
	fault->reported = tb[NYX_IOMMU_A_FAULT_REPORTED];
	fault->epoch = nyx_attr_u32(tb[NYX_IOMMU_A_FAULT_EPOCH]);
	nyx_attr_string(tb[NYX_IOMMU_A_FAULT_TEXT], fault->text, sizeof(fault->text));
	return 0;
}

int nyx_parse_irq_info(struct nlattr **attrs, void *out)
{
	struct nyx_irq_info *info = out;

	info->device = U32(DEVICE);
	info->type = U32(IRQ_TYPE);
	info->vectors = U32(IRQ_VECTORS);
	info->bound = U32(IRQ_BOUND);
	STRING(CAUSE, info->cause);
	return 0;
}

int nyx_parse_irq(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_IRQ_MAX + 1];
	const struct nlattr *nest = attrs[NYX_IOMMU_A_IRQ];
	struct nyx_irq *irq = out;
	struct nlattr *attr;
	int rem;

	irq->device = U32(DEVICE);
	if (!nest || nested(tb, NYX_IOMMU_A_IRQ_MAX, nest))
		return 0;
	irq->index = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_INDEX]);
	irq->number = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_NUMBER]);
	irq->count = nyx_attr_u64(tb[NYX_IOMMU_A_IRQ_COUNT]);
	irq->masked = tb[NYX_IOMMU_A_IRQ_MASKED];
	irq->owner_port = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_OWNER_PORT]);
	nyx_attr_string(tb[NYX_IOMMU_A_IRQ_OWNER_NAME], irq->owner_name,
			sizeof(irq->owner_name));
	nyx_attr_string(tb[NYX_IOMMU_A_IRQ_CPUS], irq->cpus, sizeof(irq->cpus));
	irq->entry_index = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_ENTRY_INDEX]);
	irq->present = tb[NYX_IOMMU_A_IRQ_PRESENT];
	irq->cpu_vector = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_CPU_VECTOR]);
	irq->destination = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_DESTINATION]);
	irq->delivery = nyx_attr_u32(tb[NYX_IOMMU_A_IRQ_DELIVERY]);
	irq->logical = tb[NYX_IOMMU_A_IRQ_LOGICAL];
	irq->level = tb[NYX_IOMMU_A_IRQ_LEVEL];
	nyx_attr_string(tb[NYX_IOMMU_A_IRQ_SOURCE], irq->source, sizeof(irq->source));
	nla_for_each_nested(attr, (struct nlattr *)nest, rem)
		if (nla_type(attr) == NYX_IOMMU_A_IRQ_ENTRY_WORD && irq->nr_words < 2)
			irq->words[irq->nr_words++] = nyx_attr_u64(attr);
	return 0;
}

static void parse_difference(const struct nlattr *nest, struct nyx_difference *difference)
{
	struct nlattr *tb[NYX_IOMMU_A_DIFFERENCE_MAX + 1];

	if (nested(tb, NYX_IOMMU_A_DIFFERENCE_MAX, nest))
		return;
	nyx_attr_string(tb[NYX_IOMMU_A_DIFFERENCE_WHAT], difference->what,
			sizeof(difference->what));
	nyx_attr_string(tb[NYX_IOMMU_A_DIFFERENCE_FOUND], difference->found,
			sizeof(difference->found));
	nyx_attr_string(tb[NYX_IOMMU_A_DIFFERENCE_EXPECTED], difference->expected,
			sizeof(difference->expected));
	difference->has_unit = tb[NYX_IOMMU_A_DIFFERENCE_UNIT_ID];
	difference->unit = nyx_attr_u32(tb[NYX_IOMMU_A_DIFFERENCE_UNIT_ID]);
	difference->has_requester = tb[NYX_IOMMU_A_DIFFERENCE_REQUESTER];
	difference->requester = nyx_attr_u32(tb[NYX_IOMMU_A_DIFFERENCE_REQUESTER]);
	difference->domain = nyx_attr_u32(tb[NYX_IOMMU_A_DIFFERENCE_DOMAIN_ID]);
	difference->has_iova = tb[NYX_IOMMU_A_DIFFERENCE_IOVA];
	difference->iova = nyx_attr_u64(tb[NYX_IOMMU_A_DIFFERENCE_IOVA]);
}

int nyx_parse_audit(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_AUDIT_MAX + 1];
	struct nyx_audit *audit = out;
	const struct nlattr *attr;

	if (nested(tb, NYX_IOMMU_A_AUDIT_MAX, attrs[NYX_IOMMU_A_AUDIT]))
		return -EPROTO;
	audit->registers += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_REGISTERS]);
	audit->entries += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_ENTRIES]);
	audit->domains += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_DOMAINS]);
	audit->tables += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_TABLES]);
	audit->leaves += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_LEAVES]);
	audit->bytes += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_BYTES]);
	audit->passed_over += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_PASSED_OVER]);
	audit->differences += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_DIFFERENCES]);
	audit->interrupt_entries += nyx_attr_u64(tb[NYX_IOMMU_A_AUDIT_INTERRUPT_ENTRIES]);
	EACH(attr, DIFFERENCE)
		if (audit->nr_listed < NYX_DIFFERENCES_MAX)
			parse_difference(attr, &audit->listed[audit->nr_listed++]);
	return 0;
}

int nyx_parse_arrival(struct nlattr **attrs, void *out)
{
	struct nlattr *tb[NYX_IOMMU_A_ARRIVAL_RULE_MAX + 1];
	const struct nlattr *nest = attrs[NYX_IOMMU_A_ARRIVAL_RULE];
	struct nyx_arrival_rule *rule = out;
	uint32_t pci_id;

	if (!nest || nested(tb, NYX_IOMMU_A_ARRIVAL_RULE_MAX, nest))
		return 0;
	rule->has_device = tb[NYX_IOMMU_A_ARRIVAL_RULE_DEVICE];
	rule->device = nyx_attr_u32(tb[NYX_IOMMU_A_ARRIVAL_RULE_DEVICE]);
	rule->has_pci_id = tb[NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID];
	pci_id = nyx_attr_u32(tb[NYX_IOMMU_A_ARRIVAL_RULE_PCI_ID]);
	rule->vendor = pci_id >> 16;
	rule->product = pci_id;
	rule->has_below = tb[NYX_IOMMU_A_ARRIVAL_RULE_BELOW];
	rule->below = nyx_attr_u32(tb[NYX_IOMMU_A_ARRIVAL_RULE_BELOW]);
	rule->action = nyx_attr_u32(tb[NYX_IOMMU_A_ARRIVAL_RULE_ACTION]);
	nyx_attr_string(tb[NYX_IOMMU_A_ARRIVAL_RULE_DOMAIN_NAME], rule->domain,
			sizeof(rule->domain));
	return 0;
}

static void parse_region(const struct nlattr *nest, struct nyx_region *region)
{
	struct nlattr *tb[NYX_IOMMU_A_RESERVED_REGION_MAX + 1];

	if (nested(tb, NYX_IOMMU_A_RESERVED_REGION_MAX, nest))
		return;
	region->base = nyx_attr_u64(tb[NYX_IOMMU_A_RESERVED_REGION_BASE]);
	region->last = nyx_attr_u64(tb[NYX_IOMMU_A_RESERVED_REGION_LAST]);
	region->prot = nyx_attr_u32(tb[NYX_IOMMU_A_RESERVED_REGION_PROT]);
}

static void parse_explanation(const struct nlattr *nest, struct nyx_explanation *explanation)
{
	struct nlattr *tb[NYX_IOMMU_A_EXPLANATION_MAX + 1];

	if (nested(tb, NYX_IOMMU_A_EXPLANATION_MAX, nest))
		return;
	explanation->cause = nyx_attr_u32(tb[NYX_IOMMU_A_EXPLANATION_CAUSE]);
	explanation->has_range = tb[NYX_IOMMU_A_EXPLANATION_LAST];
	explanation->first = nyx_attr_u64(tb[NYX_IOMMU_A_EXPLANATION_FIRST]);
	explanation->last = nyx_attr_u64(tb[NYX_IOMMU_A_EXPLANATION_LAST]);
	explanation->prot = nyx_attr_u32(tb[NYX_IOMMU_A_EXPLANATION_PROT]);
	explanation->has_age = tb[NYX_IOMMU_A_EXPLANATION_AGE];
	explanation->age = nyx_attr_u64(tb[NYX_IOMMU_A_EXPLANATION_AGE]);
	explanation->now_mapped = tb[NYX_IOMMU_A_EXPLANATION_NOW_MAPPED];
}

static void parse_obstacle(const struct nlattr *nest, struct nyx_obstacle *obstacle)
{
	struct nlattr *tb[NYX_IOMMU_A_OBSTACLE_MAX + 1];

	if (nested(tb, NYX_IOMMU_A_OBSTACLE_MAX, nest))
		return;
	obstacle->kind = nyx_attr_u32(tb[NYX_IOMMU_A_OBSTACLE_KIND]);
	obstacle->err = -(int)nyx_attr_u32(tb[NYX_IOMMU_A_OBSTACLE_ERRNO]);
	nyx_attr_string(tb[NYX_IOMMU_A_OBSTACLE_TEXT], obstacle->text, sizeof(obstacle->text));
}

int nyx_parse_why(struct nlattr **attrs, void *out)
{
	struct nyx_why *why = out;
	const struct nlattr *attr;

	nyx_parse_device(attrs, &why->device);
	EACH(attr, GROUP_MEMBER)
		if (why->nr_members < NYX_MEMBERS_MAX)
			why->members[why->nr_members++] = nyx_attr_u32(attr);
	STRING(DOMAIN_NAME, why->domain_name);
	why->domain_mode = U32(DOMAIN_MODE);
	why->domain_state = U32(DOMAIN_STATE);
	why->external = attrs[NYX_IOMMU_A_EXTERNAL];
	why->mappings = U64(MAPPINGS);
	why->mapped_bytes = U64(MAPPED_BYTES);
	why->has_extent = attrs[NYX_IOMMU_A_HIGHEST_IOVA];
	why->lowest = U64(LOWEST_IOVA);
	why->highest = U64(HIGHEST_IOVA);
	EACH(attr, RESERVED_REGION)
		if (why->nr_regions < NYX_REGIONS_MAX)
			parse_region(attr, &why->regions[why->nr_regions++]);
	why->has_fault = attrs[NYX_IOMMU_A_FAULT];
	nyx_parse_fault(attrs, &why->fault);
	parse_explanation(attrs[NYX_IOMMU_A_EXPLANATION], &why->explanation);
	EACH(attr, OBSTACLE)
		if (why->nr_obstacles < NYX_OBSTACLES_MAX)
			parse_obstacle(attr, &why->obstacles[why->nr_obstacles++]);
	return 0;
}
