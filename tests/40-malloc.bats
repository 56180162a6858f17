# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The experiments that are published to explain malloc, with their numbers.

load helper

# What happened between the marks that the program put on its output: marks
# and calls under strace, which names the one and the other.
between() {
	events "$BATS_TEST_TMPDIR/out" | cut -f5,9,10 | tail -n "$1" | tr '\t' ' '
}

@test "free(malloc(4)) between two lines: one query, one growth" {
	mallocdo show free-malloc-4 show >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	# The second text shows what came after the first was read.
	local before after
	before=$(sed -n 's/^Events:\t//p' "$BATS_TEST_TMPDIR/out" | head -n 1)
	after=$(sed -n 's/^Events:\t//p' "$BATS_TEST_TMPDIR/out" | tail -n 1)
	[ $((after - before)) = 2 ]
	tac "$BATS_TEST_TMPDIR/out" | awk -F'\t' 'NF == 14 && $1 != "seq" { print $5, $9, $10 }' |
		head -n 2 | tac >"$BATS_TEST_TMPDIR/last"
	diff - "$BATS_TEST_TMPDIR/last" <<-END
	query 0 0
	grow 135168 33
	END
}

@test "sbrk(0) before and after malloc(1000): 0x21000 bytes, 33 pages" {
	mallocdo sbrk malloc-1000 sbrk show >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	local first second
	first=$(awk '$1 == "sbrk" { print $2; exit }' "$BATS_TEST_TMPDIR/out")
	second=$(awk '$1 == "sbrk" { s = $2 } END { print s }' "$BATS_TEST_TMPDIR/out")
	[ $((second - first)) = $((0x21000)) ]
	[ "$(events "$BATS_TEST_TMPDIR/out" | tail -n 1 | cut -f5,7-10)" = \
	  "$(printf 'grow\t0x%016x\t0x%016x\t135168\t33' "$first" "$second")" ]
	[ "$(key GrownBytes "$BATS_TEST_TMPDIR/out")" = 135168 ]
}

@test "1000 x malloc(64) and malloc(10 MiB): the big one never touches the break" {
	mallocdo malloc-64-x1000 show malloc-10M show >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '^Calls:' "$BATS_TEST_TMPDIR/out")" = 2 ]
	[ "$(grep '^Calls:' "$BATS_TEST_TMPDIR/out" | sort -u | wc -l)" = 1 ]
	[ "$(grep '^Brk:' "$BATS_TEST_TMPDIR/out" | sort -u | wc -l)" = 1 ]
	[ "$(key HeapBytes "$BATS_TEST_TMPDIR/out")" -lt $((1 << 20)) ]
	[ "$(key Grows "$BATS_TEST_TMPDIR/out")" -ge 1 ]
}
