# SPDX-License-Identifier: GPL-2.0
"""others.py MEMORY COMMAND...: what the others still get while COMMAND, which is
an ordinary user's and says "ready", is at work, and after it has been killed.

MEMORY is by how many MiB the available memory may fall meanwhile. All else is
the same whatever he does."""
import os
import re
import select
import signal
import subprocess
import sys
import time

from proctext import *

USER = 1000
# At most, of what follows: seconds, to what is held up takes longer.
NAME, ALL, UNLOAD = 5, 5, 20
# Of calls that are not recorded, and of a long history that cannot be had.
LOST, SHORT = 0.01, 0.75
# MiB that the module may hold beyond parameter memory: its table, and spare records.
HELD = 1
# MiB that the kernel may still keep in its caches when he is gone.
CACHED = 32
CROWD, CALLS, NAMES = 20, 50, 10


def parameter(name):
    with open(f"/sys/module/brkwatch/parameters/{name}") as f:
        return int(f.read())


def available():
    """MiB. Of pages that a processor keeps for itself, 8,483 once after a crowd had ended, meminfo does not know."""
    with open("/proc/meminfo") as f:
        kib = next(int(line.split()[1]) for line in f if line.startswith("MemAvailable"))
    with open("/proc/zoneinfo") as f:
        pages = sum(int(line.split()[1]) for line in f if re.match(" +count:", line))
    return (kib + pages * os.sysconf("SC_PAGESIZE") // 1024) // 1024


def timed(function):
    begin = time.monotonic()
    function()
    return time.monotonic() - begin


def name_one():
    """A new process gets its name, and can be opened by it."""
    pid = os.fork()
    if not pid:
        signal.pause()
    try:
        os.close(open_file(f"{PROC}/{pid}"))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def lost():
    """Of the calls of new processes, each of which is looked at."""
    crowd = Program("crowd", "stay", str(CROWD), str(CALLS))
    pids = [int(said.split()[1]) for said in crowd.said if said.startswith("child")]
    calls = sum(min(look(pid)["Calls"], CALLS) for pid in pids)
    rows = set(table("all"))
    crowd.end()
    assert rows >= set(pids), "not in all"
    return 1 - calls / (CROWD * CALLS)


def short():
    """Of the history that there is for who follows."""
    program = Program("crowd", "stay", "1", "1")
    fd = open_file(f"{PROC}/{program.pid}")
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.poll(0)
    events = reread(fd)["History"]
    os.close(fd)
    program.end()
    return 1 - events / parameter("follow_history")


def doubtful():
    """Whether a call may overlap one that nobody saw: the first one of a process that
    was opened before."""
    program = Program("bare")
    fd = open_file(f"{PROC}/{program.pid}")
    program.process.stdin.write("+")
    program.process.stdin.flush()
    program.process.stdout.readline()
    flags = reread(fd).events[-1]["flags"]
    os.close(fd)
    program.end()
    return "o" in flags


def kill_user():
    """All that is his, in whatever session or namespace."""
    pid = os.fork()
    if not pid:
        os.setuid(USER)
        os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(pid, 0)


def unload():
    while (said := subprocess.run(["rmmod", "brkwatch"], capture_output=True, text=True)).returncode:
        assert "in use" in said.stderr, said
        time.sleep(0.01)


def at_rest():
    """The memory that is available before he begins."""
    lost()
    # What was inside when the module was loaded is forgotten after a second.
    until(lambda: "doubtful" if doubtful() else None)
    return available()


def meanwhile(before, may_fall):
    """What the others get while he is at work, each with the most that it may be."""
    least = available()
    figures = {
        "name": (max(timed(name_one) for i in range(NAMES)), NAME * SLOWNESS),
        "all": (timed(lambda: (table("all"), stats())), ALL * SLOWNESS),
        "lost": (lost(), LOST),
        "short": (short(), SHORT),
        "doubt": (max(doubtful() for i in range(NAMES)), 0),
    }
    figures["MiB"] = before - min(least, available()), may_fall
    figures["held"] = stats()["MemoryBytes"] / (1 << 20), parameter("memory") + HELD
    return figures


def judge(figures):
    print(", ".join(f"{key} {got:.3f}" for key, (got, most) in figures.items()))
    wrong = [f"{key}: {got:.3f} is more than {most:.3f}" for key, (got, most) in figures.items() if got > most]
    assert not wrong, wrong


def main(may_fall, command):
    # It is not about who gets the processor; the user's own is as nice as any.
    os.nice(-20)
    before = at_rest()
    try:
        hostile = Program("setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups",
                          "nice", "-n", "20", *command)
        figures = meanwhile(before, may_fall)
        assert hostile.process.poll() is None, "he has given up"
    finally:
        kill_user()
    figures["unload"] = timed(unload), UNLOAD * SLOWNESS
    hostile.process.wait()
    judge(figures)
    until(lambda: None if available() > before - CACHED else f"{available()} MiB of {before}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
