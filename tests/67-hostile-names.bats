# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Those who would keep others from names, and root from the list.

load helper

setup_file() {
	load_module
	cpus 2
}

teardown() {
	[ -d "$PROC" ] || load_module
	judge_log
}

starved() {
	run python3 "$BATS_TEST_DIRNAME/starved.py" "$1" "$(figure 50 2000)"
	echo "# ${output//$'\n'/; }" >&3
	[ "$status" = 0 ]
}

@test "openers that get 1 ms a second hold up nobody" {
	starved quota
}

@test "openers that run when nobody else does hold up nobody" {
	starved idle
}

@test "no open slips through the exit of a thread" {
	run race threads "$(figure 18 600)" "$(figure 30000 1000000)"
	echo "# $output" >&3
	[ "$status" = 0 ]
	[[ "$output" =~ ok\ ([0-9]+)\ refused\ ([0-9]+)\ .*turns\ ([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -gt 100 ]
	[ "${BASH_REMATCH[2]}" -gt 100 ]
	[ "${BASH_REMATCH[3]}" -gt 100 ]
}

@test "who is root but has no capability opens by name and does not list" {
	run ls "$PROC"
	[[ $'\n'$output$'\n' == *$'\n1\n'* ]]
	run setpriv --bounding-set=-dac_override,-dac_read_search ls "$PROC"
	[[ "$status" != 0 && "$output" == *"Permission denied"* ]]
	setpriv --bounding-set=-dac_override,-dac_read_search cat "$PROC/1" | grep -q '^Pid:'
}

# Each address space that a reader takes, he gives back: who gets no time in between
# would keep it after its process has ended.
@test "who looks at all processes takes the memory of none that is not his" {
	local tracing=/sys/kernel/tracing
	grep -qw function $tracing/available_tracers || skip "missing kernel feature: function tracer"
	python3 - $tracing 50 <<-'END'
	import os, signal, sys
	tracing, strangers = sys.argv[1], int(sys.argv[2])
	def put(name, value):
	    with open(f"{tracing}/{name}", "w") as f:
	        f.write(value)
	def start(function):
	    pid = os.fork()
	    if not pid:
	        function()
	        os._exit(0)
	    return pid
	def read():
	    os.setresuid(1000, 1000, 1000)
	    os.read(go, 1)
	    with open("/proc/brkwatch/all") as f:
	        f.read()
	go, tell = os.pipe()
	pids = [start(signal.pause) for i in range(strangers)]
	reader = start(read)
	try:
	    put("set_ftrace_pid", str(reader))
	    put("set_ftrace_filter", "mmput")
	    put("current_tracer", "function")
	    os.write(tell, b"x")
	    assert os.waitpid(reader, 0)[1] == 0
	    with open(f"{tracing}/trace") as f:
	        taken = sum(": mmput <-" in line for line in f)
	finally:
	    for name, value in ("current_tracer", "nop"), ("set_ftrace_filter", ""), ("set_ftrace_pid", ""):
	        put(name, value)
	    for pid in pids:
	        os.kill(pid, signal.SIGKILL)
	        os.waitpid(pid, 0)
	print(f"{taken} taken")
	# His own, and the one that he exits with.
	assert 0 < taken < strangers // 2, taken
	END
}
