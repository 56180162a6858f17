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

@test "more processes than records: live values for all, and all calls counted" {
	load_module records=16 exited=0
	python3 - <<-'END'
	from proctext import *
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
	for line in crowd.said[:-1]:
	    word, pid, brk, calls = line.split()
	    text = look(int(pid))
	    assert text["StartBrk"] == start_brk(pid), pid
	    assert text["Brk"] == int(brk, 16), (pid, brk)
	    assert text["State"] == "running" and text["HeapBytes"] == text["Brk"] - text["StartBrk"]
	    assert text["Calls"] in (0, int(calls), int(calls) + 1), text.head
	    recorded += text["Calls"] > 0
	print(stats(), recorded, begin, now)
	assert 0 < recorded <= 16
	assert stats()["RecordsRefused"] > 0 and stats()["RecordsLimit"] == 16
	made = now[2] - begin[2]
	assert made >= 40 * 7 and now[1] - begin[1] > 20 * 7
	assert now[0] - begin[0] + now[1] - begin[1] == made, (begin, now)
	crowd.end()
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
	assert stats()["MemoryBytes"] < full - 8192 * 40
	crowd.end()
	END
}

@test "whoever follows many processes keeps no other one from being recorded" {
	load_module memory=1
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

@test "who waits for a process without a record hears of its end" {
	load_module records=16
	python3 - <<-'END'
	import select, threading, time
	from proctext import *
	crowd = Program("crowd", "stay", "40", "7")
	poll, waited = select.poll(), 0
	for said in crowd.said:
	    if said.startswith("child"):
	        fd = open_file(f"{PROC}/{said.split()[1]}")
	        text = reread(fd)
	        if text["Calls"] == 0:
	            poll.register(fd, select.POLLIN)
	            waited += 1
	assert waited > 20 and poll.poll(0) == [], waited
	got = []
	waiter = threading.Thread(target=lambda: got.extend(poll.poll(120000 * SLOWNESS)))
	waiter.start()
	until(lambda: None if "poll" in open(f"/proc/self/task/{waiter.native_id}/wchan").read() else "not there")
	crowd.end()
	begin = time.monotonic()
	waiter.join()
	assert time.monotonic() - begin < 60 * SLOWNESS
	assert got and all(event & select.POLLHUP for fd, event in got), got
	assert len(poll.poll(0)) == waited
	assert all(reread(fd)["State"] == "exited" for fd, event in got)
	END
}
