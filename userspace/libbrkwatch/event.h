/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <string.h>

#include "libbrkwatch/brkwatch.h"
#include "libbrkwatch/parse-number.h"

/* Text inside of a file that was read. SCAN_SLACK bytes from its beginning can be read. */
struct slice {
	const char *text;
	size_t len;
};

/*
 * A row of the event table, cut into its columns. They are made into numbers only when asked
 * for, as printing an event needs but half of them.
 */
struct brkwatch_event {
	struct slice field[BRKWATCH_FIELDS];
	bool malformed;		/* the functions below could not understand something */
};

/* What an event of an older file has in a field that may be missing; "": it is needed. */
extern const char event_absent[BRKWATCH_FIELDS][SCAN_SLACK];

/* Text of the fields of an event that comes from elsewhere than a file of the module's. */
struct event_text {
	char field[BRKWATCH_FIELDS][2 * SCAN_SLACK];
};

/* False: no field has such text. */
bool event_set_field(struct brkwatch_event *ev, struct event_text *room, enum brkwatch_field id,
		     const char *text, size_t len);

/* Limit and needed, which few events have, are the last ones. */
#define FIELDS_OF_ALL	BRKWATCH_LIMIT

/* What a row of exited has of the last event; false where it has none, or makes no sense. */
bool row_last_event(const struct brkwatch_row *row, struct brkwatch_event *ev, struct event_text *room);

/* The fields as the files name them. */
extern const char *const field_words[BRKWATCH_FIELDS];

/* The kinds, here so that the compiler knows how long each is. */
static const char *const kind_words[BRKWATCH_KINDS] = {
	[BRKWATCH_QUERY] = "query",
	[BRKWATCH_GROW] = "grow",
	[BRKWATCH_SHRINK] = "shrink",
	[BRKWATCH_MOVE] = "move",
	[BRKWATCH_SAME] = "same",
	[BRKWATCH_REFUSED] = "refused",
	[BRKWATCH_FORK] = "fork",
	[BRKWATCH_EXTERNAL] = "external",
	[BRKWATCH_RESYNC] = "resync",
	[BRKWATCH_END] = "end",
};

static inline bool slice_is(struct slice s, const char *word)
{
	size_t len = strlen(word);

	return s.len == len && !memcmp(s.text, word, len);
}

/* What limit and needed are for this reason. */
static inline bool reason_is_of_addresses(struct slice reason)
{
	return slice_is(reason, "below_start") || slice_is(reason, "address_limit") ||
	       slice_is(reason, "next_mapping");
}

static inline bool event_is(const struct brkwatch_event *ev, enum brkwatch_kind kind)
{
	return slice_is(ev->field[BRKWATCH_EVENT], kind_words[kind]);
}

/* A move that was no call. Between two steps of prctl(2) the size of the heap means nothing. */
static inline bool event_is_external(const struct brkwatch_event *ev)
{
	return event_is(ev, BRKWATCH_EXTERNAL) || event_is(ev, BRKWATCH_RESYNC);
}

static inline uint64_t event_unsigned(struct brkwatch_event *ev, enum brkwatch_field id)
{
	const char *p = ev->field[id].text;
	uint64_t value = 0;

	ev->malformed |= !scan_u64(&p, &value) || p != ev->field[id].text + ev->field[id].len;
	return value;
}

static inline int64_t event_signed(struct brkwatch_event *ev, enum brkwatch_field id)
{
	const char *p = ev->field[id].text;
	int64_t value = 0;

	ev->malformed |= !scan_s64(&p, &value) || p != ev->field[id].text + ev->field[id].len;
	return value;
}

static inline uint64_t event_address(struct brkwatch_event *ev, enum brkwatch_field id)
{
	const char *p = ev->field[id].text;
	uint64_t value = 0;

	ev->malformed |= !scan_hex(&p, &value) || p != ev->field[id].text + ev->field[id].len;
	return value;
}
