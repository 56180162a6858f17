/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Which C library a file is, by the name that /proc/PID/maps has for it. */

/* Debian's is /usr/lib/MACHINE-linux-musl/libc.so, which the kernel shows instead of the link ld-musl-MACHINE.so.1. */
static inline bool is_musl(const char *name)
{
	return strstr(name, "/ld-musl-") || strstr(name, "-linux-musl/libc.so");
}

/* After an update, what runs has the one of before, which was deleted. */
static inline bool is_glibc(const char *name)
{
	static const char *const patterns[] = {
		"*/libc.so.6", "*/libc.so.6 (deleted)", "*/libc-2.*.so", "*/libc-2.*.so (deleted)",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}
