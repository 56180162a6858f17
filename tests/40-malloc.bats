# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The experiments that explain malloc: what doc/what-malloc-does.md shows is what they print.

load helper

# masked FILE: without what is not the same each time or everywhere: addresses, times,
# numbers of processes, the width of columns, sizes of libraries and what follows from
# them; which thread of a Go program is the last; and the way out that is left to a
# process only while it lives.
masked() {
	sed -E 's/0x[0-9a-f]{6,}/ADDRESS/g
		s/[0-9]+\.[0-9]{6}/TIME/g
		s/ +/ /g
		s/^ [0-9]+ (TIME [a-z]+) .* (file|loader)\b.*/ \1 FILE/
		s/^ [0-9]+ (TIME .*) ADDRESS [0-9.]+ [KMGT]?i?B / \1 /
		s/^ (\.\.\.|Pid) [0-9]+/ \1/
		/ end /s/ tid [0-9]+$//
		s/ tid [0-9]+$/ tid/
		s/[0-9]+ B would/N B would/
		s/with .ulimit -d [0-9]+/with ulimit -d N/' "$1" |
		sed -zE "s/,\s+or\s+now\s+as\s+root\s+with\s+'prlimit[^']*'//g
			s/(program is started;)([^.]*)\./\1 THEN./g"
}

@test "what the page on malloc shows is what happens" {
	[[ $(uname -r) = 6.12.* && $(uname -m) = x86_64 ]] || skip "missing kernel feature: the page shows Linux 6.12 on x86-64"
	"$ROOT/scripts/doc-examples" -r >"$BATS_TEST_TMPDIR/page"
	diff -u <(masked "$ROOT/doc/what-malloc-does.md") <(masked "$BATS_TEST_TMPDIR/page")
}
