# shellcheck shell=bash
# The Linux source, and what is built from it: the debug kernel, and a small one for guests of
# guests. All in the cache.
#
# The build tree stays, so that modules can be built against it; its paths are absolute, so
# it is made where it will live, and marked when complete.

SOURCE_RECIPE=2

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

have_debug() { [ -e "$(kernel_dir debug)/complete" ]; }

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

compile() { nice -n 5 "$QEMU_DIR/in-chroot" trixie -- "$@"; }

# configure NAME BUILD: kernel-NAME.config over the smallest that there is.
configure() {
	local src fragment=$QEMU_DIR/config/kernel-$1.config build=$2
	src=$(readlink -f "$(source_dir)")
	if [ -e "$build/.configured" ]; then return; fi
	mkdir -p "$build"
	compile make -s -C "$src" O="$build" tinyconfig
	compile sh -c 'cd "$1" && "$2/scripts/kconfig/merge_config.sh" -m -O "$1" .config "$3"' \
		sh "$build" "$src" "$fragment"
	compile make -s -C "$src" O="$build" olddefconfig
	stuck "$fragment" "$build/.config"
	touch "$build/.configured"
}

# build_debug DIR: runs on the host, compiles in the trixie chroot.
build_debug() {
	local dir=$1 build=$1/build
	set -e
	configure debug "$build"
	compile make -C "$build" -j"$(nproc)" bzImage modules
	compile make -s -C "$build" INSTALL_MOD_PATH="$dir" INSTALL_MOD_STRIP=1 modules_install
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

# make_debug: the newest of the others stays, for a checkout with another configuration.
make_debug() {
	local dir old
	have_debug && return
	dir=$(kernel_dir debug)
	mkdir -p "$dir"
	mapfile -t old < <(find "$NYX_CACHE/kernel" -maxdepth 1 -type d -name 'debug-*' ! -path "$dir" \
		-printf '%T@ %p\n' | sort -rn | sed '1d; s/^[^ ]* //')
	[ ${#old[@]} = 0 ] || rm -rf "${old[@]}"
	progress "debug kernel" \
		bash -c '. "$1/common.sh"; . "$1/kernel-debug.sh"; build_debug "$2"' \
		bash "$QEMU_DIR" "$dir" || return 1
	touch "$dir/complete"
}

# The small kernel is one file, which QEMU boots as it is.
nested_kernel() { printf '%s/kernel/nested-%s/vmlinux\n' "$NYX_CACHE" "$(config_key nested)"; }

have_nested() { [ -e "$(nested_kernel)" ]; }

build_nested() {
	set -e
	configure nested "$1/build"
	compile make -C "$1/build" -j"$(nproc)" vmlinux
	compile strip -o "$1/new" "$1/build/vmlinux"
	rm -rf "$1/build"
	mv "$1/new" "$1/vmlinux"
}

make_nested() {
	local dir
	have_nested && return
	dir=$(dirname "$(nested_kernel)")
	progress "kernel for guests of guests" \
		bash -c '. "$1/common.sh"; . "$1/kernel-debug.sh"; build_nested "$2"' bash "$QEMU_DIR" "$dir"
}
