// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>

#include "plot/draw.h"
#include "plot/gnuplot.h"

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
	const struct rectangle *area = &d->labels.area;
	FILE *f = d->script;
	double span = d->span_ns / d->unit->ns;

	/* A gnuplot may have been built without cairo. */
	if (png)
		fprintf(f, "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo "
			"noenhanced size %.0f,%.0f font 'sans,11' background '#ffffff' } else { "
			"set terminal png noenhanced truecolor size %.0f,%.0f }\n",
			d->width, d->height, d->width, d->height);
	else
		fprintf(f, "set terminal svg noenhanced size %.0f,%.0f font 'sans,13' "
			"background '#ffffff'\n", d->width, d->height);
	fputs("set encoding utf8\n", f);
	fprintf(f, "set lmargin at screen %.6f\nset rmargin at screen %.6f\n",
		area->left / d->width, area->right / d->width);
	fprintf(f, "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
		1 - area->top / d->height, 1 - area->bottom / d->height);
	fprintf(f, "set key at screen %.6f,%.6f left top Left reverse vertical maxcols 1 "
		"samplen 2\n", (area->right + 10) / d->width, 1 - area->top / d->height);
	fprintf(f, "set xrange [%.17g:%.17g]\nset xlabel '%s since the first event'\n",
		-span / 48, span + span / 48, d->unit->name);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out\n"
	      "set grid ytics lc rgb '#e0e0e0' lt 1\n", f);
	fprintf(f, "set label '%s' at screen %.6f,%.6f right\n", d->plot->stacked ? "mapped" : "heap size",
		area->left / d->width, 1 - (area->top - 1.2 * LINE) / d->height);
	put_size_axis(d);
	put_title(d);
}
