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
	run python3 "$BATS_TEST_DIRNAME/starved.py" "$1" "$(figure 50 2000)"
	echo "# ${output//$'\n'/; }" >&3
	[ "$status" = 0 ]
}

@test "openers that get 1 ms a second hold up nobody" {
	starved quota
}

@test "openers that run when nobody else does hold up nobody" {
	starved idle
}

@test "no open slips through the exit of a thread" {
	run race threads "$(figure 18 600)" "$(figure 30000 1000000)"
	echo "# $output" >&3
	[ "$status" = 0 ]
	[[ "$output" =~ ok\ ([0-9]+)\ refused\ ([0-9]+)\ .*turns\ ([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -gt 100 ]
	[ "${BASH_REMATCH[2]}" -gt 100 ]
	[ "${BASH_REMATCH[3]}" -gt 100 ]
}

@test "who is root but has no capability opens by name and does not list" {
	run ls "$PROC"
	[[ $'\n'$output$'\n' == *$'\n1\n'* ]]
	run setpriv --bounding-set=-dac_override,-dac_read_search ls "$PROC"
	[[ "$status" != 0 && "$output" == *"Permission denied"* ]]
	setpriv --bounding-set=-dac_override,-dac_read_search cat "$PROC/1" | grep -q '^Pid:'
}
