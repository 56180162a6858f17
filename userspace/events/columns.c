// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>

#include "events/columns.h"
#include "common/format-number.h"

/* Words are from closed sets; a longer one comes from a damaged file. */
static char *put_word(char *p, struct slice word)
{
	memcpy(p, word.text, SCAN_SLACK);
	return p + (word.len < SCAN_SLACK ? word.len : SCAN_SLACK);
}

static char *put_seq(char *p, const struct event_view *view)
{
	return put_u64(p, event_unsigned(view->ev, BRKWATCH_SEQ));
}

static char *put_pid(char *p, const struct event_view *view)
{
	return put_u64(p, view->process->snap.pid);
}

#define NSEC_PER_SEC 1000000000u

/* The microseconds after the seconds. */
static char *put_usec(char *p, uint64_t ns)
{
	char text[TEXT_NUMBER_MAX], *end = put_seconds(text, ns % NSEC_PER_SEC);

	return mempcpy(p, text + 1, (size_t)(end - text - 1));
}

static char *put_other_time(char *p, const struct event_view *view, uint64_t ns)
{
	time_t seconds;
	struct tm tm;

	if (view->style->stamp == STAMP_RELATIVE)
		return put_seconds(p, view->previous_ns && ns > view->previous_ns ?
				   ns - view->previous_ns : 0);
	ns = wall_time(view->style->wall, ns);
	if (view->style->stamp == STAMP_EPOCH)
		return put_seconds(p, ns);
	seconds = (time_t)(ns / NSEC_PER_SEC);
	localtime_r(&seconds, &tm);
	p += strftime(p, TEXT_NUMBER_MAX, "%H:%M:%S", &tm);
	return view->style->stamp == STAMP_OF_DAY ? p : put_usec(p, ns);
}

/* Like put_seconds(), from text. */
static char *put_time(char *p, const struct event_view *view)
{
	struct slice time = view->ev->field[BRKWATCH_TIME_NS];
	size_t seconds = time.len - 9;

	if (view->style->stamp)
		return put_other_time(p, view, event_unsigned(view->ev, BRKWATCH_TIME_NS));
	if (time.len < 10 || time.len > 20)
		return put_seconds(p, event_unsigned(view->ev, BRKWATCH_TIME_NS));
	memcpy(p, time.text, 16);
	p += seconds;
	*p++ = '.';
	memcpy(p, time.text + seconds, 6);
	return p + 6;
}

static char *put_event(char *p, const struct event_view *view)
{
	return put_word(p, view->ev->field[BRKWATCH_EVENT]);
}

/* A refused call moved nothing: show what it asked for, in parentheses. */
static char *put_asked(char *p, const struct event_view *view)
{
	uint64_t request = event_address(view->ev, BRKWATCH_REQUEST);
	uint64_t old = event_address(view->ev, BRKWATCH_OLD);

	*p++ = '(';
	*p++ = request > old ? '+' : '-';
	p = put_size(p, request > old ? request - old : old - request, view->style->bytes);
	*p++ = ')';
	return p;
}

static char *put_delta(char *p, const struct event_view *view)
{
	int64_t delta;

	if (event_is(view->ev, BRKWATCH_REFUSED))
		return put_asked(p, view);
	delta = event_signed(view->ev, BRKWATCH_DELTA_BYTES);
	if (!delta) {
		*p = '0';
		return p + 1;
	}
	*p++ = delta > 0 ? '+' : '-';
	return put_size(p, delta > 0 ? (uint64_t)delta : -(uint64_t)delta, view->style->bytes);
}

static char *put_pages(char *p, const struct event_view *view)
{
	struct slice pages = view->ev->field[BRKWATCH_DELTA_PAGES];

	if (*pages.text != '-' && *pages.text != '0')
		*p++ = '+';
	return put_word(p, pages);
}

/* Like put_hex(), from text that event_address() has accepted. */
static char *put_hex_text(char *p, struct slice text)
{
	const char *digits = text.text + 2;
	uint64_t others = digits_load(digits) ^ EACH_BYTE('0');
	unsigned int zeros = others ? (unsigned int)__builtin_ctzll(others) / 8 : 8;

	p = mempcpy(p, "0x", 2);
	memcpy(p, digits + zeros, 16);
	return p + 16 - zeros;
}

static char *put_break(char *p, const struct event_view *view)
{
	return put_hex_text(p, view->ev->field[BRKWATCH_NEW]);
}

static char *put_old(char *p, const struct event_view *view)
{
	event_address(view->ev, BRKWATCH_OLD);
	return put_hex_text(p, view->ev->field[BRKWATCH_OLD]);
}

static char *put_request(char *p, const struct event_view *view)
{
	if (event_is(view->ev, BRKWATCH_FORK))
		return put_word(p, view->ev->field[BRKWATCH_REQUEST]);
	event_address(view->ev, BRKWATCH_REQUEST);
	return put_hex_text(p, view->ev->field[BRKWATCH_REQUEST]);
}

static char *put_start(char *p, const struct event_view *view)
{
	return view->process->snap.start ? put_hex(p, view->process->snap.start) : stpcpy(p, "-");
}

static char *put_space(char *p, const struct event_view *view)
{
	return put_u64(p, view->process->snap.space);
}

static char *put_tid(char *p, const struct event_view *view)
{
	return put_word(p, view->ev->field[BRKWATCH_TID]);
}

static char *put_reason(char *p, const struct event_view *view)
{
	return put_word(p, view->ev->field[BRKWATCH_REASON]);
}

static char *put_flags(char *p, const struct event_view *view)
{
	return put_word(p, view->ev->field[BRKWATCH_FLAGS]);
}

static char *put_amount(char *p, const struct event_view *view, enum brkwatch_field id)
{
	struct slice text = view->ev->field[id], reason = view->ev->field[BRKWATCH_REASON];

	if (slice_is(text, "-"))
		return put_word(p, text);
	if (scan_is_hex(text.text))
		return put_hex(p, event_address(view->ev, id));
	if (slice_is(reason, "unmap") || slice_is(reason, "no_memory"))
		return put_u64(p, event_unsigned(view->ev, id));
	return put_size(p, event_unsigned(view->ev, id), view->style->bytes);
}

static char *put_limit(char *p, const struct event_view *view)
{
	return put_amount(p, view, BRKWATCH_LIMIT);
}

static char *put_needed(char *p, const struct event_view *view)
{
	return put_amount(p, view, BRKWATCH_NEEDED);
}

uint64_t column_heap(const struct event_view *view)
{
	return heap_size(&view->process->snap, event_address(view->ev, BRKWATCH_NEW));
}

static char *put_heap(char *p, const struct event_view *view)
{
	if (!view->process->snap.start)
		return stpcpy(p, "-");
	return put_size(p, column_heap(view), view->style->bytes);
}

static char *put_took(char *p, const struct event_view *view)
{
	uint64_t ns = event_unsigned(view->ev, BRKWATCH_TOOK_NS);

	p = put_u64(p, ns / 1000);
	*p++ = '.';
	*p++ = (char)('0' + ns / 100 % 10);
	return p;
}

static char *put_note(char *p, const struct event_view *view)
{
	struct brkwatch_event *ev = view->ev;
	const char *start = p;
	uint64_t tid = event_unsigned(ev, BRKWATCH_TID);

	if (!slice_is(ev->field[BRKWATCH_REASON], "-")) {
		p = put_word(p, ev->field[BRKWATCH_REASON]);
		*p++ = ' ';
	}
	if (event_is(ev, BRKWATCH_FORK)) {
		p = stpcpy(p, "child ");
		p = put_u64(p, event_unsigned(ev, BRKWATCH_REQUEST));
		*p++ = ' ';
	}
	if (tid && tid != view->process->snap.pid) {
		p = stpcpy(p, "tid ");
		p = put_u64(p, tid);
		*p++ = ' ';
	}
	if (!slice_is(ev->field[BRKWATCH_FLAGS], "-") && !slice_is(ev->field[BRKWATCH_FLAGS], "v")) {
		*p++ = '[';
		p = put_word(p, ev->field[BRKWATCH_FLAGS]);
		*p++ = ']';
		*p++ = ' ';
	}
	return p == start ? p : p - 1;
}

#define KEY(name)	#name, ",\"" #name "\":", sizeof(#name) - 1 + 4

const struct column event_columns[COLUMNS] = {
	[COL_PID]	= { KEY(pid), VALUE_UNSIGNED, "PID", 7, 7, true, put_pid,
			    "number of the process" },
	[COL_SPACE]	= { KEY(space), VALUE_UNSIGNED, "SPACE", 9, 9, true, put_space,
			    "number of the address space" },
	[COL_SEQ]	= { KEY(seq), VALUE_UNSIGNED, "SEQ", 3, 3, true, put_seq,
			    "number of the event in its address space" },
	[COL_TIME]	= { KEY(time_ns), VALUE_UNSIGNED, "TIME", 0, 0, true, put_time,
			    "when the call ended" },
	[COL_TOOK]	= { KEY(took_ns), VALUE_UNSIGNED, "TOOK_US", 9, 9, true, put_took,
			    "how long the call took; as text in microseconds" },
	[COL_TID]	= { KEY(tid), VALUE_UNSIGNED, "TID", 7, 7, true, put_tid,
			    "thread that called" },
	[COL_EVENT]	= { KEY(event), VALUE_TEXT, "EVENT", 8, 8, false, put_event,
			    "what happened" },
	[COL_REQUEST]	= { KEY(request), VALUE_REQUEST, "REQUEST", 14, 14, false, put_request,
			    "break asked for; or the child, or the heap's start" },
	[COL_OLD]	= { KEY(old), VALUE_ADDRESS, "OLD", 14, 14, false, put_old,
			    "break before the event" },
	[COL_BREAK]	= { KEY(new), VALUE_ADDRESS, "BREAK", 14, 14, false, put_break,
			    "break after the event" },
	[COL_DELTA]	= { KEY(delta_bytes), VALUE_SIGNED, "DELTA", 11, 13, true, put_delta,
			    "how far the break moved (or should have, if refused)" },
	[COL_PAGES]	= { KEY(delta_pages), VALUE_SIGNED, "PAGES", 6, 6, true, put_pages,
			    "the same in pages, of the page-aligned end" },
	[COL_REASON]	= { KEY(reason), VALUE_TEXT, "REASON", 13, 13, false, put_reason,
			    "why the kernel refused the request" },
	[COL_FLAGS]	= { KEY(flags), VALUE_TEXT, "FLAGS", 5, 5, false, put_flags,
			    "o: overlapped; v: by a vfork child; s: below a stack" },
	[COL_LIMIT]	= { KEY(limit), VALUE_AMOUNT, "LIMIT", 14, 14, true, put_limit,
			    "for a refusal: how much was allowed" },
	[COL_NEEDED]	= { KEY(needed), VALUE_AMOUNT, "NEEDED", 14, 14, true, put_needed,
			    "for a refusal: how much would have been needed" },
	[COL_START]	= { KEY(start_brk), VALUE_ADDRESS, "START", 14, 14, false, put_start,
			    "where the heap starts" },
	[COL_HEAP]	= { KEY(heap_bytes), VALUE_UNSIGNED, "HEAP", 8, 11, true, put_heap,
			    "size of the heap after the event" },
	[COL_NOTE]	= { KEY(note), VALUE_FOR_PEOPLE, "NOTE", 0, 0, false, put_note,
			    "reason, child, thread and flags" },
};

int column_width(enum column_id id, const struct event_style *style)
{
	/* Three years after the boot, or 1970, is not rare. */
	static const int times[] = {
		[STAMP_MONOTONIC] = 15, [STAMP_RELATIVE] = 15, [STAMP_EPOCH] = 17,
		[STAMP_OF_DAY] = 8, [STAMP_OF_DAY_USEC] = 15,
	};

	if (id == COL_TIME)
		return times[style->stamp];
	return style->bytes ? event_columns[id].width_bytes : event_columns[id].width;
}

enum column_id column_called(const char *name, size_t len)
{
	enum column_id id = 0;

	while (id < COLUMNS && (strncmp(event_columns[id].name, name, len) != 0 ||
				event_columns[id].name[len]))
		id++;
	return id;
}

const char *columns_parse(const char *text, struct column_list *list)
{
	bool seen[COLUMNS] = { false };

	*list = (struct column_list){ .more = *text == '+' };
	for (text += list->more;; text++) {
		size_t len = strcspn(text, ",");
		enum column_id id = column_called(text, len);

		if (id == COLUMNS || seen[id])
			return text;
		seen[id] = true;
		columns_append(list, id);
		text += len;
		if (!*text)
			return NULL;
	}
}

void columns_choose(struct column_list *list, const struct column_list *asked)
{
	const struct column_list before = *list;

	if (!asked->n)
		return;
	if (!asked->more) {
		*list = *asked;
		return;
	}
	list->n -= list->last;
	for (size_t i = 0; i < asked->n; i++) {
		size_t j = 0;

		while (j < before.n && before.ids[j] != asked->ids[i])
			j++;
		if (j == before.n)
			columns_append(list, asked->ids[i]);
	}
	for (size_t i = before.n - before.last; i < before.n; i++)
		columns_append(list, before.ids[i]);
}

void columns_for_programs(struct column_list *list, bool csv)
{
	columns_append(list, COL_PID);
	columns_append(list, COL_SPACE);
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++) {
		/* JSON has it once, with the process. New columns come after it. */
		if (csv && id == FIELDS_OF_ALL)
			columns_append(list, COL_START);
		columns_append(list, COLUMN_OF(id));
	}
	list->last = BRKWATCH_FIELDS - FIELDS_OF_ALL;
}
