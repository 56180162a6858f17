/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdio.h>

#include "plot/collect.h"

#define TITLE_MAX	(sizeof(((struct plot_process *)0)->name) + 80)

struct drawing {
	struct plot *plot;
	FILE *script;
	struct plot_process *order[PLOT_SPACES];	/* the highest first */
	size_t shown;			/* of them in colour */
	double span_ns, top;		/* what the axes show */
	const struct time_unit {
		const char *name;
		double ns, least;
	} *unit;
	bool execs, ends;		/* there are marks of them */
	bool begun;			/* the plot command */
};

/* Write the script for gnuplot. */
void plot_draw(struct plot *plot, bool png, FILE *script);

/* What is around the curves: the size, the title and the axes. */
void put_head(struct drawing *d, bool png);
