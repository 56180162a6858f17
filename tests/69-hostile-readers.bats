# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user whose readers do not go on.

load helper
load hostile

# Half of the memory of the module is for histories.
@test "followers that are stopped, each of another process" {
	load_module
	others 250 hostile stopped "$(figure 60 600)"
}

@test "readers whose memory never comes" {
	sysctl -q vm.unprivileged_userfaultfd=1
	load_module
	others 64 hostile stuck "$(figure 30 300)"
}
