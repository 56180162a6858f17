# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start_brkdo() sets variables
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
