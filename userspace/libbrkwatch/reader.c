// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libbrkwatch/internal.h"

#define FIELD(key, json, kind, needed) \
	{ key, #json, kind, offsetof(struct brkwatch_snapshot, json), needed }
#define NEEDED(key, json, kind) FIELD(key, json, kind, true)
#define HEADER(key, json, kind) FIELD(key, json, kind, false)

const struct header_field header_fields[HEADER_FIELDS] = {
	NEEDED("Pid", pid, VALUE_UNSIGNED),
	NEEDED("Space", space, VALUE_UNSIGNED),
	NEEDED("PageSize", page_size, VALUE_UNSIGNED),
	NEEDED("StartBrk", start_brk, VALUE_ADDRESS),
	NEEDED("Brk", brk, VALUE_ADDRESS),
	NEEDED("HeapBytes", heap_bytes, VALUE_UNSIGNED),
	HEADER("HeapPages", heap_pages, VALUE_UNSIGNED),
	HEADER("PeakBytes", peak_bytes, VALUE_UNSIGNED),
	HEADER("DataLimit", data_limit, VALUE_LIMIT),
	HEADER("NextMapping", next_mapping, VALUE_MAPPING),
	HEADER("RoomBytes", room_bytes, VALUE_LIMIT),
	HEADER("Since", since, VALUE_UNSIGNED),
	HEADER("Calls", calls, VALUE_UNSIGNED),
	HEADER("Queries", queries, VALUE_UNSIGNED),
	HEADER("Grows", grows, VALUE_UNSIGNED),
	HEADER("Shrinks", shrinks, VALUE_UNSIGNED),
	HEADER("Moves", moves, VALUE_UNSIGNED),
	HEADER("Same", same, VALUE_UNSIGNED),
	HEADER("Refused", refused, VALUE_UNSIGNED),
	HEADER("GrownBytes", grown_bytes, VALUE_UNSIGNED),
	HEADER("ShrunkBytes", shrunk_bytes, VALUE_UNSIGNED),
	HEADER("InFlight", in_flight, VALUE_UNSIGNED),
	HEADER("Lost", lost, VALUE_UNSIGNED),
	HEADER("History", history, VALUE_UNSIGNED),
	/* In JSON "events" is the array of them. */
	{ "Events", "last_seq", VALUE_UNSIGNED, offsetof(struct brkwatch_snapshot, events), false },
	HEADER("Dropped", dropped, VALUE_UNSIGNED),
	HEADER("External", external, VALUE_UNSIGNED),
	HEADER("Resyncs", resyncs, VALUE_UNSIGNED),
	HEADER("ExternalUpBytes", external_up_bytes, VALUE_UNSIGNED),
	HEADER("ExternalDownBytes", external_down_bytes, VALUE_UNSIGNED),
	HEADER("StartBefore", start_before, VALUE_ADDRESS),
};

const struct header_field *header_end(struct brkwatch_snapshot *snap, uint32_t seen)
{
	snap->missing = ~seen;
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];

		if (seen & 1u << i)
			continue;
		if (field->needed)
			return field;
		*header_value(field, snap) =
			field->kind == VALUE_LIMIT || field->kind == VALUE_MAPPING ? BRKWATCH_NONE : 0;
	}
	snap->start = snap->start_before ?: snap->start_brk;
	return NULL;
}

bool header_has(const struct brkwatch_snapshot *snap, const uint64_t *member)
{
	size_t i = 0;

	while (header_fields[i].offset != (size_t)((const char *)member - (const char *)snap))
		i++;
	return !(snap->missing & 1u << i);
}

_Static_assert(HEADER_FIELDS < 32, "parse_header() keeps a bit for each field");

struct brkwatch_reader *brkwatch_reader_new(void)
{
	return calloc(1, sizeof(struct brkwatch_reader));
}

void brkwatch_reader_free(struct brkwatch_reader *reader)
{
	if (reader)
		free(reader->text);
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

/* For another byte, and SCAN_SLACK behind it, which ends every scan. */
static bool make_room(struct brkwatch_reader *reader, size_t len)
{
	size_t room = reader->room ?: (size_t)64 * 1024;
	char *text;

	while (room <= len + SCAN_SLACK)
		room *= 2;
	if (room == reader->room)
		return true;
	text = realloc(reader->text, room);
	if (!text)
		return false;
	reader->text = text;
	reader->room = room;
	return true;
}

/* Offset 0 makes the kernel take a snapshot; what follows goes on serving that one. */
static int read_text(struct brkwatch_reader *reader, int fd)
{
	ssize_t n;

	reader->len = 0;
	do {
		if (!make_room(reader, reader->len))
			return -ENOMEM;
		n = pread(fd, reader->text + reader->len, reader->room - reader->len - SCAN_SLACK,
			  (off_t)reader->len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			reader->len += (size_t)n;
	} while (n);
	return 0;
}

bool value_parse(enum value_kind kind, const char *text, uint64_t *value)
{
	const bool address = kind == VALUE_ADDRESS || kind == VALUE_MAPPING;
	char room[2 * SCAN_SLACK] = "";
	const char *p = room;

	if ((kind == VALUE_LIMIT || kind == VALUE_MAPPING) &&
	    (!strcmp(text, "none") || !strcmp(text, "unlimited") || !strcmp(text, "-"))) {
		*value = BRKWATCH_NONE;
		return true;
	}
	if (strlen(text) >= SCAN_SLACK)
		return false;
	strcpy(room, text);
	return (address ? scan_hex(&p, value) : scan_u64(&p, value)) && !*p;
}

/*
 * One "Key:\tvalue" line, cut at its ends. @hint is where the field is found while the keys
 * come in the order of our table, as they do.
 */
static int parse_line(struct brkwatch_reader *reader, struct brkwatch_snapshot *snap,
		      const char *key, const char *value, unsigned int *hint, uint32_t *seen)
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
		*seen |= 1u << i;
		return 0;
	}
	return 0;		/* a key of a newer module */
}

/* Cuts the lines in place. Returns 0 with the cursor behind the empty line that ends the block. */
static int parse_header(struct brkwatch_reader *reader, struct brkwatch_snapshot *snap)
{
	const struct header_field *missing;
	unsigned int hint = 0;
	uint32_t seen = 0;
	char *line = reader->text;

	if (strncmp(line, "Format:\t", 8) != 0)
		return problem(reader, "not a brkwatch file: it does not begin with Format:");

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

		if (line == reader->text && strcmp(value, BRKWATCH_FORMAT) != 0)
			return problem(reader, "format %.20s, but this program knows only format "
				       BRKWATCH_FORMAT "; install the one that came with the module",
				       value);
		rc = parse_line(reader, snap, line, value, &hint, &seen);
		if (rc)
			return rc;
		line = end + 1;
	}
	missing = header_end(snap, seen);
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
			return problem(reader, "the event table has no column %s in its place",
				       field_words[reader->columns]);
	reader->cursor = end + 1;
	return 0;
}

static int parse(struct brkwatch_reader *reader, struct brkwatch_snapshot *snap)
{
	memset(reader->text + reader->len, '\0', SCAN_SLACK);
	reader->current = snap;
	return parse_header(reader, snap) ?: check_columns(reader);
}

int reader_take(struct brkwatch_reader *reader, int fd, struct brkwatch_snapshot *snap)
{
	return read_text(reader, fd) ?: parse(reader, snap);
}

static int copy_text(struct brkwatch_reader *reader, const char *text, size_t len)
{
	if (!make_room(reader, len))
		return -ENOMEM;
	memcpy(reader->text, text, len);
	reader->len = len;
	return 0;
}

int reader_take_text(struct brkwatch_reader *reader, const char *text, size_t len,
		     struct brkwatch_snapshot *snap)
{
	return copy_text(reader, text, len) ?: parse(reader, snap);
}

int reader_take_events(struct brkwatch_reader *reader, const char *text, size_t len,
		       struct brkwatch_snapshot *snap)
{
	int rc = copy_text(reader, text, len);

	if (rc)
		return rc;
	memset(reader->text + len, '\0', SCAN_SLACK);
	reader->current = snap;
	reader->columns = FIELDS_OF_ALL;
	reader->has_evidence = true;
	reader->cursor = reader->text;
	return 0;
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

	if (p == reader->text + reader->len)
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

	for (const char *p = reader->text; p < reader->line; p++)
		line += *p == '\n' || (!*p && p[1] != '\t');	/* parse_header() was here */
	return problem(reader, "line %u: an event that is not understood or cut short", line);
}
