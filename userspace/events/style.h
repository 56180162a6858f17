/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "common/wall-clock.h"
#include "libbrkwatch/sink.h"

/*
 * All columns of an event. Those of the file are in its order, from COL_SEQ on.
 */
enum column_id {
	COL_PID,
	COL_SPACE,
	COL_SEQ,
	COL_TIME,
	COL_TOOK,
	COL_TID,
	COL_EVENT,
	COL_REQUEST,
	COL_OLD,
	COL_BREAK,
	COL_DELTA,
	COL_PAGES,
	COL_REASON,
	COL_FLAGS,
	COL_LIMIT,
	COL_NEEDED,
	COL_START,
	COL_HEAP,
	COL_NOTE,
	COLUMNS,
};

/* The columns that are shown, in order. */
struct column_list {
	enum column_id ids[COLUMNS];
	size_t n;
	bool more;		/* besides those that are shown anyhow */
	size_t last;		/* so many stay behind what is added */
};

/* The form of the TIME column, as with strace's -t, -tt, -ttt and -r. */
enum time_stamp {
	STAMP_MONOTONIC,
	STAMP_OF_DAY,
	STAMP_OF_DAY_USEC,
	STAMP_EPOCH,
	STAMP_RELATIVE,
};

/* How events and the lines between them are shown. */
struct event_style {
	const char *source;		/* where they come from, for complaints */
	struct column_list columns;	/* that were asked for */
	int widths[COLUMNS];		/* of each of them */
	enum time_stamp stamp;
	bool bytes;			/* sizes as plain numbers */
	bool color;
	bool state;			/* they are those of one state */
	bool several;			/* there may be events of more than one process */
	bool quiet;			/* events only */
	bool no_events;
	bool summary;			/* what the events of a process add up to */
	struct wall *wall;		/* NULL: not used */
};

struct event_sums;
struct event_view;

/* A format. Each function follows the style; NULL: the format prints nothing for this. */
struct event_format {
	bool for_people;
	bool has_totals;	/* missed() puts them */
	/* The columns by default. */
	void (*choose)(struct column_list *list, const struct event_style *style);
	/* Before the first event. */
	void (*head)(struct outbuf *out, const struct event_style *style);
	void (*start)(struct outbuf *out, const struct event_style *style,
		      const struct brkwatch_process *process, bool exec);
	/* The clock was set. */
	void (*clock)(struct outbuf *out, const struct event_style *style,
		      const struct wall_offset *offset);
	/* Writes at @p, at most COLUMN_TEXT_MAX for each column; returns the end. */
	char *(*event)(char *p, const struct event_view *view);
	void (*lost)(struct outbuf *out, const struct event_style *style,
		     const struct brkwatch_process *process, uint64_t count, bool before);
	/* NULL, or unless @has_totals: a remark as text, too. */
	void (*missed)(struct outbuf *out, const struct event_style *style,
		       const struct brkwatch_process *process, const struct brkwatch_row *row);
	/* @sums: NULL unless the style has a summary. */
	void (*done)(struct outbuf *out, const struct event_style *style,
		     const struct brkwatch_process *process, const struct event_sums *sums,
		     bool ended);
};

/* Of a row of CSV in the place of what was missed. */
#define CSV_MISSED "missed"

extern const struct event_format text_lines, json_lines, csv_lines;
