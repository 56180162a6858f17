# SPDX-License-Identifier: GPL-2.0
"""explained.py [32]: refusals, and whether --explain tells of each the numbers that the program itself
printed before it, whatever has become of it since; with 32, of a 32-bit program."""
import re
import resource
import sys
import tempfile

from proctext import *

CLI, PAGE = os.environ["CLI"], os.sysconf("SC_PAGESIZE")
FILES = [word for name in ("limits", "status", "stat", "maps") for word in ("cat", f"/proc/self/{name}")]
LIMITS = {
    "as": ("RLIMIT_AS, the limit on all that the process maps", "Max address space", "VmSize"),
    "data": ("RLIMIT_DATA, the limit on the heap, the data segment and other private writable memory",
             "Max data size", "VmData"),
    "memlock": ("RLIMIT_MEMLOCK, the limit on memory locked by mlock and, after mlockall(MCL_FUTURE), by every "
                "growth", "Max locked memory", "VmLck"),
}
STACK_GAP = "; it was a stack, below which the kernel keeps a gap free (stack_guard_gap, by default 256 pages)"
folder = tempfile.TemporaryDirectory()


def up(address):
    return (address + PAGE - 1) & -PAGE


def files(pid):
    return [open(f"/proc/{pid}/{name}").read() for name in ("limits", "status", "stat", "maps")]


class Said:
    """What a program has printed: its files in /proc, and its last refusal."""

    def __init__(self, lines):
        self.text = "\n".join(lines)
        refused = [line.split("\t") for line in lines if line.startswith("expect\trefused")][-1]
        self.request, self.old = (int(word, 16) for word in refused[2:4])
        self.end, self.grown = up(self.old), up(self.request) - up(self.old)

    def number(self, key):
        """The newest."""
        return int(re.findall(rf"^{key}:? +(\d+)", self.text.replace("\t", " "), re.M)[-1])

    def maps(self):
        return [int(start, 16) for start in re.findall(r"^([0-9a-f]+)-[0-9a-f]+ (?!.*vsyscall)", self.text, re.M)]

    def stat(self, field):
        return int(self.text.rsplit(") ", 1)[1].split()[field - 3])

    def start_brk(self):
        return self.stat(47)

    def heap_and_data(self):
        """After the call, had it succeeded."""
        return self.request - self.start_brk() + self.stat(46) - self.stat(45)


def cli(*args):
    return subprocess.run([CLI, *args], stdout=subprocess.PIPE, text=True, check=True).stdout


def as_line(text):
    """The last explanation."""
    return " ".join(text.split("The program asked for")[-1].split())


def explained(*source):
    return as_line(cli("--explain", "--bytes", "--event", "refused", *source))


def contains(text, *wanted):
    for words in wanted:
        assert words in text, f"{words!r} is not in {text!r}"


def check(setup, call, expect, undo=(), later=None, now=None, prefix=(), recorded=None):
    """@expect, @now, @later and @recorded get what was said and return what is told: at all times, as long as the
    program has not gone on, after @undo, and of a recording."""
    command = [*prefix, "brkdo", *setup, *FILES, *call]
    program = Program(*command, "pause", *undo, *FILES, "pause")
    then, pid = Said(program.said), str(program.pid)
    wanted = expect(then)
    print(*setup, *call, wanted)
    contains(explained(pid), wanted, *([now(then)] if now else []))

    recording, sheet = f"{folder.name}/{pid}.json", f"{folder.name}/{pid}.csv"
    follower = subprocess.Popen([CLI, "--follow", "--json", "-o", recording, pid])
    until(lambda: None if os.path.exists(recording) and "refused" in open(recording).read() else "no events")
    program.go_on()
    contains(explained(pid), wanted, *([later(Said(program.said))] if later else []))
    program.end()
    assert follower.wait() == 0
    contains(explained("--input", recording), wanted, *([recorded(then)] if recorded else []))
    with open(sheet, "w") as f:
        f.write(cli("--input", recording, "--csv"))
    contains(explained("--input", sheet), wanted)

    # Followed to its end, which may be over when it is explained.
    text = f"{folder.name}/text"
    said = cli("--explain", "--bytes", "-o", text, "--event", "refused", "--", *command)
    with open(text) as f:
        contains(as_line(f.read()), expect(Said(said.splitlines())))


def limit_told(name, said):
    title, limit_key, used_key = LIMITS[name]
    most, needed = said.number(limit_key), said.number(used_key) * 1024 + said.grown
    # The kernel looks at the heap and the data segment first.
    if name == "data" and said.heap_and_data() > most:
        needed = said.heap_and_data()
    return f"{title}, was {most} B: {needed} B would have been needed."


def limit(name, *setup, prefix=()):
    def later(said):
        _, limit_key, used_key = LIMITS[name]
        return (f"It is now {said.number(limit_key)} B, which allows it: {said.number(used_key) * 1024} B would be "
                "needed.")

    check(["grow", "4096", *setup], ["grow", "8192"], lambda said: limit_told(name, said),
          [f"{name}+", "40960", "grow", "20480"], later, prefix=prefix)


def next_told(said, more=""):
    start = min(start for start in said.maps() if start >= said.end)
    return f"the next mapping began at {start:#x}, {start - said.end} B above the heap's last page{more}."


def next_mapping(distance, call, more, undo, later, kind="map"):
    check(["grow", "4096", kind, str(distance)], ["grow", str(call)], lambda said: next_told(said, more), undo,
          lambda said: later)


def mappings_told(said):
    return f"too many mappings, of which there were {len(said.maps())} (sysctl vm.max_map_count)."


def set_sysctl(name, value):
    with open(f"/proc/sys/vm/{name}", "r+") as f:
        before = f.read()
        f.seek(0)
        f.write(str(value))
    return before


def meminfo(key):
    with open("/proc/meminfo") as f:
        return int(re.search(rf"^{key}: *(\d+)", f.read(), re.M).group(1)) * 1024


def kept_back():
    """vm.overcommit_memory=2: only what is kept for root stands in the way."""
    program = Program("setpriv", "--bounding-set=-sys_admin", "brkdo", "grow", "4096", *FILES, "pause", "grow", "8192",
                      "pause")
    before = [("admin_reserve_kbytes", set_sysctl("admin_reserve_kbytes", meminfo("CommitLimit") // 1024)),
              ("user_reserve_kbytes", set_sysctl("user_reserve_kbytes", 64)),
              ("overcommit_memory", set_sysctl("overcommit_memory", 2))]
    limit = meminfo("CommitLimit")
    program.go_on()
    text, event = explained(str(program.pid)), look(program.pid).events[-1]
    for name, value in before[::-1]:
        set_sysctl(name, value.strip())
    said = Said([*program.said, "expect\trefused\t0x0\t0x0"])
    for_user = min(64 * 1024, said.number("VmSize") * 1024 // PAGE // 32 * PAGE)
    assert event["reason"] == "no_memory", event
    contains(text, f"no more than CommitLimit, {limit} B, less {limit // 1024 * 1024} B for root "
             f"(vm.admin_reserve_kbytes), less {for_user} B for the user's other programs (vm.user_reserve_kbytes). "
             f"{int(event['needed']) * PAGE} B had been promised before.")
    contains(explained(str(program.pid)), "The current settings allow it")
    program.end()


def from_outside():
    """The program is in a pid namespace that its reader is not in."""
    program = Program("unshare", "-p", "-f", "brkdo", "grow", "4096", "as+", "4096", *FILES, "grow", "8192", "pause")
    with open(f"/proc/{program.pid}/task/{program.pid}/children") as f:
        pid = f.read().strip()
    contains(explained(pid), limit_told("as", Said(program.said)), f"'prlimit --pid {pid} --as=")
    program.end()


def many_mappings():
    """What is told with the limit as it is now; and then, when that is another one again."""
    check(["to", "0"], ["max-maps", "5", "grow", "4096", "max-maps", "65530"],
          lambda said: f"process had {len(said.maps())} mappings", ["grow", "8192"],
          now=lambda said: "The current settings allow it")
    most = 200
    program = Program("brkdo", "to", "0", *[word for i in range(most) for word in ("map", str((1 + i) << 24))], *FILES,
                      "pause", "grow", "4096", "pause")
    before = set_sysctl("max_map_count", most)
    program.go_on()
    text = explained(str(program.pid))
    set_sysctl("max_map_count", before.strip())
    said = Said([*program.said, "expect\trefused\t0x0\t0x0"])
    contains(text, f"the process had {len(said.maps())} mappings, and sysctl vm.max_map_count is now {most}.")
    program.end()


def top(bits):
    """Where the addresses end that a program can have."""
    if os.uname().machine == "aarch64":
        return 1 << 48 if bits == 64 else (1 << 32) - PAGE
    with open("/proc/cpuinfo") as f:
        return (1 << (56 if " la57" in f.read() else 47)) - PAGE if bits == 64 else (1 << 32) - 2 * PAGE


def small_program():
    """It is another one that looks at its files."""
    program = Program("setpriv", "--bounding-set=-ipc_lock", "bare-32", "calls")
    pid, recording = program.pid, f"{folder.name}/32.json"
    follower = subprocess.Popen([CLI, "--follow", "--json", "-o", recording, str(pid)])
    start = Said(files(pid) + program.said).start_brk()
    wanted = [f"would be {start - 1} B below the start of the heap, {start:#x}.",
              f"a break at 0xffffffff lies outside of the addresses that a program can have, which end at "
              f"{top(32):#x}."]

    def told(*source):
        said = cli("--explain", "--bytes", "--event", "refused", *source).split("The program asked for")
        return [" ".join(text.split()) for text in said[1:]]

    def call(wish):
        program.process.stdin.write(wish)
        program.process.stdin.flush()
        return program.process.stdout.readline().rstrip("\n")

    def refused(wish, expect, now=None):
        before = files(pid)
        said = Said([*before, call(wish)])
        wanted.append(expect(said))
        print(wish, wanted[-1])
        contains(told(str(pid))[-1], now(said) if now else wanted[-1])

    def limited(name, most):
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        resource.prlimit(pid, kind, (most, resource.RLIM_INFINITY))
        refused("+", lambda said: limit_told(name, said))
        resource.prlimit(pid, kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    assert len(told(str(pid))) == 2
    for name in "as", "data":
        limited(name, (Said(files(pid) + program.said).number(LIMITS[name][2]) + 4) * 1024)
    limited("data", 4096)
    refused("^", lambda said: f"process had {len(said.maps())} mappings",
            lambda said: "that is more than the machine's memory and swap together, "
            f"{meminfo('MemTotal') + meminfo('SwapTotal')} B.")
    refused("t", lambda said: next_told(said))
    assert call("+").startswith("expect\tgrow")
    contains(told(str(pid))[-1], wanted[-1])
    assert call("l") == "ready"
    limited("memlock", (Said(files(pid) + program.said).number("VmLck") + 4) * 1024)
    assert call("u") == "ready"
    if minds_unmapped():
        refused("-", mappings_told, lambda said: "Now nothing is mapped there any more")
    assert call("g") == "ready"
    refused("+", lambda said: next_told(said, STACK_GAP))
    program.end()
    assert follower.wait() == 0
    recorded = told("--input", recording)
    assert len(recorded) == len(wanted), recorded
    for text, words in zip(recorded, wanted):
        contains(text, words)


if sys.argv[1:] == ["32"]:
    small_program()
    sys.exit()
limit("as", "as+", "4096")
limit("data", "data+", "4096")
limit("data", "data", "1000")
limit("memlock", "memlock+", "4096", "lock-future", prefix=("setpriv", "--bounding-set=-ipc_lock"))
check(["thread", "grow", "4096", "memlock+", "57344", "lock-future", "map", "4096"], ["grow", "4096"],
      lambda said: "the reason is unknown: new memory has to be locked (mlockall(MCL_FUTURE)), and RLIMIT_MEMLOCK was "
      f"{said.number('Max locked memory')} B; how much was locked at that moment is not known, because other threads "
      "may have locked or unlocked memory.", prefix=("setpriv", "--bounding-set=-ipc_lock"))
next_mapping(8192, 16384, "", ["unmap", "8192", "grow", "16384"], "It is gone: now the heap is there.")
next_mapping(8192, 8192, f", of which the last page ({PAGE} B) has to stay free", ["unmap", "8192"],
             "It is gone: now nothing is there.")
next_mapping(524288, 4096, STACK_GAP, [], "Now anonymous memory is there.", kind="map-stack")
check(["grow", "4096"], ["to", "-4096"],
      lambda said: f"would be 4096 B below the start of the heap, {said.start_brk():#x}.",
      ["grow", "8192"])
check(["grow", "4096"], ["at", "-1"],
      lambda said: f"a break at {2 ** 64 - 1:#x} lies outside of the addresses that a program can have, which end at "
      f"{top(64):#x}.", ["grow", "8192"])
if minds_unmapped():
    check(UNMAPPED[:-2], UNMAPPED[-2:], lambda said: "the kernel could not unmap it",
          now=lambda said: "Now nothing is mapped there any more",
          recorded=mappings_told)
from_outside()
kept_back()
many_mappings()
