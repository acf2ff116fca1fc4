# shellcheck shell=bash
# From a running host to one whose IOMMU is ours.

step "The host runs, and reads its disk all the time" \
	"In the background every block of the host's NVMe disk is read and compared, over and over, until the end of this demo."
disk=""
within 10 disk_of nyx0 && disk=$(disk_of nyx0)
[ -n "$disk" ] || no_ "the host has its disk" "an NVMe disk with serial nyx0" "none"
same "the disk holds what it should (SHA-256)" "$NVME_SHA256" "$(sha256sum <"$disk" | cut -d' ' -f1)"
disk-watch "$disk" $WATCH &
watcher=$!
trap 'kill $watcher 2>/dev/null' EXIT
within 10 test -s $WATCH || no_ "the watcher reads" "its report" "nothing"
still_reading

step "Is this host ready?"
LINES_SHOWN=30 do_it nyxctl check
done_well "nyxctl check says it is ready"

step "Load the module while the disk is busy"
do_it insmod "$NYX_KO"
done_well "loaded"
do_it nyxctl unit show
same "the unit translates" translating "$(nyxctl -j unit show | jq -r '.units[0].state')"
still_reading
