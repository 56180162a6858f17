// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "common/format-number.h"
#include "plot/draw.h"
#include "plot/gnuplot.h"

#define MARK		4	/* dots from its middle */
#define PEAK_LABELS	5	/* of more it is hard to tell which is whose: then the highest only */

static bool shows_exec(const struct plot_space *space)
{
	return space->again && space->steps.n && space->process->place < IN_COLOUR;
}

/* That of an address space before the last one was an exec. */
static bool shows_end(const struct plot_space *space)
{
	return space->ended && space->process->newest == space && space->process->place < IN_COLOUR;
}

static void put_mark(struct drawing *d, uint64_t ns, uint64_t size)
{
	double x = dots_x(d, ns), y = dots_y(d, size);
	const struct rectangle mark = { x - MARK, y - MARK, x + MARK, y + MARK };

	labels_add_mark(&d->labels, &mark);
	put_point(d, ns, size);
}

static void put_crosses(struct drawing *d, const struct plot_space *space)
{
	struct step steps[BUCKET_STEPS];

	for (size_t k = 0; k < space->crosses.n; k++) {
		size_t n = bucket_steps(&space->crosses.buckets[k], steps);

		for (size_t j = 0; j < n; j++)
			put_mark(d, steps[j].ns, steps[j].value - space->lowest);
	}
}

static void put_exec(struct drawing *d, const struct plot_space *space)
{
	const struct step *first;

	/* Only one without events has no bucket. */
	if (shows_exec(space)) {
		first = &space->steps.buckets[0].first;
		put_mark(d, first->ns, first->value - space->lowest);
	}
}

static void put_end(struct drawing *d, const struct plot_space *space)
{
	if (shows_end(space))
		put_mark(d, space->last.ns, space->last.value - space->lowest);
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

static bool has_peak(const struct drawing *d, size_t place)
{
	return place < (d->plot->stacked ? 1 : d->shown) && d->order[place]->any;
}

static void put_peaks(struct drawing *d)
{
	for (size_t i = 0; has_peak(d, i); i++) {
		fprintf(d->script, "$peak%zu << END\n", i);
		put_mark(d, d->order[i]->peak.ns, d->order[i]->peak.value);
		fputs("END\n", d->script);
	}
}

/* Where there is no room it is left out: the legend has the sizes and the reasons too. */
static void put_label(struct drawing *d, const char *text, const char *colour,
		      uint64_t ns, uint64_t size)
{
	struct rectangle place;

	if (!labels_place(&d->labels, dots_x(d, ns), dots_y(d, size),
			  (double)strlen(text) * CHARACTER + 4, LINE - 4, &place))
		return;
	fputs("set label ", d->script);
	gnuplot_quote(d->script, text);
	fprintf(d->script, " at screen %.6f,%.6f center front tc rgb '%s'\n",
		(place.left + place.right) / 2 / d->width,
		1 - (place.top + place.bottom) / 2 / d->height, colour);
}

static void put_labels(struct drawing *d)
{
	const struct plot *plot = d->plot;
	const size_t labels = plot->n_processes > PEAK_LABELS ? 1 : PEAK_LABELS;
	char text[TEXT_NUMBER_MAX + 8];

	for (size_t i = 0; i < labels && has_peak(d, i); i++) {
		*put_size(stpcpy(text, "peak "), d->order[i]->peak.value, false) = '\0';
		put_label(d, text, plot->n_processes > 1 && !plot->stacked ? colour_of(i) : "#303030",
			  d->order[i]->peak.ns, d->order[i]->peak.value);
	}
	for (size_t i = 0; i < plot->refused && plot->refused <= PLOT_NOTES; i++) {
		const struct plot_note *note = &plot->notes[i];

		put_label(d, note->reason, "#d00000", note->at.ns,
			  note->at.value - note->space->lowest);
	}
}

void put_marks(struct drawing *d)
{
	put_block(d, "crosses", put_crosses);
	put_block(d, "execs", put_exec);
	put_block(d, "ends", put_end);
	put_peaks(d);
	put_labels(d);
	if (d->plot->first_ns == UINT64_MAX || !d->plot->last_ns)
		fputs("set label 'no events' at graph 0.5,0.5 center\n", d->script);
}

static void put_refused_elements(struct drawing *d)
{
	const struct plot *plot = d->plot;
	char title[PLOT_REASON_MAX + 40];

	snprintf(title, sizeof(title), "%" PRIu64 " refused:", plot->refused);
	put_element(d, title, "$crosses with points pt 2 ps 1.2 lw 2.5 lc rgb '#d00000'");
	for (size_t i = 0; i < PLOT_REASONS && plot->reasons[i].count; i++) {
		snprintf(title, sizeof(title), "   %" PRIu64 " %s", plot->reasons[i].count,
			 plot->reasons[i].name);
		put_element(d, title, "NaN with dots lc rgb '#ffffff'");
	}
}

void put_mark_elements(struct drawing *d)
{
	bool execs = false, ends = false;

	for (size_t i = 0; i < d->plot->n_spaces; i++) {
		execs |= shows_exec(&d->plot->spaces[i]);
		ends |= shows_end(&d->plot->spaces[i]);
	}
	if (execs)
		put_element(d, "exec", "$execs with points pt 8 ps 1 lw 1 lc rgb '#606060'");
	if (ends)
		put_element(d, "end", "$ends with points pt 4 ps 0.8 lw 1 lc rgb '#606060'");
	for (size_t i = 0; has_peak(d, i); i++)
		put_element(d, NULL, "$peak%zu with points pt 7 ps 0.7 lc rgb '%s'", i,
			    d->plot->stacked ? "#303030" : colour_of(i));
	if (d->plot->refused)
		put_refused_elements(d);
}
