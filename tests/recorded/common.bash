# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # stderr and stderr_lines come from run
# For tests of the programs on saved files: they need neither the module nor root.

load ../helper

setup_file() {
	export DATA=$ROOT/tests/data CLI
	[ -x "$CLI" ] || {
		echo "no $CLI: run make"
		return 1
	}
}

teardown_file() {
	:
}

teardown() {
	:
}

setup() {
	export BRKWATCH_PROC=$DATA/proc
}

# golden NAME ARG...: the output is what tests/data/expected/NAME has.
golden() {
	local expected=$DATA/expected/$1
	shift
	"$CLI" "$@" >"$BATS_TEST_TMPDIR/out"
	if [ -n "${BRKWATCH_ACCEPT:-}" ]; then
		cp "$BATS_TEST_TMPDIR/out" "$expected"
	fi
	diff -u "$expected" "$BATS_TEST_TMPDIR/out"
}

# fails STATUS MESSAGE ARG...: one line on stderr, or two where they end in advice.
fails() {
	local status=$1 message=$2
	shift 2
	run -"$status" --separate-stderr "$CLI" "$@"
	echo "stdout: $output"
	echo "stderr: $stderr"
	[ -z "$output" ]
	[[ "${stderr_lines[0]}" == "${CLI##*/}: "*"$message"* ]]
	if [ "$status" -eq 2 ]; then
		# The hint may need a second line.
		[ "${#stderr_lines[@]}" -le 3 ]
		[[ "${stderr_lines[1]}" == *"--help"* ]]
	else
		[ "${#stderr_lines[@]}" -eq 1 ]
	fi
}

# changed SED-SCRIPT: process 1 is 4242 with a difference.
changed() {
	export BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc
	mkdir -p "$BRKWATCH_PROC"
	sed "$1" "$DATA/proc/4242" >"$BRKWATCH_PROC/1"
}

# Its packages are not in the root of a guest for another machine.
needs_promtool() {
	PROMTOOL=$ROOT/build/prometheus/promtool
	[ "$(uname -m)" = x86_64 ] || skip "no promtool in a foreign root"
	[ -x "$PROMTOOL" ] || {
		echo "no $PROMTOOL: run scripts/prometheus"
		return 1
	}
}
