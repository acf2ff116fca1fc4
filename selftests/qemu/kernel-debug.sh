# shellcheck shell=bash
# The Linux source and the debug kernel built from it, both in the cache.
#
# The build tree stays, so that modules can be built against it; its paths are absolute, so
# it is made where it will live and is published when complete.

SOURCE_RECIPE=2

source_dir() { printf '%s/src/linux-6.12\n' "$NYX_CACHE"; }

source_key() { hash_of "$SOURCE_RECIPE" </dev/null; }

have_source() { [ "$(readlink "$(source_dir)")" = "linux-6.12-$(source_key)" ]; }

# fill_source TMP: device trees and one driver's register headers stay out (half a GB).
fill_source() {
	local tmp=$1 root
	set -e
	root=$(readlink -f "$(chroot_dir trixie)")
	in_root "$root" -- apt-get update
	in_root "$root" "$tmp:/mnt" -- \
		sh -c 'cd /mnt && apt-get download linux-source-6.12'
	dpkg-deb --fsys-tarfile "$tmp"/linux-source-6.12_*.deb |
		tar -xO --wildcards '*/linux-source-6.12.tar.xz' >"$tmp/source.tar.xz"
	tar -C "$tmp" -xf "$tmp/source.tar.xz" --strip-components=1 \
		--exclude='*/arch/*/boot/dts' --exclude='*/drivers/gpu/drm/amd/include/asic_reg'
	rm -f "$tmp"/*.deb "$tmp/source.tar.xz"
}

make_source() {
	local tmp
	have_source && return
	mkdir -p "$NYX_CACHE/src"
	rm -rf "$NYX_CACHE"/src/tmp.*
	tmp=$(mktemp -d "$NYX_CACHE/src/tmp.XXXXXX")
	chmod 755 "$tmp"
	progress "Linux 6.12 source" \
		bash -c '. "$1/common.sh"; . "$1/chroot.sh"; . "$1/kernel-debug.sh"; fill_source "$2"' \
		bash "$QEMU_DIR" "$tmp" || { rm -rf "$tmp"; return 1; }
	publish "$tmp" "$(source_dir)" "$(source_key)"
}

debug_key() {
	{ sed '/^# [A-Z][a-z]/d' "$QEMU_DIR/config/kernel-debug.config"; readlink "$(source_dir)"; } |
		hash_of debug
}

have_debug() { [ "$(readlink "$(kernel_dir debug)")" = "debug-$(debug_key)" ]; }

# stuck FRAGMENT CONFIG: says which lines of the fragment the configuration did not take.
stuck() {
	local line rc=0
	while read -r line; do
		case $line in
		CONFIG_*) grep -qxF "$line" "$2" ;;
		"# CONFIG_"*" is not set") ! grep -q "^${line:2:-11}=" "$2" ;;
		esac || { echo "not taken: $line"; rc=1; }
	done <"$1"
	return $rc
}

# build_debug DIR: runs on the host, compiles in the trixie chroot.
build_debug() {
	local dir=$1 src build=$1/build
	set -e
	src=$(readlink -f "$(source_dir)")
	mkdir -p "$build"
	run() { nice -n 5 "$QEMU_DIR/in-chroot" trixie -- "$@"; }
	if ! [ -e "$build/.configured" ]; then
		run make -s -C "$src" O="$build" tinyconfig
		run sh -c 'cd "$1" && "$2/scripts/kconfig/merge_config.sh" -m -O "$1" .config "$3"' \
			sh "$build" "$src" "$QEMU_DIR/config/kernel-debug.config"
		run make -s -C "$src" O="$build" olddefconfig
		stuck "$QEMU_DIR/config/kernel-debug.config" "$build/.config"
		touch "$build/.configured"
	fi
	run make -C "$build" -j"$(nproc)" bzImage modules
	run make -s -C "$build" INSTALL_MOD_PATH="$dir" INSTALL_MOD_STRIP=1 modules_install
	cp "$build/arch/x86/boot/bzImage" "$dir/vmlinuz"
	cp "$build/.config" "$dir/config"
	cp "$build/include/config/kernel.release" "$dir/release"
	echo "$build" >"$dir/kdir"
	echo trixie >"$dir/chroot"
	# what building modules does not need
	find "$build" -name '*.o' ! -path '*/scripts/*' ! -path '*/tools/*' -delete
	find "$build" -name '*.a' ! -path '*/tools/*' -delete
	rm -f "$build"/vmlinux.* "$build"/.tmp_vmlinux*
}

make_debug() {
	local dir key
	have_debug && return
	key=$(debug_key)
	find "$NYX_CACHE/kernel" -maxdepth 1 -name 'debug-*' ! -name "debug-$key" \
		! -name "$(readlink "$(kernel_dir debug)" || echo none)" -exec rm -rf {} +
	dir=$(kernel_dir debug)-$key
	progress "debug kernel" \
		bash -c '. "$1/common.sh"; . "$1/kernel-debug.sh"; build_debug "$2"' \
		bash "$QEMU_DIR" "$dir" || return 1
	local old
	old=$(readlink "$(kernel_dir debug)" || :)
	ln -sfn "debug-$key" "$(kernel_dir debug)"
	if [ -n "$old" ] && [ "$old" != "debug-$key" ]; then rm -rf "$NYX_CACHE/kernel/${old:?}"; fi
}
