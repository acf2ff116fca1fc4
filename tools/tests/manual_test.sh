#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The man page against the tool's own help: every object, command, usage and option.
set -u
here=$(cd "$(dirname "$0")" && pwd)
nyxctl=$here/../nyxctl/nyxctl
page=$here/../man/nyxctl.8
n=0 failed=0

result() {
	n=$((n + 1))
	if [ "$2" ]; then echo "ok $n - $1"; return; fi
	failed=$((failed + 1))
	printf 'not ok %d - %s\n# the tool says: %s\n' "$n" "$1" "$3"
}

# The words of a usage, brackets and all spaces aside; of the page without its macros.
plain() { sed -E 's/[][]//g; s/ *\| */|/g; s/  +/ /g; s/ +$//; s/^ +//'; }
documented=$(sed -nE 's/^\.It Ic //p' "$page" | sed -E 's/(^| )(Ic|Cm|Ar|Op|Oo|Oc|Ns|No)( (Ic|Cm|Ar|Op|Oo|Oc|Ns|No))*( |$)/ /g' |
	sed -E 's/(^| )(Ic|Cm|Ar|Op|Oo|Oc|Ns|No)( |$)/ /g' | plain)
actual=""

while read -r object about; do
	result "object $object" "$(grep -qxF ".Ss $object: $about" "$page" && echo 1)" "$object: $about"
	while read -r usage; do
		usage=$(plain <<<"$usage")
		actual+=$usage$'\n'
		result "$usage" "$(grep -qxF "$usage" <<<"$documented" && echo 1)" "$usage"
	done < <("$nyxctl" "$object" help | sed -nE 's/^  nyxctl //p')
done < <("$nyxctl" help | sed -nE '/^Objects/,/^$/s/^  ([a-z]+) +/\1 /p')

while read -r usage; do
	result "is still there: $usage" "$(grep -qxF "$usage" <<<"$actual" && echo 1)" "nothing of the kind"
done <<<"$documented"

while read -r short long; do
	result "option $short" "$(grep -qE "^\.It Fl ${short#-} , Fl Fl ${long#--}( |$)" "$page" && echo 1)" \
		"$short, $long"
done < <("$nyxctl" help | sed -nE 's/^  (-[a-zA-Z]), (--[a-z]+).*/\1 \2/p')

echo "1..$n"
[ $failed = 0 ]
