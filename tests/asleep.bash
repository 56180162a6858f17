# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A process, $pid, one of whose threads sleeps in brk as long as one likes.

GROUP=/sys/fs/cgroup/brkwatch-asleep

start_sleeper() {
	out=$BATS_TEST_TMPDIR/out
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	[ -d "$GROUP" ] || mkdir "$GROUP"
	rm -f "$BATS_TEST_TMPDIR/in"
	mkfifo "$BATS_TEST_TMPDIR/in"
	: >"$out"
	# A fault on the page of a restartable sequence would come before brk.
	GLIBC_TUNABLES=glibc.pthread.rseq=0 asleep 256 "$GROUP/cpu.max" <"$BATS_TEST_TMPDIR/in" >"$out" 3>&- &
	pid=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 20 grep -q ready "$out"
	echo "$pid" >"$GROUP/cgroup.procs"
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
