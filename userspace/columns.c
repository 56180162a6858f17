// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>

#include "columns.h"
#include "text.h"

/* Words are from closed sets. What is longer came from a damaged file. */
static char *put_word(char *p, struct slice word)
{
	memcpy(p, word.text, SCAN_SLACK);
	return p + (word.len < SCAN_SLACK ? word.len : SCAN_SLACK);
}

static char *put_seq(char *p, const struct event_view *view)
{
	return put_u64(p, event_unsigned(view->ev, EV_SEQ));
}

static char *put_pid(char *p, const struct event_view *view)
{
	return put_u64(p, view->snap->pid);
}

#define NSEC_PER_SEC 1000000000u

/* Microseconds behind the seconds. */
static char *put_usec(char *p, uint64_t ns)
{
	char text[TEXT_NUMBER_MAX];

	return mempcpy(p, text + 1, (size_t)(put_seconds(text, ns % NSEC_PER_SEC) - text - 1));
}

static char *put_other_time(char *p, const struct event_view *view, uint64_t ns)
{
	uint64_t wall = ns + (uint64_t)view->opts->wall_offset_ns;
	time_t seconds = (time_t)(wall / NSEC_PER_SEC);
	struct tm tm;

	switch (view->opts->stamp) {
	case TIME_RELATIVE:
		return put_seconds(p, view->previous_ns && ns > view->previous_ns ?
				   ns - view->previous_ns : 0);
	case TIME_EPOCH:
		return put_seconds(p, wall);
	default:
		localtime_r(&seconds, &tm);
		p += strftime(p, TEXT_NUMBER_MAX, "%H:%M:%S", &tm);
		return view->opts->stamp == TIME_OF_DAY ? p : put_usec(p, wall);
	}
}

/* As put_seconds(), out of text. */
static char *put_time(char *p, const struct event_view *view)
{
	struct slice time = view->ev->field[EV_TIME_NS];
	size_t seconds = time.len - 9;

	if (view->opts->stamp)
		return put_other_time(p, view, event_unsigned(view->ev, EV_TIME_NS));
	if (time.len < 10 || time.len > 20)
		return put_seconds(p, event_unsigned(view->ev, EV_TIME_NS));
	memcpy(p, time.text, 16);
	p += seconds;
	*p++ = '.';
	memcpy(p, time.text + seconds, 6);
	return p + 6;
}

static char *put_event(char *p, const struct event_view *view)
{
	return put_word(p, view->ev->field[EV_EVENT]);
}

/* A refused call moved nothing: show what it asked for, in parentheses. */
static char *put_asked(char *p, const struct event_view *view)
{
	uint64_t request = event_address(view->ev, EV_REQUEST);
	uint64_t old = event_address(view->ev, EV_OLD);

	*p++ = '(';
	*p++ = request > old ? '+' : '-';
	p = put_size(p, request > old ? request - old : old - request, view->opts->bytes);
	*p++ = ')';
	return p;
}

static char *put_delta(char *p, const struct event_view *view)
{
	int64_t delta;

	if (event_field_is(view->ev, EV_EVENT, "refused"))
		return put_asked(p, view);
	delta = event_signed(view->ev, EV_DELTA_BYTES);
	if (!delta) {
		*p = '0';
		return p + 1;
	}
	*p++ = delta > 0 ? '+' : '-';
	return put_size(p, delta > 0 ? (uint64_t)delta : -(uint64_t)delta, view->opts->bytes);
}

static char *put_pages(char *p, const struct event_view *view)
{
	struct slice pages = view->ev->field[EV_DELTA_PAGES];

	if (*pages.text != '-' && *pages.text != '0')
		*p++ = '+';
	return put_word(p, pages);
}

/* As put_hex(), out of text. */
static char *put_break(char *p, const struct event_view *view)
{
	const char *digits = view->ev->field[EV_NEW].text + 2;
	uint64_t others = digits_load(digits) ^ EACH_BYTE('0');
	unsigned int zeros = others ? (unsigned int)__builtin_ctzll(others) / 8 : 8;

	p = mempcpy(p, "0x", 2);
	memcpy(p, digits + zeros, 16);
	return p + 16 - zeros;
}

static char *put_heap(char *p, const struct event_view *view)
{
	uint64_t start = view->snap->start_brk;
	uint64_t brk = event_address(view->ev, EV_NEW);

	return put_size(p, brk > start ? brk - start : 0, view->opts->bytes);
}

static char *put_took(char *p, const struct event_view *view)
{
	uint64_t ns = event_unsigned(view->ev, EV_TOOK_NS);

	p = put_u64(p, ns / 1000);
	*p++ = '.';
	*p++ = (char)('0' + ns / 100 % 10);
	return p;
}

static char *put_note(char *p, const struct event_view *view)
{
	struct event *ev = view->ev;
	const char *start = p;
	uint64_t tid = event_unsigned(ev, EV_TID);

	if (!event_field_is(ev, EV_REASON, "-")) {
		p = put_word(p, ev->field[EV_REASON]);
		*p++ = ' ';
	}
	if (event_field_is(ev, EV_EVENT, "fork")) {
		p = stpcpy(p, event_field_is(ev, EV_FLAGS, "v") ? "vfork " : "child ");
		p = put_u64(p, event_unsigned(ev, EV_REQUEST));
		*p++ = ' ';
	}
	if (tid && tid != view->snap->pid) {
		p = stpcpy(p, "tid ");
		p = put_u64(p, tid);
		*p++ = ' ';
	}
	if (!event_field_is(ev, EV_FLAGS, "-") && !event_field_is(ev, EV_FLAGS, "v")) {
		*p++ = '[';
		p = put_word(p, ev->field[EV_FLAGS]);
		*p++ = ']';
		*p++ = ' ';
	}
	return p == start ? p : p - 1;
}

const struct event_column event_columns[COLUMNS] = {
	[COL_PID]	= { "PID",	7,  7,	true,	put_pid },
	[COL_SEQ]	= { "SEQ",	6,  6,	true,	put_seq },
	[COL_TIME]	= { "TIME",	13, 13,	true,	put_time },
	[COL_EVENT]	= { "EVENT",	8,  8,	false,	put_event },
	[COL_DELTA]	= { "DELTA",	10, 13,	true,	put_delta },
	[COL_PAGES]	= { "PAGES",	6,  6,	true,	put_pages },
	[COL_BREAK]	= { "BREAK",	14, 14,	false,	put_break },
	[COL_HEAP]	= { "HEAP",	8,  11,	true,	put_heap },
	[COL_TOOK]	= { "TOOK_US",	9,  9,	true,	put_took },
	[COL_NOTE]	= { "NOTE",	0,  0,	false,	put_note },
};
