# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # start() sets pid
# A file is for exactly those who may read the process's maps.

load helper
load spaces

as_user=(setpriv --reuid 1000 --regid 1000 --clear-groups)

# Every opener, every target, and whether maps and brkwatch agree.
matrix() {
	local scope=/proc/sys/kernel/yama/ptrace_scope
	if [ -e "$scope" ]; then
		echo "$1" >"$scope"
		[ "$(cat "$scope")" = "$1" ]
	elif [ "$1" != 0 ]; then
		skip "missing kernel feature: Yama"
	fi
	python3 "$BATS_TEST_DIRNAME/access.py"
}

@test "who may read maps, and nobody else: ptrace_scope 0" {
	matrix 0
}

@test "who may read maps, and nobody else: ptrace_scope 1" {
	matrix 1
}

@test "who may read maps, and nobody else: ptrace_scope 2" {
	matrix 2
	echo 0 >/proc/sys/kernel/yama/ptrace_scope
}

@test "no mount, no chroot and no option of procfs opens what the real /proc refuses" {
	python3 "$BATS_TEST_DIRNAME/views.py"
}

@test "access is decided at open, for that address space" {
	python3 - <<-'END'
	import os, shutil, subprocess, time
	own = os.open(f"/proc/brkwatch/{os.getpid()}", os.O_RDONLY)
	os.setresgid(1000, 1000, 1000); os.setgroups([]); os.setresuid(1000, 1000, 1000)
	def text(fd):
	    os.lseek(fd, 0, os.SEEK_SET)
	    return dict(l.split(":\t", 1) for l in os.read(fd, 65536).decode().split("\n\n")[0].splitlines())
	def opens(pid, maps):
	    try:
	        os.close(os.open(f"/proc/{pid}/maps" if maps else f"/proc/brkwatch/{pid}", os.O_RDONLY))
	        return True
	    except PermissionError:
	        return False
	assert int(text(own)["Pid"]) == os.getpid(), "what root opened he may read as nobody"

	p = subprocess.Popen(["brkdo", "grow", "4096", "pause", "undumpable", "pause",
	                      "exec", shutil.which("brkdo-setuid"), "grow", "8192", "pause"],
	                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
	def next_stage():
	    os.write(p.stdin.fileno(), b"\n")
	    ready()
	def ready():
	    while p.stdout.readline() != b"ready\n":
	        pass
	ready()
	while not os.path.exists(f"/proc/brkwatch/{p.pid}"):
	    time.sleep(0.01)
	fd = os.open(f"/proc/brkwatch/{p.pid}", os.O_RDONLY)
	first = text(fd)
	assert first["State"] == "running" and opens(p.pid, True)
	next_stage()
	assert not opens(p.pid, True) and not opens(p.pid, False), "not dumpable any more"
	again = text(fd)
	assert again["State"] == "running" and again["StartBrk"] == first["StartBrk"]
	next_stage()
	assert not opens(p.pid, True) and not opens(p.pid, False), "root's now"
	last = text(fd)
	assert last["State"] == "exited", last
	assert last["StartBrk"] == first["StartBrk"] and last["Brk"] == first["Brk"], (first, last)
	assert last["Space"] == first["Space"]
	p.stdin.close()
	p.wait()
	END
}

@test "the rows of all are those that the one who opened it may read, whoever reads" {
	start "${as_user[@]}" brkdo grow 4096 pause
	file_of "$pid" >/dev/null
	python3 - "$pid" <<-'END'
	import os, sys
	theirs = int(sys.argv[1])
	def opened():
	    return os.open("/proc/brkwatch/all", os.O_RDONLY)
	def rows(fd):
	    with open(fd, "rb") as f:
	        return {int(line.split(b"\t")[0]) for line in f.read().splitlines()[1:]}
	# As a setuid program has it that is given a file.
	os.setegid(1000); os.seteuid(1000)
	users, mine = opened(), opened()
	os.seteuid(0); os.setegid(0)
	roots = opened()
	assert rows(users) == {theirs}
	everybody = rows(roots)
	assert {1, theirs, os.getpid()} <= everybody
	roots = opened()
	os.setresgid(1000, 1000, 1000); os.setgroups([]); os.setresuid(1000, 1000, 1000)
	assert {1, theirs, os.getpid()} <= rows(roots)
	assert theirs in rows(mine)
	assert rows(opened()) >= {theirs} and 1 not in rows(opened())
	END
	finish
}

@test "stats, the log and /sys/module hold no address" {
	start "${as_user[@]}" brkdo grow 4096 pause
	file_of "$pid" >/dev/null
	dmesg >"$BATS_TEST_TMPDIR/log"
	python3 - "$BATS_TEST_TMPDIR/log" <<-'END'
	import os, re, sys
	live = set()
	for row in open("/proc/brkwatch/all").read().splitlines()[1:]:
	    live |= {int(word, 16) for word in row.split("\t")[2:4]}
	live.discard(0)
	assert len(live) > 4, live
	texts = {"log": open(sys.argv[1]).read()}
	os.setgroups([]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
	def take(name):
	    try:
	        texts[name] = open(name, encoding="latin1").read()
	    except OSError:
	        pass
	take("/proc/brkwatch/stats")
	for top, dirs, files in os.walk("/sys/module/brkwatch"):
	    for name in files:
	        take(f"{top}/{name}")
	assert len(texts) > 8 and any("/parameters/" in name for name in texts), texts.keys()
	for name, text in texts.items():
	    for line in text.splitlines():
	        words = re.findall(r"\b(?:0x)?[0-9a-fA-F]+\b", line)
	        known = [w for w in words if any(int(w, base) in live for base in (10, 16)
	                                         if base == 16 or w.isdigit())]
	        assert not known, (name, line)
	        # Times may have as many digits.
	        if (name != "log" or "brkwatch" in line) and not line.startswith("RealtimeOffsets:"):
	            assert not re.search(r"0x[0-9a-f]{5}|\b[0-9a-f]{16}\b|\b[0-9a-f]{12}\b", line), (name, line)
	print(len(texts), "texts,", len(live), "addresses")
	END
	finish
}

@test "brkwatch-cli for an ordinary user: his own he follows, others' he is told what it takes" {
	start "${as_user[@]}" brkdo grow 4096 pause grow 8192
	"${as_user[@]}" "$CLI" --follow "$pid" >"$BATS_TEST_TMPDIR/text" 3>&- &
	local follower=$!
	until_true 10 test -s "$BATS_TEST_TMPDIR/text"
	tell
	finish
	wait "$follower"
	cat "$BATS_TEST_TMPDIR/text"
	[ "$(grep -c ' grow ' "$BATS_TEST_TMPDIR/text")" -ge 1 ]
	grep -q 'has ended' "$BATS_TEST_TMPDIR/text"

	run "${as_user[@]}" "$CLI" --follow 1
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == *"permission denied"*"/proc/1/maps"*"same user"*"or root"* ]]
	run -1 unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' - "${as_user[@]}" "$CLI" 1
	[[ "$output" == "brkwatch-cli: 1: this /proc hides the process (hidepid, see proc(5)); this needs root"* ]]
}
