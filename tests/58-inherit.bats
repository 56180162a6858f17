# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() sets pid
# Who follows a process gets all of what it becomes and of its children.

load helper

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
	load_module
}

# follow_into ARGS...: follows, with these arguments, a program that waits for
# a line and then does what $program says: every call of the burst is printed.
follow_into() {
	local n=60000 json=$BATS_TEST_TMPDIR/json
	mkfifo "$BATS_TEST_TMPDIR/in"
	"${program[@]}" <"$BATS_TEST_TMPDIR/in" 3>&- &
	local pid=$! told follower
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 1 has_name "$pid"
	"$CLI" --json --follow "$@" "$pid" >"$json" 3>&- &
	follower=$!
	until_true 10 test -s "$json"
	echo >&"$told"
	wait "$pid"
	wait "$follower"
	python3 - "$json" "$n" <<-'END'
	import json, sys
	seen = lost = 0
	for line in open(sys.argv[1]):
	    o = json.loads(line)
	    if o["type"] == "event" and o["event"] in ("query", "grow", "shrink"):
	        seen += 1
	    elif o["type"] in ("lost", "missed"):
	        print(o)
	        lost += 1
	print(seen)
	assert seen >= int(sys.argv[2]) and not lost, (seen, lost)
	END
}

burst_after() {
	cpus "$1"
	program=(bash -c 'read -r; exec brkdo burst 60000')
	follow_into
	rm "$BATS_TEST_TMPDIR/in"
	# Three programs, the follower may have seen none of the first two.
	program=(bash -c 'read -r; exec env nice brkdo burst 60000')
	follow_into
	rm "$BATS_TEST_TMPDIR/in"
	program=(bash -c 'read -r; brkdo burst 60000; true')
	follow_into -f
	rm "$BATS_TEST_TMPDIR/in"
	program=(env python3 -S -c 'import subprocess; input(); subprocess.run(["brkdo", "burst", "60000"])')
	follow_into -f
}

@test "exec, fork and vfork into a burst, one processor: no call is lost" {
	burst_after 1
}

@test "exec, fork and vfork into a burst, four processors: no call is lost" {
	burst_after 4
}

@test "a reserve that nobody wants is given back" {
	start_brkdo pause grow 4096 pause
	until_true 1 has_name "$pid"
	local before
	before=$(stat_of MemoryBytes)
	python3 - "$pid" "$told" "$before" <<-'END'
	import select, subprocess, sys
	from proctext import *
	mine, before = os.getpid(), int(sys.argv[3])
	fd = open_file(f"{PROC}/{mine}")
	poll = select.poll()
	poll.register(fd, select.POLLIN)
	poll.poll(0)
	ring = reread(fd)["History"]
	# One is in use, and another one in reserve.
	assert stats()["MemoryBytes"] - before > 2 * 40 * ring
	child = Program("brkdo", "burst", "100", "pause")
	assert look(child.pid)["History"] == ring
	until(lambda: None if look(child.pid)["History"] == 32 else "still long", 60)
	child.end()
	poll.poll(0)
	os.close(fd)
	until(lambda: None if stats()["MemoryBytes"] - before < 40 * ring else stats(), 60)
	END
	tell
	tell
	wait "$pid"
}
