# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Allocations that fail, by the kernel's fault injection.

load helper

FAULTS=/sys/kernel/debug

setup_file() {
	cpus 2
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
	[ -e /proc/self/fail-nth ] || return 0
	local kind
	for kind in failslab fail_page_alloc; do
		echo N >$FAULTS/$kind/ignore-gfp-wait
		echo 0 >$FAULTS/$kind/verbose
	done
	echo N >$FAULTS/fail_page_alloc/ignore-gfp-highmem
	echo 0 >$FAULTS/fail_page_alloc/min-order
	# The kernel has much to say of each failure, which takes long on a serial console,
	# and warns of one; the log is judged all the same.
	dmesg -n 1
	WARNED=$(sysctl -n kernel.panic_on_warn)
	export WARNED
	sysctl -q kernel.panic_on_warn=0
}

setup() {
	[ -e /proc/self/fail-nth ] || skip "missing kernel feature: fault injection"
}

teardown() {
	if [ -e /proc/self/fail-nth ]; then probability 0; fi
	unload_leftover
	judge_log
}

teardown_file() {
	cpus "$BRKWATCH_CPUS"
	[ -e /proc/self/fail-nth ] || return 0
	dmesg -n 5
	sysctl -q kernel.panic_on_warn="$WARNED"
}

@test "insmod with each of its allocations failing in turn works or leaves nothing" {
	run failnth load "$BRKWATCH_MODULE"
	echo "# $output" >&3
	[ "$status" = 0 ]
	# Those of the module itself are among them, and what cannot do without says so.
	[[ "$output" =~ ^failures\ ([0-9]+)\ refused\ ([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" -gt 50 ]
	[ "${BASH_REMATCH[2]}" -gt 30 ]
	load_module
	start_brkdo burst 5 pause
	file_of "$pid" >"$BATS_TEST_TMPDIR/text"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	tell
	wait "$pid"
}

@test "open, poll and read with each of their allocations failing in turn" {
	load_module
	start_brkdo burst 50 pause
	until_true 1 has_name "$pid"
	local file
	for file in "$pid" stats all exited; do
		run failnth read "$PROC/$file"
		echo "# $file: $output" >&3
		[ "$status" = 0 ]
	done
	[ "$(cat /sys/module/brkwatch/refcnt)" = 0 ]
	file_of "$pid" >"$BATS_TEST_TMPDIR/text"
	assert_consistent "$BATS_TEST_TMPDIR/text"
	[ "$(key History "$BATS_TEST_TMPDIR/text")" = 32 ]
	tell
	wait "$pid"
}

probability() {
	local kind
	for kind in failslab fail_page_alloc; do
		echo "$1" >$FAULTS/$kind/probability
	done
}

# faults PERCENT: of the allocations by the module's own code fail.
faults() {
	local kind text
	text=$(sed -n 's/^\([0-9a-f]*\) .* brkwatch_names_changed\t\[brkwatch\]$/\1/p' /proc/kallsyms)
	for kind in failslab fail_page_alloc; do
		printf '%#x' $((16#$text - 1048576)) >$FAULTS/$kind/require-start
		printf '%#x' $((16#$text + 1048576)) >$FAULTS/$kind/require-end
		echo -1 >$FAULTS/$kind/times
	done
	probability "$1"
}

@test "the workers heal: names and spare records are there when there is memory again" {
	load_module
	faults 0
	python3 - "$(figure 300 5000)" <<-'END'
	import contextlib, os, signal, sys, time
	from proctext import *
	def put(name, value):
	    with open(name, "w") as f:
	        f.write(value)
	def probability(percent):
	    for kind in "failslab", "fail_page_alloc":
	        put(f"/sys/kernel/debug/{kind}/probability", percent)
	def open_all():
	    """Some are inside the entry of a number when it comes again, and its new one fails."""
	    while True:
	        for number in range(300, 400):
	            with contextlib.suppress(OSError):
	                os.close(os.open(f"{PROC}/{number}", os.O_RDONLY))
	# With faults, this would fail as well.
	begin = stats()
	openers = []
	for i in range(2):
	    openers.append(os.fork())
	    if not openers[-1]:
	        open_all()
	with open("/proc/sys/kernel/pid_max") as f:
	    pid_max = f.read()
	# Numbers from 300 on are given to processes.
	put("/proc/sys/kernel/pid_max", "400")
	try:
	    probability("30")
	    storm = Program("crowd", "storm", sys.argv[1], "20")
	finally:
	    probability("0")
	    put("/proc/sys/kernel/pid_max", pid_max)
	    for pid in openers:
	        os.kill(pid, signal.SIGKILL)
	        os.waitpid(pid, 0)
	print("in need:", stats())
	until(names_differ, 10)
	storm.end()
	until(names_differ, 10)
	now = stats()
	print("healed:", now)
	assert now["NamesRescans"] > begin["NamesRescans"], "nothing failed"
	until(lambda: None if stats()["RecordsSpare"] >= begin["RecordsSpare"] else stats(), 10)
	program = Program("brkdo", "burst", "5", "pause")
	assert look(program.pid)["Calls"] >= 5
	program.end()
	END
}
