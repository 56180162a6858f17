/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_FILTER_H
#define BRKWATCH_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct snapshot;

/* Kinds of events, each a bit of a set. */
enum event_kind {
	KIND_QUERY,
	KIND_GROW,
	KIND_SHRINK,
	KIND_MOVE,
	KIND_SAME,
	KIND_REFUSED,
	KIND_FORK,
	KIND_EXTERNAL,
	KIND_RESYNC,
	KIND_END,
	EVENT_KINDS,
};

extern const char *const event_kind_names[EVENT_KINDS];

/* The value that an --until condition looks at. */
enum quantity {
	QUANTITY_NONE,
	QUANTITY_EVENT,		/* an event of one of some kinds */
	QUANTITY_HEAP,
	QUANTITY_GROWN,
	QUANTITY_SHRUNK,
	QUANTITY_CALLS,
	QUANTITY_REFUSED,
};

/* Which events are shown, and which one is the last. */
struct filter {
	unsigned int kinds;	/* set of enum event_kind; 0: all */
	uint64_t min_delta;	/* bytes; 0: all. A refused call has the delta it asked for */
	enum quantity until;
	unsigned int until_kinds;
	uint64_t until_above;
};

/* From the command line; false where the text is not understood. */
bool filter_parse_kinds(const char *list, unsigned int *kinds);
bool filter_parse_until(struct filter *filter, const char *condition);
bool parse_size(const char *text, uint64_t *size);	/* 4096, 132K, 1.5M, 2GiB */

bool filter_matches(const struct filter *filter, struct event *ev);

static inline bool filter_shows(const struct filter *filter, struct event *ev)
{
	return (!filter->kinds && !filter->min_delta) || filter_matches(filter, ev);
}

/* Whether what --until waits for has happened with this event. */
bool filter_until(const struct filter *filter, const struct snapshot *snap, struct event *ev);

#endif
