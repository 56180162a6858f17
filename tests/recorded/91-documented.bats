#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# Help, man pages and completions say what there is: needs neither the module nor root.
# shellcheck disable=SC2016 # single quotes on purpose

load ../helper

PROGRAMS=(cli top stacks plot metrics heap malloc)

setup_file() {
	export CLI
	for program in "${PROGRAMS[@]}"; do
		"${CLI%-cli}-$program" --help >"$BATS_FILE_TMPDIR/help-$program"
		# fish's is that of the program it is called after.
		ln -s "$ROOT/userspace/completions/brkwatch.fish" "$BATS_FILE_TMPDIR/brkwatch-$program.fish"
	done
	sleep 1000 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
	of cli
	MODULE=$ROOT/module
	USER_PAGE=$PAGE MODULE_PAGE=$ROOT/userspace/man/brkwatch.4
	COMPLETIONS=$ROOT/userspace/completions
	PID=$(cat "$BATS_FILE_TMPDIR/pid")
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	:
}

# of PROGRAM: from here on it is about that one.
of() {
	PROGRAM=brkwatch-$1 HELP=$BATS_FILE_TMPDIR/help-$1 PAGE=$ROOT/userspace/man/brkwatch-$1.1
	echo "$PROGRAM:"
}

# The root of a guest for another machine has only what other tests need, and
# the same is said there.
needs() {
	command -v "$1" >/dev/null && return
	[ "$(uname -m)" = x86_64 ] || skip "no $1 in a foreign root"
	echo "no $1: run scripts/setup"
	return 1
}

one_a_line() {
	tr -s '[:space:]' '\n' <<<"$1" | sed '/^$/d' | sort
}

# same WHAT WORDS WORDS: the same set, of at least four
same() {
	[ "$(wc -w <<<"$2")" -ge 4 ]
	diff -u --label "$1: there is" --label "$1: said" \
		<(one_a_line "$2") <(one_a_line "$3")
}

# all_in WORDS FILE: each is among the words of the file
all_in() {
	[ "$(wc -w <<<"$1")" -ge 1 ]
	run comm -23 <(one_a_line "$1" | uniq) <(sort -u "$2")
	echo "missing: $output"
	[ -z "$output" ]
}

# part PAGE HEAD: a section, or a subsection, with - for \-
part() {
	sed 's/\\-/-/g' "$1" | awk -v head="$2" '
		/^\.S[HS] / {
			level = $1
			title = substr($0, 5)
			gsub(/"/, "", title)
			if (inside && (level == ".SH" || inside == ".SS"))
				inside = ""
			if (title == head)
				inside = level
			next
		}
		inside'
}

# What is in bold, one word a line: names and values, hardly prose.
bold() {
	grep -E '^\.(B|BR|BI|RB|IR) ' | sed 's/^\.[A-Z]* //' | grep -oE '[][A-Za-z0-9_-]+'
}

# What an entry of a list is about.
tags() {
	sed -n '/^\.TP/{n;p}' | bold
}

help_lines() { # of options, without their explanation
	grep -E '^ +-' "$HELP" | cut -c 1-28
}

help_options() {
	help_lines | grep -oE '(^| )--?[A-Za-z][a-z-]*' | tr -d ' '
}

# Those that take an argument.
help_options_with_argument() {
	help_lines | grep -E '=[A-Z]+ *$' | tr '=' ' ' | grep -oE '(^| )--?[A-Za-z][a-z-]*' | tr -d ' '
}

help_columns() {
	sed -n '/^Columns:/,/^$/s/^  \([a-z_]*\) .*/\1/p' "$HELP"
}

# Names that are in the module: kind, reason.
module_names() {
	sed -n "/#define BRKWATCH_${1^^}_SYMBOLS/,/[^\\\\]$/p" "$MODULE/trace.h" | grep -oE '"[a-z_]+"' | tr -d '"'
}

module_columns() { # of the table of events
	sed -n '/seq_puts(m, "\\n\\nseq/,/;/p' "$MODULE/text.c" | sed 's/.*seq_puts(m, //; s/\\[nt]/ /g; s/[");]//g'
}

# What bash makes of a line's words.
bash_offers() {
	bash -c '
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_brkwatch
		printf "%s\n" "${COMPREPLY[@]}"' bash "$COMPLETIONS/brkwatch.bash" "$PROGRAM" "$@"
}

zsh_offers() { # LINE
	timeout 120 zsh -f "$BATS_TEST_DIRNAME/complete.zsh" "$COMPLETIONS" "$1"
}

fish_offers() { # LINE
	HOME=$BATS_TEST_TMPDIR fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$BATS_FILE_TMPDIR/$PROGRAM.fish" "$1" | cut -f1
}

# What zsh is told of options; = or + is behind those with an argument.
options_of_zsh() {
	zsh -fc '_arguments() { shift 2; print -rl -- $@ }; service=$1; . $2' zsh "$PROGRAM" "$COMPLETIONS/_brkwatch" | sed 's/\[.*//' |
		grep -oE -e '(^|[^A-Za-z-])--?[A-Za-z][a-z-]*[=+]?' | grep -oE -e '--?[A-Za-z].*'
}

# options_of_fish [PATTERN]: what fish is told of them in lines with that
options_of_fish() {
	HOME=$BATS_TEST_TMPDIR fish --no-config -c 'function complete; echo $argv; end; source $argv[1]' "$BATS_FILE_TMPDIR/$PROGRAM.fish" |
		grep -E -e "${1-}" | sed -nE 's/ -[adn] .*//; s/^-c brkwatch-[a-z]+//p' | grep -oE -e '-[sl] [A-Za-z-]+' | sed 's/-s /-/; s/-l /--/'
}

# offers SHELL WORDS: each of these lines, in "run"'s output
offers() {
	local word
	echo "$output"
	[ "$status" -eq 0 ]
	for word; do
		grep -qxFe "$word" <<<"$output"
	done
}

@test "the help fits into 80 columns and has an explanation for each option, that of make into a screen" {
	[ "$(make -s -C "$ROOT" help | tee make | wc -l)" -le 24 ]
	run ! grep -E '^.{81}' make
	for program in "${PROGRAMS[@]}"; do
		of "$program"
		run ! grep -E '^.{81}' "$HELP"
		[ "$(help_lines | wc -l)" -ge 5 ]
		run ! grep -E '^ +-[^ ]*( -[^ ]*)? *$' "$HELP"
	done
}

@test "help and man page have the same options" {
	for program in "${PROGRAMS[@]}"; do
		of "$program"
		same options "$(help_options)" "$(part "$PAGE" OPTIONS |
			sed -n '/^\.TP/{n;p}' | grep -oE -e '(^|[" ])--?[a-zA-Z][a-zA-Z-]*' | tr -d '" ' | grep -vxE -e '-tt|-ttt')"
	done
}

@test "each completion has the options of the help, and knows which take an argument" {
	needs zsh
	needs fish
	local program option with
	for program in "${PROGRAMS[@]}"; do
		of "$program"
		with=$(help_options_with_argument)
		same bash "$(help_options)" "$(bash_offers -)"
		for option in $(help_options); do
			run bash_offers "$option" --
			if grep -qxFe "$option" <<<"$with"; then
				[ -z "$output" ]
			else
				[[ $output == *--help* ]]
			fi
		done
		same zsh "$(help_options)" "$(options_of_zsh | tr -d '=+')"
		same "zsh's with an argument" "$with" "$(options_of_zsh | grep '[=+]$' | tr -d '=+')"
		same fish "$(help_options)" "$(options_of_fish)"
		same "fish's with an argument" "$with" "$(options_of_fish ' -[xr] ')"
	done
}

@test "the completions of the other programs know processes and files, too" {
	touch a.txt
	of stacks
	run bash_offers --flamegraph a.t
	offers a.txt
	run bash_offers -f -- mkdi
	offers mkdir
	run bash_offers "${PID%?}"
	offers "$PID"
	of top
	run bash_offers -p "${PID%?}"
	offers "$PID"
	run bash_offers ''
	[ -z "$output" ]
	needs zsh
	run zsh_offers "brkwatch-plot ${PID%?}"
	offers "$PID"
	run zsh_offers 'brkwatch-metrics --inter'
	offers --interval
	needs fish
	of plot
	run fish_offers "brkwatch-plot ${PID%?}"
	offers "$PID"
	of metrics
	run fish_offers "brkwatch-metrics ${PID%?}"
	[[ "$output" != *"$PID"* ]]
}

@test "each completion and the man pages have the kinds of events that the module has" {
	local kinds
	kinds=$(module_names kind)
	same bash "$kinds" "$(bash_offers --event '')"
	same zsh "$kinds" "$(sed -n 's/.*kinds=(\(.*\))/\1/p' "$COMPLETIONS/_brkwatch")"
	same fish "$kinds" "$(sed -n "/function __brkwatch_kinds/,/^end/s/.*'%s.n' //p" "$COMPLETIONS/brkwatch.fish")"
	same brkwatch-cli.1 "$kinds" "$(part "$USER_PAGE" "Kinds of events" | tags)"
	same brkwatch.4 "$kinds" "$(part "$MODULE_PAGE" EVENTS | tags)"
	# And the command knows them.
	run -0 env BRKWATCH_PROC="$ROOT/tests/data/proc" "$CLI" --event "$(tr -s ' \n' , <<<"$kinds" | sed 's/,$//')" 4242
}

@test "the man pages have the reasons that the module has" {
	local reasons
	reasons=$(module_names reason)
	same brkwatch-cli.1 "$reasons" "$(part "$USER_PAGE" Reasons | tags)"
	same brkwatch.4 "$reasons" "$(part "$MODULE_PAGE" REASONS | tags)"
}

@test "each completion and the man page have the columns of the help" {
	local columns
	columns=$(help_columns)
	same bash "$columns" "$(bash_offers --columns '')"
	same zsh "$columns" "$(sed -nE "/_values -s , column/,/^}/s/^\t\t'([a-z_]+)\[.*/\1/p" "$COMPLETIONS/_brkwatch")"
	same fish "$columns" "$(sed -nE "/function __brkwatch_columns/,/^end/s/^        ([a-z_]+) '.*/\1/p" "$COMPLETIONS/brkwatch.fish")"
	same brkwatch-cli.1 "$columns" "$(part "$USER_PAGE" Columns | tags)"
}

@test "each completion and the man page have the totals that --until looks at" {
	local totals
	totals=$(sed -n '/ quantities\[\] = {/,/^}/p' "$ROOT/userspace/events/filter.c" | grep -oE '"[a-z]+"' | sed 's/"\(.*\)"/\1>/')
	same bash "$totals" "$(bash_offers --until '' | grep '>')"
	same zsh "$totals" "$(sed -n "s/.*totals=(\(.*\))/\1/p" "$COMPLETIONS/_brkwatch" | tr -d "'")"
	same fish "$totals" "$(grep -- '-l until' "$COMPLETIONS/brkwatch.fish" | tr -d '\134' | grep -oE '[a-z]+>')"
	all_in "$totals" <(part "$USER_PAGE" "Which events, and how long" | grep -oE '[a-z]+>')
}

@test "bash completes options, kinds, columns, running processes and commands" {
	run bash_offers --foll
	offers --follow --follow-forks
	[ "${#lines[@]}" -eq 2 ]
	run bash_offers --event gr
	[ "$output" = grow ]
	run bash_offers --event = gr
	[ "$output" = grow ]
	run bash_offers -c --event grow,fork,s
	offers grow,fork,shrink grow,fork,same
	[ "${#lines[@]}" -eq 2 ]
	run bash_offers --until ref
	offers refused 'refused>'
	run bash_offers --columns +heap_bytes,t
	offers +heap_bytes,tid +heap_bytes,took_ns
	run bash_offers --columns seq,s
	offers seq,space seq,start_brk
	[ "${#lines[@]}" -eq 2 ]
	run bash_offers ''
	offers "$PID"
	# Not what has no address space.
	if [ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ]; then
		run ! grep -qx 2 <<<"$output"
	fi
	run bash_offers --follow -p "${PID%?}"
	offers "$PID"
	run bash_offers -fp "1,${PID%?}"
	offers "1,$PID"
	run bash_offers --pid = "$PID,"
	[[ "$output" != *"$PID,$PID"* ]]
	run bash_offers --comm sle
	offers sleep
	run bash_offers --uid roo
	offers root
	run bash_offers --color ''
	offers auto always never
	touch a.txt
	run bash_offers --input a.t
	offers a.txt
	run bash_offers -f -- mkdi
	offers mkdir
	run bash_offers -- ls --fo
	[ -z "$output" ]
	# As bash itself has it, quoted where need be.
	run bash -ic 'source "$1"; complete -p brkwatch-cli' bash "$COMPLETIONS/brkwatch.bash"
	[[ "$output" == *"complete -F _brkwatch brkwatch-cli"* ]]
}

@test "zsh completes options, kinds, columns, running processes and commands" {
	needs zsh
	run zsh_offers 'brkwatch-cli --fo'
	offers --follow --follow-forks
	run zsh_offers 'brkwatch-cli --event grow,sh'
	offers grow,shrink
	run zsh_offers "brkwatch-cli -p 1,${PID%?}"
	offers "1,$PID"
	run zsh_offers 'brkwatch-cli --columns +heap_bytes,t'
	offers +heap_bytes,tid +heap_bytes,took_ns
	run zsh_offers 'brkwatch-cli --comm sle'
	offers sleep
	run zsh_offers 'brkwatch-cli -f -- mkdi'
	offers mkdir
	run zsh_offers 'brkwatch-cli --until ref'
	offers refused 'refused>'
}

@test "fish completes options, kinds, columns, running processes and commands" {
	needs fish
	run fish_offers 'brkwatch-cli --fo'
	offers --follow --follow-forks
	run fish_offers 'brkwatch-cli --event grow,sh'
	offers grow,shrink
	run fish_offers 'brkwatch-cli --event=grow,sh'
	offers --event=grow,shrink
	run fish_offers "brkwatch-cli ${PID%?}"
	offers "$PID"
	run fish_offers "brkwatch-cli -p 1,${PID%?}"
	offers "1,$PID"
	run fish_offers 'brkwatch-cli --columns +heap_bytes,t'
	offers +heap_bytes,tid +heap_bytes,took_ns
	run fish_offers 'brkwatch-cli --comm sle'
	offers sleep
	run fish_offers 'brkwatch-cli -f -- mkdi'
	offers mkdir
	run fish_offers 'brkwatch-cli --until ref'
	offers refused 'refused>'
}

@test "the man pages are without warnings, and fit into 80 columns" {
	needs man
	needs mandoc
	run -0 make -s -C "$ROOT/userspace" lint-man
	[ -z "$output" ]
	local page
	for page in "$ROOT"/userspace/man/*; do
		MANWIDTH=80 man -l "$page" | col -bx >formatted
		[ "$(wc -l <formatted)" -gt 50 ]
		run ! grep -nE '^.{81}' formatted
	done
}

@test "the man pages have the sections that one looks for" {
	local head program
	for program in "${PROGRAMS[@]}"; do
		of "$program"
		for head in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" EXAMPLES "SEE ALSO"; do
			[ "$(part "$PAGE" "$head" | wc -l)" -ge 1 ]
		done
	done
	for head in NAME SYNOPSIS DESCRIPTION OPTIONS FIELDS JSON "EXIT STATUS" ENVIRONMENT FILES OVERHEAD NOTES BUGS EXAMPLES "SEE ALSO"; do
		[ "$(part "$USER_PAGE" "$head" | wc -l)" -ge 1 ]
	done
	for head in NAME SYNOPSIS DESCRIPTION FILES EVENTS REASONS "WHAT CANNOT BE TOLD APART" PARAMETERS PERMISSIONS LIMITATIONS VERSIONS "SEE ALSO"; do
		[ "$(part "$MODULE_PAGE" "$head" | wc -l)" -ge 1 ]
	done
	[ "$(grep -c '^\.SS ' "$ROOT/userspace/man/brkwatch.7")" -ge 10 ]
	grep -oE 'getenv\("[A-Z_]+"' -h "$ROOT"/userspace/{cli,common}/*.c | grep -oE '[A-Z_]{3,}' >variables
	all_in "$(cat variables)" <(part "$USER_PAGE" ENVIRONMENT | bold)
}

@test "the figures of the overhead are those of doc/cost.md" {
	local page readme
	numbers() { grep -oE '[0-9][0-9.]+[0-9]'; }
	sed 's/\([0-9]\),\([0-9]\)/\1 \2/g' "$ROOT/doc/cost.md" | numbers >measured
	page=$(part "$USER_PAGE" OVERHEAD | sed '/^\.ta/d' | numbers | grep -vx -e 6.1 -e 6.12)
	[ "$(wc -w <<<"$page")" -ge 20 ]
	all_in "$page" measured
	readme=$(sed -n 's/^| instructions added [^|]*|//p' "$ROOT/README.md" | numbers)
	[ "$(wc -w <<<"$readme")" -eq 4 ]
	all_in "$readme" measured
}

@test "each parameter of the module is in its page, with default and range" {
	local name text default range values=''
	while IFS=$'\t' read -r name text; do
		[[ $text =~ ([0-9]+)\ to\ ([0-9]+) ]]
		range="${BASH_REMATCH[1]} to ${BASH_REMATCH[2]}"
		[[ $text =~ \(default\ ([0-9]+)\) ]]
		default=${BASH_REMATCH[1]}
		values+=" $name"
		# The description is right: the variable has that value, and the check that range.
		grep -qE "^(static )?unsigned int [a-z_]*= $default;|^(static )?unsigned int [a-z_]* = $default;" "$MODULE"/*.c
		part "$MODULE_PAGE" PARAMETERS >parameters
		grep -qxF ".BR $name \" (default $default)\"" parameters
		sed -n "/^\.BR $name /,/^\.TP/p" parameters | grep -qF "$range"
	done < <(sed -nE 's/^MODULE_PARM_DESC\(([a-z_]+), "(.*)"\);/\1\t\2/p' "$MODULE"/*.c)
	same parameters "$(sed -nE 's/^module_param(_named)?\(([a-z_]+),.*/\2/p' "$MODULE"/*.c)" "$values"
	same "the page's" "$values" "$(part "$MODULE_PAGE" PARAMETERS | sed -n '/^\.TP/{n;s/^\.BR \([a-z_]*\) .*/\1/p}')"
}

@test "each key and column of the module's files is in its page" {
	local file=/proc/brkwatch/
	# The keys, in quotes, begin with a capital and end with a colon.
	keys() { grep -hoE '[A-Z][A-Za-z]+:\\t' "$@" | sed 's/:.*//' | sort -u; }
	same "$file<pid>" "$(keys "$MODULE/text.c")
		$(module_columns)" "$(part "$MODULE_PAGE" "${file}pid" | tags)"
	same "${file}stats" "$(keys "$MODULE"/{stats,pool}.c)" "$(part "$MODULE_PAGE" "${file}stats" | tags)"
	all_in "$(grep -oE '"probe\\t.*\\n"' "$MODULE/probe.c" | sed 's/\\[nt]/ /g; s/"//g')" <(part "$MODULE_PAGE" "${file}stats" | bold)
	all_in "$(sed -n '/^#define COLUMNS/,/last_event_ns/p' "$MODULE/list.c" | grep -oE '[a-z_]+(\\t|")' | sed 's/\\.*//; s/"//')" \
		<(part "$MODULE_PAGE" "${file}all" | bold)
	all_in "$(sed -n 's/.*COLUMNS "\(.*\)\\n".*/\1/p' "$MODULE/list.c" | sed '/last_event/!d; s/\\t/ /g')" \
		<(part "$MODULE_PAGE" "${file}exited" | bold)
}

@test "each type and member of JSON is in the man page" {
	local types members
	part "$USER_PAGE" JSON >json
	types=$(grep -hoE 'type\\":\\"[a-z]+|json_(line|header)\(.*"[a-z]+"' "$ROOT"/userspace/{events/json-lines,cli/show}.c |
		grep -oE '"[a-z]+' | tr -d '"')
	members=$(grep -hoE 'json_(object_object_add|add_[a-z]+)\(obj, "[a-z_]+"' "$ROOT"/userspace/{events/json-lines,cli/show}.c |
		grep -oE '"[a-z_]+"' | tr -d '"')
	members+=" $(sed -nE 's/.*(HEADER|NEEDED)\("[A-Za-z]+", ([a-z_]+), .*/\2/p; s/.*\{ "[A-Z][a-z]+", "([a-z_]+)".*/\1/p' "$ROOT/userspace/libbrkwatch/header.c")"
	members+=" $(module_columns)"
	[ "$(wc -w <<<"$types")" -ge 6 ]
	[ "$(wc -w <<<"$members")" -ge 50 ]
	all_in "$types" <(tags <json)
	all_in "$members" <(bold <json)
}

@test "the overview and the README have only options that there are" {
	local line word program
	{
		MANWIDTH=200 man -l "$ROOT/userspace/man/brkwatch.7" | col -bx
		cat "$ROOT/README.md"
	} | grep -oE '^    +([$#] )?(sudo )?brkwatch-[a-z]+ .*' | sed -E 's/^ +([$#] )?(sudo )?//; s/ (-- .*|# .*)//' >commands
	[ "$(wc -l <commands)" -ge 20 ]
	while read -r line; do
		program=${line%% *}
		for word in ${line#* }; do
			[[ $word == -* && $word != - ]] || continue
			echo "$line"
			grep -qE -e "(^|[ ,])${word%%=*}([=, ]|$)" "$BATS_FILE_TMPDIR/help-${program#brkwatch-}"
		done
	done <commands
}

# examples_of PAGE: each in a line, or after a pipe in several
examples_of() {
	MANWIDTH=200 man -l "$1" | col -bx | sed -nE '/^(EXAMPLES|QUESTIONS)/,/^SEE ALSO/p' |
		sed -n '/^ *[#$] /{s///; :more; /|$/{N; s/\n */ /; b more}; p}' | sed 's,/proc/brkwatch,$BRKWATCH_PROC,'
}

@test "the examples of all pages are understood, and work as far as that takes no module" {
	needs man
	mkdir bin proc
	export BRKWATCH_PROC=$PWD/proc PATH=$PWD/bin:$PATH
	# Without stats, or brkwatch-metrics --interval would not end.
	cp "$ROOT"/tests/data/{proc/{4242,all},metrics/exited} proc
	ln -s "${PROGRAMS[@]/#/${CLI%cli}}" bin
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	printf '#!/bin/sh\necho 4242\n' >bin/pidof
	printf '#!/bin/sh\n' | tee bin/make bin/insmod ./prog >./test
	chmod +x bin/* ./test ./prog
	local page example n=0
	for page in "$ROOT"/userspace/man/*; do
		[[ $page != *.7 ]] || rm proc/all # it has a brkwatch-top that would not end
		examples_of "$page" >examples
		[ -s examples ] || [[ $page == *.3 ]] # 95-lib.bats builds what it names
		while read -r example; do
			run bash -c 'cp "$BRKWATCH_PROC/4242" "$BRKWATCH_PROC/$$"; eval "$0"' "$example"
			echo "$example: status $status: $output"
			# Other numbers are of what has been understood and does not work here, as a command does not.
			[[ $status -lt 2 || $output == *"saved files"* ]]
			[[ $output != *"--help"* ]]
			n=$((n + 1))
		done <examples
	done
	[ "$n" -ge 35 ] && [ -s heap.json ]
}
