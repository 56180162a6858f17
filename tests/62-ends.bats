# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() and look() set variables
# Ends of processes, breaks moved without brk(2), programs of other kinds, and
# the files all and exited.

load helper
load spaces

setup_file() {
	load_module history=256 exited=4
}

@test "killed: by SIGKILL, by SIGSEGV" {
	start brkdo grow 4096 pause
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	kill -KILL "$pid"
	wait "$pid" || [ $? = 137 ]
	assert_ended
	[[ "${again[last]}" == "$pid end "* ]]
	exec {fd}<&-
	assert_gone "$pid"

	ulimit -c 0
	start spacedo segv
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	tell
	wait "$pid" || [ $? = 139 ]
	assert_ended
	[[ "${again[kinds]}" == *"grow end" ]]
	exec {fd}<&-
	assert_gone "$pid"
}

@test "a daemon that forks twice" {
	start spacedo daemon
	until_said daemon
	wait "$pid"
	assert_gone "$pid"
	assert_gone "${said[middle]}"
	look daemon "${said[daemon]}"
	assert_consistent "$BATS_TEST_TMPDIR/daemon"
	[ "${daemon[kinds]}" = "query grow" ]
	[ "${daemon[HeapBytes]}" = 8192 ]
	tell
	assert_gone "${said[daemon]}"
}

@test "a zombie: its name says ESRCH, and goes when it is reaped" {
	start spacedo zombie
	until_said child
	local child=${said[child]}
	until_true 1 has_name "$child"
	exec {fd}<"$PROC/$child"
	tell
	until_ready 2
	grep -q 'State:.*Z' "/proc/$child/status"
	assert_ended
	has_name "$child"
	run cat "$PROC/$child"
	[ "$status" -ne 0 ]
	[[ "$output" == *"No such process"* ]]
	# The name goes, open descriptor or not.
	tell
	until_ready 3
	[ ! -e "/proc/$child" ]
	assert_gone "$child"
	look_again again
	[ "${again[State]}" = exited ]
	exec {fd}<&-
	finish
}

@test "a process whose main thread has exited is shown as ever" {
	start brkdo grow 4096 leave grow 8192 pause grow 12288 pause
	grep -q 'State:.*Z' "/proc/$pid/status"
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	look text "$pid"
	cat "$BATS_TEST_TMPDIR/text"
	[ "${text[State]}" = running ]
	assert_consistent "$BATS_TEST_TMPDIR/text"
	assert_same_calls_of
	[[ "${text[last]}" == *" grow "* && "${text[last]}" != "$pid "* ]]
	cut -f1 "$PROC/all" | grep -qx "$pid"
	run -0 "$CLI" "$pid"
	echo "$output"
	[[ "$output" == *$'\nResident '*" grow "* ]]
	run -0 "${CLI%cli}malloc" --regions "$pid"
	[[ "$output" == *$'\nheap '* ]]
	tell
	until_ready 2
	look_again again
	[[ "${again[last]}" == *" grow "*" 3 "* ]]
	tell
	finish
	assert_ended
	exec {fd}<&-
	assert_gone "$pid"
}

hex() {
	printf '0x%016x' $(($1))
}

@test "prctl moves the break: external, with the right old and new" {
	start spacedo prctl
	look text "$pid"
	cat "$BATS_TEST_TMPDIR/text"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	local brk=$((said[brk]))
	[ "$(events "$BATS_TEST_TMPDIR/text" | awk -F'\t' '$5 == "external" { print $7, $8, $6, $12 }')" = \
		"$(while read -r old new below; do
			echo "$(hex "$brk + $old") $(hex "$brk + $new") $(hex "said[start] + $below") -"
		done <<<'0 16 -2*4096
			16 2*4096 -2*4096
			3*4096 3*4096 -4096
			3*4096 5*4096 0')" ]
	[[ "${text[kinds]}" == *"query grow external query external query grow external refused external" ]]
	[ "${text[StartBefore]}" = "$(hex "said[start] - 2*4096")" ]
	grep -q below_start "$BATS_TEST_TMPDIR/text"
	[ "${text[StartBrk]}" = "${said[start]}" ]
	[ $((text[Brk])) = $((brk + 5 * 4096)) ]
	[ "${text[HeapBytes]}" = $((text[Brk] - text[StartBrk])) ]
	tell
	until_ready 2
	look text "$pid"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	[[ "${text[kinds]}" == *"refused external query" ]]
	finish
}

# exited_row PID: its row of exited, as $exited. No process is made meanwhile: it
# would be among them, of which there are four.
exited_row() {
	local deadline=$((SECONDS + 30 * BRKWATCH_SLOWNESS)) lines
	while [ "$SECONDS" -le "$deadline" ]; do
		mapfile -t lines <"$PROC/exited"
		for exited in "${lines[@]}"; do
			[[ $exited != "$1"$'\t'* ]] || return 0
		done
		moment
	done
	return 1
}

# assert_heaps FILE: the newest events are those that spacedo told of, and leave
# heaps of the sizes that it said.
assert_heaps() {
	awk -F'\t' '$1 == "StartBefore:" { start = $2 }
		$5 == "external" || $5 == "resync" { start = $6 }
		on { print $5, start, $8 }
		$1 == "seq" { on = 1 }' "$1" |
		while read -r kind start brk; do echo "heap $kind $((brk - start))"; done >"$1.heaps"
	grep ^heap "$BATS_TEST_TMPDIR/out" >"$1.said"
	diff -u --label spacedo --label module "$1.said" <(tail -n "$(wc -l <"$1.said")" "$1.heaps")
}

@test "a heap that prctl moves has not grown, and each event its own size" {
	local before grown far i
	before=$(stat_of TotalGrownBytes)
	start spacedo restore
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	for i in 1 2 3 4; do
		until_ready "$i"
		spacedo reread <&"$fd" | key StartBefore >>"$BATS_TEST_TMPDIR/before"
		((i == 4)) || tell
	done
	# A descriptor that goes on has the start before what is new to it, one that is opened now
	# that before all.
	look text "$pid"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	assert_heaps "$BATS_TEST_TMPDIR/text"
	far=$(hex "text[StartBrk] + (64 << 30)")
	diff -u - "$BATS_TEST_TMPDIR/before" <<-END
		${text[StartBrk]}
		${text[StartBrk]}
		$far
		${text[StartBrk]}
	END
	[ "${text[External]} ${text[Resyncs]}" = "3 0" ]
	[ "${text[GrownBytes]} ${text[ShrunkBytes]}" = "20480 4096" ]
	[ "${text[ExternalUpBytes]}" = $(((64 << 30) + (40 << 20) - 4 * 4096)) ]
	[ "${text[ExternalDownBytes]}" = $((text[ExternalUpBytes] + 4096)) ]
	[ "${text[PeakBytes]}" = $(((40 << 20) + 4096)) ]
	finish
	exec {fd}<&-
	exited_row "$pid"
	[ "$(cut -f6,11,12 <<<"$exited")" = $'41947136\t20480\t4096' ]
	# Others grow meanwhile, but not by GiB.
	grown=$(($(stat_of TotalGrownBytes) - before))
	[ "$grown" -lt $((1 << 30)) ]
}

@test "nothing external, resynced or overlapping in programs with one thread" {
	local name
	brkdo burst 100 fork vfork grow 4096 map 4096 grow 8192 fork grow -4096 show >"$BATS_TEST_TMPDIR/brkdo"
	bash -c 'for i in {1..3000}; do x+=0123456789012345678901234567890123456789; done; (:); y=$(echo); cat /proc/brkwatch/$$' >"$BATS_TEST_TMPDIR/bash"
	python3 -S -c 'import os
a = [bytearray(999) for i in range(2000)]
p = os.fork() or os._exit(0)
os.waitpid(p, 0)
print(open(f"/proc/brkwatch/{os.getpid()}").read())' >"$BATS_TEST_TMPDIR/python"
	perl -e '@a = map { "string $_" } 1..5000; system("true"); open F, "/proc/brkwatch/$$"; print <F>' >"$BATS_TEST_TMPDIR/perl"
	for name in brkdo bash python perl; do
		echo "$name"
		assert_consistent "$BATS_TEST_TMPDIR/$name"
		[ "$(events "$BATS_TEST_TMPDIR/$name" | grep -c grow)" -gt 0 ]
		run ! grep -E 'external|resync' "$BATS_TEST_TMPDIR/$name"
		run ! grep -E $'\to?v?o$' "$BATS_TEST_TMPDIR/$name"
	done
}

# A program that makes the calls it expects, then pauses.
check_paused() {
	start "$@"
	look text "$pid"
	cat "$BATS_TEST_TMPDIR/text"
	assert_same_calls_of
	assert_consistent "$BATS_TEST_TMPDIR/text"
}

assert_same_calls_of() {
	[ "${#expected[@]}" -gt 0 ]
	diff -u <(printf '%s\n' "${expected[@]}") \
		<(calls "$BATS_TEST_TMPDIR/text" | tail -n "${#expected[@]}")
}

@test "a 32-bit program" {
	if ! bare-32 </dev/null; then
		skip "missing kernel feature: CONFIG_IA32_EMULATION"
	fi
	local probe=sys_brk_compat before
	# arm64 has one entry for both.
	[ "$(uname -m)" != aarch64 ] || probe=sys_brk
	hits() { awk -F'\t' -v probe="$probe" '$1 == probe { print $6 }' "$PROC/stats"; }
	before=$(hits)
	check_paused bare-32 calls
	if [ "$probe" = sys_brk ]; then
		[ $(($(hits) - before)) -ge 10 ]
	else
		[ $(($(hits) - before)) = 10 ]
	fi
	[ "${text[Calls]}" = 10 ]
	[ "$(events "$BATS_TEST_TMPDIR/text" | awk -F'\t' '$5 == "refused" { print $11 }' | xargs)" = "below_start address_limit" ]
	[ $((text[NextMapping])) -lt $((1 << 32)) ]
	finish
}

@test "a 64-bit program that makes 32-bit calls, with more in the register than they take" {
	[ "$(uname -m)" = x86_64 ] || skip "missing kernel feature: only x86 has such calls"
	if ! bare-32 </dev/null; then
		skip "missing kernel feature: CONFIG_IA32_EMULATION"
	fi
	check_paused bare-int80 calls
	[ "${text[Calls]}" = 9 ]
	finish
}

@test "a static program, and one that has no heap" {
	check_paused brkdo-static query grow 4096 grow 135168 grow -8192 to -1 pause
	finish
	check_paused bare calls
	finish

	start bare
	look text "$pid"
	[ "${text[HeapBytes]}" = 0 ]
	[ "${text[HeapPages]}" = 0 ]
	[ "${text[StartBrk]}" = "${text[Brk]}" ]
	[ "${text[Calls]}" = 0 ]
	[ -z "${text[kinds]}" ]
	finish
}

@test "of a program that makes no call prctl's moves are external, also after an exec" {
	[ "$(uname -m)" = x86_64 ] || skip "missing kernel feature: bare knows x86-64's prctl"
	local brk
	start sh -c 'exec bare'
	look text "$pid"
	[ "${text[Calls]} ${text[SpacesBefore]}" = "0 1" ]
	brk=${text[Brk]}
	printf 'b%016x' $((brk + 2 * 4096)) >&"$told"
	until_ready 2
	look text "$pid"
	[ "${text[kinds]} ${text[External]} ${text[ExternalUpBytes]}" = "external 1 8192" ]
	[ $((text[Brk])) = $((brk + 2 * 4096)) ]
	assert_consistent "$BATS_TEST_TMPDIR/text"
	finish
}

@test "exited: the newest first, no more than asked for, nobody who went on" {
	# In one process: any other would be among them.
	python3 - <<-'END'
	import os, subprocess, time
	def rows():
	    lines = [l.split("\t") for l in open("/proc/brkwatch/exited").read().splitlines()]
	    return [dict(zip(lines[0], l)) for l in lines[1:]]
	def until_newest(pid):
	    end = time.monotonic() + 60 * int(os.environ["BRKWATCH_SLOWNESS"])
	    while int(rows()[0]["pid"] if rows() else 0) != pid:
	        assert time.monotonic() < end, (pid, rows())
	        time.sleep(0.01)
	ran = []
	def run(*args, **more):
	    child = subprocess.Popen(["brkdo", *args], stdout=subprocess.PIPE, **more)
	    said = [l.split("\t") for l in child.communicate()[0].decode().splitlines()]
	    until_newest(child.pid)
	    ran.insert(0, (child.pid, said))
	for i in range(1, 6):
	    run("to", "0", "grow", str(i * 4096), "grow", "-4096", "to", "-1")
	run("to", "0", "grow", "135170", "to", "-1", user=65534)
	now = rows()
	assert len(now) == 4, now
	assert [int(r["pid"]) for r in now] == [pid for pid, said in ran[:4]]
	ends = [int(r["exit_ns"]) for r in now]
	assert ends == sorted(ends, reverse=True), ends
	assert [r["uid"] for r in now] == ["65534", "0", "0", "0"]
	spaces = [int(r["space"]) for r in now]
	assert sorted(set(spaces), reverse=True) == spaces and spaces[-1], spaces
	for row, peak, (pid, said) in zip(now, [135170, 5 * 4096, 4 * 4096, 3 * 4096], ran):
	    assert row["name"] == "brkdo", row
	    # Its own calls, and those before it began to reckon.
	    assert int(row["calls"]) - len(said) in (1, 2), row
	    assert int(row["peak_bytes"]) == peak, row
	    assert row["refused"] == "1" and row["last_event"] == "refused", row
	    assert row["last_reason"] == "below_start" and row["last_request"] == said[-1][2], row
	    assert row["brk"] == said[-1][4], row
	# Who becomes another program is not one that exits; the other one is.
	run("to", "0", "grow", "999", "exec", "/proc/self/exe", "to", "0", "grow", "8192")
	mine = [r for r in rows() if int(r["pid"]) == ran[0][0]]
	assert len(mine) == 1 and mine[0]["peak_bytes"] == "8192", mine
	assert [int(r["pid"]) for r in rows()[1:]] == [pid for pid, said in ran[1:4]]
	# Whose it was in the end.
	run("to", "0", "grow", "999", "user", "65534")
	assert rows()[0]["uid"] == "65534", rows()[0]
	END
}

@test "exited is for who may read everybody" {
	run setpriv --reuid=65534 --regid=65534 --clear-groups cat "$PROC/exited"
	[ "$status" -ne 0 ]
	[[ "$output" == *"Permission denied"* ]]
	run setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace cat "$PROC/exited"
	[ "$status" -ne 0 ]
}

@test "all: a row says what the process's own file says" {
	start brkdo to 0 grow 135170 grow -4096 same query to -1 fork pause
	look text "$pid"
	local lines row found=
	mapfile -t lines <"$PROC/all"
	for row in "${lines[@]}"; do
		if [ "${row%%$'\t'*}" = "$pid" ]; then found=$row; fi
	done
	[ "${lines[0]}" = "$(tr ' ' '\t' <<<"pid name start_brk brk heap_bytes peak_bytes calls grows shrinks refused grown_bytes shrunk_bytes last_event_ns space")" ]
	local last
	last=$(tail -n 1 "$BATS_TEST_TMPDIR/text" | cut -f2)
	[ "$found" = "$(printf '%s\t' "$pid" brkdo)$(
		printf '%s\t' "${text[StartBrk]}" "${text[Brk]}" "${text[HeapBytes]}" "${text[PeakBytes]}" \
			"${text[Calls]}" "${text[Grows]}" "${text[Shrinks]}" "${text[Refused]}" \
			"${text[GrownBytes]}" "${text[ShrunkBytes]}" "$last")${text[Space]}" ]
	finish
	mapfile -t lines <"$PROC/all"
	for row in "${lines[@]}"; do
		[ "${row%%$'\t'*}" != "$pid" ]
	done
}

@test "stats: the totals are the sums over all there were" {
	PYTHONPATH=$ROOT/tests python3 - <<-'END'
	import os
	from proctext import *

	def totals():
	    now = stats()
	    with open(f"{PROC}/stats") as f:
	        reasons = [line.split("\t")[1] for line in f if line.startswith("RefusedFor:")][0]
	    now.update(word.split("=") for word in reasons.split())
	    return now

	keys = dict(zip(("TotalCalls", "TotalGrows", "TotalShrinks", "TotalRefused", "TotalGrownBytes", "TotalShrunkBytes"),
	                ("Calls", "Grows", "Shrinks", "Refused", "GrownBytes", "ShrunkBytes")))
	def both():
	    """The totals, and what this program has to do with them: it may make a call in between."""
	    own = look(os.getpid())
	    while True:
	        now, before, own = totals(), own, look(os.getpid())
	        if own["Calls"] == before["Calls"]:
	            return now, own

	before, own = both()
	program = Program("brkdo", "burst", "500", "grow", "135170", "grow", "-4096", "at", "1", "at", "2",
	                  "at", "0x100000000000000", "pause")
	its = look(program.pid)
	program.end()
	after, now = both()
	for total, key in keys.items():
	    # In between, what this program itself has done.
	    assert after[total] - before[total] == its[key] + now[key] - own[key], (total, before, after, its.head)
	rise = {key: int(after[key]) - int(before[key]) for key in ("below_start", "address_limit", "no_memory", "killed")}
	assert rise == {"below_start": 2, "address_limit": 1, "no_memory": 0, "killed": 0}, rise
	END
}

@test "all, exited: a name cannot pass for columns" {
	local name
	name=$(printf 'a\tb\n\\c')
	cp "$BIN/brkdo" "$BATS_TEST_TMPDIR/$name"
	start "$BATS_TEST_TMPDIR/$name" burst 5 pause
	[ "$(cat "/proc/$pid/comm")" = "$name" ]
	[ "$(awk -F'\t' -v pid="$pid" '$1 == pid { print NF, $2 }' "$PROC/all")" = '14 a\tb\n\\c' ]
	finish
	exited_row "$pid"
	[[ "$exited" == "$pid"$'\ta\\tb\\n\\\\c\t'* ]]
	[ "$(awk -F'\t' '{ print NF }' "$PROC/exited" | sort -u | wc -l)" = 1 ]
}
