#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-plot on saved files: needs neither the module nor root, but gnuplot.

load ../helper
program plot

setup_file() {
	export CLI PYTHONPATH=$BATS_TEST_DIRNAME PYTHONDONTWRITEBYTECODE=1
	[ -x "$CLI" ] || {
		echo "no $CLI: run make"
		return 1
	}
	command -v gnuplot || skip "no gnuplot"
}

teardown_file() {
	:
}

teardown() {
	:
}

setup() {
	mkdir -p "$BATS_TEST_TMPDIR/here/proc"
	cd "$BATS_TEST_TMPDIR/here" || return
	export BRKWATCH_PROC=$PWD/proc
	cp "$ROOT"/tests/data/proc/4* proc
}

draws() { # FILE PID...
	local file=$1
	shift
	run -0 --separate-stderr "$CLI" -o "$file" "$@"
	echo "stderr: $stderr"
	[ -z "$stderr" ]
	[ -s "$file" ]
	# Nothing else is left.
	[ "$(ls -A)" = "$file"$'\nproc' ]
}

refuses() { # MESSAGE FILE
	run -1 --separate-stderr env PATH="${3:-$PATH}" "$CLI" -o "$2" 4242
	echo "stderr: $stderr"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == "brkwatch-plot: "*"$1"* ]]
}

@test "the curve has the steps of the events at their times" {
	draws a.svg 4242
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	expect("python3 4242" in p.texts and "peak 132 KiB" in p.texts, p.texts)
	expect("milliseconds since the first event" in p.texts, p.texts)
	line, = p.curve("rgb(  0, 114, 178)")
	times = [1234567123456, 1234574625061, 1234574625061, 1234580626345, 1234580626345, 1234588127950, 1234588127950]
	sizes = [0, 0, 135168, 135168, 135184, 135184, 135200]
	expect(len(line) == len(sizes), line)
	dots = (line[-1][0] - line[0][0]) / (times[-1] - times[0])
	for (x, y), ns, size in zip(line, times, sizes):
	    expect(abs(p.size(y) - size) < 0.01 / p.per_byte, y, p.size(y), size)
	    expect(abs(x - line[0][0] - (ns - times[0]) * dots) < 0.02, x, ns)
	END
}

@test "peak, refused calls with their reasons, and the end" {
	draws a.svg 4300
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	for text in ("peak 2 MiB", "3 refused:", "rlimit_data", "1 rlimit_data", "below_start", "1 address_limit", "end"):
	    expect(text in p.texts, text, p.texts)
	line, = p.curve("rgb(  0, 114, 178)")
	sizes = [0, 2097152, 2097152, 524288, 524288, 524544, 524544]
	expect(len(line) == len(sizes) and
	       all(abs(p.size(y) - s) < 0.01 / p.per_byte for (x, y), s in zip(line, sizes)), line)
	crosses = [u.get("transform") for u in p.root.iter(SVG + "use") if u.get("color") == "rgb(208,   0,   0)"]
	places = [tuple(map(float, re.search(r"\(([0-9.]+),([0-9.]+)\)", c).groups())) for c in crosses]
	expect(len(places) == 4, places)	# one in the legend
	dots = (line[-1][0] - line[0][0]) / (1234648140790 - 1234567123456)
	for (x, y), ns in zip(places, (1234580626345, 1234588127950, 1234597129876)):
	    expect(abs(p.size(y) - 524288) < 0.01 / p.per_byte, y)
	    expect(abs(x - line[0][0] - (ns - 1234567123456) * dots) < 0.02, x, ns)
	END
}

@test "from a file, a recording and a pipe it is the same" {
	local printer=${CLI%/*}/brkwatch-cli
	draws a.svg 4300
	"$printer" --json --follow 4300 >../recording
	run -0 "$CLI" -o b.svg --input ../recording
	[ -z "$output" ]
	diff a.svg b.svg
	"$printer" --json --follow 4300 | "$CLI" -o c.svg --input -
	diff a.svg c.svg
	# What the recorder has missed cannot be drawn.
	echo '{"type":"missed","pid":7,"parent":4300,"calls":4,"forks":1}' >>../recording
	"$CLI" -o d.svg --input ../recording
	grep -q '>2 more spaces left out<' d.svg
}

@test "several processes, and more than can be told apart" {
	python3 - <<-'END'
	from picture import *
	for i in range(1, 31):
	    save(f"proc/{i}", i, f"p{i}", [(10**9 * i, "grow", i * 4096), (10**9 * i + 10**8, "grow", i * 8192)])
	END
	draws a.svg 1 2 3
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	for text in ("3 processes", "p1 1 (8 KiB)", "p3 3 (24 KiB)", "peak 16 KiB", "seconds since the first event"):
	    expect(text in p.texts, text, p.texts)
	# The highest comes first. What has not ended goes on while others have events.
	for i, colour in ((3, "  0, 114, 178"), (2, "230, 159,   0"), (1, "  0, 158, 115")):
	    line, = p.curve(f"rgb({colour})")
	    sizes = [0, i * 4096, i * 4096, i * 8192] + [i * 8192] * (i != 3)
	    expect(len(line) == len(sizes), line)
	    expect(all(abs(p.size(y) - s) < 0.01 / p.per_byte for (x, y), s in zip(line, sizes)), i, line)
	    expect(i == 3 or line[-1][0] > p.right * 0.95, line)
	END
	rm a.svg
	draws b.svg {1..30}
	python3 - <<-'END'
	from picture import *
	p = Picture("b.svg")
	expect("and 10 more" in p.texts and "p11 11 (88 KiB)" in p.texts, p.texts)
	expect(not any(t.startswith("p10 ") for t in p.texts), p.texts)
	expect(len(p.curve("rgb(192, 192, 192)")) == 10)
	END
}

@test "an exec begins anew, with its own start" {
	python3 - <<-'END'
	from picture import *
	save("proc/1", 5, "sh", [(10**9, "grow", 4096), (2 * 10**9, "end", 4096)], space=1)
	save("proc/2", 5, "true", [(3 * 10**9, "grow", 8192), (4 * 10**9, "end", 8192)], space=2, start=0x20000000)
	END
	draws a.svg 1 2
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	expect("true 5" in p.texts and "exec" in p.texts and "end" in p.texts, p.texts)
	lines = p.curve("rgb(  0, 114, 178)")
	expect([[round(p.size(y) / 4096, 2) for x, y in l] for l in lines] == [[0, 1, 1], [0, 2, 2]], lines)
	expect(lines[0][-1][0] < lines[1][0][0], lines)
	END
}

@test "a start that prctl moves" {
	# Between the two steps back it would be 64 GiB.
	draws a.svg 4500
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	expect("peak 40 MiB" in p.texts, p.texts)
	line, = p.curve("rgb(  0, 114, 178)")
	# 16 KiB is too little to be seen.
	times = [15571716824, 18391794283, 18391794283, 18397142070, 21099809692, 21109453666]
	sizes = [0, 16384, 41943040, 41947136, 16384, 12288]
	for ns, size in zip(times, sizes):
	    x = line[0][0] + (ns - times[0]) * (line[-1][0] - line[0][0]) / (times[-1] - times[0])
	    expect(any(abs(px - x) < 1 and abs(p.size(py) - size) < 1 / p.per_byte for px, py in line), ns, size, line)
	END
}

@test "an unknown start: the lowest break is 0" {
	sed 's/^StartBrk:.*/StartBrk:\t0x0000000000000000/' "$ROOT/tests/data/proc/4242" >proc/4242
	draws a.svg 4242
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	line, = p.curve("rgb(  0, 114, 178)")
	expect(abs(p.size(line[0][1])) < 0.01 / p.per_byte and abs(p.size(line[-1][1]) - 135200) < 0.01 / p.per_byte, line)
	END
}

@test "no events, one event, one of the widest range" {
	python3 - <<-'END'
	from picture import *
	save("proc/1", 1, "none", [])
	save("proc/2", 2, "one", [(5, "query", 0)])
	save("proc/3", 3, "wide", [(0, "grow", 2**62), (2**64 - 1, "shrink", 0)])
	END
	for pid in 1 2 3; do
		draws "$pid.svg" "$pid"
		mv "$pid.svg" proc
	done
	mv proc/*.svg ..
	grep -q '>no events<' ../1.svg
	grep -q '>peak 0 B<' ../2.svg
	grep -q '>peak 4 EiB<' ../3.svg
	draws 1.png 1 2 3
}

@test "PNG" {
	draws a.png 4242
	[ "$(head -c 8 a.png | od -An -tx1)" = " 89 50 4e 47 0d 0a 1a 0a" ]
}

@test "names that are no mere names" {
	cat >../names <<-'END'
		'"`touch x`"'
		`touch x`
		$(touch x)
		'.system("touch x").'
		a\nEND\n!touch x
		@x{/:Bold y}^z_w~&<b>]]>
		\\\\\x
		%s%n%d%1$s
		'
		''
		"
	END
	python3 - <<-'END'
	from picture import *
	for i, name in enumerate(open("../names").read().split("\n")[:-1] + ["\x01\x1b[2J\x7f\udcff\udced\udca0\udc80", "a\u202eb\ufffe\xe4"], 1):
	    save(f"proc/{i}", i, name, [(10**9, "grow", 4096 * i), (2 * 10**9, "end", 4096 * i)])
	END
	draws a.svg {1..13}
	[ ! -e x ]
	python3 - <<-'END'
	from picture import *
	p = Picture("a.svg")
	for i, name in enumerate(open("../names").read().split("\n")[:-1] + ["??[2J?????", "a?b?\xe4"], 1):
	    expect(f"{name[:24].replace(']]>', ']]?')} {i} ({i * 4} KiB)" in p.texts, name, p.texts)
	END
	rm a.svg
	# As a title.
	for pid in {1..13}; do
		draws a.svg "$pid"
		rm a.svg
	done
	draws a.png {1..13}
	[ ! -e x ]
}

@test "many events: little memory, and the peak is kept" {
	python3 - <<-'END'
	from picture import *
	events = [(10**12 + i * 10**5, "grow", i % 1000 * 4096) for i in range(100000)]
	events[51234] = (10**12 + 51234 * 10**5, "grow", 5000 * 4096 + 1)
	events[70000:70100] = [(10**12 + i * 10**5, "refused", events[69999][2], f"reason{i % 20}") for i in range(70000, 70100)]
	save("proc/1", 1, "saw", events)
	END
	python3 - <<-'END'
	from picture import *
	import os, resource, subprocess
	subprocess.run([os.environ["CLI"], "-o", "a.svg", "1"], check=True)
	# The file is in it, and gnuplot is counted if that needs more.
	used = resource.getrusage(resource.RUSAGE_CHILDREN)
	expect(used.ru_maxrss < 200 * 1024, used)
	p = Picture("a.svg")
	line, = p.curve("rgb(  0, 114, 178)")
	expect(4000 < len(line) < 17000, len(line))
	top = min(line, key=lambda p: p[1])
	expect(abs(p.size(top[1]) - 5000 * 4096 - 1) < 0.02 / p.per_byte, p.size(top[1]))
	expect(abs((top[0] - line[0][0]) / (line[-1][0] - line[0][0]) - 51234 / 99999) < 0.0001, top)
	expect("peak 20 MiB" in p.texts and "100 refused:" in p.texts and "45 other" in p.texts, p.texts)
	END
	[ "$(stat -c %s a.svg)" -lt 1000000 ]
}

@test "1100 address spaces" {
	python3 - <<-'END'
	from picture import *
	for i in range(1, 1101):
	    save(f"proc/{i}", i, "many", [(10**9 * i, "grow", i * 4096), (10**9 * i + 10**8, "end", i * 4096)])
	END
	draws a.svg {1..1100}
	grep -q '>and 980 more<' a.svg
	grep -q '>100 more spaces left out<' a.svg
}

@test "where no process matches it is said, and there is no picture" {
	cp "$ROOT/tests/data/proc/all" proc
	run -1 --separate-stderr "$CLI" -o a.svg --comm nobody
	[ "$stderr" = "brkwatch-plot: no process matches; brkwatch-top lists all" ]
	[ ! -e a.svg ]
	draws a.svg --comm '^python3$'
}

@test "what cannot be drawn is said before anything is done" {
	refuses "must end in .svg or .png: 'a.jpg'" a.jpg
	refuses "must end in .svg or .png: '.svg'" .svg
	refuses "no/a.svg: No such file or directory" no/a.svg
	mkdir a.svg
	refuses "cannot replace a.svg: it is not a regular file" a.svg
	mkdir empty
	refuses "apt install gnuplot-nox" b.svg "$PWD/empty"
	if [ "$EUID" -ne 0 ]; then
		chmod a-w empty
		refuses "Permission denied" empty/a.svg
	fi
	[ "$(echo *)" = "a.svg empty proc" ]
	run -1 --separate-stderr "$CLI" -o b.svg 77
	[ ! -e b.svg ]
}

@test "a gnuplot that fails is heard, and leaves the picture there was" {
	mkdir bin
	echo before >a.svg
	cat >bin/gnuplot <<-'END'
		#!/bin/sh
		[ "$1" != --version ] || exit 0
		echo half
		echo "         ^" >&2
		printf '"-" line 3: no \033way\n\n' >&2
		exit 1
	END
	chmod +x bin/gnuplot
	run -1 --separate-stderr env PATH="$PWD/bin:$PATH" "$CLI" -o a.svg 4242
	[ "$stderr" = 'brkwatch-plot: gnuplot: "-" line 3: no ?way' ]
	[ "$(cat a.svg)" = before ]
	[ "$(echo *)" = "a.svg bin proc" ]
	# The user's own settings for it do not matter.
	echo "set terminal dumb; exit status 3" >.gnuplot
	run -0 env HOME="$PWD" "$CLI" -o a.svg 4242
	grep -q '<svg' a.svg
	[ "$(stat -c %a a.svg)" = "$(printf '%o' $((0666 & ~$(umask))))" ]
	# It goes where a link leads, and stays private.
	ln -s a.svg b.svg
	echo before >a.svg
	chmod 600 a.svg
	"$CLI" -o b.svg 4242
	grep -q '<svg' a.svg
	[ "$(stat -c %a a.svg)" = 600 ]
	[ -L b.svg ]
}

@test "a signal while it is drawn leaves the picture there was, and nothing else" {
	local sig
	mkdir bin
	cat >bin/gnuplot <<-'END'
		#!/bin/sh
		[ "$1" != --version ] || exit 0
		echo half
		: >drawing
		exec sleep 1000
	END
	chmod +x bin/gnuplot
	echo before >a.svg
	for sig in HUP INT QUIT TERM; do
		# A shell's background job would ignore some.
		PATH="$PWD/bin:$PATH" python3 - "$sig" <<-'END'
		import os, signal, subprocess, sys, time
		sig = getattr(signal, "SIG" + sys.argv[1])
		cli = subprocess.Popen([os.environ["CLI"], "-o", "a.svg", "4242"],
		                       start_new_session=True, stdout=subprocess.DEVNULL,
		                       preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL) for s in (1, 2, 3, 15)])
		while not os.path.exists("drawing"):
		    time.sleep(0.05)
		os.kill(cli.pid, sig)
		status = cli.wait(60)
		os.killpg(cli.pid, signal.SIGKILL)
		assert status == -sig, status
		END
		rm drawing
		[ "$(cat a.svg)" = before ]
		[ "$(echo *)" = "a.svg bin proc" ]
	done
}
