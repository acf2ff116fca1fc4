#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nyxctl acpi show on tables made by hand, good and bad.
set -u
nyxctl=$(realpath "$(dirname "$0")/../nyxctl/nyxctl")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
file=$dir/table
n=0 failed=0

# bytes HEX...: as they are; blanks are for the reader.
bytes() { printf '%b' "$(tr -d ' ' <<<"$*" | sed 's/../\\x&/g')"; }
le() { printf '%0*x' $(($2 * 2)) "$1" | fold -w2 | tac | tr -d '\n'; }

# table SIGNATURE OWN STRUCTURES: header, the table's own 12 bytes, the rest; checksum right.
table() {
	local body=${2// /}${3// /} sum length
	length=$((36 + ${#body} / 2))
	{
		printf %s "$1"
		bytes "$(le $length 4) 01 00"
		printf 'NYX   BY HAND '
		bytes "01000000"
		printf 'HAND'
		bytes "02000000" "$body"
	} >"$file"
	sum=$(od -An -v -tu1 "$file" | tr -s ' \n' '++' | sed 's/^+*//; s/+*$//')
	bytes "$(printf '%02x' $(((256 - (sum) % 256) % 256)))" |
		dd of="$file" bs=1 seek=9 conv=notrunc status=none
}
poke() { bytes "$2" | dd of="$file" bs=1 seek="$1" conv=notrunc status=none; }

# expect NAME STATUS REGEX...: of the text, both streams
expect() {
	local name=$1 status=$2 out rc=0 good=1 re
	shift 2
	out=$("$nyxctl" acpi show "$file" 2>&1) || rc=$?
	[ "$rc" = "$status" ] || good=
	for re; do grep -Eq -- "$re" <<<"$out" || good=; done
	result "$name" "$good" "status $rc
$out"
}

# json NAME FILTER WANT
json() {
	local got
	got=$("$nyxctl" -j acpi show "$file" | jq -r "$2" 2>&1)
	result "$1" "$([ "$got" = "$3" ] && echo 1)" "got $got, want $3"
}

result() {
	n=$((n + 1))
	if [ "$2" ]; then echo "ok $n - $1"; return; fi
	failed=$((failed + 1))
	echo "not ok $n - $1"
	sed 's/^/# /' <<<"$3"
}

dmar_own="26 01 00000000000000000000"	# 39 bits, INTR_REMAP
drhd="0000 1800 01 00 0000 0010d9fe00000000  03 08 0000 02 f0 1f00"
rmrr="0100 2000 0000 0000 00000f0000000000 ffff0f0000000000  01 08 0000 00 00 1d00"
atsr="0200 1800 00 00 0000  02 08 0000 00 00 0100  02 08 0000 00 00 0101"
rhsa="0300 1400 00000000 0010d9fe00000000 01000000"
andd="0400 1700 000000 07 5c5f53422e504349302e49324330 00"
satc="0500 1000 01 00 0000  01 08 0000 00 00 0200"
sidp="0600 1000 0000 0000  01 08 01 00 00 00 0200"
new="0900 0800 deadbeef"

table DMAR "$dmar_own" "$drhd$rmrr$atsr$rhsa$andd$satc$sidp$new"
expect "every kind of structure of a DMAR" 0 \
	'^0x000 +48 DMAR .*OEM NYX, OEM table BY HAND.* width 39 bits, flags 0x1 \(INTR_REMAP\)' \
	'^0x030 +24 DRHD: unit +flags 0x1 \(INCLUDE_PCI_ALL\), size 4K, segment 0, registers 0xfed91000' \
	'^0x040 +8   IO-APIC +flags 0x0, id 2, start bus 0xf0, path 1f.0' \
	'^0x048 +32 RMRR: .* base 0xf0000, last 0xfffff' \
	'^0x068 +24 ATSR: ' '^0x078 +8   PCI bridge and all below +.* path 01.1' \
	'^0x080 +20 RHSA: .* registers 0xfed91000, proximity domain 1' \
	'^0x094 +23 ANDD: .* ACPI device 7, name \\_SB.PCI0.I2C0' \
	'^0x0ab +16 SATC: .* flags 0x1 \(ATC_REQUIRED\)' '^0x0bb +16 SIDP: ' \
	'^0x0cb +8 unknown kind +bytes 09 00 08 00 de ad be ef' \
	'^0x30 +0 0xfed91000 +- +1 IO-APIC 2 f0:1f.0, all others' \
	'^0x48 +0 0xf0000 +0xfffff +read write +00:1d.0' \
	'^0x68 +0 root ports with ATS +all below 00:01.0, all below 00:01.1' \
	'^0xab +0 integrated, with ATS, which they need +00:02.0' \
	'^0xbb +0 integrated, with properties +00:02.0 properties 0x1' \
	'^0xcb +structure of an unknown kind'
json "in JSON, entries inside their structures" \
	'.acpi[0].structures[1] | [.offset, .kind, .entries[0].offset, .entries[0].kind] | map(tostring) | join(" ")' \
	"48 DRHD: unit 64 IO-APIC"
json "a field has place, length, value and text" \
	'.acpi[0].structures[1].fields[] | select(.name == "registers") | [.offset, .length, .value, .text] | map(tostring) | join(" ")' \
	"56 8 0xfed91000 0xfed91000"
json "and what the driver takes" \
	'.acpi[0].driver | [.address_width, .units[0].register_base, .reserved[0].last] | map(tostring) | join(" ")' \
	"39 0xfed91000 0xfffff"

ivrs_own="43302000 0000000000000000"
ivhd="11 b0 5a00 0200 4000 000000fe00000000 0000 0000 00020400 fa4a25a2ef776524 0000000000000000"
entries="03 0800 00  04 feff 00  43 00ff 00 00 a500 00  04 ffff 00  48 0000 d7 21 a000 01"
hid="f0 a500 40 414d444930303230 0000000000000000 00 00"
ivmd="22 08 2000 0003 ff03 0000 000000000000 00f0327100000000 0060020000000000"
table IVRS "$ivrs_own" "$ivhd${entries}$hid${ivmd}"
expect "an IVRS" 0 \
	'^0x000 +48 IVRS .*IVinfo 0x203043 \(physical 48 bits, virtual 64 bits, EFRSup' \
	'^0x030 +90 IVHD 11h: unit +flags 0xb0 \(IotlbSup Coherent PPRSup\), unit 00:00.2, .*EFR 0x246577efa2254afa' \
	'^0x058 +4   range: first device +device 00:01.0' \
	'^0x060 +8   range with alias: first device device ff:00.0, data 0x0, seen as 00:14.5' \
	'^0x06c +8   special device +.*SysMgt1 .* id 33, device 00:14.0, variety IO-APIC' \
	'^0x074 +22   ACPI device .* HID AMDI0020, UID format 0' \
	'IVMD 22h: .*flags 0x8 \(exclusion\).* first device 03:00.0, last device 03:1f.7' \
	'0xfe000000 +0000:00:00.2 +- 00:01.0 to ff:1f.6, ff:00.0 to ff:1f.7 as 00:14.5, IO-APIC 33 00:14.0, ACPI device AMDI0020'

# What is refused: shown as far as it goes, then where and why.
table DMAR "$dmar_own" "$drhd 0100 0000"
expect "a structure of length 0" 2 '^0x030 .*DRHD' '^0x048 +4 cannot be decoded +bytes 01 00 00 00' \
	'^nyxctl: .*table: the driver refuses this table, at 0x048: structure of length 0'
json "the refusal in JSON" \
	'[.acpi[0].refused.offset, .acpi[0].refused.reason, .error.kind, .error.errno] | map(tostring) | join(" ")' \
	"72 structure of length 0 refused EINVAL"
json "with what could be read" '.acpi[0].structures | map(.kind) | join(",")' \
	"DMAR,DRHD: unit,cannot be decoded"
table DMAR "$dmar_own" "0000 1400 01 00 0000 0010d9fe00000000  03 08 0000"
expect "an entry that is cut off" 2 '^0x040 +4   cannot be decoded +bytes 03 08 00 00' 'at 0x040: '
table DMAR "$dmar_own" "0000 0800 01 00 0000"
expect "a structure without its fields" 2 '^0x030 +8 DRHD: unit +flags 0x1 .*, size 4K, segment 0$' \
	'shorter than its kind requires'
table IVRS "$ivrs_own" "11 00 2c00 0200 4000 000000fe00000000 0000 0000 00000000 0000000000000000 0000000000000000 ff000000"
expect "an entry of unknown length" 2 '^0x058 +4   cannot be decoded' 'whose length cannot be known'
table DMAR "$dmar_own" "$drhd"
poke 60 ff
expect "a wrong checksum" 2 '^0x030 .*DRHD' 'at 0x009: checksum is wrong'
table DMAR "$dmar_own" "$drhd"
truncate -s 60 "$file"
expect "a table that is cut off" 2 '^0x030 +12 cannot be decoded' 'is cut off'
table DMAR "$dmar_own" ""
expect "a table without units" 2 '^0x000 +48 DMAR' 'no unit \(DRHD\)'
truncate -s 20 "$file"
expect "half a header" 2 '^0x000 +20 DMAR +length 48, revision 1' 'shorter than the table.s header'
printf 'APIC and more' >"$file"
expect "another table" 2 'neither a DMAR nor an IVRS table: it begins with "APIC"'
json "in JSON" '.error.message | test("begins with .APIC")' true
: >"$file"
expect "an empty file" 2 'begins with ""'
rm "$file"
expect "no file" 2 'No such file'
mkdir "$file"
expect "a folder" 2 'directory'

echo "1..$n"
[ $failed = 0 ]
