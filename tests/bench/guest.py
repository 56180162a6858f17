# SPDX-License-Identifier: GPL-2.0
"""What the parts of the benchmark share in the guest: the load, and the CPU time of all that belongs to it."""
import os
import shutil
import subprocess
import sys
import time

KERNEL = os.uname().release
CGROUP = "/sys/fs/cgroup/bench"
TMP = "/tmp/bench"
OUT = f"{TMP}/out"
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# DIR/RELEASE, and beside it the one with empty probes
MODULE = f"{sys.argv[1]}/brkwatch.ko"
FLOOR = f"{sys.argv[1]}-floor/floor.ko"


def put(name, text):
    with open(name, "w") as f:
        f.write(str(text))


def get(name):
    with open(name) as f:
        return f.read()


def set_up():
    os.mkdir(TMP)
    os.mkdir(CGROUP)
    # The host's files are slow to come by.
    for name in "/bin/true", "/usr/bin/perl", f"{TOP}/tests/bin/load", f"{TOP}/userspace/brkwatch-cli":
        shutil.copy(name, TMP)
    os.environ["PATH"] = f"{TMP}:{os.environ['PATH']}"


def report(*fields):
    print(KERNEL, *(str(field).replace(",", ";") for field in fields), sep=",", flush=True)


def join_cgroup():
    put(f"{CGROUP}/cgroup.procs", os.getpid())


def used():
    """CPU time of the cgroup, ns."""
    return 1000 * int(get(f"{CGROUP}/cpu.stat").split()[1])


def asleep():
    for pid in get(f"{CGROUP}/cgroup.procs").split():
        # A wait for the host's files, in state D, is no time here.
        for task in os.listdir(f"/proc/{pid}/task"):
            if get(f"/proc/{pid}/task/{task}/stat").rsplit(")", 1)[1].split()[0] not in "SZ":
                return False
    return True


def settle():
    """Wait until nobody in the cgroup has anything to do."""
    calm, before = 0, -1
    while calm < 4:
        time.sleep(0.1)
        try:
            now = used() if asleep() else -1
        except (FileNotFoundError, ProcessLookupError):
            now = -1
        calm = calm + 1 if now >= 0 and now - before < 50000 else 0
        before = now


class Load:
    """The process whose calls are measured."""

    def __init__(self, wrapper=()):
        self.process = subprocess.Popen([*wrapper, f"{TMP}/load", TMP], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=join_cgroup)
        self.pid = int(self.process.stdout.readline())

    def begin(self, workload, *numbers):
        print(workload, *numbers, file=self.process.stdin, flush=True)

    def done(self):
        return int(self.process.stdout.readline())

    def run(self, workload, *numbers):
        """Returns its CPU time, ns."""
        self.begin(workload, *numbers)
        return self.done()

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0
