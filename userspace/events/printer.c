// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/utf8.h"
#include "events/printer.h"

/* The longest line of an event, with some room to spare. */
#define LINE_MAX_BYTES ((size_t)COLUMNS * COLUMN_TEXT_MAX)

void printer_init(struct printer *pr)
{
	struct column_list columns = { .n = 0 };

	pr->format->choose(&columns, &pr->style);
	columns_choose(&columns, &pr->style.columns);
	pr->style.columns = columns;
}

void printer_finish(struct printer *pr)
{
	if (!pr->summary)
		return;
	table_put(pr->out, pr->summary);
	if (pr->missed)
		outbuf_printf(pr->out, "... not included: %" PRIu64 " address space%s that ended before %s could be "
			      "followed\n", pr->missed, pr->missed == 1 ? "" : "s", pr->missed == 1 ? "it" : "they");
}

static void begin(struct printer *pr)
{
	for (size_t i = 0; i < pr->style.columns.n; i++)
		pr->style.widths[i] = column_width(pr->style.columns.ids[i], &pr->style);
	if (pr->format->head && !pr->style.quiet && !pr->style.no_events)
		pr->format->head(pr->out, &pr->style);
	if (pr->style.summary && pr->format->for_people)
		pr->summary = summary_new();
	pr->begun = true;
}

/* The printer's data of a process are its sums, where there is a summary. */
static void keep(const struct printer *pr, struct brkwatch_process *process)
{
	if (pr->style.summary && !process->data)
		process->data = needed(calloc(1, sizeof(struct event_sums)));
}

static void start(void *owner, struct brkwatch_process *process)
{
	struct printer *pr = owner;

	style_look_at_clock(&pr->style, UINT64_MAX);
	keep(pr, process);
	if (!pr->begun)
		begin(pr);
	if (pr->format->start)
		pr->format->start(pr->out, &pr->style, process, false);
	if (pr->begins)
		pr->begins(pr->owner, pr->out, process);
}

static void exec(void *owner, struct brkwatch_process *process)
{
	const struct printer *pr = owner;

	if (pr->format->start)
		pr->format->start(pr->out, &pr->style, process, true);
	if (pr->begins)
		pr->begins(pr->owner, pr->out, process);
}

static bool is_time_of_day(enum time_stamp stamp)
{
	return stamp >= STAMP_OF_DAY && stamp <= STAMP_EPOCH;
}

size_t style_look_at_clock(struct event_style *style, uint64_t ns)
{
	size_t added = style->wall ? wall_look(style->wall, ns) : 0;

	if (!is_time_of_day(style->stamp) || (style->wall && style->wall->n))
		return added;
	warn_user("%s does not contain the time of day: times are those of CLOCK_MONOTONIC",
		  style->source);
	style->stamp = STAMP_MONOTONIC;
	return added;
}

/* Somebody may have set it since the last reading, or without readings, since the previous event. */
static void look_at_clock(struct printer *pr, const struct brkwatch_process *process,
			  struct brkwatch_event *ev)
{
	const struct wall *wall = pr->style.wall;
	const uint64_t newest = process->snap.events;
	size_t n;

	if (!wall || (!pr->format->clock && !is_time_of_day(pr->style.stamp)) ||
	    (newest && newest == pr->looked_with))
		return;
	pr->looked_with = newest;
	n = style_look_at_clock(&pr->style,
				newest ? UINT64_MAX : event_unsigned(ev, BRKWATCH_TIME_NS));
	for (; n && pr->format->clock; n--)
		pr->format->clock(pr->out, &pr->style, &wall->offsets[wall->n - n]);
}

static int print_event(struct printer *pr, struct brkwatch_process *process,
		       struct brkwatch_event *ev)
{
	const struct event_view view = {
		.ev = ev, .process = process, .style = &pr->style, .previous_ns = pr->previous_ns,
	};
	char *p;

	look_at_clock(pr, process, ev);
	p = outbuf_reserve(pr->out, LINE_MAX_BYTES);
	p = pr->format->event(p, &view);
	if (pr->style.stamp == STAMP_RELATIVE)
		pr->previous_ns = event_unsigned(ev, BRKWATCH_TIME_NS);
	if (ev->malformed)
		return -EPROTO;
	outbuf_commit(pr->out, p);
	if (pr->below)
		pr->below(pr->owner, pr->out, process, ev);
	return 0;
}

static int event(void *owner, struct brkwatch_process *process, struct brkwatch_event *ev)
{
	struct printer *pr = owner;
	int rc = 0;

	if (process->data)
		sums_add(process->data, ev);
	if (filter_shows(pr->filter, ev)) {
		if (!pr->style.no_events)
			rc = print_event(pr, process, ev);
		pr->enough |= ++pr->shown == pr->max_events;
	}
	if (pr->filter->until && filter_until(pr->filter, &process->snap, ev))
		pr->enough = pr->until_met = true;
	return rc ?: ev->malformed ? -EPROTO : pr->enough;
}

int printer_print(struct printer *pr, struct brkwatch_process *process, struct brkwatch_event *ev)
{
	keep(pr, process);
	if (!pr->begun)
		begin(pr);
	return event(pr, process, ev);
}

void printer_forget(struct brkwatch_process *process)
{
	free(process->data);
	process->data = NULL;
}

static void lost(void *owner, struct brkwatch_process *process, uint64_t count, bool before)
{
	const struct printer *pr = owner;

	pr->format->lost(pr->out, &pr->style, process, count, before);
}

/* Print below its last event, if that was refused. */
static void explain_last(const struct printer *pr, const struct brkwatch_process *process,
			 const struct brkwatch_row *row)
{
	const struct brkwatch_process gone = { .snap = {
		.pid = process->snap.pid, .exited = true, .page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.start = row->start_brk, .start_brk = row->start_brk, .brk = row->brk,
		.data_limit = BRKWATCH_NONE, .next_mapping = BRKWATCH_NONE,
	} };
	struct event_text room = { 0 };
	struct brkwatch_event ev;

	if (row_last_event(row, &ev, &room) && event_is(&ev, BRKWATCH_REFUSED))
		pr->below(pr->owner, pr->out, &gone, &ev);
}

static void remark_missed(const struct printer *pr, const struct brkwatch_process *process,
			  const struct brkwatch_totals *totals)
{
	char name[sizeof(process->snap.name)], text[sizeof(name) + 512];

	memcpy(name, process->snap.name, sizeof(name));
	text_clean(name);
	snprintf(text, sizeof(text), "%" PRIu64 " %s ended before it could be followed: %s",
		 process->snap.pid, totals ? name : "a program",
		 totals ? sums_text(totals, pr->style.bytes).text : "what it did is not known");
	if (totals && totals->missed)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %" PRIu64 " child%s not followed",
			 totals->missed, totals->missed == 1 ? "" : "ren");
	if (pr->format->for_people && !pr->style.no_events)
		outbuf_printf(pr->out, "... %s\n", text);
	else
		warn_user("%s", text);
}

static void missed(void *owner, struct brkwatch_process *process, const struct brkwatch_row *row)
{
	struct brkwatch_totals totals = { 0 };
	struct printer *pr = owner;

	if (!pr->begun)
		begin(pr);
	if (row) {
		keep(pr, process);
		totals_add_row(&totals, row);
	}
	if (pr->format->missed)
		pr->format->missed(pr->out, &pr->style, process, row);
	if (!pr->format->has_totals)
		remark_missed(pr, process, row ? &totals : NULL);
	pr->missed += row ? totals.missed : 1;
	if (row && pr->below && !pr->style.no_events)
		explain_last(pr, process, row);
	if (row && filter_until_unseen(pr->filter, &totals))
		pr->enough = pr->until_met = true;
	else if (pr->filter->until && (!row || row->forks || !filter_is_counted(pr->filter)))
		pr->unseen = pr->unseen_missed = true;
}

/* What the counts show about events that were not seen. */
static void look_at_totals(struct printer *pr, const struct brkwatch_process *process)
{
	const struct brkwatch_totals *totals = &process->totals;

	if (!pr->filter->until || (process->snap.space && !totals->dropped && !totals->lost))
		return;
	if (filter_until_unseen(pr->filter, totals))
		pr->enough = pr->until_met = true;
	pr->unseen |= totals->lost || !filter_is_counted(pr->filter);
}

static int done(void *owner, struct brkwatch_process *process, bool ended)
{
	struct printer *pr = owner;

	if (pr->format->done)
		pr->format->done(pr->out, &pr->style, process, process->data, ended);
	if (pr->summary && process->data)
		summary_add(pr->summary, process, process->data, pr->style.bytes);
	printer_forget(process);
	look_at_totals(pr, process);
	return pr->enough;
}

const struct brkwatch_sink printer_sink = {
	.start = start,
	.exec = exec,
	.event = event,
	.lost = lost,
	.missed = missed,
	.done = done,
};
