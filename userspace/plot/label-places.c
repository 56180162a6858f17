// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "plot/label-places.h"

enum { CELL_EMPTY, CELL_LINE, CELL_TAKEN };

#define COST_LINE	3
#define COST_FAR	5
#define COST_IMPOSSIBLE	UINT32_MAX

#define DISTANCE	9	/* between a mark and its label */
#define DISTANCES	3

struct cell_range {
	size_t left, top, right, bottom;
};

int labels_init(struct labels *labels, const struct rectangle *area)
{
	labels->area = *area;
	labels->columns = (size_t)(area->right - area->left) / LABELS_CELL + 1;
	labels->rows = (size_t)(area->bottom - area->top) / LABELS_CELL + 1;
	labels->cells = calloc(labels->columns, labels->rows);
	return labels->cells ? 0 : -ENOMEM;
}

void labels_free(struct labels *labels)
{
	free(labels->cells);
}

static size_t cell(double dots, size_t n)
{
	if (dots < 0)
		return 0;
	return dots / LABELS_CELL < (double)(n - 1) ? (size_t)(dots / LABELS_CELL) : n - 1;
}

static struct cell_range cells_of(const struct labels *labels, const struct rectangle *r)
{
	return (struct cell_range){
		.left = cell(r->left - labels->area.left, labels->columns),
		.top = cell(r->top - labels->area.top, labels->rows),
		.right = cell(r->right - labels->area.left, labels->columns),
		.bottom = cell(r->bottom - labels->area.top, labels->rows),
	};
}

static void fill(struct labels *labels, const struct rectangle *r, uint8_t what)
{
	const struct cell_range range = cells_of(labels, r);

	for (size_t row = range.top; row <= range.bottom; row++)
		for (size_t column = range.left; column <= range.right; column++) {
			uint8_t *place = &labels->cells[row * labels->columns + column];

			if (*place < what)
				*place = what;
		}
}

void labels_add_line(struct labels *labels, double x1, double y1, double x2, double y2)
{
	const struct rectangle r = {
		x1 < x2 ? x1 : x2, y1 < y2 ? y1 : y2, x1 < x2 ? x2 : x1, y1 < y2 ? y2 : y1,
	};

	fill(labels, &r, CELL_LINE);
}

void labels_add_mark(struct labels *labels, const struct rectangle *mark)
{
	fill(labels, mark, CELL_TAKEN);
}

static uint32_t cost(const struct labels *labels, const struct rectangle *r)
{
	const struct cell_range range = cells_of(labels, r);
	uint32_t sum = 0;

	if (r->left < labels->area.left || r->right > labels->area.right ||
	    r->top < labels->area.top || r->bottom > labels->area.bottom)
		return COST_IMPOSSIBLE;
	for (size_t row = range.top; row <= range.bottom; row++)
		for (size_t column = range.left; column <= range.right; column++) {
			uint8_t what = labels->cells[row * labels->columns + column];

			if (what == CELL_TAKEN)
				return COST_IMPOSSIBLE;
			if (what == CELL_LINE)
				sum += COST_LINE;
		}
	return sum;
}

bool labels_place(struct labels *labels, double x, double y, double width, double height,
		  struct rectangle *place)
{
	/* Above or below the mark: in the middle, to its left, to its right. Steps go straight up. */
	const double shifts[] = { -width / 2, -width - DISTANCE, DISTANCE };
	uint32_t least = COST_IMPOSSIBLE, far = 0;

	for (int distance = 0; distance < DISTANCES; distance++)
		for (int above = 1; above >= 0; above--)
			for (size_t i = 0; i < 3; i++, far += COST_FAR) {
				double away = DISTANCE + distance * height;
				double top = above ? y - away - height : y + away;
				const struct rectangle r = {
					x + shifts[i], top, x + shifts[i] + width, top + height,
				};
				uint32_t c = cost(labels, &r);

				if (c != COST_IMPOSSIBLE && c + far < least) {
					least = c + far;
					*place = r;
				}
			}
	if (least == COST_IMPOSSIBLE)
		return false;
	fill(labels, place, CELL_TAKEN);
	return true;
}
