# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What lets the module be built elsewhere, and be understood there.

load helper

setup_file() {
	:
}

teardown() {
	unload_leftover
	judge_log
}

# The parameters that there are.
parameters() {
	modinfo -F parm "$BRKWATCH_MODULE" | cut -d: -f1
}

@test "the module imports only what mainline kernels export" {
	case $(uname -r) in
	*san) skip "missing kernel feature: being without checks, which modules import" ;;
	esac
	nm -u "$BRKWATCH_MODULE" | awk '{ print $2 }' | sort >"$BATS_TEST_TMPDIR/imported"
	grep -v '^#' "$ROOT/tests/data/mainline-symbols.txt" >"$BATS_TEST_TMPDIR/known"
	sort -c -u "$BATS_TEST_TMPDIR/known"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/imported")" -gt 50 ]
	run -0 comm -23 "$BATS_TEST_TMPDIR/imported" "$BATS_TEST_TMPDIR/known"
	if [ -n "$output" ]; then
		echo "not in tests/data/mainline-symbols.txt; does mainline export them?"
		echo "$output"
		return 1
	fi
	# These are exported by Debian alone.
	run ! grep -xE 'task_work_add|can_nice|file_close_fd|__wake_up_pollfree|zap_page_range_single|security_binder_.*' \
		"$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/imported"
}

@test "kernel versions and options are tested in compat.h only" {
	local tests='LINUX_VERSION_CODE|KERNEL_VERSION *\(|CONFIG_[A-Z]|IS_(ENABLED|BUILTIN|MODULE|REACHABLE) *\('
	grep -qE "$tests" "$ROOT/module/compat.h"
	run grep -nE "$tests" --include='*.[ch]' --exclude=compat.h --exclude='*.mod.c' -r "$ROOT/module"
	echo "$output"
	[ "$status" = 1 ]
}

@test "each parameter is documented, with the default that it has" {
	local name text default
	load_module
	[ "$(parameters | sort)" = "$(ls /sys/module/brkwatch/parameters)" ]
	[ "$(parameters | wc -l)" -ge 6 ]
	for name in $(parameters); do
		text=$(modinfo -F parm "$BRKWATCH_MODULE" | sed -n "s/^$name://p")
		echo "$name: $text"
		# More than its type is said, and a range.
		[[ "$text" =~ ^[a-z].*,\ [0-9]+\ to\ [0-9]+ ]]
		default=$(sed -n 's/.*(default \([^)]*\)).*/\1/p' <<<"$text")
		[ -n "$default" ]
		[ "$(cat "/sys/module/brkwatch/parameters/$name")" = "$default" ]
	done
}

@test "modinfo says what it is" {
	[ "$(modinfo -F license "$BRKWATCH_MODULE")" = GPL ]
	modinfo -F description "$BRKWATCH_MODULE" | grep -q 'brk(2)'
	# No other module has to be there.
	[ -z "$(modinfo -F depends "$BRKWATCH_MODULE")" ]
}

@test "module, its statistics and brkwatch-cli are of the same version" {
	load_module
	[ "$(modinfo -F version "$BRKWATCH_MODULE")" = "$(version)" ]
	[ "$(cat /sys/module/brkwatch/version)" = "$(version)" ]
	[ "$(stat_of Version)" = "$(version)" ]
	run -0 "$CLI" --version
	[ "${lines[0]}" = "brkwatch-cli $(version), format 1" ]
	[ "${lines[1]}" = "module $(version), format 1" ]
}

@test "the oldest and the newest kernel supported are stated once" {
	local min max
	min=$(sed -n 's/^#define BRKWATCH_KERNEL_MIN\t"\(.*\)"$/\1/p' "$ROOT/module/compat.h")
	[[ "$min" =~ ^[0-9]+\.[0-9]+$ ]]
	# The preprocessor cannot read it, so it is there twice.
	grep -qF "KERNEL_VERSION(${min/./, }, 0)" "$ROOT/module/compat.h"
	max=$(sed -n 's/^#define BRKWATCH_KERNEL_MAX\t"\(.*\)"$/\1/p' "$ROOT/module/compat.h")
	grep -qF "Linux $min and newer, up to $max" "$ROOT/README.md"
}
