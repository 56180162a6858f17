# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Threads that race in raw brk calls: nothing lost, nothing wrong.

load helper

setup_file() {
	load_module "follow_history=$(figure 262144 1048576)" memory=1024
}

# race CPUS THREADS
race() {
	local dir=$BATS_TEST_TMPDIR pid told follower
	mkfifo "$dir/in"
	taskset -c "0-$(($1 - 1))" threads "$2" "$(figure 4000 60000)" "$(($(figure 5 60) * BRKWATCH_SLOWNESS))" \
		<"$dir/in" >"$dir/log" 3>&- &
	pid=$!
	exec {told}>"$dir/in"
	until_true 10 grep -q ready "$dir/log"
	slurp "$pid" "$dir/events" >"$dir/following" 3>&- {told}>&- &
	follower=$!
	until_true 10 grep -q following "$dir/following"
	tell
	wait "$pid"
	wait "$follower"
	cat "$dir/events.head"
	python3 "$ROOT/tests/check_threads.py" "$dir/events" "$dir/log" >&3
	[ "$(stat_of LostMissed)" = 0 ]
}

@test "8 threads on 2 CPUs" {
	with_cpus 2 race 2 8
}

@test "8 threads on 4 CPUs" {
	with_cpus 4 race 4 8
}

@test "2 threads on 1 CPU" {
	race 1 2
}
