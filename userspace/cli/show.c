// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "events/columns.h"
#include "libbrkwatch/event.h"
#include "explain/event.h"
#include "events/json-lines.h"
#include "explain/mappings.h"
#include "libbrkwatch/open.h"
#include "libbrkwatch/process-file.h"
#include "cli/show.h"
#include "common/table.h"
#include "common/format-number.h"

static const struct column_list history_columns = {
	.ids = { COL_SEQ, COL_TIME, COL_EVENT, COL_DELTA, COL_PAGES, COL_BREAK, COL_NOTE },
	.n = 7,
};

static int add_room(struct libscols_table *tb, const struct snapshot *s,
		    const struct heap_memory *memory, bool bytes)
{
	char name[sizeof(memory->next_name)];

	if (s->next_mapping == VALUE_NONE || s->room_bytes == VALUE_NONE)
		return table_pair(tb, "Room", "no mapping above");
	snprintf(name, sizeof(name), "%s", mapping_name(memory->next_name));
	text_clean(name);
	return table_pair(tb, "Room", "%s (next mapping at %s%s%s)",
			  size_text(s->room_bytes, bytes).text, address_text(s->next_mapping).text,
			  memory->named ? ": " : "",
			  memory->named ? name : "");
}

/* What of the heap is in memory. */
static int add_memory(struct libscols_table *tb, const struct heap_memory *memory, bool bytes)
{
	char others[96] = "";
	int rc = 0;

	if (!memory->sized)
		return 0;
	if (memory->others)
		snprintf(others, sizeof(others), " (counted with it are %s that are not heap)",
			 size_text(memory->others, bytes).text);
	rc = rc ?: table_pair(tb, "Resident", "%s%s", size_text(memory->resident, bytes).text, others);
	rc = rc ?: table_pair(tb, "Dirty", "%s", size_text(memory->dirty, bytes).text);
	rc = rc ?: table_pair(tb, "Swapped", "%s", size_text(memory->swapped, bytes).text);
	return rc;
}

static int add_gave_back(struct libscols_table *tb, const struct snapshot *s, bool bytes)
{
	const char *times = s->grows == 1 ? "once" : "times";
	char number[TEXT_NUMBER_MAX] = "";

	if (!s->grows && !s->shrinks)
		return table_pair(tb, "Gave back", "never, and never grew");
	if (s->grows > 1)
		snprintf(number, sizeof(number), "%" PRIu64 " ", s->grows);
	if (!s->shrinks)
		return table_pair(tb, "Gave back", "never, but grew %s%s", number, times);
	if (!s->grown_bytes)
		return table_pair(tb, "Gave back", "%s in %" PRIu64 " shrink%s",
				  size_text(s->shrunk_bytes, bytes).text, s->shrinks,
				  s->shrinks == 1 ? "" : "s");
	return table_pair(tb, "Gave back", "%.0f%% of what it grew by, in %" PRIu64 " shrink%s",
			  100 * (double)s->shrunk_bytes / (double)s->grown_bytes, s->shrinks,
			  s->shrinks == 1 ? "" : "s");
}

/* By other means than calls, so it is not in what is above. */
static int add_external(struct libscols_table *tb, const struct snapshot *s, bool bytes)
{
	if (!(s->external || s->resyncs) || !header_has(s, &s->external_up_bytes) ||
	    !header_has(s, &s->external_down_bytes))
		return 0;
	return table_pair(tb, "External", "%s up, %s down: %" PRIu64 " external, %" PRIu64 " resync",
			  size_text(s->external_up_bytes, bytes).text,
			  size_text(s->external_down_bytes, bytes).text, s->external, s->resyncs);
}

/* What an older file does not have is not shown. */
static int add_number(struct libscols_table *tb, const char *key, const struct snapshot *s,
		      const uint64_t *value)
{
	return header_has(s, value) ? table_pair(tb, key, "%" PRIu64, *value) : 0;
}

static int add_size(struct libscols_table *tb, const char *key, const struct snapshot *s,
		    const uint64_t *value, bool bytes)
{
	return header_has(s, value) ? table_pair(tb, key, "%s", size_text(*value, bytes).text) : 0;
}

static int add_rows(struct libscols_table *tb, const struct snapshot *s,
		    const struct heap_memory *memory, bool bytes)
{
	int rc = 0;

	rc = rc ?: add_number(tb, "Pid", s, &s->pid);
	rc = rc ?: table_pair(tb, "Name", "%s", s->name);
	rc = rc ?: table_pair(tb, "State", "%s", s->exited ? "exited" : "running");
	rc = rc ?: table_pair(tb, "Heap", "%s-%s", address_text(s->start_brk).text,
			   address_text(s->brk).text);
	rc = rc ?: add_size(tb, "Size", s, &s->heap_bytes, bytes);
	if (header_has(s, &s->heap_pages))
		rc = rc ?: table_pair(tb, "Pages", "%" PRIu64 " of %s", s->heap_pages,
				   size_text(s->page_size, bytes).text);
	rc = rc ?: add_size(tb, "Peak", s, &s->peak_bytes, bytes);
	if (s->data_limit != VALUE_NONE)
		rc = rc ?: add_size(tb, "Data limit", s, &s->data_limit, bytes);
	else if (header_has(s, &s->data_limit))
		rc = rc ?: table_pair(tb, "Data limit", "unlimited");
	if (header_has(s, &s->next_mapping) && header_has(s, &s->room_bytes))
		rc = rc ?: add_room(tb, s, memory, bytes);
	rc = rc ?: add_memory(tb, memory, bytes);
	if (header_has(s, &s->since))
		rc = rc ?: table_pair(tb, "Since", "%s", seconds_text(s->since).text);
	rc = rc ?: add_number(tb, "Calls", s, &s->calls);
	rc = rc ?: add_number(tb, "  queries", s, &s->queries);
	rc = rc ?: add_number(tb, "  grows", s, &s->grows);
	rc = rc ?: add_number(tb, "  shrinks", s, &s->shrinks);
	rc = rc ?: add_number(tb, "  moves", s, &s->moves);
	rc = rc ?: add_number(tb, "  same", s, &s->same);
	rc = rc ?: add_number(tb, "  refused", s, &s->refused);
	rc = rc ?: add_size(tb, "Grown", s, &s->grown_bytes, bytes);
	rc = rc ?: add_size(tb, "Shrunk", s, &s->shrunk_bytes, bytes);
	if (header_has(s, &s->grows) && header_has(s, &s->shrinks) &&
	    header_has(s, &s->grown_bytes) && header_has(s, &s->shrunk_bytes))
		rc = rc ?: add_gave_back(tb, s, bytes);
	rc = rc ?: add_external(tb, s, bytes);
	if (s->lost)
		rc = rc ?: table_pair(tb, "Lost", "%" PRIu64 " calls were not recorded", s->lost);
	if (s->dropped)
		rc = rc ?: table_pair(tb, "Dropped", "%" PRIu64 " events before those below",
				   s->dropped);
	return rc;
}

static struct libscols_table *rows_table(const struct snapshot *snap,
					 const struct heap_memory *memory, bool bytes)
{
	struct libscols_table *tb = table_new();

	if (!tb)
		return NULL;
	scols_table_enable_noheadings(tb, 1);
	scols_table_set_column_separator(tb, "  ");
	if (!scols_table_new_column(tb, "KEY", 0, 0) ||
	    !scols_table_new_column(tb, "VALUE", 0, 0) ||
	    add_rows(tb, snap, memory, bytes)) {
		scols_unref_table(tb);
		return NULL;
	}
	return tb;
}

static int add_event(struct libscols_line *line, const struct column_list *list,
		     const struct event_view *view)
{
	char text[COLUMN_TEXT_MAX];
	int rc = line ? 0 : -ENOMEM;

	for (size_t i = 0; i < list->n && !rc; i++) {
		*event_columns[list->ids[i]].put(text, view) = '\0';
		rc = scols_line_set_data(line, i, text);
	}
	return rc;
}

/* The line keeps its explanation. */
static int add_explanation(struct libscols_line *line, const struct event_view *view)
{
	struct prose prose;
	char *text;

	if (!explain_text(&prose, view->opts, view->snap, view->ev))
		return 0;	/* the caller sees that it is malformed */
	text = strdup(prose.text);
	return text ? scols_line_set_userdata(line, text) : -ENOMEM;
}

static void put_explanation(struct outbuf *out, struct libscols_line *line)
{
	const char *text = scols_line_get_userdata(line);

	if (text)
		prose_put(out, text);
}

static void history_free(struct libscols_table *tb)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *line;

	while (tb && iter && !scols_table_next_line(tb, iter, &line))
		free(scols_line_get_userdata(line));
	scols_free_iter(iter);
	scols_unref_table(tb);
}

static int history_fill(struct libscols_table *tb, struct snapshot *snap,
			const struct options *opts)
{
	struct column_list list = history_columns;
	struct libscols_line *line;
	struct event ev;
	struct event_view view = { .ev = &ev, .snap = snap, .opts = opts };
	int rc;

	if (opts->took) {
		list.ids[list.n - 1] = COL_TOOK;
		columns_append(&list, COL_NOTE);
	}
	columns_choose(&list, &opts->columns);
	for (size_t i = 0; i < list.n; i++) {
		const struct column *column = &event_columns[list.ids[i]];

		if (!scols_table_new_column(tb, column->title, 0,
					    column->right ? SCOLS_FL_RIGHT : 0))
			return -ENOMEM;
	}
	while ((rc = snapshot_next_event(snap, &ev)) > 0) {
		if (!filter_shows(&opts->filter, &ev))
			continue;
		trend_add(&snap->trend, column_number(COL_HEAP, &view));
		line = scols_table_new_line(tb, NULL);
		rc = add_event(line, &list, &view);
		if (opts->explain && !rc)
			rc = add_explanation(line, &view);
		view.previous_ns = event_unsigned(&ev, EV_TIME_NS);
		if (ev.malformed)
			rc = snapshot_event_problem(snap);
		if (rc)
			break;
	}
	return rc;
}

static int show_text(struct outbuf *out, const struct options *opts, struct snapshot *snap,
		     const struct heap_memory *memory)
{
	struct libscols_table *rows = rows_table(snap, memory, opts->bytes);
	struct libscols_table *history = table_new();
	int rc = rows && history ? history_fill(history, snap, opts) : -ENOMEM;

	if (!rc)
		rc = table_put(out, rows);
	if (!rc && !scols_table_is_empty(history)) {
		outbuf_puts(out, "\n");
		rc = table_put_with(out, history, put_explanation);
	}
	history_free(history);
	scols_unref_table(rows);
	return rc;
}

enum exit_status state_show(struct outbuf *out, const struct options *opts, pid_t pid)
{
	struct text_buffer buffer = { 0 };
	struct heap_memory memory;
	struct snapshot snap;
	int fd = procfile_open(opts, pid);
	int rc;

	if (fd < 0) {
		procfile_complain(opts, pid, fd, NULL);
		return STATUS_FAILED;
	}
	snapshot_init(&snap, &buffer);
	rc = snapshot_read(&snap, fd);
	close(fd);
	if (!rc) {
		heap_memory_read(&memory, opts, pid, &snap);
		rc = opts->json ? json_report_state(out, &snap, opts, &memory) :
				  show_text(out, opts, &snap, &memory);
	}
	if (rc)
		procfile_complain(opts, pid, rc, &snap);
	free(buffer.data);
	return rc ? STATUS_FAILED : STATUS_OK;
}
