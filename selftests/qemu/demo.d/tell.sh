# shellcheck shell=bash
# Telling a story whose every claim is checked: steps, commands with what they printed, verdicts.
#
# The first claim that does not hold ends it, with what was expected and what was seen.

STEP=0
OUT=""
RC=0

if [ -n "${COLOUR:-}" ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
	BOLD="" DIM="" GREEN="" RED="" PLAIN=""
fi

# step TITLE [TEXT]...
step() {
	STEP=$((STEP + 1))
	printf '\n%s%d. %s%s\n' "$BOLD" "$STEP" "$1" "$PLAIN"
	shift
	[ $# = 0 ] || tell "$*"
}

tell() { printf '%s\n' "$*" | fold -s -w 88 | sed 's/^/   /; s/ *$//'; }

# do_it COMMAND...: shows the command and what it printed; the rest is in OUT and RC.
# Tables are cut at the right, and marked so; refusals are shown whole.
do_it() {
	local fit=(sed -E 's/^(.{107}).{4,}$/\1.../')
	printf '   %s$ %s%s\n' "$DIM" "$*" "$PLAIN"
	RC=0
	OUT=$("$@" 2>&1) || RC=$?
	[ "$RC" = 0 ] || fit=(fold -s -w 88)
	[ -z "$OUT" ] || printf '%s\n' "$OUT" | head -n "${LINES_SHOWN:-12}" | "${fit[@]}" | sed 's/^/     /'
}

yes_() { printf '   %s%s%s %s\n' "$GREEN" "$YES" "$PLAIN" "$*"; }

# no_ CLAIM EXPECTED SEEN: the end.
no_() {
	printf '   %s%s%s %s\n' "$RED" "$NO" "$PLAIN" "$1"
	printf '       expected: %s\n       seen:     %s\n' "$2" "$3"
	printf '\n%sThe demo stops here: step %d did not do what it claims.%s\n' "$RED" "$STEP" "$PLAIN"
	exit 1
}

# done_well CLAIM: the last command succeeded.
done_well() { [ "$RC" = 0 ] || no_ "$1" "the command succeeds" "exit status $RC: $OUT"; yes_ "$1"; }

# refused CLAIM REGEX: the last command was refused with these words.
refused() {
	[ "$RC" != 0 ] || no_ "$1" "a refusal" "the command succeeded"
	[[ "$OUT" =~ $2 ]] || no_ "$1" "a refusal that says '$2'" "$OUT"
	yes_ "$1"
}

# same CLAIM WANT GOT
same() { [ "$2" = "$3" ] || no_ "$1" "$2" "${3:-nothing}"; yes_ "$1"; }

# at_least CLAIM WANT GOT
at_least() { [ "${3:-0}" -ge "$2" ] || no_ "$1" "$2 or more" "${3:-nothing}"; yes_ "$1"; }

# holds CLAIM EXPECTED COMMAND...: the command's output is what was seen when it fails.
holds() {
	local claim=$1 expected=$2 seen; shift 2
	seen=$("$@" 2>&1) || no_ "$claim" "$expected" "${seen:-not so}"
	yes_ "$claim"
}
