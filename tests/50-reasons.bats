# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Why a call was refused: each reason provoked for real.

load helper
load asleep

# refused REASON OPERATION...: the last call that brkdo makes is refused, for
# that reason; whatever came before is as brkdo reckons.
refused() {
	local reason=$1
	shift
	"${as[@]}" brkdo "$@" show >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	assert_same_calls "$BATS_TEST_TMPDIR/out"
	assert_consistent "$BATS_TEST_TMPDIR/out"
	[ "$(events "$BATS_TEST_TMPDIR/out" | tail -n 1 | cut -f5,11)" = "refused	$reason" ]
}

setup() {
	as=()
}

teardown() {
	sysctl -q vm.overcommit_memory=0 vm.max_map_count=65530
	judge_log
}

@test "rlimit_data: the heap and the data segment alone are too much" {
	refused rlimit_data grow 4096 data 0 grow 4096
	refused rlimit_data grow 4096 data 1000000 grow 1000000
}

@test "rlimit_data: all private writable mappings together" {
	refused rlimit_data grow 4096 data+ 0 grow 4096
	refused rlimit_data grow 4096 data+ 4096 grow 4096 grow 4096
}

@test "rlimit_as" {
	refused rlimit_as grow 4096 as+ 0 grow 4096
	refused rlimit_as grow 4096 as+ 8192 grow 8192 grow 1
	# Both limits are in the way; the kernel looks at this one first.
	refused rlimit_as grow 4096 as+ 0 data+ 0 grow 4096
}

@test "next_mapping: a mapping, or a stack's guard gap" {
	refused next_mapping grow 4096 map 4096 grow 4096
	refused next_mapping grow 4096 map 8192 grow 4096 grow 4096
	refused next_mapping grow 4096 map-stack 524288 grow 4096
	refused next_mapping grow 4096 map 40960 grow 0x10000000
}

@test "below_start, address_limit" {
	refused below_start grow 4096 to -1
	refused below_start grow 4096 at 4096
	refused "$(too_far)" grow 4096 at 0x100000000000000
	refused address_limit grow 4096 at -1
}

@test "mlock_limit: mlockall(MCL_FUTURE) without CAP_IPC_LOCK" {
	as=(setpriv --bounding-set=-ipc_lock)
	refused mlock_limit grow 4096 memlock+ 4096 lock-future grow 4096 grow 4096
	# A limit that is not in the way is not to blame.
	refused next_mapping grow 4096 memlock+ 57344 lock-future map 4096 grow 4096
	as=()
	brkdo grow 4096 memlock+ 4096 lock-future grow 8192 show >"$BATS_TEST_TMPDIR/out"
	assert_same_calls "$BATS_TEST_TMPDIR/out"
	[ "$(key Refused "$BATS_TEST_TMPDIR/out")" = 0 ]
}

@test "no_memory: strict overcommit" {
	sysctl -q vm.overcommit_memory=2
	refused no_memory grow 4096 grow 0x10000000000
}

@test "no_memory: the limit on the number of mappings" {
	# The first growth makes a mapping, and there are too many already.
	refused no_memory to 0 max-maps 5 grow 4096 max-maps 65530
}

@test "unmap: the heap's mapping has vanished" {
	local -a shrink=(to 0 grow 8192 unmap-heap grow -4096)
	brkdo "${shrink[@]}" | expected | tail -n 1 | grep ^refused ||
		skip "missing kernel feature: a shrink of what is not mapped is refused"
	refused unmap "${shrink[@]}"
}

@test "unmap: the heap is sealed" {
	brkdo seal-heap || skip "missing kernel feature: mseal"
	refused unmap to 0 grow 8192 seal-heap grow -4096
}

@test "killed: a fatal signal while another holds mmap_lock" {
	start_sleeper
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	put_to_sleep
	kill_sleeper
	cat <&"$fd" >"$BATS_TEST_TMPDIR/text"
	exec {fd}<&- {told}>&-
	cat "$BATS_TEST_TMPDIR/text"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	[ "$(events "$BATS_TEST_TMPDIR/text" | tail -n 2 | cut -f5,9,11 | tr '\t' ' ' | xargs)" = "refused 0 killed end 0 -" ]
}

@test "a limit raised after the refusal does not change its reason" {
	refused rlimit_data grow 4096 data+ 0 grow 4096
	refused next_mapping grow 4096 map 4096 data+ 1048576 grow 4096
}

# grows OPERATION...: no call that brkdo makes is refused.
grows() {
	brkdo "$@" show >"$BATS_TEST_TMPDIR/out"
	[ "$(key Refused "$BATS_TEST_TMPDIR/out")" = 0 ]
}

# What the module has learnt lasts until it is loaded again.
load_again() {
	echo N >/sys/module/kernel/parameters/ignore_rlimit_data
	unload_module
	load_module
}

@test "a kernel that ignores RLIMIT_DATA for mappings is not taken at its word once that shows" {
	local -a blocked=(to 0 data+ 0 max-maps 5 grow 4096 max-maps 65530)
	refused rlimit_data "${blocked[@]}"
	echo Y >/sys/module/kernel/parameters/ignore_rlimit_data
	# This limit may have been out of the way for a moment; the hard one cannot have been.
	grows grow 4096 data+ 0 grow 4096
	refused rlimit_data "${blocked[@]}"
	grows grow 4096 data-max+ 0 grow 4096
	refused unknown "${blocked[@]}"
	"$CLI" --explain -o "$BATS_TEST_TMPDIR/text" -- brkdo "${blocked[@]}"
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/text" | grep -F "(boot option ignore_rlimit_data)"
	# The kernel looks at the heap's own size all the same.
	refused rlimit_data grow 4096 data 0 grow 4096
	load_again
	refused rlimit_data "${blocked[@]}"
}

@test "one who changes his limit during a call misleads nobody about others" {
	load_again
	run with_cpus 2 setpriv --reuid 1000 --regid 1000 --clear-groups "$BIN/waver" "$(figure 5 60)"
	echo "# $output" >&3
	[ "$status" = 0 ]
	refused rlimit_data grow 4096 data+ 0 grow 4096
}
