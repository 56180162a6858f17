# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() sets pid
# Who follows a process gets all of what it becomes and of its children.

load helper

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
	load_module
}

# follow_into ARGS...: follows, with these arguments, a program that waits for
# a line and then does what $program says: every call of the burst is printed.
follow_into() {
	local json=$BATS_TEST_TMPDIR/json
	mkfifo "$BATS_TEST_TMPDIR/in"
	"${program[@]}" <"$BATS_TEST_TMPDIR/in" 3>&- &
	local pid=$! told follower
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 1 has_name "$pid"
	"$CLI" --json --follow "$@" "$pid" >"$json" 3>&- &
	follower=$!
	until_true 10 test -s "$json"
	echo >&"$told"
	wait "$pid"
	wait "$follower"
	python3 - "$json" "$calls" <<-'END'
	import json, sys
	seen = lost = 0
	for line in open(sys.argv[1]):
	    o = json.loads(line)
	    if o["type"] == "event" and o["event"] in ("query", "grow", "shrink"):
	        seen += 1
	    elif o["type"] == "lost":
	        print(o)
	        lost += 1
	    elif o["type"] == "missed":
	        # env or nice, say; it took the ring with it or passed it on.
	        print(o)
	print(seen)
	assert seen >= int(sys.argv[2]) and not lost, (seen, lost)
	END
}

# shellcheck disable=SC2016
burst_after() {
	local calls
	calls=$(figure 30000 100000)
	cpus "$1"
	program=(bash -c 'read -r; exec brkdo burst "$0"' "$calls")
	follow_into
	rm "$BATS_TEST_TMPDIR/in"
	# Three programs, the follower may have seen none of the first two.
	program=(bash -c 'read -r; exec env nice brkdo burst "$0"' "$calls")
	follow_into
	rm "$BATS_TEST_TMPDIR/in"
	program=(bash -c 'read -r; brkdo burst "$0"; true' "$calls")
	follow_into -f
	rm "$BATS_TEST_TMPDIR/in"
	# A child that remains what its parent is.
	program=(brkdo pause child burst "$calls")
	follow_into -f
	rm "$BATS_TEST_TMPDIR/in"
	program=(env python3 -S -c 'import subprocess, sys; input(); subprocess.run(["brkdo", "burst", sys.argv[1]])' "$calls")
	follow_into -f
}

@test "exec, fork and vfork into a burst, one processor: no call is lost" {
	burst_after 1
}

@test "exec, fork and vfork into a burst, four processors: no call is lost" {
	burst_after 4
}

@test "a reserve that nobody wants is given back" {
	start_brkdo pause grow 4096 pause
	until_true 1 has_name "$pid"
	local before
	before=$(stat_of MemoryBytes)
	python3 - "$pid" "$told" "$before" <<-'END'
	import select, subprocess, sys
	from proctext import *
	mine, before = os.getpid(), int(sys.argv[3])
	fd = open_file(f"{PROC}/{mine}")
	poll = select.poll()
	poll.register(fd, select.POLLIN)
	poll.poll(0)
	ring = reread(fd)["History"]
	# One is in use, and another one in reserve.
	assert stats()["MemoryBytes"] - before > 2 * 40 * ring
	child = Program("brkdo", "burst", "100", "pause")
	assert look(child.pid)["History"] == ring
	until(lambda: None if look(child.pid)["History"] == 32 else "still long", 60)
	child.end()
	poll.poll(0)
	os.close(fd)
	until(lambda: None if stats()["MemoryBytes"] - before < 40 * ring else stats(), 60)
	END
	tell
	tell
	wait "$pid"
}

# For brkwatch-cli -- sh -c "$gone" sh PROGRAM: brkwatch-cli sleeps until the program has ended that sh becomes.
# shellcheck disable=SC2016
gone='kill -STOP $PPID
	(while grep -q ") [^Z]" /proc/$$/stat; do :; done; kill -CONT $PPID) &
	exec "$1" grow 2097152 at 1 >/dev/null'

# missed ARG...: of a program, what is said of that is in $out, and on stderr in $stderr.
missed() {
	: >"$out"
	run -"${wanted:-0}" --separate-stderr "${as[@]}" "$cli" "$@" -o "$out" -- sh -c "$script" sh "$scene/brkdo" "$out"
	cat "$out"
	echo "stderr: $stderr"
}

# late ARGS...: runs $become and follows it, until $open in the output shows that its last program is followed.
late() {
	local in=$BATS_TEST_TMPDIR/in follower
	mkfifo "$in"
	: >"$out"
	# shellcheck disable=SC2016
	"$CLI" "$@" -o "$out" -- sh -c "$become" sh "$BIN/brkdo" "$in" >/dev/null 3>&- &
	follower=$!
	until_true 20 grep -qE "$open" "$out"
	echo >"$in"
	wait "$follower"
	rm "$in"
}

@test "what is gone before its file could be opened is missed, with what exited knows of it" {
	local out=$BATS_TEST_TMPDIR/out cli=$CLI scene=$BIN script=$gone as=()
	missed --json
	jq -se '(map(select(.type == "missed")) | length) == 1' "$out"
	jq -se 'map(select(.type == "start"))[0].pid as $pid | map(select(.type == "missed"))[0] | .pid == $pid and
		.parent == 0 and .name == "brkdo" and .grown_bytes == 2097152 and .peak_bytes == 2097152 and
		.refused == 1 and .last_event == "refused" and .last_reason == "below_start" and
		.last_limit == .start_brk and .last_needed == "0x0000000000000001"' "$out"
	jq -se 'map(select(.type == "summary"))[0] | .missed == 0 and .refused == 1 and .peak_bytes == 2097152' "$out"
	diff -u "$out" <("$CLI" --input "$out" --json)
	"$CLI" --input "$out" --explain | grep -E "^\.\.\. [0-9]+ brkdo ended before it could be followed: [0-9]+ calls, grown 2 MiB, .* 1 refused$"
	missed --explain
	tr -s ' \n' ' ' <"$out" | grep -E "brkdo ended before it could be followed: .* 1 refused The program asked for .* but a break at 0x1 would be [0-9.]+ TiB below the start of the heap, 0x[0-9a-f]+"
	# Flags are not in it, but only a stack stands in the way from afar.
	script=${gone/grow 2097152 at 1/grow 4096 map-stack 524288 grow 4096}
	missed --explain
	tr -s ' \n' ' ' <"$out" | grep -F "it was a stack, below which the kernel keeps a gap free"
	script=$gone
	wanted=3 missed --until refused
	wanted=3 missed --until 'heap>1M'
	missed --until 'heap>1G'
	wanted=4 missed --until external
	[[ "$stderr" == *"not all events were seen"* ]]
	missed --csv
	[[ "$stderr" == *"brkdo ended before it could be followed: "*" 1 refused"* ]]
	missed -c
	[[ "$stderr" == *"brkdo ended before it could be followed: "*" 1 refused"* ]]
	grep -E " 2 MiB .* 1$" "$out"
	cli=${CLI%-cli}-stacks
	missed --folded
	[[ "$stderr" == *"brkdo ended before it could be followed: "*" 1 refused"* ]]
}

@test "children of a child that is missed are missed, too" {
	local out=$BATS_TEST_TMPDIR/out cli=$CLI scene=$BIN script as=()
	# shellcheck disable=SC2016
	script='kill -STOP $PPID; "$1" grow 4096 fork fork at 1 >/dev/null; kill -CONT $PPID'
	wanted=4 missed -f --json --until external
	jq -se 'map(select(.type == "missed" and .name))[0] as $row | $row.name == "brkdo" and $row.forks == 2 and
		(map(select(.pid == $row.pid)) | map(select(.type == "summary"))[0].missed ==
		2 + (map(select(.type == "missed" and (.name | not))) | length))' "$out"
	wanted=4 missed -f --until 'heap>1G'
	grep -E " brkdo ended before it could be followed: .*, 2 children not followed$" "$out"
}

@test "what is gone before its file could be opened is missed, by those who may not read exited" {
	local scene out cli script=$gone as=(setpriv --reuid 65534 --clear-groups)
	scene=$(mktemp -d)
	chmod 755 "$scene"
	mkdir -m 777 "$scene/out"
	cp "$CLI" "$scene/cli"
	cp "$(command -v brkdo)" "$scene/brkdo"
	out=$scene/out/text cli=$scene/cli
	: >"$out"
	chmod 666 "$out"
	missed --json
	jq -se 'map(select(.type == "start"))[0].pid as $pid |
		map(select(.type == "missed")) == [{type: "missed", pid: $pid, parent: 0}]' "$out"
	jq -se 'map(select(.type == "summary"))[0] | .missed == 1 and .refused == 0' "$out"
	missed
	grep -E "^\.\.\. [0-9]+ a program ended before it could be followed: what it did is not known$" "$out"
	grep -E "^\.\.\. [0-9]+ has ended: .* 0 refused, and what it did in 1 address space is not known$" "$out"
	wanted=4 missed --until refused
	[[ "$stderr" == *"not all events were seen"* ]]
	missed -c
	grep -E "^\.\.\. not included: 1 address space that ended before it could be followed$" "$out"
	rm -r "$scene"
}

@test "of two programs that a process becomes one after another, the first is missed" {
	local out=$BATS_TEST_TMPDIR/out cli=$CLI scene=$BIN script as=()
	# shellcheck disable=SC2016
	script='kill -STOP $PPID
		exec "$1" grow 4096 exec /bin/sh -c "kill -CONT $PPID; timeout 60 sh -c \"until grep -q exec $2; do :; done\"; :" >/dev/null'
	missed --json
	jq -sce 'map(select(.type == "exec" or .type == "missed") | [.type, .name])[-2:] == [["missed", null], ["exec", "sh"]]' "$out"
	jq -se 'map(select(.type == "summary"))[0].missed == 1' "$out"
}

@test "each address space before the first file that could be opened is missed" {
	local out=$BATS_TEST_TMPDIR/out become lost said open='"name":"sh".*"spaces_before":[2-9]'
	# shellcheck disable=SC2016
	local chain='exec "$1" grow 4096 exec "$1" grow 4096 exec /bin/sh -c "kill -CONT $PPID; read -r line <$2"'
	# A command that runs another that runs another.
	become="kill -STOP \$PPID; $chain"
	late --json
	jq -sce 'map(select(.type == "start" or .type == "exec" or .type == "missed") | .type) == ["start", "missed", "missed", "exec"]' "$out"
	jq -se '(map(select(.type == "exec"))[0].spaces_before - map(select(.type == "start"))[0].spaces_before) == 3' "$out"
	jq -se 'map(select(.type == "summary"))[0].missed == 2' "$out"
	CLI=${CLI%-cli}-stacks open='now sh$' late
	grep -E '^\.\.\. .* growths have a stack .*; what was done in 2 address spaces is not known$' "$out"
	# A child; its shell has had the heap of its parent's, and need not have made calls.
	become="kill -STOP \$PPID; ($chain); :"
	late --json -f
	jq -se 'map(select(.type == "start"))[1] as $child | map(select(.pid == $child.pid)) |
		(map(select(.type == "missed")) | length) == $child.spaces_before and
		map(select(.type == "summary"))[0].missed == $child.spaces_before' "$out"
	lost=$(jq -s 'map(select(.type == "missed")) | length' "$out")
	for said in "$("$CLI" --input "$out" -c)" "$("$CLI" --input "$out" --csv | "$CLI" --input - -c)"; do
		[[ "$said" == *"... not included: $lost address spaces that ended before they could be followed" ]]
	done
}
