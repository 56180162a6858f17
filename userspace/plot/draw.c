// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/format-number.h"
#include "plot/draw.h"
#include "plot/gnuplot.h"

/* In dots. */
#define WIDTH		1000
#define HEIGHT		600
#define MARGIN_LEFT	100
#define MARGIN_TOP	50
#define MARGIN_BOTTOM	60
#define MARGIN_RIGHT	30
#define KEY_SAMPLE	60

/* Okabe and Ito's, for those who see few colours; the last one is too near to the crosses' red. */
static const char *const colours[] = {
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#000000", "#a65628",
};
static const char *const dashes[] = { "1", "(16,5)", "(3,3)" };

/* From the lowest on. */
static const char *const layer_colours[] = {
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#a65628", "#f0e442", "#808080", "#c8c8c8",
};

#define LAYER_COLOURS (sizeof(layer_colours) / sizeof(layer_colours[0]))
#define COLOURS (sizeof(colours) / sizeof(colours[0]))
#define DASHES (sizeof(dashes) / sizeof(dashes[0]))

static const struct time_unit units[] = {
	{ "hours", 3600e9, 7200e9 },
	{ "seconds", 1e9, 1e9 },
	{ "milliseconds", 1e6, 1e6 },
	{ "microseconds", 1e3, 0 },
};

const char *colour_of(size_t place)
{
	return colours[place % COLOURS];
}

/* ---- places ---- */

static double since_first(const struct drawing *d, uint64_t ns)
{
	return (double)(ns - d->plot->first_ns);
}

/* A little is left free beside the curves. */
double dots_x(const struct drawing *d, uint64_t ns)
{
	const struct rectangle *area = &d->labels.area;
	double part = since_first(d, ns) / d->span_ns;

	return area->left + (area->right - area->left) * (part * 0.96 + 0.02);
}

double dots_y(const struct drawing *d, uint64_t size)
{
	const struct rectangle *area = &d->labels.area;

	return area->bottom - (area->bottom - area->top) * (double)size / d->top;
}

void put_point(const struct drawing *d, uint64_t ns, uint64_t size)
{
	fprintf(d->script, "%.12g %" PRIu64 "\n", since_first(d, ns) / d->unit->ns, size);
}

/* ---- what there is to draw ---- */

static int by_peak(const void *a, const void *b)
{
	const struct plot_process *p = *(struct plot_process *const *)a;
	const struct plot_process *q = *(struct plot_process *const *)b;

	if (p->any != q->any)
		return p->any ? -1 : 1;
	if (p->peak.value != q->peak.value)
		return p->peak.value < q->peak.value ? 1 : -1;
	return p < q ? -1 : p > q;
}

static void measure_space(struct drawing *d, struct plot_space *space)
{
	struct plot_process *process = space->process;
	struct step peak;

	if (!space->steps.n)
		return;
	steps_thin(&space->steps, plot_limit(d->plot));
	steps_thin(&space->crosses, plot_limit(d->plot));
	peak = steps_peak(&space->steps);
	if (!space->start)
		space->lowest = steps_lowest(&space->steps);
	peak.value -= space->lowest;
	if (!process->any || process->peak.value < peak.value)
		process->peak = peak;
	process->any = true;
	d->top = fmax(d->top, (double)peak.value);
}

/* What is drawn first is the whole stack, and all but the highest layer covers it then. */
static void put_in_layers(struct drawing *d)
{
	struct plot *plot = d->plot;

	for (size_t i = plot->n_processes; i-- > 0;)
		if (plot->processes[i].most)
			d->order[d->shown++] = &plot->processes[i];
	/* What the colour is of. */
	for (size_t i = 0; i < plot->n_processes; i++)
		plot->processes[i].place = i;
}

static void measure(struct drawing *d)
{
	struct plot *plot = d->plot;

	for (size_t i = 0; i < plot->n_processes; i++)
		d->order[i] = &plot->processes[i];
	for (size_t i = 0; i < plot->n_spaces; i++)
		measure_space(d, &plot->spaces[i]);
	if (plot->stacked) {
		put_in_layers(d);
	} else {
		qsort(d->order, plot->n_processes, sizeof(struct plot_process *), by_peak);
		d->shown = plot->n_processes < IN_COLOUR ? plot->n_processes : IN_COLOUR;
		for (size_t i = 0; i < plot->n_processes; i++)
			d->order[i]->place = i;
	}
	if (plot->first_ns > plot->last_ns)
		plot->first_ns = plot->last_ns;
	d->span_ns = (double)(plot->last_ns - plot->first_ns) ?: 1e6;
	for (d->unit = units; d->span_ns < d->unit->least; d->unit++)
		;
}

/* ---- the legend ---- */

/* With several processes, each curve is labelled with its process; a single one is named in the title. */
static void curve_title(const struct plot_process *process, char *text, size_t size)
{
	if (!process->pid)
		snprintf(text, size, "%s (%s)", process->name, size_text(process->most, false).text);
	else
		snprintf(text, size, "%s %" PRIu64 " (%s)", process->name, process->pid, process->any ?
			 size_text(process->peak.value, false).text : "no events");
}

static void lay_out(struct drawing *d)
{
	const struct plot *plot = d->plot;
	const size_t listed = d->shown > 1 ? d->shown : 0;
	size_t longest = 0, lines = 5 + listed;
	bool legend = listed || plot->refused || plot->missing || plot->more_spaces;
	char text[TITLE_MAX];

	for (size_t i = 0; i < listed; i++) {
		curve_title(d->order[i], text, sizeof(text));
		if (longest < characters(text))
			longest = characters(text);
	}
	for (size_t i = 0; i < PLOT_REASONS && plot->reasons[i].count; i++)
		lines++;
	for (size_t i = 0; i < plot->n_spaces; i++)
		legend |= plot->spaces[i].again || plot->spaces[i].ended;
	if (legend && longest < 18)
		longest = 18;
	d->width = WIDTH + (legend ? KEY_SAMPLE + (double)longest * CHARACTER : 0);
	d->height = fmax(HEIGHT, (double)lines * LINE + MARGIN_TOP + MARGIN_BOTTOM);
	d->labels.area = (struct rectangle){
		MARGIN_LEFT, MARGIN_TOP, WIDTH - MARGIN_RIGHT, d->height - MARGIN_BOTTOM,
	};
}

/* ---- curves ---- */

/* Until when the break is known. Only the last one of a process goes on while others have events. */
static uint64_t end_of(const struct drawing *d, const struct plot_space *space)
{
	return space->ended || space->process->newest != space ? space->last.ns : d->plot->last_ns;
}

static void put_line(struct drawing *d, struct step *from, uint64_t ns, uint64_t size)
{
	labels_add_line(&d->labels, dots_x(d, from->ns), dots_y(d, from->value), dots_x(d, ns),
			dots_y(d, size));
	put_point(d, ns, size);
	*from = (struct step){ ns, size };
}

static void put_bucket(struct drawing *d, uint64_t lowest, const struct bucket *bucket,
		       struct step *from, bool begin)
{
	struct step steps[BUCKET_STEPS];
	size_t n = bucket_steps(bucket, steps);

	for (size_t k = 0; k < n; k++) {
		uint64_t size = steps[k].value - lowest;

		if (!k && begin)
			*from = (struct step){ steps[k].ns, size };
		else if (steps[k].ns != from->ns)
			put_line(d, from, steps[k].ns, from->value);
		if ((!k && begin) || size != from->value)
			put_line(d, from, steps[k].ns, size);
	}
}

static void put_space(struct drawing *d, const struct plot_space *space)
{
	const struct steps *steps = &space->steps;
	struct step from = { 0 };

	for (size_t k = 0; k < steps->n; k++) {
		const struct bucket *bucket = &steps->buckets[k];

		if (k && bucket->gap)
			fputs("\n", d->script);
		put_bucket(d, space->lowest, bucket, &from, !k || bucket->gap);
	}
	if (steps->n && end_of(d, space) > from.ns)
		put_line(d, &from, end_of(d, space), from.value);
	fputs("\n", d->script);
}

/* A process that has no events has no line. */
static void put_curves(struct drawing *d)
{
	const struct plot *plot = d->plot;

	for (size_t i = 0; i < d->shown; i++) {
		if (!d->order[i]->any)
			continue;
		fprintf(d->script, "$curve%zu << END\n", i);
		for (size_t k = 0; k < plot->n_spaces; k++)
			if (plot->spaces[k].process == d->order[i])
				put_space(d, &plot->spaces[k]);
		fputs("END\n", d->script);
	}
	fputs("$others << END\n", d->script);
	for (size_t k = 0; k < plot->n_spaces; k++)
		if (plot->spaces[k].process->place >= IN_COLOUR)
			put_space(d, &plot->spaces[k]);
	fputs("END\n", d->script);
}

/* Where events are missing. */
static void put_gaps(const struct drawing *d)
{
	fputs("$gaps << END\n", d->script);
	for (size_t i = 0; i < d->plot->n_spaces; i++) {
		const struct plot_space *space = &d->plot->spaces[i];

		for (size_t k = 1; k < space->steps.n; k++) {
			const struct step *last = &space->steps.buckets[k - 1].last;
			const struct step *next = &space->steps.buckets[k].first;

			if (!space->steps.buckets[k].gap)
				continue;
			put_point(d, last->ns, last->value - space->lowest);
			put_point(d, next->ns, next->value - space->lowest);
			fputs("\n", d->script);
		}
	}
	fputs("END\n", d->script);
}

/* ---- the plot command ---- */

void put_element(struct drawing *d, const char *title, const char *fmt, ...)
{
	va_list ap;

	fputs(d->begun ? ", \\\n" : "plot ", d->script);
	d->begun = true;
	va_start(ap, fmt);
	vfprintf(d->script, fmt, ap);
	va_end(ap);
	if (!title) {
		fputs(" notitle", d->script);
		return;
	}
	fputs(" title ", d->script);
	gnuplot_quote(d->script, title);
}

static void put_curve_element(struct drawing *d, size_t i)
{
	const bool alone = d->plot->n_processes == 1;
	const char *dash = dashes[i / COLOURS % DASHES];
	char title[TITLE_MAX];
	char data[32] = "NaN";

	if (d->order[i]->any)
		snprintf(data, sizeof(data), "$curve%zu", i);
	curve_title(d->order[i], title, sizeof(title));
	if (d->plot->stacked)
		put_element(d, title, "%s with filledcurves y1=0 fc rgb '%s'", data,
			    layer_colours[d->order[i]->place % LAYER_COLOURS]);
	else
		put_element(d, alone ? NULL : title, "%s with lines lw 2 lc rgb '%s' dt %s", data, colour_of(i), dash);
}

static void put_elements(struct drawing *d)
{
	const struct plot *plot = d->plot;
	char title[80];

	if (plot->n_processes > IN_COLOUR)
		put_element(d, NULL, "$others with lines lw 1 lc rgb '#c0c0c0'");
	for (size_t i = 0; i < d->shown; i++)
		put_curve_element(d, i);
	if (plot->n_processes > IN_COLOUR) {
		snprintf(title, sizeof(title), "and %zu more", plot->n_processes - IN_COLOUR);
		put_element(d, title, "NaN with lines lw 1 lc rgb '#c0c0c0'");
	}
	if (plot->missing) {
		snprintf(title, sizeof(title), "%" PRIu64 " events missing", plot->missing);
		put_element(d, title, "$gaps with lines lw 1.5 lc rgb '#808080' dt (2,4)");
	}
	put_mark_elements(d);
	if (plot->more_spaces) {
		snprintf(title, sizeof(title), "%zu more spaces left out", plot->more_spaces);
		put_element(d, title, "NaN with dots lc rgb '#ffffff'");
	}
	fputs("\n", d->script);
}

void plot_draw(struct plot *plot, bool png, FILE *script)
{
	struct drawing d = { .plot = plot, .script = script };

	measure(&d);
	lay_out(&d);
	put_head(&d, png);
	put_curves(&d);
	put_gaps(&d);
	put_marks(&d);
	put_elements(&d);
	labels_free(&d.labels);
}
