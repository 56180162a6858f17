#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-heap on programs that run here, compared with what their malloc says of
# itself: needs no module.

load ../helper
program heap

setup_file() {
	export CLI DO=$BATS_FILE_TMPDIR/heapdo
	make -s -C "$ROOT/tests" O="$BATS_FILE_TMPDIR" "$DO"
}

teardown_file() {
	:
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkfifo input
}

teardown() {
	ends
}

ends() {
	[ -z "${pid:-}" ] || kill -KILL "$pid" || :
	wait || :
	pid=''
} 2>/dev/null

# begin PROGRAM ARG...: in the background; $pid is its number
begin() {
	: >state
	"$@" <input >>state 2>&1 3>&- &
	pid=$!
	exec {input}>input
}

says() {
	grep -q "$1" state
}

# does STEP...: heapdo has done that, and waits
does() {
	begin "$DO" "$@"
	until_true 10 says ready
}

goes_on() {
	: >state
	echo >&"$input"
	until_true 10 says ready
}

# Each program that is started takes its time: what is said is read once.
take_json() {
	local key value
	echo "$output"
	declare -gA json=()
	while IFS=$'\t' read -r key value; do
		json[$key]=$value
	done < <(jq -r 'paths(type != "object" and type != "array") as $p | [($p | map(tostring) | join("_")), getpath($p)] | @tsv' <<<"$output")
	[ "${#json[@]}" -ge 12 ]
}

take_truth() {
	local key text
	declare -gA malloc=()
	while read -r key text; do
		malloc[$key]=$text
	done < <(grep -E '^[a-z]+ ' state)
	[ "${#malloc[@]}" -ge 8 ]
}

# look [OPTION]...: a sound walk
look() {
	run -0 --separate-stderr "$CLI" --json "$@" "$pid"
	echo "$stderr"
	[ -z "$stderr" ]
	take_json
	[ "${json[sound]}" = true ]
	adds_up
}

# look_in_vain MESSAGE: one that is not
look_in_vain() {
	run -1 --separate-stderr "$CLI" --json "$pid"
	echo "$stderr"
	[[ "$stderr" == "brkwatch-heap: $pid: the walk ended at "*"$1"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	take_json
	[ "${json[sound]}" = false ]
}

# All of the heap is one or the other.
adds_up() {
	((json[foreign_bytes] + json[in_use_bytes] + json[tcache_bytes] + json[free_bytes] + json[top_bytes] == json[brk] - json[start_brk]))
}

is_malloc_s() {
	cat state
	take_truth
	((json[in_use_bytes] + json[tcache_bytes] == malloc[uordblks] + malloc[fsmblks]))
	((json[free_bytes] + json[top_bytes] == malloc[fordblks] - malloc[fsmblks]))
	((json[free_chunks] == malloc[ordblks] - 1))
	((json[top_bytes] == malloc[keepcost]))
	((json[brk] - json[start_brk] - json[foreign_bytes] == malloc[arena]))
}

pinned_by_last() { # BYTES
	take_truth
	# Since glibc 2.42 the first free() makes a table, which may be behind it.
	((json[pinned_by_addr] + 16 == malloc[last] && json[pinned_by_bytes] == $1 ||
		json[pinned_by_addr] > malloc[last] && json[pinned_by_bytes] == 768))
	((json[pinned_bytes] == json[free_bytes]))
}

@test "all but the last, every second, all but the one in the middle: as mallinfo2 has it, to the byte" {
	local which
	for which in all-but-last every-second all-but-middle; do
		does blocks 5000 1000 free "$which" show
		look
		is_malloc_s
		pinned_by_last 1008
		# glibc keeps seven of a size, since 2.43 sixteen.
		((json[tcache_chunks] == 7 || json[tcache_chunks] == 16))
		((json[tcache_bytes] == 1008 * json[tcache_chunks]))
		look --stop
		is_malloc_s
		ends
	done
}

@test "all in use, all free, large and small ones, a heap that is empty" {
	does blocks 3000 40 blocks 100 100000 blocks 1 1 show free all show
	look
	is_malloc_s
	((json[tcache_bytes] == 0 && json[free_chunks] == 0))
	goes_on
	look
	is_malloc_s
	ends
	does show
	look
	((json[in_use_bytes] + json[in_use_chunks] + json[top_bytes] == 0))
	[ -z "${json[pinned_by]}" ]
}

@test "fastbins look used, without a cache of the thread, too" {
	GLIBC_TUNABLES=glibc.malloc.tcache_count=0 does blocks 1000 24 blocks 1 5000 free all-but-last show
	look
	is_malloc_s
	# There are none since glibc 2.43.
	((json[tcache_chunks] == 0 && json[in_use_chunks] >= malloc[smblks]))
}

@test "what malloc_trim gives back was said before" {
	local before after trimmable
	does blocks 1000 100000 free every-second show trim show
	look
	is_malloc_s
	trimmable=${json[trimmable_bytes]}
	[ "$trimmable" -gt $((490 * 23 * 4096)) ]
	"$CLI" "$pid" | grep -E "^Resident .*, so nothing of that was given back yet$"
	resident() { awk '/\[heap\]$/ { on = 1 } on && /^Rss:/ { print $2 * 1024; exit }' "/proc/$pid/smaps"; }
	before=$(resident)
	"$CLI" --bytes "$pid" | grep -E "^Resident +$before,"
	goes_on
	after=$(resident)
	[ $((before - after)) -eq "$trimmable" ]
	look
	is_malloc_s
	((json[trimmable_bytes] == trimmable))
	"$CLI" "$pid" | grep -E "^Resident .*, nothing of that is in memory$"
	# Looking brings nothing in.
	[ "$(resident)" -eq "$after" ]
}

@test "the arena of a thread: as malloc_info has it" {
	does blocks 10 100 thread 2000 500 show
	look
	# Of <heap nr="1">: what is free, with the top, and what it has of the system.
	arena() { sed -n '/<heap nr="1">/,/<\/heap>/p' state | sed -nE "s/.*<$1 .*$2=\"([0-9]+)\".*/\1/p"; }
	sed -n '/<heap nr="1">/,/<\/heap>/p' state
	[ -z "${json[arenas_1_addr]-}" ]
	[ "${json[arenas_0_sound]}" = true ]
	((json[arenas_0_bytes] == $(arena 'system type="current"' size)))
	# It counts free chunks with the flag that is in their size.
	((json[arenas_0_free_bytes] + json[arenas_0_free_chunks] + json[arenas_0_top_bytes] == $(arena 'total type="rest"' size)))
	((json[arenas_0_free_chunks] + 1 == $(arena 'total type="rest"' count)))
	((json[arenas_0_in_use_chunks] >= 1000 && json[tcache_chunks] == 0))
	"$CLI" "$pid" | grep -E '^Arena .* at the top$'
	"$CLI" "$pid" | grep -E '^Note .*kept by (a thread|other threads)$'
}

@test "an arena with more than one heap" {
	does thread 2000 100000 show
	look
	[ "${json[arenas_0_sound]}" = true ]
	((json[arenas_0_heaps] >= 3))
	[ "${json[arenas_0_bytes]}" -eq "$(sed -n '/<heap nr="1">/,/<\/heap>/s/.*current" size="\([0-9]*\)".*/\1/p' state)" ]
}

@test "a heap that another has taken from is not sound, and how far it is" {
	does blocks 10 10 sbrk 4096 blocks 1000 1000 show
	look_in_vain "malloc has left off there"
	run -1 "$CLI" "$pid"
	[[ $output == *"Not sound "*"malloc has left off there"* ]]
	ends
	# Behind the top.
	does blocks 10 10 sbrk 1000 show
	look_in_vain "it is not malloc's"
	ends
	# What was there before malloc is found by where the walk ends.
	does sbrk 4096 blocks 1000 1000 free all-but-last show
	"$CLI" "$pid" | grep -E "^Not malloc's +4 KiB at the beginning"
	look
	((json[foreign_bytes] == 4096))
	pinned_by_last 1008
	ends
	# So does a static program when it starts.
	cc -static -w -o static "$ROOT/tests/heapdo.c" -pthread
	DO=./static does blocks 1000 1000 free every-second show
	look
	is_malloc_s
	((json[foreign_bytes] > 0))
	((json[free_bytes] + json[top_bytes] == malloc[fordblks]))
}

# module_says BREAK: as if it were loaded
module_says() {
	mkdir -p proc
	sed "s/^Pid:.*/Pid:\t$pid/; s/^Brk:.*/Brk:\t$1/; s/^Grows:.*/Grows:\t1234/
		s/^StartBrk:.*/StartBrk:\t${json[start_brk]}/" "$ROOT/tests/data/proc/4242" >"proc/$pid"
	export BRKWATCH_PROC=$PWD/proc
}

@test "where the module is loaded its break counts, which may be within a page" {
	local end
	does blocks 1000 1000 show
	look
	module_says "${json[brk]}"
	look
	is_malloc_s
	"$CLI" "$pid" | grep -E '^Heap .*, grown in 1,234 steps since [0-9]+\.[0-9]{6}$'
	ends
	does blocks 10 10 sbrk 1000 show
	look_in_vain "it is not malloc's"
	end=$(printf '0x%016x' $((json[brk] - 4096 + 1000)))
	module_says "$end"
	look_in_vain "it is not malloc's"
	[ "${json[brk]}" = "$end" ]
}

@test "what pins the top is named, if it leads into a file" {
	does blocks 100 1000 object free all-but-last show
	"$CLI" "$pid" | tee said
	grep -E "^ +0x[0-9a-f]+: (an object of class shop::Basket|_ZTVN4shop6BasketE\+0x10), in .*/heapdo$" said
	ends
	cp "$DO" stripped
	strip stripped
	begin ./stripped blocks 100 1000 object free all-but-last show
	until_true 10 says ready
	"$CLI" "$pid" | grep -E "^ +0x[0-9a-f]+ is in .*/stripped, at 0x[0-9a-f]+$"
}

@test "which event of the break brought a page, and when" {
	local start end
	does blocks 1000 1000 show
	look
	take_truth
	module_says "${json[brk]}"
	start=$((json[start_brk])) end=$((json[brk]))
	# event NUMBER OLD NEW: it lasted 500 ns
	event() { printf '%d\t12345%d0000000\t500\t77\t%s\t0x%016x\t0x%016x\t0x%016x\t%d\t%d\t-\t-\n' "$1" "$1" "$2" "$4" "$3" "$4" $(($4 - $3)) $((($4 - $3) / 4096)); }
	sed -i '/^[0-9]/d' "proc/$pid"
	{
		event 1 grow "$start" $((start + 135168))
		event 2 grow $((start + 135168)) $((start + 139265))
		event 3 grow $((start + 139265)) $((end + 8192))
		event 4 shrink $((end + 8192)) $((end - 8192))
		event 5 external $((end - 8192)) "$end"
	} >>"proc/$pid"
	# at OFFSET TEXT: where that is said of this address in the heap
	at() { "$CLI" --address "$(printf '0x%x' $((start + $1)))" "$pid" >found; cat found; grep -A1 '^Address' found | grep -E "^ +$2"; }
	at 5000 'its page was added at 1234\.510000: event 1, grow by 132 KiB, thread 77$'
	# Of a page that began with the second one's last byte.
	at 143000 'its page was added at 1234\.520000: event 2, grow by 4 KiB, thread 77$'
	at 143360 'its page was added at 1234\.530000: event 3, grow'
	# By whom is in what brkwatch-stacks --json has written.
	{
		echo '{"type":"event","seq":3}'
		echo '{"type":"stack","pid":1,"space":18,"seq":3,"time_ns":1234530000000,"frames":[{"function":"not_this"}]}'
		echo '{"type":"stack","pid":1,"space":17,"seq":3,"time_ns":1234000000000,"frames":[{"function":"before_a_boot"}]}'
		echo '{"type":"stack","pid":1,"space":17,"seq":3,"time_ns":1234530000000,"frames":[{"function":"brk"},{"function":"more","location":"a.c:7"}]}'
		echo '{"type":"stack","pid":1,"space":17,"seq":2,"time_ns":1234520000000,"frames":[]}'
	} >stacks
	"$CLI" --stacks stacks --address "$(printf '0x%x' $((start + 143360)))" "$pid" | tee found
	grep -A2 'event 3' found | tr -s ' \n' ' ' | grep ' brk more (a.c:7) $'
	"$CLI" --stacks stacks --address "$(printf '0x%x' $((start + 143000)))" "$pid" | grep 'stacks has no stack of that event$'
	"$CLI" --stacks none --address "$(printf '0x%x' $((start + 143000)))" "$pid" | grep 'none: No such file'
	run -2 --separate-stderr "$CLI" --stacks stacks "$pid"
	at $((end - start - 100)) 'no recorded call added its page: event 5 moved the break over it without a call$'
	sed -i -E '/^1\t/d; s/^Dropped:.*/Dropped:\t1/' "proc/$pid"
	at 5000 'its page was there before the oldest event that is kept, at 1234\.520000$'
	sed -i -E '/^[0-9]/d; s/^Dropped:.*/Dropped:\t0/' "proc/$pid"
	at 5000 'its page was there before the history begins, at 1234\.560000$'
	rm "proc/$pid"
	at 5000 'which call added its page is not known'
}

@test "brkwatch-cli says that a large heap is mostly free, or most of the memory elsewhere" {
	local which
	cli_says() {
		look
		module_says "${json[brk]}"
		sed -i "s/^HeapBytes:.*/HeapBytes:\t$((json[brk] - json[start_brk]))/" "proc/$pid"
		ln -s "/proc/$pid" "$pid"
		LD_PRELOAD=$PWD/live.so ASAN_OPTIONS=verify_asan_link_order=0 "${CLI%heap}cli" "$pid" >said
		cat said
	}
	# What it takes for the module's directory is the kernel's.
	cc -w -shared -fPIC -o live.so -x c - <<-'END'
	#define _GNU_SOURCE
	#include <sys/syscall.h>
	#include <sys/vfs.h>
	#include <unistd.h>
	int statfs64(const char *path, struct statfs64 *fs)
	{
		int rc = syscall(SYS_statfs, path, fs);

		fs->f_type = 0x9fa0;
		return rc;
	}
	END
	for which in 20000:all-but-last 20000:every-fourth 1000:all-but-last; do
		does blocks "${which%:*}" 1000 free "${which#*:}" show
		cli_says
		run ! grep '^Elsewhere' said
		if [ "$which" = 20000:all-but-last ]; then
			grep -A1 -E '^Free +19 MiB of the heap, 19 MiB of that below a chunk in use$' said
			grep -A1 '^Free ' said | grep -E "^ +\(see brkwatch-heap $pid\)$"
		else
			grep '^Resident ' said
			run ! grep -E '^Free|brkwatch-heap' said
		fi
		ends
	done
	# Malloc maps it.
	does blocks 1 40000000 show
	cli_says
	grep -E "^Elsewhere +[34][0-9] MiB of [34][0-9] MiB resident: see brkwatch-malloc --regions $pid$" said
}

@test "a heap of nobody's malloc, and one that is overwritten, are told" {
	does sbrk 100000 show
	look_in_vain "it is not malloc's"
	ends
	cat >overwrite.py <<-'END'
	import ctypes, sys
	libc = ctypes.CDLL(None)
	libc.malloc.restype = ctypes.c_void_p
	blocks = [libc.malloc(1000) for i in range(1000)]
	ctypes.memset(blocks[700] + 1000, 0x41, 16)
	print("ready", flush=True)
	sys.stdin.read()
	END
	begin env python3 -S overwrite.py
	until_true 30 says ready
	look_in_vain "0x4141414141414141 is no size of a chunk of glibc's malloc"
	ends
	hash musl-gcc || return 0
	musl-gcc -w -o with-musl -x c - <<<'int main() { malloc(500); puts("ready"); fflush(0); getchar(); }'
	begin ./with-musl
	until_true 30 says ready
	look_in_vain "; the process has musl"
}

@test "programs as they are: each walk is sound or said to be not, and adds up" {
	cat >busy.py <<-'END'
	print("ready", flush=True)
	kept = {}
	n = 0
	while True:
	    n += 1
	    kept[n % 5000] = "x" * (n % 3000)
	END
	works env python3 -S busy.py
	works perl -e '$| = 1; print "ready\n"; my %h; my $n = 0; while (1) { $h{$n++ % 5000} = "x" x ($n % 3000) }'
	works bash -c 'echo ready; while :; do a[n++ % 500]=$(printf "%*s" $((n % 700)) x); b[n % 5000]=$n$n; done'
	works "$DO" blocks 1000 1000 churn
	# A server, where there is one; its own malloc is another.
	hash redis-server redis-benchmark || return 0
	LD_PRELOAD=libc.so.6 begin redis-server --port 0 --unixsocket "$PWD/redis" --save ''
	until_true 30 says 'ready to accept'
	redis-benchmark -s "$PWD/redis" -q -r 100000 -d 200 -l -t set,lpush,hset >benchmark 2>&1 3>&- &
	local benchmark=$!
	sound_or_said "$(figure 4 10)"
	kill "$benchmark"
}

# works PROGRAM ARG...
works() {
	begin "$@"
	until_true 30 says ready
	sound_or_said "$(figure 4 10)"
	ends
}

sound_or_said() { # TIMES
	local i status
	for ((i = 0; i < $1; i++)); do
		status=0
		"$CLI" --json "$pid" >>walks 2>>said || status=$?
		echo "$status" >>statuses
	done
	status=0
	"$CLI" --json --stop "$pid" >>walks 2>>said || status=$?
	echo "$status" >>statuses
	cat walks said
	jq -es --rawfile statuses statuses --rawfile said said '
		def number: ltrimstr("0x") | explode | reduce .[] as $c (0; . * 16 + (if $c > 96 then $c - 87 else $c - 48 end));
		(map(if .sound then "0" else "1" end) | join("\n")) + "\n" == $statuses and
		(map(select(.sound | not)) | length) == ([$said | scan("\n")] | length) and
		(map(select(.sound)) | all(.foreign_bytes + .in_use_bytes + .tcache_bytes + .free_bytes + .top_bytes == (.brk | number) - (.start_brk | number)))' walks
	rm walks said statuses
	# It runs on.
	[[ $(cut -d' ' -f3 "/proc/$pid/stat") != [tT] ]]
}

@test "the picture, the largest, common sizes, an address" {
	does blocks 1001 1000 blocks 1 50000 free every-second show
	take_truth
	run -0 "$CLI" --map --svg map.svg --top 3 --address "$(printf '0x%x' $((malloc[last] + 100)))" "$pid"
	echo "$output"
	[ "$(grep -cE '^0x[0-9a-f]+ [#.+^]+$' <<<"$output")" -ge 10 ]
	grep -E '^Address .* lies 116 bytes into the chunk at .*, in use\)$' <<<"$output"
	grep -A1 '^LARGEST' <<<"$output" | grep '49 KiB'
	grep -A1 '^MOST COMMON' <<<"$output" | grep -E '1008 B +5[0-9]{2}'
	run ! grep -E '^.{133}| $' <<<"$output"
	# Drawn, each field once.
	drawn map.svg 'lie below the chunk at'
	run ! grep '<title>.*not walked' map.svg
	ends
	does blocks 1000 1000 sbrk 4096 blocks 1000 1000 show
	run -1 "$CLI" --svg map.svg "$pid"
	drawn map.svg 'Not sound: the walk ended at'
	grep '<title>.*not walked' map.svg
	run -1 --separate-stderr "$CLI" --svg no/map.svg "$pid"
	[[ -z "$output" && "$stderr" == "brkwatch-heap: no/map.svg: "* ]]
}

drawn() { # FILE TEXT
	python3 -S - "$@" <<-'END'
	import sys, xml.etree.ElementTree as tree
	svg = "{http://www.w3.org/2000/svg}"
	root = tree.parse(sys.argv[1]).getroot()
	assert any(sys.argv[2] in "".join(text.itertext()) for text in root.iter(svg + "text"))
	fields = [r.attrib for r in root.iter(svg + "rect") if r.find(svg + "title") is not None and "class" not in r.attrib]
	fields = sorted((int(f["y"]) // 14 * 128 + int(f["x"]) // 7, int(f["width"]) // 7) for f in fields)
	for field, following in zip(fields, fields[1:]):
	    assert sum(field) == following[0], field
	assert 2000 < sum(fields[-1]) - fields[0][0] <= 4096
	END
}

@test "again and again, with what has changed, until it ends" {
	does blocks 100 1000 show blocks 100 1000 show
	"$CLI" --watch 0.2 "$pid" >watched 3>&- &
	local watcher=$!
	until_true 10 grep -q '^In use' watched
	goes_on
	until_true 10 grep -qE '^In use .* \(\+9[0-9] KiB\)$' watched
	kill -KILL "$pid"
	wait "$watcher"
	pid=''
	run ! grep 'Not sound' watched
	# Not for ever, if nobody waits for it.
	begin python3 -c 'import subprocess, sys; print(subprocess.Popen(["sleep", "1000"]).pid, flush=True); sys.stdin.read()'
	until_true 30 says .
	timeout 60 "$CLI" --watch 0.2 "$(cat state)" >again 3>&- &
	watcher=$!
	until_true 10 grep -q '^Heap' again
	kill -KILL "$(cat state)"
	wait "$watcher"
}

@test "a process whose main thread has exited" {
	does blocks 1000 100 leave show
	until_true 10 grep -q 'State:.*Z' "/proc/$pid/status"
	look
	((json[in_use_bytes] >= 100000))
	look --stop
	[[ "$("${CLI%heap}malloc" --regions "$pid")" == *$'\nheap '* ]]
}

@test "what cannot be is said in a line" {
	run -1 --separate-stderr "$CLI" 2147483647
	[ "$stderr" = "brkwatch-heap: 2147483647: no such process" ]
	run -2 --separate-stderr "$CLI"
	[[ "${stderr_lines[0]}" == *"no process given: name one by its number" ]]
	run -2 --separate-stderr "$CLI" 1 2
	[[ "${stderr_lines[0]}" == *"one process at a time" ]]
	run -2 --separate-stderr "$CLI" --json --map 1
	[[ "${stderr_lines[0]}" == *"for people, not for --json" ]]
	run -2 --separate-stderr "$CLI" --address 0xz 1
	[[ "${stderr_lines[0]}" == *"--address: invalid argument: '0xz'; expected "* ]]
	if [ "$(id -u)" = 0 ]; then
		does blocks 1 1 show
		run -1 --separate-stderr setpriv --bounding-set=-sys_ptrace "$CLI" "$pid"
		echo "$stderr"
		[[ $stderr == "brkwatch-heap: $pid: permission denied; "*"or root" ]]
	fi
}
