#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# libbrkwatch as others have it: installed, found by pkg-config, linked, run.

load common

setup_file() {
	export DATA=$ROOT/tests/data TO=$BATS_FILE_TMPDIR/to CLI
	make -s -C "$ROOT" install-lib DESTDIR="$TO" prefix=/usr
	export LIB=$TO/usr/lib PKG_CONFIG_SYSROOT_DIR=$TO PKG_CONFIG_LIBDIR=$TO/usr/lib/pkgconfig
}

# build NAME OPTION...: the example of the documentation
build() {
	local flags
	read -ra flags < <(pkg-config --cflags --libs "${@:2}" brkwatch)
	cc -std=c17 -Wall -Wextra -Werror -o "$1" "$ROOT/doc/example-follow.c" "${@:2}" "${flags[@]}"
}

functions_of_header() {
	sed -nE 's/^[a-z].*\b(brkwatch_[a-z_]+)\(.*/\1/p' "$TO/usr/include/brkwatch.h" | sort
}

@test "the example builds against the shared library, and says what brkwatch-cli does" {
	cd "$BATS_TEST_TMPDIR"
	build example
	[[ $(readelf -d example) == *"NEEDED"*"[libbrkwatch.so.1]"* ]]
	run -0 --separate-stderr env LD_LIBRARY_PATH="$LIB" ./example 4242 "$DATA/proc"
	[ -z "$stderr" ]
	diff -u <("$CLI" --follow --csv --columns pid,event,new,delta_bytes 4242 | sed '1d; s/,/ /g') <(echo "$output")
	[ "$(wc -l <<<"$output")" -ge 5 ]
	run ! env LD_LIBRARY_PATH="$LIB" ./example 1 "$DATA/proc"
	[[ $output == "1: No such file or directory" ]]
}

@test "and against the static one, of which no other names can be seen" {
	cd "$BATS_TEST_TMPDIR"
	build example -static
	run -0 ./example 4242 "$DATA/proc"
	[ "$(wc -l <<<"$output")" -ge 5 ]
	diff -u <(functions_of_header) <(nm -g --defined-only "$LIB/libbrkwatch.a" | awk 'NF == 3 { print $3 }' | sort)
}

@test "the shared library has the functions of the header, each with its version" {
	[ "$(functions_of_header | wc -l)" -ge 30 ]
	diff -u <(functions_of_header | sed 's/$/@@LIBBRKWATCH_1/') \
		<(nm -D --defined-only "$LIB/libbrkwatch.so.1" | awk '$2 == "T" { print $3 }' | sort)
	[[ $(readelf -d "$LIB/libbrkwatch.so.1") == *"soname: [libbrkwatch.so.1]"* ]]
	[ "$(pkg-config --modversion brkwatch)" = "$(version)" ]
}

@test "the manual page names each function, and no other" {
	diff -u <(functions_of_header) <(grep -oE '\bbrkwatch_[a-z_]+ ?\(' "$ROOT/userspace/man/brkwatch.3" | tr -d ' (' | sort -u)
}

@test "the header is good C and C++ by itself" {
	local language
	for language in c:c99 c++:c++11; do
		clang -x "${language%:*}" -std="${language#*:}" -pedantic -Wall -Wextra -Werror -fsyntax-only "$TO/usr/include/brkwatch.h"
	done
}
