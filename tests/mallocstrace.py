#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mallocstrace.py FILE STRACE: each thread's calls in what brkwatch-malloc --json has written are
those that strace -ff -o STRACE has seen. Prints how many threads and calls there were."""
import glob
import json
import re
import sys

CALL = re.compile(r"(mmap|munmap|mremap|mprotect|madvise|brk)\((.*)\) += (-1|0x[0-9a-f]+|\d+)(?: (E[A-Z]+))?")


def address(text):
    return 0 if text == "NULL" else int(text, 16)


def seen_by_strace(name):
    calls = []
    with open(name, encoding="utf-8") as file:
        for text in file:
            match = CALL.match(text)
            if not match:
                continue
            call, args, error = match[1], match[2].split(", "), match[4]
            result = None if error else address(match[3]) if match[3] != "0" else 0
            if call == "brk":
                calls.append((call, address(args[0]), None, result, None))
            elif call == "mmap":
                calls.append((call, address(args[0]), int(args[1]), error or result, frozenset(args[3].split("|"))))
            elif call == "mremap":
                calls.append((call, address(args[0]), int(args[1]), error or result, int(args[2])))
            else:
                calls.append((call, address(args[0]), int(args[1]), error, None))
    return calls


def told(line):
    call, error = line["call"], line["error"]
    where = int(line["addr"], 16) if line["addr"] else None
    more = None
    if call == "mmap":
        more = frozenset(line["flags"].split("|"))
    elif call == "mremap":
        more = line["new_length"]
    if call not in ("mmap", "mremap", "brk"):
        where = None
    return call, int(line["request"], 16), line["length"], error or where, more


ours = {}
with open(sys.argv[1], encoding="utf-8") as recording:
    for row in map(json.loads, recording):
        if row["type"] == "call":
            ours.setdefault(str(row["tid"]), []).append(told(row))
threads = total = 0
for path in glob.glob(sys.argv[2] + ".*"):
    tid = path.rsplit(".", 1)[1]
    theirs = seen_by_strace(path)
    # strace begins with the exec.
    mine = ours.get(tid, [])[-len(theirs):] if theirs else []
    for one, other in zip(mine, theirs):
        assert one == other, (tid, one, other)
    assert len(mine) == len(theirs), (tid, len(mine), len(theirs))
    threads += bool(theirs)
    total += len(theirs)
print(threads, total)
