# shellcheck shell=bash
# Paths, messages, locks and privilege: sourced by every script of the guest harness.

QEMU_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
REPO=$(cd "$QEMU_DIR/../.." && pwd -P)
NYX_CACHE=${NYX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nyx_iommu}
export NYX_CACHE

STOCK_KERNELS="6.1 6.12 7.3"
ALL_KERNELS="$STOCK_KERNELS debug"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "error: $*"; exit 1; }

# need_root ARGS...: run this script again through sudo when not root. The cache stays
# the caller's own.
need_root() {
	[ "$(id -u)" = 0 ] && return
	command -v sudo >/dev/null || die "needs root, and there is no sudo"
	local v vars=()
	for v in $(compgen -e); do
		case $v in NYX_*|CI|KDIR|IOMMU|*_proxy) vars+=("$v=${!v}") ;; esac
	done
	exec sudo env "${vars[@]}" "$0" "$@"
}

# hash_of WORDS...: a short content key of the words and of standard input.
hash_of() { { printf '%s\n' "$@"; cat; } | sha256sum | cut -c1-12; }

# with_lock NAME COMMAND...: one holder at a time on this cache; says when it waits.
with_lock() {
	local name=$1 fd rc=0; shift
	mkdir -p "$NYX_CACHE/lock"
	exec {fd}>"$NYX_CACHE/lock/$name"
	if ! flock -n "$fd"; then
		say "waiting for another run that is making $name"
		flock -w 3600 "$fd" || die "gave up after an hour: $NYX_CACHE/lock/$name is held"
	fi
	"$@" {fd}>&- || rc=$?
	exec {fd}>&-
	return $rc
}

# progress WHAT COMMAND...: output goes to a log; a line now and then says it is alive,
# and the log's end is shown if it fails.
progress() {
	local what=$1 log pid rc=0 start=$SECONDS next=20; shift
	mkdir -p "$NYX_CACHE/log"
	log=$NYX_CACHE/log/${what//[^a-zA-Z0-9.]/-}.log
	say "$what ..."
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.5
		if ((SECONDS - start >= next)); then
			next=$((next + 30))
			say "$what: $((SECONDS - start)) s, $(tail -n1 "$log" | tr -cd '[:print:]' | cut -c1-90)"
		fi
	done
	wait "$pid" || rc=$?
	if ((rc)); then
		tail -n 25 "$log" >&2
		say "error: $what failed ($rc); all of it in $log"
	fi
	return $rc
}

# propagation: of a mount namespace. In a plain chroot / is no mount and cannot be made
# private; chroot-enter has a way round that.
propagation() {
	if unshare --mount --propagation private true 2>/dev/null; then echo private; else echo unchanged; fi
}

# in_root ROOT [SRC:DST]... -- COMMAND...: in a chroot, with the mounts that programs need, in
# a namespace of its own.
in_root() {
	local root=$1; shift
	INITRD=No DEBIAN_FRONTEND=noninteractive unshare --mount --propagation "$(propagation)" \
		"$QEMU_DIR/chroot-enter" "$root" / "$@"
}

# chroot_dir SUITE, kernel_dir LABEL, source_dir: where a finished component is. The debug
# kernel's configuration is the checkout's own: two checkouts at once may each have theirs.
chroot_dir() { printf '%s/chroot/%s\n' "$NYX_CACHE" "$1"; }
kernel_dir() {
	if [ "$1" = debug ]; then set -- "debug-$(config_key debug)"; fi
	printf '%s/kernel/%s\n' "$NYX_CACHE" "$1"
}
source_dir() { printf '%s/src/linux-6.12\n' "$NYX_CACHE"; }

# kernel_id LABEL: the name of its folder, which changes with what is in it.
kernel_id() { basename "$(readlink -f "$(kernel_dir "$1")")"; }

# config_key NAME: of a kernel of our own.
config_key() {
	{ sed '/^# [A-Z][a-z]/d' "$QEMU_DIR/config/kernel-$1.config"; readlink "$(source_dir)" || :; } |
		hash_of "$1"
}

# kernel_suite LABEL: the chroot that holds a kernel's headers and compiler.
kernel_suite() { [ "$1" = 6.1 ] && echo bookworm || echo trixie; }

known_kernel() {
	local k
	for k in $ALL_KERNELS; do [ "$k" = "$1" ] && return; done
	die "no kernel '$1': one of $ALL_KERNELS"
}
