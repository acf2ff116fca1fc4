# shellcheck shell=bash
# trace-cmd for the guest, laid over the base on demand (vm --trace-cmd): Debian's packages, by
# themselves, so that no chroot has to be made anew for them.

TRACE_CMD_RECIPE=1
TRACE_CMD_PACKAGES="trace-cmd libtraceevent1 libtraceevent1-plugin libtracefs1"
# Of the trixie chroot's own.
TRACE_CMD_LIBRARIES="libzstd.so.1 libz.so.1"

trace_cmd_initrd() {
	printf '%s/trace-cmd/%s.cpio\n' "$NYX_CACHE" "$({ readlink "$(chroot_dir trixie)" || :
		echo "$TRACE_CMD_PACKAGES $TRACE_CMD_LIBRARIES"; } | hash_of "$TRACE_CMD_RECIPE")"
}

have_trace_cmd() { [ -e "$(trace_cmd_initrd)" ]; }

# fill_trace_cmd TMP OUT
fill_trace_cmd() {
	local tmp=$1 out=$2 root deb lib
	set -e
	root=$(readlink -f "$(chroot_dir trixie)")
	mkdir -p "$tmp/debs" "$tmp/root/usr/lib/x86_64-linux-gnu"
	chmod -R a+rwx "$tmp"
	in_root "$root" -- apt-get update
	# shellcheck disable=SC2086
	in_root "$root" "$tmp/debs:/mnt" -- sh -c 'cd /mnt && apt-get download "$@"' sh $TRACE_CMD_PACKAGES
	for deb in "$tmp"/debs/*.deb; do dpkg -x "$deb" "$tmp/root"; done
	rm -rf "$tmp/root/usr/share" "$tmp/root/etc"
	for lib in $TRACE_CMD_LIBRARIES; do
		cp -L "$root/usr/lib/x86_64-linux-gnu/$lib" "$tmp/root/usr/lib/x86_64-linux-gnu/"
	done
	chmod 755 "$tmp/root"
	(cd "$tmp/root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >"$out.tmp"
	mv "$out.tmp" "$out"
}

make_trace_cmd() {
	local tmp rc=0
	have_trace_cmd && return
	rm -rf "$NYX_CACHE/trace-cmd"
	mkdir -p "$NYX_CACHE/trace-cmd"
	tmp=$(mktemp -d "$NYX_CACHE/trace-cmd/tmp.XXXXXX")
	progress "trace-cmd for guests" \
		bash -c '. "$1/common.sh"; . "$1/trace-cmd.sh"; fill_trace_cmd "$2" "$(trace_cmd_initrd)"' \
		bash "$QEMU_DIR" "$tmp" || rc=1
	rm -rf "$tmp"
	return $rc
}
