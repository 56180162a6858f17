# SPDX-License-Identifier: GPL-2.0
"""access.py: opens /proc/PID/maps and /proc/brkwatch/PID as many openers
for many targets and requires the same answer in every cell, and of all that it
has a row for exactly the processes whose maps can be read.

Prints one line per cell; ends with the number of cells and of differences."""
import os
import signal
import sys

from who import *

user = lambda: become(USER)
owned = target(lambda: (become(USER), new_userns()))
targets = {
    "plain": target(user),
    "root's": target(lambda: None),
    "setuid": target(user, setuid_program),
    "not dumpable": target(user, arguments=("undumpable", "pause")),
    "main thread gone": target(user, arguments=("leave", "pause")),
    "main thread gone, root's": target(lambda: None, arguments=("leave", "pause")),
    "main thread gone, not dumpable": target(user, arguments=("undumpable", "leave", "pause")),
    "with capability": target(lambda: become_with_cap(USER, CAP_NET_ADMIN)),
    "other group": target(lambda: become(USER, OTHER)),
    "user namespace": owned,
    "user namespace, not dumpable": target(lambda: (become(USER), new_userns()),
                                           arguments=("undumpable", "pause")),
    "pid namespace": target(lambda: (become(USER), new_userns(CLONE_NEWPID)), fork_again=True),
    "init": 1,
}
zombie = os.fork()
if not zombie:
    os._exit(0)
os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
# Whose maps are empty for everybody, and brkwatch has nothing to show.
without = {"kernel thread": 2, "zombie": zombie}


def container(drop):
    become(USER)
    new_userns(CLONE_NEWPID | CLONE_NEWNS)
    if drop:
        without_ptrace()


openers = {
    "root": lambda: None,
    "root without CAP_SYS_PTRACE": without_ptrace,
    "same user": user,
    "same user in another group": lambda: become(USER, OTHER),
    "same user with CAP_SYS_PTRACE": lambda: become_with_cap(USER, CAP_SYS_PTRACE),
    "same user with CAP_NET_ADMIN": lambda: become_with_cap(USER, CAP_NET_ADMIN),
    "other user": lambda: become(OTHER),
    "nobody": lambda: become(NOBODY),
    "other with CAP_SYS_PTRACE": lambda: become_with_cap(OTHER, CAP_SYS_PTRACE),
    "root in the target's user namespace": lambda: (become(USER), enter_userns(owned)),
    "user namespace root": lambda: (become(USER), new_userns()),
    "other's user namespace root": lambda: (become(OTHER), new_userns()),
    "container root": lambda: container(False),
    "container root without CAP_SYS_PTRACE": lambda: container(True),
    "root in Landlock": landlock,
}

# It has no maps to compare with: CAP_SYS_PTRACE, in the initial user namespace.
see_exited = ("root", "same user with CAP_SYS_PTRACE", "other with CAP_SYS_PTRACE", "root in Landlock")


def compare(pids, proc="/proc"):
    lines = []
    shown = rows(proc)
    for name, pid in pids.items():
        lines.append("\t".join((name, *both(pid, proc), str(str(pid) in shown))))
    for _ in range(5):      # processes come and go
        before, shown, after = readable(proc), rows(proc), readable(proc)
        if before & after <= shown <= before | after:
            break
    else:
        lines.append(f"all\t{sorted(before)}\t{sorted(shown)}\t")
    return lines


def in_own_proc(say):
    """By the container's own numbers, and those that are others' outside."""
    mount("proc", "/proc", "proc")
    numbers = {f"number {n}": n for n in (*range(1, 9), *targets.values())}
    say("\n".join(compare(numbers)))


def ask_all(say, opener, prepare):
    if prepare() is False:
        say("missing")
        return
    inside = {}
    if "namespace root" in opener or "container" in opener:
        inside["inside"] = target(lambda: None)
        inside["inside, not dumpable"] = target(lambda: None, arguments=("undumpable", "pause"))
    lines = compare({**targets, **inside})
    for name, pid in without.items():
        lines.append(f"{name}\tESRCH\t{both(pid)[1]}\t{str(pid) in rows()}")
    may = opener in see_exited
    lines.append(f"exited\t{'ok' if may else 'EACCES'}\t{answer('/proc/brkwatch/exited')}\t{may}")
    if "container" in opener:
        lines += ask(in_own_proc).split("\n")
    for pid in inside.values():
        os.kill(pid, signal.SIGKILL)
    say("\n".join(lines))


cells = differences = allowed = 0
for opener, prepare in openers.items():
    said = ask(lambda say: ask_all(say, opener, prepare))
    if said == "missing":
        print(f"# {opener}: the kernel has none")
        continue
    for line in said.split("\n"):
        name, maps, brkwatch, row = line.split("\t")
        same = maps == brkwatch and row == str(maps == "ok")
        cells += 1
        allowed += maps == "ok"
        differences += not same
        print(f"{'' if same else 'DIFFERENT '}{opener} -> {name}: maps {maps}, brkwatch {brkwatch}, row {row}")
end([pid for pid in targets.values() if pid != 1])
print(f"{cells} cells, {allowed} allowed, {differences} different")
sys.exit(differences != 0 or not cells > allowed > 0)
