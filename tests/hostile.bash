# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One user who takes what he can get, and what the others still get: each test
# loads the module as it needs it, and others unloads it.

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
}

teardown_file() {
	:
}

teardown() {
	pkill -KILL -U 1000 || :
	[ ! -d "$PROC" ] || until_true 20 unload_module
	judge_log
}

# others MEMORY COMMAND...: see others.py
others() {
	run python3 "$ROOT/tests/others.py" "$@"
	echo "# ${output//$'\n'/$'\n# '}" >&3
	[ "$status" = 0 ]
}
