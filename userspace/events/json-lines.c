// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "libbrkwatch/event.h"
#include "libbrkwatch/fields.h"
#include "events/json-lines.h"
#include "top/rates.h"
#include "common/format-number.h"
#include "common/utf8.h"

/* Any bytes may be in it, JSON must be UTF-8. @escaped: as in the module's files. */
static struct json_object *json_bytes(const char *name, bool escaped)
{
	char text[MAPPING_NAME_MAX * (sizeof(UTF8_REPLACEMENT) - 1)];
	char *p = text;

	while (*name) {
		size_t len = utf8_sequence((const unsigned char *)name);

		if (escaped && text_escaped(name)) {
			*p++ = text_escaped(name);
			name += 2;
		} else if (len) {
			p = mempcpy(p, name, len);
			name += len;
		} else {
			p = mempcpy(p, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
			name++;
		}
	}
	return json_object_new_string_len(text, (int)(p - text));
}

/* The name itself, not as /proc escapes it. */
static struct json_object *json_name(const char *name)
{
	return json_bytes(name, true);
}

static struct json_object *json_address(uint64_t address)
{
	char text[TEXT_NUMBER_MAX];

	*put_hex16(text, address) = '\0';
	return json_object_new_string(text);
}

static struct json_object *json_header_value(const struct header_field *field,
					     const struct snapshot *snap)
{
	uint64_t value = *(const uint64_t *)((const char *)snap + field->offset);

	if ((field->kind == FIELD_LIMIT || field->kind == FIELD_MAPPING) && value == VALUE_NONE)
		return NULL;
	if (field->kind == FIELD_ADDRESS || field->kind == FIELD_MAPPING)
		return json_address(value);
	return json_object_new_uint64(value);
}

static enum field_kind event_field_kind(const struct event *ev, enum event_field_id id)
{
	if (id != EV_REQUEST)
		return event_columns[COLUMN_OF(id)].kind;
	return event_field_is(ev, EV_EVENT, "fork") ? FIELD_UNSIGNED : FIELD_ADDRESS;
}

static struct json_object *json_event_value(struct event *ev, enum event_field_id id)
{
	switch (event_field_kind(ev, id)) {
	case FIELD_UNSIGNED:
		return json_object_new_uint64(event_unsigned(ev, id));
	case FIELD_SIGNED:
		return json_object_new_int64(event_signed(ev, id));
	case FIELD_ADDRESS:
		return json_address(event_address(ev, id));
	default:
		if (event_field_is(ev, id, "-"))
			return NULL;
		return json_object_new_string_len(ev->field[id].text, (int)ev->field[id].len);
	}
}

static struct json_object *json_header(const char *type, const struct snapshot *snap,
				       const struct options *opts)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "type", json_object_new_string(type));
	json_object_object_add(obj, "schema", json_object_new_int(JSON_SCHEMA));
	json_object_object_add(obj, "name", json_name(snap->name));
	json_object_object_add(obj, "state",
			       json_object_new_string(snap->exited ? "exited" : "running"));
	for (size_t i = 0; i < HEADER_FIELDS; i++)
		if (!(snap->missing & 1u << i))
			json_object_object_add(obj, header_fields[i].json,
					       json_header_value(&header_fields[i], snap));
	if (opts->wall_known)
		json_object_object_add(obj, JSON_WALL_OFFSET,
				       json_object_new_int64(opts->wall_offset_ns));
	return obj;
}

static struct json_object *json_event(struct event *ev)
{
	struct json_object *obj = json_object_new_object();

	for (enum event_field_id id = 0; id < EVENT_FIELDS; id++)
		json_object_object_add(obj, event_columns[COLUMN_OF(id)].name, json_event_value(ev, id));
	return obj;
}

static void json_write(struct outbuf *out, struct json_object *obj)
{
	outbuf_puts(out, json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
							JSON_C_TO_STRING_NOSLASHESCAPE));
	outbuf_puts(out, "\n");
	json_object_put(obj);
}

static struct json_object *json_known(bool known, uint64_t value)
{
	return known ? json_object_new_uint64(value) : NULL;
}

static void add_memory(struct json_object *obj, const struct heap_memory *memory)
{
	bool sized = memory->sized;

	json_object_object_add(obj, "resident_bytes", json_known(sized, memory->resident));
	json_object_object_add(obj, "dirty_bytes", json_known(sized, memory->dirty));
	json_object_object_add(obj, "swapped_bytes", json_known(sized, memory->swapped));
	json_object_object_add(obj, "next_mapping_name", memory->named ?
			       json_bytes(memory->next_name, false) : NULL);
}

int json_report_state(struct outbuf *out, struct snapshot *snap, const struct options *opts,
		      const struct heap_memory *memory)
{
	struct json_object *obj = json_header("state", snap, opts);
	struct json_object *events = json_object_new_array();
	struct event ev;
	int rc;

	add_memory(obj, memory);
	json_object_object_add(obj, "events", events);
	while ((rc = snapshot_next_event(snap, &ev)) > 0) {
		if (!filter_shows(&opts->filter, &ev))
			continue;
		json_object_array_add(events, json_event(&ev));
		if (ev.malformed) {
			rc = snapshot_event_problem(snap);
			break;
		}
	}
	if (rc)
		json_object_put(obj);
	else
		json_write(out, obj);
	return rc;
}

void json_report_space(struct outbuf *out, const char *type, const struct snapshot *snap,
		       const struct options *opts)
{
	/* From CSV no more than its number may be known. */
	if (snap->page_size)
		json_write(out, json_header(type, snap, opts));
}

/* A word in quotes. Words are from closed sets, so escapes are only for damaged files. */
static char *put_word(char *p, struct event *ev, enum event_field_id id)
{
	struct slice word = ev->field[id];

	if (slice_is(word, "-"))
		return mempcpy(p, "null", 4);
	if (word.len >= SCAN_SLACK || memchr(word.text, '"', word.len) ||
	    memchr(word.text, '\\', word.len)) {
		ev->malformed = true;
		return p;
	}
	*p++ = '"';
	memcpy(p, word.text, SCAN_SLACK);
	p += word.len;
	*p++ = '"';
	return p;
}

static char *put_event_value(char *p, struct event *ev, enum event_field_id id)
{
	const struct slice *field = &ev->field[id];

	/* The text is right already, once it has been understood. */
	switch (event_field_kind(ev, id)) {
	case FIELD_UNSIGNED:
		event_unsigned(ev, id);
		memcpy(p, field->text, 20);
		return p + field->len;
	case FIELD_SIGNED:
		event_signed(ev, id);
		memcpy(p, field->text, 21);
		return p + field->len;
	case FIELD_ADDRESS:
		event_address(ev, id);
		*p++ = '"';
		p = mempcpy(p, field->text, 18);
		*p++ = '"';
		return p;
	default:
		return put_word(p, ev, id);
	}
}

/* There may be a million of these a second: json-c would take most of the time. */
char *json_put_event(char *p, const struct column_list *list, const struct event_view *view)
{
	p = stpcpy(p, "{\"type\":\"event\"");
	for (size_t i = 0; i < list->n; i++) {
		enum column_id id = list->ids[i];
		const struct column *column = &event_columns[id];

		p = mempcpy(p, column->json_key, sizeof(column->json_key));
		p -= sizeof(column->json_key) - column->json_key_len;
		if (id >= COL_SEQ && id < COLUMN_OF(EVENT_FIELDS)) {
			p = put_event_value(p, view->ev, (enum event_field_id)(id - COL_SEQ));
		} else if (!column_known(id, view)) {
			p = stpcpy(p, "null");
		} else if (column->kind == FIELD_ADDRESS) {
			*p++ = '"';
			p = put_hex16(p, column_number(id, view));
			*p++ = '"';
		} else {
			p = put_u64(p, column_number(id, view));
		}
	}
	return stpcpy(p, "}\n");
}

void json_report_lost(struct outbuf *out, const struct snapshot *snap, uint64_t count,
		      bool before_open)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "type", json_object_new_string("lost"));
	json_object_object_add(obj, "pid", json_object_new_uint64(snap->pid));
	json_object_object_add(obj, "space", json_object_new_uint64(snap->space));
	json_object_object_add(obj, "count", json_object_new_uint64(count));
	json_object_object_add(obj, "before_open", json_object_new_boolean(before_open));
	json_write(out, obj);
}

void json_report_summary(struct outbuf *out, uint64_t pid, const struct totals *sum, bool ended)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "spaces", sum->spaces },
		{ "calls", sum->calls },
		{ "grown_bytes", sum->grown_bytes },
		{ "shrunk_bytes", sum->shrunk_bytes },
		{ "peak_bytes", sum->peak_bytes },
		{ "refused", sum->refused },
		{ "lost", sum->lost },
		{ "dropped", sum->dropped },
	};
	struct json_object *obj = json_object_new_object(), *reasons;

	json_object_object_add(obj, "type", json_object_new_string("summary"));
	json_object_object_add(obj, "pid", json_object_new_uint64(pid));
	json_object_object_add(obj, "ended", json_object_new_boolean(ended));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_object_add(obj, members[i].name,
				       json_object_new_uint64(members[i].value));
	if (sum->of_events) {
		json_object_object_add(obj, "longest_ns", json_object_new_uint64(sum->longest_ns));
		json_object_object_add(obj, "inside_ns", json_object_new_uint64(sum->inside_ns));
		reasons = json_object_new_object();
		for (size_t i = 0; i < REASONS_MAX && sum->reasons[i].count; i++)
			json_object_object_add(reasons, sum->reasons[i].name,
					       json_object_new_uint64(sum->reasons[i].count));
		json_object_object_add(obj, "refused_by_reason", reasons);
	}
	json_write(out, obj);
}

void json_report_missed(struct outbuf *out, pid_t pid, pid_t parent)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "type", json_object_new_string("missed"));
	json_object_object_add(obj, "pid", json_object_new_int(pid));
	json_object_object_add(obj, "parent", json_object_new_int(parent));
	json_write(out, obj);
}

void json_report_process(struct outbuf *out, const struct process *p, uint64_t time_ns)
{
	struct json_object *obj = json_object_new_object();
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "heap_bytes", p->heap_bytes },
		{ "peak_bytes", p->peak_bytes },
		{ "calls", p->calls },
		{ "refused", p->refused },
		{ "grown_bytes", p->grown_bytes },
		{ "shrunk_bytes", p->shrunk_bytes },
	};

	json_object_object_add(obj, "type", json_object_new_string("top"));
	json_object_object_add(obj, "schema", json_object_new_int(JSON_SCHEMA));
	json_object_object_add(obj, "time_ns", json_object_new_uint64(time_ns));
	json_object_object_add(obj, "pid", json_object_new_int(p->pid));
	json_object_object_add(obj, "name", json_name(p->name));
	json_object_object_add(obj, "growth_bytes_per_s",
			       p->rated ? json_object_new_int64(p->growth_per_s) : NULL);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_object_add(obj, members[i].name,
				       json_object_new_uint64(members[i].value));
	json_write(out, obj);
}
