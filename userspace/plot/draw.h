/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PLOT_DRAW_H
#define BRKWATCH_PLOT_DRAW_H

/* What plot_draw.c, which draws the curves, and plot_marks.c share. */

#include "plot/label-places.h"
#include "plot/data.h"

/* In dots. */
#define CHARACTER	7.2
#define LINE		20

#define IN_COLOUR	20	/* processes; others are grey */

struct time_unit {
	const char *name;
	double ns, least;
};

/* Of a process. */
struct curve {
	const struct plot_process *process;
	bool any;
	struct step peak;
};

struct drawing {
	struct plot *plot;
	FILE *script;
	struct curve *curves;		/* of processes, by their number in the plot */
	const struct curve **order;	/* the highest first */
	uint64_t *lowest;		/* of each space, what it is drawn above */
	double width, height;		/* of the picture */
	struct rectangle area;		/* of the curves */
	double span_ns, top;		/* what the axes show */
	const struct time_unit *unit;
	struct labels labels;
	bool begun;			/* the plot command */
};

double dots_x(const struct drawing *d, uint64_t ns);
double dots_y(const struct drawing *d, uint64_t size);
uint64_t size_of(const struct drawing *d, size_t space, uint64_t value);
void put_point(const struct drawing *d, uint64_t ns, uint64_t size);
bool in_colour(const struct drawing *d, size_t process);
const char *colour_of(size_t place);

/* The data of the marks, and the labels beside them, which wants all curves put. */
void put_marks(struct drawing *d);

/* Elements of the plot command: one with a title goes into the legend. */
void put_element(struct drawing *d, const char *title, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void put_mark_elements(struct drawing *d);

#endif
