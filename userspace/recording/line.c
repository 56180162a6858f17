// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/format-number.h"
#include "events/json-lines.h"
#include "recording/csv.h"

struct line_reader {
	struct json_tokener *tokener;
	struct json_object *object;	/* of the last line */
	char *text;			/* of a state */
	struct event_text fields;
	struct csv csv;
};

struct line_reader *line_reader_new(void)
{
	struct line_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		reader->tokener = json_tokener_new();
	if (reader && !reader->tokener) {
		free(reader);
		return NULL;
	}
	return reader;
}

static void forget(struct line_reader *reader)
{
	json_object_put(reader->object);
	reader->object = NULL;
	free(reader->text);
	reader->text = NULL;
}

void line_reader_free(struct line_reader *reader)
{
	if (!reader)
		return;
	forget(reader);
	json_tokener_free(reader->tokener);
	free(reader);
}

int line_problem(struct line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line->problem, sizeof(line->problem), fmt, ap);
	va_end(ap);
	return -EPROTO;
}

/* ---- JSON ---- */

/* NULL: there is no such member, or it is null. */
static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static uint64_t number_of(struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name);

	return value ? json_object_get_uint64(value) : 0;
}

static bool true_of(struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name);

	return value && json_object_get_boolean(value);
}

static int read_event(struct line_reader *reader, struct line *line, struct json_object *object)
{
	line->event.malformed = false;
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++) {
		const char *name = field_words[id], *text = "-";
		struct json_object *value;

		if (!json_object_object_get_ex(object, name, &value))
			text = event_absent[id];
		else if (value)
			text = json_object_get_string(value);
		if (!*text)
			return line_problem(line, "an event without %s, which is needed", name);
		if (!event_set_field(&line->event, &reader->fields, id, text, strlen(text)))
			return line_problem(line, "an event whose %s is not understood", name);
	}
	return 0;
}

static bool parse_value(uint64_t *number, enum value_kind kind, struct json_object *value)
{
	const char *text;

	if (!value) {
		*number = BRKWATCH_NONE;
		return kind == VALUE_LIMIT || kind == VALUE_MAPPING;
	}
	if (kind != VALUE_ADDRESS && kind != VALUE_MAPPING) {
		*number = json_object_get_uint64(value);
		return json_object_is_type(value, json_type_int);
	}
	text = json_object_get_string(value);
	return strlen(text) == 18 && scan_hex(&text, number);
}

static int read_header(struct line *line, struct json_object *object)
{
	struct brkwatch_process *process = &line->process;
	const struct header_field *missing;
	struct json_object *value;
	uint32_t seen = 0;

	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];

		if (!json_object_object_get_ex(object, field->json, &value))
			continue;
		if (!parse_value(header_value(field, &process->snap), field->kind, value))
			return line_problem(line, "%s is not understood", field->json);
		seen |= 1u << i;
	}
	missing = header_end(&process->snap, seen);
	if (missing)
		return line_problem(line, "no %s, which is needed", missing->json);
	value = member(object, "name");
	if (value)
		snapshot_set_name(&process->snap, json_object_get_string(value));
	value = member(object, "state");
	process->snap.exited = value && !strcmp(json_object_get_string(value), "exited");
	value = member(object, JSON_WALL_OFFSET);
	process->wall_known = value;
	process->wall_offset_ns = value ? json_object_get_int64(value) : 0;
	return 0;
}

static void put_header(FILE *text, struct brkwatch_snapshot *snap)
{
	fprintf(text, "Format:\t" BRKWATCH_FORMAT "\nName:\t%s\nState:\t%s\n", snap->name,
		snap->exited ? "exited" : "running");
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];
		uint64_t value = *header_value(field, snap);
		char number[TEXT_NUMBER_MAX];

		if (snap->missing & 1u << i)
			continue;
		if (value == BRKWATCH_NONE && field->kind == VALUE_LIMIT)
			strcpy(number, "unlimited");
		else if (value == BRKWATCH_NONE && field->kind == VALUE_MAPPING)
			strcpy(number, "none");
		else if (field->kind == VALUE_ADDRESS || field->kind == VALUE_MAPPING)
			*put_hex16(number, value) = '\0';
		else
			*put_u64(number, value) = '\0';
		fprintf(text, "%s:\t%s\n", field->key, number);
	}
}

/* The text that the module made it of. */
static int read_state(struct line_reader *reader, struct line *line, struct json_object *object)
{
	struct json_object *events = member(object, "events");
	int rc = read_header(line, object);
	FILE *text;

	if (!events || !json_object_is_type(events, json_type_array))
		return line_problem(line, "a state without events");
	text = open_memstream(&reader->text, &line->text_len);
	if (!text)
		return -ENOMEM;
	put_header(text, &line->process.snap);
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++)
		fprintf(text, "%s%s", id ? "\t" : "\n", field_words[id]);
	fputc('\n', text);
	for (size_t i = 0; i < json_object_array_length(events) && !rc; i++) {
		rc = read_event(reader, line, json_object_array_get_idx(events, i));
		for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS && !rc; id++)
			fprintf(text, "%s%s", reader->fields.field[id],
				id < BRKWATCH_FIELDS - 1 ? "\t" : "\n");
	}
	if (fclose(text) && !rc)
		rc = -ENOMEM;
	line->text = reader->text;
	return rc;
}

static void read_summary(struct line *line, struct json_object *object)
{
	line->ended = true_of(object, "ended");
	line->process.totals = (struct brkwatch_totals){
		.spaces = number_of(object, "spaces"),
		.calls = number_of(object, "calls"),
		.grown_bytes = number_of(object, "grown_bytes"),
		.shrunk_bytes = number_of(object, "shrunk_bytes"),
		.peak_bytes = number_of(object, "peak_bytes"),
		.refused = number_of(object, "refused"),
		.lost = number_of(object, "lost"),
		.dropped = number_of(object, "dropped"),
	};
}

static int read_json(struct line_reader *reader, const char *text, struct line *line)
{
	struct json_object *object, *value;
	const char *type;

	json_tokener_reset(reader->tokener);
	object = reader->object = json_tokener_parse_ex(reader->tokener, text, (int)strlen(text));
	if (json_tokener_get_error(reader->tokener) != json_tokener_success ||
	    !json_object_is_type(object, json_type_object))
		return line_problem(line, "no JSON object, or cut short");
	value = member(object, "type");
	if (!value)
		return line_problem(line, "an object without a type");
	type = json_object_get_string(value);
	if (number_of(object, "schema") > JSON_SCHEMA)
		return line_problem(line, "schema %llu, but this brkwatch-cli knows only %d",
				    (unsigned long long)number_of(object, "schema"), JSON_SCHEMA);
	line->process.snap.pid = number_of(object, "pid");
	line->process.snap.space = number_of(object, "space");
	if (!strcmp(type, "event")) {
		line->type = LINE_EVENT;
		return read_event(reader, line, object);
	}
	if (!strcmp(type, "start") || !strcmp(type, "exec")) {
		line->type = LINE_SPACE;
		return read_header(line, object);
	}
	if (!strcmp(type, "state")) {
		line->type = LINE_STATE;
		return read_state(reader, line, object);
	}
	if (!strcmp(type, "lost")) {
		line->type = LINE_LOST;
		line->count = number_of(object, "count");
		line->before_open = true_of(object, "before_open");
	} else if (!strcmp(type, "missed")) {
		line->type = LINE_MISSED;
		line->process.parent = (pid_t)number_of(object, "parent");
	} else if (!strcmp(type, "summary")) {
		line->type = LINE_SUMMARY;
		read_summary(line, object);
	}
	return 0;
}

int line_read(struct line_reader *reader, char *text, struct line *line)
{
	forget(reader);
	*line = (struct line){
		.type = LINE_OTHER,
		.process.snap = { .data_limit = BRKWATCH_NONE, .next_mapping = BRKWATCH_NONE },
	};
	text[strcspn(text, "\r\n")] = '\0';
	if (!*text)
		return 0;
	return *text == '{' ? read_json(reader, text, line) : csv_read(&reader->csv, text, line);
}
