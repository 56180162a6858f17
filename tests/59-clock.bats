# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # start_brkdo() sets variables
# The time of day of an event is that of its moment, whatever becomes of the clock.

load helper

setup() {
	DISTANCE=$(distance)
}

teardown() {
	[ -z "${told:-}" ] || exec {told}>&-
	step $(($(distance) - DISTANCE))
	judge_log
}

# From CLOCK_MONOTONIC to CLOCK_REALTIME, in seconds.
distance() {
	python3 -c 'import time; print(round(time.time() - time.monotonic()))'
}

# step SECONDS: the clock is set back by so much.
step() {
	python3 -c 'import sys, time; time.clock_settime(time.CLOCK_REALTIME, time.time() - int(sys.argv[1]))' "$1"
}

@test "stats: since when the clock has been how far from the monotonic one" {
	python3 - <<-'END'
	import time

	def offsets():
	    with open("/proc/brkwatch/stats") as f:
	        line, = [line for line in f if line.startswith("RealtimeOffsets:\t")]
	    return [tuple(map(int, word.split("="))) for word in line.split("\t")[1].split()]

	def check(since, offset, after, before):
	    assert after <= since <= before, (after, since, before)
	    now = time.time_ns() - time.monotonic_ns()
	    assert abs(offset - now) < 10**9, (offset, now)

	before = offsets()
	check(*before[-1], 0, time.monotonic_ns())
	for i in range(1, 21):
	    after = time.monotonic_ns()
	    time.clock_settime_ns(time.CLOCK_REALTIME, time.time_ns() - i * 3600 * 10**9)
	    now = offsets()
	    check(*now[-1], after, time.monotonic_ns())
	    assert now == (before + now[-1:])[-16:], (before, now)
	    before = now
	END
}

# Seconds since 1970, and the kind of each event, in what -ttt printed.
stamps() {
	awk '{ for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+\.[0-9]+$/) print int($i), $(i + 1) }' "$1" | grep -E ' (same|query)$' | tail -n 3
}

# assert_stamps FILE: as they were noted, within what an emulated guest takes for it; the clock is
# set by hours.
assert_stamps() {
	cat "$1"
	stamps "$1" >"$1.stamps"
	paste -d ' ' "$BATS_TEST_TMPDIR/noted" "$1.stamps" | awk '
		$2 != $4 || $3 < $1 - 60 || $3 > $1 + 60 { bad = 1 }
		{ print }
		END { exit bad || NR != 3 }'
}

# note KIND: the program has just done it.
note() {
	echo "$(date +%s) $1" >>"$BATS_TEST_TMPDIR/noted"
}

# Three events of $pid, before the clock is set, in between, and after it was set again.
three_events() {
	go_on 2
	note same
	step 7200
	go_on 3
	note query
	step -3600
	go_on 4
	note same
}

go_on() {
	tell
	until_true 10 eval "[ \$(grep -c ready '$out') = $1 ]"
}

@test "-t: each event has the time of day of its moment, followed or not" {
	local cli all
	start_brkdo grow 4096 pause same pause query pause same pause
	"$CLI" --follow -ttt -o "$BATS_TEST_TMPDIR/follow" "$pid" 3>&- &
	cli=$!
	"$CLI" --follow --json -o "$BATS_TEST_TMPDIR/rec" "$pid" 3>&- &
	cli+=" $!"
	"$CLI" --follow --all --comm brkdo -ttt -o "$BATS_TEST_TMPDIR/all" 3>&- &
	all=$!
	until_true 60 grep -q grow "$BATS_TEST_TMPDIR/follow"
	until_true 60 grep -q grow "$BATS_TEST_TMPDIR/rec"
	until_true 60 eval '[ "$(cat /sys/kernel/tracing/instances/brkwatch-cli-*/events/brkwatch/enable)" = 1 ]'
	three_events
	"$CLI" -ttt "$pid" >"$BATS_TEST_TMPDIR/state"
	"$CLI" --json "$pid" >"$BATS_TEST_TMPDIR/state.json"
	tell
	wait "$pid"
	# shellcheck disable=SC2086
	wait $cli
	until_true 60 grep -q 'brkdo\|has ended' "$BATS_TEST_TMPDIR/all"
	kill "$all"
	wait "$all"
	for file in state follow all; do
		assert_stamps "$BATS_TEST_TMPDIR/$file"
	done
	# And when it is looked at later.
	for file in rec state.json; do
		"$CLI" --input "$BATS_TEST_TMPDIR/$file" -ttt >"$BATS_TEST_TMPDIR/again"
		assert_stamps "$BATS_TEST_TMPDIR/again"
	done
	diff -u "$BATS_TEST_TMPDIR/rec" <("$CLI" --input "$BATS_TEST_TMPDIR/rec" --json)
	[ "$(grep -c '"type":"clock"' "$BATS_TEST_TMPDIR/rec")" = 2 ]
	jq -e '.realtime_offsets | length >= 3' "$BATS_TEST_TMPDIR/state.json"
}
