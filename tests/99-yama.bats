# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The very last: who forbids ptrace for good has it forbidden until the next boot.

load helper

@test "who may read maps, and nobody else: ptrace_scope 3" {
	local scope=/proc/sys/kernel/yama/ptrace_scope
	[ -e "$scope" ] || skip "missing kernel feature: Yama"
	echo 3 >"$scope"
	run bash -c "echo 0 >$scope"
	[ "$status" -ne 0 ]
	python3 "$BATS_TEST_DIRNAME/access.py"
}
