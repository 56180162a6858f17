/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_LABELS_H
#define BRKWATCH_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a picture there is room for a text. All numbers are dots, from the upper left. */
struct rectangle {
	double left, top, right, bottom;
};

#define LABELS_CELL 4	/* dots */

struct labels {
	struct rectangle area;	/* where they may be */
	size_t columns, rows;
	uint8_t *cells;		/* what is there */
};

/* Returns 0 or -ENOMEM. */
int labels_init(struct labels *labels, const struct rectangle *area);
void labels_free(struct labels *labels);

/* A curve, which a label should not hide. */
void labels_add_line(struct labels *labels, double x1, double y1, double x2, double y2);

/* A mark or label, which must not be hidden. */
void labels_add_mark(struct labels *labels, const struct rectangle *mark);

/*
 * Find a place of this size near a mark, and take it; false where there is none without hiding
 * another.
 */
bool labels_place(struct labels *labels, double x, double y, double width, double height,
		  struct rectangle *place);

#endif
