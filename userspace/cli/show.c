// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/heap-use.h"
#include "cli/session.h"
#include "common/format-number.h"
#include "common/table.h"
#include "common/utf8.h"
#include "common/why-not.h"
#include "events/json-lines.h"
#include "explain/beside.h"
#include "explain/mappings.h"

/* Less than that each program has of its libraries. */
#define MUCH ((uint64_t)16 << 20)

static const struct column_list file_columns = {
	.ids = { COL_SEQ, COL_TIME, COL_TOOK, COL_TID, COL_EVENT, COL_REQUEST, COL_OLD, COL_BREAK,
		 COL_DELTA, COL_PAGES, COL_REASON, COL_FLAGS, COL_LIMIT, COL_NEEDED },
	.n = BRKWATCH_FIELDS, .last = 2,
};

/* ---- text ---- */

/* The rows of a state. */
struct rows {
	struct libscols_table *table;
	const struct brkwatch_snapshot *snap;
	struct heap_memory *memory;
	const struct heap_use *use;
	bool bytes;
};

static struct number size_of(const struct rows *rows, uint64_t size)
{
	return size_text(size, rows->bytes);
}

/* Values that an older file lacks are not shown. */
static void add_number(const struct rows *rows, const char *key, const uint64_t *value)
{
	if (header_has(rows->snap, value))
		table_pair(rows->table, key, "%" PRIu64, *value);
}

static void add_size(const struct rows *rows, const char *key, const uint64_t *value)
{
	if (header_has(rows->snap, value))
		table_pair(rows->table, key, "%s", size_of(rows, *value).text);
}

static void add_limit(const struct rows *rows)
{
	if (rows->snap->data_limit != BRKWATCH_NONE)
		add_size(rows, "Data limit", &rows->snap->data_limit);
	else if (header_has(rows->snap, &rows->snap->data_limit))
		table_pair(rows->table, "Data limit", "unlimited");
}

static void add_room(const struct rows *rows)
{
	const struct brkwatch_snapshot *s = rows->snap;
	struct heap_memory *memory = rows->memory;

	if (!header_has(s, &s->next_mapping) || !header_has(s, &s->room_bytes))
		return;
	text_clean(memory->next_name);
	if (s->next_mapping == BRKWATCH_NONE || s->room_bytes == BRKWATCH_NONE)
		table_pair(rows->table, "Room", "no mapping above");
	else
		table_pair(rows->table, "Room", "%s (next mapping at %s%s%s)", size_of(rows, s->room_bytes).text,
			   address_text(s->next_mapping).text, memory->named ? ": " : "",
			   memory->named ? mapping_name(memory->next_name) : "");
}

/* How much of the heap is in memory. */
static void add_memory(const struct rows *rows)
{
	const struct heap_memory *memory = rows->memory;
	char others[96] = "";

	if (!memory->sized)
		return;
	if (memory->others)
		snprintf(others, sizeof(others), " (includes %s that is not heap)",
			 size_of(rows, memory->others).text);
	table_pair(rows->table, "Resident", "%s%s", size_of(rows, memory->resident).text, others);
	table_pair(rows->table, "Dirty", "%s", size_of(rows, memory->dirty).text);
	table_pair(rows->table, "Swapped", "%s", size_of(rows, memory->swapped).text);
}

/* Memory that large blocks, threads and files have. Who looks for it here is told where to look. */
static void add_elsewhere(const struct rows *rows)
{
	const struct heap_memory *memory = rows->memory;
	const uint64_t elsewhere = memory->process > memory->resident ? memory->process - memory->resident : 0;

	if (memory->sized && elsewhere >= MUCH && elsewhere > memory->resident)
		table_pair(rows->table, "Elsewhere", "%s of %s resident: see brkwatch-malloc --regions %" PRIu64,
			   size_of(rows, elsewhere).text, size_of(rows, memory->process).text, rows->snap->pid);
}

/* What is free is more than what is in use: that is another program's subject. */
static void add_use(const struct rows *rows)
{
	if (rows->use->free <= rows->snap->heap_bytes / 2)
		return;
	table_pair(rows->table, "Free", "%s of the heap, %s of that below a chunk in use",
		   size_of(rows, rows->use->free).text, size_of(rows, rows->use->pinned).text);
	table_pair(rows->table, "", "(see brkwatch-heap %" PRIu64 ")", rows->snap->pid);
}

/*
 * The part of all memory that the heap had, also before it was recorded. A process can also give back
 * memory without moving the break (madvise, as in malloc_trim); the resident size shows that.
 */
static void add_gave_back(const struct rows *rows)
{
	const struct brkwatch_snapshot *s = rows->snap;
	uint64_t had = s->heap_pages * s->page_size + s->shrunk_bytes;
	char resident[TEXT_NUMBER_MAX + 16] = "";

	if (!header_has(s, &s->heap_pages) || !header_has(s, &s->since) || !header_has(s, &s->shrinks) ||
	    !header_has(s, &s->shrunk_bytes))
		return;
	if (rows->memory->sized)
		snprintf(resident, sizeof(resident), "; resident %s", size_of(rows, rows->memory->resident).text);
	if (!s->shrunk_bytes)
		table_pair(rows->table, "Gave back", "nothing by the break since %s%s",
			   seconds_text(s->since).text, resident);
	else
		table_pair(rows->table, "Gave back", "%.0f%% (%s of %s) by the break, in %" PRIu64 " shrink%s%s",
			   100 * (double)s->shrunk_bytes / (double)had, size_of(rows, s->shrunk_bytes).text,
			   size_of(rows, had).text, s->shrinks, s->shrinks == 1 ? "" : "s", resident);
}

/* Moves by other means than calls, which the lines above do not include. */
static void add_external(const struct rows *rows)
{
	const struct brkwatch_snapshot *s = rows->snap;

	if ((s->external || s->resyncs) && header_has(s, &s->external_up_bytes) &&
	    header_has(s, &s->external_down_bytes))
		table_pair(rows->table, "External", "%s up, %s down: %" PRIu64 " external, %" PRIu64 " resync",
			   size_of(rows, s->external_up_bytes).text, size_of(rows, s->external_down_bytes).text,
			   s->external, s->resyncs);
}

static void add_rows(const struct rows *rows)
{
	const struct brkwatch_snapshot *s = rows->snap;
	struct libscols_table *tb = rows->table;

	add_number(rows, "Pid", &s->pid);
	table_pair(tb, "Name", "%s", s->name);
	table_pair(tb, "State", "%s", s->exited ? "exited" : "running");
	table_pair(tb, "Heap", "%s-%s", address_text(s->start_brk).text, address_text(s->brk).text);
	add_size(rows, "Size", &s->heap_bytes);
	if (header_has(s, &s->heap_pages))
		table_pair(tb, "Pages", "%" PRIu64 " of %s", s->heap_pages, size_of(rows, s->page_size).text);
	add_size(rows, "Peak", &s->peak_bytes);
	add_limit(rows);
	add_room(rows);
	add_memory(rows);
	add_elsewhere(rows);
	add_use(rows);
	if (header_has(s, &s->since))
		table_pair(tb, "Since", "%s", seconds_text(s->since).text);
	add_number(rows, "Calls", &s->calls);
	add_number(rows, "  queries", &s->queries);
	add_number(rows, "  grows", &s->grows);
	add_number(rows, "  shrinks", &s->shrinks);
	add_number(rows, "  moves", &s->moves);
	add_number(rows, "  same", &s->same);
	add_number(rows, "  refused", &s->refused);
	add_size(rows, "Grown", &s->grown_bytes);
	add_size(rows, "Shrunk", &s->shrunk_bytes);
	add_gave_back(rows);
	add_external(rows);
	if (s->lost)
		table_pair(tb, "Lost", "%" PRIu64 " calls were not recorded", s->lost);
	if (s->dropped)
		table_pair(tb, "Dropped", "%" PRIu64 " events before those below", s->dropped);
}

static void show_rows(struct outbuf *out, struct heap_memory *memory, const struct heap_use *use,
		      const struct notes *notes, const struct brkwatch_snapshot *snap, bool bytes)
{
	const struct rows rows = { .table = table_new(), .snap = snap, .memory = memory, .use = use, .bytes = bytes };

	scols_table_enable_noheadings(rows.table, 1);
	scols_table_set_column_separator(rows.table, "  ");
	table_column(rows.table, "KEY", 0);
	table_column(rows.table, "VALUE", 0);
	add_rows(&rows);
	for (size_t i = 0; i < notes->n; i++)
		table_pair(rows.table, "Note", "%s", notes->notes[i].text);
	table_put(out, rows.table);
}

/* Print the events as if they happened now. */
static int show_history(const struct session *session, struct brkwatch_process *process,
			struct brkwatch_reader *reader)
{
	struct printer history = session->printer;
	struct brkwatch_event ev;
	int rc;

	history.style.columns = session->opts->style.columns;
	history.style.state = true;
	history.style.summary = false;
	printer_init(&history);
	while ((rc = reader_next_event(reader, &ev)) > 0) {
		if (!filter_shows(&session->opts->filter, &ev))
			continue;
		if (!history.begun)
			outbuf_puts(session->out, "\n");
		rc = printer_print(&history, process, &ev);
		if (rc)
			break;
	}
	printer_forget(process);
	return rc == -EPROTO ? reader_event_problem(reader) : rc < 0 ? rc : 0;
}

/* ---- JSON ---- */

static int put_events(FILE *text, const struct session *session, const struct brkwatch_process *process,
		      struct brkwatch_reader *reader)
{
	struct event_style style = { .columns = file_columns };
	char line[BRKWATCH_FIELDS * COLUMN_TEXT_MAX];
	struct brkwatch_event ev;
	const struct event_view cells = { .ev = &ev, .process = process, .style = &style };
	bool first = true;
	int rc;

	while ((rc = reader_next_event(reader, &ev)) > 0) {
		if (!filter_shows(&session->opts->filter, &ev))
			continue;
		*json_put_columns(line, &cells) = '\0';
		if (ev.malformed)
			return reader_event_problem(reader);
		/* A comma precedes each member. */
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

static int show_json(const struct session *session, struct brkwatch_process *process,
		     struct brkwatch_reader *reader, const struct heap_memory *memory, const struct notes *notes)
{
	struct json_object *obj = json_header("state", &session->printer.style, process);
	char *text;
	size_t len;
	FILE *events = needed(open_memstream(&text, &len));
	int rc = put_events(events, session, process, reader);

	if (fclose(events))
		out_of_memory();
	json_add_known(obj, "resident_bytes", memory->sized, memory->resident);
	json_add_known(obj, "dirty_bytes", memory->sized, memory->dirty);
	json_add_known(obj, "swapped_bytes", memory->sized, memory->swapped);
	if (memory->named)
		json_add_name(obj, "next_mapping_name", memory->next_name, false);
	else
		json_object_object_add(obj, "next_mapping_name", NULL);
	json_object_object_add(obj, "notes", notes_json(notes));
	if (!rc)
		json_write_with(session->out, obj, "events", text);
	else
		json_object_put(obj);
	free(text);
	return rc;
}

int show_state(void *owner, struct brkwatch_process *process, struct brkwatch_reader *reader)
{
	struct session *session = owner;
	struct outbuf *out = session->out;
	struct heap_memory memory;
	struct heap_use use;
	struct notes notes;
	int rc = 0;

	/* From here on the output can be dropped again. */
	outbuf_flush(out);
	style_look_at_clock(&session->printer.style, UINT64_MAX);
	heap_memory_read(&memory, &session->how, &process->snap);
	notes_read(&notes, &session->how, &process->snap);
	if (session->opts->format->for_people) {
		if (session->any)
			outbuf_puts(out, "\n");
		heap_use_read(&use, &session->how, &process->snap);
		show_rows(out, &memory, &use, &notes, &process->snap, session->style.bytes);
		if (session->opts->explain)
			notes_explain(&notes, out);
		rc = show_history(session, process, reader);
	} else {
		rc = show_json(session, process, reader, &memory, &notes);
	}
	if (rc)
		out->len = 0;
	else
		session->any = true;
	return rc;
}

enum exit_status show_process(struct session *session, pid_t pid)
{
	struct brkwatch_reader *reader = needed(brkwatch_reader_new());
	struct brkwatch_process process = { .parent = 0 };
	int fd = brkwatch_await_process(session->bw, pid), rc;

	rc = fd < 0 ? fd : reader_take(reader, fd, &process.snap);
	if (fd >= 0)
		close(fd);
	rc = rc ?: show_state(session, &process, reader);
	if (rc)
		complain_of_process(session->bw, pid, rc, brkwatch_problem(reader));
	brkwatch_reader_free(reader);
	return rc ? STATUS_FAILED : STATUS_OK;
}
