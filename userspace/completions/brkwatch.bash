# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of brkwatch-cli, brkwatch-top, brkwatch-stacks, brkwatch-plot, brkwatch-metrics and
# brkwatch-heap and brkwatch-malloc for bash. Works with and without bash-completion.

# Words to choose from that go on with what was typed, $cur.
_brkwatch_offer() {
	local word
	for word; do
		[[ $word != "$cur"* ]] || COMPREPLY+=("$word")
	done
}

# The same for a list with commas: those that are in it already are left out.
_brkwatch_offer_list() {
	local head='' word
	[[ $cur != *,* ]] || head=${cur%,*},
	for word; do
		[[ ,${head#+} == *",${word#+},"* ]] || _brkwatch_offer "$head$word"
	done
}

# Directories of what has an address space: kernel threads and zombies have no command line.
_brkwatch_processes() {
	local dir start
	for dir in /proc/[0-9]*; do
		start=
		{ IFS='' read -rd '' -n 1 start <"$dir/cmdline"; } 2>/dev/null
		[[ ! $start ]] || echo "$dir"
	done
}

# As regular expressions.
_brkwatch_names() {
	local dir
	_brkwatch_processes | while read -r dir; do
		cat "$dir/comm" 2>/dev/null
	done | sort -u | sed 's/[][().*+?^$|{}\\]/\\&/g'
}

_brkwatch_argument() {
	local kinds=(query grow shrink move same refused fork external resync end) words
	local columns=(pid space seq time_ns took_ns tid event request old new delta_bytes
		delta_pages reason flags limit needed start_brk heap_bytes note)

	case $1 in
	-p | --pid)
		mapfile -t words < <(_brkwatch_processes)
		_brkwatch_offer_list "${words[@]##*/}"
		;;
	--comm)
		compopt -o filenames 2>/dev/null # so that it is quoted
		mapfile -t words < <(_brkwatch_names)
		_brkwatch_offer "${words[@]}"
		;;
	--uid) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
	--event)
		compopt -o nospace 2>/dev/null
		_brkwatch_offer_list "${kinds[@]}"
		;;
	--until)
		compopt -o filenames -o nospace 2>/dev/null
		_brkwatch_offer_list "${kinds[@]}"
		[[ $cur == *,* ]] || _brkwatch_offer 'heap>' 'grown>' 'shrunk>' 'calls>' 'refused>'
		;;
	--columns)
		compopt -o nospace 2>/dev/null
		[[ $cur == *,* || $cur != +* ]] || columns=("${columns[@]/#/+}")
		_brkwatch_offer_list "${columns[@]}"
		;;
	--color) _brkwatch_offer auto always never ;;
	-o | --output | --input | --flamegraph | --svg | --perfetto | --plot)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	esac
}

# Words from $1 on are a command's.
_brkwatch_command() {
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	else
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

_brkwatch() {
	local cur=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]##*/} option='' i word
	local options=(-o --output -h --help -V --version)

	COMPREPLY=()
	[[ $program == *-@(metrics|heap) ]] || options+=(-p --pid --comm --uid)
	[[ $program == *-@(metrics|heap|stacks|malloc) ]] || options+=(--all)
	[[ $program == *-@(metrics|top|heap) ]] || options+=(-f --follow-forks --duration)
	case $program in
	*-top) options+=(--color --bytes --json -q --quiet) ;;
	*-stacks) options+=(-c --summary-only --folded --flamegraph --bytes --json) ;;
	*-plot) options+=(--input --stacked) ;;
	*-heap) options+=(--map --svg --top --address --stacks --watch --stop --bytes --json) ;;
	*-metrics) options+=(--interval --groups) ;;
	*-malloc) options+=(--regions --malloc --input -c --summary-only --explain --perfetto --plot --bytes --json --csv -q --quiet) ;;
	*) options+=(--follow --input --event --min-delta -n --max-events --until -t -r -c --summary-only
		-C --summary --explain --columns --color --bytes --json --csv -q --quiet) ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		# bash has --option=argument as three words.
		if [[ $option ]]; then
			[[ $option == --* && $word == = ]] || option=
			continue
		fi
		case $word in
		--) _brkwatch_command $((i + 1)) && return ;;
		--pid | --comm | --uid | --input | --event | --min-delta | --max-events | --duration | \
			--until | --columns | --color | --output | --flamegraph | --svg | --stacks | --interval | --groups | \
			--perfetto | --plot | --top | --address | --watch) option=$word ;;
		--*) ;;
		-*) [[ ! $word =~ ^-[fhqrtcCV]*([pno])$ ]] || option=-${BASH_REMATCH[1]} ;;
		esac
	done
	if [[ $option ]]; then
		[[ $cur != = ]] || cur=
		_brkwatch_argument "$option"
	elif [[ $cur == -* ]]; then
		_brkwatch_offer "${options[@]}"
	elif [[ $program != *-@(metrics|top) ]]; then
		_brkwatch_argument --pid
	fi
}

complete -F _brkwatch brkwatch-{cli,top,stacks,plot,metrics,heap,malloc}
