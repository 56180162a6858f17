# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031
# brkwatch-malloc on programs that run: strace, /proc/PID/maps and the module say the same.

load helper

program malloc

setup() {
	json=$BATS_TEST_TMPDIR/json
}

teardown() {
	pkill -KILL -x brkwatch-malloc || :
	pkill -KILL -x 'mapper.*' || :
	sysctl -q vm.overcommit_memory=0
	until_true 10 no_leftovers
	judge_log
}

no_leftovers() {
	[ -z "$(ls /sys/kernel/tracing/instances)" ] && ! grep brkwatch /sys/kernel/tracing/uprobe_events
}

# A process as it is: what was told of it so far is what maps has.
agrees() {
	python3 "$ROOT/tests/malloccheck.py" "$json" "$pid"
}

# start_mapper STEP...: until it pauses
start_mapper() {
	out=$BATS_TEST_TMPDIR/out
	mkfifo "$BATS_TEST_TMPDIR/in"
	: >"$out"
	"$@" <"$BATS_TEST_TMPDIR/in" >"$out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	follower=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 30 grep -q ready "$out"
	pid=$(pgrep -x 'mapper.*')
}

@test "call by call as strace sees them, also of children and threads" {
	seq "$(figure 20000 2000000)" >"$BATS_TEST_TMPDIR/lines"
	# shellcheck disable=SC2016 # sh expands it
	run -0 "$CLI" -f --json -o "$json" -- strace -ff -qq -e trace=memory -o "$BATS_TEST_TMPDIR/strace" \
		sh -c 'ls / >/dev/null; python3 -S -c 1; sort -r "$1" >/dev/null; mapper malloc 10485760 free threads 8 remap taken absent fork as' \
		sh "$BATS_TEST_TMPDIR/lines"
	python3 "$ROOT/tests/malloccheck.py" "$json" >"$BATS_TEST_TMPDIR/left"
	run -0 python3 "$ROOT/tests/mallocstrace.py" "$json" "$BATS_TEST_TMPDIR/strace"
	echo "# threads and calls: $output" >&3
	[ "${output% *}" -ge 13 ]
	[ "$(jq -s 'map(select(.type == "lost")) | length' "$json")" = 0 ]
	# However soon it ends or is unmapped, each file has its name.
	[ "$(jq -c 'select(.call == "mmap" and (.error or .file or (.flags | contains("MAP_ANONYMOUS")) | not))' "$json")" = "" ]
	grep -q /locale/ "$json"
	[ "$(jq -r 'select(.type == "exec" or .type == "start").name' "$json" | sort -u | grep -cx -e ls -e sh -e sort -e mapper)" = 4 ]
}

@test "what is held is what maps has, and the heap what the module has" {
	local heap
	start_mapper "$CLI" --json -o "$json" -- mapper malloc 10485760 malloc 100 threads 4 shared file remap as pause
	until_true 30 agrees
	heap=$(jq -s 'map(select(.call == "brk" and .bytes > 0).bytes) | add' "$json")
	[ "$heap" = "$(key GrownBytes <"$PROC/$pid")" ]
	# What it was for.
	[ "$(jq -r 'select(.call == "mmap" and .length == 10489856) | .kind' "$json")" = malloc ]
	[ "$(jq -s 'map(select(.call == "mmap" and .kind == "arena")) | length' "$json")" -ge 4 ]
	[ "$(jq -s 'map(select(.call == "mmap" and .kind == "stack")) | length' "$json")" = 4 ]
	[ "$(jq -r 'select(.call == "mmap" and .length == 1048576 and .kind == "shared").flags' "$json")" = "MAP_SHARED|MAP_ANONYMOUS" ]
	jq -r 'select(.call == "mmap" and .kind == "file").file' "$json" | grep -q 'libc\.so'
	# Each thread has mapped it, and so has the first one.
	[ "$(jq -r 'select(.call == "mmap" and .length == 8192 and .kind == "file").file' "$json" | grep -c '/mapper$')" = 5 ]
	# The kernel names the same kinds.
	"$CLI" --regions "$pid"
	[ "$("$CLI" --regions --json "$pid" | jq '.kinds[] | select(.kind == "heap").virtual_bytes')" -ge "$heap" ]
	tell
	wait "$follower"
	[ "$(jq ".kinds.heap.held_bytes" <(grep '"summary"' "$json"))" = "$heap" ]
}

@test "where prctl moves a heap nothing was mapped" {
	printf '\n\n\n\n' | "$CLI" --json -o "$json" -- spacedo restore
	jq -c 'select(.call == "brk") | [.bytes, .old, .addr, .start]' "$json"
	python3 "$ROOT/tests/malloccheck.py" "$json"
	[ "$(jq -s 'map(select(.call == "brk").bytes | fabs) | max' "$json")" -lt 1000000 ]
	# Twice it is 40 MiB, and between the two 64 GiB.
	jq -e 'select(.type == "summary") | .total.most_bytes < 40000000 and .kinds.heap.mapped_bytes < 1000000' "$json"
	diff "$json" <("$CLI" --input "$json" --json)
}

@test "one that runs: with what it had before, until it is enough" {
	# In this order: the kernel would make one mapping of the block and a stack below it.
	start_mapper mapper threads 2 malloc 300000 pause malloc 200000 free malloc 100000 threads 1 pause
	interruptible "$CLI" --json -o "$json" -p "$pid" 2>"$BATS_TEST_TMPDIR/err2" 3>&- &
	local reader=$!
	until_true 30 grep -q '"mapping"' "$json"
	until_true 30 eval "grep -qx '$pid' /sys/kernel/tracing/instances/*/set_event_pid"
	: >"$out"
	tell
	until_true 30 grep -q ready "$out"
	until_true 30 agrees
	[ "$(jq -s 'map(select(.type == "mapping" and .kind == "malloc" and .guess)) | length' "$json")" -ge 1 ]
	[ "$(jq -s 'map(select(.call == "mmap" and .kind == "stack")) | length' "$json")" = 1 ]
	kill -INT "$reader"
	wait "$reader"
	[ "$(jq -s 'map(select(.type == "summary")) | length' "$json")" = 1 ]
	[ -d "/proc/$pid" ]
	tell
	wait "$follower"
}

# go_on: from one pause to the next
go_on() {
	: >"$out"
	tell
	until_true 30 grep -q ready "$out"
}

# overcommitted N: so many calls were refused because of that.
overcommitted() {
	[ "$(grep -c '"reason":"overcommit"' "$json")" = "$1" ]
}

@test "why a call was refused" {
	local before all
	before=$(cat /proc/sys/vm/max_map_count)
	all=$(awk '$1 == "CommitLimit:" { print $2 * 1024 }' /proc/meminfo)
	start_mapper "$CLI" --json -o "$json" -- setpriv --bounding-set -ipc_lock mapper much pause much pause locked pause many pause
	until_true 30 grep -q '"reason":"overcommit"' "$json"
	sysctl -q vm.overcommit_memory=2
	go_on
	until_true 30 overcommitted 2
	sysctl -q vm.overcommit_memory=0
	go_on
	until_true 30 grep -q '"reason":"mlock_limit"' "$json"
	echo 300 >/proc/sys/vm/max_map_count
	go_on
	echo "$before" >/proc/sys/vm/max_map_count
	until_true 30 grep -q '"ENOMEM".*"limit":300' "$json"
	tell
	wait "$follower"
	jq -c 'select(.type == "call" and .error) | [.error, .reason, .limit, .needed]' "$json"
	[ "$(jq -r 'select(.type == "call" and .error and .needed > .limit) | .error + " " + .reason' "$json" | xargs)" = \
		"ENOMEM overcommit ENOMEM overcommit EAGAIN mlock_limit ENOMEM max_map_count" ]
	# Where nothing is promised that there is not, the kernel keeps a part for the user; root's part root may have.
	[ "$(jq -s "map(select(.reason == \"overcommit\"))[1] | $all - .limit > 0 and $all - .limit < 1048576" "$json")" = true ]
	rm "$BATS_TEST_TMPDIR/in"
	start_mapper "$CLI" --json -o "$json" -- mapper data taken absent pause as pause
	until_true 30 grep -q '"ENOMEM".*"rlimit_data"' "$json"
	go_on
	until_true 30 eval "grep '\"ENOMEM\"' '$json' | tail -n 1 | grep '\"rlimit_as\"'"
	tell
	wait "$follower"
	jq -c 'select(.type == "call" and .error)' "$json"
	[ "$(jq -r 'select(.error == "EEXIST").reason' "$json")" = address_taken ]
	[ "$(jq -r 'select(.call == "mprotect" and .error).reason' "$json")" = unknown ]
	[ "$(jq -r 'select(.error) | .kind + " \(.guess)"' "$json" | head -n 1)" = "malloc true" ]
	# The root of a user namespace is none for whom memory is kept.
	rm "$BATS_TEST_TMPDIR/in"
	start_mapper "$CLI" --json -o "$json" -- unshare -U -r mapper pause much pause
	sysctl -q vm.overcommit_memory=2
	go_on
	until_true 30 grep -q '"reason":"overcommit"' "$json"
	sysctl -q vm.overcommit_memory=0
	tell
	wait "$follower"
	[ "$(jq 'select(.reason == "overcommit").limit' "$json")" -le \
		$((1024 * ($(awk '$1 == "CommitLimit:" { print $2 }' /proc/meminfo) - $(sysctl -n vm.admin_reserve_kbytes)))) ]
	# One that is gone when it is looked at has the limits that it began with.
	(
		ulimit -v 1000000
		"$CLI" -- mapper malloc 2000000000 2>"$BATS_TEST_TMPDIR/err2"
	)
	cat "$BATS_TEST_TMPDIR/err2"
	grep -q 'mmap  *ENOMEM .* malloc? rlimit_as: 1.9 GiB, may be 97[67] MiB$' "$BATS_TEST_TMPDIR/err2"
}

# explained STEP...: on one line
explained() {
	run -0 "$CLI" --explain -o "$json" -- mapper "$@"
	cat "$json"
	tr -s ' \n' ' ' <"$json" >"$json.line"
}

@test "in plain words: phases, and what glibc's threshold would be consistent with" {
	explained malloc 10485760 free malloc 5242880
	[ "$(grep -E '^\.\.\. [0-9]+: ' "$json" | cut -d ' ' -f 3- | xargs)" = "loading libraries first growth of the heap large mappings" ]
	grep -q "first malloc of glibc.*brk +5 MiB .*The heap grew by 5 MiB, to 5.1 MiB. That is .* threshold having adapted" "$json.line"
	# What was set is not taken for something else: a large reserve, no mappings, a threshold that stays.
	# shellcheck disable=SC2046 # words
	MALLOC_TOP_PAD_=1048576 explained malloc 10485760 free $(printf 'malloc 100000 %.0s' {1..12})
	grep -q "one large block was freed" "$json.line"
	run ! grep -E "adapted|takes blocks|first malloc" "$json.line"
	MALLOC_MMAP_MAX_=0 explained malloc 10485760 free malloc 5242880
	grep -q "The heap grew by 10 MiB.*The heap shrank by .* consistent with glibc's free" "$json.line"
	run ! grep -E "adapted|mapping of its own" "$json.line"
	MALLOC_MMAP_THRESHOLD_=1048576 explained malloc 10485760 free malloc 500000
	grep -q "threshold having adapted.*or with a setting" "$json.line"
}

@test "the call of malloc that it was for" {
	local caller
	run -0 "$CLI" --malloc --json -o "$json" -- mapper malloc 300000 malloc 1000 burst 3 threads 2
	jq -c 'select(.by) | [.call, .bytes, .kind, .by, .caller]' "$json"
	[ "$(jq -r 'select(.call == "mmap" and .length == 303104).by' "$json")" = "malloc(300000)" ]
	# The first one sets up what malloc needs itself.
	[ "$(jq -r 'select(.call == "brk" and .bytes > 0).by' "$json" | head -n 1)" = "malloc(300000)" ]
	# A thread takes memory from the heap of its own; what the program maps itself is nobody's.
	jq -r 'select(.call == "mmap" and .kind == "arena").by' "$json" | grep -qx 'malloc(1000)'
	[ "$(jq -r 'select(.call == "mmap" and .length == 4096 and .kind == "unknown").by' "$json" | sort -u)" = null ]
	caller=$(jq -r 'select(.by == "malloc(300000)").caller' "$json" | head -n 1)
	[[ "$caller" == */mapper+0x* ]]
	[ "$(addr2line -f -e "${caller%+*}" "$(printf '%#x' $((${caller#*+} - 1)))" | head -n 1)" = main ]
	# The largest block from the heap and the smallest with a mapping; when that was freed, the heap has it, too.
	run -0 "$CLI" --malloc --json -o "$json" -- mapper malloc 131048 malloc 131049 free malloc 131049
	[ "$(jq -r 'select(.type == "call" and .bytes != 0 and (.kind == "heap" or .kind == "malloc")) | "\(.call) \(.by)"' "$json" | xargs)" = \
		"brk malloc(131048) mmap malloc(131049) munmap null brk malloc(131049)" ]
	# One that is killed leaves no probes.
	start_mapper "$CLI" --malloc -o "$json" -- mapper pause
	grep -q "brkwatch_malloc/p${follower}_0_malloc_ends " /sys/kernel/tracing/uprobe_events
	kill -KILL "$follower"
}

@test "the call of musl's malloc that it was for" {
	hash mapper-musl || skip "missing kernel feature: x86-64"
	start_mapper mapper-musl pause malloc 300000 pause
	interruptible "$CLI" --malloc --json -o "$json" -p "$pid" 3>&- &
	local reader=$!
	# They come when its calls are probed.
	until_true 30 grep -q '"mapping"' "$json"
	go_on
	until_true 30 jq -se 'any(.call == "mmap" and .by == "malloc(300000)")' "$json"
	kill -INT "$reader"
	wait "$reader"
	exec {told}>&-
	wait "$follower"
}

@test "the call of malloc that it was for, of processes with a C library each" {
	local one two bare first second third reader out=$BATS_TEST_TMPDIR/out lib=$BATS_TEST_TMPDIR/lib
	mkdir "$lib"
	cp "$(ldd "$BIN/mapper" | awk '$1 == "libc.so.6" { print $3 }')" "$lib"
	exec {first}> >(exec mapper pause malloc 300000 >"$out.1" 3>&-)
	one=$!
	exec {second}> >(LD_LIBRARY_PATH=$lib exec mapper pause malloc 400000 >"$out.2" 3>&-)
	two=$!
	exec {third}> >(exec brkdo-static pause >"$out.3" 3>&-)
	bare=$!
	until_true 30 grep -q ready "$out.1"
	until_true 30 grep -q ready "$out.2"
	until_true 30 grep -q ready "$out.3"
	# An update removes what is in use.
	rm "$lib/libc.so.6"
	grep -q "$lib/libc.so.6 (deleted)" "/proc/$two/maps"
	"$CLI" --malloc --json -o "$json" "$one" "$two" "$bare" 2>"$BATS_TEST_TMPDIR/err2" 3>&- &
	reader=$!
	# They have their probes by then.
	until_true 30 grep -q '"mapping"' "$json"
	for fd in "$first" "$second" "$third"; do
		echo >&"$fd"
	done
	wait "$reader"
	grep -xF "brkwatch-malloc: $bare: no C library is mapped (a static program?); run it without --malloc" "$BATS_TEST_TMPDIR/err2"
	[ "$(jq -r "select(.pid == $one and .call == \"mmap\" and .length == 303104).by" "$json")" = "malloc(300000)" ]
	[ "$(jq -r "select(.pid == $two and .call == \"mmap\" and .length == 401408).by" "$json")" = "malloc(400000)" ]
	# There is never one of that number.
	run -1 "$CLI" --malloc 4194304
	[ "$output" = "brkwatch-malloc: 4194304: no such process" ]
}

@test "without CAP_IPC_LOCK: as many calls of malloc as there is room for, or the cause that there is none" {
	local room kib=/proc/sys/kernel/perf_event_mlock_kb default
	limited() {
		setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=0:0 "$CLI" "$@"
	}
	default=$(cat "$kib")
	for room in "$default" 16; do
		echo "$room" >"$kib"
		limited --malloc --json -o "$json" -- mapper malloc 300000
		[ "$(jq -r 'select(.call == "mmap" and .length == 303104).by' "$json")" = "malloc(300000)" ]
	done
	echo 0 >"$kib"
	run -125 limited --malloc -- mapper malloc 300000
	[[ "$output" == *"perf_event_mlock_kb (for each processor, now 0)"* ]]
	[[ "$output" != *PERFMON* ]]
	# The calls themselves are shown.
	run -0 limited -- mapper malloc 300000
	echo "$default" >"$kib"
	[[ "$output" == *"now 0)"*"names of mapped files will be missing"*"malloc?"* ]]
}

@test "after a loss what is mapped is read again" {
	start_mapper "$CLI" --json -o "$json" -- mapper pause burst 200 malloc 10485760 burst 2000 pause
	# There is room for little, and nobody reads. A page that is about to be read stays: it has the first calls.
	echo 64 | tee /sys/kernel/tracing/instances/*/buffer_size_kb
	kill -STOP "$follower"
	go_on
	kill -CONT "$follower"
	until_true 30 agrees
	tell
	wait "$follower"
	# The mapping of the block was lost.
	[ "$(jq -s 'map(select(.call == "mmap" and .length == 10489856)) | length' "$json")" = 0 ]
	[ "$(jq 'select(.type == "known").lost > 0' "$json" | head -n 1)" = true ]
	[ "$(jq 'select(.type == "lost").known' "$json")" = true ]
	[ "$(jq 'select(.type == "summary").kinds.malloc.held_bytes >= 10489856' "$json")" = true ]
}

@test "a file that is mapped for a moment has its name" {
	echo a >"$BATS_TEST_TMPDIR/a"
	echo b >"$BATS_TEST_TMPDIR/b"
	run -0 "$CLI" --json -o "$json" -- sh -c "exec mapper files $BATS_TEST_TMPDIR/a $BATS_TEST_TMPDIR/b"
	jq -r 'select(.call == "mmap" and .length == 4096 and .kind == "file") | "\(.file) \(.addr)"' "$json" | tee "$BATS_TEST_TMPDIR/files"
	[ "$(cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/files" | xargs)" = "$BATS_TEST_TMPDIR/a $BATS_TEST_TMPDIR/b" ]
	[ "$(cut -d ' ' -f 2 "$BATS_TEST_TMPDIR/files" | uniq | wc -l)" = 1 ]
}

@test "a burst is followed; children only if asked for" {
	local n calls lost
	n=$(figure 3000 100000)
	run -0 "$CLI" --json -o "$json" -- mapper burst "$n" fork
	calls=$(jq -s 'map(select(.type == "call" and .length == 4096 and (.call == "mmap" or .call == "munmap"))) | length' "$json")
	lost=$(jq -s 'map(select(.type == "lost").count) | add // 0' "$json")
	echo "# of $((2 * n)) calls $calls were seen, $lost events were lost" >&3
	# There is room for all of it, however late it is read.
	[ "$lost" = 0 ]
	[ "$calls" -ge $((2 * n)) ]
	[ "$(jq 'select(.pid).pid' "$json" | sort -u | wc -l)" = 1 ]
}

@test "who may not is told what does it; the command's status is ours" {
	run -125 setpriv --reuid 65534 --clear-groups "$CLI" -- true
	echo "$output"
	[ "${#lines[@]}" = 1 ]
	[[ "$output" == *"needs root"*"--regions"* ]]
	run -7 "$CLI" -q -- sh -c 'exit 7'
	run -127 "$CLI" -- /nonexistent/program
}

# not_begun MESSAGE COMMAND...: the program, which does not start what it cannot watch.
not_begun() {
	run -125 "${@:2}" -- touch "$BATS_TEST_TMPDIR/ran"
	echo "$output"
	[[ "$output" == *"$1"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "a command that cannot be watched does not begin; what was not watched is no success" {
	local kprobes=/sys/kernel/debug/kprobes/enabled
	not_begun "initial pid namespace" unshare -pf --mount-proc "$CLI"
	echo 0 >"$kprobes"
	not_begun "does not record brk calls" "$CLI"
	echo 1 >"$kprobes"
	run -125 "$CLI" -q -- sh -c 'echo 0 >"$1"' sh "$kprobes"
	echo 1 >"$kprobes"
	[[ "$output" == *"does not record brk calls"* ]]
}
