# shellcheck shell=bash
# The guest's file system: a cached base (programs, libraries, kernel modules) for each
# kernel, and a small part on top for what changes from run to run. Both are plain cpio.

INITRD_RECIPE=3
GUEST_PROGRAMS="bash kmod lspci setpci kexec jq setpriv unshare prlimit dd taskset flock"
GUEST_CHECK="kexec --version && lspci --version && jq --version && kmod --version && setpriv --version &&
	dd --version && taskset --version"
GUEST_LIBRARIES="libnl-3.so.200 libnl-genl-3.so.200 libsmartcols.so.1 libjansson.so.4 libpci.so.3"
GUEST_MODULES="nvme e1000e virtio_pci virtio_blk virtio_net virtio_console virtio_balloon
	pci_stub vfio vfio_pci vfio_iommu_type1 9p 9pnet_virtio loop ext4 crc32c_generic igb igbvf"

# base_initrd LABEL: prints the path of the cached base, making it when missing.
base_initrd() {
	local label=$1 key out
	key=$({ kernel_id "$label"; readlink "$(chroot_dir trixie)"
		echo "$GUEST_PROGRAMS $GUEST_LIBRARIES $GUEST_MODULES"; } | hash_of "$INITRD_RECIPE")
	out=$NYX_CACHE/initrd/$label-$key.cpio
	[ -e "$out" ] || with_lock "initrd-$label" make_base "$label" "$out" || return 1
	echo "$out"
}

make_base() {
	local label=$1 out=$2 tmp
	[ -e "$out" ] && return
	mkdir -p "$NYX_CACHE/initrd"
	rm -rf "$NYX_CACHE/initrd/tmp-$label".*
	# the newest of the others stays: a checkout beside this one may use it
	find "$NYX_CACHE/initrd" -name "$label-*.cpio" -printf '%T@ %p\n' | sort -rn |
		sed '1d; s/^[^ ]* //' | xargs -r rm -f
	tmp=$(mktemp -d "$NYX_CACHE/initrd/tmp-$label.XXXXXX")
	if ! { fill_base "$label" "$tmp" && chroot "$tmp" /bin/bash -c "$GUEST_CHECK"; } >"$out.log" 2>&1; then
		tail -n 5 "$out.log" >&2
		die "could not make the guest's base for $label"
	fi
	rm -f "$out.log"
	(cd "$tmp" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >"$out.tmp"
	mv "$out.tmp" "$out"
	rm -rf "$tmp"
}

# fill_base LABEL TMP: programs and their libraries come out of the trixie chroot.
fill_base() {
	local label=$1 tmp=$2 root p path rel
	root=$(readlink -f "$(chroot_dir trixie)")
	chmod 755 "$tmp"
	mkdir -p "$tmp"/{dev,proc,sys,tmp,run,root,etc,mnt,nyx,files,var/lib} "$tmp"/usr/{bin,sbin,lib,lib64}
	for p in bin sbin lib lib64; do ln -s "usr/$p" "$tmp/$p"; done
	cp "$root/usr/bin/busybox" "$tmp/usr/bin/busybox"
	for p in $(chroot "$root" /usr/bin/busybox --list-full); do
		mkdir -p "$tmp/usr/${p%/*}"
		[ -e "$tmp/$p" ] || ln -s /usr/bin/busybox "$tmp/$p" 2>/dev/null || :
	done
	for p in $GUEST_PROGRAMS; do
		path=$(chroot "$root" sh -c 'command -v "$1"' sh "$p")
		rm -f "$tmp/usr/bin/$p" "$tmp/usr/sbin/$p"
		cp -L "$root$path" "$tmp/usr/bin/$p"
	done
	for p in modprobe insmod rmmod lsmod modinfo depmod; do
		rm -f "$tmp/usr/bin/$p" "$tmp/usr/sbin/$p"
		ln -s ../bin/kmod "$tmp/usr/sbin/$p"
	done
	guest_libraries "$root" | while read -r p; do
		mkdir -p "$tmp${p%/*}"
		cp -L "$root$p" "$tmp$p"
	done
	mkdir -p "$tmp/usr/share/misc" "$tmp/usr/lib/locale"
	cp -r "$root/usr/lib/locale/C.utf8" "$tmp/usr/lib/locale/"
	cp -L "$root/usr/share/misc/pci.ids" "$tmp/usr/share/misc/" 2>/dev/null || :
	printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/sh\n' >"$tmp/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$tmp/etc/group"
	rel=$(cat "$(kernel_dir "$label")/release")
	guest_modules "$(kernel_dir "$label")/lib/modules/$rel" "$tmp/usr/lib/modules/$rel"
	in_root "$root" "$tmp:/mnt" -- depmod -b /mnt "$rel"
}

# guest_libraries ROOT: every shared object that the programs and nyxctl need.
guest_libraries() {
	local root=$1 p
	{
		for p in $GUEST_PROGRAMS; do
			chroot "$root" sh -c 'ldd "$(command -v "$1")"' sh "$p" || :
		done
		for p in $GUEST_LIBRARIES; do
			echo "/usr/lib/x86_64-linux-gnu/$p"
			chroot "$root" ldd "/usr/lib/x86_64-linux-gnu/$p"
		done
	} | grep -oE '/[^ ]+\.so[^ ]*' | sed 's,^/lib,/usr/lib,' | sort -u
}

# guest_modules SRC DST: the modules a guest may want, with what they depend on.
guest_modules() {
	local src=$1 dst=$2 f
	mkdir -p "$dst"
	cp "$src"/modules.builtin* "$src"/modules.order "$dst/" 2>/dev/null || :
	awk -v want=" $(tr -s '\n\t ' ' ' <<<"$GUEST_MODULES") " '
		{ f = $1; sub(/:$/, "", f); dep[f] = ""; for (i = 2; i <= NF; i++) dep[f] = dep[f] " " $i
		  n = f; sub(/.*\//, "", n); sub(/\.ko$/, "", n); gsub(/-/, "_", n)
		  if (index(want, " " n " ")) take[f] = 1 }
		END { for (f in take) { print f; m = split(dep[f], d, " "); for (i = 1; i <= m; i++) print d[i] } }' \
		"$src/modules.dep" | sort -u | while read -r f; do
		mkdir -p "$dst/${f%/*}"
		cp "$src/$f" "$dst/$f"
	done
}
