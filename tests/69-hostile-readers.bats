# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user whose readers do not go on.

load helper
load hostile

# Half of the memory of the module is for histories.
@test "followers that are stopped, each of another process" {
	load_module
	others 250 hostile stopped "$(figure 60 600)"
}

@test "readers whose memory never comes" {
	sysctl -q vm.unprivileged_userfaultfd=1
	load_module
	others 64 hostile stuck "$(figure 30 300)"
}

@test "a reader of exited whose memory never comes keeps nobody out of it" {
	load_module exited=4
	python3 - <<-'END'
	from proctext import *
	stuck = Program("hostile", "stuck", "4")
	try:
	    records = stats()["Records"]
	    for i in range(8):
	        program = Program("brkdo", "grow", "4096", "pause")
	        program.end()
	        until(lambda: None if program.pid in table("exited") else table("exited"))
	    # Nor any record.
	    until(lambda: None if stats()["Records"] <= records else stats())
	finally:
	    stuck.process.kill()
	    stuck.process.wait()
	END
}
