/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/sink.h"
#include "plot/downsample.h"

/*
 * The data of events that are kept to draw the breaks of processes over time. Its size is bounded,
 * however many events there are.
 */
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
	char name[sizeof(((struct brkwatch_snapshot *)0)->name)];	/* what it was last */
	const struct plot_space *newest;
	uint64_t most;			/* of a layer alone */
	/* For who draws it: */
	size_t place;			/* by its peak */
	bool any;			/* event */
	struct step peak;
};

struct plot_space {
	struct plot_process *process;
	uint64_t id, since;		/* which one it is */
	uint64_t start;			/* of the heap; 0: not known, then breaks are addresses */
	bool again;			/* its process had another before */
	bool ended;
	bool gap;			/* events are missing since the last one */
	bool moved;			/* the last event was no call, and has no step yet */
	struct step last;
	struct steps steps;		/* heap sizes, or breaks */
	struct steps crosses;		/* the same, where a call was refused */
	uint64_t lowest;		/* what it is drawn above */
};

/* Must be zeroed at first, except first_ns. */
struct plot {
	bool stacked;			/* layers, the lowest first; a title is above them */
	char title[2 * PLOT_NAME_MAX + 128];
	size_t n_processes, n_spaces, more_spaces;
	struct plot_process processes[PLOT_SPACES];
	struct plot_space spaces[PLOT_SPACES];
	uint64_t first_ns, last_ns;	/* none: UINT64_MAX, 0 */
	uint64_t missing;
	uint64_t refused;
	struct {
		char name[PLOT_REASON_MAX];
		uint64_t count;
	} reasons[PLOT_REASONS];
	struct plot_note {
		const struct plot_space *space;
		struct step at;
		char reason[PLOT_REASON_MAX];
	} notes[PLOT_NOTES];
};

/* It needs all events, in order for each address space. The owner is the plot. */
extern const struct brkwatch_sink plot_sink;

/* How many buckets an address space may have, depending on the number of address spaces. */
size_t plot_limit(const struct plot *plot);

/* A call was refused where the space is now. */
void plot_refusal(struct plot *plot, struct plot_space *space, const char *reason);

void plot_free(struct plot *plot);
