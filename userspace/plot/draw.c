// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/format-number.h"
#include "plot/draw.h"
#include "plot/gnuplot.h"

#define IN_COLOUR	20	/* processes; others are grey */
#define PEAK_LABELS	5	/* of more it is hard to tell which is whose: then the highest only */
#define LABEL_PART	0.11	/* of the width, which a label takes */
#define LABEL_LINES	20	/* of labels, in the height */
#define LABEL_ROWS	3	/* of reasons: below their crosses, or above them where these are low */
#define LOW_PART	5

/* Okabe and Ito's, for those who see few colours; the last one is too near to the crosses' red. */
static const char *const colours[] = {
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#000000", "#a65628",
};
/* Of layers, from the lowest on. */
static const char *const layer_colours[] = {
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#a65628", "#f0e442", "#808080", "#c8c8c8",
};
static const char *const dashes[] = { "1", "(16,5)", "(3,3)" };

#define LAYER_COLOURS (sizeof(layer_colours) / sizeof(layer_colours[0]))
#define COLOURS (sizeof(colours) / sizeof(colours[0]))
#define DASHES (sizeof(dashes) / sizeof(dashes[0]))

static const struct time_unit units[] = {
	{ "hours", 3600e9, 7200e9 },
	{ "seconds", 1e9, 1e9 },
	{ "milliseconds", 1e6, 1e6 },
	{ "microseconds", 1e3, 0 },
};

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

static void put_in_order(struct drawing *d)
{
	struct plot *plot = d->plot;

	for (size_t i = 0; i < plot->n_processes; i++)
		d->order[i] = &plot->processes[i];
	qsort(d->order, plot->n_processes, sizeof(struct plot_process *), by_peak);
	for (size_t i = 0; i < plot->n_processes; i++)
		d->order[i]->place = i;
	d->shown = plot->n_processes < IN_COLOUR ? plot->n_processes : IN_COLOUR;
}

static void measure(struct drawing *d)
{
	struct plot *plot = d->plot;

	for (size_t i = 0; i < plot->n_spaces; i++)
		measure_space(d, &plot->spaces[i]);
	if (plot->stacked)
		put_in_layers(d);
	else
		put_in_order(d);
	if (plot->first_ns > plot->last_ns)
		plot->first_ns = plot->last_ns;
	d->span_ns = (double)(plot->last_ns - plot->first_ns) ?: 1e6;
	for (d->unit = units; d->span_ns < d->unit->least; d->unit++)
		;
}

static double time_of(const struct drawing *d, uint64_t ns)
{
	return (double)(ns - d->plot->first_ns) / d->unit->ns;
}

/* ---- data ---- */

static void put_point(const struct drawing *d, uint64_t ns, uint64_t size)
{
	fprintf(d->script, "%.12g %" PRIu64 "\n", time_of(d, ns), size);
}

static void put_steps(const struct drawing *d, const struct plot_space *space, const struct bucket *bucket)
{
	struct step steps[BUCKET_STEPS];
	size_t n = bucket_steps(bucket, steps);

	for (size_t i = 0; i < n; i++)
		put_point(d, steps[i].ns, steps[i].value - space->lowest);
}

/* Until when the break is known. Only the last one of a process goes on while others have events. */
static uint64_t end_of(const struct drawing *d, const struct plot_space *space)
{
	return space->ended || space->process->newest != space ? space->last.ns : d->plot->last_ns;
}

static void put_space(struct drawing *d, const struct plot_space *space)
{
	const struct steps *steps = &space->steps;

	for (size_t k = 0; k < steps->n; k++) {
		if (k && steps->buckets[k].gap)
			fputs("\n", d->script);
		put_steps(d, space, &steps->buckets[k]);
	}
	if (steps->n && end_of(d, space) > steps->buckets[steps->n - 1].last.ns)
		put_point(d, end_of(d, space), steps->buckets[steps->n - 1].last.value - space->lowest);
	fputs("\n", d->script);
}

/* Where events are missing. */
static void put_gaps(struct drawing *d, const struct plot_space *space)
{
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

static void put_crosses(struct drawing *d, const struct plot_space *space)
{
	for (size_t k = 0; k < space->crosses.n; k++)
		put_steps(d, space, &space->crosses.buckets[k]);
}

static void put_exec(struct drawing *d, const struct plot_space *space)
{
	const struct step *first = space->steps.n ? &space->steps.buckets[0].first : NULL;

	if (!space->again || !first || space->process->place >= IN_COLOUR)
		return;
	d->execs = true;
	put_point(d, first->ns, first->value - space->lowest);
}

/* That of an address space before the last one was an exec. */
static void put_end(struct drawing *d, const struct plot_space *space)
{
	if (!space->ended || space->process->newest != space || space->process->place >= IN_COLOUR)
		return;
	d->ends = true;
	put_point(d, space->last.ns, space->last.value - space->lowest);
}

/* Those of all spaces in one block. */
static void put_block(struct drawing *d, const char *name,
		      void (*put)(struct drawing *d, const struct plot_space *space))
{
	fprintf(d->script, "$%s << END\n", name);
	for (size_t i = 0; i < d->plot->n_spaces; i++)
		put(d, &d->plot->spaces[i]);
	fputs("END\n", d->script);
}

static void put_other(struct drawing *d, const struct plot_space *space)
{
	if (space->process->place >= IN_COLOUR)
		put_space(d, space);
}

/* A process that has no events has no line. */
static void put_data(struct drawing *d)
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
	put_block(d, "others", put_other);
	put_block(d, "gaps", put_gaps);
	put_block(d, "crosses", put_crosses);
	put_block(d, "execs", put_exec);
	put_block(d, "ends", put_end);
}

/* ---- labels ---- */

static void put_label(const struct drawing *d, const char *text, uint64_t ns, uint64_t size, double up,
		      const char *colour)
{
	double part = (double)(ns - d->plot->first_ns) / d->span_ns;

	fputs("set label ", d->script);
	gnuplot_quote(d->script, text);
	fprintf(d->script, " at %.12g,%" PRIu64 " %s offset 0,%g front tc rgb '%s'", time_of(d, ns), size,
		part < LABEL_PART / 2 ? "left" : part > 1 - LABEL_PART / 2 ? "right" : "center", up, colour);
}

/* Whether its label would lie over that of a higher one, or over those of refused calls. */
static bool is_hidden(const struct drawing *d, size_t i)
{
	const struct step *peak = &d->order[i]->peak;

	if (i && (double)peak->value < d->top / LOW_PART)
		return true;
	for (size_t k = 0; k < i; k++)
		if (fabs(time_of(d, peak->ns) - time_of(d, d->order[k]->peak.ns)) * d->unit->ns <
			d->span_ns * LABEL_PART &&
		    (double)(d->order[k]->peak.value - peak->value) < d->top / LABEL_LINES)
			return true;
	return false;
}

/* The legend has the sizes, too. */
static void put_peaks(const struct drawing *d)
{
	const bool stacked = d->plot->stacked;
	const size_t labels = d->plot->n_processes > PEAK_LABELS ? 1 : PEAK_LABELS;

	for (size_t i = 0; i < (stacked ? 1 : d->shown) && d->order[i]->any; i++) {
		const struct step *peak = &d->order[i]->peak;
		const char *colour = stacked ? "#303030" : colours[i % COLOURS];
		char text[TEXT_NUMBER_MAX + 8] = "";

		if (i < labels && !is_hidden(d, i))
			*put_size(stpcpy(text, "peak "), peak->value, false) = '\0';
		put_label(d, text, peak->ns, peak->value, 0.8, colour);
		fprintf(d->script, " point pt 7 ps 0.7 lc rgb '%s'\n", colour);
	}
}

/* Of a few refused calls, in rows, so that none lies over another: the legend has all reasons. */
static void put_reasons(const struct drawing *d)
{
	const struct plot *plot = d->plot;
	double free_ns[LABEL_ROWS] = { 0 };

	for (size_t i = 0; i < plot->refused && plot->refused <= PLOT_NOTES; i++) {
		const struct plot_note *note = &plot->notes[i];
		const uint64_t size = note->at.value - note->space->lowest;
		const double ns = (double)(note->at.ns - plot->first_ns);
		bool above;
		int row = 0;

		while (row < LABEL_ROWS && ns < free_ns[row])
			row++;
		if (row == LABEL_ROWS)
			continue;
		free_ns[row] = ns + d->span_ns * LABEL_PART;
		above = plot->stacked || (double)size < d->top / LOW_PART;
		put_label(d, note->reason, note->at.ns, size, above ? row + 0.9 : -row - 0.9, "#d00000");
		fputs("\n", d->script);
	}
}

/* ---- the plot command ---- */

/* One with a title goes into the legend. */
static void __attribute__((format(printf, 3, 4)))
put_element(struct drawing *d, const char *title, const char *fmt, ...)
{
	va_list ap;

	fputs(d->begun ? ", \\\n" : "plot ", d->script);
	d->begun = true;
	va_start(ap, fmt);
	vfprintf(d->script, fmt, ap);
	va_end(ap);
	fputs(title ? " title " : " notitle", d->script);
	if (title)
		gnuplot_quote(d->script, title);
}

static void put_curve(struct drawing *d, size_t i)
{
	const struct plot_process *process = d->order[i];
	char title[TITLE_MAX], data[32] = "NaN";

	if (process->any)
		snprintf(data, sizeof(data), "$curve%zu", i);
	if (d->plot->stacked) {
		snprintf(title, sizeof(title), "%s (%s)", process->name, size_text(process->most, false).text);
		put_element(d, title, "%s with fillsteps fs solid noborder fc rgb '%s'", data,
			    layer_colours[process->place % LAYER_COLOURS]);
		return;
	}
	snprintf(title, sizeof(title), "%s %" PRIu64 " (%s)", process->name, process->pid,
		 process->any ? size_text(process->peak.value, false).text : "no events");
	put_element(d, d->plot->n_processes == 1 ? NULL : title, "%s with steps lw 2 lc rgb '%s' dt %s", data,
		    colours[i % COLOURS], dashes[i / COLOURS % DASHES]);
}

/* A line of the legend without a sample. */
#define NO_SAMPLE "NaN with dots lc rgb '#ffffff'"

static void put_refused(struct drawing *d)
{
	const struct plot *plot = d->plot;
	char title[PLOT_REASON_MAX + 40];

	snprintf(title, sizeof(title), "%" PRIu64 " refused:", plot->refused);
	put_element(d, title, "$crosses with points pt 2 ps 1.2 lw 2.5 lc rgb '#d00000'");
	for (size_t i = 0; i < PLOT_REASONS && plot->reasons[i].count; i++) {
		snprintf(title, sizeof(title), "   %" PRIu64 " %s", plot->reasons[i].count,
			 plot->reasons[i].name);
		put_element(d, title, NO_SAMPLE);
	}
}

static void put_elements(struct drawing *d)
{
	const struct plot *plot = d->plot;
	char title[80];

	if (plot->n_processes > IN_COLOUR)
		put_element(d, NULL, "$others with steps lw 1 lc rgb '#c0c0c0'");
	for (size_t i = 0; i < d->shown; i++)
		put_curve(d, i);
	if (plot->n_processes > IN_COLOUR) {
		snprintf(title, sizeof(title), "and %zu more", plot->n_processes - IN_COLOUR);
		put_element(d, title, "NaN with lines lw 1 lc rgb '#c0c0c0'");
	}
	if (plot->missing) {
		snprintf(title, sizeof(title), "%" PRIu64 " events missing", plot->missing);
		put_element(d, title, "$gaps with lines lw 1.5 lc rgb '#808080' dt (2,4)");
	}
	if (d->execs)
		put_element(d, "exec", "$execs with points pt 8 ps 1 lw 1 lc rgb '#606060'");
	if (d->ends)
		put_element(d, "end", "$ends with points pt 4 ps 0.8 lw 1 lc rgb '#606060'");
	if (plot->refused)
		put_refused(d);
	if (plot->more_spaces) {
		snprintf(title, sizeof(title), "%zu more spaces left out", plot->more_spaces);
		put_element(d, title, NO_SAMPLE);
	}
	fputs("\n", d->script);
}

void plot_draw(struct plot *plot, bool png, FILE *script)
{
	struct drawing d = { .plot = plot, .script = script };

	measure(&d);
	put_head(&d, png);
	put_data(&d);
	put_peaks(&d);
	put_reasons(&d);
	if (!plot->last_ns)
		fputs("set label 'no events' at graph 0.5,0.5 center\n", script);
	put_elements(&d);
}
