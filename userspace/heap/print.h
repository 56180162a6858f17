/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_PRINT_H
#define BRKWATCH_HEAP_PRINT_H

#include "common/output.h"
#include "chunks/reading.h"

/* The map of the heap as text: one screen. As a drawing it is finer. */
#define MAP_COLUMNS	64ul
#define MAP_ROWS	16ul
#define MAP_CELLS	(4 * MAP_COLUMNS * MAP_ROWS)

struct print {
	struct outbuf *out;
	bool bytes;		/* sizes as plain numbers */
	bool map;
	const char *stacks;	/* a file with the stacks of events, or NULL */
	const struct sums *before;	/* of the reading before, or NULL */
	int64_t stopped_us;	/* how long the process was stopped; negative: it was not */
};

void print_text(const struct print *print, const struct reading *reading);
void print_map(const struct print *print, const struct account *account);
/* Into a file, an SVG. False after a complaint. */
bool draw_map(const struct reading *reading, const char *file);

void print_json(struct outbuf *out, const struct reading *reading);

/* Why the walk did not come to the break; false where it did. */
bool explain_end(const struct reading *reading, char *text, size_t size);

#endif
