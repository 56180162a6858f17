/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <string.h>

/*
 * Whether this is musl, by the name that /proc/PID/maps has for it. Debian's is
 * /usr/lib/MACHINE-linux-musl/libc.so, which the kernel shows instead of the link ld-musl-MACHINE.so.1.
 */
static inline bool is_musl(const char *name)
{
	return strstr(name, "/ld-musl-") || strstr(name, "-linux-musl/libc.so");
}
