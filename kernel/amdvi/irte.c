// SPDX-License-Identifier: GPL-2.0
/*
 * The entries of an AMD-Vi unit's interrupt tables: what they say, in both formats, how a
 * live one is changed, and which are taken.
 */
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/msi.h>
#include <asm/cacheflush.h>

#include "amdvi.h"

int amdvi_encode_irte(const struct amdvi_unit *amdvi, const struct nyx_irte *irte, u64 words[2])
{
	words[0] = 0;
	words[1] = 0;
	if (!irte->present)
		return 0;
	/* Without XTEn destinations have 8 bits in both formats. */
	if (irte->delivery > AMDVI_INT_TYPE_ARBITRATED ||
	    (!amdvi->xt && irte->destination > U8_MAX))
		return -ERANGE;
	/* SupIOPF = 0: what the entry refuses is logged. GuestMode = 0. */
	words[0] = AMDVI_IRTE_REMAP_EN | FIELD_PREP(AMDVI_IRTE_INT_TYPE, irte->delivery) |
		   FIELD_PREP(AMDVI_IRTE_RQ_EOI, irte->level) |
		   FIELD_PREP(AMDVI_IRTE_DM, irte->logical);
	if (!amdvi->ga) {
		words[0] |= FIELD_PREP(AMDVI_IRTE32_DESTINATION, irte->destination) |
			    FIELD_PREP(AMDVI_IRTE32_VECTOR, irte->vector);
		return 0;
	}
	words[0] |= FIELD_PREP(AMDVI_IRTE128_DESTINATION_LOW, irte->destination & 0xffffff);
	words[1] = FIELD_PREP(AMDVI_IRTE128_VECTOR, irte->vector) |
		   FIELD_PREP(AMDVI_IRTE128_DESTINATION_HIGH, irte->destination >> 24);
	return 0;
}

static void decode_irte(const struct amdvi_unit *amdvi, const u64 words[2], struct nyx_irte *irte)
{
	*irte = (struct nyx_irte) {
		.present = words[0] & AMDVI_IRTE_REMAP_EN,
		.logical = words[0] & AMDVI_IRTE_DM,
		.level = words[0] & AMDVI_IRTE_RQ_EOI,
		.delivery = FIELD_GET(AMDVI_IRTE_INT_TYPE, words[0]),
	};
	if (amdvi->ga) {
		irte->vector = FIELD_GET(AMDVI_IRTE128_VECTOR, words[1]);
		irte->destination = FIELD_GET(AMDVI_IRTE128_DESTINATION_LOW, words[0]) |
				    FIELD_GET(AMDVI_IRTE128_DESTINATION_HIGH, words[1]) << 24;
	} else {
		irte->vector = FIELD_GET(AMDVI_IRTE32_VECTOR, words[0]);
		irte->destination = FIELD_GET(AMDVI_IRTE32_DESTINATION, words[0]);
	}
}

/* Both halves at once. Nobody else writes the entry, and no unit does with GuestMode = 0. */
static void store_128(u64 *entry, const u64 words[2])
{
	struct { u64 half[2]; } *whole = (void *)entry;
	u64 low = READ_ONCE(entry[0]), high = READ_ONCE(entry[1]);
	bool stored;

	asm volatile("lock cmpxchg16b %[whole]\n\t"
		     "sete %[stored]"
		     : [whole] "+m" (*whole), [stored] "=qm" (stored), "+a" (low), "+d" (high)
		     : "b" (words[0]), "c" (words[1])
		     : "memory", "cc");
	WARN_ON_ONCE(!stored);
}

static void store_entry(struct amdvi_unit *amdvi, struct amdvi_irq_table *table, u32 index,
			const u64 words[2])
{
	void *entry = table->entries + index * amdvi_irte_bytes(amdvi);

	if (amdvi->ga)
		store_128(entry, words);
	else
		WRITE_ONCE(*(u32 *)entry, words[0]);
	/* Visible before the command that invalidates what was there. */
	wmb();
	if (amdvi->write_back)
		clflush_cache_range(entry, amdvi_irte_bytes(amdvi));
}

/* What the unit holds of the table under any id that leads to it. */
static int forget(struct amdvi_unit *amdvi, struct amdvi_irq_table *table, bool atomic)
{
	u16 rids[AMDVI_INVALIDATE_IDS];
	unsigned int at = 0, nr, end;
	unsigned long flags;
	int err;

	/* Off, it holds nothing: enable() invalidates all. */
	if (READ_ONCE(amdvi->unit.state) == NYX_UNIT_OFF)
		return 0;
	/* An id that comes meanwhile has nothing cached, and slots do not move. */
	do {
		nr = 0;
		raw_spin_lock_irqsave(&table->lock, flags);
		end = table->nr_ids;
		for (; at < end && nr < AMDVI_INVALIDATE_IDS; at++) {
			if (table->ids[at].users)
				rids[nr++] = table->ids[at].rid;
		}
		raw_spin_unlock_irqrestore(&table->lock, flags);
		err = nr ? amdvi_invalidate_interrupts(amdvi, rids, nr, atomic) : 0;
	} while (!err && at < end);
	return err;
}

int amdvi_irq_forget(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index)
{
	if (WARN_ON_ONCE(!source->table))
		return -EINVAL;
	return forget(to_amdvi(unit), source->table, false);
}

int amdvi_irq_write(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		    const struct nyx_irte *irte)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct amdvi_irq_table *table = source->table;
	u64 words[2];
	int err;

	if (WARN_ON_ONCE(!table || index >= AMDVI_IRQ_ENTRIES))
		return -ERANGE;
	err = amdvi_encode_irte(amdvi, irte, words);
	if (err)
		return err;
	/*
	 * A live entry that changes its CPU is never not present, so no interrupt of its
	 * device is refused. Until the unit has forgotten the former entry, and that may be
	 * later than this returns, one may still arrive by it: at the former CPU, where the
	 * vector stays taken until one has come by the new entry.
	 */
	store_entry(amdvi, table, index, words);
	return forget(amdvi, table, true);
}

void amdvi_irq_compose(struct nyx_unit *unit, u32 index, u32 sub, struct msi_msg *msg)
{
	/* The whole of the data is the entry's number; the address only says "interrupt". */
	memset(msg, 0, sizeof(*msg));
	msg->address_lo = AMDVI_INT_FIRST;
	msg->data = index + sub;
}

static void name_ids(struct amdvi_irq_table *table, char *text, size_t size)
{
	unsigned int i, nr = 0;
	unsigned long flags;
	size_t used = 0;

	raw_spin_lock_irqsave(&table->lock, flags);
	for (i = 0; i < table->nr_ids; i++) {
		u16 rid = table->ids[i].rid;

		if (!table->ids[i].users)
			continue;
		/* "..., and more" has room behind each. */
		if (used + sizeof(", 00:00.0, and more") > size) {
			scnprintf(text + used, size - used, ", and more");
			break;
		}
		used += scnprintf(text + used, size - used, "%s%02x:%02x.%x", nr++ ? ", " : "",
				  rid >> 8, rid >> 3 & 0x1f, rid & 7);
	}
	raw_spin_unlock_irqrestore(&table->lock, flags);
}

void amdvi_irq_read(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index,
		    struct nyx_irte_view *view)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct amdvi_irq_table *table = source->table;
	u64 *entry;

	memset(view, 0, sizeof(*view));
	if (WARN_ON_ONCE(!table || index >= AMDVI_IRQ_ENTRIES))
		return;
	entry = table->entries + index * amdvi_irte_bytes(amdvi);
	if (amdvi->ga) {
		view->words[0] = READ_ONCE(entry[0]);
		view->words[1] = READ_ONCE(entry[1]);
	} else {
		view->words[0] = READ_ONCE(*(u32 *)entry);
	}
	view->nr_words = amdvi->ga ? 2 : 1;
	decode_irte(amdvi, view->words, &view->irte);
	name_ids(table, view->source, sizeof(view->source));
}

/* ---- which entries are taken ---- */

int amdvi_irq_reserve(struct nyx_unit *unit, struct nyx_irq_source *source, u32 nr, u32 *index)
{
	struct amdvi_irq_table *table = source->table;
	unsigned long flags, at;

	if (WARN_ON_ONCE(!table || !nr) || nr > AMDVI_IRQ_ENTRIES)
		return -ENOSPC;
	raw_spin_lock_irqsave(&table->lock, flags);
	at = bitmap_find_next_zero_area(table->used, AMDVI_IRQ_ENTRIES, 0, nr, roundup_pow_of_two(nr) - 1);
	if (at < AMDVI_IRQ_ENTRIES)
		bitmap_set(table->used, at, nr);
	raw_spin_unlock_irqrestore(&table->lock, flags);
	if (at >= AMDVI_IRQ_ENTRIES)
		return -ENOSPC;
	*index = at;
	return 0;
}

int amdvi_irq_release(struct nyx_unit *unit, struct nyx_irq_source *source, u32 index, u32 nr)
{
	static const u64 absent[2];
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct amdvi_irq_table *table = source->table;
	unsigned long flags;
	u32 i;
	int err;

	if (WARN_ON_ONCE(!table || index >= AMDVI_IRQ_ENTRIES || nr > AMDVI_IRQ_ENTRIES - index))
		return -EINVAL;
	for (i = 0; i < nr; i++)
		store_entry(amdvi, table, index + i, absent);
	err = forget(amdvi, table, false);
	if (err)
		return err;
	raw_spin_lock_irqsave(&table->lock, flags);
	bitmap_clear(table->used, index, nr);
	raw_spin_unlock_irqrestore(&table->lock, flags);
	return 0;
}
