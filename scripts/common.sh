# Sourced by the scripts beside it.
# shellcheck shell=bash disable=SC2034

top=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
cache=${BRKWATCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/brkwatch}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die [-STATUS] MESSAGE...
die() {
	local status=1
	if [[ $1 =~ ^-[0-9]+$ ]]; then
		status=${1#-}
		shift
	fi
	say "$@"
	exit "$status"
}

# usage_from FILE: the comment block that opens a script is its help.
usage_from() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	else
		sudo "$@" || die "not root, and sudo failed: run as root: $*"
	fi
}

# make_initrd DIR: DIR/initrd, of what scripts/guest-init starts with
make_initrd() (
	cd "$1" || exit
	mkdir -p x/initrd/{bin,dev,proc,sys,host,rw,root}
	cp "$(command -v busybox)" x/initrd/bin/busybox
	ln -s busybox x/initrd/bin/sh
	cp -r modules x/initrd/
	cd x/initrd || exit
	# Not compressed: an emulated CPU takes longer to unpack it than QEMU to load it.
	find . | cpio -o -H newc -R 0:0 --quiet >../../initrd
	rm -r ../../x/initrd
)
