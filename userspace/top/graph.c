// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <curses.h>

#include "top/columns.h"
#include "top/graph.h"
#include "common/format-number.h"

#define WIDTH_MAX 1024

static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const letters[] = { " ", "_", "_", "_", ":", ":", ":", "#", "#" };

static bool has_blocks(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* 53 s, 12 min, 3 h, 2 d */
static void put_duration(char *text, size_t size, uint64_t ns)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 } };
	uint64_t seconds = ns / 1000000000;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds >= 2 * units[i].seconds) {
			snprintf(text, size, "%" PRIu64 " %s", seconds / units[i].seconds, units[i].name);
			return;
		}
	snprintf(text, size, "%.3g s", (double)ns / 1e9);
}

static void draw_head(const struct graph *g, const struct top_process *p)
{
	char name[CELL_MAX], text[CELL_MAX * 2];

	printable(name, sizeof(name), p->row.name, 32);
	snprintf(text, sizeof(text), "%s (%d)   heap %s   peak %s   refused %" PRIu64, name, p->row.pid,
		 size_text(p->row.heap_bytes, g->bytes).text, size_text(p->row.peak_bytes, g->bytes).text,
		 p->row.refused);
	attron(A_BOLD);
	screen_put(g->y, 0, text, g->width);
	attroff(A_BOLD);
}

/* @rows lines from @y on, each as high as eight steps. */
static void draw_columns(int y, int x, int rows, const struct track_column *columns, int n,
			 uint64_t top)
{
	const char *const *glyphs = has_blocks() ? blocks : letters;

	attron(COLOR_PAIR(COLOR_GRAPH));
	for (int i = 0; i < n; i++) {
		int steps = (int)ceil((double)columns[i].high_bytes * rows * 8 / (double)top);

		for (int row = rows - 1; row >= 0 && steps > 0; row--, steps -= 8)
			mvaddstr(y + row, x + i, glyphs[steps < 8 ? steps : 8]);
	}
	attroff(COLOR_PAIR(COLOR_GRAPH));
}

/* The sizes on the left. */
static void draw_sizes(const struct graph *g, int rows, int width, uint64_t top)
{
	const struct {
		int row;
		uint64_t size;
	} marks[] = {
		{ 0, top },
		{ rows / 2, top - top / (uint64_t)rows * (uint64_t)(rows / 2) },
		{ rows, 0 },
	};
	char text[TEXT_NUMBER_MAX * 2];

	for (int row = 0; row < rows; row++)
		mvaddch(g->y + 1 + row, width - 1, ACS_VLINE);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if ((i == 1 && rows < 4) || (i < 2 && !top))
			continue;
		snprintf(text, sizeof(text), "%*s", width - 2,
			 size_text(marks[i].size, g->bytes).text);
		screen_put(g->y + 1 + marks[i].row, 0, text, width - 2);
		mvaddch(g->y + 1 + marks[i].row, width - 1, i == 2 ? ACS_LLCORNER : ACS_RTEE);
	}
}

/* The line of time, with a mark where calls were refused, and what is below. */
static void draw_time(int y, int x, const struct track_column *columns, int n, uint64_t span_ns)
{
	char text[32], ago[64];

	mvhline(y, x, ACS_HLINE, n);
	attron(COLOR_PAIR(COLOR_REFUSED) | A_BOLD);
	for (int i = 0; i < n; i++)
		if (columns[i].refused)
			mvaddch(y, x + i, 'x');
	attroff(COLOR_PAIR(COLOR_REFUSED) | A_BOLD);
	put_duration(text, sizeof(text), span_ns);
	snprintf(ago, sizeof(ago), "%s ago", text);
	if (span_ns)
		screen_put(y + 1, x, ago, n);
	if (n > (int)strlen(ago) + 4)
		screen_put(y + 1, x + n - 3, "now", 3);
}

void graph_draw(const struct graph *g, const struct track *track)
{
	int labels = g->bytes ? 16 : 11, n = g->width - labels, rows = g->height - 3;
	struct track_column columns[WIDTH_MAX];
	uint64_t start, top = 0;

	draw_head(g, &track->process);
	n = n < WIDTH_MAX ? n : WIDTH_MAX;
	if (n < 1 || rows < 1 || !track->n)
		return;
	start = track_columns(track, g->span_ns, columns, (size_t)n);
	for (int i = 0; i < n; i++)
		top = columns[i].high_bytes > top ? columns[i].high_bytes : top;
	/* Up to the peak, unless all would be far below it. */
	if (track->process.row.peak_bytes / 2 <= top && track->process.row.peak_bytes > top)
		top = track->process.row.peak_bytes;
	draw_sizes(g, rows, labels, top);
	if (top)
		draw_columns(g->y + 1, labels, rows, columns, n, top);
	draw_time(g->y + 1 + rows, labels, columns, n,
		  track->samples[track->n - 1].time_ns - start);
}
