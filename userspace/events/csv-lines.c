// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "common/complain.h"
#include "events/values.h"

static void choose(struct column_list *list, const struct event_style *style)
{
	(void)style;
	columns_for_programs(list, true);
}

static void head(struct outbuf *out, const struct event_style *style)
{
	for (size_t i = 0; i < style->columns.n; i++)
		outbuf_printf(out, "%s%s", i ? "," : "", event_columns[style->columns.ids[i]].name);
	outbuf_puts(out, "\n");
}

static char *event(char *p, const struct event_view *view)
{
	const struct column_list *list = &view->style->columns;
	const enum column_id *end = columns_end(list, view->ev);

	for (const enum column_id *id = list->ids; id < end; id++) {
		p = put_value(p, *id, view, false);
		*p++ = ',';
	}
	for (; end < list->ids + list->n; end++)
		*p++ = ',';
	p[-1] = '\n';
	return p;
}

static void lost(struct outbuf *out, const struct event_style *style,
		 const struct brkwatch_process *process, uint64_t count, bool before)
{
	(void)out;
	(void)style;
	warn_user("%" PRIu64 ": %" PRIu64 " %s lost", process->snap.pid, count,
		  before ? "earlier events" : "events");
}

/* A row of its own, so that the gap is where the events are. What is known of it has no columns. */
static void missed(struct outbuf *out, const struct event_style *style,
		   const struct brkwatch_process *process, const struct brkwatch_row *row)
{
	for (size_t i = 0; i < style->columns.n; i++) {
		const enum column_id id = style->columns.ids[i];

		outbuf_puts(out, i ? "," : "");
		if (id == COL_PID)
			outbuf_printf(out, "%" PRIu64, process->snap.pid);
		else if (id == COL_SPACE && row)
			outbuf_printf(out, "%" PRIu64, row->space);
		else if (id == COL_EVENT)
			outbuf_puts(out, CSV_MISSED);
	}
	outbuf_puts(out, "\n");
}

const struct event_format csv_lines = {
	.choose = choose,
	.head = head,
	.event = event,
	.lost = lost,
	.missed = missed,
};
