# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# brkwatch-top on processes that live.

load helper
load screen
program top

teardown() {
	screen_end
	judge_log
}

# block N FILE: that one of a text.
block() {
	awk -v RS= -v n="$1" 'NR == n' "$2"
}

# row PID FILE: the values of its last row, as JSON.
row() {
	jq -c "select(.pid == $1)" "$2" | tail -n 1
}

@test "text: every process of the list but itself, the largest first" {
	start_brkdo grow 1073741824 pause
	"$CLI" 0.1 1 >"$BATS_TEST_TMPDIR/text"
	cat "$BATS_TEST_TMPDIR/text"
	awk 'NR == 3' "$BATS_TEST_TMPDIR/text" | grep -qE "^ *$pid brkdo +1 GiB +1 GiB +- +- +0$"
	awk 'NR > 2 { print $1 }' "$BATS_TEST_TMPDIR/text" | sort >"$BATS_TEST_TMPDIR/shown"
	awk -F'\t' 'NR > 1 { print $1 }' "$PROC/all" | sort >"$BATS_TEST_TMPDIR/listed"
	# Those that come and go are the test's own.
	[ "$(comm -12 "$BATS_TEST_TMPDIR/shown" "$BATS_TEST_TMPDIR/listed" | wc -l)" -ge $(($(wc -l <"$BATS_TEST_TMPDIR/shown") - 2)) ]
	run ! grep brkwatch-cli "$BATS_TEST_TMPDIR/text"
	tell
	wait "$pid"
}

# Whether the last row is what the module says.
row_is_listed() {
	awk -F'\t' -v pid="$pid" '$1 == pid { print $5, $6, $7, $10, $11, $12 }' "$PROC/all" >"$BATS_TEST_TMPDIR/listed"
	row "$pid" "$BATS_TEST_TMPDIR/json" |
		jq -r '"\(.heap_bytes) \(.peak_bytes) \(.calls) \(.refused) \(.grown_bytes) \(.shrunk_bytes)"' |
		diff "$BATS_TEST_TMPDIR/listed" -
}

@test "JSON: numbers are the module's, growth is that of the time between" {
	start_brkdo grow 4096 pause grow 1048576 at 1 pause
	"$CLI" --json 0.5 1000 -p "$pid" >"$BATS_TEST_TMPDIR/json" 3>&- {told}>&- &
	local cli=$!
	until_true 10 grep -q '"pid"' "$BATS_TEST_TMPDIR/json"
	: >"$out"
	tell
	until_true 10 grep -q ready "$out"
	until_true 10 row_is_listed
	kill "$cli"
	wait "$cli"
	cat "$BATS_TEST_TMPDIR/json"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/json")" -ge 2 ]
	[ "$(jq -s '.[0].growth_bytes_per_s' "$BATS_TEST_TMPDIR/json")" = null ]
	# What the rates add up to is what it has grown by, but for what rounding takes.
	jq -se '. as $r | ([range(1; $r | length) | $r[.].growth_bytes_per_s * ($r[.].time_ns - $r[. - 1].time_ns) / 1e9] | add) - 1048576 | fabs < 4 + ($r | length)' \
		"$BATS_TEST_TMPDIR/json"
	tell
	wait "$pid"
}

@test "only what may be looked at" {
	start_brkdo grow 1048576 pause
	run -0 setpriv --reuid 65534 --clear-groups "$CLI" --all --json 0.1 1
	run ! grep -F "\"pid\":$pid," <<<"$output"
	run -0 "$CLI" --uid root --comm '^brkdo$' --json 0.1 1
	[ "$(jq .pid <<<"$output")" = "$pid" ]
	run -0 "$CLI" --uid nobody --json 0.1 1
	[ -z "$output" ]
	tell
	wait "$pid"
}

@test "an exec is another address space: no rate is made of the two" {
	start_brkdo grow 104857600 pause exec "$BIN/brkdo" grow 4096 pause
	"$CLI" --json "$BRKWATCH_SLOWNESS" 3 -p "$pid" >"$BATS_TEST_TMPDIR/json" 3>&- {told}>&- &
	local cli=$!
	until_true 10 grep -q '"pid"' "$BATS_TEST_TMPDIR/json"
	: >"$out"
	tell
	wait "$cli"
	cat "$BATS_TEST_TMPDIR/json"
	run ! grep -q '"growth_bytes_per_s":-[0-9]*' "$BATS_TEST_TMPDIR/json"
	tell
	wait "$pid"
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

@test "nobody reads it any more, or a signal" {
	local begin=$SECONDS sig cli
	timeout "$((300 * BRKWATCH_SLOWNESS))" "$CLI" 3600 | head -n 1
	[ $((SECONDS - begin)) -lt $((250 * BRKWATCH_SLOWNESS)) ]
	for sig in HUP INT QUIT TERM; do
		: >"$BATS_TEST_TMPDIR/text"
		interruptible "$CLI" 3600 >"$BATS_TEST_TMPDIR/text" 3>&- &
		cli=$!
		until_true 10 grep -q PID "$BATS_TEST_TMPDIR/text"
		kill -"$sig" "$cli"
		until_true 10 has_ended "$cli"
		# 0 is its own status, not 128 and more.
		wait "$cli"
	done
}

@test "screen: growth, calls and refusals of a process, and its graph" {
	local size
	start_brkdo grow 268435456 pause grow 268435456 at 1 at 1 sleep 100 grow -134217728 pause
	for size in "80 24" "200 60"; do
		# shellcheck disable=SC2086 # two words
		screen_start $size "$CLI" 1
		until_true 20 screen_has "$pid brkdo  "
		# shellcheck disable=SC2086
		screen_fits $size
		until_true 20 selected_is "$pid"
		if [ "$size" = "80 24" ]; then
			: >"$out"
			tell
			until_true 10 grep -q ready "$out"
		fi
		until_true 20 screen_has "^brkdo ($pid)   heap 384 MiB   peak 512 MiB   refused 2"
		# What is seen may be half of what is drawn.
		until_true 20 screen_has '^ *512 MiB ┤'
		until_true 20 screen_has '^ \+0 B └.*x'
		until_true 20 screen_has '^ .*│.*█'
		keys q
		until_true 20 screen_has '^bash-ready 0 '
		screen_sane
		screen_end
	done
	tell
	wait "$pid"
}

@test "screen: selection, filter and size, while processes come and go" {
	mkfifo "$BATS_TEST_TMPDIR/in"
	crowd stay 50 3 <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/crowd" 3>&- &
	local crowd=$! chosen
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 60 grep -q ready "$BATS_TEST_TMPDIR/crowd"
	screen_start 80 24 "$CLI" 0.5
	until_true 20 screen_has 'processes'
	keys / '^' c r o w d Enter
	until_true 20 screen_has ' 51 of '
	keys p
	until_true 20 screen_has 'by pid'
	keys End
	chosen=$(awk '$1 == "child" { print $2 }' "$BATS_TEST_TMPDIR/crowd" | sort -n | tail -n 1)
	until_true 20 selected_is "$chosen"
	keys p
	until_true 20 screen_has 'by pid, reversed'
	until_true 20 eval '[[ "$(screen_rows) " == "'"$chosen"' "* ]]'
	until_true 20 selected_is "$chosen"
	screen_size 200 60
	until_true 20 screen_has RANGE
	until_true 20 screen_has "^crowd ($chosen) "
	screen_fits 200 60
	kill -KILL "$chosen"
	until_true 20 screen_has ' 50 of '
	exec {told}>&-
	wait "$crowd"
	until_true 20 screen_has 'no name matches'
	keys Escape
	until_true 20 screen_has '..:..:..  [0-9]* processes'
	keys q
	until_true 20 screen_has '^bash-ready 0 '
}

@test "the module goes: the terminal is restored, and it is said" {
	screen_start 80 24 "$CLI" 1
	until_true 20 screen_has 'processes'
	# It may be reading at this moment, and be in the middle of it when that is over.
	until_true 20 unload_module
	until_true 20 screen_has '^bash-ready 1 '
	screen_has '^brkwatch-top: \(the brkwatch module has been unloaded\|cannot read /proc/brkwatch/all: \)'
	screen_sane
	load_module
}
