#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nyxctl check on made-up hosts: a folder stands for the root of each.
set -u
nyxctl=$(realpath "$(dirname "$0")/../nyxctl/nyxctl")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

# A host without an IOMMU driver: intel|amd|none, kernel command line.
host() {
	rm -rf "${dir:?}"/*
	mkdir -p "$dir"/proc "$dir"/sys/firmware/acpi/tables "$dir"/sys/bus/pci/devices
	case $1 in
	intel) : >"$dir/sys/firmware/acpi/tables/DMAR" ;;
	amd) : >"$dir/sys/firmware/acpi/tables/IVRS" ;;
	esac
	echo "$2" >"$dir/proc/cmdline"
	printf 'apicid\t\t: 0\nflags\t\t: fpu x2apic\n' >"$dir/proc/cpuinfo"
	printf '00000000-00000fff : Reserved\n' >"$dir/proc/iomem"
}

# put FILE TEXT
put() {
	mkdir -p "$(dirname "$dir/$1")"
	printf '%b' "$2" >"$dir/$1"
}

# expect NAME STATUS REGEX...: the exit status, and every pattern in the output.
expect() {
	local name=$1 status=$2 out rc=0 good=1 re
	shift 2
	out=$("$nyxctl" check show root "$dir" 2>&1) || rc=$?
	[ "$rc" = "$status" ] || good=
	for re; do grep -Eq -- "$re" <<<"$out" || good=; done
	n=$((n + 1))
	if [ $good ]; then
		echo "ok $n - $name"
	else
		failed=$((failed + 1))
		echo "not ok $n - $name"
		sed 's/^/# /' <<<"status $rc
$out"
	fi
}

host none ""
expect "no IOMMU in the tables" 2 '^fail +firmware +no DMAR or IVRS' 'fix: switch on VT-d'
put proc/cpuinfo 'flags\t\t: fpu hypervisor x2apic\n'
expect "no IOMMU in a virtual machine" 2 'this virtual machine has no IOMMU' 'fix: give the virtual machine an IOMMU'
rm -r "$dir/sys/firmware"
expect "no ACPI at all" 2 '^fail +firmware +this host has no ACPI tables'

host intel "quiet"
expect "Intel: both parameters missing" 2 'fix: add intel_iommu=off intremap=off to the kernel'
host intel "intel_iommu=off"
expect "Intel: one parameter missing" 2 'missing: intremap=off$' 'fix: add intremap=off to'
host intel "intel_iommu=on intel_iommu=off intremap=off"
expect "Intel: ready" 0 '^ok +kernel parameters' '^ok +units +free' 'fix: modprobe nyx_iommu' '^ready$'
host intel "intel_iommu=strict,off intremap=off"
expect "Intel: off among other words" 0 '^ok +kernel parameters'
host intel "intel_iommu=office intremap=off"
expect "Intel: a word that only begins with off" 2 'missing: intel_iommu=off$'

host amd ""
expect "AMD: parameter missing" 2 'fix: add amd_iommu=off to the kernel command line'
host amd "amd_iommu=off"
expect "AMD: ready, x2APIC is no concern" 0 '^ready$'

host intel "intel_iommu=off intremap=off"
put proc/iomem 'fed90000-fed90fff : dmar0\nfed91000-fed91fff : dmar1\n'
expect "units held by the kernel's driver" 2 '^fail +units +.*holds 2 of them'
put proc/iomem 'fed90000-fed90fff : nyx_iommu\n'
mkdir -p "$dir/sys/module/nyx_iommu"
expect "module loaded" 0 '^ok +units +nyx_iommu drives them'
host intel "quiet"
mkdir -p "$dir/sys/module/nyx_iommu"
expect "module loaded without the parameters" 0 '^note +kernel parameters'

host intel "intel_iommu=off intremap=off"
put proc/cpuinfo 'apicid\t\t: 0\nflags\t\t: x2apic\napicid\t\t: 300\n'
expect "APIC ids above 254" 0 '^warn +x2APIC .*up to 300' 'fix: '
put proc/cpuinfo 'apicid\t\t: 255\nflags\t\t: x2apic\n'
expect "APIC id 255" 0 '^warn +x2APIC .*up to 255'
put proc/cpuinfo 'apicid\t\t: 254\nflags\t\t: fpu\n'
expect "APIC ids up to 254" 0 '^ok +x2APIC'

put sys/kernel/security/lockdown 'none [integrity] confidentiality\n'
expect "lockdown" 0 '^warn +lockdown' '^warn +module signature' 'mokutil'
put sys/kernel/security/lockdown '[none] integrity confidentiality\n'
expect "no lockdown" 0 '^ok +module signature'
put sys/module/module/parameters/sig_enforce 'Y\n'
expect "signatures enforced" 0 '^warn +module signature'
put sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c '\006\000\000\000\001'
expect "Secure Boot" 0 '^note +Secure Boot +on'

host intel "intel_iommu=off intremap=off"
put sys/hypervisor/type 'xen\n'
expect "Xen" 2 '^fail +hypervisor +under Xen'
host intel "intel_iommu=off intremap=off"
mkdir -p "$dir/sys/bus/vmbus"
expect "Hyper-V" 2 '^fail +hypervisor +under Hyper-V'
host amd "amd_iommu=off"
put sys/module/kvm_amd/parameters/sev_snp 'Y\n'
expect "SEV-SNP" 2 '^fail +SEV-SNP'

# bridge NAME BYTE-OF-EXPRESS-FLAGS EXTENDED-HEADER: a PCI bridge's configuration space.
# poke OFFSET BYTES goes on with the last one.
bridge() {
	file=$dir/sys/bus/pci/devices/$1/config
	mkdir -p "$(dirname "$file")"
	head -c 4096 /dev/zero >"$file"
	poke() { printf '%b' "$2" | dd of="$file" bs=1 seek="$1" conv=notrunc status=none; }
	poke 6 '\020\000'	# status: capabilities
	poke 10 '\004\006'	# class
	[ -n "$2" ] || return
	poke 52 '\100'		# capabilities at 0x40
	poke 64 "\\020\\000$2\\000"	# PCI Express
	poke 256 "$3"
}

host intel "intel_iommu=off intremap=off"
bridge 0000:00:01.0 '\102' '\015\000\001\000'
expect "a root port with ACS" 0 '^ok +groups'
bridge 0000:00:01.0 '\102' '\001\000\001\024'	# next: 0x140
poke 320 '\015\000\001\000'
expect "a root port with ACS further on" 0 '^ok +groups'
bridge 0000:00:02.0 '\102' ''
expect "a root port without ACS" 0 '^warn +groups +the port 0000:00:02.0 has no ACS'
bridge 0000:00:03.0 '' ''
expect "a plain PCI bridge" 0 '^note +groups +.*bridge 0000:00:03.0'
bridge 0000:00:04.0 '\102' '\001\000\000\020'	# next: itself
expect "a capability list that is a ring" 0 '^warn +groups +the port 0000:00:04.0'
head -c 64 "$dir/sys/bus/pci/devices/0000:00:02.0/config" >"$dir/short"
cp "$dir/short" "$dir/sys/bus/pci/devices/0000:00:02.0/config"
expect "configuration space cut short" 0 'fix: run nyxctl check as root'

echo "1..$n"
[ $failed = 0 ]
