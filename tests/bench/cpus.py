# SPDX-License-Identifier: GPL-2.0
"""cpus.py RELEASE-DIR: how long calls take with 1, 2 and 4 processes on as many processors.

By the clock, so that only ratios mean anything. Prints CSV:
kernel,what,processes,value,unit.
"""
import os
import statistics
import subprocess
import time

from guest import *

TURNS, TRIES = 50000, 5


def elapsed(loads, workload):
    begin = time.monotonic()
    for load in loads:
        load.begin(workload, TURNS)
    for load in loads:
        load.done()
    return time.monotonic() - begin


def measure(n, workload):
    loads = [Load() for _ in range(n)]
    for cpu, load in enumerate(loads):
        os.sched_setaffinity(load.pid, [cpu])
    took = {None: [], FLOOR: [], MODULE: []}
    # In turn, because the host has other things to do, too.
    for _ in range(TRIES):
        for module, times in took.items():
            if module:
                subprocess.run(["insmod", module], check=True)
            elapsed(loads, "query")
            times.append(elapsed(loads, workload))
            if module:
                subprocess.run(["rmmod", module], check=True)
    for load in loads:
        load.end()
    nothing, floor, brkwatch = (statistics.median(times) for times in took.values())
    report(f"{workload}: empty probes", n, f"{floor / nothing:.2f}", "times nothing")
    report(f"{workload}: brkwatch", n, f"{brkwatch / nothing:.2f}", "times nothing")


set_up()
for number in 1, 2, 3:
    put(f"/sys/devices/system/cpu/cpu{number}/online", 1)
for size in 1, 2, 4:
    measure(size, "query")
    measure(size, "updown")
