// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/session.h"
#include "common/format-number.h"
#include "common/table.h"
#include "common/utf8.h"
#include "common/why-not.h"
#include "events/json-lines.h"
#include "explain/beside.h"
#include "explain/event.h"
#include "explain/mappings.h"

/* What shows a state. */
struct view {
	const struct event_style *style;
	const struct filter *filter;
	struct explain_how how;
	bool explain;
	struct brkwatch_process *process;
	struct brkwatch_reader *reader;
	struct heap_memory memory;
	struct notes notes;
};

static const struct column_list history_columns = {
	.ids = { COL_SEQ, COL_TIME, COL_EVENT, COL_DELTA, COL_PAGES, COL_BREAK, COL_NOTE },
	.n = 7, .last = 1,
};

static const struct column_list file_columns = {
	.ids = { COL_SEQ, COL_TIME, COL_TOOK, COL_TID, COL_EVENT, COL_REQUEST, COL_OLD, COL_BREAK,
		 COL_DELTA, COL_PAGES, COL_REASON, COL_FLAGS, COL_LIMIT, COL_NEEDED },
	.n = BRKWATCH_FIELDS, .last = 2,
};

/* ---- text ---- */

static int add_room(struct libscols_table *tb, const struct brkwatch_snapshot *s,
		    const struct heap_memory *memory, bool bytes)
{
	char name[sizeof(memory->next_name)];

	if (s->next_mapping == BRKWATCH_NONE || s->room_bytes == BRKWATCH_NONE)
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

/*
 * How much of all that the heap had, also before it was recorded. Memory goes back without a move of
 * the break, too (madvise, as malloc_trim does it): what is resident tells.
 */
static int add_gave_back(struct libscols_table *tb, const struct brkwatch_snapshot *s,
			 const struct heap_memory *memory, bool bytes)
{
	uint64_t had = s->heap_pages * s->page_size + s->shrunk_bytes;
	char resident[TEXT_NUMBER_MAX + 16] = "";

	if (memory->sized)
		snprintf(resident, sizeof(resident), "; resident %s",
			 size_text(memory->resident, bytes).text);
	if (!s->shrunk_bytes)
		return table_pair(tb, "Gave back", "nothing by the break since %s%s",
				  seconds_text(s->since).text, resident);
	return table_pair(tb, "Gave back", "%.0f%% (%s of %s) by the break, in %" PRIu64 " shrink%s%s",
			  100 * (double)s->shrunk_bytes / (double)had,
			  size_text(s->shrunk_bytes, bytes).text, size_text(had, bytes).text,
			  s->shrinks, s->shrinks == 1 ? "" : "s", resident);
}

/* By other means than calls, so it is not in what is above. */
static int add_external(struct libscols_table *tb, const struct brkwatch_snapshot *s, bool bytes)
{
	if (!(s->external || s->resyncs) || !header_has(s, &s->external_up_bytes) ||
	    !header_has(s, &s->external_down_bytes))
		return 0;
	return table_pair(tb, "External", "%s up, %s down: %" PRIu64 " external, %" PRIu64 " resync",
			  size_text(s->external_up_bytes, bytes).text,
			  size_text(s->external_down_bytes, bytes).text, s->external, s->resyncs);
}

/* What an older file does not have is not shown. */
static int add_number(struct libscols_table *tb, const char *key,
		      const struct brkwatch_snapshot *s, const uint64_t *value)
{
	return header_has(s, value) ? table_pair(tb, key, "%" PRIu64, *value) : 0;
}

static int add_size(struct libscols_table *tb, const char *key, const struct brkwatch_snapshot *s,
		    const uint64_t *value, bool bytes)
{
	return header_has(s, value) ? table_pair(tb, key, "%s", size_text(*value, bytes).text) : 0;
}

static int add_rows(struct libscols_table *tb, const struct view *view)
{
	const struct brkwatch_snapshot *s = &view->process->snap;
	const struct heap_memory *memory = &view->memory;
	bool bytes = view->style->bytes;
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
	if (s->data_limit != BRKWATCH_NONE)
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
	if (header_has(s, &s->heap_pages) && header_has(s, &s->since) &&
	    header_has(s, &s->shrinks) && header_has(s, &s->shrunk_bytes))
		rc = rc ?: add_gave_back(tb, s, memory, bytes);
	rc = rc ?: add_external(tb, s, bytes);
	if (s->lost)
		rc = rc ?: table_pair(tb, "Lost", "%" PRIu64 " calls were not recorded", s->lost);
	if (s->dropped)
		rc = rc ?: table_pair(tb, "Dropped", "%" PRIu64 " events before those below",
				   s->dropped);
	for (size_t i = 0; i < view->notes.n; i++)
		rc = rc ?: table_pair(tb, "Note", "%s", view->notes.notes[i].text);
	return rc;
}

static struct libscols_table *rows_table(const struct view *view)
{
	struct libscols_table *tb = table_new();

	if (!tb)
		return NULL;
	scols_table_enable_noheadings(tb, 1);
	scols_table_set_column_separator(tb, "  ");
	if (!scols_table_new_column(tb, "KEY", 0, 0) ||
	    !scols_table_new_column(tb, "VALUE", 0, 0) ||
	    add_rows(tb, view)) {
		scols_unref_table(tb);
		return NULL;
	}
	return tb;
}

static int add_event(struct libscols_line *line, const struct event_view *cells)
{
	const struct column_list *list = &cells->style->columns;
	char text[COLUMN_TEXT_MAX];
	int rc = line ? 0 : -ENOMEM;

	for (size_t i = 0; i < list->n && !rc; i++) {
		*event_columns[list->ids[i]].put(text, cells) = '\0';
		rc = scols_line_set_data(line, i, text);
	}
	return rc;
}

/* The line keeps its explanation. */
static int add_explanation(struct libscols_line *line, const struct view *view,
			   struct brkwatch_event *ev)
{
	struct prose prose;
	char *text;

	if (!explain_text(&prose, &view->how, &view->process->snap, ev))
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

static int history_fill(struct libscols_table *tb, const struct view *view)
{
	struct event_style style = *view->style;
	struct brkwatch_event ev;
	struct trend trend = { .n = 0 };
	struct event_view cells = {
		.ev = &ev, .process = view->process, .style = &style, .trend = &trend,
	};
	struct libscols_line *line;
	int rc;

	style.columns = history_columns;
	columns_choose(&style.columns, &view->style->columns);
	for (size_t i = 0; i < style.columns.n; i++) {
		const struct column *column = &event_columns[style.columns.ids[i]];

		if (!scols_table_new_column(tb, column->title, 0,
					    column->right ? SCOLS_FL_RIGHT : 0))
			return -ENOMEM;
	}
	while ((rc = reader_next_event(view->reader, &ev)) > 0) {
		if (!filter_shows(view->filter, &ev))
			continue;
		trend_add(&trend, column_heap(&cells));
		line = scols_table_new_line(tb, NULL);
		rc = add_event(line, &cells);
		if (view->explain && !rc)
			rc = add_explanation(line, view, &ev);
		cells.previous_ns = event_unsigned(&ev, BRKWATCH_TIME_NS);
		if (ev.malformed)
			rc = reader_event_problem(view->reader);
		if (rc)
			break;
	}
	return rc;
}

static int show_text(struct outbuf *out, const struct view *view)
{
	struct libscols_table *rows = rows_table(view);
	struct libscols_table *history = table_new();
	int rc = rows && history ? history_fill(history, view) : -ENOMEM;

	if (!rc)
		rc = table_put(out, rows);
	if (!rc && view->explain)
		notes_explain(&view->notes, out);
	if (!rc && !scols_table_is_empty(history)) {
		outbuf_puts(out, "\n");
		rc = table_put_with(out, history, put_explanation);
	}
	history_free(history);
	scols_unref_table(rows);
	return rc;
}

/* ---- JSON ---- */

static int put_events(FILE *text, const struct view *view)
{
	struct event_style style = { .columns = file_columns };
	char line[BRKWATCH_FIELDS * COLUMN_TEXT_MAX];
	struct brkwatch_event ev;
	const struct event_view cells = { .ev = &ev, .process = view->process, .style = &style };
	bool first = true;
	int rc;

	while ((rc = reader_next_event(view->reader, &ev)) > 0) {
		if (!filter_shows(view->filter, &ev))
			continue;
		*json_put_columns(line, &cells) = '\0';
		if (ev.malformed)
			return reader_event_problem(view->reader);
		/* Each member has a comma before it. */
		fprintf(text, "%s{%s}", first ? "" : ",", line + 1);
		first = false;
	}
	return rc;
}

static struct json_object *notes_json(const struct notes *notes)
{
	struct json_object *names = notes->known ? json_object_new_array() : NULL;

	for (size_t i = 0; i < notes->n; i++)
		json_object_array_add(names, json_object_new_string(notes->notes[i].name));
	return names;
}

static int show_json(struct outbuf *out, const struct view *view)
{
	struct json_object *obj = json_header("state", view->style, view->process);
	const struct heap_memory *memory = &view->memory;
	char *text = NULL;
	size_t len;
	FILE *events = open_memstream(&text, &len);
	int rc = events ? put_events(events, view) : -ENOMEM;

	if (events && fclose(events) && !rc)
		rc = -ENOMEM;
	json_add_known(obj, "resident_bytes", memory->sized, memory->resident);
	json_add_known(obj, "dirty_bytes", memory->sized, memory->dirty);
	json_add_known(obj, "swapped_bytes", memory->sized, memory->swapped);
	if (memory->named)
		json_add_name(obj, "next_mapping_name", memory->next_name, false);
	else
		json_object_object_add(obj, "next_mapping_name", NULL);
	json_object_object_add(obj, "notes", notes_json(&view->notes));
	if (!rc)
		json_write_with(out, obj, "events", text);
	else
		json_object_put(obj);
	free(text);
	return rc;
}

int show_state(struct session *session, struct brkwatch_process *process,
	       struct brkwatch_reader *reader)
{
	struct view view = {
		.style = &session->style, .filter = &session->opts->filter,
		.how = { session->bw, session->style.bytes }, .explain = session->opts->explain,
		.process = process, .reader = reader,
	};

	style_look_at_clock(&session->style, UINT64_MAX);
	heap_memory_read(&view.memory, &view.how, &process->snap);
	notes_read(&view.notes, &view.how, &process->snap);
	return session->opts->format->for_people ? show_text(session->out, &view) :
						   show_json(session->out, &view);
}

enum exit_status show_process(struct session *session, pid_t pid)
{
	struct brkwatch_reader *reader = brkwatch_reader_new();
	struct brkwatch_process process = { .parent = 0 };
	int fd, rc;

	if (!reader) {
		warn_user("%s", strerror(ENOMEM));
		return STATUS_FAILED;
	}
	fd = brkwatch_await_process(session->bw, pid);
	rc = fd < 0 ? fd : reader_take(reader, fd, &process.snap);
	if (fd >= 0)
		close(fd);
	rc = rc ?: show_state(session, &process, reader);
	if (rc)
		complain_of_process(session->bw, pid, rc, brkwatch_problem(reader));
	brkwatch_reader_free(reader);
	return rc ? STATUS_FAILED : STATUS_OK;
}
