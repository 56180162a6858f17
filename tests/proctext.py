# SPDX-License-Identifier: GPL-2.0
"""What /proc and /proc/brkwatch say, for tests that compare many processes.

One process compares, because any other would be in the one listing or the other.
"""
import os
import subprocess
import time

PROC = "/proc/brkwatch"
SLOWNESS = int(os.environ["BRKWATCH_SLOWNESS"])


def numbers(where):
    return {int(n) for n in os.listdir(where) if n.isdigit()}


# No less is waited for anything: the host may do something else meanwhile.
PATIENCE = 30


def until(what, seconds=PATIENCE):
    """Wait for what() to be None; else it says what is wrong. It is tried once
    more when the time is over, for one try may have taken all of it."""
    end = time.monotonic() + max(seconds, PATIENCE) * SLOWNESS
    late = False
    while (wrong := what()) is not None:
        assert not late, wrong
        late = time.monotonic() > end
        time.sleep(0.01)


def names_differ():
    count, ours, theirs = stats()["Names"], numbers(PROC), numbers("/proc")
    if ours != theirs:
        return f"too many {ours - theirs}, missing {theirs - ours}"
    return None if count == len(ours) else f"{len(ours)} names, Names: {count}"


def stats():
    """Keys as numbers or text; a probe's hits under its name, all that were missed."""
    got = {"missed": 0}
    with open(f"{PROC}/stats") as f:
        for line in f:
            words = line.split()
            if len(words) == 2:
                got[words[0].rstrip(":")] = int(words[1]) if words[1].isdigit() else words[1]
            elif len(words) == 7 and words[5].isdigit():
                got[words[0]] = int(words[5])
                got["missed"] += int(words[6])
    return got


class Text:
    """One reading of a process's file: the header by key, and its events."""

    def __init__(self, text):
        head, table = text.split("\n\n", 1)
        self.head = dict(line.split(":\t", 1) for line in head.splitlines())
        rows = [line.split("\t") for line in table.splitlines()]
        self.events = [dict(zip(rows[0], row)) for row in rows[1:]]

    def __getitem__(self, key):
        value = self.head[key]
        return int(value, 0) if value[0].isdigit() else value


def open_file(name, patience=PATIENCE):
    """A descriptor; the name of a new process may come a moment late."""
    end = time.monotonic() + patience * SLOWNESS
    while True:
        try:
            return os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if time.monotonic() > end:
                raise
            time.sleep(0.001)


def reread(fd):
    os.lseek(fd, 0, os.SEEK_SET)
    text = b""
    while part := os.read(fd, 65536):
        text += part
    return Text(text.decode())


def look(pid, proc="/proc", patience=PATIENCE):
    fd = open_file(f"{proc}/brkwatch/{pid}", patience)
    try:
        return reread(fd)
    finally:
        os.close(fd)


def start_brk(pid, proc="/proc"):
    with open(f"{proc}/{pid}/stat") as f:
        return int(f.read().rsplit(")", 1)[1].split()[47 - 3])


def table(name):
    """The rows of all or exited, by pid."""
    with open(f"{PROC}/{name}") as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    return {int(row[0]): dict(zip(rows[0], row)) for row in rows[1:]}


class Program:
    """A program that says "ready" and ends with its input."""

    def __init__(self, *args, **more):
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)
        self.pid = self.process.pid
        self.said = []
        self.await_ready()

    def await_ready(self):
        while (line := self.process.stdout.readline()) != "ready\n":
            assert line, f"{self.process.args} ended"
            self.said.append(line.rstrip("\n"))

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.await_ready()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0


UNMAPPED = ["to", "0", "grow", "8192", "unmap-heap", "grow", "-4096"]


def minds_unmapped():
    """Whether this kernel refuses to shrink what is not mapped."""
    return "refused" in subprocess.run(["brkdo", *UNMAPPED], stdout=subprocess.PIPE, text=True, check=True).stdout
