# SPDX-License-Identifier: GPL-2.0
"""report.py DIR: the tables of cost.csv, scale.csv and cpus.csv in DIR, and its pictures."""
import csv
import os
import shutil
import subprocess
import sys

NOTHING = "nothing"


def rows(name):
    path = os.path.join(sys.argv[1], name)
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return list(csv.reader(f))


def by_kernel(table):
    kernels = {}
    for kernel, *rest in table:
        kernels.setdefault(kernel, []).append(rest)
    return kernels


def print_table(head, lines):
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, ["-" * width for width in widths], *lines]:
        print("| " + " | ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                for i, (cell, width) in enumerate(zip(line, widths))) + " |")
    print()


def cost_of(table):
    """tool -> workload -> (own, all), and under "lost" a share of events."""
    tools = {}
    for tool, workload, turns, *values in table:
        cost = tools.setdefault(tool, {})
        if workload == "burst":
            cost["lost"] = int(values[1]) / int(turns)
        else:
            cost[workload] = [float(value) if value else None for value in values]
    return tools


def added(value, base):
    return "" if value is None or base is None else f"{round(value - base):+d}"


def call_table(tools):
    """Whatever a turn of is one system call: instructions, what is added, the ratio."""
    nothing = tools.get(NOTHING, {})
    head, lines = ["instructions a call"], []
    for workload in "query", "updown":
        head += [workload, "+", "all CPU", "+", "ratio"]
    head += ["grow33", "+", "getppid", "+", "lost"]
    for tool, cost in tools.items():
        line = [tool.replace(";", ",")]
        for workload in "query", "updown":
            own, whole = cost[workload]
            base, base_whole = nothing.get(workload, (None, None))
            line += [f"{own:.0f}", added(own, base), f"{whole:.0f}", added(whole, base_whole),
                     f"{whole / base_whole:.1f}" if base_whole else ""]
        for workload in "grow33", "getppid":
            line += [f"{cost[workload][0]:.0f}", added(cost[workload][0], nothing.get(workload, [None])[0])]
        lines.append([*line, f"{100 * cost['lost']:.0f} %" if "lost" in cost else "-"])
    print_table(head, lines)


def program_table(tools):
    """Programs at work: million instructions, and how much more than with nothing."""
    workloads = {"lists": "64 blocks listed and freed", "exec": "fork, exec, exit", "perl": "perl sorting"}
    nothing = tools.get(NOTHING, {})
    lines = []
    for tool, cost in tools.items():
        line = [tool.replace(";", ",")]
        for workload in workloads:
            own, base = cost[workload][0], nothing.get(workload, [None])[0]
            line += [f"{own / 1e6:.3f}", f"{100 * (own / base - 1):+.1f} %" if base else ""]
        lines.append(line)
    print_table(["million instructions", *(cell for name in workloads.values() for cell in (name, ""))], lines)


def wide_table(kernel, table):
    """A line for each thing measured, a column for each size."""
    things = {}
    for what, size, value, unit in table:
        things.setdefault((what, unit), {})[int(size)] = value
    shapes = {}
    for (what, unit), values in things.items():
        shapes.setdefault(tuple(values), []).append([f"{what.replace(';', ',')} ({unit})", *values.values()])
    for sizes, lines in shapes.items():
        print_table([kernel, *(f"{size:,}" for size in sizes)], lines)


def picture(kernels):
    """Bars of what a query costs, with the tool's own work, least at the top."""
    kernel, tools = list(kernels.items())[-1]
    if not all("query" in cost for cost in tools.values()) or len(tools) < 3:
        return
    order = sorted(tools.items(), key=lambda item: -item[1]["query"][1])
    data = "".join(f'{i} {cost["query"][0]} {cost["query"][1]} "{tool.replace(";", ",")}" '
                   f'"{"" if not cost.get("lost") else "   %.0f %% lost by default" % (100 * cost["lost"])}"\n'
                   for i, (tool, cost) in enumerate(order))
    for terminal, name in (("svg size 900,520 dynamic background '#ffffff' font 'sans,13'", "cost.svg"),
                           ("pngcairo size 900,520 font 'sans,10'", "cost.png")):
        script = f"""
            set terminal {terminal}
            set output "{os.path.join(sys.argv[1], name)}"
            $data << END
{data}END
            set title "brk(0) on Linux {kernel}: instructions per call"
            set logscale x 10
            set xrange [100:200000]
            set yrange [-0.6:{len(order)} - 0.4]
            set format x "10^{{%L}}"
            set grid x
            set key top right reverse Left noenhanced
            set style fill solid 1
            set ytics scale 0 noenhanced
            set rmargin 3
            plot $data using 3:1:(100):3:($1-0.36):($1+0.36):ytic(4) with boxxyerror lc rgb "#9ec5e8" \
                     title "with all the CPU time that the tool takes", \
                 "" using 2:1:(100):2:($1-0.36):($1+0.36) with boxxyerror lc rgb "#1f5f99" \
                     title "in the process itself", \
                 "" using 3:1:5 with labels left font ",10" notitle
            """
        subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    kernels = {kernel: cost_of(table) for kernel, table in by_kernel(rows("cost.csv")).items()}
    for kernel, tools in kernels.items():
        print(f"{kernel}. Own instructions of the calling process, and all CPU time with the tool's; what was lost\n"
              "of a burst of 64000 queries into buffers of default size, else large ones.\n")
        call_table(tools)
        program_table(tools)
    for name in "scale.csv", "cpus.csv":
        for kernel, table in by_kernel(rows(name)).items():
            wide_table(kernel, table)
    if kernels and shutil.which("gnuplot"):
        picture(kernels)


main()
