// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "event.h"
#include "json.h"
#include "procfile.h"
#include "snapshot.h"
#include "state.h"
#include "text.h"

static const enum event_column_id history_columns[] = {
	COL_SEQ, COL_TIME, COL_EVENT, COL_DELTA, COL_PAGES, COL_BREAK, COL_NOTE,
};

#define NCOLUMNS (sizeof(history_columns) / sizeof(history_columns[0]))

/* A size or number as a string of its own, for printf. */
struct number {
	char text[TEXT_NUMBER_MAX];
};

static struct number size_text(uint64_t size, bool bytes)
{
	struct number n = { .text = "" };

	*put_size(n.text, size, bytes) = '\0';
	return n;
}

static struct number address_text(uint64_t address)
{
	struct number n = { .text = "" };

	*put_hex(n.text, address) = '\0';
	return n;
}

static struct number seconds_text(uint64_t ns)
{
	struct number n = { .text = "" };

	*put_seconds(n.text, ns) = '\0';
	return n;
}

/* Widths never depend on the terminal: lines are for less and grep, too. */
static struct libscols_table *table_new(void)
{
	struct libscols_table *tb = scols_new_table();

	if (tb)
		scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	return tb;
}

static int __attribute__((format(printf, 3, 4)))
add_row(struct libscols_table *tb, const char *key, const char *fmt, ...)
{
	struct libscols_line *line = scols_table_new_line(tb, NULL);
	char *value;
	va_list ap;
	int len;

	if (!line)
		return -ENOMEM;
	va_start(ap, fmt);
	len = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (len < 0)
		return -ENOMEM;
	return scols_line_set_data(line, 0, key) ?: scols_line_refer_data(line, 1, value);
}

static int add_room(struct libscols_table *tb, const struct snapshot *s, bool bytes)
{
	if (s->next_mapping == VALUE_NONE || s->room_bytes == VALUE_NONE)
		return add_row(tb, "Room", "no mapping above");
	return add_row(tb, "Room", "%s (next mapping at %s)", size_text(s->room_bytes, bytes).text,
		       address_text(s->next_mapping).text);
}

static int add_rows(struct libscols_table *tb, const struct snapshot *s, bool bytes)
{
	int rc = 0;

	rc = rc ?: add_row(tb, "Pid", "%" PRIu64, s->pid);
	rc = rc ?: add_row(tb, "Name", "%s", s->name);
	rc = rc ?: add_row(tb, "State", "%s", s->exited ? "exited" : "running");
	rc = rc ?: add_row(tb, "Heap", "%s-%s", address_text(s->start_brk).text,
			   address_text(s->brk).text);
	rc = rc ?: add_row(tb, "Size", "%s", size_text(s->heap_bytes, bytes).text);
	rc = rc ?: add_row(tb, "Pages", "%" PRIu64 " of %s", s->heap_pages,
			   size_text(s->page_size, bytes).text);
	rc = rc ?: add_row(tb, "Peak", "%s", size_text(s->peak_bytes, bytes).text);
	rc = rc ?: add_row(tb, "Data limit", "%s", s->data_limit == VALUE_NONE ? "unlimited" :
			   size_text(s->data_limit, bytes).text);
	rc = rc ?: add_room(tb, s, bytes);
	rc = rc ?: add_row(tb, "Since", "%s", seconds_text(s->since).text);
	rc = rc ?: add_row(tb, "Calls", "%" PRIu64, s->calls);
	rc = rc ?: add_row(tb, "  queries", "%" PRIu64, s->queries);
	rc = rc ?: add_row(tb, "  grows", "%" PRIu64, s->grows);
	rc = rc ?: add_row(tb, "  shrinks", "%" PRIu64, s->shrinks);
	rc = rc ?: add_row(tb, "  moves", "%" PRIu64, s->moves);
	rc = rc ?: add_row(tb, "  same", "%" PRIu64, s->same);
	rc = rc ?: add_row(tb, "  refused", "%" PRIu64, s->refused);
	rc = rc ?: add_row(tb, "Grown", "%s", size_text(s->grown_bytes, bytes).text);
	rc = rc ?: add_row(tb, "Shrunk", "%s", size_text(s->shrunk_bytes, bytes).text);
	if (s->lost)
		rc = rc ?: add_row(tb, "Lost", "%" PRIu64 " calls were not recorded", s->lost);
	if (s->dropped)
		rc = rc ?: add_row(tb, "Dropped", "%" PRIu64 " events before those below",
				   s->dropped);
	return rc;
}

static struct libscols_table *rows_table(const struct snapshot *snap, bool bytes)
{
	struct libscols_table *tb = table_new();

	if (!tb)
		return NULL;
	scols_table_enable_noheadings(tb, 1);
	scols_table_set_column_separator(tb, "  ");
	if (!scols_table_new_column(tb, "KEY", 0, 0) ||
	    !scols_table_new_column(tb, "VALUE", 0, 0) ||
	    add_rows(tb, snap, bytes)) {
		scols_unref_table(tb);
		return NULL;
	}
	return tb;
}

static int add_event(struct libscols_table *tb, const struct event_view *view)
{
	struct libscols_line *line = scols_table_new_line(tb, NULL);
	char text[COLUMN_TEXT_MAX];
	int rc = line ? 0 : -ENOMEM;

	for (size_t i = 0; i < NCOLUMNS && !rc; i++) {
		*event_columns[history_columns[i]].put(text, view) = '\0';
		rc = scols_line_set_data(line, i, text);
	}
	return rc;
}

static int history_fill(struct libscols_table *tb, struct snapshot *snap, bool bytes)
{
	struct event ev;
	const struct event_view view = { .ev = &ev, .snap = snap, .bytes = bytes };
	int rc;

	for (size_t i = 0; i < NCOLUMNS; i++) {
		const struct event_column *column = &event_columns[history_columns[i]];

		if (!scols_table_new_column(tb, column->title, 0,
					    column->right ? SCOLS_FL_RIGHT : 0))
			return -ENOMEM;
	}
	while ((rc = snapshot_next_event(snap, &ev)) > 0) {
		rc = add_event(tb, &view);
		if (ev.malformed)
			rc = snapshot_event_problem(snap);
		if (rc)
			break;
	}
	return rc;
}

static int put_table(struct outbuf *out, struct libscols_table *tb)
{
	char *text = NULL;
	int rc = scols_print_table_to_string(tb, &text);

	if (rc)
		return rc;
	/* libsmartcols leaves blanks behind an empty last cell. */
	for (char *line = text, *end; *line; line = *end ? end + 1 : end) {
		size_t len = strcspn(line, "\n");

		end = line + len;
		while (len && line[len - 1] == ' ')
			len--;
		outbuf_write(out, line, len);
		outbuf_puts(out, "\n");
	}
	free(text);
	return 0;
}

static int show_text(struct outbuf *out, const struct options *opts, struct snapshot *snap)
{
	struct libscols_table *rows = rows_table(snap, opts->bytes);
	struct libscols_table *history = table_new();
	int rc = rows && history ? history_fill(history, snap, opts->bytes) : -ENOMEM;

	if (!rc)
		rc = put_table(out, rows);
	if (!rc && !scols_table_is_empty(history)) {
		outbuf_puts(out, "\n");
		rc = put_table(out, history);
	}
	scols_unref_table(history);
	scols_unref_table(rows);
	return rc;
}

enum exit_status state_show(struct outbuf *out, const struct options *opts, pid_t pid)
{
	struct snapshot snap;
	int fd = procfile_open(opts, pid);
	int rc;

	if (fd < 0) {
		procfile_complain(opts, pid, fd, NULL);
		return STATUS_FAILED;
	}
	snapshot_init(&snap);
	rc = snapshot_read(&snap, fd);
	close(fd);
	if (!rc)
		rc = opts->json ? json_report_state(out, &snap) : show_text(out, opts, &snap);
	if (rc)
		procfile_complain(opts, pid, rc, &snap);
	snapshot_deinit(&snap);
	return rc ? STATUS_FAILED : STATUS_OK;
}
