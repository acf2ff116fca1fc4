# shellcheck shell=bash
# Making the Debian chroots, from the mirror that this machine's own apt uses.

# mirror_of main|security: the address apt already uses for it, from any kind of source
# entry. Without a security entry the result is empty; so it is before apt's first update. NYX_MIRROR overrides main.
mirror_of() {
	if [ "$1" = main ] && [ -n "${NYX_MIRROR:-}" ]; then echo "$NYX_MIRROR"; return; fi
	apt-get indextargets 'Created-By: Packages' \
		--format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' | sort -u |
	awk -v want="$1" '
		$3 != "main" || ($4 != "Debian" && $4 !~ /^[$]/ && $4 != "") { next }
		$2 ~ /-security$/ || $2 ~ /\/updates$/ { if (want == "security") sec = sec ? sec : $1; next }
		$2 ~ /^(bookworm|trixie|forky|sid|stable|oldstable|testing|unstable)$/ {
			if ($4 == "Debian") best = best ? best : $1; else other = other ? other : $1 }
		END { print want == "security" ? sec : (best ? best : other) }'
}

# keyring_for: the keys that debootstrap checks the mirror with.
keyring_for() {
	local f=/usr/share/keyrings/debian-archive-keyring
	[ -e "$f.gpg" ] && echo "$f.gpg" || echo "$f.pgp"
}

# copy_apt_access ROOT: proxies, certificates and credentials of the host's apt.
copy_apt_access() {
	local root=$1 ca
	apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Date|Check-Valid-Until)[: ]' |
		grep -v 'ProxyAutoDetect\|Proxy-Auto-Detect' >"$root/etc/apt/apt.conf.d/00host" || :
	echo 'Acquire::Languages "none"; APT::Install-Recommends "false"; Acquire::Retries "3";' \
		>"$root/etc/apt/apt.conf.d/01lean"
	if [ -d /etc/apt/auth.conf.d ]; then cp -r /etc/apt/auth.conf.d "$root/etc/apt/"; fi
	if [ -e /etc/apt/auth.conf ]; then cp /etc/apt/auth.conf "$root/etc/apt/"; fi
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || :
	ca=/etc/ssl/certs/ca-certificates.crt
	if [ -e $ca ]; then
		mkdir -p "$root/etc/ssl/certs"
		cp -L $ca "$root$ca"
	fi
	# certificates and keys that the apt configuration names by path
	apt-config dump | sed -nE 's/^Acquire::https.*::(CaInfo|SslCert|SslKey) "(.*)";$/\2/p' |
	while read -r ca; do
		[ -f "$ca" ] && install -D "$ca" "$root$ca"
	done
	printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/lean"
	echo force-unsafe-io >>"$root/etc/dpkg/dpkg.cfg.d/lean"
}

# suite_of CHROOT: the Debian release that a chroot is made of; most are named for it.
suite_of() { case $1 in analysis|guest) echo trixie ;; *) echo "$1" ;; esac; }

# write_sources ROOT SUITE
write_sources() {
	local root=$1 suite=$2 main security
	main=$(mirror_of main) security=$(mirror_of security)
	{
		echo "deb $main $suite main"
		[ "$suite" = trixie ] && echo "deb $main $suite-backports main"
		[ -n "$security" ] && echo "deb $security $suite-security main"
	} >"$root/etc/apt/sources.list"
}

packages_of() { sed 's/#.*//' "$QEMU_DIR/config/chroot-$1.packages" | tr -s ' \n' ' '; }

# CHROOT_RECIPE goes up when this file starts to make something different.
CHROOT_RECIPE=1

chroot_key() { sed 's/#.*//' "$QEMU_DIR/config/chroot-$1.packages" | hash_of "$1" "$CHROOT_RECIPE"; }

# download_images ROOT: the image packages that belong to the installed headers, kept in
# the chroot so that kernel and headers are always of one version.
download_images() {
	local root=$1 dir=/var/cache/images rel pkgs
	mkdir -p "$root$dir"
	chmod 777 "$root$dir"
	for rel in $(in_root "$root" -- sh -c "cd /usr/src && ls -d linux-headers-*-amd64"); do
		rel=${rel#linux-headers-}
		pkgs="linux-image-$rel $(in_root "$root" -- apt-cache depends "linux-image-$rel" |
			sed -nE 's/^ *Depends: (linux-(base|binary|modules)-.*)$/\1/p' | tr '\n' ' ')"
		# shellcheck disable=SC2086
		in_root "$root" -- sh -c 'mkdir -p "$1" && cd "$1" && shift && apt-get download "$@"' \
			sh "$dir/$rel" $pkgs
	done
}

# fill_chroot TMP CHROOT: everything between an empty folder and a finished chroot.
fill_chroot() {
	local tmp=$1 name=$2 suite p plain="" back="" mirror
	set -e
	suite=$(suite_of "$name")
	mirror=$(mirror_of main)
	# apt tells its targets only once it has fetched them
	[ -n "$mirror" ] || { apt-get update && mirror=$(mirror_of main); }
	[ -n "$mirror" ] || { echo "apt on this machine names no Debian mirror; set NYX_MIRROR"; return 1; }
	env -u SSL_CERT_DIR debootstrap --variant=minbase --keyring="$(keyring_for)" \
		--include=apt-utils,ca-certificates "$suite" "$tmp" "$mirror"
	copy_apt_access "$tmp"
	write_sources "$tmp" "$suite"
	for p in $(packages_of "$name"); do
		case $p in */*) back="$back ${p%/*}" ;; *) plain="$plain $p" ;; esac
	done
	in_root "$tmp" -- apt-get update
	# shellcheck disable=SC2086
	in_root "$tmp" -- apt-get install -y $plain
	if [ -n "$back" ]; then
		# shellcheck disable=SC2086
		in_root "$tmp" -- apt-get install -y -t "$suite-backports" $back
	fi
	case $plain in *linux-headers*) download_images "$tmp" ;; esac
	in_root "$tmp" -- apt-get clean
	rm -f "$tmp/etc/apt/auth.conf" "$tmp"/etc/apt/auth.conf.d/*
}

# publish TMP LINK KEY: a finished folder gets its name, the link points at it, and what the
# link named before goes away.
publish() {
	local tmp=$1 link=$2 key=$3 old
	old=$(readlink "$link" || :)
	rm -rf "$link-$key"
	mv "$tmp" "$link-$key"
	ln -sfn "${link##*/}-$key" "$link"
	if [ -n "$old" ] && [ "$old" != "${link##*/}-$key" ]; then
		rm -rf --one-file-system "${link%/*}/${old:?}"
	fi
}

# The image that vm --image attaches: an ext4 file system of the guest chroot.
guest_image() { printf '%s/image/%s.ext4\n' "$NYX_CACHE" "$(basename "$(readlink -f "$(chroot_dir guest)")")"; }

have_image() { have_chroot guest && [ -e "$(guest_image)" ]; }

make_image() {
	local out root
	have_image && return
	out=$(guest_image) root=$(readlink -f "$(chroot_dir guest)")
	rm -rf "$NYX_CACHE/image"
	mkdir -p "$NYX_CACHE/image"
	progress "image of software for guests" \
		bash -c '. "$1/common.sh"; in_root "$2" "$2:/mnt/root" "$3:/mnt/image" -- \
			mke2fs -q -t ext4 -d /mnt/root -m 0 -O ^has_journal /mnt/image/new 3G' \
		bash "$QEMU_DIR" "$root" "$NYX_CACHE/image" || return 1
	mv "$NYX_CACHE/image/new" "$out"
}

have_chroot() { [ "$(readlink "$(chroot_dir "$1")")" = "$1-$(chroot_key "$1")" ]; }

make_chroot() {
	local suite=$1 tmp
	have_chroot "$suite" && return
	mkdir -p "$NYX_CACHE/chroot"
	rm -rf --one-file-system "$NYX_CACHE/chroot/tmp-$suite".*
	tmp=$(mktemp -d "$NYX_CACHE/chroot/tmp-$suite.XXXXXX")
	chmod 755 "$tmp"
	progress "chroot $suite (packages from this machine's Debian mirror)" \
		bash -c '. "$1/common.sh"; . "$1/chroot.sh"; fill_chroot "$2" "$3"' \
		bash "$QEMU_DIR" "$tmp" "$suite" || { rm -rf --one-file-system "$tmp"; return 1; }
	publish "$tmp" "$(chroot_dir "$suite")" "$(chroot_key "$suite")"
}
