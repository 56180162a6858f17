# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Everything at once, for a while.

load helper

setup_file() {
	load_module exited=0
	cpus 2
}

# Attach to whoever is there, and are killed at any moment.
followers() {
	local pids
	set +e
	while :; do
		pids=("$PROC"/[1-9]*)
		timeout --foreground -s KILL "0.$((RANDOM % 5 + 1))" "$CLI" --follow "${pids[RANDOM % ${#pids[@]}]##*/}"
	done >/dev/null 2>&1
}

@test "stress-ng's brk, vm, fork, exec, clone and more, with followers that are killed at random" {
	local seconds
	seconds=$(figure 15 600)
	memory_held >"$BATS_TEST_TMPDIR/before"
	set -m
	followers 3>&- &
	local group=$!
	followers 3>&- &
	local group2=$!
	set +m
	stress-ng --quiet --brk 1 --vm 1 --vm-bytes 16M --fork 1 --exec 1 --clone 1 --clone-max 64 \
		--mmapfork 1 --procfs 1 --sigsegv 1 --vforkmany 1 \
		--timeout "$seconds" --temp-path "$BATS_TEST_TMPDIR" 3>&- || :
	kill -KILL -- -"$group" -"$group2"
	wait "$group" "$group2" || :
	all_named 30
	until_true 10 memory_back
	cat "$PROC/stats"
	[ "$(stat_of RecordsRefused)" = 0 ]
	[ "$(cat /sys/module/brkwatch/refcnt)" = 0 ]
	# What is left is consistent.
	local file
	for file in "$PROC"/[1-9]*; do
		cat "$file" >"$BATS_TEST_TMPDIR/text" 2>/dev/null || continue
		assert_consistent "$BATS_TEST_TMPDIR/text"
	done
}
