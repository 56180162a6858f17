/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_COLUMNS_H
#define BRKWATCH_COLUMNS_H

#include <stdbool.h>

#include "cli.h"
#include "event.h"
#include "snapshot.h"

/* What the columns of an event for people are made of. */
struct event_view {
	struct event *ev;
	const struct snapshot *snap;
	const struct options *opts;
	uint64_t previous_ns;	/* of the event printed before, 0: none */
};

struct event_column {
	const char *title;
	int width;		/* at least, up to COLUMN_WIDTH_MAX; 0: as wide as it gets, only the last column */
	int width_bytes;	/* the same with --bytes */
	bool right;
	char *(*put)(char *p, const struct event_view *view);
};

#define COLUMN_WIDTH_MAX 16

/* The room a put() and the blanks around what it wrote need. */
#define COLUMN_TEXT_MAX 384

enum event_column_id {
	COL_PID,
	COL_SEQ,
	COL_TIME,
	COL_EVENT,
	COL_DELTA,
	COL_PAGES,
	COL_BREAK,
	COL_HEAP,
	COL_TOOK,
	COL_NOTE,
	COLUMNS,
};

extern const struct event_column event_columns[COLUMNS];

#endif
