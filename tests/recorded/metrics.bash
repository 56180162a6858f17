# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For tests of brkwatch-metrics, with files that change.

load common
program metrics

setup() {
	export BRKWATCH_PROC=$DATA/metrics
	OUT=$BATS_TEST_TMPDIR/brkwatch.prom
}

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/cli" ] || kill "$(cat "$BATS_TEST_TMPDIR/cli")" || :
}

# value SAMPLE [FILE]: name and labels are given literally.
value() {
	awk -v sample="$1" 'substr($0, 1, length(sample) + 1) == sample " " { print substr($0, length(sample) + 2) }' \
		"${2:-$OUT}"
}

# sum FAMILY [FILE]: over its series.
sum() {
	awk -v name="$1" '$0 ~ "^" name "[{ ]" { sum += $NF } END { printf "%.0f\n", sum }' "${2:-$OUT}"
}

# ---- a sequence of states ----

# row PID NAME HEAP CALLS REFUSED GROWN SHRUNK LAST: most of a row; its space,
# which comes at the end of it, follows from the pid, or is $space.
row() {
	local begin=$((0x550000000000 + ($1 << 24) + ${moved:-0}))
	printf '%d\t%s\t0x%016x\t0x%016x\t%d\t%d\t%d\t0\t0\t%d\t%d\t%d\t%d' \
		"$1" "$2" "$begin" $((begin + $3)) "$3" $((1 << 30)) "$4" "$5" "$6" "$7" "$8"
}

lives() {
	row "$@" >>"$NEXT/all"
	printf '\t%d\n' "${space:-$1}" >>"$NEXT/all"
}

# has_ended EXIT_NS ROW...: the newest comes first.
has_ended() {
	local exit_ns=$1
	shift
	{
		head -n 1 "$NEXT/exited"
		row "$@"
		printf '\t0\t%d\tgrow\t0x0000000000000000\t-\t%d\n' "$exit_ns" "${space:-$1}"
		tail -n +2 "$NEXT/exited"
	} >"$NEXT/exited.new"
	mv "$NEXT/exited.new" "$NEXT/exited"
}

# next_state CALLS REFUSED GROWN SHRUNK: these are the module's totals.
next_state() {
	NEXT=$BATS_TEST_TMPDIR/next
	mkdir -p "$NEXT"
	head -n 1 "$DATA/metrics/all" >"$NEXT/all"
	[ -e "$NEXT/exited" ] || head -n 1 "$DATA/metrics/exited" >"$NEXT/exited"
	sed "s/^TotalCalls:.*/TotalCalls:\t$1/; s/^TotalRefused:.*/TotalRefused:\t$2/
		s/^TotalGrownBytes:.*/TotalGrownBytes:\t$3/; s/^TotalShrunkBytes:.*/TotalShrunkBytes:\t$4/" \
		"$DATA/metrics/stats" >"$NEXT/stats"
}

is_new() {
	[ -s "$OUT" ] && [ "$(stat -c %i "$OUT")" != "${inode:-0}" ]
}

# reads [OPTION]...: have the state read. The counters in $OUT are compared
# with those before: none has gone back, unless with $reloaded the module's.
reads() {
	inode='' # of the file before
	mkdir -p "$BATS_TEST_TMPDIR/now"
	cp "$NEXT"/* "$BATS_TEST_TMPDIR/now/"
	if [ -e "$BATS_TEST_TMPDIR/cli" ]; then
		cp "$OUT" "$BATS_TEST_TMPDIR/before"
		# A name keeps the inode from being another file's.
		ln -f "$OUT" "$BATS_TEST_TMPDIR/kept"
		inode=$(stat -c %i "$OUT")
		kill -USR1 "$(cat "$BATS_TEST_TMPDIR/cli")"
	else
		BRKWATCH_PROC=$BATS_TEST_TMPDIR/now interruptible "$CLI" -o "$OUT" --interval 3600 "$@" 3>&- &
		echo $! >"$BATS_TEST_TMPDIR/cli"
	fi
	until_true 10 is_new
	[ -z "$inode" ] || awk -v of="${reloaded+_group}_.*_total" '/^#/ { next }
		{ series = $0; sub(/ [^ ]*$/, "", series) }
		NR == FNR { if (series ~ of) before[series] = $NF; next }
		series in before && $NF + 0 < before[series] + 0 { print "went back:", series, before[series], $NF; bad = 1 }
		END { exit bad }' "$BATS_TEST_TMPDIR/before" "$OUT"
}

ends_with() { # SIGNAL STATUS
	local pid status=0
	pid=$(cat "$BATS_TEST_TMPDIR/cli")
	rm "$BATS_TEST_TMPDIR/cli"
	kill -"$1" "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq "$2" ]
}
