#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-cli --input: what was recorded is shown again.
# shellcheck disable=SC2154 # stderr and stderr_lines come from run

load common

setup() {
	export BRKWATCH_PROC=/nonexistent
	REC=$DATA/recorded
}

@test "a recording of a shell and its children: events, sums, exec" {
	golden input-shell.txt --input "$REC/shell.json"
	golden input-shell-summary.txt --input "$REC/shell.json" -c --bytes
	golden input-shell-refused.txt --input "$REC/shell.json" --event refused -q
}

@test "JSON to JSON is the same, to CSV and back, too" {
	diff -u "$REC/shell.json" <("$CLI" --input "$REC/shell.json" --json)
	diff -u "$REC/shell.csv" <("$CLI" --input "$REC/shell.json" --csv)
	diff -u "$REC/shell.csv" <("$CLI" --input "$REC/shell.csv" --csv)
	diff -u "$REC/shell.csv" <("$CLI" --input - --csv <"$REC/shell.csv")
	# Names alone are not in CSV.
	diff -u <("$CLI" --input "$REC/shell.json" | sed -n '/has ended/!s/ [a-z]*$//p') \
		<("$CLI" --input "$REC/shell.csv" | sed -n '/has ended/!s/ [a-z?]*$//p')
}

@test "a recording of an older brkwatch-cli has fewer keys and columns" {
	local late='del(.in_flight, .lost, .history, .last_seq, .dropped)'
	jq -c "if .type == \"summary\" then . else $late | del(.limit, .needed) end" "$REC/shell.json" >"$BATS_TEST_TMPDIR/rec"
	diff -u <("$CLI" --input "$REC/shell.json") <("$CLI" --input "$BATS_TEST_TMPDIR/rec")
	diff -u "$BATS_TEST_TMPDIR/rec" <("$CLI" --input "$BATS_TEST_TMPDIR/rec" --json | sed 's/,"limit":null,"needed":null//')
	jq -c "$late" "$REC/states.json" >"$BATS_TEST_TMPDIR/rec"
	diff -u <("$CLI" --input "$REC/states.json" --json | jq -c "$late") <("$CLI" --input "$BATS_TEST_TMPDIR/rec" --json)
	# What is not known: how long it took, which thread, why, flags and evidence.
	jq -c 'del(.took_ns, .tid, .reason, .flags, .limit, .needed)' "$REC/shell.json" | "$CLI" --input - --csv >"$BATS_TEST_TMPDIR/out"
	awk -F, -v OFS=, 'NR > 1 { $5 = $6 = 0; $13 = $14 = $16 = $17 = "" } 1' "$REC/shell.csv" >"$BATS_TEST_TMPDIR/rec"
	diff -u "$BATS_TEST_TMPDIR/rec" "$BATS_TEST_TMPDIR/out"
	diff -u "$BATS_TEST_TMPDIR/rec" <(cut -d , -f 1-4,7-12,15 "$REC/shell.csv" | "$CLI" --input - --csv)
}

@test "CSV is read without its head, as -q writes it, and without events" {
	"$CLI" --input "$REC/shell.csv" --csv -q >"$BATS_TEST_TMPDIR/rec"
	diff -u "$REC/shell.csv" <("$CLI" --input "$BATS_TEST_TMPDIR/rec" --csv)
	# As an older version did, or a newer one might.
	diff -u <(cut -d , -f -14 "$REC/shell.csv" | "$CLI" --input -) <(cut -d , -f -14 "$BATS_TEST_TMPDIR/rec" | "$CLI" --input -)
	diff -u "$REC/shell.csv" <(sed 's/$/,7/' "$BATS_TEST_TMPDIR/rec" | "$CLI" --input - --csv)
	diff -u "$REC/shell.csv" <(sed 's/$/,7/; 1s/7/cpu/' "$REC/shell.csv" | "$CLI" --input - --csv)
	cut -d , -f -4 "$BATS_TEST_TMPDIR/rec" >"$BATS_TEST_TMPDIR/short"
	fails 1 "line 1: neither JSON nor CSV with a column event" --input "$BATS_TEST_TMPDIR/short"
	head -n 1 "$REC/shell.csv" >"$BATS_TEST_TMPDIR/rec"
	run -0 --separate-stderr "$CLI" --input "$BATS_TEST_TMPDIR/rec"
	[ -z "$output$stderr" ]
}

@test "what is counted from events is what the module has counted" {
	sums() {
		jq -c 'select(.type == "summary") | [.pid, .spaces, .calls, .grown_bytes, .shrunk_bytes, .peak_bytes, .refused]' |
			sort
	}
	grep -v '"summary"' "$REC/shell.json" >"$BATS_TEST_TMPDIR/rec"
	[ "$(sums <"$REC/shell.json" | wc -l)" = 3 ]
	diff -u <(sums <"$REC/shell.json") <("$CLI" --input "$BATS_TEST_TMPDIR/rec" --json | sums)
}

@test "a copy of a file of the module's: as from there" {
	BRKWATCH_PROC=$DATA/proc
	local options
	for options in "" --follow --json --bytes "--follow --json" "--follow -C" "--follow --csv"; do
		# shellcheck disable=SC2086
		diff -u <("$CLI" $options 4242) <("$CLI" $options --input "$DATA/proc/4242")
	done
	diff -u <("$CLI" 4300) <("$CLI" --input - <"$DATA/proc/4300")
}

@test "recorded states are states again, or events" {
	BRKWATCH_PROC=$DATA/proc
	diff -u <("$CLI" 4242 4300) <("$CLI" --input "$REC/states.json")
	diff -u <("$CLI" --json 4242 4300) <("$CLI" --input "$REC/states.json" --json)
	diff -u <("$CLI" --follow 4242 4300 | sort) <("$CLI" --follow --input "$REC/states.json" | sort)
}

@test "a heap that prctl has moved: each event has the size of its time, and it has not grown" {
	local proc=$DATA/proc sizes options
	sizes=$(printf '%s\n' query,0 query,0 grow,16384 external,41943040 query,41943040 grow,41947136 \
		external,68761423872 external,16384 query,16384 shrink,12288)
	sizes() {
		diff -u - <("$CLI" "$@" --csv -q --columns event,heap_bytes) <<<"$sizes"
	}
	BRKWATCH_PROC=$proc sizes --follow 4500
	for options in --csv --json "--csv -q"; do
		# shellcheck disable=SC2086
		BRKWATCH_PROC=$proc "$CLI" --follow $options 4500 >"$BATS_TEST_TMPDIR/rec"
		sizes --input "$BATS_TEST_TMPDIR/rec"
		# --csv has no line for the sums, and none is needed.
		[[ "$("$CLI" --input "$BATS_TEST_TMPDIR/rec" -c)" == *" 20 KiB  4 KiB 40 MiB "* ]]
		run -0 "$CLI" --input "$BATS_TEST_TMPDIR/rec" --until 'grown>64K'
		run -3 "$CLI" --input "$BATS_TEST_TMPDIR/rec" --until 'heap>41943040'
		[[ "${lines[-2]}" == *" grow "* ]]
		run -0 "$CLI" --input "$BATS_TEST_TMPDIR/rec" --until 'heap>50M'
	done
	BRKWATCH_PROC=$proc "$CLI" --json 4500 >"$BATS_TEST_TMPDIR/rec"
	sizes --follow --input "$BATS_TEST_TMPDIR/rec"
	grep -q "^External *64 GiB up, 64 GiB down: 3 external, 0 resync$" <("$CLI" --input "$BATS_TEST_TMPDIR/rec")
	# The request of such an event was 0, and its start is not known.
	sed '/^\(External\|Resync\|StartBefore\).*:/d; s/\(external\t\)0x[0-9a-f]*/\10x0000000000000000/' "$proc/4500" >"$BATS_TEST_TMPDIR/rec"
	[ "$("$CLI" --input "$BATS_TEST_TMPDIR/rec" --follow --columns start_brk -q | sort -u)" = 0x55b073141000 ]
}

@test "a pipe, a file and standard input show the same; of a file that was read in part, the rest" {
	local file options
	grep '"pid":168' "$REC/shell.json" >"$BATS_TEST_TMPDIR/one.json"
	"$CLI" --input "$BATS_TEST_TMPDIR/one.json" --csv >"$BATS_TEST_TMPDIR/one.csv"
	for file in "$REC"/{shell.json,shell.csv,states.json} "$BATS_TEST_TMPDIR"/one.{json,csv} "$DATA/proc/4242"; do
		for options in "" --json "--follow -C" "--csv --bytes" "-q -n 3 --columns +took_ns"; do
			# shellcheck disable=SC2086
			"$CLI" --input "$file" $options >"$BATS_TEST_TMPDIR/out"
			# shellcheck disable=SC2086
			diff -u "$BATS_TEST_TMPDIR/out" <("$CLI" --input - $options <"$file")
			# shellcheck disable=SC2086,SC2002
			diff -u "$BATS_TEST_TMPDIR/out" <(cat "$file" | "$CLI" --input - $options)
		done
	done
	for file in shell.json states.json; do
		diff -u <(tail -n +2 "$REC/$file" | "$CLI" --input - 2>&1) <({ read -r; "$CLI" --input - 2>&1; } <"$REC/$file")
	done
}

@test "names are shown in any script, without what is for the terminal" {
	sed '1s/"name":"[^"]*"/"name":"caf\xc3\xa9\xc2\x9b\\u001b[m"/' "$REC/shell.json" | "$CLI" --input - >"$BATS_TEST_TMPDIR/out"
	grep -qx '\.\.\. 168 café??\[m' "$BATS_TEST_TMPDIR/out"
}

@test "a recording is not overwritten by what is made of it" {
	cp "$REC/shell.json" "$BATS_TEST_TMPDIR/rec"
	ln "$BATS_TEST_TMPDIR/rec" "$BATS_TEST_TMPDIR/same"
	fails 1 "is also what --input reads" --input "$BATS_TEST_TMPDIR/rec" --csv -o "$BATS_TEST_TMPDIR/same"
	fails 1 "No such file" --input "$BATS_TEST_TMPDIR/nothing" -o "$BATS_TEST_TMPDIR/rec"
	run -1 "$CLI" --input - -o "$BATS_TEST_TMPDIR/rec" <"$BATS_TEST_TMPDIR/same"
	cmp "$REC/shell.json" "$BATS_TEST_TMPDIR/rec"
}

@test "time of day is that of the recording" {
	sed 's/"realtime_offset_ns":[0-9]*/"realtime_offset_ns":1700000000000000000/' "$REC/shell.json" |
		"$CLI" --input - -ttt -q >"$BATS_TEST_TMPDIR/out"
	[[ "$(head -n 1 "$BATS_TEST_TMPDIR/out")" == *" 1700000005.751170 query "* ]]
	# Which was set in between; and what a newer header says.
	sed 's/"realtime_offset_ns":[0-9]*/"realtime_offset_ns":1700000000000000000/
		3i {"type":"clock","since":5760000000,"realtime_offset_ns":1600000000000000000}' "$REC/shell.json" >"$BATS_TEST_TMPDIR/set"
	"$CLI" --input "$BATS_TEST_TMPDIR/set" -ttt -q >"$BATS_TEST_TMPDIR/out"
	[[ "$(head -n 2 "$BATS_TEST_TMPDIR/out" | tr -s ' \n' ' ')" == *" 1700000005.751170 query "*" 1600000005.792794 query "* ]]
	"$CLI" --input "$BATS_TEST_TMPDIR/set" --json | diff "$BATS_TEST_TMPDIR/set" -
	{
		head -n 1 "$REC/shell.json" | jq -c '.realtime_offsets = [{"since": 7, "realtime_offset_ns": 1500000000000000000},
			{"since": 5760000000, "realtime_offset_ns": 1400000000000000000}]'
		sed -n 2,3p "$REC/shell.json"
	} | "$CLI" --input - -ttt -q >"$BATS_TEST_TMPDIR/out"
	[[ "$(tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/out")" == *" 1500000005.751170 query "*" 1400000005.792794 query "* ]]
	run -0 --separate-stderr "$CLI" --input "$REC/shell.csv" -tt -q
	[[ "$stderr" == *"does not contain the time of day"* ]]
	[[ "${lines[0]}" == *" 5.751170 query "* ]]
}

@test "events alone do not say how large the heap is" {
	local kind columns=start_brk,heap_bytes
	"$CLI" --input "$REC/shell.json" -q --json >"$BATS_TEST_TMPDIR/json"
	cut -d , -f -14 "$REC/shell.csv" >"$BATS_TEST_TMPDIR/csv"
	"$CLI" --input "$BATS_TEST_TMPDIR/json" --csv >"$BATS_TEST_TMPDIR/empty"
	[[ "$(sed -n 2p "$BATS_TEST_TMPDIR/empty")" == *, ]]
	for kind in json csv empty; do
		run -0 "$CLI" --input "$BATS_TEST_TMPDIR/$kind" -q --columns "$columns"
		[ "${lines[1]}" = "-                     -" ]
		run -0 "$CLI" --input "$BATS_TEST_TMPDIR/$kind" --json -q --columns start_brk,heap_bytes
		[ "${lines[0]}" = '{"type":"event","start_brk":null,"heap_bytes":null}' ]
		run -0 "$CLI" --input "$BATS_TEST_TMPDIR/$kind" --csv -q --columns seq,start_brk,heap_bytes
		[ "${lines[0]}" = "1,," ]
		run -0 "$CLI" --input "$BATS_TEST_TMPDIR/$kind" --until 'heap>0'
	done
	run -3 "$CLI" --input "$REC/shell.json" --until 'heap>0'
}

@test "explained without the header: the same, or what is known" {
	local text
	diff -u <("$CLI" --input "$REC/shell.json" -q --explain) <("$CLI" --input "$REC/shell.csv" -q --explain)
	told() { # SED-SCRIPT
		cut -d , -f -14 "$REC/shell.csv" | sed "$1" |
			"$CLI" --input - -q --explain --event shrink,refused | tr -s ' \n' ' '
	}
	text=$(told '')
	[[ "$text" == *"gave back 16 pages (64 KiB). "*" less (22934298526 pages), but a break at 0x1 would be below the start of the heap. "* ]]
	text=$(told s/,below_start/,rlimit_data/)
	[[ "$text" == *"RLIMIT_DATA, the limit on "*", did not allow it; the numbers at that moment are unknown. Raise it with 'ulimit -d' before "* ]]
	text=$(told s/,below_start/,next_mapping/)
	[[ "$text" == *"another mapping was in the way. Which one is not known: the numbers at that moment are unknown. "* ]]
	text=$(sed 's/,below_start,,\([^,]*\),[^,]*,/,next_mapping,,\1,,/' "$REC/shell.csv" | "$CLI" --input - -q --explain | tr -s ' \n' ' ')
	[[ "$text" == *"Which one is not known: others may have changed the mappings at that moment. "* ]]
	# Whether there was a probe is not in it.
	text=$(told s/,below_start/,unknown/)
	[[ "$text" == *"the reason is unknown: no limit "*", which leave no trace, or do_brk_flags had no probe. "* ]]
}

@test "what was missed is said again, with what was known of it" {
	local rec=$BATS_TEST_TMPDIR/rec said
	cat >"$rec" <<-'END'
		{"type":"missed","pid":7,"parent":5}
		{"type":"missed","pid":8,"parent":0,"name":"a\nb","space":9,"start_brk":"0x0000000000400000","brk":"0x0000000000401000","calls":4,"grows":1,"grown_bytes":4096,"shrunk_bytes":0,"peak_bytes":4096,"refused":1,"last_event":"refused","last_request":"0x0000000000403000","last_reason":"rlimit_as","last_limit":12288,"last_needed":20480,"forks":1}
		{"type":"summary","pid":8,"ended":true,"spaces":2,"calls":5,"grown_bytes":4096,"shrunk_bytes":0,"peak_bytes":4096,"refused":1,"lost":0,"dropped":0,"missed":2}
	END
	diff -u "$rec" <("$CLI" --input "$rec" --json)
	said=$("$CLI" --input "$rec" --explain | tr -s ' \n' ' ')
	echo "$said"
	[[ "$said" == *"... 7 a program ended before it could be followed: what it did is not known ... 8 a"'\n'"b ended before it could be followed: 4 calls, grown 4 KiB, shrunk 0 B, peak 4 KiB, 1 refused, 1 child not followed The program asked for 8 KiB more (2 pages), but RLIMIT_AS, "*", was 12 KiB: 20 KiB would have been needed."*"... 8 has ended: 5 calls, grown 4 KiB, shrunk 0 B, peak 4 KiB, 1 refused, and what it did in 2 address spaces is not known "* ]]
	run -0 --separate-stderr "$CLI" --input "$rec" --csv -q
	[ "$output" = $'7,,,,,,missed,,,,,,,,,,\n8,9,,,,,missed,0x0000000000403000,,0x0000000000401000,,,rlimit_as,,0x0000000000400000,12288,20480' ]
	# In CSV the totals are not known any more.
	[ "$("$CLI" --input - --json <<<"$output")" = '{"type":"missed","pid":7,"parent":0}'$'\n''{"type":"missed","pid":8,"parent":0}' ]
	[ "${#stderr_lines[@]}" = 2 ]
	[[ "${stderr_lines[1]}" == *": 8 a"'\n'"b ended before it could be followed: 4 calls, "* ]]
	run -0 --separate-stderr "$CLI" --input "$rec" -c
	[[ "${lines[-1]}" == "... not included: 2 address spaces that ended before they could be followed" ]]
	run -3 "$CLI" --input "$rec" --until refused
	run -4 "$CLI" --input "$rec" --until external
}

@test "a file of the module's does not contain the time of day" {
	BRKWATCH_PROC=$DATA/proc
	local stamp where
	for stamp in -t -tt -ttt "-t --follow"; do
		for where in 4242 "--input=$DATA/proc/4242"; do
			# shellcheck disable=SC2086
			run -0 --separate-stderr "$CLI" $stamp "$where"
			[ "${#stderr_lines[@]}" = 1 ]
			[[ "$stderr" == *"/proc"*" does not contain the time of day"* ]]
			[[ "$output" == *" 1234.567123 query "* ]]
		done
	done
}

@test "the end comes where it is asked for" {
	run -3 "$CLI" --input "$REC/shell.json" --until refused
	[ "$(grep -c ' refused ' <<<"$output")" = 1 ]
	run -0 "$CLI" --input "$REC/shell.json" -n 4 -q
	[ "${#lines[@]}" = 4 ]
	# Without the events, too.
	diff -u <("$CLI" --input "$REC/shell.json" -n 4 -C -q | tail -n 2) <("$CLI" --input "$REC/shell.json" -n 4 -c)
}

@test "the end comes when the counts of a recorded address space ask for it" {
	local kind condition last
	while read -r condition last; do
		for kind in json csv; do
			run -3 "$CLI" --input "$REC/shell.$kind" -q --columns pid,seq,event --until "$condition"
			[ "$(tr -s ' ' <<<"${lines[-1]}")" = " $last" ] || {
				echo "$kind $condition: ${lines[-1]}"
				false
			}
		done
	done <<-'END'
		calls>3 169 4 grow
		grown>132K 169 4 grow
		shrunk>63K 169 5 shrink
		refused>0 169 6 refused
	END
	run -0 "$CLI" --input "$REC/shell.json" --until 'refused>1'
	# A header has counted its events already.
	run -0 "$CLI" --follow --input "$REC/states.json" --until 'calls>6'
}

@test "what is no recording, or a damaged one" {
	fails 1 "No such file" --input /nonexistent
	fails 1 "is not a recording" --input /dev/null
	fails 1 "Is a directory" --input "$REC"
	fails 1 "line 1: neither JSON nor CSV" --input "$ROOT/README.md"
	fails 2 "cannot be combined" --input "$REC/shell.json" 17
	damaged() { # SED-SCRIPT MESSAGE
		sed "$1" "$REC/shell.json" >"$BATS_TEST_TMPDIR/rec"
		run -1 --separate-stderr "$CLI" --input "$BATS_TEST_TMPDIR/rec"
		echo "$stderr"
		[ "$stderr" = "brkwatch-cli: $BATS_TEST_TMPDIR/rec: $2" ]
	}
	damaged '3s/.\{20\}$//' "line 3: no JSON object, or cut short"
	damaged '3s/"old":"[^"]*",//' "line 3: an event without old, which is needed"
	damaged '3s/"new":"0x0000/"new":"0x00zz/' "line 3: damaged event"
	damaged '1s/"brk":"[^"]*"/"brk":null/' "line 1: brk is not understood"
	damaged '1s/"brk":"[^"]*",//' "line 1: no brk, which is needed"
	damaged '1s/"schema":1/"schema":2/' "line 1: schema 2, but this brkwatch-cli knows only 1"
	damaged '2s/"type":"event",//' "line 2: an object without a type"
	# That would talk to the terminal.
	damaged '3s/"event":"[^"]*"/"event":"a\\u001b[2J"/' "line 3: an event whose event is not understood"
	damaged '3s/"reason":null/"reason":"\xc2\x9b2J"/' "line 3: an event whose reason is not understood"
	sed '3s/,query,/,a\x1b[2J,/' "$REC/shell.csv" >"$BATS_TEST_TMPDIR/rec"
	fails_late "line 3: not understood: a?[2J"
	sed '3s/$/,1/' "$REC/shell.csv" >"$BATS_TEST_TMPDIR/rec"
	fails_late "line 3: more columns than the head has"
	sed '3s/,[^,]*$//' "$REC/shell.csv" >"$BATS_TEST_TMPDIR/rec"
	fails_late "line 3: cut short"
	sed '1s/,old//' "$REC/shell.csv" >"$BATS_TEST_TMPDIR/rec"
	fails_late "line 1: neither JSON nor CSV with a column old"
	# Of a newer version.
	sed '2i {"type":"news","pid":1}' "$REC/shell.json" | sed 's/}$/,"news":[1]}/' >"$BATS_TEST_TMPDIR/rec"
	diff -u <("$CLI" --input "$REC/shell.json") <("$CLI" --input "$BATS_TEST_TMPDIR/rec")
}

fails_late() {
	run -1 --separate-stderr "$CLI" --input "$BATS_TEST_TMPDIR/rec"
	echo "$stderr"
	[ "$stderr" = "brkwatch-cli: $BATS_TEST_TMPDIR/rec: $1" ]
}

@test "what comes through a pipe is shown as it comes, and a signal ends it" {
	local pid sig
	for sig in HUP INT QUIT TERM; do
		mkfifo "$BATS_TEST_TMPDIR/$sig"
		interruptible "$CLI" --input - <"$BATS_TEST_TMPDIR/$sig" >"$BATS_TEST_TMPDIR/out" 3>&- &
		pid=$!
		exec 4>"$BATS_TEST_TMPDIR/$sig"
		head -n 20 "$REC/shell.json" >&4
		printf '{"type":"eve' >&4
		until_true 30 grep -q below_start "$BATS_TEST_TMPDIR/out"
		run ! grep "still runs" "$BATS_TEST_TMPDIR/out"
		kill "-$sig" "$pid"
		wait "$pid"
		exec 4>&-
		grep "168 still runs: 3 calls" "$BATS_TEST_TMPDIR/out"
	done
}

@test "a recording cut at any place is shown up to there" {
	local size n status
	size=$(stat -c %s "$REC/shell.json")
	for ((n = 1; n < size; n += 211)); do
		status=0
		head -c "$n" "$REC/shell.json" | "$CLI" --input - >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" -le 1 ]
		[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = "$status" ]
	done
}
