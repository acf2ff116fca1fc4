# shellcheck shell=bash
# Unpacking the stock kernels and building the debug kernel.
#
# $NYX_CACHE/kernel/LABEL/ holds vmlinuz, release, kdir (what make -C wants, inside the
# chroot named in the file chroot) and lib/modules/RELEASE with a module index.

# release_of LABEL: the stock release in its chroot that the label stands for.
release_of() {
	local root d
	root=$(chroot_dir "$(kernel_suite "$1")")
	for d in "$root"/var/cache/images/"$1".* "$root"/var/cache/images/"$1"-*; do
		if [ -d "$d" ]; then
			echo "${d##*/}"
			return
		fi
	done
	return 1
}

# KERNEL_RECIPE goes up when this file starts to make something different.
KERNEL_RECIPE=1

stock_key() { readlink "$(chroot_dir "$(kernel_suite "$1")")" | hash_of "$1" "$KERNEL_RECIPE"; }

have_stock() {
	[ -e "$(kernel_dir "$1")/vmlinuz" ] &&
		[ "$(readlink "$(kernel_dir "$1")")" = "$1-$(stock_key "$1")" ]
}

# fill_stock TMP LABEL: only the modules a guest can use are kept, uncompressed.
fill_stock() {
	local tmp=$1 label=$2 suite rel root d deb drop
	set -e
	suite=$(kernel_suite "$label")
	root=$(chroot_dir "$suite")
	rel=$(release_of "$label") || { echo "no $label kernel in the $suite chroot"; return 1; }
	mkdir "$tmp/x"
	for deb in "$root/var/cache/images/$rel"/*.deb; do
		dpkg -x "$deb" "$tmp/x"
	done
	mkdir -p "$tmp/lib/modules"
	mv "$(find "$tmp/x" -name 'vmlinuz*' -type f | head -n1)" "$tmp/vmlinuz"
	cp "$(find "$tmp/x/boot" "$tmp/x/usr/lib/modules" -name 'config*' -type f 2>/dev/null | head -n1)" \
		"$tmp/config"
	for d in "$tmp"/x/usr/lib/modules "$tmp"/x/lib/modules; do
		if [ -d "$d/$rel" ]; then mv "$d/$rel" "$tmp/lib/modules/"; break; fi
	done
	rm -rf "$tmp/x"
	d=$tmp/lib/modules/$rel
	rm -f "$d/build" "$d/source"
	for drop in sound drivers/gpu drivers/media drivers/staging drivers/infiniband \
		drivers/net/wireless drivers/iio drivers/hid fs/ocfs2 fs/ceph net/ceph; do
		rm -rf "${d:?}/kernel/$drop"
	done
	find "$d" -name '*.ko.xz' -print0 | xargs -0 -r -n 64 -P 2 xz -d
	in_root "$(readlink -f "$root")" "$tmp:/mnt" -- depmod -b /mnt "$rel"
	echo "$rel" >"$tmp/release"
	echo "/usr/src/linux-headers-$rel" >"$tmp/kdir"
	echo "$suite" >"$tmp/chroot"
}

make_stock() {
	local label=$1 tmp
	have_stock "$label" && return
	mkdir -p "$NYX_CACHE/kernel"
	rm -rf "$NYX_CACHE/kernel/tmp-$label".*
	tmp=$(mktemp -d "$NYX_CACHE/kernel/tmp-$label.XXXXXX")
	chmod 755 "$tmp"
	progress "stock kernel $label (unpacked from its package)" \
		bash -c '. "$1/common.sh"; . "$1/chroot.sh"; . "$1/kernel.sh"; fill_stock "$2" "$3"' \
		bash "$QEMU_DIR" "$tmp" "$label" || { rm -rf "$tmp"; return 1; }
	publish "$tmp" "$(kernel_dir "$label")" "$(stock_key "$label")"
}
