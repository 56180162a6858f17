/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_REPORT_H
#define BRKWATCH_REPORT_H

#include <stdint.h>

#include "cli/cli.h"
#include "events/columns.h"
#include "libbrkwatch/event.h"
#include "common/output.h"
#include "plot/collect.h"
#include "libbrkwatch/process-file.h"
#include "stacks/account.h"
#include "events/summary.h"

/* There are eleven; a newer module may have more, of which the last place has the sum. */
#define REASONS_MAX 24

/* Sums over the address spaces a followed process had, one after another. */
struct totals {
	uint64_t spaces;
	uint64_t calls;
	uint64_t grows;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t peak_bytes;
	uint64_t refused;
	uint64_t lost;
	uint64_t dropped;

	/* Of the events that were seen; only where opts->summary asks for them. */
	bool of_events;
	uint64_t longest_ns;
	uint64_t inside_ns;
	struct {
		char name[24];
		uint64_t count;
	} reasons[REASONS_MAX];
};

void totals_add(struct totals *sum, const struct snapshot *snap);
void totals_add_event(struct totals *sum, struct event *ev);

/* How events and what is between them are printed. */
struct report {
	struct outbuf *out;
	const struct options *opts;
	struct column_list columns;
	int widths[COLUMNS];		/* of each of them */
	struct plot *plot;		/* or NULL */
	uint64_t previous_ns;		/* time of the event printed last */
	uint64_t shown;			/* events that were, or that a summary has instead */
	struct summary *summary;	/* or NULL */
	struct stacks *stacks;		/* or NULL */
	bool begun;
	bool enough;			/* by --max-events or --until: nothing more is printed */
	bool until_met;
	bool unseen;			/* the event that --until waits for may not have been seen */
};

/* Returns 0, -ENOMEM, or after a complaint -ECANCELED. */
int report_init(struct report *report, struct outbuf *out, const struct options *opts);

/* What is printed and drawn when all has ended. Returns 0 or, after a complaint, -1. */
int report_finish(struct report *report);

/*
 * An event of a process, which is added to its sums and, if it is one of those asked for, printed.
 * Returns 0, or -EPROTO where it makes no sense; then nothing is printed.
 */
int report_event(struct report *report, struct totals *sum, struct snapshot *snap,
		 struct event *ev);

/* The other lines of --follow, for people or as JSON, as the options say. */
void report_start(struct report *report, const struct snapshot *snap);
void report_exec(struct report *report, const struct snapshot *snap);
void report_lost(struct report *report, const struct snapshot *snap, uint64_t count,
		 bool before_open);
void report_missed(struct report *report, pid_t pid, pid_t parent);

/* Not all of the events that these count were seen: whether --until is met by them, if they tell. */
void report_unseen(struct report *report, const struct totals *sum);

/* A process is done with, and whether it has ended. */
void report_done(struct report *report, const struct snapshot *snap, const struct totals *sum,
		 bool ended);

#endif
