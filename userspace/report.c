// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "json.h"
#include "report.h"
#include "text.h"

/* Of an event, with room to write carelessly. */
#define LINE_MAX_BYTES ((size_t)COLUMNS * COLUMN_TEXT_MAX)

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

void totals_add_event(struct totals *sum, struct event *ev)
{
	const struct slice *reason = &ev->field[EV_REASON];
	uint64_t took = event_unsigned(ev, EV_TOOK_NS);
	size_t i = 0;

	sum->of_events = true;
	sum->inside_ns += took;
	if (sum->longest_ns < took)
		sum->longest_ns = took;
	if (!event_field_is(ev, EV_EVENT, "refused"))
		return;
	while (i < REASONS_MAX - 1 && sum->reasons[i].count && !slice_is(*reason, sum->reasons[i].name))
		i++;
	if (!sum->reasons[i].count++)
		snprintf(sum->reasons[i].name, sizeof(sum->reasons[i].name), "%.*s",
			 i < REASONS_MAX - 1 ? (int)reason->len : 5,
			 i < REASONS_MAX - 1 ? reason->text : "other");
}

void report_init(struct report *report, struct outbuf *out, const struct options *opts)
{
	*report = (struct report){ .out = out, .opts = opts };
	if (opts->several)
		report->columns[report->n++] = COL_PID;
	report->columns[report->n++] = COL_TIME;
	report->columns[report->n++] = COL_EVENT;
	report->columns[report->n++] = COL_DELTA;
	/* 80 characters are soon full. */
	if (!opts->several)
		report->columns[report->n++] = COL_PAGES;
	report->columns[report->n++] = COL_BREAK;
	report->columns[report->n++] = COL_HEAP;
	if (opts->took)
		report->columns[report->n++] = COL_TOOK;
	report->columns[report->n++] = COL_NOTE;
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

static void put_head(struct report *report)
{
	char *start = outbuf_reserve(report->out, LINE_MAX_BYTES);
	char *p = start;

	for (size_t i = 0; i < report->n; i++) {
		const struct event_column *column = &event_columns[report->columns[i]];

		p = pad_cell(p, stpcpy(p, column->title), column, report->opts->bytes);
		*p++ = ' ';
	}
	outbuf_commit(report->out, end_line(start, p));
}

static void put_csv_head(struct report *report)
{
	outbuf_puts(report->out, "pid,space");
	for (enum event_field_id id = 0; id < EVENT_FIELDS; id++)
		outbuf_printf(report->out, ",%s", event_fields[id].name);
	outbuf_puts(report->out, "\n");
}

/* A process picks its name itself: keep it from talking to the terminal. */
static const char *printable_name(const struct snapshot *snap, char *name)
{
	memcpy(name, snap->name, sizeof(snap->name));
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	return name;
}

/* Lines for people that are no events begin with this. */
static void put_remark(struct report *report, const struct snapshot *snap)
{
	outbuf_puts(report->out, "... ");
	if (report->opts->several)
		outbuf_printf(report->out, "%" PRIu64 " ", snap->pid);
}

static bool for_people(const struct report *report)
{
	return !report->opts->json && !report->opts->csv;
}

void report_start(struct report *report, const struct snapshot *snap)
{
	const struct options *opts = report->opts;
	char name[sizeof(snap->name)];

	if (report->plot)
		plot_space(report->plot, snap);
	if (opts->json) {
		if (!opts->quiet)
			json_report_space(report->out, "start", snap);
		return;
	}
	if (!report->begun && !opts->quiet && !opts->summary_only) {
		if (opts->csv)
			put_csv_head(report);
		else
			put_head(report);
	}
	report->begun = true;
	if (opts->several && for_people(report) && !opts->quiet && !opts->summary_only) {
		put_remark(report, snap);
		outbuf_printf(report->out, "%s\n", printable_name(snap, name));
	}
}

void report_exec(struct report *report, const struct snapshot *snap)
{
	const struct options *opts = report->opts;
	char name[sizeof(snap->name)];

	if (report->plot)
		plot_space(report->plot, snap);
	if (opts->quiet || opts->summary_only)
		return;
	if (opts->json) {
		json_report_space(report->out, "exec", snap);
	} else if (!opts->csv) {
		put_remark(report, snap);
		outbuf_printf(report->out, "exec: new address space, the program is now %s\n",
			      printable_name(snap, name));
	}
}

static int put_csv_event(struct report *report, struct snapshot *snap, struct event *ev)
{
	char *p = outbuf_reserve(report->out, LINE_MAX_BYTES);

	p = put_u64(p, snap->pid);
	*p++ = ',';
	p = put_u64(p, snap->space);
	for (enum event_field_id id = 0; id < EVENT_FIELDS; id++) {
		const struct slice *field = &ev->field[id];

		/* Nothing in it is longer, or needs quotes, but in damaged files. */
		if (field->len > 24 || memchr(field->text, ',', field->len) ||
		    memchr(field->text, '"', field->len))
			return snapshot_event_problem(snap);
		*p++ = ',';
		if (field->len != 1 || *field->text != '-')
			p = mempcpy(p, field->text, field->len);
	}
	*p++ = '\n';
	outbuf_commit(report->out, p);
	return 0;
}

int report_event(struct report *report, struct snapshot *snap, struct event *ev)
{
	const struct options *opts = report->opts;
	const struct event_view view = {
		.ev = ev, .snap = snap, .opts = opts, .previous_ns = report->previous_ns,
	};
	char *start, *p;

	if (opts->json)
		return json_report_event(report->out, snap, ev);
	if (opts->csv)
		return put_csv_event(report, snap, ev);
	start = p = outbuf_reserve(report->out, LINE_MAX_BYTES);
	for (size_t i = 0; i < report->n; i++) {
		const struct event_column *column = &event_columns[report->columns[i]];

		p = pad_cell(p, column->put(p, &view), column, opts->bytes);
		*p++ = ' ';
	}
	if (opts->stamp == TIME_RELATIVE)
		report->previous_ns = event_unsigned(ev, EV_TIME_NS);
	if (ev->malformed)
		return snapshot_event_problem(snap);
	outbuf_commit(report->out, end_line(start, p));
	return 0;
}

void report_lost(struct report *report, const struct snapshot *snap, uint64_t count,
		 bool before_open)
{
	if (report->plot)
		plot_missing(report->plot, snap, count);
	if (report->opts->json) {
		json_report_lost(report->out, snap, count, before_open);
	} else if (report->opts->csv) {
		warn_user("%" PRIu64 ": %" PRIu64 " %s lost", snap->pid, count,
			  before_open ? "earlier events" : "events");
	} else if (!report->opts->summary_only) {
		put_remark(report, snap);
		outbuf_printf(report->out, "%" PRIu64 " %s lost (overwritten before they were read)\n",
			      count, before_open ? "earlier events" : "events");
	}
}

void report_missed(struct report *report, pid_t pid, pid_t parent)
{
	if (report->opts->json)
		json_report_missed(report->out, pid, parent);
	else if (report->opts->csv)
		warn_user("%d, child of %d: had ended before it could be followed", pid, parent);
	else if (!report->opts->summary_only)
		outbuf_printf(report->out, "... %d child of %d: had ended before it could be followed\n",
			      pid, parent);
}

void report_summary(struct report *report, pid_t pid, const struct totals *sum, bool ended)
{
	const struct options *opts = report->opts;
	char grown[TEXT_NUMBER_MAX], shrunk[TEXT_NUMBER_MAX], peak[TEXT_NUMBER_MAX];
	struct outbuf *out = report->out;

	if (opts->json && !opts->quiet)
		json_report_summary(out, pid, sum, ended);
	if (opts->quiet || !for_people(report) || opts->summary_only)
		return;
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
