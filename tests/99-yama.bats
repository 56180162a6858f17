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

@test "a heap cannot be read then, which is said" {
	[ -e /proc/sys/kernel/yama/ptrace_scope ] || skip "missing kernel feature: Yama"
	run -1 "${CLI%cli}heap" "$$"
	echo "$output"
	[[ "$output" == *"cannot read its memory: permission denied; sysctl kernel.yama.ptrace_scope is 3"* ]]
}

@test "a command where ptrace is forbidden: its status is its own only if it was watched" {
	local i csv=$BATS_TEST_TMPDIR/csv cli
	[ -e /proc/sys/kernel/yama/ptrace_scope ] || skip "missing kernel feature: Yama"
	[ "$(cat /proc/sys/kernel/yama/ptrace_scope)" = 3 ]
	mkfifo "$BATS_TEST_TMPDIR/in"
	"$CLI" --csv -o "$csv" -- sh -c 'brkdo; read x; exit 7' <"$BATS_TEST_TMPDIR/in" 3>&- &
	cli=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 10 grep -q ,query, "$csv"
	tell
	wait "$cli" || [ "$?" = 7 ]
	# Without its first calls, what is mapped would not be known.
	# Nor whose calls they were.
	for i in malloc stacks; do
		run -125 "${CLI%cli}$i" -- touch "$BATS_TEST_TMPDIR/ran"
		echo "$output"
		[[ "$output" == *ptrace_scope* ]]
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	done
	for i in 1 2 3 4; do
		run --separate-stderr "$CLI" --csv -o "$csv" -- true
		echo "$status $stderr"
		[ "$status" = 0 ] || [ "$status" = 125 ]
		[ "$((status == 0))" = "$(grep -c ,end, "$csv")" ]
	done
}
