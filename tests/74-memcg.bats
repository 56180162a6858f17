# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Who opens many descriptors, or makes a history long, pays for it himself.

load helper

setup_file() {
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/payer
	load_module follow_history=65536
}

teardown_file() {
	unload_module
	rmdir /sys/fs/cgroup/payer
}

@test "descriptors and histories are charged to the memory cgroup of their opener" {
	start_brkdo burst 64 pause
	until_true 1 has_name "$pid"
	python3 - "$pid" <<-'END'
	import os, select, sys
	name, group = f"/proc/brkwatch/{sys.argv[1]}", "/sys/fs/cgroup/payer/"
	def current():
	    return int(open(group + "memory.current").read())
	def read(fd):
	    os.lseek(fd, 0, os.SEEK_SET)
	    return b"".join(iter(lambda: os.read(fd, 65536), b"")).decode()
	def poll(fd):
	    p = select.poll(); p.register(fd, select.POLLIN); p.poll(0)
	open(group + "cgroup.procs", "w").write(str(os.getpid()))
	before = current()
	fds = [os.open(name, os.O_RDONLY) for i in range(400)]
	for fd in fds:
	    assert "\tgrow\t" in read(fd)
	paid = current() - before
	print("400 descriptors", paid)
	assert paid > 400 * 2000, paid

	# No room for a long history: it is as long as there is room for, and nobody is killed.
	for fd in fds[1:]:
	    os.close(fd)
	keep = bytearray(1 << 20)
	limit = os.open(group + "memory.max", os.O_WRONLY)
	os.write(limit, str(current() + 40960).encode())
	poll(fds[0])
	# What is left may be less than to open a file takes, or to read.
	os.write(limit, b"max")
	history = int(read(fds[0]).split("\nHistory:\t")[1].split()[0])
	print("short history", history)
	assert history < 65536, history
	events = dict(l.split() for l in open(group + "memory.events"))
	assert events["oom_kill"] == "0", events

	# Who has room makes it longer for all.
	before = current()
	fd = os.open(name, os.O_RDONLY)
	poll(fd)
	assert "\nHistory:\t65536\n" in read(fd)
	print("long history", current() - before)
	# One is in use and one in reserve, where there were short ones.
	assert current() - before > 1.9 * 65536 * 40
	END
	tell
	wait "$pid"
}
