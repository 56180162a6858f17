// SPDX-License-Identifier: GPL-2.0
/*
 * Of a process only numbers are known: those in its events. The file of each could be read, but
 * what is in it is of another moment, and a process that ends soon has none any more. So what is
 * counted is what was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/follow-all.h"
#include "events/json-lines.h"
#include "libbrkwatch/open.h"
#include "recording/line.h"
#include "events/printer.h"
#include "libbrkwatch/selfcheck.h"
#include "common/format-number.h"
#include "common/signals.h"
#include "common/format-number.h"
#include "tracefs/buffers.h"

#define TICK_MS		50

/* Longer than it takes from when an event is made until it is in its buffer. */
#define HOLD_MS		100

/* After an exec there is soon another address space. If not, look again whether the process lives. */
#define EXEC_MS		200
#define LIVES_MS	2000

#define BUCKETS		4096

/* Then those are looked for of whose end there was no event, as it was lost. */
#define MANY_AT_FIRST	4096

struct process {
	struct process *next;	/* of the same bucket */
	uint64_t seq;		/* of the last event of its address space */
	uint64_t look_ms;	/* when to see whether it lives; 0: it has an address space */
	bool shown;		/* its start was */
	bool wanted;
	struct snapshot snap;	/* of the address space it has or had last; counts what was seen */
	struct totals totals;	/* of those before */
};

struct everyone {
	const struct options *opts;
	const struct selection *sel;
	struct outbuf *out;
	struct report report;
	struct trace *trace;
	struct process *buckets[BUCKETS];
	size_t n, many;
	struct record record;		/* the event that is shown */
	uint64_t now_ms, end_ms;
	uint64_t lost;			/* that are known whose they were */
	int module;			/* a file of it: it stays */
	int stop;			/* readable: a signal has come */
};

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- processes ---- */

static struct process **bucket_of(struct everyone *all, uint64_t pid)
{
	return &all->buckets[pid % BUCKETS];
}

static struct process *find(struct everyone *all, uint64_t pid)
{
	struct process *process = *bucket_of(all, pid);

	while (process && process->snap.pid != pid)
		process = process->next;
	return process;
}

static struct process *add(struct everyone *all, uint64_t pid)
{
	struct process *process = calloc(1, sizeof(*process)), **bucket = bucket_of(all, pid);

	if (!process)
		return NULL;
	process->snap.pid = pid;
	process->next = *bucket;
	*bucket = process;
	all->n++;
	return process;
}

/* Returns the one behind it. */
static struct process *done(struct everyone *all, struct process *process, bool ended)
{
	struct process *next = process->next;

	totals_add(&process->totals, &process->snap);
	/* Where not all events were asked for, there is nothing to sum up. */
	if (process->shown && trace_is_whole(all->trace))
		report_done(&all->report, &process->snap, &process->totals, ended);
	free(process);
	all->n--;
	return next;
}

/* Of one that has made another address space by exec, its file is there. */
static bool lives(const struct everyone *all, const struct process *process)
{
	int fd = procfile_try_open(all->opts, (pid_t)process->snap.pid);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT && fd != -ESRCH;
}

static bool has_ended(const struct everyone *all, struct process *process)
{
	if (!process->look_ms || process->look_ms > all->now_ms)
		return false;
	if (!lives(all, process))
		return true;
	process->look_ms = all->now_ms + LIVES_MS;
	return false;
}

static void look_after(struct everyone *all)
{
	bool many = all->n > all->many;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct process **process = &all->buckets[i];

		while (*process) {
			if (many && !(*process)->look_ms && !lives(all, *process))
				(*process)->look_ms = all->now_ms + LIVES_MS;
			if (has_ended(all, *process))
				*process = done(all, *process, true);
			else
				process = &(*process)->next;
		}
	}
	if (many)
		all->many = all->n * 2;
}

/* ---- events ---- */

static void set_name(struct snapshot *snap, const struct trace_event *event)
{
	char path[64], name[64];
	ssize_t len = -1;
	int fd;

	/* A thread may have a name of its own. */
	if (event->tid && event->tid != event->pid) {
		snprintf(path, sizeof(path), "/proc/%d/comm", event->pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = fd >= 0 ? read(fd, name, sizeof(name)) : -1;
		if (fd >= 0)
			close(fd);
	}
	if (len > 0)
		name[len - 1] = '\0';
	record_set_name(snap, len > 0 ? name : event->comm);
}

static bool is_wanted(const struct everyone *all, const struct trace_event *event,
		      const struct snapshot *snap)
{
	/* What we allocate for what we see must not be seen. */
	return event->pid != getpid() && select_has_name(all->sel, snap->name);
}

static void begin_space(struct everyone *all, struct process *process,
			const struct trace_event *event)
{
	const bool again = process->snap.space;
	const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	/* What prctl(2) moved counts where it is now. */
	const uint64_t brk = event->tid ? event->old : event->brk;
	struct snapshot *snap = &process->snap;

	if (again)
		totals_add(&process->totals, snap);
	*snap = (struct snapshot){
		.pid = (uint64_t)event->pid, .space = event->space, .page_size = page_size,
		.start_brk = event->start, .start_before = event->start, .start = event->start,
		.brk = brk, .data_limit = VALUE_NONE,
		.next_mapping = VALUE_NONE, .room_bytes = VALUE_NONE, .since = event->time,
	};
	snap->heap_bytes = snapshot_heap(snap, brk);
	snap->heap_pages = snap->heap_bytes / page_size;
	snap->peak_bytes = snap->heap_bytes;
	set_name(snap, event);
	process->seq = 0;
	process->look_ms = 0;
	process->wanted = is_wanted(all, event, snap);
	if (!process->wanted)
		return;
	if (process->shown)
		report_exec(&all->report, snap);
	else
		report_start(&all->report, snap);
	process->shown = true;
}

/* As the module does. */
static void count(struct snapshot *snap, const struct trace_event *event)
{
	static const size_t counters[] = {
		[KIND_QUERY] = offsetof(struct snapshot, queries),
		[KIND_GROW] = offsetof(struct snapshot, grows),
		[KIND_SHRINK] = offsetof(struct snapshot, shrinks),
		[KIND_MOVE] = offsetof(struct snapshot, moves),
		[KIND_SAME] = offsetof(struct snapshot, same),
		[KIND_REFUSED] = offsetof(struct snapshot, refused),
	};

	const uint64_t largest = event->old > event->brk ? event->old : event->brk;
	enum event_kind kind = 0;

	snap->start = event->start;
	while (kind <= KIND_REFUSED && strcmp(event->kind, event_kind_names[kind]) != 0)
		kind++;
	if (kind > KIND_REFUSED)
		return;
	++*(uint64_t *)((char *)snap + counters[kind]);
	snap->calls++;
	if (event->pages > 0)
		snap->grown_bytes += (uint64_t)event->pages * snap->page_size;
	else
		snap->shrunk_bytes += -(uint64_t)event->pages * snap->page_size;
	if (snap->peak_bytes < snapshot_heap(snap, largest))
		snap->peak_bytes = snapshot_heap(snap, largest);
}

static void set_number(struct record *record, enum event_field_id id, uint64_t value,
		       char *(*put)(char *p, uint64_t value))
{
	char text[TEXT_NUMBER_MAX];

	record_set_field(record, id, text, (size_t)(put(text, value) - text));
}

static void set_signed(struct record *record, enum event_field_id id, int64_t value)
{
	char text[TEXT_NUMBER_MAX];

	record_set_field(record, id, text, (size_t)(put_s64(text, value) - text));
}

static void set_word(struct record *record, enum event_field_id id, const char *word)
{
	record_set_field(record, id, word, strnlen(word, SCAN_SLACK - 1));
}

/* The event as a file of the module has it. */
static void set_event(struct record *record, const struct trace_event *event)
{
	bool fork = !strcmp(event->kind, event_kind_names[KIND_FORK]);

	record->event.malformed = false;
	set_number(record, EV_SEQ, event->seq, put_u64);
	set_number(record, EV_TIME_NS, event->time, put_u64);
	set_number(record, EV_TOOK_NS, event->took, put_u64);
	set_number(record, EV_TID, (uint64_t)event->tid, put_u64);
	set_word(record, EV_EVENT, event->kind);
	set_number(record, EV_REQUEST, event->request, fork ? put_u64 : put_hex16);
	set_number(record, EV_OLD, event->old, put_hex16);
	set_number(record, EV_NEW, event->brk, put_hex16);
	set_signed(record, EV_DELTA_BYTES, event->delta);
	set_signed(record, EV_DELTA_PAGES, event->pages);
	set_word(record, EV_REASON, event->reason);
	set_word(record, EV_FLAGS, event->flags);
}

static int show(struct everyone *all, struct process *process, struct snapshot *snap,
		const struct trace_event *event)
{
	set_event(&all->record, event);
	return report_event(&all->report, &process->totals, snap, &all->record.event);
}

/*
 * The end of an address space that the process has left by exec can come late: whoever looks at
 * it keeps it.
 */
static int take_former(struct everyone *all, struct process *process,
		       const struct trace_event *event)
{
	struct snapshot snap = process->snap;

	snap.space = event->space;
	snap.start = event->start;
	return process->wanted ? show(all, process, &snap, event) : 0;
}

static int take(struct everyone *all, const struct trace_event *event)
{
	struct process *process = find(all, (uint64_t)event->pid) ?: add(all, (uint64_t)event->pid);
	uint64_t gap;
	int rc = 0;

	if (!process)
		return -ENOMEM;
	if (event->space < process->snap.space)
		return take_former(all, process, event);
	if (event->space != process->snap.space)
		begin_space(all, process, event);
	gap = process->seq ? event->seq - process->seq - 1 : 0;
	process->seq = event->seq;
	if (process->wanted) {
		if (gap && trace_is_whole(all->trace)) {
			all->lost += gap;
			process->snap.dropped += gap;
			report_lost(&all->report, &process->snap, gap, false);
		}
		count(&process->snap, event);
		rc = show(all, process, &process->snap, event);
	}
	if (!strcmp(event->kind, event_kind_names[KIND_END]))
		process->look_ms = all->now_ms + EXEC_MS;
	return rc;
}

/* ---- the loop ---- */

static int give_out(struct everyone *all, uint64_t before_ns)
{
	const struct trace_event *event;
	int rc = trace_collect(all->trace);

	while (!rc && !all->report.enough && (event = trace_next(all->trace, before_ns)))
		rc = take(all, event);
	return rc;
}

/* Nobody reads our output any more, and without events no write would ever tell. */
static int check_output(struct everyone *all)
{
	struct pollfd fd = { .fd = all->out->fd };

	if (poll(&fd, 1, 0) > 0 && fd.revents & POLLERR && !all->out->error)
		all->out->error = -EPIPE;
	return all->out->error;
}

static bool goes_on(const struct everyone *all)
{
	struct pollfd stop = { .fd = all->stop, .events = POLLIN };

	return !all->report.enough && (!all->end_ms || all->now_ms < all->end_ms) &&
	       poll(&stop, 1, 0) <= 0;
}

static int loop(struct everyone *all)
{
	int rc = 0;

	while (!rc && goes_on(all)) {
		trace_wait(all->trace, TICK_MS);
		all->now_ms = clock_ms();
		rc = give_out(all, (all->now_ms - HOLD_MS) * 1000000);
		look_after(all);
		rc = rc ?: outbuf_flush(all->out) ?: check_output(all);
	}
	/* What happened until now belongs to it. */
	trace_stop(all->trace);
	for (int i = 0; i < 2 && !rc && !all->report.enough; i++)
		rc = give_out(all, UINT64_MAX);
	return rc;
}

static void tell_lost(struct everyone *all)
{
	uint64_t lost = trace_lost(all->trace);
	const struct snapshot nobody = { 0 };

	if (lost <= all->lost)
		return;
	lost -= all->lost;
	if (all->opts->json)
		json_report_lost(all->out, &nobody, lost, false);
	else
		warn_user("%" PRIu64 " %sevents were lost, of processes that are not known", lost,
			  all->lost ? "other " : "");
}

static int finish(struct everyone *all)
{
	int rc;

	for (size_t i = 0; i < BUCKETS; i++)
		while (all->buckets[i])
			all->buckets[i] = done(all, all->buckets[i], !lives(all, all->buckets[i]));
	tell_lost(all);
	/* Drawing does not look for signals. */
	stop_close();
	rc = report_finish(&all->report);
	trace_close(all->trace);
	close(all->module);
	return rc;
}

enum exit_status follow_everyone(struct outbuf *out, const struct options *opts,
				 const struct selection *sel)
{
	struct everyone *all = calloc(1, sizeof(*all));
	enum exit_status status = STATUS_FAILED;
	int rc;

	if (!all)
		return STATUS_FAILED;
	*all = (struct everyone){
		.opts = opts, .sel = sel, .out = out, .many = MANY_AT_FIRST, .now_ms = clock_ms(),
		.module = -1,
	};
	all->end_ms = opts->duration_ms ? all->now_ms + opts->duration_ms : 0;
	rc = report_init(&all->report, out, opts);
	if (!rc)
		all->module = procfile_open(opts, getpid());
	if (!rc)
		selfcheck_probes(opts);
	all->stop = stop_open(true);
	all->trace = rc || all->stop < 0 ? NULL : trace_open(opts);
	if (all->trace) {
		rc = loop(all);
		if (rc && rc != out->error)
			warn_user("%s", strerror(-rc));
		if (finish(all))
			rc = -1;
		status = rc ? STATUS_FAILED : STATUS_OK;
		if (all->report.until_met)
			status = STATUS_UNTIL;
	}
	free(all);
	return status;
}
