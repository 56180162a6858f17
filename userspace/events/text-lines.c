// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "common/format-number.h"
#include "common/utf8.h"

#include "events/columns.h"
#include "events/summary.h"

#define COLOR_HEAD	"\033[1m"
#define COLOR_END	"\033[0m"

static void choose(struct column_list *list, const struct event_style *style)
{
	if (style->state)
		columns_append(list, COL_SEQ);
	else if (style->several)
		columns_append(list, COL_PID);
	columns_append(list, COL_TIME);
	columns_append(list, COL_EVENT);
	columns_append(list, COL_DELTA);
	/* 80 characters are few. */
	if (style->state || !style->several)
		columns_append(list, COL_PAGES);
	columns_append(list, COL_BREAK);
	if (!style->state)
		columns_append(list, COL_HEAP);
	/* The last column is as wide as its text. */
	columns_append(list, COL_NOTE);
	list->last = 1;
}

/* Make the text from @start to @p a cell of the column. */
static inline char *pad_cell(char *start, char *p, int width, bool right)
{
	long missing = width - (p - start);
	char text[COLUMN_WIDTH_MAX];

	if (missing <= 0)
		return p;
	/* This copies too much, but a constant size needs only a few moves and no call. */
	if (right) {
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

static void head(struct outbuf *out, const struct event_style *style)
{
	char *start = outbuf_reserve(out, (size_t)COLUMNS * COLUMN_TEXT_MAX);
	char *p = style->color ? stpcpy(start, COLOR_HEAD) : start;

	for (size_t i = 0; i < style->columns.n; i++) {
		const struct column *column = &event_columns[style->columns.ids[i]];

		p = pad_cell(p, stpcpy(p, column->title), style->widths[i], column->right);
		*p++ = ' ';
	}
	p = end_line(start, p);
	if (style->color)
		p = stpcpy(p - 1, COLOR_END "\n");
	outbuf_commit(out, p);
}

/* Colours for events that take memory, give it back, went wrong, or do not matter. */
static const char *color_of(const struct brkwatch_event *ev)
{
	switch (brkwatch_event_kind(ev)) {
	case BRKWATCH_GROW:
		return "\033[32m";
	case BRKWATCH_SHRINK:
		return "\033[36m";
	case BRKWATCH_REFUSED:
		return "\033[1;31m";
	case BRKWATCH_RESYNC:
	case BRKWATCH_EXTERNAL:
	case BRKWATCH_END:
		return "\033[33m";
	default:
		return "\033[2m";
	}
}

static char *event(char *p, const struct event_view *view)
{
	const struct event_style *style = view->style;
	char *start = style->color ? stpcpy(p, color_of(view->ev)) : p;

	p = start;
	for (size_t i = 0; i < style->columns.n; i++) {
		const struct column *column = &event_columns[style->columns.ids[i]];

		p = pad_cell(p, column->put(p, view), style->widths[i], column->right);
		*p++ = ' ';
	}
	p = end_line(start, p);
	return style->color ? stpcpy(p - 1, COLOR_END "\n") : p;
}

/* Lines that are not events begin with this. */
static void put_remark(struct outbuf *out, const struct event_style *style,
		       const struct brkwatch_process *process)
{
	outbuf_puts(out, "... ");
	if (style->several)
		outbuf_printf(out, "%" PRIu64 " ", process->snap.pid);
}

static void start(struct outbuf *out, const struct event_style *style,
		  const struct brkwatch_process *process, bool exec)
{
	char name[sizeof(process->snap.name)];

	if (style->quiet || style->no_events || !(exec || style->several))
		return;
	/* A process chooses its own name; do not let it send escape sequences to the terminal. */
	memcpy(name, process->snap.name, sizeof(name));
	text_clean(name);
	put_remark(out, style, process);
	outbuf_printf(out, exec ? "exec: new address space, the program is now %s\n" : "%s\n", name);
}

static void lost(struct outbuf *out, const struct event_style *style,
		 const struct brkwatch_process *process, uint64_t count, bool before)
{
	if (style->no_events)
		return;
	put_remark(out, style, process);
	outbuf_printf(out, "%" PRIu64 " %s lost (overwritten before they were read)\n", count,
		      before ? "earlier events" : "events");
}

static void done(struct outbuf *out, const struct event_style *style,
		 const struct brkwatch_process *process, const struct event_sums *sums, bool ended)
{
	const struct brkwatch_totals *sum = &process->totals;

	(void)sums;
	if (style->quiet || style->no_events)
		return;
	outbuf_printf(out, "... %" PRIu64 " %s: %s", process->snap.pid, ended ? "has ended" : "still runs",
		      sums_text(sum, style->bytes).text);
	if (sum->dropped)
		outbuf_printf(out, ", %" PRIu64 " dropped", sum->dropped);
	if (sum->lost)
		outbuf_printf(out, ", %" PRIu64 " unrecorded", sum->lost);
	if (sum->missed)
		outbuf_printf(out, ", and what it did in %" PRIu64 " address space%s is not known", sum->missed,
			      sum->missed == 1 ? "" : "s");
	outbuf_puts(out, "\n");
}

const struct event_format text_lines = {
	.for_people = true,
	.choose = choose,
	.head = head,
	.start = start,
	.event = event,
	.lost = lost,
	.done = done,
};
