/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/internal.h"

/* The value that an --until condition looks at. */
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

/* Which events are shown, and which one is the last. */
struct filter {
	unsigned int kinds;	/* set of enum brkwatch_kind; 0: all */
	uint64_t min_delta;	/* bytes; 0: all. A refused call has the delta it asked for */
	enum quantity until;
	unsigned int until_kinds;
	uint64_t until_above;
};

/* From the command line; false where the text is not understood. */
bool filter_parse_kinds(const char *list, unsigned int *kinds);
bool filter_parse_until(struct filter *filter, const char *condition);

bool filter_matches(const struct filter *filter, struct brkwatch_event *ev);

static inline bool filter_shows(const struct filter *filter, struct brkwatch_event *ev)
{
	return (!filter->kinds && !filter->min_delta) || filter_matches(filter, ev);
}

/* Whether what --until waits for has happened with this event. */
bool filter_until(const struct filter *filter, const struct brkwatch_snapshot *snap,
		  struct brkwatch_event *ev);

/* Not all of the events that these count were seen: whether it has happened, if they tell. */
bool filter_until_unseen(const struct filter *filter, const struct brkwatch_totals *totals);

/* Whether they do. */
bool filter_is_counted(const struct filter *filter);
