# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user of many threads.

load helper
load hostile

@test "threads of one process that race in brk" {
	load_module
	others 64 hostile threads "$(figure 200 2000)"
}
