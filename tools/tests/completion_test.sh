#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The bash completion, against the real nyxctl's help and made-up devices and domains: every
# object, command and keyword of the command tables, and values where they belong.
set -u
here=$(cd "$(dirname "$0")" && pwd)
real=$here/../nyxctl/nyxctl
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

# What answers in the place of a running module.
cat >"$dir/nyxctl" <<-END
	#!/bin/bash
	case "\$*" in
	"-j device show") echo '{"devices":[{"device":"0000:03:00.0","state":"host"},{"device":"0000:04:00.0"}]}' ;;
	"-j domain show") echo '{"domains":[{"id":1,"name":"guest"},{"id":20,"name":"vm"}]}' ;;
	"-j unit show") echo '{"units":[{"id":0,"name":"dmar0"}]}' ;;
	"-j map show vm") echo '{"mappings":[{"iova":"0x100000","last":"0x1fffff"},{"iova":"0x400000"}]}' ;;
	*) exec "$real" "\$@" ;;
	esac
END
chmod +x "$dir/nyxctl"
PATH=$dir:$PATH
. "$here/../completion/nyxctl"

# complete_line LINE: what is offered behind it, in $got, on one line
complete_line() {
	COMP_LINE=$1
	COMP_POINT=${#1}
	COMP_WORDS=(nyxctl)
	_nyxctl 2>"$dir/errors"
	got="${COMPREPLY[*]}"
}

result() {
	n=$((n + 1))
	if [ "$2" ]; then echo "ok $n - $1"; return; fi
	failed=$((failed + 1))
	printf 'not ok %d - %s\n# offered: %s\n' "$n" "$1" "$got"
	sed 's/^/# /' "$dir/errors"
}

# offers NAME LINE WANT: exactly these
offers() {
	complete_line "$2"
	result "$1" "$([ "$got" = "$3" ] && [ ! -s "$dir/errors" ] && echo 1)"
}

# has NAME LINE WORD: among others
has() {
	complete_line "$2"
	result "$1" "$(case " $got " in *" $3 "*) echo 1 ;; esac)"
}

# Everything in the command tables, as help tells it.
objects=$("$real" help | sed -nE '/^Objects/,/^$/s/^  ([a-z]+) .*/\1/p')
for object in $objects; do
	has "object $object" "nyxctl " "$object"
	while read -r command usage; do
		has "$object $command" "nyxctl $object " "$command"
		# capitals at the beginning are values that come before any keyword
		line="nyxctl $object $command "
		for word in $usage; do
			[[ $word =~ ^[A-Z]+$ ]] || break
			line="${line}1 "
		done
		for word in $(tr -d '[]' <<<"$usage"); do
			[[ $word =~ ^[a-z]+$ ]] && has "$object $command: $word" "$line" "$word"
		done
	done < <("$real" "$object" help | sed -nE "s/^  nyxctl $object ([a-z]+)/\1/p")
done

offers "an object begun" "nyxctl sta" status
offers "options" "nyxctl --j" --json
has "short options" "nyxctl -" -s
offers "an object behind an option" "nyxctl -j sta" status
offers "a command begun" "nyxctl device as" assign
offers "an abbreviated object's commands" "nyxctl dev as" assign
offers "devices" "nyxctl device assign " "0000:03:00.0 0000:04:00.0"
offers "an only command need not be named" "nyxctl why 0" "0000:03:00.0 0000:04:00.0"
offers "but may be" "nyxctl why show 0" "0000:03:00.0 0000:04:00.0"
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
offers "a device begun, behind its colons" "nyxctl device assign 0000:03:" "00.0"
offers "keywords after the device" "nyxctl device assign 0000:03:00.0 d" domain
offers "domains, by id and name" "nyxctl device assign 0000:03:00.0 domain " "1 20 guest vm"
offers "a domain begun" "nyxctl device assign 0000:03:00.0 domain g" guest
offers "a keyword is offered once" "nyxctl device assign 0000:03:00.0 domain vm " "unbind allow-reserved ats"
offers "units" "nyxctl unit show " dmar0
offers "a domain in the first place" "nyxctl map show " "1 20 guest vm"
offers "addresses that are mapped" "nyxctl map del vm 0x1" 0x100000
offers "none for a new mapping" "nyxctl map add vm " ""
offers "rights" "nyxctl map add vm 0x1000 file x size 1M prot " "r w rw"
: >"$dir/a-file"
offers "files" "nyxctl map add vm 0x1000 file $dir/a-" "$dir/a-file"
offers "a batch file" "nyxctl -b $dir/a-" "$dir/a-file"
offers "a firmware table" "nyxctl acpi show $dir/a-" "$dir/a-file"
offers "nothing of an unknown object" "nyxctl frob show x" ""

echo "1..$n"
[ $failed = 0 ]
