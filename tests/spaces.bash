# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tests and these use what the others set
# For tests that look at several processes: like helper.bash, which must be
# loaded first, but in bash alone. A program takes long to start in a guest.

# start COMMAND...: in the background, until it says "ready"; its number in
# $pid, its input is $told, which tell() writes to.
start() {
	rm -f "$BATS_TEST_TMPDIR/in"
	mkfifo "$BATS_TEST_TMPDIR/in"
	: >"$BATS_TEST_TMPDIR/out"
	"$@" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	exec {told}>"$BATS_TEST_TMPDIR/in"
	until_ready 1
}

finish() {
	exec {told}>&-
	wait "$pid"
}

# listen: what it said, in lines of "word value", as $said[word]. Words that
# brkdo and bare say are followed by tabs: $expected has their expectations.
listen() {
	local line lines
	declare -gA said=([ready]=0)
	expected=()
	mapfile -t lines <"$BATS_TEST_TMPDIR/out"
	for line in "${lines[@]}"; do
		case $line in
		expect$'\t'*) expected+=("${line#*$'\t'}") ;;
		ready) said[ready]=$((said[ready] + 1)) ;;
		*' '*) said[${line%% *}]=${line#* } ;;
		esac
	done
}

has_said() { listen && [ -n "${said[$1]}" ]; }
is_ready() { listen && [ "${said[ready]}" = "$1" ]; }

# So often it has to say so, or such a word.
until_ready() { until_true 10 is_ready "$1" && listen; }
until_said() { until_true 10 has_said "$1" && listen; }

# look NAME PID: what its file says, as $NAME[key]; of the table:
#	kinds	of the events, in a row
#	calls	what the requests and results were, as brkdo says it, a line each
#	table	"tid event request pages flags", a line each
# The text goes to the file NAME.
look() {
	until_true 1 has_name "$2"
	read_text "$1" <"$PROC/$2"
}

# The same of descriptor $fd, anew.
look_again() {
	read_text "$1" < <(spacedo reread <&"$fd")
}

read_text() {
	local line lines f
	declare -gA "$1=()"
	local -n to=$1
	mapfile -t lines
	printf '%s\n' "${lines[@]}" >"$BATS_TEST_TMPDIR/$1"
	for line in "${lines[@]}"; do
		IFS=$'\t' read -r -a f <<<"$line"
		case $line in
		[A-Z]*) to[${f[0]%:}]=${f[1]} ;;
		[0-9]*)
			to[kinds]+=${to[kinds]:+ }${f[4]}
			to[table]+=${to[table]:+$'\n'}"${f[3]} ${f[4]} ${f[5]} ${f[9]} ${f[11]}"
			to[last]=${to[table]##*$'\n'}
			to[last_call]=${f[4]}$'\t'${f[5]}$'\t'${f[6]}$'\t'${f[7]}$'\t'${f[8]}$'\t'${f[9]}
			: "${to[first_old]:=${f[6]}}"
			;;
		esac
	done
	[ -n "${to[Format]}" ]
}

assert_gone() {
	until_true 5 eval "! has_name $1"
}

# The descriptor $fd says that this was all; $again is what it says, with the
# kinds of all its events since it was read before. A space can be gone a moment
# before its last event is there.
assert_ended() {
	local deadline=$((SECONDS + 30 * BRKWATCH_SLOWNESS)) kinds=
	until
		look_again again
		kinds+=${kinds:+ }${again[kinds]}
		[[ ${again[State]} == exited && $kinds == *end ]]
	do
		[ "$SECONDS" -le "$deadline" ]
	done
	again[kinds]=$kinds
}
