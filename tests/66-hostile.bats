# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() sets pid
# Those who try to see what they may not, to hold others up, or just anything.

load helper
load spaces

setup_file() {
	load_module
	# The first limit of a CPU's time patches code, and so does the end of the
	# last: this one stays.
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/brkwatch-limited
	echo "100000 100000" >/sys/fs/cgroup/brkwatch-limited/cpu.max
	cpus 2
}

as_user=(setpriv --reuid 1000 --regid 1000 --clear-groups)

@test "no open slips through the exec of a setuid program" {
	run race exec "$BIN/brkdo-static" "$(figure 18 600)" "$(figure 100000 1000000)"
	echo "# $output" >&3
	[ "$status" = 0 ]
	[[ "$output" =~ opens\ ([0-9]+)\ ok\ ([0-9]+)\ refused\ ([0-9]+) ]]
	[ "${BASH_REMATCH[2]}" -gt 100 ]
	[ "${BASH_REMATCH[3]}" -gt 100 ]
}

@test "who opens while a process changes its user gets the answer of that moment" {
	run race creds "$(figure 18 600)" "$(figure 30000 1000000)"
	echo "# $output" >&3
	[ "$status" = 0 ]
	[[ "$output" =~ ok\ ([0-9]+)\ refused\ ([0-9]+)\ .*turns\ ([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -gt 100 ]
	[ "${BASH_REMATCH[2]}" -gt 100 ]
	[ "${BASH_REMATCH[3]}" -gt 100 ]
}

# Since 7.2 (38205ecbe6b6) the old address space is freed when the locks are, and
# struct linux_binprm keeps it until then.
frees_unlocked() {
	local events=/sys/kernel/tracing/kprobe_events
	echo 'p:brkwatch_test/exec begin_new_exec old=bprm->old_mm' >"$events" 2>/dev/null && : >"$events"
}

@test "a process stuck in exec delays nobody but who asks for it" {
	! frees_unlocked || skip "missing kernel feature: who asks for a process waits while its exec frees memory"
	run python3 "$BATS_TEST_DIRNAME/stuck.py" "$(figure 512 1024)"
	echo "# ${output//$'\n'/; }" >&3
	[ "$status" = 0 ]
}

@test "bad input: a clear error each, and nothing in the log" {
	start "${as_user[@]}" brkdo burst 40 pause
	until_true 1 has_name "$pid"
	python3 "$BATS_TEST_DIRNAME/bad.py" "$pid"
	finish
}

@test "cat, sendfile, splice and copies give what plain reads give" {
	start "${as_user[@]}" brkdo pause burst 3000 pause
	until_true 1 has_name "$pid"
	# Who polls makes the history, and with it the text, long.
	exec {fd}<"$PROC/$pid"
	python3 -c "import select; p = select.poll(); p.register($fd); p.poll(0)"
	tell
	until_ready 2
	local want=$BATS_TEST_TMPDIR/want
	python3 - "$PROC/$pid" "$want" <<-'END'
	import os, sys, threading
	source, want = sys.argv[1:]
	fd = os.open(source, os.O_RDONLY)
	text = b"".join(iter(lambda: os.read(fd, 4 << 20), b""))
	assert text.endswith(b"\n") and len(text) > 200000, len(text)
	open(want, "wb").write(text)
	def drain(move):
	    """What comes out of a pipe into which it is moved."""
	    r, w = os.pipe()
	    got = []
	    reader = threading.Thread(target=lambda: got.extend(iter(lambda: os.read(r, 65536), b"")))
	    reader.start()
	    fd = os.open(source, os.O_RDONLY)
	    while move(fd, w):
	        pass
	    os.close(w)
	    reader.join()
	    return b"".join(got)
	assert drain(lambda fd, w: os.sendfile(w, fd, None, 65536)) == text, "sendfile"
	assert drain(lambda fd, w: os.splice(fd, w, 5000)) == text, "splice"
	at = [0]
	def by_offset(fd, w):
	    n = os.sendfile(w, fd, at[0], 10000)
	    at[0] += n
	    return n
	assert drain(by_offset) == text, "sendfile with an offset"
	fd, out = os.open(source, os.O_RDONLY), os.open(want + ".copy", os.O_RDWR | os.O_CREAT)
	while os.sendfile(out, fd, None, 1 << 20):
	    pass
	assert os.pread(out, len(text) + 1, 0) == text, "sendfile to a file"
	fd, got = os.open(source, os.O_RDONLY), b""
	while n := os.readv(fd, v := [bytearray(1), bytearray(100), bytearray(4096), bytearray(3)]):
	    got += b"".join(v)[:n]
	assert got == text, "readv"
	END
	# shellcheck disable=SC2002 # cat is what is tried
	cat "$PROC/$pid" | cmp - "$want"
	dd if="$PROC/$pid" bs=1 count=5000 status=none | cmp -n 5000 - "$want"
	dd if="$PROC/$pid" bs=777 status=none | cmp - "$want"
	cp "$PROC/$pid" "$want.cp"
	cmp "$want.cp" "$want"
	exec {fd}<&-
	tell
	finish
}

# Its procfs stressor walks /proc; here that is the directory.
stress() {
	fuzzproc 1 "$1" <<<x &
	# shellcheck disable=SC2016 # for the shell in there
	unshare --mount bash -c 'mount --bind /proc/brkwatch /proc && exec stress-ng --procfs 4 --temp-path "$2" --timeout "$1"' - "$1" "$BATS_TEST_TMPDIR"
	wait $!
}

@test "stress-ng reads everything while processes come and go" {
	with_cpus 4 stress "$(figure 5 60)"
	assert_nothing_left
}

# Nothing but the processes there are, and nobody holds the module.
assert_nothing_left() {
	all_named
	[ "$(cat /sys/module/brkwatch/refcnt)" = 0 ]
}
