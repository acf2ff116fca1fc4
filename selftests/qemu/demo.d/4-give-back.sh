# shellcheck shell=bash
# Everything goes back to the host.

step "Give everything back"
do_it rmmod nyx_iommu
refused "the module does not leave while devices depend on it" 'in use'
do_it nyxctl device remove $DEVICE rebind
done_well "the disk is the host's again"
do_it nyxctl device remove $NEIGHBOUR rebind
done_well "the neighbour too"
do_it nyxctl domain del guest
done_well "the domain is undone"
do_it nyxctl domain del neighbour
done_well "the other one too"
same "no memory is pinned any more" "0 0" "$(status_is pinned_bytes) $(status_is mappings)"
within 15 disk_of nyx1 || no_ "the host's driver has its second disk back" "a disk with serial nyx1" "none"
holds "the host's driver reads its second disk again" "1 MiB read" \
	dd "if=$(disk_of nyx1)" of=/dev/null bs=1M count=1 iflag=direct status=none

step "Unload: the host is as it was"
do_it rmmod nyx_iommu
done_well "unloaded"
[ ! -d /sys/module/nyx_iommu ] || no_ "the module is gone" "no /sys/module/nyx_iommu" "it is there"
still_reading
kill $watcher
wait $watcher
same "all $(watched reads) reads ($(watched mib) MiB) gave the right data; the slowest took $(watched longest_ms) ms" \
	"0 0" "$(watched errors) $(watched wrong)"
trap - EXIT
same "the kernel saw no NVMe time-out and no abort" "" "$(dmesg | grep -iE 'nvme.*(timeout|abort|I/O error)')"
same "the disk holds what it held (SHA-256)" "$NVME_SHA256" "$(sha256sum <"$disk" | cut -d' ' -f1)"
