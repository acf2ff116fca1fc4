// SPDX-License-Identifier: GPL-2.0
/*
 * Access control services (PCIe spec 6.12) on the way from an assigned device to the
 * root: switched on while the device is assigned, so that no request of it is turned round
 * to a peer, and given back as they were. Everywhere else they stay as they are: they
 * would send the host's own peer-to-peer traffic another way.
 */
#include <linux/pci.h>

#include "core.h"

/* What keeps a request from being turned round to a peer (6.12.3). */
#define ACS_ISOLATION	(PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* Where the controls are, and which of them the function has; 0: none, or it does not answer. */
static int find_acs(struct pci_dev *pdev, u16 *cap)
{
	int pos = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_ACS);

	if (!pos)
		return 0;
	pci_read_config_word(pdev, pos + PCI_ACS_CAP, cap);
	/* D3cold, or pulled out: nothing is known of it. */
	return PCI_POSSIBLE_ERROR(*cap) ? 0 : pos;
}

bool nyx_acs_capable(struct pci_dev *pdev)
{
	u16 cap;

	/* A control that the function does not implement is one it does not need (6.12.1). */
	return find_acs(pdev, &cap);
}

/*
 * Translated requests are for the unit to judge as well: with the direct path for them (DT)
 * they would pass it. Egress control (EC) only forbids more, so it stays as it is.
 */
static u16 wanted(u16 cap, u16 control)
{
	return (control | (cap & ACS_ISOLATION)) & ~PCI_ACS_DT;
}

/* 0, or -EIO: the function does not take them. */
static int switch_on(struct nyx_device *device)
{
	u16 cap, control, now;
	int pos = find_acs(device->pdev, &cap);

	if (!pos)
		return 0;
	pci_read_config_word(device->pdev, pos + PCI_ACS_CTRL, &control);
	if (PCI_POSSIBLE_ERROR(control))
		return -EIO;
	if (!device->acs_users)
		device->acs_saved = control;
	now = control;
	if (wanted(cap, control) != control) {
		pci_write_config_word(device->pdev, pos + PCI_ACS_CTRL, wanted(cap, control));
		pci_read_config_word(device->pdev, pos + PCI_ACS_CTRL, &now);
	}
	return now == wanted(cap, control) ? 0 : -EIO;
}

static void switch_back(struct nyx_device *device)
{
	u16 cap;
	int pos = find_acs(device->pdev, &cap);

	if (pos)
		pci_write_config_word(device->pdev, pos + PCI_ACS_CTRL, device->acs_saved);
}

/*
 * The next function on the way from device to the root, prev NULL: the device itself;
 * NULL: it ends.
 */
static struct nyx_device *next_up(struct nyx_device *device, struct nyx_device *prev)
{
	struct pci_bus *bus;
	struct nyx_device *up;

	if (!prev)
		return device;
	for (bus = prev->pdev->bus; bus; bus = bus->parent) {
		/* SR-IOV's virtual buses have no bridge. */
		up = bus->self ? nyx_device_find(bus->self) : NULL;
		if (up)
			return up;
	}
	return NULL;
}

static void release_until(struct nyx_device *device, const struct nyx_device *end)
{
	struct nyx_device *at = NULL;

	while ((at = next_up(device, at)) && at != end)
		if (at->acs_users && !--at->acs_users)
			switch_back(at);
}

int nyx_acs_hold(struct nyx_device *device, struct nyx_why *why)
{
	struct nyx_device *at = NULL;
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	while ((at = next_up(device, at))) {
		err = switch_on(at);
		if (err) {
			if (!at->acs_users)
				switch_back(at);
			release_until(device, at);
			return nyx_refuse(why, err, NYX_ARG_DEVICE,
					  "%s, on the way of %s, does not take its access controls (ACS), so it would not isolate; is it powered?",
					  nyx_device_name(at), nyx_device_name(device));
		}
		at->acs_users++;
	}
	return 0;
}

void nyx_acs_release(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	release_until(device, NULL);
}

int nyx_acs_reapply(struct nyx_device *device)
{
	struct nyx_device *at = NULL;
	int err, first_err = 0;

	lockdep_assert_held(&nyx_registry_lock);
	while ((at = next_up(device, at))) {
		err = switch_on(at);
		if (err && !first_err)
			first_err = err;
	}
	return first_err;
}
