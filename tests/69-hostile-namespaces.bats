# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user in namespaces of his own.

load helper
load hostile

@test "pid namespaces, each in the one before, with many processes each" {
	load_module
	others 64 hostile nested "$(figure 15 30)"
}

@test "more numbers in namespaces than a user's share: the next one's have names, too" {
	BRKWATCH_MODULE=$ROOT/build/$(uname -r)-small/brkwatch.ko load_module
	python3 - <<-'END'
	from proctext import *
	N, NESTED = 80, 64
	def crowd(user, before):
	    """In a namespace of his own, with numbers that nobody else has."""
	    return Program("setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups",
	                   "unshare", "-U", "-r", "-p", "-f", "--mount-proc", "sh", "-c",
	                   f"echo {before} >/proc/sys/kernel/ns_last_pid; exec crowd stay {N} 1")
	def named(before):
	    """Numbers there that have names, when all processes have their first one."""
	    until(lambda: numbers("/proc") - numbers(PROC) or None)
	    return sum(before < number <= before + N for number in numbers(PROC))
	first = crowd(1000, 20000)
	his = named(20000)
	assert NESTED // 4 < his <= NESTED // 2, his
	second = crowd(1001, 30000)
	assert 0 < named(30000) < NESTED - his
	assert named(20000) == his
	first.end()
	second.end()
	until(names_differ)
	END
}
