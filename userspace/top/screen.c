// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <curses.h>

#include "common/format-number.h"
#include "common/signals.h"
#include "common/why-not.h"
#include "top/columns.h"
#include "top/graph.h"
#include "top/keys.h"
#include "top/screen.h"
#include "top/text.h"

#define ESCAPE_DELAY_MS 25	/* after an Esc that begins no sequence */

#define GRAPH_FROM_LINES 16	/* on lower screens the table needs the room */

int screen_put(int y, int x, const char *text, int columns)
{
	char part[CELL_MAX * 4];
	int used = printable(part, sizeof(part), text, columns);

	mvaddstr(y, x, part);
	return used;
}

/* ---- drawing ---- */

static void draw_title(const struct screen *s)
{
	char of[32] = "", text[CELL_MAX], every[32] = "PAUSED", time[TOP_TIME_MAX];

	if (s->ps.shown != s->ps.now.n)
		snprintf(of, sizeof(of), "%zu of ", s->ps.shown);
	if (!s->paused)
		snprintf(every, sizeof(every), "every %g s", (double)s->interval_ms / 1000);
	top_time(time);
	snprintf(text, sizeof(text), "brkwatch %s  %s%zu process%s  heap %s  by %s%s  %s",
		 time, of, s->ps.now.n, s->ps.now.n == 1 ? "" : "es",
		 size_text(s->ps.heap_bytes, s->opts->bytes).text,
		 sort_names[s->ps.key], s->ps.reverse ? ", reversed" : "", every);
	attron(A_REVERSE);
	mvhline(0, 0, ' ', COLS);
	screen_put(0, 0, text, COLS);
	attroff(A_REVERSE);
}

static void draw_titles(size_t cells, bool bytes)
{
	char text[CELL_MAX];
	int x = 0;

	attron(A_BOLD);
	for (size_t i = 0; i < cells; i++) {
		cell_title(text, i, bytes);
		x += screen_put(1, x, text, COLS - x) + 1;
	}
	attroff(A_BOLD);
}

static int cell_color(const struct top_process *p, enum cell_id id)
{
	if (id == CELL_REFUSED && p->row.refused)
		return COLOR_REFUSED;
	if (id == CELL_GROWTH && p->rated && p->growth_per_s)
		return p->growth_per_s > 0 ? COLOR_GROWS : COLOR_SHRINKS;
	return COLOR_PLAIN;
}

static void draw_row(const struct screen *s, int y, size_t cells, size_t index)
{
	const struct top_process *p = &s->ps.now.list[index];
	bool selected = index == s->index;
	char text[CELL_MAX];
	int x = 0;

	if (selected) {
		attron(A_REVERSE);
		mvhline(y, 0, ' ', COLS);
	}
	for (size_t i = 0; i < cells && x < COLS; i++) {
		int color = selected ? COLOR_PLAIN : cell_color(p, i);

		cell_text(text, i, p, s->opts->bytes);
		attron(COLOR_PAIR(color));
		x += screen_put(y, x, text, COLS - x) + 1;
		attroff(COLOR_PAIR(color));
	}
	attroff(A_REVERSE);
}

static void draw_rows(struct screen *s, int rows)
{
	size_t cells = cells_fitting(COLS, s->opts->bytes);
	size_t last = s->ps.shown > s->page ? s->ps.shown - s->page : 0;

	s->first = s->first < last ? s->first : last;
	if (s->index < s->first)
		s->first = s->index;
	else if (s->page && s->index >= s->first + s->page)
		s->first = s->index - s->page + 1;
	draw_titles(cells, s->opts->bytes);
	for (int i = 0; i < rows && s->first + (size_t)i < s->ps.shown; i++)
		draw_row(s, 2 + i, cells, s->first + (size_t)i);
	if (!s->ps.shown && rows > 0)
		screen_put(2, 0, s->ps.now.n ? "no name matches" : "no process that you may read", COLS);
}

static void draw_last_line(const struct screen *s)
{
	char text[CELL_MAX];
	int x;

	if (!s->editing && !*s->ps.pattern) {
		screen_put(LINES - 1, 0, "q quit  ? help  h g r p n sort  / filter  space pause  + - interval  z Z zoom",
			   COLS);
		return;
	}
	snprintf(text, sizeof(text), "/%s", s->ps.pattern);
	x = screen_put(LINES - 1, 0, text, COLS);
	if (!s->editing)
		screen_put(LINES - 1, x + 3, "(Esc: all)", COLS - x - 3);
	else
		move(LINES - 1, x < COLS ? x : COLS - 1);
}

static void draw_help(void)
{
	for (int i = 0; screen_help[i]; i++)
		screen_put(1 + i, 0, screen_help[i], COLS);
}

static void draw(struct screen *s)
{
	struct graph graph = {
		.height = LINES / 3, .width = COLS, .span_ns = s->span_ns,
		.bytes = s->opts->bytes,
	};
	int rows;

	if (graph.height < GRAPH_LEAST_HEIGHT)
		graph.height = GRAPH_LEAST_HEIGHT;
	if (LINES < GRAPH_FROM_LINES)
		graph.height = 0;
	graph.y = LINES - 1 - graph.height;
	rows = graph.y - 2;
	s->page = rows > 0 ? (size_t)rows : 0;

	erase();
	curs_set(s->editing);
	draw_title(s);
	if (s->help) {
		draw_help();
	} else {
		draw_rows(s, rows);
		if (graph.height && s->selected)
			graph_draw(&graph, &s->track);
		draw_last_line(s);
	}
	refresh();
}

/* ---- the loop ---- */

/* Each acts on what those before it have made. */
static void take_keys(struct screen *s)
{
	wint_t key;
	int kind;

	while (!s->quit && (kind = get_wch(&key)) != ERR)
		screen_key(s, key, kind == KEY_CODE_YES);
}

/*
 * Until the time has come, a key, or a signal. SIGWINCH comes in here only: in between it would
 * be noticed late. Returns whether to go on.
 */
static bool wait_for_news(const struct screen *s, uint64_t due_ms, int stop_fd,
			  const sigset_t *mask)
{
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	uint64_t now_ms = clock_ms(), left = due_ms > now_ms ? due_ms - now_ms : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000,
	};

	if (ppoll(fds, 2, s->paused ? NULL : &timeout, mask) <= 0)
		return true;
	/* A terminal that has gone. */
	return !fds[0].revents && !(fds[1].revents & (POLLHUP | POLLERR | POLLNVAL));
}

static int loop(struct screen *s, int stop_fd, const sigset_t *mask)
{
	uint64_t due_ms = clock_ms(), looks = 0;
	int rc = screen_look(s);

	while (!rc && ++looks) {
		uint64_t interval_ms = s->interval_ms, last_ms = due_ms;

		if (looks == s->opts->count + 1 && s->opts->count)
			break;
		due_ms = top_next_ms(last_ms, interval_ms);
		do {
			draw(s);
			if (!wait_for_news(s, due_ms, stop_fd, mask))
				return 0;
			take_keys(s);
			if (s->quit)
				return 0;
			if (interval_ms != s->interval_ms) {
				interval_ms = s->interval_ms;
				due_ms = last_ms + interval_ms;
			}
		} while (s->paused || clock_ms() < due_ms);
		rc = screen_look(s);
	}
	return rc;
}

static void set_colors(void)
{
	static const short colors[] = {
		[COLOR_GROWS] = COLOR_YELLOW,
		[COLOR_SHRINKS] = COLOR_GREEN,
		[COLOR_REFUSED] = COLOR_RED,
		[COLOR_GRAPH] = COLOR_CYAN,
	};

	start_color();
	use_default_colors();
	for (short i = 1; i < (short)(sizeof(colors) / sizeof(colors[0])); i++)
		init_pair(i, colors[i], -1);
}

static SCREEN *open_terminal(const struct top_options *opts)
{
	SCREEN *terminal = newterm(NULL, stdout, stdin);

	if (!terminal)
		return NULL;
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_DELAY_MS);
	if (color_wanted(opts->color, STDOUT_FILENO) && has_colors())
		set_colors();
	return terminal;
}

bool screen_run(const struct top_options *opts, enum exit_status *status)
{
	static struct screen s;
	int rc, stop_fd = stop_open(true);
	SCREEN *terminal = stop_fd < 0 ? NULL : open_terminal(opts);
	sigset_t winch, mask;

	if (!terminal) {
		stop_close();
		return false;
	}
	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, &mask);
	s.opts = opts;
	s.interval_ms = opts->interval_ms;
	rc = loop(&s, stop_fd, &mask);
	endwin();
	delscreen(terminal);
	stop_close();
	if (rc)
		complain_of_file(opts->bw, "all", rc);
	*status = rc ? STATUS_FAILED : STATUS_OK;
	track_free(&s.track);
	processes_free(&s.ps);
	return true;
}
