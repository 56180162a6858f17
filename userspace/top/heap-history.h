/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "top/processes.h"

#define TRACK_MAX 4096

/* The size of the heap from a time on, until that of the next one. */
struct sample {
	uint64_t time_ns;	/* CLOCK_MONOTONIC */
	uint64_t heap_bytes;
	uint64_t high_bytes;	/* the highest of those it was put together of */
	uint64_t refused;	/* so many calls were, since the sample before */
};

/*
 * What is known of one process over time: the events the module keeps, and what it was at each
 * reading. When there is no more room two neighbours become one, so it covers all the time, ever
 * more coarsely. Zeroed at first.
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

/* A new reading of @p; of another process than before: begin again. */
void track_update(struct track *track, const struct top_options *opts, const struct top_process *p,
		  uint64_t time_ns);

/* A part of the time. */
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
