// SPDX-License-Identifier: GPL-2.0
/*
 * What a function gets that arrives: the rules, and the three steps for one that a rule
 * fits. Its entry is blocked before the driver core hears of it; it can be bound by the
 * stub alone; and once the stub has reset it, it goes into its domain.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "arrival.h"
#include "core.h"

/* Under nyx_registry_lock. */
static struct nyx_arrival_rule *rules;
static u32 nr_rules;

static bool same_match(const struct nyx_arrival_rule *a, const struct nyx_arrival_rule *b)
{
	return a->has_place == b->has_place &&
	       (!a->has_place || (a->segment == b->segment && a->rid == b->rid)) &&
	       a->has_pci_id == b->has_pci_id &&
	       (!a->has_pci_id || (a->vendor == b->vendor && a->device == b->device)) &&
	       a->has_below == b->has_below &&
	       (!a->has_below ||
		(a->below_segment == b->below_segment && a->below_rid == b->below_rid));
}

static bool fits_all(const struct nyx_arrival_rule *rule)
{
	return !rule->has_place && !rule->has_pci_id && !rule->has_below;
}

static int check_rule(const struct nyx_arrival_rule *list, u32 nr, struct nyx_why *why)
{
	const struct nyx_arrival_rule *rule = &list[nr];
	u32 i;

	if (rule->action == NYX_ARRIVAL_DOMAIN && !rule->domain[0])
		return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN, "rule %u names no domain", nr + 1);
	if (rule->action == NYX_ARRIVAL_DOMAIN && !nyx_domain_name_valid(rule->domain))
		return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN,
				  "rule %u: no domain can have the name '%s'; name it as nyxctl domain show does",
				  nr + 1, rule->domain);
	if (rule->action != NYX_ARRIVAL_DOMAIN && rule->domain[0])
		return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN,
				  "rule %u names a domain, but its action is another", nr + 1);
	for (i = 0; i < nr; i++)
		if (fits_all(&list[i]) || same_match(&list[i], rule))
			return nyx_refuse(why, -EINVAL, NYX_ARG_NONE,
					  "rule %u is never reached: rule %u fits all that it fits",
					  nr + 1, i + 1);
	return 0;
}

int nyx_arrival_set(struct nyx_arrival_rule *list, u32 nr, u32 *at, struct nyx_why *why)
{
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	for (*at = 0; *at < nr; (*at)++) {
		err = check_rule(list, *at, why);
		if (err)
			return err;
	}
	swap(rules, list);
	nr_rules = nr;
	kvfree(list);
	return 0;
}

const struct nyx_arrival_rule *nyx_arrival_get(u32 i)
{
	lockdep_assert_held(&nyx_registry_lock);
	return i < nr_rules ? &rules[i] : NULL;
}

static bool is_below(struct pci_dev *pdev, u16 segment, u16 rid)
{
	/* Of a virtual function: what its physical function is below. */
	struct pci_dev *bridge = pci_upstream_bridge(pdev);

	for (; bridge; bridge = pci_upstream_bridge(bridge))
		if (pci_domain_nr(bridge->bus) == segment &&
		    PCI_DEVID(bridge->bus->number, bridge->devfn) == rid)
			return true;
	return false;
}

static bool fits(const struct nyx_arrival_rule *rule, const struct nyx_device *device)
{
	struct pci_dev *pdev = device->pdev;

	if (rule->has_place && (rule->segment != device->segment || rule->rid != device->rid))
		return false;
	if (rule->has_pci_id && (rule->vendor != pdev->vendor || rule->device != pdev->device))
		return false;
	return !rule->has_below || is_below(pdev, rule->below_segment, rule->below_rid);
}

bool nyx_arrival_decide(struct nyx_device *device)
{
	const struct nyx_arrival_rule *rule;

	lockdep_assert_held(&nyx_registry_lock);
	/* The stub holds none of these. What has joined an export is that one's. */
	if (device->is_bridge || device->is_unit || !device->unit || device->export)
		return false;
	for (rule = rules; rule < rules + nr_rules; rule++)
		if (fits(rule, device))
			break;
	if (rule == rules + nr_rules || rule->action == NYX_ARRIVAL_HOST)
		return false;
	device->arriving_held = true;
	device->overridden = true;
	strscpy(device->arrival_domain, rule->domain, sizeof(device->arrival_domain));
	/* One of its group may have blocked it already; from now on that is not all. */
	device->group_blocked = false;
	if (rule->domain[0])
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED,
				     "arrived; a rule puts it into domain %s", rule->domain);
	else
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED,
				     "arrived; a rule has it held by nyx_stub");
	return true;
}

int nyx_arrival_hold(struct pci_dev *pdev)
{
	return nyx_override_driver(pdev, "nyx_stub");
}

void nyx_arrival_release(void)
{
	struct nyx_device *device;

	list_for_each_entry(device, &nyx_devices, node)
		if (device->overridden)
			nyx_forget_override(device->pdev, "nyx_stub");
}

/* Still as the stub has left it: then that it is not in its domain is told, and why. */
static void tell_refused(struct nyx_device *device, const char *name, const char *why)
{
	mutex_lock(&nyx_registry_lock);
	if (device->state == NYX_DEVICE_BLOCKED && device->stub_bound)
		nyx_device_set_state(device, NYX_DEVICE_BLOCKED, "not put into domain %s: %s",
				     name, why);
	mutex_unlock(&nyx_registry_lock);
	pr_warn(NYX_NAME ": %s arrived for domain %s, but stays blocked: %s\n",
		nyx_device_name(device), name, why);
}

void nyx_arrival_admit(struct nyx_device *device)
{
	struct nyx_why why = { .range = -1 };
	char name[NYX_DOMAIN_NAME_MAX];
	struct nyx_domain *domain;
	int err;

	mutex_lock(&nyx_registry_lock);
	device->arriving_held = false;
	strscpy(name, device->arrival_domain, sizeof(name));
	/* Once: whoever binds it to the stub later does so for a purpose of his own. */
	device->arrival_domain[0] = '\0';
	mutex_unlock(&nyx_registry_lock);
	if (!name[0])
		return;
	domain = nyx_domain_get_by_name(name);
	if (!domain) {
		tell_refused(device, name, "there is no such domain");
		return;
	}
	err = nyx_device_assign(device, domain, &why);
	nyx_domain_put(domain);
	/* Its cause is for everybody who may look. */
	if (err)
		tell_refused(device, name, why.physical ?
			     "firmware uses it through reserved memory; see nyxctl why" : why.text);
}
