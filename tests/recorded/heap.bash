# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # output and stderr come from run
# For tests of brkwatch-heap on programs that run here: they need no module.

load ../helper
program heap

# In a guest they are there, and may have no compiler.
setup_file() {
	local where=${BRKWATCH_BIN:-$BATS_FILE_TMPDIR}
	export CLI DO=$where/heapdo
	[ -x "$DO" ] || make -s -C "$ROOT/tests" O="$where" "$DO" "$DO-static"
}

teardown_file() {
	:
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkfifo input
	page=$(getconf PAGESIZE)
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

needs_compiler() {
	hash cc 2>/dev/null || skip "no compiler in a foreign root"
}

# pretend VARIABLE=VALUE: $with runs a program where that is so; see pretend.c
pretend() {
	needs_compiler
	cc -shared -fPIC -o pretend.so "$ROOT/tests/recorded/pretend.c"
	with=(env "LD_PRELOAD=$PWD/pretend.so" ASAN_OPTIONS=verify_asan_link_order=0 "$1")
}
with=()

# Of the heap, in bytes.
resident() {
	awk '/\[heap\]$/ { on = 1 } on && /^Rss:/ { print $2 * 1024; exit }' "/proc/$pid/smaps"
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
	run -0 --separate-stderr "${with[@]}" "$CLI" --json "$@" "$pid"
	echo "$stderr"
	[ -z "$stderr" ]
	take_json
	[ "${json[sound]}" = true ]
	adds_up
}

# look_in_vain MESSAGE: one that is not
look_in_vain() {
	run -1 --separate-stderr "${with[@]}" "$CLI" --json "$pid"
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

# module_says BREAK: as if it were loaded
module_says() {
	mkdir -p proc
	sed "s/^Pid:.*/Pid:\t$pid/; s/^Brk:.*/Brk:\t$1/; s/^Grows:.*/Grows:\t1234/
		s/^StartBrk:.*/StartBrk:\t${json[start_brk]}/" "$ROOT/tests/data/proc/4242" >"proc/$pid"
	export BRKWATCH_PROC=$PWD/proc
}
