/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/internal.h"

/* The value that a condition of --until compares. */
enum quantity {
	QUANTITY_NONE,
	QUANTITY_EVENT,		/* an event of one of some kinds */
	QUANTITY_HEAP,
	QUANTITY_GROWN,
	QUANTITY_SHRUNK,
	QUANTITY_CALLS,
	QUANTITY_REFUSED,
	QUANTITIES,
};

/* Which events are shown, and which one ends it. */
struct filter {
	unsigned int kinds;	/* set of enum brkwatch_kind; 0: all */
	uint64_t min_delta;	/* bytes; 0: all. A refused call has the delta it asked for */
	enum quantity until;
	unsigned int until_kinds;
	uint64_t until_above;
};

/* From the command line; false if the text is invalid. */
bool filter_parse_kinds(const char *list, unsigned int *kinds);
bool filter_parse_until(struct filter *filter, const char *condition);

bool filter_matches(const struct filter *filter, struct brkwatch_event *ev);

static inline bool filter_shows(const struct filter *filter, struct brkwatch_event *ev)
{
	return (!filter->kinds && !filter->min_delta) || filter_matches(filter, ev);
}

/* Whether the condition of --until is true with this event. */
bool filter_until(const struct filter *filter, const struct brkwatch_snapshot *snap,
		  struct brkwatch_event *ev);

/* Some events of these counts were not seen: whether the condition was true, if the counts show it. */
bool filter_until_unseen(const struct filter *filter, const struct brkwatch_totals *totals);

/* Whether the counts show it. */
bool filter_is_counted(const struct filter *filter);
