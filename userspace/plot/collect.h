/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PLOT_H
#define BRKWATCH_PLOT_H

#include <stdint.h>

#include "libbrkwatch/sink.h"

/*
 * A picture of the breaks of processes over time, drawn by gnuplot. What is kept of the events
 * is bounded, however many there are.
 */
struct plot;

/*
 * @file must end in .svg or .png and stays valid. Returns NULL after a complaint where the
 * picture could not be drawn in the end.
 */
struct plot *plot_new(const char *file);

/* All events are wanted, in order for each address space. The owner is the plot. */
extern const struct brkwatch_sink plot_sink;

/*
 * Draw it; where no process was told of there is no picture. Returns 0, or -1 after a complaint;
 * then the file is as before.
 */
int plot_finish(struct plot *plot);

void plot_free(struct plot *plot);

#endif
