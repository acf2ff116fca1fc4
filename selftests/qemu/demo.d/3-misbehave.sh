# shellcheck shell=bash
# What a device may not do, what is known about it afterwards, and when it is fenced off.

# misdeed WHAT KIND IOVA FILE PATTERN OFFSET CAUSE: one bad DMA write; the file must not change.
misdeed() {
	local what=$1 kind=$2 iova=$3 file=$4 pattern=$5 offset=$6 cause=$7 before after
	before=$(faults_of $DEVICE)
	# The emulated disk may or may not notice that its data went nowhere: not asked here.
	LINES_SHOWN=0 do_it nvme-dma $DEVICE $SHM/queues $QUEUES dma-write "$iova" 4096
	[ "$RC" -le 1 ] || no_ "$what" "the device tries" "$OUT"
	holds "$what: memory is unchanged" "the bytes from before" \
		nyx-mem verify "$file" "$offset" 4096 "$pattern"
	within 5 more_faults $DEVICE "$before" || no_ "and it is counted" "more than $before faults" "$(faults_of $DEVICE)"
	after=$(faults_of $DEVICE)
	yes_ "and it is counted: $((after - before)) fault(s) recorded"
	explain "$kind" "$iova"
	# QEMU's amd-iommu tells no address.
	[ "$NYX_IOMMU" = vtd ] || cause=no-address
	same "$what: its likely cause" "$cause" "$(nyxctl -j why $DEVICE | jq -r '.why[0].fault.cause')"
}

# explain KIND IOVA: the record says what happened, as far as the unit does.
explain() {
	local kind address text
	kind=$(last_fault $DEVICE kind) address=$(last_fault $DEVICE address) text=$(last_fault $DEVICE text)
	if [ "$NYX_IOMMU" = amdvi ]; then
		[ "$text" != null ] || no_ "and explained" "a reason in words" "none"
		yes_ "as far as it can be: '$text' (an AMD unit tells address and access; QEMU's leaves them out)"
		return
	fi
	[ "$kind" = "$1" ] && [ $((address)) = $(($2)) ] ||
		no_ "and explained" "a $1 at $2" "$kind at $address: $text"
	yes_ "and explained: $kind at $address: $text"
}

# A page of memory that is nobody's business, at a physical address that no mapping uses.
nyx-mem make $SHM/secret 64K secret
secret=$(nyx-mem phys $SHM/secret 0x3000)

step "DMA to an address that is not mapped" \
	"The device writes to $secret. Without an IOMMU that is the physical address of a page with a secret in it. (Quarantine is off for a moment, to look at single faults.)"
do_it nyxctl device set $DEVICE threshold 0
done_well "no quarantine for now"
[ $((secret)) -ge $((0x1000000)) ] || no_ "a page outside of what is mapped" "above 16 MiB" "$secret"
nyx-mem fill $SHM/secret 0x3000 4096 page
misdeed "the secret" write "$secret" $SHM/secret page 0x3000 never-mapped

# A page that it has not read yet: for one that is in its TLB, QEMU refuses the write but
# records nothing.
step "A write to memory that is mapped read-only" "To the second half of the letter."
nyx-mem fill $SHM/letter 0x18000 4096 page
misdeed "the letter" write 0x118000 $SHM/letter page 0x18000 read-only

step "DMA after the unmap"
do_it nyxctl map del guest 0x200000 size 64K
done_well "the answer's memory is taken back"
nyx-mem fill $SHM/answer 0x2000 4096 page
misdeed "the memory it had until now" write 0x202000 $SHM/answer page 0x2000 unmapped
LINES_SHOWN=12 do_it nyxctl why $DEVICE
still_reading

step "A neighbour in a domain of its own" "A simple DMA device, $NEIGHBOUR, works on its own memory."
nyx-mem make $SHM/neighbour 64K neighbour
do_it nyxctl domain add 2 name neighbour
done_well "its domain"
do_it nyxctl device assign $NEIGHBOUR domain neighbour
done_well "assigned"
do_it nyxctl map add neighbour 0x100000 file $SHM/neighbour size 64K
done_well "mapped"

neighbour_works() {
	nyx-mem fill $SHM/neighbour 0 4096 "$1"
	nyx-mem fill $SHM/neighbour 0x8000 4096 zero
	edu $NEIGHBOUR copy 0x100000 0x108000 4096 && nyx-mem verify $SHM/neighbour 0x8000 4096 "$1"
}
holds "its DMA works" "4096 bytes copied" neighbour_works before

# storm: from now on one bad DMA after the other, until calm.
storm() {
	rm -f $SHM/calm
	while [ ! -e $SHM/calm ]; do disk_dma dma-write 0x900000 4096; done >/dev/null 2>&1 &
	storm=$!
}
calm() { : >$SHM/calm; wait $storm; }

step "A storm of faults: quarantine" \
	"The threshold is 10 recorded faults again. The disk does one bad DMA after the other, and does not stop when it is fenced off."
do_it nyxctl fault clear $DEVICE
do_it nyxctl device set $DEVICE threshold 10
done_well "threshold 10"
tell "A second terminal runs: nyxctl monitor state"
nyxctl monitor state >/run/monitor &
monitor=$!
within 10 listens $monitor || no_ "it listens" "a socket that has joined" "none"
storm
within 30 state_is $DEVICE quarantined || no_ "quarantine" "state quarantined" \
	"$(device_is $DEVICE state), $(faults_of $DEVICE) faults"
do_it nyxctl device show domain guest
at_least "it is fenced off, with $(faults_of $DEVICE) recorded faults: $(device_is $DEVICE cause)" 10 "$(faults_of $DEVICE)"
do_it nvme-dma $DEVICE $SHM/queues $QUEUES up
[ "$RC" = 1 ] || no_ "now not even its own queues are within its reach" \
	"the device cannot come up" "exit status $RC"
yes_ "now not even its own queues are within its reach"
holds "the neighbour goes on working" "4096 bytes copied" neighbour_works during
before=$(faults_of $NEIGHBOUR)
edu $NEIGHBOUR dma-write 0x900000 4
within 5 more_faults $NEIGHBOUR "$before" || no_ "a fault of the neighbour's is heard in the storm" \
	"more than $before faults" "$(faults_of $NEIGHBOUR)"
yes_ "a fault of the neighbour's is heard in the storm"
at_least "since when the disk's are not recorded is known" 1 "$(device_is $DEVICE suppressed_since)"
still_reading
calm

step "Reset brings it back"
do_it nyxctl device reset $DEVICE
done_well "reset"
same "it is assigned again" assigned "$(device_is $DEVICE state)"
do_it nyxctl map add guest 0x200000 file $SHM/answer size 64K
nyx-mem fill $SHM/answer 0 64K zero
nyx-mem fill $SHM/letter 0 64K again
do_it nvme-dma $DEVICE $SHM/queues $QUEUES copy 0x100000 0x200000 64K
done_well "it works"
holds "its DMA arrives, byte for byte" "the same 65536 bytes in both files" \
	nyx-mem compare $SHM/letter 0 $SHM/answer 0 64K

has_seen() { grep -q "$DEVICE quarantined" /run/monitor && grep -q "$DEVICE assigned" /run/monitor; }
within 10 has_seen || no_ "the other terminal has seen it as it happened" "quarantined, then assigned" "$(cat /run/monitor)"
kill $monitor
do_it cat /run/monitor
yes_ "the other terminal has seen it as it happened"

step "Or it comes back by itself" "Twice an hour, and no more. What it did is kept, by the number of resets before."
do_it nyxctl device set $DEVICE auto-reset 2/h
done_well "two resets an hour"
resets=$(device_is $DEVICE resets)
storm
within 30 state_is $DEVICE quarantined || no_ "another storm: fenced again" "state quarantined" \
	"$(device_is $DEVICE state), $(faults_of $DEVICE) faults"
calm
yes_ "another storm: fenced again"
more_resets() { [ "$(device_is $DEVICE resets)" -gt "$resets" ] && state_is $DEVICE assigned; }
within 30 more_resets || no_ "nobody did anything, and it is assigned again" "a reset more, state assigned" \
	"$(device_is $DEVICE resets) resets, $(device_is $DEVICE state): $(device_is $DEVICE cause)"
yes_ "nobody did anything, and it is assigned again"
LINES_SHOWN=30 do_it nyxctl device show $DEVICE
nyx-mem fill $SHM/answer 0 64K zero
do_it nvme-dma $DEVICE $SHM/queues $QUEUES copy 0x100000 0x200000 64K
done_well "it works"
holds "its DMA arrives" "the same 65536 bytes in both files" nyx-mem compare $SHM/letter 0 $SHM/answer 0 64K
still_reading
