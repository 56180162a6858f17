// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>

#include "plot/draw.h"
#include "plot/gnuplot.h"

/* In dots; a line of the legend has its own. */
#define WIDTH		1200
#define HEIGHT		600
#define LINE		20
#define MARGINS		110

/* 4 to 8 sizes that are all so many times a power of two. */
static void put_size_axis(struct drawing *d)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	int unit = 0;
	double step, highest = d->top;

	if (highest < 8)
		highest = 4096;
	unit = ilogb(highest) / 10;
	step = exp2(ceil(log2(highest)) - 3);
	if (highest / step <= 4)
		step /= 2;
	/* And room for the label of the peak. */
	d->top = highest * 1.12;
	fprintf(d->script, "set yrange [0:%.17g]\nset ytics ('0' 0", d->top);
	for (int i = 1; i * step <= d->top; i++)
		fprintf(d->script, ", '%g %s' %.17g", i * step / exp2(unit * 10), names[unit],
			i * step);
	fputs(")\n", d->script);
}

static void put_title(const struct drawing *d)
{
	const struct plot *plot = d->plot;
	char text[TITLE_MAX];

	if (plot->stacked)
		snprintf(text, sizeof(text), "%s", plot->title);
	else if (plot->n_processes == 1)
		snprintf(text, sizeof(text), "%s %" PRIu64, plot->processes[0].name,
			 plot->processes[0].pid);
	else
		snprintf(text, sizeof(text), "%zu processes", plot->n_processes);
	fputs("set title ", d->script);
	gnuplot_quote(d->script, text);
	fputs(" font ',14'\n", d->script);
}

void put_head(struct drawing *d, bool png)
{
	double span = d->span_ns / d->unit->ns, height;
	size_t lines = 5 + d->shown;
	FILE *f = d->script;

	for (size_t i = 0; i < PLOT_REASONS && d->plot->reasons[i].count; i++)
		lines++;
	height = fmax(HEIGHT, (double)lines * LINE + MARGINS);
	/* A gnuplot may have been built without cairo. */
	if (png)
		fprintf(f, "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo "
			"noenhanced size %d,%.0f font 'sans,11' background '#ffffff' } else { "
			"set terminal png noenhanced truecolor size %d,%.0f }\n",
			WIDTH, height, WIDTH, height);
	else
		fprintf(f, "set terminal svg noenhanced size %d,%.0f font 'sans,13' "
			"background '#ffffff'\n", WIDTH, height);
	fprintf(f, "set encoding utf8\nset key outside right top Left reverse vertical maxcols 1 samplen 2\n"
		"set xrange [%.17g:%.17g]\nset xlabel '%s since the first event'\n"
		"set border 3 lc rgb '#606060'\nset tics nomirror out\nset grid ytics lc rgb '#e0e0e0' lt 1\n"
		"set label '%s' at graph 0,1 right offset -1,1\n",
		-span / 48, span + span / 48, d->unit->name, d->plot->stacked ? "mapped" : "heap size");
	put_size_axis(d);
	put_title(d);
}
