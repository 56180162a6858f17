# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Those who would keep others from names, and root from the list.

load helper

setup_file() {
	load_module
	cpus 2
}

teardown() {
	[ -d "$PROC" ] || load_module
	judge_log
}

starved() {
	run python3 "$BATS_TEST_DIRNAME/starved.py" "$BIN/brkdo" "$1" "$(figure 50 2000)"
	echo "# ${output//$'\n'/; }" >&3
	[ "$status" = 0 ]
}

@test "openers that get 1 ms a second hold up nobody's name" {
	starved quota
}

@test "openers that run when nobody else does hold up nobody's name" {
	starved idle
}
