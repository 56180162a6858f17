# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031,SC2094
# The tracepoints, with the tools that people have for such.

load helper

TRACING=/sys/kernel/tracing
EVENTS=$TRACING/events/brkwatch

setup_file() {
	load_module follow_history=65536
}

# What a failed test may have left on would be in the way of the others.
teardown() {
	local event tool
	for tool in bpftrace perf trace-cmd; do
		pkill -KILL -x "$tool" || :
	done
	[ ! -d "$EVENTS" ] || echo 0 >"$EVENTS/enable"
	for event in grow refused; do
		sed 's/^/!/; s/ .*//' "$EVENTS/brk_$event/trigger" 2>/dev/null | grep -v '^!#' |
			while read -r trigger; do echo "$trigger" >"$EVENTS/brk_$event/trigger"; done
	done
	judge_log
}

# counted FILE KIND: how many of that kind brkdo's own account has.
counted() {
	expected "$1" | awk -v kind="$2" '$1 == kind' | wc -l
}

# delta FILE KIND: the sum of their deltas.
delta() {
	expected "$1" | awk -v kind="$2" '$1 == kind { sum += $5 } END { print sum + 0 }'
}

# sum_of FIELD: of field=value or field: value in each line.
sum_of() {
	sed -nE "s/.*[ (]$1[=:] ?(-?[0-9]+).*/\1/p" | awk '{ sum += $1 } END { print sum + 0 }'
}

in_use() {
	run -1 rmmod brkwatch
	[[ "$output" == *"in use"* ]]
}

@test "the fields and words of the events are a contract" {
	local event
	for event in query grow shrink move same refused other; do
		# Whether a plain char is signed is the kernel's compiler's choice.
		sed -nE 's/^\tfield:(char [^;]*);.*/\1/p; t; s/^\tfield:([^;]*);.*(signed:.);$/\1 \2/p; s/^print fmt: //p' \
			"$EVENTS/brk_$event/format" | grep -v common_ | diff "$ROOT/tests/data/expected/tracepoint.txt" -
	done
	[ "$(find "$EVENTS" -name format | wc -l)" = 7 ]
	# Debian's headers come without vmlinux, of which a module's BTF would be made.
	[ ! -e /sys/kernel/btf/brkwatch ] || echo "# the module has BTF" >&3
}

# same_as_proc CPUS COMMAND...: it waits for a line once; all its events from then on
# are compared, field by field.
same_as_proc() {
	local dir=$BATS_TEST_TMPDIR instance=$TRACING/instances/same told pid follower reader cpus=$1
	shift
	mkfifo "$dir/in"
	"$@" <"$dir/in" >"$dir/out" 3>&- &
	pid=$!
	exec {told}>"$dir/in"
	until_true 10 grep -q ready "$dir/out"
	slurp "$pid" "$dir/rows" >"$dir/following" 3>&- {told}>&- &
	follower=$!
	until_true 10 grep -q following "$dir/following"
	mkdir "$instance"
	echo 8192 >"$instance/buffer_size_kb"
	echo 1 >"$instance/events/brkwatch/enable"
	cpus "$cpus"
	echo go >&"$told"
	exec {told}>&-
	wait "$pid" "$follower"
	cpus 1
	echo 0 >"$instance/events/brkwatch/enable"
	: >"$dir/pages"
	for reader in "$instance"/per_cpu/cpu*/trace_pipe_raw; do
		timeout "$((30 * BRKWATCH_SLOWNESS))" dd if="$reader" iflag=nonblock bs=4096 2>/dev/null >>"$dir/pages" || :
	done
	rmdir "$instance"
	cat "$dir/rows.head" "$dir/rows" >"$dir/proc"
	python3 "$ROOT/tests/tracecheck.py" "$TRACING" "$dir/proc" "$pid" "$dir/pages" >&3
	rm "$dir/in"
}

@test "every field of every event is that of its row in /proc" {
	same_as_proc 1 brkdo pause query grow 4096 grow 5000 grow -3 same grow -4096 at 1 at 0x100000000000000 \
		fork vfork prctl-brk 8192 burst 500 data+ 8192 grow 1000000
	same_as_proc 2 threads 4 500 "$((20 * BRKWATCH_SLOWNESS))"
}

@test "perf record -g, perf script: each event, and who made it" {
	cd "$BATS_TEST_TMPDIR"
	perf record -q -g -o data -e 'brkwatch:*' -- sh -c \
		"grower 40 20 && exec brkdo grow 4096 grow 8192 grow -4096 at 1 at 2 same query >out" 2>log
	perf script -i data >script
	grep 'comm=brkdo' script >brkdo
	for kind in grow shrink refused same; do
		[ "$(grep -c " brkwatch:brk_$kind: $kind " brkdo)" = "$(counted out "$kind")" ]
		[ "$(grep " brkwatch:brk_$kind: $kind " brkdo | sum_of delta)" = "$(delta out "$kind")" ]
	done
	# Who called the first user function of a grow of the other program.
	awk '/^[^ \t].*:brk_grow: .*comm=grower/ { on = 1; next } !NF { on = 0 }
		on && $3 ~ /grower/ { sub(/\+.*/, "", $2); print $2; on = 0 }' script | sort | uniq -c >callers
	cat callers
	[ "$(awk '{ print $2, $1 }' callers)" = "build_index 20
fill_cache 40" ]
	awk '/^[^ \t].*:brk_refused: .*comm=grower/ { on = 1; next } !NF { on = 0 } on { print $2 }' script >refused
	[ "$(grep -c '^ask_too_much+' refused)" = 2 ]
	[ "$(grep -c '^work+' refused)" = 2 ]
	[ "$(grep -c '^main+' refused)" = 2 ]
}

@test "perf stat and perf trace" {
	cd "$BATS_TEST_TMPDIR"
	perf stat -x, -o stat -e brkwatch:brk_refused,brkwatch:brk_grow -- brkdo grow 4096 at 1 grow 4096 at 2 at 3 >out
	[ "$(awk -F, '$3 == "brkwatch:brk_refused" { print $1 }' stat)" = "$(counted out refused)" ]
	[ "$(awk -F, '$3 == "brkwatch:brk_grow" { print $1 }' stat)" = "$(counted out grow)" ]
	# It leaves out fields that are 0.
	perf trace -o trace -e 'brkwatch:*' -- brkdo query grow 4096 grow 40960 grow -8192 at 1 >out
	cat trace
	for kind in grow shrink refused; do
		[ "$(grep -c "brkwatch:brk_$kind(comm: \"brkdo\"" trace)" = "$(counted out "$kind")" ]
		[ "$(grep "brkwatch:brk_$kind(comm: \"brkdo\"" trace | sum_of delta)" = "$(delta out "$kind")" ]
	done
}

# Those of trace-cmd, $pid, that record wait for events: one that is told to end
# before that takes along what it should have recorded. Those of CPUs that are off
# have ended.
recorders_wait() {
	local recorder
	for recorder in $(pgrep -P "$pid" -x trace-cmd); do
		[[ $(readlink "/proc/$recorder"/fd/*) == *trace_pipe_raw* &&
			$(<"/proc/$recorder/wchan") =~ select|poll|wait_on_pipe|ring_buffer ]] ||
			grep -q ') Z ' "/proc/$recorder/stat" || return
	done
}

@test "trace-cmd with a filter" {
	cd "$BATS_TEST_TMPDIR"
	local under=(trace-cmd record -q -o data -e brkwatch:brk_grow -f 'delta > 4096' -e brkwatch:brk_shrink -f 'delta <= -8192')
	start_brkdo pause grow 4096 grow 8192 grow -4096 grow 40960 grow -8192
	until_true 20 recorders_wait
	tell
	wait "$pid"
	trace-cmd report -i data >report
	cat report
	[ "$(grep -c 'grow comm=brkdo' report)" = 2 ]
	[ "$(grep 'grow comm=brkdo' report | sum_of delta)" = $((8192 + 40960)) ]
	[ "$(grep -c 'shrink comm=brkdo' report)" = 1 ]
	[ "$(grep 'shrink comm=brkdo' report | sum_of delta)" = -8192 ]
}

@test "bpftrace: bytes by user stack; the module stays while it listens" {
	[ -e /proc/sys/kernel/unprivileged_bpf_disabled ] || skip "missing kernel feature: BPF"
	cd "$BATS_TEST_TMPDIR"
	BPFTRACE_NO_CPP_DEMANGLE=1 bpftrace -B line -e '
		BEGIN { printf("listening\n") }
		tracepoint:brkwatch:brk_grow /comm == "grower"/ { @[ustack] = sum(args->delta); @calls = count() }
		tracepoint:brkwatch:brk_refused /comm == "grower"/ { @refused[args->reason] = count() }' >bpf 2>&1 3>&- &
	local bpftrace=$!
	until_true 60 grep -q listening bpf
	in_use
	# Its addresses have names as long as it is there.
	grower 40 20
	kill -INT "$bpftrace"
	wait "$bpftrace"
	cat bpf
	grep -qx '@calls: 60' bpf
	grep -qE "^\]: $((40 * 4096))$" bpf
	grep -qE "^\]: $((20 * 4096))$" bpf
	[ "$(grep -c '^@refused.*: 1$' bpf)" = 2 ]
}

@test "ftrace: histograms and stacks; the module stays while there are any" {
	[ -e "$EVENTS/brk_grow/hist" ] || skip "missing kernel feature: histogram triggers"
	local n
	echo 'hist:keys=comm:vals=pages:sort=pages if comm == "brkdo"' >"$EVENTS/brk_grow/trigger"
	in_use
	echo stacktrace >"$EVENTS/brk_refused/trigger"
	echo >"$TRACING/trace"
	brkdo grow 4096 grow 8192 at 1 grow 40960 >/dev/null
	cat "$EVENTS/brk_grow/hist"
	grep '=>' "$TRACING/trace"
	grep -qE '\{ comm: brkdo +\} hitcount: +3  pages: +13$' "$EVENTS/brk_grow/hist"
	grep -q '=> .*sys_brk\|=> kretprobe_return' "$TRACING/trace"
	n=$(grep -c '<stack trace>' "$TRACING/trace")
	[ "$n" = 1 ]
	echo '!hist:keys=comm:vals=pages:sort=pages' >"$EVENTS/brk_grow/trigger"
	echo '!stacktrace' >"$EVENTS/brk_refused/trigger"
	[ "$(cat /sys/module/brkwatch/refcnt)" = 0 ]
}

@test "rmmod while events are enabled says so, and works when they are not" {
	mkdir "$TRACING/instances/other"
	echo 1 >"$TRACING/instances/other/events/brkwatch/enable"
	echo 1 >"$EVENTS/brk_grow/enable"
	in_use
	brkdo grow 4096 >/dev/null
	grep -q 'brk_grow: grow comm=brkdo' "$TRACING/trace"
	echo 0 >"$EVENTS/brk_grow/enable"
	in_use
	rmdir "$TRACING/instances/other"
	unload_module
	[ ! -e "$EVENTS" ]
	load_module
	[ -e "$EVENTS" ]
}
