# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Real programs, with strace in the same guest as the witness: the same
# requests and the same results, call by call.

load helper

# In a module of its own history, long enough for any of these programs.
setup_file() {
	load_module history=4096
}

# witness COMMAND...: run it under strace; what strace saw goes to strace.txt,
# what the module saw to module.txt, both as "request result". strace follows
# lastwords too, so the command's calls are those after the second execve.
witness() {
	local dir=$BATS_TEST_TMPDIR
	strace -qq -f -e trace=brk,execve -e signal=none -o "$dir/strace.log" \
		lastwords "$dir/module.log" "$@" >"$dir/stdout" 2>&1
	awk '$2 ~ /^execve/ && / = 0$/ && ++execs == 2 { pid = $1 }
	     $1 == pid && /brk\(.*\) *= 0x/' "$dir/strace.log" |
		sed 's/NULL/0/; s/.*brk(\([0-9a-fx]*\)) *= \(0x[0-9a-f]*\)$/\1 \2/' |
		while read -r request result; do
			printf '0x%016x 0x%016x\n' "$request" "$result"
		done >"$dir/strace.txt"
	cut -d' ' -f1,2 "$dir/module.log" >"$dir/module.txt"
	[ "$(wc -l <"$dir/strace.txt")" -gt 1 ]
	diff -u "$dir/strace.txt" "$dir/module.txt"
}

@test "ls" {
	witness ls -l /etc
	# It asks where its heap is, asks again, then moves it.
	local zero=0x0000000000000000
	cut -d' ' -f1 "$BATS_TEST_TMPDIR/module.txt" | head -n 3 >"$BATS_TEST_TMPDIR/first"
	[ "$(sed -n 1p "$BATS_TEST_TMPDIR/first")" = $zero ]
	[ "$(sed -n 2p "$BATS_TEST_TMPDIR/first")" = $zero ]
	[ "$(sed -n 3p "$BATS_TEST_TMPDIR/first")" != $zero ]
}

@test "bash" {
	witness bash -c 'x=; for ((i = 0; i < 2000; i++)); do x+=0123456789012345678901234567890123456789012345678901234567890123; done; echo ${#x}'
	grep -x 128000 "$BATS_TEST_TMPDIR/stdout"
}

@test "python3" {
	witness python3 -S -c 'x = [bytearray(1000) for i in range(3000)]; del x; print("done")'
}

@test "sort of a large file" {
	seq 60000 -1 1 >"$BATS_TEST_TMPDIR/numbers"
	witness sort -n --parallel=1 -S 2M -o "$BATS_TEST_TMPDIR/sorted" "$BATS_TEST_TMPDIR/numbers"
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/sorted")" = 1 ]
}

@test "perl" {
	witness perl -e 'my @a = map { "string $_" } 1..20000; print scalar(sort { $a cmp $b } @a)'
}
