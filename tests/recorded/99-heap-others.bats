#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# What is not glibc's malloc, is no heap of it any more, or changes while brkwatch-heap reads it.

load heap

@test "a heap that another has taken from is not sound, and how far it is" {
	does blocks 10 10 sbrk 4096 blocks 1000 1000 show
	look_in_vain "malloc stopped using the heap there"
	run -1 "$CLI" "$pid"
	[[ $output == *"Not sound "*"malloc stopped using the heap there"* ]]
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
	DO=$DO-static does blocks 1000 1000 free every-second show
	look
	is_malloc_s
	((json[foreign_bytes] > 0))
	[ -z "${json[notes_0]-}" ]
	((json[free_bytes] + json[top_bytes] == malloc[fordblks]))
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
}

@test "another malloc than glibc's is named, as far as that is known" {
	local note="it is a static program without the note of glibc's start files: its malloc is another one, if it has any"
	local waits='#include <stdio.h>
	#include <stdlib.h>
	int main() { free(malloc(500)); malloc(500); puts("ready"); fflush(stdout); getchar(); }'
	needs_compiler
	# Go's linker leaves that in each program.
	cc -w -o goes -x c - <<-END
	__asm__(".pushsection .note.go.buildid, \"a\", %note\n .balign 4\n .long 4, 4, 4\n"
		".byte 71, 111, 0, 0\n .long 0\n .popsection");
	$waits
	END
	begin ./goes
	until_true 30 says ready
	look
	[ "${json[notes_0]}" = "it is a Go program: what Go allocates is not shown" ]
	"$CLI" "$pid" | grep -E "^ +${json[notes_0]}$"
	ends
	# One of theirs, where there is one.
	if [ -x "$ROOT/build/prometheus/promtool" ]; then
		begin "$ROOT/build/prometheus/promtool" check metrics
		until_true 30 is_at promtool
		"$CLI" "$pid" >said || :
		grep -E '^ +it is a Go program: what Go allocates is not shown$' said
		ends
	fi
	cc -w -static -nostdlib -o bare -x c - <<<'void _start(void) { for (;;) { } }'
	begin ./bare
	until_true 30 is_at bare
	look
	[ "${json[notes_0]}" = "$note" ]
	ends
	hash musl-gcc || return 0
	musl-gcc -w -o with-musl -x c - <<<"$waits"
	begin ./with-musl
	until_true 30 says ready
	look_in_vain "it is not malloc's"
	[ "${json[notes_0]}" = "musl is loaded; its memory is not shown" ]
	ends
	musl-gcc -static -w -o with-musl -x c - <<<"$waits"
	begin ./with-musl
	until_true 30 says ready
	look_in_vain "it is not malloc's"
	[ "${json[notes_0]}" = "$note" ]
}

is_at() {
	[[ "$(readlink "/proc/$pid/exe")" == */"$1" ]]
}

@test "tagged memory is recognised, if the processor can tag it" {
	# An arm64's: AT_PAGESZ, AT_HWCAP2 with MTE or without, the end.
	auxv() {
		command python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("6N", 6, 4096, 26, int(sys.argv[1]), 0, 0))' "$1" >saved/auxv
	}
	mkdir saved
	does blocks 100 100 show
	pretend "PRETEND_FILES=$PWD/saved"
	auxv $((1 << 18 | 1))
	sed '/\[heap\]$/,$s/^VmFlags:.*/&mt /' "/proc/$pid/smaps" >saved/smaps
	look
	[[ "${json[notes_0]}" == "it has tagged memory (arm64 MTE): if that is malloc's (glibc.mem.tagging), none of it is at the break,"* ]]
	"${with[@]}" "$CLI" "$pid" | grep -E '^ +it has tagged memory \(arm64 MTE\)'
	auxv 1
	look
	[ -z "${json[notes_0]-}" ]
	auxv $((1 << 18 | 1))
	sed -i 's/ mt / /' saved/smaps
	look
	[ -z "${json[notes_0]-}" ]
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
		def left: any(.arenas[]; .sound | not);
		(map(if .sound and (left | not) then "0" else "1" end) | join("\n")) + "\n" == $statuses and
		(map(select(.sound | not)) + map(select(left)) | length) == ([$said | scan("\n")] | length) and
		(map(select(.sound)) | all(.foreign_bytes + .in_use_bytes + .tcache_bytes + .free_bytes + .top_bytes == (.brk | number) - (.start_brk | number)))' walks
	rm walks said statuses
	# It runs on.
	[[ $(cut -d' ' -f3 "/proc/$pid/stat") != [tT] ]]
}

# becomes PROGRAM ARG...: a shell that executes that when it is told, and is watched
becomes() {
	begin "${without[@]}" bash -c 'echo ready; read -r; exec "$@"' bash "$@"
	until_true 30 says ready
	"${without[@]}" "$CLI" --watch 0.2 "$pid" >watched 2>&1 3>&- &
	watcher=$!
	until_true 10 grep -q '^In use' watched
	echo >&"$input"
}

@test "an exec while it is watched: the new heap is read, or the right to read it is gone" {
	local watcher status=0 without=()
	becomes "$DO" blocks 2000 1000 show
	until_true 10 grep -qE '^In use .* in 2,0[0-9]+ chunks' watched
	kill -KILL "$pid"
	wait "$watcher" || :
	pid=''
	[ "$(id -u)" = 0 ] || return 0
	without=(setpriv --bounding-set=-sys_ptrace)
	install -o 65534 -m 4755 "$DO" heapdo-setuid
	becomes ./heapdo-setuid blocks 2000 1000 show
	wait "$watcher" || status=$?
	[ "$status" -eq 1 ]
	grep -E "^brkwatch-heap: $pid: cannot read its memory: permission denied; this needs root" watched
	run ! grep 'Not sound' watched
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
	[[ "${stderr_lines[0]}" == *"no process given: give a PID" ]]
	run -2 --separate-stderr "$CLI" 1 2
	[[ "${stderr_lines[0]}" == *"one process at a time; give one PID" ]]
	run -2 --separate-stderr "$CLI" --json --map 1
	[[ "${stderr_lines[0]}" == *"cannot be combined with --json" ]]
	run -2 --separate-stderr "$CLI" --address 0xz 1
	[[ "${stderr_lines[0]}" == *"--address: invalid argument: '0xz'; expected "* ]]
	if [ "$(id -u)" = 0 ]; then
		does thread 1 100 show
		run -1 --separate-stderr setpriv --bounding-set=-sys_ptrace "$CLI" "$pid"
		echo "$stderr"
		[[ $stderr == "brkwatch-heap: $pid: cannot read its memory: permission denied; this needs root"* ]]
		hash strace || return 0
		# Of two threads one is traced.
		thread=$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -vx "$pid")
		strace -qq -o trace -p "$thread" 3>&- &
		tracer=$!
		until_true 10 grep -q "TracerPid:.$tracer\$" "/proc/$thread/status"
		run -1 --separate-stderr "$CLI" --stop "$pid"
		[ "$stderr" = "brkwatch-heap: $thread: cannot stop it: process $tracer traces it (TracerPid), and only one can" ]
	fi
}
