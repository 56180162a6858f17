# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# brkwatch-cli on processes that live: commands, children, many at once.

load helper

# brk calls of a command and its descendants, by strace.
strace_calls() {
	strace -f -qq -e trace=brk -o "$BATS_TEST_TMPDIR/strace" "$@"
	grep -c 'brk(' "$BATS_TEST_TMPDIR/strace"
}

# The same by brkwatch-cli. A child that made no call may be missed.
cli_calls() {
	"$CLI" -f --json -o "$BATS_TEST_TMPDIR/json" -- "$@"
	if grep '"type":"lost"' "$BATS_TEST_TMPDIR/json" >&2; then return 1; fi
	jq -s 'map(select(.type == "summary").calls) | add' "$BATS_TEST_TMPDIR/json"
}

# same_as_strace DIFFERENCE COMMAND...: one of three times. On a busy machine a
# child may go on in another program before the file of the first could be opened.
same_as_strace() {
	local theirs ours
	for _ in 1 2 3; do
		theirs=$(strace_calls "${@:2}")
		ours=$(cli_calls "${@:2}")
		echo "strace: $theirs, brkwatch-cli: $ours"
		[ "$theirs" -gt 0 ]
		! [ $((ours - theirs)) -ge -"$1" ] || ! [ $((ours - theirs)) -le "$1" ] || return 0
	done
	return 1
}

@test "a command is followed from its first instruction, its output is its own" {
	"$CLI" --csv -o "$BATS_TEST_TMPDIR/csv" -- brkdo burst 5000 </dev/null >"$BATS_TEST_TMPDIR/out"
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/csv")" = \
	  "pid,space,seq,time_ns,took_ns,tid,event,request,old,new,delta_bytes,delta_pages,reason,flags,start_brk,limit,needed" ]
	awk -F, 'NR > 1 && $3 != NR - 1 { bad = 1 } END { exit bad || NR < 5000 }' "$BATS_TEST_TMPDIR/csv"
	run -1 grep , "$BATS_TEST_TMPDIR/out"
}

@test "exit status: the command's, 126, 127, 128 and the signal" {
	run -7 --separate-stderr "$CLI" -- sh -c 'echo out; exit 7'
	[ "$output" = out ]
	[[ "$stderr" == *"has ended"* ]]
	run -137 "$CLI" -- sh -c 'kill -KILL $$'
	run -126 "$CLI" -- /etc/passwd
	run -127 "$CLI" -- /nonexistent
}

# started SIGNAL...: nothing of what the command does is missed.
started() {
	local n
	n=$(figure 5 300)
	with_cpus 2 python3 "$BATS_TEST_DIRNAME/starts.py" "$CLI" "$n" "$BATS_TEST_TMPDIR" "$@"
	awk -F, 'FNR == 2 { seen++; bad += $3 != 1 } END { exit bad || seen != '"$n"' }' "$BATS_TEST_TMPDIR"/[0-9]*
}

@test "a command starts while signals come" {
	started WINCH
	started TSTP CONT
	started STOP CONT
}

@test "Ctrl-C before and after a command has begun: nothing is left" {
	local i j cli status
	for ((i = 0; i < $(figure 8 160); i++)); do
		set -m
		"$CLI" -o "$BATS_TEST_TMPDIR/out" -- sleep 1000 3>&- &
		set +m
		cli=$!
		for ((j = 0; j < i % 8; j++)); do moment; done
		kill -INT -- "-$cli"
		until_true 30 eval "! kill -0 $cli"
		status=0
		wait "$cli" || status=$?
		[ "$status" = 130 ]
		until_true 10 eval "! pgrep -g $cli"
	done
}

@test "what is done with SIGCHLD, and what kills a command in exec" {
	run -7 env --ignore-signal=CHLD "$CLI" -o "$BATS_TEST_TMPDIR/out" -- sh -c 'exit 7'
	# A segment where no program can have one: the old one is gone when that is found.
	python3 -c '
import struct, sys
elf = bytearray(open(sys.argv[1], "rb").read())
struct.pack_into("<Q", elf, struct.unpack_from("<Q", elf, 32)[0] + 16, 1 << 62)
open(sys.argv[2], "wb").write(elf)' "$(command -v bare)" "$BATS_TEST_TMPDIR/broken"
	chmod +x "$BATS_TEST_TMPDIR/broken"
	local status=0
	(exec "$BATS_TEST_TMPDIR/broken") || status=$?
	[ "$status" -gt 128 ]
	run "-$status" "$CLI" -- "$BATS_TEST_TMPDIR/broken"
}

# fails_to_watch MESSAGE ARG...: by no means success.
fails_to_watch() {
	run "-${wanted:-125}" --separate-stderr "$CLI" "${@:2}"
	echo "$stderr"
	[[ "$stderr" == *"$1"* ]]
}

# Where anybody may read, and nobody is an ordinary user.
scene() {
	scene=$(mktemp -d)
	chmod 755 "$scene"
	mkdir -m 777 "$scene/out"
	cp "$CLI" "$scene/cli"
	cp "$(command -v brkdo)" "$scene/brkdo"
}

nobody() {
	setpriv --reuid 65534 --clear-groups "$scene/cli" "$@"
}

@test "a command that cannot be watched does not begin; what was not watched is no success" {
	local kprobes=/sys/kernel/debug/kprobes/enabled
	scene
	chmod 111 "$scene/brkdo"
	CLI=nobody fails_to_watch "permission denied" -q --until 'heap>1K' -- "$scene/brkdo" grow 4096
	[ -z "$output" ]
	CLI=nobody fails_to_watch "permission denied" -q --until 'heap>1M' -- sh -c 'exec "$1" grow 4096 sleep 1000' sh "$scene/brkdo"
	[[ "$output" == *grow* ]]
	rm -r "$scene"
	fails_to_watch "No space left" -o /dev/full -- true
	echo 0 >"$kprobes"
	fails_to_watch "does not record brk calls" --until refused -- touch "$BATS_TEST_TMPDIR/ran"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	echo 1 >"$kprobes"
	fails_to_watch "does not record brk calls" --until refused -- sh -c 'echo 0 >"$1"' sh "$kprobes"
	echo 1 >"$kprobes"
	run -0 "$CLI" --until refused -- true
}

@test "--until knows of children that ended before they could be followed, or says that it does not" {
	local condition child='kill -STOP $PPID; "$1" grow 2097152 at 1 >/dev/null; kill -CONT $PPID'
	scene
	for condition in 'heap>1M' 'grown>1M' 'refused>0' refused; do
		run -3 "$CLI" -f -q --until "$condition" -- sh -c "$child" sh brkdo
	done
	run -0 "$CLI" -f -q --until 'heap>1G' -- sh -c "$child" sh brkdo
	wanted=4 fails_to_watch "not all events were seen" -f --until external -- sh -c "$child" sh brkdo
	CLI=nobody wanted=4 fails_to_watch "not all events were seen" -f --until refused -- sh -c "$child" sh "$scene/brkdo"
	rm -r "$scene"
}

@test "--until knows how large a heap was, though that event is lost" {
	local in=$BATS_TEST_TMPDIR/in out=$BATS_TEST_TMPDIR/out follower
	mkfifo "$in"
	"$CLI" -f -q -o /dev/null --until 'heap>1M' -- sh -c 'kill -STOP $PPID
		brkdo grow 2097152 grow -2097152 burst 100 pause' <"$in" >"$out" 3>&- &
	follower=$!
	exec {told}>"$in"
	until_true 10 grep -q ready "$out"
	kill -CONT "$follower"
	wait "$follower" || [ "$?" = 3 ]
	exec {told}>&-
}

# has_ignored PID: these, and handles none of them. Numbers are of bits.
has_ignored() {
	awk '$1 == "SigIgn:" { ignored = $2 } $1 == "SigCgt:" { caught = $2 }
		END { exit !(ignored ~ /[4567c-f]..[7f]$/ && caught ~ /[012389ab]..[08]$/) }' "/proc/$1/status"
}

@test "signals that are ignored from the start stay so, in a command, too" {
	local option cli out=$BATS_TEST_TMPDIR/out
	for option in "cli --follow $$" "cli --follow --all" "top 1000" "metrics -o $out --interval 1000" "cli -f -- sleep 1000"; do
		rm -f "$out"
		# shellcheck disable=SC2086
		env --ignore-signal=HUP,INT,QUIT,TERM,CHLD "${CLI%cli}"$option >"$out.1" 2>&1 3>&- &
		cli=$!
		until_true 30 eval "[ -s '$out' ] || [ -s '$out.1' ] && has_ignored $cli"
		kill -HUP "$cli"
		[ "$option" != "cli -f -- sleep 1000" ] || has_ignored "$(pgrep -P "$cli")"
		has_ignored "$cli"
		kill -KILL "$cli"
		wait "$cli" || :
	done
	pkill -KILL -x sleep
	# What the command gets is what there was.
	run -0 env --ignore-signal=HUP,CHLD --block-signal=USR1 "$CLI" -o /dev/null -- grep -E '^Sig(Blk|Ign)' /proc/self/status
	[ "$output" = "$(env --ignore-signal=HUP,CHLD --block-signal=USR1 grep -E '^Sig(Blk|Ign)' /proc/self/status)" ]
}

@test "a command that is slow to end, and one that leaves another behind: all is summed up" {
	local follower status=0 text=$BATS_TEST_TMPDIR/text out=$BATS_TEST_TMPDIR/out
	"$CLI" -c -o "$text" -- bash -c 'trap "((++n)); echo got \$n" TERM; echo ready; until ((n == 2)); do sleep 0.1; done; exit 5' \
		>"$out" 3>&- &
	follower=$!
	until_true 10 grep -q ready "$out"
	kill -TERM "$follower"
	until_true 10 grep -q "got 1" "$out"
	kill -TERM "$follower"
	wait "$follower" || status=$?
	[ "$status" = 5 ]
	grep bash "$text"
	"$CLI" -f -c -o "$text" -- sh -c 'sleep 1000 & echo $!' >"$out" 3>&- &
	follower=$!
	until_true 10 eval "ps --ppid $follower -o stat= | grep -q ^Z"
	kill -TERM "$follower"
	wait "$follower"
	grep sleep "$text"
	kill "$(cat "$out")"
}

@test "a child that cannot be followed costs itself, not its parent" {
	local text=$BATS_TEST_TMPDIR/text
	# Two descriptors for each, and some of its own.
	run --separate-stderr bash -c 'ulimit -n 12; exec "$@"' bash "$CLI" -f -o "$text" -- \
		sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait; echo $$'
	cat "$text"
	echo "$stderr"
	[ "$status" = 125 ]
	[[ "$stderr" == *": Too many open files"* ]]
	grep -q "^\.\.\. $output has ended" "$text"
}

@test "children: of a shell, of posix_spawn, of make -j, as many calls as strace sees" {
	same_as_strace 0 sh -c 'ls / >/dev/null; for i in 1 2 3; do (cat /dev/null); true; done'
	# Else what it allocates is another each time.
	export PYTHONHASHSEED=0
	same_as_strace 0 python3 -S -c 'import subprocess
for i in range(5): subprocess.run(["ls"], stdout=subprocess.DEVNULL, close_fds=False)
subprocess.run("sort /etc/passwd | head -n 1", shell=True, stdout=subprocess.DEVNULL)'
	printf 'all: %s\n\t@true\n%%.o:\n\t@sort /etc/services >/dev/null\n' "$(echo {1..12}.o)" >"$BATS_TEST_TMPDIR/Makefile"
	# Which takes more memory when more is to be done at a time.
	same_as_strace 8 make -s -j4 -C "$BATS_TEST_TMPDIR" all
}

@test "which events, and when it ends" {
	run -0 --separate-stderr "$CLI" -q --event grow,refused --min-delta 8K -- \
		brkdo grow 4096 grow 8192 grow -8192 at 1 at 0x100000000000000
	echo "$stderr"
	[ "$(grep -c ' grow ' <<<"$stderr")" = 1 ]
	[ "$(grep -c ' refused ' <<<"$stderr")" = 2 ]
	[ "$(wc -l <<<"$stderr")" = 3 ]

	run -3 "$CLI" --until 'heap>64K' -- brkdo grow 4096 grow 65536 pause grow 4096
	[ "$(grep -c ' grow ' <<<"$output")" = 2 ]
	run -3 "$CLI" --until refused -- brkdo grow 4096 at 1 pause
	run -0 "$CLI" --until refused -- brkdo grow 4096

	start_brkdo grow 4096 pause grow 4096
	run -0 "$CLI" --follow -q -n 2 "$pid"
	[ "$(wc -l <<<"$output")" = 2 ]
	local begin=$SECONDS
	run -0 "$CLI" --follow --duration 1.5 "$pid"
	[ $((SECONDS - begin)) -ge 1 ]
	[[ "$output" == *"$pid still runs"* ]]
	tell
	wait "$pid"
}

@test "the summary says what the module says" {
	start_brkdo burst 100 at 1 at 1 at 0x100000000000000 pause
	run -0 "$CLI" --follow -c --bytes --duration 0.5 "$pid"
	echo "$output"
	local row
	read -ra row <<<"${lines[1]}"
	[ "${row[0]}" = "$pid" ]
	[ "${row[1]}" = brkdo ]
	[ "${row[2]}" = "$(key Calls <"$PROC/$pid")" ]
	[ "${row[3]}" = "$(key GrownBytes <"$PROC/$pid")" ]
	[ "${row[4]}" = "$(key ShrunkBytes <"$PROC/$pid")" ]
	[ "${row[5]}" = "$(key PeakBytes <"$PROC/$pid")" ]
	[ "${row[*]:8}" = "3: 2 below_start, 1 address_limit" ]
	tell
	wait "$pid"
}

@test "time stamps are those of the clock" {
	start_brkdo grow 4096 pause
	local now epoch day
	now=$(date +%s)
	run -0 "$CLI" --follow -q -ttt -n 1 "$pid"
	read -r epoch _ <<<"$output"
	[ $((now - ${epoch%.*})) -ge 0 ] && [ $((now - ${epoch%.*})) -lt 60 ]
	run -0 "$CLI" --follow -q -tt -n 1 "$pid"
	read -r day _ <<<"$output"
	[[ "$day" =~ ^[0-9:]{8}\.[0-9]{6}$ ]]
	# It may be another day now.
	awk -v a="$epoch" -v b="$(date -d "$day" +%s.%N)" 'BEGIN {
		d = (a - b) % 86400
		if (d < 0) d += 86400
		exit !(d < 0.1 || d > 86399.9) }'
	run -0 "$CLI" --follow -q -t -n 1 "$pid"
	read -r day _ <<<"$output"
	[[ "$day" =~ ^[0-9:]{8}$ ]]
	tell
	wait "$pid"
}

@test "processes by name, by user, all" {
	start_brkdo grow 4096 pause
	run -0 "$CLI" --comm '^brkdo$'
	[[ "${lines[0]}" =~ ^Pid\ +$pid$ ]]
	[ "$(grep -c ^Pid <<<"$output")" = 1 ]
	"$CLI" --all --json | jq -r .pid | sort >"$BATS_TEST_TMPDIR/all"
	grep -qx "$pid" "$BATS_TEST_TMPDIR/all"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/all")" -gt 3 ]
	# No kernel thread, and not itself.
	while read -r n; do
		[ -n "$(head -c 1 "/proc/$n/maps" 2>&1)" ]
	done <"$BATS_TEST_TMPDIR/all"
	# An ordinary user has nothing to look at, and hears of nobody.
	run -1 setpriv --reuid 65534 --clear-groups "$CLI" --all
	[ "$output" = "brkwatch-cli: no process that you may read matches; try sudo" ]
	run -1 "$CLI" --uid nobody
	[ "$output" = "brkwatch-cli: no process matches; brkwatch-top lists all" ]
	run -0 "$CLI" --uid root --comm brkdo --json
	[ "$(jq .pid <<<"$output")" = "$pid" ]
	local name=$'a\nb'
	found() {
		"$CLI" --comm "^$name\$" --json >"$BATS_TEST_TMPDIR/json"
	}
	cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/$name"
	"$BATS_TEST_TMPDIR/$name" 1000 3>&- &
	until_true 10 found
	[ "$(jq .pid "$BATS_TEST_TMPDIR/json")" = "$!" ]
	kill "$!"
	tell
	wait "$pid"
}

@test "many processes at once" {
	local n
	n=$(figure 200 1000)
	mkfifo "$BATS_TEST_TMPDIR/in"
	crowd stay "$n" 4 <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/crowd" 3>&- &
	local crowd=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true "$(figure 60 300)" grep -q ready "$BATS_TEST_TMPDIR/crowd"
	awk '$1 == "child" { print $2 }' "$BATS_TEST_TMPDIR/crowd" >"$BATS_TEST_TMPDIR/pids"
	xargs "$CLI" --json --follow <"$BATS_TEST_TMPDIR/pids" >"$BATS_TEST_TMPDIR/json" 3>&- {told}>&- &
	local follower=$!
	until_true "$(figure 60 300)" eval "[ \$(grep -c '\"type\":\"start\"' '$BATS_TEST_TMPDIR/json') = $n ]"
	exec {told}>&-
	wait "$crowd" "$follower"
	[ "$(jq -s 'map(select(.type == "summary" and .ended and .calls >= 4)) | length' "$BATS_TEST_TMPDIR/json")" = "$n" ]
	[ "$(jq -s 'map(select(.event == "end")) | length' "$BATS_TEST_TMPDIR/json")" = "$n" ]
}
