# SPDX-License-Identifier: GPL-2.0
"""tracecheck.py TRACING-DIR ROWS PID PAGES: the events in the pages of a trace buffer, decoded by the
kernel's description of them alone, against the rows of /proc/brkwatch/PID: every field of each."""
import re
import struct
import sys

tracing, rows_name, pid, pages_name = sys.argv[1:]
pid = int(pid)


def read_format(name):
    text = open(f"{tracing}/events/brkwatch/{name}/format").read()
    fields = {}
    for what, offset, size, signed in re.findall(r"field:([^;]*);\s*offset:(\d+);\s*size:(\d+);\s*signed:(\d);", text):
        fields[re.sub(r"\[.*", "", what.split()[-1])] = int(offset), int(size), signed == "1"
    words = [dict((int(n, 0), word) for n, word in re.findall(r'\{ (\w+), "([^"]*)" \}', part))
             for part in re.findall(r"__print_\w+\(REC->\w+,(.*?\})\)", text)]
    return int(re.search(r"^ID: (\d+)", text, re.M)[1]), fields, words


formats = {}
for name in "query grow shrink move same refused other".split():
    number, fields, words = read_format(f"brk_{name}")
    formats[number] = name, fields, words


def records(page):
    """Of a page of the ring buffer, as events/header_event describes it."""
    at, end = 16, 16 + (struct.unpack_from("=Q", page, 8)[0] & 0xfffff)
    while at < end:
        head, = struct.unpack_from("=I", page, at)
        kind, at = head & 31, at + 4
        if kind == 29:
            if not head >> 5:
                return
            at += struct.unpack_from("=I", page, at)[0]
        elif kind >= 30:
            at += 4
        elif kind:
            yield page[at:at + kind * 4]
            at += kind * 4
        else:
            size, = struct.unpack_from("=I", page, at)
            yield page[at + 4:at + size]
            at += size


def value(data, place):
    offset, size, signed = place
    return int.from_bytes(data[offset:offset + size], sys.byteorder, signed=signed)


def amount(number, reason):
    """Limit or needed, as the rows have them."""
    if not number:
        return "-"
    return f"{number:#018x}" if reason in ("below_start", "address_limit", "next_mapping") else str(number)


seen = {}
pages = open(pages_name, "rb").read()
for start in range(0, len(pages), 4096):
    for data in records(pages[start:start + 4096]):
        number = struct.unpack_from("=H", data)[0]
        name, fields, (kinds, reasons, flags) = formats[number]
        v = {field: value(data, place) for field, place in fields.items() if field != "comm"}
        if v["pid"] != pid:
            continue
        kind = kinds[v["kind"]]
        assert name == kind or (name == "other" and kind in ("fork", "external", "resync", "end")), (name, kind)
        fork = kind == "fork"
        letters = "".join(word for bit, word in sorted(flags.items()) if v["flags"] & bit) or "-"
        offset, size, _ = fields["comm"]
        comm = data[offset:offset + size].split(b"\0")[0].decode()
        seen[v["space"], v["seq"]] = comm, v["start"], [
            str(v["seq"]), str(v["time"]), str(v["took"]), str(v["tid"]), kind,
            str(v["request"]) if fork else f"{v['request']:#018x}", f"{v['old']:#018x}", f"{v['new']:#018x}",
            str(v["delta"]), str(v["pages"]), reasons[v["reason"]], letters,
            amount(v["limit"], reasons[v["reason"]]), amount(v["needed"], reasons[v["reason"]])]

compared, kinds, space = 0, set(), None
for line in open(rows_name):
    key, _, text = line.rstrip("\n").partition(":\t")
    if key == "Space":
        space = int(text)
    elif key == "StartBrk":
        start = int(text, 16)
    elif key == "Name":
        comm = text
    row = line.rstrip("\n").split("\t")
    if len(row) == 14 and row[0] != "seq":
        if (space, int(row[0])) not in seen:
            # From before the events were enabled.
            assert not compared, row
            continue
        got = seen.pop((space, int(row[0])))
        assert got[2][:12] == row[:12], (got[2], row)
        # Of old refusals the file no longer knows the numbers.
        assert row[12:] in (got[2][12:], ["-", "-"]), (got[2], row)
        assert got[1] == start, (got[1], start)
        compared += 1
        kinds.add(row[4])
assert not seen, list(seen)[:3]
print(f"{compared} events of {len(kinds)} kinds are the same: {' '.join(sorted(kinds))}")
