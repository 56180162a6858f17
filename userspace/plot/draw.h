/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

/* What draw.c, which draws the curves, and marks.c share. */

#include <stdio.h>

#include "plot/collect.h"
#include "plot/label-places.h"

/* In dots. */
#define CHARACTER	7.2
#define LINE		20

#define TITLE_MAX	(sizeof(((struct plot_process *)0)->name) + 80)

#define IN_COLOUR	20	/* processes; others are grey */

struct time_unit {
	const char *name;
	double ns, least;
};

struct drawing {
	struct plot *plot;
	FILE *script;
	struct plot_process *order[PLOT_SPACES];	/* the highest first */
	size_t shown;			/* of them in colour */
	double width, height;		/* of the picture */
	double span_ns, top;		/* what the axes show */
	const struct time_unit *unit;
	struct labels labels;		/* their area is that of the curves */
	bool begun;			/* the plot command */
};

/* Write the script for gnuplot. */
void plot_draw(struct plot *plot, bool png, FILE *script);

/* What is around the curves: the size, the title and the axes. */
void put_head(struct drawing *d, bool png);

double dots_x(const struct drawing *d, uint64_t ns);
double dots_y(const struct drawing *d, uint64_t size);
void put_point(const struct drawing *d, uint64_t ns, uint64_t size);
const char *colour_of(size_t place);

/* The data of the marks and the labels beside them; all curves must be written before. */
void put_marks(struct drawing *d);

/* Elements of the plot command: one with a title goes into the legend. */
void put_element(struct drawing *d, const char *title, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void put_mark_elements(struct drawing *d);
