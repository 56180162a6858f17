// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libbrkwatch/follow.h"
#include "recording/replay.h"
#include "recording/line.h"
#include "events/printer.h"
#include "cli/show.h"
#include "common/signals.h"

/* A process of the recording. */
struct source {
	uint64_t pid;
	struct snapshot snap;
	struct totals totals;	/* of its events, or what the recording says */
	bool ended;
	bool done;		/* its summary has been printed */
};

/* A pipe, which somebody may be writing yet. */
struct live {
	struct outbuf *out;
	int fd;
	int stop;
	bool stopped;		/* by a signal, or as nobody reads the output */
};

struct input {
	struct live live;
	struct options opts;
	struct outbuf *out;
	struct report report;
	struct record_reader *reader;
	void *sources;		/* tree, by number */
	struct source **order;	/* as they came */
	size_t n;
	unsigned long line;
	bool states;		/* a state was shown */
	bool head;		/* CSV's has been read */
};

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int compare(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* NULL: no memory. */
static struct source *source_of(struct input *in, uint64_t pid)
{
	const struct source key = { .pid = pid };
	struct source **found = tfind(&key, &in->sources, compare), **order, *source;

	if (found)
		return *found;
	order = reallocarray(in->order, in->n + 1, sizeof(struct source *));
	if (!order)
		return NULL;
	in->order = order;
	source = calloc(1, sizeof(*source));
	if (!source)
		return NULL;
	source->pid = pid;
	source->snap.pid = pid;
	if (!tsearch(source, &in->sources, compare)) {
		free(source);
		return NULL;
	}
	in->order[in->n++] = source;
	return source;
}

/* ---- records ---- */

/* Another address space of a process, or its first. */
static void begin_space(struct input *in, struct source *source, const struct snapshot *snap)
{
	bool again = !source->done && source->totals.spaces;

	/* The number is used again. */
	if (source->done)
		source->totals = (struct totals){ 0 };
	source->done = source->ended = false;
	source->totals.spaces++;
	source->snap = *snap;
	if (again)
		report_exec(&in->report, &source->snap);
	else
		report_start(&in->report, &source->snap);
}

static void count_call(struct snapshot *snap, struct event *ev, struct totals *sum)
{
	int64_t bytes = event_signed(ev, EV_DELTA_PAGES) * (int64_t)snapshot_page_size(snap);
	uint64_t grown = bytes > 0 ? (uint64_t)bytes : 0, shrunk = bytes < 0 ? -(uint64_t)bytes : 0;
	uint64_t before = snapshot_heap(snap, event_address(ev, EV_OLD));
	uint64_t after = snapshot_heap(snap, event_address(ev, EV_NEW));
	bool refused = event_field_is(ev, EV_EVENT, "refused");

	sum->calls++;
	sum->refused += refused;
	sum->grown_bytes += grown;
	sum->shrunk_bytes += shrunk;
	sum->peak_bytes = max_u64(sum->peak_bytes, max_u64(before, after));
	/* For --until. The header counts what had happened when it was read. */
	if (event_unsigned(ev, EV_SEQ) <= snap->events)
		return;
	snap->calls++;
	snap->refused += refused;
	snap->grown_bytes += grown;
	snap->shrunk_bytes += shrunk;
}

/* What the module counts, as far as its events tell. */
static void count_event(struct source *source, struct event *ev)
{
	source->ended = event_field_is(ev, EV_EVENT, "end");
	if (!source->ended && !event_field_is(ev, EV_EVENT, "fork") &&
	    !event_field_is(ev, EV_EVENT, "external") && !event_field_is(ev, EV_EVENT, "resync"))
		count_call(&source->snap, ev, &source->totals);
}

static int take_event(struct input *in, struct source *source, struct record *record)
{
	/* CSV has no line that says where a space begins, but on each where the heap starts. */
	if (!source->totals.spaces || source->snap.space != record->snap.space)
		begin_space(in, source, &record->snap);
	if (record->type == RECORD_EVENT && record->snap.start)
		source->snap.start = record->snap.start;
	else
		snapshot_follow_start(&source->snap, &record->event);
	count_event(source, &record->event);
	return report_event(&in->report, &source->totals, &source->snap, &record->event);
}

static void done(struct input *in, struct source *source, bool ended)
{
	if (source->done || !source->totals.spaces)
		return;
	source->done = true;
	report_done(&in->report, &source->snap, &source->totals, ended);
}

/* What was counted where it was recorded is more than what can be counted here. */
static void take_summary(struct input *in, struct source *source, const struct record *record)
{
	struct totals sum = source->totals;

	sum.calls = record->totals.calls;
	sum.grown_bytes = record->totals.grown_bytes;
	sum.shrunk_bytes = record->totals.shrunk_bytes;
	sum.peak_bytes = record->totals.peak_bytes;
	sum.refused = record->totals.refused;
	sum.lost = record->totals.lost;
	sum.dropped = record->totals.dropped;
	sum.spaces = record->totals.spaces;
	source->totals = sum;
	done(in, source, record->ended);
}

static int take_text(struct input *in, const char *text, size_t len)
{
	int fd = memfd_create("state", MFD_CLOEXEC), rc = 0;
	struct options opts = in->opts;

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		rc = -errno;
	opts.proc_dir = "/proc/self/fd";
	if (!rc && in->states && !opts.json)
		outbuf_puts(in->out, "\n");
	if (!rc && state_show(in->out, &opts, fd) != STATUS_OK)
		rc = in->out->error ?: -ECANCELED;
	in->states = true;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A state has its events in it: as many records. */
static int take_state(struct input *in, struct source *source, struct record *record)
{
	int rc = 0;

	if (!in->opts.follow)
		return take_text(in, record->text, record->text_len);
	begin_space(in, source, &record->snap);
	if (record->snap.dropped)
		report_lost(&in->report, &source->snap, record->snap.dropped, true);
	while (!in->report.enough && (rc = record_next_event(in->reader, record)) > 0) {
		rc = take_event(in, source, record);
		if (rc)
			break;
	}
	/* The module has counted more than its events. */
	source->totals.calls = source->totals.grown_bytes = source->totals.shrunk_bytes = 0;
	source->totals.refused = source->totals.spaces = 0;
	totals_add(&source->totals, &source->snap);
	done(in, source, source->snap.exited);
	return rc;
}

static int take(struct input *in, struct record *record)
{
	struct source *source = source_of(in, record->snap.pid);

	if (!source)
		return -ENOMEM;
	if (record->wall_known) {
		in->opts.wall_known = true;
		in->opts.wall_offset_ns = record->wall_offset_ns;
	}
	columns_check_stamp(&in->opts, in->opts.input);
	switch (record->type) {
	case RECORD_SPACE:
		begin_space(in, source, &record->snap);
		break;
	case RECORD_EVENT:
		return take_event(in, source, record);
	case RECORD_STATE:
		return take_state(in, source, record);
	case RECORD_LOST:
		source->totals.dropped += record->count;
		report_lost(&in->report, &source->snap, record->count, record->before_open);
		break;
	case RECORD_MISSED:
		report_missed(&in->report, (pid_t)record->snap.pid, record->parent);
		break;
	case RECORD_SUMMARY:
		take_summary(in, source, record);
		break;
	case RECORD_HEAD:
	case RECORD_OTHER:
		break;
	}
	return 0;
}

/* ---- files ---- */

static int read_records(struct input *in, FILE *file)
{
	struct record record = { .problem = "" };
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	while (!rc && !in->report.enough && getline(&line, &room, file) > 0) {
		/* The rest of it was not waited for. */
		if (in->live.stopped && !strchr(line, '\n'))
			break;
		in->line++;
		rc = record_read(in->reader, line, &record);
		in->head |= record.type == RECORD_HEAD;
		if (!rc && record.type > RECORD_HEAD)
			rc = take(in, &record);
	}
	if (!rc && ferror(file))
		rc = -errno;
	free(line);
	if (rc == -EPROTO)
		warn_user("%s: line %lu: %s", in->opts.input, in->line,
			  *record.problem ? record.problem : "an event that is not understood");
	else if (rc && rc != -ECANCELED && rc != in->out->error)
		warn_user("%s: %s", in->opts.input, strerror(-rc));
	else if (!rc && !in->n && !in->head && !in->live.stopped)
		warn_user("%s: nothing in it that brkwatch-cli has recorded", in->opts.input);
	return rc ?: in->n || in->head || in->live.stopped ? 0 : -EPROTO;
}

static void free_sources(struct input *in)
{
	for (size_t i = 0; i < in->n; i++) {
		tdelete(in->order[i], &in->sources, compare);
		free(in->order[i]);
	}
	free(in->order);
}

static enum exit_status show_records(struct input *in, FILE *file)
{
	int rc;

	/* Of what comes through a pipe it is not known before all is there. */
	in->opts.several = true;
	rc = report_init(&in->report, in->out, &in->opts);
	if (rc == -ECANCELED)
		return STATUS_FAILED;
	in->reader = record_reader_new();
	if (!rc && in->reader)
		rc = read_records(in, file);
	else
		rc = rc ?: -ENOMEM;
	for (size_t i = 0; i < in->n && !in->states; i++)
		done(in, in->order[i], in->order[i]->ended);
	if (report_finish(&in->report))
		rc = rc ?: -EIO;
	record_reader_free(in->reader);
	free_sources(in);
	return rc ? STATUS_FAILED : in->report.until_met ? STATUS_UNTIL : STATUS_OK;
}

/* A copy of a file of the module's is taken for the file itself. */
static enum exit_status show_copy(struct input *in, FILE *file)
{
	enum exit_status status = STATUS_FAILED;
	char part[4096];
	int fd = memfd_create("copy", MFD_CLOEXEC);
	size_t n;

	while (fd >= 0 && (n = fread(part, 1, sizeof(part), file)) > 0)
		if (write(fd, part, n) != (ssize_t)n)
			break;
	in->opts.proc_dir = "/proc/self/fd";
	columns_check_stamp(&in->opts, in->opts.input);
	if (fd < 0 || ferror(file) || !feof(file))
		warn_user("%s: %s", in->opts.input, strerror(errno));
	else if (in->opts.follow)
		status = follow_processes(in->out, &in->opts, &fd, 1, NULL);
	else
		status = state_show(in->out, &in->opts, fd);
	if (fd >= 0)
		close(fd);
	return status;
}

FILE *input_open(const struct options *opts)
{
	FILE *file = strcmp(opts->input, "-") ? fopen(opts->input, "re") : stdin;

	if (!file)
		warn_user("%s: %s", opts->input, strerror(errno));
	return file;
}

/* What has been printed is not kept back while there is nothing to read. */
static ssize_t live_read(void *cookie, char *data, size_t size)
{
	struct live *live = cookie;
	struct pollfd fds[] = {
		{ .fd = live->fd, .events = POLLIN },
		{ .fd = live->stop, .events = POLLIN },
	};

	if (!live->stopped && !poll(fds, 1, 0)) {
		live->stopped = outbuf_flush(live->out);
		while (!live->stopped && poll(fds, 2, -1) < 0 && errno == EINTR)
			;
	} else {
		poll(&fds[1], 1, 0);
	}
	live->stopped |= fds[1].revents;
	return live->stopped ? 0 : read(live->fd, data, size);
}

/* The same file if it is none that keeps us waiting. */
static FILE *open_live(struct live *live, FILE *file)
{
	const cookie_io_functions_t functions = { .read = live_read };
	FILE *wrapped;

	if (lseek(fileno(file), 0, SEEK_CUR) >= 0)
		return file;
	live->fd = fileno(file);
	live->stop = stop_open(true);
	wrapped = fopencookie(live, "r", functions);
	return wrapped ?: file;
}

enum exit_status input_show(struct outbuf *out, const struct options *opts, FILE *file)
{
	struct input in = { .opts = *opts, .out = out, .live = { .out = out, .stop = -1 } };
	FILE *from = open_live(&in.live, file);
	enum exit_status status;
	int first;

	in.opts.recorded = true;
	first = getc(from);
	ungetc(first, from);
	if (first == 'F') {
		/* It is short, and whoever shows it waits for signals. */
		stop_close();
		in.live.stop = -1;
		status = show_copy(&in, from);
	} else {
		status = show_records(&in, from);
		stop_close();
	}
	if (from != file)
		fclose(from);
	if (file != stdin)
		fclose(file);
	return status;
}
