/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A mapping of /proc/PID/maps. */
struct range {
	uint64_t start, end, offset;
	bool writable, anonymous;
	const char *name;	/* valid during the call */
};

/* Until @take returns false. Returns 0 or a negative errno. */
int ranges_each(pid_t pid, bool (*take)(void *owner, const struct range *range), void *owner);

/* Where @address lies in a file that is mapped. @name: of PATH_MAX bytes. */
bool ranges_find_file(pid_t pid, uint64_t address, char *name, size_t size, uint64_t *offset);
