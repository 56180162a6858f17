# SPDX-License-Identifier: GPL-2.0
"""evidence.py: refusals of each reason, and whether limit and needed are
what the process's own files in /proc say at that moment."""
import re

from proctext import *

PAGE = os.sysconf("SC_PAGESIZE")


def up(address):
    return (address + PAGE - 1) & -PAGE


class State:
    """What /proc says of a process."""

    def __init__(self, pid):
        self.status = {}
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                key, value = line.split(":", 1)
                self.status[key] = value.split()
        self.limits = {}
        with open(f"/proc/{pid}/limits") as f:
            for line in list(f)[1:]:
                soft = line[26:].split()[0]
                self.limits[line[:26].strip()] = None if soft == "unlimited" else int(soft)
        with open(f"/proc/{pid}/maps") as f:
            lines = [line for line in f if "[vsyscall]" not in line]
        self.maps = [int(line.split("-")[0], 16) for line in lines]
        self.stack = {start for start, line in zip(self.maps, lines) if "[stack]" in line}

        with open(f"/proc/{pid}/stat") as f:
            stat = f.read().rsplit(") ", 1)[1].split()
        self.start_data, self.end_data, self.start_brk = (int(word) for word in stat[45 - 3:48 - 3])

    def bytes(self, key):
        return int(self.status[key][0]) << 10


def committed():
    with open("/proc/meminfo") as f:
        return int(re.search(r"Committed_AS: *(\d+)", f.read()).group(1)) * 1024 // PAGE


def grown(event):
    return up(int(event["request"], 16)) - up(int(event["old"], 16))


def start_of(event, state):
    return min(start for start in state.maps if start >= up(int(event["old"], 16)))


def expect(reason, event, state):
    """limit, needed; None: any."""
    if reason == "rlimit_as":
        return state.limits["Max address space"], state.bytes("VmSize") + grown(event)
    if reason == "rlimit_data":
        limit = state.limits["Max data size"]
        # The kernel looks at the heap and the data segment first.
        heap = int(event["request"], 16) - state.start_brk + state.end_data - state.start_data
        return limit, heap if heap > limit else state.bytes("VmData") + grown(event)
    if reason == "mlock_limit":
        return state.limits["Max locked memory"], state.bytes("VmLck") + grown(event)
    if reason == "unknown":
        return state.limits["Max locked memory"], "-"
    if reason == "below_start":
        return look(int(state.status["Pid"][0]))["StartBrk"], int(event["request"], 16)
    if reason == "address_limit":
        return None, int(event["request"], 16)
    if reason == "next_mapping":
        return start_of(event, state), up(int(event["request"], 16)) + PAGE
    return len(state.maps), None


def number(text):
    return text if text == "-" else int(text, 0)


def check(reason, *operations, prefix=(), flags="-"):
    program = Program(*prefix, "brkdo", *operations, "pause", "data+", "99999999", "as+", "99999999", "pause")
    fd = open_file(f"{PROC}/{program.pid}")
    state = State(program.pid)
    event = reread(fd).events[-1]
    limit, needed = expect(reason, event, state)
    got = number(event["limit"]), number(event["needed"])
    print(reason, *operations, event["limit"], event["needed"], event["flags"])
    assert event["reason"] == reason, event
    assert limit is None or got[0] == limit, (got, limit, state.limits, state.status)
    assert needed is None or got[1] == needed, (got, needed, state.status)
    if reason == "address_limit":
        assert max(state.maps) < got[0] < 1 << 64, (got, state.maps)
    assert event["flags"] == flags, event
    # What changes later changes nothing.
    program.go_on()
    later = look(program.pid).events
    assert [e for e in later if e["seq"] == event["seq"]] == [event], (event, later)
    program.end()
    os.close(fd)


def check_promised():
    """What is promised to all is known if it is the same before and after."""
    for _ in range(50):
        program = Program("brkdo", "grow", "4096", "pause", "grow", "0x10000000000", "pause")
        before = committed()
        program.go_on()
        after, event = committed(), look(program.pid).events[-1]
        program.end()
        print("promised", before, after, event["reason"], event["needed"])
        assert event["reason"] == "no_memory", event
        if before == after:
            assert int(event["needed"]) == before, event
            return
    assert False, "it changes all the time"


def sysctl(name, value):
    with open(f"/proc/sys/vm/{name}", "w") as f:
        f.write(value)


check("rlimit_as", "grow", "4096", "as+", "0", "grow", "4096")
check("rlimit_as", "grow", "4096", "as+", "8192", "grow", "8192", "grow", "1")
check("rlimit_data", "grow", "4096", "data+", "0", "grow", "4096")
check("rlimit_data", "grow", "4096", "data", "0", "grow", "4096")
check("next_mapping", "grow", "4096", "map", "8192", "grow", "4096", "grow", "4096")
check("next_mapping", "grow", "4096", "map", "40960", "grow", "0x10000000")
check("next_mapping", "grow", "4096", "map-stack", "524288", "grow", "4096", flags="s")
# Locked memory without a limit hides nothing, whatever a second thread does.
check("next_mapping", "thread", "lock-future", "grow", "4096", "map", "8192", "grow", "4096", "grow", "4096",
      prefix=("prlimit", "--memlock=unlimited", "setpriv", "--bounding-set=-ipc_lock"))
check("below_start", "grow", "4096", "to", "-1")
check("address_limit", "grow", "4096", "at", "-1")
# A second thread might have locked memory meanwhile, but over the limit before and after is proof.
for threads in (), ("thread",):
    check("mlock_limit", *threads, "grow", "4096", "memlock+", "4096", "lock-future", "grow", "4096", "grow", "4096",
          prefix=("setpriv", "--bounding-set=-ipc_lock"))
check("unknown", "thread", "grow", "4096", "memlock+", "57344", "lock-future", "map", "4096", "grow", "4096",
      prefix=("setpriv", "--bounding-set=-ipc_lock"))
if minds_unmapped():
    check("unmap", *UNMAPPED)
check("no_memory", "to", "0", "max-maps", "5", "grow", "4096", "max-maps", "65530")
sysctl("overcommit_memory", "2")
check("no_memory", "grow", "4096", "grow", "0x10000000000")
check_promised()
