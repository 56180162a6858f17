/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_EVENT_H
#define BRKWATCH_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "libbrkwatch/fields.h"
#include "libbrkwatch/parse-number.h"

/* Text inside a snapshot. SCAN_SLACK bytes from its beginning can be read. */
struct slice {
	const char *text;
	size_t len;
};

/*
 * A row of the event table, cut into its columns. They are made into numbers only when asked
 * for, as printing an event needs but half of them.
 */
struct event {
	struct slice field[EVENT_FIELDS];
	bool malformed;		/* the functions below could not understand something */
};

static inline bool slice_is(struct slice s, const char *word)
{
	size_t len = strlen(word);

	return s.len == len && !memcmp(s.text, word, len);
}

static inline bool event_field_is(const struct event *ev, enum event_field_id id, const char *word)
{
	return slice_is(ev->field[id], word);
}

static inline uint64_t event_unsigned(struct event *ev, enum event_field_id id)
{
	const char *p = ev->field[id].text;
	uint64_t value = 0;

	ev->malformed |= !scan_u64(&p, &value) || p != ev->field[id].text + ev->field[id].len;
	return value;
}

static inline int64_t event_signed(struct event *ev, enum event_field_id id)
{
	const char *p = ev->field[id].text;
	int64_t value = 0;

	ev->malformed |= !scan_s64(&p, &value) || p != ev->field[id].text + ev->field[id].len;
	return value;
}

static inline uint64_t event_address(struct event *ev, enum event_field_id id)
{
	const char *p = ev->field[id].text;
	uint64_t value = 0;

	ev->malformed |= !scan_hex(&p, &value) || p != ev->field[id].text + ev->field[id].len;
	return value;
}

#endif
