# SPDX-License-Identifier: GPL-2.0
"""starved.py HOW OPENERS: those who open files and get no time to end it
hold up nobody else; see others.py for what these get.

Each opens the file of a process of its own, some of which are not theirs to
read; some read the lists instead. Then they get next to no time of a CPU, and
those processes end, so that the names have to go while openers are inside. HOW
they are starved:

    quota   all of them together get 1 ms a second
    idle    they are SCHED_IDLE, half of them each, the others all as one, and every
            CPU has something better to do"""
import contextlib
import mmap
import os
import signal
import sys
import time

import others
from who import *

BRKWATCH, PATIENCE = "/proc/brkwatch", 30
GROUP = "/sys/fs/cgroup/brkwatch-starved"
SLOWNESS = int(os.environ["BRKWATCH_SLOWNESS"])
LIMIT = 5           # what is held up takes longer than that many seconds
MIB = 4             # an opener and what it opens, at most
started = []


def until(condition, what):
    deadline = time.monotonic() + PATIENCE * SLOWNESS
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.002)
    return value


def start(function):
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            function()
        os._exit(1)
    started.append(pid)
    return pid


def stop(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    started.remove(pid)


def has_name(pid):
    return os.path.exists(f"{BRKWATCH}/{pid}")


class Took:
    """How long things took: the longest, in seconds."""

    def __init__(self):
        self.most = {}

    def __call__(self, name, function):
        begin = time.monotonic()
        try:
            function()
        finally:
            took = time.monotonic() - begin
            self.most[name] = max(took, self.most.get(name, 0))


def write(name, text):
    with open(f"{GROUP}/{name}", "w") as f:
        f.write(text)


def opener(number, target):
    """Opens it over and over; says when it has."""
    become(USER)
    path = f"{BRKWATCH}/{target}".encode()
    while True:
        fd = libc.open(path, os.O_RDONLY)
        if fd >= 0:
            libc.close(fd)
        opened[number] = 1


def reader(number):
    """Reads the lists over and over."""
    become(USER)
    while True:
        for name in "all", "stats":
            with open(f"{BRKWATCH}/{name}") as f:
                f.read()
        opened[number] = 1


def starve_by_quota():
    write("cpu.max", "1000 1000000")

    def throttled():
        with open(f"{GROUP}/cpu.stat") as f:
            return int(f.read().split("nr_throttled")[1].split()[0]) > 1
    until(throttled, "they are throttled")


def leave_group(pid):
    with open("/sys/fs/cgroup/cgroup.procs", "w") as f:
        f.write(str(pid))


def starve_by_others(openers):
    for pid in openers[:len(openers) // 2]:
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
        leave_group(pid)
    for _ in range(3 * os.cpu_count()):
        start(lambda: [None for _ in iter(int, 1)])
    write("cpu.idle", "1")
    os.nice(-15)    # so that we are none of those who wait


def feed():
    write("cpu.max", "max")
    write("cpu.idle", "0")
    for pid in started:
        os.kill(pid, signal.SIGKILL)
    while started:
        os.waitpid(started.pop(), 0)


def look_at_ends(took, rounds):
    for _ in range(rounds):
        pid = start(signal.pause)
        until(lambda: has_name(pid), "a name comes")
        stop(pid)
        took("its end", lambda: until(lambda: not has_name(pid), "a name goes"))


def has_file(pid):
    with contextlib.suppress(OSError):
        return "State:\trunning" in open(f"{BRKWATCH}/{pid}").read()


def look_at_numbers(took, targets):
    """Numbers that others get while the old names are on their way out."""
    again = 0
    for target in targets:
        with open("/proc/sys/kernel/ns_last_pid", "w") as f:
            f.write(str(target - 1))
        pid = start(signal.pause)
        took("a name again", lambda: until(lambda: has_file(pid), "a name comes again"))
        if pid == target:
            again += 1
        else:
            # Somebody was faster. It may have the next one's number.
            stop(pid)
    assert again > len(targets) / 2, again


def main(how, number):
    before = others.at_rest()
    targets = [start(lambda: (i % 2 and become(USER), signal.pause())) for i in range(number)]
    until(lambda: all(map(has_name, targets)), "their names")
    write("cgroup.procs", "0")
    openers = [start(lambda: opener(i, target) if i % 8 else reader(i)) for i, target in enumerate(targets)]
    leave_group(0)
    until(lambda: opened[:number].count(1) == number, "they open")
    if how == "quota":
        starve_by_quota()
    else:
        starve_by_others(openers)
    for pid in targets:
        stop(pid)
    took = Took()
    try:
        figures = others.meanwhile(before, MIB * number)
        look_at_ends(took, 10)
        look_at_numbers(took, targets)
        if how == "quota":
            took("rmmod", lambda: os.system("rmmod brkwatch 2>/dev/null"))
    finally:
        print(f"{number} openers, {how}: at most, in ms: " +
              ", ".join(f"{name} {most * 1000:.0f}" for name, most in took.most.items()))
        feed()
    late = [name for name, most in took.most.items() if most > LIMIT * SLOWNESS]
    assert not late, late
    others.judge(figures)


opened = mmap.mmap(-1, 1 << 16)
os.makedirs(GROUP, exist_ok=True)
with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as f:
    f.write("+cpu")
try:
    main(sys.argv[1], int(sys.argv[2]))
finally:
    with contextlib.suppress(OSError):
        feed()
until(lambda: "populated 0" in open(GROUP + "/cgroup.events").read(), "they end")
os.rmdir(GROUP)
