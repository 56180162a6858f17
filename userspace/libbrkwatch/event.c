// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "libbrkwatch/event.h"

const char *const field_words[BRKWATCH_FIELDS] = {
	[BRKWATCH_SEQ] = "seq",
	[BRKWATCH_TIME_NS] = "time_ns",
	[BRKWATCH_TOOK_NS] = "took_ns",
	[BRKWATCH_TID] = "tid",
	[BRKWATCH_EVENT] = "event",
	[BRKWATCH_REQUEST] = "request",
	[BRKWATCH_OLD] = "old",
	[BRKWATCH_NEW] = "new",
	[BRKWATCH_DELTA_BYTES] = "delta_bytes",
	[BRKWATCH_DELTA_PAGES] = "delta_pages",
	[BRKWATCH_REASON] = "reason",
	[BRKWATCH_FLAGS] = "flags",
	[BRKWATCH_LIMIT] = "limit",
	[BRKWATCH_NEEDED] = "needed",
};

const char event_absent[BRKWATCH_FIELDS][SCAN_SLACK] = {
	[BRKWATCH_TOOK_NS] = "0",
	[BRKWATCH_TID] = "0",
	[BRKWATCH_REASON] = "-",
	[BRKWATCH_FLAGS] = "-",
	[BRKWATCH_LIMIT] = "-",
	[BRKWATCH_NEEDED] = "-",
};

const char *brkwatch_field_name(enum brkwatch_field field)
{
	return field < BRKWATCH_FIELDS ? field_words[field] : NULL;
}

const char *brkwatch_kind_name(enum brkwatch_kind kind)
{
	return kind < BRKWATCH_KINDS ? kind_words[kind] : NULL;
}

enum brkwatch_kind brkwatch_event_kind(const struct brkwatch_event *event)
{
	enum brkwatch_kind kind = 0;

	while (kind < BRKWATCH_KINDS && !event_is(event, kind))
		kind++;
	return kind;
}

/* Empty where the library has no such field. */
static struct slice field_of(const struct brkwatch_event *event, enum brkwatch_field field)
{
	return field < BRKWATCH_FIELDS ? event->field[field] : (struct slice){ event_absent[0], 0 };
}

bool brkwatch_event_unsigned(const struct brkwatch_event *event, enum brkwatch_field field,
			     uint64_t *value)
{
	const struct slice text = field_of(event, field);
	const char *p = text.text;

	return (scan_is_hex(p) ? scan_hex(&p, value) : scan_u64(&p, value)) &&
	       p == text.text + text.len;
}

bool brkwatch_event_signed(const struct brkwatch_event *event, enum brkwatch_field field,
			   int64_t *value)
{
	const struct slice text = field_of(event, field);
	const char *p = text.text;

	return scan_s64(&p, value) && p == text.text + text.len;
}

const char *brkwatch_event_text(const struct brkwatch_event *event, enum brkwatch_field field,
				size_t *len)
{
	const struct slice text = field_of(event, field);

	*len = text.len;
	return text.text;
}

bool event_set_field(struct brkwatch_event *ev, struct event_text *room, enum brkwatch_field id,
		     const char *text, size_t len)
{
	char *field = room->field[id];

	if (len >= SCAN_SLACK)
		return false;
	/* As in the module's files. */
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	memset(field, '\0', sizeof(room->field[id]));
	memcpy(field, text, len);
	ev->field[id] = (struct slice){ field, len };
	return true;
}

bool row_last_event(const struct brkwatch_row *row, struct brkwatch_event *ev, struct event_text *room)
{
	char brk[24];
	const char *const text[BRKWATCH_FIELDS] = {
		[BRKWATCH_SEQ] = "0", [BRKWATCH_TIME_NS] = "0", [BRKWATCH_TOOK_NS] = "0", [BRKWATCH_TID] = "0",
		[BRKWATCH_EVENT] = row->last_event, [BRKWATCH_REQUEST] = row->last_request,
		[BRKWATCH_OLD] = brk, [BRKWATCH_NEW] = brk, [BRKWATCH_DELTA_BYTES] = "0",
		[BRKWATCH_DELTA_PAGES] = "0", [BRKWATCH_REASON] = row->last_reason, [BRKWATCH_FLAGS] = "-",
		[BRKWATCH_LIMIT] = row->last_limit, [BRKWATCH_NEEDED] = row->last_needed,
	};

	snprintf(brk, sizeof(brk), "0x%016" PRIx64, row->brk);
	ev->malformed = false;
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++)
		if (!event_set_field(ev, room, id, *text[id] ? text[id] : "-", strlen(text[id]) ?: 1))
			return false;
	return *row->last_event;
}
