// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "top/columns.h"
#include "events/json-lines.h"
#include "top/rates.h"
#include "top/screen.h"
#include "common/signals.h"
#include "common/table.h"
#include "top/text.h"
#include "top/sort-filter.h"

static void put_cells(struct outbuf *out, const struct process *p, bool bytes)
{
	char text[CELL_MAX];

	for (size_t i = 0; i < CELLS_NARROW; i++) {
		if (p)
			cell_text(text, i, p, bytes);
		else
			cell_title(text, i, bytes);
		outbuf_puts(out, i ? " " : "");
		outbuf_puts(out, text);
	}
	outbuf_puts(out, "\n");
}

static void put_head(struct outbuf *out, const struct options *opts, const struct processes *ps)
{
	char text[TOP_TIME_MAX];
	uint64_t refused = 0;

	for (size_t i = 0; i < ps->n; i++)
		refused += ps->list[i].refused;
	top_time(text);
	outbuf_printf(out, "%s  %zu process%s  heap %s  refused %ju\n", text, ps->n,
		      ps->n == 1 ? "" : "es", size_text(ps->heap_bytes, opts->bytes).text,
		      (uintmax_t)refused);
	put_cells(out, NULL, opts->bytes);
}

/* Returns 0 or a negative errno. */
static int put_block(struct outbuf *out, const struct options *opts, const struct processes *ps,
		     struct view *view)
{
	int rc = view_update(view, ps);

	if (rc)
		return rc;
	if (!opts->json && !opts->quiet)
		put_head(out, opts, ps);
	for (size_t i = 0; i < view->n; i++) {
		if (opts->json)
			json_report_process(out, view->rows[i], ps->time_ns);
		else
			put_cells(out, view->rows[i], opts->bytes);
	}
	return outbuf_flush(out);
}

/* Returns 0, 1 where it is to end, or -EPIPE where nobody reads our output any more. */
static int wait_until(uint64_t due_ms, int stop_fd, int out_fd)
{
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = out_fd },
	};

	for (;;) {
		uint64_t now_ms = top_clock_ms();
		uint64_t left = due_ms > now_ms ? due_ms - now_ms : 0;
		int n = poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX);

		if (n > 0)
			return fds[0].revents ? 1 : -EPIPE;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (top_clock_ms() >= due_ms)
			return 0;
	}
}

/* Saved files have no news: one look, where it is not said how many. */
static bool is_last(const struct options *opts, uint64_t blocks)
{
	return blocks == opts->count || (opts->recorded && !opts->count);
}

static enum exit_status run_text(struct outbuf *out, const struct options *opts,
				 const struct selection *sel)
{
	struct processes ps = { 0 };
	struct view view = { 0 };
	uint64_t due_ms = top_clock_ms(), blocks = 0;
	int rc = 0, unreadable = 0, stop_fd = stop_open(true);

	if (stop_fd < 0)
		rc = stop_fd;
	while (!rc) {
		unreadable = processes_read(&ps, opts, sel);
		if (unreadable)
			break;
		if (blocks++ && !opts->json && !opts->quiet)
			outbuf_puts(out, "\n");
		rc = put_block(out, opts, &ps, &view);
		if (rc || is_last(opts, blocks))
			break;
		due_ms = top_next_ms(due_ms, opts->interval_ms);
		rc = wait_until(due_ms, stop_fd, out->fd);
	}
	if (stop_fd >= 0)
		stop_close();
	if (unreadable)
		processes_complain(opts, unreadable);
	else if (rc == -EPIPE)
		out->error = rc;
	else if (rc < 0 && rc != out->error)
		warn_user("%s", strerror(-rc));
	view_free(&view);
	processes_free(&ps);
	return unreadable || rc < 0 ? STATUS_FAILED : STATUS_OK;
}

enum exit_status top_run(struct outbuf *out, const struct options *opts,
			 const struct selection *sel)
{
	const char *term = getenv("TERM");
	enum exit_status status;

	if (!opts->json && out->fd == STDOUT_FILENO && isatty(STDOUT_FILENO) &&
	    isatty(STDIN_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	    screen_run(opts, sel, &status))
		return status;
	return run_text(out, opts, sel);
}

void top_time(char *text)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	strftime(text, TOP_TIME_MAX, "%H:%M:%S", &tm);
}

uint64_t top_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t top_next_ms(uint64_t due_ms, uint64_t interval_ms)
{
	uint64_t now_ms = top_clock_ms();

	return due_ms + interval_ms > now_ms ? due_ms + interval_ms : now_ms + interval_ms;
}
