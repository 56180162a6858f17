// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <string.h>
#include <wctype.h>

#include <curses.h>

#include "top/keys.h"

/* The keys of curses have the numbers of characters, too. */
#define SPECIAL(key)	(0x1000000u | (key))

#define KEY_ESCAPE	0x1b
#define KEY_DELETE	0x7f
#define KEY_RUBOUT	'\b'

#define SPAN_LEAST_NS	1000000ull

const char *const screen_help[] = {
	"Up Down  k j         select a process; also PgUp PgDn Home End",
	"h g r p n            sort by heap, growth, refusals, pid, name;",
	"                     press again, or R, to reverse the order",
	"/                    show only names that match: part of a name, or a regex;",
	"                     Enter keeps it, Esc shows all again",
	"z Z                  halve, double the time span of the graph",
	"+ -                  longer, shorter interval",
	"Space                pause",
	"?                    this help",
	"q                    quit",
	"",
	"HEAP      size of the heap now            CALLS/s   brk calls, a second",
	"PEAK      the largest it has been         REFUSED   calls that failed",
	"GROWTH/s  what calls added, less what they gave back; - if not known yet",
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

static void sort_by(struct screen *s, enum sort_key key)
{
	s->ps.reverse = s->ps.key == key && !s->ps.reverse;
	s->ps.key = key;
	screen_arrange(s);
}

static void set_pattern(struct screen *s, const char *pattern)
{
	processes_match(&s->ps, pattern);
	screen_arrange(s);
}

static void clear_pattern(struct screen *s)
{
	s->editing = false;
	set_pattern(s, "");
}

static void edit(struct screen *s, wint_t key)
{
	char pattern[PATTERN_MAX + MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t len = strlen(s->ps.pattern), more;

	memcpy(pattern, s->ps.pattern, len + 1);
	switch (key) {
	case SPECIAL(KEY_BACKSPACE):
	case KEY_DELETE:
	case KEY_RUBOUT:
		if (!len) {
			s->editing = false;
			return;
		}
		/* The last character may be several bytes. */
		while (--len && (pattern[len] & 0xc0) == 0x80)
			;
		pattern[len] = '\0';
		break;
	case KEY_ESCAPE:
		clear_pattern(s);
		return;
	case SPECIAL(KEY_ENTER):
	case '\r':
	case '\n':
		s->editing = false;
		return;
	default:
		more = iswprint(key) ? wcrtomb(pattern + len, (wchar_t)key, &state) : (size_t)-1;
		if (more == (size_t)-1 || len + more >= PATTERN_MAX)
			return;
		pattern[len + more] = '\0';
		break;
	}
	set_pattern(s, pattern);
}

static void move_up(struct screen *s, size_t rows)
{
	screen_select(s, s->index > rows ? s->index - rows : 0);
}

static void command(struct screen *s, wint_t key)
{
	switch (key) {
	case SPECIAL(KEY_UP):
	case 'k':
		move_up(s, 1);
		break;
	case SPECIAL(KEY_DOWN):
	case 'j':
		screen_select(s, s->index + 1);
		break;
	case SPECIAL(KEY_PPAGE):
		move_up(s, s->page);
		break;
	case SPECIAL(KEY_NPAGE):
		screen_select(s, s->index + s->page);
		break;
	case SPECIAL(KEY_HOME):
		screen_select(s, 0);
		break;
	case SPECIAL(KEY_END):
		screen_select(s, SIZE_MAX);
		break;
	case 'R':
		sort_by(s, s->ps.key);
		break;
	case '/':
		s->editing = true;
		break;
	case KEY_ESCAPE:
		clear_pattern(s);
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
	default:
		for (enum sort_key by = 0; by < SORT_KEYS; by++)
			if (key == (wint_t)*sort_names[by])
				sort_by(s, by);
		break;
	}
}

void screen_key(struct screen *s, wint_t key, bool special)
{
	if (special)
		key = SPECIAL(key);
	if (key == SPECIAL(KEY_RESIZE))
		return;
	if (s->help)
		s->help = false;
	else if (s->editing &&
		 (!special || key == SPECIAL(KEY_BACKSPACE) || key == SPECIAL(KEY_ENTER)))
		edit(s, key);
	else
		command(s, key);
}
