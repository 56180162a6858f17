// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plot/collect.h"
#include "plot/gnuplot.h"

void plot_free(struct plot *plot)
{
	for (size_t i = 0; i < plot->n_spaces; i++) {
		steps_free(&plot->spaces[i].steps);
		steps_free(&plot->spaces[i].crosses);
	}
}

size_t plot_limit(const struct plot *plot)
{
	size_t limit = PLOT_BUCKETS_SUM / (plot->n_spaces ?: 1);

	return limit > PLOT_BUCKETS ? PLOT_BUCKETS :
	       limit < PLOT_BUCKETS_LEAST ? PLOT_BUCKETS_LEAST : limit;
}

static struct plot_space *find_space(struct plot *plot, const struct brkwatch_snapshot *snap)
{
	for (size_t i = plot->n_spaces; i-- > 0;) {
		struct plot_space *space = &plot->spaces[i];

		if (space->id == snap->space && space->since == snap->since &&
		    space->process->pid == snap->pid)
			return space;
	}
	return NULL;
}

static struct plot_process *find_process(struct plot *plot, uint64_t pid)
{
	size_t i = 0;

	while (i < plot->n_processes && plot->processes[i].pid != pid)
		i++;
	return &plot->processes[i];
}

/* The sink's own data of a process is the address space that it has. */
static void add_space(void *owner, struct brkwatch_process *process)
{
	const struct brkwatch_snapshot *snap = &process->snap;
	struct plot *plot = owner;
	struct plot_space *space = find_space(plot, snap);
	struct plot_process *shown;

	process->data = space;
	if (space)
		return;
	if (plot->n_spaces == PLOT_SPACES) {
		plot->more_spaces++;
		return;
	}
	shown = find_process(plot, snap->pid);
	process->data = space = &plot->spaces[plot->n_spaces++];
	*space = (struct plot_space){
		.process = shown, .id = snap->space, .since = snap->since, .start = snap->start,
		.again = shown->newest,
	};
	if (!shown->newest)
		plot->n_processes++;
	shown->pid = snap->pid;
	shown->newest = space;
	memcpy(shown->name, snap->name, sizeof(shown->name));
	gnuplot_clean(shown->name, PLOT_NAME_MAX);
}

static void add_step(struct plot *plot, struct plot_space *space, uint64_t value, bool gap)
{
	space->last.value = value;
	steps_add(&space->steps, &space->last, gap, plot_limit(plot));
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

void plot_refusal(struct plot *plot, struct plot_space *space, const char *reason)
{
	char text[PLOT_REASON_MAX];

	snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, reason);
	gnuplot_clean(text, sizeof(text));
	if (plot->refused < PLOT_NOTES) {
		struct plot_note *note = &plot->notes[plot->refused];

		note->space = space;
		note->at = space->last;
		memcpy(note->reason, text, sizeof(text));
	}
	plot->refused++;
	count_reason(plot, text);
	steps_add(&space->crosses, &space->last, false, PLOT_CROSSES);
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
	struct plot_space *space = process->data;
	uint64_t ns = event_unsigned(ev, BRKWATCH_TIME_NS);
	const bool external = event_is_external(ev);
	char reason[PLOT_REASON_MAX];
	uint64_t old, new;

	if (!space)
		return 0;
	/* prctl(2) can move it. */
	if (space->start && snap->start)
		space->start = snap->start;
	old = height(space, event_address(ev, BRKWATCH_OLD));
	new = height(space, event_address(ev, BRKWATCH_NEW));
	if (ev->malformed)
		return -EPROTO;
	/* The old of the next event is what the last of such moves has led to, at its time. */
	if (space->moved && !external && !space->gap)
		add_step(plot, space, old, false);
	space->moved = external;
	/* Calls at the same time can be recorded in another order. */
	if (space->last.ns < ns)
		space->last.ns = ns;
	ns = space->last.ns;
	plot->first_ns = plot->first_ns < ns ? plot->first_ns : ns;
	plot->last_ns = plot->last_ns > ns ? plot->last_ns : ns;
	if (external)
		return 0;
	if (!space->steps.n || space->gap)
		add_step(plot, space, old, space->gap);
	space->gap = false;
	if (new != space->last.value)
		add_step(plot, space, new, false);
	if (event_is(ev, BRKWATCH_REFUSED)) {
		snprintf(reason, sizeof(reason), "%.*s", (int)ev->field[BRKWATCH_REASON].len,
			 ev->field[BRKWATCH_REASON].text);
		plot_refusal(plot, space, reason);
	}
	space->ended |= event_is(ev, BRKWATCH_END);
	return 0;
}

static void add_gap(void *owner, struct brkwatch_process *process, uint64_t count, bool before)
{
	struct plot *plot = owner;
	struct plot_space *space = process->data;

	(void)before;
	/* The picture begins where the events do. */
	if (!space || !space->steps.n)
		return;
	/* So far it is known. */
	add_step(plot, space, space->last.value, false);
	space->gap = true;
	plot->missing += count;
}

/* There was one, and nothing of it can be drawn. */
static void add_missed(void *owner, struct brkwatch_process *process, const struct brkwatch_row *row)
{
	struct plot *plot = owner;

	(void)process;
	plot->more_spaces += 1 + (row ? row->forks : 0);
}

const struct brkwatch_sink plot_sink = {
	.start = add_space,
	.exec = add_space,
	.event = add_event,
	.lost = add_gap,
	.missed = add_missed,
};
