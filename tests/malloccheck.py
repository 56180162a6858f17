#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""malloccheck.py FILE [PID]: what brkwatch-malloc --json says its calls come to is what they do,
page by page. Prints PID KIND SIZE of what each process has in the end. With PID, what it has so
far is what /proc/PID/maps says."""
import json
import sys

PAGE = 4096


def pages(start, size):
    return range(start // PAGE, (start + size + PAGE - 1) // PAGE)


class Space:
    def __init__(self, parent=None):
        self.pages = dict(parent.pages) if parent else {}  # number: (kind, since)
        self.heap = parent.heap if parent else (0, 0)
        self.heap_other = parent.heap_other if parent else 0  # pages in it that no call has mapped
        self.heap_read = parent.heap_read if parent else True

    def set_heap(self, start, end):
        self.heap = ((start + PAGE - 1) // PAGE, (end + PAGE - 1) // PAGE)

    def add_heap(self, start, end):
        self.set_heap(start, end)
        self.heap_other, self.heap_read = 0, True

    def find_heap(self, line):
        """What prctl moves maps nothing; but calls may be older than what was read."""
        if line["call"] != "brk":
            return
        start, end = int(line["start"], 16), int(line["old"], 16)
        if self.heap_read:
            self.add_heap(start, end)
        self.heap_read = False
        size = self.heap[1] - self.heap[0]
        self.set_heap(start, end)
        self.heap_other += self.heap[1] - self.heap[0] - size

    def held(self):
        return max(0, self.heap[1] - self.heap[0] - self.heap_other)

    def total(self):
        return (len(self.pages) + self.held()) * PAGE

    def kinds(self):
        held = {"heap": self.held() * PAGE}
        for kind, _ in self.pages.values():
            held[kind] = held.get(kind, 0) + PAGE
        return {kind: size for kind, size in held.items() if size}

    def map(self, start, size, kind, now):
        for page in pages(start, size):
            self.pages[page] = (kind, now)

    def unmap(self, start, size, before):
        for page in pages(start, size):
            if page in self.pages and self.pages[page][1] <= before:
                del self.pages[page]

    def take(self, line):
        number = {key: int(line[key], 16) for key in ("addr", "request", "old", "start") if line[key]}
        began = line["time_ns"] - line["took_ns"]
        if line["error"]:
            return
        if line["call"] == "mmap":
            self.map(number["addr"], line["length"], line["kind"], line["time_ns"])
        elif line["call"] == "munmap":
            self.unmap(number["request"], line["length"], began)
        elif line["call"] == "mremap":
            old, new = line["length"], line["new_length"]
            if number["addr"] != number["request"]:
                self.unmap(number["request"], old, began)
                self.map(number["addr"], new, line["kind"], line["time_ns"])
            elif new > old:
                self.map(number["addr"] + old, new - old, line["kind"], line["time_ns"])
            else:
                self.unmap(number["addr"] + new, old - new, began)
        elif line["call"] == "brk":
            self.set_heap(number["start"], number["addr"])


def play(name):
    """All that is in a recording: processes as they are then, and those that were summed up."""
    spaces, left, calls = {}, {}, 0
    with open(name, encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            pid = line.get("pid")
            if line["type"] == "start":
                spaces[pid] = Space(spaces.get(line.get("parent")))
            elif line["type"] in ("exec", "forget"):
                spaces[pid] = Space()
            elif line["type"] == "mapping":
                start, end = int(line["start"], 16), int(line["end"], 16)
                if line["kind"] == "heap":
                    spaces[pid].add_heap(start, end)
                else:
                    spaces[pid].map(start, end - start, line["kind"], 0)
            elif line["type"] == "known":
                assert line["total_bytes"] == spaces[pid].total(), (spaces[pid].total(), line)
            elif line["type"] == "call":
                space = spaces[pid]
                space.find_heap(line)
                before = space.total()
                space.take(line)
                calls += 1
                assert line["total_bytes"] == space.total(), (space.total(), line)
                assert line["bytes"] == space.total() - before, (space.total() - before, line)
            elif line["type"] == "summary":
                held = {kind: sums["held_bytes"] for kind, sums in line["kinds"].items() if sums["held_bytes"]}
                assert held == spaces[pid].kinds(), (held, spaces[pid].kinds())
                left[pid] = spaces[pid]
    assert calls
    return spaces, left


def compare(space, pid):
    """The first thread's stack grows without a call; the heap may be a mapping with other data."""
    start, end = space.heap
    ours = {page: kind for page, (kind, _) in space.pages.items()}
    ours.update({page: "heap" for page in range(start, end)})
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        for text in file:
            field = text.split(None, 5)
            low, high = (int(address, 16) // PAGE for address in field[0].split("-"))
            name = field[5].strip() if len(field) > 5 else ""
            if name == "[vsyscall]":
                continue
            if name == "[stack]":
                ours = {page: kind for page, kind in ours.items() if not low <= page < high}
                continue
            kinds = {ours.pop(page, None) for page in range(low, high)}
            assert None not in kinds, ("not told of", text)
            if name.startswith("/"):
                assert kinds <= {"file", "loader", "shared"}, (kinds, text)
            if name.startswith("[v"):
                assert kinds == {"kernel"}, (kinds, text)
    assert not ours, ("not there", {hex(page * PAGE): kind for page, kind in list(ours.items())[:9]})


processes, summed_up = play(sys.argv[1])
if len(sys.argv) > 2:
    compare(processes[int(sys.argv[2])], sys.argv[2])
for number, ended in summed_up.items():
    for what, size in sorted(ended.kinds().items()):
        print(number, what, size)
