/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "libbrkwatch/brkwatch.h"
#include "malloc/call.h"

/* A mapping of /proc/PID/maps; sizes in bytes, which only smaps has. */
struct region {
	uint64_t start, end;
	char perms[5];
	const char *name;	/* "" where it has none; see intern() */
	uint64_t resident, dirty, swapped, pss;
	struct what what;
};

struct regions {
	struct region *all;
	size_t n, room;
	bool sized;		/* it was smaps */
};

/*
 * Read @file, and say what each mapping is for. What is not between @heap_start and @brk, each 0 where
 * it is not known, is no heap, whatever the kernel calls it. Returns 0 or a negative errno; -EPROTO:
 * not understood.
 */
int regions_read(struct regions *regions, FILE *file, uint64_t heap_start, uint64_t brk);
/* The same of a process: its "maps" or "smaps". @snap: what the module says of it, or NULL. */
int regions_of(struct regions *regions, pid_t pid, const char *name, const struct brkwatch_snapshot *snap);
void regions_free(struct regions *regions);

/* Of a file that is mapped. */
struct what what_of_file(const char *name, bool shared);

/* Where glibc's arenas of threads begin, and their size. */
#define ARENA_SIZE	((uint64_t)(sizeof(long) > 4 ? 64 : 1) << 20)

/* What malloc maps by default for requests from 128 KiB on is larger than that. */
#define MALLOC_MIN	((uint64_t)128 << 10)
