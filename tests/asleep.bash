# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A process, $pid, one of whose threads sleeps in brk as long as one likes.

GROUP=/sys/fs/cgroup/brkwatch-asleep

start_sleeper() {
	out=$BATS_TEST_TMPDIR/out
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	[ -d "$GROUP" ] || mkdir "$GROUP"
	echo threaded >"$GROUP/cgroup.type"
	rm -f "$BATS_TEST_TMPDIR/in"
	mkfifo "$BATS_TEST_TMPDIR/in"
	: >"$out"
	# A fault on the page of a restartable sequence would come before brk.
	GLIBC_TUNABLES=glibc.pthread.rseq=0 taskset 1 asleep 8192 "$GROUP" <"$BATS_TEST_TMPDIR/in" >"$out" 3>&- &
	pid=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 20 grep -q ready "$out"
	# The thread that forks, by whose number the process goes, and it alone: the
	# one that calls is to take notice of a signal.
	echo "$pid" >"$GROUP/cgroup.threads"
}

put_to_sleep() {
	tell
	until_true 20 grep -q asleep "$out"
	asleep_in_brk
}

# Its own file would wait for mmap_lock, too.
asleep_in_brk() {
	local brk=12
	[ "$(uname -m)" != aarch64 ] || brk=214
	grep -h "^$brk " /proc/"$pid"/task/*/syscall
}

wake_up() {
	echo max >"$GROUP/cpu.max"
}

call_refused() {
	awk -F'\t' -v pid="$pid" '$1 == pid { n = $10 } END { exit n != 1 }' "$PROC/all"
}

# kill_sleeper: while its call still waits. It is over when the lock is free.
kill_sleeper() {
	local status=0
	kill -KILL "$pid"
	until_true 30 call_refused || status=$?
	wake_up
	wait "$pid" || :
	return "$status"
}
