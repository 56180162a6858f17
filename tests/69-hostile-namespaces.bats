# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A user in namespaces of his own.

load helper
load hostile

@test "pid namespaces, each in the one before, with many processes each" {
	load_module
	others 64 hostile nested "$(figure 15 30)"
}
