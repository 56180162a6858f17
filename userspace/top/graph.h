/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "top/heap-history.h"

#define GRAPH_LEAST_HEIGHT 6

/* Pairs of colours. */
enum {
	COLOR_PLAIN,
	COLOR_GROWS,
	COLOR_SHRINKS,
	COLOR_REFUSED,
	COLOR_GRAPH,
};

/* Where on the screen. */
struct graph {
	int y, height, width;
	uint64_t span_ns;	/* so much of the time, the newest; 0: all */
	bool bytes;
};

/* Draw the heap of a process over time, with curses. */
void graph_draw(const struct graph *graph, const struct track *track);

/* Write @text at that place of the screen, as far as it fits into @columns. */
int screen_put(int y, int x, const char *text, int columns);
