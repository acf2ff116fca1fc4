# shellcheck shell=bash
# The story's devices, and the watcher of the host's disk.
. /tests/system/look.sh

DEVICE=0000:00:0a.0		# the NVMe disk that is handed out
NEIGHBOUR=0000:00:04.0		# a simple DMA device (QEMU's edu) in a domain of its own
QUEUES=0x10000			# where the device finds its command queues

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

# the program that plays the device's driver
disk_dma() { nvme-dma $DEVICE $SHM/queues $QUEUES "$@"; }
