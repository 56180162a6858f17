// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include <curses.h>

#include "top/screen.h"

#define KEY_ESCAPE	0x1b
#define KEY_DELETE	0x7f
#define KEY_RUBOUT	'\b'

#define SPAN_LEAST_NS	1000000ull

const char *const screen_help[] = {
	"Up Down  k j         select a process; also PgUp PgDn Home End",
	"h g r p n            sort by heap, growth, refusals, pid, name;",
	"                     the same again, or R, is the other way round",
	"/                    show only names that match: part of a name, or a regex;",
	"                     Enter keeps it, Esc shows all again",
	"z Z                  the graph shows half, twice as much time",
	"+ -                  look less often, more often",
	"Space                pause",
	"?                    this help",
	"q                    quit",
	"",
	"HEAP      size of the heap now            CALLS/s   brk calls, a second",
	"PEAK      the largest it has been         REFUSED   calls that failed",
	"GROWTH/s  what HEAP has gained, a second; - where it is not known yet",
	"In the graph, x is where calls were refused.",
	NULL,
};

static void change_interval(struct screen *s, bool longer)
{
	static const uint64_t steps[] = {
		100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000,
	};
	const size_t n = sizeof(steps) / sizeof(steps[0]);
	size_t i = 0;

	while (i < n && (longer ? steps[i] <= s->interval_ms : steps[i] < s->interval_ms))
		i++;
	if (longer && i < n)
		s->interval_ms = steps[i];
	else if (!longer && i)
		s->interval_ms = steps[i - 1];
}

static void zoom(struct screen *s, bool in)
{
	uint64_t all = s->track.n ? s->track.samples[s->track.n - 1].time_ns -
				    s->track.samples[0].time_ns : 0;
	uint64_t span = s->span_ns && s->span_ns < all ? s->span_ns : all;

	if (in && span / 2 >= SPAN_LEAST_NS)
		s->span_ns = span / 2;
	else if (!in)
		s->span_ns = span >= all - span ? 0 : span * 2;
}

static bool sort_by(struct screen *s, enum sort_key key)
{
	s->view.reverse = s->view.key == key && !s->view.reverse;
	s->view.key = key;
	return true;
}

static bool clear_pattern(struct screen *s)
{
	s->editing = false;
	view_set_pattern(&s->view, "");
	return true;
}

/* Without its last character, which may be several bytes. */
static bool shorten_pattern(struct screen *s)
{
	char pattern[PATTERN_MAX];
	size_t len = strlen(s->view.pattern);

	if (!len)
		return clear_pattern(s);
	memcpy(pattern, s->view.pattern, len);
	while (--len && (pattern[len] & 0xc0) == 0x80)
		;
	pattern[len] = '\0';
	view_set_pattern(&s->view, pattern);
	return true;
}

static bool edit(struct screen *s, wint_t key, bool special)
{
	char pattern[PATTERN_MAX + MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t len = strlen(s->view.pattern), more;

	if ((special && key == KEY_BACKSPACE) ||
	    (!special && (key == KEY_DELETE || key == KEY_RUBOUT)))
		return shorten_pattern(s);
	if (!special && key == KEY_ESCAPE)
		return clear_pattern(s);
	if ((special && key == KEY_ENTER) || (!special && (key == '\r' || key == '\n'))) {
		s->editing = false;
		return false;
	}
	if (special || !iswprint(key))
		return false;
	memcpy(pattern, s->view.pattern, len);
	more = wcrtomb(pattern + len, (wchar_t)key, &state);
	if (more == (size_t)-1 || len + more >= PATTERN_MAX)
		return false;
	pattern[len + more] = '\0';
	view_set_pattern(&s->view, pattern);
	return true;
}

static void move_up(struct screen *s, size_t rows)
{
	screen_select(s, s->index > rows ? s->index - rows : 0);
}

static void move_key(struct screen *s, wint_t key)
{
	switch (key) {
	case KEY_UP:
		move_up(s, 1);
		break;
	case KEY_DOWN:
		screen_select(s, s->index + 1);
		break;
	case KEY_PPAGE:
		move_up(s, s->page);
		break;
	case KEY_NPAGE:
		screen_select(s, s->index + s->page);
		break;
	case KEY_HOME:
		screen_select(s, 0);
		break;
	case KEY_END:
		screen_select(s, SIZE_MAX);
		break;
	}
}

static bool letter_key(struct screen *s, wint_t key)
{
	switch (key) {
	case 'h':
		return sort_by(s, SORT_HEAP);
	case 'g':
		return sort_by(s, SORT_GROWTH);
	case 'r':
		return sort_by(s, SORT_REFUSED);
	case 'p':
		return sort_by(s, SORT_PID);
	case 'n':
		return sort_by(s, SORT_NAME);
	case 'R':
		return sort_by(s, s->view.key);
	case '/':
		s->editing = true;
		break;
	case KEY_ESCAPE:
		return clear_pattern(s);
	case 'k':
		move_up(s, 1);
		break;
	case 'j':
		screen_select(s, s->index + 1);
		break;
	case 'z':
	case 'Z':
		zoom(s, key == 'z');
		break;
	case '+':
	case '=':
	case '-':
		change_interval(s, key != '-');
		break;
	case ' ':
		s->paused = !s->paused;
		break;
	case '?':
		s->help = true;
		break;
	case 'q':
		s->quit = true;
		break;
	}
	return false;
}

bool screen_key(struct screen *s, wint_t key, bool special)
{
	if (special && key == KEY_RESIZE)
		return false;
	if (s->help) {
		s->help = false;
		return false;
	}
	if (s->editing && !(special && key != KEY_BACKSPACE && key != KEY_ENTER))
		return edit(s, key, special);
	if (special) {
		move_key(s, key);
		return false;
	}
	return letter_key(s, key);
}
