// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/program.h"
#include "common/replace-file.h"
#include "common/signals.h"
#include "common/why-not.h"
#include "chunks/examine.h"
#include "heap/print.h"
#include "heap/stop.h"
#include "libbrkwatch/task.h"

#define TOP_MAX 100000
#define STOPS_MAX 10

/* arm64 and x86-64 can ignore the highest byte of a pointer, which then has a tag in it. */
#if defined(__aarch64__) || defined(__x86_64__)
#define ADDRESS_BITS (UINT64_MAX >> 8)
#else
#define ADDRESS_BITS UINT64_MAX
#endif

static struct heap_options {
	const char *file, *svg, *stacks;
	struct selection selection;
	bool json, map, stop, bytes;
	uint64_t address, top, watch_ms;
} the_options;

static bool take_address(const char *name, const char *text, void *address)
{
	uint64_t *value = address;
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 16);
	return (!errno && end != text && !*end && *value && *text != '-') ||
	       not_understood(name, text, "a hexadecimal number, not 0");
}

static bool take_top(const char *name, const char *text, void *top)
{
	return take_count(name, text, top) &&
	       (*(uint64_t *)top <= TOP_MAX || not_understood(name, text, "at most 100000"));
}

static const struct program_option options[] = {
	{ "map", 0, NULL, "also draw a map of the heap", take_flag, &the_options.map },
	{ "svg", 0, "FILE", "also draw the map into FILE, an SVG", take_text, &the_options.svg },
	{ "top", 0, "N", "also show the N largest chunks and the N most common sizes", take_top, &the_options.top },
	{ "address", 0, "ADDR", "also show the chunk at that address", take_address, &the_options.address },
	{ "stacks", 0, "FILE", "with --address: also show the call stack of that event, from FILE, which brkwatch-stacks --json has "
	  "written", take_text,
	  &the_options.stacks },
	{ "watch", 0, "SECONDS", "read again and again, show the changes", take_seconds, &the_options.watch_ms },
	{ "stop", 0, NULL, "stop the process while its heap is read", take_flag, &the_options.stop },
	{ "bytes", 0, NULL, "print sizes in bytes", take_flag, &the_options.bytes },
	{ "json", 0, NULL, "print JSON, one object per reading", take_flag, &the_options.json },
	{ "output", 'o', "FILE", "write to FILE", take_text, &the_options.file },
	{ 0 },
};

static bool check(void)
{
	const struct heap_options *opts = &the_options;

	if (opts->selection.n != 1)
		warn_user(opts->selection.n ? "brkwatch-heap shows one process at a time; give one PID" : "no process given: give a PID");
	else if (opts->json && (opts->map || opts->top || opts->address))
		warn_user("--map, --top and --address cannot be combined with --json");
	else if (opts->stacks && !opts->address)
		warn_user("--stacks needs --address");
	else
		return true;
	return false;
}

/* ---- a reading ---- */

static bool prepare(struct reading *reading, const struct heap_options *opts)
{
	struct account *account = &reading->account;

	reading->wanted = opts->address & ADDRESS_BITS;
	if (opts->svg && !newfile_possible(opts->svg))
		return false;
	if (opts->map || opts->svg) {
		account->n_cells = MAP_CELLS;
		account->cells = calloc(account->n_cells, sizeof(*account->cells));
	}
	if (opts->top) {
		account->n_largest = (size_t)opts->top;
		account->largest = calloc(account->n_largest, sizeof(*account->largest));
	}
	if ((account->n_cells && !account->cells) || (opts->top && !account->largest)) {
		warn_user("out of memory");
		return false;
	}
	return true;
}

/*
 * A process may be stopped in the middle of malloc(). Returns 0 or a negative errno; 1 after a
 * complaint.
 */
static int read_stopped(struct reading *reading, struct print *print)
{
	struct stopped stopped;
	int rc;

	for (unsigned int tries = 0; tries < STOPS_MAX; tries++) {
		if (!stop_process(&stopped, reading->space->pid))
			return 1;
		rc = reading_take(reading, true);
		print->stopped_us = (int64_t)(stop_end(&stopped) / 1000);
		if (rc || reading->result == WALK_SOUND)
			break;
	}
	return rc;
}

static int read_once(struct reading *reading, const struct heap_options *opts, struct print *print)
{
	int rc = opts->stop ? read_stopped(reading, print) : reading_take(reading, false);

	return rc ?: reading->account.no_memory ? -ENOMEM : 0;
}

static size_t arenas_left(const struct reading *reading)
{
	size_t n = 0;

	for (size_t i = 0; i < reading->n_arenas; i++)
		n += !reading->arenas[i].sound;
	return n;
}

static void show(const struct heap_options *opts, const struct print *print, const struct reading *reading)
{
	char why[512];

	if (!opts->json) {
		print_text(print, reading);
		return;
	}
	print_json(print->out, reading);
	if (explain_end(reading, why, sizeof(why)))
		warn_user("%d: %s", reading->space->pid, why);
	if (arenas_left(reading))
		warn_user("%d: %zu of %zu arenas were not walked to their end", reading->space->pid,
			  arenas_left(reading), reading->n_arenas);
}

/* Whether to go on. */
static bool wait_for(uint64_t ms, int stop)
{
	struct pollfd fd = { .fd = stop, .events = POLLIN };

	return poll(&fd, 1, ms > INT32_MAX ? INT32_MAX : (int)ms) == 0;
}

/* Its parent may not have waited for it yet. */
static bool has_ended(pid_t pid, int rc)
{
	return rc == -ESRCH || task_kind(pid, NULL) == TASK_ZOMBIE;
}

/* That it ends is no failure where it has been read before. */
static enum exit_status run(struct reading *reading, const struct heap_options *opts, struct outbuf *out)
{
	struct print print = {
		.out = out, .bytes = opts->bytes, .map = opts->map, .stacks = opts->stacks, .stopped_us = -1,
	};
	int stop = opts->watch_ms ? stop_open(true) : -1;
	enum exit_status status = STATUS_OK;
	struct sums before;

	for (;;) {
		int rc = read_once(reading, opts, &print);

		if (print.before && has_ended(reading->space->pid, rc))
			return status;
		if (rc) {
			if (rc < 0)
				space_complain(reading->space->pid, rc);
			return STATUS_FAILED;
		}
		show(opts, &print, reading);
		if ((opts->svg && !draw_map(reading, opts->svg)) || reading->result || arenas_left(reading))
			status = STATUS_FAILED;
		if (!opts->watch_ms || outbuf_flush(out) || !wait_for(opts->watch_ms, stop))
			return status;
		before = reading->account.sums;
		print.before = &before;
		if (!opts->json)
			outbuf_puts(out, "\n");
	}
}

static enum exit_status examine(struct heap_options *opts, struct outbuf *out)
{
	struct reading reading = { .result = WALK_SOUND };
	enum exit_status status = STATUS_FAILED;
	/* Most of it needs no module. */
	struct brkwatch *bw = find_directory();
	struct space space;

	if (space_open(&space, bw, opts->selection.pids[0])) {
		reading.space = &space;
		if (prepare(&reading, opts))
			status = run(&reading, opts, out);
		reading_free(&reading);
	}
	space_close(&space);
	brkwatch_close(bw);
	return status;
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.options = options, .argument = take_pids, .to = &the_options.selection, .check = check,
		.usage = "PID",
		.purpose = "Say what is in the heap of a process that uses glibc's malloc, and why it does not "
			   "shrink.",
	};
	static struct outbuf out;
	enum exit_status status = STATUS_FAILED;

	program_start(&program, argc, argv);
	if (output_open(&out, the_options.file, STDOUT_FILENO))
		status = output_finish(&out, examine(&the_options, &out), STATUS_FAILED);
	select_free(&the_options.selection);
	return (int)status;
}
