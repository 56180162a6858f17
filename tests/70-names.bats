# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Many processes: their names, numbers that are used again, pid namespaces.

load helper

# Each test loads the module as it needs it.
setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1 BRKWATCH_MODULE
}

teardown_file() {
	cpus "$BRKWATCH_CPUS"
	:
}

teardown() {
	cpus 1
	unload_leftover
	judge_log
}

@test "many processes at insmod: all have names when it returns, and lose them" {
	[ "${BRKWATCH_ACCEL:-}" = tcg ] || cpus 2
	python3 - "$(figure 300 10000)" <<-'END'
	import os, subprocess, sys, time
	from proctext import *
	crowd = Program("crowd", "stay", sys.argv[1])
	before = numbers("/proc")
	begin = time.monotonic()
	subprocess.run(["insmod", os.environ["BRKWATCH_MODULE"]], check=True)
	took = time.monotonic() - begin
	named = numbers(PROC)
	lasting = before & numbers("/proc")
	assert len(lasting) > int(sys.argv[1]), len(lasting)
	assert lasting <= named, lasting - named
	print(f"insmod took {took:.2f} s")
	until(names_differ)
	crowd.end()
	until(names_differ, 30)
	assert stats()["Names"] < len(lasting)
	END
}

@test "many short-lived processes: the names are right, and nothing is kept" {
	load_module exited=0
	cpus 2
	python3 - "$(figure 500 10000)" <<-'END'
	import subprocess, sys, time
	from proctext import *
	until(names_differ)
	before = stats()
	begin = time.monotonic()
	storm = Program("crowd", "storm", sys.argv[1])
	print(f"storm took {time.monotonic() - begin:.2f} s")
	storm.end()
	until(names_differ)
	def kept():
	    now = stats()
	    more = {key: now[key] - before[key] for key in ("Records", "RecordsSpare", "MemoryBytes")}
	    # The pool may have been filled up meanwhile, or not yet. Records may have a quarter of 256 MiB.
	    more["MemoryBytes"] -= more.pop("RecordsSpare") * ((64 << 20) // now["RecordsLimit"])
	    return None if max(more.values()) <= 0 else more
	until(kept)
	now = stats()
	assert now["fork"] - before["fork"] > int(sys.argv[1])
	assert now["NamesRescans"] == 0 and now["RecordsRefused"] == 0, now
	END
}

@test "what the queue cannot hold is found by looking at all processes" {
	insmod "$ROOT/build/$(uname -r)-small/brkwatch.ko"
	cpus 2
	python3 - "$(figure 300 3000)" <<-'END'
	import sys
	from proctext import *
	storm = Program("crowd", "storm", sys.argv[1], "20")
	until(names_differ)
	storm.end()
	until(names_differ)
	now = stats()
	print(now)
	assert now["NamesRescans"] > 0
	END
}

@test "a number that is used again: the descriptor stays with the old process" {
	load_module
	cpus 2
	local max
	max=$(sysctl -n kernel.pid_max)
	# Numbers from 300 on are given to processes.
	sysctl -q kernel.pid_max=400
	run python3 - "$(figure 3 50)" <<-'END'
	import os, select, signal, sys
	from proctext import *
	go, end = os.pipe()
	def start():
	    pid = os.fork()
	    if not pid:
	        os.close(end)
	        os.read(go, 1)
	        os._exit(0)
	    return pid
	def stop(pid):
	    os.kill(pid, signal.SIGKILL)
	    os.waitpid(pid, 0)
	def start_as(number):
	    """Nothing if the kernel has given the number to a thread of its own."""
	    for tries in range(1000):
	        pid = start()
	        if pid == number:
	            return pid
	        stop(pid)
	        if os.path.exists(f"/proc/{number}"):
	            return None
	    raise AssertionError("number did not come again")
	for i in range(int(sys.argv[1])):
	    second = None
	    while not second:
	        first = start()
	        fd = open_file(f"{PROC}/{first}")
	        poll = select.poll()
	        poll.register(fd, select.POLLIN)
	        if i & 1:
	            poll.poll(0)
	        old = reread(fd)
	        assert old["State"] == "running" and old["Pid"] == first
	        stop(first)
	        second = start_as(first)
	        if not second:
	            os.close(fd)
	    new = look(second)
	    assert new["State"] == "running" and new["Pid"] == second
	    assert new["Space"] != old["Space"]
	    late = reread(fd)
	    assert late["State"] == "exited", late.head
	    assert late["Space"] == old["Space"] and late["Pid"] == first
	    assert late["StartBrk"] == old["StartBrk"] and late["Name"] == old["Name"]
	    assert [e["event"] for e in late.events][-1:] == ["end"], late.events
	    assert poll.poll(0)[0][1] & select.POLLHUP
	    os.close(fd)
	    # Now it is the newcomer's alone.
	    until(names_differ)
	    assert second in numbers(PROC)
	    stop(second)
	    until(lambda: None if second not in numbers(PROC) else "name left over")
	END
	sysctl -q kernel.pid_max="$max"
	echo "$output"
	[ "$status" = 0 ]
}

@test "pid namespaces, two deep: each mount of procfs has its own numbers" {
	load_module
	cpus 2
	python3 - <<-'END'
	import errno, os, subprocess
	from proctext import *
	go, stop = os.pipe()
	# Numbers that nobody has in the namespace above.
	first = "echo {}0000 >/proc/sys/kernel/ns_last_pid; "
	inner = first.format(2) + f"for i in 1 2 3; do brkdo to 0 fork grow 4096 pause <&{go} & done; wait"
	outer = first.format(1) + f"brkdo grow 4096 pause <&{go} & unshare -p -f --mount-proc sh -c '{inner}'; wait"
	shells = subprocess.Popen(["unshare", "-p", "-f", "--mount-proc", "sh", "-c", outer],
	                          pass_fds=[go], stdout=subprocess.PIPE, text=True)
	os.close(go)
	said = []
	while said.count("ready") < 4:
	    said.append(shells.stdout.readline().rstrip())
	    assert said[-1], said

	# levels[d][number] is the initial number of a process that is d deep.
	# Kernel threads come and go as they like.
	levels = [{}, {}, {}]
	for pid in numbers("/proc"):
	    if not os.path.exists(f"/proc/{pid}/exe"):
	        continue
	    status = open(f"/proc/{pid}/status").read()
	    numbers_of = [int(n) for n in status.split("NSpid:")[1].splitlines()[0].split()]
	    for depth, number in enumerate(numbers_of):
	        levels[depth][number] = pid
	mounts = ["/proc"] + [f"/proc/{level[1]}/root/proc" for level in levels[1:]]
	assert len(levels[2]) == 4 and len(levels[1]) == 7, levels[1:]

	union = set().union(*levels)
	def listing():
	    before, named, after = numbers("/proc"), numbers(PROC), numbers("/proc")
	    missing, strange = (union | before & after) - named, named - (union | before | after)
	    return missing | strange or None
	until(listing)

	forked = sorted(int(s.split("\t")[1]) for s in said if s.startswith("child"))
	shown = []
	for depth, (mount, level) in enumerate(zip(mounts, levels)):
	    # A kernel thread that stays, and a number that nobody has.
	    for number in union | {2, 4194304}:
	        try:
	            text = look(number, mount, PATIENCE if number in level else 0)
	        except OSError as e:
	            assert e.errno == (errno.ESRCH if (depth, number) == (0, 2) else errno.ENOENT), (mount, number, e)
	            assert number not in level, (mount, number)
	            continue
	        pid = level[number]
	        assert text["Pid"] == number, (mount, number, text["Pid"])
	        assert text["Space"] == look(pid)["Space"]
	        assert text["StartBrk"] == start_brk(number, mount)
	        assert text["Name"] == open(f"{mount}/{number}/comm").read().strip()
	        if text["Name"] == "brkdo":
	            assert {int(e["tid"]) for e in text.events} == {number}, (mount, text.events)
	            shown += [(depth, int(e["request"])) for e in text.events if e["event"] == "fork"]
	# The children are gone: known where it is the initial namespace or their own.
	assert sorted(n for depth, n in shown if depth == 2) == forked, (shown, forked)
	assert [n for depth, n in shown if depth == 1] == [0] * 3, shown
	assert len({n for depth, n in shown if depth == 0 and 0 < n < 10000}) == 3, shown
	os.close(stop)
	assert shells.wait() == 0
	until(names_differ)
	END
}
