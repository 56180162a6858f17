/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "top/heap-history.h"
#include "top/processes.h"

/* What the screen shows, and which row is selected. Must be zeroed at first. */
struct screen {
	const struct top_options *opts;
	struct processes ps;
	struct track track;		/* of the selected one */
	pid_t selected;			/* 0: none, there are no rows */
	size_t index;			/* its row */
	size_t first;			/* the row on top of the table */
	size_t page;			/* rows that are seen */
	uint64_t interval_ms;
	uint64_t span_ns;		/* of the graph; 0: all */
	bool paused, help, quit;
	bool editing;			/* the pattern is being typed */
};

/* Select a row, at most the last one. */
void screen_select(struct screen *s, size_t index);

/* The rows have changed: the selection stays with its process, or if that is gone, in its place. */
void screen_arrange(struct screen *s);

/* Read the processes again. Returns as processes_read(). */
int screen_look(struct screen *s);
