// SPDX-License-Identifier: GPL-2.0
/*
 * The cause finder over a table of histories, its boundaries, and the history itself.
 * Times are seconds: the fault's record was taken at AT.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "../nyx.h"
#include "../ranges.h"

#define S(n)	((u64)(n) * NSEC_PER_SEC)
#define MS(n)	((u64)(n) * NSEC_PER_MSEC)
#define AT	S(100)

#define R	NYX_PROT_READ
#define W	NYX_PROT_WRITE
#define RW	(R | W)

struct story {
	const char *name;
	/* The record. */
	bool reported;
	enum nyx_fault_kind kind;
	enum nyx_fault_class class;
	u64 address;		/* 0: none was told */
	enum nyx_device_state state;
	bool no_domain, disabled, resetting, host_bound;
	/* The domain now. */
	bool gone, unmanaged, external, undated;
	u64 since_ns;
	u64 mapped_ns;		/* 0x1000-0x2fff, with prot; 0: nothing is there */
	u32 prot;
	bool undoing;
	struct nyx_history_entry history[3];
	u32 forgotten;		/* further entries, about something else */
	bool reserved;		/* 0x8000-0x8fff is firmware's */
	/* What is to be found. */
	enum nyx_cause_kind want;
	u64 first, last;	/* 0, 0: no range */
	u64 age_ns;
	bool no_age, now_mapped;
};

#define PAGE_FAULT(k)	.kind = NYX_FAULT_##k, .class = NYX_FAULT_CLASS_PAGE, \
			.state = NYX_DEVICE_ASSIGNED
#define EITHER(k)	.kind = NYX_FAULT_##k, .class = NYX_FAULT_CLASS_PAGE_OR_BLOCKED
#define REPORT(k)	.kind = NYX_FAULT_##k, .reported = true
#define GONE_RANGE(made, gone, p)	{ 0x1000, 0x2fff, made, gone, p }

static const struct nyx_iova_hole hole = { 0xfd00000000, 0xffffffffff, "a test's hole" };

static const struct story stories[] = {
	/* ---- what the books and their history tell ---- */
	{ .name = "never mapped", PAGE_FAULT(WRITE), .address = 0x1000,
	  .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "others were, it was not", PAGE_FAULT(READ), .address = 0x3000,
	  .history = { GONE_RANGE(S(1), S(2), RW) }, .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "the byte before", PAGE_FAULT(READ), .address = 0xfff,
	  .history = { GONE_RANGE(S(1), S(2), RW) }, .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "not among the 64 that are kept", PAGE_FAULT(WRITE), .address = 0x1000,
	  .forgotten = NYX_HISTORY_MAX + 1, .want = NYX_CAUSE_NOT_MAPPED, .no_age = true },
	{ .name = "64 are all there ever were", PAGE_FAULT(WRITE), .address = 0x1000,
	  .forgotten = NYX_HISTORY_MAX, .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "unmapped 3.2 s earlier", PAGE_FAULT(WRITE), .address = 0x1000,
	  .history = { GONE_RANGE(S(1), AT - MS(3200), RW) }, .want = NYX_CAUSE_UNMAPPED,
	  .first = 0x1000, .last = 0x2fff, .age_ns = MS(3200) },
	{ .name = "its last byte", PAGE_FAULT(WRITE), .address = 0x2fff,
	  .history = { GONE_RANGE(S(1), AT - MS(3200), RW) }, .want = NYX_CAUSE_UNMAPPED,
	  .first = 0x1000, .last = 0x2fff, .age_ns = MS(3200) },
	{ .name = "unmapped in that moment", PAGE_FAULT(WRITE), .address = 0x1000,
	  .history = { GONE_RANGE(S(1), AT, RW) }, .want = NYX_CAUSE_UNMAPPED,
	  .first = 0x1000, .last = 0x2fff, .age_ns = 0 },
	{ .name = "the newer of two unmaps", PAGE_FAULT(READ), .address = 0x1000,
	  .history = { GONE_RANGE(S(1), S(10), R), GONE_RANGE(S(20), S(95), RW) },
	  .want = NYX_CAUSE_UNMAPPED, .first = 0x1000, .last = 0x2fff, .age_ns = S(5) },
	{ .name = "a later life does not count", PAGE_FAULT(READ), .address = 0x1000,
	  .history = { GONE_RANGE(S(1), S(90), R), GONE_RANGE(S(101), S(102), RW) },
	  .want = NYX_CAUSE_UNMAPPED, .first = 0x1000, .last = 0x2fff, .age_ns = S(10) },
	{ .name = "unmapped, and mapped again by now", PAGE_FAULT(READ), .address = 0x1000,
	  .mapped_ns = S(105), .prot = RW, .history = { GONE_RANGE(S(1), S(90), RW) },
	  .want = NYX_CAUSE_UNMAPPED, .first = 0x1000, .last = 0x2fff, .age_ns = S(10),
	  .now_mapped = true },
	{ .name = "mapped two seconds too late", PAGE_FAULT(READ), .address = 0x1000,
	  .mapped_ns = S(102), .prot = RW, .want = NYX_CAUSE_MAPPED_LATER,
	  .first = 0x1000, .last = 0x2fff, .age_ns = S(2), .now_mapped = true },
	{ .name = "mapped between fault and record", PAGE_FAULT(READ), .address = 0x1000,
	  .mapped_ns = AT - MS(50), .prot = RW, .want = NYX_CAUSE_MAPPED_LATER,
	  .first = 0x1000, .last = 0x2fff, .age_ns = 0, .now_mapped = true },
	{ .name = "mapped between fault and record, unmapped since", PAGE_FAULT(READ),
	  .address = 0x1000, .history = { GONE_RANGE(AT - MS(50), S(101), RW) },
	  .want = NYX_CAUSE_MAPPED_LATER, .first = 0x1000, .last = 0x2fff, .age_ns = 0 },
	{ .name = "mapped a second too late, unmapped since", PAGE_FAULT(READ), .address = 0x1000,
	  .history = { GONE_RANGE(S(101), S(104), RW), GONE_RANGE(S(105), S(106), R) },
	  .want = NYX_CAUSE_MAPPED_LATER, .first = 0x1000, .last = 0x2fff, .age_ns = S(1) },
	{ .name = "mapped for long, and refused", PAGE_FAULT(WRITE), .address = 0x1000,
	  .mapped_ns = S(40), .prot = RW, .want = NYX_CAUSE_MAPPED,
	  .first = 0x1000, .last = 0x2fff, .age_ns = S(60), .now_mapped = true },
	{ .name = "mapped then, unmapped since", PAGE_FAULT(WRITE), .address = 0x1000,
	  .history = { GONE_RANGE(S(40), S(101), RW) }, .want = NYX_CAUSE_MAPPED,
	  .first = 0x1000, .last = 0x2fff, .age_ns = S(60) },
	{ .name = "being unmapped", PAGE_FAULT(WRITE), .address = 0x1000, .mapped_ns = S(40),
	  .prot = RW, .undoing = true, .want = NYX_CAUSE_UNMAPPED, .first = 0x1000,
	  .last = 0x2fff, .no_age = true },
	{ .name = "being unmapped, young", PAGE_FAULT(WRITE), .address = 0x1000,
	  .mapped_ns = AT - MS(50), .prot = RW, .undoing = true, .want = NYX_CAUSE_UNMAPPED,
	  .first = 0x1000, .last = 0x2fff, .no_age = true },
	{ .name = "read-only", PAGE_FAULT(WRITE), .address = 0x2000, .mapped_ns = S(40),
	  .prot = R, .want = NYX_CAUSE_READ_ONLY, .first = 0x1000, .last = 0x2fff,
	  .no_age = true, .now_mapped = true },
	{ .name = "read-only, and gone since", PAGE_FAULT(WRITE), .address = 0x2000,
	  .history = { GONE_RANGE(S(40), S(101), R) }, .want = NYX_CAUSE_READ_ONLY,
	  .first = 0x1000, .last = 0x2fff, .no_age = true },
	{ .name = "read-only is enough for a read", PAGE_FAULT(READ), .address = 0x2000,
	  .mapped_ns = S(40), .prot = R, .want = NYX_CAUSE_MAPPED, .first = 0x1000,
	  .last = 0x2fff, .age_ns = S(60), .now_mapped = true },
	{ .name = "write-only", PAGE_FAULT(READ), .address = 0x1000, .mapped_ns = S(40),
	  .prot = W, .want = NYX_CAUSE_WRITE_ONLY, .first = 0x1000, .last = 0x2fff,
	  .no_age = true, .now_mapped = true },
	{ .name = "write-only, executed", PAGE_FAULT(EXEC), .address = 0x1000,
	  .mapped_ns = S(40), .prot = W, .want = NYX_CAUSE_WRITE_ONLY, .first = 0x1000,
	  .last = 0x2fff, .no_age = true, .now_mapped = true },
	{ .name = "in memory of the firmware", PAGE_FAULT(WRITE), .address = 0x8000,
	  .reserved = true, .want = NYX_CAUSE_RESERVED_MEMORY, .first = 0x8000,
	  .last = 0x8fff, .no_age = true },
	{ .name = "behind it", PAGE_FAULT(WRITE), .address = 0x9000, .reserved = true,
	  .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	/* ---- domains that others map into ---- */
	{ .name = "nothing there now, no history", PAGE_FAULT(WRITE), .address = 0x1000,
	  .external = true, .want = NYX_CAUSE_NOT_MAPPED, .no_age = true },
	{ .name = "there now, since when is not known", PAGE_FAULT(READ), .address = 0x1000,
	  .external = true, .undated = true, .mapped_ns = 1, .prot = R,
	  .want = NYX_CAUSE_NOT_MAPPED, .no_age = true, .now_mapped = true },
	{ .name = "but its rights are", PAGE_FAULT(WRITE), .address = 0x1000,
	  .external = true, .undated = true, .mapped_ns = 1, .prot = R,
	  .want = NYX_CAUSE_READ_ONLY, .first = 0x1000, .last = 0x2fff, .no_age = true,
	  .now_mapped = true },
	/* ---- addresses that nothing can be mapped at ---- */
	{ .name = "the unit says too wide", .kind = NYX_FAULT_WRITE,
	  .class = NYX_FAULT_CLASS_WIDTH, .state = NYX_DEVICE_ASSIGNED,
	  .address = 1ULL << 60, .want = NYX_CAUSE_BEYOND_WIDTH, .no_age = true },
	{ .name = "the first address too wide", PAGE_FAULT(WRITE), .address = 1ULL << 48,
	  .want = NYX_CAUSE_BEYOND_WIDTH, .last = (1ULL << 48) - 1, .no_age = true },
	{ .name = "the last one that is not", PAGE_FAULT(WRITE), .address = (1ULL << 48) - 1,
	  .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "the interrupt range", PAGE_FAULT(READ), .address = NYX_MSI_FIRST,
	  .want = NYX_CAUSE_INTERRUPT_RANGE, .first = NYX_MSI_FIRST, .last = NYX_MSI_LAST,
	  .no_age = true },
	{ .name = "its last byte", PAGE_FAULT(READ), .address = NYX_MSI_LAST,
	  .want = NYX_CAUSE_INTERRUPT_RANGE, .first = NYX_MSI_FIRST, .last = NYX_MSI_LAST,
	  .no_age = true },
	{ .name = "behind it", PAGE_FAULT(READ), .address = NYX_MSI_LAST + 1,
	  .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "a hole", PAGE_FAULT(READ), .address = 0xfd00000000,
	  .want = NYX_CAUSE_UNTRANSLATED, .first = 0xfd00000000, .last = 0xffffffffff,
	  .no_age = true },
	{ .name = "the unit says a range of its own", .kind = NYX_FAULT_READ,
	  .class = NYX_FAULT_CLASS_RANGE, .state = NYX_DEVICE_ASSIGNED,
	  .address = NYX_MSI_FIRST, .want = NYX_CAUSE_INTERRUPT_RANGE, .no_age = true },
	{ .name = "and not that of interrupts", .kind = NYX_FAULT_READ,
	  .class = NYX_FAULT_CLASS_RANGE, .state = NYX_DEVICE_ASSIGNED,
	  .address = 0xfdfc000000, .want = NYX_CAUSE_UNTRANSLATED, .no_age = true },
	/* ---- a device that reaches nothing ---- */
	{ .name = "fenced", EITHER(UNKNOWN), .state = NYX_DEVICE_QUARANTINED,
	  .want = NYX_CAUSE_FENCED, .no_age = true },
	{ .name = "fenced since, the page table was asked", PAGE_FAULT(WRITE),
	  .address = 0x1000, .state = NYX_DEVICE_QUARANTINED,
	  .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "blocked", EITHER(WRITE), .state = NYX_DEVICE_BLOCKED, .no_domain = true,
	  .address = 0x1000, .want = NYX_CAUSE_BLOCKED, .no_age = true },
	{ .name = "blocked, says the unit", .kind = NYX_FAULT_WRITE,
	  .class = NYX_FAULT_CLASS_BLOCKED, .state = NYX_DEVICE_HOST, .no_domain = true,
	  .address = 0x1000, .want = NYX_CAUSE_BLOCKED, .no_age = true },
	{ .name = "blocked, in memory of the firmware", EITHER(WRITE),
	  .state = NYX_DEVICE_BLOCKED, .no_domain = true, .address = 0x8fff, .reserved = true,
	  .want = NYX_CAUSE_RESERVED_MEMORY, .first = 0x8000, .last = 0x8fff, .no_age = true },
	{ .name = "exported, in no domain", EITHER(WRITE), .state = NYX_DEVICE_EXPORTED,
	  .no_domain = true, .address = 0x1000, .want = NYX_CAUSE_BLOCKED, .no_age = true },
	{ .name = "exported, with a driver of the host", EITHER(WRITE),
	  .state = NYX_DEVICE_EXPORTED, .no_domain = true, .host_bound = true,
	  .address = 0x1000, .want = NYX_CAUSE_PASS_THROUGH, .no_age = true },
	{ .name = "being reset", EITHER(WRITE), .state = NYX_DEVICE_ASSIGNED,
	  .resetting = true, .address = 0x1000, .want = NYX_CAUSE_RESETTING, .no_age = true },
	{ .name = "in a domain that is off", EITHER(WRITE), .state = NYX_DEVICE_BLOCKED,
	  .disabled = true, .address = 0x1000, .want = NYX_CAUSE_DOMAIN_DISABLED,
	  .no_age = true },
	{ .name = "in a domain that is gone", PAGE_FAULT(WRITE), .address = 0x1000,
	  .gone = true, .want = NYX_CAUSE_DOMAIN_GONE, .no_age = true },
	{ .name = "whose id another one has", PAGE_FAULT(WRITE), .address = 0x1000,
	  .since_ns = AT + 1, .mapped_ns = AT + 2, .prot = R,
	  .want = NYX_CAUSE_DOMAIN_GONE, .no_age = true },
	{ .name = "made in that moment", PAGE_FAULT(WRITE), .address = 0x1000,
	  .since_ns = AT, .want = NYX_CAUSE_NEVER_MAPPED, .no_age = true },
	{ .name = "the host's", EITHER(WRITE), .state = NYX_DEVICE_HOST, .no_domain = true,
	  .address = 0x1000, .want = NYX_CAUSE_PASS_THROUGH, .no_age = true },
	{ .name = "unmanaged", EITHER(WRITE), .state = NYX_DEVICE_ASSIGNED, .unmanaged = true,
	  .address = 0x1000, .want = NYX_CAUSE_PASS_THROUGH, .no_age = true },
	{ .name = "no domain, and yet a page table", PAGE_FAULT(WRITE), .no_domain = true,
	  .address = 0x1000, .want = NYX_CAUSE_UNKNOWN, .no_age = true },
	/* ---- the unit says it all ---- */
	{ .name = "an interrupt", .kind = NYX_FAULT_INTERRUPT, .state = NYX_DEVICE_ASSIGNED,
	  .want = NYX_CAUSE_INTERRUPT, .no_age = true },
	{ .name = "ATS", .kind = NYX_FAULT_READ, .class = NYX_FAULT_CLASS_TRANSLATION,
	  .state = NYX_DEVICE_ASSIGNED, .address = 0x1000,
	  .want = NYX_CAUSE_TRANSLATION_REQUEST, .no_age = true },
	{ .name = "a reserved bit", .kind = NYX_FAULT_READ, .class = NYX_FAULT_CLASS_BAD_ENTRY,
	  .state = NYX_DEVICE_QUARANTINED, .address = 0x1000, .want = NYX_CAUSE_BAD_ENTRY,
	  .no_age = true },
	{ .name = "a table out of reach", .kind = NYX_FAULT_READ,
	  .class = NYX_FAULT_CLASS_TABLE_ACCESS, .state = NYX_DEVICE_ASSIGNED,
	  .want = NYX_CAUSE_TABLE_ACCESS, .no_age = true },
	{ .name = "its own TLB", .kind = NYX_FAULT_UNKNOWN,
	  .class = NYX_FAULT_CLASS_DEVICE_TLB, .state = NYX_DEVICE_ASSIGNED,
	  .want = NYX_CAUSE_DEVICE_TLB, .no_age = true },
	{ .name = "no address", EITHER(UNKNOWN), .state = NYX_DEVICE_ASSIGNED,
	  .want = NYX_CAUSE_NO_ADDRESS, .no_age = true },
	{ .name = "an address, no access: mapped, with any rights", EITHER(UNKNOWN),
	  .state = NYX_DEVICE_ASSIGNED, .address = 0x1000, .mapped_ns = S(40), .prot = R,
	  .want = NYX_CAUSE_MAPPED, .first = 0x1000, .last = 0x2fff, .age_ns = S(60),
	  .now_mapped = true },
	/* ---- software says it ---- */
	{ .name = "reported, without an address", REPORT(UNKNOWN), .state = NYX_DEVICE_ASSIGNED,
	  .want = NYX_CAUSE_REPORTED, .no_age = true },
	{ .name = "reported, and mapped", REPORT(WRITE), .state = NYX_DEVICE_ASSIGNED,
	  .address = 0x1000, .mapped_ns = S(40), .prot = RW, .want = NYX_CAUSE_REPORTED,
	  .first = 0x1000, .last = 0x2fff, .no_age = true, .now_mapped = true },
	{ .name = "reported, and read-only", REPORT(WRITE), .state = NYX_DEVICE_ASSIGNED,
	  .address = 0x1000, .mapped_ns = S(40), .prot = R, .want = NYX_CAUSE_READ_ONLY,
	  .first = 0x1000, .last = 0x2fff, .no_age = true, .now_mapped = true },
	{ .name = "reported, and unmapped before", REPORT(WRITE), .state = NYX_DEVICE_ASSIGNED,
	  .address = 0x1000, .history = { GONE_RANGE(S(1), S(95), RW) },
	  .want = NYX_CAUSE_UNMAPPED, .first = 0x1000, .last = 0x2fff, .age_ns = S(5) },
	{ .name = "reported of an unmanaged one", REPORT(WRITE), .state = NYX_DEVICE_ASSIGNED,
	  .unmanaged = true, .address = 0x1000, .want = NYX_CAUSE_REPORTED, .no_age = true },
	{ .name = "reported of one that a driver of the host has", REPORT(WRITE),
	  .state = NYX_DEVICE_EXPORTED, .no_domain = true, .host_bound = true,
	  .address = 0x1000, .want = NYX_CAUSE_REPORTED, .no_age = true },
	{ .name = "reported of a fenced one", REPORT(WRITE), .state = NYX_DEVICE_QUARANTINED,
	  .address = 0x1000, .want = NYX_CAUSE_FENCED, .no_age = true },
};

static void tell(struct kunit *test, const struct story *s, struct nyx_history *history,
		 struct nyx_cause *cause)
{
	const struct nyx_fault_record record = {
		.kind = s->kind, .domain_id = s->no_domain ? 0 : 7,
		.has_address = s->address, .address = s->address, .reported = s->reported,
		.scene = {
			.class = s->class, .monotonic_ns = AT, .device_state = s->state,
			.resetting = s->resetting, .host_bound = s->host_bound,
			.domain_disabled = s->disabled,
		},
	};
	struct nyx_cause_facts facts = {
		.fault = &record, .remembers = !s->external, .unmanaged = s->unmanaged,
		.last_iova = (1ULL << 48) - 1, .holes = &hole, .nr_holes = 1,
		.history = s->gone || s->no_domain ? NULL : history,
	};
	u32 i;

	nyx_history_init(history, s->since_ns);
	for (i = 0; i < ARRAY_SIZE(s->history) && s->history[i].last; i++)
		nyx_history_note(history, &s->history[i]);
	for (i = 0; i < s->forgotten; i++)
		nyx_history_note(history, &(struct nyx_history_entry) {
			0x100000 + i * 0x2000, 0x100fff + i * 0x2000, S(1), S(2), RW });
	if (s->mapped_ns && s->address >= 0x1000 && s->address <= 0x2fff)
		facts.mapping = (struct nyx_cause_mapping) {
			.found = true, .live = !s->undoing, .dated = !s->undated,
			.first = 0x1000, .last = 0x2fff, .made_ns = s->mapped_ns,
			.prot = s->prot,
		};
	if (s->reserved && s->address >= 0x8000 && s->address <= 0x8fff) {
		facts.in_reserved = true;
		facts.reserved_first = 0x8000;
		facts.reserved_last = 0x8fff;
	}
	/* Nothing of an earlier answer stays. */
	memset(cause, 0xff, sizeof(*cause));
	nyx_cause_find(&facts, cause);
}

static void every_story(struct kunit *test)
{
	struct nyx_history *history = kunit_kzalloc(test, sizeof(*history), GFP_KERNEL);
	unsigned long seen = 0;
	struct nyx_cause cause;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, history);
	for (i = 0; i < ARRAY_SIZE(stories); i++) {
		const struct story *s = &stories[i];

		tell(test, s, history, &cause);
		seen |= BIT(cause.kind);
		KUNIT_EXPECT_EQ_MSG(test, cause.kind, s->want, "%s", s->name);
		KUNIT_EXPECT_EQ_MSG(test, cause.has_range, s->first || s->last, "%s", s->name);
		KUNIT_EXPECT_EQ_MSG(test, cause.first, s->first, "%s", s->name);
		KUNIT_EXPECT_EQ_MSG(test, cause.last, s->last, "%s", s->name);
		KUNIT_EXPECT_EQ_MSG(test, cause.has_age, !s->no_age, "%s", s->name);
		KUNIT_EXPECT_EQ_MSG(test, cause.age_ns, s->age_ns, "%s", s->name);
		KUNIT_EXPECT_EQ_MSG(test, cause.now_mapped, s->now_mapped, "%s", s->name);
	}
	/* None was left out. */
	KUNIT_EXPECT_EQ(test, seen, GENMASK(NYX_CAUSE_REPORTED, 0));
}

/* ---- the history ---- */

static struct nyx_history *new_history(struct kunit *test)
{
	struct nyx_history *history = kunit_kzalloc(test, sizeof(*history), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, history);
	nyx_history_init(history, S(1));
	return history;
}

static void note(struct nyx_history *history, u64 first, u64 last, u64 made, u64 gone, u32 prot)
{
	nyx_history_note(history, &(struct nyx_history_entry) { first, last, made, gone, prot });
}

static void neighbours_become_one(struct kunit *test)
{
	struct nyx_history *history = new_history(test);
	const struct nyx_history_entry *entry = &history->entries[0];

	note(history, 0x3000, 0x3fff, S(2), S(10), RW);
	note(history, 0x4000, 0x4fff, S(2) + NYX_HISTORY_MERGE_NS, S(10) + MS(40), RW);
	note(history, 0x2000, 0x2fff, S(2) + MS(10), S(10) + NYX_HISTORY_MERGE_NS, RW);
	KUNIT_EXPECT_EQ(test, history->nr, 1);
	KUNIT_EXPECT_EQ(test, entry->first, 0x2000);
	KUNIT_EXPECT_EQ(test, entry->last, 0x4fff);
	/* What is sure of all of it: the oldest unmap, the youngest map. */
	KUNIT_EXPECT_EQ(test, entry->gone_ns, S(10));
	KUNIT_EXPECT_EQ(test, entry->made_ns, S(2) + NYX_HISTORY_MERGE_NS);
	/* Too late, other rights, not a neighbour, clocks read in the other order, of another age. */
	note(history, 0x5000, 0x5fff, S(2), S(10) + NYX_HISTORY_MERGE_NS + 1, RW);
	KUNIT_EXPECT_EQ(test, history->nr, 2);
	note(history, 0x6000, 0x6fff, S(2), S(10) + NYX_HISTORY_MERGE_NS + 1, R);
	KUNIT_EXPECT_EQ(test, history->nr, 3);
	note(history, 0x8000, 0x8fff, S(2), S(10) + NYX_HISTORY_MERGE_NS + 1, R);
	KUNIT_EXPECT_EQ(test, history->nr, 4);
	note(history, 0x9000, 0x9fff, S(2), S(10) + NYX_HISTORY_MERGE_NS, R);
	KUNIT_EXPECT_EQ(test, history->nr, 5);
	note(history, 0xa000, 0xafff, S(2) + NYX_HISTORY_MERGE_NS + 1,
	     S(10) + NYX_HISTORY_MERGE_NS, R);
	KUNIT_EXPECT_EQ(test, history->nr, 6);
	note(history, 0xb000, 0xbfff, S(2), S(10) + NYX_HISTORY_MERGE_NS, R);
	KUNIT_EXPECT_EQ(test, history->nr, 7);
}

static void newest_are_kept(struct kunit *test)
{
	struct nyx_history *history = new_history(test);
	u64 i;

	for (i = 1; i <= NYX_HISTORY_MAX; i++)
		note(history, i << 16, (i << 16) + 0xfff, S(1), S(i), RW);
	KUNIT_EXPECT_FALSE(test, nyx_history_full(history));
	KUNIT_EXPECT_EQ(test, history->entries[0].first, 1 << 16);
	note(history, i << 16, (i << 16) + 0xfff, S(1), S(i), RW);
	KUNIT_EXPECT_TRUE(test, nyx_history_full(history));
	KUNIT_EXPECT_EQ(test, history->entries[0].first, i << 16);
	KUNIT_EXPECT_EQ(test, history->entries[1].first, 2 << 16);
	nyx_history_init(history, S(9));
	KUNIT_EXPECT_EQ(test, history->nr, 0);
	KUNIT_EXPECT_EQ(test, history->since_ns, S(9));
}

/* The last page there is has no neighbour behind it. */
static void no_wrap(struct kunit *test)
{
	struct nyx_history *history = new_history(test);

	note(history, 0xfffffffffffff000, U64_MAX, S(2), S(3), RW);
	note(history, 0, 0xfff, S(2), S(3), RW);
	KUNIT_EXPECT_EQ(test, history->nr, 2);
}

static struct kunit_case cause_cases[] = {
	KUNIT_CASE(every_story),
	KUNIT_CASE(neighbours_become_one),
	KUNIT_CASE(newest_are_kept),
	KUNIT_CASE(no_wrap),
	{}
};

static struct kunit_suite cause_suite = {
	.name = "nyx_cause",
	.test_cases = cause_cases,
};

kunit_test_suite(cause_suite);
