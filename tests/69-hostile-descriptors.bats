# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user who keeps what he has opened.

load helper
load hostile

@test "descriptors of address spaces that are gone, more than there is memory for" {
	load_module "memory=$(figure 1 8)" follow_history=4096
	others 64 hostile gone "$(figure 600 5000)"
}

# The search is under a lock that everybody's new records take.
@test "files of all the programs that a process was, with memory that lives on: no search is long" {
	local tracing=/sys/kernel/tracing
	grep -qw function_graph $tracing/available_tracers || skip "missing kernel feature: function graph tracer"
	load_module follow_history=32
	python3 - $tracing "$(figure 400 2000)" >&3 <<-'END'
	import re, statistics, subprocess, sys
	tracing, n = sys.argv[1:]
	def put(name, value):
	    with open(f"{tracing}/{name}", "w") as f:
	        f.write(str(value))
	user = subprocess.Popen(["sh", "-c", 'read go; exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@"', "sh",
	                         "hostile", "spaces", n], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
	put("set_ftrace_pid", user.pid)
	# Nothing else: in the handler of a probe one function may be traced, but none in that.
	put("set_ftrace_filter", "brkwatch_follow_inherit")
	put("current_tracer", "function_graph")
	try:
	    user.stdin.write("go\n")
	    user.stdin.flush()
	    assert user.stdout.readline() == "ready\n"
	    with open(f"{tracing}/trace") as f:
	        took = [float(us) for us in re.findall(r"([\d.]+) us +\| +brkwatch_follow_inherit", f.read())]
	finally:
	    put("current_tracer", "nop")
	    put("set_ftrace_filter", "")
	    put("set_ftrace_pid", "")
	few, many = statistics.median(took[5:45]), statistics.median(took[-40:])
	print(f"# of {len(took)} searches the first take {few} us, the last {many} us")
	assert len(took) >= int(n)
	assert many < 3 * few
	END
}
