# shellcheck shell=bash
# Copying the checkout into a build folder so that only changed files get new times.

# sync_tree SRC DST TOP...: the named files and folders of SRC, without build products. No
# programs either: one that was built in the checkout would replace the one built here.
sync_tree() {
	local src=$1 dst=$2 f; shift 2
	mkdir -p "$dst"
	(cd "$src" && for f in "$@"; do
		[ ! -e "$f" ] || LC_ALL=C find "$f" -type f -exec grep -La $'^\177ELF' {} + || :
	done) |
		grep -vE '\.(o|ko|a|mod|mod\.c|cmd|order|symvers|d|pyc)$|/\.git/|~$' | LC_ALL=C sort >"$dst/.files.new"
	if [ -e "$dst/.files" ]; then
		LC_ALL=C comm -23 "$dst/.files" "$dst/.files.new" | while IFS= read -r f; do rm -f "$dst/$f"; done
	fi
	while IFS= read -r f; do
		cmp -s "$src/$f" "$dst/$f" && continue
		mkdir -p "$dst/$(dirname "$f")"
		cp "$src/$f" "$dst/$f"
	done <"$dst/.files.new"
	mv "$dst/.files.new" "$dst/.files"
}
