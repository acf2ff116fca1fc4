// SPDX-License-Identifier: GPL-2.0
/*
 * What the unit's entries of a device say: derived from its state, and from those of all
 * devices that share an id with it.
 */
#include <linux/ktime.h>

#include "core.h"

/* How much a state demands of an entry that several functions share: the highest wins. */
static int claim(const struct nyx_device *device)
{
	switch (device->state) {
	case NYX_DEVICE_HOST:
		return device->export ? 2 : 1;
	case NYX_DEVICE_BLOCKED:
		return 2;
	case NYX_DEVICE_ASSIGNED:
		/* While it is being reset it reaches nothing. */
		return device->resetting ? 4 : 3;
	case NYX_DEVICE_EXPORTED:
		if (device->resetting)
			return 4;
		if (device->domain && !device->leaving)
			return 3;
		return device->host_bound && !device->domain ? 1 : 2;
	case NYX_DEVICE_QUARANTINED:
		return 4;
	case NYX_DEVICE_GONE:
		return 0;
	}
	return 0;
}

bool nyx_device_has_rid(const struct nyx_device *device, u16 rid)
{
	int i;

	for (i = 0; i < device->nr_rids; i++)
		if (device->rids[i] == rid)
			return true;
	return false;
}

/*
 * Nobody of the host waits for its interrupts. One that is blocked for want of a name in the
 * firmware's table may well do without DMA and be a host driver's.
 */
static bool out_of_hands(const struct nyx_device *device)
{
	return claim(device) > 2 || device->export ||
	       (claim(device) == 2 && (device->irqs.held || device->group_blocked));
}

/*
 * The same of one of its ids. Where a driver of the host has another member of its export,
 * VFIO cannot have it, so that idle it demands nothing under an id that both share.
 */
static int claim_of(const struct nyx_device *device, u16 rid)
{
	const struct nyx_device *other;

	if (device->state != NYX_DEVICE_EXPORTED || !device->export || claim(device) != 2)
		return claim(device);
	list_for_each_entry(other, &device->export->devices, export_node)
		if (other->host_bound && other->unit == device->unit &&
		    nyx_device_has_rid(other, rid))
			return 1;
	return 2;
}

void nyx_device_wanted_entry(struct nyx_device *device, u16 rid, struct nyx_entry *entry)
{
	struct nyx_device *strongest = device, *member;

	memset(entry, 0, sizeof(*entry));
	list_for_each_entry(member, &device->group->devices, group_node)
		if (member->unit == device->unit && nyx_device_has_rid(member, rid) &&
		    claim_of(member, rid) > claim_of(strongest, rid))
			strongest = member;
	list_for_each_entry(member, &device->group->devices, group_node)
		if (member->unit == device->unit && nyx_device_has_rid(member, rid) &&
		    claim_of(member, rid) == claim_of(strongest, rid))
			entry->remap_interrupts |= out_of_hands(member);
	/* What shares its id is the host's, and is heard whatever becomes of the function. */
	if (nyx_topology_special(device->unit, rid))
		entry->remap_interrupts = false;

	switch (claim_of(strongest, rid)) {
	case 1:
		entry->kind = NYX_ENTRY_PASS;
		break;
	case 3:
		if (strongest->domain->mode == NYX_DOMAIN_UNMANAGED) {
			entry->kind = NYX_ENTRY_PASS;
			break;
		}
		entry->kind = NYX_ENTRY_PAGING;
		entry->pt = &strongest->domain->pt;
		entry->hwdid = nyx_domain_hwdid(strongest->domain, device->unit);
		entry->ats = strongest->ats && rid == strongest->rid;
		break;
	case 0:
		entry->kind = NYX_ENTRY_BLOCKED;
		entry->block_interrupts = !nyx_unused_is_open(device->unit, rid);
		break;
	default:
		entry->kind = NYX_ENTRY_BLOCKED;
		/* Its storm has been seen: leave room for other devices' records. */
		entry->suppress_faults = strongest->state == NYX_DEVICE_QUARANTINED ||
					 strongest->muted;
	}
}

/* Exported, and in use by a driver of the host: through entries of ours like in a domain. */
static bool interrupts_open(const struct nyx_device *device)
{
	return claim(device) == 3 || (claim(device) == 1 && device->export);
}

/* Its entries say that its faults are not recorded, or no longer do. */
static void follow_suppression(struct nyx_device *device, bool suppressed)
{
	/* Under an id that it shares it may be another one's that are not. */
	suppressed &= device->muted || device->state == NYX_DEVICE_QUARANTINED;
	if (!suppressed)
		device->suppressed_ns = 0;
	else if (!device->suppressed_ns)
		device->suppressed_ns = ktime_get_real_ns();
}

int nyx_device_apply(struct nyx_device *device)
{
	struct nyx_entry entry;
	bool ats = false, suppress_faults = false;
	int i, err, first_err = 0;

	lockdep_assert_held(&nyx_registry_lock);
	/* Off the bus: its ids may be another function's by now. */
	if (!device->unit || !device->group)
		return 0;
	if (nyx_unit_dead(device->unit)) {
		nyx_ats_follow(device, false);
		/* In memory: the unit may remember what was there, but nothing gets worse by it. */
		nyx_irqs_fence(device, true, device->irqs.suppress_faults);
		if (!out_of_hands(device))
			nyx_irqs_close(device);
		return -EIO;
	}
	for (i = 0; i < device->nr_rids; i++) {
		nyx_device_wanted_entry(device, device->rids[i], &entry);
		if (entry.ats) {
			nyx_ats_expect(device);
			ats = true;
		}
		suppress_faults |= entry.suppress_faults;
		err = device->unit->ops->set_entry(device->unit, device->rids[i], &entry);
		/* Go on: the other ids must be fenced all the more. */
		if (err && !first_err)
			first_err = err;
	}
	follow_suppression(device, suppress_faults);
	err = nyx_ats_follow(device, ats && !first_err);
	/* Interrupts follow DMA: fenced after it, open once it is. */
	nyx_irqs_fence(device, !interrupts_open(device) || first_err || err, suppress_faults);
	if (!out_of_hands(device))
		nyx_irqs_close(device);
	return first_err ?: err;
}
