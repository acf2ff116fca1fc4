# shellcheck shell=bash
# What the tool's guest tests share: run nyxctl, look at its status, text and JSON.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

# run ARGS...: nyxctl; its status in $rc, what it said in $out (both streams).
run() { rc=0; out=$(nyxctl "$@" 2>&1) || rc=$?; }

# done_with NAME REGEX ARGS...: exit 0, and it says so.
done_with() {
	local name=$1 re=$2; shift 2
	run "$@"
	if [ "$rc" = 0 ] && [[ "$out" =~ $re ]]; then ok "$name"; return; fi
	not_ok "$name"
	diag "nyxctl $* (exit $rc), should fit: $re" "$out"
}

# refused NAME REGEX ARGS...: exit 2 with a text; misused: exit 1.
failing() {
	local want=$1 name=$2 re=$3; shift 3
	run "$@"
	if [ "$rc" = "$want" ] && [[ "$out" =~ $re ]]; then ok "$name"; return; fi
	not_ok "$name"
	diag "nyxctl $* (exit $rc, want $want), should fit: $re" "$out"
}
refused() { failing 2 "$@"; }
misused() { failing 1 "$@"; }

# json NAME FILTER WANT ARGS...: valid JSON in which FILTER gives WANT.
json() {
	local name=$1 filter=$2 want=$3 got; shift 3
	rc=0; out=$(nyxctl -j "$@" 2>/dev/null) || rc=$?
	got=$(jq -r "$filter" <<<"$out" 2>&1)
	if [ "$got" = "$want" ]; then ok "$name"; return; fi
	not_ok "$name"
	diag "nyxctl -j $* | jq '$filter'" "got:  $got" "want: $want" "$out"
}
