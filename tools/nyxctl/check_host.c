// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl check: firmware, kernel command line, who owns the units, processors,
 * and what the platform forbids.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define REBOOT	"then update-grub and reboot (Debian: GRUB_CMDLINE_LINUX in /etc/default/grub)"

/* ---- firmware ---- */

static bool guest_line(const char *line, void *arg)
{
	return !strncmp(line, "flags", 5) && strstr(line, " hypervisor");
}

void check_firmware(struct check *check)
{
	check->intel = file_exists(check, "/sys/firmware/acpi/tables/DMAR");
	check->amd = file_exists(check, "/sys/firmware/acpi/tables/IVRS");
	if (check->intel && check->amd)
		find(check, LEVEL_WARN, "firmware", "", "both a DMAR and an IVRS table exist");
	else if (check->intel || check->amd)
		find(check, LEVEL_OK, "firmware",
		     "", "an IOMMU is described (%s table)", check->intel ? "DMAR" : "IVRS");
	else if (!file_exists(check, "/sys/firmware/acpi/tables"))
		find(check, LEVEL_FAIL, "firmware", "", "this host has no ACPI tables");
	else if (each_line(check, "/proc/cpuinfo", guest_line, NULL))
		find(check, LEVEL_FAIL, "firmware",
		     "give the virtual machine an IOMMU (QEMU: -device intel-iommu or amd-iommu; libvirt: <iommu model='intel'/>)",
		     "no DMAR or IVRS table: this virtual machine has no IOMMU");
	else
		find(check, LEVEL_FAIL, "firmware",
		     "switch on VT-d (Intel) or IOMMU/AMD-Vi (AMD) in the firmware setup",
		     "no DMAR or IVRS table: the IOMMU is missing or switched off");
}

/* ---- kernel command line ---- */

/* A comma-separated value holds word. */
static bool has_word(const char *value, const char *word)
{
	size_t length = strlen(word);

	for (;; value++) {
		size_t field = strcspn(value, ",");

		if (field == length && !strncmp(value, word, length))
			return true;
		value += field;
		if (!*value)
			return false;
	}
}

static bool is_off(const char *line, const char *name)
{
	char value[128];

	return kernel_parameter(line, name, value, sizeof(value)) && has_word(value, "off");
}

void check_parameters(struct check *check)
{
	char line[4096], missing[64] = "", fix[256];

	first_line(check, "/proc/cmdline", line, sizeof(line));
	if (check->intel && !is_off(line, "intel_iommu"))
		strcat(missing, " intel_iommu=off");
	if (check->intel && !is_off(line, "intremap"))
		strcat(missing, " intremap=off");
	if (check->amd && !is_off(line, "amd_iommu"))
		strcat(missing, " amd_iommu=off");

	if (!check->intel && !check->amd)
		return;
	snprintf(fix, sizeof(fix), "add%s to the kernel command line, " REBOOT, missing);
	if (!missing[0])
		find(check, LEVEL_OK, "kernel parameters",
		     "", "the kernel's own IOMMU driver is off");
	else if (check->loaded)
		find(check, LEVEL_NOTE, "kernel parameters",
		     "", "not set, and not needed so far:%s", missing);
	else
		find(check, LEVEL_FAIL, "kernel parameters", fix, "missing:%s", missing);
}

/* ---- who owns the units ---- */

struct owners {
	unsigned int ours, others;
	char name[32];
};

static bool iomem_line(const char *line, void *arg)
{
	struct owners *owners = arg;
	const char *name = strstr(line, " : ");

	if (!name)
		return false;
	name += 3;
	if (!strcmp(name, "nyx_iommu")) {
		owners->ours++;
	} else if ((!strncmp(name, "dmar", 4) && isdigit((unsigned char)name[4])) ||
		   !strcmp(name, "amd_iommu")) {
		owners->others++;
		snprintf(owners->name, sizeof(owners->name), "%s", name);
	}
	return false;
}

void check_owner(struct check *check)
{
	struct owners owners = { 0 };

	each_line(check, "/proc/iomem", iomem_line, &owners);
	if (owners.others)
		find(check, LEVEL_FAIL, "units", owners.name[0] == 'd' ?
		     "boot with intel_iommu=off intremap=off on the kernel command line" :
		     "boot with amd_iommu=off on the kernel command line",
		     "the kernel's own driver holds %u of them (%s)", owners.others, owners.name);
	else if (check->loaded)
		find(check, LEVEL_OK, "units", "", "nyx_iommu drives them");
	else if (check->intel || check->amd)
		find(check, LEVEL_OK, "units", "", "free: nobody drives them");
	if (!check->loaded && (check->intel || check->amd))
		find(check, LEVEL_NOTE, "module", "modprobe nyx_iommu", "nyx_iommu is not loaded");
}

/* ---- processors ---- */

struct processors {
	unsigned long highest;	/* APIC id */
	bool x2apic, guest;
};

static bool cpuinfo_line(const char *line, void *arg)
{
	struct processors *processors = arg;
	const char *value = strchr(line, ':');

	if (!value)
		return false;
	if (!strncmp(line, "apicid", 6)) {
		unsigned long id = strtoul(value + 1, NULL, 10);

		if (id > processors->highest)
			processors->highest = id;
	} else if (!strncmp(line, "flags", 5)) {
		processors->x2apic |= strstr(value, " x2apic") != NULL;
		processors->guest |= strstr(value, " hypervisor") != NULL;
	}
	return false;
}

void check_processors(struct check *check)
{
	struct processors processors = { 0 };

	each_line(check, "/proc/cpuinfo", cpuinfo_line, &processors);
	if (processors.guest)
		find(check, LEVEL_NOTE, "hypervisor",
		     "", "this is a virtual machine: its IOMMU is as good as its hypervisor");
	if (!check->intel)
		return;
	/* Without interrupt remapping the kernel serves 8-bit APIC ids only. */
	if (processors.highest > 254)
		find(check, LEVEL_WARN, "x2APIC",
		     "this host is not for intremap=off unless it can do without them (or switch off SMT or sockets in the firmware setup)",
		     "processors with APIC ids up to %lu: with intremap=off those above 254 do not start",
		     processors.highest);
	else if (processors.x2apic)
		find(check, LEVEL_NOTE, "x2APIC",
		     "should it warn: switch x2APIC off in the firmware setup",
		     "with intremap=off the kernel leaves x2APIC mode, and warns if firmware locks it on");
	else
		find(check, LEVEL_OK, "x2APIC", "", "not used");
}

/* ---- platform ---- */

static void check_signatures(struct check *check)
{
	char lockdown[128], enforce[8];
	unsigned char secure_boot[5] = { 0 };
	char path[512];
	FILE *file;

	first_line(check, "/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	first_line(check, "/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	snprintf(path, sizeof(path),
		 "%s/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		 check->root);
	file = fopen(path, "re");	/* four bytes of attributes, then the value */
	if (file && fread(secure_boot, 1, 5, file) != 5)
		secure_boot[4] = 0;
	if (file)
		fclose(file);

	if (secure_boot[4])
		find(check, LEVEL_NOTE, "Secure Boot", "", "on");
	if (strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]"))
		find(check, LEVEL_WARN, "lockdown",
		     "", "the kernel is locked down: no physical mappings, no unmanaged domains");
	if (check->loaded)
		return;
	if (enforce[0] == 'Y' || strstr(lockdown, "[integrity]") ||
	    strstr(lockdown, "[confidentiality]"))
		find(check, LEVEL_WARN, "module signature",
		     "enrol the key that signed the module: mokutil --import CERTIFICATE.der, then reboot",
		     "the kernel loads only modules signed by a key it knows");
	else
		find(check, LEVEL_OK, "module signature", "", "not demanded");
}

void check_platform(struct check *check)
{
	char line[128];

	first_line(check, "/sys/hypervisor/type", line, sizeof(line));
	if (!strcmp(line, "xen"))
		find(check, LEVEL_FAIL, "hypervisor",
		     "use Xen's own device assignment, or boot this kernel without Xen",
		     "under Xen the hypervisor drives the IOMMUs");
	if (file_exists(check, "/sys/bus/vmbus"))
		find(check, LEVEL_FAIL, "hypervisor",
		     "use Hyper-V's own device assignment",
		     "under Hyper-V the hypervisor drives the IOMMUs");
	first_line(check, "/sys/module/kvm_amd/parameters/sev_snp", line, sizeof(line));
	if (line[0] == 'Y' || line[0] == '1')
		find(check, LEVEL_FAIL, "SEV-SNP",
		     "switch SEV-SNP off in the firmware setup",
		     "this host runs SEV-SNP guests: their isolation needs the kernel's own IOMMU driver");
	check_signatures(check);
}
