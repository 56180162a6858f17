# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# brkwatch-cli --explain: what it says is true, and what it advises helps. And
# what it says of the heap's memory is what the kernel says.

load helper
load asleep

setup() {
	as=()
}

teardown() {
	[ -z "${told:-}" ] || exec {told}>&-
	sysctl -q vm.overcommit_memory=0 vm.max_map_count=65530
	judge_log
}

# start OPERATION...: as start_brkdo, by way of the program in $as.
start() {
	# shellcheck disable=SC2317
	brkdo() {
		exec "${as[@]}" "$BIN/brkdo" "$@"
	}
	start_brkdo "$@"
	unset -f brkdo
}

start_python() {
	# shellcheck disable=SC2317
	brkdo() {
		exec python3 -S "$@"
	}
	start_brkdo "$@"
	unset -f brkdo
}

# As one line, the explanation of the newest event.
last_said() {
	awk '/^    / && length > 80 { exit 1 }
	     /^    [^ ]/ { sub(/^ +/, ""); text = text " " $0; next }
	     { text = "" }
	     END { print substr(text, 2) }'
}

# says TEXT...: the newest event of $pid is explained with these, of which each
# may be a pattern. It is in $said.
says() {
	local text
	said=$("$CLI" --explain "${options[@]}" "$pid" | last_said)
	echo "said: $said"
	for text; do
		# shellcheck disable=SC2053
		[[ "$said" == *$text* ]] || { echo "but not: $text"; return 1; }
	done
}

# go_on N: until it pauses for the Nth time.
go_on() {
	tell
	until_true 10 eval "[ \$(grep -c ready '$out') = $1 ]"
}

last_call() {
	expected "$out" | tail -n 1 | cut -f1
}

# follows_advice OPTION: with the limit one page below what was advised the
# call fails again, with that it does not.
follows_advice() {
	local command value
	command=$(grep -o "prlimit --pid $pid $1=[0-9]*:" <<<"$said")
	value=${command##*=}
	[ "$(last_call)" = refused ]
	prlimit --pid "$pid" "$1=$((${value%:} - 4096)):"
	go_on 2
	[ "$(last_call)" = refused ]
	$command
	go_on 3
	[ "$(last_call)" = grow ]
	says " were added: " || says "The heap grew by"
}

@test "calls that move the break, and those that do not" {
	start to 0 grow 4096 pause grow 16 pause grow 16 pause same pause query pause \
		grow -16 pause grow -4112 pause grow 135168 pause grow -4096 pause vfork pause
	says "The heap grew by 1 page (4 KiB). That can be sbrk, another allocator, or glibc's malloc"
	go_on 2
	says "The break moved up by 16 B, for which 1 page (4 KiB) was added" "the last one was full."
	go_on 3
	says "moved up by 16 B and no page was added"
	go_on 4
	says "asked for the break that it has already"
	go_on 5
	says "asked where the break is"
	go_on 6
	says "moved down by 16 B and no page was removed"
	go_on 7
	says "moved down by 4 KiB, for which 2 pages (8 KiB) were removed" "the last one was used in part."
	go_on 8
	says "The heap grew by 33 pages (132 KiB): consistent with the first malloc of glibc" "up to 4 KiB"
	go_on 9
	says "The heap gave back 1 page (4 KiB). That can be malloc_trim, sbrk"
	go_on 10
	says "The heap grew by 1 page (4 KiB)" "A child that shares this address space did it"
	local child
	child=$(sed -n 's/^child\t//p' "$out")
	"$CLI" --explain --event fork "$pid" | last_said | grep -F "Process $child was created. After fork"
}

@test "glibc's own: the first malloc, another one, a trim" {
	"$CLI" --explain -o "$BATS_TEST_TMPDIR/first" -- first
	cat "$BATS_TEST_TMPDIR/first"
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/first" |
		grep -F "The heap grew by 33 pages (132 KiB): consistent with the first malloc of glibc"
	cat >"$BATS_TEST_TMPDIR/malloc.py" <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.malloc.restype = ctypes.c_void_p
		libc.free.argtypes = [ctypes.c_void_p]
		blocks = [libc.malloc(100000) for i in range(40)]
		for block in reversed(blocks):
		    libc.free(block)
	END
	"$CLI" --explain -o "$BATS_TEST_TMPDIR/trim" -- python3 -S "$BATS_TEST_TMPDIR/malloc.py"
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/trim" >"$BATS_TEST_TMPDIR/text"
	grep -F "consistent with glibc's malloc, when a request needs up to" "$BATS_TEST_TMPDIR/text"
	grep -F "consistent with a trim by glibc's free" "$BATS_TEST_TMPDIR/text"
}

@test "what glibc's malloc does when told otherwise is not said to be somebody else's" {
	local setting text
	cat >"$BATS_TEST_TMPDIR/malloc.py" <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.malloc.restype = ctypes.c_void_p
		libc.free.argtypes = [ctypes.c_void_p]
		for size in (3000, 20000, 100 << 20):
		    block = libc.malloc(size)
		libc.free(block)
		libc.malloc_trim(0)
	END
	for setting in MALLOC_TOP_PAD_=0 MALLOC_TOP_PAD_=67108864 MALLOC_MMAP_MAX_=0 GLIBC_TUNABLES=glibc.malloc.hugetlb=1; do
		env "$setting" "$CLI" --explain -o "$BATS_TEST_TMPDIR/text" -- python3 -S "$BATS_TEST_TMPDIR/malloc.py"
		text=$(tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/text")
		# All of them are malloc's.
		run ! grep -E "so it was|: by malloc_trim" <<<"$text"
		grep -oE "The heap (grew|gave back) [^.]*\. That can be [^.]*|The heap (grew|gave back) [^.]*: consistent with [^.]*" <<<"$text" >"$BATS_TEST_TMPDIR/said"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/said")" = "$(grep -cE ' (grow|shrink) ' "$BATS_TEST_TMPDIR/text")" ]
		run ! grep -v "glibc" "$BATS_TEST_TMPDIR/said"
	done
}

@test "rlimit_data: the limit that is advised is enough, and a page less is not" {
	start grow 4096 data+ 0 grow 4096 pause grow 4096 pause grow 4096 pause
	says "asked for 4 KiB more (1 page), but RLIMIT_DATA" "ulimit -d"
	follows_advice --data
	tell
	# The heap and the data segment alone.
	start grow 4096 data 0 grow 1000000 pause grow 1000000 pause grow 1000000 pause
	says "RLIMIT_DATA, the limit on the heap, the data segment and other private writable memory, was 0 B: "
	follows_advice --data
}

@test "rlimit_data: a hard limit needs root, and ulimit -d before the start does as well" {
	as=(prlimit --data=20000000:20000000)
	start grow 4096 grow 30000000 pause
	says "as root with 'prlimit --pid $pid --data="
	local limit command
	limit=$(grep -o "ulimit -d [0-9]*" <<<"$said")
	command=$(grep -o "prlimit --pid $pid --data=[0-9:]*" <<<"$said")
	$command
	grep -E "^Max data size +([0-9]+) +\1 " "/proc/$pid/limits"
	says "It is now " ", which allows it: "
	tell
	# In KiB, so that more than a page less is too little.
	(ulimit -d $((${limit##* } - 4)) && brkdo grow 4096 grow 30000000) | tail -n 1 | grep refused
	($limit && brkdo grow 4096 grow 30000000) | tail -n 1 | grep grow
}

@test "rlimit_as" {
	start grow 4096 as+ 0 grow 8192 pause grow 8192 pause grow 8192 pause
	says "asked for 8 KiB more (2 pages), but RLIMIT_AS" "ulimit -v"
	follows_advice --as
}

@test "mlock_limit" {
	as=(setpriv --bounding-set=-ipc_lock)
	start grow 4096 memlock+ 4096 lock-future grow 8192 pause grow 8192 pause grow 8192 pause
	says RLIMIT_MEMLOCK "ulimit -l" MCL_FUTURE
	follows_advice --memlock
}

@test "next_mapping: its name and place are those of maps" {
	start grow 4096 map 8192 grow 8192 pause
	local end
	end=$(awk '$NF == "[heap]" { sub(".*-", "", $1); print $1 }' "/proc/$pid/maps" | tail -n 1)
	says "asked for 8 KiB more (2 pages), but the next mapping began at" \
		"$(printf '0x%x' $((0x$end + 8192))), 8 KiB above" "last page (4 KiB) has to stay free. Now anonymous memory is there. glibc's malloc goes on with mmap"
	tell
	start grow 4096 map-stack 524288 grow 4096 pause
	says "512 KiB above" "was a stack"
	tell
	start grow 4096 map 0x100000 grow 0x10000000 pause
	says "1 MiB above"
}

@test "next_mapping: what touches the heap is not the heap" {
	start to 0 grow 4096 map-stack 0 grow 4096 pause
	says "other memory was mapped right where the heap ended, at 0x" " Now anonymous memory is there. glibc"
	"$CLI" "$pid" | grep -E '^Room +0 B \(next mapping at 0x[0-9a-f]+: anonymous memory\)$'
	[ "$("$CLI" --json "$pid" | jq -r .next_mapping_name)" = "" ]
}

@test "what touches the heap is not the heap for brkwatch-heap and brkwatch-malloc, with and without the module" {
	local end where
	cat >"$BATS_TEST_TMPDIR/map.py" <<-'END'
		import ctypes, sys
		libc = ctypes.CDLL(None)
		libc.sbrk.restype = libc.mmap.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
		end = libc.sbrk(0) + 4095 & ~4095
		assert libc.mmap(end, 4096, 0, 0x100022, -1, 0) == end
		print("ready", flush=True)
		sys.stdin.readline()
	END
	start_python "$BATS_TEST_TMPDIR/map.py"
	end=$(key Brk <"$PROC/$pid")
	for where in "$PROC" /nonexistent; do
		BRKWATCH_PROC=$where run -0 "${CLI%cli}heap" --json "$pid"
		echo "$output"
		[ $((($(jq -r .brk <<<"$output") + 4095) / 4096)) = $(((end + 4095) / 4096)) ]
		[ "$(BRKWATCH_PROC=$where "${CLI%cli}malloc" --regions --json "$pid" | jq '.kinds[] | select(.kind == "heap").count')" = 1 ]
	done
}

@test "next_mapping: a name that would talk to the terminal" {
	local name=$BATS_TEST_TMPDIR/$'a\xc2\x9b31m\xe2\x80\xaeb\x7fc'
	head -c 4096 /dev/zero >"$name"
	cat >"$BATS_TEST_TMPDIR/map.py" <<-'END'
		import ctypes, os, sys
		libc = ctypes.CDLL(None)
		libc.sbrk.restype = libc.mmap.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
		fd = os.open(os.fsencode(sys.argv[1]), os.O_RDONLY)
		end = (libc.sbrk(0) + 4095 & ~4095) + 8192
		assert libc.mmap(end, 4096, 1, 0x100002, fd, 0) == end
		assert libc.sbrk(100000) == 2**64 - 1
		print("ready", flush=True)
		sys.stdin.readline()
	END
	start_python "$BATS_TEST_TMPDIR/map.py" "$name"
	"$CLI" --explain "$pid" >"$BATS_TEST_TMPDIR/text"
	cat -v "$BATS_TEST_TMPDIR/text"
	# In the state, and in the explanation.
	[ "$(grep -c "/a??*31m??*b?c" "$BATS_TEST_TMPDIR/text")" = 2 ]
	run ! grep -aq $'\xc2\x9b\|\xe2\x80\xae\|\x7f' "$BATS_TEST_TMPDIR/text"
}

@test "malloc goes on with mmap where a mapping is in the way" {
	cat >"$BATS_TEST_TMPDIR/malloc.py" <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.malloc.restype = libc.sbrk.restype = libc.mmap.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 4
		end = libc.sbrk(0) + 4095 & ~4095
		assert libc.mmap(end, 4096, 3, 0x100022, -1, 0) == end
		blocks = [libc.malloc(100000) for i in range(40)]
		assert all(blocks) and blocks[-1] > end
		assert libc.sbrk(0) <= end
		assert libc.sbrk(100000) == 2**64 - 1
	END
	"$CLI" --explain -o "$BATS_TEST_TMPDIR/text" -- python3 -S "$BATS_TEST_TMPDIR/malloc.py"
	cat "$BATS_TEST_TMPDIR/text"
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/text" >"$BATS_TEST_TMPDIR/line"
	# The two are alike, and so one to the kernel.
	grep -F "other memory was mapped right where the heap ended" "$BATS_TEST_TMPDIR/line"
	grep -F "malloc goes on with mmap." "$BATS_TEST_TMPDIR/line"
}

@test "below_start, address_limit, unmap" {
	start grow 4096 to -4096 pause at 0x100000000000000 pause at -1 pause to 0 grow 8192 unmap-heap grow -4096 pause
	says "asked for 8 KiB less (2 pages), but a break at" "would be 4 KiB below the start of the heap"
	go_on 2
	says "a break at 0x100000000000000 lies outside"
	go_on 3
	says "asked for the highest addresses there are"
	go_on 4
	says "asked for 4 KiB less (1 page), but the kernel could not unmap it. Now nothing is mapped there any more"
}

@test "unmap: a sealed heap" {
	brkdo seal-heap || skip "missing kernel feature: mseal"
	start to 0 grow 8192 seal-heap grow -4096 pause
	says "the heap's mapping is sealed"
}

@test "no_memory: what is promised, what there is, and what helps" {
	local -a options=(--bytes)
	local limit all
	limit=$(awk '$1 == "CommitLimit:" { print $2 * 1024 }' /proc/meminfo)
	all=$(awk '$1 == "MemTotal:" || $1 == "SwapTotal:" { sum += $2 } END { print sum * 1024 }' /proc/meminfo)
	sysctl -q vm.overcommit_memory=2
	start grow 4096 grow 0x10000000000 pause grow 0x10000000000 pause grow 0x10000000000 pause
	limit=$(awk '$1 == "CommitLimit:" { print $2 * 1024 }' /proc/meminfo)
	says "vm.overcommit_memory is now 2" "CommitLimit, $limit B"
	# Nothing of it is kept from a process of root's.
	[[ "$said" != *"for root"* ]]
	sysctl -q vm.overcommit_memory=0
	go_on 2
	says "more than the machine's memory and swap together, $all B" "vm.overcommit_memory=1"
	sysctl -q vm.overcommit_memory=1
	go_on 3
	[ "$(last_call)" = grow ]
	tell
	start to 0 max-maps 5 grow 4096 max-maps 65530 pause
	says "The current settings allow it: the process had $(grep -vc vsyscall "/proc/$pid/maps") mappings (vm.max_map_count is now 65530)"
}

@test "no_memory: what is kept for root, of a process in the /proc of another pid namespace" {
	as=(unshare -p -f --mount-proc setpriv --bounding-set=-sys_admin)
	sysctl -q vm.overcommit_memory=2
	start grow 4096 grow 0x10000000000 pause
	local child
	child=$(tr -d " " <"/proc/$pid/task/$pid/children")
	# Its number 1 is not ours.
	said=$(BRKWATCH_PROC=/proc/$child/root/proc/brkwatch "$CLI" --explain 1 | last_said)
	echo "said: $said"
	[[ "$said" == *", less "*" for root (vm.admin_reserve_kbytes), less "* ]]
	[[ "$said" != *"up to"* ]]
}

@test "killed, and a process that has ended: nothing is asked of it" {
	start_sleeper
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	put_to_sleep
	kill_sleeper
	mkdir "$BATS_TEST_TMPDIR/proc"
	cat <&"$fd" >"$BATS_TEST_TMPDIR/proc/1"
	exec {fd}<&- {told}>&-
	BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc "$CLI" --explain --event refused 1 | last_said >"$BATS_TEST_TMPDIR/said"
	cat "$BATS_TEST_TMPDIR/said"
	grep -F "a signal killed the process while the call waited" "$BATS_TEST_TMPDIR/said"

	"$CLI" --explain -o "$BATS_TEST_TMPDIR/text" -- brkdo grow 4096 data+ 0 grow 4096
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/text" | grep "RLIMIT_DATA, the limit on"
	grep -F "The address space is gone" "$BATS_TEST_TMPDIR/text"
}

# compare_memory PID: what the state has, as JSON and for people, and what
# smaps has, by another reader of it.
compare_memory() {
	"$CLI" --json "$1" >"$BATS_TEST_TMPDIR/json"
	"$CLI" --bytes "$1" >"$BATS_TEST_TMPDIR/text"
	cat "$BATS_TEST_TMPDIR/text"
	python3 - "$1" "$BATS_TEST_TMPDIR/json" "$BATS_TEST_TMPDIR/text" <<-'END'
		import json, re, sys
		pid, file, text = sys.argv[1:]
		state = json.load(open(file))
		page = lambda a: (a + 4095) & ~4095
		start, end = page(int(state["start_brk"], 16)), page(int(state["brk"], 16))
		rss = dirty = swap = 0
		above = None
		for vma in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open(f"/proc/{pid}/smaps").read(), flags=re.M)[1:]:
		    low, high = (int(n, 16) for n in re.match(r"(\w+)-(\w+)", vma).groups())
		    size = lambda key: int(re.search(rf"^{key}: +(\d+) kB", vma, re.M).group(1)) * 1024
		    if low < end and high > start:
		        rss += size("Rss")
		        dirty += size("Private_Dirty") + size("Shared_Dirty")
		        swap += size("Swap")
		    elif low >= end and above is None:
		        above = (vma.splitlines()[0].split(None, 5) + [""])[5].replace("[heap]", "")
		ours = [state[k] for k in ("resident_bytes", "dirty_bytes", "swapped_bytes", "next_mapping_name")]
		print(ours, [rss, dirty, swap, above])
		assert ours == [rss, dirty, swap, above]
		assert rss
		rows = dict(re.findall(r"^(\w+) +(\d+)", open(text).read(), re.M))
		assert [int(rows[k]) for k in ("Resident", "Dirty", "Swapped")] == [rss, dirty, swap]
		assert f": {above or 'anonymous memory'})" in open(text).read()
	END
}

@test "resident, dirty, swapped and the next mapping's name are those of smaps" {
	cat >"$BATS_TEST_TMPDIR/heap.py" <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.sbrk.restype = ctypes.c_void_p
		start = libc.sbrk(1 << 20)
		start = start + 4095 & ~4095
		ctypes.memset(start, 1, 300000)
		# Several mappings.
		libc.mprotect(ctypes.c_void_p(start + 65536), 4096, 1)
		libc.madvise(ctypes.c_void_p(start + 131072), 4096, 4)
		print("ready", flush=True)
		input()
	END
	mkfifo "$BATS_TEST_TMPDIR/in"
	out=$BATS_TEST_TMPDIR/out
	: >"$out"
	command python3 -S "$BATS_TEST_TMPDIR/heap.py" <"$BATS_TEST_TMPDIR/in" >"$out" 3>&- &
	# shellcheck disable=SC2030
	pid=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 20 grep -q ready "$out"
	[ "$(grep -c heap "/proc/$pid/maps")" -ge 3 ]
	compare_memory "$pid"
	tell

	start to 0 grow 4096 map 8192 pause
	# Nothing has been written there.
	run -0 "$CLI" --json "$pid"
	[ "$(jq -r .next_mapping_name <<<"$output")" = "" ]
	[ "$(jq .dirty_bytes <<<"$output")" = 0 ] || compare_memory "$pid"
	# A copy is of nobody.
	mkdir "$BATS_TEST_TMPDIR/proc"
	cat "$PROC/$pid" >"$BATS_TEST_TMPDIR/proc/$pid"
	BRKWATCH_PROC=$BATS_TEST_TMPDIR/proc run -0 "$CLI" --json "$pid"
	[ "$(jq -c '[.resident_bytes, .dirty_bytes, .swapped_bytes, .next_mapping_name]' <<<"$output")" = '[null,null,null,null]' ]
}

gave_back() {
	# shellcheck disable=SC2031
	"$CLI" "$pid" | sed -n 's/^Gave back *//p'
}

@test "how much it gave back" {
	start to 0 pause grow 8192 grow 8192 pause grow -4096 pause
	go_on 2
	gave_back
	[[ "$(gave_back)" == "nothing by the break since "*"; resident "* ]]
	go_on 3
	gave_back
	[[ "$(gave_back)" =~ ^[0-9]+"% (4 KiB of "[0-9]+" KiB) by the break, in 1 shrink; resident "[0-9] ]]
}

@test "a heap that gave back all but its end, by madvise" {
	cat >"$BATS_TEST_TMPDIR/trim.py" <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.malloc.restype = ctypes.c_void_p
		blocks = [libc.malloc(100000) for i in range(300)]
		end = libc.malloc(100000)
		for block in blocks:
		    ctypes.memset(block, 1, 100000)
		print("ready", flush=True)
		input()
		for block in blocks:
		    libc.free(ctypes.c_void_p(block))
		libc.malloc_trim(0)
		print("ready", flush=True)
		input()
	END
	start_python "$BATS_TEST_TMPDIR/trim.py"
	[[ "$(gave_back)" == "nothing by the break since "*"; resident "[23]?*" MiB" ]]
	go_on 2
	[[ "$(gave_back)" == *" by the break"*"; resident "* ]]
	# shellcheck disable=SC2031
	"$CLI" --json "$pid" | jq -e '.heap_bytes > 30000000 and .resident_bytes < 4000000'
}
