# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# libbrkwatch on processes that live: the example of the documentation, and a
# program in another language with a loop of its own.

load helper

# same_as_reckoned PID FILE: kind, break, by how much, as brkdo reckons before its exec or end
same_as_reckoned() {
	expected "$out" | awk '{ print $1, $4, $5 }' >"$BATS_TEST_TMPDIR/reckoned"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/reckoned")" -ge 5 ]
	diff -u "$BATS_TEST_TMPDIR/reckoned" <(sed -n "s/^$1 //p" "$2" | sed '/^end/Q' | tail -n "$(wc -l <"$BATS_TEST_TMPDIR/reckoned")")
}

# The child of $pid, once the example has told of it.
child() {
	grep -v "^$pid " "$said"
}

@test "the example follows a process, and the child it has after an exec, to their ends" {
	said=$BATS_TEST_TMPDIR/said
	start_brkdo grow 4096 pause grow 8192 grow -4096 query grow 100 same \
		exec /bin/sh -c 'sleep 1000 & read -r line; kill $!'
	example-follow "$pid" >"$said" 3>&- &
	until_true 10 grep -q "^$pid grow" "$said"
	# The fork is there before the file of the new address space is opened.
	kill -STOP $!
	tell
	until_true 10 pgrep -P "$pid" -x sleep
	kill -CONT $!
	until_true 10 child
	same_as_reckoned "$pid" "$said"
	tell
	wait $!
	[ "$(awk '$2 == "end" { print $1 }' "$said" | sort -u | wc -l)" = 2 ]
}

@test "the example says whom it cannot follow" {
	run -1 example-follow 0
	[ "$output" = "0: No such process" ]
	run -1 setpriv --reuid=65534 --clear-groups example-follow 1
	[ "$output" = "1: Permission denied" ]
}

@test "a loop of one's own waits for the follower's descriptor" {
	start_brkdo grow 4096 pause grow 8192 query grow 100 same
	python3 - "$BIN/libbrkwatch.so.1" "$pid" "$told" >"$BATS_TEST_TMPDIR/said" <<-'END'
	import ctypes, os, select, sys
	from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_uint64, c_void_p
	lib, pid, told = ctypes.CDLL(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
	EVENT = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p)
	DONE = CFUNCTYPE(c_int, c_void_p, c_void_p, ctypes.c_bool)
	NEW, DELTA_BYTES = 7, 8
	class Sink(ctypes.Structure):
	    _fields_ = [("start", c_void_p), ("exec", c_void_p), ("event", EVENT), ("lost", c_void_p),
	                ("missed", c_void_p), ("done", DONE)]
	lib.brkwatch_kind_name.restype = c_char_p
	lib.brkwatch_event_kind.argtypes = [c_void_p]
	lib.brkwatch_event_unsigned.argtypes = lib.brkwatch_event_signed.argtypes = [c_void_p, c_int, c_void_p]
	lib.brkwatch_event_signed.restype = lib.brkwatch_event_unsigned.restype = ctypes.c_bool
	def event(owner, process, ev):
	    brk, delta = c_uint64(), c_int64()
	    assert lib.brkwatch_event_unsigned(ev, NEW, byref(brk)) and lib.brkwatch_event_signed(ev, DELTA_BYTES, byref(delta))
	    print(pid, lib.brkwatch_kind_name(lib.brkwatch_event_kind(ev)).decode(), f"0x{brk.value:016x}", delta.value)
	    return 0
	ended = []
	def done(owner, process, end):
	    ended.append(end)
	    return 0
	sink = Sink(event=EVENT(event), done=DONE(done))
	bw, follower = c_void_p(), c_void_p()
	assert not lib.brkwatch_open(byref(bw), None)
	assert not lib.brkwatch_follower_new(byref(follower), bw, byref(sink), None, 0)
	assert not lib.brkwatch_follower_add(follower, pid)
	poll = select.poll()
	poll.register(lib.brkwatch_follower_fd(follower), select.POLLIN)
	idle = False
	while (rc := lib.brkwatch_follower_step(follower, 0)) == 1:
	    timeout = lib.brkwatch_follower_timeout(follower)
	    if timeout < 0 and not idle:
	        # Nothing is due and all is told: only what the process does now wakes us.
	        idle = True
	        os.write(told, b"\n")
	    poll.poll(timeout if timeout >= 0 else None)
	assert rc == 0 and idle and ended == [True], (rc, idle, ended)
	lib.brkwatch_follower_free(follower)
	lib.brkwatch_close(bw)
	END
	same_as_reckoned "$pid" "$BATS_TEST_TMPDIR/said"
}
