# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# insmod and rmmod while everything goes on.

load helper

GROUP=/sys/fs/cgroup/brkwatch-asleep

# See scripts/vm: one processor may not patch what another executes.
setup_file() {
	if [ "${BRKWATCH_ACCEL:-}" = tcg ]; then cpus 1; else cpus 2; fi
}

teardown_file() {
	cpus "$BRKWATCH_CPUS"
}

teardown() {
	unload_leftover
	judge_log
}

in_use() {
	run rmmod brkwatch
	echo "$1: $output"
	[[ "$status" != 0 && "$output" == *"in use"* ]]
}

unloads() {
	rmmod brkwatch 2>/dev/null
}

# What readers and callers do all the time; ended by their group's end.
busy() {
	set +e
	while :; do brkdo burst 500 fork burst 100 >/dev/null; done &
	while :; do crowd storm 50 </dev/null >/dev/null; done &
	while :; do
		cat "$PROC"/[1-9]* "$PROC"/all
		timeout 0.05 "$CLI" --follow "$$"
		ls "$PROC"
	done >/dev/null 2>&1 &
	wait
}

@test "loading and unloading while processes call, come and go, and others look" {
	local n group
	set -m
	busy 3>&- &
	group=$!
	set +m
	for ((n = 0; n < $(figure 20 500); n++)); do
		load_module "maxactive=$((16 << n % 5))" "history=$((2 << n % 3))"
		sleep "0.$((n % 3))"
		until_true 10 unloads
	done
	kill -KILL -- -"$group"
	wait "$group" || :
}

@test "rmmod with a process's file open says that it is in use, and works when it is closed" {
	load_module
	start_brkdo grow 4096 pause
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	run rmmod brkwatch
	[[ "$status" != 0 && "$output" == *"in use"* ]]
	[ "$(key Grows <&"$fd")" = 1 ]
	exec {fd}<&-
	unload_module
	tell
	wait "$pid"
}

@test "rmmod with one of the other files open takes it away" {
	local file
	for file in stats all exited; do
		load_module
		exec {fd}<"$PROC/$file"
		read -r -u "$fd" _
		unload_module
		run cat <&"$fd"
		[ "$status" != 0 ]
		exec {fd}<&-
	done
}

# Its own file would wait for mmap_lock, too.
asleep_in_brk() {
	local brk=12
	[ "$(uname -m)" != aarch64 ] || brk=214
	grep -h "^$brk " /proc/"$pid"/task/*/syscall
}

@test "rmmod while a call sleeps in brk: it returns to a kernel without the module, or with another" {
	local out=$BATS_TEST_TMPDIR/out again
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$GROUP"
	for again in "" y; do
		load_module
		mkfifo "$BATS_TEST_TMPDIR/in"
		GLIBC_TUNABLES=glibc.pthread.rseq=0 asleep 256 "$GROUP/cpu.max" <"$BATS_TEST_TMPDIR/in" >"$out" 3>&- &
		pid=$!
		exec {told}>"$BATS_TEST_TMPDIR/in"
		until_true 20 grep -q ready "$out"
		echo "$pid" >"$GROUP/cgroup.procs"
		tell
		until_true 20 grep -q asleep "$out"
		asleep_in_brk

		unload_module
		if [ "$again" ]; then load_module; fi
		asleep_in_brk
		echo max >"$GROUP/cpu.max"
		wait "$pid"
		grep -q returned "$out"
		exec {told}>&-
		rm "$BATS_TEST_TMPDIR/in"
	done
	rmdir "$GROUP"
}
