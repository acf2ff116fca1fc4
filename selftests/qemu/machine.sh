# shellcheck shell=bash
# QEMU's command line: the machine, its IOMMU and the devices that tests use.
#
# Fixed places: edu 00:04.0 and 00:05.0, NVMe 00:06.0, e1000e 00:07.0, root ports rp1 00:08.0
# and rp2 00:09.0 (empty, for hot-plug); AMD's IOMMU is 00:01.0.

# iommu_device KIND OVERRIDES: options given twice take the later value.
iommu_device() {
	local kind=$1 pair key out
	local -A opt
	local -a keys
	case $kind in
	vtd) out=intel-iommu keys=(intremap=on caching-mode=on aw-bits=48) ;;
	amdvi) out=amd-iommu keys=(intremap=on dma-remap=on) ;;
	esac
	for pair in "${keys[@]}" ${2//,/ }; do opt[${pair%%=*}]=${pair#*=}; done
	for key in $(printf '%s\n' "${!opt[@]}" | sort); do
		[ -z "${opt[$key]}" ] || out=$out,$key=${opt[$key]}
	done
	echo "$out"
}

# kernel_words: the command line that leaves the units to us.
kernel_words() {
	local words="console=ttyS0,115200 panic=-1 oops=panic printk.time=1"
	if [ "$kernel" = debug ]; then words="$words kasan.fault=panic"; fi
	if [ -z "$in_tree" ]; then
		case $iommu in
		vtd) words="$words intel_iommu=off intremap=off" ;;
		amdvi) words="$words amd_iommu=off" ;;
		esac
	fi
	echo "$words $append"
}

# nvme_image FILE: 16 MiB of random data, made once; its hash lies beside it.
nvme_image() {
	[ -e "$1.sha256" ] && return
	with_lock nvme sh -c '[ -e "$1.sha256" ] || { head -c 16M /dev/urandom >"$1"
		sha256sum <"$1" | cut -d" " -f1 >"$1.tmp" && mv "$1.tmp" "$1.sha256"; }' sh "$1"
}

serial() { qemu+=(-chardev "$3" -device "isa-serial,chardev=$4,index=$1,irq=$2"); }

# machine_args: fills the array qemu.
machine_args() {
	local d
	qemu=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot
		-M "q35$([ "$iommu" = vtd ] && echo ,kernel-irqchip=split)" -cpu "$cpu" -m "$mem"
		-kernel "$(readlink -f "$(kernel_dir "$kernel")")/vmlinuz" -initrd "$run/initrd"
		-append "$(kernel_words)" -qmp "unix:$run/qmp,server=on,wait=off")
	if [ -n "$icount" ]; then
		qemu+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -smp 1)
	else
		qemu+=(-accel tcg -smp "$smp")
	fi
	serial 0 4 "file,id=con,path=$run/console" con
	if [ -n "$shell" ]; then
		serial 1 3 "stdio,id=out,signal=off" out
	else
		serial 1 3 "file,id=out,path=$run/out" out
	fi
	serial 2 5 "socket,id=hmp,path=$run/hmp,server=on,wait=off" hmp
	serial 3 7 "file,id=status,path=$run/status" status
	if [ "$iommu" != none ]; then qemu+=(-device "$(iommu_device "$iommu" "$iommu_opts")"); fi
	if [ -z "$bare" ]; then
		qemu+=(-device edu,id=edu0,addr=4.0,dma_mask=0xffffffff
			-device edu,id=edu1,addr=5.0,dma_mask=0xffffffff
			-drive "file=$NYX_CACHE/nvme.img,if=none,id=n0,format=raw,snapshot=on"
			-device nvme,id=nvme0,addr=6.0,drive=n0,serial=nyx0
			-netdev user,id=net0,restrict=on -device e1000e,id=e1000e0,addr=7.0,netdev=net0
			-device pcie-root-port,id=rp1,addr=8.0,chassis=1,slot=1
			-device pcie-root-port,id=rp2,addr=9.0,chassis=2,slot=2)
	fi
	if [ -n "$disk" ]; then
		qemu+=(-drive "file=$run/disk.img,if=none,id=n1,format=raw"
			-device nvme,id=nvme1,addr=a.0,drive=n1,serial=nyx1)
	fi
	if [ -n "$image" ]; then
		# past the IOMMU: no test's devices
		qemu+=(-drive "file=$(guest_image),if=none,id=image,format=raw,snapshot=on"
			-device virtio-blk-pci,drive=image,serial=image,addr=1d.0)
	fi
	for d in "${devices[@]}"; do qemu+=(-device "$d"); done
	qemu+=("${qemu_args[@]}")
}
