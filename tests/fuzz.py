# SPDX-License-Identifier: GPL-2.0
"""fuzz.py SEED SECONDS: fuzzproc, and whether each of its calls of brk has been
recorded, or counted as not recorded."""
import os
import shutil
import sys

from proctext import *


def counted():
    now = stats()
    return now["TotalCalls"] + now["TotalLost"] + now["LostNoRecord"] + now["LostMissed"]


programs = []
for name, calls in ("bare", 10), ("bare-int80", 9), ("bare-32", 10):
    if found := shutil.which(name):
        programs += [found, str(calls)]
fuzzproc = Program("fuzzproc", *sys.argv[1:3], *programs, env={"PATH": os.environ["PATH"]})
before, own = counted(), look(os.getpid())["Calls"]
fuzzproc.process.stdin.write("x")
fuzzproc.process.stdin.flush()
said = fuzzproc.process.stdout.readline()
print(said, end="")
fuzzproc.end()
begun, done = map(int, said.split()[1:3])
assert " checked 0 " not in said
recorded = counted() - before
assert look(os.getpid())["Calls"] == own, "of our own"
print(f"{recorded} recorded or counted as lost; {stats()}")
assert done <= recorded <= begun and done > begun * 0.9, (done, recorded, begun)
