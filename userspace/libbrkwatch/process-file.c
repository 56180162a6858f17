// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "events/columns.h"
#include "libbrkwatch/event.h"
#include "libbrkwatch/fields.h"
#include "libbrkwatch/parse-number.h"
#include "libbrkwatch/process-file.h"

_Static_assert(HEADER_FIELDS < 32, "header_parse() keeps a bit for each field");

void snapshot_init(struct snapshot *snap, struct text_buffer *buffer)
{
	*snap = (struct snapshot){ .buffer = buffer };
}

static int __attribute__((format(printf, 2, 3)))
problem(struct snapshot *snap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(snap->problem, sizeof(snap->problem), fmt, ap);
	va_end(ap);
	return -EPROTO;
}

static int buffer_grow(struct text_buffer *buffer)
{
	size_t size = buffer->size ? buffer->size * 2 : (size_t)64 * 1024;
	char *data = realloc(buffer->data, size);

	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->size = size;
	return 0;
}

/* Offset 0 makes the kernel take a snapshot; what follows goes on serving that one. */
static int text_read(struct snapshot *snap, int fd)
{
	struct text_buffer *buffer = snap->buffer;

	snap->len = 0;
	for (;;) {
		ssize_t n;

		if (buffer->size - snap->len <= SCAN_SLACK) {
			int rc = buffer_grow(buffer);

			if (rc)
				return rc;
		}
		n = pread(fd, buffer->data + snap->len, buffer->size - snap->len - SCAN_SLACK,
			  (off_t)snap->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		snap->len += (size_t)n;
	}
	snap->text = buffer->data;
	/* Ends every scan. */
	memset(snap->text + snap->len, '\0', SCAN_SLACK);
	return 0;
}

static bool is_none_word(const char *value)
{
	return !strcmp(value, "none") || !strcmp(value, "unlimited") || !strcmp(value, "-");
}

static bool header_value(struct snapshot *snap, const struct header_field *field,
			 const char *value)
{
	uint64_t *member = (uint64_t *)((char *)snap + field->offset);
	bool address = field->kind == FIELD_ADDRESS || field->kind == FIELD_MAPPING;

	if ((field->kind == FIELD_LIMIT || field->kind == FIELD_MAPPING) && is_none_word(value)) {
		*member = VALUE_NONE;
		return true;
	}
	return (address ? scan_hex(&value, member) : scan_u64(&value, member)) && !*value;
}

/*
 * One "Key:\tvalue" line, cut at its ends. @hint is where the field is found while the keys
 * come in the order of our table, as they do.
 */
static int header_line(struct snapshot *snap, const char *key, const char *value,
		       unsigned int *hint, uint32_t *seen)
{
	if (!strcmp(key, "Name")) {
		snprintf(snap->name, sizeof(snap->name), "%s", value);
		return 0;
	}
	if (!strcmp(key, "State")) {
		snap->exited = !strcmp(value, "exited");
		return 0;
	}
	for (unsigned int n = 0; n < HEADER_FIELDS; n++) {
		unsigned int i = (*hint + n) % HEADER_FIELDS;

		if (strcmp(key, header_fields[i].key) != 0)
			continue;
		if (!header_value(snap, &header_fields[i], value))
			return problem(snap, "the value of %s is not understood: %.40s", key, value);
		*hint = i + 1;
		*seen |= 1u << i;
		return 0;
	}
	return 0;		/* a key of a newer module */
}

/* Cuts the lines in place. Returns 0 with the cursor behind the empty line that ends the block. */
static int header_parse(struct snapshot *snap)
{
	const struct header_field *missing;
	unsigned int hint = 0;
	uint32_t seen = 0;
	char *line = snap->text;

	if (strncmp(line, "Format:\t", 8) != 0)
		return problem(snap, "not a brkwatch file: it does not begin with Format:");

	while (*line != '\n') {
		char *end = strchr(line, '\n');
		char *value;
		int rc;

		if (!end)
			return problem(snap, "the header block is cut short");
		*end = '\0';
		value = strstr(line, ":\t");
		if (!value)
			return problem(snap, "no key in header line: %.40s", line);
		*value = '\0';
		value += 2;

		if (line == snap->text && strcmp(value, SNAPSHOT_FORMAT) != 0)
			return problem(snap, "format %.20s, but this brkwatch-cli knows only format "
				       SNAPSHOT_FORMAT "; install the one that came with the module",
				       value);
		rc = header_line(snap, line, value, &hint, &seen);
		if (rc)
			return rc;
		line = end + 1;
	}
	missing = header_end(snap, seen);
	if (missing)
		return problem(snap, "no %s in the header block", missing->key);
	snap->cursor = line + 1;
	return 0;
}

/* Columns are only ever added at the end: ours are the first ones, and an older file has fewer. */
static int columns_check(struct snapshot *snap)
{
	const char *p = snap->cursor;
	const char *end = strchr(p, '\n');
	enum event_field_id id;

	if (!end)
		return problem(snap, "the head of the event table is cut short");
	for (id = 0; id < EVENT_FIELDS; id++) {
		const char *name = event_columns[COLUMN_OF(id)].name;
		size_t len = strlen(name);

		if (strncmp(p, name, len) != 0 || !strchr("\t\n", p[len]))
			break;
		p += len + (p[len] == '\t');
	}
	snap->columns = id;
	for (; id < EVENT_FIELDS; id++)
		if (!*event_columns[COLUMN_OF(id)].absent)
			return problem(snap, "the event table has no column %s in its place",
				       event_columns[COLUMN_OF(snap->columns)].name);
	snap->cursor = end + 1;
	return 0;
}

int snapshot_read(struct snapshot *snap, int fd)
{
	int rc = text_read(snap, fd);

	if (!rc)
		rc = header_parse(snap);
	if (!rc)
		rc = columns_check(snap);
	return rc;
}

/*
 * Cut the line at @p into its columns. Returns the end of the last of ours, or NULL. Control
 * characters and all that is not ASCII make no sense in it, wherever they are. The zeros behind
 * the text end a line that is cut short.
 */
static const char *event_split(const char *p, struct event *ev, unsigned int columns)
{
	struct slice *field = ev->field, *last = &ev->field[columns - 1];
	bool others = false;

	for (field->text = p;; p += 8) {
		uint64_t text = digits_load(p);
		uint64_t control = (~((text & EACH_BYTE(0x7f)) + EACH_BYTE(0x80 - ' ')) | text) &
				   EACH_BYTE(0x80);

		for (; control; control &= control - 1) {
			const char *end = p + __builtin_ctzll(control) / 8;

			field->len = (size_t)(end - field->text);
			if (field == last)
				return others ? NULL : end;
			others |= *end != '\t';
			(++field)->text = end + 1;
		}
	}
}

int snapshot_next_event(struct snapshot *snap, struct event *ev)
{
	const char *p = snap->cursor;

	if (p == snap->text + snap->len)
		return 0;
	snap->line = p;
	ev->malformed = false;
	p = event_split(p, ev, snap->columns);
	if (!p)
		return snapshot_event_problem(snap);
	for (enum event_field_id id = snap->columns; id < EVENT_FIELDS; id++)
		ev->field[id] = column_absent(id);
	if (*p == '\t')
		p += strcspn(p, "\n");
	if (*p != '\n')
		return snapshot_event_problem(snap);
	snap->cursor = p + 1;
	snapshot_follow_start(snap, ev);
	return 1;
}

int snapshot_event_problem(struct snapshot *snap)
{
	unsigned int line = 1;

	for (const char *p = snap->text; p < snap->line; p++)
		line += *p == '\n' || (!*p && p[1] != '\t');	/* header_parse() was here */
	return problem(snap, "line %u: an event that is not understood or cut short", line);
}
