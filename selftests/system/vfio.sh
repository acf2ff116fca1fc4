# shellcheck shell=bash
# What the tests over VFIO share: devices in vfio-pci's hands, by export; where the in-tree
# driver has the units, which is the reference, as any administrator does it.
. /tests/system/common.sh

# in_tree: nyx is not what drives the units.
in_tree() { [ ! -d /sys/module/nyx_iommu ]; }

group_of() { local g; g=$(readlink "/sys/bus/pci/devices/$1/iommu_group") && echo "${g##*/}"; }

# handed DEVICE: from its driver to vfio-pci, or bail out.
handed() {
	local d=/sys/bus/pci/devices/$1 out
	if ! in_tree; then
		out=$(nyxctl device export "$1" unbind 2>&1) || bail "$1 is not exported: $out"
	else
		modprobe vfio-pci
		[ ! -e "$d/driver" ] || echo "$1" >"$d/driver/unbind"
		echo vfio-pci >"$d/driver_override"
		echo "$1" >/sys/bus/pci/drivers_probe
	fi
	[ "$(driver_of "$1")" = vfio-pci ] || bail "$1 does not bind to vfio-pci"
	[ -e "/dev/vfio/$(group_of "$1")" ] || bail "$1 has no group in /dev/vfio"
}

# forgeable: QEMU's VT-d lets every message pass that is not in remappable format. nyx says so, and
# VFIO then wants to be told that this is known.
forgeable() { ! in_tree && [ "$NYX_IOMMU" = vtd ]; }
UNSAFE=/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
accept_forgery() {
	modprobe vfio_iommu_type1
	if forgeable; then echo Y >$UNSAFE; fi
}

# returned DEVICE: to the host and its driver.
returned() {
	local out
	if ! in_tree; then
		out=$(nyxctl device unexport "$1" rebind 2>&1) || bail "$1 is not taken back: $out"
		return
	fi
	echo "$1" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

# host_faults: how many the in-tree driver has told of, or how many nyx has counted.
host_faults() {
	if in_tree; then
		dmesg | grep -cE 'DMAR: \[|AMD-Vi: Event logged' || :
	else
		nyxctl -j fault show | jq '[.faults[].faults] | add // 0'
	fi
}

# inner NAME COMMAND...: TAP of a program, as the test's own results.
inner() {
	local name=$1 line rc=0; shift
	"$@" >/run/inner 2>&1 || rc=$?
	while IFS= read -r line; do
		case $line in
		'ok '*' # SKIP '*) line=${line#ok * - }; skip "${line#* # SKIP }" "$name: ${line% # SKIP *}" ;;
		'ok '*) ok "$name: ${line#ok * - }" ;;
		'not ok '*) not_ok "$name: ${line#not ok * - }" ;;
		'TAP version'*|1..*) ;;
		*) diag "${line#\# }" ;;
		esac
	done </run/inner
	is "$name: ends well" "$rc" 0
}

# storm DEVICE FILE: the program that writes to it all the time; $STORM is its pid.
storm() {
	rm -f /run/storm	# or the last one's word counts
	vfio-dma "$1" --storm "$2" >/run/storm 2>&1 &
	STORM=$!
	within 20 grep -q ready /run/storm || bail "no storm: $(cat /run/storm)"
}
