# SPDX-License-Identifier: GPL-2.0
"""execpeek.py PROGRAM N: opens the file of a process over and over while it
execs PROGRAM, so that some opens come before exec has set the break. No first
event may be an external or resync that nobody made."""
import os
import sys

program, n = sys.argv[1], int(sys.argv[2])
spaces = set()
for i in range(n):
    pid = os.fork()
    if not pid:
        os.execv(program, [program, "query", "query"])
    fds = []
    while True:
        try:
            fds.append(os.open(f"/proc/brkwatch/{pid}", os.O_RDONLY))
        except OSError:
            if os.waitpid(pid, os.WNOHANG)[0]:
                break
    for fd in fds:
        text = b"".join(iter(lambda: os.read(fd, 65536), b"")).decode()
        head = dict(l.split(":\t", 1) for l in text.split("\n\n")[0].splitlines())
        spaces.add(head["Space"])
        for row in text.splitlines():
            f = row.split("\t")
            assert len(f) != 12 or f[4] not in ("external", "resync"), text
        assert int(head["PeakBytes"]) < 1 << 32, text
        os.close(fd)
print(f"{len(spaces)} address spaces opened")
assert len(spaces) > n
