# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests share. They run as root inside a guest, each file with the
# module freshly loaded; the kernel log is judged after every test.

bats_require_minimum_version 1.5.0

# Of this machine's locales only the one that every Debian has.
unset "${!LC_@}" LANGUAGE
export LANG=C.UTF-8 LC_ALL=C.UTF-8

ROOT=${BATS_TEST_DIRNAME%/tests*}
# In a guest tests/run says where they are.
BIN=${BRKWATCH_BIN:-$ROOT/tests/bin} CLI=${BRKWATCH_CLI:-$ROOT/userspace/brkwatch-cli}
PROC=/proc/brkwatch
: "${BRKWATCH_MODULE:=$ROOT/build/$(uname -r)/brkwatch.ko}"
export PATH=$BIN:$PATH

# program NAME: the tests of a file are of this one.
program() {
	CLI=${CLI%/*}/brkwatch-$1
}

# What the kernel says when something is wrong. scripts/vm judges the whole
# log again when all is over; here it tells which test it was.
BAD_LOG='BUG:|WARNING:|Oops|Call Trace|general protection|blocked for more|INFO: rcu|possible circular|suspicious RCU|sleeping function|refcount_t:|UBSAN|lockup'

# figure SMALL LONG: a size, by whether this is the long run.
figure() {
	if [ "${BRKWATCH_SIZE:-}" = long ]; then echo "$2"; else echo "$1"; fi
}

# What everything built here has to call itself; a guest may lack git.
version() {
	echo "${BRKWATCH_VERSION:-$("$ROOT/scripts/version")}"
}

load_module() {
	insmod "$BRKWATCH_MODULE" "$@"
}

unload_module() {
	rmmod brkwatch
}

# Whatever a failed test has left: the next file wants to load the module.
unload_leftover() {
	if [ -d "$PROC" ]; then
		pkill -KILL "^brkwatch-" || :
		rmmod brkwatch
	fi
}

setup_file() {
	load_module
}

teardown_file() {
	sysctl -q kernel.randomize_va_space=0
	cpus "$BRKWATCH_CPUS"
	unload_leftover
}

teardown() {
	judge_log
}

# What the test before left is cleared by reading it.
judge_log() {
	local log
	log=$(busybox dmesg -c | "$ROOT/scripts/excuse-log")
	if [[ "$log" =~ $BAD_LOG ]]; then
		echo "the kernel log says: $log"
		return 1
	fi
}

# Starting a program is what takes long in an emulated guest; this needs none.
moment() {
	[ -n "${nothing:-}" ] || exec {nothing}<> <(:)
	read -rt 0.02 -u "$nothing" || :
}

python3() {
	command python3 -S "$@"
}

# Kernels that check themselves are slower by as much.
case $(uname -r) in
*san) export BRKWATCH_SLOWNESS=10 ;;
*) export BRKWATCH_SLOWNESS=1 ;;
esac

# until_true SECONDS COMMAND...: wait for it, show what it said if it never is.
# It is half a minute at least, and tried once more when that is over: the host
# may have done something else all the time.
until_true() {
	local deadline=$((SECONDS + ($1 > 30 ? $1 : 30) * BRKWATCH_SLOWNESS)) late='' out
	shift
	until out=$("$@" 2>&1); do
		if [ "$late" ]; then
			echo "still not true: $*: $out"
			return 1
		fi
		[ "$SECONDS" -le "$deadline" ] || late=y
		moment
	done
}

# key KEY [FILE]: a value of a file's header block.
key() {
	awk -F'\t' -v key="$1:" '$1 == key { print $2; exit }' "${2:-/dev/stdin}"
}

# events [FILE]: the rows of the event table.
events() {
	awk -F'\t' 'on && NF { print } $1 == "seq" { on = 1 }' "${1:-/dev/stdin}"
}

# Brk calls only, in the columns that brkdo's own reckoning has.
calls() {
	events "$@" | awk -F'\t' -v OFS='\t' \
		'$5 !~ /^(fork|external|resync|end)$/ { print $5, $6, $7, $8, $9, $10 }'
}

expected() {
	sed -n 's/^expect\t//p' "${1:-/dev/stdin}"
}

# assert_same_calls FILE: the newest calls shown are those that brkdo made.
assert_same_calls() {
	local n
	n=$(expected "$1" | wc -l)
	[ "$n" -gt 0 ]
	diff -u --label brkdo --label module \
		<(expected "$1") <(calls "$1" | tail -n "$n")
}

# assert_consistent FILE: what holds for every text of a process at rest.
assert_consistent() {
	awk -F'\t' '
	function bad(what) { print "inconsistent: " what; err = 1 }
	/^[A-Za-z]+:/ { sub(":", "", $1); v[$1] = $2; next }
	$1 == "seq" { table = 1; next }
	table && NF == 14 {
		if (seen && $1 != seq + 1) bad("sequence " seq " then " $1)
		if (seen && $7 != brk) bad("chain broken at " $1)
		if (seen && $2 < time) bad("time goes back at " $1)
		seen = 1; seq = $1; brk = $8; time = $2
		n[$5]++
		if ($5 == "external" || $5 == "resync") {
			start = $6
			if ($10 > 0) other_up += $10; else other_down -= $10
		} else if ($10 > 0) up += $10; else down -= $10
	}
	END {
		sum = v["Queries"] + v["Grows"] + v["Shrinks"] + v["Moves"]
		sum += v["Same"] + v["Refused"]
		if (v["Calls"] != sum) bad("Calls " v["Calls"] ", sum " sum)
		if (seen && seq != v["Events"])
			bad("newest " seq ", Events " v["Events"])
		rest = v["InFlight"] == 0 && v["State"] == "running"
		if (seen && rest && brk != v["Brk"])
			bad("last new " brk ", Brk " v["Brk"])
		if (v["Dropped"] == 0) {
			if (n["query"] + 0 != v["Queries"]) bad("Queries")
			if (n["grow"] + 0 != v["Grows"]) bad("Grows")
			if (n["shrink"] + 0 != v["Shrinks"]) bad("Shrinks")
			if (n["refused"] + 0 != v["Refused"]) bad("Refused")
			if (up * v["PageSize"] != v["GrownBytes"]) bad("GrownBytes")
			if (down * v["PageSize"] != v["ShrunkBytes"]) bad("ShrunkBytes")
			if (n["external"] + 0 != v["External"]) bad("External")
			if (n["resync"] + 0 != v["Resyncs"]) bad("Resyncs")
			if (other_up * v["PageSize"] != v["ExternalUpBytes"]) bad("ExternalUpBytes")
			if (other_down * v["PageSize"] != v["ExternalDownBytes"]) bad("ExternalDownBytes")
		}
		if (!start) start = v["StartBefore"]
		if (rest && start != v["StartBrk"])
			bad("start " start ", StartBrk " v["StartBrk"])
		exit err
	}' "$1"
}

# What is above all addresses is above the next mapping, too. Linux looks at the
# address in do_brk_flags, after that, where this function takes one and no pointer.
too_far() {
	local tracing=/sys/kernel/tracing old first
	# shellcheck disable=SC2016 # it is no variable of ours
	echo 'p:brkwatch_test/grow do_brk_flags first=$arg1:x64' >"$tracing/kprobe_events"
	echo 1 >"$tracing/events/brkwatch_test/grow/enable"
	old=$(brkdo to 0 grow 4096 | expected | awk 'END { print $3 }')
	echo 0 >"$tracing/events/brkwatch_test/grow/enable"
	first=$(sed -n 's/^ *brkdo-.* first=//p' "$tracing/trace" | tail -n 1)
	: >"$tracing/kprobe_events"
	: >"$tracing/trace"
	if ((first >= old && first - old < 65536)); then echo next_mapping; else echo address_limit; fi
}

# interruptible COMMAND... &: in the background a shell has SIGINT and SIGQUIT
# ignored, and nohup, which may have begun it all, SIGHUP.
interruptible() {
	exec env --default-signal=HUP,INT,QUIT "$@"
}

# start_brkdo OPERATION...: in the background, until it pauses; its input is
# $told, its output in $out, its number in $pid. tell ends the pause. It is run by
# $under, where that is set; then the number is that of $under.
start_brkdo() {
	out=$BATS_TEST_TMPDIR/out
	rm -f "$BATS_TEST_TMPDIR/in"
	mkfifo "$BATS_TEST_TMPDIR/in"
	: >"$out"
	"${under[@]}" brkdo "$@" <"$BATS_TEST_TMPDIR/in" >"$out" 3>&- &
	pid=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_true 10 grep -q ready "$out"
}

tell() {
	echo >&"$told"
}

# A process has its name when this is true.
has_name() {
	[ -e "$PROC/$1" ]
}

# file_of PID: its text, waiting a moment for the name of a new process.
file_of() {
	until_true 1 has_name "$1"
	cat "$PROC/$1"
}

stat_of() {
	key "$1" "$PROC/stats"
}

# memory_held: by the module's own reckoning, its slab, its vmalloc areas.
memory_held() {
	awk '/^brkwatch_record / { print "slabs", $3 }' /proc/slabinfo
	echo "vmalloc $(grep -c '\[brkwatch\]' /proc/vmallocinfo)"
	echo "bytes $(stat_of MemoryBytes)"
	echo "live $(stat_of Records)"
}

# memory_back: as much as in $BATS_TEST_TMPDIR/before, or less; a record more for each process that has one now.
memory_back() {
	memory_held >"$BATS_TEST_TMPDIR/after"
	paste "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	paste "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" |
		awk '$1 == "live" { more = $4 - $2 } $1 == "bytes" { bytes = $4 - $2 } $1 == "vmalloc" && $4 > $2 { bad = 1 }
		END { exit bad || bytes > more * 2560 + 64 * 2560 }'
}

# all_named [SECONDS]: waits until every process has its name, and no other is
# there. One process looks at both: those of a pipe would be in one of them only.
all_named() {
	PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1 python3 -c '
import sys
from proctext import *
until(names_differ, int(sys.argv[1]))' "${1:-10}"
}

# cpus N: that many are on. The guest has four; most tests are content with one,
# for an emulated one that is waited for is waited for long. What patches code,
# as loading and unloading do, is done with one: see scripts/vm.
cpus() {
	local i
	for i in 1 2 3; do
		echo $((i < $1)) >"/sys/devices/system/cpu/cpu$i/online" || return
	done
}

# with_cpus N COMMAND...
with_cpus() {
	local before
	before=$(grep -c ^processor /proc/cpuinfo)
	cpus "$1"
	shift
	"$@"
	cpus "$before"
}
