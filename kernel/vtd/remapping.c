// SPDX-License-Identifier: GPL-2.0
/*
 * A unit's interrupt remapping as a whole: on, off, back to what was found.
 *
 * The host's own interrupts are none of ours and stay in the compatibility format, which a
 * unit that remaps blocks unless it is told to let it pass (CFI; 5.1.4, 10.4.4). It comes
 * out of reset without. So remapping goes on only when the unit has said that they pass;
 * with a table that is empty, that changes nothing for anybody.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>

#include "../compat.h"
#include "vtd.h"

#ifdef NYX_KUNIT
bool vtd_test_x2apic, vtd_test_no_cfi;

bool vtd_x2apic(void)
{
	return vtd_test_x2apic;
}

bool vtd_without_cfi(void)
{
	return vtd_test_no_cfi;
}
#else
bool vtd_x2apic(void)
{
	return x2apic_enabled();
}

/*
 * QEMU's unit ignores CFI, never sets CFIS, and lets compatibility-format interrupts pass
 * whatever they say. It is known by who runs the CPUs: TCG, or KVM on QEMU's behalf.
 */
bool vtd_without_cfi(void)
{
	static const char qemu[][13] = { "TCGTCGTCGTCG", "KVMKVMKVM\0\0\0" };
	u32 leaves, signature[3], i;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return false;
	cpuid(0x40000000, &leaves, &signature[0], &signature[1], &signature[2]);
	for (i = 0; i < ARRAY_SIZE(qemu); i++)
		if (!memcmp(signature, qemu[i], sizeof(signature)))
			return true;
	return false;
}
#endif

u64 vtd_irta(const struct vtd_unit *v)
{
	return (virt_to_phys(v->irt) & VTD_IRTA_ADDR) | FIELD_PREP(VTD_IRTA_EIME, v->extended) |
	       FIELD_PREP(VTD_IRTA_S, ilog2(v->unit.remapping.entries) - 1);
}

static void explain(struct vtd_unit *v, const char *why)
{
	strscpy(v->unit.remapping.why, why, sizeof(v->unit.remapping.why));
}

/* The unit goes by the table at irta, and has forgotten the one before. */
static int set_table(struct vtd_unit *v, u64 irta)
{
	int err;

	nyx_write64(&v->io, VTD_IRTA, irta);
	err = vtd_command_locking(v, VTD_GCMD_SIRTP, 0, VTD_GSTS_IRTPS, VTD_GSTS_IRTPS);
	/* 10.4.4, SIRTP: all entries are to be invalidated after it, and before IRE. */
	return err ?: vtd_invalidate_all_interrupts(v);
}

/* 0: compatibility-format interrupts pass. -ETIMEDOUT: they would not. -EIO. */
static int let_pass(struct vtd_unit *v)
{
	u32 wait_for = vtd_without_cfi() ? 0 : VTD_GSTS_CFIS;

	return vtd_command_locking(v, VTD_GCMD_CFI, 0, wait_for, wait_for);
}

/*
 * With remapping found on (IRES), a table of ours takes the place of another: 10.4.4, SIRTP,
 * allows that at any time. What was remapped by the former owner's is blocked from then on;
 * its devices' vectors mean nothing to the kernel that runs now.
 */
int vtd_remapping_on(struct vtd_unit *v, const char **step)
{
	struct nyx_remapping *remapping = &v->unit.remapping;
	int err;

	if (remapping->state == NYX_REMAPPING_NONE)
		return 0;
	/* 10.4.29: with EIME set, which such CPUs call for, nothing passes whatever CFI says. */
	if (vtd_x2apic()) {
		explain(v, "the CPUs are in x2APIC mode, where it would block the host's own interrupts: boot with nox2apic, or turn x2APIC off in firmware");
		return 0;
	}

	*step = "take the interrupt remapping table";
	err = set_table(v, vtd_irta(v));
	if (err)
		return err;

	*step = "let the host's own interrupts pass (CFI)";
	err = let_pass(v);
	if (err == -ETIMEDOUT && remapping->state == NYX_REMAPPING_OFF &&
	    !(nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_IRES)) {
		explain(v, "the unit does not let compatibility-format interrupts pass (GSTS.CFIS stays 0): it would block the host's own; look for newer firmware");
		return 0;
	}
	if (err)
		return err;

	*step = "turn interrupt remapping on";
	err = vtd_command_locking(v, VTD_GCMD_IRE, 0, VTD_GSTS_IRES, VTD_GSTS_IRES);
	if (err)
		return err;

	explain(v, nyx_read32(&v->io, VTD_GSTS) & VTD_GSTS_CFIS ? "" :
		"the unit has no CFI, so it is taken for QEMU's, which lets the host's own interrupts pass all the same");
	remapping->forgeable = true;
	WRITE_ONCE(remapping->state, NYX_REMAPPING_ON);
	return 0;
}

int vtd_remapping_off(struct vtd_unit *v)
{
	u32 gsts = nyx_read32(&v->io, VTD_GSTS);
	int err;

	if (v->unit.remapping.state == NYX_REMAPPING_NONE)
		return 0;
	if (gsts & VTD_GSTS_IRES) {
		err = vtd_command(v, 0, VTD_GCMD_IRE, VTD_GSTS_IRES, 0);
		if (err) {
			pr_err("%s: interrupt remapping does not go off (GSTS %#x)\n",
			       v->unit.name, nyx_read32(&v->io, VTD_GSTS));
			return err;
		}
	}
	/* Only now: before, it would have blocked what still passes. */
	if (!(gsts & VTD_GSTS_CFIS) || v->found.gsts & VTD_GSTS_CFIS)
		return 0;
	err = vtd_command(v, 0, VTD_GCMD_CFI, VTD_GSTS_CFIS, 0);
	if (err)
		pr_err("%s: CFI does not go off, which is of no effect by itself (GSTS %#x)\n",
		       v->unit.name, nyx_read32(&v->io, VTD_GSTS));
	return err;
}

int vtd_remapping_put_back(struct vtd_unit *v)
{
	struct nyx_remapping *remapping = &v->unit.remapping;
	int err = 0;

	if (remapping->state == NYX_REMAPPING_NONE)
		return 0;
	if (!(v->found.gsts & VTD_GSTS_IRES)) {
		err = vtd_remapping_off(v);
		if (!err)
			nyx_write64(&v->io, VTD_IRTA, v->found.irta);
	} else if (nyx_read64(&v->io, VTD_IRTA) == vtd_irta(v)) {
		err = set_table(v, v->found.irta);
	}
	WRITE_ONCE(remapping->state, NYX_REMAPPING_OFF);
	remapping->forgeable = false;
	explain(v, "the unit is off");
	return err;
}

void vtd_remapping_tell(const struct vtd_unit *v)
{
	const struct nyx_remapping *remapping = &v->unit.remapping;

	if (remapping->state == NYX_REMAPPING_ON)
		pr_info("%s: interrupt remapping is on, %u entries%s%s\n", v->unit.name,
			remapping->entries, remapping->why[0] ? "; " : "", remapping->why);
	else if (remapping->state == NYX_REMAPPING_OFF)
		pr_warn("%s: interrupt remapping stays off: %s\n", v->unit.name, remapping->why);
}
