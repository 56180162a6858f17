# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# System calls in any order.

load helper

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
	load_module exited=0
}

# fuzz SEED
fuzz() {
	# What Python allocates is no call meanwhile.
	MALLOC_TOP_PAD_=$((64 << 20)) MALLOC_TRIM_THRESHOLD_=$((128 << 20)) run python3 "$ROOT/tests/fuzz.py" "$1" "$(figure 30 600)"
	echo "# seed $1: ${output//$'\n'/$'\n# '}" >&3
	[ "$status" = 0 ]
}

@test "root's and users' system calls in any order on all files: nothing wrong, lost or kept" {
	memory_held >"$BATS_TEST_TMPDIR/before"
	with_cpus "$(figure 2 4)" fuzz "${BRKWATCH_SEED:-$(figure 1 "$RANDOM")}"
	all_named 30
	until_true 10 memory_back
	[ "$(cat /sys/module/brkwatch/refcnt)" = 0 ]
	unload_module
}
