# shellcheck shell=bash
# The part of the guest's file system that changes from run to run: init, the command, the
# module, nyxctl, the tests and the caller's files.

pack() { (cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc); }

# command_text WORD...: the script that the guest runs.
command_text() {
	[ $# -gt 0 ] || return 0
	local first=$1 real
	if [ $# = 1 ] && [[ "$first" = *[[:space:]]* ]]; then
		printf '%s\n' "$first"
		return
	fi
	real=$(readlink -f "$first" 2>/dev/null || :)
	if [[ "$first" = */* ]] && [ -f "$real" ]; then
		case $real in
		"$REPO"/selftests/*) first=/tests/${real#"$REPO"/selftests/} ;;
		/files/*|/tests/*) ;;
		*) mkdir -p "$run/overlay/files"; cp "$real" "$run/overlay/files/"; first=/files/${real##*/} ;;
		esac
	fi
	shift
	printf 'exec'
	printf ' %q' "$first" "$@"
	echo
}

# make_overlay DIR COMMAND
make_overlay() {
	local dir=$1 f src dst
	mkdir -p "$dir/nyx/bin" "$dir/files" "$dir/tests"
	chmod 755 "$dir"
	cp "$QEMU_DIR/guest/init" "$dir/init"
	cp "$QEMU_DIR"/guest/* "$dir/nyx/bin/"
	rm "$dir/nyx/bin/init"
	(cd "$REPO/selftests" && find . -type f ! -path './qemu/*' ! -name '*.o' -print0 |
		cpio --quiet -0 -pdm "$dir/tests")
	for f in $modules; do cp "$f" "$dir/nyx/"; done
	if [ -n "$tools" ] && [ -d "$tools" ]; then
		find "$tools/tools" -type f -perm -100 -name nyxctl -exec cp {} "$dir/nyx/bin/" \;
		# where make install puts them
		mkdir -p "$dir"/usr/share/{man/man8,bash-completion/completions}
		cp "$tools/tools/man/nyxctl.8" "$dir/usr/share/man/man8/"
		cp "$tools/tools/completion/nyxctl" "$dir/usr/share/bash-completion/completions/"
		if [ -d "$tools/selftests/programs" ]; then
			mkdir -p "$dir/tests/programs"
			find "$tools/selftests/programs" -type f -perm -100 -exec cp {} "$dir/tests/programs/" \;
		fi
	fi
	for f in "${files[@]}"; do
		src=${f%%:*} dst=/files/$(basename "${f%%:*}")
		[[ "$f" != *:* ]] || dst=${f#*:}
		mkdir -p "$dir${dst%/*}"
		cp -RL "$src" "$dir$dst"
	done
	if [ -n "$nested" ]; then
		mkdir -p "$dir/nested"
		cp "$(nested_kernel)" "$dir/nested/"
		# its recipes are run
		cp "$REPO/Documentation/vfio.rst" "$dir/tests/"
	fi
	printf '%s\n' "$2" >"$dir/nyx/command"
	run_env >"$dir/nyx/run.env"
}

# run_env: what init and the tests know about this run.
run_env() {
	local drivers="nvme e1000e" v
	for v in NYX_IOMMU="$iommu" NYX_KERNEL="$kernel" NYX_LOAD="$load" NYX_PARAMS="$params" \
		NYX_SHELL="$shell" NYX_DRIVERS="$drivers" NYX_HAS_NVME="$([ -n "$bare" ] || echo 1)" \
		NYX_KO=/nyx/nyx_iommu.ko NYX_IOMMU_OPTS="$iommu_opts" \
		NVME_SHA256="$(cat "$NYX_CACHE/nvme.img.sha256" 2>/dev/null)"; do
		printf 'export %s=%q\n' "${v%%=*}" "${v#*=}"
	done
}

# add_kexec DIR BASE DIR2: kernel, initrd and command line for a second kernel in the guest.
add_kexec() {
	mkdir -p "$1/kexec"
	cp "$(kernel_dir "$kernel")/vmlinuz" "$1/kexec/vmlinuz"
	{ cat "$2"; pack "$3"; } >"$1/kexec/initrd"
	kernel_words >"$1/kexec/append"
}
