# SPDX-License-Identifier: GPL-2.0
"""cost.py RELEASE-DIR [TOOL...]: what each tool costs, in a guest whose clock counts instructions.

Prints CSV: kernel,tool,workload,turns,own,all (instructions a turn, of the process and its
children, and with all that the tool does) and kernel,tool,burst,due,got,lost.

Every tool is attached to a process that then makes its system calls. Both are
in one cgroup, whose CPU time counts all that the tool does until it has nothing
left to do. What is no call's is left out by the difference between a long run
and a short one.
"""
import os
import re
import signal
import subprocess
import sys

from guest import *

TRACING = "/sys/kernel/tracing"
LONG, SHORT, BURST = 24000, 4000, 64000
TURNS = {"grow33": 4000, "getppid": 20000, "lists": 200, "exec": 60, "perl": 2}


class Nothing:
    """No tool; what the tools have in common."""
    name = "nothing"
    wrapper = ()
    command = None
    environment = {}
    process = None
    # Whether it keeps work until it is stopped.
    works_at_end = False
    # Whether what it finds out is its output.
    to_stdout = False

    def large(self):
        """The buffers are to hold everything."""

    def prepare(self):
        """Before the process is there."""

    def start(self, pid):
        if self.command is None:
            return
        with open(f"{TMP}/log", "w") as log:
            self.process = subprocess.Popen(
                [word.format(pid=pid, out=OUT) for word in self.command], stdin=subprocess.DEVNULL,
                stdout=open(OUT, "w") if self.to_stdout else log, stderr=log, cwd=TMP, preexec_fn=join_cgroup,
                env=dict(os.environ, **self.environment))
        settle()
        assert self.process.poll() is None, get(f"{TMP}/log")

    def stop(self):
        """The process is still there."""
        if self.process:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
            self.process.wait()
            self.process = None

    def clean(self):
        """Undo prepare()."""

    def events(self, pid):
        """After a burst, the process still there: how many of the events were got, and how many were due."""
        return None

    def lines(self, pattern):
        count = 0
        with open(OUT, errors="replace") as f:
            for line in f:
                count += bool(re.search(pattern, line))
        return count


class Module(Nothing):
    def prepare(self):
        subprocess.run(["insmod", self.module], check=True)

    def clean(self):
        subprocess.run(["rmmod", self.module], check=True)


class Floor(Module):
    name = "empty probes"
    module = FLOOR


class Brkwatch(Module):
    name = "brkwatch"
    module = MODULE

    def events(self, pid):
        return self.queries(pid) - self.before, BURST

    def queries(self, pid):
        return int(re.search(r"^Queries:\t(\d+)", get(f"/proc/brkwatch/{pid}"), re.M)[1])

    def start(self, pid):
        super().start(pid)
        self.before = self.queries(pid)


class Follow(Brkwatch):
    name = "brkwatch, followed"
    command = ["brkwatch-cli", "--follow", "{pid}"]
    to_stdout = True
    query = r" query "

    def start(self, pid):
        super().start(pid)
        # It begins with what is retained.
        self.before = self.lines(self.query)

    def events(self, pid):
        return self.lines(self.query) - self.before, BURST


class FollowJson(Follow):
    name = "brkwatch, followed as JSON"
    command = ["brkwatch-cli", "--follow", "{pid}", "--json"]
    query = '"event": ?"query"'


class Ftrace(Nothing):
    """Into the kernel's ring buffer, and not read."""
    size = None

    def large(self):
        self.size = 1 << 16

    def set_events(self, on):
        for direction in "enter", "exit":
            put(f"{TRACING}/events/syscalls/sys_{direction}_brk/enable", on)

    def start(self, pid):
        if self.size:
            put(f"{TRACING}/buffer_size_kb", self.size)
        put(f"{TRACING}/set_event_pid", pid)
        self.set_events(1)
        super().start(pid)

    def stop(self):
        self.set_events(0)
        super().stop()

    def clean(self):
        put(f"{TRACING}/set_event_pid", "")
        put(f"{TRACING}/trace", "")
        put(f"{TRACING}/buffer_size_kb", 1408)

    def events(self, pid):
        return int(re.search(r"^entries: (\d+)", get(f"{TRACING}/per_cpu/cpu0/stats"), re.M)[1]), 2 * BURST


class FtraceSyscalls(Ftrace):
    name = "ftrace syscall events"


class FtraceKprobes(Ftrace):
    name = "ftrace kprobe events, trace_pipe"
    command = ["cat", f"{TRACING}/trace_pipe"]
    to_stdout = True

    def prepare(self):
        put(f"{TRACING}/kprobe_events",
            "p:bench/enter __x64_sys_brk brk=+112(%di):x64\nr:bench/exit __x64_sys_brk brk=$retval:x64\n")

    def set_events(self, on):
        put(f"{TRACING}/events/bench/enable", on)

    def clean(self):
        put(f"{TRACING}/kprobe_events", "")
        super().clean()

    def events(self, pid):
        return self.lines(r"(enter|exit): "), 2 * BURST


class PerfStat(Nothing):
    name = "perf stat"
    command = ["perf", "stat", "-x,", "-o", "{out}", "-e", "syscalls:sys_enter_brk,syscalls:sys_exit_brk", "-p", "{pid}"]

    def events(self, pid):
        return sum(int(n) for n in re.findall(r"^(\d+),,syscalls", get(OUT), re.M)), 2 * BURST


class PerfRecord(Nothing):
    name = "perf record"
    works_at_end = True
    command = ["perf", "record", "-q", "-o", "{out}", "-e", "syscalls:sys_enter_brk,syscalls:sys_exit_brk", "-p", "{pid}"]

    def large(self):
        self.command = [*self.command, "-m", "4096"]

    def events(self, pid):
        report = subprocess.run(["perf", "report", "--stats", "-i", OUT], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, check=True).stdout
        return int(re.search(r"SAMPLE events:\s+(\d+)", report)[1]), 2 * BURST


class PerfTrace(Nothing):
    name = "perf trace"
    command = ["perf", "trace", "-o", "{out}", "-e", "brk", "-p", "{pid}"]

    def large(self):
        self.command = [*self.command, "-m", "4096"]

    def events(self, pid):
        return self.lines(r"brk\("), BURST


class TraceCmd(Nothing):
    name = "trace-cmd record"
    works_at_end = True
    command = ["trace-cmd", "record", "-q", "-o", "{out}", "-e", "syscalls:sys_enter_brk",
               "-e", "syscalls:sys_exit_brk", "-P", "{pid}"]

    def large(self):
        self.command = [*self.command, "-b", "16384"]

    def clean(self):
        subprocess.run(["trace-cmd", "reset"], stderr=subprocess.DEVNULL)

    def events(self, pid):
        with subprocess.Popen(["trace-cmd", "report", "-i", OUT], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as report:
            return sum(b"sys_" in line and b"brk" in line for line in report.stdout), 2 * BURST


class Bpftrace(Nothing):
    to_stdout = True
    environment = {"BPFTRACE_NO_CPP_DEMANGLE": "1"}

    def large(self):
        self.environment = {"BPFTRACE_PERF_RB_PAGES": "4096"}


class BpftraceCount(Bpftrace):
    name = "bpftrace count()"
    command = ["bpftrace", "-e", "tracepoint:syscalls:sys_enter_brk /pid == {pid}/ {{ @ = count(); }}"]

    def events(self, pid):
        return int(re.search(r"@: (\d+)", get(OUT))[1]), BURST


class BpftracePrintf(Bpftrace):
    name = "bpftrace printf"
    command = ["bpftrace", "-e", """
        kprobe:__x64_sys_brk /pid == {pid}/ {{
            @asked[tid] = ((struct pt_regs *)arg0)->di;
            @old[tid] = ((struct task_struct *)curtask)->mm->brk;
        }}
        kretprobe:__x64_sys_brk /pid == {pid}/ {{
            printf("brk %lx %lx %lx %lx\\n", @asked[tid], @old[tid], retval,
                   ((struct task_struct *)curtask)->mm->start_brk);
        }}"""]

    def events(self, pid):
        return self.lines("^brk "), BURST


class Strace(Nothing):
    name = "strace -f"
    command = ["strace", "-f", "-e", "trace=brk", "-o", "{out}", "-p", "{pid}"]

    def events(self, pid):
        return self.lines(r"\bbrk\("), BURST


class StraceSeccomp(Nothing):
    name = "strace -f --seccomp-bpf"
    # It has to start what it traces.
    wrapper = ["strace", "-f", "--seccomp-bpf", "-e", "trace=brk", "-o", OUT]

    def events(self, pid):
        return self.lines(r"\bbrk\(NULL"), BURST


TOOLS = [Nothing, Floor, Brkwatch, Follow, FollowJson, FtraceSyscalls, FtraceKprobes, PerfStat, PerfRecord,
         PerfTrace, TraceCmd, BpftraceCount, BpftracePrintf, Strace, StraceSeccomp]


def session(tool, work, inspect=None):
    """Run the work under the tool; returns CPU time of each part, of all together, and what inspect() found."""
    tool.prepare()
    load = Load(tool.wrapper)
    tool.start(load.pid)
    settle()
    begin = used()
    own = {workload: load.run(workload, turns) for workload, turns in work.items()}
    settle()
    total = used() - begin
    tool.stop()
    if tool.works_at_end:
        total = used() - begin
    found = inspect and inspect(load.pid)
    load.end()
    tool.clean()
    return own, total, found


def measure(tool_class):
    def tool():
        it = tool_class()
        it.large()
        return it

    def row(workload, turns, own, total=""):
        report(tool_class.name, workload, turns, f"{own / turns:.1f}", total and f"{total / turns:.1f}")

    # Whatever comes first finds nothing in the caches.
    session(tool(), {"query": SHORT, "updown": SHORT, **TURNS})
    short = session(tool(), {"query": SHORT, "updown": SHORT})
    for workload in "query", "updown":
        turns = {"query": SHORT, "updown": SHORT, workload: LONG}
        own, total, _ = session(tool(), turns)
        row(workload, LONG - SHORT, own[workload] - short[0][workload], total - short[1])
    first = session(tool(), {workload: (turns + 3) // 4 for workload, turns in TURNS.items()})[0]
    own = session(tool(), {workload: turns + (turns + 3) // 4 for workload, turns in TURNS.items()})[0]
    for workload, turns in TURNS.items():
        row(workload, turns, own[workload] - first[workload])


def burst(tool_class):
    tool = tool_class()
    found = session(tool, {"query": BURST}, tool.events)[2]
    if found:
        # It may have seen a call of the program's start.
        got, due = min(found), found[1]
        report(tool.name, "burst", due, got, due - got)


def main():
    set_up()
    for tool in TOOLS:
        if len(sys.argv) < 3 or tool.name in sys.argv[2:]:
            measure(tool)
            burst(tool)


main()
