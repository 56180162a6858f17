# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A program on a terminal of its own, by tmux.

tm() {
	TMUX='' tmux -L "brkwatch-$$" -f /dev/null "$@"
}

# screen_start COLUMNS LINES COMMAND...: when it has ended, "bash-ready STATUS " and the terminal's
# settings are below what was there before.
screen_start() {
	command -v tmux >/dev/null || skip "no tmux"
	local command
	command=$(printf '%q ' "${@:3}")
	stty_before=$BATS_TEST_TMPDIR/stty
	# The server stays; no pipe of the test is to stay open with it.
	(
		[ -z "${told:-}" ] || exec {told}>&-
		tm -u new-session -d -x "$1" -y "$2" \
			"stty -g >$(printf %q "$stty_before"); $command; echo bash-ready \$? \"\$(stty -g)\"; exec sleep 1000" 3>&-
	)
}

screen_end() {
	if command -v tmux >/dev/null; then
		tm kill-server 2>/dev/null || :
		# It is still there for a moment, and a new session would end with it.
		until_true 10 eval '! tm list-sessions'
	fi
}

screen() {
	tm capture-pane -p
}

# screen_has REGEX: a line of it.
screen_has() {
	local text
	text=$(screen)
	echo "$text"
	grep -q -e "$1" <<<"$text"
}

screen_line() {
	screen | sed -n "$1p" | sed 's/ *$//'
}

# screen_fits COLUMNS LINES
screen_fits() {
	local text
	text=$(screen)
	echo "$text"
	[ "$(wc -L <<<"$text")" -le "$1" ]
	[ "$(wc -l <<<"$text")" -le "$2" ]
}

# Numbers of the rows, from above.
screen_rows() {
	screen | awk '$1 == "PID" { on = 1; next } on && $1 !~ /^[0-9]+$/ { exit } on { print $1 }' | paste -sd ' '
}

# The row in reverse video, below the title.
selected() {
	tm capture-pane -pe | tail -n +3 | sed -n 's/^[^ ]*7m[^ ]* *\([0-9]*\) .*/\1/p' | head -n 1
}

selected_is() {
	[ "$(selected)" = "$1" ]
}

keys() {
	local key
	for key; do
		tm send-keys "$key"
	done
}

screen_size() {
	tm resize-window -x "$1" -y "$2"
}

# The number of the program in it: a child of the shell that tmux has started.
screen_program() {
	pgrep -P "$(tm display-message -p '#{pane_pid}')"
}

# The terminal's settings are those of before.
screen_sane() {
	screen | tr -d '\n' | grep -q "$(cat "$stty_before")"
}
