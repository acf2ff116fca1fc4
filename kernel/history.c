// SPDX-License-Identifier: GPL-2.0
/*
 * What a domain has unmapped, the newest ranges only. It is written with every unmap, so
 * only the newest entry is looked at.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "nyx_cause.h"

void nyx_history_init(struct nyx_history *history, u64 now_ns)
{
	memset(history, 0, sizeof(*history));
	history->since_ns = now_ns;
}

/*
 * Ages are told of an entry as a whole, so it takes neighbours that were mapped, and unmapped,
 * within a short time only; unmapped is counted from the first.
 */
static bool merge(struct nyx_history_entry *entry, const struct nyx_history_entry *gone)
{
	if (gone->prot != entry->prot || gone->gone_ns - entry->gone_ns > NYX_HISTORY_MERGE_NS ||
	    max(gone->made_ns, entry->made_ns) - min(gone->made_ns, entry->made_ns) >
	    NYX_HISTORY_MERGE_NS)
		return false;
	if (gone->first && entry->last == gone->first - 1)
		entry->last = gone->last;
	else if (entry->first && gone->last == entry->first - 1)
		entry->first = gone->first;
	else
		return false;
	/* Of all of it only the later is sure. */
	entry->made_ns = max(entry->made_ns, gone->made_ns);
	return true;
}

void nyx_history_note(struct nyx_history *history, const struct nyx_history_entry *gone)
{
	if (history->nr && merge(&history->entries[(history->nr - 1) % NYX_HISTORY_MAX], gone))
		return;
	history->entries[history->nr++ % NYX_HISTORY_MAX] = *gone;
}
