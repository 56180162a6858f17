# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Descriptors: cursors, poll, slow and stopped followers, bursts.

load helper

setup_file() {
	load_module
	cpus 2
}

@test "poll, select and epoll, level and edge, see news once and the end for good" {
	start_brkdo grow 4096 pause grow 4096 pause grow 8192
	until_true 1 has_name "$pid"
	python3 - "$pid" "$told" <<-'END'
	import os, select, sys, time
	name, told = f"/proc/brkwatch/{sys.argv[1]}", int(sys.argv[2])
	def get(fd):
	    os.lseek(fd, 0, os.SEEK_SET)
	    text = b"".join(iter(lambda: os.read(fd, 65536), b""))
	    return [l.split("\t") for l in text.decode().splitlines() if l.count("\t") == 13][1:]
	def ready(fd, timeout):
	    p = select.poll(); p.register(fd, select.POLLIN | select.POLLPRI)
	    return dict(p.poll(timeout)).get(fd, 0)
	fd, slow, unread = (os.open(name, os.O_RDONLY) for i in range(3))
	level, edge = select.epoll(), select.epoll()
	level.register(fd, select.EPOLLIN)
	assert ready(fd, 0) == select.POLLIN | select.POLLPRI, "history is news"
	assert select.select([fd], [], [], 0)[0] and level.poll(0)
	history = get(fd)
	assert history[-1][4] == "grow"
	assert not ready(fd, 0) and not level.poll(0) and not select.select([fd], [], [fd], 0)[0]
	edge.register(fd, select.EPOLLIN | select.EPOLLET)
	assert not edge.poll(0)
	get(slow)

	os.write(told, b"\n")
	begin = time.monotonic()
	assert level.poll(60) == [(fd, select.EPOLLIN)], "woken"
	took = time.monotonic() - begin
	assert edge.poll(60), "edge"
	assert not edge.poll(0), "only once"
	assert select.select([fd], [], [], 0)[0] and ready(fd, 0)
	while not (rows := get(fd)):
	    pass
	assert [r[4] for r in rows] == ["grow"] and int(rows[0][0]) == int(history[-1][0]) + 1
	assert not ready(fd, 0) and not level.poll(0) and not edge.poll(0)
	assert [r[4] for r in get(slow)] == ["grow"], "another's cursor is another's"

	os.write(told, b"\n")
	assert edge.poll(60)
	while not ready(fd, 1000) & select.POLLHUP:
	    pass
	rows += get(fd)
	assert [r[4] for r in rows] == ["grow", "grow", "end"], rows
	assert ready(fd, 0) == select.POLLIN | select.POLLHUP, "the end is for good"
	assert get(fd) == [], "and nothing is shown twice"
	assert len(get(unread)) == int(rows[-1][0]), "nobody else's reading took anything"
	print(f"woken after {took * 1000:.1f} ms")
	END
	wait "$pid"
}

@test "who waits exclusively keeps no news from others" {
	start_brkdo grow 4096 pause grow 4096 pause
	until_true 1 has_name "$pid"
	python3 - "$pid" "$told" <<-'END'
	import os, select, sys, threading, time
	name, told = f"/proc/brkwatch/{sys.argv[1]}", int(sys.argv[2])
	woken, tids = [], []
	def wait(n):
	    fd, epoll = os.open(name, os.O_RDONLY), select.epoll()
	    os.read(fd, 65536)
	    epoll.register(fd, select.EPOLLIN | select.EPOLLEXCLUSIVE)
	    tids.append(threading.get_native_id())
	    woken.extend([n] if epoll.poll(60) else [])
	threads = [threading.Thread(target=wait, args=(n,)) for n in range(3)]
	for t in threads:
	    t.start()
	while len(tids) < 3 or not all("poll" in open(f"/proc/self/task/{t}/wchan").read() for t in tids):
	    time.sleep(0.01)
	os.write(told, b"\n")
	for t in threads:
	    t.join()
	assert sorted(woken) == [0, 1, 2], woken
	END
	tell
	wait "$pid"
}

@test "reads in any size, at any place, give the snapshot that a read at 0 took" {
	start_brkdo burst 20 pause burst 20 pause
	until_true 1 has_name "$pid"
	python3 - "$pid" "$told" <<-'END'
	import os, sys, time
	name, told = f"/proc/brkwatch/{sys.argv[1]}", int(sys.argv[2])
	fd = os.open(name, os.O_RDONLY)
	one = b""
	while c := os.read(fd, 1):
	    one += c
	    if len(one) == 700:
	        os.write(told, b"\n")	# what happens now is not in this snapshot
	        time.sleep(0.3)
	assert one.endswith(b"\n") and one.count(b"\n") > 40
	for n in (1, 7, 100, 4096):
	    again = b""
	    while c := os.pread(fd, n, len(again) + 1):
	        again += c
	    assert again == one[1:], n
	head = dict(l.split(":\t") for l in one.decode().split("\n\n")[0].splitlines())
	rows = one.decode().splitlines()
	assert int(rows[-1].split("\t")[0]) == int(head["Events"])
	v = os.preadv(fd, [a := bytearray(100), b := bytearray(1000)], 5)
	assert bytes(a + b)[:v] == one[5:5 + v]
	r, w = os.pipe()
	n = os.splice(fd, w, 1000, offset_src=10)
	assert os.read(r, n) == one[10:10 + n]
	assert os.pread(fd, 100, 1 << 40) == b""
	os.lseek(fd, 0, os.SEEK_SET)
	two = b"".join(iter(lambda: os.read(fd, 1000), b"")).decode()
	assert int(two.splitlines()[-20].split("\t")[0]) == int(head["Events"]) + 1, two
	END
	tell
	wait "$pid"
}

@test "the first poll makes the history long, the last close short again" {
	start_brkdo burst 10 pause burst 1000 pause
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	[ "$(key History "$PROC/$pid")" = 32 ]
	local bytes before
	before=$(stat_of MemoryBytes)
	python3 -c "import select; p = select.poll(); p.register($fd); p.poll(0)"
	[ "$(key History "$PROC/$pid")" = 65536 ]
	bytes=$(stat_of MemoryBytes)
	[ "$bytes" -gt $((before + 65536 * 40)) ]
	tell
	until_true 5 eval "[ \$(grep -c ready '$out') = 2 ]"
	cat "$PROC/$pid" >"$BATS_TEST_TMPDIR/text"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	[ "$(key Dropped "$BATS_TEST_TMPDIR/text")" = 0 ]
	[ "$(events "$BATS_TEST_TMPDIR/text" | wc -l)" -ge 1010 ]
	exec {fd}<&-
	cat "$PROC/$pid" >"$BATS_TEST_TMPDIR/text"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	[ "$(key History "$BATS_TEST_TMPDIR/text")" = 32 ]
	[ "$(events "$BATS_TEST_TMPDIR/text" | wc -l)" = 32 ]
	# It is kept for the next follower, for a moment.
	until_true 30 eval "[ \$(stat_of MemoryBytes) -lt $((before + 65536 * 40)) ]"
	tell
	wait "$pid"
}

# account FILE: what --json printed: events, what was lost, the sum of their deltas.
account() {
	awk -F '"delta_bytes":' '/"type":"event"/ { n++; delta += $2; last = $0 }
		/"type":"lost"/ { sub(".*\"count\":", ""); lost += $0 }
		END {
			print n, lost + 0, delta
			end = last ~ /"event":"end"/
			sub(".*\"seq\":", "", last)
			exit !end || n + lost != last + 0
		}' "$1"
}

# As many calls as the history can hold, followed as text and as JSON.
burst() {
	local n=64000 dir=$BATS_TEST_TMPDIR seen lost delta
	start_brkdo pause burst $n
	"$CLI" --follow "$pid" >"$dir/text" 3>&- &
	local text=$!
	"$CLI" --json --follow "$pid" >"$dir/json" 3>&- &
	local json=$!
	until_true 10 test -s "$dir/text"
	until_true 10 test -s "$dir/json"
	tell
	wait "$pid"
	wait "$text"
	wait "$json"
	account "$dir/json" >"$dir/account"
	read -r seen lost delta <"$dir/account"
	echo "# $seen printed, $lost lost" >&3
	[ "$seen" -gt $n ]
	[ "$lost $delta" = "0 0" ]
	tail -n 1 "$dir/text" | grep 'has ended'
	[ "$(grep -cE ' (grow|shrink) ' "$dir/text")" -ge $n ]
	run ! grep -E '^\.\.\. .*(lost|dropped|unrecorded)' "$dir/text"
}

@test "a burst of calls, one processor: every event is printed, as text and as JSON" {
	with_cpus 1 burst
}

@test "a burst of calls, four processors: every event is printed, as text and as JSON" {
	with_cpus 4 burst
}

@test "a follower that is stopped loses old events, is told how many, and nothing else" {
	cpus 1
	unload_module
	load_module follow_history=4096
	cpus 2
	start_brkdo grow 4096 pause burst 10000 pause
	"$CLI" --json --follow "$pid" >"$BATS_TEST_TMPDIR/json" 3>&- &
	local follower=$! seen lost delta
	"$CLI" --json --follow "$pid" >"$BATS_TEST_TMPDIR/other" 3>&- &
	local other=$!
	until_true 10 test -s "$BATS_TEST_TMPDIR/json"
	until_true 10 test -s "$BATS_TEST_TMPDIR/other"
	kill -STOP "$follower"
	tell
	until_true 20 eval "[ \$(grep -c ready '$out') = 2 ]"
	kill -CONT "$follower"
	tell
	wait "$pid" "$follower" "$other"
	account "$BATS_TEST_TMPDIR/json" >"$BATS_TEST_TMPDIR/account"
	read -r seen lost delta <"$BATS_TEST_TMPDIR/account"
	cat "$BATS_TEST_TMPDIR/account"
	# What is kept is the newest, the end included.
	[ "$seen" -ge 4096 ]
	[ "$lost" -gt 1000 ]
	account "$BATS_TEST_TMPDIR/other"
}

@test "the last events of a process that exits at once are printed" {
	for _ in 1 2 3; do
		start_brkdo pause grow 4096 grow 8192
		"$CLI" --follow "$pid" >"$BATS_TEST_TMPDIR/text" 3>&- &
		local follower=$!
		until_true 10 test -s "$BATS_TEST_TMPDIR/text"
		tell
		wait "$pid" "$follower"
		cat "$BATS_TEST_TMPDIR/text"
		[ "$(grep -c ' grow ' "$BATS_TEST_TMPDIR/text")" = 2 ]
		grep -q 'has ended: .*grown 12 KiB' "$BATS_TEST_TMPDIR/text"
	done
}

@test "opened in the middle of an exec: the break that exec sets is no event" {
	python3 "$ROOT/tests/execpeek.py" "$BIN/brkdo" "$(figure 15 1000)"
}
