// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "events/columns.h"
#include "explain/event.h"
#include "events/json-lines.h"
#include "events/printer.h"
#include "common/format-number.h"

/* Of an event, with room to write carelessly. */
#define LINE_MAX_BYTES ((size_t)COLUMNS * COLUMN_TEXT_MAX)

void totals_add(struct totals *sum, const struct snapshot *snap)
{
	sum->spaces++;
	sum->calls += snap->calls;
	sum->grows += snap->grows;
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

/* What is shown where nothing else is asked for. */
static void choose_columns(struct column_list *list, const struct options *opts)
{
	if (opts->json || opts->csv) {
		columns_for_programs(list, opts->csv);
		return;
	}
	if (opts->several)
		columns_append(list, COL_PID);
	columns_append(list, COL_TIME);
	columns_append(list, COL_EVENT);
	columns_append(list, COL_DELTA);
	/* 80 characters are soon full. */
	if (!opts->several)
		columns_append(list, COL_PAGES);
	columns_append(list, COL_BREAK);
	columns_append(list, COL_HEAP);
	if (opts->took)
		columns_append(list, COL_TOOK);
	columns_append(list, COL_NOTE);
}

int report_init(struct report *report, struct outbuf *out, const struct options *opts)
{
	*report = (struct report){ .out = out, .opts = opts };
	choose_columns(&report->columns, opts);
	columns_choose(&report->columns, &opts->columns);
	for (size_t i = 0; i < report->columns.n; i++)
		report->widths[i] = column_width(report->columns.ids[i], opts);
	if (opts->summary && !opts->json && !opts->csv) {
		report->summary = summary_new(opts);
		if (!report->summary)
			return -ENOMEM;
	}
	if (opts->plot) {
		report->plot = plot_new(opts->plot);
		if (!report->plot) {
			summary_free(report->summary);
			report->summary = NULL;
			return -ECANCELED;
		}
	}
	return 0;
}

int report_finish(struct report *report)
{
	int rc = 0;

	if (report->summary && report->begun)
		summary_print(report->summary, report->out);
	summary_free(report->summary);
	report->summary = NULL;
	if (report->plot)
		rc = plot_finish(report->plot);
	plot_free(report->plot);
	report->plot = NULL;
	return rc;
}

/* What was put from @start to @p becomes a cell of the column. */
static inline char *pad_cell(char *start, char *p, int width, bool right)
{
	long missing = width - (p - start);
	char text[COLUMN_WIDTH_MAX];

	if (missing <= 0)
		return p;
	/* More than needed, but of a size the compiler knows: a few moves and no calls. */
	if (right) {
		memcpy(text, start, sizeof(text));
		memset(start, ' ', sizeof(text));
		memcpy(start + missing, text, sizeof(text));
	} else {
		memset(p, ' ', COLUMN_WIDTH_MAX);
	}
	return p + missing;
}

#define COLOR_HEAD	"\033[1m"
#define COLOR_END	"\033[0m"

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
	char *p = report->opts->color ? stpcpy(start, COLOR_HEAD) : start;

	for (size_t i = 0; i < report->columns.n; i++) {
		const struct column *column = &event_columns[report->columns.ids[i]];

		p = pad_cell(p, stpcpy(p, column->title), report->widths[i], column->right);
		*p++ = ' ';
	}
	p = end_line(start, p);
	if (report->opts->color)
		p = stpcpy(p - 1, COLOR_END "\n");
	outbuf_commit(report->out, p);
}

static void put_csv_head(struct report *report)
{
	for (size_t i = 0; i < report->columns.n; i++)
		outbuf_printf(report->out, "%s%s", i ? "," : "",
			      event_columns[report->columns.ids[i]].name);
	outbuf_puts(report->out, "\n");
}

/* A process picks its name itself: keep it from talking to the terminal. */
static const char *printable_name(const struct snapshot *snap, char *name)
{
	memcpy(name, snap->name, sizeof(snap->name));
	text_clean(name);
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
			json_report_space(report->out, "start", snap, opts);
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
		json_report_space(report->out, "exec", snap, opts);
	} else if (!opts->csv) {
		put_remark(report, snap);
		outbuf_printf(report->out, "exec: new address space, the program is now %s\n",
			      printable_name(snap, name));
	}
}

/* Nothing in the file is longer, or needs quotes, but in a damaged one. */
static char *put_csv_field(char *p, struct event *ev, enum event_field_id id)
{
	const struct slice *field = &ev->field[id];

	if (field->len > 24 || memchr(field->text, ',', field->len) ||
	    memchr(field->text, '"', field->len))
		ev->malformed = true;
	else if (field->len != 1 || *field->text != '-')
		p = mempcpy(p, field->text, field->len);
	return p;
}

static char *put_csv_number(char *p, enum column_id id, const struct event_view *view)
{
	uint64_t number = column_number(id, view);

	return event_columns[id].kind == FIELD_ADDRESS ? put_hex16(p, number) : put_u64(p, number);
}

static char *put_csv_event(char *p, const struct column_list *list, const struct event_view *view)
{
	for (size_t i = 0; i < list->n; i++) {
		enum column_id id = list->ids[i];

		if (id >= COL_SEQ && id < COLUMN_OF(EVENT_FIELDS))
			p = put_csv_field(p, view->ev, (enum event_field_id)(id - COL_SEQ));
		else if (column_known(id, view))
			p = put_csv_number(p, id, view);
		*p++ = ',';
	}
	p[-1] = '\n';
	return p;
}

static char *put_line(char *p, const struct report *report, const struct event_view *view)
{
	char *start = p;

	for (size_t i = 0; i < report->columns.n; i++) {
		const struct column *column = &event_columns[report->columns.ids[i]];

		p = pad_cell(p, column->put(p, view), report->widths[i], column->right);
		*p++ = ' ';
	}
	return end_line(start, p);
}

/* What takes memory, what gives it back, what went wrong, and what is of no account. */
static const char *color_of(const struct event *ev)
{
	switch (*ev->field[EV_EVENT].text) {
	case 'g':
		return "\033[32m";
	case 's':
		return ev->field[EV_EVENT].len == strlen("shrink") ? "\033[36m" : "\033[2m";
	case 'r':
		return ev->field[EV_EVENT].len == strlen("refused") ? "\033[1;31m" : "\033[33m";
	case 'e':
		return "\033[33m";
	default:
		return "\033[2m";
	}
}

static char *put_colored_line(char *p, const struct report *report, const struct event_view *view)
{
	p = stpcpy(p, color_of(view->ev));
	p = put_line(p, report, view) - 1;
	return stpcpy(p, COLOR_END "\n");
}

static int print_event(struct report *report, struct snapshot *snap, struct event *ev)
{
	const struct options *opts = report->opts;
	const struct event_view view = {
		.ev = ev, .snap = snap, .opts = opts, .previous_ns = report->previous_ns,
	};
	char *p = outbuf_reserve(report->out, LINE_MAX_BYTES);

	if (opts->columns.n)
		trend_add(&snap->trend, column_number(COL_HEAP, &view));
	if (opts->json)
		p = json_put_event(p, &report->columns, &view);
	else if (opts->csv)
		p = put_csv_event(p, &report->columns, &view);
	else if (opts->color)
		p = put_colored_line(p, report, &view);
	else
		p = put_line(p, report, &view);
	if (opts->stamp == TIME_RELATIVE)
		report->previous_ns = event_unsigned(ev, EV_TIME_NS);
	if (ev->malformed)
		return snapshot_event_problem(snap);
	outbuf_commit(report->out, p);
	if (opts->explain)
		explain_event(report->out, opts, snap, ev);
	if (report->stacks && event_field_is(ev, EV_EVENT, "grow"))
		stacks_put(report->stacks, report->out, snap, event_unsigned(ev, EV_SEQ));
	return 0;
}

int report_event(struct report *report, struct totals *sum, struct snapshot *snap,
		 struct event *ev)
{
	const struct options *opts = report->opts;
	int rc;

	if (opts->summary)
		totals_add_event(sum, ev);
	/* What is not printed is drawn nevertheless: the steps would be false. */
	if (report->plot)
		plot_event(report->plot, snap, ev);
	if (filter_shows(&opts->filter, ev)) {
		rc = opts->summary_only ? 0 : print_event(report, snap, ev);
		if (rc)
			return rc;
		report->enough |= ++report->shown == opts->max_events;
	}
	if (opts->filter.until && filter_until(&opts->filter, snap, ev))
		report->enough = report->until_met = true;
	return ev->malformed ? snapshot_event_problem(snap) : 0;
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

void report_unseen(struct report *report, const struct totals *sum)
{
	const struct filter *filter = &report->opts->filter;
	const unsigned int kinds = filter->until_kinds;
	const unsigned int counted = 1u << KIND_GROW | 1u << KIND_SHRINK | 1u << KIND_REFUSED;
	const uint64_t values[] = {
		[QUANTITY_HEAP] = sum->peak_bytes, [QUANTITY_GROWN] = sum->grown_bytes,
		[QUANTITY_SHRUNK] = sum->shrunk_bytes, [QUANTITY_CALLS] = sum->calls,
		[QUANTITY_REFUSED] = sum->refused,
	};
	bool met;

	if (!filter->until)
		return;
	if (filter->until == QUANTITY_EVENT)
		met = (kinds & 1u << KIND_GROW && sum->grows) ||
		      (kinds & 1u << KIND_SHRINK && sum->shrunk_bytes) ||
		      (kinds & 1u << KIND_REFUSED && sum->refused);
	else
		/* Those of each address space, but for the largest heap. */
		met = values[filter->until] > filter->until_above &&
		      (filter->until == QUANTITY_HEAP || sum->spaces == 1);
	report->enough |= met;
	report->until_met |= met;
	report->unseen |= sum->lost || (filter->until == QUANTITY_EVENT && kinds & ~counted);
}

void report_missed(struct report *report, pid_t pid, pid_t parent)
{
	report->unseen |= report->opts->filter.until;
	if (report->opts->json)
		json_report_missed(report->out, pid, parent);
	else if (report->opts->csv)
		warn_user("%d, child of %d: had ended before it could be followed", pid, parent);
	else if (!report->opts->summary_only)
		outbuf_printf(report->out, "... %d child of %d: had ended before it could be followed\n",
			      pid, parent);
}

static void print_totals(struct report *report, uint64_t pid, const struct totals *sum, bool ended)
{
	const struct options *opts = report->opts;
	char grown[TEXT_NUMBER_MAX], shrunk[TEXT_NUMBER_MAX], peak[TEXT_NUMBER_MAX];
	struct outbuf *out = report->out;

	*put_size(grown, sum->grown_bytes, opts->bytes) = '\0';
	*put_size(shrunk, sum->shrunk_bytes, opts->bytes) = '\0';
	*put_size(peak, sum->peak_bytes, opts->bytes) = '\0';
	outbuf_printf(out, "... %" PRIu64 " %s: %" PRIu64 " calls, grown %s, shrunk %s, peak %s, %" PRIu64
		      " refused", pid, ended ? "has ended" : "lives on", sum->calls, grown, shrunk,
		      peak, sum->refused);
	if (sum->dropped)
		outbuf_printf(out, ", %" PRIu64 " dropped", sum->dropped);
	if (sum->lost)
		outbuf_printf(out, ", %" PRIu64 " unrecorded", sum->lost);
	outbuf_puts(out, "\n");
}

void report_done(struct report *report, const struct snapshot *snap, const struct totals *sum,
		 bool ended)
{
	const struct options *opts = report->opts;

	if (report->stacks)
		stacks_done(report->stacks, (pid_t)snap->pid, snap->name, sum->grows,
			    sum->grown_bytes);
	if (opts->json && !opts->quiet)
		json_report_summary(report->out, snap->pid, sum, ended);
	if (for_people(report) && !opts->quiet && !opts->summary_only)
		print_totals(report, snap->pid, sum, ended);
	if (report->summary)
		summary_add(report->summary, snap->pid, snap->name, sum);
}
