/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/brkwatch.h"

#define WALL_OFFSETS 32

/* From CLOCK_MONOTONIC to CLOCK_REALTIME, in nanoseconds, since when. */
struct wall_offset {
	uint64_t since;
	int64_t ns;
};

/*
 * What time of day it was. It is the module that knows when the clock was set. The oldest offset
 * counts for all before.
 */
struct wall {
	const struct brkwatch *bw;	/* NULL: nobody can be asked, as of a recording */
	size_t n;			/* 0: nothing is known of the time of day */
	struct wall_offset offsets[WALL_OFFSETS];	/* the oldest first */
	uint64_t looked_ns;
};

/* One that is newer than those that are there. Returns whether it is. */
bool wall_add(struct wall *wall, uint64_t since, int64_t ns);

/* Has the clock been set, until @ns at least? Returns how many offsets are new. */
size_t wall_look(struct wall *wall, uint64_t ns);

/* Nanoseconds since 1970. */
uint64_t wall_time(const struct wall *wall, uint64_t ns);
