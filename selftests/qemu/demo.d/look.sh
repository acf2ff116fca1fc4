# shellcheck shell=bash
# Looking at devices, faults and the disk watcher: one value each.

DEVICE=0000:00:0a.0		# the NVMe disk that is handed out
NEIGHBOUR=0000:00:04.0		# a simple DMA device (QEMU's edu) in a domain of its own
SHM=/dev/shm
QUEUES=0x10000			# where the device finds its command queues
WATCH=/run/disk-watch

device_is() { nyxctl -j device show "$1" | jq -r ".devices[0].$2"; }
state_is() { [ "$(device_is "$1" state)" = "$2" ]; }
faults_of() { nyxctl -j fault show "$1" | jq -r '.faults[0].faults'; }
status_is() { nyxctl -j status | jq -r ".status[0].$1"; }

# disk_of SERIAL: the block device of the host's NVMe disk with that serial number.
disk_of() {
	local c
	for c in /sys/class/nvme/nvme*; do
		[ "$(tr -d ' ' <"$c/serial" 2>/dev/null)" = "$1" ] || continue
		c=$(ls -d "$c"/nvme*n1 2>/dev/null) && echo "/dev/${c##*/}" && return
	done
	return 1
}

watched() { sed -n "s/^$1=//p" $WATCH; }
read_more_than() { [ "$(watched reads)" -gt "$1" ]; }

# still_reading: the host's disk went on being read, and each read was right.
still_reading() {
	local before
	before=$(watched reads)
	within 10 read_more_than $((before + 10)) || no_ "the host's disk goes on" \
		"more than $((before + 10)) reads" "$(watched reads)"
	[ "$(watched errors) $(watched wrong)" = "0 0" ] || no_ "the host's disk goes on" \
		"no failed and no wrong read" "$(watched errors) failed, $(watched wrong) wrong"
	yes_ "meanwhile the host's own disk: $(watched reads) reads, each of them right"
}

# the programs that play the device's driver
disk_dma() { nvme-dma $DEVICE $SHM/queues $QUEUES "$@"; }
