# shellcheck shell=bash
# TAP for the guest's shell tests: source it, check things, end with tap_done.
#
#	. /tests/lib/tap.sh
#	tap_plan 3                                   (or none: tap_done writes it)
#	check "module is loaded" grep -q nyx_iommu /proc/modules
#	is "one domain" "$(nyxctl -j domain show | jq length)" 1
#	like "names the driver" "$err" 'bound to .*edu'
#	tap_done
#
# A script that ends early prints no plan, or too few results; tap-sum counts both as failures.

TAP_N=0
TAP_FAILED=0
TAP_PLANNED=""

tap_plan() { TAP_PLANNED=$1; echo "TAP version 13"; echo "1..$1"; }

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

ok() { TAP_N=$((TAP_N + 1)); echo "ok $TAP_N - $*"; }

not_ok() {
	TAP_N=$((TAP_N + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_N - $*"
}

# skip REASON NAME...
skip() { local why=$1; shift; TAP_N=$((TAP_N + 1)); echo "ok $TAP_N - $* # SKIP $why"; }

# bail WHY...: nothing after this makes sense.
bail() { echo "Bail out! $*"; exit 1; }

# check NAME COMMAND...: passes when the command succeeds; its output is shown when not.
check() {
	local name=$1 out rc=0; shift
	out=$("$@" 2>&1) || rc=$?
	if [ "$rc" = 0 ]; then ok "$name"; return 0; fi
	not_ok "$name"
	diag "$* (exit $rc)"
	[ -z "$out" ] || diag "$out"
	return 1
}

# refuse NAME COMMAND...: passes when the command fails.
refuse() {
	local name=$1 out; shift
	if out=$("$@" 2>&1); then
		not_ok "$name"
		diag "succeeded: $*"
		[ -z "$out" ] || diag "$out"
		return 1
	fi
	ok "$name"
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then ok "$1"; return 0; fi
	not_ok "$1"
	diag "got:  $2"
	diag "want: $3"
	return 1
}

# like NAME GOT REGEX
like() {
	if [[ "$2" =~ $3 ]]; then ok "$1"; return 0; fi
	not_ok "$1"
	diag "got:        $2"
	diag "should fit: $3"
	return 1
}

# wait_for SECONDS COMMAND...: true as soon as the command is; bounded.
wait_for() {
	local end=$((SECONDS + $1)); shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# tap_done: the plan, if it was not given, and the script's exit status.
tap_done() {
	if [ -z "$TAP_PLANNED" ]; then
		echo "1..$TAP_N"
	elif [ "$TAP_PLANNED" != "$TAP_N" ]; then
		diag "planned $TAP_PLANNED, ran $TAP_N"
		exit 1
	fi
	[ "$TAP_FAILED" = 0 ] || diag "$TAP_FAILED failed"
	exit $((TAP_FAILED != 0))
}
