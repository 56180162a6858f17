#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# A checkout may lie anywhere and be anybody's: here below a home that others may
# not enter, at a path of 200 characters with all that a shell or QEMU makes
# something of, under umask 077, with a locale that is not installed.

load ../helper

setup_file() {
	local name="it's a path, with everything: blanks & "
	export HOUSE=$ROOT/build/elsewhere
	export THERE=$HOUSE/$name
	until [ "${#THERE}" -ge 200 ]; do THERE+=/$name; done
	export KERNEL
	KERNEL=$("$ROOT/scripts/kernel" 6.12)
	umask 077
	mkdir -p "$THERE" "$HOUSE/a tmp"
	tar -C "$ROOT" -c --exclude=./build --exclude=./.git --exclude='*.ko' . | tar -C "$THERE" -x --no-same-permissions
}

teardown_file() {
	rm -rf "$HOUSE"
}

teardown() {
	:
}

# there COMMAND...: run by its owner
there() (
	cd "$THERE" || return
	umask 077
	env HOME="$HOUSE" TMPDIR="$HOUSE/a tmp" BRKWATCH_CACHE="${KERNEL%/kernels/*}" \
		TZ=Asia/Kathmandu LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 "$@"
)

@test "make builds module and command" {
	there make -s KDIR="$KERNEL/build"
	[ "$(modinfo -F version "$THERE/brkwatch.ko")" = "$(cat "$ROOT/VERSION")" ]
	there userspace/brkwatch-cli --version
}

@test "a guest runs the tests, also as other users" {
	there env BRKWATCH_MODULE="$THERE/brkwatch.ko" scripts/vm -k 6.12 -s 4 -a maxcpus=1 -- \
		tests/run -f 'grow by a byte|exited: the newest' tests/20-calls.bats tests/62-ends.bats | tee "$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '^ok' "$BATS_TEST_TMPDIR/out")" = 2 ]
}
