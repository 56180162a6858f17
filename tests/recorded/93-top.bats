#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-top on saved copies of the module's files: needs neither the module nor root.
#
# To accept changed output: BRKWATCH_ACCEPT=1 bats tests/recorded

load common
load ../screen
program top

setup() {
	export BRKWATCH_PROC=$DATA/proc
}

teardown() {
	screen_end
}

# copied: a directory of files of its own, in which they may be changed.
copied() {
	cp -r "$DATA/proc" "$BATS_TEST_TMPDIR/proc"
	export BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc
	all=$BRKWATCH_PROC/all
}

# change PID COLUMN VALUE: in the list of all processes, at once.
change() {
	awk -F'\t' -v OFS='\t' -v pid="$1" -v name="$2" -v value="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
		$1 == pid { $column = value }
		{ print }' "$all" >"$all.new"
	mv "$all.new" "$all"
}

# pids: the first words of the rows in the output.
pids() {
	awk 'on { print $1 } $1 == "PID" { on = 1 }' <<<"$output" | paste -sd ' '
}

@test "text: largest heap first, what cannot be printed is not" {
	"$CLI" >"$BATS_TEST_TMPDIR/raw"
	sed '1s/^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]  /HH:MM:SS  /' "$BATS_TEST_TMPDIR/raw" >"$BATS_TEST_TMPDIR/out"
	if [ -n "${BRKWATCH_ACCEPT:-}" ]; then
		cp "$BATS_TEST_TMPDIR/out" "$DATA/expected/top.txt"
	fi
	diff -u "$DATA/expected/top.txt" "$BATS_TEST_TMPDIR/out"
	run ! grep -E '^.{81}' "$BATS_TEST_TMPDIR/out"
	run ! grep -P '[\x00-\x09\x0b-\x1f]' "$BATS_TEST_TMPDIR/out"
}

@test "text: which processes" {
	run -0 "$CLI" -p 4300,4242
	[ "$(pids)" = "4300 4242" ]
	run -0 "$CLI" --comm '^we.ird|worker'
	[ "$(pids)" = "5000 4300" ]
	run -0 "$CLI" --comm worker -p 1
	[ "$(pids)" = "5000 1" ]
	run -0 "$CLI" --all
	[ "$(pids)" = "5000 1 4300 4242 4711" ]
	run -0 "$CLI" -p 77
	[[ "${lines[0]}" == *"  0 processes  heap 0 B  refused 0" ]]
	run -0 "$CLI" -q
	[ "${#lines[@]}" = 5 ]
}

@test "text: -o and TERM=dumb" {
	"$CLI" -o "$BATS_TEST_TMPDIR/out"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" = 7 ]
	screen_start 80 24 env TERM=dumb "$CLI" 0.1 2
	until_true 60 screen_has bash-ready
	[ "$(screen | grep -c 'PID NAME')" = 2 ]
}

@test "text: as many blocks as wanted, with rates from the second one on" {
	local cli out=$BATS_TEST_TMPDIR/out
	copied
	change 4242 heap_bytes $((135200 + 1048576))
	change 4242 grown_bytes $((139264 + 1048576))
	change 4242 calls 105
	change 4300 heap_bytes $((524544 - 262144))
	change 4300 shrunk_bytes $((1572864 + 262144))
	# Moved by prctl, which is no growth.
	change 5000 heap_bytes 1099511627776
	# Another process: of its rates nothing is known yet.
	change 1 space 99
	change 4711 calls 1
	mv "$all" "$BATS_TEST_TMPDIR/next"
	cp "$DATA/proc/all" "$all"
	"$CLI" --bytes 3 3 >"$out" 3>&- &
	cli=$!
	until_true 10 grep -q worker "$out"
	mv "$BATS_TEST_TMPDIR/next" "$all"
	wait "$cli"
	cat "$out"
	[ "$(grep -c 'PID NAME' "$out")" = 3 ]
	awk -v RS= 'NR == 2' "$out" >"$BATS_TEST_TMPDIR/second"
	run -0 grep python3 "$BATS_TEST_TMPDIR/second"
	[[ "$output" =~ python3\ +1183776\ +135200\ +\+([0-9]+)\ +([0-9]+)\ +0$ ]]
	# In three seconds, or more.
	awk -v growth="${BASH_REMATCH[1]}" -v calls="${BASH_REMATCH[2]}" \
		'BEGIN { exit !(growth > 80000 && growth <= 350000 && calls >= 8 && calls <= 34) }'
	grep -qE '4300 .* -[0-9]+ +0 +3$' "$BATS_TEST_TMPDIR/second"
	grep -qE '   1 init .* - +- +0$' "$BATS_TEST_TMPDIR/second"
	grep -qE '4711 .* - +- +1$' "$BATS_TEST_TMPDIR/second"
	grep -qE '5000 .* 0 +0 +0$' "$BATS_TEST_TMPDIR/second"
}

@test "JSON: an object for each process and block" {
	run -0 --separate-stderr "$CLI" --json 0.2 2
	[ "$(jq -s length <<<"$output")" = 10 ]
	[ "$(jq -c 'select(.pid == 4300) | del(.time_ns, .growth_bytes_per_s)' <<<"$output" | uniq)" = \
		'{"type":"top","schema":1,"pid":4300,"name":"we\nird \"\\x","heap_bytes":524544,"peak_bytes":2097152,"calls":6,"refused":3,"grown_bytes":2097152,"shrunk_bytes":1572864}' ]
	[ "$(jq -c 'select(.pid == 4300).growth_bytes_per_s' <<<"$output" | paste -sd ' ')" = "null 0" ]
	[ "$(jq -s '[.[].time_ns] | unique | (.[1] - .[0]) / 5e7 | floor' <<<"$output")" -ge 2 ]
}

@test "a tab in a name is one" {
	copied
	sed -i 's/^4242\t[^\t]*/4242\ta\\tb/' "$all"
	[ "$("$CLI" --json | jq -r 'select(.pid == 4242).name')" = $'a\tb' ]
	run -0 "$CLI" --comm $'^a\tb$'
	[ "$(pids)" = 4242 ]
}

@test "characters that combine take no room; those that say how to write are not text" {
	copied
	change 4242 name $'e\u0301\u0323cole'
	change 4300 name $'\u0301a\u202eb'
	# What is not seen is not counted.
	"$CLI" >"$BATS_TEST_TMPDIR/out"
	grep "^   4242 $(printf 'e\u0301\u0323cole%11s' '')   132 KiB " "$BATS_TEST_TMPDIR/out"
	grep "^   4300 ?a?b               512 KiB " "$BATS_TEST_TMPDIR/out"
	screen_start 80 24 "$CLI" 0.5
	until_true 60 screen_has "^   4242 $(printf 'e\u0301\u0323cole%11s' '')   132 KiB "
}

@test "columns may be in any place, and more" {
	copied
	awk -F'\t' -v OFS='\t' '{ first = $1; $1 = "later"; print $0, "more", first }' "$DATA/proc/all" >"$all"
	diff -u <("$CLI" | tail -n +2) <(BRKWATCH_PROC=$DATA/proc "$CLI" | tail -n +2)
}

@test "what cannot be read is complained about" {
	copied
	complains() {
		run -1 --separate-stderr "$CLI"
		echo "$stderr"
		[ "${#stderr_lines[@]}" = 1 ]
		[[ "$stderr" == "brkwatch-top: "*"$BRKWATCH_PROC/all: "*"$1"* ]]
	}
	sed -i '1s/heap_bytes/bytes/' "$all"
	complains "column is missing"
	sed '3s/135200/many/' "$DATA/proc/all" >"$all"
	complains "a row is damaged"
	sed '3s/\t[^\t]*$//' "$DATA/proc/all" >"$all"
	complains "a row is damaged"
	: >"$all"
	complains "a row is damaged"
	rm "$all"
	complains "No such file"
	run -1 --separate-stderr bash -c '"$CLI" >/dev/full' # there is no file
	cp "$DATA/proc/all" "$all"
	run -1 --separate-stderr bash -c '"$CLI" >/dev/full'
	[ "$stderr" = "brkwatch-top: cannot write the output: No space left on device" ]
}

@test "ten thousand processes" {
	copied
	awk -F'\t' -v OFS='\t' 'NR == 1 { print } NR == 3 { for (i = 1; i <= 10000; i++) { $1 = i; $5 = (i * 7919) % 10007; print } }' \
		"$DATA/proc/all" >"$all"
	run -0 "$CLI" 0.1 3
	[ "$(grep -c python3 <<<"$output")" = 30000 ]
	awk '$2 == "python3" { if ($3 > last && n++ % 10000) exit 1; last = $3 }' <("$CLI" --bytes)
	screen_start 80 24 "$CLI" 0.2
	until_true 60 screen_has '10000 processes'
	keys p
	until_true 60 screen_has 'by pid'
	keys End
	until_true 60 screen_has '  10000 python3'
	keys q
	until_true 60 screen_has bash-ready
}

# The whole screen. What is seen of it may be half of what is drawn, so whatever
# it is to show is waited for.

rows_are() {
	[ "$(screen_rows)" = "$1" ]
}

# line_is N PATTERN
line_is() {
	local line
	line=$(screen_line "$1")
	echo "$line"
	# shellcheck disable=SC2053
	[[ "$line" == $2 ]]
}

@test "screen: 80x24" {
	screen_start 80 24 "$CLI" 0.5
	until_true 60 screen_has '^brkwatch ..:..:..  5 processes  heap 4 GiB  by heap  every 0.5 s$'
	screen_fits 80 24
	until_true 60 line_is 2 "    PID NAME                  HEAP      PEAK   GROWTH/s   CALLS/s   REFUSED"
	until_true 60 rows_are "5000 1 4300 4242 4711"
	until_true 60 screen_has 'prüf?日本?'
	until_true 60 selected_is 5000
	until_true 60 screen_has '^worker (5000)   heap 4 GiB   peak 4 GiB   refused 0'
	until_true 60 line_is 24 "q quit *"
}

@test "screen: 200x60" {
	screen_start 200 60 "$CLI" 0.5
	until_true 60 screen_has '5 processes'
	screen_fits 200 60
	until_true 60 line_is 2 "*REFUSED     GROWN    SHRUNK RANGE"
	until_true 60 screen_has ' 2 MiB   1.5 MiB 0x55ff09543000-0x55ff095c3100'
	# A graph of twenty lines.
	until_true 60 eval '[ "$(screen | grep -c "│")" -ge 14 ]'
}

@test "screen: sorted by another key, the selection stays with the process" {
	screen_start 80 24 "$CLI" 0.5
	until_true 60 screen_has '5 processes'
	keys j j
	until_true 60 selected_is 4300
	keys p
	until_true 60 screen_has 'by pid'
	until_true 60 rows_are "1 4242 4300 4711 5000"
	until_true 60 selected_is 4300
	keys p
	until_true 60 screen_has 'by pid, reversed  every'
	until_true 60 rows_are "5000 4711 4300 4242 1"
	keys n
	until_true 60 screen_has 'by name  '
	until_true 60 rows_are "1 4711 4242 4300 5000"
	keys r
	until_true 60 screen_has 'by refused  '
	until_true 60 rows_are "4300 4711 1 4242 5000"
	keys R
	until_true 60 screen_has 'by refused, reversed'
	until_true 60 rows_are "5000 4242 1 4711 4300"
	until_true 60 selected_is 4300
	keys Home
	until_true 60 selected_is 5000
	keys NPage
	until_true 60 selected_is 4300
	keys Up
	until_true 60 selected_is 4711
	keys h
	until_true 60 screen_has 'by heap  '
	until_true 60 rows_are "5000 1 4300 4242 4711"
	# Keys that come together are as good as one after the other.
	local cli
	cli=$(pgrep -P "$(tm display-message -p '#{pane_pid}')")
	kill -STOP "$cli"
	keys p Home Down
	kill -CONT "$cli"
	until_true 60 screen_has 'by pid'
	until_true 60 selected_is 4242
}

# first_row_has REGEX: below the title.
first_row_has() {
	local text
	text=$(screen)
	echo "$text"
	grep -A 1 '^ *PID NAME' <<<"$text" | sed 1d | grep -q -e "$1"
}

@test "screen: sorted by growth, and rates" {
	copied
	screen_start 80 24 "$CLI" 0.5
	until_true 60 screen_has '5 processes'
	keys g
	until_true 60 screen_has 'by growth'
	local size=135200 i
	# At once: growth is over with the next look.
	for ((i = 0; i < 300; i++)); do
		change 4242 grown_bytes $((size += 1048576))
		sleep 0.2
		! first_row_has '^ *4242 python3 .* +[0-9.]* MiB  ' || break
	done
	[ "$i" -lt 300 ]
}

@test "screen: filter" {
	screen_start 80 24 "$CLI" 0.5
	until_true 60 screen_has '5 processes'
	keys / i r
	until_true 60 screen_has '^/ir$'
	until_true 60 rows_are "4300"
	keys BSpace
	until_true 60 screen_has '^/i$'
	until_true 60 rows_are "1 4300"
	keys BSpace '^' '(' p
	# Half a regular expression is a text.
	until_true 60 screen_has '0 of 5 processes'
	until_true 60 screen_has 'no name matches'
	keys '|' w ')'
	until_true 60 screen_has '4 of 5 processes'
	until_true 60 rows_are "5000 4300 4242 4711"
	keys Enter
	until_true 60 screen_has '(Esc: all)'
	# No letter of it now.
	keys p
	until_true 60 screen_has 'by pid'
	keys Escape
	until_true 60 screen_has ':..  5 processes'
}

@test "screen: pause, interval, help" {
	copied
	screen_start 80 24 "$CLI" 0.2
	until_true 60 screen_has '5 processes'
	keys Space
	until_true 60 screen_has PAUSED
	change 4242 refused 17
	sleep 1
	run ! screen_has '4242 python3 .* 17$'
	keys Space
	until_true 60 screen_has '4242 python3 .* 17$'
	keys + +
	until_true 60 screen_has 'every 1 s'
	keys - -
	until_true 60 screen_has 'every 0.2 s'
	keys '?'
	until_true 60 screen_has 'this help'
	screen_fits 80 24
	keys x
	until_true 60 screen_has 'PID NAME'
}

# Refusals on the axis of time.
marks_are() {
	[ "$(screen | grep -E '^ +0 B └' | grep -o x | wc -l)" = "$1" ]
}

@test "screen: the graph is of the process that is selected" {
	copied
	screen_start 80 24 "$CLI" 0.2
	until_true 60 screen_has '^worker (5000)'
	keys j j
	until_true 60 screen_has '^we.nird "..x (4300)   heap 512 KiB   peak 2 MiB   refused 3'
	# What is seen may be half of what is drawn.
	until_true 60 screen_has ' ago '
	# First up to the peak, then a quarter of it.
	until_true 60 screen_has '^ \+2 MiB .█\+$'
	until_true 60 screen_has '^ \+│█\{40,\}$'
	until_true 60 marks_are 3
	local all_of_it half_of_it
	all_of_it=$(screen | grep ' ago ')
	keys z
	until_true 60 eval '[ "$(screen | grep " ago ")" != "'"$all_of_it"'" ]'
	half_of_it=$(screen | grep ' ago ')
	keys Z
	until_true 60 eval '[ "$(screen | grep " ago ")" = "'"$all_of_it"'" ]'
	echo "$all_of_it, $half_of_it"
	awk -v all="${all_of_it% s ago*}" -v half="${half_of_it% s ago*}" 'BEGIN { exit !(all / half > 1.9 && all / half < 2.1) }'
	# What it learns from the list goes on where the events end.
	rm "$BRKWATCH_PROC/4300"
	change 4300 heap_bytes 1048576
	change 4300 refused 4
	change 4300 last_event_ns 1234748140790
	until_true 60 screen_has '0.181 s ago'
	until_true 60 screen_has '^we.nird "..x (4300)   heap 1 MiB   peak 2 MiB   refused 4'
	until_true 60 marks_are 4
	until_true 60 screen_has '^ \+1.2 MiB ┤█\+ \+▄\+$'
}

@test "screen: the size between two steps of prctl is not in the graph" {
	copied
	change 4711 pid 4500
	change 4500 space 4
	change 4500 peak_bytes 41947136
	change 4500 last_event_ns 21109453666
	screen_start 80 24 "$CLI" -p 4500 0.2
	until_true 60 screen_has '^ *40 MiB .*█'
}

@test "screen: the process ends, another comes by its number" {
	copied
	screen_start 80 24 "$CLI" 0.2
	until_true 60 screen_has '5 processes'
	keys j
	until_true 60 selected_is 1
	grep -av '^1	' "$DATA/proc/all" >"$all.new"
	mv "$all.new" "$all"
	until_true 60 screen_has ':..  4 processes'
	# The place remains.
	until_true 60 selected_is 4300
	head -n 1 "$DATA/proc/all" >"$all.new"
	mv "$all.new" "$all"
	until_true 60 screen_has ':..  0 processes'
	until_true 60 screen_has 'no process that you may read'
	screen_fits 80 24
	keys j End z / x Escape
	cp "$DATA/proc/all" "$all.new"
	mv "$all.new" "$all"
	until_true 60 screen_has ':..  5 processes'
	until_true 60 eval '[ -n "$(selected)" ]'
}

@test "screen: another size" {
	screen_start 200 60 "$CLI" 60
	until_true 60 screen_has '5 processes'
	screen_size 80 24
	until_true 60 line_is 2 "* REFUSED"
	until_true 60 line_is 24 "q quit*"
	screen_fits 80 24
	until_true 60 screen_has '^worker (5000)'
	# Too low for a graph, too narrow for all columns.
	screen_size 40 12
	until_true 60 line_is 2 "    PID NAME                  HEAP"
	until_true 60 line_is 12 "q quit*"
	screen_fits 40 12
	run ! screen_has '^worker (5000)'
	screen_size 10 3
	until_true 60 line_is 1 "brkwatch [0-9]"
	screen_size 200 60
	until_true 60 screen_has 'RANGE'
	until_true 60 screen_has '^worker (5000)'
}

@test "screen: no character but ASCII where the locale has no other" {
	screen_start 80 24 env LC_ALL=C "$CLI" 0.5
	until_true 60 screen_has 'python3'
	until_true 60 screen_has 'pr??f???'
	until_true 60 screen_has '#####'
	run ! screen_has '█'
}

@test "screen: it is left as it was by q, by signals, after so many" {
	screen_start 80 24 "$CLI" 0.5
	until_true 60 screen_has '5 processes'
	keys q
	until_true 60 screen_has '^bash-ready 0 '
	run ! screen_has 'PID NAME'
	screen_sane

	local sig
	for sig in INT TERM HUP QUIT; do
		screen_end
		screen_start 80 24 "$CLI" 60
		until_true 60 screen_has '5 processes'
		kill -"$sig" "$(screen_program)"
		until_true 60 screen_has '^bash-ready 0 '
		screen_sane
	done
	screen_end
	screen_start 80 24 "$CLI" 60
	until_true 60 screen_has '5 processes'
	keys C-c
	until_true 60 screen_has '^bash-ready 0 '

	screen_end
	screen_start 80 24 "$CLI" 60
	until_true 60 screen_has '5 processes'
	keys C-\\
	until_true 60 screen_has '^bash-ready 0 '
	run ! screen_has 'PID NAME'
	screen_sane

	screen_end
	screen_start 80 24 "$CLI" 2 2
	until_true 60 screen_has '5 processes'
	until_true 60 screen_has '^bash-ready 0 '
	screen_sane
}

@test "screen: the list goes away" {
	copied
	screen_start 80 24 "$CLI" 0.3
	until_true 60 screen_has '5 processes'
	rm "$all"
	until_true 60 screen_has '^bash-ready 1 '
	screen_has "brkwatch-top: .*/all: No such file"
	screen_sane
}

@test "screen: stopped and continued" {
	local go=$BATS_TEST_TMPDIR/go
	# It goes on when that file is there: until then the screen is the old one.
	screen_start 80 24 bash -mc '"$CLI" 0.3; echo stopped "$(stty -a | grep -o "[-]*icanon")"; while [ ! -e "$0" ]; do sleep 0.1; done; fg >/dev/null' "$go"
	until_true 60 screen_has '5 processes'
	keys C-z
	until_true 60 screen_has '^stopped icanon'
	run ! screen_has '5 processes'
	: >"$go"
	until_true 60 screen_has '5 processes'
	keys j
	until_true 60 selected_is 1
	keys q
	until_true 60 screen_has '^bash-ready 0 '
	screen_has '^stopped icanon'
}
