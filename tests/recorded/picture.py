# SPDX-License-Identifier: GPL-2.0
"""What the tests of brkwatch-plot want to know of a picture, and saved files to draw."""

import re
import sys
import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    def __init__(self, name):
        self.root = ET.parse(name).getroot()
        self.texts = ["".join(t.itertext()).strip() for t in self.root.iter(SVG + "text")]
        self.area()

    def area(self):
        """Dots of the value 0 and per byte, from the labels of the axis."""
        places = []
        for g in self.root.iter(SVG + "g"):
            text = g.find(SVG + "text")
            if text is None or g.get("text-anchor") != "end":
                continue
            label = re.fullmatch(r"([0-9.]+)(?: (B|[KMGTPE]iB))?", "".join(text.itertext()).strip())
            if not label:
                continue
            unit = 1024 ** "BKMGTPE".index((label[2] or "B")[0])
            y = float(re.search(r",([0-9.]+)\)", g.get("transform"))[1])
            places.append((float(label[1]) * unit, y))
        (low, y0), (high, y1) = min(places), max(places)
        self.per_byte = (y0 - y1) / (high - low)
        # A text's place is that of its foot; the axis itself says where 0 is.
        frame = [p.get("d") for p in self.root.iter(SVG + "path")
                 if p.get("stroke") == "rgb( 96,  96,  96)" and p.get("d").count("L") == 2]
        self.zero = float(re.findall(r",([0-9.]+)", frame[-1])[1])
        self.right = max(float(x) for x in re.findall(r"([0-9.]+),", frame[-1]))

    def curve(self, colour):
        """Lists of places, in dots, of the curve of this colour."""
        lines = []
        for path in self.root.iter(SVG + "path"):
            if path.get("stroke") != colour:
                continue
            for part in path.get("d").strip().split("M")[1:]:
                lines.append([tuple(map(float, p.split(","))) for p in re.split(r"[ L]+", part.strip())])
        # Two points side by side are the sample in the legend.
        return [l for l in lines if not (len(l) == 2 and l[0][0] > self.right)]

    def size(self, y):
        return (self.zero - y) / self.per_byte


HEAD = """Format:	1
Name:	{name}
Pid:	{pid}
Space:	{space}
State:	running
PageSize:	4096
StartBrk:	0x{start:016x}
Brk:	0x{brk:016x}
HeapBytes:	0
HeapPages:	0
PeakBytes:	0
DataLimit:	unlimited
NextMapping:	none
RoomBytes:	none
Since:	1
Calls:	0
Queries:	0
Grows:	0
Shrinks:	0
Moves:	0
Same:	0
Refused:	0
GrownBytes:	0
ShrunkBytes:	0
InFlight:	0
Lost:	0
History:	32
Events:	{n}
Dropped:	0

seq	time_ns	took_ns	tid	event	request	old	new	delta_bytes	delta_pages	reason	flags
"""


def save(file, pid, name, events, space=None, start=0x10000000):
    """An event: nanoseconds, kind, the heap's size after it, and the reason where it was refused."""
    size = 0
    with open(file, "wb") as f:
        f.write(HEAD.format(name=name, pid=pid, space=space or pid, start=start, brk=start,
                            n=len(events)).encode(errors="surrogateescape"))
        for seq, (ns, kind, after, *reason) in enumerate(events, 1):
            f.write(f"{seq}\t{ns}\t10\t{pid}\t{kind}\t0x{start + after:016x}\t0x{start + size:016x}\t"
                    f"0x{start + after:016x}\t{after - size}\t0\t{(reason or ['-'])[0]}\t-\n".encode())
            size = after


def expect(condition, *what):
    if not condition:
        print(*what)
        sys.exit(1)
