#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The file that brkwatch-metrics writes and keeps: needs neither the module nor root.
# shellcheck disable=SC2016 # single quotes on purpose
# shellcheck disable=SC2154 # stderr comes from run

load metrics

@test "the file: whole, for everybody to read, and gone at the end" {
	local signal
	umask 077
	for signal in HUP INT QUIT TERM; do
		rm -f "$BATS_TEST_TMPDIR/cli"
		next_state 1 0 0 0
		reads
		[ "$(stat -c %a "$OUT")" = 644 ]
		[ "$(ls "$BATS_TEST_TMPDIR"/brkwatch*)" = "$OUT" ]
		[ "$(tail -c 1 "$OUT")" = "" ]
		ends_with "$signal" 0
		[ ! -e "$OUT" ]
	done
	# Once, without --interval: it stays.
	"$CLI" -o "$OUT"
	diff -u "$DATA/expected/metrics.prom" "$OUT"
}

@test "under nohup the file is kept" {
	local signal pid
	env --ignore-signal=HUP,INT,QUIT,TERM "$CLI" -o "$OUT" --interval 0.05 3>&- &
	pid=$!
	echo "$pid" >"$BATS_TEST_TMPDIR/cli"
	until_true 10 test -s "$OUT"
	for signal in HUP INT QUIT TERM; do
		kill "-$signal" "$pid"
		inode=$(stat -c %i "$OUT")
		until_true 10 is_new
	done
	kill -KILL "$pid"
	wait "$pid" || :
	rm "$BATS_TEST_TMPDIR/cli"
	[ -s "$OUT" ]
}

@test "what is no ordinary file is not replaced" {
	mkfifo "$OUT"
	run -1 "$CLI" -o "$OUT"
	[[ "$output" == *"not a regular file"* ]]
	[ -p "$OUT" ]
}

@test "what is replaced keeps its mode and owner; of a symbolic link, what it leads to" {
	local dir=$BATS_TEST_TMPDIR/dir
	mkdir "$dir"
	ln -s "$dir/link" "$OUT"
	ln -s target "$dir/link"
	"$CLI" -o "$OUT"
	diff -u "$DATA/expected/metrics.prom" "$dir/target"
	echo before >"$dir/target"
	chmod 600 "$dir/target"
	[ "$(id -u)" -ne 0 ] || chown 65534:65533 "$dir/target"
	before=$(stat -c '%a %u %g' "$dir/target")
	(umask 0 && "$CLI" -o "$OUT")
	diff -u "$DATA/expected/metrics.prom" "$dir/target"
	[ "$(stat -c '%a %u %g' "$dir/target")" = "$before" ]
	: >"$dir/target"
	next_state 1 0 0 0
	reads
	[ "$(stat -c '%a %u %g' "$dir/target")" = "$before" ]
	ends_with TERM 0
	# It is the target that goes.
	[ "$(ls "$dir")" = link ]
	[ -L "$OUT" ] && [ -L "$dir/link" ]
	ln -sf loop "$dir/loop"
	fails 1 "$dir/loop: Too many levels of symbolic links" -o "$dir/loop"
}

@test "it is written again and again" {
	local n
	"$CLI" -o "$OUT" --interval 0.05 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/cli"
	until_true 10 is_new
	for n in 1 2 3; do
		ln -f "$OUT" "$BATS_TEST_TMPDIR/kept"
		inode=$(stat -c %i "$BATS_TEST_TMPDIR/kept")
		until_true 10 is_new
	done
	ends_with TERM 0
}

@test "what cannot be read or written ends it, and the file goes" {
	fails 1 "/nonexistent/x.prom: No such file" -o /nonexistent/x.prom
	fails 1 "/nonexistent/x.prom: No such file" -o /nonexistent/x.prom --interval 1
	mkdir "$OUT"
	fails 1 "cannot replace $OUT: it is not a regular file" -o "$OUT"
	rmdir "$OUT"
	next_state 1 0 0 0
	reads 2>"$BATS_TEST_TMPDIR/err"
	rm "$BATS_TEST_TMPDIR/now/all"
	ends_with USR1 1
	[[ "$(cat "$BATS_TEST_TMPDIR/err")" == "brkwatch-metrics: cannot read $BATS_TEST_TMPDIR/now/all: No such file or directory" ]]
	[ "$(echo "$BATS_TEST_TMPDIR"/brkwatch*)" = "$BATS_TEST_TMPDIR/brkwatch*" ]
	run -1 --separate-stderr bash -c '"$CLI" >/dev/full'
	[[ "$stderr" == *"No space left on device" ]]
}
