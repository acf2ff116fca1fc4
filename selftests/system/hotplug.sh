# shellcheck shell=bash
# What the tests of devices that come and go share: the slot, and how a card leaves it.
. /tests/system/vfio.sh

HOT=0000:01:00.0	# below rp1

device_known() { nyxctl device show $HOT; }
device_unknown() { ! nyxctl device show $HOT; }
rules() { printf '%s\n' "$@" | nyxctl arrival load -; }

# As if the card were pulled out: switching the slot's power and its lamp off makes QEMU take it away;
# the kernel's slot driver hears of it only once they are on again, and finds nothing there.
yank() {
	local control=$((0x$(setpci -s 00:08.0 CAP_EXP+18.w)))
	setpci -s 00:08.0 "CAP_EXP+18.w=$(printf %x $(((control | 0x700) & ~0x20)))" "CAP_EXP+18.w=$(printf %x $control)"
}
# The slot driver is done with it, too: what came before that would go with it.
switched_off() { [ $((0x$(setpci -s 00:08.0 CAP_EXP+18.w) & 0x700)) = $((0x700)) ]; }
absent() { [ ! -e /sys/bus/pci/devices/$HOT ] && device_unknown && switched_off; }

# QEMU's records of AMD have no bus, so below a port somebody has to report the faults.
quarantined_here() {
	if [ "$NYX_IOMMU" = vtd ]; then
		quarantine_by $HOT edu $HOT dma-write 0x900000 4
	else
		quarantine_by $HOT nyxctl fault report $HOT
	fi
}

# cycles N: a card arrives in domain a, where file a is at 0x100000, and leaves, N times; with exports
# from the fifth on.
cycles() {
	local n way
	check "rules: into a domain" rules "device $HOT domain a"
	leaks_from_here
	for n in $(seq "$1"); do
		within 20 hmp 'device_add edu,id=hot,bus=rp1,dma_mask=0xffffffff'
		goes "$n: it arrives in its domain" $HOT assigned 20
		edu $HOT copy 0x100000 0x108000 4096 && nyx-mem compare $SHM/a 0 $SHM/a 0x8000 4096 ||
			not_ok "$n: its DMA works"
		case $((n % 5)) in
		1)	way="pulled out in the middle of a DMA"
			edu $HOT start-write 0x108000 2048
			yank ;;
		2)	way="unplugged"
			hmp 'device_del hot' ;;
		3)	way="pulled out while fenced"
			nyxctl device remove $HOT >/dev/null 2>&1
			goes "$n: fenced" $HOT blocked
			edu $HOT enable
			edu $HOT start-write 0x108000 2048
			yank ;;
		4)	way="pulled out while quarantined"
			nyxctl device set $HOT threshold 2 >/dev/null
			quarantined_here
			is "$n: quarantined" "$(device_is $HOT state)" quarantined
			yank ;;
		0)	way="pulled out while exported, in the middle of DMA"
			give_back $HOT
			goes "$n: taken back" $HOT host 20
			handed $HOT
			storm $HOT $SHM/storm
			sleep 0.15
			yank
			# VFIO keeps it until its user has let go.
			kill -9 $STORM
			wait $STORM 2>/dev/null ;;
		esac
		check "$n: $way, it goes" within 30 absent
		is "$n: and is in no domain any more" "$(domain_is a devices) $(status_is assigned)" "0 0"
	done
	no_leaks "after $1"
	audited "after $1"
	check "no rules any more" nyxctl arrival clear
}
