# shellcheck shell=bash
# What the system tests share: TAP, looking, the devices of every guest, and assigning them.
. /tests/lib/tap.sh
. /tests/system/look.sh

EDU=0000:00:04.0		# DMA device without a reset method, on the root bus
EDU2=0000:00:05.0
NVME=0000:00:06.0		# the host's disk
E1000E=0000:00:07.0
DISK2=0000:00:0a.0		# a second NVMe disk, where the guest was given one
LOW=0x100000			# where tests map things for a device

# assigned DEVICE DOMAIN: a new STRICT domain of that name with the device in it, or bail out.
assigned() {
	local out
	out=$(nyxctl domain add name "$2" 2>&1 && nyxctl device assign "$1" domain "$2" unbind 2>&1) ||
		bail "no $1 in a domain: $out"
}

# mapped DOMAIN IOVA NAME SIZE PATTERN [PROT]: a new file in memory, shown to the device.
mapped() {
	local out
	out=$(nyx-mem make "$SHM/$3" "$4" "$5" 2>&1 &&
		nyxctl map add "$1" "$2" file "$SHM/$3" size "$4" prot "${6:-rw}" 2>&1) ||
		bail "cannot map $3: $out"
}

# verify FILE OFFSET LEN PATTERN: file in /dev/shm
verify() { nyx-mem verify "$SHM/$1" "$2" "$3" "$4"; }
holds() { local name=$1; shift; check "$name" verify "$@"; }

# counted NAME DEVICE BEFORE: more faults than before, within 5 s.
counted() {
	if within 5 more_faults "$2" "$3"; then ok "$1: counted"; return; fi
	not_ok "$1: counted"
	diag "expected: more than $3 faults of $2" "seen:     $(faults_of "$2")"
}

# explained NAME DEVICE KIND IOVA: the newest record says so (VT-d); on AMD that it has a reason.
explained() {
	if [ "$NYX_IOMMU" = vtd ]; then
		is "$1: access and address" "$(last_fault "$2" kind) $(($(last_fault "$2" address)))" "$3 $(($4))"
	else
		like "$1: a reason" "$(last_fault "$2" text)" '^[a-z].*'
	fi
}

# goes NAME DEVICE STATE: gets there within 5 s.
goes() {
	if within "${4:-5}" state_is "$2" "$3"; then ok "$1"; return; fi
	not_ok "$1"
	diag "expected: $2 $3" "seen:     $(device_is "$2" state) ($(device_is "$2" cause))"
}

# quarantine_by COMMAND...: repeats a bad DMA of DEVICE until it is fenced off, 60 times at most.
quarantine_by() {
	local device=$1 i; shift
	for i in $(seq 60); do
		state_is "$device" quarantined && return
		"$@" >/dev/null 2>&1
		sleep 0.02
	done
	within 5 state_is "$device" quarantined
}

# to_stub DEVICE: from its host driver to the stub, as nyxctl does.
to_stub() {
	local d=/sys/bus/pci/devices/$1
	[ ! -e "$d/driver" ] || echo "$1" >"$d/driver/unbind"
	echo nyx_stub >"$d/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ "$(driver_of "$1")" = nyx_stub ] || bail "$1 does not bind to nyx_stub"
}

# give_back DEVICE: out of its domain, off the stub, back to whichever host driver wants it.
give_back() {
	nyxctl device remove "$1" >/dev/null 2>&1
	[ "$(driver_of "$1")" != nyx_stub ] || echo "$1" >/sys/bus/pci/drivers/nyx_stub/unbind
	echo >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

# watch_disk [PAUSE]: reads and compares the host's disk in the background until unwatch_disk: at
# every moment, or with PAUSE milliseconds in between where others want the processors, too.
watch_disk() {
	within 10 disk_of nyx0 || bail "the host has no disk"
	rm -f $WATCH
	disk-watch "$(disk_of nyx0)" $WATCH "${1:-0}" &
	watcher=$!
	within 20 test -s $WATCH || bail "the disk watcher does not read"
}

disk_goes_on() {
	local before
	before=$(watched reads)
	if ! within 20 read_more_than $((before + 5)); then
		not_ok "$1"
		diag "expected: more than $((before + 5)) reads" "seen:     $(watched reads)"
		return
	fi
	is "$1" "$(watched errors) $(watched wrong)" "0 0"
}

unwatch_disk() {
	kill $watcher
	wait $watcher
	is "every read of the host's disk was right ($(watched reads) reads, slowest $(watched longest_ms) ms)" \
		"$(watched errors) $(watched wrong)" "0 0"
	is "no NVMe time-out or abort" "$(dmesg | grep -iE 'nvme.*(timeout|abort|I/O error)')" ""
}

# nothing_left: domains and memory are all gone.
nothing_left() {
	[ "$(status_is domains) $(status_is mappings) $(status_is pinned_bytes) $(status_is assigned)" = "0 0 0 0" ]
}

# audited NAME: registers, device entries and page tables are what the books say.
audited() { check "$1: hardware's tables equal the books" nyxctl audit; }

# leaves NAME: everything is undone and the module can go.
leaves() {
	check "$1: nothing is left" within 10 nothing_left
	audited "$1"
	check "$1: the module unloads" rmmod nyx_iommu
}

# leaks_from_here, then no_leaks NAME: what is allocated in between and lost (kmemleak=on).
LEAKS=/sys/kernel/debug/kmemleak
leaks_from_here() {
	grep -qw kmemleak=on /proc/cmdline || return 0
	echo scan >$LEAKS
	echo clear >$LEAKS
}
no_leaks() {
	grep -qw kmemleak=on /proc/cmdline || return 0
	echo scan >$LEAKS
	sleep 6
	echo scan >$LEAKS
	is "$1: nothing has leaked" "$(head -n 40 $LEAKS)" ""
}
