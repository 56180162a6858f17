// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "columns.h"
#include "json.h"
#include "report.h"
#include "text.h"

static const enum event_column_id follow_columns[] = {
	COL_TIME, COL_EVENT, COL_DELTA, COL_PAGES, COL_BREAK, COL_HEAP, COL_NOTE,
};

#define NCOLUMNS (sizeof(follow_columns) / sizeof(follow_columns[0]))

void totals_add(struct totals *sum, const struct snapshot *snap)
{
	sum->spaces++;
	sum->calls += snap->calls;
	sum->grown_bytes += snap->grown_bytes;
	sum->shrunk_bytes += snap->shrunk_bytes;
	if (sum->peak_bytes < snap->peak_bytes)
		sum->peak_bytes = snap->peak_bytes;
	sum->refused += snap->refused;
	sum->lost += snap->lost;
	sum->dropped += snap->dropped;
}

/* What was put from @start to @p becomes a cell of the column. */
static inline char *pad_cell(char *start, char *p, const struct event_column *column, bool bytes)
{
	long missing = (bytes ? column->width_bytes : column->width) - (p - start);
	char text[COLUMN_WIDTH_MAX];

	if (missing <= 0)
		return p;
	/* More than needed, but of a size the compiler knows: a few moves and no calls. */
	if (column->right) {
		memcpy(text, start, sizeof(text));
		memset(start, ' ', sizeof(text));
		memcpy(start + missing, text, sizeof(text));
	} else {
		memset(p, ' ', COLUMN_WIDTH_MAX);
	}
	return p + missing;
}

static char *end_line(char *start, char *p)
{
	while (p > start && p[-1] == ' ')
		p--;
	*p++ = '\n';
	return p;
}

static void put_head(struct outbuf *out, const struct options *opts)
{
	char *start = outbuf_reserve(out, NCOLUMNS * COLUMN_TEXT_MAX);
	char *p = start;

	for (size_t i = 0; i < NCOLUMNS; i++) {
		const struct event_column *column = &event_columns[follow_columns[i]];

		p = pad_cell(p, stpcpy(p, column->title), column, opts->bytes);
		*p++ = ' ';
	}
	outbuf_commit(out, end_line(start, p));
}

void report_start(struct outbuf *out, const struct options *opts, const struct snapshot *snap)
{
	if (opts->json)
		json_report_space(out, "start", snap);
	else
		put_head(out, opts);
}

void report_exec(struct outbuf *out, const struct options *opts, const struct snapshot *snap)
{
	char name[sizeof(snap->name)];

	if (opts->json) {
		json_report_space(out, "exec", snap);
		return;
	}
	/* A process picks its name itself: keep it from talking to the terminal. */
	memcpy(name, snap->name, sizeof(name));
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	outbuf_printf(out, "... exec: new address space, the program is now %s\n", name);
}

int report_event(struct outbuf *out, const struct options *opts, struct snapshot *snap,
		 struct event *ev)
{
	const struct event_view view = { .ev = ev, .snap = snap, .bytes = opts->bytes };
	char *start, *p;

	if (opts->json)
		return json_report_event(out, snap, ev);
	start = p = outbuf_reserve(out, NCOLUMNS * COLUMN_TEXT_MAX);
	for (size_t i = 0; i < NCOLUMNS; i++) {
		const struct event_column *column = &event_columns[follow_columns[i]];

		p = pad_cell(p, column->put(p, &view), column, opts->bytes);
		*p++ = ' ';
	}
	if (ev->malformed)
		return snapshot_event_problem(snap);
	outbuf_commit(out, end_line(start, p));
	return 0;
}

void report_lost(struct outbuf *out, const struct options *opts, const struct snapshot *snap,
		 uint64_t count, bool before_open)
{
	if (opts->json)
		json_report_lost(out, snap, count, before_open);
	else
		outbuf_printf(out, "... %" PRIu64 " %s lost (overwritten before they were read)\n",
			      count, before_open ? "earlier events" : "events");
}

void report_summary(struct outbuf *out, const struct options *opts, pid_t pid,
		    const struct totals *sum, bool ended)
{
	char grown[TEXT_NUMBER_MAX], shrunk[TEXT_NUMBER_MAX], peak[TEXT_NUMBER_MAX];

	if (opts->json) {
		json_report_summary(out, pid, sum, ended);
		return;
	}
	*put_size(grown, sum->grown_bytes, opts->bytes) = '\0';
	*put_size(shrunk, sum->shrunk_bytes, opts->bytes) = '\0';
	*put_size(peak, sum->peak_bytes, opts->bytes) = '\0';
	outbuf_printf(out, "... %d %s: %" PRIu64 " calls, grown %s, shrunk %s, peak %s, %" PRIu64
		      " refused", pid, ended ? "has ended" : "lives on", sum->calls, grown, shrunk,
		      peak, sum->refused);
	if (sum->dropped)
		outbuf_printf(out, ", %" PRIu64 " dropped", sum->dropped);
	if (sum->lost)
		outbuf_printf(out, ", %" PRIu64 " unrecorded", sum->lost);
	outbuf_puts(out, "\n");
}
