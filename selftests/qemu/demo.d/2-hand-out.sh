# shellcheck shell=bash
# A device gets a domain, and memory that it may reach.

step "Put a device into a STRICT domain" \
	"The second NVMe disk, $DEVICE, is handed to somebody the host does not trust. Before that the host copies its own disk to it."
do_it dd if="$disk" of="$(disk_of nyx1)" bs=1M iflag=direct oflag=direct status=none
done_well "copied"
do_it nyxctl domain add 1 name guest
done_well "a domain, empty: whatever is in it reaches nothing"
do_it nyxctl device assign $DEVICE domain guest
refused "a device that the host still uses is refused, by the name of its driver" 'nvme'
do_it nyxctl device assign $DEVICE domain guest unbind
done_well "with 'unbind' it is taken from its driver"
same "it is assigned" assigned "$(device_is $DEVICE state)"
still_reading

step "A driver in userspace reads it" \
	"It maps memory for its queues and buffers, writes the disk's registers by sysfs, and gets the disk's interrupts by eventfds, through remapping entries that only this device can use."
do_it nvme-read $DEVICE --domain guest --bytes $((16 << 20)) --queues 2 --hash
done_well "every command has completed, once, without an error"
same "the data is what the host has written (SHA-256)" "$NVME_SHA256" "$(sed -n 's/ *-$//p' <<<"$OUT")"
for vector in 0 1 2; do
	at_least "interrupts have come on vector $vector" 1 "$(sed -n "s/^vector $vector: //p" <<<"$OUT" | cut -d' ' -f1)"
done
still_reading

step "Show it some memory" \
	"Three files in memory: the queues through which the device gets its commands, a letter that it may only read, and a page for its answer."
nyx-mem make $SHM/queues 16K zero
nyx-mem make $SHM/letter 128K letter
nyx-mem make $SHM/answer 64K zero
do_it nyxctl map add guest $QUEUES file $SHM/queues size 16K
done_well "its queues"
do_it nyxctl map add guest 0x100000 file $SHM/letter size 128K prot r
done_well "the letter, read-only"
do_it nyxctl map add guest 0x200000 file $SHM/answer size 64K
done_well "room for the answer"
do_it nyxctl map show guest

step "Its DMA arrives, translated" \
	"The device reads the first 64 KiB at 0x100000 and writes them to 0x200000: addresses that exist for it alone."
do_it nvme-dma $DEVICE $SHM/queues $QUEUES copy 0x100000 0x200000 64K
done_well "the device did it"
holds "the letter was read and the answer written, byte for byte" "the same 65536 bytes in both files" \
	nyx-mem compare $SHM/letter 0 $SHM/answer 0 64K
do_it nyxctl map translate guest 0x201000
same "0x201000 leads to where the file really lies" "$(nyx-mem phys $SHM/answer 0x1000)" \
	"$(nyxctl -j map translate guest 0x201000 | jq -r '.translations[0].physical')"
