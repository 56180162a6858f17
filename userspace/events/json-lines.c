// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>

#include "events/json-lines.h"
#include "events/summary.h"
#include "events/values.h"

static void choose(struct column_list *list, const struct event_style *style)
{
	(void)style;
	columns_for_programs(list, false);
}

static void add_header_field(struct json_object *obj, const struct header_field *field,
			     uint64_t value)
{
	bool address = field->kind == VALUE_ADDRESS || field->kind == VALUE_MAPPING;

	if ((field->kind == VALUE_LIMIT || field->kind == VALUE_MAPPING) && value == BRKWATCH_NONE)
		json_object_object_add(obj, field->json, NULL);
	else if (address)
		json_add_address(obj, field->json, value);
	else
		json_add_number(obj, field->json, value);
}

static struct json_object *add_offset(struct json_object *obj, const struct wall_offset *offset)
{
	json_add_number(obj, "since", offset->since);
	json_object_object_add(obj, JSON_WALL_OFFSET, json_object_new_int64(offset->ns));
	return obj;
}

/* The newest offset; all of them if the clock was set. */
static void add_wall(struct json_object *obj, const struct wall *wall)
{
	struct json_object *all;

	if (!wall || !wall->n)
		return;
	json_object_object_add(obj, JSON_WALL_OFFSET,
			       json_object_new_int64(wall->offsets[wall->n - 1].ns));
	if (wall->n == 1)
		return;
	all = json_object_new_array();
	json_object_object_add(obj, JSON_WALL_OFFSETS, all);
	for (size_t i = 0; i < wall->n; i++)
		json_object_array_add(all, add_offset(json_object_new_object(), &wall->offsets[i]));
}

struct json_object *json_header(const char *type, const struct event_style *style,
				const struct brkwatch_process *process)
{
	struct json_object *obj = json_line(type);
	struct brkwatch_snapshot snap = process->snap;

	json_object_object_add(obj, "schema", json_object_new_int(JSON_SCHEMA));
	json_add_name(obj, "name", snap.name, true);
	json_object_object_add(obj, "state", json_object_new_string(snap.exited ? "exited" : "running"));
	for (size_t i = 0; i < HEADER_FIELDS; i++)
		if (!(snap.missing & HEADER_BIT(i)))
			add_header_field(obj, &header_fields[i], *header_value(&header_fields[i], &snap));
	add_wall(obj, style->wall);
	return obj;
}

static void start(struct outbuf *out, const struct event_style *style,
		  const struct brkwatch_process *process, bool exec)
{
	/* From CSV, only its number may be known. */
	if (!style->quiet && !(exec && style->no_events) && process->snap.page_size)
		json_write(out, json_header(exec ? "exec" : "start", style, process));
}

static void clock_set(struct outbuf *out, const struct event_style *style,
		      const struct wall_offset *offset)
{
	if (!style->quiet)
		json_write(out, add_offset(json_line("clock"), offset));
}

char *json_put_columns(char *p, const struct event_view *view)
{
	const enum column_id *end = columns_end(&view->style->columns, view->ev);

	for (const enum column_id *id = view->style->columns.ids; id < end; id++) {
		const struct column *column = &event_columns[*id];

		p = mempcpy(p, column->json_key, sizeof(column->json_key));
		p = put_value(p - sizeof(column->json_key) + column->json_key_len, *id, view, true);
	}
	return p;
}

static char *event(char *p, const struct event_view *view)
{
	return stpcpy(json_put_columns(stpcpy(p, "{\"type\":\"event\""), view), "}\n");
}

static void lost(struct outbuf *out, const struct event_style *style,
		 const struct brkwatch_process *process, uint64_t count, bool before)
{
	struct json_object *obj = json_line("lost");

	(void)style;
	json_add_number(obj, "pid", process->snap.pid);
	json_add_number(obj, "space", process->snap.space);
	json_add_number(obj, "count", count);
	json_object_object_add(obj, "before_open", json_object_new_boolean(before));
	json_write(out, obj);
}

/* As for an event. */
static void add_word(struct json_object *obj, const char *key, const char *word)
{
	if (isdigit((unsigned char)*word) && !scan_is_hex(word))
		json_add_number(obj, key, strtoull(word, NULL, 10));
	else
		json_object_object_add(obj, key, *word && strcmp(word, "-") != 0 ?
				       json_object_new_string(word) : NULL);
}

static void missed(struct outbuf *out, const struct event_style *style,
		   const struct brkwatch_process *process, const struct brkwatch_row *row)
{
	struct json_object *obj = json_line("missed");

	(void)style;
	json_add_number(obj, "pid", process->snap.pid);
	json_add_number(obj, "parent", (uint64_t)process->parent);
	if (row) {
		json_add_name(obj, "name", row->name, true);
		json_add_number(obj, "space", row->space);
		json_add_address(obj, "start_brk", row->start_brk);
		json_add_address(obj, "brk", row->brk);
		json_add_number(obj, "calls", row->calls);
		json_add_number(obj, "grows", row->grows);
		json_add_number(obj, "grown_bytes", row->grown_bytes);
		json_add_number(obj, "shrunk_bytes", row->shrunk_bytes);
		json_add_number(obj, "peak_bytes", row->peak_bytes);
		json_add_number(obj, "refused", row->refused);
		add_word(obj, "last_event", row->last_event);
		add_word(obj, "last_request", row->last_request);
		add_word(obj, "last_reason", row->last_reason);
		add_word(obj, "last_limit", row->last_limit);
		add_word(obj, "last_needed", row->last_needed);
		json_add_number(obj, "forks", row->forks);
	}
	json_write(out, obj);
}

static void done(struct outbuf *out, const struct event_style *style,
		 const struct brkwatch_process *process, const struct event_sums *sums, bool ended)
{
	const struct brkwatch_totals *totals = &process->totals;
	struct json_object *obj, *reasons;

	if (style->quiet)
		return;
	obj = json_line("summary");
	json_add_number(obj, "pid", process->snap.pid);
	json_object_object_add(obj, "ended", json_object_new_boolean(ended));
	json_add_number(obj, "spaces", totals->spaces);
	json_add_number(obj, "calls", totals->calls);
	json_add_number(obj, "grown_bytes", totals->grown_bytes);
	json_add_number(obj, "shrunk_bytes", totals->shrunk_bytes);
	json_add_number(obj, "peak_bytes", totals->peak_bytes);
	json_add_number(obj, "refused", totals->refused);
	json_add_number(obj, "lost", totals->lost);
	json_add_number(obj, "dropped", totals->dropped);
	json_add_number(obj, "missed", totals->missed);
	if (sums) {
		json_add_number(obj, "longest_ns", sums->longest_ns);
		json_add_number(obj, "inside_ns", sums->inside_ns);
		reasons = json_object_new_object();
		for (size_t i = 0; i < REASONS_MAX && sums->reasons[i].count; i++)
			json_add_number(reasons, sums->reasons[i].name, sums->reasons[i].count);
		json_object_object_add(obj, "refused_by_reason", reasons);
	}
	json_write(out, obj);
}

const struct event_format json_lines = {
	.has_totals = true,
	.choose = choose,
	.start = start,
	.clock = clock_set,
	.event = event,
	.lost = lost,
	.missed = missed,
	.done = done,
};
