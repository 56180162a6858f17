# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031
# brkwatch-cli --follow --all: everybody's events through a trace instance.

load helper

INSTANCES=/sys/kernel/tracing/instances

# Without a program: the one that is waited for has the only processor.
enabled() {
	local on
	read -r on <"$instance/events/brkwatch/brk_other/enable"
	[ "$on" = 1 ]
}

teardown() {
	pkill -KILL -x brkwatch-cli || :
	sysctl -q vm.overcommit_memory=0
	judge_log
}

# follow_all OPTION...: from when this returns, nothing is missed. Sets $follower,
# $instance; its output is in $json.
follow_all() {
	json=$BATS_TEST_TMPDIR/json
	interruptible "$CLI" --follow --all "$@" >"$json" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	follower=$!
	instance=$INSTANCES/brkwatch-cli-$follower
	until_true 30 enabled
}

end_follow_all() {
	kill -TERM "$follower"
	wait "$follower"
	[ ! -e "$instance" ]
	cat "$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
}

gone() {
	[ ! -e "$instance" ]
}

no_instances() {
	[ -z "$(ls "$INSTANCES")" ]
}

@test "every call of every process, in one order, as the processes say" {
	local dir=$BATS_TEST_TMPDIR pids=() i
	follow_all --json
	cpus 2
	for i in 1 2 3 4; do
		brkdo grow 4096 query at 1 vfork burst 50 grow "$((i * 8192))" same to 0 grow 1 >"$dir/out$i" 3>&- &
		pids+=("$!=$dir/out$i")
	done
	sh -c "sh -c true; exec brkdo grow 4096 exec $BIN/brkdo grow 8192" >/dev/null
	wait "${pids[@]%%=*}"
	cpus 1
	end_follow_all
	python3 "$ROOT/tests/check_follow.py" "$json" >&3
	# burst is not said call by call.
	for i in "${pids[@]}"; do
		[ "$(jq -s "map(select(.type == \"event\" and .pid == ${i%%=*})) | length" "$json")" -gt 60 ]
		jq -r "select(.type == \"event\" and .pid == ${i%%=*}) |
			[.event, .request, .old, .new, .delta_bytes, .delta_pages] | @tsv" "$json" >"$dir/events"
		run -0 comm -13 <(sort -u "$dir/events") <(expected "${i#*=}" | sort -u)
		[ -z "$output" ]
	done
	[ "$(jq -s 'map(select(.type == "exec" and .name == "brkdo")) | length' "$json")" -ge 2 ]
}

@test "limit and needed of refusals are those of the process's file, in every format" {
	local wanted
	evidence() { jq -r 'select(.event == "refused") | [.seq, .reason, .limit, .needed] | @tsv'; }
	follow_all --json
	start_brkdo to 0 grow 4096 as+ 0 grow 4096 to -1 data 0 as+ 99999999 grow 8192 pause
	wanted=$(awk -F '\t' -v OFS='\t' '$5 == "refused" { print $1, $11, $13, $14 }' "$PROC/$pid")
	echo "$wanted"
	[ "$(cut -f2 <<<"$wanted" | xargs)" = "rlimit_as below_start rlimit_data" ]
	"$CLI" --json "$pid" >"$BATS_TEST_TMPDIR/state"
	diff -u - <(jq -c '.events[]' "$BATS_TEST_TMPDIR/state" | evidence) <<<"$wanted"
	diff -u - <("$CLI" --input "$BATS_TEST_TMPDIR/state" --csv -q --event refused --columns seq,reason,limit,needed |
		tr , '\t') <<<"$wanted"
	tell
	wait "$pid"
	end_follow_all
	diff -u - <(jq "select(.type == \"event\" and .pid == $pid)" "$json" | evidence) <<<"$wanted"
}

@test "refusals are explained with what is kept from this process" {
	follow_all --explain --bytes
	sysctl -q vm.overcommit_memory=2
	start_brkdo grow 4096 grow 0x10000000000 pause
	until_true 10 eval "tr -s ' \n' ' ' <'$json' |
		grep -E 'CommitLimit, [0-9]+ B, less [0-9]+ B for the user.s other programs'"
	sysctl -q vm.overcommit_memory=0
	tell
	wait "$pid"
	end_follow_all
}

@test "threads that race on two CPUs: nothing lost, nothing out of order" {
	local dir=$BATS_TEST_TMPDIR
	mkfifo "$dir/in"
	threads 4 "$(figure 1000 20000)" "$((20 * BRKWATCH_SLOWNESS))" <"$dir/in" >"$dir/log" 3>&- &
	pid=$!
	exec {told}>"$dir/in"
	until_true 10 grep -q ready "$dir/log"
	follow_all --json
	cpus 2
	tell
	wait "$pid"
	cpus 1
	end_follow_all
	python3 "$ROOT/tests/check_follow.py" "$json" >&3
	[ "$(jq -s "map(select(.pid == $pid and .tid != $pid and .tid != 0 and
		(.event | IN(\"query\", \"grow\", \"shrink\", \"move\", \"same\", \"refused\")))) | length" "$json")" = \
	  "$(awk 'NF == 4' "$dir/log" | wc -l)" ]
	[ "$(jq -r "select(.type == \"start\" and .pid == $pid).name" "$json")" = threads ]
}

@test "as many calls as strace sees; processes by name" {
	local dir=$BATS_TEST_TMPDIR calls odd=$'uni\n\\que'
	cp "$(command -v ls)" "$dir/unique"
	cp "$(command -v ls)" "$dir/$odd"
	strace -qq -e trace=brk -o "$dir/strace" "$dir/unique" / >/dev/null
	calls=$(grep -c 'brk(' "$dir/strace")
	follow_all --comm '^unique$' --json
	for _ in 1 2 3; do
		"$dir/unique" / >/dev/null
	done
	"$BIN/brkdo" grow 4096 >/dev/null
	end_follow_all
	[ "$(jq -s 'map(select(.type == "start")) | length' "$json")" = 3 ]
	[ "$(jq -s 'map(select(.type == "summary" and .ended).calls) | add' "$json")" = $((3 * calls)) ]
	[ "$(jq -r 'select(.type == "start").name' "$json" | sort -u)" = unique ]
	follow_all --comm $'^uni\n\\\\que$' --json
	"$dir/$odd" / >/dev/null
	end_follow_all
	[ "$(jq -r 'select(.type == "start").name' "$json")" = "$odd" ]
}

# lost JQ-CONDITION: how many
lost() {
	jq -s "map(select(.type == \"lost\" and ($1)).count) | add // 0" "$json"
}

@test "what is lost is counted: printed and lost are what was made" {
	local all printed
	start_brkdo pause burst 20000 pause
	follow_all --json
	# What has no name there has no beginning.
	tell
	until_true 20 eval "[ \$(grep -c ready '$out') = 2 ]"
	until_true 10 grep -q '"type":"start".*"name":"brkdo"' "$json"
	tell
	wait "$pid"
	end_follow_all
	[ "$(lost true)" = 0 ]

	start_brkdo pause grow 4096 pause burst 20000 grow 8192
	follow_all --json
	tell
	until_true 10 grep -q "\"type\":\"event\",\"pid\":$pid," "$json"
	echo 16 >"$instance/buffer_size_kb"
	kill -STOP "$follower"
	tell
	wait "$pid"
	kill -CONT "$follower"
	until_true 10 grep -q "\"pid\":$pid,.*\"event\":\"end\"" "$json"
	all=$(sed -n 's/^overrun: //p' "$instance"/per_cpu/cpu*/stats | paste -sd+)
	end_follow_all
	printed=$(jq -s "map(select(.type == \"event\" and .pid == $pid)) | length" "$json")
	first=$(jq -s "map(select(.type == \"event\" and .pid == $pid).seq) | .[0]" "$json")
	last=$(jq -s "map(select(.type == \"event\" and .pid == $pid).seq) | .[-1]" "$json")
	echo "# $printed printed, $(lost ".pid == $pid") lost, seq $first to $last; overwritten $all" >&3
	[ "$(lost ".pid == $pid")" -gt 10000 ]
	[ $((printed + $(lost ".pid == $pid"))) = $((last - first + 1)) ]
	[ "$(lost true)" = $((all)) ]
	[ "$(jq "select(.type == \"summary\" and .pid == $pid).dropped" "$json")" = "$(lost ".pid == $pid")" ]
}

@test "an event that comes late is not taken for eighteen trillions that are lost" {
	local news='select(.type == "event" and .event == "grow")' on
	start_brkdo to 0 pause grow 4096 pause grow 8192 pause grow 16384 pause
	cpus 2
	# Of the first processor nothing can be read, as long as strace looks on. It is a child's child.
	json=$BATS_TEST_TMPDIR/json
	bash -c 'exec strace -D -I 2 -o /dev/null -e trace=read -e inject=read:error=EAGAIN \
		-P "$1/brkwatch-cli-$$/per_cpu/cpu0/trace_pipe_raw" "$2" --follow --all --json' bash "$INSTANCES" "$CLI" \
		>"$json" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	follower=$!
	instance=$INSTANCES/brkwatch-cli-$follower
	until_true 30 enabled
	for on in 1 0 1; do
		taskset -pc "$on" "$pid"
		: >"$out"
		tell
		until_true 10 grep -q ready "$out"
	done
	until_true 30 eval "jq -r 'select(.pid == $pid) | $news.delta_bytes' '$json' | grep -qx 16384"
	pkill -x strace
	until_true 30 eval "jq -r 'select(.pid == $pid) | $news.delta_bytes' '$json' | grep -qx 8192"
	end_follow_all
	cpus 1
	jq -c "select(.pid == $pid)" "$json"
	# It is another one, until it comes.
	[ "$(lost ".pid == $pid")" = 1 ]
	[ "$(lost ".count > 1000000")" = 0 ]
	[ "$(jq "select(.type == \"summary\" and .pid == $pid).dropped" "$json")" = 0 ]
	[ "$(jq "select(.type == \"summary\" and .pid == $pid).grown_bytes" "$json")" = 28672 ]
	tell
	wait "$pid"
}

# A reader that has seen enough: of that there is news without another event, too.
follow_all_into_head() {
	"$CLI" --follow --all 2>"$BATS_TEST_TMPDIR/err" 3>&- | head -n 1 >"$BATS_TEST_TMPDIR/head" 3>&- &
	until_true 30 eval "brkdo grow 4096 >/dev/null; [ -s '$BATS_TEST_TMPDIR/head' ]"
	wait
	grep -q EVENT "$BATS_TEST_TMPDIR/head"
}

@test "the instance is gone afterwards: killed, interrupted, with a reader that leaves" {
	local broom signal
	for signal in KILL INT HUP; do
		follow_all -q
		broom=$(pgrep -x brkwatch-broom)
		kill -"$signal" "$follower"
		wait "$follower" || :
		until_true 10 gone
		[ "$signal" = KILL ] || [ ! -e "/proc/$broom" ]
		until_true 10 eval "! pgrep -x brkwatch-broom"
	done
	follow_all_into_head
	# It may have died of SIGPIPE: then the broom is still at work.
	until_true 10 no_instances

	# Both killed: the next one cleans up.
	follow_all -q
	kill -KILL "$(pgrep -x brkwatch-broom)" "$follower"
	wait "$follower" || :
	[ -e "$instance" ]
	run -0 "$CLI" --follow --all -q --duration 0.2
	gone
}

@test "only what is asked for is recorded" {
	follow_all -q --event refused
	[ "$(cat "$instance"/events/brkwatch/brk_{query,grow,refused}/enable | tr -d '\n')" = 001 ]
	brkdo grow 4096 at 1 grow 4096 >/dev/null
	until_true 10 grep -q below_start "$json"
	end_follow_all
	run -1 grep -v ' refused .*below_start' "$json"

	follow_all -q --bytes --min-delta 64K
	[[ "$(cat "$instance/events/brkwatch/brk_grow/filter")" == *65536* ]]
	[ "$(cat "$instance/events/brkwatch/brk_query/enable")" = 0 ]
	brkdo grow 65536 grow -65536 grow 65535 grow -1 at 0x100000000000000 >/dev/null
	until_true 10 grep -q address_limit "$json"
	end_follow_all
	[ "$(grep -c ' grow \+.65536 ' "$json")" = 1 ]
	[ "$(grep -c ' shrink \+-65536 ' "$json")" = 1 ]
	run -1 grep -E '65535| query | end ' "$json"
}

@test "when it ends; as text, as CSV, as a table; the module stays meanwhile" {
	follow_all --until refused
	run -1 rmmod brkwatch
	brkdo grow 4096 at 1 >/dev/null
	wait "$follower" || [ $? = 3 ]
	gone
	cat "$json"
	grep -q 'PID.*TIME.*EVENT' "$json"
	grep -q '^\.\.\. [0-9]* brkdo$' "$json"
	tail -n 40 "$json" | grep -q ' refused .*below_start'

	follow_all --csv -n 3
	[ "$(head -n 1 "$json")" = "" ] || head -n 1 "$json" | grep -q ^pid,space,seq,
	brkdo grow 4096 >/dev/null
	wait "$follower"
	[ "$(grep -c '^[0-9]' "$json")" = 3 ]

	follow_all -c --bytes
	brkdo grow 4096 grow 8192 at 1 >/dev/null
	end_follow_all
	grep -qE ' brkdo +[0-9]+ +12288 +0 .* 1: 1 below_start' "$json"
}

@test "who may not is told what does it" {
	run -1 setpriv --reuid 65534 --clear-groups "$CLI" --follow --all
	echo "$output"
	[[ "$output" == *"needs root"*"--uid"* ]]
	no_instances
	# It is not because of that. Whoever has looked there has mounted a second tracefs.
	ls /sys/kernel/debug/tracing >/dev/null
	run -1 timeout 60 unshare -m sh -c 'umount /sys/kernel/debug/tracing
		mount -o remount,bind,ro /sys/kernel/tracing && exec "$1" --follow --all' sh "$CLI"
	echo "$output"
	[[ "$output" == *"Read-only file system" ]]
}
