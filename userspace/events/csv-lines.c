// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

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
	warn_user("%" PRIu64 ": %" PRIu64 " %s lost (overwritten before they were read)", process->snap.pid, count,
		  before ? "earlier events" : "events");
}

/* Words of a recording may be damaged. */
static void put_cell(struct outbuf *out, const char *word)
{
	if (strcmp(word, "-") != 0 && !strpbrk(word, ",\"\r\n"))
		outbuf_puts(out, word);
}

/*
 * A row of its own, so that the gap is where the events are. Of what is known it has what there are columns
 * for: how the heap ended, and why the last event was refused, if it was.
 */
static void missed(struct outbuf *out, const struct event_style *style,
		   const struct brkwatch_process *process, const struct brkwatch_row *row)
{
	const bool refused = row && !strcmp(row->last_event, kind_words[BRKWATCH_REFUSED]);

	for (size_t i = 0; i < style->columns.n; i++) {
		const enum column_id id = style->columns.ids[i];

		outbuf_puts(out, i ? "," : "");
		if (id == COL_PID)
			outbuf_printf(out, "%" PRIu64, process->snap.pid);
		else if (id == COL_EVENT)
			outbuf_puts(out, CSV_MISSED);
		else if (id == COL_SPACE && row)
			outbuf_printf(out, "%" PRIu64, row->space);
		else if ((id == COL_BREAK || id == COL_START) && row)
			outbuf_printf(out, "0x%016" PRIx64, id == COL_BREAK ? row->brk : row->start_brk);
		else if (id == COL_REQUEST && refused)
			put_cell(out, row->last_request);
		else if (id == COL_REASON && refused)
			put_cell(out, row->last_reason);
		else if (id == COL_LIMIT && refused)
			put_cell(out, row->last_limit);
		else if (id == COL_NEEDED && refused)
			put_cell(out, row->last_needed);
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
