/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where a picture has room for a text. All numbers are dots from the upper left corner. */
struct rectangle {
	double left, top, right, bottom;
};

struct labels {
	struct rectangle area;	/* where they may be */
	struct rectangle *lines;	/* of the curves, which a label should not hide */
	size_t n_lines, lines_room;
	struct rectangle *marks;	/* and labels, which must not be hidden */
	size_t n_marks, marks_room;
};

void labels_add_line(struct labels *labels, double x1, double y1, double x2, double y2);
void labels_add_mark(struct labels *labels, const struct rectangle *mark);

/*
 * Find a free place of this size near a mark, and take it; false if there is none that hides no other
 * text.
 */
bool labels_place(struct labels *labels, double x, double y, double width, double height,
		  struct rectangle *place);

void labels_free(struct labels *labels);
