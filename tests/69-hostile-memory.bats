# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user who makes the module keep more than it may have.

load helper
load hostile

# Its share, and what his processes cost without it.
@test "descriptors of a long history, each half read" {
	load_module
	others 300 hostile copies "$(figure 120 1000)"
}

@test "opens of more processes than there are records for" {
	load_module memory=1 follow_history=4096
	others 64 hostile refused "$(figure 2000 50000)"
}
