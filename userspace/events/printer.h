/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "events/columns.h"
#include "events/filter.h"
#include "events/summary.h"

/* A sink that prints events and the lines between them. */
struct printer {
	struct outbuf *out;
	const struct event_format *format;
	struct event_style style;	/* with the columns that are shown */
	const struct filter *filter;
	uint64_t max_events;		/* 0: no end */
	struct libscols_table *summary;	/* of all processes, at the end; or NULL */
	/* Prints below an event that was printed, or NULL. */
	void (*below)(void *owner, struct outbuf *out, const struct brkwatch_process *process,
		      struct brkwatch_event *ev);
	/* Prints below the line of a process, or of its exec; or NULL. */
	void (*begins)(void *owner, struct outbuf *out, const struct brkwatch_process *process);
	void *owner;

	uint64_t previous_ns;		/* time of the event printed last */
	uint64_t looked_with;		/* the newest event of the reading with which the clock was looked at */
	uint64_t shown;			/* events that were, or that a summary has instead */
	uint64_t missed;		/* address spaces of which nothing is known */
	bool begun;
	bool enough;			/* by max_events or the filter's --until */
	bool until_met;
	bool unseen;			/* the event that --until waits for may not have been seen... */
	bool unseen_missed;		/* ...as it may have been in an address space that was missed */
};

extern const struct brkwatch_sink printer_sink;

/* Completes the printer after out, format, style, filter and max_events are set. */
void printer_init(struct printer *printer);

/* Like the sink's event(), for an event that was not followed; prints the heading before the first. */
int printer_print(struct printer *printer, struct brkwatch_process *process, struct brkwatch_event *ev);

/* Frees the printer's data of a process. */
void printer_forget(struct brkwatch_process *process);

/* Prints what comes at the end. */
void printer_finish(struct printer *printer);

/*
 * Like wall_look(). If the time of day is unknown, complain, and let TIME show the monotonic clock.
 */
size_t style_look_at_clock(struct event_style *style, uint64_t ns);
