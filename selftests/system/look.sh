# shellcheck shell=bash
# One value at a time of what nyxctl, sysfs and the disk watcher show.
export PATH=/tests/programs:$PATH

SHM=/dev/shm

# device_is DEVICE KEY, domain_is DOMAIN KEY, status_is KEY
device_is() { nyxctl -j device show "$1" | jq -r ".devices[0].$2"; }
domain_is() { nyxctl -j domain show "$1" | jq -r ".domains[0].$2"; }
status_is() { nyxctl -j status | jq -r ".status[0].$1"; }

state_is() { [ "$(device_is "$1" state)" = "$2" ]; }
faults_of() { nyxctl -j fault show "$1" | jq -r '.faults[0].faults'; }
# A process's generic netlink socket has joined groups. (The port's low 22 bits are the process.)
listens() { awk -v pid="$1" '$2 == 16 && $3 % 4194304 == pid && $4 != "00000000" { found = 1 } END { exit !found }' /proc/net/netlink; }
more_faults() { [ "$(faults_of "$1")" -gt "$2" ]; }
# last_fault DEVICE KEY: of the newest record
last_fault() { nyxctl -j fault show "$1" | jq -r ".faults[0].records | max_by(.sequence) | .$2"; }

driver_of() { local d; d=$(readlink "/sys/bus/pci/devices/$1/driver") && echo "${d##*/}"; }

# disk_of SERIAL: the block device of the NVMe disk with that serial number.
disk_of() {
	local c
	for c in /sys/class/nvme/nvme*; do
		[ "$(tr -d ' ' <"$c/serial" 2>/dev/null)" = "$1" ] || continue
		c=$(ls -d "$c"/nvme*n1 2>/dev/null) && echo "/dev/${c##*/}" && return
	done
	return 1
}

# The disk watcher's report: watched KEY.
WATCH=/run/disk-watch
watched() { sed -n "s/^$1=//p" $WATCH; }
read_more_than() { [ "$(watched reads)" -gt "$1" ]; }

# within SECONDS COMMAND...: true as soon as the command is; bounded.
within() {
	local end=$((SECONDS + $1)); shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}
