/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "top/processes.h"

/* The columns of --top, the ones that matter most first. */
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

/* How many columns of the screen a cell takes. Sizes in bytes are longer. */
int cell_width(enum cell_id id, bool bytes);

/* How many cells, with a blank between them, fit into so many columns; at least one. */
size_t cells_fitting(int columns, bool bytes);

/* The text of a cell, padded to its width, or longer where it is a number that needs more. */
void cell_text(char *text, enum cell_id id, const struct top_process *p, bool bytes);

/* Its title, padded likewise. */
void cell_title(char *text, enum cell_id id, bool bytes);

/*
 * Copy @name to @text, of @size bytes, until @columns are full. What cannot be printed is
 * replaced by '?'. Returns the number of columns used.
 */
int printable(char *text, size_t size, const char *name, int columns);
