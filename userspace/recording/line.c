// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events/columns.h"
#include "recording/csv.h"
#include "libbrkwatch/fields.h"
#include "events/json-lines.h"
#include "common/output.h"
#include "recording/line.h"
#include "common/format-number.h"

struct record_reader {
	struct json_tokener *tokener;
	struct json_object *object;	/* of the last line */
	struct json_object *events;	/* of a state */
	size_t next_event;
	char *text;			/* of a state */
	struct csv csv;
};

struct record_reader *record_reader_new(void)
{
	struct record_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		reader->tokener = json_tokener_new();
	if (reader && !reader->tokener) {
		free(reader);
		return NULL;
	}
	return reader;
}

static void forget(struct record_reader *reader)
{
	json_object_put(reader->object);
	reader->object = NULL;
	free(reader->text);
	reader->text = NULL;
}

void record_reader_free(struct record_reader *reader)
{
	if (!reader)
		return;
	forget(reader);
	json_tokener_free(reader->tokener);
	free(reader);
}

int record_problem(struct record *record, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(record->problem, sizeof(record->problem), fmt, ap);
	va_end(ap);
	return -EPROTO;
}

/* ---- events ---- */

bool record_set_field(struct record *record, enum event_field_id id, const char *text, size_t len)
{
	char *field = record->fields[id];

	if (len >= SCAN_SLACK)
		return false;
	/* As in the module's files. */
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	memset(field, '\0', RECORD_FIELD_MAX);
	memcpy(field, text, len);
	record->event.field[id] = (struct slice){ field, len };
	return true;
}

static int event_from_json(struct record *record, struct json_object *object)
{
	record->event.malformed = false;
	for (enum event_field_id id = 0; id < EVENT_FIELDS; id++) {
		const char *name = event_columns[COLUMN_OF(id)].name, *text = "-";
		struct json_object *value;

		if (!json_object_object_get_ex(object, name, &value))
			text = column_absent(id).text;
		else if (value)
			text = json_object_get_string(value);
		if (!*text)
			return record_problem(record, "an event without %s, which is needed", name);
		if (!record_set_field(record, id, text, strlen(text)))
			return record_problem(record, "an event whose %s is not understood", name);
	}
	return 0;
}

/* ---- JSON ---- */

static uint64_t number_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_uint64(value) : 0;
}

static bool true_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) && json_object_get_boolean(value);
}

void record_set_name(struct snapshot *snap, const char *name)
{
	char *p = snap->name, *end = snap->name + sizeof(snap->name) - 2;

	for (; *name && p < end; name++) {
		if (*name == '\n' || *name == '\\') {
			*p++ = '\\';
			*p++ = *name == '\n' ? 'n' : '\\';
		} else {
			*p++ = *name;
		}
	}
	*p = '\0';
}

static bool header_value(uint64_t *member, enum field_kind kind, struct json_object *value)
{
	const char *text;

	if (!value) {
		*member = VALUE_NONE;
		return kind == FIELD_LIMIT || kind == FIELD_MAPPING;
	}
	if (kind != FIELD_ADDRESS && kind != FIELD_MAPPING) {
		*member = json_object_get_uint64(value);
		return json_object_is_type(value, json_type_int);
	}
	text = json_object_get_string(value);
	return strlen(text) == 18 && scan_hex(&text, member);
}

static int header_from_json(struct record *record, struct json_object *object)
{
	struct snapshot *snap = &record->snap;
	const struct header_field *missing;
	struct json_object *value;
	uint32_t seen = 0;

	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];
		uint64_t *member = (uint64_t *)((char *)snap + field->offset);

		if (!json_object_object_get_ex(object, field->json, &value))
			continue;
		if (!header_value(member, field->kind, value))
			return record_problem(record, "%s is not understood", field->json);
		seen |= 1u << i;
	}
	missing = header_end(snap, seen);
	if (missing)
		return record_problem(record, "no %s, which is needed", missing->json);
	if (json_object_object_get_ex(object, "name", &value) && value)
		record_set_name(snap, json_object_get_string(value));
	if (json_object_object_get_ex(object, "state", &value) && value)
		snap->exited = !strcmp(json_object_get_string(value), "exited");
	if (json_object_object_get_ex(object, JSON_WALL_OFFSET, &value) && value) {
		record->wall_known = true;
		record->wall_offset_ns = json_object_get_int64(value);
	}
	return 0;
}

static void put_header_text(FILE *text, const struct snapshot *snap)
{
	fprintf(text, "Format:\t" SNAPSHOT_FORMAT "\nName:\t%s\nState:\t%s\n", snap->name,
		snap->exited ? "exited" : "running");
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];
		uint64_t value = *(const uint64_t *)((const char *)snap + field->offset);
		char number[TEXT_NUMBER_MAX];

		if (snap->missing & 1u << i)
			continue;
		if (value == VALUE_NONE && field->kind == FIELD_LIMIT)
			snprintf(number, sizeof(number), "unlimited");
		else if (value == VALUE_NONE && field->kind == FIELD_MAPPING)
			snprintf(number, sizeof(number), "none");
		else if (field->kind == FIELD_ADDRESS || field->kind == FIELD_MAPPING)
			*put_hex16(number, value) = '\0';
		else
			*put_u64(number, value) = '\0';
		fprintf(text, "%s:\t%s\n", field->key, number);
	}
}

/* The text that the module made it of. */
static int state_from_json(struct record_reader *reader, struct record *record)
{
	FILE *text = open_memstream(&reader->text, &record->text_len);
	size_t n = reader->events ? json_object_array_length(reader->events) : 0;
	int rc = 0;

	if (!text)
		return -ENOMEM;
	put_header_text(text, &record->snap);
	for (enum event_field_id id = 0; id < EVENT_FIELDS; id++)
		fprintf(text, "%s%s", id ? "\t" : "\n", event_columns[COLUMN_OF(id)].name);
	fputc('\n', text);
	for (size_t i = 0; i < n && !rc; i++) {
		rc = event_from_json(record, json_object_array_get_idx(reader->events, i));
		for (enum event_field_id id = 0; id < EVENT_FIELDS && !rc; id++)
			fprintf(text, "%s%s", record->fields[id],
				id < EVENT_FIELDS - 1 ? "\t" : "\n");
	}
	if (fclose(text) && !rc)
		rc = -ENOMEM;
	record->text = reader->text;
	return rc;
}

static int read_state(struct record_reader *reader, struct record *record,
		      struct json_object *object)
{
	int rc = header_from_json(record, object);

	reader->next_event = 0;
	if (!json_object_object_get_ex(object, "events", &reader->events) ||
	    !json_object_is_type(reader->events, json_type_array))
		return record_problem(record, "a state without events");
	return rc ?: state_from_json(reader, record);
}

int record_next_event(struct record_reader *reader, struct record *record)
{
	struct json_object *event;

	if (reader->next_event >= json_object_array_length(reader->events))
		return 0;
	event = json_object_array_get_idx(reader->events, reader->next_event++);
	return event_from_json(record, event) ?: 1;
}

static void read_summary(struct record *record, struct json_object *object)
{
	record->ended = true_of(object, "ended");
	record->totals = (struct totals){
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

static int read_object(struct record_reader *reader, struct record *record,
		       struct json_object *object)
{
	struct json_object *value;
	const char *type;

	if (!json_object_object_get_ex(object, "type", &value) || !value)
		return record_problem(record, "an object without a type");
	type = json_object_get_string(value);
	if (number_of(object, "schema") > JSON_SCHEMA)
		return record_problem(record, "schema %llu, but this brkwatch-cli knows only %d",
				      (unsigned long long)number_of(object, "schema"), JSON_SCHEMA);
	record->snap.pid = number_of(object, "pid");
	record->snap.space = number_of(object, "space");
	if (!strcmp(type, "event")) {
		record->type = RECORD_EVENT;
		return event_from_json(record, object);
	}
	if (!strcmp(type, "start") || !strcmp(type, "exec")) {
		record->type = RECORD_SPACE;
		return header_from_json(record, object);
	}
	if (!strcmp(type, "state")) {
		record->type = RECORD_STATE;
		return read_state(reader, record, object);
	}
	if (!strcmp(type, "lost")) {
		record->type = RECORD_LOST;
		record->count = number_of(object, "count");
		record->before_open = true_of(object, "before_open");
	} else if (!strcmp(type, "missed")) {
		record->type = RECORD_MISSED;
		record->parent = (pid_t)number_of(object, "parent");
	} else if (!strcmp(type, "summary")) {
		record->type = RECORD_SUMMARY;
		read_summary(record, object);
	}
	return 0;
}

static int read_json(struct record_reader *reader, const char *line, struct record *record)
{
	size_t len = strlen(line);

	json_tokener_reset(reader->tokener);
	reader->object = json_tokener_parse_ex(reader->tokener, line, (int)len);
	if (json_tokener_get_error(reader->tokener) != json_tokener_success ||
	    !json_object_is_type(reader->object, json_type_object))
		return record_problem(record, "no JSON object, or cut short");
	return read_object(reader, record, reader->object);
}

int record_read(struct record_reader *reader, char *line, struct record *record)
{
	forget(reader);
	*record = (struct record){
		.type = RECORD_OTHER,
		.snap = { .data_limit = VALUE_NONE, .next_mapping = VALUE_NONE },
	};
	line[strcspn(line, "\r\n")] = '\0';
	if (!*line)
		return 0;
	return *line == '{' ? read_json(reader, line, record) : csv_read(&reader->csv, line, record);
}
