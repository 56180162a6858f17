/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/format-number.h"
#include "events/columns.h"

/*
 * Values of columns in JSON and CSV. There may be a million events a second, and a library would take
 * most of the time.
 */

static inline uint64_t bytes_equal(uint64_t text, char c)
{
	uint64_t zero = text ^ EACH_BYTE((uint64_t)(unsigned char)c);

	return (zero - EACH_BYTE(1)) & ~zero & EACH_BYTE(0x80);
}

/* Words are from closed sets; one that needs an escape comes from a damaged file. */
static inline char *put_plain_word(char *p, struct brkwatch_event *ev, struct slice word)
{
	uint64_t others = 0;

	if (word.len >= SCAN_SLACK) {
		ev->malformed = true;
		return p;
	}
	for (size_t i = 0; i < word.len; i += 8) {
		uint64_t text = digits_load(word.text + i);

		if (word.len - i < 8)
			text &= (1ull << 8 * (word.len - i)) - 1;
		others |= bytes_equal(text, '"') | bytes_equal(text, '\\') | bytes_equal(text, ',');
	}
	ev->malformed |= others != 0;
	memcpy(p, word.text, SCAN_SLACK);
	return p + word.len;
}

static inline char *put_quote(char *p, bool quoted)
{
	*p = '"';
	return p + quoted;
}

/* Columns that are rare or not in the file. Not inlining them makes the others faster. */
static __attribute__((noinline)) char *put_other_value(char *p, enum column_id id,
						       const struct event_view *view, bool quoted)
{
	const enum brkwatch_field field = (enum brkwatch_field)(id - COL_SEQ);
	uint64_t value = view->process->snap.start;
	bool known = value, address = id == COL_START;

	if (id == COL_HEAP) {
		value = column_heap(view);
	} else if (id < COLUMN_OF(BRKWATCH_FIELDS)) {
		known = !slice_is(view->ev->field[field], "-");
		address = scan_is_hex(view->ev->field[field].text);
		if (known)
			value = address ? event_address(view->ev, field) : event_unsigned(view->ev, field);
	}
	if (!known)
		return quoted ? stpcpy(p, "null") : p;
	return address ? put_quote(put_hex16(put_quote(p, quoted), value), quoted) : put_u64(p, value);
}

/* @quoted: as in JSON, where words and addresses are strings, and unknown values are null. */
static inline char *put_value(char *p, enum column_id id, const struct event_view *view, bool quoted)
{
	struct brkwatch_event *ev = view->ev;
	struct slice field;

	if (id < COL_SEQ)
		return put_u64(p, id == COL_PID ? view->process->snap.pid : view->process->snap.space);
	if (id >= COLUMN_OF(FIELDS_OF_ALL))
		return put_other_value(p, id, view, quoted);
	field = ev->field[id - COL_SEQ];
	/* The text can be copied once it has been checked. */
	switch (event_columns[id].kind) {
	case VALUE_UNSIGNED:
		event_unsigned(ev, (enum brkwatch_field)(id - COL_SEQ));
		memcpy(p, field.text, 20);
		return p + field.len;
	case VALUE_SIGNED:
		event_signed(ev, (enum brkwatch_field)(id - COL_SEQ));
		memcpy(p, field.text, 21);
		return p + field.len;
	case VALUE_REQUEST:
		if (event_is(ev, BRKWATCH_FORK))
			return put_u64(p, event_unsigned(ev, BRKWATCH_REQUEST));
		/* fall through */
	case VALUE_ADDRESS:
		event_address(ev, (enum brkwatch_field)(id - COL_SEQ));
		p = mempcpy(put_quote(p, quoted), field.text, 18);
		return put_quote(p, quoted);
	default:
		if (slice_is(field, "-"))
			return quoted ? mempcpy(p, "null", 4) : p;
		p = put_plain_word(put_quote(p, quoted), ev, field);
		return put_quote(p, quoted);
	}
}

/* The end of the columns that an event has: only a refusal has the last ones of the list. */
static inline const enum column_id *columns_end(const struct column_list *list,
						const struct brkwatch_event *ev)
{
	return list->ids + list->n - (event_is(ev, BRKWATCH_REFUSED) ? 0 : list->last);
}
