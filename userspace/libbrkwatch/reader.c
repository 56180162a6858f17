// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libbrkwatch/internal.h"

struct brkwatch_reader *brkwatch_reader_new(void)
{
	return calloc(1, sizeof(struct brkwatch_reader));
}

void brkwatch_reader_free(struct brkwatch_reader *reader)
{
	if (reader)
		free(reader->text.start);
	free(reader);
}

const char *brkwatch_problem(const struct brkwatch_reader *reader)
{
	return reader->problem;
}

static int __attribute__((format(printf, 2, 3)))
problem(struct brkwatch_reader *reader, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reader->problem, sizeof(reader->problem), fmt, ap);
	va_end(ap);
	return -EPROTO;
}

/*
 * One "Key:\tvalue" line, cut at its ends. @hint is where the field is found while the keys
 * come in the order of our table, as they do.
 */
static int parse_line(struct brkwatch_reader *reader, struct brkwatch_snapshot *snap,
		      const char *key, const char *value, unsigned int *hint)
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
		if (!value_parse(header_fields[i].kind, value, header_value(&header_fields[i], snap)))
			return problem(reader, "the value of %s is not understood: %.40s", key, value);
		*hint = i + 1;
		snap->missing &= ~HEADER_BIT(i);
		return 0;
	}
	return 0;		/* a key of a newer module */
}

/* Cuts the lines in place. Returns 0 with the cursor behind the empty line that ends the block. */
static int parse_header(struct brkwatch_reader *reader, struct brkwatch_snapshot *snap)
{
	const struct header_field *missing;
	unsigned int hint = 0;
	char *line = reader->text.start;

	if (strncmp(line, "Format:\t", 8) != 0)
		return problem(reader, "not a brkwatch file: it does not begin with Format:");

	snap->missing = UINT64_MAX;
	while (*line != '\n') {
		char *end = strchr(line, '\n');
		char *value;
		int rc;

		if (!end)
			return problem(reader, "the header block is cut short");
		*end = '\0';
		value = strstr(line, ":\t");
		if (!value)
			return problem(reader, "no key in header line: %.40s", line);
		*value = '\0';
		value += 2;

		if (line == reader->text.start && strcmp(value, BRKWATCH_FORMAT) != 0)
			return problem(reader, "format %.20s, but this program knows only format "
				       BRKWATCH_FORMAT, value);
		rc = parse_line(reader, snap, line, value, &hint);
		if (rc)
			return rc;
		line = end + 1;
	}
	missing = header_end(snap);
	if (missing)
		return problem(reader, "no %s in the header block", missing->key);
	reader->cursor = line + 1;
	return 0;
}

/* Columns are only ever added at the end: ours are the first ones, and an older file has fewer. */
static int check_columns(struct brkwatch_reader *reader)
{
	const char *p = reader->cursor;
	const char *end = strchr(p, '\n');
	enum brkwatch_field id = 0;

	if (!end)
		return problem(reader, "the head of the event table is cut short");
	for (; id < BRKWATCH_FIELDS; id++) {
		size_t len = strlen(field_words[id]);

		if (strncmp(p, field_words[id], len) != 0 || !strchr("\t\n", p[len]))
			break;
		p += len + (p[len] == '\t');
	}
	reader->columns = id < FIELDS_OF_ALL ? id : FIELDS_OF_ALL;
	reader->has_evidence = id == BRKWATCH_FIELDS;
	for (; id < BRKWATCH_FIELDS; id++)
		if (!*event_absent[id])
			return problem(reader, "the event table lacks the column %s",
				       field_words[reader->columns]);
	reader->cursor = end + 1;
	return 0;
}

static int parse(struct brkwatch_reader *reader, struct brkwatch_snapshot *snap)
{
	reader->current = snap;
	return parse_header(reader, snap) ?: check_columns(reader);
}

int reader_take(struct brkwatch_reader *reader, int fd, struct brkwatch_snapshot *snap)
{
	return text_read(&reader->text, fd) ?: parse(reader, snap);
}

int reader_take_text(struct brkwatch_reader *reader, const char *text, size_t len,
		     struct brkwatch_snapshot *snap)
{
	return text_copy(&reader->text, text, len) ?: parse(reader, snap);
}

int reader_take_events(struct brkwatch_reader *reader, const char *text, size_t len,
		       struct brkwatch_snapshot *snap)
{
	int rc = text_copy(&reader->text, text, len);

	reader->current = snap;
	reader->columns = FIELDS_OF_ALL;
	reader->has_evidence = true;
	reader->cursor = reader->text.start;
	return rc;
}

int brkwatch_read(struct brkwatch_reader *reader, const struct brkwatch *bw, pid_t pid,
		  const struct brkwatch_snapshot **snap)
{
	int fd = brkwatch_await_process(bw, pid), rc;

	if (fd < 0)
		return fd;
	*snap = &reader->snap;
	rc = reader_take(reader, fd, &reader->snap);
	close(fd);
	return rc;
}

/*
 * Cut the line at @p into its columns. Returns the end of the last of ours, or NULL. Control
 * characters and all that is not ASCII make no sense in it, wherever they are. The zeros behind
 * the text end a line that is cut short.
 */
static const char *split(const char *p, struct brkwatch_event *event, unsigned int columns)
{
	struct slice *field = event->field, *last = &event->field[columns - 1];
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

/* The same of the columns at @p behind them. Returns where the line ends. */
static const char *split_evidence(const char *p, struct brkwatch_event *event)
{
	for (struct slice *field = &event->field[FIELDS_OF_ALL];
	     field < &event->field[BRKWATCH_FIELDS] && *p == '\t'; field++) {
		*field = (struct slice){ p + 1, strcspn(p + 1, "\t\n") };
		p = field->text + field->len;
		for (size_t i = 0; i < field->len; i++)
			if (field->text[i] < ' ' || field->text[i] > '~' || field->len >= SCAN_SLACK)
				return "";
	}
	return p;
}

int reader_next_event(struct brkwatch_reader *reader, struct brkwatch_event *event)
{
	static const char no_evidence[] = "\t-\t-\n";
	static const struct slice none = { "-", 1 };
	const char *p = reader->cursor;

	if (p == reader->text.start + reader->text.len)
		return 0;
	reader->line = p;
	event->malformed = false;
	p = split(p, event, reader->columns);
	if (!p)
		return reader_event_problem(reader);
	for (enum brkwatch_field id = reader->columns; id < FIELDS_OF_ALL; id++)
		event->field[id] = (struct slice){ event_absent[id], strlen(event_absent[id]) };
	event->field[BRKWATCH_LIMIT] = event->field[BRKWATCH_NEEDED] = none;
	if (!memcmp(p, no_evidence, sizeof(no_evidence) - 1))
		p += sizeof(no_evidence) - 2;
	else if (*p == '\t' && reader->has_evidence)
		p = split_evidence(p, event);
	if (*p == '\t')
		p += strcspn(p, "\n");
	if (*p != '\n')
		return reader_event_problem(reader);
	reader->cursor = p + 1;
	snapshot_follow_start(reader->current, event);
	return 1;
}

int brkwatch_next_event(struct brkwatch_reader *reader, struct brkwatch_event **event)
{
	*event = &reader->event;
	return reader_next_event(reader, &reader->event);
}

int reader_event_problem(struct brkwatch_reader *reader)
{
	unsigned int line = 1;

	for (const char *p = reader->text.start; p < reader->line; p++)
		line += *p == '\n' || (!*p && p[1] != '\t');	/* parse_header() was here */
	return problem(reader, "line %u: the event is damaged or cut short", line);
}
