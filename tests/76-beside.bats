# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kprobes of others on the functions that brkwatch probes, armed and disarmed in every order.

load helper

TRACING=/sys/kernel/tracing

# See scripts/vm: one processor may not patch what another executes.
setup_file() {
	cpus 1
	load_module
	export SYS_BRK DO_BRK_FLAGS
	SYS_BRK=$(symbol_of sys_brk)
	DO_BRK_FLAGS=$(symbol_of do_brk_flags)
	unload_module
}

# What a failed test has left is in the way of the next.
teardown() {
	pkill -KILL -x bpftrace || :
	pkill -KILL -x brkdo || :
	[ ! -d "$TRACING/instances/beside" ] || tracefs_off
	unload_leftover
	judge_log
}

symbol_of() {
	awk -F'\t' -v probe="$1" '$1 == probe { print $2 }' "$PROC/stats"
}

# Each has three probes: TOOL_on has them armed, TOOL_hits says how often they were hit by $pid, and
# TOOL_off disarms them.

# This is what perf probe uses, too.
tracefs_on() {
	printf '%s\n' "p:beside/entry $SYS_BRK" "r:beside/leave $SYS_BRK" "p:beside/grow $DO_BRK_FLAGS" >>"$TRACING/kprobe_events"
	mkdir "$TRACING/instances/beside"
	echo 1 >"$TRACING/instances/beside/events/beside/enable"
}

tracefs_hits() { # PROBE
	grep -c -e "-$pid .* $1: " "$TRACING/instances/beside/trace"
}

tracefs_off() {
	echo 0 >"$TRACING/instances/beside/events/beside/enable"
	rmdir "$TRACING/instances/beside"
	printf '%s\n' -:beside/entry -:beside/leave -:beside/grow >>"$TRACING/kprobe_events"
}

bpftrace_on() {
	bpftrace -B line -e "
		BEGIN { printf(\"listening\n\") }
		kprobe:$SYS_BRK /pid == $pid/ { printf(\"entry\n\") }
		kretprobe:$SYS_BRK /pid == $pid/ { printf(\"leave\n\") }
		kprobe:$DO_BRK_FLAGS /pid == $pid/ { printf(\"grow\n\") }" >"$BATS_TEST_TMPDIR/bpf" 2>&1 3>&- {told}>&- &
	bpftrace=$!
	until_true 60 grep -q listening "$BATS_TEST_TMPDIR/bpf"
}

bpftrace_hits() {
	grep -cx "$1" "$BATS_TEST_TMPDIR/bpf"
}

bpftrace_off() {
	kill -INT "$bpftrace"
	wait "$bpftrace"
}

makes_calls() {
	local n
	n=$(grep -c ready "$out")
	tell
	until_true 10 eval "[ \$(grep -c ready '$out') -gt $n ]"
}

# hit PROBE TIMES: until they say so; some tools say it late.
hit() {
	until_true 10 eval "[ \$(${tool}_hits $1) = $2 ]"
	[ "$("${tool}_hits" "$1")" = "$2" ]
}

# beside TOOL STEP...: the same process calls after each.
beside() {
	local tool=$1 step loaded='' armed='' first since
	local -a calls=(grow 4096 grow 135168 query grow -8192 at 1 grow 12288 pause)
	shift
	start_brkdo pause "${calls[@]}" "${calls[@]}" "${calls[@]}" "${calls[@]}"
	for step; do
		case $step in
		+module)
			load_module
			loaded=y first=$(($(expected "$out" | wc -l) + 1))
			;;
		-module)
			unload_module
			loaded=''
			;;
		+tool)
			"${tool}_on"
			armed=y since=$(($(expected "$out" | wc -l) + 1))
			;;
		-tool)
			"${tool}_off"
			armed=''
			;;
		esac
		makes_calls
		echo "$tool $*: $step"
		if [ "$armed" ]; then
			expected "$out" | tail -n "+$since" >"$BATS_TEST_TMPDIR/made"
			hit entry "$(wc -l <"$BATS_TEST_TMPDIR/made")"
			hit leave "$(wc -l <"$BATS_TEST_TMPDIR/made")"
			hit grow "$(grep -c ^grow "$BATS_TEST_TMPDIR/made")"
		fi
		if [ "$loaded" ]; then
			file_of "$pid" >"$BATS_TEST_TMPDIR/text"
			diff -u <(expected "$out" | tail -n "+$first") <(calls "$BATS_TEST_TMPDIR/text")
			assert_consistent "$BATS_TEST_TMPDIR/text"
			[ "$(stat_of LostMissed)" = 0 ]
			[ "$(awk -F'\t' '$1 == "probe" { on = 1; next } on && $4 == "armed" && $7' "$PROC/stats")" = "" ]
		fi
	done
	tell
	wait "$pid"
}

in_every_order() {
	busybox dmesg -c >/dev/null
	beside "$1" +module +tool -tool -module
	beside "$1" +module +tool -module -tool
	beside "$1" +tool +module -tool -module
	beside "$1" +tool +module -module -tool
	# But for what is said of each module from elsewhere, and by ours.
	run grep -v 'out-of-tree\|module verification\|brkwatch: version' <(busybox dmesg)
	echo "$output"
	[ -z "$output" ]
}

@test "tracefs: what either of them sees is all there was" {
	[ -e "$TRACING/kprobe_events" ] || skip "missing kernel feature: kprobe events"
	in_every_order tracefs
}

@test "bpftrace: what either of them sees is all there was" {
	[ -e /proc/sys/kernel/unprivileged_bpf_disabled ] || skip "missing kernel feature: BPF"
	in_every_order bpftrace
}
