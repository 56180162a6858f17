# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user who keeps what he has opened.

load helper
load hostile

@test "descriptors of address spaces that are gone, more than there is memory for" {
	load_module "memory=$(figure 1 8)" follow_history=4096
	others 64 hostile gone "$(figure 600 5000)"
}
