// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "plot/gnuplot.h"
#include "common/replace-file.h"
#include "libbrkwatch/array.h"
#include "plot/collect.h"
#include "plot/data.h"

/* ---- the file ---- */

static bool has_suffix(const char *file, const char *suffix)
{
	size_t len = strlen(file);

	return len > strlen(suffix) && !strcmp(file + len - strlen(suffix), suffix);
}

struct plot *plot_new(const char *file)
{
	const bool png = has_suffix(file, ".png");
	struct plot *plot;

	if (!png && !has_suffix(file, ".svg")) {
		warn_user("the name must end in .svg or .png: '%s'", file);
		return NULL;
	}
	if (!gnuplot_present() || !newfile_possible(file))
		return NULL;
	plot = calloc(1, sizeof(*plot));
	if (!plot) {
		warn_user("%s", strerror(ENOMEM));
		return NULL;
	}
	plot->file = file;
	plot->png = png;
	plot->first_ns = UINT64_MAX;
	return plot;
}

void plot_free(struct plot *plot)
{
	if (!plot)
		return;
	for (size_t i = 0; i < plot->n_spaces; i++) {
		steps_free(&plot->spaces[i].steps);
		steps_free(&plot->spaces[i].crosses);
	}
	free(plot->spaces);
	free(plot->processes);
	free(plot);
}

/* ---- what is to be drawn ---- */

size_t plot_limit(const struct plot *plot)
{
	size_t limit = PLOT_BUCKETS_SUM / (plot->n_spaces ?: 1);

	return limit > PLOT_BUCKETS ? PLOT_BUCKETS :
	       limit < PLOT_BUCKETS_LEAST ? PLOT_BUCKETS_LEAST : limit;
}

static bool is_space(const struct plot *plot, size_t i, const struct brkwatch_snapshot *snap)
{
	const struct plot_space *space = &plot->spaces[i];

	return space->id == snap->space && space->since == snap->since &&
	       plot->processes[space->process].pid == snap->pid;
}

static struct plot_space *find_space(struct plot *plot, const struct brkwatch_snapshot *snap)
{
	if (plot->current < plot->n_spaces && is_space(plot, plot->current, snap))
		return &plot->spaces[plot->current];
	for (size_t i = plot->n_spaces; i-- > 0;) {
		if (is_space(plot, i, snap)) {
			plot->current = i;
			return &plot->spaces[i];
		}
	}
	return NULL;
}

static size_t find_process(const struct plot *plot, uint64_t pid)
{
	size_t i = 0;

	while (i < plot->n_processes && plot->processes[i].pid != pid)
		i++;
	return i;
}

static void add_space(void *owner, struct brkwatch_process *process)
{
	const struct brkwatch_snapshot *snap = &process->snap;
	struct plot *plot = owner;
	struct plot_process *shown;
	size_t i;

	if (plot->error || find_space(plot, snap))
		return;
	if (plot->n_spaces == PLOT_SPACES) {
		plot->more_spaces++;
		return;
	}
	i = find_process(plot, snap->pid);
	if (!array_room(plot->spaces, plot->n_spaces, &plot->spaces_room) ||
	    !array_room(plot->processes, plot->n_processes, &plot->processes_room)) {
		plot->error = -ENOMEM;
		return;
	}
	plot->spaces[plot->n_spaces] = (struct plot_space){
		.process = i, .id = snap->space, .since = snap->since, .start = snap->start,
		.again = i < plot->n_processes,
	};
	shown = &plot->processes[i];
	if (i == plot->n_processes) {
		*shown = (struct plot_process){ .pid = snap->pid };
		plot->n_processes++;
	}
	gnuplot_clean(shown->name, snap->name, PLOT_NAME_MAX);
	shown->newest = plot->n_spaces++;
}

static void add_step(struct plot *plot, struct plot_space *space, uint64_t value, bool gap)
{
	space->last.value = value;
	plot->error = plot->error ?: steps_add(&space->steps, &space->last, gap, plot_limit(plot));
}

static void count_reason(struct plot *plot, const char *reason)
{
	size_t i = 0;

	while (i < PLOT_REASONS - 1 && plot->reasons[i].count &&
	       strcmp(plot->reasons[i].name, reason) != 0)
		i++;
	if (!plot->reasons[i].count++)
		snprintf(plot->reasons[i].name, sizeof(plot->reasons[i].name), "%s",
			 i < PLOT_REASONS - 1 ? reason : "other");
}

static void add_refusal(struct plot *plot, struct plot_space *space, struct slice reason)
{
	char text[PLOT_REASON_MAX] = "";
	size_t len = 0;

	while (len < reason.len && len < sizeof(text) - 1 && reason.text[len] > ' ' &&
	       reason.text[len] < 0x7f) {
		text[len] = reason.text[len];
		len++;
	}
	if (plot->refused < PLOT_NOTES) {
		struct plot_note *note = &plot->notes[plot->refused];

		note->space = (size_t)(space - plot->spaces);
		note->at = space->last;
		memcpy(note->reason, text, sizeof(text));
	}
	plot->refused++;
	count_reason(plot, text);
	plot->error = plot->error ?: steps_add(&space->crosses, &space->last, false, PLOT_CROSSES);
}

/* The break as it is kept. */
static uint64_t height(const struct plot_space *space, uint64_t brk)
{
	return brk > space->start ? brk - space->start : 0;
}

static int add_event(void *owner, struct brkwatch_process *process, struct brkwatch_event *ev)
{
	const struct brkwatch_snapshot *snap = &process->snap;
	struct plot *plot = owner;
	struct plot_space *space = find_space(plot, snap);
	uint64_t ns = event_unsigned(ev, BRKWATCH_TIME_NS);
	uint64_t old, new;

	if (!space || plot->error)
		return plot->error;
	old = height(space, event_address(ev, BRKWATCH_OLD));
	/* prctl(2) can move it. */
	if (space->start && snap->start)
		space->start = snap->start;
	new = height(space, event_address(ev, BRKWATCH_NEW));
	if (ev->malformed)
		return -EPROTO;
	/* Calls at the same time can be recorded in another order. */
	if (space->last.ns < ns)
		space->last.ns = ns;
	ns = space->last.ns;
	plot->first_ns = plot->first_ns < ns ? plot->first_ns : ns;
	plot->last_ns = plot->last_ns > ns ? plot->last_ns : ns;
	if (!space->steps.n || space->gap)
		add_step(plot, space, old, space->gap);
	space->gap = false;
	if (new != space->last.value)
		add_step(plot, space, new, false);
	if (event_is(ev, BRKWATCH_REFUSED))
		add_refusal(plot, space, ev->field[BRKWATCH_REASON]);
	space->ended |= event_is(ev, BRKWATCH_END);
	return plot->error;
}

static void add_gap(void *owner, struct brkwatch_process *process, uint64_t count, bool before)
{
	struct plot *plot = owner;
	struct plot_space *space = find_space(plot, &process->snap);

	(void)before;
	/* The picture begins where the events do. */
	if (!space || !space->steps.n)
		return;
	/* So far it is known. */
	add_step(plot, space, space->last.value, false);
	space->gap = true;
	plot->missing += count;
}

const struct brkwatch_sink plot_sink = {
	.start = add_space,
	.exec = add_space,
	.event = add_event,
	.lost = add_gap,
};

/* ---- the picture ---- */

static int draw_into(struct plot *plot, int fd)
{
	struct gnuplot gnuplot;

	if (gnuplot_start(&gnuplot, fd))
		return -1;
	plot_draw(plot, gnuplot.script);
	if (gnuplot_finish(&gnuplot))
		return -1;
	if (plot->error)
		warn_user("%s: %s", plot->file, strerror(-plot->error));
	return plot->error ? -1 : 0;
}

int plot_finish(struct plot *plot)
{
	struct newfile picture;

	if (plot->error) {
		warn_user("%s: %s", plot->file, strerror(-plot->error));
		return -1;
	}
	if (!plot->n_processes)
		return 0;
	if (!newfile_open(&picture, plot->file))
		return -1;
	return newfile_close(&picture, !draw_into(plot, picture.fd)) ? 0 : -1;
}
