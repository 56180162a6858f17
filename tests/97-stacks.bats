# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Who made the heap grow: brkwatch-stacks.

load helper
program stacks

# More of them than come and go in a test.
setup_file() {
	load_module exited=1000
	# Debug information is looked for by one who is not root.
	chmod a+x "$BATS_RUN_TMPDIR"
}

# bytes_of FUNCTION FILE: of all paths that go through it, in folded lines.
bytes_of() {
	awk -v name="$1" 'index(";" $0, ";" name ";") || index(";" $0, ";" name " ") { sum += $NF } END { print sum + 0 }' "$2"
}

folded_sum() {
	awk '{ sum += $NF } END { print sum + 0 }' "$1"
}

# What the program says itself.
own_count() {
	awk -v name="$1" '$1 == name { sum += $2 } END { print sum + 0 }' "$2"
}

# grown_of NAME: GrownBytes of all processes of that name that have ended since the file was loaded.
grown_of() {
	awk -F'\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["name"] == name { sum += $at["grown_bytes"] }
		END { print sum + 0 }' "$PROC/exited"
}

# assert_paths FOLDED OUT NAME...: each as long as the program says.
assert_paths() {
	local folded=$1 out=$2 name
	cat "$folded" "$out"
	for name in "${@:3}"; do
		[ "$(own_count "$name" "$out")" -gt 0 ]
		[ "$(bytes_of "$name" "$folded")" = "$(own_count "$name" "$out")" ]
	done
}

# start PROGRAM STEP...: as start_brkdo; the program is growers, or a copy.
start() {
	out=$BATS_TEST_TMPDIR/out
	mkfifo "$BATS_TEST_TMPDIR/in"
	: >"$out"
	"$@" <"$BATS_TEST_TMPDIR/in" >"$out" 3>&- &
	pid=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 10 grep -q ready "$out"
}

# Whether a follower of the background waits: it has read what there was before.
waits() {
	grep -qE 'e(p_)?poll' "/proc/$1/wchan"
}

@test "each growth has its callers, through libc, without frame pointers" {
	"$CLI" -o "$BATS_TEST_TMPDIR/text" -- growers leak grow churn >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/text"
	# All of them, until the table begins.
	awk '
	function check() {
		if (!growth) return
		if (frames !~ /leak \(growers.c:[0-9]+\)|grow \(growers.c:[0-9]+\)|churn \(growers.c:[0-9]+\)|dprintf/) bad = 1
		if (frames !~ /main \(growers.c:[0-9]+\)/) bad = 1
	}
	/^ *[0-9.]+%? / || /^\.\.\./ { check(); growth = $2 == "grow"; growths += growth; frames = "" }
	/^    #/ { frames = frames " " $0 }
	END { exit bad || growths < 12 }' "$BATS_TEST_TMPDIR/text"
	grep -q "^    #0 .*brk" "$BATS_TEST_TMPDIR/text"
	# Without C++'s library its names are as they are.
	grep -Eq '#[0-9]+ (heap::more\(long\)|_ZN4heap4moreEl) \(growers.c' "$BATS_TEST_TMPDIR/text"
	grep -Eq '^\.\.\. ([0-9]+) of \1 growths have a stack \((.*) of \2\)$' "$BATS_TEST_TMPDIR/text"
}

@test "who was refused, at each request and at the end" {
	"$CLI" -o "$BATS_TEST_TMPDIR/text" -- growers grow ask leak ask thread >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/text"
	awk '/^    #/ { frames = frames $2 " "; next }
		{ if (was == "refused" && frames ~ /brk .*ask step perform main /) found++; frames = ""; was = $2 }
		END { exit found != 2 }' "$BATS_TEST_TMPDIR/text"
	awk '$0 == "   refused         growers, 2 requests" { on = 1; next }
		on && /^    #[0-9]+ ask \(growers.c:/ { found = 1 }
		/^[^ ]|^  / && !/^    #/ { on = 0 }
		END { exit !found }' "$BATS_TEST_TMPDIR/text"
	grep -Eq '^\.\.\. ([0-9]+) of \1 growths have a stack \((.*) of \2\); 2 of 2 refusals$' "$BATS_TEST_TMPDIR/text"
	# It has no bytes.
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" -- growers ask grow >"$BATS_TEST_TMPDIR/out"
	run ! grep ";ask" "$BATS_TEST_TMPDIR/folded"
	# One that was there before has no stack, and counts for nothing.
	start growers ask pause ask
	"$CLI" -c -o "$BATS_TEST_TMPDIR/text" "$pid" 3>&- &
	cli=$!
	until_true 60 waits "$cli"
	tell
	wait "$pid"
	wait "$cli"
	grep -E '; 1 of 1 refusals$' "$BATS_TEST_TMPDIR/text"
}

@test "bytes of each path are those that the program counts, their sum is GrownBytes" {
	local before
	before=$(grown_of growers)
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" -- growers leak grow churn thread >"$BATS_TEST_TMPDIR/out"
	assert_paths "$BATS_TEST_TMPDIR/folded" "$BATS_TEST_TMPDIR/out" leak grow churn
	[ "$(bytes_of by_thread "$BATS_TEST_TMPDIR/folded")" = "$(own_count thread "$BATS_TEST_TMPDIR/out")" ]
	echo "before $before, now $(grown_of growers), sum $(folded_sum "$BATS_TEST_TMPDIR/folded")"
	[ "$(folded_sum "$BATS_TEST_TMPDIR/folded")" = $(($(grown_of growers) - before)) ]
	run ! grep -F '[no stack]' "$BATS_TEST_TMPDIR/folded"
	# command;outermost;...;innermost bytes
	run ! grep -Evx 'growers(;[^; ]+)+ [0-9]+' "$BATS_TEST_TMPDIR/folded"
	grep -Eq '^growers;.*;main;.*leak;.* [0-9]+$' "$BATS_TEST_TMPDIR/folded"
}

@test "the table has the paths, the largest first" {
	"$CLI" -c --bytes -o "$BATS_TEST_TMPDIR/text" -- growers grow churn >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/text"
	awk '$2 ~ /%$/ { if (last && $1 > last) bad = 1; last = $1; sum += $1 }
		$1 == "..." { gsub(/[()]/, ""); exit bad || sum != $9 || sum != $11 }' "$BATS_TEST_TMPDIR/text"
	awk '$2 ~ /%$/ { bytes = $1 } / grow \(growers.c/ { print bytes }' "$BATS_TEST_TMPDIR/text" >"$BATS_TEST_TMPDIR/grow"
	[ "$(cat "$BATS_TEST_TMPDIR/grow")" = "$(own_count grow "$BATS_TEST_TMPDIR/out")" ]
}

# make_stripped: growers without debug information, which is in a file beside it. Sets $dir.
make_stripped() {
	dir=$BATS_TEST_TMPDIR/dir
	mkdir "$dir"
	cp "$BIN/growers" "$dir/stripped"
	objcopy --only-keep-debug "$dir/stripped" "$dir/stripped.debug"
	strip "$dir/stripped"
	(cd "$dir" && objcopy --add-gnu-debuglink=stripped.debug stripped)
	run ! grep -q growers.c "$dir/stripped"
}

@test "who reads programs has no rights, and opens only what an ordinary user may" {
	local dir follower parser
	make_stripped
	chmod 700 "$dir/stripped"
	chmod 600 "$dir/stripped.debug"
	PATH=$dir:$PATH start stripped pause grow
	"$CLI" -c -o "$BATS_TEST_TMPDIR/text" "$pid" 3>&- {told}>&- &
	follower=$!
	until_true 60 waits "$follower"
	parser=$(pgrep -x -P "$follower" brkwatch-parser)
	cat "/proc/$parser/status"
	grep -qx $'Uid:\t65534\t65534\t65534\t65534' "/proc/$parser/status"
	grep -qx $'Gid:\t65534\t65534\t65534\t65534' "/proc/$parser/status"
	grep -qx $'Groups:[\t ]*' "/proc/$parser/status"
	[ "$(grep -cE '^Cap(Inh|Prm|Eff|Amb):.0{16}$' "/proc/$parser/status")" = 4 ]
	grep -qx $'NoNewPrivs:\t1' "/proc/$parser/status"
	# Of what root has opened it has nothing: two ends to talk by, and what complaints go to.
	find "/proc/$parser/fd" -type l -printf '%f %l\n' | sort >"$BATS_TEST_TMPDIR/fds"
	cat "$BATS_TEST_TMPDIR/fds"
	run ! grep -Ev '^0 socket:|^1 pipe:|^2 ' "$BATS_TEST_TMPDIR/fds"
	tell
	wait "$pid"
	wait "$follower"
	run ! kill -0 "$parser"
	# The program itself it is given, whoever may read that.
	cat "$BATS_TEST_TMPDIR/text"
	grep -Eq '#[0-9]+ stripped\+0x[0-9a-f]+ \(\+0x[0-9a-f]+\)' "$BATS_TEST_TMPDIR/text"
	run ! grep growers.c "$BATS_TEST_TMPDIR/text"

	# It is the one who has called sudo.
	chown 1000 "$dir/stripped.debug"
	SUDO_UID=1000 SUDO_GID=1000 "$CLI" -c -o "$BATS_TEST_TMPDIR/text" -- "$dir/stripped" grow >/dev/null
	grep -Eq '#[0-9]+ grow \(growers.c:[0-9]+\)' "$BATS_TEST_TMPDIR/text"
}

@test "a program that the one who reads it does not survive has no stacks, others have" {
	local text=$BATS_TEST_TMPDIR/text in=$BATS_TEST_TMPDIR/in follower parser
	out=$BATS_TEST_TMPDIR/out
	mkfifo "$in"
	# shellcheck disable=SC2016
	"$CLI" -f -o "$text" -- sh -c 'growers leak pause grow <"$1"; growers churn' sh "$in" >"$out" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- &
	follower=$!
	exec {told}>"$in"
	until_true 60 grep -q ' leak (growers.c:' "$text"
	until_true 60 waits "$follower"
	parser=$(pgrep -x -P "$follower" brkwatch-parser)
	kill -KILL "$parser"
	tell
	wait "$follower"
	cat "$text" "$out" "$BATS_TEST_TMPDIR/stderr"
	[ "$(grep -c 'growers ([0-9]*): its program file crashed the process' "$BATS_TEST_TMPDIR/stderr")" = 1 ]
	grep -q '^    #0 \[no stack\]$' "$text"
	run ! grep ' grow (growers.c:' "$text"
	grep -q ' churn (growers.c:' "$text"
}

@test "debug information of its own file, of a program that is not there any more" {
	local dir
	make_stripped
	"$CLI" -c -o "$BATS_TEST_TMPDIR/text" -- "$dir/stripped" grow >/dev/null
	cat "$BATS_TEST_TMPDIR/text"
	grep -Eq '#[0-9]+ grow \(growers.c:[0-9]+\)' "$BATS_TEST_TMPDIR/text"
	# Without it the path is there, too; and nobody waits for a fifo.
	rm "$dir/stripped.debug"
	mkfifo "$dir/stripped.debug"
	timeout 60 "$CLI" -c -o "$BATS_TEST_TMPDIR/text" -- "$dir/stripped" grow >/dev/null
	cat "$BATS_TEST_TMPDIR/text"
	[ "$(grep -Ec '#[0-9]+ stripped\+0x[0-9a-f]+ \(\+0x[0-9a-f]+\)' "$BATS_TEST_TMPDIR/text")" -ge 3 ]
}

@test "a file that is made shorter while it is read" {
	local dir cli
	make_stripped
	PATH=$dir:$PATH start stripped pause leak pause grow churn
	"$CLI" -o "$BATS_TEST_TMPDIR/text" "$pid" 3>&- &
	cli=$!
	until_true 60 waits "$cli"
	tell
	until_true 60 grep -q '#[0-9]* leak (growers.c:' "$BATS_TEST_TMPDIR/text"
	: >"$dir/stripped.debug"
	tell
	wait "$pid"
	wait "$cli"
	tail -n 30 "$BATS_TEST_TMPDIR/text"
	grep -Eq '^\.\.\. ([0-9]+) of \1 growths have a stack \((.*) of \2\)$' "$BATS_TEST_TMPDIR/text"
}

@test "a file of the same name that is another one does not name functions" {
	local dir=$BATS_TEST_TMPDIR/dir
	mkdir "$dir"
	cp "$BIN/growers" "$dir/prog"
	cp "$BIN/brkdo" "$dir/other"
	# It is gone when its samples are looked at.
	"$CLI" -c -o "$BATS_TEST_TMPDIR/text" -- sh -c 'exec "$1"/prog grow' sh "$dir" >/dev/null
	grep -Eq '#[0-9]+ grow \(growers.c:[0-9]+\)' "$BATS_TEST_TMPDIR/text"
	"$CLI" -f -c -o "$BATS_TEST_TMPDIR/text" -- sh -c '"$1"/prog grow; mv "$1"/other "$1"/prog' sh "$dir" >/dev/null
	cat "$BATS_TEST_TMPDIR/text"
	grep -q ' prog, ' "$BATS_TEST_TMPDIR/text"
	run ! grep -E 'prog\+0x|brkdo.c' "$BATS_TEST_TMPDIR/text"
}

@test "no name of a program talks to the terminal" {
	cp "$BIN/growers" "$BATS_TEST_TMPDIR/"$'g\e[31m'
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" -- "$BATS_TEST_TMPDIR/"$'g\e[31m' grow >/dev/null
	cat -v "$BATS_TEST_TMPDIR/folded"
	grep -q '^g?\[31m;' "$BATS_TEST_TMPDIR/folded"
	run ! grep $'\e' "$BATS_TEST_TMPDIR/folded"
}

@test "of a process that runs what it did before does not count; threads of old do" {
	start growers leak pause grow thread pause
	local before follower
	before=$(key GrownBytes <"$PROC/$pid")
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" "$pid" 3>&- {told}>&- &
	follower=$!
	until_true 10 waits "$follower"
	tell
	until_true 10 eval "[ \$(grep -c ready '$out') = 2 ]"
	local after
	after=$(key GrownBytes <"$PROC/$pid")
	kill "$follower"
	wait "$follower"
	cat "$BATS_TEST_TMPDIR/folded"
	[ "$(folded_sum "$BATS_TEST_TMPDIR/folded")" = $((after - before)) ]
	tell
	wait "$pid"
	assert_paths "$BATS_TEST_TMPDIR/folded" "$out" grow
	[ "$(bytes_of by_thread "$BATS_TEST_TMPDIR/folded")" = "$(own_count thread "$out")" ]
	[ "$(bytes_of leak "$BATS_TEST_TMPDIR/folded")" = 0 ]
}

@test "children, on several processors, soon gone" {
	local before other
	# The first who counts patches code, and so does the last: see scripts/vm.
	"$CLI" -o /dev/null "$$" 3>&- &
	other=$!
	until_true 10 waits "$other"
	before=$(grown_of growers)
	# shellcheck disable=SC2016
	with_cpus 2 "$CLI" -f --folded -o "$BATS_TEST_TMPDIR/folded" -- \
		sh -c 'for i in 1 2 3 4 5 6; do growers leak grow & growers churn; done; wait' >"$BATS_TEST_TMPDIR/out"
	kill "$other"
	wait "$other"
	assert_paths "$BATS_TEST_TMPDIR/folded" "$BATS_TEST_TMPDIR/out" leak grow churn
	grep '^growers;' "$BATS_TEST_TMPDIR/folded" >"$BATS_TEST_TMPDIR/growers"
	[ "$(folded_sum "$BATS_TEST_TMPDIR/growers")" = $(($(grown_of growers) - before)) ]
	run ! grep -F '[no stack]' "$BATS_TEST_TMPDIR/growers"
	# Without -f they are not counted.
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" -- sh -c 'growers grow; true' >/dev/null
	run ! grep '^growers;' "$BATS_TEST_TMPDIR/folded"
}

@test "a process whose main thread has exited: its functions have names" {
	start growers leave pause grow
	until_true 10 grep -q 'State:.*Z' "/proc/$pid/status"
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" "$pid" 3>&- {told}>&- &
	local follower=$!
	until_true 10 waits "$follower"
	tell
	wait "$pid" "$follower"
	assert_paths "$BATS_TEST_TMPDIR/folded" "$out" grow
}

@test "where samples are lost bytes are not" {
	local steps follower
	cp "$BIN/growers" "$BATS_TEST_TMPDIR/"'a\b'
	# As it is elsewhere: as far from the end of addresses as a stack can be.
	sysctl -q kernel.randomize_va_space=2
	steps=$(printf 'grow %.0s' {1..300})
	# shellcheck disable=SC2086
	start "$BATS_TEST_TMPDIR/"'a\b' pause $steps pause
	"$CLI" --folded -o "$BATS_TEST_TMPDIR/folded" "$pid" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- {told}>&- &
	follower=$!
	until_true 10 waits "$follower"
	kill -STOP "$follower"
	local before
	before=$(key GrownBytes <"$PROC/$pid")
	tell
	until_true 10 eval "[ \$(grep -c ready '$out') = 2 ]"
	kill -CONT "$follower"
	local grown
	grown=$(($(key GrownBytes <"$PROC/$pid") - before))
	until_true 10 waits "$follower"
	kill "$follower"
	wait "$follower"
	tell
	wait "$pid"
	cat "$BATS_TEST_TMPDIR/folded" "$BATS_TEST_TMPDIR/stderr"
	[ "$(folded_sum "$BATS_TEST_TMPDIR/folded")" = "$grown" ]
	[ "$(bytes_of grow "$BATS_TEST_TMPDIR/folded")" -gt 0 ]
	[ "$(bytes_of '[no stack]' "$BATS_TEST_TMPDIR/folded")" -gt 0 ]
	# Of one program.
	[ "$(cut -d ';' -f 1 "$BATS_TEST_TMPDIR/folded" | sort -u)" = 'a\b' ]
	grep -Eq ' [0-9]+ of 2400 growths have a stack ' "$BATS_TEST_TMPDIR/stderr"
}

@test "without CAP_IPC_LOCK: as many stacks as there is room for, or the cause that there is none" {
	local before room kib=/proc/sys/kernel/perf_event_mlock_kb default
	limited() {
		setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=0:0 "$CLI" "$@"
	}
	default=$(cat "$kib")
	for room in "$default" 120; do
		echo "$room" >"$kib"
		before=$(grown_of growers)
		limited --folded -o "$BATS_TEST_TMPDIR/folded" -- growers leak grow churn >"$BATS_TEST_TMPDIR/out"
		cat "$BATS_TEST_TMPDIR/folded"
		[ "$(folded_sum "$BATS_TEST_TMPDIR/folded")" = $(($(grown_of growers) - before)) ]
		[ "$(bytes_of main "$BATS_TEST_TMPDIR/folded")" -gt 0 ]
	done
	echo 16 >"$kib"
	run -125 limited --folded -- growers grow
	echo "$default" >"$kib"
	[[ "$output" == *"perf_event_mlock_kb (for each processor, now 16)"* ]]
	[[ "$output" != *PERFMON* ]]
}

@test "a stack that is deeper than its copy says so" {
	"$CLI" -c -o "$BATS_TEST_TMPDIR/text" -- growers deep >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/text"
	grep -Eq '#[0-9]+ deep \(growers.c' "$BATS_TEST_TMPDIR/text"
	grep -q 'callers not in the copy of the stack' "$BATS_TEST_TMPDIR/text"
}

@test "the flame graph is as wide as bytes are many" {
	"$CLI" --folded --flamegraph "$BATS_TEST_TMPDIR/graph.svg" -o "$BATS_TEST_TMPDIR/folded" -- \
		growers leak grow churn größe_大きさ >"$BATS_TEST_TMPDIR/out"
	python3 - "$BATS_TEST_TMPDIR/graph.svg" "$BATS_TEST_TMPDIR/folded" "$BATS_TEST_TMPDIR/out" <<-'END'
		import re, sys, xml.etree.ElementTree as tree
		ns = '{http://www.w3.org/2000/svg}'
		svg = tree.parse(sys.argv[1]).getroot()
		folded = [line.rsplit(' ', 1) for line in open(sys.argv[2])]
		total = sum(int(n) for _, n in folded)
		own = {n: int(b) for n, b in (l.split() for l in open(sys.argv[3]))}
		room, seen, texts = float(svg.get('data-room')), {}, set()
		spans = {}
		for g in svg.iter(ns + 'g'):
		    rect, name, size = g.find(ns + 'rect'), g.get('data-name'), int(g.get('data-bytes'))
		    assert abs(float(rect.get('width')) - room * size / total) < 0.01, name
		    at, depth = int(g.get('data-at')), int(g.get('data-depth'))
		    spans.setdefault(depth, []).append((at, at + size))
		    seen[name] = seen.get(name, 0) + size
		    texts.add(g.find(ns + 'text').text)
		    label = g.find(ns + 'text').text or '..'
		    assert label == name or label[-2:] == '..' and name.startswith(label[:-2]), (name, label)
		    assert g.find(ns + 'title').text.startswith('%s: %d bytes' % (name, size))
		for depth, row in spans.items():    # side by side, each over one below
		    assert all(a[1] <= b[0] for a, b in zip(row, row[1:]))
		    assert not depth or all(any(p[0] <= s[0] and s[1] <= p[1] for p in spans[depth - 1]) for s in row)
		assert seen['all'] == total
		for name in 'leak', 'grow', 'churn', 'größe_大きさ':
		    assert seen[name] == own[name], (name, seen[name], own[name])
		assert {'main', 'churn', 'leak'} <= texts, texts
		assert 'addEventListener' in svg.find(ns + 'script').text
		assert not re.search('(href|src|url)\\W', open(sys.argv[1]).read()), 'not self-contained'
	END
	run -1 "$CLI" --flamegraph /nonexistent/graph.svg $$
	[[ "$output" == *"/nonexistent/graph.svg: No such file"* ]]
	# One that is there is replaced by a whole one only.
	cp "$BATS_TEST_TMPDIR/graph.svg" "$BATS_TEST_TMPDIR/old.svg"
	run -1 "$CLI" --flamegraph "$BATS_TEST_TMPDIR/graph.svg" 4194304
	cmp "$BATS_TEST_TMPDIR"/{old,graph}.svg
	run -1 "$CLI" --flamegraph /dev/full $$
	[[ "$output" == *"cannot replace /dev/full: it is not a regular file"* ]]
}

@test "as JSON, by which brkwatch-heap says whose call a page is" {
	cd "$BATS_TEST_TMPDIR"
	start heapdo show blocks 1000 1000 show
	"$CLI" --json -o stacks "$pid" 3>&- &
	local follower=$!
	until_true 30 waits "$follower"
	echo >&"$told"
	until_true 10 eval '[ "$(grep -c ready out)" = 2 ]'
	# The follower may be behind.
	by_main() {
		"${CLI%stacks}heap" --address "$(sed -n 's/^last //p' out | tail -n 1)" --stacks stacks "$pid" >found
		grep -A20 'its page was added' found | grep -E '^ +main \(heapdo.c:[0-9]+\)$'
	}
	until_true 10 by_main || { cat found && false; }
	grep -E '^ +its page was added at [0-9.]+, [-0-9]+ [0-9:]+: event [0-9]+, grow by .*, thread '"$pid\$" found
	kill -KILL "$pid"
	wait "$follower"
	# Each growth is followed by its stack, and it is still a recording.
	jq -es '. as $all | [range(length) | select($all[.].event == "grow")] | length >= 5 and
		all(.[]; $all[. + 1].type == "stack" and $all[. + 1].seq == $all[.].seq and
			any($all[. + 1].frames[]; .function == "main"))' stacks
	[ "$("${CLI%stacks}cli" --input stacks | grep -c ' grow ')" = "$(grep -c '"event":"grow"' stacks)" ]
}

@test "what is missing is said" {
	run -2 "$CLI" --json -c -- true
	run -2 "$CLI"
	run -125 setpriv --reuid 65534 --clear-groups "$CLI" -- touch "$BATS_TEST_TMPDIR/ran"
	[[ "$output" == *"CAP_PERFMON"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	chmod 755 /sys/kernel/tracing
	mount -o remount,mode=755,gid=0 /sys/kernel/tracing
	run -125 unshare -m sh -c 'umount /sys/kernel/tracing; umount /sys/kernel/debug/tracing; umount /sys/kernel/debug
		exec "$1" -- true' sh "$CLI"
	echo "$output"
	[[ "$output" == *"tracefs is not mounted"* ]]
}
