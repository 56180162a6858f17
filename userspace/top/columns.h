/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "top/processes.h"

/* The columns of brkwatch-top, the most important ones first. */
enum cell_id {
	CELL_PID,
	CELL_NAME,
	CELL_HEAP,
	CELL_PEAK,
	CELL_GROWTH,
	CELL_CALLS,
	CELL_REFUSED,
	CELLS_NARROW,		/* as many fit into 80 columns */
	CELL_GROWN = CELLS_NARROW,
	CELL_SHRUNK,
	CELL_RANGE,
	CELLS,
};

#define CELL_MAX 256		/* bytes of a cell's text */

/* The width of a cell on the screen. Sizes in bytes are wider. */
int cell_width(enum cell_id id, bool bytes);

/* How many cells, separated by a blank, fit into this width; at least one. */
size_t cells_fitting(int columns, bool bytes);

/* The text of a cell, padded to its width; a number that needs more is longer. */
void cell_text(char *text, enum cell_id id, const struct top_process *p, bool bytes);

/* The title of a column, padded to its width. */
void cell_title(char *text, enum cell_id id, bool bytes);

/*
 * Copy @name to @text, of @size bytes, until @columns are full. What cannot be printed is
 * replaced by '?'. Returns the number of columns used.
 */
int printable(char *text, size_t size, const char *name, int columns);
