# shellcheck shell=bash
# Python and the kernel's own netlink client for the guest: only the files that the client
# loads, found by loading it, some 3 MB. Laid over the base on demand (vm --python).

PYTHON_RECIPE=1

# What a test of the client needs beside the client itself.
PYTHON_MODULES="json mmap ctypes subprocess time traceback"

# python_initrd: prints the path of the cached archive, making it when missing.
python_initrd() {
	local key out
	key=$({ readlink "$(chroot_dir trixie)" "$(source_dir)"; echo "$PYTHON_MODULES"; } |
		hash_of "$PYTHON_RECIPE")
	out=$NYX_CACHE/initrd/python-$key.cpio
	[ -e "$out" ] || with_lock initrd-python make_python "$out" || return 1
	echo "$out"
}

# python_files: every file that the client and the modules above have loaded.
python_files() {
	"$QEMU_DIR/in-chroot" trixie -- python3 -c '
import importlib, os, subprocess, sys
sys.path.insert(0, sys.argv[1])
for name in ["lib"] + sys.argv[2].split():
    importlib.import_module(name)
import encodings.idna, encodings.utf_8_sig
files = {os.path.realpath(sys.executable)}
for module in list(sys.modules.values()):
    for attribute in ("__file__", "__cached__"):
        path = getattr(module, attribute, None)
        if path and os.path.exists(path):
            files.add(path)
for path in [p for p in files if p.endswith(".so") or "/bin/" in p]:
    for line in subprocess.run(["ldd", path], capture_output=True, text=True).stdout.splitlines():
        files.update(word for word in line.split() if word.startswith("/"))
print("\n".join(sorted(files)))
' "$(source_dir)/tools/net/ynl" "$PYTHON_MODULES"
}

make_python() {
	local out=$1 tmp root
	[ -e "$out" ] && return
	root=$(readlink -f "$(chroot_dir trixie)")
	rm -f "$NYX_CACHE"/initrd/python-*.cpio
	mkdir -p "$NYX_CACHE/initrd"
	tmp=$(mktemp -d "$NYX_CACHE/initrd/tmp-python.XXXXXX")
	chmod 755 "$tmp"
	mkdir -p "$tmp/usr/bin" "$tmp/ynl"
	python_files >"$tmp/files" || { rm -rf "$tmp"; die "could not find out what Python loads"; }
	# by the chroot's own tar: some are links that mean something only in there
	grep -vF "$NYX_CACHE/" "$tmp/files" | sed 's,^/lib,/usr/lib,' | sort -u |
		chroot "$root" tar -C / -chf - -T - 2>/dev/null | tar -C "$tmp" -xf -
	rm "$tmp/files"
	[ -e "$tmp/usr/bin/python3" ] || ln -s "$(basename "$tmp"/usr/bin/python3.*)" "$tmp/usr/bin/python3"
	cp -r "$(source_dir)/tools/net/ynl/lib" "$(source_dir)/tools/net/ynl/cli.py" "$tmp/ynl/"
	find "$tmp/ynl" -name __pycache__ -prune -exec rm -rf {} +
	(cd "$tmp" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >"$out.tmp"
	mv "$out.tmp" "$out"
	rm -rf "$tmp"
}
