/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <regex.h>

#include "libbrkwatch/internal.h"
#include "top/options.h"

#define PATTERN_MAX 64

/* A process, and how fast it has changed since the previous reading. */
struct top_process {
	struct brkwatch_row row;
	bool shown;
	bool rated;			/* the address space was there at the reading before */
	int64_t growth_per_s;		/* bytes that calls have added, less what they gave back */
	uint64_t calls_per_s;
};

enum sort_key {
	SORT_HEAP,
	SORT_GROWTH,
	SORT_REFUSED,
	SORT_PID,
	SORT_NAME,
	SORT_KEYS,
};

extern const char *const sort_names[SORT_KEYS];

struct reading {
	struct top_process *list;
	size_t n, room;
	uint64_t time_ns;		/* CLOCK_MONOTONIC */
};

/* All processes that are selected. Zeroed at first. */
struct processes {
	struct reading now;		/* first those that are shown, in their order */
	size_t shown;
	uint64_t heap_bytes, refused;	/* of all together */
	enum sort_key key;		/* largest heap, growth, refusals first; smallest pid, name */
	bool reverse;			/* the other way round */
	char pattern[PATTERN_MAX];	/* "": all are shown */

	/* private: */
	struct reading before;
	regex_t regex;
	bool compiled;
};

/*
 * Read them again. Returns 0, a negative errno, or -EPROTO if the text makes no sense; then none of it
 * may be used.
 */
int processes_read(struct processes *ps, const struct top_options *opts);

/*
 * Show only processes whose name matches: a regular expression or, if it is not a valid one (such as
 * when half of it is typed), a part of the name.
 */
void processes_match(struct processes *ps, const char *pattern);

/* Select and sort them again, after the filter or the order has changed. */
void processes_arrange(struct processes *ps);

void processes_free(struct processes *ps);
