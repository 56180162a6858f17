# SPDX-License-Identifier: GPL-2.0
"""scale.py RELEASE-DIR: how the cost of brkwatch grows, in a guest whose clock counts instructions.

Prints CSV: kernel,what,size,value,unit.
"""
import os
import re
import resource
import subprocess

from guest import *

TURNS = 20000


def cpu_time(*command):
    """Of a command, in million instructions."""
    def now():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    begin = now()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return f"{1000 * (now() - begin):.2f}"


def stat(key):
    return int(re.search(rf"^{key}:\s+(\d+)", get("/proc/brkwatch/stats"), re.M)[1])


def per_call(workload, turns, *more):
    """Instructions a call, without those of the start."""
    load = Load()
    load.run(workload, turns // 4, *more)
    cost = (load.run(workload, turns * 5 // 4, *more) - load.run(workload, turns // 4, *more)) / turns
    load.end()
    return cost


def processes(n):
    crowd = subprocess.Popen([f"{TOP}/tests/bin/crowd", "stay", str(n), "2"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    while crowd.stdout.readline() != "ready\n":
        pass
    without = {workload: per_call(workload, TURNS) for workload in ("query", "updown")}
    report("insmod", n, cpu_time("insmod", MODULE), "M instructions")
    for workload, cost in without.items():
        report(f"{workload}: added per call", n, f"{per_call(workload, TURNS) - cost:.0f}", "instructions")
    for command in (["cat", "/proc/brkwatch/all"], ["cat", "/proc/brkwatch/all"], ["ls", "/proc/brkwatch"]):
        cost = cpu_time(*command)
        report(" ".join(command), n, cost, "M instructions")
    # A look at each makes its record.
    before = stat("MemoryBytes"), stat("Records")
    for pid in filter(str.isdigit, os.listdir("/proc/brkwatch")):
        try:
            get(f"/proc/brkwatch/{pid}")
        except (FileNotFoundError, ProcessLookupError):
            pass  # gone, or a kernel thread
    report("memory for each process looked at", n,
           f"{(stat('MemoryBytes') - before[0]) / (stat('Records') - before[1]):.0f}", "bytes")
    report("rmmod", n, cpu_time("rmmod", MODULE), "M instructions")
    crowd.stdin.close()
    crowd.wait()


def threads(n):
    without = per_call("threads", TURNS, n)
    subprocess.run(["insmod", MODULE], check=True)
    report("query by threads of one process: added per call", n, f"{per_call('threads', TURNS, n) - without:.0f}",
           "instructions")
    subprocess.run(["rmmod", MODULE], check=True)


def follow(rate):
    """Three times as many events as its history holds."""
    n = 200000
    subprocess.run(["insmod", MODULE], check=True)
    load = Load()
    with open(OUT, "w") as out:
        cli = subprocess.Popen(["brkwatch-cli", "--follow", str(load.pid)], stdout=out, preexec_fn=join_cgroup)
        settle()
        load.run("paced", n, rate)
        load.end()
        cli.wait()
    with open(OUT) as out:
        seen = sum(" query " in line for line in out)
    report("follow: events lost", rate, max(0, n - seen), f"of {n}")
    subprocess.run(["rmmod", MODULE], check=True)


set_up()
for size in 10, 1000, 10000:
    processes(size)
for size in 1, 8, 64:
    threads(size)
for speed in 50000, 100000, 200000, 300000, 400000:
    follow(speed)
