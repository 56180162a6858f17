#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# brkwatch-cli on saved copies of the module's files: needs neither the module nor root.
# shellcheck disable=SC2016 # single quotes on purpose
# shellcheck disable=SC2154 # stderr and stderr_lines come from run
#
# To accept changed output: BRKWATCH_ACCEPT=1 bats tests/recorded

load common

@test "state of a process" {
	golden state.txt 4242
}

@test "state with every kind of event, lost and dropped ones, and an odd name" {
	golden state-all.txt 4300
}

@test "state in bytes" {
	golden state-bytes.txt --bytes 4300
}

@test "state as JSON" {
	golden state.json --json 4242 4300
}

@test "follow" {
	golden follow.txt --follow 4242
	golden follow-all.txt --follow 4300
	golden follow-bytes.txt --follow --bytes 4300
}

@test "explained" {
	golden explain.txt --explain 4242 4300
	golden explain-bytes.txt --explain --follow --bytes 4300
	run ! grep -P '^    (?! *(\d+ +)?\d+\.\d{6} ).{77}' "$DATA/expected/explain.txt" "$DATA/expected/explain-bytes.txt"
	fails 2 "--explain cannot be combined" --explain --json 4300
	fails 2 "--explain cannot be combined" --explain --follow --csv 4300
}

@test "explained: every reason and kind, without asking a process" {
	local reason
	for reason in killed below_start rlimit_data unmap address_limit mlock_limit next_mapping \
		rlimit_as no_memory unknown; do
		changed "s/move\\t.*-\\t-\$/refused\t0x000055ff09574020\t0x000055ff09564010\t0x000055ff09564010\t0\t0\t$reason\t-/
			s/^State.*/State:\trunning/"
		"$CLI" --explain 1 | tail -n 8 | tr -s ' \n' ' ' >"$BATS_TEST_TMPDIR/text"
		cat "$BATS_TEST_TMPDIR/text"
		grep -E "asked for 64 KiB more \(16 pages\), but .*\. $" "$BATS_TEST_TMPDIR/text"
		run ! grep newer "$BATS_TEST_TMPDIR/text"
	done
	changed "s/move\\t/resync\\t/"
	"$CLI" --explain 1 | tr -s ' \n' ' ' | grep "The break is 16 B higher than"
	# Of a newer module.
	changed "s/move\\t/merge\\t/"
	"$CLI" --explain 1 | tail -n 1 | grep merge
}

@test "what a heap gave back that is older than its record" {
	changed "s/^\\(Grows\\|GrownBytes\\):.*/\\1:\t0/"
	"$CLI" 1 | grep -x "Gave back   nothing by the break since 1234.560000"
	changed "s/^\\(Grows\\|GrownBytes\\):.*/\\1:\t0/; s/^Shrinks:.*/Shrinks:\t2/; s/^ShrunkBytes:.*/ShrunkBytes:\t139264/"
	"$CLI" 1 | grep -xF "Gave back   50% (136 KiB of 272 KiB) by the break, in 2 shrinks"
}

@test "follow as JSON" {
	golden follow.json --follow --json 4300
}

@test "JSON is JSON, and both ways of printing events agree" {
	"$CLI" --json 4300 | jq -c '.events[]' >"$BATS_TEST_TMPDIR/state"
	"$CLI" --json --follow 4300 |
		jq -c 'select(.type == "event") | del(.type, .pid, .space)' >"$BATS_TEST_TMPDIR/follow"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/state")" -eq 10 ]
	diff -u "$BATS_TEST_TMPDIR/state" "$BATS_TEST_TMPDIR/follow"
}

@test "JSON has the name itself, in valid UTF-8" {
	changed "s/^Name:.*/Name:\ta\\\\nb\\\\\\\\c\"\x01\xc3\xa4\xff/"
	run -0 --separate-stderr "$CLI" --json 1
	[[ "$output" == *'"name":"a\nb\\c\"\u0001ä'$'\xef\xbf\xbd''"'* ]]
}

@test "columns fit into 80 characters" {
	run -0 bash -c '"$CLI" --follow 4242; "$CLI" 4242; "$CLI" --help; "$CLI" --follow 4300 | grep -v -e "^[.]" -e tid'
	run ! grep -E '^.{81}' <<<"$output"
}

@test "head and cells line up: years after the boot, with each way to say the time" {
	local options
	lines_up() { # of what is no remark, EVENT and BREAK begin where they do in the head
		awk '/^[.]/ { next }
			/ EVENT / { event = index($0, "EVENT"); brk = index($0, "BREAK"); next }
			{ n++; ok += substr($0, event - 1) ~ /^ [a-z]/ && substr($0, brk - 1) ~ /^ 0x/ }
			END { exit !(n >= 5 && n == ok) }' "$BATS_TEST_TMPDIR/out"
	}
	changed 's/\t1234\([0-9]\{9\}\)\t/\t99991234\1\t/
		$c5\t99991234588127950\t1\t4242\trefused\t0x000055ff09663c10\t0x000055ff09564010\t0x000055ff09564010\t0\t0\tno_memory\t-'
	for options in "" -f; do
		# shellcheck disable=SC2086
		"$CLI" --follow $options 1 >"$BATS_TEST_TMPDIR/out"
		grep "99991234.588127 refused  (+1023 KiB) " "$BATS_TEST_TMPDIR/out"
		lines_up
	done
	for options in -r -t -tt -ttt; do
		"$CLI" --input "$DATA/recorded/shell.json" $options >"$BATS_TEST_TMPDIR/out"
		lines_up
	done
}

@test "processes as pidof and pgrep print them" {
	local list
	for list in "4242 4300" $'4242\n4300' $' 4242 ,\t4300\n' 4242,4300; do
		diff -u <("$CLI" 4242 4300) <("$CLI" -p "$list")
	done
	fails 2 "not a PID: ''" -p ""
	fails 2 "not a PID: ''" -p "1, ,2"
}

@test "processes by a name that is escaped in the file" {
	changed 's/^Name:.*/Name:\ta\\nb\\\\/'
	sed -n '1p; s/^4242\t[^\t]*/1\ta\\nb\\\\/p' "$DATA/proc/all" >"$BRKWATCH_PROC/all"
	run -0 "$CLI" --json --comm $'^a\nb\\\\$'
	[ "$(jq -r .name <<<"$output")" = $'a\nb\\' ]
}

@test "several processes: the others are printed when one is not there" {
	run -1 --separate-stderr "$CLI" 4242 77 4300
	[ "$stderr" = "brkwatch-cli: 77: no such file in $BRKWATCH_PROC" ]
	[ "$(grep -c ^Pid <<<"$output")" -eq 2 ]
	run -1 --separate-stderr "$CLI" --follow 77
	[ -z "$output" ]
}

@test "no command is followed in saved files: it is no success, and does not begin" {
	fails 125 "saved files" -q --event end --until 'heap>1K' -- touch "$BATS_TEST_TMPDIR/ran"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "columns by name, in text, CSV and JSON" {
	golden columns.txt --follow --columns seq,old,request,tid,reason,flags,space,start_brk,took_ns,note 4300
	golden more-columns.txt --columns +took_ns --follow 4300
	run -0 "$CLI" --columns heap_bytes,event,seq --csv --follow 4242
	[ "${lines[0]}" = heap_bytes,event,seq ]
	[ "${lines[3]}" = 135168,grow,3 ]
	run -0 "$CLI" --columns +heap_bytes --csv --follow 4242
	[[ "${lines[0]}" == pid,space,seq,*,start_brk,heap_bytes,limit,needed ]]
	diff -u <("$CLI" --follow --json 4300 | jq -c 'select(.type == "event") | {seq, new}') \
		<("$CLI" --follow --json --columns seq,new 4300 | jq -c 'select(.type == "event") | del(.type)')
	run -0 "$CLI" --columns event,limit,needed,reason --event refused 4300
	diff -u - <(tail -n 4 <<<"$output" | tr -s ' ') <<-'END'
	EVENT LIMIT NEEDED REASON
	refused 16 MiB 1 GiB rlimit_data
	refused 0x55ff09543000 0x55ff09542000 below_start
	refused 0x7ffffffff000 0xffffffffffffffff address_limit
	END
	run -0 "$CLI" --columns seq,limit --json --follow 4300
	[[ "$output" == *'{"type":"event","seq":43,"limit":null}'*'{"type":"event","seq":44,"limit":16777216}'* ]]
	run -0 "$CLI" --columns seq,reason 4300
	[[ "${lines[*]: -11:1}" =~ ^\ *SEQ\ REASON$ ]]
	fails 2 "--columns: invalid argument: 'seq,brk'" --columns seq,brk 1
	fails 2 "--columns: invalid argument: 'seq,seq'" --columns seq,seq 1
	fails 2 "--columns: invalid argument: ''" --columns '' 1
	fails 2 "only as text" --json --columns +note 1
}

@test "colour: never into a pipe, unless asked for; NO_COLOR; nothing else is changed" {
	local plain
	plain=$("$CLI" --follow 4300)
	run -0 "$CLI" --follow --color always 4300
	[ "$(grep -c $'^\e\[1;31m.* refused .*\e\[0m$' <<<"$output")" = 3 ]
	diff -u <(echo "$plain") <("$CLI" --follow --color always 4300 | sed $'s/\e\\[[0-9;]*m//g')
	fails 2 "--color: invalid argument: 'yes'" --color yes 1
	# script gives it a terminal.
	tty() { script -qec "$(printf '%q ' "$CLI" --follow "$@" 4300)" /dev/null </dev/null; }
	[[ "$(TERM=xterm tty)" == *$'\e['* ]]
	[[ "$(NO_COLOR='' tty)" == *$'\e['* ]]
	[[ "$(NO_COLOR=1 tty)" != *$'\e['* ]]
	[[ "$(NO_COLOR=1 tty --color=always)" == *$'\e['* ]]
	[[ "$(tty --color=never)" != *$'\e['* ]]
	tty -o "$BATS_TEST_TMPDIR/file"
	diff -u <(echo "$plain") "$BATS_TEST_TMPDIR/file"
}

@test "keys and columns of a newer module are left alone" {
	changed '/^Dropped:/aNewKey:\tvalue: with\ttabs
		s/^seq\t.*/&\tcpu\tnode/; s/^[0-9].*/&\t3\t-/'
	cp "$DATA/proc/4242" "$BRKWATCH_PROC"
	diff -u <("$CLI" 4242) <("$CLI" 1)
	diff -u <("$CLI" --json --follow 4242) <("$CLI" --json --follow 1)
}

@test "keys and columns that an older module did not have are not missed" {
	local key
	changed '/^\(InFlight\|Lost\|History\|Events\|Dropped\):/d; /^seq\t/,$s/\t[^\t]*\t[^\t]*$//'
	cp "$DATA/proc/4242" "$BRKWATCH_PROC"
	diff -u <("$CLI" 4242) <("$CLI" 1)
	diff -u <("$CLI" --json 4242 | jq -c 'del(.in_flight, .lost, .history, .last_seq, .dropped)') <("$CLI" --json 1)
	diff -u <("$CLI" --follow --csv 4242) <("$CLI" --follow --csv 1)
	sed 's/\t[^\t]*$//' "$DATA/proc/all" >"$BRKWATCH_PROC/all"
	diff -u <(BRKWATCH_PROC=$DATA/proc "${CLI%-cli}-top" -q) <("${CLI%-cli}-top" -q)
	# Nothing is made up: of each key, the row is as it was or not there.
	# shellcheck disable=SC2013 # they are words
	for key in $(sed -n 's/^\([A-Za-z]*\):.*/\1/p' "$DATA/proc/4300"); do
		sed "/^$key:/d" "$DATA/proc/4300" >"$BRKWATCH_PROC/1"
		case $key in
		Format) fails 1 "not a brkwatch file" 1 ;;
		Pid | Space | PageSize | StartBrk | Brk | HeapBytes) fails 1 "no $key in the header block" 1 ;;
		*)
			run -0 comm -13 <(BRKWATCH_PROC=$DATA/proc "$CLI" 4300 | tr -s ' ' | sort) <("$CLI" 1 | tr -s ' ' | sort)
			echo "$key: $output"
			[[ -z "$output" || "$key" = @(Name|State) ]]
			;;
		esac
	done
}

@test "another format is refused" {
	changed '1s/1/2/'
	fails 1 "format 2, but this program knows only format 1" 1
	fails 1 "format 2" --follow 1
}

@test "damaged files are refused with a reason" {
	changed 's/^Brk:/Brk=/'
	fails 1 "no key in header line: Brk=" 1
	changed '/^Brk:/d'
	fails 1 "no Brk in the header" 1
	changed 's/^Calls:.*/Calls:\tmany/'
	fails 1 "the value of Calls is not understood: many" 1
	changed '/^$/,$d'
	fails 1 "cut short" 1
	changed 's/\ttid\t/\ttgid\t/'
	fails 1 "lacks the column tid; use the programs that came with the module" 1
	changed '$s/\t-$//'
	fails 1 "line 36: the event" 1
	changed '$s/0x0000/0x00zz/g'
	fails 1 "line 36: the event" --json 1
	changed 1,3d
	fails 1 "not a brkwatch file" 1
	: >"$BRKWATCH_PROC/1"
	fails 1 "not a brkwatch file" 1
}

@test "a file cut at any place neither crashes nor prints half a state" {
	local size n status
	size=$(stat -c %s "$DATA/proc/4300")
	changed ''
	for ((n = 0; n < size; n += 37)); do
		head -c "$n" "$DATA/proc/4300" >"$BRKWATCH_PROC/1"
		status=0
		"$CLI" --json 1 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
		if [ "$status" -eq 0 ]; then
			[ -z "$(tail -c 1 "$BRKWATCH_PROC/1")" ]
		else
			[ "$status" -eq 1 ]
			[ ! -s "$BATS_TEST_TMPDIR/out" ]
			[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
		fi
	done
}

@test "wrong arguments: status 2, one line and a hint" {
	fails 2 "no process given"
	fails 2 "no process given" --json
	fails 2 "not a PID: 'x1'" x1
	fails 2 "not a PID: '-1'" -p -1
	fails 2 "not a PID: ''" -p 1,
	fails 2 "not a PID: '0'" 4242 0
	fails 2 "not a PID: '99999999999'" 99999999999
	fails 2 "cannot be combined" --json --csv --follow 1
	fails 2 "cannot be combined" -p 1 -- true
	fails 2 "--event: invalid argument: 'grow,glow'; expected kinds such as" --follow --event grow,glow 1
	fails 2 "--until: invalid argument: 'heap>'" --follow --until 'heap>' 1
	fails 2 "--until: invalid argument: 'head>1'" --follow --until 'head>1' 1
	fails 2 "--min-delta: invalid argument: '1X'" --min-delta 1X 1
	fails 2 "--duration: invalid argument: '-1'" --follow --duration -1 1
	fails 2 "--max-events: invalid argument: '0'" --follow -n 0 1
	fails 2 "need --follow" --until refused 1
	fails 2 "no such user: 'nobody-knows'" --uid nobody-knows
	fails 2 "--comm: '(' is not an extended regular expression" --comm '('
	# It has relatives: no script may come to depend on a short form.
	fails 2 "ambiguous" --fol 4242
	run -2 --separate-stderr "$CLI" --bogus
	[ -z "$output" ]
}

@test "what begins a command is no argument of an option" {
	local option options program CLI=$CLI
	mkdir "$BATS_TEST_TMPDIR/dir"
	cd "$BATS_TEST_TMPDIR/dir"
	for program in top stacks plot metrics heap malloc cli; do
		CLI=${CLI%-*}-$program
		options=$("$CLI" --help | cut -c 1-28 | awk '/^ +-.*=/ { sub("=.*", ""); gsub(",", ""); print }')
		[ "$(wc -w <<<"$options")" -ge 4 ]
		# They have one parser.
		[ "$program" = cli ] || options=${options%%$'\n'*}
		for option in $options; do
			fails 2 "option '$option' requires an argument" "$option" -- true
		done
	done
	[ -z "$(ls)" ]
	"$CLI" --output=-- 4242
	[ -s ./-- ]
}

@test "what an option would have no effect on is refused: status 2" {
	fails 2 "--summary cannot be combined" --csv -c --follow 4242
	fails 2 "--summary cannot be combined" --csv -C --input "$DATA/recorded/shell.csv"
	fails 2 "--quiet needs --follow" -q 4242
	fails 2 "--quiet needs --follow" -q --json 4242
	fails 2 "--duration cannot be combined" --duration 1 --input "$DATA/recorded/shell.csv"
}

@test "a state has the time that calls took, if wanted" {
	run -0 "$CLI" --columns +took_ns 4300
	[[ "$output" == *" TOOK_US NOTE"* ]]
	diff -u <("$CLI" --columns +took_ns 4300 | awk '/^ *SEQ/ { on = 1 } on') \
		<("$CLI" --columns seq,time_ns,event,delta_bytes,delta_pages,new,took_ns,note 4300 | awk '/^ *SEQ/ { on = 1 } on')
}

# decimal_comma: LC_NUMERIC has one from here on. A machine need have no locale but C: this one
# is made of nothing but what is here.
decimal_comma() {
	local dir=$BATS_TEST_TMPDIR/locale i
	mkdir "$dir"
	{
		printf '<code_set_name> ANSI_X3.4-1968\n<escape_char> /\nCHARMAP\n'
		for ((i = 0; i < 128; i++)); do
			printf '<U%04X> /x%02x -\n' "$i" "$i"
		done
		echo "END CHARMAP"
	} >"$dir/charmap"
	printf 'LC_NUMERIC\ndecimal_point ","\nthousands_sep "."\ngrouping 3;3\nEND LC_NUMERIC\n' >"$dir/source"
	# It warns of what is not there.
	localedef -c -f "$dir/charmap" -i "$dir/source" "$dir/comma" 2>/dev/null || [ -s "$dir/comma/LC_NUMERIC" ]
	unset LC_ALL
	export LOCPATH=$dir LC_NUMERIC=comma
}

@test "where decimals follow a comma, numbers are as elsewhere" {
	draw() {
		! command -v gnuplot >/dev/null || "${CLI%/*}/brkwatch-plot" --input "$DATA/recorded/shell.csv" -o "$BATS_TEST_TMPDIR/$1.svg"
	}
	draw point
	decimal_comma
	[ "$(python3 -c 'import locale; locale.setlocale(locale.LC_ALL, ""); print(locale.str(1.5))')" = 1,5 ]
	"$CLI" --follow --duration 0.5 4242
	draw comma
	! command -v gnuplot >/dev/null || cmp "$BATS_TEST_TMPDIR"/{point,comma}.svg
}

@test "help and version" {
	run -0 --separate-stderr "$CLI" --help
	[[ "$output" == Usage:* ]]
	[ -z "$stderr" ]
	run -0 "$CLI" -V
	[ "${lines[0]}" = "brkwatch-cli $(version), format 1" ]
	[ "${lines[1]}" = "module $(key Version <"$DATA/proc/stats"), format 1" ]
	BRKWATCH_PROC=/nonexistent run -0 "$CLI" -V
	[ "${lines[1]}" = "module not loaded" ]
}

@test "a full disk is reported, a closed pipe is not" {
	run -1 --separate-stderr bash -c '"$CLI" 4242 >/dev/full'
	[ "$stderr" = "brkwatch-cli: cannot write the output: No space left on device" ]
	run -1 --separate-stderr bash -c '"$CLI" --follow 4242 >/dev/full'
	[ "$stderr" = "brkwatch-cli: cannot write the output: No space left on device" ]
	run --separate-stderr bash -c 'set -o pipefail; for i in {1..2000}; do echo 4300; done | xargs "$CLI" | head -1'
	[ -z "$stderr" ] || [[ "$stderr" == "xargs: "* ]]
}

@test "no directory: the remedy is named" {
	fails_in() {
		export BRKWATCH_PROC=$1
		fails 1 "$2" "${@:3}"
	}
	fails_in "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/none, which BRKWATCH_PROC names: No such file or directory; unset it" 1
	if [ ! -d /proc/brkwatch ]; then
		fails_in "" "the brkwatch module is not loaded; load it with 'sudo modprobe brkwatch'" 1
		fails_in "" "the brkwatch module is not loaded" --follow 1
	fi
}

@test "a descriptor that is closed is not another file" {
	BRKWATCH_PROC=$DATA/proc run -1 bash -c '"$CLI" -o "$BATS_TEST_TMPDIR/out" 4242 9999 2>&-'
	run ! grep brkwatch-cli "$BATS_TEST_TMPDIR/out"
}
