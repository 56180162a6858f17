/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/brkwatch.h"

#define WALL_OFFSETS 32

/* The offset from CLOCK_MONOTONIC to CLOCK_REALTIME in nanoseconds, and since when it applies. */
struct wall_offset {
	uint64_t since;
	int64_t ns;
};

/*
 * The time of day of a moment. The module knows when the clock was set. The oldest offset applies to
 * all times before it.
 */
struct wall {
	const struct brkwatch *bw;	/* NULL: nobody can be asked, as of a recording */
	size_t n;			/* 0: nothing is known of the time of day */
	struct wall_offset offsets[WALL_OFFSETS];	/* the oldest first */
	uint64_t looked_ns;
};

/* Add an offset if it is newer than those we have. Returns whether it is. */
bool wall_add(struct wall *wall, uint64_t since, int64_t ns);

/* Has the clock been set, until @ns at least? Returns how many offsets are new. */
size_t wall_look(struct wall *wall, uint64_t ns);

/* Nanoseconds since 1970. */
uint64_t wall_time(const struct wall *wall, uint64_t ns);
