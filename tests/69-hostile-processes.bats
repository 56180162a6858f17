# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user of many processes.

load helper
load hostile

@test "more processes than records" {
	load_module records=128
	others 64 crowd stay "$(figure 200 2000)" 7
}

@test "processes that make others as fast as they can" {
	BRKWATCH_MODULE=$ROOT/build/$(uname -r)-small/brkwatch.ko load_module records=128
	others 64 hostile storm "$(figure 80 200)"
}
