#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""starts.py CLI TIMES DIRECTORY SIGNAL...

Starts a command under brkwatch-cli again and again, as a shell starts a job: in a process group of
its own, which gets the signals all the time, until it has ended. What brkwatch-cli says of each is
in a file in DIRECTORY.
"""
import os
import signal
import subprocess
import sys
import time

LIMIT = 60 * int(os.environ.get("BRKWATCH_SLOWNESS", "1"))


def start(cli, output, signals):
    job = subprocess.Popen([cli, "--csv", "-o", output, "--", "brkdo", "grow", "4096"],
                           stdout=subprocess.DEVNULL, process_group=0)
    deadline = time.monotonic() + LIMIT
    while job.poll() is None:
        if time.monotonic() > deadline:
            os.killpg(job.pid, signal.SIGKILL)
            sys.exit(f"{output}: hangs")
        for sig in signals:
            os.killpg(job.pid, sig)
    return job.returncode


def main():
    cli, times, directory = sys.argv[1:4]
    signals = [getattr(signal, "SIG" + name) for name in sys.argv[4:]]
    results = {}
    for i in range(int(times)):
        result = start(cli, f"{directory}/{i}", signals)
        results[result] = results.get(result, 0) + 1
    print(f"{sys.argv[4:]}: {results}")
    sys.exit(results != {0: int(times)})


main()
