# SPDX-License-Identifier: GPL-2.0
"""check_follow.py JSON [PID=OUTPUT]...: what --follow --all --json printed: all in order, nothing
missing, sums right; and of some processes, the calls that brkdo's output expects."""
import collections
import json
import sys

CALLS = "query grow shrink move same refused".split()
last, calls, events = {}, collections.Counter(), collections.defaultdict(list)
started, spaces, summaries = set(), {}, {}
time = 0

for line in open(sys.argv[1]):
    o = json.loads(line)
    assert o["type"] != "lost", o
    pid = o["pid"]
    if o["type"] == "start":
        assert pid not in started or pid in summaries, o
        summaries.pop(pid, None)
        started.add(pid)
        calls[pid] = 0
        spaces[pid] = o["space"]
    elif o["type"] == "exec":
        assert pid in started and o["space"] > spaces[pid], o
        spaces[pid] = o["space"]
    elif o["type"] == "summary":
        assert o["calls"] == calls[pid], (o, calls[pid])
        summaries[pid] = o
    else:
        assert o["type"] == "event" and pid in started, o
        assert o["time_ns"] >= time, ("order", o)
        time = o["time_ns"]
        seq, brk = last.get(o["space"], (None, None))
        assert seq is None or o["seq"] == seq + 1, ("gap", seq, o)
        assert brk is None or o["old"] == brk, ("chain", brk, o)
        last[o["space"]] = o["seq"], o["new"]
        assert o["delta_bytes"] == int(o["new"], 16) - int(o["old"], 16), o
        if o["event"] in CALLS:
            calls[pid] += 1
            events[pid].append([o["event"], o["request"], o["old"], o["new"], str(o["delta_bytes"]),
                                str(o["delta_pages"])])

assert set(summaries) == started, started - set(summaries)
for argument in sys.argv[2:]:
    pid, name = argument.split("=")
    expected = [line.split("\t")[1:] for line in open(name).read().splitlines() if line.startswith("expect")]
    got = events[int(pid)][-len(expected):]
    assert expected and got == expected, (pid, expected, got)
    assert summaries[int(pid)]["ended"], pid
print(f"{len(started)} processes, {len(last)} address spaces, {sum(calls.values())} calls")
