# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Loading, unloading, and the names of processes.

load helper

# Each test loads the module itself.
setup_file() {
	:
}

teardown() {
	unload_leftover
	judge_log
}

# Numbers of all processes, and what is under /proc/brkwatch.
numbers_in() { find "$1" -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort; }
processes() { numbers_in /proc; }
names() { numbers_in "$PROC"; }

@test "loads and unloads, and leaves nothing" {
	load_module
	[ -d "$PROC" ]
	unload_module
	[ ! -e "$PROC" ]
	run ! grep -q brkwatch /proc/modules
	run ! grep -q brkwatch /sys/kernel/debug/kprobes/list
	run ! grep -q brkwatch /proc/slabinfo
}

@test "every process alive at insmod has its file when insmod returns" {
	for _ in 1 2 3 4 5; do sleep 100 3>&- & done
	# Numbers that are there before and after were there all the time.
	processes >"$BATS_TEST_TMPDIR/before"
	load_module
	names >"$BATS_TEST_TMPDIR/names"
	processes >"$BATS_TEST_TMPDIR/after"
	jobs -p | xargs kill
	comm -12 "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" >"$BATS_TEST_TMPDIR/lasting"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/lasting")" -gt 20 ]
	run comm -23 "$BATS_TEST_TMPDIR/lasting" "$BATS_TEST_TMPDIR/names"
	[ -z "$output" ]
}

names_are_soon() {
	python3 - <<-'END' || return
	import os, time
	worst, slowness = 0, int(os.environ["BRKWATCH_SLOWNESS"])
	for i in range(6):
	    r, w = os.pipe()
	    begin = time.monotonic()
	    pid = os.fork()
	    if not pid:
	        os.close(w)
	        os.read(r, 1)
	        os._exit(0)
	    os.close(r)
	    while not os.path.exists(f"/proc/brkwatch/{pid}"):
	        assert time.monotonic() < begin + 30 * slowness, "never came"
	        time.sleep(0.001)
	    worst = max(worst, time.monotonic() - begin)
	    os.close(w)
	    os.waitpid(pid, 0)
	    begin = time.monotonic()
	    while os.path.exists(f"/proc/brkwatch/{pid}"):
	        assert time.monotonic() < begin + 30 * slowness, "never went"
	        time.sleep(0.001)
	print(f"worst delay {worst * 1000:.1f} ms")
	assert worst < 0.05 * slowness, worst
	END
	[ "$(stat_of NamesDelayMaxNs)" -gt 0 ] &&
		[ "$(stat_of NamesDelayMaxNs)" -lt $((50000000 * BRKWATCH_SLOWNESS)) ]
}

# Where the host does something else meanwhile, the guest's time goes on: few at
# a time, and again if it did.
@test "a new process has its file within 50 ms, a finished one loses it" {
	local rounds=15
	load_module
	until names_are_soon; do
		[ $((--rounds)) -gt 0 ]
		unload_module
		load_module
	done
}

@test "the listing is that of /proc once the system is quiet" {
	load_module
	all_named
	(sleep 100 3>&- & echo $! >"$BATS_TEST_TMPDIR/pid")
	all_named
	kill "$(cat "$BATS_TEST_TMPDIR/pid")"
	all_named
}

@test "stats names the probes, all armed, none missed" {
	load_module
	brkdo query
	cat "$PROC/stats"
	[ "$(stat_of Format)" = 1 ]
	[ "$(stat_of Version)" = "$(version)" ]
	[ "$(stat_of LostMissed)" = 0 ]
	awk -F'\t' '$1 == "sys_brk" || $1 == "do_brk_flags" || $1 == "exit_mmap" {
		n++; if ($4 != "armed" || $6 == 0 || $7 != 0) exit 1 }
		END { if (n != 3) exit 1 }' "$PROC/stats"
	grep -q "$(awk -F'\t' '$1 == "sys_brk" { print $2 }' "$PROC/stats")" \
		/sys/kernel/debug/kprobes/list
}

@test "without do_brk_flags it loads, and stats and reasons say so" {
	insmod "$ROOT/build/$(uname -r)-no-grow/brkwatch.ko"
	grep -P '^do_brk_flags\tno_such_function\tkprobe\tabsent' "$PROC/stats"
	dmesg | grep 'cannot probe no_such_function'
	brkdo grow 4096 grow 135168 map 0 grow 8192 data 0 grow 4096 show >"$BATS_TEST_TMPDIR/out"
	assert_same_calls "$BATS_TEST_TMPDIR/out"
	assert_consistent "$BATS_TEST_TMPDIR/out"
	[ "$(events "$BATS_TEST_TMPDIR/out" | awk '$5 == "refused" { print $11 }' | xargs)" = "unknown rlimit_data" ]
	"$CLI" --explain -o "$BATS_TEST_TMPDIR/text" -- brkdo grow 4096 map 0 grow 8192
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/text" | grep -F "do_brk_flags, has no probe on this kernel"
}

@test "without sys_brk it refuses to load and says why" {
	run insmod "$ROOT/build/$(uname -r)-no-brk/brkwatch.ko"
	[ "$status" -ne 0 ]
	[[ "$output" == *"Operation not supported"* ]]
	dmesg | grep 'cannot probe no_such_function.*required'
	[ ! -e "$PROC" ]
}

@test "rmmod with a descriptor open says in use, after closing it works" {
	load_module
	exec {fd}<"$PROC/$$"
	run rmmod brkwatch
	[ "$status" -ne 0 ]
	[[ "$output" == *"in use"* ]]
	exec {fd}<&-
	unload_module
	[ ! -e "$PROC" ]
}

@test "parameters are documented, and a bad value is refused by name" {
	local p
	for p in history follow_history records memory maxactive; do
		modinfo -F parm "$BRKWATCH_MODULE" | grep "^$p:.*default"
		dmesg --clear
		run load_module "$p=0"
		[ "$status" -ne 0 ]
		dmesg | grep "parameter $p=0 "
		[ ! -e "$PROC" ]
	done
}
