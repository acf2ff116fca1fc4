/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a function gets that arrives while the module is loaded: rules that an
 * administrator gives, decided before a driver of the host can bind.
 */
#ifndef NYX_ARRIVAL_H
#define NYX_ARRIVAL_H

#include "nyx.h"

#define NYX_ARRIVAL_RULES_MAX	256

enum nyx_arrival_action {
	NYX_ARRIVAL_HOST,	/* pass-through, as without a rule */
	NYX_ARRIVAL_HOLD,	/* blocked, and held by the stub */
	NYX_ARRIVAL_DOMAIN,	/* the same, then into a domain */
};

/* All that it names must fit; it may name nothing. */
struct nyx_arrival_rule {
	bool has_place;
	u16 segment, rid;
	bool has_pci_id;
	u16 vendor, device;
	bool has_below;		/* a bridge somewhere above */
	u16 below_segment, below_rid;
	enum nyx_arrival_action action;
	char domain[NYX_DOMAIN_NAME_MAX];
};

/*
 * Replace the rules by nr others, taking the array over (kvfree); NULL and 0 for none. What
 * is here already is not touched. Holds nyx_registry_lock. -EINVAL: a rule is not sound (*at:
 * which one); then the array is the caller's still.
 */
int nyx_arrival_set(struct nyx_arrival_rule *rules, u32 nr, u32 *at, struct nyx_why *why);
/* Rule number i, or NULL; holds nyx_registry_lock. */
const struct nyx_arrival_rule *nyx_arrival_get(u32 i);

/*
 * The function has arrived, and no driver has been asked yet: block it where a rule says so.
 * True: nyx_arrival_hold() is to follow. Holds nyx_registry_lock; writes no entry.
 */
bool nyx_arrival_decide(struct nyx_device *device);
/*
 * From now on only the stub binds to it. Sleeps, and may take device_lock: no lock of ours
 * is held. 0, -ENOMEM: then no driver of the host gets its DMA through.
 */
int nyx_arrival_hold(struct pci_dev *pdev);
/*
 * The stub holds it: into its domain, if a rule named one. Where that is refused, it stays
 * blocked with the reason. Takes nyx_registry_lock; device_lock is held.
 */
void nyx_arrival_admit(struct nyx_device *device);
/*
 * Unload: the host's drivers may bind again to what a rule has kept them away from. Nothing
 * arrives or leaves any more, so nyx_devices needs no lock, and none of ours may be held:
 * may take device_lock.
 */
void nyx_arrival_release(void);

#endif
