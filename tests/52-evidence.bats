# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The numbers that decided a refusal, against what the kernel says elsewhere at
# that moment; and that they stay what they were.

load helper

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
	load_module
}

teardown() {
	sysctl -q vm.overcommit_memory=0 vm.max_map_count=65530 vm.admin_reserve_kbytes=8192 vm.user_reserve_kbytes=131072
	judge_log
}

@test "limit and needed: as getrlimit, status and maps have them, and for good" {
	python3 "$ROOT/tests/evidence.py"
}

@test "the newest five refusals have evidence, older ones say that they have none" {
	python3 - <<-'END'
	from proctext import *
	program = Program("brkdo", "grow", "4096", "as+", "0", *["grow", "4096"] * 7, "pause")
	events = look(program.pid).events
	refused = [e for e in events if e["event"] == "refused"]
	assert [e["limit"] != "-" for e in refused] == [False] * 2 + [True] * 5, refused
	assert all(e["limit"] == e["needed"] == "-" for e in events if e["event"] != "refused")
	program.end()
	END
}

@test "exited has the evidence of a last event that was refused" {
	python3 - <<-'END'
	from proctext import *
	program = Program("brkdo", "grow", "4096", "as+", "0", "grow", "4096", "pause")
	last = look(program.pid).events[-1]
	program.end()
	until(lambda: None if program.pid in table("exited") else "not there")
	row = table("exited")[program.pid]
	assert row["last_reason"] == "rlimit_as" and int(last["limit"]) > 0
	assert (row["last_limit"], row["last_needed"]) == (last["limit"], last["needed"]), row
	END
}

@test "explained with the numbers of then: alive, gone on, ended, recorded" {
	CLI=$CLI python3 "$ROOT/tests/explained.py"
}

@test "explained in another pid namespace" {
	CLI=$CLI unshare -p -f --mount-proc python3 "$ROOT/tests/explained.py"
}

@test "explained, of a 32-bit program" {
	if ! bare-32 </dev/null; then
		skip "missing kernel feature: CONFIG_IA32_EMULATION"
	fi
	CLI=$CLI python3 "$ROOT/tests/explained.py" 32
}
