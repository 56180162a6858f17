# Sourced by the scripts beside it.
# shellcheck shell=bash disable=SC2034

# Whoever calls: what is made here is read by other users (of a guest, apt's), and
# what other programs say is read here.
umask 022
unset "${!LC_@}" LANGUAGE
export LANG=C.UTF-8 LC_ALL=C.UTF-8 # kbuild takes away the latter

top=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
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

# plain PATH: make, kbuild and QEMU take it, as they do none with a blank or a comma
plain() { [[ $1 != *[^[:alnum:]/._+~@-]* ]]; }

# They work in the cache.
if ! plain "$cache"; then
	cache=/var/tmp/brkwatch-$EUID
	mkdir -m 700 "$cache" 2>/dev/null || [[ -O $cache && ! -L $cache ]] ||
		die "$cache is another user's: let BRKWATCH_CACHE be a path without blanks"
fi

# list_files: the project's, as paths below $top, each with a NUL after it: those
# that git knows, or in a tarball all but what is built
list_files() (
	cd "$top" || exit
	if [[ -e .git ]]; then
		git -c safe.directory='*' ls-files -z
	else
		find . -path ./build -prune -o ! -type d -print0
	fi
)

# copy_sources DIR VERSION: these files, of that version
copy_sources() {
	mkdir -p "$1"
	list_files | tar -c -C "$top" --null -T - | tar -x -C "$1"
	echo "$2" >"$1/VERSION"
}

# usage_from FILE: the comment block that opens a script is its help.
usage_from() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

# add FILE COMMAND...: shows what it prints, which goes to FILE, but not its last
# line, "N passed, N failed", which is added to $passed and $failed
add() {
	local file=$1
	shift
	{ "$@" || true; } | tee "$file" | sed -u '$d'
	if [[ $(tail -n 1 "$file") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	else
		tail -n 1 "$file"
		echo "not ok - $* ended early"
		failed=$((failed + 1))
	fi
}

as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	else
		sudo "$@" || die "not root, and sudo failed: run as root: $*"
	fi
}

# arch_of LINE|RELEASE: Debian's name of the machine a kernel is for
arch_of() {
	case $1 in
	*-arm64) echo arm64 ;;
	*-i386 | *-686-pae) echo i386 ;;
	*-s390x) echo s390x ;;
	*-armhf | *-armmp) echo armhf ;;
	*-mips64el | *-5kc-malta) echo mips64el ;;
	*-ppc64el | *-powerpc64le) echo ppc64el ;;
	*-riscv64) echo riscv64 ;;
	*) echo amd64 ;;
	esac
}

# use_arch ARCH: sets what is to be known of a machine that is not the host's.
# $triplet: of its compiler and libraries. $kernel_arch: what the kernel calls it.
# $kernel_suffix: of Debian's kernel packages. $compiler32: for its 32-bit programs.
use_arch() {
	arch=$1 kernel_suffix=$1 compiler32=
	case $1 in
	amd64) triplet=x86_64-linux-gnu kernel_arch=x86 ;;
	arm64) triplet=aarch64-linux-gnu kernel_arch=arm64 compiler32=arm-linux-gnueabihf-gcc ;;
	i386) triplet=i686-linux-gnu kernel_arch=i386 kernel_suffix=686-pae ;;
	s390x) triplet=s390x-linux-gnu kernel_arch=s390 ;;
	# The module is built for them, but there are no guests.
	armhf) triplet=arm-linux-gnueabihf kernel_arch=arm kernel_suffix=armmp ;;
	mips64el) triplet=mips64el-linux-gnuabi64 kernel_arch=mips kernel_suffix=5kc-malta ;;
	ppc64el) triplet=powerpc64le-linux-gnu kernel_arch=powerpc kernel_suffix=powerpc64le ;;
	riscv64) triplet=riscv64-linux-gnu kernel_arch=riscv ;;
	*) die "$1: unknown machine" ;;
	esac
}

# suite_of VERSION: the Debian that has this line of kernels, which may be named by it
suite_of() {
	case $1 in
	5.10) echo bullseye ;;
	6.1 | 6.12) echo bookworm ;;
	7) echo trixie-backports ;;
	trixie | sid | experimental) echo "$1" ;;
	*) return 1 ;;
	esac
}

# debian_sources SUITE: it, and what security has for it, as lines of a
# sources.list, from where the host's apt has its own. Lists of a suite in which
# nothing changes any more, or of sid, may be past their time.
debian_sources() {
	local uri security options='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no]'
	# shellcheck disable=SC2016 # apt expands them
	uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		sort -u)
	security=$(sed -n 's/ [a-z]*-security$//p' <<<"$uri" | head -n 1)
	uri=$(sed -nE 's/ [a-z]+$//p' <<<"$uri" | head -n 1)
	[[ $uri ]] || die "apt has no Debian archive, from which kernels are downloaded: add one, such as deb http://deb.debian.org/debian bookworm main, to its sources"
	echo "deb $options $uri $1 main"
	case $1 in
	*-* | sid | experimental) ;;
	*) echo "deb $options ${security:-${uri%debian/}debian-security/} $1-security main" ;;
	esac
}

# suite_apt SUITE ARCH: makes $apt the options by which apt knows packages of that
# Debian, in a state of its own: nothing is added to the host's sources or
# architectures, which could make apt replace the host's compiler. A list that
# cannot be fetched need not matter.
suite_apt() {
	local state=$cache/apt/$1-$2 sources
	sources=$(debian_sources "$1") || exit
	mkdir -p "$state"/{lists/partial,cache/archives/partial,preferences.d,sources.list.d}
	apt=(-o "APT::Architecture=$2" -o "APT::Architectures=$2" -o "Acquire::Languages=none" -o "Dir::Etc=$state"
		-o "Dir::State=$state" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache")
	# Somebody else may be downloading by it.
	(
		flock 8
		[[ $(find "$state/updated" -mmin -60 2>/dev/null) ]] && exit
		: >"$state/status"
		echo "$sources" >"$state/sources.list"
		apt-get "${apt[@]}" -q update >/dev/null 2>&1 && touch "$state/updated"
	) 8>"$state/lock" || true
}

# suite_download SUITE ARCH PACKAGE...: packages of that Debian, into the current directory
suite_download() {
	suite_apt "$1" "$2"
	apt-get "${apt[@]}" -q -o Acquire::Retries=3 download "${@:3}"
}

# unpack_debian ROOT SUITE ARCH PACKAGE...: a Debian with these, unpacked only: nothing
# of them runs. Where security has no such machine, or cannot be fetched for it,
# the main archive has to do.
unpack_debian() {
	local root=$1 suite=$2 arch=$3 sources=$1.list log=$1.log
	shift 3
	debian_sources "$suite" >"$sources"
	apt-config dump | grep '^Acquire::' >"$root.options"
	until mmdebstrap --variant=extract --architectures="$arch" --aptopt="$root.options" \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include="$(IFS=, && echo "$*")" \
		"$suite" "$root" "$sources" >"$log" 2>&1; do
		rm -rf "$root"
		if ! grep -q -- -security "$sources"; then
			tail -n 30 "$log" >&2
			return 1
		fi
		sed -i '/-security /d' "$sources"
	done
	# What packages do when they are configured.
	ln -sf gawk "$root/usr/bin/awk"
	ln -sf dash "$root/usr/bin/sh"
	chmod 755 "$root"
}

# in_usr_of ROOT COMMAND...: with /usr of that Debian in place of the host's;
# everything else is the host's
in_usr_of() {
	local as=(unshare --mount)
	[[ $EUID -eq 0 ]] || as+=(--map-root-user)
	# shellcheck disable=SC2016 # it is the inner shell's
	"${as[@]}" sh -c 'mount --bind "$1/usr" /usr && shift && exec "$@"' sh "$@"
}

# make_initrd DIR [BUSYBOX]: DIR/initrd, of what scripts/guest-init starts with
make_initrd() (
	local program
	program=$(realpath "${2:-$(command -v busybox)}")
	cd "$1" || exit
	mkdir -p x/initrd/{bin,dev,proc,sys,host,rw,root}
	cp "$program" x/initrd/bin/busybox
	ln -s busybox x/initrd/bin/sh
	cp -r modules x/initrd/
	cd x/initrd || exit
	# Not compressed: an emulated CPU takes longer to unpack it than QEMU to load it.
	find . | cpio -o -H newc -R 0:0 --quiet >../../initrd
	rm -r ../../x/initrd
)
