#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-malloc on what was recorded, and on processes of ours: needs neither the module nor root.

load common

program malloc

setup() {
	export BRKWATCH_PROC=/nonexistent
	CALLS=$DATA/malloc/calls.json SMAPS=$DATA/malloc/smaps
}

teardown() {
	[ -z "${pid:-}" ] || kill "$pid"
}

# kinds_of CALL [JQ-CONDITION]: of a recording's calls
kinds_of() {
	"$CLI" --input "$CALLS" --json | jq -r "select(.call == \"$1\" and (${2:-true})) | .kind + if .guess then \"?\" else \"\" end" | xargs
}

@test "calls: what each is about, and what it comes to" {
	golden malloc-calls.txt --input "$CALLS"
	golden malloc-summary.txt --input "$CALLS" -c --bytes
	golden malloc-calls.csv --input "$CALLS" --csv
	golden malloc-summary.json --input "$CALLS" -c --json
	[ "$("$CLI" --input "$CALLS" -q 2>/dev/null | wc -l)" = "$(grep -c '"call"' "$CALLS")" ]
}

# grown_after [SED-SCRIPT [TIME]]: a heap that grows by 2 MiB after a block of 10 MiB was freed, explained on one line
grown_after() {
	local brk='{"type":"call","call":"brk","pid":4242,"tid":4242,"time_ns":1000000760000,"took_ns":2000,"addr":"0x000055555577a000","request":"0x000055555577a000","old":"0x000055555557a000","start":"0x0000555555559000"}'
	sed -e "/${2:-1000000750000}/a $brk" "$CALLS" | sed -e "${1:-}" >"$BATS_TEST_TMPDIR/calls"
	"$CLI" --input "$BATS_TEST_TMPDIR/calls" --explain | xargs -d '\n' | tr -s ' '
}

@test "a refusal's numbers: a limit of 0 is one, and counts are no limits" {
	local text
	noted() { # REASON LIMIT NEEDED
		sed -E "s/\"rlimit_data\",\"limit\":[0-9]+,\"needed\":[0-9]+/\"$1\",\"limit\":$2,\"needed\":$3/" "$CALLS" |
			"$CLI" --input - -q | sed -n "s/.* refused .* heap \($1\)/\1/p"
	}
	[ "$(noted no_memory 21 51234)" = "no_memory: 21 mappings, 51234 pages promised" ]
	[ "$(noted unmap 21 null)" = "unmap: 21 mappings" ]
	[ "$(noted next_mapping 4096 8192)" = "next_mapping: 0x2000, may be 0x1000" ]
	[ "$(noted next_mapping null 8192)" = "next_mapping" ]
	text=$(sed 's/"rlimit_data","limit":67108864/"rlimit_data","limit":0/' "$CALLS" |
		"$CLI" --input - --json --perfetto "$BATS_TEST_TMPDIR/trace" | grep rlimit_data)
	[[ "$text" == *'"reason":"rlimit_data","limit":0,"needed":1153433600,'* ]]
	[ "$("$CLI" --input - --csv -q <<<"$text" | grep -c ,rlimit_data,0,1153433600,)" = 1 ]
	[[ "$("$CLI" --input - -q <<<"$text")" == *" rlimit_data: 1.1 GiB, may be 0 B" ]]
	jq -e '[.traceEvents[].args | select(.reason == "rlimit_data") | .limit] | unique == [0]' "$BATS_TEST_TMPDIR/trace"
}

@test "in plain words: phases, and what glibc's malloc would be consistent with" {
	golden malloc-explain.txt --input "$CALLS" --explain
	local freed="From then on glibc takes blocks up to this size from the heap, unless a setting of mallopt(3) prevents it."
	local grown="The heap grew by 2 MiB, to 2.1 MiB." text
	local adapted="$grown That is more than glibc takes for a block of less than 128 KiB: consistent with its threshold having adapted when a block of 10 MiB was freed, or with a setting"
	text=$(grown_after)
	[[ "$text" == *"the first malloc of glibc"*"$freed"*"$adapted"* ]]
	# No block was freed; it grew by no more than is usual.
	[[ "$(grown_after /1000000750000/d)" == *"$grown 4242 "* ]]
	[[ "$(grown_after 's/000055555577a000/000055555559b000/g')" == *"The heap grew by 132 KiB, to 264 KiB. 4242 "* ]]
	# Others are mapped; the first growth was of 1 MiB and a page, as by M_TOP_PAD.
	[[ "$(grown_after '' 1000000850000)" == *"$freed"*"$grown 4242 "* ]]
	text=$(grown_after '/1000000650000/s/000055555557a000/000055555565a000/g')
	[[ "$text" == *"It is not known who needs the heap"*"$grown 4242 "* && "$text" != *"$freed"* ]]
	# It is another malloc, or may be one.
	for file in libjemalloc.so.2 libasan.so.8; do
		text=$(grown_after "s/ld.so.cache/$file/")
		[[ "$text" == *"$grown 4242 "* && "$text" != *glibc* ]]
	done
	[[ "$(grown_after 's/libc.so.6/ld-musl-x86_64.so.1/')" != *glibc* ]]
	[[ "$(grown_after 's/libc.so.6/& (deleted)/')" == *"$adapted"* ]]
	# What is only alike is said, too.
	for file in a b b; do
		printf '{"type":"call","call":"mmap","pid":1,"addr":"0x1000","length":4096,"flags":"MAP_PRIVATE","file":"/%0200d/%s"}\n' 0 "$file"
	done >"$BATS_TEST_TMPDIR/calls"
	[ "$("$CLI" --input "$BATS_TEST_TMPDIR/calls" --explain -q | grep -c "program mapped")" = 2 ]
	fails 2 "--explain needs calls" --input "$CALLS" --explain --json
}

@test "a trace for Perfetto: what the format demands, and what the calls were" {
	local trace=$BATS_TEST_TMPDIR/trace.json
	"$CLI" --input "$CALLS" --json --perfetto "$trace" >"$BATS_TEST_TMPDIR/json"
	# Trace Event Format: M metadata, X complete events, C counters, i instants of a thread.
	jq -e '.traceEvents | length > 80 and all(.[]; (.name | type == "string") and (.pid | type == "number") and (.args | type == "object") and (
		if .ph == "M" then .name == "process_name" and (.args.name | type == "string")
		elif .ph == "X" then ([.tid, .ts, .dur] | all(type == "number")) and .dur >= 0 and (.cat | type == "string")
		elif .ph == "C" then (.ts | type == "number") and (.args | keys == ["bytes"]) and .args.bytes >= 0
		elif .ph == "i" then ([.tid, .ts] | all(type == "number")) and .s == "t"
		else false end))' "$trace"
	# On the track of a thread slices are one after the other.
	jq -e '.traceEvents | map(select(.ph == "X")) | group_by(.tid) | length == 3 and all(.[]; sort_by(.ts) | [.[:-1], .[1:]] | transpose |
		all(.[]; .[0].ts + .[0].dur <= .[1].ts))' "$trace"
	jq -e 'map(select(.type == "call")) | length > 30' -s "$BATS_TEST_TMPDIR/json"
	diff <(jq -c '.traceEvents[] | select(.ph == "X") | [.name, .pid, .tid, .ts + .dur, .args.kind, .args.bytes, .args.by, .args.caller]' "$trace") \
		<(jq -c 'select(.type == "call") | [.call, .pid, .tid, .time_ns / 1000, .kind, .bytes, .by, .caller]' "$BATS_TEST_TMPDIR/json")
	diff <(jq -r '.traceEvents[] | select(.ph == "i") | .name' "$trace") \
		<(jq -r 'select(.error or (.call == "brk" and .reason)) | .call + " refused: " + (.reason // .error)' "$BATS_TEST_TMPDIR/json")
	# Counters end as the summary does; of a process that has ended, with nothing.
	diff <(jq -c '[.traceEvents[] | select(.ph == "C" and .pid == 4242 and .name != null)] | group_by(.name) | map(select(last.args.bytes > 0) | {(.[0].name): last.args.bytes}) | add' "$trace") \
		<(jq -cS 'select(.type == "summary" and .pid == 4242).kinds | map_values(.held_bytes)' "$BATS_TEST_TMPDIR/json")
	jq -e '[.traceEvents[] | select(.ph == "C" and .pid == 4243)] | group_by(.name) | length == 9 and all(.[]; last.args.bytes == 0)' "$trace"
	fails 1 "/nonexistent/x: No such file" --input "$CALLS" --perfetto /nonexistent/x
	fails 2 "--regions shows one moment" --regions 1 --perfetto "$trace"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	fails 1 "it is not a regular file" --input "$CALLS" --perfetto "$BATS_TEST_TMPDIR/fifo"
	[ -p "$BATS_TEST_TMPDIR/fifo" ]
	# What failed replaces nothing.
	cp "$trace" "$BATS_TEST_TMPDIR/before"
	run -1 "$CLI" --perfetto "$trace" 4194305
	run -125 "$CLI" --perfetto "$trace" -- true
	run -1 "$CLI" -q --input <(head -n 20 "$CALLS" && echo x) --perfetto "$trace"
	cmp "$trace" "$BATS_TEST_TMPDIR/before"
}

@test "a picture: layers by kind, and refused calls" {
	local svg=$BATS_TEST_TMPDIR/a.svg trace=$BATS_TEST_TMPDIR/trace.json
	command -v gnuplot || skip "no gnuplot"
	"$CLI" --input "$CALLS" -q -o /dev/null --plot "$svg" --perfetto "$trace"
	python3 -c 'import sys, xml.dom.minidom; print(*(t.firstChild.data for t in xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("text") if t.firstChild), sep="\n")' "$svg" |
		sed 's/^ *//' >"$BATS_TEST_TMPDIR/words"
	cat "$BATS_TEST_TMPDIR/words"
	# The most of each kind, and of all at one time.
	for word in "2 processes" mapped "heap (132 KiB)" "malloc (64 MiB)" "arena (128 MiB)" "peak 152 MiB" "4 refused:" "1 rlimit_as"; do
		grep -qxF -- "$word" "$BATS_TEST_TMPDIR/words"
	done
	# It is what brkwatch-plot makes of the trace.
	"${CLI%malloc}plot" --stacked --input "$trace" -o "$BATS_TEST_TMPDIR/b.svg"
	diff "$svg" "$BATS_TEST_TMPDIR/b.svg"
	# What it is made from is on a disk, or else in memory.
	for dir in "$BATS_TEST_TMPDIR" /nonexistent; do
		TMPDIR=$dir "$CLI" --input "$CALLS" -q -o /dev/null --plot "$BATS_TEST_TMPDIR/c.svg"
		diff "$svg" "$BATS_TEST_TMPDIR/c.svg"
	done
	run -1 "${CLI%malloc}plot" --stacked --input "$CALLS.gz" -o "$svg"
	run -1 "${CLI%malloc}plot" --stacked --input <(echo x) -o "$svg"
	[[ "$output" == *"line 1 is not from brkwatch-malloc --perfetto; make a trace with "* ]]
	run -1 "${CLI%malloc}plot" --stacked --input <(:) -o "$svg"
	run -0 "${CLI%malloc}plot" --stacked --input /dev/null -o "$svg"
	run -2 "${CLI%malloc}plot" --stacked -o "$svg" 1
	run -1 "$CLI" --input "$CALLS" --plot "$BATS_TEST_TMPDIR/a.txt"
	[[ "$output" == *"must end in .svg or .png"* ]]
}

@test "page by page it is the same" {
	"$CLI" --input "$CALLS" --json >"$BATS_TEST_TMPDIR/json"
	python3 "$ROOT/tests/malloccheck.py" "$BATS_TEST_TMPDIR/json" >"$BATS_TEST_TMPDIR/left"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/left")" = 11 ]
	# The check finds an error.
	sed -i '0,/"bytes":8192/s//"bytes":4096/' "$BATS_TEST_TMPDIR/json"
	run -1 python3 "$ROOT/tests/malloccheck.py" "$BATS_TEST_TMPDIR/json"
}

@test "JSON to JSON is the same, from a pipe, too" {
	"$CLI" --input "$CALLS" --json >"$BATS_TEST_TMPDIR/json"
	diff -u "$BATS_TEST_TMPDIR/json" <("$CLI" --input "$BATS_TEST_TMPDIR/json" --json)
	diff -u "$BATS_TEST_TMPDIR/json" <("$CLI" --input - --json <"$BATS_TEST_TMPDIR/json")
	diff -u <("$CLI" --input "$CALLS" --csv 2>&1) <("$CLI" --input "$BATS_TEST_TMPDIR/json" --csv 2>&1)
	# What is asked for is not changed by it.
	asked_for() {
		jq -c 'select(.type == "call") | [.call, .pid, .tid, .time_ns, .took_ns, .request, .length, .new_length, .addr,
			.flags, .prot, .old, .start, .error, .reason, .limit, .needed, .by, .caller]' "$1"
	}
	diff -u <(asked_for "$CALLS") <(asked_for "$BATS_TEST_TMPDIR/json")
}

@test "128 KiB is the size from which on malloc maps" {
	[ "$(kinds_of mmap '.length == 131072')" = unknown ]
	[ "$(kinds_of mmap '.length == 135168')" = "malloc?" ]
	# It is malloc's while it is moved and made smaller.
	[ "$(kinds_of mremap)" = "malloc? malloc? malloc?" ]
}

@test "as bytes, sizes of a hundred TiB line up, too" {
	sed '10s/"length":8192/"length":140000000000000/; 10s/0x00007ffff7fc3000/0x0000000000400000/' "$CALLS" >"$BATS_TEST_TMPDIR/json"
	run -0 "$CLI" --input "$BATS_TEST_TMPDIR/json" --bytes
	echo "$output"
	[[ "$output" == *" +139999999983616 0x0000000000400000 "* ]]
	[ "$(awk '/ 0x/ { print index($0, " 0x") } /^ *PID/ { print index($0, " ADDRESS") }' <<<"$output" | uniq | wc -l)" = 1 ]
}

@test "before the loader is done memory is its own" {
	[ "$(kinds_of mmap '.length == 8192 or .length == 12288')" = "loader? loader?" ]
	grep -v '"loading"' "$CALLS" >"$BATS_TEST_TMPDIR/calls"
	CALLS=$BATS_TEST_TMPDIR/calls
	[ "$(kinds_of mmap '.length == 8192 or .length == 12288')" = "unknown unknown" ]
}

@test "a munmap takes nothing that was mapped while it ended" {
	"$CLI" --input "$CALLS" --json >"$BATS_TEST_TMPDIR/json"
	[ "$(jq -c 'select(.took_ns == 80000) | [.call, .bytes]' "$BATS_TEST_TMPDIR/json")" = '["munmap",0]' ]
	# One that began later does.
	sed -i 's/"took_ns":80000/"took_ns":2000/' "$BATS_TEST_TMPDIR/json"
	[ "$("$CLI" --input "$BATS_TEST_TMPDIR/json" --json | jq 'select(.call == "munmap" and .length == 262144).bytes' | xargs)" = "-262144 0" ]
}

@test "regions: of a copy, what is known and what is a guess" {
	golden malloc-regions.txt --regions --input "$SMAPS"
	golden malloc-regions.json --regions --json --input - <"$SMAPS"
	# Of maps there are only sizes.
	grep '^[0-9a-f]*-' "$SMAPS" >"$BATS_TEST_TMPDIR/maps"
	diff -u <("$CLI" --regions --input "$SMAPS" --bytes | awk '{ print $1, $2, $3 }') \
		<("$CLI" --regions --input "$BATS_TEST_TMPDIR/maps" --bytes | awk '{ print $1, $2, $3 }')
	# Older kernels call the heap what only touches it. A part that is protected has parts behind it.
	printf '%s 00000000 00:00 0 [heap]\n' "55555557b000-55555557c000 ---p" "55555557c000-55555557d000 rw-p" \
		"55555557d000-55555557e000 ---p" >"$BATS_TEST_TMPDIR/more"
	sed "/\[heap\]/r $BATS_TEST_TMPDIR/more" "$BATS_TEST_TMPDIR/maps" | "$CLI" --regions --input - >"$BATS_TEST_TMPDIR/out"
	grep -qx 'heap  *3  *140 KiB' "$BATS_TEST_TMPDIR/out"
}

# What the kernel sums up of a process: kB of a key.
kernel_says() {
	awk -v key="$1:" '$1 == key { print $2 * 1024 }' "/proc/$pid/smaps_rollup"
}

@test "regions: of a process they are what the kernel sums up" {
	local sum
	# It touches no more pages when it has answered.
	coproc cat 3>&-
	pid=$COPROC_PID
	echo >&"${COPROC[1]}"
	read -r <&"${COPROC[0]}"
	"$CLI" --regions --json "$pid" >"$BATS_TEST_TMPDIR/json"
	sum=$(jq -c '[.kinds | map(.virtual_bytes, .count)] | flatten' "$BATS_TEST_TMPDIR/json")
	echo "$sum"
	[ "$(jq .pid "$BATS_TEST_TMPDIR/json")" = "$pid" ]
	[ "$(jq .total.resident_bytes "$BATS_TEST_TMPDIR/json")" = "$(kernel_says Rss)" ]
	[ "$(jq .total.swapped_bytes "$BATS_TEST_TMPDIR/json")" = "$(kernel_says Swap)" ]
	[ "$(jq .total.dirty_bytes "$BATS_TEST_TMPDIR/json")" = $(($(kernel_says Private_Dirty) + $(kernel_says Shared_Dirty))) ]
	[ "$(jq .total.count "$BATS_TEST_TMPDIR/json")" = "$(grep -vc vsyscall "/proc/$pid/maps")" ]
	[ "$(jq '.kinds | map(.virtual_bytes) | add' "$BATS_TEST_TMPDIR/json")" = "$(jq .total.virtual_bytes "$BATS_TEST_TMPDIR/json")" ]
	[ "$(jq '.kinds | map(select(.kind == "heap" or .kind == "loader" or .kind == "stack" or .kind == "file")) | length' "$BATS_TEST_TMPDIR/json")" -ge 4 ]
	"$CLI" --regions -p "$pid,$pid" >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c ^total "$BATS_TEST_TMPDIR/out")" = 2 ]
	[ "$(grep -c "^\.\.\. $pid$" "$BATS_TEST_TMPDIR/out")" = 2 ]
}

@test "after a loss what is mapped is told again" {
	{
		cat "$CALLS"
		printf '%s\n' '{"type":"start","pid":7,"name":"x"}' \
			'{"type":"call","call":"mmap","pid":7,"addr":"0x10000","length":8192,"flags":"MAP_PRIVATE|MAP_ANONYMOUS"}' \
			'{"type":"forget","pid":7}' '{"type":"mapping","pid":7,"kind":"malloc","start":"0x800000","end":"0x900000"}' \
			'{"type":"known","pid":7,"lost":12}' '{"type":"lost","count":12,"known":true}'
	} >"$BATS_TEST_TMPDIR/calls"
	"$CLI" --input "$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	grep -qxF '... 7 x: 12 events lost; the mappings were read again, so the total is right from here on: 1 MiB' "$BATS_TEST_TMPDIR/out"
	grep -qF '12 events were lost because the kernel'"'"'s buffer was full; the mappings were read again after that' "$BATS_TEST_TMPDIR/err"
	# What was counted stays.
	grep -qx 'unknown  *1  *0  *8 KiB  *0 B  *0 B  *8 KiB  *0 B' "$BATS_TEST_TMPDIR/out"
	"$CLI" --input "$BATS_TEST_TMPDIR/calls" --json >"$BATS_TEST_TMPDIR/json"
	python3 "$ROOT/tests/malloccheck.py" "$BATS_TEST_TMPDIR/json"
	diff "$BATS_TEST_TMPDIR/json" <("$CLI" --input "$BATS_TEST_TMPDIR/json" --json)
}

# brk PID OLD NEW [START]
brk() {
	printf '{"type":"call","call":"brk","pid":%d,"tid":%d,"time_ns":1,"took_ns":1,"request":"%#x","error":null,"addr":"%#x","old":"%#x","start":"%#x"}\n' \
		"$1" "$1" "$3" "$3" "$2" "${4:-$((1 << 20))}"
}

@test "what moves the break otherwise maps nothing; a look at the process may be newer than a call" {
	local mib=$((1 << 20)) gib=$((1 << 30))
	{
		echo '{"type":"start","pid":7,"name":"x"}'
		brk 7 $mib $((2 * mib))
		# Moved from 2 MiB to 64 GiB, where 1 MiB is added, and back.
		brk 7 $((64 * gib)) $((64 * gib + mib))
		brk 7 $((3 * mib)) $((2 * mib))
		# With another start.
		brk 7 $((64 * gib)) $((64 * gib + mib)) $((64 * gib - mib))
		printf '%s\n' '{"type":"forget","pid":7}' '{"type":"mapping","pid":7,"kind":"heap","start":"0x100000","end":"0x500000"}' \
			'{"type":"known","pid":7,"lost":12}'
		# In what was read there were these two.
		brk 7 $((2 * mib)) $((3 * mib))
		brk 7 $((3 * mib)) $((5 * mib))
	} >"$BATS_TEST_TMPDIR/calls"
	"$CLI" --input "$BATS_TEST_TMPDIR/calls" --json >"$BATS_TEST_TMPDIR/json"
	jq -c 'select(.call) | [.bytes, .total_bytes]' "$BATS_TEST_TMPDIR/json"
	[ "$(jq "select(.call) | .bytes / $mib" "$BATS_TEST_TMPDIR/json" | xargs)" = "1 1 -1 1 1 2" ]
	[ "$(jq "select(.call) | .total_bytes / $mib" "$BATS_TEST_TMPDIR/json" | xargs)" = "1 2 1 2 2 4" ]
	[ "$(jq -c "select(.type == \"summary\").kinds.heap | [.mapped_bytes, .unmapped_bytes, .most_bytes] | map(. / $mib)" "$BATS_TEST_TMPDIR/json")" = "[6,1,4]" ]
	python3 "$ROOT/tests/malloccheck.py" "$BATS_TEST_TMPDIR/json"
	diff "$BATS_TEST_TMPDIR/json" <("$CLI" --input "$BATS_TEST_TMPDIR/json" --json)
}

@test "recordings that are not understood" {
	local line long
	for line in x '{}' '[]' '{"type":"call","call":"open"}' '{"type":"mapping","kind":"x"}' \
		'{"type":"call","call":"mmap","flags":"MAP_X"}' '{"type":"call","call":"mmap","error":"EX"}'; do
		fails 1 "line 2 is not from brkwatch-malloc --json; make a recording with" --input <(printf '%s\n' '{"type":"lost","count":0}' "$line")
	done
	fails 1 "line 1 is not from brkwatch-malloc --json" --input "$DATA/recorded/shell.json"
	fails 1 "/nonexistent/x: No such file" --input /nonexistent/x
	fails 1 "not a copy of /proc/PID/smaps" --regions --input "$CALLS"
	# Numbers that make no sense do no harm.
	printf '%s\n' '{"type":"mapping","pid":1,"kind":"heap","start":"0xffffffffffffffff","end":"0x1"}' \
		'{"type":"mapping","pid":1,"kind":"file","start":"0x2","end":"0x1"}' \
		'{"type":"call","call":"mmap","pid":1,"addr":"0xffffffffffff0000","length":18446744073709551615}' \
		'{"type":"call","call":"mremap","pid":1,"addr":"0x5000","request":"0x1000","length":18446744073709551615,"new_length":4096}' \
		'{"type":"call","call":"munmap","pid":1,"request":"0xfffffffffffff000","length":8192,"took_ns":5}' \
		'{"type":"call","call":"brk","pid":1,"addr":"0x1","start":"0xfffffffffffff000"}' >"$BATS_TEST_TMPDIR/rec"
	run -0 "$CLI" --input "$BATS_TEST_TMPDIR/rec"
	fails 1 "line 1 is not from brkwatch-malloc --json" --input /dev/null
	# Names may be longer than PATH_MAX.
	long=$(printf '%50000s' '' | tr ' ' a)
	"$CLI" --json --input - <<<'{"type":"mapping","pid":1,"kind":"file","start":"0x1000","end":"0x2000","file":"'"$long"'"}' >"$BATS_TEST_TMPDIR/json"
	grep -q "$long" "$BATS_TEST_TMPDIR/json"
	# A line of a newer version is skipped.
	{ echo '{"type":"other","pid":4242}' && cat "$CALLS"; } >"$BATS_TEST_TMPDIR/rec"
	diff "$DATA/expected/malloc-calls.txt" <("$CLI" --input "$BATS_TEST_TMPDIR/rec")
}

@test "a file that is read is not written to" {
	local rec=$BATS_TEST_TMPDIR/rec.svg option
	cp "$CALLS" "$rec"
	ln -s rec.svg "$BATS_TEST_TMPDIR/link"
	for option in -o --perfetto; do
		fails 1 "is also what --input reads" --input "$rec" "$option" "$BATS_TEST_TMPDIR/link"
		cmp "$rec" "$CALLS"
	done
	if command -v gnuplot; then
		# shellcheck disable=SC2094 # that is refused
		fails 1 "is also what --input reads" --input - --plot "$rec" <"$rec"
		CLI=${CLI%malloc}plot fails 1 "is also what --input reads" --stacked --input "$rec" -o "$rec"
	fi
	cmp "$rec" "$CALLS"
}

@test "wrong arguments" {
	local option
	fails 2 "no process given"
	fails 2 "cannot be combined" --input x 1
	fails 2 "cannot be combined" 1 -- true
	fails 2 "not a command" --regions -- true
	fails 2 "--regions and --csv cannot be combined" --regions --csv 1
	for option in --malloc -f --duration=1; do
		fails 2 "they cannot be combined with --input or --regions" "$option" --input "$CALLS"
		fails 2 "they cannot be combined with --input or --regions" "$option" --regions 1
	done
	for option in -c -q; do
		fails 2 "--regions shows one moment" "$option" --regions 1
	done
	for option in -q --csv; do
		fails 2 "they cannot be combined" -c "$option" --input "$CALLS"
	done
	fails 2 "--json and --csv cannot be combined" --json --csv --input "$CALLS"
	CLI=${CLI%malloc}plot fails 2 "cannot be combined with --input" -f --input "$CALLS" -o x.svg
	fails 1 "4194305: no such process" --regions 4194305
	fails 1 "/nonexistent, which BRKWATCH_PROC names: No such file" 1
	run -125 "$CLI" -- true
	export BRKWATCH_PROC=$DATA/proc
	fails 125 "has saved files" -- true
	fails 1 "has saved files" 4242
	fails 1 "has saved files" --regions --comm .
}
