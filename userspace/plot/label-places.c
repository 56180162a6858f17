// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/complain.h"
#include "plot/label-places.h"

/* A label is rather farther from its mark than that it hides a line. */
#define COST_LINE	10
#define COST_FAR	5

#define DISTANCE	9	/* between a mark and its label */
#define DISTANCES	3

void labels_add_line(struct labels *labels, double x1, double y1, double x2, double y2)
{
	*array_add(labels->lines, labels->n_lines, labels->lines_room) = (struct rectangle){
		fmin(x1, x2), fmin(y1, y2), fmax(x1, x2), fmax(y1, y2),
	};
}

void labels_add_mark(struct labels *labels, const struct rectangle *mark)
{
	*array_add(labels->marks, labels->n_marks, labels->marks_room) = *mark;
}

/* How many of those are in the way. */
static size_t hidden(const struct rectangle *by, const struct rectangle *those, size_t n)
{
	size_t hidden = 0;

	for (size_t i = 0; i < n; i++)
		hidden += by->left <= those[i].right && those[i].left <= by->right &&
			  by->top <= those[i].bottom && those[i].top <= by->bottom;
	return hidden;
}

bool labels_place(struct labels *labels, double x, double y, double width, double height,
		  struct rectangle *place)
{
	/* Above or below the mark: in the middle, to its left, to its right. Steps go straight up. */
	const double shifts[] = { -width / 2, -width - DISTANCE, DISTANCE };
	const struct rectangle *area = &labels->area;
	size_t least = SIZE_MAX, far = 0;

	for (int distance = 0; distance < DISTANCES; distance++)
		for (int above = 1; above >= 0; above--)
			for (size_t i = 0; i < 3; i++, far += COST_FAR) {
				double away = DISTANCE + distance * height;
				double top = above ? y - away - height : y + away;
				const struct rectangle r = {
					x + shifts[i], top, x + shifts[i] + width, top + height,
				};
				size_t cost = far + COST_LINE * hidden(&r, labels->lines, labels->n_lines);

				if (cost >= least || hidden(&r, labels->marks, labels->n_marks) ||
				    r.left < area->left || r.right > area->right ||
				    r.top < area->top || r.bottom > area->bottom)
					continue;
				least = cost;
				*place = r;
			}
	if (least == SIZE_MAX)
		return false;
	labels_add_mark(labels, place);
	return true;
}

void labels_free(struct labels *labels)
{
	free(labels->lines);
	free(labels->marks);
}
