/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "top/processes.h"

#define TRACK_MAX 4096

/* The size of the heap from this time until the next entry. */
struct sample {
	uint64_t time_ns;	/* CLOCK_MONOTONIC */
	uint64_t heap_bytes;
	uint64_t high_bytes;	/* the highest of those it was put together of */
	uint64_t refused;	/* so many calls were, since the sample before */
};

/*
 * The heap of one process over time: from the events that the module keeps, and its size at each
 * reading. When it is full, two neighbours are merged, so it always covers the whole time, with less and
 * less detail. Must be zeroed at first.
 */
struct track {
	struct top_process process;		/* as of the last reading; pid 0: of none */
	struct sample samples[TRACK_MAX];
	size_t n;

	/* private: */
	uint64_t seq;			/* of the newest event */
	uint64_t refused;		/* those in the samples */
	struct brkwatch_reader *reader;
};

/* Add a reading of @p; start again if that is another process than before. */
void track_update(struct track *track, const struct top_options *opts, const struct top_process *p,
		  uint64_t time_ns);

/* A period of time. */
struct track_column {
	uint64_t high_bytes;
	uint64_t refused;
};

/*
 * Cut the newest @span_ns (0: all) into @n columns. Returns the time of the first one, at which
 * the track may not have begun.
 */
uint64_t track_columns(const struct track *track, uint64_t span_ns, struct track_column *columns,
		       size_t n);

void track_free(struct track *track);
