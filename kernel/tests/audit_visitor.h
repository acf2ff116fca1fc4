/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who audits a unit on a register model: wants every RID blocked but one, and notes what
 * differs.
 */
#ifndef NYX_TEST_AUDIT_VISITOR_H
#define NYX_TEST_AUDIT_VISITOR_H

#include <kunit/test.h>

#include "../unit.h"

struct audit_visitor {
	struct nyx_unit_audit base;
	u16 rid;
	struct nyx_entry wanted;	/* of rid */
	u32 entries, words;		/* shown */
	u32 different_entries, different_words;
	struct nyx_entry_view view;	/* the first that differs */
	const char *what;		/* likewise */
	u64 found, expected;
	u32 strays;
	int stray_rid;			/* of the first stray, and where */
	u32 stray_index;
};

static inline void visitor_word(struct nyx_unit_audit *base, const char *what, u64 found,
				u64 expected)
{
	struct audit_visitor *visitor = container_of(base, struct audit_visitor, base);

	visitor->words++;
	if (found == expected || visitor->different_words++)
		return;
	visitor->what = what;
	visitor->found = found;
	visitor->expected = expected;
}

static inline void visitor_wanted(struct nyx_unit_audit *base, u16 rid, struct nyx_entry *entry)
{
	struct audit_visitor *visitor = container_of(base, struct audit_visitor, base);

	*entry = (struct nyx_entry) { .kind = NYX_ENTRY_BLOCKED };
	if (rid == visitor->rid)
		*entry = visitor->wanted;
}

static inline void visitor_entry(struct nyx_unit_audit *base, const struct nyx_entry_view *view)
{
	struct audit_visitor *visitor = container_of(base, struct audit_visitor, base);

	visitor->entries++;
	if (memcmp(view->words, view->wanted, view->nr_words * sizeof(u64)) &&
	    !visitor->different_entries++)
		visitor->view = *view;
}

static inline void visitor_stray(struct nyx_unit_audit *base, int rid, u32 index,
				 const u64 words[2])
{
	struct audit_visitor *visitor = container_of(base, struct audit_visitor, base);

	if (visitor->strays++)
		return;
	visitor->stray_rid = rid;
	visitor->stray_index = index;
}

/* How many there are in all interrupt tables; anew. */
static inline u32 visit_strays(struct nyx_unit *unit, struct audit_visitor *visitor)
{
	visitor->base.stray_irte = visitor_stray;
	visitor->strays = 0;
	unit->ops->irq_audit(unit, &visitor->base);
	return visitor->strays;
}

/* All buses, or for the sake of time those that a test spoils something on; anew. */
static inline void visit(struct nyx_unit *unit, struct audit_visitor *visitor, bool all)
{
	u32 bus;

	*visitor = (struct audit_visitor) {
		.base = { visitor_word, visitor_wanted, visitor_entry },
		.rid = visitor->rid,
		.wanted = visitor->wanted,
	};
	for (bus = 0; bus < 256; bus++)
		if (all || !bus || bus == visitor->rid >> 8 || bus == 0x77 || bus == 0xff)
			unit->ops->audit(unit, bus, &visitor->base);
}

#endif
