// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/format-number.h"
#include "common/json.h"
#include "common/signals.h"
#include "common/why-not.h"
#include "top/columns.h"
#include "top/processes.h"
#include "top/text.h"

static void put_cells(struct outbuf *out, const struct top_process *p, bool bytes)
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

static void put_head(struct outbuf *out, const struct top_options *opts, const struct processes *ps)
{
	char text[TOP_TIME_MAX];

	top_time(text);
	outbuf_printf(out, "%s  %zu process%s  heap %s  refused %ju\n", text, ps->now.n,
		      ps->now.n == 1 ? "" : "es", size_text(ps->heap_bytes, opts->bytes).text,
		      (uintmax_t)ps->refused);
	put_cells(out, NULL, opts->bytes);
}

static void put_json(struct outbuf *out, const struct top_process *p, uint64_t time_ns)
{
	struct json_object *obj = json_line("top");
	const struct brkwatch_row *row = &p->row;

	json_object_object_add(obj, "schema", json_object_new_int(JSON_SCHEMA));
	json_add_number(obj, "time_ns", time_ns);
	json_object_object_add(obj, "pid", json_object_new_int(row->pid));
	json_add_name(obj, "name", row->name, true);
	json_object_object_add(obj, "growth_bytes_per_s",
			       p->rated ? json_object_new_int64(p->growth_per_s) : NULL);
	json_add_number(obj, "heap_bytes", row->heap_bytes);
	json_add_number(obj, "peak_bytes", row->peak_bytes);
	json_add_number(obj, "calls", row->calls);
	json_add_number(obj, "refused", row->refused);
	json_add_number(obj, "grown_bytes", row->grown_bytes);
	json_add_number(obj, "shrunk_bytes", row->shrunk_bytes);
	json_write(out, obj);
}

/* Returns 0 or a negative errno. */
static int put_block(struct outbuf *out, const struct top_options *opts, const struct processes *ps)
{
	if (!opts->json && !opts->quiet)
		put_head(out, opts, ps);
	for (size_t i = 0; i < ps->now.n; i++) {
		if (opts->json)
			put_json(out, &ps->now.list[i], ps->now.time_ns);
		else
			put_cells(out, &ps->now.list[i], opts->bytes);
	}
	return outbuf_flush(out);
}

/* Saved files have no news: one look, where it is not said how many. */
static bool is_last(const struct top_options *opts, uint64_t blocks)
{
	return blocks == opts->count || (!brkwatch_is_live(opts->bw) && !opts->count);
}

enum exit_status text_run(struct outbuf *out, const struct top_options *opts)
{
	struct processes ps = { 0 };
	uint64_t due_ms = clock_ms(), blocks = 0;
	int stop_fd = stop_open(true), rc = stop_fd < 0 ? stop_fd : 0, unreadable = 0;

	while (!rc) {
		unreadable = processes_read(&ps, opts);
		if (unreadable)
			break;
		if (blocks++ && !opts->json && !opts->quiet)
			outbuf_puts(out, "\n");
		rc = put_block(out, opts, &ps);
		if (rc || is_last(opts, blocks))
			break;
		due_ms = top_next_ms(due_ms, opts->interval_ms);
		rc = stop_wait(due_ms, out->fd);
	}
	stop_close();
	if (unreadable)
		complain_of_file(opts->bw, "all", unreadable);
	else if (rc == -EPIPE)
		out->error = rc;
	else if (rc < 0 && rc != out->error)
		warn_user("cannot show the processes: %s", strerror(-rc));
	processes_free(&ps);
	return unreadable || rc < 0 ? STATUS_FAILED : STATUS_OK;
}

void top_time(char *text)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	strftime(text, TOP_TIME_MAX, "%H:%M:%S", &tm);
}

uint64_t top_next_ms(uint64_t due_ms, uint64_t interval_ms)
{
	uint64_t now_ms = clock_ms();

	return due_ms + interval_ms > now_ms ? due_ms + interval_ms : now_ms + interval_ms;
}
