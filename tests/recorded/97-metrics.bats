#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-metrics on saved copies of the module's files: needs neither the
# module nor root.
# shellcheck disable=SC2016 # single quotes on purpose
# shellcheck disable=SC2154 # stderr and stderr_lines come from run
#
# To accept changed output: BRKWATCH_ACCEPT=1 bats tests/recorded

load metrics

@test "metrics of saved files" {
	golden metrics.prom
	golden metrics-2.prom --groups 2
	"$CLI" -o "$OUT"
	diff -u "$DATA/expected/metrics.prom" "$OUT"
}

@test "a tab in a name is no letter t" {
	cp -r "$DATA/metrics" "$BATS_TEST_TMPDIR/proc"
	sed -i 's/^310\t[^\t]*/310\ta\\tb/' "$BATS_TEST_TMPDIR/proc/all"
	BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc "$CLI" >"$OUT"
	[ "$(value $'brkwatch_processes{groupname="a\xef\xbf\xbdb"}')" = 1 ]
}

@test "promtool finds nothing to say about the format and the names" {
	needs_promtool
	local options
	for options in "" "--groups 1" "--groups 100"; do
		# shellcheck disable=SC2086
		"$CLI" $options >"$OUT"
		run -0 "$PROMTOOL" check metrics <"$OUT"
		[ -z "$output" ]
	done
	"$CLI" -o "$OUT" --interval 3600 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/cli"
	until_true 10 is_new
	run -0 "$PROMTOOL" check metrics <"$OUT"
	[ -z "$output" ]
	# A file that is wrong is found so.
	run -1 "$PROMTOOL" check metrics < <(echo 'x{a="b} 1')
}

@test "names are labels: escaped, valid UTF-8, without control characters" {
	"$CLI" >"$OUT"
	[ "$(value 'brkwatch_heap_bytes{groupname="q\"b\\s\nx"}' <(sed 's/\\/\\\\/g' "$OUT"))" = "" ]
	grep -qF 'brkwatch_heap_bytes{groupname="q\"b\\s\nx"} 2097152' "$OUT"
	grep -qF $'brkwatch_heap_bytes{groupname="caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd"} 135168' "$OUT"
	run ! grep -P '[\x00-\x08\x0b-\x1f]' "$OUT"
	iconv -f UTF-8 -t UTF-8 "$OUT" >/dev/null
}

@test "groups and the rest are as much as all, however many are shown" {
	local n
	for n in 1 2 3 4 5 6 7 100; do
		"$CLI" --groups "$n" >"$OUT"
		[ "$(sum brkwatch_processes)" = 8 ]
		[ "$(sum brkwatch_heap_bytes)" = $((64 * 1024 * 1024 + 135168)) ]
		[ "$(sum brkwatch_heap_peak_bytes)" = $((73 * 1024 * 1024 + 135168)) ]
		[ "$(grep -c '^brkwatch_heap_bytes{' "$OUT")" = $((n < 6 ? n + 1 : 7)) ]
		[ "$(grep -c '^brkwatch_heap_bytes{groupname="other"}' "$OUT")" = 1 ]
	done
}

@test "an address space of two processes counts once, a name with tabs not at all" {
	"$CLI" >"$OUT"
	[ "$(value 'brkwatch_processes{groupname="make"}')" = 1 ]
	run ! grep tab "$OUT"
}

@test "no address is among the metrics" {
	local address
	next_state 1 0 0 0
	lives 100 a 4096 1 0 4096 0 1
	# Tabs in names that put addresses into each of the columns of numbers.
	for name in $'a\tb' $'a\t1\tb' $'a\t1\t1\tb' $'\t\t\t\t\t\t\t' $'1\t2\t3\t4\t5\t6\t7'; do
		lives 101 "$name" 4096 1 0 4096 0 1
	done
	has_ended 5 102 $'a\tb' 4096 1 0 4096 0 1
	reads
	cp "$OUT" "$OUT.first"
	next_state 1 0 0 0
	lives 101 $'a\tb' 8192 2 0 4096 0 1
	has_ended 6 103 $'a\tb' 4096 1 0 4096 0 1
	reads
	"$CLI" >"$OUT.saved"
	run ! grep -ihE '0x[0-9a-f]|5[56][0-9a-f]{10}' "$OUT" "$OUT.first" "$OUT.saved"
	# Nor in decimal: 0x550000000000 and the like have 14 digits.
	run ! grep -hE ' [0-9]{13,}' "$OUT" "$OUT.first" "$OUT.saved"
	[ "$(value 'brkwatch_processes{groupname="a"}' "$OUT.first")" = 1 ]
	[ "$(value 'brkwatch_processes{groupname="a"}')" = 0 ]
}

@test "an older module has no totals: they are left out" {
	cp -r "$DATA/metrics" "$BATS_TEST_TMPDIR/proc"
	sed -i '/^Total/d; /^Refused/d; /^Lost/d' "$BATS_TEST_TMPDIR/proc/stats"
	BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc "$CLI" >"$OUT"
	diff <(grep -o '^# TYPE.*' "$OUT") <(grep -o '^# TYPE.*' "$DATA/expected/metrics.prom" |
		grep -v -e calls_total -e grows_total -e shrinks_total -e grown -e shrunk -e failures -e lost)
	printf 'Version:\t0.1.0' >"$BATS_TEST_TMPDIR/proc/stats"
	BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc run -0 "$CLI"
	run ! grep -E 'probe|calls' <<<"$output"
	rm "$BATS_TEST_TMPDIR/proc/all"
	BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc fails 1 "/all: No such file"
}

@test "counters of groups: what is added, also by what has ended, and by nothing twice" {
	# Before the first reading nothing is counted.
	next_state 1000 10 1000000 50000
	lives 10 leak 1000000 100 5 1000000 0 1
	lives 11 make 500000 50 0 500000 0 2
	has_ended 5 9 make 4096 9 9 4096 0 3
	reads
	[ "$(sum brkwatch_group_calls_total)" = 0 ]
	[ "$(value 'brkwatch_heap_bytes{groupname="leak"}')" = 1000000 ]

	next_state 1050 11 1300000 58192
	lives 10 leak 1200000 120 6 1200000 0 4
	lives 11 make 491808 60 0 500000 8192 5
	lives 12 make 4096 15 0 4096 0 6
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="leak"}')" = 20 ]
	[ "$(value 'brkwatch_group_failures_total{groupname="leak"}')" = 1 ]
	[ "$(value 'brkwatch_group_heap_grown_bytes_total{groupname="leak"}')" = 200000 ]
	[ "$(value 'brkwatch_group_heap_shrunk_bytes_total{groupname="make"}')" = 8192 ]
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 25 ]
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 5 ]

	# 12 has ended and did 5 more; 13 came and went; 11 is missing, but not yet in exited.
	next_state 1200 11 2000000 58192
	lives 10 leak 1200000 120 6 1200000 0 4
	has_ended 6 12 make 4096 20 0 4096 0 7
	has_ended 7 13 make 4096 7 0 4096 0 8
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 37 ]
	[ "$(value 'brkwatch_processes{groupname="make"}')" = 0 ]
	next_state 1200 11 2000000 58192
	lives 10 leak 1200000 120 6 1200000 0 4
	has_ended 8 11 make 491808 61 0 500000 8192 9
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 38 ]
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 38 ]

	# Ended after all was read: it is in both files.
	next_state 1300 11 2000000 58192
	lives 10 leak 1200000 130 6 1200000 0 10
	has_ended 9 10 leak 1200000 133 6 1200000 0 11
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="leak"}')" = 33 ]

	# The number is another process's now.
	next_state 1400 12 2100000 58192
	space=100 lives 10 leak 100000 4 1 100000 0 12
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="leak"}')" = 37 ]
	[ "$(value 'brkwatch_group_failures_total{groupname="leak"}')" = 2 ]
	# The groups have all that the module has counted since the first reading.
	[ "$(sum brkwatch_group_calls_total)" = 400 ]
	[ "$(sum brkwatch_group_heap_grown_bytes_total)" = 1100000 ]
	[ "$(sum brkwatch_group_heap_shrunk_bytes_total)" = 8192 ]
	[ "$(sum brkwatch_group_failures_total)" = 2 ]

	# exec: the same number, the counts begin anew.
	next_state 1410 12 2100000 58192
	space=101 lives 10 make 4096 3 0 4096 0 13
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 41 ]
	# vfork: the child has the parent's counts.
	next_state 1411 12 2100000 58192
	space=101 lives 9 make 4096 4 0 4096 0 14
	space=101 lives 10 make 4096 4 0 4096 0 14
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 42 ]
	# exec, and more calls than before.
	next_state 1420 12 2100000 58192
	space=102 lives 10 make 4096 5 0 4096 0 15
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 47 ]
	# prctl moves the heap.
	next_state 1421 12 2100000 58192
	moved=$((1 << 36)) space=102 lives 10 make 4096 6 0 4096 0 16
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 48 ]
	[ "$(sum brkwatch_group_calls_total)" = 421 ]
	# The module was loaded again.
	next_state 4 0 4096 0
	space=102 lives 10 make 4096 3 0 4096 0 15
	reloaded=y reads
	[ "$(value 'brkwatch_group_calls_total{groupname="make"}')" = 51 ]
	[ "$(sum brkwatch_group_calls_total)" = 425 ]
	ends_with TERM 0
	[ ! -e "$OUT" ]
}

@test "groups that are shown change, and no counter goes back" {
	local i
	next_state 100 0 0 0
	lives 1 a 400 1 0 0 0 1
	lives 2 b 300 1 0 0 0 2
	lives 3 c 200 1 0 0 0 3
	reads --groups 2
	[ "$(grep -o '^brkwatch_processes.*"' "$OUT" | cut -d'"' -f2 | xargs)" = "a b other" ]
	# c is shown now, what it did before stays in other; a and b stay.
	next_state 130 0 0 0
	lives 1 a 400 11 0 0 0 4
	lives 2 b 300 11 0 0 0 5
	lives 3 c 500 11 0 0 0 6
	reads
	[ "$(grep -o '^brkwatch_processes.*"' "$OUT" | cut -d'"' -f2 | xargs)" = "a b c other" ]
	[ "$(value 'brkwatch_group_calls_total{groupname="c"}')" = 0 ]
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 10 ]
	next_state 170 0 0 0
	lives 2 b 300 11 0 0 0 5
	lives 3 c 500 21 0 0 0 7
	lives 4 d 600 5 0 0 0 8
	has_ended 9 1 a 400 21 0 0 0 9
	reads
	[ "$(grep -o '^brkwatch_processes.*"' "$OUT" | cut -d'"' -f2 | xargs)" = "a b c d other" ]
	[ "$(value 'brkwatch_group_calls_total{groupname="a"}')" = 20 ]
	[ "$(value 'brkwatch_group_calls_total{groupname="c"}')" = 10 ]
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 30 ]
	# There is room for four: a, without a process, makes room for e.
	next_state 180 0 0 0
	lives 2 b 300 11 0 0 0 5
	lives 3 c 500 21 0 0 0 7
	lives 4 d 600 5 0 0 0 8
	lives 5 e 900 5 0 0 0 10
	reads
	[ "$(grep -o '^brkwatch_processes.*"' "$OUT" | cut -d'"' -f2 | sort | xargs)" = "b c d e other" ]
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 40 ]
	[ "$(sum brkwatch_heap_bytes)" = 2300 ]
	# Each is the largest once: never more than four, and other.
	for i in {6..30}; do
		next_state $((180 + i)) 0 0 0
		lives "$i" "n$i" $((i * 1000)) 1 0 0 0 $((10 + i))
		lives 5 e 900 5 0 0 0 10
		reads
		[ "$(grep -c ^brkwatch_processes "$OUT")" = 5 ]
	done
}

@test "where the totals come before the rows, the rest does not go back" {
	next_state 100 0 0 0
	lives 1 a 400 1 0 0 0 1
	reads
	next_state 120 0 0 0
	lives 1 a 400 11 0 0 0 2
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 10 ]
	# Ten of a's twenty have been in the totals before.
	next_state 130 0 0 0
	lives 1 a 400 31 0 0 0 3
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 10 ]
	next_state 145 0 0 0
	lives 1 a 400 31 0 0 0 3
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 15 ]
	[ "$(sum brkwatch_group_calls_total)" = 45 ]
}

@test "without exited, said once, the rest has what the ended did last" {
	next_state 100 0 0 0
	lives 1 a 400 1 0 0 0 1
	rm "$NEXT/exited"
	reads 2>"$BATS_TEST_TMPDIR/err"
	next_state 120 0 0 0
	rm "$NEXT/exited"
	reads
	[ "$(value 'brkwatch_group_calls_total{groupname="other"}')" = 20 ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = "brkwatch-metrics: cannot read $BATS_TEST_TMPDIR/now/exited: No such file or directory" ]
}

@test "wrong arguments" {
	fails 2 "the metrics always cover all processes" 1
	fails 2 "the metrics always cover all processes" -o x -- true
	fails 2 "needs --output" --interval 1
	fails 2 "--groups: invalid argument: '0'" --groups 0
	fails 2 "--groups: invalid argument: '101'" --groups 101
	fails 2 "--interval: invalid argument: '0'" -o x --interval 0
}
