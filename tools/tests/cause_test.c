// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults and their causes in plain words; mappings merged and summed up.
 */
#include <string.h>

#include "cause.h"
#include "merge.h"
#include "tap.h"
#include "words.h"

static void says(const struct nyx_explanation *explanation, const char *expected)
{
	char text[320];

	cause_text(explanation, text, sizeof(text));
	ok(!strcmp(text, expected), "%s: %s", word(fault_cause_words, explanation->cause), text);
}

static void test_causes(void)
{
	struct nyx_explanation e = { .cause = NYX_IOMMU_FAULT_CAUSE_UNMAPPED, .has_range = true,
				     .first = 0x1000, .last = 0x1fff, .prot = 3, .has_age = true,
				     .age = 3200000000ULL };
	int i;

	says(&e, "unmapped 3.2 s earlier (0x1000-0x1fff, read write)");
	e.now_mapped = true;
	says(&e, "unmapped 3.2 s earlier (0x1000-0x1fff, read write); now mapped, it was not when it faulted");
	e = (struct nyx_explanation) { .cause = NYX_IOMMU_FAULT_CAUSE_UNMAPPED };
	says(&e, "was just being unmapped");
	e = (struct nyx_explanation) { .cause = NYX_IOMMU_FAULT_CAUSE_MAPPED_LATER, .has_range = true,
				       .first = 0x1000, .last = 0x1fff, .prot = 1, .has_age = true,
				       .age = 15000000, .now_mapped = true };
	says(&e, "not mapped yet, only 15 ms later (0x1000-0x1fff, read)");
	e.age = 0;
	says(&e, "mapped at about that moment: the device was too early (0x1000-0x1fff, read)");
	e.cause = NYX_IOMMU_FAULT_CAUSE_READ_ONLY;
	says(&e, "read-only mapping (0x1000-0x1fff, read)");
	e = (struct nyx_explanation) { .cause = NYX_IOMMU_FAULT_CAUSE_NEVER_MAPPED };
	says(&e, "never mapped in its domain");
	e.cause = 99;
	says(&e, "a cause that this nyxctl does not know (99)");
	/* Every cause has a word and a sentence. */
	for (i = 0; fault_cause_words[i]; i++) {
		char text[320];

		e = (struct nyx_explanation) { .cause = i };
		cause_text(&e, text, sizeof(text));
		ok(text[0] && !strstr(text, "does not know"), "%s: %s", fault_cause_words[i], text);
	}
	ok(i == NYX_IOMMU_FAULT_CAUSE_REPORTED + 1, "as many words as causes");
}

static void test_texts(void)
{
	struct nyx_fault fault = { .kind = NYX_IOMMU_FAULT_KIND_WRITE, .has_address = true,
				   .address = 0x1000 };
	char text[64];

	ok(!strcmp(access_text(&fault, text, sizeof(text)), "write to 0x1000"), "%s", text);
	fault.kind = NYX_IOMMU_FAULT_KIND_READ;
	ok(!strcmp(access_text(&fault, text, sizeof(text)), "read of 0x1000"), "%s", text);
	fault.has_address = false;
	fault.kind = NYX_IOMMU_FAULT_KIND_UNKNOWN;
	ok(!strcmp(access_text(&fault, text, sizeof(text)), "request"), "%s", text);
	fault.kind = NYX_IOMMU_FAULT_KIND_INTERRUPT;
	fault.has_index = true;
	fault.index = 5;
	ok(!strcmp(access_text(&fault, text, sizeof(text)), "interrupt by table entry 5"), "%s", text);
	ok(!strcmp(age_text(999999, text, sizeof(text)), "less than 1 ms"), "%s", text);
	ok(!strcmp(age_text(59999999999, text, sizeof(text)), "59.9 s"), "%s", text);
	ok(!strcmp(age_text(60000000000, text, sizeof(text)), "1 min 0 s"), "%s", text);
	ok(!strcmp(age_text(7500000000000, text, sizeof(text)), "2 h 5 min"), "%s", text);
}

static void test_merge(void)
{
	const struct nyx_mapping mappings[] = {
		{ .iova = 0x1000, .length = 0x1000, .prot = 3, .type = 1 },
		{ .iova = 0x2000, .length = 0x3000, .prot = 3, .type = 1 },
		{ .iova = 0x5000, .length = 0x1000, .prot = 1, .type = 1 },	/* rights */
		{ .iova = 0x6000, .length = 0x1000, .prot = 1, .type = 2 },	/* memory */
		{ .iova = 0x8000, .length = 0x1000, .prot = 1, .type = 2 },	/* a hole */
		{ .iova = 0x9000, .length = 0x1000, .prot = 2, .type = 2 },
	};
	struct merged merged[6];
	struct total total;

	ok(merge_mappings(mappings, 6, merged) == 5, "six mappings in five lines");
	ok(merged[0].iova == 0x1000 && merged[0].length == 0x4000 && merged[0].mappings == 2,
	   "neighbours are one line");
	ok(merged[1].iova == 0x5000 && merged[1].prot == 1 && merged[1].mappings == 1 &&
	   merged[2].type == 2 && merged[3].iova == 0x8000 && merged[4].prot == 2,
	   "other rights, other memory and what is apart are not");
	sum_mappings(mappings, 6, &total);
	ok(total.mappings == 6 && total.bytes == 0x8000 && total.readable == 0x7000 &&
	   total.writable == 0x5000 && total.lowest == 0x1000 && total.highest == 0x9fff,
	   "summed up");
	ok(!merge_mappings(NULL, 0, merged), "nothing makes no line");
	sum_mappings(NULL, 0, &total);
	ok(!total.mappings && !total.bytes && !total.highest, "and no sum");
}

int main(void)
{
	test_causes();
	test_texts();
	test_merge();
	return done();
}
