#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-metrics of processes that live, and what Prometheus makes of it.
# shellcheck disable=SC2154 # stderr and stderr_lines come from run

load helper
program metrics

DEBIAN=$ROOT/build/prometheus
EXPORTER=127.0.0.1:9100 PROMETHEUS=127.0.0.1:9090

# Where others may write, too.
setup() {
	SCENE=$(mktemp -d)
	chmod 777 "$SCENE"
	OUT=$SCENE/brkwatch.prom
}

teardown() {
	local pid
	while read -r pid; do
		kill -KILL "$pid" || :
	done < <(cat "$BATS_TEST_TMPDIR/pids")
	judge_log
}

# in_background COMMAND...: in $pid; it ends with the test, if not before.
in_background() {
	"$@" 3>&- &
	pid=$!
	echo "$pid" >>"$BATS_TEST_TMPDIR/pids"
}

# value SAMPLE: of $OUT; name and labels are given literally.
value() {
	awk -v sample="$1" 'substr($0, 1, length(sample) + 1) == sample " " { print substr($0, length(sample) + 2) }' "$OUT"
}

# is SAMPLE NUMBER
is() {
	local value
	value=$(value "$1")
	echo "$1 is $value"
	[ "$value" = "$2" ]
}

# has_reached SAMPLE NUMBER
has_reached() {
	local value
	value=$(value "$1")
	echo "$1 is $value"
	[ "${value:-0}" -ge "$2" ]
}

@test "a process that lives, and its last words" {
	in_background "$CLI" -o "$OUT" --interval 0.2
	local cli=$pid
	start_brkdo grow 1048576 pause grow 2097152 at 1 pause grow 4096
	echo "$pid" >>"$BATS_TEST_TMPDIR/pids"
	until_true 10 has_reached 'brkwatch_heap_bytes{groupname="brkdo"}' 1048576
	until_true 10 is 'brkwatch_processes{groupname="brkdo"}' 1
	# When it was first seen it may have had nothing yet.
	local before
	before=$(value 'brkwatch_group_heap_grown_bytes_total{groupname="brkdo"}')
	tell
	until_true 10 is 'brkwatch_group_heap_grown_bytes_total{groupname="brkdo"}' $((before + 2097152))
	until_true 10 is 'brkwatch_group_failures_total{groupname="brkdo"}' 1
	local calls
	calls=$(value 'brkwatch_group_calls_total{groupname="brkdo"}')
	[ "$(value 'brkwatch_failures_total{reason="below_start"}')" -ge 1 ]
	awk -v now="$(date +%s)" '/^brkwatch_last_event_timestamp_seconds{groupname="brkdo"}/ {
		seen = 1; if ($2 < now - 60 || $2 > now + 1) { print "the last event was at", $2, "and it is", now; exit 1 }
	} END { exit !seen }' "$OUT"
	tell
	wait "$pid"
	until_true 10 is 'brkwatch_processes{groupname="brkdo"}' 0
	until_true 10 is 'brkwatch_group_heap_grown_bytes_total{groupname="brkdo"}' $((before + 2101248))
	[ "$(value 'brkwatch_group_calls_total{groupname="brkdo"}')" -gt "$calls" ]
	kill "$cli"
	wait "$cli"
	[ ! -e "$OUT" ]
}

# adds_up BEFORE: that many calls were made before; in one and the same file.
adds_up() {
	cp "$OUT" "$BATS_TEST_TMPDIR/copy"
	# Whatever was before the first reading is in no group.
	awk -v before="$1" '/^brkwatch_calls_total/ { all = $2 }
		/^brkwatch_group_calls_total/ { sum += $NF; if (/"(other|brkdo)"/) ours += $NF }
		END { print "all " all - before ", in groups " sum ", other and brkdo " ours
			exit !(all - before >= 5000 && sum >= all - before && sum < all && ours >= 5000) }' "$BATS_TEST_TMPDIR/copy"
}

@test "totals are the module's, and the groups' increases add up to them" {
	"$CLI" -o "$OUT"
	local before after i
	before=$(value brkwatch_calls_total)
	for i in 1 2 3; do brkdo burst 1000; done >"$BATS_TEST_TMPDIR/burst"
	"$CLI" -o "$OUT"
	after=$(value brkwatch_calls_total)
	[ $((after - before)) -ge 3000 ]
	[ "$after" -le "$(stat_of TotalCalls)" ]
	rm "$OUT"

	in_background "$CLI" -o "$OUT" --interval 0.1
	until_true 10 has_reached brkwatch_calls_total 1
	before=$(value brkwatch_calls_total)
	for i in 1 2 3 4 5; do brkdo burst 1000; done >"$BATS_TEST_TMPDIR/burst"
	until_true 10 adds_up "$before"
}

@test "whoever has CAP_SYS_PTRACE alone reads all, as the systemd unit does" {
	in_background setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		--inh-caps -all,+sys_ptrace --ambient-caps +sys_ptrace --bounding-set -all,+sys_ptrace \
		"$CLI" -o "$OUT" --interval 3600 2>"$BATS_TEST_TMPDIR/err"
	until_true 10 test -s "$OUT"
	# Process 1.
	[ "$(value 'brkwatch_processes{groupname="busybox"}')" -ge 1 ]
	[ "$(value 'brkwatch_processes{groupname="bash"}')" -ge 2 ]
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	kill "$pid"
	wait "$pid"

	# Without it, his own only, and the totals.
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$CLI"
	[ "$(awk '/^brkwatch_processes/ { n += $NF } END { print n }' <<<"$output")" = 1 ]
	[[ "$output" == *"brkwatch_calls_total "* ]]
}

@test "the module goes: so do the file and the program, with a word" {
	in_background "$CLI" -o "$OUT" --interval 0.1 2>"$BATS_TEST_TMPDIR/err"
	until_true 10 test -s "$OUT"
	# It may be reading at this moment.
	until_true 10 unload_module
	local status=0
	wait "$pid" || status=$?
	load_module
	[ "$status" -eq 1 ]
	[ ! -e "$OUT" ]
	# It may have been in the middle of reading.
	cat "$BATS_TEST_TMPDIR/err"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 1 ]
	grep -qE '^brkwatch-metrics: (the brkwatch module has been unloaded|cannot read /proc/brkwatch/)' "$BATS_TEST_TMPDIR/err"
}

query() {
	"$DEBIAN/promtool" query instant "http://$PROMETHEUS" "$1"
}

finds_brkdo() {
	local found
	found=$(query 'topk(1, deriv(brkwatch_heap_bytes{groupname!="other"}[30s]) > 0)')
	echo "$found"
	[[ "$found" == *'groupname="brkdo"'* ]]
}

grows_and_is_found() {
	tell
	finds_brkdo
}

has_gone() {
	[ -z "$(query brkwatch_build_info)" ]
}

# Each metric of the file.
has_all_names() {
	local name
	query 'group by (__name__) ({__name__=~"brkwatch_.*"})' >"$BATS_TEST_TMPDIR/names"
	while read -r name; do
		grep -q "{__name__=\"$name\"}\|^$name " "$BATS_TEST_TMPDIR/names" || {
			echo "Prometheus has no $name"
			return 1
		}
	done < <(sed -n 's/^# TYPE \(brkwatch_[a-z_]*\) .*/\1/p' "$OUT")
}

scrapes_without_error() {
	local error
	error=$(query node_textfile_scrape_error)
	echo "$error"
	[[ "$error" == *"=> 0 "* ]]
}

scrapes() {
	[[ "$(query 'brkwatch_build_info')" == *"version=\"$(cat "$ROOT/VERSION")\""* ]]
}

@test "Prometheus scrapes node_exporter, and a query finds the process that grows" {
	[ "$(uname -m)" = x86_64 ] || skip "no prometheus in a foreign root"
	[ -x "$DEBIAN/prometheus" ] || {
		echo "no $DEBIAN/prometheus: run scripts/prometheus"
		return 1
	}
	cat >"$BATS_TEST_TMPDIR/prometheus.yml" <<-END
		global:
		  # No answer may take longer.
		  scrape_interval: 3s
		rule_files:
		- $ROOT/contrib/prometheus/brkwatch.rules.yml
		scrape_configs:
		- job_name: node
		  static_configs:
		  - targets: ["$EXPORTER"]
	END
	in_background "$CLI" -o "$OUT" --interval 0.5
	local cli=$pid told
	in_background "$DEBIAN/prometheus-node-exporter" --web.listen-address="$EXPORTER" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$SCENE" >"$BATS_TEST_TMPDIR/exporter" 2>&1
	in_background "$DEBIAN/prometheus" --web.listen-address="$PROMETHEUS" --config.file="$BATS_TEST_TMPDIR/prometheus.yml" \
		--storage.tsdb.path="$BATS_TEST_TMPDIR/tsdb" >"$BATS_TEST_TMPDIR/prometheus" 2>&1
	# One that is large, but does not grow, and one that does.
	cp "$BIN/brkdo" "$BATS_TEST_TMPDIR/large"
	mkfifo "$BATS_TEST_TMPDIR/never"
	in_background "$BATS_TEST_TMPDIR/large" grow 1073741824 pause <>"$BATS_TEST_TMPDIR/never" >"$BATS_TEST_TMPDIR/large.out"
	# shellcheck disable=SC2046 # words
	start_brkdo $(printf 'grow 65536 pause %.0s' {1..300})
	echo "$pid" >>"$BATS_TEST_TMPDIR/pids"
	until_true 60 scrapes
	until_true 60 grows_and_is_found
	# What the module says, Prometheus has.
	until_true 60 has_all_names
	until_true 60 scrapes_without_error
	run -0 "$DEBIAN/promtool" check metrics <"$OUT"
	kill "$cli"
	wait "$cli"
	[ ! -e "$OUT" ]
	until_true 60 has_gone
}
