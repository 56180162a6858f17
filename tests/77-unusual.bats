# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() sets variables
# What hardly ever happens to a brk call or an address space; unusual.ko sees to it
# that it does.

load helper
load spaces

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
	load_module
	local brk
	brk=$(awk -F'\t' '$1 == "sys_brk" { print $2 }' "$PROC/stats")
	unload_module
	insmod "$ROOT/build/$(uname -r)-unusual/unusual.ko" "brk=$brk"
	load_module maxactive=16
}

teardown_file() {
	echo 0 >/sys/module/unusual/parameters/waits
	unload_leftover
	rmmod unusual
}

# unusual: Python that calls brk under such names.
unusual() {
	python3 - <<-END
	import ctypes, os, signal, threading, time
	from proctext import *
	libc = ctypes.CDLL(None)
	libc.syscall.restype = ctypes.c_ulong
	SYS_brk = 214 if os.uname().machine == "aarch64" else 12
	def be(name):
	    assert libc.prctl(15, name) == 0                                   # PR_SET_NAME
	def brk(address):
	    return libc.syscall(SYS_brk, ctypes.c_ulong(address))
	def own():
	    text = look(os.getpid())
	    for before, after in zip(text.events, text.events[1:]):
	        assert before["new"] == after["old"], (before, after)
	    return text
	def lose_a_thread():
	    """One that is inside brk for good."""
	    def die():
	        be(b"brk-dies")
	        brk(brk(0) + 4096)
	    assert libc.mlockall(2) == 0                                       # MCL_FUTURE
	    threading.Thread(target=die, daemon=True).start()
	    until(lambda: None if len(os.listdir("/proc/self/task")) == 1 else "it lives")
	$(cat)
	END
}

@test "an error of brk that is not EINTR: nothing is certain, and the chain is mended" {
	unusual <<-'END'
	here = brk(0)
	requests = here + 8192, here + 4096, 1
	for request in requests:
	    be(b"brk-fails")
	    brk(request)
	    be(b"python3")
	text = own()
	for request in requests:
	    said, = [e for e in text.events if e["event"] == "refused" and int(e["request"], 16) == request]
	    assert (said["reason"], said["flags"]) == ("unknown", "o"), said
	assert text["Resyncs"] == 2 and text["Brk"] == here + 4096 == int(text.events[-1]["new"], 16), text.head
	END
}

@test "a thread that dies inside brk is inside no more when another call takes its place" {
	unusual <<-'END'
	lose_a_thread()
	assert own()["InFlight"] == 1
	low = brk(0)
	def over():
	    for i in range(32):
	        brk(low + 4096)
	        brk(low)
	    n = own()["InFlight"]
	    return n and f"{n} inside" or None
	until(over)
	brk(low + 4096)
	text = own()
	assert (text["InFlight"], text["Lost"], text.events[-1]["flags"]) == (0, 0, "-"), text.head
	END
}

@test "nor is it when its process has ended" {
	unusual <<-'END'
	r, w = os.pipe()
	pid = os.fork()
	if not pid:
	    lose_a_thread()
	    os.write(w, b"x")
	    signal.pause()
	os.read(r, 1)
	fd = open_file(f"{PROC}/{pid}")
	assert reread(fd)["InFlight"] == 1
	os.kill(pid, signal.SIGKILL)
	os.waitpid(pid, 0)
	text = reread(fd)
	assert text["State"] == "exited" and text["InFlight"] == 0 and text.events[-1]["event"] == "end", text.head
	END
	brkdo burst 100 show >"$BATS_TEST_TMPDIR/out"
	assert_consistent "$BATS_TEST_TMPDIR/out"
}

@test "a call that was lost may be inside: what other threads do then is not certain" {
	unusual <<-'END'
	def waits(value):
	    with open("/sys/module/unusual/parameters/waits", "w") as f:
	        f.write(value)
	def hold_all():
	    """A process that has all calls inside that can be followed."""
	    r, w = os.pipe()
	    waits("1")
	    pid = os.fork()
	    if not pid:
	        assert libc.mlockall(2) == 0
	        low = brk(0)
	        for i in range(1, 21):
	            threading.Thread(target=lambda: (be(b"brk-waits"), brk(low + 4096 * i)), daemon=True).start()
	            until(lambda: None if own()["InFlight"] + own()["Lost"] >= i else "not inside")
	        os.write(w, b"x")
	        signal.pause()
	    os.read(r, 1)
	    return pid
	def let_go(pid):
	    waits("0")
	    until(lambda: look(pid)["InFlight"] or None)
	    os.kill(pid, signal.SIGKILL)
	    os.waitpid(pid, 0)
	def flags(text, request):
	    said, = [e["flags"] for e in text.events if int(e["request"], 16) == request]
	    return said
	def lose_a_call(low):
	    """What the next call says, and seconds after the lost one."""
	    holder = hold_all()
	    thread = threading.Thread(target=brk, args=(low + 4096,))
	    lost, begin = own()["Lost"], time.monotonic()
	    thread.start()
	    thread.join()
	    assert own()["Lost"] > lost
	    let_go(holder)
	    brk(low + 8192)
	    took = time.monotonic() - begin
	    return flags(own(), low + 8192), took
	for i in range(5):
	    low = brk(0)
	    said, took = lose_a_call(low)
	    print(said, took)
	    # It is forgotten after a second.
	    if took < 1:
	        assert said == "o"
	        break
	assert took < 1 or SLOWNESS > 1
	begin = time.monotonic()
	until(lambda: None if time.monotonic() > begin + 2 else "doubtful")
	brk(low + 12288)
	assert flags(own(), low + 12288) == "-"
	END
}

exited() {
	spacedo reread <&"$fd" >"$BATS_TEST_TMPDIR/text"
	[ "$(key State "$BATS_TEST_TMPDIR/text")" = exited ]
}

@test "who sees that a process has exited sees its end, though it is not taken down yet" {
	cp "$BIN/brkdo" "$BATS_TEST_TMPDIR/end-waits"
	echo 1 >/sys/module/unusual/parameters/waits
	start "$BATS_TEST_TMPDIR/end-waits" grow 4096 pause
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	tell
	until_true 10 exited
	kill -0 "$pid"
	cat "$BATS_TEST_TMPDIR/text"
	[ "$(events "$BATS_TEST_TMPDIR/text" | tail -n 1 | cut -f5)" = end ]
	echo 0 >/sys/module/unusual/parameters/waits
	wait "$pid"
	# It ends once.
	exited
	[ -z "$(events "$BATS_TEST_TMPDIR/text")" ]
	exec {fd}<&-
}
