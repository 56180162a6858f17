# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # start_brkdo() sets variables
# Nothing was refused, and yet malloc fails or the process is killed: what stands
# beside brk is said.

load helper

teardown() {
	[ -z "${told:-}" ] || exec {told}>&-
	judge_log
}

# start PROGRAM [ARGUMENT]...: as start_brkdo.
start() {
	# shellcheck disable=SC2317
	brkdo() {
		exec "$program" "$@"
	}
	program=$1
	start_brkdo "${@:2}"
	unset -f brkdo
}

# seccomp ANSWER: a program that gets it for the break from then on.
seccomp() {
	cat >"$BATS_TEST_TMPDIR/seccomp.py" <<-END
		import ctypes, platform, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		nr = 214 if platform.machine() == "aarch64" else 12
		code = b"".join(struct.pack("=HBBI", *i) for i in (
		    (0x20, 0, 0, 0), (0x15, 0, 1, nr), (0x06, 0, 0, $1), (0x06, 0, 0, 0x7fff0000)))
		code = ctypes.create_string_buffer(code)
		prog = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(code)))
		assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, prog) == 0
		assert libc.syscall(nr, 0) == -1 and ctypes.get_errno() == 1
		print("ready", flush=True)
		input()
	END
}

# noted NAME TEXT: that and nothing else, as text, as JSON, and explained.
noted() {
	"$CLI" --explain "$pid" >"$BATS_TEST_TMPDIR/text"
	cat "$BATS_TEST_TMPDIR/text"
	grep -xE "Note +$2" "$BATS_TEST_TMPDIR/text"
	grep -E '^  refused +0$' "$BATS_TEST_TMPDIR/text"
	tr -s ' \n' ' ' <"$BATS_TEST_TMPDIR/text" | grep -E " Note: $2\. [A-Za-z]"
	[ "$("$CLI" --json "$pid" | jq -c .notes)" = "[\"$1\"]" ]
}

@test "nothing beside" {
	start_brkdo to 0 grow 4096 pause
	[ "$("$CLI" --json "$pid" | jq -c .notes)" = "[]" ]
	[ "$("$CLI" --explain "$pid" | grep -c Note)" = 0 ]
}

@test "seccomp that answers, and that kills" {
	local program
	seccomp 0x00050001
	start python3 -S "$BATS_TEST_TMPDIR/seccomp.py"
	noted seccomp "a seccomp filter \(mode 2\) may answer a call of brk or kill the process for it, before the kernel sees it"
	"$CLI" --follow --explain -o "$BATS_TEST_TMPDIR/follow" "$pid" 3>&- {told}>&- &
	"${CLI%cli}malloc" --explain -o "$BATS_TEST_TMPDIR/calls" "$pid" 3>&- {told}>&- &
	until_true 10 grep -q "Note: a seccomp" "$BATS_TEST_TMPDIR/follow"
	until_true 10 grep -q "Note: a seccomp" "$BATS_TEST_TMPDIR/calls"
	exec {told}>&-
	wait
	seccomp 0x80000000
	run -159 --separate-stderr "$CLI" --json -o "$BATS_TEST_TMPDIR/json" -- \
		python3 -S "$BATS_TEST_TMPDIR/seccomp.py"
	[[ "$stderr" == *"killed by SIGSYS: seccomp did not allow a call, which may have been brk"* ]]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/json" | jq .refused)" = 0 ]
	for program in malloc plot stacks; do
		run -159 --separate-stderr "${CLI%cli}$program" -o "$BATS_TEST_TMPDIR/$program.svg" -- \
			python3 -S "$BATS_TEST_TMPDIR/seccomp.py"
		[[ "$stderr" == *"killed by SIGSYS: seccomp did not allow a call"* ]]
	done
}

@test "a tracer" {
	start_brkdo to 0 grow 4096 pause
	strace -o /dev/null -p "$pid" 3>&- &
	strace=$!
	until_true 10 grep -q "^TracerPid:.$strace$" "/proc/$pid/status"
	noted tracer "traced by $strace \(strace\), which may change calls or answer them"
	kill "$strace"
	wait "$strace" || :
}

@test "an emulator" {
	mkdir "$BATS_TEST_TMPDIR/valgrind"
	for program in qemu-arm-static valgrind/memcheck-amd64-linux; do
		cp "$BIN/brkdo" "$BATS_TEST_TMPDIR/$program"
		start "$BATS_TEST_TMPDIR/$program" to 0 grow 4096 pause
		noted emulator "${program##*/} runs a program that has a break of its own, which is not this one"
		exec {told}>&-
		wait "$pid" || :
	done
	cp "$BIN/brkdo" "$BATS_TEST_TMPDIR/qemu-system-arm"
	start "$BATS_TEST_TMPDIR/qemu-system-arm" to 0 grow 4096 pause
	[ "$("$CLI" --json "$pid" | jq -c .notes)" = "[]" ]
}

@test "musl" {
	cat >"$BATS_TEST_TMPDIR/musl.py" <<-'END'
		import mmap, sys
		with open(sys.argv[1], "w+b") as f:
		    f.truncate(4096)
		    mapped = mmap.mmap(f.fileno(), 4096)
		print("ready", flush=True)
		input()
	END
	# Debian's is the second one.
	mkdir "$BATS_TEST_TMPDIR/x86_64-linux-musl"
	for name in ld-musl-x86_64.so.1 x86_64-linux-musl/libc.so; do
		start python3 -S "$BATS_TEST_TMPDIR/musl.py" "$BATS_TEST_TMPDIR/$name"
		noted musl "musl's sbrk makes no call, and fails for every argument but 0"
		exec {told}>&-
		wait "$pid" || :
	done
}

@test "a memory cgroup that kills" {
	local group=/sys/fs/cgroup/hungry
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	# A cgroup without the controller is in one that has it.
	mkdir -p "$group/leaf"
	echo 96M >"$group/memory.max"
	start_brkdo to 0 grow 4096 pause
	echo "$pid" >"$group/leaf/cgroup.procs"
	cat >"$BATS_TEST_TMPDIR/hog.py" <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.sbrk.restype = ctypes.c_void_p
		ctypes.memset(libc.sbrk(128 << 20), 1, 128 << 20)
	END
	echo "a test asks for an OOM kill" >/dev/kmsg
	run -137 --separate-stderr sh -c 'echo $$ >"$1/cgroup.procs"; exec "$2" --json -o "$3" -- python3 -S "$4"' \
		sh "$group/leaf" "$CLI" "$BATS_TEST_TMPDIR/json" "$BATS_TEST_TMPDIR/hog.py"
	echo "$stderr"
	[[ "$stderr" == *"killed by SIGKILL, and its memory cgroup killed a process meanwhile (oom_kill)"* ]]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/json" | jq .refused)" = 0 ]
	noted oom_kill "the memory cgroup has killed 1 time \(oom_kill\); this can happen although every brk succeeded"
	exec {told}>&-
	wait "$pid" || :
	rmdir "$group/leaf" "$group"
}
