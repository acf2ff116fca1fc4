# shellcheck shell=bash
# What the tests over VFIO share: devices in vfio-pci's hands, by export; where the in-tree
# driver has the units, which is the reference, as any administrator does it.
. /tests/system/common.sh

BEHIND=0000:01:00.0	# edu, alone behind a port: that can be reset (--device edu,bus=rp1)

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
# accept_forgery [MODULE]: type 1's, or iommufd.
accept_forgery() {
	local module=${1:-vfio_iommu_type1}
	modprobe "$module"
	if forgeable; then echo Y >"/sys/module/$module/parameters/allow_unsafe_interrupts"; fi
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

# storm DEVICE FILE [OPTION]...: the program that writes to it all the time; $STORM is its pid.
storm() {
	local device=$1 file=$2; shift 2
	rm -f /run/storm	# or the last one's word counts
	vfio-dma "$device" "$@" --storm "$file" >/run/storm 2>&1 &
	STORM=$!
	within 20 grep -q ready /run/storm || bail "no storm: $(cat /run/storm)"
}

# wipe: what the device writes is always the same, so it shows in an empty file only.
wipe() { dd if=/dev/zero of=$SHM/storm bs=64K count=1 conv=notrunc status=none; }
empty() { cmp -s -n 65536 $SHM/storm /dev/zero; }
written() { ! empty; }

# refused NAME PATTERN COMMAND...: exit status 2 and a reason.
refused() {
	local name=$1 pattern=$2 out; shift 2
	out=$("$@" 2>&1)
	is "$name: refused" $? 2
	like "$name: why" "$out" "$pattern"
}

# patient DEVICE: what the program tries that must fail would lead to quarantine.
patient() { in_tree || nyxctl device set "$1" threshold 0 >/dev/null; }

# killed NAME DEVICE [OPTION]...: -9 in the middle of it all; nothing more lands in its memory.
killed() {
	local name=$1 device=$2; shift 2
	nyx-mem make $SHM/storm 64K storm >/dev/null 2>&1
	storm "$device" $SHM/storm "$@"
	sleep 0.3
	kill -9 $STORM
	wait $STORM 2>/dev/null
	wipe
	is "$name: bus mastering is off" $((0x$(setpci -s "$device" COMMAND.w) & 4)) 0
	# what its owner had mapped there, while nobody masters the bus and when somebody does
	edu "$device" dma-write 0x40000000 64
	edu "$device" enable , dma-write 0x40000000 64
	setpci -s "$device" COMMAND.w=0:4
	check "$name: nothing lands in its memory any more" empty
	in_tree || check "$name: nothing is left of it" within 10 nothing_left
}

# fenced DEVICE [OPTION]...: a quarantine of what VFIO has.
fenced() {
	local device=$1; shift
	# In this order: edu has no reset, and what its last owner told it may run into the next one's domain.
	storm "$device" $SHM/storm "$@"
	nyxctl device set "$device" threshold 10 >/dev/null
	kill -USR1 $STORM
	goes "faults lead to quarantine" "$device" quarantined 20
	kill -USR2 $STORM
	sleep 0.5
	wipe
	sleep 1
	check "its owner's DMA stops" empty
	check "its owner runs still" kill -0 $STORM
	if [ "$device" = $BEHIND ]; then
		check "reset" nyxctl device reset "$device"
		is "no bus master before its owner says so" $((0x$(setpci -s "$device" COMMAND.w) & 4)) 0
		setpci -s "$device" COMMAND.w=6:6
		check "then it goes on" within 10 written
	fi
	kill $STORM
	wait $STORM
	is "its owner ends well" $? 0
	returned "$device"
	handed "$device"
	patient "$device"
	inner "out again, it works" vfio-dma "$device" "$@" dma reset
	returned "$device"
}

# recovered MORE: how often it was reset.
recovered() { [ "$(device_is $BEHIND resets)" -gt "$1" ]; }

# comes_back [OPTION]...: the same, with a reset by itself. QEMU's records of AMD have no bus and so
# fit no device behind a port: there the faults are told by software.
comes_back() {
	local resets i
	handed $BEHIND
	nyxctl device set $BEHIND threshold 10 auto-reset 2/h >/dev/null
	storm $BEHIND $SHM/storm "$@"
	resets=$(device_is $BEHIND resets)
	if [ "$NYX_IOMMU" = vtd ]; then
		kill -USR1 $STORM
	else
		for i in $(seq 10); do nyxctl fault report $BEHIND kind write addr 0x1000 >/dev/null; done
	fi
	check "a fenced device is reset by itself" within 30 recovered "$resets"
	kill -USR2 $STORM
	goes "and is its owner's again" $BEHIND exported
	is "one of two is left" "$(device_is $BEHIND auto_resets_left)" 1
	check "its owner runs still" kill -0 $STORM
	is "no bus master before its owner says so" $((0x$(setpci -s $BEHIND COMMAND.w) & 4)) 0
	wipe
	setpci -s $BEHIND COMMAND.w=6:6
	check "then it goes on" within 10 written
	goes "and nothing fences it" $BEHIND exported
	kill $STORM
	wait $STORM
	is "its owner ends well" $? 0
	returned $BEHIND
}
