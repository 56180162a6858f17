/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PLOT_DATA_H
#define BRKWATCH_PLOT_DATA_H

/* What plot.c collects and plot_draw.c draws. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "plot/downsample.h"

/* Of the picture, as those before told it. */
#define PLOT_SPACES	1000	/* of more only the number is known */
#define PLOT_BUCKETS	2048	/* of one address space: about one for each column of dots */
#define PLOT_BUCKETS_SUM 40960	/* of all, but each may have */
#define PLOT_BUCKETS_LEAST 64
#define PLOT_CROSSES	256	/* buckets of refused calls of one address space */
#define PLOT_NOTES	8	/* refused calls with their reason beside them */
#define PLOT_REASONS	12	/* with the number of times; the last has the others */
#define PLOT_REASON_MAX	24
#define PLOT_NAME_MAX	24	/* characters */

struct plot_process {
	uint64_t pid;
	char name[PLOT_NAME_MAX * 4 + 1];	/* what it was last */
	size_t newest;				/* of its spaces */
};

struct plot_space {
	size_t process;
	uint64_t id, since;		/* which one it is */
	uint64_t start;			/* of the heap; 0: not known, then breaks are addresses */
	bool again;			/* its process had another before */
	bool ended;
	bool gap;			/* events are missing since the last one */
	struct step last;
	struct steps steps;		/* heap sizes, or breaks */
	struct steps crosses;		/* the same, where a call was refused */
};

struct plot_note {
	size_t space;
	struct step at;
	char reason[PLOT_REASON_MAX];
};

struct plot {
	const char *file;
	bool png;
	int error;

	struct plot_process *processes;
	size_t n_processes, processes_room;
	struct plot_space *spaces;
	size_t n_spaces, spaces_room, more_spaces;
	size_t current;			/* space of the event before, likely that of the next */

	uint64_t first_ns, last_ns;	/* none: UINT64_MAX, 0 */
	uint64_t missing;
	uint64_t refused;
	struct {
		char name[PLOT_REASON_MAX];
		uint64_t count;
	} reasons[PLOT_REASONS];
	struct plot_note notes[PLOT_NOTES];
};

/* How many buckets an address space may have, by the number of those. */
size_t plot_limit(const struct plot *plot);

/* The script for gnuplot. */
void plot_draw(struct plot *plot, FILE *script);

#endif
