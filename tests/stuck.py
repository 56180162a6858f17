# SPDX-License-Identifier: GPL-2.0
"""stuck.py MEGABYTES: a process that takes long to exec delays nobody but
who asks for it, and who asks can be killed.

What takes long is to tear down its old address space, during which nobody may
ask about it: of all time it gets 1 ms a second, from the moment on that its
file says that the old one is gone."""
import contextlib
import mmap
import os
import select
import signal
import sys
import time

from who import *

BRKWATCH = "/proc/brkwatch"
PR_SET_THP_DISABLE, MAP_POPULATE = 41, 0x8000
GROUP = "/sys/fs/cgroup/brkwatch-stuck"
SLOWNESS = int(os.environ["BRKWATCH_SLOWNESS"])


def quota(text):
    with open(GROUP + "/cpu.max", "w") as f:
        f.write(text)


def until(seconds, condition, what):
    deadline = time.monotonic() + max(seconds, 30) * SLOWNESS
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.005)
    return value


def stack(pid):
    with contextlib.suppress(OSError):
        return open(f"/proc/{pid}/stack").read()
    return ""


started = []


def start(function):
    pid = os.fork()
    started.append(pid)
    if not pid:
        try:
            function()
        finally:
            os._exit(1)
    return pid


def fat(megabytes):
    """A user's process with that much memory, which execs when told."""
    r, w = os.pipe()
    said_r, said_w = os.pipe()

    def run():
        with open(GROUP + "/cgroup.procs", "w") as f:
            f.write(str(os.getpid()))
        become(USER)
        check(libc.prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
        memory = mmap.mmap(-1, megabytes << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_POPULATE)
        os.write(said_w, b"fat\n")
        os.read(r, 1)
        os.dup2(hold_r, 0)
        os.dup2(said_w, 1)
        os.execv(program, [program, "pause"])
        memory.close()

    pid = start(run)
    assert os.read(said_r, 4) == b"fat\n"
    return pid, w, said_r


def named(pid):
    """A descriptor of its file, once there is one."""
    until(5, lambda: os.path.exists(f"{BRKWATCH}/{pid}"), "a name")
    return os.open(f"{BRKWATCH}/{pid}", os.O_RDONLY)


def begin_exec(tell, fd):
    """Returns when the old address space is going."""
    poll = select.poll()
    poll.register(fd, 0)
    os.write(tell, b"\n")
    assert poll.poll(60000 * SLOWNESS), "no exec"


def text_of(fd):
    return b"".join(iter(lambda: os.read(fd, 65536), b"")).decode()


class Took:
    """How long things took at most; what is held up takes longer than LIMIT seconds."""
    LIMIT = 5

    def __init__(self):
        self.most = {}

    def __call__(self, name, function):
        begin = time.monotonic()
        value = function()
        took = time.monotonic() - begin
        self.most[name] = max(took, self.most.get(name, 0))
        assert took < self.LIMIT * SLOWNESS, f"{name}: {took:.2f} s"
        return value


def all_of(user, but):
    """Who looks at all goes on without the one that execs."""
    shown = ask(lambda say: (user and become(user), say(" ".join(rows())))).split()
    assert shown and str(but) not in shown, shown


def new_name():
    pid = start(signal.pause)
    os.close(named(pid))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


os.makedirs(GROUP, exist_ok=True)
with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as f:
    f.write("+cpu")
quota("max")
others = [target(lambda: None), target(lambda: become(OTHER))]


def main(megabytes):
    # How long it is of itself.
    pid, tell, said = fat(megabytes)
    fd = named(pid)
    begin_exec(tell, fd)
    begin = time.monotonic()
    os.close(os.open(f"{BRKWATCH}/{pid}", os.O_RDONLY))
    print(f"{megabytes} MiB: an open waited for {(time.monotonic() - begin) * 1000:.0f} ms")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)

    took = Took()
    pid, tell, said = fat(megabytes)
    fd = named(pid)
    assert "State:\trunning" in text_of(fd)
    quota("10000 100000")       # so that this is in time
    begin_exec(tell, fd)
    quota("1000 1000000")
    begin = time.monotonic()

    askers = {name: start(function) for name, function in {
        "the file": lambda: os.open(f"{BRKWATCH}/{pid}", os.O_RDONLY),
        "the file again": lambda: os.open(f"{BRKWATCH}/{pid}", os.O_RDONLY),
        "maps": lambda: os.open(f"/proc/{pid}/maps", os.O_RDONLY),
    }.items()}
    for name, asker in askers.items():
        # It is stuck as it would be without brkwatch: in the kernel's own question.
        until(5, lambda: "mm_access" in stack(asker), f"{name} is not held up: {stack(asker)}")

    for _ in range(10):
        took("a new name", new_name)
        for other in others:
            took("another's file", lambda: os.close(os.open(f"{BRKWATCH}/{other}", os.O_RDONLY)))
    took("stats", lambda: open(BRKWATCH + "/stats").read())
    took("exited", lambda: open(BRKWATCH + "/exited").read())
    for name, user in (("root", 0), ("the same user", USER), ("a stranger", OTHER)):
        took(f"all, of {name}", lambda: all_of(user, pid))
    os.lseek(fd, 0, os.SEEK_SET)
    assert "State:\texited" in took("the descriptor there was", lambda: text_of(fd))
    assert took("rmmod", lambda: os.system("rmmod brkwatch 2>/dev/null"))
    for signum, (name, asker) in zip((signal.SIGKILL, signal.SIGTERM) * 2, askers.items()):
        assert "mm_access" in stack(asker), f"{name} was not held up long enough"
        os.kill(asker, signum)
        _, status = took("to kill who waits", lambda: os.waitpid(asker, 0))
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signum, (name, status)
    # And still it is not done.
    asker = start(lambda: os.open(f"{BRKWATCH}/{pid}", os.O_RDONLY) and os._exit(0))
    until(5, lambda: "mm_access" in stack(asker), "it has ended too early")
    print(f"held up for {time.monotonic() - begin:.1f} s; at most, in ms: " +
          ", ".join(f"{name} {most * 1000:.0f}" for name, most in took.most.items()))

    quota("max")
    assert os.read(said, 6) == b"ready\n"
    _, status = os.waitpid(asker, 0)
    assert status == 0, "who had the patience got it"
    assert "State:\trunning" in text_of(os.open(f"{BRKWATCH}/{pid}", os.O_RDONLY))
    os.lseek(fd, 0, os.SEEK_SET)
    assert "State:\texited" in text_of(fd)


try:
    main(int(sys.argv[1]))
finally:
    quota("max")
    for pid in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    end(others)
until(5, lambda: "populated 0" in open(GROUP + "/cgroup.events").read(), "they end")
os.rmdir(GROUP)
