# SPDX-License-Identifier: GPL-2.0
"""check_threads.py EVENTS LOG: the module's account of racing threads (slurp's
FILE and FILE.head) against the threads' own (the output of threads)."""
import collections
import sys

PAGE = 4096
events_name, log_name = sys.argv[1:]
head = dict(line.rstrip("\n").split(":\t", 1) for line in open(events_name + ".head")
            if ":\t" in line)


def up(address):
    return -(-address // PAGE) * PAGE


def kind_of(request, old, new):
    if not request:
        return "query"
    if request == old:
        return "same"
    if new != request:
        return "refused"
    if up(old) == up(new):
        return "move"
    return "grow" if new > old else "shrink"


made = collections.defaultdict(list)
for line in open(log_name):
    words = line.split()
    if len(words) == 4:
        made[int(words[0])].append((int(words[1], 16), int(words[2], 16), words[3]))
    elif words[0] == "brk":
        final = int(words[1], 16)

seen = collections.defaultdict(int)
kinds = collections.Counter()
flagged = exact = total = 0
seq = brk = first = None
time = 0
for line in open(events_name):
    f = line.rstrip("\n").split("\t")
    assert seq is None or int(f[0]) == seq + 1, ("sequence", seq, f)
    seq = int(f[0])
    assert int(f[1]) >= time, ("time", time, f)
    time = int(f[1])
    tid, kind, reason, flags = int(f[3]), f[4], f[10], f[11]
    request, old, new = (int(x, 16) for x in f[5:8]) if kind != "fork" else (0, int(f[6], 16), int(f[7], 16))
    assert brk is None or old == brk, ("chain", hex(brk), f)
    if brk is None:
        first = old
    brk = new
    assert int(f[8]) == new - old and int(f[9]) == (up(new) - up(old)) // PAGE, f
    total += int(f[8])
    kinds[kind] += 1
    assert kind != "external", f
    if tid not in made or kind in ("resync", "end"):
        continue
    want = made[tid][seen[tid]]
    seen[tid] += 1
    assert request == want[0], ("request", want, f)
    if "o" in flags:
        flagged += 1
        assert reason in ("-", "unknown", want[2]), ("reason", want, f)
    else:
        exact += 1
        assert new == want[1], ("result", want, f)
        assert kind == kind_of(request, old, want[1]), ("kind", want, f)
        assert reason == want[2], ("reason", want, f)

assert int(head["Dropped"]) == 0, head["Dropped"]
calls = sum(kinds[k] for k in ("query", "grow", "shrink", "move", "same", "refused"))
assert int(head["Calls"]) == calls, (head["Calls"], calls)
for key, kind in (("Queries", "query"), ("Grows", "grow"), ("Shrinks", "shrink"),
                  ("Moves", "move"), ("Same", "same"), ("Refused", "refused")):
    assert int(head[key]) == kinds[kind], (key, head[key], kinds)
missing = {tid: (len(calls), seen[tid]) for tid, calls in made.items() if len(calls) != seen[tid]}
assert not missing, missing
assert int(head["Lost"]) == 0 and int(head["InFlight"]) == 0
assert first + total == brk == final == int(head["Brk"], 16), (first, total, brk, final)
print(f"{sum(seen.values())} calls, {exact} exact, {flagged} overlapping, {dict(kinds)}")
assert flagged, "no call overlapped: this proved nothing"
assert exact, "every call overlapped: this proved nothing"
