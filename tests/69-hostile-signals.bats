# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user whose processes are interrupted and killed all the time.

load helper
load hostile

@test "signals and kills, in whatever they are doing" {
	load_module
	others 128 hostile signals "$(figure 20 100)"
}
