# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# brkwatch-cli --follow when system calls are interrupted, or late.

load helper

@test "system calls that a signal interrupts are made again" {
	local n=500 seen lost delta
	start_brkdo pause burst $n
	# The program's loader reads, too, and does not try again.
	strace -qqo "$BATS_TEST_TMPDIR/strace" -e trace=?epoll_wait,epoll_pwait,pread64,write \
		-e inject=?epoll_wait,epoll_pwait,write:error=EINTR:when=1+2 -e inject=pread64:error=EINTR:when=8+2 \
		"$CLI" --json --follow "$pid" >"$BATS_TEST_TMPDIR/json" 3>&- &
	local follower=$!
	until_true 20 test -s "$BATS_TEST_TMPDIR/json"
	tell
	wait "$pid"
	wait "$follower"
	cut -c 1-80 "$BATS_TEST_TMPDIR/strace"
	[ "$(grep -c INJECTED "$BATS_TEST_TMPDIR/strace")" -gt 5 ]
	local call
	for call in 'epoll_p*wait' pread64 write; do
		grep -q "^$call(.*INJECTED" "$BATS_TEST_TMPDIR/strace"
	done
	jq -se --argjson n $n 'map(select(.type == "event").seq) | length > $n and . == [range(1; length + 1)]' \
		"$BATS_TEST_TMPDIR/json"
}

@test "between two address spaces the module is in use, and the second one is followed" {
	local follower
	start_brkdo grow 4096 pause exec "$BIN/brkdo" pause grow 8192
	# It opens the second address space late.
	strace -qqo /dev/null -P "$PROC/$pid" -e inject=openat:delay_enter="$((15 * BRKWATCH_SLOWNESS))s:when=2" \
		"$CLI" --follow "$pid" >"$BATS_TEST_TMPDIR/text" 2>&1 3>&- &
	follower=$!
	until_true 20 grep -q 'grow' "$BATS_TEST_TMPDIR/text"
	tell
	until_true 10 eval "[ \$(grep -c ready '$out') = 2 ]"
	run ! rmmod brkwatch
	[[ $output == *"in use"* ]]
	until_true 60 grep -q 'exec: new address space' "$BATS_TEST_TMPDIR/text"
	tell
	wait "$pid"
	wait "$follower"
	cat "$BATS_TEST_TMPDIR/text"
	grep -q ' grow  *+8 KiB' "$BATS_TEST_TMPDIR/text"
}
