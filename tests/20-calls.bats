# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Single calls: every event against the caller's own reckoning.

load helper

setup_file() {
	sysctl -q kernel.randomize_va_space=2
	load_module
}

check() {
	brkdo "$@" show >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	assert_same_calls "$BATS_TEST_TMPDIR/out"
	assert_consistent "$BATS_TEST_TMPDIR/out"
}

# The reasons of the newest events, oldest first.
reasons() {
	events "$BATS_TEST_TMPDIR/out" | tail -n "$1" | cut -f11 | xargs
}

@test "query, grow by a byte, a page, 33 pages, move, same, shrink, back" {
	check query grow 1 grow 4096 grow 135168 grow 8 grow -8 same \
		grow -4096 to 0 query
	expected "$BATS_TEST_TMPDIR/out" | cut -f1 | xargs >"$BATS_TEST_TMPDIR/kinds"
	[ "$(cat "$BATS_TEST_TMPDIR/kinds")" = \
		"query grow grow grow move move same shrink shrink query" ]
}

@test "refused: below start, far too high" {
	# 2^56 is too high with five levels of page tables as well.
	local far=0x100000000000000 last_page=address_limit
	case $(uname -m) in
	i686) far=-0x3ffff000 ;;
	# All addresses are a program's there, but the last page.
	s390x) far=-1 last_page=no_memory ;;
	esac
	check grow 4096 to -1 at 1 at "$far" at -1 at -4096 query
	[ "$(reasons 6)" = "below_start below_start $(too_far) address_limit $last_page -" ]
}

@test "a tracer has changed what is asked for: the event has what the kernel saw" {
	tracer >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	assert_same_calls "$BATS_TEST_TMPDIR/out"
	assert_consistent "$BATS_TEST_TMPDIR/out"
}

@test "the file says what maps, stat and getrlimit say" {
	start_brkdo to 0 grow 135170 pause
	file_of "$pid" >"$BATS_TEST_TMPDIR/text"
	cat "$BATS_TEST_TMPDIR/text" "/proc/$pid/maps"
	python3 - "$pid" "$BATS_TEST_TMPDIR/text" <<-'END'
	import sys
	pid, name = sys.argv[1:]
	head = dict(l.rstrip("\n").split(":\t") for l in open(name).read().split("\n\n")[0].splitlines())
	stat = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
	start, brk = int(head["StartBrk"], 16), int(head["Brk"], 16)
	assert start == int(stat[47 - 3]), (start, stat[44])
	assert brk == start + 135170
	assert int(head["HeapBytes"]) == 135170 and int(head["PeakBytes"]) >= 135170
	up = lambda a: -(-a // 4096) * 4096
	assert int(head["HeapPages"]) == (up(brk) - up(start)) // 4096
	maps = [l.split() for l in open(f"/proc/{pid}/maps")]
	heap = [m[0] for m in maps if m[-1] == "[heap]"][-1].split("-")
	assert int(heap[1], 16) == up(brk), heap
	after = min(int(m[0].split("-")[0], 16) for m in maps if int(m[0].split("-")[0], 16) >= up(brk))
	assert int(head["NextMapping"], 16) == after, (head["NextMapping"], hex(after))
	assert int(head["RoomBytes"]) == after - up(brk)
	assert head["DataLimit"] == "unlimited" and head["State"] == "running"
	assert head["Name"] == "brkdo" and head["Pid"] == pid and head["Format"] == "1"
	END
	prlimit --pid "$pid" --data=12345678:
	[ "$(key DataLimit "$PROC/$pid")" = 12345678 ]
	tell
	wait "$pid"
}

@test "what is mapped right above the heap, and so one with it, leaves no room" {
	check to 0 grow 4096 map 0
	[ "$(key NextMapping "$BATS_TEST_TMPDIR/out")" = "$(key Brk "$BATS_TEST_TMPDIR/out")" ]
	[ "$(key RoomBytes "$BATS_TEST_TMPDIR/out")" = 0 ]
}

@test "a process that existed before insmod is recorded from its next call" {
	unload_module
	start_brkdo grow 4096 pause grow 8192 query pause
	load_module
	[ "$(key Calls "$PROC/$pid")" = 0 ]
	[ "$(key Brk "$PROC/$pid")" = "$(tail -n 2 "$out" | expected | cut -f4)" ]
	tell
	until_true 5 grep -q query "$out"
	cat "$PROC/$pid" >"$BATS_TEST_TMPDIR/text"
	[ "$(key Calls "$BATS_TEST_TMPDIR/text")" = 2 ]
	diff <(expected "$out" | tail -n 2) <(calls "$BATS_TEST_TMPDIR/text")
	tell
	wait "$pid"
}

@test "one that is gone: ESRCH or ENOENT, then no name" {
	start_brkdo grow 4096 pause
	file_of "$pid" >/dev/null
	tell
	wait "$pid"
	run cat "$PROC/$pid"
	[ "$status" -ne 0 ]
	[[ "$output" == *"No such"* ]]
	until_true 2 eval "! has_name $pid"
	run cat "$PROC/$pid"
	[[ "$output" == *"No such file"* ]]
}

@test "a kernel thread has no address space" {
	run cat "$PROC/2"
	[ "$status" -ne 0 ]
	[[ "$output" == *"No such process"* ]]
}

@test "a descriptor outlives its process and shows the last events" {
	start_brkdo grow 4096 pause grow 8192
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	cat <&"$fd" >"$BATS_TEST_TMPDIR/before"
	tell
	wait "$pid"
	python3 -c "import os; fd=$fd; os.lseek(fd,0,0); print(open(fd).read())" >"$BATS_TEST_TMPDIR/after"
	cat "$BATS_TEST_TMPDIR/after"
	[ "$(key State "$BATS_TEST_TMPDIR/after")" = exited ]
	[ "$(events "$BATS_TEST_TMPDIR/after" | cut -f5 | xargs)" = "grow end" ]
	[ "$(key Brk "$BATS_TEST_TMPDIR/after")" = "$(expected "$out" | tail -n 1 | cut -f4)" ]
	[ "$(events "$BATS_TEST_TMPDIR/after" | tail -n 1 | cut -f4)" = "$pid" ]
	exec {fd}<&-
	until_true 2 eval "! has_name $pid"
}

@test "what is dropped from the history is counted" {
	brkdo burst 100 show >"$BATS_TEST_TMPDIR/out"
	assert_consistent "$BATS_TEST_TMPDIR/out"
	local n
	n=$(key Events "$BATS_TEST_TMPDIR/out")
	[ "$n" -ge 100 ]
	[ "$(key History "$BATS_TEST_TMPDIR/out")" = 32 ]
	[ "$(key Dropped "$BATS_TEST_TMPDIR/out")" = $((n - 32)) ]
	[ "$(events "$BATS_TEST_TMPDIR/out" | wc -l)" = 32 ]
}

@test "brkwatch-stacks takes a map for its process's, in whatever order a number's bytes are" {
	run -0 maprecord
	[ "$output" = "17 7000-9000 1000 /a/file inode 42
17 7000-9000 1000 /a/file build ID abc" ]
}
