/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PROCESSES_H
#define BRKWATCH_PROCESSES_H

#include "libbrkwatch/internal.h"
#include "top/options.h"

/* A process, and how fast it has changed since the reading before. */
struct top_process {
	struct brkwatch_row row;
	bool rated;			/* the address space was there at the reading before */
	int64_t growth_per_s;		/* bytes by which the heap has changed, a second */
	uint64_t calls_per_s;
};

/* All processes that are selected, by number. Zeroed at first. */
struct processes {
	struct top_process *list;
	size_t n, room;
	uint64_t time_ns;		/* of this reading, CLOCK_MONOTONIC */
	uint64_t heap_bytes;		/* of all together */

	/* private: the reading before */
	struct top_process *old;
	size_t old_n, old_room;
	uint64_t old_time_ns;
};

/*
 * Read them anew. Returns 0, a negative errno, or -EPROTO where the text makes no sense; then
 * nothing of it may be used.
 */
int processes_read(struct processes *ps, const struct top_options *opts);

void processes_free(struct processes *ps);

#endif
