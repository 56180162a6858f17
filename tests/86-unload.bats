# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# insmod and rmmod while everything goes on.

load helper
load asleep

# See scripts/vm: one processor may not patch what another executes.
setup_file() {
	if [ "${BRKWATCH_ACCEL:-}" = tcg ]; then cpus 1; else cpus 2; fi
}

teardown_file() {
	cpus "$BRKWATCH_CPUS"
}

teardown() {
	unload_leftover
	judge_log
}

in_use() {
	run rmmod brkwatch
	echo "$1: $output"
	[[ "$status" != 0 && "$output" == *"in use"* ]]
}

unloads() {
	rmmod brkwatch 2>/dev/null
}

# What readers and callers do all the time; ended by their group's end.
busy() {
	set +e
	while :; do brkdo burst 500 fork burst 100 >/dev/null; done &
	while :; do crowd storm 50 </dev/null >/dev/null; done &
	while :; do
		cat "$PROC"/[1-9]* "$PROC"/all
		timeout 0.05 "$CLI" --follow "$$"
		ls "$PROC"
	done >/dev/null 2>&1 &
	wait
}

@test "loading and unloading while processes call, come and go, and others look" {
	local n group
	set -m
	busy 3>&- &
	group=$!
	set +m
	for ((n = 0; n < $(figure 5 500); n++)); do
		load_module "maxactive=$((16 << n % 5))" "history=$((2 << n % 3))"
		sleep "0.$((n % 3))"
		until_true 60 unloads
	done
	kill -KILL -- -"$group"
	wait "$group" || :
}

@test "rmmod with a process's file open says that it is in use, and works when it is closed" {
	load_module
	start_brkdo grow 4096 pause
	until_true 1 has_name "$pid"
	exec {fd}<"$PROC/$pid"
	run rmmod brkwatch
	[[ "$status" != 0 && "$output" == *"in use"* ]]
	[ "$(key Grows <&"$fd")" = 1 ]
	exec {fd}<&-
	unload_module
	tell
	wait "$pid"
}

@test "rmmod with one of the other files open takes it away" {
	local file
	for file in stats all exited; do
		load_module
		exec {fd}<"$PROC/$file"
		read -r -u "$fd" _
		unload_module
		run cat <&"$fd"
		[ "$status" != 0 ]
		exec {fd}<&-
	done
}

@test "rmmod while one of them is read, by one who takes his time, says that it is in use" {
	load_module
	for file in stats all exited; do
		python3 - "$PROC/$file" <<-'END'
		import ctypes, mmap, os, platform, select, struct, subprocess, sys, threading
		from fcntl import ioctl
		# Memory that comes when we say so: what is copied there waits.
		PAGE, libc = mmap.PAGESIZE, ctypes.CDLL(None, use_errno=True)
		uffd = libc.syscall(282 if platform.machine() == "aarch64" else 323, os.O_CLOEXEC)
		assert uffd >= 0, ctypes.get_errno()
		area = mmap.mmap(-1, PAGE)
		start = ctypes.addressof(ctypes.c_char.from_buffer(area))
		ioctl(uffd, 0xc018aa3f, struct.pack("QQQ", 0xaa, 0, 0))            # UFFDIO_API
		ioctl(uffd, 0xc020aa00, struct.pack("QQQQ", start, PAGE, 1, 0))    # UFFDIO_REGISTER
		fd, got = os.open(sys.argv[1], os.O_RDONLY), []
		reader = threading.Thread(target=lambda: got.append(libc.read(fd, ctypes.c_void_p(start), PAGE)))
		reader.start()
		assert select.select([uffd], [], [], 20)[0]
		said = subprocess.run(["timeout", "20", "rmmod", "brkwatch"], capture_output=True, text=True)
		ioctl(uffd, 0xc020aa04, struct.pack("QQQQ", start, PAGE, 0, 0))    # UFFDIO_ZEROPAGE
		reader.join()
		assert said.returncode and "in use" in said.stderr, said
		assert got[0] > 20, got
		END
	done
	unload_module
}

@test "rmmod while a call sleeps in brk: it returns to a kernel without the module, or with another" {
	local again
	for again in "" y; do
		load_module
		start_sleeper
		put_to_sleep
		unload_module
		if [ "$again" ]; then load_module; fi
		asleep_in_brk
		wake_up
		wait "$pid"
		grep -q returned "$out"
		exec {told}>&-
	done
}
