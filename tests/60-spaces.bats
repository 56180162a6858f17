# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() and look() set variables
# Address spaces: copied, shared, replaced and ended.

load helper
load spaces

setup_file() {
	load_module history=256
}

@test "fork: the parent's stream names the child, the child has its own record" {
	start spacedo fork
	until_said child
	look parent "$pid"
	look child "${said[child]}"
	assert_consistent "$BATS_TEST_TMPDIR/parent"
	assert_consistent "$BATS_TEST_TMPDIR/child"
	[ "${parent[last]}" = "$pid fork ${said[child]} 0 -" ]
	[ "${parent[Brk]}" = "${said[brk]}" ]
	[ "${parent[Space]}" != "${child[Space]}" ]
	# It asks where it is, which is where its parent was, and grows.
	[ "${child[kinds]}" = "query grow" ]
	[ "${child[first_old]}" = "${said[brk]}" ]
	[ "${child[StartBrk]}" = "${parent[StartBrk]}" ]
	[ $((child[Brk] - said[brk])) = 4096 ]
	finish
}

@test "vfork: one address space, the child's calls are flagged, until it execs" {
	start spacedo vfork "$BIN/brkdo" grow 4096 pause
	local c=${said[child]} zero=0x0000000000000000
	look parent "$pid"
	look child "$c"
	assert_consistent "$BATS_TEST_TMPDIR/parent"
	[ "${child[Space]}" = "${parent[Space]}" ]
	[ "${child[Brk]}" = "${parent[Brk]}" ]
	[ "${child[Pid]}" = "$c" ]
	[ "${parent[Pid]}" = "$pid" ]
	[ "$(tail -n 5 "$BATS_TEST_TMPDIR/parent" | cut -f4,5,10,12 | tr '\t\n' ' ,')" = \
		"$pid query 0 -,$pid grow 1 -,$pid fork 0 -,$c query 0 v,$c grow 2 v," ]
	local space=${parent[Space]} before=${parent[Brk]}
	tell
	until_ready 2
	until_said parent
	look parent "$pid"
	look child "$c"
	assert_consistent "$BATS_TEST_TMPDIR/parent"
	assert_consistent "$BATS_TEST_TMPDIR/child"
	[ "${parent[Space]}" = "$space" ]
	[ "${child[Space]}" != "$space" ]
	[ "${child[last_call]}" = "${expected[-1]}" ]
	[[ "${child[table]}" != *v* ]]
	[ "$(tail -n 4 "$BATS_TEST_TMPDIR/parent" | cut -f4,5,10,12 | tr '\t\n' ' ,')" = \
		"$c query 0 v,$c shrink -1 v,$pid query 0 -,$pid grow 1 -," ]
	[ "${parent[Brk]}" = "$before" ]
	[ "${parent[Brk]}" = "${said[parent]}" ]
	[[ "${parent[table]}" == *" query $zero 0 v"* ]]
	finish
}

@test "posix_spawn: the child has a new address space, the parent's is its own again" {
	start spacedo spawn "$BIN/brkdo" grow 4096 pause
	until_said child
	look parent "$pid"
	look child "${said[child]}"
	assert_consistent "$BATS_TEST_TMPDIR/parent"
	[ "${child[Space]}" != "${parent[Space]}" ]
	[ "${child[last_call]}" = "${expected[-1]}" ]
	[[ "${parent[table]}" == *"$pid fork ${said[child]} 0 -"* ]]
	[[ "${parent[table]}${child[table]}" != *v* ]]
	finish
}

@test "clone(CLONE_VM): two processes side by side, each its own tid and flag" {
	start spacedo share
	until_said child
	local c=${said[child]} zero=0x0000000000000000
	look child "$c"
	[[ "${child[kinds]}" == *"query grow fork query grow" ]]
	[[ "${child[last]}" == "$c grow "*" 2 v" ]]
	tell
	until_ready 2
	tell
	until_ready 3
	look parent "$pid"
	assert_consistent "$BATS_TEST_TMPDIR/parent"
	[ "${parent[Space]}" = "${child[Space]}" ]
	[ "$(tail -n 4 "$BATS_TEST_TMPDIR/parent" | cut -f4,5,10,12 | tr '\t\n' ' ,')" = \
		"$c query 0 v,$c grow 1 v,$pid query 0 -,$pid shrink -1 -," ]
	finish
}

@test "clone(CLONE_VM): the address space goes on when its first owner is gone" {
	start spacedo outlive
	until_said child
	until_true 1 has_name "${said[child]}"
	exec {fd}<"$PROC/${said[child]}"
	wait "$pid"
	assert_gone "$pid"
	tell
	until_ready 2
	look_again again
	assert_consistent "$BATS_TEST_TMPDIR/again"
	[ "${again[State]}" = running ]
	[ "${again[Pid]}" = "${said[child]}" ]
	[[ "${again[last]}" == "${said[child]} grow "*" 1 v" ]]
	tell
	assert_ended
	exec {fd}<&-
	assert_gone "${said[child]}"
}

@test "exec: the descriptor keeps the old space, a new one has the new" {
	start brkdo grow 4096 pause exec "$BIN/brkdo" grow 8192 pause
	look old "$pid"
	exec {fd}<"$PROC/$pid"
	tell
	until_ready 2
	assert_ended
	[ "${again[Space]}" = "${old[Space]}" ]
	[ "${again[StartBrk]}" = "${old[StartBrk]}" ]
	[ "${again[Brk]}" = "${old[Brk]}" ]
	[ "${again[Pid]}" = "$pid" ]
	look new "$pid"
	[ "${new[Space]}" != "${old[Space]}" ]
	[ "${new[State]}" = running ]
	[ "${new[last_call]}" = "${expected[-1]}" ]
	exec {fd}<&-
	# The name stays: the number is in use.
	has_name "$pid"
	finish
	assert_gone "$pid"
}

@test "exec by a thread that is not the leader" {
	start spacedo thread-exec "$BIN/brkdo" grow 8192 pause
	look old "$pid"
	exec {fd}<"$PROC/$pid"
	tell
	until_ready 2
	assert_ended
	[[ "${again[last]}" == "$pid end "* ]]
	look new "$pid"
	[ "${new[Space]}" != "${old[Space]}" ]
	[ "${new[Pid]}" = "$pid" ]
	[ "${new[last_call]}" = "${expected[-1]}" ]
	[[ "${new[last]}" == "$pid grow "*" -" ]]
	exec {fd}<&-
	finish
	assert_gone "$pid"
}

@test "exec of a setuid program: who could read before sees nothing of it" {
	sysctl -q kernel.randomize_va_space=2
	local dir=$BATS_TEST_TMPDIR as_nobody
	as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	mkfifo "$dir/go"
	local go
	exec {go}<>"$dir/go"
	start "${as_nobody[@]}" brkdo grow 4096 pause exec "$BIN/brkdo-setuid" grow 8192 pause
	until_true 1 has_name "$pid"
	# A stranger of the same user opens it before, and looks after.
	# shellcheck disable=SC2016 # it is not this shell that expands them
	"${as_nobody[@]}" bash -c '
		exec 9<"$1" && echo opened && read -r <&8
		spacedo reread <&9
		cat "$1"' - "$PROC/$pid" <&- 8<&"$go" >"$dir/seen" 2>"$dir/errors" 3>&- &
	local stranger=$!
	until_true 5 grep -q opened "$dir/seen"
	tell
	until_ready 2
	echo >&"$go"
	wait "$stranger" || :
	cat "$dir/errors"
	grep -q 'Permission denied' "$dir/errors"
	look new "$pid"
	read_text seen <"$dir/seen"
	[ "${seen[State]}" = exited ]
	[[ "${seen[kinds]}" == *"grow end" ]]
	[ "${seen[StartBrk]}" != "${new[StartBrk]}" ]
	[ "$(grep -c '^Format' "$dir/seen")" = 1 ]
	finish
}

@test "exec that fails when there is no way back" {
	# The kernel sees that a segment is impossible when the old space is gone.
	python3 - "$BIN/brkdo-static" "$BATS_TEST_TMPDIR/bad" <<-'END'
	import os, struct, sys
	image = bytearray(open(sys.argv[1], "rb").read())
	at, = struct.unpack_from("<Q", image, 32)
	size, n = struct.unpack_from("<HH", image, 54)
	load = next(o for o in range(at, at + n * size, size) if image[o] == 1)
	filesz, = struct.unpack_from("<Q", image, load + 32)
	struct.pack_into("<Q", image, load + 40, filesz - 1)
	open(sys.argv[2], "wb").write(image)
	os.chmod(sys.argv[2], 0o755)
	END
	local status=0
	start brkdo grow 4096 pause exec "$BATS_TEST_TMPDIR/bad"
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	tell
	wait "$pid" || status=$?
	[ "$status" = 139 ]
	assert_ended
	[[ "${again[kinds]}" == *"grow end" ]]
	exec {fd}<&-
	assert_gone "$pid"
}
