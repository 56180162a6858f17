# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# More processes than records, more history than memory.

load helper

# Each test loads the module as it needs it.
setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
}

teardown_file() {
	:
}

teardown() {
	unload_leftover
	judge_log
}

@test "more processes than records: live values in all, files for the recorded ones, every call counted" {
	load_module records=16 exited=0 history=256
	python3 - <<-'END'
	import ctypes, errno, signal, threading
	from proctext import *
	def first_flag():
	    """Of the first call that is recorded: the crowd ends after one that is not."""
	    threading.Thread(target=signal.pause, daemon=True).start()
	    seen, times = None, [0, 0]
	    while (lost := stats()["LostNoRecord"]) != seen:
	        seen, times = lost, [times[1], time.monotonic()]
	        ctypes.CDLL(None).sbrk(4096)
	        crowd.process.stdin.close()
	    # It is forgotten after a second.
	    return look(os.getpid()).events[0]["flags"] if time.monotonic() < times[0] + 1 else "o"
	def count():
	    """Calls in records, calls without, calls made: at one moment."""
	    while True:
	        before = stats()
	        calls = {pid: int(row["calls"]) for pid, row in table("all").items()}
	        if stats() == before:
	            return sum(calls.values()), before["LostNoRecord"], before["sys_brk"]
	begin = count()
	crowd = Program("crowd", "stay", "40", "7")
	now = count()
	recorded = 0
	rows = table("all")
	for line in crowd.said[:-1]:
	    word, pid, brk, calls = line.split()
	    row = rows[int(pid)]
	    assert int(row["brk"], 16) == int(brk, 16) and int(row["start_brk"], 16) == start_brk(pid), row
	    try:
	        text = look(int(pid))
	        assert text["Calls"] == int(row["calls"]) and text["Calls"] - int(calls) in (0, 1), text.head
	        assert text["Brk"] == int(brk, 16), text.head
	        recorded += 1
	    except OSError as error:
	        assert error.errno == errno.ENOMEM and row["calls"] == "0", (error, row)
	print(stats(), recorded, begin, now)
	assert 0 < recorded <= 16
	assert stats()["RecordsRefused"] > 0 and stats()["RecordsLimit"] == 16
	made = now[2] - begin[2]
	assert made >= 40 * 7 and now[1] - begin[1] > 20 * 7
	assert now[0] - begin[0] + now[1] - begin[1] == made, (begin, now)
	# A call without a record may be inside when another thread's call makes it.
	pid = os.fork()
	if not pid:
	    os._exit(first_flag() != "o")
	crowd.end()
	assert os.waitpid(pid, 0)[1] == 0
	until(names_differ)
	# There is room again.
	until(lambda: None if stats()["Records"] < 16 else stats())
	alone = Program("brkdo", "grow", "4096", "pause")
	assert look(alone.pid)["Grows"] == 1
	alone.end()
	END
}

@test "little memory for long histories: they are shorter, at last as short as ever, and say so" {
	load_module memory=1
	python3 - <<-'END'
	import os, select
	from proctext import *
	program = Program("brkdo", "burst", "50", "pause")
	crowd = Program("crowd", "stay", "30", "50")
	others = [open_file(f"{PROC}/{said.split()[1]}") for said in crowd.said if said.startswith("child")]
	for fd in others:
	    poll = select.poll()
	    poll.register(fd, select.POLLIN)
	    poll.poll(0)
	sizes = [reread(fd)["History"] for fd in others]
	print(sizes)
	assert len(sizes) == 30 and 1024 <= sizes[0] < 65536, sizes
	assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 32, sizes

	fds = [open_file(f"{PROC}/{program.pid}") for i in range(5)]
	poll = select.poll()
	for fd in fds:
	    poll.register(fd, select.POLLIN)
	assert len(poll.poll(1000)) == len(fds)
	for fd in fds:
	    text = reread(fd)
	    assert text["History"] == 32 and len(text.events) == 32, text.head
	    assert text["Dropped"] == text["Events"] - 32
	assert poll.poll(0) == []
	full = stats()["MemoryBytes"]
	# The table is not of the limit: 8 bytes for each of the records there may be.
	assert full <= (1 << 20) + 8 * 32768, full
	program.end()
	assert all(event & select.POLLHUP for fd, event in poll.poll(1000))
	for fd in fds:
	    assert reread(fd).events[-1]["event"] == "end"
	for fd in fds + others:
	    os.close(fd)
	# A few of them are kept for the next follower, for a moment.
	until(lambda: None if stats()["MemoryBytes"] < full - 8192 * 40 else stats())
	crowd.end()
	END
}

@test "whoever follows many processes keeps no other one from being recorded" {
	load_module memory=2
	python3 - <<-'END'
	import os, select
	from proctext import *
	crowd = Program("crowd", "stay", "30", "50")
	poll = select.poll()
	for said in crowd.said:
	    if said.startswith("child"):
	        poll.register(open_file(f"{PROC}/{said.split()[1]}"), select.POLLIN)
	poll.poll(0)
	others = Program("crowd", "stay", "100", "7")
	calls = [look(int(said.split()[1]))["Calls"] for said in others.said if said.startswith("child")]
	print(calls, stats())
	assert len(calls) == 100 and min(calls) >= 7
	assert stats()["RecordsExhausted"] == 0 and stats()["LostNoRecord"] == 0
	others.end()
	crowd.end()
	END
}

@test "whoever keeps files of processes that are gone keeps no other one from being recorded" {
	load_module records=32
	python3 - <<-'END'
	from proctext import *
	kept = []
	for i in range(64):
	    program = Program("brkdo", "grow", "4096", "pause")
	    kept.append(open_file(f"{PROC}/{program.pid}"))
	    program.end()
	until(lambda: None if stats()["Records"] < 32 else stats())
	program = Program("brkdo", "grow", "4096", "pause")
	assert look(program.pid)["Grows"] == 1, stats()
	program.end()
	assert all(reread(fd).events[-1]["event"] == "end" for fd in kept)
	END
}

@test "a user whose processes come one after another finds a spare record for each" {
	BRKWATCH_MODULE=$ROOT/build/$(uname -r)-small/brkwatch.ko load_module
	python3 - <<-'END'
	import ctypes, os
	from proctext import *
	libc = ctypes.CDLL(None)
	def lacking():
	    now = stats()
	    return now["RecordsExhausted"], now["LostNoRecord"]
	begin = lacking()
	for i in range(12):
	    # Of 8, a user alone may take 4: they are filled up before these are gone.
	    until(lambda: None if stats()["RecordsSpare"] >= 6 else stats())
	    pid = os.fork()
	    if not pid:
	        os.setuid(1000)
	        os._exit(libc.brk(None))
	    assert os.waitpid(pid, 0)[1] == 0
	assert lacking() == begin, (begin, stats())
	END
}

@test "a user may have as many records and descriptors as he leaves to others" {
	load_module records=64 memory=1
	python3 - <<-'END'
	import errno, os, shutil
	from proctext import *
	# From a tmpfs, or its owner may not read it.
	brkdo = shutil.copy(shutil.which("brkdo"), "/tmp/brkdo")
	def open_as_many(fd_of):
	    """Descriptors of the file, until there can be no more."""
	    fds = []
	    try:
	        while len(fds) < 100:
	            fds.append(fd_of())
	    except OSError as error:
	        assert error.errno == errno.ENOMEM, error
	    return fds
	def nobody():
	    os.setgroups([]), os.setresgid(65534, 65534, 65534), os.setresuid(65534, 65534, 65534)
	crowd = Program("crowd", "stay", "60", "7", preexec_fn=nobody)
	# The rest of the limit is for others.
	assert 20 < stats()["Records"] <= 40 and stats()["RecordsRefused"] > 0, stats()
	alone = Program("brkdo", "grow", "4096", "pause")
	assert look(alone.pid)["Grows"] == 1
	crowd.end()

	own = Program(brkdo, "grow", "4096", "pause", preexec_fn=nobody)
	os.setgroups([]), os.setresgid(65534, 65534, 0), os.setresuid(65534, 65534, 0)
	fds = open_as_many(lambda: open_file(f"{PROC}/{own.pid}"))
	os.setresuid(0, 0, 0), os.setresgid(0, 0, 0)
	print(len(fds), stats())
	assert 20 < len(fds) < 100, len(fds)
	# Root is not bound by that: what is left is his.
	more = open_as_many(lambda: open_file(f"{PROC}/{alone.pid}"))
	assert len(more) > 20, len(more)
	for fd in fds + more:
	    os.close(fd)
	assert look(own.pid)["Grows"] == 1
	own.end()
	alone.end()
	END
}

@test "what is overwritten before its turn ends the look, is dropped from the next, and makes no gap" {
	load_module history=128
	start_brkdo burst 300 pause burst 200 pause
	until_true 1 has_name "$pid"
	python3 - "$pid" "$told" "$out" <<-'END'
	import os, sys
	from proctext import *
	fd, told = open_file(f"{PROC}/{sys.argv[1]}"), int(sys.argv[2])
	# The kernel makes text a page at a time: header and the first events.
	text = os.read(fd, 100)
	os.write(told, b"\n")
	until(lambda: None if open(sys.argv[3]).read().count("ready") == 2 else "not ready")
	while part := os.read(fd, 65536):
	    text += part
	cut = Text(text.decode())
	seen = [int(e["seq"]) for e in cut.events]
	assert 0 < len(seen) < 128 and seen == list(range(cut["Events"] - 127, cut["Events"] - 127 + len(seen))), seen
	rest = reread(fd)
	first = int(rest.events[0]["seq"])
	assert rest["Dropped"] - cut["Dropped"] == first - seen[-1] - 1 > 0, (rest.head, seen)
	assert len(rest.events) == 128 and int(rest.events[-1]["seq"]) == rest["Events"]
	print(len(seen), "then", rest["Dropped"] - cut["Dropped"], "dropped")
	END
	tell
	wait "$pid"
}

@test "who has used up his share with address spaces whose end nobody saw gets it back" {
	load_module records=64
	python3 - /sys/kernel/debug/kprobes/enabled <<-'END'
	import errno, sys
	from proctext import *
	AS_USER = "setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"
	def refused():
	    program = Program(*AS_USER, "brkdo", "grow", "4096", "pause")
	    try:
	        look(program.pid)
	        return None
	    except OSError as e:
	        assert e.errno == errno.ENOMEM, e
	        return stats()
	    finally:
	        program.end()
	crowd = Program(*AS_USER, "crowd", "stay", "40", "7")
	assert refused()
	with open(sys.argv[1], "w") as f:
	    f.write("0")
	try:
	    crowd.end()
	finally:
	    with open(sys.argv[1], "w") as f:
	        f.write("1")
	# Nothing else ends meanwhile, and the others have left half of the records.
	assert stats()["Records"] < 64
	until(refused)
	END
}
